/*
 * json_writer.c
 *	  Writing JSON: each row an object, in a line of its own.
 *
 * A batch is made text by column, of a dictionary only its entries; then rows are put
 * together in a buffer of the file's.  As in Redshift booleans are "t" and "f", and what is NULL is
 * there as null; SUPER (json, jsonb) is nested as it is.  Numbers that JSON has not, NaN and
 * infinite ones, are strings, as are all other types.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "format/json/json_writer.h"
#include "format/text/piece_buffer.h"
#include "format/text/value_text.h"
#include "utils/memutils.h"

/* The longest escape: \u and four digits. */
#define MOST_ESCAPE		6

typedef struct WriteColumn
{
	RsTextPiece lead;			/* what stands before each value: {"name": or ,"name": */
	RsTextColumn *text;
	bool		number;
	RsTextPieces pieces;		/* of the batch */
} WriteColumn;

typedef struct JsonWriter
{
	RsWriter	writer;			/* first */
	RsPieceBuffer buffer;
	int			ncolumns;
	WriteColumn *columns;
	MemoryContext batch;		/* what is made for one */
} JsonWriter;

static inline void
put_piece(JsonWriter *writer, const RsTextPiece *piece)
{
	rs_piece_buffer_put(&writer->buffer, piece->data, piece->size);
}

static inline bool
is_plain(char c)
{
	return (uint8) c >= 0x20 && c != '"' && c != '\\';
}

static char *
put_escape(char *to, char c)
{
	static const char letters[32] = {['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't'};
	char		letter = (uint8) c < 0x20 ? letters[(uint8) c] : c;

	*to++ = '\\';
	if (letter != '\0')
	{
		*to++ = letter;
		return to;
	}
	snprintf(to, MOST_ESCAPE, "u%04x", (uint8) c);
	return to + MOST_ESCAPE - 1;
}

/* A string of JSON, in the current context. */
static RsTextPiece
quote(RsTextPiece piece)
{
	RsTextPiece quoted;
	char	   *to;
	Size		escapes = 0;
	Size		i;

	for (i = 0; i < piece.size; i++)
		escapes += !is_plain(piece.data[i]);
	to = MemoryContextAllocHuge(CurrentMemoryContext, piece.size + escapes * (MOST_ESCAPE - 1) + 2);
	quoted.data = to;
	*to++ = '"';
	if (escapes == 0)
	{
		memcpy(to, piece.data, piece.size);
		to += piece.size;
	}
	else
	{
		for (i = 0; i < piece.size; i++)
		{
			if (is_plain(piece.data[i]))
				*to++ = piece.data[i];
			else
				to = put_escape(to, piece.data[i]);
		}
	}
	*to++ = '"';
	quoted.size = to - quoted.data;
	return quoted;
}

/* JSON in one line: line feeds in it can only be white space. */
static RsTextPiece
join_lines(RsTextPiece piece)
{
	RsTextPiece joined;
	char	   *to;
	Size		i;

	if (memchr(piece.data, '\n', piece.size) == NULL && memchr(piece.data, '\r', piece.size) == NULL)
		return piece;
	to = MemoryContextAllocHuge(CurrentMemoryContext, piece.size);
	for (i = 0; i < piece.size; i++)
		to[i] = piece.data[i] == '\n' || piece.data[i] == '\r' ? ' ' : piece.data[i];
	joined.data = to;
	joined.size = piece.size;
	return joined;
}

static bool
is_number(RsTextPiece piece)
{
	char		c = piece.data[piece.size > 1 && piece.data[0] == '-'];

	return c >= '0' && c <= '9';
}

static void
prepare_column(WriteColumn *column, const RsVector *vector, uint32 n)
{
	static const RsTextPiece null_piece = {"null", 4};
	uint32		i;

	n = rs_text_column_pieces(column->text, vector, n, &column->pieces);
	for (i = 0; i < n; i++)
	{
		RsTextPiece *piece = &column->pieces.pieces[i];

		if (piece->data == NULL)
			*piece = null_piece;
		else if (rs_text_column_kind(column->text) == RS_TEXT_JSON)
			*piece = join_lines(*piece);
		else if (!column->number || !is_number(*piece))
			*piece = quote(*piece);
	}
}

static void
put(RsWriter *base, const RsVectorBatch *batch)
{
	static const RsTextPiece end = {"}\n", 2};
	static const RsTextPiece empty = {"{", 1};
	JsonWriter *writer = (JsonWriter *) base;
	MemoryContext caller = MemoryContextSwitchTo(writer->batch);
	uint32		i;
	int			c;

	for (c = 0; c < writer->ncolumns; c++)
		prepare_column(&writer->columns[c], batch->columns[c], batch->n);
	for (i = 0; i < batch->n; i++)
	{
		if (writer->ncolumns == 0)
			put_piece(writer, &empty);
		for (c = 0; c < writer->ncolumns; c++)
		{
			const WriteColumn *column = &writer->columns[c];

			put_piece(writer, &column->lead);
			put_piece(writer, rs_text_piece(&column->pieces, i));
		}
		put_piece(writer, &end);
	}
	MemoryContextSwitchTo(caller);
	MemoryContextReset(writer->batch);
}

static uint64
size(RsWriter *base)
{
	return rs_piece_buffer_size(&((JsonWriter *) base)->buffer);
}

static void
finish(RsWriter *base)
{
	rs_piece_buffer_flush(&((JsonWriter *) base)->buffer);
}

static bool
is_numeric_type(Oid typid)
{
	switch (typid)
	{
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case FLOAT4OID:
		case FLOAT8OID:
		case NUMERICOID:
			return true;
		default:
			return false;
	}
}

RsWriter *
rs_json_write(const RsWriteSpec *spec, RsOutput *output)
{
	JsonWriter *writer = palloc0(sizeof(JsonWriter));
	int			c;
	int			other;

	writer->writer.put = put;
	writer->writer.size = size;
	writer->writer.finish = finish;
	rs_piece_buffer_init(&writer->buffer, output);
	writer->ncolumns = spec->ncolumns;
	writer->columns = palloc0(Max(spec->ncolumns, 1) * sizeof(WriteColumn));
	writer->batch = AllocSetContextCreate(CurrentMemoryContext, "redshift JSON writer",
										  ALLOCSET_DEFAULT_SIZES);
	for (c = 0; c < spec->ncolumns; c++)
	{
		WriteColumn *column = &writer->columns[c];
		const char *name = spec->columns[c].name;
		RsTextPiece quoted = quote(rs_text_utf8(name, strlen(name)));
		char	   *lead = palloc(quoted.size + 2);

		for (other = 0; other < c; other++)
			if (strcmp(spec->columns[other].name, name) == 0)
				ereport(ERROR,
						(errcode(ERRCODE_DUPLICATE_COLUMN),
						 errmsg("files of format \"json\" cannot have two columns \"%s\"", name)));
		lead[0] = c == 0 ? '{' : ',';
		memcpy(lead + 1, quoted.data, quoted.size);
		lead[quoted.size + 1] = ':';
		column->lead.data = lead;
		column->lead.size = quoted.size + 2;
		column->text = rs_text_column_create(&spec->columns[c].type);
		column->number = is_numeric_type(spec->columns[c].type.typid);
		column->pieces.pieces = palloc(RS_BATCH_ROWS * sizeof(RsTextPiece));
	}
	return &writer->writer;
}
