/*
 * values.c
 *	  Values to test encodings with.
 */
#include "postgres.h"

#include "encoding/raw.h"
#include "harness.h"
#include "utils/memutils.h"
#include "values.h"

/* The last payload that has a 1-byte header. */
#define LONGEST_SHORT	126

const Form	forms[] = {
	{"int8", RS_PHYS_INT8, 1},
	{"int16", RS_PHYS_INT16, 2},
	{"int32", RS_PHYS_INT32, 4},
	{"int64", RS_PHYS_INT64, 8},
	{"int128", RS_PHYS_INT128, 16},
	{"float32", RS_PHYS_FLOAT32, 4},
	{"float64", RS_PHYS_FLOAT64, 8},
	{"fixed(6)", RS_PHYS_FIXED, 6},
	{"fixed(8)", RS_PHYS_FIXED, 8},
	{"fixed(16)", RS_PHYS_FIXED, 16},
	{"fixed(64)", RS_PHYS_FIXED, 64},
	{"varlen", RS_PHYS_VARLEN, 0}
};
const int	nforms = lengthof(forms);

typedef enum NumberShape
{
	NUM_CONSTANT,
	NUM_RUNS,
	NUM_SEQUENTIAL,
	NUM_RANDOM,
	NUM_SMALL,
	NUM_EXTREMES,
	NUM_ALTERNATING,
	NUM_FEW_DISTINCT,
	NUM_256_DISTINCT,
	NUM_MULTIPLES,
	NUM_OUTLIERS,
	NUM_STEPS,
	NUM_SPECIAL,				/* floats: NaN, -0, Infinity, denormals */
	NUM_DECIMALS				/* floats: hundredths */
} NumberShape;

static const char *const number_shapes[] = {
	"constant", "runs", "sequential", "random", "small", "extremes", "alternating signs",
	"few distinct", "256 distinct", "multiples", "outliers", "steps near a width's limit",
	"special floats", "decimals"
};

typedef enum TextShape
{
	TEXT_EMPTY,
	TEXT_CONSTANT,
	TEXT_RUNS,
	TEXT_FEW_DISTINCT,
	TEXT_MANY_DISTINCT,
	TEXT_HEADERS,
	TEXT_FEW_WORDS,
	TEXT_MANY_WORDS,
	TEXT_SPACES,
	TEXT_BINARY,
	TEXT_LONG
} TextShape;

static const char *const text_shapes[] = {
	"empty", "constant", "runs", "few distinct", "many distinct", "126 to 128 bytes",
	"few words", "many words", "spaces", "binary", "100 kB"
};

static bool
is_float(RsPhys phys)
{
	return phys == RS_PHYS_FLOAT32 || phys == RS_PHYS_FLOAT64;
}

int
nshapes(RsPhys phys)
{
	if (phys == RS_PHYS_VARLEN)
		return lengthof(text_shapes);
	return is_float(phys) ? NUM_DECIMALS + 1 : NUM_STEPS + 1;
}

const char *
shape_name(RsPhys phys, int shape)
{
	return phys == RS_PHYS_VARLEN ? text_shapes[shape] : number_shapes[shape];
}

uint32
shape_limit(RsPhys phys, int shape)
{
	return phys == RS_PHYS_VARLEN && shape == TEXT_LONG ? 7 : RS_BLOCK_ROWS;
}

/*
 * An integer of the shape; `last` is the one before.
 */
static int64
make_number(int shape, uint32 i, int64 last)
{
	static const int64 extremes[] = {
		PG_INT64_MIN, PG_INT64_MAX, PG_INT64_MIN + 1, PG_INT64_MAX - 1, 0, -1, 1,
		PG_INT32_MIN, PG_INT32_MAX, PG_INT16_MIN, PG_INT16_MAX, PG_INT8_MIN, PG_INT8_MAX
	};
	static const int64 steps[] = {
		127, 128, -127, -128, -129, 32767, 32768, -32767, -32768, -32769, 0, 1
	};

	switch (shape)
	{
		case NUM_CONSTANT:
			return i == 0 ? (int64) rnd() : last;
		case NUM_RUNS:
			return i == 0 || rnd_below(20) == 0 ? (int64) rnd_below(1000) : last;
		case NUM_SEQUENTIAL:
			return (int64) ((uint64) last + 1);
		case NUM_SMALL:
			return (int64) rnd_below(200) - 100;
		case NUM_EXTREMES:
			return extremes[rnd_below(lengthof(extremes))];
		case NUM_ALTERNATING:
			return i % 2 == 0 ? (int64) (rnd() >> 1) : -(int64) (rnd() >> 1);
		case NUM_FEW_DISTINCT:
			return (int64) (rnd_below(5) * UINT64CONST(0x123456789ABCDEF));
		case NUM_256_DISTINCT:
			return (int64) ((i < 256 ? i : rnd_below(256)) * UINT64CONST(0x10000000F));
		case NUM_MULTIPLES:
			return ((int64) rnd_below(1000000) - 500000) * 1000000;
		case NUM_OUTLIERS:
			return rnd_below(50) == 0 ? (int64) rnd() : (int64) rnd_below(100);
		case NUM_STEPS:
			return (int64) ((uint64) last + (uint64) steps[rnd_below(lengthof(steps))]);
		default:
			return (int64) rnd();
	}
}

static double
special_float(uint32 i)
{
	static const uint64 bits[] = {
		UINT64CONST(0x7FF8000000000000), UINT64CONST(0xFFF8000000000001),	/* NaN */
		UINT64CONST(0x7FF0000000000001),	/* a signalling one */
		UINT64CONST(0x7FF0000000000000), UINT64CONST(0xFFF0000000000000),
		UINT64CONST(0x8000000000000000), 0, /* -0, 0 */
		1, UINT64CONST(0x800FFFFFFFFFFFFF), /* denormals */
		UINT64CONST(0x7FEFFFFFFFFFFFFF), UINT64CONST(0x0010000000000000),
		UINT64CONST(0x4330000000000000), UINT64CONST(0xC330000000000000)	/* 2^52 */
	};
	double		value;

	memcpy(&value, &bits[rnd_below(lengthof(bits))], sizeof(value));
	/* Few enough that alp keeps them as exceptions. */
	return rnd_below(10) == 0 ? value : i * 0.25;
}

/*
 * The number as a float: mostly its value, for random ones its bits.
 */
static void
put_float(const Form *form, int shape, uint32 i, int64 number, char *to)
{
	double		value = shape == NUM_DECIMALS ? (double) rnd_below(1000000) / 100 :
		shape == NUM_SPECIAL ? special_float(i) : (double) number;

	if (shape == NUM_RANDOM)
		memcpy(to, &number, form->width);
	else if (form->phys == RS_PHYS_FLOAT32 && shape == NUM_SPECIAL && rnd_below(10) == 0)
	{
		static const uint32 bits[] = {
			0x7FC00000, 0xFFC00001, 0x7F800001, 0x7F800000, 0x80000000, 1, 0x807FFFFF
		};

		memcpy(to, &bits[rnd_below(lengthof(bits))], sizeof(uint32));
	}
	else if (form->phys == RS_PHYS_FLOAT32)
	{
		/* Beyond a float's range a cast is undefined. */
		float4		narrow = value > 3e38 || value < -3e38 ? 3e38f : (float4) value;

		memcpy(to, &narrow, sizeof(narrow));
	}
	else
		memcpy(to, &value, sizeof(value));
}

static void
put_wide(int shape, int64 number, char *to)
{
	int128		value = number;

	/* Close together, but beyond 64 bits; or anywhere. */
	if (shape == NUM_SMALL || shape == NUM_MULTIPLES)
		value += (int128) PG_INT64_MAX * 1000000;
	else if (shape == NUM_RANDOM || shape == NUM_EXTREMES)
		value = (int128) ((uint128) rnd() << 64 | (uint64) number);
	memcpy(to, &value, sizeof(value));
}

static void
make_numbers(const Form *form, int shape, uint32 count, RsValues *out)
{
	int64		last = shape == NUM_SEQUENTIAL || shape == NUM_STEPS ? (int64) rnd() : 0;
	uint32		i;

	out->fixed = palloc(Max((Size) count * form->width, 1));
	for (i = 0; i < count; i++)
	{
		char	   *to = (char *) out->fixed + (Size) i * form->width;

		last = make_number(shape, i, last);
		if (is_float(form->phys))
			put_float(form, shape, i, last, to);
		else if (form->phys == RS_PHYS_INT128)
			put_wide(shape, last, to);
		else
		{
			/* Little-endian or not, what matters is that shapes keep theirs. */
			uint16		n;

			for (n = 0; n < form->width; n++)
				to[n] = (char) ((uint64) last >> (8 * (n % 8)));
			if (form->phys == RS_PHYS_INT16 || form->phys == RS_PHYS_INT32)
			{
				int32		narrow = (int32) last;
				int16		narrower = (int16) last;

				memcpy(to, form->width == 2 ? (void *) &narrower : (void *) &narrow, form->width);
			}
			else if (form->phys == RS_PHYS_INT64)
				memcpy(to, &last, sizeof(last));
		}
	}
}

void
begin_images(RsValues *out, uint32 count, Size nbytes)
{
	Size		room = nbytes + (Size) count * (VARHDRSZ + MAXIMUM_ALIGNOF) + 1;

	memset(out, 0, sizeof(RsValues));
	out->phys = RS_PHYS_VARLEN;
	out->offsets = palloc(Max(count, 1) * sizeof(uint32));
	out->bytes = MemoryContextAllocHuge(CurrentMemoryContext, room);
}

void
add_image(RsValues *out, const char *payload, Size size)
{
	out->nbytes = rs_image_put(out->bytes, out->nbytes, payload, size,
							   &out->offsets[out->count++]);
}

/* Append a word; a vocabulary is as many different ones. */
static Size
put_word(char *to, uint32 vocabulary)
{
	uint32		word = (uint32) rnd_below(vocabulary);

	if (vocabulary > 1000)
		return (Size) sprintf(to, "%x", (uint32) rnd());
	return (Size) sprintf(to, "w%u%s", word, word % 3 == 0 ? "\xc3\xa9tude" : "");
}

/*
 * A text of the shape into `to`, which has room for 100,000 bytes.
 */
static Size
make_text(int shape, uint32 i, char *to, Size last)
{
	Size		size = 0;
	uint32		n;

	switch (shape)
	{
		case TEXT_EMPTY:
			return 0;
		case TEXT_CONSTANT:
			return i == 0 ? (Size) sprintf(to, "a constant value") : last;
		case TEXT_RUNS:
			return i == 0 || rnd_below(10) == 0 ? put_word(to, 100) : last;
		case TEXT_FEW_DISTINCT:
			return rnd_below(8) == 0 ? 0 : put_word(to, 6);
		case TEXT_MANY_DISTINCT:
			return put_word(to, PG_UINT32_MAX);
		case TEXT_HEADERS:
			memset(to, 'a' + (int) rnd_below(3), LONGEST_SHORT + 2);
			return LONGEST_SHORT - 1 + rnd_below(4);
		case TEXT_FEW_WORDS:
		case TEXT_MANY_WORDS:
			for (n = (uint32) rnd_below(12); n > 0; n--)
			{
				size += put_word(to + size, shape == TEXT_FEW_WORDS ? 50 : 1000);
				if (n > 1)
					to[size++] = ' ';
			}
			return size;
		case TEXT_SPACES:
			memset(to, ' ', 300);
			n = (uint32) rnd_below(rnd_below(20) == 0 ? 300 : 4);
			for (; n > 0; n--)
				to[rnd_below(300)] = 'x';
			return rnd_below(rnd_below(20) == 0 ? 300 : 10);
		case TEXT_BINARY:
			n = (uint32) rnd_below(40);
			for (; size < n; size++)
				to[size] = (char) rnd();
			return size;
		default:
			/* Words, then one of 50 kB that no dictionary takes. */
			while (size < 50000)
			{
				size += put_word(to + size, 50);
				to[size++] = ' ';
			}
			memset(to + size, 'y', 50000);
			return size + rnd_below(50000);
	}
}

static void
make_texts(int shape, uint32 count, RsValues *out)
{
	char	   *text = palloc(101000);
	Size		size = 0;
	uint32		i;

	begin_images(out, count, shape == TEXT_LONG ? (Size) count * 101000 : (Size) count * 310);
	for (i = 0; i < count; i++)
	{
		size = make_text(shape, i, text, size);
		add_image(out, text, size);
	}
	pfree(text);
}

void
make_values(const Form *form, int shape, uint32 count, RsValues *out)
{
	memset(out, 0, sizeof(RsValues));
	if (form->phys == RS_PHYS_VARLEN)
		make_texts(shape, count, out);
	else
		make_numbers(form, shape, count, out);
	out->phys = form->phys;
	out->width = form->width;
	out->count = count;
}

const char *
value_bytes(const RsValues *values, uint32 i, Size *size)
{
	if (values->phys == RS_PHYS_VARLEN)
	{
		const char *image = values->bytes + values->offsets[i];

		*size = VARSIZE_ANY_EXHDR(image);
		return VARDATA_ANY(image);
	}
	*size = values->width;
	return (const char *) values->fixed + (Size) i * values->width;
}

bool
image_is_sound(const RsValues *values, uint32 i)
{
	Size		offset = values->offsets[i];
	const char *image = values->bytes + offset;
	Size		size;

	if (offset >= values->nbytes)
		return false;
	size = VARSIZE_ANY(image);
	if (size > values->nbytes - offset)
		return false;
	if (VARATT_IS_1B(image))
		return !VARATT_IS_1B_E(image) && size <= LONGEST_SHORT + VARHDRSZ_SHORT;
	return size > LONGEST_SHORT + VARHDRSZ && (uintptr_t) image % MAXIMUM_ALIGNOF == 0 &&
		!VARATT_IS_4B_C(image);
}

bool
same_values(const RsValues *whole, uint32 first, const RsValues *part)
{
	uint32		i;

	if (part->phys != whole->phys || part->width != whole->width)
		return false;
	for (i = 0; i < part->count; i++)
	{
		Size		size;
		Size		part_size;
		const char *bytes = value_bytes(whole, first + i, &size);
		const char *part_bytes;

		if (part->phys == RS_PHYS_VARLEN && !image_is_sound(part, i))
			return false;
		part_bytes = value_bytes(part, i, &part_size);
		if (size != part_size || memcmp(bytes, part_bytes, size) != 0)
			return false;
	}
	return true;
}

char *
exact_copy(const char *bytes, Size size)
{
	Size		skew = rnd_below(8);
	char	   *copy = (char *) palloc(skew + size) + skew;

	memcpy(copy, bytes, size);
	return copy;
}

void
digest_values(const RsValues *values)
{
	uint32		i;

	if (values->phys != RS_PHYS_VARLEN)
	{
		digest(values->fixed, (Size) values->count * values->width);
		return;
	}
	for (i = 0; i < values->count; i++)
	{
		Size		size;
		const char *bytes = value_bytes(values, i, &size);

		digest(&size, sizeof(size));
		digest(bytes, size);
	}
}
