/*
 * directory.c
 *	  redshift.row_group: reading and writing the directory.
 *
 * Ranges of row numbers never overlap, whatever version of a directory row
 * states them, so the row with the largest first_row not above a row number is
 * the only one that can hold it: look-ups need one step in the index.
 *
 * A snapshot is widened to see everything the own transaction wrote (see
 * src/storage/README.md, 'Own changes').  The directory may be written with any
 * command id for the same reason, and that is what lets a pending row be
 * replaced within the command that made it: each change takes the next of a
 * series of command ids counted here per transaction.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/index.h"
#include "catalog/namespace.h"
#include "miscadmin.h"
#include "nodes/execnodes.h"
#include "port/pg_crc32c.h"
#include "redshift_ext.h"
#include "storage/proc.h"
#include "storage/procarray.h"
#include "storage/delete_vector.h"
#include "storage/directory.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#define Anum_row_group_storage_id		1
#define Anum_row_group_group_id			2
#define Anum_row_group_slice			3
#define Anum_row_group_first_row		4
#define Anum_row_group_nrows			5
#define Anum_row_group_pending			6
#define Anum_row_group_sorted			7
#define Anum_row_group_filled			8
#define Anum_row_group_first_page		9
#define Anum_row_group_npages			10
#define Anum_row_group_footer_offset	11
#define Anum_row_group_footer_size		12
#define Anum_row_group_key_zone			13
#define Anum_row_group_rows				14
#define Anum_row_group_crc				15
#define Natts_row_group					15

/* Command ids of directory changes; see rs_catalog_next_cid(). */
static LocalTransactionId directory_lxid = InvalidLocalTransactionId;
static CommandId directory_cid = FirstCommandId;

/*
 * OID of one of our catalogs or their indexes.  Looked up by name each time:
 * two syscache hits, and never stale after DROP and CREATE EXTENSION.
 */
Oid
rs_catalog_oid(const char *name)
{
	Oid			schema = get_namespace_oid(RS_SCHEMA, false);
	Oid			oid = get_relname_relid(name, schema);

	if (!OidIsValid(oid))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("relation \"%s.%s\" does not exist", RS_SCHEMA, name),
				 errhint("The extension \"redshift_ext\" may be damaged; drop and create it.")));
	return oid;
}

/*
 * The snapshot to read our catalogs with: the given one, but with all of the
 * own transaction's changes visible.
 */
Snapshot
rs_catalog_snapshot(Snapshot snapshot, SnapshotData *copy)
{
	if (!IsMVCCSnapshot(snapshot))
		return snapshot;
	*copy = *snapshot;
	copy->curcid = InvalidCommandId;	/* the largest value */
	return copy;
}

/*
 * Command id for the next change of a directory row by this transaction: a row
 * written with one can be changed with the next.
 */
CommandId
rs_catalog_next_cid(void)
{
	if (MyProc->lxid != directory_lxid)
	{
		directory_lxid = MyProc->lxid;
		directory_cid = FirstCommandId;
	}
	/* Marks the transaction as one that has written. */
	(void) GetCurrentCommandId(true);
	return directory_cid++;
}

/*
 * CRC-32C over everything a directory row says.
 */
static pg_crc32c
group_crc(const RsRowGroup *group)
{
	uint64		fields[12];
	pg_crc32c	crc;

	fields[0] = group->storage_id;
	fields[1] = (uint64) group->group_id;
	fields[2] = (uint64) group->slice;
	fields[3] = group->first_row;
	fields[4] = group->nrows;
	fields[5] = group->pending;
	fields[6] = group->sorted;
	fields[7] = group->first_page;
	fields[8] = group->npages;
	fields[9] = group->footer_offset;
	fields[10] = group->footer_size;
	fields[11] = group->filled;
	INIT_CRC32C(crc);
	COMP_CRC32C(crc, fields, sizeof(fields));
	if (group->key_zone != NULL)
		COMP_CRC32C(crc, VARDATA_ANY(group->key_zone), VARSIZE_ANY_EXHDR(group->key_zone));
	if (group->rows != NULL)
		COMP_CRC32C(crc, VARDATA_ANY(group->rows), VARSIZE_ANY_EXHDR(group->rows));
	FIN_CRC32C(crc);
	return crc;
}

static void
group_from_tuple(HeapTuple tuple, TupleDesc desc, RsRowGroup *group)
{
	Datum		values[Natts_row_group];
	bool		nulls[Natts_row_group];

	heap_deform_tuple(tuple, desc, values, nulls);
	group->storage_id = (uint64) DatumGetInt64(values[Anum_row_group_storage_id - 1]);
	group->group_id = DatumGetInt64(values[Anum_row_group_group_id - 1]);
	group->slice = DatumGetInt32(values[Anum_row_group_slice - 1]);
	group->first_row = (uint64) DatumGetInt64(values[Anum_row_group_first_row - 1]);
	group->nrows = (uint32) DatumGetInt32(values[Anum_row_group_nrows - 1]);
	group->pending = DatumGetBool(values[Anum_row_group_pending - 1]);
	group->sorted = DatumGetBool(values[Anum_row_group_sorted - 1]);
	group->filled = DatumGetBool(values[Anum_row_group_filled - 1]);
	group->first_page = (BlockNumber) DatumGetInt64(values[Anum_row_group_first_page - 1]);
	group->npages = (uint32) DatumGetInt32(values[Anum_row_group_npages - 1]);
	group->footer_offset = (uint64) DatumGetInt64(values[Anum_row_group_footer_offset - 1]);
	group->footer_size = (uint32) DatumGetInt32(values[Anum_row_group_footer_size - 1]);
	group->key_zone = NULL;
	group->rows = NULL;
	if (!nulls[Anum_row_group_key_zone - 1])
		group->key_zone = DatumGetByteaPCopy(values[Anum_row_group_key_zone - 1]);
	if (!nulls[Anum_row_group_rows - 1])
		group->rows = DatumGetByteaPCopy(values[Anum_row_group_rows - 1]);
	group->xmin = HeapTupleHeaderGetXmin(tuple->t_data);
	group->tid = tuple->t_self;

	/* A group in no page must have its rows here; nothing else is readable. */
	if (group_crc(group) != (pg_crc32c) DatumGetInt32(values[Anum_row_group_crc - 1]) ||
		group->nrows > RS_GROUP_ROWS ||
		(!group->pending && group->nrows > 0 &&
		 group->first_page == InvalidBlockNumber && group->rows == NULL))
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("directory row of row group %lld is damaged",
						(long long) group->group_id)));
}

static HeapTuple
tuple_from_group(const RsRowGroup *group, TupleDesc desc)
{
	Datum		values[Natts_row_group];
	bool		nulls[Natts_row_group] = {false};

	values[Anum_row_group_storage_id - 1] = Int64GetDatum((int64) group->storage_id);
	values[Anum_row_group_group_id - 1] = Int64GetDatum(group->group_id);
	values[Anum_row_group_slice - 1] = Int32GetDatum(group->slice);
	values[Anum_row_group_first_row - 1] = Int64GetDatum((int64) group->first_row);
	values[Anum_row_group_nrows - 1] = Int32GetDatum((int32) group->nrows);
	values[Anum_row_group_pending - 1] = BoolGetDatum(group->pending);
	values[Anum_row_group_sorted - 1] = BoolGetDatum(group->sorted);
	values[Anum_row_group_filled - 1] = BoolGetDatum(group->filled);
	values[Anum_row_group_first_page - 1] = Int64GetDatum((int64) group->first_page);
	values[Anum_row_group_npages - 1] = Int32GetDatum((int32) group->npages);
	values[Anum_row_group_footer_offset - 1] = Int64GetDatum((int64) group->footer_offset);
	values[Anum_row_group_footer_size - 1] = Int32GetDatum((int32) group->footer_size);
	values[Anum_row_group_key_zone - 1] = PointerGetDatum(group->key_zone);
	nulls[Anum_row_group_key_zone - 1] = group->key_zone == NULL;
	values[Anum_row_group_rows - 1] = PointerGetDatum(group->rows);
	nulls[Anum_row_group_rows - 1] = group->rows == NULL;
	values[Anum_row_group_crc - 1] = Int32GetDatum((int32) group_crc(group));
	return heap_form_tuple(desc, values, nulls);
}

static List *
list_groups(uint64 storage_id, Snapshot snapshot, bool with_pending)
{
	List	   *groups = NIL;
	Relation	catalog;
	Relation	index;
	SysScanDesc scan;
	ScanKeyData key;
	HeapTuple	tuple;
	SnapshotData copy;

	if (storage_id == 0)
		return NIL;

	catalog = table_open(rs_catalog_oid("row_group"), AccessShareLock);
	index = index_open(rs_catalog_oid("row_group_row"), AccessShareLock);
	ScanKeyInit(&key, 1, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum((int64) storage_id));
	scan = systable_beginscan_ordered(catalog, index,
									  rs_catalog_snapshot(snapshot, &copy), 1, &key);
	while ((tuple = systable_getnext_ordered(scan, ForwardScanDirection)) != NULL)
	{
		RsRowGroup *group = palloc(sizeof(RsRowGroup));

		CHECK_FOR_INTERRUPTS();
		group_from_tuple(tuple, RelationGetDescr(catalog), group);
		if (with_pending || (!group->pending && group->nrows > 0))
			groups = lappend(groups, group);
	}
	systable_endscan_ordered(scan);
	index_close(index, AccessShareLock);
	table_close(catalog, AccessShareLock);
	return groups;
}

/*
 * All groups of the storage that the snapshot sees, by first_row.  A list of
 * RsRowGroup in the current context.
 */
List *
rs_directory_list(uint64 storage_id, Snapshot snapshot)
{
	return list_groups(storage_id, snapshot, false);
}

/*
 * All groups of all tables that the snapshot sees, in no order.
 */
void
rs_directory_scan(Snapshot snapshot, void (*each) (const RsRowGroup *group, void *arg), void *arg)
{
	Relation	catalog = table_open(rs_catalog_oid("row_group"), AccessShareLock);
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "row group", ALLOCSET_SMALL_SIZES);
	MemoryContext caller = CurrentMemoryContext;
	SnapshotData copy;
	SysScanDesc scan = systable_beginscan(catalog, InvalidOid, false, rs_catalog_snapshot(snapshot, &copy), 0, NULL);
	HeapTuple	tuple;

	while ((tuple = systable_getnext(scan)) != NULL)
	{
		RsRowGroup	group;

		CHECK_FOR_INTERRUPTS();
		MemoryContextReset(context);
		MemoryContextSwitchTo(context);
		group_from_tuple(tuple, RelationGetDescr(catalog), &group);
		MemoryContextSwitchTo(caller);
		if (!group.pending && group.nrows > 0)
			each(&group, arg);
	}
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
	MemoryContextDelete(context);
}

/*
 * Groups that have come from another node and wait to be shown, in the latest state.
 */
List *
rs_directory_list_arriving(uint64 storage_id)
{
	List	   *groups = list_groups(storage_id, SnapshotSelf, true);
	ListCell   *lc;

	foreach(lc, groups)
		if (!rs_group_arriving(lfirst(lc)))
			groups = foreach_delete_current(groups, lc);
	return groups;
}

/*
 * All groups that somebody may see or that are being written.
 */
List *
rs_directory_list_all(uint64 storage_id)
{
	Relation	catalog = table_open(rs_catalog_oid("row_group"), AccessShareLock);
	SnapshotData nonvacuumable;
	List	   *groups;

	InitNonVacuumableSnapshot(nonvacuumable, GlobalVisTestFor(catalog));
	groups = list_groups(storage_id, &nonvacuumable, true);
	table_close(catalog, AccessShareLock);
	return groups;
}

/*
 * The group that holds a row number, or a pending one that reserves it.  Under
 * a dirty snapshot, snapshot->xmin and xmax tell of transactions in progress.
 */
bool
rs_directory_find(uint64 storage_id, uint64 row, Snapshot snapshot, RsRowGroup *group)
{
	Relation	catalog;
	Relation	index;
	SysScanDesc scan;
	ScanKeyData keys[2];
	HeapTuple	tuple;
	SnapshotData copy;
	bool		found = false;

	if (storage_id == 0)
		return false;

	catalog = table_open(rs_catalog_oid("row_group"), AccessShareLock);
	index = index_open(rs_catalog_oid("row_group_row"), AccessShareLock);
	ScanKeyInit(&keys[0], 1, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum((int64) storage_id));
	ScanKeyInit(&keys[1], 4, BTLessEqualStrategyNumber, F_INT8LE, Int64GetDatum((int64) row));
	scan = systable_beginscan_ordered(catalog, index,
									  rs_catalog_snapshot(snapshot, &copy), 2, keys);
	/* Snapshots that see several versions of it: the written one is wanted. */
	while ((tuple = systable_getnext_ordered(scan, BackwardScanDirection)) != NULL)
	{
		RsRowGroup	version;

		group_from_tuple(tuple, RelationGetDescr(catalog), &version);
		if (row >= version.first_row + version.nrows)
		{
			/* An older version of a reservation may be shorter. */
			if (version.pending)
				continue;
			break;
		}
		*group = version;
		found = true;
		if (!version.pending || IsMVCCSnapshot(snapshot) ||
			snapshot->snapshot_type == SNAPSHOT_DIRTY)
			break;
	}
	systable_endscan_ordered(scan);
	index_close(index, AccessShareLock);
	table_close(catalog, AccessShareLock);
	return found;
}

/*
 * Tuples of a catalog for the storage that a snapshot of this kind returns; and
 * whether some of them are newer than every running snapshot.
 */
static int
count_tuples(const char *name, const char *index_name, uint64 storage_id, bool all,
			 bool *any_new)
{
	Relation	catalog = table_open(rs_catalog_oid(name), AccessShareLock);
	TransactionId horizon = GetOldestNonRemovableTransactionId(catalog);
	SnapshotData nonvacuumable;
	SysScanDesc scan;
	ScanKeyData key;
	HeapTuple	tuple;
	int			n = 0;

	InitNonVacuumableSnapshot(nonvacuumable, GlobalVisTestFor(catalog));
	ScanKeyInit(&key, 1, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum((int64) storage_id));
	scan = systable_beginscan(catalog, rs_catalog_oid(index_name), true,
							  all ? &nonvacuumable : SnapshotSelf, 1, &key);
	while ((tuple = systable_getnext(scan)) != NULL)
	{
		CHECK_FOR_INTERRUPTS();
		n++;
		if (!TransactionIdPrecedes(HeapTupleHeaderGetXmin(tuple->t_data), horizon))
			*any_new = true;
	}
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
	return n;
}

/*
 * May an older snapshot see rows of the storage that the latest state no longer
 * has?  Called with writers locked out.
 */
bool
rs_directory_recently_dead(uint64 storage_id)
{
	bool		new_group = false;
	bool		new_delete = false;

	if (storage_id == 0)
		return false;
	if (count_tuples("delete_vector", "delete_vector_group", storage_id, false, &new_delete) > 0 &&
		new_delete)
		return true;
	return count_tuples("row_group", "row_group_row", storage_id, true, &new_group) >
		count_tuples("row_group", "row_group_row", storage_id, false, &new_group);
}

/*
 * Insert a catalog tuple's entry into the catalog's one index.
 */
void
rs_catalog_index_insert(Relation catalog, const char *index_name, HeapTuple tuple)
{
	Relation	index = index_open(rs_catalog_oid(index_name), RowExclusiveLock);
	IndexInfo  *info = BuildIndexInfo(index);
	Datum		values[INDEX_MAX_KEYS];
	bool		nulls[INDEX_MAX_KEYS];
	int			i;

	for (i = 0; i < info->ii_NumIndexAttrs; i++)
		values[i] = heap_getattr(tuple, info->ii_IndexAttrNumbers[i],
								 RelationGetDescr(catalog), &nulls[i]);
	index_insert(index, values, nulls, &tuple->t_self, catalog,
				 info->ii_Unique ? UNIQUE_CHECK_YES : UNIQUE_CHECK_NO, false, info);
	pfree(info);
	index_close(index, RowExclusiveLock);
}

/*
 * Add a group; sets its tid and xmin.
 */
void
rs_directory_insert(RsRowGroup *group)
{
	Relation	catalog = table_open(rs_catalog_oid("row_group"), RowExclusiveLock);
	HeapTuple	tuple = tuple_from_group(group, RelationGetDescr(catalog));

	heap_insert(catalog, tuple, rs_catalog_next_cid(), 0, NULL);
	rs_catalog_index_insert(catalog, "row_group_row", tuple);
	group->tid = tuple->t_self;
	group->xmin = GetCurrentTransactionId();
	heap_freetuple(tuple);
	table_close(catalog, RowExclusiveLock);
}

/*
 * What heap said about a change of one of our catalogs' rows.
 */
static void
check_changed(TM_Result result, Relation catalog)
{
	if (result == TM_Ok)
		return;
	if (result == TM_Updated || result == TM_Deleted)
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("could not serialize access due to concurrent maintenance")));
	elog(ERROR, "unexpected result %d of changing a row of \"%s\"",
		 (int) result, RelationGetRelationName(catalog));
}

/*
 * Replace the directory row group->tid by what group says now; sets the new tid.
 */
void
rs_directory_update(RsRowGroup *group)
{
	Relation	catalog = table_open(rs_catalog_oid("row_group"), RowExclusiveLock);
	HeapTuple	tuple = tuple_from_group(group, RelationGetDescr(catalog));
	TM_FailureData tmfd;
	LockTupleMode lockmode;

	check_changed(heap_update(catalog, &group->tid, tuple, rs_catalog_next_cid(),
							  InvalidSnapshot, true, &tmfd, &lockmode),
				  catalog);
	if (!HeapTupleIsHeapOnly(tuple))
		rs_catalog_index_insert(catalog, "row_group_row", tuple);
	group->tid = tuple->t_self;
	group->xmin = GetCurrentTransactionId();
	heap_freetuple(tuple);
	table_close(catalog, RowExclusiveLock);
}

/*
 * Transactions end, and empty temporary tables, without a snapshot, but heap wants
 * one whenever a catalog changes.  True: PopActiveSnapshot() is to follow.
 */
bool
rs_catalog_push_snapshot(void)
{
	if (HaveRegisteredOrActiveSnapshot())
		return false;
	PushActiveSnapshot(GetTransactionSnapshot());
	return true;
}

/*
 * Delete a catalog row; a row that another transaction removed meanwhile is a
 * serialization failure.
 */
void
rs_catalog_delete(Relation catalog, ItemPointer tid)
{
	TM_FailureData tmfd;

	check_changed(heap_delete(catalog, tid, rs_catalog_next_cid(), InvalidSnapshot,
							  true, &tmfd, false),
				  catalog);
}

void
rs_directory_delete(const RsRowGroup *group)
{
	Relation	catalog = table_open(rs_catalog_oid("row_group"), RowExclusiveLock);
	ItemPointerData tid = group->tid;

	rs_catalog_delete(catalog, &tid);
	table_close(catalog, RowExclusiveLock);
}

/*
 * Delete the rows of one of our catalogs for a storage id, and there for one
 * group (group_id >= 0), as the latest state shows them.
 */
void
rs_catalog_delete_matching(const char *name, const char *index_name,
						   uint64 storage_id, int64 group_id)
{
	Relation	catalog = table_open(rs_catalog_oid(name), RowExclusiveLock);
	Oid			index = rs_catalog_oid(index_name);
	SysScanDesc scan;
	ScanKeyData keys[2];
	HeapTuple	tuple;

	ScanKeyInit(&keys[0], 1, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum((int64) storage_id));
	ScanKeyInit(&keys[1], 2, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(group_id));
	scan = systable_beginscan(catalog, index, true, SnapshotSelf, group_id >= 0 ? 2 : 1, keys);
	while ((tuple = systable_getnext(scan)) != NULL)
	{
		CHECK_FOR_INTERRUPTS();
		rs_catalog_delete(catalog, &tuple->t_self);
	}
	systable_endscan(scan);
	table_close(catalog, RowExclusiveLock);
}

/*
 * Forget every group and every delete vector of a storage.
 */
void
rs_directory_delete_storage(uint64 storage_id)
{
	bool		pushed;

	if (storage_id == 0)
		return;
	pushed = rs_catalog_push_snapshot();
	rs_catalog_delete_matching("row_group", "row_group_row", storage_id, -1);
	rs_delete_vector_drop_storage(storage_id);
	if (pushed)
		PopActiveSnapshot();
}
