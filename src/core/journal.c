/*
 * journal.c
 *	  Rows of system tables that stay, whatever becomes of the transaction that tells them.
 *
 * The rows wait in this session as JSON, table by table.  To write them, a background worker
 * is started that finds them in a segment of shared memory, and inserts them as the superuser
 * who made the extension would: nobody else may write these tables.  Rows older than
 * RS_JOURNAL_DAYS go then.
 *
 * This happens in transactions that are being aborted, too, where nothing may fail: there, and
 * everywhere, rows that cannot be written cost a warning.  The worker waits for locks only
 * briefly, since the session that waits for it may have them.
 */
#include "postgres.h"

#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/namespace.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_type.h"
#include "commands/sequence.h"
#include "core/journal.h"
#include "core/launcher.h"
#include "core/schema.h"
#include "executor/spi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/dsm.h"
#include "storage/ipc.h"
#include "tcop/tcopprot.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/guc.h"
#include "utils/json.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#define RS_JOURNAL_MAGIC	0x4A52534C
#define RS_JOURNAL_DAYS		7
/* Rows that wait, in bytes: more are written at once, unless the transaction is aborting. */
#define RS_JOURNAL_BYTES	((Size) 16 * 1024 * 1024)

/* What a segment begins with; behind it the database's entries. */
typedef struct Request
{
	uint32		magic;
	Oid			database;
	uint32		ntables;
	bool		draw_number;	/* the next number of a statement is wanted */
	bool		done;			/* all was written */
	int64		number;
} Request;

/* The rows of one table: its name and a JSON array, both terminated, follow. */
typedef struct TableHeader
{
	uint32		name_size;
	uint32		rows_size;
} TableHeader;

typedef struct JournalTable
{
	char	   *name;
	StringInfoData rows;
} JournalTable;

int32		(*rs_journal_number) (bool unload) = NULL;

static MemoryContext context = NULL;	/* of what waits; NULL: nothing does */
static List *tables = NIL;		/* JournalTable * */
static JournalTable *current = NULL;
static bool first_value;

PGDLLEXPORT void rs_journal_main(Datum arg);

/* ---------------------------------------------------------------------
 * Rows
 * ---------------------------------------------------------------------
 */

static JournalTable *
table_of(const char *name)
{
	MemoryContext caller;
	JournalTable *table;
	ListCell   *lc;

	foreach(lc, tables)
	{
		table = lfirst(lc);
		if (strcmp(table->name, name) == 0)
			return table;
	}
	if (context == NULL)
		context = AllocSetContextCreate(TopMemoryContext, "redshift journal", ALLOCSET_DEFAULT_SIZES);
	caller = MemoryContextSwitchTo(context);
	table = palloc(sizeof(JournalTable));
	table->name = pstrdup(name);
	initStringInfo(&table->rows);
	tables = lappend(tables, table);
	MemoryContextSwitchTo(caller);
	return table;
}

static void
forget(void)
{
	if (context != NULL)
		MemoryContextDelete(context);
	context = NULL;
	tables = NIL;
	current = NULL;
}

void
rs_journal_begin_row(const char *table)
{
	current = table_of(table);
	appendStringInfoChar(&current->rows, current->rows.len == 0 ? '[' : ',');
	appendStringInfoChar(&current->rows, '{');
	first_value = true;
}

static StringInfo
value_of(const char *column)
{
	if (!first_value)
		appendStringInfoChar(&current->rows, ',');
	first_value = false;
	escape_json(&current->rows, column);
	appendStringInfoChar(&current->rows, ':');
	return &current->rows;
}

void
rs_journal_int(const char *column, int64 value)
{
	appendStringInfo(value_of(column), INT64_FORMAT, value);
}

char *
rs_journal_clean(const char *value, Size size)
{
	char	   *text = palloc(size + 1);
	Size		i = 0;

	memcpy(text, value, size);
	text[size] = '\0';
	while (i < size)
	{
		int			length = pg_encoding_verifymbchar(GetDatabaseEncoding(), text + i, (int) (size - i));

		if (length < 1 || text[i] == '\0')
		{
			text[i] = '.';
			length = 1;
		}
		i += length;
	}
	return text;
}

void
rs_journal_text(const char *column, const char *value, Size size)
{
	char	   *text = rs_journal_clean(value, size);

	escape_json(value_of(column), text);
	pfree(text);
}

void
rs_journal_time(const char *column, int64 time)
{
	char		text[MAXDATELEN + 1];

	JsonEncodeDateTime(text, TimestampGetDatum(time), TIMESTAMPOID, NULL);
	escape_json(value_of(column), text);
}

void
rs_journal_end_row(void)
{
	appendStringInfoChar(&current->rows, '}');
	if (MemoryContextMemAllocated(context, true) > RS_JOURNAL_BYTES && IsTransactionState())
		rs_journal_flush();
}

int32
rs_journal_user(void)
{
	return (int32) GetUserId();
}

/* ---------------------------------------------------------------------
 * The session's side
 * ---------------------------------------------------------------------
 */

static void
warn(const char *detail)
{
	ereport(WARNING,
			(errcode(ERRCODE_INSUFFICIENT_RESOURCES),
			 errmsg("could not write to the system tables of schema \"redshift\""),
			 errdetail_internal("%s", detail)));
}

/*
 * The request in shared memory: to write rows of these tables, or to draw a number.
 */
static dsm_segment *
make_request(List *written, bool draw_number)
{
	Size		size = MAXALIGN(sizeof(Request));
	dsm_segment *segment;
	Request    *request;
	ListCell   *lc;
	char	   *next;

	foreach(lc, written)
	{
		JournalTable *table = lfirst(lc);

		size += sizeof(TableHeader) + strlen(table->name) + 1 + table->rows.len + 2;
	}
	segment = dsm_create(size, DSM_CREATE_NULL_IF_MAXSEGMENTS);
	if (segment == NULL)
		return NULL;
	request = dsm_segment_address(segment);
	memset(request, 0, sizeof(Request));
	request->magic = RS_JOURNAL_MAGIC;
	request->database = MyDatabaseId;
	request->ntables = list_length(written);
	request->draw_number = draw_number;
	next = (char *) request + MAXALIGN(sizeof(Request));
	foreach(lc, written)
	{
		JournalTable *table = lfirst(lc);
		TableHeader header = {.name_size = strlen(table->name) + 1, .rows_size = table->rows.len + 2};

		memcpy(next, &header, sizeof(header));
		next += sizeof(header);
		memcpy(next, table->name, header.name_size);
		next += header.name_size;
		memcpy(next, table->rows.data, table->rows.len);
		memcpy(next + table->rows.len, "]", 2);
		next += header.rows_size;
	}
	return segment;
}

/*
 * Let a worker write what waits, which is forgotten then, or, if it is asked for, draw a
 * number; true: it did.
 */
static bool
run_worker(int64 *number)
{
	BackgroundWorkerHandle *handle;
	dsm_segment *segment = number != NULL ? make_request(NIL, true) : make_request(tables, false);
	bool		done;

	if (number == NULL)
		forget();
	if (segment == NULL)
	{
		warn("There is no segment of shared memory left.");
		return false;
	}
	if (!rs_register_worker("redshift_ext journal", "rs_journal_main", dsm_segment_handle(segment), false, &handle))
	{
		dsm_detach(segment);
		warn("No background worker is free: max_worker_processes may have to be raised.");
		return false;
	}
	WaitForBackgroundWorkerShutdown(handle);
	done = ((Request *) dsm_segment_address(segment))->done;
	if (number != NULL)
		*number = ((Request *) dsm_segment_address(segment))->number;
	dsm_detach(segment);
	pfree(handle);
	if (!done)
		warn("The server's log says why.");
	return done;
}

void
rs_journal_flush(void)
{
	if (tables == NIL)
		return;
	(void) run_worker(NULL);
}

/*
 * The same, where nothing may be thrown.
 */
static void
flush_in_abort(void)
{
	MemoryContext caller = CurrentMemoryContext;

	if (tables == NIL)
		return;
	PG_TRY();
	{
		(void) run_worker(NULL);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(caller);
		FlushErrorState();
	}
	PG_END_TRY();
	forget();
}

static void
end_of_transaction(XactEvent event, void *arg)
{
	switch (event)
	{
		case XACT_EVENT_PRE_COMMIT:
		case XACT_EVENT_PRE_PREPARE:
			rs_journal_flush();
			break;
		case XACT_EVENT_ABORT:
			flush_in_abort();
			break;
		default:
			break;
	}
}

static void
end_of_subtransaction(SubXactEvent event, SubTransactionId id, SubTransactionId parent, void *arg)
{
	if (event == SUBXACT_EVENT_ABORT_SUB)
		flush_in_abort();
}

int32
rs_journal_next_query(bool unload)
{
	int64		number;

	if (RecoveryInProgress())
		return 0;
	if (rs_journal_number != NULL)
		return rs_journal_number(unload);
	/* A sequence may not be touched in a read-only transaction, but by others. */
	if (XactReadOnly)
	{
		if (!run_worker(&number))
			return 0;
	}
	else
		number = nextval_internal(get_relname_relid("query_number", get_namespace_oid("redshift", false)), false);
	return (int32) number;
}

void
rs_journal_init(void)
{
	RegisterXactCallback(end_of_transaction, NULL);
	RegisterSubXactCallback(end_of_subtransaction, NULL);
}

/* ---------------------------------------------------------------------
 * The worker's
 * ---------------------------------------------------------------------
 */

static void
write_rows(const char *table, const char *rows)
{
	const char *name = quote_identifier(table);
	Oid			types[] = {TEXTOID};
	Datum		values[] = {CStringGetTextDatum(rows)};

	SPI_execute_with_args(psprintf("INSERT INTO redshift.%s"
								   " SELECT (jsonb_populate_recordset(NULL::redshift.%s,"
								   " jsonb_agg(r || jsonb_build_object('logged_at', now())))).*"
								   " FROM jsonb_array_elements($1::jsonb) r", name, name),
						  1, types, values, NULL, false, 0);
	SPI_execute(psprintf("DELETE FROM redshift.%s WHERE logged_at < now() - interval '%d days'", name, RS_JOURNAL_DAYS),
				false, 0);
}

static void
serve(Request *request)
{
	char	   *next = (char *) request + MAXALIGN(sizeof(Request));
	uint32		i;

	StartTransactionCommand();
	if (!OidIsValid(rs_extension_schema()))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_SCHEMA),
				 errmsg("redshift_ext has no schema in this database")));
	SPI_connect();
	PushActiveSnapshot(GetTransactionSnapshot());
	for (i = 0; i < request->ntables; i++)
	{
		TableHeader header;

		memcpy(&header, next, sizeof(header));
		next += sizeof(header);
		write_rows(next, next + header.name_size);
		next += header.name_size + header.rows_size;
	}
	if (request->draw_number)
		request->number = nextval_internal(get_relname_relid("query_number", get_namespace_oid("redshift", false)), false);
	PopActiveSnapshot();
	SPI_finish();
	CommitTransactionCommand();
	request->done = true;
}

void
rs_journal_main(Datum arg)
{
	dsm_segment *segment;
	Request    *request;

	pqsignal(SIGTERM, die);
	BackgroundWorkerUnblockSignals();
	CurrentResourceOwner = ResourceOwnerCreate(NULL, "redshift journal");
	segment = dsm_attach(DatumGetUInt32(arg));
	/* The session that wanted it may be gone. */
	if (segment == NULL)
		return;
	request = dsm_segment_address(segment);
	if (request->magic != RS_JOURNAL_MAGIC)
		elog(ERROR, "request of redshift_ext's journal is damaged");
	/* For as long as this process lives. */
	dsm_pin_mapping(segment);
	BackgroundWorkerInitializeConnectionByOid(request->database, InvalidOid, 0);
	SetConfigOption("search_path", "pg_catalog", PGC_SUSET, PGC_S_OVERRIDE);
	SetConfigOption("lock_timeout", "2s", PGC_SUSET, PGC_S_OVERRIDE);
	SetConfigOption("synchronous_commit", "off", PGC_SUSET, PGC_S_OVERRIDE);
	SetConfigOption("default_transaction_read_only", "off", PGC_SUSET, PGC_S_OVERRIDE);
	pgstat_report_activity(STATE_RUNNING, "writing to redshift's system tables");
	serve(request);
	pgstat_report_activity(STATE_IDLE, NULL);
}
