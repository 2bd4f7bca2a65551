/*
 * decorrelate.h
 *	  Correlated scalar subqueries as joins.
 */
#ifndef RS_DECORRELATE_H
#define RS_DECORRELATE_H

#include "nodes/parsenodes.h"

/* Rewrite the query, and the queries in it, in place. */
extern void rs_decorrelate(Query *query);

#endif							/* RS_DECORRELATE_H */
