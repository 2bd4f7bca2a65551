/*
 * recovery.c
 *	  Transactions that compute nodes have prepared and not heard of since.
 *
 * A prepared transaction's name holds the cluster and the leader's transaction id.
 * Whether that committed, the leader's commit log says; a transaction that is neither
 * running nor committed has aborted.  So nothing else needs to be kept, and a leader
 * that crashed between the phases decides what it had decided.
 *
 * While a node may still have to be told of a commit, no statement may take snapshots
 * of several nodes: it would see the transaction on some only.  Shared memory says, by
 * database, whether that may be; after a start of the server it may.  A background
 * worker (rs_recovery_main) then asks all nodes until each has answered, connecting as
 * the role that added the node.  Statements wait for it.  Another worker, the launcher,
 * starts one in each database when the server starts.
 *
 * What a session of the leader has sent can reach a node after that session has gone, a
 * PREPARE TRANSACTION among it.  So sessions at the node of an earlier start of the leader,
 * and those whose connection was lost, are ended there before the node is asked.
 */
#include "postgres.h"

#include "access/transam.h"
#include "access/xact.h"
#include "core/fault.h"
#include "core/launcher.h"
#include "core/settings.h"
#include "core/shared_area.h"
#include "fmgr.h"
#include "foreign/foreign.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "mpp/resize/auto_distribution.h"
#include "mpp/session/barrier.h"
#include "mpp/session/connection.h"
#include "mpp/session/recovery.h"
#include "pgstat.h"
#include "postmaster/autovacuum.h"
#include "storage/condition_variable.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/lwlock.h"
#include "storage/procarray.h"
#include "storage/shmem.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#define NAME				"redshift_ext"
#define WORKER				"redshift_ext recovery"
#define DATABASES			64		/* of a server, with clusters of their own */
#define RETRY_MS			1000
#define START_MS			5000	/* of a worker: it will not come any more */
#define MOST_LOST			32		/* connections, by database */
#define MOST_UNTOLD			32		/* nodes, by database */
#define END_MS				5000	/* of a session at a node */
#define FAILURE_SIZE		256

typedef struct Lost
{
	int32		node;
	int			pid;
} Lost;

typedef struct Database
{
	Oid			oid;
	bool		clean;			/* every node has been told of everything */
	pid_t		worker;			/* 0: none runs; -1: it is on its way */
	TimestampTz asked;			/* when it was sent for */
	uint32		needed;			/* how often there was something to find out */
	int			nlost;			/* more than MOST_LOST: there is no saying which */
	Lost		lost[MOST_LOST];
	int			nuntold;		/* nodes to be told; 0 if not clean, or more than MOST_UNTOLD: any */
	int32		untold[MOST_UNTOLD];
	char		failure[FAILURE_SIZE];	/* of the last attempt */
} Database;

typedef struct Shared
{
	uint64		incarnation;
	ConditionVariable cleaned;
	Database	databases[DATABASES];
} Shared;

static Shared *shared = NULL;
static LWLock *lock = NULL;	/* of the databases */

PGDLLEXPORT void rs_recovery_main(Datum arg);

PG_FUNCTION_INFO_V1(rs_recover);

/* ---------------------------------------------------------------------
 * Names
 * ---------------------------------------------------------------------
 */

void
rs_recovery_name(char *name, Size size, FullTransactionId xid, int32 node, int number)
{
	snprintf(name, size, "redshift_%s_" UINT64_FORMAT "_%d_%d", rs_cluster()->id,
			 U64FromFullTransactionId(xid), node, number);
}

/*
 * What the leader decided of the transaction with such a name; false if it is still
 * deciding.
 */
static bool
decision(const char *name, bool *committed)
{
	unsigned long long full;
	TransactionId xid;
	FullTransactionId next = ReadNextFullTransactionId();
	FullTransactionId given;

	if (sscanf(name, "redshift_%*36c_%llu_", &full) != 1)
		return false;
	given = FullTransactionIdFromU64(full);
	xid = XidFromFullTransactionId(given);
	if (!TransactionIdIsNormal(xid) || !FullTransactionIdPrecedes(given, next))
		return false;
	if (U64FromFullTransactionId(next) - full > (uint64) INT_MAX ||
		TransactionIdPrecedes(xid, ShmemVariableCache->oldestClogXid))
	{
		ereport(WARNING,
				(errcode(ERRCODE_DATA_EXCEPTION),
				 errmsg("transaction \"%s\" is too old for its outcome to be known", name),
				 errhint("Commit or roll it back on the compute node by hand.")));
		return false;
	}
	if (TransactionIdIsInProgress(xid))
		return false;
	*committed = TransactionIdDidCommit(xid);
	return true;
}

/* ---------------------------------------------------------------------
 * Recovering
 * ---------------------------------------------------------------------
 */

/*
 * The integers that a query gives, one in each row.
 */
static List *
query_integers(RsConnection *connection, const char *sql)
{
	PGresult   *result;
	List	   *list = NIL;
	int			i;

	rs_connection_send(connection, sql, NULL);
	result = rs_connection_finish(connection);
	for (i = 0; i < PQntuples(result); i++)
		list = lappend_int(list, atoi(PQgetvalue(result, i, 0)));
	PQclear(result);
	return list;
}

/*
 * End sessions at a node that no process of this leader has a connection to: of its
 * earlier starts, and those that were lost.
 */
static void
end_lost_sessions(RsConnection *connection, const Lost *lost, int nlost)
{
	StringInfoData which;
	List	   *pids;
	ListCell   *lc;
	int			i;

	initStringInfo(&which);
	for (i = 0; i < Min(nlost, MOST_LOST); i++)
		if (lost[i].node == rs_connection_node(connection)->id)
			appendStringInfo(&which, " OR pid = %d", lost[i].pid);
	if (nlost > MOST_LOST)
		appendStringInfoString(&which, " OR backend_xid IS NOT NULL");
	pids = query_integers(connection,
						  psprintf("SELECT pid FROM pg_catalog.pg_stat_activity "
								   "WHERE datname = pg_catalog.current_database() AND pid <> pg_catalog.pg_backend_pid() "
								   "AND application_name LIKE 'redshift\\_ext of process %%' "
								   "AND (application_name NOT LIKE '%% " UINT64_FORMAT "'%s)",
								   rs_recovery_incarnation(), which.data));
	foreach(lc, pids)
		(void) query_integers(connection, psprintf("SELECT pg_catalog.pg_terminate_backend(%d)::int4", lfirst_int(lc)));
	foreach(lc, pids)
	{
		/* OFFSET: the function must not be called for any other process, in whatever order conditions come. */
		char	   *there =
			rs_connection_query_value(connection, psprintf("SELECT count(*) FROM (SELECT pid FROM pg_catalog.pg_stat_activity "
														   "WHERE pid = %d OFFSET 0) s "
														   "WHERE NOT pg_catalog.pg_terminate_backend(pid, %d)",
														   lfirst_int(lc), END_MS));

		if (strcmp(there, "0") != 0)
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("a session at compute node \"%s\" whose connection was lost does not end",
							rs_connection_node(connection)->name),
					 errdetail("Its process there is %d.", lfirst_int(lc))));
	}
}

/*
 * End what a node has prepared and the leader has decided, and return how many that
 * were.  A transaction still running at the leader is its session's to end, which may do
 * so at the same time.
 */
static int
recover_node(RsConnection *connection)
{
	PGresult   *result;
	List	   *names = NIL;
	ListCell   *lc;
	int			ended = 0;
	int			i;

	rs_connection_send(connection,
					   psprintf("SELECT gid FROM pg_catalog.pg_prepared_xacts "
								"WHERE database = pg_catalog.current_database() "
								"AND pg_catalog.starts_with(gid, 'redshift_%s_') ORDER BY prepared", rs_cluster()->id),
					   NULL);
	result = rs_connection_finish(connection);
	for (i = 0; i < PQntuples(result); i++)
		names = lappend(names, pstrdup(PQgetvalue(result, i, 0)));
	PQclear(result);
	foreach(lc, names)
	{
		bool		committed;

		if (!decision(lfirst(lc), &committed))
			continue;
		RS_FAULT_POINT("recovery_end");
		rs_connection_send(connection,
						   psprintf("%s PREPARED %s", committed ? "COMMIT" : "ROLLBACK",
									quote_literal_cstr(lfirst(lc))), NULL);
		PQclear(rs_connection_finish(connection));
		ended++;
	}
	return ended;
}

static List *
connections_of_nodes(Oid userid)
{
	List	   *connections = rs_connections_open_own(rs_cluster()->nodes, userid);
	ListCell   *lc;

	foreach(lc, connections)
		if (rs_connection_state(lfirst(lc))->depth > 0)
			ereport(ERROR,
					(errcode(ERRCODE_ACTIVE_SQL_TRANSACTION),
					 errmsg("redshift.recover() cannot run in a transaction that has used compute nodes")));
	return connections;
}

/*
 * recover(): commit or roll back what nodes have prepared, as the leader decided.
 * Returns how many transactions were ended.
 */
Datum
rs_recover(PG_FUNCTION_ARGS)
{
	int			ended = 0;
	List	   *connections;
	ListCell   *lc;

	if (!rs_is_leader())
		PG_RETURN_INT32(0);
	connections = connections_of_nodes(GetUserId());
	rs_barrier_close();
	foreach(lc, connections)
	{
		end_lost_sessions(lfirst(lc), NULL, 0);
		ended += recover_node(lfirst(lc));
	}
	PG_RETURN_INT32(ended);
}

/*
 * A node whose joining a crash of the leader undid is none that recovery would ask.
 */
void
rs_recovery_before_joining(RsConnection *connection)
{
	char	   *left;

	if (rs_connection_state(connection)->depth > 0)
		return;
	(void) recover_node(connection);
	left = rs_connection_query_value(connection,
									 "SELECT pg_catalog.min(gid) FROM pg_catalog.pg_prepared_xacts "
									 "WHERE database = pg_catalog.current_database() "
									 "AND pg_catalog.starts_with(gid, 'redshift_')");
	if (left != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("server \"%s\" cannot be a compute node: a transaction of another cluster is prepared there",
						rs_connection_node(connection)->name),
				 errdetail("Its name is \"%s\".", left),
				 errhint("If that cluster is no more, or was to be made with this server as its first node, "
						 "roll the transaction back there.")));
}

/* ---------------------------------------------------------------------
 * Shared state
 * ---------------------------------------------------------------------
 */

/*
 * This database's entry, made if need be; NULL if there is no shared memory or no room.
 * The caller holds the lock exclusively.
 */
static Database *
my_entry(void)
{
	int			i;

	for (i = 0; shared != NULL && i < DATABASES; i++)
	{
		Database   *database = &shared->databases[i];

		if (database->oid == InvalidOid)
			database->oid = MyDatabaseId;
		if (database->oid == MyDatabaseId)
			return database;
	}
	return NULL;
}

void
rs_recovery_check_preloaded(void)
{
	if (shared == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the leader of a cluster must preload redshift_ext"),
				 errhint("Add redshift_ext to \"shared_preload_libraries\" and restart the server.")));
}

/*
 * Has every node been told of everything?  If not, see that a worker is at it.
 */
static bool
all_told(void)
{
	Database   *database;
	TimestampTz now = GetCurrentTimestamp();
	bool		clean;
	bool		idle;

	LWLockAcquire(lock, LW_EXCLUSIVE);
	database = my_entry();
	clean = database != NULL && database->clean;
	idle = database != NULL && !clean &&
		(database->worker == 0 ||
		 (database->worker == -1 && TimestampDifferenceExceeds(database->asked, now, START_MS)));
	if (idle)
	{
		database->worker = -1;
		database->asked = now;
	}
	LWLockRelease(lock);

	/* If there is no room for it now, another statement will send for it. */
	if (idle)
		(void) rs_launch_apart(WORKER, "rs_recovery_main", MyDatabaseId);
	return clean;
}

/*
 * One more node that has to be told.  After a start of the server it may be any, and
 * stays so.
 */
static void
note_untold(Database *database, int32 node)
{
	bool		any = database->nuntold > MOST_UNTOLD || (database->nuntold == 0 && !database->clean);
	int			i;

	for (i = 0; i < Min(database->nuntold, MOST_UNTOLD); i++)
		if (database->untold[i] == node)
			return;
	if (any || database->nuntold == MOST_UNTOLD)
		database->nuntold = MOST_UNTOLD + 1;
	else
		database->untold[database->nuntold++] = node;
}

void
rs_recovery_needed(int32 node)
{
	Database   *database;

	if (shared == NULL)
		return;
	LWLockAcquire(lock, LW_EXCLUSIVE);
	database = my_entry();
	if (database != NULL)
	{
		note_untold(database, node);
		database->clean = false;
		database->needed++;
	}
	LWLockRelease(lock);
	(void) all_told();
}

void
rs_recovery_lost(int32 node, int pid)
{
	Database   *database;

	if (shared == NULL)
		return;
	LWLockAcquire(lock, LW_EXCLUSIVE);
	database = my_entry();
	if (database != NULL)
	{
		if (database->nlost < MOST_LOST)
			database->lost[database->nlost] = (Lost) {node, pid};
		database->nlost = Min(database->nlost + 1, MOST_LOST + 1);
	}
	LWLockRelease(lock);
}

uint64
rs_recovery_incarnation(void)
{
	return shared != NULL ? shared->incarnation : 0;
}

/*
 * Someone has waited long enough: which nodes have not been told, and why, if it is known.
 */
static void
raise_untold(void)
{
	Database	found = {0};
	Database   *database;
	StringInfoData names;
	ListCell   *lc;
	int			n = 0;
	int			i;

	LWLockAcquire(lock, LW_SHARED);
	for (i = 0; i < DATABASES; i++)
	{
		database = &shared->databases[i];
		if (database->oid == MyDatabaseId)
			found = *database;
	}
	LWLockRelease(lock);
	initStringInfo(&names);
	foreach(lc, rs_cluster()->nodes)
	{
		const RsNode *node = lfirst(lc);
		bool		untold = found.nuntold == 0 || found.nuntold > MOST_UNTOLD;

		for (i = 0; !untold && i < found.nuntold; i++)
			untold = found.untold[i] == node->id;
		if (untold)
			appendStringInfo(&names, "%s\"%s\"", n++ > 0 ? ", " : "", node->name);
	}
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg_plural("compute node %s has not yet been told of a commit",
						   "compute nodes %s have not yet been told of a commit", n, names.data),
			 errdetail("Until then statements could see a part of a transaction.%s%s%s",
					   found.failure[0] != '\0' ? " The last attempt failed: " : "", found.failure,
					   found.failure[0] != '\0' ? "." : ""),
			 errhint("See redshift.nodes for the nodes that do not answer.")));
}

static void
wait_until_all_told(void)
{
	TimestampTz until;

	rs_recovery_check_preloaded();
	if (all_told())
		return;
	until = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), rs_node_timeout);
	ConditionVariablePrepareToSleep(&shared->cleaned);
	while (!all_told())
	{
		if (GetCurrentTimestamp() >= until)
			raise_untold();
		(void) ConditionVariableTimedSleep(&shared->cleaned, RETRY_MS / 10, PG_WAIT_EXTENSION);
	}
	ConditionVariableCancelSleep();
}

/*
 * Who is waited for at the barrier may fail to tell a node: so it is looked again behind it.
 */
void
rs_recovery_enter_barrier(void)
{
	for (;;)
	{
		wait_until_all_told();
		rs_barrier_enter();
		if (all_told())
			return;
		rs_barrier_leave();
	}
}

void
rs_recovery_close_barrier(void)
{
	for (;;)
	{
		wait_until_all_told();
		rs_barrier_close();
		if (all_told())
			return;
		rs_barrier_open();
	}
}

/* ---------------------------------------------------------------------
 * The worker
 * ---------------------------------------------------------------------
 */

Oid
rs_recovery_role(void)
{
	/* The owner of the servers: who may connect as them without being asked. */
	return GetForeignServer(((const RsNode *) linitial(rs_cluster()->nodes))->server)->owner;
}

/*
 * Tell every node of all that is decided; an error if one does not answer.  Commits and
 * statements are held up only when all can be reached.  found: what is known of this
 * database.
 */
static void
attempt(const Database *found)
{
	List	   *connections;
	ListCell   *lc;

	if (!rs_is_leader())
		return;					/* any more */
	connections = connections_of_nodes(rs_recovery_role());
	RS_FAULT_POINT("recovery_begin");
	rs_barrier_close();
	foreach(lc, connections)
	{
		end_lost_sessions(lfirst(lc), found->lost, found->nlost);
		(void) recover_node(lfirst(lc));
	}
	RS_FAULT_POINT("recovery_clean");
}

static void
worker_leaves(int code, Datum arg)
{
	Database   *database;

	LWLockAcquire(lock, LW_EXCLUSIVE);
	database = my_entry();
	if (database != NULL && database->worker == MyProcPid)
		database->worker = 0;
	LWLockRelease(lock);
}

static bool
database_is_leader(void)
{
	bool		leader;

	StartTransactionCommand();
	leader = rs_is_leader();
	CommitTransactionCommand();
	return leader;
}

/*
 * The worker is at it; what is known now.
 */
static void
worker_begins(Database *found)
{
	Database   *database;

	memset(found, 0, sizeof(Database));
	LWLockAcquire(lock, LW_EXCLUSIVE);
	database = my_entry();
	if (database != NULL)
	{
		database->worker = MyProcPid;
		*found = *database;
	}
	LWLockRelease(lock);
}

/*
 * Why the worker could not do it, for those who wait.
 */
static void
worker_has_failed(const char *message)
{
	Database   *database;

	LWLockAcquire(lock, LW_EXCLUSIVE);
	database = my_entry();
	if (database != NULL)
	{
		int			size = pg_mbcliplen(message, strlen(message), FAILURE_SIZE - 1);

		memcpy(database->failure, message, size);
		database->failure[size] = '\0';
	}
	LWLockRelease(lock);
}

/*
 * All is told of what was known; false if something has happened since.  The worker is
 * gone then, for others: whoever finds something from here on starts another.
 */
static bool
worker_is_done(const Database *found)
{
	Database   *database;
	bool		done = true;

	LWLockAcquire(lock, LW_EXCLUSIVE);
	database = my_entry();
	if (database != NULL)
	{
		done = database->needed == found->needed;
		if (done)
		{
			database->worker = 0;
			database->clean = true;
			database->nlost = 0;
			database->nuntold = 0;
			database->failure[0] = '\0';
		}
	}
	LWLockRelease(lock);
	ConditionVariableBroadcast(&shared->cleaned);
	return done;
}

void
rs_recovery_main(Datum arg)
{
	volatile bool done = false;
	Database	found;

	rs_launched_connect(arg);
	if (!database_is_leader())
		proc_exit(0);
	before_shmem_exit(worker_leaves, (Datum) 0);
	while (!done)
	{
		MemoryContext context = CurrentMemoryContext;
		ErrorData  *error;

		worker_begins(&found);
		PG_TRY();
		{
			SetCurrentStatementStartTimestamp();
			StartTransactionCommand();
			PushActiveSnapshot(GetTransactionSnapshot());
			attempt(&found);

			/* Said while the barrier is closed: a commit that fails later unsays it. */
			done = worker_is_done(&found);
			PopActiveSnapshot();
			CommitTransactionCommand();
		}
		PG_CATCH();
		{
			MemoryContextSwitchTo(context);
			error = CopyErrorData();
			worker_has_failed(error->message);
			FreeErrorData(error);
			rs_launched_report_error(context);
		}
		PG_END_TRY();
		if (!done)
			(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, RETRY_MS, PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
	}
	proc_exit(0);
}

/* ---------------------------------------------------------------------
 * The launcher
 * ---------------------------------------------------------------------
 */

/*
 * As a list in TopMemoryContext.
 */
static List *
ordinary_databases(void)
{
	List	   *databases = NIL;
	ListCell   *lc;

	foreach(lc, rs_existing_databases())
	{
		const RsExistingDatabase *database = lfirst(lc);
		MemoryContext caller = MemoryContextSwitchTo(TopMemoryContext);

		if (database->is_ordinary)
			databases = lappend_oid(databases, database->oid);
		MemoryContextSwitchTo(caller);
	}
	return databases;
}

/* The workers that the launcher starts at its own start. */
static struct
{
	bool		begun;
	List	   *left;			/* databases, with that of the worker; in TopMemoryContext */
	BackgroundWorkerHandle *worker;
	TimestampTz until;			/* the worker is waited for */
} start;

static TimestampTz last_distribution = 0;

/*
 * At the launcher's start, start a worker in each database.  Most find nothing and are gone at
 * once; they are waited for, so that not all come at the same time.  False: there are more.
 */
static bool
all_started(void)
{
	if (!start.begun)
		start.left = ordinary_databases();
	start.begun = true;
	for (; start.left != NIL; start.left = list_delete_first(start.left))
	{
		TimestampTz now = GetCurrentTimestamp();

		if (start.until == 0)
			start.until = TimestampTzPlusMilliseconds(now, RETRY_MS);
		if (start.worker == NULL)
			start.worker = rs_launch(WORKER, "rs_recovery_main", linitial_oid(start.left), false);
		if (now < start.until && (start.worker == NULL || !rs_launched_has_ended(&start.worker)))
			return false;
		/* One that takes longer goes on by itself. */
		if (start.worker != NULL)
			pfree(start.worker);
		start.worker = NULL;
		start.until = 0;
	}
	return true;
}

/*
 * The launcher starts the workers of resize/auto_distribution.c, too, as often as autovacuum
 * looks for work.
 */
static long
look_after_cluster(void)
{
	TimestampTz now = GetCurrentTimestamp();
	long		interval = autovacuum_naptime * 1000L;
	long		left;

	if (!all_started())
		return RETRY_MS / 10;
	if (last_distribution == 0)
		last_distribution = now;
	left = TimestampDifferenceMilliseconds(now, TimestampTzPlusMilliseconds(last_distribution, interval));
	if (left > 0)
		return left;
	last_distribution = now;
	rs_auto_distribution_launch();
	return interval;
}

static void
attach(void)
{
	bool		found;

	shared = ShmemInitStruct(NAME, sizeof(Shared), &found);
	if (!found)
	{
		memset(shared, 0, sizeof(Shared));
		shared->incarnation = (uint64) GetCurrentTimestamp();
		ConditionVariableInit(&shared->cleaned);
	}
}

void
rs_recovery_init(void)
{
	static const RsSharedArea area = {
		.name = NAME,
		.size = sizeof(Shared),
		.attach = attach,
		.lock = &lock
	};

	rs_shared_area_add(&area);
	rs_launcher_add(look_after_cluster);
}
