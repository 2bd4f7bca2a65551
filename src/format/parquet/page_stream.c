/*
 * page_stream.c
 *	  The pages of one column chunk.
 *
 * Compressed bytes are read into a window, which slides over the chunk, and grows for a page
 * that is larger; pages are decompressed out of it.  Buffers are kept from page to page and from
 * chunk to chunk.
 */
#include "postgres.h"

#include <zlib.h>

#include "encoding/bitpack.h"
#include "format/parquet/page_stream.h"
#include "miscadmin.h"
#include "vector/vector.h"

/* Headers are this short but for statistics. */
#define USUAL_HEADER	((Size) 64)
#define MAX_HEADER		((Size) 16 * 1024 * 1024)

/* Some writers have left a header of a dictionary out of a chunk's size. */
#define SIZE_SLACK		100

typedef struct PageBuffer
{
	char	   *data;
	Size		size;
} PageBuffer;

struct RsPageStream
{
	MemoryContext context;
	RsInput    *input;
	RsPageCodec *codec;
	RsBlockCodec compression;
	uint64		at;				/* in the file, of window.data + start */
	uint64		end;			/* of the chunk, and slack */
	Size		step;			/* read at a time */
	PageBuffer	window;
	Size		start;			/* of what is not used yet */
	Size		have;			/* bytes of it */
	PageBuffer	body;
	PageBuffer	dictionary;
	uint64		page_at;		/* of the last page, for errors */
	RsParquetPage ahead;		/* whose header was read, and which was not asked for */
	bool		has_ahead;
	uint64		bytes;
};

RsPageStream *
rs_page_stream_create(MemoryContext context, RsInput *input, RsPageCodec *codec)
{
	RsPageStream *stream = MemoryContextAllocZero(context, sizeof(RsPageStream));

	stream->context = context;
	stream->input = input;
	stream->codec = codec;
	return stream;
}

void
rs_page_stream_corrupt(const RsPageStream *stream, const char *fault)
{
	rs_parquet_corrupt(stream->input->name, stream->page_at, fault);
}

uint64
rs_page_stream_bytes(const RsPageStream *stream)
{
	return stream->bytes;
}

static RsBlockCodec
block_codec(RsPageStream *stream, RsParquetCodec codec)
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
		case RS_PARQUET_ZSTD:
			return RS_BLOCK_ZSTD;
		case RS_PARQUET_LZ4_RAW:
			return RS_BLOCK_LZ4;
		case RS_PARQUET_LZO:
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("Parquet file \"%s\" is compressed by LZO", stream->input->name)));
	}
	rs_page_stream_corrupt(stream, "unknown compression");
}

void
rs_page_stream_begin(RsPageStream *stream, const RsParquetChunk *chunk, Size window)
{
	stream->at = stream->page_at = (uint64) rs_parquet_chunk_offset(chunk);
	stream->end = stream->at;
	if (chunk->compressed > 0)
		stream->end = Min(stream->at + (uint64) chunk->compressed + SIZE_SLACK, (uint64) stream->input->size);
	stream->step = window;
	stream->start = stream->have = 0;
	stream->has_ahead = false;
	stream->compression = block_codec(stream, chunk->codec);
}

/*
 * Room for a size, or more.  What was there is lost.
 */
static void
make_room(RsPageStream *stream, PageBuffer *buffer, Size size)
{
	if (buffer->size >= size)
		return;
	size += size / 4;
	if (buffer->data != NULL)
		pfree(buffer->data);
	buffer->data = NULL;
	buffer->size = 0;
	buffer->data = rs_enlarge(stream->context, NULL, size);
	buffer->size = size;
}

/*
 * Have so many bytes in the window, if there are so many in the chunk.
 */
static const char *
need(RsPageStream *stream, Size size)
{
	uint64		left = stream->end - stream->at;	/* from the window's start */
	Size		wanted;
	Size		got;

	size = Min(size, left);
	if (stream->have >= size && stream->have > 0)
		return stream->window.data + stream->start;
	wanted = Min(Max(size, stream->step), left);
	if (stream->window.size < wanted)
	{
		PageBuffer	old = stream->window;

		memset(&stream->window, 0, sizeof(PageBuffer));
		make_room(stream, &stream->window, wanted);
		if (stream->have > 0)
			memcpy(stream->window.data, old.data + stream->start, stream->have);
		if (old.data != NULL)
			pfree(old.data);
	}
	else if (stream->start > 0 && stream->have > 0)
		memmove(stream->window.data, stream->window.data + stream->start, stream->have);
	stream->start = 0;
	got = stream->input->read(stream->input, stream->at + stream->have, stream->window.data + stream->have,
							  wanted - stream->have);
	if (got != wanted - stream->have)
		rs_parquet_corrupt(stream->input->name, stream->at + stream->have, "file ends too early");
	stream->bytes += got;
	stream->have = wanted;
	return stream->window.data;
}

static void
use(RsPageStream *stream, Size size)
{
	stream->start += size;
	stream->have -= size;
	stream->at += size;
}

void
rs_page_stream_fetch(RsPageStream *stream)
{
	if (stream->at < stream->end)
		(void) need(stream, 1);
}

static void
read_header(RsPageStream *stream, RsParquetPage *page)
{
	Size		size = USUAL_HEADER;
	const char *fault;
	Size		used;

	for (;;)
	{
		const char *data = need(stream, size);
		RsHeaderResult result = rs_parquet_page_header(data, stream->have, page, &used, &fault);

		if (result == RS_HEADER_READ)
			break;
		if (result == RS_HEADER_DAMAGED || stream->have >= stream->end - stream->at || size > MAX_HEADER)
			rs_page_stream_corrupt(stream, fault);
		size = stream->have * 2;
	}
	use(stream, used);
}

/*
 * Decompress what follows the levels, which are as they are.
 */
static char *
read_body(RsPageStream *stream, const RsParquetPage *page, PageBuffer *buffer)
{
	const char *data = need(stream, page->compressed);
	Size		levels = page->type == RS_PARQUET_DATA_PAGE_V2 ? page->definition_size + page->repetition_size : 0;
	Size		expected = page->uncompressed - levels;
	Size		size = 0;

	if (stream->end - stream->at < page->compressed)
		rs_page_stream_corrupt(stream, "page is larger than what is left of its column chunk");
	if (page->has_crc && (uint32) crc32(0, (const Bytef *) data, page->compressed) != page->crc)
		rs_page_stream_corrupt(stream, "page has a wrong checksum");
	make_room(stream, buffer, (Size) page->uncompressed + RS_BITPACK_PAD);
	memcpy(buffer->data, data, levels);
	/* A page of NULLs may have nothing that would have been compressed. */
	if (page->compressed > levels &&
		!rs_page_decompress(stream->codec, page->is_compressed ? stream->compression : RS_BLOCK_NONE, data + levels,
							page->compressed - levels, buffer->data + levels, expected, &size))
		rs_page_stream_corrupt(stream, "page cannot be decompressed");
	if (size != expected)
		rs_page_stream_corrupt(stream, "page has another size than it says");
	memset(buffer->data + page->uncompressed, 0, RS_BITPACK_PAD);
	use(stream, page->compressed);
	return buffer->data;
}

static void
next_header(RsPageStream *stream, RsParquetPage *page)
{
	if (stream->has_ahead)
		*page = stream->ahead;
	else
	{
		stream->page_at = stream->at;
		read_header(stream, page);
	}
	stream->has_ahead = false;
}

/*
 * What was not read yet is not read at all.
 */
static void
pass_over(RsPageStream *stream, uint32 size)
{
	if (size > stream->end - stream->at)
		rs_page_stream_corrupt(stream, "page is larger than what is left of its column chunk");
	if (size <= stream->have)
		use(stream, size);
	else
	{
		stream->at += size;
		stream->start = stream->have = 0;
	}
}

uint32
rs_page_stream_pass(RsPageStream *stream, uint64 most)
{
	RsParquetPage page;

	if (!stream->has_ahead && stream->at >= stream->end)
		return 0;
	next_header(stream, &page);
	if ((page.type == RS_PARQUET_DATA_PAGE || page.type == RS_PARQUET_DATA_PAGE_V2) && page.nvalues <= most)
	{
		pass_over(stream, page.compressed);
		return page.nvalues;
	}
	stream->ahead = page;
	stream->has_ahead = true;
	return 0;
}

bool
rs_page_stream_next(RsPageStream *stream, RsParquetPage *page, char **body)
{
	while (stream->has_ahead || stream->at < stream->end)
	{
		CHECK_FOR_INTERRUPTS();
		next_header(stream, page);
		switch (page->type)
		{
			case RS_PARQUET_DATA_PAGE:
			case RS_PARQUET_DATA_PAGE_V2:
				*body = read_body(stream, page, &stream->body);
				return true;
			case RS_PARQUET_DICTIONARY_PAGE:
				*body = read_body(stream, page, &stream->dictionary);
				return true;
			case RS_PARQUET_INDEX_PAGE:
				break;
			default:
				/* Kinds that later versions may add are to be passed over. */
				break;
		}
		pass_over(stream, page->compressed);
	}
	return false;
}
