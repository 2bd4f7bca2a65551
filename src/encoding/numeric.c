/*
 * numeric.c
 *	  PostgreSQL's numeric as scaled integers.
 *
 * Reads and writes the stored form of numeric itself (see the description at the
 * top of the server's utils/adt/numeric.c): its layout is part of the on-disk
 * format and cannot change, and going through SQL-level functions would cost
 * more than everything else a scan does.  A header word, digits to base 10,000
 * from the most significant on, of which the first has a given weight, without
 * leading or trailing zero digits.
 */
#include "postgres.h"

#include "encoding/numeric.h"

#define NBASE				10000
#define DIGITS				4		/* decimal digits in one */

#define SIGN_MASK			0xC000
#define SIGN_NEGATIVE		0x4000
#define IS_SHORT			0x8000
#define IS_SPECIAL			0xC000
#define LONG_SCALE_MASK		0x3FFF
#define SHORT_NEGATIVE		0x2000
#define SHORT_SCALE_SHIFT	7
#define SHORT_SCALE_MAX		63
#define SHORT_WEIGHT_MASK	0x007F	/* sign bit included */

/* Base 10,000 digits of 38 decimal ones, wherever the point is. */
#define MAX_DIGITS			12

typedef struct Parts
{
	bool		negative;
	int			scale;
	int			weight;
	int			ndigits;
	const char *digits;			/* int16, possibly unaligned */
} Parts;

/*
 * Take a stored numeric apart; false for NaN and infinities.
 */
static bool
take_apart(const char *image, Parts *parts)
{
	const char *data = VARDATA_ANY(image);
	int			size = (int) VARSIZE_ANY_EXHDR(image);
	uint16		header;

	if (size < (int) sizeof(header))
		return false;
	memcpy(&header, data, sizeof(header));
	data += sizeof(header);
	size -= (int) sizeof(header);
	if ((header & SIGN_MASK) == IS_SPECIAL)
		return false;
	if (header & IS_SHORT)
	{
		parts->negative = (header & SHORT_NEGATIVE) != 0;
		parts->scale = (header >> SHORT_SCALE_SHIFT) & SHORT_SCALE_MAX;
		/* Seven bits, two's complement. */
		parts->weight = (int) ((header & SHORT_WEIGHT_MASK) ^ 0x40) - 0x40;
	}
	else
	{
		int16		weight;

		if (size < (int) sizeof(weight))
			return false;
		memcpy(&weight, data, sizeof(weight));
		data += sizeof(weight);
		size -= (int) sizeof(weight);
		parts->negative = (header & SIGN_MASK) == SIGN_NEGATIVE;
		parts->scale = header & LONG_SCALE_MASK;
		parts->weight = weight;
	}
	parts->digits = data;
	parts->ndigits = size / (int) sizeof(int16);
	return true;
}

static const int64 small_powers[] = {1, 10, 100, 1000};

/*
 * value * 10^scale; false if it has more than 38 digits.
 */
static bool
to_integer(const Parts *parts, int128 *value)
{
	int			exponent = DIGITS * (parts->weight - parts->ndigits + 1) + parts->scale;
	int128		v = 0;
	int			i;

	/* Zero has no digits, so nothing of its weight to hold against its scale. */
	if (parts->ndigits == 0)
	{
		*value = 0;
		return true;
	}
	/* Most have few digits: no more of them than an int64 holds. */
	if (parts->ndigits <= 4 && exponent <= 2 && exponent > -DIGITS)
	{
		int64		short_value = 0;

		for (i = 0; i < parts->ndigits; i++)
		{
			int16		digit;

			memcpy(&digit, parts->digits + i * sizeof(int16), sizeof(int16));
			short_value = short_value * NBASE + digit;
		}
		if (exponent >= 0)
			short_value *= small_powers[exponent];
		else if (short_value % small_powers[-exponent] != 0)
			return false;
		else
			short_value /= small_powers[-exponent];
		*value = parts->negative ? -short_value : short_value;
		return true;
	}

	/* 9 digits are below 10^36, so the sum cannot overflow. */
	if (parts->ndigits > 9 || exponent > 38)
		return false;
	for (i = 0; i < parts->ndigits; i++)
	{
		int16		digit;

		memcpy(&digit, parts->digits + i * sizeof(int16), sizeof(int16));
		v = v * NBASE + digit;
	}
	for (; v != 0 && exponent > 0; exponent--)
		if (__builtin_mul_overflow(v, (int128) 10, &v))
			return false;
	for (; v != 0 && exponent < 0; exponent++)
	{
		if (v % 10 != 0)
			return false;
		v /= 10;
	}
	*value = parts->negative ? -v : v;
	return true;
}

bool
rs_numeric_to_integer(const char *image, int128 *value, int16 *scale)
{
	Parts		parts;

	if (!take_apart(image, &parts) || parts.scale > RS_NUMERIC_MAX_SCALE)
		return false;
	*scale = (int16) parts.scale;
	return to_integer(&parts, value);
}

static inline int
get_digit(const Parts *parts, int i)
{
	int16		digit;

	memcpy(&digit, parts->digits + i * sizeof(int16), sizeof(int16));
	return digit;
}

bool
rs_numeric_to_lowest_terms(const char *image, int128 *value, int16 *scale, int16 *display_scale)
{
	Parts		parts;
	uint128		magnitude = 0;
	int			exponent;
	int			unit = NBASE;
	int			last;
	int			i;

	if (!take_apart(image, &parts))
		return false;
	*display_scale = (int16) parts.scale;
	*scale = 0;
	*value = 0;
	if (parts.ndigits == 0)
		return true;
	exponent = DIGITS * (parts.weight - parts.ndigits + 1);
	if (exponent > RS_NUMERIC_MAX_SCALE)
		return false;
	for (i = 0; i < parts.ndigits - 1; i++)
	{
		/* 9 digits are below 10^36. */
		if (i >= 9 && magnitude > ~(uint128) 0 / NBASE - 1)
			return false;
		magnitude = magnitude * NBASE + get_digit(&parts, i);
	}
	/* The last digit is not zero, but may end with zeros. */
	last = get_digit(&parts, parts.ndigits - 1);
	for (; exponent < 0 && last % 10 == 0 && unit > 10; exponent++)
	{
		last /= 10;
		unit /= 10;
	}
	if (-exponent > RS_NUMERIC_MAX_SCALE ||
		__builtin_mul_overflow(magnitude, (uint128) unit, &magnitude) ||
		__builtin_add_overflow(magnitude, (uint128) last, &magnitude))
		return false;
	for (i = 0; i < exponent; i++)
		if (__builtin_mul_overflow(magnitude, (uint128) 10, &magnitude))
			return false;
	if (magnitude > ((uint128) 1 << 127) - !parts.negative)
		return false;
	*value = (int128) (parts.negative ? (uint128) 0 - magnitude : magnitude);
	*scale = (int16) Max(-exponent, 0);
	return true;
}

/*
 * The values as integers of one scale, in `narrow` as far as they fit there, then
 * all in *wide, which stays NULL if none needs it.  False if they have several scales
 * or are no integers.
 */
static bool
scale_values(const RsValues *in, int64 *narrow, int128 **wide, int *scale)
{
	uint32		i;
	uint32		j;

	*wide = NULL;
	for (i = 0; i < in->count; i++)
	{
		Parts		parts;
		int128		value;

		if (!take_apart(in->bytes + in->offsets[i], &parts) ||
			parts.scale > RS_NUMERIC_MAX_SCALE || (i > 0 && parts.scale != *scale) ||
			!to_integer(&parts, &value))
			return false;
		*scale = parts.scale;
		if (*wide == NULL && (value < PG_INT64_MIN || value > PG_INT64_MAX))
		{
			*wide = palloc(in->count * sizeof(int128));
			for (j = 0; j < i; j++)
				(*wide)[j] = narrow[j];
		}
		if (*wide != NULL)
			(*wide)[i] = value;
		else
			narrow[i] = (int64) value;
	}
	return true;
}

bool
rs_numeric_scale(const RsValues *in, RsValues *out)
{
	int64	   *narrow = palloc(Max(in->count, 1) * sizeof(int64));
	int128	   *wide;
	int			scale = 0;
	bool		scaled = scale_values(in, narrow, &wide, &scale);

	if (!scaled || wide != NULL)
		pfree(narrow);
	if (!scaled)
	{
		if (wide != NULL)
			pfree(wide);
		return false;
	}
	memset(out, 0, sizeof(RsValues));
	out->scale = (int16) scale;
	out->count = in->count;
	out->phys = wide == NULL ? RS_PHYS_INT64 : RS_PHYS_INT128;
	out->width = wide == NULL ? sizeof(int64) : sizeof(int128);
	out->fixed = wide == NULL ? (void *) narrow : (void *) wide;
	return true;
}

/*
 * Assemble a numeric from base 10,000 digits, most significant first.
 */
static Datum
assemble(bool negative, int scale, int weight, const int16 *digits, int ndigits)
{
	char	   *result;
	uint16		header;
	Size		size;

	while (ndigits > 0 && digits[0] == 0)
	{
		digits++;
		ndigits--;
		weight--;
	}
	while (ndigits > 0 && digits[ndigits - 1] == 0)
		ndigits--;
	if (ndigits == 0)
	{
		negative = false;
		weight = 0;
	}
	size = VARHDRSZ + sizeof(header) + ndigits * sizeof(int16);
	result = palloc(size);
	SET_VARSIZE(result, size);
	header = (uint16) (IS_SHORT | (negative ? SHORT_NEGATIVE : 0) |
					   scale << SHORT_SCALE_SHIFT | (weight & SHORT_WEIGHT_MASK));
	memcpy(result + VARHDRSZ, &header, sizeof(header));
	memcpy(result + VARHDRSZ + sizeof(header), digits, ndigits * sizeof(int16));
	return PointerGetDatum(result);
}

static const uint64 powers_of_ten[] = {
	UINT64CONST(1), UINT64CONST(10), UINT64CONST(100), UINT64CONST(1000),
	UINT64CONST(10000), UINT64CONST(100000), UINT64CONST(1000000),
	UINT64CONST(10000000), UINT64CONST(100000000), UINT64CONST(1000000000),
	UINT64CONST(10000000000), UINT64CONST(100000000000), UINT64CONST(1000000000000),
	UINT64CONST(10000000000000), UINT64CONST(100000000000000),
	UINT64CONST(1000000000000000), UINT64CONST(10000000000000000),
	UINT64CONST(100000000000000000), UINT64CONST(1000000000000000000)
};

Datum
rs_numeric_from_int64(int64 value, int scale)
{
	int16		digits[MAX_DIGITS];
	uint64		magnitude = value < 0 ? (uint64) 0 - (uint64) value : (uint64) value;
	uint64		whole;
	uint64		fraction;
	int			groups = (scale + DIGITS - 1) / DIGITS;
	int			at = MAX_DIGITS;
	int			i;

	/* With the padding below the fraction must stay in 64 bits. */
	if (scale > 15)
		return rs_numeric_from_int128(value, scale);
	whole = magnitude / powers_of_ten[scale];
	fraction = (magnitude - whole * powers_of_ten[scale]) *
		powers_of_ten[groups * DIGITS - scale];
	for (i = 0; i < groups; i++)
	{
		digits[--at] = (int16) (fraction % NBASE);
		fraction /= NBASE;
	}
	while (whole > 0)
	{
		digits[--at] = (int16) (whole % NBASE);
		whole /= NBASE;
	}
	return assemble(value < 0, scale, MAX_DIGITS - at - groups - 1, digits + at,
					MAX_DIGITS - at);
}

Datum
rs_numeric_from_int128(int128 value, int scale)
{
	int16		digits[MAX_DIGITS + 1];
	uint128		magnitude = value < 0 ? (uint128) 0 - (uint128) value : (uint128) value;
	int			groups = (scale + DIGITS - 1) / DIGITS;
	int			pad = groups * DIGITS - scale;
	int			at = MAX_DIGITS + 1;

	/* The last digit holds fewer than four decimal places, moved to its left. */
	if (pad > 0)
	{
		int			places = DIGITS - pad;
		uint64		unit = powers_of_ten[places];

		digits[--at] = (int16) ((uint64) (magnitude % unit) * powers_of_ten[pad]);
		magnitude /= unit;
	}
	while (magnitude > 0 || MAX_DIGITS + 1 - at < groups)
	{
		digits[--at] = (int16) (magnitude % NBASE);
		magnitude /= NBASE;
	}
	return assemble(value < 0, scale, MAX_DIGITS + 1 - at - groups - 1, digits + at,
					MAX_DIGITS + 1 - at);
}
