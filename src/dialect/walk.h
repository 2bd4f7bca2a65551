/*
 * walk.h
 *	  A walk through the tokens of a statement that says of each what becomes of it.
 *
 * `at` is the token looked at, `done` the first one that nothing has been said of.  A
 * token is kept or dropped with the blanks and comments before it.  A function of a
 * statement that does not understand it keeps it, so that PostgreSQL accepts what it
 * knows and reports the rest at the user's place.
 */
#ifndef RS_WALK_H
#define RS_WALK_H

#include "dialect/translator.h"

typedef struct RsWalk
{
	RsTranslator *translator;
	RsText	   *out;
	const RsToken *tokens;
	int			first;
	int			end;
	int			at;
	int			done;
} RsWalk;

extern void rs_walk_begin(RsWalk *walk, RsTranslator *translator, RsText *out, int first, int end);

/* The token looked at, or the n-th behind it. */
#define rs_look(walk, n) (&(walk)->tokens[Min((walk)->at + (n), (walk)->end)])

/* Do the next tokens match (see rs_match)?  rs_accept goes past them then. */
#define rs_next(walk, words) (rs_match(rs_look(walk, 0), words) > 0)
extern bool rs_accept(RsWalk *walk, const char *words);

/* Go past the bracket that is looked at and all in it; false: there is none. */
extern bool rs_accept_brackets(RsWalk *walk);

/* Go to the next of these words, or comma, outside brackets, or to `end`. */
extern void rs_go_to(RsWalk *walk, const char *words, int end);

/* Keep tokens [done, at), or drop them, or put something in their place. */
extern void rs_keep(RsWalk *walk);
extern void rs_drop(RsWalk *walk);
extern void rs_replace(RsWalk *walk, const char *format,...) pg_attribute_printf(2, 3);

/* Add text, where the translation has come to. */
extern void rs_put(RsWalk *walk, const char *format,...) pg_attribute_printf(2, 3);

/* Keep tokens [done, at), and go to `to`, past an expression, a query or a statement, translated. */
extern void rs_keep_expression(RsWalk *walk, int to);
extern void rs_keep_query(RsWalk *walk, int to);
extern void rs_keep_statement(RsWalk *walk, int to);

/* Keep tokens [done, at) and go past a type, translated; a column's (see type_name.h). */
extern bool rs_keep_type(RsWalk *walk, bool column);

/* Keep the arguments in brackets of a routine, their types translated (routine.c). */
extern void rs_keep_arguments(RsWalk *walk);
extern void rs_keep_procedure_arguments(RsWalk *walk);

/*
 * Expressions of definitions (definition.c).  Keep a DEFAULT's, behind that word, which ends
 * before `end`; CHECK (...), GENERATED AS (...) and their like, false if none is looked at; all
 * that has such parts, up to `end`; FOR VALUES and PARTITION BY, up to the end; a table that is
 * PostgreSQL's, behind its name.
 */
extern void rs_keep_default(RsWalk *walk, int end);
extern bool rs_keep_condition(RsWalk *walk);
extern void rs_keep_definition(RsWalk *walk, int end);
extern void rs_keep_partition(RsWalk *walk);
extern void rs_keep_postgresqls_table(RsWalk *walk);

/* Keep the rest of the statement. */
extern void rs_keep_rest(RsWalk *walk);

/*
 * Go past a name, which gives its number of parts, 0 if there is none.  Of three the first
 * must be the database's, and is dropped if `keep`, as all of it is kept then.
 */
extern int	rs_accept_name(RsWalk *walk);
extern bool rs_keep_name(RsWalk *walk);

/* The name of tokens [first, end) as SQL, without a database. */
extern char *rs_name_text(RsWalk *walk, int first, int end);

/* Go past a name: as SQL, or NULL if there is none. */
extern char *rs_take_name(RsWalk *walk);

/* Go past columns in brackets: "a, b", quoted where they must be, or NULL. */
extern char *rs_take_columns(RsWalk *walk);

/* The same, where columns may be numbered: "1, b" */
extern char *rs_take_columns_or_numbers(RsWalk *walk);

/* One column's or user's name, quoted where it must be, or NULL. */
extern char *rs_take_identifier(RsWalk *walk);

/* What a string has in it (a routine's body, UNLOAD's query), translated as a text of its own. */
extern RsDialect rs_inner_dialect(RsWalk *walk);
extern char *rs_translate_inner(RsWalk *walk, const char *sql);

/* Raise an error about something of Redshift's that there is not, at the token looked at. */
extern void rs_walk_refuse(RsWalk *walk, const char *what, const char *why) pg_attribute_noreturn();

#endif							/* RS_WALK_H */
