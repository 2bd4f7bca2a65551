/*
 * numeric.c
 *	  Kernels of division, remainder, rounding and casts of numerics.
 *
 * In 128 bits, or not at all: whatever does not fit, or has no answer, is left to
 * PostgreSQL's function.  Scales are those that it chooses.
 */
#include "postgres.h"

#include "encoding/numeric.h"
#include "utils/fmgroids.h"
#include "vector/kernel/kernel.h"

/* PostgreSQL's quotients have so many significant digits, or more. */
#define RS_QUOTIENT_DIGITS	16
/* Its digits are to this base, of so many decimal ones. */
#define RS_NUMERIC_BASE		10000
#define RS_BASE_DIGITS		4

static inline uint128
magnitude_of(int128 value)
{
	return value < 0 ? (uint128) 0 - (uint128) value : (uint128) value;
}

static inline bool
is_null(const RsVector *result, uint32 row)
{
	return result->null != NULL && result->null[row];
}

/*
 * As an integer of 64 bits, if all fit: what follows is faster for those.
 */
static void
narrow_result(RsArena *arena, RsVector *result, uint32 n)
{
	const int128 *wide = result->data;
	int64	   *narrow;
	uint32		i;

	for (i = 0; i < n; i++)
		if (wide[i] != (int64) wide[i] && !is_null(result, i))
			return;
	narrow = rs_arena_alloc(arena, Max(n, 1) * sizeof(int64));
	for (i = 0; i < n; i++)
		narrow[i] = (int64) wide[i];
	result->form = RS_FORM_I64;
	result->data = narrow;
}

/* ---------------------------------------------------------------------
 * Division
 * ---------------------------------------------------------------------
 */

/*
 * The first digit of PostgreSQL's form of a number, and where it stands: the power
 * of its base.  Digits are counted from the decimal point.
 */
static int
leading_digit(uint128 magnitude, int scale, int *digit)
{
	int			places = (scale + RS_BASE_DIGITS - 1) / RS_BASE_DIGITS;
	int			weight = -places;
	int			pad = places * RS_BASE_DIGITS - scale;
	uint32		unit = 1;

	*digit = 0;
	if (magnitude == 0)
		return 0;
	/* The lowest digit has only so many decimal ones of ours. */
	for (; pad > 0; pad--)
		unit *= 10;
	if (magnitude < RS_NUMERIC_BASE / unit)
	{
		*digit = (int) magnitude * (int) unit;
		return weight;
	}
	magnitude /= RS_NUMERIC_BASE / unit;
	weight++;
	while (magnitude >= RS_NUMERIC_BASE)
	{
		if (magnitude <= PG_UINT64_MAX)
		{
			uint64		rest = (uint64) magnitude;

			for (; rest >= RS_NUMERIC_BASE; rest /= RS_NUMERIC_BASE)
				weight++;
			magnitude = rest;
			break;
		}
		magnitude /= RS_NUMERIC_BASE;
		weight++;
	}
	*digit = (int) magnitude;
	return weight;
}

static inline int
display_scale(const RsVector *vector, uint32 row)
{
	return vector->scales == NULL ? vector->scale : vector->scales[vector->constant ? 0 : row];
}

/*
 * The scale of a quotient: as many digits as a double has, and those of both sides.
 */
static int
quotient_scale(const RsVector **args, uint32 row, uint128 x, uint128 y)
{
	int			x_digit;
	int			y_digit;
	int			weight = leading_digit(x, args[0]->scale, &x_digit) -
		leading_digit(y, args[1]->scale, &y_digit);
	int			scale;

	if (x_digit <= y_digit)
		weight--;
	scale = RS_QUOTIENT_DIGITS - weight * RS_BASE_DIGITS;
	scale = Max(scale, display_scale(args[0], row));
	return Max(Max(scale, display_scale(args[1], row)), 0);
}

static inline bool
multiply_by_power(uint128 *value, int exponent)
{
	return exponent <= RS_NUMERIC_MAX_SCALE &&
		!__builtin_mul_overflow(*value, (uint128) rs_power_of_ten(exponent), value);
}

/*
 * x / y of integers with scales, rounded (halves away from zero) to a scale.
 */
static bool
divide(uint128 x, int x_scale, uint128 y, int y_scale, int scale, uint128 *quotient)
{
	int			shift = scale + y_scale - x_scale;
	uint128		rest;

	if (!multiply_by_power(shift > 0 ? &x : &y, abs(shift)))
		return false;
	if (x <= PG_UINT64_MAX && y <= PG_UINT64_MAX)
	{
		*quotient = (uint64) x / (uint64) y;
		rest = (uint64) x % (uint64) y;
	}
	else
	{
		*quotient = x / y;
		rest = x - *quotient * y;
	}
	*quotient += rest >= y - rest;
	return true;
}

/*
 * Each quotient has its own display scale, all are integers of the largest.
 */
static RsVector *
divide_kernel(RsExpr *expr, RsRows *rows, const RsVector **args)
{
	RsVector   *result;
	int128	   *to;
	uint32		i;

	if (args[0]->form == RS_FORM_REF || args[1]->form == RS_FORM_REF)
		return NULL;
	result = rs_vector_create(rows->arena, RS_FORM_I128, rows->n);
	result->null = rs_null_union(rows, args, 2);
	result->scales = rs_arena_alloc(rows->arena, rows->n);
	to = result->data;
	for (i = 0; i < rows->n; i++)
	{
		int128		x = rs_vector_numeric(args[0], i);
		int128		y = rs_vector_numeric(args[1], i);
		uint128		quotient;
		int			scale;

		to[i] = 0;
		result->scales[i] = 0;
		if (is_null(result, i))
			continue;
		if (y == 0)
			return NULL;
		scale = quotient_scale(args, i, magnitude_of(x), magnitude_of(y));
		if (scale > RS_NUMERIC_MAX_SCALE ||
			!divide(magnitude_of(x), args[0]->scale, magnitude_of(y), args[1]->scale, scale, &quotient) ||
			quotient > (uint128) rs_power_of_ten(RS_NUMERIC_MAX_SCALE))
			return NULL;
		to[i] = (x < 0) != (y < 0) ? -(int128) quotient : (int128) quotient;
		result->scales[i] = (uint8) scale;
		result->scale = Max(result->scale, scale);
	}
	for (i = 0; i < rows->n; i++)
		if (__builtin_mul_overflow(to[i], rs_power_of_ten(result->scale - result->scales[i]), &to[i]))
			return NULL;
	for (i = 0; i < rows->n; i++)
		if (result->scales[i] != result->scale && !is_null(result, i))
			break;
	if (i == rows->n)
		result->scales = NULL;
	narrow_result(rows->arena, result, rows->n);
	return result;
}

/*
 * The remainder has the sign of the dividend and the larger scale.
 */
static RsVector *
modulo_kernel(RsExpr *expr, RsRows *rows, const RsVector **args)
{
	RsVector   *result;
	const int128 *a;
	const int128 *b;
	int			scale;
	uint32		i;

	if (args[0]->scales != NULL || args[1]->scales != NULL ||
		!rs_align_numerics(rows, args, &a, &b, &scale))
		return NULL;
	result = rs_vector_create(rows->arena, RS_FORM_I128, rows->n);
	result->scale = (int16) scale;
	result->null = rs_null_union(rows, args, 2);
	for (i = 0; i < rows->n; i++)
	{
		int128		x = a[args[0]->constant ? 0 : i];
		int128		y = b[args[1]->constant ? 0 : i];

		((int128 *) result->data)[i] = 0;
		if (is_null(result, i))
			continue;
		if (y == 0)
			return NULL;
		((int128 *) result->data)[i] = y == -1 ? 0 :
			x == (int64) x && y == (int64) y ? (int64) x % (int64) y : x % y;
	}
	narrow_result(rows->arena, result, rows->n);
	return result;
}

/* ---------------------------------------------------------------------
 * Rounding
 * ---------------------------------------------------------------------
 */

typedef enum Rounding
{
	ROUND,
	TRUNCATE,
	FLOOR,
	CEILING
} Rounding;

static inline int128
round_to(int128 value, int128 unit, Rounding rounding)
{
	int128		quotient;
	int128		rest;

	if (value == (int64) value && unit == (int64) unit)
	{
		quotient = (int64) value / (int64) unit;
		rest = (int64) value - (int64) quotient * (int64) unit;
	}
	else
	{
		quotient = value / unit;
		rest = value - quotient * unit;
	}
	switch (rounding)
	{
		case ROUND:
			if (rest < 0)
				return quotient - (-rest >= unit + rest);
			return quotient + (rest >= unit - rest);
		case FLOOR:
			return quotient - (rest < 0);
		case CEILING:
			return quotient + (rest > 0);
		case TRUNCATE:
			break;
	}
	return quotient;
}

/*
 * All values as integers of another scale; NULL: one does not fit.
 */
static RsVector *
rescale(RsRows *rows, const RsVector *from, int scale, Rounding rounding)
{
	RsVector   *result;
	int128	   *to;
	int128		unit;
	uint32		i;

	if (from->form == RS_FORM_REF || from->scale - scale > RS_NUMERIC_MAX_SCALE ||
		scale - from->scale > RS_NUMERIC_MAX_SCALE || scale > RS_NUMERIC_MAX_SCALE)
		return NULL;
	result = rs_vector_create(rows->arena, RS_FORM_I128, rows->n);
	to = result->data;
	result->scale = (int16) scale;
	result->null = rs_null_union(rows, &from, 1);
	unit = rs_power_of_ten(abs(from->scale - scale));
	for (i = 0; i < rows->n; i++)
	{
		int128		value = rs_vector_numeric(from, i);

		if (is_null(result, i))
			to[i] = 0;
		else if (from->scale > scale)
			to[i] = round_to(value, unit, rounding);
		else if (__builtin_mul_overflow(value, unit, &to[i]))
			return NULL;
	}
	return result;
}

/*
 * round() of integers of 64 bits; NULL: of others.
 */
static RsVector *
round_int64(RsRows *rows, const RsVector *from, int scale)
{
	RsVector   *result;

	if (from->form != RS_FORM_I64 || from->constant || from->scale < scale || from->scale - scale > 18)
		return NULL;
	result = rs_vector_create(rows->arena, RS_FORM_I64, rows->n);
	result->scale = (int16) scale;
	result->null = rs_null_union(rows, &from, 1);
	rs_round_int64(from->data, rows->n, from->scale - scale, result->data);
	return result;
}

/*
 * round(numeric, int) and trunc(numeric, int) with a constant scale, which is the
 * result's; floor and ceil have none.
 */
static RsVector *
round_kernel(RsExpr *expr, RsRows *rows, const RsVector **args)
{
	int64		scale = 0;
	RsVector   *result;

	if (expr->nargs == 2)
	{
		if (!args[1]->constant || rs_vector_is_null(args[1], 0))
			return NULL;
		scale = ((int32 *) args[1]->data)[0];
		if (scale < 0 || scale > RS_NUMERIC_MAX_SCALE)
			return NULL;
	}
	if (expr->variant == ROUND)
	{
		result = round_int64(rows, args[0], (int) scale);
		if (result != NULL)
			return result;
	}
	result = rescale(rows, args[0], (int) scale, (Rounding) expr->variant);
	if (result != NULL)
		narrow_result(rows->arena, result, rows->n);
	return result;
}

typedef enum Sign
{
	ABSOLUTE,
	NEGATE,
	SAME,
	SIGN
} Sign;

static RsVector *
sign_kernel(RsExpr *expr, RsRows *rows, const RsVector **args)
{
	const RsVector *from = args[0];
	RsVector   *result;
	uint32		i;

	if (from->form == RS_FORM_REF)
		return NULL;
	result = rs_vector_create(rows->arena, RS_FORM_I128, rows->n);
	result->null = rs_null_union(rows, args, 1);
	if (expr->variant != SIGN)
	{
		result->scale = from->scale;
		result->scales = from->scales;
	}
	for (i = 0; i < rows->n; i++)
	{
		int128		x = rs_vector_numeric(from, i);

		/* The least value is none of 38 digits: no -x overflows. */
		((int128 *) result->data)[i] = is_null(result, i) ? 0 :
			expr->variant == SIGN ? (x > 0) - (x < 0) :
			expr->variant == NEGATE || (expr->variant == ABSOLUTE && x < 0) ? -x : x;
	}
	narrow_result(rows->arena, result, rows->n);
	return result;
}

/* ---------------------------------------------------------------------
 * Casts
 * ---------------------------------------------------------------------
 */

/*
 * numeric(precision, scale), rounding.
 */
static RsVector *
typmod_kernel(RsExpr *expr, RsRows *rows, const RsVector **args)
{
	int32		typmod;
	int			precision;
	int			scale;
	int128		limit;
	RsVector   *result;
	uint32		i;

	if (!args[1]->constant || rs_vector_is_null(args[1], 0))
		return NULL;
	typmod = ((int32 *) args[1]->data)[0];
	if (typmod < (int32) VARHDRSZ)
		return NULL;
	precision = ((typmod - VARHDRSZ) >> 16) & 0xffff;
	/* Eleven bits, the highest for negative scales, which are not ours. */
	scale = (typmod - VARHDRSZ) & 0x7ff;
	if (scale > RS_NUMERIC_MAX_SCALE || precision > RS_NUMERIC_MAX_SCALE)
		return NULL;
	limit = rs_power_of_ten(precision);
	result = round_int64(rows, args[0], scale);
	if (result != NULL)
	{
		int64		narrow_limit = limit > PG_INT64_MAX ? PG_INT64_MAX : (int64) limit;

		for (i = 0; i < rows->n; i++)
		{
			int64		value = ((int64 *) result->data)[i];

			if ((value >= narrow_limit || value <= -narrow_limit) && !is_null(result, i))
				return NULL;
		}
		return result;
	}
	result = rescale(rows, args[0], scale, ROUND);
	if (result == NULL)
		return NULL;
	for (i = 0; i < rows->n; i++)
	{
		int128		value = ((int128 *) result->data)[i];

		if (value >= limit || value <= -limit)
			return NULL;
	}
	narrow_result(rows->arena, result, rows->n);
	return result;
}

static RsVector *
to_integer_kernel(RsExpr *expr, RsRows *rows, const RsVector **args)
{
	RsVector   *whole = rescale(rows, args[0], 0, ROUND);
	RsVector   *result;
	const int128 *from;
	uint32		i;

	if (whole == NULL)
		return NULL;
	from = whole->data;
	result = rs_vector_create(rows->arena, expr->type.form, rows->n);
	result->null = whole->null;
	for (i = 0; i < rows->n; i++)
	{
		int64		value = (int64) from[i];
		bool		fits = value == from[i];

		if (expr->type.form == RS_FORM_I64)
			((int64 *) result->data)[i] = value;
		else if (expr->type.form == RS_FORM_I32)
		{
			((int32 *) result->data)[i] = (int32) value;
			fits &= value == (int32) value;
		}
		else
		{
			((int16 *) result->data)[i] = (int16) value;
			fits &= value == (int16) value;
		}
		if (!fits)
			return NULL;
	}
	return result;
}

const RsKernelInfo rs_numeric_kernels[] = {
	{F_NUMERIC_DIV, divide_kernel},
	{F_NUMERIC_MOD, modulo_kernel},
	{F_MOD_NUMERIC_NUMERIC, modulo_kernel},
	{F_ROUND_NUMERIC_INT4, round_kernel, ROUND},
	{F_TRUNC_NUMERIC_INT4, round_kernel, TRUNCATE},
	{F_FLOOR_NUMERIC, round_kernel, FLOOR, true},
	{F_CEIL_NUMERIC, round_kernel, CEILING, true},
	{F_CEILING_NUMERIC, round_kernel, CEILING, true},
	{F_NUMERIC_ABS, sign_kernel, ABSOLUTE, true},
	{F_ABS_NUMERIC, sign_kernel, ABSOLUTE, true},
	{F_NUMERIC_UMINUS, sign_kernel, NEGATE, true},
	{F_NUMERIC_UPLUS, sign_kernel, SAME, true},
	{F_SIGN_NUMERIC, sign_kernel, SIGN, true},
	{F_NUMERIC_NUMERIC_INT4, typmod_kernel},
	{F_INT2_NUMERIC, to_integer_kernel},
	{F_INT4_NUMERIC, to_integer_kernel},
	{F_INT8_NUMERIC, to_integer_kernel},
	{InvalidOid}
};
