/*
 * maintenance.c
 *	  VACUUM, ANALYZE and ANALYZE COMPRESSION.
 *
 * Redshift's VACUUM FULL, which is what VACUUM does if nothing is said, is PostgreSQL's
 * VACUUM: it sorts and purges while others read and write.
 */
#include "postgres.h"

#include "dialect/statement.h"
#include "dialect/walk.h"
#include "utils/builtins.h"

static void
add_option(StringInfo options, const char *option)
{
	appendStringInfo(options, "%s%s", options->len > 0 ? ", " : "", option);
}

/*
 * VACUUM [FULL | SORT ONLY | ...] [[table] [TO n PERCENT] [BOOST]]; false: it is not of that form.
 */
static bool
vacuum(RsWalk *walk)
{
	StringInfoData options;
	int			table;
	int			table_end;

	initStringInfo(&options);
	(void) rs_accept(walk, "vacuum");
	if (rs_accept(walk, "sort only"))
		add_option(&options, "sort_only");
	else if (rs_accept(walk, "delete only"))
		add_option(&options, "delete_only");
	else if (rs_accept(walk, "reindex"))
		add_option(&options, "reindex");
	else if (rs_accept(walk, "recluster"))
		add_option(&options, "recluster");
	else
		(void) rs_accept(walk, "full");
	table = walk->at;
	if (walk->at < walk->end && !rs_next(walk, "to") && !rs_next(walk, "boost") && rs_accept_name(walk) == 0)
		return false;
	table_end = walk->at;
	if (rs_next(walk, "to") && rs_look(walk, 1)->kind == RS_NUMBER && rs_match(rs_look(walk, 2), "percent"))
	{
		add_option(&options, psprintf("to_percent %s", rs_look(walk, 1)->text));
		walk->at += 3;
	}
	if (rs_accept(walk, "boost"))
		add_option(&options, "boost");
	if (walk->at < walk->end)
		return false;
	walk->at = table;
	rs_replace(walk, options.len > 0 ? "VACUUM (%s)" : "VACUUM", options.data);
	if (table_end > table)
		(void) rs_keep_name(walk);
	walk->at = walk->end;
	rs_drop(walk);
	return true;
}

void
rs_vacuum(RsTranslator *translator, RsText *out, int first, int end)
{
	RsWalk		walk;

	rs_walk_begin(&walk, translator, out, first, end);
	if (rs_match(&walk.tokens[first], "vacuum full|freeze|verbose|analyze [verbose] [analyze]") > 2 || !vacuum(&walk))
		rs_copy(translator, out, first, end);
}

/*
 * (a, b) as an array of names.
 */
static char *
take_column_array(RsWalk *walk)
{
	StringInfoData columns;

	initStringInfo(&columns);
	do
	{
		walk->at++;
		if (!rs_is_name(rs_look(walk, 0)))
			rs_syntax_error(walk->translator, walk->at);
		appendStringInfo(&columns, "%s%s", columns.len > 0 ? ", " : "",
						 quote_literal_cstr(rs_name_value(walk->translator, walk->at)));
		walk->at++;
	} while (rs_look(walk, 0)->kind == ',');
	if (rs_look(walk, 0)->kind != ')')
		rs_syntax_error(walk->translator, walk->at);
	walk->at++;
	return psprintf("ARRAY[%s]::name[]", columns.data);
}

/*
 * ANALYZE COMPRESSION [table [(columns)]] [COMPROWS n]: a query of Redshift's columns.
 */
static void
analyze_compression(RsWalk *walk)
{
	char	   *table;
	char	   *columns = NULL;
	char	   *rows = "NULL";

	(void) rs_accept(walk, "analyze compression");
	table = rs_next(walk, "comprows") ? NULL : rs_take_name(walk);
	if (table != NULL && rs_look(walk, 0)->kind == '(')
		columns = take_column_array(walk);
	if (table != NULL && rs_accept(walk, "comprows"))
	{
		if (rs_look(walk, 0)->kind != RS_NUMBER)
			rs_syntax_error(walk->translator, walk->at);
		rows = pstrdup(rs_look(walk, 0)->text);
		walk->at++;
	}
	if (walk->at < walk->end)
		rs_syntax_error(walk->translator, walk->at);
	rs_replace(walk, "SELECT \"table\" AS \"Table\", \"column\" AS \"Column\", encoding AS \"Encoding\", "
			   "est_reduction_pct AS \"Est_reduction_pct\" FROM redshift.compression_report(%s, %s, %s)",
			   table != NULL ? quote_literal_cstr(table) : "NULL",
			   columns != NULL ? columns : "NULL", rows);
}

void
rs_analyze(RsTranslator *translator, RsText *out, int first, int end)
{
	RsWalk		walk;

	rs_walk_begin(&walk, translator, out, first, end);
	if (rs_next(&walk, "analyze compression"))
	{
		analyze_compression(&walk);
		return;
	}
	(void) rs_accept(&walk, "analyze [verbose]");
	if (rs_keep_name(&walk))
		(void) rs_accept_brackets(&walk);
	rs_keep(&walk);
	/* Statistics of all columns serve those of predicates as well. */
	if (rs_accept(&walk, "predicate|all columns"))
		rs_drop(&walk);
	rs_keep_rest(&walk);
}
