/*
 * sort_runs.c
 *	  Sorted runs in temporary files, and merging them.
 *
 * A heap has the runs by their current rows.  Each run has one batch in memory; an
 * output batch ends where one of these does, so that what was taken of a run is
 * always a range of one batch, and is copied as a vector.
 *
 * The number of runs merged at a time is bounded by memory.  A run has a level:
 * when there are as many of one level as can be merged, they become one of the
 * next, so no row is written more often than there are levels.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"
#include "vector/sort_runs.h"
#include "vector/spill.h"

#define RS_LEAST_FAN_IN		8
#define RS_MOST_FAN_IN		256

typedef struct Run
{
	RsSpill    *spill;
	int			level;
	/* while it is merged */
	RsArena    *arena;			/* of its batch */
	const RsVector **columns;
	uint64	   *prefixes;
	uint32		n;
	uint32		position;
	uint32		taken;			/* rows before position that are in the output batch */
	uint32	   *places;			/* where there */
} Run;

typedef struct Merge
{
	MemoryContext context;
	int			nruns;
	Run		   *runs;			/* of RsSortRuns */
	Run		  **heap;
	int			nheap;
	Run		   *exhausted;		/* at the top of the heap: needs its next batch */
} Merge;

struct RsSortRuns
{
	MemoryContext context;
	RsSortOrder *order;
	const RsVectorType *types;
	int			ncolumns;
	Size		memory;
	Run		   *runs;			/* of falling levels */
	int			nruns;
	int			capacity;
	RsSpill    *current;		/* being written */
	Merge	   *merge;			/* reading all */
	uint64		count;
	uint64		rows;
	uint64		bytes;
};

RsSortRuns *
rs_sort_runs_create(MemoryContext context, RsSortOrder *order, const RsVectorType *types,
					int ncolumns, Size memory)
{
	RsSortRuns *runs = MemoryContextAllocZero(context, sizeof(RsSortRuns));

	runs->context = context;
	runs->order = order;
	runs->types = types;
	runs->ncolumns = ncolumns;
	runs->memory = memory;
	return runs;
}

/* ---------------------------------------------------------------------
 * Merging
 * ---------------------------------------------------------------------
 */

static bool
run_before(RsSortRuns *runs, const Run *a, const Run *b)
{
	uint64		x = a->prefixes[a->position];
	uint64		y = b->prefixes[b->position];

	if (x != y)
		return x < y;
	return rs_sort_compare(runs->order, a->columns, a->position, b->columns, b->position) < 0;
}

static void
sift_down(RsSortRuns *runs, Merge *merge, int i)
{
	Run		   *run = merge->heap[i];

	for (;;)
	{
		int			child = 2 * i + 1;

		if (child >= merge->nheap)
			break;
		if (child + 1 < merge->nheap &&
			run_before(runs, merge->heap[child + 1], merge->heap[child]))
			child++;
		if (!run_before(runs, merge->heap[child], run))
			break;
		merge->heap[i] = merge->heap[child];
		i = child;
	}
	merge->heap[i] = run;
}

static bool
read_batch(RsSortRuns *runs, Run *run)
{
	rs_arena_reset(run->arena);
	run->columns = rs_arena_alloc(run->arena, Max(runs->ncolumns, 1) * sizeof(RsVector *));
	run->position = 0;
	run->n = rs_spill_next(run->spill, run->arena, run->columns);
	if (run->n == 0)
		return false;
	run->prefixes = rs_sort_prefixes(runs->order, run->arena, run->columns, run->n);
	return true;
}

static Merge *
begin_merge(RsSortRuns *runs, Run *first, int nruns)
{
	MemoryContext context = AllocSetContextCreate(runs->context, "redshift merge",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	Merge	   *merge = palloc0(sizeof(Merge));
	int			i;

	merge->context = context;
	merge->runs = first;
	merge->nruns = nruns;
	merge->heap = palloc(nruns * sizeof(Run *));
	for (i = 0; i < nruns; i++)
	{
		Run		   *run = &first[i];

		rs_spill_finish(run->spill);
		run->arena = rs_arena_create(context);
		run->places = palloc(RS_VECTOR_ROWS * sizeof(uint32));
		run->taken = 0;
		if (read_batch(runs, run))
			merge->heap[merge->nheap++] = run;
	}
	for (i = merge->nheap / 2 - 1; i >= 0; i--)
		sift_down(runs, merge, i);
	MemoryContextSwitchTo(old);
	return merge;
}

static void
end_merge(Merge *merge)
{
	MemoryContextDelete(merge->context);
}

/*
 * Which rows of which runs come next; how many.
 */
static uint32
choose_rows(RsSortRuns *runs, Merge *merge)
{
	uint32		n = 0;

	if (merge->exhausted != NULL)
	{
		if (!read_batch(runs, merge->exhausted))
			merge->heap[0] = merge->heap[--merge->nheap];
		merge->exhausted = NULL;
		if (merge->nheap > 0)
			sift_down(runs, merge, 0);
	}
	while (n < (uint32) rs_vector_rows && merge->nheap > 0)
	{
		Run		   *run = merge->heap[0];

		run->places[run->taken++] = n++;
		if (++run->position == run->n)
		{
			merge->exhausted = run;
			break;
		}
		sift_down(runs, merge, 0);
	}
	return n;
}

static bool
merge_next(RsSortRuns *runs, Merge *merge, RsArena *arena, RsVectorBatch *batch)
{
	RsPiece    *pieces;
	const uint32 **sources;
	int			npieces = 0;
	int			c;
	int			i;

	CHECK_FOR_INTERRUPTS();
	batch->n = choose_rows(runs, merge);
	if (batch->n == 0)
		return false;
	pieces = rs_arena_alloc(arena, merge->nruns * sizeof(RsPiece));
	sources = rs_arena_alloc(arena, merge->nruns * sizeof(uint32 *));
	for (i = 0; i < merge->nruns; i++)
	{
		Run		   *run = &merge->runs[i];
		uint32	   *source;
		uint32		row;

		if (run->taken == 0)
			continue;
		source = rs_arena_alloc(arena, run->taken * sizeof(uint32));
		for (row = 0; row < run->taken; row++)
			source[row] = run->position - run->taken + row;
		sources[i] = source;
		npieces++;
	}
	batch->columns = rs_arena_alloc(arena, Max(runs->ncolumns, 1) * sizeof(RsVector *));
	for (c = 0; c < runs->ncolumns; c++)
	{
		int			p = 0;

		for (i = 0; i < merge->nruns; i++)
		{
			Run		   *run = &merge->runs[i];

			if (run->taken == 0)
				continue;
			pieces[p].vector = rs_vector_gather(arena, run->columns[c], sources[i], run->taken);
			pieces[p].rows = run->places;
			pieces[p++].n = run->taken;
		}
		batch->columns[c] = npieces == 1 ? pieces[0].vector :
			rs_vector_merge(arena, &runs->types[c], pieces, npieces, batch->n);
	}
	for (i = 0; i < merge->nruns; i++)
		merge->runs[i].taken = 0;
	return true;
}

/* ---------------------------------------------------------------------
 * Writing
 * ---------------------------------------------------------------------
 */

/*
 * How many runs can be merged at a time, by the size of the rows so far.
 */
static int
fan_in(const RsSortRuns *runs)
{
	Size		batch = (Size) (runs->bytes / Max(runs->rows, 1) + 1) * RS_VECTOR_ROWS;

	return (int) Min(Max(runs->memory / batch, RS_LEAST_FAN_IN), RS_MOST_FAN_IN);
}

static void
add_run(RsSortRuns *runs, RsSpill *spill, int level)
{
	if (runs->nruns == runs->capacity)
	{
		runs->capacity = Max(runs->capacity * 2, 16);
		runs->runs = rs_enlarge(runs->context, runs->runs, runs->capacity * sizeof(Run));
	}
	memset(&runs->runs[runs->nruns], 0, sizeof(Run));
	runs->runs[runs->nruns].spill = spill;
	runs->runs[runs->nruns++].level = level;
	runs->rows += rs_spill_rows(spill);
	runs->bytes += rs_spill_bytes(spill);
	runs->count++;
}

/*
 * The last n runs, which are of one level, as one of the next.
 */
static void
merge_last(RsSortRuns *runs, int n)
{
	Run		   *first = &runs->runs[runs->nruns - n];
	Merge	   *merge = begin_merge(runs, first, n);
	RsSpill    *spill = rs_spill_create(runs->context, runs->types, runs->ncolumns, NULL, NULL);
	RsArena    *arena = rs_arena_create(merge->context);
	MemoryContext values = AllocSetContextCreate(merge->context, "redshift batch",
												 ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(values);
	RsVectorBatch batch;
	int			level = first->level;
	int			i;

	while (merge_next(runs, merge, arena, &batch))
	{
		rs_spill_append(spill, batch.columns, NULL, batch.n);
		rs_arena_reset(arena);
		MemoryContextReset(values);
	}
	MemoryContextSwitchTo(old);
	end_merge(merge);
	rs_spill_finish(spill);
	for (i = 0; i < n; i++)
		rs_spill_close(first[i].spill);
	runs->nruns -= n;
	add_run(runs, spill, level + 1);
}

void
rs_sort_runs_begin(RsSortRuns *runs)
{
	runs->current = rs_spill_create(runs->context, runs->types, runs->ncolumns, NULL, NULL);
}

void
rs_sort_runs_append(RsSortRuns *runs, const RsVector **columns, uint32 n)
{
	rs_spill_append(runs->current, columns, NULL, n);
}

void
rs_sort_runs_finish(RsSortRuns *runs)
{
	rs_spill_finish(runs->current);
	add_run(runs, runs->current, 0);
	runs->current = NULL;
	for (;;)
	{
		int			level = runs->runs[runs->nruns - 1].level;
		int			n = 0;

		while (n < runs->nruns && runs->runs[runs->nruns - 1 - n].level == level)
			n++;
		if (n < fan_in(runs))
			break;
		merge_last(runs, n);
	}
}

/* ---------------------------------------------------------------------
 * Reading
 * ---------------------------------------------------------------------
 */

void
rs_sort_runs_rewind(RsSortRuns *runs)
{
	if (runs->merge != NULL)
		end_merge(runs->merge);
	runs->merge = begin_merge(runs, runs->runs, runs->nruns);
}

bool
rs_sort_runs_next(RsSortRuns *runs, RsArena *arena, RsVectorBatch *batch)
{
	return merge_next(runs, runs->merge, arena, batch);
}

void
rs_sort_runs_close(RsSortRuns *runs)
{
	int			i;

	if (runs->merge != NULL)
		end_merge(runs->merge);
	runs->merge = NULL;
	for (i = 0; i < runs->nruns; i++)
		rs_spill_close(runs->runs[i].spill);
	runs->nruns = 0;
}

uint64
rs_sort_runs_count(const RsSortRuns *runs)
{
	return runs->count;
}

uint64
rs_sort_runs_bytes(const RsSortRuns *runs)
{
	return runs->bytes;
}
