/*
 * row_block.h
 *	  Small inserts: rows as they came, in one bytea of the directory row.
 */
#ifndef RS_ROW_BLOCK_H
#define RS_ROW_BLOCK_H

#include "access/tupdesc.h"
#include "storage/group_writer.h"

#define RS_ROW_BLOCK_MAX_BYTES	7000	/* larger inserts go into pages */

/* Rows order[0..nrows-1] of the columns as a bytea; NULL where it would be larger
 * than max_bytes.  The directory row's checksum covers it. */
extern bytea *rs_row_block_form(const RsColumnData *columns, int ncolumns,
								uint32 nrows, const uint32 *order, Size max_bytes);

/* Attributes and rows stored. */
extern void rs_row_block_header(const bytea *rows, uint32 *nrows, uint16 *ncolumns);

/* Decode one column of all rows; the column must be < ncolumns stored. */
extern void rs_row_block_column(const bytea *rows, int column, const RsColumnType *type,
								RsDecodedBlock *out);

#endif							/* RS_ROW_BLOCK_H */
