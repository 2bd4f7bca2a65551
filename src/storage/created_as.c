/*
 * created_as.c
 *	  Options that CREATE TABLE AS has from the table it reads.
 *
 * In Redshift a table made of the rows of one table is distributed and sorted as that one is,
 * where its keys are among the result's columns and the statement says nothing about
 * either.  Rows that are joined, grouped or put together are none of that table's.
 */
#include "postgres.h"

#include "access/table.h"
#include "core/settings.h"
#include "nodes/makefuncs.h"
#include "storage/created_as.h"
#include "storage/options.h"
#include "storage/reloptions.h"
#include "utils/builtins.h"
#include "utils/rel.h"

/* The table whose rows, or some of them, a query gives; 0: there is none. */
static Oid
table_read(const Query *query)
{
	const RangeTblEntry *entry;

	if (query->commandType != CMD_SELECT || list_length(query->rtable) != 1 || query->hasAggs || query->hasWindowFuncs ||
		query->hasTargetSRFs || query->groupClause != NIL || query->groupingSets != NIL || query->distinctClause != NIL ||
		query->setOperations != NULL)
		return InvalidOid;
	entry = linitial_node(RangeTblEntry, query->rtable);
	return entry->rtekind == RTE_RELATION && rs_reloptions_is_redshift(entry->relid) ? entry->relid : InvalidOid;
}

/* The name that a column of the table has in the result, as SQL; NULL: it is not in it. */
static const char *
result_name(const Query *query, const List *names, AttrNumber attno)
{
	int			place = 0;
	ListCell   *lc;

	foreach(lc, query->targetList)
	{
		const TargetEntry *entry = lfirst_node(TargetEntry, lc);
		const Var  *var = (const Var *) entry->expr;

		if (entry->resjunk)
			continue;
		if (IsA(var, Var) && var->varlevelsup == 0 && var->varattno == attno)
			return quote_identifier(place < list_length(names) ? strVal(list_nth(names, place)) : entry->resname);
		place++;
	}
	return NULL;
}

static DefElem *
option(const char *name, const char *value)
{
	return makeDefElem(pstrdup(name), (Node *) makeString(pstrdup(value)), -1);
}

/* Columns of the sort key, as the option has them; NULL if one is missing in the result. */
static const char *
sort_key(const Query *query, const List *names, const RsTableOptions *options)
{
	StringInfoData key;

	initStringInfo(&key);
	for (int i = 0; i < options->nsortkeys; i++)
	{
		const char *name = result_name(query, names, options->sortkeys[i]);

		if (name == NULL)
			return NULL;
		appendStringInfo(&key, "%s%s", i > 0 ? ", " : "", name);
	}
	return key.data;
}

List *
rs_options_of_query(const CreateTableAsStmt *stmt)
{
	const Query *query = (const Query *) stmt->query;
	const List *names = stmt->into->colNames;
	List	   *defs = NIL;
	List	   *others;
	Relation	rel;
	const RsTableOptions *options;
	const char *key;
	Oid			relid;
	ListCell   *lc;

	if (rs_dialect != RS_DIALECT_REDSHIFT || stmt->objtype != OBJECT_TABLE || !IsA(query, Query))
		return NIL;
	foreach(lc, rs_reloptions_split(list_copy(stmt->into->options), &others))
		if (strncmp(lfirst_node(DefElem, lc)->defname, "dist", 4) == 0 ||
			strncmp(lfirst_node(DefElem, lc)->defname, "sort", 4) == 0)
			return NIL;
	relid = table_read(query);
	if (!OidIsValid(relid))
		return NIL;
	rel = table_open(relid, AccessShareLock);
	options = rs_options_get(rel);
	table_close(rel, NoLock);
	if (!options->automatic && options->diststyle == RS_DIST_EVEN)
		defs = lappend(defs, option("diststyle", "even"));
	else if (!options->automatic && options->distkey != 0 &&
			 (key = result_name(query, names, options->distkey)) != NULL)
		defs = lappend(defs, option("distkey", key));
	/* Rows in another order are stored in that. */
	if (options->nsortkeys > 0 && query->sortClause == NIL && (key = sort_key(query, names, options)) != NULL)
	{
		defs = lappend(defs, option("sortkey", key));
		if (options->sortstyle == RS_SORT_INTERLEAVED)
			defs = lappend(defs, option("sortstyle", "interleaved"));
	}
	return defs;
}
