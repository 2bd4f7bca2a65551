/*
 * tableam_sample.c
 *	  Rows by chance: ANALYZE and TABLESAMPLE.
 *
 * Both sample blocks and then rows of the blocks chosen.  The table's rows, in
 * order and group after group, are taken as so many virtual blocks: for ANALYZE
 * as many as the file has pages, so that its estimate of the row count comes
 * out right; for TABLESAMPLE blocks of RS_ROWS_PER_TID_BLOCK rows that never
 * span two groups.
 */
#include "postgres.h"

#include "access/relscan.h"
#include "access/tsmapi.h"
#include "miscadmin.h"
#include "nodes/execnodes.h"
#include "storage/delete_vector.h"
#include "storage/directory.h"
#include "storage/insert_buffer.h"
#include "storage/own_rows.h"
#include "storage/predicate.h"
#include "storage/remote_rows.h"
#include "storage/slot.h"
#include "storage/space.h"
#include "storage/tableam_internal.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

struct RsSampler
{
	MemoryContext context;
	MemoryContext group_context;
	Relation	rel;
	Snapshot	snapshot;
	List	   *groups;
	uint64		nrows;			/* of all groups */
	BlockNumber nblocks;		/* virtual blocks */
	BlockNumber next_block;		/* TABLESAMPLE without NextSampleBlock */

	/* The group that holds ordinal `ordinal`, and the block's end */
	int			group_index;	/* -1: none */
	uint64		group_start;	/* ordinal of the group's first row */
	RsRowGroup *group;
	RsGroupReader *reader;
	RsDeleteSet deletes;
	bool		has_deletes;
	const RsOwnRows *own;
	uint64		ordinal;
	uint64		block_end;

	/* TABLESAMPLE: rows of the current block */
	uint32		block_pos;
	uint32		block_rows;
	RsReadStats stats;
};

static RsSampler *
sampler_begin(Relation rel, Snapshot snapshot)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "redshift sampler",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	RsSampler  *sampler = palloc0(sizeof(RsSampler));
	ListCell   *lc;

	rs_insert_buffer_flush(rel);
	sampler->context = context;
	sampler->group_context = AllocSetContextCreate(context, "redshift sampler group",
												   ALLOCSET_DEFAULT_SIZES);
	sampler->rel = rel;
	sampler->snapshot = snapshot;
	sampler->groups = rs_directory_list(rs_space_storage_id(rel, false), snapshot);
	foreach(lc, sampler->groups)
		sampler->nrows += ((RsRowGroup *) lfirst(lc))->nrows;
	sampler->group_index = -1;
	MemoryContextSwitchTo(old);
	return sampler;
}

static void
leave_group(RsSampler *sampler)
{
	if (sampler->reader != NULL)
		rs_group_close(sampler->reader);
	sampler->reader = NULL;
	MemoryContextReset(sampler->group_context);
}

void
rs_sampler_end(RsSampler *sampler)
{
	leave_group(sampler);
	MemoryContextDelete(sampler->context);
}

static void
enter_group(RsSampler *sampler, int index, uint64 start)
{
	MemoryContext old;

	leave_group(sampler);
	sampler->group_index = index;
	sampler->group_start = start;
	sampler->group = list_nth(sampler->groups, index);
	old = MemoryContextSwitchTo(sampler->group_context);
	sampler->reader = rs_group_open(sampler->rel, RelationGetDescr(sampler->rel), sampler->group, NULL, &sampler->stats);
	MemoryContextSwitchTo(old);
	sampler->has_deletes = rs_delete_vector_load(sampler->group->storage_id,
												 sampler->group->group_id,
												 sampler->snapshot, &sampler->deletes);
	sampler->own = NULL;
	if (IsMVCCSnapshot(sampler->snapshot) &&
		TransactionIdIsCurrentTransactionId(sampler->group->xmin))
		sampler->own = rs_own_rows_find(sampler->group->storage_id, sampler->group->group_id);
}

static bool
visible(const RsSampler *sampler, uint32 pos)
{
	if (sampler->has_deletes && rs_deleted(&sampler->deletes, pos))
		return false;
	return sampler->own == NULL ||
		rs_own_rows_cid(sampler->own, pos) < sampler->snapshot->curcid;
}

static void
store(RsSampler *sampler, uint32 pos, TupleTableSlot *slot)
{
	rs_slot_store_row(slot, sampler->reader, pos / RS_BLOCK_ROWS, pos % RS_BLOCK_ROWS,
					  sampler->group, sampler->group->first_row + pos);
	slot->tts_tableOid = RelationGetRelid(sampler->rel);
}

/*
 * A block of a table whose rows are elsewhere has the next few rows of the sample, so
 * that the blocks that ANALYZE looks at, at most as many as it wants rows, have all.
 */
static bool
remote_block(RsSampler *sampler, const RsRemoteSample *sample, BlockNumber blockno)
{
	uint64		n = Max(1, (sample->nsampled + (uint64) sample->blocks - 1) / Max(sample->blocks, 1));

	if (blockno >= sample->blocks)
		return false;
	sampler->ordinal = sampler->block_end;
	sampler->block_end = Min(sampler->ordinal + n, sample->nsampled);
	return true;
}

static bool
remote_tuple(RsSampler *sampler, const RsRemoteSample *sample, Relation rel, double *liverows, TupleTableSlot *slot)
{
	if (sampler->ordinal >= sampler->block_end)
	{
		/* That makes ANALYZE's extrapolation from blocks the count of rows. */
		*liverows += sample->rows / sample->blocks;
		ExecClearTuple(slot);
		return false;
	}
	ExecClearTuple(slot);
	heap_deform_tuple(sample->sampled[sampler->ordinal], RelationGetDescr(rel), slot->tts_values, slot->tts_isnull);
	ExecStoreVirtualTuple(slot);
	ItemPointerSet(&slot->tts_tid, (BlockNumber) sampler->ordinal, 1);
	slot->tts_tableOid = RelationGetRelid(rel);
	sampler->ordinal++;
	return true;
}

/*
 * Enter the group of a row by its ordinal; they come in rising order.
 */
static void
seek(RsSampler *sampler, uint64 ordinal)
{
	int			index = Max(sampler->group_index, 0);
	uint64		start = sampler->group_index < 0 ? 0 : sampler->group_start;
	RsRowGroup *group = list_nth(sampler->groups, index);

	while (ordinal >= start + group->nrows)
	{
		start += group->nrows;
		group = list_nth(sampler->groups, ++index);
	}
	if (index != sampler->group_index)
		enter_group(sampler, index, start);
}

bool
rsam_scan_analyze_next_block(TableScanDesc sscan, BlockNumber blockno,
							 BufferAccessStrategy strategy)
{
	RsTableScanDesc *scan = (RsTableScanDesc *) sscan;
	RsSampler  *sampler = scan->sampler;
	const RsRemoteSample *sample = rs_remote_rows != NULL ? rs_remote_rows->sample(sscan->rs_rd) : NULL;

	if (sampler == NULL)
	{
		sampler = scan->sampler = sampler_begin(sscan->rs_rd, SnapshotSelf);
		sampler->nblocks = RelationGetNumberOfBlocks(sscan->rs_rd);
	}
	if (sample != NULL)
		return remote_block(sampler, sample, blockno);
	if (blockno >= sampler->nblocks)
		return false;
	/* nrows < 2^40 and blockno < 2^32 may overflow a product: divide first. */
	sampler->ordinal = sampler->nrows / sampler->nblocks * blockno +
		sampler->nrows % sampler->nblocks * blockno / sampler->nblocks;
	sampler->block_end = sampler->nrows / sampler->nblocks * ((uint64) blockno + 1) +
		sampler->nrows % sampler->nblocks * ((uint64) blockno + 1) / sampler->nblocks;
	return sampler->ordinal < sampler->block_end;
}

bool
rsam_scan_analyze_next_tuple(TableScanDesc sscan, TransactionId oldest_xmin,
							 double *liverows, double *deadrows, TupleTableSlot *slot)
{
	RsSampler  *sampler = ((RsTableScanDesc *) sscan)->sampler;
	const RsRemoteSample *sample = rs_remote_rows != NULL ? rs_remote_rows->sample(sscan->rs_rd) : NULL;

	if (sample != NULL)
		return remote_tuple(sampler, sample, sscan->rs_rd, liverows, slot);
	while (sampler->ordinal < sampler->block_end)
	{
		uint32		pos;

		seek(sampler, sampler->ordinal);
		pos = (uint32) (sampler->ordinal++ - sampler->group_start);
		if (!visible(sampler, pos))
		{
			*deadrows += 1;
			continue;
		}
		*liverows += 1;
		store(sampler, pos, slot);
		return true;
	}
	ExecClearTuple(slot);
	return false;
}

static uint32
group_sample_blocks(const RsRowGroup *group)
{
	return (group->nrows + RS_ROWS_PER_TID_BLOCK - 1) / RS_ROWS_PER_TID_BLOCK;
}

/*
 * Enter the group of a virtual block of TABLESAMPLE; a method may ask for the
 * blocks in any order.
 */
static void
seek_block(RsSampler *sampler, BlockNumber blockno)
{
	BlockNumber first = 0;
	int			index = 0;
	ListCell   *lc;

	foreach(lc, sampler->groups)
	{
		RsRowGroup *group = lfirst(lc);
		uint32		n = group_sample_blocks(group);

		if (blockno < first + n)
		{
			if (index != sampler->group_index)
				enter_group(sampler, index, 0);
			sampler->block_pos = (blockno - first) * RS_ROWS_PER_TID_BLOCK;
			sampler->block_rows = Min(group->nrows - sampler->block_pos, RS_ROWS_PER_TID_BLOCK);
			return;
		}
		first += n;
		index++;
	}
	elog(ERROR, "sample block %u is out of range", blockno);
}

bool
rsam_scan_sample_next_block(TableScanDesc sscan, struct SampleScanState *state)
{
	RsTableScanDesc *scan = (RsTableScanDesc *) sscan;
	RsSampler  *sampler = scan->sampler;
	TsmRoutine *tsm = state->tsmroutine;
	BlockNumber blockno;

	if (sampler == NULL)
	{
		ListCell   *lc;

		sampler = scan->sampler = sampler_begin(sscan->rs_rd, sscan->rs_snapshot);
		foreach(lc, sampler->groups)
			sampler->nblocks += group_sample_blocks(lfirst(lc));
		PredicateLockRelation(sscan->rs_rd, sscan->rs_snapshot);
	}
	CHECK_FOR_INTERRUPTS();
	if (tsm->NextSampleBlock != NULL)
		blockno = tsm->NextSampleBlock(state, sampler->nblocks);
	else
		blockno = sampler->next_block < sampler->nblocks ? sampler->next_block++ :
			InvalidBlockNumber;
	if (!BlockNumberIsValid(blockno))
		return false;
	sampler->ordinal = blockno;
	seek_block(sampler, blockno);
	return true;
}

bool
rsam_scan_sample_next_tuple(TableScanDesc sscan, struct SampleScanState *state,
							TupleTableSlot *slot)
{
	RsSampler  *sampler = ((RsTableScanDesc *) sscan)->sampler;
	TsmRoutine *tsm = state->tsmroutine;

	for (;;)
	{
		OffsetNumber offset = tsm->NextSampleTuple(state, (BlockNumber) sampler->ordinal,
												   (OffsetNumber) sampler->block_rows);
		uint32		pos;

		if (!OffsetNumberIsValid(offset))
			break;
		pos = sampler->block_pos + offset - 1;
		if (offset <= sampler->block_rows && visible(sampler, pos))
		{
			store(sampler, pos, slot);
			return true;
		}
	}
	ExecClearTuple(slot);
	return false;
}
