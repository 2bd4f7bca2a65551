/*
 * sort_runs.h
 *	  Sorted runs in temporary files, and merging them.
 */
#ifndef RS_SORT_RUNS_H
#define RS_SORT_RUNS_H

#include "vector/operator.h"
#include "vector/sort/sort_order.h"

typedef struct RsSortRuns RsSortRuns;

/* memory: bytes that the batches of the runs being merged may have.  Lives in the context. */
extern RsSortRuns *rs_sort_runs_create(MemoryContext context, RsSortOrder *order,
									   const RsVectorType *types, int ncolumns, Size memory);

/* A run: begin it, append its rows in order, finish it. */
extern void rs_sort_runs_begin(RsSortRuns *runs);
extern void rs_sort_runs_append(RsSortRuns *runs, const RsVector **columns, uint32 n);
extern void rs_sort_runs_finish(RsSortRuns *runs);

/* Read the rows of all runs in order, from the start. */
extern void rs_sort_runs_rewind(RsSortRuns *runs);
/* The next ones, in the arena and the runs' memory; false at the end. */
extern bool rs_sort_runs_next(RsSortRuns *runs, RsArena *arena, RsVectorBatch *batch);

/* Delete the files. */
extern void rs_sort_runs_close(RsSortRuns *runs);

/* Runs and bytes written so far. */
extern uint64 rs_sort_runs_count(const RsSortRuns *runs);
extern uint64 rs_sort_runs_bytes(const RsSortRuns *runs);

#endif							/* RS_SORT_RUNS_H */
