/*
 * definition.c
 *	  Expressions in definitions: defaults, checks and generated columns, indexes, statistics,
 *	  partitions, policies, domains and triggers.
 *
 * They mean what they mean in queries, so that an index on an expression serves the queries
 * that have it.  What is around them is PostgreSQL's, and stays as it is.
 */
#include "postgres.h"

#include "dialect/emit.h"
#include "dialect/statement.h"
#include "dialect/walk.h"

/* What may follow the expression of a DEFAULT. */
#define AFTER_DEFAULT "not|null|encode|distkey|sortkey|identity|generated|unique|primary|references|collate|constraint|check"

/* A bracket that is looked at, and the expression or list of them in it; false: there is none. */
static bool
keep_brackets(RsWalk *walk)
{
	int			close = rs_look(walk, 0)->match;

	if (rs_look(walk, 0)->kind != '(' || close <= walk->at || close >= walk->end)
		return false;
	walk->at++;
	rs_keep_expression(walk, close);
	walk->at++;
	rs_keep(walk);
	return true;
}

void
rs_keep_default(RsWalk *walk, int end)
{
	int			from = walk->at;
	int			to;

	/* The first token is part of it, though it be NULL. */
	if (!rs_accept_brackets(walk))
		walk->at++;
	rs_go_to(walk, AFTER_DEFAULT, end);
	to = Min(walk->at, end);
	walk->at = from;
	rs_keep_expression(walk, to);
}

bool
rs_keep_condition(RsWalk *walk)
{
	if (!rs_next(walk, "check|as|using|where|when") || rs_look(walk, 1)->kind != '(')
		return false;
	walk->at++;
	return keep_brackets(walk);
}

void
rs_keep_definition(RsWalk *walk, int end)
{
	while (walk->at < end)
	{
		if (rs_accept(walk, "references"))
			(void) rs_keep_name(walk);
		else if (rs_accept(walk, "set default|null"))
			;
		else if (rs_accept(walk, "default"))
			rs_keep_default(walk, end);
		else if (!rs_keep_condition(walk) && !rs_accept_brackets(walk))
			walk->at++;
	}
	walk->at = end;
	rs_keep(walk);
}

/*
 * A call in a list of columns becomes an expression in brackets, if the translator changes
 * it: it may be no call any more.
 */
static void
keep_call(RsWalk *walk, int to)
{
	RsTranslator *translator = walk->translator;
	int			start = walk->tokens[walk->at].start;
	int			length = walk->tokens[to - 1].end - start;
	RsText		call;

	rs_text_init(&call);
	rs_emit_expression(translator, &call, walk->at, to);
	rs_keep(walk);
	if (call.data.len == length && memcmp(call.data.data, translator->source + start, length) == 0)
	{
		walk->at = to;
		rs_keep(walk);
		return;
	}
	rs_copy_gap(translator, walk->out, walk->at);
	rs_put(walk, "(");
	rs_text_append(walk->out, &call);
	walk->at = to;
	rs_drop(walk);
	rs_put(walk, ")");
}

/*
 * Columns, calls and expressions in brackets, and what is said of each, up to `end`.
 */
static void
keep_elements(RsWalk *walk, int end)
{
	while (walk->at < end)
	{
		int			from = walk->at;

		if (!keep_brackets(walk) && rs_look(walk, 0)->kind != ',')
		{
			walk->at++;
			while (rs_look(walk, 0)->kind == '.')
				walk->at += 2;
			if (rs_look(walk, 0)->kind == '(' && rs_look(walk, 0)->match > walk->at && rs_look(walk, 0)->match < end)
			{
				int			to = rs_look(walk, 0)->match + 1;

				walk->at = from;
				keep_call(walk, to);
			}
		}
		rs_go_to(walk, ",", end);
		if (walk->at < end)
			walk->at++;
	}
	walk->at = end;
	rs_keep(walk);
}

/* The same, in brackets. */
static void
keep_element_list(RsWalk *walk)
{
	int			close = rs_look(walk, 0)->match;

	if (rs_look(walk, 0)->kind != '(' || close <= walk->at || close >= walk->end)
		return;
	walk->at++;
	keep_elements(walk, close);
	walk->at++;
	rs_keep(walk);
}

/*
 * FOR VALUES of a partition, and what stands before and behind it.
 */
void
rs_keep_partition(RsWalk *walk)
{
	while (walk->at < walk->end)
	{
		if (rs_accept(walk, "partition by list|range|hash"))
			keep_element_list(walk);
		else if (rs_accept(walk, "for values from"))
		{
			(void) keep_brackets(walk);
			if (rs_accept(walk, "to"))
				(void) keep_brackets(walk);
		}
		else if (rs_accept(walk, "for values in"))
			(void) keep_brackets(walk);
		else if (!rs_accept_brackets(walk))
			walk->at++;
	}
	rs_keep(walk);
}

void
rs_keep_postgresqls_table(RsWalk *walk)
{
	if (rs_accept(walk, "partition of"))
		(void) rs_keep_name(walk);
	if (rs_look(walk, 0)->kind == '(' && rs_look(walk, 0)->match > walk->at)
	{
		int			close = rs_look(walk, 0)->match;

		walk->at++;
		rs_keep_definition(walk, close);
		walk->at++;
	}
	rs_keep_partition(walk);
}

void
rs_create_index(RsTranslator *translator, RsText *out, int first, int end)
{
	RsWalk		walk;

	rs_walk_begin(&walk, translator, out, first, end);
	rs_go_to(&walk, "on", end);
	if (rs_accept(&walk, "on"))
	{
		(void) rs_accept(&walk, "only");
		(void) rs_keep_name(&walk);
		if (rs_accept(&walk, "using"))
			walk.at++;
		keep_element_list(&walk);
		rs_go_to(&walk, "where", end);
		if (rs_accept(&walk, "where"))
			rs_keep_expression(&walk, end);
	}
	rs_keep_rest(&walk);
}

void
rs_create_statistics(RsTranslator *translator, RsText *out, int first, int end)
{
	RsWalk		walk;
	int			to;

	rs_walk_begin(&walk, translator, out, first, end);
	rs_go_to(&walk, "on", end);
	if (rs_accept(&walk, "on"))
	{
		translator->tokens[walk.at - 1].list = true;
		for (to = walk.at; to < end && !rs_is(&walk.tokens[to], "from"); to++)
			if (walk.tokens[to].kind == '(' && walk.tokens[to].match > to)
				to = walk.tokens[to].match;
		keep_elements(&walk, Min(to, end));
		(void) (rs_accept(&walk, "from") && rs_keep_name(&walk));
	}
	rs_keep_rest(&walk);
}

void
rs_define(RsTranslator *translator, RsText *out, int first, int end)
{
	RsWalk		walk;

	rs_walk_begin(&walk, translator, out, first, end);
	rs_keep_definition(&walk, end);
}
