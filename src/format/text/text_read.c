/*
 * text_read.c
 *	  Readers of text: delimited, CSV and fixed width.
 *
 * Text is read into a buffer (text_source.h) and searched for the ends of fields and rows, a
 * piece at a time (text_scan.h).  Of some rows at a time the fields are found and stripped
 * of quotes (text_fields.h), and put into columns one column after the other.  If one of them
 * cannot be, or the text has characters that are none, these rows are done again one by
 * one, so that faults are found in the order of the file and only their rows are left out.
 *
 * A batch ends where the buffer does, since what is known of its rows refers to it.
 *
 * A part of a file has the rows that begin in it, and reads on to the end of the last one.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "format/column_builder.h"
#include "format/text/text_fields.h"
#include "format/text/text_part.h"
#include "format/text/text_scan.h"
#include "format/text/text_source.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/memutils.h"

/* Bytes that are read at a time, and behind the end of a part. */
#define READ_STEP		((Size) 1024 * 1024)
#define TAIL_STEP		((Size) 64 * 1024)

/* Searched at a time: little enough to be in the cache when the fields are converted. */
#define SCAN_STEP		((Size) 64 * 1024)

/* A row that has no end within so many bytes is left out. */
#define MAX_ROW_SIZE	((Size) 4 * 1024 * 1024)
#define TOO_LONG		"Line is longer than 4 MB"

/* Rows whose fields are found at a time, and fields. */
#define BLOCK_ROWS		256
#define BLOCK_FIELDS	4096

/* Smaller parts are not worth a process. */
#define MIN_PART_SIZE	((uint64) 1024 * 1024)

/* A row in the buffer. */
typedef struct RowPlace
{
	uint32		start;
	uint32		end;
	uint32		delimiter;		/* the first mark of one that may be in it */
} RowPlace;

typedef struct TextReader
{
	RsReader	base;
	const RsReadSpec *spec;
	RsTextLayout layout;
	bool		ignore_blank_lines;
	RsConversion conversion;	/* the spec's, and what these formats have by default */
	RsColumnBuilder **builders; /* of each column; NULL: it is not wanted */

	RsTextSource source;
	RsTextScan	scan;
	Size		row;			/* where the next row begins in the buffer */
	Size		part_end;		/* no row that begins here or later is ours */
	bool		part_ends;		/* there is such a place */
	bool		finished;
	bool		too_long;		/* the row has been left out, but not its end */
	bool		has_lines;		/* newlines within fields: lines have to be counted */
	uint64		line;			/* number of the line of the next row, from 1 */
	uint64		first_line;		/* of rows that are ours */
	bool		in_row;			/* the next row began before the part */
	uint64		rows_to_skip;	/* of the header */
	uint64		first_byte;		/* of the file that has been read */

	/* Of a batch, whose text is in the buffer: */
	Size		line_start;		/* the row that was asked for last begins here, */
	uint64		line_number;	/* on this line */
	RowPlace   *rows;			/* those that were kept */
	uint32		nrows;

	/* Of a block of rows: */
	int			block_rows;		/* at most */
	RsTextFields fields;		/* column after column */
	RowPlace   *places;
	RsRowProblem *problems;
	RsTextFields raw;			/* of one row, as they stand in the text */
	RsRawField *raw_fields;
	RsArena    *cooked;
	bool		to_server;		/* the server's encoding is not UTF-8 */
} TextReader;

/* ---------------------------------------------------------------------
 * Rows in the buffer
 * ---------------------------------------------------------------------
 */

static inline bool
row_is_marked(const TextReader *reader)
{
	return reader->scan.newlines.next < reader->scan.newlines.n;
}

static void
report_whole_row(TextReader *reader, Size start, Size end, RsRowFault fault, const char *reason)
{
	RsBadRow	bad = {0};

	bad.file = reader->source.input->name;
	bad.line = (int64) reader->line;
	bad.column = -1;
	bad.raw_line.value = reader->source.buffer + start;
	bad.raw_line.size = end - start;
	bad.fault = fault;
	bad.reason = reason;
	reader->spec->bad_rows->report(reader->spec->bad_rows, &bad);
}

/*
 * Forget text before this place of the buffer, and read on; false: there is no more.
 */
static bool
read_on(TextReader *reader, Size keep)
{
	CHECK_FOR_INTERRUPTS();
	if (reader->source.at_end)
		return false;
	if (keep > 0)
	{
		rs_text_scan_shift(&reader->scan, keep);
		reader->row -= keep;
		reader->part_end -= Min(reader->part_end, keep);
	}
	rs_text_source_more(&reader->source, keep);
	return true;
}

/*
 * The row grows beyond all bounds: forget what there is of it.
 */
static void
drop_long_row(TextReader *reader)
{
	Size		scanned = reader->scan.scanned;

	if (!reader->too_long)
		report_whole_row(reader, reader->row, scanned, RS_ROW_BAD_LINE, TOO_LONG);
	reader->too_long = true;
	reader->line += rs_count_newlines(reader->source.buffer + reader->row, scanned - reader->row);
	reader->row = scanned;
	reader->scan.delimiters.next = reader->scan.delimiters.n;
}

/*
 * See to it that the end of the next row is marked.  The buffer moves only if `move`, with
 * what is before the row forgotten.  False: there is no such row, or none without moving.
 */
static bool
find_row(TextReader *reader, bool move)
{
	RsTextSource *source = &reader->source;
	RsTextScan *scan = &reader->scan;

	while (!row_is_marked(reader))
	{
		if (scan->scanned + 64 <= source->size || (source->at_end && scan->scanned < source->size))
		{
			Size		to = Min(scan->scanned + SCAN_STEP, source->size);

			rs_text_scan(scan, source->buffer, to, source->at_end && to == source->size);
			continue;
		}
		if (source->at_end)
		{
			/* What follows the last newline is a row, if it is anything. */
			if (reader->row >= source->size)
				return false;
			rs_text_scan_end(scan, source->size);
			break;
		}
		if (!move)
			return false;
		if (scan->scanned - reader->row > MAX_ROW_SIZE)
			drop_long_row(reader);
		read_on(reader, reader->row);
	}
	return true;
}

/*
 * The next row is behind: its delimiters, its newline, and its lines.
 */
static inline void
pass_delimiters(RsMarks *delimiters, uint32 end)
{
	while (delimiters->next < delimiters->n && delimiters->at[delimiters->next] < end)
		delimiters->next++;
}

static void
pass_row(TextReader *reader)
{
	uint32		end = reader->scan.newlines.at[reader->scan.newlines.next++];

	pass_delimiters(&reader->scan.delimiters, end);
	reader->row = (Size) end + 1;
}

/*
 * Lines up to the next row have been passed since one of this number began at `start`.
 */
static void
count_lines(TextReader *reader, Size start, uint64 rows)
{
	Size		end = Min(reader->row, reader->source.size);

	reader->has_lines |= reader->scan.any_inner;
	reader->line += reader->has_lines ? rs_count_newlines(reader->source.buffer + start, end - start) : rows;
}

/*
 * Pass rows that are not to be read: the rest of one that is too long, and those of a header.
 */
static bool
skip_rows(TextReader *reader)
{
	while (reader->too_long || reader->rows_to_skip > 0)
	{
		Size		start;

		if (!find_row(reader, true))
			return false;
		start = reader->row;
		pass_row(reader);
		count_lines(reader, start, 1);
		if (reader->in_row)
			reader->first_line = reader->line;
		reader->in_row = false;
		if (reader->too_long)
			reader->too_long = false;
		else
			reader->rows_to_skip--;
	}
	return true;
}

/*
 * The end of a row's text, before the carriage return that its newline may have.
 */
static inline uint32
trim_return(const TextReader *reader, uint32 start, uint32 end)
{
	const char *text = reader->source.buffer;
	uint32		n = 0;

	if (end == start || text[end - 1] != '\r')
		return end;
	if (reader->layout.escape)
		while (end - 1 - n > start && text[end - 2 - n] == '\\')
			n++;
	return n % 2 == 0 ? end - 1 : end;
}

/* ---------------------------------------------------------------------
 * Bad rows
 * ---------------------------------------------------------------------
 */

/*
 * The line of a row of the batch.  Mostly rows are asked for in their order.
 */
static int64
line_of(TextReader *reader, Size start)
{
	const char *text = reader->source.buffer;

	if (start >= reader->line_start)
		reader->line_number += rs_count_newlines(text + reader->line_start, start - reader->line_start);
	else
		reader->line_number -= rs_count_newlines(text + start, reader->line_start - start);
	reader->line_start = start;
	return (int64) reader->line_number;
}

static void
describe_row(TextReader *reader, const RowPlace *place, RsBadRow *row)
{
	memset(row, 0, sizeof(RsBadRow));
	row->file = reader->source.input->name;
	row->line = line_of(reader, place->start);
	row->column = -1;
	row->raw_line.value = reader->source.buffer + place->start;
	row->raw_line.size = place->end - place->start;
}

static int64
count_characters(const char *text, const char *end)
{
	int64		n = 0;

	for (; text < end; text++)
		n += ((unsigned char) *text & 0xC0) != 0x80;
	return n;
}

/*
 * Leave a row out, whose fields as they stand in the text are in reader->raw.
 */
static void
report_row(TextReader *reader, const RowPlace *place, int column, int nfields, const RsValueFault *fault)
{
	RsBadRow	bad;
	int			i;

	describe_row(reader, place, &bad);
	bad.column = column;
	bad.fault = fault->fault;
	bad.reason = fault->reason;
	bad.sqlstate = fault->sqlstate;
	for (i = 0; i < nfields; i++)
	{
		reader->raw_fields[i].value = reader->raw.text[i];
		reader->raw_fields[i].size = reader->raw.size[i];
	}
	bad.fields = reader->raw_fields;
	bad.nfields = nfields;
	if (column >= 0)
	{
		bad.raw_value = reader->raw_fields[column];
		/* A field that was filled in is nowhere. */
		if (bad.raw_value.value >= bad.raw_line.value &&
			bad.raw_value.value <= bad.raw_line.value + bad.raw_line.size)
			bad.position = count_characters(bad.raw_line.value, bad.raw_value.value);
	}
	reader->spec->bad_rows->report(reader->spec->bad_rows, &bad);
}

/* ---------------------------------------------------------------------
 * Blocks of rows
 * ---------------------------------------------------------------------
 */

static RsTextFields
fields_of_row(const TextReader *reader, int row)
{
	RsTextFields fields = reader->fields;

	fields.text += row;
	fields.size += row;
	return fields;
}

/*
 * A row ends with the file, within quotes?
 */
static bool
is_unterminated(const TextReader *reader, uint32 newline)
{
	return reader->layout.quote != '\0' && reader->source.at_end && newline == reader->source.size &&
		reader->scan.inside != 0;
}

static RsRowProblem
no_row(const char *reason)
{
	RsRowProblem problem = {RS_ROW_BAD_LINE, -1, 0, reason};

	return problem;
}

static void
split_row(const TextReader *reader, const RowPlace *place, RsTextFields fields, RsRowProblem *problem)
{
	const RsMarks *delimiters = &reader->scan.delimiters;

	rs_text_split(&reader->layout, reader->source.buffer, place->start, place->end,
				  delimiters->at + place->delimiter, delimiters->n - place->delimiter, fields, problem);
}

/*
 * Find the fields of rows in the buffer, as many as a block and the batch have room for.
 * *sound: no row has a problem of its own.  Returns how many.
 */
static int
collect_rows(TextReader *reader, uint64 *passed, bool *sound)
{
	int			most = Min(reader->block_rows, (int) (RS_BATCH_ROWS - reader->nrows));
	int			n = 0;

	*sound = true;
	while (n < most && !(reader->part_ends && reader->row >= reader->part_end) && find_row(reader, false))
	{
		RowPlace   *place = &reader->places[n];
		RsRowProblem *problem = &reader->problems[n];
		uint32		newline = reader->scan.newlines.at[reader->scan.newlines.next];

		place->start = (uint32) reader->row;
		place->end = trim_return(reader, place->start, newline);
		place->delimiter = reader->scan.delimiters.next;
		(*passed)++;
		pass_row(reader);
		if (place->start == place->end && reader->ignore_blank_lines)
			continue;
		if (newline - place->start > MAX_ROW_SIZE)
			*problem = no_row(TOO_LONG);
		else if (is_unterminated(reader, newline))
			*problem = no_row("Invalid quote formatting for CSV: missing end quote");
		else
			split_row(reader, place, fields_of_row(reader, n), problem);
		*sound &= problem->fault == RS_ROW_SOUND;
		n++;
	}
	return n;
}

/*
 * Is there a character that ACCEPTINVCHARS replaces although UTF-8 has it?  They begin with
 * bytes from 0xEF on.
 */
static bool
may_have_noncharacters(const char *text, Size size)
{
	Size		i;
	bool		found = false;

	for (i = 0; i < size; i++)
		found |= (unsigned char) text[i] >= 0xEF;
	return found;
}

/*
 * Are all characters of the block's rows such that none has to be looked at?
 */
static bool
characters_are_sound(const TextReader *reader, int n)
{
	Size		start = reader->places[0].start;
	Size		size = reader->places[n - 1].end - start;
	const char *text = reader->source.buffer + start;

	return reader->scan.special_end <= start ||
		((Size) pg_encoding_verifymbstr(PG_UTF8, text, (int) size) == size &&
		 !(reader->conversion.accept_invalid_chars && may_have_noncharacters(text, size)));
}

static bool
is_ascii(const char *text, Size size)
{
	Size		i;
	char		all = 0;

	for (i = 0; i < size; i++)
		all |= text[i];
	return all >= 0;
}

/*
 * Put a block of rows into the columns, one column after the other; false: a value cannot be,
 * and some columns have more rows than before.
 */
static bool
put_columns(TextReader *reader, int n)
{
	bool		cook = reader->layout.remove_quotes || reader->scan.quote_end > reader->places[0].start;
	bool		convert = reader->to_server && reader->scan.special_end > reader->places[0].start;
	RsValueFault fault;
	int			c;

	for (c = 0; c < reader->spec->ncolumns; c++)
	{
		const char **text = reader->fields.text + (Size) c * reader->fields.stride;
		uint32	   *size = reader->fields.size + (Size) c * reader->fields.stride;
		int			i;

		if (reader->builders[c] == NULL)
			continue;
		if (cook)
			for (i = 0; i < n; i++)
				rs_text_cook(&reader->layout, &text[i], &size[i], reader->cooked);
		if (convert)
			for (i = 0; i < n; i++)
				if (text[i] != NULL && !is_ascii(text[i], size[i]) &&
					!rs_text_to_server(&text[i], &size[i], reader->cooked, &fault))
					return false;
		if (!rs_column_builder_texts(reader->builders[c], text, size, n))
			return false;
	}
	return true;
}

static void
cut_columns(TextReader *reader, uint32 n)
{
	int			c;

	for (c = 0; c < reader->spec->ncolumns; c++)
		if (reader->builders[c] != NULL)
			rs_column_builder_cut(reader->builders[c], n);
}

/*
 * Is it what stands for NULL, whatever characters that has?
 */
static bool
is_null_string(const TextReader *reader, const char *text, Size size)
{
	return size == reader->conversion.null_as_size &&
		memcmp(text, reader->conversion.null_as, size) == 0;
}

/*
 * Put one field into its column.
 */
static bool
put_field(TextReader *reader, int column, const char *text, uint32 size, bool *replaced, RsValueFault *fault)
{
	RsColumnBuilder *builder = reader->builders[column];
	const RsConversion *conversion = &reader->conversion;

	rs_text_cook(&reader->layout, &text, &size, reader->cooked);
	if (text == NULL)
		return rs_column_builder_null(builder, fault);
	if (!is_null_string(reader, text, size))
	{
		if (!rs_text_check(&text, &size, conversion->accept_invalid_chars ? conversion->replacement : '\0',
						   reader->spec->columns[column].type.typid == BPCHAROID, reader->cooked, replaced,
						   fault))
			return false;
		if (reader->to_server && !is_ascii(text, size) &&
			!rs_text_to_server(&text, &size, reader->cooked, fault))
			return false;
	}
	return rs_column_builder_text(builder, text, size, fault);
}

/*
 * Put one row into the columns; false: it is left out, as has been reported.
 */
static bool
put_row(TextReader *reader, int row)
{
	const RowPlace *place = &reader->places[row];
	const RsRowProblem *problem = &reader->problems[row];
	RsRowProblem same;
	RsValueFault fault;
	RsBadRow	replaced_row;
	bool		replaced = false;
	int			first_replaced = -1;
	int			c;

	if (problem->nfields > 0 || problem->fault == RS_ROW_SOUND)
		split_row(reader, place, reader->raw, &same);
	if (problem->fault != RS_ROW_SOUND)
	{
		fault.fault = problem->fault;
		fault.sqlstate = 0;
		strlcpy(fault.reason, problem->reason, sizeof(fault.reason));
		report_row(reader, place, problem->field, problem->nfields, &fault);
		return false;
	}
	for (c = 0; c < reader->spec->ncolumns; c++)
	{
		if (reader->builders[c] == NULL)
			continue;
		if (!put_field(reader, c, reader->raw.text[c], reader->raw.size[c], &replaced, &fault))
		{
			cut_columns(reader, reader->nrows);
			report_row(reader, place, c, c + 1, &fault);
			return false;
		}
		if (replaced && first_replaced < 0)
			first_replaced = c;
	}
	if (replaced && reader->spec->bad_rows->replaced != NULL)
	{
		describe_row(reader, place, &replaced_row);
		replaced_row.column = first_replaced;
		reader->spec->bad_rows->replaced(reader->spec->bad_rows, &replaced_row);
	}
	return true;
}

static void
put_block(TextReader *reader, int n, bool sound)
{
	int			i;

	rs_arena_reset(reader->cooked);
	if (sound && characters_are_sound(reader, n))
	{
		if (put_columns(reader, n))
		{
			memcpy(reader->rows + reader->nrows, reader->places, n * sizeof(RowPlace));
			reader->nrows += n;
			return;
		}
		cut_columns(reader, reader->nrows);
		rs_arena_reset(reader->cooked);
	}
	for (i = 0; i < n; i++)
		if (put_row(reader, i))
			reader->rows[reader->nrows++] = reader->places[i];
}

/* ---------------------------------------------------------------------
 * The reader
 * ---------------------------------------------------------------------
 */

static void
finish_batch(TextReader *reader, RsArena *arena, RsVectorBatch *batch)
{
	int			c;

	batch->n = reader->nrows;
	batch->columns = rs_arena_alloc(arena, reader->spec->ncolumns * sizeof(RsVector *));
	for (c = 0; c < reader->spec->ncolumns; c++)
		batch->columns[c] = reader->builders[c] == NULL ? NULL :
			rs_column_builder_vector(reader->builders[c]);
}

static bool
next_batch(RsReader *base, RsArena *arena, RsVectorBatch *batch)
{
	TextReader *reader = (TextReader *) base;
	int			c;

	reader->nrows = 0;
	while (reader->nrows == 0)
	{
		Size		start;
		uint64		passed = 0;
		bool		sound;
		int			n;

		if (reader->finished || !skip_rows(reader) ||
			(reader->part_ends && reader->row >= reader->part_end) || !find_row(reader, true))
		{
			reader->finished = true;
			return false;
		}
		/* The row's end may be that of one that had to be left out. */
		if (reader->too_long)
			continue;
		CHECK_FOR_INTERRUPTS();
		for (c = 0; c < reader->spec->ncolumns; c++)
			if (reader->builders[c] != NULL)
				rs_column_builder_begin(reader->builders[c], arena);
		start = reader->line_start = reader->row;
		reader->line_number = reader->line;
		while (reader->nrows < RS_BATCH_ROWS && (n = collect_rows(reader, &passed, &sound)) > 0)
			put_block(reader, n, sound);
		count_lines(reader, start, passed);
		base->lines = reader->line - reader->first_line;
		base->bytes = reader->source.offset - reader->first_byte;
	}
	finish_batch(reader, arena, batch);
	return true;
}

static void
locate_row(RsReader *base, uint32 row, RsBadRow *place)
{
	TextReader *reader = (TextReader *) base;

	describe_row(reader, &reader->rows[row], place);
}

static void
close_reader(RsReader *base)
{
	/* All there is goes with the memory context. */
}

static void
init_layout(TextReader *reader, RsTextFormat format, const RsTextOptions *options)
{
	RsTextLayout *layout = &reader->layout;
	const RsReadSpec *spec = reader->spec;
	bool	   *missing_is_empty = palloc(Max(spec->ncolumns, 1) * sizeof(bool));
	int			i;

	for (i = 0; i < spec->ncolumns; i++)
		missing_is_empty[i] = spec->columns[i].type.typid == VARCHAROID ||
			spec->columns[i].type.typid == TEXTOID;
	layout->format = format;
	layout->nfields = spec->ncolumns;
	layout->delimiter = options->delimiter != NULL && options->delimiter[0] != '\0' ? options->delimiter :
		format == RS_TEXT_CSV ? "," : "|";
	layout->delimiter_size = (int) strlen(layout->delimiter);
	if (format == RS_TEXT_CSV)
		layout->quote = options->quote != '\0' ? options->quote : '"';
	layout->escape = format == RS_TEXT_DELIMITED && options->escape;
	layout->remove_quotes = format == RS_TEXT_DELIMITED && options->remove_quotes;
	layout->fill_record = spec->conversion->fill_record;
	if (format == RS_TEXT_FIXED)
		layout->widths = rs_text_widths(options->fixed_width != NULL ? options->fixed_width : "",
										spec->ncolumns);
	layout->missing_is_empty = missing_is_empty;

	reader->ignore_blank_lines = options->ignore_blank_lines;
	reader->rows_to_skip = Max(options->ignore_header, 0);
	reader->conversion = *spec->conversion;
	if (reader->conversion.null_as == NULL)
	{
		reader->conversion.null_as = RS_TEXT_NULL;
		reader->conversion.null_as_size = strlen(RS_TEXT_NULL);
	}
	if (reader->conversion.replacement == '\0')
		reader->conversion.replacement = '?';
	layout->null_as = reader->conversion.null_as;
	layout->null_as_size = reader->conversion.null_as_size;
}

static void
init_scan(TextReader *reader)
{
	const RsTextLayout *layout = &reader->layout;

	/* Where the quotes around a field matter, delimiters are found with them. */
	if (layout->format != RS_TEXT_FIXED && !layout->remove_quotes)
		reader->scan.delimiter = layout->delimiter[0];
	reader->scan.quote = layout->quote;
	reader->scan.escape = layout->escape ? '\\' : '\0';
}

static RsTextFields
make_fields(int ncolumns, int nrows)
{
	RsTextFields fields;

	fields.text = palloc((Size) ncolumns * nrows * sizeof(char *));
	fields.size = palloc((Size) ncolumns * nrows * sizeof(uint32));
	fields.stride = nrows;
	return fields;
}

static void
init_rows(TextReader *reader)
{
	int			ncolumns = Max(reader->spec->ncolumns, 1);
	int			i;

	reader->block_rows = Min(Max(BLOCK_FIELDS / ncolumns, 16), BLOCK_ROWS);
	reader->fields = make_fields(ncolumns, reader->block_rows);
	reader->raw = make_fields(ncolumns, 1);
	reader->raw_fields = palloc(ncolumns * sizeof(RsRawField));
	reader->places = palloc(reader->block_rows * sizeof(RowPlace));
	reader->problems = palloc(reader->block_rows * sizeof(RsRowProblem));
	reader->rows = palloc(RS_BATCH_ROWS * sizeof(RowPlace));
	reader->cooked = rs_arena_create(CurrentMemoryContext);
	reader->builders = palloc0(ncolumns * sizeof(RsColumnBuilder *));
	for (i = 0; i < reader->spec->ncolumns; i++)
		if (reader->spec->columns[i].wanted)
			reader->builders[i] = rs_column_builder_create(&reader->spec->columns[i], &reader->conversion);
}

/*
 * Read a part into memory and find out how it begins.
 */
static void
begin_part(TextReader *reader, RsInput *input, const RsFilePart *part)
{
	uint64		start = (uint64) input->size / part->nparts * part->number;
	uint64		end = part->number + 1 == part->nparts ? (uint64) input->size :
		(uint64) input->size / part->nparts * (part->number + 1);
	RsByteRange range;
	RsTextSummary summary;
	RsTextStart place;

	reader->first_byte = range.offset = start;
	range.size = end - start;
	if (input->expect != NULL)
		input->expect(input, &range, 1);
	rs_text_source_init(&reader->source, input, reader->conversion.encoding, start, end - start);
	if (end > start)
		rs_text_source_more(&reader->source, 0);
	reader->source.step = TAIL_STEP;
	reader->part_ends = true;
	reader->part_end = reader->source.size;
	rs_text_summarize(&reader->scan, reader->source.buffer, reader->source.size, &summary);
	rs_text_part_start(part->shared, part->number, &summary, &place);

	reader->line = reader->first_line = place.lines + 1;
	reader->in_row = !place.at_row;
	reader->finished = !place.at_row && summary.rows[place.inside] == 0;
	reader->scan.inside = place.inside ? ~UINT64CONST(0) : 0;
	reader->scan.escaped = place.inside;
	/* The rest of a row that began before is passed like those of the header. */
	reader->rows_to_skip -= Min(reader->rows_to_skip, place.rows + !place.at_row);
	reader->rows_to_skip += !place.at_row;
}

static RsReader *
read_text(RsTextFormat format, const RsReadSpec *spec, RsInput *input, const RsFilePart *part)
{
	TextReader *reader = palloc0(sizeof(TextReader));

	reader->base.next = next_batch;
	reader->base.locate = locate_row;
	reader->base.close = close_reader;
	reader->spec = spec;
	init_layout(reader, format, spec->options);
	init_scan(reader);
	init_rows(reader);
	reader->to_server = GetDatabaseEncoding() != PG_UTF8;
	reader->line = reader->first_line = 1;
	if (part != NULL && part->nparts > 1)
		begin_part(reader, input, part);
	else
		rs_text_source_init(&reader->source, input, reader->conversion.encoding, 0, READ_STEP);
	return &reader->base;
}

/*
 * Any text can be taken up in the middle but that of UTF-16, where it would have to be at
 * an even place.
 */
static int
count_parts(const RsReadSpec *spec, RsInput *input, uint64 part_size)
{
	int			encoding = spec->conversion->encoding;
	/* A part is in memory as a whole, in two forms if it is not in UTF-8. */
	uint64		most = (uint64) Max(spec->max_memory, 1) * 1024 / (encoding == PG_UTF8 ? 2 : 8);

	if ((encoding != PG_UTF8 && encoding != PG_LATIN1) || input->size <= 0)
		return 1;
	part_size = Max(Min(part_size, most), MIN_PART_SIZE);
	return (int) Min((input->size + part_size - 1) / part_size, PG_INT16_MAX);
}

static RsReader *
read_delimited(const RsReadSpec *spec, RsInput *input, const RsFilePart *part)
{
	return read_text(RS_TEXT_DELIMITED, spec, input, part);
}

static RsReader *
read_csv(const RsReadSpec *spec, RsInput *input, const RsFilePart *part)
{
	return read_text(RS_TEXT_CSV, spec, input, part);
}

static RsReader *
read_fixedwidth(const RsReadSpec *spec, RsInput *input, const RsFilePart *part)
{
	return read_text(RS_TEXT_FIXED, spec, input, part);
}

const RsFormat rs_format_delimited = {
	.name = "delimited",
	.log_name = "Text",
	.parts = count_parts,
	.part_shared_size = RS_TEXT_PART_SIZE,
	.read = read_delimited
};

const RsFormat rs_format_csv = {
	.name = "csv",
	.log_name = "CSV",
	.parts = count_parts,
	.part_shared_size = RS_TEXT_PART_SIZE,
	.read = read_csv
};

const RsFormat rs_format_fixedwidth = {
	.name = "fixedwidth",
	.log_name = "Fixed width",
	.parts = count_parts,
	.part_shared_size = RS_TEXT_PART_SIZE,
	.read = read_fixedwidth
};
