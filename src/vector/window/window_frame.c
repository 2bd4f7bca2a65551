/*
 * window_frame.c
 *	  Bounds of partitions, peers and frames, for the rows of a block.
 *
 * Bounds only move forward within a partition, so each is a cursor that goes on from row to
 * row, and from block to block.  Frames are found without regard to EXCLUDE, as PostgreSQL
 * finds them; rs_window_ranges() leaves the rows out.
 *
 * RANGE with an offset asks the in_range function of the sort column's type.  It is asked
 * for the same pairs as by PostgreSQL's node, so it raises the same errors; for integers
 * only the first of them, which has it judge the offset.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/int.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "utils/datum.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "vector/window/window_functions.h"

/* One of a frame's two bounds. */
typedef struct FrameBound
{
	bool		start;
	ExprState  *offset;			/* NULL: none */
	Oid			type;			/* of the offset */
	bool		preceding;		/* it is */
	Datum		value;
	int64		rows;			/* the same, of ROWS and GROUPS */
	FmgrInfo	in_range;
	bool		integers;		/* compared here, once in_range() has been asked */
	bool		asked;
	int64		distance;		/* for that: signed */
	/* the cursor */
	int64		position;
	int64		group;			/* number of its peers in the partition */
} FrameBound;

struct RsWindowFrames
{
	RsOperator *op;
	const WindowAgg *node;
	int			options;
	FrameBound	head;
	FrameBound	tail;
	MemoryContext offsets;
	/* of the row before the next */
	int64		partition_start;
	int64		peer_start;
	int64		peer_end;
	int64		group;
};

/* ---------------------------------------------------------------------
 * Setting up
 * ---------------------------------------------------------------------
 */

static void
init_bound(RsWindowFrames *frames, FrameBound *bound, Node *offset, Oid in_range, bool preceding)
{
	bound->start = bound == &frames->head;
	bound->preceding = preceding;
	if (offset == NULL)
		return;
	bound->offset = ExecInitExpr((Expr *) offset, frames->op->env.parent);
	bound->type = exprType(offset);
	if (OidIsValid(in_range))
		fmgr_info_cxt(in_range, &bound->in_range, frames->op->env.context);
	switch (in_range)
	{
		case F_IN_RANGE_INT2_INT2_INT2_BOOL_BOOL:
		case F_IN_RANGE_INT2_INT2_INT4_BOOL_BOOL:
		case F_IN_RANGE_INT2_INT2_INT8_BOOL_BOOL:
		case F_IN_RANGE_INT4_INT4_INT2_BOOL_BOOL:
		case F_IN_RANGE_INT4_INT4_INT4_BOOL_BOOL:
		case F_IN_RANGE_INT4_INT4_INT8_BOOL_BOOL:
		case F_IN_RANGE_INT8_INT8_INT8_BOOL_BOOL:
			bound->integers = true;
			break;
		default:
			break;
	}
}

RsWindowFrames *
rs_window_frames_create(RsOperator *op, const WindowAgg *node)
{
	MemoryContext old = MemoryContextSwitchTo(op->env.context);
	RsWindowFrames *frames = palloc0(sizeof(RsWindowFrames));

	frames->op = op;
	frames->node = node;
	frames->options = node->frameOptions;
	frames->offsets = AllocSetContextCreate(op->env.context, "redshift window offsets",
											ALLOCSET_SMALL_SIZES);
	init_bound(frames, &frames->head, node->startOffset, node->startInRangeFunc,
			   node->frameOptions & FRAMEOPTION_START_OFFSET_PRECEDING);
	init_bound(frames, &frames->tail, node->endOffset, node->endInRangeFunc,
			   node->frameOptions & FRAMEOPTION_END_OFFSET_PRECEDING);
	MemoryContextSwitchTo(old);
	return frames;
}

static void
evaluate_offset(RsWindowFrames *frames, FrameBound *bound)
{
	MemoryContext old;
	int16		typlen;
	bool		typbyval;
	bool		isnull;
	Datum		value;
	const char *which = bound->start ? "starting" : "ending";

	bound->asked = false;
	if (bound->offset == NULL)
		return;
	value = ExecEvalExprSwitchContext(bound->offset, frames->op->env.econtext, &isnull);
	if (isnull)
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("frame %s offset must not be null", which)));
	get_typlenbyval(bound->type, &typlen, &typbyval);
	old = MemoryContextSwitchTo(frames->offsets);
	bound->value = datumCopy(value, typbyval, typlen);
	MemoryContextSwitchTo(old);
	if (frames->options & (FRAMEOPTION_ROWS | FRAMEOPTION_GROUPS))
	{
		bound->rows = DatumGetInt64(value);
		if (bound->rows < 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PRECEDING_OR_FOLLOWING_SIZE),
					 errmsg("frame %s offset must not be negative", which)));
	}
	if (bound->integers)
		bound->distance = bound->type == INT2OID ? DatumGetInt16(value) :
			bound->type == INT4OID ? DatumGetInt32(value) : DatumGetInt64(value);
}

void
rs_window_frames_begin(RsWindowFrames *frames)
{
	MemoryContextReset(frames->offsets);
	evaluate_offset(frames, &frames->head);
	evaluate_offset(frames, &frames->tail);
}

bool
rs_window_frames_hold_all(const WindowAgg *node)
{
	int			options = node->frameOptions;

	return !(options & FRAMEOPTION_EXCLUSION) &&
		(options & (FRAMEOPTION_START_UNBOUNDED_PRECEDING | FRAMEOPTION_START_CURRENT_ROW |
					FRAMEOPTION_START_OFFSET_PRECEDING)) &&
		(options & (FRAMEOPTION_END_UNBOUNDED_FOLLOWING | FRAMEOPTION_END_CURRENT_ROW |
					FRAMEOPTION_END_OFFSET_FOLLOWING));
}

/* ---------------------------------------------------------------------
 * Offsets of RANGE
 * ---------------------------------------------------------------------
 */

/*
 * In the sort order, is the row at the bound within the offset of the row, which stands
 * there, both not NULL?
 */
static bool
in_range(RsWindowFrames *frames, RsWindowBlock *block, FrameBound *bound, const RsVector *a,
		 uint32 x, const RsVector *b, uint32 y)
{
	const RsVectorType *type = &block->rows->types[frames->node->ordColIdx[0] - 1];
	bool		ascending = frames->node->inRangeAsc;
	bool		sub = bound->preceding == ascending;
	bool		less = bound->start != ascending;
	MemoryContext old;
	bool		isnull;
	Datum		result;

	if (bound->integers && bound->asked)
	{
		int64		value = rs_vector_int(a, x);
		int64		sum;

		if (sub ? pg_sub_s64_overflow(rs_vector_int(b, y), bound->distance, &sum) :
			pg_add_s64_overflow(rs_vector_int(b, y), bound->distance, &sum))
			return sub ? !less : less;
		return less ? value <= sum : value >= sum;
	}
	old = MemoryContextSwitchTo(block->scratch_values);
	result = FunctionCall5Coll(&bound->in_range, frames->node->inRangeColl,
							   rs_vector_datum(a, type, x, &isnull),
							   rs_vector_datum(b, type, y, &isnull),
							   bound->value, BoolGetDatum(sub), BoolGetDatum(less));
	bound->asked = true;
	MemoryContextSwitchTo(old);
	return DatumGetBool(result);
}

/*
 * Does the bound stand where it belongs for a row?
 */
static bool
stands_in_range(RsWindowFrames *frames, RsWindowBlock *block, FrameBound *bound, int64 row)
{
	int			column = frames->node->ordColIdx[0] - 1;
	RsWindowPage *page = rs_window_page(block->rows, bound->position);
	const RsVector *a = &page->columns[column];
	uint32		x = (uint32) (bound->position - page->first);
	const RsVector *b;
	uint32		y;
	bool		a_null = rs_vector_is_null(a, x);
	bool		b_null;
	bool		within;

	page = rs_window_page(block->rows, row);
	b = &page->columns[column];
	y = (uint32) (row - page->first);
	b_null = rs_vector_is_null(b, y);
	if (!a_null && !b_null)
	{
		within = in_range(frames, block, bound, a, x, b, y);
		return bound->start ? within : !within;
	}
	/* NULLs are peers of each other, and far from all else. */
	if (bound->start)
		return frames->node->inRangeNullsFirst ? !a_null || b_null : a_null || !b_null;
	return frames->node->inRangeNullsFirst ? !a_null : !b_null;
}

static void
move_by_value(RsWindowFrames *frames, RsWindowBlock *block, FrameBound *bound, int64 row)
{
	while (rs_window_partition_has(&block->partition, bound->position) &&
		   !stands_in_range(frames, block, bound, row))
	{
		bound->position++;
		if (bound->position % 1024 == 0)
		{
			CHECK_FOR_INTERRUPTS();
			MemoryContextReset(block->scratch_values);
			rs_window_rows_limit(block->rows);
		}
	}
}

/* ---------------------------------------------------------------------
 * Offsets of GROUPS and ROWS
 * ---------------------------------------------------------------------
 */

static void
move_by_groups(RsWindowFrames *frames, RsWindowBlock *block, FrameBound *bound)
{
	int64		wanted;

	/* The first group of the frame, or the first one after it. */
	if (bound->preceding)
		wanted = frames->group - bound->rows;
	else if (pg_add_s64_overflow(frames->group, bound->rows, &wanted))
		wanted = PG_INT64_MAX;
	if (!bound->start && wanted < PG_INT64_MAX)
		wanted++;
	while (bound->group < wanted && rs_window_partition_has(&block->partition, bound->position))
	{
		bound->position++;
		if (rs_window_partition_has(&block->partition, bound->position) &&
			(rs_window_mark(block->rows, bound->position) & RS_NEW_PEERS))
			bound->group++;
		if (bound->position % 1024 == 0)
		{
			CHECK_FOR_INTERRUPTS();
			rs_window_rows_limit(block->rows);
		}
	}
}

static int64
bound_by_rows(RsWindowFrames *frames, RsWindowBlock *block, FrameBound *bound, int64 row)
{
	int64		position;

	if (!bound->start)
		row++;
	if (bound->preceding)
		return Max(row - bound->rows, frames->partition_start);
	if (pg_add_s64_overflow(row, bound->rows, &position))
		position = PG_INT64_MAX;
	return rs_window_partition_bound(&block->partition, position);
}

/*
 * A bound with an offset, for a row.
 */
static int64
offset_bound(RsWindowFrames *frames, RsWindowBlock *block, FrameBound *bound, int64 row)
{
	if (frames->options & FRAMEOPTION_ROWS)
		return bound_by_rows(frames, block, bound, row);
	if (frames->options & FRAMEOPTION_GROUPS)
		move_by_groups(frames, block, bound);
	else
		move_by_value(frames, block, bound, row);
	return bound->position;
}

/* ---------------------------------------------------------------------
 * The block
 * ---------------------------------------------------------------------
 */

static void
find_peer_end(RsWindowFrames *frames, RsWindowBlock *block, int64 row)
{
	RsWindowRows *rows = block->rows;

	if (frames->node->ordNumCols == 0)
	{
		frames->peer_end = rs_window_partition_bound(&block->partition, PG_INT64_MAX);
		return;
	}
	if (frames->peer_end > row)
		return;
	frames->peer_end = row + 1;
	while (rs_window_partition_has(&block->partition, frames->peer_end) &&
		   !(rs_window_mark(rows, frames->peer_end) & RS_NEW_PEERS))
	{
		frames->peer_end++;
		if (frames->peer_end % 1024 == 0)
		{
			CHECK_FOR_INTERRUPTS();
			rs_window_rows_limit(rows);
		}
	}
}

static void
begin_partition(RsWindowFrames *frames, int64 row)
{
	frames->partition_start = frames->peer_start = row;
	frames->peer_end = frames->head.position = frames->tail.position = row;
	frames->group = frames->head.group = frames->tail.group = 0;
}

static void
find_frame(RsWindowFrames *frames, RsWindowBlock *block, uint32 i)
{
	int			options = frames->options;
	bool		by_rows = options & FRAMEOPTION_ROWS;
	int64		row = block->first + i;

	if (options & FRAMEOPTION_START_UNBOUNDED_PRECEDING)
		block->frame_start[i] = frames->partition_start;
	else if (options & FRAMEOPTION_START_CURRENT_ROW)
		block->frame_start[i] = by_rows ? row : frames->peer_start;
	else
		block->frame_start[i] = offset_bound(frames, block, &frames->head, row);
	if (options & FRAMEOPTION_END_UNBOUNDED_FOLLOWING)
		block->frame_end[i] = rs_window_partition_bound(&block->partition, PG_INT64_MAX);
	else if (options & FRAMEOPTION_END_CURRENT_ROW)
		block->frame_end[i] = by_rows ? row + 1 : frames->peer_end;
	else
		block->frame_end[i] = offset_bound(frames, block, &frames->tail, row);
}

void
rs_window_frames_find(RsWindowFrames *frames, RsWindowBlock *block, int needs)
{
	Size		size = block->n * sizeof(int64);
	RsWindowPartition first = block->partition;
	uint32		i;

	block->options = frames->options;
	block->marks = rs_arena_alloc(block->arena, block->n);
	block->partition_start = rs_arena_alloc(block->arena, size);
	block->peer_start = rs_arena_alloc(block->arena, size);
	block->partition_end = needs & RS_NEED_PARTITION_END ? rs_arena_alloc(block->arena, size) : NULL;
	block->peer_end = needs & RS_NEED_PEER_END ? rs_arena_alloc(block->arena, size) : NULL;
	block->frame_start = needs & RS_NEED_FRAME ? rs_arena_alloc(block->arena, size) : NULL;
	block->frame_end = needs & RS_NEED_FRAME ? rs_arena_alloc(block->arena, size) : NULL;
	for (i = 0; i < block->n; i++)
	{
		int64		row = block->first + i;
		uint8		mark = rs_window_mark(block->rows, row);

		block->marks[i] = mark;
		rs_window_partition_move(&block->partition, row);
		if (mark & RS_NEW_PARTITION)
			begin_partition(frames, row);
		else if (mark & RS_NEW_PEERS)
		{
			frames->peer_start = row;
			frames->group++;
		}
		block->partition_start[i] = frames->partition_start;
		block->peer_start[i] = frames->peer_start;
		if (needs & RS_NEED_PARTITION_END)
			block->partition_end[i] = rs_window_partition_bound(&block->partition, PG_INT64_MAX);
		if (needs & RS_NEED_PEER_END)
		{
			find_peer_end(frames, block, row);
			block->peer_end[i] = frames->peer_end;
		}
		if (needs & RS_NEED_FRAME)
			find_frame(frames, block, i);
		if (i % 64 == 0)
			MemoryContextReset(block->scratch_values);
	}
	block->partition = first;
}

/*
 * Cursors look at the rows that they stand at.
 */
int64
rs_window_frames_keep(const RsWindowFrames *frames, const RsWindowBlock *block)
{
	int64		keep = block->first + block->n;

	if (frames->options & FRAMEOPTION_ROWS)
		return keep;
	if (frames->head.offset != NULL)
		keep = Min(keep, frames->head.position);
	if (frames->tail.offset != NULL)
		keep = Min(keep, frames->tail.position);
	return keep;
}

/* ---------------------------------------------------------------------
 * Frames of rows
 * ---------------------------------------------------------------------
 */

int64
rs_window_frame_keep(const RsWindowBlock *block)
{
	uint32		last = block->n - 1;

	if (rs_window_grows(block->options))
		return block->frame_end[last];
	return Min(block->frame_start[last], block->frame_end[last]);
}

bool
rs_window_in_frame(const RsWindowBlock *block, uint32 i, int64 position)
{
	if (position < block->frame_start[i] || position >= block->frame_end[i])
		return false;
	switch (block->options & FRAMEOPTION_EXCLUSION)
	{
		case 0:
			return true;
		case FRAMEOPTION_EXCLUDE_CURRENT_ROW:
			return position != block->first + i;
		case FRAMEOPTION_EXCLUDE_TIES:
			if (position == block->first + i)
				return true;
			/* FALLTHROUGH */
		default:
			return position < block->peer_start[i] || position >= block->peer_end[i];
	}
}

static int
add_range(RsWindowRange *ranges, int n, int64 from, int64 to)
{
	if (from >= to)
		return n;
	ranges[n].from = from;
	ranges[n].to = to;
	return n + 1;
}

int
rs_window_ranges(const RsWindowBlock *block, uint32 i, RsWindowRange *ranges)
{
	int64		start = block->frame_start[i];
	int64		end = block->frame_end[i];
	int64		row = block->first + i;
	int64		out_start = row;
	int64		out_end = row + 1;
	int			n;

	if (!(block->options & FRAMEOPTION_EXCLUSION))
		return add_range(ranges, 0, start, end);
	if (!(block->options & FRAMEOPTION_EXCLUDE_CURRENT_ROW))
	{
		out_start = block->peer_start[i];
		out_end = block->peer_end[i];
	}
	n = add_range(ranges, 0, start, Min(end, out_start));
	if ((block->options & FRAMEOPTION_EXCLUDE_TIES) && row >= start && row < end)
		n = add_range(ranges, n, row, row + 1);
	return add_range(ranges, n, Max(start, out_end), end);
}

bool
rs_window_same_frame(const RsWindowBlock *block, uint32 i)
{
	return i > 0 && !(block->options & FRAMEOPTION_EXCLUSION) &&
		block->partition_start[i] == block->partition_start[i - 1] &&
		block->frame_start[i] == block->frame_start[i - 1] &&
		block->frame_end[i] == block->frame_end[i - 1];
}
