/*
 * runlength.h
 *	  Runs of equal values: each value once, and where its run ends.
 */
#ifndef RS_RUNLENGTH_H
#define RS_RUNLENGTH_H

#include "encoding/encoding.h"

extern const RsEncoding rs_encoding_runlength;

#endif							/* RS_RUNLENGTH_H */
