/*
 * delta.c
 *	  Integers as one- or two-byte differences from their predecessor.
 *
 * The smallest difference of the width marks an exception, whose value stands in
 * full in a list of its own, in order; the first value is one.
 */
#include "postgres.h"

#include "encoding/delta.h"
#include "encoding/ints.h"

static bool
encode_width(const RsValues *in, int width, StringInfo out)
{
	int64	   *values = rs_ints_load(in);
	int64		limit = width == 1 ? PG_INT8_MAX : PG_INT16_MAX;
	uint32		nexceptions = 0;
	StringInfoData exceptions;
	int			count_at = out->len;
	uint32		i;

	initStringInfo(&exceptions);
	rs_bytes_put(out, 0, 4);
	for (i = 0; i < in->count; i++)
	{
		int64		difference = i == 0 ? PG_INT64_MIN :
			(int64) ((uint64) values[i] - (uint64) values[i - 1]);

		if (difference < -limit || difference > limit)
		{
			difference = -limit - 1;
			rs_bytes_put(&exceptions, (uint64) values[i], 8);
			nexceptions++;
		}
		rs_bytes_put(out, (uint64) difference, width);
	}
	appendBinaryStringInfo(out, exceptions.data, exceptions.len);
	for (i = 0; i < 4; i++)
		out->data[count_at + i] = (char) (nexceptions >> (8 * i));
	pfree(exceptions.data);
	pfree(values);
	return true;
}

static void
decode_width(const char *in, Size size, int width, uint32 total, uint32 first, uint32 count,
			 RsValues *out)
{
	RsBytes		bytes = {in, in + size};
	int64		escape = width == 1 ? PG_INT8_MIN : PG_INT16_MIN;
	uint32		nexceptions = (uint32) rs_bytes_uint(&bytes, 4);
	const char *differences = rs_bytes_take(&bytes, (Size) total * width);
	RsBytes		exceptions;
	int64	   *values = palloc(Max(count, 1) * sizeof(int64));
	uint64		value = 0;
	uint32		i;

	exceptions.at = rs_bytes_take(&bytes, (Size) nexceptions * 8);
	exceptions.end = bytes.at;
	for (i = 0; i < first + count; i++)
	{
		int64		difference;

		if (width == 1)
			difference = (int8) differences[i];
		else
		{
			uint16		unsigned16 = (uint16) ((uint8) differences[2 * i] |
											   (uint8) differences[2 * i + 1] << 8);

			difference = (int16) unsigned16;
		}
		value = difference == escape ? rs_bytes_uint(&exceptions, 8) :
			value + (uint64) difference;
		if (i >= first)
			values[i - first] = (int64) value;
	}
	rs_ints_store(values, count, out);
	pfree(values);
}

static bool
delta32k_accepts(RsPhys phys)
{
	return rs_is_int(phys) && phys != RS_PHYS_INT16 && phys != RS_PHYS_INT8;
}

static bool
delta_encode(const RsValues *in, StringInfo out)
{
	return encode_width(in, 1, out);
}

static void
delta_decode(const char *in, Size size, uint32 total, uint32 first, uint32 count, RsValues *out)
{
	decode_width(in, size, 1, total, first, count, out);
}

static bool
delta32k_encode(const RsValues *in, StringInfo out)
{
	return encode_width(in, 2, out);
}

static void
delta32k_decode(const char *in, Size size, uint32 total, uint32 first, uint32 count,
				RsValues *out)
{
	decode_width(in, size, 2, total, first, count, out);
}

const RsEncoding rs_encoding_delta = {
	RS_ENC_DELTA, "delta", rs_is_int, delta_encode, delta_decode
};

const RsEncoding rs_encoding_delta32k = {
	RS_ENC_DELTA32K, "delta32k", delta32k_accepts, delta32k_encode, delta32k_decode
};
