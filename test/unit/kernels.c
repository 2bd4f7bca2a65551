/*
 * kernels.c
 *	  The engine's inner loops give what plain C gives, and every version of them
 *	  the same.
 */
#include "postgres.h"

#include <math.h>

#include "harness.h"
#include "vector/kernel/loops.h"
#include "vector/kernel/search.h"

/* Around the widths of vectors, and a batch. */
static const uint32 counts[] = {0, 1, 2, 7, 8, 9, 31, 32, 33, 63, 64, 65, 127, 129, 1000, 2047, 2048};

#define MAX_COUNT	2048

typedef enum Sides
{
	BOTH,
	LEFT_CONSTANT,
	RIGHT_CONSTANT,
	SIDES
} Sides;

/*
 * Numbers small enough to meet again, and large ones.
 */
static int64
some_integer(void)
{
	static const int64 edges[] = {PG_INT64_MIN, PG_INT64_MAX, PG_INT32_MIN, PG_INT32_MAX, 0, -1, 1};

	switch (rnd_below(4))
	{
		case 0:
			return (int64) rnd();
		case 1:
			return edges[rnd_below(lengthof(edges))];
		default:
			return (int64) rnd_below(9) - 4;
	}
}

static double
some_float(void)
{
	static const double edges[] = {0.0, -0.0, 1.0, -1.0, 1e300, 1e-300, -1e300, 0.1, 3e38, 1e-38};

	switch (rnd_below(6))
	{
		case 0:
			return NAN;
		case 1:
			return rnd_below(2) ? INFINITY : -INFINITY;
		case 2:
			return edges[rnd_below(lengthof(edges))];
		default:
			return ((double) rnd_below(2000) - 1000) / (1 + rnd_below(7));
	}
}

static bool
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
	return false;
}

#define PLAIN_ORDER(x, y)	(((x) > (y)) - ((x) < (y)))

/*
 * One comparison of each kind for each number of values.
 */
#define TEST_COMPARE(name, type, make, order) \
static void \
test_##name(void) \
{ \
	static type a[MAX_COUNT]; \
	static type b[MAX_COUNT]; \
	static uint8 to[MAX_COUNT]; \
	int			wrong = 0; \
	int			operation; \
	int			sides; \
	uint32		c; \
	uint32		i; \
\
	for (c = 0; c < lengthof(counts); c++) \
		for (operation = RS_EQ; operation <= RS_GE; operation++) \
			for (sides = 0; sides < SIDES; sides++) \
			{ \
				for (i = 0; i < MAX_COUNT; i++) \
				{ \
					a[i] = (type) make(); \
					b[i] = (type) make(); \
				} \
				name((RsCompare) operation, counts[c], a, sides == LEFT_CONSTANT, b, \
					 sides == RIGHT_CONSTANT, to); \
				for (i = 0; i < counts[c]; i++) \
				{ \
					type		x = a[sides == LEFT_CONSTANT ? 0 : i]; \
					type		y = b[sides == RIGHT_CONSTANT ? 0 : i]; \
\
					wrong += to[i] != decide((RsCompare) operation, order(x, y)); \
				} \
				digest(to, counts[c]); \
			} \
	ok(wrong == 0, #name); \
}

static int
float_order(double x, double y)
{
	if (isnan(x) || isnan(y))
		return isnan(x) - isnan(y);
	return PLAIN_ORDER(x, y);
}

TEST_COMPARE(rs_compare_int8, int8, some_integer, PLAIN_ORDER)
TEST_COMPARE(rs_compare_int16, int16, some_integer, PLAIN_ORDER)
TEST_COMPARE(rs_compare_int32, int32, some_integer, PLAIN_ORDER)
TEST_COMPARE(rs_compare_int64, int64, some_integer, PLAIN_ORDER)
TEST_COMPARE(rs_compare_int128, int128, some_integer, PLAIN_ORDER)
TEST_COMPARE(rs_compare_float4, float4, some_float, float_order)
TEST_COMPARE(rs_compare_float8, float8, some_float, float_order)

static void
test_int64_arithmetic(void)
{
	static int64 a[MAX_COUNT];
	static int64 b[MAX_COUNT];
	static int64 to[MAX_COUNT];
	uint64		bits = 0;
	int			wrong = 0;
	int			operation;
	int			sides;
	uint32		c;
	uint32		i;

	for (c = 0; c < lengthof(counts); c++)
		for (operation = RS_ADD; operation <= RS_MULTIPLY; operation++)
			for (sides = 0; sides < SIDES; sides++)
			{
				for (i = 0; i < MAX_COUNT; i++)
				{
					a[i] = some_integer();
					b[i] = some_integer();
				}
				rs_arithmetic_int64((RsArithmetic) operation, counts[c], a, sides == LEFT_CONSTANT, b,
									sides == RIGHT_CONSTANT, to);
				for (i = 0; i < counts[c]; i++)
				{
					uint64		x = (uint64) a[sides == LEFT_CONSTANT ? 0 : i];
					uint64		y = (uint64) b[sides == RIGHT_CONSTANT ? 0 : i];
					uint64		result = operation == RS_ADD ? x + y : operation == RS_SUBTRACT ? x - y : x * y;

					wrong += (uint64) to[i] != result;
				}
				digest(to, counts[c] * sizeof(int64));
			}
	ok(wrong == 0, "rs_arithmetic_int64");
	for (i = 0; i < 100; i++)
	{
		a[i] = (int64) rnd_below(1000) - 500;
		bits |= (uint64) (a[i] < 0 ? ~a[i] : a[i]);
	}
	ok(rs_magnitude(a, 100) == bits && rs_magnitude(a, 0) == 0, "rs_magnitude");
}

#define TEST_FLOATS(name, type) \
static void \
test_##name(void) \
{ \
	static type a[MAX_COUNT]; \
	static type b[MAX_COUNT]; \
	static type to[MAX_COUNT]; \
	int			wrong = 0; \
	int			operation; \
	int			sides; \
	uint32		c; \
	uint32		i; \
\
	for (c = 0; c < lengthof(counts); c++) \
		for (operation = RS_ADD; operation <= RS_DIVIDE; operation++) \
			for (sides = 0; sides < SIDES; sides++) \
			{ \
				bool		expected = false; \
				bool		bad; \
\
				for (i = 0; i < MAX_COUNT; i++) \
				{ \
					a[i] = c % 2 ? (type) some_float() : (type) (1 + rnd_below(100)); \
					b[i] = c % 2 ? (type) some_float() : (type) (200 + rnd_below(100)); \
				} \
				bad = name((RsArithmetic) operation, counts[c], a, sides == LEFT_CONSTANT, b, \
						   sides == RIGHT_CONSTANT, to); \
				for (i = 0; i < counts[c]; i++) \
				{ \
					volatile type x = a[sides == LEFT_CONSTANT ? 0 : i]; \
					volatile type y = b[sides == RIGHT_CONSTANT ? 0 : i]; \
					volatile type result = operation == RS_ADD ? x + y : \
						operation == RS_SUBTRACT ? x - y : operation == RS_MULTIPLY ? x * y : x / y; \
\
					expected |= isnan(result) || isinf(result) || result == 0; \
					wrong += float_order(result, to[i]) != 0 || \
						(!isnan(result) && !signbit(result) != !signbit(to[i])); \
					if (isnan(to[i])) \
						to[i] = 0; \
				} \
				wrong += bad != expected; \
				digest(to, counts[c] * sizeof(type)); \
			} \
	ok(wrong == 0, #name); \
}

TEST_FLOATS(rs_arithmetic_float4, float4)
TEST_FLOATS(rs_arithmetic_float8, float8)

static void
test_extremes_and_rounding(void)
{
	static int64 a[MAX_COUNT];
	static int64 b[MAX_COUNT];
	static int64 to[MAX_COUNT];
	static int32 a32[MAX_COUNT];
	static int32 b32[MAX_COUNT];
	static int32 to32[MAX_COUNT];
	int			wrong = 0;
	int			round;
	uint32		i;

	for (round = 0; round < 60; round++)
	{
		bool		greatest = rnd_below(2);
		int			sides = (int) rnd_below(SIDES);
		uint32		n = counts[rnd_below(lengthof(counts))];

		for (i = 0; i < MAX_COUNT; i++)
		{
			a[i] = some_integer();
			b[i] = some_integer();
			a32[i] = (int32) a[i];
			b32[i] = (int32) b[i];
		}
		rs_extreme_int64(greatest, n, a, sides == LEFT_CONSTANT, b, sides == RIGHT_CONSTANT, to);
		rs_extreme_int32(greatest, n, a32, sides == LEFT_CONSTANT, b32, sides == RIGHT_CONSTANT, to32);
		for (i = 0; i < n; i++)
		{
			uint32		l = sides == LEFT_CONSTANT ? 0 : i;
			uint32		r = sides == RIGHT_CONSTANT ? 0 : i;

			wrong += to[i] != (greatest ? Max(a[l], b[r]) : Min(a[l], b[r]));
			wrong += to32[i] != (greatest ? Max(a32[l], b32[r]) : Min(a32[l], b32[r]));
		}
		digest(to, n * sizeof(int64));
		digest(to32, n * sizeof(int32));
	}
	ok(wrong == 0, "rs_extreme_int32, rs_extreme_int64");

	wrong = 0;
	for (round = 0; round <= 18; round++)
	{
		int128		power = 1;

		for (i = 0; i < (uint32) round; i++)
			power *= 10;
		for (i = 0; i < MAX_COUNT; i++)
			a[i] = rnd_below(2) ? some_integer() : (int64) (power / 2) * (int64) (rnd_below(7) - 3) + (int64) rnd_below(3) - 1;
		rs_round_int64(a, MAX_COUNT, round, to);
		for (i = 0; i < MAX_COUNT; i++)
		{
			int128		magnitude = a[i] < 0 ? -(int128) a[i] : a[i];

			magnitude = (2 * magnitude + power) / (2 * power);
			wrong += to[i] != (a[i] < 0 ? -magnitude : magnitude);
		}
		digest(to, sizeof(to));
	}
	ok(wrong == 0, "rs_round_int64");
}

static void
test_sums_and_hashes(void)
{
	static int64 values[MAX_COUNT];
	static int32 narrow[MAX_COUNT];
	static uint64 hashes[MAX_COUNT];
	static uint64 narrow_hashes[MAX_COUNT];
	int			wrong = 0;
	uint32		c;
	uint32		i;

	for (c = 0; c < lengthof(counts); c++)
	{
		uint64		sum = 0;
		uint64		narrow_sum = 0;

		for (i = 0; i < counts[c]; i++)
		{
			values[i] = some_integer();
			narrow[i] = (int32) values[i];
			sum += (uint64) values[i];
			narrow_sum += (uint64) (int64) narrow[i];
			hashes[i] = narrow_hashes[i] = i;
		}
		wrong += (uint64) rs_sum_int64(values, counts[c]) != sum;
		wrong += (uint64) rs_sum_int32(narrow, counts[c]) != narrow_sum;
		rs_hash_int64(values, counts[c], hashes);
		rs_hash_int32(narrow, counts[c], narrow_hashes);
		for (i = 0; i < counts[c]; i++)
		{
			wrong += hashes[i] != rs_hash_integer(i ^ (uint64) values[i]);
			wrong += narrow_hashes[i] != rs_hash_integer(i ^ (uint64) (int64) narrow[i]);
		}
		digest(hashes, counts[c] * sizeof(uint64));
		digest(narrow_hashes, counts[c] * sizeof(uint64));
	}
	ok(wrong == 0, "sums and hashes");
}

/*
 * All days of the first ten thousand years, one after the other.
 */
static void
test_days(void)
{
	static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	static int32 days[MAX_COUNT];
	static int32 year[MAX_COUNT];
	static int32 month[MAX_COUNT];
	static int32 mday[MAX_COUNT];
	int			y = 1;
	int			m = 1;
	int			d = 1;
	int			wrong = 0;
	int32		day;
	uint32		i;

	for (day = RS_FIRST_DAY; y <= 10000; day += MAX_COUNT)
	{
		for (i = 0; i < MAX_COUNT; i++)
			days[i] = day + (int32) i;
		rs_civil_days(days, MAX_COUNT, year, month, mday);
		for (i = 0; i < MAX_COUNT; i++)
		{
			bool		leap = y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);

			wrong += year[i] != y || month[i] != m || mday[i] != d;
			if (++d <= lengths[m - 1] + (leap && m == 2))
				continue;
			d = 1;
			m = m % 12 + 1;
			y += m == 1;
		}
		digest(mday, sizeof(mday));
	}
	/* The last date of PostgreSQL. */
	days[0] = 2145031948;
	rs_civil_days(days, 1, year, month, mday);
	ok(wrong == 0 && year[0] == 5874897 && month[0] == 12 && mday[0] == 31, "rs_civil_days");
}

static void
test_select(void)
{
	static uint8 values[MAX_COUNT];
	static uint8 null[MAX_COUNT];
	static uint32 chosen[MAX_COUNT];
	int			wrong = 0;
	uint32		c;
	uint32		i;
	int			density;

	for (c = 0; c < lengthof(counts); c++)
		for (density = 0; density <= 4; density++)
		{
			bool		nulls = rnd_below(2);
			uint32		n = 0;
			uint32		count;

			for (i = 0; i < MAX_COUNT; i++)
			{
				values[i] = density == 4 || rnd_below(64) < (uint64) density * density * 4;
				null[i] = rnd_below(8) == 0;
			}
			count = rs_select(values, nulls ? null : NULL, counts[c], chosen);
			for (i = 0; i < counts[c]; i++)
				if (values[i] && (!nulls || !null[i]))
				{
					wrong += n >= count || chosen[n] != i;
					n++;
				}
			wrong += n != count;
			digest(chosen, count * sizeof(uint32));
		}
	ok(wrong == 0, "rs_select");
}

/*
 * The needle is put behind the text, too, where it must not be found.
 */
static void
test_search(void)
{
	int			wrong = 0;
	int			round;

	for (round = 0; round < 20000; round++)
	{
		Size		size = rnd_below(round % 10 ? 40 : 400);
		Size		needle_size = rnd_below(8);
		char	   *text = malloc(size + needle_size + 1);
		char		needle[8];
		const char *found;
		const char *expected = NULL;
		Size		i;

		for (i = 0; i < needle_size; i++)
			needle[i] = (char) ('a' + rnd_below(2));
		for (i = 0; i < size; i++)
			text[i] = (char) ('a' + rnd_below(round % 3 ? 2 : 5));
		memcpy(text + size, needle, needle_size);
		for (i = 0; i + needle_size <= size && expected == NULL; i++)
			if (memcmp(text + i, needle, needle_size) == 0)
				expected = text + i;
		found = rs_search(text, text + size, needle, needle_size);
		wrong += found != expected;
		i = found == NULL ? size + 1 : (Size) (found - text);
		digest(&i, sizeof(i));
		free(text);
	}
	ok(wrong == 0, "rs_search");
}

int
main(int argc, char **argv)
{
	harness_begin(argc, argv);
	test_rs_compare_int8();
	test_rs_compare_int16();
	test_rs_compare_int32();
	test_rs_compare_int64();
	test_rs_compare_int128();
	test_rs_compare_float4();
	test_rs_compare_float8();
	test_int64_arithmetic();
	test_rs_arithmetic_float4();
	test_rs_arithmetic_float8();
	test_extremes_and_rounding();
	test_sums_and_hashes();
	test_days();
	test_select();
	test_search();
	return harness_end();
}
