/*
 * date_field.c
 *	  Kernels of EXTRACT, date_part and date_trunc.
 *
 * The field's name is decoded once for a batch, by PostgreSQL's own table.  Names
 * it does not know, fields that the type does not have, and infinite values are
 * left to its functions.
 */
#include "postgres.h"

#include "common/int.h"
#include "parser/scansup.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/fmgroids.h"
#include "utils/timestamp.h"
#include "vector/kernel/kernel.h"
#include "vector/kernel/text.h"
#include "vector/kernel/time_zone.h"

int
rs_decode_field(RsRows *rows, const RsVector *name, bool special)
{
	const char *bytes;
	char	   *lower;
	Size		size;
	int			field = -1;
	int			type;

	if (!name->constant || rs_vector_is_null(name, 0))
		return -1;
	bytes = rs_text_at(name, 0, &size);
	lower = downcase_truncate_identifier(bytes, (int) size, false);
	type = DecodeUnits(0, lower, &field);
	if (type == UNKNOWN_FIELD && special)
		type = DecodeSpecial(0, lower, &field);
	return type == UNITS || (type == RESERV && field == DTK_EPOCH) ? field : -1;
}

/* ---------------------------------------------------------------------
 * EXTRACT, date_part
 * ---------------------------------------------------------------------
 */

/*
 * A value: an integer, of a scale for numeric; of two parts for a float.
 */
typedef struct Part
{
	int64		number;
	double		real;			/* of fields with a fraction */
} Part;

/*
 * Digits behind the point of a numeric field.
 */
static int
scale_of_field(int field, bool of_date)
{
	return field == DTK_MILLISEC ? 3 : field == DTK_SECOND || (field == DTK_EPOCH && !of_date) ? 6 : 0;
}

/*
 * A field of the time of day, or false.
 */
static bool
part_of_time(int field, int64 micros, Part *part)
{
	int64		second = micros % USECS_PER_MINUTE;
	int			whole = (int) (second / USECS_PER_SEC);
	int			fraction = (int) (second % USECS_PER_SEC);

	switch (field)
	{
		case DTK_MICROSEC:
			part->number = second;
			break;
		case DTK_MILLISEC:
			part->number = second;
			part->real = whole * 1000.0 + fraction / 1000.0;
			break;
		case DTK_SECOND:
			part->number = second;
			part->real = whole + fraction / 1000000.0;
			break;
		case DTK_MINUTE:
			part->number = micros / USECS_PER_MINUTE % MINS_PER_HOUR;
			break;
		case DTK_HOUR:
			part->number = micros / USECS_PER_HOUR;
			break;
		default:
			return false;
	}
	return true;
}

/* There is no year, decade, century of number 0; each of BC ends one year earlier. */
static int
count_years(int year, int many)
{
	return year > 0 ? (year + many - 1) / many : -((many - 1 - (year - 1)) / many);
}

/*
 * A field of a day (since 2000), or false.
 */
static bool
part_of_day(int field, int32 day, Part *part)
{
	int			julian = day + POSTGRES_EPOCH_JDATE;
	int			year;
	int			month;
	int			mday;

	j2date(julian, &year, &month, &mday);
	switch (field)
	{
		case DTK_DAY:
			part->number = mday;
			break;
		case DTK_MONTH:
			part->number = month;
			break;
		case DTK_QUARTER:
			part->number = (month - 1) / 3 + 1;
			break;
		case DTK_WEEK:
			part->number = date2isoweek(year, month, mday);
			break;
		case DTK_YEAR:
			part->number = year > 0 ? year : year - 1;
			break;
		case DTK_DECADE:
			part->number = year >= 0 ? year / 10 : -((8 - (year - 1)) / 10);
			break;
		case DTK_CENTURY:
			part->number = count_years(year, 100);
			break;
		case DTK_MILLENNIUM:
			part->number = count_years(year, 1000);
			break;
		case DTK_ISOYEAR:
			part->number = date2isoyear(year, month, mday);
			part->number -= part->number <= 0;
			break;
		case DTK_DOW:
			part->number = j2day(julian);
			break;
		case DTK_ISODOW:
			part->number = j2day(julian);
			if (part->number == 0)
				part->number = 7;
			break;
		case DTK_DOY:
			part->number = julian - date2j(year, 1, 1) + 1;
			break;
		default:
			return false;
	}
	return true;
}

/*
 * A field of a local time; moment: the same, for the epoch.
 */
static bool
part_of_timestamp(int field, Timestamp moment, Timestamp local, Part *part)
{
	int64		day;

	if (field == DTK_EPOCH)
	{
		const int64 epoch = (int64) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * USECS_PER_DAY;

		if (pg_add_s64_overflow(moment, epoch, &part->number))
			return false;
		part->real = part->number / 1000000.0;
		return true;
	}
	/* In some zones, the first and last days are not all there. */
	if (!IS_VALID_TIMESTAMP(local))
		return false;
	day = rs_day_of(local);
	return part_of_time(field, local - day * USECS_PER_DAY, part) || part_of_day(field, (int32) day, part);
}

static bool
part_of_interval(int field, const Interval *interval, Part *part)
{
	int64		time = interval->time;
	int			year = interval->month / MONTHS_PER_YEAR;
	int			month = interval->month % MONTHS_PER_YEAR;
	int			second = (int) (time % USECS_PER_MINUTE / USECS_PER_SEC);
	int			fraction = (int) (time % USECS_PER_SEC);
	int64		seconds;

	switch (field)
	{
		case DTK_DAY:
			part->number = interval->day;
			break;
		case DTK_MONTH:
			part->number = month;
			break;
		case DTK_QUARTER:
			part->number = month / 3 + 1;
			break;
		case DTK_YEAR:
			part->number = year;
			break;
		case DTK_DECADE:
			part->number = year / 10;
			break;
		case DTK_CENTURY:
			part->number = year / 100;
			break;
		case DTK_MILLENNIUM:
			part->number = year / 1000;
			break;
		case DTK_EPOCH:
			part->real = time / 1000000.0;
			part->real += ((double) DAYS_PER_YEAR * SECS_PER_DAY) * year;
			part->real += ((double) DAYS_PER_MONTH * SECS_PER_DAY) * month;
			part->real += ((double) SECS_PER_DAY) * interval->day;
			/* A year has a quarter of a day. */
			seconds = ((int64) (4 * DAYS_PER_YEAR) * year + (int64) (4 * DAYS_PER_MONTH) * month +
					   (int64) 4 * interval->day) * (SECS_PER_DAY / 4);
			return !pg_mul_s64_overflow(seconds, USECS_PER_SEC, &part->number) &&
				!pg_add_s64_overflow(part->number, time, &part->number);
		case DTK_MILLISEC:
			part->number = time % USECS_PER_MINUTE;
			part->real = second * 1000.0 + fraction / 1000.0;
			break;
		case DTK_SECOND:
			part->number = time % USECS_PER_MINUTE;
			part->real = second + fraction / 1000000.0;
			break;
		default:
			return part_of_time(field, time, part);
	}
	return true;
}

typedef enum Source
{
	OF_DATE,
	OF_TIME,
	OF_TIMESTAMP,
	OF_TIMESTAMPTZ,
	OF_INTERVAL
} Source;

/*
 * The field of one row; false: PostgreSQL's function knows.
 */
static bool
part_of_row(Source source, int field, const RsVector *vector, uint32 row, RsTimeZone *zone, Part *part)
{
	Interval	interval;
	int64		value;

	switch (source)
	{
		case OF_DATE:
			value = ((DateADT *) vector->data)[row];
			if (DATE_NOT_FINITE(value))
				return false;
			if (field == DTK_EPOCH)
				part->number = (value + POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * SECS_PER_DAY;
			else if (field == DTK_JULIAN)
				part->number = value + POSTGRES_EPOCH_JDATE;
			else
				return part_of_day(field, (int32) value, part);
			return true;
		case OF_TIME:
			value = ((TimeADT *) vector->data)[row];
			part->number = value;
			part->real = value / 1000000.0;
			return field == DTK_EPOCH || part_of_time(field, value, part);
		case OF_INTERVAL:
			memcpy(&interval, DatumGetPointer(((Datum *) vector->data)[row]), sizeof(interval));
			return part_of_interval(field, &interval, part);
		default:
			value = ((Timestamp *) vector->data)[row];
			if (TIMESTAMP_NOT_FINITE(value))
				return false;
			return part_of_timestamp(field, value,
								  zone != NULL ? value + rs_zone_offset(zone, value) : value, part);
	}
}

/*
 * The days of a vector's rows, NULLs apart; NULL: one is infinite, or before year 1.
 */
static const int32 *
days_of(RsRows *rows, Source source, const RsVector *vector, const uint8 *null)
{
	int32	   *days = rs_arena_alloc(rows->arena, rows->n * sizeof(int32));
	uint32		i;

	for (i = 0; i < rows->n; i++)
	{
		uint32		row = vector->constant ? 0 : i;
		int64		day;

		if (source == OF_DATE)
			day = ((DateADT *) vector->data)[row];
		else
			day = rs_day_of(((Timestamp *) vector->data)[row]);
		if (null != NULL && null[i])
			day = 0;
		/* Infinite timestamps are far more days away than the last date is. */
		if (day < RS_FIRST_DAY || day >= DATE_END_JULIAN - POSTGRES_EPOCH_JDATE)
			return NULL;
		days[i] = (int32) day;
	}
	return days;
}

/*
 * The fields that are asked for most: year, quarter, month, day.
 */
static bool
civil_parts(RsRows *rows, Source source, int field, const RsVector *vector, RsVector *result)
{
	int32	   *parts[3];
	const int32 *days;
	const int32 *part;
	uint32		i;
	int			p;

	if ((source != OF_DATE && source != OF_TIMESTAMP) ||
		(field != DTK_YEAR && field != DTK_QUARTER && field != DTK_MONTH && field != DTK_DAY) ||
		(days = days_of(rows, source, vector, result->null)) == NULL)
		return false;
	for (p = 0; p < 3; p++)
		parts[p] = rs_arena_alloc(rows->arena, rows->n * sizeof(int32));
	rs_civil_days(days, rows->n, parts[0], parts[1], parts[2]);
	part = parts[field == DTK_YEAR ? 0 : field == DTK_DAY ? 2 : 1];
	for (i = 0; i < rows->n; i++)
	{
		int			number = field == DTK_QUARTER ? (part[i] - 1) / 3 + 1 : part[i];

		if (result->form == RS_FORM_I64)
			((int64 *) result->data)[i] = number;
		else
			((double *) result->data)[i] = number;
	}
	return true;
}

/*
 * variant: the type a field is taken of.
 */
static RsVector *
part_kernel(RsExpr *expr, RsRows *rows, const RsVector **args)
{
	Source		source = (Source) expr->variant;
	int			field = rs_decode_field(rows, args[0], true);
	int			scale = scale_of_field(field, source == OF_DATE);
	RsTimeZone *zone = source == OF_TIMESTAMPTZ ? rs_time_zone(expr) : NULL;
	bool		numeric = expr->type.is_numeric;
	RsVector   *result;
	uint32		i;

	if (field < 0)
		return NULL;
	result = rs_vector_create(rows->arena, numeric ? RS_FORM_I64 : RS_FORM_F64, rows->n);
	result->null = rs_null_union(rows, args, 2);
	result->scale = (int16) (numeric ? scale : 0);
	if (civil_parts(rows, source, field, args[1], result))
		return result;
	for (i = 0; i < rows->n; i++)
	{
		Part		part = {0, 0};

		if ((result->null == NULL || !result->null[i]) &&
			!part_of_row(source, field, args[1], args[1]->constant ? 0 : i, zone, &part))
			return NULL;
		if (numeric)
			((int64 *) result->data)[i] = part.number;
		else
			((double *) result->data)[i] = scale > 0 ? part.real : (double) part.number;
	}
	return result;
}

/* ---------------------------------------------------------------------
 * date_trunc
 * ---------------------------------------------------------------------
 */

/* The first day of the month that a field begins with, in days since 2000. */
static int64
first_day(int field, int64 day)
{
	int			year;
	int			month;
	int			mday;

	j2date((int) day + POSTGRES_EPOCH_JDATE, &year, &month, &mday);
	switch (field)
	{
		case DTK_MONTH:
			return day - (mday - 1);
		case DTK_QUARTER:
			month = (month - 1) / 3 * 3 + 1;
			break;
		case DTK_DECADE:
			year = year > 0 ? year / 10 * 10 : -((8 - (year - 1)) / 10) * 10;
			month = 1;
			break;
		case DTK_MILLENNIUM:
			year = year > 0 ? (year + 999) / 1000 * 1000 - 999 : -((999 - (year - 1)) / 1000) * 1000 + 1;
			/* FALLTHROUGH */
		case DTK_CENTURY:
			year = year > 0 ? (year + 99) / 100 * 100 - 99 : -((99 - (year - 1)) / 100) * 100 + 1;
			/* FALLTHROUGH */
		default:
			month = 1;
	}
	return date2j(year, month, 1) - POSTGRES_EPOCH_JDATE;
}

static Timestamp
truncate_local(int field, Timestamp local)
{
	int64		day = rs_day_of(local);
	int64		time = local - day * USECS_PER_DAY;

	switch (field)
	{
		case DTK_MICROSEC:
			return local;
		case DTK_MILLISEC:
			return local - time % 1000;
		case DTK_SECOND:
			return local - time % USECS_PER_SEC;
		case DTK_MINUTE:
			return local - time % USECS_PER_MINUTE;
		case DTK_HOUR:
			return local - time % USECS_PER_HOUR;
		case DTK_DAY:
			return local - time;
		case DTK_WEEK:
			/* Julian day 0 is a Monday. */
			return (day - (day + POSTGRES_EPOCH_JDATE) % 7) * USECS_PER_DAY;
		default:
			return first_day(field, day) * USECS_PER_DAY;
	}
}

static bool
can_truncate(int field)
{
	switch (field)
	{
		case DTK_MICROSEC:
		case DTK_MILLISEC:
		case DTK_SECOND:
		case DTK_MINUTE:
		case DTK_HOUR:
		case DTK_DAY:
		case DTK_WEEK:
		case DTK_MONTH:
		case DTK_QUARTER:
		case DTK_YEAR:
		case DTK_DECADE:
		case DTK_CENTURY:
		case DTK_MILLENNIUM:
			return true;
		default:
			return false;
	}
}

/*
 * Of a moment: what is a part of a day keeps its offset, anything longer has that
 * of its own beginning.
 */
static TimestampTz
truncate_moment(RsTimeZone *zone, int field, TimestampTz moment)
{
	int64		offset = rs_zone_offset(zone, moment);
	Timestamp	local = moment + offset;
	Timestamp	truncated;

	if (!IS_VALID_TIMESTAMP(local))
		return DT_NOEND;
	truncated = truncate_local(field, local);
	if (field == DTK_HOUR || field == DTK_MINUTE || field == DTK_SECOND || field == DTK_MILLISEC ||
		field == DTK_MICROSEC)
		return truncated - offset;
	return IS_VALID_TIMESTAMP(truncated) ? rs_zone_moment(zone, truncated) : DT_NOEND;
}

static RsVector *
truncate_kernel(RsExpr *expr, RsRows *rows, const RsVector **args)
{
	int			field = rs_decode_field(rows, args[0], false);
	RsTimeZone *zone = NULL;
	RsVector   *result;
	uint32		i;

	if (field < 0 || !can_truncate(field))
		return NULL;
	if (expr->variant == OF_TIMESTAMPTZ)
	{
		zone = expr->nargs == 2 ? rs_time_zone(expr) : rs_time_zone_named(expr, args[2], true);
		if (zone == NULL)
			return NULL;
	}
	result = rs_vector_create(rows->arena, RS_FORM_I64, rows->n);
	result->null = rs_null_union(rows, args, expr->nargs);
	for (i = 0; i < rows->n; i++)
	{
		Timestamp	value = ((Timestamp *) args[1]->data)[args[1]->constant ? 0 : i];

		if (result->null != NULL && result->null[i])
			value = 0;
		else if (!TIMESTAMP_NOT_FINITE(value))
		{
			value = zone != NULL ? truncate_moment(zone, field, value) : truncate_local(field, value);
			if (!IS_VALID_TIMESTAMP(value))
				return NULL;
		}
		((Timestamp *) result->data)[i] = value;
	}
	return result;
}

const RsKernelInfo rs_date_field_kernels[] = {
	{F_EXTRACT_TEXT_DATE, part_kernel, OF_DATE},
	{F_EXTRACT_TEXT_TIME, part_kernel, OF_TIME},
	{F_EXTRACT_TEXT_TIMESTAMP, part_kernel, OF_TIMESTAMP},
	{F_EXTRACT_TEXT_TIMESTAMPTZ, part_kernel, OF_TIMESTAMPTZ},
	{F_EXTRACT_TEXT_INTERVAL, part_kernel, OF_INTERVAL},
	{F_DATE_PART_TEXT_TIME, part_kernel, OF_TIME},
	{F_DATE_PART_TEXT_TIMESTAMP, part_kernel, OF_TIMESTAMP},
	{F_DATE_PART_TEXT_TIMESTAMPTZ, part_kernel, OF_TIMESTAMPTZ},
	{F_DATE_PART_TEXT_INTERVAL, part_kernel, OF_INTERVAL},
	{F_DATE_TRUNC_TEXT_TIMESTAMP, truncate_kernel, OF_TIMESTAMP},
	{F_DATE_TRUNC_TEXT_TIMESTAMPTZ, truncate_kernel, OF_TIMESTAMPTZ},
	{F_DATE_TRUNC_TEXT_TIMESTAMPTZ_TEXT, truncate_kernel, OF_TIMESTAMPTZ},
	{InvalidOid}
};
