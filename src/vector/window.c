/*
 * window.c
 *	  The window operator: rows of sorted input, with window functions over them.
 *
 * Rows are collected until a chunk can be computed: some whole partitions, or, where
 * all functions only look back (row_number, rank, running sums), all rows but the last
 * peers.  Then the bounds of partitions, peers and frames are found by comparing
 * neighbours, the functions compute their results for the chunk (window_functions.c),
 * and its rows are given in batches.  Rows that came after the chunk begin the next;
 * if a partition goes on, the chunk's last row stays before them, to tell.
 *
 * Inside, columns of the input are OUTER_VARs and results of window functions
 * INDEX_VARs, by their place in the list.
 */
#include "postgres.h"

#include "core/settings.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "utils/memutils.h"
#include "vector/row_changes.h"
#include "vector/window_functions.h"

/* Rows that are worth a chunk. */
#define RS_CHUNK_ROWS	16384

typedef struct WindowOperator
{
	RsOperator	op;
	WindowAgg  *node;
	int			nfunctions;
	RsWindowFunction **functions;
	bool		streams;
	bool		needs_peers;	/* a chunk must not end between peers */
	List	   *conditions;		/* compiled: run condition and quals */
	bool		stops;			/* where the run condition first fails */
	int64		start_offset;	/* of ROWS frames */
	int64		end_offset;
	/* rows in memory */
	MemoryContext context;
	RsColumnStore *columns;
	RsVector   *vectors;
	const RsVector **views;
	uint32		nrows;
	bool		has_previous;	/* row 0 was given; the others are new */
	bool		input_done;
	bool		computed;
	RsWindowChunk chunk;
	uint32		given;			/* next row of the chunk */
	bool		done;
} WindowOperator;

typedef struct WindowRows
{
	RsRows		rows;
	WindowOperator *window;
	uint32		first;
	const uint32 *numbers;
} WindowRows;

/* ---------------------------------------------------------------------
 * What can be taken
 * ---------------------------------------------------------------------
 */

static bool
find_walker(Node *node, List **functions)
{
	if (node == NULL)
		return false;
	if (IsA(node, WindowFunc))
	{
		*functions = list_append_unique(*functions, node);
		return false;
	}
	return expression_tree_walker(node, find_walker, functions);
}

static List *
find_functions(Plan *plan)
{
	List	   *functions = NIL;

	(void) find_walker((Node *) plan->targetlist, &functions);
	(void) find_walker((Node *) plan->qual, &functions);
	return functions;
}

/*
 * The number of rows of a ROWS frame's bound; false if it is not known yet.
 */
static bool
frame_offset(Node *offset, int64 *rows)
{
	Const	   *constant = (Const *) offset;

	*rows = 0;
	if (offset == NULL)
		return true;
	if (!IsA(offset, Const) || constant->constisnull || constant->consttype != INT8OID)
		return false;
	*rows = DatumGetInt64(constant->constvalue);
	return *rows >= 0;
}

static bool
frame_can_run(const WindowAgg *node)
{
	int			options = node->frameOptions;
	int64		rows;

	if (options & FRAMEOPTION_EXCLUSION)
		return false;
	if (options & (FRAMEOPTION_START_OFFSET | FRAMEOPTION_END_OFFSET))
		return (options & FRAMEOPTION_ROWS) && frame_offset(node->startOffset, &rows) &&
			frame_offset(node->endOffset, &rows);
	return true;
}

bool
rs_window_can_run(Plan *plan)
{
	WindowAgg  *node = (WindowAgg *) plan;
	Plan	   *input = outerPlan(plan);
	bool		streams = true;
	ListCell   *lc;

	if (!frame_can_run(node) || (node->runCondition != NIL && !node->topWindow) ||
		!rs_columns_comparable(input, node->partNumCols, node->partColIdx, node->partOperators,
							   node->partCollations) ||
		!rs_columns_comparable(input, node->ordNumCols, node->ordColIdx, node->ordOperators,
							   node->ordCollations))
		return false;
	foreach(lc, find_functions(plan))
	{
		WindowFunc *function = lfirst(lc);

		if (!rs_window_function_supported(node, function))
			return false;
		streams &= rs_window_function_streams(node, function);
	}
	return streams || rs_fits_memory(input->plan_rows, input->plan_width);
}

/* ---------------------------------------------------------------------
 * Collecting
 * ---------------------------------------------------------------------
 */

static void
create_columns(WindowOperator *window)
{
	RsOperator *input = window->op.outer;
	int			c;
	int			f;

	window->context = AllocSetContextCreate(window->op.env.context, "redshift window",
											ALLOCSET_DEFAULT_SIZES);
	window->columns = MemoryContextAlloc(window->context,
										 Max(input->ncolumns, 1) * sizeof(RsColumnStore));
	for (c = 0; c < input->ncolumns; c++)
		rs_column_store_init(&window->columns[c], &input->types[c], window->context);
	for (f = 0; f < window->nfunctions; f++)
		rs_window_function_begin(window->functions[f], window->context);
	window->nrows = 0;
}

static void
append_batch(WindowOperator *window, const RsVectorBatch *batch)
{
	RsOperator *op = &window->op;
	RsRows	   *rows = rs_batch_rows(op->arena, op->values, batch);
	int			c;
	int			f;

	for (c = 0; c < op->outer->ncolumns; c++)
		rs_column_store_append(&window->columns[c], batch->columns[c], batch->n, op->values);
	for (f = 0; f < window->nfunctions; f++)
		rs_window_function_append(window->functions[f], rows);
	window->nrows += batch->n;
}

/*
 * Forget the chunk's rows, but keep those after it, and the one before them if it
 * matters.
 */
static void
keep_rest(WindowOperator *window)
{
	RsOperator *op = &window->op;
	MemoryContext context = window->context;
	RsColumnStore *columns = window->columns;
	MemoryContext old = MemoryContextSwitchTo(op->env.context);
	RsWindowFunction **before = palloc(Max(window->nfunctions, 1) * sizeof(RsWindowFunction *));
	uint32		end = window->nrows;
	uint32		start = window->streams ? window->chunk.end - 1 : window->chunk.end;
	int			c;
	int			f;

	for (f = 0; f < window->nfunctions; f++)
		before[f] = rs_window_function_clone(window->functions[f]);
	MemoryContextSwitchTo(old);
	create_columns(window);
	while (start < end)
	{
		uint32		n = Min(end - start, RS_VECTOR_ROWS);
		uint32	   *rows;
		uint32		i;

		CHECK_FOR_INTERRUPTS();
		rs_operator_reset_batch(op);
		rows = rs_arena_alloc(op->arena, n * sizeof(uint32));
		for (i = 0; i < n; i++)
			rows[i] = start + i;
		for (c = 0; c < op->outer->ncolumns; c++)
			rs_column_store_append(&window->columns[c],
								   rs_column_store_gather(&columns[c], op->arena, rows, n), n,
								   op->values);
		for (f = 0; f < window->nfunctions; f++)
			rs_window_function_copy(window->functions[f], op->arena, op->values, before[f], rows, n);
		window->nrows += n;
		start += n;
	}
	window->has_previous = window->streams;
	for (f = 0; f < window->nfunctions; f++)
		pfree(before[f]);
	pfree(before);
	MemoryContextDelete(context);
}

/* ---------------------------------------------------------------------
 * Bounds
 * ---------------------------------------------------------------------
 */

static void
view_columns(WindowOperator *window)
{
	int			c;

	for (c = 0; c < window->op.outer->ncolumns; c++)
		rs_column_store_view(&window->columns[c], &window->vectors[c]);
}

/*
 * Where rows differ from the one before: in the partition's columns, in any of the
 * order's or the partition's.
 */
static void
mark(WindowOperator *window, uint8 **partitions, uint8 **peers)
{
	WindowAgg  *node = window->node;
	const RsVectorType *types = window->op.outer->types;
	uint32		n = window->nrows;

	view_columns(window);
	*partitions = MemoryContextAllocExtended(window->context, n, MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	*peers = MemoryContextAllocHuge(window->context, n);
	rs_mark_changes(types, window->views, node->partNumCols, node->partColIdx, n, *partitions);
	(*partitions)[0] = true;
	memcpy(*peers, *partitions, n);
	rs_mark_changes(types, window->views, node->ordNumCols, node->ordColIdx, n, *peers);
}

/*
 * The end of the chunk: all rows at the end of the input, else where the last
 * partition or the last peers begin.  0: it takes more rows.
 */
static uint32
chunk_end(const WindowOperator *window, const uint8 *partitions, const uint8 *peers)
{
	uint32		first = window->has_previous;
	const uint8 *marks = window->streams ? peers : partitions;
	uint32		end = window->nrows;

	if (window->input_done || (window->streams && !window->needs_peers))
		return end;
	do
	{
		end--;
	} while (end > first && !marks[end]);
	return end > first ? end : 0;
}

/*
 * Bounds of the runs that marks begin, for rows [first, end).
 */
static void
find_runs(WindowOperator *window, const uint8 *marks, uint32 first, uint32 end,
		  const uint32 **run_start, const uint32 **run_end)
{
	uint32	   *starts = MemoryContextAllocHuge(window->context, end * sizeof(uint32));
	uint32	   *ends = MemoryContextAllocHuge(window->context, end * sizeof(uint32));
	uint32		start = first;
	uint32		i;

	for (i = first; i < end; i++)
	{
		if (marks[i])
			start = i;
		starts[i] = start;
	}
	for (i = end; i-- > first;)
		ends[i] = i + 1 == end || marks[i + 1] ? i + 1 : ends[i + 1];
	*run_start = starts;
	*run_end = ends;
}

static uint32
bounded(int64 row, uint32 low, uint32 high)
{
	return row < low ? low : row > high ? high : (uint32) row;
}

static int64
sum_of(uint32 row, int64 offset)
{
	return offset > PG_UINT32_MAX ? (int64) PG_UINT32_MAX * 2 : row + offset;
}

static void
find_frames(WindowOperator *window)
{
	RsWindowChunk *chunk = &window->chunk;
	int			options = window->node->frameOptions;
	bool		by_rows = options & FRAMEOPTION_ROWS;
	uint32	   *starts = MemoryContextAllocHuge(window->context, chunk->end * sizeof(uint32));
	uint32	   *ends = MemoryContextAllocHuge(window->context, chunk->end * sizeof(uint32));
	uint32		i;

	for (i = chunk->first; i < chunk->end; i++)
	{
		uint32		low = chunk->partition_start[i];
		uint32		high = chunk->partition_end[i];

		if (options & FRAMEOPTION_START_UNBOUNDED_PRECEDING)
			starts[i] = low;
		else if (options & FRAMEOPTION_START_CURRENT_ROW)
			starts[i] = by_rows ? i : chunk->peer_start[i];
		else if (options & FRAMEOPTION_START_OFFSET_PRECEDING)
			starts[i] = bounded(-sum_of(0, window->start_offset) + i, low, high);
		else
			starts[i] = bounded(sum_of(i, window->start_offset), low, high);
		if (options & FRAMEOPTION_END_UNBOUNDED_FOLLOWING)
			ends[i] = high;
		else if (options & FRAMEOPTION_END_CURRENT_ROW)
			ends[i] = by_rows ? i + 1 : chunk->peer_end[i];
		else if (options & FRAMEOPTION_END_OFFSET_PRECEDING)
			ends[i] = bounded(-sum_of(0, window->end_offset) + i + 1, low, high);
		else
			ends[i] = bounded(sum_of(i, window->end_offset) + 1, low, high);
		/* An empty frame begins where it ends. */
		starts[i] = Min(starts[i], ends[i]);
	}
	chunk->frame_start = starts;
	chunk->frame_end = ends;
}

/*
 * Collect rows for a chunk and compute it; false if there are none.
 */
static bool
compute(WindowOperator *window)
{
	RsOperator *op = &window->op;
	RsWindowChunk *chunk = &window->chunk;
	uint32		wanted = RS_CHUNK_ROWS;
	uint32		end = 0;
	uint8	   *partitions = NULL;
	uint8	   *peers = NULL;
	int			f;

	if (window->context == NULL)
		create_columns(window);
	else
		keep_rest(window);
	while (end == 0)
	{
		RsVectorBatch batch;

		while (!window->input_done && window->nrows < wanted)
		{
			if (!rs_operator_next(op->outer, &batch))
			{
				window->input_done = true;
				break;
			}
			rs_operator_reset_batch(op);
			append_batch(window, &batch);
		}
		if (window->nrows <= window->has_previous)
			return false;
		if (partitions != NULL)
		{
			pfree(partitions);
			pfree(peers);
		}
		mark(window, &partitions, &peers);
		end = chunk_end(window, partitions, peers);
		wanted = 2 * Max(wanted, window->nrows);
	}
	chunk->first = window->has_previous;
	chunk->end = end;
	chunk->continued = window->has_previous && !partitions[chunk->first];
	chunk->new_peers = peers;
	chunk->context = window->context;
	find_runs(window, partitions, chunk->first, end, &chunk->partition_start, &chunk->partition_end);
	find_runs(window, peers, chunk->first, end, &chunk->peer_start, &chunk->peer_end);
	find_frames(window);
	for (f = 0; f < window->nfunctions; f++)
		rs_window_function_compute(window->functions[f], chunk);
	op->stats.memory = Max(op->stats.memory, MemoryContextMemAllocated(window->context, true));
	window->given = chunk->first;
	return true;
}

/* ---------------------------------------------------------------------
 * The operator
 * ---------------------------------------------------------------------
 */

static const RsVector *
window_column(RsRows *base, int varno, AttrNumber attno)
{
	WindowRows *rows = (WindowRows *) base;
	WindowOperator *window = rows->window;

	if (varno == INDEX_VAR)
		return rs_window_function_result(window->functions[attno - 1], base->arena, rows->first,
										 base->n);
	return rs_column_store_gather(&window->columns[attno - 1], base->arena, rows->numbers, base->n);
}

static bool
next(RsOperator *op, RsVectorBatch *batch)
{
	WindowOperator *window = (WindowOperator *) op;

	for (;;)
	{
		WindowRows *base;
		RsRows	   *rows;
		uint32	   *numbers;
		const uint32 *chosen;
		uint32		n;
		uint32		i;

		CHECK_FOR_INTERRUPTS();
		if (window->done)
			return false;
		if ((window->context == NULL || window->given >= window->chunk.end) && !compute(window))
		{
			window->done = true;
			return false;
		}
		rs_operator_reset_batch(op);
		n = Min(window->chunk.end - window->given, (uint32) rs_vector_rows);
		numbers = rs_arena_alloc(op->arena, n * sizeof(uint32));
		for (i = 0; i < n; i++)
			numbers[i] = window->given + i;
		base = rs_arena_alloc(op->arena, sizeof(WindowRows));
		memset(base, 0, sizeof(WindowRows));
		base->rows.n = n;
		base->rows.column = window_column;
		base->rows.arena = op->arena;
		base->rows.values = op->values;
		base->window = window;
		base->first = window->given;
		base->numbers = numbers;
		window->given += n;
		rows = rs_rows_filter(&base->rows, window->conditions, &chosen);
		if (rows->n < n && window->stops)
			window->done = true;
		if (rows->n == 0)
			continue;
		rs_operator_project_asked(op, rows, batch);
		return true;
	}
}

static void
forget(RsOperator *op)
{
	WindowOperator *window = (WindowOperator *) op;
	int			f;

	if (window->context != NULL)
		MemoryContextDelete(window->context);
	window->context = NULL;
	window->has_previous = window->input_done = window->done = false;
	for (f = 0; f < window->nfunctions; f++)
		rs_window_function_reset(window->functions[f]);
}

static void
rescan(RsOperator *op)
{
	forget(op);
	op->outer->rescan(op->outer);
}

static bool
rewind_rows(RsOperator *op)
{
	forget(op);
	return rs_operator_rewind(op->outer);
}

static void
explain(RsOperator *op, ExplainState *es)
{
	rs_explain_memory(op, es);
}

/*
 * A run condition's columns are those of the target list.
 */
static Node *
replace_targets(Node *node, void *context)
{
	Plan	   *plan = context;

	if (node == NULL)
		return NULL;
	if (IsA(node, Var))
		return copyObject((Node *) list_nth_node(TargetEntry, plan->targetlist,
												 ((Var *) node)->varattno - 1)->expr);
	return expression_tree_mutator(node, replace_targets, context);
}

/*
 * Window functions become columns of their results.
 */
static Node *
replace_functions(Node *node, void *context)
{
	WindowOperator *window = context;

	if (node == NULL)
		return NULL;
	if (IsA(node, WindowFunc))
	{
		WindowFunc *function = (WindowFunc *) node;
		List	   *functions = find_functions(window->op.plan);
		ListCell   *lc;

		foreach(lc, functions)
			if (equal(lfirst(lc), function))
				return (Node *) makeVar(INDEX_VAR, (AttrNumber) (foreach_current_index(lc) + 1),
										function->wintype, -1, function->wincollid, 0);
	}
	return expression_tree_mutator(node, replace_functions, context);
}

static RsExpr *
compile(WindowOperator *window, Node *expr)
{
	return rs_expr_compile(&window->op.env, replace_functions(expr, window));
}

RsOperator *
rs_window_operator(RsEngine *engine, Plan *plan)
{
	WindowAgg  *node = (WindowAgg *) plan;
	RsOperator *input = rs_engine_build(engine, outerPlan(plan));
	WindowOperator *window = rs_operator_create(engine, plan, sizeof(WindowOperator), "Window",
												input, NULL);
	RsOperator *op = &window->op;
	List	   *functions = find_functions(plan);
	TupleDesc	desc = CreateTemplateTupleDesc(list_length(functions));
	ListCell   *lc;
	int			c;

	window->node = node;
	window->nfunctions = list_length(functions);
	window->functions = palloc(Max(window->nfunctions, 1) * sizeof(RsWindowFunction *));
	window->streams = true;
	foreach(lc, functions)
	{
		WindowFunc *function = lfirst(lc);
		int			f = foreach_current_index(lc);

		window->functions[f] = rs_window_function_create(op, node, function);
		window->streams &= rs_window_function_streams(node, function);
		window->needs_peers |= rs_window_function_needs_peers(node, function);
		TupleDescInitEntry(desc, (AttrNumber) (f + 1), NULL, function->wintype, -1, 0);
	}
	op->env.scan = rs_column_slot(engine, desc);
	window->chunk.arena = rs_arena_create(op->env.context);
	window->chunk.values = AllocSetContextCreate(op->env.context, "redshift window values",
												 ALLOCSET_DEFAULT_SIZES);
	(void) frame_offset(node->startOffset, &window->start_offset);
	(void) frame_offset(node->endOffset, &window->end_offset);
	window->vectors = palloc0(Max(input->ncolumns, 1) * sizeof(RsVector));
	window->views = palloc(Max(input->ncolumns, 1) * sizeof(RsVector *));
	for (c = 0; c < input->ncolumns; c++)
		window->views[c] = &window->vectors[c];
	foreach(lc, node->runCondition)
		window->conditions = lappend(window->conditions,
									 compile(window, replace_targets(lfirst(lc), plan)));
	window->stops = node->runCondition != NIL && node->partNumCols == 0 && plan->qual == NIL;
	foreach(lc, plan->qual)
		window->conditions = lappend(window->conditions, compile(window, lfirst(lc)));
	foreach(lc, plan->targetlist)
		op->targets = lappend(op->targets,
							  compile(window, (Node *) lfirst_node(TargetEntry, lc)->expr));
	op->next = next;
	op->rescan = rescan;
	op->end = forget;
	op->rewind = rewind_rows;
	op->explain = explain;
	return op;
}
