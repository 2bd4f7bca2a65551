/*
 * unload.c
 *	  UNLOAD: the rows of a query into files.
 *
 *	  redshift.unload(query, target, options)
 *
 * The query is planned as it is, and its plan gets a node that writes files where the rows
 * are computed (unload_node.c, unload_remote.c).  All files of a statement are in a list that its
 * processes share (unload_ledger.c): at the end it gives the counts and the manifest.  It
 * runs in a subtransaction; if that aborts, what is in the list is removed (unload_guard.c).
 * Files stay if the transaction aborts later, as Redshift's do.
 */
#include "postgres.h"

#include "access/xact.h"
#include "core/fault.h"
#include "core/journal.h"
#include "core/subtransaction.h"
#include "executor/executor.h"
#include "fmgr.h"
#include "load/secrets.h"
#include "load/unload/unload.h"
#include "load/unload/unload_files.h"
#include "load/unload/unload_guard.h"
#include "load/unload/unload_manifest.h"
#include "load/unload/unload_node.h"
#include "load/unload/unload_query.h"
#include "load/unload/unload_remote.h"
#include "miscadmin.h"
#include "tcop/dest.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
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
	RsUnloadGuard *guard;
} Unload;

/* ---------------------------------------------------------------------
 * Running it
 * ---------------------------------------------------------------------
 */

static void
add_nodes(const Unload *unload, PlannedStmt *plan)
{
	RsUnloadColumns columns = {NIL, NIL, NIL};
	const RsUnloadLedger *ledger = unload->guard->ledger;
	int			c;

	for (c = 0; c < unload->ncolumns; c++)
	{
		columns.names = lappend(columns.names, makeString(pstrdup(unload->columns[c].name)));
		columns.places = lappend_int(columns.places, c + 1);
		columns.typmods = lappend_int(columns.typmods, unload->columns[c].typmod);
	}
	if (!rs_unload_is_for_nodes(unload->options) ||
		!rs_unload_on_nodes(plan, unload->target, unload->options_text, &columns, ledger))
		rs_unload_add_node(plan, unload->target, unload->options_text, unload->options->parallel, &columns, ledger);
}

static void
run_query(const Unload *unload)
{
	PlannedStmt *plan;
	QueryDesc  *desc;

	/* The statement sees what those before it did, as any of a volatile function. */
	CommandCounterIncrement();
	PushActiveSnapshot(GetTransactionSnapshot());
	plan = rs_unload_query_plan(unload->query, unload->query_text, unload->options,
								rs_unload_is_for_nodes(unload->options));
	add_nodes(unload, plan);
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
written_files(const Unload *unload)
{
	RsUnloadLedger *ledger = unload->guard->ledger;
	List	   *files = rs_unload_ledger_files(ledger);
	List	   *kept = NIL;
	ListCell   *lc;

	if (files == NIL)
	{
		RsUnloadFiles *one = rs_unload_files_create(unload->target, unload->options, unload->columns,
													unload->ncolumns, ledger);

		rs_unload_files_put_nothing(one);
		rs_unload_files_end(one);
		files = rs_unload_ledger_files(ledger);
	}
	foreach(lc, files)
	{
		const RsUnloadFile *file = lfirst(lc);
		Size		size = offsetof(RsUnloadFile, url) + strlen(file->url) + 1;

		kept = lappend(kept, memcpy(palloc(size), file, size));
	}
	list_sort(kept, compare_files);
	return kept;
}

static void
write_manifest(const Unload *unload, List *files)
{
	RsUnloadGuard *guard = unload->guard;
	/* The output must not outlive the location. */
	MemoryContext caller = MemoryContextSwitchTo(guard->context);
	char	   *url = psprintf("%smanifest", guard->prefix);
	char	   *text = rs_unload_manifest(files, unload->options->verbose, unload->columns, unload->ncolumns);
	RsOutput   *output = guard->location->write(guard->location, url);

	output->write(output, text, strlen(text));
	guard->manifest = url;
	output->finish(output);
	MemoryContextSwitchTo(caller);
}

/*
 * All that may fail, after which files are there.  The list of them outlives that of the ledger.
 */
static List *
write_files(Unload *unload)
{
	RsSubtransaction sub;
	List	   *volatile files = NIL;

	rs_subtransaction_begin(&sub);
	PG_TRY();
	{
		unload->guard = rs_unload_guard(GetCurrentTransactionNestLevel(), unload->target, unload->options_text, 0, 1);
		rs_unload_prepare(unload->guard, false);
		run_query(unload);
		files = written_files(unload);
		if (unload->options->manifest)
			write_manifest(unload, files);
		RS_FAULT_POINT("unload_written");
		rs_subtransaction_commit(&sub);
	}
	PG_CATCH();
	{
		ReThrowError(rs_subtransaction_abort(&sub));
	}
	PG_END_TRY();
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
	int32		query = rs_journal_next_query(true);
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
	if (unload->options->encrypted && pg_strncasecmp(unload->target, "s3://", 5) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("UNLOAD option \"encrypted\" is for files of S3 only")));
	unload->query = rs_unload_query_analyze(unload->query_text, unload->options);
	unload->ncolumns = rs_unload_query_columns(unload->query, &unload->columns);
}

Datum
rs_unload(PG_FUNCTION_ARGS)
{
	Unload		unload = {0};
	List	   *files;
	int64		rows = 0;
	ListCell   *lc;

	rs_secrets_hide();
	init_unload(&unload, fcinfo);
	files = write_files(&unload);
	foreach(lc, files)
		rows += ((RsUnloadFile *) lfirst(lc))->rows;
	last_count = rows;
	last_id = log_files(&unload, files);
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
	rs_unload_remote_init();
	rs_unload_guard_init();
}
