/*
 * avro_reader.c
 *	  Reading Avro: each record of a file is a row.
 *
 * The tree of the columns' paths is laid over the schema once: a step is a type of the
 * schema with the columns that are there, or further on.  A row is walked along the steps;
 * what no step wants is passed over.
 *
 * Damage is an error of the file, since nothing tells where the next value would begin; a
 * value that a column cannot take is a fault of its row.
 */
#include "postgres.h"

#include "format/avro/avro.h"
#include "format/avro/avro_value.h"
#include "format/json/json_path.h"
#include "format/parts.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/memutils.h"

/* Steps of a file, at most. */
#define MAX_STEPS	100000

typedef struct Step Step;
struct Step
{
	const RsAvroType *type;
	RsPathNode *node;
	Step	  **steps;			/* by field or branch; of arrays and maps by node of the tree; NULL: not
								 * wanted */
	bool		further;		/* there are columns behind this step */
};

typedef struct AvroReader
{
	RsReader	reader;			/* first */
	const RsReadSpec *spec;
	RsConversion conversion;
	RsInput    *input;
	RsAvroFile *file;
	RsPaths    *paths;
	Step	   *root;
	int			nsteps;
	RsAvroTarget *targets;		/* by column; builder NULL: not wanted */
	RsJsonText	text;
	MemoryContext scratch;		/* of one value */

	RsAvroBlock block;
	RsAvroCursor cursor;
	int64		rows_left;		/* of the block */
	int64		row;			/* the current one, from 1 */
	uint64		first;			/* byte of the part */

	uint32		n;				/* rows of the batch so far */
	int64	   *filled;			/* by column: the row that it last had a value of */
	const char *path_fault;		/* of the current row: a path does not fit; NULL: all do */
	int			bad_column;		/* of the current row; -1: none so far */
	RsValueFault fault;
	RsRawField	raw_value;
	int64		rows[RS_BATCH_ROWS];	/* numbers of the batch's rows */
} AvroReader;

/* Lay a part of the tree over a type.  Ends: with each step but unions the tree's part gets smaller. */
static Step *
make_step(AvroReader *r, const RsAvroType *type, RsPathNode *node)
{
	Step	   *step = palloc0(sizeof(Step));
	int			i;

	check_stack_depth();
	/* Unions of records with unions of records ... */
	if (++r->nsteps > MAX_STEPS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("the schema of Avro file \"%s\" has too many alternatives", r->input->name)));
	step->type = type;
	step->node = node;
	step->further = node->nmembers > 0 || node->nelements > 0;
	switch (type->kind)
	{
		case RS_AVRO_UNION:
			step->steps = palloc0(type->n * sizeof(Step *));
			for (i = 0; i < type->n; i++)
				step->steps[i] = make_step(r, type->types[i], node);
			break;
		case RS_AVRO_RECORD:
			if (node->nmembers == 0)
				break;
			step->steps = palloc0(Max(type->n, 1) * sizeof(Step *));
			for (i = 0; i < type->n; i++)
			{
				const char *name = pg_server_to_any(type->names[i], (int) strlen(type->names[i]), PG_UTF8);
				RsPathNode *member = rs_path_member(r->paths, node, name, strlen(name));

				if (member != NULL)
					step->steps[i] = make_step(r, type->types[i], member);
			}
			break;
		case RS_AVRO_MAP:
			step->steps = palloc0(Max(node->nmembers, 1) * sizeof(Step *));
			for (i = 0; i < node->nmembers; i++)
				step->steps[i] = make_step(r, type->types[0], node->members[i]);
			break;
		case RS_AVRO_ARRAY:
			step->steps = palloc0(Max(node->nelements, 1) * sizeof(Step *));
			for (i = 0; i < node->nelements; i++)
				step->steps[i] = make_step(r, type->types[0], node->elements[i]);
			break;
		default:
			break;
	}
	return step;
}

static void
store_column(AvroReader *r, const RsAvroType *type, int column)
{
	const RsAvroTarget *target = &r->targets[column];
	const char *start = r->cursor.at;
	int			depth = r->cursor.depth;

	/* Keys of maps may be there twice: the last one counts. */
	if (r->filled[column] == r->row)
		rs_column_builder_cut(target->builder, r->n);
	r->text.replaced = false;
	if (rs_avro_store(&r->cursor, type, target, &r->text, r->scratch, &r->fault))
	{
		r->filled[column] = r->row;
		if (r->text.replaced && r->spec->bad_rows->replaced != NULL)
		{
			RsBadRow	place = {.file = r->input->name, .line = r->row, .column = column};

			r->spec->bad_rows->replaced(r->spec->bad_rows, &place);
		}
		return;
	}
	r->bad_column = column;
	/* What is to be shown of it is there for strings. */
	r->cursor.at = start;
	r->cursor.depth = depth;
	r->raw_value.value = NULL;
	r->raw_value.size = 0;
	if (type->kind == RS_AVRO_UNION)
	{
		int			branch;

		type = rs_avro_read_branch(&r->cursor, type, &branch);
	}
	if (type->kind == RS_AVRO_STRING)
	{
		r->raw_value.size = rs_avro_read_size(&r->cursor);
		r->raw_value.value = rs_avro_take(&r->cursor, r->raw_value.size);
	}
}

static void walk(AvroReader *r, const Step *step);

static inline void
walk_or_skip(AvroReader *r, const Step *step, const RsAvroType *type)
{
	/* Of a bad row only the end is still of interest. */
	if (step == NULL || r->bad_column >= 0)
		rs_avro_skip(&r->cursor, type);
	else
		walk(r, step);
}

static void
walk_map(AvroReader *r, const Step *step)
{
	RsAvroCursor *cursor = &r->cursor;
	const RsAvroType *type = step->type;
	int64		n;
	int64		size;

	while ((n = rs_avro_read_items(cursor, type, &size)) > 0)
	{
		CHECK_FOR_INTERRUPTS();
		for (; n > 0; n--)
		{
			Size		name_size = rs_avro_read_size(cursor);
			const char *name = rs_avro_take(cursor, name_size);
			RsPathNode *member = rs_path_member(r->paths, step->node, name, name_size);
			const Step *next = NULL;
			int			i;

			for (i = 0; member != NULL && i < step->node->nmembers; i++)
				if (step->node->members[i] == member)
					next = step->steps[i];
			walk_or_skip(r, next, type->types[0]);
		}
	}
}

static void
walk_array(AvroReader *r, const Step *step)
{
	RsAvroCursor *cursor = &r->cursor;
	const RsPathNode *node = step->node;
	const RsAvroType *type = step->type;
	int64		index = 0;
	int			next = 0;		/* of the elements that are wanted */
	int64		n;
	int64		size;

	while ((n = rs_avro_read_items(cursor, type, &size)) > 0)
	{
		CHECK_FOR_INTERRUPTS();
		for (; n > 0; n--, index++)
		{
			bool		wanted = next < node->nelements && node->elements[next]->index == index;

			walk_or_skip(r, wanted ? step->steps[next++] : NULL, type->types[0]);
		}
	}
	if (next < node->nelements)
		r->path_fault = "Invalid JSONPath format: Not an array or index out of range.";
}

/* What is behind a step, of a value that is there. */
static void
walk_into(AvroReader *r, const Step *step)
{
	const RsAvroType *type = step->type;
	const RsPathNode *node = step->node;
	bool		members = type->kind == RS_AVRO_RECORD || type->kind == RS_AVRO_MAP;
	int			i;

	/* NULL has nothing in it, but is not wrong. */
	if (type->kind != RS_AVRO_NULL)
	{
		if (node->nmembers > 0 && !members)
			r->path_fault = "Invalid JSONPath format: Member is not an object.";
		if (node->nelements > 0 && type->kind != RS_AVRO_ARRAY)
			r->path_fault = "Invalid JSONPath format: Not an array or index out of range.";
	}
	if (type->kind == RS_AVRO_RECORD && node->nmembers > 0)
	{
		for (i = 0; i < type->n; i++)
			walk_or_skip(r, step->steps[i], type->types[i]);
	}
	else if (type->kind == RS_AVRO_MAP && node->nmembers > 0)
		walk_map(r, step);
	else if (type->kind == RS_AVRO_ARRAY && node->nelements > 0)
		walk_array(r, step);
	else
		rs_avro_skip(&r->cursor, type);
}

/* A value that columns want, or something in it; the cursor goes behind it. */
static void
walk(AvroReader *r, const Step *step)
{
	RsAvroCursor *cursor = &r->cursor;
	const char *start = cursor->at;
	int			branch;
	int			i;

	for (i = 0; i < step->node->ncolumns && r->bad_column < 0; i++)
	{
		cursor->at = start;
		store_column(r, step->type, step->node->columns[i]);
	}
	if (step->further || step->node->ncolumns == 0 || r->bad_column >= 0)
	{
		cursor->at = start;
		if (++cursor->depth > RS_AVRO_MAX_DEPTH)
			rs_avro_bad_value(cursor, "values are nested too deeply");
		if (step->type->kind == RS_AVRO_UNION && r->bad_column < 0)
		{
			(void) rs_avro_read_branch(cursor, step->type, &branch);
			walk_into(r, step->steps[branch]);
		}
		else if (r->bad_column < 0)
			walk_into(r, step);
		else
			rs_avro_skip(cursor, step->type);
		cursor->depth--;
	}
}

/* Take back what the builders have of the row, and report it. */
static void
leave_row(AvroReader *r)
{
	RsBadRow	bad = {0};
	int			i;

	for (i = 0; i < r->spec->ncolumns; i++)
		if (r->targets[i].builder != NULL)
			rs_column_builder_cut(r->targets[i].builder, r->n);
	bad.file = r->input->name;
	bad.line = r->row;
	bad.column = r->bad_column;
	if (r->bad_column >= 0)
	{
		bad.raw_value = r->raw_value;
		bad.fault = r->fault.fault;
		bad.reason = r->fault.reason;
		bad.sqlstate = r->fault.sqlstate;
	}
	else
	{
		bad.fault = RS_ROW_BAD_LINE;
		bad.reason = r->path_fault;
		bad.sqlstate = ERRCODE_INVALID_JSON_TEXT;
	}
	r->spec->bad_rows->report(r->spec->bad_rows, &bad);
}

/* The row at the cursor; false: it is bad, and was reported. */
static bool
read_row(AvroReader *r)
{
	int			i;

	r->path_fault = NULL;
	r->bad_column = -1;
	r->cursor.values = 0;
	r->cursor.depth = 0;
	walk(r, r->root);

	if (r->bad_column < 0 && r->path_fault == NULL)
	{
		/* Columns that the row says nothing of. */
		for (i = 0; i < r->spec->ncolumns; i++)
		{
			if (r->targets[i].builder == NULL || r->filled[i] == r->row)
				continue;
			if (!rs_column_builder_null(r->targets[i].builder, &r->fault))
			{
				r->bad_column = i;
				r->raw_value.value = NULL;
				r->raw_value.size = 0;
				break;
			}
		}
	}
	if (r->bad_column < 0 && r->path_fault == NULL)
		return true;
	leave_row(r);
	return false;
}

/* A row at the cursor; false: there is none any more. */
static bool
find_row(AvroReader *r)
{
	while (r->rows_left == 0)
	{
		CHECK_FOR_INTERRUPTS();
		if (r->cursor.at != r->cursor.end)
			rs_avro_bad_value(&r->cursor, "a block has more than its rows");
		if (!rs_avro_next_block(r->file, &r->block))
			return false;
		r->cursor.offset = r->block.offset;
		r->cursor.at = r->block.data;
		r->cursor.end = r->block.data + r->block.size;
		r->rows_left = r->block.rows;
	}
	return true;
}

static bool
next(RsReader *reader, RsArena *arena, RsVectorBatch *batch)
{
	AvroReader *r = (AvroReader *) reader;
	const RsReadSpec *spec = r->spec;
	Size		bytes = 0;
	Size		max_bytes = (Size) Max(spec->max_memory, 1024) * 1024 / 4;
	int			i;

	for (i = 0; i < spec->ncolumns; i++)
		if (r->targets[i].builder != NULL)
			rs_column_builder_begin(r->targets[i].builder, arena);
	r->n = 0;
	while (r->n < RS_BATCH_ROWS && bytes < max_bytes && find_row(r))
	{
		const char *start = r->cursor.at;

		r->rows_left--;
		r->row++;
		reader->lines++;
		if (read_row(r))
			r->rows[r->n++] = r->row;
		bytes += r->cursor.at - start;
	}
	reader->bytes = rs_avro_position(r->file) - r->first;
	if (r->n == 0)
		return false;

	batch->n = r->n;
	batch->columns = rs_arena_alloc(arena, spec->ncolumns * sizeof(RsVector *));
	for (i = 0; i < spec->ncolumns; i++)
		batch->columns[i] = r->targets[i].builder != NULL ?
			rs_column_builder_vector(r->targets[i].builder) : NULL;
	return true;
}

static void
locate(RsReader *reader, uint32 row, RsBadRow *place)
{
	AvroReader *r = (AvroReader *) reader;

	memset(place, 0, sizeof(RsBadRow));
	place->file = r->input->name;
	place->line = r->rows[row];
	place->column = -1;
}

static void
close_reader(RsReader *reader)
{
}

static RsReader *
read_avro(const RsReadSpec *spec, RsInput *input, const RsFilePart *part)
{
	AvroReader *r = palloc0(sizeof(AvroReader));
	int			i;

	r->reader.next = next;
	r->reader.locate = locate;
	r->reader.close = close_reader;
	r->spec = spec;
	r->input = input;
	/* No string of Avro stands for NULL, and all of them are UTF-8. */
	r->conversion = *spec->conversion;
	r->conversion.null_as = NULL;
	rs_json_text_init(&r->text, &r->conversion);
	r->scratch = AllocSetContextCreate(CurrentMemoryContext, "redshift Avro value", ALLOCSET_DEFAULT_SIZES);
	r->paths = rs_paths_create(spec->options, spec->columns, spec->ncolumns);
	r->targets = palloc0(spec->ncolumns * sizeof(RsAvroTarget));
	r->filled = palloc0(spec->ncolumns * sizeof(int64));
	for (i = 0; i < spec->ncolumns; i++)
	{
		r->targets[i].column = &spec->columns[i];
		if (spec->columns[i].wanted)
			r->targets[i].builder = rs_column_builder_create(&spec->columns[i], &r->conversion);
	}

	r->file = rs_avro_open(input);
	r->cursor.file = r->file;
	if (rs_avro_schema(r->file)->kind != RS_AVRO_RECORD)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("the schema of Avro file \"%s\" is not a record", input->name)));
	r->root = make_step(r, rs_avro_schema(r->file), r->paths->root);
	if (part != NULL && part->nparts > 1)
	{
		uint64		begin;
		uint64		end;

		rs_part_range(part, input, &begin, &end);
		rs_part_tell(part, true, rs_avro_choose(r->file, begin, end));
		(void) rs_parts_before(part, &r->row);
		r->first = part->number == 0 ? 0 : rs_avro_position(r->file);
	}
	return &r->reader;
}

const RsFormat rs_avro_format = {
	.name = "avro",
	.log_name = "AVRO",
	.parts = rs_parts_by_size,
	.part_shared_size = sizeof(RsPartCount),
	.read = read_avro,
};
