/*
 * time_zone.h
 *	  Moments in the session's time zone, or in one that is named.
 */
#ifndef RS_TIME_ZONE_H
#define RS_TIME_ZONE_H

#include "datatype/timestamp.h"
#include "vector/expr/expr.h"

/* What is known of the zone by now. */
typedef struct RsTimeZone RsTimeZone;

/* An expression's, kept in its extra. */
extern RsTimeZone *rs_time_zone(RsExpr *expr);

/*
 * The zone of a constant name, as functions that take one look it up; NULL: there is
 * none, or (unless dynamic) an abbreviation whose meaning has changed over time.
 */
extern RsTimeZone *rs_time_zone_named(RsExpr *expr, const RsVector *name, bool dynamic);

/* Microseconds that local time is ahead at a finite moment. */
extern int64 rs_zone_offset(RsTimeZone *zone, TimestampTz moment);

/*
 * The moment of a finite local time, as PostgreSQL chooses it where there are two
 * or none.  It may lie outside the range of timestamps.
 */
extern TimestampTz rs_zone_moment(RsTimeZone *zone, Timestamp local);

/* Of a moment before the beginning of time, the day is negative. */
static inline int64
rs_day_of(Timestamp local)
{
	return local / USECS_PER_DAY - (local % USECS_PER_DAY < 0);
}

#endif							/* RS_TIME_ZONE_H */
