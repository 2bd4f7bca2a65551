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

/* A string of the server's encoding as a piece; converted in the current context. */
extern RsTextPiece rs_text_utf8(const char *text, Size size);

#endif							/* RS_VALUE_TEXT_H */
