/*
 * resize_plan.c
 *	  Which slice is to go from which compute node to which.
 *
 * It follows from the catalogs alone, always in the same way: so whoever begins anew after
 * a failure finds that row groups have been copied already to where they are to go.
 */
#include "postgres.h"

#include "access/xact.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "mpp/resize/resize.h"
#include "storage/lmgr.h"

static int
place_of(const int32 *nodes, int nnodes, int32 node)
{
	int			i;

	for (i = 0; i < nnodes; i++)
		if (nodes[i] == node)
			return i;
	return -1;
}

/*
 * Nodes that have most keep one more, if slices do not come out even.
 */
void
rs_resize_deal(int32 *slice_nodes, int nslices, const int32 *nodes, int nnodes)
{
	int		   *has = palloc0(nnodes * sizeof(int));
	int		   *share = palloc(nnodes * sizeof(int));
	int			extra = nslices % nnodes;
	int			i;
	int			s;

	for (s = 0; s < nslices; s++)
		if ((i = place_of(nodes, nnodes, slice_nodes[s])) >= 0)
			has[i]++;
	for (i = 0; i < nnodes; i++)
		share[i] = nslices / nnodes;
	for (; extra > 0; extra--)
	{
		int			most = -1;

		for (i = 0; i < nnodes; i++)
			if (share[i] == nslices / nnodes && (most < 0 || has[i] > has[most]))
				most = i;
		share[most]++;
	}

	/* Whatever is more than a node's share goes to the first that has less. */
	for (s = nslices - 1; s >= 0; s--)
	{
		int			from = place_of(nodes, nnodes, slice_nodes[s]);
		int			to = 0;

		if (from >= 0 && has[from] <= share[from])
			continue;
		while (has[to] >= share[to])
			to++;
		if (from >= 0)
			has[from]--;
		has[to]++;
		slice_nodes[s] = nodes[to];
	}
	pfree(has);
	pfree(share);
}

static void
add_to_move(RsResize *resize, int32 from, int32 to, int slice)
{
	RsMove	   *move;
	ListCell   *lc;

	foreach(lc, resize->moves)
	{
		move = lfirst(lc);
		if (move->from == from && move->to == to)
		{
			move->slices = psprintf("%s,%d", move->slices, slice);
			return;
		}
	}
	move = palloc0(sizeof(RsMove));
	move->from = from;
	move->to = to;
	move->slices = psprintf("%d", slice);
	resize->moves = lappend(resize->moves, move);
}

/*
 * What is to move, by pairs of nodes.  A node that leaves gives away whatever it has, also
 * rows that somebody has put there by hand and that belong elsewhere.
 */
void
rs_resize_find_moves(RsResize *resize)
{
	int			s;

	for (s = 0; s < resize->nslices; s++)
	{
		if (resize->before[s] != resize->after[s])
		{
			add_to_move(resize, resize->before[s], resize->after[s], s);
			resize->nmoved++;
		}
		if (resize->leaves != 0 && resize->before[s] != resize->leaves)
			add_to_move(resize, resize->leaves, resize->after[s], s);
	}
}

void
rs_resize_begin(RsResize *resize)
{
	const RsCluster *cluster;
	ListCell   *lc;

	if (!superuser())
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("must be superuser to move slices")));
	if (IsTransactionBlock() || IsSubTransaction())
		ereport(ERROR,
				(errcode(ERRCODE_ACTIVE_SQL_TRANSACTION),
				 errmsg("slices cannot be moved inside a transaction block")));
	LockRelationOid(rs_cluster_catalog(), ShareUpdateExclusiveLock);
	if (!rs_is_leader())
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("this server has no compute nodes"),
				 errhint("Slices are moved at the leader of a cluster.")));
	cluster = rs_cluster();
	memset(resize, 0, sizeof(RsResize));
	resize->nslices = cluster->nslices;
	resize->before = palloc(cluster->nslices * sizeof(int32));
	resize->after = palloc(cluster->nslices * sizeof(int32));
	memcpy(resize->before, cluster->slice_nodes, cluster->nslices * sizeof(int32));
	memcpy(resize->after, cluster->slice_nodes, cluster->nslices * sizeof(int32));
	foreach(lc, cluster->nodes)
	{
		RsNode	   *node = palloc(sizeof(RsNode));

		*node = *(RsNode *) lfirst(lc);
		node->name = pstrdup(node->name);
		resize->nodes = lappend(resize->nodes, node);
	}
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
}

void
rs_resize_deal_all(RsResize *resize)
{
	int32	   *nodes = palloc(list_length(resize->nodes) * sizeof(int32));
	int			n = 0;
	ListCell   *lc;

	foreach(lc, resize->nodes)
		if (((RsNode *) lfirst(lc))->id != resize->leaves)
			nodes[n++] = ((RsNode *) lfirst(lc))->id;
	rs_resize_deal(resize->after, resize->nslices, nodes, n);
	rs_resize_find_moves(resize);
}

void
rs_resize_deal_anew(RsResize *resize, int nslices)
{
	int32	   *nodes = palloc(list_length(resize->nodes) * sizeof(int32));
	ListCell   *lc;
	int			s;

	resize->of_slices = nslices;
	resize->nmoved = nslices;
	resize->after = palloc(nslices * sizeof(int32));
	for (s = 0; s < nslices; s++)
		resize->after[s] = s < resize->nslices ? resize->before[s] : -1;
	foreach(lc, resize->nodes)
		nodes[foreach_current_index(lc)] = ((RsNode *) lfirst(lc))->id;
	rs_resize_deal(resize->after, nslices, nodes, list_length(resize->nodes));
	foreach(lc, resize->nodes)
		for (s = 0; s < nslices; s++)
			add_to_move(resize, ((RsNode *) lfirst(lc))->id, resize->after[s], s);
}
