/*
 * source.h
 *	  What a user wrote, in a comment behind its translation.
 *
 * Whoever keeps texts of statements gets translations to see.  So a translation may carry its
 * source: one comment before the semicolon of each statement that is not what the user wrote,
 * and, where that one is not all the text, one with the whole text at the very end, for what fails
 * before its statements are known.  A mark in them, which sender and reader have agreed upon,
 * tells them from those of users.  Since it is no secret, all statements of a text that has
 * the mark get a comment: then the last one of a statement is never the user's.
 */
#ifndef RS_SOURCE_H
#define RS_SOURCE_H

#include "dialect/text.h"

/* Which source a comment has. */
typedef enum RsSourceKind
{
	RS_SOURCE_STATEMENT = ':',
	RS_SOURCE_TEXT = ';'
} RsSourceKind;

/* Is there anything in a text that could be a comment with this mark? */
extern bool rs_source_mentioned(const char *text, uint64 mark);

/* Append a comment with the source's bytes [from, to), or so many of them. */
extern void rs_source_append(RsText *out, uint64 mark, RsSourceKind kind, const char *source, int from, int to,
							 int most);

/* The comment of that kind and mark that ends at the end of [text, end); NULL: none does. */
extern const char *rs_source_find(const char *text, const char *end, uint64 mark, RsSourceKind kind);

/* Is it the beginning of such a comment, whatever its mark? */
extern bool rs_source_begins(const char *comment, RsSourceKind kind);

/* What is in a comment, in memory of its own. */
extern char *rs_source_read(const char *comment);

#endif							/* RS_SOURCE_H */
