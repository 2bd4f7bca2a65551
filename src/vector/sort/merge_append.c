/*
 * merge_append.c
 *	  The merge append operator: rows of several inputs in order, in that order.
 *
 * The inputs are partitions or sides of UNION ALL; merge.c merges their batches.
 */
#include "postgres.h"

#include "vector/operator.h"
#include "vector/sort/merge.h"

typedef struct MergeAppendOperator
{
	RsOperator	op;
	RsSortOrder *order;
	RsMerge    *merge;			/* NULL: not begun */
} MergeAppendOperator;

bool
rs_merge_append_can_run(Plan *plan)
{
	MergeAppend *append = (MergeAppend *) plan;

	/* Which partitions are read may be decided by parameters. */
	return append->mergeplans != NIL && append->part_prune_info == NULL;
}

/*
 * An input's batch, which is good until it is asked again.
 */
static uint32
next_of_input(void *source, RsArena *arena, const RsVector **columns)
{
	RsOperator *input = source;
	RsVectorBatch batch;
	int			c;

	do
	{
		if (!rs_operator_next(input, &batch))
			return 0;
	} while (batch.n == 0);
	for (c = 0; c < input->ncolumns; c++)
		columns[c] = rs_vector_flatten(arena, batch.columns[c], batch.n);
	return batch.n;
}

static bool
next(RsOperator *op, RsVectorBatch *batch)
{
	MergeAppendOperator *append = (MergeAppendOperator *) op;
	MemoryContext old;
	bool		more;
	ListCell   *lc;

	if (append->merge == NULL)
	{
		append->merge = rs_merge_create(op->env.context, append->order, op->types, op->ncolumns);
		foreach(lc, op->children)
			rs_merge_add(append->merge, next_of_input, lfirst(lc));
	}
	rs_operator_reset_batch(op);
	old = MemoryContextSwitchTo(op->values);
	more = rs_merge_next(append->merge, op->arena, batch);
	MemoryContextSwitchTo(old);
	return more;
}

static void
end(RsOperator *op)
{
	MergeAppendOperator *append = (MergeAppendOperator *) op;

	if (append->merge != NULL)
		rs_merge_end(append->merge);
	append->merge = NULL;
}

static void
rescan(RsOperator *op)
{
	ListCell   *lc;

	end(op);
	foreach(lc, op->children)
		((RsOperator *) lfirst(lc))->rescan(lfirst(lc));
}

/* No input gives more rows than are asked for of all. */
static void
set_bound(RsOperator *op, int64 rows)
{
	ListCell   *lc;

	foreach(lc, op->children)
		rs_operator_set_bound(lfirst(lc), rows);
}

RsOperator *
rs_merge_append_operator(RsEngine *engine, Plan *plan)
{
	MergeAppend *node = (MergeAppend *) plan;
	MergeAppendOperator *append;
	List	   *children = NIL;
	ListCell   *lc;

	foreach(lc, node->mergeplans)
		children = lappend(children, rs_engine_build(engine, lfirst(lc)));
	append = rs_operator_create(engine, plan, sizeof(MergeAppendOperator), "Merge Append", NULL, NULL);
	append->op.children = children;
	append->order = rs_sort_order_create(append->op.env.context, append->op.types, node->numCols,
										 node->sortColIdx, node->sortOperators, node->collations,
										 node->nullsFirst);
	append->op.next = next;
	append->op.rescan = rescan;
	append->op.end = end;
	append->op.set_bound = set_bound;
	return &append->op;
}
