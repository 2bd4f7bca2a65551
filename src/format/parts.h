/*
 * parts.h
 *	  Parts of a file by ranges of its bytes, and what their readers tell each other.
 *
 * Where a part begins with regard to rows may depend on the parts before it, and so do the
 * numbers of its rows.  Each reader tells what it has found in its part before it asks for
 * those before it; since parts are begun in their order, none waits for itself.
 */
#ifndef RS_PARTS_H
#define RS_PARTS_H

#include "format/format.h"

/* What the reader of a part tells: RsFilePart.shared is an array of these. */
typedef struct RsPartCount
{
	uint32		told;			/* 1: the rest is there */
	uint32		separate;		/* rows after the part do not depend on it */
	int64		rows;			/* or lines, that begin in the part */
} RsPartCount;

/* For RsFormat.parts. */
extern int	rs_parts_by_size(const RsReadSpec *spec, RsInput *input, uint64 part_size);

/* Bytes of a part. */
extern void rs_part_range(const RsFilePart *part, const RsInput *input, uint64 *begin, uint64 *end);

extern void rs_part_tell(const RsFilePart *part, bool separate, int64 rows);
/* How many rows begin in those before; false: one of these is not separate. */
extern bool rs_parts_before(const RsFilePart *part, int64 *rows);

#endif							/* RS_PARTS_H */
