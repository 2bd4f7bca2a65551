/*
 * codec.h
 *	  General compression of an encoded block: lz4 and zstd.
 */
#ifndef RS_CODEC_H
#define RS_CODEC_H

#include "encoding/encoding.h"

/* Append the compressed bytes to out. */
extern void rs_codec_compress(RsCodecId codec, const char *in, Size size, StringInfo out);
/* Exactly raw_size bytes, palloc'd, or an error. */
extern char *rs_codec_decompress(RsCodecId codec, const char *in, Size size, Size raw_size);

#endif							/* RS_CODEC_H */
