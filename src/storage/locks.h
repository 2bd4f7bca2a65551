/*
 * locks.h
 *	  The heavyweight locks of a redshift table beside PostgreSQL's own.
 *
 * All but space and speculation locks are held to the end of the transaction.
 */
#ifndef RS_LOCKS_H
#define RS_LOCKS_H

#include "access/transam.h"
#include "nodes/lockoptions.h"
#include "storage/lock.h"
#include "utils/relcache.h"

/* Row locks at the grain of a row group, in heap's modes. */
extern LOCKMODE rs_row_lock_mode(LockTupleMode mode);
extern bool rs_lock_group(Relation rel, int64 group_id, LOCKMODE mode, LockWaitPolicy wait);

/* A transaction, not ours, that may be changing rows of the group; or invalid. */
extern TransactionId rs_group_changer(Relation rel, int64 group_id);

/* UPDATE/DELETE and FOR [NO KEY] UPDATE: ExclusiveLock; FOR [KEY] SHARE:
 * AccessShareLock; compaction: AccessExclusiveLock, conditionally. */
extern bool rs_lock_update(Relation rel, LOCKMODE mode);	/* false: had it already */
extern bool rs_lock_update_wait(Relation rel, LOCKMODE mode, LockWaitPolicy wait);
extern bool rs_lock_update_conditional(Relation rel, LOCKMODE mode);
extern bool rs_update_locked(Relation rel, LOCKMODE mode);	/* by us, in this very mode */

/* FOR [KEY] SHARE, or DELETE and changes of a key, which wait for those. */
extern bool rs_lock_sharers(Relation rel, bool deleting, LockWaitPolicy wait);

extern void rs_lock_speculation(Relation rel);
extern void rs_unlock_speculation(Relation rel);

/* Writers share it from page allocation to directory insert; VACUUM excludes. */
extern void rs_lock_space(Relation rel, LOCKMODE mode);
extern void rs_unlock_space(Relation rel, LOCKMODE mode);

#endif							/* RS_LOCKS_H */
