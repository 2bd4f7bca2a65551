/*
 * az64.h
 *	  Integers as bit-packed distances from a base or from their predecessor.
 */
#ifndef RS_AZ64_H
#define RS_AZ64_H

#include "encoding/ints.h"

extern const RsEncoding rs_encoding_az64;

/*
 * The same on int64 arrays, for encodings that build on it.  A reader of a part of
 * them leaves the cursor anywhere.
 */
extern void rs_az64_put(const int64 *values, uint32 count, StringInfo out);
extern void rs_az64_get(RsBytes *in, uint32 total, uint32 first, uint32 count, int64 *out);

#endif							/* RS_AZ64_H */
