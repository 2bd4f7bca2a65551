/*
 * avro_jsonb.c
 *	  Values of Avro as jsonb: records and maps are objects, arrays arrays.
 *
 * Numbers and decimals are numbers; dates and times are strings in ISO 8601, as to_jsonb()
 * has them; bytes are a string of hexadecimal digits behind \x, as bytea is there; NaN and
 * infinity, which JSON has no numbers for, are strings.  A union is the value that it has.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "common/shortest_dec.h"
#include "datatype/timestamp.h"
#include "format/avro/avro_value.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/fmgrprotos.h"
#include "utils/json.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

/* Of a decimal, whose digits are found one by one. */
#define MAX_DECIMAL_SIZE	512

typedef struct JsonbMaker
{
	RsAvroCursor *cursor;
	RsJsonText *text;
	RsValueFault *fault;
	JsonbParseState *state;
	JsonbValue *result;			/* the last container that was closed, */
	JsonbValue	scalar;			/* or the root, if it is none */
} JsonbMaker;

static bool push_value(JsonbMaker *maker, const RsAvroType *type, JsonbIteratorToken token);

static void
set_string(JsonbValue *value, char *string, Size size)
{
	value->type = jbvString;
	value->val.string.val = string;
	value->val.string.len = (int) size;
}

static void
set_numeric(JsonbValue *value, const char *text)
{
	value->type = jbvNumeric;
	value->val.numeric = DatumGetNumeric(DirectFunctionCall3(numeric_in, CStringGetDatum(text),
															 ObjectIdGetDatum(InvalidOid),
															 Int32GetDatum(-1)));
}

static bool
read_string(JsonbMaker *maker, JsonbValue *value)
{
	Size		size = rs_avro_read_size(maker->cursor);
	const char *string = rs_avro_take(maker->cursor, size);

	if (!rs_json_text_utf8(maker->text, string, size, &string, &size, maker->fault))
		return false;
	set_string(value, pnstrdup(string, size), size);
	return true;
}

static bool
out_of_range(JsonbMaker *maker, RsRowFault code)
{
	maker->fault->fault = code;
	maker->fault->sqlstate = ERRCODE_DATETIME_VALUE_OUT_OF_RANGE;
	strlcpy(maker->fault->reason, "Value out of range", sizeof(maker->fault->reason));
	return false;
}

/* An int or a long. */
static bool
read_integer(JsonbMaker *maker, const RsAvroType *type, JsonbValue *value)
{
	int64		number = rs_avro_read_long(maker->cursor);
	int64		time;
	Oid			typid;
	bool		valid;
	char	   *text;

	if (type->logical == RS_AVRO_PLAIN)
	{
		value->type = jbvNumeric;
		value->val.numeric = int64_to_numeric(number);
		return true;
	}
	valid = rs_avro_time_value(type->logical, number, &time);
	switch (type->logical)
	{
		case RS_AVRO_DATE:
			typid = DATEOID;
			valid = valid && IS_VALID_DATE(time);
			break;
		case RS_AVRO_TIME_MILLIS:
		case RS_AVRO_TIME_MICROS:
			typid = TIMEOID;
			valid = valid && time >= 0 && time <= USECS_PER_DAY;
			break;
		case RS_AVRO_TIMESTAMP_MILLIS:
		case RS_AVRO_TIMESTAMP_MICROS:
		case RS_AVRO_TIMESTAMP_NANOS:
			typid = TIMESTAMPTZOID;
			valid = valid && IS_VALID_TIMESTAMP(time);
			break;
		default:
			typid = TIMESTAMPOID;
			valid = valid && IS_VALID_TIMESTAMP(time);
	}
	if (!valid)
		return out_of_range(maker, typid == DATEOID ? RS_ROW_BAD_DATE : RS_ROW_BAD_TIMESTAMP);
	text = JsonEncodeDateTime(palloc(MAXDATELEN + 1),
							  typid == DATEOID ? DateADTGetDatum(time) : Int64GetDatum(time), typid, NULL);
	set_string(value, text, strlen(text));
	return true;
}

static bool
read_bytes(JsonbMaker *maker, const RsAvroType *type, JsonbValue *value)
{
	Size		size = type->kind == RS_AVRO_FIXED ? (Size) type->size : rs_avro_read_size(maker->cursor);
	const char *data = rs_avro_take(maker->cursor, size);
	char	   *text;

	switch (type->logical)
	{
		case RS_AVRO_DECIMAL:
			if (size > MAX_DECIMAL_SIZE || type->scale > MAX_DECIMAL_SIZE)
				return out_of_range(maker, RS_ROW_BAD_DECIMAL);
			set_numeric(value, rs_avro_decimal_text(data, size, type->scale));
			break;
		case RS_AVRO_DURATION:
			text = palloc(RS_AVRO_DURATION_TEXT_SIZE);
			rs_avro_duration_text(data, text);
			set_string(value, text, strlen(text));
			break;
		default:
			text = palloc(2 * size + 3);
			strcpy(text, "\\x");
			hex_encode(data, size, text + 2);
			set_string(value, text, 2 * size + 2);
	}
	return true;
}

static void
set_float(JsonbValue *value, double number, char *text)
{
	if (isnan(number) || isinf(number))
	{
		text = isnan(number) ? "NaN" : number > 0 ? "Infinity" : "-Infinity";
		set_string(value, text, strlen(text));
	}
	else
		set_numeric(value, text);
}

static bool
read_scalar(JsonbMaker *maker, const RsAvroType *type, JsonbValue *value)
{
	char		text[DOUBLE_SHORTEST_DECIMAL_LEN];
	float4		single;
	float8		number;
	const char *symbol;

	switch (type->kind)
	{
		case RS_AVRO_NULL:
			value->type = jbvNull;
			return true;
		case RS_AVRO_BOOLEAN:
			value->type = jbvBool;
			value->val.boolean = *rs_avro_take(maker->cursor, 1) != 0;
			return true;
		case RS_AVRO_INT:
		case RS_AVRO_LONG:
			return read_integer(maker, type, value);
		case RS_AVRO_FLOAT:
			single = rs_avro_read_float(maker->cursor);
			float_to_shortest_decimal_buf(single, text);
			set_float(value, single, text);
			return true;
		case RS_AVRO_DOUBLE:
			number = rs_avro_read_double(maker->cursor);
			double_to_shortest_decimal_buf(number, text);
			set_float(value, number, text);
			return true;
		case RS_AVRO_STRING:
			return read_string(maker, value);
		case RS_AVRO_ENUM:
			symbol = rs_avro_read_symbol(maker->cursor, type);
			set_string(value, pstrdup(symbol), strlen(symbol));
			return true;
		default:
			return read_bytes(maker, type, value);
	}
}

static bool
push_items(JsonbMaker *maker, const RsAvroType *type)
{
	bool		map = type->kind == RS_AVRO_MAP;
	JsonbValue	key;
	int64		n;
	int64		size;

	pushJsonbValue(&maker->state, map ? WJB_BEGIN_OBJECT : WJB_BEGIN_ARRAY, NULL);
	while ((n = rs_avro_read_items(maker->cursor, type, &size)) > 0)
	{
		for (; n > 0; n--)
		{
			CHECK_FOR_INTERRUPTS();
			if (map)
			{
				if (!read_string(maker, &key))
					return false;
				pushJsonbValue(&maker->state, WJB_KEY, &key);
			}
			if (!push_value(maker, type->types[0], map ? WJB_VALUE : WJB_ELEM))
				return false;
		}
	}
	maker->result = pushJsonbValue(&maker->state, map ? WJB_END_OBJECT : WJB_END_ARRAY, NULL);
	return true;
}

static bool
push_record(JsonbMaker *maker, const RsAvroType *type)
{
	JsonbValue	key;
	int			i;

	pushJsonbValue(&maker->state, WJB_BEGIN_OBJECT, NULL);
	for (i = 0; i < type->n; i++)
	{
		set_string(&key, unconstify(char *, type->names[i]), strlen(type->names[i]));
		pushJsonbValue(&maker->state, WJB_KEY, &key);
		if (!push_value(maker, type->types[i], WJB_VALUE))
			return false;
	}
	maker->result = pushJsonbValue(&maker->state, WJB_END_OBJECT, NULL);
	return true;
}

/* token: what it is for what is around it; WJB_DONE: nothing is. */
static bool
push_value(JsonbMaker *maker, const RsAvroType *type, JsonbIteratorToken token)
{
	RsAvroCursor *cursor = maker->cursor;
	JsonbValue	scalar;
	bool		sound;
	int			branch;

	check_stack_depth();
	if (++cursor->values > RS_AVRO_MAX_VALUES)
		rs_avro_bad_value(cursor, "a row has too many values");
	if (type->kind == RS_AVRO_UNION)
		type = rs_avro_read_branch(cursor, type, &branch);
	if (type->kind != RS_AVRO_RECORD && type->kind != RS_AVRO_ARRAY && type->kind != RS_AVRO_MAP)
	{
		if (!read_scalar(maker, type, &scalar))
			return false;
		if (token == WJB_DONE)
		{
			maker->scalar = scalar;
			maker->result = &maker->scalar;
		}
		else
			pushJsonbValue(&maker->state, token, &scalar);
		return true;
	}
	if (++cursor->depth > RS_AVRO_MAX_DEPTH)
		rs_avro_bad_value(cursor, "values are nested too deeply");
	sound = type->kind == RS_AVRO_RECORD ? push_record(maker, type) : push_items(maker, type);
	cursor->depth--;
	return sound;
}

bool
rs_avro_to_jsonb(RsAvroCursor *cursor, const RsAvroType *type, RsJsonText *text, Datum *jsonb,
				 RsValueFault *fault)
{
	JsonbMaker	maker = {cursor, text, fault};

	if (!push_value(&maker, type, WJB_DONE))
		return false;
	*jsonb = JsonbPGetDatum(JsonbValueToJsonb(maker.result));
	return true;
}
