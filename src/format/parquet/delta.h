/*
 * delta.h
 *	  Parquet's encoding DELTA_BINARY_PACKED: differences of integers, bit-packed in blocks.
 *
 * RS_BITPACK_PAD bytes behind the data have to be readable.
 */
#ifndef RS_PARQUET_DELTA_H
#define RS_PARQUET_DELTA_H

#include "encoding/bitpack.h"

typedef struct RsDeltaReader
{
	const uint8 *at;			/* behind what has been used */
	const uint8 *end;
	uint32		miniblock;		/* values of each */
	uint32		nminiblocks;	/* of a block */
	uint32		total;			/* values that the data say there are */
	uint32		left;			/* of them */
	bool		first;			/* the next value is in last, */
	uint64		last;			/* the value before the next */
	uint64		min_delta;		/* of the current block */
	const uint8 *widths;		/* of its miniblocks */
	uint32		current;		/* which miniblock of the block */
	const uint8 *packed;		/* its values */
	uint32		next;			/* of them */
	uint32		packed_left;
} RsDeltaReader;

/* False: damaged. */
extern bool rs_delta_init(RsDeltaReader *reader, const char *data, Size size);
/* The next n values; false: there are fewer.  Integers of 32 bits are its lower ones. */
extern bool rs_delta_read(RsDeltaReader *reader, int64 *to, uint32 n);

#endif							/* RS_PARQUET_DELTA_H */
