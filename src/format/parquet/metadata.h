/*
 * metadata.h
 *	  What a Parquet file says of itself, and pages of themselves.
 */
#ifndef RS_PARQUET_METADATA_H
#define RS_PARQUET_METADATA_H

#include "format/input.h"
#include "format/parquet/parquet_format.h"

/*
 * The metadata at the end of the file, in the current context.  Each row group has a chunk for each
 * leaf of the schema, whose ranges are within the file.
 */
extern RsParquetFile *rs_parquet_open(RsInput *input);

/* Where the pages of a chunk begin. */
extern int64 rs_parquet_chunk_offset(const RsParquetChunk *chunk);

typedef struct RsParquetPage
{
	RsParquetPageType type;
	uint32		uncompressed;	/* bytes */
	uint32		compressed;
	bool		has_crc;
	uint32		crc;
	uint32		nvalues;		/* of data with NULLs */
	RsParquetEncoding encoding;
	RsParquetEncoding definition_encoding;	/* of DATA_PAGE */
	RsParquetEncoding repetition_encoding;
	uint32		definition_size;	/* of DATA_PAGE_V2: bytes of levels */
	uint32		repetition_size;
	bool		is_compressed;	/* behind the levels */
} RsParquetPage;

typedef enum RsHeaderResult
{
	RS_HEADER_READ,
	RS_HEADER_TOO_SHORT,		/* there have to be more bytes */
	RS_HEADER_DAMAGED			/* *fault says how */
} RsHeaderResult;

/* The header of a page at the start of data; *used: its size. */
extern RsHeaderResult rs_parquet_page_header(const char *data, Size size, RsParquetPage *page, Size *used,
											 const char **fault);

/*
 * The header of a Bloom filter: bytes of the filter, 0: of an unknown kind, and of the header.  Returns
 * what is wrong, or NULL.
 */
extern const char *rs_parquet_bloom_header(const char *data, Size size, Size *filter_size, Size *used);

/* Bytes of a value of a leaf; 0: each has its own length. */
extern uint32 rs_parquet_width(const RsParquetElement *element);

/* All errors of damaged files. */
extern void rs_parquet_corrupt(const char *file, uint64 offset, const char *fault) pg_attribute_noreturn();

#endif							/* RS_PARQUET_METADATA_H */
