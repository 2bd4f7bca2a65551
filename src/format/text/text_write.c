/*
 * text_write.c
 *	  Files of lines: delimited, CSV, fixed width.
 *
 * A batch is made text by column: each value becomes a piece, quoted and escaped where it
 * has to be; of a dictionary, only its entries are.  Then lines are put together from
 * the pieces in a buffer of the file's (piece_buffer.h).  What is made for a batch is in a context of its own.
 */
#include "postgres.h"

#include "format/text/piece_buffer.h"
#include "format/text/text_write.h"
#include "format/text/value_text.h"
#include "mb/pg_wchar.h"
#include "utils/memutils.h"

/* What the bytes of a value ask for. */
#define NEEDS_QUOTES	1
#define NEEDS_ESCAPE	2

typedef struct Column
{
	const char *name;
	RsTextColumn *text;
	bool		plain;			/* nothing in it is ever quoted or escaped */
	RsTextPiece null;
	RsTextPieces pieces;		/* of the batch */
} Column;

typedef struct TextWriter
{
	RsWriter	writer;
	RsTextWriteOptions options;
	RsPieceBuffer buffer;
	int			ncolumns;
	Column	   *columns;
	MemoryContext batch;
	uint8		needs[256];
} TextWriter;

/* ---------------------------------------------------------------------
 * Values
 * ---------------------------------------------------------------------
 */

/*
 * Which bytes of a value ask for what, by the options.
 */
static void
init_needs(TextWriter *writer)
{
	const RsTextWriteOptions *options = &writer->options;

	if (options->widths != NULL)
		return;
	if (options->csv)
	{
		writer->needs[(uint8) options->delimiter] = NEEDS_QUOTES;
		writer->needs['\n'] = writer->needs['\r'] = NEEDS_QUOTES;
		writer->needs['"'] = NEEDS_QUOTES | NEEDS_ESCAPE;
	}
	else if (options->escape)
	{
		writer->needs['\n'] = writer->needs['\r'] = writer->needs['\\'] = NEEDS_ESCAPE;
		writer->needs[(uint8) options->delimiter] = NEEDS_ESCAPE;
		if (options->add_quotes)
			writer->needs['"'] = writer->needs['\''] = NEEDS_ESCAPE;
	}
}

/*
 * A value with what makes it one of the file: quotes, escapes.
 */
static RsTextPiece
dress(const TextWriter *writer, RsTextPiece piece)
{
	const uint8 *needs = writer->needs;
	bool		quoted = writer->options.add_quotes;
	Size		escapes = 0;
	RsTextPiece dressed;
	char	   *to;
	Size		i;

	for (i = 0; i < piece.size; i++)
	{
		uint8		need = needs[(uint8) piece.data[i]];

		quoted |= (need & NEEDS_QUOTES) != 0;
		escapes += need >> 1;
	}
	if (!quoted && escapes == 0)
		return piece;
	to = MemoryContextAllocHuge(writer->batch, piece.size + escapes + 2);
	dressed.data = to;
	if (quoted)
		*to++ = '"';
	if (escapes == 0)
	{
		memcpy(to, piece.data, piece.size);
		to += piece.size;
	}
	else
		for (i = 0; i < piece.size; i++)
		{
			if (needs[(uint8) piece.data[i]] & NEEDS_ESCAPE)
				*to++ = writer->options.csv ? '"' : '\\';
			*to++ = piece.data[i];
		}
	if (quoted)
		*to++ = '"';
	dressed.size = to - dressed.data;
	return dressed;
}

static void
prepare_column(TextWriter *writer, Column *column, const RsVector *vector, uint32 n)
{
	uint32		i;

	n = rs_text_column_pieces(column->text, vector, n, &column->pieces);
	for (i = 0; i < n; i++)
	{
		if (column->pieces.pieces[i].data == NULL)
			column->pieces.pieces[i] = column->null;
		else if (!column->plain)
			column->pieces.pieces[i] = dress(writer, column->pieces.pieces[i]);
	}
}

/* ---------------------------------------------------------------------
 * Lines
 * ---------------------------------------------------------------------
 */

static void
put_delimited(TextWriter *writer, uint32 n)
{
	char		delimiter = writer->options.delimiter;
	uint32		i;
	int			c;

	for (i = 0; i < n; i++)
	{
		for (c = 0; c < writer->ncolumns; c++)
		{
			const RsTextPiece *piece = rs_text_piece(&writer->columns[c].pieces, i);

			if (c > 0)
				rs_piece_buffer_put_byte(&writer->buffer, delimiter);
			rs_piece_buffer_put(&writer->buffer, piece->data, piece->size);
		}
		rs_piece_buffer_put_byte(&writer->buffer, '\n');
	}
}

/*
 * Values are never cut: that would lose data unseen.
 */
static void
put_padded(TextWriter *writer, int column, const char *name, const RsTextPiece *piece)
{
	int			width = writer->options.widths[column];
	Size		characters = 0;
	Size		i;

	for (i = 0; i < piece->size; i++)
		characters += (piece->data[i] & 0xc0) != 0x80;
	if (characters > width)
		ereport(ERROR,
				(errcode(ERRCODE_STRING_DATA_RIGHT_TRUNCATION),
				 errmsg("a value of column \"%s\" has %zu characters, more than its width %d in file \"%s\"",
						name, characters, width, writer->buffer.output->name)));
	rs_piece_buffer_put(&writer->buffer, piece->data, piece->size);
	for (; characters < width; characters++)
		rs_piece_buffer_put_byte(&writer->buffer, ' ');
}

static void
put_fixed_width(TextWriter *writer, uint32 n)
{
	uint32		i;
	int			c;

	for (i = 0; i < n; i++)
	{
		for (c = 0; c < writer->ncolumns; c++)
			put_padded(writer, c, writer->columns[c].name, rs_text_piece(&writer->columns[c].pieces, i));
		rs_piece_buffer_put_byte(&writer->buffer, '\n');
	}
}

static void
put(RsWriter *base, const RsVectorBatch *batch)
{
	TextWriter *writer = (TextWriter *) base;
	MemoryContext caller = MemoryContextSwitchTo(writer->batch);
	int			c;

	for (c = 0; c < writer->ncolumns; c++)
		prepare_column(writer, &writer->columns[c], batch->columns[c], batch->n);
	if (writer->options.widths != NULL)
		put_fixed_width(writer, batch->n);
	else
		put_delimited(writer, batch->n);
	MemoryContextSwitchTo(caller);
	MemoryContextReset(writer->batch);
}

static uint64
size(RsWriter *base)
{
	return rs_piece_buffer_size(&((TextWriter *) base)->buffer);
}

static void
finish(RsWriter *base)
{
	rs_piece_buffer_flush(&((TextWriter *) base)->buffer);
}

/* ---------------------------------------------------------------------
 * The beginning
 * ---------------------------------------------------------------------
 */

static void
put_header(TextWriter *writer)
{
	int			c;

	for (c = 0; c < writer->ncolumns; c++)
	{
		const char *name = writer->columns[c].name;
		RsTextPiece piece = dress(writer, rs_text_utf8(name, strlen(name)));

		if (c > 0)
			rs_piece_buffer_put_byte(&writer->buffer, writer->options.delimiter);
		rs_piece_buffer_put(&writer->buffer, piece.data, piece.size);
	}
	rs_piece_buffer_put_byte(&writer->buffer, '\n');
}

/*
 * Can values of the column have no byte that asks for something?
 */
static bool
is_plain(const TextWriter *writer, RsTextKind kind)
{
	static const char used[] = "0123456789+-.: ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	const char *byte;

	if (writer->options.add_quotes)
		return false;
	if (writer->options.widths != NULL || (!writer->options.csv && !writer->options.escape))
		return true;
	if (kind != RS_TEXT_PLAIN)
		return false;
	for (byte = used; *byte != '\0'; byte++)
		if (writer->needs[(uint8) *byte] != 0)
			return false;
	return true;
}

/*
 * What stands for NULL.  SUPER's is always that of JSON.
 */
static RsTextPiece
null_piece(const TextWriter *writer, int c, RsTextKind kind)
{
	const char *null_as = kind == RS_TEXT_JSON ? "null" : writer->options.null_as;
	const int  *widths = writer->options.widths;

	if (null_as == NULL)
		null_as = "";
	if (widths != NULL && pg_mbstrlen(null_as) > widths[c])
	{
		if (kind == RS_TEXT_CHARACTER)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("the NULL AS string is longer than the width of column \"%s\"",
							writer->columns[c].name)));
		null_as = "";
	}
	return rs_text_utf8(null_as, strlen(null_as));
}

RsWriter *
rs_text_write(const RsWriteSpec *spec, RsOutput *output)
{
	TextWriter *writer = palloc0(sizeof(TextWriter));
	int			c;

	writer->writer.put = put;
	writer->writer.size = size;
	writer->writer.finish = finish;
	writer->options = *(const RsTextWriteOptions *) spec->options;
	rs_piece_buffer_init(&writer->buffer, output);
	writer->ncolumns = spec->ncolumns;
	writer->columns = palloc0(Max(spec->ncolumns, 1) * sizeof(Column));
	writer->batch = AllocSetContextCreate(CurrentMemoryContext, "redshift text writer", ALLOCSET_DEFAULT_SIZES);
	init_needs(writer);
	for (c = 0; c < spec->ncolumns; c++)
	{
		Column	   *column = &writer->columns[c];

		column->name = spec->columns[c].name;
		column->text = rs_text_column_create(&spec->columns[c].type);
		column->plain = is_plain(writer, rs_text_column_kind(column->text));
		column->null = null_piece(writer, c, rs_text_column_kind(column->text));
		column->pieces.pieces = palloc(RS_VECTOR_ROWS * sizeof(RsTextPiece));
	}
	if (writer->options.header)
		put_header(writer);
	return &writer->writer;
}
