/*
 * structure.c
 *	  What a statement's queries consist of: blocks, their clauses, items of FROM.
 *
 * One pass over the tokens, which goes into brackets by recursion.  It takes a statement
 * for well formed: where it is not, what is found is of no consequence, because
 * PostgreSQL's grammar refuses the text anyway.  Clauses begin with words that
 * PostgreSQL reserves, so none is mistaken for a name; those that only Redshift knows
 * (QUALIFY, MINUS, CONNECT BY, PIVOT, TOP) are taken for what they are where PostgreSQL
 * could not make sense of the words, and for names elsewhere.
 */
#include "postgres.h"

#include "dialect/structure.h"
#include "miscadmin.h"

/* A level of brackets being read: the statement, or what is in a pair of them. */
typedef struct Level
{
	RsToken    *tokens;
	int			end;
	RsBlock    *parent;
	RsScope    *scope;
	RsBlock    *block;			/* being read; NULL: none yet */
	RsClause	clause;
	int			item;			/* where the item of the list begins */
	bool		set_operation;	/* there was one */
} Level;

static void read_level(RsToken *tokens, int first, int end, RsBlock *parent, RsScope *scope);
static int	read_from(Level *level, int i, int end);
static bool is_query(RsToken *tokens, int i);

bool
rs_names_cte(const RsScope *scope, const char *name)
{
	for (; scope != NULL; scope = scope->parent)
		if (!scope->hidden && strcmp(scope->name, name) == 0)
			return true;
	return false;
}

/* Does a query begin with the token? */
static bool
begins_query(const RsToken *token)
{
	return rs_is(token, "select") || rs_is(token, "with") || rs_is(token, "values") || rs_is(token, "table");
}

bool
rs_is_set_operation(RsToken *tokens, int i)
{
	const RsToken *token = &tokens[i];

	if (rs_is(token, "union") || rs_is(token, "intersect") || rs_is(token, "except"))
		return true;
	return rs_is(token, "minus") && i > 0 && rs_ends_operand(&token[-1]) &&
		(begins_query(&token[1]) || is_query(tokens, i + 1) || rs_match(&token[1], "all|distinct select"));
}

/*
 * Is the bracket at i that of a query?  Brackets in brackets are, if what follows the
 * inner one is no alias or join.  Runs of brackets are asked about from outside in, so
 * the answer is kept in the tokens: match stays, category becomes 1 or 0.
 */
static bool
is_query(RsToken *tokens, int i)
{
	int			inner = i;
	bool		query;

	check_stack_depth();
	if (tokens[i].kind != '(' || tokens[i].match < 0)
		return false;
	if (tokens[i].category != RS_NOT_KEYWORD)
		return tokens[i].category == 1;
	while (tokens[inner + 1].kind == '(' && tokens[inner + 1].match >= 0)
		inner++;
	query = begins_query(&tokens[inner + 1]);
	for (;;)
	{
		tokens[inner].category = query;
		if (inner == i)
			return query;
		if (query)
		{
			int			behind = tokens[inner].match + 1;
			const RsToken *next = &tokens[behind];

			query = next->kind == ')' || rs_is_set_operation(tokens, behind) || rs_is(next, "order") ||
				rs_is(next, "limit") || rs_is(next, "offset") || rs_is(next, "fetch");
		}
		inner--;
	}
}

/* Could an expression begin with the token? */
static bool
begins_expression(const RsToken *token)
{
	switch (token->kind)
	{
		case '(':
		case '+':
		case '-':
		case RS_QUOTED:
		case RS_TEMPORARY:
		case RS_STRING:
		case RS_NUMBER:
		case RS_PARAMETER:
			return true;
		case RS_WORD:
			return token->category != RESERVED_KEYWORD || rs_ends_operand(token) || rs_is(token, "case") ||
				rs_is(token, "not") || rs_is(token, "cast");
		default:
			return false;
	}
}

/*
 * The clause that begins at a token of a block, RS_CLAUSES: none does.  The words that
 * only Redshift knows begin one where a name could not stand.
 */
static RsClause
clause_at(const Level *level, int i)
{
	const RsToken *token = &level->tokens[i];

	if (token->kind != RS_WORD)
		return RS_CLAUSES;
	if (token->category == RESERVED_KEYWORD)
	{
		static const struct
		{
			const char *word;
			RsClause	clause;
		}			words[] = {
			{"from", RS_CLAUSE_FROM}, {"into", RS_CLAUSE_INTO}, {"where", RS_CLAUSE_WHERE},
			{"group", RS_CLAUSE_GROUP_BY}, {"having", RS_CLAUSE_HAVING}, {"window", RS_CLAUSE_WINDOW},
			{"order", RS_CLAUSE_TAIL}, {"limit", RS_CLAUSE_TAIL}, {"offset", RS_CLAUSE_TAIL},
			{"fetch", RS_CLAUSE_TAIL}, {"for", RS_CLAUSE_TAIL}, {"returning", RS_CLAUSE_TAIL}
		};

		/* WITHIN GROUP (...) is part of an expression. */
		for (int k = 0; k < lengthof(words); k++)
			if (rs_is(token, words[k].word) &&
				(words[k].clause != RS_CLAUSE_GROUP_BY || rs_is(&token[1], "by")))
				return words[k].clause;
		return RS_CLAUSES;
	}
	if (level->tokens[i - 1].kind == '.' || rs_is(&token[-1], "as"))
		return RS_CLAUSES;
	if (rs_match(token, "start with") && !rs_is(&token[2], "ordinality"))
		return RS_CLAUSE_START_WITH;
	if (rs_match(token, "connect by"))
		return RS_CLAUSE_CONNECT_BY;
	if (strcmp(token->text, "qualify") == 0 && level->clause != RS_CLAUSE_LIST &&
		rs_ends_operand(&token[-1]) && begins_expression(&token[1]))
		return RS_CLAUSE_QUALIFY;
	return RS_CLAUSES;
}

/* Is the name at i, the last token of an item of a list, its alias? */
static bool
is_alias(const RsToken *tokens, int first, int i)
{
	const RsToken *token = &tokens[i];

	if (i == first || (token->kind != RS_WORD && token->kind != RS_QUOTED))
		return false;
	if (rs_is(&token[-1], "as"))
		return true;
	if (token->kind == RS_WORD && token->category != RS_NOT_KEYWORD &&
		!ScanKeywordBareLabel[ScanKeywordLookup(token->text, &ScanKeywords)])
		return false;
	if (i - 1 == first && token[-1].kind == '*')
		return false;
	if (rs_is(token, "zone") && rs_is(&token[-1], "time"))
		return false;
	return rs_ends_operand(&token[-1]) && !rs_is(&token[-1], "over") && !rs_is(&token[-1], "escape");
}

static void
end_list_item(Level *level, int end)
{
	RsListItem *item;

	if (end <= level->item)
		return;
	item = palloc(sizeof(RsListItem));
	item->node.kind = RS_NODE_LIST_ITEM;
	if (level->tokens[level->item].node == NULL)
		level->tokens[level->item].node = &item->node;
	item->range = (RsRange)
	{
		level->item, end
	};
	item->alias = -1;
	if (is_alias(level->tokens, level->item, end - 1))
	{
		item->alias = end - 1;
		item->range.end -= rs_is(&level->tokens[end - 2], "as") ? 2 : 1;
	}
	level->block->list = lappend(level->block->list, item);
}

/* The clause that is being read ends before i. */
static void
end_clause(Level *level, int i)
{
	if (level->block == NULL || level->clause == RS_CLAUSES)
		return;
	if (level->clause == RS_CLAUSE_LIST)
		end_list_item(level, i);
	level->block->clauses[level->clause].end = i;
}

static void
begin_clause(Level *level, RsClause clause, int i)
{
	end_clause(level, i);
	if (!rs_has_clause(level->block, clause) || clause != RS_CLAUSE_TAIL)
		level->block->clauses[clause].first = i;
	level->block->clauses[clause].end = i;
	level->clause = clause;
}

static void
end_block(Level *level, int i)
{
	if (level->block == NULL)
		return;
	end_clause(level, i);
	level->block->range.end = i;
	level->block = NULL;
}

static void
begin_block(Level *level, int i)
{
	end_block(level, i);
	level->block = palloc0(sizeof(RsBlock));
	level->block->node.kind = RS_NODE_BLOCK;
	level->block->parent = level->parent;
	level->block->scope = level->scope;
	level->block->set_operation = level->set_operation;
	level->block->range.first = i;
	level->tokens[i].node = &level->block->node;
	level->clause = RS_CLAUSES;
}

/* After SELECT: [ALL | DISTINCT [ON (...)]] [TOP n], in any order; gives where the list begins. */
static int
read_select_options(Level *level, int i)
{
	const RsToken *tokens = level->tokens;

	for (;;)
	{
		int			first = i;

		if (rs_is(&tokens[i], "all") || rs_is(&tokens[i], "distinct"))
		{
			i++;
			if (rs_match(&tokens[i - 1], "distinct on") && tokens[i + 1].kind == '(' && tokens[i + 1].match >= 0)
			{
				read_level(level->tokens, i + 2, tokens[i + 1].match, level->block, level->scope);
				i = tokens[i + 1].match + 1;
			}
			level->block->distinct = (RsRange)
			{
				first, i
			};
		}
		else if (rs_is(&tokens[i], "top") &&
				 (tokens[i + 1].kind == RS_NUMBER || tokens[i + 1].kind == RS_PARAMETER))
		{
			i += 2;
			level->block->top = (RsRange)
			{
				first, i
			};
		}
		else if (rs_is(&tokens[i], "top") && tokens[i + 1].kind == '(' && tokens[i + 1].match == i + 3 &&
				 (tokens[i + 4].kind == '*' || begins_expression(&tokens[i + 4])))
		{
			i += 4;
			level->block->top = (RsRange)
			{
				first, i
			};
		}
		else
			return i;
	}
}

/*
 * The query of a WITH clause whose name stands at `at`: gives the token behind it, 0: it is
 * none.  Other queries see it under its scope.
 */
static int
read_with_query(Level *level, int at, bool recursive, RsScope **scope, bool *self)
{
	RsToken    *tokens = level->tokens;
	RsScope    *inside = palloc0(sizeof(RsScope));
	bool		columns = tokens[at + 1].kind == '(' && tokens[at + 1].match >= 0;
	int			i = columns ? tokens[at + 1].match + 1 : at + 1;

	if (!rs_is_name(&tokens[at]) || !rs_is(&tokens[i++], "as"))
		return 0;
	i += rs_match(&tokens[i], "[not] materialized");
	if (tokens[i].kind != '(' || tokens[i].match < 0)
		return 0;
	inside->parent = level->scope;
	inside->name = tokens[at].text;
	inside->recursive = recursive;
	inside->hidden = !recursive;
	inside->definition.first = at;
	read_level(tokens, i + 1, tokens[i].match, level->block ? level->block : level->parent, inside);
	i = tokens[i].match + 1;
	/* SEARCH and CYCLE */
	if (rs_match(&tokens[i], "search|cycle"))
		while (i < level->end && tokens[i].kind != '(' && !begins_query(&tokens[i]) &&
			   !(tokens[i].kind == ',' && rs_is(&tokens[i + 2], "as")))
			i++;
	inside->definition.end = i;
	if (inside->wanted && columns)
	{
		*self = true;
		inside->hidden = false;
	}
	*scope = inside;
	if (inside->hidden)
	{
		/* The same, seen. */
		*scope = palloc(sizeof(RsScope));
		**scope = *inside;
		(*scope)->hidden = false;
	}
	return i;
}

/*
 * The WITH clause at i, if it is one: gives the token behind it, or i.  Of its queries,
 * each sees the names before its own; under RECURSIVE, its own too.  Redshift's users
 * leave that word out: where a query with columns names itself in FROM, behind UNION, it
 * is added.
 */
static int
read_with(Level *level, int i)
{
	static RsNode recursive_node = {RS_NODE_RECURSIVE};
	RsToken    *tokens = level->tokens;
	bool		recursive = rs_is(&tokens[i + 1], "recursive");
	bool		self = false;
	RsScope    *outer = level->scope;
	int			at = i + 1 + recursive;

	for (;;)
	{
		RsScope    *scope;

		at = read_with_query(level, at, recursive, &scope, &self);
		if (at == 0)
			break;
		level->scope = scope;
		if (tokens[at].kind == ',')
		{
			at++;
			continue;
		}
		if (self)
			tokens[i].node = &recursive_node;
		for (; self && scope != outer; scope = scope->parent)
			scope->recursive = true;
		return at;
	}
	level->scope = outer;
	return i;
}

/* Can the token be the alias of an item of FROM that has no AS before it? */
static bool
is_bare_alias(const Level *level, int i)
{
	const RsToken *token = &level->tokens[i];

	if (token->kind == RS_QUOTED)
		return true;
	if (token->kind != RS_WORD || token->category == RESERVED_KEYWORD ||
		token->category == TYPE_FUNC_NAME_KEYWORD)
		return false;
	if (rs_is(token, "set") || rs_is(token, "at") || rs_match(token, "when matched|not") ||
		clause_at(level, i) != RS_CLAUSES || rs_is_set_operation(level->tokens, i))
		return false;
	return true;
}

/* PIVOT (... FOR ... IN (...)): gives the bracket, -1: not that. */
static int
pivot_body(const RsToken *tokens, int i)
{
	int			open = i + 1;

	if (rs_is(&tokens[i], "unpivot"))
		open += rs_match(&tokens[i + 1], "include|exclude nulls");
	else if (!rs_is(&tokens[i], "pivot"))
		return -1;
	if (tokens[open].kind != '(' || tokens[open].match < 0)
		return -1;
	for (int k = open + 1; k < tokens[open].match; k++)
	{
		if (rs_is(&tokens[k], "for"))
			return open;
		if (tokens[k].kind == '(' && tokens[k].match > k)
			k = tokens[k].match;
	}
	return -1;
}

/* ON CONFLICT of an INSERT ends its query; it is no condition of a join. */
static bool
is_on_conflict(const RsToken *tokens, int i)
{
	int			next = i + 2;

	if (!rs_match(&tokens[i], "on conflict"))
		return false;
	if (tokens[next].kind == '(' && tokens[next].match > next)
		return rs_match(&tokens[tokens[next].match + 1], "do|where") != 0;
	return rs_match(&tokens[next], "do") != 0 || rs_match(&tokens[next], "on constraint") != 0;
}

/* [AS] name [(columns)] at i; gives the token behind it. */
static int
read_alias(Level *level, RsFromItem *item, int i)
{
	const RsToken *tokens = level->tokens;
	bool		as = rs_is(&tokens[i], "as");

	if (i >= level->end)
		return i;
	if (as && tokens[i + 1].kind == '(')
		item->alias = -1;
	else if ((as && rs_is_name(&tokens[i + 1])) || is_bare_alias(level, i))
		item->alias = as ? i + 1 : i;
	else
		return i;
	i += item->alias < 0 || as ? 1 : 0;
	i += item->alias < 0 ? 0 : 1;
	if (tokens[i].kind == '(' && tokens[i].match >= 0)
	{
		item->columns = (RsRange)
		{
			i, tokens[i].match + 1
		};
		i = item->columns.end;
	}
	return i;
}

/* UNPIVOT t.object AS value [AT key], or of an item of FROM that is an object */
static bool
is_object_unpivot(const RsToken *tokens, int i)
{
	if (!rs_is(&tokens[i], "unpivot") || !rs_is_name(&tokens[i + 1]))
		return false;
	return tokens[i + 2].kind == '.' || tokens[i + 2].kind == '[' || rs_is(&tokens[i + 2], "as") ||
		(rs_is_name(&tokens[i + 2]) && rs_is(&tokens[i + 3], "at"));
}

/* The source of an item of FROM at i: gives the token behind it; i: there is none. */
static int
read_source(Level *level, RsFromItem *item, int i)
{
	RsToken    *tokens = level->tokens;
	int			first = i;

	i += rs_match(&tokens[i], "[lateral] [only]");
	if (is_query(tokens, i))
	{
		read_level(tokens, i + 1, tokens[i].match, level->block ? level->block : level->parent, level->scope);
		i = tokens[i].match + 1;
	}
	else if (tokens[i].kind == RS_WORD || tokens[i].kind == RS_QUOTED || tokens[i].kind == RS_TEMPORARY)
	{
		item->name_parts = 1;
		if (is_object_unpivot(tokens, i))
			i++;
		i += rs_match(&tokens[i], "rows from") ? 2 : 1;
		while (tokens[i].kind == '.' || (tokens[i].kind == '[' && tokens[i].match > i))
		{
			item->name_parts++;
			i = tokens[i].kind == '.' ? i + 2 : tokens[i].match + 1;
		}
		if (tokens[i].kind == '(' && tokens[i].match >= 0 &&
			(tokens[i - 1].kind == RS_WORD || tokens[i - 1].kind == RS_QUOTED))
		{
			item->call = true;
			read_level(tokens, i + 1, tokens[i].match, level->block ? level->block : level->parent,
					   level->scope);
			i = tokens[i].match + 1;
		}
		if (tokens[i].kind == '*')
			i++;
	}
	i = Min(i, level->end);
	item->source = (RsRange)
	{
		first, i
	};
	return i;
}

/*
 * Is an item's source a path in a SUPER, whose first name is that of an item before it?
 * Few items have names of parts, so looking for those before costs little.
 */
static bool
is_unnested(const Level *level, const RsFromItem *item)
{
	const RsToken *tokens = level->tokens;
	int			first = item->source.first;
	int			looked = 0;
	ListCell   *lc;

	if (item->alias < 0 || item->call || item->name_parts == 0 || level->block == NULL || item->columns.end > 0)
		return false;
	if (is_object_unpivot(tokens, first))
		return true;
	foreach(lc, level->block->from)
	{
		const RsFromItem *before = lfirst(lc);
		int			name = before->alias >= 0 ? before->alias : before->source.end - 1;

		if (looked++ > 100)
			break;
		/* A name alone is a table's, but for those of elements. */
		if (tokens[name].kind != ')' && strcmp(tokens[name].text, tokens[first].text) == 0)
			return item->name_parts > 1 || before->unnested;
	}
	return false;
}

/* An item of FROM at i: gives the token behind it. */
static int
read_from_item(Level *level, int i)
{
	RsToken    *tokens = level->tokens;
	RsFromItem *item = palloc0(sizeof(RsFromItem));
	int			body;

	item->node.kind = RS_NODE_FROM_ITEM;
	item->scope = level->scope;
	item->alias = item->at = item->pivot = item->pivot_alias = -1;
	item->range.first = i;
	i = read_source(level, item, i);
	if (i == item->range.first)
		return i;
	i += rs_match(&tokens[i], "with ordinality");
	if (pivot_body(tokens, i) < 0)
		i = read_alias(level, item, i);
	body = pivot_body(tokens, i);
	if (body >= 0)
	{
		int			alias = item->alias;

		item->pivot = i;
		item->pivot_body = (RsRange)
		{
			body + 1, tokens[body].match
		};
		item->alias = -1;
		i = read_alias(level, item, tokens[body].match + 1);
		item->pivot_alias = item->alias;
		item->alias = alias;
	}
	if (item->name_parts == 1 && !item->call && level->scope != NULL && level->scope->hidden &&
		level->set_operation && strcmp(level->scope->name, tokens[item->source.first].text) == 0)
		level->scope->wanted = true;
	if (is_unnested(level, item))
	{
		item->unnested = true;
		if (rs_is(&tokens[i], "at") && rs_is_name(&tokens[i + 1]))
		{
			item->at = i + 1;
			i += 2;
		}
	}
	item->range.end = Min(i, level->end);
	if (tokens[item->range.first].node == NULL)
		tokens[item->range.first].node = &item->node;
	if (level->block != NULL)
		level->block->from = lappend(level->block->from, item);
	return i;
}

/*
 * FROM's items and joins in [i, end), or up to the next clause: gives the token behind
 * them.
 */
static int
read_from(Level *level, int i, int end)
{
	RsToken    *tokens = level->tokens;
	bool		item = true;	/* is one due? */

	check_stack_depth();
	while (i < end)
	{
		if (clause_at(level, i) != RS_CLAUSES && !(rs_is(&tokens[i], "from") && rs_is(&tokens[i - 1], "distinct")))
			break;
		if (rs_is_set_operation(tokens, i) || rs_is(&tokens[i], "set") || rs_is(&tokens[i], "select") ||
			rs_match(&tokens[i], "when matched|not") || (rs_is(&tokens[i], "using") && level->clause == RS_CLAUSES) ||
			is_on_conflict(tokens, i))
			break;
		if (item && tokens[i].kind == '(' && tokens[i].match >= 0 && !is_query(tokens, i))
		{
			/* Joins in brackets */
			read_from(level, i + 1, tokens[i].match);
			i = tokens[i].match + 1;
			i += rs_is(&tokens[i], "as");
			if (i < end && level->block != NULL && is_bare_alias(level, i))
				level->block->joins = lappend_int(level->block->joins, i);
			item = false;
		}
		else if (item)
		{
			int			next = read_from_item(level, i);

			i = next > i ? next : i + 1;
			item = false;
		}
		else if (tokens[i].kind == '(' && tokens[i].match >= 0)
		{
			bool		using = rs_is(&tokens[i - 1], "using");

			read_level(tokens, i + 1, tokens[i].match, level->block ? level->block : level->parent, level->scope);
			i = tokens[i].match + 1;
			if (using && rs_is(&tokens[i], "as") && rs_is_name(&tokens[i + 1]) && level->block != NULL)
				level->block->joins = lappend_int(level->block->joins, i + 1);
		}
		else
		{
			item = tokens[i].kind == ',' || rs_is(&tokens[i], "join");
			i++;
		}
	}
	return Min(i, end);
}

/* The token at i, and what belongs to it: gives the next one. */
static int
read_token(Level *level, int i)
{
	RsToken    *tokens = level->tokens;
	RsToken    *token = &tokens[i];
	RsClause	clause;

	if (token->kind == '(' && token[1].kind == '+' && token->match == i + 2)
	{
		if (level->block != NULL && level->clause == RS_CLAUSE_WHERE)
			level->block->outer_marks = true;
		return i + 3;
	}
	if (token->kind == '(' && token->match >= 0)
	{
		read_level(tokens, i + 1, token->match, level->block ? level->block : level->parent, level->scope);
		return token->match + 1;
	}
	if (token->kind == ',' && level->block != NULL && level->clause == RS_CLAUSE_LIST)
	{
		end_list_item(level, i);
		level->item = i + 1;
		return i + 1;
	}
	if (token->kind != RS_WORD)
		return i + 1;
	if (rs_is(token, "with") && level->block == NULL)
	{
		int			next = read_with(level, i);

		return next > i ? next : i + 1;
	}
	if (rs_is_set_operation(tokens, i))
	{
		if (level->block != NULL)
			level->block->set_operation = true;
		end_block(level, i);
		level->set_operation = true;
		return i + 1;
	}
	if (is_on_conflict(tokens, i))
	{
		end_block(level, i);
		return i + 2;
	}
	if (rs_is(token, "select"))
	{
		begin_block(level, i);
		i = read_select_options(level, i + 1);
		begin_clause(level, RS_CLAUSE_LIST, i);
		level->item = i;
		return i;
	}
	if (level->block == NULL)
	{
		/* The table of UPDATE, DELETE and MERGE is an item of FROM. */
		int			words = rs_match(token, "update");

		if (words == 0)
			words = rs_match(token, "delete [from]");
		if (words == 0)
			words = rs_match(token, "merge into");
		if (words == 0)
			return i + 1;
		begin_block(level, i);
		level->clause = RS_CLAUSES;
		return read_from(level, i + words, level->end);
	}
	if (level->clause == RS_CLAUSES && rs_is(token, "set") && level->block->list == NIL)
	{
		begin_clause(level, RS_CLAUSE_LIST, i + 1);
		level->item = i + 1;
		return i + 1;
	}
	clause = rs_is(token, "using") && level->clause == RS_CLAUSES ? RS_CLAUSE_FROM : clause_at(level, i);
	if (clause == RS_CLAUSES ||
		(rs_is(token, "from") && rs_is(&token[-1], "distinct") && i - 1 != level->block->distinct.first))
		return i + 1;
	begin_clause(level, clause, i);
	return clause == RS_CLAUSE_FROM ? read_from(level, i + 1, level->end) : i + 1;
}

/* What is in brackets, or a statement: tokens [first, end). */
static void
read_level(RsToken *tokens, int first, int end, RsBlock *parent, RsScope *scope)
{
	Level		level = {tokens, end, parent, scope, NULL, RS_CLAUSES, 0, false};

	check_stack_depth();
	for (int i = first; i < end;)
		i = read_token(&level, i);
	end_block(&level, end);
}

void
rs_structure(RsToken *tokens, int first, int end)
{
	rs_operands(tokens, first, end);
	read_level(tokens, first, end, NULL, NULL);
}
