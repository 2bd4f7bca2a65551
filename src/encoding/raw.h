/*
 * raw.h
 *	  Values as they are; variable-length ones as lengths and then payloads.
 */
#ifndef RS_RAW_H
#define RS_RAW_H

#include "encoding/ints.h"

extern const RsEncoding rs_encoding_raw;
extern const RsEncoding rs_encoding_lzo;	/* raw; block.c adds lz4 */
extern const RsEncoding rs_encoding_zstd;	/* raw; block.c adds zstd */

/*
 * For encodings that keep some values raw: a self-contained list of values.  A
 * reader of a part of them leaves the cursor there.
 */
extern void rs_raw_put(const RsValues *in, StringInfo out);
extern void rs_raw_get(RsBytes *in, uint32 total, uint32 first, uint32 count, RsValues *out);

/* Building VARLEN values: room first, then one image after another. */
extern Size rs_image_size(Size at, Size length);	/* bytes an image takes at `at` */
extern Size rs_image_put(char *bytes, Size at, const char *payload, Size length, uint32 *offset);

#endif							/* RS_RAW_H */
