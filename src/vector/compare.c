/*
 * compare.c
 *	  Kernels of =, <>, <, <=, >, >=.
 *
 * Integers, dates and times compare as integers, widened where widths differ;
 * dates are turned into timestamps where one side is one; floats in PostgreSQL's
 * order, NaN last and equal to itself; numerics at one scale.  Text compares as
 * bytes where that is what its collation does.
 */
#include "postgres.h"

#include "datatype/timestamp.h"
#include "utils/date.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/pg_locale.h"
#include "utils/uuid.h"
#include "vector/kernel.h"

/*
 * One loop per operation, over values for which the operators of C do.
 */
#define COMPARE_LOOPS(type, a, b) \
	switch ((RsCompare) expr->variant) \
	{ \
		case RS_EQ: \
			RS_BINARY_LOOP(n, type, a, ac, type, b, bc, to, x == y); \
			break; \
		case RS_NE: \
			RS_BINARY_LOOP(n, type, a, ac, type, b, bc, to, x != y); \
			break; \
		case RS_LT: \
			RS_BINARY_LOOP(n, type, a, ac, type, b, bc, to, x < y); \
			break; \
		case RS_LE: \
			RS_BINARY_LOOP(n, type, a, ac, type, b, bc, to, x <= y); \
			break; \
		case RS_GT: \
			RS_BINARY_LOOP(n, type, a, ac, type, b, bc, to, x > y); \
			break; \
		case RS_GE: \
			RS_BINARY_LOOP(n, type, a, ac, type, b, bc, to, x >= y); \
			break; \
	}

#define DEFINE_COMPARE(name, type) \
RS_KERNEL static void \
name(const RsExpr *expr, uint32 n, const type *a, bool ac, const type *b, bool bc, uint8 *to) \
{ \
	COMPARE_LOOPS(type, a, b) \
}

DEFINE_COMPARE(compare_int8, int8)
DEFINE_COMPARE(compare_int16, int16)
DEFINE_COMPARE(compare_int32, int32)
DEFINE_COMPARE(compare_int64, int64)

static void
compare_int128(const RsExpr *expr, uint32 n, const int128 *a, bool ac, const int128 *b, bool bc,
			   uint8 *to)
{
	COMPARE_LOOPS(int128, a, b)
}

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
			compare_int8(expr, rows->n, a, ac, b, bc, result->data);
			break;
		case RS_FORM_I16:
			compare_int16(expr, rows->n, a, ac, b, bc, result->data);
			break;
		case RS_FORM_I32:
			compare_int32(expr, rows->n, a, ac, b, bc, result->data);
			break;
		case RS_FORM_I64:
			compare_int64(expr, rows->n, a, ac, b, bc, result->data);
			break;
		default:
			return NULL;
	}
	return result;
}

/* ---------------------------------------------------------------------
 * Dates against timestamps
 * ---------------------------------------------------------------------
 */

/*
 * Timestamps of dates.  A date beyond what timestamps reach is put between the
 * last of them and infinity, where PostgreSQL's comparison has it.
 */
static const int64 *
as_timestamp(RsRows *rows, const RsVector *vector)
{
	const int32 *dates = vector->data;
	uint32		n = vector->constant ? 1 : rows->n;
	int64	   *to;
	uint32		i;

	if (vector->form == RS_FORM_I64)
		return vector->data;
	to = rs_arena_alloc(rows->arena, n * sizeof(int64));
	for (i = 0; i < n; i++)
	{
		if (DATE_IS_NOBEGIN(dates[i]))
			to[i] = DT_NOBEGIN;
		else if (DATE_IS_NOEND(dates[i]))
			to[i] = DT_NOEND;
		else if (dates[i] >= (TIMESTAMP_END_JULIAN - POSTGRES_EPOCH_JDATE))
			to[i] = DT_NOEND - 1;
		else
			to[i] = (int64) dates[i] * USECS_PER_DAY;
	}
	return to;
}

static RsVector *
date_timestamp_kernel(RsExpr *expr, RsRows *rows, const RsVector **args)
{
	RsVector   *result = rs_boolean_vector(rows);

	result->null = rs_null_union(rows, args, 2);
	compare_int64(expr, rows->n, as_timestamp(rows, args[0]), args[0]->constant,
				  as_timestamp(rows, args[1]), args[1]->constant, result->data);
	return result;
}

/* ---------------------------------------------------------------------
 * Floats
 * ---------------------------------------------------------------------
 */

static inline double
float_at(const RsVector *vector, uint32 row)
{
	uint32		i = vector->constant ? 0 : row;

	return vector->form == RS_FORM_F32 ? ((float4 *) vector->data)[i] : ((float8 *) vector->data)[i];
}

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

static RsVector *
float_kernel(RsExpr *expr, RsRows *rows, const RsVector **args)
{
	RsVector   *result = rs_boolean_vector(rows);
	uint8	   *to = result->data;
	uint32		i;

	result->null = rs_null_union(rows, args, 2);
	for (i = 0; i < rows->n; i++)
		to[i] = decide((RsCompare) expr->variant,
					   rs_float_order(float_at(args[0], i), float_at(args[1], i)));
	return result;
}

/* ---------------------------------------------------------------------
 * Numerics
 * ---------------------------------------------------------------------
 */

static RsVector *
numeric_kernel(RsExpr *expr, RsRows *rows, const RsVector **args)
{
	RsVector   *result = rs_boolean_vector(rows);
	const int128 *a;
	const int128 *b;
	int			scale;

	result->null = rs_null_union(rows, args, 2);
	if (args[0]->form == RS_FORM_I64 && args[1]->form == RS_FORM_I64 &&
		args[0]->scale == args[1]->scale)
	{
		compare_int64(expr, rows->n, args[0]->data, args[0]->constant, args[1]->data,
					  args[1]->constant, result->data);
		return result;
	}
	if (!rs_align_numerics(rows, args, &a, &b, &scale))
		return NULL;
	compare_int128(expr, rows->n, a, args[0]->constant, b, args[1]->constant, result->data);
	return result;
}

/* ---------------------------------------------------------------------
 * Bytes
 * ---------------------------------------------------------------------
 */

static inline Datum
ref_at(const RsVector *vector, uint32 row)
{
	return ((Datum *) vector->data)[vector->constant ? 0 : row];
}

static RsVector *
compare_bytes(RsExpr *expr, RsRows *rows, const RsVector **args, bool padded)
{
	RsVector   *result = rs_boolean_vector(rows);
	uint8	   *to = result->data;
	MemoryContext old = MemoryContextSwitchTo(rows->values);
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
		if (equality && a_size != b_size)
			order = 1;
		else
		{
			order = memcmp(a, b, Min(a_size, b_size));
			if (order == 0)
				order = (a_size > b_size) - (a_size < b_size);
		}
		to[i] = decide((RsCompare) expr->variant, order);
	}
	MemoryContextSwitchTo(old);
	return result;
}

/*
 * Under a deterministic collation equality is that of bytes; order only under C.
 */
static bool
collation_is_bytes(const RsExpr *expr)
{
	if (!OidIsValid(expr->collation))
		return false;			/* the function says so */
	if (expr->variant == RS_EQ || expr->variant == RS_NE)
		return get_collation_isdeterministic(expr->collation);
	return lc_collate_is_c(expr->collation);
}

static RsVector *
text_kernel(RsExpr *expr, RsRows *rows, const RsVector **args)
{
	return collation_is_bytes(expr) ? compare_bytes(expr, rows, args, false) : NULL;
}

static RsVector *
bpchar_kernel(RsExpr *expr, RsRows *rows, const RsVector **args)
{
	return collation_is_bytes(expr) ? compare_bytes(expr, rows, args, true) : NULL;
}

static RsVector *
bytea_kernel(RsExpr *expr, RsRows *rows, const RsVector **args)
{
	return compare_bytes(expr, rows, args, false);
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
	{F_DATE_EQ_TIMESTAMP, date_timestamp_kernel, RS_EQ, true},
	{F_DATE_NE_TIMESTAMP, date_timestamp_kernel, RS_NE, true},
	{F_DATE_LT_TIMESTAMP, date_timestamp_kernel, RS_LT, true},
	{F_DATE_LE_TIMESTAMP, date_timestamp_kernel, RS_LE, true},
	{F_DATE_GT_TIMESTAMP, date_timestamp_kernel, RS_GT, true},
	{F_DATE_GE_TIMESTAMP, date_timestamp_kernel, RS_GE, true},
	{F_TIMESTAMP_EQ_DATE, date_timestamp_kernel, RS_EQ, true},
	{F_TIMESTAMP_NE_DATE, date_timestamp_kernel, RS_NE, true},
	{F_TIMESTAMP_LT_DATE, date_timestamp_kernel, RS_LT, true},
	{F_TIMESTAMP_LE_DATE, date_timestamp_kernel, RS_LE, true},
	{F_TIMESTAMP_GT_DATE, date_timestamp_kernel, RS_GT, true},
	{F_TIMESTAMP_GE_DATE, date_timestamp_kernel, RS_GE, true},
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
