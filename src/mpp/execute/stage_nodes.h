/*
 * stage_nodes.h
 *	  On which nodes the stages of a distributed plan run, and which need their rows.
 */
#ifndef RS_STAGE_NODES_H
#define RS_STAGE_NODES_H

#include "mpp/cluster/node.h"
#include "nodes/bitmapset.h"
#include "nodes/execnodes.h"

/* Ids of nodes. */
typedef struct RsStageNodes
{
	Bitmapset  *on;				/* where it runs; empty: at the leader */
	Bitmapset  *to;				/* where its rows go */
} RsStageNodes;

/* The cluster as it is now, to be kept; in the present context. */
extern RsCluster *rs_copy_cluster(const RsCluster *cluster);

extern Bitmapset *rs_all_nodes(const RsCluster *cluster);

/*
 * One node, where any will do: one of those preferred, if there are; sessions share the
 * work.
 */
extern Bitmapset *rs_any_node(const RsCluster *cluster, const Bitmapset *preferred);

/* The cluster's nodes (RsNode *) of these ids. */
extern List *rs_nodes_of_ids(const RsCluster *cluster, const Bitmapset *ids);

/*
 * The nodes of each stage (RsStage *) as its restrictions leave them; values are the
 * states of the expressions of all of them; one_node: the last stage runs on any one.
 */
extern RsStageNodes *rs_stage_nodes(List *stages, List *values, bool one_node, ExprContext *econtext,
									const RsCluster *cluster, const Bitmapset *preferred);

/* All of them. */
extern Bitmapset *rs_stage_nodes_union(const RsStageNodes *nodes, int n);

/* Can the values be computed before anything of the executor's state has run? */
extern bool rs_stage_values_known(List *values, EState *estate);

#endif							/* RS_STAGE_NODES_H */
