/*
 * aggregate.c
 *	  Aggregates and window functions whose syntax is Redshift's.
 *
 * What they become is named by src/functions/aggregates.sql and window_functions.sql.
 */
#include "postgres.h"

#include "dialect/emit.h"

bool
rs_is_aggregate(const char *name)
{
	static const char *const names[] = {
		"any_value", "approximate", "array_agg", "avg", "bit_and", "bit_or", "bool_and", "bool_or", "corr", "count",
		"covar_pop", "covar_samp", "every", "hll", "hll_combine", "hll_create_sketch", "json_agg", "jsonb_agg",
		"listagg", "max", "median", "min", "mode", "percentile_cont", "percentile_disc", "regr_avgx", "regr_avgy",
		"regr_count", "regr_intercept", "regr_r2", "regr_slope", "regr_sxx", "regr_sxy", "regr_syy", "stddev",
		"stddev_pop", "stddev_samp", "string_agg", "sum", "var_pop", "var_samp", "variance"
	};

	for (int i = 0; i < lengthof(names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

/* WITHIN GROUP (ORDER BY ...) at i: the order's range; gives the token behind it, i: none. */
static int
within_group(RsTranslator *translator, int i, RsRange *order)
{
	int			behind;

	if (!rs_match(&translator->tokens[i], "within group") || (behind = rs_behind_bracket(translator, i + 2)) == 0 ||
		!rs_match(&translator->tokens[i + 3], "order by"))
		return i;
	order->first = i + 5;
	order->end = behind - 1;
	return behind;
}

/* An item of ORDER BY: the expression's end; what follows says its direction. */
static int
order_expression_end(RsTranslator *translator, const RsRange *item)
{
	int			end = rs_find(translator, item->first, item->end, "asc|desc");

	return Min(end, rs_find(translator, item->first, item->end, "nulls first|last"));
}

/* PERCENTILE_CONT(p) WITHIN GROUP (ORDER BY x): percentile_cont(p, x), with x descending: (p, x, true). */
static int
emit_percentile(RsTranslator *translator, RsText *out, int i, const char *prefix)
{
	const RsToken *tokens = translator->tokens;
	int			behind = rs_behind_bracket(translator, i + 1);
	RsRange		order;
	int			end = behind > 0 ? within_group(translator, behind, &order) : behind;
	int			expression_end;

	if (end == behind)
		return 0;
	expression_end = order_expression_end(translator, &order);
	rs_text_add(out, tokens[i].start, prefix);
	rs_copy(translator, out, i, i + 2);
	rs_emit(translator, out, i + 2, behind - 1);
	rs_text_add(out, tokens[behind - 1].start, ", ");
	rs_emit(translator, out, order.first, expression_end);
	if (rs_find(translator, expression_end, order.end, "desc") < order.end)
		rs_text_add(out, tokens[expression_end].start, ", true");
	rs_text_add(out, tokens[end - 1].start, ")");
	return end - i;
}

int
rs_emit_percentile(RsTranslator *translator, RsText *out, int i)
{
	/* Several fractions at once are PostgreSQL's. */
	if (rs_is(&translator->tokens[i + 2], "array"))
	{
		rs_copy(translator, out, i, i + 1);
		return 1;
	}
	return emit_percentile(translator, out, i, "redshift.");
}

int
rs_emit_approximate(RsTranslator *translator, RsText *out, int i)
{
	const RsToken *tokens = translator->tokens;

	if (rs_is(&tokens[i + 1], "count") && tokens[i + 2].kind == '(' && rs_is(&tokens[i + 3], "distinct") &&
		rs_behind_bracket(translator, i + 2) > 0)
	{
		int			behind = rs_behind_bracket(translator, i + 2);

		rs_text_add(out, tokens[i].start, "redshift.approximate_count_distinct(");
		rs_emit(translator, out, i + 4, behind);
		return behind - i;
	}
	if (rs_is(&tokens[i + 1], "percentile_disc"))
	{
		int			length = emit_percentile(translator, out, i + 1, "redshift.approximate_");

		return length > 0 ? length + 1 : 0;
	}
	return 0;
}

/* The order of a LISTAGG over a window: its directions as a text, and its keys. */
static void
emit_listagg_keys(RsTranslator *translator, RsText *out, const RsRange *order)
{
	List	   *items = rs_split(translator, order->first, order->end);
	ListCell   *lc;

	rs_text_add(out, translator->tokens[order->first].start, "'");
	foreach(lc, items)
	{
		const RsRange *item = lfirst(lc);
		int			end = order_expression_end(translator, item);
		int			at = translator->tokens[item->first].start;

		rs_text_add(out, at, foreach_current_index(lc) > 0 ? ", " : "");
		rs_text_add(out, at, rs_find(translator, end, item->end, "desc") < item->end ? "desc" : "asc");
		if (rs_find(translator, end, item->end, "nulls first") < item->end)
			rs_text_add(out, at, " nulls first");
		else if (rs_find(translator, end, item->end, "nulls last") < item->end)
			rs_text_add(out, at, " nulls last");
	}
	rs_text_add(out, translator->tokens[order->first].start, "'");
	foreach(lc, items)
	{
		const RsRange *item = lfirst(lc);

		rs_text_add(out, translator->tokens[item->first].start, ", ");
		rs_emit(translator, out, item->first, order_expression_end(translator, item));
	}
}

/*
 * LISTAGG([DISTINCT] x [, delimiter]) [WITHIN GROUP (ORDER BY ...)]: an aggregate with
 * ORDER BY.  As a window function PostgreSQL's aggregates take no order but the window's,
 * and with DISTINCT none but that of their arguments: there the keys are arguments.
 */
int
rs_emit_listagg(RsTranslator *translator, RsText *out, int i)
{
	const RsToken *tokens = translator->tokens;
	int			behind = rs_behind_bracket(translator, i + 1);
	RsRange		order = {0, 0};
	int			end = within_group(translator, behind, &order);
	bool		distinct = rs_is(&tokens[i + 2], "distinct");

	/* Of an order, DISTINCT and OVER it takes one. */
	if ((order.end > 0) + distinct + rs_is(&tokens[end], "over") < 2)
	{
		rs_text_add(out, tokens[i].start, "redshift.");
		rs_copy(translator, out, i, i + 2);
		rs_emit(translator, out, i + 2, behind - 1);
		if (order.end > 0)
		{
			rs_text_add(out, tokens[order.first].start, " ORDER BY ");
			rs_emit(translator, out, order.first, order.end);
		}
	}
	else
	{
		List	   *arguments = rs_split(translator, i + 2 + distinct, behind - 1);

		rs_text_add(out, tokens[i].start, "redshift.listagg_over(");
		rs_emit(translator, out, i + 2 + distinct, behind - 1);
		rs_text_add(out, tokens[behind - 1].start, list_length(arguments) < 2 ? ", NULL" : "");
		rs_text_add(out, tokens[behind - 1].start, distinct ? ", true, " : ", false, ");
		if (order.end > 0)
			emit_listagg_keys(translator, out, &order);
		else
		{
			/* In the order of the values. */
			const RsRange *value = linitial(arguments);

			rs_text_add(out, tokens[behind - 1].start, "'asc', ");
			rs_emit(translator, out, value->first, value->end);
		}
	}
	rs_text_add(out, tokens[end - 1].start, ")");
	return end - i;
}

/* LAG(x) IGNORE NULLS, FIRST_VALUE(x IGNORE NULLS), ...: nulls are respected by default. */
int
rs_emit_null_treatment(RsTranslator *translator, RsText *out, int i)
{
	const RsToken *tokens = translator->tokens;
	int			behind = rs_behind_bracket(translator, i + 1);
	int			end = behind - 1;	/* of the arguments */
	int			inside = rs_match(&tokens[end - 2], "ignore|respect nulls");
	int			outside = rs_match(&tokens[behind], "ignore|respect nulls");
	int			treatment = inside ? end - 2 : behind;

	if (inside == 0 && outside == 0)
		return 0;
	if (rs_is(&tokens[treatment], "ignore"))
		rs_text_addf(out, tokens[i].start, "redshift.%s_ignore_nulls", tokens[i].text);
	else
		rs_copy(translator, out, i, i + 1);
	rs_text_add(out, tokens[i + 1].start, "(");
	rs_emit(translator, out, i + 2, end - inside);
	rs_text_add(out, tokens[end].start, ")");
	return behind + outside - i;
}
