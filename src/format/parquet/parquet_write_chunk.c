/*
 * parquet_write_chunk.c
 *	  Column chunks: pages of levels and values.
 *
 * Values are numbered by a dictionary as they come, if there is one, else put down as PLAIN; a
 * page ends when it is large enough, is compressed, and waits for the row group's end.  A dictionary
 * that does not pay in the first page with values is given up, and that page written as PLAIN; one that gets
 * too large is as it is from then on, and later pages are PLAIN.
 *
 * Data pages are those of version 1, with PLAIN and dictionaries only: there is a reader in
 * use for each other encoding that does not know it.
 *
 * Texts and other bytes that a dictionary is too small for are what one looks up one by one: keys,
 * addresses.  They get a Bloom filter, if it is small beside them.
 */
#include "postgres.h"

#include <zlib.h>

#include "format/parquet/parquet_bloom.h"
#include "format/parquet/parquet_write.h"
#include "port/pg_bitutils.h"
#include "port/pg_bswap.h"
#include "utils/array.h"

/* So that a page index tells pages of reasonable size apart. */
#define PAGE_LEVELS			20000

/* A Bloom filter is for values of so many bytes, on the average, */
#define BLOOM_VALUE			16
/* and takes no more than such a part of a chunk. */
#define BLOOM_PART			8

/* Kept in buffers between pages. */
#define KEEP_BYTES			((Size) 4 << 20)

struct RsParquetChunkWriter
{
	RsParquetWriteState *state;
	RsParquetLeaf *leaf;
	RsParquetDictionary dictionary;
	bool		use_dictionary; /* for this page */

	/* The page in the making. */
	uint32		rows;
	uint32		nlevels;
	uint32		nnulls;			/* levels without a value */
	RsByteBuffer definition;	/* bytes; empty: all of them the highest */
	RsByteBuffer repetition;	/* bytes; of lists */
	RsByteBuffer values;		/* PLAIN */
	RsByteBuffer codes;			/* uint32 */
	RsParquetBounds bounds;

	/* The chunk. */
	RsByteBuffer pages;			/* RsParquetPageEntry */
	uint32		npages;
	uint32		dictionary_pages;	/* of them */
	uint64		chunk_rows;
	uint64		chunk_levels;
	uint64		compressed;		/* bytes of the pages */
	RsByteBuffer bloom;			/* words of a Bloom filter; empty: none */
};

static void
begin_chunk(RsParquetChunkWriter *chunk)
{
	chunk->use_dictionary = chunk->leaf->class != RS_CLASS_BOOL;
	if (chunk->use_dictionary)
		rs_dictionary_reset(&chunk->dictionary);
	chunk->pages.size = 0;
	chunk->npages = 0;
	chunk->dictionary_pages = 0;
	chunk->chunk_rows = 0;
	chunk->chunk_levels = 0;
	chunk->compressed = 0;
	rs_buffer_reset(&chunk->bloom, 0);
}

RsParquetChunkWriter *
rs_chunk_create(RsParquetWriteState *state, RsParquetLeaf *leaf)
{
	RsParquetChunkWriter *chunk = MemoryContextAllocZero(state->context, sizeof(RsParquetChunkWriter));

	chunk->state = state;
	chunk->leaf = leaf;
	rs_dictionary_init(&chunk->dictionary, leaf, state->options.page_bytes, state->context);
	rs_buffer_init(&chunk->definition, state->context);
	rs_buffer_init(&chunk->repetition, state->context);
	rs_buffer_init(&chunk->values, state->context);
	rs_buffer_init(&chunk->codes, state->context);
	rs_buffer_init(&chunk->pages, state->context);
	rs_buffer_init(&chunk->bloom, state->context);
	begin_chunk(chunk);
	return chunk;
}

static int
code_width(const RsParquetChunkWriter *chunk)
{
	return chunk->dictionary.nentries < 2 ? 1 : pg_leftmost_one_pos32(chunk->dictionary.nentries - 1) + 1;
}

static uint32
page_values(const RsParquetChunkWriter *chunk)
{
	return chunk->nlevels - chunk->nnulls;
}

static Size
page_size(const RsParquetChunkWriter *chunk)
{
	if (chunk->use_dictionary)
		return (Size) page_values(chunk) * code_width(chunk) / 8;
	return chunk->leaf->class == RS_CLASS_BOOL ? chunk->values.size / 8 : chunk->values.size;
}

uint64
rs_chunk_size(const RsParquetChunkWriter *chunk)
{
	return chunk->compressed + page_size(chunk) +
		(chunk->use_dictionary || chunk->dictionary_pages > 0 ? chunk->dictionary.entries.size : 0);
}

/*
 * Bounds of a page whose values are known by their codes only.
 */
static void
add_entry_bounds(RsParquetChunkWriter *chunk)
{
	RsByteBuffer *marks = &chunk->state->integers;
	const uint32 *codes = (const uint32 *) chunk->codes.data;
	uint32		nentries = chunk->dictionary.nentries;
	uint32		n = page_values(chunk);
	uint8	   *seen;
	uint32		i;

	if (!chunk->use_dictionary || chunk->leaf->class != RS_CLASS_BYTES)
		return;
	marks->size = 0;
	seen = (uint8 *) rs_buffer_reserve(marks, nentries);
	memset(seen, 0, nentries);
	for (i = 0; i < n; i++)
		seen[codes[i]] = 1;
	for (i = 0; i < nentries; i++)
		if (seen[i])
		{
			RsParquetBytes entry = rs_dictionary_bytes(&chunk->dictionary, i);

			rs_bounds_add(chunk->leaf, &chunk->bounds, &entry, 1);
		}
}

/* What the values would take without a dictionary. */
static Size
plain_size(const RsParquetChunkWriter *chunk)
{
	const uint32 *codes = (const uint32 *) chunk->codes.data;
	uint32		n = page_values(chunk);
	Size		size = 0;
	uint32		i;

	if (chunk->leaf->class != RS_CLASS_BYTES)
		return (Size) n * (chunk->leaf->class == RS_CLASS_4 ? 4 : 8);
	if (chunk->leaf->element.type == RS_PARQUET_FIXED)
		return (Size) n * chunk->leaf->element.type_length;
	for (i = 0; i < n; i++)
		size += rs_dictionary_bytes(&chunk->dictionary, codes[i]).size + sizeof(uint32);
	return size;
}

static void
codes_to_plain(RsParquetChunkWriter *chunk)
{
	const uint32 *codes = (const uint32 *) chunk->codes.data;
	const char *entries = chunk->dictionary.entries.data;
	uint32		n = page_values(chunk);
	Size		size = plain_size(chunk);
	char	   *to = rs_buffer_reserve(&chunk->values, size);
	uint32		i;

	chunk->values.size += size;
	switch (chunk->leaf->class)
	{
		case RS_CLASS_4:
			for (i = 0; i < n; i++)
				((uint32 *) to)[i] = ((const uint32 *) entries)[codes[i]];
			break;
		case RS_CLASS_8:
			for (i = 0; i < n; i++)
				((uint64 *) to)[i] = ((const uint64 *) entries)[codes[i]];
			break;
		default:
			for (i = 0; i < n; i++)
			{
				RsParquetBytes entry = rs_dictionary_bytes(&chunk->dictionary, codes[i]);
				uint32		prefix = chunk->dictionary.prefixed ? sizeof(uint32) : 0;

				/* Entries have their lengths before them already. */
				memcpy(to, entry.data - prefix, entry.size + prefix);
				to += entry.size + prefix;
			}
	}
}

static void
add_to_bloom(RsParquetChunkWriter *chunk, const RsParquetBytes *values, uint32 n)
{
	uint32	   *words = (uint32 *) chunk->bloom.data;
	uint32		i;

	if (chunk->bloom.size == 0)
		return;
	for (i = 0; i < n; i++)
		rs_bloom_add(words, chunk->state->bloom_blocks, rs_bloom_hash(values[i].data, values[i].size));
}

/*
 * Do without the dictionary from here on; a Bloom filter begins with its entries.
 */
static void
leave_dictionary(RsParquetChunkWriter *chunk)
{
	const RsParquetDictionary *dictionary = &chunk->dictionary;
	Size		size = (Size) chunk->state->bloom_blocks * RS_BLOOM_BLOCK;
	uint32		i;

	chunk->use_dictionary = false;
	if (chunk->leaf->class != RS_CLASS_BYTES ||
		dictionary->entries.size < (Size) dictionary->nentries * BLOOM_VALUE)
		return;
	memset(rs_buffer_reserve(&chunk->bloom, size), 0, size);
	chunk->bloom.size = size;
	for (i = 0; i < dictionary->nentries; i++)
	{
		RsParquetBytes entry = rs_dictionary_bytes(dictionary, i);

		add_to_bloom(chunk, &entry, 1);
	}
}

/*
 * Is the dictionary, which so far is that of the first page with values, worth it?
 */
static void
judge_dictionary(RsParquetChunkWriter *chunk)
{
	if (!chunk->use_dictionary || chunk->dictionary_pages > 0 || page_values(chunk) == 0)
		return;
	if (chunk->dictionary.entries.size + page_size(chunk) < plain_size(chunk))
		return;
	codes_to_plain(chunk);
	leave_dictionary(chunk);
}

/*
 * Levels behind their length in bytes.
 */
static void
put_levels(RsParquetWriteState *state, const RsByteBuffer *levels, uint32 n, uint8 all, int width)
{
	RsByteBuffer *page = &state->page;
	Size		start = page->size;
	uint32	   *integers;
	uint32		length;
	uint32		i;

	state->integers.size = 0;
	integers = (uint32 *) rs_buffer_reserve(&state->integers, (Size) n * sizeof(uint32));
	for (i = 0; i < n; i++)
		integers[i] = levels->size == 0 ? all : ((const uint8 *) levels->data)[i];
	rs_buffer_reserve(page, sizeof(uint32));
	page->size += sizeof(uint32);
	rs_parquet_put_rle(integers, n, width, page);
	length = (uint32) (page->size - start - sizeof(uint32));
	for (i = 0; i < sizeof(uint32); i++)
		page->data[start + i] = (char) (uint8) (length >> (8 * i));
}

static RsBlockCodec
block_codec(RsParquetCodec codec)
{
	switch (codec)
	{
		case RS_PARQUET_UNCOMPRESSED:
			return RS_BLOCK_NONE;
		case RS_PARQUET_SNAPPY:
			return RS_BLOCK_SNAPPY;
		case RS_PARQUET_GZIP:
			return RS_BLOCK_GZIP;
		case RS_PARQUET_BROTLI:
			return RS_BLOCK_BROTLI;
		case RS_PARQUET_LZ4:
			return RS_BLOCK_LZ4_HADOOP;
		case RS_PARQUET_LZ4_RAW:
			return RS_BLOCK_LZ4;
		case RS_PARQUET_ZSTD:
			return RS_BLOCK_ZSTD;
		case RS_PARQUET_LZO:
			break;
	}
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("Parquet files cannot be written with compression LZO")));
}

static void
put_page_header(RsThriftWriter *thrift, RsParquetPageType type, uint32 n, RsParquetEncoding encoding)
{
	if (type == RS_PARQUET_DICTIONARY_PAGE)
	{
		rs_thrift_begin(thrift, RS_PAGE_DICTIONARY);
		rs_thrift_put_i32(thrift, RS_DICTIONARY_NUM_VALUES, (int32) n);
		rs_thrift_put_i32(thrift, RS_DICTIONARY_ENCODING, encoding);
	}
	else
	{
		rs_thrift_begin(thrift, RS_PAGE_DATA);
		rs_thrift_put_i32(thrift, RS_DATA_NUM_VALUES, (int32) n);
		rs_thrift_put_i32(thrift, RS_DATA_ENCODING, encoding);
		rs_thrift_put_i32(thrift, RS_DATA_DEFINITION_ENCODING, RS_PARQUET_RLE);
		rs_thrift_put_i32(thrift, RS_DATA_REPETITION_ENCODING, RS_PARQUET_RLE);
	}
	rs_thrift_end(thrift);
}

/*
 * A page as the file has it, of those bytes.
 */
static void
make_page(RsParquetWriteState *state, RsParquetPageEntry *entry, RsParquetPageType type, uint32 n,
		  RsParquetEncoding encoding, const char *data, Size size)
{
	RsBlockCodec codec = block_codec(state->options.codec);
	RsByteBuffer *compressed = &state->compressed;
	char		space[256];
	RsByteBuffer header = {state->scratch, space, 0, sizeof(space)};
	RsThriftWriter thrift;
	Size		body = size;

	if (codec != RS_BLOCK_NONE)
	{
		Size		bound = rs_page_compress_bound(codec, size);

		compressed->size = 0;
		rs_buffer_reserve(compressed, bound);
		body = rs_page_compress(state->codec, codec, 0, data, size, compressed->data, bound);
		data = compressed->data;
	}
	if (size > PG_INT32_MAX - sizeof(space) || body > PG_INT32_MAX - sizeof(space))
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("page of a Parquet file would be larger than 2 GB")));
	rs_thrift_write_init(&thrift, &header);
	rs_thrift_put_i32(&thrift, RS_PAGE_TYPE, type);
	rs_thrift_put_i32(&thrift, RS_PAGE_UNCOMPRESSED, (int32) size);
	rs_thrift_put_i32(&thrift, RS_PAGE_COMPRESSED, (int32) body);
	rs_thrift_put_i32(&thrift, RS_PAGE_CRC, (int32) crc32(0, (const Bytef *) data, (uInt) body));
	put_page_header(&thrift, type, n, encoding);
	rs_thrift_end(&thrift);

	entry->size = (uint32) (header.size + body);
	entry->raw_size = (uint32) (header.size + size);
	entry->data = MemoryContextAllocHuge(state->context, entry->size);
	memcpy(entry->data, header.data, header.size);
	memcpy(entry->data + header.size, data, body);
}

static void
reset_page(RsParquetChunkWriter *chunk)
{
	chunk->rows = 0;
	chunk->nlevels = 0;
	chunk->nnulls = 0;
	rs_buffer_reset(&chunk->definition, KEEP_BYTES);
	rs_buffer_reset(&chunk->repetition, KEEP_BYTES);
	rs_buffer_reset(&chunk->values, KEEP_BYTES);
	rs_buffer_reset(&chunk->codes, KEEP_BYTES);
	memset(&chunk->bounds, 0, sizeof(RsParquetBounds));
	rs_buffer_reset(&chunk->state->page, KEEP_BYTES);
	rs_buffer_reset(&chunk->state->compressed, KEEP_BYTES);
	rs_buffer_reset(&chunk->state->integers, KEEP_BYTES);
}

static void
end_page(RsParquetChunkWriter *chunk)
{
	RsParquetWriteState *state = chunk->state;
	RsParquetLeaf *leaf = chunk->leaf;
	RsByteBuffer *page = &state->page;
	RsParquetPageEntry entry;
	bool		coded;

	if (chunk->nlevels == 0)
		return;
	add_entry_bounds(chunk);
	judge_dictionary(chunk);
	coded = chunk->use_dictionary && page_values(chunk) > 0;
	page->size = 0;
	if (leaf->is_list)
		put_levels(state, &chunk->repetition, chunk->nlevels, 0, 1);
	put_levels(state, &chunk->definition, chunk->nlevels, rs_leaf_definition(leaf), leaf->is_list ? 2 : 1);
	if (coded)
	{
		char		width = (char) code_width(chunk);

		rs_buffer_append(page, &width, 1);
		rs_parquet_put_rle((const uint32 *) chunk->codes.data, page_values(chunk), width, page);
	}
	else if (leaf->class == RS_CLASS_BOOL)
		rs_parquet_put_bools((const uint8 *) chunk->values.data, page_values(chunk), page);
	else if (chunk->values.size > 0)
		rs_buffer_append(page, chunk->values.data, chunk->values.size);

	make_page(state, &entry, RS_PARQUET_DATA_PAGE, chunk->nlevels,
			  coded ? RS_PARQUET_RLE_DICTIONARY : RS_PARQUET_PLAIN, page->data, page->size);
	entry.first_row = chunk->chunk_rows;
	entry.nlevels = chunk->nlevels;
	entry.nnulls = chunk->nnulls;
	entry.bounds = chunk->bounds;
	rs_buffer_append(&chunk->pages, &entry, sizeof(entry));
	chunk->npages++;
	chunk->dictionary_pages += coded;
	chunk->chunk_rows += chunk->rows;
	chunk->chunk_levels += chunk->nlevels;
	chunk->compressed += entry.size;
	reset_page(chunk);
}

/*
 * Codes of values; false if the dictionary has no room for them, and is done with.
 */
static bool
encode_values(RsParquetChunkWriter *chunk, const void *values, uint32 n, uint32 *codes)
{
	if (rs_dictionary_encode(&chunk->dictionary, values, n, codes))
		return true;
	end_page(chunk);
	if (chunk->use_dictionary)
		leave_dictionary(chunk);
	return false;
}

/* Of rows that a vector knows by its own dictionary; false: as encode_values(). */
static bool
put_by_dictionary(RsParquetChunkWriter *chunk, const RsVector *vector, uint32 first, uint32 n)
{
	RsParquetWriteState *state = chunk->state;
	const RsVector *entries = vector->dictionary;
	const uint16 *from = vector->codes + first;
	uint32		nentries = vector->ndictionary;
	uint32		nvalues = rs_parquet_take_values(chunk->leaf, entries, 0, nentries, &state->values);
	uint32	   *codes;
	uint32	   *to;
	uint32		k;
	uint32		i;

	state->codes.size = 0;
	codes = (uint32 *) rs_buffer_reserve(&state->codes, (Size) (nentries + 1) * sizeof(uint32));
	if (!encode_values(chunk, state->values.data, nvalues, codes))
		return false;
	to = (uint32 *) rs_buffer_reserve(&chunk->codes, (Size) (n + 1) * sizeof(uint32));
	if (nvalues == nentries)
	{
		for (i = 0; i < n; i++)
			to[i] = codes[from[i]];
		k = n;
	}
	else
	{
		/* From the last: each goes to where it belongs, behind where it was. */
		for (i = nentries, k = nvalues; i-- > 0;)
			codes[i] = entries->null[i] ? 0 : codes[--k];
		for (i = 0, k = 0; i < n; i++)
		{
			to[k] = codes[from[i]];
			k += !entries->null[from[i]];
		}
	}
	chunk->codes.size += (Size) k * sizeof(uint32);
	return true;
}

static void
put_values(RsParquetChunkWriter *chunk, const RsVector *vector, uint32 first, uint32 n)
{
	RsByteBuffer *values = &chunk->state->values;
	uint32		count;

	if (chunk->use_dictionary && vector->dictionary != NULL && chunk->leaf->class == RS_CLASS_BYTES &&
		put_by_dictionary(chunk, vector, first, n))
		return;
	count = rs_parquet_take_values(chunk->leaf, vector, first, n, values);
	if (chunk->use_dictionary &&
		encode_values(chunk, values->data, count,
					  (uint32 *) rs_buffer_reserve(&chunk->codes, (Size) (count + 1) * sizeof(uint32))))
	{
		chunk->codes.size += (Size) count * sizeof(uint32);
		/* Those of bytes are told by the entries that the page has. */
		if (chunk->leaf->class != RS_CLASS_BYTES)
			rs_bounds_add(chunk->leaf, &chunk->bounds, values->data, count);
		return;
	}
	if (chunk->leaf->class == RS_CLASS_BYTES)
		add_to_bloom(chunk, (const RsParquetBytes *) values->data, count);
	rs_parquet_put_plain(chunk->leaf, values->data, count, &chunk->values);
	rs_bounds_add(chunk->leaf, &chunk->bounds, values->data, count);
}

/*
 * Room for the definition levels of n more; there are none as long as all are the highest.
 */
static uint8 *
add_definition_levels(RsParquetChunkWriter *chunk, uint32 n)
{
	RsByteBuffer *levels = &chunk->definition;
	uint8	   *to = (uint8 *) rs_buffer_reserve(levels, chunk->nlevels - levels->size + n);

	memset(to, rs_leaf_definition(chunk->leaf), chunk->nlevels - levels->size);
	levels->size = chunk->nlevels + n;
	return (uint8 *) levels->data + chunk->nlevels;
}

static void
put_flat(RsParquetChunkWriter *chunk, const RsVector *vector, uint32 first, uint32 n)
{
	const uint8 *null = vector->null == NULL ? NULL : vector->null + first;
	uint32		nulls = 0;
	uint32		i;

	put_values(chunk, vector, first, n);
	for (i = 0; null != NULL && i < n; i++)
		nulls += null[i];
	if (nulls > 0 || chunk->definition.size > 0)
	{
		uint8	   *to = add_definition_levels(chunk, n);

		for (i = 0; i < n; i++)
			to[i] = null == NULL || !null[i];
	}
	chunk->nlevels += n;
	chunk->nnulls += nulls;
}

/* Elements of lists, and their levels. */
typedef struct ListElements
{
	RsByteBuffer values;		/* Datum */
	RsByteBuffer nulls;			/* bool, of each value */
	RsByteBuffer definition;
	RsByteBuffer repetition;
} ListElements;

static void
add_level(ListElements *to, uint8 definition, uint8 repetition)
{
	rs_buffer_append(&to->definition, &definition, 1);
	rs_buffer_append(&to->repetition, &repetition, 1);
}

static void
take_list(const RsParquetLeaf *leaf, Datum value, ListElements *to)
{
	ArrayType  *array = DatumGetArrayTypeP(value);
	Datum	   *elements;
	bool	   *nulls;
	int			n;
	int			i;

	if (ARR_NDIM(array) > 1)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("array of column \"%s\" cannot be written to Parquet: it has %d dimensions",
						leaf->column, ARR_NDIM(array))));
	deconstruct_array(array, leaf->type.typid, leaf->type.typlen, leaf->type.typbyval, leaf->type_align,
					  &elements, &nulls, &n);
	if (n == 0)
		add_level(to, 1, 0);
	for (i = 0; i < n; i++)
		add_level(to, nulls[i] ? RS_LIST_DEFINITION - 1 : RS_LIST_DEFINITION, i > 0);
	rs_buffer_append(&to->values, elements, (Size) n * sizeof(Datum));
	rs_buffer_append(&to->nulls, nulls, (Size) n * sizeof(bool));
}

static void
put_lists(RsParquetChunkWriter *chunk, const RsVector *vector, uint32 first, uint32 n)
{
	RsParquetLeaf *leaf = chunk->leaf;
	ListElements elements;
	uint32		nelements;
	uint32		nlevels;
	uint32		nulls = 0;
	uint32		i;

	rs_buffer_init(&elements.values, CurrentMemoryContext);
	rs_buffer_init(&elements.nulls, CurrentMemoryContext);
	rs_buffer_init(&elements.definition, CurrentMemoryContext);
	rs_buffer_init(&elements.repetition, CurrentMemoryContext);
	for (i = first; i < first + n; i++)
	{
		if (rs_vector_is_null(vector, i))
			add_level(&elements, 0, 0);
		else
			take_list(leaf, ((const Datum *) vector->data)[i], &elements);
	}
	nelements = (uint32) (elements.values.size / sizeof(Datum));
	if (nelements > 0)
	{
		const Datum *values = (const Datum *) elements.values.data;
		const bool *isnull = (const bool *) elements.nulls.data;

		put_values(chunk, rs_vector_from_datums(chunk->state->arena, &leaf->type, values, isnull, nelements),
				   0, nelements);
	}

	nlevels = (uint32) elements.definition.size;
	memcpy(add_definition_levels(chunk, nlevels), elements.definition.data, nlevels);
	rs_buffer_append(&chunk->repetition, elements.repetition.data, nlevels);
	for (i = 0; i < nlevels; i++)
		nulls += elements.definition.data[i] != RS_LIST_DEFINITION;
	chunk->nlevels += nlevels;
	chunk->nnulls += nulls;
}

void
rs_chunk_put(RsParquetChunkWriter *chunk, const RsVector *vector, uint32 first, uint32 n)
{
	MemoryContext old = MemoryContextSwitchTo(chunk->state->scratch);

	if (chunk->leaf->is_list)
		put_lists(chunk, vector, first, n);
	else
		put_flat(chunk, vector, first, n);
	chunk->rows += n;
	if (page_size(chunk) >= chunk->state->options.page_bytes || chunk->nlevels >= PAGE_LEVELS)
		end_page(chunk);
	MemoryContextSwitchTo(old);
	MemoryContextReset(chunk->state->scratch);
	rs_buffer_reset(&chunk->state->values, KEEP_BYTES);
	rs_buffer_reset(&chunk->state->codes, KEEP_BYTES);
}

static void
write_page(RsOutput *output, const RsParquetPageEntry *entry, RsParquetChunk *chunk)
{
	output->write(output, entry->data, entry->size);
	pfree(entry->data);
	chunk->compressed += entry->size;
	chunk->uncompressed += entry->raw_size;
}

void
rs_chunk_finish(RsParquetChunkWriter *chunk, RsOutput *output, RsParquetChunkMetadata *metadata)
{
	RsParquetWriteState *state = chunk->state;
	const RsParquetPageEntry *pages;
	RsParquetChunk *written = &metadata->chunk;
	uint32		i;

	end_page(chunk);
	memset(metadata, 0, sizeof(RsParquetChunkMetadata));
	metadata->leaf = chunk->leaf;
	metadata->dictionary_pages = chunk->dictionary_pages;
	metadata->plain_pages = chunk->npages - chunk->dictionary_pages;
	written->type = chunk->leaf->element.type;
	written->nvalues = (int64) chunk->chunk_levels;
	if (chunk->dictionary_pages > 0)
	{
		RsParquetDictionary *dictionary = &chunk->dictionary;
		RsParquetPageEntry entry;

		written->dictionary_page = (int64) output->written;
		make_page(state, &entry, RS_PARQUET_DICTIONARY_PAGE, dictionary->nentries, RS_PARQUET_PLAIN,
				  dictionary->entries.data, dictionary->entries.size);
		write_page(output, &entry, written);
	}
	written->data_page = (int64) output->written;
	pages = (const RsParquetPageEntry *) chunk->pages.data;
	for (i = 0; i < chunk->npages; i++)
	{
		write_page(output, &pages[i], written);
		written->statistics.nulls += pages[i].nnulls;
		rs_bounds_merge(chunk->leaf, &metadata->bounds, &pages[i].bounds);
	}
	rs_buffer_init(&metadata->column_index, state->context);
	rs_buffer_init(&metadata->offset_index, state->context);
	rs_parquet_put_indexes(chunk->leaf, pages, chunk->npages, (uint64) written->data_page,
						   &metadata->column_index, &metadata->offset_index);
}

void
rs_chunk_finish_bloom(RsParquetChunkWriter *chunk, RsOutput *output, RsParquetChunkMetadata *metadata)
{
	RsByteBuffer *bloom = &chunk->bloom;
	RsByteBuffer *header = &chunk->state->page;
	uint32		nblocks = chunk->state->bloom_blocks;
	RsThriftWriter thrift;
	int			field;

	if (bloom->size > 0)
		bloom->size = (Size) rs_bloom_shrink((uint32 *) bloom->data, nblocks) * RS_BLOOM_BLOCK;
	if (bloom->size > 0 && bloom->size <= chunk->compressed / BLOOM_PART)
	{
		header->size = 0;
		rs_thrift_write_init(&thrift, header);
		rs_thrift_put_i32(&thrift, RS_BLOOM_BYTES, (int32) bloom->size);
		for (field = RS_BLOOM_ALGORITHM; field <= RS_BLOOM_CODEC; field++)
		{
			rs_thrift_begin(&thrift, (int16) field);
			rs_thrift_put_empty(&thrift, 1);
			rs_thrift_end(&thrift);
		}
		rs_thrift_end(&thrift);
		metadata->chunk.bloom_filter = (int64) output->written;
		metadata->chunk.bloom_filter_size = (int32) (header->size + bloom->size);
		output->write(output, header->data, header->size);
#ifdef WORDS_BIGENDIAN
		for (field = 0; field < bloom->size / sizeof(uint32); field++)
			((uint32 *) bloom->data)[field] = pg_bswap32(((uint32 *) bloom->data)[field]);
#endif
		output->write(output, bloom->data, bloom->size);
	}
	begin_chunk(chunk);
}
