/*
 * merge.c
 *	  One sequence of rows of several that are in order.
 *
 * A heap has the sources by their current rows.  Each has one batch in memory; an
 * output batch ends where one of these does, so that what was taken of a source is
 * always a range of one batch, and is copied as a vector.  Where one source's rows all
 * come before the others' current ones, they are found by halves, and a whole batch is
 * passed on as it is.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"
#include "vector/sort/merge.h"

typedef struct Source
{
	RsMergeNext next;
	void	   *source;
	RsArena    *arena;			/* of its batch */
	const RsVector **columns;
	uint64	   *prefixes;
	uint32		n;
	uint32		position;
	uint32		taken;			/* rows before position that are in the output batch */
	uint32	   *places;			/* where there */
} Source;

struct RsMerge
{
	MemoryContext context;
	RsSortOrder *order;
	const RsVectorType *types;
	int			ncolumns;
	Source	  **sources;
	int			nsources;
	int			capacity;
	bool		begun;
	Source	  **heap;
	int			nheap;
	Source	   *exhausted;		/* at the top of the heap: needs its next batch */
};

RsMerge *
rs_merge_create(MemoryContext context, RsSortOrder *order, const RsVectorType *types, int ncolumns)
{
	MemoryContext own = AllocSetContextCreate(context, "redshift merge", ALLOCSET_DEFAULT_SIZES);
	RsMerge    *merge = MemoryContextAllocZero(own, sizeof(RsMerge));

	merge->context = own;
	merge->order = order;
	merge->types = types;
	merge->ncolumns = ncolumns;
	return merge;
}

void
rs_merge_add(RsMerge *merge, RsMergeNext next, void *source)
{
	Source	   *added = MemoryContextAllocZero(merge->context, sizeof(Source));

	if (merge->nsources == merge->capacity)
	{
		merge->capacity = Max(merge->capacity * 2, 16);
		merge->sources = rs_enlarge(merge->context, merge->sources, merge->capacity * sizeof(Source *));
	}
	added->next = next;
	added->source = source;
	added->arena = rs_arena_create(merge->context);
	added->places = MemoryContextAlloc(merge->context, RS_VECTOR_ROWS * sizeof(uint32));
	merge->sources[merge->nsources++] = added;
}

void
rs_merge_end(RsMerge *merge)
{
	MemoryContextDelete(merge->context);
}

static bool
row_before(RsMerge *merge, const Source *a, uint32 row, const Source *b)
{
	uint64		x = a->prefixes[row];
	uint64		y = b->prefixes[b->position];

	if (x != y)
		return x < y;
	return rs_sort_compare(merge->order, a->columns, row, b->columns, b->position) < 0;
}

static void
sift_down(RsMerge *merge, int i)
{
	Source	   *source = merge->heap[i];

	for (;;)
	{
		int			child = 2 * i + 1;

		if (child >= merge->nheap)
			break;
		if (child + 1 < merge->nheap &&
			row_before(merge, merge->heap[child + 1], merge->heap[child + 1]->position,
					   merge->heap[child]))
			child++;
		if (!row_before(merge, merge->heap[child], merge->heap[child]->position, source))
			break;
		merge->heap[i] = merge->heap[child];
		i = child;
	}
	merge->heap[i] = source;
}

static bool
read_batch(RsMerge *merge, Source *source)
{
	rs_arena_reset(source->arena);
	source->columns = rs_arena_alloc(source->arena, Max(merge->ncolumns, 1) * sizeof(RsVector *));
	source->position = 0;
	source->n = source->next(source->source, source->arena, source->columns);
	if (source->n == 0)
		return false;
	source->prefixes = rs_sort_prefixes(merge->order, source->arena, source->columns, source->n);
	return true;
}

static void
begin(RsMerge *merge)
{
	int			i;

	merge->heap = MemoryContextAlloc(merge->context, Max(merge->nsources, 1) * sizeof(Source *));
	for (i = 0; i < merge->nsources; i++)
		if (read_batch(merge, merge->sources[i]))
			merge->heap[merge->nheap++] = merge->sources[i];
	for (i = merge->nheap / 2 - 1; i >= 0; i--)
		sift_down(merge, i);
	merge->begun = true;
}

/*
 * How many rows of the first source, at most so many, come before all others' current
 * ones; at least one, as its own current row does, or is equal.
 */
static uint32
count_before(RsMerge *merge, uint32 most)
{
	Source	   *first = merge->heap[0];
	Source	   *second;
	uint32		low = 1;		/* so many do */
	uint32		step = 1;
	uint32		high;

	if (merge->nheap == 1 || most == 1)
		return most;
	second = merge->heap[1];
	if (merge->nheap > 2 && row_before(merge, merge->heap[2], merge->heap[2]->position, second))
		second = merge->heap[2];
	if (!row_before(merge, first, first->position + 1, second))
		return 1;
	if (row_before(merge, first, first->position + most - 1, second))
		return most;
	while (low + step < most && row_before(merge, first, first->position + low + step - 1, second))
	{
		low += step;
		step *= 2;
	}
	high = Min(low + step, most);
	/* Row high - 1 does not. */
	while (low + 1 < high)
	{
		uint32		middle = low + (high - low) / 2;

		if (row_before(merge, first, first->position + middle - 1, second))
			low = middle;
		else
			high = middle;
	}
	return low;
}

/*
 * Which rows of which sources come next; how many.
 */
static uint32
choose_rows(RsMerge *merge)
{
	uint32		n = 0;

	if (merge->exhausted != NULL)
	{
		if (!read_batch(merge, merge->exhausted))
			merge->heap[0] = merge->heap[--merge->nheap];
		merge->exhausted = NULL;
		if (merge->nheap > 0)
			sift_down(merge, 0);
	}
	while (n < (uint32) rs_vector_rows && merge->nheap > 0)
	{
		Source	   *source = merge->heap[0];
		uint32		count = count_before(merge, Min(source->n - source->position,
													(uint32) rs_vector_rows - n));

		source->position += count;
		while (count-- > 0)
			source->places[source->taken++] = n++;
		if (source->position == source->n)
		{
			merge->exhausted = source;
			break;
		}
		sift_down(merge, 0);
	}
	return n;
}

/*
 * The rows taken of the sources in columns of the output batch.
 */
static void
gather(RsMerge *merge, RsArena *arena, RsVectorBatch *batch)
{
	RsPiece    *pieces = rs_arena_alloc(arena, merge->nsources * sizeof(RsPiece));
	Source	  **from = rs_arena_alloc(arena, merge->nsources * sizeof(Source *));
	uint32	  **rows = rs_arena_alloc(arena, merge->nsources * sizeof(uint32 *));
	int			npieces = 0;
	uint32		row;
	int			c;
	int			i;

	for (i = 0; i < merge->nsources; i++)
	{
		Source	   *source = merge->sources[i];

		if (source->taken == 0)
			continue;
		rows[npieces] = rs_arena_alloc(arena, source->taken * sizeof(uint32));
		for (row = 0; row < source->taken; row++)
			rows[npieces][row] = source->position - source->taken + row;
		from[npieces++] = source;
	}
	for (c = 0; c < merge->ncolumns; c++)
	{
		for (i = 0; i < npieces; i++)
		{
			pieces[i].vector = rs_vector_gather(arena, from[i]->columns[c], rows[i], from[i]->taken);
			pieces[i].rows = from[i]->places;
			pieces[i].n = from[i]->taken;
		}
		batch->columns[c] = npieces == 1 ? pieces[0].vector :
			rs_vector_merge(arena, &merge->types[c], pieces, npieces, batch->n);
	}
}

bool
rs_merge_next(RsMerge *merge, RsArena *arena, RsVectorBatch *batch)
{
	int			i;

	CHECK_FOR_INTERRUPTS();
	if (!merge->begun)
		begin(merge);
	batch->n = choose_rows(merge);
	if (batch->n == 0)
		return false;
	batch->columns = rs_arena_alloc(arena, Max(merge->ncolumns, 1) * sizeof(RsVector *));
	if (merge->exhausted != NULL && merge->exhausted->taken == batch->n &&
		merge->exhausted->n == batch->n)
		memcpy(batch->columns, merge->exhausted->columns, merge->ncolumns * sizeof(RsVector *));
	else
		gather(merge, arena, batch);
	for (i = 0; i < merge->nsources; i++)
		merge->sources[i]->taken = 0;
	return true;
}
