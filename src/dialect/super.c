/*
 * super.c
 *	  SUPER, which is jsonb here: navigation by t.column.a.b[0].c, and items of FROM that
 *	  are the elements of an array or the attributes of an object.
 *
 * What follows the column in a path becomes subscripts of jsonb.  Where the column ends is
 * told by the names of FROM's items; a path that begins with a column's name is known
 * only to the catalog.
 */
#include "postgres.h"

#include "dialect/emit.h"
#include "dialect/type_name.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"

/* An item of a block's FROM, by its name. */
typedef struct NamedItem
{
	char		name[NAMEDATALEN];
	bool		unnested;		/* a value of SUPER, no table */
} NamedItem;

/* Names in a path that are no tables of FROM's, but of statements' own. */
static bool
is_special_row(const char *name)
{
	return strcmp(name, "excluded") == 0 || strcmp(name, "new") == 0 || strcmp(name, "old") == 0;
}

static void
name_item(RsTranslator *translator, RsBlock *block, int i, bool unnested)
{
	char		name[NAMEDATALEN];

	if (!rs_is_name(&translator->tokens[i]))
		return;
	strlcpy(name, rs_name_value(translator, i), NAMEDATALEN);
	((NamedItem *) hash_search(block->items, name, HASH_ENTER, NULL))->unnested = unnested;
}

static void
name_items(RsTranslator *translator, RsBlock *block)
{
	HASHCTL		control = {.keysize = NAMEDATALEN, .entrysize = sizeof(NamedItem), .hcxt = CurrentMemoryContext};
	ListCell   *lc;

	block->items = hash_create("items", 16, &control, HASH_ELEM | HASH_STRINGS | HASH_CONTEXT);
	foreach(lc, block->joins)
		name_item(translator, block, lfirst_int(lc), false);
	foreach(lc, block->from)
	{
		const RsFromItem *item = lfirst(lc);
		int			i = item->pivot_alias >= 0 ? item->pivot_alias : item->alias;

		if (i < 0 && item->call)
			for (i = item->source.first; translator->tokens[i + 1].kind != '('; i++)
				;
		else if (i < 0)
			i = item->source.end - (translator->tokens[item->source.end - 1].kind == '*' ? 2 : 1);
		name_item(translator, block, i, item->unnested);
	}
}

/* The item of FROM, of the block or one around it, that a name in an expression means. */
static const NamedItem *
find_item(RsTranslator *translator, const char *value)
{
	char		name[NAMEDATALEN];

	strlcpy(name, value, NAMEDATALEN);
	for (RsBlock *block = translator->block; block != NULL; block = block->parent)
	{
		const NamedItem *found;

		if (block->items == NULL)
			name_items(translator, block);
		found = hash_search(block->items, name, HASH_FIND, NULL);
		if (found != NULL)
			return found;
	}
	return NULL;
}

/* The end of the names and subscripts at i, behind an operand. */
static int
steps_end(RsTranslator *translator, int i)
{
	const RsToken *tokens = translator->tokens;

	for (;;)
	{
		if (tokens[i].kind == '.' && (tokens[i + 1].kind == RS_WORD || tokens[i + 1].kind == RS_QUOTED))
			i += 2;
		else if (tokens[i].kind == '[' && rs_behind_bracket(translator, i) > 0)
			i = rs_behind_bracket(translator, i);
		else
			return i;
	}
}

/* The end of a path at i: names and subscripts; *names: how many names before a subscript. */
static int
path_end(RsTranslator *translator, int i, int *names, bool *attribute)
{
	const RsToken *tokens = translator->tokens;
	bool		subscript = false;

	*names = 1;
	*attribute = false;
	i++;
	for (;;)
	{
		if (tokens[i].kind == '.' && (tokens[i + 1].kind == RS_WORD || tokens[i + 1].kind == RS_QUOTED))
		{
			*names += !subscript;
			*attribute |= subscript;
			i += 2;
		}
		else if (tokens[i].kind == '[' && rs_behind_bracket(translator, i) > 0)
		{
			subscript = true;
			i = rs_behind_bracket(translator, i);
		}
		else
			return i;
	}
}

/* Is the name at i that of a column of FROM that is SUPER? */
static bool
is_super_column(RsTranslator *translator, int i)
{
	if (translator->block == NULL || translator->block->from == NIL ||
		is_special_row(rs_name_value(translator, i)) || !rs_can_ask(translator))
		return false;
	for (RsBlock *block = translator->block; block != NULL; block = block->parent)
	{
		rs_block_columns(translator, block);
		if (rs_has_name(block->supers, rs_name_value(translator, i)))
			return true;
	}
	return false;
}

/*
 * How many names of a path are those of a column; 0: it is no path into a SUPER.  Paths
 * that begin with a table's name and have more parts than its columns' are one; those that
 * begin with a column's name could also be fields of a composite type.
 */
static int
column_names(RsTranslator *translator, int i, int names, bool attribute)
{
	const NamedItem *item = find_item(translator, rs_name_value(translator, i));

	if (item != NULL && item->unnested)
		return names > 1 || attribute ? 1 : 0;
	if (item != NULL)
		return names > 2 || (names == 2 && attribute) ? 2 : 0;
	if (names > 2 && find_item(translator, rs_name_value(translator, i + 2)) != NULL)
		return names > 3 || attribute ? 3 : 0;
	/* database.schema.table.column */
	if (names > 3 && find_item(translator, rs_name_value(translator, i + 4)) != NULL)
		return names > 4 || attribute ? 4 : 0;
	if (names == 1 && !attribute)
		return 0;
	return is_super_column(translator, i) ? 1 : 0;
}

/* Is the name of a type that of strings? */
static bool
is_string_type(const RsToken *token)
{
	return rs_match(token, "varchar|text|char|character|bpchar") != 0 || rs_match(token, "nvarchar|nchar") != 0;
}

/* Names and subscripts as subscripts of jsonb. */
static void
emit_steps(RsTranslator *translator, RsText *out, int at, int end)
{
	const RsToken *tokens = translator->tokens;

	while (at < end)
	{
		if (tokens[at].kind == '.')
		{
			rs_text_addf(out, tokens[at].start, "[%s]", quote_literal_cstr(rs_name_value(translator, at + 1)));
			at += 2;
		}
		else
		{
			int			behind = rs_behind_bracket(translator, at);

			rs_emit(translator, out, at, behind);
			at = behind;
		}
	}
}

/* A path as subscripts of its column, of which names are names. */
static void
emit_path(RsTranslator *translator, RsText *out, int i, int end, int names)
{
	rs_copy(translator, out, i, i + 2 * names - 1);
	emit_steps(translator, out, i + 2 * names - 1, end);
}

static bool
is_cast(const RsToken *token)
{
	return token->kind == RS_OPERATOR && strcmp(token->text, "::") == 0;
}

/* The end of the operand that begins at i, before a cast; 0: none begins there. */
static int
operand_end(RsTranslator *translator, int i)
{
	const RsToken *tokens = translator->tokens;
	int			end;

	if (tokens[i].kind == RS_STRING || tokens[i].kind == RS_NUMBER)
		return i + 1;
	if (tokens[i].kind == '-' && tokens[i + 1].kind == RS_NUMBER)
		return i > 0 && rs_ends_operand(&tokens[i - 1]) ? 0 : i + 2;
	if (i > 0 && (tokens[i - 1].kind == '.' || rs_is(&tokens[i - 1], "as") || is_cast(&tokens[i - 1])))
		return 0;
	if (tokens[i].kind == '(')
		return rs_ends_operand(&tokens[i - 1]) ? 0 : rs_behind_bracket(translator, i);
	if (!rs_is_name(&tokens[i]))
		return 0;
	end = steps_end(translator, i + 1);
	if (tokens[end].kind == '(')
	{
		end = rs_behind_bracket(translator, end);
		return end > 0 ? steps_end(translator, end) : 0;
	}
	return end;
}

/* x::SUPER is the value x, not the JSON that it may be the text of. */
int
rs_emit_super_cast(RsTranslator *translator, RsText *out, int i, int end)
{
	int			behind = operand_end(translator, i);
	const RsToken *token;

	/* Other casts may stand before it. */
	while (behind > 0 && is_cast(&translator->tokens[behind]) && !rs_is(&translator->tokens[behind + 1], "super"))
	{
		int			type = rs_type_length(&translator->tokens[behind + 1]);

		behind = type > 0 ? behind + 1 + type : 0;
	}
	token = &translator->tokens[behind];
	/* Behind what is cast: so this is not met again. */
	if (behind == 0 || behind + 2 > end || !is_cast(token) || !rs_is(&token[1], "super"))
		return 0;
	rs_text_add(out, translator->tokens[i].start, "redshift.super(");
	rs_emit(translator, out, i, behind);
	rs_text_add(out, token->start, ")");
	return behind + 2 - i;
}

/* f(x).a[0]: a path in what a function gives. */
int
rs_emit_call_path(RsTranslator *translator, RsText *out, int i, int end)
{
	const RsToken *tokens = translator->tokens;
	int			open = i + 1;
	int			behind;
	int			steps;
	bool		string;

	/* BY (x)[1] and SET (a[1])[1] are no calls: keywords have no path, but for coalesce(). */
	if ((i > 0 && tokens[i - 1].kind == '.') ||
		(tokens[i].kind == RS_WORD && tokens[i].category != RS_NOT_KEYWORD && !rs_is(&tokens[i], "coalesce")))
		return 0;
	while (tokens[open].kind == '.' && rs_is_name(&tokens[open + 1]))
		open += 2;
	behind = tokens[open].kind == '(' ? rs_behind_bracket(translator, open) : 0;
	steps = behind > 0 && behind < end ? steps_end(translator, behind) : 0;
	if (steps <= behind || !rs_is_name(&tokens[i]) || tokens[steps].kind == '(')
		return 0;
	string = is_cast(&tokens[steps]) && is_string_type(&tokens[steps + 1]);
	rs_text_add(out, tokens[i].start, string ? "redshift.super_text((" : "(");
	rs_emit(translator, out, i, behind);
	rs_text_add(out, tokens[behind].start, ")");
	emit_steps(translator, out, behind, steps);
	rs_text_add(out, tokens[steps - 1].end, string ? ")" : "");
	return steps - i;
}

/* What a SUPER is compared with is one too, if it is a literal or a column: gives its end. */
static int
compared_end(RsTranslator *translator, int i)
{
	const RsToken *tokens = translator->tokens;
	int			end = i + (tokens[i].kind == '-');
	int			names;
	bool		attribute;

	if (tokens[end].kind == RS_STRING || tokens[end].kind == RS_NUMBER)
		end++;
	else if (end == i && rs_is_name(&tokens[i]) && tokens[i + 1].kind != '(' && tokens[i + 1].kind != RS_STRING)
		end = path_end(translator, i, &names, &attribute);
	else if (end == i && rs_match(&tokens[i], "true|false"))
		end++;
	else
		return 0;
	if (tokens[end].kind == RS_OPERATOR || tokens[end].kind == '(' || tokens[end].kind == '[' ||
		(tokens[end].kind < 256 && tokens[end].kind != RS_END_OF_TEXT && strchr("+-*/%^", tokens[end].kind) != NULL))
		return 0;
	return end;
}

static bool
is_comparison(const RsToken *token)
{
	static const char *const operators[] = {"<=", ">=", "<>", "!="};

	if (token->kind == '=' || token->kind == '<' || token->kind == '>')
		return true;
	for (int i = 0; token->kind == RS_OPERATOR && i < lengthof(operators); i++)
		if (strcmp(token->text, operators[i]) == 0)
			return true;
	return false;
}

bool
rs_emit_path_as_text(RsTranslator *translator, RsText *out, const RsRange *range, const RsToken *type)
{
	int			names,
				columns;
	bool		attribute;

	if (!is_string_type(type) || !rs_is_name(&translator->tokens[range->first]) ||
		path_end(translator, range->first, &names, &attribute) != range->end)
		return false;
	columns = column_names(translator, range->first, names, attribute);
	if (columns == 0)
		return false;
	if (out != NULL)
	{
		rs_text_add(out, translator->tokens[range->first].start, "redshift.super_text(");
		emit_path(translator, out, range->first, range->end, columns);
		rs_text_add(out, translator->tokens[range->end - 1].end, ")");
	}
	return true;
}

/* [NOT] IN (literals, columns) at i, behind a path: they are compared with a SUPER; gives its end, i: none. */
static int
emit_in(RsTranslator *translator, RsText *out, int i)
{
	int			open = i + rs_match(&translator->tokens[i], "[not] in");
	int			behind = open > i ? rs_behind_bracket(translator, open) : 0;
	ListCell   *lc;

	if (behind == 0 || rs_match(&translator->tokens[open + 1], "select|with|values|table") != 0)
		return i;
	rs_copy_gap(translator, out, i);
	rs_copy(translator, out, i, open + 1);
	foreach(lc, rs_split(translator, open + 1, behind - 1))
	{
		const RsRange *item = lfirst(lc);
		bool		super = compared_end(translator, item->first) == item->end;

		rs_text_add(out, translator->tokens[item->first].start, super ? "redshift.super(" : "");
		rs_emit(translator, out, item->first, item->end);
		rs_text_add(out, translator->tokens[item->end].start, super ? ")" : "");
		rs_copy(translator, out, item->end, item->end + 1);
	}
	return behind;
}

/* Is the name at i, alone, that of an item of FROM that is a value of SUPER? */
static bool
is_element(RsTranslator *translator, int i)
{
	const RsToken *next = &translator->tokens[i + 1];
	const NamedItem *item;

	if (!rs_is_name(&translator->tokens[i]) || next->kind == '.' || next->kind == '[' || next->kind == '(')
		return false;
	item = find_item(translator, rs_name_value(translator, i));
	return item != NULL && item->unnested;
}

/* The string at i, if it is compared with the path behind it: 0, it is not. */
int
rs_emit_compared_string(RsTranslator *translator, RsText *out, int i)
{
	const RsToken *tokens = translator->tokens;
	int			names,
				end;
	bool		attribute;

	if (!is_comparison(&tokens[i + 1]) || !rs_is_name(&tokens[i + 2]) ||
		(tokens[i + 3].kind != '.' && tokens[i + 3].kind != '[' && !is_element(translator, i + 2)) ||
		(i > 0 && (rs_ends_operand(&tokens[i - 1]) ||
				   (tokens[i - 1].kind != '(' && tokens[i - 1].kind != ',' && tokens[i - 1].kind != RS_WORD))))
		return 0;
	end = path_end(translator, i + 2, &names, &attribute);
	if (tokens[end].kind == RS_OPERATOR || tokens[end].kind == '(' ||
		(end > i + 3 && column_names(translator, i + 2, names, attribute) == 0))
		return 0;
	rs_text_add(out, tokens[i].start, "redshift.super(");
	rs_copy(translator, out, i, i + 1);
	rs_text_add(out, tokens[i].end, ")");
	return 1;
}

/*
 * How many names are those of a column in a[0], t.a[0] or element[0] before end, which is compared
 * with a string, if it is SUPER; 0: not so.  Other subscripts are the same for arrays.
 */
static int
subscripted_names(RsTranslator *translator, int i, int end, int names)
{
	const RsToken *tokens = translator->tokens;
	const NamedItem *item;

	if (names > 2 || tokens[i + 2 * names - 1].kind != '[' ||
		!((is_comparison(&tokens[end]) && tokens[end + 1].kind == RS_STRING) ||
		  (rs_match(&tokens[end], "[not] in") && tokens[end + rs_match(&tokens[end], "[not] in") + 1].kind == RS_STRING)))
		return 0;
	item = find_item(translator, rs_name_value(translator, i));
	if (names == 1)
		return (item != NULL && item->unnested) || is_super_column(translator, i);
	return item != NULL && !item->unnested && is_super_column(translator, i + 2) ? 2 : 0;
}

int
rs_emit_path(RsTranslator *translator, RsText *out, int i)
{
	const RsToken *tokens = translator->tokens;
	int			names,
				end,
				columns,
				compared;
	bool		attribute;

	if (!rs_is_name(&tokens[i]) ||
		(tokens[i + 1].kind != '.' && tokens[i + 1].kind != '[' && !is_comparison(&tokens[i + 1]) &&
		 !rs_match(&tokens[i + 1], "[not] in")) ||
		(i > 0 && (tokens[i - 1].kind == '.' || rs_match(&tokens[i - 1], "as|collate") ||
				   is_cast(&tokens[i - 1]))))
		return 0;
	end = path_end(translator, i, &names, &attribute);
	if (tokens[end].kind == '(' || tokens[end].kind == '.' || tokens[end].kind == RS_STRING)
		return 0;
	columns = end > i + 1 ? column_names(translator, i, names, attribute) : is_element(translator, i);
	if (columns == 0 && !attribute)
		columns = subscripted_names(translator, i, end, names);
	if (columns == 0)
		return 0;
	if (is_cast(&tokens[end]) &&
		rs_emit_path_as_text(translator, out, &(RsRange){i, end}, &tokens[end + 1]))
		return end - i;
	emit_path(translator, out, i, end, columns);
	if (tokens[i].node != NULL && tokens[i].node->kind == RS_NODE_LIST_ITEM)
	{
		/* The column of the result is named for the attribute. */
		const RsListItem *item = (const RsListItem *) tokens[i].node;

		if (item->alias < 0 && item->range.end == end && rs_is_name(&tokens[end - 1]))
		{
			rs_text_add(out, tokens[end - 1].end, " AS ");
			rs_emit_column(out, tokens[end - 1].end, NULL, rs_name_value(translator, end - 1));
			return end - i;
		}
	}
	compared = is_comparison(&tokens[end]) ? compared_end(translator, end + 1) : 0;
	if (compared == 0)
		return emit_in(translator, out, end) - i;
	rs_copy_gap(translator, out, end);
	rs_copy(translator, out, end, end + 1);
	rs_text_add(out, tokens[end + 1].start, " redshift.super(");
	rs_emit(translator, out, end + 1, compared);
	rs_text_add(out, tokens[compared - 1].end, ")");
	return compared - i;
}

/* FROM t, t.array AS value [AT index], UNPIVOT t.object AS value [AT key] */
void
rs_emit_unnested(RsTranslator *translator, RsText *out, const RsFromItem *item)
{
	const RsToken *tokens = translator->tokens;
	bool		object = rs_is(&tokens[item->source.first], "unpivot");
	int			first = item->source.first + object;
	int			names,
				columns;
	bool		attribute;
	int			at = tokens[first].start;
	const char *value = rs_name(translator, item->alias);

	path_end(translator, first, &names, &attribute);
	columns = column_names(translator, first, names, attribute);
	if (columns == 0)
		columns = Min(names, 2);
	rs_text_addf(out, at, "LATERAL redshift.%s(", object ? "unpivot_super" : "unnest_super");
	emit_path(translator, out, first, item->source.end, columns);
	rs_text_addf(out, at, ") AS %s (%s", value, value);
	if (item->at >= 0)
		rs_text_addf(out, at, ", %s", rs_name(translator, item->at));
	rs_text_add(out, at, ")");
}
