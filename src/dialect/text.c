/*
 * text.c
 *	  Text that knows which of its bytes were copied from where in a source.
 *
 * A translation is built from ranges of the source, copied with the comments and blanks
 * between tokens, and from text added for them.  Copies of adjoining ranges make one
 * piece, so a source that is copied token by token has a single one.
 */
#include "postgres.h"

#include "dialect/text.h"

void
rs_text_init(RsText *text)
{
	initStringInfo(&text->data);
	text->space = 8;
	text->npieces = 0;
	text->pieces = palloc(text->space * sizeof(RsTextPiece));
}

static void
add_piece(RsText *text, int source, bool copied)
{
	RsTextPiece    *last = text->npieces > 0 ? &text->pieces[text->npieces - 1] : NULL;

	if (last != NULL && last->copied == copied &&
		last->source + (copied ? text->data.len - last->out : 0) == source)
		return;
	if (text->npieces == text->space)
	{
		text->space *= 2;
		text->pieces = repalloc_huge(text->pieces, (Size) text->space * sizeof(RsTextPiece));
	}
	text->pieces[text->npieces++] = (RsTextPiece)
	{
		text->data.len, source, copied
	};
}

void
rs_text_copy(RsText *text, const char *source, int from, int to)
{
	if (from >= to)
		return;
	add_piece(text, from, true);
	appendBinaryStringInfo(&text->data, source + from, to - from);
}

void
rs_text_add(RsText *text, int source, const char *string)
{
	if (*string == '\0')
		return;
	add_piece(text, source, false);
	appendStringInfoString(&text->data, string);
}

void
rs_text_addf(RsText *text, int source, const char *format,...)
{
	add_piece(text, source, false);
	for (;;)
	{
		va_list		args;
		int			needed;

		va_start(args, format);
		needed = appendStringInfoVA(&text->data, format, args);
		va_end(args);
		if (needed == 0)
			break;
		enlargeStringInfo(&text->data, needed);
	}
}

void
rs_text_append(RsText *text, const RsText *other)
{
	for (int i = 0; i < other->npieces; i++)
	{
		const RsTextPiece *piece = &other->pieces[i];
		int			end = i + 1 < other->npieces ? piece[1].out : other->data.len;

		add_piece(text, piece->source, piece->copied);
		appendBinaryStringInfo(&text->data, other->data.data + piece->out, end - piece->out);
	}
}

void
rs_text_append_literal(RsText *text, int source, const RsText *other)
{
	/* E'' reads the same whatever standard_conforming_strings says. */
	bool		escapes = strchr(other->data.data, '\\') != NULL;

	rs_text_add(text, source, escapes ? " E'" : "'");
	for (int i = 0; i < other->npieces; i++)
	{
		const RsTextPiece *piece = &other->pieces[i];
		int			end = i + 1 < other->npieces ? piece[1].out : other->data.len;
		int			at = piece->source;

		for (int from = piece->out, to; from < end; from = to)
		{
			for (to = from + 1; to < end; to++)
				if (other->data.data[to] == '\'' || other->data.data[to] == '\\')
					break;
			if (other->data.data[from] == '\'' || other->data.data[from] == '\\')
			{
				add_piece(text, at, false);
				appendStringInfoChar(&text->data, other->data.data[from]);
			}
			add_piece(text, at, piece->copied);
			appendBinaryStringInfo(&text->data, other->data.data + from, to - from);
			if (piece->copied)
				at += to - from;
		}
	}
	rs_text_add(text, source, "'");
}

int
rs_text_source(const RsText *text, int out)
{
	int			low = 0,
				high = text->npieces;

	/* The last piece that begins at or before out. */
	while (high - low > 1)
	{
		int			middle = low + (high - low) / 2;

		if (text->pieces[middle].out <= out)
			low = middle;
		else
			high = middle;
	}
	if (text->npieces == 0)
		return 0;
	return text->pieces[low].source + (text->pieces[low].copied ? out - text->pieces[low].out : 0);
}
