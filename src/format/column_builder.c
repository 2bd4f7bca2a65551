/*
 * column_builder.c
 *	  Columns of batches in the making.
 *
 * A builder writes values straight into the form that vectors have them in: integers,
 * floats and decimals into arrays, strings with their length word into pieces of the arena.
 *
 * numeric(p, s) is an integer of the column's scale, I64 up to 18 digits, I128 up to 38.
 * NaN has no integer: from the first one on, the batch's vector has Datums instead.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "core/settings.h"
#include "encoding/numeric.h"
#include "format/column_builder_internal.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

/* Strings are put together in pieces of this size. */
#define STRING_PIECE		8192

/* Digits of decimals that an int64 holds. */
#define MAX_I64_PRECISION	18
#define MAX_I128_PRECISION	38

/* ---------------------------------------------------------------------
 * Making builders
 * ---------------------------------------------------------------------
 */

static void
init_decimal(RsColumnBuilder *builder)
{
	int32		typmod = builder->column->typmod;

	builder->kind = RS_BUILD_NUMERIC;
	builder->decimal.round = builder->conversion->round_decimals;
	if (typmod < (int32) VARHDRSZ)
		return;
	builder->decimal.precision = ((typmod - VARHDRSZ) >> 16) & 0xFFFF;
	/* Eleven bits, two's complement. */
	builder->decimal.scale = (((typmod - VARHDRSZ) & 0x7FF) ^ 1024) - 1024;
	if (builder->decimal.precision <= MAX_I128_PRECISION && builder->decimal.scale >= 0 &&
		builder->decimal.scale <= RS_NUMERIC_MAX_SCALE)
		builder->kind = RS_BUILD_DECIMAL;
}

static void
init_time_format(RsColumnBuilder *builder)
{
	bool		of_dates = builder->kind == RS_BUILD_DATE;
	const char *format = of_dates ? builder->conversion->date_format : builder->conversion->time_format;

	if (format == NULL || strcmp(format, "auto") == 0)
		return;
	if (!of_dates && strcmp(format, "epochsecs") == 0)
		builder->epoch_seconds = true;
	else if (!of_dates && strcmp(format, "epochmillisecs") == 0)
		builder->epoch_milliseconds = true;
	else
		builder->time_format = rs_time_format_create(of_dates ? "DATEFORMAT" : "TIMEFORMAT", format);
}

static void
init_kind(RsColumnBuilder *builder)
{
	const RsReadColumn *column = builder->column;

	builder->most_characters = -1;
	builder->counts_bytes = rs_dialect == RS_DIALECT_REDSHIFT;
	switch (column->type.typid)
	{
		case INT2OID:
		case INT4OID:
		case INT8OID:
			builder->kind = RS_BUILD_INT;
			builder->width = column->type.typlen;
			break;
		case FLOAT4OID:
			builder->kind = RS_BUILD_FLOAT4;
			break;
		case FLOAT8OID:
			builder->kind = RS_BUILD_FLOAT8;
			break;
		case NUMERICOID:
			init_decimal(builder);
			break;
		case BOOLOID:
			builder->kind = RS_BUILD_BOOL;
			break;
		case DATEOID:
			builder->kind = RS_BUILD_DATE;
			break;
		case TIMEOID:
			builder->kind = RS_BUILD_TIME;
			break;
		case TIMESTAMPOID:
			builder->kind = RS_BUILD_TIMESTAMP;
			break;
		case TIMESTAMPTZOID:
			builder->kind = RS_BUILD_TIMESTAMPTZ;
			break;
		case TEXTOID:
		case VARCHAROID:
		case BPCHAROID:
			builder->kind = column->type.typid == BPCHAROID ? RS_BUILD_CHAR : RS_BUILD_STRING;
			if (column->type.typid != TEXTOID && column->typmod >= (int32) VARHDRSZ)
				builder->most_characters = column->typmod - VARHDRSZ;
			break;
		case BYTEAOID:
			builder->kind = RS_BUILD_BYTES;
			break;
		default:
			builder->kind = RS_BUILD_OTHER;
	}
	if (builder->kind == RS_BUILD_DATE || builder->kind == RS_BUILD_TIMESTAMP ||
		builder->kind == RS_BUILD_TIMESTAMPTZ)
		init_time_format(builder);
}

static RsRowFault
fault_of_kind(const RsColumnBuilder *builder)
{
	switch (builder->kind)
	{
		case RS_BUILD_DATE:
			return RS_ROW_BAD_DATE;
		case RS_BUILD_TIME:
		case RS_BUILD_TIMESTAMP:
		case RS_BUILD_TIMESTAMPTZ:
			return RS_ROW_BAD_TIMESTAMP;
		case RS_BUILD_NUMERIC:
			return RS_ROW_BAD_DECIMAL;
		default:
			return builder->column->type.typid == JSONOID || builder->column->type.typid == JSONBOID ?
				RS_ROW_BAD_JSON : RS_ROW_UNPARSABLE;
	}
}

RsColumnBuilder *
rs_column_builder_create(const RsReadColumn *column, const RsConversion *conversion)
{
	RsColumnBuilder *builder = palloc0(sizeof(RsColumnBuilder));
	char		category;
	bool		is_preferred;

	builder->column = column;
	builder->conversion = conversion;
	if (!column->wanted)
		return builder;
	init_kind(builder);
	get_type_category_preferred(column->type.typid, &category, &is_preferred);
	builder->is_string = category == TYPCATEGORY_STRING;
	rs_input_function_init(&builder->input, column->type.typid, column->typmod, fault_of_kind(builder));
	builder->scratch = AllocSetContextCreate(CurrentMemoryContext, "value", ALLOCSET_SMALL_SIZES);
	initStringInfo(&builder->copy);
	return builder;
}

/* ---------------------------------------------------------------------
 * The vector
 * ---------------------------------------------------------------------
 */

static RsForm
form_of_builder(const RsColumnBuilder *builder)
{
	if (builder->kind == RS_BUILD_DECIMAL)
		return builder->decimal.precision <= MAX_I64_PRECISION ? RS_FORM_I64 : RS_FORM_I128;
	return builder->kind == RS_BUILD_NUMERIC ? RS_FORM_REF : builder->column->type.form;
}

void
rs_column_builder_begin(RsColumnBuilder *builder, RsArena *arena)
{
	builder->arena = arena;
	builder->n = 0;
	builder->space = builder->space_end = NULL;
	if (!builder->column->wanted)
		return;
	builder->vector = rs_vector_create(arena, form_of_builder(builder), RS_BATCH_ROWS);
	if (builder->kind == RS_BUILD_DECIMAL)
		builder->vector->scale = builder->decimal.scale;
	builder->null = NULL;
}

void
rs_column_builder_cut(RsColumnBuilder *builder, uint32 n)
{
	if (n >= builder->n)
		return;
	if (builder->null != NULL)
		memset(builder->null + n, 0, builder->n - n);
	builder->n = n;
}

const RsVector *
rs_column_builder_vector(RsColumnBuilder *builder)
{
	if (!builder->column->wanted)
		return NULL;
	builder->vector->null = builder->null;
	return builder->vector;
}

static bool
put_datum(RsColumnBuilder *builder, Datum value)
{
	switch (builder->vector->form)
	{
		case RS_FORM_I8:
			return RS_PUT(builder, int8, (int8) DatumGetChar(value));
		case RS_FORM_I16:
			return RS_PUT(builder, int16, DatumGetInt16(value));
		case RS_FORM_I32:
			return RS_PUT(builder, int32, DatumGetInt32(value));
		case RS_FORM_I64:
			return RS_PUT(builder, int64, DatumGetInt64(value));
		case RS_FORM_F32:
			return RS_PUT(builder, float4, DatumGetFloat4(value));
		case RS_FORM_F64:
			return RS_PUT(builder, float8, DatumGetFloat8(value));
		case RS_FORM_REF:
			return RS_PUT(builder, Datum, value);
		case RS_FORM_I128:
			break;
	}
	pg_unreachable();
}

static bool
put_null(RsColumnBuilder *builder)
{
	if (builder->null == NULL)
	{
		builder->null = rs_arena_alloc(builder->arena, RS_BATCH_ROWS);
		memset(builder->null, 0, RS_BATCH_ROWS);
	}
	builder->null[builder->n] = 1;
	if (builder->vector->form == RS_FORM_I128)
		return RS_PUT(builder, int128, 0);
	return put_datum(builder, (Datum) 0);
}

/*
 * Room for a value that goes with the batch.
 */
static inline char *
take_space(RsColumnBuilder *builder, Size size, bool aligned)
{
	char	   *result = aligned ? (char *) MAXALIGN(builder->space) : builder->space;

	if (unlikely(builder->space == NULL || result > builder->space_end ||
				 (Size) (builder->space_end - result) < size))
	{
		if (size > STRING_PIECE / 4)
			return rs_arena_alloc(builder->arena, size);
		result = rs_arena_alloc(builder->arena, STRING_PIECE);
		builder->space_end = result + STRING_PIECE;
	}
	builder->space = result + size;
	return result;
}

/*
 * A varlena of so many bytes in the next row, for the caller to fill.
 */
char *
rs_builder_put_varlena(RsColumnBuilder *builder, Size size)
{
	bool		is_short = size + VARHDRSZ_SHORT <= VARATT_SHORT_MAX;
	char	   *image;

	if (is_short)
	{
		image = take_space(builder, size + VARHDRSZ_SHORT, false);
		SET_VARSIZE_SHORT(image, size + VARHDRSZ_SHORT);
	}
	else
	{
		image = take_space(builder, size + VARHDRSZ, true);
		SET_VARSIZE(image, size + VARHDRSZ);
	}
	((Datum *) builder->vector->data)[builder->n++] = PointerGetDatum(image);
	return VARDATA_ANY(image);
}

/*
 * A value that a function made, copied into the batch.
 */
bool
rs_builder_put_copy(RsColumnBuilder *builder, Datum value)
{
	const char *image;
	Size		size;
	bool		aligned;
	char	   *copy;

	if (builder->column->type.typbyval)
		return put_datum(builder, value);
	image = rs_datum_image(&builder->column->type, value, builder->scratch, &size, &aligned);
	copy = take_space(builder, size, aligned);
	memcpy(copy, image, size);
	return RS_PUT(builder, Datum, PointerGetDatum(copy));
}

bool
rs_column_builder_null(RsColumnBuilder *builder, RsValueFault *fault)
{
	if (!builder->column->wanted)
		return true;
	if (builder->column->not_null)
		return rs_value_fault(fault, RS_ROW_NOT_NULL, ERRCODE_NOT_NULL_VIOLATION,
							  "Missing data for not-null field");
	return put_null(builder);
}
