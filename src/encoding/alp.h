/*
 * alp.h
 *	  Floating point numbers that are decimals, as integers.
 */
#ifndef RS_ALP_H
#define RS_ALP_H

#include "encoding/encoding.h"

extern const RsEncoding rs_encoding_alp;

#endif							/* RS_ALP_H */
