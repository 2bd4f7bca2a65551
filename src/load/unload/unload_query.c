/*
 * unload_query.c
 *	  The query of an UNLOAD.
 *
 * It is the caller's in all: names are looked up, rights and policies checked as if the
 * query stood by itself.  With PARTITION BY it gets an order by these columns before its own,
 * so that each process has all rows of a partition together and one file open at a time.
 */
#include "postgres.h"

#include "load/unload/numeric_scale.h"
#include "load/unload/unload_files.h"
#include "load/unload/unload_query.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parse_clause.h"
#include "parser/parse_node.h"
#include "parser/parse_relation.h"
#include "parser/parser.h"
#include "tcop/tcopprot.h"
#include "utils/guc.h"
#include "utils/snapmgr.h"
#include "vector/batch_sink.h"

static void pg_attribute_noreturn()
not_a_query(const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("UNLOAD takes one SELECT statement"),
			 errdetail("%s", detail)));
}

/*
 * What the manual does not allow, and what would change something.
 */
static void
check_query(const Query *query)
{
	const Const *limit = (const Const *) query->limitCount;

	if (query->commandType != CMD_SELECT || query->utilityStmt != NULL)
		not_a_query("This is another statement.");
	if (query->hasModifyingCTE)
		not_a_query("A WITH query that changes rows cannot be unloaded.");
	if (query->rowMarks != NIL)
		not_a_query("Rows cannot be locked by it.");
	if (limit != NULL && !(IsA(limit, Const) && limit->constisnull))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("UNLOAD does not support LIMIT in the outer SELECT"),
				 errhint("Put the LIMIT into a subquery.")));
}

static void
check_names(const RsWriteColumn *columns, int ncolumns, const RsUnloadOptions *options)
{
	int			i;
	int			j;

	if (ncolumns == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_COLUMN_DEFINITION),
				 errmsg("the query of UNLOAD has no columns")));
	if (options->format != RS_UNLOAD_JSON && options->format != RS_UNLOAD_PARQUET && options->partition_by == NIL)
		return;
	for (i = 0; i < ncolumns; i++)
		for (j = i + 1; j < ncolumns; j++)
			if (strcmp(columns[i].name, columns[j].name) == 0)
				ereport(ERROR,
						(errcode(ERRCODE_DUPLICATE_COLUMN),
						 errmsg("the query of UNLOAD has several columns called \"%s\"", columns[i].name)));
}

/*
 * SELECT * FROM (query): where an order cannot be given to the query itself.
 */
static Query *
wrap(Query *query, ParseState *pstate)
{
	Query	   *outer = makeNode(Query);
	ParseNamespaceItem *item = addRangeTableEntryForSubquery(pstate, query, makeAlias("unload", NIL), false, true);
	RangeTblRef *reference = makeNode(RangeTblRef);

	reference->rtindex = item->p_rtindex;
	outer->commandType = CMD_SELECT;
	outer->querySource = QSRC_ORIGINAL;
	outer->canSetTag = true;
	outer->targetList = expandNSItemAttrs(pstate, item, 0, false, -1);
	outer->rtable = pstate->p_rtable;
	outer->jointree = makeFromExpr(list_make1(reference), NULL);
	return outer;
}

/*
 * Order by the columns of PARTITION BY, and then as it was.
 */
static Query *
order_by_partitions(Query *query, const RsUnloadOptions *options)
{
	ParseState *pstate = make_parsestate(NULL);
	SortBy	   *ascending = makeNode(SortBy);
	List	   *order = NIL;
	RsWriteColumn *columns;
	int			ncolumns;
	ListCell   *lc;
	ListCell   *target;

	if (query->distinctClause != NIL || query->limitOffset != NULL)
		query = wrap(query, pstate);
	ncolumns = rs_unload_query_columns(query, &columns);
	ascending->location = -1;
	foreach(lc, rs_unload_partition_columns(options, columns, ncolumns))
	{
		int			place = 0;

		foreach(target, query->targetList)
		{
			TargetEntry *entry = lfirst_node(TargetEntry, target);

			if (!entry->resjunk && place++ == lfirst_int(lc))
				order = addTargetToSortList(pstate, entry, order, query->targetList, ascending);
		}
	}
	foreach(lc, query->sortClause)
	{
		SortGroupClause *clause = lfirst_node(SortGroupClause, lc);
		bool		there = false;

		foreach(target, order)
			there |= lfirst_node(SortGroupClause, target)->tleSortGroupRef == clause->tleSortGroupRef;
		if (!there)
			order = lappend(order, clause);
	}
	query->sortClause = order;
	free_parsestate(pstate);
	return query;
}

int
rs_unload_query_columns(const Query *query, RsWriteColumn **columns)
{
	int			ncolumns = 0;
	ListCell   *lc;

	*columns = palloc0(Max(list_length(query->targetList), 1) * sizeof(RsWriteColumn));
	foreach(lc, query->targetList)
	{
		const TargetEntry *entry = lfirst_node(TargetEntry, lc);
		RsWriteColumn *column;

		if (entry->resjunk)
			continue;
		column = &(*columns)[ncolumns++];
		column->name = entry->resname;
		column->typid = exprType((Node *) entry->expr);
		column->typmod = exprTypmod((Node *) entry->expr);
		if (column->typid == NUMERICOID && column->typmod == -1)
			column->typmod = rs_numeric_scale_typmod(query, (Node *) entry->expr);
		rs_vector_type_init(&column->type, column->typid);
	}
	return ncolumns;
}

Query *
rs_unload_query_analyze(const char *text, const RsUnloadOptions *options)
{
	List	   *statements = pg_parse_query(text);
	RawStmt    *statement;
	List	   *queries;
	Query	   *query;
	RsWriteColumn *columns;
	int			ncolumns;

	if (list_length(statements) != 1)
		not_a_query(psprintf("These are %d statements.", list_length(statements)));
	statement = linitial_node(RawStmt, statements);
	if (!IsA(statement->stmt, SelectStmt) || ((SelectStmt *) statement->stmt)->intoClause != NULL)
		not_a_query("This is another statement.");
	queries = pg_analyze_and_rewrite_fixedparams(statement, text, NULL, 0, NULL);
	if (list_length(queries) != 1)
		not_a_query("A rule makes several statements of it.");
	query = linitial_node(Query, queries);
	check_query(query);
	ncolumns = rs_unload_query_columns(query, &columns);
	check_names(columns, ncolumns, options);
	return options->partition_by != NIL ? order_by_partitions(query, options) : query;
}

/*
 * Where each process writes what it computes, rows cost nothing to be brought together.
 */
PlannedStmt *
rs_unload_query_plan(Query *query, const char *text, const RsUnloadOptions *options, bool on_nodes)
{
	int			level = NewGUCNestLevel();
	PlannedStmt *plan;
	int			cursor_options = CURSOR_OPT_PARALLEL_OK | RS_CURSOR_OPT_BATCHES;

	if (options->parallel)
	{
		cursor_options |= RS_CURSOR_OPT_WORKER_BATCHES;
		if (on_nodes)
			cursor_options |= RS_CURSOR_OPT_NODE_BATCHES;
		(void) set_config_option("parallel_tuple_cost", "0", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0,
								 false);
	}
	plan = pg_plan_query(query, text, cursor_options, NULL);
	AtEOXact_GUC(true, level);
	return plan;
}
