/*
 * parquet_read.c
 *	  Reader of Parquet files: row group by row group, in batches of all columns.
 *
 * A column of the file is for the column of the table at the same place, as Redshift's COPY
 * has it.  Parts are row groups.  A batch ends where a page of any flat column does, so that values
 * can point into pages; pages are replaced only when the next batch is asked for.  It ends before rows
 * that nobody wants, too: pages that have no others are not decompressed.
 *
 * Column chunks are read whole where those of a row group fit into the memory that the reader
 * may take, else in windows.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "format/parquet/group_filter.h"
#include "format/parquet/nested_column.h"
#include "format/parquet/parquet.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

/* For compressed bytes of a row group, without the spec's limit; and least of a chunk. */
#define DEFAULT_MEMORY		((uint64) 64 * 1024 * 1024)
#define LEAST_WINDOW		((uint64) 64 * 1024)

/* A column of the spec that is wanted. */
typedef struct ReadColumn
{
	int			number;			/* in the spec */
	const RsParquetNode *node;	/* NULL: the file has none, all are NULL */
	RsFlatColumn *flat;			/* either of the two */
	RsNestedColumn *nested;
	RsLeafReader **leaves;
} ReadColumn;

typedef struct ParquetReader
{
	RsReader	base;
	RsFaultSink faults;
	const RsReadSpec *spec;
	RsInput    *input;
	MemoryContext context;
	RsParquetFile *metadata;
	RsParquetNode *root;
	ReadColumn *columns;
	int			ncolumns;
	int			nleaves;		/* of all of them */
	const RsVector **vectors;	/* of the batch, by the spec's columns */

	int			group;			/* the current one */
	int			end_group;		/* behind those of the part */
	int			announced;		/* up to this one */
	RsGroupFilter *filter;		/* NULL: all are wanted */
	int			following;		/* the group after the current one; or end_group */
	uint64		rows_left;		/* of the current one */
	RsRowRange *unwanted;		/* rows of the current one; NULL: none are known */
	int			nunwanted;
	int			next_unwanted;	/* the first of these that is not passed */
	RsArena    *scrap;			/* of rows that are passed over */
	int64		first_row;		/* of the file, of the batch */
	int64		next_row;

	ReadColumn *at_fault;		/* being read */
	uint32		nbad;			/* rows of the batch */
	uint8		bad[RS_BATCH_ROWS];
	uint32		kept[RS_BATCH_ROWS];	/* the others, if some are bad */
	uint32		batch_rows;
} ParquetReader;

/* ---------------------------------------------------------------------
 * Columns
 * ---------------------------------------------------------------------
 */

static void
incompatible_column(const ParquetReader *reader, const RsReadColumn *column, const RsParquetNode *node)
{
	StringInfoData schema;

	initStringInfo(&schema);
	rs_parquet_describe(&schema, node);
	ereport(ERROR,
			(errcode(ERRCODE_DATATYPE_MISMATCH),
			 errmsg("file \"%s\" has an incompatible Parquet schema for column \"%s\"", reader->input->name,
					column->name),
			 errdetail("Column type: %s, Parquet schema: %s.",
					   format_type_with_typemod(column->typid, column->typmod), schema.data)));
}

static void
check_column_count(const ParquetReader *reader)
{
	int			found = reader->root->nchildren;
	int			expected = reader->spec->ncolumns;

	if (found == expected || (found < expected && reader->spec->conversion->fill_record))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_BAD_COPY_FILE_FORMAT),
			 errmsg("file \"%s\" has another number of columns than the table", reader->input->name),
			 errdetail("Table columns: %d, data columns: %d.", expected, found)));
}

/*
 * What has no groups and is not repeated is read in bulk.  But strings are JSON for no one but
 * those who wrote so: for jsonb they are values.
 */
static bool
is_flat(const RsReadColumn *target, const RsParquetNode *node)
{
	return node->element->type != RS_PARQUET_NO_TYPE && node->repetition == 0 &&
		(target->type.typid != JSONBOID || node->element->logical.kind == RS_LOGICAL_JSON);
}

static void
open_column(ParquetReader *reader, ReadColumn *column, RsPageCodec *codec, RsLeafScratch *scratch)
{
	const RsReadColumn *target = &reader->spec->columns[column->number];
	const RsConversion *conversion = reader->spec->conversion;
	const RsParquetNode *node;
	bool		flat;
	int			i;

	if (column->number >= reader->root->nchildren)
		return;
	column->node = node = &reader->root->children[column->number];
	flat = is_flat(target, node);
	column->leaves = palloc(Max(node->nleaves, 1) * sizeof(RsLeafReader *));
	for (i = 0; i < node->nleaves; i++)
		column->leaves[i] = rs_leaf_create(reader->context, rs_parquet_leaf(node, node->first_leaf + i),
										   reader->input, codec, flat ? scratch : palloc(sizeof(RsLeafScratch)));
	reader->nleaves += node->nleaves;
	if (flat)
		column->flat = rs_flat_column_create(reader->context, target, conversion, node, column->leaves[0]);
	else
		column->nested = rs_nested_column_create(reader->context, target, conversion, node, column->leaves);
	if (column->flat == NULL && column->nested == NULL)
		incompatible_column(reader, target, node);
}

static void
open_columns(ParquetReader *reader)
{
	RsPageCodec *codec = rs_page_codec_create(reader->context);
	RsLeafScratch *scratch = palloc(sizeof(RsLeafScratch));
	int			i;

	check_column_count(reader);
	reader->columns = palloc0(Max(reader->spec->ncolumns, 1) * sizeof(ReadColumn));
	reader->vectors = palloc0(Max(reader->spec->ncolumns, 1) * sizeof(RsVector *));
	for (i = 0; i < reader->spec->ncolumns; i++)
	{
		if (!reader->spec->columns[i].wanted)
			continue;
		reader->columns[reader->ncolumns].number = i;
		open_column(reader, &reader->columns[reader->ncolumns++], codec, scratch);
	}
}

/* ---------------------------------------------------------------------
 * Row groups
 * ---------------------------------------------------------------------
 */

static const RsParquetChunk *
chunk_of(const ParquetReader *reader, int group, const ReadColumn *column, int leaf)
{
	return &reader->metadata->groups[group].chunks[column->node->first_leaf + leaf];
}

static uint64
memory_for_chunks(const ParquetReader *reader)
{
	/* As much again for pages. */
	return reader->spec->max_memory > 0 ? (uint64) reader->spec->max_memory * 1024 / 2 : DEFAULT_MEMORY;
}

/*
 * How many bytes of a chunk are read at a time.
 */
static uint64
chunk_window(const ParquetReader *reader, uint64 total, const RsParquetChunk *chunk)
{
	uint64		window = (uint64) chunk->compressed;

	if (total > memory_for_chunks(reader))
		window = Min(window, Max(LEAST_WINDOW, memory_for_chunks(reader) / reader->nleaves));
	return window;
}

static uint64
group_bytes(const ParquetReader *reader, int group)
{
	uint64		total = 0;
	int			i;
	int			j;

	for (i = 0; i < reader->ncolumns; i++)
		for (j = 0; reader->columns[i].node != NULL && j < reader->columns[i].node->nleaves; j++)
			total += (uint64) chunk_of(reader, group, &reader->columns[i], j)->compressed;
	return total;
}

/*
 * Have the input fetch what will be read of a row group first.
 */
static void
announce_group(ParquetReader *reader, int group)
{
	RsByteRange *ranges;
	uint64		total;
	int			n = 0;
	int			i;
	int			j;

	if (reader->input->expect == NULL || group < reader->announced || group >= reader->end_group ||
		reader->nleaves == 0)
		return;
	reader->announced = group + 1;
	total = group_bytes(reader, group);
	ranges = palloc(reader->nleaves * sizeof(RsByteRange));
	for (i = 0; i < reader->ncolumns; i++)
		for (j = 0; reader->columns[i].node != NULL && j < reader->columns[i].node->nleaves; j++)
		{
			const RsParquetChunk *chunk = chunk_of(reader, group, &reader->columns[i], j);

			ranges[n].offset = (uint64) rs_parquet_chunk_offset(chunk);
			ranges[n++].size = chunk_window(reader, total, chunk);
		}
	reader->input->expect(reader->input, ranges, n);
	pfree(ranges);
}

static void
begin_group(ParquetReader *reader)
{
	uint64		total = group_bytes(reader, reader->group);
	uint64		nrows = (uint64) reader->metadata->groups[reader->group].nrows;
	int			i;
	int			j;

	announce_group(reader, reader->group);
	for (i = 0; i < reader->ncolumns; i++)
	{
		ReadColumn *column = &reader->columns[i];

		for (j = 0; column->node != NULL && j < column->node->nleaves; j++)
		{
			const RsParquetChunk *chunk = chunk_of(reader, reader->group, column, j);

			/* Lists have as many as they have, all else one a row. */
			rs_leaf_begin(column->leaves[j], chunk, column->flat != NULL ? nrows : (uint64) chunk->nvalues,
						  chunk_window(reader, total, chunk));
			rs_page_stream_fetch(rs_leaf_pages(column->leaves[j]));
		}
		if (column->flat != NULL)
			rs_flat_column_begin(column->flat);
		if (column->nested != NULL)
			rs_nested_column_begin(column->nested);
	}
	/* What is in memory as a whole leaves the input free for the next. */
	if (total <= memory_for_chunks(reader))
		announce_group(reader, reader->following);
	reader->rows_left = nrows;
	if (reader->filter == NULL)
		return;
	if (reader->unwanted != NULL)
		pfree(reader->unwanted);
	reader->nunwanted = rs_group_filter_unwanted(reader->filter, reader->group, &reader->unwanted);
	reader->next_unwanted = 0;
}

/*
 * The first group from this one on that has rows that may be wanted; or end_group.
 */
static int
wanted_group(ParquetReader *reader, int group)
{
	while (group < reader->end_group &&
		   (reader->metadata->groups[group].nrows == 0 ||
			(reader->filter != NULL && !rs_group_filter_may_match(reader->filter, group))))
		group++;
	return group;
}

/*
 * False: there are no more rows.
 */
static bool
next_group(ParquetReader *reader)
{
	if (reader->rows_left > 0)
		return true;
	if (reader->following >= reader->end_group)
		return false;
	while (++reader->group < reader->following)
		reader->next_row += reader->metadata->groups[reader->group].nrows;
	reader->following = wanted_group(reader, reader->group + 1);
	begin_group(reader);
	return true;
}

/* ---------------------------------------------------------------------
 * Batches
 * ---------------------------------------------------------------------
 */

static ParquetReader *
reader_of(RsFaultSink *sink)
{
	return (ParquetReader *) ((char *) sink - offsetof(ParquetReader, faults));
}

static void
init_bad_row(const ParquetReader *reader, RsBadRow *bad, uint32 row, const char *text, Size size)
{
	memset(bad, 0, sizeof(RsBadRow));
	bad->file = reader->input->name;
	bad->line = reader->first_row + row + 1;
	bad->column = reader->at_fault->number;
	bad->raw_value.value = text;
	bad->raw_value.size = size;
}

static void
report_replaced(RsFaultSink *sink, uint32 row, const char *text, Size size)
{
	ParquetReader *reader = reader_of(sink);
	RsBadRow	bad;

	init_bad_row(reader, &bad, row, text, size);
	bad.fault = RS_ROW_BAD_UTF8;
	bad.reason = "String contains invalid or unsupported UTF8 codepoints";
	reader->spec->bad_rows->replaced(reader->spec->bad_rows, &bad);
}

static void
report_fault(RsFaultSink *sink, uint32 row, const RsValueFault *fault, const char *text, Size size)
{
	ParquetReader *reader = reader_of(sink);
	RsBadRow	bad;

	/* One fault a row is enough. */
	if (reader->bad[row])
		return;
	init_bad_row(reader, &bad, row, text, size);
	bad.fault = fault->fault;
	bad.reason = fault->reason;
	bad.sqlstate = fault->sqlstate;
	reader->spec->bad_rows->report(reader->spec->bad_rows, &bad);
	reader->bad[row] = 1;
	reader->nbad++;
}

static const RsVector *
null_vector(const RsReadColumn *column, RsArena *arena)
{
	return rs_vector_constant(arena, &column->type, (Datum) 0, true);
}

static void
check_not_null(ParquetReader *reader, const RsVector *vector, uint32 n)
{
	RsValueFault fault = {RS_ROW_NOT_NULL, ERRCODE_NOT_NULL_VIOLATION, "Missing data for not-null field"};
	uint32		i;

	for (i = 0; vector->null != NULL && i < n; i++)
		if (rs_vector_is_null(vector, i))
			report_fault(&reader->faults, i, &fault, NULL, 0);
}

/*
 * The range of unwanted rows that comes next, in the current group; NULL: there is none.
 */
static const RsRowRange *
unwanted_ahead(const ParquetReader *reader)
{
	return reader->next_unwanted < reader->nunwanted ? &reader->unwanted[reader->next_unwanted] : NULL;
}

static int64
row_in_group(const ParquetReader *reader)
{
	return reader->metadata->groups[reader->group].nrows - (int64) reader->rows_left;
}

/*
 * So many rows that no page of a flat column ends before them.
 */
static uint32
rows_at_hand(ParquetReader *reader)
{
	uint64		n = Min(reader->rows_left, RS_BATCH_ROWS);
	uint64		nrows = (uint64) reader->metadata->groups[reader->group].nrows;
	int			i;

	for (i = 0; i < reader->ncolumns; i++)
	{
		ReadColumn *column = &reader->columns[i];
		uint32		available;

		if (column->flat == NULL)
			continue;
		available = rs_leaf_available(column->leaves[0]);
		if (available == 0)
			rs_leaf_corrupt(column->leaves[0], "column chunk has fewer values than its row group has rows");
		if (rs_leaf_count(column->leaves[0]) > nrows)
			rs_leaf_corrupt(column->leaves[0], "column chunk has more values than its row group has rows");
		n = Min(n, available);
	}
	if (unwanted_ahead(reader) != NULL)
		n = Min(n, (uint64) (unwanted_ahead(reader)->first - row_in_group(reader)));
	return (uint32) n;
}

static void
ignore_fault(RsFaultSink *sink, uint32 row, const RsValueFault *fault, const char *text, Size size)
{
}

static void
ignore_replaced(RsFaultSink *sink, uint32 row, const char *text, Size size)
{
}

/*
 * Pass over rows without looking at what they have.
 */
static void
pass_rows(ParquetReader *reader, uint64 n)
{
	RsFaultSink ignore = {ignore_fault, ignore_replaced};
	int			i;

	for (i = 0; i < reader->ncolumns; i++)
	{
		ReadColumn *column = &reader->columns[i];
		uint64		left = column->nested != NULL ? n : 0;

		if (column->flat != NULL)
			rs_leaf_pass(column->leaves[0], reader->scrap, n);
		for (; left > 0; left -= Min(left, RS_BATCH_ROWS))
		{
			CHECK_FOR_INTERRUPTS();
			(void) rs_nested_column_read(column->nested, (uint32) Min(left, RS_BATCH_ROWS), reader->scrap, &ignore);
			rs_arena_reset(reader->scrap);
		}
	}
	reader->next_row += n;
	reader->rows_left -= n;
}

static void
pass_unwanted(ParquetReader *reader)
{
	const RsRowRange *range = unwanted_ahead(reader);

	if (range == NULL || range->first != row_in_group(reader))
		return;
	pass_rows(reader, (uint64) (range->end - range->first));
	reader->next_unwanted++;
}

static void
leave_out_bad_rows(ParquetReader *reader, RsVectorBatch *batch, RsArena *arena)
{
	uint32		n = 0;
	uint32		i;

	for (i = 0; i < batch->n; i++)
		if (!reader->bad[i])
			reader->kept[n++] = i;
	for (i = 0; i < (uint32) reader->ncolumns; i++)
	{
		int			number = reader->columns[i].number;

		reader->vectors[number] = rs_vector_gather(arena, reader->vectors[number], reader->kept, n);
	}
	batch->n = n;
}

static void
read_batch(ParquetReader *reader, RsArena *arena, RsVectorBatch *batch)
{
	uint32		n = rows_at_hand(reader);
	uint64		bytes = 0;
	int			i;
	int			j;

	reader->first_row = reader->next_row;
	reader->nbad = 0;
	memset(reader->bad, 0, n);
	for (i = 0; i < reader->ncolumns; i++)
	{
		ReadColumn *column = &reader->columns[i];
		const RsReadColumn *target = &reader->spec->columns[column->number];
		const RsVector *vector;

		reader->at_fault = column;
		if (column->node == NULL)
			vector = null_vector(target, arena);
		else if (column->flat != NULL)
			vector = rs_flat_column_read(column->flat, n, arena, &reader->faults);
		else
			vector = rs_nested_column_read(column->nested, n, arena, &reader->faults);
		if (target->not_null)
			check_not_null(reader, vector, n);
		reader->vectors[column->number] = vector;
		for (j = 0; column->node != NULL && j < column->node->nleaves; j++)
			bytes += rs_page_stream_bytes(rs_leaf_pages(column->leaves[j]));
	}
	reader->next_row += n;
	reader->rows_left -= n;
	reader->base.lines += n;
	reader->base.bytes = bytes;
	batch->n = n;
	batch->columns = reader->vectors;
	if (reader->nbad > 0)
		leave_out_bad_rows(reader, batch, arena);
}

static bool
parquet_next(RsReader *base, RsArena *arena, RsVectorBatch *batch)
{
	ParquetReader *reader = (ParquetReader *) base;
	MemoryContext old = MemoryContextSwitchTo(reader->context);

	batch->n = 0;
	while (batch->n == 0 && next_group(reader))
	{
		CHECK_FOR_INTERRUPTS();
		pass_unwanted(reader);
		if (reader->rows_left > 0)
			read_batch(reader, arena, batch);
	}
	MemoryContextSwitchTo(old);
	return batch->n > 0;
}

static void
parquet_locate(RsReader *base, uint32 row, RsBadRow *place)
{
	ParquetReader *reader = (ParquetReader *) base;

	memset(place, 0, sizeof(RsBadRow));
	place->file = reader->input->name;
	place->line = reader->first_row + (reader->nbad > 0 ? reader->kept[row] : row) + 1;
	place->column = -1;
}

static void
parquet_close(RsReader *base)
{
	MemoryContextDelete(((ParquetReader *) base)->context);
}

/* ---------------------------------------------------------------------
 * Parts
 * ---------------------------------------------------------------------
 */

static double
compressed_size(const RsParquetGroup *group)
{
	double		size = 0;
	int			i;

	for (i = 0; i < group->nchunks; i++)
		size += (double) group->chunks[i].compressed;
	return size;
}

/*
 * Row groups of a part: those whose middle lies in its share of the bytes.
 */
static void
find_groups(ParquetReader *reader, const RsFilePart *part)
{
	const RsParquetFile *metadata = reader->metadata;
	double		total = 0;
	double		before = 0;
	int			first = metadata->ngroups;
	int			end = metadata->ngroups;
	int			i;

	for (i = 0; i < metadata->ngroups; i++)
		total += compressed_size(&metadata->groups[i]);
	for (i = 0; i < metadata->ngroups; i++)
	{
		double		size = compressed_size(&metadata->groups[i]);
		int			number = total == 0 ? 0 : (int) ((before + size / 2) / total * part->nparts);

		before += size;
		if (number >= part->number && i < first)
			first = i;
		if (number > part->number)
		{
			end = i;
			break;
		}
	}
	reader->group = Min(first, end) - 1;
	reader->end_group = end;
	for (i = 0; i < Min(first, end); i++)
		reader->next_row += metadata->groups[i].nrows;
}

int
rs_parquet_parts(const RsReadSpec *spec, RsInput *input, uint64 part_size)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "Parquet metadata", ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	RsParquetFile *metadata = rs_parquet_open(input);
	uint64		parts = Max((uint64) input->size / Max(part_size, 1), 1);

	parts = Min(parts, (uint64) Max(metadata->ngroups, 1));
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
	return (int) parts;
}

RsReader *
rs_parquet_read(const RsReadSpec *spec, RsInput *input, const RsFilePart *part)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "Parquet reader", ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	ParquetReader *reader = palloc0(sizeof(ParquetReader));

	reader->base.next = parquet_next;
	reader->base.locate = parquet_locate;
	reader->base.close = parquet_close;
	reader->faults.report = report_fault;
	reader->faults.replaced = report_replaced;
	reader->spec = spec;
	reader->input = input;
	reader->context = context;
	reader->metadata = rs_parquet_open(input);
	reader->root = rs_parquet_schema(reader->metadata, input->name);
	open_columns(reader);
	if (part != NULL)
		find_groups(reader, part);
	else
	{
		reader->group = -1;
		reader->end_group = reader->metadata->ngroups;
	}
	reader->scrap = rs_arena_create(context);
	reader->filter = rs_group_filter_create(spec, reader->metadata, reader->root, input);
	reader->following = wanted_group(reader, reader->group + 1);
	MemoryContextSwitchTo(old);
	return &reader->base;
}
