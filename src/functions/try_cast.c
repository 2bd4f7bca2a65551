/*
 * try_cast.c
 *	  TRY_CAST: a cast that gives NULL for a value that the type does not have.
 *
 * Errors of the cast are caught without a subtransaction, which parallel queries could not
 * have.  That is sound because only PostgreSQL's own types and casts are called, which hold
 * nothing but memory, and because only data exceptions (SQLSTATE 22xxx) end here: what they
 * raise of anything else, a cancel for one, goes on.
 */
#include "postgres.h"

#include "access/transam.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "nodes/nodeFuncs.h"
#include "parser/parse_coerce.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

/* How an expression's values are cast; kept in fn_extra. */
typedef struct Cast
{
	Oid			target;
	int32		typmod;
	CoercionPathType path;
	FmgrInfo	function;		/* of the cast, or the target's input */
	FmgrInfo	output;			/* of the source, where it goes by text */
	Oid			ioparam;
	bool		has_length;		/* length is applied after the cast */
	FmgrInfo	length;
} Cast;

/*
 * The type modifier of the second argument, NULL::type.
 */
static int32
target_typmod(FunctionCallInfo fcinfo)
{
	Node	   *node = fcinfo->flinfo->fn_expr;

	return node != NULL && IsA(node, FuncExpr) ? exprTypmod(lsecond(((FuncExpr *) node)->args)) : -1;
}

static Cast *
prepare_cast(FunctionCallInfo fcinfo)
{
	MemoryContext context = fcinfo->flinfo->fn_mcxt;
	Cast	   *cast = MemoryContextAllocZero(context, sizeof(Cast));
	Oid			source = getBaseType(get_fn_expr_argtype(fcinfo->flinfo, 0));
	Oid			function;
	Oid			output;
	bool		is_varlena;
	char		category;
	bool		preferred;

	cast->target = get_fn_expr_argtype(fcinfo->flinfo, 1);
	if (source >= FirstNormalObjectId || cast->target >= FirstNormalObjectId)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("cannot try to cast type %s to %s", format_type_be(source),
						format_type_be(cast->target)),
				 errdetail("Both have to be types of PostgreSQL's own.")));
	cast->typmod = target_typmod(fcinfo);
	cast->path = find_coercion_pathway(cast->target, source, COERCION_EXPLICIT, &function);
	get_type_category_preferred(source, &category, &preferred);
	/* A string of digits is a number's, whatever casts there are. */
	if (category == TYPCATEGORY_STRING && cast->path != COERCION_PATH_RELABELTYPE)
		cast->path = COERCION_PATH_COERCEVIAIO;
	if (source == cast->target)
		cast->path = COERCION_PATH_RELABELTYPE;
	if (cast->path == COERCION_PATH_FUNC)
		fmgr_info_cxt(function, &cast->function, context);
	else if (cast->path == COERCION_PATH_COERCEVIAIO)
	{
		getTypeOutputInfo(source, &output, &is_varlena);
		fmgr_info_cxt(output, &cast->output, context);
		getTypeInputInfo(cast->target, &function, &cast->ioparam);
		fmgr_info_cxt(function, &cast->function, context);
	}
	else if (cast->path != COERCION_PATH_RELABELTYPE)
		ereport(ERROR,
				(errcode(ERRCODE_CANNOT_COERCE),
				 errmsg("cannot cast type %s to %s", format_type_be(source),
						format_type_be(cast->target))));
	if (cast->typmod >= 0 &&
		find_typmod_coercion_function(cast->target, &function) == COERCION_PATH_FUNC)
	{
		cast->has_length = true;
		fmgr_info_cxt(function, &cast->length, context);
	}
	return cast;
}

static Datum
cast_value(Cast *cast, Datum value)
{
	switch (cast->path)
	{
		case COERCION_PATH_FUNC:
			if (cast->function.fn_nargs == 1)
				value = FunctionCall1(&cast->function, value);
			else
				value = FunctionCall3(&cast->function, value, Int32GetDatum(cast->typmod), BoolGetDatum(true));
			break;
		case COERCION_PATH_COERCEVIAIO:
			value = InputFunctionCall(&cast->function, OutputFunctionCall(&cast->output, value),
									  cast->ioparam, -1);
			break;
		default:
			break;
	}
	if (cast->has_length)
		value = FunctionCall3(&cast->length, value, Int32GetDatum(cast->typmod), BoolGetDatum(true));
	return value;
}

/* False: the type does not have the value. */
static bool
try_value(Cast *cast, Datum value, Datum *result)
{
	MemoryContext context = CurrentMemoryContext;
	volatile bool done = true;

	PG_TRY();
	{
		*result = cast_value(cast, value);
	}
	PG_CATCH();
	{
		if (ERRCODE_TO_CATEGORY(geterrcode()) != ERRCODE_DATA_EXCEPTION)
			PG_RE_THROW();
		MemoryContextSwitchTo(context);
		FlushErrorState();
		done = false;
	}
	PG_END_TRY();
	return done;
}

/* try_cast(value, NULL::type) */
PG_FUNCTION_INFO_V1(rs_try_cast);
Datum
rs_try_cast(PG_FUNCTION_ARGS)
{
	Datum		value;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	if (fcinfo->flinfo->fn_extra == NULL)
		fcinfo->flinfo->fn_extra = prepare_cast(fcinfo);
	if (!try_value(fcinfo->flinfo->fn_extra, PG_GETARG_DATUM(0), &value))
		PG_RETURN_NULL();
	return value;
}
