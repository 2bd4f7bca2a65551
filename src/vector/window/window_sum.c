/*
 * window_sum.c
 *	  count, sum and avg of integers and numerics, bool_and and bool_or, over frames.
 *
 * Sums are exact integers of 128 bits, so what leaves a frame can be subtracted: a sum slides
 * along with the frame's bounds, and another one with those of the rows left out of it.
 *
 * That takes values which are integers of one scale.  Once a numeric is none, or a sum does
 * not fit, the function goes over to PostgreSQL's own functions: to numeric_add() where
 * frames only grow, whose first rows may be gone by then, else to those for moving frames
 * (window_moving.c), which begin with the frame.
 */
#include "postgres.h"

#include "encoding/numeric.h"
#include "miscadmin.h"
#include "utils/datum.h"
#include "utils/fmgroids.h"
#include "utils/fmgrprotos.h"
#include "utils/memutils.h"
#include "utils/numeric.h"
#include "vector/window/window_functions.h"

typedef enum SumKind
{
	SUM_NONE,
	SUM_COUNT_ROWS,
	SUM_COUNT,
	SUM_SUM,
	SUM_AVG,
	SUM_AND,
	SUM_OR
} SumKind;

/* The sum of rows [from, to). */
typedef struct SlidingSum
{
	int64		from;
	int64		to;
	int64		count;			/* of values that are not NULL */
	int128		sum;
} SlidingSum;

typedef struct Sum
{
	SumKind		kind;
	bool		is_numeric;
	bool		any_scale;
	int16		scale;			/* of sums of numerics */
	SlidingSum	all;			/* of the frame, */
	SlidingSum	out;			/* and of what is left out of it */
	/* sums of numerics that do not fit, of frames that only grow */
	bool		adds;
	MemoryContext contexts[2];
	int			current;
	Datum		numeric_sum;	/* all.count is 0: none */
} Sum;

static SumKind
sum_kind(Oid function)
{
	switch (function)
	{
		case F_COUNT_:
			return SUM_COUNT_ROWS;
		case F_COUNT_ANY:
			return SUM_COUNT;
		case F_SUM_INT2:
		case F_SUM_INT4:
		case F_SUM_INT8:
		case F_SUM_NUMERIC:
			return SUM_SUM;
		case F_AVG_INT2:
		case F_AVG_INT4:
		case F_AVG_INT8:
		case F_AVG_NUMERIC:
			return SUM_AVG;
		case F_BOOL_AND:
		case F_EVERY:
			return SUM_AND;
		case F_BOOL_OR:
			return SUM_OR;
		default:
			return SUM_NONE;
	}
}

/* ---------------------------------------------------------------------
 * Sliding
 * ---------------------------------------------------------------------
 */

static inline bool
passes(const RsVector *filter, uint32 row)
{
	return filter == NULL ||
		(!(filter->null != NULL && filter->null[row]) && ((uint8 *) filter->data)[row]);
}

#define ADD_ALL(type) \
	do { \
		const type *data_ = values->data; \
		for (i = first; i < end; i++) \
			if (!(values->null != NULL && values->null[i]) && passes(filter, i)) \
			{ \
				count++; \
				sum += data_[i]; \
			} \
	} while (0)

/*
 * Rows [first, end) of a page; false if values are no integers of the scale, or their sum
 * does not fit.
 */
static bool
add_page(Sum *own, const RsVector *values, const RsVector *filter, uint32 first, uint32 end,
		 int64 *total_count, int128 *total)
{
	int64		count = 0;
	int128		sum = 0;
	uint32		i;

	if (own->kind <= SUM_COUNT)
	{
		for (i = first; i < end; i++)
			count += !(values != NULL && values->null != NULL && values->null[i]) &&
				passes(filter, i);
		*total_count += count;
		return true;
	}
	if (own->is_numeric)
	{
		if (values->null != NULL && memchr(values->null + first, 0, end - first) == NULL)
			return true;
		if (values->form == RS_FORM_REF || values->scales != NULL)
			return false;
		if (!own->any_scale)
			own->scale = values->scale;
		own->any_scale = true;
		if (values->scale != own->scale)
			return false;
	}
	/* No more than a page of 64-bit integers: these do not overflow. */
	switch (values->form)
	{
		case RS_FORM_I8:
			ADD_ALL(int8);
			break;
		case RS_FORM_I16:
			ADD_ALL(int16);
			break;
		case RS_FORM_I32:
			ADD_ALL(int32);
			break;
		case RS_FORM_I64:
			ADD_ALL(int64);
			break;
		case RS_FORM_I128:
			for (i = first; i < end; i++)
			{
				if (values->null != NULL && values->null[i])
					continue;
				if (!passes(filter, i))
					continue;
				count++;
				if (__builtin_add_overflow(sum, ((int128 *) values->data)[i], &sum))
					return false;
			}
			break;
		default:
			return false;
	}
	*total_count += count;
	return !__builtin_add_overflow(*total, sum, total);
}

static bool
sum_range(RsWindowFunction *function, RsWindowRows *rows, int64 from, int64 to, int64 *count,
		  int128 *sum)
{
	Sum		   *own = function->own;

	*count = 0;
	*sum = 0;
	if (own->kind == SUM_COUNT_ROWS && function->filter == NULL)
	{
		*count = to - from;
		return true;
	}
	while (from < to)
	{
		RsWindowPage *page;
		int64		end;
		const RsVector *values;
		const RsVector *filter;

		CHECK_FOR_INTERRUPTS();
		rs_window_rows_limit(rows);
		page = rs_window_page(rows, from);
		end = Min(to, page->first + page->n);
		values = function->nargs == 0 ? NULL : &page->columns[function->args[0].column];
		filter = function->filter == NULL ? NULL : &page->columns[function->filter->column];
		if (!add_page(own, values, filter, (uint32) (from - page->first),
					  (uint32) (end - page->first), count, sum))
			return false;
		from = end;
	}
	return true;
}

/*
 * Move a sum on to rows [from, to); false if that cannot be told.
 */
static bool
slide(RsWindowFunction *function, RsWindowRows *rows, SlidingSum *sum, int64 from, int64 to)
{
	int64		count;
	int128		change;

	if (from >= to)
		to = from;
	if (from >= sum->to || from < sum->from || to < sum->to)
	{
		sum->from = sum->to = from;
		sum->count = 0;
		sum->sum = 0;
	}
	if (to > sum->to)
	{
		if (!sum_range(function, rows, sum->to, to, &count, &change) ||
			__builtin_add_overflow(sum->sum, change, &sum->sum))
			return false;
		sum->count += count;
		sum->to = to;
	}
	if (from > sum->from)
	{
		if (!sum_range(function, rows, sum->from, from, &count, &change) ||
			__builtin_sub_overflow(sum->sum, change, &sum->sum))
			return false;
		sum->count -= count;
		sum->from = from;
	}
	return true;
}

/*
 * Count and sum of row i's frame.
 */
static bool
find_sum(RsWindowFunction *function, const RsWindowBlock *block, uint32 i, int64 *count,
		 int128 *sum)
{
	Sum		   *own = function->own;
	int64		row = block->first + i;
	int64		start = block->frame_start[i];
	int64		end = block->frame_end[i];
	int64		row_count;
	int128		row_sum;
	bool		within = row >= start && row < end;

	if (!slide(function, block->rows, &own->all, start, end))
		return false;
	*count = own->all.count;
	*sum = own->all.sum;
	if (!(block->options & FRAMEOPTION_EXCLUSION))
		return true;
	if (!(block->options & FRAMEOPTION_EXCLUDE_CURRENT_ROW))
	{
		int64		out_start = Max(start, block->peer_start[i]);
		int64		out_end = Min(end, block->peer_end[i]);

		if (!slide(function, block->rows, &own->out, out_start, out_end) ||
			__builtin_sub_overflow(*sum, own->out.sum, sum))
			return false;
		*count -= own->out.count;
	}
	if (!within || (block->options & FRAMEOPTION_EXCLUDE_GROUP))
		return true;
	if (!sum_range(function, block->rows, row, row + 1, &row_count, &row_sum))
		return false;
	if (block->options & FRAMEOPTION_EXCLUDE_TIES)
	{
		*count += row_count;
		return !__builtin_add_overflow(*sum, row_sum, sum);
	}
	*count -= row_count;
	return !__builtin_sub_overflow(*sum, row_sum, sum);
}

/* ---------------------------------------------------------------------
 * Results
 * ---------------------------------------------------------------------
 */

/*
 * avg(), as PostgreSQL divides.
 */
static Datum
divide(Datum sum, int64 count)
{
	return DirectFunctionCall2(numeric_div, sum, NumericGetDatum(int64_to_numeric(count)));
}

static RsForm
result_form(const RsWindowFunction *function)
{
	switch (((Sum *) function->own)->kind)
	{
		case SUM_AND:
		case SUM_OR:
			return RS_FORM_I8;
		case SUM_AVG:
			return RS_FORM_REF;
		case SUM_SUM:
			return function->type.is_numeric ? RS_FORM_I128 : RS_FORM_I64;
		default:
			return RS_FORM_I64;
	}
}

static void
set_result(RsWindowFunction *function, const RsWindowBlock *block, RsVector *vector, uint32 i,
		   int64 count, int128 sum)
{
	Sum		   *own = function->own;

	if (vector->null != NULL)
		vector->null[i] = count == 0;
	switch (own->kind)
	{
		case SUM_AND:
			((uint8 *) vector->data)[i] = sum == count;
			break;
		case SUM_OR:
			((uint8 *) vector->data)[i] = sum > 0;
			break;
		case SUM_AVG:
			((Datum *) vector->data)[i] = count == 0 ? (Datum) 0 :
				divide(rs_numeric_from_int128(sum, own->scale), count);
			break;
		case SUM_SUM:
			if (function->type.is_numeric)
				((int128 *) vector->data)[i] = sum;
			else
				((int64 *) vector->data)[i] = (int64) sum;
			break;
		default:
			((int64 *) vector->data)[i] = count;
	}
}

static bool
compute_exact(RsWindowFunction *function, const RsWindowBlock *block)
{
	Sum		   *own = function->own;
	RsVector   *vector = rs_vector_create(block->arena, result_form(function), block->n);
	MemoryContext old = MemoryContextSwitchTo(block->values);
	bool		fits = true;
	uint32		i;

	if (own->kind > SUM_COUNT)
		vector->null = rs_arena_alloc(block->arena, block->n);
	for (i = 0; i < block->n && fits; i++)
	{
		int64		count;
		int128		sum;

		fits = find_sum(function, block, i, &count, &sum);
		if (fits)
			set_result(function, block, vector, i, count, sum);
		if (i % 64 == 0)
			CHECK_FOR_INTERRUPTS();
	}
	if (own->kind == SUM_SUM && own->is_numeric)
		vector->scale = own->scale;
	MemoryContextSwitchTo(old);
	function->vector = vector;
	return fits;
}

/* ---------------------------------------------------------------------
 * Numerics that do not fit
 * ---------------------------------------------------------------------
 */

static void
add_numeric(RsWindowFunction *function, RsWindowRows *rows, int64 position)
{
	Sum		   *own = function->own;
	RsWindowPage *page = rs_window_page(rows, position);
	uint32		row = (uint32) (position - page->first);
	const RsVector *values = &page->columns[function->args[0].column];
	MemoryContext old;
	bool		isnull;
	Datum		value;

	if (rs_vector_is_null(values, row) ||
		(function->filter != NULL && !passes(&page->columns[function->filter->column], row)))
		return;
	/* Those of before stay until the new sum is made of them. */
	old = MemoryContextSwitchTo(own->contexts[1 - own->current]);
	value = rs_vector_datum(values, &function->args[0].expr->type, row, &isnull);
	if (own->all.count++ == 0)
		own->numeric_sum = datumCopy(value, false, -1);
	else
		own->numeric_sum = DirectFunctionCall2(numeric_add, own->numeric_sum, value);
	MemoryContextReset(own->contexts[own->current]);
	own->current = 1 - own->current;
	MemoryContextSwitchTo(old);
}

static void
compute_added(RsWindowFunction *function, const RsWindowBlock *block)
{
	Sum		   *own = function->own;
	RsVector   *vector = rs_vector_create(block->arena, RS_FORM_REF, block->n);
	Datum	   *result = vector->data;
	MemoryContext old = MemoryContextSwitchTo(block->values);
	uint32		i;

	vector->null = rs_arena_alloc(block->arena, block->n);
	for (i = 0; i < block->n; i++)
	{
		if (block->frame_start[i] != own->all.from)
		{
			own->all.from = own->all.to = block->frame_start[i];
			own->all.count = 0;
		}
		for (; own->all.to < block->frame_end[i]; own->all.to++)
		{
			add_numeric(function, block->rows, own->all.to);
			if (own->all.to % 1024 == 0)
			{
				CHECK_FOR_INTERRUPTS();
				rs_window_rows_limit(block->rows);
			}
		}
		vector->null[i] = own->all.count == 0;
		if (own->all.count > 0)
			result[i] = own->kind == SUM_AVG ? divide(own->numeric_sum, own->all.count) :
				datumCopy(own->numeric_sum, false, -1);
		CHECK_FOR_INTERRUPTS();
	}
	MemoryContextSwitchTo(old);
	function->vector = vector;
}

static void
begin_adding(RsWindowFunction *function, const SlidingSum *before)
{
	Sum		   *own = function->own;
	MemoryContext old = MemoryContextSwitchTo(own->contexts[own->current]);

	own->all = *before;
	own->adds = true;
	if (own->all.count > 0)
		own->numeric_sum = rs_numeric_from_int128(own->all.sum, own->scale);
	MemoryContextSwitchTo(old);
}

static void
compute(RsWindowFunction *function, const RsWindowBlock *block)
{
	Sum		   *own = function->own;
	SlidingSum	before = own->all;

	if (!own->adds && compute_exact(function, block))
		return;
	if (!rs_window_grows(block->options))
	{
		/* From here on, and for this block. */
		if (!rs_window_moving_init(function) && !rs_window_aggregate_init(function))
			elog(ERROR, "aggregate %u has no other states", function->node->winfnoid);
		function->methods->compute(function, block);
		return;
	}
	if (!own->adds)
		begin_adding(function, &before);
	compute_added(function, block);
}

static int64
keep(RsWindowFunction *function, const RsWindowBlock *block)
{
	return rs_window_frame_keep(block);
}

static void
reset(RsWindowFunction *function)
{
	Sum		   *own = function->own;

	memset(&own->all, 0, sizeof(SlidingSum));
	memset(&own->out, 0, sizeof(SlidingSum));
	own->adds = own->any_scale = false;
}

static const RsWindowMethods methods = {.compute = compute, .keep = keep, .reset = reset};

bool
rs_window_sum_init(RsWindowFunction *function)
{
	SumKind		kind = function->node->winagg ? sum_kind(function->node->winfnoid) : SUM_NONE;
	Sum		   *own;
	int			c;

	if (kind == SUM_NONE || !rs_window_stored(function))
		return false;
	rs_window_check_aggregate(function);
	own = function->own = palloc0(sizeof(Sum));
	own->kind = kind;
	own->is_numeric = function->nargs > 0 && function->args[0].expr->type.is_numeric;
	for (c = 0; own->is_numeric && c < 2; c++)
		own->contexts[c] = AllocSetContextCreate(function->op->env.context, "redshift window sum",
												 ALLOCSET_SMALL_SIZES);
	function->needs = RS_NEED_FRAME;
	function->methods = &methods;
	return true;
}
