/*
 * loops.c
 *	  The kernels' inner loops.
 */
#include "postgres.h"

#include <float.h>
#include <math.h>

#include "vector/kernel/loops.h"

/* ---------------------------------------------------------------------
 * Comparisons
 * ---------------------------------------------------------------------
 */

#define EQUAL(x, y)			((x) == (y))
#define LESS(x, y)			((x) < (y))

/* x is less than y if C says so, or only y is NaN. */
#define FLOAT_EQUAL(x, y)	(((x) == (y)) | (((x) != (x)) & ((y) != (y))))
#define FLOAT_LESS(x, y)	(((x) < (y)) | (((x) == (x)) & ((y) != (y))))

#define COMPARE_LOOPS(type, equal, less) \
	switch (operation) \
	{ \
		case RS_EQ: \
			RS_BINARY_LOOP(n, type, a, ac, type, b, bc, to, equal(x, y)); \
			break; \
		case RS_NE: \
			RS_BINARY_LOOP(n, type, a, ac, type, b, bc, to, !equal(x, y)); \
			break; \
		case RS_LT: \
			RS_BINARY_LOOP(n, type, a, ac, type, b, bc, to, less(x, y)); \
			break; \
		case RS_LE: \
			RS_BINARY_LOOP(n, type, a, ac, type, b, bc, to, !less(y, x)); \
			break; \
		case RS_GT: \
			RS_BINARY_LOOP(n, type, a, ac, type, b, bc, to, less(y, x)); \
			break; \
		case RS_GE: \
			RS_BINARY_LOOP(n, type, a, ac, type, b, bc, to, !less(x, y)); \
			break; \
	}

#define DEFINE_COMPARE(name, type, equal, less) \
void \
name(RsCompare operation, uint32 n, const type *a, bool ac, const type *b, bool bc, uint8 *to) \
{ \
	COMPARE_LOOPS(type, equal, less) \
}

RS_KERNEL DEFINE_COMPARE(rs_compare_int8, int8, EQUAL, LESS)
RS_KERNEL DEFINE_COMPARE(rs_compare_int16, int16, EQUAL, LESS)
RS_KERNEL DEFINE_COMPARE(rs_compare_int32, int32, EQUAL, LESS)
RS_KERNEL DEFINE_COMPARE(rs_compare_int64, int64, EQUAL, LESS)
DEFINE_COMPARE(rs_compare_int128, int128, EQUAL, LESS)
RS_KERNEL DEFINE_COMPARE(rs_compare_float4, float4, FLOAT_EQUAL, FLOAT_LESS)
RS_KERNEL DEFINE_COMPARE(rs_compare_float8, float8, FLOAT_EQUAL, FLOAT_LESS)

/* ---------------------------------------------------------------------
 * Arithmetic
 * ---------------------------------------------------------------------
 */

RS_KERNEL void
rs_arithmetic_int64(RsArithmetic operation, uint32 n, const int64 *a, bool ac, const int64 *b,
					bool bc, int64 *to)
{
	switch (operation)
	{
		case RS_ADD:
			RS_BINARY_LOOP(n, int64, a, ac, int64, b, bc, to, (int64) ((uint64) x + (uint64) y));
			break;
		case RS_SUBTRACT:
			RS_BINARY_LOOP(n, int64, a, ac, int64, b, bc, to, (int64) ((uint64) x - (uint64) y));
			break;
		case RS_MULTIPLY:
			RS_BINARY_LOOP(n, int64, a, ac, int64, b, bc, to, (int64) ((uint64) x * (uint64) y));
			break;
		default:
			Assert(false);
	}
}

#define FLOAT_ARITHMETIC(type, abs, max) \
	bool		bad = false; \
	uint32		i; \
	switch (operation) \
	{ \
		case RS_ADD: \
			RS_BINARY_LOOP(n, type, a, ac, type, b, bc, to, x + y); \
			break; \
		case RS_SUBTRACT: \
			RS_BINARY_LOOP(n, type, a, ac, type, b, bc, to, x - y); \
			break; \
		case RS_MULTIPLY: \
			RS_BINARY_LOOP(n, type, a, ac, type, b, bc, to, x * y); \
			break; \
		default: \
			RS_BINARY_LOOP(n, type, a, ac, type, b, bc, to, x / y); \
	} \
	for (i = 0; i < n; i++) \
		bad |= !(abs(to[i]) <= max) | (to[i] == 0); \
	return bad

RS_KERNEL bool
rs_arithmetic_float4(RsArithmetic operation, uint32 n, const float4 *a, bool ac, const float4 *b,
					 bool bc, float4 *to)
{
	FLOAT_ARITHMETIC(float4, fabsf, FLT_MAX);
}

RS_KERNEL bool
rs_arithmetic_float8(RsArithmetic operation, uint32 n, const float8 *a, bool ac, const float8 *b,
					 bool bc, float8 *to)
{
	FLOAT_ARITHMETIC(float8, fabs, DBL_MAX);
}

RS_KERNEL uint64
rs_magnitude(const int64 *values, uint32 n)
{
	uint64		bits = 0;
	uint32		i;

	for (i = 0; i < n; i++)
		bits |= (uint64) (values[i] < 0 ? ~values[i] : values[i]);
	return bits;
}

RS_KERNEL int64
rs_sum_int32(const int32 *values, uint32 n)
{
	int64		sum = 0;
	uint32		i;

	for (i = 0; i < n; i++)
		sum += values[i];
	return sum;
}

RS_KERNEL int64
rs_sum_int64(const int64 *values, uint32 n)
{
	uint64		sum = 0;
	uint32		i;

	for (i = 0; i < n; i++)
		sum += (uint64) values[i];
	return (int64) sum;
}

RS_KERNEL void
rs_hash_int32(const int32 *values, uint32 n, uint64 *hashes)
{
	uint32		i;

	for (i = 0; i < n; i++)
		hashes[i] = rs_hash_integer(hashes[i] ^ (uint64) (int64) values[i]);
}

RS_KERNEL void
rs_hash_int64(const int64 *values, uint32 n, uint64 *hashes)
{
	uint32		i;

	for (i = 0; i < n; i++)
		hashes[i] = rs_hash_integer(hashes[i] ^ (uint64) values[i]);
}

#define EXTREME_LOOPS(type) \
	if (greatest) \
		RS_BINARY_LOOP(n, type, a, ac, type, b, bc, to, x > y ? x : y); \
	else \
		RS_BINARY_LOOP(n, type, a, ac, type, b, bc, to, x < y ? x : y)

RS_KERNEL void
rs_extreme_int32(bool greatest, uint32 n, const int32 *a, bool ac, const int32 *b, bool bc, int32 *to)
{
	EXTREME_LOOPS(int32);
}

RS_KERNEL void
rs_extreme_int64(bool greatest, uint32 n, const int64 *a, bool ac, const int64 *b, bool bc, int64 *to)
{
	EXTREME_LOOPS(int64);
}

/*
 * Twice the rest against the divisor would overflow: it is compared with what is
 * left of it.
 */
#define ROUND_LOOP(divisor) \
	for (i = 0; i < n; i++) \
	{ \
		int64		quotient = values[i] / (divisor); \
		int64		rest = values[i] - quotient * (divisor); \
		\
		to[i] = quotient + (rest >= (divisor) - rest) - (-rest >= (divisor) + rest); \
	} \
	break

void
rs_round_int64(const int64 *values, uint32 n, int exponent, int64 *to)
{
	int64		power = 1;
	uint32		i;

	switch (exponent)
	{
			/* Dividing by a constant is multiplying. */
		case 1:
			ROUND_LOOP(INT64CONST(10));
		case 2:
			ROUND_LOOP(INT64CONST(100));
		case 3:
			ROUND_LOOP(INT64CONST(1000));
		case 4:
			ROUND_LOOP(INT64CONST(10000));
		case 6:
			ROUND_LOOP(INT64CONST(1000000));
		case 0:
			memmove(to, values, n * sizeof(int64));
			break;
		default:
			while (exponent-- > 0)
				power *= 10;
			ROUND_LOOP(power);
	}
}

/* ---------------------------------------------------------------------
 * Days
 * ---------------------------------------------------------------------
 */

/*
 * Years are counted from March, so that the leap day ends one, in cycles of 400 of
 * them, 146,097 days.  A century has a day less than 25 times four years, but for
 * the cycle's last.  Months from March on have 153 days in five.
 */
RS_KERNEL void
rs_civil_days(const int32 *days, uint32 n, int32 *year, int32 *month, int32 *mday)
{
	uint32		i;

	for (i = 0; i < n; i++)
	{
		/* 730,425 days lie between the first of March before year 1 and 2000-01-01. */
		uint32		day = (uint32) days[i] + 730425;
		uint32		cycle = day / 146097;
		uint32		in_cycle = day - cycle * 146097;
		uint32		in_years = (in_cycle - in_cycle / 1460 + in_cycle / 36524 - in_cycle / 146096) / 365;
		uint32		in_year = in_cycle - (365 * in_years + in_years / 4 - in_years / 100);
		uint32		from_march = (5 * in_year + 2) / 153;

		mday[i] = (int32) (in_year - (153 * from_march + 2) / 5 + 1);
		month[i] = (int32) (from_march < 10 ? from_march + 3 : from_march - 9);
		year[i] = (int32) (cycle * 400 + in_years + (from_march >= 10));
	}
}

/* ---------------------------------------------------------------------
 * Selection
 * ---------------------------------------------------------------------
 */

/*
 * Eight at a time: most are all false, or all true.
 */
uint32
rs_select(const uint8 *values, const uint8 *null, uint32 n, uint32 *chosen)
{
	const uint64 all = UINT64CONST(0x0101010101010101);
	uint32		count = 0;
	uint32		i;
	uint32		k;

	for (i = 0; i + sizeof(uint64) <= n; i += sizeof(uint64))
	{
		uint64		flags;
		uint64		nulls = 0;

		memcpy(&flags, values + i, sizeof(flags));
		if (null != NULL)
			memcpy(&nulls, null + i, sizeof(nulls));
		flags &= ~nulls & all;
		if (flags == 0)
			continue;
		if (flags == all)
		{
			for (k = 0; k < sizeof(uint64); k++)
				chosen[count + k] = i + k;
			count += sizeof(uint64);
			continue;
		}
		for (k = 0; k < sizeof(uint64); k++)
		{
			chosen[count] = i + k;
			count += values[i + k] & (null == NULL ? 1 : ~null[i + k] & 1);
		}
	}
	for (; i < n; i++)
		if (values[i] && (null == NULL || !null[i]))
			chosen[count++] = i;
	return count;
}
