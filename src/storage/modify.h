/*
 * modify.h
 *	  DELETE, UPDATE and row locks: the state of a row and its group's lock.
 */
#ifndef RS_MODIFY_H
#define RS_MODIFY_H

#include "access/tableam.h"

extern TM_Result rs_modify_delete(Relation rel, ItemPointer tid, CommandId cid,
								  Snapshot crosscheck, bool wait, LockTupleMode mode,
								  TM_FailureData *tmfd, uint64 *row);
/* Record the delete that rs_modify_delete() allowed. */
extern void rs_modify_record(Relation rel, uint64 row, CommandId cid, uint64 moved_to);

extern TM_Result rs_modify_lock(Relation rel, ItemPointer tid, TupleTableSlot *slot,
								CommandId cid, LockTupleMode mode,
								LockWaitPolicy wait_policy, uint8 flags,
								TM_FailureData *tmfd);

/* Drop what is known of the current group: a (sub)transaction ended. */
extern void rs_modify_forget(void);

#endif							/* RS_MODIFY_H */
