/*
 * project.c
 *	  The project operator: Result and Subquery Scan nodes.
 *
 * Both filter rows and compute columns of them; Result has a condition besides that
 * is the same for all rows.  In a Subquery Scan the columns below have the number
 * of the subquery in the range table, but they are all there is.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "nodes/nodeFuncs.h"
#include "vector/operator.h"

typedef struct ProjectOperator
{
	RsOperator	op;
	List	   *conditions;		/* compiled quals */
	ExprState  *gate;			/* condition without columns; NULL: none */
	bool		checked;
	bool		open;
	RsVectorBatch below;		/* whose rows are given */
} ProjectOperator;

/*
 * Whole rows, system columns, and records, whose types EXPLAIN would look for in
 * the nodes below.
 */
static bool
special_walker(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Var))
		return ((Var *) node)->varattno <= 0 || ((Var *) node)->vartype == RECORDOID;
	return expression_tree_walker(node, special_walker, context);
}

bool
rs_project_can_run(Plan *plan)
{
	if (special_walker((Node *) plan->targetlist, NULL) || special_walker((Node *) plan->qual, NULL))
		return false;
	return IsA(plan, SubqueryScan) || outerPlan(plan) != NULL;
}

static bool
give(RsOperator *op, RsRows *rows, RsVectorBatch *batch)
{
	const uint32 *chosen;

	rows = rs_rows_filter(rows, ((ProjectOperator *) op)->conditions, &chosen);
	if (rows->n == 0)
		return false;
	rs_operator_project_asked(op, rows, batch);
	return true;
}

static bool
next(RsOperator *op, RsVectorBatch *batch)
{
	ProjectOperator *project = (ProjectOperator *) op;

	if (project->gate != NULL && !project->checked)
	{
		ResetExprContext(op->env.econtext);
		project->open = ExecQual(project->gate, op->env.econtext);
		project->checked = true;
	}
	if (project->gate != NULL && !project->open)
		return false;
	while (!rs_operator_give(op, give, batch))
	{
		if (!rs_operator_next(op->outer, &project->below))
			return false;
		rs_operator_reset_batch(op);
		op->waiting = rs_batch_rows(op->arena, op->values, &project->below);
		op->waiting_from = 0;
	}
	return true;
}

static void
rescan(RsOperator *op)
{
	((ProjectOperator *) op)->checked = false;
	rs_operator_forget_waiting(op);
	op->outer->rescan(op->outer);
}

static bool
rewind_rows(RsOperator *op)
{
	((ProjectOperator *) op)->checked = false;
	rs_operator_forget_waiting(op);
	return rs_operator_rewind(op->outer);
}

static void
set_bound(RsOperator *op, int64 rows)
{
	rs_operator_set_bound(op->outer, ((ProjectOperator *) op)->conditions == NIL ? rows : -1);
}

static void
end(RsOperator *op)
{
}

RsOperator *
rs_project_operator(RsEngine *engine, Plan *plan)
{
	ProjectOperator *project;
	RsOperator *input = rs_engine_build(engine, *(Plan **) linitial(rs_engine_children(plan)));
	RsOperator *op;
	ListCell   *lc;

	project = rs_operator_create(engine, plan, sizeof(ProjectOperator),
								 IsA(plan, Result) ? "Result" : "Subquery Scan", input, NULL);
	op = &project->op;
	op->env.scan = rs_column_slot(engine, input->desc);
	if (IsA(plan, Result) && ((Result *) plan)->resconstantqual != NULL)
		project->gate = ExecInitQual((List *) ((Result *) plan)->resconstantqual, engine->parent);
	foreach(lc, plan->qual)
		project->conditions = lappend(project->conditions, rs_expr_compile(&op->env, lfirst(lc)));
	rs_operator_compile_targets(op);
	op->next = next;
	op->rescan = rescan;
	op->end = end;
	op->rewind = rewind_rows;
	op->set_bound = set_bound;
	return op;
}
