/*
 * batch_source.c
 *	  Nodes outside of the engine that can give batches instead of rows.
 *
 * Parts that this one must not know register their nodes when the library is loaded.
 */
#include "postgres.h"

#include "vector/batch_source.h"

#define MOST_SOURCES	4

static struct
{
	const CustomExecMethods *methods;
	RsNextBatch next;
	bool		(*can) (const CustomScanState *node);
}			sources[MOST_SOURCES];
static int	nsources = 0;

void
rs_batch_source_register(const CustomExecMethods *methods, RsNextBatch next,
						 bool (*can) (const CustomScanState *node))
{
	if (nsources == MOST_SOURCES)
		elog(ERROR, "too many sources of batches");
	sources[nsources].methods = methods;
	sources[nsources].can = can;
	sources[nsources++].next = next;
}

RsNextBatch
rs_batch_source(const PlanState *node)
{
	int			i;

	if (!IsA(node, CustomScanState))
		return NULL;
	for (i = 0; i < nsources; i++)
		if (((const CustomScanState *) node)->methods == sources[i].methods)
			return sources[i].can((const CustomScanState *) node) ? sources[i].next : NULL;
	return NULL;
}

int *
rs_shown_columns(const Plan *plan)
{
	int		   *shown;
	ListCell   *lc;

	if (plan->qual != NIL)
		return NULL;
	shown = palloc(Max(list_length(plan->targetlist), 1) * sizeof(int));
	foreach(lc, plan->targetlist)
	{
		Var		   *var = (Var *) lfirst_node(TargetEntry, lc)->expr;

		if (!IsA(var, Var) || var->varattno <= 0)
			return NULL;
		shown[foreach_current_index(lc)] = var->varattno - 1;
	}
	return shown;
}

void
rs_shown_batch(RsVectorBatch *batch, RsArena *arena, const RsVector **columns, const int *shown, int n)
{
	int			i;

	batch->columns = rs_arena_alloc(arena, Max(n, 1) * sizeof(RsVector *));
	for (i = 0; i < n; i++)
		batch->columns[i] = columns[shown[i]];
}
