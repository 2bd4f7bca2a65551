/*
 * bytedict.h
 *	  Values as codes into a dictionary of the block's distinct values.
 */
#ifndef RS_BYTEDICT_H
#define RS_BYTEDICT_H

#include "encoding/encoding.h"

extern const RsEncoding rs_encoding_bytedict;	/* at most 256 distinct values */
extern const RsEncoding rs_encoding_text32k;	/* text: at most 32 kB of them */

#endif							/* RS_BYTEDICT_H */
