/*
 * tableam.c
 *	  Table access method `redshift`: the routine, changes of rows, and the life
 *	  of a table's storage.
 *
 * Scans stand in tableam_scan.c, sampling in tableam_sample.c, indexes in
 * tableam_index.c.  Everything here is thin: it turns the core's calls into those
 * of the parts below.
 */
#include "postgres.h"

#include <math.h>

#include "access/heapam.h"
#include "access/multixact.h"
#include "access/relation.h"
#include "access/tableam.h"
#include "access/transam.h"
#include "access/xact.h"
#include "catalog/catalog.h"
#include "catalog/storage.h"
#include "catalog/storage_xlog.h"
#include "commands/vacuum.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/bufmgr.h"
#include "storage/cluster.h"
#include "storage/delete_vector.h"
#include "storage/directory.h"
#include "storage/insert_buffer.h"
#include "storage/locks.h"
#include "storage/modify.h"
#include "storage/options.h"
#include "storage/predicate.h"
#include "storage/row_fetch.h"
#include "storage/slot.h"
#include "storage/smgr.h"
#include "storage/space.h"
#include "storage/remote_rows.h"
#include "storage/tableam.h"
#include "storage/tableam_internal.h"
#include "storage/vacuum.h"
#include "utils/datum.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

PG_FUNCTION_INFO_V1(rs_tableam_handler);

static const TupleTableSlotOps *
rsam_slot_callbacks(Relation rel)
{
	return rs_slot_ops();
}

/* ---------------------------------------------------------------------
 * Single rows
 * ---------------------------------------------------------------------
 */

static bool
rsam_tuple_fetch_row_version(Relation rel, ItemPointer tid, Snapshot snapshot,
							 TupleTableSlot *slot)
{
	if (!rs_fetch_row(rs_fetch_shared(rel), rs_tid_to_row(tid), snapshot, slot))
		return false;
	ExecMaterializeSlot(slot);
	return true;
}

static bool
rsam_tuple_tid_valid(TableScanDesc scan, ItemPointer tid)
{
	return ItemPointerIsValid(tid) &&
		ItemPointerGetOffsetNumber(tid) <= RS_ROWS_PER_TID_BLOCK;
}

/*
 * Follow a row that was updated since, to the version that the snapshot sees.
 */
static void
rsam_tuple_get_latest_tid(TableScanDesc scan, ItemPointer tid)
{
	RsRowFetch *fetch = rs_fetch_shared(scan->rs_rd);
	uint64		storage_id = rs_space_storage_id(scan->rs_rd, false);
	uint64		row = rs_tid_to_row(tid);

	while (!rs_fetch_row(fetch, row, scan->rs_snapshot, NULL))
	{
		RsRowGroup	group;
		TransactionId xid;
		uint64		moved_to;

		CHECK_FOR_INTERRUPTS();
		if (!rs_directory_find(storage_id, row, SnapshotAny, &group))
			return;
		(void) rs_delete_vector_find(storage_id, group.group_id,
									 (uint32) (row - group.first_row), &xid, &moved_to);
		if (moved_to == 0 || moved_to == RS_MOVED_TO_PARTITION)
			return;
		row = moved_to;
		rs_row_to_tid(row, tid);
	}
}

static bool
rsam_tuple_satisfies_snapshot(Relation rel, TupleTableSlot *slot, Snapshot snapshot)
{
	return rs_fetch_row(rs_fetch_shared(rel), rs_tid_to_row(&slot->tts_tid), snapshot, NULL);
}

/* ---------------------------------------------------------------------
 * Changes of rows
 * ---------------------------------------------------------------------
 */

/*
 * May somebody keep the TID of a row that is being inserted?  Then its group
 * cannot be sorted before it is written.
 */
static bool
tid_is_kept(Relation rel)
{
	TriggerDesc *triggers = rel->trigdesc;

	return rel->rd_rel->relhasindex ||
		(triggers != NULL && (triggers->trig_insert_after_row || triggers->trig_insert_new_table));
}

static void
rsam_tuple_insert(Relation rel, TupleTableSlot *slot, CommandId cid, int options,
				  BulkInsertState bistate)
{
	CheckForSerializableConflictIn(rel, NULL, InvalidBlockNumber);
	rs_insert_buffer_add(rel, &slot, 1, cid, tid_is_kept(rel), bistate != NULL);
	pgstat_count_heap_insert(rel, 1);
}

static void
rsam_multi_insert(Relation rel, TupleTableSlot **slots, int nslots, CommandId cid, int options,
				  BulkInsertState bistate)
{
	bool		keep = tid_is_kept(rel);

	CheckForSerializableConflictIn(rel, NULL, InvalidBlockNumber);
	rs_insert_buffer_add(rel, slots, (uint32) nslots, cid, keep, true);
	pgstat_count_heap_insert(rel, nslots);
}

/*
 * One backend at a time is between a speculative insertion and its outcome, so
 * no two of them can each see the other's row and take it for a conflict.
 */
static void
rsam_tuple_insert_speculative(Relation rel, TupleTableSlot *slot, CommandId cid, int options,
							  BulkInsertState bistate, uint32 token)
{
	rs_lock_speculation(rel);
	CheckForSerializableConflictIn(rel, NULL, InvalidBlockNumber);
	rs_insert_buffer_add(rel, &slot, 1, cid, true, false);
	pgstat_count_heap_insert(rel, 1);
}

static void
rsam_tuple_complete_speculative(Relation rel, TupleTableSlot *slot, uint32 token, bool succeeded)
{
	if (!succeeded)
		rs_insert_buffer_kill(rel, rs_tid_to_row(&slot->tts_tid));
	rs_unlock_speculation(rel);
}

static void
rsam_finish_bulk_insert(Relation rel, int options)
{
	rs_insert_buffer_flush(rel);
}

static TM_Result
rsam_tuple_delete(Relation rel, ItemPointer tid, CommandId cid, Snapshot snapshot,
				  Snapshot crosscheck, bool wait, TM_FailureData *tmfd, bool changing_part)
{
	uint64		row;
	TM_Result	result = rs_modify_delete(rel, tid, cid, crosscheck, wait,
										  LockTupleExclusive, tmfd, &row);

	if (result == TM_Ok)
	{
		rs_modify_record(rel, row, cid, changing_part ? RS_MOVED_TO_PARTITION : 0);
		pgstat_count_heap_delete(rel);
	}
	return result;
}

/*
 * Does an update leave all columns of unique indexes alone?  Then it need not
 * conflict with foreign key checks.
 */
static LockTupleMode
update_lock_mode(Relation rel, uint64 row, TupleTableSlot *slot)
{
	Bitmapset  *keys = RelationGetIndexAttrBitmap(rel, INDEX_ATTR_BITMAP_KEY);
	LockTupleMode mode = LockTupleNoKeyExclusive;
	TupleTableSlot *old;
	int			member = -1;

	if (keys == NULL)
		return mode;
	old = MakeSingleTupleTableSlot(RelationGetDescr(rel), rs_slot_ops());
	if (!rs_fetch_row(rs_fetch_shared(rel), row, SnapshotAny, old))
		mode = LockTupleExclusive;
	while (mode == LockTupleNoKeyExclusive && (member = bms_next_member(keys, member)) >= 0)
	{
		int			attno = member + FirstLowInvalidHeapAttributeNumber;
		Form_pg_attribute att;
		Datum		old_value;
		Datum		new_value;
		bool		old_null;
		bool		new_null;

		if (attno <= 0)
		{
			mode = LockTupleExclusive;
			break;
		}
		att = TupleDescAttr(RelationGetDescr(rel), attno - 1);
		old_value = slot_getattr(old, attno, &old_null);
		new_value = slot_getattr(slot, attno, &new_null);
		if (old_null != new_null ||
			(!old_null && !datum_image_eq(old_value, new_value, att->attbyval, att->attlen)))
			mode = LockTupleExclusive;
	}
	ExecDropSingleTupleTableSlot(old);
	bms_free(keys);
	return mode;
}

static TM_Result
rsam_tuple_update(Relation rel, ItemPointer otid, TupleTableSlot *slot, CommandId cid,
				  Snapshot snapshot, Snapshot crosscheck, bool wait, TM_FailureData *tmfd,
				  LockTupleMode *lockmode, bool *update_indexes)
{
	TM_Result	result;
	uint64		row;

	*lockmode = update_lock_mode(rel, rs_tid_to_row(otid), slot);
	result = rs_modify_delete(rel, otid, cid, crosscheck, wait, *lockmode, tmfd, &row);
	*update_indexes = false;
	if (result != TM_Ok)
		return result;
	rs_insert_buffer_add(rel, &slot, 1, cid, true, false);
	rs_modify_record(rel, row, cid, rs_tid_to_row(&slot->tts_tid));
	*update_indexes = true;
	pgstat_count_heap_update(rel, false);
	return TM_Ok;
}

static TM_Result
rsam_tuple_lock(Relation rel, ItemPointer tid, Snapshot snapshot, TupleTableSlot *slot,
				CommandId cid, LockTupleMode mode, LockWaitPolicy wait_policy, uint8 flags,
				TM_FailureData *tmfd)
{
	return rs_modify_lock(rel, tid, slot, cid, mode, wait_policy, flags, tmfd);
}

/* ---------------------------------------------------------------------
 * Storage
 * ---------------------------------------------------------------------
 */

/*
 * New storage for a new table, or in place of the present one (TRUNCATE): then
 * the old rows are forgotten in this transaction.
 */
static void
rsam_relation_set_new_filenode(Relation rel, const RelFileNode *newrnode, char persistence,
							   TransactionId *freeze_xid, MultiXactId *min_multi)
{
	SMgrRelation srel;

	if (!RelFileNodeEquals(rel->rd_node, *newrnode))
	{
		rs_insert_buffer_discard(RelationGetRelid(rel));
		rs_directory_delete_storage(rs_space_storage_id(rel, false));
	}

	/* The table itself holds no transaction ids: its directory rows do. */
	*freeze_xid = RecentXmin;
	*min_multi = GetOldestMultiXactId();

	srel = RelationCreateStorage(*newrnode, persistence, true);
	rs_space_init_fork(srel, MAIN_FORKNUM, persistence);
	if (persistence == RELPERSISTENCE_UNLOGGED)
	{
		smgrcreate(srel, INIT_FORKNUM, false);
		log_smgrcreate(newrnode, INIT_FORKNUM);
		rs_space_init_fork(srel, INIT_FORKNUM, persistence);
	}
	smgrclose(srel);
}

/*
 * The table was made in this transaction, or is emptied at commit (ON COMMIT
 * DELETE ROWS): cut the file and start anew with another storage id.
 */
static void
rsam_relation_nontransactional_truncate(Relation rel)
{
	rs_insert_buffer_discard(RelationGetRelid(rel));
	rs_directory_delete_storage(rs_space_storage_id(rel, false));
	RelationTruncate(rel, 0);
	rs_space_init_fork(RelationGetSmgr(rel), MAIN_FORKNUM, rel->rd_rel->relpersistence);
}

/*
 * Byte by byte to another tablespace; the storage id goes along, so the
 * directory stays as it is.
 */
static void
rsam_relation_copy_data(Relation rel, const RelFileNode *newrnode)
{
	char		persistence = rel->rd_rel->relpersistence;
	SMgrRelation dst;

	rs_insert_buffer_flush(rel);
	dst = smgropen(*newrnode, rel->rd_backend);
	FlushRelationBuffers(rel);
	RelationCreateStorage(*newrnode, persistence, true);
	RelationCopyStorage(RelationGetSmgr(rel), dst, MAIN_FORKNUM, persistence);
	if (smgrexists(RelationGetSmgr(rel), INIT_FORKNUM))
	{
		smgrcreate(dst, INIT_FORKNUM, false);
		log_smgrcreate(newrnode, INIT_FORKNUM);
		RelationCopyStorage(RelationGetSmgr(rel), dst, INIT_FORKNUM, persistence);
	}
	RelationDropStorage(rel);
	smgrclose(dst);
}

static void
rsam_relation_copy_for_cluster(Relation old_table, Relation new_table, Relation old_index,
							   bool use_sort, TransactionId oldest_xmin,
							   TransactionId *xid_cutoff, MultiXactId *multi_cutoff,
							   double *num_tuples, double *tups_vacuumed,
							   double *tups_recently_dead)
{
	rs_copy_for_cluster(old_table, new_table, old_index, use_sort, oldest_xmin, xid_cutoff,
						multi_cutoff, num_tuples, tups_vacuumed, tups_recently_dead);
}

static void
rsam_relation_vacuum(Relation rel, struct VacuumParams *params, BufferAccessStrategy strategy)
{
	rs_vacuum_rel(rel, params, strategy);
}

void
rs_tableam_drop_storage(Oid relid)
{
	Relation	rel = relation_open(relid, NoLock);

	rs_insert_buffer_discard(relid);
	if (RelationGetSmgr(rel) != NULL && smgrexists(RelationGetSmgr(rel), MAIN_FORKNUM))
		rs_directory_delete_storage(rs_space_storage_id(rel, false));
	relation_close(rel, NoLock);
}

const RsRemoteRows *rs_remote_rows = NULL;

static uint64
rsam_relation_size(Relation rel, ForkNumber fork)
{
	uint64		nblocks = 0;
	ForkNumber	f;
	const RsRemoteSample *sample;

	if (rs_remote_rows != NULL && fork == MAIN_FORKNUM && (sample = rs_remote_rows->sample(rel)) != NULL)
		return (uint64) sample->blocks * BLCKSZ;
	for (f = 0; f <= MAX_FORKNUM; f++)
		if ((fork == InvalidForkNumber || fork == f) &&
			(f == MAIN_FORKNUM || smgrexists(RelationGetSmgr(rel), f)))
			nblocks += smgrnblocks(RelationGetSmgr(rel), f);
	return nblocks * BLCKSZ;
}

static bool
rsam_relation_needs_toast_table(Relation rel)
{
	return false;
}

/*
 * Pages are the file's.  Rows are what the last VACUUM or ANALYZE counted,
 * scaled as the table grew; before the first, the row numbers given out.
 */
static void
rsam_relation_estimate_size(Relation rel, int32 *attr_widths, BlockNumber *pages,
							double *tuples, double *allvisfrac)
{
	BlockNumber relpages = (BlockNumber) rel->rd_rel->relpages;
	RsMetaPage	meta;

	*pages = RelationGetNumberOfBlocks(rel);
	*allvisfrac = 0;			/* there is no visibility map */
	rs_space_read_meta(rel, &meta);
	if (rel->rd_rel->reltuples < 0 || relpages == 0)
		*tuples = (double) meta.next_row;
	else
		*tuples = Min((double) meta.next_row,
					  rint((double) rel->rd_rel->reltuples / relpages * *pages));
}

static const TableAmRoutine routine = {
	.type = T_TableAmRoutine,

	.slot_callbacks = rsam_slot_callbacks,

	.scan_begin = rsam_scan_begin,
	.scan_end = rsam_scan_end,
	.scan_rescan = rsam_scan_rescan,
	.scan_getnextslot = rsam_scan_getnextslot,
	.scan_set_tidrange = rsam_scan_set_tidrange,
	.scan_getnextslot_tidrange = rsam_scan_getnextslot,

	.parallelscan_estimate = rsam_parallelscan_estimate,
	.parallelscan_initialize = rsam_parallelscan_initialize,
	.parallelscan_reinitialize = rsam_parallelscan_reinitialize,

	.index_fetch_begin = rsam_index_fetch_begin,
	.index_fetch_reset = rsam_index_fetch_reset,
	.index_fetch_end = rsam_index_fetch_end,
	.index_fetch_tuple = rsam_index_fetch_tuple,

	.tuple_fetch_row_version = rsam_tuple_fetch_row_version,
	.tuple_tid_valid = rsam_tuple_tid_valid,
	.tuple_get_latest_tid = rsam_tuple_get_latest_tid,
	.tuple_satisfies_snapshot = rsam_tuple_satisfies_snapshot,
	.index_delete_tuples = rsam_index_delete_tuples,

	.tuple_insert = rsam_tuple_insert,
	.tuple_insert_speculative = rsam_tuple_insert_speculative,
	.tuple_complete_speculative = rsam_tuple_complete_speculative,
	.multi_insert = rsam_multi_insert,
	.tuple_delete = rsam_tuple_delete,
	.tuple_update = rsam_tuple_update,
	.tuple_lock = rsam_tuple_lock,
	.finish_bulk_insert = rsam_finish_bulk_insert,

	.relation_set_new_filenode = rsam_relation_set_new_filenode,
	.relation_nontransactional_truncate = rsam_relation_nontransactional_truncate,
	.relation_copy_data = rsam_relation_copy_data,
	.relation_copy_for_cluster = rsam_relation_copy_for_cluster,
	.relation_vacuum = rsam_relation_vacuum,
	.scan_analyze_next_block = rsam_scan_analyze_next_block,
	.scan_analyze_next_tuple = rsam_scan_analyze_next_tuple,
	.index_build_range_scan = rsam_index_build_range_scan,
	.index_validate_scan = rsam_index_validate_scan,

	.relation_size = rsam_relation_size,
	.relation_needs_toast_table = rsam_relation_needs_toast_table,
	.relation_estimate_size = rsam_relation_estimate_size,

	.scan_bitmap_next_block = rsam_scan_bitmap_next_block,
	.scan_bitmap_next_tuple = rsam_scan_bitmap_next_tuple,
	.scan_sample_next_block = rsam_scan_sample_next_block,
	.scan_sample_next_tuple = rsam_scan_sample_next_tuple
};

const TableAmRoutine *
rs_tableam_routine(void)
{
	return &routine;
}

Datum
rs_tableam_handler(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(&routine);
}
