/*
 * slices.c
 *	  The slices of tables' rows on a compute node: what storage asks for when it writes.
 *
 * A node knows the cluster's slices and its own, and the distribution of a table by the
 * table's options.  What was found out is remembered until the table or the cluster
 * changes.
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/pg_class.h"
#include "fmgr.h"
#include "mpp/cluster/distribution.h"
#include "mpp/cluster/node.h"
#include "mpp/cluster/slices.h"
#include "storage/options.h"
#include "storage/slicing.h"
#include "utils/hsearch.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/rel.h"

typedef struct Slicing
{
	RsSlicing	pub;
	RsDistribution *distribution;
} Slicing;

typedef struct Known
{
	Oid			relid;
	bool		valid;
	MemoryContext context;
	Slicing    *slicing;		/* NULL: slice 0 */
} Known;

static HTAB *known = NULL;

/*
 * Only marks: what is in use stays where it is until it is asked for again.
 */
static void
forget(Datum arg, Oid relid)
{
	HASH_SEQ_STATUS status;
	Known	   *entry;

	if (known == NULL)
		return;
	if (relid != InvalidOid && relid != rs_cluster_catalog_if_known())
	{
		if ((entry = hash_search(known, &relid, HASH_FIND, NULL)) != NULL)
			entry->valid = false;
		return;
	}
	hash_seq_init(&status, known);
	while ((entry = hash_seq_search(&status)) != NULL)
		entry->valid = false;
}

static int32
slice_of(const RsSlicing *slicing, Datum key, bool isnull)
{
	return rs_distribution_slice(((const Slicing *) slicing)->distribution, &key, &isnull);
}

static Slicing *
find_out(Relation rel)
{
	const RsCluster *cluster = rs_cluster();
	RsTableOptions *options = rs_options_get(rel);
	Slicing    *slicing;
	int			i;

	if (options->diststyle == RS_DIST_ALL)
		return NULL;
	slicing = palloc0(sizeof(Slicing));
	slicing->pub.total = cluster->nslices;
	slicing->pub.slices = palloc(Max(cluster->nslices, 1) * sizeof(int32));
	for (i = 0; i < cluster->nslices; i++)
		if (cluster->slice_nodes[i] == cluster->self)
			slicing->pub.slices[slicing->pub.nslices++] = i;
	if (options->diststyle == RS_DIST_KEY)
	{
		Form_pg_attribute key = TupleDescAttr(RelationGetDescr(rel), options->distkey - 1);

		slicing->pub.key = options->distkey;
		slicing->pub.slice_of = slice_of;
		slicing->distribution = rs_distribution_create(1, &key->atttypid, &key->attcollation, cluster->nslices);
	}
	return slicing;
}

static const RsSlicing *
slicing_of(Relation rel)
{
	const RsCluster *cluster = rs_cluster();
	Oid			relid = RelationGetRelid(rel);
	MemoryContext caller;
	Known	   *entry;
	bool		found;

	if (cluster == NULL || cluster->self == RS_LEADER_NODE || cluster->nslices == 0 ||
		rel->rd_rel->relpersistence == RELPERSISTENCE_TEMP)
		return NULL;
	if (known == NULL)
	{
		HASHCTL		control = {.keysize = sizeof(Oid), .entrysize = sizeof(Known)};

		known = hash_create("redshift slices of tables", 64, &control, HASH_ELEM | HASH_BLOBS);
	}
	entry = hash_search(known, &relid, HASH_ENTER, &found);
	if (!found)
	{
		entry->valid = false;
		entry->context = NULL;
	}
	if (entry->valid)
		return entry->slicing == NULL ? NULL : &entry->slicing->pub;
	if (entry->context == NULL)
		entry->context = AllocSetContextCreate(CacheMemoryContext, "redshift slices", ALLOCSET_SMALL_SIZES);
	MemoryContextReset(entry->context);
	caller = MemoryContextSwitchTo(entry->context);
	entry->slicing = find_out(rel);
	entry->valid = true;
	MemoryContextSwitchTo(caller);
	return entry->slicing == NULL ? NULL : &entry->slicing->pub;
}

void
rs_slices_init(void)
{
	rs_slicing = slicing_of;
	rs_slicing_possible = rs_distribution_possible;
	CacheRegisterRelcacheCallback(forget, (Datum) 0);
}
