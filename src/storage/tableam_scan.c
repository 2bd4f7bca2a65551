/*
 * tableam_scan.c
 *	  Sequential, TID range, parallel and bitmap scans of the access method.
 *
 * These are what runs where the planner's scan node (src/planner) does not:
 * rows of all columns, one by one, forward and backward.
 */
#include "postgres.h"

#include "access/relscan.h"
#include "access/sdir.h"
#include "miscadmin.h"
#include "nodes/tidbitmap.h"
#include "pgstat.h"
#include "storage/row_fetch.h"
#include "storage/scan.h"
#include "storage/slot.h"
#include "storage/tableam_internal.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

typedef struct RsParallelTableScan
{
	ParallelTableScanDescData base;
	RsParallelScan scan;
} RsParallelTableScan;

RsParallelScan *
rs_parallel_part(ParallelTableScanDesc pscan)
{
	return &((RsParallelTableScan *) pscan)->scan;
}

Size
rsam_parallelscan_estimate(Relation rel)
{
	return sizeof(RsParallelTableScan);
}

Size
rsam_parallelscan_initialize(Relation rel, ParallelTableScanDesc pscan)
{
	pscan->phs_relid = RelationGetRelid(rel);
	pscan->phs_syncscan = false;
	rs_parallel_scan_init(rs_parallel_part(pscan), rel,
						  ActiveSnapshotSet() ? GetActiveSnapshot() : NULL);
	return sizeof(RsParallelTableScan);
}

void
rsam_parallelscan_reinitialize(Relation rel, ParallelTableScanDesc pscan)
{
	pg_atomic_write_u64(&rs_parallel_part(pscan)->next_group, 0);
}

static Bitmapset *
all_columns(TupleDesc desc)
{
	Bitmapset  *attrs = NULL;
	int			i;

	for (i = 0; i < desc->natts; i++)
		if (!TupleDescAttr(desc, i)->attisdropped)
			attrs = bms_add_member(attrs, i + 1);
	return attrs;
}

TableScanDesc
rsam_scan_begin(Relation rel, Snapshot snapshot, int nkeys, struct ScanKeyData *key,
				ParallelTableScanDesc pscan, uint32 flags)
{
	RsTableScanDesc *scan = palloc0(sizeof(RsTableScanDesc));

	Assert(nkeys == 0);
	RelationIncrementReferenceCount(rel);
	scan->base.rs_rd = rel;
	scan->base.rs_snapshot = snapshot;
	scan->base.rs_flags = flags;
	scan->base.rs_parallel = pscan;
	scan->values = AllocSetContextCreate(CurrentMemoryContext, "redshift scan row",
										 ALLOCSET_SMALL_SIZES);
	if (flags & SO_TYPE_BITMAPSCAN)
		scan->fetch = rs_fetch_begin(rel);
	else if (flags & (SO_TYPE_SEQSCAN | SO_TYPE_TIDRANGESCAN))
	{
		scan->batch = palloc(sizeof(RsBatch));
		scan->batch->nsel = 0;
		scan->context = CurrentMemoryContext;
	}
	return &scan->base;
}

void
rsam_scan_end(TableScanDesc sscan)
{
	RsTableScanDesc *scan = (RsTableScanDesc *) sscan;

	if (scan->scan != NULL)
		rs_scan_end(scan->scan);
	if (scan->fetch != NULL)
		rs_fetch_end(scan->fetch);
	if (scan->sampler != NULL)
		rs_sampler_end(scan->sampler);
	RelationDecrementReferenceCount(scan->base.rs_rd);
	if (scan->base.rs_flags & SO_TEMP_SNAPSHOT)
		UnregisterSnapshot(scan->base.rs_snapshot);
	MemoryContextDelete(scan->values);
	pfree(scan);
}

void
rsam_scan_rescan(TableScanDesc sscan, struct ScanKeyData *key, bool set_params,
				 bool allow_strat, bool allow_sync, bool allow_pagemode)
{
	RsTableScanDesc *scan = (RsTableScanDesc *) sscan;

	if (scan->scan != NULL)
	{
		rs_scan_rescan(scan->scan);
		scan->batch->nsel = 0;
		scan->next = 0;
	}
	if (scan->sampler != NULL)
		rs_sampler_end(scan->sampler);
	scan->sampler = NULL;
}

/*
 * Begin to read, when the slot tells the row type: while ALTER TABLE rewrites a
 * table, that is not the relation's.
 */
static void
start_scan(RsTableScanDesc *scan, TupleDesc desc)
{
	ParallelTableScanDesc pscan = scan->base.rs_parallel;
	MemoryContext old = MemoryContextSwitchTo(scan->context);

	scan->scan = rs_scan_begin(scan->base.rs_rd, desc, scan->base.rs_snapshot, all_columns(desc),
							   NULL, 0, pscan ? rs_parallel_part(pscan) : NULL);
	rs_scan_set_rows(scan->scan, scan->rows);
	MemoryContextSwitchTo(old);
}

/*
 * Fill the slot with row `row` of the batch, all columns.
 */
static void
store_batch_row(RsTableScanDesc *scan, uint32 row, TupleTableSlot *slot)
{
	RsBatch    *batch = scan->batch;
	MemoryContext old;
	int			i;

	ExecClearTuple(slot);
	MemoryContextReset(scan->values);
	old = MemoryContextSwitchTo(scan->values);
	for (i = 0; i < slot->tts_tupleDescriptor->natts; i++)
	{
		if (batch->columns[i] == NULL)
		{
			slot->tts_values[i] = (Datum) 0;
			slot->tts_isnull[i] = true;
		}
		else
			slot->tts_values[i] = rs_batch_datum(batch, i + 1, row, &slot->tts_isnull[i]);
	}
	MemoryContextSwitchTo(old);
	rs_slot_store_values(slot, batch->group, rs_batch_row_number(batch, row));
	slot->tts_tableOid = RelationGetRelid(scan->base.rs_rd);
}

/*
 * `next` counts the batch's rows already passed, in either direction: the row
 * returned last is sel[next - 1].
 */
bool
rsam_scan_getnextslot(TableScanDesc sscan, ScanDirection direction, TupleTableSlot *slot)
{
	RsTableScanDesc *scan = (RsTableScanDesc *) sscan;
	RsBatch    *batch = scan->batch;

	if (scan->scan == NULL)
		start_scan(scan, slot->tts_tupleDescriptor);
	if (ScanDirectionIsBackward(direction))
	{
		scan->next--;
		while (scan->next < 1)
		{
			if (!rs_scan_prev(scan->scan, batch))
			{
				batch->nsel = 0;
				scan->next = 0;
				ExecClearTuple(slot);
				return false;
			}
			scan->next = (int) batch->nsel;
		}
	}
	else
	{
		while (scan->next >= (int) batch->nsel)
		{
			if (!rs_scan_next(scan->scan, batch))
			{
				/* Going back from here starts with the last row. */
				batch->nsel = 0;
				scan->next = 1;
				ExecClearTuple(slot);
				return false;
			}
			scan->next = 0;
		}
		scan->next++;
	}
	store_batch_row(scan, batch->sel[scan->next - 1], slot);
	return true;
}

void
rsam_scan_set_tidrange(TableScanDesc sscan, ItemPointer mintid, ItemPointer maxtid)
{
	RsTableScanDesc *scan = (RsTableScanDesc *) sscan;
	uint64		from = (uint64) ItemPointerGetBlockNumberNoCheck(mintid) * RS_ROWS_PER_TID_BLOCK +
		Min(Max(ItemPointerGetOffsetNumberNoCheck(mintid), 1) - 1, RS_ROWS_PER_TID_BLOCK);
	uint64		to = (uint64) ItemPointerGetBlockNumberNoCheck(maxtid) * RS_ROWS_PER_TID_BLOCK +
		Min(ItemPointerGetOffsetNumberNoCheck(maxtid), RS_ROWS_PER_TID_BLOCK);

	if (scan->rows == NULL)
		scan->rows = MemoryContextAlloc(scan->context, offsetof(RsRowSet, spans) + sizeof(RsRowSpan));
	scan->rows->n = 1;
	scan->rows->spans[0].from = from;
	scan->rows->spans[0].to = Max(from, to);
	if (scan->scan != NULL)
		rs_scan_set_rows(scan->scan, scan->rows);
}

/*
 * A page of the bitmap: row numbers [block * 256, (block + 1) * 256).
 */
bool
rsam_scan_bitmap_next_block(TableScanDesc sscan, struct TBMIterateResult *tbmres)
{
	RsTableScanDesc *scan = (RsTableScanDesc *) sscan;

	CHECK_FOR_INTERRUPTS();
	scan->bitmap_first = (uint64) tbmres->blockno * RS_ROWS_PER_TID_BLOCK;
	scan->bitmap_next = 0;
	return true;
}

bool
rsam_scan_bitmap_next_tuple(TableScanDesc sscan, struct TBMIterateResult *tbmres,
							TupleTableSlot *slot)
{
	RsTableScanDesc *scan = (RsTableScanDesc *) sscan;
	int			n = tbmres->ntuples >= 0 ? tbmres->ntuples : RS_ROWS_PER_TID_BLOCK;

	while (scan->bitmap_next < n)
	{
		int			i = scan->bitmap_next++;
		OffsetNumber offset = tbmres->ntuples >= 0 ? tbmres->offsets[i] : (OffsetNumber) (i + 1);

		if (rs_fetch_row(scan->fetch, scan->bitmap_first + offset - 1, scan->base.rs_snapshot, slot))
		{
			pgstat_count_heap_fetch(scan->base.rs_rd);
			return true;
		}
	}
	ExecClearTuple(slot);
	return false;
}
