/*
 * farm_hash.c
 *	  FARMFINGERPRINT64: Google's FarmHash of 64 bits, in the version whose values do not change.
 *
 * Short strings are mixed at once, of overlapping words from both ends; of longer ones each 64
 * bytes change a state of 56, and the last 64 bytes, which may overlap those before, end it.
 */
#include "postgres.h"

#include "fmgr.h"
#include "port/pg_bswap.h"

#define FACTOR0 UINT64CONST(0xc3a5c85c97cb3127)
#define FACTOR1 UINT64CONST(0xb492b66fbe98f273)
#define FACTOR2 UINT64CONST(0x9ae16a3b2f90404f)
#define BLOCK 64

typedef struct Pair
{
	uint64		first;
	uint64		second;
} Pair;

/* Words are little-endian everywhere. */
static inline uint64
word(const char *at)
{
	uint64		value;

	memcpy(&value, at, sizeof(value));
#ifdef WORDS_BIGENDIAN
	value = pg_bswap64(value);
#endif
	return value;
}

static inline uint64
half_word(const char *at)
{
	uint32		value;

	memcpy(&value, at, sizeof(value));
#ifdef WORDS_BIGENDIAN
	value = pg_bswap32(value);
#endif
	return value;
}

static inline uint64
rotate(uint64 value, int bits)
{
	return (value >> bits) | (value << (64 - bits));
}

static inline uint64
fold(uint64 value)
{
	return value ^ (value >> 47);
}

static inline uint64
mix(uint64 a, uint64 b, uint64 factor)
{
	return fold((b ^ fold((a ^ b) * factor)) * factor) * factor;
}

static uint64
hash_to_16(const char *s, uint64 size)
{
	uint64		factor = FACTOR2 + size * 2;

	if (size >= 8)
	{
		uint64		a = word(s) + FACTOR2;
		uint64		b = word(s + size - 8);

		return mix(rotate(b, 37) * factor + a, (rotate(a, 25) + b) * factor, factor);
	}
	if (size >= 4)
		return mix(size + (half_word(s) << 3), half_word(s + size - 4), factor);
	if (size > 0)
	{
		uint32		a = (uint8) s[0] + ((uint32) (uint8) s[size >> 1] << 8);
		uint32		b = (uint32) size + ((uint32) (uint8) s[size - 1] << 2);

		return fold(a * FACTOR2 ^ b * FACTOR0) * FACTOR2;
	}
	return FACTOR2;
}

static uint64
hash_to_32(const char *s, uint64 size)
{
	uint64		factor = FACTOR2 + size * 2;
	uint64		a = word(s) * FACTOR1;
	uint64		b = word(s + 8);
	uint64		c = word(s + size - 8) * factor;
	uint64		d = word(s + size - 16) * FACTOR2;

	return mix(rotate(a + b, 43) + rotate(c, 30) + d, a + rotate(b + FACTOR2, 18) + c, factor);
}

static uint64
hash_to_64(const char *s, uint64 size)
{
	uint64		factor = FACTOR2 + size * 2;
	uint64		a = word(s) * FACTOR2;
	uint64		b = word(s + 8);
	uint64		c = word(s + size - 8) * factor;
	uint64		d = word(s + size - 16) * FACTOR2;
	uint64		y = rotate(a + b, 43) + rotate(c, 30) + d;
	uint64		z = mix(y, a + rotate(b + FACTOR2, 18) + c, factor);
	uint64		e = word(s + 16) * factor;
	uint64		f = word(s + 24);
	uint64		g = (y + word(s + size - 32)) * factor;
	uint64		h = (z + word(s + size - 24)) * factor;

	return mix(rotate(e + f, 43) + rotate(g, 30) + h, e + rotate(f + a, 18) + g, factor);
}

/* 32 bytes into two words. */
static Pair
weak_hash(const char *s, uint64 a, uint64 b)
{
	uint64		sum;

	a += word(s);
	b = rotate(b + a + word(s + 24), 21);
	sum = a + word(s + 8) + word(s + 16);
	return (Pair) {sum + word(s + 24), b + rotate(sum, 44) + a};
}

static uint64
hash(const char *s, uint64 size)
{
	const char *last;
	uint64		y = 81 * FACTOR1 + 113;
	uint64		z = fold(y * FACTOR2 + 113) * FACTOR2;
	uint64		x;
	uint64		old;
	uint64		factor;
	Pair		v = {0, 0};
	Pair		w = {0, 0};

	if (size <= 16)
		return hash_to_16(s, size);
	if (size <= 32)
		return hash_to_32(s, size);
	if (size <= BLOCK)
		return hash_to_64(s, size);
	last = s + size - BLOCK;
	x = 81 * FACTOR2 + word(s);
	for (uint64 left = (size - 1) / BLOCK; left > 0; left--, s += BLOCK)
	{
		x = rotate(x + y + v.first + word(s + 8), 37) * FACTOR1;
		y = rotate(y + v.second + word(s + 48), 42) * FACTOR1;
		x ^= w.second;
		y += v.first + word(s + 40);
		z = rotate(z + w.first, 33) * FACTOR1;
		v = weak_hash(s, v.second * FACTOR1, x + w.first);
		w = weak_hash(s + 32, z + w.second, y + word(s + 16));
		old = x;
		x = z;
		z = old;
	}
	factor = FACTOR1 + ((z & 0xff) << 1);
	s = last;
	w.first += (size - 1) % BLOCK;
	v.first += w.first;
	w.first += v.first;
	x = rotate(x + y + v.first + word(s + 8), 37) * factor;
	y = rotate(y + v.second + word(s + 48), 42) * factor;
	x ^= w.second * 9;
	y += v.first * 9 + word(s + 40);
	z = rotate(z + w.first, 33) * factor;
	v = weak_hash(s, v.second * factor, x + w.first);
	w = weak_hash(s + 32, z + w.second, y + word(s + 16));
	return mix(mix(v.first, w.first, factor) + fold(y) * FACTOR0 + x, mix(v.second, w.second, factor) + z, factor);
}

PG_FUNCTION_INFO_V1(rs_farmfingerprint64);
Datum
rs_farmfingerprint64(PG_FUNCTION_ARGS)
{
	struct varlena *value = PG_GETARG_VARLENA_PP(0);

	PG_RETURN_INT64((int64) hash(VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value)));
}
