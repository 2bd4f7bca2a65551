/*
 * scan_node.c
 *	  The scan node in the executor: batches below, rows at the very top.
 *
 * Reads the columns its target list and quals use, in batches from
 * storage/scan.c, which skips what zone maps refute.  A row is made of a batch
 * by filling just those columns of the slot; the others stay NULL.
 *
 * Late materialisation: a row gets the columns of the quals first, and the others
 * when it has passed; their blocks are decoded when the first row of the block
 * does.
 */
#include "postgres.h"

#include "access/parallel.h"
#include "access/sysattr.h"
#include "access/table.h"
#include "commands/explain.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "nodes/execnodes.h"
#include "nodes/makefuncs.h"
#include "optimizer/optimizer.h"
#include "planner/planner.h"
#include "storage/scan.h"
#include "storage/spin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/ruleutils.h"
#include "vector/operator.h"
#include "vector/scan/predicates.h"

/* Shared by the participants of a parallel scan. */
typedef struct SharedScan
{
	RsParallelScan scan;
	slock_t		mutex;
	RsReadStats stats;			/* summed over the workers */
} SharedScan;

typedef struct RsScanState
{
	CustomScanState css;
	int			nattnos;
	AttrNumber *attnos;			/* columns of the quals, then the others */
	int			nearly;			/* how many of them the quals use */
	Bitmapset  *early;			/* the same, for the scan */
	Bitmapset  *columns;		/* all of them */
	const RsRowGroup *late_group;	/* block whose other columns are decoded */
	uint32		late_block;
	RsPredicateSet *preds;
	RsRowSet *rows;		/* rows to read; NULL: all */
	RsScan	   *scan;			/* NULL until the first row */
	RsBatch		batch;
	uint32		next;			/* index into batch.sel of the row after the current one */
	MemoryContext row_context;	/* Datums made for the current row */
	SharedScan *shared;
	RsReadStats collected;		/* of scans ended and of workers */
} RsScanState;

static const CustomExecMethods exec_methods;

static Node *
create_state(CustomScan *cscan)
{
	RsScanState *state = (RsScanState *) newNode(sizeof(RsScanState), T_CustomScanState);

	state->css.methods = &exec_methods;
	return (Node *) state;
}

const CustomScanMethods rs_scan_methods = {
	.CustomName = "RsScan",
	.CreateCustomScanState = create_state
};

/*
 * The columns the plan uses; all of them if it takes the whole row.
 */
static void
find_columns(RsScanState *state)
{
	Plan	   *plan = state->css.ss.ps.plan;
	Index		relid = ((Scan *) plan)->scanrelid;
	TupleDesc	desc = RelationGetDescr(state->css.ss.ss_currentRelation);
	Bitmapset  *vars = NULL;
	Bitmapset  *qual_vars = NULL;
	bool		whole;
	int			late;
	int			i;

	pull_varattnos((Node *) plan->targetlist, relid, &vars);
	pull_varattnos((Node *) plan->qual, relid, &qual_vars);
	vars = bms_add_members(vars, qual_vars);
	whole = bms_is_member(0 - FirstLowInvalidHeapAttributeNumber, vars);
	state->attnos = palloc(Max(desc->natts, 1) * sizeof(AttrNumber));
	for (late = 0; late <= 1; late++)
	{
		for (i = 1; i <= desc->natts; i++)
		{
			int			member = i - FirstLowInvalidHeapAttributeNumber;
			bool		in_quals = bms_is_member(member, qual_vars) ||
				bms_is_member(0 - FirstLowInvalidHeapAttributeNumber, qual_vars);

			if (TupleDescAttr(desc, i - 1)->attisdropped || in_quals == (late == 1) ||
				!(whole || bms_is_member(member, vars)))
				continue;
			state->attnos[state->nattnos++] = (AttrNumber) i;
			state->columns = bms_add_member(state->columns, i);
			if (late == 0)
				state->early = bms_add_member(state->early, i);
		}
		if (late == 0)
			state->nearly = state->nattnos;
	}
}

static void
begin_scan(CustomScanState *node, EState *estate, int eflags)
{
	RsScanState *state = (RsScanState *) node;
	Scan	   *plan = (Scan *) node->ss.ps.plan;

	find_columns(state);
	state->preds = rs_predicates_init(plan->plan.qual, plan->scanrelid, &node->ss.ps);
	state->rows = rs_row_set_of(((CustomScan *) plan)->custom_exprs);
	state->row_context = AllocSetContextCreate(estate->es_query_cxt, "redshift scan row",
											   ALLOCSET_SMALL_SIZES);
}

static void
start(RsScanState *state)
{
	EState	   *estate = state->css.ss.ps.state;
	MemoryContext old = MemoryContextSwitchTo(estate->es_query_cxt);

	rs_predicates_compute(state->preds, state->css.ss.ps.ps_ExprContext);
	state->scan = rs_scan_begin(state->css.ss.ss_currentRelation,
								RelationGetDescr(state->css.ss.ss_currentRelation), estate->es_snapshot,
								state->early, state->preds->preds, state->preds->n,
								state->shared ? &state->shared->scan : NULL);
	rs_scan_set_rows(state->scan, state->rows);
	state->batch.nsel = 0;
	state->next = 0;
	state->late_group = NULL;
	MemoryContextSwitchTo(old);
}

/*
 * Fill columns attnos[from .. to) of the slot.
 */
static inline void
fill_columns(RsScanState *state, TupleTableSlot *slot, uint32 row, int from, int to)
{
	MemoryContext old = MemoryContextSwitchTo(state->row_context);
	int			i;

	for (i = from; i < to; i++)
	{
		AttrNumber	attno = state->attnos[i];

		slot->tts_values[attno - 1] = rs_batch_datum(&state->batch, attno, row,
													 &slot->tts_isnull[attno - 1]);
	}
	MemoryContextSwitchTo(old);
}

/*
 * The columns that no qual uses, for a row that has passed.
 */
static inline void
fill_late(RsScanState *state, TupleTableSlot *slot, uint32 row)
{
	RsBatch    *batch = &state->batch;
	int			i;

	if (state->nearly == state->nattnos)
		return;
	if (state->late_group != batch->group || state->late_block != batch->block)
	{
		for (i = state->nearly; i < state->nattnos; i++)
			rs_scan_load_column(state->scan, state->attnos[i]);
		state->late_group = batch->group;
		state->late_block = batch->block;
	}
	fill_columns(state, slot, row, state->nearly, state->nattnos);
}

/*
 * Store the next row's early columns in the scan slot; false at the end.
 */
static inline bool
advance(RsScanState *state, TupleTableSlot *slot, uint32 *row)
{
	RsBatch    *batch = &state->batch;
	bool		backward = ScanDirectionIsBackward(state->css.ss.ps.state->es_direction);

	ExecClearTuple(slot);
	if (backward ? state->next < 2 : state->next >= batch->nsel)
	{
		if (backward ? !rs_scan_prev(state->scan, batch) : !rs_scan_next(state->scan, batch))
		{
			/* Outside, at either end: the other direction comes back in. */
			batch->nsel = 0;
			state->next = 0;
			return false;
		}
		state->next = backward ? batch->nsel + 1 : 0;
	}
	if (backward)
		state->next -= 2;
	*row = batch->sel[state->next++];
	MemoryContextReset(state->row_context);
	fill_columns(state, slot, *row, 0, state->nearly);
	ExecStoreVirtualTuple(slot);
	rs_row_to_tid(rs_batch_row_number(batch, *row), &slot->tts_tid);
	return true;
}

static void
ensure_started(RsScanState *state)
{
	TupleTableSlot *slot = state->css.ss.ss_ScanTupleSlot;

	if (state->scan != NULL)
		return;
	start(state);
	memset(slot->tts_isnull, true, slot->tts_tupleDescriptor->natts);
	slot->tts_tableOid = RelationGetRelid(state->css.ss.ss_currentRelation);
}

/*
 * Access method and recheck for ExecScan, which runs while a row that another
 * transaction changed is checked again: the quals are all there is to check.
 */
static TupleTableSlot *
next_row(ScanState *ss)
{
	RsScanState *state = (RsScanState *) ss;
	uint32		row;

	ensure_started(state);
	if (advance(state, ss->ss_ScanTupleSlot, &row))
		fill_late(state, ss->ss_ScanTupleSlot, row);
	return ss->ss_ScanTupleSlot;
}

static bool
recheck_row(ScanState *ss, TupleTableSlot *slot)
{
	return true;
}

static TupleTableSlot *
exec_scan(CustomScanState *node)
{
	RsScanState *state = (RsScanState *) node;
	TupleTableSlot *slot = node->ss.ss_ScanTupleSlot;
	ExprContext *econtext = node->ss.ps.ps_ExprContext;
	ExprState  *qual = node->ss.ps.qual;
	ProjectionInfo *projection = node->ss.ps.ps_ProjInfo;
	uint32		row;

	if (node->ss.ps.state->es_epq_active != NULL)
		return ExecScan(&node->ss, next_row, recheck_row);

	ResetExprContext(econtext);
	ensure_started(state);
	while (advance(state, slot, &row))
	{
		econtext->ecxt_scantuple = slot;
		if (qual == NULL || ExecQual(qual, econtext))
		{
			fill_late(state, slot, row);
			return projection != NULL ? ExecProject(projection) : slot;
		}
		InstrCountFiltered1(node, 1);
		ResetExprContext(econtext);
	}
	return projection != NULL ? ExecClearTuple(projection->pi_state.resultslot) : slot;
}

static void
stop(RsScanState *state)
{
	if (state->scan == NULL)
		return;
	rs_read_stats_add(&state->collected, rs_scan_stats(state->scan));
	rs_scan_end(state->scan);
	state->scan = NULL;
}

static void
end_scan(CustomScanState *node)
{
	stop((RsScanState *) node);
}

static void
rescan(CustomScanState *node)
{
	RsScanState *state = (RsScanState *) node;

	/* Parameters of the predicates may have changed: begin anew at the next row. */
	ExecClearTuple(node->ss.ss_ScanTupleSlot);
	stop(state);
	state->batch.nsel = 0;
	ExecScanReScan(&node->ss);
}

/* ---------------------------------------------------------------------
 * Parallel scans
 * ---------------------------------------------------------------------
 */

static Size
estimate_dsm(CustomScanState *node, ParallelContext *pcxt)
{
	return sizeof(SharedScan);
}

static void
initialize_dsm(CustomScanState *node, ParallelContext *pcxt, void *coordinate)
{
	RsScanState *state = (RsScanState *) node;

	state->shared = coordinate;
	rs_parallel_scan_init(&state->shared->scan, node->ss.ss_currentRelation,
						  node->ss.ps.state->es_snapshot);
	SpinLockInit(&state->shared->mutex);
	memset(&state->shared->stats, 0, sizeof(RsReadStats));
}

static void
reinitialize_dsm(CustomScanState *node, ParallelContext *pcxt, void *coordinate)
{
	pg_atomic_write_u64(&((SharedScan *) coordinate)->scan.next_group, 0);
}

static void
initialize_worker(CustomScanState *node, shm_toc *toc, void *coordinate)
{
	((RsScanState *) node)->shared = coordinate;
}

/*
 * Before the shared memory goes: workers hand in what they counted, the leader
 * takes it.
 */
static void
shutdown(CustomScanState *node)
{
	RsScanState *state = (RsScanState *) node;

	if (state->shared == NULL)
		return;
	stop(state);
	SpinLockAcquire(&state->shared->mutex);
	if (IsParallelWorker())
		rs_read_stats_add(&state->shared->stats, &state->collected);
	else
	{
		rs_read_stats_add(&state->collected, &state->shared->stats);
		memset(&state->shared->stats, 0, sizeof(RsReadStats));
	}
	SpinLockRelease(&state->shared->mutex);
	state->shared = NULL;
}

/* ---------------------------------------------------------------------
 * EXPLAIN
 * ---------------------------------------------------------------------
 */

static void
explain_columns(RsScanState *state, ExplainState *es)
{
	TupleDesc	desc = RelationGetDescr(state->css.ss.ss_currentRelation);
	List	   *names = NIL;
	int			attno = -1;

	while ((attno = bms_next_member(state->columns, attno)) >= 0)
	{
		Form_pg_attribute att = TupleDescAttr(desc, attno - 1);

		names = lappend(names, pstrdup(quote_identifier(NameStr(att->attname))));
	}
	ExplainPropertyList("Columns", names, es);
}

static void
explain_zone_filter(RsScanState *state, List *ancestors, ExplainState *es)
{
	Scan	   *plan = (Scan *) state->css.ss.ps.plan;
	List	   *used = rs_predicate_clauses(plan->plan.qual, plan->scanrelid);
	List	   *context;
	Node	   *clause;

	if (used == NIL)
		return;
	clause = (Node *) make_ands_explicit(used);
	context = set_deparse_context_plan(es->deparse_cxt, &plan->plan, ancestors);
	ExplainPropertyText("Zone Filter",
						deparse_expression(clause, context, list_length(es->rtable) > 1 || es->verbose,
										   false), es);
}

static void
explain_scan(CustomScanState *node, List *ancestors, ExplainState *es)
{
	RsScanState *state = (RsScanState *) node;
	RsReadStats stats = state->collected;

	explain_columns(state, es);
	explain_zone_filter(state, ancestors, es);
	if (!es->analyze)
		return;
	if (state->scan != NULL)
		rs_read_stats_add(&stats, rs_scan_stats(state->scan));
	rs_explain_read_stats(&stats, bms_num_members(state->columns), es);
}

static const CustomExecMethods exec_methods = {
	.CustomName = "RsScan",
	.BeginCustomScan = begin_scan,
	.ExecCustomScan = exec_scan,
	.EndCustomScan = end_scan,
	.ReScanCustomScan = rescan,
	.EstimateDSMCustomScan = estimate_dsm,
	.InitializeDSMCustomScan = initialize_dsm,
	.ReInitializeDSMCustomScan = reinitialize_dsm,
	.InitializeWorkerCustomScan = initialize_worker,
	.ShutdownCustomScan = shutdown,
	.ExplainCustomScan = explain_scan
};
