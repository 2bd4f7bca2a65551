/*
 * parquet_write.c
 *	  Parquet files, written from batches.
 *
 * Columns of a row group are kept in memory as compressed pages until it is large enough, then
 * written one after another; the indexes of all their pages follow behind the last row group, and the
 * metadata of the file behind these.  So memory is bounded by the size of a row group, in the
 * file, and what the rows of one slice of a batch take.
 */
#include "postgres.h"

#include "access/detoast.h"
#include "catalog/pg_type.h"
#include "format/parquet/parquet_bloom.h"
#include "format/parquet/parquet_write.h"
#include "miscadmin.h"

#define CREATED_BY	"redshift_ext version 0.1"

/* Rows of more than this are taken in slices. */
#define SLICE_BYTES	((Size) 8 << 20)

/* What a column chunk's metadata take in the file's, about. */
#define CHUNK_METADATA	256

/* A byte for each row of the largest row group. */
#define MOST_BLOOM_BLOCKS	((1 << 20) / RS_BLOOM_BLOCK)

typedef struct RowGroup
{
	int64		nrows;
	int64		offset;			/* in the file */
	RsParquetChunkMetadata *columns;
} RowGroup;

typedef struct RsParquetWriter
{
	RsWriter	writer;
	RsOutput   *output;
	RsParquetWriteState state;
	int			ncolumns;
	RsParquetLeaf *leaves;
	RsParquetChunkWriter **chunks;
	uint64		group_rows;		/* of the row group in the making */
	int64		rows;			/* of those written */
	int			ngroups;
	RowGroup   *groups;
	int			room;			/* for groups */
	uint64		trailer;		/* bytes of what will follow them, about */
} RsParquetWriter;

static Size
value_size(Datum value)
{
	struct varlena *image = (struct varlena *) DatumGetPointer(value);

	if (VARATT_IS_COMPRESSED(image) || VARATT_IS_EXTERNAL(image))
		return toast_raw_datum_size(value);
	return VARSIZE_ANY(image);
}

static Size
values_size(const RsVector *vector, uint32 first, uint32 n)
{
	const Datum *data = (const Datum *) vector->data;
	Size		size = 0;
	uint32		i;

	for (i = first; i < first + n; i++)
		if (!rs_vector_is_null(vector, i))
			size += value_size(data[vector->constant ? 0 : i]);
	return size;
}

/* Bounds are enough where a few values stand for many: all their rows may have the largest. */
static Size
dictionary_size(const RsVector *vector, uint32 n)
{
	const Datum *data = (const Datum *) vector->dictionary->data;
	Size		largest = 0;
	uint32		i;

	for (i = 0; i < vector->ndictionary; i++)
		if (!rs_vector_is_null(vector->dictionary, i))
			largest = Max(largest, value_size(data[i]));
	return largest * n;
}

/*
 * Bytes of rows [first, first + n), about: what a column holds by value counts as one word.
 */
static Size
slice_size(const RsParquetWriter *writer, const RsVectorBatch *batch, uint32 first, uint32 n)
{
	Size		size = 0;
	int			c;

	for (c = 0; c < writer->ncolumns; c++)
	{
		const RsParquetLeaf *leaf = &writer->leaves[c];
		const RsVector *vector = batch->columns[c];

		size += (Size) n * sizeof(Datum);
		if (vector->form != RS_FORM_REF || (leaf->is_list ? &leaf->array : &leaf->type)->typlen != -1)
			continue;
		size += vector->dictionary != NULL ? dictionary_size(vector, n) : values_size(vector, first, n);
	}
	return size;
}

static void
flush_group(RsParquetWriter *writer)
{
	MemoryContext context = writer->state.context;
	RowGroup   *group;
	int			c;

	if (writer->group_rows == 0)
		return;
	if (writer->ngroups == writer->room)
	{
		writer->room = Max(writer->room * 2, 16);
		writer->groups = writer->groups == NULL ?
			MemoryContextAllocHuge(context, writer->room * sizeof(RowGroup)) :
			repalloc_huge(writer->groups, writer->room * sizeof(RowGroup));
	}
	group = &writer->groups[writer->ngroups++];
	group->nrows = (int64) writer->group_rows;
	group->offset = (int64) writer->output->written;
	group->columns = MemoryContextAlloc(context, writer->ncolumns * sizeof(RsParquetChunkMetadata));
	for (c = 0; c < writer->ncolumns; c++)
		rs_chunk_finish(writer->chunks[c], writer->output, &group->columns[c]);
	for (c = 0; c < writer->ncolumns; c++)
	{
		RsParquetChunkMetadata *metadata = &group->columns[c];

		rs_chunk_finish_bloom(writer->chunks[c], writer->output, metadata);
		writer->trailer += metadata->column_index.size + metadata->offset_index.size + CHUNK_METADATA;
	}
	writer->rows += group->nrows;
	writer->group_rows = 0;
}

static uint64
group_size(const RsParquetWriter *writer)
{
	uint64		size = 0;
	int			c;

	for (c = 0; c < writer->ncolumns; c++)
		size += rs_chunk_size(writer->chunks[c]);
	return size;
}

/*
 * Rows [first, first + n), in halves if they are too much at a time.
 */
static void
put_rows(RsParquetWriter *writer, const RsVectorBatch *batch, uint32 first, uint32 n)
{
	RsParquetWriteState *state = &writer->state;
	int			c;

	if (n > 1 && slice_size(writer, batch, first, n) > SLICE_BYTES)
	{
		put_rows(writer, batch, first, n / 2);
		put_rows(writer, batch, first + n / 2, n - n / 2);
		return;
	}
	CHECK_FOR_INTERRUPTS();
	for (c = 0; c < writer->ncolumns; c++)
	{
		const RsVector *vector = batch->columns[c];

		/* Constants are few, but where they are they are whole batches. */
		if (vector->constant)
			rs_chunk_put(writer->chunks[c], rs_vector_flatten(state->arena, vector, n), 0, n);
		else
			rs_chunk_put(writer->chunks[c], vector, first, n);
		rs_arena_reset(state->arena);
	}
	writer->group_rows += n;
	if (writer->group_rows >= state->options.row_group_rows ||
		group_size(writer) >= state->options.row_group_bytes)
		flush_group(writer);
}

static void
parquet_put(RsWriter *base, const RsVectorBatch *batch)
{
	put_rows((RsParquetWriter *) base, batch, 0, batch->n);
}

static uint64
parquet_size(RsWriter *base)
{
	RsParquetWriter *writer = (RsParquetWriter *) base;

	return writer->output->written + group_size(writer) + writer->trailer;
}

static void
write_buffer(RsOutput *output, const RsByteBuffer *buffer, int64 *offset, int32 *size)
{
	if (buffer->size == 0)
		return;
	*offset = (int64) output->written;
	*size = (int32) buffer->size;
	output->write(output, buffer->data, buffer->size);
}

static void
write_indexes(RsParquetWriter *writer)
{
	int			g;
	int			c;

	for (g = 0; g < writer->ngroups; g++)
		for (c = 0; c < writer->ncolumns; c++)
		{
			RsParquetChunkMetadata *column = &writer->groups[g].columns[c];

			write_buffer(writer->output, &column->column_index, &column->chunk.column_index,
						 &column->chunk.column_index_size);
		}
	for (g = 0; g < writer->ngroups; g++)
		for (c = 0; c < writer->ncolumns; c++)
		{
			RsParquetChunkMetadata *column = &writer->groups[g].columns[c];

			write_buffer(writer->output, &column->offset_index, &column->chunk.offset_index,
						 &column->chunk.offset_index_size);
		}
}

static void
add_group(RsThriftWriter *thrift, const RsParquetWriter *writer, int g)
{
	const RowGroup *group = &writer->groups[g];
	int64		uncompressed = 0;
	int64		compressed = 0;
	int			c;

	rs_thrift_add_struct(thrift);
	rs_thrift_put_list(thrift, RS_GROUP_COLUMNS, RS_THRIFT_STRUCT, writer->ncolumns);
	for (c = 0; c < writer->ncolumns; c++)
	{
		rs_parquet_add_chunk(thrift, &group->columns[c], writer->state.options.codec);
		uncompressed += group->columns[c].chunk.uncompressed;
		compressed += group->columns[c].chunk.compressed;
	}
	rs_thrift_put_i64(thrift, RS_GROUP_BYTES, uncompressed);
	rs_thrift_put_i64(thrift, RS_GROUP_NUM_ROWS, group->nrows);
	rs_thrift_put_i64(thrift, RS_GROUP_OFFSET, group->offset);
	rs_thrift_put_i64(thrift, RS_GROUP_COMPRESSED, compressed);
	if (g <= PG_INT16_MAX)
		rs_thrift_put_i16(thrift, RS_GROUP_ORDINAL, (int16) g);
	rs_thrift_end(thrift);
}

static void
put_file_metadata(const RsParquetWriter *writer, RsByteBuffer *out)
{
	RsThriftWriter thrift;
	int			i;

	rs_thrift_write_init(&thrift, out);
	rs_thrift_put_i32(&thrift, RS_FILE_VERSION, 1);
	rs_parquet_put_schema(&thrift, RS_FILE_SCHEMA, writer->leaves, writer->ncolumns);
	rs_thrift_put_i64(&thrift, RS_FILE_NUM_ROWS, writer->rows);
	rs_thrift_put_list(&thrift, RS_FILE_ROW_GROUPS, RS_THRIFT_STRUCT, writer->ngroups);
	for (i = 0; i < writer->ngroups; i++)
		add_group(&thrift, writer, i);
	rs_thrift_put_string(&thrift, RS_FILE_CREATED_BY, CREATED_BY);
	/* Statistics are in the order of each type. */
	rs_thrift_put_list(&thrift, RS_FILE_COLUMN_ORDERS, RS_THRIFT_STRUCT, writer->ncolumns);
	for (i = 0; i < writer->ncolumns; i++)
	{
		rs_thrift_add_struct(&thrift);
		rs_thrift_put_empty(&thrift, 1);
		rs_thrift_end(&thrift);
	}
	rs_thrift_end(&thrift);
}

static void
parquet_finish(RsWriter *base)
{
	RsParquetWriter *writer = (RsParquetWriter *) base;
	RsByteBuffer metadata;
	char		tail[RS_PARQUET_TAIL_SIZE];
	int			i;

	flush_group(writer);
	write_indexes(writer);
	rs_buffer_init(&metadata, writer->state.context);
	put_file_metadata(writer, &metadata);
	if (metadata.size > PG_INT32_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("metadata of \"%s\" would be larger than 2 GB", writer->output->name)));
	for (i = 0; i < 4; i++)
		tail[i] = (char) (uint8) (metadata.size >> (8 * i));
	memcpy(tail + 4, RS_PARQUET_MAGIC, RS_PARQUET_MAGIC_SIZE);
	writer->output->write(writer->output, metadata.data, metadata.size);
	writer->output->write(writer->output, tail, RS_PARQUET_TAIL_SIZE);
}

/*
 * Bloom filters begin with room for a row group of values, but are not to take half of what it
 * takes in the file; those of fewer values are made smaller at the end.
 */
static uint32
choose_bloom_blocks(uint64 row_group_bytes, int ncolumns)
{
	uint64		bytes = row_group_bytes / ncolumns / 2;
	uint32		blocks = MOST_BLOOM_BLOCKS;

	while (blocks > 1 && (uint64) blocks * RS_BLOOM_BLOCK > bytes)
		blocks /= 2;
	return blocks;
}

RsWriter *
rs_parquet_write(const RsWriteSpec *spec, RsOutput *output)
{
	static const RsParquetWriteOptions defaults = RS_PARQUET_WRITE_DEFAULTS;
	RsParquetWriter *writer = palloc0(sizeof(RsParquetWriter));
	RsParquetWriteState *state = &writer->state;
	int			i;

	writer->writer.put = parquet_put;
	writer->writer.size = parquet_size;
	writer->writer.finish = parquet_finish;
	writer->output = output;
	state->context = CurrentMemoryContext;
	state->scratch = AllocSetContextCreate(CurrentMemoryContext, "Parquet writer", ALLOCSET_DEFAULT_SIZES);
	state->arena = rs_arena_create(CurrentMemoryContext);
	state->options = spec->options == NULL ? defaults : *(const RsParquetWriteOptions *) spec->options;
	state->codec = rs_page_codec_create(CurrentMemoryContext);
	state->bloom_blocks = choose_bloom_blocks(state->options.row_group_bytes, spec->ncolumns);
	rs_buffer_init(&state->values, CurrentMemoryContext);
	rs_buffer_init(&state->codes, CurrentMemoryContext);
	rs_buffer_init(&state->page, CurrentMemoryContext);
	rs_buffer_init(&state->integers, CurrentMemoryContext);
	rs_buffer_init(&state->compressed, CurrentMemoryContext);

	writer->ncolumns = spec->ncolumns;
	writer->leaves = palloc(spec->ncolumns * sizeof(RsParquetLeaf));
	writer->chunks = palloc(spec->ncolumns * sizeof(RsParquetChunkWriter *));
	for (i = 0; i < spec->ncolumns; i++)
	{
		rs_parquet_leaf_init(&writer->leaves[i], &spec->columns[i]);
		writer->chunks[i] = rs_chunk_create(state, &writer->leaves[i]);
	}
	output->write(output, RS_PARQUET_MAGIC, RS_PARQUET_MAGIC_SIZE);
	return &writer->writer;
}
