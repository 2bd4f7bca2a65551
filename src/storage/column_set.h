/*
 * column_set.h
 *	  Rows gathered by column, as the group writer takes them.
 */
#ifndef RS_COLUMN_SET_H
#define RS_COLUMN_SET_H

#include "executor/tuptable.h"
#include "storage/group_writer.h"

/* Bytes of VARLEN data and their capacity, beside RsColumnData. */
typedef struct RsColumnSpace
{
	Size		used;
	Size		capacity;
} RsColumnSpace;

typedef struct RsColumnSet
{
	MemoryContext context;		/* holds everything below */
	int			natts;
	RsColumnData *columns;
	RsColumnSpace *space;
	uint32		nrows;
	uint32		capacity;		/* rows there is room for */
} RsColumnSet;

extern void rs_column_set_init(RsColumnSet *set, TupleDesc desc, MemoryContext context);

/*
 * Is there room for the rows?  A chunk's VARLEN data is bounded, so that a block of
 * it can be put together in memory; only an empty set takes a longer value.
 */
#define RS_COLUMN_SET_BYTES		((Size) 256 * 1024 * 1024)
extern bool rs_column_set_fits(const RsColumnSet *set, TupleTableSlot **slots, uint32 n);

/*
 * Append n rows, so that there are at most RS_GROUP_ROWS; gives the bytes they took.
 * Column by column, which is quickest for some dozens of rows at a time.
 */
extern Size rs_column_set_append(RsColumnSet *set, TupleTableSlot **slots, uint32 n);

/*
 * For whoever appends otherwise: room for n more rows in every column, and for that many
 * more bytes of a VARLEN column; then the values, and set->nrows.  NULLs: isnull made by
 * rs_column_set_nulls() if it is not there.
 */
extern void rs_column_set_reserve(RsColumnSet *set, uint32 n);
extern void rs_column_set_reserve_bytes(RsColumnSet *set, int column, Size more);
extern bool *rs_column_set_nulls(RsColumnSet *set, int column);
/* Append a value to the bytes of a VARLEN column; where it begins.  In set->context. */
extern uint64 rs_column_set_put(RsColumnSet *set, int column, Datum value);
/*
 * An empty numeric column is to have integers of a scale; and the values of one that has
 * them shall be numerics.
 */
extern void rs_column_set_scale(RsColumnSet *set, int column, int16 scale);
extern void rs_column_set_unscale(RsColumnSet *set, int column);

/* Forget the rows, keep the memory. */
extern void rs_column_set_clear(RsColumnSet *set);

/* A value as a Datum, good until the set changes. */
extern Datum rs_column_set_datum(const RsColumnSet *set, int column, uint32 row, bool *isnull);

#endif							/* RS_COLUMN_SET_H */
