/*
 * resize.h
 *	  Slices move between compute nodes.
 */
#ifndef RS_RESIZE_H
#define RS_RESIZE_H

#include "mpp/cluster/node.h"
#include "mpp/session/connection.h"

/* Slices that go from one node to another. */
typedef struct RsMove
{
	int32		from;
	int32		to;
	char	   *slices;			/* "3,5" */
	bool		copied;			/* of the table in work */
} RsMove;

/* A table whose rows are in slices, locked. */
typedef struct RsResizeTable
{
	Oid			relid;
	char	   *name;
} RsResizeTable;

typedef struct RsResize
{
	int			nslices;
	int32	   *before;			/* node of each slice */
	int32	   *after;			/* of_slices, if not 0 */
	List	   *moves;
	int			nmoved;
	int			of_slices;		/* the cluster is to have so many, which the moves are of; 0: as it has */
	List	   *tables;
	List	   *nodes;			/* RsNode, copies, of all nodes */
	int32		leaves;			/* the node that is taken out, or 0 */
	List	   *connections;	/* of the session, by node */
} RsResize;

/*
 * resize_plan.c: look whether slices can be moved now, and keep others from it; connects
 * to SPI.  `after` is as `before`.
 */
extern void rs_resize_begin(RsResize *resize);

/*
 * Deal slices to nodes (ids) as evenly as can be, moving as few as can be: slice_nodes
 * says who has them and is changed.
 */
extern void rs_resize_deal(int32 *slice_nodes, int nslices, const int32 *nodes, int nnodes);

/* Deal all slices to all nodes but the one that leaves, in `after`. */
extern void rs_resize_deal_all(RsResize *resize);

/* Deal so many slices, instead of those that there are, to all nodes; rows of all go to all. */
extern void rs_resize_deal_anew(RsResize *resize, int nslices);

/* Set the moves, from `before` to `after`. */
extern void rs_resize_find_moves(RsResize *resize);

/* Do rows of a table go from node to node?  Or else at most other slices are dealt to groups. */
extern bool rs_resize_moves_rows(const RsResize *resize, Oid relid);

/*
 * resize_copy.c: have row groups copied, and the tables locked.
 */
extern void rs_resize_copy_and_lock(RsResize *resize);

/* Lock them on nodes; mode: as LOCK TABLE has it. */
extern void rs_resize_lock_on_nodes(const RsResize *resize, List *connections, const char *mode);

/*
 * One step of copying a table, which has been begun: the bytes that came, -1 if nothing was
 * left to do.  show: all that is missing, and it becomes visible.
 */
extern void rs_resize_begin_table(RsResize *resize);
extern int64 rs_resize_pull(RsResize *resize, List *connections, const char *name, int64 bytes, bool show);

extern RsConnection *rs_resize_connection(List *connections, int32 node);

#endif							/* RS_RESIZE_H */
