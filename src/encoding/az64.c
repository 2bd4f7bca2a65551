/*
 * az64.c
 *	  Integers as bit-packed distances from a base or from their predecessor.
 *
 * The values of a block are first divided by their greatest common divisor
 * (timestamps of whole seconds, prices of whole cents).  Then each run of
 * RS_AZ64_RUN values is stored as frame of reference (value - minimum) or as
 * deltas (difference from the predecessor - smallest difference), whichever
 * packs into fewer bits.
 *
 * All arithmetic is modulo 2^64, so extremes need no special case: decoding
 * undoes exactly what encoding did.
 */
#include "postgres.h"

#include "encoding/az64.h"
#include "encoding/bitpack.h"

#define RS_AZ64_RUN			512
#define RS_AZ64_FRAME		0
#define RS_AZ64_DELTA		1

/* What a run says of itself: mode, width, base and for deltas the step. */
typedef struct Run
{
	uint8		mode;
	uint8		width;
	uint64		base;
	uint64		step;			/* smallest difference */
} Run;

static uint64
gcd(uint64 a, uint64 b)
{
	while (b != 0)
	{
		uint64		r = a % b;

		a = b;
		b = r;
	}
	return a;
}

/*
 * Greatest common divisor of all distances from the first value; 1 as soon as
 * it is clear that dividing is useless.
 */
static uint64
common_divisor(const int64 *values, uint32 count)
{
	uint64		divisor = 0;
	uint32		i;

	for (i = 1; i < count && divisor != 1; i++)
	{
		uint64		distance = values[i] > values[0] ?
			(uint64) values[i] - (uint64) values[0] : (uint64) values[0] - (uint64) values[i];

		divisor = gcd(distance, divisor);
	}
	return divisor == 0 ? 1 : divisor;
}

static void
put_run(const int64 *values, uint32 count, StringInfo out)
{
	uint64		packed[RS_AZ64_RUN];
	int64		min = values[0];
	int64		max = values[0];
	int64		min_step = 0;
	uint64		max_step = 0;
	uint8		frame_width;
	uint8		delta_width;
	Run			run;
	uint32		i;

	for (i = 1; i < count; i++)
	{
		int64		step = (int64) ((uint64) values[i] - (uint64) values[i - 1]);

		min = Min(min, values[i]);
		max = Max(max, values[i]);
		min_step = i == 1 ? step : Min(min_step, step);
	}
	for (i = 1; i < count; i++)
		max_step = Max(max_step, (uint64) values[i] - (uint64) values[i - 1] - (uint64) min_step);
	frame_width = rs_bits_needed((uint64) max - (uint64) min);
	delta_width = rs_bits_needed(max_step);

	run.mode = delta_width < frame_width ? RS_AZ64_DELTA : RS_AZ64_FRAME;
	run.width = Min(delta_width, frame_width);
	run.base = run.mode == RS_AZ64_DELTA ? (uint64) values[0] : (uint64) min;
	run.step = (uint64) min_step;
	rs_bytes_put(out, run.mode, 1);
	rs_bytes_put(out, run.width, 1);
	rs_bytes_put(out, run.base, 8);
	if (run.mode == RS_AZ64_DELTA)
	{
		rs_bytes_put(out, run.step, 8);
		packed[0] = 0;
		for (i = 1; i < count; i++)
			packed[i] = (uint64) values[i] - (uint64) values[i - 1] - run.step;
	}
	else
		for (i = 0; i < count; i++)
			packed[i] = (uint64) values[i] - run.base;
	rs_bitpack(packed, count, run.width, out);
}

void
rs_az64_put(const int64 *values, uint32 count, StringInfo out)
{
	uint64		divisor = common_divisor(values, count);
	uint32		start;

	if (count == 0)
		return;
	rs_bytes_put(out, divisor, 8);
	rs_bytes_put(out, (uint64) values[0], 8);
	for (start = 0; start < count; start += RS_AZ64_RUN)
	{
		int64		scaled[RS_AZ64_RUN];
		uint32		n = Min(count - start, RS_AZ64_RUN);
		uint32		i;

		/* Distances are taken both ways, as a quotient must not wrap. */
		for (i = 0; i < n; i++)
		{
			uint64		v = (uint64) values[start + i];

			if (divisor == 1)
				scaled[i] = (int64) (v - (uint64) values[0]);
			else if (values[start + i] >= values[0])
				scaled[i] = (int64) ((v - (uint64) values[0]) / divisor);
			else
				scaled[i] = (int64) (0 - ((uint64) values[0] - v) / divisor);
		}
		put_run(scaled, n, out);
	}
}

static void
get_run(RsBytes *in, uint32 n, Run *run, const char **packed)
{
	run->mode = (uint8) rs_bytes_uint(in, 1);
	run->width = (uint8) rs_bytes_uint(in, 1);
	run->base = rs_bytes_uint(in, 8);
	run->step = 0;
	if (run->mode == RS_AZ64_DELTA)
		run->step = rs_bytes_uint(in, 8);
	else if (run->mode != RS_AZ64_FRAME)
		rs_encoding_corrupt("unknown mode of az64 data");
	if (run->width > 64)
		rs_encoding_corrupt("width of az64 data is out of range");
	*packed = rs_bytes_take(in, rs_bitpack_size(n, run->width));
}

/*
 * Pass a run without looking at its values.
 */
static void
skip_run(RsBytes *in, uint32 n)
{
	const uint8 *head = (const uint8 *) rs_bytes_take(in, 10);
	uint8		width = head[1];

	if (head[0] > RS_AZ64_DELTA || width > 64)
		rs_encoding_corrupt("mode or width of az64 data is out of range");
	(void) rs_bytes_take(in, (head[0] == RS_AZ64_DELTA ? 8 : 0) + rs_bitpack_size(n, width));
}

RS_KERNEL void
rs_az64_get(RsBytes *in, uint32 total, uint32 first, uint32 count, int64 *out)
{
	uint64		unpacked[RS_AZ64_RUN];
	uint64		divisor;
	uint64		origin;
	uint32		start;

	if (total == 0 || count == 0)
		return;
	divisor = rs_bytes_uint(in, 8);
	origin = rs_bytes_uint(in, 8);
	for (start = 0; start + RS_AZ64_RUN <= first; start += RS_AZ64_RUN)
		skip_run(in, RS_AZ64_RUN);
	for (; start < first + count; start += RS_AZ64_RUN)
	{
		uint32		n = Min(total - start, RS_AZ64_RUN);
		uint32		from = Max(first, start);
		uint32		to = Min(first + count, start + n);
		const char *packed;
		uint64	   *result;
		Run			run;
		uint32		i;

		get_run(in, n, &run, &packed);
		result = (uint64 *) out + (from - first);
		if (run.mode == RS_AZ64_FRAME)
		{
			uint64		base = run.base * divisor + origin;

			rs_bitunpack(packed, run.width, from - start, to - from, result);
			if (divisor == 1)
				for (i = 0; i < to - from; i++)
					result[i] += base;
			else
				for (i = 0; i < to - from; i++)
					result[i] = result[i] * divisor + base;
		}
		else
		{
			uint64		value = run.base * divisor + origin;
			uint64		step = run.step * divisor;

			rs_bitunpack(packed, run.width, 0, to - start, unpacked);
			for (i = 1; i <= from - start; i++)
				value += unpacked[i] * divisor + step;
			result[0] = value;
			if (divisor == 1)
				for (i = from - start + 1; i < to - start; i++)
				{
					value += unpacked[i] + step;
					result[i - (from - start)] = value;
				}
			else
				for (i = from - start + 1; i < to - start; i++)
				{
					value += unpacked[i] * divisor + step;
					result[i - (from - start)] = value;
				}
		}
	}
}

/* 128-bit integers: only where they fit 64 bits beside a common base. */
static bool
put_wide(const RsValues *in, StringInfo out)
{
	int64	   *low = palloc(Max(in->count, 1) * sizeof(int64));
	const char *fixed = in->fixed;
	int128		base = 0;
	uint32		i;

	for (i = 0; i < in->count; i++)
	{
		int128		value;
		int128		distance;

		memcpy(&value, fixed + (Size) i * sizeof(int128), sizeof(int128));
		if (i == 0)
			base = value;
		distance = (int128) ((uint128) value - (uint128) base);
		if (distance < PG_INT64_MIN || distance > PG_INT64_MAX)
		{
			pfree(low);
			return false;
		}
		low[i] = (int64) distance;
	}
	appendBinaryStringInfo(out, (char *) &base, sizeof(base));
	rs_az64_put(low, in->count, out);
	pfree(low);
	return true;
}

static void
get_wide(RsBytes *bytes, uint32 total, uint32 first, uint32 count, RsValues *out)
{
	int64	   *low = palloc(Max(count, 1) * sizeof(int64));
	uint128		base;
	uint32		i;

	memcpy(&base, rs_bytes_take(bytes, sizeof(base)), sizeof(base));
	rs_az64_get(bytes, total, first, count, low);
	rs_values_alloc(out, count);
	for (i = 0; i < count; i++)
	{
		uint128		value = base + (uint128) (int128) low[i];

		memcpy((char *) out->fixed + (Size) i * sizeof(value), &value, sizeof(value));
	}
	pfree(low);
}

static bool
az64_accepts(RsPhys phys)
{
	return rs_is_int(phys) || phys == RS_PHYS_INT128;
}

static bool
az64_encode(const RsValues *in, StringInfo out)
{
	int64	   *values;

	if (in->phys == RS_PHYS_INT128)
		return put_wide(in, out);
	values = rs_ints_load(in);
	rs_az64_put(values, in->count, out);
	pfree(values);
	return true;
}

static void
az64_decode(const char *in, Size size, uint32 total, uint32 first, uint32 count, RsValues *out)
{
	RsBytes		bytes = {in, in + size};
	int64	   *values;

	if (out->phys == RS_PHYS_INT128)
		get_wide(&bytes, total, first, count, out);
	else if (out->width == sizeof(int64))
	{
		rs_values_alloc(out, count);
		rs_az64_get(&bytes, total, first, count, out->fixed);
	}
	else
	{
		values = palloc(Max(count, 1) * sizeof(int64));
		rs_az64_get(&bytes, total, first, count, values);
		rs_ints_store(values, count, out);
		pfree(values);
	}
}

const RsEncoding rs_encoding_az64 = {
	RS_ENC_AZ64, "az64", az64_accepts, az64_encode, az64_decode
};
