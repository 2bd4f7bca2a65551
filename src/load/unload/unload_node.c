/*
 * unload_node.c
 *	  The plan node "RsUnload": writes the rows of the plan below it to files, and gives none.
 *
 * It is put into a finished plan.  Where the plan is a Gather, it comes below, so that each
 * process writes what it has computed, and no row passes from one process to another; a
 * Gather Merge becomes a Gather, since the files of each process are sorted by themselves.
 * Batches of the vector engine are taken as they are (vector/batch_sink.h); rows of other
 * nodes are made into batches first.
 *
 * Workers get the plan as text, and find the list of files, which is in shared memory, by
 * the name that it has there.
 */
#include "postgres.h"

#include "executor/executor.h"
#include "load/unload/unload_files.h"
#include "load/unload/unload_node.h"
#include "miscadmin.h"
#include "nodes/extensible.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "vector/batch_sink.h"

/* custom_private. */
enum
{
	PRIVATE_TARGET, PRIVATE_OPTIONS, PRIVATE_LEDGER, PRIVATE_NAMES, PRIVATE_PLACES, PRIVATE_TYPMODS
};

typedef struct UnloadState
{
	CustomScanState css;
	RsUnloadLedger *ledger;
	RsUnloadFiles *files;
	int			ncolumns;
	RsWriteColumn *columns;
	int		   *attnos;			/* of the columns in the rows of the node below */
	const RsVector **vectors;	/* of a batch, by our columns */

	/* Rows that become a batch. */
	RsArena    *arena;
	MemoryContext values_context;
	Datum	  **values;			/* by column */
	bool	  **nulls;
	uint32		n;
} UnloadState;

/* ---------------------------------------------------------------------
 * Batches
 * ---------------------------------------------------------------------
 */

static void
take_batch(void *arg, const RsVectorBatch *batch)
{
	UnloadState *state = arg;
	RsVectorBatch ours = {batch->n, state->vectors};
	int			c;

	for (c = 0; c < state->ncolumns; c++)
		state->vectors[c] = batch->columns[state->attnos[c] - 1];
	rs_unload_files_put(state->files, &ours);
}

static void
put_kept_rows(UnloadState *state)
{
	RsVectorBatch batch = {state->n, state->vectors};
	int			c;

	if (state->n == 0)
		return;
	for (c = 0; c < state->ncolumns; c++)
		state->vectors[c] = rs_vector_from_datums(state->arena, &state->columns[c].type, state->values[c],
												  state->nulls[c], state->n);
	rs_unload_files_put(state->files, &batch);
	state->n = 0;
	rs_arena_reset(state->arena);
	MemoryContextReset(state->values_context);
}

static void
keep_row(UnloadState *state, TupleTableSlot *slot)
{
	MemoryContext caller = MemoryContextSwitchTo(state->values_context);
	int			c;

	slot_getallattrs(slot);
	for (c = 0; c < state->ncolumns; c++)
	{
		const RsVectorType *type = &state->columns[c].type;
		int			attno = state->attnos[c] - 1;

		state->nulls[c][state->n] = slot->tts_isnull[attno];
		if (slot->tts_isnull[attno])
			state->values[c][state->n] = (Datum) 0;
		else
			state->values[c][state->n] = datumCopy(slot->tts_values[attno], type->typbyval, type->typlen);
	}
	MemoryContextSwitchTo(caller);
	/* Values may be as large as they like. */
	if (++state->n == RS_VECTOR_ROWS || MemoryContextMemAllocated(state->values_context, false) > 8 * 1024 * 1024)
		put_kept_rows(state);
}

static void
begin_rows(UnloadState *state)
{
	int			c;

	state->arena = rs_arena_create(CurrentMemoryContext);
	state->values_context = AllocSetContextCreate(CurrentMemoryContext, "redshift unload rows",
												  ALLOCSET_DEFAULT_SIZES);
	state->values = palloc(Max(state->ncolumns, 1) * sizeof(Datum *));
	state->nulls = palloc(Max(state->ncolumns, 1) * sizeof(bool *));
	for (c = 0; c < state->ncolumns; c++)
	{
		state->values[c] = palloc(RS_VECTOR_ROWS * sizeof(Datum));
		state->nulls[c] = palloc(RS_VECTOR_ROWS * sizeof(bool));
	}
}

/* ---------------------------------------------------------------------
 * The executor's methods
 * ---------------------------------------------------------------------
 */

static void
describe_columns(UnloadState *state, List *targets, List *private)
{
	List	   *names = list_nth(private, PRIVATE_NAMES);
	List	   *shown = NIL;
	ListCell   *lc;

	state->columns = palloc0(Max(list_length(names), 1) * sizeof(RsWriteColumn));
	state->attnos = palloc(Max(list_length(names), 1) * sizeof(int));
	state->vectors = palloc(Max(list_length(names), 1) * sizeof(RsVector *));
	foreach(lc, targets)
		if (!lfirst_node(TargetEntry, lc)->resjunk)
			shown = lappend(shown, lfirst(lc));
	foreach(lc, names)
	{
		int			place = list_nth_int(list_nth(private, PRIVATE_PLACES), state->ncolumns);
		int			typmod = list_nth_int(list_nth(private, PRIVATE_TYPMODS), state->ncolumns);
		const TargetEntry *entry;
		RsWriteColumn *column = &state->columns[state->ncolumns];

		if (place < 1 || place > list_length(shown))
			elog(ERROR, "the rows to be unloaded have no column %d", place);
		entry = list_nth_node(TargetEntry, shown, place - 1);
		column->name = strVal(lfirst(lc));
		column->typid = exprType((Node *) entry->expr);
		column->typmod = exprTypmod((Node *) entry->expr);
		if (column->typmod == -1)
			column->typmod = typmod;
		rs_vector_type_init(&column->type, column->typid);
		state->attnos[state->ncolumns++] = entry->resno;
	}
}

static void
begin_unload(CustomScanState *node, EState *estate, int eflags)
{
	UnloadState *state = (UnloadState *) node;
	CustomScan *scan = (CustomScan *) node->ss.ps.plan;
	Plan	   *below = linitial(scan->custom_plans);

	node->custom_ps = list_make1(ExecInitNode(below, estate, eflags));
	if (eflags & EXEC_FLAG_EXPLAIN_ONLY)
		return;
	describe_columns(state, below->targetlist, scan->custom_private);
	state->ledger = rs_unload_ledger_find(strVal(list_nth(scan->custom_private, PRIVATE_LEDGER)));
	state->files = rs_unload_files_create(strVal(list_nth(scan->custom_private, PRIVATE_TARGET)),
										  rs_unload_options_parse(strVal(list_nth(scan->custom_private,
																				  PRIVATE_OPTIONS))),
										  state->columns, state->ncolumns, state->ledger);
}

static TupleTableSlot *
exec_unload(CustomScanState *node)
{
	UnloadState *state = (UnloadState *) node;
	PlanState  *below = linitial(node->custom_ps);
	TupleTableSlot *slot;

	if (state->files == NULL)
		return NULL;
	if (rs_set_batch_sink == NULL || !rs_set_batch_sink(below, take_batch, state))
		begin_rows(state);
	for (;;)
	{
		CHECK_FOR_INTERRUPTS();
		slot = ExecProcNode(below);
		if (TupIsNull(slot))
			break;
		keep_row(state, slot);
	}
	if (state->values != NULL)
		put_kept_rows(state);
	rs_unload_files_end(state->files);
	state->files = NULL;
	return NULL;
}

static void
end_unload(CustomScanState *node)
{
	UnloadState *state = (UnloadState *) node;

	ExecEndNode(linitial(node->custom_ps));
	if (state->ledger != NULL)
		rs_unload_ledger_close(state->ledger);
	state->ledger = NULL;
}

static void
rescan_unload(CustomScanState *node)
{
	elog(ERROR, "files are written once");
}

static const CustomExecMethods exec_methods = {
	.CustomName = "RsUnload",
	.BeginCustomScan = begin_unload,
	.ExecCustomScan = exec_unload,
	.EndCustomScan = end_unload,
	.ReScanCustomScan = rescan_unload
};

static Node *
create_state(CustomScan *scan)
{
	UnloadState *state = (UnloadState *) newNode(sizeof(UnloadState), T_CustomScanState);

	state->css.methods = &exec_methods;
	return (Node *) state;
}

static const CustomScanMethods scan_methods = {
	.CustomName = "RsUnload",
	.CreateCustomScanState = create_state
};

void
rs_unload_node_init(void)
{
	RegisterCustomScanMethods(&scan_methods);
}

/* ---------------------------------------------------------------------
 * Plans
 * ---------------------------------------------------------------------
 */

/*
 * Does a node pass on the columns of the one below as they are?
 */
static bool
passes_columns(const Plan *plan)
{
	ListCell   *lc;

	foreach(lc, plan->targetlist)
	{
		const TargetEntry *entry = lfirst_node(TargetEntry, lc);
		const Var  *var = (const Var *) entry->expr;

		if (!IsA(var, Var) || var->varno != OUTER_VAR || var->varattno != entry->resno)
			return false;
	}
	return list_length(plan->targetlist) == list_length(outerPlan(plan)->targetlist);
}

static Gather *
gather_of(GatherMerge *merge)
{
	Gather	   *gather = makeNode(Gather);

	gather->plan = merge->plan;
	gather->plan.type = T_Gather;
	gather->num_workers = merge->num_workers;
	gather->rescan_param = merge->rescan_param;
	gather->initParam = merge->initParam;
	return gather;
}

/*
 * Other nodes have numbers from 0 on.
 */
static Plan *
make_node(Plan *below, List *private)
{
	CustomScan *scan = makeNode(CustomScan);
	Plan	   *plan = &scan->scan.plan;

	plan->startup_cost = plan->total_cost = below->total_cost;
	plan->parallel_safe = below->parallel_safe;
	plan->plan_node_id = -1;
	plan->extParam = bms_copy(below->extParam);
	plan->allParam = bms_copy(below->allParam);
	scan->custom_plans = list_make1(below);
	scan->custom_private = private;
	scan->methods = &scan_methods;
	return plan;
}

void
rs_unload_add_node(PlannedStmt *plan, const char *target, const char *options, bool parallel,
				   const RsUnloadColumns *columns, const RsUnloadLedger *ledger)
{
	List	   *private = list_make3(makeString(pstrdup(target)), makeString(pstrdup(options)),
									 makeString(rs_unload_ledger_name(ledger)));
	Plan	   *top = plan->planTree;

	private = list_concat(private, list_make3(columns->names, columns->places, columns->typmods));
	if (parallel && IsA(top, GatherMerge) && passes_columns(top))
		top = &gather_of((GatherMerge *) top)->plan;
	if (parallel && IsA(top, Gather) && !((Gather *) top)->single_copy && passes_columns(top))
	{
		outerPlan(top) = make_node(outerPlan(top), private);
		top->targetlist = NIL;
	}
	else
		top = make_node(top, private);
	plan->planTree = top;
}
