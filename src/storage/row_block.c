/*
 * row_block.c
 *	  Small inserts: rows as they came, in one bytea of the directory row.
 *
 * Column by column, since that is how they are gathered and read, but with next
 * to no overhead: a single row takes hardly more than a heap tuple.  The bytea:
 *
 *		uint16 columns, uint16 rows
 *		uint16 end of each column's data, counted from the end of this table
 *		per column: a byte of kind, for RS_ROWS_SOME_NULL a bitmap of the rows
 *		that are not NULL, then the values that are not: width bytes each, or a
 *		variable-length count and that many bytes
 */
#include "postgres.h"

#include "encoding/ints.h"
#include "encoding/raw.h"
#include "lib/stringinfo.h"
#include "storage/row_block.h"
#include "utils/memutils.h"

#define RS_ROWS_ALL_NULL	0	/* or dropped */
#define RS_ROWS_NO_NULL		1
#define RS_ROWS_SOME_NULL	2

static bool
is_null(const RsColumnData *column, uint32 row)
{
	return column->dropped || (column->isnull != NULL && column->isnull[row]);
}

static void
put_length(StringInfo out, Size length)
{
	for (; length >= 0x80; length >>= 7)
		appendStringInfoCharMacro(out, (char) (length | 0x80));
	appendStringInfoCharMacro(out, (char) length);
}

static Size
get_length(RsBytes *in)
{
	Size		length = 0;
	int			shift;

	for (shift = 0; shift < 35; shift += 7)
	{
		uint8		byte = (uint8) rs_bytes_uint(in, 1);

		length |= (Size) (byte & 0x7F) << shift;
		if (byte < 0x80)
			return length;
	}
	rs_encoding_corrupt("length of a value is out of range");
	return 0;
}

static void
put_value(const RsColumnData *column, uint32 row, StringInfo out)
{
	if (column->type.phys == RS_PHYS_VARLEN)
	{
		const char *image = column->bytes + column->offsets[row];

		put_length(out, VARSIZE_ANY_EXHDR(image));
		appendBinaryStringInfo(out, VARDATA_ANY(image), (int) VARSIZE_ANY_EXHDR(image));
	}
	else
		appendBinaryStringInfo(out, column->fixed + (Size) row * column->type.width,
							   column->type.width);
}

/*
 * One column; false as soon as the bytes are too many.
 */
static bool
put_column(const RsColumnData *column, uint32 nrows, const uint32 *order, Size max_bytes,
		   StringInfo out)
{
	uint32		nnulls = 0;
	uint32		i;

	for (i = 0; i < nrows; i++)
		nnulls += is_null(column, order ? order[i] : i);
	appendStringInfoChar(out, nnulls == nrows ? RS_ROWS_ALL_NULL :
						 nnulls == 0 ? RS_ROWS_NO_NULL : RS_ROWS_SOME_NULL);
	if (nnulls == nrows)
		return true;
	if (nnulls > 0)
	{
		int			at = out->len;

		for (i = 0; i < (nrows + 7) / 8; i++)
			appendStringInfoChar(out, 0);
		for (i = 0; i < nrows; i++)
			if (!is_null(column, order ? order[i] : i))
				out->data[at + i / 8] |= (char) (1 << (i % 8));
	}
	for (i = 0; i < nrows; i++)
	{
		uint32		row = order ? order[i] : i;

		if (is_null(column, row))
			continue;
		if (column->type.phys == RS_PHYS_VARLEN &&
			VARSIZE_ANY_EXHDR(column->bytes + column->offsets[row]) > max_bytes)
			return false;
		put_value(column, row, out);
		if ((Size) out->len > max_bytes)
			return false;
	}
	return true;
}

bytea *
rs_row_block_form(const RsColumnData *columns, int ncolumns, uint32 nrows,
				  const uint32 *order, Size max_bytes)
{
	StringInfoData out;
	int			table;
	int			start;
	int			i;

	/* Every row and column takes a bit at least; don't start what can't fit. */
	if (nrows > RS_BLOCK_ROWS || (Size) ncolumns * sizeof(uint16) > max_bytes / 2)
		return NULL;
	initStringInfo(&out);
	rs_bytes_put(&out, 0, VARHDRSZ);
	rs_bytes_put(&out, (uint64) ncolumns, 2);
	rs_bytes_put(&out, nrows, 2);
	table = out.len;
	for (i = 0; i < ncolumns; i++)
		rs_bytes_put(&out, 0, 2);
	start = out.len;
	for (i = 0; i < ncolumns; i++)
	{
		int			end;

		if (!put_column(&columns[i], nrows, order, max_bytes, &out) ||
			(Size) out.len > max_bytes)
		{
			pfree(out.data);
			return NULL;
		}
		end = out.len - start;
		out.data[table + 2 * i] = (char) end;
		out.data[table + 2 * i + 1] = (char) (end >> 8);
	}
	SET_VARSIZE(out.data, out.len);
	return (bytea *) out.data;
}

static RsBytes
open_block(const bytea *rows, uint32 *nrows, uint16 *ncolumns)
{
	RsBytes		in = {VARDATA_ANY(rows), VARDATA_ANY(rows) + VARSIZE_ANY_EXHDR(rows)};

	*ncolumns = (uint16) rs_bytes_uint(&in, 2);
	*nrows = (uint32) rs_bytes_uint(&in, 2);
	if (*nrows > RS_BLOCK_ROWS)
		rs_encoding_corrupt("too many rows in the directory");
	return in;
}

void
rs_row_block_header(const bytea *rows, uint32 *nrows, uint16 *ncolumns)
{
	(void) open_block(rows, nrows, ncolumns);
}

/*
 * The bytes of one column.
 */
static RsBytes
find_column(const bytea *rows, int column, uint32 *nrows)
{
	uint16		ncolumns;
	RsBytes		in = open_block(rows, nrows, &ncolumns);
	RsBytes		table = in;
	Size		from = 0;
	Size		to;
	RsBytes		found;

	if (column >= ncolumns)
		rs_encoding_corrupt("column is missing in the directory");
	(void) rs_bytes_take(&in, (Size) ncolumns * 2);
	if (column > 0)
	{
		(void) rs_bytes_take(&table, (Size) (column - 1) * 2);
		from = (Size) rs_bytes_uint(&table, 2);
	}
	to = (Size) rs_bytes_uint(&table, 2);
	if (from > to)
		rs_encoding_corrupt("columns overlap in the directory");
	(void) rs_bytes_take(&in, from);
	found.at = rs_bytes_take(&in, to - from);
	found.end = in.at;
	return found;
}

static void
get_varlen(RsBytes in, const uint64 *valid, uint32 nrows, RsValues *values)
{
	/* A count takes a byte where an image needs up to a header and padding. */
	Size		room = (Size) (in.end - in.at) + (Size) nrows * (VARHDRSZ + MAXIMUM_ALIGNOF);
	Size		at = 0;
	uint32		row;

	values->bytes = palloc0(Max(room, 1));
	values->offsets = palloc0(Max(nrows, 1) * sizeof(uint32));
	for (row = 0; row < nrows; row++)
	{
		Size		length;

		if (valid != NULL && !((valid[row / 64] >> (row % 64)) & 1))
			continue;
		length = get_length(&in);
		at = rs_image_put(values->bytes, at, rs_bytes_take(&in, length), length,
						  &values->offsets[row]);
	}
	values->nbytes = at;
}

void
rs_row_block_column(const bytea *rows, int column, const RsColumnType *type,
					RsDecodedBlock *out)
{
	uint32		nrows;
	RsBytes		in = find_column(rows, column, &nrows);
	uint8		kind = (uint8) rs_bytes_uint(&in, 1);
	uint32		row;

	memset(out, 0, sizeof(RsDecodedBlock));
	out->values.phys = type->phys;
	out->values.width = type->width;
	out->values.count = nrows;
	if (kind > RS_ROWS_SOME_NULL)
		rs_encoding_corrupt("kind of a column in the directory is unknown");
	if (kind != RS_ROWS_NO_NULL)
		out->valid = palloc0(((Size) nrows / 64 + 1) * sizeof(uint64));
	if (kind == RS_ROWS_SOME_NULL)
	{
		const char *bitmap = rs_bytes_take(&in, (nrows + 7) / 8);

		for (row = 0; row < nrows; row++)
			if (((uint8) bitmap[row / 8] >> (row % 8)) & 1)
				out->valid[row / 64] |= UINT64CONST(1) << (row % 64);
	}
	if (kind == RS_ROWS_ALL_NULL)
	{
		in.at = in.end = NULL;
	}
	if (type->phys == RS_PHYS_VARLEN)
	{
		get_varlen(in, out->valid, nrows, &out->values);
		return;
	}
	rs_values_alloc(&out->values, nrows);
	memset(out->values.fixed, 0, (Size) nrows * type->width);
	for (row = 0; row < nrows; row++)
		if (out->valid == NULL || ((out->valid[row / 64] >> (row % 64)) & 1))
			memcpy((char *) out->values.fixed + (Size) row * type->width,
				   rs_bytes_take(&in, type->width), type->width);
}
