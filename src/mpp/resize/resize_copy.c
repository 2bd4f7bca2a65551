/*
 * resize_copy.c
 *	  Row groups of slices are copied to the nodes that are to get them, ahead of the
 *	  switch, while others read and write.
 *
 * Each step is a transaction of its own on a node that gets slices (slice_pull.c), by
 * other connections than the session's.  When nothing much is left the distributed tables
 * are locked; if others use them for long, what they write meanwhile is copied, and it is
 * tried again.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/transam.h"
#include "access/xact.h"
#include "core/fault.h"
#include "core/settings.h"
#include "core/subtransaction.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "mpp/cluster/definition.h"
#include "mpp/cluster/table.h"
#include "mpp/resize/resize.h"
#include "storage/latch.h"
#include "storage/lmgr.h"
#include "storage/proc.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/timestamp.h"
#include "utils/wait_event.h"

#define LOCK_ATTEMPTS	100
#define PULL_BYTES		((int64) 64 * 1024 * 1024)	/* in one transaction of a node */
#define MOST_PASSES		8		/* over what is written while slices are copied */
#define SHORT_PASS_MS	500		/* no pass is needed after one that took no longer */

RsConnection *
rs_resize_connection(List *connections, int32 node)
{
	ListCell   *lc;

	foreach(lc, connections)
		if (rs_connection_node(lfirst(lc))->id == node)
			return lfirst(lc);
	elog(ERROR, "compute node %d is not connected", node);
}

/*
 * Wait as long, but not for what an interrupt tells.
 */
static void
sleep_ms(long ms)
{
	if (ms <= 0)
		return;
	(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, ms, PG_WAIT_EXTENSION);
	ResetLatch(MyLatch);
	CHECK_FOR_INTERRUPTS();
}

/* ---------------------------------------------------------------------
 * Row groups
 * ---------------------------------------------------------------------
 */

static RsConnection *
send_pull(const RsResize *resize, const RsMove *move, List *connections, const char *name, int64 bytes, bool show)
{
	RsConnection *connection = rs_resize_connection(connections, move->to);
	const char *source = NULL;
	ListCell   *lc;

	foreach(lc, resize->nodes)
		if (((RsNode *) lfirst(lc))->id == move->from)
			source = ((RsNode *) lfirst(lc))->name;
	rs_connection_send(connection, psprintf("SELECT pulled, remaining FROM redshift.pull_slices(%s, %s, '{%s}', "
											"%d, " INT64_FORMAT ", %s)", quote_literal_cstr(name), quote_literal_cstr(source),
											move->slices, resize->of_slices, bytes, show ? "true" : "false"), NULL);
	return connection;
}

/*
 * One step of fetching a table's groups: each node that is not done gets some more, all
 * at the same time.  Returns the bytes that came, -1 if nothing was left to do.
 */
int64
rs_resize_pull(RsResize *resize, List *connections, const char *name, int64 bytes, bool show)
{
	List	   *sent = NIL;
	List	   *moves = NIL;
	int64		pulled = 0;
	ListCell   *lc;
	ListCell   *cell;

	foreach(lc, resize->moves)
	{
		RsMove	   *move = lfirst(lc);

		if (move->copied || list_member_ptr(sent, rs_resize_connection(connections, move->to)))
			continue;
		sent = lappend(sent, send_pull(resize, move, connections, name, bytes, show));
		moves = lappend(moves, move);
	}
	forboth(lc, sent, cell, moves)
	{
		PGresult   *result = rs_connection_finish(lfirst(lc));

		pulled += strtoll(PQgetvalue(result, 0, 0), NULL, 10);
		((RsMove *) lfirst(cell))->copied = strtoll(PQgetvalue(result, 0, 1), NULL, 10) == 0;
		PQclear(result);
	}
	return sent == NIL ? -1 : pulled;
}

void
rs_resize_begin_table(RsResize *resize)
{
	ListCell   *lc;

	foreach(lc, resize->moves)
		((RsMove *) lfirst(lc))->copied = false;
}

bool
rs_resize_moves_rows(const RsResize *resize, Oid relid)
{
	AttrNumber	key;
	RsDistStyle style = rs_table_spread(relid, &key);

	return style == RS_DIST_KEY || (style != RS_DIST_ALL && resize->of_slices == 0);
}

/*
 * Let nodes fetch what there is of a table now.  It cannot be altered meanwhile.
 */
static int64
copy_table(RsResize *resize, List *connections, Oid relid)
{
	int64		step = rs_resize_rate > 0 ? Min(PULL_BYTES, (int64) rs_resize_rate * 1024 * 1024) : PULL_BYTES;
	int64		total = 0;

	LockRelationOid(relid, AccessShareLock);
	if (rs_table_is_distributed(relid) && rs_resize_moves_rows(resize, relid))
	{
		char	   *name = quote_qualified_identifier(get_namespace_name(get_rel_namespace(relid)), get_rel_name(relid));

		rs_resize_begin_table(resize);
		for (;;)
		{
			TimestampTz start = GetCurrentTimestamp();
			int64		bytes = rs_resize_pull(resize, connections, name, step, false);

			if (bytes < 0)
				break;
			total += bytes;
			if (rs_resize_rate > 0)
				sleep_ms((long) (bytes * 1000 / ((int64) rs_resize_rate * 1024 * 1024)) -
						 TimestampDifferenceMilliseconds(start, GetCurrentTimestamp()));
		}
	}
	UnlockRelationOid(relid, AccessShareLock);
	return total;
}

static List *
distributed_tables(void)
{
	List	   *relids = NIL;
	uint64		row;

	rs_definition_find_tables();
	for (row = 0; row < SPI_processed; row++)
		relids = lappend_oid(relids, strtoul(SPI_getvalue(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, 1), NULL, 10));
	return relids;
}

/*
 * Copy all tables, then what was written meanwhile, until that is quick.
 */
static void
copy_ahead(RsResize *resize, List *connections, int most_passes)
{
	int			pass;

	for (pass = 0; pass < most_passes; pass++)
	{
		TimestampTz start = GetCurrentTimestamp();
		ListCell   *lc;

		foreach(lc, distributed_tables())
			(void) copy_table(resize, connections, lfirst_oid(lc));
		if (!TimestampDifferenceExceeds(start, GetCurrentTimestamp(), SHORT_PASS_MS))
			break;
	}
}

/* ---------------------------------------------------------------------
 * Locking
 * ---------------------------------------------------------------------
 */

/*
 * Lock all of the tables, or none: who waits for them longer than this could wait for a
 * session that waits for us.
 */
static bool
try_to_lock(List *relids)
{
	RsSubtransaction sub;
	volatile bool locked = false;

	rs_subtransaction_begin(&sub);
	PG_TRY();
	{
		TimestampTz until = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), DeadlockTimeout / 2);
		int			level = NewGUCNestLevel();
		ListCell   *lc;

		foreach(lc, relids)
		{
			long		left = Max(TimestampDifferenceMilliseconds(GetCurrentTimestamp(), until), 1);

			(void) set_config_option("lock_timeout", psprintf("%ld", left), PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE,
									 true, 0, false);
			LockRelationOid(lfirst_oid(lc), foreach_current_index(lc) == 0 ? ShareRowExclusiveLock : AccessExclusiveLock);
		}
		AtEOXact_GUC(true, level);
		rs_subtransaction_commit(&sub);
		locked = true;
	}
	PG_CATCH();
	{
		ErrorData  *error = rs_subtransaction_abort(&sub);

		if (error->sqlerrcode != ERRCODE_LOCK_NOT_AVAILABLE && error->sqlerrcode != ERRCODE_T_R_DEADLOCK_DETECTED)
			ReThrowError(error);
		FreeErrorData(error);
	}
	PG_END_TRY();
	return locked;
}

/*
 * Keep everyone out of the distributed tables, also of those that are on all nodes:
 * statements may send their rows by slices.  Nor may there be tables that others are
 * just making.  False: there are transactions that go on using them.
 */
static bool
lock_tables(RsResize *resize)
{
	uint64		row;

	if (!try_to_lock(lcons_oid(rs_cluster_catalog(), distributed_tables())))
		return false;
	resize->tables = NIL;

	/* What was made, dropped or renamed until then. */
	rs_definition_find_tables();
	for (row = 0; row < SPI_processed; row++)
	{
		HeapTuple	tuple = SPI_tuptable->vals[row];
		TupleDesc	desc = SPI_tuptable->tupdesc;
		Oid			relid = strtoul(SPI_getvalue(tuple, desc, 1), NULL, 10);
		RsResizeTable *table;

		LockRelationOid(relid, AccessExclusiveLock);
		CacheInvalidateRelcacheByRelid(relid);
		if (rs_definition_is_on_all(relid))
			continue;
		table = palloc(sizeof(RsResizeTable));
		table->relid = relid;
		table->name = SPI_getvalue(tuple, desc, 2);
		resize->tables = lappend(resize->tables, table);
	}
	return true;
}

static void
wait_for_others(int attempt)
{
	if (attempt == LOCK_ATTEMPTS)
		ereport(ERROR,
				(errcode(ERRCODE_LOCK_NOT_AVAILABLE),
				 errmsg("could not lock the distributed tables to let slices move"),
				 errdetail("Transactions that use them go on for long."),
				 errhint("Call it again: row groups that have been copied are still there.")));
	sleep_ms(Min(attempt * 20, 1000));
}

/*
 * The nodes that get slices.
 */
static List *
target_nodes(const RsResize *resize)
{
	List	   *targets = NIL;
	ListCell   *lc;

	foreach(lc, resize->nodes)
	{
		ListCell   *cell;

		foreach(cell, resize->moves)
			if (((RsMove *) lfirst(cell))->to == ((RsNode *) lfirst(lc))->id)
				targets = list_append_unique_ptr(targets, lfirst(lc));
	}
	return targets;
}

/*
 * Copy, and copy on, until the tables can be locked.
 */
void
rs_resize_copy_and_lock(RsResize *resize)
{
	List	   *connections = rs_connections_open_apart(target_nodes(resize), GetUserId());

	PG_TRY();
	{
		int			attempt;

		copy_ahead(resize, connections, MOST_PASSES);
		RS_FAULT_POINT("slices_copied");
		for (attempt = 1; !lock_tables(resize); attempt++)
		{
			wait_for_others(attempt);
			copy_ahead(resize, connections, 1);
		}
	}
	PG_FINALLY();
	{
		rs_connections_close_apart(connections);
	}
	PG_END_TRY();
}

void
rs_resize_lock_on_nodes(const RsResize *resize, List *connections, const char *mode)
{
	StringInfoData sql;
	ListCell   *lc;

	initStringInfo(&sql);
	foreach(lc, resize->tables)
		appendStringInfo(&sql, "%s%s", sql.len > 0 ? ", ONLY " : "LOCK TABLE ONLY ", ((RsResizeTable *) lfirst(lc))->name);
	if (sql.len == 0)
		return;
	appendStringInfo(&sql, " IN %s MODE", mode);
	rs_connections_execute(connections, sql.data);
}
