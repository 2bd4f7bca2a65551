/*
 * load_log.c
 *	  What is kept about a load: rows that could not be loaded, files that were.
 *
 * Bad rows go to the journal at once, so that they are kept if the load fails; files
 * when the load has succeeded.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "commands/progress.h"
#include "common/string.h"
#include "core/journal.h"
#include "fmgr.h"
#include "load/load.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "utils/rel.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(rs_pg_last_copy_count);
PG_FUNCTION_INFO_V1(rs_pg_last_copy_id);

/* So much of a bad field is shown in messages. */
#define SHOWN_BYTES			100
/* Of pg_stat_get_progress_info(), behind what PostgreSQL's COPY has. */
#define RS_PROGRESS_QUERY		12
#define RS_PROGRESS_FILES		13
#define RS_PROGRESS_FILES_DONE	14
#define RS_PROGRESS_LINES		15
#define RS_PROGRESS_COMPRESSED	16

/* As many replaced rows are kept of a slice. */
#define KEPT_REPLACEMENTS	100

/* Of this session's last COPY. */
static int64 last_count = 0;
static int32 last_id = -1;

typedef struct DoneUnit
{
	RsUnitDone	done;
	int			slice;
	TimestampTz time;
} DoneUnit;

struct RsLoadLog
{
	RsLoadReports reports;
	const RsLoad *load;
	int32		query;
	TimestampTz start;
	int			slice;
	uint64		errors;
	uint64		replaced;
	int			kept_replacements;
	List	   *units;			/* DoneUnit * */
	int		   *units_left;		/* of each file; NULL: not counted yet */
	int			files_done;
	MemoryContext context;
};

/* ---------------------------------------------------------------------
 * What readers report
 * ---------------------------------------------------------------------
 */

typedef struct ReaderReports
{
	RsBadRows	base;
	RsLoad	   *load;
} ReaderReports;

static void
report_bad_row(RsBadRows *rows, const RsBadRow *bad)
{
	RsLoad	   *load = ((ReaderReports *) rows)->load;

	load->unit_errors++;
	load->reports->bad_row(load->reports, bad);
}

static void
report_replaced_row(RsBadRows *rows, const RsBadRow *row)
{
	const RsLoad *load = ((ReaderReports *) rows)->load;

	load->reports->replaced_row(load->reports, row);
}

RsBadRows *
rs_load_bad_rows(RsLoad *load)
{
	ReaderReports *rows = palloc0(sizeof(ReaderReports));

	rows->base.report = report_bad_row;
	rows->base.replaced = report_replaced_row;
	rows->load = load;
	return &rows->base;
}

/* ---------------------------------------------------------------------
 * Rows of system tables
 * ---------------------------------------------------------------------
 */

static void
put_text(const char *column, const char *text)
{
	rs_journal_text(column, text, strlen(text));
}

static char *
type_name(Oid type)
{
	HeapTuple	tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(type));
	char	   *name;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for type %u", type);
	name = pstrdup(NameStr(((Form_pg_type) GETSTRUCT(tuple))->typname));
	ReleaseSysCache(tuple);
	return name;
}

/*
 * A column's type and length as Redshift has them.
 */
static void
put_type(const RsReadColumn *column)
{
	Oid			base = column->type.typid;
	char		length[32] = "";

	if ((base == VARCHAROID || base == BPCHAROID) && column->typmod >= (int32) VARHDRSZ)
		snprintf(length, sizeof(length), "%d", column->typmod - (int) VARHDRSZ);
	else if (base == NUMERICOID && column->typmod >= (int32) VARHDRSZ)
		snprintf(length, sizeof(length), "%d,%d", ((column->typmod - (int) VARHDRSZ) >> 16) & 0xffff,
				 (((column->typmod - (int) VARHDRSZ) & 0x7ff) ^ 1024) - 1024);
	put_text("type", base == BPCHAROID ? "char" : type_name(base));
	put_text("col_length", length);
}

static void
put_raw(const char *column, const RsRawField *field)
{
	if (field->value != NULL)
		rs_journal_text(column, field->value, field->size);
}

static void
put_fields(const RsLoadLog *log, const RsBadRow *bad)
{
	int			i;

	for (i = 0; i < bad->nfields && i < log->load->ncolumns; i++)
	{
		const RsReadColumn *column = &log->load->columns[i];

		rs_journal_begin_row("load_error_field");
		rs_journal_int("userid", rs_journal_user());
		rs_journal_int("slice", log->slice);
		rs_journal_int("session", MyProcPid);
		rs_journal_int("query", log->query);
		put_text("filename", bad->file);
		rs_journal_int("line_number", bad->line);
		rs_journal_int("field", i);
		put_text("colname", column->name);
		put_raw("value", &bad->fields[i]);
		rs_journal_int("is_null", bad->fields[i].value == NULL);
		put_type(column);
		rs_journal_end_row();
	}
}

static void
put_bad_row(const RsLoadLog *log, const RsBadRow *bad)
{
	rs_journal_begin_row("load_error");
	rs_journal_int("userid", rs_journal_user());
	rs_journal_int("slice", log->slice);
	rs_journal_int("tbl", RelationGetRelid(log->load->rel));
	rs_journal_time("starttime", log->start);
	rs_journal_int("session", MyProcPid);
	rs_journal_int("query", log->query);
	put_text("filename", bad->file);
	rs_journal_int("line_number", bad->line);
	if (bad->column >= 0 && bad->column < log->load->ncolumns)
	{
		put_text("colname", log->load->columns[bad->column].name);
		put_type(&log->load->columns[bad->column]);
	}
	rs_journal_int("position", bad->position);
	put_raw("raw_line", &bad->raw_line);
	put_raw("raw_field_value", &bad->raw_value);
	rs_journal_int("err_code", bad->fault);
	put_text("err_reason", bad->reason);
	rs_journal_int("is_partial", 0);
	rs_journal_int("start_offset", 0);
	rs_journal_end_row();
	put_fields(log, bad);
}

static void
put_replaced_row(const RsLoadLog *log, const RsBadRow *row)
{
	rs_journal_begin_row("replacement");
	rs_journal_int("userid", rs_journal_user());
	rs_journal_int("query", log->query);
	rs_journal_int("slice", log->slice);
	rs_journal_int("tbl", RelationGetRelid(log->load->rel));
	rs_journal_time("starttime", log->start);
	rs_journal_int("session", MyProcPid);
	put_text("filename", row->file);
	rs_journal_int("line_number", row->line);
	if (row->column >= 0 && row->column < log->load->ncolumns)
		put_text("colname", log->load->columns[row->column].name);
	put_raw("raw_line", &row->raw_line);
	rs_journal_end_row();
}

/*
 * Of a part, about where it begins.
 */
static int64
start_of(const RsLoad *load, const RsLoadUnit *unit)
{
	int64		size = load->files[unit->file]->size;

	return unit->nparts == 0 || size < 0 ? 0 : (int64) ((double) size / unit->nparts * unit->part);
}

static void
put_unit(const RsLoadLog *log, const DoneUnit *unit)
{
	const RsLoadUnit *what = &log->load->units[unit->done.unit];
	const char *file = log->load->files[what->file]->url;

	rs_journal_begin_row("load_commit");
	rs_journal_int("userid", rs_journal_user());
	rs_journal_int("query", log->query);
	rs_journal_int("slice", unit->slice);
	put_text("filename", file);
	rs_journal_int("byte_offset", unit->done.bytes);
	rs_journal_int("lines_scanned", unit->done.lines);
	rs_journal_int("errors", unit->done.errors);
	rs_journal_int("loadtime", unit->done.microseconds);
	rs_journal_time("curtime", unit->time);
	rs_journal_int("status", 1);
	put_text("file_format", log->load->format->log_name);
	rs_journal_int("is_partial", what->nparts > 0);
	rs_journal_int("start_offset", start_of(log->load, what));
	rs_journal_end_row();

	rs_journal_begin_row("file_scan");
	rs_journal_int("userid", rs_journal_user());
	rs_journal_int("query", log->query);
	rs_journal_int("slice", unit->slice);
	put_text("name", file);
	rs_journal_int("lines", unit->done.lines);
	rs_journal_int("bytes", unit->done.bytes);
	rs_journal_int("loadtime", unit->done.microseconds);
	rs_journal_time("curtime", unit->time);
	rs_journal_int("is_partial", what->nparts > 0);
	rs_journal_int("start_offset", start_of(log->load, what));
	rs_journal_end_row();
}

/* ---------------------------------------------------------------------
 * The log
 * ---------------------------------------------------------------------
 */

/*
 * A field as far as it can be shown in a message, on one line.
 */
static char *
shown_field(const RsRawField *field)
{
	char	   *shown = rs_journal_clean(field->value, Min(field->size, SHOWN_BYTES));
	char	   *byte;

	for (byte = shown; *byte != '\0'; byte++)
		if ((uint8) *byte < ' ')
			*byte = '.';
	return shown;
}

static void
log_bad_row(RsLoadReports *reports, const RsBadRow *bad)
{
	RsLoadLog  *log = (RsLoadLog *) reports;

	put_bad_row(log, bad);
	rs_load_check_errors(log->load, bad, ++log->errors);
}

void
rs_load_check_errors(const RsLoad *load, const RsBadRow *bad, uint64 errors)
{
	bool		has_column = bad->column >= 0 && bad->column < load->ncolumns;

	if (load->options.ignore_all_errors || errors < (uint64) load->options.max_errors)
		return;
	ereport(ERROR,
			(errcode(bad->sqlstate != 0 ? bad->sqlstate : ERRCODE_DATA_EXCEPTION),
			 errmsg("line %lld of file \"%s\" cannot be loaded into table \"%s\"", (long long) bad->line, bad->file,
					load->table),
			 !has_column ? errdetail("%s%s", bad->reason, pg_str_endswith(bad->reason, ".") ? "" : ".") :
			 bad->raw_value.value == NULL ?
			 errdetail("%s: column \"%s\".", bad->reason, load->columns[bad->column].name) :
			 errdetail("%s: column \"%s\", value \"%s\".", bad->reason, load->columns[bad->column].name,
					   shown_field(&bad->raw_value)),
			 errors == 1 ? 0 :
			 errhint("It is number %llu of such lines, and MAXERROR is %d: redshift.stl_load_errors has them all.",
					 (unsigned long long) errors, load->options.max_errors)));
}

static void
log_replaced_row(RsLoadReports *reports, const RsBadRow *row)
{
	RsLoadLog  *log = (RsLoadLog *) reports;

	log->replaced++;
	if (log->kept_replacements++ < KEPT_REPLACEMENTS)
		put_replaced_row(log, row);
}

static void
log_unit_done(RsLoadReports *reports, const RsUnitDone *done)
{
	RsLoadLog  *log = (RsLoadLog *) reports;
	MemoryContext caller = MemoryContextSwitchTo(log->context);
	DoneUnit   *unit = palloc(sizeof(DoneUnit));

	unit->done = *done;
	unit->slice = log->slice;
	unit->time = GetCurrentTimestamp();
	log->units = lappend(log->units, unit);
	MemoryContextSwitchTo(caller);
	if (--log->units_left[log->load->units[done->unit].file] == 0)
		log->files_done++;
}

/*
 * Columns of pg_stat_progress_copy, and behind them those of redshift.stv_load_state.
 */
static void
log_progress(RsLoadReports *reports)
{
	const RsLoadLog *log = (RsLoadLog *) reports;
	RsLoadProgress *progress = log->load->progress;
	const int	columns[] = {PROGRESS_COPY_BYTES_PROCESSED, RS_PROGRESS_LINES, RS_PROGRESS_FILES_DONE};
	const int64 values[] = {pg_atomic_read_u64(&progress->bytes), pg_atomic_read_u64(&progress->lines), log->files_done};

	pgstat_progress_update_multi_param(lengthof(columns), columns, values);
	if (log->load->counts_rows)
		pgstat_progress_update_param(PROGRESS_COPY_TUPLES_PROCESSED, pg_atomic_read_u64(&progress->rows));
}

void
rs_load_log_start_progress(RsLoadLog *log)
{
	const RsLoad *load = log->load;
	const int	columns[] = {PROGRESS_COPY_BYTES_TOTAL, RS_PROGRESS_QUERY, RS_PROGRESS_FILES, RS_PROGRESS_COMPRESSED};
	int64		values[4] = {0};
	const int	kind[] = {PROGRESS_COPY_COMMAND, PROGRESS_COPY_TYPE};
	const int64 kinds[] = {PROGRESS_COPY_COMMAND_FROM, PROGRESS_COPY_TYPE_CALLBACK};
	int			i;

	/* Else PostgreSQL's COPY has begun to report. */
	if (load->counts_rows)
	{
		pgstat_progress_start_command(PROGRESS_COMMAND_COPY, RelationGetRelid(load->rel));
		pgstat_progress_update_multi_param(lengthof(kind), kind, kinds);
	}
	log->units_left = MemoryContextAllocZero(log->context, load->nfiles * sizeof(int));
	for (i = 0; i < load->nunits; i++)
		log->units_left[load->units[i].file]++;
	for (i = 0; i < load->nfiles; i++)
		values[0] += Max(load->files[i]->size, 0);
	values[1] = log->query;
	values[2] = load->nfiles;
	values[3] = load->options.compression != RS_COMPRESSION_NONE;
	pgstat_progress_update_multi_param(lengthof(columns), columns, values);
}

RsLoadLog *
rs_load_log_begin(RsLoad *load)
{
	RsLoadLog  *log = palloc0(sizeof(RsLoadLog));

	log->reports.bad_row = log_bad_row;
	log->reports.replaced_row = log_replaced_row;
	log->reports.unit_done = log_unit_done;
	log->reports.progress = log_progress;
	log->load = load;
	log->query = rs_journal_next_query(false);
	log->start = GetCurrentTimestamp();
	log->context = CurrentMemoryContext;
	load->reports = &log->reports;
	last_id = log->query;
	last_count = 0;
	return log;
}

int32
rs_load_log_query(const RsLoadLog *log)
{
	return log->query;
}

void
rs_load_log_set_slice(RsLoadLog *log, int slice)
{
	log->slice = slice;
}

void
rs_load_log_end(RsLoadLog *log, uint64 rows)
{
	const char *table = RelationGetRelationName(log->load->rel);
	ListCell   *lc;

	if (!log->load->options.no_load)
	{
		last_count = (int64) rows;
		foreach(lc, log->units)
			put_unit(log, lfirst(lc));
	}
	else
		ereport(INFO,
				(errmsg("%llu rows of the files can be loaded into table \"%s\"", (unsigned long long) rows, table)));
	if (log->errors > 0)
		ereport(INFO,
				(errmsg("%llu rows could not be loaded into table \"%s\"", (unsigned long long) log->errors, table),
				 errhint("redshift.stl_load_errors has the reasons.")));
	if (log->replaced > 0)
		ereport(INFO,
				(errmsg("%llu rows with invalid characters were loaded into table \"%s\"",
						(unsigned long long) log->replaced, table),
				 errhint("redshift.stl_replacements has the first of them.")));
}

Datum
rs_pg_last_copy_count(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(last_count);
}

Datum
rs_pg_last_copy_id(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(last_id);
}

/* ---------------------------------------------------------------------
 * Bad rows as bytes
 * ---------------------------------------------------------------------
 */

/* No more of a line or a field is kept than the system tables show. */
#define KEPT_BYTES		1024

static void
write_field(StringInfo message, const RsRawField *field)
{
	int32		size = field->value == NULL ? -1 : (int32) Min(field->size, KEPT_BYTES);

	appendBinaryStringInfo(message, (char *) &size, sizeof(size));
	if (size > 0)
		appendBinaryStringInfo(message, field->value, size);
}

static const char *
read_bytes(StringInfo message, Size size)
{
	const char *from = message->data + message->cursor;

	if ((Size) (message->len - message->cursor) < size)
		elog(ERROR, "message of a load's worker is damaged");
	message->cursor += (int) size;
	return from;
}

static void
read_field(StringInfo message, RsRawField *field)
{
	int32		size;

	memcpy(&size, read_bytes(message, sizeof(size)), sizeof(size));
	field->value = size < 0 ? NULL : read_bytes(message, size);
	field->size = Max(size, 0);
}

void
rs_bad_row_write(StringInfo message, const RsBadRow *row)
{
	RsRawField	file = {row->file, strlen(row->file)};
	RsRawField	reason = {row->reason == NULL ? "" : row->reason, row->reason == NULL ? 0 : strlen(row->reason)};
	int			i;

	appendBinaryStringInfo(message, (char *) row, sizeof(RsBadRow));
	write_field(message, &file);
	write_field(message, &reason);
	write_field(message, &row->raw_line);
	write_field(message, &row->raw_value);
	for (i = 0; i < row->nfields; i++)
		write_field(message, &row->fields[i]);
}

void
rs_bad_row_read(StringInfo message, RsBadRow *row)
{
	RsRawField	text;
	RsRawField *fields;
	int			i;

	memcpy(row, read_bytes(message, sizeof(RsBadRow)), sizeof(RsBadRow));
	read_field(message, &text);
	row->file = pnstrdup(text.value, text.size);
	read_field(message, &text);
	row->reason = pnstrdup(text.value, text.size);
	read_field(message, &row->raw_line);
	read_field(message, &row->raw_value);
	fields = palloc(Max(row->nfields, 1) * sizeof(RsRawField));
	for (i = 0; i < row->nfields; i++)
		read_field(message, &fields[i]);
	row->fields = fields;
}
