/*
 * limit.c
 *	  The limit operator: LIMIT and OFFSET, FETCH FIRST ... WITH TIES.
 *
 * Sorts below are told how many rows will be asked for, if that is known: with ties,
 * those follow that are equal to the last row in what they are ordered by.
 */
#include "postgres.h"

#include "common/int.h"
#include "executor/executor.h"
#include "vector/operator.h"
#include "vector/sort/row_changes.h"

typedef struct LimitOperator
{
	RsOperator	op;
	ExprState  *offset_expr;	/* NULL: none */
	ExprState  *count_expr;
	bool		begun;
	int64		skip;			/* rows to skip, still */
	int64		left;			/* rows to give, still; -1: all */
	RsKeptRow  *last;			/* of those, for its ties; NULL: without */
	bool		tying;			/* ties may follow */
} LimitOperator;

bool
rs_limit_can_run(Plan *plan)
{
	Limit	   *limit = (Limit *) plan;

	return limit->limitOption == LIMIT_OPTION_COUNT ||
		rs_columns_comparable(plan, limit->uniqNumCols, limit->uniqColIdx, limit->uniqOperators,
							  limit->uniqCollations);
}

static void
begin(LimitOperator *limit)
{
	ExprContext *econtext = limit->op.env.econtext;
	int64		needed;
	bool		isnull;

	limit->skip = 0;
	limit->left = -1;
	if (limit->offset_expr != NULL)
	{
		Datum		value = ExecEvalExprSwitchContext(limit->offset_expr, econtext, &isnull);

		limit->skip = isnull ? 0 : DatumGetInt64(value);
		if (limit->skip < 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_ROW_COUNT_IN_RESULT_OFFSET_CLAUSE),
					 errmsg("OFFSET must not be negative")));
	}
	if (limit->count_expr != NULL)
	{
		Datum		value = ExecEvalExprSwitchContext(limit->count_expr, econtext, &isnull);

		if (!isnull && DatumGetInt64(value) < 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_ROW_COUNT_IN_LIMIT_CLAUSE),
					 errmsg("LIMIT must not be negative")));
		limit->left = isnull ? -1 : DatumGetInt64(value);
	}
	limit->tying = false;
	if (limit->left < 0 || limit->last != NULL || pg_add_s64_overflow(limit->skip, limit->left, &needed))
		needed = -1;
	rs_operator_set_bound(limit->op.outer, needed);
	rs_operator_set_careful(limit->op.outer, true);
	limit->begun = true;
}

/*
 * With the n rows of a batch from start on, those that tie with the last of them, or
 * with the last row of the batch before; how many these are.
 */
static uint32
take_ties(LimitOperator *limit, const RsVectorBatch *batch, uint32 start, uint32 n)
{
	if (n > 0)
		rs_kept_row_set(limit->last, batch->columns, start + n - 1);
	while (start + n < batch->n && rs_kept_row_equals(limit->last, batch->columns, start + n))
		n++;
	limit->tying = start + n == batch->n;
	return n;
}

static bool
next(RsOperator *op, RsVectorBatch *batch)
{
	LimitOperator *limit = (LimitOperator *) op;
	uint32		skip;
	uint32		n;

	if (!limit->begun)
		begin(limit);
	do
	{
		if ((limit->left == 0 && !limit->tying) || !rs_operator_next(op->outer, batch))
			return false;
		skip = (uint32) Min(limit->skip, batch->n);
		limit->skip -= skip;
	} while (skip == batch->n);
	n = batch->n - skip;
	if (limit->left >= 0)
	{
		n = (uint32) Min(limit->left, n);
		limit->left -= n;
		if (limit->left == 0 && limit->last != NULL)
			n = take_ties(limit, batch, skip, n);
		if (n == 0)
			return false;
	}
	rs_operator_reset_batch(op);
	if (n < batch->n)
	{
		const RsVector **columns = rs_arena_alloc(op->arena,
												  Max(op->ncolumns, 1) * sizeof(RsVector *));
		uint32	   *rows = rs_arena_alloc(op->arena, n * sizeof(uint32));
		uint32		i;
		int			c;

		for (i = 0; i < n; i++)
			rows[i] = skip + i;
		for (c = 0; c < op->ncolumns; c++)
			columns[c] = rs_vector_gather(op->arena, batch->columns[c], rows, n);
		batch->columns = columns;
	}
	batch->n = n;
	return true;
}

static void
rescan(RsOperator *op)
{
	((LimitOperator *) op)->begun = false;
	op->outer->rescan(op->outer);
}

static bool
rewind_rows(RsOperator *op)
{
	LimitOperator *limit = (LimitOperator *) op;

	if (!limit->begun)
		return false;
	begin(limit);
	return rs_operator_rewind(op->outer);
}

static void
end(RsOperator *op)
{
}

RsOperator *
rs_limit_operator(RsEngine *engine, Plan *plan)
{
	Limit	   *node = (Limit *) plan;
	LimitOperator *limit = rs_operator_create(engine, plan, sizeof(LimitOperator), "Limit",
											  rs_engine_build(engine, outerPlan(plan)), NULL);

	limit->offset_expr = ExecInitExpr((Expr *) node->limitOffset, engine->parent);
	limit->count_expr = ExecInitExpr((Expr *) node->limitCount, engine->parent);
	if (node->limitOption == LIMIT_OPTION_WITH_TIES)
		limit->last = rs_kept_row_create(limit->op.env.context,
										 rs_key_types_for(limit->op.types, limit->op.ncolumns, node->uniqNumCols,
														  node->uniqColIdx, node->uniqOperators),
										 limit->op.ncolumns, node->uniqNumCols, node->uniqColIdx);
	limit->op.next = next;
	limit->op.rescan = rescan;
	limit->op.end = end;
	limit->op.rewind = rewind_rows;
	return &limit->op;
}
