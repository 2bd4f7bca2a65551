/*
 * window_functions.c
 *	  What window functions have in common: which can be taken, arguments, results.
 *
 * Arguments that are columns of the input are those of the rows' pages.  Others become
 * columns, evaluated once as rows come, if they cannot fail, or if every row is surely in
 * some frame, so that PostgreSQL would evaluate them too.  What is left is evaluated for
 * the rows it is asked for.
 */
#include "postgres.h"

#include "catalog/objectaccess.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"
#include "vector/window/window_functions.h"

bool
rs_window_function_supported(const WindowAgg *node, const WindowFunc *function)
{
	bool		possible;

	if (contain_volatile_functions((Node *) function))
		return false;
	if (!function->winagg)
		return function->aggfilter == NULL &&
			(rs_window_is_rank(function->winfnoid) || rs_window_is_value(function->winfnoid));
	(void) rs_window_uses_moving(node, function, &possible);
	return possible;
}

static void
check_access(const WindowFunc *function)
{
	if (pg_proc_aclcheck(function->winfnoid, GetUserId(), ACL_EXECUTE) != ACLCHECK_OK)
		aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_FUNCTION, get_func_name(function->winfnoid));
	InvokeFunctionExecuteHook(function->winfnoid);
}

static void
init_argument(RsWindowFunction *function, RsWindowRows *rows, RsWindowArgument *argument,
			  Node *node)
{
	bool		all_evaluated = function->node->winagg && rs_window_frames_hold_all(function->window);

	argument->expr = rs_expr_compile(&function->op->env, node);
	argument->column = -1;
	/* The filter decides for which rows the arguments are. */
	if (function->node->aggfilter != NULL && argument != function->filter)
		all_evaluated = false;
	if (argument->expr->column == argument->expr)
		argument->column = argument->expr->attno - 1;
	else if (argument->expr->ncolumns > 0 && (argument->expr->safe || all_evaluated) &&
			 !contain_subplans(node))
		argument->column = rs_window_rows_add_column(rows, argument->expr);
}

RsWindowFunction *
rs_window_function_create(RsOperator *op, RsWindowRows *rows, const WindowAgg *window,
						  WindowFunc *node)
{
	MemoryContext old = MemoryContextSwitchTo(op->env.context);
	RsWindowFunction *function = palloc0(sizeof(RsWindowFunction));
	ListCell   *lc;

	function->op = op;
	function->window = window;
	function->node = node;
	rs_vector_type_init(&function->type, node->wintype);
	if (!node->winagg)
		check_access(node);
	if (node->aggfilter != NULL)
	{
		function->filter = palloc0(sizeof(RsWindowArgument));
		init_argument(function, rows, function->filter, (Node *) node->aggfilter);
	}
	function->nargs = list_length(node->args);
	function->args = palloc0(Max(function->nargs, 1) * sizeof(RsWindowArgument));
	foreach(lc, node->args)
		init_argument(function, rows, &function->args[foreach_current_index(lc)], lfirst(lc));
	if (!rs_window_rank_init(function) && !rs_window_value_init(function) &&
		!rs_window_sum_init(function) && !rs_window_moving_init(function) &&
		!rs_window_extreme_init(function) && !rs_window_aggregate_init(function))
		elog(ERROR, "window function %u cannot run in the vector engine", node->winfnoid);
	/* Frames with rows left out are told by peers. */
	if ((function->needs & RS_NEED_FRAME) && (window->frameOptions & FRAMEOPTION_EXCLUSION))
		function->needs |= RS_NEED_PEER_END;
	MemoryContextSwitchTo(old);
	return function;
}

/* ---------------------------------------------------------------------
 * Arguments
 * ---------------------------------------------------------------------
 */

bool
rs_window_stored(const RsWindowFunction *function)
{
	int			a;

	for (a = 0; a < function->nargs; a++)
		if (function->args[a].column < 0)
			return false;
	return function->filter == NULL || function->filter->column >= 0;
}

/*
 * Evaluate an argument for rows of which some are missing.
 */
static const RsVector *
evaluate_present(RsWindowRows *rows, const RsWindowArgument *argument, RsArena *arena,
				 MemoryContext values, const int64 *positions, uint32 n)
{
	int64	   *present = rs_arena_alloc(arena, n * sizeof(int64));
	uint32	   *places = rs_arena_alloc(arena, n * sizeof(uint32));
	RsPiece		piece = {.rows = places};
	uint32		i;

	for (i = 0; i < n; i++)
	{
		if (positions[i] < 0)
			continue;
		places[piece.n] = i;
		present[piece.n++] = positions[i];
	}
	if (piece.n > 0)
		piece.vector = rs_expr_eval(argument->expr,
									rs_window_rows_at(rows, arena, values, present, piece.n));
	if (piece.n == n)
		return piece.vector;
	return rs_vector_merge(arena, &argument->expr->type, &piece, piece.n > 0, n);
}

const RsVector *
rs_window_values(RsWindowRows *rows, const RsWindowArgument *argument, RsArena *arena,
				 MemoryContext values, const int64 *positions, uint32 n)
{
	if (argument->column >= 0)
		return rs_window_rows_gather(rows, argument->column, arena, positions, n);
	return evaluate_present(rows, argument, arena, values, positions, n);
}

uint32
rs_window_filter(RsWindowFunction *function, const RsWindowBlock *block, const int64 **positions,
				 uint32 n)
{
	const RsVector *passes;
	int64	   *passed;
	uint32	   *chosen;
	uint32		i;

	if (function->filter == NULL || n == 0)
		return n;
	passes = rs_window_values(block->rows, function->filter, block->scratch, block->scratch_values,
							  *positions, n);
	chosen = rs_arena_alloc(block->scratch, n * sizeof(uint32));
	n = rs_true_rows(passes, n, chosen);
	passed = rs_arena_alloc(block->scratch, Max(n, 1) * sizeof(int64));
	for (i = 0; i < n; i++)
		passed[i] = (*positions)[chosen[i]];
	*positions = passed;
	return n;
}

/* ---------------------------------------------------------------------
 * Results
 * ---------------------------------------------------------------------
 */

/*
 * Values at the function's positions; where there is none, of the row itself.
 */
static const RsVector *
values_or_others(RsWindowFunction *function, const RsWindowBlock *block)
{
	int64	   *own = rs_arena_alloc(block->arena, block->n * sizeof(int64));
	uint32	   *places = rs_arena_alloc(block->arena, block->n * sizeof(uint32));
	uint32	   *all = rs_arena_alloc(block->arena, block->n * sizeof(uint32));
	const RsVector *values = rs_window_values(block->rows, &function->args[0], block->arena,
											  block->values, function->positions, block->n);
	RsPiece		pieces[2];
	uint32		missing = 0;
	uint32		present = 0;
	uint32		i;

	for (i = 0; i < block->n; i++)
	{
		if (function->null != NULL && function->null[i])
			continue;
		if (function->positions[i] >= 0)
			all[present++] = i;
		else
		{
			places[missing] = i;
			own[missing++] = block->first + i;
		}
	}
	if (missing == 0)
		return values;
	pieces[0].vector = rs_vector_gather(block->arena, values, all, present);
	pieces[0].rows = all;
	pieces[0].n = present;
	pieces[1].vector = rs_window_values(block->rows, function->otherwise, block->arena,
										block->values, own, missing);
	pieces[1].rows = places;
	pieces[1].n = missing;
	return rs_vector_merge(block->arena, &function->type, present > 0 ? pieces : pieces + 1,
						   present > 0 ? 2 : 1, block->n);
}

const RsVector *
rs_window_function_result(RsWindowFunction *function, const RsWindowBlock *block)
{
	if (function->vector == NULL && function->methods->give != NULL)
		function->vector = function->methods->give(function, block);
	else if (function->vector == NULL)
		function->vector = function->otherwise != NULL ? values_or_others(function, block) :
			rs_window_values(block->rows, &function->args[0], block->arena, block->values,
							 function->positions, block->n);
	return function->vector;
}
