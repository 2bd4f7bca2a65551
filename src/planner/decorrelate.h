/*
 * decorrelate.h
 *	  Correlated scalar subqueries as joins.
 */
#ifndef RS_DECORRELATE_H
#define RS_DECORRELATE_H

#include "nodes/parsenodes.h"

/* Rewrite the query, and the queries in it, in place. */
extern void rs_decorrelate(Query *query);

/* Does a query, or one in it, read a redshift table? */
extern bool rs_reads_redshift(Node *query);

#endif							/* RS_DECORRELATE_H */
