/*
 * date_part.h
 *	  Redshift's names of date parts, and calendar arithmetic by them.
 */
#ifndef RS_DATE_PART_H
#define RS_DATE_PART_H

#include "datatype/timestamp.h"
#include "utils/date.h"

typedef enum RsDatePart
{
	RS_PART_NONE,				/* not a name that Redshift has */
	RS_PART_MICROSECOND,
	RS_PART_MILLISECOND,
	RS_PART_SECOND,
	RS_PART_MINUTE,
	RS_PART_HOUR,
	RS_PART_DAY,
	RS_PART_WEEK,
	RS_PART_MONTH,
	RS_PART_QUARTER,
	RS_PART_YEAR,
	RS_PART_DECADE,
	RS_PART_CENTURY,
	RS_PART_MILLENNIUM,
	RS_PART_DAY_OF_WEEK,
	RS_PART_DAY_OF_YEAR,
	RS_PART_EPOCH,
	RS_PART_TIMEZONE,
	RS_PART_TIMEZONE_HOUR,
	RS_PART_TIMEZONE_MINUTE
} RsDatePart;

/* The part of a name or abbreviation, in any case. */
extern RsDatePart rs_date_part_find(const char *name, Size size);

/* What PostgreSQL's date_part() calls it; NULL for RS_PART_NONE. */
extern const char *rs_date_part_name(RsDatePart part);

/*
 * Add n parts to a local time: months, and what is made of them, keep the day, which is at
 * most the last of its month.  Infinity stays.  False: out of range, or not a part that can
 * be added.
 */
extern bool rs_date_part_add(RsDatePart part, int64 n, Timestamp *local);

/* Likewise to a time of day, around the clock; parts up to hours. */
extern bool rs_date_part_add_time(RsDatePart part, int64 n, TimeADT *time);

/*
 * The number of the part that a finite local time lies in, counted from any fixed one.
 * Weeks begin on Sunday.  False: not a part that is counted.
 */
extern bool rs_date_part_number(RsDatePart part, Timestamp local, int64 *number);

/* Days since 2000 of a finite local time. */
static inline int64
rs_local_day(Timestamp local)
{
	return local / USECS_PER_DAY - (local % USECS_PER_DAY < 0);
}

#endif							/* RS_DATE_PART_H */
