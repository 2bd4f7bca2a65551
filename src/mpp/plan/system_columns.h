/*
 * system_columns.h
 *	  System columns of distributed tables.
 */
#ifndef RS_SYSTEM_COLUMNS_H
#define RS_SYSTEM_COLUMNS_H

#include "nodes/parsenodes.h"

/* ctid or tableoid of a relation of a fragment, as the node has it. */
extern Var *rs_system_column_of_node(Index relation, AttrNumber attno);

/* A query for nodes with what they are to compute for system columns of its tables; done once. */
extern Query *rs_system_columns_at_node(Query *query);

/* Does an expression read what copies of a row on several nodes have not in common? */
extern bool rs_system_columns_are_read(Node *node);

/*
 * A relation of a query is replaced by what `source` gives, one column for each of its
 * own: let source give the system columns that the query reads, too, and have it read those.
 */
extern void rs_system_columns_move(Query *query, Index relation, Query *source);

#endif							/* RS_SYSTEM_COLUMNS_H */
