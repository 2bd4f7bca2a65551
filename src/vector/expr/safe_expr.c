/*
 * safe_expr.c
 *	  Which expressions can neither fail nor be noticed.
 *
 * They may be evaluated for rows, and before conditions, for which PostgreSQL would not
 * evaluate them, and left out where it would.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "vector/aggregate/aggregate_catalog.h"
#include "vector/expr/expr.h"

/*
 * Does the pattern end in an escape, which LIKE refuses?  Any other escape will do
 * for a doubt.
 */
static bool
is_plain_pattern(Node *node)
{
	Const	   *constant = (Const *) node;
	struct varlena *image;

	if (!IsA(node, Const) || constant->constisnull || constant->constlen != -1)
		return false;
	image = PG_DETOAST_DATUM_PACKED(constant->constvalue);
	return memchr(VARDATA_ANY(image), '\\', VARSIZE_ANY_EXHDR(image)) == NULL;
}

bool
rs_function_is_safe(Oid function, List *args, Oid collation)
{
	const RsKernelInfo *kernel = rs_kernel_find(function);

	switch (function)
	{
		case F_TEXTEQ:
		case F_TEXTNE:
		case F_TEXT_LT:
		case F_TEXT_LE:
		case F_TEXT_GT:
		case F_TEXT_GE:
		case F_BPCHAREQ:
		case F_BPCHARNE:
		case F_BPCHARLT:
		case F_BPCHARLE:
		case F_BPCHARGT:
		case F_BPCHARGE:
			/* They fail where no collation could be determined. */
			return OidIsValid(collation);
		case F_TEXTLIKE:
		case F_TEXTNLIKE:
		case F_BPCHARLIKE:
		case F_BPCHARNLIKE:
		case F_TEXTICLIKE:
		case F_TEXTICNLIKE:
		case F_BPCHARICLIKE:
		case F_BPCHARICNLIKE:
			return OidIsValid(collation) && get_collation_isdeterministic(collation) &&
				is_plain_pattern(lsecond(args));
		case F_STRPOS:
		case F_POSITION_TEXT_TEXT:
		case F_STARTS_WITH:
			return OidIsValid(collation) && get_collation_isdeterministic(collation);
		case F_SUBSTRING_TEXT_INT4_INT4:
		case F_SUBSTR_TEXT_INT4_INT4:
			/* They refuse a negative length. */
			return IsA(lthird(args), Const) && !((Const *) lthird(args))->constisnull &&
				DatumGetInt32(((Const *) lthird(args))->constvalue) >= 0;
		default:
			return (kernel != NULL && kernel->safe) || rs_is_may_join(function);
	}
}

/*
 * Sums and products of numerics are let through, though they fail beyond 131,072 digits.
 */
static bool
may_fail(Node *node, void *context)
{
	if (node == NULL)
		return false;
	check_stack_depth();
	switch (nodeTag(node))
	{
		case T_List:
		case T_TargetEntry:
		case T_Var:
		case T_Const:
		case T_RelabelType:
		case T_BoolExpr:
		case T_NullTest:
		case T_BooleanTest:
		case T_CaseExpr:
		case T_CaseWhen:
		case T_CaseTestExpr:
		case T_CoalesceExpr:
			break;
		case T_Param:
			return ((Param *) node)->paramkind != PARAM_EXTERN;
		case T_FuncExpr:
			{
				FuncExpr   *func = (FuncExpr *) node;

				if (!rs_function_is_safe(func->funcid, func->args, func->inputcollid))
					return true;
				break;
			}
		case T_OpExpr:
			{
				OpExpr	   *op = (OpExpr *) node;

				set_opfuncid(op);
				if (op->opfuncid != F_NUMERIC_ADD && op->opfuncid != F_NUMERIC_SUB &&
					op->opfuncid != F_NUMERIC_MUL &&
					!rs_function_is_safe(op->opfuncid, op->args, op->inputcollid))
					return true;
				break;
			}
		case T_ScalarArrayOpExpr:
			{
				ScalarArrayOpExpr *op = (ScalarArrayOpExpr *) node;

				set_sa_opfuncid(op);
				if (!rs_function_is_safe(op->opfuncid, op->args, op->inputcollid))
					return true;
				break;
			}
		case T_Aggref:
			switch (((Aggref *) node)->aggfnoid)
			{
				case F_COUNT_:
				case F_COUNT_ANY:
				case F_SUM_INT2:
				case F_SUM_INT4:
				case F_SUM_INT8:
				case F_SUM_NUMERIC:
				case F_AVG_INT2:
				case F_AVG_INT4:
				case F_AVG_INT8:
				case F_AVG_NUMERIC:
					break;
				case F_MIN_TEXT:
				case F_MAX_TEXT:
				case F_MIN_BPCHAR:
				case F_MAX_BPCHAR:
					/* A collation may fail. */
					return true;
				default:
					if (rs_aggregate_extreme(((Aggref *) node)->aggfnoid) == 0)
						return true;
					break;
			}
			break;
		default:
			return true;
	}
	return expression_tree_walker(node, may_fail, context);
}

bool
rs_may_fail(Node *node)
{
	return may_fail(node, NULL);
}
