/*
 * row_group.h
 *	  A row group as the directory describes it, and TIDs as row numbers.
 */
#ifndef RS_ROW_GROUP_H
#define RS_ROW_GROUP_H

#include "storage/format.h"
#include "storage/itemptr.h"

#define RS_ROWS_PER_TID_BLOCK	256
#define RS_MAX_ROW				((uint64) MaxBlockNumber * RS_ROWS_PER_TID_BLOCK)

typedef struct RsRowGroup
{
	uint64		storage_id;
	int64		group_id;
	int32		slice;
	uint64		first_row;		/* row number of position 0 */
	uint32		nrows;			/* rows; while pending, row numbers reserved */
	bool		pending;		/* reserved, nothing to read yet */
	bool		sorted;			/* its rows are in sort-key order */
	bool		filled;			/* as many rows as memory allowed: not small */
	BlockNumber first_page;		/* InvalidBlockNumber: rows stand in `rows` */
	uint32		npages;
	uint64		footer_offset;	/* in the group's stream */
	uint32		footer_size;
	bytea	   *rows;			/* small insert: see row_block.c; else NULL */
	bytea	   *key_zone;		/* RsZoneBytes of the leading sort column or NULL */
	TransactionId xmin;			/* writer, as the directory row has it */
	ItemPointerData tid;		/* of the directory row */
} RsRowGroup;

/*
 * Has it come from another compute node, before its slice has?  It has rows, but nobody is
 * to see them (group_import.c).
 */
static inline bool
rs_group_arriving(const RsRowGroup *group)
{
	return group->pending && (group->first_page != InvalidBlockNumber || group->rows != NULL);
}

static inline void
rs_row_to_tid(uint64 row, ItemPointer tid)
{
	ItemPointerSet(tid, (BlockNumber) (row / RS_ROWS_PER_TID_BLOCK),
				   (OffsetNumber) (row % RS_ROWS_PER_TID_BLOCK + 1));
}

static inline uint64
rs_tid_to_row(ItemPointer tid)
{
	return (uint64) ItemPointerGetBlockNumberNoCheck(tid) * RS_ROWS_PER_TID_BLOCK +
		ItemPointerGetOffsetNumberNoCheck(tid) - 1;
}

#endif							/* RS_ROW_GROUP_H */
