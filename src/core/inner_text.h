/*
 * inner_text.h
 *	  Errors about SQL text that is not the text of the client's statement.
 */
#ifndef RS_INNER_TEXT_H
#define RS_INNER_TEXT_H

#include "nodes/pg_list.h"

/*
 * Text that is parsed or analyzed between begin and end: an error's position in it is
 * reported as one of an internal query, with a line of context that says whose text it is.
 * After an error that left this behind, nothing needs to be done.
 */
typedef struct RsInnerText
{
	ErrorContextCallback callback;
	const char *text;			/* borrowed */
	const char *context;		/* borrowed: a whole line, in the reader's words */
} RsInnerText;

extern void rs_inner_text_begin(RsInnerText *inner, const char *text, const char *context);
extern void rs_inner_text_end(RsInnerText *inner);

/*
 * The raw statements of such a text.
 */
extern List *rs_inner_text_parse(const char *text, const char *context);

#endif							/* RS_INNER_TEXT_H */
