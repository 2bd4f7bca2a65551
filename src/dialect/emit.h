/*
 * emit.h
 *	  Parts of queries that files of this folder emit for each other.
 *
 * A function for a construct that begins at token i appends what becomes of it and gives
 * the number of its tokens; 0: the tokens are not that construct, nothing is appended.
 */
#ifndef RS_EMIT_H
#define RS_EMIT_H

#include "dialect/translator.h"

/* The token behind the bracket that opens at i; 0: it doesn't close. */
extern int	rs_behind_bracket(RsTranslator *translator, int i);

/* The first of the words (rs_match) in [first, end), not in brackets; end: none. */
extern int	rs_find(RsTranslator *translator, int first, int end, const char *words);

/* What commas separate in [first, end): a list of RsRange *. */
extern List *rs_split(RsTranslator *translator, int first, int end);

/* A function's name, with the schema that it has. */
extern void rs_emit_function_name(RsTranslator *translator, RsText *out, int i);

/* Words that have a meaning of Redshift's in expressions (expression.c). */
extern int	rs_emit_word(RsTranslator *translator, RsText *out, int i);

/* Aggregates and window functions with Redshift's syntax (aggregate.c). */
extern int	rs_emit_approximate(RsTranslator *translator, RsText *out, int i);
extern int	rs_emit_listagg(RsTranslator *translator, RsText *out, int i);
extern int	rs_emit_percentile(RsTranslator *translator, RsText *out, int i);
extern int	rs_emit_null_treatment(RsTranslator *translator, RsText *out, int i);

/* Is a function of that name an aggregate, in Redshift? */
extern bool rs_is_aggregate(const char *name);

/* A number where a condition is due (WHERE 1 AND ...). */
extern int	rs_emit_condition(RsTranslator *translator, RsText *out, int i);

#endif							/* RS_EMIT_H */
