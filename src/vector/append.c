/*
 * append.c
 *	  The append operator: UNION ALL, and the partitions of a table.
 *
 * Its batches are those of the operators below it, one after another.  In a
 * parallel plan each process reads its part of every one of them.
 */
#include "postgres.h"

#include "vector/operator.h"

typedef struct AppendOperator
{
	RsOperator	op;
	int			current;
} AppendOperator;

bool
rs_append_can_run(Plan *plan)
{
	Append	   *append = (Append *) plan;

	/*
	 * Which partitions are read may be decided by parameters; and of plans that are
	 * not partial, each is for one process only.
	 */
	return append->appendplans != NIL && append->part_prune_info == NULL &&
		append->nasyncplans == 0 && (!plan->parallel_aware || append->first_partial_plan == 0);
}

static bool
next(RsOperator *op, RsVectorBatch *batch)
{
	AppendOperator *append = (AppendOperator *) op;

	while (append->current < list_length(op->children))
	{
		if (rs_operator_next(list_nth(op->children, append->current), batch))
			return true;
		append->current++;
	}
	return false;
}

static void
rescan(RsOperator *op)
{
	ListCell   *lc;

	((AppendOperator *) op)->current = 0;
	foreach(lc, op->children)
	{
		RsOperator *child = lfirst(lc);

		child->rescan(child);
	}
}

static void
set_bound(RsOperator *op, int64 rows)
{
	ListCell   *lc;

	foreach(lc, op->children)
		rs_operator_set_bound(lfirst(lc), rows);
}

static void
end(RsOperator *op)
{
}

RsOperator *
rs_append_operator(RsEngine *engine, Plan *plan)
{
	AppendOperator *append;
	List	   *children = NIL;
	ListCell   *lc;

	foreach(lc, ((Append *) plan)->appendplans)
		children = lappend(children, rs_engine_build(engine, lfirst(lc)));
	append = rs_operator_create(engine, plan, sizeof(AppendOperator), "Append", NULL, NULL);
	append->op.children = children;
	append->op.next = next;
	append->op.rescan = rescan;
	append->op.end = end;
	append->op.set_bound = set_bound;
	return &append->op;
}
