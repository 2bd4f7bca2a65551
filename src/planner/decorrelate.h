/*
 * decorrelate.h
 *	  Correlated scalar subqueries as joins.
 */
#ifndef RS_DECORRELATE_H
#define RS_DECORRELATE_H

#include "nodes/parsenodes.h"

/* Rewrite the query, and the queries in it, in place; was there anything? */
extern bool rs_decorrelate(Query *query);

/* Has the query, or one in it, a subquery in an expression? */
extern bool rs_has_subquery_expression(Query *query);

/* Could computing it for one row more than asked for raise an error? */
extern bool rs_expression_may_fail(Node *expr);

/*
 * A condition [NOT] IN (SELECT ...) of WHERE as ones with [NOT] EXISTS, which the
 * planner makes joins of; NIL if it cannot be.
 */
extern List *rs_membership_as_existence(Query *query, Node *condition);

/* Does a query, or one in it, read a redshift table? */
extern bool rs_reads_redshift(Node *query);

#endif							/* RS_DECORRELATE_H */
