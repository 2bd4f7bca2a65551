/*
 * blocks.c
 *	  Blocks give back their rows: NULLs, codecs, numerics, choosing an encoding.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "encoding/numeric.h"
#include "harness.h"
#include "stubs.h"
#include "utils/memutils.h"
#include "values.h"

#define RANGES	4
#define SINGLES		6			/* rows read alone of each block */

static const uint32 row_counts[] = {1, 2, 63, 64, 65, 513, 2047, 8191, 8192};

typedef enum NullPattern
{
	NULLS_NONE,
	NULLS_ALL,
	NULLS_SOME,
	NULLS_ONE,
	NULLS_ALL_BUT_ONE,
	NULLS_TAIL
} NullPattern;
#define NULL_PATTERNS	6

static const char *const null_patterns[NULL_PATTERNS] = {
	"no NULL", "all NULL", "some NULL", "one NULL", "all NULL but one", "NULLs at the end"
};

static bool
is_null(NullPattern pattern, uint32 row, uint32 nrows)
{
	switch (pattern)
	{
		case NULLS_ALL:
			return true;
		case NULLS_SOME:
			return rnd_below(3) == 0;
		case NULLS_ONE:
			return row == nrows / 2;
		case NULLS_ALL_BUT_ONE:
			return row != nrows / 2;
		case NULLS_TAIL:
			return row >= nrows / 2;
		default:
			return false;
	}
}

typedef struct Case
{
	RsColumnType type;
	const Form *form;
	int			shape;
	NullPattern nulls;
	uint32		nrows;
	RsEncodingPlan plan;
	bool		choose;			/* plan.encoding is a wish */
	/* results */
	RsBlockForm block;
	const char *failure;
} Case;

/*
 * Compare rows [first, first + count) with what was encoded: `position[row]` is
 * the index of the row's value, -1 for NULL.
 */
static const char *
compare_rows(const RsValues *values, const int32 *position, const RsDecodedBlock *decoded,
			 uint32 first, uint32 count)
{
	static const char zeros[64];
	uint32		i;

	if (decoded->first != first || decoded->values.count != count)
		return "wrong range";
	for (i = 0; i < count; i++)
	{
		bool		valid = decoded->valid == NULL ||
			((decoded->valid[i / 64] >> (i % 64)) & 1) != 0;
		Size		size;
		Size		expected_size;
		const char *bytes;
		const char *expected;

		if (valid != (position[first + i] >= 0))
			return "validity differs";
		if (!valid)
		{
			if (values->phys != RS_PHYS_VARLEN &&
				memcmp(value_bytes(&decoded->values, i, &size), zeros, values->width) != 0)
				return "a NULL row holds something";
			continue;
		}
		if (values->phys == RS_PHYS_VARLEN && !image_is_sound(&decoded->values, i))
			return "image is malformed";
		expected = value_bytes(values, (uint32) position[first + i], &expected_size);
		bytes = value_bytes(&decoded->values, i, &size);
		if (size != expected_size || memcmp(bytes, expected, size) != 0)
			return "values differ";
	}
	return NULL;
}

static const char *
check_form(const RsBlockForm *form, const StringInfo out, int start, uint32 nrows, uint32 nvalues)
{
	if (form->nrows != nrows || form->nnulls != nrows - nvalues)
		return "form has wrong counts";
	if ((int) form->size != out->len - start)
		return "form has a wrong size";
	if (((form->flags & RS_BLOCK_ALL_NULL) != 0) != (nvalues == 0))
		return "form has a wrong all-NULL flag";
	if (form->reserved != 0)
		return "form's reserved bytes are not zero";
	return NULL;
}

static bool
has_value(const RsValues *values, const char *bytes, Size size)
{
	uint32		i;

	for (i = 0; i < values->count; i++)
	{
		Size		other_size;
		const char *other = value_bytes(values, i, &other_size);

		if (other_size == size && memcmp(other, bytes, size) == 0)
			return true;
	}
	return false;
}

/*
 * The entries of a dictionary are the block's values: every entry (some of many) is
 * a value, every value an entry.
 */
static const char *
compare_entries(const RsValues *values, const RsValues *entries)
{
	uint32		step = 1 + values->count / 200;
	Size		size;
	const char *bytes;
	uint32		i;

	for (i = 0; i < values->count; i += step)
	{
		bytes = value_bytes(values, i, &size);
		if (!has_value(entries, bytes, size))
			return "a value is not among the entries";
	}
	step = 1 + entries->count / 200;
	for (i = 0; i < entries->count; i += step)
	{
		bytes = value_bytes(entries, i, &size);
		if (!has_value(values, bytes, size))
			return "an entry is not among the values";
	}
	return entries->count > values->count ? "too many entries" : NULL;
}

/*
 * Rows read one at a time are those of the block decoded as a whole.
 */
static const char *
compare_single(const RsColumnType *type, const RsBlockForm *form, const char *bytes)
{
	RsDecodedBlock whole;
	RsOpenBlock open;
	int			i;

	rs_block_decode(type, form, bytes, 0, form->nrows, &whole);
	rs_block_open(type, form, bytes, &open);
	for (i = 0; i < SINGLES && form->nrows > 0; i++)
	{
		uint32		row = i == 0 ? 0 : i == 1 ? form->nrows - 1 : (uint32) rnd_below(form->nrows);
		bool		null1;
		bool		null2;
		Datum		one = rs_block_value(type, &open, row, &null1);
		Datum		other = rs_block_datum(type, &whole, row, &null2);
		char	   *a = DatumGetPointer(one);
		char	   *b = DatumGetPointer(other);

		if (null1 != null2)
			return "a single row is NULL or not, but not in the block";
		if (null1)
			continue;
		if (type->phys == RS_PHYS_VARLEN || type->is_numeric || form->phys == RS_PHYS_INT128
			? VARSIZE_ANY_EXHDR(a) != VARSIZE_ANY_EXHDR(b) ||
			memcmp(VARDATA_ANY(a), VARDATA_ANY(b), VARSIZE_ANY_EXHDR(a)) != 0
			: type->phys == RS_PHYS_FIXED ? memcmp(a, b, type->width) != 0 : one != other)
			return "a single value differs from the block's";
	}
	return NULL;
}

static void
round_trip(void *arg)
{
	Case	   *test = arg;
	uint64	   *valid = palloc0((test->nrows + 63) / 64 * sizeof(uint64));
	int32	   *position = palloc(test->nrows * sizeof(int32));
	uint32		nvalues = 0;
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "caller's",
												  ALLOCSET_DEFAULT_SIZES);
	StringInfoData out;
	RsValues	values;
	RsValues	entries;
	int			start;
	uint32		row;
	int			i;

	for (row = 0; row < test->nrows; row++)
	{
		position[row] = -1;
		if (is_null(test->nulls, row, test->nrows))
			continue;
		position[row] = (int32) nvalues++;
		valid[row / 64] |= UINT64CONST(1) << (row % 64);
	}
	MemoryContextSwitchTo(context);
	make_values(test->form, test->shape, nvalues, &values);
	if (test->choose)
		rs_block_choose(&test->type, &values, test->plan.encoding, &test->plan);
	initStringInfo(&out);
	appendBinaryStringInfo(&out, "before", 6);
	start = out.len;
	rs_block_encode(&test->type, &values, nvalues < test->nrows ? valid : NULL, test->nrows,
					&test->plan, &out, &test->block);
	digest(out.data, out.len);
	test->failure = CurrentMemoryContext != context ? "another memory context is current" :
		check_form(&test->block, &out, start, test->nrows, nvalues);
	if (test->failure == NULL &&
		rs_block_entries(&test->type, &test->block, exact_copy(out.data + start, test->block.size),
						 &entries))
		test->failure = compare_entries(&values, &entries);
	for (i = 0; i < RANGES && test->failure == NULL; i++)
	{
		uint32		first = i == 0 ? 0 : (uint32) rnd_below(test->nrows + 1);
		uint32		count = i == 0 ? test->nrows : (uint32) rnd_below(test->nrows - first + 1);
		char	   *bytes = exact_copy(out.data + start, test->block.size);
		RsDecodedBlock decoded;

		rs_block_decode(&test->type, &test->block, bytes, first, count, &decoded);
		test->failure = compare_rows(&values, position, &decoded, first, count);
	}
	if (test->failure == NULL)
		test->failure = compare_single(&test->type, &test->block,
									   exact_copy(out.data + start, test->block.size));
}

static bool
run_case(Case *test)
{
	StubOutcome outcome = stub_run(round_trip, test);

	stub_free_all();
	if (outcome != STUB_DONE)
		test->failure = stub_message;
	if (test->failure != NULL)
		diag("%s, %s, %u rows, %s, codec %d: %s", shape_name(test->form->phys, test->shape),
			 null_patterns[test->nulls], test->nrows, rs_encoding_name(test->plan.encoding),
			 test->plan.codec, test->failure);
	return test->failure == NULL;
}

static void
init_case(Case *test, const Form *form)
{
	memset(test, 0, sizeof(Case));
	test->form = form;
	test->shape = (int) rnd_below(nshapes(form->phys));
	test->nulls = (NullPattern) rnd_below(NULL_PATTERNS);
	test->nrows = row_counts[rnd_below(lengthof(row_counts))];
	test->nrows = Min(test->nrows, shape_limit(form->phys, test->shape));
	test->type.phys = form->phys;
	test->type.width = form->width;
}

/*
 * All encodings, whether they take the form or fall back, with all codecs.
 */
static void
test_encodings(const Form *form)
{
	bool		passed = true;
	int			id;

	for (id = RS_ENC_RAW; id < RS_ENC_COUNT; id++)
	{
		int			codec;

		for (codec = RS_CODEC_NONE; codec <= RS_CODEC_ZSTD; codec++)
		{
			Case		test;

			init_case(&test, form);
			test.plan.encoding = (RsEncodingId) id;
			test.plan.codec = (RsCodecId) codec;
			passed = run_case(&test) && passed;
		}
	}
	ok(passed, "blocks of %s, all encodings and codecs", form->name);
}

static void
test_nulls(const Form *form)
{
	bool		passed = true;
	int			pattern;

	for (pattern = 0; pattern < NULL_PATTERNS; pattern++)
	{
		int			c;

		for (c = 0; c < lengthof(row_counts); c++)
		{
			Case		test;

			init_case(&test, form);
			test.nulls = (NullPattern) pattern;
			test.nrows = Min(row_counts[c], shape_limit(form->phys, test.shape));
			test.plan.encoding = RS_ENC_RUNLENGTH;
			test.plan.codec = (RsCodecId) rnd_below(3);
			passed = run_case(&test) && passed;
		}
	}
	ok(passed, "blocks of %s, all patterns of NULLs", form->name);
}

static void
test_choosing(const Form *form)
{
	static const RsEncodingId wishes[] = {
		RS_ENC_AUTO, RS_ENC_LZO, RS_ENC_ZSTD, RS_ENC_BYTEDICT, RS_ENC_AZ64
	};
	bool		passed = true;
	int			w;

	for (w = 0; w < lengthof(wishes); w++)
	{
		Case		test;

		init_case(&test, form);
		test.plan.encoding = wishes[w];
		test.choose = true;
		passed = run_case(&test) && passed;
	}
	ok(passed, "blocks of %s, encoding chosen", form->name);
}

/*
 * A block that shrinks is stored shrunk, one that does not is stored as it is.
 */
static void
test_codecs(void)
{
	/* Its last shape is of 100 kB values; eight random bytes nothing compresses. */
	static const Form text = {"varlen", RS_PHYS_VARLEN, 0};
	static const Form number = {"float64", RS_PHYS_FLOAT64, 8};
	bool		passed = true;
	int			codec;

	for (codec = RS_CODEC_LZ4; codec <= RS_CODEC_ZSTD; codec++)
	{
		Case		test;

		init_case(&test, &text);
		test.nulls = NULLS_NONE;
		test.nrows = 7;
		test.shape = nshapes(RS_PHYS_VARLEN) - 1;
		test.plan.encoding = RS_ENC_RAW;
		test.plan.codec = (RsCodecId) codec;
		passed = run_case(&test) && passed && test.block.codec == codec &&
			test.block.size < test.block.raw_size;
		init_case(&test, &number);
		test.nulls = NULLS_NONE;
		test.nrows = 1;
		test.plan.encoding = RS_ENC_RAW;
		test.plan.codec = (RsCodecId) codec;
		passed = run_case(&test) && passed && test.block.codec == RS_CODEC_NONE;
	}
	ok(passed, "codecs only where they gain");
}

/* Numerics */

typedef struct Decimal
{
	bool		negative;
	uint16		special;		/* header of NaN or an infinity; 0: a number */
	int			scale;			/* digits behind the point */
	int			ndigits;
	char		digits[400];	/* 0 to 9, most significant first; no leading zero */
} Decimal;

static void
set_decimal(Decimal *d, const char *text)
{
	const char *p = text;
	bool		fraction = false;

	memset(d, 0, sizeof(Decimal));
	d->special = strcmp(text, "NaN") == 0 ? 0xC000 : strcmp(text, "Infinity") == 0 ? 0xD000 :
		strcmp(text, "-Infinity") == 0 ? 0xF000 : 0;
	for (; *p != '\0' && d->special == 0; p++)
	{
		if (*p == '-')
			d->negative = true;
		else if (*p == '.')
			fraction = true;
		else
		{
			d->scale += fraction;
			if (d->ndigits > 0 || *p != '0')
				d->digits[d->ndigits++] = (char) (*p - '0');
		}
	}
}

/*
 * The payload PostgreSQL stores: base 10,000 digits aligned to the point, without
 * zero digits at either end, behind a short or a long header.
 */
static Size
numeric_payload(const Decimal *d, char *to)
{
	int			groups_below = (d->scale + 3) / 4;
	int			padded = d->ndigits + groups_below * 4 - d->scale;
	int			ngroups = (padded + 3) / 4;
	int			weight = ngroups - groups_below - 1;
	int16		groups[110];
	int			from = 0;
	int			till = ngroups;
	uint16		header[2] = {d->special, 0};
	Size		header_size = sizeof(uint16);
	int			i;

	if (d->special == 0)
	{
		memset(groups, 0, sizeof(groups));
		for (i = 0; i < padded; i++)
		{
			int16	   *group = &groups[(ngroups * 4 - padded + i) / 4];

			*group = (int16) (*group * 10 + (i < d->ndigits ? d->digits[i] : 0));
		}
		while (from < till && groups[from] == 0)
			from++, weight--;
		while (till > from && groups[till - 1] == 0)
			till--;
		if (from == till)
			weight = 0;
		if (d->scale <= 63 && weight >= -64 && weight <= 63)
			header[0] = (uint16) (0x8000 | (d->negative && from < till ? 0x2000 : 0) |
								  d->scale << 7 | (weight & 0x7F));
		else
		{
			header[0] = (uint16) ((d->negative && from < till ? 0x4000 : 0) | d->scale);
			header[1] = (uint16) weight;
			header_size = sizeof(header);
		}
	}
	memcpy(to, header, header_size);
	memcpy(to + header_size, groups + from, (till - from) * sizeof(int16));
	return header_size + (till - from) * sizeof(int16);
}

typedef struct NumericCase
{
	const Decimal *decimals;
	uint32		count;
	RsEncodingId encoding;
	/* results */
	RsPhys		phys;
	const char *failure;
} NumericCase;

static void
numeric_round_trip(void *arg)
{
	NumericCase *test = arg;
	RsColumnType type = {0};
	RsEncodingPlan plan = {test->encoding, RS_CODEC_NONE};
	RsBlockForm form;
	RsDecodedBlock block;
	StringInfoData out;
	RsValues	values;
	uint32		i;

	type.typid = NUMERICOID;
	type.phys = RS_PHYS_VARLEN;
	type.is_numeric = true;
	begin_images(&values, test->count, (Size) test->count * 240);
	for (i = 0; i < test->count; i++)
	{
		char		payload[240];

		add_image(&values, payload, numeric_payload(&test->decimals[i], payload));
	}
	initStringInfo(&out);
	rs_block_encode(&type, &values, NULL, test->count, &plan, &out, &form);
	digest(out.data, out.len);
	test->phys = (RsPhys) form.phys;
	rs_block_decode(&type, &form, exact_copy(out.data, form.size), 0, test->count, &block);
	for (i = 0; i < test->count && test->failure == NULL; i++)
	{
		bool		isnull;
		char	   *image = DatumGetPointer(rs_block_datum(&type, &block, i, &isnull));
		Size		size;
		const char *bytes = value_bytes(&values, i, &size);

		if (isnull || VARSIZE_ANY_EXHDR(image) != size ||
			memcmp(VARDATA_ANY(image), bytes, size) != 0)
			test->failure = "a numeric differs";
	}
}

static bool
run_numerics(const Decimal *decimals, uint32 count, RsEncodingId encoding, RsPhys *phys)
{
	NumericCase test = {decimals, count, encoding};
	StubOutcome outcome = stub_run(numeric_round_trip, &test);

	stub_free_all();
	if (outcome != STUB_DONE)
		test.failure = stub_message;
	if (test.failure != NULL)
		diag("%s: %s", rs_encoding_name(encoding), test.failure);
	*phys = test.phys;
	return test.failure == NULL;
}

/*
 * Values named one by one, and the form a block of them has to take.
 */
static void
test_named_numerics(void)
{
	static const struct
	{
		const char *what;
		RsPhys		phys;		/* 0: any */
		const char *texts[6];
	}			sets[] = {
		{"integers", RS_PHYS_INT64, {"0", "1", "-1", "10000", "99999999", "-123456789"}},
		{"trailing zeros", RS_PHYS_INT64, {"1.50", "2.00", "0.00", "-0.10", "100.00"}},
		{"mixed scales", RS_PHYS_VARLEN, {"1.5", "1.50", "1", "1.500"}},
		{"NaN", RS_PHYS_VARLEN, {"1.50", "NaN", "2.50"}},
		{"infinities", RS_PHYS_VARLEN, {"1.50", "Infinity", "-Infinity"}},
		{"limits of 64 bits", RS_PHYS_INT64, {"9223372036854775807", "-9223372036854775808"}},
		{"beyond 64 bits", RS_PHYS_INT128, {"9223372036854775808", "-9223372036854775809", "0"}},
		{"38 digits", 0, {
				"99999999999999999999999999999999999999", "1", "12345678901234567890"}},
		{"32 digits", RS_PHYS_INT128, {
				"99999999999999999999999999999999", "-1", "12345678901234567890"}},
		{"scale 16", RS_PHYS_INT64, {"0.0000000000000001", "-1.2345678901234567"}},
		{"scale 38", RS_PHYS_INT128, {
				"0.00000000000000000000000000000000000001",
				"-0.00000010000000000000000000000000000000",
				"0.00000078901234567890123456789012345678"}},
		{"scale 39", RS_PHYS_VARLEN, {"0.000000000000000000000000000000000000001"}},
		{"zeros of scale 38", RS_PHYS_INT64, {
				"0.00000000000000000000000000000000000000",
				"0.00000000000000000000000000000000000001"}},
		{"100 digits", RS_PHYS_VARLEN, {
				"1234567890123456789012345678901234567890123456789012345678901234567890"
				"123456789012345678901234567890", "1"}},
		{"scale 70", RS_PHYS_VARLEN, {
				"0.1234567890123456789012345678901234567890123456789012345678901234567890"}}
	};
	int			s;

	for (s = 0; s < lengthof(sets); s++)
	{
		Decimal		decimals[6];
		uint32		n = 0;
		RsPhys		phys;
		bool		passed;

		for (n = 0; n < 6 && sets[s].texts[n] != NULL; n++)
			set_decimal(&decimals[n], sets[s].texts[n]);
		passed = run_numerics(decimals, n, RS_ENC_AZ64, &phys);
		if (sets[s].phys != 0 && phys != sets[s].phys)
		{
			diag("physical form %d, expected %d", phys, sets[s].phys);
			passed = false;
		}
		ok(passed, "numeric: %s", sets[s].what);
	}
}

static void
make_decimal(Decimal *d, int ndigits, int scale)
{
	int			i;

	memset(d, 0, sizeof(Decimal));
	d->negative = rnd_below(2) == 0;
	d->scale = scale;
	ndigits = (int) rnd_below(ndigits + 1);
	for (i = 0; i < ndigits; i++)
	{
		char		digit = (char) (rnd_below(3) == 0 ? 0 : rnd_below(10));

		if (d->ndigits > 0 || digit != 0)
			d->digits[d->ndigits++] = digit;
	}
}

/*
 * Random ones of each scale, of up to so many digits.
 */
static void
test_random_numerics(int ndigits)
{
	static const RsEncodingId encodings[] = {
		RS_ENC_RAW, RS_ENC_AZ64, RS_ENC_BYTEDICT, RS_ENC_RUNLENGTH, RS_ENC_DELTA,
		RS_ENC_MOSTLY16
	};
	enum
	{
		COUNT = 200
	};
	Decimal    *decimals = malloc(COUNT * sizeof(Decimal));
	bool		passed = true;
	int			scaled = 0;
	int			scale;

	for (scale = 0; scale <= RS_NUMERIC_MAX_SCALE + 2; scale++)
	{
		RsPhys		phys;
		int			i;

		for (i = 0; i < COUNT; i++)
			make_decimal(&decimals[i], ndigits, scale);
		passed = run_numerics(decimals, COUNT, encodings[scale % lengthof(encodings)], &phys) &&
			passed;
		scaled += phys != RS_PHYS_VARLEN;
		if (scale > RS_NUMERIC_MAX_SCALE && phys != RS_PHYS_VARLEN)
			passed = false;
	}
	free(decimals);
	ok(passed && (ndigits > 28 || scaled == RS_NUMERIC_MAX_SCALE + 1),
	   "numerics of up to %d digits, %d scales as integers", ndigits, scaled);
}

int
main(int argc, char **argv)
{
	static const int digits[] = {4, 15, 18, 28, 38, 60};
	int			f;

	harness_begin(argc, argv);
	for (f = 0; f < nforms; f++)
	{
		test_encodings(&forms[f]);
		test_nulls(&forms[f]);
		test_choosing(&forms[f]);
	}
	test_codecs();
	test_named_numerics();
	for (f = 0; f < lengthof(digits); f++)
		test_random_numerics(digits[f]);
	return harness_end();
}
