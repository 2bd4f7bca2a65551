/*
 * window_functions.c
 *	  Window functions that PostgreSQL has not: IGNORE NULLS, and RATIO_TO_REPORT.
 *
 * lag_ignore_nulls() and lead_ignore_nulls() keep the values around the current row that
 * are not NULL, as many as the offset says, so a partition costs one pass however long its
 * runs of NULLs are.
 *
 * first_value, last_value and nth_value with IGNORE NULLS are aggregates: of a frame that
 * only grows PostgreSQL calls a transition function once a row, and of one that moves it
 * takes away again what has left.  For that there is a queue of the frame's values.
 */
#include "postgres.h"

#include "fmgr.h"
#include "functions/aggregate_context.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "windowapi.h"

PG_FUNCTION_INFO_V1(rs_lag_ignore_nulls);
PG_FUNCTION_INFO_V1(rs_lead_ignore_nulls);
PG_FUNCTION_INFO_V1(rs_ratio_to_report);
PG_FUNCTION_INFO_V1(rs_keep_first);
PG_FUNCTION_INFO_V1(rs_keep_last);
PG_FUNCTION_INFO_V1(rs_nth_add);
PG_FUNCTION_INFO_V1(rs_queue_add);
PG_FUNCTION_INFO_V1(rs_queue_remove);
PG_FUNCTION_INFO_V1(rs_queue_first);
PG_FUNCTION_INFO_V1(rs_queue_last);
PG_FUNCTION_INFO_V1(rs_queue_nth);

/* ---------------------------------------------------------------------
 * A queue of values
 * ---------------------------------------------------------------------
 */

typedef struct Queue
{
	int16		length;
	bool		by_value;
	int64		nth;			/* which one is asked for, of nth_value */
	Datum	   *values;			/* those from first on count */
	int64	   *places;			/* their rows' numbers, where these are wanted */
	int64		first;
	int64		n;
	int64		room;
} Queue;

static Queue *
new_queue(FunctionCallInfo fcinfo, int argument, MemoryContext context, bool with_places)
{
	Queue	   *q = MemoryContextAllocZero(context, sizeof(Queue));
	Oid			type = get_fn_expr_argtype(fcinfo->flinfo, argument);

	if (!OidIsValid(type))
		elog(ERROR, "could not determine the type of the argument");
	get_typlenbyval(type, &q->length, &q->by_value);
	q->room = 8;
	q->values = MemoryContextAlloc(context, sizeof(Datum) * q->room);
	if (with_places)
		q->places = MemoryContextAlloc(context, sizeof(int64) * q->room);
	return q;
}

static void
queue_add(Queue *q, Datum value, int64 place)
{
	MemoryContext old = MemoryContextSwitchTo(GetMemoryChunkContext(q));

	if (q->first + q->n == q->room)
	{
		/* Half of it has left: there is room, once the rest has moved. */
		if (q->first >= q->room / 2)
		{
			memmove(q->values, q->values + q->first, sizeof(Datum) * q->n);
			if (q->places != NULL)
				memmove(q->places, q->places + q->first, sizeof(int64) * q->n);
			q->first = 0;
		}
		else
		{
			q->room *= 2;
			q->values = repalloc_huge(q->values, sizeof(Datum) * q->room);
			if (q->places != NULL)
				q->places = repalloc_huge(q->places, sizeof(int64) * q->room);
		}
	}
	if (q->places != NULL)
		q->places[q->first + q->n] = place;
	q->values[q->first + q->n++] = datumCopy(value, q->by_value, q->length);
	MemoryContextSwitchTo(old);
}

static void
queue_remove(Queue *q)
{
	if (!q->by_value)
		pfree(DatumGetPointer(q->values[q->first]));
	q->first++;
	q->n--;
}

/* ---------------------------------------------------------------------
 * LAG, LEAD
 * ---------------------------------------------------------------------
 */

/*
 * What a partition's context holds: values before the current row, or behind it.  Without
 * context, NULL: the partition begins.
 */
typedef struct Around
{
	Queue	   *queue;
	int64		read;			/* rows that were looked at */
	bool		at_end;
} Around;

static Around *
around_row(FunctionCallInfo fcinfo, WindowObject window)
{
	Around	   *around = WinGetPartitionLocalMemory(window, sizeof(Around));

	if (around->queue == NULL)
		around->queue = new_queue(fcinfo, 0, GetMemoryChunkContext(around), true);
	return around;
}

static int64
offset_argument(FunctionCallInfo fcinfo, WindowObject window)
{
	bool		isnull;
	int64		offset = 1;

	if (PG_NARGS() > 1)
	{
		offset = DatumGetInt32(WinGetFuncArgCurrent(window, 1, &isnull));
		if (isnull)
			return -1;
		if (offset < 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_ARGUMENT_FOR_NTH_VALUE),
					 errmsg("offset of lag and lead must not be negative")));
	}
	return offset;
}

/*
 * The value of the row itself.
 */
static Datum
current_value(FunctionCallInfo fcinfo, WindowObject window)
{
	bool		isnull;
	Datum		value = WinGetFuncArgCurrent(window, 0, &isnull);

	if (isnull)
		PG_RETURN_NULL();
	return value;
}

/*
 * lag_ignore_nulls(value [, offset]): rows are asked for in order, and each once, so what
 * was read stays behind.  The whole partition's values are kept if the offset may differ.
 */
Datum
rs_lag_ignore_nulls(PG_FUNCTION_ARGS)
{
	WindowObject window = PG_WINDOW_OBJECT();
	Around	   *around = around_row(fcinfo, window);
	Queue	   *q = around->queue;
	int64		current = WinGetCurrentPosition(window);
	int64		offset = offset_argument(fcinfo, window);
	bool		fixed = PG_NARGS() == 1 || get_fn_expr_arg_stable(fcinfo->flinfo, 1);

	while (around->read < current)
	{
		bool		isnull;
		bool		isout;
		Datum		value = WinGetFuncArgInPartition(window, 0, around->read, WINDOW_SEEK_HEAD, fixed,
													 &isnull, &isout);

		around->read++;
		if (isnull || isout)
			continue;
		queue_add(q, value, around->read - 1);
		if (fixed && q->n > offset)
			queue_remove(q);
	}
	if (offset == 0)
		return current_value(fcinfo, window);
	if (offset < 0 || q->n < offset)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(q->values[q->first + q->n - offset]);
}

/*
 * lead_ignore_nulls(value [, offset])
 */
Datum
rs_lead_ignore_nulls(PG_FUNCTION_ARGS)
{
	WindowObject window = PG_WINDOW_OBJECT();
	Around	   *around = around_row(fcinfo, window);
	Queue	   *q = around->queue;
	int64		current = WinGetCurrentPosition(window);
	int64		offset = offset_argument(fcinfo, window);

	while (q->n > 0 && q->places[q->first] <= current)
		queue_remove(q);
	around->read = Max(around->read, current + 1);
	while (q->n < offset && !around->at_end)
	{
		bool		isnull;
		bool		isout;
		Datum		value = WinGetFuncArgInPartition(window, 0, around->read, WINDOW_SEEK_HEAD, false,
													 &isnull, &isout);

		CHECK_FOR_INTERRUPTS();
		around->at_end = isout;
		if (!isnull && !isout)
			queue_add(q, value, around->read);
		around->read++;
	}
	if (offset == 0)
		return current_value(fcinfo, window);
	if (offset < 0 || q->n < offset)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(q->values[q->first + offset - 1]);
}

/* ---------------------------------------------------------------------
 * RATIO_TO_REPORT
 * ---------------------------------------------------------------------
 */

typedef struct Total
{
	bool		known;
	double		sum;
} Total;

/*
 * A value's part of the sum of the partition's values; NULL if that is zero.
 */
Datum
rs_ratio_to_report(PG_FUNCTION_ARGS)
{
	WindowObject window = PG_WINDOW_OBJECT();
	Total	   *total = WinGetPartitionLocalMemory(window, sizeof(Total));
	bool		isnull;
	Datum		value;

	if (!total->known)
	{
		int64		rows = WinGetPartitionRowCount(window);
		int64		i;

		for (i = 0; i < rows; i++)
		{
			bool		isout;

			CHECK_FOR_INTERRUPTS();
			value = WinGetFuncArgInPartition(window, 0, i, WINDOW_SEEK_HEAD, false, &isnull, &isout);
			if (!isnull && !isout)
				total->sum += DatumGetFloat8(value);
		}
		total->known = true;
	}
	value = WinGetFuncArgCurrent(window, 0, &isnull);
	if (isnull || total->sum == 0)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(DatumGetFloat8(value) / total->sum);
}

/* ---------------------------------------------------------------------
 * FIRST_VALUE, LAST_VALUE, NTH_VALUE; ANY_VALUE
 * ---------------------------------------------------------------------
 */

/*
 * Transitions of values that are not NULL; the first of them is the state to begin with.
 */
Datum
rs_keep_first(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATUM(PG_GETARG_DATUM(0));
}

Datum
rs_keep_last(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATUM(PG_GETARG_DATUM(1));
}

static Queue *
state_argument(FunctionCallInfo fcinfo)
{
	MemoryContext context = rs_aggregate_context(fcinfo);

	return PG_ARGISNULL(0) ? new_queue(fcinfo, 1, context, false) : (Queue *) PG_GETARG_POINTER(0);
}

static void
set_nth(Queue *q, FunctionCallInfo fcinfo)
{
	if (PG_NARGS() <= 2 || PG_ARGISNULL(2))
		return;
	q->nth = PG_GETARG_INT64(2);
	if (q->nth <= 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_ARGUMENT_FOR_NTH_VALUE),
				 errmsg("argument of nth_value must be greater than zero")));
}

/*
 * (state, value, n), of a frame that only grows: what comes behind the nth is not kept.
 */
Datum
rs_nth_add(PG_FUNCTION_ARGS)
{
	Queue	   *q = state_argument(fcinfo);

	set_nth(q, fcinfo);
	if (!PG_ARGISNULL(1) && q->n < q->nth)
		queue_add(q, PG_GETARG_DATUM(1), 0);
	PG_RETURN_POINTER(q);
}

/*
 * (state, value [, n]), of a frame that moves.
 */
Datum
rs_queue_add(PG_FUNCTION_ARGS)
{
	Queue	   *q = state_argument(fcinfo);

	set_nth(q, fcinfo);
	if (!PG_ARGISNULL(1))
		queue_add(q, PG_GETARG_DATUM(1), 0);
	PG_RETURN_POINTER(q);
}

Datum
rs_queue_remove(PG_FUNCTION_ARGS)
{
	Queue	   *q = state_argument(fcinfo);

	if (!PG_ARGISNULL(1) && q->n > 0)
		queue_remove(q);
	PG_RETURN_POINTER(q);
}

static Datum
queue_value(FunctionCallInfo fcinfo, Queue *q, int64 number)
{
	if (q == NULL || number < 0 || number >= q->n)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(q->values[q->first + number]);
}

static Queue *
final_argument(FunctionCallInfo fcinfo)
{
	return PG_ARGISNULL(0) ? NULL : (Queue *) PG_GETARG_POINTER(0);
}

Datum
rs_queue_first(PG_FUNCTION_ARGS)
{
	return queue_value(fcinfo, final_argument(fcinfo), 0);
}

Datum
rs_queue_last(PG_FUNCTION_ARGS)
{
	Queue	   *q = final_argument(fcinfo);

	return queue_value(fcinfo, q, q == NULL ? -1 : q->n - 1);
}

Datum
rs_queue_nth(PG_FUNCTION_ARGS)
{
	Queue	   *q = final_argument(fcinfo);

	return queue_value(fcinfo, q, q == NULL ? -1 : q->nth - 1);
}
