/*
 * orc_reader.c
 *	  ORC files as batches: from stripe to stripe, all columns side by side.
 *
 * All wanted streams of a stripe are open at once, each with a window of the file in
 * memory: the whole stream where the stripe's streams fit into the reader's memory
 * together, else as large a share of each.  Dictionaries are read when a stripe begins.
 */
#include "postgres.h"

#include "core/settings.h"
#include "format/orc/orc.h"
#include "format/orc/orc_field.h"
#include "miscadmin.h"
#include "utils/memutils.h"

/* Of columns that the file lacks, with FILLRECORD. */
typedef struct MissingColumn
{
	int			number;
	RsColumnBuilder *builder;
} MissingColumn;

typedef struct OrcReader
{
	RsReader	base;
	RsOrcScan  *scan;
	RsOrcFile  *file;
	int			nfields;		/* those that are wanted */
	RsOrcField *fields;
	int			nmissing;
	MissingColumn *missing;
	RsOrcColumn root;			/* without its children */
	bool		has_root;
	MemoryContext stripe_context;
	RsOrcClock	clock;
	uint32		next_stripe;
	uint32		end_stripe;
	uint64		rows_left;		/* of the stripe */
	uint64		next_row;		/* of the file */
	const RsVector **columns;	/* of the batch: as many as the spec has */
} OrcReader;

static void
describe_place(void *arg)
{
	const OrcReader *reader = arg;

	errcontext("ORC file \"%s\", rows from " UINT64_FORMAT, reader->file->input->name,
			   reader->scan->first_row + 1);
}

static void
describe_file(void *arg)
{
	const RsInput *input = arg;

	errcontext("ORC file \"%s\"", input->name);
}

static void
begin_stripe(OrcReader *reader)
{
	const RsOrcStripe *stripe = &reader->file->stripes[reader->next_stripe++];
	MemoryContext old;
	RsOrcStripeFooter *footer;
	uint64		size = 0;
	uint64		memory = (uint64) Max(reader->scan->spec->max_memory, 1024) * 1024 / 2;
	uint32		nstreams = 0;
	double		share;
	int			i;

	MemoryContextReset(reader->stripe_context);
	old = MemoryContextSwitchTo(reader->stripe_context);
	footer = rs_orc_stripe_footer(reader->file, stripe);
	rs_orc_clock_init(&reader->clock, reader->file, stripe, footer->time_zone);
	for (i = 0; i < reader->nfields; i++)
		size += rs_orc_column_size(&reader->fields[i].column, footer, &nstreams);
	/* What is decompressed takes memory, too. */
	memory -= Min(memory / 2, nstreams * (uint64) reader->file->block_size);
	share = size <= memory ? 1.0 : (double) memory / (double) size;
	if (reader->has_root)
		rs_orc_column_open(&reader->root, footer, &reader->clock, share);
	for (i = 0; i < reader->nfields; i++)
	{
		rs_orc_column_open(&reader->fields[i].column, footer, &reader->clock, share);
		rs_orc_field_begin(&reader->fields[i]);
	}
	MemoryContextSwitchTo(old);
	reader->rows_left = stripe->nrows;
	reader->next_row = stripe->first_row;
}

/*
 * Rows of lists and the like, one by one until they are too many bytes.
 */
static uint32
read_nested(OrcReader *reader, RsArena *arena, uint32 n)
{
	bool		any = false;
	Size		size = 0;
	uint32		row;
	int			i;

	for (i = 0; i < reader->nfields; i++)
		if (reader->fields[i].way == RS_ORC_NESTED)
		{
			rs_column_builder_begin(reader->fields[i].builder, arena);
			any = true;
		}
	for (row = 0; any && row < n && size <= reader->scan->most_bytes; row++)
		for (i = 0; i < reader->nfields; i++)
			if (reader->fields[i].way == RS_ORC_NESTED)
				size += rs_orc_field_put_nested(&reader->fields[i], row);
	return any ? row : n;
}

static void
check_root(OrcReader *reader, uint32 n)
{
	uint8		null[RS_BATCH_ROWS];

	if (reader->has_root && rs_orc_column_nulls(&reader->root, null, n) < n)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("ORC file \"%s\" has a row that is NULL as a whole", reader->file->input->name)));
}

static const RsVector *
fill_missing(MissingColumn *missing, RsArena *arena, uint32 n)
{
	RsValueFault fault;
	uint32		i;

	rs_column_builder_begin(missing->builder, arena);
	for (i = 0; i < n; i++)
		(void) rs_column_builder_null(missing->builder, &fault);
	return rs_column_builder_vector(missing->builder);
}

static void
read_batch(OrcReader *reader, RsArena *arena, RsVectorBatch *batch)
{
	uint32		n = (uint32) Min((uint64) rs_vector_rows, reader->rows_left);
	int			i;

	reader->scan->first_row = reader->next_row;
	for (i = 0; i < reader->nfields; i++)
		n = rs_orc_field_plan(&reader->fields[i], n);
	n = read_nested(reader, arena, n);
	check_root(reader, n);
	for (i = 0; i < reader->nfields; i++)
		reader->columns[reader->fields[i].number] = rs_orc_field_read(&reader->fields[i], arena, n);
	for (i = 0; i < reader->nmissing; i++)
		reader->columns[reader->missing[i].number] = fill_missing(&reader->missing[i], arena, n);
	batch->n = n;
	batch->columns = reader->columns;
	reader->rows_left -= n;
	reader->next_row += n;
	reader->base.lines += n;
	reader->base.bytes = reader->file->bytes_read;
}

static bool
reader_next(RsReader *base, RsArena *arena, RsVectorBatch *batch)
{
	OrcReader  *reader = (OrcReader *) base;
	ErrorContextCallback callback;

	callback.callback = describe_place;
	callback.arg = reader;
	callback.previous = error_context_stack;
	error_context_stack = &callback;
	CHECK_FOR_INTERRUPTS();
	while (reader->rows_left == 0 && reader->next_stripe < reader->end_stripe)
		begin_stripe(reader);
	if (reader->rows_left == 0)
	{
		error_context_stack = callback.previous;
		return false;
	}
	read_batch(reader, arena, batch);
	error_context_stack = callback.previous;
	return true;
}

static void
reader_locate(RsReader *base, uint32 row, RsBadRow *place)
{
	OrcReader  *reader = (OrcReader *) base;

	memset(place, 0, sizeof(RsBadRow));
	place->file = reader->file->input->name;
	place->line = (int64) (reader->scan->first_row + row + 1);
	place->column = -1;
}

static void
reader_close(RsReader *base)
{
	OrcReader  *reader = (OrcReader *) base;

	MemoryContextDelete(reader->stripe_context);
	MemoryContextDelete(reader->scan->scratch);
}

/*
 * The file's columns in order, for those of the spec.
 */
static void
make_fields(OrcReader *reader)
{
	const RsReadSpec *spec = reader->scan->spec;
	RsOrcFile  *file = reader->file;
	const RsOrcType *root = &file->types[0];
	uint32		ncolumns = root->kind == RS_ORC_STRUCT ? root->nchildren : 1;
	int			i;

	if (ncolumns > (uint32) spec->ncolumns ||
		(ncolumns < (uint32) spec->ncolumns && !spec->conversion->fill_record))
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("unmatched number of columns between table and file \"%s\"", file->input->name),
				 errdetail("Table columns: %d, data columns: %u.", spec->ncolumns, ncolumns)));
	reader->fields = palloc(Max(ncolumns, 1) * sizeof(RsOrcField));
	for (i = 0; i < (int) ncolumns; i++)
		if (spec->columns[i].wanted)
			rs_orc_field_init(&reader->fields[reader->nfields++], reader->scan,
							  root->kind == RS_ORC_STRUCT ? root->children[i] : 0, i);
	reader->missing = palloc((spec->ncolumns - i + 1) * sizeof(MissingColumn));
	for (; i < spec->ncolumns; i++)
	{
		if (!spec->columns[i].wanted)
			continue;
		if (spec->columns[i].not_null && file->nrows > 0)
			ereport(ERROR,
					(errcode(ERRCODE_NOT_NULL_VIOLATION),
					 errmsg("file \"%s\" has no column for \"%s\", which must not be NULL",
							file->input->name, spec->columns[i].name)));
		reader->missing[reader->nmissing].number = i;
		reader->missing[reader->nmissing++].builder = rs_column_builder_create(&spec->columns[i], spec->conversion);
	}
	/* Its own NULLs only: the columns are opened as fields. */
	reader->has_root = root->kind == RS_ORC_STRUCT;
	reader->root.file = file;
	reader->root.type = palloc0(sizeof(RsOrcType));
	unconstify(RsOrcType *, reader->root.type)->kind = RS_ORC_STRUCT;
}

static RsReader *
open_reader(const RsReadSpec *spec, RsInput *input, const RsFilePart *part)
{
	OrcReader  *reader = palloc0(sizeof(OrcReader));
	ErrorContextCallback callback;

	callback.callback = describe_file;
	callback.arg = input;
	callback.previous = error_context_stack;
	error_context_stack = &callback;
	reader->scan = palloc0(sizeof(RsOrcScan));
	reader->scan->spec = spec;
	reader->scan->file = reader->file = rs_orc_open(input);
	reader->scan->scratch = AllocSetContextCreate(CurrentMemoryContext, "ORC value", ALLOCSET_DEFAULT_SIZES);
	reader->scan->most_bytes = Max((Size) 64 * 1024,
								   (Size) spec->max_memory * 1024 / 4 / (Size) Max(spec->ncolumns, 1));
	reader->stripe_context = AllocSetContextCreate(CurrentMemoryContext, "ORC stripe", ALLOCSET_DEFAULT_SIZES);
	reader->columns = palloc0(Max(spec->ncolumns, 1) * sizeof(RsVector *));
	reader->end_stripe = reader->file->nstripes;
	if (part != NULL)
	{
		reader->next_stripe = (uint32) ((uint64) reader->file->nstripes * part->number / part->nparts);
		reader->end_stripe = (uint32) ((uint64) reader->file->nstripes * (part->number + 1) / part->nparts);
	}
	if (reader->file->ntypes > 0)
		make_fields(reader);
	error_context_stack = callback.previous;
	reader->base.next = reader_next;
	reader->base.locate = reader_locate;
	reader->base.close = reader_close;
	return &reader->base;
}

static int
count_parts(const RsReadSpec *spec, RsInput *input, uint64 part_size)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "ORC file", ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	RsOrcFile  *file = rs_orc_open(input);
	uint64		parts = Min(file->size / Max(part_size, 1), file->nstripes);

	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
	return (int) Max(Min(parts, PG_INT32_MAX), 1);
}

const RsFormat rs_orc_format = {
	.name = "orc",
	.log_name = "ORC",
	.parts = count_parts,
	.read = open_reader
};
