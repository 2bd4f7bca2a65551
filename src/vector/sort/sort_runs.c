/*
 * sort_runs.c
 *	  Sorted runs in temporary files, and merging them.
 *
 * The number of runs merged at a time is bounded by memory.  A run has a level:
 * when there are as many of one level as can be merged, they become one of the
 * next, so no row is written more often than there are levels.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"
#include "vector/rows/spill.h"
#include "vector/sort/merge.h"
#include "vector/sort/sort_runs.h"

#define RS_LEAST_FAN_IN		8
#define RS_MOST_FAN_IN		256

typedef struct Run
{
	RsSpill    *spill;
	int			level;
} Run;

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
	RsMerge    *merge;			/* reading all */
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

static uint32
next_of_run(void *source, RsArena *arena, const RsVector **columns)
{
	return rs_spill_next(source, arena, columns);
}

static RsMerge *
begin_merge(RsSortRuns *runs, Run *first, int nruns)
{
	RsMerge    *merge = rs_merge_create(runs->context, runs->order, runs->types, runs->ncolumns);
	int			i;

	for (i = 0; i < nruns; i++)
	{
		rs_spill_finish(first[i].spill);
		rs_merge_add(merge, next_of_run, first[i].spill);
	}
	return merge;
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
	RsMerge    *merge = begin_merge(runs, first, n);
	RsSpill    *spill = rs_spill_create(runs->context, runs->types, runs->ncolumns, NULL, NULL);
	RsArena    *arena = rs_arena_create(runs->context);
	MemoryContext values = AllocSetContextCreate(runs->context, "redshift batch",
												 ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(values);
	RsVectorBatch batch;
	int			level = first->level;
	int			i;

	while (rs_merge_next(merge, arena, &batch))
	{
		rs_spill_append(spill, batch.columns, NULL, batch.n);
		rs_arena_reset(arena);
		MemoryContextReset(values);
	}
	MemoryContextSwitchTo(old);
	MemoryContextDelete(values);
	rs_arena_destroy(arena);
	rs_merge_end(merge);
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
		rs_merge_end(runs->merge);
	runs->merge = begin_merge(runs, runs->runs, runs->nruns);
}

bool
rs_sort_runs_next(RsSortRuns *runs, RsArena *arena, RsVectorBatch *batch)
{
	return rs_merge_next(runs->merge, arena, batch);
}

void
rs_sort_runs_close(RsSortRuns *runs)
{
	int			i;

	if (runs->merge != NULL)
		rs_merge_end(runs->merge);
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
