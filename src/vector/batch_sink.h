/*
 * batch_sink.h
 *	  Batches of a plan's top node, without rows made of them.
 *
 * Whoever sends or writes the rows of a query can take them as vectors where the top
 * node of the plan is the vector engine's.  The engine's node sets the hook.
 */
#ifndef RS_BATCH_SINK_H
#define RS_BATCH_SINK_H

#include "nodes/execnodes.h"
#include "vector/operator.h"

/*
 * A planner's cursor option: all rows will be taken, as batches if they can be, so that
 * even a scan by itself is worth the engine.
 */
#define RS_CURSOR_OPT_BATCHES	0x40000000
/* With it: the processes of a parallel plan will each take their own. */
#define RS_CURSOR_OPT_WORKER_BATCHES	0x20000000
/* ... and so will compute nodes: what gives just their rows is left as it is. */
#define RS_CURSOR_OPT_NODE_BATCHES	0x10000000

typedef void (*RsBatchSink) (void *arg, const RsVectorBatch *batch);

/*
 * Let a node give its batches to take(), and no rows, when it is run.  The columns are
 * those of its target list, junk included.  False: it can only give rows.
 */
extern bool (*rs_set_batch_sink) (PlanState *node, RsBatchSink take, void *arg);

#endif							/* RS_BATCH_SINK_H */
