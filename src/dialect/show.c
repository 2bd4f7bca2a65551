/*
 * show.c
 *	  SHOW of catalogs and definitions: queries of functions that give Redshift's columns.
 *
 * Names may be parameters, as drivers prepare these statements: FROM SCHEMA $1.$2.
 * SHOW of a setting is PostgreSQL's.
 */
#include "postgres.h"

#include "dialect/statement.h"
#include "dialect/type_name.h"
#include "dialect/walk.h"
#include "utils/builtins.h"

typedef struct ShowForm
{
	const char *words;			/* up to the name: see rs_match() */
	const char *function;
	int			parts;			/* of the name, all in all: its database, schema, ... */
	bool		types;			/* argument types in brackets follow */
	const char *last;			/* a further argument */
} ShowForm;

/* Longer ones before those that they begin with. */
static const ShowForm forms[] = {
	{"show databases", "show_databases", 0},
	{"show schemas from database", "show_schemas", 1},
	{"show schemas", "show_schemas", 0},
	{"show tables from schema", "show_tables", 2},
	{"show columns from table", "show_columns", 3},
	{"show constraints primary keys from table", "show_constraints_primary", 3},
	{"show constraints foreign keys exported from table", "show_constraints_foreign", 3, false, "exported => true"},
	{"show constraints foreign keys from table", "show_constraints_foreign", 3},
	{"show procedures from schema", "show_procedures", 2},
	{"show functions from schema", "show_functions", 2},
	{"show parameters of procedure", "show_parameters_of_procedure", 3, true},
	{"show parameters of function", "show_parameters_of_function", 3, true},
	{"show column grants on table", "show_column_grants", 3},
	{"show grants on table", "show_grants_on_table", 3},
	{"show grants on schema", "show_grants_on_schema", 2},
	{"show grants on database", "show_grants_on_database", 1},
	{"show grants on function", "show_grants_on_function", 3, true},
};

static void
add_argument(StringInfo arguments, const char *argument)
{
	appendStringInfo(arguments, "%s%s", arguments->len > 0 ? ", " : "", argument);
}

/* A name, a string or a parameter, as an expression of type text. */
static char *
take_text(RsWalk *walk)
{
	const RsToken *token = rs_look(walk, 0);

	if (token->kind == RS_PARAMETER)
	{
		walk->at++;
		return pstrdup(token->text);
	}
	if (!rs_is_name(token) && token->kind != RS_WORD && token->kind != RS_STRING)
		rs_syntax_error(walk->translator, walk->at);
	walk->at++;
	return quote_literal_cstr(token->kind == RS_STRING ? token->text : rs_name_value(walk->translator, walk->at - 1));
}

/*
 * The parts of a name as arguments; those that it leaves out before are NULL.
 */
static void
add_name(RsWalk *walk, int parts, StringInfo arguments)
{
	char	   *found[3];
	int			n = 0;

	do
	{
		if (n > 0)
			walk->at++;
		if (n == parts)
			rs_syntax_error(walk->translator, walk->at);
		found[n++] = take_text(walk);
	} while (rs_look(walk, 0)->kind == '.');
	for (int i = n; i < parts; i++)
		add_argument(arguments, "NULL");
	for (int i = 0; i < n; i++)
		add_argument(arguments, found[i]);
}

/*
 * (int, varchar, $3): an array of texts.
 */
static void
add_types(RsWalk *walk, StringInfo arguments)
{
	StringInfoData types;

	initStringInfo(&types);
	if (rs_look(walk, 0)->kind != '(')
		rs_syntax_error(walk->translator, walk->at);
	for (walk->at++; rs_look(walk, 0)->kind != ')';)
	{
		int			length = rs_type_length(rs_look(walk, 0));

		if (rs_look(walk, 0)->kind == RS_PARAMETER || rs_look(walk, 0)->kind == RS_STRING)
			add_argument(&types, take_text(walk));
		else if (length > 0)
		{
			int			start = rs_look(walk, 0)->start;

			walk->at += length;
			add_argument(&types, quote_literal_cstr(pnstrdup(walk->translator->source + start,
															 rs_look(walk, -1)->end - start)));
		}
		else
			rs_syntax_error(walk->translator, walk->at);
		if (rs_look(walk, 0)->kind == ',')
			walk->at++;
	}
	walk->at++;
	add_argument(arguments, psprintf("ARRAY[%s]::text[]", types.data));
}

/*
 * FOR {user | ROLE role | GROUP group | PUBLIC}
 */
static void
add_grantee(RsWalk *walk, StringInfo arguments)
{
	const char *kind = "user";
	bool		named = arguments->len > 0;

	if (rs_accept(walk, "public"))
		kind = "public";
	else if (rs_next(walk, "role|group|user") && walk->at + 1 < walk->end)
	{
		kind = rs_look(walk, 0)->text;
		walk->at++;
	}
	add_argument(arguments, psprintf("%s'%s'", named ? "grantee_type => " : "", kind));
	add_argument(arguments, psprintf("%s%s", named ? "grantee => " : "",
									 strcmp(kind, "public") == 0 ? "'public'" : take_text(walk)));
}

static void
put_query(RsWalk *walk, const char *function, StringInfo arguments)
{
	if (walk->at < walk->end)
		rs_syntax_error(walk->translator, walk->at);
	rs_replace(walk, "SELECT * FROM redshift.%s(%s)", function, arguments->data);
}

static bool
show_form(RsWalk *walk, const ShowForm *form)
{
	StringInfoData arguments;

	if (!rs_accept(walk, form->words))
		return false;
	initStringInfo(&arguments);
	if (form->parts > 0)
		add_name(walk, form->parts, &arguments);
	if (form->types)
		add_types(walk, &arguments);
	if (form->last != NULL)
		add_argument(&arguments, form->last);
	if (rs_accept(walk, "like"))
		add_argument(&arguments, psprintf("pattern => %s", take_text(walk)));
	if (rs_accept(walk, "for"))
		add_grantee(walk, &arguments);
	if (rs_accept(walk, "limit"))
	{
		char	   *limit = pstrdup(rs_look(walk, 0)->text);

		walk->at++;
		put_query(walk, form->function, &arguments);
		rs_put(walk, " LIMIT %s", limit);
		return true;
	}
	put_query(walk, form->function, &arguments);
	return true;
}

/*
 * SHOW TABLE, VIEW and PROCEDURE: a statement that makes it again.
 */
static bool
show_definition(RsWalk *walk)
{
	static const struct
	{
		const char *words;
		const char *query;
	}			kinds[] = {
		{"show table", "SELECT redshift.show_table(%s) AS \"Show Table DDL statement\""},
		{"show view", "SELECT redshift.show_view(%s) AS \"Show View DDL statement\""},
		{"show procedure", "SELECT redshift.show_procedure(%s) AS \"Show Procedure Definition\""},
	};

	for (int i = 0; i < lengthof(kinds); i++)
	{
		StringInfoData name;
		char	   *relation;

		if (!rs_accept(walk, kinds[i].words))
			continue;
		relation = rs_take_name(walk);
		if (relation == NULL)
			rs_syntax_error(walk->translator, walk->at);
		initStringInfo(&name);
		appendStringInfoString(&name, relation);
		if (rs_look(walk, 0)->kind == '(' && i == 2)
		{
			int			start = rs_look(walk, 0)->start;

			if (!rs_accept_brackets(walk))
				rs_syntax_error(walk->translator, walk->at);
			appendBinaryStringInfo(&name, walk->translator->source + start, rs_look(walk, -1)->end - start);
		}
		if (walk->at < walk->end)
			rs_syntax_error(walk->translator, walk->at);
		rs_replace(walk, kinds[i].query, quote_literal_cstr(name.data));
		return true;
	}
	return false;
}

void
rs_show(RsTranslator *translator, RsText *out, int first, int end)
{
	RsWalk		walk;
	StringInfoData arguments;

	rs_walk_begin(&walk, translator, out, first, end);
	for (int i = 0; i < lengthof(forms); i++)
		if (show_form(&walk, &forms[i]))
			return;
	if (rs_accept(&walk, "show grants [for]") && rs_match(rs_look(&walk, -1), "for"))
	{
		initStringInfo(&arguments);
		add_grantee(&walk, &arguments);
		put_query(&walk, "show_grants_for", &arguments);
		return;
	}
	walk.at = first;
	if (rs_next(&walk, "show external table|schema") ||
		rs_next(&walk, "show model|datashares|namespace|columnmetadata"))
		rs_walk_refuse(&walk, psprintf("SHOW %s", rs_look(&walk, 1)->text),
					   "There are no external tables, models or datashares.");
	/* A word behind TABLE, VIEW and PROCEDURE is their name. */
	if (end - first > 2 && show_definition(&walk))
		return;
	rs_copy(translator, out, first, end);
}
