/*
 * flat_column.h
 *	  A column of a Parquet file without groups or repetition, read for a column of a table.
 */
#ifndef RS_PARQUET_FLAT_COLUMN_H
#define RS_PARQUET_FLAT_COLUMN_H

#include "format/parquet/convert.h"

/* Values that the table's column cannot hold are told to the reader of the file. */
typedef struct RsFaultSink RsFaultSink;
struct RsFaultSink
{
	/* Of a row of the current batch; it returns if the row is to be left out.  text: the value. */
	void		(*report) (RsFaultSink *sink, uint32 row, const RsValueFault *fault, const char *text, Size size);
	/* Of a row that is kept, with other characters than the text has. */
	void		(*replaced) (RsFaultSink *sink, uint32 row, const char *text, Size size);
};

typedef struct RsFlatColumn RsFlatColumn;

/* In the context.  NULL: the types have nothing in common. */
extern RsFlatColumn *rs_flat_column_create(MemoryContext context, const RsReadColumn *column,
										   const RsConversion *conversion, const RsParquetNode *leaf,
										   RsLeafReader *reader);

/* A row group begins. */
extern void rs_flat_column_begin(RsFlatColumn *column);

/* The next n rows, at most as many as the leaf's reader has available. */
extern const RsVector *rs_flat_column_read(RsFlatColumn *column, uint32 n, RsArena *arena, RsFaultSink *faults);

#endif							/* RS_PARQUET_FLAT_COLUMN_H */
