/*
 * convert.h
 *	  From values as a Parquet file has them to those of a table's column.
 *
 * The fast way makes a batch at once, and gives up on the first value that the column
 * cannot hold as it is.  The slow way takes one value at a time through a column builder, which
 * knows all conversions and says what is wrong.
 */
#ifndef RS_PARQUET_CONVERT_H
#define RS_PARQUET_CONVERT_H

#include "format/column_builder.h"
#include "format/parquet/leaf_reader.h"

typedef struct RsConverter RsConverter;

/* In the current context.  NULL: the column is of a type that the leaf's values have nothing in common with. */
extern RsConverter *rs_converter_create(const RsReadColumn *column, const RsParquetNode *leaf,
										const RsConversion *conversion);

/*
 * An empty vector of the form that the fast way makes, for n values; NULL: there is no fast way.
 */
extern RsVector *rs_converter_vector(const RsConverter *converter, RsArena *arena, uint32 n);

/* Values from first on, without NULLs; false: not all of them fit. */
extern bool rs_convert(const RsConverter *converter, const RsRawValues *raw, RsVector *to, uint32 first,
					   RsArena *arena);

/*
 * Value i the slow way, into the builder of the column.  *replaced is set, if it was text with characters
 * that there are not.
 */
extern bool rs_convert_slowly(RsConverter *converter, RsColumnBuilder *builder, const RsRawValues *raw, uint32 i,
							  RsArena *arena, bool *replaced, RsValueFault *fault);

/* The value as people read it, for errors; in the current context. */
extern char *rs_raw_text(const RsParquetNode *leaf, const RsRawValues *raw, uint32 i, Size *size);

/* For nested values: what a leaf's value is. */
extern bool rs_raw_decimal(const RsRawValues *raw, uint32 i, int128 *value);
extern bool rs_raw_timestamp(const RsParquetElement *element, const RsRawValues *raw, uint32 i, int64 *value);
extern bool rs_raw_time(const RsParquetElement *element, const RsRawValues *raw, uint32 i, int64 *value);
extern int64 rs_raw_int(const RsParquetElement *element, const RsRawValues *raw, uint32 i);
extern double rs_raw_float(const RsRawValues *raw, uint32 i);

#endif							/* RS_PARQUET_CONVERT_H */
