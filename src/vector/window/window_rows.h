/*
 * window_rows.h
 *	  The rows that a window operator needs at a time, by their position in the input.
 *
 * Rows are kept in pages of RS_VECTOR_ROWS, from the first that is still needed to the
 * last that was read.  Beyond work_mem pages wait in a temporary file.
 *
 * What the columns of pages point to is good until rows are read, or pages trimmed.
 */
#ifndef RS_WINDOW_ROWS_H
#define RS_WINDOW_ROWS_H

#include "vector/operator.h"
#include "vector/rows/column_store.h"
#include "vector/rows/spill.h"

/* What a row is unlike the one before it. */
#define RS_NEW_PARTITION	1
#define RS_NEW_PEERS		2	/* also at a new partition */

/* A position that there is no row of: its value is NULL. */
#define RS_NO_POSITION		(-1)

typedef struct RsWindowPage
{
	int64		first;
	uint32		n;
	RsVector   *columns;		/* NULL: it is in the file */
	RsColumnStore *stores;		/* of those; NULL: read from the file */
	MemoryContext context;		/* of them */
	Size		bytes;
	bool		written;
	RsSpillPosition place;
	uint64		used;			/* when it was, last */
} RsWindowPage;

typedef struct RsWindowRows
{
	RsOperator *op;
	const WindowAgg *node;
	MemoryContext context;
	RsArena    *arena;			/* of a batch that is read */
	MemoryContext values;
	int			ninput;			/* columns of the input; */
	int			marks;			/* then this one, of the above; */
	int			ncolumns;		/* then expressions */
	RsVectorType *types;
	RsExpr	  **exprs;
	int64		n;				/* rows read so far */
	bool		input_done;
	/* pages, by position */
	RsWindowPage **pages;
	int			npages;
	int			capacity;
	int64		first;			/* position of the first page's first row */
	RsWindowPage **resident;	/* those in memory, but the last */
	int			nresident;
	int			resident_capacity;
	Size		bytes;
	uint64		clock;
	RsSpill    *spill;			/* NULL: nothing was written */
	/* where partitions begin, from that of the first row to be computed */
	int64	   *starts;
	int			nstarts;
	int			starts_capacity;
} RsWindowRows;

/*
 * A row's partition, moving along with the rows of a block.
 */
typedef struct RsWindowPartition
{
	RsWindowRows *rows;
	int			index;
} RsWindowPartition;

extern RsWindowRows *rs_window_rows_create(RsOperator *op, const WindowAgg *node);
/* A column for an expression, evaluated as rows come; its number. */
extern int	rs_window_rows_add_column(RsWindowRows *rows, RsExpr *expr);
extern void rs_window_rows_reset(RsWindowRows *rows);
/* Read another batch; false at the end of the input. */
extern bool rs_window_rows_read(RsWindowRows *rows);
/* Rows before a position are not needed any more; keep within memory. */
extern void rs_window_rows_trim(RsWindowRows *rows, int64 needed);
/* The same but for forgetting rows: vectors of pages may go. */
extern void rs_window_rows_limit(RsWindowRows *rows);
/* Partitions that end before a position are not asked for any more. */
extern void rs_window_rows_forget_partitions(RsWindowRows *rows, int64 position);

/* Bring a page into memory. */
extern void rs_window_page_load(RsWindowRows *rows, RsWindowPage *page);

/* Values at positions, in ascending runs if possible. */
extern const RsVector *rs_window_rows_gather(RsWindowRows *rows, int column, RsArena *arena,
											 const int64 *positions, uint32 n);
/* The rows at positions, none missing, for expressions over the input's columns. */
extern RsRows *rs_window_rows_at(RsWindowRows *rows, RsArena *arena, MemoryContext values,
								 const int64 *positions, uint32 n);

/* The page of a position that was read, in memory. */
static inline RsWindowPage *
rs_window_page(RsWindowRows *rows, int64 position)
{
	RsWindowPage *page = rows->pages[(position - rows->first) / RS_VECTOR_ROWS];

	if (unlikely(page->columns == NULL))
		rs_window_page_load(rows, page);
	page->used = ++rows->clock;
	return page;
}

static inline uint8
rs_window_mark(RsWindowRows *rows, int64 position)
{
	RsWindowPage *page = rs_window_page(rows, position);

	return ((uint8 *) page->columns[rows->marks].data)[position - page->first];
}

static inline void
rs_window_partition_move(RsWindowPartition *partition, int64 position)
{
	while (partition->index + 1 < partition->rows->nstarts &&
		   partition->rows->starts[partition->index + 1] <= position)
		partition->index++;
}

/* Is a position at or after a row's in its partition?  Reads as far as that takes. */
static inline bool
rs_window_partition_has(const RsWindowPartition *partition, int64 position)
{
	RsWindowRows *rows = partition->rows;

	for (;;)
	{
		if (partition->index + 1 < rows->nstarts)
			return position < rows->starts[partition->index + 1];
		if (position < rows->n)
			return true;
		if (!rs_window_rows_read(rows))
			return false;
	}
}

/* The first of a position and the partition's end. */
static inline int64
rs_window_partition_bound(const RsWindowPartition *partition, int64 position)
{
	RsWindowRows *rows = partition->rows;

	if (position <= 0 || rs_window_partition_has(partition, position - 1))
		return position;
	return partition->index + 1 < rows->nstarts ? rows->starts[partition->index + 1] : rows->n;
}

#endif							/* RS_WINDOW_ROWS_H */
