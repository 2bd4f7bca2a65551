/*
 * cast.c
 *	  Kernels of casts between numbers that lose nothing, and to truth.
 */
#include "postgres.h"

#include "utils/fmgroids.h"
#include "vector/kernel/kernel.h"

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

static RsVector *
integer_to_bool_kernel(RsExpr *expr, RsRows *rows, const RsVector **args)
{
	RsVector   *result = rs_boolean_vector(rows);
	const int32 *from = args[0]->data;
	uint32		i;

	result->null = rs_null_union(rows, args, 1);
	for (i = 0; i < rows->n; i++)
		((uint8 *) result->data)[i] = from[args[0]->constant ? 0 : i] != 0;
	return result;
}

const RsKernelInfo rs_cast_kernels[] = {
	{F_BOOL_INT4, integer_to_bool_kernel, 0, true},
	{F_INT4_BOOL, widen_kernel, 0, true},
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
	{InvalidOid}
};
