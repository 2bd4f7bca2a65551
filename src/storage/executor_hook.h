/*
 * executor_hook.h
 *	  What tables need done before a statement runs.
 */
#ifndef RS_EXECUTOR_HOOK_H
#define RS_EXECUTOR_HOOK_H

#include "nodes/lockoptions.h"

/*
 * Take the update locks of a table and of all that inherit from it, as a change of their
 * rows does; true if some were not ours before.  The caller has locked the table.
 */
extern bool rs_lock_changes(Oid relid);

/*
 * The same without waiting, of FOR SHARE in a weaker mode: false if they are not to be
 * had (or an error, as the policy says).  And do we have them?
 */
extern bool rs_lock_changes_at_once(Oid relid, bool share, LockWaitPolicy wait);
extern bool rs_changes_locked(Oid relid, bool share);

extern void rs_executor_hook_init(void);

#endif							/* RS_EXECUTOR_HOOK_H */
