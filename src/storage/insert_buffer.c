/*
 * insert_buffer.c
 *	  Rows inserted by this backend that are not yet in a row group.
 *
 * One buffer for each (table, subtransaction, slice) that inserted.  It reserves row
 * numbers when it is made, so every row has its TID at once, and becomes one row
 * group when it is full, when the backend reads the table, before a utility
 * command, and at the end of its (sub)transaction.  The rows may be of several
 * commands; own_rows.c learns which.
 *
 * Reading inside a subtransaction writes out the buffers of its parents, too,
 * with the subtransaction's id.  Such a buffer is kept as `written_by` that
 * subtransaction, and is pending again should it abort.
 *
 * Sorting moves rows away from their arrival's TID.  So rows are sorted only
 * when nobody can have kept one (stable is false): no index, no row trigger, no
 * update; their slots were given an invalid TID.
 *
 * MEMORY.  A buffer has its own context under TopTransactionContext.  All
 * buffers of a backend together are held below redshift.insert_buffer_size by
 * writing out the largest.  A table that is distributed by a key has a buffer for
 * each slice of the node, so with many slices and wide rows its groups are smaller;
 * VACUUM, which writes one slice at a time, merges them.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/table.h"
#include "access/xact.h"
#include "core/settings.h"
#include "executor/executor.h"
#include "lib/ilist.h"
#include "miscadmin.h"
#include "storage/column_set.h"
#include "storage/delete_vector.h"
#include "storage/directory.h"
#include "storage/group_form.h"
#include "storage/insert_buffer.h"
#include "storage/key_order.h"
#include "storage/locks.h"
#include "storage/modify.h"
#include "storage/options.h"
#include "storage/own_rows.h"
#include "storage/row_fetch.h"
#include "storage/slicing.h"
#include "storage/slot.h"
#include "storage/sort.h"
#include "storage/space.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

/* Row numbers reserved at first by an insert of a few rows. */
#define RS_FIRST_RESERVATION	256
/* Slice of rows without a key: that of their group, which gets one when it is begun. */
#define RS_SLICE_OF_GROUP		(-1)
/* Rows appended at a time: their slots stay in the nearest cache. */
#define RS_APPEND_ROWS			32

typedef struct InsertBufferKey
{
	Oid			relid;
	SubTransactionId subid;
	int32		slice;
} InsertBufferKey;

typedef struct InsertBuffer
{
	InsertBufferKey key;
	SubTransactionId written_by;	/* 0: pending */
	dlist_node	node;
	MemoryContext context;
	RsColumnSet rows;
	Size		bytes;			/* memory used by rows */
	bool		stable;			/* TIDs have been given out */
	bool		exclusion;		/* table has exclusion constraints */
	bool		writing;
	RsRowGroup	group;			/* its nrows: row numbers reserved */
	bool		in_directory;	/* as a pending group */
	RsOwnRun   *runs;
	uint32		nruns;
	uint32		runs_capacity;
} InsertBuffer;

static HTAB *buffers_by_key = NULL;
static dlist_head buffers = DLIST_STATIC_INIT(buffers);
static Size total_bytes = 0;
static InsertBuffer *last_buffer = NULL;	/* of the last insert */

/*
 * Take a new reservation of row numbers and a group id for an empty buffer.
 */
static void
reserve(Relation rel, InsertBuffer *buffer, bool bulk)
{
	RsRowGroup *group = &buffer->group;

	/* VACUUM takes row numbers that no directory row names for dead. */
	memset(group, 0, sizeof(RsRowGroup));
	if (rel->rd_rel->relhasindex)
		rs_lock_space(rel, RowExclusiveLock);
	group->storage_id = rs_space_storage_id(rel, true);
	group->nrows = bulk ? RS_GROUP_ROWS : RS_FIRST_RESERVATION;
	group->first_row = rs_space_reserve_rows(rel, group->nrows);
	group->group_id = rs_space_next_group(rel);
	group->slice = buffer->key.slice != RS_SLICE_OF_GROUP ? buffer->key.slice :
		rs_slicing_deal(rel, group->group_id);
	group->first_page = InvalidBlockNumber;
	group->pending = true;
	buffer->in_directory = false;
	buffer->stable = false;
	buffer->nruns = 0;

	/* So that other backends' unique checks find whom to wait for. */
	if (rel->rd_rel->relhasindex)
	{
		rs_directory_insert(group);
		buffer->in_directory = true;
		rs_unlock_space(rel, RowExclusiveLock);
	}
	else
		group->xmin = GetCurrentTransactionId();	/* now: a flush may come in parallel mode */
}

/*
 * Let the reservation grow; false if its row numbers have a neighbour already.
 */
static bool
reserve_more(Relation rel, InsertBuffer *buffer)
{
	RsRowGroup *group = &buffer->group;
	uint32		more = Min(group->nrows * 8, RS_GROUP_ROWS) - group->nrows;
	bool		extended;

	if (more == 0)
		return false;
	if (buffer->in_directory)
		rs_lock_space(rel, RowExclusiveLock);
	extended = rs_space_extend_rows(rel, group->first_row + group->nrows, more);
	if (extended)
		group->nrows += more;
	if (extended && buffer->in_directory)
		rs_directory_update(group);
	if (buffer->in_directory)
		rs_unlock_space(rel, RowExclusiveLock);
	return extended;
}

static bool
has_exclusion_constraint(Relation rel)
{
	List	   *indexes = RelationGetIndexList(rel);
	ListCell   *lc;
	bool		found = false;

	foreach(lc, indexes)
	{
		Relation	index = index_open(lfirst_oid(lc), NoLock);

		found |= index->rd_index->indisexclusion;
		index_close(index, NoLock);
	}
	list_free(indexes);
	return found;
}

static InsertBuffer *
buffer_create(Relation rel, const InsertBufferKey *key)
{
	InsertBuffer *buffer;
	MemoryContext context;
	bool		found;

	if (buffers_by_key == NULL)
	{
		HASHCTL		ctl = {0};

		ctl.keysize = sizeof(InsertBufferKey);
		ctl.entrysize = sizeof(InsertBuffer);
		ctl.hcxt = TopTransactionContext;
		buffers_by_key = hash_create("redshift insert buffers", 16, &ctl,
									 HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	}
	context = AllocSetContextCreate(TopTransactionContext, "redshift insert buffer",
									ALLOCSET_DEFAULT_SIZES);
	buffer = hash_search(buffers_by_key, key, HASH_ENTER, &found);
	memset((char *) buffer + sizeof(InsertBufferKey), 0,
		   sizeof(InsertBuffer) - sizeof(InsertBufferKey));
	buffer->context = context;
	buffer->exclusion = has_exclusion_constraint(rel);
	dlist_push_tail(&buffers, &buffer->node);
	rs_column_set_init(&buffer->rows, RelationGetDescr(rel), context);
	return buffer;
}

static void
buffer_free(InsertBuffer *buffer)
{
	if (last_buffer == buffer)
		last_buffer = NULL;
	total_bytes -= buffer->bytes;
	dlist_delete(&buffer->node);
	MemoryContextDelete(buffer->context);
	hash_search(buffers_by_key, &buffer->key, HASH_REMOVE, NULL);
}

/*
 * Tell own_rows.c which command wrote which position.
 */
static void
record_own_rows(InsertBuffer *buffer, const uint32 *order)
{
	RsOwnRows	own = {0};
	RsOwnRun   *runs;
	uint32		nruns = 0;
	uint32		capacity = 16;
	uint32		i;

	if (order == NULL || buffer->nruns == 1)
	{
		rs_own_rows_add(buffer->group.storage_id, buffer->group.group_id,
						buffer->runs, buffer->nruns);
		return;
	}
	own.runs = buffer->runs;
	own.nruns = buffer->nruns;
	runs = palloc(capacity * sizeof(RsOwnRun));
	for (i = 0; i < buffer->rows.nrows; i++)
	{
		CommandId	cid = rs_own_rows_cid(&own, order[i]);

		if (nruns > 0 && runs[nruns - 1].cid == cid)
			continue;
		if (nruns == capacity)
			runs = repalloc(runs, (capacity *= 2) * sizeof(RsOwnRun));
		runs[nruns].first = i;
		runs[nruns++].cid = cid;
	}
	rs_own_rows_add(buffer->group.storage_id, buffer->group.group_id, runs, nruns);
}

/*
 * The order to write the rows in (NULL: as they came), and whether the group
 * will be in sort-key order.
 */
static uint32 *
sort_rows(Relation rel, InsertBuffer *buffer, const RsTableOptions *options, bool *sorted)
{
	uint32	   *order;

	*sorted = true;
	if (options->nsortkeys == 0)
		return NULL;
	order = rs_sort_order(buffer->rows.columns, buffer->rows.nrows, options);
	if (order != NULL && buffer->stable)
	{
		*sorted = false;
		pfree(order);
		order = NULL;
	}
	return order;
}

/*
 * Make the buffer's rows a row group.  Runs in a context of its own.
 */
static void
write_group(Relation rel, InsertBuffer *buffer)
{
	RsRowGroup	group = buffer->group;
	RsGroupStream stream;
	uint32	   *order;
	bool		in_pages;

	order = sort_rows(rel, buffer, rs_options_get(rel), &group.sorted);
	group.pending = false;
	group.filled = buffer->bytes > (Size) rs_insert_buffer_size * 1024 / 2;
	in_pages = rs_group_form(rel, &buffer->rows, order, &group, &stream);
	if (in_pages)
	{
		rs_lock_space(rel, RowExclusiveLock);
		group.first_page = rs_space_allocate(rel, group.npages);
	}
	if (buffer->in_directory)
		rs_directory_update(&group);
	else
		rs_directory_insert(&group);
	if (in_pages)
	{
		rs_unlock_space(rel, RowExclusiveLock);
		rs_space_write(rel, group.first_page, stream.data, stream.size);
	}
	record_own_rows(buffer, order);
}

static void
buffer_write(Relation rel, InsertBuffer *buffer)
{
	RsRowGroup *group = &buffer->group;

	if (buffer->writing || buffer->written_by != 0)
		return;
	buffer->writing = true;
	if (buffer->rows.nrows > 0)
	{
		MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "redshift write group",
													  ALLOCSET_DEFAULT_SIZES);
		MemoryContext old = MemoryContextSwitchTo(context);

		write_group(rel, buffer);
		MemoryContextSwitchTo(old);
		MemoryContextDelete(context);
	}
	else if (buffer->in_directory)
		rs_directory_delete(group);
	rs_space_return_rows(rel, group->first_row + buffer->rows.nrows,
						 group->first_row + group->nrows);
	/* Not ours any more, even if this write is rolled back. */
	group->nrows = buffer->rows.nrows;
	buffer->writing = false;
	buffer->written_by = GetCurrentSubTransactionId();
}

/*
 * Write a buffer out, and free it unless its subtransaction's child did that.
 */
static void
buffer_flush(InsertBuffer *buffer)
{
	Relation	rel;

	if (buffer->written_by != 0 || buffer->writing)
		return;
	rel = table_open(buffer->key.relid, NoLock);
	buffer_write(rel, buffer);
	table_close(rel, NoLock);
	if (buffer->written_by == buffer->key.subid)
		buffer_free(buffer);
}

/*
 * An empty buffer of the columns it had, with its memory kept.
 */
static void
buffer_restart(Relation rel, InsertBuffer *buffer, bool bulk)
{
	rs_column_set_clear(&buffer->rows);
	total_bytes -= buffer->bytes;
	buffer->bytes = 0;
	buffer->written_by = 0;
	reserve(rel, buffer, bulk);
}

/*
 * The buffer to append rows to, and how many of them: those with room and reserved
 * row numbers, at least one.
 */
static InsertBuffer *
buffer_for(Relation rel, int32 slice, TupleTableSlot **slots, uint32 *n, bool bulk)
{
	InsertBufferKey key;
	InsertBuffer *buffer = last_buffer;

	key.relid = RelationGetRelid(rel);
	key.subid = GetCurrentSubTransactionId();
	key.slice = slice;
	if (buffer == NULL || buffer->key.relid != key.relid || buffer->key.subid != key.subid ||
		buffer->key.slice != key.slice)
		buffer = buffers_by_key == NULL ? NULL :
			hash_search(buffers_by_key, &key, HASH_FIND, NULL);

	if (buffer != NULL && buffer->writing)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_IN_USE),
				 errmsg("cannot insert into table \"%s\" while its rows are being sorted",
						RelationGetRelationName(rel))));

	/* Written by an open child, or of a row type that has changed since. */
	if (buffer != NULL &&
		(buffer->written_by != 0 || buffer->rows.natts != RelationGetDescr(rel)->natts))
	{
		buffer_write(rel, buffer);
		buffer_free(buffer);
		buffer = NULL;
	}
	if (buffer == NULL)
	{
		buffer = buffer_create(rel, &key);
		reserve(rel, buffer, bulk);
	}
	*n = Min(*n, buffer->exclusion ? 1 : RS_APPEND_ROWS);
	if (!rs_column_set_fits(&buffer->rows, slots, *n))
		*n = 1;
	if ((buffer->rows.nrows > 0 && *n == 1 && !rs_column_set_fits(&buffer->rows, slots, 1)) ||
		(buffer->rows.nrows == buffer->group.nrows && !reserve_more(rel, buffer)))
	{
		buffer_write(rel, buffer);
		if (slice == RS_SLICE_OF_GROUP)
			buffer_restart(rel, buffer, true);
		else
		{
			/* Of many slices not each is to keep the memory of its largest group. */
			buffer_free(buffer);
			buffer = buffer_create(rel, &key);
			reserve(rel, buffer, true);
		}
	}
	*n = Min(*n, buffer->group.nrows - buffer->rows.nrows);
	last_buffer = buffer;
	return buffer;
}

static void
add_run(InsertBuffer *buffer, CommandId cid)
{
	if (buffer->nruns > 0 && buffer->runs[buffer->nruns - 1].cid == cid)
		return;
	if (buffer->nruns == buffer->runs_capacity)
	{
		buffer->runs_capacity = Max(16, buffer->runs_capacity * 2);
		buffer->runs = buffer->runs == NULL ?
			MemoryContextAlloc(buffer->context, buffer->runs_capacity * sizeof(RsOwnRun)) :
			repalloc_huge(buffer->runs, buffer->runs_capacity * sizeof(RsOwnRun));
	}
	buffer->runs[buffer->nruns].first = buffer->rows.nrows;
	buffer->runs[buffer->nruns++].cid = cid;
}

/*
 * Write out the largest buffers until their memory is back within bounds.
 */
static void
bound_memory(void)
{
	while (total_bytes > (Size) rs_insert_buffer_size * 1024)
	{
		InsertBuffer *largest = NULL;
		dlist_iter	iter;

		dlist_foreach(iter, &buffers)
		{
			InsertBuffer *buffer = dlist_container(InsertBuffer, node, iter.cur);

			if (buffer->written_by == 0 && !buffer->writing &&
				(largest == NULL || buffer->bytes > largest->bytes))
				largest = buffer;
		}
		if (largest == NULL || largest->bytes == 0)
			break;
		buffer_flush(largest);
	}
}

void
rs_insert_buffer_add_to_slice(Relation rel, int32 slice, TupleTableSlot **slots, uint32 nslots,
							  CommandId cid, bool stable_tid, bool bulk)
{
	while (nslots > 0)
	{
		uint32		n = nslots;
		InsertBuffer *buffer = buffer_for(rel, slice, slots, &n, bulk);
		uint64		row = buffer->group.first_row + buffer->rows.nrows;
		Size		bytes;
		uint32		i;

		add_run(buffer, cid);
		bytes = rs_column_set_append(&buffer->rows, slots, n);
		buffer->stable |= stable_tid;
		for (i = 0; i < n; i++)
		{
			slots[i]->tts_tableOid = RelationGetRelid(rel);
			if (stable_tid)
				rs_row_to_tid(row + i, &slots[i]->tts_tid);
			else
				ItemPointerSetInvalid(&slots[i]->tts_tid);
		}
		buffer->bytes += bytes;
		total_bytes += bytes;

		/* Other backends compare such a row with theirs, so they must find it. */
		if (buffer->exclusion)
			buffer_flush(buffer);
		if (total_bytes > (Size) rs_insert_buffer_size * 1024)
			bound_memory();
		slots += n;
		nslots -= n;
	}
}

/*
 * Each slice's rows to its buffer.
 */
static void
add_by_slice(Relation rel, const RsSlicing *slicing, TupleTableSlot **slots, uint32 nslots,
			 CommandId cid, bool stable_tid, bool bulk)
{
	TupleTableSlot **order;
	uint32	   *ends = rs_slicing_sort(slicing, slots, nslots, &order);
	int32		total = slicing->total;
	uint32		start = 0;
	int32		slice;

	for (slice = 0; slice < total; slice++)
	{
		if (ends[slice] > start)
			rs_insert_buffer_add_to_slice(rel, slice, order + start, ends[slice] - start, cid, stable_tid, bulk);
		start = ends[slice];
	}
	pfree(ends);
	pfree(order);
}

void
rs_insert_buffer_add(Relation rel, TupleTableSlot **slots, uint32 nslots, CommandId cid,
					 bool stable_tid, bool bulk)
{
	const RsSlicing *slicing = rs_slicing == NULL ? NULL : rs_slicing(rel);
	int32		slice = RS_SLICE_OF_GROUP;

	if (slicing != NULL && slicing->key != 0)
	{
		bool		isnull;
		Datum		key;

		if (nslots > 1)
		{
			add_by_slice(rel, slicing, slots, nslots, cid, stable_tid, bulk);
			return;
		}
		key = slot_getattr(slots[0], slicing->key, &isnull);
		slice = slicing->slice_of(slicing, key, isnull);
	}
	rs_insert_buffer_add_to_slice(rel, slice, slots, nslots, cid, stable_tid, bulk);
}

/*
 * Write out the buffers of a table, or all: the newest first, so that each gives back
 * the row numbers it does not need.
 */
static void
flush_buffers(Oid relid)
{
	dlist_node *node;
	dlist_node *next;

	for (node = buffers.head.prev; node != NULL && node != &buffers.head; node = next)
	{
		InsertBuffer *buffer = dlist_container(InsertBuffer, node, node);

		next = node->prev;
		if (relid == InvalidOid || buffer->key.relid == relid)
			buffer_flush(buffer);
	}
}

void
rs_insert_buffer_flush(Relation rel)
{
	flush_buffers(RelationGetRelid(rel));
}

void
rs_insert_buffers_flush_all(void)
{
	/* Only a transaction that wrote has anything to write out; LOCK TABLE comes without a snapshot. */
	bool		pushed = TransactionIdIsValid(GetTopTransactionIdIfAny()) && rs_catalog_push_snapshot();

	flush_buffers(InvalidOid);
	rs_delete_vector_flush_all();
	rs_fetch_forget();
	if (pushed)
		PopActiveSnapshot();
}

/*
 * The buffer, not yet written, that holds a row number.
 */
static InsertBuffer *
buffer_of_row(Relation rel, uint64 row)
{
	dlist_iter	iter;

	dlist_foreach(iter, &buffers)
	{
		InsertBuffer *buffer = dlist_container(InsertBuffer, node, iter.cur);

		if (buffer->key.relid == RelationGetRelid(rel) && buffer->written_by == 0 &&
			row >= buffer->group.first_row && row < buffer->group.first_row + buffer->rows.nrows)
			return buffer;
	}
	return NULL;
}

bool
rs_insert_buffer_fetch(Relation rel, uint64 row, TupleTableSlot *slot, CommandId *cid)
{
	InsertBuffer *buffer = buffer_of_row(rel, row);
	RsOwnRows	own = {0};
	CommandId	killer;
	uint32		pos;
	int			i;

	if (buffer == NULL)
		return false;
	pos = (uint32) (row - buffer->group.first_row);
	own.runs = buffer->runs;
	own.nruns = buffer->nruns;
	*cid = rs_own_rows_cid(&own, pos);
	/* A failed speculative insertion. */
	if (rs_delete_vector_own(buffer->group.storage_id, buffer->group.group_id, pos, &killer))
		return false;
	if (slot == NULL)
		return true;
	ExecClearTuple(slot);
	for (i = 0; i < buffer->rows.natts; i++)
		slot->tts_values[i] = rs_column_set_datum(&buffer->rows, i, pos, &slot->tts_isnull[i]);
	rs_slot_store_values(slot, &buffer->group, row);
	slot->tts_tableOid = RelationGetRelid(rel);
	/* The buffer may grow or go while the slot is in use. */
	ExecMaterializeSlot(slot);
	return true;
}

void
rs_insert_buffer_kill(Relation rel, uint64 row)
{
	InsertBuffer *buffer = buffer_of_row(rel, row);

	if (buffer == NULL)
		elog(ERROR, "speculatively inserted row " UINT64_FORMAT " is gone", row);
	rs_delete_vector_add(buffer->group.storage_id, buffer->group.group_id,
						 (uint32) (row - buffer->group.first_row),
						 GetCurrentCommandId(true), 0, true);
}

/*
 * The parents' buffers stay: they are pending again if this subtransaction, and
 * with it what discards them, is rolled back.
 */
void
rs_insert_buffer_discard(Oid relid)
{
	dlist_mutable_iter iter;

	dlist_foreach_modify(iter, &buffers)
	{
		InsertBuffer *buffer = dlist_container(InsertBuffer, node, iter.cur);

		if (buffer->key.relid != relid)
			continue;
		if (buffer->key.subid == GetCurrentSubTransactionId())
			buffer_free(buffer);
		else
			buffer_flush(buffer);
	}
}

/*
 * End of a subtransaction: its own buffers are written or dropped, and those it
 * wrote for its parents are done with or pending again.
 */
static void
subxact_callback(SubXactEvent event, SubTransactionId mine, SubTransactionId parent, void *arg)
{
	dlist_mutable_iter iter;
	bool		abort = event == SUBXACT_EVENT_ABORT_SUB;
	bool		pushed;

	if (event != SUBXACT_EVENT_ABORT_SUB && event != SUBXACT_EVENT_PRE_COMMIT_SUB)
		return;
	pushed = !abort && TransactionIdIsValid(GetTopTransactionIdIfAny()) &&
		rs_catalog_push_snapshot();
	dlist_foreach_modify(iter, &buffers)
	{
		InsertBuffer *buffer = dlist_container(InsertBuffer, node, iter.cur);

		if (abort)
			buffer->writing = false;
		if (buffer->key.subid == mine)
		{
			if (abort)
				buffer_free(buffer);
			else
				buffer_flush(buffer);
		}
		else if (buffer->written_by == mine)
		{
			buffer->written_by = abort ? 0 : parent;
			if (buffer->written_by == buffer->key.subid)
				buffer_free(buffer);
		}
	}
	rs_delete_vector_subxact(!abort, mine, parent);
	if (pushed)
		PopActiveSnapshot();
	rs_modify_forget();
	if (abort)
		rs_fetch_forget();
}

static void
xact_callback(XactEvent event, void *arg)
{
	switch (event)
	{
		case XACT_EVENT_PRE_COMMIT:
		case XACT_EVENT_PRE_PREPARE:
			rs_insert_buffers_flush_all();
			break;
		case XACT_EVENT_COMMIT:
		case XACT_EVENT_ABORT:
		case XACT_EVENT_PREPARE:
		case XACT_EVENT_PARALLEL_COMMIT:
		case XACT_EVENT_PARALLEL_ABORT:
			/* The memory goes with TopTransactionContext. */
			buffers_by_key = NULL;
			dlist_init(&buffers);
			last_buffer = NULL;
			total_bytes = 0;
			rs_delete_vector_xact_end();
			rs_own_rows_xact_end();
			rs_modify_forget();
			break;
		default:
			break;
	}
}

void
rs_xact_init(void)
{
	RegisterXactCallback(xact_callback, NULL);
	RegisterSubXactCallback(subxact_callback, NULL);
}
