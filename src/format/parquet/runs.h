/*
 * runs.h
 *	  Parquet's encoding RLE: runs of one small number, and bit-packed ones in between.
 *
 * Levels, codes of dictionaries and booleans are stored so.  RS_BITPACK_PAD bytes behind the
 * data have to be readable.
 */
#ifndef RS_PARQUET_RUNS_H
#define RS_PARQUET_RUNS_H

#include "encoding/bitpack.h"

typedef struct RsRunReader
{
	const uint8 *at;			/* of the next run's header */
	const uint8 *end;
	uint8		width;			/* bits of a value */
	uint32		left;			/* values of the current run */
	uint32		value;			/* theirs, if they are not packed */
	const uint8 *packed;		/* NULL: they are not */
	uint32		next;			/* of the packed ones */
} RsRunReader;

/* width: at most 32. */
extern void rs_runs_init(RsRunReader *reader, const char *data, Size size, int width);

/* The next n values; false: there are fewer.  In so many bits as the width has at least. */
extern bool rs_runs_read8(RsRunReader *reader, uint8 *to, uint32 n);
extern bool rs_runs_read16(RsRunReader *reader, uint16 *to, uint32 n);
extern bool rs_runs_read32(RsRunReader *reader, uint32 *to, uint32 n);

/* Are the next n values all this one, as is seen without unpacking any?  Then pass over them. */
extern bool rs_runs_pass(RsRunReader *reader, uint32 value, uint32 n);

/* Encoding BIT_PACKED, of levels in old files: the highest bits first. */
extern void rs_levels_unpack(const char *data, int width, uint32 n, uint8 *to);

#endif							/* RS_PARQUET_RUNS_H */
