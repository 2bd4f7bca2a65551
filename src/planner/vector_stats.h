/*
 * vector_stats.h
 *	  What the operators of the vector engine's node have counted.
 */
#ifndef RS_VECTOR_STATS_H
#define RS_VECTOR_STATS_H

#include "nodes/execnodes.h"
#include "vector/operator.h"

typedef void (*RsOperatorVisitor) (const Plan *plan, const RsOperatorStats *stats, void *arg);

/*
 * Visit the operators of such a node, from the top, if it was told to count; of any other
 * node there are none.  It gives no more rows then: for the end of the executor.
 */
extern void rs_vector_visit_stats(CustomScanState *node, RsOperatorVisitor visit, void *arg);

#endif							/* RS_VECTOR_STATS_H */
