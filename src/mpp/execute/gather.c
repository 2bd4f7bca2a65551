/*
 * gather.c
 *	  RsGather and RsUpdate in the executor: run the stages of a distributed plan on the
 *	  compute nodes and give the rows of the last one.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "commands/explain.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "mpp/change/modify.h"
#include "mpp/execute/gather.h"
#include "mpp/execute/gather_ahead.h"
#include "mpp/execute/gather_memo.h"
#include "mpp/execute/gather_merge.h"
#include "mpp/execute/stage_stats.h"
#include "mpp/execute/stages.h"
#include "nodes/makefuncs.h"
#include "nodes/value.h"
#include "utils/memutils.h"
#include "utils/ruleutils.h"
#include "vector/batch_source.h"

typedef struct RsGatherState
{
	CustomScanState css;
	bool		updates;		/* RsUpdate */
	bool		everywhere;		/* ... of a table whose rows are on every node */
	List	   *views;			/* whose check options the last columns are */
	RsStageRun *run;
	int			ncolumns;
	Oid		   *types;
	RsVectorType *vector_types;
	RsArena    *arena;
	const RsVector **columns;	/* of the present batch */
	uint32		nrows;
	uint32		row;			/* the next one */
	bool		done;
	RsGatherMerge *merge;		/* of rows in an order; NULL: as they come */
	RsGatherMemo *memo;			/* rows of earlier runs; NULL: it has run once at most */
	bool		begun;			/* the memo has been asked */
	bool		repeated;		/* ... and has the rows of this run */
	int		   *shown;			/* columns of batches for the engine; NULL: it gives rows only */
	bool		batched;		/* it has given batches */
	List	   *ahead;			/* RsAheadTarget *: subplans to be asked ahead (gather_ahead.c) */
	MemoryContext ahead_context;	/* what is needed while that is done */
	uint32		ahead_rows;		/* for so many rows the next time */
	uint32		ahead_until;	/* it is done for the rows before this one */
	List	   *wanted;			/* of a gather that is asked: values, char * */
} RsGatherState;

/* A subplan that gives more rows is not asked ahead, and the first rows are few: no more may be wanted. */
#define MOST_ROWS_AHEAD		100
#define FIRST_ROWS_AHEAD	16

/* A run that is ended early goes on for so many rows, to be kept: cancelling costs more. */
#define MOST_DRAINED	10000

static Node *create_gather(CustomScan *scan);
static Node *create_update(CustomScan *scan);

const CustomScanMethods rs_gather_methods = {
	.CustomName = "RsGather",
	.CreateCustomScanState = create_gather
};

const CustomScanMethods rs_update_methods = {
	.CustomName = "RsUpdate",
	.CreateCustomScanState = create_update
};

/*
 * The last columns say whether a changed row satisfies the check options of views; that of
 * a view without a name is the row, for the cursor that stands on it.
 */
static void
check_options(RsGatherState *state, TupleTableSlot *slot)
{
	int			column = state->ncolumns - list_length(state->views);
	ListCell   *lc;

	foreach(lc, state->views)
	{
		if (strVal(lfirst(lc))[0] == '\0')
			rs_cursor_row_changed(slot->tts_values[column]);
		else if (slot->tts_isnull[column] || !DatumGetBool(slot->tts_values[column]))
			ereport(ERROR,
					(errcode(ERRCODE_WITH_CHECK_OPTION_VIOLATION),
					 errmsg("new row violates check option for view \"%s\"", strVal(lfirst(lc)))));
		column++;
	}
}

/*
 * What a table on every node returns is the same from each; the others' is let go by.
 */
static uint32
next_batch(RsGatherState *state)
{
	uint32		n = rs_stages_next(state->run, state->everywhere, state->arena, state->columns);

	if (n == 0 && state->everywhere)
		while (rs_stages_next(state->run, false, state->arena, state->columns) > 0)
			rs_arena_reset(state->arena);
	return n;
}

static TupleTableSlot *
next_merged_row(RsGatherState *state, TupleTableSlot *slot)
{
	const RsVector **columns;
	uint32		row;

	state->done = state->done || !rs_gather_merge_next(state->merge, state->run, &columns, &row);
	if (state->done)
		return slot;
	rs_vectors_row(columns, state->vector_types, state->ncolumns, row,
				   state->css.ss.ps.ps_ExprContext->ecxt_per_tuple_memory, slot->tts_values, slot->tts_isnull);
	return ExecStoreVirtualTuple(slot);
}

static void leave_memo(RsGatherState *state);
static void stop(RsGatherState *state);

/* ---------------------------------------------------------------------
 * Subplans that are asked ahead
 * ---------------------------------------------------------------------
 */

static bool
accepts_batches(CustomScanState *css, const Bitmapset *params)
{
	RsGatherState *state = (RsGatherState *) css;

	return state->merge == NULL && css->custom_ps == NIL && !state->updates &&
		css->ss.ps.plan->plan_rows <= MOST_ROWS_AHEAD && rs_stages_can_batch(state->run, params);
}

static RsGatherMemo *
make_memo(RsGatherState *state)
{
	MemoryContext caller = MemoryContextSwitchTo(state->css.ss.ps.state->es_query_cxt);
	RsGatherMemo *memo = rs_gather_memo_create(state->css.ss.ss_ScanTupleSlot->tts_tupleDescriptor);

	MemoryContextSwitchTo(caller);
	return memo;
}

/*
 * A gather is about to be asked: what it did for the row before is over.
 */
static void
be_ready(RsGatherState *state)
{
	if (state->memo == NULL)
		state->memo = make_memo(state);
	leave_memo(state);
	stop(state);
}

/*
 * One row more passes values to it.
 */
static void
want(RsGatherState *state)
{
	char	   *values = rs_stages_values(state->run);

	if (rs_gather_memo_want(state->memo, values))
		state->wanted = lappend(state->wanted, values);
}

/*
 * Get what is wanted of a gather by one statement.  False: it does not fit into memory.
 */
static bool
get_wanted(RsGatherState *state)
{
	ExprContext *econtext = state->css.ss.ps.ps_ExprContext;
	TupleTableSlot *slot = state->css.ss.ss_ScanTupleSlot;
	const RsVector **columns = palloc((Max(state->ncolumns, 1) + 1) * sizeof(RsVector *));
	RsVectorType place_type;
	bool		fits = true;
	uint32		n;
	uint32		i;

	rs_vector_type_init(&place_type, INT4OID);
	rs_stages_start_batch(state->run, state->wanted);
	while (fits && (n = rs_stages_next(state->run, false, state->arena, columns)) > 0)
	{
		CHECK_FOR_INTERRUPTS();
		for (i = 0; i < n && fits; i++)
		{
			bool		isnull;
			Datum		place = rs_vector_datum(columns[0], &place_type, i, &isnull);

			ResetExprContext(econtext);
			ExecClearTuple(slot);
			rs_vectors_row(columns + 1, state->vector_types, state->ncolumns, i, econtext->ecxt_per_tuple_memory,
						   slot->tts_values, slot->tts_isnull);
			fits = rs_gather_memo_fill(state->memo, DatumGetInt32(place), ExecStoreVirtualTuple(slot));
		}
		rs_arena_reset(state->arena);
	}
	ExecClearTuple(slot);
	stop(state);
	rs_gather_memo_filled(state->memo, fits);
	return fits;
}

/*
 * Before a row is given: let subplans have what they need for it and some of those behind
 * it in the batch.  Each time there are more, as whoever reads may stop early.
 */
static void
look_ahead(RsGatherState *state)
{
	ExprContext *econtext = state->css.ss.ps.ps_ExprContext;
	TupleTableSlot *slot = state->css.ss.ss_ScanTupleSlot;
	MemoryContext caller = MemoryContextSwitchTo(state->ahead_context);
	uint32		until = Min(state->nrows, state->row + state->ahead_rows);
	uint32		row;
	ListCell   *lt;
	ListCell   *lg;

	foreach(lt, state->ahead)
		foreach(lg, ((RsAheadTarget *) lfirst(lt))->gathers)
			be_ready(lfirst(lg));
	for (row = state->row; row < until; row++)
	{
		ResetExprContext(econtext);
		ExecClearTuple(slot);
		rs_vectors_row(state->columns, state->vector_types, state->ncolumns, row, econtext->ecxt_per_tuple_memory,
					   slot->tts_values, slot->tts_isnull);
		econtext->ecxt_scantuple = ExecStoreVirtualTuple(slot);
		foreach(lt, state->ahead)
		{
			rs_ahead_pass(lfirst(lt), econtext);
			foreach(lg, ((RsAheadTarget *) lfirst(lt))->gathers)
				want(lfirst(lg));
		}
	}
	foreach(lt, state->ahead)
		foreach(lg, ((RsAheadTarget *) lfirst(lt))->gathers)
		{
			RsGatherState *asked = lfirst(lg);

			if (asked->wanted != NIL && !get_wanted(asked))
				state->ahead_rows = 0;
			asked->wanted = NIL;
		}
	ExecClearTuple(slot);
	state->ahead_until = until;
	if (state->ahead_rows == 0)
		state->ahead = NIL;
	state->ahead_rows = Min(state->ahead_rows * 4, RS_MEMO_MOST_WANTED);
	MemoryContextSwitchTo(caller);
	MemoryContextReset(state->ahead_context);
}

static TupleTableSlot *
read_row(RsGatherState *state)
{
	ScanState  *ss = &state->css.ss;
	TupleTableSlot *slot = ss->ss_ScanTupleSlot;

	ExecClearTuple(slot);
	if (state->merge != NULL)
		return next_merged_row(state, slot);
	if (state->row >= state->nrows && !state->done)
	{
		CHECK_FOR_INTERRUPTS();
		rs_arena_reset(state->arena);
		state->row = state->ahead_until = 0;
		state->nrows = next_batch(state);
		state->done = state->nrows == 0;
		if (state->done && state->updates)
			ss->ps.state->es_processed += rs_stages_changed(state->run, state->everywhere);
	}
	if (state->done)
		return slot;
	if (state->ahead != NIL && state->row >= state->ahead_until)
		look_ahead(state);
	rs_vectors_row(state->columns, state->vector_types, state->ncolumns, state->row++,
				   ss->ps.ps_ExprContext->ecxt_per_tuple_memory, slot->tts_values, slot->tts_isnull);
	if (state->views != NIL)
		check_options(state, slot);
	return ExecStoreVirtualTuple(slot);
}

/*
 * What nodes give for parameters that were met before is not asked for again.
 */
static TupleTableSlot *
next_row(ScanState *ss)
{
	RsGatherState *state = (RsGatherState *) ss;
	TupleTableSlot *slot = ss->ss_ScanTupleSlot;

	if (state->memo == NULL)
		return read_row(state);
	if (!state->begun)
	{
		MemoryContext caller = MemoryContextSwitchTo(ss->ps.ps_ExprContext->ecxt_per_tuple_memory);

		state->repeated = rs_gather_memo_begin(state->memo, rs_stages_values(state->run));
		state->begun = true;
		MemoryContextSwitchTo(caller);
	}
	if (!state->repeated)
	{
		slot = read_row(state);
		if (TupIsNull(slot))
			rs_gather_memo_complete(state->memo);
		else
			(void) rs_gather_memo_add(state->memo, slot);
		return slot;
	}
	ExecClearTuple(slot);
	return rs_gather_memo_next(state->memo, slot) ? ExecStoreVirtualTuple(slot) : slot;
}

/*
 * The run ends: its rows are kept if there are few more.
 */
static void
leave_memo(RsGatherState *state)
{
	ExprContext *econtext = state->css.ss.ps.ps_ExprContext;
	List	   *ahead = state->ahead;
	int			n;

	/* Nobody looks at these rows now. */
	state->ahead = NIL;
	for (n = 0; state->begun && !state->repeated && !state->done; n++)
	{
		ResetExprContext(econtext);
		if (n == MOST_DRAINED)
			break;
		if (TupIsNull(read_row(state)))
			rs_gather_memo_complete(state->memo);
		else if (!rs_gather_memo_add(state->memo, state->css.ss.ss_ScanTupleSlot))
			break;
	}
	state->ahead = ahead;
	rs_gather_memo_abandon(state->memo);
	state->begun = state->repeated = false;
}

/*
 * Batches as they come, for the vector engine.
 */
static bool
next_vectors(CustomScanState *css, RsArena *arena, RsVectorBatch *batch)
{
	RsGatherState *state = (RsGatherState *) css;

	state->batched = true;
	batch->n = rs_stages_next(state->run, false, arena, state->columns);
	if (batch->n == 0)
		return false;
	rs_shown_batch(batch, arena, state->columns, state->shown, list_length(css->ss.ps.plan->targetlist));
	return true;
}

static bool
gives_batches(const CustomScanState *css)
{
	return ((const RsGatherState *) css)->shown != NULL;
}

static bool
recheck(ScanState *ss, TupleTableSlot *slot)
{
	return true;
}

static TupleTableSlot *
exec(CustomScanState *css)
{
	return ExecScan(&css->ss, next_row, recheck);
}

/*
 * How the rows of nodes are ordered; NIL: they are not.
 */
static List *
merge_order(const CustomScan *scan)
{
	return list_length(scan->custom_private) > RS_GATHER_MERGE ? list_nth(scan->custom_private, RS_GATHER_MERGE) : NIL;
}

static void
begin(CustomScanState *css, EState *estate, int eflags)
{
	RsGatherState *state = (RsGatherState *) css;
	CustomScan *scan = (CustomScan *) css->ss.ps.plan;
	TupleDesc	desc = css->ss.ss_ScanTupleSlot->tts_tupleDescriptor;
	ListCell   *lc;
	int			i;

	state->ncolumns = desc->natts;
	state->types = palloc(Max(desc->natts, 1) * sizeof(Oid));
	state->vector_types = palloc(Max(desc->natts, 1) * sizeof(RsVectorType));
	state->columns = palloc0(Max(desc->natts, 1) * sizeof(RsVector *));
	for (i = 0; i < desc->natts; i++)
	{
		state->types[i] = TupleDescAttr(desc, i)->atttypid;
		rs_vector_type_init(&state->vector_types[i], state->types[i]);
	}
	state->arena = rs_arena_create(CurrentMemoryContext);
	foreach(lc, scan->custom_plans)
		css->custom_ps = lappend(css->custom_ps, ExecInitNode(lfirst(lc), estate, eflags));

	/* Where no column is wanted a fragment gives one that nobody looks at. */
	if (!state->updates && desc->natts == 0)
		state->types[0] = BOOLOID;
	state->run = rs_stages_begin(scan->custom_private, scan->custom_exprs, state->updates, &css->ss.ps,
								 state->types, state->updates ? desc->natts : Max(desc->natts, 1));
	if (!state->updates && list_length(scan->custom_private) > RS_GATHER_OPTIONS)
		rs_stages_set_options(state->run, strVal(list_nth(scan->custom_private, RS_GATHER_OPTIONS)));
	if (!state->updates && rs_gather_gives_batches(scan))
		state->shown = rs_shown_columns(&scan->scan.plan);
	if (!state->updates && merge_order(scan) != NIL)
		state->merge = rs_gather_merge_create(merge_order(scan), state->vector_types, state->ncolumns);
	if (eflags & EXEC_FLAG_EXPLAIN_ONLY)
		return;
	rs_stages_take_snapshot(state->run);
	state->ahead = rs_ahead_targets(css, accepts_batches);
	state->ahead_rows = FIRST_ROWS_AHEAD;
	if (state->ahead != NIL)
		state->ahead_context = AllocSetContextCreate(CurrentMemoryContext, "redshift subplans asked ahead",
													 ALLOCSET_DEFAULT_SIZES);
}

static void
stop(RsGatherState *state)
{
	rs_stages_stop(state->run);
	if (state->merge != NULL)
		rs_gather_merge_restart(state->merge);
	state->nrows = state->row = 0;
	state->done = false;
}

static void
end(CustomScanState *css)
{
	ListCell   *lc;

	stop((RsGatherState *) css);
	rs_stages_end(((RsGatherState *) css)->run);
	foreach(lc, css->custom_ps)
		ExecEndNode(lfirst(lc));
}

static void
rescan(CustomScanState *css)
{
	RsGatherState *state = (RsGatherState *) css;
	ListCell   *lc;

	/* What the leader computes may depend on more than the fragments' parameters. */
	if (state->memo != NULL)
		leave_memo(state);
	else if (rs_stages_ran(state->run) && !state->updates && css->custom_ps == NIL && !state->batched)
		state->memo = make_memo(state);
	stop(state);
	foreach(lc, css->custom_ps)
	{
		PlanState  *child = lfirst(lc);

		if (css->ss.ps.chgParam != NULL)
			UpdateChangedParamSet(child, css->ss.ps.chgParam);
		/* Otherwise it starts again by itself. */
		if (child->chgParam == NULL)
			ExecReScan(child);
	}
	ExecScanReScan(&css->ss);
}

/*
 * What nodes' rows are merged by.
 */
static void
explain_order(CustomScan *scan, List *ancestors, ExplainState *es)
{
	List	   *context = set_deparse_context_plan(es->deparse_cxt, &scan->scan.plan, ancestors);
	List	   *keys = NIL;
	ListCell   *lc;

	foreach(lc, (List *) linitial(merge_order(scan)))
	{
		TargetEntry *entry = list_nth(scan->custom_scan_tlist, lfirst_int(lc) - 1);

		keys = lappend(keys, deparse_expression((Node *) entry->expr, context, true, true));
	}
	ExplainPropertyList("Merge Key", keys, es);
}

static void
explain(CustomScanState *css, List *ancestors, ExplainState *es)
{
	RsGatherState *state = (RsGatherState *) css;

	if (state->merge != NULL)
		explain_order((CustomScan *) css->ss.ps.plan, ancestors, es);
	rs_stages_explain(state->run, es);
	if (es->analyze && state->memo != NULL)
		rs_gather_memo_explain(state->memo, es);
}

static const RsStageStats *
stats_of(CustomScanState *node, int stage)
{
	return rs_stages_stats(((RsGatherState *) node)->run, stage);
}

List *
rs_gather_counts(CustomScanState *node, int stage, const char *key)
{
	const RsStageStats *stats = stats_of(node, stage);

	return stats == NULL ? NIL : rs_stage_stats_counts(stats, key);
}

List *
rs_gather_moves(CustomScanState *node, int stage)
{
	const RsStageStats *stats = stats_of(node, stage);

	return stats == NULL ? NIL : rs_stage_stats_moves(stats);
}

static const CustomExecMethods gather_methods = {
	.CustomName = "RsGather",
	.BeginCustomScan = begin,
	.ExecCustomScan = exec,
	.EndCustomScan = end,
	.ReScanCustomScan = rescan,
	.ExplainCustomScan = explain
};

static const CustomExecMethods update_methods = {
	.CustomName = "RsUpdate",
	.BeginCustomScan = begin,
	.ExecCustomScan = exec,
	.EndCustomScan = end,
	.ReScanCustomScan = rescan,
	.ExplainCustomScan = explain
};

static RsGatherState *
create(const CustomExecMethods *methods)
{
	RsGatherState *state = (RsGatherState *) newNode(sizeof(RsGatherState), T_CustomScanState);

	state->css.methods = methods;
	return state;
}

static Node *
create_gather(CustomScan *scan)
{
	return (Node *) create(&gather_methods);
}

static Node *
create_update(CustomScan *scan)
{
	RsGatherState *state = create(&update_methods);

	state->updates = true;
	state->everywhere = intVal(list_nth(scan->custom_private, RS_UPDATE_EVERYWHERE));
	state->views = list_nth(scan->custom_private, RS_UPDATE_VIEWS);
	return (Node *) state;
}

/*
 * Not if it may be repeated for parameters, whose rows are kept (gather_memo.c).
 */
bool
rs_gather_gives_batches(const CustomScan *scan)
{
	return scan->methods == &rs_gather_methods && bms_is_empty(scan->scan.plan.allParam) &&
		merge_order(scan) == NIL && rs_shown_columns(&scan->scan.plan) != NULL;
}

bool
rs_gather_is_whole(const Plan *plan)
{
	const CustomScan *scan = (const CustomScan *) plan;
	ListCell   *lc;

	if (!IsA(plan, CustomScan) || scan->methods != &rs_gather_methods || plan->qual != NIL)
		return false;
	foreach(lc, plan->targetlist)
	{
		const Var  *var = (const Var *) lfirst_node(TargetEntry, lc)->expr;

		if (!IsA(var, Var) || var->varno != INDEX_VAR)
			return false;
	}
	return true;
}

bool
rs_gather_is_users(const Plan *plan)
{
	Oid			userid = linitial_oid((List *) lsecond(((const CustomScan *) plan)->custom_private));

	return !OidIsValid(userid) || userid == GetUserId();
}

void
rs_gather_redirect(CustomScan *scan, const char *options, List *targets)
{
	List	   *private = scan->custom_private;
	ListCell   *lc;

	list_nth_cell(private, RS_GATHER_MERGE)->ptr_value = NIL;
	while (list_length(private) < RS_GATHER_OPTIONS)
		private = lappend(private, NULL);
	scan->custom_private = lappend(private, makeString(pstrdup(options)));
	scan->custom_scan_tlist = targets;
	scan->scan.plan.targetlist = NIL;
	foreach(lc, targets)
	{
		TargetEntry *entry = flatCopyTargetEntry(lfirst_node(TargetEntry, lc));

		entry->expr = (Expr *) makeVarFromTargetEntry(INDEX_VAR, entry);
		scan->scan.plan.targetlist = lappend(scan->scan.plan.targetlist, entry);
	}
}

void
rs_gather_init(void)
{
	RegisterCustomScanMethods(&rs_gather_methods);
	rs_batch_source_register(&gather_methods, next_vectors, gives_batches);
	RegisterCustomScanMethods(&rs_update_methods);
}
