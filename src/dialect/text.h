/*
 * text.h
 *	  Text that knows which of its bytes were copied from where in a source.
 */
#ifndef RS_TEXT_H
#define RS_TEXT_H

#include "lib/stringinfo.h"

/*
 * Bytes from offset `out` on, up to the next piece, come from offset `source` on if
 * they are copied; else they are all there for what stands at `source`.
 */
typedef struct RsTextPiece
{
	int			out;
	int			source;
	bool		copied;
} RsTextPiece;

typedef struct RsText
{
	StringInfoData data;
	RsTextPiece    *pieces;			/* by rising out */
	int			npieces;
	int			space;			/* pieces allocated */
} RsText;

extern void rs_text_init(RsText *text);

/* Append source's bytes [from, to). */
extern void rs_text_copy(RsText *text, const char *source, int from, int to);

/* Append what stands for the source's place `source`. */
extern void rs_text_add(RsText *text, int source, const char *string);
extern void rs_text_addf(RsText *text, int source, const char *format,...) pg_attribute_printf(3, 4);

/* Append another text of the same source, with its pieces. */
extern void rs_text_append(RsText *text, const RsText *other);

/* Append another text as a string literal, each of its bytes mapped to where it came from. */
extern void rs_text_append_literal(RsText *text, int source, const RsText *other);

/* The source's offset of an offset in text. */
extern int	rs_text_source(const RsText *text, int out);

#endif							/* RS_TEXT_H */
