/*
 * definition.h
 *	  A node that joins gets what nodes are to have.
 */
#ifndef RS_DEFINITION_H
#define RS_DEFINITION_H

#include "mpp/session/connection.h"

/*
 * The caller is a superuser, is connected to SPI, has begun the transaction on the
 * connections and keeps others from changing the cluster.
 */

/* No rows change in distributed tables until the end of the transaction. */
extern void rs_definition_lock_tables(void);

/* Has one of these nodes rows of a table that is not on all nodes? */
extern bool rs_definition_have_rows(List *connections);

/*
 * Distributed tables, with their columns that rows are made of, as rows of SPI: OID,
 * name, columns.  Which of them are on all nodes.
 */
extern void rs_definition_find_tables(void);
extern bool rs_definition_is_on_all(Oid relid);


extern void rs_definition_send_roles(RsConnection *node);

/*
 * Everything else.  The rows of tables that are on all nodes come from `source`, which
 * may be NULL if there are none.
 */
extern void rs_definition_send(RsConnection *node, RsConnection *source);

/*
 * A query of definition.sql's functions, which users may not call, to SPI's result.
 */
extern void rs_definition_query(const char *query);

/* Have a node run what an SQL query gives: statements, a row each. */
extern void rs_definition_run(List *connections, const char *query);

#endif							/* RS_DEFINITION_H */
