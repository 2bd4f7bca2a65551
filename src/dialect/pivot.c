/*
 * pivot.c
 *	  PIVOT and UNPIVOT of an item of FROM, as subqueries.
 *
 *	FROM t PIVOT (sum(v) AS s FOR k IN ('a', 'b' AS x))
 *
 * groups t by all columns that the clause doesn't name,
 *
 *	FROM (SELECT g, sum(v) FILTER (WHERE k = 'a') AS "a_s", ... FROM t GROUP BY g)
 *
 * and
 *
 *	FROM t UNPIVOT (v FOR k IN (a, b AS 'x'))
 *
 * gives a row for each of its columns, with the other columns of t:
 *
 *	FROM (SELECT g, u.k, u.v FROM t, LATERAL (VALUES ('a', t.a), ('x', t.b)) AS u (k, v)
 *		WHERE u.v IS NOT NULL)
 *
 * Both need to know the columns of t.
 */
#include "postgres.h"

#include "dialect/emit.h"
#include "utils/builtins.h"

/* What stands before FOR, its column, and what is in the brackets of IN. */
typedef struct Pivot
{
	RsRange		before;
	int			column;
	RsRange		in;
} Pivot;

static void
read_pivot(RsTranslator *translator, const RsFromItem *item, Pivot *pivot)
{
	const RsRange *body = &item->pivot_body;
	int			at = rs_find(translator, body->first, body->end, "for");

	pivot->before = (RsRange)
	{
		body->first, at
	};
	pivot->column = at + 1;
	if (!rs_is_name(&translator->tokens[at + 1]))
		rs_syntax_error(translator, at + 1);
	if (!rs_is(&translator->tokens[at + 2], "in"))
		rs_syntax_error(translator, at + 2);
	if (rs_behind_bracket(translator, at + 3) != body->end || body->end == 0)
		rs_syntax_error(translator, at + 3);
	pivot->in = (RsRange)
	{
		at + 4, body->end - 1
	};
	if (pivot->in.first >= pivot->in.end)
		rs_syntax_error(translator, pivot->in.end);
}

/* The end of an item without its [AS] name; *name: that name, NULL: none. */
static int
without_name(RsTranslator *translator, const RsRange *item, const char **name)
{
	const RsToken *tokens = translator->tokens;
	int			last = item->end - 1;

	*name = NULL;
	if (item->end - item->first < 2 ||
		(tokens[last].kind != RS_WORD && tokens[last].kind != RS_QUOTED && tokens[last].kind != RS_STRING) ||
		!(rs_is(&tokens[last - 1], "as") || rs_ends_operand(&tokens[last - 1])))
		return item->end;
	*name = tokens[last].kind == RS_STRING ? pstrdup(tokens[last].text) : rs_name_value(translator, last);
	return rs_is(&tokens[last - 1], "as") ? last - 1 : last;
}

/* Is a column named in a range? */
static bool
is_named_in(RsTranslator *translator, const RsRange *range, const char *column)
{
	for (int i = range->first; i < range->end; i++)
		if ((translator->tokens[i].kind == RS_WORD || translator->tokens[i].kind == RS_QUOTED) &&
			translator->tokens[i + 1].kind != '(' && strcmp(rs_name_value(translator, i), column) == 0)
			return true;
	return false;
}

/* A name that comes from a literal, which is found by "Name" as any other. */
static const char *
folded(RsTranslator *translator, const char *name)
{
	char	   *copy = pstrdup(name);

	for (char *p = copy; *p && !translator->dialect->case_sensitive_identifiers; p++)
		*p = pg_ascii_tolower((unsigned char) *p);
	return copy;
}

/* The names that a value of IN gives its columns: its own, or how it is written. */
static const char *
value_name(RsTranslator *translator, const RsRange *value)
{
	const RsToken *token = &translator->tokens[value->first];

	if (value->end == value->first + 1 && token->kind == RS_STRING)
		return folded(translator, token->text);
	return folded(translator, pnstrdup(translator->source + token->start,
									   translator->tokens[value->end - 1].end - token->start));
}

/* One aggregate of the rows that have one of IN's values. */
static void
emit_pivoted(RsTranslator *translator, RsText *out, const Pivot *pivot, const RsRange *aggregate,
			 const RsRange *value)
{
	const char *aggregate_name,
			   *name;
	RsRange		call = *aggregate,
				constant = *value;
	int			at = translator->tokens[value->first].start;

	call.end = without_name(translator, aggregate, &aggregate_name);
	constant.end = without_name(translator, value, &name);
	if (name == NULL)
		name = value_name(translator, &constant);
	rs_emit(translator, out, call.first, call.end);
	/* NULL may be one of the values. */
	rs_text_addf(out, at, " FILTER (WHERE %s %s ", rs_name(translator, pivot->column),
				 constant.end == constant.first + 1 && rs_is(&translator->tokens[constant.first], "null") ? "IS" : "=");
	rs_emit(translator, out, constant.first, constant.end);
	rs_text_add(out, at, ") AS ");
	rs_emit_column(out, at, NULL, aggregate_name ? psprintf("%s_%s", name, aggregate_name) : name);
}

static void
emit_pivot(RsTranslator *translator, RsText *out, const Pivot *pivot, const RsText *source, const List *columns)
{
	int			at = translator->tokens[pivot->column].start;
	List	   *aggregates = rs_split(translator, pivot->before.first, pivot->before.end);
	List	   *values = rs_split(translator, pivot->in.first, pivot->in.end);
	RsText		group;
	ListCell   *lc,
			   *inner;

	rs_text_init(&group);
	foreach(lc, columns)
		if (!is_named_in(translator, &pivot->before, lfirst(lc)) &&
			strcmp(lfirst(lc), rs_name_value(translator, pivot->column)) != 0)
		{
			rs_text_add(&group, at, group.data.len > 0 ? ", " : "");
			rs_emit_column(&group, at, NULL, lfirst(lc));
		}
	rs_text_add(out, at, "(SELECT ");
	rs_text_append(out, &group);
	foreach(lc, values)
		foreach(inner, aggregates)
		{
			if (group.data.len > 0 || foreach_current_index(lc) > 0 || foreach_current_index(inner) > 0)
				rs_text_add(out, at, ", ");
			emit_pivoted(translator, out, pivot, lfirst(inner), lfirst(lc));
		}
	rs_text_add(out, at, " FROM ");
	rs_text_append(out, source);
	if (group.data.len > 0)
	{
		rs_text_add(out, at, " GROUP BY ");
		rs_text_append(out, &group);
	}
	rs_text_add(out, at, ")");
}

static void
emit_unpivot(RsTranslator *translator, RsText *out, const Pivot *pivot, const RsText *source, const List *columns,
			 const char *table, bool include_nulls)
{
	int			at = translator->tokens[pivot->column].start;
	List	   *values = rs_split(translator, pivot->in.first, pivot->in.end);
	const char *value = rs_name(translator, pivot->before.first);
	List	   *used = NIL;
	ListCell   *lc;

	foreach(lc, values)
		used = lappend(used, (char *) rs_name_value(translator, ((RsRange *) lfirst(lc))->first));
	rs_text_add(out, at, "(SELECT ");
	foreach(lc, columns)
		if (!rs_has_name(used, lfirst(lc)))
		{
			rs_emit_column(out, at, table, lfirst(lc));
			rs_text_add(out, at, ", ");
		}
	rs_text_addf(out, at, "rs_unpivot.%s, rs_unpivot.%s FROM ", rs_name(translator, pivot->column), value);
	rs_text_append(out, source);
	rs_text_add(out, at, ", LATERAL (VALUES ");
	foreach(lc, values)
	{
		const RsRange *item = lfirst(lc);
		const char *name;
		const char *column = rs_name_value(translator, item->first);

		without_name(translator, item, &name);
		rs_text_addf(out, translator->tokens[item->first].start, "%s(CAST(%s AS varchar), ",
					 foreach_current_index(lc) > 0 ? ", " : "", quote_literal_cstr(name ? name : column));
		rs_emit_column(out, translator->tokens[item->first].start, table, column);
		rs_text_add(out, at, ")");
	}
	rs_text_addf(out, at, ") AS rs_unpivot (%s, %s)", rs_name(translator, pivot->column), value);
	if (!include_nulls)
		rs_text_addf(out, at, " WHERE rs_unpivot.%s IS NOT NULL", value);
	rs_text_add(out, at, ")");
}

/* source: the item without PIVOT, translated; name: what its columns are qualified with. */
void
rs_emit_pivot(RsTranslator *translator, RsText *out, const RsFromItem *item, const RsText *source, const char *name)
{
	Pivot		pivot;
	List	   *columns;

	read_pivot(translator, item, &pivot);
	if (!rs_can_ask(translator))
		return;
	columns = rs_describe(translator, item->scope, source, NULL);
	if (rs_is(&translator->tokens[item->pivot], "pivot"))
		emit_pivot(translator, out, &pivot, source, columns);
	else if (pivot.before.end != pivot.before.first + 1 || !rs_is_name(&translator->tokens[pivot.before.first]))
		rs_syntax_error(translator, pivot.before.first);
	else
		emit_unpivot(translator, out, &pivot, source, columns, name,
					 rs_is(&translator->tokens[item->pivot + 1], "include"));
}
