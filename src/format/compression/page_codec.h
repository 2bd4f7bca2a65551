/*
 * page_codec.h
 *	  Blocks compressed as a whole: pages of Parquet, chunks of ORC.
 *
 * Nothing is written beyond the target that the caller gives, whatever the block says of itself.
 */
#ifndef RS_PAGE_CODEC_H
#define RS_PAGE_CODEC_H

typedef enum RsBlockCodec
{
	RS_BLOCK_NONE,
	RS_BLOCK_SNAPPY,
	RS_BLOCK_GZIP,				/* with a header of gzip or zlib */
	RS_BLOCK_DEFLATE,			/* without */
	RS_BLOCK_LZ4,				/* a block */
	RS_BLOCK_LZ4_HADOOP,		/* blocks, each behind both its sizes; written as such */
	RS_BLOCK_LZO,				/* LZO1X; read only */
	RS_BLOCK_ZSTD,
	RS_BLOCK_BROTLI
} RsBlockCodec;

/* What compressors keep from one block to the next. */
typedef struct RsPageCodec RsPageCodec;

/* Goes with the memory context. */
extern RsPageCodec *rs_page_codec_create(MemoryContext context);

/* False: damaged, or larger than max.  *size: what it has become. */
extern bool rs_page_decompress(RsPageCodec *state, RsBlockCodec codec, const char *from, Size from_size,
							   char *to, Size max, Size *size);

/* The most that a block of the size can become. */
extern Size rs_page_compress_bound(RsBlockCodec codec, Size size);

/* Into rs_page_compress_bound() bytes at least; returns the size.  level 0: a usual one. */
extern Size rs_page_compress(RsPageCodec *state, RsBlockCodec codec, int level, const char *from, Size from_size,
							 char *to, Size max);

#endif							/* RS_PAGE_CODEC_H */
