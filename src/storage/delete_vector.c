/*
 * delete_vector.c
 *	  Deleted rows: redshift.delete_vector and this transaction's own deletes.
 *
 * Own deletes are collected in memory, one set for each command that deletes
 * rows of a group, and written to the catalog at the end of the transaction,
 * before a utility command or a parallel scan, or when they take much memory.
 * The sets stay in memory to the end of the transaction all the same, since
 * only they know which command deleted which row: what a snapshot of this
 * transaction sees deleted is
 *
 *		catalog rows (all own ones visible)  +  own sets  -  own sets of commands
 *		the snapshot does not see.
 *
 * A row is deleted once, so the subtraction never brings back a row that
 * another transaction deleted.
 *
 * LOCKING.  Whoever adds a delete holds the row group's lock, to the end of the
 * transaction; so the catalog rows of one group are written by one transaction
 * at a time.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "miscadmin.h"
#include "port/pg_bitutils.h"
#include "port/pg_crc32c.h"
#include "storage/delete_blob.h"
#include "storage/delete_vector.h"
#include "storage/directory.h"
#include "utils/fmgroids.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#define Anum_delete_vector_storage_id	1
#define Anum_delete_vector_group_id		2
#define Anum_delete_vector_part			3
#define Anum_delete_vector_ndeleted		4
#define Anum_delete_vector_killed		5
#define Anum_delete_vector_rows			6
#define Anum_delete_vector_moved		7
#define Natts_delete_vector				7

/* Positions kept as a list until they are this many, then as a bitmap. */
#define RS_OWN_LIST_MAX		4096

/* Own sets not yet in the catalog are written out when they hold so many rows. */
#define RS_OWN_PENDING_MAX	(4 * 1024 * 1024)

/* What one command deleted of one group. */
typedef struct OwnSet
{
	CommandId	cid;
	CommandId	newest_cid;		/* at least that of this and all older sets */
	SubTransactionId subid;		/* owner; moves to the parent at its commit */
	SubTransactionId written_by;	/* wrote it to the catalog; 0: pending */
	bool		killed;
	uint32		n;
	uint32		capacity;
	uint32	   *list;			/* positions, or NULL: see bitmap */
	uint64	   *bitmap;
	uint32		nmoved;
	uint32		moved_capacity;
	RsMovedRow *moved;
	struct OwnSet *older;
} OwnSet;

typedef struct OwnGroup
{
	uint64		storage_id;		/* hash key: storage_id, group_id */
	int64		group_id;
	OwnSet	   *newest;			/* sets as they were made, newest first */
	RsDeleteSet *all;			/* union of the sets */
} OwnGroup;

static HTAB *own_groups = NULL;
static MemoryContext own_context = NULL;
static uint64 own_pending = 0;	/* rows in sets not yet in the catalog */

/* A catalog row, with its blobs still as bytes. */
typedef struct CatalogRow
{
	uint32		part;
	uint32		ndeleted;
	bool		killed;
	bytea	   *rows;
	bytea	   *moved;
	TransactionId xmin;
	ItemPointerData tid;
} CatalogRow;

typedef struct CatalogScan
{
	Relation	catalog;
	SysScanDesc scan;
	SnapshotData copy;
} CatalogScan;

static void
catalog_scan_begin(CatalogScan *cs, uint64 storage_id, int64 group_id, Snapshot snapshot)
{
	ScanKeyData keys[2];

	cs->catalog = table_open(rs_catalog_oid("delete_vector"), AccessShareLock);
	ScanKeyInit(&keys[0], Anum_delete_vector_storage_id, BTEqualStrategyNumber,
				F_INT8EQ, Int64GetDatum((int64) storage_id));
	ScanKeyInit(&keys[1], Anum_delete_vector_group_id, BTEqualStrategyNumber,
				F_INT8EQ, Int64GetDatum(group_id));
	cs->scan = systable_beginscan(cs->catalog, rs_catalog_oid("delete_vector_group"), true,
								  rs_catalog_snapshot(snapshot, &cs->copy), 2, keys);
}

static bool
catalog_scan_next(CatalogScan *cs, CatalogRow *row)
{
	Datum		values[Natts_delete_vector];
	bool		nulls[Natts_delete_vector];
	HeapTuple	tuple = systable_getnext(cs->scan);

	CHECK_FOR_INTERRUPTS();
	if (tuple == NULL)
		return false;
	heap_deform_tuple(tuple, RelationGetDescr(cs->catalog), values, nulls);
	row->part = (uint32) DatumGetInt32(values[Anum_delete_vector_part - 1]);
	row->ndeleted = (uint32) DatumGetInt32(values[Anum_delete_vector_ndeleted - 1]);
	row->killed = DatumGetBool(values[Anum_delete_vector_killed - 1]);
	row->rows = nulls[Anum_delete_vector_rows - 1] ? NULL :
		DatumGetByteaPP(values[Anum_delete_vector_rows - 1]);
	row->moved = nulls[Anum_delete_vector_moved - 1] ? NULL :
		DatumGetByteaPP(values[Anum_delete_vector_moved - 1]);
	row->xmin = HeapTupleHeaderGetXmin(tuple->t_data);
	row->tid = tuple->t_self;
	if (row->part >= RS_GROUP_ROWS / RS_DELETE_PART_ROWS)
		rs_delete_blob_corrupt(DatumGetInt64(values[Anum_delete_vector_group_id - 1]));
	return true;
}

static void
catalog_scan_end(CatalogScan *cs)
{
	systable_endscan(cs->scan);
	table_close(cs->catalog, AccessShareLock);
}

static void
catalog_insert(Relation catalog, uint64 storage_id, int64 group_id, uint32 part,
			   uint32 ndeleted, bool killed, bytea *rows, bytea *moved)
{
	Datum		values[Natts_delete_vector];
	bool		nulls[Natts_delete_vector] = {false};
	HeapTuple	tuple;

	values[Anum_delete_vector_storage_id - 1] = Int64GetDatum((int64) storage_id);
	values[Anum_delete_vector_group_id - 1] = Int64GetDatum(group_id);
	values[Anum_delete_vector_part - 1] = Int32GetDatum((int32) part);
	values[Anum_delete_vector_ndeleted - 1] = Int32GetDatum((int32) ndeleted);
	values[Anum_delete_vector_killed - 1] = BoolGetDatum(killed);
	values[Anum_delete_vector_rows - 1] = PointerGetDatum(rows);
	nulls[Anum_delete_vector_rows - 1] = rows == NULL;
	values[Anum_delete_vector_moved - 1] = PointerGetDatum(moved);
	nulls[Anum_delete_vector_moved - 1] = moved == NULL;
	tuple = heap_form_tuple(RelationGetDescr(catalog), values, nulls);
	heap_insert(catalog, tuple, rs_catalog_next_cid(), 0, NULL);
	rs_catalog_index_insert(catalog, "delete_vector_group", tuple);
	heap_freetuple(tuple);
}

static OwnGroup *
own_group_find(uint64 storage_id, int64 group_id, bool create)
{
	uint64		key[2];
	OwnGroup   *group;
	bool		found;

	if (own_groups == NULL)
	{
		HASHCTL		ctl = {0};

		if (!create)
			return NULL;
		own_context = AllocSetContextCreate(TopTransactionContext, "redshift own deletes",
											ALLOCSET_DEFAULT_SIZES);
		ctl.keysize = sizeof(key);
		ctl.entrysize = sizeof(OwnGroup);
		ctl.hcxt = own_context;
		own_groups = hash_create("redshift own deletes", 32, &ctl,
								 HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	}
	key[0] = storage_id;
	key[1] = (uint64) group_id;
	group = hash_search(own_groups, key, create ? HASH_ENTER : HASH_FIND, &found);
	if (create && !found)
	{
		group->newest = NULL;
		group->all = MemoryContextAllocZero(own_context, sizeof(RsDeleteSet));
	}
	return group;
}

static bool
own_set_has(const OwnSet *set, uint32 pos)
{
	uint32		i;

	if (set->bitmap != NULL)
		return (set->bitmap[pos / 64] >> (pos % 64)) & 1;
	for (i = 0; i < set->n; i++)
		if (set->list[i] == pos)
			return true;
	return false;
}

/*
 * Set or clear the set's rows in a delete set; a bit that already stands as
 * wanted is not counted twice.
 */
static void
own_set_apply(const OwnSet *set, bool clear, RsDeleteSet *to)
{
	uint32		i;

	for (i = 0; i < (set->bitmap != NULL ? RS_DELETE_WORDS : set->n); i++)
	{
		uint32		word = set->bitmap != NULL ? i : set->list[i] / 64;
		uint64		bits = set->bitmap != NULL ? set->bitmap[i] :
			UINT64CONST(1) << (set->list[i] % 64);

		if (clear)
		{
			to->ndeleted -= pg_popcount64(to->words[word] & bits);
			to->words[word] &= ~bits;
		}
		else
		{
			to->ndeleted += pg_popcount64(bits & ~to->words[word]);
			to->words[word] |= bits;
		}
	}
}

static void
own_set_insert(OwnSet *set, uint32 pos)
{
	if (set->bitmap == NULL && set->n == RS_OWN_LIST_MAX)
	{
		uint32		i;

		set->bitmap = MemoryContextAllocZero(own_context, RS_DELETE_WORDS * sizeof(uint64));
		for (i = 0; i < set->n; i++)
			set->bitmap[set->list[i] / 64] |= UINT64CONST(1) << (set->list[i] % 64);
		pfree(set->list);
		set->list = NULL;
	}
	if (set->bitmap != NULL)
		set->bitmap[pos / 64] |= UINT64CONST(1) << (pos % 64);
	else
	{
		if (set->list == NULL)
		{
			set->capacity = 4;
			set->list = MemoryContextAlloc(own_context, set->capacity * sizeof(uint32));
		}
		else if (set->n == set->capacity)
		{
			set->capacity *= 2;
			set->list = repalloc(set->list, set->capacity * sizeof(uint32));
		}
		set->list[set->n] = pos;
	}
	set->n++;
}

/*
 * Record a delete by command cid: the caller holds the group's lock and knows
 * that the row is not deleted.  moved_to: row number of the new version, 0 for
 * none.  killed: a failed speculative insertion, written at once because other
 * backends must not wait for it.
 */
void
rs_delete_vector_add(uint64 storage_id, int64 group_id, uint32 pos, CommandId cid,
					 uint64 moved_to, bool killed)
{
	OwnGroup   *group = own_group_find(storage_id, group_id, true);
	SubTransactionId subid = GetCurrentSubTransactionId();
	OwnSet	   *set = group->newest;

	if (set == NULL || set->cid != cid || set->subid != subid || set->written_by != 0 ||
		set->killed != killed)
	{
		set = MemoryContextAllocZero(own_context, sizeof(OwnSet));
		set->cid = cid;
		set->subid = subid;
		set->killed = killed;
		/* A function called by a command deletes with a higher id than it. */
		set->newest_cid = group->newest == NULL ? cid : Max(cid, group->newest->newest_cid);
		set->older = group->newest;
		group->newest = set;
	}
	own_set_insert(set, pos);
	group->all->words[pos / 64] |= UINT64CONST(1) << (pos % 64);
	group->all->ndeleted++;
	own_pending++;

	if (moved_to != 0)
	{
		if (set->nmoved == set->moved_capacity)
		{
			set->moved_capacity = Max(4, 2 * set->moved_capacity);
			set->moved = set->moved == NULL ?
				MemoryContextAlloc(own_context, set->moved_capacity * sizeof(RsMovedRow)) :
				repalloc_huge(set->moved, set->moved_capacity * sizeof(RsMovedRow));
		}
		set->moved[set->nmoved].pos = pos;
		set->moved[set->nmoved].row = moved_to;
		set->nmoved++;
	}
	if (killed || own_pending > RS_OWN_PENDING_MAX)
		rs_delete_vector_flush_all();
}

bool
rs_delete_vector_own(uint64 storage_id, int64 group_id, uint32 pos, CommandId *cid)
{
	OwnGroup   *group = own_group_find(storage_id, group_id, false);
	OwnSet	   *set;

	if (group == NULL || !rs_deleted(group->all, pos))
		return false;
	for (set = group->newest; set != NULL; set = set->older)
		if (own_set_has(set, pos))
		{
			*cid = set->cid;
			return true;
		}
	elog(ERROR, "own delete of row %u of row group %lld lost", pos, (long long) group_id);
	return false;
}

/*
 * Rows of the group deleted for the snapshot: true and the set filled, or false
 * if there are none.
 */
bool
rs_delete_vector_load(uint64 storage_id, int64 group_id, Snapshot snapshot, RsDeleteSet *set)
{
	OwnGroup   *own = own_group_find(storage_id, group_id, false);
	CatalogScan cs;
	CatalogRow	row;
	bool		any = false;

	catalog_scan_begin(&cs, storage_id, group_id, snapshot);
	while (catalog_scan_next(&cs, &row))
	{
		if (!any)
			memset(set, 0, sizeof(RsDeleteSet));
		any = true;
		rs_delete_blob_apply(group_id, row.part, row.ndeleted, row.rows, set);
	}
	catalog_scan_end(&cs);

	if (own != NULL)
	{
		OwnSet	   *os;

		if (!any)
			*set = *own->all;
		else
		{
			uint32		i;

			set->ndeleted = 0;
			for (i = 0; i < RS_DELETE_WORDS; i++)
			{
				set->words[i] |= own->all->words[i];
				set->ndeleted += pg_popcount64(set->words[i]);
			}
		}
		if (IsMVCCSnapshot(snapshot))
			for (os = own->newest; os != NULL && os->newest_cid >= snapshot->curcid; os = os->older)
				if (os->cid >= snapshot->curcid && !os->killed)
					own_set_apply(os, true, set);
		any = set->ndeleted > 0;
	}
	return any;
}

uint32
rs_delete_vector_count(const RsRowGroup *group, Snapshot snapshot)
{
	RsDeleteSet *set = palloc(sizeof(RsDeleteSet));
	uint32		n = rs_delete_vector_load(group->storage_id, group->group_id, snapshot, set) ? set->ndeleted : 0;

	pfree(set);
	return n;
}

void
rs_delete_vector_scan(Snapshot snapshot, void (*each) (uint64 storage_id, void *arg), void *arg)
{
	Relation	catalog;
	SysScanDesc scan;
	SnapshotData copy;
	HeapTuple	tuple;

	rs_delete_vector_flush_all();
	catalog = table_open(rs_catalog_oid("delete_vector"), AccessShareLock);
	scan = systable_beginscan(catalog, InvalidOid, false, rs_catalog_snapshot(snapshot, &copy), 0, NULL);
	while ((tuple = systable_getnext(scan)) != NULL)
	{
		bool		isnull;

		CHECK_FOR_INTERRUPTS();
		each((uint64) DatumGetInt64(heap_getattr(tuple, Anum_delete_vector_storage_id,
												 RelationGetDescr(catalog), &isnull)), arg);
	}
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
}

/*
 * Where an own delete, perhaps not yet in the catalog, moved the row; 0: nowhere.
 */
static uint64
own_moved_to(uint64 storage_id, int64 group_id, uint32 pos)
{
	OwnGroup   *group = own_group_find(storage_id, group_id, false);
	OwnSet	   *set;
	uint32		i;

	if (group == NULL || !rs_deleted(group->all, pos))
		return 0;
	for (set = group->newest; set != NULL; set = set->older)
		for (i = 0; i < set->nmoved; i++)
			if (set->moved[i].pos == pos)
				return set->moved[i].row;
	return 0;
}

/*
 * Who deleted this row, in the latest state, and where its new version went.
 * False if no committed or own catalog row says it is deleted.
 */
bool
rs_delete_vector_find(uint64 storage_id, int64 group_id, uint32 pos,
					  TransactionId *xid, uint64 *moved_to)
{
	CatalogScan cs;
	CatalogRow	row;
	RsDeleteSet *set = palloc(sizeof(RsDeleteSet));
	bool		found = false;

	*xid = InvalidTransactionId;
	*moved_to = own_moved_to(storage_id, group_id, pos);
	catalog_scan_begin(&cs, storage_id, group_id, SnapshotSelf);
	while (catalog_scan_next(&cs, &row))
	{
		if (row.part != pos / RS_DELETE_PART_ROWS)
			continue;
		memset(set, 0, sizeof(RsDeleteSet));
		rs_delete_blob_apply(group_id, row.part, row.ndeleted, row.rows, set);
		if (rs_deleted(set, pos))
		{
			found = true;
			*xid = row.xmin;
		}
		if (row.moved != NULL && *moved_to == 0)
			*moved_to = rs_moved_blob_find(group_id, row.part, row.moved, pos);
	}
	catalog_scan_end(&cs);
	pfree(set);
	return found;
}

/*
 * Write the positions in `set` and the moved rows to the catalog, part by part.
 */
static void
write_rows(Relation catalog, uint64 storage_id, int64 group_id, bool killed,
		   const RsDeleteSet *set, RsMovedRow *moved, uint32 nmoved)
{
	uint32		part;
	uint32		m = 0;

	qsort(moved, nmoved, sizeof(RsMovedRow), rs_moved_row_compare);
	for (part = 0; part < RS_GROUP_ROWS / RS_DELETE_PART_ROWS; part++)
	{
		uint32		ndeleted;
		bytea	   *rows = rs_delete_blob_form(group_id, part, set, &ndeleted);

		/* Rows that moved may need several catalog rows. */
		while (ndeleted > 0 || (m < nmoved && moved[m].pos / RS_DELETE_PART_ROWS == part))
		{
			bytea	   *blob = rs_moved_blob_form(group_id, part, moved, nmoved, &m);

			catalog_insert(catalog, storage_id, group_id, part, ndeleted, killed,
						   ndeleted > 0 ? rows : NULL, blob);
			if (blob != NULL)
				pfree(blob);
			ndeleted = 0;
		}
		if (rows != NULL)
			pfree(rows);
	}
}

void
rs_delete_vector_write(uint64 storage_id, int64 group_id, const RsDeleteSet *set)
{
	Relation	catalog = table_open(rs_catalog_oid("delete_vector"), RowExclusiveLock);

	write_rows(catalog, storage_id, group_id, false, set, NULL, 0);
	table_close(catalog, RowExclusiveLock);
}

/*
 * Write all pending sets of one group.
 */
static void
flush_group(Relation catalog, OwnGroup *group, bool killed)
{
	RsDeleteSet *rows = palloc0(sizeof(RsDeleteSet));
	RsMovedRow *moved = NULL;
	uint32		nmoved = 0;
	OwnSet	   *set;

	for (set = group->newest; set != NULL; set = set->older)
		if (set->written_by == 0 && set->killed == killed)
			nmoved += set->nmoved;
	if (nmoved > 0)
		moved = MemoryContextAllocHuge(CurrentMemoryContext, nmoved * sizeof(RsMovedRow));
	nmoved = 0;
	for (set = group->newest; set != NULL; set = set->older)
	{
		if (set->written_by != 0 || set->killed != killed)
			continue;
		own_set_apply(set, false, rows);
		if (set->nmoved > 0)
			memcpy(moved + nmoved, set->moved, set->nmoved * sizeof(RsMovedRow));
		nmoved += set->nmoved;
		set->written_by = GetCurrentSubTransactionId();
	}
	if (rows->ndeleted > 0)
		write_rows(catalog, group->storage_id, group->group_id, killed, rows, moved, nmoved);
	pfree(rows);
	if (moved != NULL)
		pfree(moved);
}

/*
 * Write every pending own delete to the catalog.
 */
void
rs_delete_vector_flush_all(void)
{
	HASH_SEQ_STATUS status;
	OwnGroup   *group;
	Relation	catalog;

	if (own_pending == 0)
		return;
	catalog = table_open(rs_catalog_oid("delete_vector"), RowExclusiveLock);
	hash_seq_init(&status, own_groups);
	while ((group = hash_seq_search(&status)) != NULL)
	{
		flush_group(catalog, group, false);
		flush_group(catalog, group, true);
	}
	own_pending = 0;
	table_close(catalog, RowExclusiveLock);
}

bool
rs_delete_vector_pending(void)
{
	return own_pending > 0;
}

bool
rs_delete_vector_newer(CommandId curcid)
{
	HASH_SEQ_STATUS status;
	OwnGroup   *group;

	if (own_groups == NULL)
		return false;
	hash_seq_init(&status, own_groups);
	while ((group = hash_seq_search(&status)) != NULL)
		if (group->newest != NULL && group->newest->newest_cid >= curcid)
		{
			hash_seq_term(&status);
			return true;
		}
	return false;
}

/*
 * Does the group have a row of a failed speculative insertion at pos?  Such a
 * row is dead to everybody, although its transaction may be in progress.
 */
bool
rs_delete_vector_killed(uint64 storage_id, int64 group_id, uint32 pos)
{
	CatalogScan cs;
	CatalogRow	row;
	SnapshotData dirty;
	bool		killed = false;

	InitDirtySnapshot(dirty);
	catalog_scan_begin(&cs, storage_id, group_id, &dirty);
	while (!killed && catalog_scan_next(&cs, &row))
	{
		RsDeleteSet *set;

		if (!row.killed || row.part != pos / RS_DELETE_PART_ROWS)
			continue;
		set = palloc0(sizeof(RsDeleteSet));
		rs_delete_blob_apply(group_id, row.part, row.ndeleted, row.rows, set);
		killed = rs_deleted(set, pos);
		pfree(set);
	}
	catalog_scan_end(&cs);
	return killed;
}

bool
rs_delete_vector_load_older(uint64 storage_id, int64 group_id, TransactionId horizon,
							RsDeleteSet *set)
{
	CatalogScan cs;
	CatalogRow	row;
	bool		any = false;

	catalog_scan_begin(&cs, storage_id, group_id, SnapshotSelf);
	while (catalog_scan_next(&cs, &row))
	{
		if (!TransactionIdPrecedes(row.xmin, horizon))
			continue;
		if (!any)
			memset(set, 0, sizeof(RsDeleteSet));
		any = true;
		rs_delete_blob_apply(group_id, row.part, row.ndeleted, row.rows, set);
	}
	catalog_scan_end(&cs);
	return any;
}

bool
rs_delete_vector_mergeable(uint64 storage_id, int64 group_id, TransactionId horizon)
{
	CatalogScan cs;
	CatalogRow	row;
	uint32		n = 0;
	uint32		parts = 0;
	bool		all_old = true;

	catalog_scan_begin(&cs, storage_id, group_id, SnapshotSelf);
	while (catalog_scan_next(&cs, &row))
	{
		all_old = all_old && TransactionIdPrecedes(row.xmin, horizon);
		parts |= 1u << row.part;
		n++;
	}
	catalog_scan_end(&cs);
	return all_old && n > (uint32) pg_popcount32(parts);
}

/*
 * Where rows moved to is forgotten: only a transaction with a snapshot older than
 * the move could ask, and there is none.  The caller holds the group's lock.
 */
void
rs_delete_vector_merge(uint64 storage_id, int64 group_id, TransactionId horizon)
{
	RsDeleteSet *set = palloc(sizeof(RsDeleteSet));
	Relation	catalog;

	/* Asked again, now that the lock keeps others from adding. */
	if (rs_delete_vector_mergeable(storage_id, group_id, horizon) &&
		rs_delete_vector_load_older(storage_id, group_id, horizon, set))
	{
		catalog = table_open(rs_catalog_oid("delete_vector"), RowExclusiveLock);
		rs_delete_vector_drop(storage_id, group_id);
		write_rows(catalog, storage_id, group_id, false, set, NULL, 0);
		table_close(catalog, RowExclusiveLock);
	}
	pfree(set);
}

void
rs_delete_vector_drop(uint64 storage_id, int64 group_id)
{
	rs_catalog_delete_matching("delete_vector", "delete_vector_group", storage_id, group_id);
}

void
rs_delete_vector_drop_storage(uint64 storage_id)
{
	rs_catalog_delete_matching("delete_vector", "delete_vector_group", storage_id, -1);
}

/*
 * Hand a finished subtransaction's sets to its parent, or forget them.
 */
static void
group_subxact(OwnGroup *group, bool commit, SubTransactionId mine, SubTransactionId parent)
{
	OwnSet	  **link = &group->newest;
	bool		changed = false;

	while (*link != NULL)
	{
		OwnSet	   *set = *link;

		if (set->subid == mine && !commit)
		{
			if (set->written_by == 0)
				own_pending -= set->n;
			*link = set->older;
			changed = true;
			continue;
		}
		if (set->subid == mine)
			set->subid = parent;
		if (set->written_by == mine)
		{
			set->written_by = commit ? parent : 0;
			if (!commit)
				own_pending += set->n;
		}
		link = &set->older;
	}
	if (changed)
	{
		OwnSet	   *set;

		memset(group->all, 0, sizeof(RsDeleteSet));
		for (set = group->newest; set != NULL; set = set->older)
			own_set_apply(set, false, group->all);
	}
}

void
rs_delete_vector_subxact(bool commit, SubTransactionId mine, SubTransactionId parent)
{
	HASH_SEQ_STATUS status;
	OwnGroup   *group;

	if (own_groups == NULL)
		return;
	hash_seq_init(&status, own_groups);
	while ((group = hash_seq_search(&status)) != NULL)
		group_subxact(group, commit, mine, parent);
}

void
rs_delete_vector_xact_end(void)
{
	own_groups = NULL;
	own_context = NULL;
	own_pending = 0;
}
