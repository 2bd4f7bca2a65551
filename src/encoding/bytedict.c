/*
 * bytedict.c
 *	  Values as codes into a dictionary of the block's distinct values.
 *
 * Two encodings of Redshift's differ only in how large the dictionary may be:
 * bytedict has 256 entries of any type, text32k 32 kB of text.  The codes take
 * as many bits as the dictionary needs, not a byte or two.
 */
#include "postgres.h"

#include "encoding/bitpack.h"
#include "encoding/bytedict.h"
#include "encoding/dictionary.h"
#include "encoding/raw.h"
#include "utils/memutils.h"

#define RS_BYTEDICT_ENTRIES		256
#define RS_TEXT32K_BYTES		32768

static bool
encode_codes(const RsValues *in, uint32 max_entries, Size max_bytes, StringInfo out)
{
	uint64	   *codes = palloc(Max(in->count, 1) * sizeof(uint64));
	uint32	   *firsts = palloc(Max(in->count, 1) * sizeof(uint32));
	uint32		n;
	Size		bytes = 0;
	uint32		i;
	bool		fits = rs_dictionary_build(in, max_entries, codes, firsts, &n);

	for (i = 0; fits && i < n; i++)
	{
		Size		size;

		(void) rs_value_bytes(in, firsts[i], &size);
		bytes += size;
		fits = bytes <= max_bytes;
	}
	if (fits)
	{
		RsValues	entries;

		rs_values_pick(in, firsts, n, &entries);
		rs_bytes_put(out, n, 2);
		rs_raw_put(&entries, out);
		rs_bitpack(codes, in->count, rs_bits_needed(Max(n, 1) - 1), out);
	}
	pfree(codes);
	pfree(firsts);
	return fits;
}

/*
 * The dictionary that a payload begins with.
 */
static void
get_entries(RsBytes *bytes, RsValues *entries)
{
	uint32		n = (uint32) rs_bytes_uint(bytes, 2);

	rs_raw_get(bytes, n, 0, n, entries);
}

static void
codes_entries(const char *in, Size size, RsValues *entries)
{
	RsBytes		bytes = {in, in + size};

	get_entries(&bytes, entries);
}

static void
codes_decode(const char *in, Size size, uint32 total, uint32 first, uint32 count, RsValues *out)
{
	RsBytes		bytes = {in, in + size};
	RsValues	entries = *out;
	uint16	   *codes = palloc(Max(count, 1) * sizeof(uint16));
	uint8		width;

	get_entries(&bytes, &entries);
	width = rs_bits_needed(Max(entries.count, 1) - 1);
	rs_bitunpack16(rs_bytes_take(&bytes, rs_bitpack_size(total, width)), width, first, count, codes);
	rs_values_expand(&entries, codes, count, out);
}

static bool
bytedict_accepts(RsPhys phys)
{
	return true;
}

static bool
bytedict_encode(const RsValues *in, StringInfo out)
{
	return encode_codes(in, RS_BYTEDICT_ENTRIES, MaxAllocSize / 2, out);
}

static bool
text32k_accepts(RsPhys phys)
{
	return phys == RS_PHYS_VARLEN;
}

static bool
text32k_encode(const RsValues *in, StringInfo out)
{
	return encode_codes(in, RS_BLOCK_ROWS, RS_TEXT32K_BYTES, out);
}

const RsEncoding rs_encoding_bytedict = {
	RS_ENC_BYTEDICT, "bytedict", bytedict_accepts, bytedict_encode, codes_decode,
	codes_entries
};

const RsEncoding rs_encoding_text32k = {
	RS_ENC_TEXT32K, "text32k", text32k_accepts, text32k_encode, codes_decode,
	codes_entries
};
