/*
 * interval.c
 *	  Kernels that make intervals, and compare them.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/int.h"
#include "datatype/timestamp.h"
#include "utils/datetime.h"
#include "utils/fmgroids.h"
#include "utils/timestamp.h"
#include "vector/kernel/kernel.h"

static inline bool
is_null(const RsVector *result, uint32 row)
{
	return result->null != NULL && result->null[row];
}

static inline Interval
interval_at(const RsVector *vector, uint32 row)
{
	Interval	interval;

	memcpy(&interval, DatumGetPointer(((Datum *) vector->data)[vector->constant ? 0 : row]),
		   sizeof(Interval));
	return interval;
}

/*
 * A vector of intervals, all of which are in one array.
 */
static RsVector *
create_intervals(RsRows *rows, const RsVector **args, int nargs, Interval **intervals)
{
	RsVector   *result = rs_vector_create(rows->arena, RS_FORM_REF, rows->n);
	uint32		i;

	result->null = rs_null_union(rows, args, nargs);
	*intervals = rs_arena_alloc(rows->arena, rows->n * sizeof(Interval));
	memset(*intervals, 0, rows->n * sizeof(Interval));
	for (i = 0; i < rows->n; i++)
		((Datum *) result->data)[i] = PointerGetDatum(&(*intervals)[i]);
	return result;
}

/*
 * Months of 30 days, days of 24 hours.
 */
static int128 *
lengths(RsRows *rows, const RsVector *vector)
{
	uint32		n = vector->constant ? 1 : rows->n;
	int128	   *to = rs_arena_alloc(rows->arena, n * sizeof(int128));
	uint32		i;

	for (i = 0; i < n; i++)
	{
		Interval	interval;

		to[i] = 0;
		if (rs_vector_is_null(vector, i))
			continue;
		interval = interval_at(vector, i);
		to[i] = ((int128) interval.month * DAYS_PER_MONTH + interval.day) * USECS_PER_DAY + interval.time;
	}
	return to;
}

static RsVector *
compare_kernel(RsExpr *expr, RsRows *rows, const RsVector **args)
{
	RsVector   *result = rs_boolean_vector(rows);

	result->null = rs_null_union(rows, args, 2);
	rs_compare_int128((RsCompare) expr->variant, rows->n, lengths(rows, args[0]), args[0]->constant,
					  lengths(rows, args[1]), args[1]->constant, result->data);
	return result;
}

/*
 * The time between two timestamps, or moments, in days and what is left.
 */
static RsVector *
difference_kernel(RsExpr *expr, RsRows *rows, const RsVector **args)
{
	Interval   *to;
	RsVector   *result = create_intervals(rows, args, 2, &to);
	bool		of_times = expr->args[0]->type.typid == TIMEOID;
	uint32		i;

	for (i = 0; i < rows->n; i++)
	{
		int64		a = ((int64 *) args[0]->data)[args[0]->constant ? 0 : i];
		int64		b = ((int64 *) args[1]->data)[args[1]->constant ? 0 : i];

		if (is_null(result, i))
			continue;
		if (!of_times && (TIMESTAMP_NOT_FINITE(a) || TIMESTAMP_NOT_FINITE(b)))
			return NULL;
		if (pg_sub_s64_overflow(a, b, &to[i].time))
			return NULL;
		if (!of_times)
		{
			to[i].day = (int32) (to[i].time / USECS_PER_DAY);
			to[i].time %= USECS_PER_DAY;
		}
	}
	return result;
}

/* + and - (variant). */
static RsVector *
sum_kernel(RsExpr *expr, RsRows *rows, const RsVector **args)
{
	Interval   *to;
	RsVector   *result = create_intervals(rows, args, 2, &to);
	uint32		i;

	for (i = 0; i < rows->n; i++)
	{
		Interval	a;
		Interval	b;

		if (is_null(result, i))
			continue;
		a = interval_at(args[0], i);
		b = interval_at(args[1], i);
		if (expr->variant == '+' ?
			(pg_add_s32_overflow(a.month, b.month, &to[i].month) ||
			 pg_add_s32_overflow(a.day, b.day, &to[i].day) ||
			 pg_add_s64_overflow(a.time, b.time, &to[i].time)) :
			(pg_sub_s32_overflow(a.month, b.month, &to[i].month) ||
			 pg_sub_s32_overflow(a.day, b.day, &to[i].day) ||
			 pg_sub_s64_overflow(a.time, b.time, &to[i].time)))
			return NULL;
	}
	return result;
}

/* -interval */
static RsVector *
negate_kernel(RsExpr *expr, RsRows *rows, const RsVector **args)
{
	Interval   *to;
	RsVector   *result = create_intervals(rows, args, 1, &to);
	uint32		i;

	for (i = 0; i < rows->n; i++)
	{
		Interval	from;

		if (is_null(result, i))
			continue;
		from = interval_at(args[0], i);
		if (pg_sub_s32_overflow(0, from.month, &to[i].month) ||
			pg_sub_s32_overflow(0, from.day, &to[i].day) ||
			pg_sub_s64_overflow(0, from.time, &to[i].time))
			return NULL;
	}
	return result;
}

static RsVector *
time_kernel(RsExpr *expr, RsRows *rows, const RsVector **args)
{
	Interval   *to;
	RsVector   *result = create_intervals(rows, args, 1, &to);
	uint32		i;

	for (i = 0; i < rows->n; i++)
		to[i].time = ((int64 *) args[0]->data)[args[0]->constant ? 0 : i];
	return result;
}

/*
 * Months of a field that a number of months is cut to; 0: it is within a month.
 */
static int32
months_of(int field)
{
	switch (field)
	{
		case DTK_MILLENNIUM:
			return 1000 * MONTHS_PER_YEAR;
		case DTK_CENTURY:
			return 100 * MONTHS_PER_YEAR;
		case DTK_DECADE:
			return 10 * MONTHS_PER_YEAR;
		case DTK_YEAR:
			return MONTHS_PER_YEAR;
		case DTK_QUARTER:
			return MONTHS_PER_YEAR / 4;
		case DTK_MONTH:
			return 1;
		default:
			return 0;
	}
}

/* The same of the time of day; 0: there is no such field. */
static int64
time_of(int field)
{
	switch (field)
	{
		case DTK_DAY:
			return PG_INT64_MAX;
		case DTK_HOUR:
			return USECS_PER_HOUR;
		case DTK_MINUTE:
			return USECS_PER_MINUTE;
		case DTK_SECOND:
			return USECS_PER_SEC;
		case DTK_MILLISEC:
			return 1000;
		case DTK_MICROSEC:
			return 1;
		default:
			return 0;
	}
}

/* date_trunc(): toward zero, each of the interval's parts. */
static RsVector *
truncate_kernel(RsExpr *expr, RsRows *rows, const RsVector **args)
{
	int			field = rs_decode_field(rows, args[0], false);
	int32		months = months_of(field);
	int64		time = time_of(field);
	RsVector   *result;
	Interval   *to;
	uint32		i;

	if (months == 0 && time == 0)
		return NULL;
	result = create_intervals(rows, args, 2, &to);
	for (i = 0; i < rows->n; i++)
	{
		Interval	from;

		if (is_null(result, i))
			continue;
		from = interval_at(args[1], i);
		if (months > 0)
			to[i].month = from.month - from.month % months;
		else
		{
			to[i].month = from.month;
			to[i].day = from.day;
			to[i].time = field == DTK_DAY ? 0 : from.time - from.time % time;
		}
	}
	return result;
}

const RsKernelInfo rs_interval_kernels[] = {
	{F_INTERVAL_EQ, compare_kernel, RS_EQ, true},
	{F_INTERVAL_NE, compare_kernel, RS_NE, true},
	{F_INTERVAL_LT, compare_kernel, RS_LT, true},
	{F_INTERVAL_LE, compare_kernel, RS_LE, true},
	{F_INTERVAL_GT, compare_kernel, RS_GT, true},
	{F_INTERVAL_GE, compare_kernel, RS_GE, true},
	{F_TIMESTAMP_MI, difference_kernel},
	{F_TIMESTAMPTZ_MI, difference_kernel},
	{F_TIME_MI_TIME, difference_kernel},
	{F_INTERVAL_PL, sum_kernel, '+'},
	{F_INTERVAL_MI, sum_kernel, '-'},
	{F_INTERVAL_UM, negate_kernel},
	{F_INTERVAL_TIME, time_kernel, 0, true},
	{F_DATE_TRUNC_TEXT_INTERVAL, truncate_kernel},
	{InvalidOid}
};
