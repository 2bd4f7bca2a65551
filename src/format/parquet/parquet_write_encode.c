/*
 * parquet_write_encode.c
 *	  Encodings of Parquet, as pages have them: PLAIN, and runs with bit-packed integers.
 */
#include "postgres.h"

#include "format/parquet/parquet_write.h"
#include "port/pg_bswap.h"

#ifdef WORDS_BIGENDIAN
#define LITTLE32(x)	pg_bswap32(x)
#define LITTLE64(x)	pg_bswap64(x)
#else
#define LITTLE32(x)	(x)
#define LITTLE64(x)	(x)
#endif

/* Integers that are packed together, */
#define GROUP	8
/* into two words at most. */
#define GROUP_BYTES	16

void
rs_parquet_put_bools(const uint8 *values, uint32 n, RsByteBuffer *out)
{
	uint8	   *to = (uint8 *) rs_buffer_reserve(out, (n + 7) / 8);
	uint32		i;

	memset(to, 0, (n + 7) / 8);
	for (i = 0; i < n; i++)
		to[i / 8] |= (uint8) (values[i] << (i % 8));
	out->size += (n + 7) / 8;
}

static void
put_byte_arrays(const RsParquetBytes *values, uint32 n, bool prefixed, RsByteBuffer *out)
{
	Size		size = 0;
	char	   *to;
	uint32		i;

	for (i = 0; i < n; i++)
		size += values[i].size + sizeof(uint32);
	to = rs_buffer_reserve(out, size);
	for (i = 0; i < n; i++)
	{
		if (prefixed)
		{
			uint32		prefix = LITTLE32(values[i].size);

			memcpy(to, &prefix, sizeof(uint32));
			to += sizeof(uint32);
		}
		memcpy(to, values[i].data, values[i].size);
		to += values[i].size;
	}
	out->size = to - out->data;
}

void
rs_parquet_put_plain(const RsParquetLeaf *leaf, const void *values, uint32 n, RsByteBuffer *out)
{
	switch (leaf->class)
	{
		case RS_CLASS_BOOL:
			/* As bits they would not end where bytes do: they stay bytes until their page ends. */
			rs_buffer_append(out, values, n);
			break;
		case RS_CLASS_4:
			rs_buffer_append(out, values, (Size) n * sizeof(uint32));
			break;
		case RS_CLASS_8:
			rs_buffer_append(out, values, (Size) n * sizeof(uint64));
			break;
		case RS_CLASS_BYTES:
			put_byte_arrays(values, n, leaf->element.type == RS_PARQUET_BYTE_ARRAY, out);
			break;
	}
#ifdef WORDS_BIGENDIAN
	{
		uint32		i;

		for (i = 1; i <= n; i++)
			if (leaf->class == RS_CLASS_4)
				((uint32 *) (out->data + out->size))[-(int64) i] =
					pg_bswap32(((uint32 *) (out->data + out->size))[-(int64) i]);
			else if (leaf->class == RS_CLASS_8)
				((uint64 *) (out->data + out->size))[-(int64) i] =
					pg_bswap64(((uint64 *) (out->data + out->size))[-(int64) i]);
	}
#endif
}

static char *
put_varint(char *to, uint32 value)
{
	for (; value >= 0x80; value >>= 7)
		*to++ = (char) (value | 0x80);
	*to++ = (char) value;
	return to;
}

/*
 * A group, of up to 16 bits each; GROUP_BYTES are written.
 */
static inline void
pack_group(const uint32 *v, int width, char *to)
{
	uint64		low = v[0] | (uint64) v[1] << width |
		(uint64) v[2] << (2 * width) | (uint64) v[3] << (3 * width);
	uint64		high = v[4] | (uint64) v[5] << width |
		(uint64) v[6] << (2 * width) | (uint64) v[7] << (3 * width);
	int			shift = 4 * width;

	if (shift < 64)
	{
		low |= high << shift;
		high >>= 64 - shift;
	}
	low = LITTLE64(low);
	high = LITTLE64(high);
	memcpy(to, &low, 8);
	memcpy(to + 8, &high, 8);
}

/*
 * Values as they are, in groups; the last one may want some, which are zeros.
 */
static void
put_packed(const uint32 *values, uint32 n, int width, RsByteBuffer *out)
{
	uint32		groups = (n + GROUP - 1) / GROUP;
	char	   *start = rs_buffer_reserve(out, (Size) groups * width + 5 + GROUP_BYTES);
	char	   *to = put_varint(start, groups << 1 | 1);
	uint32		i;

	for (i = 0; i + GROUP <= n; i += GROUP, to += width)
		pack_group(values + i, width, to);
	if (i < n)
	{
		uint32		last[GROUP] = {0};

		memcpy(last, values + i, (n - i) * sizeof(uint32));
		pack_group(last, width, to);
		to += width;
	}
	out->size += to - start;
}

static void
put_run(uint32 value, uint32 n, int width, RsByteBuffer *out)
{
	char	   *start = rs_buffer_reserve(out, 5 + sizeof(uint32));
	char	   *to = put_varint(start, n << 1);

	for (; width > 0; width -= 8, value >>= 8)
		*to++ = (char) value;
	out->size += to - start;
}

/*
 * Groups of one value are the beginning of a run, others are packed.
 */
void
rs_parquet_put_rle(const uint32 *values, uint32 n, int width, RsByteBuffer *out)
{
	uint32		packed = 0;		/* from here on */
	uint32		i = 0;

	while (i + GROUP <= n)
	{
		const uint32 *v = values + i;
		uint32		differ = (v[0] ^ v[1]) | (v[0] ^ v[2]) | (v[0] ^ v[3]) | (v[0] ^ v[4]) |
			(v[0] ^ v[5]) | (v[0] ^ v[6]) | (v[0] ^ v[7]);
		uint32		end = i + GROUP;

		if (differ == 0)
		{
			while (end < n && values[end] == v[0])
				end++;
			if (i > packed)
				put_packed(values + packed, i - packed, width, out);
			put_run(v[0], end - i, width, out);
			packed = end;
		}
		i = end;
	}
	if (packed < n)
		put_packed(values + packed, n - packed, width, out);
}
