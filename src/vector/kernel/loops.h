/*
 * loops.h
 *	  The kernels' inner loops.
 *
 * Plain loops over arrays, compiled once for each kind of processor (RS_KERNEL);
 * nothing here needs a server, so test/unit can hold the versions against each
 * other.  An operand that is constant is an array of one value.
 */
#ifndef RS_LOOPS_H
#define RS_LOOPS_H

#include "encoding/bitpack.h"

/* Three loops, so that the compiler vectorises each. */
#define RS_BINARY_LOOP(n, ta, a, a_constant, tb, b, b_constant, to, operation) \
	do { \
		uint32 i_; \
		if (a_constant) \
		{ \
			const ta x = (a)[0]; \
			for (i_ = 0; i_ < (n); i_++) \
			{ \
				const tb y = (b)[(b_constant) ? 0 : i_]; \
				(to)[i_] = (operation); \
			} \
		} \
		else if (b_constant) \
		{ \
			const tb y = (b)[0]; \
			for (i_ = 0; i_ < (n); i_++) \
			{ \
				const ta x = (a)[i_]; \
				(to)[i_] = (operation); \
			} \
		} \
		else \
			for (i_ = 0; i_ < (n); i_++) \
			{ \
				const ta x = (a)[i_]; \
				const tb y = (b)[i_]; \
				(to)[i_] = (operation); \
			} \
	} while (0)

/* Comparisons; floats have PostgreSQL's order, NaN last and equal to itself. */
typedef enum RsCompare
{
	RS_EQ,
	RS_NE,
	RS_LT,
	RS_LE,
	RS_GT,
	RS_GE
} RsCompare;

#define RS_DECLARE_COMPARE(name, type) \
	extern void name(RsCompare operation, uint32 n, const type *a, bool ac, const type *b, bool bc, \
					 uint8 *to)

RS_DECLARE_COMPARE(rs_compare_int8, int8);
RS_DECLARE_COMPARE(rs_compare_int16, int16);
RS_DECLARE_COMPARE(rs_compare_int32, int32);
RS_DECLARE_COMPARE(rs_compare_int64, int64);
RS_DECLARE_COMPARE(rs_compare_int128, int128);
RS_DECLARE_COMPARE(rs_compare_float4, float4);
RS_DECLARE_COMPARE(rs_compare_float8, float8);

/* Arithmetic; integers modulo 2^64. */
typedef enum RsArithmetic
{
	RS_ADD,
	RS_SUBTRACT,
	RS_MULTIPLY,
	RS_DIVIDE,					/* not of integers */
	RS_MODULO
} RsArithmetic;

extern void rs_arithmetic_int64(RsArithmetic operation, uint32 n, const int64 *a, bool ac,
								const int64 *b, bool bc, int64 *to);

/* True: a result is zero, infinite or NaN. */
extern bool rs_arithmetic_float4(RsArithmetic operation, uint32 n, const float4 *a, bool ac,
								 const float4 *b, bool bc, float4 *to);
extern bool rs_arithmetic_float8(RsArithmetic operation, uint32 n, const float8 *a, bool ac,
								 const float8 *b, bool bc, float8 *to);

/* All bits that differ from the sign, of any value: how far from zero they go. */
extern uint64 rs_magnitude(const int64 *values, uint32 n);

/* Sums modulo 2^64. */
extern int64 rs_sum_int32(const int32 *values, uint32 n);
extern int64 rs_sum_int64(const int64 *values, uint32 n);

/* Hash of an integer, without loss: the finalizer of MurmurHash3. */
static inline uint64
rs_hash_integer(uint64 hash)
{
	hash ^= hash >> 33;
	hash *= UINT64CONST(0xff51afd7ed558ccd);
	hash ^= hash >> 33;
	hash *= UINT64CONST(0xc4ceb9fe1a85ec53);
	return hash ^ hash >> 33;
}

/* Combine hashes with those of more values. */
extern void rs_hash_int32(const int32 *values, uint32 n, uint64 *hashes);
extern void rs_hash_int64(const int64 *values, uint32 n, uint64 *hashes);

/* The larger of each two, or the lesser. */
extern void rs_extreme_int32(bool greatest, uint32 n, const int32 *a, bool ac, const int32 *b,
							 bool bc, int32 *to);
extern void rs_extreme_int64(bool greatest, uint32 n, const int64 *a, bool ac, const int64 *b,
							 bool bc, int64 *to);

/* Divided by a power of ten (at most 10^18), halves rounded away from zero. */
extern void rs_round_int64(const int64 *values, uint32 n, int exponent, int64 *to);

/* Days since 2000, from RS_FIRST_DAY (0001-01-01) on, as year, month and day. */
#define RS_FIRST_DAY	(-730119)
extern void rs_civil_days(const int32 *days, uint32 n, int32 *year, int32 *month, int32 *mday);

/* Numbers of the values that are true (1) and not null (NULL: none is); how many. */
extern uint32 rs_select(const uint8 *values, const uint8 *null, uint32 n, uint32 *chosen);

#endif							/* RS_LOOPS_H */
