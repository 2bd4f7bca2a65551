/*
 * ints.c
 *	  Integers of any physical width as int64, and bytes read with care.
 */
#include "postgres.h"

#include "encoding/bitpack.h"
#include "encoding/ints.h"
#include "port/pg_bswap.h"

#ifdef WORDS_BIGENDIAN
#define LITTLE64(x) pg_bswap64(x)
#define LITTLE32(x) pg_bswap32(x)
#define LITTLE16(x) pg_bswap16(x)
#else
#define LITTLE64(x) (x)
#define LITTLE32(x) (x)
#define LITTLE16(x) (x)
#endif

bool
rs_is_int(RsPhys phys)
{
	return phys >= RS_PHYS_INT8 && phys <= RS_PHYS_INT64;
}

uint16
rs_phys_width(RsPhys phys)
{
	switch (phys)
	{
		case RS_PHYS_INT8:
			return 1;
		case RS_PHYS_INT16:
			return 2;
		case RS_PHYS_INT32:
		case RS_PHYS_FLOAT32:
			return 4;
		case RS_PHYS_INT64:
		case RS_PHYS_FLOAT64:
			return 8;
		case RS_PHYS_INT128:
			return 16;
		default:
			return 0;
	}
}

void
rs_values_alloc(RsValues *out, uint32 count)
{
	out->count = count;
	out->fixed = palloc(Max((Size) count * out->width, 1));
}

int64 *
rs_ints_load(const RsValues *in)
{
	int64	   *values = palloc(Max(in->count, 1) * sizeof(int64));
	uint32		i;

	switch (in->width)
	{
		case 1:
			for (i = 0; i < in->count; i++)
				values[i] = ((int8 *) in->fixed)[i];
			break;
		case 2:
			for (i = 0; i < in->count; i++)
				values[i] = ((int16 *) in->fixed)[i];
			break;
		case 4:
			for (i = 0; i < in->count; i++)
				values[i] = ((int32 *) in->fixed)[i];
			break;
		default:
			memcpy(values, in->fixed, in->count * sizeof(int64));
	}
	return values;
}

RS_KERNEL void
rs_ints_store(const int64 *values, uint32 count, RsValues *out)
{
	uint32		i;

	rs_values_alloc(out, count);
	switch (out->width)
	{
		case 1:
			for (i = 0; i < count; i++)
				((int8 *) out->fixed)[i] = (int8) values[i];
			break;
		case 2:
			for (i = 0; i < count; i++)
				((int16 *) out->fixed)[i] = (int16) values[i];
			break;
		case 4:
			for (i = 0; i < count; i++)
				((int32 *) out->fixed)[i] = (int32) values[i];
			break;
		default:
			memcpy(out->fixed, values, count * sizeof(int64));
	}
}

const char *
rs_bytes_take(RsBytes *bytes, Size size)
{
	const char *at = bytes->at;

	if (size > (Size) (bytes->end - bytes->at))
		rs_encoding_corrupt("encoded data ends too early");
	bytes->at += size;
	return at;
}

uint64
rs_bytes_uint(RsBytes *bytes, int size)
{
	const char *p = rs_bytes_take(bytes, size);
	uint64		word;
	uint32		half;
	uint16		quarter;

	switch (size)
	{
		case 8:
			memcpy(&word, p, sizeof(word));
			return LITTLE64(word);
		case 4:
			memcpy(&half, p, sizeof(half));
			return LITTLE32(half);
		case 2:
			memcpy(&quarter, p, sizeof(quarter));
			return LITTLE16(quarter);
		default:
			return (uint8) *p;
	}
}

void
rs_bytes_put(StringInfo out, uint64 value, int size)
{
	char		bytes[8];
	int			i;

	for (i = 0; i < size; i++)
		bytes[i] = (char) (value >> (8 * i));
	appendBinaryStringInfo(out, bytes, size);
}
