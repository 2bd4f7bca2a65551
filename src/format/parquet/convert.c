/*
 * convert.c
 *	  From values as a Parquet file has them to those of a table's column.
 *
 * What may be loaded into what: numbers into numbers, text into text and into types that
 * Parquet has none for (their text is what writers have to write), and each other type into
 * its own.  An instant becomes a timestamp as the clock shows it in UTC, and back.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/int.h"
#include "common/shortest_dec.h"
#include "core/settings.h"
#include "encoding/numeric.h"
#include "format/parquet/convert.h"
#include "format/text/text_fields.h"
#include "format/value.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

#define EPOCH_DAYS			(POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE)
#define EPOCH_MICROSECONDS	((int64) EPOCH_DAYS * USECS_PER_DAY)

/* Digits of decimals that an int64 and an int128 hold. */
#define MAX_I64_PRECISION	18
#define MAX_I128_PRECISION	38

typedef bool (*ConvertFunction) (const RsConverter *converter, const RsRawValues *raw, void *to, RsArena *arena);

struct RsConverter
{
	const RsParquetElement *element;
	char		replacement;	/* of invalid characters; NUL: they are a fault */
	Oid			typid;
	ConvertFunction convert;	/* NULL: the slow way only */
	RsForm		form;
	int			scale;			/* of numerics */
	int64		factor;			/* 10^(scale - the file's) */
	int64		limit;			/* what may be multiplied with it, */
	int128		wide_factor;	/* and the same of 128 bits */
	int128		wide_limit;
	int64		most_characters;	/* of strings; -1: any number */
	bool		counts_bytes;	/* it is bytes, as in Redshift; char has ASCII only */
};

/* What values of a leaf are, as far as columns matter. */
typedef enum SourceKind
{
	SOURCE_BOOLEAN,
	SOURCE_INTEGER,
	SOURCE_FLOAT,
	SOURCE_DECIMAL,
	SOURCE_DATE,
	SOURCE_TIME,
	SOURCE_TIMESTAMP,
	SOURCE_TEXT,
	SOURCE_BYTES,
	SOURCE_UUID,
	SOURCE_INTERVAL,
	SOURCE_NULL
} SourceKind;

static SourceKind
source_kind(const RsParquetElement *element)
{
	switch (element->logical.kind)
	{
		case RS_LOGICAL_DECIMAL:
			return SOURCE_DECIMAL;
		case RS_LOGICAL_DATE:
			return SOURCE_DATE;
		case RS_LOGICAL_TIME:
			return SOURCE_TIME;
		case RS_LOGICAL_TIMESTAMP:
			return SOURCE_TIMESTAMP;
		case RS_LOGICAL_UUID:
			return SOURCE_UUID;
		case RS_LOGICAL_INTERVAL:
			return SOURCE_INTERVAL;
		case RS_LOGICAL_FLOAT16:
			return SOURCE_FLOAT;
		case RS_LOGICAL_UNKNOWN:
			return SOURCE_NULL;
		case RS_LOGICAL_STRING:
		case RS_LOGICAL_ENUM:
		case RS_LOGICAL_JSON:
			return SOURCE_TEXT;
		case RS_LOGICAL_BSON:
			return SOURCE_BYTES;
		default:
			break;
	}
	switch (element->type)
	{
		case RS_PARQUET_BOOLEAN:
			return SOURCE_BOOLEAN;
		case RS_PARQUET_INT32:
		case RS_PARQUET_INT64:
			return SOURCE_INTEGER;
		case RS_PARQUET_INT96:
			return SOURCE_TIMESTAMP;
		case RS_PARQUET_FLOAT:
		case RS_PARQUET_DOUBLE:
			return SOURCE_FLOAT;
		case RS_PARQUET_BYTE_ARRAY:
			/* Old writers said nothing of text. */
			return SOURCE_TEXT;
		default:
			return SOURCE_BYTES;
	}
}

/* ---------------------------------------------------------------------
 * Numbers
 * ---------------------------------------------------------------------
 */

#define DEFINE_NUMBERS(name, from_type, to_type, fits) \
static bool \
name(const RsConverter *converter, const RsRawValues *raw, void *to, RsArena *arena) \
{ \
	const char *from = raw->fixed; \
	to_type    *target = to; \
	uint8		bad = 0; \
	uint32		i; \
 \
	for (i = 0; i < raw->n; i++) \
	{ \
		from_type	value; \
 \
		memcpy(&value, from + (Size) i * sizeof(from_type), sizeof(from_type)); \
		target[i] = (to_type) value; \
		bad |= !(fits); \
	} \
	return !bad; \
}

DEFINE_NUMBERS(int32_to_int16, int32, int16, value >= PG_INT16_MIN && value <= PG_INT16_MAX)
DEFINE_NUMBERS(int32_to_int32, int32, int32, true)
DEFINE_NUMBERS(int32_to_int64, int32, int64, true)
DEFINE_NUMBERS(uint32_to_int16, uint32, int16, value <= PG_INT16_MAX)
DEFINE_NUMBERS(uint32_to_int32, uint32, int32, value <= PG_INT32_MAX)
DEFINE_NUMBERS(uint32_to_int64, uint32, int64, true)
DEFINE_NUMBERS(int64_to_int16, int64, int16, value >= PG_INT16_MIN && value <= PG_INT16_MAX)
DEFINE_NUMBERS(int64_to_int32, int64, int32, value >= PG_INT32_MIN && value <= PG_INT32_MAX)
DEFINE_NUMBERS(int64_to_int64, int64, int64, true)
DEFINE_NUMBERS(uint64_to_int64, uint64, int64, value <= PG_INT64_MAX)
DEFINE_NUMBERS(int32_to_float, int32, float4, true)
DEFINE_NUMBERS(int32_to_double, int32, float8, true)
DEFINE_NUMBERS(int64_to_float, int64, float4, true)
DEFINE_NUMBERS(int64_to_double, int64, float8, true)
DEFINE_NUMBERS(uint32_to_double, uint32, float8, true)
DEFINE_NUMBERS(uint64_to_double, uint64, float8, true)
DEFINE_NUMBERS(float_to_float, float4, float4, true)
DEFINE_NUMBERS(float_to_double, float4, float8, true)
DEFINE_NUMBERS(double_to_double, float8, float8, true)
DEFINE_NUMBERS(bool_to_bool, uint8, uint8, true)

static ConvertFunction
integer_function(const RsParquetElement *element, Oid typid)
{
	bool		is_unsigned = element->logical.kind == RS_LOGICAL_INTEGER && !element->logical.is_signed;
	bool		wide = element->type == RS_PARQUET_INT64;

	switch (typid)
	{
		case INT2OID:
			if (is_unsigned)
				return wide ? NULL : uint32_to_int16;
			return wide ? int64_to_int16 : int32_to_int16;
		case INT4OID:
			if (is_unsigned)
				return wide ? NULL : uint32_to_int32;
			return wide ? int64_to_int32 : int32_to_int32;
		case INT8OID:
			if (is_unsigned)
				return wide ? uint64_to_int64 : uint32_to_int64;
			return wide ? int64_to_int64 : int32_to_int64;
		case FLOAT4OID:
			if (is_unsigned)
				return NULL;
			return wide ? int64_to_float : int32_to_float;
		case FLOAT8OID:
			if (is_unsigned)
				return wide ? uint64_to_double : uint32_to_double;
			return wide ? int64_to_double : int32_to_double;
		default:
			return NULL;
	}
}

#define DEFINE_DECIMALS(name, from_type, to_type, factor_field, limit_field) \
static bool \
name(const RsConverter *converter, const RsRawValues *raw, void *to, RsArena *arena) \
{ \
	const char *from = raw->fixed; \
	to_type    *target = to; \
	to_type		factor = converter->factor_field; \
	to_type		limit = converter->limit_field; \
	uint8		bad = 0; \
	uint32		i; \
 \
	for (i = 0; i < raw->n; i++) \
	{ \
		from_type	value; \
 \
		memcpy(&value, from + (Size) i * sizeof(from_type), sizeof(from_type)); \
		if (unlikely(value < -limit || value > limit)) \
		{ \
			bad = 1; \
			value = 0; \
		} \
		target[i] = (to_type) value * factor; \
	} \
	return !bad; \
}

DEFINE_DECIMALS(int32_to_decimal64, int32, int64, factor, limit)
DEFINE_DECIMALS(int64_to_decimal64, int64, int64, factor, limit)
DEFINE_DECIMALS(int32_to_decimal128, int32, int128, wide_factor, wide_limit)
DEFINE_DECIMALS(int64_to_decimal128, int64, int128, wide_factor, wide_limit)

static bool
bytes_to_decimal128(const RsConverter *converter, const RsRawValues *raw, void *to, RsArena *arena)
{
	int128	   *target = to;
	uint32		i;

	for (i = 0; i < raw->n; i++)
	{
		int128		value;

		if (!rs_raw_decimal(raw, i, &value) || value < -converter->wide_limit || value > converter->wide_limit)
			return false;
		target[i] = value * converter->wide_factor;
	}
	return true;
}

static bool
bytes_to_decimal64(const RsConverter *converter, const RsRawValues *raw, void *to, RsArena *arena)
{
	int64	   *target = to;
	uint32		i;

	for (i = 0; i < raw->n; i++)
	{
		int128		value;

		if (!rs_raw_decimal(raw, i, &value) || value < -converter->limit || value > converter->limit)
			return false;
		target[i] = (int64) value * converter->factor;
	}
	return true;
}

/*
 * Integers and decimals into numeric: of the column's scale, or without one, of the file's.
 * Digits are left to be rounded or cut by the slow way.
 */
static void
init_numeric(RsConverter *converter, int32 typmod, SourceKind kind)
{
	const RsParquetElement *element = converter->element;
	bool		is_unsigned = element->logical.kind == RS_LOGICAL_INTEGER && !element->logical.is_signed;
	bool		is_int32 = element->type == RS_PARQUET_INT32;
	int			from_scale = kind == SOURCE_DECIMAL ? element->logical.scale : 0;
	int			precision = kind == SOURCE_DECIMAL ? element->logical.precision : MAX_I64_PRECISION;
	bool		narrow;

	converter->scale = from_scale;
	if (typmod >= (int32) VARHDRSZ)
	{
		precision = ((typmod - VARHDRSZ) >> 16) & 0xFFFF;
		converter->scale = (((typmod - VARHDRSZ) & 0x7FF) ^ 1024) - 1024;
	}
	if (precision > MAX_I128_PRECISION || converter->scale > RS_NUMERIC_MAX_SCALE || converter->scale < from_scale ||
		is_unsigned || converter->scale - from_scale > precision)
		return;
	narrow = precision <= MAX_I64_PRECISION;
	converter->wide_factor = rs_power_of_ten(converter->scale - from_scale);
	converter->wide_limit = (rs_power_of_ten(precision) - 1) / converter->wide_factor;
	if (narrow)
	{
		converter->factor = (int64) converter->wide_factor;
		converter->limit = (int64) converter->wide_limit;
	}
	/* Any integer is a numeric without a scale. */
	if (kind == SOURCE_INTEGER && typmod < (int32) VARHDRSZ)
		converter->limit = PG_INT64_MAX;
	converter->form = narrow ? RS_FORM_I64 : RS_FORM_I128;
	if (element->type == RS_PARQUET_INT32 || element->type == RS_PARQUET_INT64)
	{
		if (narrow)
			converter->convert = is_int32 ? int32_to_decimal64 : int64_to_decimal64;
		else
			converter->convert = is_int32 ? int32_to_decimal128 : int64_to_decimal128;
	}
	else
		converter->convert = narrow ? bytes_to_decimal64 : bytes_to_decimal128;
}

/* ---------------------------------------------------------------------
 * Dates and times
 * ---------------------------------------------------------------------
 */

static bool
days_to_date(const RsConverter *converter, const RsRawValues *raw, void *to, RsArena *arena)
{
	DateADT    *target = to;
	uint8		bad = 0;
	uint32		i;

	for (i = 0; i < raw->n; i++)
	{
		int32		value;

		memcpy(&value, raw->fixed + (Size) i * sizeof(value), sizeof(value));
		/* The first date that there is, is later than the least number by far. */
		bad |= value < PG_INT32_MIN / 2;
		value = (int32) ((uint32) value - EPOCH_DAYS);
		bad |= !IS_VALID_DATE(value);
		target[i] = value;
	}
	return !bad;
}

static bool
to_time(const RsConverter *converter, const RsRawValues *raw, void *to, RsArena *arena)
{
	int64	   *target = to;
	uint32		i;

	for (i = 0; i < raw->n; i++)
		if (!rs_raw_time(converter->element, raw, i, &target[i]))
			return false;
	return true;
}

static bool
micros_to_timestamp(const RsConverter *converter, const RsRawValues *raw, void *to, RsArena *arena)
{
	int64	   *target = to;
	uint8		bad = 0;
	uint32		i;

	for (i = 0; i < raw->n; i++)
	{
		int64		value;

		memcpy(&value, raw->fixed + (Size) i * sizeof(value), sizeof(value));
		bad |= value < PG_INT64_MIN / 2;
		value = (int64) ((uint64) value - EPOCH_MICROSECONDS);
		bad |= !IS_VALID_TIMESTAMP(value);
		target[i] = value;
	}
	return !bad;
}

static bool
other_to_timestamp(const RsConverter *converter, const RsRawValues *raw, void *to, RsArena *arena)
{
	int64	   *target = to;
	uint32		i;

	for (i = 0; i < raw->n; i++)
		if (!rs_raw_timestamp(converter->element, raw, i, &target[i]) || !IS_VALID_TIMESTAMP(target[i]))
			return false;
	return true;
}

static bool
to_interval(const RsConverter *converter, const RsRawValues *raw, void *to, RsArena *arena)
{
	Datum	   *target = to;
	Interval   *intervals = rs_arena_alloc(arena, raw->n * sizeof(Interval));
	uint32		i;

	for (i = 0; i < raw->n; i++)
	{
		uint32		parts[3];	/* months, days, milliseconds */

		memcpy(parts, raw->fixed + (Size) i * sizeof(parts), sizeof(parts));
		/* Writers put negative ones there as well. */
		intervals[i].month = (int32) parts[0];
		intervals[i].day = (int32) parts[1];
		intervals[i].time = (int64) (int32) parts[2] * 1000;
		target[i] = PointerGetDatum(&intervals[i]);
	}
	return true;
}

/* ---------------------------------------------------------------------
 * Strings
 * ---------------------------------------------------------------------
 */

/* All bytes from 1 to 127? */
static inline bool
word_is_ascii(uint64 word)
{
	return ((word | (word - UINT64CONST(0x0101010101010101))) & UINT64CONST(0x8080808080808080)) == 0;
}

static inline bool
is_ascii(const char *text, uint32 size)
{
	uint64		word;
	uint32		i;

	if (size < sizeof(word))
	{
		for (i = 0; i < size; i++)
			if ((int8) text[i] <= 0)
				return false;
		return true;
	}
	for (i = 0; i + sizeof(word) <= size; i += sizeof(word))
	{
		memcpy(&word, text + i, sizeof(word));
		if (!word_is_ascii(word))
			return false;
	}
	/* The rest once more with what stands before it. */
	memcpy(&word, text + size - sizeof(word), sizeof(word));
	return word_is_ascii(word);
}

/*
 * A varlena of the bytes, where they are if their length stands before them.
 */
static inline Datum
make_varlena(const RsParquetBytes *bytes, bool prefixed, RsArena *arena)
{
	char	   *image;

	if (bytes->size + VARHDRSZ_SHORT <= VARATT_SHORT_MAX)
	{
		if (prefixed)
			image = unconstify(char *, bytes->data) - VARHDRSZ_SHORT;
		else
		{
			image = rs_arena_alloc(arena, bytes->size + VARHDRSZ_SHORT);
			memcpy(image + VARHDRSZ_SHORT, bytes->data, bytes->size);
		}
		SET_VARSIZE_SHORT(image, bytes->size + VARHDRSZ_SHORT);
		return PointerGetDatum(image);
	}
	image = rs_arena_alloc(arena, (Size) bytes->size + VARHDRSZ);
	SET_VARSIZE(image, bytes->size + VARHDRSZ);
	memcpy(VARDATA(image), bytes->data, bytes->size);
	return PointerGetDatum(image);
}

/* Larger values than PostgreSQL's are left to the slow way's error. */
#define MAX_STRING			(MaxAllocSize - VARHDRSZ)

static bool
to_text(const RsConverter *converter, const RsRawValues *raw, void *to, RsArena *arena)
{
	Datum	   *target = to;
	uint32		most = converter->most_characters >= 0 ? (uint32) converter->most_characters : PG_UINT32_MAX;
	uint32		i;

	for (i = 0; i < raw->n; i++)
	{
		const RsParquetBytes *bytes = &raw->bytes[i];

		if (!is_ascii(bytes->data, bytes->size))
		{
			if (bytes->size > MAX_STRING || !pg_verify_mbstr(PG_UTF8, bytes->data, (int) bytes->size, true))
				return false;
			if (bytes->size > most &&
				(converter->counts_bytes || pg_mbstrlen_with_len(bytes->data, (int) bytes->size) > most))
				return false;
		}
		else if (bytes->size > Min(most, MAX_STRING))
			return false;
		target[i] = make_varlena(bytes, raw->prefixed, arena);
	}
	return true;
}

/*
 * char(n) is padded.
 */
static bool
to_char(const RsConverter *converter, const RsRawValues *raw, void *to, RsArena *arena)
{
	Datum	   *target = to;
	uint32		most = (uint32) converter->most_characters;
	uint32		i;

	for (i = 0; i < raw->n; i++)
	{
		const RsParquetBytes *bytes = &raw->bytes[i];
		RsParquetBytes padded;
		uint32		characters = bytes->size;
		char	   *copy;

		if (!is_ascii(bytes->data, bytes->size))
		{
			if (converter->counts_bytes || bytes->size > MAX_STRING ||
				!pg_verify_mbstr(PG_UTF8, bytes->data, (int) bytes->size, true))
				return false;
			characters = (uint32) pg_mbstrlen_with_len(bytes->data, (int) bytes->size);
		}
		if (characters > most)
			return false;
		if (characters == most)
		{
			target[i] = make_varlena(bytes, raw->prefixed, arena);
			continue;
		}
		padded.size = bytes->size + most - characters;
		copy = (char *) rs_arena_alloc(arena, (Size) padded.size + 1) + 1;
		memcpy(copy, bytes->data, bytes->size);
		memset(copy + bytes->size, ' ', most - characters);
		padded.data = copy;
		target[i] = make_varlena(&padded, true, arena);
	}
	return true;
}

static bool
to_bytea(const RsConverter *converter, const RsRawValues *raw, void *to, RsArena *arena)
{
	Datum	   *target = to;
	RsParquetBytes bytes;
	uint32		i;

	for (i = 0; i < raw->n; i++)
	{
		if (raw->type == RS_PARQUET_BYTE_ARRAY)
			bytes = raw->bytes[i];
		else
		{
			bytes.data = raw->fixed + (Size) i * raw->width;
			bytes.size = raw->width;
		}
		if (bytes.size > MAX_STRING)
			return false;
		target[i] = make_varlena(&bytes, raw->prefixed && raw->type == RS_PARQUET_BYTE_ARRAY, arena);
	}
	return true;
}

static bool
to_uuid(const RsConverter *converter, const RsRawValues *raw, void *to, RsArena *arena)
{
	Datum	   *target = to;
	uint32		i;

	for (i = 0; i < raw->n; i++)
		target[i] = PointerGetDatum(raw->fixed + (Size) i * UUID_LEN);
	return true;
}

/* ---------------------------------------------------------------------
 * Which to take
 * ---------------------------------------------------------------------
 */

static bool
is_number(Oid typid)
{
	return typid == INT2OID || typid == INT4OID || typid == INT8OID || typid == FLOAT4OID || typid == FLOAT8OID ||
		typid == NUMERICOID;
}

static bool
is_string(Oid typid)
{
	return typid == TEXTOID || typid == VARCHAROID || typid == BPCHAROID;
}

/*
 * Types that have a Parquet type of their own, so that text is not what they are written as.
 */
static bool
is_plain_type(Oid typid)
{
	return is_number(typid) || typid == BOOLOID || typid == DATEOID || typid == TIMEOID ||
		typid == TIMESTAMPOID || typid == TIMESTAMPTZOID;
}

static bool
is_compatible(SourceKind kind, Oid typid, int32 typmod)
{
	switch (kind)
	{
		case SOURCE_BOOLEAN:
			return typid == BOOLOID;
		case SOURCE_INTEGER:
			return is_number(typid) || typid == OIDOID;
		case SOURCE_FLOAT:
		case SOURCE_DECIMAL:
			return is_number(typid);
		case SOURCE_DATE:
			return typid == DATEOID;
		case SOURCE_TIME:
			return typid == TIMEOID || typid == TIMETZOID;
		case SOURCE_TIMESTAMP:
			return typid == TIMESTAMPOID || typid == TIMESTAMPTZOID;
		case SOURCE_TEXT:
			/* A numeric of any scale has no decimal type, and is written as text. */
			return !is_plain_type(typid) || (typid == NUMERICOID && typmod < 0);
		case SOURCE_BYTES:
			return typid == BYTEAOID || is_string(typid);
		case SOURCE_UUID:
			return typid == UUIDOID || is_string(typid);
		case SOURCE_INTERVAL:
			return typid == INTERVALOID;
		case SOURCE_NULL:
			return true;
	}
	return false;
}

static void
choose_string(RsConverter *converter, int32 typmod)
{
	bool		has_length = converter->typid != TEXTOID && typmod >= (int32) VARHDRSZ;

	if (converter->element->type != RS_PARQUET_BYTE_ARRAY)
		return;
	if (converter->typid == BYTEAOID)
		converter->convert = to_bytea;
	else if (is_string(converter->typid) && GetDatabaseEncoding() == PG_UTF8)
	{
		converter->most_characters = has_length ? typmod - VARHDRSZ : -1;
		converter->counts_bytes = rs_dialect == RS_DIALECT_REDSHIFT;
		converter->convert = converter->typid == BPCHAROID && has_length ? to_char : to_text;
	}
}

static void
choose(RsConverter *converter, SourceKind kind, int32 typmod)
{
	const RsParquetElement *element = converter->element;
	Oid			typid = converter->typid;

	switch (kind)
	{
		case SOURCE_BOOLEAN:
			converter->convert = bool_to_bool;
			break;
		case SOURCE_INTEGER:
			if (typid == NUMERICOID)
				init_numeric(converter, typmod, kind);
			else
				converter->convert = integer_function(element, typid);
			break;
		case SOURCE_DECIMAL:
			if (typid == NUMERICOID)
				init_numeric(converter, typmod, kind);
			break;
		case SOURCE_FLOAT:
			if (element->type == RS_PARQUET_FLOAT)
				converter->convert = typid == FLOAT4OID ? float_to_float : typid == FLOAT8OID ? float_to_double :
					NULL;
			else if (element->type == RS_PARQUET_DOUBLE && typid == FLOAT8OID)
				converter->convert = double_to_double;
			break;
		case SOURCE_DATE:
			converter->convert = days_to_date;
			break;
		case SOURCE_TIME:
			/* A precision is the slow way's to round to. */
			if (typid == TIMEOID && typmod < 0)
				converter->convert = to_time;
			break;
		case SOURCE_TIMESTAMP:
			if (typmod < 0)
				converter->convert = element->type == RS_PARQUET_INT64 && element->logical.unit == RS_PARQUET_MICROS ?
					micros_to_timestamp : other_to_timestamp;
			break;
		case SOURCE_TEXT:
		case SOURCE_BYTES:
			choose_string(converter, typmod);
			if (converter->element->type == RS_PARQUET_FIXED && typid == BYTEAOID)
				converter->convert = to_bytea;
			break;
		case SOURCE_UUID:
			if (typid == UUIDOID)
				converter->convert = to_uuid;
			break;
		case SOURCE_INTERVAL:
			if (typmod < 0)
				converter->convert = to_interval;
			break;
		case SOURCE_NULL:
			break;
	}
}

RsConverter *
rs_converter_create(const RsReadColumn *column, const RsParquetNode *leaf, const RsConversion *conversion)
{
	SourceKind	kind = source_kind(leaf->element);
	RsConverter *converter;

	if (!is_compatible(kind, column->type.typid, column->typmod))
		return NULL;
	converter = palloc0(sizeof(RsConverter));
	converter->element = leaf->element;
	converter->typid = column->type.typid;
	converter->form = column->type.form;
	converter->replacement = conversion->accept_invalid_chars ? conversion->replacement : '\0';
	choose(converter, kind, column->typmod);
	return converter;
}

RsVector *
rs_converter_vector(const RsConverter *converter, RsArena *arena, uint32 n)
{
	RsVector   *vector;

	if (converter->convert == NULL)
		return NULL;
	vector = rs_vector_create(arena, converter->form, n);
	vector->scale = (int16) converter->scale;
	return vector;
}

bool
rs_convert(const RsConverter *converter, const RsRawValues *raw, RsVector *to, uint32 first, RsArena *arena)
{
	return converter->convert(converter, raw, (char *) to->data + first * rs_form_width(to->form), arena);
}

/* ---------------------------------------------------------------------
 * One at a time
 * ---------------------------------------------------------------------
 */

static bool
out_of_range(RsValueFault *fault, RsRowFault code)
{
	return rs_value_fault(fault, code, ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE, "Value out of range");
}

static bool
float_slowly(RsConverter *converter, RsColumnBuilder *builder, const RsRawValues *raw, uint32 i,
			 RsValueFault *fault)
{
	double		value = rs_raw_float(raw, i);
	char		text[FLOAT_SHORTEST_DECIMAL_LEN];

	/* The digits that a float4 has, not those of the double nearest to it. */
	if (raw->type == RS_PARQUET_FLOAT && converter->typid == NUMERICOID)
		return rs_column_builder_text(builder, text, float_to_shortest_decimal_buf((float4) value, text), fault);
	return rs_column_builder_float(builder, value, fault);
}

static bool
decimal_slowly(RsConverter *converter, RsColumnBuilder *builder, const RsRawValues *raw, uint32 i,
			   RsValueFault *fault)
{
	int128		value;

	if (!rs_raw_decimal(raw, i, &value) || converter->element->logical.scale > MAX_I128_PRECISION ||
		value > rs_power_of_ten(MAX_I128_PRECISION) - 1 || value < -(rs_power_of_ten(MAX_I128_PRECISION) - 1))
		return out_of_range(fault, RS_ROW_OVERFLOW);
	return rs_column_builder_decimal(builder, value, converter->element->logical.scale, fault);
}

static bool
uuid_slowly(RsConverter *converter, RsColumnBuilder *builder, const char *data, RsValueFault *fault)
{
	char		text[40];
	int			used = 0;
	int			b;

	if (converter->typid == UUIDOID)
		return rs_column_builder_bytes(builder, data, UUID_LEN, fault);
	for (b = 0; b < UUID_LEN; b++)
		used += snprintf(text + used, sizeof(text) - used, "%s%02x", b == 4 || b == 6 || b == 8 || b == 10 ? "-" : "",
						 (uint8) data[b]);
	return rs_column_builder_text(builder, text, used, fault);
}

static bool
interval_slowly(RsColumnBuilder *builder, const char *data, RsValueFault *fault)
{
	int32		parts[3];
	char		text[64];

	memcpy(parts, data, sizeof(parts));
	return rs_column_builder_text(builder, text, snprintf(text, sizeof(text), "%d months %d days %d milliseconds",
														  parts[0], parts[1], parts[2]), fault);
}

static bool
bytes_slowly(RsConverter *converter, RsColumnBuilder *builder, const char *data, uint32 size, RsArena *arena,
			 bool *replaced, RsValueFault *fault)
{
	/* The builder finds what is no text. */
	if (converter->replacement != '\0' && converter->typid != BYTEAOID &&
		!rs_text_check(&data, &size, converter->replacement, converter->typid == BPCHAROID, arena, replaced, fault))
		return false;
	return rs_column_builder_bytes(builder, data, size, fault);
}

bool
rs_convert_slowly(RsConverter *converter, RsColumnBuilder *builder, const RsRawValues *raw, uint32 i,
				  RsArena *arena, bool *replaced, RsValueFault *fault)
{
	const RsParquetElement *element = converter->element;
	const char *fixed = raw->fixed != NULL ? raw->fixed + (Size) i * raw->width : NULL;
	int64		value;
	int32		days;

	switch (source_kind(element))
	{
		case SOURCE_BOOLEAN:
			return rs_column_builder_bool(builder, *fixed != 0, fault);
		case SOURCE_INTEGER:
			value = rs_raw_int(element, raw, i);
			if (raw->type == RS_PARQUET_INT64 && element->logical.kind == RS_LOGICAL_INTEGER &&
				!element->logical.is_signed && value < 0)
				return rs_column_builder_decimal(builder, (uint64) value, 0, fault);
			return rs_column_builder_int(builder, value, fault);
		case SOURCE_FLOAT:
			return float_slowly(converter, builder, raw, i, fault);
		case SOURCE_DECIMAL:
			return decimal_slowly(converter, builder, raw, i, fault);
		case SOURCE_DATE:
			memcpy(&days, fixed, sizeof(days));
			if (pg_sub_s32_overflow(days, EPOCH_DAYS, &days))
				return out_of_range(fault, RS_ROW_BAD_DATE);
			return rs_column_builder_date(builder, days, fault);
		case SOURCE_TIME:
			if (!rs_raw_time(element, raw, i, &value))
				return out_of_range(fault, RS_ROW_BAD_TIMESTAMP);
			return rs_column_builder_time(builder, value, fault);
		case SOURCE_TIMESTAMP:
			if (!rs_raw_timestamp(element, raw, i, &value))
				return out_of_range(fault, RS_ROW_BAD_TIMESTAMP);
			return rs_column_builder_timestamp(builder, value, converter->typid == TIMESTAMPTZOID, fault);
		case SOURCE_TEXT:
		case SOURCE_BYTES:
			if (raw->type == RS_PARQUET_BYTE_ARRAY)
				return bytes_slowly(converter, builder, raw->bytes[i].data, raw->bytes[i].size, arena, replaced,
									fault);
			return bytes_slowly(converter, builder, fixed, raw->width, arena, replaced, fault);
		case SOURCE_UUID:
			return uuid_slowly(converter, builder, fixed, fault);
		case SOURCE_INTERVAL:
			return interval_slowly(builder, fixed, fault);
		case SOURCE_NULL:
			return out_of_range(fault, RS_ROW_BAD_TYPE);
	}
	return false;
}
