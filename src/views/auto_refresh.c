/*
 * auto_refresh.c
 *	  AUTO REFRESH: workers that refresh materialized views whose tables have changed.
 *
 * The launcher (core/launcher.c) looks at all databases, redshift.auto_refresh_interval apart,
 * by a worker in each that refreshes views with option auto_refresh, one after the other, as
 * their owners, and ends.  WORKERS of them run at a time, so that a database whose views take
 * long holds up no other.  Databases without such views are remembered in shared memory, and
 * left alone until a transaction commits that has given a view the option there.
 *
 * A refresh may take redshift.auto_refresh_timeout.  One that fails, thus or otherwise, is put
 * off for PATIENCE times what it took: it takes no more than a share of a worker's time from
 * the other views of the database.
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "core/journal.h"
#include "core/launcher.h"
#include "core/schema.h"
#include "core/settings.h"
#include "core/shared_area.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/ipc.h"
#include "storage/lwlock.h"
#include "storage/proc.h"
#include "storage/shmem.h"
#include "tcop/utility.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"
#include "utils/timeout.h"
#include "views/materialized.h"

#define NAME		"redshift_ext auto refresh"
#define DATABASES	256			/* remembered; others are looked at each time */
#define WORKERS		2
#define PATIENCE	10

/* Databases that have no views to refresh, from the first to the first InvalidOid. */
typedef struct Idle
{
	Oid			databases[DATABASES];
} Idle;

static Idle *idle = NULL;
static LWLock *lock = NULL;
static bool option_given = false;	/* by the running transaction, to some view */
static ProcessUtility_hook_type next_process_utility = NULL;

PGDLLEXPORT void rs_auto_refresh_main(Datum arg);

/* ---------------------------------------------------------------------
 * Databases without such views
 * ---------------------------------------------------------------------
 */

static bool
is_idle(Oid database)
{
	bool		found = false;
	int			i;

	LWLockAcquire(lock, LW_SHARED);
	for (i = 0; i < DATABASES && OidIsValid(idle->databases[i]) && !found; i++)
		found = idle->databases[i] == database;
	LWLockRelease(lock);
	return found;
}

static void
set_idle(Oid database)
{
	int			i;

	LWLockAcquire(lock, LW_EXCLUSIVE);
	for (i = 0; i < DATABASES; i++)
		if (idle->databases[i] == database || !OidIsValid(idle->databases[i]))
		{
			idle->databases[i] = database;
			break;
		}
	LWLockRelease(lock);
}

static void
set_busy(Oid database)
{
	int			kept = 0;
	int			i;

	LWLockAcquire(lock, LW_EXCLUSIVE);
	for (i = 0; i < DATABASES && OidIsValid(idle->databases[i]); i++)
		if (idle->databases[i] != database)
			idle->databases[kept++] = idle->databases[i];
	while (kept < DATABASES && OidIsValid(idle->databases[kept]))
		idle->databases[kept++] = InvalidOid;
	LWLockRelease(lock);
}

static bool
gives_option(List *options)
{
	ListCell   *lc;

	foreach(lc, options)
		if (strcmp(lfirst_node(DefElem, lc)->defname, "auto_refresh") == 0)
			return true;
	return false;
}

static bool
may_give_option(Node *statement)
{
	ListCell   *lc;

	if (IsA(statement, CreateTableAsStmt))
		return gives_option(((CreateTableAsStmt *) statement)->into->options);
	if (IsA(statement, AlterTableStmt))
		foreach(lc, ((AlterTableStmt *) statement)->cmds)
		{
			AlterTableCmd *command = lfirst_node(AlterTableCmd, lc);

			if (command->subtype == AT_SetRelOptions && gives_option((List *) command->def))
				return true;
		}
	return false;
}

static void
process_utility(PlannedStmt *pstmt, const char *query, bool read_only, ProcessUtilityContext context,
				ParamListInfo params, QueryEnvironment *environment, DestReceiver *dest, QueryCompletion *completion)
{
	if (may_give_option(pstmt->utilityStmt))
		option_given = true;
	(next_process_utility ? next_process_utility : standard_ProcessUtility)
		(pstmt, query, read_only, context, params, environment, dest, completion);
}

/* The view is to be seen before the database counts as busy. */
static void
end_of_transaction(XactEvent event, void *arg)
{
	if (event != XACT_EVENT_COMMIT && event != XACT_EVENT_ABORT && event != XACT_EVENT_PREPARE)
		return;
	if (option_given && event != XACT_EVENT_ABORT)
		set_busy(MyDatabaseId);
	option_given = false;
}

/* ---------------------------------------------------------------------
 * The worker of a database
 * ---------------------------------------------------------------------
 */

static void
begin(void)
{
	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	PushActiveSnapshot(GetTransactionSnapshot());
}

static void
commit(void)
{
	PopActiveSnapshot();
	CommitTransactionCommand();
	pgstat_report_stat(true);
}

/*
 * The views that have the option, whether stale or not.
 */
static List *
automatic_views(void)
{
	Relation	pg_class = table_open(RelationRelationId, AccessShareLock);
	TableScanDesc scan = table_beginscan_catalog(pg_class, 0, NULL);
	List	   *views = NIL;
	HeapTuple	tuple;

	while (HeapTupleIsValid(tuple = heap_getnext(scan, ForwardScanDirection)))
	{
		Form_pg_class class = (Form_pg_class) GETSTRUCT(tuple);
		MemoryContext caller;

		if (class->relkind != RELKIND_MATVIEW || !class->relispopulated || heap_attisnull(tuple, Anum_pg_class_reloptions, NULL))
			continue;
		caller = MemoryContextSwitchTo(TopMemoryContext);
		views = lappend_oid(views, class->oid);
		MemoryContextSwitchTo(caller);
	}
	table_endscan(scan);
	table_close(pg_class, AccessShareLock);
	return views;
}

/*
 * Whether to refresh a view is asked, and done, with its owner's rights.  What the passing
 * of time changes, or cannot be known, is no reason to.  Each view has a transaction of its
 * own; one that fails is no reason to leave the others.
 */
static bool
refresh_view(Oid relid)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	Oid			owner;
	char	   *name;
	bool		wanted;

	if (!HeapTupleIsValid(tuple))
		return false;
	owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
	name = quote_qualified_identifier(get_namespace_name(((Form_pg_class) GETSTRUCT(tuple))->relnamespace),
									  NameStr(((Form_pg_class) GETSTRUCT(tuple))->relname));
	ReleaseSysCache(tuple);
	SetUserIdAndSecContext(owner, SECURITY_LOCAL_USERID_CHANGE | SECURITY_RESTRICTED_OPERATION);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	if (SPI_execute(psprintf("SELECT CASE WHEN m.retry_at > statement_timestamp() THEN false "
							 "ELSE redshift.mv_state(c.oid) IS DISTINCT FROM m.state END FROM pg_class c "
							 "LEFT JOIN redshift.materialized_view m ON m.mv = c.oid "
							 "WHERE c.oid = %u AND c.reloptions @> '{auto_refresh=yes}'", relid), false, 1) != SPI_OK_SELECT)
		elog(ERROR, "query of materialized views failed");
	wanted = SPI_processed > 0;
	if (wanted && strcmp(SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1), "t") == 0)
	{
		pgstat_report_activity(STATE_RUNNING, psprintf("REFRESH MATERIALIZED VIEW %s", name));
		if (SPI_execute(psprintf("REFRESH MATERIALIZED VIEW %s", name), false, 0) < 0)
			elog(ERROR, "refresh of a materialized view failed");
		pgstat_report_activity(STATE_IDLE, NULL);
	}
	SPI_finish();
	return wanted;
}

/*
 * After a failure.  The next refresh that succeeds, whoever asks for it, takes it back.
 */
static void
put_off(Oid relid, TimestampTz start)
{
	begin();
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	if (SPI_execute(psprintf("UPDATE redshift.materialized_view SET retry_at = clock_timestamp() + %ld * interval '1 ms' WHERE mv = %u",
							 PATIENCE * TimestampDifferenceMilliseconds(start, GetCurrentTimestamp()), relid), false, 0) < 0)
		elog(ERROR, "update of materialized views failed");
	SPI_finish();
	commit();
}

static bool
refresh_by_itself(Oid relid)
{
	MemoryContext caller = CurrentMemoryContext;
	TimestampTz start = GetCurrentTimestamp();
	volatile bool wanted = true;
	volatile bool failed = false;

	PG_TRY();
	{
		if (rs_auto_refresh_timeout > 0)
			enable_timeout_after(STATEMENT_TIMEOUT, rs_auto_refresh_timeout * 1000);
		begin();
		wanted = refresh_view(relid);
		SetUserIdAndSecContext(GetAuthenticatedUserId(), 0);
		disable_timeout(STATEMENT_TIMEOUT, false);
		commit();
	}
	PG_CATCH();
	{
		disable_timeout(STATEMENT_TIMEOUT, false);
		rs_launched_report_error(caller);
		failed = true;
	}
	PG_END_TRY();
	if (failed)
		put_off(relid, start);
	MemoryContextSwitchTo(caller);
	return wanted;
}

/* Has the worker found such views, or not come so far as to know? */
static bool look_again = true;

/*
 * However the worker ends.
 */
static void
leave(int code, Datum arg)
{
	if (look_again)
		set_busy(MyDatabaseId);
}

void
rs_auto_refresh_main(Datum arg)
{
	List	   *views = NIL;
	ListCell   *lc;
	Oid			schema;
	bool		any = false;

	rs_launched_connect(arg);
	rs_materialized_set_automatic();
	SetConfigOption("search_path", "pg_catalog", PGC_SUSET, PGC_S_OVERRIDE);
	/* Readers of a view would queue behind a refresh that waits. */
	SetConfigOption("lock_timeout", "2s", PGC_SUSET, PGC_S_OVERRIDE);
	/* What is equal is for the session to say, and these views are Redshift's. */
	SetConfigOption("redshift.dialect", "redshift", PGC_SUSET, PGC_S_OVERRIDE);
	/* Before looking: what commits meanwhile takes it back. */
	before_shmem_exit(leave, (Datum) 0);
	set_idle(MyDatabaseId);
	begin();
	schema = rs_extension_schema();
	if (OidIsValid(schema) && OidIsValid(get_relname_relid("materialized_view", schema)))
		views = automatic_views();
	commit();
	foreach(lc, views)
	{
		CHECK_FOR_INTERRUPTS();
		any |= refresh_by_itself(lfirst_oid(lc));
	}
	look_again = any;
	proc_exit(0);
}

/* ---------------------------------------------------------------------
 * The launcher
 * ---------------------------------------------------------------------
 */

/*
 * Those that may have views to refresh, as a list in TopMemoryContext.
 */
static List *
busy_databases(void)
{
	List	   *databases = NIL;
	ListCell   *lc;

	foreach(lc, rs_existing_databases())
	{
		const RsExistingDatabase *database = lfirst(lc);

		if (database->is_ordinary && !is_idle(database->oid))
		{
			MemoryContext caller = MemoryContextSwitchTo(TopMemoryContext);

			databases = lappend_oid(databases, database->oid);
			MemoryContextSwitchTo(caller);
		}
	}
	return databases;
}

typedef struct Worker
{
	Oid			database;
	BackgroundWorkerHandle *handle; /* NULL: there is none */
} Worker;

static Worker workers[WORKERS];
static List *left = NIL;			/* databases to be looked at, in TopMemoryContext */
static TimestampTz begun = 0;		/* the last round */

/*
 * Of a place for a worker.  A database where one is at work still needs no other: *busy.
 */
static Worker *
free_place(Oid database, bool *busy)
{
	Worker	   *place = NULL;
	int			i;

	*busy = false;
	for (i = 0; i < WORKERS; i++)
	{
		if (rs_launched_has_ended(&workers[i].handle))
			place = &workers[i];
		else
			*busy |= workers[i].database == database;
	}
	return place;
}

/*
 * In the launcher: look at all databases, as workers become free, and again when the
 * interval has passed.
 */
static long
refresh_task(void)
{
	TimestampTz now = GetCurrentTimestamp();
	TimestampTz due;

	if (begun == 0)
		begun = now;
	if (rs_auto_refresh_interval == 0)
		return RS_LAUNCHER_IDLE;
	due = TimestampTzPlusMilliseconds(begun, rs_auto_refresh_interval * INT64CONST(1000));
	if (left == NIL && now >= due)
	{
		left = busy_databases();
		begun = now;
		due = TimestampTzPlusMilliseconds(begun, rs_auto_refresh_interval * INT64CONST(1000));
	}
	for (; left != NIL; left = list_delete_first(left))
	{
		bool		busy;
		Worker	   *place = free_place(linitial_oid(left), &busy);

		if (busy)
			continue;
		/* The end of one wakes the launcher up. */
		if (place == NULL)
			return RS_LAUNCHER_IDLE;
		/* Without room for a worker the database is looked at next time. */
		place->database = linitial_oid(left);
		place->handle = rs_launch(NAME, "rs_auto_refresh_main", place->database, false);
	}
	return TimestampDifferenceMilliseconds(now, due);
}

/* ---------------------------------------------------------------------
 * Start
 * ---------------------------------------------------------------------
 */

static void
attach(void)
{
	bool		found;

	idle = ShmemInitStruct(NAME, sizeof(Idle), &found);
	if (!found)
		memset(idle, 0, sizeof(Idle));
}

/*
 * Without shared_preload_libraries there are no workers.
 */
void
rs_auto_refresh_init(void)
{
	static const RsSharedArea area = {
		.name = NAME,
		.size = sizeof(Idle),
		.attach = attach,
		.lock = &lock
	};

	if (!process_shared_preload_libraries_in_progress)
		return;
	rs_launcher_add(refresh_task);
	rs_shared_area_add(&area);
	next_process_utility = ProcessUtility_hook;
	ProcessUtility_hook = process_utility;
	RegisterXactCallback(end_of_transaction, NULL);
}
