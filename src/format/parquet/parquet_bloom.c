/*
 * parquet_bloom.c
 *	  Bloom filters of split blocks, as Parquet files have them.
 */
#include "postgres.h"

#include "format/parquet/parquet_bloom.h"
#include "port/pg_bitutils.h"
#include "port/pg_bswap.h"

/* XXH64's primes. */
#define PRIME_1	UINT64CONST(0x9E3779B185EBCA87)
#define PRIME_2	UINT64CONST(0xC2B2AE3D27D4EB4F)
#define PRIME_3	UINT64CONST(0x165667B19E3779F9)
#define PRIME_4	UINT64CONST(0x85EBCA77C2B2AE63)
#define PRIME_5	UINT64CONST(0x27D4EB2F165667C5)

/*
 * Of a filter's bits, so many are set once a block has about 16 values: one of 600 other values
 * is taken for one of these.  Half as many blocks then let through one of 35.
 */
#define FEW_BITS	0.4

static const uint32 salts[RS_BLOOM_WORDS] = {
	0x47b6137b, 0x44974d91, 0x8824ad5b, 0xa2b7289d, 0x705495c7, 0x2df1424b, 0x9efc4947, 0x5c6bfb31
};

static inline uint64
rotate(uint64 x, int bits)
{
	return x << bits | x >> (64 - bits);
}

static inline uint64
load64(const uint8 *from)
{
	uint64		word;

	memcpy(&word, from, sizeof(word));
#ifdef WORDS_BIGENDIAN
	word = pg_bswap64(word);
#endif
	return word;
}

static inline uint64
load32(const uint8 *from)
{
	uint32		word;

	memcpy(&word, from, sizeof(word));
#ifdef WORDS_BIGENDIAN
	word = pg_bswap32(word);
#endif
	return word;
}

static inline uint64
mix(uint64 sum, uint64 word)
{
	return rotate(sum + word * PRIME_2, 31) * PRIME_1;
}

uint64
rs_bloom_hash(const void *data, Size size)
{
	const uint8 *from = data;
	Size		left = size;
	uint64		hash = PRIME_5;

	if (left >= 32)
	{
		uint64		sums[4] = {PRIME_1 + PRIME_2, PRIME_2, 0, 0 - PRIME_1};
		int			i;

		for (; left >= 32; left -= 32, from += 32)
			for (i = 0; i < 4; i++)
				sums[i] = mix(sums[i], load64(from + 8 * i));
		hash = rotate(sums[0], 1) + rotate(sums[1], 7) + rotate(sums[2], 12) + rotate(sums[3], 18);
		for (i = 0; i < 4; i++)
			hash = (hash ^ mix(0, sums[i])) * PRIME_1 + PRIME_4;
	}
	hash += size;
	for (; left >= 8; left -= 8, from += 8)
		hash = rotate(hash ^ mix(0, load64(from)), 27) * PRIME_1 + PRIME_4;
	if (left >= 4)
	{
		hash = rotate(hash ^ (load32(from) * PRIME_1), 23) * PRIME_2 + PRIME_3;
		left -= 4;
		from += 4;
	}
	for (; left > 0; left--, from++)
		hash = rotate(hash ^ (*from * PRIME_5), 11) * PRIME_1;
	hash = (hash ^ hash >> 33) * PRIME_2;
	hash = (hash ^ hash >> 29) * PRIME_3;
	return hash ^ hash >> 32;
}

static inline uint32
block_of(uint32 nblocks, uint64 hash)
{
	return (uint32) (((hash >> 32) * nblocks) >> 32);
}

void
rs_bloom_add(uint32 *words, uint32 nblocks, uint64 hash)
{
	uint32	   *block = words + (Size) block_of(nblocks, hash) * RS_BLOOM_WORDS;
	int			i;

	for (i = 0; i < RS_BLOOM_WORDS; i++)
		block[i] |= (uint32) 1 << (((uint32) hash * salts[i]) >> 27);
}

bool
rs_bloom_may_have(const uint32 *words, uint32 nblocks, uint64 hash)
{
	const uint32 *block = words + (Size) block_of(nblocks, hash) * RS_BLOOM_WORDS;
	uint32		missing = 0;
	int			i;

	for (i = 0; i < RS_BLOOM_WORDS; i++)
		missing |= ~block[i] & (uint32) 1 << (((uint32) hash * salts[i]) >> 27);
	return missing == 0;
}

/*
 * The blocks that a hash chooses in two filters, one of half the size, are 2n or 2n + 1 and n.
 */
uint32
rs_bloom_shrink(uint32 *words, uint32 nblocks)
{
	for (;;)
	{
		Size		size = (Size) nblocks * RS_BLOOM_BLOCK;
		uint32		block;
		int			i;

		if (nblocks == 1 || pg_popcount((const char *) words, (int) size) > (uint64) (size * 8 * FEW_BITS))
			return nblocks;
		nblocks /= 2;
		for (block = 0; block < nblocks; block++)
			for (i = 0; i < RS_BLOOM_WORDS; i++)
				words[(Size) block * RS_BLOOM_WORDS + i] = words[(Size) (2 * block) * RS_BLOOM_WORDS + i] |
					words[(Size) (2 * block + 1) * RS_BLOOM_WORDS + i];
	}
}
