/*
 * node.c
 *	  The cluster as its catalogs describe it: redshift.cluster, node and slice.
 *
 * The leader's catalogs are the truth; every compute node has a copy, so that it
 * knows its slices and finds the other nodes.  They change with add_node(),
 * remove_node() and when slices move (membership.c), which send an invalidation of
 * the relation, and are read as a whole into the cache memory of a session.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "common/hashfn.h"
#include "core/schema.h"
#include "foreign/foreign.h"
#include "mpp/cluster/node.h"
#include "redshift_ext.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/syscache.h"
#include "utils/uuid.h"

/* Columns of redshift.cluster, node and slice. */
#define Anum_cluster_id			1
#define Anum_cluster_self		2
#define Anum_node_id			1
#define Anum_node_server		2
#define Anum_slice_slice		1
#define Anum_slice_node			2

static MemoryContext cache = NULL;
static RsCluster *cached = NULL;	/* in the cache; NULL: stands alone, if known */
static bool known = false;

typedef enum Catalog
{
	CATALOG_CLUSTER, CATALOG_NODE, CATALOG_SLICE, CATALOGS
} Catalog;

static const char *const catalog_names[CATALOGS] = {"cluster", "node", "slice"};
static Oid	catalog_oids[CATALOGS];	/* as last read; 0: there was none */

static void
forget(Datum arg, Oid relid)
{
	int			i;

	for (i = 0; i < CATALOGS; i++)
		if (relid == InvalidOid || catalog_oids[i] == InvalidOid || relid == catalog_oids[i])
			known = false;
}

static void
forget_servers(Datum arg, int cacheid, uint32 hash)
{
	known = false;
}

static Relation
open_catalog(Catalog catalog)
{
	Oid			schema = rs_extension_schema();
	Oid			oid = OidIsValid(schema) ? get_relname_relid(catalog_names[catalog], schema) : InvalidOid;

	catalog_oids[catalog] = oid;
	return OidIsValid(oid) ? table_open(oid, AccessShareLock) : NULL;
}

static Datum
column(HeapTuple tuple, int attno, Relation rel)
{
	bool		isnull;

	return heap_getattr(tuple, attno, RelationGetDescr(rel), &isnull);
}

/*
 * The rows of a catalog, one after the other, to a function.
 */
static void
read_catalog(Relation rel, RsCluster *cluster, void (*take) (RsCluster *, HeapTuple, Relation))
{
	SysScanDesc scan = systable_beginscan(rel, InvalidOid, false, NULL, 0, NULL);
	HeapTuple	tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
		take(cluster, tuple, rel);
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
}

static void
take_cluster(RsCluster *cluster, HeapTuple tuple, Relation rel)
{
	cluster->id = DatumGetCString(DirectFunctionCall1(uuid_out, column(tuple, Anum_cluster_id, rel)));
	cluster->self = DatumGetInt32(column(tuple, Anum_cluster_self, rel));
}

static void
take_node(RsCluster *cluster, HeapTuple tuple, Relation rel)
{
	RsNode	   *node = palloc(sizeof(RsNode));

	node->id = DatumGetInt32(column(tuple, Anum_node_id, rel));
	node->name = pstrdup(NameStr(*DatumGetName(column(tuple, Anum_node_server, rel))));
	node->server = get_foreign_server_oid(node->name, true);
	cluster->nodes = lappend(cluster->nodes, node);
}

static void
take_slice(RsCluster *cluster, HeapTuple tuple, Relation rel)
{
	int32		slice = DatumGetInt32(column(tuple, Anum_slice_slice, rel));
	int			i;

	if (slice < 0 || slice >= RS_MOST_SLICES)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("slice %d of the cluster is out of range", slice)));
	if (slice >= cluster->nslices)
	{
		Size		size = (slice + 1) * sizeof(int32);

		cluster->slice_nodes = cluster->slice_nodes == NULL ? palloc(size) : repalloc(cluster->slice_nodes, size);
		for (i = cluster->nslices; i < slice; i++)
			cluster->slice_nodes[i] = -1;
		cluster->nslices = slice + 1;
	}
	cluster->slice_nodes[slice] = DatumGetInt32(column(tuple, Anum_slice_node, rel));
}

static int
by_id(const ListCell *a, const ListCell *b)
{
	int32		first = ((const RsNode *) lfirst(a))->id;
	int32		second = ((const RsNode *) lfirst(b))->id;

	return first < second ? -1 : first > second;
}

static RsCluster *
read_cluster(void)
{
	Relation	rel = open_catalog(CATALOG_CLUSTER);
	RsCluster  *cluster;

	if (rel == NULL)
		return NULL;
	cluster = palloc0(sizeof(RsCluster));
	read_catalog(rel, cluster, take_cluster);
	if (cluster->id == NULL)
		return NULL;
	if ((rel = open_catalog(CATALOG_NODE)) != NULL)
		read_catalog(rel, cluster, take_node);
	if ((rel = open_catalog(CATALOG_SLICE)) != NULL)
		read_catalog(rel, cluster, take_slice);
	list_sort(cluster->nodes, by_id);
	cluster->slices_hash = hash_bytes((const unsigned char *) cluster->slice_nodes, cluster->nslices * sizeof(int32));
	return cluster;
}

const RsCluster *
rs_cluster(void)
{
	MemoryContext caller;

	if (known)
		return cached;
	if (!IsTransactionState())
		return NULL;
	if (cache == NULL)
		cache = AllocSetContextCreate(CacheMemoryContext, "redshift cluster", ALLOCSET_SMALL_SIZES);
	cached = NULL;
	MemoryContextReset(cache);
	caller = MemoryContextSwitchTo(cache);

	/* An invalidation that comes meanwhile unsets it again. */
	known = true;
	PG_TRY();
	{
		cached = read_cluster();
	}
	PG_CATCH();
	{
		known = false;
		PG_RE_THROW();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(caller);
	return cached;
}

bool
rs_is_leader(void)
{
	const RsCluster *cluster = rs_cluster();

	return cluster != NULL && cluster->self == RS_LEADER_NODE && cluster->nodes != NIL;
}

const RsNode *
rs_node(int32 id)
{
	const RsCluster *cluster = rs_cluster();
	ListCell   *lc;

	if (cluster != NULL)
		foreach(lc, cluster->nodes)
			if (((RsNode *) lfirst(lc))->id == id)
				return lfirst(lc);
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("there is no compute node %d", id)));
}

Oid
rs_cluster_catalog(void)
{
	(void) rs_cluster();
	return catalog_oids[CATALOG_CLUSTER];
}

Oid
rs_cluster_catalog_if_known(void)
{
	return catalog_oids[CATALOG_CLUSTER];
}

void
rs_node_init(void)
{
	CacheRegisterRelcacheCallback(forget, (Datum) 0);
	CacheRegisterSyscacheCallback(FOREIGNSERVEROID, forget_servers, (Datum) 0);
}
