/*
 * row_fetch.c
 *	  One row by its row number: for index, bitmap, TID and trigger look-ups.
 *
 * Keeps the row groups used last open, with what the snapshot sees deleted in
 * them, and blocks of them (block_cache.c), since look-ups through an index come back
 * to the same groups.  That is
 * safe for an MVCC snapshot only, whose view of a group never changes; any other
 * kind asks the catalogs anew each time and reuses just the open reader.
 */
#include "postgres.h"

#include "access/transam.h"
#include "access/xact.h"
#include "storage/delete_vector.h"
#include "storage/directory.h"
#include "storage/insert_buffer.h"
#include "storage/locks.h"
#include "storage/own_rows.h"
#include "storage/proc.h"
#include "storage/row_fetch.h"
#include "storage/slot.h"
#include "storage/space.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#define RS_FETCH_GROUPS		128 /* open at once */

typedef struct OpenGroup
{
	MemoryContext context;		/* its own, with this struct */
	RsRowGroup	group;
	RsGroupReader *reader;
	uint64		used;			/* clock of the last use */

	/* What this snapshot sees; valid if view_valid */
	bool		view_valid;
	TransactionId view_xmin;
	TransactionId view_xmax;
	CommandId	view_curcid;
	uint32		view_xcnt;
	int32		view_subxcnt;
	TransactionId *view_xids;	/* xip, then subxip */
	uint32		view_capacity;
	RsDeleteSet *deletes;		/* NULL: not needed so far */
	bool		has_deletes;
} OpenGroup;

struct RsRowFetch
{
	Relation	rel;			/* borrowed */
	MemoryContext context;
	uint64		storage_id;
	uint64		clock;
	BufferAccessStrategy strategy;
	RsReadStats stats;
	RsBlockCache *cache;
	int			nopen;
	OpenGroup  *open[RS_FETCH_GROUPS];	/* by first row: groups never overlap */
};

/* See rs_fetch_shared(). */
static RsRowFetch *shared_fetch = NULL;
static Oid	shared_relid = InvalidOid;
static LocalTransactionId shared_lxid = InvalidLocalTransactionId;

RsRowFetch *
rs_fetch_begin(Relation rel)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "redshift row fetch",
												  ALLOCSET_SMALL_SIZES);
	RsRowFetch *fetch = MemoryContextAllocZero(context, sizeof(RsRowFetch));

	fetch->rel = rel;
	fetch->context = context;
	fetch->storage_id = rs_space_storage_id(rel, false);
	fetch->cache = rs_block_cache_create(context);
	return fetch;
}

void
rs_fetch_end(RsRowFetch *fetch)
{
	int			i;

	for (i = 0; i < fetch->nopen; i++)
		rs_group_close(fetch->open[i]->reader);
	MemoryContextDelete(fetch->context);
}

/*
 * How many open groups begin at the row or before it.
 */
static int
groups_up_to(const RsRowFetch *fetch, uint64 row)
{
	int			low = 0;
	int			high = fetch->nopen;

	while (low < high)
	{
		int			middle = (low + high) / 2;

		if (fetch->open[middle]->group.first_row <= row)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/*
 * The open group that holds the row, NULL if it is none of these.
 */
static OpenGroup *
find_open(RsRowFetch *fetch, uint64 row)
{
	int			n = groups_up_to(fetch, row);
	OpenGroup  *open = n > 0 ? fetch->open[n - 1] : NULL;

	if (open == NULL || row >= open->group.first_row + open->group.nrows)
		return NULL;
	open->used = ++fetch->clock;
	return open;
}

static void
close_group(RsRowFetch *fetch, int i)
{
	OpenGroup  *open = fetch->open[i];

	fetch->nopen--;
	memmove(&fetch->open[i], &fetch->open[i + 1], (fetch->nopen - i) * sizeof(OpenGroup *));
	rs_group_close(open->reader);
	MemoryContextDelete(open->context);
}

static void
close_oldest(RsRowFetch *fetch)
{
	int			oldest = 0;
	int			i;

	for (i = 1; i < fetch->nopen; i++)
		if (fetch->open[i]->used < fetch->open[oldest]->used)
			oldest = i;
	close_group(fetch, oldest);
}

/*
 * Open a group, in place of the one unused longest if there are many.
 */
static OpenGroup *
open_group(RsRowFetch *fetch, const RsRowGroup *group)
{
	MemoryContext context;
	MemoryContext old;
	OpenGroup  *open;
	int			at;

	/* Another storage's group had these row numbers, if any. */
	at = groups_up_to(fetch, group->first_row);
	if (at > 0 && group->first_row - fetch->open[at - 1]->group.first_row <
		fetch->open[at - 1]->group.nrows)
		close_group(fetch, at - 1);
	if (fetch->nopen == RS_FETCH_GROUPS)
		close_oldest(fetch);
	context = AllocSetContextCreate(fetch->context, "redshift row fetch group",
									ALLOCSET_SMALL_SIZES);
	old = MemoryContextSwitchTo(context);
	open = palloc0(sizeof(OpenGroup));
	open->context = context;
	open->group = *group;
	if (group->rows != NULL)
		open->group.rows = DatumGetByteaPCopy(PointerGetDatum(group->rows));
	open->group.key_zone = NULL;
	open->reader = rs_group_open(fetch->rel, RelationGetDescr(fetch->rel), &open->group, fetch->strategy, &fetch->stats);
	rs_group_use_cache(open->reader, fetch->cache);
	MemoryContextSwitchTo(old);
	open->used = ++fetch->clock;
	at = groups_up_to(fetch, group->first_row);
	memmove(&fetch->open[at + 1], &fetch->open[at], (fetch->nopen - at) * sizeof(OpenGroup *));
	fetch->open[at] = open;
	fetch->nopen++;
	return open;
}

/*
 * A row of this backend's insert buffer.
 */
static bool
fetch_buffered(RsRowFetch *fetch, uint64 row, Snapshot snapshot, TupleTableSlot *slot,
			   bool *visible)
{
	CommandId	cid;

	if (!rs_insert_buffer_fetch(fetch->rel, row, NULL, &cid))
		return false;
	*visible = !IsMVCCSnapshot(snapshot) || cid < snapshot->curcid;
	if (*visible && slot != NULL)
		(void) rs_insert_buffer_fetch(fetch->rel, row, slot, &cid);
	return true;
}

/*
 * Is this group known to be visible to the snapshot, with its deleted rows?
 * Two snapshots of one transaction may differ in the running transactions only.
 */
static bool
has_view(const OpenGroup *open, Snapshot snapshot)
{
	return IsMVCCSnapshot(snapshot) && open->view_valid &&
		open->view_xmin == snapshot->xmin && open->view_xmax == snapshot->xmax &&
		open->view_curcid == snapshot->curcid &&
		open->view_xcnt == snapshot->xcnt && open->view_subxcnt == snapshot->subxcnt &&
		(snapshot->xcnt == 0 ||
		 memcmp(open->view_xids, snapshot->xip, snapshot->xcnt * sizeof(TransactionId)) == 0) &&
		(snapshot->subxcnt == 0 ||
		 memcmp(open->view_xids + snapshot->xcnt, snapshot->subxip,
				snapshot->subxcnt * sizeof(TransactionId)) == 0);
}

static void
set_view(OpenGroup *open, Snapshot snapshot)
{
	uint32		n = snapshot->xcnt + (uint32) snapshot->subxcnt;

	if (n > open->view_capacity)
	{
		open->view_xids = MemoryContextAlloc(open->context, n * sizeof(TransactionId));
		open->view_capacity = n;
	}
	if (snapshot->xcnt > 0)
		memcpy(open->view_xids, snapshot->xip, snapshot->xcnt * sizeof(TransactionId));
	if (snapshot->subxcnt > 0)
		memcpy(open->view_xids + snapshot->xcnt, snapshot->subxip,
			   snapshot->subxcnt * sizeof(TransactionId));
	open->view_xmin = snapshot->xmin;
	open->view_xmax = snapshot->xmax;
	open->view_curcid = snapshot->curcid;
	open->view_xcnt = snapshot->xcnt;
	open->view_subxcnt = snapshot->subxcnt;
	open->view_valid = true;
}

/*
 * Visibility of a row of a group that the MVCC snapshot sees.
 */
static bool
visible_mvcc(OpenGroup *open, uint32 pos, Snapshot snapshot)
{
	if (!has_view(open, snapshot))
	{
		if (open->deletes == NULL)
			open->deletes = MemoryContextAlloc(open->context, sizeof(RsDeleteSet));
		open->has_deletes = rs_delete_vector_load(open->group.storage_id, open->group.group_id,
												  snapshot, open->deletes);
		if (!open->has_deletes)
		{
			pfree(open->deletes);
			open->deletes = NULL;
		}
		set_view(open, snapshot);
	}
	if (open->has_deletes && rs_deleted(open->deletes, pos))
		return false;
	if (TransactionIdIsCurrentTransactionId(open->group.xmin))
	{
		const RsOwnRows *own = rs_own_rows_find(open->group.storage_id, open->group.group_id);

		if (own != NULL && rs_own_rows_cid(own, pos) >= snapshot->curcid)
			return false;
	}
	return true;
}

/*
 * Is a row of a group that exists deleted, in the latest state?
 */
static bool
deleted_now(const RsRowGroup *group, uint32 pos)
{
	RsDeleteSet *deletes = palloc(sizeof(RsDeleteSet));
	bool		deleted;

	deleted = rs_delete_vector_load(group->storage_id, group->group_id, SnapshotSelf, deletes) &&
		rs_deleted(deletes, pos);
	pfree(deletes);
	return deleted;
}

/*
 * Under a dirty snapshot: heap's answer about the directory row says who is
 * inserting the row; whether somebody is deleting it we ask the locks.
 */
static bool
visible_dirty(RsRowFetch *fetch, const RsRowGroup *group, uint32 pos, Snapshot snapshot)
{
	if (TransactionIdIsValid(snapshot->xmin))
		return !rs_delete_vector_killed(group->storage_id, group->group_id, pos);
	if (deleted_now(group, pos))
	{
		snapshot->xmax = InvalidTransactionId;
		return false;
	}
	if (!TransactionIdIsValid(snapshot->xmax))
		snapshot->xmax = rs_group_changer(fetch->rel, group->group_id);
	return true;
}

static void
store_nulls(TupleTableSlot *slot, const RsRowGroup *group, uint64 row)
{
	ExecClearTuple(slot);
	memset(slot->tts_isnull, true, slot->tts_tupleDescriptor->natts);
	rs_slot_store_values(slot, group, row);
}

bool
rs_fetch_row(RsRowFetch *fetch, uint64 row, Snapshot snapshot, TupleTableSlot *slot)
{
	RsRowGroup	group;
	OpenGroup  *open;
	uint32		pos;
	bool		visible;

	/* Who asks with it leaves these to us: nobody to wait for, so far. */
	if (snapshot->snapshot_type == SNAPSHOT_DIRTY)
	{
		snapshot->xmin = snapshot->xmax = InvalidTransactionId;
		snapshot->speculativeToken = 0;
	}
	if (fetch_buffered(fetch, row, snapshot, slot, &visible))
		return visible;
	if (fetch->storage_id == 0)
		fetch->storage_id = rs_space_storage_id(fetch->rel, false);

	open = find_open(fetch, row);
	if (open == NULL || !has_view(open, snapshot))
	{
		if (!rs_directory_find(fetch->storage_id, row, snapshot, &group))
		{
			if (snapshot->snapshot_type == SNAPSHOT_DIRTY)
				snapshot->xmin = snapshot->xmax = InvalidTransactionId;
			return false;
		}
	}
	else
		group = open->group;

	if (rs_group_arriving(&group))
	{
		/* Its index entries are for later: there is no row, and nobody to wait for. */
		if (snapshot->snapshot_type == SNAPSHOT_DIRTY)
			snapshot->xmin = snapshot->xmax = InvalidTransactionId;
		return false;
	}
	pos = (uint32) (row - group.first_row);
	if (IsMVCCSnapshot(snapshot))
	{
		if (group.pending)
			return false;
		if (open == NULL || open->group.group_id != group.group_id)
			open = open_group(fetch, &group);
		visible = visible_mvcc(open, pos, snapshot);
	}
	else if (snapshot->snapshot_type == SNAPSHOT_DIRTY)
		visible = visible_dirty(fetch, &group, pos, snapshot);
	else if (snapshot->snapshot_type == SNAPSHOT_ANY)
		visible = !group.pending;
	else
		visible = !group.pending && !deleted_now(&group, pos);

	if (!visible || slot == NULL)
		return visible;
	if (group.pending)
		store_nulls(slot, &group, row);
	else
	{
		/* The same row numbers in one storage are the same group for ever. */
		if (open == NULL || open->group.group_id != group.group_id)
			open = open_group(fetch, &group);
		rs_block_cache_next_row(fetch->cache);
		rs_slot_store_row(slot, open->reader, pos / RS_BLOCK_ROWS, pos % RS_BLOCK_ROWS, &group, row);
	}
	slot->tts_tableOid = RelationGetRelid(fetch->rel);
	return true;
}

RsRowFetch *
rs_fetch_shared(Relation rel)
{
	MemoryContext old;

	if (shared_lxid != MyProc->lxid)
		shared_fetch = NULL;	/* went with its transaction's memory */
	if (shared_fetch != NULL && shared_relid == RelationGetRelid(rel) &&
		shared_fetch->rel == rel)
		return shared_fetch;
	rs_fetch_forget();
	old = MemoryContextSwitchTo(TopTransactionContext);
	shared_fetch = rs_fetch_begin(rel);
	MemoryContextSwitchTo(old);
	shared_relid = RelationGetRelid(rel);
	shared_lxid = MyProc->lxid;
	return shared_fetch;
}

void
rs_fetch_forget(void)
{
	if (shared_fetch != NULL && shared_lxid == MyProc->lxid)
		rs_fetch_end(shared_fetch);
	shared_fetch = NULL;
}
