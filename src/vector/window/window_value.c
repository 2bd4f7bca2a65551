/*
 * window_value.c
 *	  Window functions that give another row's value: lag, lead, first_value, last_value,
 *	  nth_value.
 *
 * They find positions; values are gathered when the result is asked for.  Where all frames
 * begin with the partition, first_value() and nth_value() of a constant keep their value, so
 * that the row need not be kept.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/fmgroids.h"
#include "utils/memutils.h"
#include "vector/window/window_functions.h"

typedef struct Value
{
	bool		lead;
	bool		has_offset;
	bool		constant;		/* the offset, or number, is this: NULL finds nothing */
	int64		offset;
	int64		keep;			/* the row that the last one of the block took */
	/* the value kept of a partition's row */
	bool		keeps;
	int64		position;		/* RS_NO_POSITION: none */
	RsColumnStore kept;
	MemoryContext contexts[2];
	int			current;
} Value;

static bool
is_shift(Oid function)
{
	switch (function)
	{
		case F_LEAD_ANYELEMENT:
		case F_LEAD_ANYELEMENT_INT4:
		case F_LEAD_ANYCOMPATIBLE_INT4_ANYCOMPATIBLE:
		case F_LAG_ANYELEMENT:
		case F_LAG_ANYELEMENT_INT4:
		case F_LAG_ANYCOMPATIBLE_INT4_ANYCOMPATIBLE:
			return true;
		default:
			return false;
	}
}

bool
rs_window_is_value(Oid function)
{
	return is_shift(function) || function == F_FIRST_VALUE || function == F_LAST_VALUE ||
		function == F_NTH_VALUE;
}

/*
 * The second argument for the block's rows: numbers, and where it is NULL.  They are
 * copied, since vectors of pages do not outlive reading.
 */
static int64 *
evaluate_numbers(RsWindowFunction *function, const RsWindowBlock *block, uint8 *null)
{
	int64	   *numbers = rs_arena_alloc(block->arena, block->n * sizeof(int64));
	int64	   *own = rs_arena_alloc(block->arena, block->n * sizeof(int64));
	const RsVector *vector;
	uint32		i;

	for (i = 0; i < block->n; i++)
		own[i] = block->first + i;
	vector = rs_window_values(block->rows, &function->args[1], block->arena, block->values, own,
							  block->n);
	for (i = 0; i < block->n; i++)
	{
		null[i] = rs_vector_is_null(vector, i);
		numbers[i] = null[i] ? 0 : rs_vector_int(vector, vector->constant ? 0 : i);
	}
	return numbers;
}

static void
find_shifted(RsWindowFunction *function, const RsWindowBlock *block)
{
	Value	   *own = function->own;
	int64	   *positions = rs_arena_alloc(block->arena, block->n * sizeof(int64));
	uint8	   *null = NULL;
	int64	   *offsets = NULL;
	RsWindowPartition partition = block->partition;
	uint32		i;

	if (own->has_offset)
	{
		null = rs_arena_alloc(block->arena, block->n);
		offsets = evaluate_numbers(function, block, null);
	}
	for (i = 0; i < block->n; i++)
	{
		int64		row = block->first + i;
		int64		offset = offsets != NULL ? offsets[i] : 1;
		int64		position = own->lead ? row + offset : row - offset;

		positions[i] = RS_NO_POSITION;
		if ((null != NULL && null[i]) || position < block->partition_start[i])
			continue;
		rs_window_partition_move(&partition, row);
		if (position <= row || rs_window_partition_has(&partition, position))
			positions[i] = position;
	}
	function->positions = positions;
	function->null = null;
}

static int64
keep_shifted(RsWindowFunction *function, const RsWindowBlock *block)
{
	Value	   *own = function->own;
	int64		next = block->first + block->n;

	if (!own->has_offset)
		return own->lead ? next : next - 1;
	if (!own->constant)
		return block->partition_start[block->n - 1];
	return Min(next, own->lead ? next + own->offset : next - own->offset);
}

/* ---------------------------------------------------------------------
 * Rows of frames
 * ---------------------------------------------------------------------
 */

/*
 * Row number n of the frame from its start, counted as PostgreSQL counts around the rows
 * that EXCLUDE leaves out: some of what that gives is not in the frame.
 */
static int64
from_start(const RsWindowBlock *block, uint32 i, int64 n)
{
	int64		row = block->first + i;
	int64		start = block->frame_start[i];
	int64		position = start + n;
	int64		overlap;

	if (!(block->options & FRAMEOPTION_EXCLUSION))
		return position;
	if (block->options & FRAMEOPTION_EXCLUDE_CURRENT_ROW)
		return position >= row && row >= start ? position + 1 : position;
	if (position < block->peer_start[i] || block->peer_end[i] <= start)
		return position;
	overlap = Max(block->peer_start[i], start);
	if (block->options & FRAMEOPTION_EXCLUDE_GROUP)
		return position + block->peer_end[i] - overlap;
	return position == overlap ? row : position + block->peer_end[i] - overlap - 1;
}

static int64
last_row(const RsWindowBlock *block, uint32 i)
{
	int64		row = block->first + i;
	int64		end = block->frame_end[i];
	int64		position = end - 1;
	int64		overlap;

	if (!(block->options & FRAMEOPTION_EXCLUSION))
		return position;
	if (block->options & FRAMEOPTION_EXCLUDE_CURRENT_ROW)
		return position <= row && row < end ? position - 1 : position;
	if (position >= block->peer_end[i] || block->peer_start[i] >= end)
		return position;
	overlap = Min(block->peer_end[i], end);
	if (block->options & FRAMEOPTION_EXCLUDE_GROUP)
		return position - (overlap - block->peer_start[i]);
	return position == overlap - 1 ? row : position - (overlap - 1 - block->peer_start[i]);
}

static void
check_number(int64 number)
{
	if (number <= 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_ARGUMENT_FOR_NTH_VALUE),
				 errmsg("argument of nth_value must be greater than zero")));
}

static void
find_in_frame(RsWindowFunction *function, const RsWindowBlock *block)
{
	Value	   *own = function->own;
	int64	   *positions = rs_arena_alloc(block->arena, block->n * sizeof(int64));
	uint8	   *null = NULL;
	int64	   *numbers = NULL;
	uint32		i;

	if (function->node->winfnoid == F_NTH_VALUE)
	{
		null = rs_arena_alloc(block->arena, block->n);
		numbers = evaluate_numbers(function, block, null);
	}
	for (i = 0; i < block->n; i++)
	{
		int64		position;

		positions[i] = RS_NO_POSITION;
		if (null != NULL && null[i])
			continue;
		if (numbers != NULL)
			check_number(numbers[i]);
		if (function->node->winfnoid == F_LAST_VALUE)
			position = last_row(block, i);
		else
			position = from_start(block, i, numbers != NULL ? numbers[i] - 1 : 0);
		if (rs_window_in_frame(block, i, position))
			positions[i] = position;
	}
	function->positions = positions;
	own->keep = positions[block->n - 1];
}

/*
 * Keep the value at a position.  What was kept before may be part of the batch that is
 * being given, so the memory before that is used.
 */
static void
keep_value(RsWindowFunction *function, const RsWindowBlock *block, int64 position)
{
	Value	   *own = function->own;
	const RsVector *value = rs_window_values(block->rows, &function->args[0], block->arena,
											 block->values, &position, 1);

	own->current = 1 - own->current;
	MemoryContextReset(own->contexts[own->current]);
	rs_column_store_init(&own->kept, &function->args[0].expr->type, own->contexts[own->current]);
	rs_column_store_append(&own->kept, value, 1, block->values);
	own->position = position;
}

/*
 * Values that are those of one row of each partition, which may be gone.
 */
static const RsVector *
give_kept(RsWindowFunction *function, const RsWindowBlock *block)
{
	Value	   *own = function->own;
	const int64 *positions = function->positions;
	int64	   *here = rs_arena_alloc(block->arena, block->n * sizeof(int64));
	uint32	   *kept = rs_arena_alloc(block->arena, block->n * sizeof(uint32));
	uint32	   *places = rs_arena_alloc(block->arena, block->n * sizeof(uint32));
	uint32	   *others = rs_arena_alloc(block->arena, block->n * sizeof(uint32));
	int64		last = RS_NO_POSITION;
	RsPiece		pieces[2];
	int			npieces = 0;
	uint32		nkept = 0;
	uint32		nhere = 0;
	uint32		i;

	for (i = 0; i < block->n; i++)
	{
		if (positions[i] < 0)
			continue;
		if (positions[i] == own->position)
		{
			places[nkept] = i;
			kept[nkept++] = 0;
			continue;
		}
		last = positions[i];
		others[nhere] = i;
		here[nhere++] = last;
	}
	if (nhere > 0)
	{
		pieces[npieces].vector = rs_window_values(block->rows, &function->args[0], block->arena,
												  block->values, here, nhere);
		pieces[npieces].rows = others;
		pieces[npieces++].n = nhere;
	}
	if (nkept > 0)
	{
		pieces[npieces].vector = rs_column_store_gather(&own->kept, block->arena, kept, nkept);
		pieces[npieces].rows = places;
		pieces[npieces++].n = nkept;
	}
	if (last != RS_NO_POSITION)
		keep_value(function, block, last);
	if (npieces == 1 && pieces[0].n == block->n)
		return pieces[0].vector;
	return rs_vector_merge(block->arena, &function->type, pieces, npieces, block->n);
}

static int64
keep_in_frame(RsWindowFunction *function, const RsWindowBlock *block)
{
	Value	   *own = function->own;
	int64		first = rs_window_frame_keep(block);

	if (function->node->winfnoid == F_LAST_VALUE && own->keep >= 0)
		return Min(first, own->keep);
	if (own->keeps || function->node->winfnoid == F_LAST_VALUE)
		return first;
	return Min(block->frame_start[block->n - 1], block->frame_end[block->n - 1]);
}

static void
reset(RsWindowFunction *function)
{
	((Value *) function->own)->position = RS_NO_POSITION;
}

static const RsWindowMethods shift_methods = {.prepare = find_shifted, .keep = keep_shifted};
static const RsWindowMethods frame_methods = {.prepare = find_in_frame, .keep = keep_in_frame};
static const RsWindowMethods kept_methods = {.prepare = find_in_frame, .give = give_kept,
	.keep = keep_in_frame, .reset = reset};

static void
init_frame_value(RsWindowFunction *function)
{
	Value	   *own = function->own;
	int			c;

	function->needs = RS_NEED_FRAME;
	own->keeps = rs_window_grows(function->window->frameOptions) &&
		(function->node->winfnoid == F_FIRST_VALUE ||
		 (function->node->winfnoid == F_NTH_VALUE && own->constant));
	function->methods = own->keeps ? &kept_methods : &frame_methods;
	for (c = 0; own->keeps && c < 2; c++)
		own->contexts[c] = AllocSetContextCreate(function->op->env.context,
												 "redshift window value", ALLOCSET_SMALL_SIZES);
}

bool
rs_window_value_init(RsWindowFunction *function)
{
	Value	   *own = palloc0(sizeof(Value));
	Oid			oid = function->node->winfnoid;

	if (function->node->winagg || !rs_window_is_value(oid))
		return false;
	function->own = own;
	own->position = own->keep = RS_NO_POSITION;
	own->has_offset = function->nargs > 1;
	if (own->has_offset)
	{
		Const	   *constant = lsecond(function->node->args);

		own->constant = IsA(constant, Const);
		if (own->constant && !constant->constisnull)
			own->offset = DatumGetInt32(constant->constvalue);
	}
	if (!is_shift(oid))
	{
		init_frame_value(function);
		return true;
	}
	function->methods = &shift_methods;
	own->lead = oid == F_LEAD_ANYELEMENT || oid == F_LEAD_ANYELEMENT_INT4 ||
		oid == F_LEAD_ANYCOMPATIBLE_INT4_ANYCOMPATIBLE;
	if (function->nargs > 2)
		function->otherwise = &function->args[2];
	return true;
}
