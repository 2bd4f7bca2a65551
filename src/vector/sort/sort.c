/*
 * sort.c
 *	  The sort operator: in memory, bounded (top-N), or merging runs in files.
 *
 * Rows are collected column by column, and row numbers sorted (sort_order.c).  What
 * outgrows work_mem is sorted and written as a run (sort_runs.c); the runs are
 * merged as rows are asked for.
 *
 * Below a Limit only so many rows are kept: whenever twice as many have come, they
 * are sorted and the rest is forgotten, and from then on only rows that come before
 * the last one kept are taken in.  A scan below asks for that as soon as it has the
 * columns of the order, so that of other rows it decodes nothing else.
 */
#include "postgres.h"

#include "executor/executor.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "vector/operator.h"
#include "vector/rows/column_store.h"
#include "vector/sort/sort_order.h"
#include "vector/sort/sort_runs.h"

/* Memory that any sort may have, and any merge. */
#define RS_LEAST_SORT_MEMORY	((Size) 1024 * 1024)
#define RS_LEAST_MERGE_MEMORY	((Size) 16 * 1024 * 1024)
/* Rows in memory, at most: their numbers are of 32 bits. */
#define RS_MOST_SORT_ROWS		(PG_UINT32_MAX / 8)

typedef struct SortOperator
{
	RsOperator	op;
	RsSortOrder *order;
	int64		bound;			/* rows that will be asked for; -1: all */
	/* what is in memory */
	MemoryContext context;
	RsColumnStore *columns;
	RsVector   *vectors;		/* the same as vectors */
	const RsVector **views;
	uint32		nrows;
	bool		bounded;		/* keeps no more than the bound */
	bool		full;			/* as many rows as the bound, in order: the last is what counts */
	/* the result */
	bool		sorted;
	int64		sorted_bound;
	uint32	   *rows;
	uint32		given;
	RsSortRuns *runs;			/* NULL: all in memory */
} SortOperator;

/* ---------------------------------------------------------------------
 * Collecting
 * ---------------------------------------------------------------------
 */

static Size
memory_limit(void)
{
	return Max((Size) work_mem * 1024, RS_LEAST_SORT_MEMORY);
}

static void
create_columns(SortOperator *sort)
{
	RsOperator *op = &sort->op;
	int			c;

	sort->columns = MemoryContextAllocZero(sort->context,
										   Max(op->ncolumns, 1) * sizeof(RsColumnStore));
	sort->vectors = MemoryContextAllocZero(sort->context, Max(op->ncolumns, 1) * sizeof(RsVector));
	sort->views = MemoryContextAllocZero(sort->context, Max(op->ncolumns, 1) * sizeof(RsVector *));
	for (c = 0; c < op->ncolumns; c++)
	{
		rs_column_store_init(&sort->columns[c], &op->outer->types[c], sort->context);
		sort->views[c] = &sort->vectors[c];
	}
	sort->nrows = 0;
	sort->full = false;
}

static void
view_columns(SortOperator *sort)
{
	int			k;

	for (k = 0; k < rs_sort_nkeys(sort->order); k++)
	{
		int			c = rs_sort_key(sort->order, k) - 1;

		rs_column_store_view(&sort->columns[c], &sort->vectors[c]);
	}
}

static void
append(SortOperator *sort, const RsVector **columns, uint32 n)
{
	int			c;

	for (c = 0; c < sort->op.ncolumns; c++)
		rs_column_store_append(&sort->columns[c], columns[c], n, sort->op.values);
	sort->nrows += n;
}

static Size
memory_used(SortOperator *sort)
{
	return MemoryContextMemAllocated(sort->context, true) + sort->nrows * rs_sort_row_size();
}

static void
sort_memory(SortOperator *sort)
{
	RsOperator *op = &sort->op;

	view_columns(sort);
	sort->rows = rs_sort_rows(sort->order, sort->views, sort->nrows, sort->context);
	op->stats.memory = Max(op->stats.memory, memory_used(sort));
}

/*
 * A batch of rows[0 .. n) of those in memory, in the operator's arena.
 */
static void
gather(SortOperator *sort, const uint32 *rows, uint32 n, RsVectorBatch *batch)
{
	RsOperator *op = &sort->op;
	int			c;

	batch->n = n;
	batch->columns = rs_arena_alloc(op->arena, Max(op->ncolumns, 1) * sizeof(RsVector *));
	for (c = 0; c < op->ncolumns; c++)
		batch->columns[c] = rs_column_store_gather(&sort->columns[c], op->arena, rows, n);
}

/*
 * Forget the rows in memory.
 */
static void
clear(SortOperator *sort)
{
	MemoryContextReset(sort->context);
	create_columns(sort);
	sort->rows = NULL;
}

static void
write_run(SortOperator *sort)
{
	RsOperator *op = &sort->op;
	uint32		start;

	if (sort->runs == NULL)
		sort->runs = rs_sort_runs_create(op->env.context, sort->order, op->outer->types,
										 op->ncolumns, Max(memory_limit(), RS_LEAST_MERGE_MEMORY));
	sort_memory(sort);
	rs_sort_runs_begin(sort->runs);
	for (start = 0; start < sort->nrows; start += RS_VECTOR_ROWS)
	{
		RsVectorBatch batch;

		CHECK_FOR_INTERRUPTS();
		rs_operator_reset_batch(op);
		gather(sort, &sort->rows[start], Min(sort->nrows - start, RS_VECTOR_ROWS), &batch);
		rs_sort_runs_append(sort->runs, batch.columns, batch.n);
	}
	rs_sort_runs_finish(sort->runs);
	clear(sort);
}

/*
 * Keep the rows that count, in order.
 */
static void
compact(SortOperator *sort)
{
	RsOperator *op = &sort->op;
	SortOperator before = *sort;
	uint32		n;
	uint32		start;

	sort_memory(sort);
	n = (uint32) Min(sort->nrows, sort->bound);
	before = *sort;
	sort->context = AllocSetContextCreate(op->env.context, "redshift sort", ALLOCSET_DEFAULT_SIZES);
	create_columns(sort);
	sort->rows = NULL;
	for (start = 0; start < n; start += RS_VECTOR_ROWS)
	{
		RsVectorBatch batch;

		CHECK_FOR_INTERRUPTS();
		rs_operator_reset_batch(op);
		gather(&before, &before.rows[start], Min(n - start, RS_VECTOR_ROWS), &batch);
		append(sort, batch.columns, batch.n);
	}
	MemoryContextDelete(before.context);
	view_columns(sort);
	sort->full = n == sort->bound;
}

/*
 * Of a batch, the rows that come before the last one that counts.  Only the columns
 * of the order are looked at.
 */
static uint32
choose(SortOperator *sort, RsArena *arena, const RsVector **columns, uint32 n, uint32 *chosen)
{
	return rs_sort_rows_before(sort->order, arena, columns, n, sort->views,
							   (uint32) (sort->bound - 1), chosen);
}

static void
take_bounded(SortOperator *sort, const RsVectorBatch *batch)
{
	RsOperator *op = &sort->op;

	if (!sort->full)
		append(sort, batch->columns, batch->n);
	else
	{
		uint32	   *chosen = rs_arena_alloc(op->arena, batch->n * sizeof(uint32));
		uint32		n = choose(sort, op->arena, batch->columns, batch->n, chosen);
		int			c;

		if (n == 0)
			return;
		for (c = 0; c < op->ncolumns; c++)
			rs_column_store_append(&sort->columns[c],
								   rs_vector_gather(op->arena, batch->columns[c], chosen, n), n,
								   op->values);
		sort->nrows += n;
		/* The columns may have moved. */
		view_columns(sort);
	}
	if (sort->nrows >= 2 * sort->bound && sort->nrows >= sort->bound + RS_VECTOR_ROWS)
		compact(sort);
}

/*
 * For a scan below: which of its rows may count.
 */
static RsRows *
narrow(void *arg, RsOperator *child, RsRows *rows)
{
	SortOperator *sort = arg;
	const RsVector **columns;
	uint32	   *chosen;
	uint32		n;
	int			k;

	if (!sort->bounded || !sort->full || rows->n == 0)
		return rows;
	columns = rs_arena_alloc(rows->arena, child->ncolumns * sizeof(RsVector *));
	for (k = 0; k < rs_sort_nkeys(sort->order); k++)
	{
		int			c = rs_sort_key(sort->order, k) - 1;

		columns[c] = rs_expr_eval(list_nth(child->targets, c), rows);
	}
	chosen = rs_arena_alloc(rows->arena, rows->n * sizeof(uint32));
	n = choose(sort, rows->arena, columns, rows->n, chosen);
	return n == rows->n ? rows : rs_rows_narrow(rows, chosen, n);
}

/*
 * For the zone maps of a scan below: may any row count?
 */
static bool
zone_may_count(void *arg, const RsPredicate *pred, const RsZone *zone)
{
	SortOperator *sort = arg;

	return !sort->bounded || !sort->full ||
		rs_sort_zone_may_precede(sort->order, zone, sort->views, (uint32) (sort->bound - 1));
}

static void
collect(SortOperator *sort)
{
	RsOperator *op = &sort->op;
	RsVectorBatch batch;

	clear(sort);
	sort->sorted_bound = sort->bound;
	sort->bounded = sort->bound >= 0 && sort->bound < RS_MOST_SORT_ROWS / 2;
	/* Of no rows there is no last one. */
	while (sort->bound != 0 && rs_operator_next(op->outer, &batch))
	{
		rs_operator_reset_batch(op);
		if (sort->bounded)
			take_bounded(sort, &batch);
		else
			append(sort, batch.columns, batch.n);
		if (memory_used(sort) > memory_limit() || sort->nrows > RS_MOST_SORT_ROWS)
		{
			/* Rows beyond the bound might be all that is too much. */
			if (sort->bounded && sort->nrows > 2 * sort->bound)
				compact(sort);
			if (memory_used(sort) <= memory_limit())
				continue;
			sort->bounded = false;
			write_run(sort);
		}
	}
	if (sort->runs != NULL)
	{
		if (sort->nrows > 0)
			write_run(sort);
		op->stats.partitions += rs_sort_runs_count(sort->runs);
		op->stats.spilled += rs_sort_runs_bytes(sort->runs);
		rs_sort_runs_rewind(sort->runs);
	}
	else
		sort_memory(sort);
	sort->given = 0;
	sort->sorted = true;
}

/* ---------------------------------------------------------------------
 * The operator
 * ---------------------------------------------------------------------
 */

static bool
next(RsOperator *op, RsVectorBatch *batch)
{
	SortOperator *sort = (SortOperator *) op;
	uint32		n;

	if (!sort->sorted)
		collect(sort);
	rs_operator_reset_batch(op);
	if (sort->runs != NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(op->values);
		bool		more = rs_sort_runs_next(sort->runs, op->arena, batch);

		MemoryContextSwitchTo(old);
		return more;
	}
	n = Min(sort->nrows - sort->given, (uint32) rs_vector_rows);
	if (n == 0)
		return false;
	gather(sort, &sort->rows[sort->given], n, batch);
	sort->given += n;
	return true;
}

static void
forget(RsOperator *op)
{
	SortOperator *sort = (SortOperator *) op;

	if (sort->runs != NULL)
		rs_sort_runs_close(sort->runs);
	sort->runs = NULL;
	sort->sorted = false;
	sort->bounded = false;
	MemoryContextReset(sort->context);
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
	SortOperator *sort = (SortOperator *) op;

	if (!sort->sorted ||
		(sort->sorted_bound >= 0 && (sort->bound < 0 || sort->bound > sort->sorted_bound)))
		return false;
	sort->given = 0;
	if (sort->runs != NULL)
		rs_sort_runs_rewind(sort->runs);
	return true;
}

static void
set_bound(RsOperator *op, int64 rows)
{
	((SortOperator *) op)->bound = rows;
}

static void
explain(RsOperator *op, ExplainState *es)
{
	SortOperator *sort = (SortOperator *) op;

	ExplainPropertyText("Sort Method",
						op->stats.partitions > 0 ? "external merge" :
						sort->sorted_bound >= 0 ? "top-N" : "in memory", es);
	rs_explain_memory(op, es);
	rs_explain_spill(op, es);
}

RsOperator *
rs_sort_operator(RsEngine *engine, Plan *plan)
{
	Sort	   *node = (Sort *) plan;
	RsOperator *input = rs_engine_build(engine, outerPlan(plan));
	SortOperator *sort = rs_operator_create(engine, plan, sizeof(SortOperator), "Sort", input, NULL);
	RsOperator *op = &sort->op;
	bool		safe = true;
	ListCell   *lc;

	sort->bound = sort->sorted_bound = -1;
	sort->context = AllocSetContextCreate(op->env.context, "redshift sort", ALLOCSET_DEFAULT_SIZES);
	sort->order = rs_sort_order_create(op->env.context, input->types, node->numCols,
									   node->sortColIdx, node->sortOperators, node->collations,
									   node->nullsFirst);
	/*
	 * What PostgreSQL has left below the Sort it computes for all rows: a row dropped
	 * early must not hide an error.
	 */
	foreach(lc, input->targets)
		safe &= ((RsExpr *) lfirst(lc))->safe;
	if (input->env.scanrelid != 0 && safe)
	{
		input->narrow = narrow;
		input->narrow_arg = sort;
		/* Whether few rows are wanted is known when a Limit above has begun. */
		rs_scan_set_order(input, rs_sort_key(sort->order, 0), rs_sort_is_reverse(sort->order),
						  zone_may_count, sort);
	}
	op->next = next;
	op->rescan = rescan;
	op->end = forget;
	op->rewind = rewind_rows;
	op->set_bound = set_bound;
	op->explain = explain;
	return op;
}
