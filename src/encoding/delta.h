/*
 * delta.h
 *	  Integers as one- or two-byte differences from their predecessor.
 */
#ifndef RS_DELTA_H
#define RS_DELTA_H

#include "encoding/encoding.h"

extern const RsEncoding rs_encoding_delta;
extern const RsEncoding rs_encoding_delta32k;

#endif							/* RS_DELTA_H */
