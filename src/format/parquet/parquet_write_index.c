/*
 * parquet_write_index.c
 *	  Metadata of column chunks: statistics, and indexes of their pages.
 */
#include "postgres.h"

#include "format/parquet/parquet_write.h"

#define IMAGE_SIZE	(RS_BOUND_SIZE + 4)

static void
put_statistics(RsThriftWriter *thrift, const RsParquetChunkMetadata *metadata)
{
	const RsParquetLeaf *leaf = metadata->leaf;
	char		min[IMAGE_SIZE];
	char		max[IMAGE_SIZE];
	uint32		min_size;
	uint32		max_size;
	bool		min_exact;
	bool		max_exact;
	bool		has_min = rs_bounds_image(leaf, &metadata->bounds, false, min, &min_size, &min_exact);
	bool		has_max = rs_bounds_image(leaf, &metadata->bounds, true, max, &max_size, &max_exact);

	rs_thrift_begin(thrift, RS_COLUMN_STATISTICS);
	rs_thrift_put_i64(thrift, RS_STATISTICS_NULLS, metadata->chunk.statistics.nulls);
	if (has_max)
		rs_thrift_put_binary(thrift, RS_STATISTICS_MAX, max, max_size);
	if (has_min)
		rs_thrift_put_binary(thrift, RS_STATISTICS_MIN, min, min_size);
	if (has_max)
		rs_thrift_put_bool(thrift, RS_STATISTICS_MAX_EXACT, max_exact);
	if (has_min)
		rs_thrift_put_bool(thrift, RS_STATISTICS_MIN_EXACT, min_exact);
	rs_thrift_end(thrift);
}

static void
add_page_count(RsThriftWriter *thrift, RsParquetPageType type, RsParquetEncoding encoding, int count)
{
	if (count == 0)
		return;
	rs_thrift_add_struct(thrift);
	rs_thrift_put_i32(thrift, 1, type);
	rs_thrift_put_i32(thrift, 2, encoding);
	rs_thrift_put_i32(thrift, 3, count);
	rs_thrift_end(thrift);
}

void
rs_parquet_add_chunk(RsThriftWriter *thrift, const RsParquetChunkMetadata *metadata, RsParquetCodec codec)
{
	const RsParquetChunk *chunk = &metadata->chunk;
	bool		dictionary = chunk->dictionary_page != 0;
	int			encodings = 1 + (metadata->plain_pages > 0 || dictionary) + (metadata->dictionary_pages > 0);

	rs_thrift_add_struct(thrift);
	rs_thrift_put_i64(thrift, RS_CHUNK_FILE_OFFSET, dictionary ? chunk->dictionary_page : chunk->data_page);
	rs_thrift_begin(thrift, RS_CHUNK_METADATA);
	rs_thrift_put_i32(thrift, RS_COLUMN_TYPE, chunk->type);
	rs_thrift_put_list(thrift, RS_COLUMN_ENCODINGS, RS_THRIFT_I32, encodings);
	rs_thrift_add_int(thrift, RS_PARQUET_RLE);
	if (metadata->plain_pages > 0 || dictionary)
		rs_thrift_add_int(thrift, RS_PARQUET_PLAIN);
	if (metadata->dictionary_pages > 0)
		rs_thrift_add_int(thrift, RS_PARQUET_RLE_DICTIONARY);
	rs_parquet_put_path(thrift, RS_COLUMN_PATH, metadata->leaf);
	rs_thrift_put_i32(thrift, RS_COLUMN_CODEC, codec);
	rs_thrift_put_i64(thrift, RS_COLUMN_NUM_VALUES, chunk->nvalues);
	rs_thrift_put_i64(thrift, RS_COLUMN_UNCOMPRESSED, chunk->uncompressed);
	rs_thrift_put_i64(thrift, RS_COLUMN_COMPRESSED, chunk->compressed);
	rs_thrift_put_i64(thrift, RS_COLUMN_DATA_PAGE, chunk->data_page);
	if (dictionary)
		rs_thrift_put_i64(thrift, RS_COLUMN_DICTIONARY_PAGE, chunk->dictionary_page);
	put_statistics(thrift, metadata);
	rs_thrift_put_list(thrift, RS_COLUMN_ENCODING_STATS, RS_THRIFT_STRUCT,
					   dictionary + (metadata->dictionary_pages > 0) + (metadata->plain_pages > 0));
	add_page_count(thrift, RS_PARQUET_DICTIONARY_PAGE, RS_PARQUET_PLAIN, dictionary);
	add_page_count(thrift, RS_PARQUET_DATA_PAGE, RS_PARQUET_RLE_DICTIONARY, metadata->dictionary_pages);
	add_page_count(thrift, RS_PARQUET_DATA_PAGE, RS_PARQUET_PLAIN, metadata->plain_pages);
	if (chunk->bloom_filter != 0)
	{
		rs_thrift_put_i64(thrift, RS_COLUMN_BLOOM_OFFSET, chunk->bloom_filter);
		rs_thrift_put_i32(thrift, RS_COLUMN_BLOOM_LENGTH, chunk->bloom_filter_size);
	}
	rs_thrift_end(thrift);
	rs_thrift_put_i64(thrift, RS_CHUNK_OFFSET_INDEX_OFFSET, chunk->offset_index);
	rs_thrift_put_i32(thrift, RS_CHUNK_OFFSET_INDEX_LENGTH, chunk->offset_index_size);
	if (chunk->column_index != 0)
	{
		rs_thrift_put_i64(thrift, RS_CHUNK_COLUMN_INDEX_OFFSET, chunk->column_index);
		rs_thrift_put_i32(thrift, RS_CHUNK_COLUMN_INDEX_LENGTH, chunk->column_index_size);
	}
	rs_thrift_end(thrift);
}

/*
 * Where each page is.
 */
static void
put_offset_index(const RsParquetPageEntry *pages, uint32 npages, uint64 start, RsByteBuffer *out)
{
	RsThriftWriter thrift;
	uint32		i;

	rs_thrift_write_init(&thrift, out);
	rs_thrift_put_list(&thrift, RS_OFFSETS_PAGES, RS_THRIFT_STRUCT, npages);
	for (i = 0; i < npages; i++)
	{
		rs_thrift_add_struct(&thrift);
		rs_thrift_put_i64(&thrift, 1, (int64) start);
		rs_thrift_put_i32(&thrift, 2, (int32) pages[i].size);
		rs_thrift_put_i64(&thrift, 3, (int64) pages[i].first_row);
		rs_thrift_end(&thrift);
		start += pages[i].size;
	}
	rs_thrift_end(&thrift);
}

static bool
is_null_page(const RsParquetPageEntry *page)
{
	return page->nnulls == page->nlevels;
}

/* Bounds of pages in an order let readers search. */
static RsParquetOrder
order_of_pages(const RsParquetLeaf *leaf, const RsParquetPageEntry *pages, uint32 npages)
{
	const RsParquetPageEntry *before = NULL;
	bool		ascending = true;
	bool		descending = true;
	uint32		i;

	for (i = 0; i < npages; i++)
	{
		const RsParquetPageEntry *page = &pages[i];

		if (is_null_page(page))
			continue;
		/* What is cut from bounds may change their order. */
		if (page->bounds.min.cut || page->bounds.max.cut)
			return RS_PARQUET_UNORDERED;
		if (before != NULL)
		{
			int			min = rs_bounds_compare(leaf, &before->bounds.min, &page->bounds.min);
			int			max = rs_bounds_compare(leaf, &before->bounds.max, &page->bounds.max);

			ascending &= min <= 0 && max <= 0;
			descending &= min >= 0 && max >= 0;
		}
		before = page;
	}
	return ascending ? RS_PARQUET_ASCENDING : descending ? RS_PARQUET_DESCENDING : RS_PARQUET_UNORDERED;
}

static void
put_bounds(RsThriftWriter *thrift, int16 field, const RsParquetLeaf *leaf, const RsParquetPageEntry *pages,
		   uint32 npages, bool max)
{
	uint32		i;

	rs_thrift_put_list(thrift, field, RS_THRIFT_BINARY, npages);
	for (i = 0; i < npages; i++)
	{
		char		image[IMAGE_SIZE];
		uint32		size = 0;
		bool		exact;

		if (!is_null_page(&pages[i]))
			(void) rs_bounds_image(leaf, &pages[i].bounds, max, image, &size, &exact);
		rs_thrift_add_binary(thrift, image, size);
	}
}

/*
 * What is in each page; none if there is a page whose values have no bounds.
 */
static void
put_column_index(const RsParquetLeaf *leaf, const RsParquetPageEntry *pages, uint32 npages, RsByteBuffer *out)
{
	RsThriftWriter thrift;
	uint32		i;

	for (i = 0; i < npages; i++)
	{
		char		image[IMAGE_SIZE];
		uint32		size;
		bool		exact;

		if (!is_null_page(&pages[i]) &&
			(!rs_bounds_image(leaf, &pages[i].bounds, false, image, &size, &exact) ||
			 !rs_bounds_image(leaf, &pages[i].bounds, true, image, &size, &exact)))
			return;
	}
	rs_thrift_write_init(&thrift, out);
	rs_thrift_put_list(&thrift, RS_INDEX_NULL_PAGES, RS_THRIFT_TRUE, npages);
	for (i = 0; i < npages; i++)
		rs_thrift_add_bool(&thrift, is_null_page(&pages[i]));
	put_bounds(&thrift, RS_INDEX_MINS, leaf, pages, npages, false);
	put_bounds(&thrift, RS_INDEX_MAXES, leaf, pages, npages, true);
	rs_thrift_put_i32(&thrift, RS_INDEX_ORDER, order_of_pages(leaf, pages, npages));
	rs_thrift_put_list(&thrift, RS_INDEX_NULLS, RS_THRIFT_I64, npages);
	for (i = 0; i < npages; i++)
		rs_thrift_add_int(&thrift, pages[i].nnulls);
	rs_thrift_end(&thrift);
}

void
rs_parquet_put_indexes(const RsParquetLeaf *leaf, const RsParquetPageEntry *pages, uint32 npages,
					   uint64 start, RsByteBuffer *column_index, RsByteBuffer *offset_index)
{
	put_offset_index(pages, npages, start, offset_index);
	put_column_index(leaf, pages, npages, column_index);
}
