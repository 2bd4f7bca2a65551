/*
 * unload.c
 *	  UNLOAD: the rows of a query into files.
 *
 *	  redshift.unload(query, target, options)
 *
 * The query is planned as it is, and its plan gets a node that writes files where the rows
 * are computed (unload_node.c).  All files of a statement are in a list that its processes
 * share (unload_ledger.c): at the end it gives the counts and the manifest.  A statement
 * that fails removes what is in it: it runs in a subtransaction, so that no worker is left
 * by then.  Should the session be ended, workers may still be there, and remove what they
 * finish from then on.  Files stay if the transaction aborts later, as Redshift's do.
 */
#include "postgres.h"

#include "access/xact.h"
#include "core/fault.h"
#include "core/journal.h"
#include "executor/executor.h"
#include "fmgr.h"
#include "load/secrets.h"
#include "load/unload/unload.h"
#include "load/unload/unload_files.h"
#include "load/unload/unload_manifest.h"
#include "load/unload/unload_node.h"
#include "load/unload/unload_query.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "tcop/dest.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/snapmgr.h"

PG_FUNCTION_INFO_V1(rs_unload);
PG_FUNCTION_INFO_V1(rs_pg_last_unload_count);
PG_FUNCTION_INFO_V1(rs_pg_last_unload_id);

/* Of this session's last UNLOAD. */
static int64 last_count = 0;
static int32 last_id = -1;

typedef struct Unload
{
	const char *query_text;
	const char *options_text;
	const char *target;
	RsUnloadOptions *options;
	Query	   *query;
	RsWriteColumn *columns;
	int			ncolumns;
	List	   *names;
	char	   *prefix;
	RsLocation *location;
	RsUnloadLedger *ledger;
	char	   *manifest;		/* its URL; NULL: not written */
	bool		removed;		/* what a failed statement wrote */
} Unload;

/* ---------------------------------------------------------------------
 * What is there before, and what has to go
 * ---------------------------------------------------------------------
 */

/*
 * CLEANPATH: with PARTITION BY, directories are cleared when they get a file.
 */
static void
prepare_target(Unload *unload)
{
	const RsUnloadOptions *options = unload->options;
	List	   *objects;
	ListCell   *lc;

	if (options->allow_overwrite || (options->clean_path && options->partition_by != NIL))
		return;
	objects = unload->location->list(unload->location, unload->prefix);
	foreach(lc, objects)
	{
		const char *url = ((RsObject *) lfirst(lc))->url;

		if (options->clean_path)
			unload->location->remove(unload->location, url);
		else if (rs_unload_may_write(options, url + strlen(unload->prefix)))
			ereport(ERROR,
					(errcode(ERRCODE_DUPLICATE_FILE),
					 errmsg("the destination of UNLOAD is not empty: file \"%s\" exists", url),
					 errhint("Use another prefix, remove the files, or use the option \"allowoverwrite\".")));
	}
}

static void
remove_file(const Unload *unload, const char *url)
{
	MemoryContext caller = CurrentMemoryContext;

	PG_TRY();
	{
		unload->location->remove(unload->location, url);
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(caller);
		error = CopyErrorData();
		FlushErrorState();
		ereport(WARNING,
				(errcode(error->sqlerrcode),
				 errmsg("could not remove file \"%s\" of a failed UNLOAD: %s", url, error->message)));
		FreeErrorData(error);
	}
	PG_END_TRY();
}

/*
 * A file that was not finished is not there, but one to be overwritten may be.
 */
static void
remove_files(Unload *unload)
{
	ListCell   *lc;

	if (unload->removed)
		return;
	unload->removed = true;
	rs_unload_ledger_fail(unload->ledger);
	foreach(lc, rs_unload_ledger_files(unload->ledger))
	{
		const RsUnloadFile *file = lfirst(lc);

		if (file->complete || !unload->options->allow_overwrite)
			remove_file(unload, file->url);
	}
	if (unload->manifest != NULL)
		remove_file(unload, unload->manifest);
}

static void
remove_at_exit(int code, Datum arg)
{
	remove_files((Unload *) DatumGetPointer(arg));
}

/* ---------------------------------------------------------------------
 * Running it
 * ---------------------------------------------------------------------
 */

static void
run_query(Unload *unload)
{
	PlannedStmt *plan;
	QueryDesc  *desc;

	/* The statement sees what those before it did, as any of a volatile function. */
	CommandCounterIncrement();
	PushActiveSnapshot(GetTransactionSnapshot());
	plan = rs_unload_query_plan(unload->query, unload->query_text, unload->options);
	rs_unload_add_node(plan, unload->target, unload->options_text, unload->options->parallel, unload->names,
					   unload->ledger);
	desc = CreateQueryDesc(plan, unload->query_text, GetActiveSnapshot(), InvalidSnapshot, None_Receiver, NULL, NULL,
						   0);
	ExecutorStart(desc, 0);
	ExecutorRun(desc, ForwardScanDirection, 0, true);
	ExecutorFinish(desc);
	ExecutorEnd(desc);
	FreeQueryDesc(desc);
	PopActiveSnapshot();
}

static int
compare_files(const ListCell *a, const ListCell *b)
{
	const RsUnloadFile *one = lfirst(a);
	const RsUnloadFile *other = lfirst(b);

	return strcmp(one->url, other->url);
}

/*
 * If no process had a row, there is a file all the same: with the names of the columns, or to
 * say that there are no rows.
 */
static List *
written_files(Unload *unload)
{
	List	   *files = rs_unload_ledger_files(unload->ledger);

	if (files == NIL)
	{
		RsUnloadFiles *one = rs_unload_files_create(unload->target, unload->options, unload->columns,
													unload->ncolumns, unload->ledger);

		rs_unload_files_put_nothing(one);
		rs_unload_files_end(one);
		files = rs_unload_ledger_files(unload->ledger);
	}
	list_sort(files, compare_files);
	return files;
}

static void
write_manifest(Unload *unload, List *files)
{
	char	   *url = psprintf("%smanifest", unload->prefix);
	char	   *text = rs_unload_manifest(files, unload->options->verbose, unload->columns, unload->ncolumns);
	RsOutput   *output = unload->location->write(unload->location, url);

	output->write(output, text, strlen(text));
	unload->manifest = url;
	output->finish(output);
}

/*
 * All that may fail, after which files are there.
 */
static List *
write_files(Unload *unload)
{
	MemoryContext caller = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	List	   *volatile files = NIL;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(caller);
	PG_TRY();
	{
		run_query(unload);
		files = written_files(unload);
		if (unload->options->manifest)
			write_manifest(unload, files);
		RS_FAULT_POINT("unload_written");
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(caller);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(caller);
		CurrentResourceOwner = owner;
		remove_files(unload);
		ReThrowError(error);
	}
	PG_END_TRY();
	MemoryContextSwitchTo(caller);
	CurrentResourceOwner = owner;
	return files;
}

/* ---------------------------------------------------------------------
 * SQL
 * ---------------------------------------------------------------------
 */

static int32
log_files(const Unload *unload, List *files)
{
	const char *format = rs_unload_format_name(unload->options->format);
	int32		query = rs_journal_next_query();
	int32		user = rs_journal_user();
	ListCell   *lc;

	foreach(lc, files)
	{
		const RsUnloadFile *file = lfirst(lc);

		rs_journal_begin_row("unload_file");
		rs_journal_int("userid", user);
		rs_journal_int("query", query);
		rs_journal_int("slice", file->slice);
		rs_journal_int("pid", file->pid);
		rs_journal_text("path", file->url, strlen(file->url));
		rs_journal_time("start_time", file->begun);
		rs_journal_time("end_time", file->ended);
		rs_journal_int("line_count", file->lines);
		rs_journal_int("transfer_size", file->bytes);
		rs_journal_text("file_format", format, strlen(format));
		rs_journal_end_row();
	}
	rs_journal_flush();
	return query;
}

static void
init_unload(Unload *unload, FunctionCallInfo fcinfo)
{
	unload->query_text = text_to_cstring(PG_GETARG_TEXT_PP(0));
	unload->target = text_to_cstring(PG_GETARG_TEXT_PP(1));
	unload->options_text = JsonbToCString(NULL, &PG_GETARG_JSONB_P(2)->root, -1);
	unload->options = rs_unload_options_parse(unload->options_text);
	if (unload->target[0] == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("UNLOAD needs a place for its files")));
	unload->prefix = rs_unload_prefix(unload->target, unload->options);
	unload->location = rs_location_open(unload->prefix, unload->options->access, true);
	unload->query = rs_unload_query_analyze(unload->query_text, unload->options);
	unload->ncolumns = rs_unload_query_columns(unload->query, &unload->columns, &unload->names);
	unload->ledger = rs_unload_ledger_create();
}

Datum
rs_unload(PG_FUNCTION_ARGS)
{
	Unload	   *unload = palloc0(sizeof(Unload));
	List	   *files = NIL;
	int64		rows = 0;
	ListCell   *lc;

	rs_secrets_hide();
	init_unload(unload, fcinfo);
	prepare_target(unload);
	PG_ENSURE_ERROR_CLEANUP(remove_at_exit, PointerGetDatum(unload));
	{
		files = write_files(unload);
	}
	PG_END_ENSURE_ERROR_CLEANUP(remove_at_exit, PointerGetDatum(unload));
	foreach(lc, files)
		rows += ((RsUnloadFile *) lfirst(lc))->rows;
	last_count = rows;
	last_id = log_files(unload, files);
	rs_unload_ledger_close(unload->ledger);
	ereport(INFO,
			(errmsg("UNLOAD completed, " INT64_FORMAT " record(s) unloaded successfully.", rows)));
	PG_RETURN_INT64(rows);
}

Datum
rs_pg_last_unload_count(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(last_count);
}

Datum
rs_pg_last_unload_id(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(last_id);
}

void
rs_unload_init(void)
{
	rs_unload_node_init();
}
