/*
 * parquet_write_bounds.c
 *	  The least and the greatest values of pages and column chunks.
 *
 * Integers are compared as such, floats as numbers, with NaN outside of any order, and bytes
 * as unsigned ones; of these the first RS_BOUND_SIZE are kept, which is enough for
 * a bound: what is cut from a greatest value is made good by making the rest greater.  Decimals
 * of bytes are kept with their sign turned, so that they are in order as bytes.
 */
#include "postgres.h"

#include <math.h>

#include "format/parquet/parquet_write.h"
#include "mb/pg_wchar.h"

typedef enum BoundKind
{
	BOUND_INTEGER,
	BOUND_REAL,
	BOUND_BYTES
} BoundKind;

static BoundKind
bound_kind(const RsParquetLeaf *leaf)
{
	if (leaf->class == RS_CLASS_BYTES)
		return BOUND_BYTES;
	return leaf->source == RS_LEAF_FLOAT ? BOUND_REAL : BOUND_INTEGER;
}

static bool
is_signed_bytes(const RsParquetLeaf *leaf)
{
	return leaf->source == RS_LEAF_DECIMAL && leaf->class == RS_CLASS_BYTES;
}

static inline int
compare_bytes(const uint8 *x, uint32 xsize, const uint8 *y, uint32 ysize)
{
	int			order = memcmp(x, y, Min(xsize, ysize));

	return order != 0 ? order : (xsize > ysize) - (xsize < ysize);
}

int
rs_bounds_compare(const RsParquetLeaf *leaf, const RsParquetBound *x, const RsParquetBound *y)
{
	switch (bound_kind(leaf))
	{
		case BOUND_INTEGER:
			return (x->u.integer > y->u.integer) - (x->u.integer < y->u.integer);
		case BOUND_REAL:
			return (x->u.real > y->u.real) - (x->u.real < y->u.real);
		case BOUND_BYTES:
			return compare_bytes(x->u.bytes, x->size, y->u.bytes, y->size);
	}
	pg_unreachable();
}

static void
add_integers(RsParquetBounds *bounds, int64 min, int64 max)
{
	if (!bounds->any || min < bounds->min.u.integer)
		bounds->min.u.integer = min;
	if (!bounds->any || max > bounds->max.u.integer)
		bounds->max.u.integer = max;
	bounds->any = true;
}

#define INTEGER_BOUNDS(type) \
	do { \
		const type *v = values; \
		type		min = v[0]; \
		type		max = v[0]; \
		for (i = 1; i < n; i++) \
		{ \
			min = Min(min, v[i]); \
			max = Max(max, v[i]); \
		} \
		add_integers(bounds, min, max); \
	} while (0)

#define REAL_BOUNDS(type) \
	do { \
		const type *v = values; \
		type		min = (type) INFINITY; \
		type		max = (type) -INFINITY; \
		bool		ordered = false; \
		for (i = 0; i < n; i++) \
		{ \
			min = v[i] < min ? v[i] : min; \
			max = v[i] > max ? v[i] : max; \
			ordered |= v[i] == v[i]; \
			bounds->unknown |= v[i] != v[i]; \
		} \
		if (ordered) \
			add_reals(bounds, min, max); \
	} while (0)

static void
add_reals(RsParquetBounds *bounds, double min, double max)
{
	if (!bounds->any || min < bounds->min.u.real)
		bounds->min.u.real = min;
	if (!bounds->any || max > bounds->max.u.real)
		bounds->max.u.real = max;
	bounds->any = true;
}

static void
set_bytes(RsParquetBound *bound, const uint8 *data, uint32 size, bool cut)
{
	bound->size = Min(size, RS_BOUND_SIZE);
	bound->cut = cut || size > RS_BOUND_SIZE;
	memcpy(bound->u.bytes, data, bound->size);
}

/*
 * One more; cut: there is more of it.  Of equal beginnings a least value is exact if one is
 * all there is, and a greatest one is not if there is one with more to it.
 */
static void
add_bytes(RsParquetBounds *bounds, const uint8 *data, uint32 size, bool cut)
{
	uint32		kept = Min(size, RS_BOUND_SIZE);
	int			order;

	cut |= size > RS_BOUND_SIZE;
	order = bounds->any ? compare_bytes(data, kept, bounds->min.u.bytes, bounds->min.size) : -1;
	if (order < 0 || (order == 0 && !cut))
		set_bytes(&bounds->min, data, kept, cut);
	order = bounds->any ? compare_bytes(data, kept, bounds->max.u.bytes, bounds->max.size) : 1;
	if (order > 0 || (order == 0 && cut))
		set_bytes(&bounds->max, data, kept, cut);
	bounds->any = true;
}

/* The first bytes as a number that is in their order. */
static inline uint64
leading_bytes(const char *data, uint32 size)
{
	uint64		word = 0;
	uint32		i;

	if (size >= 8)
	{
		memcpy(&word, data, 8);
#ifndef WORDS_BIGENDIAN
		word = __builtin_bswap64(word);
#endif
		return word;
	}
	for (i = 0; i < size; i++)
		word |= (uint64) (uint8) data[i] << (56 - 8 * i);
	return word;
}

/*
 * Most values are between the bounds that there are, and their first bytes say so.
 */
static void
add_byte_arrays(RsParquetBounds *bounds, const RsParquetBytes *values, uint32 n, bool is_signed)
{
	uint64		min = 0;
	uint64		max = 0;
	bool		known = false;
	uint32		i;

	for (i = 0; i < n; i++)
	{
		uint8		turned[RS_BOUND_SIZE];
		const uint8 *data = (const uint8 *) values[i].data;

		if (is_signed)
		{
			memcpy(turned, data, values[i].size);
			turned[0] ^= 0x80;
			data = turned;
		}
		if (known)
		{
			uint64		word = leading_bytes((const char *) data, values[i].size);

			if (word > min && word < max)
				continue;
		}
		add_bytes(bounds, data, values[i].size, false);
		min = leading_bytes((const char *) bounds->min.u.bytes, bounds->min.size);
		max = leading_bytes((const char *) bounds->max.u.bytes, bounds->max.size);
		known = true;
	}
}

void
rs_bounds_add(const RsParquetLeaf *leaf, RsParquetBounds *bounds, const void *values, uint32 n)
{
	uint32		i;

	if (n == 0)
		return;
	switch (leaf->class)
	{
		case RS_CLASS_BOOL:
			INTEGER_BOUNDS(uint8);
			break;
		case RS_CLASS_4:
			if (leaf->source == RS_LEAF_FLOAT)
				REAL_BOUNDS(float4);
			else
				INTEGER_BOUNDS(int32);
			break;
		case RS_CLASS_8:
			if (leaf->source == RS_LEAF_FLOAT)
				REAL_BOUNDS(float8);
			else
				INTEGER_BOUNDS(int64);
			break;
		case RS_CLASS_BYTES:
			add_byte_arrays(bounds, values, n, is_signed_bytes(leaf));
			break;
	}
}

void
rs_bounds_merge(const RsParquetLeaf *leaf, RsParquetBounds *bounds, const RsParquetBounds *from)
{
	bounds->unknown |= from->unknown;
	if (!from->any)
		return;
	switch (bound_kind(leaf))
	{
		case BOUND_INTEGER:
			add_integers(bounds, from->min.u.integer, from->max.u.integer);
			break;
		case BOUND_REAL:
			add_reals(bounds, from->min.u.real, from->max.u.real);
			break;
		case BOUND_BYTES:
			add_bytes(bounds, from->min.u.bytes, from->min.size, from->min.cut);
			add_bytes(bounds, from->max.u.bytes, from->max.size, from->max.cut);
			break;
	}
}

/* Bytes that are whole characters of UTF-8 text. */
static uint32
whole_characters(const uint8 *text, uint32 size)
{
	uint32		start = size;

	while (start > 0 && (text[start - 1] & 0xC0) == 0x80)
		start--;
	if (start == 0 || start - 1 + pg_utf_mblen(text + start - 1) == size)
		return size;
	return start - 1;
}

/*
 * Make text or bytes greater than all that begin with them: the last character, or the
 * last before it that can be, becomes the next one.  0: there is none.
 */
static uint32
increase(uint8 *bytes, uint32 size, bool is_text)
{
	while (size > 0)
	{
		uint32		last = size - 1;

		if (!is_text)
		{
			if (bytes[last] < 0xFF)
			{
				bytes[last]++;
				return size;
			}
		}
		else
		{
			pg_wchar	c;

			while (last > 0 && (bytes[last] & 0xC0) == 0x80)
				last--;
			c = utf8_to_unicode(bytes + last);
			if (c < 0x10FFFF)
			{
				/* Surrogates are no characters. */
				unicode_to_utf8(c == 0xD7FF ? 0xE000 : c + 1, bytes + last);
				return last + pg_utf_mblen(bytes + last);
			}
		}
		size = last;
	}
	return 0;
}

static bool
bytes_image(const RsParquetLeaf *leaf, const RsParquetBound *bound, bool max, char *image, uint32 *size,
			bool *exact)
{
	memcpy(image, bound->u.bytes, bound->size);
	*size = bound->size;
	*exact = !bound->cut;
	if (is_signed_bytes(leaf))
		image[0] ^= (char) 0x80;
	if (!bound->cut)
		return true;
	if (leaf->is_text)
		*size = whole_characters((uint8 *) image, *size);
	if (max)
		*size = increase((uint8 *) image, *size, leaf->is_text);
	return *size > 0;
}

bool
rs_bounds_image(const RsParquetLeaf *leaf, const RsParquetBounds *bounds, bool max, char *image, uint32 *size,
				bool *exact)
{
	const RsParquetBound *bound = max ? &bounds->max : &bounds->min;
	double		real;
	float4		single;
	int64		integer = bound->u.integer;

	if (!bounds->any || bounds->unknown)
		return false;
	*exact = true;
	if (bound_kind(leaf) == BOUND_BYTES)
		return bytes_image(leaf, bound, max, image, size, exact);
	*size = leaf->class == RS_CLASS_BOOL ? 1 : leaf->class == RS_CLASS_4 ? 4 : 8;
	if (bound_kind(leaf) == BOUND_REAL)
	{
		/* Both zeros are between these. */
		real = bound->u.real == 0 ? (max ? 0.0 : -0.0) : bound->u.real;
		single = (float4) real;
		if (*size == 4)
		{
			int32		bits;

			memcpy(&bits, &single, 4);
			integer = bits;
		}
		else
			memcpy(&integer, &real, 8);
	}
	{
		uint32		i;

		for (i = 0; i < *size; i++)
			image[i] = (char) (uint8) ((uint64) integer >> (8 * i));
	}
	return true;
}
