/*
 * orc_rle.c
 *	  Run length encodings of ORC: integers in both versions, bytes, and booleans.
 *
 * A run of integers is decoded as a whole, straight to where its values are wanted if
 * there is room.  Sums are of unsigned integers, so damaged ones wrap instead of overflowing.
 */
#include "postgres.h"

#include "format/orc/orc_rle.h"
#include "port/pg_bswap.h"

#define MAX_VARINT		10
#define MIN_RUN			3
/* Header, a run of the widest values, base, and 31 patches of 64 bits. */
#define MAX_RUN_BYTES	(4 + 8 + RS_ORC_MAX_RUN * 8 + 31 * 8)

StaticAssertDecl(MAX_RUN_BYTES <= RS_ORC_MAX_FILL, "a run has to be in one piece");

static void pg_attribute_noreturn()
too_few(const RsOrcStream *stream)
{
	rs_orc_stream_damaged(stream, "a stream has fewer values than rows");
}

static inline int64
unzigzag(uint64 value)
{
	return (int64) ((value >> 1) ^ (~(value & 1) + 1));
}

static uint64
read_varint(RsOrcStream *stream)
{
	uint64		value = 0;
	int			shift;

	(void) rs_orc_stream_fill(stream, MAX_VARINT);
	for (shift = 0; shift < 64 && stream->at < stream->end; shift += 7)
	{
		uint8		byte = *stream->at++;

		value |= (uint64) (byte & 0x7F) << shift;
		if (byte < 0x80)
			return value;
	}
	rs_orc_stream_damaged(stream, "an integer has no end");
}

bool
rs_orc_read_decimal(RsOrcStream *stream, int128 *result)
{
	uint128		value = 0;
	int			shift;
	bool		fits = true;

	(void) rs_orc_stream_fill(stream, 20);
	/* 38 digits and the sign are 128 bits; more are passed over. */
	for (shift = 0; rs_orc_stream_fill(stream, 1) > 0; shift += 7)
	{
		uint8		byte = *stream->at++;

		if (shift < 126)
			value |= (uint128) (byte & 0x7F) << shift;
		else if (shift == 126 && (byte & 0x7F) < 4)
			value |= (uint128) (byte & 0x7F) << shift;
		else if ((byte & 0x7F) != 0)
			fits = false;
		if (shift > 1000000)
			break;
		if (byte < 0x80)
		{
			*result = (int128) ((value >> 1) ^ (~(value & 1) + 1));
			return fits;
		}
	}
	too_few(stream);
}

static inline uint64
load_big_endian(const uint8 *from, int nbytes)
{
	uint64		value = 0;
	int			i;

	for (i = 0; i < nbytes; i++)
		value = value << 8 | from[i];
	return value;
}

/*
 * n values of a width, the most significant bit first.  Reads up to RS_ORC_SLACK bytes more.
 */
static void
unpack(const uint8 *from, int width, int64 *values, uint32 n)
{
	uint32		i;

	if (width == 64)
		for (i = 0; i < n; i++)
		{
			uint64		word;

			memcpy(&word, from + (Size) i * 8, sizeof(word));
			values[i] = (int64) pg_ntoh64(word);
		}
	else if (width == 8)
		for (i = 0; i < n; i++)
			values[i] = from[i];
	else
	{
		Size		bit = 0;

		/* Wider than 57 is 64 only, so the value is within the eight bytes that its first bit is in. */
		for (i = 0; i < n; i++, bit += width)
		{
			uint64		word;

			memcpy(&word, from + bit / 8, sizeof(word));
			values[i] = (int64) (pg_ntoh64(word) << (bit % 8) >> (64 - width));
		}
	}
}

/* The widths that five bits of a header stand for. */
static int
width_of_code(int code)
{
	static const uint8 wide[] = {26, 28, 30, 32, 40, 48, 56, 64};

	return code < 24 ? code + 1 : wide[code - 24];
}

static int
closest_width(int width)
{
	int			code;

	if (width <= 24)
		return width;
	for (code = 24; width_of_code(code) < width; code++)
		;
	return width_of_code(code);
}

static const uint8 *
packed(RsOrcStream *stream, int width, uint32 n)
{
	Size		size = ((Size) width * n + 7) / 8;
	const uint8 *from;

	if (rs_orc_stream_fill(stream, size) < size)
		too_few(stream);
	from = stream->at;
	stream->at += size;
	return from;
}

static uint32
short_repeat(RsOrcInts *ints, uint8 head, int64 *values)
{
	int			width = ((head >> 3) & 7) + 1;
	uint32		n = (head & 7) + MIN_RUN;
	uint64		value = load_big_endian(packed(ints->stream, 8, width), width);
	uint32		i;

	for (i = 0; i < n; i++)
		values[i] = ints->is_signed ? unzigzag(value) : (int64) value;
	return n;
}

static uint32
direct(RsOrcInts *ints, int width, uint32 n, int64 *values)
{
	uint32		i;

	unpack(packed(ints->stream, width, n), width, values, n);
	if (ints->is_signed)
		for (i = 0; i < n; i++)
			values[i] = unzigzag((uint64) values[i]);
	return n;
}

static uint32
delta(RsOrcInts *ints, int code, uint32 n, int64 *values)
{
	RsOrcStream *stream = ints->stream;
	int			width = code == 0 ? 0 : width_of_code(code);
	uint64		first = read_varint(stream);
	int64		base;
	uint64		value;
	uint32		i;

	values[0] = ints->is_signed ? unzigzag(first) : (int64) first;
	base = unzigzag(read_varint(stream));
	if (n == 1)
		return n;
	value = (uint64) values[0] + (uint64) base;
	values[1] = (int64) value;
	if (width == 0)
		for (i = 2; i < n; i++)
			values[i] = (int64) (value += (uint64) base);
	else
	{
		unpack(packed(stream, width, n - 2), width, values + 2, n - 2);
		for (i = 2; i < n; i++)
		{
			if (base < 0)
				value -= (uint64) values[i];
			else
				value += (uint64) values[i];
			values[i] = (int64) value;
		}
	}
	return n;
}

static uint32
patched_base(RsOrcInts *ints, int width, uint32 n, int64 *values)
{
	RsOrcStream *stream = ints->stream;
	const uint8 *head = packed(stream, 8, 2);
	int			base_width = (head[0] >> 5) + 1;
	int			patch_width = width_of_code(head[0] & 31);
	int			gap_width = (head[1] >> 5) + 1;
	uint32		npatches = head[1] & 31;
	int64		patches[32];
	uint64		sign;
	uint64		base;
	uint64		at = 0;
	uint32		i;

	base = load_big_endian(packed(stream, 8, base_width), base_width);
	sign = UINT64CONST(1) << (base_width * 8 - 1);
	if ((base & sign) != 0)
		base = ~(base & ~sign) + 1;
	if (gap_width + patch_width > 64 || width + patch_width > 64)
		rs_orc_stream_damaged(stream, "patches are wider than integers");
	unpack(packed(stream, width, n), width, values, n);
	unpack(packed(stream, closest_width(gap_width + patch_width), npatches),
		   closest_width(gap_width + patch_width), patches, npatches);
	for (i = 0; i < npatches; i++)
	{
		/* Neither width is more than 63 here: each is at least one. */
		uint64		patch = (uint64) patches[i] & ((UINT64CONST(1) << patch_width) - 1);

		at += (uint64) patches[i] >> patch_width;
		if (at >= n)
			rs_orc_stream_damaged(stream, "a patch is beyond its run");
		values[at] = (int64) ((uint64) values[at] | patch << width);
	}
	for (i = 0; i < n; i++)
		values[i] = (int64) ((uint64) values[i] + base);
	return n;
}

static uint32
decode_v2(RsOrcInts *ints, int64 *values)
{
	RsOrcStream *stream = ints->stream;
	uint8		head;
	uint8		low;
	int			code;
	uint32		n;

	if (rs_orc_stream_fill(stream, 1) == 0)
		too_few(stream);
	head = *stream->at++;
	if (head >> 6 == 0)
		return short_repeat(ints, head, values);
	low = *packed(stream, 8, 1);
	code = (head >> 1) & 31;
	n = ((uint32) (head & 1) << 8 | low) + 1;
	switch (head >> 6)
	{
		case 1:
			return direct(ints, width_of_code(code), n, values);
		case 2:
			return patched_base(ints, width_of_code(code), n, values);
		default:
			return delta(ints, code, n, values);
	}
}

static uint32
decode_v1(RsOrcInts *ints, int64 *values)
{
	RsOrcStream *stream = ints->stream;
	uint8		head;
	uint32		n;
	uint32		i;

	if (rs_orc_stream_fill(stream, 1) == 0)
		too_few(stream);
	head = *stream->at++;
	if (head < 0x80)
	{
		int8		step = (int8) *packed(stream, 8, 1);
		uint64		value = read_varint(stream);

		n = head + MIN_RUN;
		if (ints->is_signed)
			value = (uint64) unzigzag(value);
		for (i = 0; i < n; i++, value += (uint64) (int64) step)
			values[i] = (int64) value;
		return n;
	}
	n = 0x100 - head;
	for (i = 0; i < n; i++)
	{
		uint64		value = read_varint(stream);

		values[i] = ints->is_signed ? unzigzag(value) : (int64) value;
	}
	return n;
}

RsOrcInts *
rs_orc_ints_open(RsOrcStream *stream, bool is_signed, bool is_v2)
{
	RsOrcInts  *ints = palloc(sizeof(RsOrcInts));

	ints->stream = stream;
	ints->is_signed = is_signed;
	ints->is_v2 = is_v2;
	ints->at = ints->n = 0;
	return ints;
}

void
rs_orc_ints_read(RsOrcInts *ints, int64 *values, uint32 n)
{
	while (n > 0)
	{
		uint32		take;

		if (ints->at == ints->n)
		{
			int64	   *to = n >= RS_ORC_MAX_RUN ? values : ints->values;
			uint32		got = ints->is_v2 ? decode_v2(ints, to) : decode_v1(ints, to);

			if (to == values)
			{
				values += got;
				n -= got;
				continue;
			}
			ints->at = 0;
			ints->n = got;
		}
		take = Min(n, ints->n - ints->at);
		memcpy(values, ints->values + ints->at, take * sizeof(int64));
		ints->at += take;
		values += take;
		n -= take;
	}
}

void
rs_orc_bytes_open(RsOrcBytes *bytes, RsOrcStream *stream)
{
	memset(bytes, 0, sizeof(RsOrcBytes));
	bytes->stream = stream;
}

void
rs_orc_bytes_read(RsOrcBytes *bytes, uint8 *values, uint32 n)
{
	while (n > 0)
	{
		uint32		take;

		if (bytes->left == 0)
		{
			uint8		head = *packed(bytes->stream, 8, 1);

			bytes->is_run = head < 0x80;
			bytes->left = bytes->is_run ? head + MIN_RUN : 0x100 - head;
			if (bytes->is_run)
				bytes->value = *packed(bytes->stream, 8, 1);
		}
		take = Min(n, bytes->left);
		if (bytes->is_run)
			memset(values, bytes->value, take);
		else
			memcpy(values, packed(bytes->stream, 8, take), take);
		bytes->left -= take;
		values += take;
		n -= take;
	}
}

RsOrcBits *
rs_orc_bits_open(RsOrcStream *stream)
{
	RsOrcBits  *bits = palloc0(sizeof(RsOrcBits));

	rs_orc_bytes_open(&bits->bytes, stream);
	return bits;
}

void
rs_orc_bits_read(RsOrcBits *bits, uint8 *values, uint32 n)
{
	uint32		i;

	for (i = 0; i < n; i++)
	{
		if (bits->left == 0)
		{
			rs_orc_bytes_read(&bits->bytes, &bits->current, 1);
			bits->left = 8;
		}
		values[i] = bits->current >> 7;
		bits->current = (uint8) (bits->current << 1);
		bits->left--;
	}
}
