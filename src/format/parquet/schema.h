/*
 * schema.h
 *	  The columns of a Parquet file, as a tree.
 */
#ifndef RS_PARQUET_SCHEMA_H
#define RS_PARQUET_SCHEMA_H

#include "format/parquet/parquet_format.h"
#include "lib/stringinfo.h"

typedef struct RsParquetNode RsParquetNode;
struct RsParquetNode
{
	const RsParquetElement *element;
	int			definition;		/* level from which on it is there, and not NULL */
	int			repetition;		/* level of its innermost repeated element */
	int			first_leaf;		/* its chunk, or the first below it */
	int			nleaves;
	int			nchildren;		/* 0: a leaf */
	RsParquetNode *children;
};

/* The root, whose children are the columns; in the current context.  file: for errors. */
extern RsParquetNode *rs_parquet_schema(const RsParquetFile *metadata, const char *file);

/* The leaf of that number, at the node or below it. */
extern const RsParquetNode *rs_parquet_leaf(const RsParquetNode *node, int number);

/* As people write it: "optional int64 price (DECIMAL(15,2))". */
extern void rs_parquet_describe(StringInfo to, const RsParquetNode *node);

#endif							/* RS_PARQUET_SCHEMA_H */
