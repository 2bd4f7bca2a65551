/*
 * leaf_reader.h
 *	  The values of one leaf of the schema, as the file has them.
 *
 * A chunk's pages come one after another.  Values are asked for in the order levels, then
 * values, no more at a time than rs_leaf_available() says, which is never beyond a page.
 */
#ifndef RS_PARQUET_LEAF_READER_H
#define RS_PARQUET_LEAF_READER_H

#include "format/parquet/page_stream.h"
#include "format/parquet/schema.h"
#include "vector/vector.h"

/* Values without NULLs. */
typedef struct RsRawValues
{
	RsParquetType type;
	uint32		n;
	uint32		width;			/* bytes of each, but BYTE_ARRAYs */
	char	   *fixed;			/* not aligned, of BOOLEAN a byte each */
	RsParquetBytes *bytes;		/* of BYTE_ARRAY */
	bool		prefixed;		/* the byte before each of them may be written to */
} RsRawValues;

/* For the leaves of a file, one at a time. */
typedef struct RsLeafScratch
{
	int64		words[RS_BATCH_ROWS];
	RsParquetBytes bytes[RS_BATCH_ROWS];
	uint32		codes[RS_BATCH_ROWS];
} RsLeafScratch;

typedef struct RsLeafReader RsLeafReader;

extern RsLeafReader *rs_leaf_create(MemoryContext context, const RsParquetNode *leaf, RsInput *input,
									RsPageCodec *codec, RsLeafScratch *scratch);

/* A chunk begins, with so many values, NULLs too.  See rs_page_stream_begin(). */
extern void rs_leaf_begin(RsLeafReader *reader, const RsParquetChunk *chunk, uint64 nvalues, Size window);
extern RsPageStream *rs_leaf_pages(RsLeafReader *reader);

/* Values, with NULLs, of the current page that were not read, or of the next one; 0: no more. */
extern uint32 rs_leaf_available(RsLeafReader *reader);

/* Values, with NULLs, of the chunk's pages so far. */
extern uint64 rs_leaf_count(const RsLeafReader *reader);

/*
 * Which of the next n are NULL, of a leaf that is not repeated; returns how many are not.
 * null is written only if some are.
 */
extern uint32 rs_leaf_nulls(RsLeafReader *reader, uint8 *null, uint32 n);

/* Levels of the next n; returns how many have a value. */
extern uint32 rs_leaf_levels(RsLeafReader *reader, uint8 *definition, uint8 *repetition, uint32 n);

/* The next n values, good until the next call for any leaf, or as long as the arena's. */
extern void rs_leaf_values(RsLeafReader *reader, RsArena *arena, RsRawValues *values, uint32 n);

/* Pass over n values, with NULLs, of a leaf that is not repeated; its pages, if no other is wanted of them. */
extern void rs_leaf_pass(RsLeafReader *reader, RsArena *arena, uint64 n);

/*
 * If the current page has codes of a dictionary: its number of entries; else 0.
 */
extern uint32 rs_leaf_dictionary_size(const RsLeafReader *reader);
extern void rs_leaf_codes16(RsLeafReader *reader, uint16 *codes, uint32 n);
extern void rs_leaf_codes32(RsLeafReader *reader, uint32 *codes, uint32 n);
/* Entries from first on; they stay until the chunk's end. */
extern void rs_leaf_dictionary(RsLeafReader *reader, uint32 first, RsRawValues *values, uint32 n);

extern void rs_leaf_corrupt(const RsLeafReader *reader, const char *fault) pg_attribute_noreturn();

#endif							/* RS_PARQUET_LEAF_READER_H */
