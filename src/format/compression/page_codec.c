/*
 * page_codec.c
 *	  Blocks compressed as a whole, by the libraries of their formats.
 *
 * Contexts of zlib and zstd are kept from block to block: theirs are so large that making
 * one costs as much as a small block.
 */
#include "postgres.h"

#include <brotli/decode.h>
#include <brotli/encode.h>
#include <lz4.h>
#include <lzo/lzo1x.h>
#include <snappy-c.h>
#include <zlib.h>
#include <zstd.h>

#include "format/compression/page_codec.h"
#include "utils/memutils.h"

#define LEVEL_GZIP		6
#define LEVEL_ZSTD		3
#define LEVEL_BROTLI	4

/* Sizes before each block in Hadoop's frames of LZ4, big-endian. */
#define HADOOP_HEADER	8

struct RsPageCodec
{
	MemoryContext context;
	MemoryContextCallback release;
	ZSTD_DCtx  *zstd_in;
	ZSTD_CCtx  *zstd_out;
	z_stream	inflate;
	int			inflate_bits;	/* windowBits that it was begun with; 0: not begun */
};

static void
release_contexts(void *arg)
{
	RsPageCodec *state = arg;

	/* Both take NULL.  zlib's memory is palloc'ed. */
	ZSTD_freeDCtx(state->zstd_in);
	ZSTD_freeCCtx(state->zstd_out);
}

RsPageCodec *
rs_page_codec_create(MemoryContext context)
{
	RsPageCodec *state = MemoryContextAllocZero(context, sizeof(RsPageCodec));

	state->context = context;
	state->release.func = release_contexts;
	state->release.arg = state;
	MemoryContextRegisterResetCallback(context, &state->release);
	return state;
}

static void
out_of_memory(void)
{
	ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
}

static voidpf
zlib_alloc(voidpf opaque, uInt items, uInt size)
{
	return MemoryContextAlloc((MemoryContext) opaque, (Size) items * size);
}

static void
zlib_free(voidpf opaque, voidpf address)
{
	pfree(address);
}

/*
 * Members may follow each other.
 */
static bool
decompress_zlib(RsPageCodec *state, int bits, const char *from, Size from_size, char *to, Size max, Size *size)
{
	z_stream   *stream = &state->inflate;
	int			status;

	if (from_size > PG_INT32_MAX || max > PG_INT32_MAX)
		return false;
	if (state->inflate_bits == 0)
	{
		stream->zalloc = zlib_alloc;
		stream->zfree = zlib_free;
		stream->opaque = state->context;
		if (inflateInit2(stream, bits) != Z_OK)
			out_of_memory();
	}
	else if (inflateReset2(stream, bits) != Z_OK)
		return false;
	state->inflate_bits = bits;
	stream->next_in = (Bytef *) unconstify(char *, from);
	stream->avail_in = (uInt) from_size;
	stream->next_out = (Bytef *) to;
	stream->avail_out = (uInt) max;
	do
	{
		status = inflate(stream, Z_FINISH);
		if (status != Z_STREAM_END)
			return false;
	} while (stream->avail_in > 0 && inflateReset(stream) == Z_OK);
	*size = max - stream->avail_out;
	return true;
}

static bool
decompress_lz4(const char *from, Size from_size, char *to, Size max, Size *size)
{
	int			result;

	if (from_size > PG_INT32_MAX)
		return false;
	result = LZ4_decompress_safe(from, to, (int) from_size, (int) Min(max, PG_INT32_MAX));
	*size = (Size) Max(result, 0);
	return result >= 0;
}

static uint32
big_endian32(const char *from)
{
	const uint8 *bytes = (const uint8 *) from;

	return (uint32) bytes[0] << 24 | (uint32) bytes[1] << 16 | (uint32) bytes[2] << 8 | bytes[3];
}

static bool
decompress_hadoop(const char *from, Size from_size, char *to, Size max, Size *size)
{
	Size		done = 0;

	while (from_size >= HADOOP_HEADER)
	{
		Size		expected = big_endian32(from);
		Size		block = big_endian32(from + 4);
		Size		got;

		from += HADOOP_HEADER;
		from_size -= HADOOP_HEADER;
		if (block > from_size || expected > max - done ||
			!decompress_lz4(from, block, to + done, expected, &got) || got != expected)
			return false;
		from += block;
		from_size -= block;
		done += got;
	}
	*size = done;
	return from_size == 0;
}

static bool
decompress_lzo(const char *from, Size from_size, char *to, Size max, Size *size)
{
	lzo_uint	got = max;

	if (lzo_init() != LZO_E_OK ||
		lzo1x_decompress_safe((const lzo_bytep) from, from_size, (lzo_bytep) to, &got, NULL) != LZO_E_OK)
		return false;
	*size = got;
	return true;
}

static bool
decompress_zstd(RsPageCodec *state, const char *from, Size from_size, char *to, Size max, Size *size)
{
	if (state->zstd_in == NULL && (state->zstd_in = ZSTD_createDCtx()) == NULL)
		out_of_memory();
	*size = ZSTD_decompressDCtx(state->zstd_in, to, max, from, from_size);
	return !ZSTD_isError(*size);
}

bool
rs_page_decompress(RsPageCodec *state, RsBlockCodec codec, const char *from, Size from_size, char *to, Size max,
				   Size *size)
{
	*size = max;
	switch (codec)
	{
		case RS_BLOCK_NONE:
			if (from_size > max)
				return false;
			memcpy(to, from, from_size);
			*size = from_size;
			return true;
		case RS_BLOCK_SNAPPY:
			return snappy_uncompress(from, from_size, to, size) == SNAPPY_OK;
		case RS_BLOCK_GZIP:
			/* 32: whichever header there is */
			return decompress_zlib(state, 32 + MAX_WBITS, from, from_size, to, max, size);
		case RS_BLOCK_DEFLATE:
			return decompress_zlib(state, -MAX_WBITS, from, from_size, to, max, size);
		case RS_BLOCK_LZ4:
			return decompress_lz4(from, from_size, to, max, size);
		case RS_BLOCK_LZ4_HADOOP:
			/* Some writers have left the frames out. */
			return decompress_hadoop(from, from_size, to, max, size) ||
				decompress_lz4(from, from_size, to, max, size);
		case RS_BLOCK_LZO:
			return decompress_lzo(from, from_size, to, max, size);
		case RS_BLOCK_ZSTD:
			return decompress_zstd(state, from, from_size, to, max, size);
		case RS_BLOCK_BROTLI:
			return BrotliDecoderDecompress(from_size, (const uint8_t *) from, size, (uint8_t *) to) ==
				BROTLI_DECODER_RESULT_SUCCESS;
	}
	return false;
}

Size
rs_page_compress_bound(RsBlockCodec codec, Size size)
{
	switch (codec)
	{
		case RS_BLOCK_NONE:
			return size;
		case RS_BLOCK_SNAPPY:
			return snappy_max_compressed_length(size);
		case RS_BLOCK_GZIP:
		case RS_BLOCK_DEFLATE:
			/* zlib's bound is for its own header; gzip's is 12 bytes larger. */
			return compressBound(size) + 16;
		case RS_BLOCK_LZ4:
		case RS_BLOCK_LZ4_HADOOP:
			return HADOOP_HEADER + LZ4_COMPRESSBOUND(size);
		case RS_BLOCK_ZSTD:
			return ZSTD_compressBound(size);
		case RS_BLOCK_BROTLI:
			return BrotliEncoderMaxCompressedSize(size);
		case RS_BLOCK_LZO:
			break;
	}
	elog(ERROR, "blocks cannot be compressed by codec %d", (int) codec);
}

static Size
compress_zlib(RsPageCodec *state, int bits, int level, const char *from, Size from_size, char *to, Size max)
{
	z_stream	stream = {0};
	Size		size;

	stream.zalloc = zlib_alloc;
	stream.zfree = zlib_free;
	stream.opaque = state->context;
	if (deflateInit2(&stream, level != 0 ? level : LEVEL_GZIP, Z_DEFLATED, bits, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		out_of_memory();
	stream.next_in = (Bytef *) unconstify(char *, from);
	stream.avail_in = (uInt) from_size;
	stream.next_out = (Bytef *) to;
	stream.avail_out = (uInt) max;
	if (deflate(&stream, Z_FINISH) != Z_STREAM_END)
		elog(ERROR, "could not compress a block of %zu bytes", from_size);
	size = max - stream.avail_out;
	deflateEnd(&stream);
	return size;
}

static Size
compress_lz4(bool framed, const char *from, Size from_size, char *to, Size max)
{
	char	   *block = framed ? to + HADOOP_HEADER : to;
	int			size = LZ4_compress_default(from, block, (int) from_size, (int) (max - (block - to)));
	int			i;

	if (size <= 0)
		elog(ERROR, "could not compress a block of %zu bytes", from_size);
	for (i = 0; framed && i < 4; i++)
	{
		to[i] = (char) (from_size >> (24 - 8 * i));
		to[4 + i] = (char) ((uint32) size >> (24 - 8 * i));
	}
	return (Size) (block - to) + (Size) size;
}

Size
rs_page_compress(RsPageCodec *state, RsBlockCodec codec, int level, const char *from, Size from_size, char *to,
				 Size max)
{
	Size		size = max;
	bool		done = false;

	Assert(max >= rs_page_compress_bound(codec, from_size));
	if (from_size > LZ4_MAX_INPUT_SIZE)
		elog(ERROR, "block of %zu bytes is too large to be compressed", from_size);
	switch (codec)
	{
		case RS_BLOCK_NONE:
			memcpy(to, from, from_size);
			return from_size;
		case RS_BLOCK_SNAPPY:
			done = snappy_compress(from, from_size, to, &size) == SNAPPY_OK;
			break;
		case RS_BLOCK_GZIP:
			/* 16: gzip's header */
			return compress_zlib(state, 16 + MAX_WBITS, level, from, from_size, to, max);
		case RS_BLOCK_DEFLATE:
			return compress_zlib(state, -MAX_WBITS, level, from, from_size, to, max);
		case RS_BLOCK_LZ4:
		case RS_BLOCK_LZ4_HADOOP:
			return compress_lz4(codec == RS_BLOCK_LZ4_HADOOP, from, from_size, to, max);
		case RS_BLOCK_ZSTD:
			if (state->zstd_out == NULL && (state->zstd_out = ZSTD_createCCtx()) == NULL)
				out_of_memory();
			size = ZSTD_compressCCtx(state->zstd_out, to, max, from, from_size, level != 0 ? level : LEVEL_ZSTD);
			done = !ZSTD_isError(size);
			break;
		case RS_BLOCK_BROTLI:
			done = BrotliEncoderCompress(level != 0 ? level : LEVEL_BROTLI, BROTLI_DEFAULT_WINDOW,
										 BROTLI_MODE_GENERIC, from_size, (const uint8_t *) from, &size,
										 (uint8_t *) to);
			break;
		case RS_BLOCK_LZO:
			break;
	}
	if (!done)
		elog(ERROR, "could not compress a block of %zu bytes", from_size);
	return size;
}
