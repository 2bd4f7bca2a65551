/*
 * numbered_keys.c
 *	  CREATE TABLE AS with keys by their places in the query's list: DISTKEY (1) SORTKEY (3, 1).
 *
 * The names of the result are known once its query is analysed.
 */
#include "postgres.h"

#include "dialect/numbered_keys.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/varlena.h"

/* The name of the result's column at a place, from 1 on, as SQL; NULL: there is none. */
static const char *
name_at(const CreateTableAsStmt *stmt, int place)
{
	ListCell   *lc;

	if (place > 0 && place <= list_length(stmt->into->colNames))
		return quote_identifier(strVal(list_nth(stmt->into->colNames, place - 1)));
	foreach(lc, ((const Query *) stmt->query)->targetList)
	{
		const TargetEntry *entry = lfirst_node(TargetEntry, lc);

		if (!entry->resjunk && entry->resno == place)
			return quote_identifier(entry->resname);
	}
	return NULL;
}

/* Columns of a key, of which some are numbers, with names in their place. */
static char *
named_columns(const CreateTableAsStmt *stmt, const char *option, const char *value)
{
	List	   *columns;
	ListCell   *lc;
	StringInfoData named;

	initStringInfo(&named);
	/* What is no list is left for the option to refuse. */
	if (!SplitIdentifierString(pstrdup(value), ',', &columns))
		return pstrdup(value);
	foreach(lc, columns)
	{
		const char *column = lfirst(lc);
		const char *name = quote_identifier(column);

		if (strspn(column, "0123456789") == strlen(column))
			name = name_at(stmt, atoi(column));
		if (name == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_COLUMN),
					 errmsg("position %s in option \"%s\" is not in the query's list", column, option)));
		appendStringInfo(&named, "%s%s", foreach_current_index(lc) > 0 ? ", " : "", name);
	}
	return named.data;
}

void
rs_name_key_columns(const Query *query)
{
	const CreateTableAsStmt *stmt = (const CreateTableAsStmt *) query->utilityStmt;
	ListCell   *lc;

	if (stmt != NULL && IsA(stmt, ExplainStmt) && IsA(((const ExplainStmt *) stmt)->query, Query))
	{
		rs_name_key_columns((const Query *) ((const ExplainStmt *) stmt)->query);
		return;
	}
	if (stmt == NULL || !IsA(stmt, CreateTableAsStmt) || !IsA(stmt->query, Query) ||
		((const Query *) stmt->query)->commandType != CMD_SELECT)
		return;
	foreach(lc, stmt->into->options)
	{
		DefElem    *def = lfirst_node(DefElem, lc);

		if ((strcmp(def->defname, "distkey") == 0 || strcmp(def->defname, "sortkey") == 0) &&
			def->arg != NULL && IsA(def->arg, String))
			def->arg = (Node *) makeString(named_columns(stmt, def->defname, strVal(def->arg)));
	}
}
