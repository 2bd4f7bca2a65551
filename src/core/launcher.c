/*
 * launcher.c
 *	  One process that starts the short-lived workers of all parts.
 *
 * A process that sleeps counts for max_worker_processes as one that works, and 8 of them are all
 * that PostgreSQL has by default, for parallel queries too.  So parts that have to look after
 * something now and then are tasks of one process.  It has no database, and what it finds to do
 * it leaves to dynamic workers, whose end wakes it up: a task that waited would stop the others.
 *
 * An error ends it, and the postmaster starts it anew: tasks begin at their beginning.
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_database.h"
#include "core/launcher.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/proc.h"
#include "tcop/tcopprot.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#define TASKS			8
#define RESTART_SECONDS 5

static RsLauncherTask tasks[TASKS];
static int	ntasks = 0;

PGDLLEXPORT void rs_launcher_main(Datum arg);

bool
rs_register_worker(const char *name, const char *function, uint32 arg, bool flag, BackgroundWorkerHandle **handle)
{
	BackgroundWorker worker = {
		.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION,
		.bgw_start_time = BgWorkerStart_RecoveryFinished,
		.bgw_restart_time = BGW_NEVER_RESTART,
		.bgw_library_name = "redshift_ext",
		.bgw_main_arg = UInt32GetDatum(arg),
		.bgw_notify_pid = handle != NULL ? MyProcPid : 0
	};

	strlcpy(worker.bgw_name, name, BGW_MAXLEN);
	strlcpy(worker.bgw_type, name, BGW_MAXLEN);
	strlcpy(worker.bgw_function_name, function, BGW_MAXLEN);
	worker.bgw_extra[0] = flag;
	return RegisterDynamicBackgroundWorker(&worker, handle);
}

BackgroundWorkerHandle *
rs_launch(const char *name, const char *function, Oid database, bool flag)
{
	MemoryContext caller = MemoryContextSwitchTo(TopMemoryContext);
	BackgroundWorkerHandle *handle;

	if (!rs_register_worker(name, function, database, flag, &handle))
		handle = NULL;
	MemoryContextSwitchTo(caller);
	return handle;
}

bool
rs_launch_apart(const char *name, const char *function, Oid database)
{
	return rs_register_worker(name, function, database, false, NULL);
}

/*
 * True also if there is none; the handle is NULL then.
 */
bool
rs_launched_has_ended(BackgroundWorkerHandle **handle)
{
	pid_t		pid;

	if (*handle == NULL)
		return true;
	if (GetBackgroundWorkerPid(*handle, &pid) != BGWH_STOPPED)
		return false;
	pfree(*handle);
	*handle = NULL;
	return true;
}

void
rs_launched_connect(Datum arg)
{
	pqsignal(SIGTERM, die);
	BackgroundWorkerUnblockSignals();
	BackgroundWorkerInitializeConnectionByOid(DatumGetObjectId(arg), InvalidOid, 0);
}

void
rs_launched_report_error(MemoryContext context)
{
	MemoryContextSwitchTo(context);
	HOLD_INTERRUPTS();
	EmitErrorReport();
	AbortCurrentTransaction();
	FlushErrorState();
	RESUME_INTERRUPTS();
	MemoryContextSwitchTo(context);
}

/*
 * As autovacuum's launcher does it: a process that has no database can read this catalog only.
 */
List *
rs_existing_databases(void)
{
	MemoryContext caller = CurrentMemoryContext;
	List	   *databases = NIL;
	Relation	rel;
	TableScanDesc scan;
	HeapTuple	tuple;

	StartTransactionCommand();
	(void) GetTransactionSnapshot();
	rel = table_open(DatabaseRelationId, AccessShareLock);
	scan = table_beginscan_catalog(rel, 0, NULL);
	while ((tuple = heap_getnext(scan, ForwardScanDirection)) != NULL)
	{
		const FormData_pg_database *form = (Form_pg_database) GETSTRUCT(tuple);
		MemoryContext transaction = MemoryContextSwitchTo(caller);
		RsExistingDatabase *database = palloc(sizeof(RsExistingDatabase));

		database->oid = form->oid;
		database->name = form->datname;
		database->is_ordinary = form->datallowconn && !form->datistemplate;
		databases = lappend(databases, database);
		MemoryContextSwitchTo(transaction);
	}
	table_endscan(scan);
	table_close(rel, AccessShareLock);
	CommitTransactionCommand();
	MemoryContextSwitchTo(caller);
	return databases;
}

void
rs_launcher_main(Datum arg)
{
	MemoryContext work;

	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	pqsignal(SIGTERM, die);
	BackgroundWorkerUnblockSignals();
	BackgroundWorkerInitializeConnectionByOid(InvalidOid, InvalidOid, 0);
	work = AllocSetContextCreate(TopMemoryContext, "redshift launcher", ALLOCSET_DEFAULT_SIZES);
	for (;;)
	{
		long		timeout = RS_LAUNCHER_IDLE;
		int			i;

		for (i = 0; i < ntasks; i++)
		{
			MemoryContextSwitchTo(work);
			timeout = Min(timeout, tasks[i] ());
			MemoryContextReset(work);
		}
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, Max(timeout, 0), PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
		if (ConfigReloadPending)
		{
			ConfigReloadPending = false;
			ProcessConfigFile(PGC_SIGHUP);
		}
	}
}

void
rs_launcher_add(RsLauncherTask task)
{
	if (!process_shared_preload_libraries_in_progress)
		return;
	if (ntasks == TASKS)
		elog(ERROR, "there are too many tasks of the launcher");
	tasks[ntasks++] = task;
}

/*
 * After all tasks have been added.
 */
void
rs_launcher_init(void)
{
	BackgroundWorker launcher = {
		.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION,
		.bgw_start_time = BgWorkerStart_RecoveryFinished,
		.bgw_restart_time = RESTART_SECONDS,
		.bgw_library_name = "redshift_ext",
		.bgw_function_name = "rs_launcher_main",
		.bgw_name = "redshift_ext launcher",
		.bgw_type = "redshift_ext launcher"
	};

	if (ntasks > 0)
		RegisterBackgroundWorker(&launcher);
}
