/*
 * orc_field.c
 *	  A column of an ORC file on its way into a column of a table.
 *
 * Integers, floats, dates and timestamps for columns of the same kind are converted as
 * arrays; all else goes through column builders by value, and lists, maps and structs
 * through orc_nested.c first.
 *
 * COPY's MAXERROR is not for columnar formats: a value that the column cannot hold ends
 * the load.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "format/orc/orc_field.h"
#include "format/orc/orc_nested.h"
#include "format/value.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#define DAYS_BEFORE_EPOCH	(POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE)
/* So much of a string is believed before its bytes are there. */
#define FIRST_STRING		((Size) 64 * 1024)

void
rs_orc_field_fault(RsOrcField *field, uint32 row, const RsValueFault *fault)
{
	const RsReadSpec *spec = field->scan->spec;
	RsBadRow	bad = {0};

	bad.file = field->scan->file->input->name;
	bad.line = (int64) (field->scan->first_row + row + 1);
	bad.column = field->number;
	bad.fault = fault->fault;
	bad.reason = fault->reason;
	bad.sqlstate = fault->sqlstate;
	spec->bad_rows->report(spec->bad_rows, &bad);
	ereport(ERROR,
			(errcode(fault->sqlstate != 0 ? fault->sqlstate : ERRCODE_DATA_EXCEPTION),
			 errmsg("row " INT64_FORMAT " of ORC file \"%s\" cannot be left out", bad.line, bad.file),
			 errdetail("Column \"%s\": %s", field->target->name, fault->reason)));
}

static bool
is_number(Oid type)
{
	return type == INT2OID || type == INT4OID || type == INT8OID || type == FLOAT4OID ||
		type == FLOAT8OID || type == NUMERICOID;
}

static bool
is_time(Oid type)
{
	return type == DATEOID || type == TIMESTAMPOID || type == TIMESTAMPTZOID;
}

static bool
is_text(Oid type)
{
	return type == TEXTOID || type == VARCHAROID || type == BPCHAROID;
}

/*
 * Can a column of the type be read from such values?
 */
static bool
is_compatible(RsOrcKind kind, Oid type)
{
	if (type == JSONBOID)
		return true;
	switch (kind)
	{
		case RS_ORC_BOOLEAN:
			return type == BOOLOID;
		case RS_ORC_BYTE:
		case RS_ORC_SHORT:
		case RS_ORC_INT:
		case RS_ORC_LONG:
		case RS_ORC_FLOAT:
		case RS_ORC_DOUBLE:
		case RS_ORC_DECIMAL:
			return is_number(type);
		case RS_ORC_DATE:
		case RS_ORC_TIMESTAMP:
		case RS_ORC_TIMESTAMP_INSTANT:
			return is_time(type);
		case RS_ORC_BINARY:
			return type == BYTEAOID || is_text(type);
		case RS_ORC_STRING:
		case RS_ORC_VARCHAR:
		case RS_ORC_CHAR:
			/* Types that the format has none for are written as text. */
			return !is_number(type) && !is_time(type) && type != BOOLOID && type != BYTEAOID;
		case RS_ORC_LIST:
		case RS_ORC_MAP:
		case RS_ORC_STRUCT:
		case RS_ORC_UNION:
			return is_text(type) || type == JSONOID;
		case RS_ORC_NKINDS:
			break;
	}
	return false;
}

static RsOrcWay
way_of(RsOrcKind kind, const RsReadColumn *target)
{
	Oid			type = target->type.typid;
	bool		has_typmod = target->typmod >= 0;

	if (kind == RS_ORC_LIST || kind == RS_ORC_MAP || kind == RS_ORC_STRUCT || kind == RS_ORC_UNION ||
		type == JSONBOID)
		return RS_ORC_NESTED;
	if (kind >= RS_ORC_BYTE && kind <= RS_ORC_LONG && (type == INT2OID || type == INT4OID || type == INT8OID))
		return RS_ORC_BY_INTS;
	if (kind == RS_ORC_BOOLEAN)
		return RS_ORC_BY_INTS;
	if ((kind == RS_ORC_FLOAT && (type == FLOAT4OID || type == FLOAT8OID)) ||
		(kind == RS_ORC_DOUBLE && type == FLOAT8OID))
		return RS_ORC_BY_DOUBLES;
	if (kind == RS_ORC_DATE && type == DATEOID)
		return RS_ORC_BY_DATES;
	if (!has_typmod && ((kind == RS_ORC_TIMESTAMP && type == TIMESTAMPOID) ||
						(kind == RS_ORC_TIMESTAMP_INSTANT && type == TIMESTAMPTZOID)))
		return RS_ORC_BY_TIMESTAMPS;
	return RS_ORC_BY_VALUE;
}

void
rs_orc_field_init(RsOrcField *field, RsOrcScan *scan, uint32 type, int number)
{
	RsOrcKind	kind = scan->file->types[type].kind;

	memset(field, 0, sizeof(RsOrcField));
	field->scan = scan;
	field->number = number;
	field->target = &scan->spec->columns[number];
	if (!is_compatible(kind, field->target->type.typid))
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("file \"%s\" has an incompatible ORC schema for column \"%s\"",
						scan->file->input->name, field->target->name),
				 errdetail("Column type: %s, ORC type: %s.",
						   format_type_with_typemod(field->target->typid, field->target->typmod),
						   rs_orc_kind_name(kind))));
	if (scan->file->types[type].encrypted)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("column %d of ORC file \"%s\" is encrypted", number + 1, scan->file->input->name)));
	rs_orc_column_init(&field->column, scan->file, type);
	field->way = way_of(kind, field->target);
	if (field->way == RS_ORC_NESTED)
		rs_orc_nested_init(&field->column);
	field->builder = rs_column_builder_create(field->target, scan->spec->conversion);
	field->null_ahead = palloc(RS_BATCH_ROWS);
	field->length_ahead = palloc(RS_BATCH_ROWS * sizeof(uint32));
}

void
rs_orc_field_begin(RsOrcField *field)
{
	field->nahead = 0;
	if (field->way == RS_ORC_BY_VALUE && field->column.lengths != NULL && !field->column.is_dictionary)
		field->way = RS_ORC_BY_STRING;
	else if (field->way == RS_ORC_BY_STRING && field->column.is_dictionary)
		field->way = RS_ORC_BY_VALUE;
}

uint32
rs_orc_field_plan(RsOrcField *field, uint32 n)
{
	Size		total = 0;
	uint32		i;

	if (field->way != RS_ORC_BY_STRING)
		return n;
	if (field->nahead < n)
	{
		uint32		lengths[RS_BATCH_ROWS];
		uint32		nvalues = rs_orc_column_nulls(&field->column, field->null_ahead + field->nahead,
												  n - field->nahead);
		uint32		next = 0;

		rs_orc_column_lengths(&field->column, lengths, nvalues);
		for (i = field->nahead; i < n; i++)
			field->length_ahead[i] = field->null_ahead[i] ? 0 : lengths[next++];
		field->nahead = n;
	}
	for (i = 0; i < n; i++)
	{
		total += field->length_ahead[i];
		if (i > 0 && total > field->scan->most_bytes)
			return i;
	}
	return n;
}

const char *
rs_orc_string(RsOrcScan *scan, RsOrcStream *stream, uint32 size)
{
	Size		there = 0;

	if (size == 0)
		return "";
	if (size <= RS_ORC_MAX_FILL && rs_orc_stream_fill(stream, size) >= size)
	{
		stream->at += size;
		return (const char *) stream->at - size;
	}
	/* What a length says is not believed before the bytes have come. */
	while (there < size)
	{
		Size		step = Min(size - there, Max(there, FIRST_STRING));

		if (scan->string == NULL)
			scan->string = MemoryContextAllocHuge(GetMemoryChunkContext(scan), scan->string_size = step);
		else if (there + step > scan->string_size)
			scan->string = repalloc_huge(scan->string, scan->string_size = there + step);
		rs_orc_stream_take(stream, scan->string + there, step);
		there += step;
	}
	return scan->string;
}

/*
 * Each byte that is no part of a character replaced, as ACCEPTINVCHARS has it.
 */
static char *
replace_invalid(const char *text, Size size, char replacement)
{
	char	   *result = palloc(size + 1);
	Size		done = 0;

	memcpy(result, text, size);
	for (;;)
	{
		done += (Size) pg_encoding_verifymbstr(PG_UTF8, result + done, (int) (size - done));
		if (done >= size)
			break;
		result[done++] = replacement;
	}
	result[size] = '\0';
	return result;
}

bool
rs_orc_text(RsOrcField *field, uint32 row, const char **text, Size *size, RsValueFault *fault)
{
	const RsReadSpec *spec = field->scan->spec;
	char	   *converted;

	if (pg_encoding_verifymbstr(PG_UTF8, *text, (int) *size) != (int) *size)
	{
		RsBadRow	bad = {0};

		if (!spec->conversion->accept_invalid_chars)
			return rs_value_fault(fault, RS_ROW_BAD_UTF8, ERRCODE_CHARACTER_NOT_IN_REPERTOIRE,
								  "String contains invalid or unsupported UTF8 codepoints");
		bad.file = field->scan->file->input->name;
		bad.line = (int64) (field->scan->first_row + row + 1);
		bad.column = field->number;
		bad.raw_value = (RsRawField) {*text, *size};
		bad.fault = RS_ROW_BAD_UTF8;
		bad.reason = "String contains invalid or unsupported UTF8 codepoints";
		*text = replace_invalid(*text, *size, spec->conversion->replacement);
		if (spec->bad_rows->replaced != NULL)
			spec->bad_rows->replaced(spec->bad_rows, &bad);
	}
	if (GetDatabaseEncoding() == PG_UTF8)
		return true;
	converted = pg_any_to_server(*text, (int) *size, PG_UTF8);
	if (converted != *text)
		*size = strlen(converted);
	*text = converted;
	return true;
}

static bool
put_text(RsOrcField *field, uint32 row, const char *text, Size size, RsValueFault *fault)
{
	MemoryContext old;
	bool		sound;

	if (field->column.type->kind == RS_ORC_BINARY)
		return rs_column_builder_bytes(field->builder, text, size, fault);
	old = MemoryContextSwitchTo(field->scan->scratch);
	sound = rs_orc_text(field, row, &text, &size, fault) &&
		rs_column_builder_text(field->builder, text, size, fault);
	MemoryContextSwitchTo(old);
	return sound;
}

static const RsVector *
read_strings(RsOrcField *field, uint32 n)
{
	RsValueFault fault;
	uint32		i;

	Assert(n <= field->nahead);
	for (i = 0; i < n; i++)
	{
		const char *text;
		bool		sound;

		if (field->null_ahead[i])
			sound = rs_column_builder_null(field->builder, &fault);
		else
		{
			text = rs_orc_string(field->scan, field->column.data, field->length_ahead[i]);
			sound = put_text(field, i, text, field->length_ahead[i], &fault);
		}
		if (!sound)
			rs_orc_field_fault(field, i, &fault);
	}
	field->nahead -= n;
	memmove(field->null_ahead, field->null_ahead + n, field->nahead);
	memmove(field->length_ahead, field->length_ahead + n, field->nahead * sizeof(uint32));
	MemoryContextReset(field->scan->scratch);
	return rs_column_builder_vector(field->builder);
}

static bool
put_value(RsOrcField *field, uint32 row, uint32 i, RsValueFault *fault)
{
	RsOrcScan  *scan = field->scan;
	RsColumnBuilder *builder = field->builder;
	const char *text;
	uint32		size;
	int64		days;

	switch (field->column.type->kind)
	{
		case RS_ORC_BYTE:
		case RS_ORC_SHORT:
		case RS_ORC_INT:
		case RS_ORC_LONG:
			return rs_column_builder_int(builder, scan->ints[i], fault);
		case RS_ORC_FLOAT:
		case RS_ORC_DOUBLE:
			return rs_column_builder_float(builder, scan->doubles[i], fault);
		case RS_ORC_DECIMAL:
			return rs_column_builder_decimal(builder, scan->decimals[i], scan->scales[i], fault);
		case RS_ORC_DATE:
			days = scan->ints[i] - DAYS_BEFORE_EPOCH;
			if (scan->ints[i] < PG_INT32_MIN || days < PG_INT32_MIN + 1 || days >= PG_INT32_MAX)
				return rs_value_fault(fault, RS_ROW_BAD_DATE, ERRCODE_DATETIME_VALUE_OUT_OF_RANGE,
									  "Value out of range");
			return rs_column_builder_date(builder, (int32) days, fault);
		case RS_ORC_TIMESTAMP:
		case RS_ORC_TIMESTAMP_INSTANT:
			return rs_column_builder_timestamp(builder, scan->ints[i],
											   field->column.type->kind == RS_ORC_TIMESTAMP_INSTANT, fault);
		case RS_ORC_STRING:
		case RS_ORC_VARCHAR:
		case RS_ORC_CHAR:
		case RS_ORC_BINARY:
			text = rs_orc_column_entry(&field->column, scan->ints[i], &size);
			return put_text(field, row, text, size, fault);
		default:
			break;
	}
	pg_unreachable();
}

/*
 * Decode values for one of the arrays of the scan.  Returns the first that is out of range, or n.
 */
static uint32
read_values(RsOrcField *field, uint32 n)
{
	RsOrcScan  *scan = field->scan;

	switch (field->column.type->kind)
	{
		case RS_ORC_FLOAT:
		case RS_ORC_DOUBLE:
			rs_orc_column_doubles(&field->column, scan->doubles, n);
			return n;
		case RS_ORC_DECIMAL:
			return rs_orc_column_decimals(&field->column, scan->decimals, scan->scales, n);
		case RS_ORC_TIMESTAMP:
		case RS_ORC_TIMESTAMP_INSTANT:
			return rs_orc_column_timestamps(&field->column, scan->ints, n);
		default:
			rs_orc_column_ints(&field->column, scan->ints, n);
			return n;
	}
}

static void
out_of_range(RsOrcField *field, uint32 row)
{
	RsOrcKind	kind = field->column.type->kind;
	RsValueFault fault;

	if (kind == RS_ORC_DATE)
		(void) rs_value_fault(&fault, RS_ROW_BAD_DATE, ERRCODE_DATETIME_VALUE_OUT_OF_RANGE, "Value out of range");
	else if (kind == RS_ORC_TIMESTAMP || kind == RS_ORC_TIMESTAMP_INSTANT)
		(void) rs_value_fault(&fault, RS_ROW_BAD_TIMESTAMP, ERRCODE_DATETIME_VALUE_OUT_OF_RANGE,
							  "Value out of range");
	else
		(void) rs_value_fault(&fault, RS_ROW_OUT_OF_RANGE, ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE,
							  "Value out of range");
	rs_orc_field_fault(field, row, &fault);
}

/* The row that has the value at this place among those that are not NULL. */
static uint32
row_of_value(const uint8 *null, uint32 value)
{
	uint32		row = 0;

	for (;; row++)
		if (!null[row] && value-- == 0)
			return row;
}

static const RsVector *
read_by_value(RsOrcField *field, const uint8 *null, uint32 nvalues, uint32 n)
{
	uint32		bad = read_values(field, nvalues);
	uint32		next = 0;
	RsValueFault fault;
	uint32		i;

	if (bad < nvalues)
		out_of_range(field, row_of_value(null, bad));
	for (i = 0; i < n; i++)
		if (!(null[i] ? rs_column_builder_null(field->builder, &fault) : put_value(field, i, next++, &fault)))
			rs_orc_field_fault(field, i, &fault);
	MemoryContextReset(field->scan->scratch);
	return rs_column_builder_vector(field->builder);
}

/* Values of an array to the rows that have one. */
#define SPREAD(type, from, convert) \
	do { \
		type	   *to = vector->data; \
		if (nvalues == n) \
			for (i = 0; i < n; i++) \
				to[i] = (type) (convert(from[i])); \
		else \
			for (i = 0, next = 0; i < n; i++) \
			{ \
				/* A NULL takes the next value, if there is one, and leaves it. */ \
				to[i] = next < nvalues ? (type) (convert(from[next])) : (type) 0; \
				next += !null[i]; \
			} \
	} while (0)

#define AS_IT_IS(value)		(value)
#define SINCE_2000(value)	((value) - DAYS_BEFORE_EPOCH)

/* The first value that is not between the two, or n. */
static uint32
first_outside(const int64 *values, uint32 n, int64 least, int64 most)
{
	uint32		i;

	for (i = 0; i < n; i++)
		if (values[i] < least || values[i] > most)
			break;
	return i;
}

static const RsVector *
read_at_once(RsOrcField *field, RsArena *arena, uint8 *null, uint32 nvalues, uint32 n)
{
	RsOrcScan  *scan = field->scan;
	RsForm		form = field->target->type.form;
	RsVector   *vector = rs_vector_create(arena, form, n);
	uint32		bad = read_values(field, nvalues);
	uint32		next;
	uint32		i;

	if (field->way == RS_ORC_BY_DATES)
		bad = first_outside(scan->ints, nvalues, DATETIME_MIN_JULIAN - UNIX_EPOCH_JDATE,
							DATE_END_JULIAN - UNIX_EPOCH_JDATE - 1);
	else if (field->way == RS_ORC_BY_INTS && form == RS_FORM_I16)
		bad = first_outside(scan->ints, nvalues, PG_INT16_MIN, PG_INT16_MAX);
	else if (field->way == RS_ORC_BY_INTS && form == RS_FORM_I32)
		bad = first_outside(scan->ints, nvalues, PG_INT32_MIN, PG_INT32_MAX);
	if (bad < nvalues)
		out_of_range(field, row_of_value(null, bad));
	switch (form)
	{
		case RS_FORM_I8:
			SPREAD(int8, scan->ints, AS_IT_IS);
			break;
		case RS_FORM_I16:
			SPREAD(int16, scan->ints, AS_IT_IS);
			break;
		case RS_FORM_I32:
			if (field->way == RS_ORC_BY_DATES)
				SPREAD(int32, scan->ints, SINCE_2000);
			else
				SPREAD(int32, scan->ints, AS_IT_IS);
			break;
		case RS_FORM_I64:
			SPREAD(int64, scan->ints, AS_IT_IS);
			break;
		case RS_FORM_F32:
			SPREAD(float4, scan->doubles, AS_IT_IS);
			break;
		case RS_FORM_F64:
			SPREAD(float8, scan->doubles, AS_IT_IS);
			break;
		default:
			pg_unreachable();
	}
	if (nvalues < n)
		vector->null = null;
	return vector;
}

const RsVector *
rs_orc_field_read(RsOrcField *field, RsArena *arena, uint32 n)
{
	uint8	   *null;
	uint32		nvalues;
	RsValueFault fault;

	if (field->way == RS_ORC_NESTED)
		return rs_column_builder_vector(field->builder);
	rs_column_builder_begin(field->builder, arena);
	if (field->way == RS_ORC_BY_STRING)
		return read_strings(field, n);
	null = rs_arena_alloc(arena, n);
	nvalues = rs_orc_column_nulls(&field->column, null, n);
	if (nvalues < n && field->target->not_null)
	{
		uint32		row = (uint32) ((const uint8 *) memchr(null, 1, n) - null);

		(void) rs_value_fault(&fault, RS_ROW_NOT_NULL, ERRCODE_NOT_NULL_VIOLATION,
							  "Missing data for not-null field");
		rs_orc_field_fault(field, row, &fault);
	}
	if (field->way == RS_ORC_BY_VALUE)
		return read_by_value(field, null, nvalues, n);
	return read_at_once(field, arena, null, nvalues, n);
}

Size
rs_orc_field_put_nested(RsOrcField *field, uint32 row)
{
	MemoryContext old = MemoryContextSwitchTo(field->scan->scratch);
	RsValueFault fault;
	Datum		value;
	Size		size = 0;
	bool		sound;

	if (!rs_orc_nested_next(field, &field->column, row, &value))
		sound = rs_column_builder_null(field->builder, &fault);
	else
	{
		size = VARSIZE(DatumGetPointer(value));
		sound = rs_column_builder_jsonb(field->builder, value, &fault);
	}
	if (!sound)
		rs_orc_field_fault(field, row, &fault);
	MemoryContextSwitchTo(old);
	MemoryContextReset(field->scan->scratch);
	return size;
}
