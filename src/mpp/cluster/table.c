/*
 * table.c
 *	  Tables whose rows are on the compute nodes.
 *
 * They are listed in redshift.distributed_table, at the leader.  A table made while the
 * cluster has nodes is one of them from the start; one that was there before stays the
 * leader's own until it is distributed.  What has been looked up is remembered until
 * the relation changes.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/indexing.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "mpp/cluster/node.h"
#include "mpp/cluster/table.h"
#include "redshift_ext.h"
#include "utils/fmgroids.h"
#include "utils/hsearch.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#define TABLES				"distributed_table"
#define TABLES_INDEX		"distributed_table_pkey"
#define Anum_relid			1

typedef struct Known
{
	Oid			relid;
	bool		distributed;
} Known;

static HTAB *known = NULL;

static void
forget(Datum arg, Oid relid)
{
	if (known == NULL)
		return;
	if (relid != InvalidOid)
		hash_search(known, &relid, HASH_REMOVE, NULL);
	else
	{
		hash_destroy(known);
		known = NULL;
	}
}

static Relation
open_catalog(LOCKMODE mode)
{
	return table_open(get_relname_relid(TABLES, get_namespace_oid(RS_SCHEMA, false)), mode);
}

static SysScanDesc
find(Relation catalog, Oid relid)
{
	ScanKeyData key;

	ScanKeyInit(&key, Anum_relid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(relid));
	return systable_beginscan(catalog, get_relname_relid(TABLES_INDEX, get_namespace_oid(RS_SCHEMA, false)),
							  true, NULL, 1, &key);
}

static bool
look_up(Oid relid)
{
	Relation	catalog = open_catalog(AccessShareLock);
	SysScanDesc scan = find(catalog, relid);
	bool		found = HeapTupleIsValid(systable_getnext(scan));

	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
	return found;
}

bool
rs_table_is_distributed(Oid relid)
{
	Known	   *entry;
	bool		distributed;

	if (!rs_is_leader() || relid < FirstNormalObjectId)
		return false;
	if (known != NULL && (entry = hash_search(known, &relid, HASH_FIND, NULL)) != NULL)
		return entry->distributed;
	distributed = look_up(relid);
	if (known == NULL)
	{
		HASHCTL		control = {.keysize = sizeof(Oid), .entrysize = sizeof(Known)};

		known = hash_create("redshift distributed tables", 64, &control, HASH_ELEM | HASH_BLOBS);
	}
	entry = hash_search(known, &relid, HASH_ENTER, NULL);
	entry->distributed = distributed;
	return distributed;
}

void
rs_table_set_distributed(Oid relid, bool distributed)
{
	Relation	catalog = open_catalog(RowExclusiveLock);
	SysScanDesc scan = find(catalog, relid);
	HeapTuple	tuple = systable_getnext(scan);
	Datum		values[1] = {ObjectIdGetDatum(relid)};
	bool		nulls[1] = {false};

	if (HeapTupleIsValid(tuple) && !distributed)
		CatalogTupleDelete(catalog, &tuple->t_self);
	else if (!HeapTupleIsValid(tuple) && distributed)
		CatalogTupleInsert(catalog, heap_form_tuple(RelationGetDescr(catalog), values, nulls));
	systable_endscan(scan);
	table_close(catalog, RowExclusiveLock);
	CommandCounterIncrement();
	if (SearchSysCacheExists1(RELOID, ObjectIdGetDatum(relid)))
		CacheInvalidateRelcacheByRelid(relid);
}

static RsDistStyle
own_spread(Oid relid, AttrNumber *key)
{
	Relation	rel = table_open(relid, NoLock);
	RsTableOptions *options = rs_options_get(rel);
	RsDistStyle style = options->diststyle;

	*key = options->distkey;
	table_close(rel, NoLock);
	return style == RS_DIST_AUTO ? RS_DIST_EVEN : style;
}

/*
 * The partitions that have rows, locked as the statement's target is.
 */
static List *
leaves(Oid relid)
{
	List	   *result = NIL;
	ListCell   *lc;

	foreach(lc, find_all_inheritors(relid, AccessShareLock, NULL))
		if (get_rel_relkind(lfirst_oid(lc)) != RELKIND_PARTITIONED_TABLE)
			result = lappend_oid(result, lfirst_oid(lc));
	return result;
}

bool
rs_table_any_distributed(Oid relid)
{
	ListCell   *lc;

	foreach(lc, find_all_inheritors(relid, NoLock, NULL))
		if (rs_table_is_distributed(lfirst_oid(lc)))
			return true;
	return false;
}

/*
 * *distributed, *local: has a partitioned table partitions on the nodes, and others?
 */
static void
look_at_leaves(Oid relid, bool *distributed, bool *local)
{
	ListCell   *lc;

	*distributed = *local = false;
	foreach(lc, leaves(relid))
		if (rs_table_is_distributed(lfirst_oid(lc)))
			*distributed = true;
		else
			*local = true;
}

bool
rs_table_target_is_distributed(Oid relid)
{
	bool		distributed;
	bool		local;

	if (!OidIsValid(relid) || !rs_is_leader() || get_rel_relkind(relid) != RELKIND_PARTITIONED_TABLE)
		return rs_table_is_distributed(relid);
	look_at_leaves(relid, &distributed, &local);
	return distributed && !local;
}

bool
rs_table_target_is_mixed(Oid relid)
{
	bool		distributed;
	bool		local;

	if (!OidIsValid(relid) || !rs_is_leader() || get_rel_relkind(relid) != RELKIND_PARTITIONED_TABLE)
		return false;
	look_at_leaves(relid, &distributed, &local);
	return distributed && local;
}

List *
rs_table_local_partitions(Oid relid)
{
	List	   *local = NIL;
	ListCell   *lc;

	foreach(lc, leaves(relid))
		if (!rs_table_is_distributed(lfirst_oid(lc)))
			local = lappend_oid(local, lfirst_oid(lc));
	return local;
}

/*
 * How rows of a table are dealt; *differs: not those of all its partitions in that way.
 */
static RsDistStyle
dealing(Oid relid, AttrNumber *key, bool *differs)
{
	RsDistStyle style = RS_DIST_EVEN;
	const char *name = NULL;
	int			everywhere = 0;
	int			others = 0;
	ListCell   *lc;

	*differs = false;
	if (get_rel_relkind(relid) != RELKIND_PARTITIONED_TABLE)
		return own_spread(relid, key);

	/* Columns of a partition may stand in another order: keys are compared by name. */
	foreach(lc, leaves(relid))
	{
		AttrNumber	leaf_key;
		RsDistStyle leaf_style = own_spread(lfirst_oid(lc), &leaf_key);

		if (!rs_table_is_distributed(lfirst_oid(lc)))
			continue;
		if (leaf_style == RS_DIST_KEY)
		{
			const char *leaf_name = get_attname(lfirst_oid(lc), leaf_key, false);

			*differs |= others > 0 && (name == NULL || strcmp(name, leaf_name) != 0);
			if (name != NULL && strcmp(name, leaf_name) != 0)
				ereport(ERROR,
						(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						 errmsg("partitions of \"%s\" have different distribution keys", get_rel_name(relid)),
						 errhint("Change its partitions one by one.")));
			name = leaf_name;
			style = RS_DIST_KEY;
		}
		else
			*differs |= name != NULL;
		everywhere += leaf_style == RS_DIST_ALL;
		others += leaf_style != RS_DIST_ALL;
	}
	if (everywhere > 0 && others > 0)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("only some partitions of \"%s\" are on all nodes", get_rel_name(relid)),
				 errhint("Change its partitions one by one.")));
	*key = style == RS_DIST_KEY ? get_attnum(relid, name) : 0;
	return everywhere > 0 ? RS_DIST_ALL : style;
}

RsDistStyle
rs_table_spread(Oid relid, AttrNumber *key)
{
	bool		differs;
	RsDistStyle style = dealing(relid, key, &differs);

	if (!differs)
		return style;
	*key = 0;
	return RS_DIST_EVEN;
}

RsDistStyle
rs_table_dealing(Oid relid, AttrNumber *key)
{
	bool		differs;

	return dealing(relid, key, &differs);
}

void
rs_table_init(void)
{
	CacheRegisterRelcacheCallback(forget, (Datum) 0);
}
