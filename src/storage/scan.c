/*
 * scan.c
 *	  Scan of a table as typed batches: snapshot, zone maps, delete vectors.
 *
 * The scan lists the row groups its snapshot sees once, in order of row numbers,
 * and walks them block by block; the participants of a parallel scan have the
 * same list and draw from it with a shared counter.  What zone maps refute is
 * passed over at three levels: the directory row's bounds of the leading sort
 * column, the chunk's, the block's.  A block's columns are decoded when its
 * first batch with a visible row is asked for.
 *
 * MEMORY.  The scan has a context; below it, one for the current group, reset
 * when the scan goes to the next.  A batch points into it.
 */
#include "postgres.h"

#include "access/parallel.h"
#include "access/xact.h"
#include "core/settings.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/delete_vector.h"
#include "storage/directory.h"
#include "storage/insert_buffer.h"
#include "storage/own_rows.h"
#include "storage/predicate.h"
#include "storage/scan.h"
#include "storage/slicing.h"
#include "storage/space.h"
#include "utils/memutils.h"
#include "utils/rel.h"

struct RsScan
{
	Relation	rel;			/* borrowed */
	TupleDesc	desc;			/* borrowed */
	Snapshot	snapshot;		/* borrowed */
	MemoryContext context;
	MemoryContext group_context;
	BufferAccessStrategy strategy;
	RsParallelScan *parallel;	/* NULL: not parallel */
	RsPredicate *preds;			/* borrowed */
	int			npreds;
	AttrNumber *attnos;			/* columns asked for */
	int			nattnos;
	const RsRowSet *rows;		/* borrowed: rows to read; NULL: all */
	bool		(*take_zone) (void *arg, RsGroupReader *reader, int32 block, uint32 nrows);
	void	   *take_arg;
	RsReadStats stats;

	RsRowGroup **groups;		/* NULL until the first batch */
	int			ngroups;

	/* Position: the current group, and its block and first row of the batch */
	int			group_index;
	RsGroupReader *reader;		/* NULL: group_index is not open */
	RsDeleteSet *deletes;
	bool		has_deletes;
	const RsOwnRows *own;		/* set if some rows may be too new */
	uint32		block;
	uint32		start;
	int64		loaded_block;	/* block that columns[] holds, or -1 */
	int64		checked_block;	/* block whose zones were checked, or -1 */
	bool		block_matches;
	const RsDecodedBlock **columns;
	RsColumnType *types;
	uint16		every_row[RS_BATCH_ROWS];	/* 0, 1, 2 ...: selection of all */
	uint32		batch_rows;		/* of a batch, at most */
};

/*
 * Pending changes of this backend have to be where scans look.  In parallel
 * mode that was done before it was entered (see rs_executor_start()).
 */
static void
flush_own(Relation rel)
{
	if (!IsInParallelMode() && !IsParallelWorker())
		rs_insert_buffer_flush(rel);
}

void
rs_parallel_scan_init(RsParallelScan *parallel, Relation rel, Snapshot snapshot)
{
	pg_atomic_init_u64(&parallel->next_group, 0);

	/*
	 * Workers don't know which of our rows and deletes are too new for an old
	 * snapshot; they leave such a scan to us.
	 */
	parallel->leader_only = snapshot != NULL && IsMVCCSnapshot(snapshot) &&
		(rs_own_rows_newer(rs_space_storage_id(rel, false), snapshot->curcid) ||
		 rs_delete_vector_newer(snapshot->curcid));
}

RsScan *
rs_scan_begin(Relation rel, TupleDesc desc, Snapshot snapshot, const Bitmapset *attrs,
			  RsPredicate *preds, int npreds, RsParallelScan *parallel)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "redshift scan",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	RsScan	   *scan = palloc0(sizeof(RsScan));
	int			attno = -1;
	int			i;

	scan->rel = rel;
	scan->desc = desc;
	scan->snapshot = snapshot;
	scan->context = context;
	scan->group_context = AllocSetContextCreate(context, "redshift scan group",
												ALLOCSET_DEFAULT_SIZES);
	scan->parallel = parallel;
	scan->preds = preds;
	scan->npreds = npreds;
	scan->strategy = GetAccessStrategy(BAS_BULKREAD);
	scan->deletes = palloc(sizeof(RsDeleteSet));
	scan->columns = palloc0(Max(desc->natts, 1) * sizeof(RsDecodedBlock *));
	scan->types = palloc0(Max(desc->natts, 1) * sizeof(RsColumnType));
	scan->attnos = palloc(Max(bms_num_members(attrs), 1) * sizeof(AttrNumber));
	while ((attno = bms_next_member(attrs, attno)) >= 0)
		scan->attnos[scan->nattnos++] = (AttrNumber) attno;
	for (i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, i);

		if (!att->attisdropped)
			rs_column_type_init(&scan->types[i], att->atttypid, att->atttypmod,
								att->attcollation);
	}
	scan->batch_rows = (uint32) rs_vector_rows;
	for (i = 0; i < RS_BATCH_ROWS; i++)
		scan->every_row[i] = (uint16) i;
	MemoryContextSwitchTo(old);

	flush_own(rel);
	if (IsMVCCSnapshot(snapshot))
		PredicateLockRelation(rel, snapshot);
	pgstat_count_heap_scan(rel);
	rs_scan_rescan(scan);
	return scan;
}

static void
close_group(RsScan *scan)
{
	if (scan->reader != NULL)
		rs_group_close(scan->reader);
	scan->reader = NULL;
	scan->loaded_block = -1;
	scan->checked_block = -1;
	MemoryContextReset(scan->group_context);
}

void
rs_scan_rescan(RsScan *scan)
{
	close_group(scan);
	scan->group_index = -1;
}

void
rs_scan_end(RsScan *scan)
{
	close_group(scan);
	if (scan->strategy != NULL)
		FreeAccessStrategy(scan->strategy);
	MemoryContextDelete(scan->context);
}

const RsReadStats *
rs_scan_stats(const RsScan *scan)
{
	return &scan->stats;
}

void
rs_scan_set_rows(RsScan *scan, const RsRowSet *rows)
{
	scan->rows = rows;
}

void
rs_scan_offer_zones(RsScan *scan,
					bool (*take) (void *arg, RsGroupReader *reader, int32 block, uint32 nrows),
					void *arg)
{
	scan->take_zone = take;
	scan->take_arg = arg;
}

void
rs_scan_set_groups(RsScan *scan, List *groups, bool from_end)
{
	ListCell   *lc;

	scan->groups = MemoryContextAlloc(scan->context, Max(list_length(groups), 1) * sizeof(RsRowGroup *));
	foreach(lc, groups)
		scan->groups[scan->ngroups++] = lfirst(lc);
	scan->group_index = from_end ? scan->ngroups : -1;
}

static void
list_groups(RsScan *scan, bool from_end)
{
	MemoryContext old = MemoryContextSwitchTo(scan->context);
	List	   *list = rs_directory_list(rs_space_storage_id(scan->rel, false), scan->snapshot);

	rs_scan_set_groups(scan, list, from_end);
	list_free(list);
	MemoryContextSwitchTo(old);
}

List *
rs_scan_groups(Relation rel, Snapshot snapshot)
{
	flush_own(rel);
	/* A scan of none of them would not lock it. */
	if (IsMVCCSnapshot(snapshot))
		PredicateLockRelation(rel, snapshot);
	return rs_directory_list(rs_space_storage_id(rel, false), snapshot);
}

/*
 * Can the group hold a row that satisfies all predicates, by its bounds in the
 * directory?
 */
static bool
directory_matches(RsScan *scan, const RsRowGroup *group)
{
	AttrNumber	attno;
	RsZone		zone;
	int			i;

	if (group->key_zone == NULL || scan->npreds == 0)
		return true;
	attno = rs_key_zone_read(scan->types, scan->desc->natts, group, &zone);
	if (attno == 0)
		return true;
	for (i = 0; i < scan->npreds; i++)
	{
		const RsPredicate *pred = &scan->preds[i];

		/* The directory does not know how many values are NULL. */
		if (pred->kind == RS_PRED_IS_NULL || pred->kind == RS_PRED_IS_NOT_NULL)
			continue;
		zone.unknown = true;
		if (pred->attno == attno && !rs_zone_may_match(&zone, pred))
			return false;
	}
	return true;
}

/*
 * Can it by its slice?
 */
static bool
slice_matches(RsScan *scan, const RsRowGroup *group)
{
	const RsSlicing *slicing = rs_slicing == NULL || scan->npreds == 0 ? NULL : rs_slicing(scan->rel);
	int			i;

	if (slicing != NULL && slicing->key != 0)
		for (i = 0; i < scan->npreds; i++)
			if (!rs_slicing_may_match(slicing, scan->desc, group->slice, &scan->preds[i]))
				return false;
	return true;
}

static bool
zones_match(RsScan *scan, int32 block)
{
	int			i;

	for (i = 0; i < scan->npreds; i++)
	{
		RsZone		zone;

		if (scan->preds[i].never)
			return false;
		rs_group_zone(scan->reader, scan->preds[i].attno, block, &zone);
		if (!rs_zone_may_match(&zone, &scan->preds[i]))
			return false;
	}
	return true;
}

/*
 * Is any row of the open group's block deleted?  (-1: any of the group)
 */
static bool
any_deleted(const RsScan *scan, int32 block)
{
	const uint64 *words = scan->deletes->words;
	uint32		i;

	if (!scan->has_deletes || block < 0)
		return scan->has_deletes;
	for (i = 0; i < RS_BLOCK_ROWS / 64; i++)
		if (words[(uint32) block * (RS_BLOCK_ROWS / 64) + i] != 0)
			return true;
	return false;
}

/*
 * Let somebody take the open group, or a block of it, as its zones describe it, if
 * all its rows count.
 */
static bool
give_away(RsScan *scan, int32 block)
{
	const RsRowGroup *group = scan->groups[scan->group_index];
	uint32		nrows = block < 0 ? group->nrows :
		rs_group_block_rows(scan->reader, (uint32) block);
	int			i;

	if (scan->take_zone == NULL || scan->own != NULL || any_deleted(scan, block) ||
		(scan->rows != NULL && !rs_row_set_all(scan->rows, group->first_row, group->nrows)))
		return false;
	for (i = 0; i < scan->npreds; i++)
	{
		RsZone		zone;

		rs_group_zone(scan->reader, scan->preds[i].attno, block, &zone);
		if (!rs_zone_must_match(&zone, &scan->preds[i]))
			return false;
	}
	if (!scan->take_zone(scan->take_arg, scan->reader, block, nrows))
		return false;
	scan->stats.rows_answered += nrows;
	return true;
}

static void
pass_group(RsScan *scan)
{
	const RsRowGroup *group = scan->groups[scan->group_index];

	scan->stats.groups_skipped++;
	scan->stats.row_blocks += (group->nrows + RS_BLOCK_ROWS - 1) / RS_BLOCK_ROWS;
	close_group(scan);
}

/*
 * Open groups[group_index]; false if nothing in it can match.
 */
static bool
open_group(RsScan *scan)
{
	const RsRowGroup *group = scan->groups[scan->group_index];
	MemoryContext old;
	bool		matches = false;

	CHECK_FOR_INTERRUPTS();
	scan->stats.groups_total++;
	old = MemoryContextSwitchTo(scan->group_context);
	if ((scan->rows == NULL || rs_row_set_any(scan->rows, group->first_row, group->nrows)) &&
		slice_matches(scan, group) && directory_matches(scan, group))
	{
		scan->reader = rs_group_open(scan->rel, scan->desc, group, scan->strategy, &scan->stats);
		matches = zones_match(scan, -1);
	}
	MemoryContextSwitchTo(old);
	if (!matches)
	{
		pass_group(scan);
		return false;
	}
	scan->has_deletes = rs_delete_vector_load(group->storage_id, group->group_id,
											  scan->snapshot, scan->deletes);
	scan->own = NULL;
	if (IsMVCCSnapshot(scan->snapshot) && TransactionIdIsCurrentTransactionId(group->xmin))
		scan->own = rs_own_rows_find(group->storage_id, group->group_id);
	old = MemoryContextSwitchTo(scan->group_context);
	if (give_away(scan, -1))
	{
		MemoryContextSwitchTo(old);
		pass_group(scan);
		return false;
	}
	MemoryContextSwitchTo(old);
	return true;
}

/*
 * Go to the first (or last) batch of the next (or previous) group that may
 * match; false at the end.
 */
static bool
next_group(RsScan *scan, bool forward)
{
	close_group(scan);
	for (;;)
	{
		if (scan->parallel == NULL)
			scan->group_index += forward ? 1 : -1;
		else if (scan->parallel->leader_only && IsParallelWorker())
			scan->group_index = scan->ngroups;
		else
		{
			uint64		next = pg_atomic_fetch_add_u64(&scan->parallel->next_group, 1);

			next = Min(next, (uint64) scan->ngroups);
			scan->group_index = forward ? (int) next : scan->ngroups - 1 - (int) next;
		}
		if (scan->group_index < 0 || scan->group_index >= scan->ngroups)
		{
			/* Stay just outside, so that the other direction works. */
			scan->group_index = scan->group_index < 0 ? -1 : scan->ngroups;
			return false;
		}
		if (!open_group(scan))
			continue;
		if (forward)
		{
			scan->block = 0;
			scan->start = 0;
		}
		else
		{
			scan->block = rs_group_nblocks(scan->reader) - 1;
			scan->start = (rs_group_block_rows(scan->reader, scan->block) - 1) /
				scan->batch_rows * scan->batch_rows;
		}
		return true;
	}
}

/*
 * One batch further in either direction.
 */
static bool
step(RsScan *scan, bool forward)
{
	if (scan->reader == NULL)
		return next_group(scan, forward);
	if (forward)
	{
		scan->start += scan->batch_rows;
		if (scan->start < rs_group_block_rows(scan->reader, scan->block))
			return true;
		scan->start = 0;
		if (++scan->block < rs_group_nblocks(scan->reader))
			return true;
	}
	else
	{
		if (scan->start >= scan->batch_rows)
		{
			scan->start -= scan->batch_rows;
			return true;
		}
		if (scan->block > 0)
		{
			scan->block--;
			scan->start = (rs_group_block_rows(scan->reader, scan->block) - 1) /
				scan->batch_rows * scan->batch_rows;
			return true;
		}
	}
	return next_group(scan, forward);
}

/*
 * Select the batch's visible rows.
 */
static void
select_rows(RsScan *scan, RsBatch *batch)
{
	uint32		pos = scan->block * RS_BLOCK_ROWS + scan->start;
	uint64		row = batch->group->first_row + pos;
	bool		every = scan->rows == NULL || rs_row_set_all(scan->rows, row, batch->nrows);
	uint32		n = 0;
	uint32		i;

	if (!scan->has_deletes && scan->own == NULL && every)
	{
		memcpy(batch->sel, scan->every_row, batch->nrows * sizeof(uint16));
		batch->nsel = batch->nrows;
		return;
	}
	for (i = 0; i < batch->nrows; i++, pos++, row++)
	{
		if (!every && !rs_row_set_has(scan->rows, row))
			continue;
		if (scan->has_deletes && rs_deleted(scan->deletes, pos))
			continue;
		if (scan->own != NULL && rs_own_rows_cid(scan->own, pos) >= scan->snapshot->curcid)
			continue;
		batch->sel[n++] = (uint16) i;
	}
	batch->nsel = n;
}

static void
load_columns(RsScan *scan)
{
	int			i;

	if (scan->loaded_block == scan->block)
		return;
	rs_group_prefetch(scan->reader, scan->attnos, scan->nattnos, scan->block);
	for (i = 0; i < scan->nattnos; i++)
		scan->columns[scan->attnos[i] - 1] =
			rs_group_block(scan->reader, scan->attnos[i], scan->block);
	scan->loaded_block = scan->block;
}

void
rs_scan_load_column(RsScan *scan, AttrNumber attno)
{
	MemoryContext old = MemoryContextSwitchTo(scan->group_context);

	scan->columns[attno - 1] = rs_group_block(scan->reader, attno, scan->block);
	MemoryContextSwitchTo(old);
}

void
rs_scan_prefetch(RsScan *scan, const AttrNumber *attnos, int nattnos)
{
	MemoryContext old = MemoryContextSwitchTo(scan->group_context);

	rs_group_prefetch(scan->reader, attnos, nattnos, scan->block);
	MemoryContextSwitchTo(old);
}

/*
 * Fill the batch at the current position; false if it has no row to show.
 */
static bool
fill_batch(RsScan *scan, RsBatch *batch)
{
	MemoryContext old;

	old = MemoryContextSwitchTo(scan->group_context);
	if (scan->checked_block != scan->block)
	{
		CHECK_FOR_INTERRUPTS();
		scan->checked_block = scan->block;
		scan->block_matches = zones_match(scan, scan->block) && !give_away(scan, scan->block);
		scan->stats.row_blocks++;
	}
	batch->nsel = 0;
	if (scan->block_matches)
	{
		batch->group = scan->groups[scan->group_index];
		batch->block = scan->block;
		batch->start = scan->start;
		batch->nrows = Min(rs_group_block_rows(scan->reader, scan->block) - scan->start,
						   scan->batch_rows);
		select_rows(scan, batch);
		if (batch->nsel > 0)
			load_columns(scan);
		batch->columns = scan->columns;
		batch->types = scan->types;
	}
	MemoryContextSwitchTo(old);
	return batch->nsel > 0;
}

static bool
scan_step(RsScan *scan, RsBatch *batch, bool forward)
{
	if (scan->groups == NULL)
		list_groups(scan, !forward);
	while (step(scan, forward))
	{
		if (fill_batch(scan, batch))
		{
			if (pgstat_should_count_relation(scan->rel))
				scan->rel->pgstat_info->t_counts.t_tuples_returned += batch->nsel;
			return true;
		}
	}
	return false;
}

bool
rs_scan_next(RsScan *scan, RsBatch *batch)
{
	return scan_step(scan, batch, true);
}

bool
rs_scan_prev(RsScan *scan, RsBatch *batch)
{
	return scan_step(scan, batch, false);
}

/*
 * Exact number of rows the snapshot sees, from the directory and the delete
 * vectors alone.
 */
uint64
rs_scan_count(Relation rel, Snapshot snapshot)
{
	RsDeleteSet *deletes = palloc(sizeof(RsDeleteSet));
	uint64		count = 0;
	List	   *groups;
	ListCell   *lc;

	flush_own(rel);
	if (IsMVCCSnapshot(snapshot))
		PredicateLockRelation(rel, snapshot);
	groups = rs_directory_list(rs_space_storage_id(rel, false), snapshot);
	foreach(lc, groups)
	{
		RsRowGroup *group = lfirst(lc);
		const RsOwnRows *own = NULL;
		bool		any_deleted = rs_delete_vector_load(group->storage_id, group->group_id,
														snapshot, deletes);
		uint32		pos;

		CHECK_FOR_INTERRUPTS();
		if (IsMVCCSnapshot(snapshot) && TransactionIdIsCurrentTransactionId(group->xmin))
			own = rs_own_rows_find(group->storage_id, group->group_id);
		if (own == NULL)
		{
			count += group->nrows - (any_deleted ? deletes->ndeleted : 0);
			continue;
		}
		for (pos = 0; pos < group->nrows; pos++)
			if (!(any_deleted && rs_deleted(deletes, pos)) &&
				rs_own_rows_cid(own, pos) < snapshot->curcid)
				count++;
	}
	list_free_deep(groups);
	pfree(deletes);
	return count;
}
