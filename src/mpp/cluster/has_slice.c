/*
 * has_slice.c
 *	  redshift.has_slice_of(values): has this node the slice of these values?
 *
 * By it a fragment takes its share of rows that are on every node, each of which
 * one node has then, without moving any.
 */
#include "postgres.h"

#include "fmgr.h"
#include "mpp/cluster/distribution.h"
#include "mpp/cluster/node.h"
#include "nodes/nodeFuncs.h"

PG_FUNCTION_INFO_V1(rs_has_slice_of);

typedef struct State
{
	RsDistribution *distribution;	/* NULL: a server that stands alone, with all rows */
	bool	   *mine;			/* by slice */
} State;

/*
 * Each argument is hashed by its own collation, as columns by which rows are dealt are.
 */
static State *
make_state(FunctionCallInfo fcinfo)
{
	const RsCluster *cluster = rs_cluster();
	List	   *args = ((FuncExpr *) fcinfo->flinfo->fn_expr)->args;
	State	   *state = palloc0(sizeof(State));
	Oid			types[FUNC_MAX_ARGS];
	Oid			collations[FUNC_MAX_ARGS];
	int			i;

	if (cluster == NULL || cluster->nslices == 0)
		return state;
	state->mine = palloc(cluster->nslices * sizeof(bool));
	for (i = 0; i < cluster->nslices; i++)
		state->mine[i] = cluster->slice_nodes[i] == cluster->self;
	for (i = 0; i < PG_NARGS(); i++)
	{
		types[i] = exprType(list_nth(args, i));
		collations[i] = exprCollation(list_nth(args, i));
	}
	state->distribution = rs_distribution_create(PG_NARGS(), types, collations, cluster->nslices);
	return state;
}

Datum
rs_has_slice_of(PG_FUNCTION_ARGS)
{
	State	   *state = fcinfo->flinfo->fn_extra;
	Datum		values[FUNC_MAX_ARGS];
	bool		nulls[FUNC_MAX_ARGS];
	int			i;

	if (state == NULL)
	{
		MemoryContext caller;

		if (fcinfo->flinfo->fn_expr == NULL || !IsA(fcinfo->flinfo->fn_expr, FuncExpr) ||
			((FuncExpr *) fcinfo->flinfo->fn_expr)->funcvariadic)
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("has_slice_of() takes its values one by one")));
		caller = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
		state = fcinfo->flinfo->fn_extra = make_state(fcinfo);
		MemoryContextSwitchTo(caller);
	}
	if (state->distribution == NULL)
		PG_RETURN_BOOL(true);
	for (i = 0; i < PG_NARGS(); i++)
	{
		values[i] = PG_GETARG_DATUM(i);
		nulls[i] = PG_ARGISNULL(i);
	}
	PG_RETURN_BOOL(state->mine[rs_distribution_slice(state->distribution, values, nulls)]);
}
