/*
 * translator.h
 *	  What the functions of statements work with.
 *
 * A statement's function gets its tokens [first, end), without the semicolon, and
 * appends its translation to out.  What it has nothing to say about it copies: blanks and
 * comments are parts of ranges, so that text without Redshift's constructs comes out
 * unchanged.
 */
#ifndef RS_TRANSLATOR_H
#define RS_TRANSLATOR_H

#include "dialect/dialect.h"
#include "dialect/structure.h"
#include "dialect/token.h"

typedef struct RsTranslator
{
	const RsDialect *dialect;
	const char *source;
	RsToken    *tokens;			/* of all statements */
	int			ntokens;
	bool		mentions_super; /* there may be casts to SUPER */
	bool		needs_catalog;	/* the query being emitted can't do without */
	RsBlock    *block;			/* being emitted, the innermost; NULL: none */
	RsBlock    *aliases_of;		/* the block whose list's aliases can be used; NULL: none */
	bool		outer_marks;	/* (+) is to be left out */
	struct RsHierarchy *hierarchy;	/* of a block with CONNECT BY; NULL: it has none */
	/* Views over PostgreSQL's catalogs (RsSystemName *) that the text means, or doesn't. */
	List	   *overlays;
	List	   *no_overlays;
} RsTranslator;

/*
 * Tokens as they are, with the blanks between, but none before the first.  Names of them
 * are folded as Redshift folds them, and #names quoted.
 */
extern void rs_copy(RsTranslator *translator, RsText *out, int first, int end);

/* Expressions or parts of queries, translated.  rs_structure() has been there. */
extern void rs_emit(RsTranslator *translator, RsText *out, int first, int end);

/* As rs_emit(), for an expression of a statement that is no query (DEFAULT ...). */
extern void rs_emit_expression(RsTranslator *translator, RsText *out, int first, int end);

/*
 * A whole query (SELECT, INSERT, UPDATE, DELETE, MERGE), where it stands as a statement,
 * or under CREATE VIEW, CREATE TABLE AS, DECLARE CURSOR, EXPLAIN, PREPARE or COPY: if it
 * needs the catalog it becomes a call of redshift.deferred().
 */
extern void rs_emit_query(RsTranslator *translator, RsText *out, int first, int end);

/* A statement, by the function of its kind (statement.c). */
extern void rs_translate_statement(RsTranslator *translator, RsText *out, int first, int end);

/* The blanks and comments between tokens i - 1 and i. */
extern void rs_copy_gap(RsTranslator *translator, RsText *out, int i);

/* A name of the user's, as the translation spells it: folded, quoted where it must be. */
extern const char *rs_name(RsTranslator *translator, int i);

/* The same, as catalogs have it. */
extern const char *rs_name_value(RsTranslator *translator, int i);

/* Raise a syntax error at token i, as PostgreSQL's grammar does. */
extern void rs_syntax_error(RsTranslator *translator, int i) pg_attribute_noreturn();

/* For ereport(): the position of token i. */
extern int	rs_error_position(RsTranslator *translator, int i);

#endif							/* RS_TRANSLATOR_H */
