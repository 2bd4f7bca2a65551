/*
 * damage.c
 *	  Damaged bytes are refused or decode to something, and nothing worse.
 *
 * Valid blocks are encoded, damaged and decoded: the decoder has to return rows
 * that can be read or report damage; the sanitizers watch for all else.
 * REDSHIFT_DAMAGE in the environment sets how many damaged blocks there are.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "encoding/bitpack.h"
#include "encoding/codec.h"
#include "encoding/ints.h"
#include "harness.h"
#include "stubs.h"
#include "utils/memutils.h"
#include "values.h"

#define DAMAGED_BLOCKS	100000
#define PER_BLOCK		20		/* damaged in so many ways */

typedef enum Damage
{
	DAMAGE_BITS,
	DAMAGE_BYTES,
	DAMAGE_LENGTH,				/* a field of 1 to 8 bytes set to an extreme */
	DAMAGE_TRUNCATE,
	DAMAGE_EXTEND,
	DAMAGE_SHIFT,				/* bytes moved to another place */
	DAMAGE_FORM,				/* the footer's words about the block */
	DAMAGE_PAYLOAD				/* beneath the codec */
} Damage;
#define DAMAGES	8

static const char *const damages[DAMAGES] = {
	"flipped bits", "overwritten bytes", "extreme lengths", "truncation", "extension",
	"moved bytes", "damaged forms", "damage beneath the codec"
};

typedef struct Case
{
	RsColumnType type;
	RsBlockForm form;
	Damage		damage;
	char	   *bytes;			/* malloc'ed, as are the next */
	Size		size;
	/* results */
	const char *failure;
} Case;

/* A valid block, kept outside of palloc's memory. */
typedef struct Block
{
	RsColumnType type;
	RsBlockForm form;
	char	   *bytes;
	Size		size;
} Block;

static void
make_block(void *arg)
{
	static const uint32 counts[] = {1, 7, 100, 511, 513, 2047};
	Block	   *block = arg;
	const Form *form = &forms[rnd_below(nforms)];
	int			shape = (int) rnd_below(nshapes(form->phys));
	uint32		nrows = counts[rnd_below(lengthof(counts))];
	bool		with_nulls = rnd_below(3) == 0;
	RsEncodingPlan plan;
	uint64	   *valid;
	uint32		nvalues = 0;
	RsValues	values;
	StringInfoData out;
	uint32		row;

	nrows = Min(nrows, shape_limit(form->phys, shape));
	valid = palloc0((nrows + 63) / 64 * sizeof(uint64));
	for (row = 0; row < nrows; row++)
	{
		if (with_nulls && rnd_below(4) == 0)
			continue;
		valid[row / 64] |= UINT64CONST(1) << (row % 64);
		nvalues++;
	}
	make_values(form, shape, nvalues, &values);

	/* Of the encodings those that hold the form, so that none is rare. */
	do
		plan.encoding = (RsEncodingId) (RS_ENC_RAW + rnd_below(RS_ENC_COUNT - RS_ENC_RAW));
	while (!rs_encoding_get(plan.encoding)->accepts(form->phys));
	plan.codec = rnd_below(4) == 0 ? (RsCodecId) rnd_below(3) : RS_CODEC_NONE;
	memset(&block->type, 0, sizeof(block->type));
	block->type.phys = form->phys;
	block->type.width = form->width;
	if (form->phys == RS_PHYS_INT128)
	{
		/* Only numerics have this form. */
		block->type.typid = NUMERICOID;
		block->type.phys = RS_PHYS_VARLEN;
		block->type.width = 0;
		block->type.is_numeric = true;
	}
	initStringInfo(&out);
	if (form->phys == RS_PHYS_INT128)
	{
		RsColumnType plain = block->type;

		plain.is_numeric = false;
		rs_block_encode(&plain, &values, nvalues < nrows ? valid : NULL, nrows, &plan, &out,
						&block->form);
		block->form.scale = (int16) rnd_below(39);
	}
	else
		rs_block_encode(&block->type, &values, nvalues < nrows ? valid : NULL, nrows, &plan, &out,
						&block->form);
	block->size = (Size) out.len;
	block->bytes = malloc(Max(block->size, 1));
	memcpy(block->bytes, out.data, block->size);
}

static void
damage_form(RsBlockForm *form)
{
	switch (rnd_below(8))
	{
		case 0:
			form->encoding = (uint8) rnd_below(RS_ENC_COUNT + 2);
			break;
		case 1:
			form->codec = (uint8) rnd_below(4);
			break;
		case 2:
			form->phys = (uint8) rnd_below(11);
			break;
		case 3:
			form->flags = (uint8) rnd();
			break;
		case 4:
			form->scale = (int16) rnd();
			break;
		case 5:
			form->nrows = (uint32) (rnd_below(2) == 0 ? rnd_below(RS_BLOCK_ROWS + 2) : rnd());
			break;
		case 6:
			form->nnulls = (uint32) (rnd_below(2) == 0 ?
									 rnd_below(form->nrows + UINT64CONST(2)) : rnd());
			break;
		default:
			form->raw_size = (uint32) (rnd_below(2) == 0 ? rnd_below(100000) : rnd());
	}
}

/*
 * Where to damage: the head of the payload, where its counts are, or anywhere.
 */
static Size
place(Size size)
{
	return rnd_below(2) == 0 ? rnd_below(Min(size, 40)) : rnd_below(size);
}

static void
set_extreme(char *bytes, Size size)
{
	static const uint64 extremes[] = {
		0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 8192, 8193, 0x3FFFFFFF, 0x7FFFFFFF, 0xFFFFFFFF,
		UINT64CONST(0x7FFFFFFFFFFFFFFF), UINT64CONST(0x8000000000000000), PG_UINT64_MAX
	};
	uint64		value = extremes[rnd_below(lengthof(extremes))];
	Size		width = (Size) 1 << rnd_below(4);
	Size		at = place(size);

	memcpy(bytes + at, &value, Min(width, size - at));
}

/*
 * Damage what the case has; its size may change.
 */
static void
damage_bytes(Case *test, Damage damage)
{
	Size		size = test->size;
	int			n = 1 + (int) rnd_below(6);
	Size		larger;

	switch (damage)
	{
		case DAMAGE_BITS:
			for (; n > 0 && size > 0; n--)
				test->bytes[place(size)] ^= (char) (1 << rnd_below(8));
			break;
		case DAMAGE_BYTES:
			for (; n > 0 && size > 0; n--)
				test->bytes[place(size)] = (char) rnd();
			break;
		case DAMAGE_LENGTH:
			if (size > 0)
				set_extreme(test->bytes, size);
			break;
		case DAMAGE_TRUNCATE:
			test->size = rnd_below(2) == 0 ? rnd_below(size) : size - Min(size, (Size) n);
			break;
		case DAMAGE_EXTEND:
			larger = size + 1 + rnd_below(100);
			test->bytes = realloc(test->bytes, larger);
			memset(test->bytes + size, (int) rnd(), larger - size);
			test->size = larger;
			break;
		case DAMAGE_SHIFT:
			if (size > 0)
			{
				Size		from = place(size);
				Size		to = place(size);

				memmove(test->bytes + to, test->bytes + from,
						rnd_below(size - Max(from, to) + 1));
			}
			break;
		default:
			break;
	}
}

/*
 * Read every row as the executor would.
 */
static void
read_rows(Case *test, const RsDecodedBlock *decoded)
{
	uint32		row;

	for (row = 0; row < decoded->values.count; row++)
	{
		bool		valid = decoded->valid == NULL ||
			((decoded->valid[row / 64] >> (row % 64)) & 1) != 0;
		bool		isnull;
		Datum		datum;

		if (valid && decoded->values.phys == RS_PHYS_VARLEN)
		{
			if (!image_is_sound(&decoded->values, row))
			{
				test->failure = "image is malformed";
				return;
			}
			datum = rs_block_datum(&test->type, decoded, row, &isnull);
			digest(VARDATA_ANY(DatumGetPointer(datum)),
				   VARSIZE_ANY_EXHDR(DatumGetPointer(datum)));
			continue;
		}
		datum = rs_block_datum(&test->type, decoded, row, &isnull);
		if (isnull == valid)
			test->failure = "validity differs";
		else if (!valid)
			continue;
		else if (test->type.is_numeric)
			digest(VARDATA_ANY(DatumGetPointer(datum)),
				   VARSIZE_ANY_EXHDR(DatumGetPointer(datum)));
		else if (decoded->values.phys == RS_PHYS_FIXED)
			digest(DatumGetPointer(datum), decoded->values.width);
		else
			digest(&datum, sizeof(datum));
	}
}

/*
 * Sizes that agree with the bytes, as long as the damage is not about them, so
 * that decoding comes further than comparing sizes.
 */
static void
settle_sizes(Case *test)
{
	Size		bitmap = test->form.flags & RS_BLOCK_HAS_BITMAP ? (test->form.nrows + 7) / 8 : 0;

	test->form.size = (uint32) test->size;
	if (test->form.codec == RS_CODEC_NONE && (test->damage != DAMAGE_FORM || rnd_below(2) == 0))
		test->form.raw_size = test->size > bitmap ? (uint32) (test->size - bitmap) : 0;
}

static void
decode_damaged(void *arg)
{
	Case	   *test = arg;
	char	   *bytes = exact_copy(test->bytes, test->size);
	bool		part = rnd_below(2) == 0;
	uint32		first = part ? (uint32) rnd_below(test->form.nrows + UINT64CONST(1)) : 0;
	uint32		count = part ? (uint32) rnd_below(test->form.nrows - first + UINT64CONST(1)) :
		test->form.nrows;
	RsDecodedBlock decoded;
	RsValues	entries;

	if (rnd_below(4) == 0)
	{
		if (rs_block_entries(&test->type, &test->form, bytes, &entries))
			digest_values(&entries);
		return;
	}
	rs_block_decode(&test->type, &test->form, bytes, first, count, &decoded);
	if (decoded.values.count != count)
		test->failure = "wrong number of rows";
	else
		read_rows(test, &decoded);
}

/*
 * Damage the payload and compress it again.
 */
static void
damage_payload(void *arg)
{
	Case	   *test = arg;
	RsCodecId	codec = rnd_below(2) == 0 ? RS_CODEC_LZ4 : RS_CODEC_ZSTD;
	Size		bitmap = test->form.flags & RS_BLOCK_HAS_BITMAP ? (test->form.nrows + 7) / 8 : 0;
	StringInfoData packed;

	if (test->form.codec != RS_CODEC_NONE || test->size < bitmap)
		return;
	initStringInfo(&packed);
	rs_codec_compress(codec, test->bytes + bitmap, test->size - bitmap, &packed);
	test->form.codec = (uint8) codec;
	test->form.raw_size = (uint32) (test->size - bitmap);
	test->size = bitmap + packed.len;
	test->bytes = realloc(test->bytes, Max(test->size, 1));
	memcpy(test->bytes + bitmap, packed.data, packed.len);
}

typedef struct Tally
{
	uint32		decoded;
	uint32		refused;
	uint32		no_memory;
	uint32		failed;
} Tally;

static void
run_damaged(const Block *block, Damage damage, Tally *tally)
{
	Case		test = {block->type, block->form, damage};
	StubOutcome outcome;

	test.size = block->size;
	test.bytes = malloc(Max(test.size, 1));
	memcpy(test.bytes, block->bytes, test.size);
	if (damage == DAMAGE_FORM)
		damage_form(&test.form);
	else
		damage_bytes(&test, damage == DAMAGE_PAYLOAD ? (Damage) rnd_below(DAMAGE_FORM) : damage);
	if (damage == DAMAGE_PAYLOAD && stub_run(damage_payload, &test) != STUB_DONE)
		test.failure = stub_message;
	settle_sizes(&test);

	outcome = stub_run(decode_damaged, &test);
	stub_free_all();
	digest(&outcome, sizeof(outcome));
	tally->decoded += outcome == STUB_DONE;
	tally->refused += outcome == STUB_CORRUPT;
	/* Only a codec's raw size can ask for so much before bytes prove it. */
	if (outcome == STUB_NO_MEMORY && test.form.codec != RS_CODEC_NONE)
		tally->no_memory++;
	else if (outcome == STUB_ERROR || outcome == STUB_NO_MEMORY)
		test.failure = stub_message;
	if (test.failure != NULL)
	{
		tally->failed++;
		diag("%s, encoding %d, form %d: %s", damages[damage], test.form.encoding, test.form.phys,
			 test.failure);
	}
	free(test.bytes);
}

/*
 * Blocks that random damage would hardly make, each of which has to be refused.
 */
typedef struct Crafted
{
	const char *what;
	void		(*make) (StringInfo out, RsBlockForm *form);
} Crafted;

/* Lengths whose sum is 5 modulo 2^64. */
static void
wrapping_lengths(StringInfo out, RsBlockForm *form)
{
	const uint64 lengths[] = {UINT64CONST(1) << 63, (UINT64CONST(1) << 63) + 5};

	form->encoding = RS_ENC_RAW;
	form->nrows = 2;
	rs_bytes_put(out, 64, 1);
	rs_bitpack(lengths, 2, 64, out);
	appendBinaryStringInfo(out, "12345", 5);
	form->raw_size = (uint32) out->len;
}

static void
compressed(StringInfo out, RsBlockForm *form, RsCodecId codec, int error)
{
	StringInfoData packed;

	rs_bytes_put(out, 0, 1);
	rs_bitpack(NULL, 0, 0, out);
	form->encoding = RS_ENC_RAW;
	form->nrows = 1;
	form->codec = (uint8) codec;
	form->raw_size = (uint32) (out->len + error);
	initStringInfo(&packed);
	rs_codec_compress(codec, out->data, out->len, &packed);
	*out = packed;
}

static void
zstd_too_short(StringInfo out, RsBlockForm *form)
{
	compressed(out, form, RS_CODEC_ZSTD, 1);
}

static void
zstd_too_long(StringInfo out, RsBlockForm *form)
{
	compressed(out, form, RS_CODEC_ZSTD, -1);
}

static void
lz4_too_short(StringInfo out, RsBlockForm *form)
{
	compressed(out, form, RS_CODEC_LZ4, 1);
}

static void
lz4_too_long(StringInfo out, RsBlockForm *form)
{
	compressed(out, form, RS_CODEC_LZ4, -1);
}

static void
no_runs(StringInfo out, RsBlockForm *form)
{
	form->encoding = RS_ENC_RUNLENGTH;
	form->nrows = 3;
	rs_bytes_put(out, 0, 4);
	rs_bytes_put(out, 0, 1);
	rs_bitpack(NULL, 0, 0, out);
	form->raw_size = (uint32) out->len;
}

static void
empty_dictionary(StringInfo out, RsBlockForm *form)
{
	form->encoding = RS_ENC_BYTEDICT;
	form->nrows = 3;
	rs_bytes_put(out, 0, 2);
	rs_bytes_put(out, 0, 1);
	rs_bitpack(NULL, 0, 0, out);
	rs_bitpack(NULL, 0, 0, out);
	form->raw_size = (uint32) out->len;
}

static void
decode_crafted(void *arg)
{
	const Crafted *crafted = arg;
	RsColumnType type = {0};
	RsBlockForm form = {0};
	RsDecodedBlock decoded;
	StringInfoData out;

	type.phys = RS_PHYS_VARLEN;
	form.phys = RS_PHYS_VARLEN;
	initStringInfo(&out);
	crafted->make(&out, &form);
	form.size = (uint32) out.len;
	rs_block_decode(&type, &form, exact_copy(out.data, out.len), 0, form.nrows, &decoded);
}

static void
test_crafted(void)
{
	static Crafted all[] = {
		{"lengths that wrap around", wrapping_lengths},
		{"zstd data of fewer bytes", zstd_too_short},
		{"zstd data of more bytes", zstd_too_long},
		{"lz4 data of fewer bytes", lz4_too_short},
		{"lz4 data of more bytes", lz4_too_long},
		{"no runs", no_runs},
		{"an empty dictionary", empty_dictionary}
	};
	int			i;

	for (i = 0; i < lengthof(all); i++)
	{
		StubOutcome outcome = stub_run(decode_crafted, &all[i]);

		stub_free_all();
		ok(outcome == STUB_CORRUPT, "refused: %s", all[i].what);
	}
}

int
main(int argc, char **argv)
{
	const char *wanted = getenv("REDSHIFT_DAMAGE");
	uint32		blocks = (wanted != NULL ? (uint32) atol(wanted) : DAMAGED_BLOCKS) / PER_BLOCK;
	Tally		tallies[DAMAGES] = {{0}};
	uint32		b;
	int			i;

	harness_begin(argc, argv);
	test_crafted();
	for (b = 0; b < blocks; b++)
	{
		Block		block;

		if (stub_run(make_block, &block) != STUB_DONE)
		{
			diag("%s", stub_message);
			return 1;
		}
		stub_free_all();
		for (i = 0; i < PER_BLOCK; i++)
		{
			Damage		damage = (Damage) rnd_below(DAMAGES);

			run_damaged(&block, damage, &tallies[damage]);
		}
		free(block.bytes);
	}
	for (i = 0; i < DAMAGES; i++)
		ok(tallies[i].failed == 0 && tallies[i].decoded + tallies[i].refused > 0,
		   "%s: %u decoded, %u refused, %u want too much memory", damages[i],
		   tallies[i].decoded, tallies[i].refused, tallies[i].no_memory);
	return harness_end();
}
