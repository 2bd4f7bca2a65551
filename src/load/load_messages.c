/*
 * load_messages.c
 *	  What compute nodes tell the leader of a load while they read.
 *
 * Bad rows, rows with replaced characters, files and parts that are done: each is a message to
 * the client, which the leader is.  They come in the order in which they are sent, also before an
 * error, so that the leader knows the rows for which a load fails.
 */
#include "postgres.h"

#include "core/journal.h"
#include "load/load_messages.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/json.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"

#define BAD_ROW			"bad row"
#define REPLACED_ROW	"replaced row"
#define UNIT_DONE		"unit done"

/* No more of a line or a field is sent than the system tables show. */
#define SENT_BYTES		1024

typedef struct Sender
{
	RsLoadReports reports;
	const RsLoad *load;
	const int  *numbers;
	uint64		errors;
} Sender;

/* ---------------------------------------------------------------------
 * On a node
 * ---------------------------------------------------------------------
 */

static void
put_name(StringInfo json, const char *name)
{
	appendStringInfo(json, "%s\"%s\":", json->data[json->len - 1] == '{' ? "" : ",", name);
}

static void
put_number(StringInfo json, const char *name, int64 value)
{
	put_name(json, name);
	appendStringInfo(json, INT64_FORMAT, value);
}

/*
 * Bytes that are no character become full stops, as system tables show them.
 */
static void
put_bytes(StringInfo json, const RsRawField *field)
{
	char	   *clean;

	if (field->value == NULL)
	{
		appendStringInfoString(json, "null");
		return;
	}
	clean = rs_journal_clean(field->value, Min(field->size, SENT_BYTES));
	escape_json(json, clean);
	pfree(clean);
}

static void
put_field(StringInfo json, const char *name, const RsRawField *field)
{
	put_name(json, name);
	put_bytes(json, field);
}

static void
put_text(StringInfo json, const char *name, const char *value)
{
	RsRawField	field = {value, value == NULL ? 0 : strlen(value)};

	put_field(json, name, &field);
}

static void
send_message(const char *kind, const StringInfo json)
{
	ereport(INFO,
			(errcode(RS_LOAD_MESSAGE),
			 errmsg_internal("%s", kind),
			 errdetail_internal("%s", json->data)));
	pfree(json->data);
}

static void
send_row(const char *kind, const RsBadRow *row)
{
	StringInfoData json;
	int			i;

	initStringInfo(&json);
	appendStringInfoChar(&json, '{');
	put_text(&json, "file", row->file);
	put_number(&json, "line", row->line);
	put_number(&json, "column", row->column);
	put_number(&json, "position", row->position);
	put_field(&json, "raw_line", &row->raw_line);
	put_field(&json, "raw_value", &row->raw_value);
	put_number(&json, "fault", row->fault);
	put_number(&json, "sqlstate", row->sqlstate);
	put_text(&json, "reason", row->reason);
	put_name(&json, "fields");
	appendStringInfoChar(&json, '[');
	for (i = 0; i < row->nfields; i++)
	{
		if (i > 0)
			appendStringInfoChar(&json, ',');
		put_bytes(&json, &row->fields[i]);
	}
	appendStringInfoString(&json, "]}");
	send_message(kind, &json);
}

static void
send_bad_row(RsLoadReports *reports, const RsBadRow *bad)
{
	Sender	   *sender = (Sender *) reports;

	send_row(BAD_ROW, bad);
	rs_load_check_errors(sender->load, bad, ++sender->errors);
}

static void
send_replaced_row(RsLoadReports *reports, const RsBadRow *row)
{
	send_row(REPLACED_ROW, row);
}

static void
send_unit_done(RsLoadReports *reports, const RsUnitDone *done)
{
	StringInfoData json;

	initStringInfo(&json);
	appendStringInfoChar(&json, '{');
	put_number(&json, "unit", ((Sender *) reports)->numbers[done->unit]);
	put_number(&json, "lines", done->lines);
	put_number(&json, "bytes", done->bytes);
	put_number(&json, "errors", done->errors);
	put_number(&json, "microseconds", done->microseconds);
	appendStringInfoChar(&json, '}');
	send_message(UNIT_DONE, &json);
}

static void
no_progress(RsLoadReports *reports)
{
}

RsLoadReports *
rs_load_messages_send(const RsLoad *load, const int *numbers)
{
	Sender	   *sender = palloc0(sizeof(Sender));

	sender->reports.bad_row = send_bad_row;
	sender->reports.replaced_row = send_replaced_row;
	sender->reports.unit_done = send_unit_done;
	sender->reports.progress = no_progress;
	sender->load = load;
	sender->numbers = numbers;
	return &sender->reports;
}

/* ---------------------------------------------------------------------
 * At the leader
 * ---------------------------------------------------------------------
 */

static JsonbValue *
member(JsonbContainer *object, const char *name)
{
	return getKeyJsonValueFromContainer(object, name, strlen(name), NULL);
}

static int64
take_number(JsonbContainer *object, const char *name)
{
	JsonbValue *value = member(object, name);

	if (value == NULL || value->type != jbvNumeric)
		elog(ERROR, "a compute node's message of a load has no \"%s\"", name);
	return DatumGetInt64(DirectFunctionCall1(numeric_int8, NumericGetDatum(value->val.numeric)));
}

static void
take_value(const JsonbValue *value, RsRawField *field)
{
	bool		present = value != NULL && value->type == jbvString;

	field->size = present ? value->val.string.len : 0;
	field->value = present ? pnstrdup(value->val.string.val, value->val.string.len) : NULL;
}

static const char *
take_text(JsonbContainer *object, const char *name)
{
	RsRawField	field;

	take_value(member(object, name), &field);
	return field.value != NULL ? field.value : "";
}

static void
take_row(JsonbContainer *object, RsBadRow *row)
{
	JsonbValue *array = member(object, "fields");
	RsRawField *fields;
	int			i;

	memset(row, 0, sizeof(RsBadRow));
	row->file = take_text(object, "file");
	row->line = take_number(object, "line");
	row->column = (int) take_number(object, "column");
	row->position = take_number(object, "position");
	take_value(member(object, "raw_line"), &row->raw_line);
	take_value(member(object, "raw_value"), &row->raw_value);
	row->fault = (RsRowFault) take_number(object, "fault");
	row->sqlstate = (int) take_number(object, "sqlstate");
	row->reason = take_text(object, "reason");
	if (array == NULL || array->type != jbvBinary || !JsonContainerIsArray(array->val.binary.data))
		return;
	row->nfields = JsonContainerSize(array->val.binary.data);
	row->fields = fields = palloc(Max(row->nfields, 1) * sizeof(RsRawField));
	for (i = 0; i < row->nfields; i++)
		take_value(getIthJsonbValueFromContainer(array->val.binary.data, i), &fields[i]);
}

void
rs_load_message_take(const RsLoad *load, const char *kind, const char *json)
{
	JsonbContainer *object = &DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(json)))->root;
	RsBadRow	row;

	if (strcmp(kind, BAD_ROW) == 0)
	{
		take_row(object, &row);
		load->reports->bad_row(load->reports, &row);
	}
	else if (strcmp(kind, REPLACED_ROW) == 0)
	{
		take_row(object, &row);
		load->reports->replaced_row(load->reports, &row);
	}
	else if (strcmp(kind, UNIT_DONE) == 0)
	{
		RsUnitDone	done = {
			.unit = (int) take_number(object, "unit"),
			.lines = take_number(object, "lines"),
			.bytes = take_number(object, "bytes"),
			.errors = take_number(object, "errors"),
			.microseconds = take_number(object, "microseconds")
		};

		if (done.unit < 0 || done.unit >= load->nunits)
			elog(ERROR, "a compute node's message of a load is of unit %d", done.unit);
		load->reports->unit_done(load->reports, &done);
	}
}

/*
 * A number of a message as send_unit_done() writes it; 0: it has none.
 */
static uint64
number_in(const char *json, const char *name)
{
	const char *found = strstr(json, name);

	return found == NULL ? 0 : strtoull(found + strlen(name), NULL, 10);
}

void
rs_load_message_progress(const RsLoad *load, const char *kind, const char *json)
{
	if (strcmp(kind, UNIT_DONE) != 0)
		return;
	pg_atomic_fetch_add_u64(&load->progress->bytes, number_in(json, "\"bytes\":"));
	pg_atomic_fetch_add_u64(&load->progress->lines, number_in(json, "\"lines\":"));
	load->reports->progress(load->reports);
}
