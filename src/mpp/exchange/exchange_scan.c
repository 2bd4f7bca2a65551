/*
 * exchange_scan.c
 *	  RsExchange: the rows of an exchange as batches.
 *
 * A scan of the function redshift.exchange(), whose rows PostgreSQL would all put into
 * a tuplestore first, becomes a node of our own.  It gives rows; or batches, as they
 * stand in the messages, to the vector engine where it neither filters nor computes.
 *
 * Processes of a parallel plan take messages in turn.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/parallel.h"
#include "access/table.h"
#include "catalog/pg_statistic.h"
#include "commands/explain.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "mpp/exchange/exchange_file.h"
#include "mpp/exchange/exchange_scan.h"
#include "mpp/exchange/function_scan.h"
#include "mpp/wire/wire.h"
#include "mpp/wire/wire_format.h"
#include "nodes/extensible.h"
#include "nodes/value.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/paths.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/selfuncs.h"
#include "vector/batch_source.h"
#include "vector/operator.h"

/* A row costs so much less than one of a function's tuplestore. */
#define ROW_COST	(cpu_tuple_cost / 4)

typedef struct RsExchangeState
{
	CustomScanState css;
	const char *id;
	int			ncolumns;		/* of the exchange */
	RsVectorType *types;
	int		   *shown;			/* columns of the target list; NULL: it computes */
	RsExchangeReader *reader;	/* NULL: not begun */
	RsWireDecoder *decoder;
	const RsVector **columns;
	RsArena    *arena;			/* of rows */
	uint32		nrows;
	uint32		row;
	pg_atomic_uint64 *next;		/* message, of a parallel plan; NULL: all are for this process */
	bool		done;
} RsExchangeState;

static set_rel_pathlist_hook_type next_set_rel_pathlist = NULL;
static get_relation_stats_hook_type next_get_relation_stats = NULL;
static Plan *plan_scan(PlannerInfo *root, RelOptInfo *rel, CustomPath *path, List *targets, List *clauses,
					   List *below);
static Node *create_state(CustomScan *scan);

static const CustomPathMethods path_methods = {
	.CustomName = "RsExchange",
	.PlanCustomPath = plan_scan
};

static const CustomScanMethods scan_methods = {
	.CustomName = "RsExchange",
	.CreateCustomScanState = create_state
};

/* ---------------------------------------------------------------------
 * Planning
 * ---------------------------------------------------------------------
 */

static char *
exchange_of(const RangeTblEntry *rte)
{
	return rs_function_scan_argument(rte, "exchange");
}

/*
 * As many workers as a table of this size would have.
 */
static void
set_rel_pathlist(PlannerInfo *root, RelOptInfo *rel, Index rti, RangeTblEntry *rte)
{
	char	   *id;
	int			workers;

	if (next_set_rel_pathlist)
		next_set_rel_pathlist(root, rel, rti, rte);
	id = exchange_of(rte);
	if (id == NULL || rs_function_scan_wants_row(rel))
		return;
	add_path(rel, rs_function_scan_path(rel, id, 0, ROW_COST, &path_methods));
	if (!rel->consider_parallel)
		return;
	workers = compute_parallel_worker(rel, rel->tuples * rel->reltarget->width / BLCKSZ, -1,
									  max_parallel_workers_per_gather);
	if (workers > 0)
		add_partial_path(rel, rs_function_scan_path(rel, id, workers, ROW_COST, &path_methods));
}

static Plan *
plan_scan(PlannerInfo *root, RelOptInfo *rel, CustomPath *path, List *targets, List *clauses, List *below)
{
	return rs_function_scan_plan(root, rel, path, targets, clauses, &scan_methods);
}

/*
 * Statistics of a column: how many values it has.  Without them a planner would take every
 * column of an exchange for one of few values and never build a hash table of it.
 */
static bool
column_statistics(PlannerInfo *root, RangeTblEntry *rte, AttrNumber attnum, VariableStatData *data)
{
	char	   *id;
	int			values;
	Relation	catalog;
	Datum		columns[Natts_pg_statistic] = {0};
	bool		nulls[Natts_pg_statistic];
	int			i;

	if (next_get_relation_stats && next_get_relation_stats(root, rte, attnum, data))
		return true;
	if (rte->rtekind != RTE_FUNCTION || (id = exchange_of(rte)) == NULL ||
		(values = rs_exchange_distinct(id, attnum)) <= 0)
		return false;
	for (i = 0; i < Natts_pg_statistic; i++)
		nulls[i] = i >= Anum_pg_statistic_stanumbers1 - 1;
	columns[Anum_pg_statistic_staattnum - 1] = Int16GetDatum(attnum);
	columns[Anum_pg_statistic_stanullfrac - 1] = Float4GetDatum(0);
	columns[Anum_pg_statistic_stadistinct - 1] = Float4GetDatum(values);
	catalog = table_open(StatisticRelationId, AccessShareLock);
	data->statsTuple = heap_form_tuple(RelationGetDescr(catalog), columns, nulls);
	data->freefunc = heap_freetuple;
	data->acl_ok = true;
	table_close(catalog, AccessShareLock);
	return true;
}

bool
rs_exchange_is_path(const CustomPath *path)
{
	return path->methods == &path_methods;
}

bool
rs_exchange_is_scan(const Plan *plan)
{
	return IsA(plan, CustomScan) && ((const CustomScan *) plan)->methods == &scan_methods;
}

/* ---------------------------------------------------------------------
 * Execution
 * ---------------------------------------------------------------------
 */

static void
begin(CustomScanState *css, EState *estate, int eflags)
{
	RsExchangeState *state = (RsExchangeState *) css;
	TupleDesc	desc = css->ss.ss_ScanTupleSlot->tts_tupleDescriptor;
	int			i;

	state->ncolumns = desc->natts;
	state->types = palloc(Max(desc->natts, 1) * sizeof(RsVectorType));
	state->columns = palloc(Max(desc->natts, 1) * sizeof(RsVector *));
	for (i = 0; i < desc->natts; i++)
		rs_vector_type_init(&state->types[i], TupleDescAttr(desc, i)->atttypid);
	state->shown = rs_shown_columns(css->ss.ps.plan);
	state->arena = rs_arena_create(estate->es_query_cxt);
}

/*
 * The next batch of all columns; 0: no more.
 */
static uint32
next_vectors(RsExchangeState *state, RsArena *arena)
{
	MemoryContext context = state->css.ss.ps.state->es_query_cxt;

	if (state->done)
		return 0;
	if (state->reader == NULL)
	{
		TupleDesc	desc = state->css.ss.ss_ScanTupleSlot->tts_tupleDescriptor;
		MemoryContext caller = MemoryContextSwitchTo(context);
		Oid		   *types = palloc(Max(state->ncolumns, 1) * sizeof(Oid));
		int			i;

		for (i = 0; i < state->ncolumns; i++)
			types[i] = TupleDescAttr(desc, i)->atttypid;
		if (state->decoder == NULL)
			state->decoder = rs_wire_decoder_create(context, types, state->ncolumns, false);
		state->reader = rs_exchange_reader_create(state->id, RS_WIRE_ROWS, state->next);
		MemoryContextSwitchTo(caller);
	}
	for (;;)
	{
		uint32		n = rs_wire_decode_next(state->decoder, arena, state->columns);
		const char *message;
		uint64		rows;
		Size		size;

		if (n > 0)
			return n;
		CHECK_FOR_INTERRUPTS();
		message = rs_exchange_reader_next(state->reader, &size);
		if (message == NULL)
		{
			state->done = true;
			return 0;
		}
		(void) rs_wire_decode_message(state->decoder, message, size, &rows);
	}
}

static bool
next_batch(CustomScanState *css, RsArena *arena, RsVectorBatch *batch)
{
	RsExchangeState *state = (RsExchangeState *) css;

	batch->n = next_vectors(state, arena);
	if (batch->n == 0)
		return false;
	rs_shown_batch(batch, arena, state->columns, state->shown, list_length(css->ss.ps.plan->targetlist));
	return true;
}

static bool
gives_batches(const CustomScanState *css)
{
	return ((const RsExchangeState *) css)->shown != NULL;
}

static TupleTableSlot *
next_row(ScanState *ss)
{
	RsExchangeState *state = (RsExchangeState *) ss;
	TupleTableSlot *slot = ss->ss_ScanTupleSlot;

	ExecClearTuple(slot);
	if (state->row == state->nrows)
	{
		rs_arena_reset(state->arena);
		state->row = 0;
		state->nrows = next_vectors(state, state->arena);
		if (state->nrows == 0)
			return slot;
	}
	rs_vectors_row(state->columns, state->types, state->ncolumns, state->row++,
				   ss->ps.ps_ExprContext->ecxt_per_tuple_memory, slot->tts_values, slot->tts_isnull);
	return ExecStoreVirtualTuple(slot);
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

static void
finish(RsExchangeState *state)
{
	if (state->reader != NULL)
		rs_exchange_reader_end(state->reader);
	state->reader = NULL;
	state->nrows = state->row = 0;
	if (state->decoder != NULL)
		rs_wire_decode_forget(state->decoder);
}

static void
end(CustomScanState *css)
{
	finish((RsExchangeState *) css);
}

static void
rescan(CustomScanState *css)
{
	finish((RsExchangeState *) css);
	((RsExchangeState *) css)->done = false;
	ExecScanReScan(&css->ss);
}

static Size
estimate_dsm(CustomScanState *css, ParallelContext *pcxt)
{
	return sizeof(pg_atomic_uint64);
}

static void
initialize_dsm(CustomScanState *css, ParallelContext *pcxt, void *coordinate)
{
	((RsExchangeState *) css)->next = coordinate;
	pg_atomic_init_u64(coordinate, 0);
}

static void
reinitialize_dsm(CustomScanState *css, ParallelContext *pcxt, void *coordinate)
{
	pg_atomic_write_u64(coordinate, 0);
}

static void
initialize_worker(CustomScanState *css, shm_toc *toc, void *coordinate)
{
	((RsExchangeState *) css)->next = coordinate;
}

/*
 * The shared memory goes, and with it whose turn it was: no more is read.
 */
static void
shutdown(CustomScanState *css)
{
	RsExchangeState *state = (RsExchangeState *) css;

	if (state->next == NULL)
		return;
	finish(state);
	state->done = true;
	state->next = NULL;
}

static void
explain(CustomScanState *css, List *ancestors, ExplainState *es)
{
	ExplainPropertyText("Exchange", ((RsExchangeState *) css)->id, es);
}

static const CustomExecMethods exec_methods = {
	.CustomName = "RsExchange",
	.BeginCustomScan = begin,
	.ExecCustomScan = exec,
	.EndCustomScan = end,
	.ReScanCustomScan = rescan,
	.EstimateDSMCustomScan = estimate_dsm,
	.InitializeDSMCustomScan = initialize_dsm,
	.ReInitializeDSMCustomScan = reinitialize_dsm,
	.InitializeWorkerCustomScan = initialize_worker,
	.ShutdownCustomScan = shutdown,
	.ExplainCustomScan = explain
};

static Node *
create_state(CustomScan *scan)
{
	RsExchangeState *state = (RsExchangeState *) newNode(sizeof(RsExchangeState), T_CustomScanState);

	state->css.methods = &exec_methods;
	state->id = strVal(linitial(scan->custom_private));
	return (Node *) state;
}

void
rs_exchange_scan_init(void)
{
	RegisterCustomScanMethods(&scan_methods);
	rs_batch_source_register(&exec_methods, next_batch, gives_batches);
	next_set_rel_pathlist = set_rel_pathlist_hook;
	set_rel_pathlist_hook = set_rel_pathlist;
	next_get_relation_stats = get_relation_stats_hook;
	get_relation_stats_hook = column_statistics;
}
