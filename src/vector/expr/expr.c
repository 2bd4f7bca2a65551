/*
 * expr.c
 *	  Expressions over vectors: columns, constants, functions, and the fallback.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/objectaccess.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "utils/acl.h"
#include "utils/datum.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "vector/expr/expr.h"

/* ---------------------------------------------------------------------
 * Rows
 * ---------------------------------------------------------------------
 */

typedef struct GatheredColumn
{
	int			varno;
	AttrNumber	attno;
	const RsVector *vector;
} GatheredColumn;

static const RsVector *
gathered_column(RsRows *rows, int varno, AttrNumber attno)
{
	GatheredColumn *column;
	MemoryContext old;
	ListCell   *lc;

	foreach(lc, rows->gathered)
	{
		column = lfirst(lc);
		if (column->varno == varno && column->attno == attno)
			return column->vector;
	}
	column = rs_arena_alloc(rows->arena, sizeof(GatheredColumn));
	column->varno = varno;
	column->attno = attno;
	column->vector = rs_vector_gather(rows->arena, rows->base->column(rows->base, varno, attno),
									  rows->chosen, rows->n);
	old = MemoryContextSwitchTo(rows->values);
	rows->gathered = lappend(rows->gathered, column);
	MemoryContextSwitchTo(old);
	return column->vector;
}

RsRows *
rs_rows_narrow(RsRows *rows, const uint32 *chosen, uint32 n)
{
	RsRows	   *narrow = rs_arena_alloc(rows->arena, sizeof(RsRows));

	*narrow = *rows;
	narrow->n = n;
	narrow->column = gathered_column;
	narrow->base = rows;
	narrow->chosen = chosen;
	narrow->gathered = NIL;
	return narrow;
}

uint32
rs_true_rows(const RsVector *vector, uint32 n, uint32 *chosen)
{
	const uint8 *value = vector->data;
	uint32		i;

	if (!vector->constant)
		return rs_select(value, vector->null, n, chosen);
	if (!value[0] || rs_vector_is_null(vector, 0))
		return 0;
	for (i = 0; i < n; i++)
		chosen[i] = i;
	return n;
}

RsRows *
rs_rows_filter(RsRows *rows, List *conditions, const uint32 **chosen)
{
	RsRows	   *all = rows;
	ListCell   *lc;

	*chosen = NULL;
	foreach(lc, conditions)
	{
		uint32	   *passed;
		uint32		n;
		uint32		i;

		if (rows->n == 0)
			break;
		passed = rs_arena_alloc(rows->arena, rows->n * sizeof(uint32));
		n = rs_true_rows(rs_expr_eval(lfirst(lc), rows), rows->n, passed);
		if (n == rows->n)
			continue;
		/* Narrow the first rows: their columns are gathered once. */
		if (*chosen != NULL)
			for (i = 0; i < n; i++)
				passed[i] = (*chosen)[passed[i]];
		*chosen = passed;
		rows = rs_rows_narrow(all, passed, n);
	}
	return rows;
}

/* ---------------------------------------------------------------------
 * Columns, constants, parameters
 * ---------------------------------------------------------------------
 */

/* Entries of a dictionary as rows, of which one column is asked for. */
typedef struct DictionaryRows
{
	RsRows		rows;
	const RsVector *entries;
} DictionaryRows;

static const RsVector *
dictionary_column(RsRows *rows, int varno, AttrNumber attno)
{
	return ((DictionaryRows *) rows)->entries;
}

/*
 * Evaluate once for each entry of the column's dictionary; NULL: it has none.  Some
 * entries may be of no row, which is why only what cannot fail is evaluated so.
 */
static const RsVector *
eval_by_dictionary(RsExpr *expr, RsRows *rows)
{
	const RsVector *column = rows->column(rows, expr->column->varno, expr->column->attno);
	DictionaryRows *entries;

	if (column->dictionary == NULL)
		return NULL;
	entries = rs_arena_alloc(rows->arena, sizeof(DictionaryRows));
	memset(entries, 0, sizeof(DictionaryRows));
	entries->rows.n = column->ndictionary;
	entries->rows.column = dictionary_column;
	entries->rows.arena = rows->arena;
	entries->rows.values = rows->values;
	entries->entries = column->dictionary;
	return rs_vector_by_codes(rows->arena, expr->eval(expr, &entries->rows), column->ndictionary,
							  column->codes, rows->n);
}

const RsVector *
rs_expr_eval(RsExpr *expr, RsRows *rows)
{
	if (expr->by_dictionary)
	{
		const RsVector *result = eval_by_dictionary(expr, rows);

		if (result != NULL)
			return result;
	}
	return expr->eval(expr, rows);
}

RsExpr *
rs_expr_create(RsExprEnv *env, Node *node, int nargs)
{
	RsExpr	   *expr = palloc0(sizeof(RsExpr));

	rs_vector_type_init(&expr->type, exprType(node));
	expr->env = env;
	expr->nargs = nargs;
	expr->ncolumns = 2;			/* until rs_expr_compile() knows better */
	expr->args = palloc0(Max(nargs, 1) * sizeof(RsExpr *));
	return expr;
}

static const RsVector *
eval_column(RsExpr *expr, RsRows *rows)
{
	return rows->column(rows, expr->varno, expr->attno);
}

static const RsVector *
eval_constant(RsExpr *expr, RsRows *rows)
{
	MemoryContext old = MemoryContextSwitchTo(rows->values);
	RsVector   *vector;

	/* A parameter is one, for this batch; of no rows, nobody has asked what it is. */
	if (expr->state != NULL && rows->n == 0)
		expr->isnull = true;
	else if (expr->state != NULL)
		expr->value = ExecEvalExpr(expr->state, expr->env->econtext, &expr->isnull);
	vector = rs_vector_constant(rows->arena, &expr->type, expr->value, expr->isnull);
	MemoryContextSwitchTo(old);
	return vector;
}

/*
 * Find out which columns an expression reads, and whether a dictionary may stand for
 * its rows.
 */
static void
find_column(RsExpr *expr)
{
	int			a;

	if (expr->eval == eval_column)
	{
		expr->ncolumns = 1;
		expr->column = expr;
		return;
	}
	expr->ncolumns = expr->eval == eval_constant ? 0 : expr->nargs == 0 ? 2 : 0;
	for (a = 0; a < expr->nargs; a++)
	{
		const RsExpr *arg = expr->args[a];

		if (arg->ncolumns == 0)
			continue;
		if (arg->ncolumns == 1 && expr->ncolumns == 0)
		{
			expr->ncolumns = 1;
			expr->column = arg->column;
		}
		else if (arg->ncolumns == 2 || arg->column->varno != expr->column->varno ||
				 arg->column->attno != expr->column->attno)
		{
			expr->ncolumns = 2;
			return;
		}
	}
	expr->by_dictionary = expr->ncolumns == 1 && expr->safe &&
		expr->column->type.form == RS_FORM_REF;
}

static RsExpr *
compile_column(RsExprEnv *env, Var *var)
{
	RsExpr	   *expr = rs_expr_create(env, (Node *) var, 0);

	expr->eval = eval_column;
	expr->safe = true;
	expr->varno = var->varno;
	expr->attno = var->varattno;
	return expr;
}

static RsExpr *
compile_constant(RsExprEnv *env, Const *constant)
{
	RsExpr	   *expr = rs_expr_create(env, (Node *) constant, 0);

	expr->eval = eval_constant;
	expr->safe = true;
	expr->value = constant->constvalue;
	expr->isnull = constant->constisnull;
	return expr;
}

static RsExpr *
compile_parameter(RsExprEnv *env, Node *node)
{
	RsExpr	   *expr = rs_expr_create(env, node, 0);

	expr->eval = eval_constant;
	expr->state = ExecInitExpr((Expr *) node, env->parent);
	/* An executor's parameter may be a subquery that runs when it is asked for. */
	expr->safe = ((Param *) node)->paramkind == PARAM_EXTERN;
	return expr;
}

/* ---------------------------------------------------------------------
 * Functions
 * ---------------------------------------------------------------------
 */

uint8 *
rs_null_union(RsRows *rows, const RsVector **args, int nargs)
{
	uint8	   *null = NULL;
	uint32		i;
	int			a;

	for (a = 0; a < nargs; a++)
	{
		const uint8 *from = args[a]->null;

		if (from == NULL || (args[a]->constant && !from[0]))
			continue;
		if (null == NULL)
		{
			null = rs_arena_alloc(rows->arena, rows->n);
			memset(null, 0, rows->n);
		}
		if (args[a]->constant)
			memset(null, 1, rows->n);
		else
			for (i = 0; i < rows->n; i++)
				null[i] |= from[i];
	}
	return null;
}

Datum
rs_function_call_row(RsExpr *expr, const RsVector **args, uint32 row, bool *isnull)
{
	FunctionCallInfo fcinfo = expr->fcinfo;
	Datum		value = (Datum) 0;
	int			a;

	fcinfo->isnull = false;
	for (a = 0; a < expr->nargs; a++)
	{
		fcinfo->args[a].value = rs_vector_datum(args[a], &expr->args[a]->type, row,
												&fcinfo->args[a].isnull);
		fcinfo->isnull |= fcinfo->args[a].isnull && expr->flinfo.fn_strict;
	}
	if (!fcinfo->isnull)
		value = FunctionCallInvoke(fcinfo);
	*isnull = fcinfo->isnull;
	return value;
}

/*
 * Put the values of arguments that change from row to row into the call; true: one
 * is NULL.
 */
static inline bool
set_arguments(RsExpr *expr, const RsVector **args, const int *varying, int nvarying, uint32 row)
{
	NullableDatum *values = expr->fcinfo->args;
	bool		any_null = false;
	int			v;

	for (v = 0; v < nvarying; v++)
	{
		int			a = varying[v];
		const RsVector *arg = args[a];

		if (arg->form != RS_FORM_REF)
			values[a].value = rs_vector_datum(arg, &expr->args[a]->type, row, &values[a].isnull);
		else
		{
			values[a].isnull = arg->null != NULL && arg->null[row];
			values[a].value = values[a].isnull ? (Datum) 0 : ((Datum *) arg->data)[row];
		}
		any_null |= values[a].isnull;
	}
	return any_null;
}

bool
rs_expr_put_off(RsExpr *expr)
{
	RsExprEnv  *env = expr->env;

	if (!env->careful || expr->safe)
		return false;
	env->put_off = true;
	return true;
}

/*
 * In place of values that were put off.
 */
static RsVector *
no_values(RsExpr *expr, RsRows *rows)
{
	Datum	   *values = rs_arena_alloc(rows->arena, Max(rows->n, 1) * sizeof(Datum));
	bool	   *isnull = rs_arena_alloc(rows->arena, Max(rows->n, 1) * sizeof(bool));

	memset(values, 0, rows->n * sizeof(Datum));
	memset(isnull, true, rows->n * sizeof(bool));
	return rs_vector_from_datums(rows->arena, &expr->type, values, isnull, rows->n);
}

/*
 * Call the function once a row.  An expanded object that it returns is flattened:
 * whoever gets it may not be the only one, and would write to it.
 */
static RsVector *
call_by_row(RsExpr *expr, RsRows *rows, const RsVector **args)
{
	FunctionCallInfo fcinfo = expr->fcinfo;
	MemoryContext old = MemoryContextSwitchTo(rows->values);
	Datum	   *values = rs_arena_alloc(rows->arena, rows->n * sizeof(Datum));
	bool	   *isnull = rs_arena_alloc(rows->arena, rows->n * sizeof(bool));
	int		   *varying = rs_arena_alloc(rows->arena, Max(expr->nargs, 1) * sizeof(int));
	bool		strict = expr->flinfo.fn_strict;
	bool		constant_null = false;
	int			nvarying = 0;
	RsVector   *result;
	uint32		i;
	int			a;

	for (a = 0; a < expr->nargs; a++)
	{
		if (args[a]->constant)
		{
			fcinfo->args[a].value = rs_vector_datum(args[a], &expr->args[a]->type, 0,
													&fcinfo->args[a].isnull);
			constant_null |= fcinfo->args[a].isnull;
		}
		else
			varying[nvarying++] = a;
	}
	for (i = 0; i < rows->n; i++)
	{
		bool		null_arg = set_arguments(expr, args, varying, nvarying, i) | constant_null;

		CHECK_FOR_INTERRUPTS();
		fcinfo->isnull = strict && null_arg;
		values[i] = fcinfo->isnull ? (Datum) 0 : FunctionCallInvoke(fcinfo);
		isnull[i] = fcinfo->isnull;
		if (expr->type.typlen == -1 && !isnull[i] &&
			VARATT_IS_EXTERNAL_EXPANDED(DatumGetPointer(values[i])))
			values[i] = datumCopy(values[i], false, -1);
	}
	result = rs_vector_from_datums(rows->arena, &expr->type, values, isnull, rows->n);
	MemoryContextSwitchTo(old);
	return result;
}

static const RsVector *
eval_function(RsExpr *expr, RsRows *rows)
{
	const RsVector **args = rs_arena_alloc(rows->arena, Max(expr->nargs, 1) * sizeof(RsVector *));
	RsVector   *result = NULL;
	bool		constant = expr->fold && rows->n > 0;
	RsRows		one;
	int			a;

	for (a = 0; a < expr->nargs; a++)
	{
		args[a] = rs_expr_eval(expr->args[a], rows);
		constant &= args[a]->constant;
	}
	if (constant)
	{
		one = *rows;
		one.n = 1;
		rows = &one;
	}
	if (expr->kernel != NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(rows->values);

		result = expr->kernel(expr, rows, args);
		MemoryContextSwitchTo(old);
	}
	if (result == NULL)
		result = rs_expr_put_off(expr) ? no_values(expr, rows) : call_by_row(expr, rows, args);
	result->constant = constant;
	return result;
}

/* What rs_kernels_register() was given; it does not change after the library was loaded. */
static const RsFunctionKernel *registered[RS_MOST_KERNEL_TABLES];
static int	nregistered = 0;

void
rs_kernels_register(const RsFunctionKernel *kernels)
{
	Assert(nregistered < RS_MOST_KERNEL_TABLES);
	registered[nregistered++] = kernels;
}

static const RsFunctionKernel *
find_registered(PGFunction function)
{
	int			t;

	for (t = 0; t < nregistered; t++)
	{
		const RsFunctionKernel *kernel;

		for (kernel = registered[t]; kernel->function != NULL; kernel++)
			if (kernel->function == function)
				return kernel;
	}
	return NULL;
}

RsExpr *
rs_function_create(RsExprEnv *env, Node *node, Oid function, List *args, RsExpr **compiled,
				   Oid collation)
{
	RsExpr	   *expr = rs_expr_create(env, node, list_length(args));
	const RsKernelInfo *kernel = rs_kernel_find(function);
	const RsFunctionKernel *own;
	int			a;

	if (pg_proc_aclcheck(function, GetUserId(), ACL_EXECUTE) != ACLCHECK_OK)
		aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_FUNCTION, get_func_name(function));
	InvokeFunctionExecuteHook(function);
	expr->eval = eval_function;
	expr->collation = collation;
	expr->fold = func_volatile(function) != PROVOLATILE_VOLATILE;
	fmgr_info(function, &expr->flinfo);
	own = find_registered(expr->flinfo.fn_addr);
	expr->safe = rs_function_is_safe(function, args, collation) || (own != NULL && own->safe);
	for (a = 0; a < expr->nargs; a++)
	{
		expr->args[a] = compiled[a];
		expr->safe &= compiled[a]->safe;
	}
	fmgr_info_set_expr(node, &expr->flinfo);
	expr->fcinfo = palloc0(SizeForFunctionCallInfo(expr->nargs));
	InitFunctionCallInfoData(*expr->fcinfo, &expr->flinfo, expr->nargs, collation, NULL, NULL);
	if (kernel != NULL && expr->flinfo.fn_strict)
	{
		expr->kernel = kernel->kernel;
		expr->variant = kernel->variant;
	}
	else if (own != NULL && expr->flinfo.fn_strict)
	{
		expr->kernel = own->kernel;
		expr->variant = own->variant;
	}
	return expr;
}

static RsExpr *
compile_function(RsExprEnv *env, Node *node, Oid function, List *args, Oid collation)
{
	RsExpr	  **compiled = palloc(Max(list_length(args), 1) * sizeof(RsExpr *));
	ListCell   *lc;

	foreach(lc, args)
		compiled[foreach_current_index(lc)] = rs_expr_compile(env, lfirst(lc));
	return rs_function_create(env, node, function, args, compiled, collation);
}

const RsKernelInfo *
rs_kernel_find(Oid function)
{
	static const RsKernelInfo *const tables[] = {
		rs_arithmetic_kernels, rs_compare_kernels, rs_cast_kernels, rs_date_kernels,
		rs_date_field_kernels, rs_interval_kernels, rs_like_kernels, rs_number_kernels,
		rs_numeric_kernels, rs_text_kernels
	};
	int			t;

	for (t = 0; t < lengthof(tables); t++)
	{
		const RsKernelInfo *info;

		for (info = tables[t]; OidIsValid(info->function); info++)
			if (info->function == function)
				return info;
	}
	return NULL;
}

/* ---------------------------------------------------------------------
 * Everything else: ExecEvalExpr over slots
 * ---------------------------------------------------------------------
 */

static TupleTableSlot *
slot_of_var(const RsExprEnv *env, const Var *var)
{
	return var->varno == OUTER_VAR ? env->outer : var->varno == INNER_VAR ? env->inner : env->scan;
}

static const RsVector *
eval_by_row(RsExpr *expr, RsRows *rows)
{
	RsExprEnv  *env = expr->env;
	ExprContext *econtext = env->econtext;
	MemoryContext old = MemoryContextSwitchTo(rows->values);
	Datum	   *values = rs_arena_alloc(rows->arena, rows->n * sizeof(Datum));
	bool	   *isnull = rs_arena_alloc(rows->arena, rows->n * sizeof(bool));
	int			nvars = list_length(expr->vars);
	const RsVector **columns = rs_arena_alloc(rows->arena, Max(nvars, 1) * sizeof(RsVector *));
	RsVector   *result;
	uint32		i;
	int			v;

	if (rs_expr_put_off(expr))
	{
		MemoryContextSwitchTo(old);
		return no_values(expr, rows);
	}
	for (v = 0; v < nvars; v++)
	{
		RsExpr	   *var = list_nth(expr->vars, v);

		columns[v] = rs_expr_eval(var, rows);
	}
	econtext->ecxt_scantuple = env->scan;
	econtext->ecxt_outertuple = env->outer;
	econtext->ecxt_innertuple = env->inner;
	for (i = 0; i < rows->n; i++)
	{
		for (v = 0; v < nvars; v++)
		{
			RsExpr	   *var = list_nth(expr->vars, v);
			TupleTableSlot *slot = var->extra;

			slot->tts_values[var->attno - 1] =
				rs_vector_datum(columns[v], &var->type, i, &slot->tts_isnull[var->attno - 1]);
		}
		values[i] = ExecEvalExpr(expr->state, econtext, &isnull[i]);
		/* What it made may be the expression's own, overwritten by the next row. */
		if (!isnull[i] && !expr->type.typbyval)
			values[i] = datumCopy(values[i], false, expr->type.typlen);
	}
	result = rs_vector_from_datums(rows->arena, &expr->type, values, isnull, rows->n);
	MemoryContextSwitchTo(old);
	return result;
}

RsExpr *
rs_expr_compile_by_row(RsExprEnv *env, Node *node)
{
	RsExpr	   *expr = rs_expr_create(env, node, 0);
	List	   *vars = pull_var_clause(node, PVC_RECURSE_AGGREGATES | PVC_RECURSE_WINDOWFUNCS |
									   PVC_RECURSE_PLACEHOLDERS);
	ListCell   *lc;

	expr->eval = eval_by_row;
	expr->state = ExecInitExpr((Expr *) node, env->parent);
	foreach(lc, vars)
	{
		Var		   *var = lfirst_node(Var, lc);
		RsExpr	   *column = compile_column(env, var);
		TupleTableSlot *slot = slot_of_var(env, var);

		column->extra = slot;
		expr->vars = lappend(expr->vars, column);
		if (TTS_EMPTY(slot))
		{
			memset(slot->tts_isnull, true, slot->tts_tupleDescriptor->natts * sizeof(bool));
			ExecStoreVirtualTuple(slot);
		}
	}
	return expr;
}

/*
 * A relabelled value is the same value, of another type.
 */
static RsExpr *
compile_relabel(RsExprEnv *env, Node *node, Node *arg)
{
	RsExpr	   *expr = rs_expr_compile(env, arg);
	RsVectorType type;

	rs_vector_type_init(&type, exprType(node));
	if (type.form != expr->type.form || type.is_numeric != expr->type.is_numeric)
		return rs_expr_compile_by_row(env, node);
	expr->type = type;
	return expr;
}

RsExpr *
rs_expr_compile(RsExprEnv *env, Node *node)
{
	MemoryContext old = MemoryContextSwitchTo(env->context);
	RsExpr	   *expr = NULL;

	check_stack_depth();
	switch (nodeTag(node))
	{
		case T_Var:
			expr = compile_column(env, (Var *) node);
			break;
		case T_Const:
			expr = compile_constant(env, (Const *) node);
			break;
		case T_Param:
			expr = compile_parameter(env, node);
			break;
		case T_RelabelType:
			expr = compile_relabel(env, node, (Node *) ((RelabelType *) node)->arg);
			break;
		case T_FuncExpr:
			{
				FuncExpr   *func = (FuncExpr *) node;

				expr = rs_may_join_compile(env, node);
				if (expr == NULL && !func->funcretset && !func->funcvariadic)
					expr = compile_function(env, node, func->funcid, func->args, func->inputcollid);
				break;
			}
		case T_OpExpr:
			{
				OpExpr	   *op = (OpExpr *) node;

				set_opfuncid(op);
				if (!op->opretset)
					expr = compile_function(env, node, op->opfuncid, op->args, op->inputcollid);
				break;
			}
		default:
			expr = rs_logic_compile(env, node);
	}
	if (expr == NULL)
		expr = rs_expr_compile_by_row(env, node);
	find_column(expr);
	MemoryContextSwitchTo(old);
	return expr;
}

RsVector *
rs_boolean_vector(RsRows *rows)
{
	return rs_vector_create(rows->arena, RS_FORM_I8, rows->n);
}
