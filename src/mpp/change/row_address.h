/*
 * row_address.h
 *	  Where a row of a distributed table is: its node and its number there, as an int8.
 *
 * At the leader a query reads it as a column of the table: a Var of the number of ctid
 * with type int8, for which nodes compute redshift.row_address(ctid).  It is good as long
 * as no other session changes rows of the table; versions that come after it are found.
 */
#ifndef RS_ROW_ADDRESS_H
#define RS_ROW_ADDRESS_H

#include "nodes/primnodes.h"

/* An address as a column of a relation of the leader's query; is an expression one? */
extern Var *rs_row_address(Index relation);
extern bool rs_is_row_address(const Node *node);

/* What nodes compute for it, of the relation of this number in the fragment. */
extern Expr *rs_row_address_at_node(Index relation);

/*
 * For a fragment: is a row of a relation (a plain table or a partitioned one) that which
 * has an address?  table: its table, a regclass.
 */
extern Expr *rs_row_has_address(Index relation, Expr *table, Expr *address);

/* A function of schema redshift, of which there is one of the name. */
extern Expr *rs_own_function(const char *name, List *arguments, Oid result);

#endif							/* RS_ROW_ADDRESS_H */
