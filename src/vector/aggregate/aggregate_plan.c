/*
 * aggregate_plan.c
 *	  Which Agg nodes become aggregate operators.
 */
#include "postgres.h"

#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "vector/aggregate/aggregate_operator.h"

/*
 * The aggregates of target list and having clause, and the columns used beside
 * them, also in direct arguments.
 */
List *
rs_aggregate_find(List *targets, List *having)
{
	List	   *found = list_concat(pull_var_clause((Node *) targets,
													PVC_INCLUDE_AGGREGATES | PVC_RECURSE_PLACEHOLDERS),
									pull_var_clause((Node *) having,
													PVC_INCLUDE_AGGREGATES | PVC_RECURSE_PLACEHOLDERS));
	List	   *columns = NIL;
	ListCell   *lc;

	foreach(lc, found)
		if (IsA(lfirst(lc), Aggref))
			columns = list_concat(columns,
								  pull_var_clause((Node *) lfirst_node(Aggref, lc)->aggdirectargs,
												  PVC_RECURSE_PLACEHOLDERS));
	return list_concat(found, columns);
}

static bool
is_key(const Agg *agg, AttrNumber attno)
{
	int			k;

	for (k = 0; k < agg->numCols; k++)
		if (agg->grpColIdx[k] == attno)
			return true;
	return false;
}

/*
 * Is everything sorted by one of the keys?
 */
static bool
sorts_keys(int ncolumns, const AttrNumber *columns, Agg *agg)
{
	ListCell   *lc;
	int			i;

	for (i = 0; i < ncolumns; i++)
	{
		bool		found = is_key(agg, columns[i]);

		foreach(lc, agg->chain)
			found |= is_key(lfirst(lc), columns[i]);
		if (!found)
			return false;
	}
	return true;
}

/*
 * The Sort below an aggregation that is not needed, as the groups can be sorted
 * instead; NULL: none.
 */
Sort *
rs_aggregate_replaced_sort(Agg *agg)
{
	Sort	   *sort = (Sort *) outerPlan(agg);

	if ((agg->aggstrategy != AGG_SORTED && agg->aggstrategy != AGG_MIXED) || !IsA(sort, Sort) ||
		!sorts_keys(sort->numCols, sort->sortColIdx, agg))
		return NULL;
	return sort;
}

Plan	  **
rs_aggregate_child(Plan *plan)
{
	Sort	   *sort = rs_aggregate_replaced_sort((Agg *) plan);

	return sort != NULL ? &outerPlan(&sort->plan) : &outerPlan(plan);
}

Plan *
rs_aggregate_input(Plan *plan)
{
	return *rs_aggregate_child(plan);
}

static bool
keys_can_run(Agg *agg)
{
	double		groups = (double) agg->numGroups;
	ListCell   *lc;

	foreach(lc, agg->chain)
		groups += (double) ((Agg *) lfirst(lc))->numGroups;
	/*
	 * Groups of several sets that are given in the order of their rows are kept in memory;
	 * others spill, or are given as soon as they are complete.
	 */
	return (agg->aggstrategy != AGG_SORTED || agg->chain != NIL || rs_aggregate_replaced_sort(agg) != NULL ||
			(!rs_has_grouping_sets(agg) && agg->aggsplit == AGGSPLIT_SIMPLE) ||
			rs_fits_memory(groups, agg->plan.plan_width)) &&
		rs_grouping_keys_supported(agg);
}

static bool
functions_can_run(Plan *plan)
{
	ListCell   *lc;

	foreach(lc, rs_aggregate_find(plan->targetlist, plan->qual))
	{
		Node	   *node = lfirst(lc);

		if (IsA(node, Var) || IsA(node, GroupingFunc))
			continue;
		if (!IsA(node, Aggref) || !rs_aggregate_supported((Aggref *) node))
			return false;
	}
	return true;
}

bool
rs_aggregate_can_run(Plan *plan)
{
	Agg		   *agg = (Agg *) plan;

	if (agg->aggsplit != AGGSPLIT_SIMPLE || !keys_can_run(agg) || !functions_can_run(plan))
		return false;
	/*
	 * Groups of rows that come in order are numbered in that order; but of several sets,
	 * which a single rollup promises in order, only if they are sorted in the end.
	 */
	return !rs_has_grouping_sets(agg) || agg->aggstrategy != AGG_SORTED || agg->chain != NIL ||
		agg->numCols == 0 || rs_aggregate_replaced_sort(agg) != NULL;
}

/*
 * Does each function of the final step take the state of one of the partial one?
 */
static bool
takes_states(Plan *final)
{
	ListCell   *lc;

	foreach(lc, rs_aggregate_find(final->targetlist, final->qual))
	{
		Aggref	   *aggref = lfirst(lc);

		if (IsA(aggref, Aggref) &&
			(list_length(aggref->args) != 1 ||
			 !IsA(linitial_node(TargetEntry, aggref->args)->expr, Var)))
			return false;
	}
	return true;
}

bool
rs_aggregate_steps_can_run(Plan *final, Plan *partial)
{
	Agg		   *leader = (Agg *) final;
	Agg		   *worker = (Agg *) partial;
	Plan	   *below = outerPlan(final);
	ListCell   *lc;

	if (!keys_can_run(leader) || !keys_can_run(worker) || !functions_can_run(final) ||
		!functions_can_run(partial) || !takes_states(final) ||
		(worker->aggstrategy == AGG_SORTED && !IsA(outerPlan(partial), Sort)))
		return false;
	foreach(lc, partial->targetlist)
	{
		Expr	   *expr = lfirst_node(TargetEntry, lc)->expr;

		if (!IsA(expr, Var) && !IsA(expr, Aggref))
			return false;
	}
	if (leader->aggstrategy != AGG_SORTED)
		return true;
	if (IsA(below, Sort))
		return sorts_keys(((Sort *) below)->numCols, ((Sort *) below)->sortColIdx, leader);
	return IsA(below, GatherMerge) &&
		sorts_keys(((GatherMerge *) below)->numCols, ((GatherMerge *) below)->sortColIdx, leader);
}
