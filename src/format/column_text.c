/*
 * column_text.c
 *	  Text put into columns: which text stands for NULL, and what the values of the others are.
 *
 * The common types are read here and in value_*.c, all others by their input functions.
 */
#include "postgres.h"

#include "encoding/numeric.h"
#include "format/column_builder_internal.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

static bool
is_blank(const char *text, Size size)
{
	Size		i;

	for (i = 0; i < size; i++)
		if (!rs_is_space(text[i]))
			return false;
	return true;
}

/*
 * Does a field stand for NULL?
 */
static inline bool
is_null_text(const RsColumnBuilder *builder, const char *text, Size size)
{
	const RsConversion *conversion = builder->conversion;

	if (conversion->null_as != NULL && size == conversion->null_as_size &&
		memcmp(text, conversion->null_as, size) == 0)
		return true;
	if (size > 0 && !rs_is_space(text[0]))
		return false;
	if (!builder->is_string)
		return is_blank(text, size);
	return size == 0 ? conversion->empty_as_null :
		conversion->blanks_as_null && is_blank(text, size);
}

bool
rs_column_builder_text(RsColumnBuilder *builder, const char *text, Size size, RsValueFault *fault)
{
	if (!builder->column->wanted)
		return true;
	if (is_null_text(builder, text, size))
		return rs_column_builder_null(builder, fault);
	return rs_builder_store_text(builder, text, size, fault);
}

/*
 * By the type's input function, with whatever it allocates in scratch.
 */
static bool
read_by_input(RsColumnBuilder *builder, const char *text, Size size, Datum *value, RsValueFault *fault)
{
	if (memchr(text, '\0', size) != NULL)
		return rs_value_fault(fault, RS_ROW_NUL_BYTE, ERRCODE_CHARACTER_NOT_IN_REPERTOIRE,
							  "NUL byte in a value");
	resetStringInfo(&builder->copy);
	appendBinaryStringInfo(&builder->copy, text, size);
	MemoryContextReset(builder->scratch);
	return rs_input_function_call(&builder->input, builder->copy.data, builder->scratch, value, fault);
}

bool
rs_builder_store_int(RsColumnBuilder *builder, int64 value)
{
	switch (builder->width)
	{
		case 2:
			return RS_PUT(builder, int16, (int16) value);
		case 4:
			return RS_PUT(builder, int32, (int32) value);
		default:
			return RS_PUT(builder, int64, value);
	}
}

static bool
store_int_text(RsColumnBuilder *builder, const char *text, Size size, RsValueFault *fault)
{
	int64		value;

	return (rs_quick_int(text, size, &value) ? rs_fit_int(value, builder->width, fault) :
			rs_parse_int(text, size, builder->width, &value, fault)) && rs_builder_store_int(builder, value);
}

/*
 * From the first NaN on, decimals are Datums.
 */
static void
make_datums(RsColumnBuilder *builder)
{
	RsVector   *integers = builder->vector;
	RsVector   *datums = rs_vector_create(builder->arena, RS_FORM_REF, RS_BATCH_ROWS);
	uint32		n = builder->n;
	uint32		i;

	builder->vector = datums;
	builder->n = 0;
	for (i = 0; i < n; i++)
	{
		MemoryContext old;
		Datum		value;

		if (builder->null != NULL && builder->null[i])
		{
			(void) RS_PUT(builder, Datum, (Datum) 0);
			continue;
		}
		MemoryContextReset(builder->scratch);
		old = MemoryContextSwitchTo(builder->scratch);
		value = rs_numeric_from_int128(rs_vector_numeric(integers, i), integers->scale);
		MemoryContextSwitchTo(old);
		rs_builder_put_copy(builder, value);
	}
}

bool
rs_builder_store_decimal(RsColumnBuilder *builder, int128 value)
{
	MemoryContext old;
	Datum		datum;

	if (builder->vector->form == RS_FORM_I64)
		return RS_PUT(builder, int64, (int64) value);
	if (builder->vector->form == RS_FORM_I128)
		return RS_PUT(builder, int128, value);
	MemoryContextReset(builder->scratch);
	old = MemoryContextSwitchTo(builder->scratch);
	datum = rs_numeric_from_int128(value, builder->decimal.scale);
	MemoryContextSwitchTo(old);
	return rs_builder_put_copy(builder, datum);
}

static bool
store_nan(RsColumnBuilder *builder)
{
	MemoryContext old;
	Datum		nan;

	if (builder->vector->form != RS_FORM_REF)
		make_datums(builder);
	MemoryContextReset(builder->scratch);
	old = MemoryContextSwitchTo(builder->scratch);
	nan = DirectFunctionCall3(numeric_in, CStringGetDatum("NaN"), ObjectIdGetDatum(InvalidOid),
							  Int32GetDatum(-1));
	MemoryContextSwitchTo(old);
	return rs_builder_put_copy(builder, nan);
}

/*
 * Numerics of any scale, or of more digits than integers have.  Digits beyond the scale are
 * cut before the type's own rounding, which then has nothing left to round.
 */
static bool
store_numeric_text(RsColumnBuilder *builder, const char *text, Size size, RsValueFault *fault)
{
	int32		typmod = builder->input.typmod;
	volatile Datum value;
	Datum		any_scale;
	bool		sound;
	MemoryContext old = CurrentMemoryContext;

	if (typmod < (int32) VARHDRSZ || builder->decimal.round)
		return read_by_input(builder, text, size, &any_scale, fault) &&
			rs_builder_put_copy(builder, any_scale);
	builder->input.typmod = -1;
	sound = read_by_input(builder, text, size, &any_scale, fault);
	builder->input.typmod = typmod;
	if (!sound)
		return false;
	value = any_scale;
	MemoryContextSwitchTo(builder->scratch);
	/* These only compute: see value.c. */
	PG_TRY();
	{
		value = DirectFunctionCall2(numeric_trunc, value, Int32GetDatum(builder->decimal.scale));
		value = DirectFunctionCall2(numeric, value, Int32GetDatum(typmod));
	}
	PG_CATCH();
	{
		rs_value_caught(fault, RS_ROW_OUT_OF_RANGE, builder->scratch);
		value = (Datum) 0;
	}
	PG_END_TRY();
	MemoryContextSwitchTo(old);
	return value != (Datum) 0 && rs_builder_put_copy(builder, value);
}

static bool
store_decimal_text(RsColumnBuilder *builder, const char *text, Size size, RsValueFault *fault)
{
	int64		quick;
	int128		value;
	bool		nan = false;

	if (builder->vector->form == RS_FORM_I64 && rs_quick_decimal(text, size, &builder->decimal, &quick))
		return RS_PUT(builder, int64, quick);
	if (!rs_parse_decimal(text, size, &builder->decimal, &value, &nan, fault))
		return false;
	return nan ? store_nan(builder) : rs_builder_store_decimal(builder, value);
}

static inline bool
is_ascii(const char *text, Size size)
{
	char		all = 0;
	Size		i;

	for (i = 0; i < size; i++)
		all |= text[i];
	return all >= 0;
}

/*
 * A string of no more characters, or bytes, than the type has, as varchar's and char's input
 * functions see it: blanks beyond them are dropped.
 */
static bool
store_string(RsColumnBuilder *builder, const char *text, Size size, RsValueFault *fault)
{
	Size		most = builder->most_characters;
	Size		padding = 0;
	char	   *to;

	if (builder->kind == RS_BUILD_STRING && builder->conversion->trim_blanks)
		while (size > 0 && rs_is_space(text[size - 1]))
			size--;
	if (builder->most_characters >= 0)
	{
		Size		fitting = size;

		/* No string has more characters than bytes. */
		if (size > most)
			fitting = builder->counts_bytes ? pg_mbcliplen(text, (int) size, (int) most) :
				pg_mbcharcliplen(text, (int) size, (int) most);
		if (fitting < size && !builder->conversion->truncate_columns)
		{
			Size		i;

			for (i = fitting; i < size; i++)
				if (text[i] != ' ')
					return rs_value_fault(fault, RS_ROW_OUT_OF_RANGE,
										  ERRCODE_STRING_DATA_RIGHT_TRUNCATION,
										  builder->kind == RS_BUILD_CHAR ?
										  "Char length exceeds DDL length" :
										  "String length exceeds DDL length");
		}
		size = fitting;
		if (builder->kind == RS_BUILD_CHAR)
		{
			Size		characters = size;

			if (!is_ascii(text, size) && builder->counts_bytes)
				return rs_value_fault(fault, RS_ROW_BAD_CHAR, ERRCODE_CHARACTER_NOT_IN_REPERTOIRE,
									  "Multibyte character not supported for CHAR");
			if (!is_ascii(text, size))
				characters = pg_mbstrlen_with_len(text, (int) size);
			padding = most > characters ? most - characters : 0;
		}
	}
	to = rs_builder_put_varlena(builder, size + padding);
	memcpy(to, text, size);
	memset(to + size, ' ', padding);
	return true;
}

static int
hex_digit(char c)
{
	if (rs_is_digit(c))
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/*
 * Bytes as pairs of hexadecimal digits, with \x before them or not, as Redshift has them in text.
 */
static bool
store_hex(RsColumnBuilder *builder, const char *text, Size size, RsValueFault *fault)
{
	char	   *to;
	Size		i;

	rs_trim_space(&text, &size);
	if (size >= 2 && text[0] == '\\' && text[1] == 'x')
	{
		text += 2;
		size -= 2;
	}
	for (i = 0; i < size; i++)
		if (hex_digit(text[i]) < 0)
			break;
	if (i < size || size % 2 != 0)
		return rs_value_fault(fault, RS_ROW_BAD_HEX, ERRCODE_INVALID_TEXT_REPRESENTATION,
							  i < size ? "Invalid hexadecimal digit, Pos %zu" :
							  "Odd number of hexadecimal digits, %zu", i);
	to = rs_builder_put_varlena(builder, size / 2);
	for (i = 0; i < size; i += 2)
		*to++ = (char) (hex_digit(text[i]) << 4 | hex_digit(text[i + 1]));
	return true;
}

static bool
date_fault(const RsColumnBuilder *builder, Size size, RsValueFault *fault)
{
	const char *format = builder->kind == RS_BUILD_DATE ? builder->conversion->date_format :
		builder->conversion->time_format;

	if (builder->kind != RS_BUILD_DATE)
		return rs_value_fault(fault, RS_ROW_BAD_TIMESTAMP, ERRCODE_INVALID_DATETIME_FORMAT,
							  "Invalid timestamp format or value [%s]",
							  format != NULL ? format : "YYYY-MM-DD HH24:MI:SS");
	if (format == NULL && size < 10)
		return rs_value_fault(fault, RS_ROW_BAD_DATE, ERRCODE_INVALID_DATETIME_FORMAT,
							  "Invalid Date Format - length must be 10 or more");
	return rs_value_fault(fault, RS_ROW_BAD_DATE, ERRCODE_INVALID_DATETIME_FORMAT,
						  "Invalid date format or value [%s]", format != NULL ? format : "YYYY-MM-DD");
}

/*
 * A date, a timestamp or an instant: by the format that COPY names, in ISO's form, or as the
 * input function reads it.
 */
static bool
read_time_text(RsColumnBuilder *builder, const char *text, Size size, int64 *value, RsValueFault *fault)
{
	RsBuilderKind kind = builder->kind;
	bool		has_zone = false;
	int64		offset;
	int32		days;
	Datum		datum;

	if (builder->epoch_seconds || builder->epoch_milliseconds)
		return rs_parse_epoch(text, size, builder->epoch_milliseconds, value, fault);
	if (builder->time_format != NULL)
	{
		if (!rs_parse_by_format(builder->time_format, text, size, kind == RS_BUILD_DATE, value))
			return date_fault(builder, size, fault);
		if (kind == RS_BUILD_DATE)
		{
			*value = (*value - (*value < 0 ? USECS_PER_DAY - 1 : 0)) / USECS_PER_DAY;
			return true;
		}
		return kind == RS_BUILD_TIMESTAMP || rs_local_to_instant(*value, value) ||
			date_fault(builder, size, fault);
	}
	if (kind == RS_BUILD_DATE && rs_parse_iso_date(text, size, &days))
	{
		*value = days;
		return true;
	}
	if (kind != RS_BUILD_DATE && rs_parse_iso_timestamp(text, size, value, &has_zone, &offset))
	{
		/* A timestamp without time zone takes no notice of one. */
		if (kind == RS_BUILD_TIMESTAMP)
			return true;
		if (has_zone)
			*value -= offset;
		else if (!rs_local_to_instant(*value, value))
			return date_fault(builder, size, fault);
		return true;
	}
	if (!read_by_input(builder, text, size, &datum, fault))
		return date_fault(builder, size, fault);
	*value = kind == RS_BUILD_DATE ? DatumGetDateADT(datum) : DatumGetTimestamp(datum);
	return true;
}

bool
rs_builder_store_timestamp(RsColumnBuilder *builder, Timestamp value)
{
	if (builder->column->typmod >= 0)
		AdjustTimestampForTypmod(&value, builder->column->typmod);
	return RS_PUT(builder, int64, value);
}

bool
rs_builder_store_time(RsColumnBuilder *builder, int64 value)
{
	if (builder->column->typmod >= 0)
		AdjustTimeForTypmod(&value, builder->column->typmod);
	return RS_PUT(builder, int64, value);
}

static bool
store_time_text(RsColumnBuilder *builder, const char *text, Size size, RsValueFault *fault)
{
	int64		value;

	if (!read_time_text(builder, text, size, &value, fault))
		return builder->conversion->accept_any_date && rs_column_builder_null(builder, fault);
	return builder->kind == RS_BUILD_DATE ? RS_PUT(builder, int32, (int32) value) :
		rs_builder_store_timestamp(builder, value);
}

/*
 * Text that does not stand for NULL.
 */
bool
rs_builder_store_text(RsColumnBuilder *builder, const char *text, Size size, RsValueFault *fault)
{
	int64		time;
	float4		single;
	float8		number;
	bool		truth;
	Datum		datum;

	switch (builder->kind)
	{
		case RS_BUILD_INT:
			return store_int_text(builder, text, size, fault);
		case RS_BUILD_FLOAT4:
			return rs_parse_float(text, size, &single, fault) && RS_PUT(builder, float4, single);
		case RS_BUILD_FLOAT8:
			return rs_parse_double(text, size, &number, fault) && RS_PUT(builder, float8, number);
		case RS_BUILD_DECIMAL:
			return store_decimal_text(builder, text, size, fault);
		case RS_BUILD_NUMERIC:
			return store_numeric_text(builder, text, size, fault);
		case RS_BUILD_BOOL:
			return rs_parse_bool(text, size, &truth, fault) && RS_PUT(builder, int8, truth);
		case RS_BUILD_DATE:
		case RS_BUILD_TIMESTAMP:
		case RS_BUILD_TIMESTAMPTZ:
			return store_time_text(builder, text, size, fault);
		case RS_BUILD_TIME:
			if (rs_parse_iso_time(text, size, &time))
				return rs_builder_store_time(builder, time);
			break;
		case RS_BUILD_STRING:
		case RS_BUILD_CHAR:
			return store_string(builder, text, size, fault);
		case RS_BUILD_BYTES:
			return store_hex(builder, text, size, fault);
		case RS_BUILD_OTHER:
			break;
	}
	return read_by_input(builder, text, size, &datum, fault) && rs_builder_put_copy(builder, datum);
}

/*
 * The same for many: put() is one of the functions above, for the compiler to put in here.
 */
static pg_attribute_always_inline bool
put_texts(RsColumnBuilder *builder, const char *const *texts, const uint32 *sizes, uint32 n,
		  bool (*put) (RsColumnBuilder *builder, const char *text, Size size, RsValueFault *fault))
{
	RsValueFault fault;
	uint32		i;

	for (i = 0; i < n; i++)
	{
		if (texts[i] == NULL || is_null_text(builder, texts[i], sizes[i]))
		{
			if (!rs_column_builder_null(builder, &fault))
				return false;
		}
		else if (!put(builder, texts[i], sizes[i], &fault))
			return false;
	}
	return true;
}

bool
rs_column_builder_texts(RsColumnBuilder *builder, const char *const *texts, const uint32 *sizes, uint32 n)
{
	if (!builder->column->wanted)
		return true;
	switch (builder->kind)
	{
		case RS_BUILD_INT:
			return put_texts(builder, texts, sizes, n, store_int_text);
		case RS_BUILD_DECIMAL:
			return put_texts(builder, texts, sizes, n, store_decimal_text);
		case RS_BUILD_DATE:
		case RS_BUILD_TIMESTAMP:
		case RS_BUILD_TIMESTAMPTZ:
			return put_texts(builder, texts, sizes, n, store_time_text);
		case RS_BUILD_STRING:
		case RS_BUILD_CHAR:
			return put_texts(builder, texts, sizes, n, store_string);
		default:
			return put_texts(builder, texts, sizes, n, rs_builder_store_text);
	}
}
