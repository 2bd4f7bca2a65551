/*
 * window.c
 *	  The window operator: rows of sorted input, with window functions over them.
 *
 * Rows are read into pages (window_rows.c) as far ahead as frames and functions take, and
 * given in blocks: for each the bounds of partitions, peers and frames are found
 * (window_frame.c), functions compute their results for its rows (window_functions.h), and
 * conditions and the target list are evaluated.  Then rows that nobody needs any more are
 * forgotten: those before the first frame that is still to come.
 *
 * Where a run condition fails, no later row of the partition can pass: these are read, but
 * nothing is computed for them.  Of a window below another one it is ignored, since the one
 * on top has it as a filter.
 *
 * Inside, columns of the input are OUTER_VARs and results of window functions
 * INDEX_VARs, by their place in the list.
 */
#include "postgres.h"

#include "core/settings.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "utils/memutils.h"
#include "vector/sort/row_changes.h"
#include "vector/window/window_functions.h"

typedef struct WindowOperator
{
	RsOperator	op;
	WindowAgg  *node;
	int			nfunctions;
	RsWindowFunction **functions;
	int			needs;
	List	   *run_conditions;	/* compiled */
	List	   *conditions;
	RsWindowRows *rows;
	RsWindowFrames *frames;
	RsWindowBlock block;		/* n is 0: none yet */
	int64		next;			/* the first row of the next block */
	bool		begun;
	bool		skips;			/* to the next partition */
	bool		done;
} WindowOperator;

typedef struct BlockRows
{
	RsRows		rows;
	WindowOperator *window;
} BlockRows;

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

bool
rs_window_can_run(Plan *plan)
{
	WindowAgg  *node = (WindowAgg *) plan;
	Plan	   *input = outerPlan(plan);
	ListCell   *lc;

	if (!rs_columns_comparable(input, node->partNumCols, node->partColIdx, node->partOperators,
							   node->partCollations) ||
		!rs_columns_comparable(input, node->ordNumCols, node->ordColIdx, node->ordOperators,
							   node->ordCollations))
		return false;
	foreach(lc, find_functions(plan))
		if (!rs_window_function_supported(node, lfirst(lc)))
			return false;
	return true;
}

/* ---------------------------------------------------------------------
 * Blocks
 * ---------------------------------------------------------------------
 */

static void
begin(WindowOperator *window)
{
	window->begun = true;
	rs_window_frames_begin(window->frames);
}

/*
 * Forget the rows that neither functions nor frames look at again.
 */
static void
forget_rows(WindowOperator *window)
{
	RsWindowBlock *block = &window->block;
	int64		needed = window->next;
	int			f;

	if (block->n > 0)
	{
		needed = Min(needed, rs_window_frames_keep(window->frames, block));
		for (f = 0; f < window->nfunctions; f++)
			needed = Min(needed, window->functions[f]->methods->keep(window->functions[f], block));
	}
	rs_window_rows_trim(window->rows, needed);
}

/*
 * Pass over the rest of the partition of the row before the next.
 */
static void
skip_partition(WindowOperator *window)
{
	RsWindowPartition partition = {.rows = window->rows};

	rs_window_partition_move(&partition, window->next - 1);
	window->block.n = 0;
	while (rs_window_partition_has(&partition, window->next))
	{
		window->next = rs_window_partition_bound(&partition, window->rows->n);
		rs_window_rows_trim(window->rows, window->next);
	}
	window->skips = false;
}

/*
 * Compute the next block; false if there are no more rows.
 */
static bool
compute_block(WindowOperator *window)
{
	RsWindowRows *rows = window->rows;
	RsWindowBlock *block = &window->block;
	RsWindowPage *page;
	int			f;

	forget_rows(window);
	if (window->skips)
		skip_partition(window);
	while (window->next >= rows->n)
		if (!rs_window_rows_read(rows))
			return false;
	rs_operator_reset_batch(&window->op);
	rs_arena_reset(block->scratch);
	MemoryContextReset(block->scratch_values);
	page = rs_window_page(rows, window->next);
	block->first = window->next;
	block->n = (uint32) Min(page->first + page->n - window->next, rs_vector_rows);
	window->next += block->n;
	rs_window_rows_forget_partitions(rows, block->first);
	block->partition.index = 0;
	rs_window_frames_find(window->frames, block, window->needs);
	for (f = 0; f < window->nfunctions; f++)
	{
		RsWindowFunction *function = window->functions[f];

		function->vector = NULL;
		if (function->methods->prepare != NULL)
			function->methods->prepare(function, block);
	}
	for (f = 0; f < window->nfunctions; f++)
		if (window->functions[f]->methods->compute != NULL)
			window->functions[f]->methods->compute(window->functions[f], block);
	for (f = 0; f < window->nfunctions; f++)
		(void) rs_window_function_result(window->functions[f], block);
	return true;
}

/* ---------------------------------------------------------------------
 * The operator
 * ---------------------------------------------------------------------
 */

/*
 * A column of the input, as it stands in the block's page.
 */
static const RsVector *
input_column(WindowOperator *window, RsArena *arena, int column)
{
	RsWindowBlock *block = &window->block;
	RsWindowPage *page = rs_window_page(window->rows, block->first);
	uint32		at = (uint32) (block->first - page->first);
	RsVector   *vector = rs_arena_alloc(arena, sizeof(RsVector));

	*vector = page->columns[column];
	vector->data = (char *) vector->data + (Size) at * rs_form_width(vector->form);
	if (vector->null != NULL)
		vector->null += at;
	if (vector->scales != NULL)
		vector->scales += at;
	return vector;
}

static const RsVector *
block_column(RsRows *base, int varno, AttrNumber attno)
{
	WindowOperator *window = ((BlockRows *) base)->window;

	if (varno == INDEX_VAR)
		return rs_window_function_result(window->functions[attno - 1], &window->block);
	return input_column(window, base->arena, attno - 1);
}

/*
 * Apply the run condition: once it fails, it does for the rest of the partition.
 */
static RsRows *
apply_run_conditions(WindowOperator *window, RsRows *rows)
{
	uint32		n = rows->n;
	const uint32 *chosen;

	rows = rs_rows_filter(rows, window->run_conditions, &chosen);
	if (rows->n == n || (rows->n > 0 && chosen[rows->n - 1] == n - 1))
		return rows;
	if (window->node->partNumCols > 0)
		window->skips = true;
	else
		window->done = true;
	return rows;
}

static bool
next(RsOperator *op, RsVectorBatch *batch)
{
	WindowOperator *window = (WindowOperator *) op;

	if (!window->begun)
		begin(window);
	for (;;)
	{
		BlockRows  *base;
		RsRows	   *rows;
		const uint32 *chosen;

		CHECK_FOR_INTERRUPTS();
		if (window->done || !compute_block(window))
		{
			window->done = true;
			return false;
		}
		base = rs_arena_alloc(op->arena, sizeof(BlockRows));
		memset(base, 0, sizeof(BlockRows));
		base->rows.n = window->block.n;
		base->rows.column = block_column;
		base->rows.arena = op->arena;
		base->rows.values = op->values;
		base->window = window;
		rows = apply_run_conditions(window, &base->rows);
		rows = rs_rows_filter(rows, window->conditions, &chosen);
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

	rs_window_rows_reset(window->rows);
	window->block.n = 0;
	window->next = 0;
	window->begun = window->skips = window->done = false;
	for (f = 0; f < window->nfunctions; f++)
		if (window->functions[f]->methods->reset != NULL)
			window->functions[f]->methods->reset(window->functions[f]);
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
	rs_explain_spill(op, es);
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

static void
init_block(WindowOperator *window)
{
	RsOperator *op = &window->op;
	RsWindowBlock *block = &window->block;

	block->rows = block->partition.rows = window->rows;
	block->arena = op->arena;
	block->values = op->values;
	block->scratch = rs_arena_create(op->env.context);
	block->scratch_values = AllocSetContextCreate(op->env.context, "redshift window scratch",
												  ALLOCSET_DEFAULT_SIZES);
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

	window->node = node;
	window->rows = rs_window_rows_create(op, node);
	window->frames = rs_window_frames_create(op, node);
	window->nfunctions = list_length(functions);
	window->functions = palloc(Max(window->nfunctions, 1) * sizeof(RsWindowFunction *));
	foreach(lc, functions)
	{
		WindowFunc *function = lfirst(lc);
		int			f = foreach_current_index(lc);

		window->functions[f] = rs_window_function_create(op, window->rows, node, function);
		window->needs |= window->functions[f]->needs;
		TupleDescInitEntry(desc, (AttrNumber) (f + 1), NULL, function->wintype, -1, 0);
	}
	/* Frames by value are found even if nobody asks: offsets may be refused. */
	if ((node->frameOptions & FRAMEOPTION_RANGE) &&
		(node->frameOptions & (FRAMEOPTION_START_OFFSET | FRAMEOPTION_END_OFFSET)))
		window->needs |= RS_NEED_FRAME;
	if ((window->needs & RS_NEED_FRAME) && !(node->frameOptions & FRAMEOPTION_ROWS) &&
		(node->frameOptions & FRAMEOPTION_END_CURRENT_ROW))
		window->needs |= RS_NEED_PEER_END;
	op->env.scan = rs_column_slot(engine, desc);
	init_block(window);
	if (node->topWindow)
		foreach(lc, node->runCondition)
			window->run_conditions = lappend(window->run_conditions,
											 compile(window, replace_targets(lfirst(lc), plan)));
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
