/*
 * arithmetic.c
 *	  Kernels of +, -, *, / on integers, floats, numerics and dates.
 *
 * Each computes the whole vector without branches, noting whether any row went
 * out of range; only then it looks whether that row is NULL, and leaves the
 * vector to PostgreSQL's function, which raises the error.
 */
#include "postgres.h"

#include <float.h>
#include <math.h>

#include "catalog/pg_type.h"
#include "datatype/timestamp.h"
#include "encoding/numeric.h"
#include "utils/date.h"
#include "utils/fmgroids.h"
#include "vector/kernel/kernel.h"

/* ---------------------------------------------------------------------
 * Integers
 * ---------------------------------------------------------------------
 */

#define WIDEN(type) \
	for (i = 0; i < n; i++) \
		wide[i] = ((const type *) vector->data)[i]

const int64 *
rs_as_int64(RsRows *rows, const RsVector *vector)
{
	uint32		n = vector->constant ? 1 : rows->n;
	int64	   *wide;
	uint32		i;

	if (vector->form == RS_FORM_I64)
		return vector->data;
	wide = rs_arena_alloc(rows->arena, n * sizeof(int64));
	switch (vector->form)
	{
		case RS_FORM_I8:
			WIDEN(int8);
			break;
		case RS_FORM_I16:
			WIDEN(int16);
			break;
		case RS_FORM_I32:
			WIDEN(int32);
			break;
		default:
			elog(ERROR, "unexpected form of vector: %d", (int) vector->form);
	}
	return wide;
}

static int
bits_of(uint64 value)
{
	return value == 0 ? 0 : 64 - __builtin_clzll(value);
}

/*
 * Can the result of any two values of these vectors leave 64 bits?
 */
static bool
may_overflow(RsArithmetic operation, const int64 *a, uint32 na, const int64 *b, uint32 nb)
{
	int			a_bits = bits_of(rs_magnitude(a, na));
	int			b_bits = bits_of(rs_magnitude(b, nb));

	return operation == RS_MULTIPLY ? a_bits + b_bits > 62 : Max(a_bits, b_bits) > 62;
}

/*
 * One row with every check; true: there is no result, or it does not fit int64.
 */
static bool
checked_int64(RsArithmetic operation, int64 x, int64 y, int64 *result)
{
	switch (operation)
	{
		case RS_ADD:
			return __builtin_add_overflow(x, y, result);
		case RS_SUBTRACT:
			return __builtin_sub_overflow(x, y, result);
		case RS_MULTIPLY:
			return __builtin_mul_overflow(x, y, result);
		case RS_DIVIDE:
		case RS_MODULO:
			if (y == 0)
				return true;
			if (y == -1)
				return operation == RS_DIVIDE ? __builtin_sub_overflow((int64) 0, x, result) :
					(*result = 0, false);
			*result = operation == RS_DIVIDE ? x / y : x % y;
			return false;
	}
	return true;
}

/*
 * False if a row has no result.
 */
static bool
compute_int64(RsArithmetic operation, RsRows *rows, const RsVector **args, const int64 *a,
			  const int64 *b, const uint8 *null, int64 *to)
{
	bool		ac = args[0]->constant;
	bool		bc = args[1]->constant;
	uint32		n = rows->n;
	uint32		i;

	if (operation <= RS_MULTIPLY && !may_overflow(operation, a, ac ? 1 : n, b, bc ? 1 : n))
	{
		rs_arithmetic_int64(operation, n, a, ac, b, bc, to);
		return true;
	}
	for (i = 0; i < n; i++)
	{
		to[i] = 0;
		if ((null == NULL || !null[i]) &&
			checked_int64(operation, a[ac ? 0 : i], b[bc ? 0 : i], &to[i]))
			return false;
	}
	return true;
}

/*
 * Into a narrower integer; NULL from the kernel if a value does not fit.
 */
#define NARROW(integer) \
	do { \
		integer	   *to = result->data; \
		bool		bad = false; \
		for (i = 0; i < rows->n; i++) \
		{ \
			to[i] = (integer) wide[i]; \
			bad |= wide[i] != to[i]; \
		} \
		for (i = 0; bad && i < rows->n; i++) \
			if (wide[i] != to[i] && (null == NULL || !null[i])) \
				return NULL; \
	} while (0)

static RsVector *
integer_kernel(RsExpr *expr, RsRows *rows, const RsVector **args)
{
	RsVector   *result = rs_vector_create(rows->arena, expr->type.form, rows->n);
	uint8	   *null = rs_null_union(rows, args, 2);
	int64	   *wide = expr->type.form == RS_FORM_I64 ? result->data :
		rs_arena_alloc(rows->arena, rows->n * sizeof(int64));
	uint32		i;

	result->null = null;
	if (!compute_int64((RsArithmetic) expr->variant, rows, args, rs_as_int64(rows, args[0]),
					   rs_as_int64(rows, args[1]), null, wide))
		return NULL;
	if (expr->type.form == RS_FORM_I32)
		NARROW(int32);
	else if (expr->type.form == RS_FORM_I16)
		NARROW(int16);
	return result;
}

/* ---------------------------------------------------------------------
 * Floats
 * ---------------------------------------------------------------------
 */

const double *
rs_as_double(RsRows *rows, const RsVector *vector)
{
	uint32		n = vector->constant ? 1 : rows->n;
	double	   *wide;
	uint32		i;

	if (vector->form == RS_FORM_F64)
		return vector->data;
	wide = rs_arena_alloc(rows->arena, n * sizeof(double));
	for (i = 0; i < n; i++)
		wide[i] = ((float4 *) vector->data)[i];
	return wide;
}

bool
rs_float_fails(RsArithmetic operation, double x, double y, double result)
{
	if (operation == RS_DIVIDE)
		return (y == 0 && !isnan(x)) || (isinf(result) && !isinf(x)) ||
			(result == 0 && x != 0 && !isinf(y));
	return (isinf(result) && !isinf(x) && !isinf(y)) ||
		(operation == RS_MULTIPLY && result == 0 && x != 0 && y != 0);
}

static RsVector *
float8_kernel(RsExpr *expr, RsRows *rows, const RsVector **args)
{
	const double *a = rs_as_double(rows, args[0]);
	const double *b = rs_as_double(rows, args[1]);
	RsVector   *result = rs_vector_create(rows->arena, RS_FORM_F64, rows->n);
	double	   *to = result->data;
	bool		ac = args[0]->constant;
	bool		bc = args[1]->constant;
	bool		bad = rs_arithmetic_float8((RsArithmetic) expr->variant, rows->n, a, ac, b, bc, to);
	uint32		i;

	/* Zero, infinite and NaN results may be errors. */
	result->null = rs_null_union(rows, args, 2);
	for (i = 0; bad && i < rows->n; i++)
	{
		double		x = a[ac ? 0 : i];
		double		y = b[bc ? 0 : i];

		if ((result->null == NULL || !result->null[i]) &&
			rs_float_fails((RsArithmetic) expr->variant, x, y, to[i]))
			return NULL;
	}
	return result;
}

/* ---------------------------------------------------------------------
 * Numerics
 * ---------------------------------------------------------------------
 */

bool
rs_align_numerics(RsRows *rows, const RsVector **args, const int128 **a, const int128 **b,
				  int *scale)
{
	int128	   *values[2];
	int			i;

	*scale = Max(args[0]->scale, args[1]->scale);
	for (i = 0; i < 2; i++)
	{
		uint32		n = args[i]->constant ? 1 : rows->n;

		if (args[i]->form == RS_FORM_I128 && args[i]->scale == *scale)
		{
			values[i] = args[i]->data;
			continue;
		}
		values[i] = rs_arena_alloc(rows->arena, n * sizeof(int128));
		if (!rs_numeric_rescale(args[i], rows->n, *scale, values[i]))
			return false;
	}
	*a = values[0];
	*b = values[1];
	return true;
}

/*
 * Both as int64 of one scale, or of their own for a product; NULL if they don't
 * fit.
 */
static const int64 *
numeric_int64(RsRows *rows, const RsVector *vector, int scale)
{
	const int64 *values = vector->data;
	uint32		n = vector->constant ? 1 : rows->n;
	int64		factor;
	int64	   *to;
	uint32		i;

	if (vector->form != RS_FORM_I64)
		return NULL;
	if (vector->scale == scale)
		return values;
	if (scale - vector->scale > 18)
		return NULL;
	factor = (int64) rs_power_of_ten(scale - vector->scale);
	if (may_overflow(RS_MULTIPLY, values, n, &factor, 1))
		return NULL;
	to = rs_arena_alloc(rows->arena, n * sizeof(int64));
	for (i = 0; i < n; i++)
		to[i] = values[i] * factor;
	return to;
}

/*
 * In 128 bits; NULL if a row that is not NULL does not fit those.
 */
static RsVector *
numeric_wide(RsExpr *expr, RsRows *rows, const RsVector **args)
{
	bool		multiply = expr->variant == RS_MULTIPLY;
	RsVector   *result;
	const int128 *values[2];
	int			scale;
	uint32		i;
	int			side;

	if (multiply)
	{
		scale = args[0]->scale + args[1]->scale;
		for (side = 0; side < 2; side++)
		{
			int128	   *to = rs_arena_alloc(rows->arena,
											(args[side]->constant ? 1 : rows->n) * sizeof(int128));

			if (!rs_numeric_rescale(args[side], rows->n, args[side]->scale, to))
				return NULL;
			values[side] = to;
		}
	}
	else if (!rs_align_numerics(rows, args, &values[0], &values[1], &scale))
		return NULL;
	result = rs_vector_create(rows->arena, RS_FORM_I128, rows->n);
	result->scale = (int16) scale;
	result->null = rs_null_union(rows, args, 2);
	for (i = 0; i < rows->n; i++)
	{
		int128		x = values[0][args[0]->constant ? 0 : i];
		int128		y = values[1][args[1]->constant ? 0 : i];
		int128	   *to = &((int128 *) result->data)[i];
		bool		bad = multiply ? __builtin_mul_overflow(x, y, to) :
			expr->variant == RS_ADD ? __builtin_add_overflow(x, y, to) :
			__builtin_sub_overflow(x, y, to);

		if (bad && (result->null == NULL || !result->null[i]))
			return NULL;
	}
	return result;
}

/*
 * PostgreSQL's scales: the larger for + and -, their sum for *.
 */
static RsVector *
numeric_kernel(RsExpr *expr, RsRows *rows, const RsVector **args)
{
	RsArithmetic	operation = (RsArithmetic) expr->variant;
	int			scale = operation == RS_MULTIPLY ? args[0]->scale + args[1]->scale :
		Max(args[0]->scale, args[1]->scale);
	bool		ac = args[0]->constant;
	bool		bc = args[1]->constant;
	const int64 *a;
	const int64 *b;
	RsVector   *result;

	if (args[0]->form == RS_FORM_REF || args[1]->form == RS_FORM_REF ||
		args[0]->scales != NULL || args[1]->scales != NULL || scale > RS_NUMERIC_MAX_SCALE)
		return NULL;
	a = numeric_int64(rows, args[0], operation == RS_MULTIPLY ? args[0]->scale : scale);
	b = numeric_int64(rows, args[1], operation == RS_MULTIPLY ? args[1]->scale : scale);
	if (a == NULL || b == NULL ||
		may_overflow(operation, a, ac ? 1 : rows->n, b, bc ? 1 : rows->n))
		return numeric_wide(expr, rows, args);
	result = rs_vector_create(rows->arena, RS_FORM_I64, rows->n);
	result->scale = (int16) scale;
	result->null = rs_null_union(rows, args, 2);
	return compute_int64(operation, rows, args, a, b, result->null, result->data) ? result : NULL;
}

/* ---------------------------------------------------------------------
 * Dates
 * ---------------------------------------------------------------------
 */

/* date + integer, date - integer; infinite dates are PostgreSQL's business. */
static RsVector *
date_kernel(RsExpr *expr, RsRows *rows, const RsVector **args)
{
	const int32 *a = args[0]->data;
	const int32 *b = args[1]->data;
	RsVector   *result = rs_vector_create(rows->arena, RS_FORM_I32, rows->n);
	int32	   *to = result->data;
	bool		bad = false;
	uint32		i;

	for (i = 0; i < rows->n; i++)
	{
		int64		date = a[args[0]->constant ? 0 : i];
		int64		days = b[args[1]->constant ? 0 : i];
		int64		sum = expr->variant == RS_ADD ? date + days : date - days;

		bad |= DATE_NOT_FINITE(date) | !IS_VALID_DATE(sum);
		to[i] = (int32) sum;
	}
	if (bad)
		return NULL;
	result->null = rs_null_union(rows, args, 2);
	return result;
}

const RsKernelInfo rs_arithmetic_kernels[] = {
	{F_INT2PL, integer_kernel, RS_ADD},
	{F_INT24PL, integer_kernel, RS_ADD},
	{F_INT42PL, integer_kernel, RS_ADD},
	{F_INT4PL, integer_kernel, RS_ADD},
	{F_INT48PL, integer_kernel, RS_ADD},
	{F_INT84PL, integer_kernel, RS_ADD},
	{F_INT28PL, integer_kernel, RS_ADD},
	{F_INT82PL, integer_kernel, RS_ADD},
	{F_INT8PL, integer_kernel, RS_ADD},
	{F_INT2MI, integer_kernel, RS_SUBTRACT},
	{F_INT24MI, integer_kernel, RS_SUBTRACT},
	{F_INT42MI, integer_kernel, RS_SUBTRACT},
	{F_INT4MI, integer_kernel, RS_SUBTRACT},
	{F_INT48MI, integer_kernel, RS_SUBTRACT},
	{F_INT84MI, integer_kernel, RS_SUBTRACT},
	{F_INT28MI, integer_kernel, RS_SUBTRACT},
	{F_INT82MI, integer_kernel, RS_SUBTRACT},
	{F_INT8MI, integer_kernel, RS_SUBTRACT},
	{F_INT2MUL, integer_kernel, RS_MULTIPLY},
	{F_INT24MUL, integer_kernel, RS_MULTIPLY},
	{F_INT42MUL, integer_kernel, RS_MULTIPLY},
	{F_INT4MUL, integer_kernel, RS_MULTIPLY},
	{F_INT48MUL, integer_kernel, RS_MULTIPLY},
	{F_INT84MUL, integer_kernel, RS_MULTIPLY},
	{F_INT28MUL, integer_kernel, RS_MULTIPLY},
	{F_INT82MUL, integer_kernel, RS_MULTIPLY},
	{F_INT8MUL, integer_kernel, RS_MULTIPLY},
	{F_INT2DIV, integer_kernel, RS_DIVIDE},
	{F_INT24DIV, integer_kernel, RS_DIVIDE},
	{F_INT42DIV, integer_kernel, RS_DIVIDE},
	{F_INT4DIV, integer_kernel, RS_DIVIDE},
	{F_INT48DIV, integer_kernel, RS_DIVIDE},
	{F_INT84DIV, integer_kernel, RS_DIVIDE},
	{F_INT28DIV, integer_kernel, RS_DIVIDE},
	{F_INT82DIV, integer_kernel, RS_DIVIDE},
	{F_INT8DIV, integer_kernel, RS_DIVIDE},
	{F_INT2MOD, integer_kernel, RS_MODULO},
	{F_INT4MOD, integer_kernel, RS_MODULO},
	{F_INT8MOD, integer_kernel, RS_MODULO},
	{F_MOD_INT2_INT2, integer_kernel, RS_MODULO},
	{F_MOD_INT4_INT4, integer_kernel, RS_MODULO},
	{F_MOD_INT8_INT8, integer_kernel, RS_MODULO},
	{F_FLOAT8PL, float8_kernel, RS_ADD},
	{F_FLOAT48PL, float8_kernel, RS_ADD},
	{F_FLOAT84PL, float8_kernel, RS_ADD},
	{F_FLOAT8MI, float8_kernel, RS_SUBTRACT},
	{F_FLOAT48MI, float8_kernel, RS_SUBTRACT},
	{F_FLOAT84MI, float8_kernel, RS_SUBTRACT},
	{F_FLOAT8MUL, float8_kernel, RS_MULTIPLY},
	{F_FLOAT48MUL, float8_kernel, RS_MULTIPLY},
	{F_FLOAT84MUL, float8_kernel, RS_MULTIPLY},
	{F_FLOAT8DIV, float8_kernel, RS_DIVIDE},
	{F_FLOAT48DIV, float8_kernel, RS_DIVIDE},
	{F_FLOAT84DIV, float8_kernel, RS_DIVIDE},
	{F_NUMERIC_ADD, numeric_kernel, RS_ADD},
	{F_NUMERIC_SUB, numeric_kernel, RS_SUBTRACT},
	{F_NUMERIC_MUL, numeric_kernel, RS_MULTIPLY},
	{F_DATE_PLI, date_kernel, RS_ADD},
	{F_DATE_MII, date_kernel, RS_SUBTRACT},
	{InvalidOid}
};
