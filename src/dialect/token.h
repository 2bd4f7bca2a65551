/*
 * token.h
 *	  SQL text as an array of tokens.
 */
#ifndef RS_TOKEN_H
#define RS_TOKEN_H

#include "common/keywords.h"

/* Kinds of tokens below 256 are single characters: '(', ',', '=', ... */
enum
{
	RS_END_OF_TEXT = 0,
	RS_WORD = 256,				/* a keyword or an unquoted name; text: in lower case */
	RS_QUOTED,					/* a quoted name; text: its name, not folded */
	RS_TEMPORARY,				/* #name; text: with the # */
	RS_STRING,					/* text: its value, but for U&'' */
	RS_NUMBER,
	RS_PARAMETER,				/* $1 */
	RS_OPERATOR					/* of several characters or none of PostgreSQL's own */
};

/* No keyword of PostgreSQL's; others are UNRESERVED_KEYWORD, ... of common/keywords.h. */
#define RS_NOT_KEYWORD		(-1)

typedef struct RsToken
{
	int			kind;
	int			category;		/* of words */
	int			start;			/* offsets in the text, [start, end) */
	int			end;
	int			match;			/* the bracket that belongs to this one; -1: none */
	const char *text;
	struct RsNode *node;		/* part of a query that begins here (structure.h) */
	bool		condition;		/* WHEN of a CASE that has conditions (rs_operands) */
	bool		list;			/* ON that columns follow, and no condition (CREATE STATISTICS) */
} RsToken;

/*
 * Tokens of sql, ended by one of RS_END_OF_TEXT at its end.  Raises PostgreSQL's errors
 * of tokens that don't end.
 */
extern RsToken *rs_tokens(const char *sql, bool standard_conforming_strings, int *ntokens);

/*
 * Is a token that word, unquoted?  This is asked some dozen times of each token: most differ in their
 * first letters, and the compiler knows the length of a literal.
 */
static inline bool
rs_is(const RsToken *token, const char *word)
{
	return token->kind == RS_WORD && token->text[0] == word[0] && token->end - token->start == strlen(word) &&
		memcmp(token->text, word, strlen(word)) == 0;
}

/* Is it a name of something: quoted, or not a reserved word? */
extern bool rs_is_name(const RsToken *token);

/* Could an operand of an operator end with it? */
extern bool rs_ends_operand(const RsToken *token);

/*
 * Do tokens begin with these words?  Words are separated by one blank: "a|b" is one of
 * the two, "[a b]" may be missing.  Gives the number of tokens, 0: they don't.
 */
extern int	rs_match(const RsToken *token, const char *words);

#endif							/* RS_TOKEN_H */
