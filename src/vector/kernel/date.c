/*
 * date.c
 *	  Kernels of casts and arithmetic of dates, times and timestamps, and of
 *	  comparisons between them.
 *
 * What leaves the range of its type, and what PostgreSQL refuses (differences of
 * infinite values), is left to its functions.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/int.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/fmgroids.h"
#include "utils/timestamp.h"
#include "vector/kernel/kernel.h"
#include "vector/kernel/time_zone.h"

static inline bool
is_null(const RsVector *result, uint32 row)
{
	return result->null != NULL && result->null[row];
}

static inline int64
int_at(const RsVector *vector, uint32 row)
{
	uint32		i = vector->constant ? 0 : row;

	return vector->form == RS_FORM_I32 ? ((int32 *) vector->data)[i] : ((int64 *) vector->data)[i];
}

/* ---------------------------------------------------------------------
 * One value
 * ---------------------------------------------------------------------
 */

/* Between the timestamps and infinity. */
#define BEFORE_ALL	(DT_NOBEGIN + 1)
#define AFTER_ALL	(DT_NOEND - 1)

static inline Timestamp
timestamp_of_date(DateADT date)
{
	if (DATE_IS_NOBEGIN(date))
		return DT_NOBEGIN;
	if (DATE_IS_NOEND(date))
		return DT_NOEND;
	if (date >= (TIMESTAMP_END_JULIAN - POSTGRES_EPOCH_JDATE))
		return AFTER_ALL;
	return (int64) date * USECS_PER_DAY;
}

static inline TimestampTz
moment_of_timestamp(RsTimeZone *zone, Timestamp local)
{
	TimestampTz moment;

	if (TIMESTAMP_NOT_FINITE(local) || local == AFTER_ALL)
		return local;
	moment = rs_zone_moment(zone, local);
	if (IS_VALID_TIMESTAMP(moment))
		return moment;
	return moment < 0 ? BEFORE_ALL : AFTER_ALL;
}

static inline bool
is_timestamp(Timestamp timestamp)
{
	return TIMESTAMP_NOT_FINITE(timestamp) || IS_VALID_TIMESTAMP(timestamp);
}

/* ---------------------------------------------------------------------
 * Comparisons across types
 * ---------------------------------------------------------------------
 */

/*
 * Dates and timestamps of a vector as timestamps, or as moments in a time zone;
 * what lies beyond those comes before infinity.
 */
static const int64 *
as_moments(RsExpr *arg, RsRows *rows, const RsVector *vector, RsTimeZone *zone)
{
	uint32		n = vector->constant ? 1 : rows->n;
	bool		is_moment = arg->type.typid == TIMESTAMPTZOID;
	int64	   *to;
	uint32		i;

	if (is_moment || (zone == NULL && vector->form == RS_FORM_I64))
		return vector->data;
	to = rs_arena_alloc(rows->arena, n * sizeof(int64));
	for (i = 0; i < n; i++)
	{
		if (rs_vector_is_null(vector, i))
		{
			to[i] = 0;
			continue;
		}
		to[i] = vector->form == RS_FORM_I32 ?
			timestamp_of_date(((DateADT *) vector->data)[i]) : ((Timestamp *) vector->data)[i];
		if (zone != NULL)
			to[i] = moment_of_timestamp(zone, to[i]);
	}
	return to;
}

static RsVector *
compare_kernel(RsExpr *expr, RsRows *rows, const RsVector **args)
{
	bool		zoned = expr->args[0]->type.typid == TIMESTAMPTZOID ||
		expr->args[1]->type.typid == TIMESTAMPTZOID;
	RsTimeZone *zone = zoned ? rs_time_zone(expr) : NULL;
	RsVector   *result = rs_boolean_vector(rows);

	result->null = rs_null_union(rows, args, 2);
	rs_compare_int64((RsCompare) expr->variant, rows->n,
					 as_moments(expr->args[0], rows, args[0], zone), args[0]->constant,
					 as_moments(expr->args[1], rows, args[1], zone), args[1]->constant, result->data);
	return result;
}

/* ---------------------------------------------------------------------
 * Casts
 * ---------------------------------------------------------------------
 */

typedef enum Cast
{
	DATE_TO_TIMESTAMP,
	DATE_TO_MOMENT,
	TIMESTAMP_TO_MOMENT,
	TIMESTAMP_TO_DATE,
	TIMESTAMP_TO_TIME,
	MOMENT_TO_TIMESTAMP,
	MOMENT_TO_DATE,
	MOMENT_TO_TIME
} Cast;

/*
 * One value that is not NULL; false: it has none of the other type.
 */
static bool
cast_value(Cast cast, RsTimeZone *zone, int64 from, int64 *to)
{
	int64		day;

	if (cast == DATE_TO_TIMESTAMP || cast == DATE_TO_MOMENT)
		from = timestamp_of_date((DateADT) from);
	if (cast == DATE_TO_TIMESTAMP || cast == DATE_TO_MOMENT || cast == TIMESTAMP_TO_MOMENT)
	{
		*to = cast == DATE_TO_TIMESTAMP ? from : moment_of_timestamp(zone, from);
		return is_timestamp(*to);
	}
	if (TIMESTAMP_NOT_FINITE(from))
	{
		if (cast == TIMESTAMP_TO_TIME || cast == MOMENT_TO_TIME)
			return false;
		*to = cast == MOMENT_TO_TIMESTAMP ? from :
			TIMESTAMP_IS_NOBEGIN(from) ? DATEVAL_NOBEGIN : DATEVAL_NOEND;
		return true;
	}
	if (zone != NULL)
		from += rs_zone_offset(zone, from);
	*to = from;
	if (!IS_VALID_TIMESTAMP(from))
		return false;
	day = rs_day_of(from);
	if (cast == TIMESTAMP_TO_DATE || cast == MOMENT_TO_DATE)
		*to = day;
	else if (cast == TIMESTAMP_TO_TIME || cast == MOMENT_TO_TIME)
		*to = from - day * USECS_PER_DAY;
	return true;
}

static RsVector *
cast_kernel(RsExpr *expr, RsRows *rows, const RsVector **args)
{
	Cast		cast = (Cast) expr->variant;
	bool		zoned = cast != DATE_TO_TIMESTAMP && cast != TIMESTAMP_TO_DATE &&
		cast != TIMESTAMP_TO_TIME;
	RsTimeZone *zone = zoned ? rs_time_zone(expr) : NULL;
	RsVector   *result = rs_vector_create(rows->arena, expr->type.form, rows->n);
	uint32		i;

	result->null = rs_null_union(rows, args, 1);
	for (i = 0; i < rows->n; i++)
	{
		int64		value = 0;

		if (!is_null(result, i) && !cast_value(cast, zone, int_at(args[0], i), &value))
			return NULL;
		if (result->form == RS_FORM_I32)
			((int32 *) result->data)[i] = (int32) value;
		else
			((int64 *) result->data)[i] = value;
	}
	return result;
}

/* ---------------------------------------------------------------------
 * Arithmetic
 * ---------------------------------------------------------------------
 */

/* Days between two dates. */
static RsVector *
date_difference_kernel(RsExpr *expr, RsRows *rows, const RsVector **args)
{
	RsVector   *result = rs_vector_create(rows->arena, RS_FORM_I32, rows->n);
	uint32		i;

	result->null = rs_null_union(rows, args, 2);
	for (i = 0; i < rows->n; i++)
	{
		int64		a = int_at(args[0], i);
		int64		b = int_at(args[1], i);

		if ((DATE_NOT_FINITE(a) || DATE_NOT_FINITE(b)) && !is_null(result, i))
			return NULL;
		((int32 *) result->data)[i] = (int32) (a - b);
	}
	return result;
}

/* date + time: a timestamp. */
static RsVector *
date_time_kernel(RsExpr *expr, RsRows *rows, const RsVector **args)
{
	RsVector   *result = rs_vector_create(rows->arena, RS_FORM_I64, rows->n);
	uint32		i;

	result->null = rs_null_union(rows, args, 2);
	for (i = 0; i < rows->n; i++)
	{
		Timestamp	value = 0;

		if (!is_null(result, i))
		{
			value = timestamp_of_date((DateADT) int_at(args[0], i));
			if (!TIMESTAMP_NOT_FINITE(value))
				value += value == AFTER_ALL ? 0 : int_at(args[1], i);
			if (!is_timestamp(value))
				return NULL;
		}
		((int64 *) result->data)[i] = value;
	}
	return result;
}

/*
 * Months are added to the date, whose day is at most the last of its month.
 */
static bool
add_months(Timestamp *local, int32 months)
{
	int64		day = rs_day_of(*local);
	int64		time = *local - day * USECS_PER_DAY;
	int			year;
	int			month;
	int			mday;

	j2date((int) day + POSTGRES_EPOCH_JDATE, &year, &month, &mday);
	if (pg_add_s32_overflow(month, months, &month))
		return false;
	if (month > MONTHS_PER_YEAR)
	{
		year += (month - 1) / MONTHS_PER_YEAR;
		month = (month - 1) % MONTHS_PER_YEAR + 1;
	}
	else if (month < 1)
	{
		year += month / MONTHS_PER_YEAR - 1;
		month = month % MONTHS_PER_YEAR + MONTHS_PER_YEAR;
	}
	mday = Min(mday, day_tab[isleap(year)][month - 1]);
	if (!IS_VALID_JULIAN(year, month, mday))
		return false;
	day = date2j(year, month, mday) - POSTGRES_EPOCH_JDATE;
	if (day >= TIMESTAMP_END_JULIAN - POSTGRES_EPOCH_JDATE)
		return false;
	*local = day * USECS_PER_DAY + time;
	return IS_VALID_TIMESTAMP(*local);
}

static bool
add_days(Timestamp *local, int32 days)
{
	int64		day = rs_day_of(*local);
	int64		time = *local - day * USECS_PER_DAY;

	day += days;
	if (day < -POSTGRES_EPOCH_JDATE || day >= TIMESTAMP_END_JULIAN - POSTGRES_EPOCH_JDATE)
		return false;
	*local = day * USECS_PER_DAY + time;
	return IS_VALID_TIMESTAMP(*local);
}

/*
 * Add an interval's months or days to a moment: in local time.
 */
static bool
add_local(RsTimeZone *zone, Timestamp *timestamp, int32 count, bool months)
{
	if (count == 0)
		return true;
	if (zone != NULL)
	{
		*timestamp += rs_zone_offset(zone, *timestamp);
		if (!IS_VALID_TIMESTAMP(*timestamp))
			return false;
	}
	if (!(months ? add_months : add_days) (timestamp, count))
		return false;
	if (zone != NULL)
		*timestamp = rs_zone_moment(zone, *timestamp);
	return IS_VALID_TIMESTAMP(*timestamp);
}

static bool
add_interval(RsTimeZone *zone, Timestamp *timestamp, const Interval *interval)
{
	if (TIMESTAMP_NOT_FINITE(*timestamp))
		return true;
	return add_local(zone, timestamp, interval->month, true) &&
		add_local(zone, timestamp, interval->day, false) &&
		!pg_add_s64_overflow(*timestamp, interval->time, timestamp) &&
		IS_VALID_TIMESTAMP(*timestamp);
}

/*
 * The interval of a row, negated or not; false: it has no opposite.
 */
static bool
get_interval(const RsVector *vector, uint32 row, bool negate, Interval *interval)
{
	memcpy(interval, DatumGetPointer(((Datum *) vector->data)[vector->constant ? 0 : row]),
		   sizeof(Interval));
	if (!negate)
		return true;
	if (interval->month == PG_INT32_MIN || interval->day == PG_INT32_MIN ||
		interval->time == PG_INT64_MIN)
		return false;
	interval->month = -interval->month;
	interval->day = -interval->day;
	interval->time = -interval->time;
	return true;
}

/* date, timestamp or timestamptz + or - (variant) an interval. */
static RsVector *
interval_kernel(RsExpr *expr, RsRows *rows, const RsVector **args)
{
	RsTimeZone *zone = expr->type.typid == TIMESTAMPTZOID ? rs_time_zone(expr) : NULL;
	bool		of_date = args[0]->form == RS_FORM_I32;
	RsVector   *result = rs_vector_create(rows->arena, RS_FORM_I64, rows->n);
	uint32		i;

	result->null = rs_null_union(rows, args, 2);
	for (i = 0; i < rows->n; i++)
	{
		Timestamp	value = 0;

		if (!is_null(result, i))
		{
			Interval	interval;

			value = int_at(args[0], i);
			if (of_date)
				value = timestamp_of_date((DateADT) value);
			if (value == AFTER_ALL || !get_interval(args[1], i, expr->variant == '-', &interval) ||
				!add_interval(zone, &value, &interval))
				return NULL;
		}
		((Timestamp *) result->data)[i] = value;
	}
	return result;
}

/* time + or - (variant) an interval: its time only, around the clock. */
static RsVector *
time_interval_kernel(RsExpr *expr, RsRows *rows, const RsVector **args)
{
	RsVector   *result = rs_vector_create(rows->arena, RS_FORM_I64, rows->n);
	uint32		i;

	result->null = rs_null_union(rows, args, 2);
	for (i = 0; i < rows->n; i++)
	{
		int64		value = 0;

		if (!is_null(result, i))
		{
			Interval	interval;

			value = int_at(args[0], i);
			if (!get_interval(args[1], i, expr->variant == '-', &interval) ||
				pg_add_s64_overflow(value, interval.time, &value))
				return NULL;
			value %= USECS_PER_DAY;
			if (value < 0)
				value += USECS_PER_DAY;
		}
		((TimeADT *) result->data)[i] = value;
	}
	return result;
}

/*
 * AT TIME ZONE: the local time of a moment, or the moment of a local time.
 */
static RsVector *
zone_kernel(RsExpr *expr, RsRows *rows, const RsVector **args)
{
	RsTimeZone *zone = rs_time_zone_named(expr, args[0], false);
	const int64 *from = args[1]->data;
	RsVector   *result;
	int64	   *to;
	uint32		i;

	if (zone == NULL)
		return NULL;
	result = rs_vector_create(rows->arena, RS_FORM_I64, rows->n);
	result->null = rs_null_union(rows, args, 2);
	to = result->data;
	for (i = 0; i < rows->n; i++)
	{
		int64		value = from[args[1]->constant ? 0 : i];

		to[i] = value;
		if ((result->null != NULL && result->null[i]) || TIMESTAMP_NOT_FINITE(value))
			continue;
		to[i] = expr->variant == MOMENT_TO_TIMESTAMP ? value + rs_zone_offset(zone, value) :
			rs_zone_moment(zone, value);
		if (!IS_VALID_TIMESTAMP(to[i]))
			return NULL;
	}
	return result;
}

#define SIX_ACROSS(left, right) \
	{F_##left##_EQ_##right, compare_kernel, RS_EQ, true}, \
	{F_##left##_NE_##right, compare_kernel, RS_NE, true}, \
	{F_##left##_LT_##right, compare_kernel, RS_LT, true}, \
	{F_##left##_LE_##right, compare_kernel, RS_LE, true}, \
	{F_##left##_GT_##right, compare_kernel, RS_GT, true}, \
	{F_##left##_GE_##right, compare_kernel, RS_GE, true}

const RsKernelInfo rs_date_kernels[] = {
	SIX_ACROSS(DATE, TIMESTAMP),
	SIX_ACROSS(DATE, TIMESTAMPTZ),
	SIX_ACROSS(TIMESTAMP, DATE),
	SIX_ACROSS(TIMESTAMP, TIMESTAMPTZ),
	SIX_ACROSS(TIMESTAMPTZ, DATE),
	SIX_ACROSS(TIMESTAMPTZ, TIMESTAMP),
	{F_TIMESTAMP_DATE, cast_kernel, DATE_TO_TIMESTAMP},
	{F_TIMESTAMPTZ_DATE, cast_kernel, DATE_TO_MOMENT},
	{F_TIMESTAMPTZ_TIMESTAMP, cast_kernel, TIMESTAMP_TO_MOMENT},
	{F_DATE_TIMESTAMP, cast_kernel, TIMESTAMP_TO_DATE},
	{F_TIME_TIMESTAMP, cast_kernel, TIMESTAMP_TO_TIME},
	{F_TIMESTAMP_TIMESTAMPTZ, cast_kernel, MOMENT_TO_TIMESTAMP},
	{F_DATE_TIMESTAMPTZ, cast_kernel, MOMENT_TO_DATE},
	{F_TIME_TIMESTAMPTZ, cast_kernel, MOMENT_TO_TIME},
	{F_TIMEZONE_TEXT_TIMESTAMPTZ, zone_kernel, MOMENT_TO_TIMESTAMP},
	{F_TIMEZONE_TEXT_TIMESTAMP, zone_kernel, TIMESTAMP_TO_MOMENT},
	{F_DATE_MI, date_difference_kernel},
	{F_DATETIME_PL, date_time_kernel},
	{F_DATE_PL_INTERVAL, interval_kernel, '+'},
	{F_DATE_MI_INTERVAL, interval_kernel, '-'},
	{F_TIMESTAMP_PL_INTERVAL, interval_kernel, '+'},
	{F_TIMESTAMP_MI_INTERVAL, interval_kernel, '-'},
	{F_TIMESTAMPTZ_PL_INTERVAL, interval_kernel, '+'},
	{F_TIMESTAMPTZ_MI_INTERVAL, interval_kernel, '-'},
	{F_TIME_PL_INTERVAL, time_interval_kernel, '+'},
	{F_TIME_MI_INTERVAL, time_interval_kernel, '-'},
	{InvalidOid}
};
