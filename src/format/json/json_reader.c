/*
 * json_reader.c
 *	  Reading JSON: each object or array of a file is a row.
 *
 * A row is walked once, along the tree of the columns' paths, which notes where in the text
 * the columns' values are; then these go to the column builders.  A row that goes on past
 * the end of the buffer is walked again when more of it has been read.
 *
 * A row that is not JSON ends where its brackets and braces are closed, if that is near;
 * else with the line in which the fault is, or before a line that begins like another row.
 * What is to be skipped depends on the text only, not on how it came into the buffer.
 *
 * Of names that are there twice in an object the last one counts.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "format/json/json_path.h"
#include "format/json/json_scan.h"
#include "format/json/json_text.h"
#include "format/json/json_writer.h"
#include "format/parts.h"
#include "format/text/text_recode.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#define FIRST_ROOM			(1024 * 1024)

/* Sizes of rows, as Redshift has them: with SUPER they may be larger. */
#define MAX_ROW_SIZE		(4 * 1024 * 1024)
#define MAX_SUPER_ROW_SIZE	(16 * 1024 * 1024)

/* The end of a bad row is looked for so far behind the fault. */
#define MAX_RECOVERY		(64 * 1024)

/* How a column takes values. */
typedef enum ColumnKind
{
	KIND_TEXT,
	KIND_NUMBER,				/* integers need not be read again */
	KIND_BOOL,
	KIND_JSON,					/* text of JSON */
	KIND_JSONB
} ColumnKind;

typedef struct JsonReader
{
	RsReader	reader;			/* first */
	const RsReadSpec *spec;
	RsConversion conversion;
	RsInput    *input;
	const RsTextSource *source; /* of an input in another encoding; NULL: it is UTF-8 */
	RsPaths    *paths;
	RsColumnBuilder **builders; /* NULL: not wanted */
	ColumnKind *kinds;
	RsJsonText	text;
	Size		max_row_size;

	char	   *buffer;			/* room bytes, and padding: */
	Size		room;
	Size		begin;			/* those at [begin, end) are still to be used */
	Size		end;
	uint64		offset;			/* of the input, at end */
	uint64		first;			/* of the part that is read here, */
	uint64		limit;			/* where no row begins any more */
	bool		ended;			/* the input has no more */
	int64		line;			/* of begin, from 1 */
	bool		skip_line;		/* up to the next line feed, first */

	uint64		row;			/* rows begun, for RsPathNode.visited */
	RsJsonValue *values;		/* of the current row, by column */
	const char *path_fault;		/* of the current row: a path does not fit; NULL: all do */
	int64		lines[RS_BATCH_ROWS];	/* the last lines of the batch's rows */
	RsRawField *fields;
} JsonReader;

/* More of the input behind what there is; false: there is no more. */
static bool
fill(JsonReader *r)
{
	Size		kept = r->end - r->begin;
	Size		got;

	if (r->ended)
		return false;
	CHECK_FOR_INTERRUPTS();
	memmove(r->buffer, r->buffer + r->begin, kept);
	r->begin = 0;
	if (kept > r->room / 2)
	{
		r->room *= 2;
		r->buffer = repalloc_huge(r->buffer, r->room + RS_JSON_PADDING);
	}
	got = r->input->read(r->input, r->offset, r->buffer + kept, r->room - kept);
	r->ended = got < r->room - kept;
	r->end = kept + got;
	r->offset += got;
	memset(r->buffer + r->end, 0, RS_JSON_PADDING);
	return got > 0;
}

/* Have so many bytes from begin on, or all that there are. */
static void
look_ahead(JsonReader *r, Size size)
{
	while (r->end - r->begin < size && fill(r))
		;
}

static int64
count_lines(const char *start, const char *end)
{
	int64		n = 0;

	for (; start < end; start++)
		n += *start == '\n';
	return n;
}

static void
advance(JsonReader *r, const char *to)
{
	const char *from = r->buffer + r->begin;

	r->line += count_lines(from, to);
	r->begin += to - from;
}

/* Behind the next line feed; false: there is none any more. */
static bool
skip_line(JsonReader *r)
{
	do
	{
		char	   *start = r->buffer + r->begin;
		char	   *feed = memchr(start, '\n', r->end - r->begin);

		if (feed != NULL)
		{
			r->line++;
			r->begin += feed + 1 - start;
			return true;
		}
		r->begin = r->end;
	} while (fill(r));
	return false;
}

static int64
count_characters(const char *start, const char *end)
{
	int64		n = 0;

	for (; start < end; start++)
		n += (*start & 0xc0) != 0x80;
	return n;
}

/* A row at begin that is none; at: where that shows. */
static void
report_row(JsonReader *r, const char *at, const char *end, RsRowFault fault, const char *reason)
{
	const char *start = r->buffer + r->begin;
	RsBadRow	bad = {0};

	bad.file = r->input->name;
	bad.line = r->line + count_lines(start, end);
	/* A line feed that ends the row is not in another line. */
	if (end > start && end[-1] == '\n')
		bad.line--;
	bad.column = -1;
	bad.position = count_characters(start, at);
	bad.raw_line.value = start;
	bad.raw_line.size = end - start;
	bad.fault = fault;
	bad.reason = reason;
	bad.sqlstate = ERRCODE_INVALID_TEXT_REPRESENTATION;
	r->spec->bad_rows->report(r->spec->bad_rows, &bad);
}

/* Is this the first byte of its line that is not white space? */
static bool
begins_line(const char *start, const char *at)
{
	while (at > start && (at[-1] == ' ' || at[-1] == '\t' || at[-1] == '\r'))
		at--;
	return at > start && at[-1] == '\n';
}

/* Report the row at begin, which is wrong so many bytes further on, and go behind it. */
static void
leave_row(JsonReader *r, Size wrong, const char *reason)
{
	const char *start;
	const char *at;
	const char *end;

	look_ahead(r, wrong + MAX_RECOVERY);
	start = r->buffer + r->begin;
	at = start + wrong;
	if ((*at == '{' || *at == '[') && begins_line(start, at))
		end = at;
	else
	{
		const char *limit = Min(at + MAX_RECOVERY, r->buffer + r->end);

		end = rs_json_find_close(start, limit);
		if (end == NULL || end <= at)
		{
			end = memchr(at, '\n', limit - at);
			r->skip_line = end == NULL;
			end = end != NULL ? end + 1 : limit;
		}
	}
	report_row(r, at, end, RS_ROW_BAD_LINE, reason);
	advance(r, end);
}

/* Between rows: something that no row begins with. */
static void
leave_garbage(JsonReader *r)
{
	const char *start;
	const char *end;

	look_ahead(r, MAX_RECOVERY);
	start = r->buffer + r->begin;
	end = start + 1;
	while (end < r->buffer + r->end && end < start + MAX_RECOVERY && strchr(" \t\r\n{[", *end) == NULL)
		end++;
	report_row(r, start, end, RS_ROW_BAD_LINE, "Invalid JSON: an object or an array is expected");
	advance(r, end);
}

static void
forget_values(JsonReader *r, RsPathNode *node)
{
	int			i;

	for (i = 0; i < node->ncolumns; i++)
		r->values[node->columns[i]].kind = RS_JSON_MISSING;
	for (i = 0; i < node->nmembers; i++)
		forget_values(r, node->members[i]);
	for (i = 0; i < node->nelements; i++)
		forget_values(r, node->elements[i]);
}

static bool walk(JsonReader *r, RsJsonScan *scan, RsPathNode *node);

static bool
walk_object(JsonReader *r, RsJsonScan *scan, RsPathNode *node)
{
	RsPathNode **likely = &node->likely_first;
	RsJsonValue value;

	scan->at++;
	rs_json_skip_space(scan);
	if (*scan->at == '}')
	{
		scan->at++;
		return true;
	}
	for (;;)
	{
		const char *name;
		Size		size;
		RsPathNode *member;

		if (!rs_json_scan_string(scan, &value))
			return false;
		rs_json_skip_space(scan);
		if (*scan->at != ':')
			return false;
		scan->at++;
		rs_json_skip_space(scan);

		name = value.start + 1;
		size = value.size - 2;
		if (!value.escaped && rs_path_is(*likely, name, size))
			member = *likely;
		else if (value.escaped && !rs_json_text_name(&r->text, &value, &name, &size))
			member = NULL;
		else
			member = rs_path_member(r->paths, node, name, size);
		if (member != NULL)
		{
			*likely = member;
			likely = &member->likely_next;
		}
		if (member != NULL ? !walk(r, scan, member) : !rs_json_scan_value(scan, &value))
			return false;

		rs_json_skip_space(scan);
		if (*scan->at == '}')
			break;
		if (*scan->at != ',')
			return false;
		scan->at++;
		rs_json_skip_space(scan);
	}
	scan->at++;
	return true;
}

static bool
walk_array(JsonReader *r, RsJsonScan *scan, RsPathNode *node)
{
	RsJsonValue value;
	int64		index = 0;
	int			next = 0;		/* of the elements that are wanted */

	scan->at++;
	rs_json_skip_space(scan);
	if (*scan->at != ']')
	{
		for (;; index++)
		{
			bool		wanted = next < node->nelements && node->elements[next]->index == index;

			if (wanted ? !walk(r, scan, node->elements[next++]) : !rs_json_scan_value(scan, &value))
				return false;
			rs_json_skip_space(scan);
			if (*scan->at == ']')
				break;
			if (*scan->at != ',')
				return false;
			scan->at++;
			rs_json_skip_space(scan);
		}
	}
	scan->at++;
	if (next < node->nelements)
		r->path_fault = "Invalid JSONPath format: Not an array or index out of range.";
	return true;
}

/* A value that columns want, or something in it. */
static bool
walk(JsonReader *r, RsJsonScan *scan, RsPathNode *node)
{
	RsJsonValue value;
	bool		object = *scan->at == '{' && node->nmembers > 0;
	bool		array = *scan->at == '[' && node->nelements > 0;
	int			i;

	if (node->visited == r->row)
		forget_values(r, node);
	node->visited = r->row;

	if (object || array)
	{
		value.kind = object ? RS_JSON_OBJECT : RS_JSON_ARRAY;
		value.start = scan->at;
		if (object ? !walk_object(r, scan, node) : !walk_array(r, scan, node))
			return false;
		value.size = scan->at - value.start;
	}
	else if (!rs_json_scan_value(scan, &value))
		return false;

	/* NULL has nothing in it, but is not wrong. */
	if (value.kind != RS_JSON_NULL)
	{
		if (node->nmembers > 0 && !object)
			r->path_fault = "Invalid JSONPath format: Member is not an object.";
		if (node->nelements > 0 && !array)
			r->path_fault = "Invalid JSONPath format: Not an array or index out of range.";
	}
	for (i = 0; i < node->ncolumns; i++)
		r->values[node->columns[i]] = value;
	return true;
}

/*
 * Walk the row that begins at begin; *end is behind it.  False: it is no JSON, was reported
 * and left behind.
 */
static bool
walk_row(JsonReader *r, const char **end, int64 *last_line)
{
	for (;;)
	{
		RsJsonScan	scan = {r->buffer + r->begin, r->buffer + r->end, 0};
		const char *start = scan.at;
		bool		sound;
		int			i;

		r->row++;
		r->path_fault = NULL;
		for (i = 0; i < r->spec->ncolumns; i++)
			r->values[i].kind = RS_JSON_MISSING;
		sound = walk(r, &scan, r->paths->root);
		if (scan.at - start > r->max_row_size)
		{
			leave_row(r, r->max_row_size, psprintf("JSON object is larger than %d MB",
												   (int) (r->max_row_size / (1024 * 1024))));
			return false;
		}
		if (sound)
		{
			*end = scan.at;
			*last_line = r->line + scan.lines;
			return true;
		}
		if (scan.at < r->buffer + r->end)
		{
			leave_row(r, scan.at - start, "Invalid JSON");
			return false;
		}
		if (!fill(r))
		{
			leave_row(r, scan.at - (r->buffer + r->begin), "Invalid JSON: the file ends within it");
			return false;
		}
	}
}

/* To the first byte of the next row; false: there is none. */
static bool
find_row(JsonReader *r)
{
	if (r->limit == 0)
		return false;
	for (;;)
	{
		RsJsonScan	scan;

		if (r->skip_line)
		{
			r->skip_line = false;
			if (!skip_line(r))
				return false;
		}
		scan.at = r->buffer + r->begin;
		scan.end = r->buffer + r->end;
		scan.lines = 0;
		rs_json_skip_space(&scan);
		r->line += scan.lines;
		r->begin = scan.at - r->buffer;
		if (r->begin == r->end)
		{
			if (!fill(r))
				return false;
			continue;
		}
		if (r->offset - (r->end - r->begin) >= r->limit)
			return false;
		if (*scan.at == '{' || *scan.at == '[')
			return true;
		leave_garbage(r);
	}
}

static bool
store_value(JsonReader *r, int column, RsValueFault *fault)
{
	const RsJsonValue *value = &r->values[column];
	RsColumnBuilder *builder = r->builders[column];
	ColumnKind	kind = r->kinds[column];
	const char *text;
	Size		size;

	if (value->kind == RS_JSON_MISSING || value->kind == RS_JSON_NULL)
		return rs_column_builder_null(builder, fault);
	if (kind == KIND_JSON)
		return rs_json_text_source(&r->text, value, &text, &size, fault) &&
			rs_column_builder_text(builder, text, size, fault);
	switch (value->kind)
	{
		case RS_JSON_TRUE:
		case RS_JSON_FALSE:
			return rs_column_builder_bool(builder, value->kind == RS_JSON_TRUE, fault);
		case RS_JSON_INTEGER:
			if (kind == KIND_NUMBER)
				return rs_column_builder_int(builder, value->integer, fault);
			return rs_column_builder_text(builder, value->start, value->size, fault);
		case RS_JSON_NUMBER:
			return rs_column_builder_text(builder, value->start, value->size, fault);
		case RS_JSON_STRING:
			return rs_json_text_string(&r->text, value, &text, &size, fault) &&
				rs_column_builder_text(builder, text, size, fault);
		default:
			return rs_json_text_source(&r->text, value, &text, &size, fault) &&
				rs_column_builder_text(builder, text, size, fault);
	}
}

/* The row at begin as bad_row.h describes one, as far as its values are known. */
static void
describe_row(JsonReader *r, const char *end, int64 line, int column, RsBadRow *bad)
{
	const char *start = r->buffer + r->begin;
	int			i;

	memset(bad, 0, sizeof(RsBadRow));
	bad->file = r->input->name;
	bad->line = line;
	bad->column = column;
	bad->raw_line.value = start;
	bad->raw_line.size = end - start;
	if (column < 0)
		return;
	for (i = 0; i <= column; i++)
	{
		const RsJsonValue *value = &r->values[i];
		bool		quoted = value->kind == RS_JSON_STRING;

		r->fields[i].value = NULL;
		r->fields[i].size = 0;
		if (value->kind == RS_JSON_MISSING || value->kind == RS_JSON_NULL)
			continue;
		r->fields[i].value = value->start + quoted;
		r->fields[i].size = value->size - 2 * quoted;
	}
	bad->fields = r->fields;
	bad->nfields = column + 1;
	bad->raw_value = r->fields[column];
	if (bad->raw_value.value != NULL)
		bad->position = count_characters(start, bad->raw_value.value);
}

/* Give a row's values to the builders, which have n; false: it is bad, and was reported. */
static bool
store_row(JsonReader *r, uint32 n, const char *end, int64 line)
{
	RsValueFault fault;
	RsBadRow	bad;
	int			i;
	int			j;

	if (r->path_fault != NULL)
	{
		describe_row(r, end, line, -1, &bad);
		bad.fault = RS_ROW_BAD_LINE;
		bad.reason = r->path_fault;
		bad.sqlstate = ERRCODE_INVALID_JSON_TEXT;
		r->spec->bad_rows->report(r->spec->bad_rows, &bad);
		return false;
	}
	for (i = 0; i < r->spec->ncolumns; i++)
	{
		if (r->builders[i] == NULL)
			continue;
		r->text.replaced = false;
		if (!store_value(r, i, &fault))
			break;
		if (r->text.replaced && r->spec->bad_rows->replaced != NULL)
		{
			describe_row(r, end, line, i, &bad);
			r->spec->bad_rows->replaced(r->spec->bad_rows, &bad);
		}
	}
	if (i == r->spec->ncolumns)
		return true;

	for (j = 0; j < i; j++)
		if (r->builders[j] != NULL)
			rs_column_builder_cut(r->builders[j], n);
	describe_row(r, end, line, i, &bad);
	bad.fault = fault.fault;
	bad.reason = fault.reason;
	bad.sqlstate = fault.sqlstate;
	r->spec->bad_rows->report(r->spec->bad_rows, &bad);
	return false;
}

static bool
next(RsReader *reader, RsArena *arena, RsVectorBatch *batch)
{
	JsonReader *r = (JsonReader *) reader;
	const RsReadSpec *spec = r->spec;
	uint64		bytes = 0;
	uint64		max_bytes = (uint64) Max(spec->max_memory, 1024) * 1024 / 4;
	uint32		n = 0;
	int			i;

	for (i = 0; i < spec->ncolumns; i++)
		if (r->builders[i] != NULL)
			rs_column_builder_begin(r->builders[i], arena);

	while (n < RS_BATCH_ROWS && bytes < max_bytes && find_row(r))
	{
		const char *end;
		int64		line;

		reader->lines++;
		if (!walk_row(r, &end, &line))
			continue;
		if (store_row(r, n, end, line))
			r->lines[n++] = line;
		bytes += end - (r->buffer + r->begin);
		r->begin = end - r->buffer;
		r->line = line;
	}
	reader->bytes = r->source != NULL ? r->source->offset : r->offset - (r->end - r->begin) - r->first;
	if (n == 0)
		return false;

	batch->n = n;
	batch->columns = rs_arena_alloc(arena, spec->ncolumns * sizeof(RsVector *));
	for (i = 0; i < spec->ncolumns; i++)
		batch->columns[i] = r->builders[i] != NULL ? rs_column_builder_vector(r->builders[i]) : NULL;
	return true;
}

static void
locate(RsReader *reader, uint32 row, RsBadRow *place)
{
	JsonReader *r = (JsonReader *) reader;

	memset(place, 0, sizeof(RsBadRow));
	place->file = r->input->name;
	place->line = r->lines[row];
	place->column = -1;
}

static void
close_reader(RsReader *reader)
{
}

static ColumnKind
column_kind(Oid typid)
{
	switch (typid)
	{
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case FLOAT4OID:
		case FLOAT8OID:
		case NUMERICOID:
			return KIND_NUMBER;
		case JSONOID:
		case JSONBOID:
			return KIND_JSON;
		default:
			return KIND_TEXT;
	}
}

static void
create_columns(JsonReader *r)
{
	const RsReadSpec *spec = r->spec;
	int			i;

	r->builders = palloc0(spec->ncolumns * sizeof(RsColumnBuilder *));
	r->kinds = palloc0(spec->ncolumns * sizeof(ColumnKind));
	r->values = palloc0(spec->ncolumns * sizeof(RsJsonValue));
	r->fields = palloc0(spec->ncolumns * sizeof(RsRawField));
	r->max_row_size = MAX_ROW_SIZE;
	for (i = 0; i < spec->ncolumns; i++)
	{
		if (!spec->columns[i].wanted)
			continue;
		r->builders[i] = rs_column_builder_create(&spec->columns[i], &r->conversion);
		r->kinds[i] = column_kind(spec->columns[i].type.typid);
		if (spec->columns[i].type.typid == JSONBOID)
			r->max_row_size = MAX_SUPER_ROW_SIZE;
	}
}

/* The first bytes of the file: a byte order mark, and lines that are to be ignored. */
static void
begin_file(JsonReader *r, int64 header)
{
	(void) fill(r);
	if (r->end >= 3 && memcmp(r->buffer, "\xef\xbb\xbf", 3) == 0)
		r->begin = 3;
	for (; header > 0; header--)
		if (!skip_line(r))
			break;
}

/* To the first line that begins in the part; false: none does. */
static bool
find_line(JsonReader *r, uint64 begin, uint64 end)
{
	char	   *feed;

	/* A line may begin with the part itself. */
	r->offset = begin - 1;
	look_ahead(r, end - r->offset);
	feed = memchr(r->buffer, '\n', Min(r->end, end - begin));
	if (feed == NULL)
		return false;
	r->begin = feed + 1 - r->buffer;
	return true;
}

/* Bytes from begin up to the end of the line that the part's end is in; 0: that is too far. */
static Size
whole_lines(JsonReader *r, uint64 end)
{
	uint64		at = r->offset - (r->end - r->begin);
	Size		size;
	char	   *feed;

	/* A header may be as long as the part. */
	if (at >= end)
		return 0;
	look_ahead(r, end - at);
	size = Min(r->end - r->begin, end - at);
	if (size > 0 && r->buffer[r->begin + size - 1] == '\n')
		return size;
	feed = memchr(r->buffer + r->begin + size, '\n', r->end - r->begin - size);
	if (feed == NULL)
	{
		look_ahead(r, size + r->max_row_size);
		feed = memchr(r->buffer + r->begin + size, '\n', r->end - r->begin - size);
	}
	if (feed != NULL)
		return feed + 1 - (r->buffer + r->begin);
	return r->ended ? r->end - r->begin : 0;
}

/*
 * A row may go over many lines, so that what a part begins with depends on all of the file
 * before it.  But mostly rows are lines.  The reader of each part looks first whether in all
 * lines that begin in its part the brackets and braces that are opened are closed, with
 * nothing outside of them.  If that holds for all parts before its own, a reader of the
 * whole file would be between rows where its own first line begins, whatever else is wrong
 * in them: a bad row then ends in its line, see leave_row().  The first reader of a part
 * for which it does not hold reads on to the end of the file, and those of later parts have
 * nothing to do.
 */
static void
begin_part(JsonReader *r, const RsFilePart *part, int64 header)
{
	uint64		begin;
	uint64		end;
	uint64		at;
	int64		lines = 0;
	int64		lines_before;
	bool		of_lines = true;
	bool		has_lines = true;
	Size		size = 0;

	rs_part_range(part, r->input, &begin, &end);
	r->room += end - begin;
	r->buffer = repalloc_huge(r->buffer, r->room + RS_JSON_PADDING);
	if (part->number == 0)
		begin_file(r, header);
	else
		has_lines = find_line(r, begin, end);
	if (has_lines)
	{
		size = whole_lines(r, end);
		of_lines = size > 0 &&
			rs_json_lines_are_rows(r->buffer + r->begin, r->buffer + r->begin + size, &lines);
	}
	rs_part_tell(part, of_lines, r->line - 1 + lines);

	at = r->offset - (r->end - r->begin);
	r->first = part->number == 0 ? 0 : at;
	if (!rs_parts_before(part, &lines_before) || !has_lines)
		r->limit = 0;
	else if (of_lines)
		r->limit = at + size;
	r->line += lines_before;
}

static RsReader *
read_json(const RsReadSpec *spec, RsInput *input, const RsFilePart *part)
{
	JsonReader *r = palloc0(sizeof(JsonReader));
	const RsJsonOptions *options = spec->options;
	int64		header = options != NULL ? options->ignore_header : 0;

	r->reader.next = next;
	r->reader.locate = locate;
	r->reader.close = close_reader;
	r->spec = spec;
	r->input = input;
	if (spec->conversion->encoding != PG_UTF8)
		r->input = rs_text_recode(input, spec->conversion->encoding, &r->source);
	/* No string of JSON stands for NULL. */
	r->conversion = *spec->conversion;
	r->conversion.null_as = NULL;
	r->paths = rs_paths_create(options, spec->columns, spec->ncolumns);
	create_columns(r);
	rs_json_text_init(&r->text, &r->conversion);
	r->room = FIRST_ROOM;
	r->buffer = palloc(r->room + RS_JSON_PADDING);
	r->line = 1;
	r->limit = PG_UINT64_MAX;
	if (part != NULL && part->nparts > 1)
		begin_part(r, part, header);
	else
		begin_file(r, header);
	return &r->reader;
}

/* Of other encodings a part's text does not tell where it begins. */
static int
count_parts(const RsReadSpec *spec, RsInput *input, uint64 part_size)
{
	return spec->conversion->encoding == PG_UTF8 ? rs_parts_by_size(spec, input, part_size) : 1;
}

const RsFormat rs_json_format = {
	.name = "json",
	.log_name = "JSON",
	.parts = count_parts,
	.part_shared_size = sizeof(RsPartCount),
	.read = read_json,
	.write = rs_json_write,
};
