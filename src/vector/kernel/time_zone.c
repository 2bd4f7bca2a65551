/*
 * time_zone.c
 *	  Moments in the session's time zone, or in one that is named.
 *
 * Between two changes of a zone's clocks its offset is the same, so it is looked up
 * once for each of those ranges that are met.  A local time well inside of a range
 * has the range's offset; near its end PostgreSQL decides which one is meant.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "parser/scansup.h"
#include "pgtime.h"
#include "utils/datetime.h"
#include "utils/timestamp.h"
#include "vector/kernel/text.h"
#include "vector/kernel/time_zone.h"

#define RS_ZONE_RANGES	64

typedef struct Range
{
	pg_time_t	from;			/* seconds since 1970 */
	pg_time_t	until;			/* exclusive */
	int64		offset;			/* seconds, of moments in it */
	int64		local_offset;	/* that local times in it are taken to have */
} Range;

struct RsTimeZone
{
	pg_tz	   *zone;
	int			n;
	int			last;			/* the one found last */
	int			victim;			/* the next to be replaced */
	Range		ranges[RS_ZONE_RANGES];
};

/*
 * What the expression knows of a zone, nothing yet if it is another one.
 */
static RsTimeZone *
turn_to(RsExpr *expr, pg_tz *which)
{
	RsTimeZone *zone = expr->extra;

	if (zone == NULL)
		zone = expr->extra = MemoryContextAllocZero(expr->env->context, sizeof(RsTimeZone));
	if (zone->zone != which)
	{
		zone->zone = which;
		zone->n = zone->last = zone->victim = 0;
	}
	return zone;
}

RsTimeZone *
rs_time_zone(RsExpr *expr)
{
	return turn_to(expr, session_timezone);
}

RsTimeZone *
rs_time_zone_named(RsExpr *expr, const RsVector *vector, bool dynamic)
{
	char		name[TZ_STRLEN_MAX + 1];
	pg_tz	   *zone = NULL;
	const char *bytes;
	char	   *lower;
	Size		size;
	int			offset;
	int			type;

	if (!vector->constant || rs_vector_is_null(vector, 0))
		return NULL;
	bytes = rs_text_at(vector, 0, &size);
	if (size > TZ_STRLEN_MAX)
		return NULL;
	memcpy(name, bytes, size);
	name[size] = '\0';
	lower = downcase_truncate_identifier(name, (int) size, false);
	type = DecodeTimezoneAbbrev(0, lower, &offset, &zone);
	if (type == TZ || type == DTZ)
		zone = pg_tzset_offset(-offset);
	else if (type == DYNTZ && !dynamic)
		return NULL;
	else if (type != DYNTZ)
		zone = pg_tzset(name);
	return zone != NULL ? turn_to(expr, zone) : NULL;
}

/*
 * The range around a time, if it is known or can be made.
 */
static const Range *
find_range(RsTimeZone *zone, pg_time_t seconds)
{
	Range	   *range = &zone->ranges[zone->last];
	Range		found;
	long		after_offset;
	long		offset;
	int			is_dst;
	int			i;

	if (zone->n > 0 && seconds >= range->from && seconds < range->until)
		return range;
	for (i = 0; i < zone->n; i++)
	{
		range = &zone->ranges[i];
		if (seconds >= range->from && seconds < range->until)
		{
			zone->last = i;
			return range;
		}
	}
	found.from = seconds;
	i = pg_next_dst_boundary(&seconds, &offset, &is_dst, &found.until, &after_offset, &is_dst,
							 zone->zone);
	if (i == 0)
		found.until = PG_INT64_MAX;
	else if (i < 0)
	{
		/* Not known: local times of this second are taken as they are, as elsewhere. */
		found.until = seconds + 1;
		offset = 0;
	}
	found.local_offset = offset;
	found.offset = pg_localtime(&seconds, zone->zone)->tm_gmtoff;
	for (i = 0; i < zone->n; i++)
		if (zone->ranges[i].until == found.until)
			break;
	if (i == RS_ZONE_RANGES)
	{
		i = zone->victim;
		zone->victim = (zone->victim + 1) % RS_ZONE_RANGES;
	}
	else if (i == zone->n)
		zone->n++;
	zone->ranges[i] = found;
	zone->last = i;
	return &zone->ranges[i];
}

/* Seconds since 1970, rounded down. */
static inline pg_time_t
seconds_of(Timestamp timestamp)
{
	return timestamp / USECS_PER_SEC - (timestamp % USECS_PER_SEC < 0) +
		(int64) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * SECS_PER_DAY;
}

int64
rs_zone_offset(RsTimeZone *zone, TimestampTz moment)
{
	return find_range(zone, seconds_of(moment))->offset * USECS_PER_SEC;
}

TimestampTz
rs_zone_moment(RsTimeZone *zone, Timestamp local)
{
	pg_time_t	seconds = seconds_of(local);
	const Range *range = find_range(zone, seconds - SECS_PER_DAY);
	struct pg_tm tm;
	fsec_t		fraction;

	/* No zone is a day off, so the next change is later whatever it brings. */
	if (range->until - SECS_PER_DAY > seconds)
		return local - range->local_offset * USECS_PER_SEC;
	if (timestamp2tm(local, NULL, &tm, &fraction, NULL, NULL) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("timestamp out of range")));
	return local + (int64) DetermineTimeZoneOffset(&tm, zone->zone) * USECS_PER_SEC;
}
