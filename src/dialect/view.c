/*
 * view.c
 *	  Views: CREATE VIEW ... WITH NO SCHEMA BINDING, and materialized views.
 *
 * A late binding view is one with the option no_schema_binding (views/late_binding_ddl.c);
 * what Redshift says of a materialized view's storage and refreshing are options of it.
 */
#include "postgres.h"

#include "dialect/statement.h"
#include "dialect/table_options.h"
#include "dialect/walk.h"
#include "utils/builtins.h"

/*
 * Go to AS, past names of columns and PostgreSQL's options; false: there is none.
 */
static bool
go_to_query(RsWalk *walk)
{
	while (walk->at < walk->end && !rs_next(walk, "as"))
		if (!rs_accept_brackets(walk))
			walk->at++;
	return walk->at < walk->end;
}

/*
 * Do the last tokens match these words, of which there are n?
 */
static bool
ends_with(RsWalk *walk, int n, const char *words)
{
	return walk->end - n > walk->at && rs_match(&walk->tokens[walk->end - n], words) == n;
}

void
rs_create_view(RsTranslator *translator, RsText *out, int first, int end)
{
	RsWalk		walk;
	bool		temporary;
	bool		late;
	int			to = end;

	rs_walk_begin(&walk, translator, out, first, end);
	(void) rs_accept(&walk, "create [or replace]");
	temporary = rs_accept(&walk, "[global|local] temp|temporary");
	rs_keep(&walk);
	(void) rs_accept(&walk, "[recursive] view");
	if (!temporary && rs_look(&walk, 0)->kind == RS_TEMPORARY)
		rs_put(&walk, " TEMPORARY");
	late = ends_with(&walk, 4, "with no schema binding");
	if (late || ends_with(&walk, 4, "with cascaded|local check option"))
		to -= 4;
	else if (ends_with(&walk, 3, "with check option"))
		to -= 3;
	if (rs_keep_name(&walk) && go_to_query(&walk))
	{
		rs_keep(&walk);
		if (late)
			rs_put(&walk, " WITH (no_schema_binding)");
		walk.at++;
		rs_keep_query(&walk, to);
		if (late)
		{
			walk.at = end;
			rs_drop(&walk);
		}
	}
	rs_keep_rest(&walk);
}

/*
 * AUTO REFRESH of a new or changed view: yes or no, NULL if it is not said.
 */
static const char *
accept_auto_refresh(RsWalk *walk)
{
	if (!rs_accept(walk, "auto refresh"))
		return NULL;
	if (!rs_accept(walk, "yes|no"))
		rs_syntax_error(walk->translator, walk->at);
	return rs_look(walk, -1)->text;
}

void
rs_create_materialized_view(RsTranslator *translator, RsText *out, int first, int end)
{
	RsWalk		walk;
	RsTableAttributes attributes;
	const char *auto_refresh = NULL;
	int			to = end;

	rs_walk_begin(&walk, translator, out, first, end);
	rs_table_options_init(&attributes);
	(void) rs_accept(&walk, "create materialized view");
	(void) rs_accept(&walk, "if not exists");
	if (rs_keep_name(&walk))
	{
		(void) rs_accept_brackets(&walk);
		rs_keep(&walk);
		for (;;)
		{
			const char *given = accept_auto_refresh(&walk);

			if (given != NULL)
				auto_refresh = given;
			else if (!rs_accept_table_attribute(&walk, &attributes))
				break;
			rs_drop(&walk);
		}
		if (attributes.any || auto_refresh != NULL)
		{
			char	   *list = rs_table_option_list(&attributes);

			rs_put(&walk, " USING redshift");
			if (list[0] != '\0' || auto_refresh != NULL)
				rs_put(&walk, " WITH (%s%s%s%s)", list, list[0] != '\0' && auto_refresh != NULL ? ", " : "",
					   auto_refresh != NULL ? "auto_refresh = " : "", auto_refresh != NULL ? auto_refresh : "");
		}
		if (ends_with(&walk, 2, "with data"))
			to -= 2;
		else if (ends_with(&walk, 3, "with no data"))
			to -= 3;
		if (go_to_query(&walk))
		{
			walk.at++;
			rs_keep_query(&walk, to);
		}
	}
	rs_keep_rest(&walk);
}

void
rs_alter_materialized_view(RsTranslator *translator, RsText *out, int first, int end)
{
	RsWalk		walk;

	rs_walk_begin(&walk, translator, out, first, end);
	(void) rs_accept(&walk, "alter materialized view");
	(void) rs_accept(&walk, "if exists");
	if (rs_keep_name(&walk))
	{
		const char *auto_refresh = accept_auto_refresh(&walk);

		if (auto_refresh != NULL)
			rs_replace(&walk, "SET (auto_refresh = %s)", auto_refresh);
		else
			rs_alter_action(&walk);
	}
	rs_keep_rest(&walk);
}

/*
 * REFRESH ... CASCADE: a procedure, as PostgreSQL's statement refreshes one view only.
 */
void
rs_refresh_materialized_view(RsTranslator *translator, RsText *out, int first, int end)
{
	RsWalk		walk;
	int			name;

	rs_walk_begin(&walk, translator, out, first, end);
	(void) rs_accept(&walk, "refresh materialized view");
	name = walk.at;
	if (rs_accept_name(&walk) > 0)
	{
		char	   *view = rs_name_text(&walk, name, walk.at);

		if (rs_accept(&walk, "cascade"))
		{
			rs_replace(&walk, "CALL redshift.refresh_cascade(%s)", quote_literal_cstr(view));
			return;
		}
		walk.at = name;
		(void) rs_keep_name(&walk);
		if (rs_accept(&walk, "restrict"))
			rs_drop(&walk);
	}
	rs_keep_rest(&walk);
}
