/*
 * raw_value.c
 *	  One value of a Parquet file: what it says, and how it reads.
 */
#include "postgres.h"

#include <math.h>

#include "common/int.h"
#include "common/shortest_dec.h"
#include "datatype/timestamp.h"
#include "format/parquet/convert.h"
#include "format/value.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/float.h"
#include "utils/timestamp.h"

/* Days from 0 of the Julian calendar, and microseconds from 1970, to 2000-01-01. */
#define EPOCH_MICROSECONDS	((int64) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * USECS_PER_DAY)

/* So many characters of a value are shown. */
#define MAX_SHOWN			1024

static const char *
fixed_at(const RsRawValues *raw, uint32 i)
{
	return raw->fixed + (Size) i * raw->width;
}

static int32
int32_at(const RsRawValues *raw, uint32 i)
{
	int32		value;

	memcpy(&value, fixed_at(raw, i), sizeof(value));
	return value;
}

static int64
int64_at(const RsRawValues *raw, uint32 i)
{
	int64		value;

	memcpy(&value, fixed_at(raw, i), sizeof(value));
	return value;
}

int64
rs_raw_int(const RsParquetElement *element, const RsRawValues *raw, uint32 i)
{
	if (raw->type == RS_PARQUET_INT64)
		return int64_at(raw, i);
	if (element->logical.kind == RS_LOGICAL_INTEGER && !element->logical.is_signed)
		return (uint32) int32_at(raw, i);
	return int32_at(raw, i);
}

/*
 * Of 16 bits: sign, 5 bits of exponent, 10 of fraction.
 */
static double
half_float(const char *from)
{
	uint16		half = (uint16) ((uint8) from[0] | (uint8) from[1] << 8);
	int			exponent = half >> 10 & 0x1f;
	double		value = half & 0x3ff;

	if (exponent == 0x1f)
		value = value == 0 ? get_float8_infinity() : get_float8_nan();
	else if (exponent == 0)
		value = ldexp(value, -24);
	else
		value = ldexp(value + 1024, exponent - 25);
	return half & 0x8000 ? -value : value;
}

double
rs_raw_float(const RsRawValues *raw, uint32 i)
{
	float4		single;
	float8		value;

	switch (raw->type)
	{
		case RS_PARQUET_FLOAT:
			memcpy(&single, fixed_at(raw, i), sizeof(single));
			return single;
		case RS_PARQUET_DOUBLE:
			memcpy(&value, fixed_at(raw, i), sizeof(value));
			return value;
		default:
			return half_float(fixed_at(raw, i));
	}
}

/*
 * Bytes of a decimal are a number in two's complement, the highest first.
 */
bool
rs_raw_decimal(const RsRawValues *raw, uint32 i, int128 *value)
{
	const char *bytes;
	uint32		size;
	uint128		bits;
	uint32		b;

	if (raw->type == RS_PARQUET_INT32)
		*value = int32_at(raw, i);
	else if (raw->type == RS_PARQUET_INT64)
		*value = int64_at(raw, i);
	else
	{
		bytes = raw->type == RS_PARQUET_FIXED ? fixed_at(raw, i) : raw->bytes[i].data;
		size = raw->type == RS_PARQUET_FIXED ? raw->width : raw->bytes[i].size;
		bits = size > 0 && (bytes[0] & 0x80) ? ~(uint128) 0 : 0;
		for (b = 0; b < size; b++)
		{
			/* What is shifted out has to be a copy of the sign. */
			if (b + 16 < size && (uint8) bytes[b] != (uint8) bits)
				return false;
			bits = bits << 8 | (uint8) bytes[b];
		}
		*value = (int128) bits;
		if (size > 0 && (*value < 0) != ((bytes[0] & 0x80) != 0))
			return false;
	}
	return true;
}

bool
rs_raw_time(const RsParquetElement *element, const RsRawValues *raw, uint32 i, int64 *value)
{
	int64		time = raw->type == RS_PARQUET_INT32 ? int32_at(raw, i) : int64_at(raw, i);

	if (element->logical.unit == RS_PARQUET_MILLIS)
		*value = time * 1000;
	else
		*value = element->logical.unit == RS_PARQUET_NANOS ? time / 1000 : time;
	return *value >= 0 && *value <= USECS_PER_DAY;
}

/*
 * Since 2000-01-01.  False: beyond what an int64 of microseconds holds.
 */
bool
rs_raw_timestamp(const RsParquetElement *element, const RsRawValues *raw, uint32 i, int64 *value)
{
	int64		time;

	if (raw->type == RS_PARQUET_INT96)
	{
		uint32		day;

		memcpy(&time, fixed_at(raw, i), sizeof(time));
		memcpy(&day, fixed_at(raw, i) + 8, sizeof(day));
		return !pg_mul_s64_overflow((int64) day - POSTGRES_EPOCH_JDATE, USECS_PER_DAY, value) &&
			!pg_add_s64_overflow(*value, time / 1000, value);
	}
	time = int64_at(raw, i);
	if (element->logical.unit == RS_PARQUET_MILLIS)
	{
		if (pg_mul_s64_overflow(time, 1000, &time))
			return false;
	}
	else if (element->logical.unit == RS_PARQUET_NANOS)
		time = time / 1000 - (time % 1000 < 0);
	return !pg_sub_s64_overflow(time, EPOCH_MICROSECONDS, value);
}

/* NUL bytes may be among them. */
static char *
bytes_text(const char *data, Size size, Size *result)
{
	char	   *text;

	*result = Min(size, MAX_SHOWN);
	text = palloc(*result + 1);
	memcpy(text, data, *result);
	text[*result] = '\0';
	return text;
}

char *
rs_raw_text(const RsParquetNode *leaf, const RsRawValues *raw, uint32 i, Size *size)
{
	const RsParquetElement *element = leaf->element;
	char		text[128];
	int128		decimal;
	int64		time;

	text[0] = '\0';
	switch (element->logical.kind)
	{
		case RS_LOGICAL_DECIMAL:
			if (rs_raw_decimal(raw, i, &decimal) && element->logical.scale <= 38)
				rs_decimal_text(decimal, element->logical.scale, text);
			break;
		case RS_LOGICAL_DATE:
			snprintf(text, sizeof(text), "%d", int32_at(raw, i));
			break;
		case RS_LOGICAL_TIMESTAMP:
			if (rs_raw_timestamp(element, raw, i, &time) && IS_VALID_TIMESTAMP(time))
				strlcpy(text, DatumGetCString(DirectFunctionCall1(timestamp_out, TimestampGetDatum(time))),
						sizeof(text));
			else
				snprintf(text, sizeof(text), INT64_FORMAT, int64_at(raw, i));
			break;
		default:
			switch (raw->type)
			{
				case RS_PARQUET_BOOLEAN:
					strcpy(text, *fixed_at(raw, i) ? "true" : "false");
					break;
				case RS_PARQUET_INT32:
				case RS_PARQUET_INT64:
					if (raw->type == RS_PARQUET_INT64 && element->logical.kind == RS_LOGICAL_INTEGER &&
						!element->logical.is_signed)
						snprintf(text, sizeof(text), UINT64_FORMAT, (uint64) int64_at(raw, i));
					else
						snprintf(text, sizeof(text), INT64_FORMAT, rs_raw_int(element, raw, i));
					break;
				case RS_PARQUET_FLOAT:
					float_to_shortest_decimal_buf((float4) rs_raw_float(raw, i), text);
					break;
				case RS_PARQUET_DOUBLE:
					double_to_shortest_decimal_buf(rs_raw_float(raw, i), text);
					break;
				case RS_PARQUET_BYTE_ARRAY:
					return bytes_text(raw->bytes[i].data, raw->bytes[i].size, size);
				case RS_PARQUET_FIXED:
					return bytes_text(fixed_at(raw, i), raw->width, size);
				default:
					break;
			}
	}
	*size = strlen(text);
	return pstrdup(text);
}
