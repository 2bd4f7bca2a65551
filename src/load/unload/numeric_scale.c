/*
 * numeric_scale.c
 *	  The scale of a numeric expression that has no precision.
 *
 * PostgreSQL's functions of numerics give numerics of no precision.  A file's decimals have one,
 * and Redshift's expressions too: numeric(38,s) for a sum.  Sums, differences and
 * products have scales that those of their arguments tell; quotients and averages have not.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "load/unload/numeric_scale.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "parser/parsetree.h"
#include "utils/fmgroids.h"
#include "utils/fmgrprotos.h"

#define UNKNOWN			(-1)
#define MOST_DIGITS		38
/* At least as many digits have to be left before the point. */
#define MOST_SCALE		18

static int	scale_of(const Query *query, const Node *expr);

static int
scale_of_typmod(int32 typmod)
{
	int			scale = (((typmod - VARHDRSZ) & 0x7FF) ^ 1024) - 1024;

	return typmod < (int32) VARHDRSZ ? UNKNOWN : Max(scale, 0);
}

static int
scale_of_value(const Const *value)
{
	char	   *text;
	char	   *point;

	if (value->constisnull)
		return 0;
	text = DatumGetCString(DirectFunctionCall1(numeric_out, value->constvalue));
	point = strchr(text, '.');
	if (strspn(text, "-.0123456789") != strlen(text))
		return UNKNOWN;
	return point == NULL ? 0 : (int) strlen(point + 1);
}

/*
 * The largest of some expressions, of which each may be the value.
 */
static int
largest_scale(const Query *query, const List *expressions)
{
	int			largest = 0;
	ListCell   *lc;

	foreach(lc, expressions)
	{
		int			scale = scale_of(query, lfirst(lc));

		if (scale == UNKNOWN)
			return UNKNOWN;
		largest = Max(largest, scale);
	}
	return largest;
}

/* Of a call with a constant number of digits. */
static int
scale_of_rounding(const List *args)
{
	const Node *digits = (const Node *) lsecond(args);

	if (!IsA(digits, Const) || ((const Const *) digits)->constisnull)
		return UNKNOWN;
	return Max(DatumGetInt32(((const Const *) digits)->constvalue), 0);
}

static int
scale_of_call(const Query *query, Oid function, const List *args)
{
	int			left;
	int			right;

	switch (function)
	{
		case F_NUMERIC_INT2:
		case F_NUMERIC_INT4:
		case F_NUMERIC_INT8:
		case F_ROUND_NUMERIC:
		case F_TRUNC_NUMERIC:
		case F_CEIL_NUMERIC:
		case F_CEILING_NUMERIC:
		case F_FLOOR_NUMERIC:
		case F_SIGN_NUMERIC:
		case F_SUM_INT8:
			return 0;
		case F_ROUND_NUMERIC_INT4:
		case F_TRUNC_NUMERIC_INT4:
			return scale_of_rounding(args);
		case F_NUMERIC_ADD:
		case F_NUMERIC_SUB:
		case F_NUMERIC_MOD:
		case F_MOD_NUMERIC_NUMERIC:
		case F_NUMERIC_UMINUS:
		case F_NUMERIC_UPLUS:
		case F_NUMERIC_ABS:
		case F_ABS_NUMERIC:
		case F_SUM_NUMERIC:
		case F_MIN_NUMERIC:
		case F_MAX_NUMERIC:
			return largest_scale(query, args);
		case F_NUMERIC_MUL:
			left = scale_of(query, linitial(args));
			right = scale_of(query, lsecond(args));
			return left == UNKNOWN || right == UNKNOWN ? UNKNOWN : left + right;
		default:
			return UNKNOWN;
	}
}

static int
scale_of_column(const Query *query, AttrNumber column)
{
	ListCell   *lc;

	/* Columns of a UNION are those of each of its queries. */
	if (query->setOperations != NULL)
		return UNKNOWN;
	foreach(lc, query->targetList)
	{
		const TargetEntry *entry = lfirst_node(TargetEntry, lc);

		if (entry->resno == column && !entry->resjunk)
			return scale_of(query, (const Node *) entry->expr);
	}
	return UNKNOWN;
}

static int
scale_of_var(const Query *query, const Var *var)
{
	const RangeTblEntry *rte;
	ListCell   *lc;

	if (var->varlevelsup > 0 || var->varattno <= 0)
		return UNKNOWN;
	rte = rt_fetch(var->varno, query->rtable);
	if (rte->rtekind == RTE_SUBQUERY)
		return scale_of_column(rte->subquery, var->varattno);
	if (rte->rtekind == RTE_JOIN)
		return scale_of(query, list_nth(rte->joinaliasvars, var->varattno - 1));
	if (rte->rtekind != RTE_CTE || rte->ctelevelsup > 0)
		return UNKNOWN;
	foreach(lc, query->cteList)
	{
		const CommonTableExpr *cte = lfirst_node(CommonTableExpr, lc);

		if (strcmp(cte->ctename, rte->ctename) == 0 && !cte->cterecursive && IsA(cte->ctequery, Query) &&
			((const Query *) cte->ctequery)->commandType == CMD_SELECT)
			return scale_of_column((const Query *) cte->ctequery, var->varattno);
	}
	return UNKNOWN;
}

static int
scale_of_aggregate(const Query *query, const Aggref *aggregate)
{
	ListCell   *lc;
	List	   *args = NIL;

	foreach(lc, aggregate->args)
		if (!lfirst_node(TargetEntry, lc)->resjunk)
			args = lappend(args, lfirst_node(TargetEntry, lc)->expr);
	return scale_of_call(query, aggregate->aggfnoid, args);
}

static int
scale_of_case(const Query *query, const CaseExpr *expr)
{
	List	   *results = NIL;
	ListCell   *lc;

	foreach(lc, expr->args)
		results = lappend(results, lfirst_node(CaseWhen, lc)->result);
	if (expr->defresult != NULL)
		results = lappend(results, expr->defresult);
	return largest_scale(query, results);
}

/*
 * Digits behind the point that a value may have, at most.
 */
static int
scale_of(const Query *query, const Node *expr)
{
	int			scale;

	check_stack_depth();
	if (expr == NULL || exprType(expr) != NUMERICOID)
		return UNKNOWN;
	scale = scale_of_typmod(exprTypmod(expr));
	if (scale != UNKNOWN)
		return scale;
	switch (nodeTag(expr))
	{
		case T_Const:
			return scale_of_value((const Const *) expr);
		case T_Var:
			return scale_of_var(query, (const Var *) expr);
		case T_OpExpr:
			return scale_of_call(query, ((const OpExpr *) expr)->opfuncid, ((const OpExpr *) expr)->args);
		case T_FuncExpr:
			return scale_of_call(query, ((const FuncExpr *) expr)->funcid, ((const FuncExpr *) expr)->args);
		case T_Aggref:
			return scale_of_aggregate(query, (const Aggref *) expr);
		case T_WindowFunc:
			return scale_of_call(query, ((const WindowFunc *) expr)->winfnoid, ((const WindowFunc *) expr)->args);
		case T_RelabelType:
			return scale_of(query, (const Node *) ((const RelabelType *) expr)->arg);
		case T_NullIfExpr:
			return scale_of(query, linitial(((const NullIfExpr *) expr)->args));
		case T_CaseExpr:
			return scale_of_case(query, (const CaseExpr *) expr);
		case T_CoalesceExpr:
			return largest_scale(query, ((const CoalesceExpr *) expr)->args);
		case T_MinMaxExpr:
			return largest_scale(query, ((const MinMaxExpr *) expr)->args);
		default:
			return UNKNOWN;
	}
}

int32
rs_numeric_scale_typmod(const Query *query, const Node *expr)
{
	int			scale = query->setOperations != NULL ? UNKNOWN : scale_of(query, expr);

	if (scale == UNKNOWN || scale > MOST_SCALE)
		return -1;
	return ((MOST_DIGITS << 16) | scale) + VARHDRSZ;
}
