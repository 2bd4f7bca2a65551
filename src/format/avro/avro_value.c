/*
 * avro_value.c
 *	  Values of an Avro block: reading, passing over, giving to columns.
 *
 * Types may contain themselves, so that depth is counted; and values may take no bytes, so
 * that they are counted too.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/int.h"
#include "common/shortest_dec.h"
#include "datatype/timestamp.h"
#include "format/avro/avro_value.h"
#include "miscadmin.h"
#include "port/pg_bswap.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#define EPOCH_DAYS		(POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE)
#define EPOCH_USECS		(EPOCH_DAYS * USECS_PER_DAY)

/* Bytes of a decimal, and digits behind its point: more than anyone declares. */
#define MAX_DECIMAL_SIZE	512

void
rs_avro_bad_value(const RsAvroCursor *cursor, const char *what)
{
	rs_avro_damaged(cursor->file, cursor->offset, what);
}

int64
rs_avro_read_long(RsAvroCursor *cursor)
{
	uint64		bits = 0;
	int			shift;

	for (shift = 0; shift < 64 && cursor->at < cursor->end; shift += 7)
	{
		uint8		byte = (uint8) *cursor->at++;

		bits |= (uint64) (byte & 0x7f) << shift;
		if ((byte & 0x80) == 0)
			return (int64) (bits >> 1) ^ -(int64) (bits & 1);
	}
	rs_avro_bad_value(cursor, "a number goes on past its block or 64 bits");
}

const char *
rs_avro_take(RsAvroCursor *cursor, Size size)
{
	const char *data = cursor->at;

	if ((Size) (cursor->end - cursor->at) < size)
		rs_avro_bad_value(cursor, "a value goes on past its block");
	cursor->at += size;
	return data;
}

Size
rs_avro_read_size(RsAvroCursor *cursor)
{
	int64		size = rs_avro_read_long(cursor);

	if (size < 0 || size > cursor->end - cursor->at)
		rs_avro_bad_value(cursor, "a string goes on past its block");
	return (Size) size;
}

const RsAvroType *
rs_avro_read_branch(RsAvroCursor *cursor, const RsAvroType *type, int *branch)
{
	int64		index = rs_avro_read_long(cursor);

	if (index < 0 || index >= type->n)
		rs_avro_bad_value(cursor, "a union has no such branch");
	*branch = (int) index;
	return type->types[index];
}

const char *
rs_avro_read_symbol(RsAvroCursor *cursor, const RsAvroType *type)
{
	int64		index = rs_avro_read_long(cursor);

	if (index < 0 || index >= type->n)
		rs_avro_bad_value(cursor, "an enum has no such symbol");
	return type->names[index];
}

int64
rs_avro_read_items(RsAvroCursor *cursor, const RsAvroType *type, int64 *size)
{
	int64		n = rs_avro_read_long(cursor);
	int64		most = cursor->end - cursor->at;
	/* The key of a map has a byte too. */
	int64		min_size = (int64) type->types[0]->min_size + (type->kind == RS_AVRO_MAP);

	*size = -1;
	if (n < 0)
	{
		*size = (int64) rs_avro_read_size(cursor);
		most = *size;
		if (n == PG_INT64_MIN)
			rs_avro_bad_value(cursor, "impossible number of items");
		n = -n;
	}
	if (min_size > 0 ? n > most / min_size : n > RS_AVRO_MAX_VALUES)
		rs_avro_bad_value(cursor, "impossible number of items");
	return n;
}

static inline void
enter(RsAvroCursor *cursor)
{
	if (++cursor->depth > RS_AVRO_MAX_DEPTH)
		rs_avro_bad_value(cursor, "values are nested too deeply");
}

static inline void
count_value(RsAvroCursor *cursor)
{
	if (++cursor->values > RS_AVRO_MAX_VALUES)
		rs_avro_bad_value(cursor, "a row has too many values");
}

static void
skip_items(RsAvroCursor *cursor, const RsAvroType *type)
{
	int64		n;
	int64		size;

	while ((n = rs_avro_read_items(cursor, type, &size)) > 0)
	{
		CHECK_FOR_INTERRUPTS();
		if (size >= 0)
		{
			(void) rs_avro_take(cursor, (Size) size);
			continue;
		}
		for (; n > 0; n--)
		{
			if (type->kind == RS_AVRO_MAP)
				(void) rs_avro_take(cursor, rs_avro_read_size(cursor));
			rs_avro_skip(cursor, type->types[0]);
		}
	}
}

void
rs_avro_skip(RsAvroCursor *cursor, const RsAvroType *type)
{
	int			i;

	count_value(cursor);
	switch (type->kind)
	{
		case RS_AVRO_NULL:
			break;
		case RS_AVRO_BOOLEAN:
			(void) rs_avro_take(cursor, 1);
			break;
		case RS_AVRO_INT:
		case RS_AVRO_LONG:
		case RS_AVRO_ENUM:
			(void) rs_avro_read_long(cursor);
			break;
		case RS_AVRO_FLOAT:
			(void) rs_avro_take(cursor, sizeof(float4));
			break;
		case RS_AVRO_DOUBLE:
			(void) rs_avro_take(cursor, sizeof(float8));
			break;
		case RS_AVRO_BYTES:
		case RS_AVRO_STRING:
			(void) rs_avro_take(cursor, rs_avro_read_size(cursor));
			break;
		case RS_AVRO_FIXED:
			(void) rs_avro_take(cursor, type->size);
			break;
		case RS_AVRO_RECORD:
			enter(cursor);
			for (i = 0; i < type->n; i++)
				rs_avro_skip(cursor, type->types[i]);
			cursor->depth--;
			break;
		case RS_AVRO_UNION:
			enter(cursor);
			rs_avro_skip(cursor, rs_avro_read_branch(cursor, type, &i));
			cursor->depth--;
			break;
		case RS_AVRO_ARRAY:
		case RS_AVRO_MAP:
			enter(cursor);
			skip_items(cursor, type);
			cursor->depth--;
			break;
	}
}

static bool
value_fault(RsValueFault *fault, RsRowFault code, const char *reason)
{
	fault->fault = code;
	fault->sqlstate = ERRCODE_DATETIME_VALUE_OUT_OF_RANGE;
	strlcpy(fault->reason, reason, sizeof(fault->reason));
	return false;
}

static int64
divide_down(int64 value, int64 divisor)
{
	return value / divisor - (value % divisor < 0);
}

bool
rs_avro_time_value(RsAvroLogical logical, int64 value, int64 *result)
{
	switch (logical)
	{
		case RS_AVRO_DATE:
			return !pg_sub_s64_overflow(value, EPOCH_DAYS, result);
		case RS_AVRO_TIME_MILLIS:
			return !pg_mul_s64_overflow(value, 1000, result);
		case RS_AVRO_TIMESTAMP_MILLIS:
		case RS_AVRO_LOCAL_TIMESTAMP_MILLIS:
			return !pg_mul_s64_overflow(value, 1000, result) &&
				!pg_sub_s64_overflow(*result, EPOCH_USECS, result);
		case RS_AVRO_TIMESTAMP_MICROS:
		case RS_AVRO_LOCAL_TIMESTAMP_MICROS:
			return !pg_sub_s64_overflow(value, EPOCH_USECS, result);
		case RS_AVRO_TIMESTAMP_NANOS:
		case RS_AVRO_LOCAL_TIMESTAMP_NANOS:
			*result = divide_down(value, 1000) - EPOCH_USECS;
			return true;
		default:
			*result = value;
			return true;
	}
}

static bool
store_long(const RsAvroType *type, int64 value, RsColumnBuilder *builder, RsValueFault *fault)
{
	int64		time;

	if (!rs_avro_time_value(type->logical, value, &time))
		return value_fault(fault, RS_ROW_BAD_TIMESTAMP, "Value out of range");
	switch (type->logical)
	{
		case RS_AVRO_DATE:
			if (time < PG_INT32_MIN || time > PG_INT32_MAX)
				return value_fault(fault, RS_ROW_BAD_DATE, "Value out of range");
			return rs_column_builder_date(builder, (int32) time, fault);
		case RS_AVRO_TIME_MILLIS:
		case RS_AVRO_TIME_MICROS:
			return rs_column_builder_time(builder, time, fault);
		case RS_AVRO_TIMESTAMP_MILLIS:
		case RS_AVRO_TIMESTAMP_MICROS:
		case RS_AVRO_TIMESTAMP_NANOS:
			return rs_column_builder_timestamp(builder, time, true, fault);
		case RS_AVRO_LOCAL_TIMESTAMP_MILLIS:
		case RS_AVRO_LOCAL_TIMESTAMP_MICROS:
		case RS_AVRO_LOCAL_TIMESTAMP_NANOS:
			return rs_column_builder_timestamp(builder, time, false, fault);
		default:
			return rs_column_builder_int(builder, value, fault);
	}
}

void
rs_avro_duration_text(const char *data, char *to)
{
	uint32		parts[3];		/* months, days, milliseconds; little-endian */
	int			i;

	memcpy(parts, data, sizeof(parts));
	for (i = 0; i < 3; i++)
	{
#ifdef WORDS_BIGENDIAN
		parts[i] = pg_bswap32(parts[i]);
#endif
	}
	snprintf(to, RS_AVRO_DURATION_TEXT_SIZE, "P%uM%uDT%u.%03uS", parts[0], parts[1], parts[2] / 1000,
			 parts[2] % 1000);
}

/* A two's complement of any size as an int128; false: it does not fit. */
static bool
parse_integer(const char *data, Size size, int128 *value)
{
	uint128		bits = size > 0 && (int8) data[0] < 0 ? ~(uint128) 0 : 0;
	Size		i;

	/* What the sign only repeats can go. */
	while (size > 1 &&
		   ((data[0] == 0 && (int8) data[1] >= 0) || ((int8) data[0] == -1 && (int8) data[1] < 0)))
	{
		data++;
		size--;
	}
	if (size > sizeof(int128))
		return false;
	for (i = 0; i < size; i++)
		bits = bits << 8 | (uint8) data[i];
	*value = (int128) bits;
	return true;
}

char *
rs_avro_decimal_text(const char *data, Size size, int scale)
{
	uint8	   *number = (uint8 *) memcpy(palloc(size + 1), data, size);
	bool		negative = size > 0 && (int8) data[0] < 0;
	/* 2.41 digits a byte. */
	Size		room = 3 * size + scale + 4;
	char	   *text = palloc(room);
	char	   *at = text + room;
	Size		first = 0;
	int			digits = 0;
	int			carry = 1;
	Size		i;

	if (negative)
		for (i = size; i-- > 0;)
		{
			carry += (uint8) ~number[i];
			number[i] = (uint8) carry;
			carry >>= 8;
		}
	*--at = '\0';
	while (first < size || digits <= scale)
	{
		uint32		rest = 0;

		/* By ten. */
		for (i = first; i < size; i++)
		{
			rest = rest << 8 | number[i];
			number[i] = (uint8) (rest / 10);
			rest %= 10;
		}
		while (first < size && number[first] == 0)
			first++;
		if (digits++ == scale && scale > 0)
			*--at = '.';
		*--at = (char) ('0' + rest);
	}
	if (negative)
		*--at = '-';
	return at;
}

static bool
store_decimal(const RsAvroType *type, const char *data, Size size, RsColumnBuilder *builder,
			  RsValueFault *fault)
{
	int128		value;
	char	   *text;

	if (type->scale <= 38 && parse_integer(data, size, &value))
		return rs_column_builder_decimal(builder, value, type->scale, fault);
	if (size > MAX_DECIMAL_SIZE || type->scale > MAX_DECIMAL_SIZE)
	{
		fault->fault = RS_ROW_BAD_DECIMAL;
		fault->sqlstate = ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE;
		strlcpy(fault->reason, "Decimal has too many digits", sizeof(fault->reason));
		return false;
	}
	text = rs_avro_decimal_text(data, size, type->scale);
	return rs_column_builder_text(builder, text, strlen(text), fault);
}

static bool
store_bytes(const RsAvroType *type, const char *data, Size size, RsColumnBuilder *builder,
			RsValueFault *fault)
{
	char		duration[RS_AVRO_DURATION_TEXT_SIZE];

	switch (type->logical)
	{
		case RS_AVRO_DECIMAL:
			return store_decimal(type, data, size, builder, fault);
		case RS_AVRO_DURATION:
			rs_avro_duration_text(data, duration);
			return rs_column_builder_text(builder, duration, strlen(duration), fault);
		default:
			return rs_column_builder_bytes(builder, data, size, fault);
	}
}

float4
rs_avro_read_float(RsAvroCursor *cursor)
{
	uint32		bits;
	float4		value;

	memcpy(&bits, rs_avro_take(cursor, sizeof(bits)), sizeof(bits));
#ifdef WORDS_BIGENDIAN
	bits = pg_bswap32(bits);
#endif
	memcpy(&value, &bits, sizeof(value));
	return value;
}

float8
rs_avro_read_double(RsAvroCursor *cursor)
{
	uint64		bits;
	float8		value;

	memcpy(&bits, rs_avro_take(cursor, sizeof(bits)), sizeof(bits));
#ifdef WORDS_BIGENDIAN
	bits = pg_bswap64(bits);
#endif
	memcpy(&value, &bits, sizeof(value));
	return value;
}

/* As text a float has its own digits, not those of the double that it could be. */
static bool
store_float(float4 value, const RsAvroTarget *target, RsValueFault *fault)
{
	char		text[FLOAT_SHORTEST_DECIMAL_LEN];

	switch (target->column->type.typid)
	{
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case FLOAT4OID:
		case FLOAT8OID:
			return rs_column_builder_float(target->builder, value, fault);
		default:
			float_to_shortest_decimal_buf(value, text);
			return rs_column_builder_text(target->builder, text, strlen(text), fault);
	}
}

static bool
store_jsonb(RsAvroCursor *cursor, const RsAvroType *type, RsColumnBuilder *builder, RsJsonText *text,
			MemoryContext scratch, RsValueFault *fault)
{
	MemoryContext old = MemoryContextSwitchTo(scratch);
	Datum		jsonb;
	bool		sound = rs_avro_to_jsonb(cursor, type, text, &jsonb, fault);

	MemoryContextSwitchTo(old);
	return sound && rs_column_builder_jsonb(builder, jsonb, fault);
}

bool
rs_avro_store(RsAvroCursor *cursor, const RsAvroType *type, const RsAvroTarget *target, RsJsonText *text,
			  MemoryContext scratch, RsValueFault *fault)
{
	RsColumnBuilder *builder = target->builder;
	const char *string;
	Size		size;
	int			branch;
	MemoryContext old;
	bool		sound;

	count_value(cursor);
	/* Branches of unions are no unions. */
	if (type->kind == RS_AVRO_UNION)
		type = rs_avro_read_branch(cursor, type, &branch);
	if (type->kind == RS_AVRO_NULL)
		return rs_column_builder_null(builder, fault);
	MemoryContextReset(scratch);
	if (target->column->type.typid == JSONBOID || target->column->type.typid == JSONOID)
		return store_jsonb(cursor, type, builder, text, scratch, fault);
	switch (type->kind)
	{
		case RS_AVRO_BOOLEAN:
			return rs_column_builder_bool(builder, *rs_avro_take(cursor, 1) != 0, fault);
		case RS_AVRO_INT:
		case RS_AVRO_LONG:
			return store_long(type, rs_avro_read_long(cursor), builder, fault);
		case RS_AVRO_FLOAT:
			return store_float(rs_avro_read_float(cursor), target, fault);
		case RS_AVRO_DOUBLE:
			return rs_column_builder_float(builder, rs_avro_read_double(cursor), fault);
		case RS_AVRO_BYTES:
		case RS_AVRO_FIXED:
			size = type->kind == RS_AVRO_FIXED ? (Size) type->size : rs_avro_read_size(cursor);
			old = MemoryContextSwitchTo(scratch);
			sound = store_bytes(type, rs_avro_take(cursor, size), size, builder, fault);
			MemoryContextSwitchTo(old);
			return sound;
		case RS_AVRO_STRING:
			size = rs_avro_read_size(cursor);
			string = rs_avro_take(cursor, size);
			return rs_json_text_utf8(text, string, size, &string, &size, fault) &&
				rs_column_builder_text(builder, string, size, fault);
		case RS_AVRO_ENUM:
			string = rs_avro_read_symbol(cursor, type);
			return rs_column_builder_text(builder, string, strlen(string), fault);
		default:
			return store_jsonb(cursor, type, builder, text, scratch, fault);
	}
}
