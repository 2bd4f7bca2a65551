/*
 * page_index.c
 *	  What a Parquet file says of the pages of a column chunk.
 *
 * Two structures, which stand apart from the pages: where each page begins (OffsetIndex), and its
 * bounds (ColumnIndex).  A page that is all NULL has bounds that mean nothing.
 */
#include "postgres.h"

#include "format/parquet/page_index.h"
#include "format/parquet/thrift_read.h"

/* Of each of the two structures. */
#define MAX_INDEX		((int32) 64 * 1024 * 1024)

/* Bytes that an element of a list takes at least. */
#define LEAST_LOCATION	4
#define LEAST_ELEMENT	1

static void
begin(RsThriftReader *thrift, RsInput *input, int64 offset, int32 size)
{
	char	   *data;

	if (size <= 0 || size > MAX_INDEX || offset > input->size - size)
		rs_parquet_corrupt(input->name, (uint64) offset, "page index has an impossible place");
	data = palloc(size);
	if (input->read(input, (uint64) offset, data, (Size) size) != (Size) size)
		rs_parquet_corrupt(input->name, (uint64) offset, "file ends too early");
	rs_thrift_init(thrift, data, (Size) size);
}

static int64
read_first_row(RsThriftReader *thrift)
{
	RsThriftField field = {0};
	int64		first = -1;

	while (rs_thrift_field(thrift, &field))
	{
		if (field.id == 3)
			first = rs_thrift_int(thrift, &field);
		else
			rs_thrift_skip(thrift, &field);
	}
	return first;
}

static void
read_places(RsPageIndex *index, RsInput *input, const RsParquetChunk *chunk, int64 nrows)
{
	RsThriftReader thrift;
	RsThriftField field = {0};
	uint32		i;

	begin(&thrift, input, chunk->offset_index, chunk->offset_index_size);
	while (rs_thrift_field(&thrift, &field))
	{
		RsThriftField element;
		uint32		n;

		if (field.id != RS_OFFSETS_PAGES || index->first_rows != NULL)
		{
			rs_thrift_skip(&thrift, &field);
			continue;
		}
		n = rs_thrift_list(&thrift, &field, LEAST_LOCATION, &element);
		index->first_rows = palloc(((Size) n + 1) * sizeof(int64));
		for (i = 0; i < n && rs_thrift_struct(&thrift, &element); i++)
			index->first_rows[i] = read_first_row(&thrift);
		index->npages = i;
		index->first_rows[i] = nrows;
	}
	if (thrift.fault != NULL)
		rs_parquet_corrupt(input->name, (uint64) chunk->offset_index, thrift.fault);
	for (i = 0; i < index->npages; i++)
		if ((i == 0 && index->first_rows[0] != 0) || index->first_rows[i] < 0 ||
			index->first_rows[i] > index->first_rows[i + 1])
			rs_parquet_corrupt(input->name, (uint64) chunk->offset_index, "page index contradicts itself");
}

static void
read_bounds(RsPageIndex *index, RsInput *input, const RsParquetChunk *chunk)
{
	RsThriftReader thrift;
	RsThriftField field = {0};
	bool	   *all_null = palloc0(Max(index->npages, 1) * sizeof(bool));
	bool		fits = true;
	uint32		i;

	for (i = 0; i < index->npages; i++)
		index->statistics[i].nulls = -1;
	begin(&thrift, input, chunk->column_index, chunk->column_index_size);
	while (rs_thrift_field(&thrift, &field))
	{
		RsThriftField element;
		uint32		n;

		if (field.id != RS_INDEX_NULL_PAGES && field.id != RS_INDEX_MINS && field.id != RS_INDEX_MAXES &&
			field.id != RS_INDEX_NULLS)
		{
			rs_thrift_skip(&thrift, &field);
			continue;
		}
		n = rs_thrift_list(&thrift, &field, LEAST_ELEMENT, &element);
		fits = fits && n == index->npages;
		if (!fits)
			break;
		/* Behind a list's head a boolean is a byte. */
		if (field.id == RS_INDEX_NULL_PAGES && (element.type == RS_THRIFT_TRUE || element.type == RS_THRIFT_FALSE))
			element.type = RS_THRIFT_I8;
		for (i = 0; i < n && thrift.fault == NULL; i++)
		{
			if (field.id == RS_INDEX_NULL_PAGES)
				all_null[i] = rs_thrift_int(&thrift, &element) == RS_THRIFT_TRUE;
			else if (field.id == RS_INDEX_MINS)
				index->statistics[i].min = rs_thrift_bytes(&thrift, &element);
			else if (field.id == RS_INDEX_MAXES)
				index->statistics[i].max = rs_thrift_bytes(&thrift, &element);
			else
				index->statistics[i].nulls = rs_thrift_int(&thrift, &element);
		}
	}
	if (thrift.fault != NULL)
		rs_parquet_corrupt(input->name, (uint64) chunk->column_index, thrift.fault);
	if (!fits)
		rs_parquet_corrupt(input->name, (uint64) chunk->column_index, "page index contradicts itself");
	for (i = 0; i < index->npages; i++)
		if (all_null[i])
		{
			memset(&index->statistics[i], 0, sizeof(RsParquetStatistics));
			index->statistics[i].nulls = index->first_rows[i + 1] - index->first_rows[i];
		}
}

RsPageIndex *
rs_page_index_read(RsInput *input, const RsParquetChunk *chunk, int64 nrows)
{
	RsPageIndex *index;

	if (chunk->offset_index <= 0 || chunk->column_index <= 0)
		return NULL;
	index = palloc0(sizeof(RsPageIndex));
	read_places(index, input, chunk, nrows);
	index->statistics = palloc0(Max(index->npages, 1) * sizeof(RsParquetStatistics));
	read_bounds(index, input, chunk);
	return index;
}
