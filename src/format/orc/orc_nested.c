/*
 * orc_nested.c
 *	  Lists, maps, structs and unions of ORC files as jsonb.
 *
 * A struct becomes an object, a map one whose keys are the text of its own, a list an
 * array, and a union the value that it has.  Scalars are written as PostgreSQL's to_jsonb()
 * writes values of their types: dates in ISO's form, bytes in hexadecimal, NaN as a string.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "format/orc/orc_nested.h"
#include "format/value.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/json.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

/* Elements of one row, all levels together: jsonb of more of them is too large. */
#define MAX_ELEMENTS	(8 * 1024 * 1024)

typedef struct Walk
{
	RsOrcField *field;
	uint32		row;
	uint32		nelements;
	JsonbParseState *state;
} Walk;

static bool
is_compound(const RsOrcColumn *column)
{
	RsOrcKind	kind = column->type->kind;

	return kind == RS_ORC_LIST || kind == RS_ORC_MAP || kind == RS_ORC_STRUCT || kind == RS_ORC_UNION;
}

void
rs_orc_nested_init(RsOrcColumn *column)
{
	uint32		i;

	if (column->type->kind == RS_ORC_MAP && is_compound(&column->children[0]))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("ORC file \"%s\" cannot be read", column->file->input->name),
				 errdetail("A map has keys of type %s.", rs_orc_kind_name(column->children[0].type->kind))));
	for (i = 0; i < column->type->nchildren; i++)
	{
		if (column->type->kind == RS_ORC_STRUCT)
			column->type->names[i] = pg_any_to_server(column->type->names[i],
													  (int) strlen(column->type->names[i]), PG_UTF8);
		rs_orc_nested_init(&column->children[i]);
	}
}

static void
set_string(JsonbValue *value, const char *text, Size size)
{
	value->type = jbvString;
	value->val.string.val = unconstify(char *, text);
	value->val.string.len = (int) size;
}

static void
set_number(JsonbValue *value, const char *text)
{
	value->type = jbvNumeric;
	value->val.numeric = DatumGetNumeric(DirectFunctionCall3(numeric_in, CStringGetDatum(text),
															 ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1)));
}

static void
set_double(JsonbValue *value, double number, bool is_single)
{
	if (isnan(number))
		set_string(value, "NaN", 3);
	else if (isinf(number))
		set_string(value, number > 0 ? "Infinity" : "-Infinity", number > 0 ? 8 : 9);
	else if (is_single)
		set_number(value, DatumGetCString(DirectFunctionCall1(float4out, Float4GetDatum((float4) number))));
	else
		set_number(value, DatumGetCString(DirectFunctionCall1(float8out, Float8GetDatum(number))));
}

static void
fault_value(Walk *walk, RsRowFault code, int sqlstate, const char *reason)
{
	RsValueFault fault;

	(void) rs_value_fault(&fault, code, sqlstate, "%s", reason);
	rs_orc_field_fault(walk->field, walk->row, &fault);
}

static void
set_time(Walk *walk, const RsOrcColumn *column, JsonbValue *value, int64 time)
{
	Oid			type = TIMESTAMPOID;
	char	   *text = palloc(MAXDATELEN + 1);
	Datum		datum = TimestampGetDatum(time);

	if (column->type->kind == RS_ORC_DATE)
	{
		if (time < DATETIME_MIN_JULIAN - UNIX_EPOCH_JDATE || time >= DATE_END_JULIAN - UNIX_EPOCH_JDATE)
			fault_value(walk, RS_ROW_BAD_DATE, ERRCODE_DATETIME_VALUE_OUT_OF_RANGE, "Value out of range");
		type = DATEOID;
		datum = DateADTGetDatum((DateADT) (time - (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE)));
	}
	else if (column->type->kind == RS_ORC_TIMESTAMP_INSTANT)
		type = TIMESTAMPTZOID;
	JsonEncodeDateTime(text, datum, type, NULL);
	set_string(value, text, strlen(text));
}

static void
set_text(Walk *walk, RsOrcColumn *column, JsonbValue *value)
{
	const char *text;
	uint32		length;
	Size		size;
	char	   *copy;
	RsValueFault fault;

	if (column->is_dictionary)
	{
		int64		code;

		rs_orc_column_ints(column, &code, 1);
		text = rs_orc_column_entry(column, code, &length);
	}
	else
	{
		rs_orc_column_lengths(column, &length, 1);
		text = rs_orc_string(walk->field->scan, column->data, length);
	}
	size = length;
	if (column->type->kind == RS_ORC_BINARY)
	{
		if (size > MaxAllocSize / 4)
			fault_value(walk, RS_ROW_OUT_OF_RANGE, ERRCODE_PROGRAM_LIMIT_EXCEEDED, "Value too long for jsonb");
		copy = palloc(size * 2 + 2);
		copy[0] = '\\';
		copy[1] = 'x';
		set_string(value, copy, hex_encode(text, size, copy + 2) + 2);
		return;
	}
	if (!rs_orc_text(walk->field, walk->row, &text, &size, &fault))
		rs_orc_field_fault(walk->field, walk->row, &fault);
	copy = palloc(size);
	memcpy(copy, text, size);
	set_string(value, copy, size);
}

static void
next_scalar(Walk *walk, RsOrcColumn *column, JsonbValue *value)
{
	int64		number;
	double		real;
	int128		decimal;
	uint8		scale;
	char		text[RS_DECIMAL_TEXT_SIZE];

	switch (column->type->kind)
	{
		case RS_ORC_BOOLEAN:
			rs_orc_column_ints(column, &number, 1);
			value->type = jbvBool;
			value->val.boolean = number != 0;
			break;
		case RS_ORC_FLOAT:
		case RS_ORC_DOUBLE:
			rs_orc_column_doubles(column, &real, 1);
			set_double(value, real, column->type->kind == RS_ORC_FLOAT);
			break;
		case RS_ORC_DECIMAL:
			if (rs_orc_column_decimals(column, &decimal, &scale, 1) == 0)
				fault_value(walk, RS_ROW_OUT_OF_RANGE, ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE, "Value out of range");
			rs_decimal_text(decimal, scale, text);
			set_number(value, text);
			break;
		case RS_ORC_TIMESTAMP:
		case RS_ORC_TIMESTAMP_INSTANT:
			if (rs_orc_column_timestamps(column, &number, 1) == 0)
				fault_value(walk, RS_ROW_BAD_TIMESTAMP, ERRCODE_DATETIME_VALUE_OUT_OF_RANGE, "Value out of range");
			set_time(walk, column, value, number);
			break;
		case RS_ORC_DATE:
			rs_orc_column_ints(column, &number, 1);
			set_time(walk, column, value, number);
			break;
		case RS_ORC_STRING:
		case RS_ORC_VARCHAR:
		case RS_ORC_CHAR:
		case RS_ORC_BINARY:
			set_text(walk, column, value);
			break;
		default:
			rs_orc_column_ints(column, &number, 1);
			value->type = jbvNumeric;
			value->val.numeric = int64_to_numeric(number);
			break;
	}
}

static void
next_key(Walk *walk, RsOrcColumn *column)
{
	JsonbValue	key;
	uint8		null;

	if (rs_orc_column_nulls(column, &null, 1) == 0)
		fault_value(walk, RS_ROW_BAD_JSON, ERRCODE_NULL_VALUE_NOT_ALLOWED, "Key of a map is NULL");
	next_scalar(walk, column, &key);
	if (key.type == jbvBool)
		set_string(&key, key.val.boolean ? "true" : "false", key.val.boolean ? 4 : 5);
	else if (key.type == jbvNumeric)
	{
		char	   *text = DatumGetCString(DirectFunctionCall1(numeric_out, NumericGetDatum(key.val.numeric)));

		set_string(&key, text, strlen(text));
	}
	pushJsonbValue(&walk->state, WJB_KEY, &key);
}

static JsonbValue *next_value(Walk *walk, RsOrcColumn *column, JsonbIteratorToken token);

static uint32
next_length(Walk *walk, RsOrcColumn *column)
{
	uint32		length;

	rs_orc_column_lengths(column, &length, 1);
	if (length > MAX_ELEMENTS - walk->nelements)
		fault_value(walk, RS_ROW_OUT_OF_RANGE, ERRCODE_PROGRAM_LIMIT_EXCEEDED, "Too many elements for jsonb");
	walk->nelements += length;
	return length;
}

/*
 * The walk is as deep as the file's types are, which is bounded.
 */
static JsonbValue *
next_compound(Walk *walk, RsOrcColumn *column, JsonbIteratorToken token)
{
	int64		tag;
	uint32		n;
	uint32		i;

	switch (column->type->kind)
	{
		case RS_ORC_STRUCT:
			pushJsonbValue(&walk->state, WJB_BEGIN_OBJECT, NULL);
			for (i = 0; i < column->type->nchildren; i++)
			{
				JsonbValue	key;

				set_string(&key, column->type->names[i], strlen(column->type->names[i]));
				pushJsonbValue(&walk->state, WJB_KEY, &key);
				(void) next_value(walk, &column->children[i], WJB_VALUE);
			}
			return pushJsonbValue(&walk->state, WJB_END_OBJECT, NULL);
		case RS_ORC_MAP:
			n = next_length(walk, column);
			pushJsonbValue(&walk->state, WJB_BEGIN_OBJECT, NULL);
			for (i = 0; i < n; i++)
			{
				next_key(walk, &column->children[0]);
				(void) next_value(walk, &column->children[1], WJB_VALUE);
			}
			return pushJsonbValue(&walk->state, WJB_END_OBJECT, NULL);
		case RS_ORC_LIST:
			n = next_length(walk, column);
			pushJsonbValue(&walk->state, WJB_BEGIN_ARRAY, NULL);
			for (i = 0; i < n; i++)
				(void) next_value(walk, &column->children[0], WJB_ELEM);
			return pushJsonbValue(&walk->state, WJB_END_ARRAY, NULL);
		default:
			rs_orc_column_ints(column, &tag, 1);
			if (tag >= column->type->nchildren)
				rs_orc_stream_damaged(column->bytes.stream, "a union has a value of none of its types");
			return next_value(walk, &column->children[tag], token);
	}
}

/*
 * Push the next value, or return it if it stands by itself.
 */
static JsonbValue *
next_value(Walk *walk, RsOrcColumn *column, JsonbIteratorToken token)
{
	JsonbValue *value;
	uint8		null;

	CHECK_FOR_INTERRUPTS();
	if (rs_orc_column_nulls(column, &null, 1) == 1 && is_compound(column))
		return next_compound(walk, column, token);
	value = palloc(sizeof(JsonbValue));
	if (null)
		value->type = jbvNull;
	else
		next_scalar(walk, column, value);
	return token == WJB_DONE ? value : pushJsonbValue(&walk->state, token, value);
}

bool
rs_orc_nested_next(RsOrcField *field, RsOrcColumn *column, uint32 row, Datum *value)
{
	Walk		walk = {field, row, 0, NULL};
	JsonbValue *json = next_value(&walk, column, WJB_DONE);

	if (json->type == jbvNull)
		return false;
	*value = JsonbPGetDatum(JsonbValueToJsonb(json));
	return true;
}
