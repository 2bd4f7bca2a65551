/*
 * dates.c
 *	  DATEADD, DATEDIFF and the functions of one date: ADD_MONTHS, LAST_DAY, NEXT_DAY,
 *	  MONTHS_BETWEEN, INTERVAL_CMP; their kernels.
 *
 * A function that is asked for many rows is a RsIntegerFunction, of integers alone: dates,
 * timestamps, counts, and the date part that a text argument names.  SQL calls it for one row
 * and reports what it refuses; the vector engine does by integer_kernel(), which leaves such
 * batches to SQL's way.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/int.h"
#include "fmgr.h"
#include "functions/date_part.h"
#include "functions/functions.h"
#include "functions/lengths.h"
#include "functions/numeric_quotient.h"
#include "functions/plain_aggregates.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"
#include "vector/kernel/kernel.h"
#include "vector/kernel/text.h"

#define MOST_ARGS 3

/* False: out of range, or a date part that does not fit. */
typedef bool (*RsIntegerFunction) (const int64 *args, int64 *result);

/* ---------------------------------------------------------------------
 * Functions of integers
 * ---------------------------------------------------------------------
 */

static bool
timestamp_of_date(DateADT date, Timestamp *timestamp)
{
	if (DATE_IS_NOBEGIN(date))
		*timestamp = DT_NOBEGIN;
	else if (DATE_IS_NOEND(date))
		*timestamp = DT_NOEND;
	else if (date >= TIMESTAMP_END_JULIAN - POSTGRES_EPOCH_JDATE)
		return false;
	else
		*timestamp = (int64) date * USECS_PER_DAY;
	return true;
}

/* DATEADD(part, n, timestamp) */
static bool
add_to_timestamp(const int64 *args, int64 *result)
{
	*result = args[2];
	return rs_date_part_add((RsDatePart) args[0], args[1], result);
}

/* DATEADD(part, n, date): a timestamp. */
static bool
add_to_date(const int64 *args, int64 *result)
{
	return timestamp_of_date((DateADT) args[2], result) &&
		rs_date_part_add((RsDatePart) args[0], args[1], result);
}

static bool
add_to_time(const int64 *args, int64 *result)
{
	*result = args[2];
	return rs_date_part_add_time((RsDatePart) args[0], args[1], result);
}

/* DATEDIFF(part, timestamp, timestamp) */
static bool
timestamp_difference(const int64 *args, int64 *result)
{
	int64		from;
	int64		to;

	return !TIMESTAMP_NOT_FINITE(args[1]) && !TIMESTAMP_NOT_FINITE(args[2]) &&
		rs_date_part_number((RsDatePart) args[0], args[1], &from) &&
		rs_date_part_number((RsDatePart) args[0], args[2], &to) &&
		!pg_sub_s64_overflow(to, from, result);
}

static bool
date_difference(const int64 *args, int64 *result)
{
	int64		timestamps[MOST_ARGS];

	timestamps[0] = args[0];
	return timestamp_of_date((DateADT) args[1], &timestamps[1]) &&
		timestamp_of_date((DateADT) args[2], &timestamps[2]) &&
		timestamp_difference(timestamps, result);
}

static bool
time_difference(const int64 *args, int64 *result)
{
	return args[0] <= RS_PART_HOUR && timestamp_difference(args, result);
}

/* The last day of a date's month. */
static bool
last_day(const int64 *args, int64 *result)
{
	int			year;
	int			month;
	int			mday;

	*result = args[0];
	if (DATE_NOT_FINITE(args[0]))
		return true;
	j2date((int) args[0] + POSTGRES_EPOCH_JDATE, &year, &month, &mday);
	*result += day_tab[isleap(year)][month - 1] - mday;
	return IS_VALID_DATE(*result);
}

/*
 * ADD_MONTHS(timestamp, n): the last day of a month becomes the last day of the other.
 */
static bool
add_months(const int64 *args, int64 *result)
{
	int64		day = rs_local_day(args[0]);
	int64		new_day;
	int64		last;

	*result = args[0];
	if (!rs_date_part_add(RS_PART_MONTH, args[1], result))
		return false;
	if (TIMESTAMP_NOT_FINITE(*result) || !last_day(&day, &last) || last != day)
		return true;
	new_day = rs_local_day(*result);
	return last_day(&new_day, &last) &&
		!pg_add_s64_overflow(*result, (last - new_day) * USECS_PER_DAY, result) &&
		IS_VALID_TIMESTAMP(*result);
}

/* ---------------------------------------------------------------------
 * Called by SQL
 * ---------------------------------------------------------------------
 */

static RsDatePart
part_argument(text *name)
{
	RsDatePart	part = rs_date_part_find(VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name));

	if (part == RS_PART_NONE)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("date part \"%s\" not recognized", text_to_cstring(name))));
	return part;
}

static void
report_failure(RsDatePart part)
{
	if (part > RS_PART_MILLENNIUM)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("date part \"%s\" is not supported here", rs_date_part_name(part)),
				 errdetail("It is supported by EXTRACT and DATE_PART only.")));
	ereport(ERROR,
			(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
			 errmsg("timestamp out of range")));
}

/*
 * The functions that begin with a date part.
 */
static int64
call_with_part(RsIntegerFunction function, text *name, int64 a, int64 b)
{
	RsDatePart	part = part_argument(name);
	int64		args[MOST_ARGS] = {part, a, b};
	int64		result;

	if (!function(args, &result))
		report_failure(part);
	return result;
}

PG_FUNCTION_INFO_V1(rs_dateadd_timestamp);
Datum
rs_dateadd_timestamp(PG_FUNCTION_ARGS)
{
	PG_RETURN_TIMESTAMP(call_with_part(add_to_timestamp, PG_GETARG_TEXT_PP(0), PG_GETARG_INT64(1),
									   PG_GETARG_TIMESTAMP(2)));
}

PG_FUNCTION_INFO_V1(rs_dateadd_date);
Datum
rs_dateadd_date(PG_FUNCTION_ARGS)
{
	PG_RETURN_TIMESTAMP(call_with_part(add_to_date, PG_GETARG_TEXT_PP(0), PG_GETARG_INT64(1),
									   PG_GETARG_DATEADT(2)));
}

/*
 * Of a moment: days and longer parts are added in the session's time zone.
 */
PG_FUNCTION_INFO_V1(rs_dateadd_timestamptz);
Datum
rs_dateadd_timestamptz(PG_FUNCTION_ARGS)
{
	text	   *name = PG_GETARG_TEXT_PP(0);
	TimestampTz moment = PG_GETARG_TIMESTAMPTZ(2);
	bool		local = part_argument(name) > RS_PART_HOUR && !TIMESTAMP_NOT_FINITE(moment);

	if (local)
		moment = DatumGetTimestamp(DirectFunctionCall1(timestamptz_timestamp, TimestampTzGetDatum(moment)));
	moment = call_with_part(add_to_timestamp, name, PG_GETARG_INT64(1), moment);
	if (local)
		return DirectFunctionCall1(timestamp_timestamptz, TimestampGetDatum(moment));
	PG_RETURN_TIMESTAMPTZ(moment);
}

/* A time of day has no longer parts than hours. */
static void
check_time_part(RsDatePart part)
{
	if (part > RS_PART_HOUR)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("date part \"%s\" is not supported for a time of day", rs_date_part_name(part))));
}

PG_FUNCTION_INFO_V1(rs_dateadd_time);
Datum
rs_dateadd_time(PG_FUNCTION_ARGS)
{
	text	   *name = PG_GETARG_TEXT_PP(0);

	check_time_part(part_argument(name));
	PG_RETURN_TIMEADT(call_with_part(add_to_time, name, PG_GETARG_INT64(1), PG_GETARG_TIMEADT(2)));
}

/* A time in a zone as that of UTC. */
static TimeADT
utc_time(const TimeTzADT *time)
{
	TimeADT		utc = (time->time + time->zone * USECS_PER_SEC) % USECS_PER_DAY;

	return utc < 0 ? utc + USECS_PER_DAY : utc;
}

/* In UTC. */
PG_FUNCTION_INFO_V1(rs_dateadd_timetz);
Datum
rs_dateadd_timetz(PG_FUNCTION_ARGS)
{
	text	   *name = PG_GETARG_TEXT_PP(0);
	TimeTzADT  *result = palloc(sizeof(TimeTzADT));

	check_time_part(part_argument(name));
	result->time = call_with_part(add_to_time, name, PG_GETARG_INT64(1), utc_time(PG_GETARG_TIMETZADT_P(2)));
	result->zone = 0;
	PG_RETURN_TIMETZADT_P(result);
}

PG_FUNCTION_INFO_V1(rs_datediff_timestamp);
Datum
rs_datediff_timestamp(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(call_with_part(timestamp_difference, PG_GETARG_TEXT_PP(0), PG_GETARG_TIMESTAMP(1),
								   PG_GETARG_TIMESTAMP(2)));
}

PG_FUNCTION_INFO_V1(rs_datediff_date);
Datum
rs_datediff_date(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(call_with_part(date_difference, PG_GETARG_TEXT_PP(0), PG_GETARG_DATEADT(1),
								   PG_GETARG_DATEADT(2)));
}

/*
 * Of moments: days and longer parts are those of the session's time zone.
 */
PG_FUNCTION_INFO_V1(rs_datediff_timestamptz);
Datum
rs_datediff_timestamptz(PG_FUNCTION_ARGS)
{
	text	   *name = PG_GETARG_TEXT_PP(0);
	Datum		from = PG_GETARG_DATUM(1);
	Datum		to = PG_GETARG_DATUM(2);

	if (part_argument(name) > RS_PART_HOUR)
	{
		from = DirectFunctionCall1(timestamptz_timestamp, from);
		to = DirectFunctionCall1(timestamptz_timestamp, to);
	}
	PG_RETURN_INT64(call_with_part(timestamp_difference, name, DatumGetTimestamp(from),
								   DatumGetTimestamp(to)));
}

PG_FUNCTION_INFO_V1(rs_datediff_time);
Datum
rs_datediff_time(PG_FUNCTION_ARGS)
{
	text	   *name = PG_GETARG_TEXT_PP(0);

	check_time_part(part_argument(name));
	PG_RETURN_INT64(call_with_part(time_difference, name, PG_GETARG_TIMEADT(1), PG_GETARG_TIMEADT(2)));
}

/* Times in zones are compared as those of UTC. */
PG_FUNCTION_INFO_V1(rs_datediff_timetz);
Datum
rs_datediff_timetz(PG_FUNCTION_ARGS)
{
	text	   *name = PG_GETARG_TEXT_PP(0);

	check_time_part(part_argument(name));
	PG_RETURN_INT64(call_with_part(time_difference, name, utc_time(PG_GETARG_TIMETZADT_P(1)),
								   utc_time(PG_GETARG_TIMETZADT_P(2))));
}

PG_FUNCTION_INFO_V1(rs_add_months);
Datum
rs_add_months(PG_FUNCTION_ARGS)
{
	int64		args[MOST_ARGS] = {PG_GETARG_TIMESTAMP(0), PG_GETARG_INT64(1)};
	int64		result;

	if (!add_months(args, &result))
		report_failure(RS_PART_MONTH);
	PG_RETURN_TIMESTAMP(result);
}

PG_FUNCTION_INFO_V1(rs_last_day);
Datum
rs_last_day(PG_FUNCTION_ARGS)
{
	int64		args[MOST_ARGS] = {PG_GETARG_DATEADT(0)};
	int64		result;

	if (!last_day(args, &result))
		report_failure(RS_PART_MONTH);
	PG_RETURN_DATEADT((DateADT) result);
}

/* What PostgreSQL's date_part() and date_trunc() call a part; any other name as it is. */
PG_FUNCTION_INFO_V1(rs_date_part_alias);
Datum
rs_date_part_alias(PG_FUNCTION_ARGS)
{
	text	   *name = PG_GETARG_TEXT_PP(0);
	RsDatePart	part = rs_date_part_find(VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name));

	if (part == RS_PART_NONE)
		PG_RETURN_TEXT_P(name);
	PG_RETURN_TEXT_P(cstring_to_text(rs_date_part_name(part)));
}

/* ---------------------------------------------------------------------
 * Functions of few rows
 * ---------------------------------------------------------------------
 */

/*
 * The number of a weekday, Sunday 0, by its name, three letters of it, or an abbreviation
 * that Redshift has; -1: none.
 */
static int
find_weekday(const char *name, Size size)
{
	static const char *const days[7] = {
		"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"
	};
	static const char *const others[] = {"tues", "thur", "thurs"};
	static const int others_day[] = {2, 4, 4};
	int			found = -1;
	int			d;

	for (d = 0; d < 7; d++)
	{
		Size		whole = strlen(days[d]);
		/* S and T begin two names each. */
		Size		shortest = days[d][0] == 's' || days[d][0] == 't' ? 2 : 1;

		if ((size == whole || (size >= shortest && size <= 3)) &&
			pg_strncasecmp(name, days[d], size) == 0)
			found = d;
	}
	for (d = 0; d < lengthof(others); d++)
		if (size == strlen(others[d]) && pg_strncasecmp(name, others[d], size) == 0)
			found = others_day[d];
	return found;
}

/* NEXT_DAY(date, weekday): the first such day after the date. */
PG_FUNCTION_INFO_V1(rs_next_day);
Datum
rs_next_day(PG_FUNCTION_ARGS)
{
	DateADT		date = PG_GETARG_DATEADT(0);
	text	   *name = PG_GETARG_TEXT_PP(1);
	int			weekday = find_weekday(VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name));
	int			ahead;

	if (weekday < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"%s\" is not a day of the week", text_to_cstring(name))));
	if (DATE_NOT_FINITE(date))
		PG_RETURN_DATEADT(date);
	ahead = (weekday - j2day(date + POSTGRES_EPOCH_JDATE) + 7) % 7;
	date += ahead == 0 ? 7 : ahead;
	if (!IS_VALID_DATE(date))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("date out of range")));
	PG_RETURN_DATEADT(date);
}

/*
 * MONTHS_BETWEEN(a, b): whole months where both are the same day, or the last one, of their
 * months; else with the rest as a share of 31 days, the time of day included.
 */
PG_FUNCTION_INFO_V1(rs_months_between);
Datum
rs_months_between(PG_FUNCTION_ARGS)
{
	Timestamp	times[2] = {PG_GETARG_TIMESTAMP(0), PG_GETARG_TIMESTAMP(1)};
	int			mday[2];
	bool		last[2];
	int			months[2];
	int			i;
	double		rest;

	for (i = 0; i < 2; i++)
	{
		int			year;
		int			month;

		if (TIMESTAMP_NOT_FINITE(times[i]))
			report_failure(RS_PART_MONTH);
		j2date((int) rs_local_day(times[i]) + POSTGRES_EPOCH_JDATE, &year, &month, &mday[i]);
		months[i] = year * 12 + month;
		last[i] = mday[i] == day_tab[isleap(year)][month - 1];
	}
	if (mday[0] == mday[1] || (last[0] && last[1]))
		PG_RETURN_FLOAT8(months[0] - months[1]);
	rest = (mday[0] - mday[1]) * (double) USECS_PER_DAY +
		(double) ((times[0] - rs_local_day(times[0]) * USECS_PER_DAY) -
				  (times[1] - rs_local_day(times[1]) * USECS_PER_DAY));
	PG_RETURN_FLOAT8((months[0] - months[1]) + rest / (31.0 * USECS_PER_DAY));
}

/* INTERVAL_CMP: a year has 365 days, another month 30. */
static int128
interval_length(const Interval *interval)
{
	int64		days = (int64) (interval->month / MONTHS_PER_YEAR) * 365 +
		interval->month % MONTHS_PER_YEAR * 30 + interval->day;

	return (int128) days * USECS_PER_DAY + interval->time;
}

PG_FUNCTION_INFO_V1(rs_interval_cmp);
Datum
rs_interval_cmp(PG_FUNCTION_ARGS)
{
	int128		a = interval_length(PG_GETARG_INTERVAL_P(0));
	int128		b = interval_length(PG_GETARG_INTERVAL_P(1));

	PG_RETURN_INT32((a > b) - (a < b));
}

/* ---------------------------------------------------------------------
 * Kernels
 * ---------------------------------------------------------------------
 */

static const RsIntegerFunction integer_functions[] = {
	add_to_timestamp, add_to_date, add_to_time, timestamp_difference, date_difference,
	time_difference, add_months, last_day
};

/*
 * An argument's values; a date part's name has to be constant.  NULL: not for us.
 */
static const int64 *
integer_argument(RsRows *rows, const RsVector *vector, int64 *part)
{
	const char *bytes;
	Size		size;

	if (vector->form != RS_FORM_REF)
		return rs_as_int64(rows, vector);
	if (!vector->constant || rs_vector_is_null(vector, 0))
		return NULL;
	bytes = rs_text_at(vector, 0, &size);
	*part = rs_date_part_find(bytes, size);
	return part;
}

static RsVector *
integer_kernel(RsExpr *expr, RsRows *rows, const RsVector **args)
{
	RsIntegerFunction function = integer_functions[expr->variant];
	RsVector   *result;
	const int64 *values[MOST_ARGS];
	int64		part = 0;
	uint32		i;
	int			a;

	for (a = 0; a < expr->nargs; a++)
	{
		values[a] = integer_argument(rows, args[a], &part);
		if (values[a] == NULL)
			return NULL;
	}
	result = rs_vector_create(rows->arena, expr->type.form, rows->n);
	result->null = rs_null_union(rows, args, expr->nargs);
	for (i = 0; i < rows->n; i++)
	{
		int64		row[MOST_ARGS];
		int64		value = 0;

		for (a = 0; a < expr->nargs; a++)
			row[a] = values[a][args[a]->constant ? 0 : i];
		if ((result->null == NULL || !result->null[i]) && !function(row, &value))
			return NULL;
		if (result->form == RS_FORM_I32)
			((int32 *) result->data)[i] = (int32) value;
		else
			((int64 *) result->data)[i] = value;
	}
	return result;
}

/* In the order of integer_functions. */
static const RsFunctionKernel kernels[] = {
	{rs_dateadd_timestamp, integer_kernel, 0},
	{rs_dateadd_date, integer_kernel, 1},
	{rs_dateadd_time, integer_kernel, 2},
	{rs_datediff_timestamp, integer_kernel, 3},
	{rs_datediff_date, integer_kernel, 4},
	{rs_datediff_time, integer_kernel, 5},
	{rs_add_months, integer_kernel, 6},
	{rs_last_day, integer_kernel, 7},
	{NULL}
};

void
rs_functions_init(void)
{
	rs_kernels_register(kernels);
	rs_lengths_init();
	rs_kernels_register(rs_numeric_quotient_kernels);
	rs_plain_aggregates_init();
}
