/*
 * role.c
 *	  Users, groups and roles: CREATE, ALTER, DROP.
 *
 * All three are PostgreSQL's roles, whose statements have Redshift's words for most of it.
 */
#include "postgres.h"

#include "dialect/statement.h"
#include "dialect/walk.h"
#include "utils/builtins.h"

/* Whoever may see what others do in system tables. */
#define SEES_ALL "pg_read_all_stats"

static void
password(RsWalk *walk)
{
	if (rs_accept(walk, "disable"))
		rs_replace(walk, "PASSWORD NULL");
	else if (rs_look(walk, 0)->kind == RS_STRING)
	{
		if (strncmp(rs_look(walk, 0)->text, "sha256|", 7) == 0)
			rs_walk_refuse(walk, "a password's SHA256 hash",
						   "PostgreSQL keeps SCRAM verifiers and MD5 hashes, and makes them of passwords.");
		walk->at++;
		rs_keep(walk);
	}
}

/*
 * Seconds of SESSION TIMEOUT, which a setting of the role has.
 */
static char *
session_timeout(RsWalk *walk)
{
	if (rs_look(walk, 0)->kind != RS_NUMBER)
		rs_syntax_error(walk->translator, walk->at);
	walk->at++;
	return psprintf("SET idle_session_timeout = '%ss'", rs_look(walk, -1)->text);
}

/*
 * Options of CREATE USER and ALTER USER; more: statements for what CREATE
 * USER has no place for (NULL: it is ALTER USER).
 */
static void
user_options(RsWalk *walk, const char *name, StringInfo more)
{
	bool		create = more != NULL;

	while (walk->at < walk->end)
	{
		rs_keep(walk);
		if (rs_accept(walk, "password"))
			password(walk);
		else if (rs_accept(walk, "createuser"))
			rs_replace(walk, "SUPERUSER");
		else if (rs_accept(walk, "nocreateuser"))
			rs_replace(walk, "NOSUPERUSER");
		else if (rs_accept(walk, "connection limit unlimited"))
			rs_replace(walk, "CONNECTION LIMIT -1");
		else if (create && rs_accept(walk, "syslog access restricted"))
			rs_drop(walk);
		else if (create && rs_accept(walk, "syslog access unrestricted"))
		{
			appendStringInfo(more, "; GRANT " SEES_ALL " TO %s", name);
			rs_drop(walk);
		}
		else if (create && rs_accept(walk, "session timeout"))
		{
			appendStringInfo(more, "; ALTER USER %s %s", name, session_timeout(walk));
			rs_drop(walk);
		}
		else if (rs_next(walk, "externalid"))
			rs_walk_refuse(walk, "EXTERNALID", "Users of identity providers are mapped in pg_ident.conf.");
		else if (rs_next(walk, "syslog") || rs_next(walk, "session"))
			rs_walk_refuse(walk, psprintf("%s with other options",
										  rs_next(walk, "syslog") ? "SYSLOG ACCESS" : "SESSION TIMEOUT"),
					  "It takes a statement of its own here.");
		else
			walk->at++;
	}
	rs_keep(walk);
}

void
rs_create_user(RsTranslator *translator, RsText *out, int first, int end)
{
	RsWalk		walk;
	StringInfoData more;
	char	   *name;
	RsText		create;
	RsText		block;

	initStringInfo(&more);
	rs_text_init(&create);
	rs_walk_begin(&walk, translator, &create, first, end);
	(void) rs_accept(&walk, "create user");
	name = rs_take_identifier(&walk);
	if (name != NULL)
		user_options(&walk, name, &more);
	rs_keep_rest(&walk);
	if (more.len == 0)
	{
		rs_text_append(out, &create);
		return;
	}
	rs_text_init(&block);
	rs_text_add(&block, walk.tokens[first].start, "BEGIN ");
	rs_text_append(&block, &create);
	rs_text_addf(&block, walk.tokens[end - 1].end, "%s; END", more.data);
	rs_text_add(out, walk.tokens[first].start, "DO ");
	rs_text_append_literal(out, walk.tokens[first].start, &block);
}

void
rs_alter_user(RsTranslator *translator, RsText *out, int first, int end)
{
	RsWalk		walk;
	char	   *name;

	rs_walk_begin(&walk, translator, out, first, end);
	(void) rs_accept(&walk, "alter user");
	name = rs_take_identifier(&walk);
	if (name == NULL)
	{
		rs_keep_rest(&walk);
		return;
	}
	if (end - walk.at == 3 && rs_accept(&walk, "syslog access restricted|unrestricted"))
	{
		bool		all = rs_match(rs_look(&walk, -1), "unrestricted");

		rs_replace(&walk, "%s " SEES_ALL " %s %s", all ? "GRANT" : "REVOKE", all ? "TO" : "FROM", name);
		return;
	}
	if (rs_next(&walk, "[with] session timeout"))
	{
		(void) rs_accept(&walk, "with");
		rs_keep(&walk);
		(void) rs_accept(&walk, "session timeout");
		rs_replace(&walk, "%s", session_timeout(&walk));
	}
	else if (rs_next(&walk, "reset session timeout"))
	{
		rs_keep(&walk);
		(void) rs_accept(&walk, "reset session timeout");
		rs_replace(&walk, "RESET idle_session_timeout");
	}
	else if (!rs_next(&walk, "set|reset|rename|in"))
		user_options(&walk, name, NULL);
	rs_keep_rest(&walk);
}

/*
 * ALTER ROLE name [WITH] RENAME TO name; what else Redshift has there is refused.
 */
void
rs_alter_role(RsTranslator *translator, RsText *out, int first, int end)
{
	RsWalk		walk;

	rs_walk_begin(&walk, translator, out, first, end);
	(void) rs_accept(&walk, "alter role");
	if (rs_take_identifier(&walk) != NULL)
	{
		rs_keep(&walk);
		if (rs_next(&walk, "with rename"))
		{
			walk.at++;
			rs_drop(&walk);
		}
		else if (rs_next(&walk, "[with] owner"))
			rs_walk_refuse(&walk, "the owner of a role", "GRANT role TO user WITH ADMIN OPTION lets a user grant it to others.");
		else if (rs_next(&walk, "[with] externalid"))
			rs_walk_refuse(&walk, "EXTERNALID", "Roles of identity providers are mapped in pg_ident.conf.");
	}
	rs_keep_rest(&walk);
}

/*
 * DROP ROLE name [FORCE | RESTRICT]: privileges go with a role by force.
 */
void
rs_drop_role(RsTranslator *translator, RsText *out, int first, int end)
{
	RsWalk		walk;
	char	   *name;

	rs_walk_begin(&walk, translator, out, first, end);
	(void) rs_accept(&walk, "drop role");
	name = rs_take_identifier(&walk);
	if (name != NULL && walk.at == end - 1 && rs_accept(&walk, "force"))
		rs_replace(&walk, "DO %s",
				   quote_literal_cstr(psprintf("BEGIN DROP OWNED BY %s; DROP ROLE %s; END", name, name)));
	else if (name != NULL && walk.at == end - 1 && rs_next(&walk, "restrict"))
	{
		rs_keep(&walk);
		walk.at++;
		rs_drop(&walk);
	}
	rs_keep_rest(&walk);
}

void
rs_create_role(RsTranslator *translator, RsText *out, int first, int end)
{
	RsWalk		walk;

	rs_walk_begin(&walk, translator, out, first, end);
	while (walk.at < end)
	{
		if (rs_next(&walk, "externalid"))
			rs_walk_refuse(&walk, "EXTERNALID", "Roles of identity providers are mapped in pg_ident.conf.");
		walk.at++;
	}
	rs_keep(&walk);
}
