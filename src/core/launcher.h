/*
 * launcher.h
 *	  One process that starts the short-lived workers of all parts.
 */
#ifndef RS_CORE_LAUNCHER_H
#define RS_CORE_LAUNCHER_H

#include "nodes/pg_list.h"
#include "postmaster/bgworker.h"

/*
 * Called in the launcher at its start, and whenever it wakes up: a worker of any task has ended,
 * its latch is set, settings have been read again, or the time has come.  Must not wait.  Returns
 * after how many milliseconds it is to be called again at the latest.  What it allocates is freed
 * then; there is no transaction, and catalogs of databases cannot be read.
 */
typedef long (*RsLauncherTask) (void);

/* Not for settings that change: with nothing to do a task says so much. */
#define RS_LAUNCHER_IDLE	(60 * 60 * 1000L)

/* In _PG_init, while the server preloads the library; otherwise there is no launcher. */
extern void rs_launcher_add(RsLauncherTask task);
extern void rs_launcher_init(void);

/*
 * Start function(arg), of this library, as a worker; false if there is no room for it
 * (max_worker_processes).  handle, in the caller's context, is for those who wait for it; NULL:
 * nobody does.
 */
extern bool rs_register_worker(const char *name, const char *function, uint32 arg, bool flag,
							   BackgroundWorkerHandle **handle);

/*
 * Start a worker in a database, which ends by itself: function(database), of this library.  In the
 * launcher it is known until rs_launched_has_ended() says that it is no more.  NULL: there is no
 * room for it (max_worker_processes).  rs_launch_apart(), anywhere: one that nobody waits for; false
 * if there is no room.
 */
extern BackgroundWorkerHandle *rs_launch(const char *name, const char *function, Oid database, bool flag);
extern bool rs_launch_apart(const char *name, const char *function, Oid database);
extern bool rs_launched_has_ended(BackgroundWorkerHandle **handle);

/*
 * In such a worker: connect it to its database, first of all; and in PG_CATCH(), where its
 * transaction has failed, log the error and abort, for it to go on in a context that outlives
 * transactions.
 */
extern void rs_launched_connect(Datum arg);
extern void rs_launched_report_error(MemoryContext context);

typedef struct RsExistingDatabase
{
	Oid			oid;
	NameData	name;
	bool		is_ordinary;	/* no template, and connections are allowed */
} RsExistingDatabase;

/* For a task: those of the server, as a list in the caller's context. */
extern List *rs_existing_databases(void);

#endif
