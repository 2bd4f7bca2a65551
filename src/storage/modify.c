/*
 * modify.c
 *	  DELETE, UPDATE and row locks: the state of a row and its group's lock.
 *
 * Row locks are locks on the row group (locks.c), held to the end of the
 * transaction.  Once a group is locked against changes its deleted rows can only
 * be changed by ourselves, so they are loaded once and kept, for as long as the
 * statement stays with the group.
 *
 * A row that another transaction changed since our snapshot is reported as heap
 * would: TM_Updated with the TID of the new version, or TM_Deleted.
 */
#include "postgres.h"

#include "access/transam.h"
#include "access/xact.h"
#include "miscadmin.h"
#include "storage/delete_vector.h"
#include "storage/directory.h"
#include "storage/insert_buffer.h"
#include "storage/locks.h"
#include "storage/modify.h"
#include "storage/own_rows.h"
#include "storage/predicate.h"
#include "storage/row_fetch.h"
#include "storage/space.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

/* The group that was modified last, locked by us. */
typedef struct CurrentGroup
{
	Oid			relid;			/* InvalidOid: none */
	LOCKMODE	mode;			/* lock taken */
	bool		changing;		/* and the table's update lock to change rows */
	bool		deleting;		/* and its sharers lock to delete them */
	RsRowGroup	group;
	RsDeleteSet deletes;		/* latest state, own deletes included */
} CurrentGroup;

static CurrentGroup current = {InvalidOid};

void
rs_modify_forget(void)
{
	current.relid = InvalidOid;
}

/*
 * Make the row's group current, locked in the given mode, to change a row of it
 * or only to lock one.  TM_Ok, or TM_WouldBlock if the lock is not to be had.
 */
static TM_Result
enter_group(Relation rel, uint64 row, LOCKMODE mode, bool changing, LockWaitPolicy wait)
{
	bool		sharing = mode < ExclusiveLock;
	bool		deleting = changing && mode == AccessExclusiveLock;
	uint64		storage_id;
	RsRowGroup	group;

	if (current.relid == RelationGetRelid(rel) && row >= current.group.first_row &&
		row < current.group.first_row + current.group.nrows &&
		(current.mode == mode || current.mode == AccessExclusiveLock) &&
		(current.changing || !changing) && (current.deleting || !deleting))
		return TM_Ok;

	storage_id = rs_space_storage_id(rel, false);
	current.relid = InvalidOid;
	if (!rs_directory_find(storage_id, row, SnapshotAny, &group))
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("could not serialize access due to concurrent maintenance")));

	/* Who meets a row that we may be deleting waits for this transaction id. */
	(void) GetCurrentTransactionId();

	/* Writers of one table queue here; compaction stays away. */
	if (mode >= ExclusiveLock && !changing)
	{
		/* Changes will follow, so take the locks in the order of a change. */
		if (wait == LockWaitBlock)
			changing = true;
		else
			changing = rs_lock_update_wait(rel, ExclusiveLock, LockWaitSkip);
	}
	if (!rs_lock_update_wait(rel, changing ? ExclusiveLock : AccessShareLock, wait))
		return TM_WouldBlock;

	/*
	 * An update leaves the locks that others share on the row behind, in the
	 * group it moved from.  So who deletes waits for all sharers of the table.
	 */
	if ((sharing || deleting) && !rs_lock_sharers(rel, deleting, wait))
		return TM_WouldBlock;
	if (!rs_lock_group(rel, group.group_id, mode, wait))
		return TM_WouldBlock;

	/* Compaction may have moved the rows while we waited. */
	if (!rs_directory_find(storage_id, row, SnapshotSelf, &group))
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("could not serialize access due to concurrent maintenance")));
	memset(&current.deletes, 0, sizeof(current.deletes));
	(void) rs_delete_vector_load(storage_id, group.group_id, SnapshotSelf, &current.deletes);
	current.group = group;
	current.group.rows = NULL;
	current.group.key_zone = NULL;
	current.mode = mode;
	current.changing = changing;
	current.deleting = deleting;
	current.relid = RelationGetRelid(rel);
	return TM_Ok;
}

/*
 * Why the row cannot be changed as of command cid, or TM_Ok.  The group is
 * current.
 */
static TM_Result
row_state(ItemPointer tid, uint64 row, CommandId cid, TM_FailureData *tmfd)
{
	const RsRowGroup *group = &current.group;
	uint32		pos = (uint32) (row - group->first_row);
	const RsOwnRows *own = NULL;
	uint64		moved_to;

	tmfd->ctid = *tid;
	tmfd->xmax = InvalidTransactionId;
	tmfd->cmax = InvalidCommandId;
	tmfd->traversed = false;

	if (TransactionIdIsCurrentTransactionId(group->xmin))
		own = rs_own_rows_find(group->storage_id, group->group_id);
	if (own != NULL && rs_own_rows_cid(own, pos) >= cid)
		return TM_Invisible;
	if (!rs_deleted(&current.deletes, pos))
		return TM_Ok;

	if (rs_delete_vector_own(group->storage_id, group->group_id, pos, &tmfd->cmax))
	{
		tmfd->xmax = GetCurrentTransactionId();
		return tmfd->cmax >= cid ? TM_SelfModified : TM_Invisible;
	}
	(void) rs_delete_vector_find(group->storage_id, group->group_id, pos, &tmfd->xmax, &moved_to);
	if (moved_to == 0)
		return TM_Deleted;
	if (moved_to == RS_MOVED_TO_PARTITION)
		ItemPointerSetMovedPartitions(&tmfd->ctid);
	else
		rs_row_to_tid(moved_to, &tmfd->ctid);
	return TM_Updated;
}

/*
 * Rows still in our own insert buffer become a group before they are changed.
 */
static bool
settle(Relation rel, uint64 row, CommandId *cid)
{
	if (!rs_insert_buffer_fetch(rel, row, NULL, cid))
		return false;
	rs_insert_buffer_flush(rel);
	return true;
}

/*
 * May the row be deleted by command cid?  On TM_Ok the row's group is locked,
 * and rs_modify_record() must follow.
 */
TM_Result
rs_modify_delete(Relation rel, ItemPointer tid, CommandId cid, Snapshot crosscheck,
				 bool wait, LockTupleMode mode, TM_FailureData *tmfd, uint64 *row)
{
	CommandId	row_cid;
	TM_Result	result;

	*row = rs_tid_to_row(tid);
	(void) settle(rel, *row, &row_cid);
	result = enter_group(rel, *row, rs_row_lock_mode(mode), true,
						 wait ? LockWaitBlock : LockWaitSkip);
	if (result == TM_Ok)
		result = row_state(tid, *row, cid, tmfd);
	if (result == TM_Invisible)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("attempted to delete or update invisible tuple")));
	if (result == TM_Ok && crosscheck != InvalidSnapshot &&
		!rs_fetch_row(rs_fetch_shared(rel), *row, crosscheck, NULL))
		result = TM_Updated;
	if (result == TM_Ok)
		CheckForSerializableConflictIn(rel, NULL, InvalidBlockNumber);
	return result;
}

void
rs_modify_record(Relation rel, uint64 row, CommandId cid, uint64 moved_to)
{
	uint32		pos;

	if (current.relid != RelationGetRelid(rel) || row < current.group.first_row ||
		row - current.group.first_row >= current.group.nrows)
		elog(ERROR, "row " UINT64_FORMAT " is not of the current row group", row);
	pos = (uint32) (row - current.group.first_row);
	rs_delete_vector_add(current.group.storage_id, current.group.group_id, pos, cid,
						 moved_to, false);
	current.deletes.words[pos / 64] |= UINT64CONST(1) << (pos % 64);
	current.deletes.ndeleted++;
}

/*
 * Lock a row, following it to its newest version if the flags say so, and store
 * that version in the slot.
 */
TM_Result
rs_modify_lock(Relation rel, ItemPointer tid, TupleTableSlot *slot, CommandId cid,
			   LockTupleMode mode, LockWaitPolicy wait_policy, uint8 flags,
			   TM_FailureData *tmfd)
{
	ItemPointerData at = *tid;
	bool		traversed = false;
	CommandId	row_cid;
	TM_Result	result;
	uint64		row;

	for (;;)
	{
		row = rs_tid_to_row(&at);

		/* Nobody else can know a row in our buffer: no lock is needed. */
		if (rs_insert_buffer_fetch(rel, row, slot, &row_cid))
			return row_cid >= cid ? TM_Invisible : TM_Ok;
		result = enter_group(rel, row, rs_row_lock_mode(mode), false, wait_policy);
		if (result != TM_Ok)
			return result;
		result = row_state(&at, row, cid, tmfd);
		if (result != TM_Updated || !(flags & TUPLE_LOCK_FLAG_FIND_LAST_VERSION))
			break;
		if (ItemPointerIndicatesMovedPartitions(&tmfd->ctid))
			ereport(ERROR,
					(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
					 errmsg("tuple to be locked was already moved to another partition due to concurrent update")));
		/* The executor goes on with the version that it is told here. */
		*tid = at = tmfd->ctid;
		traversed = true;
		CHECK_FOR_INTERRUPTS();
	}

	if (result == TM_Ok || result == TM_Invisible)
	{
		if (!rs_fetch_row(rs_fetch_shared(rel), row, SnapshotAny, slot))
			elog(ERROR, "row " UINT64_FORMAT " of table \"%s\" is gone", row,
				 RelationGetRelationName(rel));
		ExecMaterializeSlot(slot);
	}
	tmfd->traversed = traversed;
	return result;
}
