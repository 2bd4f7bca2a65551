/*
 * takeover.c
 *	  Subtrees of finished plans that go to the vector engine.
 *
 * When PostgreSQL has planned, the largest subtrees of aggregations and hash
 * joins over scans of redshift tables become one CustomScan "RsVector" each.  Its
 * custom_private holds the nodes as they were, for the engine to build operators
 * of; what stands below them and is not ours (scans of heap tables, say) becomes
 * a child that gives rows, with a placeholder in its place.
 *
 * A parallel aggregation is taken over on both sides of its Gather: the workers
 * send their groups with states of ours, the leader combines them.
 *
 * Plans whose rows may be looked at once more by EvalPlanQual, or scanned
 * backward, are left alone.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/int.h"
#include "core/settings.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "mpp/exchange/exchange_scan.h"
#include "mpp/execute/gather.h"
#include "nodes/extensible.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/cost.h"
#include "optimizer/planmain.h"
#include "optimizer/planner.h"
#include "planner/decorrelate.h"
#include "planner/distinct.h"
#include "planner/early_stop.h"
#include "planner/exchange_path.h"
#include "planner/ordered_path.h"
#include "planner/planner.h"
#include "planner/takeover.h"
#include "utils/lsyscache.h"
#include "vector/batch_sink.h"
#include "vector/operator.h"

static planner_hook_type next_planner = NULL;

static Plan *take_over(Plan *plan);

/* ---------------------------------------------------------------------
 * Showing expressions
 * ---------------------------------------------------------------------
 */

static Plan *
referenced_plan(Plan *plan, int varno)
{
	if (varno == INNER_VAR)
		return innerPlan(plan);
	if (IsA(plan, Append))
		return linitial(((Append *) plan)->appendplans);
	if (IsA(plan, MergeAppend))
		return linitial(((MergeAppend *) plan)->mergeplans);
	return outerPlan(plan);
}

static Node *
expand(Node *node, void *context)
{
	Plan	   *plan = context;
	Var		   *var;
	List	   *targets = NIL;
	Plan	   *below = NULL;

	if (node == NULL)
		return NULL;
	if (IsA(node, Aggref) && ((Aggref *) node)->aggsplit == AGGSPLIT_FINAL_DESERIAL)
	{
		/* What the partial step calls the state is the aggregate itself. */
		Node	   *partial = expand((Node *) linitial_node(TargetEntry, ((Aggref *) node)->args)->expr,
									 context);

		if (!IsA(partial, Aggref))
			return partial;
		((Aggref *) partial)->aggsplit = AGGSPLIT_SIMPLE;
		((Aggref *) partial)->aggtype = ((Aggref *) node)->aggtype;
		return partial;
	}
	if (!IsA(node, Var))
		return expression_tree_mutator(node, expand, context);
	var = (Var *) node;
	if (var->varno == INDEX_VAR && IsA(plan, CustomScan))
	{
		targets = ((CustomScan *) plan)->custom_scan_tlist;
		/* Expanded when it was made. */
		if (var->varattno <= list_length(targets))
			return copyObject((Node *) list_nth_node(TargetEntry, targets, var->varattno - 1)->expr);
	}
	else if (var->varno == OUTER_VAR || var->varno == INNER_VAR)
	{
		below = referenced_plan(plan, var->varno);
		targets = below != NULL ? below->targetlist : NIL;
		if (var->varattno > 0 && var->varattno <= list_length(targets))
			return expand((Node *) list_nth_node(TargetEntry, targets, var->varattno - 1)->expr,
						  below);
	}
	else if (!IS_SPECIAL_VARNO(var->varno))
		return copyObject(node);
	return (Node *) makeNullConst(var->vartype, var->vartypmod, var->varcollid);
}

Node *
rs_plan_expression(Node *expr, Plan *plan)
{
	return expand(expr, plan);
}

/*
 * A node's columns, for showing.
 */
static List *
shown_targets(Plan *plan)
{
	List	   *shown = NIL;
	ListCell   *lc;

	foreach(lc, plan->targetlist)
	{
		TargetEntry *entry = flatCopyTargetEntry(lfirst_node(TargetEntry, lc));

		entry->expr = (Expr *) rs_plan_expression((Node *) entry->expr, plan);
		shown = lappend(shown, entry);
	}
	return shown;
}

/* ---------------------------------------------------------------------
 * Choosing
 * ---------------------------------------------------------------------
 */

/*
 * Would the node itself be an operator?
 */
static bool
is_ours(Plan *plan)
{
	check_stack_depth();
	return rs_engine_can_run(plan);
}

/* Batches of fewer rows than these are not worth an engine. */
#define LEAST_ROWS		1000

/*
 * Is it a gather that gives batches to the engine?
 */
static bool
gives_batches(const Plan *plan)
{
	return IsA(plan, CustomScan) && plan->plan_rows >= LEAST_ROWS &&
		rs_gather_gives_batches((const CustomScan *) plan);
}

static bool reads_redshift(Plan *plan);

/*
 * A window over rows that workers made: these come one by one, but frames over them cost
 * far less in batches.
 */
static bool
is_window_over_workers(Plan *plan)
{
	Plan	   *below = outerPlan(plan);

	if (!IsA(plan, WindowAgg))
		return false;
	if (IsA(below, Sort))
		below = outerPlan(below);
	return (IsA(below, Gather) || IsA(below, GatherMerge)) && reads_redshift(outerPlan(below));
}

/*
 * Does a subtree that the engine would run read a redshift table, or what comes in batches
 * from nodes?
 */
static bool
reads_redshift(Plan *plan)
{
	ListCell   *lc;

	if (rs_exchange_is_scan(plan))
		return true;
	if (!is_ours(plan))
		return gives_batches(plan);
	if (IsA(plan, CustomScan) || is_window_over_workers(plan))
		return true;
	foreach(lc, rs_engine_children(plan))
		if (reads_redshift(*(Plan **) lfirst(lc)))
			return true;
	return false;
}

/*
 * Is there work for the engine in the subtree, beyond scans and passing on rows,
 * which cost no less there?
 */
static bool
has_work(Plan *plan)
{
	ListCell   *lc;

	if (!is_ours(plan))
		return false;
	switch (nodeTag(plan))
	{
		case T_HashJoin:
		case T_NestLoop:
		case T_MergeJoin:
		case T_Sort:
		case T_SetOp:
		case T_WindowAgg:
			return true;
		case T_Agg:
			return ((Agg *) plan)->aggsplit == AGGSPLIT_SIMPLE;
		case T_CustomScan:
			return plan->qual != NIL || rs_is_cte_scan(plan) || rs_scan_is_ordered(plan);
		case T_Limit:
		case T_MergeAppend:
		case T_Result:
		case T_SubqueryScan:
		case T_Unique:
			foreach(lc, rs_engine_children(plan))
				if (has_work(*(Plan **) lfirst(lc)))
					return true;
			return false;
		default:
			return false;
	}
}

/*
 * The aggregation in the workers that belongs to a final one; NULL if there is
 * none of a shape that we know.
 */
static Plan *
partial_aggregate(Plan *final)
{
	Plan	   *below = outerPlan(final);

	if (IsA(below, Sort) && IsA(outerPlan(below), Gather))
		below = outerPlan(below);
	if (!IsA(below, Gather) && !IsA(below, GatherMerge))
		return NULL;
	below = outerPlan(below);
	if (IsA(below, Sort))
		below = outerPlan(below);
	if (!IsA(below, Agg) || ((Agg *) below)->aggsplit != AGGSPLIT_INITIAL_SERIAL)
		return NULL;
	return below;
}

/* ---------------------------------------------------------------------
 * Taking over
 * ---------------------------------------------------------------------
 */

typedef struct Takeover
{
	List	   *inputs;			/* plans of other nodes */
	List	   *init_plans;
	Bitmapset  *relids;			/* of the scans, which EXPLAIN has to name */
	bool		parallel;		/* has something that the workers share */
} Takeover;

static Plan *
make_placeholder(Takeover *takeover, Plan *plan)
{
	CustomScan *placeholder = makeNode(CustomScan);

	placeholder->scan.plan.targetlist = shown_targets(plan);
	placeholder->custom_private = list_make1_int(list_length(takeover->inputs));
	placeholder->scan.plan.allParam = bms_copy(plan->allParam);
	placeholder->methods = &rs_input_methods;
	/* Workers' parts of it are counted by the operators above it, too. */
	takeover->parallel |= plan->parallel_aware;
	takeover->inputs = lappend(takeover->inputs, take_over(plan));
	return &placeholder->scan.plan;
}

static void
take_init_plans(Takeover *takeover, Plan *plan)
{
	if (plan == NULL)
		return;
	takeover->init_plans = list_concat(takeover->init_plans, plan->initPlan);
	plan->initPlan = NIL;
}

/*
 * The subtree as the engine keeps it.  Changes the nodes, which are nobody else's.
 * Rows of other tables are not made into batches only to be passed on.
 */
static Plan *
prepare(Takeover *takeover, Plan *plan)
{
	ListCell   *lc;

	if (!is_ours(plan) || (!IsA(plan, HashJoin) && !IsA(plan, Agg) && !reads_redshift(plan)))
		return make_placeholder(takeover, plan);
	take_init_plans(takeover, plan);
	if (IsA(plan, CustomScan) || IsA(plan, SubqueryScan))
		takeover->relids = bms_add_member(takeover->relids, (int) ((Scan *) plan)->scanrelid);
	else if (IsA(plan, Append))
		takeover->relids = bms_add_members(takeover->relids, ((Append *) plan)->apprelids);
	else if (IsA(plan, MergeAppend))
		takeover->relids = bms_add_members(takeover->relids, ((MergeAppend *) plan)->apprelids);
	if (IsA(plan, CustomScan) || IsA(plan, Agg) || IsA(plan, Append))
		takeover->parallel |= plan->parallel_aware;
	else if (IsA(plan, HashJoin))
	{
		take_init_plans(takeover, innerPlan(plan));
		takeover->parallel |= plan->parallel_aware;
	}
	else if (IsA(plan, NestLoop) && rs_nested_loop_inner(plan) != &innerPlan(plan))
		take_init_plans(takeover, innerPlan(plan));
	foreach(lc, rs_engine_children(plan))
	{
		Plan	  **child = lfirst(lc);

		/* The Sort below an aggregation is part of it. */
		if (IsA(plan, Agg) && *child != outerPlan(plan))
			take_init_plans(takeover, outerPlan(plan));
		*child = prepare(takeover, *child);
	}
	return plan;
}

/*
 * The CustomScan in place of a subtree.  targets: its columns' types, and what to
 * show of them.
 */
static Plan *
make_vector_scan(Takeover *takeover, Plan *root, List *shown)
{
	CustomScan *scan = makeNode(CustomScan);
	Plan	   *plan = &scan->scan.plan;
	ListCell   *lc;

	plan->startup_cost = root->startup_cost;
	plan->total_cost = root->total_cost;
	plan->plan_rows = root->plan_rows;
	plan->plan_width = root->plan_width;
	plan->parallel_safe = root->parallel_safe;
	plan->parallel_aware = takeover->parallel;
	plan->async_capable = false;
	plan->plan_node_id = root->plan_node_id;
	plan->extParam = bms_copy(root->extParam);
	plan->allParam = bms_copy(root->allParam);
	plan->initPlan = takeover->init_plans;
	foreach(lc, shown)
	{
		TargetEntry *entry = lfirst_node(TargetEntry, lc);
		TargetEntry *reference = flatCopyTargetEntry(entry);
		Node	   *column = (Node *) entry->expr;
		Node	   *own = (Node *) list_nth_node(TargetEntry, root->targetlist,
												 foreach_current_index(lc))->expr;

		/* Of a set operation's columns the first input's, which are shown, say too much. */
		if (exprType(own) == exprType(column))
			column = own;
		reference->expr = (Expr *) makeVar(INDEX_VAR, entry->resno, exprType((Node *) entry->expr),
										   exprTypmod(column), exprCollation(column), 0);
		plan->targetlist = lappend(plan->targetlist, reference);
	}
	scan->custom_scan_tlist = shown;
	scan->custom_relids = takeover->relids;
	scan->custom_plans = takeover->inputs;
	scan->custom_private = list_make1(root);
	scan->methods = &rs_vector_methods;
	return plan;
}

static Plan *
take_subtree(Plan *plan)
{
	Takeover	takeover = {0};
	List	   *shown = shown_targets(plan);
	Plan	   *root = prepare(&takeover, plan);

	return make_vector_scan(&takeover, root, shown);
}

/*
 * Columns of a partial step with states: bytea, whatever the aggregate's are.
 */
static List *
state_targets(List *shown)
{
	ListCell   *lc;

	foreach(lc, shown)
	{
		TargetEntry *entry = lfirst_node(TargetEntry, lc);

		if (IsA(entry->expr, Aggref))
			((Aggref *) entry->expr)->aggtype = BYTEAOID;
	}
	return shown;
}

/*
 * Columns of a node that passes on those of the one below.
 */
static List *
passed_targets(List *below)
{
	List	   *targets = NIL;
	ListCell   *lc;

	foreach(lc, below)
	{
		TargetEntry *entry = flatCopyTargetEntry(lfirst_node(TargetEntry, lc));
		Node	   *expr = (Node *) entry->expr;

		entry->expr = (Expr *) makeVar(OUTER_VAR, entry->resno, exprType(expr), exprTypmod(expr),
									   exprCollation(expr), 0);
		targets = lappend(targets, entry);
	}
	return targets;
}

/*
 * Final aggregation, Gather [Merge], [Sort,] partial aggregation: both steps ours,
 * with a plain Gather between them.
 */
static Plan *
take_parallel_aggregate(Plan *final, Plan *partial)
{
	Plan	   *gather = outerPlan(final);
	Agg		   *agg = (Agg *) final;
	Takeover	below = {0};
	Takeover	above = {0};
	List	   *shown = shown_targets(final);
	List	   *partial_shown = state_targets(shown_targets(partial));
	Sort	   *sort = NULL;
	Gather	   *plain;
	Plan	   *input;
	Plan	   *workers;

	/* The order that the leader's groups are to have. */
	if (IsA(gather, Sort))
	{
		sort = (Sort *) gather;
		gather = outerPlan(gather);
	}
	else if (IsA(gather, GatherMerge))
	{
		GatherMerge *merge = (GatherMerge *) gather;

		sort = makeNode(Sort);
		sort->numCols = merge->numCols;
		sort->sortColIdx = merge->sortColIdx;
		sort->sortOperators = merge->sortOperators;
		sort->collations = merge->collations;
		sort->nullsFirst = merge->nullsFirst;
	}

	/* Groups of the workers need no order. */
	input = rs_aggregate_input(partial);
	below.init_plans = partial->initPlan;
	partial->initPlan = NIL;
	((Agg *) partial)->aggstrategy = ((Agg *) partial)->numCols > 0 ? AGG_HASHED : AGG_PLAIN;
	outerPlan(partial) = prepare(&below, input);
	workers = make_vector_scan(&below, partial, partial_shown);

	plain = makeNode(Gather);
	plain->plan = *gather;
	plain->plan.type = T_Gather;
	plain->plan.targetlist = passed_targets(workers->targetlist);
	outerPlan(&plain->plan) = workers;
	if (IsA(gather, Gather))
	{
		plain->num_workers = ((Gather *) gather)->num_workers;
		plain->rescan_param = ((Gather *) gather)->rescan_param;
		plain->single_copy = ((Gather *) gather)->single_copy;
		plain->invisible = ((Gather *) gather)->invisible;
		plain->initParam = ((Gather *) gather)->initParam;
	}
	else
	{
		plain->num_workers = ((GatherMerge *) gather)->num_workers;
		plain->rescan_param = ((GatherMerge *) gather)->rescan_param;
		plain->initParam = ((GatherMerge *) gather)->initParam;
	}

	above.init_plans = final->initPlan;
	final->initPlan = NIL;
	outerPlan(final) = make_placeholder(&above, &plain->plan);
	if (agg->aggstrategy == AGG_SORTED)
	{
		sort->plan.targetlist = copyObject(outerPlan(final)->targetlist);
		outerPlan(&sort->plan) = outerPlan(final);
		outerPlan(final) = &sort->plan;
	}
	return make_vector_scan(&above, final, shown);
}

static bool
can_take_parallel_aggregate(Plan *final, Plan *partial)
{
	return rs_operator_enabled(RS_OPERATOR_AGGREGATE) &&
		rs_aggregate_steps_can_run(final, partial) && reads_redshift(rs_aggregate_input(partial));
}

static List *
take_over_list(List *plans)
{
	ListCell   *lc;

	foreach(lc, plans)
		lfirst(lc) = take_over(lfirst(lc));
	return plans;
}

static Plan *simplify(Plan *plan);

static void
simplify_list(List *plans)
{
	ListCell   *lc;

	foreach(lc, plans)
		lfirst(lc) = simplify(lfirst(lc));
}

/*
 * Hash joins in place of nested loops, where the engine would run them, and no
 * SubqueryScan that something below can do the work of.
 */
static Plan *
simplify(Plan *plan)
{
	check_stack_depth();
	if (plan == NULL)
		return NULL;
	outerPlan(plan) = simplify(outerPlan(plan));
	innerPlan(plan) = simplify(innerPlan(plan));
	switch (nodeTag(plan))
	{
		case T_Append:
			simplify_list(((Append *) plan)->appendplans);
			break;
		case T_MergeAppend:
			simplify_list(((MergeAppend *) plan)->mergeplans);
			break;
		case T_SubqueryScan:
			((SubqueryScan *) plan)->subplan = simplify(((SubqueryScan *) plan)->subplan);
			return rs_fold_subquery_scan(plan);
		case T_NestLoop:
			{
				Plan	   *join = rs_nested_loop_as_hash_join(plan);

				/* To keep the rows' order, it has to fit in memory. */
				if (join != plan &&
					(!rs_join_keeps_order((HashJoin *) join) ||
					 rs_fits_memory(rs_join_table_side((HashJoin *) join)->plan_rows,
									rs_join_table_side((HashJoin *) join)->plan_width)) &&
					is_ours(join) && reads_redshift(outerPlan(innerPlan(join))))
					return join;
				break;
			}
		default:
			break;
	}
	return plan;
}

/*
 * A plan whose rows have to be given once more, backward or from a marked one:
 * the node that keeps them stays PostgreSQL's.
 */
static Plan *
take_over_below(Plan *plan)
{
	check_stack_depth();
	switch (nodeTag(plan))
	{
		case T_Limit:
		case T_Result:
			if (outerPlan(plan) != NULL)
				outerPlan(plan) = take_over_below(outerPlan(plan));
			return plan;
		case T_SubqueryScan:
			((SubqueryScan *) plan)->subplan = take_over_below(((SubqueryScan *) plan)->subplan);
			return plan;
		case T_Sort:
		case T_Material:
			outerPlan(plan) = take_over(outerPlan(plan));
			return plan;
		default:
			return take_over(plan);
	}
}

/*
 * The number of rows that a Limit's Sort has to give, as far as the planner knows;
 * -1: unknown.
 */
static int64
constant_bound(const Limit *limit)
{
	const Const *count = (const Const *) limit->limitCount;
	const Const *offset = (const Const *) limit->limitOffset;
	int64		n;

	if (limit->limitOption != LIMIT_OPTION_COUNT || count == NULL || !IsA(count, Const) ||
		count->constisnull || (offset != NULL && !IsA(offset, Const)))
		return -1;
	n = DatumGetInt64(count->constvalue);
	if (offset != NULL && !offset->constisnull &&
		(DatumGetInt64(offset->constvalue) < 0 ||
		 pg_add_s64_overflow(n, DatumGetInt64(offset->constvalue), &n)))
		return -1;
	return n < 0 ? -1 : n;
}

/*
 * Let the workers of a Limit over a Gather Merge sort no more than it takes.  (The
 * executor tells Sort nodes of its own while they run, but not ours.)
 */
static void
push_limit(Limit *limit)
{
	Plan	   *merge = outerPlan(limit);
	Plan	   *sort;
	Limit	   *below;
	int64		n = constant_bound(limit);

	if (n < 0 || !IsA(merge, GatherMerge) || !has_work(outerPlan(merge)) ||
		!IsA(outerPlan(merge), Sort))
		return;
	sort = outerPlan(merge);
	below = makeNode(Limit);
	below->plan = *sort;
	below->plan.type = T_Limit;
	below->plan.targetlist = passed_targets(sort->targetlist);
	below->plan.initPlan = NIL;
	below->plan.qual = NIL;
	below->limitCount = (Node *) makeConst(INT8OID, -1, InvalidOid, sizeof(int64),
										   Int64GetDatum(n), false, FLOAT8PASSBYVAL);
	below->limitOption = LIMIT_OPTION_COUNT;
	outerPlan(&below->plan) = sort;
	outerPlan(merge) = &below->plan;
}

/*
 * The plan with its largest subtrees taken over.
 */
static Plan *
take_over(Plan *plan)
{
	check_stack_depth();
	if (plan == NULL)
		return NULL;
	if (IsA(plan, Agg) && ((Agg *) plan)->aggsplit == AGGSPLIT_FINAL_DESERIAL)
	{
		Plan	   *partial = partial_aggregate(plan);

		if (partial != NULL && can_take_parallel_aggregate(plan, partial))
			return take_parallel_aggregate(plan, partial);
	}
	else if (has_work(plan) && reads_redshift(plan))
		return take_subtree(plan);

	if (IsA(plan, Limit))
		push_limit((Limit *) plan);
	outerPlan(plan) = take_over(outerPlan(plan));
	if (IsA(plan, MergeJoin) && !((MergeJoin *) plan)->skip_mark_restore)
		innerPlan(plan) = take_over_below(innerPlan(plan));
	else
		innerPlan(plan) = take_over(innerPlan(plan));
	switch (nodeTag(plan))
	{
		case T_Append:
			take_over_list(((Append *) plan)->appendplans);
			break;
		case T_MergeAppend:
			take_over_list(((MergeAppend *) plan)->mergeplans);
			break;
		case T_SubqueryScan:
			((SubqueryScan *) plan)->subplan = take_over(((SubqueryScan *) plan)->subplan);
			break;
		case T_CustomScan:
			take_over_list(((CustomScan *) plan)->custom_plans);
			break;
		default:
			break;
	}
	return plan;
}

static PlannedStmt *
plan_below(Query *parse, const char *query_string, int cursor_options, ParamListInfo params)
{
	return next_planner != NULL ?
		next_planner(parse, query_string, cursor_options, params) :
		standard_planner(parse, query_string, cursor_options, params);
}

static PlannedStmt *
plan_for_engine(Query *parse, const char *query_string, int cursor_options, ParamListInfo params)
{
	rs_group_distinct(parse);
	return plan_below(parse, query_string, cursor_options, params);
}

/*
 * Plan with subqueries as joins, and as they are: the cheaper of both.
 */
static PlannedStmt *
plan_subqueries(Query *parse, const char *query_string, int cursor_options, ParamListInfo params)
{
	Query	   *original;
	PlannedStmt *planned;
	PlannedStmt *other;

	if (!rs_has_subquery_expression(parse))
		return plan_for_engine(parse, query_string, cursor_options, params);
	original = copyObject(parse);
	if (!rs_decorrelate(parse))
		return plan_for_engine(parse, query_string, cursor_options, params);
	planned = plan_for_engine(parse, query_string, cursor_options, params);
	other = plan_for_engine(original, query_string, cursor_options, params);
	return other->planTree->total_cost < planned->planTree->total_cost ? other : planned;
}

/*
 * Subplans in the order in which they were planned: a CTE comes before what reads it.
 */
static void
take_subplans(PlannedStmt *planned)
{
	int			id;

	for (id = 1; id <= list_length(planned->subplans); id++)
	{
		ListCell   *lc = list_nth_cell(planned->subplans, id - 1);
		bool		cte;

		lfirst(lc) = simplify(lfirst(lc));
		cte = lfirst(lc) != NULL && rs_can_take_cte(planned, id);
		/* Its rows become batches in any case. */
		lfirst(lc) = cte && is_ours(lfirst(lc)) && reads_redshift(lfirst(lc)) ? take_subtree(lfirst(lc)) :
			take_over(lfirst(lc));
		if (cte)
			rs_take_cte(planned, id);
	}
}

/*
 * The plan of a query or a cursor.  A cursor may be scrolled though nobody said so, if
 * PostgreSQL's plan could be: then what the engine gives is kept on the way.
 */
static Plan *
take_query(Plan *plan, bool scrollable)
{
	Plan	   *keeper;

	plan = take_over(simplify(plan));
	if (!scrollable || ExecSupportsBackwardScan(plan))
		return plan;
	keeper = materialize_finished_plan(plan);
	keeper->extParam = bms_copy(plan->extParam);
	keeper->allParam = bms_copy(plan->allParam);
	keeper->targetlist = passed_targets(plan->targetlist);
	return keeper;
}

/*
 * Below INSERT the columns that are generated or were dropped have to be NULL in the plan
 * itself, as PostgreSQL makes sure of.
 */
static void
keep_null_columns(Plan *plan)
{
	Plan	   *source = IsA(plan, ModifyTable) ? outerPlan(plan) : NULL;
	ListCell   *lc;

	if (source == NULL || !IsA(source, CustomScan) || ((CustomScan *) source)->methods != &rs_vector_methods)
		return;
	foreach(lc, source->targetlist)
	{
		TargetEntry *entry = lfirst_node(TargetEntry, lc);
		TargetEntry *shown = list_nth(((CustomScan *) source)->custom_scan_tlist, foreach_current_index(lc));

		if (IsA(shown->expr, Const) && ((Const *) shown->expr)->constisnull)
			entry->expr = copyObject(shown->expr);
	}
}

/*
 * The plan of a query all of whose rows are taken as batches, from the workers that make them
 * if they can be.
 */
static Plan *
take_batches(Plan *plan, int cursor_options)
{
	if ((cursor_options & RS_CURSOR_OPT_WORKER_BATCHES) && (IsA(plan, Gather) || IsA(plan, GatherMerge)))
	{
		outerPlan(plan) = take_batches(outerPlan(plan), cursor_options);
		return plan;
	}
	if ((cursor_options & RS_CURSOR_OPT_NODE_BATCHES) && rs_gather_is_whole(plan))
		return plan;
	return reads_redshift(plan) ? take_subtree(plan) : take_over(plan);
}

static PlannedStmt *
plan_once(Query *parse, const char *query_string, int cursor_options, ParamListInfo params)
{
	PlannedStmt *planned;
	bool		scrollable;

	if (!rs_enable_vector || !rs_enable_scan)
		return plan_below(parse, query_string, cursor_options, params);
	planned = plan_subqueries(parse, query_string, cursor_options, params);
	if ((planned->commandType != CMD_SELECT && planned->commandType != CMD_INSERT) ||
		planned->hasModifyingCTE || planned->rowMarks != NIL ||
		(cursor_options & CURSOR_OPT_SCROLL))
		return planned;
	scrollable = (cursor_options & CURSOR_OPT_FAST_PLAN) && !(cursor_options & CURSOR_OPT_NO_SCROLL) &&
		ExecSupportsBackwardScan(planned->planTree);
	take_subplans(planned);
	if (cursor_options & RS_CURSOR_OPT_BATCHES)
		planned->planTree = take_batches(simplify(planned->planTree), cursor_options);
	else
		planned->planTree = take_query(planned->planTree, scrollable);
	keep_null_columns(planned->planTree);
	rs_note_early_stops(planned);
	return planned;
}

/*
 * Will the plan be left alone, whatever it is?
 */
static bool
is_left_alone(Query *parse, int cursor_options)
{
	return (parse->commandType != CMD_SELECT && parse->commandType != CMD_INSERT) ||
		parse->hasModifyingCTE || parse->rowMarks != NIL || (cursor_options & CURSOR_OPT_SCROLL);
}

/*
 * Plan, and plan again without what only the engine can run, exchanged aggregations and
 * ordered scans, should it have left any of it to PostgreSQL's executor.
 */
static PlannedStmt *
plan_query(Query *parse, const char *query_string, int cursor_options, ParamListInfo params)
{
	bool		exchange_before = rs_exchange_forbidden;
	bool		order_before = rs_order_forbidden;
	volatile bool exchange_forbidden = exchange_before;
	volatile bool order_forbidden = order_before || is_left_alone(parse, cursor_options);
	PlannedStmt *volatile planned = NULL;

	/* Nor has the engine anything to do where nothing is read. */
	if (!rs_enable_vector || !rs_enable_scan || (parse->rtable == NIL && !parse->hasSubLinks && parse->cteList == NIL))
		return plan_below(parse, query_string, cursor_options, params);
	/* A query is copied only where that may be of use. */
	if (!rs_reads_redshift((Node *) parse))
		exchange_forbidden = order_forbidden = true;
	if (!(cursor_options & CURSOR_OPT_PARALLEL_OK) || max_parallel_workers_per_gather == 0)
		exchange_forbidden = true;
	PG_TRY();
	{
		bool		again;

		do
		{
			Query	   *copy = exchange_forbidden && order_forbidden ? parse : copyObject(parse);

			rs_exchange_forbidden = exchange_forbidden;
			rs_order_forbidden = order_forbidden;
			planned = plan_once(copy, query_string, cursor_options, params);
			again = false;
			if (!exchange_forbidden && rs_has_exchanged_aggregation(planned))
				exchange_forbidden = again = true;
			if (!order_forbidden && rs_has_ordered_scan(planned))
				order_forbidden = again = true;
		} while (again);
	}
	PG_FINALLY();
	{
		rs_exchange_forbidden = exchange_before;
		rs_order_forbidden = order_before;
	}
	PG_END_TRY();
	return planned;
}

void
rs_takeover_init(void)
{
	RegisterCustomScanMethods(&rs_vector_methods);
	RegisterCustomScanMethods(&rs_input_methods);
	rs_early_stop_init();
	RegisterCustomScanMethods(&rs_cte_methods);
	next_planner = planner_hook;
	planner_hook = plan_query;
}
