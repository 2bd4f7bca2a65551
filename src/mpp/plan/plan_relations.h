/*
 * plan_relations.h
 *	  The relations of a query, kept in its plan.
 */
#ifndef RS_PLAN_RELATIONS_H
#define RS_PLAN_RELATIONS_H

#include "nodes/plannodes.h"

/* The relations (RangeTblEntry *) on all levels of a query that need privileges. */
extern List *rs_query_relations(Query *query);

/* Those that the plan lacks are added to it. */
extern void rs_plan_keep_relations(PlannedStmt *plan, List *relations);

#endif							/* RS_PLAN_RELATIONS_H */
