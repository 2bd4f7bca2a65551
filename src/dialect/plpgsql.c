/*
 * plpgsql.c
 *	  Bodies in PL/pgSQL.
 *
 * A body is gone through statement by statement: what it has of SQL is translated as SQL,
 * and PL/pgSQL's own words are kept.  SQL that a body makes at run time is translated
 * then, by redshift.translate().
 *
 * A query that gives its row to variables is translated without them, since it may become
 * another one; PL/pgSQL takes INTO at its end as well.
 *
 * A name that a variable and a column have is the variable's, as in Redshift.
 *
 * In a procedure that is NONATOMIC every statement of SQL is committed, as far as
 * PostgreSQL can: not in blocks that catch exceptions, nor behind START TRANSACTION up to the
 * next COMMIT or ROLLBACK of the text.
 *
 * In other procedures an exception that is caught undoes the whole transaction; what its
 * handler does is committed, and the exception raised again.
 */
#include "postgres.h"

#include "dialect/routine.h"
#include "dialect/type_name.h"
#include "dialect/walk.h"

#define QUERIES "select|insert|update|delete|merge|with|values"
#define OTHER_SQL "create|alter|drop|truncate|copy|unload|vacuum|analyze|grant|revoke|comment|lock|set|reset|refresh|call|cancel"

/* What is done only where it may be: not in a transaction block, nor where exceptions are caught. */
#define END_TRANSACTION(command) " IF redshift.can_end_transaction() THEN " command "; END IF"

typedef struct Body
{
	RsWalk		walk;
	bool		nonatomic;
	bool		transaction;	/* behind START TRANSACTION */
	List	   *blocks;			/* (int) of blocks around: are we in a handler that raises again? */
} Body;

/*
 * The end of an expression: one of these words outside brackets and CASE, or the statement's end.
 */
static int
expression_end(const RsWalk *walk, const char *words)
{
	int			cases = 0;
	int			i = walk->at;

	for (; i < walk->end && walk->tokens[i].kind != ';'; i++)
	{
		if (cases == 0 && words != NULL && rs_match(&walk->tokens[i], words))
			break;
		if (rs_is(&walk->tokens[i], "case"))
			cases++;
		else if (cases > 0 && rs_is(&walk->tokens[i], "end"))
			cases--;
		if (walk->tokens[i].kind == '(' && walk->tokens[i].match > i)
			i = walk->tokens[i].match;
	}
	return i;
}

static void
keep_expression(RsWalk *walk, const char *words)
{
	rs_keep_expression(walk, expression_end(walk, words));
}

/* ---------------------------------------------------------------------
 * Declarations
 * ---------------------------------------------------------------------
 */

/*
 * What stands between DECLARE and BEGIN.
 */
static void
declarations(RsWalk *walk)
{
	while (walk->at < walk->end && !rs_next(walk, "begin"))
	{
		int			end = expression_end(walk, NULL);

		walk->at++;
		(void) rs_accept(walk, "constant");
		if (rs_next(walk, "[no] [scroll] cursor"))
		{
			while (walk->at < end && !rs_next(walk, "for|is"))
				walk->at++;
			if (walk->at < end)
			{
				walk->at++;
				rs_keep_query(walk, end);
			}
		}
		else if (!rs_next(walk, "alias"))
		{
			/* A column's or a row's type is named by it. */
			int			length = rs_type_length(rs_look(walk, 0));

			if (rs_look(walk, length)->kind == '%')
				walk->at += length + 2;
			else
				(void) rs_keep_type(walk, false);
			while (walk->at < end && !rs_next(walk, "default") && rs_look(walk, 0)->kind != '=' &&
				   !(rs_look(walk, 0)->kind == RS_OPERATOR && strcmp(rs_look(walk, 0)->text, ":=") == 0))
				walk->at++;
			if (walk->at < end)
			{
				walk->at++;
				rs_keep_expression(walk, end);
			}
		}
		walk->at = Min(end + 1, walk->end);
		rs_keep(walk);
	}
}

/* ---------------------------------------------------------------------
 * Statements of SQL
 * ---------------------------------------------------------------------
 */

/*
 * INTO of a SELECT outside brackets: its tokens, and those of its targets.
 */
static bool
find_into(const RsWalk *walk, int end, int *into, int *into_end)
{
	int			i;

	if (!rs_match(&walk->tokens[walk->at], "select|with"))
		return false;
	for (i = walk->at; i < end && !rs_is(&walk->tokens[i], "into"); i++)
		if (walk->tokens[i].kind == '(' && walk->tokens[i].match > i)
			i = walk->tokens[i].match;
	if (i >= end || rs_is(&walk->tokens[i - 1], "insert") ||
		rs_match(&walk->tokens[i + 1], "temp|temporary|table") || walk->tokens[i + 1].kind == RS_TEMPORARY)
		return false;
	*into = i++;
	i += rs_is(&walk->tokens[i], "strict");
	for (;;)
	{
		i++;
		while (i < end && walk->tokens[i].kind == '.')
			i += 2;
		while (i < end && walk->tokens[i].kind == '[' && walk->tokens[i].match > i)
			i = walk->tokens[i].match + 1;
		if (i >= end || walk->tokens[i].kind != ',')
			break;
		i++;
	}
	*into_end = i;
	return true;
}

static void
query_into(RsWalk *walk, int end, int into, int into_end)
{
	const char *source = walk->translator->source;
	int			start = rs_look(walk, 0)->start;
	StringInfoData query;

	rs_keep(walk);
	initStringInfo(&query);
	appendBinaryStringInfo(&query, source + start, walk->tokens[into - 1].end - start);
	appendBinaryStringInfo(&query, source + walk->tokens[into_end - 1].end,
						   walk->tokens[end - 1].end - walk->tokens[into_end - 1].end);
	walk->at = end;
	rs_replace(walk, "%s %.*s", rs_translate_inner(walk, query.data),
			   walk->tokens[into_end - 1].end - walk->tokens[into].start, source + walk->tokens[into].start);
}

static void
sql_statement(Body *body)
{
	RsWalk	   *walk = &body->walk;
	int			end = expression_end(walk, NULL);
	int			into;
	int			into_end;

	if (find_into(walk, end, &into, &into_end))
	{
		query_into(walk, end, into, into_end);
		return;
	}
	rs_keep_statement(walk, end);
	if (body->nonatomic && !body->transaction)
		rs_put(walk, ";" END_TRANSACTION("COMMIT"));
}

/* ---------------------------------------------------------------------
 * PL/pgSQL's own
 * ---------------------------------------------------------------------
 */

/*
 * FOR target IN [REVERSE] expression .. expression | query | EXECUTE expression LOOP
 */
static void
for_loop(RsWalk *walk)
{
	while (walk->at < walk->end && !rs_next(walk, "in") && rs_look(walk, 0)->kind != ';')
		walk->at++;
	if (!rs_accept(walk, "in"))
		return;
	(void) rs_accept(walk, "reverse");
	if (rs_accept(walk, "execute"))
	{
		rs_keep(walk);
		rs_put(walk, " redshift.translate(");
		keep_expression(walk, "using|loop");
		rs_put(walk, ")");
		if (rs_accept(walk, "using"))
			keep_expression(walk, "loop");
	}
	else if (rs_next(walk, "select|with"))
		rs_keep_query(walk, expression_end(walk, "loop"));
	else
		keep_expression(walk, "loop");
}

/*
 * EXECUTE expression [INTO ...] [USING ...]
 */
static void
execute(RsWalk *walk)
{
	(void) rs_accept(walk, "execute");
	rs_keep(walk);
	rs_put(walk, " redshift.translate(");
	keep_expression(walk, "into|using");
	rs_put(walk, ")");
	while (walk->at < walk->end && rs_look(walk, 0)->kind != ';' && !rs_next(walk, "using"))
		walk->at++;
	if (rs_accept(walk, "using"))
		keep_expression(walk, NULL);
}

/*
 * OPEN cursor FOR query | FOR EXECUTE expression | (arguments)
 */
static void
open_cursor(RsWalk *walk)
{
	while (walk->at < walk->end && !rs_next(walk, "for") && rs_look(walk, 0)->kind != ';')
		walk->at++;
	if (!rs_accept(walk, "for"))
		return;
	if (rs_next(walk, "execute"))
		execute(walk);
	else
		rs_keep_query(walk, expression_end(walk, NULL));
}

static void
begin_block(Body *body)
{
	body->walk.at++;
	body->blocks = lappend_int(body->blocks, false);
}

/*
 * EXCEPTION [WHEN OTHERS THEN]: other conditions are PostgreSQL's, and so is what is done about them.
 */
static void
handler(Body *body)
{
	RsWalk	   *walk = &body->walk;

	walk->at++;
	if (body->nonatomic || body->blocks == NIL || !rs_accept(walk, "when others then"))
		return;
	rs_keep(walk);
	rs_put(walk, END_TRANSACTION("ROLLBACK") ";");
	llast_int(body->blocks) = true;
}

/*
 * END [IF | LOOP | CASE] [label], of a block if it is of nothing else.
 */
static void
end_block(Body *body)
{
	RsWalk	   *walk = &body->walk;

	if (!rs_next(walk, "end if|loop|case") && body->blocks != NIL)
	{
		if (llast_int(body->blocks))
			rs_put(walk, END_TRANSACTION("COMMIT") "; RAISE;");
		body->blocks = list_delete_last(body->blocks);
	}
	walk->at = expression_end(walk, NULL);
}

/*
 * A statement, or the words of one up to where others begin in it.
 */
static void
statement(Body *body)
{
	RsWalk	   *walk = &body->walk;

	if (rs_next(walk, "begin"))
		begin_block(body);
	else if (rs_next(walk, "end"))
		end_block(body);
	else if (rs_accept(walk, "declare"))
		declarations(walk);
	else if (rs_accept(walk, "if|elsif|elseif"))
	{
		keep_expression(walk, "then");
		(void) rs_accept(walk, "then");
	}
	else if (rs_accept(walk, "while"))
	{
		keep_expression(walk, "loop");
		(void) rs_accept(walk, "loop");
	}
	else if (rs_accept(walk, "case"))
		keep_expression(walk, "when");
	else if (rs_accept(walk, "when"))
	{
		keep_expression(walk, "then");
		(void) rs_accept(walk, "then");
	}
	else if (rs_accept(walk, "for|foreach"))
	{
		for_loop(walk);
		(void) rs_accept(walk, "loop");
	}
	else if (rs_next(walk, "exception"))
		handler(body);
	else if (rs_accept(walk, "else|loop"))
		;
	else if (rs_next(walk, "execute"))
		execute(walk);
	else if (rs_accept(walk, "open"))
		open_cursor(walk);
	else if (rs_accept(walk, "return query"))
		rs_keep_query(walk, expression_end(walk, NULL));
	else if (rs_accept(walk, "return|perform|raise|exit|continue"))
		keep_expression(walk, NULL);
	else if (rs_next(walk, QUERIES) || rs_next(walk, OTHER_SQL))
		sql_statement(body);
	else if (rs_accept(walk, "start transaction"))
	{
		body->transaction = true;
		rs_replace(walk, "NULL");
	}
	else if (rs_next(walk, "get|fetch|move|close|null|commit|rollback"))
	{
		if (rs_next(walk, "commit|rollback"))
			body->transaction = false;
		walk->at = expression_end(walk, NULL);
	}
	else if (walk->tokens[walk->at].kind == RS_OPERATOR && strcmp(walk->tokens[walk->at].text, "<<") == 0)
		walk->at += 3;
	else
		/* An assignment */
		keep_expression(walk, NULL);
	walk->at = Min(walk->at, walk->end);
	if (walk->tokens[walk->at].kind == ';' && walk->at < walk->end)
		walk->at++;
	rs_keep(walk);
}

char *
rs_translate_plpgsql(const RsDialect *dialect, const char *text, bool nonatomic)
{
	RsTranslator translator = {dialect, text};
	RsText		out;
	Body		body = {0};
	int			done;

	translator.tokens = rs_tokens(text, dialect->standard_conforming_strings, &translator.ntokens);
	rs_text_init(&out);
	rs_walk_begin(&body.walk, &translator, &out, 0, translator.ntokens);
	body.nonatomic = nonatomic;
	rs_text_add(&out, 0, "\n#variable_conflict use_variable\n");
	rs_text_copy(&out, text, strspn(text, "\n"), translator.tokens[0].start);
	while (body.walk.at < body.walk.end)
	{
		int			from = body.walk.at;

		statement(&body);
		if (body.walk.at == from)
			body.walk.at++;
	}
	rs_keep(&body.walk);
	done = translator.ntokens > 0 ? translator.tokens[translator.ntokens - 1].end : 0;
	rs_text_copy(&out, text, Max(done, translator.tokens[0].start), strlen(text));
	return out.data.data;
}
