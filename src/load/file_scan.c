/*
 * file_scan.c
 *	  RsFiles: the rows of files as batches, on the compute nodes of a cluster.
 *
 * COPY into a distributed table is INSERT ... SELECT FROM redshift.read_files('x'), planned as
 * any other (load_nodes.c): nodes scan the files, each its own, and exchange the rows by
 * DISTKEY.  What 'x' is the leader has sent before as a staged row (load_spec.c).
 *
 * The function is never called; its scan becomes a node that gives rows, or batches to the vector
 * engine.  Processes of a parallel plan take files and parts of files in turn.  What is to be
 * kept of the load, such as its bad rows, goes to the leader as messages (load_messages.c).
 */
#include "postgres.h"

#include "access/parallel.h"
#include "executor/executor.h"
#include "load/file_scan.h"
#include "load/load_messages.h"
#include "load/load_spec.h"
#include "miscadmin.h"
#include "mpp/cluster/node.h"
#include "mpp/exchange/function_scan.h"
#include "mpp/exchange/staged_rows.h"
#include "nodes/extensible.h"
#include "nodes/value.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/paths.h"
#include "rewrite/rewriteManip.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "vector/batch_source.h"
#include "vector/operator.h"
#include "vector/scan/predicates.h"

/* Reading a value of a file, beside cpu_operator_cost. */
#define VALUE_COST	4

/* What processes of a parallel plan share; behind it the description of the load. */
typedef struct SharedScan
{
	RsLoadProgress progress;
	Size		part_memory;	/* from the start of this, what parts of files share */
	char		spec[FLEXIBLE_ARRAY_MEMBER];
} SharedScan;

typedef struct RsFilesState
{
	CustomScanState css;
	const char *name;			/* of the staged row */
	const char *spec;
	int			ncolumns;
	int		   *shown;			/* columns of the target list; NULL: it computes */
	RsVectorType *types;
	RsLoad	   *load;			/* NULL: not begun */
	RsLoadSource *source;
	SharedScan *shared;			/* NULL: no other process takes part */
	RsVectorBatch batch;		/* of rows */
	uint32		row;
	bool		done;
} RsFilesState;

static set_rel_pathlist_hook_type next_set_rel_pathlist = NULL;
static Plan *plan_scan(PlannerInfo *root, RelOptInfo *rel, CustomPath *path, List *targets, List *clauses,
					   List *below);
static Node *create_state(CustomScan *scan);

static const CustomPathMethods path_methods = {
	.CustomName = "RsFiles",
	.PlanCustomPath = plan_scan
};

static const CustomScanMethods scan_methods = {
	.CustomName = "RsFiles",
	.CreateCustomScanState = create_state
};

/* ---------------------------------------------------------------------
 * Planning
 * ---------------------------------------------------------------------
 */

static void
set_rel_pathlist(PlannerInfo *root, RelOptInfo *rel, Index rti, RangeTblEntry *rte)
{
	char	   *name;
	Cost		cost;

	if (next_set_rel_pathlist)
		next_set_rel_pathlist(root, rel, rti, rte);
	name = rs_is_leader() ? NULL : rs_function_scan_argument(rte, "read_files");
	if (name == NULL || rs_function_scan_wants_row(rel))
		return;
	rel->pathlist = NIL;
	rel->partial_pathlist = NIL;
	cost = VALUE_COST * cpu_operator_cost * list_length(rel->reltarget->exprs);
	add_path(rel, rs_function_scan_path(rel, name, 0, cost, &path_methods));
	/* How large the files are the load knows, which begins later: there may be work for all. */
	if (rel->consider_parallel && max_parallel_workers_per_gather > 0)
		add_partial_path(rel, rs_function_scan_path(rel, name, max_parallel_workers_per_gather, cost, &path_methods));
}

static Plan *
plan_scan(PlannerInfo *root, RelOptInfo *rel, CustomPath *path, List *targets, List *clauses, List *below)
{
	return rs_function_scan_plan(root, rel, path, targets, clauses, &scan_methods);
}

/* ---------------------------------------------------------------------
 * Execution
 * ---------------------------------------------------------------------
 */

static void
begin(CustomScanState *css, EState *estate, int eflags)
{
	RsFilesState *state = (RsFilesState *) css;
	TupleDesc	desc = css->ss.ss_ScanTupleSlot->tts_tupleDescriptor;
	int			i;

	state->ncolumns = desc->natts;
	state->types = palloc(Max(desc->natts, 1) * sizeof(RsVectorType));
	for (i = 0; i < desc->natts; i++)
		rs_vector_type_init(&state->types[i], TupleDescAttr(desc, i)->atttypid);
	state->shown = rs_shown_columns(css->ss.ps.plan);
}

/*
 * What the leader has told of the load; columns have the names of the table's.
 */
static void
find_load(RsFilesState *state)
{
	MemoryContext caller;
	TupleDesc	desc;
	const RsCluster *cluster = rs_cluster();
	int32		node = cluster != NULL ? cluster->self : RS_LEADER_NODE;
	ListCell   *lc;

	if (state->load != NULL)
		return;
	caller = MemoryContextSwitchTo(state->css.ss.ps.state->es_query_cxt);
	desc = CreateTupleDescCopy(state->css.ss.ss_ScanTupleSlot->tts_tupleDescriptor);
	foreach(lc, ((CustomScan *) state->css.ss.ps.plan)->custom_scan_tlist)
		namestrcpy(&TupleDescAttr(desc, foreach_current_index(lc))->attname, lfirst_node(TargetEntry, lc)->resname);
	state->spec = state->shared != NULL ? state->shared->spec : rs_staged_text(state->name);
	state->load = rs_load_spec_parse(state->spec, desc, node);
	MemoryContextSwitchTo(caller);
}

/*
 * What readers may leave out, since the conditions of the scan will.
 */
static void
set_predicates(RsFilesState *state)
{
	PlanState  *ps = &state->css.ss.ps;
	List	   *quals = copyObject(ps->plan->qual);
	RsPredicateSet *set;

	/* The scan's columns as those of a relation. */
	ChangeVarNodes((Node *) quals, INDEX_VAR, 1, 0);
	set = rs_predicates_init(quals, 1, ps);
	rs_predicates_compute(set, ps->ps_ExprContext);
	state->load->spec.predicates = set->preds;
	state->load->spec.npredicates = set->n;
}

static void
open_source(RsFilesState *state)
{
	MemoryContext caller = MemoryContextSwitchTo(state->css.ss.ps.state->es_query_cxt);

	find_load(state);
	if (state->shared != NULL)
	{
		state->load->progress = &state->shared->progress;
		state->load->part_memory = (char *) state->shared + state->shared->part_memory;
	}
	else
	{
		state->load->progress = rs_load_progress_init(palloc(sizeof(RsLoadProgress)));
		state->load->part_memory = palloc0(Max(state->load->part_memory_size, 1));
	}
	set_predicates(state);
	state->source = rs_load_source_open(state->load);
	MemoryContextSwitchTo(caller);
}

static bool
next_vectors(RsFilesState *state, RsVectorBatch *batch)
{
	MemoryContext caller;
	bool		any;

	if (state->done)
		return false;
	if (state->source == NULL)
		open_source(state);
	caller = MemoryContextSwitchTo(state->css.ss.ps.state->es_query_cxt);
	any = rs_load_source_next(state->source, batch);
	MemoryContextSwitchTo(caller);
	state->done = !any;
	return any;
}

static bool
next_batch(CustomScanState *css, RsArena *arena, RsVectorBatch *batch)
{
	RsFilesState *state = (RsFilesState *) css;
	RsVectorBatch whole;

	if (!next_vectors(state, &whole))
		return false;
	batch->n = whole.n;
	rs_shown_batch(batch, arena, whole.columns, state->shown, list_length(css->ss.ps.plan->targetlist));
	return true;
}

static bool
gives_batches(const CustomScanState *css)
{
	return ((const RsFilesState *) css)->shown != NULL;
}

static TupleTableSlot *
next_row(ScanState *ss)
{
	RsFilesState *state = (RsFilesState *) ss;
	TupleTableSlot *slot = ss->ss_ScanTupleSlot;

	ExecClearTuple(slot);
	if (state->row == state->batch.n)
	{
		state->row = state->batch.n = 0;
		if (!next_vectors(state, &state->batch))
		{
			state->batch.n = 0;
			return slot;
		}
	}
	rs_vectors_row(state->batch.columns, state->types, state->ncolumns, state->row++,
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
finish(RsFilesState *state)
{
	if (state->source != NULL)
		rs_load_source_close(state->source);
	state->source = NULL;
	state->batch.n = state->row = 0;
}

static void
end(CustomScanState *css)
{
	finish((RsFilesState *) css);
}

static void
rescan(CustomScanState *css)
{
	finish((RsFilesState *) css);
	((RsFilesState *) css)->done = false;
	ExecScanReScan(&css->ss);
}

static Size
shared_spec_size(RsFilesState *state)
{
	return MAXALIGN(offsetof(SharedScan, spec) + strlen(state->spec) + 1);
}

static Size
estimate_dsm(CustomScanState *css, ParallelContext *pcxt)
{
	RsFilesState *state = (RsFilesState *) css;

	find_load(state);
	return shared_spec_size(state) + state->load->part_memory_size;
}

static void
initialize_dsm(CustomScanState *css, ParallelContext *pcxt, void *coordinate)
{
	RsFilesState *state = (RsFilesState *) css;
	SharedScan *shared = coordinate;

	state->shared = shared;
	memset(shared, 0, shared_spec_size(state) + state->load->part_memory_size);
	(void) rs_load_progress_init(&shared->progress);
	shared->part_memory = shared_spec_size(state);
	strcpy(shared->spec, state->spec);
}

static void
reinitialize_dsm(CustomScanState *css, ParallelContext *pcxt, void *coordinate)
{
	RsFilesState *state = (RsFilesState *) css;

	pg_atomic_write_u32(&state->shared->progress.next_unit, 0);
	memset((char *) state->shared + state->shared->part_memory, 0, state->load->part_memory_size);
}

static void
initialize_worker(CustomScanState *css, shm_toc *toc, void *coordinate)
{
	((RsFilesState *) css)->shared = coordinate;
}

/*
 * The shared memory goes, and with it whose turn it was: no more is read.
 */
static void
shutdown(CustomScanState *css)
{
	RsFilesState *state = (RsFilesState *) css;

	if (state->shared == NULL)
		return;
	finish(state);
	state->done = true;
	state->shared = NULL;
}

static const CustomExecMethods exec_methods = {
	.CustomName = "RsFiles",
	.BeginCustomScan = begin,
	.ExecCustomScan = exec,
	.EndCustomScan = end,
	.ReScanCustomScan = rescan,
	.EstimateDSMCustomScan = estimate_dsm,
	.InitializeDSMCustomScan = initialize_dsm,
	.ReInitializeDSMCustomScan = reinitialize_dsm,
	.InitializeWorkerCustomScan = initialize_worker,
	.ShutdownCustomScan = shutdown
};

static Node *
create_state(CustomScan *scan)
{
	RsFilesState *state = (RsFilesState *) newNode(sizeof(RsFilesState), T_CustomScanState);

	state->css.methods = &exec_methods;
	state->name = strVal(linitial(scan->custom_private));
	return (Node *) state;
}

/*
 * Of a plan that does not replace it.
 */
PG_FUNCTION_INFO_V1(rs_read_files);

Datum
rs_read_files(PG_FUNCTION_ARGS)
{
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("redshift.read_files() can only be scanned in the FROM clause, by COPY of a cluster")));
}

void
rs_file_scan_init(void)
{
	RegisterCustomScanMethods(&scan_methods);
	rs_batch_source_register(&exec_methods, next_batch, gives_batches);
	next_set_rel_pathlist = set_rel_pathlist_hook;
	set_rel_pathlist_hook = set_rel_pathlist;
}
