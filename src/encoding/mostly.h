/*
 * mostly.h
 *	  Integers in fewer bytes than their type has, with exceptions.
 */
#ifndef RS_MOSTLY_H
#define RS_MOSTLY_H

#include "encoding/encoding.h"

extern const RsEncoding rs_encoding_mostly8;
extern const RsEncoding rs_encoding_mostly16;
extern const RsEncoding rs_encoding_mostly32;

#endif							/* RS_MOSTLY_H */
