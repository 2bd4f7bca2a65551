/*
 * mostly.c
 *	  Integers in fewer bytes than their type has, with exceptions.
 *
 * A patched encoding: narrow values first, 0 where one does not fit; then the
 * positions of those and their values in full.
 */
#include "postgres.h"

#include "encoding/ints.h"
#include "encoding/mostly.h"

static bool
encode_width(const RsValues *in, int width, StringInfo out)
{
	int64	   *values = rs_ints_load(in);
	int64		max = (INT64CONST(1) << (8 * width - 1)) - 1;
	int64		min = -max - 1;
	uint32		nexceptions = 0;
	uint32		i;

	for (i = 0; i < in->count; i++)
		nexceptions += values[i] < min || values[i] > max;
	rs_bytes_put(out, nexceptions, 4);
	for (i = 0; i < in->count; i++)
		rs_bytes_put(out, values[i] < min || values[i] > max ? 0 : (uint64) values[i], width);
	for (i = 0; i < in->count; i++)
		if (values[i] < min || values[i] > max)
			rs_bytes_put(out, i, 2);
	for (i = 0; i < in->count; i++)
		if (values[i] < min || values[i] > max)
			rs_bytes_put(out, (uint64) values[i], 8);
	pfree(values);
	return true;
}

static int64
narrow_at(const char *narrow, int width, uint32 i)
{
	const unsigned char *p = (const unsigned char *) narrow + (Size) i * width;

	if (width == 1)
		return (int8) p[0];
	if (width == 2)
		return (int16) (uint16) (p[0] | p[1] << 8);
	return (int32) (p[0] | (uint32) p[1] << 8 | (uint32) p[2] << 16 | (uint32) p[3] << 24);
}

static void
decode_width(const char *in, Size size, int width, uint32 total, uint32 first, uint32 count,
			 RsValues *out)
{
	RsBytes		bytes = {in, in + size};
	uint32		nexceptions = (uint32) rs_bytes_uint(&bytes, 4);
	const char *narrow = rs_bytes_take(&bytes, (Size) total * width);
	int64	   *values = palloc(Max(count, 1) * sizeof(int64));
	RsBytes		positions;
	uint32		i;

	for (i = 0; i < count; i++)
		values[i] = narrow_at(narrow, width, first + i);
	positions.at = rs_bytes_take(&bytes, (Size) nexceptions * 2);
	positions.end = bytes.at;
	for (i = 0; i < nexceptions; i++)
	{
		uint32		at = (uint32) rs_bytes_uint(&positions, 2);
		int64		value = (int64) rs_bytes_uint(&bytes, 8);

		if (at >= first && at < first + count)
			values[at - first] = value;
	}
	rs_ints_store(values, count, out);
	pfree(values);
}

#define MOSTLY(bits, width) \
static bool \
mostly##bits##_accepts(RsPhys phys) \
{ \
	return rs_is_int(phys) && rs_phys_width(phys) > (width); \
} \
static bool \
mostly##bits##_encode(const RsValues *in, StringInfo out) \
{ \
	return encode_width(in, width, out); \
} \
static void \
mostly##bits##_decode(const char *in, Size size, uint32 total, uint32 first, uint32 count, \
					  RsValues *out) \
{ \
	decode_width(in, size, width, total, first, count, out); \
} \
const RsEncoding rs_encoding_mostly##bits = { \
	RS_ENC_MOSTLY##bits, "mostly" #bits, mostly##bits##_accepts, mostly##bits##_encode, \
	mostly##bits##_decode \
}

MOSTLY(8, 1);
MOSTLY(16, 2);
MOSTLY(32, 4);
