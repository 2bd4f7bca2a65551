/*
 * query.c
 *	  Blocks of queries that are not emitted as they stand: TOP, EXCLUDE, GROUP BY ALL,
 *	  aliases used in the list that gives them.  QUALIFY, outer joins by (+) and CONNECT BY
 *	  rearrange a block's clauses: qualify.c, outer_join.c, hierarchy.c.
 */
#include "postgres.h"

#include "dialect/emit.h"
#include "utils/hsearch.h"

/* An alias of a block's list, by name. */
typedef struct ListAlias
{
	char		name[NAMEDATALEN];
	const RsListItem *item;
} ListAlias;

static bool has_star(RsTranslator *translator, const RsBlock *block);
static bool groups_all(RsTranslator *translator, const RsBlock *block);

bool
rs_can_ask(RsTranslator *translator)
{
	if (translator->dialect->describe == NULL)
		translator->needs_catalog = true;
	return translator->dialect->describe != NULL;
}

/* The text of the WITH clauses that a place stands under, as one; "" if there are none. */
static char *
with_text(RsTranslator *translator, RsScope *scope)
{
	StringInfoData with;
	List	   *scopes = NIL;
	bool		recursive = false;
	ListCell   *lc;

	for (; scope != NULL; scope = scope->parent)
	{
		bool		hidden = scope->busy || scope->hidden;

		foreach(lc, scopes)
			hidden |= strcmp(((RsScope *) lfirst(lc))->name, scope->name) == 0;
		if (!hidden)
			scopes = lcons(scope, scopes);
	}
	initStringInfo(&with);
	foreach(lc, scopes)
	{
		RsScope    *one = lfirst(lc);

		if (one->text == NULL)
		{
			RsText		text;

			rs_text_init(&text);
			one->busy = true;
			rs_emit_apart(translator, &text, one->definition.first, one->definition.end);
			one->busy = false;
			one->text = text.data.data;
		}
		recursive |= one->recursive;
		appendStringInfo(&with, "%s%s", with.len > 0 ? ", " : "", one->text);
	}
	if (with.len == 0)
		return "";
	return psprintf("WITH %s%s", recursive ? "RECURSIVE " : "", with.data);
}

/* Emit a range that is no part of what is being emitted. */
void
rs_emit_apart(RsTranslator *translator, RsText *out, int first, int end)
{
	RsBlock    *aliases = translator->aliases_of;
	struct RsHierarchy *hierarchy = translator->hierarchy;
	bool		marks = translator->outer_marks;

	translator->aliases_of = NULL;
	translator->hierarchy = NULL;
	translator->outer_marks = false;
	rs_emit(translator, out, first, end);
	translator->aliases_of = aliases;
	translator->hierarchy = hierarchy;
	translator->outer_marks = marks;
}

List *
rs_describe(RsTranslator *translator, RsScope *scope, const RsText *item, List **supers)
{
	const RsDialect *dialect = translator->dialect;

	return dialect->describe(dialect->describe_arg, with_text(translator, scope), item, supers);
}

List *
rs_from_item_columns(RsTranslator *translator, const RsFromItem *item)
{
	RsText		text;

	if (item->unnested)
		return list_make1((char *) rs_name_value(translator, item->alias));
	rs_text_init(&text);
	rs_emit_apart(translator, &text, item->range.first, item->range.end);
	return rs_describe(translator, item->scope, &text, NULL);
}

List *
rs_block_columns(RsTranslator *translator, RsBlock *block)
{
	const RsRange *from = &block->clauses[RS_CLAUSE_FROM];
	bool		has_from = rs_has_clause(block, RS_CLAUSE_FROM);
	RsText		text;

	/* What follows USING of MERGE is not FROM's alone. */
	if (block->described || block->from == NIL || rs_is(&translator->tokens[block->range.first], "merge"))
		return block->columns;
	rs_text_init(&text);
	block->described = true;
	/* The table of UPDATE or DELETE */
	if (!rs_is(&translator->tokens[block->range.first], "select"))
	{
		const RsFromItem *item = linitial(block->from);

		rs_emit_apart(translator, &text, item->range.first, item->range.end);
		rs_text_add(&text, translator->tokens[item->range.first].start, has_from ? ", " : "");
	}
	if (has_from)
		rs_emit_apart(translator, &text, from->first + 1, from->end);
	block->columns = rs_describe(translator, block->scope, &text, &block->supers);
	return block->columns;
}

bool
rs_has_name(const List *names, const char *name)
{
	ListCell   *lc;

	foreach(lc, names)
		if (strcmp(lfirst(lc), name) == 0)
			return true;
	return false;
}

/* Is an item of a list just a column that its alias is the name of? */
static bool
is_own_name(RsTranslator *translator, const RsListItem *item)
{
	const RsToken *last = &translator->tokens[item->range.end - 1];

	if (!rs_is_name(last) || strcmp(rs_name_value(translator, item->range.end - 1),
									rs_name_value(translator, item->alias)) != 0)
		return false;
	for (int i = item->range.first; i < item->range.end; i++)
		if ((i - item->range.first) % 2 == 0 ? !rs_is_name(&translator->tokens[i]) :
			translator->tokens[i].kind != '.')
			return false;
	return true;
}

/* Is the token at i a column's name without a table's? */
static bool
is_bare_column(const RsToken *tokens, int i)
{
	if ((tokens[i].kind != RS_WORD && tokens[i].kind != RS_QUOTED) || tokens[i].category == RESERVED_KEYWORD ||
		tokens[i].category == TYPE_FUNC_NAME_KEYWORD)
		return false;
	if (tokens[i + 1].kind == '.' || tokens[i + 1].kind == '(' || tokens[i + 1].kind == RS_STRING ||
		rs_match(&tokens[i + 1], "with|without"))
		return false;
	/* Behind an operand it is a unit (INTERVAL '1' day) or a word of the grammar. */
	switch (tokens[i - 1].kind)
	{
		case ')':
		case ']':
		case RS_STRING:
		case RS_NUMBER:
		case RS_PARAMETER:
		case RS_QUOTED:
			return false;
	}
	return tokens[i - 1].kind != '.' && !rs_match(&tokens[i - 1], "nulls|current") && !rs_is(&tokens[i - 1], "as") &&
		!rs_is(&tokens[i - 1], "over") && !rs_is(&tokens[i - 1], "collate") &&
		!(tokens[i - 1].kind == RS_OPERATOR && strcmp(tokens[i - 1].text, "::") == 0);
}

/* Is there such an alias before the item, and no column of that name? */
static const RsListItem *
find_alias(RsTranslator *translator, RsBlock *block, int i)
{
	char		name[NAMEDATALEN];
	const ListAlias *found;

	strlcpy(name, rs_name_value(translator, i), NAMEDATALEN);
	found = hash_search(block->aliases, name, HASH_FIND, NULL);
	if (found == NULL || found->item->alias >= i)
		return NULL;
	if (!rs_can_ask(translator) || rs_has_name(rs_block_columns(translator, block), name))
		return NULL;
	return found->item;
}

int
rs_emit_alias(RsTranslator *translator, RsText *out, int i)
{
	RsBlock    *block = translator->aliases_of;
	const RsListItem *item;

	if (block == NULL || block->aliases == NULL || !is_bare_column(translator->tokens, i))
		return 0;
	item = find_alias(translator, block, i);
	if (item == NULL)
		return 0;
	rs_text_add(out, translator->tokens[i].start, "(");
	rs_emit(translator, out, item->range.first, item->range.end);
	rs_text_add(out, translator->tokens[i].start, ")");
	return 1;
}

/* Aliases that a later item could use.  The first of a name is meant. */
static void
collect_aliases(RsTranslator *translator, RsBlock *block)
{
	ListCell   *lc;

	foreach(lc, block->list)
	{
		RsListItem *item = lfirst(lc);
		char		name[NAMEDATALEN];
		ListAlias  *alias;
		bool		found;

		if (item->alias < 0 || is_own_name(translator, item))
			continue;
		if (block->aliases == NULL)
		{
			HASHCTL		control = {.keysize = NAMEDATALEN, .entrysize = sizeof(ListAlias),
								   .hcxt = CurrentMemoryContext};

			block->aliases = hash_create("aliases", 64, &control, HASH_ELEM | HASH_STRINGS | HASH_CONTEXT);
		}
		strlcpy(name, rs_name_value(translator, item->alias), NAMEDATALEN);
		alias = hash_search(block->aliases, name, HASH_ENTER, &found);
		if (!found)
			alias->item = item;
	}
}

/* Where EXCLUDE stands in the list; the list's end: nowhere. */
static int
find_exclude(RsTranslator *translator, const RsBlock *block)
{
	const RsToken *tokens = translator->tokens;
	const RsRange *list = &block->clauses[RS_CLAUSE_LIST];
	int			i = rs_find(translator, list->first + 1, list->end - 1, "exclude");

	if (i < list->end - 1 && (tokens[i + 1].kind == '(' || rs_is_name(&tokens[i + 1])) &&
		(tokens[i - 1].kind == '*' || rs_ends_operand(&tokens[i - 1])))
		return i;
	return list->end;
}

/* Is an item * or t.*? */
static bool
is_star(const RsToken *tokens, const RsRange *item)
{
	return item->end > item->first && tokens[item->end - 1].kind == '*' &&
		(item->end == item->first + 1 || tokens[item->end - 2].kind == '.');
}

/* Append t."c" or "c". */
void
rs_emit_column(RsText *out, int at, const char *table, const char *column)
{
	StringInfoData name;

	initStringInfo(&name);
	if (table != NULL)
		appendStringInfo(&name, "%s.", table);
	appendStringInfoChar(&name, '"');
	for (; *column; column++)
	{
		if (*column == '"')
			appendStringInfoChar(&name, '"');
		appendStringInfoChar(&name, *column);
	}
	appendStringInfoChar(&name, '"');
	rs_text_add(out, at, name.data);
}

/* The name by which columns of an item of FROM are qualified; NULL: it has none. */
const char *
rs_from_item_name(RsTranslator *translator, const RsFromItem *item)
{
	if (item->pivot_alias >= 0)
		return rs_name(translator, item->pivot_alias);
	if (item->alias >= 0)
		return rs_name(translator, item->alias);
	if (item->name_parts == 0)
		return psprintf("unnamed_subquery_%d", item->range.first);
	if (item->call || item->name_parts > 3)
		return NULL;
	return rs_name(translator, item->source.end - 1);
}

/* The columns of t.*, where t can't be asked for without the rest of FROM. */
static List *
star_columns(RsTranslator *translator, RsBlock *block, const RsRange *star)
{
	const RsRange *from = &block->clauses[RS_CLAUSE_FROM];
	int			at = translator->tokens[star->first].start;
	RsText		text;

	rs_text_init(&text);
	rs_text_add(&text, at, "(SELECT ");
	rs_copy(translator, &text, star->first, star->end);
	rs_text_add(&text, at, " ");
	rs_emit_apart(translator, &text, from->first, from->end);
	rs_text_add(&text, at, ") AS rs_star");
	return rs_describe(translator, block->scope, &text, NULL);
}

/* The columns of * or t.* but for those excluded: gives how many. */
static int
emit_star(RsTranslator *translator, RsText *out, RsBlock *block, const RsRange *star, const List *excluded)
{
	const RsToken *tokens = translator->tokens;
	const RsRange *from = &block->clauses[RS_CLAUSE_FROM];
	int			at = tokens[star->first].start;
	bool		merged = block->joins != NIL ||
		rs_find(translator, from->first, from->end, "using|natural|lateral") < from->end;
	bool		found = false;
	int			n = 0;
	ListCell   *lc,
			   *column;

	/* Columns that have no table's name, or items that can't be asked for by themselves */
	foreach(lc, block->from)
		merged |= ((RsFromItem *) lfirst(lc))->call;
	if (merged && rs_has_clause(block, RS_CLAUSE_FROM))
	{
		bool		all = star->end == star->first + 1;
		RsText		table;

		rs_text_init(&table);
		rs_copy(translator, &table, star->first, Max(star->end - 2, star->first));
		foreach(column, all ? rs_block_columns(translator, block) : star_columns(translator, block, star))
			if (!rs_has_name(excluded, lfirst(column)))
			{
				rs_text_add(out, at, n++ > 0 ? ", " : "");
				rs_emit_column(out, at, all ? NULL : table.data.data, lfirst(column));
			}
		return n;
	}
	foreach(lc, block->from)
	{
		const RsFromItem *item = lfirst(lc);
		const char *name = rs_from_item_name(translator, item);

		if (star->end > star->first + 1 && (name == NULL || strcmp(name, rs_name(translator, star->end - 3)) != 0))
			continue;
		found = true;
		foreach(column, rs_from_item_columns(translator, item))
			if (!rs_has_name(excluded, lfirst(column)))
			{
				rs_text_add(out, at, n++ > 0 ? ", " : "");
				rs_emit_column(out, at, item->unnested ? NULL : name, lfirst(column));
			}
	}
	if (!found)
	{
		/* PostgreSQL knows it, or says that there is no such table. */
		rs_copy(translator, out, star->first, star->end);
		n = 1;
	}
	return n;
}

/* The name that an item of a list gives its column, as far as it is known from its text. */
static const char *
item_name(RsTranslator *translator, const RsListItem *item)
{
	if (item->alias >= 0)
		return rs_name_value(translator, item->alias);
	return rs_is_name(&translator->tokens[item->range.end - 1]) ? rs_name_value(translator, item->range.end - 1) : "";
}

/* The names after EXCLUDE. */
static List *
excluded_names(RsTranslator *translator, const RsBlock *block, int exclude)
{
	List	   *names = NIL;

	for (int i = exclude + 1; i < block->clauses[RS_CLAUSE_LIST].end; i++)
		if (rs_is_name(&translator->tokens[i]))
			names = lappend(names, (char *) rs_name_value(translator, i));
	return names;
}

/*
 * A list whose * is written out, so that columns can be left out of it, or counted.
 * grouped: to be set to the ordinals of what is no aggregate.
 */
static void
emit_expanded_list(RsTranslator *translator, RsText *out, RsBlock *block, List **grouped)
{
	int			exclude = find_exclude(translator, block);
	List	   *excluded = excluded_names(translator, block, exclude);
	int			n = 0;
	ListCell   *lc;

	foreach(lc, block->list)
	{
		RsListItem *item = lfirst(lc);
		RsRange		range = item->range;
		int			at = translator->tokens[range.first].start;
		int			before = n;

		if (range.first > exclude)
			break;
		if (range.end > exclude)
			range.end = exclude;
		if (is_star(translator->tokens, &range))
		{
			RsText		star;

			rs_text_init(&star);
			n += emit_star(translator, &star, block, &range, excluded);
			rs_text_add(out, at, before > 0 && n > before ? ", " : "");
			rs_text_append(out, &star);
		}
		else if (!rs_has_name(excluded, item_name(translator, item)))
		{
			n++;
			rs_text_add(out, at, before > 0 ? ", " : "");
			rs_emit(translator, out, range.first, range.end);
			if (range.end == item->range.end && item->alias >= 0)
				rs_text_addf(out, at, " AS %s", rs_name(translator, item->alias));
		}
		if (rs_has_aggregate(translator, &range))
			continue;
		for (int k = before; k < n; k++)
			*grouped = lappend_int(*grouped, k + 1);
	}
}

/* Is an aggregate called in a range, by its own, not over a window? */
bool
rs_has_aggregate(RsTranslator *translator, const RsRange *range)
{
	const RsToken *tokens = translator->tokens;

	for (int i = range->first; i < range->end; i++)
	{
		int			behind = rs_behind_bracket(translator, i + 1);

		if (tokens[i].kind == '(' && rs_match(&tokens[i + 1], "select|with") && tokens[i].match > i)
			i = tokens[i].match;
		else if (tokens[i].kind == RS_WORD && tokens[i + 1].kind == '(' && behind > 0 &&
				 rs_is_aggregate(tokens[i].text))
		{
			if (rs_match(&tokens[behind], "within group"))
				behind = rs_behind_bracket(translator, behind + 2);
			if (!rs_is(&tokens[behind], "over"))
				return true;
		}
	}
	return false;
}

static void
emit_list(RsTranslator *translator, RsText *out, RsBlock *block)
{
	const RsRange *list = &block->clauses[RS_CLAUSE_LIST];
	RsBlock    *outer = translator->aliases_of;

	translator->aliases_of = block;
	collect_aliases(translator, block);
	block->grouped = NIL;
	if (find_exclude(translator, block) < list->end ||
		((groups_all(translator, block) || translator->hierarchy != NULL) && has_star(translator, block)))
	{
		if (rs_can_ask(translator))
			emit_expanded_list(translator, out, block, &block->grouped);
	}
	else
	{
		ListCell   *lc;

		rs_emit(translator, out, list->first, list->end);
		foreach(lc, block->list)
			if (!rs_has_aggregate(translator, &((RsListItem *) lfirst(lc))->range))
				block->grouped = lappend_int(block->grouped, foreach_current_index(lc) + 1);
	}
	translator->aliases_of = outer;
}

static bool
has_star(RsTranslator *translator, const RsBlock *block)
{
	ListCell   *lc;

	foreach(lc, block->list)
		if (is_star(translator->tokens, &((RsListItem *) lfirst(lc))->range))
			return true;
	return false;
}

/* Is it GROUP BY ALL? */
static bool
groups_all(RsTranslator *translator, const RsBlock *block)
{
	const RsRange *clause = &block->clauses[RS_CLAUSE_GROUP_BY];

	return clause->end == clause->first + 3 && rs_match(&translator->tokens[clause->first], "group by all");
}

/*
 * A clause whose expressions may use aliases of the list, which was emitted before.
 */
static void
emit_with_aliases(RsTranslator *translator, RsText *out, RsBlock *block, int first, int end)
{
	RsBlock    *outer = translator->aliases_of;

	translator->aliases_of = block;
	rs_emit(translator, out, first, end);
	translator->aliases_of = outer;
}

/* An alias alone PostgreSQL knows itself; its expression in its place could be taken for an ordinal. */
static void
emit_group_items(RsTranslator *translator, RsText *out, RsBlock *block)
{
	const RsRange *clause = &block->clauses[RS_CLAUSE_GROUP_BY];
	ListCell   *lc;

	if (block->aliases == NULL)
	{
		rs_emit(translator, out, clause->first, clause->end);
		return;
	}
	rs_copy(translator, out, clause->first, clause->first + 2);
	foreach(lc, rs_split(translator, clause->first + 2, clause->end))
	{
		const RsRange *item = lfirst(lc);

		if (foreach_current_index(lc) > 0)
		{
			rs_copy_gap(translator, out, item->first - 1);
			rs_copy(translator, out, item->first - 1, item->first);
		}
		if (item->end == item->first)
			continue;
		rs_copy_gap(translator, out, item->first);
		if (item->end == item->first + 1)
			rs_emit(translator, out, item->first, item->end);
		else
			emit_with_aliases(translator, out, block, item->first, item->end);
	}
}

static void
emit_group_by(RsTranslator *translator, RsText *out, RsBlock *block)
{
	const RsRange *clause = &block->clauses[RS_CLAUSE_GROUP_BY];
	int			at = translator->tokens[clause->first].start;
	ListCell   *lc;

	if (!groups_all(translator, block))
	{
		emit_group_items(translator, out, block);
		return;
	}
	foreach(lc, block->grouped)
	{
		rs_text_add(out, at, foreach_current_index(lc) == 0 ? "GROUP BY " : ", ");
		rs_text_addf(out, at, "%d", lfirst_int(lc));
	}
}

/* SELECT [DISTINCT ...], without TOP. */
void
rs_emit_select_keyword(RsTranslator *translator, RsText *out, const RsBlock *block)
{
	rs_copy(translator, out, block->range.first, block->range.first + 1);
	if (block->distinct.end > block->distinct.first)
	{
		rs_copy_gap(translator, out, block->distinct.first);
		rs_emit(translator, out, block->distinct.first, block->distinct.end);
	}
}

void
rs_emit_clause(RsTranslator *translator, RsText *out, RsBlock *block, RsClause clause)
{
	const RsRange *range = &block->clauses[clause];

	if (!rs_has_clause(block, clause))
		return;
	switch (clause)
	{
		case RS_CLAUSE_LIST:
			emit_list(translator, out, block);
			break;
		case RS_CLAUSE_INTO:
			/* SELECT INTO #t */
			if (translator->tokens[range->first + 1].kind == RS_TEMPORARY)
			{
				rs_copy(translator, out, range->first, range->first + 1);
				rs_text_add(out, translator->tokens[range->first + 1].start, " TEMP ");
				rs_copy(translator, out, range->first + 1, range->end);
			}
			else
				rs_copy(translator, out, range->first, range->end);
			break;
		case RS_CLAUSE_GROUP_BY:
			emit_group_by(translator, out, block);
			break;
		case RS_CLAUSE_WHERE:
		case RS_CLAUSE_HAVING:
			emit_with_aliases(translator, out, block, range->first, range->end);
			break;
		default:
			rs_emit(translator, out, range->first, range->end);
			break;
	}
}

void
rs_emit_top(RsTranslator *translator, RsText *out, const RsBlock *block)
{
	const RsToken *last = &translator->tokens[block->top.end - 1];

	rs_text_addf(out, translator->tokens[block->top.first].start, " LIMIT %s",
				 last->kind == ')' ? last[-1].text : last->text);
}

/* FROM to the last clause before GROUP BY */
static void
emit_from_where(RsTranslator *translator, RsText *out, RsBlock *block)
{
	int			at = translator->tokens[block->clauses[RS_CLAUSE_FROM].first].start;

	if (translator->hierarchy != NULL)
	{
		rs_emit_hierarchy(translator, out, block);
		if (rs_has_clause(block, RS_CLAUSE_WHERE))
		{
			rs_text_add(out, at, " ");
			rs_emit_clause(translator, out, block, RS_CLAUSE_WHERE);
		}
	}
	else
		rs_emit_outer_joins(translator, out, block);
}

void
rs_emit_from_to_window(RsTranslator *translator, RsText *out, RsBlock *block)
{
	bool		rearranged = translator->hierarchy != NULL || block->outer_marks;

	for (RsClause clause = RS_CLAUSE_FROM; clause < RS_CLAUSE_TAIL; clause++)
	{
		if (!rs_has_clause(block, clause) || clause == RS_CLAUSE_QUALIFY ||
			(rearranged && clause >= RS_CLAUSE_WHERE && clause <= RS_CLAUSE_CONNECT_BY))
			continue;
		rs_text_add(out, translator->tokens[block->clauses[clause].first].start, " ");
		if (rearranged && clause == RS_CLAUSE_FROM)
			emit_from_where(translator, out, block);
		else
			rs_emit_clause(translator, out, block, clause);
	}
}

/* The clauses of a SELECT in their order. */
static void
emit_in_order(RsTranslator *translator, RsText *out, RsBlock *block)
{
	const RsToken *tokens = translator->tokens;
	bool		top = block->top.end > block->top.first;
	bool		brackets = top && block->set_operation;
	bool		limited = false;
	bool		rearranged = translator->hierarchy != NULL || block->outer_marks;

	if (brackets)
		rs_text_add(out, tokens[block->range.first].start, "(");
	rs_emit_select_keyword(translator, out, block);
	for (RsClause clause = 0; clause < RS_CLAUSES; clause++)
	{
		if (!rs_has_clause(block, clause) ||
			(rearranged && clause >= RS_CLAUSE_WHERE && clause <= RS_CLAUSE_CONNECT_BY))
			continue;
		if (clause == RS_CLAUSE_TAIL && brackets)
		{
			/* The order is the set operation's. */
			rs_emit_top(translator, out, block);
			rs_text_add(out, tokens[block->top.first].start, ")");
			limited = true;
		}
		rs_copy_gap(translator, out, block->clauses[clause].first);
		if (rearranged && clause == RS_CLAUSE_FROM)
			emit_from_where(translator, out, block);
		else
			rs_emit_clause(translator, out, block, clause);
	}
	if (top && !limited)
	{
		rs_emit_top(translator, out, block);
		rs_text_add(out, tokens[block->top.first].start, brackets ? ")" : "");
	}
}

/*
 * Do the clauses follow each other, each once?  PostgreSQL refuses the statement if not,
 * and so it must see it as it stands.
 */
static bool
is_well_formed(const RsBlock *block)
{
	int			at = block->clauses[RS_CLAUSE_LIST].first;

	for (RsClause clause = 0; clause < RS_CLAUSES; clause++)
	{
		const RsRange *range = &block->clauses[clause];

		/* These two come in any order. */
		if (clause == RS_CLAUSE_START_WITH && rs_has_clause(block, clause) &&
			rs_has_clause(block, RS_CLAUSE_CONNECT_BY) &&
			range[0].first == range[1].end && range[1].first == at)
			at = range[0].end;
		else if (clause == RS_CLAUSE_CONNECT_BY && range->end == range[-1].first && rs_has_clause(block, clause))
			continue;
		else if (rs_has_clause(block, clause))
		{
			if (range->first != at)
				return false;
			at = range->end;
		}
	}
	return at == block->range.end;
}

int
rs_emit_block(RsTranslator *translator, RsText *out, RsBlock *block)
{
	RsTranslator outer = *translator;

	translator->block = block;
	translator->aliases_of = NULL;
	translator->hierarchy = NULL;
	translator->outer_marks = false;
	if (!rs_is(&translator->tokens[block->range.first], "select") || !is_well_formed(block))
	{
		rs_copy(translator, out, block->range.first, block->range.first + 1);
		/* DELETE t */
		if (rs_is(&translator->tokens[block->range.first], "delete") &&
			!rs_is(&translator->tokens[block->range.first + 1], "from"))
			rs_text_add(out, translator->tokens[block->range.first].end, " FROM");
		if (block->range.end > block->range.first + 1)
		{
			rs_copy_gap(translator, out, block->range.first + 1);
			rs_emit(translator, out, block->range.first + 1, block->range.end);
		}
	}
	else
	{
		if (rs_has_clause(block, RS_CLAUSE_CONNECT_BY) && rs_has_clause(block, RS_CLAUSE_FROM))
			translator->hierarchy = rs_read_hierarchy(translator, block);
		if (rs_has_clause(block, RS_CLAUSE_QUALIFY))
			rs_emit_qualified(translator, out, block);
		else
			emit_in_order(translator, out, block);
	}
	translator->block = outer.block;
	translator->aliases_of = outer.aliases_of;
	translator->hierarchy = outer.hierarchy;
	translator->outer_marks = outer.outer_marks;
	return block->range.end - block->range.first;
}
