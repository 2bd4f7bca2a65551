/*
 * distinct.h
 *	  Aggregates of distinct values as aggregations of groups.
 */
#ifndef RS_DISTINCT_H
#define RS_DISTINCT_H

#include "nodes/parsenodes.h"

/* Rewrite the query, and the queries in it, in place. */
extern void rs_group_distinct(Query *query);

#endif							/* RS_DISTINCT_H */
