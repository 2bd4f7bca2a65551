/*
 * window_functions.h
 *	  What the files of window functions share: blocks of rows, frames, arguments.
 *
 * The operator (window.c) takes rows in blocks.  For a block it finds the bounds of
 * partitions, peers and frames (window_frame.c), reading ahead as far as they take; then
 * functions prepare, which may read further rows; then they compute, in which nothing is
 * read.  What a function computes is a vector of its own, or positions of rows whose values
 * of an argument are the result.
 */
#ifndef RS_WINDOW_FUNCTIONS_H
#define RS_WINDOW_FUNCTIONS_H

#include "vector/aggregate/aggregate_state.h"
#include "vector/window/window_rows.h"

/* What functions need to know of a row beside its partition's start and its first peer. */
#define RS_NEED_PARTITION_END	1
#define RS_NEED_PEER_END		2
#define RS_NEED_FRAME			4

/*
 * Rows [first, first + n) of one page, and bounds by row, as ranges of positions; those
 * that nobody needs are NULL.  A frame may end before it starts, and may have rows left out
 * (rs_window_in_frame).
 */
typedef struct RsWindowBlock
{
	RsWindowRows *rows;
	int			options;		/* of frames */
	int64		first;
	uint32		n;
	RsWindowPartition partition;	/* of the first row */
	int64	   *partition_start;
	int64	   *partition_end;
	int64	   *peer_start;
	int64	   *peer_end;
	int64	   *frame_start;
	int64	   *frame_end;
	uint8	   *marks;
	RsArena    *arena;			/* results live here until the next block, */
	MemoryContext values;
	RsArena    *scratch;		/* and here what is used in between */
	MemoryContext scratch_values;
} RsWindowBlock;

/* An argument: a column of the rows, or evaluated when it is asked for. */
typedef struct RsWindowArgument
{
	RsExpr	   *expr;
	int			column;			/* -1: none */
} RsWindowArgument;

typedef struct RsWindowFunction RsWindowFunction;

typedef struct RsWindowMethods
{
	/* May read rows; NULL: nothing to do. */
	void		(*prepare) (RsWindowFunction *function, const RsWindowBlock *block);
	/* Set the result; NULL: prepare() has. */
	void		(*compute) (RsWindowFunction *function, const RsWindowBlock *block);
	/*
	 * The result, in place of those; it may point to pages, so after all functions have
	 * computed, which may have pages go.
	 */
	const RsVector *(*give) (RsWindowFunction *function, const RsWindowBlock *block);
	/* The first row that will be needed for those after the block. */
	int64		(*keep) (RsWindowFunction *function, const RsWindowBlock *block);
	/* Forget everything; NULL: nothing to forget. */
	void		(*reset) (RsWindowFunction *function);
} RsWindowMethods;

struct RsWindowFunction
{
	const RsWindowMethods *methods;
	RsOperator *op;
	const WindowAgg *window;
	WindowFunc *node;
	int			needs;
	RsVectorType type;			/* of the result */
	int			nargs;
	RsWindowArgument *args;
	RsWindowArgument *filter;	/* NULL: none */
	void	   *own;			/* of the file */
	/* The result: a vector of the block's rows, or if there is none */
	const RsVector *vector;
	const int64 *positions;		/* those of the first argument, or NULL, and for those */
	const RsWindowArgument *otherwise;	/* this, of the row itself; no argument: NULL */
	const uint8 *null;			/* but NULL anyway; no array: none */
};

/* Does the function run here, in a window of this node? */
extern bool rs_window_function_supported(const WindowAgg *node, const WindowFunc *function);
extern RsWindowFunction *rs_window_function_create(RsOperator *op, RsWindowRows *rows,
												   const WindowAgg *node, WindowFunc *function);
/* The result for the block's rows. */
extern const RsVector *rs_window_function_result(RsWindowFunction *function,
												 const RsWindowBlock *block);

/* ---- arguments ---- */

/* Values at positions, some of which may be RS_NO_POSITION. */
extern const RsVector *rs_window_values(RsWindowRows *rows, const RsWindowArgument *argument,
										RsArena *arena, MemoryContext values,
										const int64 *positions, uint32 n);
/* Those positions for which the filter is true; *positions may become another array. */
extern uint32 rs_window_filter(RsWindowFunction *function, const RsWindowBlock *block,
							   const int64 **positions, uint32 n);
/* Do all arguments and the filter stand in pages? */
extern bool rs_window_stored(const RsWindowFunction *function);

/* ---- frames ---- */

typedef struct RsWindowFrames RsWindowFrames;

extern RsWindowFrames *rs_window_frames_create(RsOperator *op, const WindowAgg *node);
/* Evaluate the offsets. */
extern void rs_window_frames_begin(RsWindowFrames *frames);
/* Find the block's bounds. */
extern void rs_window_frames_find(RsWindowFrames *frames, RsWindowBlock *block, int needs);
extern int64 rs_window_frames_keep(const RsWindowFrames *frames, const RsWindowBlock *block);

/* Do all frames of a partition begin with it, without rows left out? */
static inline bool
rs_window_grows(int options)
{
	return (options & FRAMEOPTION_START_UNBOUNDED_PRECEDING) && !(options & FRAMEOPTION_EXCLUSION);
}

/* Is every row in some frame, its own? */
extern bool rs_window_frames_hold_all(const WindowAgg *node);

/* The row before which aggregates do not look any more. */
extern int64 rs_window_frame_keep(const RsWindowBlock *block);

/* The frame of row i as up to three ranges [from, to), none empty; their number. */
typedef struct RsWindowRange
{
	int64		from;
	int64		to;
} RsWindowRange;

extern int	rs_window_ranges(const RsWindowBlock *block, uint32 i, RsWindowRange *ranges);
extern bool rs_window_in_frame(const RsWindowBlock *block, uint32 i, int64 position);
/* Is row i's frame that of the row before it? */
extern bool rs_window_same_frame(const RsWindowBlock *block, uint32 i);

/* ---- kinds: each sets methods, or returns false if the function is none of its ---- */

extern bool rs_window_rank_init(RsWindowFunction *function);
extern bool rs_window_value_init(RsWindowFunction *function);
extern bool rs_window_sum_init(RsWindowFunction *function);
extern bool rs_window_extreme_init(RsWindowFunction *function);
extern bool rs_window_moving_init(RsWindowFunction *function);
extern bool rs_window_aggregate_init(RsWindowFunction *function);

/* May the current user call the aggregate, and its owner the functions that it will use? */
extern void rs_window_check_aggregate(const RsWindowFunction *function);

extern bool rs_window_is_rank(Oid function);
extern bool rs_window_is_value(Oid function);
/* Would PostgreSQL use the functions for moving frames?  Is that possible at all? */
extern bool rs_window_uses_moving(const WindowAgg *node, const WindowFunc *function,
								  bool *possible);

#endif							/* RS_WINDOW_FUNCTIONS_H */
