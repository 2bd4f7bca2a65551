/*
 * group_writer.h
 *	  Encode up to RS_GROUP_ROWS rows into one row group's stream.
 *
 * The caller (insert buffer, compaction) gives columns of row-ordered values
 * and gets the stream; it allocates pages, writes the directory row, then the
 * pages.  Memory: the stream, one block of decoded values, small change.
 */
#ifndef RS_GROUP_WRITER_H
#define RS_GROUP_WRITER_H

#include "encoding/encoding.h"
#include "storage/row_group.h"

/*
 * One column of the rows being gathered, in order of arrival.  Fixed forms:
 * `fixed` has width bytes a row (zeros for NULL).  VARLEN: offsets[row] into
 * `bytes`, images as RsValues wants them.  isnull == NULL: no NULLs.  A numeric
 * column may have integers of one scale instead: then `fixed` has 8 bytes a row.
 */
typedef struct RsColumnData
{
	RsColumnType type;
	bool		dropped;		/* attribute dropped: all NULL, nothing stored */
	bool	   *isnull;
	char	   *fixed;
	uint64	   *offsets;
	char	   *bytes;
	bool		scaled;			/* a numeric column's values are integers */
	int16		scale;			/* of these */
} RsColumnData;

typedef struct RsGroupStream
{
	char	   *data;
	uint64		size;
	uint64		footer_offset;
	uint32		footer_size;
	bytea	   *key_zone;		/* of key_attno, NULL if it has no bounds */
} RsGroupStream;

/*
 * Encode rows order[0..nrows-1] (NULL: as they came) of the columns.  wishes:
 * one RsEncodingId an attribute.  key_attno: leading sort column or 0.  The
 * stream is palloc'd (huge allowed) in the current context.
 */
extern void rs_group_encode(const RsColumnData *columns, int ncolumns,
							uint32 nrows, const uint32 *order,
							const RsEncodingId *wishes, AttrNumber key_attno,
							uint64 storage_id, int64 group_id,
							RsGroupStream *stream);

/* Give an encoded group the ids that it will have. */
extern void rs_group_stream_set_ids(char *stream, uint64 footer_offset, uint64 storage_id, int64 group_id);

/* Bounds of a column over at most a block of rows, as a directory row keeps them. */
extern bytea *rs_key_zone_form(const RsColumnData *column, AttrNumber attno, uint32 nrows);

/*
 * The non-NULL values of n rows from `start` on, at most a block's, and a bit for
 * each row that has one.
 */
extern void rs_column_gather(const RsColumnData *column, const uint32 *order, uint32 start,
							 uint32 n, RsValues *dense, uint64 *valid);

#endif							/* RS_GROUP_WRITER_H */
