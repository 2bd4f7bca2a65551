/*
 * vector_node.c
 *	  The node "RsVector" in the executor: operators below, rows at the top.
 */
#include "postgres.h"

#include "access/parallel.h"
#include "commands/explain.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "nodes/execnodes.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "planner/early_stop.h"
#include "planner/planner.h"
#include "planner/takeover.h"
#include "planner/vector_stats.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/ruleutils.h"
#include "utils/typcache.h"
#include "vector/aggregate/grouping_sets.h"
#include "vector/batch_sink.h"
#include "vector/operator.h"
#include "vector/scan/predicates.h"

/*
 * In dynamic shared memory; the scans' states, the operators' counts by worker and
 * what the operators asked for follow.
 */
typedef struct SharedVector
{
	dsm_handle	segment;		/* where this is */
	int			nparticipants;
	SharedFileSet files;
	int			nscans;
	int			noperators;
} SharedVector;

typedef struct RsVectorState
{
	CustomScanState css;
	RsEngine	engine;
	RsOperator *root;
	RsVectorBatch batch;
	uint32		row;			/* next of the batch */
	bool		done;
	bool		stops;			/* a node above may stop early */
	SharedVector *shared;
	RsBatchSink take;			/* takes batches instead of rows; NULL: rows are given */
	void	   *take_arg;
} RsVectorState;

static const CustomExecMethods exec_methods;

static bool
set_batch_sink(PlanState *node, RsBatchSink take, void *arg)
{
	RsVectorState *state = (RsVectorState *) node;

	if (!IsA(node, CustomScanState) || state->css.methods != &exec_methods)
		return false;
	state->take = take;
	state->take_arg = arg;
	return true;
}

void
rs_vector_node_init(void)
{
	rs_set_batch_sink = set_batch_sink;
}

static Node *
create_state(CustomScan *cscan)
{
	RsVectorState *state = (RsVectorState *) newNode(sizeof(RsVectorState), T_CustomScanState);

	state->css.methods = &exec_methods;
	return (Node *) state;
}

const CustomScanMethods rs_vector_methods = {
	.CustomName = "RsVector",
	.CreateCustomScanState = create_state
};

/* Stands where a child gives rows; never a node of its own. */
static Node *
no_state(CustomScan *cscan)
{
	elog(ERROR, "a placeholder of the vector engine was executed");
	return NULL;
}

const CustomScanMethods rs_input_methods = {
	.CustomName = "RsInput",
	.CreateCustomScanState = no_state
};

static int
count_scans(Plan *plan)
{
	int			n = IsA(plan, CustomScan);
	ListCell   *lc;

	foreach(lc, rs_engine_children(plan))
		n += count_scans(*(Plan **) lfirst(lc));
	return n;
}

static bool
gives_batches(PlanState *source)
{
	return IsA(source, CustomScanState) && ((CustomScanState *) source)->methods == &exec_methods;
}

/*
 * The next batch of such a node, for one that shares it; as ExecProcNode() does.
 */
static bool
next_batch(PlanState *source, RsVectorBatch *batch)
{
	RsVectorState *state = (RsVectorState *) source;

	if (source->chgParam != NULL)
		ExecReScan(source);
	if (source->instrument != NULL)
		InstrStartNode(source->instrument);
	state->done = state->done || !rs_operator_next(state->root, batch);
	if (source->instrument != NULL)
		InstrStopNode(source->instrument, state->done ? 0.0 : batch->n);
	return !state->done;
}

static void
begin_vector(CustomScanState *node, EState *estate, int eflags)
{
	RsVectorState *state = (RsVectorState *) node;
	CustomScan *scan = (CustomScan *) node->ss.ps.plan;
	Plan	   *root = linitial(scan->custom_private);
	ListCell   *lc;

	foreach(lc, scan->custom_plans)
		node->custom_ps = lappend(node->custom_ps, ExecInitNode(lfirst(lc), estate, eflags));
	state->engine.parent = &node->ss.ps;
	state->engine.inputs = node->custom_ps;
	state->engine.gives_batches = gives_batches;
	state->engine.next_batch = next_batch;
	state->engine.parallel_relations = palloc(Max(count_scans(root), 1) * sizeof(Relation));
	state->root = rs_engine_build(&state->engine, root);
	state->stops = rs_may_stop_early(scan);
	rs_count_batches();
}

static TupleTableSlot *
exec_vector(CustomScanState *node)
{
	RsVectorState *state = (RsVectorState *) node;
	TupleTableSlot *slot = node->ss.ss_ScanTupleSlot;

	ExecClearTuple(slot);
	while (state->row >= state->batch.n)
	{
		rs_operator_set_careful(state->root, state->stops || rs_run_is_limited());
		if (state->done || !rs_operator_next(state->root, &state->batch))
		{
			state->done = true;
			state->batch.n = state->row = 0;
			return slot;
		}
		state->row = 0;
		if (state->take != NULL)
		{
			state->take(state->take_arg, &state->batch);
			state->row = state->batch.n;
			if (node->ss.ps.instrument != NULL)
				InstrUpdateTupleCount(node->ss.ps.instrument, state->batch.n);
		}
	}
	ResetExprContext(node->ss.ps.ps_ExprContext);
	rs_vectors_row(state->batch.columns, state->root->types, state->root->ncolumns, state->row++,
				   node->ss.ps.ps_ExprContext->ecxt_per_tuple_memory, slot->tts_values, slot->tts_isnull);
	return ExecStoreVirtualTuple(slot);
}

static void
end_operators(RsOperator *op)
{
	ListCell   *lc;

	op->end(op);
	foreach(lc, op->children)
		end_operators(lfirst(lc));
}

static void
end_vector(CustomScanState *node)
{
	RsVectorState *state = (RsVectorState *) node;
	ListCell   *lc;

	end_operators(state->root);
	foreach(lc, node->custom_ps)
		ExecEndNode(lfirst(lc));
}

static void
visit_stats(RsOperator *op, RsOperatorVisitor visit, void *arg)
{
	ListCell   *lc;

	visit(op->plan, &op->stats, arg);
	foreach(lc, op->children)
		visit_stats(lfirst(lc), visit, arg);
}

void
rs_vector_visit_stats(CustomScanState *node, RsOperatorVisitor visit, void *arg)
{
	RsVectorState *state = (RsVectorState *) node;

	if (node->methods != &exec_methods || node->ss.ps.instrument == NULL)
		return;
	/* Only then scans hand in what they have read. */
	end_operators(state->root);
	visit_stats(state->root, visit, arg);
}

static void
rescan_vector(CustomScanState *node)
{
	RsVectorState *state = (RsVectorState *) node;
	ListCell   *lc;

	state->batch.n = state->row = 0;
	state->done = false;
	if (node->ss.ps.chgParam == NULL && rs_operator_rewind(state->root))
		return;
	state->root->rescan(state->root);
	foreach(lc, node->custom_ps)
	{
		PlanState  *child = lfirst(lc);

		if (node->ss.ps.chgParam != NULL)
			UpdateChangedParamSet(child, node->ss.ps.chgParam);
		if (child->chgParam == NULL)
			ExecReScan(child);
	}
}

/* ---------------------------------------------------------------------
 * Parallel execution
 * ---------------------------------------------------------------------
 */

static int
count_operators(RsOperator *op)
{
	int			n = 1;
	ListCell   *lc;

	foreach(lc, op->children)
		n += count_operators(lfirst(lc));
	return n;
}

static RsParallelScan *
shared_scans(SharedVector *shared)
{
	return (RsParallelScan *) ((char *) shared + MAXALIGN(sizeof(SharedVector)));
}

static Size
stats_size(int noperators, int nworkers)
{
	return MAXALIGN((Size) noperators * nworkers * sizeof(RsOperatorStats));
}

static RsOperatorStats *
shared_stats(SharedVector *shared, int worker)
{
	RsOperatorStats *first = (RsOperatorStats *) ((char *) shared_scans(shared) +
												  MAXALIGN(shared->nscans * sizeof(RsParallelScan)));

	return first + worker * shared->noperators;
}

static char *
shared_operators(SharedVector *shared)
{
	return (char *) shared_stats(shared, 0) +
		stats_size(shared->noperators, shared->nparticipants - 1);
}

static Size
operators_size(RsOperator *op)
{
	Size		size = MAXALIGN(op->shared_size);
	ListCell   *lc;

	foreach(lc, op->children)
		size += operators_size(lfirst(lc));
	return size;
}

/*
 * Give the operators their shared memory; where the next one's begins.
 */
static char *
share_operators(RsOperator *op, char *memory, RsShareStep step)
{
	ListCell   *lc;

	if (op->shared_size > 0)
		op->share(op, memory, step);
	memory += MAXALIGN(op->shared_size);
	foreach(lc, op->children)
		memory = share_operators(lfirst(lc), memory, step);
	return memory;
}

static void
use_shared(RsVectorState *state, SharedVector *shared, RsShareStep step)
{
	state->shared = shared;
	state->engine.shared = shared_scans(shared);
	/* Without a segment there are no workers, and nothing is shared. */
	if (shared->segment == DSM_HANDLE_INVALID)
		return;
	state->engine.files = &shared->files;
	state->engine.nparticipants = shared->nparticipants;
	state->engine.participant = ParallelWorkerNumber + 1;
	(void) share_operators(state->root, shared_operators(shared), step);
}

static Size
estimate_dsm(CustomScanState *node, ParallelContext *pcxt)
{
	RsVectorState *state = (RsVectorState *) node;

	return MAXALIGN(sizeof(SharedVector)) +
		MAXALIGN(state->engine.nscans * sizeof(RsParallelScan)) +
		stats_size(count_operators(state->root), pcxt->nworkers) +
		operators_size(state->root);
}

static void
initialize_dsm(CustomScanState *node, ParallelContext *pcxt, void *coordinate)
{
	RsVectorState *state = (RsVectorState *) node;
	SharedVector *shared = coordinate;
	int			i;

	shared->nscans = state->engine.nscans;
	shared->noperators = count_operators(state->root);
	for (i = 0; i < shared->nscans; i++)
		rs_parallel_scan_init(&shared_scans(shared)[i], state->engine.parallel_relations[i],
							  node->ss.ps.state->es_snapshot);
	shared->segment = DSM_HANDLE_INVALID;
	shared->nparticipants = pcxt->nworkers + 1;
	memset(shared_stats(shared, 0), 0, stats_size(shared->noperators, pcxt->nworkers));
	if (pcxt->seg != NULL)
	{
		shared->segment = dsm_segment_handle(pcxt->seg);
		SharedFileSetInit(&shared->files, pcxt->seg);
		memset(shared_operators(shared), 0, operators_size(state->root));
	}
	use_shared(state, shared, RS_SHARE_INIT);
}

static void
reinitialize_dsm(CustomScanState *node, ParallelContext *pcxt, void *coordinate)
{
	RsVectorState *state = (RsVectorState *) node;
	SharedVector *shared = coordinate;
	int			i;

	for (i = 0; i < shared->nscans; i++)
		pg_atomic_write_u64(&shared_scans(shared)[i].next_group, 0);
	if (shared->segment != DSM_HANDLE_INVALID)
		SharedFileSetDeleteAll(&shared->files);
	use_shared(state, shared, RS_SHARE_AGAIN);
}

static void
initialize_worker(CustomScanState *node, shm_toc *toc, void *coordinate)
{
	SharedVector *shared = coordinate;

	if (shared->segment != DSM_HANDLE_INVALID)
		SharedFileSetAttach(&shared->files, dsm_find_mapping(shared->segment));
	use_shared((RsVectorState *) node, shared, RS_SHARE_ATTACH);
}

static bool
is_before(instr_time a, instr_time b)
{
	INSTR_TIME_SUBTRACT(a, b);
	return INSTR_TIME_GET_DOUBLE(a) < 0;
}

static void
add_stats(RsOperatorStats *to, const RsOperatorStats *from)
{
	to->rows += from->rows;
	to->batches += from->batches;
	to->memory = Max(to->memory, from->memory);
	to->removed += from->removed;
	to->partitions = Max(to->partitions, from->partitions);
	to->spilled += from->spilled;
	INSTR_TIME_ADD(to->time, from->time);
	if (!INSTR_TIME_IS_ZERO(from->first))
	{
		bool		none = INSTR_TIME_IS_ZERO(to->first);

		if (none || is_before(from->first, to->first))
			to->first = from->first;
		if (none || is_before(from->ready, to->ready))
			to->ready = from->ready;
		if (none || is_before(to->last, from->last))
			to->last = from->last;
	}
	rs_read_stats_add(&to->read, &from->read);
}

/*
 * A worker hands in what it counted; where the next operator's counts go.
 */
static RsOperatorStats *
hand_in_stats(RsOperator *op, RsOperatorStats *shared)
{
	ListCell   *lc;

	add_stats(shared++, &op->stats);
	foreach(lc, op->children)
		shared = hand_in_stats(lfirst(lc), shared);
	return shared;
}

/*
 * The leader takes a worker's counts, once: it may start workers again.
 */
static RsOperatorStats *
take_stats(RsOperator *op, RsOperatorStats *shared, int worker, int nworkers)
{
	ListCell   *lc;

	if (op->worker_stats == NULL)
	{
		op->nworkers = nworkers;
		op->worker_stats = MemoryContextAllocZero(GetMemoryChunkContext(op),
												  nworkers * sizeof(RsOperatorStats));
	}
	add_stats(&op->stats, shared);
	if (worker < op->nworkers)
		add_stats(&op->worker_stats[worker], shared);
	memset(shared++, 0, sizeof(RsOperatorStats));
	foreach(lc, op->children)
		shared = take_stats(lfirst(lc), shared, worker, nworkers);
	return shared;
}

/*
 * Before the shared memory goes: workers hand in what they counted, the leader
 * takes it.
 */
static void
shutdown_vector(CustomScanState *node)
{
	RsVectorState *state = (RsVectorState *) node;
	SharedVector *shared = state->shared;
	int			worker;

	if (shared == NULL)
		return;
	end_operators(state->root);
	if (IsParallelWorker())
		(void) hand_in_stats(state->root, shared_stats(shared, ParallelWorkerNumber));
	else
		for (worker = 0; worker < shared->nparticipants - 1; worker++)
			(void) take_stats(state->root, shared_stats(shared, worker), worker,
							  shared->nparticipants - 1);
	state->shared = NULL;
	state->engine.shared = NULL;
	state->engine.files = NULL;
	state->done = true;
	state->batch.n = state->row = 0;
}

/* ---------------------------------------------------------------------
 * EXPLAIN
 * ---------------------------------------------------------------------
 */

static char *
deparse(CustomScanState *node, List *ancestors, ExplainState *es, Plan *plan, Node *expr)
{
	List	   *context = set_deparse_context_plan(es->deparse_cxt, node->ss.ps.plan, ancestors);

	return deparse_expression(rs_plan_expression(expr, plan), context,
							  list_length(es->rtable) > 1 || es->verbose, false);
}

static void
explain_list(CustomScanState *node, List *ancestors, ExplainState *es, Plan *plan,
			 const char *label, List *quals)
{
	if (quals != NIL)
		ExplainPropertyText(label, deparse(node, ancestors, es, plan,
										   (Node *) make_ands_explicit(quals)), es);
}

/*
 * How the key is ordered, as far as it is not the default.
 */
static void
append_sort_options(StringInfo text, Oid type, Oid operator, Oid collation, bool nulls_first)
{
	TypeCacheEntry *cache = lookup_type_cache(type, TYPECACHE_LT_OPR | TYPECACHE_GT_OPR);
	bool		reverse = false;

	if (OidIsValid(collation) && collation != get_typcollation(type))
		appendStringInfo(text, " COLLATE %s", generate_collation_name(collation));
	if (operator == cache->gt_opr)
	{
		appendStringInfoString(text, " DESC");
		reverse = true;
	}
	else if (operator != cache->lt_opr)
	{
		appendStringInfo(text, " USING %s", get_opname(operator));
		(void) get_equality_op_for_ordering_op(operator, &reverse);
	}
	if (nulls_first != reverse)
		appendStringInfoString(text, nulls_first ? " NULLS FIRST" : " NULLS LAST");
}

static void
explain_sort_keys(CustomScanState *node, List *ancestors, ExplainState *es, Plan *plan, int nkeys,
				  const AttrNumber *columns, const Oid *operators, const Oid *collations,
				  const bool *nulls_first)
{
	List	   *keys = NIL;
	int			k;

	for (k = 0; k < nkeys; k++)
	{
		TargetEntry *entry = list_nth(plan->targetlist, columns[k] - 1);
		StringInfoData text;

		initStringInfo(&text);
		appendStringInfoString(&text, deparse(node, ancestors, es, plan, (Node *) entry->expr));
		append_sort_options(&text, exprType((Node *) entry->expr), operators[k], collations[k],
							nulls_first[k]);
		keys = lappend(keys, text.data);
	}
	ExplainPropertyList("Sort Key", keys, es);
}

/*
 * The keys of an aggregation, of each grouping set by itself.
 */
static void
explain_group_keys(CustomScanState *node, List *ancestors, ExplainState *es, Agg *agg)
{
	Plan	   *below = outerPlan(agg);
	ListCell   *lc;
	ListCell   *cell;

	foreach(lc, rs_grouping_sets(agg))
	{
		List	   *keys = NIL;

		foreach(cell, lfirst(lc))
		{
			TargetEntry *entry = list_nth(below->targetlist, lfirst_int(cell) - 1);

			keys = lappend(keys, deparse(node, ancestors, es, below, (Node *) entry->expr));
		}
		if (keys == NIL && rs_has_grouping_sets(agg))
			keys = list_make1("()");
		if (keys != NIL)
			ExplainPropertyList("Group Key", keys, es);
	}
}

static void
explain_properties(CustomScanState *node, RsOperator *op, List *ancestors, ExplainState *es)
{
	Plan	   *plan = op->plan;

	if (IsA(plan, HashJoin))
	{
		explain_list(node, ancestors, es, plan, "Hash Cond", ((HashJoin *) plan)->hashclauses);
		explain_list(node, ancestors, es, plan, "Join Filter", ((HashJoin *) plan)->join.joinqual);
	}
	if (IsA(plan, NestLoop))
		explain_list(node, ancestors, es, plan, "Join Filter", ((NestLoop *) plan)->join.joinqual);
	if (IsA(plan, MergeJoin))
	{
		explain_list(node, ancestors, es, plan, "Merge Cond", ((MergeJoin *) plan)->mergeclauses);
		explain_list(node, ancestors, es, plan, "Join Filter", ((MergeJoin *) plan)->join.joinqual);
	}
	if (IsA(plan, Agg))
		explain_group_keys(node, ancestors, es, (Agg *) plan);
	if (IsA(plan, Sort))
	{
		Sort	   *sort = (Sort *) plan;

		explain_sort_keys(node, ancestors, es, plan, sort->numCols, sort->sortColIdx,
						  sort->sortOperators, sort->collations, sort->nullsFirst);
	}
	if (IsA(plan, MergeAppend))
	{
		MergeAppend *append = (MergeAppend *) plan;

		explain_sort_keys(node, ancestors, es, plan, append->numCols, append->sortColIdx,
						  append->sortOperators, append->collations, append->nullsFirst);
	}
	if (IsA(plan, Result))
		explain_list(node, ancestors, es, plan, "One-Time Filter",
					 (List *) ((Result *) plan)->resconstantqual);
	if (IsA(plan, WindowAgg))
		explain_list(node, ancestors, es, plan, "Run Condition",
					 ((WindowAgg *) plan)->runConditionOrig);
	explain_list(node, ancestors, es, plan, "Filter", plan->qual);
	if (op->env.scanrelid != 0)
		explain_list(node, ancestors, es, plan, "Zone Filter",
					 rs_predicate_clauses(plan->qual, op->env.scanrelid));
	if (op->explain != NULL && es->analyze)
		op->explain(op, es);
	if (es->analyze && es->verbose)
		rs_explain_workers(op, es);
}

static void
explain_operator(CustomScanState *node, RsOperator *op, List *ancestors, ExplainState *es)
{
	const char *table = NULL;
	ListCell   *lc;

	rs_show_subplans(&node->ss.ps, op->plan);
	if (op->env.scanrelid != 0 || IsA(op->plan, SubqueryScan) || rs_is_cte_scan(op->plan))
		table = quote_identifier(list_nth(es->rtable_names, ((Scan *) op->plan)->scanrelid - 1));
	if (es->format == EXPLAIN_FORMAT_TEXT)
	{
		appendStringInfoSpaces(es->str, es->indent * 2);
		appendStringInfo(es->str, "=> %s%s%s", op->name, table != NULL ? " on " : "",
						 table != NULL ? table : "");
		if (es->analyze)
		{
			appendStringInfo(es->str, " (rows=" UINT64_FORMAT " batches=" UINT64_FORMAT,
							 op->stats.rows, op->stats.batches);
			if (es->timing)
				appendStringInfo(es->str, " time=%.3f", INSTR_TIME_GET_MILLISEC(op->stats.time));
			appendStringInfoChar(es->str, ')');
		}
		appendStringInfoChar(es->str, '\n');
		es->indent += 2;
		explain_properties(node, op, ancestors, es);
		foreach(lc, op->children)
			explain_operator(node, lfirst(lc), ancestors, es);
		es->indent -= 2;
		return;
	}
	ExplainOpenGroup("Operator", NULL, true, es);
	ExplainPropertyText("Operator", op->name, es);
	if (table != NULL)
		ExplainPropertyText("Relation Name", table, es);
	if (es->analyze)
	{
		ExplainPropertyUInteger("Rows", NULL, op->stats.rows, es);
		ExplainPropertyUInteger("Batches", NULL, op->stats.batches, es);
		if (es->timing)
			ExplainPropertyFloat("Time", "ms", INSTR_TIME_GET_MILLISEC(op->stats.time), 3, es);
	}
	explain_properties(node, op, ancestors, es);
	if (op->children != NIL)
	{
		ExplainOpenGroup("Operators", "Operators", false, es);
		foreach(lc, op->children)
			explain_operator(node, lfirst(lc), ancestors, es);
		ExplainCloseGroup("Operators", "Operators", false, es);
	}
	ExplainCloseGroup("Operator", NULL, true, es);
}

static void
explain_vector(CustomScanState *node, List *ancestors, ExplainState *es)
{
	RsVectorState *state = (RsVectorState *) node;

	ExplainOpenGroup("Operators", "Operators", false, es);
	explain_operator(node, state->root, ancestors, es);
	ExplainCloseGroup("Operators", "Operators", false, es);
}

static const CustomExecMethods exec_methods = {
	.CustomName = "RsVector",
	.BeginCustomScan = begin_vector,
	.ExecCustomScan = exec_vector,
	.EndCustomScan = end_vector,
	.ReScanCustomScan = rescan_vector,
	.EstimateDSMCustomScan = estimate_dsm,
	.InitializeDSMCustomScan = initialize_dsm,
	.ReInitializeDSMCustomScan = reinitialize_dsm,
	.InitializeWorkerCustomScan = initialize_worker,
	.ShutdownCustomScan = shutdown_vector,
	.ExplainCustomScan = explain_vector
};
