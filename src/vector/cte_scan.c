/*
 * cte_scan.c
 *	  The CTE scan operator: rows of a common table expression that is computed once.
 *
 * All scans of one CTE share its rows (row_store.c), which are taken as batches from its
 * plan, if that is the engine's, as far as the furthest of them has read: one that stops
 * early leaves the rest uncomputed.  They find each other as PostgreSQL's do, through
 * the parameter that the planner set aside; the first one owns the rows.
 */
#include "postgres.h"

#include "executor/executor.h"
#include "nodes/extensible.h"
#include "vector/operator.h"
#include "vector/rows/row_store.h"

/* Batches computed at a time, at most: twice as many each time. */
#define RS_MOST_AHEAD	64

/* What the scans share. */
typedef struct SharedCte
{
	PlanState  *source;
	RsOperator *rows;			/* of a source that gives rows; NULL: it gives batches */
	RsOperator *owner;
	RsRowStore *store;
	uint32		ahead;
	bool		complete;
} SharedCte;

typedef struct CteOperator
{
	RsOperator	op;
	RsEngine   *engine;
	SharedCte  *cte;
	RsRowReader reader;
	List	   *conditions;		/* compiled quals */
} CteOperator;

bool
rs_is_cte_scan(Plan *plan)
{
	return IsA(plan, CustomScan) && strcmp(((CustomScan *) plan)->methods->CustomName, "RsCteScan") == 0;
}

/*
 * Compute some more rows.
 */
static void
compute(CteOperator *scan)
{
	SharedCte  *cte = scan->cte;
	RsVectorBatch batch;
	uint32		i;

	for (i = 0; i < cte->ahead && !cte->complete; i++)
	{
		if (cte->rows == NULL)
			cte->complete = !scan->engine->next_batch(cte->source, &batch);
		else
		{
			if (cte->source->chgParam != NULL)
				cte->rows->rescan(cte->rows);
			cte->complete = !rs_operator_next(cte->rows, &batch);
		}
		rs_operator_reset_batch(&scan->op);
		if (!cte->complete)
			rs_row_store_append(cte->store, &batch, scan->op.values);
	}
	rs_row_store_seal(cte->store);
	cte->ahead = Min(2 * cte->ahead, RS_MOST_AHEAD);
}

static bool
next(RsOperator *op, RsVectorBatch *batch)
{
	CteOperator *scan = (CteOperator *) op;
	SharedCte  *cte = scan->cte;

	for (;;)
	{
		RsVectorBatch below;
		RsRows	   *rows;
		const uint32 *chosen;

		rs_operator_reset_batch(op);
		if (!rs_row_store_read(cte->store, &scan->reader, op->arena, (uint32) rs_vector_rows, &below))
		{
			if (cte->complete)
				return false;
			compute(scan);
			continue;
		}
		rows = rs_rows_filter(rs_batch_rows(op->arena, op->values, &below), scan->conditions, &chosen);
		if (rows->n == 0)
			continue;
		rs_operator_project_asked(op, rows, batch);
		return true;
	}
}

static void
forget(SharedCte *cte)
{
	rs_row_store_count(cte->store, &cte->owner->stats);
	rs_row_store_clear(cte->store);
	cte->complete = false;
	cte->ahead = 1;
}

/*
 * The rows stay, unless a parameter of the CTE has changed.
 */
static void
rescan(RsOperator *op)
{
	CteOperator *scan = (CteOperator *) op;

	if (scan->cte->source->chgParam != NULL)
		forget(scan->cte);
	memset(&scan->reader, 0, sizeof(RsRowReader));
}

static bool
rewind_rows(RsOperator *op)
{
	rescan(op);
	return true;
}

static void
end(RsOperator *op)
{
	CteOperator *scan = (CteOperator *) op;

	if (scan->cte->owner == op)
		forget(scan->cte);
}

static void
explain(RsOperator *op, ExplainState *es)
{
	CteOperator *scan = (CteOperator *) op;

	if (scan->cte->owner != op)
		return;
	rs_row_store_count(scan->cte->store, &op->stats);
	rs_explain_memory(op, es);
	rs_explain_spill(op, es);
}

static SharedCte *
create_cte(RsEngine *engine, RsOperator *owner, PlanState *source)
{
	SharedCte  *cte = palloc0(sizeof(SharedCte));
	TupleDesc	desc = ExecTypeFromTL(source->plan->targetlist);
	RsVectorType *types = palloc(Max(desc->natts, 1) * sizeof(RsVectorType));
	int			i;

	for (i = 0; i < desc->natts; i++)
		rs_vector_type_init(&types[i], TupleDescAttr(desc, i)->atttypid);
	cte->source = source;
	cte->owner = owner;
	cte->store = rs_row_store_create(owner->env.context, types, desc->natts, NULL);
	cte->ahead = 1;
	if (!engine->gives_batches(source))
		cte->rows = rs_rows_operator(engine, source->plan, source);
	return cte;
}

RsOperator *
rs_cte_operator(RsEngine *engine, Plan *plan)
{
	EState	   *estate = engine->parent->state;
	List	   *ids = ((CustomScan *) plan)->custom_private;
	PlanState  *source = list_nth(estate->es_subplanstates, linitial_int(ids) - 1);
	ParamExecData *param = &estate->es_param_exec_vals[lsecond_int(ids)];
	CteOperator *scan = rs_operator_create(engine, plan, sizeof(CteOperator), "CTE Scan", NULL, NULL);
	RsOperator *op = &scan->op;
	ListCell   *lc;

	scan->engine = engine;
	scan->cte = (SharedCte *) DatumGetPointer(param->value);
	if (scan->cte == NULL)
	{
		scan->cte = create_cte(engine, op, source);
		param->value = PointerGetDatum(scan->cte);
	}
	op->env.scan = rs_column_slot(engine, ExecTypeFromTL(source->plan->targetlist));
	foreach(lc, plan->qual)
		scan->conditions = lappend(scan->conditions, rs_expr_compile(&op->env, lfirst(lc)));
	rs_operator_compile_targets(op);
	op->next = next;
	op->rescan = rescan;
	op->end = end;
	op->rewind = rewind_rows;
	op->explain = explain;
	return op;
}
