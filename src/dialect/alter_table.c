/*
 * alter_table.c
 *	  ALTER TABLE: what Redshift says about storage, as PostgreSQL's SET and RESET.
 *
 * What changes the sort key or an encoding changes the rows that are there as well:
 * option `rewrite` (storage/ddl.c).
 */
#include "postgres.h"

#include "dialect/statement.h"
#include "dialect/table_options.h"
#include "dialect/walk.h"
#include "utils/builtins.h"

/*
 * APPEND FROM: a procedure, since it is no part of a transaction.
 */
static void
append_from(RsWalk *walk, int name, int name_end)
{
	char	   *target = rs_name_text(walk, name, name_end);
	char	   *source = rs_take_name(walk);
	const char *how = "";

	if (source == NULL)
		rs_syntax_error(walk->translator, walk->at);
	if (rs_accept(walk, "ignoreextra"))
		how = ", ignoreextra => true";
	else if (rs_accept(walk, "filltarget"))
		how = ", filltarget => true";
	if (walk->at < walk->end)
		rs_syntax_error(walk->translator, walk->at);
	rs_replace(walk, "CALL redshift.append_from(%s, %s%s)", quote_literal_cstr(target), quote_literal_cstr(source),
			   how);
}

static void
alter_diststyle(RsWalk *walk)
{
	char	   *column;

	if (rs_accept(walk, "key distkey"))
	{
		bool		brackets = rs_look(walk, 0)->kind == '(';

		column = brackets ? rs_take_columns(walk) : rs_take_identifier(walk);
		if (column == NULL)
			rs_syntax_error(walk->translator, walk->at);
		rs_replace(walk, "SET (diststyle = key, distkey = %s)", quote_literal_cstr(column));
	}
	else if (rs_accept(walk, "all|even|auto"))
		rs_replace(walk, "SET (diststyle = %s)", rs_look(walk, -1)->text);
	else
		rs_syntax_error(walk->translator, walk->at);
}

static void
alter_sortkey(RsWalk *walk, bool interleaved)
{
	char	   *columns;

	if (rs_accept(walk, "none"))
		rs_replace(walk, "RESET (sortkey)");
	else if (rs_accept(walk, "auto"))
		/* The key stays until something chooses another, which nothing does here. */
		rs_replace(walk, "RESET (rewrite)");
	else
	{
		columns = rs_take_columns(walk);
		if (columns == NULL)
			rs_syntax_error(walk->translator, walk->at);
		rs_replace(walk, "SET (sortkey = %s, sortstyle = %s, rewrite)", quote_literal_cstr(columns),
				   interleaved ? "interleaved" : "compound");
	}
}

/*
 * ALTER COLUMN a ENCODE x [, ALTER COLUMN b ENCODE y ...]
 */
static bool
alter_encodings(RsWalk *walk)
{
	StringInfoData encodings;
	int			from = walk->at;

	initStringInfo(&encodings);
	do
	{
		char	   *column;

		if (rs_look(walk, 0)->kind == ',')
			walk->at++;
		column = rs_accept(walk, "alter [column]") ? rs_take_identifier(walk) : NULL;
		if (column == NULL || !rs_accept(walk, "encode") || rs_look(walk, 0)->kind != RS_WORD)
		{
			walk->at = from;
			return false;
		}
		appendStringInfo(&encodings, "%s%s %s", encodings.len > 0 ? ", " : "", column,
						 rs_next(walk, "none") ? "raw" : rs_look(walk, 0)->text);
		walk->at++;
	} while (rs_look(walk, 0)->kind == ',');
	rs_replace(walk, "SET (encode = %s, rewrite)", quote_literal_cstr(psprintf("+%s", encodings.data)));
	return true;
}

/*
 * ADD COLUMN: its encoding is one of the table's options.
 */
static void
add_column(RsWalk *walk)
{
	RsTableAttributes attributes;

	rs_table_options_init(&attributes);
	(void) rs_accept(walk, "add [column]");
	(void) rs_accept(walk, "if not exists");
	rs_keep_column(walk, &attributes, walk->end);
	if (attributes.distkey != NULL || attributes.sortkey != NULL)
		rs_walk_refuse(walk, attributes.distkey != NULL ? "DISTKEY of a new column" : "SORTKEY of a new column",
				  "Add the column first, and change the table's key then.");
	if (attributes.encodings.len > 0)
		rs_put(walk, ", SET (encode = %s)", quote_literal_cstr(psprintf("+%s", attributes.encodings.data)));
}

/* Keep the expression behind the next of these words, in the same action. */
static void
keep_expression_behind(RsWalk *walk, const char *words)
{
	int			from;
	int			to;

	rs_go_to(walk, words, walk->end);
	if (!rs_accept(walk, words))
		return;
	from = walk->at;
	rs_go_to(walk, ",", walk->end);
	to = walk->at;
	walk->at = from;
	rs_keep_expression(walk, to);
}

static void
alter_column_type(RsWalk *walk)
{
	(void) rs_accept(walk, "alter [column]");
	walk->at++;
	(void) rs_accept(walk, "[set data] type");
	/* Redshift knows VARCHAR(n) only: TEXT is PostgreSQL's. */
	(void) rs_keep_type(walk, false);
	keep_expression_behind(walk, "using");
}

static void
row_level_security(RsWalk *walk)
{
	bool		on = rs_accept(walk, "row level security on");

	if (!on)
		(void) rs_accept(walk, "row level security off");
	if (rs_next(walk, "conjunction|for"))
		rs_walk_refuse(walk, psprintf("%s of row level security",
									  rs_next(walk, "for") ? "FOR DATASHARES" : "CONJUNCTION TYPE"),
				  "PostgreSQL's policies say themselves how they go together: PERMISSIVE or RESTRICTIVE.");
	rs_replace(walk, "%s ROW LEVEL SECURITY", on ? "ENABLE" : "DISABLE");
}

void
rs_alter_action(RsWalk *walk)
{
	rs_keep(walk);
	if (rs_accept(walk, "alter distkey"))
	{
		char	   *column = rs_take_identifier(walk);

		if (column == NULL)
			rs_syntax_error(walk->translator, walk->at);
		rs_replace(walk, "SET (distkey = %s)", quote_literal_cstr(column));
	}
	else if (rs_accept(walk, "alter diststyle"))
		alter_diststyle(walk);
	else if (rs_next(walk, "alter [compound|interleaved] sortkey"))
	{
		bool		interleaved = rs_next(walk, "alter interleaved");

		(void) rs_accept(walk, "alter [compound|interleaved] sortkey");
		alter_sortkey(walk, interleaved);
	}
	else if (rs_accept(walk, "alter encode auto"))
		rs_replace(walk, "RESET (encode)");
	else if (rs_next(walk, "row level security on|off"))
		row_level_security(walk);
	else if (rs_next(walk, "set location|file|table") || rs_next(walk, "partition|masking") ||
			 rs_next(walk, "add|drop [if] [not] [exists] partition"))
		rs_walk_refuse(walk, "this form of ALTER TABLE", "There are no external tables, and no masking.");
	else if (rs_next(walk, "alter") && alter_encodings(walk))
		;
	else if (rs_next(walk, "add") && !rs_next(walk, "add constraint|primary|unique|foreign|check|exclude|generated"))
		add_column(walk);
	else if (rs_next(walk, "alter [column]") &&
			 rs_match(rs_look(walk, rs_next(walk, "alter column") ? 3 : 2), "[set data] type"))
		alter_column_type(walk);
	else if (rs_next(walk, "alter [column]") && rs_match(rs_look(walk, rs_next(walk, "alter column") ? 3 : 2), "set default"))
		keep_expression_behind(walk, "set default");
	else if (rs_next(walk, "add"))
		rs_keep_definition(walk, walk->end);
	else if (rs_next(walk, "attach partition"))
		rs_keep_partition(walk);
}

void
rs_alter_table(RsTranslator *translator, RsText *out, int first, int end)
{
	RsWalk		walk;
	int			name;

	rs_walk_begin(&walk, translator, out, first, end);
	(void) rs_accept(&walk, "alter table");
	(void) rs_accept(&walk, "if exists");
	(void) rs_accept(&walk, "only");
	name = walk.at;
	if (rs_accept_name(&walk) > 0)
	{
		int			name_end = walk.at;

		if (rs_accept(&walk, "append from"))
		{
			append_from(&walk, name, name_end);
			return;
		}
		walk.at = name;
		(void) rs_keep_name(&walk);
		/* Redshift has one action a statement, but for keys. */
		rs_alter_action(&walk);
		while (rs_look(&walk, 0)->kind == ',' &&
			   rs_match(rs_look(&walk, 1), "alter [compound|interleaved] sortkey|distkey|diststyle"))
		{
			walk.at++;
			rs_alter_action(&walk);
		}
	}
	rs_keep_rest(&walk);
}
