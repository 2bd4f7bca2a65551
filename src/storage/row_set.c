/*
 * row_set.c
 *	  A set of row numbers, and the condition in_rows() that a scan can take.
 *
 * in_rows(ctid, bounds) is true of rows whose numbers are in one of the ranges: bounds has
 * where each begins and where it has ended, in ascending order.  As a condition with a
 * constant it never reaches the scan's filter: the scan passes over the row groups and
 * batches outside (scan.c), so that reading what was added to a table costs just that.
 */
#include "postgres.h"

#include "access/sysattr.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "core/schema.h"
#include "fmgr.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/pathnodes.h"
#include "nodes/supportnodes.h"
#include "optimizer/optimizer.h"
#include "parser/parse_func.h"
#include "storage/row_group.h"
#include "storage/row_set.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

PG_FUNCTION_INFO_V1(rs_in_rows);
PG_FUNCTION_INFO_V1(rs_in_rows_support);

/* ---------------------------------------------------------------------
 * The set
 * ---------------------------------------------------------------------
 */

/*
 * The range that holds the row, or the first one behind it; n: none.
 */
static int
find(const RsRowSet *set, uint64 row)
{
	int			low = 0;
	int			high = set->n;

	while (low < high)
	{
		int			middle = (low + high) / 2;

		if (set->spans[middle].to <= row)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool
rs_row_set_any(const RsRowSet *set, uint64 first, uint32 nrows)
{
	int			i = find(set, first);

	return i < set->n && set->spans[i].from < first + nrows;
}

bool
rs_row_set_all(const RsRowSet *set, uint64 first, uint32 nrows)
{
	int			i = find(set, first);

	return i < set->n && set->spans[i].from <= first && set->spans[i].to >= first + nrows;
}

/* ---------------------------------------------------------------------
 * The set as an array of SQL
 * ---------------------------------------------------------------------
 */

ArrayType *
rs_row_set_array(const RsRowSet *set)
{
	Datum	   *bounds = palloc(Max(set->n, 1) * 2 * sizeof(Datum));
	int			i;

	for (i = 0; i < set->n; i++)
	{
		bounds[2 * i] = Int64GetDatum((int64) set->spans[i].from);
		bounds[2 * i + 1] = Int64GetDatum((int64) set->spans[i].to);
	}
	return construct_array(bounds, 2 * set->n, INT8OID, sizeof(int64), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE);
}

/*
 * NULL if the array is no set.
 */
static RsRowSet *
from_array(ArrayType *array)
{
	int			n = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
	const int64 *bounds = (const int64 *) ARR_DATA_PTR(array);
	RsRowSet *set;
	int			i;

	if (ARR_NDIM(array) > 1 || ARR_HASNULL(array) || n % 2 != 0 || (n > 0 && bounds[0] < 0))
		return NULL;
	for (i = 1; i < n; i++)
		if (bounds[i] < bounds[i - 1])
			return NULL;
	set = palloc(offsetof(RsRowSet, spans) + n / 2 * sizeof(RsRowSpan));
	set->n = n / 2;
	for (i = 0; i < set->n; i++)
	{
		set->spans[i].from = (uint64) bounds[2 * i];
		set->spans[i].to = (uint64) bounds[2 * i + 1];
	}
	return set;
}

/*
 * in_rows(tid, bounds), where no scan has taken the condition.
 */
Datum
rs_in_rows(PG_FUNCTION_ARGS)
{
	ItemPointer tid = (ItemPointer) PG_GETARG_POINTER(0);
	RsRowSet *set = from_array(PG_GETARG_ARRAYTYPE_P(1));
	bool		found;

	if (set == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("bounds of row numbers must be pairs in ascending order")));
	found = rs_row_set_has(set, rs_tid_to_row(tid));
	pfree(set);
	PG_RETURN_BOOL(found);
}

/* ---------------------------------------------------------------------
 * The condition
 * ---------------------------------------------------------------------
 */

static Oid
function(void)
{
	Oid			types[2] = {TIDOID, INT8ARRAYOID};
	List	   *name = list_make2(makeString(get_namespace_name(rs_extension_schema())), makeString("in_rows"));

	return LookupFuncName(name, 2, types, false);
}

Expr *
rs_row_set_condition(Index varno, const RsRowSet *set)
{
	Var		   *ctid = makeVar(varno, SelfItemPointerAttributeNumber, TIDOID, -1, InvalidOid, 0);
	Const	   *bounds = makeConst(INT8ARRAYOID, -1, InvalidOid, -1, PointerGetDatum(rs_row_set_array(set)), false, false);

	return (Expr *) makeFuncExpr(function(), BOOLOID, list_make2(ctid, bounds), InvalidOid, InvalidOid, COERCE_EXPLICIT_CALL);
}

static bool
is_call(Node *node)
{
	FuncExpr   *call = (FuncExpr *) node;
	char	   *name;

	return IsA(node, FuncExpr) && call->funcid >= FirstNormalObjectId && list_length(call->args) == 2 &&
		call->funcresulttype == BOOLOID && exprType(linitial(call->args)) == TIDOID &&
		(name = get_func_name(call->funcid)) != NULL && strcmp(name, "in_rows") == 0 &&
		get_func_namespace(call->funcid) == rs_extension_schema();
}

static RsRowSet *
set_of_call(FuncExpr *call)
{
	Const	   *bounds = (Const *) lsecond(call->args);

	return IsA(bounds, Const) && !bounds->constisnull ? from_array(DatumGetArrayTypeP(bounds->constvalue)) : NULL;
}

bool
rs_row_set_is_condition(Node *clause, Index varno)
{
	Var		   *ctid;

	if (!is_call(clause))
		return false;
	ctid = (Var *) linitial(((FuncExpr *) clause)->args);
	return IsA(ctid, Var) && ctid->varno == varno && ctid->varattno == SelfItemPointerAttributeNumber &&
		ctid->varlevelsup == 0 && set_of_call((FuncExpr *) clause) != NULL;
}

RsRowSet *
rs_row_set_of(List *conditions)
{
	return conditions == NIL ? NULL : set_of_call(linitial_node(FuncExpr, conditions));
}

/*
 * The share of a table's rows, for the planner.
 */
static double
share(PlannerInfo *root, Node *tid, const RsRowSet *set)
{
	Var		   *ctid = (Var *) tid;
	RelOptInfo *rel = IsA(ctid, Var) && ctid->varno < (Index) root->simple_rel_array_size ? root->simple_rel_array[ctid->varno] : NULL;
	double		rows = 0;
	int			i;

	for (i = 0; i < set->n; i++)
		rows += (double) (set->spans[i].to - set->spans[i].from);
	return rel == NULL ? 1.0 : Min(1.0, rows / Max(rel->tuples, 1.0));
}

Datum
rs_in_rows_support(PG_FUNCTION_ARGS)
{
	SupportRequestSelectivity *request = (SupportRequestSelectivity *) PG_GETARG_POINTER(0);
	Const	   *bounds;
	RsRowSet *set;

	if (!IsA(request, SupportRequestSelectivity) || request->is_join || list_length(request->args) != 2)
		PG_RETURN_POINTER(NULL);
	bounds = lsecond(request->args);
	if (!IsA(bounds, Const) || bounds->constisnull || (set = from_array(DatumGetArrayTypeP(bounds->constvalue))) == NULL)
		PG_RETURN_POINTER(NULL);
	request->selectivity = share(request->root, linitial(request->args), set);
	PG_RETURN_POINTER(request);
}
