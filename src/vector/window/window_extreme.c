/*
 * window_extreme.c
 *	  min and max over frames that move.
 *
 * Of the rows that entered the frame those are kept that are the extreme of the frame from
 * themselves on: a queue, in which each is better than the next.  A row that enters drops
 * those at the end that it is better than, or equal to; rows that leave the frame are at the
 * front, and so is the result.  Values that are equal may look different (1.0 and 1.00), and
 * PostgreSQL's functions give the last of them; those of char(n) the first.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/fmgroids.h"
#include "utils/memutils.h"
#include "utils/typcache.h"
#include "vector/aggregate/aggregate_catalog.h"
#include "vector/window/window_functions.h"

typedef union Key
{
	int64		integer;
	double		number;
} Key;

typedef struct Candidate
{
	int64		position;
	Key			key;			/* unless values are compared */
} Candidate;

typedef struct Extreme
{
	bool		max;
	bool		earlier;		/* of equal values */
	bool		floats;
	bool		refs;			/* values are compared where they stand */
	bool		is_numeric;
	bool		any_scale;
	int16		scale;			/* of numerics as integers */
	FmgrInfo	compare;
	int64		partition;		/* where it starts */
	int64		to;				/* rows before this have been taken, or passed over */
	/* the queue */
	MemoryContext context;
	Candidate  *queue;
	uint32		first;
	uint32		n;
	uint32		capacity;
} Extreme;

static bool
find_kind(Oid function, Extreme *own)
{
	int			direction = rs_aggregate_extreme(function);

	own->max = direction > 0;
	own->earlier = function == F_MIN_BPCHAR || function == F_MAX_BPCHAR;
	return direction != 0;
}

/* ---------------------------------------------------------------------
 * Comparing
 * ---------------------------------------------------------------------
 */

static Datum
value_at(RsWindowFunction *function, RsWindowRows *rows, int64 position)
{
	RsWindowPage *page = rs_window_page(rows, position);
	bool		isnull;

	return rs_vector_datum(&page->columns[function->args[0].column], &function->args[0].expr->type,
						   (uint32) (position - page->first), &isnull);
}

/*
 * Does a new row's value drop that of a row before it?
 */
static bool
drops(RsWindowFunction *function, const RsWindowBlock *block, const Candidate *new,
	  const Candidate *old)
{
	Extreme    *own = function->own;
	int			order;

	if (own->refs)
		order = DatumGetInt32(FunctionCall2Coll(&own->compare, function->node->inputcollid,
												value_at(function, block->rows, new->position),
												value_at(function, block->rows, old->position)));
	else if (own->floats)
		order = rs_float_order(new->key.number, old->key.number);
	else
		order = (new->key.integer > old->key.integer) - (new->key.integer < old->key.integer);
	if (own->max)
		order = -order;
	return own->earlier ? order < 0 : order <= 0;
}

static void
enqueue(RsWindowFunction *function, const RsWindowBlock *block, const Candidate *candidate)
{
	Extreme    *own = function->own;

	while (own->n > 0 && drops(function, block, candidate, &own->queue[own->first + own->n - 1]))
		own->n--;
	if (own->first + own->n == own->capacity)
	{
		if (own->first > own->capacity / 2)
			memmove(own->queue, own->queue + own->first, own->n * sizeof(Candidate));
		else
		{
			own->capacity = Max(2 * own->capacity, 256);
			own->queue = rs_enlarge(own->context, own->queue,
									(Size) own->capacity * sizeof(Candidate));
			memmove(own->queue, own->queue + own->first, own->n * sizeof(Candidate));
		}
		own->first = 0;
	}
	own->queue[own->first + own->n++] = *candidate;
}

/*
 * The key of a row's value; values are compared from now on if it has none.
 */
static void
find_key(Extreme *own, const RsVector *values, uint32 row, Key *key)
{
	if (own->refs)
		return;
	if (own->is_numeric)
	{
		if (!own->any_scale)
			own->scale = values->scale;
		own->any_scale = true;
		if (values->form != RS_FORM_I64 || values->scales != NULL || values->scale != own->scale)
		{
			own->refs = true;
			return;
		}
	}
	if (values->form == RS_FORM_F64)
		key->number = ((double *) values->data)[row];
	else if (values->form == RS_FORM_F32)
		key->number = ((float4 *) values->data)[row];
	else
		key->integer = rs_vector_int(values, row);
}

/* ---------------------------------------------------------------------
 * The block
 * ---------------------------------------------------------------------
 */

static void
take_rows(RsWindowFunction *function, const RsWindowBlock *block, int64 end)
{
	Extreme    *own = function->own;

	while (own->to < end)
	{
		RsWindowPage *page;
		const RsVector *values;
		const RsVector *filter;
		int64		stop;

		rs_window_rows_limit(block->rows);
		page = rs_window_page(block->rows, own->to);
		values = &page->columns[function->args[0].column];
		filter = function->filter == NULL ? NULL : &page->columns[function->filter->column];
		stop = Min(end, page->first + page->n);
		for (; own->to < stop; own->to++)
		{
			uint32		row = (uint32) (own->to - page->first);
			Candidate	candidate = {.position = own->to};

			if (rs_vector_is_null(values, row) ||
				(filter != NULL && (rs_vector_is_null(filter, row) || !((uint8 *) filter->data)[row])))
				continue;
			find_key(own, values, row, &candidate.key);
			enqueue(function, block, &candidate);
			if (own->refs && own->to % 64 == 0)
			{
				CHECK_FOR_INTERRUPTS();
				MemoryContextReset(block->scratch_values);
			}
		}
		CHECK_FOR_INTERRUPTS();
	}
}

static void
compute(RsWindowFunction *function, const RsWindowBlock *block)
{
	Extreme    *own = function->own;
	int64	   *positions = rs_arena_alloc(block->arena, block->n * sizeof(int64));
	MemoryContext old = MemoryContextSwitchTo(block->scratch_values);
	uint32		i;

	for (i = 0; i < block->n; i++)
	{
		int64		start = block->frame_start[i];
		int64		end = Max(block->frame_end[i], start);

		if (block->partition_start[i] != own->partition)
		{
			own->partition = block->partition_start[i];
			own->first = own->n = 0;
			own->to = start;
		}
		while (own->n > 0 && own->queue[own->first].position < start)
		{
			own->first++;
			own->n--;
		}
		own->to = Max(own->to, start);
		take_rows(function, block, end);
		/* Rows are taken no sooner than they enter a frame, and frames only move on. */
		positions[i] = own->n > 0 && start < end ? own->queue[own->first].position :
			RS_NO_POSITION;
	}
	MemoryContextSwitchTo(old);
	function->positions = positions;
}

static int64
keep(RsWindowFunction *function, const RsWindowBlock *block)
{
	return rs_window_frame_keep(block);
}

static void
reset(RsWindowFunction *function)
{
	Extreme    *own = function->own;

	own->partition = -1;
	own->first = own->n = 0;
}

static const RsWindowMethods methods = {.compute = compute, .keep = keep, .reset = reset};

bool
rs_window_extreme_init(RsWindowFunction *function)
{
	Extreme    *own = palloc0(sizeof(Extreme));
	const RsVectorType *type;

	if (!function->node->winagg || !find_kind(function->node->winfnoid, own) ||
		(function->window->frameOptions &
		 (FRAMEOPTION_START_UNBOUNDED_PRECEDING | FRAMEOPTION_EXCLUSION)) ||
		!rs_window_stored(function))
		return false;
	rs_window_check_aggregate(function);
	function->own = own;
	own->context = function->op->env.context;
	own->partition = -1;
	type = &function->args[0].expr->type;
	own->is_numeric = type->is_numeric;
	own->floats = type->form == RS_FORM_F32 || type->form == RS_FORM_F64;
	own->refs = type->form == RS_FORM_REF;
	if (own->is_numeric)
		fmgr_info_cxt(F_NUMERIC_CMP, &own->compare, own->context);
	else if (own->refs)
		fmgr_info_cxt(lookup_type_cache(type->typid, TYPECACHE_CMP_PROC)->cmp_proc, &own->compare,
					  own->context);
	function->needs = RS_NEED_FRAME;
	function->methods = &methods;
	return true;
}
