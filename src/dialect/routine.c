/*
 * routine.c
 *	  CREATE FUNCTION and CREATE PROCEDURE, and names of routines with types of arguments.
 */
#include "postgres.h"

#include "dialect/routine.h"
#include "dialect/statement.h"
#include "dialect/type_name.h"
#include "dialect/walk.h"
#include "utils/builtins.h"

/*
 * OUT before or behind an argument's name; -1: it is no such one.
 */
static int
find_out(const RsToken *tokens, int from)
{
	return rs_is(&tokens[from], "out") ? from :
		rs_is_name(&tokens[from]) && rs_is(&tokens[from + 1], "out") ? from + 1 : -1;
}

/*
 * An argument, [mode] [name] [mode] type [DEFAULT expression], up to token `end`.  Redshift's CALL
 * leaves out what is OUT, PostgreSQL's what has a default: such arguments are INOUT, with
 * after_out behind them, unless that is NULL.
 */
static void
argument(RsWalk *walk, int end, const char *after_out)
{
	int			from = walk->at;
	int			out = after_out != NULL ? find_out(walk->tokens, from) : -1;
	int			type_end;

	if (out >= 0)
	{
		walk->at = out;
		rs_keep(walk);
		walk->at++;
		rs_replace(walk, "INOUT");
		from = walk->at;
	}
	rs_go_to(walk, "default", end);
	type_end = walk->at;
	for (int i = from; i < type_end; i++)
		if (walk->tokens[i].kind == '=')
			type_end = i;
	/* A mode and a name may stand before the type. */
	for (walk->at = from; walk->at < Min(type_end, from + 3); walk->at++)
		if (walk->at + rs_type_length(rs_look(walk, 0)) == type_end)
		{
			(void) rs_keep_type(walk, false);
			break;
		}
	walk->at = Max(walk->at, type_end);
	if (walk->at < end)
	{
		walk->at++;
		rs_keep_expression(walk, end);
	}
	rs_keep(walk);
	if (out >= 0)
		rs_put(walk, "%s", after_out);
}

/*
 * Where the arguments begin behind which all are OUT: a token.
 */
static int
trailing_outs(const RsWalk *walk, int close)
{
	int			start = walk->at + 1;
	int			outs = start;

	for (int i = start; i <= close; i++)
	{
		if (walk->tokens[i].kind == '(' && walk->tokens[i].match > i)
			i = walk->tokens[i].match;
		else if (walk->tokens[i].kind == ',' || i == close)
		{
			if (find_out(walk->tokens, start) < 0)
				outs = i + 1;
			start = i + 1;
		}
	}
	return outs;
}

static void
keep_arguments(RsWalk *walk, const char *after_out)
{
	int			close = rs_look(walk, 0)->match;
	int			outs;

	if (rs_look(walk, 0)->kind != '(' || close <= walk->at)
		return;
	outs = trailing_outs(walk, close);
	walk->at++;
	while (walk->at < close)
	{
		int			from = walk->at;
		int			end;

		while (walk->at < close && rs_look(walk, 0)->kind != ',')
			if (!rs_accept_brackets(walk))
				walk->at++;
		end = walk->at;
		walk->at = from;
		argument(walk, end, from >= outs ? after_out : NULL);
		if (walk->at < close)
			walk->at++;
	}
	walk->at = close + 1;
	rs_keep(walk);
}

/*
 * The arguments in brackets of a routine's name.
 */
void
rs_keep_arguments(RsWalk *walk)
{
	keep_arguments(walk, NULL);
}

/* A procedure's, of which those behind all others that are OUT are INOUT. */
void
rs_keep_procedure_arguments(RsWalk *walk)
{
	keep_arguments(walk, "");
}

/*
 * The language, in lower case; PostgreSQL takes SQL for granted where there is a body.
 */
static const char *
language_of(const RsWalk *walk)
{
	for (int i = walk->first; i + 1 < walk->end; i++)
		if (rs_is(&walk->tokens[i], "language"))
			return walk->tokens[i + 1].text;
	return "";
}

static void
refuse_language(RsWalk *walk, const char *language)
{
	if (strncmp(language, "plpython", 8) == 0)
		rs_walk_refuse(walk, "a function in Python",
				  "Redshift runs none since July 2026; write it in SQL, or in PL/pgSQL as a function of PostgreSQL.");
}

/*
 * A string in the quotes that it had, if they are dollars and not in it, else in quotation marks.
 */
static char *
quote_body(RsWalk *walk, const char *text)
{
	const char *source = walk->translator->source + walk->tokens[walk->at - 1].start;
	char	   *quotes;

	if (source[0] != '$')
		return quote_literal_cstr(text);
	quotes = pnstrdup(source, strchr(source + 1, '$') + 1 - source);
	return strstr(text, quotes) != NULL ? quote_literal_cstr(text) : psprintf("%s%s%s", quotes, text, quotes);
}

/*
 * The body, a string behind AS.  Redshift has functions in SQL and procedures in
 * PL/pgSQL: functions in PL/pgSQL are PostgreSQL's.
 */
static void
body(RsWalk *walk, const char *language, bool procedure, bool nonatomic)
{
	const char *text = rs_look(walk, 0)->text;
	const char *translated;

	rs_keep(walk);
	if (pg_strcasecmp(language, "plpgsql") == 0 && procedure)
	{
		RsDialect	inner = rs_inner_dialect(walk);

		translated = rs_translate_plpgsql(&inner, text, nonatomic);
	}
	else if (pg_strcasecmp(language, "sql") == 0)
		translated = rs_translate_inner(walk, text);
	else
		translated = text;
	walk->at++;
	if (strcmp(text, translated) == 0)
		rs_keep(walk);
	else
		rs_replace(walk, "%s", quote_body(walk, translated));
}

void
rs_create_routine(RsTranslator *translator, RsText *out, int first, int end)
{
	RsWalk		walk;
	const char *language;
	bool		procedure = rs_match(&translator->tokens[first], "create [or replace] procedure") > 0;
	bool		nonatomic = false;

	rs_walk_begin(&walk, translator, out, first, end);
	language = language_of(&walk);
	(void) rs_accept(&walk, "create [or replace] function|procedure");
	refuse_language(&walk, language);
	if (rs_keep_name(&walk))
		keep_arguments(&walk, procedure && pg_strcasecmp(language, "plpgsql") == 0 ? " DEFAULT NULL" : NULL);
	for (int i = first; i < end; i++)
		nonatomic |= rs_is(&walk.tokens[i], "nonatomic");
	while (walk.at < end)
	{
		rs_keep(&walk);
		if (rs_accept(&walk, "returns"))
		{
			if (!rs_next(&walk, "table") && !rs_next(&walk, "setof"))
				(void) rs_keep_type(&walk, false);
		}
		else if (rs_accept(&walk, "nonatomic"))
			rs_drop(&walk);
		else if (rs_next(&walk, "as") && rs_look(&walk, 1)->kind == RS_STRING)
		{
			walk.at++;
			body(&walk, language, procedure, nonatomic);
		}
		else if (rs_next(&walk, "begin atomic") || rs_next(&walk, "return"))
			rs_keep_rest(&walk);
		else
			walk.at++;
	}
	rs_keep(&walk);
}

/*
 * ALTER, DROP and COMMENT ON a routine: types in its brackets.
 */
void
rs_name_routine(RsTranslator *translator, RsText *out, int first, int end)
{
	bool		procedure = rs_match(&translator->tokens[first], "alter|drop|comment [on] procedure") > 0;
	RsWalk		walk;

	rs_walk_begin(&walk, translator, out, first, end);
	(void) rs_accept(&walk, "alter|drop|comment [on] function|procedure");
	(void) rs_accept(&walk, "if exists");
	while (rs_keep_name(&walk))
	{
		keep_arguments(&walk, procedure ? "" : NULL);
		if (rs_look(&walk, 0)->kind != ',')
			break;
		walk.at++;
	}
	rs_keep_rest(&walk);
}
