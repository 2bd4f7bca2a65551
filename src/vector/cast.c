/*
 * cast.c
 *	  Kernels of casts between numbers, and of fields of dates.
 */
#include "postgres.h"

#include "datatype/timestamp.h"
#include "encoding/numeric.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/fmgroids.h"
#include "utils/numeric.h"
#include "vector/kernel.h"

/* Doubles hold integers up to this exactly. */
#define RS_EXACT_DOUBLE		((int64) 1 << 53)
/* And powers of ten up to this. */
#define RS_EXACT_POWER		22

static RsVector *
widen_kernel(RsExpr *expr, RsRows *rows, const RsVector **args)
{
	RsVector   *result = rs_vector_create(rows->arena, expr->type.form, rows->n);
	const int64 *from = rs_as_int64(rows, args[0]);
	uint32		i;

	result->null = rs_null_union(rows, args, 1);
	if (args[0]->constant)
		return NULL;
	if (expr->type.form == RS_FORM_I32)
		for (i = 0; i < rows->n; i++)
			((int32 *) result->data)[i] = (int32) from[i];
	else
		memcpy(result->data, from, rows->n * sizeof(int64));
	return result;
}

static RsVector *
integer_to_float_kernel(RsExpr *expr, RsRows *rows, const RsVector **args)
{
	RsVector   *result = rs_vector_create(rows->arena, RS_FORM_F64, rows->n);
	const int64 *from = rs_as_int64(rows, args[0]);
	uint32		i;

	result->null = rs_null_union(rows, args, 1);
	for (i = 0; i < rows->n; i++)
		((double *) result->data)[i] = (double) from[args[0]->constant ? 0 : i];
	return result;
}

/* An integer is a numeric of scale 0. */
static RsVector *
integer_to_numeric_kernel(RsExpr *expr, RsRows *rows, const RsVector **args)
{
	RsVector   *result = rs_arena_alloc(rows->arena, sizeof(RsVector));

	*result = *args[0];
	result->form = RS_FORM_I64;
	result->data = (void *) rs_as_int64(rows, args[0]);
	return result;
}

/*
 * A quotient of two integers that doubles hold exactly is the nearest double, as
 * reading the decimal digits gives.
 */
static RsVector *
numeric_to_float_kernel(RsExpr *expr, RsRows *rows, const RsVector **args)
{
	const RsVector *from = args[0];
	RsVector   *result;
	double		divisor;
	uint32		i;

	if (from->form != RS_FORM_I64 || from->scale > RS_EXACT_POWER)
		return NULL;
	result = rs_vector_create(rows->arena, RS_FORM_F64, rows->n);
	result->null = rs_null_union(rows, args, 1);
	divisor = (double) rs_power_of_ten(from->scale);
	for (i = 0; i < rows->n; i++)
	{
		int64		value = ((int64 *) from->data)[from->constant ? 0 : i];

		if (value > RS_EXACT_DOUBLE || value < -RS_EXACT_DOUBLE)
			return NULL;
		((double *) result->data)[i] = (double) value / divisor;
	}
	return result;
}

/*
 * numeric(precision, scale) of numerics that have no more digits behind the point:
 * nothing is rounded, so there is only the precision to check.
 */
static RsVector *
numeric_typmod_kernel(RsExpr *expr, RsRows *rows, const RsVector **args)
{
	int32		typmod;
	int			precision;
	int			scale;
	int128		limit;
	int128	   *values;
	RsVector   *result;
	uint32		i;

	if (!args[1]->constant || rs_vector_is_null(args[1], 0) || args[0]->constant)
		return NULL;
	typmod = ((int32 *) args[1]->data)[0];
	if (typmod < (int32) VARHDRSZ)
		return NULL;
	precision = ((typmod - VARHDRSZ) >> 16) & 0xffff;
	scale = (typmod - VARHDRSZ) & 0x7ff;
	if (scale > RS_NUMERIC_MAX_SCALE || precision > RS_NUMERIC_MAX_SCALE - 1)
		return NULL;
	values = rs_arena_alloc(rows->arena, rows->n * sizeof(int128));
	if (!rs_numeric_rescale(args[0], rows->n, scale, values))
		return NULL;
	limit = rs_power_of_ten(precision);
	result = rs_vector_create(rows->arena, precision <= 18 ? RS_FORM_I64 : RS_FORM_I128, rows->n);
	result->scale = (int16) scale;
	result->null = rs_null_union(rows, args, 1);
	for (i = 0; i < rows->n; i++)
	{
		if ((values[i] >= limit || values[i] <= -limit) && !rs_vector_is_null(args[0], i))
			return NULL;
		if (result->form == RS_FORM_I64)
			((int64 *) result->data)[i] = (int64) values[i];
		else
			((int128 *) result->data)[i] = values[i];
	}
	return result;
}

/* ---------------------------------------------------------------------
 * Fields of dates
 * ---------------------------------------------------------------------
 */

typedef enum Field
{
	FIELD_YEAR,
	FIELD_MONTH,
	FIELD_DAY
} Field;

static bool
known_field(const RsVector *name, Field *field)
{
	static const char *const names[] = {"year", "month", "day"};
	const char *field_name;
	int			i;

	if (!name->constant || rs_vector_is_null(name, 0))
		return false;
	field_name = TextDatumGetCString(((Datum *) name->data)[0]);
	for (i = 0; i < lengthof(names); i++)
		if (pg_strcasecmp(field_name, names[i]) == 0)
		{
			*field = (Field) i;
			return true;
		}
	return false;
}

/*
 * EXTRACT(field FROM date or timestamp); variant: microseconds of what one counts.
 */
static RsVector *
extract_kernel(RsExpr *expr, RsRows *rows, const RsVector **args)
{
	RsVector   *result;
	bool		is_date = args[1]->form == RS_FORM_I32;
	Field		field;
	uint32		i;

	if (!known_field(args[0], &field))
		return NULL;
	result = rs_vector_create(rows->arena, RS_FORM_I64, rows->n);
	result->null = rs_null_union(rows, args, 2);
	for (i = 0; i < rows->n; i++)
	{
		uint32		from = args[1]->constant ? 0 : i;
		int64		days;
		int			parts[3];

		if (is_date)
		{
			days = ((DateADT *) args[1]->data)[from];
			if (DATE_NOT_FINITE(days) && !rs_vector_is_null(args[1], i))
				return NULL;
		}
		else
		{
			Timestamp	stamp = ((Timestamp *) args[1]->data)[from];

			if (TIMESTAMP_NOT_FINITE(stamp) && !rs_vector_is_null(args[1], i))
				return NULL;
			days = stamp / USECS_PER_DAY - (stamp % USECS_PER_DAY < 0);
		}
		j2date((int) days + POSTGRES_EPOCH_JDATE, &parts[0], &parts[1], &parts[2]);
		/* There is no year 0. */
		if (parts[0] <= 0)
			parts[0]--;
		((int64 *) result->data)[i] = parts[field];
	}
	return result;
}

const RsKernelInfo rs_cast_kernels[] = {
	{F_INT4_INT2, widen_kernel, 0, true},
	{F_INT8_INT2, widen_kernel, 0, true},
	{F_INT8_INT4, widen_kernel, 0, true},
	{F_FLOAT8_INT2, integer_to_float_kernel, 0, true},
	{F_FLOAT8_INT4, integer_to_float_kernel, 0, true},
	{F_FLOAT8_INT8, integer_to_float_kernel, 0, true},
	{F_NUMERIC_INT2, integer_to_numeric_kernel, 0, true},
	{F_NUMERIC_INT4, integer_to_numeric_kernel, 0, true},
	{F_NUMERIC_INT8, integer_to_numeric_kernel, 0, true},
	{F_FLOAT8_NUMERIC, numeric_to_float_kernel},
	{F_NUMERIC_NUMERIC_INT4, numeric_typmod_kernel},
	{F_EXTRACT_TEXT_DATE, extract_kernel},
	{F_EXTRACT_TEXT_TIMESTAMP, extract_kernel},
	{InvalidOid}
};
