/*
 * executor_hook.c
 *	  What tables need done before a statement runs.
 *
 * Before a parallel plan: own pending changes are written out, since workers
 * read the catalogs only and nothing can be written once parallel mode is on.
 *
 * Before an UPDATE, DELETE or MERGE of a redshift table is planned: the table's
 * update lock is taken, hence before the statement's snapshot.  So sessions that
 * change one table queue up, each sees what the one before did, and compaction
 * cannot move rows between a statement's snapshot and its first change.  A
 * cached plan is not analysed again: its statement takes the lock when it starts,
 * and under READ COMMITTED a new snapshot after it.  Plans that let other servers
 * change or lock rows (mpp) name the tables as result relations: they queue here, too.
 *
 * When a plan is initialized: its scans are told which columns they want.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "executor/executor.h"
#include "parser/analyze.h"
#include "parser/parsetree.h"
#include "storage/executor_hook.h"
#include "storage/insert_buffer.h"
#include "storage/locks.h"
#include "storage/slot_columns.h"
#include "storage/tableam.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

static ExecutorStart_hook_type next_executor_start = NULL;
static post_parse_analyze_hook_type next_post_parse_analyze = NULL;

/*
 * Take the update lock of a table if it is ours; true if we did not have it.
 */
static bool
lock_target(Oid relid)
{
	Relation	rel = table_open(relid, NoLock);
	bool		locked = rs_is_redshift_relation(rel) && rs_lock_update(rel, ExclusiveLock);

	table_close(rel, NoLock);
	return locked;
}

bool
rs_lock_changes(Oid relid)
{
	bool		locked = false;
	ListCell   *lc;

	foreach(lc, find_all_inheritors(relid, AccessShareLock, NULL))
		locked |= lock_target(lfirst_oid(lc));
	return locked;
}

bool
rs_lock_changes_at_once(Oid relid, bool share, LockWaitPolicy wait)
{
	bool		locked = true;
	ListCell   *lc;

	foreach(lc, find_all_inheritors(relid, AccessShareLock, NULL))
	{
		Relation	rel = table_open(lfirst_oid(lc), NoLock);

		if (locked && rs_is_redshift_relation(rel))
			locked = rs_lock_update_wait(rel, share ? RowShareLock : ExclusiveLock, wait);
		table_close(rel, NoLock);
	}
	return locked;
}

bool
rs_changes_locked(Oid relid, bool share)
{
	bool		locked = true;
	ListCell   *lc;

	foreach(lc, find_all_inheritors(relid, NoLock, NULL))
	{
		Relation	rel = table_open(lfirst_oid(lc), AccessShareLock);

		if (rs_is_redshift_relation(rel))
			locked = locked && rs_update_locked(rel, share ? RowShareLock : ExclusiveLock);
		table_close(rel, AccessShareLock);
	}
	return locked;
}

/*
 * The statement's snapshot is older than the lock: take another, if the isolation
 * level lets each statement have its own.
 */
static void
renew_snapshot(QueryDesc *desc)
{
	if (IsolationUsesXactSnapshot() || !ActiveSnapshotSet() || desc->snapshot == NULL ||
		desc->snapshot->curcid != GetActiveSnapshot()->curcid ||
		desc->snapshot->xmax != GetActiveSnapshot()->xmax)
		return;
	UnregisterSnapshot(desc->snapshot);
	PopActiveSnapshot();
	PushActiveSnapshot(GetTransactionSnapshot());
	desc->snapshot = RegisterSnapshot(GetActiveSnapshot());
}

static bool
changes_rows(CmdType command)
{
	return command == CMD_UPDATE || command == CMD_DELETE || command == CMD_MERGE;
}

/*
 * Take the update locks of result relations; true if some were not ours before.
 */
static bool
lock_targets(PlannedStmt *stmt, List *relations)
{
	bool		locked = false;
	ListCell   *lc;

	foreach(lc, relations)
	{
		RangeTblEntry *rte = rt_fetch(lfirst_int(lc), stmt->rtable);

		if (rte->relkind == RELKIND_RELATION)
			locked |= lock_target(rte->relid);
	}
	return locked;
}

/*
 * The same of what others change on behalf of a plan: tables with all their partitions.
 */
static bool
lock_targets_elsewhere(PlannedStmt *stmt)
{
	bool		locked = false;
	ListCell   *lc;

	foreach(lc, stmt->resultRelations)
		locked |= rs_lock_changes(rt_fetch(lfirst_int(lc), stmt->rtable)->relid);
	return locked;
}

static bool
changes_elsewhere(const PlannedStmt *stmt)
{
	ListCell   *lc;

	if (stmt->resultRelations == NIL || IsA(stmt->planTree, ModifyTable))
		return false;
	foreach(lc, stmt->subplans)
		if (lfirst(lc) != NULL && IsA(lfirst(lc), ModifyTable))
			return false;
	return true;
}

static void
executor_start(QueryDesc *desc, int eflags)
{
	PlannedStmt *stmt = desc->plannedstmt;

	if (stmt->parallelModeNeeded && !IsInParallelMode())
		rs_insert_buffers_flush_all();
	if ((changes_rows(stmt->commandType) || stmt->hasModifyingCTE || changes_elsewhere(stmt)) &&
		!(eflags & EXEC_FLAG_EXPLAIN_ONLY) && !RecoveryInProgress())
	{
		bool		locked = false;
		ListCell   *lc;

		if (changes_elsewhere(stmt))
			locked = lock_targets_elsewhere(stmt);
		else if (changes_rows(stmt->commandType))
			locked = lock_targets(stmt, stmt->resultRelations);

		/* Those of WITH were not seen by parse analysis. */
		foreach(lc, stmt->subplans)
		{
			ModifyTable *plan = (ModifyTable *) lfirst(lc);

			if (plan != NULL && IsA(plan, ModifyTable) && changes_rows(plan->operation))
				locked |= lock_targets(stmt, plan->resultRelations);
		}
		if (locked)
			renew_snapshot(desc);
	}
	if (next_executor_start)
		next_executor_start(desc, eflags);
	else
		standard_ExecutorStart(desc, eflags);
	rs_slot_columns_limit(desc->planstate);
}

static void
post_parse_analyze(ParseState *pstate, Query *query, JumbleState *jstate)
{
	RangeTblEntry *rte;

	if (next_post_parse_analyze)
		next_post_parse_analyze(pstate, query, jstate);

	if (!changes_rows(query->commandType) || query->resultRelation == 0 || RecoveryInProgress())
		return;
	/* Analysis has locked it. */
	rte = rt_fetch(query->resultRelation, query->rtable);
	if (rte->rtekind == RTE_RELATION && rte->relkind == RELKIND_RELATION)
		(void) lock_target(rte->relid);
}

void
rs_executor_hook_init(void)
{
	next_executor_start = ExecutorStart_hook;
	ExecutorStart_hook = executor_start;
	next_post_parse_analyze = post_parse_analyze_hook;
	post_parse_analyze_hook = post_parse_analyze;
}
