/*
 * delete_vector.h
 *	  Deleted rows: redshift.delete_vector and this transaction's own deletes.
 *
 * A catalog row holds deleted positions of one part (RS_DELETE_PART_ROWS rows)
 * of one row group; a group's deleted rows are the union of the visible ones.
 */
#ifndef RS_DELETE_VECTOR_H
#define RS_DELETE_VECTOR_H

#include "storage/row_group.h"
#include "utils/relcache.h"
#include "utils/snapshot.h"

#define RS_DELETE_PART_ROWS		32768
#define RS_DELETE_WORDS			(RS_GROUP_ROWS / 64)
#define RS_MOVED_TO_PARTITION	PG_UINT64_MAX

/* Deleted rows of one group, as a bitmap of positions. */
typedef struct RsDeleteSet
{
	uint32		ndeleted;
	uint64		words[RS_DELETE_WORDS];
} RsDeleteSet;

static inline bool
rs_deleted(const RsDeleteSet *set, uint32 pos)
{
	return (set->words[pos / 64] >> (pos % 64)) & 1;
}

/*
 * Fill set with the rows of the group deleted for the snapshot (MVCC; or
 * SnapshotSelf for the latest state); false when there are none (set untouched).
 */
extern bool rs_delete_vector_load(uint64 storage_id, int64 group_id, Snapshot snapshot,
								  RsDeleteSet *set);

/* How many rows of the group are deleted, for the same snapshots. */
extern uint32 rs_delete_vector_count(const RsRowGroup *group, Snapshot snapshot);

/* Storage ids with deleted rows, one or more times each; own deletes are flushed. */
extern void rs_delete_vector_scan(Snapshot snapshot, void (*each) (uint64 storage_id, void *arg), void *arg);

/* Own deletes: record one (to be flushed by rs_delete_vector_flush_all). */
extern void rs_delete_vector_add(uint64 storage_id, int64 group_id, uint32 pos,
								 CommandId cid, uint64 moved_to, bool killed);
/* Own delete of a row, pending or flushed, and its command. */
extern bool rs_delete_vector_own(uint64 storage_id, int64 group_id, uint32 pos, CommandId *cid);

/*
 * Who deleted a row that the latest state shows deleted: its transaction and
 * where the new version is (0: nowhere, the row was deleted).
 */
extern bool rs_delete_vector_find(uint64 storage_id, int64 group_id, uint32 pos,
								  TransactionId *xid, uint64 *moved_to);

extern void rs_delete_vector_flush_all(void);
extern bool rs_delete_vector_pending(void);
/* Has this transaction deleted rows by command curcid or a later one? */
extern bool rs_delete_vector_newer(CommandId curcid);

/* Is the row one of a failed speculative insertion, dead to everybody? */
extern bool rs_delete_vector_killed(uint64 storage_id, int64 group_id, uint32 pos);

/* Rows deleted before the horizon, thus dead to everybody; false if none. */
extern bool rs_delete_vector_load_older(uint64 storage_id, int64 group_id,
										TransactionId horizon, RsDeleteSet *set);

/* VACUUM: has a group several catalog rows for a part, all older than the horizon;
 * and merge them. */
extern bool rs_delete_vector_mergeable(uint64 storage_id, int64 group_id, TransactionId horizon);
extern void rs_delete_vector_merge(uint64 storage_id, int64 group_id, TransactionId horizon);
/* Write deleted rows of a group that is new here, of no command of this transaction's. */
extern void rs_delete_vector_write(uint64 storage_id, int64 group_id, const RsDeleteSet *set);
/* Remove all catalog rows of a group (its rows were rewritten), or of a storage. */
extern void rs_delete_vector_drop(uint64 storage_id, int64 group_id);
extern void rs_delete_vector_drop_storage(uint64 storage_id);

/* Subtransaction and transaction ends, from xact callbacks. */
extern void rs_delete_vector_subxact(bool commit, SubTransactionId mine, SubTransactionId parent);
extern void rs_delete_vector_xact_end(void);

#endif							/* RS_DELETE_VECTOR_H */
