/*
 * runlength.c
 *	  Runs of equal values: each value once, and where its run ends.
 *
 * Equality is of bytes, so what differs only in how it is written (1.0 and 1.00,
 * -0 and 0) stays apart.  Integers' run values and all run ends go through az64.
 */
#include "postgres.h"

#include "encoding/az64.h"
#include "encoding/dictionary.h"
#include "encoding/raw.h"
#include "encoding/runlength.h"

static bool
runlength_accepts(RsPhys phys)
{
	return true;
}

static bool
runlength_encode(const RsValues *in, StringInfo out)
{
	int64	   *ends = palloc(Max(in->count, 1) * sizeof(int64));
	uint32	   *firsts = palloc(Max(in->count, 1) * sizeof(uint32));
	uint32		n = 0;
	RsValues	runs;
	uint32		i;

	for (i = 0; i < in->count; i++)
	{
		if (n == 0 || !rs_values_equal(in, firsts[n - 1], i))
			firsts[n++] = i;
		ends[n - 1] = i + 1;
	}
	rs_values_pick(in, firsts, n, &runs);
	rs_bytes_put(out, n, 4);
	rs_az64_put(ends, n, out);
	if (rs_is_int(in->phys))
	{
		int64	   *values = rs_ints_load(&runs);

		rs_az64_put(values, n, out);
		pfree(values);
	}
	else
		rs_raw_put(&runs, out);
	pfree(ends);
	pfree(firsts);
	return true;
}

static void
runlength_decode(const char *in, Size size, uint32 total, uint32 first, uint32 count,
				 RsValues *out)
{
	RsBytes		bytes = {in, in + size};
	uint32		n = (uint32) rs_bytes_uint(&bytes, 4);
	RsValues	runs = *out;
	int64	   *ends;
	uint16	   *codes;
	uint32		run = 0;
	uint32		i = 0;

	if (n > total || n > PG_UINT16_MAX)
		rs_encoding_corrupt("more runs than values");
	ends = palloc(Max(n, 1) * sizeof(int64));
	rs_az64_get(&bytes, n, 0, n, ends);
	if (n > 0 && ends[n - 1] != total)
		rs_encoding_corrupt("runs do not cover the values");
	if (rs_is_int(out->phys))
	{
		int64	   *values = palloc(Max(n, 1) * sizeof(int64));

		rs_az64_get(&bytes, n, 0, n, values);
		rs_ints_store(values, n, &runs);
		pfree(values);
	}
	else
		rs_raw_get(&bytes, n, 0, n, &runs);

	codes = palloc(Max(count, 1) * sizeof(uint16));
	for (run = 0; run < n && i < count; run++)
	{
		/* Ends may be nonsense, but never lead beyond the values asked for. */
		int64		end = ends[run] <= (int64) first ? 0 :
			Min(ends[run] - (int64) first, (int64) count);

		for (; (int64) i < end; i++)
			codes[i] = (uint16) run;
	}
	if (i < count)
		rs_encoding_corrupt("runs do not cover the values");
	rs_values_expand(&runs, codes, count, out);
	pfree(ends);
}

const RsEncoding rs_encoding_runlength = {
	RS_ENC_RUNLENGTH, "runlength", runlength_accepts, runlength_encode, runlength_decode
};
