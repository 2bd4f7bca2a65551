/*
 * stage_exchange.h
 *	  What nodes are told of the exchange that a stage fills.
 */
#ifndef RS_STAGE_EXCHANGE_H
#define RS_STAGE_EXCHANGE_H

#include "lib/stringinfo.h"
#include "mpp/execute/stage_nodes.h"
#include "mpp/plan/tree_query.h"

/* Does it fill one? */
extern bool rs_stage_fills_exchange(const RsStage *stage);

/*
 * Add to a command that opens exchanges at a node, empty at first, the stage's.
 */
extern void rs_stage_append_open(StringInfo sql, const RsStage *stage, const char *name, const RsStageNodes *where,
								 int node);

/* Options of the fragment that sends rows to these nodes (RsNode *); palloc'd. */
extern char *rs_stage_exchange_options(const RsStage *stage, const char *name, List *targets,
									   const RsCluster *cluster);

#endif							/* RS_STAGE_EXCHANGE_H */
