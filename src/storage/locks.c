/*
 * locks.c
 *	  The heavyweight locks of a redshift table beside PostgreSQL's own.
 *
 * All use object tags.  A row group is an object of class table, the group id
 * modulo 256: the core's classes are catalogs, so nobody else takes such a lock.
 * (A tuple tag would look better in pg_locks, but the core wants those released
 * before the transaction ends.)  The table's update, speculation and space locks
 * are on the table as an object, with a sub-id.
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "storage/locks.h"
#include "storage/proc.h"
#include "storage/procarray.h"
#include "storage/sinvaladt.h"
#include "utils/rel.h"

/*
 * Groups share this many locks of a table, so that a command that changes all of
 * many thousand groups does not fill the lock table.
 */
#define RS_GROUP_LOCKS			256

#define RS_LOCK_UPDATE			1
#define RS_LOCK_SPECULATION		2
#define RS_LOCK_SPACE			3
#define RS_LOCK_SHARERS			4

static void
table_tag(LOCKTAG *tag, Relation rel, uint16 which)
{
	SET_LOCKTAG_OBJECT(*tag, rel->rd_lockInfo.lockRelId.dbId, RelationRelationId,
					   rel->rd_lockInfo.lockRelId.relId, which);
}

static void
group_tag(LOCKTAG *tag, Relation rel, int64 group_id)
{
	SET_LOCKTAG_OBJECT(*tag, rel->rd_lockInfo.lockRelId.dbId,
					   rel->rd_lockInfo.lockRelId.relId, (uint32) (group_id % RS_GROUP_LOCKS), 0);
}

/*
 * Heap's row lock modes and the lock modes that conflict as they do.
 */
LOCKMODE
rs_row_lock_mode(LockTupleMode mode)
{
	switch (mode)
	{
		case LockTupleKeyShare:
			return AccessShareLock;
		case LockTupleShare:
			return RowShareLock;
		case LockTupleNoKeyExclusive:
			return ExclusiveLock;
		case LockTupleExclusive:
			return AccessExclusiveLock;
	}
	elog(ERROR, "unknown row lock mode %d", (int) mode);
	return NoLock;
}

/*
 * Lock to the end of the transaction.  False if it would have to wait and the
 * policy is to skip; with LockWaitError that is an error.
 */
static bool
acquire(Relation rel, const LOCKTAG *tag, LOCKMODE mode, LockWaitPolicy wait)
{
	if (LockAcquire(tag, mode, false, wait != LockWaitBlock) != LOCKACQUIRE_NOT_AVAIL)
		return true;
	if (wait == LockWaitError)
		ereport(ERROR,
				(errcode(ERRCODE_LOCK_NOT_AVAILABLE),
				 errmsg("could not obtain lock on row in relation \"%s\"",
						RelationGetRelationName(rel))));
	return false;
}

bool
rs_lock_group(Relation rel, int64 group_id, LOCKMODE mode, LockWaitPolicy wait)
{
	LOCKTAG		tag;

	group_tag(&tag, rel, group_id);
	return acquire(rel, &tag, mode, wait);
}

static bool
lock_table(Relation rel, uint16 which, LOCKMODE mode, LockWaitPolicy wait)
{
	LOCKTAG		tag;

	table_tag(&tag, rel, which);
	return acquire(rel, &tag, mode, wait);
}

static void
unlock_table(Relation rel, uint16 which, LOCKMODE mode)
{
	LOCKTAG		tag;

	table_tag(&tag, rel, which);
	LockRelease(&tag, mode, false);
}

/*
 * The table's update lock on behalf of a row.
 */
bool
rs_lock_update_wait(Relation rel, LOCKMODE mode, LockWaitPolicy wait)
{
	return lock_table(rel, RS_LOCK_UPDATE, mode, wait);
}

bool
rs_lock_sharers(Relation rel, bool deleting, LockWaitPolicy wait)
{
	return lock_table(rel, RS_LOCK_SHARERS, deleting ? ExclusiveLock : RowShareLock, wait);
}

/*
 * Some other transaction that holds the group's lock in a mode that lets it
 * change rows.  A unique check that meets a live row must wait for it, since
 * the row may be about to go: pending deletes stand in that backend's memory.
 */
TransactionId
rs_group_changer(Relation rel, int64 group_id)
{
	LOCKTAG		tag;
	VirtualTransactionId *holders;
	TransactionId xid = InvalidTransactionId;
	int			n;
	int			i;

	group_tag(&tag, rel, group_id);
	holders = GetLockConflicts(&tag, ShareLock, &n);
	for (i = 0; i < n && !TransactionIdIsValid(xid); i++)
	{
		if (holders[i].backendId == InvalidBackendId)
			xid = holders[i].localTransactionId;	/* prepared transaction */
		else
		{
			PGPROC	   *proc = BackendIdGetProc(holders[i].backendId);

			if (proc != NULL && proc->lxid == holders[i].localTransactionId)
				xid = proc->xid;
		}
	}
	pfree(holders);
	return xid;
}

bool
rs_lock_update(Relation rel, LOCKMODE mode)
{
	LOCKTAG		tag;
	LockAcquireResult result;

	table_tag(&tag, rel, RS_LOCK_UPDATE);
	result = LockAcquire(&tag, mode, false, false);
	return result != LOCKACQUIRE_ALREADY_HELD && result != LOCKACQUIRE_ALREADY_CLEAR;
}

bool
rs_update_locked(Relation rel, LOCKMODE mode)
{
	LOCKTAG		tag;

	table_tag(&tag, rel, RS_LOCK_UPDATE);
	return LockHeldByMe(&tag, mode);
}

bool
rs_lock_update_conditional(Relation rel, LOCKMODE mode)
{
	return lock_table(rel, RS_LOCK_UPDATE, mode, LockWaitSkip);
}

void
rs_lock_speculation(Relation rel)
{
	(void) lock_table(rel, RS_LOCK_SPECULATION, ExclusiveLock, LockWaitBlock);
}

void
rs_unlock_speculation(Relation rel)
{
	unlock_table(rel, RS_LOCK_SPECULATION, ExclusiveLock);
}

void
rs_lock_space(Relation rel, LOCKMODE mode)
{
	(void) lock_table(rel, RS_LOCK_SPACE, mode, LockWaitBlock);
}

void
rs_unlock_space(Relation rel, LOCKMODE mode)
{
	unlock_table(rel, RS_LOCK_SPACE, mode);
}
