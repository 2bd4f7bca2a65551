/*
 * writer.c
 *	  Writes the history from the ring to its tables.
 *
 * The launcher (core/launcher.c) looks at the ring every second, or when a quarter of it is in
 * use.  For each database of which there are rows that have waited for redshift.history_delay,
 * or all if the ring fills, it starts a worker, one at a time, which writes them, removes what is
 * older than redshift.history_retention, and ends: nothing of this is in the way of DROP DATABASE
 * or DROP EXTENSION for longer.
 *
 * Rows that cannot be written, after a minute or if the ring fills, are dropped and counted, those
 * of a table that does not exist at once.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "commands/dbcommands.h"
#include "core/launcher.h"
#include "core/schema.h"
#include "core/settings.h"
#include "executor/spi.h"
#include "history/ring.h"
#include "history/ring_rows.h"
#include "history/writer.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "redshift_ext.h"
#include "storage/ipc.h"
#include "storage/proc.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#define LOOK_MS				1000
#define DROP_SECONDS		60
#define PRUNE_SECONDS		600
#define FORGET_SECONDS		3600
#define ABSENT_SECONDS		60
/* A worker comes back for what was appended meanwhile, so often. */
#define MOST_ROUNDS			8

PGDLLEXPORT void rs_history_writer_main(Datum arg);

/* ---------------------------------------------------------------------
 * The worker
 * ---------------------------------------------------------------------
 */

static void
run(const char *command)
{
	if (SPI_execute(command, false, 0) < 0)
		elog(ERROR, "could not run \"%s\"", command);
}

static void
begin(void)
{
	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	SPI_connect();
	PushActiveSnapshot(GetTransactionSnapshot());
}

static void
commit(void)
{
	PopActiveSnapshot();
	SPI_finish();
	CommitTransactionCommand();
}

static bool
has_table(RsHistoryTable table)
{
	Oid			namespace = rs_extension_schema();

	return OidIsValid(namespace) && OidIsValid(get_relname_relid(rs_history_tables[table], namespace));
}

static void
pass_over_row(RsHistoryRow *row, void *arg)
{
	if (row->table != *(RsHistoryTable *) arg || row->database != MyDatabaseId ||
		pg_atomic_read_u32(&row->written_by) != InvalidTransactionId)
		return;
	pg_atomic_write_u32(&row->written_by, GetTopTransactionId());
	rs_history_count_lost(1);
}

/*
 * The database may have an older version of the extension than the library is of, which lacks a table.
 */
static void
pass_over(RsHistoryTable table, bool tell)
{
	rs_history_visit(pass_over_row, &table);
	if (tell)
		ereport(LOG,
				(errmsg("history of statements has no table \"%s\" in database \"%s\"",
						rs_history_tables[table], get_database_name(MyDatabaseId)),
				 errdetail("Its rows are lost, others are written."),
				 errhint("ALTER EXTENSION redshift_ext UPDATE.")));
}

/*
 * Write what there is; how many rows?
 */
static uint64
write_rows(bool tell)
{
	uint64		rows = 0;
	int			table;

	begin();
	for (table = 0; has_table(RS_HISTORY_QUERY) && table < RS_HISTORY_TABLES; table++)
	{
		if (!has_table(table))
		{
			pass_over(table, tell);
			continue;
		}
		run(psprintf("INSERT INTO " RS_SCHEMA ".%s SELECT * FROM " RS_SCHEMA ".history_rows(NULL::" RS_SCHEMA ".%s)",
					 rs_history_tables[table], rs_history_tables[table]));
		rows += SPI_processed;
	}
	commit();
	return rows;
}

/*
 * Remove what is too old, and what is too much, by the planner's count.
 */
static void
prune(void)
{
	int			table;

	begin();
	for (table = 0; has_table(RS_HISTORY_QUERY) && table < RS_HISTORY_TABLES; table++)
	{
		const char *name = rs_history_tables[table];

		if (!has_table(table))
			continue;
		run(psprintf("DELETE FROM " RS_SCHEMA ".%s WHERE logged_at < now() - interval '%d minutes'",
					 name, rs_history_retention));
		run(psprintf("DELETE FROM " RS_SCHEMA ".%s WHERE logged_at <= (SELECT logged_at FROM " RS_SCHEMA ".%s"
					 " WHERE (SELECT reltuples > %d FROM pg_class WHERE oid = '" RS_SCHEMA ".%s'::regclass)"
					 " ORDER BY logged_at DESC OFFSET %d LIMIT 1)",
					 name, name, rs_history_max_rows, name, rs_history_max_rows));
	}
	commit();
}

static void
drop_row(RsHistoryRow *row, void *arg)
{
	if (row->database == *(Oid *) arg && pg_atomic_read_u32(&row->written_by) == InvalidTransactionId)
		pg_atomic_write_u32(&row->written_by, RS_HISTORY_DROPPED);
}

void
rs_history_writer_main(Datum arg)
{
	bool		pruning = MyBgworkerEntry->bgw_extra[0] != 0;
	bool		present;
	int			rounds = 0;

	rs_launched_connect(arg);
	SetConfigOption("search_path", "pg_catalog", PGC_SUSET, PGC_S_OVERRIDE);
	SetConfigOption("lock_timeout", "2s", PGC_SUSET, PGC_S_OVERRIDE);
	SetConfigOption("synchronous_commit", "off", PGC_SUSET, PGC_S_OVERRIDE);
	SetConfigOption("default_transaction_read_only", "off", PGC_SUSET, PGC_S_OVERRIDE);
	pgstat_report_activity(STATE_RUNNING, "writing the history of statements");
	begin();
	present = has_table(RS_HISTORY_QUERY);
	commit();
	rs_history_writing = true;
	if (!present)
		rs_history_visit(drop_row, &MyDatabaseId);
	else
	{
		/* As often as it prunes, it says what is amiss. */
		while (write_rows(pruning && rounds == 0) > 0 && ++rounds < MOST_ROUNDS)
			CHECK_FOR_INTERRUPTS();
		if (pruning)
			prune();
	}
	pgstat_report_activity(STATE_IDLE, NULL);
	proc_exit(0);
}

/* ---------------------------------------------------------------------
 * The launcher
 * ---------------------------------------------------------------------
 */

typedef struct Database
{
	Oid			oid;
	TimestampTz oldest;			/* row that waits; 0: none does */
	TimestampTz pruned;
	TimestampTz limit;			/* of rows to drop */
	TimestampTz absent;			/* when the extension was not there; 0: it may be */
} Database;

/* Databases of which there have been rows, in TopMemoryContext. */
static List *databases = NIL;

static bool launched = false;	/* the launcher has this task */
static Database *writing = NULL;	/* by the worker */
static BackgroundWorkerHandle *worker = NULL;
static List *left = NIL;		/* databases of this round */
static bool full = false;		/* is the ring, so that all is written? */

static Database *
find_database(Oid oid)
{
	MemoryContext caller;
	Database   *database;
	ListCell   *lc;

	foreach(lc, databases)
		if (((Database *) lfirst(lc))->oid == oid)
			return lfirst(lc);
	caller = MemoryContextSwitchTo(TopMemoryContext);
	database = palloc0(sizeof(Database));
	database->oid = oid;
	databases = lappend(databases, database);
	MemoryContextSwitchTo(caller);
	return database;
}

static TimestampTz
time_of(const RsHistoryRow *row)
{
	return rs_history_first_value(row)->u.number;
}

/*
 * Sessions that begin know their database by name only; and it may not exist, or no more.
 */
static void
find_name(RsHistoryRow *row, void *arg)
{
	const RsHistoryValue *name = rs_history_next_value(rs_history_first_value(row));
	ListCell   *lc;

	if (pg_atomic_read_u32(&row->written_by) != InvalidTransactionId)
		return;
	foreach(lc, (List *) arg)
	{
		const RsExistingDatabase *database = lfirst(lc);

		if (OidIsValid(row->database) ? row->database == database->oid :
			name->type == RS_HISTORY_TEXT && strcmp((const char *) (name + 1), NameStr(database->name)) == 0)
		{
			row->database = database->oid;
			return;
		}
	}
	pg_atomic_write_u32(&row->written_by, RS_HISTORY_DROPPED);
}

static void
note_row(RsHistoryRow *row, void *arg)
{
	Database   *database;

	if (pg_atomic_read_u32(&row->written_by) != InvalidTransactionId)
	{
		/* Before its transaction's number can come again. */
		if (time_of(row) < *(TimestampTz *) arg)
			pg_atomic_write_u32(&row->written_by, RS_HISTORY_DROPPED);
		return;
	}
	database = find_database(row->database);
	/* Where the extension is, sessions tell of their queries. */
	if (row->table == RS_HISTORY_QUERY)
		database->absent = 0;
	if (TimestampDifferenceExceeds(database->absent, GetCurrentTimestamp(), ABSENT_SECONDS * 1000))
		database->absent = 0;
	if (database->absent != 0)
		pg_atomic_write_u32(&row->written_by, RS_HISTORY_DROPPED);
	else if (database->oldest == 0)
		database->oldest = time_of(row);
}

/* After a worker has been there. */
static void
drop_old_row(RsHistoryRow *row, void *arg)
{
	Database   *database = arg;

	if (row->database == database->oid && pg_atomic_read_u32(&row->written_by) == RS_HISTORY_DROPPED &&
		time_of(row) == database->oldest)
		database->absent = GetCurrentTimestamp();
	if (row->database != database->oid || pg_atomic_read_u32(&row->written_by) != InvalidTransactionId ||
		time_of(row) >= database->limit)
		return;
	pg_atomic_write_u32(&row->written_by, RS_HISTORY_DROPPED);
	rs_history_count_lost(1);
}

/*
 * Let a worker write a database's rows.
 */
static BackgroundWorkerHandle *
start_writing(Database *database)
{
	TimestampTz now = GetCurrentTimestamp();
	bool		pruning = TimestampDifferenceExceeds(database->pruned, now, PRUNE_SECONDS * 1000);

	if (pruning)
		database->pruned = now;
	database->limit = full ? now : TimestampTzPlusMilliseconds(now, -DROP_SECONDS * 1000);
	return rs_launch("redshift_ext history writer", "rs_history_writer_main", database->oid, pruning);
}

/*
 * What the worker has not written is tried again, as long as it is not in the way.
 */
static void
end_writing(Database *database)
{
	rs_history_visit(drop_old_row, database);
	database->oldest = 0;
}

/*
 * Look at what the ring has, and write one database after the other.
 */
static void
write_databases(void)
{
	TimestampTz now = GetCurrentTimestamp();

	if (!rs_launched_has_ended(&worker))
		return;
	if (writing != NULL)
		end_writing(writing);
	else
	{
		TimestampTz forgotten = TimestampTzPlusMilliseconds(now, -FORGET_SECONDS * 1000);
		MemoryContext caller;

		if (rs_history_used() == 0)
			return;
		full = rs_history_is_filling();
		rs_history_visit(find_name, rs_existing_databases());
		rs_history_visit(note_row, &forgotten);
		caller = MemoryContextSwitchTo(TopMemoryContext);
		left = list_copy(databases);
		MemoryContextSwitchTo(caller);
	}
	writing = NULL;
	while (left != NIL)
	{
		Database   *database = linitial(left);

		left = list_delete_first(left);
		if (database->oldest != 0 &&
			(full || TimestampDifferenceExceeds(database->oldest, now, rs_history_delay * 1000)))
		{
			worker = start_writing(database);
			if (worker != NULL)
			{
				writing = database;
				return;
			}
			end_writing(database);
		}
		database->oldest = 0;
	}
	rs_history_free();
}

static void
launcher_leaves(int code, Datum arg)
{
	rs_history_set_launcher(NULL);
}

static long
history_task(void)
{
	if (!launched)
	{
		before_shmem_exit(launcher_leaves, (Datum) 0);
		rs_history_set_launcher(MyLatch);
		launched = true;
	}
	rs_history_save_numbers();
	write_databases();
	return LOOK_MS;
}

void
rs_history_writer_init(void)
{
	rs_launcher_add(history_task);
}
