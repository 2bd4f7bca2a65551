/*
 * text255.h
 *	  Text as codes of its most frequent words.
 */
#ifndef RS_TEXT255_H
#define RS_TEXT255_H

#include "encoding/encoding.h"

extern const RsEncoding rs_encoding_text255;

#endif							/* RS_TEXT255_H */
