/*
 * encodings.c
 *	  Every encoding gives back what went in: whole and any range of it.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "encoding/bitpack.h"
#include "harness.h"
#include "stubs.h"
#include "utils/memutils.h"
#include "values.h"

/* Around the sizes of az64's runs, of batches and of blocks. */
static const uint32 counts[] = {0, 1, 2, 7, 511, 512, 513, 2047, 8191, 8192};

#define RANGES		3

/* What stands before an encoding's bytes in its buffer. */
static const char before[] = "before";

typedef struct Case
{
	const RsEncoding *encoding;
	const Form *form;
	int			shape;
	uint32		count;
	/* results */
	bool		fits;			/* the encoding took the values */
	const char *failure;
	uint32		first;			/* the range that failed */
	uint32		range;
} Case;

/*
 * Decode a range of the encoded bytes and compare it.
 */
static void
check_range(Case *test, const RsValues *values, const StringInfo encoded, uint32 first,
			uint32 count)
{
	Size		size = (Size) encoded->len - sizeof(before);
	char	   *bytes = exact_copy(encoded->data + sizeof(before), size);
	RsValues	decoded;

	memset(&decoded, 0, sizeof(decoded));
	decoded.phys = values->phys;
	decoded.width = values->width;
	test->first = first;
	test->range = count;
	test->encoding->decode(bytes, size, test->count, first, count, &decoded);
	if (decoded.count != count)
		test->failure = "wrong number of values";
	else if (!same_values(values, first, &decoded))
		test->failure = "values differ";
}

static void
round_trip(void *arg)
{
	Case	   *test = arg;
	StringInfoData encoded;
	RsValues	values;
	int			i;

	make_values(test->form, test->shape, test->count, &values);
	initStringInfo(&encoded);
	appendBinaryStringInfo(&encoded, before, sizeof(before));
	test->fits = test->encoding->encode(&values, &encoded);
	if (memcmp(encoded.data, before, sizeof(before)) != 0)
		test->failure = "the buffer's contents were changed";
	if (!test->fits)
	{
		if (encoded.len != sizeof(before))
			test->failure = "refused, but left bytes behind";
		return;
	}
	digest(encoded.data, encoded.len);
	check_range(test, &values, &encoded, 0, test->count);
	for (i = 0; i < RANGES && test->failure == NULL; i++)
	{
		uint32		first = (uint32) rnd_below(test->count + 1);

		check_range(test, &values, &encoded, first, (uint32) rnd_below(test->count - first + 1));
	}
}

/*
 * Which encodings may leave values to raw at all.
 */
static bool
may_refuse(RsEncodingId id, RsPhys phys)
{
	return id == RS_ENC_BYTEDICT || id == RS_ENC_TEXT255 || id == RS_ENC_TEXT32K ||
		id == RS_ENC_ALP || (id == RS_ENC_AZ64 && phys == RS_PHYS_INT128);
}

static void
test_encoding(const RsEncoding *encoding, const Form *form)
{
	uint32		tried = 0;
	uint32		fitted = 0;
	bool		passed = true;
	int			shape;

	for (shape = 0; shape < nshapes(form->phys); shape++)
	{
		int			c;

		for (c = 0; c < lengthof(counts); c++)
		{
			Case		test = {encoding, form, shape};
			StubOutcome outcome;

			test.count = Min(counts[c], shape_limit(form->phys, shape));
			if (test.count < counts[c] && counts[c] > 511)
				continue;
			outcome = stub_run(round_trip, &test);
			stub_free_all();
			tried++;
			fitted += test.fits;
			if (outcome != STUB_DONE)
				test.failure = stub_message;
			if (!test.fits && !may_refuse(encoding->id, form->phys) && test.failure == NULL)
				test.failure = "refused";
			if (test.failure != NULL)
			{
				passed = false;
				diag("%s, %u values, range %u+%u: %s", shape_name(form->phys, shape),
					 test.count, test.first, test.range, test.failure);
			}
		}
	}
	/* An encoding that never takes what it is for would pass without this. */
	ok(passed && fitted >= tried / 4, "%s of %s: %u of %u blocks fit and come back",
	   encoding->name, form->name, fitted, tried);
}

typedef struct PackCase
{
	uint8		width;
	bool		passed;
} PackCase;

static void
pack_and_unpack(void *arg)
{
	PackCase   *test = arg;
	uint64		mask = test->width == 64 ? PG_UINT64_MAX : (UINT64CONST(1) << test->width) - 1;
	uint64	   *values = palloc(RS_BLOCK_ROWS * sizeof(uint64));
	int			c;

	for (c = 0; c < lengthof(counts); c++)
	{
		uint32		count = counts[c];
		uint32		first = (uint32) rnd_below(count + 1);
		uint32		range = count - first;
		uint64	   *unpacked = palloc(Max(range, 1) * sizeof(uint64));
		StringInfoData packed;
		uint32		i;

		for (i = 0; i < count; i++)
			values[i] = (rnd_below(4) == 0 ? PG_UINT64_MAX : rnd()) & mask;
		initStringInfo(&packed);
		rs_bitpack(values, count, test->width, &packed);
		digest(packed.data, packed.len);
		if ((Size) packed.len != rs_bitpack_size(count, test->width))
			test->passed = false;
		rs_bitunpack(exact_copy(packed.data, packed.len), test->width, first, range, unpacked);
		if (memcmp(unpacked, values + first, range * sizeof(uint64)) != 0)
			test->passed = false;
		if (test->width <= 16)
		{
			uint16	   *codes = palloc(Max(range, 1) * sizeof(uint16));

			rs_bitunpack16(exact_copy(packed.data, packed.len), test->width, first, range, codes);
			for (i = 0; i < range; i++)
				if (codes[i] != values[first + i])
					test->passed = false;
		}
	}
}

static void
test_bitpack(void)
{
	bool		passed = true;
	int			width;

	for (width = 0; width <= 64; width++)
	{
		PackCase	test = {(uint8) width, true};
		StubOutcome outcome = stub_run(pack_and_unpack, &test);

		stub_free_all();
		if (outcome != STUB_DONE || !test.passed)
		{
			passed = false;
			diag("width %d: %s", width, stub_message);
		}
	}
	ok(passed, "bit-packing of 0 to 64 bits");
	ok(rs_bits_needed(0) == 0 && rs_bits_needed(1) == 1 && rs_bits_needed(255) == 8 &&
	   rs_bits_needed(256) == 9 && rs_bits_needed(PG_UINT64_MAX) == 64, "bits needed");
}

static void
test_names(void)
{
	bool		passed = rs_encoding_by_name("None") == RS_ENC_RAW &&
		rs_encoding_by_name("auto") == RS_ENC_AUTO &&
		rs_encoding_by_name("no such") == (RsEncodingId) -1 &&
		rs_encoding_by_name("alp") == (RsEncodingId) -1 &&
		rs_encoding_get(RS_ENC_AUTO) == NULL && rs_encoding_get(RS_ENC_COUNT) == NULL;
	int			id;

	for (id = RS_ENC_RAW; id <= RS_ENC_ZSTD; id++)
		passed = passed && rs_encoding_get((RsEncodingId) id)->id == (RsEncodingId) id &&
			rs_encoding_by_name(rs_encoding_name((RsEncodingId) id)) == (RsEncodingId) id;
	ok(passed, "encodings by name and number");
}

typedef struct TypeRule
{
	const char *name;
	Oid			typid;
	RsEncodingId standard;		/* where none is named */
	const char *accepted;
	bool		passed;
} TypeRule;

static void
check_type(void *arg)
{
	TypeRule   *rule = arg;
	RsColumnType type = {0};
	char	   *list;

	type.typid = rule->typid;
	list = rs_encoding_list_for_type(&type);
	rule->passed = strcmp(list, rule->accepted) == 0 &&
		rs_encoding_default(&type, false) == rule->standard &&
		rs_encoding_default(&type, true) == RS_ENC_RAW &&
		rs_encoding_accepts_type(RS_ENC_AUTO, &type) &&
		!rs_encoding_accepts_type(RS_ENC_ALP, &type) &&
		!rs_encoding_accepts_type((RsEncodingId) -1, &type);
	if (!rule->passed)
		diag("%s: %s; %s", rule->name, list, rs_encoding_name(rs_encoding_default(&type, false)));
}

/*
 * Redshift's table of which types take which encoding, and its defaults.
 */
static void
test_types(void)
{
	TypeRule	rules[] = {
		{"smallint", INT2OID, RS_ENC_AZ64,
		"raw, az64, bytedict, delta, lzo, mostly8, runlength, zstd"},
		{"integer", INT4OID, RS_ENC_AZ64,
		"raw, az64, bytedict, delta, delta32k, lzo, mostly8, mostly16, runlength, zstd"},
		{"bigint", INT8OID, RS_ENC_AZ64,
		"raw, az64, bytedict, delta, delta32k, lzo, mostly8, mostly16, mostly32, runlength, zstd"},
		{"decimal", NUMERICOID, RS_ENC_AZ64,
		"raw, az64, bytedict, delta, delta32k, lzo, mostly8, mostly16, mostly32, runlength, zstd"},
		{"real", FLOAT4OID, RS_ENC_RAW, "raw, bytedict, runlength, zstd"},
		{"double precision", FLOAT8OID, RS_ENC_RAW, "raw, bytedict, runlength, zstd"},
		{"boolean", BOOLOID, RS_ENC_RAW, "raw, runlength, zstd"},
		{"char", BPCHAROID, RS_ENC_LZO, "raw, bytedict, lzo, runlength, zstd"},
		{"varchar", VARCHAROID, RS_ENC_LZO,
		"raw, bytedict, lzo, runlength, text255, text32k, zstd"},
		{"date", DATEOID, RS_ENC_AZ64,
		"raw, az64, bytedict, delta, delta32k, lzo, runlength, zstd"},
		{"time", TIMEOID, RS_ENC_AZ64, "raw, az64, bytedict, lzo, runlength, zstd"},
		{"timetz", TIMETZOID, RS_ENC_AZ64, "raw, az64, bytedict, lzo, runlength, zstd"},
		{"timestamp", TIMESTAMPOID, RS_ENC_AZ64,
		"raw, az64, bytedict, delta, delta32k, lzo, runlength, zstd"},
		{"timestamptz", TIMESTAMPTZOID, RS_ENC_AZ64,
		"raw, az64, bytedict, lzo, runlength, zstd"},
		{"varbyte", BYTEAOID, RS_ENC_LZO, "raw, lzo, zstd"},
		{"super", JSONBOID, RS_ENC_ZSTD, "raw, lzo, zstd"}
	};
	bool		passed = true;
	int			i;

	for (i = 0; i < lengthof(rules); i++)
	{
		if (stub_run(check_type, &rules[i]) != STUB_DONE)
			rules[i].passed = false;
		stub_free_all();
		passed = passed && rules[i].passed;
	}
	ok(passed, "encodings and defaults of types");
}

/*
 * What the limits of dictionaries are, one value this side and one beyond.
 */
typedef struct Limit
{
	const char *what;
	RsEncodingId id;
	uint32		count;			/* distinct values ... */
	Size		size;			/* ... of so many bytes each; */
	Size		first_size;		/* the first of so many */
	bool		fits;
	bool		passed;
} Limit;

static void
encode_distinct(void *arg)
{
	Limit	   *limit = arg;
	char	   *text = palloc0(limit->size + limit->first_size);
	StringInfoData encoded;
	RsValues	values;
	uint32		i;

	begin_images(&values, limit->count, limit->count * limit->size + limit->first_size);
	for (i = 0; i < limit->count; i++)
	{
		memset(text, 'a', limit->first_size + limit->size);
		memcpy(text, &i, sizeof(i));
		add_image(&values, text, i == 0 ? limit->first_size : limit->size);
	}
	initStringInfo(&encoded);
	limit->passed = rs_encoding_get(limit->id)->encode(&values, &encoded) == limit->fits;
}

static void
test_limits(void)
{
	Limit		limits[] = {
		{"bytedict takes 256 values", RS_ENC_BYTEDICT, 256, 8, 8, true},
		{"bytedict refuses 257 values", RS_ENC_BYTEDICT, 257, 8, 8, false},
		{"text32k takes 32768 bytes", RS_ENC_TEXT32K, 1024, 32, 32, true},
		{"text32k refuses 32769 bytes", RS_ENC_TEXT32K, 1024, 32, 33, false},
		{"text255 takes words it has codes for", RS_ENC_TEXT255, 245, 100, 100, true},
		{"text255 refuses what would grow", RS_ENC_TEXT255, 100, 300, 300, false}
	};
	int			i;

	for (i = 0; i < lengthof(limits); i++)
	{
		StubOutcome outcome = stub_run(encode_distinct, &limits[i]);

		stub_free_all();
		ok(outcome == STUB_DONE && limits[i].passed, "%s", limits[i].what);
	}
}

int
main(int argc, char **argv)
{
	int			id;

	harness_begin(argc, argv);
	test_names();
	test_types();
	test_bitpack();
	test_limits();
	for (id = RS_ENC_RAW; id < RS_ENC_COUNT; id++)
	{
		const RsEncoding *encoding = rs_encoding_get((RsEncodingId) id);
		int			f;

		for (f = 0; f < nforms; f++)
			if (encoding->accepts(forms[f].phys))
				test_encoding(encoding, &forms[f]);
	}
	return harness_end();
}
