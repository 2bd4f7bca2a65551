/*
 * bitpack.c
 *	  Unsigned integers in as many bits each as the largest needs.
 *
 * The width is a constant in each copy of the inner loop, so that all offsets
 * and shifts are.
 */
#include "postgres.h"

#include "encoding/bitpack.h"
#include "port/pg_bitutils.h"
#include "port/pg_bswap.h"

#ifdef WORDS_BIGENDIAN
#define LITTLE64(x) pg_bswap64(x)
#else
#define LITTLE64(x) (x)
#endif

uint8
rs_bits_needed(uint64 max)
{
	return max == 0 ? 0 : (uint8) (pg_leftmost_one_pos64(max) + 1);
}

Size
rs_bitpack_size(uint32 count, uint8 width)
{
	return ((Size) count * width + 7) / 8 + RS_BITPACK_PAD;
}

void
rs_bitpack(const uint64 *values, uint32 count, uint8 width, StringInfo out)
{
	Size		size = rs_bitpack_size(count, width);
	uint64		word = 0;
	int			used = 0;
	char	   *to;
	uint32		i;

	enlargeStringInfo(out, (int) size + 8);
	to = out->data + out->len;
	memset(to, 0, size + 8);
	for (i = 0; width > 0 && i < count; i++)
	{
		word |= values[i] << used;
		used += width;
		if (used >= 64)
		{
			uint64		little = LITTLE64(word);

			memcpy(to, &little, 8);
			to += 8;
			used -= 64;
			word = used == 0 ? 0 : values[i] >> (width - used);
		}
	}
	if (used > 0)
	{
		uint64		little = LITTLE64(word);

		memcpy(to, &little, (used + 7) / 8);
	}
	out->len += (int) size;
	out->data[out->len] = '\0';
}

static inline uint64
load64(const char *p)
{
	uint64		word;

	memcpy(&word, p, 8);
	return LITTLE64(word);
}

/*
 * Eight values take `width` whole bytes, so within such a group every offset and
 * shift is a constant; values before the first and after the last whole group
 * are taken one by one.
 */
#define DEFINE_UNPACK(name, type) \
static pg_attribute_always_inline void \
name(const char *in, int width, uint32 first, uint32 count, type *out) \
{ \
	uint64		mask = (UINT64CONST(1) << width) - 1; \
	uint64		bit = (uint64) first * width; \
	uint32		i = 0; \
 \
	for (; i < count && (first + i) % 8 != 0; i++, bit += width) \
		out[i] = (type) ((load64(in + bit / 8) >> (bit % 8)) & mask); \
	for (; i + 8 <= count; i += 8, bit += 8 * (uint64) width) \
	{ \
		const char *group = in + bit / 8; \
 \
		out[i] = (type) (load64(group) & mask); \
		out[i + 1] = (type) ((load64(group + width / 8) >> (width % 8)) & mask); \
		out[i + 2] = (type) ((load64(group + 2 * width / 8) >> (2 * width % 8)) & mask); \
		out[i + 3] = (type) ((load64(group + 3 * width / 8) >> (3 * width % 8)) & mask); \
		out[i + 4] = (type) ((load64(group + 4 * width / 8) >> (4 * width % 8)) & mask); \
		out[i + 5] = (type) ((load64(group + 5 * width / 8) >> (5 * width % 8)) & mask); \
		out[i + 6] = (type) ((load64(group + 6 * width / 8) >> (6 * width % 8)) & mask); \
		out[i + 7] = (type) ((load64(group + 7 * width / 8) >> (7 * width % 8)) & mask); \
	} \
	for (; i < count; i++, bit += width) \
		out[i] = (type) ((load64(in + bit / 8) >> (bit % 8)) & mask); \
}

DEFINE_UNPACK(unpack_narrow, uint64)
DEFINE_UNPACK(unpack_codes, uint16)

/* Above 57 bits a value may touch a ninth byte. */
static void
unpack_wide(const char *in, int width, uint32 first, uint32 count, uint64 *out)
{
	uint64		mask = width == 64 ? PG_UINT64_MAX : (UINT64CONST(1) << width) - 1;
	uint64		bit = (uint64) first * width;
	uint32		i;

	for (i = 0; i < count; i++, bit += width)
	{
		int			shift = (int) (bit % 8);
		uint64		value = load64(in + bit / 8) >> shift;

		if (shift > 0)
			value |= (uint64) (uint8) in[bit / 8 + 8] << (64 - shift);
		out[i] = value & mask;
	}
}

#define UNPACK_CASE(w) case w: unpack_narrow(in, w, first, count, out); break;
#define UNPACK_CASES8(w) \
	UNPACK_CASE(w) UNPACK_CASE(w + 1) UNPACK_CASE(w + 2) UNPACK_CASE(w + 3) \
	UNPACK_CASE(w + 4) UNPACK_CASE(w + 5) UNPACK_CASE(w + 6) UNPACK_CASE(w + 7)

RS_KERNEL void
rs_bitunpack(const char *in, uint8 width, uint32 first, uint32 count, uint64 *out)
{
	switch (width)
	{
		case 0:
			memset(out, 0, count * sizeof(uint64));
			break;
			UNPACK_CASES8(1)
			UNPACK_CASES8(9)
			UNPACK_CASES8(17)
			UNPACK_CASES8(25)
		default:
			if (width <= 57)
				unpack_narrow(in, width, first, count, out);
			else
				unpack_wide(in, width, first, count, out);
	}
}

#define CODES_CASE(w) case w: unpack_codes(in, w, first, count, out); break;
#define CODES_CASES8(w) \
	CODES_CASE(w) CODES_CASE(w + 1) CODES_CASE(w + 2) CODES_CASE(w + 3) \
	CODES_CASE(w + 4) CODES_CASE(w + 5) CODES_CASE(w + 6) CODES_CASE(w + 7)

RS_KERNEL void
rs_bitunpack16(const char *in, uint8 width, uint32 first, uint32 count, uint16 *out)
{
	switch (width)
	{
		case 0:
			memset(out, 0, count * sizeof(uint16));
			break;
			CODES_CASES8(1)
			CODES_CASES8(9)
		default:
			pg_unreachable();
	}
}
