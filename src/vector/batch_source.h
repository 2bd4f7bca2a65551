/*
 * batch_source.h
 *	  Nodes outside of the engine that can give batches instead of rows.
 */
#ifndef RS_BATCH_SOURCE_H
#define RS_BATCH_SOURCE_H

#include "nodes/extensible.h"
#include "vector/operator.h"

/*
 * The next batch of a node, with vectors in the arena that are good until the next one;
 * false at the end.  Its columns are those of the node's target list.
 */
typedef bool (*RsNextBatch) (CustomScanState *node, RsArena *arena, RsVectorBatch *batch);

/*
 * For the start of the library: nodes of these methods have this function, if they can
 * use it, which is asked of each when it has begun.
 */
extern void rs_batch_source_register(const CustomExecMethods *methods, RsNextBatch next,
									 bool (*can) (const CustomScanState *node));

/*
 * Which columns of a scan's rows, from 0, its target list has, if it only shows columns
 * and all rows; else NULL.  Palloc'd.
 */
extern int *rs_shown_columns(const Plan *plan);

/* A batch of rows read: of their columns those that are shown, n of them. */
extern void rs_shown_batch(RsVectorBatch *batch, RsArena *arena, const RsVector **columns,
						   const int *shown, int n);

/* A node's function; NULL: it gives rows only. */
extern RsNextBatch rs_batch_source(const PlanState *node);

#endif							/* RS_BATCH_SOURCE_H */
