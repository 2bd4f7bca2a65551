/*
 * raw.c
 *	  Values as they are; variable-length ones as lengths and then payloads.
 *
 * Keeping the lengths apart, bit-packed, lets a codec see nothing but text; the
 * varlena headers are made again while decoding.
 */
#include "postgres.h"

#include "encoding/bitpack.h"
#include "encoding/raw.h"
#include "utils/memutils.h"

static bool
is_short(Size length)
{
	return length + VARHDRSZ_SHORT <= VARATT_SHORT_MAX;
}

Size
rs_image_size(Size at, Size length)
{
	if (is_short(length))
		return length + VARHDRSZ_SHORT;
	return MAXALIGN(at) - at + VARHDRSZ + length;
}

/*
 * Write one image at `at` or, for a long one, at the next aligned place.
 * Returns where the next may begin.
 */
Size
rs_image_put(char *bytes, Size at, const char *payload, Size length, uint32 *offset)
{
	if (is_short(length))
	{
		*offset = (uint32) at;
		SET_VARSIZE_SHORT(bytes + at, length + VARHDRSZ_SHORT);
		memcpy(bytes + at + VARHDRSZ_SHORT, payload, length);
		return at + VARHDRSZ_SHORT + length;
	}
	at = MAXALIGN(at);
	*offset = (uint32) at;
	SET_VARSIZE(bytes + at, length + VARHDRSZ);
	memcpy(bytes + at + VARHDRSZ, payload, length);
	return at + VARHDRSZ + length;
}

static void
put_varlen(const RsValues *in, StringInfo out)
{
	uint64	   *lengths = palloc(Max(in->count, 1) * sizeof(uint64));
	uint64		longest = 0;
	Size		total = 0;
	char	   *to;
	uint8		width;
	uint32		i;

	for (i = 0; i < in->count; i++)
	{
		lengths[i] = VARSIZE_ANY_EXHDR(in->bytes + in->offsets[i]);
		longest = Max(longest, lengths[i]);
		total += lengths[i];
	}
	width = rs_bits_needed(longest);
	rs_bytes_put(out, width, 1);
	rs_bitpack(lengths, in->count, width, out);
	/* More than a string may have is an error there. */
	enlargeStringInfo(out, (int) Min(total, PG_INT32_MAX));
	to = out->data + out->len;
	for (i = 0; i < in->count; i++)
	{
		memcpy(to, VARDATA_ANY(in->bytes + in->offsets[i]), lengths[i]);
		to += lengths[i];
	}
	out->len += (int) total;
	out->data[out->len] = '\0';
	pfree(lengths);
}

/* Lengths that are summed at a time. */
#define RS_RAW_LENGTHS	256

/*
 * The bytes of the first n payloads together.
 */
static Size
sum_lengths(const char *packed, uint8 width, uint32 n)
{
	uint64		lengths[RS_RAW_LENGTHS];
	Size		sum = 0;
	uint32		start;

	for (start = 0; start < n; start += RS_RAW_LENGTHS)
	{
		uint32		some = Min(n - start, RS_RAW_LENGTHS);
		uint32		i;

		rs_bitunpack(packed, width, start, some, lengths);
		for (i = 0; i < some; i++)
			sum += lengths[i];
	}
	return sum;
}

static void
get_varlen(RsBytes *in, uint32 total, uint32 first, uint32 count, RsValues *out)
{
	uint8		width = (uint8) rs_bytes_uint(in, 1);
	const char *packed;
	const char *payload;
	uint64	   *lengths;
	Size		taken = 0;
	Size		size = 0;
	Size		at = 0;
	uint32		i;

	if (width > 30)
		rs_encoding_corrupt("length of a value is out of range");
	packed = rs_bytes_take(in, rs_bitpack_size(total, width));
	lengths = palloc(Max(count, 1) * sizeof(uint64));
	rs_bitunpack(packed, width, first, count, lengths);
	for (i = 0; i < count; i++)
	{
		size += rs_image_size(size, lengths[i]);
		taken += lengths[i];
	}
	(void) rs_bytes_take(in, sum_lengths(packed, width, first));
	payload = rs_bytes_take(in, taken);
	if (size > PG_UINT32_MAX)
		rs_encoding_corrupt("values of a block are too long");

	out->count = count;
	out->bytes = MemoryContextAllocHuge(CurrentMemoryContext, Max(size, 1));
	out->offsets = palloc(Max(count, 1) * sizeof(uint32));
	for (i = 0; i < count; i++)
	{
		at = rs_image_put(out->bytes, at, payload, lengths[i], &out->offsets[i]);
		payload += lengths[i];
	}
	out->nbytes = at;
	pfree(lengths);
}

void
rs_raw_put(const RsValues *in, StringInfo out)
{
	if (in->phys == RS_PHYS_VARLEN)
		put_varlen(in, out);
	else
		appendBinaryStringInfo(out, in->fixed, (int) ((Size) in->count * in->width));
}

void
rs_raw_get(RsBytes *in, uint32 total, uint32 first, uint32 count, RsValues *out)
{
	const char *from;

	if (out->phys == RS_PHYS_VARLEN)
	{
		get_varlen(in, total, first, count, out);
		return;
	}
	from = rs_bytes_take(in, (Size) total * out->width);
	rs_values_alloc(out, count);
	memcpy(out->fixed, from + (Size) first * out->width, (Size) count * out->width);
}

static bool
raw_accepts(RsPhys phys)
{
	return true;
}

static bool
raw_encode(const RsValues *in, StringInfo out)
{
	rs_raw_put(in, out);
	return true;
}

static void
raw_decode(const char *in, Size size, uint32 total, uint32 first, uint32 count, RsValues *out)
{
	RsBytes		bytes = {in, in + size};

	rs_raw_get(&bytes, total, first, count, out);
}

const RsEncoding rs_encoding_raw = {
	RS_ENC_RAW, "raw", raw_accepts, raw_encode, raw_decode
};

const RsEncoding rs_encoding_lzo = {
	RS_ENC_LZO, "lzo", raw_accepts, raw_encode, raw_decode
};

const RsEncoding rs_encoding_zstd = {
	RS_ENC_ZSTD, "zstd", raw_accepts, raw_encode, raw_decode
};
