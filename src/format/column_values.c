/*
 * column_values.c
 *	  Values of files that have types of their own, put into columns.
 *
 * A value that the column's type can hold is put there.  Where it is not of the column's
 * kind at all, its text is read as if the file had that: then what text may say is known in
 * one place, and a date in a file is what it is in another.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "encoding/numeric.h"
#include "format/column_builder_internal.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/float.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

/* The least float that is too large for int64. */
#define INT64_END			9223372036854775808.0

static bool
store_terminated(RsColumnBuilder *builder, const char *text, RsValueFault *fault)
{
	return rs_builder_store_text(builder, text, strlen(text), fault);
}

/*
 * As the text that the type's output function makes of it.
 */
static bool
store_output(RsColumnBuilder *builder, PGFunction output, Datum value, RsValueFault *fault)
{
	char	   *text = DatumGetCString(DirectFunctionCall1(output, value));
	bool		sound = store_terminated(builder, text, fault);

	pfree(text);
	return sound;
}

bool
rs_column_builder_int(RsColumnBuilder *builder, int64 value, RsValueFault *fault)
{
	char		text[MAXINT8LEN + 1];
	int128		decimal = value;

	if (!builder->column->wanted)
		return true;
	switch (builder->kind)
	{
		case RS_BUILD_INT:
			return rs_fit_int(value, builder->width, fault) && rs_builder_store_int(builder, value);
		case RS_BUILD_FLOAT4:
			return RS_PUT(builder, float4, (float4) value);
		case RS_BUILD_FLOAT8:
			return RS_PUT(builder, float8, (float8) value);
		case RS_BUILD_DECIMAL:
			return rs_fit_decimal(&decimal, 0, &builder->decimal, fault) &&
				rs_builder_store_decimal(builder, decimal);
		default:
			pg_lltoa(value, text);
			return store_terminated(builder, text, fault);
	}
}

bool
rs_column_builder_float(RsColumnBuilder *builder, double value, RsValueFault *fault)
{
	float4		single = (float4) value;
	char	   *text;
	bool		sound;

	if (!builder->column->wanted)
		return true;
	switch (builder->kind)
	{
		case RS_BUILD_FLOAT8:
			return RS_PUT(builder, float8, value);
		case RS_BUILD_FLOAT4:
			if ((isinf(single) && !isinf(value)) || (single == 0.0f && value != 0.0))
				return rs_value_fault(fault, RS_ROW_OUT_OF_RANGE, ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE,
									  "Value out of range for FLOAT");
			return RS_PUT(builder, float4, single);
		case RS_BUILD_INT:
			if (value >= -INT64_END && value < INT64_END && value == rint(value))
				return rs_column_builder_int(builder, (int64) value, fault);
			break;
		default:
			break;
	}
	text = float8out_internal(value);
	sound = store_terminated(builder, text, fault);
	pfree(text);
	return sound;
}

bool
rs_column_builder_bool(RsColumnBuilder *builder, bool value, RsValueFault *fault)
{
	if (!builder->column->wanted)
		return true;
	switch (builder->kind)
	{
		case RS_BUILD_BOOL:
			return RS_PUT(builder, int8, value);
		case RS_BUILD_INT:
			return rs_builder_store_int(builder, value);
		default:
			return store_terminated(builder, value ? "true" : "false", fault);
	}
}

bool
rs_column_builder_decimal(RsColumnBuilder *builder, int128 value, int scale, RsValueFault *fault)
{
	char		text[RS_DECIMAL_TEXT_SIZE];

	if (!builder->column->wanted)
		return true;
	Assert(scale >= 0 && scale <= RS_NUMERIC_MAX_SCALE);
	if (builder->kind == RS_BUILD_DECIMAL)
		return rs_fit_decimal(&value, scale, &builder->decimal, fault) &&
			rs_builder_store_decimal(builder, value);
	if (builder->kind == RS_BUILD_INT)
	{
		/* Without zeros behind the point it may be an integer. */
		for (; scale > 0 && value % 10 == 0; scale--)
			value /= 10;
	}
	rs_decimal_text(value, scale, text);
	return store_terminated(builder, text, fault);
}

static bool
out_of_range_time(RsColumnBuilder *builder, RsValueFault *fault)
{
	if (builder->conversion->accept_any_date)
		return rs_column_builder_null(builder, fault);
	return
		rs_value_fault(fault, builder->kind == RS_BUILD_DATE ? RS_ROW_BAD_DATE : RS_ROW_BAD_TIMESTAMP,
					   ERRCODE_DATETIME_VALUE_OUT_OF_RANGE, "Value out of range");
}

bool
rs_column_builder_date(RsColumnBuilder *builder, int32 value, RsValueFault *fault)
{
	int			overflow = 0;
	int64		time;

	if (!builder->column->wanted)
		return true;
	if (!DATE_NOT_FINITE(value) && !IS_VALID_DATE(value))
		return out_of_range_time(builder, fault);
	switch (builder->kind)
	{
		case RS_BUILD_DATE:
			return RS_PUT(builder, int32, value);
		case RS_BUILD_TIMESTAMP:
			time = date2timestamp_opt_overflow(value, &overflow);
			break;
		case RS_BUILD_TIMESTAMPTZ:
			time = date2timestamptz_opt_overflow(value, &overflow);
			break;
		default:
			return store_output(builder, date_out, DateADTGetDatum(value), fault);
	}
	return overflow != 0 ? out_of_range_time(builder, fault) : rs_builder_store_timestamp(builder, time);
}

bool
rs_column_builder_time(RsColumnBuilder *builder, int64 microseconds, RsValueFault *fault)
{
	if (!builder->column->wanted)
		return true;
	if (microseconds < 0 || microseconds > USECS_PER_DAY)
		return out_of_range_time(builder, fault);
	if (builder->kind == RS_BUILD_TIME)
		return rs_builder_store_time(builder, microseconds);
	return store_output(builder, time_out, TimeADTGetDatum(microseconds), fault);
}

/*
 * An instant as the clock on the wall shows it where the session is.
 */
static bool
instant_to_local(TimestampTz value, Timestamp *local)
{
	struct pg_tm tm;
	fsec_t		fsec;
	int			zone;

	*local = value;
	return TIMESTAMP_NOT_FINITE(value) ||
		(timestamp2tm(value, &zone, &tm, &fsec, NULL, NULL) == 0 &&
		 tm2timestamp(&tm, fsec, NULL, local) == 0);
}

bool
rs_column_builder_timestamp(RsColumnBuilder *builder, int64 value, bool instant, RsValueFault *fault)
{
	Timestamp	local = value;

	if (!builder->column->wanted)
		return true;
	if (!TIMESTAMP_NOT_FINITE(value) && !IS_VALID_TIMESTAMP(value))
		return out_of_range_time(builder, fault);
	switch (builder->kind)
	{
		case RS_BUILD_TIMESTAMPTZ:
			if (!instant && !rs_local_to_instant(value, &value))
				return out_of_range_time(builder, fault);
			return rs_builder_store_timestamp(builder, value);
		case RS_BUILD_TIMESTAMP:
		case RS_BUILD_DATE:
			if (instant && !instant_to_local(value, &local))
				return out_of_range_time(builder, fault);
			if (builder->kind == RS_BUILD_TIMESTAMP)
				return rs_builder_store_timestamp(builder, local);
			if (TIMESTAMP_NOT_FINITE(local))
				return RS_PUT(builder, int32, TIMESTAMP_IS_NOBEGIN(local) ? DATEVAL_NOBEGIN : DATEVAL_NOEND);
			return RS_PUT(builder, int32,
						  (int32) ((local - (local < 0 ? USECS_PER_DAY - 1 : 0)) / USECS_PER_DAY));
		default:
			return store_output(builder, instant ? timestamptz_out : timestamp_out,
								TimestampGetDatum(value), fault);
	}
}

/*
 * Bytes that no one has called text, as text: of UTF-8, in the server's encoding.
 */
static bool
store_bytes_as_text(RsColumnBuilder *builder, const char *data, Size size, RsValueFault *fault)
{
	MemoryContext old = CurrentMemoryContext;
	char	   *volatile text = NULL;
	bool		sound;

	if (memchr(data, '\0', size) != NULL)
		return rs_value_fault(fault, RS_ROW_NUL_BYTE, ERRCODE_CHARACTER_NOT_IN_REPERTOIRE,
							  "NUL byte in a string");
	/* Conversions between encodings only look at their text: see value.c. */
	PG_TRY();
	{
		text = pg_any_to_server(data, (int) size, PG_UTF8);
	}
	PG_CATCH();
	{
		rs_value_caught(fault, RS_ROW_BAD_UTF8, builder->scratch);
	}
	PG_END_TRY();
	MemoryContextSwitchTo(old);
	if (text == NULL)
		return false;
	if (text == data)
		return rs_builder_store_text(builder, data, size, fault);
	sound = store_terminated(builder, text, fault);
	pfree(text);
	return sound;
}

bool
rs_column_builder_bytes(RsColumnBuilder *builder, const char *data, Size size, RsValueFault *fault)
{
	if (!builder->column->wanted)
		return true;
	if (builder->kind == RS_BUILD_BYTES)
	{
		memcpy(rs_builder_put_varlena(builder, size), data, size);
		return true;
	}
	if (builder->column->type.typid == UUIDOID && size == UUID_LEN)
		return rs_builder_put_copy(builder, PointerGetDatum(data));
	return store_bytes_as_text(builder, data, size, fault);
}

bool
rs_column_builder_jsonb(RsColumnBuilder *builder, Datum value, RsValueFault *fault)
{
	Jsonb	   *jsonb = DatumGetJsonbP(value);
	char	   *text;
	bool		sound;

	if (!builder->column->wanted)
		return true;
	if (builder->column->type.typid == JSONBOID)
		return rs_builder_put_copy(builder, value);
	text = JsonbToCString(NULL, &jsonb->root, VARSIZE(jsonb));
	sound = store_terminated(builder, text, fault);
	pfree(text);
	return sound;
}

bool
rs_column_builder_datum(RsColumnBuilder *builder, Datum value)
{
	return !builder->column->wanted || rs_builder_put_copy(builder, value);
}
