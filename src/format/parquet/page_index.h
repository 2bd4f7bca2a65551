/*
 * page_index.h
 *	  What a Parquet file says of the pages of a column chunk: ColumnIndex and OffsetIndex.
 */
#ifndef RS_PARQUET_PAGE_INDEX_H
#define RS_PARQUET_PAGE_INDEX_H

#include "format/parquet/metadata.h"

typedef struct RsPageIndex
{
	uint32		npages;
	int64	   *first_rows;		/* of each page, from the row group's start; behind the last: all rows */
	RsParquetStatistics *statistics;	/* of each page; of one that is all NULL without bounds */
} RsPageIndex;

/* In the current context, as its bounds are.  NULL: the chunk has none. */
extern RsPageIndex *rs_page_index_read(RsInput *input, const RsParquetChunk *chunk, int64 nrows);

#endif							/* RS_PARQUET_PAGE_INDEX_H */
