/*
 * stream.c
 *	  Compressed inputs and outputs: what is the same for all compressions.
 *
 * A stream has a buffer of the compressed side; the compressions decode from there straight
 * to where the reader wants the bytes.  Several streams one after another in a file are
 * read as one, as the compressions' own programs do; anything else after them is damage.
 *
 * Libraries that take an allocator get memory of the stream's context; the one of those
 * that does not (zstd) has its state freed by a callback of the context.
 */
#include "postgres.h"

#include "format/compression/stream_codec.h"
#include "miscadmin.h"
#include "utils/memutils.h"

static const char gzip_magic[] = {'\x1f', '\x8b'};
static const char bzip2_magic[] = {'B', 'Z', 'h'};
static const char lzop_magic[] = {'\x89', 'L', 'Z', 'O', '\0', '\r', '\n', '\x1a', '\n'};
static const char zstd_magic[] = {'\x28', '\xb5', '\x2f', '\xfd'};

StaticAssertDecl(sizeof(lzop_magic) == RS_COMPRESSION_MAGIC_SIZE, "the longest magic number");

const char *
rs_compression_name(RsCompression compression)
{
	switch (compression)
	{
		case RS_COMPRESSION_NONE:
			return "none";
		case RS_COMPRESSION_GZIP:
			return "gzip";
		case RS_COMPRESSION_BZIP2:
			return "bzip2";
		case RS_COMPRESSION_LZOP:
			return "lzop";
		case RS_COMPRESSION_ZSTD:
			return "zstd";
	}
	elog(ERROR, "unknown compression %d", (int) compression);
}

const char *
rs_compression_suffix(RsCompression compression)
{
	switch (compression)
	{
		case RS_COMPRESSION_NONE:
			return "";
		case RS_COMPRESSION_GZIP:
			return ".gz";
		case RS_COMPRESSION_BZIP2:
			return ".bz2";
		case RS_COMPRESSION_LZOP:
			return ".lzo";
		case RS_COMPRESSION_ZSTD:
			return ".zst";
	}
	elog(ERROR, "unknown compression %d", (int) compression);
}

static bool
starts_with(const char *start, Size size, const char *magic, Size magic_size)
{
	return size >= magic_size && memcmp(start, magic, magic_size) == 0;
}

RsCompression
rs_compression_detect(const char *start, Size size)
{
	if (starts_with(start, size, gzip_magic, sizeof(gzip_magic)))
		return RS_COMPRESSION_GZIP;
	/* "BZh" could begin a text; then the digit of the block size does not follow. */
	if (starts_with(start, size, bzip2_magic, sizeof(bzip2_magic)) &&
		size > sizeof(bzip2_magic) && start[3] >= '1' && start[3] <= '9')
		return RS_COMPRESSION_BZIP2;
	if (starts_with(start, size, lzop_magic, sizeof(lzop_magic)))
		return RS_COMPRESSION_LZOP;
	if (starts_with(start, size, zstd_magic, sizeof(zstd_magic)))
		return RS_COMPRESSION_ZSTD;
	/* A frame to be skipped, with any of 16 numbers, comes before the others. */
	if (size >= 4 && (start[0] & 0xf0) == 0x50 && memcmp(start + 1, "\x2a\x4d\x18", 3) == 0)
		return RS_COMPRESSION_ZSTD;
	return RS_COMPRESSION_NONE;
}

bool
rs_stream_peek(RsDecompressor *stream, Size size)
{
	Assert(size <= RS_STREAM_PIECE);
	if (rs_stream_available(stream) >= size)
		return true;
	if (stream->source_ended)
		return false;

	CHECK_FOR_INTERRUPTS();
	memmove(stream->buffer, rs_stream_data(stream), rs_stream_available(stream));
	stream->end -= stream->begin;
	stream->begin = 0;
	while (stream->end < size && !stream->source_ended)
	{
		Size		n = stream->source->read(stream->source, stream->read, stream->buffer + stream->end,
											 RS_STREAM_PIECE - stream->end);

		if (n < RS_STREAM_PIECE - stream->end)
			stream->source_ended = true;
		stream->read += n;
		stream->end += n;
	}
	return stream->end >= size;
}

void
rs_stream_take(RsDecompressor *stream, char *target, Size size)
{
	while (size > 0)
	{
		Size		n;

		if (!rs_stream_peek(stream, 1))
			rs_stream_truncated(stream);
		n = Min(size, rs_stream_available(stream));
		memcpy(target, rs_stream_data(stream), n);
		stream->begin += n;
		target += n;
		size -= n;
	}
}

void
rs_stream_damaged(RsDecompressor *stream, const char *what)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATA_CORRUPTED),
			 errmsg("file \"%s\" is damaged at offset " UINT64_FORMAT ": %s", stream->input.name,
					stream->read - rs_stream_available(stream), what)));
}

void
rs_stream_truncated(RsDecompressor *stream)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATA_CORRUPTED),
			 errmsg("file \"%s\" ends at offset " UINT64_FORMAT " within its %s data", stream->input.name,
					stream->read, rs_compression_name(stream->compression))));
}

void
rs_stream_check_magic(RsDecompressor *stream)
{
	(void) rs_stream_peek(stream, RS_COMPRESSION_MAGIC_SIZE);
	if (rs_compression_detect(rs_stream_data(stream), rs_stream_available(stream)) != stream->compression)
		rs_stream_damaged(stream, psprintf("what follows the compressed data is not %s",
										   rs_compression_name(stream->compression)));
}

/* Is the file of the compression that it should be of?  Before its first byte is used. */
static void
check_compression(RsDecompressor *stream)
{
	RsCompression found;

	(void) rs_stream_peek(stream, RS_COMPRESSION_MAGIC_SIZE);
	found = rs_compression_detect(rs_stream_data(stream), rs_stream_available(stream));
	if (found != stream->compression)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_EXCEPTION),
				 errmsg("file \"%s\" is not compressed with %s", stream->input.name,
						rs_compression_name(stream->compression)),
				 found != RS_COMPRESSION_NONE ?
				 errdetail("It is compressed with %s.", rs_compression_name(found)) : 0));
}

static Size
read_decompressed(RsInput *input, uint64 offset, char *buffer, Size size)
{
	RsDecompressor *stream = (RsDecompressor *) input;
	Size		given = 0;

	if (offset != stream->position)
		elog(ERROR, "compressed file \"%s\" is read from " UINT64_FORMAT " on, but is at " UINT64_FORMAT,
			 input->name, offset, stream->position);
	/* Nothing at all is not damaged, but has nothing in it. */
	if (stream->read == 0)
	{
		if (!rs_stream_peek(stream, 1))
			stream->ended = true;
		else
			check_compression(stream);
	}
	while (given < size && !stream->ended)
	{
		Size		n = stream->decode(stream, buffer + given, size - given);

		if (n == 0)
			stream->ended = true;
		given += n;
		CHECK_FOR_INTERRUPTS();
	}
	stream->position += given;
	return given;
}

static void
close_decompressed(RsInput *input)
{
	RsDecompressor *stream = (RsDecompressor *) input;
	RsInput    *source = stream->source;

	MemoryContextDelete(stream->context);
	source->close(source);
}

RsInput *
rs_decompress_input(RsInput *source, RsCompression compression)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "redshift decompression",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	RsDecompressor *stream = palloc0(sizeof(RsDecompressor));

	stream->input.name = source->name;
	stream->input.size = -1;
	stream->input.seekable = false;
	stream->input.read = read_decompressed;
	stream->input.close = close_decompressed;
	stream->source = source;
	stream->compression = compression;
	stream->context = context;
	stream->buffer = palloc(RS_STREAM_PIECE);
	switch (compression)
	{
		case RS_COMPRESSION_GZIP:
			rs_gzip_begin_decode(stream);
			break;
		case RS_COMPRESSION_BZIP2:
			rs_bzip2_begin_decode(stream);
			break;
		case RS_COMPRESSION_LZOP:
			rs_lzop_begin_decode(stream);
			break;
		case RS_COMPRESSION_ZSTD:
			rs_zstd_begin_decode(stream);
			break;
		case RS_COMPRESSION_NONE:
			elog(ERROR, "file \"%s\" is not compressed", source->name);
	}
	if (source->expect != NULL && source->size > 0)
	{
		RsByteRange whole = {0, source->size};

		source->expect(source, &whole, 1);
	}
	MemoryContextSwitchTo(old);
	return &stream->input;
}

static void
write_compressed(RsOutput *output, const char *data, Size size)
{
	RsCompressor *stream = (RsCompressor *) output;

	CHECK_FOR_INTERRUPTS();
	stream->encode(stream, data, size, false);
	stream->output.written += size;
}

static void
finish_compressed(RsOutput *output)
{
	RsCompressor *stream = (RsCompressor *) output;
	RsOutput   *target = stream->target;

	stream->encode(stream, "", 0, true);
	MemoryContextDelete(stream->context);
	target->finish(target);
}

RsOutput *
rs_compress_output(RsOutput *target, RsCompression compression, int level)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "redshift compression",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	RsCompressor *stream = palloc0(sizeof(RsCompressor));

	stream->output.name = target->name;
	stream->output.write = write_compressed;
	stream->output.finish = finish_compressed;
	stream->target = target;
	stream->context = context;
	stream->buffer = palloc(RS_STREAM_PIECE);
	switch (compression)
	{
		case RS_COMPRESSION_GZIP:
			rs_gzip_begin_encode(stream, level);
			break;
		case RS_COMPRESSION_BZIP2:
			rs_bzip2_begin_encode(stream, level);
			break;
		case RS_COMPRESSION_ZSTD:
			rs_zstd_begin_encode(stream, level);
			break;
		case RS_COMPRESSION_LZOP:
		case RS_COMPRESSION_NONE:
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("files cannot be written with compression %s",
							rs_compression_name(compression))));
	}
	MemoryContextSwitchTo(old);
	return &stream->output;
}
