/*
 * date_part.c
 *	  Redshift's names of date parts, and calendar arithmetic by them.
 *
 * Local times are counted as PostgreSQL's timestamps are, in microseconds since 2000, by the
 * proleptic Gregorian calendar.  Nothing here raises an error: callers do, or a kernel leaves
 * the row to them.
 */
#include "postgres.h"

#include "common/int.h"
#include "functions/date_part.h"
#include "utils/datetime.h"

/* A name that needs more than this many letters is none. */
#define MAX_NAME 16

typedef struct PartName
{
	const char *name;
	RsDatePart	part;
} PartName;

static const PartName part_names[] = {
	{"c", RS_PART_CENTURY},
	{"cent", RS_PART_CENTURY},
	{"cents", RS_PART_CENTURY},
	{"centuries", RS_PART_CENTURY},
	{"century", RS_PART_CENTURY},
	{"d", RS_PART_DAY},
	{"day", RS_PART_DAY},
	{"dayofweek", RS_PART_DAY_OF_WEEK},
	{"dayofyear", RS_PART_DAY_OF_YEAR},
	{"days", RS_PART_DAY},
	{"dec", RS_PART_DECADE},
	{"decade", RS_PART_DECADE},
	{"decades", RS_PART_DECADE},
	{"decs", RS_PART_DECADE},
	{"dow", RS_PART_DAY_OF_WEEK},
	{"doy", RS_PART_DAY_OF_YEAR},
	{"dw", RS_PART_DAY_OF_WEEK},
	{"dy", RS_PART_DAY_OF_YEAR},
	{"epoch", RS_PART_EPOCH},
	{"h", RS_PART_HOUR},
	{"hour", RS_PART_HOUR},
	{"hours", RS_PART_HOUR},
	{"hr", RS_PART_HOUR},
	{"hrs", RS_PART_HOUR},
	{"m", RS_PART_MINUTE},
	{"microsec", RS_PART_MICROSECOND},
	{"microsecond", RS_PART_MICROSECOND},
	{"microseconds", RS_PART_MICROSECOND},
	{"microsecs", RS_PART_MICROSECOND},
	{"mil", RS_PART_MILLENNIUM},
	{"millennia", RS_PART_MILLENNIUM},
	{"millennium", RS_PART_MILLENNIUM},
	{"millisec", RS_PART_MILLISECOND},
	{"millisecon", RS_PART_MILLISECOND},
	{"millisecond", RS_PART_MILLISECOND},
	{"milliseconds", RS_PART_MILLISECOND},
	{"millisecs", RS_PART_MILLISECOND},
	{"mils", RS_PART_MILLENNIUM},
	{"min", RS_PART_MINUTE},
	{"mins", RS_PART_MINUTE},
	{"minute", RS_PART_MINUTE},
	{"minutes", RS_PART_MINUTE},
	{"mon", RS_PART_MONTH},
	{"mons", RS_PART_MONTH},
	{"month", RS_PART_MONTH},
	{"months", RS_PART_MONTH},
	{"ms", RS_PART_MILLISECOND},
	{"msec", RS_PART_MILLISECOND},
	{"msecond", RS_PART_MILLISECOND},
	{"mseconds", RS_PART_MILLISECOND},
	{"msecs", RS_PART_MILLISECOND},
	{"qtr", RS_PART_QUARTER},
	{"qtrs", RS_PART_QUARTER},
	{"quarter", RS_PART_QUARTER},
	{"quarters", RS_PART_QUARTER},
	{"s", RS_PART_SECOND},
	{"sec", RS_PART_SECOND},
	{"second", RS_PART_SECOND},
	{"seconds", RS_PART_SECOND},
	{"secs", RS_PART_SECOND},
	{"timezone", RS_PART_TIMEZONE},
	{"timezone_hour", RS_PART_TIMEZONE_HOUR},
	{"timezone_minute", RS_PART_TIMEZONE_MINUTE},
	{"us", RS_PART_MICROSECOND},
	{"usec", RS_PART_MICROSECOND},
	{"usecond", RS_PART_MICROSECOND},
	{"useconds", RS_PART_MICROSECOND},
	{"usecs", RS_PART_MICROSECOND},
	{"w", RS_PART_WEEK},
	{"week", RS_PART_WEEK},
	{"weekday", RS_PART_DAY_OF_WEEK},
	{"weeks", RS_PART_WEEK},
	{"y", RS_PART_YEAR},
	{"year", RS_PART_YEAR},
	{"yearday", RS_PART_DAY_OF_YEAR},
	{"years", RS_PART_YEAR},
	{"yr", RS_PART_YEAR},
	{"yrs", RS_PART_YEAR}
};

static int
compare_names(const void *key, const void *entry)
{
	return strcmp(key, ((const PartName *) entry)->name);
}

RsDatePart
rs_date_part_find(const char *name, Size size)
{
	char		lower[MAX_NAME];
	const PartName *found;
	Size		i;

	if (size >= sizeof(lower))
		return RS_PART_NONE;
	for (i = 0; i < size; i++)
		lower[i] = (char) pg_ascii_tolower((unsigned char) name[i]);
	lower[size] = '\0';
	found = bsearch(lower, part_names, lengthof(part_names), sizeof(PartName), compare_names);
	return found != NULL ? found->part : RS_PART_NONE;
}

const char *
rs_date_part_name(RsDatePart part)
{
	static const char *const names[] = {
		[RS_PART_MICROSECOND] = "microseconds",
		[RS_PART_MILLISECOND] = "milliseconds",
		[RS_PART_SECOND] = "second",
		[RS_PART_MINUTE] = "minute",
		[RS_PART_HOUR] = "hour",
		[RS_PART_DAY] = "day",
		[RS_PART_WEEK] = "week",
		[RS_PART_MONTH] = "month",
		[RS_PART_QUARTER] = "quarter",
		[RS_PART_YEAR] = "year",
		[RS_PART_DECADE] = "decade",
		[RS_PART_CENTURY] = "century",
		[RS_PART_MILLENNIUM] = "millennium",
		[RS_PART_DAY_OF_WEEK] = "dow",
		[RS_PART_DAY_OF_YEAR] = "doy",
		[RS_PART_EPOCH] = "epoch",
		[RS_PART_TIMEZONE] = "timezone",
		[RS_PART_TIMEZONE_HOUR] = "timezone_hour",
		[RS_PART_TIMEZONE_MINUTE] = "timezone_minute"
	};

	return names[part];
}

/* Microseconds of a part of fixed length; 0: it has none. */
static int64
part_length(RsDatePart part)
{
	switch (part)
	{
		case RS_PART_MICROSECOND:
			return 1;
		case RS_PART_MILLISECOND:
			return 1000;
		case RS_PART_SECOND:
			return USECS_PER_SEC;
		case RS_PART_MINUTE:
			return USECS_PER_MINUTE;
		case RS_PART_HOUR:
			return USECS_PER_HOUR;
		case RS_PART_DAY:
			return USECS_PER_DAY;
		case RS_PART_WEEK:
			return 7 * USECS_PER_DAY;
		default:
			return 0;
	}
}

static int
part_months(RsDatePart part)
{
	switch (part)
	{
		case RS_PART_MONTH:
			return 1;
		case RS_PART_QUARTER:
			return 3;
		case RS_PART_YEAR:
			return 12;
		case RS_PART_DECADE:
			return 120;
		case RS_PART_CENTURY:
			return 1200;
		case RS_PART_MILLENNIUM:
			return 12000;
		default:
			return 0;
	}
}

/* Rounded down, for positive divisors. */
static inline int64
floor_divide(int64 a, int64 b)
{
	return a / b - (a % b < 0);
}

/*
 * Months later, on the same day or, if that month ends before it, the last; with into_next on the
 * day that follows the last.
 */
static bool
add_months(int64 months, bool into_next, Timestamp *local)
{
	int64		day = rs_local_day(*local);
	int64		time = *local - day * USECS_PER_DAY;
	int64		all;
	int			year;
	int			month;
	int			mday;

	j2date((int) day + POSTGRES_EPOCH_JDATE, &year, &month, &mday);
	/* More than all there are of timestamps; so years are far from an int's limits below. */
	if (months > 12 * 400000 || months < -12 * 400000)
		return false;
	all = (int64) year * 12 + month - 1 + months;
	year = (int) floor_divide(all, 12);
	month = (int) (all - (int64) year * 12) + 1;
	if (!into_next)
		mday = Min(mday, day_tab[isleap(year)][month - 1]);
	if (!IS_VALID_JULIAN(year, month, mday))
		return false;
	day = date2j(year, month, mday) - POSTGRES_EPOCH_JDATE;
	if (day >= TIMESTAMP_END_JULIAN - POSTGRES_EPOCH_JDATE)
		return false;
	*local = day * USECS_PER_DAY + time;
	return IS_VALID_TIMESTAMP(*local);
}

bool
rs_date_part_add(RsDatePart part, int64 n, Timestamp *local)
{
	int64		length = part_length(part);
	int			months = part_months(part);

	if (length == 0 && months == 0)
		return false;
	if (TIMESTAMP_NOT_FINITE(*local))
		return true;
	if (pg_mul_s64_overflow(n, months != 0 ? months : length, &n))
		return false;
	/* A year after the 29th of February is the 1st of March; twelve months after it end with February. */
	if (months != 0)
		return add_months(n, months >= 12, local);
	return !pg_add_s64_overflow(*local, n, local) && IS_VALID_TIMESTAMP(*local);
}

bool
rs_date_part_add_time(RsDatePart part, int64 n, TimeADT *time)
{
	int64		length = part_length(part);

	if (length == 0 || length > USECS_PER_HOUR)
		return false;
	/* What is left of whole days: no product of it overflows. */
	n = n % (USECS_PER_DAY / length) * length;
	*time = (*time + n) % USECS_PER_DAY;
	if (*time < 0)
		*time += USECS_PER_DAY;
	return true;
}

bool
rs_date_part_number(RsDatePart part, Timestamp local, int64 *number)
{
	int			months = part_months(part);
	int64		day;
	int			year;
	int			month;
	int			mday;

	if (part == RS_PART_WEEK)
	{
		/* Day 0, the first of 2000, was a Saturday. */
		*number = floor_divide(rs_local_day(local) - 1, 7);
		return true;
	}
	if (months == 0)
	{
		int64		length = part_length(part);

		*number = length == 0 ? 0 : floor_divide(local, length);
		return length != 0;
	}
	day = rs_local_day(local);
	j2date((int) day + POSTGRES_EPOCH_JDATE, &year, &month, &mday);
	/* The first century began with the year 1, the first decade with the year 0. */
	if (part == RS_PART_CENTURY || part == RS_PART_MILLENNIUM)
		year--;
	*number = floor_divide((int64) year * 12 + month - 1, months);
	return true;
}
