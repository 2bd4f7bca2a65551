/*
 * outer_join.c
 *	  Outer joins by (+).
 *
 * A condition that marks a column of a table by (+) is one of a left join of that table:
 * FROM a, b WHERE a.x = b.x(+) AND a.y = 1 becomes FROM a LEFT JOIN b ON a.x = b.x
 * WHERE a.y = 1.  The tables that are not marked come first, joined by CROSS JOIN; of the
 * others, each stands behind those that its conditions name.
 */
#include "postgres.h"

#include "dialect/emit.h"
#include "nodes/bitmapset.h"

/* A condition of WHERE between ANDs. */
typedef struct Condition
{
	RsRange		range;
	int			table;			/* the one that it marks; -1: none */
	Bitmapset  *needs;			/* the tables that it names */
} Condition;

bool
rs_is_outer_mark(const RsToken *token)
{
	return token->kind == '(' && token[1].kind == '+' && token[2].kind == ')';
}

/* The item of FROM that the column whose name ends before token i belongs to; -1: unknown. */
static int
table_of(RsTranslator *translator, const RsBlock *block, int i)
{
	const RsToken *tokens = translator->tokens;
	ListCell   *lc;

	foreach(lc, block->from)
	{
		const RsFromItem *item = lfirst(lc);
		const char *name = rs_from_item_name(translator, item);

		if (tokens[i - 2].kind == '.')
		{
			if (name != NULL && strcmp(name, rs_name(translator, i - 3)) == 0)
				return foreach_current_index(lc);
		}
		else if (!rs_can_ask(translator) ||
				 rs_has_name(rs_from_item_columns(translator, item), rs_name_value(translator, i - 1)))
			return foreach_current_index(lc);
	}
	return -1;
}

static void
raise_mixed(RsTranslator *translator, int i, const char *what)
{
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("%s cannot be used with the outer join operator (+)", what),
			 rs_error_position(translator, i)));
}

/* The conditions between the ANDs of WHERE. */
static List *
split_conditions(RsTranslator *translator, const RsBlock *block)
{
	const RsToken *tokens = translator->tokens;
	const RsRange *where = &block->clauses[RS_CLAUSE_WHERE];
	List	   *conditions = NIL;
	int			first = where->first + 1;
	bool		between = false;
	int			either = rs_find(translator, first, where->end, "or");

	if (either < where->end)
		raise_mixed(translator, either, "OR");
	for (int i = first; i <= where->end; i++)
	{
		int			behind = i < where->end ? rs_behind_bracket(translator, i) : 0;

		if (i == where->end || (rs_is(&tokens[i], "and") && !between))
		{
			Condition  *condition = palloc0(sizeof(Condition));

			condition->range = (RsRange)
			{
				first, i
			};
			condition->table = -1;
			conditions = lappend(conditions, condition);
			first = i + 1;
		}
		else if (rs_is(&tokens[i], "and"))
			between = false;
		else if (rs_is(&tokens[i], "between"))
			between = true;
		if (behind > 0 && !rs_is_outer_mark(&tokens[i]))
			i = behind - 1;
	}
	return conditions;
}

/* Find what tables a condition names, and which it marks. */
static void
read_condition(RsTranslator *translator, const RsBlock *block, Condition *condition)
{
	const RsToken *tokens = translator->tokens;

	for (int i = condition->range.first; i < condition->range.end; i++)
	{
		int			table;

		if (rs_is_outer_mark(&tokens[i]))
		{
			table = table_of(translator, block, i);
			if (table < 0)
				rs_syntax_error(translator, i);
			if (condition->table >= 0 && condition->table != table && !translator->needs_catalog)
				ereport(ERROR,
						(errcode(ERRCODE_SYNTAX_ERROR),
						 errmsg("a condition can mark one table only with the outer join operator (+)"),
						 rs_error_position(translator, i)));
			condition->table = table;
		}
		if (rs_is_name(&tokens[i]) && tokens[i + 1].kind == '.' && rs_is_name(&tokens[i + 2]) &&
			(table = table_of(translator, block, i + 3)) >= 0)
			condition->needs = bms_add_member(condition->needs, table);
	}
}

/* LEFT JOIN table ON its conditions */
static void
emit_join(RsTranslator *translator, RsText *out, const RsBlock *block, const List *conditions, int table)
{
	const RsFromItem *item = list_nth(block->from, table);
	const char *before = " ON ";
	ListCell   *lc;

	rs_text_add(out, translator->tokens[item->range.first].start, " LEFT JOIN ");
	rs_emit(translator, out, item->range.first, item->range.end);
	foreach(lc, conditions)
	{
		const Condition *condition = lfirst(lc);

		if (condition->table != table)
			continue;
		rs_text_add(out, translator->tokens[condition->range.first].start, before);
		rs_emit(translator, out, condition->range.first, condition->range.end);
		before = " AND ";
	}
}

/* The tables that the conditions of one name must stand before it. */
static bool
is_ready(const List *conditions, int table, const Bitmapset *joined)
{
	ListCell   *lc;

	foreach(lc, conditions)
	{
		const Condition *condition = lfirst(lc);

		if (condition->table == table &&
			!bms_is_subset(bms_del_member(bms_copy(condition->needs), table), joined))
			return false;
	}
	return true;
}

/* Items of FROM must have nothing but commas between them. */
static void
refuse_joins(RsTranslator *translator, const RsBlock *block)
{
	int			at = block->clauses[RS_CLAUSE_FROM].first + 1;
	ListCell   *lc;

	foreach(lc, block->from)
	{
		const RsFromItem *item = lfirst(lc);

		if (item->range.first != at)
			break;
		at = item->range.end;
		if (translator->tokens[at].kind == ',')
			at++;
	}
	if (at != block->clauses[RS_CLAUSE_FROM].end)
		raise_mixed(translator, at, "JOIN");
}

/* FROM and WHERE of a block that has marks. */
void
rs_emit_outer_joins(RsTranslator *translator, RsText *out, RsBlock *block)
{
	const RsToken *tokens = translator->tokens;
	const RsRange *from = &block->clauses[RS_CLAUSE_FROM];
	const RsRange *where = &block->clauses[RS_CLAUSE_WHERE];
	List	   *conditions = split_conditions(translator, block);
	Bitmapset  *marked = NULL,
			   *joined = NULL;
	const char *before;
	bool		progress = true;
	bool		outer = translator->outer_marks;
	ListCell   *lc;

	refuse_joins(translator, block);
	foreach(lc, conditions)
	{
		Condition  *condition = lfirst(lc);

		read_condition(translator, block, condition);
		if (condition->table >= 0)
			marked = bms_add_member(marked, condition->table);
	}
	translator->outer_marks = true;
	rs_copy(translator, out, from->first, from->first + 1);
	before = " ";
	for (int table = 0; table < list_length(block->from); table++)
	{
		const RsFromItem *item = list_nth(block->from, table);

		if (bms_is_member(table, marked))
			continue;
		rs_text_add(out, tokens[item->range.first].start, before);
		rs_emit(translator, out, item->range.first, item->range.end);
		joined = bms_add_member(joined, table);
		before = " CROSS JOIN ";
	}
	while (progress && bms_num_members(joined) < list_length(block->from))
	{
		progress = false;
		for (int table = 0; table < list_length(block->from); table++)
			if (!bms_is_member(table, joined) && joined != NULL && is_ready(conditions, table, joined))
			{
				emit_join(translator, out, block, conditions, table);
				joined = bms_add_member(joined, table);
				progress = true;
			}
	}
	/* A column without a table's name may be of any of them, as long as the catalog is not asked. */
	if (!progress && !translator->needs_catalog)
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR),
				 errmsg("tables are outer-joined by (+) to each other"),
				 rs_error_position(translator, where->first)));
	before = " WHERE ";
	foreach(lc, conditions)
	{
		const Condition *condition = lfirst(lc);

		if (condition->table >= 0)
			continue;
		rs_text_add(out, tokens[condition->range.first].start, before);
		rs_emit(translator, out, condition->range.first, condition->range.end);
		before = " AND ";
	}
	translator->outer_marks = outer;
}
