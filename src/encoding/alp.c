/*
 * alp.c
 *	  Floating point numbers that are decimals, as integers.
 *
 * After the idea of ALP (Afroozeh, Kuffo and Boncz, SIGMOD 2023): most doubles
 * people store were decimals of a few digits once.  One power of ten is chosen
 * for the block; a value is stored as the integer nearest to value * 10^e if
 * dividing that again gives the very same bits, else as an exception.  Lossless
 * for every bit pattern, NaN and -0 included.
 */
#include "postgres.h"

#include <math.h>

#include "encoding/alp.h"
#include "encoding/az64.h"

#define RS_ALP_EXPONENTS	19
#define RS_ALP_SAMPLE		256
/* Integers below this are exact in a double and far from overflow. */
#define RS_ALP_LIMIT		4503599627370496.0

static const double powers[RS_ALP_EXPONENTS] = {
	1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9,
	1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18
};

static double
value_at(const RsValues *in, uint32 i)
{
	return in->width == sizeof(float4) ? ((float4 *) in->fixed)[i] : ((float8 *) in->fixed)[i];
}

/*
 * Does the integer give back the value's bits?
 */
static bool
restores(const RsValues *in, uint32 i, int64 integer, int exponent)
{
	double		back = (double) integer / powers[exponent];

	if (in->width == sizeof(float4))
	{
		float4		narrow = (float4) back;

		return memcmp(&narrow, (char *) in->fixed + (Size) i * 4, 4) == 0;
	}
	return memcmp(&back, (char *) in->fixed + (Size) i * 8, 8) == 0;
}

static bool
to_integer(const RsValues *in, uint32 i, int exponent, int64 *integer)
{
	double		scaled = value_at(in, i) * powers[exponent];

	if (!(scaled > -RS_ALP_LIMIT && scaled < RS_ALP_LIMIT))
		return false;
	*integer = (int64) rint(scaled);
	return restores(in, i, *integer, exponent);
}

/*
 * The smallest exponent with the fewest exceptions in a sample.
 */
static int
choose_exponent(const RsValues *in)
{
	uint32		step = Max(in->count / RS_ALP_SAMPLE, 1);
	uint32		fewest = PG_UINT32_MAX;
	int			best = 0;
	int			exponent;

	for (exponent = 0; exponent < RS_ALP_EXPONENTS && fewest > 0; exponent++)
	{
		uint32		exceptions = 0;
		int64		integer;
		uint32		i;

		for (i = 0; i < in->count; i += step)
			exceptions += !to_integer(in, i, exponent, &integer);
		if (exceptions < fewest)
		{
			fewest = exceptions;
			best = exponent;
		}
	}
	return best;
}

static bool
alp_accepts(RsPhys phys)
{
	return phys == RS_PHYS_FLOAT32 || phys == RS_PHYS_FLOAT64;
}

static bool
alp_encode(const RsValues *in, StringInfo out)
{
	int			exponent = choose_exponent(in);
	int64	   *integers = palloc(Max(in->count, 1) * sizeof(int64));
	uint32	   *exceptions = palloc(Max(in->count, 1) * sizeof(uint32));
	uint32		n = 0;
	uint32		i;

	for (i = 0; i < in->count; i++)
		if (!to_integer(in, i, exponent, &integers[i]))
		{
			exceptions[n++] = i;
			/* Whatever packs well: what the value before has. */
			integers[i] = i > 0 ? integers[i - 1] : 0;
		}
	/* More exceptions than this and raw is smaller. */
	if (n > in->count / 4)
	{
		pfree(integers);
		pfree(exceptions);
		return false;
	}
	rs_bytes_put(out, (uint64) exponent, 1);
	rs_bytes_put(out, n, 4);
	for (i = 0; i < n; i++)
	{
		rs_bytes_put(out, exceptions[i], 2);
		appendBinaryStringInfo(out, (char *) in->fixed + (Size) exceptions[i] * in->width,
							   in->width);
	}
	rs_az64_put(integers, in->count, out);
	pfree(integers);
	pfree(exceptions);
	return true;
}

static void
alp_decode(const char *in, Size size, uint32 total, uint32 first, uint32 count, RsValues *out)
{
	RsBytes		bytes = {in, in + size};
	uint32		exponent = (uint32) rs_bytes_uint(&bytes, 1);
	uint32		n = (uint32) rs_bytes_uint(&bytes, 4);
	RsBytes		exceptions;
	int64	   *integers = palloc(Max(count, 1) * sizeof(int64));
	uint32		i;

	if (exponent >= RS_ALP_EXPONENTS)
		rs_encoding_corrupt("exponent is out of range");
	exceptions.at = rs_bytes_take(&bytes, (Size) n * (2 + out->width));
	exceptions.end = bytes.at;
	rs_az64_get(&bytes, total, first, count, integers);
	rs_values_alloc(out, count);
	if (out->width == sizeof(float4))
		for (i = 0; i < count; i++)
			((float4 *) out->fixed)[i] = (float4) ((double) integers[i] / powers[exponent]);
	else
		for (i = 0; i < count; i++)
			((float8 *) out->fixed)[i] = (double) integers[i] / powers[exponent];
	for (i = 0; i < n; i++)
	{
		uint32		at = (uint32) rs_bytes_uint(&exceptions, 2);
		const char *value = rs_bytes_take(&exceptions, out->width);

		if (at >= first && at < first + count)
			memcpy((char *) out->fixed + (Size) (at - first) * out->width, value, out->width);
	}
	pfree(integers);
}

const RsEncoding rs_encoding_alp = {
	RS_ENC_ALP, "alp", alp_accepts, alp_encode, alp_decode
};
