/*
 * late_binding.c
 *	  Late binding views: their query stays text until it is planned.
 *
 * Such a view is one of PostgreSQL's, over a function that stands for the query:
 *
 *		SELECT * FROM redshift.late_binding('SELECT ...', 'search_path') AS v(a integer, b text)
 *
 * So it depends on no table, is dumped and restored like any other, and has columns.  When
 * a statement that uses it is planned, the function in FROM is replaced by the query,
 * analyzed now, with the rights of the view's owner (or invoker): from there on it is like any view, for
 * the vector engine, cluster and plan cache, which learns what the plan depends on from the
 * plan.  What the analysis finds must be the columns that the view has; late_binding_ddl.c
 * sees to it.  No OID of a table is kept anywhere.
 *
 * Where PostgreSQL inlines an SQL function that uses such a view, planning has begun when
 * the view appears.  Then the function runs, as its caller.
 */
#include "postgres.h"

#include "access/relation.h"
#include "access/table.h"
#include "access/tupconvert.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "core/inner_text.h"
#include "core/schema.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/planner.h"
#include "parser/analyze.h"
#include "rewrite/prs2lock.h"
#include "rewrite/rewriteDefine.h"
#include "tcop/tcopprot.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"
#include "views/late_binding.h"

PG_FUNCTION_INFO_V1(rs_late_binding_query);
PG_FUNCTION_INFO_V1(rs_late_binding_text);

/* Views whose queries are being put in place, innermost first. */
typedef struct Expansion
{
	struct Expansion *outer;
	Oid			view;			/* InvalidOid: the function was called as such */
	int			depth;
} Expansion;

#define MOST_DEPTH	100

static planner_hook_type next_planner = NULL;
static Oid	function_oid = InvalidOid;
static bool function_known = false;

static void expand_query(Query *query, Expansion *outer);

/* ---------------------------------------------------------------------
 * The function
 * ---------------------------------------------------------------------
 */

static void
forget_function(Datum arg, int cache, uint32 hash)
{
	function_known = false;
}

Oid
rs_late_binding_function(void)
{
	Oid			types[3] = {TEXTOID, TEXTOID, BOOLOID};
	Oid			schema;

	if (function_known)
		return function_oid;
	schema = rs_extension_schema();
	function_oid = !OidIsValid(schema) ? InvalidOid :
		GetSysCacheOid3(PROCNAMEARGSNSP, Anum_pg_proc_oid, CStringGetDatum("late_binding"),
						PointerGetDatum(buildoidvector(types, 3)), ObjectIdGetDatum(schema));
	function_known = true;
	return function_oid;
}

static bool
string_argument(List *args, int n, char **value)
{
	Const	   *argument = n < list_length(args) ? list_nth(args, n) : NULL;

	if (argument == NULL || !IsA(argument, Const) || argument->constisnull || argument->consttype != TEXTOID)
		return false;
	*value = TextDatumGetCString(argument->constvalue);
	return true;
}

/*
 * What an item of FROM stands for; NULL if it is no call of the function.
 */
static RsLateBinding *
binding_of_item(const RangeTblEntry *rte)
{
	FuncExpr   *call;
	RsLateBinding *binding;
	Const	   *resolved;

	if (rte->rtekind != RTE_FUNCTION || list_length(rte->functions) != 1)
		return NULL;
	call = (FuncExpr *) linitial_node(RangeTblFunction, rte->functions)->funcexpr;
	if (call == NULL || !IsA(call, FuncExpr) || !OidIsValid(rs_late_binding_function()) ||
		call->funcid != rs_late_binding_function())
		return NULL;
	binding = palloc0(sizeof(RsLateBinding));
	resolved = (Const *) lthird(call->args);
	if (rte->funcordinality || !string_argument(call->args, 0, &binding->query) ||
		!string_argument(call->args, 1, &binding->search_path) || !IsA(resolved, Const))
		return NULL;
	binding->resolved = !resolved->constisnull && DatumGetBool(resolved->constvalue);
	return binding;
}

RsLateBinding *
rs_late_binding_of(Relation view)
{
	Query	   *query;
	ListCell   *lc;

	if (view->rd_rel->relkind != RELKIND_VIEW || view->rd_rules == NULL || view->rd_rules->numLocks < 1)
		return NULL;
	query = linitial_node(Query, view->rd_rules->rules[0]->actions);
	foreach(lc, query->rtable)
	{
		RsLateBinding *binding = binding_of_item(lfirst_node(RangeTblEntry, lc));

		if (binding != NULL)
			return binding;
	}
	return NULL;
}

/* ---------------------------------------------------------------------
 * Analysis
 * ---------------------------------------------------------------------
 */

static Query *
analyze(const char *text)
{
	List	   *statements = raw_parser(text, RAW_PARSE_DEFAULT);
	Query	   *query;

	if (list_length(statements) != 1 || !IsA(linitial_node(RawStmt, statements)->stmt, SelectStmt))
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR),
				 errmsg("a view has one query")));
	query = parse_analyze_fixedparams(linitial_node(RawStmt, statements), text, NULL, 0, NULL);
	if (query->commandType != CMD_SELECT || query->utilityStmt != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("views must not contain SELECT INTO")));
	if (query->hasModifyingCTE)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("views must not contain data-modifying statements in WITH")));
	return query;
}

/*
 * What fails ends a transaction or subtransaction, which restores user and settings.
 */
Query *
rs_late_binding_analyze(const RsLateBinding *binding, Oid owner, const char *context)
{
	RsInnerText inner;
	Query	   *query;
	Oid			user;
	int			security;
	int			nest = NewGUCNestLevel();

	GetUserIdAndSecContext(&user, &security);
	SetUserIdAndSecContext(owner, security | SECURITY_LOCAL_USERID_CHANGE | SECURITY_RESTRICTED_OPERATION);
	(void) set_config_option("search_path", binding->search_path, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE,
							 true, 0, false);
	rs_inner_text_begin(&inner, binding->query, context);
	query = analyze(binding->query);
	rs_inner_text_end(&inner);
	AtEOXact_GUC(true, nest);
	SetUserIdAndSecContext(user, security);
	return query;
}

/* ---------------------------------------------------------------------
 * Putting the query in the function's place
 * ---------------------------------------------------------------------
 */

/*
 * The view whose rule a query is.  A view stays in the range table of a SELECT only
 * there, first, as what the rule calls "old".
 */
static Oid
view_of_query(const Query *query)
{
	RangeTblEntry *rte = query->rtable != NIL ? linitial_node(RangeTblEntry, query->rtable) : NULL;

	if (rte == NULL || query->commandType != CMD_SELECT || query->resultRelation != 0 ||
		rte->rtekind != RTE_RELATION || rte->relkind != RELKIND_VIEW)
		return InvalidOid;
	return rte->relid;
}

/*
 * With whose rights a view's query runs; InvalidOid: those of whoever runs the statement.
 */
static Oid
user_of_view(Oid view)
{
	Relation	rel;
	Oid			user;

	if (!OidIsValid(view))
		return InvalidOid;
	rel = relation_open(view, AccessShareLock);
	user = RelationHasSecurityInvoker(rel) ? InvalidOid : rel->rd_rel->relowner;
	relation_close(rel, NoLock);
	return user;
}

static void
wrong_columns(const char *name, const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_TABLE_DEFINITION),
			 errmsg("columns of late binding view \"%s\" are no longer those of its query", name),
			 errdetail("%s", detail),
			 errhint("Create the view anew, or drop what depends on its columns.")));
}

/*
 * The columns found must be those that the statement was analyzed with.
 */
static void
check_columns(const char *name, const Query *query, const RangeTblEntry *rte)
{
	RangeTblFunction *function = linitial_node(RangeTblFunction, rte->functions);
	ListCell   *lc;
	int			n = 0;

	foreach(lc, query->targetList)
	{
		TargetEntry *entry = lfirst_node(TargetEntry, lc);
		char	   *column;

		if (entry->resjunk)
			continue;
		if (n == list_length(function->funccoltypes))
			wrong_columns(name, psprintf("Column \"%s\" is new.", entry->resname));
		column = strVal(list_nth(function->funccolnames, n));
		if (strcmp(entry->resname, column) != 0)
			wrong_columns(name, psprintf("Column %d was \"%s\" and is now \"%s\".", n + 1, column, entry->resname));
		if (exprType((Node *) entry->expr) != list_nth_oid(function->funccoltypes, n) ||
			exprTypmod((Node *) entry->expr) != list_nth_int(function->funccoltypmods, n) ||
			exprCollation((Node *) entry->expr) != list_nth_oid(function->funccolcollations, n))
			wrong_columns(name, psprintf("Column \"%s\" was of type %s and is now of type %s.", column,
										 format_type_with_typemod(list_nth_oid(function->funccoltypes, n),
																  list_nth_int(function->funccoltypmods, n)),
										 format_type_with_typemod(exprType((Node *) entry->expr),
																  exprTypmod((Node *) entry->expr))));
		n++;
	}
	if (n < list_length(function->funccoltypes))
		wrong_columns(name, psprintf("Column \"%s\" is gone.", strVal(list_nth(function->funccolnames, n))));
}

static void
check_recursion(const Expansion *expansion)
{
	const Expansion *other;

	for (other = expansion->outer; other != NULL; other = other->outer)
		if (OidIsValid(expansion->view) && other->view == expansion->view)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_OBJECT_DEFINITION),
					 errmsg("infinite recursion detected in late binding view \"%s\"", get_rel_name(expansion->view))));
	if (expansion->depth > MOST_DEPTH)
		ereport(ERROR,
				(errcode(ERRCODE_STATEMENT_TOO_COMPLEX),
				 errmsg("late binding views are nested too deeply")));
}

static void
expand_item(RangeTblEntry *rte, const RsLateBinding *binding, Oid view, Expansion *outer)
{
	Expansion	expansion = {outer, view, outer ? outer->depth + 1 : 1};
	const char *name = OidIsValid(view) ? get_rel_name(view) : "late_binding";
	Oid			user = user_of_view(view);
	Query	   *query;
	List	   *rewritten;

	check_stack_depth();
	check_recursion(&expansion);
	query = rs_late_binding_analyze(binding, OidIsValid(user) ? user : GetUserId(),
									psprintf("late binding view \"%s\"", name));
	check_columns(name, query, rte);
	if (OidIsValid(user))
		setRuleCheckAsUser((Node *) query, user);
	rewritten = pg_rewrite_query(query);
	if (list_length(rewritten) != 1)
		elog(ERROR, "unexpected result of rewriting a view");
	query = linitial_node(Query, rewritten);
	expand_query(query, &expansion);
	rte->rtekind = RTE_SUBQUERY;
	rte->subquery = query;
	rte->functions = NIL;
	rte->security_barrier = false;
}

static bool
expand_in_expression(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Query))
	{
		expand_query((Query *) node, context);
		return false;
	}
	return expression_tree_walker(node, expand_in_expression, context);
}

static void
expand_query(Query *query, Expansion *outer)
{
	ListCell   *lc;

	check_stack_depth();
	foreach(lc, query->rtable)
	{
		RangeTblEntry *rte = lfirst_node(RangeTblEntry, lc);
		RsLateBinding *binding = binding_of_item(rte);

		if (binding != NULL)
			expand_item(rte, binding, view_of_query(query), outer);
		else if (rte->rtekind == RTE_SUBQUERY)
			expand_query(rte->subquery, outer);
	}
	foreach(lc, query->cteList)
		expand_query(castNode(Query, lfirst_node(CommonTableExpr, lc)->ctequery), outer);
	if (query->hasSubLinks)
		(void) query_tree_walker(query, expand_in_expression, outer, QTW_IGNORE_RC_SUBQUERIES);
}

static PlannedStmt *
plan(Query *query, const char *text, int options, ParamListInfo params)
{
	if (query->commandType != CMD_UTILITY && OidIsValid(rs_late_binding_function()))
		expand_query(query, NULL);
	return (next_planner ? next_planner : standard_planner) (query, text, options, params);
}

/* ---------------------------------------------------------------------
 * SQL functions
 * ---------------------------------------------------------------------
 */

/*
 * redshift.late_binding(), where it could not be replaced.
 */
Datum
rs_late_binding_query(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	RsLateBinding binding = {0};
	RsInnerText inner;
	Portal		portal;
	SPIPlanPtr	prepared;
	int			nest;

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	binding.query = text_to_cstring(PG_GETARG_TEXT_PP(0));
	binding.search_path = text_to_cstring(PG_GETARG_TEXT_PP(1));
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	nest = NewGUCNestLevel();
	(void) set_config_option("search_path", binding.search_path, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	rs_inner_text_begin(&inner, binding.query, "late binding view");
	prepared = SPI_prepare(binding.query, 0, NULL);
	if (prepared == NULL || !SPI_is_cursor_plan(prepared))
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR),
				 errmsg("a view has one query")));
	portal = SPI_cursor_open(NULL, prepared, NULL, NULL, true);
	rs_inner_text_end(&inner);
	AtEOXact_GUC(true, nest);
	for (;;)
	{
		TupleConversionMap *conversion;
		uint64		row;

		SPI_cursor_fetch(portal, true, 1000);
		if (SPI_processed == 0)
			break;
		/* Raises an error unless the columns have the types that the caller expects. */
		conversion = convert_tuples_by_position(SPI_tuptable->tupdesc, result->setDesc,
												"columns of a late binding view are no longer those of its query");
		for (row = 0; row < SPI_processed; row++)
		{
			HeapTuple	tuple = SPI_tuptable->vals[row];

			tuplestore_puttuple(result->setResult, conversion ? execute_attr_map_tuple(tuple, conversion) : tuple);
		}
		SPI_freetuptable(SPI_tuptable);
	}
	SPI_cursor_close(portal);
	SPI_finish();
	return (Datum) 0;
}

/*
 * redshift.late_binding_text(view): its query, NULL if it is no late binding view.
 */
Datum
rs_late_binding_text(PG_FUNCTION_ARGS)
{
	Relation	view = try_relation_open(PG_GETARG_OID(0), AccessShareLock);
	RsLateBinding *binding = view != NULL ? rs_late_binding_of(view) : NULL;
	text	   *query = binding != NULL ? cstring_to_text(binding->query) : NULL;

	if (view != NULL)
		relation_close(view, AccessShareLock);
	if (query == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(query);
}

void
rs_late_binding_init(void)
{
	CacheRegisterSyscacheCallback(PROCOID, forget_function, (Datum) 0);
	CacheRegisterSyscacheCallback(NAMESPACEOID, forget_function, (Datum) 0);
	next_planner = planner_hook;
	planner_hook = plan;
}
