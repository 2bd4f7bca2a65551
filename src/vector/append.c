/*
 * append.c
 *	  The append operator: UNION ALL, and the partitions of a table.
 *
 * Its batches are those of the operators below it, one after another.  In a
 * parallel plan each process reads its part of every one of them that is partial;
 * the others come first, and each is read by the process that takes it.
 */
#include "postgres.h"

#include "port/atomics.h"
#include "vector/operator.h"

typedef struct SharedAppend
{
	pg_atomic_uint32 next;		/* of the children that are one process's each */
} SharedAppend;

typedef struct AppendOperator
{
	RsOperator	op;
	bool		begun;
	int			current;
	int			first_partial;	/* children before are one process's each */
	SharedAppend *shared;		/* NULL: this process reads all of them */
} AppendOperator;

bool
rs_append_can_run(Plan *plan)
{
	Append	   *append = (Append *) plan;

	/* Which partitions are read may be decided by parameters. */
	return append->appendplans != NIL && append->part_prune_info == NULL && append->nasyncplans == 0;
}

static void
advance(AppendOperator *append)
{
	if (append->shared != NULL && (!append->begun || append->current < append->first_partial))
	{
		uint32		taken = pg_atomic_fetch_add_u32(&append->shared->next, 1);

		append->current = (int) Min(taken, (uint32) append->first_partial);
	}
	else
		append->current = append->begun ? append->current + 1 : 0;
	append->begun = true;
}

static bool
next(RsOperator *op, RsVectorBatch *batch)
{
	AppendOperator *append = (AppendOperator *) op;

	if (!append->begun)
		advance(append);
	while (append->current < list_length(op->children))
	{
		if (rs_operator_next(list_nth(op->children, append->current), batch))
			return true;
		advance(append);
	}
	return false;
}

static void
rescan(RsOperator *op)
{
	ListCell   *lc;

	((AppendOperator *) op)->begun = false;
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
share(RsOperator *op, void *shared, RsShareStep step)
{
	AppendOperator *append = (AppendOperator *) op;

	append->shared = shared;
	if (step != RS_SHARE_ATTACH)
		pg_atomic_init_u32(&append->shared->next, 0);
}

/*
 * The shared memory goes.
 */
static void
end(RsOperator *op)
{
	((AppendOperator *) op)->shared = NULL;
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
	append->first_partial = ((Append *) plan)->first_partial_plan;
	if (plan->parallel_aware && append->first_partial > 0)
	{
		append->op.shared_size = sizeof(SharedAppend);
		append->op.share = share;
	}
	append->op.next = next;
	append->op.rescan = rescan;
	append->op.end = end;
	append->op.set_bound = set_bound;
	return &append->op;
}
