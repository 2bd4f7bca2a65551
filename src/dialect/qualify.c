/*
 * qualify.c
 *	  QUALIFY: conditions on window functions.
 *
 *	SELECT a, f(b) AS n FROM t QUALIFY c ORDER BY d
 *
 * becomes a condition on a subquery that computes c,
 *
 *	SELECT c1 AS "a", c2 AS "n" FROM (SELECT a, f(b) AS n, (c), d FROM t)
 *		AS q (c1, c2, qualified, o1) WHERE qualified ORDER BY o1
 *
 * so the names of its columns have to be known.  Aliases of the list can be used in c.
 */
#include "postgres.h"

#include "dialect/emit.h"

/* The ORDER BY of a block: its items, and where they end. */
static List *
order_items(RsTranslator *translator, const RsBlock *block, int *end)
{
	const RsRange *tail = &block->clauses[RS_CLAUSE_TAIL];

	/* That of a set operation is not the block's. */
	if (block->set_operation || !rs_has_clause(block, RS_CLAUSE_TAIL) ||
		!rs_match(&translator->tokens[tail->first], "order by"))
	{
		*end = tail->first;
		return NIL;
	}
	*end = rs_find(translator, tail->first, tail->end, "limit|offset|fetch|for");
	return rs_split(translator, tail->first + 2, *end);
}

/* The expression of an item of ORDER BY ends here. */
static int
order_end(RsTranslator *translator, const RsRange *item)
{
	return rs_find(translator, item->first, item->end, "asc|desc|nulls|using");
}

/* Is an item of ORDER BY an ordinal, or a column of the result? */
static bool
is_output_column(RsTranslator *translator, const RsRange *item, const List *names)
{
	const RsToken *token = &translator->tokens[item->first];

	if (order_end(translator, item) != item->first + 1)
		return false;
	return token->kind == RS_NUMBER ||
		((token->kind == RS_WORD || token->kind == RS_QUOTED) &&
		 rs_has_name(names, rs_name_value(translator, item->first)));
}

/* What is selected besides the list: the condition, then what ORDER BY needs. */
static int
emit_more(RsTranslator *translator, RsText *out, RsBlock *block, const List *order, const List *names)
{
	const RsRange *condition = &block->clauses[RS_CLAUSE_QUALIFY];
	int			n = 0;
	ListCell   *lc;

	translator->aliases_of = block;
	rs_text_add(out, translator->tokens[condition->first].start, ", (");
	rs_emit(translator, out, condition->first + 1, condition->end);
	rs_text_add(out, translator->tokens[condition->first].start, ")");
	foreach(lc, order)
	{
		const RsRange *item = lfirst(lc);

		if (is_output_column(translator, item, names))
			continue;
		n++;
		rs_text_add(out, translator->tokens[item->first].start, ", ");
		rs_emit(translator, out, item->first, order_end(translator, item));
	}
	translator->aliases_of = NULL;
	return n;
}

/* ORDER BY ... LIMIT ... of the query around it. */
static void
emit_tail(RsTranslator *translator, RsText *out, const RsBlock *block, const List *order, int end, const List *names)
{
	int			n = 0;
	ListCell   *lc;

	foreach(lc, order)
	{
		const RsRange *item = lfirst(lc);
		int			at = translator->tokens[item->first].start;
		int			direction = item->first;

		rs_text_add(out, at, foreach_current_index(lc) == 0 ? " ORDER BY " : ", ");
		if (!is_output_column(translator, item, names))
		{
			rs_text_addf(out, at, "rs_o%d", ++n);
			direction = order_end(translator, item);
		}
		if (direction < item->end)
		{
			rs_text_add(out, at, " ");
			rs_copy(translator, out, direction, item->end);
		}
	}
	if (end < block->clauses[RS_CLAUSE_TAIL].end)
	{
		rs_text_add(out, translator->tokens[end].start, " ");
		rs_emit(translator, out, end, block->clauses[RS_CLAUSE_TAIL].end);
	}
}

/* The columns of the query around it, by their names. */
static void
emit_columns(RsText *out, int at, const List *names)
{
	ListCell   *lc;

	foreach(lc, names)
	{
		rs_text_addf(out, at, "%s rs_%d AS ", foreach_current_index(lc) > 0 ? "," : "",
					 foreach_current_index(lc) + 1);
		rs_emit_column(out, at, NULL, lfirst(lc));
	}
}

void
rs_emit_qualified(RsTranslator *translator, RsText *out, RsBlock *block)
{
	int			at = translator->tokens[block->clauses[RS_CLAUSE_QUALIFY].first].start;
	bool		top = block->top.end > block->top.first;
	bool		brackets = top && block->set_operation;
	int			tail;
	List	   *order;
	List	   *names;
	RsText		list,
				rest,
				more,
				inner;
	int			n;

	if (!rs_can_ask(translator))
		return;
	/* Each part is emitted once, as it may have such queries in it. */
	rs_text_init(&list);
	rs_emit_clause(translator, &list, block, RS_CLAUSE_LIST);
	rs_text_init(&rest);
	rs_emit_from_to_window(translator, &rest, block);
	rs_text_init(&inner);
	rs_text_add(&inner, at, "(SELECT ");
	rs_text_append(&inner, &list);
	rs_text_append(&inner, &rest);
	rs_text_add(&inner, at, ") AS rs_qualify");
	names = rs_describe(translator, block->scope, &inner, NULL);
	order = order_items(translator, block, &tail);
	rs_text_init(&more);
	n = emit_more(translator, &more, block, order, names);

	rs_text_add(out, at, brackets ? "(" : "");
	rs_emit_select_keyword(translator, out, block);
	emit_columns(out, at, names);
	if (rs_has_clause(block, RS_CLAUSE_INTO))
	{
		rs_text_add(out, at, " ");
		rs_emit_clause(translator, out, block, RS_CLAUSE_INTO);
	}
	rs_text_add(out, at, " FROM (SELECT ");
	rs_text_append(out, &list);
	rs_text_append(out, &more);
	rs_text_append(out, &rest);
	rs_text_add(out, at, ") AS rs_qualify (");
	for (int i = 1; i <= list_length(names); i++)
		rs_text_addf(out, at, "rs_%d, ", i);
	rs_text_add(out, at, "rs_qualified");
	for (int i = 1; i <= n; i++)
		rs_text_addf(out, at, ", rs_o%d", i);
	rs_text_add(out, at, ") WHERE rs_qualified");
	if (brackets)
	{
		/* The order is the set operation's. */
		rs_emit_top(translator, out, block);
		rs_text_add(out, at, ")");
	}
	emit_tail(translator, out, block, order, tail, names);
	if (top && !brackets)
		rs_emit_top(translator, out, block);
}
