/*
 * stream_gzip.c
 *	  Files of gzip (RFC 1952), by zlib.
 *
 * zlib checks each member's header, CRC and length.
 */
#include "postgres.h"

#include <zlib.h>

#include "format/compression/stream_codec.h"
#include "utils/memutils.h"

/* Windows of 2^15 bytes, and gzip's header and trailer only. */
#define GZIP_WINDOW_BITS	(MAX_WBITS + 16)

#define GZIP_LEVEL			6

static voidpf
allocate(voidpf context, uInt items, uInt size)
{
	return MemoryContextAllocExtended(context, mul_size(items, size), MCXT_ALLOC_NO_OOM);
}

static void
release(voidpf context, voidpf address)
{
	pfree(address);
}

static z_stream *
create_state(MemoryContext context)
{
	z_stream   *zlib = palloc0(sizeof(z_stream));

	zlib->zalloc = allocate;
	zlib->zfree = release;
	zlib->opaque = context;
	return zlib;
}

static void
out_of_memory(void)
{
	ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
}

static Size
decode(RsDecompressor *stream, char *target, Size size)
{
	z_stream   *zlib = stream->state;
	uInt		asked = (uInt) Min(size, RS_STREAM_PIECE);

	zlib->next_out = (Bytef *) target;
	zlib->avail_out = asked;
	do
	{
		int			result;

		if (!rs_stream_peek(stream, 1))
		{
			/* A member that has not even begun is none. */
			if (zlib->total_in > 0)
				rs_stream_truncated(stream);
			break;
		}
		if (zlib->total_in == 0)
			rs_stream_check_magic(stream);
		zlib->next_in = (Bytef *) rs_stream_data(stream);
		zlib->avail_in = (uInt) rs_stream_available(stream);
		result = inflate(zlib, Z_NO_FLUSH);
		stream->begin = stream->end - zlib->avail_in;
		if (result == Z_MEM_ERROR)
			out_of_memory();
		if (result == Z_STREAM_END)
			inflateReset(zlib);
		else if (result != Z_OK && result != Z_BUF_ERROR)
			rs_stream_damaged(stream, zlib->msg != NULL ? zlib->msg : "not gzip data");
	} while (zlib->avail_out == asked);
	return asked - zlib->avail_out;
}

void
rs_gzip_begin_decode(RsDecompressor *stream)
{
	z_stream   *zlib = create_state(stream->context);

	if (inflateInit2(zlib, GZIP_WINDOW_BITS) != Z_OK)
		out_of_memory();
	stream->state = zlib;
	stream->decode = decode;
}

static void
encode(RsCompressor *stream, const char *data, Size size, bool last)
{
	z_stream   *zlib = stream->state;
	int			result = Z_OK;

	do
	{
		uInt		n = (uInt) Min(size, RS_STREAM_PIECE);

		zlib->next_in = (Bytef *) data;
		zlib->avail_in = n;
		data += n;
		size -= n;
		do
		{
			zlib->next_out = (Bytef *) stream->buffer;
			zlib->avail_out = RS_STREAM_PIECE;
			result = deflate(zlib, last && size == 0 ? Z_FINISH : Z_NO_FLUSH);
			if (result == Z_STREAM_ERROR)
				elog(ERROR, "zlib cannot compress file \"%s\"", stream->output.name);
			if (zlib->avail_out < RS_STREAM_PIECE)
				stream->target->write(stream->target, stream->buffer, RS_STREAM_PIECE - zlib->avail_out);
		} while (zlib->avail_out == 0);
	} while (size > 0);
	Assert(!last || result == Z_STREAM_END);
}

void
rs_gzip_begin_encode(RsCompressor *stream, int level)
{
	z_stream   *zlib = create_state(stream->context);

	if (deflateInit2(zlib, level > 0 ? Min(level, Z_BEST_COMPRESSION) : GZIP_LEVEL, Z_DEFLATED,
					 GZIP_WINDOW_BITS, MAX_MEM_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK)
		out_of_memory();
	stream->state = zlib;
	stream->encode = encode;
}
