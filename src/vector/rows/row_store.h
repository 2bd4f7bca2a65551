/*
 * row_store.h
 *	  Rows of batches, kept to be read several times, in memory or in files.
 */
#ifndef RS_ROW_STORE_H
#define RS_ROW_STORE_H

#include "vector/operator.h"
#include "vector/rows/spill.h"

typedef struct RsRowStore RsRowStore;

/* A reader's place; any number of them read one store.  All zero: at the start. */
typedef struct RsRowReader
{
	uint32		segment;		/* which one it is in */
	uint32		row;			/* rows of it that were read, if it is in memory */
	bool		placed;			/* else the next rows are at the position */
	RsSpillPosition position;
} RsRowReader;

/*
 * types are borrowed, as is used: which columns are kept (NULL: all); batches read
 * have no vectors for the others.  Lives in the context.
 */
extern RsRowStore *rs_row_store_create(MemoryContext context, const RsVectorType *types,
									   int ncolumns, const bool *used);

/* Add the rows of a batch; scratch may hold something until it is reset. */
extern void rs_row_store_append(RsRowStore *store, const RsVectorBatch *batch,
								MemoryContext scratch);

/* What was added can be read from now on. */
extern void rs_row_store_seal(RsRowStore *store);

/*
 * The next rows; false: there are no more, so far.  Those in memory come at most so many
 * at a time, and are good until the store is cleared; those from files are batches in the
 * arena.
 */
extern bool rs_row_store_read(RsRowStore *store, RsRowReader *reader, RsArena *arena, uint32 most,
							  RsVectorBatch *batch);

/* Forget all rows. */
extern void rs_row_store_clear(RsRowStore *store);

/* Parts that it consists of, and whether all are in memory. */
extern uint32 rs_row_store_segments(const RsRowStore *store);
extern bool rs_row_store_in_memory(const RsRowStore *store);

/* Count its memory and what it wrote, for EXPLAIN ANALYZE: before it is cleared. */
extern void rs_row_store_count(const RsRowStore *store, RsOperatorStats *stats);

#endif							/* RS_ROW_STORE_H */
