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
 * cached plan is not analysed again; its statement takes the lock at the first
 * change, and follows rows that changed meanwhile as heap does.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "executor/executor.h"
#include "catalog/pg_class.h"
#include "parser/analyze.h"
#include "parser/parsetree.h"
#include "storage/executor_hook.h"
#include "storage/insert_buffer.h"
#include "storage/locks.h"
#include "storage/tableam.h"
#include "utils/rel.h"

static ExecutorStart_hook_type next_executor_start = NULL;
static post_parse_analyze_hook_type next_post_parse_analyze = NULL;

static void
executor_start(QueryDesc *desc, int eflags)
{
	if (desc->plannedstmt->parallelModeNeeded && !IsInParallelMode())
		rs_insert_buffers_flush_all();
	if (next_executor_start)
		next_executor_start(desc, eflags);
	else
		standard_ExecutorStart(desc, eflags);
}

static void
post_parse_analyze(ParseState *pstate, Query *query, JumbleState *jstate)
{
	if (next_post_parse_analyze)
		next_post_parse_analyze(pstate, query, jstate);

	if (RecoveryInProgress())
		return;
	if ((query->commandType == CMD_UPDATE || query->commandType == CMD_DELETE ||
		 query->commandType == CMD_MERGE) && query->resultRelation > 0)
	{
		RangeTblEntry *rte = rt_fetch(query->resultRelation, query->rtable);
		Relation	rel;

		if (rte->rtekind != RTE_RELATION || rte->relkind != RELKIND_RELATION)
			return;
		/* Analysis has locked it. */
		rel = table_open(rte->relid, NoLock);
		if (rs_is_redshift_relation(rel))
			rs_lock_update(rel, ExclusiveLock);
		table_close(rel, NoLock);
	}
}

void
rs_executor_hook_init(void)
{
	next_executor_start = ExecutorStart_hook;
	ExecutorStart_hook = executor_start;
	next_post_parse_analyze = post_parse_analyze_hook;
	post_parse_analyze_hook = post_parse_analyze;
}
