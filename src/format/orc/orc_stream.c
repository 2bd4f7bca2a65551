/*
 * orc_stream.c
 *	  A stream of a stripe, decompressed as it is read.
 *
 * A compressed stream is a sequence of chunks, each behind three bytes that tell its size
 * and whether it was left as it was; each is decompressed by itself.  The file is read by
 * windows, so that a stripe need not fit into memory.
 *
 * What is decompressed stands behind RS_ORC_MAX_FILL bytes of space, into which the few
 * bytes left of the chunk before are moved: so a value or a run that begins in one chunk
 * and ends in another is in one piece.
 */
#include "postgres.h"

#include "format/orc/orc_stream.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#define HEADER_SIZE		3
#define MIN_WINDOW		((Size) 4 * 1024)

void
rs_orc_stream_damaged(const RsOrcStream *stream, const char *reason)
{
	rs_orc_damaged(stream->file, rs_orc_stream_offset(stream), reason);
}

uint64
rs_orc_stream_offset(const RsOrcStream *stream)
{
	return stream->window_offset + stream->window_at;
}

RsOrcStream *
rs_orc_stream_open(RsOrcFile *file, RsByteRange range, Size window)
{
	RsOrcStream *stream = palloc0(sizeof(RsOrcStream));

	stream->file = file;
	stream->rest = range;
	stream->window_offset = range.offset;
	stream->window_size = (Size) Min(Max(window, MIN_WINDOW), range.size);
	return stream;
}

void
rs_orc_stream_close(RsOrcStream *stream)
{
	if (stream->window != NULL)
		pfree(stream->window);
	if (stream->chunk != NULL)
		pfree(stream->chunk);
	pfree(stream);
}

/*
 * Have n bytes of the file in the window, or what is left of the stream.
 */
static Size
fill_window(RsOrcStream *stream, Size n)
{
	MemoryContext context = GetMemoryChunkContext(stream);
	Size		there = stream->window_used - stream->window_at;
	Size		more;

	if (there >= n || stream->rest.size == 0)
		return there;
	if (stream->window != NULL && stream->window_at > 0)
		memmove(stream->window, stream->window + stream->window_at, there);
	stream->window_offset += stream->window_at;
	stream->window_used = there;
	stream->window_at = 0;
	n = (Size) Min(n, there + stream->rest.size);
	if (stream->window == NULL)
	{
		stream->window_size = Max(stream->window_size, n);
		stream->window = MemoryContextAllocHuge(context, stream->window_size);
	}
	else if (n > stream->window_size)
	{
		stream->window_size = n;
		stream->window = repalloc_huge(stream->window, n);
	}
	more = (Size) Min(stream->window_size - there, stream->rest.size);
	rs_orc_read(stream->file, stream->rest.offset, stream->window + there, more);
	stream->rest.offset += more;
	stream->rest.size -= more;
	stream->window_used += more;
	return stream->window_used;
}

/*
 * Move what is left to before the chunk, and have room for one of the size.
 */
static uint8 *
carry_over(RsOrcStream *stream, Size size)
{
	Size		left = (Size) (stream->end - stream->at);
	uint8	   *start;

	if (stream->chunk == NULL || size > stream->chunk_size)
	{
		uint8	   *chunk = MemoryContextAllocHuge(GetMemoryChunkContext(stream),
												   RS_ORC_MAX_FILL + size + RS_ORC_SLACK);

		memset(chunk + RS_ORC_MAX_FILL + size, 0, RS_ORC_SLACK);
		start = chunk + RS_ORC_MAX_FILL - left;
		if (left > 0)
			memcpy(start, stream->at, left);
		if (stream->chunk != NULL)
			pfree(stream->chunk);
		stream->chunk = chunk;
		stream->chunk_size = size;
	}
	else
	{
		start = stream->chunk + RS_ORC_MAX_FILL - left;
		if (left > 0)
			memmove(start, stream->at, left);
	}
	stream->at = start;
	stream->end = stream->chunk + RS_ORC_MAX_FILL;
	return stream->chunk + RS_ORC_MAX_FILL;
}

/*
 * The next bytes as they stand in the file; false: the stream has ended.
 */
static bool
next_plain(RsOrcStream *stream)
{
	Size		n = fill_window(stream, 1);
	uint8	   *to;

	if (n == 0)
		return false;
	n = Min(n, stream->file->block_size);
	to = carry_over(stream, n);
	memcpy(to, stream->window + stream->window_at, n);
	stream->window_at += n;
	stream->end = to + n;
	return true;
}

static bool
next_chunk(RsOrcStream *stream)
{
	const uint8 *header;
	RsOrcFile  *file = stream->file;
	const char *content;
	Size		size;
	bool		original;
	uint8	   *to;

	if (stream->file->compression == RS_BLOCK_NONE)
		return next_plain(stream);
	if (fill_window(stream, HEADER_SIZE) == 0)
		return false;
	if (stream->window_used - stream->window_at < HEADER_SIZE)
		rs_orc_stream_damaged(stream, "a stream ends within the size of a chunk");
	header = (const uint8 *) stream->window + stream->window_at;
	size = (Size) (header[0] | header[1] << 8 | header[2] << 16);
	original = (size & 1) != 0;
	size >>= 1;
	/* Compressed or not, it is no larger than a block; else a window would not be bounded either. */
	if (size > stream->file->block_size + stream->file->block_size / 2 + 64)
		rs_orc_stream_damaged(stream, "a chunk is larger than the file allows");
	stream->window_at += HEADER_SIZE;
	if (fill_window(stream, size) < size)
		rs_orc_stream_damaged(stream, "a stream ends within a chunk");
	content = stream->window + stream->window_at;
	stream->window_at += size;
	if (!original)
	{
		/* By way of one buffer for all: of a stream no more is kept than it has. */
		if (file->block == NULL)
			file->block = MemoryContextAllocHuge(file->context, file->block_size);
		if (!rs_page_decompress(file->codec, file->compression, content, size, file->block, file->block_size,
								&size))
			rs_orc_stream_damaged(stream, "a chunk cannot be decompressed");
		content = file->block;
	}
	to = carry_over(stream, size);
	memcpy(to, content, size);
	stream->end = to + size;
	return true;
}

Size
rs_orc_stream_more(RsOrcStream *stream, Size n)
{
	Assert(n <= RS_ORC_MAX_FILL);
	CHECK_FOR_INTERRUPTS();
	/* Chunks may be empty, but each takes bytes of the file. */
	while ((Size) (stream->end - stream->at) < n)
		if (!next_chunk(stream))
			break;
	return (Size) (stream->end - stream->at);
}

void
rs_orc_stream_take(RsOrcStream *stream, void *to, Size n)
{
	while (n > 0)
	{
		Size		there = Min(rs_orc_stream_fill(stream, 1), n);

		if (there == 0)
			rs_orc_stream_damaged(stream, "a stream has fewer values than rows");
		memcpy(to, stream->at, there);
		stream->at += there;
		to = (char *) to + there;
		n -= there;
	}
}
