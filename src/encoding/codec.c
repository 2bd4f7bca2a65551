/*
 * codec.c
 *	  General compression of an encoded block: lz4 and zstd.
 *
 * The zstd contexts are kept for the life of the backend: making one costs more
 * than compressing a block of integers.  They hold a few hundred kB at the level
 * and sizes used here.
 */
#include "postgres.h"

#include <lz4.h>
#include <zstd.h>

#include "encoding/codec.h"

#define RS_ZSTD_LEVEL	1

static ZSTD_CCtx *compress_context = NULL;
static ZSTD_DCtx *decompress_context = NULL;

static void
out_of_memory(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_OUT_OF_MEMORY),
			 errmsg("out of memory"),
			 errdetail("Failed while creating a compression context.")));
}

static void
compress_zstd(const char *in, Size size, StringInfo out)
{
	Size		bound = ZSTD_compressBound(size);
	Size		n;

	if (compress_context == NULL && (compress_context = ZSTD_createCCtx()) == NULL)
		out_of_memory();
	enlargeStringInfo(out, (int) bound);
	n = ZSTD_compressCCtx(compress_context, out->data + out->len, bound, in, size, RS_ZSTD_LEVEL);
	if (ZSTD_isError(n))
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not compress with zstd: %s", ZSTD_getErrorName(n))));
	out->len += (int) n;
	out->data[out->len] = '\0';
}

static void
compress_lz4(const char *in, Size size, StringInfo out)
{
	int			bound = LZ4_compressBound((int) size);
	int			n;

	enlargeStringInfo(out, bound);
	n = LZ4_compress_default(in, out->data + out->len, (int) size, bound);
	if (n <= 0)
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not compress with lz4")));
	out->len += n;
	out->data[out->len] = '\0';
}

void
rs_codec_compress(RsCodecId codec, const char *in, Size size, StringInfo out)
{
	switch (codec)
	{
		case RS_CODEC_LZ4:
			compress_lz4(in, size, out);
			break;
		case RS_CODEC_ZSTD:
			compress_zstd(in, size, out);
			break;
		case RS_CODEC_NONE:
			appendBinaryStringInfo(out, in, (int) size);
	}
}

char *
rs_codec_decompress(RsCodecId codec, const char *in, Size size, Size raw_size)
{
	char	   *out;

	/* A damaged size is found before memory is taken for it. */
	if (codec == RS_CODEC_ZSTD)
	{
		Size		n;

		if (ZSTD_getFrameContentSize(in, size) != raw_size)
			rs_encoding_corrupt("size of zstd data does not match");
		if (decompress_context == NULL && (decompress_context = ZSTD_createDCtx()) == NULL)
			out_of_memory();
		out = palloc(Max(raw_size, 1));
		n = ZSTD_decompressDCtx(decompress_context, out, raw_size, in, size);
		if (ZSTD_isError(n) || n != raw_size)
			rs_encoding_corrupt("zstd data cannot be decompressed");
		return out;
	}
	if (codec == RS_CODEC_LZ4)
	{
		/* A byte of lz4 stands for at most 255. */
		if (size > PG_INT32_MAX || raw_size > PG_INT32_MAX || raw_size > size * 255)
			rs_encoding_corrupt("size of lz4 data does not match");
		out = palloc(Max(raw_size, 1));
		if (LZ4_decompress_safe(in, out, (int) size, (int) raw_size) != (int) raw_size)
			rs_encoding_corrupt("lz4 data cannot be decompressed");
		return out;
	}
	rs_encoding_corrupt("unknown codec");
}
