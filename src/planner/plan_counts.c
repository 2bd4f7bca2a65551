/*
 * plan_counts.c
 *	  What the nodes of a plan counted, those inside of the vector engine's, too.
 *
 * A compute node tells the leader by keys (mpp/wire/fragment_counts.h).  There a plan is walked as
 * it runs: what lies between operations (hashes, sorts below a merge join, gathers of workers)
 * passes on what is below it.  Partial aggregations are halves of one.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_class.h"
#include "executor/instrument.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "parser/parsetree.h"
#include "planner/plan_counts.h"
#include "planner/planner.h"
#include "planner/vector_stats.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

typedef struct Counted
{
	bool		known;
	RsCounts	counts;
} Counted;

struct RsPlanCounts
{
	int			n;
	Counted    *nodes;			/* by plan_node_id */
	instr_time	now;			/* the same moment */
	TimestampTz time;
};

typedef struct Walk
{
	const PlannedStmt *planned;
	const RsPlanCounts *counts;
	List	   *operations;		/* RsOperationCounts * */
} Walk;

/* ---------------------------------------------------------------------
 * By node
 * ---------------------------------------------------------------------
 */

static RsCounts *
counts_for(RsPlanCounts *counts, const Plan *plan)
{
	int			id = plan->plan_node_id;

	if (id < 0)
		return NULL;
	if (id >= counts->n)
	{
		int			n = Max(2 * counts->n, id + 16);

		counts->nodes = counts->n == 0 ? palloc(n * sizeof(Counted)) : repalloc(counts->nodes, n * sizeof(Counted));
		memset(counts->nodes + counts->n, 0, (n - counts->n) * sizeof(Counted));
		counts->n = n;
	}
	counts->nodes[id].known = true;
	return &counts->nodes[id].counts;
}

static TimestampTz
time_of(const RsPlanCounts *counts, instr_time moment)
{
	instr_time	since = counts->now;

	INSTR_TIME_SUBTRACT(since, moment);
	return counts->time - (TimestampTz) INSTR_TIME_GET_MICROSEC(since);
}

typedef struct Engine
{
	RsPlanCounts *counts;
	const CustomScan *scan;		/* the engine's node */
} Engine;

static void
count_operator(const Plan *plan, const RsOperatorStats *stats, void *arg)
{
	const Engine *engine = arg;
	RsCounts   *counts;

	/* What takes rows from elsewhere is no node of the plan, but stands for one. */
	if (rs_is_input((Plan *) plan))
		plan = list_nth(engine->scan->custom_plans, linitial_int(((const CustomScan *) plan)->custom_private));
	counts = counts_for(engine->counts, plan);
	if (counts == NULL)
		return;
	/* Rows of which all that is wanted stands in zone maps are rows of the scan. */
	counts->rows = stats->rows + stats->read.rows_answered;
	counts->memory = stats->memory;
	counts->spilled = stats->spilled > 0;
	counts->skips = stats->read.groups_skipped > 0;
	counts->bytes_read = stats->read.bytes_read;
	counts->rows_read = stats->read.row_blocks * 8192;
	if (INSTR_TIME_IS_ZERO(stats->first))
		return;
	counts->started = time_of(engine->counts, stats->first);
	counts->ready = time_of(engine->counts, stats->ready);
	counts->ended = time_of(engine->counts, stats->last);
}

static bool
count_node(PlanState *state, void *arg)
{
	if (state->instrument != NULL)
	{
		RsCounts   *counts = counts_for(arg, state->plan);

		if (counts != NULL)
			counts->rows = Max(counts->rows, (uint64) (state->instrument->ntuples + state->instrument->tuplecount));
		if (counts != NULL && IsA(state->plan, CustomScan) && ((CustomScan *) state->plan)->methods == &rs_count_methods)
			counts->rows_read = rs_count_node_rows(state);
	}
	if (IsA(state, CustomScanState))
	{
		Engine		engine = {.counts = arg, .scan = (CustomScan *) state->plan};

		rs_vector_visit_stats((CustomScanState *) state, count_operator, &engine);
	}
	return planstate_tree_walker(state, count_node, arg);
}

RsPlanCounts *
rs_plan_counts(PlanState *state)
{
	RsPlanCounts *counts = palloc0(sizeof(RsPlanCounts));

	INSTR_TIME_SET_CURRENT(counts->now);
	counts->time = GetCurrentTimestamp();
	(void) count_node(state, counts);
	return counts;
}

const RsCounts *
rs_plan_counts_of(const RsPlanCounts *counts, const Plan *plan)
{
	int			id = plan->plan_node_id;

	return id >= 0 && id < counts->n && counts->nodes[id].known ? &counts->nodes[id].counts : NULL;
}

uint64
rs_rows_read(const RsCounts *counts, Oid relid)
{
	HeapTuple	tuple = OidIsValid(relid) ? SearchSysCache1(RELOID, ObjectIdGetDatum(relid)) : NULL;
	uint64		rows = 0;

	if (HeapTupleIsValid(tuple))
	{
		float4		all = ((Form_pg_class) GETSTRUCT(tuple))->reltuples;

		if (all >= 0)
			rows = Min(counts->rows_read, (uint64) all);
		ReleaseSysCache(tuple);
	}
	return Max(rows, counts->rows);
}

/* ---------------------------------------------------------------------
 * By operation
 * ---------------------------------------------------------------------
 */

/*
 * Parts of a table are one; of two operations that are the same, the upper one gives its rows.
 */
static void
add_operation(Walk *walk, RsOperationKind kind, const RsOperationInput *input, const RsCounts *counts)
{
	char	   *key = rs_operation_key(kind, input);
	RsOperationCounts *operation;
	ListCell   *lc;

	if (counts == NULL || bms_is_empty(input->leaves))
		return;
	foreach(lc, walk->operations)
	{
		operation = lfirst(lc);
		if (strcmp(operation->key, key) != 0)
			continue;
		if (kind == RS_OPERATION_SCAN)
			rs_counts_add(&operation->counts, counts);
		else
			operation->counts = *counts;
		return;
	}
	operation = palloc0(sizeof(RsOperationCounts));
	operation->key = key;
	operation->counts = *counts;
	walk->operations = lappend(walk->operations, operation);
}

static RsOperationInput
leaf_of(const Walk *walk, Index relation)
{
	int			leaf = rs_leaf_number(rt_fetch(relation, walk->planned->rtable));

	return (RsOperationInput) {.leaves = leaf > 0 ? bms_make_singleton(leaf) : NULL};
}

static RsOperationInput
walk_scan(Walk *walk, const Plan *plan, Index relation)
{
	const RangeTblEntry *rte = rt_fetch(relation, walk->planned->rtable);
	const RsCounts *counted = rs_plan_counts_of(walk->counts, plan);
	RsOperationInput input = leaf_of(walk, relation);

	if (counted != NULL)
	{
		RsCounts	counts = *counted;

		counts.rows_read = rs_rows_read(counted, rte->rtekind == RTE_RELATION ? rte->relid : InvalidOid);
		add_operation(walk, RS_OPERATION_SCAN, &input, &counts);
	}
	return input;
}

static RsOperationInput walk_plan(Walk *walk, Plan *plan, List *inputs);

static RsOperationInput
walk_list(Walk *walk, List *plans, List *inputs)
{
	RsOperationInput all = {0};
	ListCell   *lc;

	foreach(lc, plans)
	{
		RsOperationInput input = walk_plan(walk, lfirst(lc), inputs);

		all = foreach_current_index(lc) == 0 ? input : rs_operation_inputs(&all, &input);
	}
	return all;
}

/*
 * What counts a table's rows stands for the scan, too.
 */
static RsOperationInput
walk_count(Walk *walk, const Plan *plan, Index relation)
{
	const RsCounts *counted = rs_plan_counts_of(walk->counts, plan);
	RsOperationInput input = leaf_of(walk, relation);
	RsCounts	scanned;

	if (counted == NULL)
		return input;
	scanned = *counted;
	scanned.rows = scanned.rows_read;
	add_operation(walk, RS_OPERATION_SCAN, &input, &scanned);
	add_operation(walk, RS_OPERATION_AGGREGATE, &input, counted);
	input.aggregations++;
	return input;
}

/*
 * inputs: of the vector engine's node that the plan is part of.
 */
static RsOperationInput
walk_custom(Walk *walk, CustomScan *scan, List *inputs)
{
	Index		relation = scan->scan.scanrelid;

	if (scan->methods == &rs_vector_methods)
		return walk_plan(walk, linitial(scan->custom_private), scan->custom_plans);
	if (scan->methods == &rs_input_methods)
		return walk_plan(walk, list_nth(inputs, linitial_int(scan->custom_private)), NIL);
	if (scan->custom_plans != NIL)
		return walk_list(walk, scan->custom_plans, inputs);

	/* What a function gives is no relation's. */
	if (relation == 0 && bms_membership(scan->custom_relids) == BMS_SINGLETON)
		relation = bms_singleton_member(scan->custom_relids);
	if (relation == 0)
		return (RsOperationInput) {0};
	if (scan->methods != &rs_count_methods)
		return walk_scan(walk, &scan->scan.plan, relation);

	return walk_count(walk, &scan->scan.plan, relation);
}

static RsOperationInput
walk_operation(Walk *walk, RsOperationKind kind, Plan *plan, List *inputs)
{
	RsOperationInput input = walk_plan(walk, outerPlan(plan), inputs);

	add_operation(walk, kind, &input, rs_plan_counts_of(walk->counts, plan));
	if (kind == RS_OPERATION_AGGREGATE)
		input.aggregations++;
	return input;
}

static RsOperationInput
walk_plan(Walk *walk, Plan *plan, List *inputs)
{
	RsOperationInput outer;
	RsOperationInput inner;
	RsOperationInput both;

	if (plan == NULL)
		return (RsOperationInput) {0};
	check_stack_depth();
	switch (nodeTag(plan))
	{
		case T_CustomScan:
			return walk_custom(walk, (CustomScan *) plan, inputs);
		case T_SubqueryScan:
			return walk_plan(walk, ((SubqueryScan *) plan)->subplan, inputs);
		case T_SeqScan:
		case T_SampleScan:
		case T_IndexScan:
		case T_IndexOnlyScan:
		case T_BitmapHeapScan:
		case T_TidScan:
		case T_TidRangeScan:
		case T_FunctionScan:
			return walk_scan(walk, plan, ((Scan *) plan)->scanrelid);
		case T_Agg:
			if (DO_AGGSPLIT_SKIPFINAL(((Agg *) plan)->aggsplit))
				return walk_plan(walk, outerPlan(plan), inputs);
			return walk_operation(walk, RS_OPERATION_AGGREGATE, plan, inputs);
		case T_Group:
		case T_Unique:
			return walk_operation(walk, RS_OPERATION_AGGREGATE, plan, inputs);
		case T_Sort:
		case T_IncrementalSort:
			return walk_operation(walk, RS_OPERATION_SORT, plan, inputs);
		case T_WindowAgg:
			return walk_operation(walk, RS_OPERATION_WINDOW, plan, inputs);
		case T_Limit:
			return walk_operation(walk, RS_OPERATION_LIMIT, plan, inputs);
		case T_SetOp:
			return walk_operation(walk, RS_OPERATION_SET, plan, inputs);
		case T_Append:
		case T_MergeAppend:
			both = walk_list(walk, IsA(plan, Append) ? ((Append *) plan)->appendplans : ((MergeAppend *) plan)->mergeplans,
							 inputs);
			add_operation(walk, RS_OPERATION_SET, &both, rs_plan_counts_of(walk->counts, plan));
			return both;
		default:
			outer = walk_plan(walk, outerPlan(plan), inputs);
			inner = walk_plan(walk, innerPlan(plan), inputs);
			both = rs_operation_inputs(&outer, &inner);
			if (IsA(plan, HashJoin) || IsA(plan, MergeJoin) || IsA(plan, NestLoop))
				add_operation(walk, RS_OPERATION_JOIN, &both, rs_plan_counts_of(walk->counts, plan));
			return both;
	}
}

static List *
operation_counts(QueryDesc *desc)
{
	Walk		walk = {.planned = desc->plannedstmt, .counts = rs_plan_counts(desc->planstate)};

	(void) walk_plan(&walk, desc->plannedstmt->planTree, NIL);
	(void) walk_list(&walk, desc->plannedstmt->subplans, NIL);
	return walk.operations;
}

void
rs_plan_counts_init(void)
{
	rs_operation_counts = operation_counts;
}
