/*
 * setting.c
 *	  Statements of sessions and transactions, and those that only name objects.
 */
#include "postgres.h"

#include "dialect/statement.h"
#include "dialect/walk.h"
#include "utils/formatting.h"

/*
 * SET readonly = 1, which drivers say.
 */
void
rs_set(RsTranslator *translator, RsText *out, int first, int end)
{
	RsWalk		walk;

	rs_walk_begin(&walk, translator, out, first, end);
	(void) rs_accept(&walk, "set [session] readonly");
	if (rs_look(&walk, 0)->kind == '=' || rs_next(&walk, "to"))
		walk.at++;
	if (walk.at + 1 != end)
		rs_syntax_error(translator, walk.at);
	walk.at++;
	rs_replace(&walk, "SET SESSION CHARACTERISTICS AS TRANSACTION READ %s",
			   rs_match(rs_look(&walk, -1), "off|false") || strcmp(rs_look(&walk, -1)->text, "0") == 0 ?
			   "WRITE" : "ONLY");
}

/*
 * CANCEL pid ['message']
 */
void
rs_cancel(RsTranslator *translator, RsText *out, int first, int end)
{
	RsWalk		walk;
	const char *pid;

	rs_walk_begin(&walk, translator, out, first, end);
	walk.at++;
	pid = rs_look(&walk, 0)->text;
	if (rs_look(&walk, 0)->kind != RS_NUMBER || strspn(pid, "0123456789") != strlen(pid))
		rs_syntax_error(translator, walk.at);
	walk.at++;
	if (rs_look(&walk, 0)->kind == RS_STRING && walk.at < end)
		walk.at++;
	if (walk.at < end)
		rs_syntax_error(translator, walk.at);
	rs_replace(&walk, "DO $redshift$ BEGIN PERFORM pg_catalog.pg_cancel_backend(%s); END $redshift$", pid);
}

/*
 * BEGIN and START TRANSACTION with Redshift's name of an isolation level.
 */
void
rs_begin(RsTranslator *translator, RsText *out, int first, int end)
{
	RsWalk		walk;

	rs_walk_begin(&walk, translator, out, first, end);
	while (walk.at < end)
	{
		rs_keep(&walk);
		if (rs_accept(&walk, "isolation level snapshot"))
			rs_replace(&walk, "ISOLATION LEVEL REPEATABLE READ");
		else
			walk.at++;
	}
	rs_keep(&walk);
}

/*
 * Names of objects, of which some are of three parts, and nothing else that is Redshift's.
 */
void
rs_names(RsTranslator *translator, RsText *out, int first, int end)
{
	RsWalk		walk;

	rs_walk_begin(&walk, translator, out, first, end);
	while (walk.at < end)
		if (!rs_keep_name(&walk))
			walk.at++;
	rs_keep(&walk);
}

/*
 * COMMENT ON COLUMN of a table whose database is named
 */
void
rs_comment_on_column(RsTranslator *translator, RsText *out, int first, int end)
{
	RsWalk		walk;
	int			name;

	rs_walk_begin(&walk, translator, out, first, end);
	(void) rs_accept(&walk, "comment on column");
	rs_keep(&walk);
	name = walk.at;
	if (rs_accept_name(&walk) == 4)
		rs_replace(&walk, "%s.%s", rs_name_text(&walk, name, walk.at - 2), rs_name_text(&walk, walk.at - 1, walk.at));
	rs_keep_rest(&walk);
}

/*
 * CALL procedure(arguments)
 */
void
rs_call(RsTranslator *translator, RsText *out, int first, int end)
{
	RsWalk		walk;

	rs_walk_begin(&walk, translator, out, first, end);
	(void) rs_accept(&walk, "call");
	(void) rs_keep_name(&walk);
	rs_keep_expression(&walk, end);
}

/*
 * EXPLAIN [VERBOSE] statement shows plans as Redshift does; with PostgreSQL's ANALYZE or options it
 * is PostgreSQL's.
 */
void
rs_explain(RsTranslator *translator, RsText *out, int first, int end)
{
	RsWalk		walk;

	rs_walk_begin(&walk, translator, out, first, end);
	(void) rs_accept(&walk, "explain");
	rs_keep(&walk);
	if (rs_accept(&walk, "analyze|analyse [verbose]") ||
		(!rs_match(rs_look(&walk, 1), "select|with|values") && rs_accept_brackets(&walk)))
		rs_keep(&walk);
	else if (!rs_next(&walk, "execute"))
	{
		bool		verbose = rs_accept(&walk, "verbose");

		rs_drop(&walk);
		rs_put(&walk, verbose ? " (REDSHIFT, VERBOSE)" : " (REDSHIFT)");
	}
	rs_keep_statement(&walk, end);
}

/*
 * PREPARE name [(types)] AS statement
 */
void
rs_prepare(RsTranslator *translator, RsText *out, int first, int end)
{
	RsWalk		walk;

	rs_walk_begin(&walk, translator, out, first, end);
	(void) rs_accept(&walk, "prepare");
	if (!rs_next(&walk, "transaction"))
	{
		walk.at++;
		rs_keep_arguments(&walk);
		if (rs_accept(&walk, "as"))
			rs_keep_statement(&walk, end);
	}
	rs_keep_rest(&walk);
}

/*
 * CREATE SCHEMA and ALTER SCHEMA ... QUOTA
 */
void
rs_create_schema(RsTranslator *translator, RsText *out, int first, int end)
{
	RsWalk		walk;

	rs_walk_begin(&walk, translator, out, first, end);
	if (rs_accept(&walk, "alter schema") && rs_accept_name(&walk) > 0 && rs_accept(&walk, "quota unlimited"))
	{
		/* As it is. */
		rs_replace(&walk, "DO $redshift$ BEGIN END $redshift$");
		rs_keep_rest(&walk);
		return;
	}
	walk.at = first;
	while (walk.at < end)
	{
		rs_keep(&walk);
		if (rs_accept(&walk, "quota unlimited"))
			rs_drop(&walk);
		else if (rs_next(&walk, "quota") && rs_look(&walk, 1)->kind == RS_NUMBER)
			rs_walk_refuse(&walk, "QUOTA of a schema", "PostgreSQL does not limit the size of schemas.");
		else
			walk.at++;
	}
	rs_keep(&walk);
}

/*
 * DROP SCHEMA [IF EXISTS] [database.]name [, ...] [DROP EXTERNAL DATABASE] [CASCADE | RESTRICT]
 */
void
rs_drop_schema(RsTranslator *translator, RsText *out, int first, int end)
{
	RsWalk		walk;

	rs_walk_begin(&walk, translator, out, first, end);
	(void) rs_accept(&walk, "drop schema [if] [exists]");
	for (;;)
	{
		int			name = walk.at;
		const char *database = translator->dialect->database;

		if (rs_accept_name(&walk) == 2 &&
			(database == NULL || strcmp(database, rs_name_value(translator, name)) == 0))
		{
			walk.at = name;
			rs_keep(&walk);
			walk.at = name + 2;
			rs_drop(&walk);
			rs_put(&walk, " ");
			walk.at++;
		}
		if (rs_look(&walk, 0)->kind != ',')
			break;
		walk.at++;
	}
	if (rs_next(&walk, "drop external database"))
		rs_walk_refuse(&walk, "DROP EXTERNAL DATABASE", "There are no external schemas.");
	rs_keep_rest(&walk);
}

/*
 * CREATE DATABASE and DROP DATABASE
 */
void
rs_database(RsTranslator *translator, RsText *out, int first, int end)
{
	RsWalk		walk;

	rs_walk_begin(&walk, translator, out, first, end);
	while (walk.at < end)
	{
		rs_keep(&walk);
		if (rs_accept(&walk, "connection limit unlimited"))
			rs_replace(&walk, "CONNECTION LIMIT -1");
		else if (rs_accept(&walk, "collate case_sensitive|cs") ||
				 rs_accept(&walk, "isolation level snapshot|serializable"))
			rs_drop(&walk);
		else if (rs_next(&walk, "collate case_insensitive|ci"))
			rs_walk_refuse(&walk, "a database that is case-insensitive", "Give columns COLLATE CASE_INSENSITIVE.");
		else if (rs_next(&walk, "from datashare|integration|arn"))
			rs_walk_refuse(&walk, "a database of a datashare or integration", "There are none.");
		else if (walk.at == end - 1 && rs_match(&walk.tokens[first], "drop") && rs_accept(&walk, "force"))
			rs_replace(&walk, "WITH (FORCE)");
		else
			walk.at++;
	}
	rs_keep(&walk);
}

/*
 * ALTER DATABASE: an isolation level is that of transactions that begin without one.
 */
void
rs_alter_database(RsTranslator *translator, RsText *out, int first, int end)
{
	RsWalk		walk;

	rs_walk_begin(&walk, translator, out, first, end);
	(void) rs_accept(&walk, "alter database");
	if (rs_accept_name(&walk) > 0)
	{
		rs_keep(&walk);
		if (rs_accept(&walk, "isolation level snapshot|serializable"))
			rs_replace(&walk, "SET default_transaction_isolation = '%s'",
					   rs_match(rs_look(&walk, -1), "snapshot") ? "repeatable read" : "serializable");
		else if (rs_next(&walk, "collate"))
			rs_walk_refuse(&walk, "COLLATE of a database that exists", "Give columns COLLATE CASE_INSENSITIVE.");
		else if (rs_accept(&walk, "[with] connection limit unlimited"))
			rs_replace(&walk, "CONNECTION LIMIT -1");
	}
	rs_keep_rest(&walk);
}

static const struct
{
	const char *words;
	const char *why;
}			refused[] = {
	{"create external schema|table|view|function|model",
	"There are no external schemas; COPY loads files, and postgres_fdw reads other databases."},
	{"create [or replace] library", "Redshift runs no functions in Python since July 2026."},
	{"drop library", "There are no libraries."},
	{"create|drop model", "There is no machine learning."},
	{"create|alter|drop|desc|show datashare",
	"There are no datashares; give other clusters copies, or let them read by postgres_fdw."},
	{"desc identity|datashare", "There are no datashares or identity providers."},
	{"create|alter|drop identity", "Users of identity providers are mapped in pg_hba.conf and pg_ident.conf."},
	{"create|alter|drop rls", "Use PostgreSQL's CREATE POLICY and ALTER TABLE ... ENABLE ROW LEVEL SECURITY."},
	{"attach|detach rls", "Use PostgreSQL's CREATE POLICY and ALTER TABLE ... ENABLE ROW LEVEL SECURITY."},
	{"create|alter|drop|attach|detach masking", "Use a view that shows what may be seen."},
	{"create|alter|drop template", "Write the options of COPY in the statement."},
	{"use", "A session stays in its database; connect to the other one."},
};

/*
 * What there is nothing like of here.
 */
void
rs_refused(RsTranslator *translator, RsText *out, int first, int end)
{
	RsWalk		walk;

	rs_walk_begin(&walk, translator, out, first, end);
	for (int i = 0; i < lengthof(refused); i++)
	{
		int			n = rs_match(&walk.tokens[first], refused[i].words);

		if (n > 0)
			rs_walk_refuse(&walk, pstrdup(asc_toupper(pnstrdup(translator->source + walk.tokens[first].start,
														   walk.tokens[first + n - 1].end - walk.tokens[first].start),
												  walk.tokens[first + n - 1].end - walk.tokens[first].start)),
					  refused[i].why);
	}
	rs_copy(translator, out, first, end);
}
