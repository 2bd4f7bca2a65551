/*
 * grant.c
 *	  GRANT, REVOKE and ALTER DEFAULT PRIVILEGES.
 *
 * PostgreSQL has one kind of grantee, so ROLE goes before names; groups it knows as GROUP.
 * Privileges of Redshift that PostgreSQL has no like of are refused.
 */
#include "postgres.h"

#include "dialect/statement.h"
#include "dialect/type_name.h"
#include "dialect/walk.h"
#include "utils/builtins.h"

/* What a privilege is named for that only an object's owner has here, or a superuser. */
static void
check_privilege(RsWalk *walk)
{
	if (rs_next(walk, "drop|alter") && !rs_match(rs_look(walk, 1), "default"))
		rs_walk_refuse(walk, psprintf("privilege %s", rs_next(walk, "drop") ? "DROP" : "ALTER"),
				  "Only the owner of an object, and members of it, can drop or alter it here.");
	if (rs_next(walk,
				"create|access|truncate|vacuum|analyze|explain|ignore user|role|database|schema|table|procedure|"
				"function|library|model|datashare|external|system|catalog|rls|masking|identity|or") &&
		!rs_match(rs_look(walk, 1), "on"))
		rs_walk_refuse(walk, psprintf("system privilege \"%s %s\"", rs_look(walk, 0)->text, rs_look(walk, 1)->text),
				  "PostgreSQL has attributes of users (CREATEROLE, CREATEDB) and predefined roles (pg_monitor, "
				  "pg_read_all_data) instead.");
	if (rs_next(walk, "analyze|cancel|vacuum") &&
		(rs_match(rs_look(walk, 1), "to|from") || rs_look(walk, 1)->kind == ','))
		rs_walk_refuse(walk, psprintf("system privilege \"%s\"", rs_look(walk, 0)->text),
				  "The owner of a table, or of the database, can do that here; pg_signal_backend cancels queries.");
}

/*
 * Redshift's predefined roles, sys:name: whom sys:monitor lets see others' queries is in pg_monitor.
 */
static void
system_role(RsWalk *walk)
{
	bool		quoted = rs_look(walk, 0)->kind == RS_QUOTED && strncmp(rs_look(walk, 0)->text, "sys:", 4) == 0;
	const char *name = quoted ? rs_look(walk, 0)->text + 4 : rs_look(walk, 2)->text;

	if (!quoted && !(rs_next(walk, "sys") && rs_look(walk, 1)->kind == ':'))
		return;
	if (strcmp(name, "monitor") != 0)
		rs_walk_refuse(walk, psprintf("role sys:%s", name),
				  "PostgreSQL has attributes of users (SUPERUSER, CREATEROLE) and predefined roles "
				  "(pg_read_all_data, pg_write_all_data) instead.");
	rs_keep(walk);
	walk->at += quoted ? 1 : 3;
	rs_drop(walk);
	rs_put(walk, " pg_monitor");
}

/*
 * What is granted on: names, and types of functions' arguments.
 */
static void
objects(RsWalk *walk)
{
	bool		procedures;

	if (rs_next(walk, "datashare|model|copy|external|masking|rls|template"))
		rs_walk_refuse(walk, psprintf("privileges on %s", rs_look(walk, 0)->text), "There are no such objects.");
	procedures = rs_next(walk, "procedure");
	(void) rs_accept(walk,
					 "table|schema|database|function|procedure|language|all [tables|functions|procedures|sequences] "
					 "[in] [schema]");
	rs_keep(walk);
	while (walk->at < walk->end && !rs_next(walk, "to|from"))
	{
		rs_keep(walk);
		if (procedures && rs_look(walk, 0)->kind == '(')
			rs_keep_procedure_arguments(walk);
		else if (rs_look(walk, 0)->kind == '(')
		{
			walk->at++;
			while (walk->at < walk->end && rs_look(walk, 0)->kind != ')')
			{
				if (!rs_keep_type(walk, false))
					walk->at++;
			}
		}
		else if (!rs_keep_name(walk))
			walk->at++;
	}
	rs_keep(walk);
}

/*
 * TO or FROM {user | ROLE role | GROUP group | PUBLIC} [, ...]
 */
static void
grantees(RsWalk *walk)
{
	while (walk->at < walk->end && !rs_next(walk, "with|granted|cascade|restrict"))
	{
		rs_keep(walk);
		if (rs_next(walk, "role|user") && rs_is_name(rs_look(walk, 1)) && walk->at + 1 < walk->end)
		{
			walk->at++;
			rs_drop(walk);
		}
		walk->at++;
	}
	rs_keep(walk);
}

/*
 * ASSUMEROLE ON 'arn' [, ...] TO grantees FOR ...: the right to use the servers of the role.
 */
static bool
assume_role(RsWalk *walk, bool grant)
{
	StringInfoData roles;
	StringInfoData users;

	if (!rs_accept(walk, "assumerole on"))
		return false;
	initStringInfo(&roles);
	initStringInfo(&users);
	do
	{
		if (rs_look(walk, 0)->kind == ',')
			walk->at++;
		if (rs_look(walk, 0)->kind != RS_STRING && !rs_next(walk, "default|all"))
			rs_syntax_error(walk->translator, walk->at);
		appendStringInfo(&roles, "%s%s", roles.len > 0 ? ", " : "", quote_literal_cstr(rs_look(walk, 0)->text));
		walk->at++;
	} while (rs_look(walk, 0)->kind == ',');
	if (!rs_accept(walk, grant ? "to" : "from"))
		rs_syntax_error(walk->translator, walk->at);
	do
	{
		char	   *name;

		if (rs_look(walk, 0)->kind == ',')
			walk->at++;
		if (!rs_next(walk, "public"))
			(void) rs_accept(walk, "role|group|user");
		name = rs_accept(walk, "public") ? "public" : rs_take_identifier(walk);
		if (name == NULL)
			rs_syntax_error(walk->translator, walk->at);
		appendStringInfo(&users, "%s%s", users.len > 0 ? ", " : "", name);
	} while (rs_look(walk, 0)->kind == ',');
	if (rs_accept(walk, "for"))
		while (walk->at < walk->end && (rs_next(walk, "all|copy|unload") || rs_look(walk, 0)->kind == ','))
			walk->at++;
	if (walk->at < walk->end)
		rs_walk_refuse(walk, "ASSUMEROLE for other than COPY and UNLOAD", "Nothing else here assumes a role.");
	rs_drop(walk);
	rs_put(walk, "CALL redshift.grant_assumerole(%s, ARRAY[%s], %s)", grant ? "true" : "false", roles.data,
			   quote_literal_cstr(users.data));
	return true;
}

/*
 * privileges FOR {TABLES | FUNCTIONS | PROCEDURES} IN SCHEMA s: of those that there are and will be.
 */
static bool
scoped(RsWalk *walk, bool grant)
{
	RsWalk		found = *walk;
	int			privileges = walk->at;
	int			privileges_end;
	const char *kind;
	const char *now;
	const char *schema;
	RsText	   *out = walk->out;
	RsText		block;
	int			to;

	rs_go_to(&found, "for|on|to|from", found.end);
	while (rs_look(&found, 0)->kind == ',')
	{
		found.at++;
		rs_go_to(&found, "for|on|to|from", found.end);
	}
	privileges_end = found.at;
	if (rs_next(&found, "for schemas|tables|functions|procedures|languages|copy in database"))
		rs_walk_refuse(&found, "a privilege on what a database has",
					   "Privileges on objects that are yet to be made are those of a schema here.");
	if (!rs_accept(&found, "for tables|functions|procedures in schema"))
		return false;
	kind = rs_match(rs_look(&found, -3), "procedures") ? "routines" : rs_look(&found, -3)->text;
	now = rs_look(&found, -3)->text;
	schema = rs_take_identifier(&found);
	if (schema == NULL)
		rs_syntax_error(found.translator, found.at);
	if (rs_accept(&found, "database"))
		(void) rs_take_identifier(&found);
	to = found.at;
	rs_text_init(&block);
	walk->out = &block;
	rs_put(walk, "BEGIN %s ", grant ? "GRANT" : "REVOKE");
	for (int i = 0; i < 2; i++)
	{
		rs_copy(walk->translator, walk->out, privileges, privileges_end);
		rs_put(walk, " ON %s%s%s", i == 0 ? "ALL " : "", i == 0 ? now : kind,
			   i == 0 ? psprintf(" IN SCHEMA %s", schema) : "");
		walk->at = walk->done = to;
		grantees(walk);
		rs_keep_rest(walk);
		if (i == 0)
			rs_put(walk, "; ALTER DEFAULT PRIVILEGES IN SCHEMA %s %s ", schema, grant ? "GRANT" : "REVOKE");
	}
	rs_put(walk, "; END");
	walk->out = out;
	rs_put(walk, "DO ");
	rs_text_append_literal(out, walk->tokens[privileges].start, &block);
	return true;
}

void
rs_grant(RsTranslator *translator, RsText *out, int first, int end)
{
	RsWalk		walk;
	bool		grant;
	int			from;

	rs_walk_begin(&walk, translator, out, first, end);
	grant = rs_accept(&walk, "grant");
	if (!grant)
		(void) rs_accept(&walk, "revoke");
	if (!rs_next(&walk, "grant|admin option for"))
	{
		rs_drop(&walk);
		if (assume_role(&walk, grant) || scoped(&walk, grant))
			return;
		walk.done = first;
	}
	(void) rs_accept(&walk, "grant|admin option for");
	rs_keep(&walk);
	while (walk.at < end && !rs_next(&walk, "on|to|from"))
	{
		rs_keep(&walk);
		if (rs_next(&walk, "role") && rs_is_name(rs_look(&walk, 1)))
		{
			walk.at++;
			rs_drop(&walk);
			from = walk.at;
			system_role(&walk);
			if (walk.at > from)
				continue;
		}
		else
			check_privilege(&walk);
		if (!rs_accept_brackets(&walk))
			walk.at++;
	}
	rs_keep(&walk);
	if (rs_accept(&walk, "on"))
		objects(&walk);
	if (rs_accept(&walk, "to|from"))
		grantees(&walk);
	rs_keep_rest(&walk);
}

void
rs_alter_default_privileges(RsTranslator *translator, RsText *out, int first, int end)
{
	RsWalk		walk;

	rs_walk_begin(&walk, translator, out, first, end);
	while (walk.at < end && !rs_next(&walk, "to|from"))
	{
		rs_keep(&walk);
		if (rs_accept(&walk, "on procedures"))
			rs_replace(&walk, "ON ROUTINES");
		else
		{
			check_privilege(&walk);
			walk.at++;
		}
	}
	if (rs_accept(&walk, "to|from"))
		grantees(&walk);
	rs_keep_rest(&walk);
}
