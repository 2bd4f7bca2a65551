/*
 * emit.c
 *	  Queries and expressions: tokens in order, each as it is or as what it becomes.
 *
 * rs_emit() goes over a range of tokens.  Where a part that has a meaning of its own
 * begins (structure.c), or a word that Redshift gives one, its function emits the whole
 * of it, calling rs_emit() for what is in it, and the rest is copied.
 */
#include "postgres.h"

#include "dialect/emit.h"
#include "dialect/names.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"

/*
 * Some constructs repeat an expression (DECODE, aliases), which may repeat one in turn.
 * A statement has up to 16 MB.
 */
#define MAX_TRANSLATION		(64 * 1024 * 1024)

int
rs_error_position(RsTranslator *translator, int i)
{
	return errposition(pg_mbstrlen_with_len(translator->source, translator->tokens[i].start) + 1);
}

void
rs_syntax_error(RsTranslator *translator, int i)
{
	const RsToken *token = &translator->tokens[i];

	if (token->kind == RS_END_OF_TEXT)
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR), errmsg("syntax error at end of input"),
				 rs_error_position(translator, i)));
	ereport(ERROR,
			(errcode(ERRCODE_SYNTAX_ERROR),
			 errmsg("syntax error at or near \"%.*s\"", token->end - token->start, translator->source + token->start),
			 rs_error_position(translator, i)));
}

/* Is a quoted name one that Redshift folds?  It has no collations that are named. */
static bool
is_folded(RsTranslator *translator, const RsToken *token)
{
	if (token > translator->tokens && (rs_is(&token[-1], "collate") ||
									   (token[-1].kind == '.' && token - translator->tokens > 2 &&
										rs_is(&token[-3], "collate"))))
		return false;
	if (token->kind != RS_QUOTED || translator->dialect->case_sensitive_identifiers ||
		translator->source[token->start] != '"')
		return false;
	for (const char *p = token->text; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			return true;
	return false;
}

const char *
rs_name_value(RsTranslator *translator, int i)
{
	const RsToken *token = &translator->tokens[i];
	char	   *name;

	if (!is_folded(translator, token))
		return token->text;
	name = pstrdup(token->text);
	for (char *p = name; *p; p++)
		*p = pg_ascii_tolower((unsigned char) *p);
	return name;
}

const char *
rs_name(RsTranslator *translator, int i)
{
	const RsToken *token = &translator->tokens[i];

	/* Always in quotes: an alias without AS might be a word that can't be one. */
	if (is_folded(translator, token) || token->kind == RS_TEMPORARY)
	{
		StringInfoData quoted;

		initStringInfo(&quoted);
		appendStringInfoChar(&quoted, '"');
		for (const char *p = rs_name_value(translator, i); *p; p++)
		{
			if (*p == '"')
				appendStringInfoChar(&quoted, '"');
			appendStringInfoChar(&quoted, *p);
		}
		appendStringInfoChar(&quoted, '"');
		return quoted.data;
	}
	return pnstrdup(translator->source + token->start, token->end - token->start);
}

void
rs_copy_gap(RsTranslator *translator, RsText *out, int i)
{
	if (i > 0)
		rs_text_copy(out, translator->source, translator->tokens[i - 1].end, translator->tokens[i].start);
}

/* A token that means the same in both. */
static void
copy_token(RsTranslator *translator, RsText *out, int i)
{
	const RsToken *token = &translator->tokens[i];

	if (is_folded(translator, token) || token->kind == RS_TEMPORARY)
		rs_text_add(out, token->start, rs_name(translator, i));
	else
		rs_text_copy(out, translator->source, token->start, token->end);
}

void
rs_copy(RsTranslator *translator, RsText *out, int first, int end)
{
	for (int i = first; i < end; i++)
	{
		if (i > first)
			rs_copy_gap(translator, out, i);
		copy_token(translator, out, i);
	}
}

/*
 * Does the text name a column that only the view of a catalog has?  psql's \d gives such a
 * name to a column of its own.
 */
static bool
names_column_of(RsTranslator *translator, const char *columns)
{
	for (int i = 0; i < translator->ntokens; i++)
	{
		const RsToken *token = &translator->tokens[i];

		if ((token->kind == RS_WORD || token->kind == RS_QUOTED) && (i == 0 || !rs_is(&token[-1], "as")) &&
			strstr(columns, psprintf(" %s ", rs_name_value(translator, i))) != NULL)
			return true;
	}
	return false;
}

/* Is a relation's name that of one in schema redshift, in this text? */
static bool
is_system_relation(RsTranslator *translator, const char *name)
{
	RsSystemName *system = unconstify(RsSystemName *, rs_system_relation(name));

	if (system == NULL || system->overlay == NULL)
		return system != NULL;
	if (list_member_ptr(translator->overlays, system))
		return true;
	if (list_member_ptr(translator->no_overlays, system))
		return false;
	if (names_column_of(translator, system->overlay))
	{
		translator->overlays = lappend(translator->overlays, system);
		return true;
	}
	translator->no_overlays = lappend(translator->no_overlays, system);
	return false;
}

/* Is there a view in place of this relation, in this text?  schema NULL: pg_catalog */
static bool
is_overlaid(RsTranslator *translator, const char *schema, const char *name)
{
	return is_system_relation(translator, psprintf("%s.%s", schema != NULL ? schema : "pg_catalog", name));
}

/* The name of an item of FROM, which is a relation. */
static void
emit_relation(RsTranslator *translator, RsText *out, const RsFromItem *item)
{
	const RsToken *tokens = translator->tokens;
	int			i = item->source.first;
	int			at;

	i += rs_match(&tokens[i], "[lateral] [only]");
	at = i + 2 * (item->name_parts - 1);
	rs_copy(translator, out, item->source.first, i);
	if (i > item->source.first)
		rs_copy_gap(translator, out, i);
	if (item->name_parts <= 3 && at < item->source.end)
	{
		const char *name = rs_name_value(translator, at);
		const char *schema = item->name_parts > 1 ? rs_name_value(translator, at - 2) : NULL;

		if (schema == NULL ? rs_names_cte(item->scope, rs_name_value(translator, i)) :
			strcmp(schema, "pg_catalog") != 0 && strcmp(schema, "information_schema") != 0)
			;
		else if (is_overlaid(translator, schema, name))
		{
			/* The view has another name, so what is not renamed keeps its own by an alias. */
			rs_text_addf(out, tokens[i].start, "redshift.\"%s.%s\"%s%s", schema != NULL ? schema : "pg_catalog", name,
						 item->range.end > item->source.end ? "" : " AS ",
						 item->range.end > item->source.end ? "" : quote_identifier(name));
			return;
		}
		else if ((schema == NULL || strcmp(schema, "pg_catalog") == 0) && is_system_relation(translator, name))
		{
			rs_text_add(out, tokens[i].start, "redshift.");
			i = at;
		}
	}
	rs_copy(translator, out, i, item->source.end);
}

/* An item of FROM without PIVOT. */
static void
emit_source(RsTranslator *translator, RsText *out, const RsFromItem *item)
{
	int			end = item->pivot >= 0 ? item->pivot : item->range.end;

	if (item->name_parts == 0 || item->call)
	{
		/* The item is not to be met again. */
		RsToken    *token = &translator->tokens[item->range.first];

		token->node = NULL;
		rs_emit(translator, out, item->source.first, item->source.end);
		token->node = unconstify(RsNode *, &item->node);
	}
	else
		emit_relation(translator, out, item);
	if (end > item->source.end)
	{
		rs_copy_gap(translator, out, item->source.end);
		rs_copy(translator, out, item->source.end, end);
	}
	if (item->name_parts == 0 && item->alias < 0 && item->columns.end == 0)
		/* PostgreSQL 15 wants subqueries named. */
		rs_text_addf(out, translator->tokens[item->source.end - 1].end, " AS unnamed_subquery_%d",
					 item->range.first);
}

static void
emit_item(RsTranslator *translator, RsText *out, const RsFromItem *item)
{
	const char *name;
	RsText		source;

	if (item->unnested)
	{
		rs_emit_unnested(translator, out, item);
		return;
	}
	if (item->pivot < 0)
	{
		emit_source(translator, out, item);
		return;
	}
	rs_text_init(&source);
	emit_source(translator, &source, item);
	name = item->alias >= 0 ? rs_name(translator, item->alias) :
		item->name_parts > 0 ? rs_name(translator, item->source.end - 1) :
		psprintf("unnamed_subquery_%d", item->range.first);
	rs_emit_pivot(translator, out, item, &source, name);
	rs_text_addf(out, translator->tokens[item->range.end - 1].end, " AS %s",
				 item->pivot_alias >= 0 ? rs_name(translator, item->pivot_alias) : name);
}

/*
 * Who asks the catalog for columns emits an item before its turn.  What may have such
 * items in it in turn is emitted once only, lest time grow with each level.
 */
void
rs_emit_from_item(RsTranslator *translator, RsText *out, RsFromItem *item)
{
	if (translator->dialect->describe == NULL)
	{
		emit_item(translator, out, item);
		return;
	}
	if (item->text == NULL)
	{
		RsText	   *text = palloc(sizeof(RsText));

		rs_text_init(text);
		emit_item(translator, text, item);
		item->text = text;
	}
	rs_text_append(out, item->text);
}

/* Is the name at i, which a bracket follows, called as a function? */
static bool
is_call(const RsToken *tokens, int i)
{
	const RsToken *close = tokens[i + 1].match > i ? &tokens[tokens[i + 1].match] : NULL;

	if (close == NULL || tokens[i].category == RESERVED_KEYWORD)
		return false;
	if (i > 0 && (tokens[i - 1].kind == '.' || rs_is(&tokens[i - 1], "into") || rs_is(&tokens[i - 1], "as")))
		return false;
	/* The columns of a WITH query; not of a function, AS (name type, ...). */
	return !(rs_is(&close[1], "as") &&
			 (rs_match(&close[2], "[not] materialized") ||
			  (close[2].kind == '(' && (close[3].kind == '(' ||
										rs_match(&close[3], "select|with|values|table|insert|update|delete")))));
}

/* A name in an expression that means more than a column. */
static int
emit_name(RsTranslator *translator, RsText *out, int i)
{
	int			length = 0;

	if (translator->hierarchy != NULL)
		length = rs_emit_hierarchy_word(translator, out, i);
	if (length == 0)
		length = rs_emit_alias(translator, out, i);
	if (length == 0)
		length = rs_emit_path(translator, out, i);
	return length;
}

/*
 * pg_catalog.function( and pg_catalog.relation.column, if these are elsewhere: how many tokens
 * that takes.  A relation that has a view in its place is called by its name alone.
 */
static int
emit_qualified(RsTranslator *translator, RsText *out, int i)
{
	const RsToken *tokens = translator->tokens;
	const char *schema;
	const char *name;

	if (tokens[i + 1].kind != '.' || (tokens[i + 2].kind != RS_WORD && tokens[i + 2].kind != RS_QUOTED))
		return 0;
	schema = rs_name_value(translator, i);
	name = rs_name_value(translator, i + 2);
	if (tokens[i + 3].kind == '.' &&
		(strcmp(schema, "pg_catalog") == 0 || strcmp(schema, "information_schema") == 0) &&
		is_overlaid(translator, schema, name))
		return 2;
	if (strcmp(schema, "pg_catalog") != 0 ||
		!(tokens[i + 3].kind == '(' ? rs_system_function(name) != NULL :
		  tokens[i + 3].kind == '.' && is_system_relation(translator, name)))
		return 0;
	rs_text_add(out, tokens[i].start, "redshift");
	return 1;
}

/*
 * What Redshift gives a meaning at token i: emits it and gives the number of tokens that
 * it is of; 0: the token is an ordinary one.
 */
static int
emit_special(RsTranslator *translator, RsText *out, int i, int end)
{
	const RsToken *tokens = translator->tokens;
	int			length;

	if (tokens[i].node != NULL && tokens[i].node->kind == RS_NODE_FROM_ITEM)
	{
		RsFromItem *item = (RsFromItem *) tokens[i].node;

		rs_emit_from_item(translator, out, item);
		return item->range.end - i;
	}
	if (tokens[i].node != NULL && tokens[i].node->kind == RS_NODE_BLOCK)
		return rs_emit_block(translator, out, (RsBlock *) tokens[i].node);
	if (translator->outer_marks && rs_is_outer_mark(&tokens[i]))
		return 3;
	if (translator->mentions_super && (length = rs_emit_super_cast(translator, out, i, end)) > 0)
		return length;
	if (tokens[i].kind == RS_NUMBER)
		return rs_emit_condition(translator, out, i);
	if (tokens[i].kind == RS_STRING)
		return rs_emit_compared_string(translator, out, i);
	if (tokens[i].kind == ')')
		return rs_emit_call_end(translator, out, i);
	if (tokens[i].kind == RS_OPERATOR && strcmp(tokens[i].text, "::") == 0)
		return rs_emit_cast(translator, out, i);
	if (tokens[i].kind == RS_OPERATOR && strcmp(tokens[i].text, "||") == 0 &&
		translator->source[tokens[i].start] == '+')
	{
		rs_text_add(out, tokens[i].start, tokens[i].text);
		return 1;
	}
	if (tokens[i].node != NULL && tokens[i].node->kind == RS_NODE_RECURSIVE)
	{
		copy_token(translator, out, i);
		rs_text_add(out, tokens[i].end, " RECURSIVE");
		return 1;
	}
	if (tokens[i].kind != RS_WORD && tokens[i].kind != RS_QUOTED)
		return 0;
	length = rs_emit_call_path(translator, out, i, end);
	if (length == 0)
		length = emit_name(translator, out, i);
	if (length == 0 && tokens[i].kind == RS_WORD)
		length = rs_emit_word(translator, out, i);
	if (length > 0)
		return length;
	if (tokens[i + 1].kind == '(' && is_call(tokens, i) && rs_system_function(rs_name_value(translator, i)))
	{
		rs_text_add(out, tokens[i].start, "redshift.");
		copy_token(translator, out, i);
		return 1;
	}
	return emit_qualified(translator, out, i);
}

/*
 * The item of a list that begins at token i, if it has no alias and Redshift calls its column
 * by another name than PostgreSQL.
 */
static const RsListItem *
item_to_name(RsTranslator *translator, int i, const char **column)
{
	const RsNode *node = translator->tokens[i].node;
	const RsListItem *item = (const RsListItem *) node;

	if (node == NULL || node->kind != RS_NODE_LIST_ITEM || item->alias >= 0)
		return NULL;
	*column = rs_result_column(translator, i, item->range.end);
	return *column != NULL ? item : NULL;
}

void
rs_emit(RsTranslator *translator, RsText *out, int first, int end)
{
	const RsListItem *item = NULL;
	const char *column;

	check_stack_depth();
	CHECK_FOR_INTERRUPTS();
	if (out->data.len > MAX_TRANSLATION)
		ereport(ERROR,
				(errcode(ERRCODE_STATEMENT_TOO_COMPLEX),
				 errmsg("translation of the statement grows beyond %d MB", MAX_TRANSLATION / (1024 * 1024)),
				 rs_error_position(translator, first)));
	for (int i = first; i < end;)
	{
		int			special;

		if (i > first)
			rs_copy_gap(translator, out, i);
		if (item == NULL)
			item = item_to_name(translator, i, &column);
		special = emit_special(translator, out, i, end);
		if (special == 0)
			copy_token(translator, out, i);
		i += Max(special, 1);
		if (item != NULL && i == item->range.end)
		{
			rs_text_addf(out, translator->tokens[i - 1].end, " AS \"%s\"", column);
			item = NULL;
		}
	}
}

void
rs_emit_expression(RsTranslator *translator, RsText *out, int first, int end)
{
	rs_structure(translator->tokens, first, end);
	rs_emit(translator, out, first, end);
}

void
rs_emit_query(RsTranslator *translator, RsText *out, int first, int end)
{
	bool		outer = translator->needs_catalog;
	RsText		query;

	rs_structure(translator->tokens, first, end);
	rs_text_init(&query);
	translator->needs_catalog = false;
	rs_emit(translator, &query, first, end);
	if (translator->needs_catalog)
	{
		RsText		source;
		int			start = translator->tokens[first].start;

		rs_text_init(&source);
		rs_text_copy(&source, translator->source, start, translator->tokens[end - 1].end);
		rs_text_add(out, start, "SELECT redshift.deferred(");
		rs_text_append_literal(out, start, &source);
		rs_text_add(out, start, ")");
	}
	else
		rs_text_append(out, &query);
	translator->needs_catalog = outer;
}
