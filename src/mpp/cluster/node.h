/*
 * node.h
 *	  The cluster: its compute nodes and which of them has which slice.
 */
#ifndef RS_NODE_H
#define RS_NODE_H

#include "nodes/pg_list.h"

#define RS_MOST_SLICES		65536
#define RS_LEADER_NODE		0	/* node id of the leader */

typedef struct RsNode
{
	int32		id;
	Oid			server;			/* of pg_foreign_server */
	char	   *name;			/* of the server */
} RsNode;

typedef struct RsCluster
{
	char	   *id;				/* the same on all servers; no two clusters have it */
	int32		self;			/* this server's node id */
	int			nslices;
	int32	   *slice_nodes;	/* node id by slice */
	uint32		slices_hash;	/* of these: tells whether they have changed */
	List	   *nodes;			/* RsNode *, by id */
} RsCluster;

/*
 * The cluster that this server belongs to, or NULL if it stands alone.  Valid until
 * the next look into a catalog: copy what is to outlive that.
 */
extern const RsCluster *rs_cluster(void);

/* Is this server the leader of a cluster with compute nodes? */
extern bool rs_is_leader(void);

/* A node of the cluster; an error if there is none. */
extern const RsNode *rs_node(int32 id);

/* OID of redshift.cluster, whose lock stands for the cluster as a whole. */
extern Oid rs_cluster_catalog(void);

/* The same as last read, without reading it; InvalidOid: not yet, or there was none. */
extern Oid rs_cluster_catalog_if_known(void);

extern void rs_node_init(void);

#endif							/* RS_NODE_H */
