/*
 * orc_column.h
 *	  Values of a column of an ORC file, stripe after stripe.
 *
 * Functions give the next n values, those that are not NULL: where NULLs are is told by
 * rs_orc_column_nulls().
 */
#ifndef RS_ORC_COLUMN_H
#define RS_ORC_COLUMN_H

#include "format/orc/orc_rle.h"
#include "pgtime.h"

/* Clock of whoever wrote a stripe. */
typedef struct RsOrcClock
{
	const pg_tz *zone;
	int64		epoch;			/* seconds that a stripe's timestamps are counted from, since 1970 */
	/* From a time to before another the zone has this offset. */
	int64		from;
	int64		to;
	int64		offset;
} RsOrcClock;

typedef struct RsOrcColumn RsOrcColumn;
struct RsOrcColumn
{
	RsOrcFile  *file;
	uint32		id;
	const RsOrcType *type;
	RsOrcColumn *children;		/* as many as the type has */

	/* Of the stripe.  What the type has no use for is NULL. */
	RsOrcBits  *present;		/* NULL: none is NULL */
	RsOrcInts  *ints;			/* integers, dates, seconds, codes of a dictionary */
	RsOrcBits  *bits;
	RsOrcBytes	bytes;
	RsOrcStream *data;
	RsOrcInts  *lengths;
	RsOrcInts  *secondary;		/* nanoseconds, scales of decimals */
	RsOrcClock *clock;
	bool		is_dictionary;
	uint32		nentries;
	char	   *entries;
	uint64	   *entry_ends;		/* entry i begins where i - 1 ends */
};

extern void rs_orc_column_init(RsOrcColumn *column, RsOrcFile *file, uint32 id);

extern void rs_orc_clock_init(RsOrcClock *clock, const RsOrcFile *file, const RsOrcStripe *stripe,
							  const char *zone);

/* Bytes of the file that the column has in a stripe, with its children's; *nstreams is added to. */
extern uint64 rs_orc_column_size(const RsOrcColumn *column, const RsOrcStripeFooter *footer, uint32 *nstreams);

/*
 * Begin a stripe, in the current memory context.  share: which part of each stream is kept in memory.
 */
extern void rs_orc_column_open(RsOrcColumn *column, const RsOrcStripeFooter *footer, RsOrcClock *clock,
							   double share);

/* 1: NULL; returns how many are not. */
extern uint32 rs_orc_column_nulls(RsOrcColumn *column, uint8 *null, uint32 n);

/* Of booleans, integers, dates (days since 1970), codes of dictionaries, tags of unions */
extern void rs_orc_column_ints(RsOrcColumn *column, int64 *values, uint32 n);
extern void rs_orc_column_doubles(RsOrcColumn *column, double *values, uint32 n);
/*
 * Microseconds since 2000-01-01, in UTC for instants and else as the writer's clock showed.
 * Returns the first that is out of range, or n.
 */
extern uint32 rs_orc_column_timestamps(RsOrcColumn *column, int64 *values, uint32 n);
/* Integers of scales up to 38.  Returns the first that is out of range, or n. */
extern uint32 rs_orc_column_decimals(RsOrcColumn *column, int128 *values, uint8 *scales, uint32 n);
/* How many elements a list or a map has, or bytes a string that stands in no dictionary. */
extern void rs_orc_column_lengths(RsOrcColumn *column, uint32 *lengths, uint32 n);

/* An entry of the dictionary */
extern const char *rs_orc_column_entry(const RsOrcColumn *column, int64 code, uint32 *size);

#endif							/* RS_ORC_COLUMN_H */
