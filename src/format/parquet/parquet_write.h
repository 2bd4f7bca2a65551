/*
 * parquet_write.h
 *	  What the parts of the Parquet writer have in common.
 *
 * batches -> values (parquet_write_values.c) -> pages of column chunks (parquet_write_chunk.c)
 * -> row groups and metadata (parquet_write.c)
 */
#ifndef RS_PARQUET_WRITE_H
#define RS_PARQUET_WRITE_H

#include "format/compression/page_codec.h"
#include "format/format.h"
#include "format/parquet/byte_buffer.h"
#include "format/parquet/parquet.h"
#include "format/parquet/thrift_write.h"
#include "format/text/value_text.h"

/* How vectors of a column become values. */
typedef enum RsLeafSource
{
	RS_LEAF_BOOL,
	RS_LEAF_INT,				/* to INT32 or INT64, with an offset maybe */
	RS_LEAF_FLOAT,
	RS_LEAF_DECIMAL,
	RS_LEAF_BYTES,				/* what a varlena holds */
	RS_LEAF_FIXED,				/* what a pointer points to */
	RS_LEAF_TEXT				/* the text that stands for a value */
} RsLeafSource;

/* How values are kept until they are encoded. */
typedef enum RsLeafClass
{
	RS_CLASS_BOOL,				/* bytes 0 and 1 */
	RS_CLASS_4,					/* INT32, FLOAT: as uint32 */
	RS_CLASS_8,					/* INT64, DOUBLE: as uint64 */
	RS_CLASS_BYTES				/* BYTE_ARRAY, FIXED: as RsParquetBytes */
} RsLeafClass;

/* A column of the file. */
typedef struct RsParquetLeaf
{
	RsParquetElement element;	/* of the column, or of a list's elements; name in UTF-8 */
	const char *column;			/* as the query calls it, for messages */
	bool		is_list;
	RsVectorType array;			/* a list's */
	RsVectorType type;			/* of the values */
	char		type_align;		/* of a list's elements */
	RsLeafSource source;
	RsLeafClass class;
	bool		is_text;		/* UTF-8 */
	bool		padded;			/* char(n), whose padding is left out */
	int64		offset;			/* of dates and timestamps: added, */
	int64		first;			/* to what is in this range; others are not to be had */
	int64		last;
	RsTextColumn *text;			/* of RS_LEAF_TEXT */
} RsParquetLeaf;

/* Of a list's leaf: 1 there is a list, 2 it has an element, 3 which is not NULL. */
#define RS_LIST_DEFINITION		3
#define rs_leaf_definition(leaf)	((leaf)->is_list ? RS_LIST_DEFINITION : 1)

/* A file's schema. */
extern void rs_parquet_leaf_init(RsParquetLeaf *leaf, const RsWriteColumn *column);
extern void rs_parquet_put_schema(RsThriftWriter *thrift, int16 field, const RsParquetLeaf *leaves,
								  int nleaves);
extern void rs_parquet_put_path(RsThriftWriter *thrift, int16 field, const RsParquetLeaf *leaf);

/*
 * The values of rows [first, first + n) of a vector that is no constant, those that are not
 * NULL: an array of the leaf's class in room.  What had to be made is in the current context.
 */
extern uint32 rs_parquet_take_values(const RsParquetLeaf *leaf, const RsVector *vector, uint32 first,
									 uint32 n, RsByteBuffer *room);

/* The least and the greatest of some values. */
#define RS_BOUND_SIZE	64

typedef struct RsParquetBound
{
	union
	{
		int64		integer;
		double		real;
		uint8		bytes[RS_BOUND_SIZE];	/* of fixed decimals: in order as bytes */
	}			u;
	uint32		size;			/* of bytes */
	bool		cut;			/* there are more bytes */
} RsParquetBound;

typedef struct RsParquetBounds
{
	bool		any;			/* else there is no value, or none to compare */
	bool		unknown;		/* values that are in no order, NaN, are among them */
	RsParquetBound min;
	RsParquetBound max;
} RsParquetBounds;

extern void rs_bounds_add(const RsParquetLeaf *leaf, RsParquetBounds *bounds, const void *values, uint32 n);
extern void rs_bounds_merge(const RsParquetLeaf *leaf, RsParquetBounds *bounds, const RsParquetBounds *from);
extern int	rs_bounds_compare(const RsParquetLeaf *leaf, const RsParquetBound *x, const RsParquetBound *y);

/* As metadata have it, into RS_BOUND_SIZE + 4 bytes; false: there is no such bound. */
extern bool rs_bounds_image(const RsParquetLeaf *leaf, const RsParquetBounds *bounds, bool max, char *image,
							uint32 *size, bool *exact);

/*
 * Distinct values, numbered as they come.
 */
#define RS_DICTIONARY_ENTRIES	65536	/* at most, so that codes have up to 16 bits */

typedef struct RsParquetDictionary
{
	RsLeafClass class;
	bool		prefixed;		/* bytes have their length before them */
	uint32		nentries;
	RsByteBuffer entries;		/* as PLAIN */
	RsByteBuffer offsets;		/* of bytes: where each entry's data are, uint32 */
	RsByteBuffer hashes;		/* of bytes: uint32 */
	RsByteBuffer slots;			/* uint32: entry + 1, 0: free; a power of two */
	uint32		mask;
	int			shift;
	Size		limit;			/* bytes of entries */
} RsParquetDictionary;

extern void rs_dictionary_init(RsParquetDictionary *dictionary, const RsParquetLeaf *leaf, Size limit,
							   MemoryContext context);
extern void rs_dictionary_reset(RsParquetDictionary *dictionary);
/* Codes of values; false: there are too many distinct ones. */
extern bool rs_dictionary_encode(RsParquetDictionary *dictionary, const void *values, uint32 n,
								 uint32 *codes);
extern RsParquetBytes rs_dictionary_bytes(const RsParquetDictionary *dictionary, uint32 entry);

/* Values in order as PLAIN. */
extern void rs_parquet_put_plain(const RsParquetLeaf *leaf, const void *values, uint32 n, RsByteBuffer *out);
/* Bytes 0 and 1 as bits. */
extern void rs_parquet_put_bools(const uint8 *values, uint32 n, RsByteBuffer *out);
/* Integers of up to 16 bits as runs and bit-packed ones. */
extern void rs_parquet_put_rle(const uint32 *values, uint32 n, int width, RsByteBuffer *out);

/*
 * A column chunk in the making.
 */
typedef struct RsParquetChunkWriter RsParquetChunkWriter;

/* What all columns of a file share. */
typedef struct RsParquetWriteState
{
	MemoryContext context;		/* of what lasts */
	MemoryContext scratch;		/* of what the values of some rows need */
	RsArena    *arena;			/* the same, for vectors */
	RsParquetWriteOptions options;
	RsPageCodec *codec;
	uint32		bloom_blocks;	/* of Bloom filters, while they are filled; a power of two */
	RsByteBuffer values;		/* of some rows */
	RsByteBuffer codes;			/* of a vector's dictionary */
	RsByteBuffer page;			/* being put together */
	RsByteBuffer integers;		/* levels to be encoded, and which entries a page has */
	RsByteBuffer compressed;
} RsParquetWriteState;

extern RsParquetChunkWriter *rs_chunk_create(RsParquetWriteState *state, RsParquetLeaf *leaf);
/* Values of rows [first, first + n). */
extern void rs_chunk_put(RsParquetChunkWriter *chunk, const RsVector *vector, uint32 first, uint32 n);
/* About how large it is, bytes in the file. */
extern uint64 rs_chunk_size(const RsParquetChunkWriter *chunk);
/* Write it, and begin anew.  Its metadata last until the file's are written. */
typedef struct RsParquetChunkMetadata
{
	const RsParquetLeaf *leaf;
	RsParquetChunk chunk;
	RsParquetBounds bounds;
	int			dictionary_pages;	/* data pages encoded so */
	int			plain_pages;
	RsByteBuffer column_index;	/* empty: none */
	RsByteBuffer offset_index;
} RsParquetChunkMetadata;

extern void rs_chunk_finish(RsParquetChunkWriter *chunk, RsOutput *output, RsParquetChunkMetadata *metadata);
/* Then its Bloom filter, if it has one: behind the row group. */
extern void rs_chunk_finish_bloom(RsParquetChunkWriter *chunk, RsOutput *output,
								  RsParquetChunkMetadata *metadata);

/* A ColumnChunk, as element of a list. */
extern void rs_parquet_add_chunk(RsThriftWriter *thrift, const RsParquetChunkMetadata *metadata,
								 RsParquetCodec codec);

/* Pages of a chunk, as its indexes have them. */
typedef struct RsParquetPageEntry
{
	char	   *data;			/* with the header */
	uint32		size;
	uint32		raw_size;		/* before compression, with the header */
	uint64		first_row;
	uint32		nlevels;
	uint32		nnulls;
	RsParquetBounds bounds;
} RsParquetPageEntry;

extern void rs_parquet_put_indexes(const RsParquetLeaf *leaf, const RsParquetPageEntry *pages,
								   uint32 npages, uint64 start, RsByteBuffer *column_index,
								   RsByteBuffer *offset_index);

#endif							/* RS_PARQUET_WRITE_H */
