/*
 * number.c
 *	  Kernels on integers and floats beside the four operations: signs, bits,
 *	  roundings, and casts that may not fit.
 *
 * What cannot be represented makes the kernel give up, so that PostgreSQL's
 * function raises its error, or not, if the row is NULL.
 */
#include "postgres.h"

#include <math.h>

#include "utils/fmgroids.h"
#include "vector/kernel/kernel.h"

/* ---------------------------------------------------------------------
 * Integers
 * ---------------------------------------------------------------------
 */

typedef enum Unary
{
	ABSOLUTE,
	NEGATE,
	INVERT,
	NARROW
} Unary;

/*
 * Store 64-bit integers in the form of the result; false: a row that is not NULL
 * does not fit.
 */
static bool
store_integers(RsVector *result, uint32 n, const int64 *values)
{
	uint32		i;

#define STORE(type) \
	for (i = 0; i < n; i++) \
	{ \
		((type *) result->data)[i] = (type) values[i]; \
		if (unlikely(values[i] != ((type *) result->data)[i]) && \
			(result->null == NULL || !result->null[i])) \
			return false; \
	} \
	break

	switch (result->form)
	{
		case RS_FORM_I16:
			STORE(int16);
		case RS_FORM_I32:
			STORE(int32);
		default:
			memmove(result->data, values, n * sizeof(int64));
	}
	return true;
}

/* abs, -, ~, and casts to narrower integers. */
static RsVector *
integer_unary_kernel(RsExpr *expr, RsRows *rows, const RsVector **args)
{
	const int64 *from = rs_as_int64(rows, args[0]);
	bool		constant = args[0]->constant;
	RsVector   *result = rs_vector_create(rows->arena, expr->type.form, rows->n);
	int64	   *to = rs_arena_alloc(rows->arena, rows->n * sizeof(int64));
	uint32		i;

	result->null = rs_null_union(rows, args, 1);
	for (i = 0; i < rows->n; i++)
	{
		int64		x = from[constant ? 0 : i];

		if (expr->variant == INVERT)
			to[i] = ~x;
		else if (expr->variant == NARROW || (expr->variant == ABSOLUTE && x >= 0))
			to[i] = x;
		else if (x != PG_INT64_MIN)
			to[i] = -x;
		else if (result->null == NULL || !result->null[i])
			return NULL;
		else
			to[i] = 0;
	}
	return store_integers(result, rows->n, to) ? result : NULL;
}

typedef enum Bits
{
	AND,
	OR,
	XOR,
	SHIFT_LEFT,
	SHIFT_RIGHT
} Bits;

/*
 * Shifts by less than the width only: others are as the processor has it.
 */
static RsVector *
bits_kernel(RsExpr *expr, RsRows *rows, const RsVector **args)
{
	const int64 *a = rs_as_int64(rows, args[0]);
	const int64 *b = rs_as_int64(rows, args[1]);
	bool		ac = args[0]->constant;
	bool		bc = args[1]->constant;
	int			width = 8 * (int) rs_form_width(expr->type.form);
	RsVector   *result = rs_vector_create(rows->arena, expr->type.form, rows->n);
	uint32		i;

	result->null = rs_null_union(rows, args, 2);
	for (i = 0; i < rows->n; i++)
	{
		int64		x = a[ac ? 0 : i];
		int64		y = b[bc ? 0 : i];
		int64		value = 0;

		switch ((Bits) expr->variant)
		{
			case AND:
				value = x & y;
				break;
			case OR:
				value = x | y;
				break;
			case XOR:
				value = x ^ y;
				break;
			default:
				if (result->null != NULL && result->null[i])
					break;
				if (y < 0 || y >= width)
					return NULL;
				value = expr->variant == SHIFT_LEFT ? (int64) ((uint64) x << y) : x >> y;
		}
		if (width == 16)
			((int16 *) result->data)[i] = (int16) value;
		else if (width == 32)
			((int32 *) result->data)[i] = (int32) value;
		else
			((int64 *) result->data)[i] = value;
	}
	return result;
}

/* ---------------------------------------------------------------------
 * Floats
 * ---------------------------------------------------------------------
 */

typedef enum Rounding
{
	FLOAT_ABSOLUTE,
	FLOAT_NEGATE,
	FLOAT_ROUND,
	FLOAT_CEIL,
	FLOAT_FLOOR,
	FLOAT_TRUNC,
	FLOAT_SQRT,
	FLOAT_SIGN
} Rounding;

/*
 * Functions of one double that have a value for each, but for sqrt.
 */
static RsVector *
float_unary_kernel(RsExpr *expr, RsRows *rows, const RsVector **args)
{
	const double *from = args[0]->data;
	bool		constant = args[0]->constant;
	RsVector   *result = rs_vector_create(rows->arena, RS_FORM_F64, rows->n);
	double	   *to = result->data;
	uint32		i;

	result->null = rs_null_union(rows, args, 1);
	for (i = 0; i < rows->n; i++)
	{
		double		x = from[constant ? 0 : i];

		switch ((Rounding) expr->variant)
		{
			case FLOAT_ABSOLUTE:
				to[i] = fabs(x);
				break;
			case FLOAT_NEGATE:
				to[i] = -x;
				break;
			case FLOAT_ROUND:
				to[i] = rint(x);
				break;
			case FLOAT_CEIL:
				to[i] = ceil(x);
				break;
			case FLOAT_FLOOR:
				to[i] = floor(x);
				break;
			case FLOAT_TRUNC:
				to[i] = x >= 0 ? floor(x) : -floor(-x);
				break;
			case FLOAT_SIGN:
				to[i] = x > 0 ? 1.0 : x < 0 ? -1.0 : 0.0;
				break;
			case FLOAT_SQRT:
				if (x < 0 && (result->null == NULL || !result->null[i]))
					return NULL;
				to[i] = sqrt(x);
				break;
		}
	}
	return result;
}

static RsVector *
float4_unary_kernel(RsExpr *expr, RsRows *rows, const RsVector **args)
{
	const float *from = args[0]->data;
	bool		constant = args[0]->constant;
	RsVector   *result = rs_vector_create(rows->arena, RS_FORM_F32, rows->n);
	uint32		i;

	result->null = rs_null_union(rows, args, 1);
	for (i = 0; i < rows->n; i++)
	{
		float		x = from[constant ? 0 : i];

		((float *) result->data)[i] = expr->variant == FLOAT_ABSOLUTE ? fabsf(x) : -x;
	}
	return result;
}

/*
 * +, -, *, / of two floats.  Zero, infinite and NaN results may be errors.
 */
static RsVector *
float4_kernel(RsExpr *expr, RsRows *rows, const RsVector **args)
{
	const float *a = args[0]->data;
	const float *b = args[1]->data;
	bool		ac = args[0]->constant;
	bool		bc = args[1]->constant;
	RsVector   *result = rs_vector_create(rows->arena, RS_FORM_F32, rows->n);
	float	   *to = result->data;
	bool		bad = rs_arithmetic_float4((RsArithmetic) expr->variant, rows->n, a, ac, b, bc, to);
	uint32		i;

	result->null = rs_null_union(rows, args, 2);
	for (i = 0; bad && i < rows->n; i++)
	{
		float		x = a[ac ? 0 : i];
		float		y = b[bc ? 0 : i];

		if ((result->null == NULL || !result->null[i]) &&
			rs_float_fails((RsArithmetic) expr->variant, x, y, to[i]))
			return NULL;
	}
	return result;
}

/* ---------------------------------------------------------------------
 * Casts
 * ---------------------------------------------------------------------
 */

/* Rounded to the nearest integer, halves to the even one. */
static RsVector *
float_to_integer_kernel(RsExpr *expr, RsRows *rows, const RsVector **args)
{
	RsVector   *result = rs_vector_create(rows->arena, expr->type.form, rows->n);
	int64	   *to = rs_arena_alloc(rows->arena, rows->n * sizeof(int64));
	bool		constant = args[0]->constant;
	uint32		i;

	result->null = rs_null_union(rows, args, 1);
	for (i = 0; i < rows->n; i++)
	{
		uint32		row = constant ? 0 : i;
		double		x = args[0]->form == RS_FORM_F32 ? (double) rintf(((float *) args[0]->data)[row]) :
			rint(((double *) args[0]->data)[row]);

		to[i] = 0;
		if (result->null != NULL && result->null[i])
			continue;
		if (isnan(x) || !FLOAT8_FITS_IN_INT64(x))
			return NULL;
		to[i] = (int64) x;
	}
	return store_integers(result, rows->n, to) ? result : NULL;
}

static RsVector *
integer_to_float4_kernel(RsExpr *expr, RsRows *rows, const RsVector **args)
{
	const int64 *from = rs_as_int64(rows, args[0]);
	RsVector   *result = rs_vector_create(rows->arena, RS_FORM_F32, rows->n);
	uint32		i;

	result->null = rs_null_union(rows, args, 1);
	for (i = 0; i < rows->n; i++)
		((float *) result->data)[i] = (float) from[args[0]->constant ? 0 : i];
	return result;
}

static RsVector *
float_width_kernel(RsExpr *expr, RsRows *rows, const RsVector **args)
{
	bool		constant = args[0]->constant;
	RsVector   *result = rs_vector_create(rows->arena, expr->type.form, rows->n);
	uint32		i;

	result->null = rs_null_union(rows, args, 1);
	for (i = 0; i < rows->n; i++)
	{
		uint32		row = constant ? 0 : i;
		double		x;
		float		y;

		if (expr->type.form == RS_FORM_F64)
		{
			((double *) result->data)[i] = (double) ((float *) args[0]->data)[row];
			continue;
		}
		x = ((double *) args[0]->data)[row];
		y = (float) x;
		if (((isinf(y) && !isinf(x)) || (y == 0 && x != 0)) &&
			(result->null == NULL || !result->null[i]))
			return NULL;
		((float *) result->data)[i] = y;
	}
	return result;
}

const RsKernelInfo rs_number_kernels[] = {
	{F_INT2ABS, integer_unary_kernel, ABSOLUTE},
	{F_INT4ABS, integer_unary_kernel, ABSOLUTE},
	{F_INT8ABS, integer_unary_kernel, ABSOLUTE},
	{F_ABS_INT2, integer_unary_kernel, ABSOLUTE},
	{F_ABS_INT4, integer_unary_kernel, ABSOLUTE},
	{F_ABS_INT8, integer_unary_kernel, ABSOLUTE},
	{F_INT2UM, integer_unary_kernel, NEGATE},
	{F_INT4UM, integer_unary_kernel, NEGATE},
	{F_INT8UM, integer_unary_kernel, NEGATE},
	{F_INT2NOT, integer_unary_kernel, INVERT, true},
	{F_INT4NOT, integer_unary_kernel, INVERT, true},
	{F_INT8NOT, integer_unary_kernel, INVERT, true},
	{F_INT2_INT4, integer_unary_kernel, NARROW},
	{F_INT2_INT8, integer_unary_kernel, NARROW},
	{F_INT4_INT8, integer_unary_kernel, NARROW},
	{F_INT2AND, bits_kernel, AND, true},
	{F_INT4AND, bits_kernel, AND, true},
	{F_INT8AND, bits_kernel, AND, true},
	{F_INT2OR, bits_kernel, OR, true},
	{F_INT4OR, bits_kernel, OR, true},
	{F_INT8OR, bits_kernel, OR, true},
	{F_INT2XOR, bits_kernel, XOR, true},
	{F_INT4XOR, bits_kernel, XOR, true},
	{F_INT8XOR, bits_kernel, XOR, true},
	{F_INT2SHL, bits_kernel, SHIFT_LEFT, true},
	{F_INT4SHL, bits_kernel, SHIFT_LEFT, true},
	{F_INT8SHL, bits_kernel, SHIFT_LEFT, true},
	{F_INT2SHR, bits_kernel, SHIFT_RIGHT, true},
	{F_INT4SHR, bits_kernel, SHIFT_RIGHT, true},
	{F_INT8SHR, bits_kernel, SHIFT_RIGHT, true},
	{F_FLOAT8ABS, float_unary_kernel, FLOAT_ABSOLUTE, true},
	{F_ABS_FLOAT8, float_unary_kernel, FLOAT_ABSOLUTE, true},
	{F_FLOAT8UM, float_unary_kernel, FLOAT_NEGATE, true},
	{F_DROUND, float_unary_kernel, FLOAT_ROUND, true},
	{F_ROUND_FLOAT8, float_unary_kernel, FLOAT_ROUND, true},
	{F_DTRUNC, float_unary_kernel, FLOAT_TRUNC, true},
	{F_TRUNC_FLOAT8, float_unary_kernel, FLOAT_TRUNC, true},
	{F_CEIL_FLOAT8, float_unary_kernel, FLOAT_CEIL, true},
	{F_CEILING_FLOAT8, float_unary_kernel, FLOAT_CEIL, true},
	{F_FLOOR_FLOAT8, float_unary_kernel, FLOAT_FLOOR, true},
	{F_SIGN_FLOAT8, float_unary_kernel, FLOAT_SIGN, true},
	{F_DSQRT, float_unary_kernel, FLOAT_SQRT},
	{F_SQRT_FLOAT8, float_unary_kernel, FLOAT_SQRT},
	{F_FLOAT4ABS, float4_unary_kernel, FLOAT_ABSOLUTE, true},
	{F_ABS_FLOAT4, float4_unary_kernel, FLOAT_ABSOLUTE, true},
	{F_FLOAT4UM, float4_unary_kernel, FLOAT_NEGATE, true},
	{F_FLOAT4PL, float4_kernel, RS_ADD},
	{F_FLOAT4MI, float4_kernel, RS_SUBTRACT},
	{F_FLOAT4MUL, float4_kernel, RS_MULTIPLY},
	{F_FLOAT4DIV, float4_kernel, RS_DIVIDE},
	{F_INT2_FLOAT4, float_to_integer_kernel},
	{F_INT4_FLOAT4, float_to_integer_kernel},
	{F_INT8_FLOAT4, float_to_integer_kernel},
	{F_INT2_FLOAT8, float_to_integer_kernel},
	{F_INT4_FLOAT8, float_to_integer_kernel},
	{F_INT8_FLOAT8, float_to_integer_kernel},
	{F_FLOAT4_INT2, integer_to_float4_kernel, 0, true},
	{F_FLOAT4_INT4, integer_to_float4_kernel, 0, true},
	{F_FLOAT4_INT8, integer_to_float4_kernel, 0, true},
	{F_FLOAT8_FLOAT4, float_width_kernel, 0, true},
	{F_FLOAT4_FLOAT8, float_width_kernel},
	{InvalidOid}
};
