/*
 * merge.h
 *	  One sequence of rows of several that are in order.
 */
#ifndef RS_MERGE_H
#define RS_MERGE_H

#include "vector/operator.h"
#include "vector/sort/sort_order.h"

typedef struct RsMerge RsMerge;

/*
 * The next batch of a source, good until it is asked again: its rows, at most
 * RS_VECTOR_ROWS, and vectors, which may be in the arena.  0: no more.
 */
typedef uint32 (*RsMergeNext) (void *source, RsArena *arena, const RsVector **columns);

/* Lives in a context of its own below this one. */
extern RsMerge *rs_merge_create(MemoryContext context, RsSortOrder *order, const RsVectorType *types,
								int ncolumns);
/* Before the first next. */
extern void rs_merge_add(RsMerge *merge, RsMergeNext next, void *source);
/* The next rows, in the arena and the sources' memory; false at the end. */
extern bool rs_merge_next(RsMerge *merge, RsArena *arena, RsVectorBatch *batch);
extern void rs_merge_end(RsMerge *merge);

#endif							/* RS_MERGE_H */
