/*
 * text_part.h
 *	  Parts of a text file: where in the text before it a part begins.
 */
#ifndef RS_TEXT_PART_H
#define RS_TEXT_PART_H

#include "format/text/text_scan.h"
#include "port/atomics.h"

/* Of each part in memory that processes share; zeroed before the first begins. */
#define RS_TEXT_PART_SIZE	MAXALIGN(sizeof(RsSharedTextPart))

typedef struct RsSharedTextPart
{
	pg_atomic_uint32 told;		/* the summary is there */
	RsTextSummary summary;
} RsSharedTextPart;

typedef struct RsTextStart
{
	bool		inside;			/* it begins within quotes, or with an escaped character */
	bool		at_row;			/* it begins with a row */
	uint64		lines;			/* newlines before it */
	uint64		rows;			/* rows that ended before it */
} RsTextStart;

/*
 * Tell what this part is like, and learn from those before it where it begins; waits for
 * those that have not told yet.
 */
extern void rs_text_part_start(void *shared, int number, const RsTextSummary *summary, RsTextStart *start);

#endif							/* RS_TEXT_PART_H */
