/*
 * window_functions.h
 *	  Window functions over the rows of a chunk.
 *
 * A chunk is a range of the rows in memory, with the bounds of each row's partition,
 * peers and frame.  Functions that only look back can go on from one chunk to the
 * next within a partition; for all others partitions are whole.
 */
#ifndef RS_WINDOW_FUNCTIONS_H
#define RS_WINDOW_FUNCTIONS_H

#include "vector/column_store.h"
#include "vector/operator.h"

typedef struct RsWindowFunction RsWindowFunction;

/* Rows [first, end) of the vectors; bounds by row, as ranges [start, end). */
typedef struct RsWindowChunk
{
	uint32		first;
	uint32		end;
	bool		continued;		/* the first row's partition began in an earlier chunk */
	const uint8 *new_peers;		/* by row: unlike the one before it */
	const uint32 *partition_start;
	const uint32 *partition_end;
	const uint32 *peer_start;
	const uint32 *peer_end;
	const uint32 *frame_start;
	const uint32 *frame_end;
	MemoryContext context;		/* results live here */
	RsArena    *arena;			/* and here what is used in between */
	MemoryContext values;
} RsWindowChunk;

/* Does the function run here, in a window of this node? */
extern bool rs_window_function_supported(const WindowAgg *node, const WindowFunc *function);

/* Does it go on from chunk to chunk?  Does it need to know a row's last peer? */
extern bool rs_window_function_streams(const WindowAgg *node, const WindowFunc *function);
extern bool rs_window_function_needs_peers(const WindowAgg *node, const WindowFunc *function);

extern RsWindowFunction *rs_window_function_create(RsOperator *op, const WindowAgg *node,
												   WindowFunc *function);

/* Forget all rows, and what earlier chunks left. */
extern void rs_window_function_reset(RsWindowFunction *function);
/* Arguments of more rows; the stores live in the context. */
extern void rs_window_function_begin(RsWindowFunction *function, MemoryContext context);
extern void rs_window_function_append(RsWindowFunction *function, RsRows *rows);
/* Arguments of rows[0 .. n) of another's stores. */
extern void rs_window_function_copy(RsWindowFunction *to, RsArena *arena, MemoryContext scratch,
									const RsWindowFunction *from, const uint32 *rows, uint32 n);
extern RsWindowFunction *rs_window_function_clone(const RsWindowFunction *function);

/* Compute the chunk's results, and give them for rows [row, row + n). */
extern void rs_window_function_compute(RsWindowFunction *function, const RsWindowChunk *chunk);
extern const RsVector *rs_window_function_result(RsWindowFunction *function, RsArena *arena,
												 uint32 row, uint32 n);

#endif							/* RS_WINDOW_FUNCTIONS_H */
