/*
 * exchange_path.c
 *	  Aggregations whose groups the workers of a Gather exchange.
 *
 * PostgreSQL aggregates in parallel in two steps: each process sends its groups to the
 * leader, which combines them.  That is as slow as one process where there are about
 * as many groups as rows.  Here each process of a Gather gives finished groups: they
 * are dealt by hash among the processes first (vector/rows/exchange.c).
 *
 * In plans that is an Agg node in one step, marked parallel-aware, over a partial
 * path, right below a Gather.  PostgreSQL's executor must never see one: whoever plans
 * has to look for those that the engine has left.
 */
#include "postgres.h"

#include "core/settings.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/prep.h"
#include "optimizer/tlist.h"
#include "planner/cost.h"
#include "planner/exchange_path.h"
#include "planner/takeover.h"
#include "utils/selfuncs.h"
#include "vector/aggregate/aggregate_state.h"
#include "vector/aggregate/group_table.h"
#include "vector/operator.h"

/* In terms of cpu_tuple_cost: writing and reading a group; files, and waiting. */
#define RS_EXCHANGE_COST	6.0
#define RS_EXCHANGE_SETUP	30000.0
/* The same of a row dealt through memory; and of making partitions' tables. */
#define RS_DEAL_COST		0.2
#define RS_DEAL_SETUP		30000.0
/* Of the groups that the planner expects to pass a condition on aggregates, those that do. */
#define RS_HAVING_SHARE		0.05

bool		rs_exchange_forbidden = false;

static bool
not_exchangeable_walker(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Aggref))
		return !rs_aggregate_can_exchange((Aggref *) node);
	/* Its rows would be computed by each process. */
	if (IsA(node, SubPlan) || IsA(node, AlternativeSubPlan) || IsA(node, GroupingFunc))
		return true;
	return expression_tree_walker(node, not_exchangeable_walker, context);
}

static bool
keys_can_run(PlannerInfo *root)
{
	ListCell   *lc;

	foreach(lc, root->parse->groupClause)
	{
		SortGroupClause *clause = lfirst(lc);
		Node	   *expr = get_sortgroupclause_expr(clause, root->processed_tlist);

		if (!rs_key_type_supported(exprType(expr), clause->eqop, exprCollation(expr)))
			return false;
	}
	return true;
}

static bool
not_dealt_walker(Node *node, void *context)
{
	RsVectorType type;

	if (node == NULL)
		return false;
	if (!IsA(node, Var))
		return expression_tree_walker(node, not_dealt_walker, context);
	rs_vector_type_init(&type, exprType(node));
	return type.form == RS_FORM_REF;
}

/*
 * What the planner knows of a condition on aggregates is nothing: it takes a third of
 * the groups to pass.  Conditions on them are there to find the few, and where a Gather's
 * rows cost more than the groups do, that decides.
 */
static Path *
gather(PlannerInfo *root, RelOptInfo *output, AggPath *agg, double rows)
{
	double		sent = rows;
	GatherPath *path;

	if (contain_agg_clause((Node *) agg->qual))
		sent = clamp_row_est(rows * RS_HAVING_SHARE);
	path = create_gather_path(root, output, &agg->path, output->reltarget, NULL, &sent);
	path->path.rows = rows;
	return &path->path;
}

void
rs_add_exchanged_aggregation(PlannerInfo *root, RelOptInfo *input, RelOptInfo *output, List *having,
							 double factor, double least_factor)
{
	Query	   *parse = root->parse;
	AggClauseCosts costs;
	Path	   *partial;
	AggPath    *agg;
	double		processes;
	double		groups;
	double		rows;
	Cost		own;

	if (rs_exchange_forbidden || !rs_operator_enabled(RS_OPERATOR_AGGREGATE) ||
		!output->consider_parallel || input->partial_pathlist == NIL ||
		parse->groupClause == NIL || parse->groupingSets != NIL || root->numOrderedAggs > 0 ||
		!enable_hashagg || !grouping_is_hashable(parse->groupClause) || !keys_can_run(root) ||
		not_exchangeable_walker((Node *) output->reltarget->exprs, NULL) ||
		not_exchangeable_walker((Node *) having, NULL))
		return;
	partial = linitial(input->partial_pathlist);
	if (partial->parallel_workers <= 0 || PATH_REQ_OUTER(partial) != NULL)
		return;
	groups = estimate_num_groups(root, get_sortgrouplist_exprs(parse->groupClause,
															   root->processed_tlist),
								 input->cheapest_total_path->rows, NULL, NULL);
	MemSet(&costs, 0, sizeof(AggClauseCosts));
	get_agg_clause_costs(root, AGGSPLIT_SIMPLE, &costs);
	agg = create_agg_path(root, output, partial, output->reltarget, AGG_HASHED, AGGSPLIT_SIMPLE,
						  parse->groupClause, having, &costs, groups);
	agg->path.parallel_aware = true;

	/* Each process gives its share of the groups. */
	processes = Max(1.0, input->cheapest_total_path->rows / Max(partial->rows, 1.0));
	if (rs_aggregate_should_deal(input->cheapest_total_path->rows, groups) &&
		!not_dealt_walker((Node *) output->reltarget->exprs, NULL) &&
		!not_dealt_walker((Node *) having, NULL) &&
		!not_dealt_walker((Node *) get_sortgrouplist_exprs(parse->groupClause,
														   root->processed_tlist), NULL))
	{
		AggPath    *share = create_agg_path(root, output, partial, output->reltarget, AGG_HASHED,
											AGGSPLIT_SIMPLE, parse->groupClause, having, &costs,
											clamp_row_est(groups / processes));

		own = rs_cost_groups(root, share, partial, least_factor);
		own += cpu_tuple_cost * RS_DEAL_COST * partial->rows;
		own += cpu_tuple_cost * RS_DEAL_SETUP;
	}
	else
	{
		own = rs_cost_groups(root, agg, partial, factor);
		own += cpu_tuple_cost * RS_EXCHANGE_COST * (Min(groups, partial->rows) + groups / processes);
		own += cpu_tuple_cost * RS_EXCHANGE_SETUP;
	}
	rows = agg->path.rows;
	agg->path.rows = clamp_row_est(rows / processes);
	agg->path.total_cost = partial->total_cost + own;
	agg->path.startup_cost = agg->path.total_cost;
	output->pathlist = lappend(output->pathlist, gather(root, output, agg, rows));
}

static bool
has_exchanged(Plan *plan)
{
	List	   *children = NIL;
	ListCell   *lc;

	check_stack_depth();
	if (plan == NULL)
		return false;
	if (IsA(plan, Agg) && plan->parallel_aware)
		return true;
	switch (nodeTag(plan))
	{
		case T_Append:
			children = ((Append *) plan)->appendplans;
			break;
		case T_MergeAppend:
			children = ((MergeAppend *) plan)->mergeplans;
			break;
		case T_BitmapAnd:
			children = ((BitmapAnd *) plan)->bitmapplans;
			break;
		case T_BitmapOr:
			children = ((BitmapOr *) plan)->bitmapplans;
			break;
		case T_CustomScan:
			children = ((CustomScan *) plan)->custom_plans;
			break;
		case T_SubqueryScan:
			if (has_exchanged(((SubqueryScan *) plan)->subplan))
				return true;
			break;
		default:
			break;
	}
	foreach(lc, children)
		if (has_exchanged(lfirst(lc)))
			return true;
	return has_exchanged(outerPlan(plan)) || has_exchanged(innerPlan(plan));
}

bool
rs_has_exchanged_aggregation(PlannedStmt *planned)
{
	ListCell   *lc;

	foreach(lc, planned->subplans)
		if (has_exchanged(lfirst(lc)))
			return true;
	return has_exchanged(planned->planTree);
}
