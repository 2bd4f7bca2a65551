/*
 * plain_aggregates.c
 *	  PostgreSQL's aggregates in the place of ours, when a statement is planned.
 *
 * redshift.sum, avg, stddev, bit_and and their like differ from PostgreSQL's in the types of
 * results only.  The vector engine has code for PostgreSQL's, and their states travel between
 * nodes; so these take the places of ours, with a cast or a division above:
 *
 *		redshift.sum(int8)			int8(sum(x))
 *		redshift.avg(int4)			sum(x) / count(x)
 *		redshift.avg(int8)			int8(div(sum(x), count(x)))
 *		redshift.stddev(float8)		stddev(x)
 *
 * In moving windows, too.  Stored queries, views and what a user sees keep ours.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "core/schema.h"
#include "functions/plain_aggregates.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/planner.h"
#include "redshift_ext.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"

static planner_hook_type next_planner = NULL;

/* What stands above the plain aggregate. */
typedef enum Above
{
	NOTHING,
	TO_BIGINT,
	INTEGER_AVERAGE,			/* division by the number of values, in bigint ... */
	NUMERIC_AVERAGE				/* ... and in numeric */
} Above;

typedef struct Replacement
{
	const char *name;
	Oid			argument;
	Oid			function;
	Oid			type;			/* of the plain aggregate */
	Above		above;
} Replacement;

static const Replacement replacements[] = {
	{"sum", INT2OID, F_SUM_INT2, INT8OID, NOTHING},
	{"sum", INT4OID, F_SUM_INT4, INT8OID, NOTHING},
	{"sum", INT8OID, F_SUM_INT8, NUMERICOID, TO_BIGINT},
	{"sum", NUMERICOID, F_SUM_NUMERIC, NUMERICOID, NOTHING},
	{"sum", FLOAT8OID, F_SUM_FLOAT8, FLOAT8OID, NOTHING},
	{"avg", INT2OID, F_SUM_INT2, INT8OID, INTEGER_AVERAGE},
	{"avg", INT4OID, F_SUM_INT4, INT8OID, INTEGER_AVERAGE},
	{"avg", INT8OID, F_SUM_INT8, NUMERICOID, NUMERIC_AVERAGE},
	{"avg", NUMERICOID, F_AVG_NUMERIC, NUMERICOID, NOTHING},
	{"avg", FLOAT8OID, F_AVG_FLOAT8, FLOAT8OID, NOTHING},
	{"stddev", FLOAT8OID, F_STDDEV_FLOAT8, FLOAT8OID, NOTHING},
	{"stddev_samp", FLOAT8OID, F_STDDEV_SAMP_FLOAT8, FLOAT8OID, NOTHING},
	{"stddev_pop", FLOAT8OID, F_STDDEV_POP_FLOAT8, FLOAT8OID, NOTHING},
	{"variance", FLOAT8OID, F_VARIANCE_FLOAT8, FLOAT8OID, NOTHING},
	{"var_samp", FLOAT8OID, F_VAR_SAMP_FLOAT8, FLOAT8OID, NOTHING},
	{"var_pop", FLOAT8OID, F_VAR_POP_FLOAT8, FLOAT8OID, NOTHING},
	{"bit_and", INT2OID, F_BIT_AND_INT2, INT2OID, NOTHING},
	{"bit_and", INT4OID, F_BIT_AND_INT4, INT4OID, NOTHING},
	{"bit_and", INT8OID, F_BIT_AND_INT8, INT8OID, NOTHING},
	{"bit_and", BOOLOID, F_BOOL_AND, BOOLOID, NOTHING},
	{"bit_or", INT2OID, F_BIT_OR_INT2, INT2OID, NOTHING},
	{"bit_or", INT4OID, F_BIT_OR_INT4, INT4OID, NOTHING},
	{"bit_or", INT8OID, F_BIT_OR_INT8, INT8OID, NOTHING},
	{"bit_or", BOOLOID, F_BOOL_OR, BOOLOID, NOTHING},
};

static const Replacement *
find_replacement(Oid function, List *args, Oid schema)
{
	char	   *name;
	Oid			argument;
	int			i;

	if (function < FirstNormalObjectId || list_length(args) != 1 || get_func_namespace(function) != schema)
		return NULL;
	name = get_func_name(function);
	argument = exprType(linitial(args));
	for (i = 0; i < lengthof(replacements); i++)
		if (replacements[i].argument == argument && strcmp(replacements[i].name, name) == 0)
			return &replacements[i];
	return NULL;
}

/*
 * The aggregate or window function again, of another function.
 */
static Expr *
plain(Node *node, Oid function, Oid type)
{
	if (IsA(node, Aggref))
	{
		Aggref	   *result = copyObject((Aggref *) node);

		result->aggfnoid = function;
		result->aggtype = type;
		return (Expr *) result;
	}
	else
	{
		WindowFunc *result = copyObject((WindowFunc *) node);

		result->winfnoid = function;
		result->wintype = type;
		return (Expr *) result;
	}
}

static Expr *
call(Oid function, Oid type, List *args)
{
	return (Expr *) makeFuncExpr(function, type, args, InvalidOid, InvalidOid, COERCE_EXPLICIT_CALL);
}

static Node *
replace_function(Node *node, const Replacement *r)
{
	Expr	   *result = plain(node, r->function, r->type);
	Expr	   *count = r->above >= INTEGER_AVERAGE ? plain(node, F_COUNT_ANY, INT8OID) : NULL;

	switch (r->above)
	{
		case NOTHING:
			break;
		case TO_BIGINT:
			result = call(F_INT8_NUMERIC, INT8OID, list_make1(result));
			break;
		case INTEGER_AVERAGE:
			/* Without values the sum is NULL, and so is this: nothing is divided by zero. */
			result = call(F_INT8DIV, INT8OID, list_make2(result, count));
			break;
		case NUMERIC_AVERAGE:
			result = call(F_DIV, NUMERICOID,
						  list_make2(result, call(F_NUMERIC_INT8, NUMERICOID, list_make1(count))));
			result = call(F_INT8_NUMERIC, INT8OID, list_make1(result));
			break;
	}
	return (Node *) result;
}

static Node *
replace(Node *node, void *context)
{
	Oid			schema = *(Oid *) context;
	Node	   *result;

	if (node == NULL)
		return NULL;
	if (IsA(node, Query))
		return (Node *) query_tree_mutator((Query *) node, replace, context, 0);
	result = expression_tree_mutator(node, replace, context);
	if (IsA(result, Aggref))
	{
		List	   *args = NIL;
		ListCell   *lc;
		const Replacement *r;

		foreach(lc, ((Aggref *) result)->args)
			if (!lfirst_node(TargetEntry, lc)->resjunk)
				args = lappend(args, lfirst_node(TargetEntry, lc)->expr);
		r = find_replacement(((Aggref *) result)->aggfnoid, args, schema);
		if (r != NULL)
			return replace_function(result, r);
	}
	else if (IsA(result, WindowFunc))
	{
		WindowFunc *function = (WindowFunc *) result;
		const Replacement *r = find_replacement(function->winfnoid, function->args, schema);

		if (r != NULL)
			return replace_function(result, r);
	}
	return result;
}

/*
 * Is there an aggregate of a user's?  Of queries without any, expressions are not looked at.
 */
static bool
has_aggregate(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Query))
	{
		Query	   *query = (Query *) node;

		if (query->hasAggs || query->hasWindowFuncs || query->hasSubLinks)
			return query_tree_walker(query, has_aggregate, context, 0);
		return range_table_walker(query->rtable, has_aggregate, context, 0) ||
			expression_tree_walker((Node *) query->cteList, has_aggregate, context);
	}
	if ((IsA(node, Aggref) && ((Aggref *) node)->aggfnoid >= FirstNormalObjectId) ||
		(IsA(node, WindowFunc) && ((WindowFunc *) node)->winfnoid >= FirstNormalObjectId))
		return true;
	return expression_tree_walker(node, has_aggregate, context);
}

static PlannedStmt *
plan(Query *query, const char *text, int options, ParamListInfo params)
{
	if (has_aggregate((Node *) query, NULL))
	{
		Oid			schema = rs_extension_schema();

		query = (Query *) replace((Node *) query, &schema);
	}
	return next_planner != NULL ? next_planner(query, text, options, params) :
		standard_planner(query, text, options, params);
}

void
rs_plain_aggregates_init(void)
{
	next_planner = planner_hook;
	planner_hook = plan;
}
