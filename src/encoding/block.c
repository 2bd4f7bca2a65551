/*
 * block.c
 *	  One block: validity bitmap, numeric's scaled form, encoding, codec.
 *
 * Stored bytes: the bitmap, one bit a row, if there are NULLs among values; then
 * the payload, as the encoding made it of the dense values and the codec made of
 * that.  A block of NULLs only stores nothing.
 */
#include "postgres.h"

#include "access/tupmacs.h"
#include "encoding/codec.h"
#include "encoding/dictionary.h"
#include "encoding/ints.h"
#include "encoding/numeric.h"
#include "encoding/raw.h"
#include "port/pg_bitutils.h"
#include "utils/memutils.h"

/*
 * AUTO prefers what decodes fast: zstd has to make fixed-width values smaller by
 * this much, and text by this much, to be worth its decoding time.
 */
#define RS_ZSTD_GAIN_FIXED	0.90
#define RS_ZSTD_GAIN_TEXT	0.95
/* And save so many bytes a value: columns of a bit or two are small enough. */
#define RS_ZSTD_MIN_SAVING	0.1
/*
 * Runs have to be long: decoding short ones costs a mispredicted branch each
 * (l_orderkey of lineitem, four rows a run: 6 ns a value, against 2 by az64).
 */
#define RS_RUNLENGTH_WEIGHT	2
/* Rows that AUTO decides by. */
#define RS_CHOICE_ROWS		4096

/* Beyond this the room a codec asks for would be more than a string may have. */
#define RS_CODEC_MAX	(MaxAllocSize - MaxAllocSize / 64)

static Size
bitmap_bytes(uint32 nrows)
{
	return ((Size) nrows + 7) / 8;
}

static bool
encode_payload(RsEncodingId id, const RsValues *values, StringInfo out)
{
	const RsEncoding *encoding = rs_encoding_get(id);

	return encoding != NULL && encoding->accepts(values->phys) && encoding->encode(values, out);
}

/*
 * Size of the values under a plan; PG_UINT32_MAX where it can't hold them.
 */
static Size
try_plan(const RsValues *values, const RsEncodingPlan *plan)
{
	StringInfoData payload;
	Size		size = PG_UINT32_MAX;

	initStringInfo(&payload);
	if (encode_payload(plan->encoding, values, &payload))
	{
		size = payload.len;
		if (plan->codec != RS_CODEC_NONE && payload.len < RS_CODEC_MAX)
		{
			StringInfoData packed;

			initStringInfo(&packed);
			rs_codec_compress(plan->codec, payload.data, payload.len, &packed);
			size = Min(size, (Size) packed.len);
			pfree(packed.data);
		}
	}
	pfree(payload.data);
	return size;
}

/*
 * The candidate with the smallest result.
 */
static Size
best_of(const RsValues *values, const RsEncodingId *candidates, int n, RsCodecId codec,
		RsEncodingPlan *best)
{
	Size		smallest = PG_UINT32_MAX;
	int			i;

	for (i = 0; i < n; i++)
	{
		RsEncodingPlan plan = {candidates[i], codec};
		Size		size = try_plan(values, &plan);

		if (candidates[i] == RS_ENC_RUNLENGTH)
			size *= RS_RUNLENGTH_WEIGHT;
		if (size < smallest)
		{
			smallest = size;
			*best = plan;
		}
	}
	return smallest;
}

static void
choose_auto(const RsValues *values, RsEncodingPlan *plan)
{
	static const RsEncodingId ints[] = {
		RS_ENC_AZ64, RS_ENC_BYTEDICT, RS_ENC_RUNLENGTH, RS_ENC_RAW
	};
	static const RsEncodingId floats[] = {
		RS_ENC_RAW, RS_ENC_ALP, RS_ENC_BYTEDICT, RS_ENC_RUNLENGTH
	};
	static const RsEncodingId others[] = {
		RS_ENC_RAW, RS_ENC_BYTEDICT, RS_ENC_TEXT32K, RS_ENC_RUNLENGTH
	};
	bool		is_float = values->phys == RS_PHYS_FLOAT32 || values->phys == RS_PHYS_FLOAT64;
	bool		is_int = rs_is_int(values->phys) || values->phys == RS_PHYS_INT128;
	const RsEncodingId *candidates = is_int ? ints : is_float ? floats : others;
	RsEncodingPlan light = {RS_ENC_RAW, RS_CODEC_NONE};
	RsEncodingPlan packed = {RS_ENC_RAW, RS_CODEC_ZSTD};
	Size		light_size = best_of(values, candidates, 4, RS_CODEC_NONE, &light);
	Size		packed_size = best_of(values, candidates, 2, RS_CODEC_ZSTD, &packed);
	double		gain = values->phys == RS_PHYS_VARLEN ? RS_ZSTD_GAIN_TEXT : RS_ZSTD_GAIN_FIXED;

	*plan = packed_size < light_size * gain &&
		light_size - packed_size > values->count * RS_ZSTD_MIN_SAVING ? packed : light;
}

void
rs_block_choose(const RsColumnType *type, const RsValues *sample, RsEncodingId wish,
				RsEncodingPlan *plan)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "redshift choose encoding",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	RsValues	scaled;
	RsValues	start = *sample;

	/* The start of a block tells enough, and seven encodings are tried on it. */
	start.count = Min(start.count, RS_CHOICE_ROWS);
	sample = &start;
	if (type->is_numeric && sample->phys == RS_PHYS_VARLEN && rs_numeric_scale(sample, &scaled))
		sample = &scaled;
	plan->encoding = wish;
	plan->codec = RS_CODEC_NONE;
	if (wish == RS_ENC_AUTO)
		choose_auto(sample, plan);
	else if (wish == RS_ENC_LZO)
		plan->codec = RS_CODEC_LZ4;
	else if (wish == RS_ENC_ZSTD)
	{
		static const RsEncodingId under[] = {RS_ENC_ZSTD, RS_ENC_AZ64};

		(void) best_of(sample, under, 2, RS_CODEC_ZSTD, plan);
	}
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
}

void
rs_block_encode(const RsColumnType *type, const RsValues *dense, const uint64 *valid,
				uint32 nrows, const RsEncodingPlan *plan, StringInfo out, RsBlockForm *form)
{
	MemoryContext context;
	MemoryContext old;
	RsValues	scaled;
	StringInfoData payload;
	StringInfoData packed;
	int			start = out->len;

	memset(form, 0, sizeof(RsBlockForm));
	form->encoding = RS_ENC_RAW;
	form->phys = (uint8) dense->phys;
	form->nrows = nrows;
	form->nnulls = nrows - dense->count;
	if (dense->count == 0)
	{
		form->flags |= RS_BLOCK_ALL_NULL;
		return;
	}
	if (form->nnulls > 0)
	{
		form->flags |= RS_BLOCK_HAS_BITMAP;
		appendBinaryStringInfo(out, (const char *) valid, (int) bitmap_bytes(nrows));
	}

	context = AllocSetContextCreate(CurrentMemoryContext, "redshift encode block",
									ALLOCSET_DEFAULT_SIZES);
	old = MemoryContextSwitchTo(context);
	if (type->is_numeric && dense->phys == RS_PHYS_VARLEN && rs_numeric_scale(dense, &scaled))
		dense = &scaled;
	form->phys = (uint8) dense->phys;
	form->scale = dense->scale;
	initStringInfo(&payload);
	if (encode_payload(plan->encoding, dense, &payload))
		form->encoding = (uint8) plan->encoding;
	else
		rs_raw_put(dense, &payload);
	form->raw_size = (uint32) payload.len;

	initStringInfo(&packed);
	if (plan->codec != RS_CODEC_NONE && payload.len < RS_CODEC_MAX)
		rs_codec_compress(plan->codec, payload.data, payload.len, &packed);
	if (packed.len > 0 && packed.len < payload.len)
	{
		form->codec = (uint8) plan->codec;
		payload = packed;
	}
	MemoryContextSwitchTo(old);
	appendBinaryStringInfo(out, payload.data, payload.len);
	form->size = (uint32) (out->len - start);
	MemoryContextDelete(context);
}

/*
 * Refuse a form that cannot be: nothing below trusts it unchecked.
 */
static void
check_form(const RsColumnType *type, const RsBlockForm *form, uint32 first, uint32 count)
{
	bool		phys_ok = form->phys == type->phys ||
		(type->is_numeric && (form->phys == RS_PHYS_INT64 || form->phys == RS_PHYS_INT128));

	if (form->nrows > RS_BLOCK_ROWS || form->nnulls > form->nrows ||
		first > form->nrows || count > form->nrows - first)
		rs_encoding_corrupt("row count of a block is out of range");
	if ((form->flags & ~(RS_BLOCK_HAS_BITMAP | RS_BLOCK_ALL_NULL)) != 0 ||
		((form->flags & RS_BLOCK_ALL_NULL) != 0) != (form->nnulls == form->nrows) ||
		((form->flags & RS_BLOCK_HAS_BITMAP) != 0) !=
		(form->nnulls > 0 && form->nnulls < form->nrows))
		rs_encoding_corrupt("flags of a block contradict its NULL count");
	if (!phys_ok || form->scale < 0 || form->scale > RS_NUMERIC_MAX_SCALE)
		rs_encoding_corrupt("physical form of a block does not fit the column");
	if (form->raw_size > MaxAllocSize || form->codec > RS_CODEC_ZSTD)
		rs_encoding_corrupt("codec or size of a block is out of range");
}

/*
 * Bits [first, first + count) of the stored bitmap, moved to bit 0; and how many
 * values come before them and among them.
 */
static uint64 *
read_bitmap(const char *bitmap, const RsBlockForm *form, uint32 first, uint32 count,
			uint32 *before, uint32 *among)
{
	uint64	   *valid = palloc0(((Size) count + 63) / 64 * sizeof(uint64) + sizeof(uint64));
	uint32		total = 0;
	uint32		row;

	*before = *among = 0;
	for (row = 0; row < form->nrows; row++)
	{
		if (!(((uint8) bitmap[row / 8] >> (row % 8)) & 1))
			continue;
		total++;
		if (row < first)
			(*before)++;
		else if (row < first + count)
		{
			(*among)++;
			valid[(row - first) / 64] |= UINT64CONST(1) << ((row - first) % 64);
		}
	}
	if (total != form->nrows - form->nnulls)
		rs_encoding_corrupt("validity bitmap contradicts the NULL count");
	return valid;
}

/*
 * Spread dense values over the rows that are not NULL.
 */
static void
spread(const RsValues *dense, const uint64 *valid, uint32 count, RsValues *out)
{
	uint32		next = 0;
	uint32		row;

	*out = *dense;
	out->count = count;
	if (dense->phys == RS_PHYS_VARLEN)
	{
		out->offsets = palloc0(Max(count, 1) * sizeof(uint32));
		if (dense->codes != NULL)
			out->codes = palloc(Max(count, 1) * sizeof(uint16));
		for (row = 0; row < count; row++)
		{
			bool		is_valid = (valid[row / 64] >> (row % 64)) & 1;

			if (dense->codes != NULL)
				out->codes[row] = is_valid ? dense->codes[next] : (uint16) dense->nentries;
			if (is_valid)
				out->offsets[row] = dense->offsets[next++];
		}
		return;
	}
	rs_values_alloc(out, count);
	memset(out->fixed, 0, (Size) count * out->width);
	for (row = 0; row < count; row++)
		if ((valid[row / 64] >> (row % 64)) & 1)
			memcpy((char *) out->fixed + (Size) row * out->width,
				   (char *) dense->fixed + (Size) next++ * out->width, out->width);
}

static void
all_null(const RsColumnType *type, uint32 count, RsDecodedBlock *out)
{
	out->valid = palloc0(((Size) count + 63) / 64 * sizeof(uint64) + sizeof(uint64));
	out->values.phys = type->phys;
	out->values.width = type->width;
	out->values.count = count;
	if (type->phys == RS_PHYS_VARLEN)
	{
		out->values.bytes = palloc0(MAXIMUM_ALIGNOF);
		out->values.offsets = palloc0(Max(count, 1) * sizeof(uint32));
	}
	else
		out->values.fixed = palloc0(Max((Size) count * type->width, 1));
}

/*
 * The block's encoding, and what of the values is known before decoding them.
 */
static const RsEncoding *
begin_values(const RsColumnType *type, const RsBlockForm *form, RsValues *values)
{
	const RsEncoding *encoding = rs_encoding_get((RsEncodingId) form->encoding);

	if (encoding == NULL || !encoding->accepts((RsPhys) form->phys))
		rs_encoding_corrupt("unknown encoding");
	values->phys = (RsPhys) form->phys;
	values->width = form->phys == RS_PHYS_FIXED ? type->width :
		rs_phys_width((RsPhys) form->phys);
	values->scale = form->scale;
	return encoding;
}

bool
rs_block_entries(const RsColumnType *type, const RsBlockForm *form, const char *data,
				 RsValues *entries)
{
	const RsEncoding *encoding;
	Size		skip = (form->flags & RS_BLOCK_HAS_BITMAP) ? bitmap_bytes(form->nrows) : 0;

	check_form(type, form, 0, form->nrows);
	if ((form->flags & RS_BLOCK_ALL_NULL) || form->codec != RS_CODEC_NONE || form->size < skip)
		return false;
	memset(entries, 0, sizeof(RsValues));
	encoding = begin_values(type, form, entries);
	if (encoding->entries == NULL)
		return false;
	encoding->entries(data + skip, form->size - skip, entries);
	entries->scale = form->scale;
	return true;
}

void
rs_block_open(const RsColumnType *type, const RsBlockForm *form, const char *data,
			  RsOpenBlock *block)
{
	Size		size = form->size;

	check_form(type, form, 0, form->nrows);
	memset(block, 0, sizeof(RsOpenBlock));
	block->form = form;
	if (form->flags & RS_BLOCK_ALL_NULL)
		return;
	if (form->flags & RS_BLOCK_HAS_BITMAP)
	{
		if (size < bitmap_bytes(form->nrows))
			rs_encoding_corrupt("block is shorter than its bitmap");
		block->bitmap = data;
		data += bitmap_bytes(form->nrows);
		size -= bitmap_bytes(form->nrows);
	}
	if (form->codec != RS_CODEC_NONE)
		data = rs_codec_decompress((RsCodecId) form->codec, data, size, form->raw_size);
	else if (size != form->raw_size)
		rs_encoding_corrupt("size of a block contradicts its raw size");
	block->payload = data;
}

void
rs_block_decode_open(const RsColumnType *type, const RsOpenBlock *block, uint32 first, uint32 count,
					 RsDecodedBlock *out)
{
	const RsBlockForm *form = block->form;
	const RsEncoding *encoding;
	uint32		before = first;
	uint32		among = count;

	check_form(type, form, first, count);
	memset(out, 0, sizeof(RsDecodedBlock));
	out->first = first;
	if (block->payload == NULL)
	{
		all_null(type, count, out);
		return;
	}
	if (block->bitmap != NULL)
		out->valid = read_bitmap(block->bitmap, form, first, count, &before, &among);
	encoding = begin_values(type, form, &out->values);
	encoding->decode(block->payload, form->raw_size, form->nrows - form->nnulls, before, among,
					 &out->values);
	out->values.scale = form->scale;
	if (out->valid != NULL)
	{
		RsValues	dense = out->values;

		spread(&dense, out->valid, count, &out->values);
	}
}

void
rs_block_decode(const RsColumnType *type, const RsBlockForm *form, const char *data,
				uint32 first, uint32 count, RsDecodedBlock *out)
{
	RsOpenBlock block;

	check_form(type, form, first, count);
	rs_block_open(type, form, data, &block);
	rs_block_decode_open(type, &block, first, count, out);
	if (form->codec != RS_CODEC_NONE && block.payload != NULL)
		pfree(unconstify(char *, block.payload));
}

/*
 * Values before a row that has one.
 */
static uint32
values_before(const char *bitmap, const RsBlockForm *form, uint32 row)
{
	uint64		n = pg_popcount(bitmap, (int) (row / 8));

	if (row % 8 != 0)
		n += pg_number_of_ones[(uint8) bitmap[row / 8] & ((1 << (row % 8)) - 1)];
	if (n >= form->nrows - form->nnulls)
		rs_encoding_corrupt("validity bitmap contradicts the NULL count");
	return (uint32) n;
}

Datum
rs_block_value(const RsColumnType *type, const RsOpenBlock *block, uint32 row, bool *isnull)
{
	const RsBlockForm *form = block->form;
	const RsEncoding *encoding;
	RsDecodedBlock one;
	uint32		at = row;

	*isnull = block->payload == NULL;
	if (block->bitmap != NULL && !((uint8) block->bitmap[row / 8] & (1 << (row % 8))))
		*isnull = true;
	if (*isnull)
		return (Datum) 0;
	if (block->bitmap != NULL)
		at = values_before(block->bitmap, form, row);
	memset(&one, 0, sizeof(one));
	encoding = begin_values(type, form, &one.values);
	encoding->decode(block->payload, form->raw_size, form->nrows - form->nnulls, at, 1, &one.values);
	one.values.scale = form->scale;
	return rs_block_datum(type, &one, 0, isnull);
}

Datum
rs_image_datum(const RsColumnType *type, char *image)
{
	Size		length;
	char	   *copy;

	if (!type->plain || !VARATT_IS_SHORT(image))
		return PointerGetDatum(image);
	length = VARSIZE_SHORT(image) - VARHDRSZ_SHORT;
	copy = palloc(VARHDRSZ + length);
	SET_VARSIZE(copy, VARHDRSZ + length);
	memcpy(VARDATA(copy), VARDATA_SHORT(image), length);
	return PointerGetDatum(copy);
}

Datum
rs_block_datum(const RsColumnType *type, const RsDecodedBlock *block, uint32 row, bool *isnull)
{
	const RsValues *values = &block->values;

	if (block->valid != NULL && !((block->valid[row / 64] >> (row % 64)) & 1))
	{
		*isnull = true;
		return (Datum) 0;
	}
	*isnull = false;
	switch (values->phys)
	{
		case RS_PHYS_INT32:
			return Int32GetDatum(((int32 *) values->fixed)[row]);
		case RS_PHYS_INT64:
			if (type->is_numeric)
				return rs_numeric_from_int64(((int64 *) values->fixed)[row], values->scale);
			return Int64GetDatum(((int64 *) values->fixed)[row]);
		case RS_PHYS_VARLEN:
			return rs_image_datum(type, values->bytes + values->offsets[row]);
		case RS_PHYS_INT128:
			{
				int128		value;

				memcpy(&value, (char *) values->fixed + (Size) row * sizeof(value), sizeof(value));
				return rs_numeric_from_int128(value, values->scale);
			}
		case RS_PHYS_FIXED:
			return PointerGetDatum((char *) values->fixed + (Size) row * values->width);
		default:
			return fetch_att((char *) values->fixed + (Size) row * values->width, true,
							 values->width);
	}
}
