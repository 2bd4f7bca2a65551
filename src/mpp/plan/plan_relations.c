/*
 * plan_relations.c
 *	  The relations of a query, kept in its plan.
 *
 * A plan's range table says whose privileges the executor checks, what a cached plan
 * locks, and what makes it invalid.  PostgreSQL collects the entries of subqueries where
 * it makes plans of them.  Of a subquery that becomes a part of a gather, such as an input
 * of a set operation, it makes none; so what is not there afterwards is added.
 */
#include "postgres.h"

#include "mpp/plan/plan_relations.h"
#include "nodes/nodeFuncs.h"

static bool
collect(Node *node, List **relations)
{
	ListCell   *lc;

	if (node == NULL)
		return false;
	if (!IsA(node, Query))
		return expression_tree_walker(node, collect, relations);
	foreach(lc, ((Query *) node)->rtable)
	{
		RangeTblEntry *rte = lfirst_node(RangeTblEntry, lc);

		if (rte->rtekind == RTE_RELATION && rte->requiredPerms != 0)
			*relations = lappend(*relations, rte);
	}
	return query_tree_walker((Query *) node, collect, relations, 0);
}

/*
 * Copies: the planner changes the query.
 */
List *
rs_query_relations(Query *query)
{
	List	   *relations = NIL;
	ListCell   *lc;

	(void) collect((Node *) query, &relations);
	foreach(lc, relations)
	{
		RangeTblEntry *copy = makeNode(RangeTblEntry);

		*copy = *lfirst_node(RangeTblEntry, lc);
		lfirst(lc) = copy;
	}
	return relations;
}

/*
 * Is at least what one entry has checked checked by another?
 */
static bool
covers(const RangeTblEntry *other, const RangeTblEntry *rte)
{
	return other->rtekind == RTE_RELATION && other->relid == rte->relid && other->checkAsUser == rte->checkAsUser &&
		(rte->requiredPerms & ~other->requiredPerms) == 0 && bms_is_subset(rte->selectedCols, other->selectedCols) &&
		bms_is_subset(rte->insertedCols, other->insertedCols) && bms_is_subset(rte->updatedCols, other->updatedCols);
}

void
rs_plan_keep_relations(PlannedStmt *plan, List *relations)
{
	ListCell   *lc;
	ListCell   *cell;

	foreach(lc, relations)
	{
		RangeTblEntry *rte = lfirst_node(RangeTblEntry, lc);
		bool		there = false;

		foreach(cell, plan->rtable)
			if (covers(lfirst_node(RangeTblEntry, cell), rte))
			{
				there = true;
				break;
			}
		if (there)
			continue;

		/* As PostgreSQL flattens them. */
		rte->tablesample = NULL;
		rte->securityQuals = NIL;
		plan->rtable = lappend(plan->rtable, rte);
		plan->relationOids = lappend_oid(plan->relationOids, rte->relid);
	}
}
