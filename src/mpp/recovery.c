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
 * the role that added the node.  Statements wait for it.
 */
#include "postgres.h"

#include "access/transam.h"
#include "access/xact.h"
#include "fmgr.h"
#include "foreign/foreign.h"
#include "miscadmin.h"
#include "mpp/barrier.h"
#include "mpp/connection.h"
#include "mpp/recovery.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "storage/condition_variable.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/lwlock.h"
#include "storage/procarray.h"
#include "storage/shmem.h"
#include "tcop/tcopprot.h"
#include "utils/builtins.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#define DATABASES			64		/* of a server, with clusters of their own */
#define RETRY_MS			1000
#define WAIT_MS				10000	/* of a statement, for nodes to answer */

typedef struct Database
{
	Oid			oid;
	bool		clean;			/* every node has been told of everything */
	pid_t		worker;			/* 0: none runs */
} Database;

typedef struct Shared
{
	LWLock	   *lock;			/* of the databases */
	ConditionVariable cleaned;
	Database	databases[DATABASES];
} Shared;

static Shared *shared = NULL;
static shmem_request_hook_type next_request = NULL;
static shmem_startup_hook_type next_startup = NULL;

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
 * End what a node has prepared and the leader has decided, and return how many that
 * were.  A transaction still running at the leader is its session's to end.
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
	List	   *connections = rs_connections_open(rs_cluster()->nodes, userid);
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
	ListCell   *lc;

	if (!rs_is_leader())
		PG_RETURN_INT32(0);
	rs_barrier_close();
	foreach(lc, connections_of_nodes(GetUserId()))
		ended += recover_node(lfirst(lc));
	PG_RETURN_INT32(ended);
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

static void
start_worker(void)
{
	BackgroundWorker worker = {
		.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION,
		.bgw_start_time = BgWorkerStart_RecoveryFinished,
		.bgw_restart_time = BGW_NEVER_RESTART,
		.bgw_library_name = "redshift_ext",
		.bgw_function_name = "rs_recovery_main",
		.bgw_name = "redshift_ext recovery",
		.bgw_type = "redshift_ext recovery",
		.bgw_main_arg = ObjectIdGetDatum(MyDatabaseId)
	};

	(void) RegisterDynamicBackgroundWorker(&worker, NULL);
}

void
rs_recovery_needed(void)
{
	Database   *database;

	if (shared == NULL)
		return;
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	database = my_entry();
	if (database != NULL)
		database->clean = false;
	LWLockRelease(shared->lock);
}

/*
 * Has every node been told of everything?  If not, see that a worker is at it.
 */
static bool
all_told(void)
{
	Database   *database;
	bool		clean;
	bool		idle;

	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	database = my_entry();
	clean = database != NULL && database->clean;
	idle = database != NULL && database->worker == 0;
	if (!clean && idle)
		database->worker = -1;	/* on its way */
	LWLockRelease(shared->lock);
	if (!clean && idle)
		start_worker();
	return clean;
}

void
rs_recovery_before_snapshot(void)
{
	TimestampTz until;

	rs_recovery_check_preloaded();
	if (all_told())
		return;
	until = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), WAIT_MS);
	ConditionVariablePrepareToSleep(&shared->cleaned);
	while (!all_told())
	{
		if (GetCurrentTimestamp() >= until)
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("a compute node has not yet been told of a commit"),
					 errdetail("Until it has, statements could see a part of a transaction."),
					 errhint("See redshift.nodes for the nodes that do not answer.")));
		(void) ConditionVariableTimedSleep(&shared->cleaned, RETRY_MS / 10, PG_WAIT_EXTENSION);
	}
	ConditionVariableCancelSleep();
}

/* ---------------------------------------------------------------------
 * The worker
 * ---------------------------------------------------------------------
 */

static Oid
role_of_nodes(void)
{
	/* The owner of the servers: who may connect as them without being asked. */
	return GetForeignServer(((const RsNode *) linitial(rs_cluster()->nodes))->server)->owner;
}

/*
 * Tell every node of all that is decided; an error if one does not answer.
 */
static void
attempt(void)
{
	ListCell   *lc;

	if (!rs_is_leader())
		return;
	rs_barrier_close();
	foreach(lc, connections_of_nodes(role_of_nodes()))
		(void) recover_node(lfirst(lc));
}

static void
worker_leaves(int code, Datum arg)
{
	Database   *database;

	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	database = my_entry();
	if (database != NULL)
		database->worker = 0;
	LWLockRelease(shared->lock);
}

static void
set_state(pid_t worker, bool clean)
{
	Database   *database;

	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	database = my_entry();
	if (database != NULL)
	{
		database->worker = worker;
		database->clean = clean;
	}
	LWLockRelease(shared->lock);
	ConditionVariableBroadcast(&shared->cleaned);
}

void
rs_recovery_main(Datum arg)
{
	volatile bool done = false;

	pqsignal(SIGTERM, die);
	BackgroundWorkerUnblockSignals();
	BackgroundWorkerInitializeConnectionByOid(DatumGetObjectId(arg), InvalidOid, 0);
	before_shmem_exit(worker_leaves, (Datum) 0);
	while (!done)
	{
		MemoryContext context = CurrentMemoryContext;

		set_state(MyProcPid, false);
		PG_TRY();
		{
			SetCurrentStatementStartTimestamp();
			StartTransactionCommand();
			PushActiveSnapshot(GetTransactionSnapshot());
			attempt();

			/* Said while the barrier is closed: a commit that fails later unsays it. */
			set_state(MyProcPid, true);
			done = true;
			PopActiveSnapshot();
			CommitTransactionCommand();
		}
		PG_CATCH();
		{
			MemoryContextSwitchTo(context);
			HOLD_INTERRUPTS();
			EmitErrorReport();
			AbortCurrentTransaction();
			FlushErrorState();
			RESUME_INTERRUPTS();
		}
		PG_END_TRY();
		if (!done)
			(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, RETRY_MS, PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
	}
	proc_exit(0);
}

static void
request(void)
{
	if (next_request)
		next_request();
	RequestAddinShmemSpace(sizeof(Shared));
	RequestNamedLWLockTranche("redshift_ext", 1);
}

static void
startup(void)
{
	bool		found;

	if (next_startup)
		next_startup();
	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	shared = ShmemInitStruct("redshift_ext", sizeof(Shared), &found);
	if (!found)
	{
		memset(shared, 0, sizeof(Shared));
		shared->lock = &GetNamedLWLockTranche("redshift_ext")->lock;
		ConditionVariableInit(&shared->cleaned);
	}
	LWLockRelease(AddinShmemInitLock);
}

void
rs_recovery_init(void)
{
	if (!process_shared_preload_libraries_in_progress)
		return;
	next_request = shmem_request_hook;
	shmem_request_hook = request;
	next_startup = shmem_startup_hook;
	shmem_startup_hook = startup;
}
