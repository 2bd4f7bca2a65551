/*
 * leaf_reader.c
 *	  The values of one leaf: levels and encodings.
 *
 * A data page is repetition levels, definition levels, values.  Levels are left out where
 * they could only be 0.  Which encoding the values have, each page says for itself.
 */
#include "postgres.h"

#include "format/parquet/delta.h"
#include "format/parquet/leaf_reader.h"
#include "format/parquet/runs.h"
#include "miscadmin.h"
#include "port/pg_bswap.h"

/* Values of one batch that are put together from those before them may become no larger. */
#define MAX_BATCH_BYTES		((Size) 1024 * 1024 * 1024)

/* Levels of one kind. */
typedef struct LevelReader
{
	int			max;
	RsRunReader runs;
	uint8	   *unpacked;		/* of encoding BIT_PACKED, all of the page; else NULL */
	uint32		next;			/* of them */
} LevelReader;

struct RsLeafReader
{
	MemoryContext context;
	const RsParquetNode *leaf;
	RsPageStream *pages;
	RsLeafScratch *scratch;
	uint32		width;			/* bytes of a value; 0: BYTE_ARRAY */
	uint64		count;			/* values, with NULLs, of the chunk's pages so far */
	uint64		nvalues;		/* of all of them */

	/* Of the page: */
	RsParquetPage page;
	uint32		left;			/* values, with NULLs */
	LevelReader definition;
	LevelReader repetition;
	const char *at;				/* values that were not read */
	const char *end;
	uint32		position;		/* of BOOLEAN, and of BYTE_STREAM_SPLIT */
	uint32		stride;			/* values that those have */
	RsRunReader runs;			/* codes, or booleans */
	RsDeltaReader lengths;		/* or integers */
	RsDeltaReader prefixes;
	char	   *previous;		/* of DELTA_BYTE_ARRAY: the value before the next */
	Size		previous_size;
	Size		previous_space;

	/* Of the chunk: */
	uint32		nentries;		/* of its dictionary; 0: none yet */
	const char *entries;		/* of a fixed width */
	RsParquetBytes *byte_entries;
	uint32		byte_entries_space;
};

void
rs_leaf_corrupt(const RsLeafReader *reader, const char *fault)
{
	rs_page_stream_corrupt(reader->pages, fault);
}

uint32
rs_parquet_width(const RsParquetElement *element)
{
	switch (element->type)
	{
		case RS_PARQUET_BOOLEAN:
			return 1;
		case RS_PARQUET_INT32:
		case RS_PARQUET_FLOAT:
			return 4;
		case RS_PARQUET_INT64:
		case RS_PARQUET_DOUBLE:
			return 8;
		case RS_PARQUET_INT96:
			return 12;
		case RS_PARQUET_FIXED:
			return (uint32) element->type_length;
		default:
			return 0;
	}
}

RsLeafReader *
rs_leaf_create(MemoryContext context, const RsParquetNode *leaf, RsInput *input, RsPageCodec *codec,
			   RsLeafScratch *scratch)
{
	RsLeafReader *reader = MemoryContextAllocZero(context, sizeof(RsLeafReader));

	reader->context = context;
	reader->leaf = leaf;
	reader->scratch = scratch;
	reader->pages = rs_page_stream_create(context, input, codec);
	reader->width = rs_parquet_width(leaf->element);
	reader->definition.max = leaf->definition;
	reader->repetition.max = leaf->repetition;
	return reader;
}

void
rs_leaf_begin(RsLeafReader *reader, const RsParquetChunk *chunk, uint64 nvalues, Size window)
{
	rs_page_stream_begin(reader->pages, chunk, window);
	if (chunk->type != reader->leaf->element->type)
		rs_leaf_corrupt(reader, "column chunk is of another type than its column");
	reader->left = 0;
	reader->nentries = 0;
	reader->count = 0;
	reader->nvalues = nvalues;
}

RsPageStream *
rs_leaf_pages(RsLeafReader *reader)
{
	return reader->pages;
}

uint64
rs_leaf_count(const RsLeafReader *reader)
{
	return reader->count;
}

/* ---------------------------------------------------------------------
 * Pages
 * ---------------------------------------------------------------------
 */

static uint32
little_endian32(const char *from)
{
	uint32		value;

	memcpy(&value, from, sizeof(value));
#ifdef WORDS_BIGENDIAN
	value = pg_bswap32(value);
#endif
	return value;
}

/*
 * A piece that its size precedes, in 4 bytes.
 */
static const char *
take_sized(RsLeafReader *reader, uint32 *size)
{
	const char *result;

	if (reader->end - reader->at < 4)
		rs_leaf_corrupt(reader, "page ends too early");
	*size = little_endian32(reader->at);
	reader->at += 4;
	if (*size > (Size) (reader->end - reader->at))
		rs_leaf_corrupt(reader, "page ends too early");
	result = reader->at;
	reader->at += *size;
	return result;
}

/*
 * Levels of a page of version 1.
 */
static void
begin_levels(RsLeafReader *reader, LevelReader *levels, RsParquetEncoding encoding)
{
	int			width = rs_bits_needed((uint64) levels->max);
	uint32		size;
	const char *data;

	levels->unpacked = NULL;
	if (levels->max == 0)
		return;
	if (encoding == RS_PARQUET_RLE)
	{
		data = take_sized(reader, &size);
		rs_runs_init(&levels->runs, data, size, width);
		return;
	}
	if (encoding != RS_PARQUET_BIT_PACKED)
		rs_leaf_corrupt(reader, "levels have an unknown encoding");
	size = (uint32) (((uint64) reader->page.nvalues * width + 7) / 8);
	if (size > (Size) (reader->end - reader->at))
		rs_leaf_corrupt(reader, "page ends too early");
	levels->unpacked = MemoryContextAllocHuge(reader->context, Max(reader->page.nvalues, 1));
	levels->next = 0;
	rs_levels_unpack(reader->at, width, reader->page.nvalues, levels->unpacked);
	reader->at += size;
}

/*
 * Bytes of values of a fixed width have to be there; byte arrays say how long each is.
 */
static void
begin_dictionary(RsLeafReader *reader, const RsParquetPage *page, const char *body)
{
	const char *at = body;
	const char *end = body + page->uncompressed;
	uint32		i;

	if (page->encoding != RS_PARQUET_PLAIN && page->encoding != RS_PARQUET_PLAIN_DICTIONARY)
		rs_leaf_corrupt(reader, "dictionary has an unknown encoding");
	if (reader->nentries > 0 || reader->count > 0)
		rs_leaf_corrupt(reader, "column chunk has more than one dictionary");
	if (reader->leaf->element->type == RS_PARQUET_BOOLEAN ||
		page->nvalues > page->uncompressed / (reader->width > 0 ? reader->width : 4))
		rs_leaf_corrupt(reader, "dictionary has fewer values than it says");
	reader->nentries = page->nvalues;
	reader->entries = body;
	if (reader->width > 0)
		return;
	if (reader->byte_entries_space < page->nvalues)
	{
		if (reader->byte_entries != NULL)
			pfree(reader->byte_entries);
		reader->byte_entries = NULL;
		reader->byte_entries = MemoryContextAllocHuge(reader->context, page->nvalues * sizeof(RsParquetBytes));
		reader->byte_entries_space = page->nvalues;
	}
	for (i = 0; i < page->nvalues; i++)
	{
		uint32		size;

		if (end - at < 4)
			rs_leaf_corrupt(reader, "dictionary ends too early");
		size = little_endian32(at);
		at += 4;
		if (size > (Size) (end - at))
			rs_leaf_corrupt(reader, "dictionary ends too early");
		reader->byte_entries[i].data = at;
		reader->byte_entries[i].size = size;
		at += size;
	}
}

/*
 * Where the differences end, what they are the lengths of begins.
 */
static const char *
end_of_delta(RsLeafReader *reader, RsDeltaReader lengths)
{
	while (lengths.left > 0)
	{
		uint32		some = Min(lengths.left, RS_BATCH_ROWS);

		CHECK_FOR_INTERRUPTS();
		if (!rs_delta_read(&lengths, reader->scratch->words, some))
			rs_leaf_corrupt(reader, "lengths end too early");
	}
	return (const char *) lengths.at;
}

static void
begin_delta(RsLeafReader *reader, RsDeltaReader *delta)
{
	if (!rs_delta_init(delta, reader->at, reader->end - reader->at) || delta->total > reader->page.nvalues)
		rs_leaf_corrupt(reader, "differences have an impossible header");
}

static bool
encoding_fits(RsParquetType type, RsParquetEncoding encoding)
{
	switch (encoding)
	{
		case RS_PARQUET_PLAIN:
			return true;
		case RS_PARQUET_PLAIN_DICTIONARY:
		case RS_PARQUET_RLE_DICTIONARY:
			return type != RS_PARQUET_BOOLEAN;
		case RS_PARQUET_RLE:
			return type == RS_PARQUET_BOOLEAN;
		case RS_PARQUET_DELTA_BINARY_PACKED:
			return type == RS_PARQUET_INT32 || type == RS_PARQUET_INT64;
		case RS_PARQUET_DELTA_LENGTH_BYTE_ARRAY:
			return type == RS_PARQUET_BYTE_ARRAY;
		case RS_PARQUET_DELTA_BYTE_ARRAY:
			return type == RS_PARQUET_BYTE_ARRAY || type == RS_PARQUET_FIXED;
		case RS_PARQUET_BYTE_STREAM_SPLIT:
			return type == RS_PARQUET_FLOAT || type == RS_PARQUET_DOUBLE || type == RS_PARQUET_INT32 ||
				type == RS_PARQUET_INT64 || type == RS_PARQUET_FIXED;
		default:
			return false;
	}
}

static void
begin_values(RsLeafReader *reader)
{
	uint32		size;

	if (!encoding_fits(reader->leaf->element->type, reader->page.encoding))
		rs_leaf_corrupt(reader, "values have an encoding that their type has not");
	reader->position = 0;
	switch (reader->page.encoding)
	{
		case RS_PARQUET_PLAIN_DICTIONARY:
		case RS_PARQUET_RLE_DICTIONARY:
			reader->page.encoding = RS_PARQUET_RLE_DICTIONARY;
			/* Pages of NULLs only may have nothing at all. */
			size = reader->at < reader->end ? (uint8) *reader->at++ : 0;
			if (size > 32)
				rs_leaf_corrupt(reader, "codes have an impossible width");
			rs_runs_init(&reader->runs, reader->at, reader->end - reader->at, (int) size);
			break;
		case RS_PARQUET_RLE:
			if (reader->at < reader->end)
			{
				const char *data = take_sized(reader, &size);

				rs_runs_init(&reader->runs, data, size, 1);
			}
			else
				rs_runs_init(&reader->runs, reader->at, 0, 1);
			break;
		case RS_PARQUET_DELTA_BINARY_PACKED:
			begin_delta(reader, &reader->lengths);
			break;
		case RS_PARQUET_DELTA_LENGTH_BYTE_ARRAY:
			begin_delta(reader, &reader->lengths);
			reader->at = end_of_delta(reader, reader->lengths);
			break;
		case RS_PARQUET_DELTA_BYTE_ARRAY:
			begin_delta(reader, &reader->prefixes);
			reader->at = end_of_delta(reader, reader->prefixes);
			begin_delta(reader, &reader->lengths);
			reader->at = end_of_delta(reader, reader->lengths);
			reader->previous_size = 0;
			break;
		case RS_PARQUET_BYTE_STREAM_SPLIT:
			reader->stride = (uint32) ((Size) (reader->end - reader->at) / reader->width);
			break;
		default:
			break;
	}
}

static void
forget_levels(LevelReader *levels)
{
	if (levels->unpacked != NULL)
		pfree(levels->unpacked);
	levels->unpacked = NULL;
}

uint32
rs_leaf_available(RsLeafReader *reader)
{
	RsParquetPage *page = &reader->page;
	char	   *body;

	while (reader->left == 0)
	{
		forget_levels(&reader->definition);
		forget_levels(&reader->repetition);
		if (reader->count >= reader->nvalues || !rs_page_stream_next(reader->pages, page, &body))
			return 0;
		if (page->type == RS_PARQUET_DICTIONARY_PAGE)
		{
			begin_dictionary(reader, page, body);
			continue;
		}
		reader->at = body;
		reader->end = body + page->uncompressed;
		if (page->type == RS_PARQUET_DATA_PAGE)
		{
			begin_levels(reader, &reader->repetition, page->repetition_encoding);
			begin_levels(reader, &reader->definition, page->definition_encoding);
		}
		else
		{
			rs_runs_init(&reader->repetition.runs, body, page->repetition_size,
						 rs_bits_needed((uint64) reader->repetition.max));
			rs_runs_init(&reader->definition.runs, body + page->repetition_size, page->definition_size,
						 rs_bits_needed((uint64) reader->definition.max));
			reader->at += page->repetition_size + page->definition_size;
		}
		begin_values(reader);
		reader->left = page->nvalues;
		reader->count += page->nvalues;
	}
	return reader->left;
}

/* ---------------------------------------------------------------------
 * Levels
 * ---------------------------------------------------------------------
 */

static void
read_levels(RsLeafReader *reader, LevelReader *levels, uint8 *to, uint32 n)
{
	uint8		highest = 0;
	uint32		i;

	if (levels->max == 0)
	{
		memset(to, 0, n);
		return;
	}
	if (levels->unpacked != NULL)
	{
		memcpy(to, levels->unpacked + levels->next, n);
		levels->next += n;
	}
	else if (!rs_runs_read8(&levels->runs, to, n))
		rs_leaf_corrupt(reader, "levels end too early");
	for (i = 0; i < n; i++)
		highest = Max(highest, to[i]);
	if (highest > levels->max)
		rs_leaf_corrupt(reader, "level is larger than its column's");
}

uint32
rs_leaf_nulls(RsLeafReader *reader, uint8 *null, uint32 n)
{
	LevelReader *levels = &reader->definition;
	uint32		nnulls = 0;
	uint32		i;

	Assert(n <= reader->left);
	reader->left -= n;
	if (levels->max == 0 || (levels->unpacked == NULL && rs_runs_pass(&levels->runs, levels->max, n)))
		return n;
	read_levels(reader, levels, null, n);
	for (i = 0; i < n; i++)
	{
		null[i] = null[i] != levels->max;
		nnulls += null[i];
	}
	return n - nnulls;
}

uint32
rs_leaf_levels(RsLeafReader *reader, uint8 *definition, uint8 *repetition, uint32 n)
{
	uint32		present = 0;
	uint32		i;

	Assert(n <= reader->left);
	reader->left -= n;
	read_levels(reader, &reader->repetition, repetition, n);
	read_levels(reader, &reader->definition, definition, n);
	for (i = 0; i < n; i++)
		present += definition[i] == reader->definition.max;
	return present;
}

/* ---------------------------------------------------------------------
 * Values
 * ---------------------------------------------------------------------
 */

uint32
rs_leaf_dictionary_size(const RsLeafReader *reader)
{
	return reader->page.encoding == RS_PARQUET_RLE_DICTIONARY ? reader->nentries : 0;
}

void
rs_leaf_dictionary(RsLeafReader *reader, uint32 first, RsRawValues *values, uint32 n)
{
	Assert(first + n <= reader->nentries);
	values->type = reader->leaf->element->type;
	values->n = n;
	values->width = reader->width;
	values->fixed = unconstify(char *, reader->entries) + (Size) first * reader->width;
	values->bytes = reader->width == 0 ? reader->byte_entries + first : NULL;
	values->prefixed = true;
}

void
rs_leaf_codes16(RsLeafReader *reader, uint16 *codes, uint32 n)
{
	uint16		highest = 0;
	uint32		i;

	if (reader->runs.width > 16)
	{
		rs_leaf_codes32(reader, reader->scratch->codes, n);
		for (i = 0; i < n; i++)
			codes[i] = (uint16) reader->scratch->codes[i];
		return;
	}
	if (!rs_runs_read16(&reader->runs, codes, n))
		rs_leaf_corrupt(reader, "codes end too early");
	for (i = 0; i < n; i++)
		highest = Max(highest, codes[i]);
	if (n > 0 && highest >= reader->nentries)
		rs_leaf_corrupt(reader, "code of no entry of the dictionary");
}

void
rs_leaf_codes32(RsLeafReader *reader, uint32 *codes, uint32 n)
{
	uint32		highest = 0;
	uint32		i;

	if (!rs_runs_read32(&reader->runs, codes, n))
		rs_leaf_corrupt(reader, "codes end too early");
	for (i = 0; i < n; i++)
		highest = Max(highest, codes[i]);
	if (n > 0 && highest >= reader->nentries)
		rs_leaf_corrupt(reader, "code of no entry of the dictionary");
}

static void
values_by_codes(RsLeafReader *reader, RsArena *arena, RsRawValues *values, uint32 n)
{
	uint32	   *codes = reader->scratch->codes;
	uint32		i;

	rs_leaf_codes32(reader, codes, n);
	if (reader->width == 0)
	{
		for (i = 0; i < n; i++)
			values->bytes[i] = reader->byte_entries[codes[i]];
		return;
	}
	values->fixed = rs_arena_alloc(arena, (Size) n * reader->width);
	for (i = 0; i < n; i++)
		memcpy(values->fixed + (Size) i * reader->width, reader->entries + (Size) codes[i] * reader->width,
			   reader->width);
}

static void
plain_byte_arrays(RsLeafReader *reader, RsRawValues *values, uint32 n)
{
	const char *at = reader->at;
	const char *end = reader->end;
	RsParquetBytes *bytes = values->bytes;
	uint32		i;

	for (i = 0; i < n; i++)
	{
		uint32		size;

		if (unlikely(end - at < 4))
			rs_leaf_corrupt(reader, "values end too early");
		size = little_endian32(at);
		at += 4;
		if (unlikely(size > (Size) (end - at)))
			rs_leaf_corrupt(reader, "values end too early");
		bytes[i].data = at;
		bytes[i].size = size;
		at += size;
	}
	reader->at = at;
	values->prefixed = true;
}

static void
plain_values(RsLeafReader *reader, RsArena *arena, RsRawValues *values, uint32 n)
{
	Size		size = (Size) n * reader->width;
	uint32		i;

	if (values->type == RS_PARQUET_BYTE_ARRAY)
	{
		plain_byte_arrays(reader, values, n);
		return;
	}
	if (values->type == RS_PARQUET_BOOLEAN)
	{
		if (((Size) reader->position + n + 7) / 8 > (Size) (reader->end - reader->at))
			rs_leaf_corrupt(reader, "values end too early");
		values->fixed = rs_arena_alloc(arena, n);
		for (i = 0; i < n; i++)
			values->fixed[i] = (reader->at[(reader->position + i) / 8] >> ((reader->position + i) % 8)) & 1;
		reader->position += n;
		return;
	}
	if (size > (Size) (reader->end - reader->at))
		rs_leaf_corrupt(reader, "values end too early");
	values->fixed = unconstify(char *, reader->at);
	reader->at += size;
}

/*
 * Bytes of each place of a value have a stream of their own.
 */
static void
split_values(RsLeafReader *reader, RsArena *arena, RsRawValues *values, uint32 n)
{
	uint32		width = reader->width;
	uint32		place;
	uint32		i;

	if (n > reader->stride - reader->position)
		rs_leaf_corrupt(reader, "values end too early");
	values->fixed = rs_arena_alloc(arena, (Size) n * width);
	for (place = 0; place < width; place++)
	{
		const char *from = reader->at + (Size) place * reader->stride + reader->position;
		char	   *to = values->fixed + place;

		for (i = 0; i < n; i++)
			to[(Size) i * width] = from[i];
	}
	reader->position += n;
}

static void
delta_integers(RsLeafReader *reader, RsArena *arena, RsRawValues *values, uint32 n)
{
	int64	   *words = reader->scratch->words;
	int32	   *to;
	uint32		i;

	if (!rs_delta_read(&reader->lengths, words, n))
		rs_leaf_corrupt(reader, "values end too early");
	if (reader->width == sizeof(int64))
	{
		values->fixed = (char *) words;
		return;
	}
	to = rs_arena_alloc(arena, n * sizeof(int32));
	for (i = 0; i < n; i++)
		to[i] = (int32) words[i];
	values->fixed = (char *) to;
}

/*
 * The next n lengths, which are not longer than what they are of may be.
 */
static const int64 *
read_lengths(RsLeafReader *reader, RsDeltaReader *delta, int64 *to, uint32 n)
{
	uint32		i;

	if (!rs_delta_read(delta, to, n))
		rs_leaf_corrupt(reader, "values end too early");
	for (i = 0; i < n; i++)
	{
		/* Those of 32 bits wrap. */
		to[i] = (int32) to[i];
		if (to[i] < 0)
			rs_leaf_corrupt(reader, "negative length");
	}
	return to;
}

static void
delta_lengths(RsLeafReader *reader, RsRawValues *values, uint32 n)
{
	const int64 *lengths = read_lengths(reader, &reader->lengths, reader->scratch->words, n);
	uint32		i;

	for (i = 0; i < n; i++)
	{
		if (lengths[i] > reader->end - reader->at)
			rs_leaf_corrupt(reader, "values end too early");
		values->bytes[i].data = reader->at;
		values->bytes[i].size = (uint32) lengths[i];
		reader->at += lengths[i];
	}
}

static void
keep_previous(RsLeafReader *reader, const char *data, Size size)
{
	if (reader->previous_space < size)
	{
		reader->previous = rs_enlarge(reader->context, reader->previous, size * 2);
		reader->previous_space = size * 2;
	}
	if (size > 0)
		memcpy(reader->previous, data, size);
	reader->previous_size = size;
}

/*
 * Each value shares a prefix with the one before it.
 */
static void
delta_strings(RsLeafReader *reader, RsArena *arena, RsRawValues *values, uint32 n)
{
	int64	   *prefixes = rs_arena_alloc(arena, n * sizeof(int64));
	const int64 *lengths = read_lengths(reader, &reader->lengths, reader->scratch->words, n);
	RsParquetBytes *bytes = reader->scratch->bytes;
	const char *before = reader->previous;
	Size		before_size = reader->previous_size;
	Size		total = 0;
	uint32		i;

	read_lengths(reader, &reader->prefixes, prefixes, n);
	for (i = 0; i < n; i++)
	{
		Size		size = (Size) prefixes[i] + (Size) lengths[i];
		char	   *to;

		if (prefixes[i] > before_size || lengths[i] > reader->end - reader->at)
			rs_leaf_corrupt(reader, "values end too early");
		total += size;
		if (total > MAX_BATCH_BYTES)
			ereport(ERROR,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					 errmsg("strings of column \"%s\" are too large", reader->leaf->element->name)));
		/* One byte more, before it: a short header. */
		to = (char *) rs_arena_alloc(arena, size + 1) + 1;
		if (prefixes[i] > 0)
			memcpy(to, before, prefixes[i]);
		memcpy(to + prefixes[i], reader->at, lengths[i]);
		reader->at += lengths[i];
		bytes[i].data = before = to;
		bytes[i].size = (uint32) size;
		before_size = size;
	}
	if (n > 0)
		keep_previous(reader, before, before_size);
	values->bytes = bytes;
	values->prefixed = true;
}

/*
 * FIXED_LEN_BYTE_ARRAYs of encodings that give any length.
 */
static void
make_fixed(RsLeafReader *reader, RsArena *arena, RsRawValues *values, uint32 n)
{
	uint32		i;

	values->fixed = rs_arena_alloc(arena, (Size) n * reader->width);
	for (i = 0; i < n; i++)
	{
		if (values->bytes[i].size != reader->width)
			rs_leaf_corrupt(reader, "value is not as long as its type is");
		memcpy(values->fixed + (Size) i * reader->width, values->bytes[i].data, reader->width);
	}
}

void
rs_leaf_values(RsLeafReader *reader, RsArena *arena, RsRawValues *values, uint32 n)
{
	uint8	   *booleans;
	uint32		i;

	Assert(n <= RS_BATCH_ROWS);
	values->type = reader->leaf->element->type;
	values->n = n;
	values->width = reader->width;
	values->fixed = NULL;
	values->bytes = reader->scratch->bytes;
	values->prefixed = false;
	if (n == 0)
		return;
	switch (reader->page.encoding)
	{
		case RS_PARQUET_PLAIN:
			plain_values(reader, arena, values, n);
			break;
		case RS_PARQUET_RLE_DICTIONARY:
			values_by_codes(reader, arena, values, n);
			break;
		case RS_PARQUET_RLE:
			booleans = rs_arena_alloc(arena, n);
			if (!rs_runs_read8(&reader->runs, booleans, n))
				rs_leaf_corrupt(reader, "values end too early");
			for (i = 0; i < n; i++)
				booleans[i] &= 1;
			values->fixed = (char *) booleans;
			break;
		case RS_PARQUET_DELTA_BINARY_PACKED:
			delta_integers(reader, arena, values, n);
			break;
		case RS_PARQUET_DELTA_LENGTH_BYTE_ARRAY:
			delta_lengths(reader, values, n);
			break;
		case RS_PARQUET_DELTA_BYTE_ARRAY:
			delta_strings(reader, arena, values, n);
			if (reader->width > 0)
				make_fixed(reader, arena, values, n);
			break;
		case RS_PARQUET_BYTE_STREAM_SPLIT:
			split_values(reader, arena, values, n);
			break;
		default:
			rs_leaf_corrupt(reader, "values have an unknown encoding");
	}
}

void
rs_leaf_pass(RsLeafReader *reader, RsArena *arena, uint64 n)
{
	uint8		null[RS_BATCH_ROWS];

	while (n > 0)
	{
		RsRawValues values;
		uint32		part = 0;

		CHECK_FOR_INTERRUPTS();
		if (reader->left == 0 && reader->count < reader->nvalues)
			part = rs_page_stream_pass(reader->pages, n);
		reader->count += part;
		if (part == 0)
		{
			part = (uint32) Min(Min(rs_leaf_available(reader), n), RS_BATCH_ROWS);
			if (part == 0)
				rs_leaf_corrupt(reader, "column chunk has fewer values than its row group has rows");
			rs_leaf_values(reader, arena, &values, rs_leaf_nulls(reader, null, part));
			rs_arena_reset(arena);
		}
		n -= part;
	}
}
