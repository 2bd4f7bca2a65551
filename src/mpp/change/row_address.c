/*
 * row_address.c
 *	  Where a row of a distributed table is: its node and its number there, as an int8.
 *
 * Row numbers are below RS_MAX_ROW (2^40) and never used again; above them stands the
 * node's id.
 */
#include "postgres.h"

#include "access/sysattr.h"
#include "access/table.h"
#include "access/tableam.h"
#include "catalog/pg_operator_d.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "mpp/change/row_address.h"
#include "mpp/cluster/node.h"
#include "mpp/plan/system_columns.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "parser/parse_func.h"
#include "redshift_ext.h"
#include "storage/row_group.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"

#define NODE_SHIFT	40

PG_FUNCTION_INFO_V1(rs_row_address_of);
PG_FUNCTION_INFO_V1(rs_row_at);

/* ---------------------------------------------------------------------
 * At the leader
 * ---------------------------------------------------------------------
 */

Var *
rs_row_address(Index relation)
{
	return makeVar(relation, SelfItemPointerAttributeNumber, INT8OID, -1, InvalidOid, 0);
}

bool
rs_is_row_address(const Node *node)
{
	const Var  *var = (const Var *) node;

	return IsA(node, Var) && var->varattno == SelfItemPointerAttributeNumber && var->vartype == INT8OID;
}

Expr *
rs_own_function(const char *name, List *arguments, Oid result)
{
	List	   *qualified = list_make2(makeString(RS_SCHEMA), makeString(pstrdup(name)));
	Oid			any = InvalidOid;

	return (Expr *) makeFuncExpr(LookupFuncName(qualified, -1, &any, false), result, arguments, InvalidOid, InvalidOid,
								 COERCE_EXPLICIT_CALL);
}

static Expr *
ctid(Index relation)
{
	return (Expr *) rs_system_column_of_node(relation, SelfItemPointerAttributeNumber);
}

Expr *
rs_row_address_at_node(Index relation)
{
	return rs_own_function("row_address", list_make1(ctid(relation)), INT8OID);
}

Expr *
rs_row_has_address(Index relation, Expr *table, Expr *address)
{
	Expr	   *tid = rs_own_function("row_at", list_make2(table, address), TIDOID);
	Expr	   *condition = make_opclause(TIDEqualOperator, BOOLOID, false, ctid(relation), tid, InvalidOid, InvalidOid);

	set_opfuncid((OpExpr *) condition);
	return condition;
}

/* ---------------------------------------------------------------------
 * On a node
 * ---------------------------------------------------------------------
 */

static int32
this_node(void)
{
	const RsCluster *cluster = rs_cluster();

	return cluster != NULL ? cluster->self : RS_LEADER_NODE;
}

/*
 * redshift.row_address(ctid)
 */
Datum
rs_row_address_of(PG_FUNCTION_ARGS)
{
	uint64		row = rs_tid_to_row((ItemPointer) PG_GETARG_POINTER(0));

	PG_RETURN_INT64((int64) (((uint64) this_node() << NODE_SHIFT) | row));
}

/*
 * redshift.row_at(table, address): the row's ctid, or that of the version which the
 * snapshot sees; NULL if it is on another node.
 */
Datum
rs_row_at(PG_FUNCTION_ARGS)
{
	uint64		address = (uint64) PG_GETARG_INT64(1);
	ItemPointer tid = palloc(sizeof(ItemPointerData));
	Relation	rel;
	TableScanDesc scan;

	if (address >> NODE_SHIFT != (uint64) this_node())
		PG_RETURN_NULL();
	rs_row_to_tid(address & (((uint64) 1 << NODE_SHIFT) - 1), tid);
	rel = table_open(PG_GETARG_OID(0), AccessShareLock);
	scan = table_beginscan_tid(rel, GetActiveSnapshot());
	table_tuple_get_latest_tid(scan, tid);
	table_endscan(scan);
	table_close(rel, NoLock);
	PG_RETURN_POINTER(tid);
}
