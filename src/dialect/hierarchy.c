/*
 * hierarchy.c
 *	  START WITH ... CONNECT BY, as a recursive query.
 *
 *	SELECT e.name, LEVEL FROM emp e WHERE LEVEL < 4 START WITH e.id = 1 CONNECT BY PRIOR e.id = e.boss
 *
 * becomes
 *
 *	SELECT e.name, h.level FROM (WITH RECURSIVE h (level, c1_1, c1_2, ...) AS (
 *			SELECT 1, e.id, e.name, ... FROM emp e WHERE e.id = 1
 *			UNION ALL SELECT h.level + 1, e.id, e.name, ... FROM h, emp e WHERE h.c1_1 = e.boss)
 *		SELECT * FROM h) AS h, LATERAL (SELECT h.c1_1 AS id, h.c1_2 AS name, ...) AS e WHERE h.level < 4
 *
 * so that each table's columns keep their names, qualified or not.  Joins are done before,
 * WHERE after.  NOCYCLE leaves out rows that are their own ancestors; without it they are an
 * error, found as Brent finds cycles: each row carries one ancestor, that of the last level
 * that is a power of two, so that deep hierarchies need no long paths.
 */
#include "postgres.h"

#include "dialect/emit.h"

/* A block's hierarchy while it is emitted. */
typedef struct RsHierarchy
{
	const char *name;			/* of the recursive query */
	List	   *tables;			/* names (char *) of the items of FROM */
	List	   *columns;		/* a List of names (char *) for each */
	const char *level;			/* what LEVEL is */
	bool		prior;			/* do columns mean the parent's row? */
	bool		prior_met;		/* has PRIOR been there? */
} Hierarchy;

/* The column of the recursive query for the name at i, which may be t.c; *length: its tokens. */
static char *
parent_column(RsTranslator *translator, int i, int *length)
{
	const Hierarchy *hierarchy = translator->hierarchy;
	const RsToken *tokens = translator->tokens;
	bool		qualified = tokens[i + 1].kind == '.';
	ListCell   *lc,
			   *column;

	*length = qualified ? 3 : 1;
	foreach(lc, hierarchy->columns)
	{
		const char *table = list_nth(hierarchy->tables, foreach_current_index(lc));

		if (qualified && (table == NULL || strcmp(table, rs_name(translator, i)) != 0))
			continue;
		foreach(column, (List *) lfirst(lc))
			if (strcmp(lfirst(column), rs_name_value(translator, i + *length - 1)) == 0)
				return psprintf("%s.c%d_%d", hierarchy->name, foreach_current_index(lc) + 1,
								foreach_current_index(column) + 1);
	}
	return NULL;
}

/* PRIOR x, where x is a column, a call or in brackets. */
static int
emit_prior(RsTranslator *translator, RsText *out, int i)
{
	const RsToken *tokens = translator->tokens;
	int			end = i + 1;

	if (rs_is_name(&tokens[end]))
		end += tokens[end + 1].kind == '.' ? 3 : 1;
	if (rs_behind_bracket(translator, end) > 0)
		end = rs_behind_bracket(translator, end);
	if (end == i + 1)
		return 0;
	translator->hierarchy->prior = translator->hierarchy->prior_met = true;
	rs_emit(translator, out, i + 1, end);
	translator->hierarchy->prior = false;
	return end - i;
}

int
rs_emit_hierarchy_word(RsTranslator *translator, RsText *out, int i)
{
	Hierarchy  *hierarchy = translator->hierarchy;
	const RsToken *tokens = translator->tokens;
	int			length;
	char	   *column;

	if (tokens[i - 1].kind == '.' || rs_is(&tokens[i - 1], "as"))
		return 0;
	if (rs_is(&tokens[i], "prior") && hierarchy->level != NULL && !hierarchy->prior)
		return emit_prior(translator, out, i);
	if (tokens[i + 1].kind == '(')
		return 0;
	if (rs_is(&tokens[i], "level") && tokens[i + 1].kind != '.' && hierarchy->level != NULL)
	{
		rs_text_add(out, tokens[i].start, hierarchy->level);
		return 1;
	}
	if (!hierarchy->prior || tokens[i].category == RESERVED_KEYWORD)
		return 0;
	column = parent_column(translator, i, &length);
	if (column == NULL)
		return 0;
	rs_text_add(out, tokens[i].start, column);
	return length;
}

/* Columns of all tables, each t."c". */
static void
emit_columns(RsTranslator *translator, RsText *out, int at)
{
	const Hierarchy *hierarchy = translator->hierarchy;
	ListCell   *lc,
			   *column;

	foreach(lc, hierarchy->columns)
		foreach(column, (List *) lfirst(lc))
	{
		rs_text_add(out, at, ", ");
		rs_emit_column(out, at, list_nth(hierarchy->tables, foreach_current_index(lc)), lfirst(column));
	}
}

/* FROM h, ... WHERE CONNECT BY's condition */
static void
emit_children(RsTranslator *translator, RsText *out, const RsBlock *block, int nocycle, const char *row)
{
	const RsRange *from = &block->clauses[RS_CLAUSE_FROM];
	const RsRange *connect = &block->clauses[RS_CLAUSE_CONNECT_BY];
	int			at = translator->tokens[connect->first].start;
	Hierarchy  *hierarchy = translator->hierarchy;

	rs_text_addf(out, at, " UNION ALL SELECT %s.level + 1", hierarchy->name);
	emit_columns(translator, out, at);
	if (nocycle)
		rs_text_addf(out, at, ", %s.path || %s", hierarchy->name, row);
	else
		rs_text_addf(out, at, ", CASE %s.level & (%s.level + 1) WHEN 0 THEN %s ELSE %s.path END", hierarchy->name,
					 hierarchy->name, row, hierarchy->name);
	rs_text_addf(out, at, " FROM %s, ", hierarchy->name);
	rs_emit(translator, out, from->first + 1, from->end);
	rs_text_add(out, at, " WHERE (");
	hierarchy->level = psprintf("(%s.level + 1)", hierarchy->name);
	rs_emit(translator, out, connect->first + 2 + nocycle, connect->end);
	rs_text_add(out, at, ")");
	if (nocycle)
		rs_text_addf(out, at, " AND NOT %s = ANY (%s.path)", row, hierarchy->name);
	/* Rows that nothing connects to their parents but a level (CONNECT BY LEVEL < 9) come again. */
	else if (hierarchy->prior_met)
		rs_text_addf(out, at, " AND redshift.is_no_ancestor(%s, %s.path)", row, hierarchy->name);
}

/* The recursive query, as a subquery with its columns. */
static void
emit_recursion(RsTranslator *translator, RsText *out, const RsBlock *block)
{
	const RsRange *from = &block->clauses[RS_CLAUSE_FROM];
	const RsRange *start = &block->clauses[RS_CLAUSE_START_WITH];
	const RsRange *connect = &block->clauses[RS_CLAUSE_CONNECT_BY];
	int			at = translator->tokens[connect->first].start;
	bool		nocycle = rs_is(&translator->tokens[connect->first + 2], "nocycle");
	Hierarchy  *hierarchy = translator->hierarchy;
	RsText		row;
	ListCell   *lc;

	rs_text_init(&row);
	emit_columns(translator, &row, at);
	rs_text_addf(out, at, "(WITH RECURSIVE %s (level", hierarchy->name);
	foreach(lc, hierarchy->columns)
		for (int k = 1; k <= list_length(lfirst(lc)); k++)
			rs_text_addf(out, at, ", c%d_%d", foreach_current_index(lc) + 1, k);
	rs_text_add(out, at, ", path) AS (SELECT 1");
	emit_columns(translator, out, at);
	rs_text_addf(out, at, nocycle ? ", ARRAY[CAST(ROW(%s) AS text)]" : ", CAST(ROW(%s) AS text)", row.data.data + 2);
	rs_text_add(out, at, " ");
	hierarchy->level = "1";
	rs_emit(translator, out, from->first, from->end);
	if (rs_has_clause(block, RS_CLAUSE_START_WITH))
	{
		rs_text_add(out, translator->tokens[start->first].start, " WHERE ");
		rs_emit(translator, out, start->first + 2, start->end);
	}
	emit_children(translator, out, block, nocycle, psprintf("CAST(ROW(%s) AS text)", row.data.data + 2));
	rs_text_addf(out, at, ") SELECT * FROM %s) AS %s", hierarchy->name, hierarchy->name);
}

/* FROM of a block that has CONNECT BY; LEVEL has its meaning from here on. */
void
rs_emit_hierarchy(RsTranslator *translator, RsText *out, RsBlock *block)
{
	Hierarchy  *hierarchy = translator->hierarchy;
	int			at = translator->tokens[block->clauses[RS_CLAUSE_FROM].first].start;
	const char *level = hierarchy->level;
	ListCell   *lc,
			   *column;

	rs_text_add(out, at, "FROM ");
	emit_recursion(translator, out, block);
	foreach(lc, hierarchy->columns)
	{
		rs_text_add(out, at, ", LATERAL (SELECT ");
		foreach(column, (List *) lfirst(lc))
		{
			rs_text_addf(out, at, "%s%s.c%d_%d AS ", foreach_current_index(column) > 0 ? ", " : "", hierarchy->name,
						 foreach_current_index(lc) + 1, foreach_current_index(column) + 1);
			rs_emit_column(out, at, NULL, lfirst(column));
		}
		rs_text_addf(out, at, ") AS %s", (char *) list_nth(hierarchy->tables, foreach_current_index(lc)));
	}
	hierarchy->level = level;
}

/* Find the tables of a block that has CONNECT BY; NULL: the catalog can't be asked. */
struct RsHierarchy *
rs_read_hierarchy(RsTranslator *translator, RsBlock *block)
{
	Hierarchy  *hierarchy;
	ListCell   *lc;

	if (!rs_can_ask(translator))
		return NULL;
	hierarchy = palloc0(sizeof(Hierarchy));
	hierarchy->name = psprintf("rs_hierarchy_%d", block->range.first);
	hierarchy->level = psprintf("%s.level", hierarchy->name);
	foreach(lc, block->from)
	{
		const RsFromItem *item = lfirst(lc);
		const char *name = rs_from_item_name(translator, item);

		if (name == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_SYNTAX_ERROR),
					 errmsg("an item of FROM must have an alias in a query with CONNECT BY"),
					 rs_error_position(translator, item->range.first)));
		hierarchy->tables = lappend(hierarchy->tables, (char *) name);
		hierarchy->columns = lappend(hierarchy->columns, rs_from_item_columns(translator, item));
	}
	return hierarchy;
}
