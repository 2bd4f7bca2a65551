/*
 * orc_rle.h
 *	  Run length encodings of ORC: integers in both versions, bytes, and booleans.
 *
 * All give values as many as asked for, or an error where the stream has fewer.
 */
#ifndef RS_ORC_RLE_H
#define RS_ORC_RLE_H

#include "format/orc/orc_stream.h"

/* The longest run of either version. */
#define RS_ORC_MAX_RUN		512

typedef struct RsOrcInts
{
	RsOrcStream *stream;
	bool		is_signed;
	bool		is_v2;
	uint32		at;				/* of values: the next one */
	uint32		n;
	int64		values[RS_ORC_MAX_RUN]; /* of the last run */
} RsOrcInts;

extern RsOrcInts *rs_orc_ints_open(RsOrcStream *stream, bool is_signed, bool is_v2);
extern void rs_orc_ints_read(RsOrcInts *ints, int64 *values, uint32 n);

typedef struct RsOrcBytes
{
	RsOrcStream *stream;
	bool		is_run;
	uint32		left;			/* of the run, or of the bytes that stand for themselves */
	uint8		value;
} RsOrcBytes;

extern void rs_orc_bytes_open(RsOrcBytes *bytes, RsOrcStream *stream);
extern void rs_orc_bytes_read(RsOrcBytes *bytes, uint8 *values, uint32 n);

typedef struct RsOrcBits
{
	RsOrcBytes	bytes;
	uint8		current;		/* its high bits are the next ones */
	uint32		left;			/* of current */
} RsOrcBits;

extern RsOrcBits *rs_orc_bits_open(RsOrcStream *stream);
/* 0 or 1 each */
extern void rs_orc_bits_read(RsOrcBits *bits, uint8 *values, uint32 n);

/* A number of up to 128 bits, seven at a time, the sign last; false: it has more. */
extern bool rs_orc_read_decimal(RsOrcStream *stream, int128 *value);

#endif							/* RS_ORC_RLE_H */
