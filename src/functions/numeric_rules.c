/*
 * numeric_rules.c
 *	  Redshift's precision and scale of decimals, in statements that were analysed while
 *	  redshift.dialect = redshift.
 *
 * PostgreSQL's numeric has no bound, its operators' results no declared precision, and a
 * quotient 16 digits or more.  Redshift's follow from the operands' types:
 *
 *		+ -		scale max(s1, s2), precision max(p1 - s1, p2 - s2) + scale + 1
 *		*		scale s1 + s2, precision p1 + p2 + 1
 *		/		scale max(4, s1 + p2 - s2 + 1), precision p1 - s1 + s2 + scale
 *		sum		(38, s);  avg the same, cut to s digits
 *		CASE, COALESCE, UNION, ...	room for all of them
 *
 * with 38 digits at most; of a quotient that would have more the scale gives way, down to 4.
 * Values do not change but for quotients and averages, which are computed anew, and sums
 * that may have too many digits, which are checked.  What an operator gives is labelled with
 * its type (RelabelType, which costs nothing), so that clients, views and CREATE TABLE AS
 * see it.  Every occurrence of an expression in a query is treated alike, as the planner
 * has to find an expression of GROUP BY again.
 *
 * Operands of no known precision (what a function gives, say) are left to PostgreSQL.
 *
 * The same pass makes casts of SUPER to scalars lax, as Redshift's are: NULL for a value of
 * another kind, a string without its quotes.  And it lets "-" subtract from one.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "core/schema.h"
#include "core/settings.h"
#include "functions/numeric_rules.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "parser/analyze.h"
#include "parser/parse_func.h"
#include "parser/parsetree.h"
#include "redshift_ext.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"
#include "utils/typcache.h"

#define MOST_DIGITS			38
#define MOST_QUOTIENT_SCALE	100
#define LEAST_QUOTIENT_SCALE 4

static post_parse_analyze_hook_type next_post_parse_analyze = NULL;

/* A query, and the ones around it. */
typedef struct Place
{
	Query	   *query;
	struct Place *outer;
} Place;

static void treat_query(Query *query, Place *outer);
static Node *treat(Node *node, Place *place);

/* ---------------------------------------------------------------------
 * Typmods
 * ---------------------------------------------------------------------
 */

static int32
make_typmod(int precision, int scale)
{
	return ((precision << 16) | (scale & 0x7ff)) + VARHDRSZ;
}

static int
precision_of(int32 typmod)
{
	return ((typmod - VARHDRSZ) >> 16) & 0xffff;
}

static int
scale_of(int32 typmod)
{
	return (((typmod - VARHDRSZ) & 0x7ff) ^ 1024) - 1024;
}

/*
 * Room for values of both.  -1 if one is unknown.
 */
static int32
common_typmod(int32 a, int32 b)
{
	int			scale;
	int			whole;

	if (a == b || a < 0 || b < 0)
		return a == b ? a : -1;
	scale = Max(scale_of(a), scale_of(b));
	whole = Max(precision_of(a) - scale_of(a), precision_of(b) - scale_of(b));
	return make_typmod(Min(whole + scale, MOST_DIGITS), scale);
}

static int32
quotient_typmod(int32 a, int32 b)
{
	int			scale = Max(LEAST_QUOTIENT_SCALE, scale_of(a) + precision_of(b) - scale_of(b) + 1);
	int			precision = precision_of(a) - scale_of(a) + scale_of(b) + scale;

	if (scale > MOST_QUOTIENT_SCALE)
	{
		precision -= scale - MOST_QUOTIENT_SCALE;
		scale = MOST_QUOTIENT_SCALE;
	}
	if (precision > MOST_DIGITS)
	{
		scale = Max(MOST_DIGITS + scale - precision, LEAST_QUOTIENT_SCALE);
		precision = MOST_DIGITS;
	}
	return make_typmod(precision, scale);
}

static int32
literal_typmod(const Const *literal)
{
	char	   *digits;
	int			scale;

	if (literal->constisnull || literal->consttypmod >= 0)
		return literal->consttypmod;
	digits = numeric_normalize(DatumGetNumeric(literal->constvalue));
	if (!isdigit((unsigned char) digits[digits[0] == '-']))
		return -1;
	scale = DatumGetInt32(DirectFunctionCall1(numeric_scale, literal->constvalue));
	/* Digits in front of the point, of which a fraction has one, too. */
	return make_typmod(Min(strcspn(digits, ".") - (digits[0] == '-') + scale, MOST_DIGITS),
					   Min(scale, MOST_DIGITS));
}

/*
 * The type of a column of a query, -1 if unknown.
 */
static int32
column_typmod(const Query *query, AttrNumber column)
{
	const TargetEntry *target = get_tle_by_resno(query->targetList, column);

	return target == NULL || target->resjunk ? -1 : exprTypmod((Node *) target->expr);
}

static int32
variable_typmod(const Var *var, const Place *place)
{
	const RangeTblEntry *rte;
	Index		level;

	for (level = 0; level < var->varlevelsup && place != NULL; level++)
		place = place->outer;
	if (var->vartypmod >= 0 || place == NULL || var->varattno <= 0)
		return var->vartypmod;
	rte = rt_fetch(var->varno, place->query->rtable);
	if (rte->rtekind == RTE_SUBQUERY)
		return column_typmod(rte->subquery, var->varattno);
	if (rte->rtekind == RTE_CTE && !rte->self_reference)
	{
		ListCell   *lc;

		for (level = 0; level < rte->ctelevelsup && place != NULL; level++)
			place = place->outer;
		if (place != NULL)
			foreach(lc, place->query->cteList)
			{
				const CommonTableExpr *cte = lfirst(lc);

				if (strcmp(cte->ctename, rte->ctename) == 0 && IsA(cte->ctequery, Query))
					return column_typmod((Query *) cte->ctequery, var->varattno);
			}
	}
	return -1;
}

/* ---------------------------------------------------------------------
 * Making expressions
 * ---------------------------------------------------------------------
 */

static Expr *
label(Expr *expr, int32 typmod)
{
	if (typmod < 0 || exprTypmod((Node *) expr) == typmod)
		return expr;
	return (Expr *) makeRelabelType(expr, NUMERICOID, typmod, InvalidOid, COERCE_IMPLICIT_CAST);
}

static Expr *
constant(int32 value)
{
	return (Expr *) makeConst(INT4OID, -1, InvalidOid, sizeof(int32), Int32GetDatum(value), false, true);
}

/*
 * With exactly this scale; an error if there are too many digits.
 */
static Expr *
convert(Expr *expr, int32 typmod)
{
	return (Expr *) makeFuncExpr(F_NUMERIC_NUMERIC_INT4, NUMERICOID, list_make2(expr, constant(typmod)),
								 InvalidOid, InvalidOid, COERCE_IMPLICIT_CAST);
}

static Expr *
own_function(const char *name, Oid result, Oid *types, List *args)
{
	Oid			function = LookupFuncName(list_make2(makeString(RS_SCHEMA), makeString(pstrdup(name))),
										  list_length(args), types, false);

	return (Expr *) makeFuncExpr(function, result, args, InvalidOid, InvalidOid, COERCE_EXPLICIT_CALL);
}

static Expr *
quotient(Expr *dividend, Expr *divisor, int32 typmod)
{
	Oid			types[] = {NUMERICOID, NUMERICOID, INT4OID};

	return label(own_function("numeric_quotient", NUMERICOID, types,
							  list_make3(dividend, divisor, constant(typmod))), typmod);
}

/* ---------------------------------------------------------------------
 * Expressions
 * ---------------------------------------------------------------------
 */

static Node *
treat_operator(OpExpr *original, Place *place)
{
	OpExpr	   *op = (OpExpr *) expression_tree_mutator((Node *) original, treat, place);
	int32		a = exprTypmod(linitial(op->args));
	int32		b = exprTypmod(llast(op->args));
	int			scale;
	int			precision;
	int			whole;

	if (a < 0 || b < 0)
		return (Node *) op;
	if (list_length(op->args) == 1)
		return (Node *) label((Expr *) op, a);
	whole = Max(precision_of(a) - scale_of(a), precision_of(b) - scale_of(b));
	switch (op->opfuncid)
	{
		case F_NUMERIC_ADD:
		case F_NUMERIC_SUB:
			scale = Max(scale_of(a), scale_of(b));
			precision = whole + scale + 1;
			break;
		case F_NUMERIC_MOD:
			scale = Max(scale_of(a), scale_of(b));
			precision = whole + scale;
			break;
		case F_NUMERIC_MUL:
			scale = scale_of(a) + scale_of(b);
			precision = precision_of(a) + precision_of(b) + 1;
			break;
		default:
			return (Node *) quotient(linitial(op->args), lsecond(op->args), quotient_typmod(a, b));
	}
	if (precision > MOST_DIGITS || scale > MOST_DIGITS)
		return (Node *) convert((Expr *) op, make_typmod(Min(precision, MOST_DIGITS), Min(scale, MOST_DIGITS)));
	return (Node *) label((Expr *) op, make_typmod(precision, scale));
}

/*
 * Alternatives, pointers to treated expressions: all with the scale that has room for any.
 */
static void
unify(List *alternatives)
{
	int32		typmod = -1;
	bool		first = true;
	ListCell   *lc;

	foreach(lc, alternatives)
	{
		Expr	   *expr = *(Expr **) lfirst(lc);

		if (IsA(expr, Const) && ((Const *) expr)->constisnull)
			continue;
		typmod = first ? exprTypmod((Node *) expr) : common_typmod(typmod, exprTypmod((Node *) expr));
		first = false;
	}
	if (typmod < 0)
		return;
	foreach(lc, alternatives)
	{
		Expr	  **expr = lfirst(lc);
		int32		own = exprTypmod((Node *) *expr);

		if (IsA(*expr, Const) && ((Const *) *expr)->constisnull)
			((Const *) *expr)->consttypmod = typmod;
		else if (own != typmod)
			*expr = scale_of(own) == scale_of(typmod) ? label(*expr, typmod) : convert(*expr, typmod);
	}
}

static Node *
treat_case(CaseExpr *original, Place *place)
{
	CaseExpr   *result = (CaseExpr *) expression_tree_mutator((Node *) original, treat, place);
	List	   *alternatives = NIL;
	ListCell   *lc;

	foreach(lc, result->args)
		alternatives = lappend(alternatives, &lfirst_node(CaseWhen, lc)->result);
	if (result->defresult != NULL)
		alternatives = lappend(alternatives, &result->defresult);
	unify(alternatives);
	return (Node *) result;
}

static void
unify_list(List *args)
{
	List	   *alternatives = NIL;
	ListCell   *lc;

	foreach(lc, args)
		alternatives = lappend(alternatives, &lfirst(lc));
	unify(alternatives);
}

static Expr *
count_of(const Node *average)
{
	if (IsA(average, Aggref))
	{
		Aggref	   *count = copyObject((Aggref *) average);

		count->aggfnoid = F_COUNT_ANY;
		count->aggtype = INT8OID;
		count->aggcollid = count->inputcollid = InvalidOid;
		return (Expr *) count;
	}
	else
	{
		WindowFunc *count = copyObject((WindowFunc *) average);

		count->winfnoid = F_COUNT_ANY;
		count->wintype = INT8OID;
		count->wincollid = count->inputcollid = InvalidOid;
		return (Expr *) count;
	}
}

/*
 * PostgreSQL's or our aggregate of numerics of this name.
 */
static Oid
known_aggregate(Oid function)
{
	if (function >= FirstNormalObjectId && get_func_namespace(function) == rs_extension_schema())
	{
		char	   *name = get_func_name(function);

		if (strcmp(name, "avg") == 0)
			return F_AVG_NUMERIC;
		if (strcmp(name, "sum") == 0)
			return F_SUM_NUMERIC;
	}
	return function;
}

/*
 * Sums and averages of numerics; the least and the greatest are of the type of all.
 */
static Node *
treat_aggregate(Node *original, Oid function, Oid type, Place *place)
{
	Node	   *result = expression_tree_mutator(original, treat, place);
	List	   *args = IsA(result, Aggref) ? ((Aggref *) result)->args : ((WindowFunc *) result)->args;
	Node	   *arg = list_length(args) == 1 ? linitial(args) : NULL;
	int32		typmod;

	if (type != NUMERICOID || arg == NULL)
		return result;
	typmod = exprTypmod(IsA(arg, TargetEntry) ? (Node *) ((TargetEntry *) arg)->expr : arg);
	if (typmod < 0)
		return result;
	function = known_aggregate(function);
	if (function == F_MIN_NUMERIC || function == F_MAX_NUMERIC)
		return (Node *) label((Expr *) result, typmod);
	typmod = make_typmod(MOST_DIGITS, scale_of(typmod));
	if (function == F_SUM_NUMERIC)
		return (Node *) convert((Expr *) result, typmod);
	if (function == F_AVG_NUMERIC)
	{
		Expr	   *count = (Expr *) makeFuncExpr(F_NUMERIC_INT8, NUMERICOID, list_make1(count_of(result)),
												  InvalidOid, InvalidOid, COERCE_IMPLICIT_CAST);

		if (IsA(result, Aggref))
			((Aggref *) result)->aggfnoid = F_SUM_NUMERIC;
		else
			((WindowFunc *) result)->winfnoid = F_SUM_NUMERIC;
		return (Node *) quotient((Expr *) result, count, typmod);
	}
	return result;
}

/* ---------------------------------------------------------------------
 * Casts of SUPER
 * ---------------------------------------------------------------------
 */

static Node *
treat_super_number(FuncExpr *cast, Oid from_numeric, Place *place)
{
	Oid			type = JSONBOID;
	Expr	   *arg = (Expr *) treat(linitial(cast->args), place);

	arg = own_function(from_numeric == F_BOOL_JSONB ? "super_boolean" : "super_numeric",
					   from_numeric == F_BOOL_JSONB ? BOOLOID : NUMERICOID, &type, list_make1(arg));
	if (!OidIsValid(from_numeric) || from_numeric == F_BOOL_JSONB)
		return (Node *) arg;
	return (Node *) makeFuncExpr(from_numeric, cast->funcresulttype, list_make1(arg), InvalidOid, InvalidOid,
								 COERCE_EXPLICIT_CAST);
}

/*
 * PostgreSQL's jsonb - int takes an element away; SUPER's subtracts.
 */
static Node *
treat_super_minus(OpExpr *original, Place *place)
{
	OpExpr	   *op = (OpExpr *) expression_tree_mutator((Node *) original, treat, place);
	Oid			types[] = {JSONBOID, INT4OID};

	return (Node *) own_function("super_subtract", JSONBOID, types, op->args);
}

/*
 * A cast of a SUPER or of VARBYTE to a string, or to what strings are read as.
 */
static Node *
treat_as_text(CoerceViaIO *cast, const char *function, Place *place)
{
	CoerceViaIO *result = (CoerceViaIO *) expression_tree_mutator((Node *) cast, treat, place);
	Oid			type = exprType((Node *) result->arg);
	Expr	   *text = own_function(function, TEXTOID, &type, list_make1(result->arg));

	((FuncExpr *) text)->funccollid = get_typcollation(TEXTOID);
	if (result->resulttype == TEXTOID)
		return (Node *) text;
	if (result->resulttype == VARCHAROID)
		return (Node *) makeRelabelType(text, VARCHAROID, -1, result->resultcollid, COERCE_EXPLICIT_CAST);
	result->arg = text;
	return (Node *) result;
}

/*
 * Casts of strings to VARBYTE, and of that to strings, are of bytes in UTF-8; PostgreSQL's have escapes.
 */
static Node *
treat_varbyte(CoerceViaIO *cast, Place *place)
{
	Oid			type = exprType((Node *) cast->arg);
	CoerceViaIO *result;

	if (type == BYTEAOID && (cast->resulttype == TEXTOID || cast->resulttype == VARCHAROID || cast->resulttype == BPCHAROID))
		return treat_as_text(cast, "varbyte_text", place);
	result = (CoerceViaIO *) expression_tree_mutator((Node *) cast, treat, place);
	if (cast->resulttype != BYTEAOID || (type != TEXTOID && type != VARCHAROID && type != BPCHAROID))
		return (Node *) result;
	if (type == VARCHAROID)
		type = TEXTOID;
	return (Node *) own_function("varbyte", BYTEAOID, &type, list_make1(result->arg));
}

/*
 * The type of what a function of a number gives, PostgreSQL's or ours: of a rounding as many digits
 * as are asked for behind the point, and one more before it.
 */
static int32
function_typmod(const FuncExpr *call)
{
	int32		typmod = exprTypmod(linitial(call->args));
	int			digits = 0;
	char	   *name;

	if (typmod < 0 || exprType(linitial(call->args)) != NUMERICOID ||
		(call->funcid >= FirstNormalObjectId &&
		 get_func_namespace(call->funcid) != rs_extension_schema()))
		return -1;
	name = get_func_name(call->funcid);
	if (list_length(call->args) == 2)
	{
		const Const *literal = lsecond(call->args);

		if ((strcmp(name, "round") != 0 && strcmp(name, "trunc") != 0) || !IsA(literal, Const) ||
			literal->constisnull)
			return -1;
		digits = DatumGetInt32(literal->constvalue);
	}
	else if (strcmp(name, "abs") == 0)
		return typmod;
	else if (strcmp(name, "sign") == 0)
		return make_typmod(1, 0);
	else if (strcmp(name, "round") != 0 && strcmp(name, "trunc") != 0 && strcmp(name, "floor") != 0 &&
			 strcmp(name, "ceil") != 0 && strcmp(name, "ceiling") != 0)
		return -1;
	if (digits < 0 || digits > MOST_DIGITS)
		return -1;
	return make_typmod(Min(precision_of(typmod) - scale_of(typmod) + 1 + digits, MOST_DIGITS), digits);
}

static Node *
treat_function(FuncExpr *call, Place *place)
{
	FuncExpr   *result;

	switch (call->funcid)
	{
		case F_NUMERIC_JSONB:
			return treat_super_number(call, InvalidOid, place);
		case F_INT2_JSONB:
			return treat_super_number(call, F_INT2_NUMERIC, place);
		case F_INT4_JSONB:
			return treat_super_number(call, F_INT4_NUMERIC, place);
		case F_INT8_JSONB:
			return treat_super_number(call, F_INT8_NUMERIC, place);
		case F_FLOAT4_JSONB:
			return treat_super_number(call, F_FLOAT4_NUMERIC, place);
		case F_FLOAT8_JSONB:
			return treat_super_number(call, F_FLOAT8_NUMERIC, place);
		case F_BOOL_JSONB:
			return treat_super_number(call, F_BOOL_JSONB, place);
	}
	result = (FuncExpr *) expression_tree_mutator((Node *) call, treat, place);
	switch (call->funcid)
	{
		case F_NUMERIC_INT2:
			return (Node *) label((Expr *) result, make_typmod(5, 0));
		case F_NUMERIC_INT4:
			return (Node *) label((Expr *) result, make_typmod(10, 0));
		case F_NUMERIC_INT8:
			return (Node *) label((Expr *) result, make_typmod(19, 0));
		case F_NUMERIC_NUMERIC_INT4:
			return (Node *) result;
	}
	if (call->funcresulttype == NUMERICOID && list_length(result->args) >= 1 && list_length(result->args) <= 2)
		return (Node *) label((Expr *) result, function_typmod(result));
	return (Node *) result;
}

/*
 * Treat an expression; exprTypmod() of a numeric tells its type then.
 */
static Node *
treat(Node *node, Place *place)
{
	Node	   *result;

	if (node == NULL)
		return NULL;
	switch (nodeTag(node))
	{
		case T_Query:
			result = copyObject(node);
			treat_query((Query *) result, place);
			return result;
		case T_Const:
			result = copyObject(node);
			if (((Const *) node)->consttype == NUMERICOID)
				((Const *) result)->consttypmod = literal_typmod((Const *) node);
			return result;
		case T_Var:
			result = copyObject(node);
			if (((Var *) node)->vartype == NUMERICOID)
				((Var *) result)->vartypmod = variable_typmod((Var *) node, place);
			return result;
		case T_OpExpr:
			set_opfuncid((OpExpr *) node);
			switch (((OpExpr *) node)->opfuncid)
			{
				case F_NUMERIC_ADD:
				case F_NUMERIC_SUB:
				case F_NUMERIC_MUL:
				case F_NUMERIC_DIV:
				case F_NUMERIC_MOD:
				case F_NUMERIC_UMINUS:
				case F_NUMERIC_UPLUS:
				case F_NUMERIC_ABS:
					return treat_operator((OpExpr *) node, place);
				case F_JSONB_DELETE_JSONB_INT4:
					return treat_super_minus((OpExpr *) node, place);
			}
			break;
		case T_FuncExpr:
			return treat_function((FuncExpr *) node, place);
		case T_CoerceViaIO:
			if (exprType((Node *) ((CoerceViaIO *) node)->arg) == JSONBOID &&
				((CoerceViaIO *) node)->resulttype != JSONOID)
				return treat_as_text((CoerceViaIO *) node, "super_text", place);
			return treat_varbyte((CoerceViaIO *) node, place);
		case T_Aggref:
			return treat_aggregate(node, ((Aggref *) node)->aggfnoid, ((Aggref *) node)->aggtype, place);
		case T_WindowFunc:
			return treat_aggregate(node, ((WindowFunc *) node)->winfnoid, ((WindowFunc *) node)->wintype, place);
		case T_CaseExpr:
			if (((CaseExpr *) node)->casetype == NUMERICOID)
				return treat_case((CaseExpr *) node, place);
			break;
		default:
			break;
	}
	result = expression_tree_mutator(node, treat, place);
	if (IsA(result, CoalesceExpr) && ((CoalesceExpr *) result)->coalescetype == NUMERICOID)
		unify_list(((CoalesceExpr *) result)->args);
	if (IsA(result, MinMaxExpr) && ((MinMaxExpr *) result)->minmaxtype == NUMERICOID)
		unify_list(((MinMaxExpr *) result)->args);
	return result;
}

/* ---------------------------------------------------------------------
 * Queries
 * ---------------------------------------------------------------------
 */

/*
 * The type of a column of what a set operation joins, with room for all.
 */
static int32
operand_typmod(const Query *query, Node *operand, int column)
{
	SetOperationStmt *op = (SetOperationStmt *) operand;

	check_stack_depth();
	if (IsA(operand, RangeTblRef))
		return column_typmod(rt_fetch(((RangeTblRef *) operand)->rtindex, query->rtable)->subquery, column + 1);
	return common_typmod(operand_typmod(query, op->larg, column), operand_typmod(query, op->rarg, column));
}

static void
set_operand_typmod(Query *query, Node *operand, int column, int32 typmod)
{
	if (IsA(operand, RangeTblRef))
	{
		Query	   *subquery = rt_fetch(((RangeTblRef *) operand)->rtindex, query->rtable)->subquery;
		TargetEntry *target = get_tle_by_resno(subquery->targetList, column + 1);

		if (exprTypmod((Node *) target->expr) != typmod)
			target->expr = convert(target->expr, typmod);
	}
	else
	{
		SetOperationStmt *op = (SetOperationStmt *) operand;

		lfirst_int(list_nth_cell(op->colTypmods, column)) = typmod;
		set_operand_typmod(query, op->larg, column, typmod);
		set_operand_typmod(query, op->rarg, column, typmod);
	}
}

static void
treat_set_operation(Query *query)
{
	SetOperationStmt *op = (SetOperationStmt *) query->setOperations;
	int			column;

	for (column = 0; column < list_length(op->colTypes); column++)
	{
		int32		typmod;
		TargetEntry *target = get_tle_by_resno(query->targetList, column + 1);

		if (list_nth_oid(op->colTypes, column) != NUMERICOID)
			continue;
		typmod = operand_typmod(query, (Node *) op, column);
		/* The recursive half's columns have the types of the other: these stay as they are. */
		if (typmod < 0 || query->hasRecursive)
			continue;
		set_operand_typmod(query, (Node *) op, column, typmod);
		if (IsA(target->expr, Var))
			((Var *) target->expr)->vartypmod = typmod;
	}
}

/*
 * Treat a query in place: first what it reads, whose columns' types its own need.
 */
static void
treat_query(Query *query, Place *outer)
{
	Place		place = {query, outer};
	ListCell   *lc;

	check_stack_depth();
	foreach(lc, query->cteList)
	{
		CommonTableExpr *cte = lfirst(lc);

		if (IsA(cte->ctequery, Query) && !cte->cterecursive)
		{
			ListCell   *typmod;
			AttrNumber	column = 1;

			treat_query((Query *) cte->ctequery, &place);
			if (((Query *) cte->ctequery)->commandType == CMD_SELECT)
				foreach(typmod, cte->ctecoltypmods)
					lfirst_int(typmod) = column_typmod((Query *) cte->ctequery, column++);
		}
	}
	foreach(lc, query->rtable)
	{
		RangeTblEntry *rte = lfirst(lc);

		if (rte->rtekind == RTE_SUBQUERY && rte->subquery != NULL)
			treat_query(rte->subquery, &place);
	}
	if (query->setOperations != NULL)
		treat_set_operation(query);
	query_tree_mutator(query, treat, &place,
					   QTW_DONT_COPY_QUERY | QTW_IGNORE_RT_SUBQUERIES | QTW_IGNORE_CTE_SUBQUERIES);
}

static void
treat_statement(Query *query)
{
	Node	   *below = NULL;

	if (query->commandType != CMD_UTILITY)
	{
		treat_query(query, NULL);
		return;
	}
	if (query->utilityStmt == NULL)
		return;
	if (IsA(query->utilityStmt, ExplainStmt))
		below = ((ExplainStmt *) query->utilityStmt)->query;
	else if (IsA(query->utilityStmt, CreateTableAsStmt))
		below = ((CreateTableAsStmt *) query->utilityStmt)->query;
	else if (IsA(query->utilityStmt, DeclareCursorStmt))
		below = ((DeclareCursorStmt *) query->utilityStmt)->query;
	if (below != NULL && IsA(below, Query))
		treat_statement((Query *) below);
}

static void
post_parse_analyze(ParseState *pstate, Query *query, JumbleState *jstate)
{
	/*
	 * Our own views follow PostgreSQL's rules, whoever creates the extension.  In a transaction
	 * that has failed, only ROLLBACK and the like come here, and catalogs cannot be read.
	 */
	if (rs_dialect == RS_DIALECT_REDSHIFT && !creating_extension && IsTransactionState() &&
		OidIsValid(rs_extension_schema()))
		treat_statement(query);
	if (next_post_parse_analyze)
		next_post_parse_analyze(pstate, query, jstate);
}

void
rs_numeric_rules_init(void)
{
	next_post_parse_analyze = post_parse_analyze_hook;
	post_parse_analyze_hook = post_parse_analyze;
}
