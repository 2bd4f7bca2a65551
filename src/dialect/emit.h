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

/* The name of a result's column that is tokens [i, end); NULL: what PostgreSQL calls it. */
extern const char *rs_result_column(RsTranslator *translator, int i, int end);

/* x::type, at the operator. */
extern int	rs_emit_cast(RsTranslator *translator, RsText *out, int i);

/* Aggregates and window functions with Redshift's syntax (aggregate.c). */
extern int	rs_emit_approximate(RsTranslator *translator, RsText *out, int i);
extern int	rs_emit_listagg(RsTranslator *translator, RsText *out, int i);
extern int	rs_emit_percentile(RsTranslator *translator, RsText *out, int i);
extern int	rs_emit_null_treatment(RsTranslator *translator, RsText *out, int i);

/* Is a function of that name an aggregate, in Redshift? */
extern bool rs_is_aggregate(const char *name);

/* A number where a condition is due (WHERE 1 AND ...); the end of a call that gives one (operand.c). */
extern int	rs_emit_condition(RsTranslator *translator, RsText *out, int i);
extern int	rs_emit_call_end(RsTranslator *translator, RsText *out, int i);

/*
 * Blocks (query.c).
 */
extern int	rs_emit_block(RsTranslator *translator, RsText *out, RsBlock *block);
extern void rs_emit_select_keyword(RsTranslator *translator, RsText *out, const RsBlock *block);
extern void rs_emit_clause(RsTranslator *translator, RsText *out, RsBlock *block, RsClause clause);

/* LIMIT for TOP, which the block has. */
extern void rs_emit_top(RsTranslator *translator, RsText *out, const RsBlock *block);

/* Its clauses from FROM to WINDOW, without QUALIFY, each after a blank. */
extern void rs_emit_from_to_window(RsTranslator *translator, RsText *out, RsBlock *block);

/* A column's name that is an alias of the list, and no column of FROM. */
extern int	rs_emit_alias(RsTranslator *translator, RsText *out, int i);

/* Emit a range that is no part of what is being emitted. */
extern void rs_emit_apart(RsTranslator *translator, RsText *out, int first, int end);

/* An item of FROM (emit.c). */
extern void rs_emit_from_item(RsTranslator *translator, RsText *out, RsFromItem *item);

/*
 * What only the catalog knows.  rs_can_ask() tells whether it can be asked; if not, the
 * query being emitted is deferred, and what is emitted for it is of no consequence.
 */
extern bool rs_can_ask(RsTranslator *translator);
extern List *rs_describe(RsTranslator *translator, RsScope *scope, const RsText *item, List **supers);
extern List *rs_block_columns(RsTranslator *translator, RsBlock *block);
extern List *rs_from_item_columns(RsTranslator *translator, const RsFromItem *item);

extern bool rs_has_name(const List *names, const char *name);

/* The name that qualifies columns of an item of FROM, as the translation has it; NULL: none does. */
extern const char *rs_from_item_name(RsTranslator *translator, const RsFromItem *item);

/* Append table."column", or "column" if table is NULL. */
extern void rs_emit_column(RsText *out, int at, const char *table, const char *column);

/* Is an aggregate called in a range, not over a window? */
extern bool rs_has_aggregate(RsTranslator *translator, const RsRange *range);

/* Constructs with a file each. */
extern void rs_emit_qualified(RsTranslator *translator, RsText *out, RsBlock *block);
extern bool rs_is_outer_mark(const RsToken *token);
extern void rs_emit_outer_joins(RsTranslator *translator, RsText *out, RsBlock *block);
extern void rs_emit_pivot(RsTranslator *translator, RsText *out, const RsFromItem *item, const RsText *source,
						  const char *name);
extern struct RsHierarchy *rs_read_hierarchy(RsTranslator *translator, RsBlock *block);
extern void rs_emit_hierarchy(RsTranslator *translator, RsText *out, RsBlock *block);
extern int	rs_emit_hierarchy_word(RsTranslator *translator, RsText *out, int i);
extern int	rs_emit_path(RsTranslator *translator, RsText *out, int i);
extern int	rs_emit_compared_string(RsTranslator *translator, RsText *out, int i);

/* These two look at tokens before `end` only. */
extern int	rs_emit_super_cast(RsTranslator *translator, RsText *out, int i, int end);
extern int	rs_emit_call_path(RsTranslator *translator, RsText *out, int i, int end);

/*
 * A range that is a path in a SUPER, cast to a type of strings: without quotes.  false: it
 * is not that.  out may be NULL.
 */
extern bool rs_emit_path_as_text(RsTranslator *translator, RsText *out, const RsRange *range, const RsToken *type);
extern void rs_emit_unnested(RsTranslator *translator, RsText *out, const RsFromItem *item);

#endif							/* RS_EMIT_H */
