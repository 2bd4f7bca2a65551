/*
 * parquet.h
 *	  Parquet files.
 */
#ifndef RS_PARQUET_H
#define RS_PARQUET_H

#include "format/format.h"
#include "format/parquet/parquet_format.h"

/* RsWriteSpec.options; without any these defaults. */
typedef struct RsParquetWriteOptions
{
	RsParquetCodec codec;
	uint64		row_group_bytes;	/* in the file, about */
	uint32		row_group_rows; /* at most; of batches whole */
	uint32		page_bytes;		/* before compression, about */
} RsParquetWriteOptions;

#define RS_PARQUET_WRITE_DEFAULTS \
	{RS_PARQUET_SNAPPY, UINT64CONST(32) << 20, 1 << 20, 1 << 20}

extern const RsFormat rs_parquet_format;

/* In parts of whole row groups. */
extern int	rs_parquet_parts(const RsReadSpec *spec, RsInput *input, uint64 part_size);
extern RsReader *rs_parquet_read(const RsReadSpec *spec, RsInput *input, const RsFilePart *part);

extern RsWriter *rs_parquet_write(const RsWriteSpec *spec, RsOutput *output);

#endif							/* RS_PARQUET_H */
