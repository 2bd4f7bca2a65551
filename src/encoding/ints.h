/*
 * ints.h
 *	  Integers of any physical width as int64, for the integer encodings.
 */
#ifndef RS_INTS_H
#define RS_INTS_H

#include "encoding/encoding.h"

/* 1 to 8 byte integer forms (and bool, date, timestamp ...) */
extern bool rs_is_int(RsPhys phys);
extern uint16 rs_phys_width(RsPhys phys);	/* 0: FIXED and VARLEN */

/* Widen into an int64 array; narrow into out->fixed, which is allocated here. */
extern int64 *rs_ints_load(const RsValues *in);
extern void rs_ints_store(const int64 *values, uint32 count, RsValues *out);

/* Allocate out->fixed for count values of out->phys and out->width. */
extern void rs_values_alloc(RsValues *out, uint32 count);

/* A cursor over encoded bytes that never runs past their end. */
typedef struct RsBytes
{
	const char *at;
	const char *end;
} RsBytes;

extern const char *rs_bytes_take(RsBytes *bytes, Size size);
extern uint64 rs_bytes_uint(RsBytes *bytes, int size);	/* 1, 2, 4 or 8 bytes */
extern void rs_bytes_put(StringInfo out, uint64 value, int size);

#endif							/* RS_INTS_H */
