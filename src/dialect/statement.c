/*
 * statement.c
 *	  Statements of a text, and the function that translates each kind.
 *
 * To add a kind: one line in kinds[], its function in a file of its family, declared in
 * statement.h.
 */
#include "postgres.h"

#include "dialect/source.h"
#include "dialect/statement.h"
#include "mb/pg_wchar.h"

static void translate_query(RsTranslator *translator, RsText *out, int first, int end);
static void translate_under(RsTranslator *translator, RsText *out, int first, int end);

/* The first kind whose words (rs_match) a statement begins with is its. */
static const struct
{
	const char *words;
	RsStatement translate;
}			kinds[] = {
	{"alter database", rs_alter_database},
	{"alter default privileges", rs_alter_default_privileges},
	{"alter domain|policy", rs_define},
	{"alter function|procedure", rs_name_routine},
	{"alter materialized view", rs_alter_materialized_view},
	{"alter role", rs_alter_role},
	{"alter schema", rs_create_schema},
	{"alter table", rs_alter_table},
	{"alter user", rs_alter_user},
	{"analyze|analyse", rs_analyze},
	{"begin|start", rs_begin},
	{"call", rs_call},
	{"cancel", rs_cancel},
	{"comment on column", rs_comment_on_column},
	{"comment on function|procedure", rs_name_routine},
	{"comment on", rs_names},
	{"copy", rs_copy_statement},
	{"create [or replace] [global|local] [temp|temporary|unlogged] [recursive] view", rs_create_view},
	{"create [global|local] [temp|temporary|unlogged] table", rs_create_table},
	{"create materialized view", rs_create_materialized_view},
	{"create [or replace] function|procedure", rs_create_routine},
	{"create database", rs_database},
	{"create domain|policy", rs_define},
	{"create [unique] index", rs_create_index},
	{"create role", rs_create_role},
	{"create schema", rs_create_schema},
	{"create statistics", rs_create_statistics},
	{"create [or replace] [constraint] trigger", rs_define},
	{"create user mapping", rs_copy},
	{"create user", rs_create_user},
	{"declare", translate_under},
	{"delete", translate_query},
	{"drop database", rs_database},
	{"drop function|procedure", rs_name_routine},
	{"drop role", rs_drop_role},
	{"drop schema", rs_drop_schema},
	{"drop [materialized] table|view", rs_names},
	{"explain", rs_explain},
	{"grant|revoke", rs_grant},
	{"insert", translate_query},
	{"lock", rs_names},
	{"merge", rs_merge},
	{"prepare", rs_prepare},
	{"refresh materialized view", rs_refresh_materialized_view},
	{"select", translate_query},
	{"set [session] readonly", rs_set},
	{"show", rs_show},
	{"table", translate_query},
	{"truncate", rs_names},
	{"unload", rs_unload_statement},
	{"update", translate_query},
	{"vacuum", rs_vacuum},
	{"values", translate_query},
	{"with", translate_query},
	{"alter|attach|create|desc|detach|drop|use", rs_refused},
};

static void
translate_query(RsTranslator *translator, RsText *out, int first, int end)
{
	rs_emit_query(translator, out, first, end);
}

/* Does a query begin at token i?  WITH also says how a view, a table or a cursor is made. */
static bool
begins_query(const RsToken *tokens, int i, int end)
{
	if (!rs_is(&tokens[i], "with"))
		return rs_match(&tokens[i], "select|insert|update|delete|merge|values") != 0;
	return i + 2 < end && (rs_is(&tokens[i + 1], "recursive") || rs_is(&tokens[i + 2], "as") ||
						   tokens[i + 2].kind == '(');
}

/* A query under another statement: what is before it is copied. */
static void
translate_under(RsTranslator *translator, RsText *out, int first, int end)
{
	const RsToken *tokens = translator->tokens;
	int			query = first + 1;
	int			close = end;

	while (query < end && !begins_query(tokens, query, end))
	{
		/* Options and columns in brackets are not it, unless they are a query. */
		if (tokens[query].kind == '(' && tokens[query].match > query && !begins_query(tokens, query + 1, end))
			query = tokens[query].match;
		query++;
	}
	if (query == end)
	{
		rs_copy(translator, out, first, end);
		return;
	}
	if (tokens[query - 1].kind == '(' && tokens[query - 1].match < end)
		close = tokens[query - 1].match;
	rs_copy(translator, out, first, query);
	rs_copy_gap(translator, out, query);
	rs_emit_query(translator, out, query, close);
	if (close < end)
	{
		rs_copy_gap(translator, out, close);
		rs_copy(translator, out, close, end);
	}
}

void
rs_translate_statement(RsTranslator *translator, RsText *out, int first, int end)
{
	if (translator->tokens[first].kind == '(')
	{
		rs_emit_query(translator, out, first, end);
		return;
	}
	for (int i = 0; i < lengthof(kinds); i++)
		if (rs_match(&translator->tokens[first], kinds[i].words))
		{
			kinds[i].translate(translator, out, first, end);
			return;
		}
	rs_copy(translator, out, first, end);
}

/*
 * The end of the statement that begins at first: its semicolon or the end of the text.
 * Semicolons in brackets (CREATE RULE) and in a routine's BEGIN ATOMIC ... END are parts.
 */
static int
statement_end(const RsToken *tokens, int first, int ntokens)
{
	int			atomic = 0;		/* BEGINs and CASEs that have not ended */
	int			depth = 0;
	bool		routine = rs_match(&tokens[first], "create [or replace] function|procedure") != 0;

	for (int i = first; i < ntokens; i++)
	{
		if (tokens[i].kind == ';' && atomic == 0 && depth == 0)
			return i;
		if (tokens[i].kind == '(')
			depth++;
		else if (tokens[i].kind == ')' && depth > 0)
			depth--;
		else if (routine && rs_is(&tokens[i], "begin"))
			atomic++;
		else if (atomic > 0 && rs_is(&tokens[i], "case"))
			atomic++;
		else if (atomic > 0 && rs_is(&tokens[i], "end"))
			atomic--;
	}
	return ntokens;
}

/* Text that ends in a comment to the end of the line needs another line before more can follow. */
static void
end_line(RsText *out, const char *sql, int from, int to)
{
	for (; from < to; from++)
		if (sql[from] == '-' && sql[from + 1] == '-')
		{
			rs_text_add(out, to, "\n");
			return;
		}
}

/*
 * The statement of tokens [first, end), whose text ends at `to`, has been translated up to there.
 */
static void
append_source(const RsTranslator *translator, RsText *out, int first, int end, int to)
{
	const char *sql = translator->source;
	int			from = first > 0 ? translator->tokens[first - 1].end : 0;

	if (sql[to] == '\0')
		end_line(out, sql, translator->tokens[end - 1].end, to);
	while (isspace((unsigned char) sql[from]))
		from++;
	rs_source_append(out, translator->dialect->source_mark, RS_SOURCE_STATEMENT, sql, from, to,
					 translator->dialect->source_most);
}

/*
 * The whole text, that is translated, has sources of statements in it.  That of a statement which is all
 * but blanks serves for it.
 */
static void
append_whole_source(const RsTranslator *translator, RsText *out, int nstatements, int after)
{
	const char *sql = translator->source;
	int			length = strlen(sql);

	if (nstatements == 1 && after + strspn(sql + after, "; \t\n\r\f") == length)
		return;
	end_line(out, sql, after, length);
	rs_source_append(out, translator->dialect->source_mark, RS_SOURCE_TEXT, sql, 0, length,
					 translator->dialect->source_most);
}

RsTranslation *
rs_translate(const RsDialect *dialect, const char *sql)
{
	RsTranslation *translation = palloc(sizeof(RsTranslation));
	RsText	   *out = &translation->text;
	RsTranslator translator = {dialect, sql};
	int			length = strlen(sql);
	int			done = 0;		/* offset up to which sql is translated */
	int			nstatements = 0;
	bool		mentioned = dialect->source_mark != 0 && rs_source_mentioned(sql, dialect->source_mark);
	bool		has_sources = false;

	translator.tokens = rs_tokens(sql, dialect->standard_conforming_strings, &translator.ntokens);
	for (int i = 0; i < translator.ntokens; i++)
		translator.mentions_super |= rs_is(&translator.tokens[i], "super");
	rs_text_init(out);
	for (int first = 0; first < translator.ntokens;)
	{
		int			end = statement_end(translator.tokens, first, translator.ntokens);

		if (end > first)
		{
			int			start = translator.tokens[first].start;
			int			size = translator.tokens[end - 1].end - start;
			int			before;

			rs_text_copy(out, sql, done, start);
			before = out->data.len;
			rs_translate_statement(&translator, out, first, end);
			done = start + size;
			nstatements++;
			if (dialect->source_mark != 0 &&
				(mentioned || out->data.len - before != size ||
				 memcmp(out->data.data + before, sql + start, size) != 0))
			{
				int			to = translator.tokens[end].start;

				rs_text_copy(out, sql, done, to);
				append_source(&translator, out, first, end, to);
				done = to;
				has_sources = true;
			}
		}
		first = end + 1;
	}
	rs_text_copy(out, sql, done, length);
	if (has_sources)
		append_whole_source(&translator, out, nstatements, done);
	translation->changed = out->npieces > 1 || (out->npieces == 1 && !out->pieces[0].copied) ||
		out->data.len != length;
	return translation;
}

int
rs_user_position(const RsTranslation *translation, const char *sql, int position)
{
	const char *text = translation->text.data.data;
	int			offset = 0;

	if (position <= 0)
		return 0;
	for (int i = 1; i < position && text[offset] != '\0'; i++)
		offset += pg_mblen(text + offset);
	offset = Min(offset, translation->text.data.len);
	return pg_mbstrlen_with_len(sql, rs_text_source(&translation->text, offset)) + 1;
}
