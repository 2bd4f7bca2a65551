/*
 * stage_nodes.c
 *	  On which nodes the stages of a distributed plan run, and which need their rows.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "miscadmin.h"
#include "mpp/cluster/key_values.h"
#include "mpp/execute/stage_nodes.h"
#include "mpp/plan/tree_query.h"
#include "nodes/nodeFuncs.h"

RsCluster *
rs_copy_cluster(const RsCluster *cluster)
{
	RsCluster  *copy = palloc(sizeof(RsCluster));
	ListCell   *lc;

	*copy = *cluster;
	copy->slice_nodes = palloc(cluster->nslices * sizeof(int32));
	memcpy(copy->slice_nodes, cluster->slice_nodes, cluster->nslices * sizeof(int32));
	copy->nodes = NIL;
	foreach(lc, cluster->nodes)
	{
		RsNode	   *node = palloc(sizeof(RsNode));

		*node = *(RsNode *) lfirst(lc);
		node->name = pstrdup(node->name);
		copy->nodes = lappend(copy->nodes, node);
	}
	return copy;
}

Bitmapset *
rs_all_nodes(const RsCluster *cluster)
{
	Bitmapset  *nodes = NULL;
	ListCell   *lc;

	foreach(lc, cluster->nodes)
		nodes = bms_add_member(nodes, ((RsNode *) lfirst(lc))->id);
	return nodes;
}

Bitmapset *
rs_any_node(const RsCluster *cluster, const Bitmapset *preferred)
{
	/* Process ids of sessions may all be even: so not by their remainder. */
	int			nth = murmurhash32((uint32) MyProcPid) % list_length(cluster->nodes);
	int			id = ((RsNode *) list_nth(cluster->nodes, nth))->id;

	if (!bms_is_empty(preferred) && !bms_is_member(id, preferred))
		id = bms_next_member(preferred, -1);
	return bms_make_singleton(id);
}

List *
rs_nodes_of_ids(const RsCluster *cluster, const Bitmapset *ids)
{
	List	   *nodes = NIL;
	ListCell   *lc;

	foreach(lc, cluster->nodes)
		if (bms_is_member(((RsNode *) lfirst(lc))->id, ids))
			nodes = lappend(nodes, lfirst(lc));
	return nodes;
}

static Bitmapset *
nodes_left(const RsCluster *cluster, List *shapes, List *values, int *next, ExprContext *econtext)
{
	return shapes == NIL ? rs_all_nodes(cluster) : rs_key_nodes(cluster, shapes, values, next, econtext);
}

/*
 * TARGETS separates names by commas.
 */
static bool
can_be_target(const RsCluster *cluster, const Bitmapset *nodes)
{
	ListCell   *lc;

	foreach(lc, cluster->nodes)
		if (bms_is_member(((RsNode *) lfirst(lc))->id, nodes) && strchr(((RsNode *) lfirst(lc))->name, ',') != NULL)
			return false;
	return true;
}

RsStageNodes *
rs_stage_nodes(List *stages, List *values, bool one_node, ExprContext *econtext, const RsCluster *cluster,
			   const Bitmapset *preferred)
{
	RsStageNodes *result = palloc0(list_length(stages) * sizeof(RsStageNodes));
	int			next = 0;
	ListCell   *lc;

	foreach(lc, stages)
	{
		RsStage    *stage = lfirst(lc);
		RsStageNodes *nodes = &result[foreach_current_index(lc)];

		nodes->on = stage->child > 0 ? NULL : nodes_left(cluster, stage->only, values, &next, econtext);
		nodes->to = nodes_left(cluster, stage->to_only, values, &next, econtext);
		if (!can_be_target(cluster, nodes->to))
			nodes->to = rs_all_nodes(cluster);
		if (lnext(stages, lc) == NULL)
		{
			if (one_node || bms_is_empty(nodes->on))
				nodes->on = rs_any_node(cluster, preferred);
			nodes->to = NULL;
		}
	}
	return result;
}

Bitmapset *
rs_stage_nodes_union(const RsStageNodes *nodes, int n)
{
	Bitmapset  *all = NULL;
	int			i;

	for (i = 0; i < n; i++)
		all = bms_add_members(bms_add_members(all, nodes[i].on), nodes[i].to);
	return all;
}

static bool
unknown_value(Node *node, EState *estate)
{
	if (node == NULL)
		return false;
	if (IsA(node, Param))
		return ((Param *) node)->paramkind != PARAM_EXTERN || estate->es_param_list_info == NULL;
	return expression_tree_walker(node, unknown_value, estate);
}

bool
rs_stage_values_known(List *values, EState *estate)
{
	ListCell   *lc;

	foreach(lc, values)
		if (unknown_value((Node *) ((ExprState *) lfirst(lc))->expr, estate))
			return false;
	return true;
}
