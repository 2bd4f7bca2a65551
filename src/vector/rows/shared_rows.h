/*
 * shared_rows.h
 *	  Rows in shared memory, dealt by hash to lists, column by column.
 */
#ifndef RS_SHARED_ROWS_H
#define RS_SHARED_ROWS_H

#include "storage/spin.h"
#include "utils/dsa.h"
#include "vector/vector.h"

typedef struct RsSharedRows RsSharedRows;

#define RS_ROW_LISTS	256		/* a power of two */

/* In shared memory, zeroed at first. */
typedef struct RsRowLists
{
	dsa_pointer first[RS_ROW_LISTS];	/* chunks; only the mutex's holder adds any */
	dsa_pointer slabs;			/* where they stand */
	uint64		nrows;			/* known when all that add rows have finished */
} RsRowLists;

/* Free what the lists hold. */
extern void rs_row_lists_clear(RsRowLists *lists, dsa_area *area);

/*
 * Take part, for rows of so many columns that shall not take more memory than a limit
 * (bytes): not much more.
 */
extern RsSharedRows *rs_shared_rows_create(MemoryContext context, dsa_area *area, RsRowLists *lists,
										   slock_t *mutex, int ncolumns, Size limit);

/*
 * Add the first n rows of the vectors, each to the list that bits of its hash from shift on
 * tell.  False if they cannot be: some value is by reference, the vectors are not like
 * those before, or memory is short.
 */
extern bool rs_shared_rows_add(RsSharedRows *rows, RsArena *arena, const RsVector **columns,
							   const uint64 *hashes, int shift, uint32 n);

/* This process adds none any more. */
extern void rs_shared_rows_finish(RsSharedRows *rows);

/*
 * When all have finished: the next batch of a list, which nobody else may read: how many
 * rows, 0 at the end.
 */
extern uint32 rs_shared_rows_next(RsSharedRows *rows, uint32 list, RsArena *arena,
								  const RsVector **columns);

/* Bytes taken here. */
extern uint64 rs_shared_rows_bytes(const RsSharedRows *rows);

#endif							/* RS_SHARED_ROWS_H */
