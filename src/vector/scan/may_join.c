/*
 * may_join.c
 *	  redshift.may_join(exchange, column, key): may a row with this key match one that
 *	  has come to the exchange?
 *
 * The leader puts this condition where rows are about to be sent to a join whose other
 * side stands in an exchange.  A scan takes it as a runtime filter, so that it skips
 * blocks by it; everywhere else it is an expression over vectors, or a function.
 */
#include "postgres.h"

#include "access/transam.h"
#include "catalog/namespace.h"
#include "catalog/objectaccess.h"
#include "core/schema.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "redshift_ext.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "vector/scan/runtime_filter.h"
#include "vector/scan/runtime_filter_state.h"

PG_FUNCTION_INFO_V1(rs_may_join);

bool
rs_is_may_join(Oid function)
{
	char	   *name;

	if (function < FirstNormalObjectId || (name = get_func_name(function)) == NULL)
		return false;
	return strcmp(name, "may_join") == 0 && get_func_namespace(function) == rs_extension_schema();
}

static RsRuntimeFilter *
create_filter(const char *exchange, int column, Oid type, MemoryContext context)
{
	RsVectorType vector_type;
	RsRuntimeFilter *filter;

	rs_vector_type_init(&vector_type, type);
	filter = rs_runtime_filter_standalone(&vector_type, context);
	filter->exchange = MemoryContextStrdup(context, exchange);
	filter->column = column;
	return filter;
}

Node *
rs_may_join_key(Node *condition)
{
	FuncExpr   *call = (FuncExpr *) condition;
	Const	   *exchange;
	Const	   *column;

	if (!IsA(condition, FuncExpr) || !rs_is_may_join(call->funcid))
		return NULL;
	exchange = linitial(call->args);
	column = lsecond(call->args);
	if (!IsA(exchange, Const) || exchange->constisnull || !IsA(column, Const) || column->constisnull ||
		!rs_runtime_filter_takes(exprType(lthird(call->args)), InvalidOid))
		return NULL;
	return lthird(call->args);
}

RsRuntimeFilter *
rs_may_join_filter(Node *condition, MemoryContext context)
{
	FuncExpr   *call = (FuncExpr *) condition;
	Const	   *exchange = linitial(call->args);
	Const	   *column = lsecond(call->args);

	if (pg_proc_aclcheck(call->funcid, GetUserId(), ACL_EXECUTE) != ACLCHECK_OK)
		aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_FUNCTION, get_func_name(call->funcid));
	InvokeFunctionExecuteHook(call->funcid);
	return create_filter(TextDatumGetCString(exchange->constvalue), DatumGetInt32(column->constvalue),
						 exprType(lthird(call->args)), context);
}

/*
 * Over vectors.  A NULL gives false, not NULL: of a condition no one can tell.
 */
static const RsVector *
eval_may_join(RsExpr *expr, RsRows *rows)
{
	RsRuntimeFilter *filter = expr->extra;
	const RsVector *keys = rs_expr_eval(expr->args[0], rows);
	RsVector   *result = rs_boolean_vector(rows);
	uint32	   *passed;
	uint32		n;
	uint32		i;

	rs_runtime_filter_load(filter);
	memset(result->data, !rs_runtime_filter_tests_rows(filter), rows->n);
	if (!rs_runtime_filter_tests_rows(filter))
		return result;
	passed = rs_arena_alloc(rows->arena, Max(rows->n, 1) * sizeof(uint32));
	n = rs_runtime_filter_test(filter, rows->arena, keys, rows->n, passed);
	for (i = 0; i < n; i++)
		((char *) result->data)[passed[i]] = true;
	return result;
}

RsExpr *
rs_may_join_compile(RsExprEnv *env, Node *node)
{
	Node	   *key = rs_may_join_key(node);
	RsExpr	   *expr;

	if (key == NULL)
		return NULL;
	expr = rs_expr_create(env, node, 1);
	expr->args[0] = rs_expr_compile(env, key);
	expr->eval = eval_may_join;
	expr->extra = rs_may_join_filter(node, env->context);
	expr->safe = expr->args[0]->safe;
	return expr;
}

/* What a call keeps for those of other rows. */
typedef struct Call
{
	RsRuntimeFilter *filter;
	RsVectorType type;
	RsArena    *arena;
} Call;

/*
 * may_join(exchange, column, key)
 */
Datum
rs_may_join(PG_FUNCTION_ARGS)
{
	Call	   *call = fcinfo->flinfo->fn_extra;
	Datum		key = PG_GETARG_DATUM(2);
	bool		isnull = false;
	uint32		passed;
	RsVector   *vector;

	if (call == NULL)
	{
		MemoryContext context = fcinfo->flinfo->fn_mcxt;
		Oid			type = get_fn_expr_argtype(fcinfo->flinfo, 2);

		if (!OidIsValid(type) || !rs_runtime_filter_takes(type, InvalidOid))
			PG_RETURN_BOOL(true);
		call = MemoryContextAlloc(context, sizeof(Call));
		rs_vector_type_init(&call->type, type);
		call->filter = create_filter(text_to_cstring(PG_GETARG_TEXT_PP(0)), PG_GETARG_INT32(1), type, context);
		call->arena = rs_arena_create(context);
		rs_runtime_filter_load(call->filter);
		fcinfo->flinfo->fn_extra = call;
	}
	if (!rs_runtime_filter_tests_rows(call->filter))
		PG_RETURN_BOOL(true);
	rs_arena_reset(call->arena);
	vector = rs_vector_from_datums(call->arena, &call->type, &key, &isnull, 1);
	PG_RETURN_BOOL(rs_runtime_filter_test(call->filter, call->arena, vector, 1, &passed) > 0);
}
