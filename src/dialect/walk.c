/*
 * walk.c
 *	  A walk through the tokens of a statement that says of each what becomes of it.
 */
#include "postgres.h"

#include "dialect/type_name.h"
#include "dialect/walk.h"
#include "utils/builtins.h"

/* Strings in strings that are translated */
#define MAX_DEPTH	8

void
rs_walk_begin(RsWalk *walk, RsTranslator *translator, RsText *out, int first, int end)
{
	walk->translator = translator;
	walk->out = out;
	walk->tokens = translator->tokens;
	walk->first = first;
	walk->end = end;
	walk->at = first;
	walk->done = first;
}

bool
rs_accept(RsWalk *walk, const char *words)
{
	int			n = rs_match(rs_look(walk, 0), words);

	if (n == 0 || walk->at + n > walk->end)
		return false;
	walk->at += n;
	return true;
}

bool
rs_accept_brackets(RsWalk *walk)
{
	const RsToken *token = rs_look(walk, 0);

	if (token->kind != '(' || token->match < walk->at || token->match >= walk->end)
		return false;
	walk->at = token->match + 1;
	return true;
}

void
rs_go_to(RsWalk *walk, const char *words, int end)
{
	while (walk->at < end && rs_look(walk, 0)->kind != ',' && !rs_next(walk, words))
		if (!rs_accept_brackets(walk))
			walk->at++;
}

/* The blanks before token `done`; those before the statement are there. */
static void
keep_gap(RsWalk *walk)
{
	if (walk->done > walk->first)
		rs_copy_gap(walk->translator, walk->out, walk->done);
}

/* Whoever went past a token that is not there is at the end. */
static void
stay_inside(RsWalk *walk)
{
	walk->at = Min(walk->at, walk->end);
}

void
rs_keep(RsWalk *walk)
{
	stay_inside(walk);
	if (walk->at > walk->done)
	{
		keep_gap(walk);
		rs_copy(walk->translator, walk->out, walk->done, walk->at);
	}
	walk->done = walk->at;
}

void
rs_drop(RsWalk *walk)
{
	stay_inside(walk);
	walk->done = walk->at;
}

static void add(RsWalk *walk, int source, const char *format, va_list args) pg_attribute_printf(3, 0);

static void
add(RsWalk *walk, int source, const char *format, va_list args)
{
	StringInfoData text;

	initStringInfo(&text);
	for (;;)
	{
		va_list		copy;
		int			needed;

		va_copy(copy, args);
		needed = appendStringInfoVA(&text, format, copy);
		va_end(copy);
		if (needed == 0)
			break;
		enlargeStringInfo(&text, needed);
	}
	rs_text_add(walk->out, source, text.data);
	pfree(text.data);
}

void
rs_put(RsWalk *walk, const char *format,...)
{
	va_list		args;

	va_start(args, format);
	add(walk, walk->tokens[Min(walk->done, walk->end)].start, format, args);
	va_end(args);
}

void
rs_replace(RsWalk *walk, const char *format,...)
{
	va_list		args;

	stay_inside(walk);
	if (walk->done < walk->at)
		keep_gap(walk);
	va_start(args, format);
	add(walk, walk->tokens[walk->done].start, format, args);
	va_end(args);
	walk->done = walk->at;
}

void
rs_keep_expression(RsWalk *walk, int to)
{
	rs_keep(walk);
	if (to <= walk->at)
		return;
	keep_gap(walk);
	rs_emit_expression(walk->translator, walk->out, walk->at, to);
	walk->at = walk->done = to;
}

void
rs_keep_query(RsWalk *walk, int to)
{
	rs_keep(walk);
	if (to <= walk->at)
		return;
	keep_gap(walk);
	rs_emit_query(walk->translator, walk->out, walk->at, to);
	walk->at = walk->done = to;
}

void
rs_keep_statement(RsWalk *walk, int to)
{
	rs_keep(walk);
	if (to <= walk->at)
		return;
	keep_gap(walk);
	rs_translate_statement(walk->translator, walk->out, walk->at, to);
	walk->at = walk->done = to;
}

void
rs_keep_rest(RsWalk *walk)
{
	walk->at = walk->end;
	rs_keep(walk);
}

bool
rs_keep_type(RsWalk *walk, bool column)
{
	int			length = rs_type_length(rs_look(walk, 0));
	const char *refused;
	char	   *name;

	rs_keep(walk);
	if (length == 0 || walk->at + length > walk->end)
		return false;
	name = rs_type_translate(rs_look(walk, 0), column, &refused);
	if (refused != NULL)
		rs_walk_refuse(walk, psprintf("type %s", rs_look(walk, 0)->text), refused);
	walk->at += length;
	if (name == NULL)
		rs_keep(walk);
	else
		rs_replace(walk, "%s", name);
	return true;
}

int
rs_accept_name(RsWalk *walk)
{
	int			parts = 1;

	if (!rs_is_name(rs_look(walk, 0)) && rs_look(walk, 0)->kind != RS_TEMPORARY)
		return 0;
	walk->at++;
	while (rs_look(walk, 0)->kind == '.' && walk->at + 1 < walk->end &&
		   (rs_look(walk, 1)->kind == RS_WORD || rs_is_name(rs_look(walk, 1)) ||
			rs_look(walk, 1)->kind == RS_TEMPORARY))
	{
		walk->at += 2;
		parts++;
	}
	return parts;
}

/* Is the first of three parts the database's, which PostgreSQL need not know? */
static bool
names_database(RsWalk *walk, int first, int end)
{
	const char *database = walk->translator->dialect->database;

	return end - first == 5 &&
		(database == NULL || strcmp(rs_name_value(walk->translator, first), database) == 0);
}

bool
rs_keep_name(RsWalk *walk)
{
	int			first = walk->at;
	int			end;

	if (rs_accept_name(walk) == 0)
		return false;
	end = walk->at;
	if (names_database(walk, first, end))
	{
		walk->at = first;
		rs_keep(walk);
		walk->at = end;
		rs_replace(walk, "%s", rs_name_text(walk, first, end));
	}
	rs_keep(walk);
	return true;
}

char *
rs_name_text(RsWalk *walk, int first, int end)
{
	StringInfoData name;

	if (names_database(walk, first, end))
		first += 2;
	initStringInfo(&name);
	for (int i = first; i < end; i++)
		if (walk->tokens[i].kind == '.')
			appendStringInfoChar(&name, '.');
		else
			appendStringInfoString(&name, quote_identifier(rs_name_value(walk->translator, i)));
	return name.data;
}

char *
rs_take_name(RsWalk *walk)
{
	int			first = walk->at;

	return rs_accept_name(walk) > 0 ? rs_name_text(walk, first, walk->at) : NULL;
}

char *
rs_take_identifier(RsWalk *walk)
{
	if (!rs_is_name(rs_look(walk, 0)))
		return NULL;
	walk->at++;
	return pstrdup(quote_identifier(rs_name_value(walk->translator, walk->at - 1)));
}

static char *
take_list(RsWalk *walk, bool numbers)
{
	StringInfoData columns;
	int			first = walk->at;

	initStringInfo(&columns);
	if (rs_look(walk, 0)->kind != '(')
		return NULL;
	do
	{
		const RsToken *token;
		char	   *column;

		walk->at++;
		token = rs_look(walk, 0);
		if (numbers && token->kind == RS_NUMBER && strspn(token->text, "0123456789") == strlen(token->text))
		{
			column = pstrdup(token->text);
			walk->at++;
		}
		else
			column = rs_take_identifier(walk);
		if (column == NULL)
			break;
		appendStringInfo(&columns, "%s%s", columns.len > 0 ? ", " : "", column);
	} while (rs_look(walk, 0)->kind == ',');
	if (rs_look(walk, 0)->kind == ')')
	{
		walk->at++;
		return columns.data;
	}
	walk->at = first;
	return NULL;
}

char *
rs_take_columns(RsWalk *walk)
{
	return take_list(walk, false);
}

char *
rs_take_columns_or_numbers(RsWalk *walk)
{
	return take_list(walk, true);
}

/*
 * Each string around a text costs another pass over it, so there are not many.
 */
RsDialect
rs_inner_dialect(RsWalk *walk)
{
	RsDialect	inner = *walk->translator->dialect;

	inner.source_mark = 0;
	if (++inner.depth > MAX_DEPTH)
		ereport(ERROR,
				(errcode(ERRCODE_STATEMENT_TOO_COMPLEX),
				 errmsg("statements stand in strings of strings, more than %d deep", MAX_DEPTH),
				 rs_error_position(walk->translator, walk->at)));
	return inner;
}

char *
rs_translate_inner(RsWalk *walk, const char *sql)
{
	RsDialect	inner = rs_inner_dialect(walk);

	return rs_translate(&inner, sql)->text.data.data;
}

void
rs_walk_refuse(RsWalk *walk, const char *what, const char *why)
{
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("%s is not supported", what),
			 errdetail_internal("%s", why),
			 rs_error_position(walk->translator, walk->at)));
}
