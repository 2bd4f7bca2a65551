/*
 * window_rows.c
 *	  The rows that a window operator needs at a time, by their position in the input.
 *
 * A page is a set of column stores that rows are appended to.  Once it is full it may be
 * written to a temporary file, when pages together outgrow work_mem: those first that were
 * not used for longest.  A page that is read again stays written, so that its memory can be
 * given back.  The last page is never written, since rows are compared with its last one.
 *
 * Vectors of pages are pointed to between safe points only: pages go in
 * rs_window_rows_limit() and rs_window_rows_trim(), and their columns move in
 * rs_window_rows_read().
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "vector/sort/row_changes.h"
#include "vector/window/window_rows.h"

/* Memory that rows may have, whatever work_mem says. */
#define RS_LEAST_WINDOW_MEMORY	((Size) 1024 * 1024)

RsWindowRows *
rs_window_rows_create(RsOperator *op, const WindowAgg *node)
{
	MemoryContext old = MemoryContextSwitchTo(op->env.context);
	RsWindowRows *rows = palloc0(sizeof(RsWindowRows));
	int			k;

	rows->op = op;
	rows->node = node;
	rows->context = AllocSetContextCreate(op->env.context, "redshift window",
										  ALLOCSET_DEFAULT_SIZES);
	rows->arena = rs_arena_create(op->env.context);
	rows->values = AllocSetContextCreate(op->env.context, "redshift window values",
										 ALLOCSET_DEFAULT_SIZES);
	rows->ninput = rows->marks = op->outer->ncolumns;
	rows->ncolumns = rows->ninput + 1;
	rows->types = palloc(rows->ncolumns * sizeof(RsVectorType));
	memcpy(rows->types, op->outer->types, rows->ninput * sizeof(RsVectorType));
	for (k = 0; k < node->partNumCols; k++)
		rs_key_type_for(&rows->types[node->partColIdx[k] - 1], node->partOperators[k]);
	for (k = 0; k < node->ordNumCols; k++)
		rs_key_type_for(&rows->types[node->ordColIdx[k] - 1], node->ordOperators[k]);
	rs_vector_type_init(&rows->types[rows->marks], CHAROID);
	rows->exprs = palloc0(rows->ncolumns * sizeof(RsExpr *));
	MemoryContextSwitchTo(old);
	return rows;
}

int
rs_window_rows_add_column(RsWindowRows *rows, RsExpr *expr)
{
	int			column = rows->ncolumns++;

	rows->types = repalloc(rows->types, rows->ncolumns * sizeof(RsVectorType));
	rows->exprs = repalloc(rows->exprs, rows->ncolumns * sizeof(RsExpr *));
	rows->types[column] = expr->type;
	rows->exprs[column] = expr;
	return column;
}

void
rs_window_rows_reset(RsWindowRows *rows)
{
	if (rows->spill != NULL)
		rs_spill_close(rows->spill);
	rows->spill = NULL;
	MemoryContextReset(rows->context);
	rows->n = rows->first = 0;
	rows->input_done = false;
	rows->pages = rows->resident = NULL;
	rows->npages = rows->capacity = rows->nresident = rows->resident_capacity = 0;
	rows->bytes = 0;
	rows->starts = NULL;
	rows->nstarts = rows->starts_capacity = 0;
}

/* ---------------------------------------------------------------------
 * Pages
 * ---------------------------------------------------------------------
 */

static void
drop_memory(RsWindowRows *rows, RsWindowPage *page)
{
	if (page->context != NULL)
		MemoryContextDelete(page->context);
	page->context = NULL;
	page->columns = NULL;
	page->stores = NULL;
	rows->bytes -= page->bytes;
	page->bytes = 0;
}

static void
add_resident(RsWindowRows *rows, RsWindowPage *page)
{
	if (rows->nresident == rows->resident_capacity)
	{
		rows->resident_capacity = Max(2 * rows->resident_capacity, 64);
		rows->resident = rs_enlarge(rows->context, rows->resident,
									rows->resident_capacity * sizeof(RsWindowPage *));
	}
	rows->resident[rows->nresident++] = page;
	page->bytes = MemoryContextMemAllocated(page->context, true);
	rows->bytes += page->bytes;
}

static MemoryContext
page_context(RsWindowRows *rows)
{
	return AllocSetContextCreate(rows->context, "redshift window page", ALLOCSET_SMALL_SIZES);
}

static RsWindowPage *
add_page(RsWindowRows *rows)
{
	RsWindowPage *page = MemoryContextAllocZero(rows->context, sizeof(RsWindowPage));
	int			c;

	if (rows->npages > 0)
		add_resident(rows, rows->pages[rows->npages - 1]);
	if (rows->npages == rows->capacity)
	{
		rows->capacity = Max(2 * rows->capacity, 64);
		rows->pages = rs_enlarge(rows->context, rows->pages,
								 rows->capacity * sizeof(RsWindowPage *));
	}
	if (rows->npages == 0)
		rows->first = rows->n;
	rows->pages[rows->npages++] = page;
	page->first = rows->n;
	page->context = page_context(rows);
	page->stores = MemoryContextAlloc(page->context, rows->ncolumns * sizeof(RsColumnStore));
	page->columns = MemoryContextAllocZero(page->context, rows->ncolumns * sizeof(RsVector));
	for (c = 0; c < rows->ncolumns; c++)
		rs_column_store_init(&page->stores[c], &rows->types[c], page->context);
	return page;
}

static void
write_page(RsWindowRows *rows, RsWindowPage *page)
{
	const RsVector **columns = MemoryContextAlloc(page->context,
												  rows->ncolumns * sizeof(RsVector *));
	uint64		before;
	int			c;

	for (c = 0; c < rows->ncolumns; c++)
		columns[c] = &page->columns[c];
	if (rows->spill == NULL)
		rows->spill = rs_spill_create(rows->op->env.context, rows->types, rows->ncolumns, NULL,
									  NULL);
	before = rs_spill_bytes(rows->spill);
	page->place = rs_spill_put(rows->spill, columns, page->n);
	page->written = true;
	rows->op->stats.partitions++;
	rows->op->stats.spilled += rs_spill_bytes(rows->spill) - before;
}

void
rs_window_page_load(RsWindowRows *rows, RsWindowPage *page)
{
	const RsVector **columns;
	int			c;

	page->context = page_context(rows);
	columns = MemoryContextAlloc(page->context, rows->ncolumns * sizeof(RsVector *));
	(void) rs_spill_get(rows->spill, page->place, rs_arena_create(page->context), columns);
	page->columns = MemoryContextAlloc(page->context, rows->ncolumns * sizeof(RsVector));
	for (c = 0; c < rows->ncolumns; c++)
		page->columns[c] = *columns[c];
	add_resident(rows, page);
}

void
rs_window_rows_limit(RsWindowRows *rows)
{
	Size		limit = Max((Size) work_mem * 1024, RS_LEAST_WINDOW_MEMORY);

	rows->op->stats.memory = Max(rows->op->stats.memory, rows->bytes);
	while (rows->bytes > limit && rows->nresident > 0)
	{
		RsWindowPage *page;
		int			oldest = 0;
		int			r;

		for (r = 1; r < rows->nresident; r++)
			if (rows->resident[r]->used < rows->resident[oldest]->used)
				oldest = r;
		page = rows->resident[oldest];
		if (!page->written)
			write_page(rows, page);
		drop_memory(rows, page);
		rows->resident[oldest] = rows->resident[--rows->nresident];
	}
}

void
rs_window_rows_trim(RsWindowRows *rows, int64 needed)
{
	int			dropped = 0;
	int			r;
	int			kept = 0;

	/* The last row is compared with the next one. */
	while (dropped < rows->npages - 1 &&
		   rows->pages[dropped]->first + rows->pages[dropped]->n <= needed)
		dropped++;
	if (dropped > 0)
	{
		int64		first = rows->pages[dropped]->first;

		for (r = 0; r < rows->nresident; r++)
			if (rows->resident[r]->first >= first)
				rows->resident[kept++] = rows->resident[r];
		rows->nresident = kept;
		for (r = 0; r < dropped; r++)
		{
			drop_memory(rows, rows->pages[r]);
			pfree(rows->pages[r]);
		}
		rows->npages -= dropped;
		memmove(rows->pages, rows->pages + dropped, rows->npages * sizeof(RsWindowPage *));
		rows->first = first;
	}
	rs_window_rows_limit(rows);
}

void
rs_window_rows_forget_partitions(RsWindowRows *rows, int64 position)
{
	int			dropped = 0;

	while (dropped + 1 < rows->nstarts && rows->starts[dropped + 1] <= position)
		dropped++;
	rows->nstarts -= dropped;
	memmove(rows->starts, rows->starts + dropped, rows->nstarts * sizeof(int64));
}

/* ---------------------------------------------------------------------
 * Reading
 * ---------------------------------------------------------------------
 */

static void
add_start(RsWindowRows *rows, int64 position)
{
	if (rows->nstarts == rows->starts_capacity)
	{
		rows->starts_capacity = Max(2 * rows->starts_capacity, 64);
		rows->starts = rs_enlarge(rows->context, rows->starts,
								  rows->starts_capacity * sizeof(int64));
	}
	rows->starts[rows->nstarts++] = position;
}

/*
 * Is the first row of a batch unlike the last one read, in some columns?
 */
static bool
first_differs(RsWindowRows *rows, const RsVectorBatch *batch, int n, const AttrNumber *attnos)
{
	const RsWindowPage *page = rows->pages[rows->npages - 1];
	int			i;

	for (i = 0; i < n; i++)
	{
		int			c = attnos[i] - 1;

		if (!rs_vector_values_equal(&rows->types[c], &page->columns[c], page->n - 1,
									batch->columns[c], 0))
			return true;
	}
	return false;
}

static const RsVector *
mark_rows(RsWindowRows *rows, const RsVectorBatch *batch)
{
	const WindowAgg *node = rows->node;
	RsVector   *marks = rs_vector_create(rows->arena, RS_FORM_I8, batch->n);
	uint8	   *partitions = rs_arena_alloc(rows->arena, batch->n);
	uint8	   *peers = marks->data;
	uint32		i;

	memset(partitions, 0, batch->n);
	rs_mark_changes(rows->types, batch->columns, node->partNumCols, node->partColIdx, batch->n,
					partitions);
	partitions[0] = rows->npages == 0 ||
		first_differs(rows, batch, node->partNumCols, node->partColIdx);
	memcpy(peers, partitions, batch->n);
	rs_mark_changes(rows->types, batch->columns, node->ordNumCols, node->ordColIdx, batch->n,
					peers);
	if (!peers[0])
		peers[0] = first_differs(rows, batch, node->ordNumCols, node->ordColIdx);
	for (i = 0; i < batch->n; i++)
	{
		if (partitions[i])
			add_start(rows, rows->n + i);
		peers[i] = (partitions[i] ? RS_NEW_PARTITION : 0) | (peers[i] ? RS_NEW_PEERS : 0);
	}
	return marks;
}

/*
 * Rows [from, from + n) of the vectors, at the end of a page.
 */
static void
append_rows(RsWindowRows *rows, RsWindowPage *page, const RsVector **columns, uint32 from, uint32 n,
			uint32 all)
{
	uint32	   *numbers = NULL;
	uint32		i;
	int			c;

	if (n < all)
	{
		numbers = rs_arena_alloc(rows->arena, n * sizeof(uint32));
		for (i = 0; i < n; i++)
			numbers[i] = from + i;
	}
	for (c = 0; c < rows->ncolumns; c++)
	{
		const RsVector *vector = columns[c];

		if (numbers != NULL)
			vector = rs_vector_gather(rows->arena, vector, numbers, n);
		rs_column_store_append(&page->stores[c], vector, n, rows->values);
		rs_column_store_view(&page->stores[c], &page->columns[c]);
	}
	page->n += n;
	rows->n += n;
}

bool
rs_window_rows_read(RsWindowRows *rows)
{
	RsVectorBatch batch;
	RsRows	   *batch_rows;
	const RsVector **columns;
	uint32		from = 0;
	int			c;

	if (rows->input_done || !rs_operator_next(rows->op->outer, &batch))
	{
		rows->input_done = true;
		return false;
	}
	if (batch.n == 0)
		return true;
	rs_arena_reset(rows->arena);
	MemoryContextReset(rows->values);
	columns = rs_arena_alloc(rows->arena, rows->ncolumns * sizeof(RsVector *));
	batch_rows = rs_batch_rows(rows->arena, rows->values, &batch);
	for (c = 0; c < rows->ninput; c++)
		columns[c] = batch.columns[c];
	for (c = rows->marks + 1; c < rows->ncolumns; c++)
		columns[c] = rs_expr_eval(rows->exprs[c], batch_rows);
	columns[rows->marks] = mark_rows(rows, &batch);
	while (from < batch.n)
	{
		RsWindowPage *page = rows->npages > 0 ? rows->pages[rows->npages - 1] : NULL;
		uint32		n;

		if (page == NULL || page->n == RS_VECTOR_ROWS)
			page = add_page(rows);
		n = Min(batch.n - from, RS_VECTOR_ROWS - page->n);
		append_rows(rows, page, columns, from, n, batch.n);
		page->used = ++rows->clock;
		from += n;
	}
	rs_window_rows_limit(rows);
	return true;
}

/* ---------------------------------------------------------------------
 * Values
 * ---------------------------------------------------------------------
 */

/*
 * The page of rows[0 .. *n), the longest run from the start that has one; NULL: they
 * are of none.
 */
static RsWindowPage *
page_run(RsWindowRows *rows, const int64 *positions, uint32 *n, uint32 *numbers)
{
	RsWindowPage *page = positions[0] < 0 ? NULL : rs_window_page(rows, positions[0]);
	uint32		i;

	for (i = 0; i < *n; i++)
	{
		if (page == NULL ? positions[i] >= 0 :
			positions[i] < page->first || positions[i] >= page->first + page->n)
			break;
		numbers[i] = page == NULL ? 0 : (uint32) (positions[i] - page->first);
	}
	*n = i;
	return page;
}

const RsVector *
rs_window_rows_gather(RsWindowRows *rows, int column, RsArena *arena, const int64 *positions,
					  uint32 n)
{
	uint32	   *numbers = rs_arena_alloc(arena, n * sizeof(uint32));
	uint32	   *places;
	RsPiece    *pieces = NULL;
	int			npieces = 0;
	int			capacity = 0;
	uint32		from = 0;
	uint32		run = n;
	RsWindowPage *page = page_run(rows, positions, &run, numbers);
	uint32		i;

	if (run == n && page != NULL)
		return rs_vector_gather(arena, &page->columns[column], numbers, n);
	places = rs_arena_alloc(arena, n * sizeof(uint32));
	for (i = 0; i < n; i++)
		places[i] = i;
	for (;;)
	{
		if (page != NULL)
		{
			if (npieces == capacity)
			{
				RsPiece    *before = pieces;

				capacity = Max(2 * capacity, 8);
				pieces = rs_arena_alloc(arena, capacity * sizeof(RsPiece));
				if (before != NULL)
					memcpy(pieces, before, npieces * sizeof(RsPiece));
			}
			pieces[npieces].vector = rs_vector_gather(arena, &page->columns[column],
													  numbers + from, run);
			pieces[npieces].rows = places + from;
			pieces[npieces++].n = run;
		}
		from += run;
		if (from == n)
			break;
		run = n - from;
		page = page_run(rows, positions + from, &run, numbers + from);
	}
	return rs_vector_merge(arena, &rows->types[column], pieces, npieces, n);
}

typedef struct PositionRows
{
	RsRows		rows;
	RsWindowRows *window;
	const int64 *positions;
} PositionRows;

static const RsVector *
position_column(RsRows *base, int varno, AttrNumber attno)
{
	PositionRows *rows = (PositionRows *) base;

	return rs_window_rows_gather(rows->window, attno - 1, base->arena, rows->positions, base->n);
}

RsRows *
rs_window_rows_at(RsWindowRows *rows, RsArena *arena, MemoryContext values, const int64 *positions,
				  uint32 n)
{
	PositionRows *result = rs_arena_alloc(arena, sizeof(PositionRows));

	memset(result, 0, sizeof(PositionRows));
	result->rows.n = n;
	result->rows.column = position_column;
	result->rows.arena = arena;
	result->rows.values = values;
	result->window = rows;
	result->positions = positions;
	return &result->rows;
}
