/*
 * nested_column.h
 *	  A column of a Parquet file that has groups or repetition, read into jsonb or an array.
 */
#ifndef RS_PARQUET_NESTED_COLUMN_H
#define RS_PARQUET_NESTED_COLUMN_H

#include "format/parquet/flat_column.h"

typedef struct RsNestedColumn RsNestedColumn;

/*
 * In the context; leaves: a reader for each of the node's, with a scratch of its own.  NULL: the types
 * have nothing in common.
 */
extern RsNestedColumn *rs_nested_column_create(MemoryContext context, const RsReadColumn *column,
											   const RsConversion *conversion, const RsParquetNode *node,
											   RsLeafReader **leaves);

/* A row group begins. */
extern void rs_nested_column_begin(RsNestedColumn *column);

/* The next n rows, which may have values of several pages. */
extern const RsVector *rs_nested_column_read(RsNestedColumn *column, uint32 n, RsArena *arena,
											 RsFaultSink *faults);

#endif							/* RS_PARQUET_NESTED_COLUMN_H */
