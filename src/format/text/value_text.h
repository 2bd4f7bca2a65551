/*
 * value_text.h
 *	  Values of vectors as text, for writers of text files.
 *
 * It is the text that a type's output function gives, with dates in ISO form and floats exact
 * whatever the session's settings; bytea is hexadecimal digits alone, as Redshift unloads VARBYTE.
 * Text is in UTF-8.
 */
#ifndef RS_VALUE_TEXT_H
#define RS_VALUE_TEXT_H

#include "vector/vector.h"

typedef struct RsTextPiece
{
	const char *data;			/* not terminated; NULL: the value is NULL */
	Size		size;
} RsTextPiece;

typedef enum RsTextKind
{
	RS_TEXT_PLAIN,				/* numbers, dates: ASCII without quotes, backslashes or newlines */
	RS_TEXT_CHARACTER,			/* char, varchar, text */
	RS_TEXT_JSON,
	RS_TEXT_OTHER
} RsTextKind;

typedef struct RsTextColumn RsTextColumn;

/* Lives in the current context. */
extern RsTextColumn *rs_text_column_create(const RsVectorType *type);

extern RsTextKind rs_text_column_kind(const RsTextColumn *column);

/*
 * The first n rows, by data and null of the vector; constants have one.  What is made
 * for them is good until the column is asked again, or the current context is reset.
 */
extern void rs_text_column_format(RsTextColumn *column, const RsVector *vector, uint32 n, RsTextPiece *pieces);

/* The pieces of a batch's column: of its rows, or of the entries of its dictionary. */
typedef struct RsTextPieces
{
	RsTextPiece *pieces;		/* room for a batch */
	const uint16 *codes;		/* NULL: the pieces are those of the rows */
	bool		constant;
} RsTextPieces;

/* The same as above of n rows of a batch, each value once; how many pieces there are. */
extern uint32 rs_text_column_pieces(RsTextColumn *column, const RsVector *vector, uint32 n, RsTextPieces *pieces);

static inline const RsTextPiece *
rs_text_piece(const RsTextPieces *pieces, uint32 row)
{
	if (pieces->codes != NULL)
		return &pieces->pieces[pieces->codes[row]];
	return &pieces->pieces[pieces->constant ? 0 : row];
}

/* A string of the server's encoding as a piece; converted in the current context. */
extern RsTextPiece rs_text_utf8(const char *text, Size size);

#endif							/* RS_VALUE_TEXT_H */
