/*
 * compare.c
 *	  Kernels of =, <>, <, <=, >, >=.
 *
 * Integers, dates and times compare as integers, widened where widths differ;
 * floats in PostgreSQL's
 * order, NaN last and equal to itself; numerics at one scale.  Text compares as
 * bytes where that is what its collation does, else as PostgreSQL compares it.
 */
#include "postgres.h"

#include "encoding/numeric.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/pg_locale.h"
#include "utils/uuid.h"
#include "utils/varlena.h"
#include "vector/kernel/kernel.h"

static RsVector *
integer_kernel(RsExpr *expr, RsRows *rows, const RsVector **args)
{
	RsVector   *result = rs_boolean_vector(rows);
	bool		ac = args[0]->constant;
	bool		bc = args[1]->constant;
	const void *a = args[0]->data;
	const void *b = args[1]->data;
	RsForm		form = args[0]->form;

	result->null = rs_null_union(rows, args, 2);
	if (form != args[1]->form)
	{
		a = rs_as_int64(rows, args[0]);
		b = rs_as_int64(rows, args[1]);
		form = RS_FORM_I64;
	}
	switch (form)
	{
		case RS_FORM_I8:
			rs_compare_int8((RsCompare) expr->variant, rows->n, a, ac, b, bc, result->data);
			break;
		case RS_FORM_I16:
			rs_compare_int16((RsCompare) expr->variant, rows->n, a, ac, b, bc, result->data);
			break;
		case RS_FORM_I32:
			rs_compare_int32((RsCompare) expr->variant, rows->n, a, ac, b, bc, result->data);
			break;
		case RS_FORM_I64:
			rs_compare_int64((RsCompare) expr->variant, rows->n, a, ac, b, bc, result->data);
			break;
		default:
			return NULL;
	}
	return result;
}

/* Their order is without sign. */
static RsVector *
oid_kernel(RsExpr *expr, RsRows *rows, const RsVector **args)
{
	RsVector   *result = rs_boolean_vector(rows);
	int64	   *values[2];
	uint32		i;
	int			side;

	result->null = rs_null_union(rows, args, 2);
	for (side = 0; side < 2; side++)
	{
		uint32		n = args[side]->constant ? 1 : rows->n;

		values[side] = rs_arena_alloc(rows->arena, n * sizeof(int64));
		for (i = 0; i < n; i++)
			values[side][i] = ((uint32 *) args[side]->data)[i];
	}
	rs_compare_int64((RsCompare) expr->variant, rows->n, values[0], args[0]->constant, values[1],
					 args[1]->constant, result->data);
	return result;
}

/* ---------------------------------------------------------------------
 * Floats
 * ---------------------------------------------------------------------
 */

static RsVector *
float_kernel(RsExpr *expr, RsRows *rows, const RsVector **args)
{
	RsCompare	operation = (RsCompare) expr->variant;
	RsVector   *result = rs_boolean_vector(rows);

	result->null = rs_null_union(rows, args, 2);
	if (args[0]->form == RS_FORM_F32 && args[1]->form == RS_FORM_F32)
		rs_compare_float4(operation, rows->n, args[0]->data, args[0]->constant, args[1]->data,
					   args[1]->constant, result->data);
	else
		rs_compare_float8(operation, rows->n, rs_as_double(rows, args[0]), args[0]->constant,
					   rs_as_double(rows, args[1]), args[1]->constant, result->data);
	return result;
}

/* ---------------------------------------------------------------------
 * Numerics
 * ---------------------------------------------------------------------
 */

/*
 * A vector of 64-bit numerics against a constant, which is brought to the vector's
 * scale instead of all its values to the constant's: what lies between two of its
 * values compares as the lower of them does, below the values that are larger.
 */
static bool
compare_constant(RsCompare operation, const RsVector *vector, uint32 n, int128 constant,
				 int scale, uint8 *to)
{
	bool		between = false;
	int64		bound;

	if (scale <= vector->scale)
	{
		if (vector->scale - scale > RS_NUMERIC_MAX_SCALE ||
			__builtin_mul_overflow(constant, rs_power_of_ten(vector->scale - scale), &constant))
			return false;
	}
	else
	{
		int128		unit;
		int128		rest;

		if (scale - vector->scale > RS_NUMERIC_MAX_SCALE)
			return false;
		unit = rs_power_of_ten(scale - vector->scale);
		rest = constant % unit;
		between = rest != 0;
		constant = constant / unit - (rest < 0);
	}
	if (constant != (int64) constant)
		return false;
	bound = (int64) constant;
	if (between)
	{
		if (operation == RS_EQ || operation == RS_NE)
		{
			memset(to, operation == RS_NE, n);
			return true;
		}
		operation = operation == RS_LT || operation == RS_LE ? RS_LE : RS_GT;
	}
	rs_compare_int64(operation, n, vector->data, false, &bound, true, to);
	return true;
}

/* What an operator is with its sides exchanged. */
static RsCompare
commute(RsCompare operation)
{
	switch (operation)
	{
		case RS_LT:
			return RS_GT;
		case RS_LE:
			return RS_GE;
		case RS_GT:
			return RS_LT;
		case RS_GE:
			return RS_LE;
		default:
			return operation;
	}
}

static RsVector *
numeric_kernel(RsExpr *expr, RsRows *rows, const RsVector **args)
{
	RsCompare	operation = (RsCompare) expr->variant;
	RsVector   *result = rs_boolean_vector(rows);
	const int128 *a;
	const int128 *b;
	int			scale;
	int			side;

	if (args[0]->form == RS_FORM_REF || args[1]->form == RS_FORM_REF)
		return NULL;
	result->null = rs_null_union(rows, args, 2);
	if (args[0]->form == RS_FORM_I64 && args[1]->form == RS_FORM_I64 &&
		args[0]->scale == args[1]->scale)
	{
		rs_compare_int64(operation, rows->n, args[0]->data, args[0]->constant, args[1]->data,
						 args[1]->constant, result->data);
		return result;
	}
	for (side = 0; side < 2; side++)
		if (args[side]->constant && !args[!side]->constant && args[!side]->form == RS_FORM_I64 &&
			compare_constant(side == 1 ? operation : commute(operation), args[!side], rows->n,
							 rs_vector_numeric(args[side], 0), args[side]->scale, result->data))
			return result;
	if (!rs_align_numerics(rows, args, &a, &b, &scale))
		return NULL;
	rs_compare_int128(operation, rows->n, a, args[0]->constant, b, args[1]->constant, result->data);
	return result;
}

/* ---------------------------------------------------------------------
 * Bytes
 * ---------------------------------------------------------------------
 */

static inline uint8
decide(RsCompare operation, int order)
{
	switch (operation)
	{
		case RS_EQ:
			return order == 0;
		case RS_NE:
			return order != 0;
		case RS_LT:
			return order < 0;
		case RS_LE:
			return order <= 0;
		case RS_GT:
			return order > 0;
		case RS_GE:
			return order >= 0;
	}
	return 0;
}

static inline Datum
ref_at(const RsVector *vector, uint32 row)
{
	return ((Datum *) vector->data)[vector->constant ? 0 : row];
}

/*
 * By their bytes, or in the order of the collation.
 */
static RsVector *
compare_varlenas(RsExpr *expr, RsRows *rows, const RsVector **args, bool padded, bool collated)
{
	RsVector   *result = rs_boolean_vector(rows);
	uint8	   *to = result->data;
	bool		equality = expr->variant == RS_EQ || expr->variant == RS_NE;
	uint32		i;

	result->null = rs_null_union(rows, args, 2);
	for (i = 0; i < rows->n; i++)
	{
		const char *a;
		const char *b;
		Size		a_size;
		Size		b_size;
		int			order;

		to[i] = 0;
		if (result->null != NULL && result->null[i])
			continue;
		a = rs_varlena_bytes(ref_at(args[0], i), padded, &a_size);
		b = rs_varlena_bytes(ref_at(args[1], i), padded, &b_size);
		if (collated)
			order = varstr_cmp(a, (int) a_size, b, (int) b_size, expr->collation);
		else if (equality && a_size != b_size)
			order = 1;
		else
		{
			order = memcmp(a, b, Min(a_size, b_size));
			if (order == 0)
				order = (a_size > b_size) - (a_size < b_size);
		}
		to[i] = decide((RsCompare) expr->variant, order);
	}
	return result;
}

/*
 * Under a deterministic collation equality is that of bytes; order only under C.
 */
static bool
collation_is_bytes(const RsExpr *expr)
{
	if (expr->variant == RS_EQ || expr->variant == RS_NE)
		return get_collation_isdeterministic(expr->collation);
	return lc_collate_is_c(expr->collation);
}

static RsVector *
string_kernel(RsExpr *expr, RsRows *rows, const RsVector **args, bool padded)
{
	/* An undetermined collation is an error, and the function's. */
	if (!OidIsValid(expr->collation))
		return NULL;
	return compare_varlenas(expr, rows, args, padded, !collation_is_bytes(expr));
}

static RsVector *
text_kernel(RsExpr *expr, RsRows *rows, const RsVector **args)
{
	return string_kernel(expr, rows, args, false);
}

static RsVector *
bpchar_kernel(RsExpr *expr, RsRows *rows, const RsVector **args)
{
	return string_kernel(expr, rows, args, true);
}

static RsVector *
bytea_kernel(RsExpr *expr, RsRows *rows, const RsVector **args)
{
	return compare_varlenas(expr, rows, args, false, false);
}

static RsVector *
uuid_kernel(RsExpr *expr, RsRows *rows, const RsVector **args)
{
	RsVector   *result = rs_boolean_vector(rows);
	uint8	   *to = result->data;
	uint32		i;

	result->null = rs_null_union(rows, args, 2);
	for (i = 0; i < rows->n; i++)
	{
		to[i] = 0;
		if (result->null == NULL || !result->null[i])
			to[i] = decide((RsCompare) expr->variant,
						   memcmp(DatumGetPointer(ref_at(args[0], i)),
								  DatumGetPointer(ref_at(args[1], i)), UUID_LEN));
	}
	return result;
}

#define SIX(prefix, kernel) \
	{prefix##EQ, kernel, RS_EQ, true}, \
	{prefix##NE, kernel, RS_NE, true}, \
	{prefix##LT, kernel, RS_LT, true}, \
	{prefix##LE, kernel, RS_LE, true}, \
	{prefix##GT, kernel, RS_GT, true}, \
	{prefix##GE, kernel, RS_GE, true}

/* Their functions can fail (an undetermined collation), and say so themselves. */
#define SIX_UNSAFE(eq, ne, lt, le, gt, ge, kernel) \
	{eq, kernel, RS_EQ}, {ne, kernel, RS_NE}, {lt, kernel, RS_LT}, \
	{le, kernel, RS_LE}, {gt, kernel, RS_GT}, {ge, kernel, RS_GE}

const RsKernelInfo rs_compare_kernels[] = {
	SIX(F_INT2, integer_kernel),
	SIX(F_INT24, integer_kernel),
	SIX(F_INT42, integer_kernel),
	SIX(F_INT28, integer_kernel),
	SIX(F_INT82, integer_kernel),
	SIX(F_INT4, integer_kernel),
	SIX(F_INT48, integer_kernel),
	SIX(F_INT84, integer_kernel),
	SIX(F_INT8, integer_kernel),
	SIX(F_DATE_, integer_kernel),
	SIX(F_TIME_, integer_kernel),
	SIX(F_TIMESTAMP_, integer_kernel),
	SIX(F_TIMESTAMPTZ_, integer_kernel),
	{F_BOOLEQ, integer_kernel, RS_EQ, true},
	{F_BOOLNE, integer_kernel, RS_NE, true},
	{F_BOOLLT, integer_kernel, RS_LT, true},
	{F_BOOLLE, integer_kernel, RS_LE, true},
	{F_BOOLGT, integer_kernel, RS_GT, true},
	{F_BOOLGE, integer_kernel, RS_GE, true},
	{F_CHAREQ, integer_kernel, RS_EQ, true},
	{F_CHARNE, integer_kernel, RS_NE, true},
	{F_OIDEQ, integer_kernel, RS_EQ, true},
	{F_OIDNE, integer_kernel, RS_NE, true},
	{F_OIDLT, oid_kernel, RS_LT, true},
	{F_OIDLE, oid_kernel, RS_LE, true},
	{F_OIDGT, oid_kernel, RS_GT, true},
	{F_OIDGE, oid_kernel, RS_GE, true},
	SIX(F_FLOAT4, float_kernel),
	SIX(F_FLOAT48, float_kernel),
	SIX(F_FLOAT84, float_kernel),
	SIX(F_FLOAT8, float_kernel),
	SIX(F_NUMERIC_, numeric_kernel),
	SIX(F_BYTEA, bytea_kernel),
	SIX(F_UUID_, uuid_kernel),
	SIX_UNSAFE(F_TEXTEQ, F_TEXTNE, F_TEXT_LT, F_TEXT_LE, F_TEXT_GT, F_TEXT_GE, text_kernel),
	SIX_UNSAFE(F_BPCHAREQ, F_BPCHARNE, F_BPCHARLT, F_BPCHARLE, F_BPCHARGT, F_BPCHARGE,
			   bpchar_kernel),
	{InvalidOid}
};

RsEquality
rs_equality_of(Oid function, RsCompare comparison, Oid collation)
{
	const RsKernelInfo *info = rs_kernel_find(function);

	if (info == NULL || info->variant != (int) comparison)
		return RS_EQUAL_NONE;
	if (info->kernel == integer_kernel)
		return RS_EQUAL_INTEGERS;
	if (info->kernel == numeric_kernel)
		return RS_EQUAL_NUMERICS;
	if (info->kernel == uuid_kernel)
		return RS_EQUAL_UUID;
	if (info->kernel == bytea_kernel)
		return RS_EQUAL_BYTES;
	if ((info->kernel == text_kernel || info->kernel == bpchar_kernel) && OidIsValid(collation) &&
		get_collation_isdeterministic(collation))
		return info->kernel == text_kernel ? RS_EQUAL_BYTES : RS_EQUAL_PADDED;
	return RS_EQUAL_NONE;
}
