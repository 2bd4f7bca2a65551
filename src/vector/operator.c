/*
 * operator.c
 *	  What all operators have: columns, batches, projection, counting.
 */
#include "postgres.h"

#include "executor/executor.h"
#include "executor/nodeHash.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "utils/memutils.h"
#include "vector/batch_sink.h"
#include "vector/operator.h"

/* Memory that any table may have, whatever work_mem says; and of a row beside its values. */
#define RS_LEAST_MEMORY		(64.0 * 1024 * 1024)
#define RS_ROW_OVERHEAD		32

bool		(*rs_set_batch_sink) (PlanState *node, RsBatchSink take, void *arg) = NULL;

/* Whoever may stop early often does so at once: the first rows are few. */
#define RS_FIRST_STEP		64

double
rs_processes(const Path *path)
{
	double		n = path->parallel_workers;

	if (n > 0 && parallel_leader_participation && path->parallel_workers < 4)
		n += 1.0 - 0.3 * path->parallel_workers;
	return Max(n, 1.0);
}

TupleTableSlot *
rs_column_slot(RsEngine *engine, TupleDesc desc)
{
	TupleTableSlot *slot = ExecInitExtraTupleSlot(engine->parent->state, desc, &TTSOpsVirtual);

	memset(slot->tts_isnull, true, desc->natts * sizeof(bool));
	return slot;
}

void *
rs_operator_create(RsEngine *engine, Plan *plan, Size size, const char *name, RsOperator *outer,
				   RsOperator *inner)
{
	RsOperator *op = palloc0(size);
	EState	   *estate = engine->parent->state;
	int			i;

	op->name = name;
	op->plan = plan;
	op->asked = -1;
	op->step = RS_FIRST_STEP;
	op->outer = outer;
	op->inner = inner;
	op->desc = ExecTypeFromTL(plan->targetlist);
	op->ncolumns = op->desc->natts;
	op->types = palloc(Max(op->ncolumns, 1) * sizeof(RsVectorType));
	for (i = 0; i < op->ncolumns; i++)
		rs_vector_type_init(&op->types[i], TupleDescAttr(op->desc, i)->atttypid);
	op->arena = rs_arena_create(estate->es_query_cxt);
	op->values = AllocSetContextCreate(estate->es_query_cxt, "redshift batch",
									   ALLOCSET_DEFAULT_SIZES);
	op->env.parent = engine->parent;
	op->env.econtext = CreateExprContext(estate);
	op->env.context = estate->es_query_cxt;
	if (outer != NULL)
	{
		op->children = lappend(op->children, outer);
		op->env.outer = rs_column_slot(engine, outer->desc);
	}
	if (inner != NULL)
	{
		op->children = lappend(op->children, inner);
		op->env.inner = rs_column_slot(engine, inner->desc);
	}
	return op;
}

void
rs_operator_compile_targets(RsOperator *op)
{
	ListCell   *lc;

	foreach(lc, op->plan->targetlist)
		op->targets = lappend(op->targets,
							  rs_expr_compile(&op->env, (Node *) lfirst_node(TargetEntry, lc)->expr));
}

void
rs_operator_reset_batch(RsOperator *op)
{
	rs_arena_reset(op->arena);
	MemoryContextReset(op->values);
	ResetExprContext(op->env.econtext);
}

void
rs_operator_project(RsOperator *op, RsRows *rows, RsVectorBatch *batch)
{
	ListCell   *lc;

	batch->n = rows->n;
	batch->columns = rs_arena_alloc(op->arena, Max(op->ncolumns, 1) * sizeof(RsVector *));
	foreach(lc, op->targets)
		batch->columns[foreach_current_index(lc)] = rs_expr_eval(lfirst(lc), rows);
}

void
rs_operator_project_asked(RsOperator *op, RsRows *rows, RsVectorBatch *batch)
{
	if (op->asked >= 0 && op->asked < rows->n)
	{
		uint32		n = (uint32) op->asked;
		uint32	   *first = rs_arena_alloc(op->arena, Max(n, 1) * sizeof(uint32));
		uint32		i;

		for (i = 0; i < n; i++)
			first[i] = i;
		rows = rs_rows_narrow(rows, first, n);
	}
	if (op->asked >= 0)
		op->asked -= rows->n;
	rs_operator_project(op, rows, batch);
}

void
rs_operator_forget_waiting(RsOperator *op)
{
	op->waiting = NULL;
	op->step = RS_FIRST_STEP;
}

/*
 * Rows [from, from + n) of others.
 */
static RsRows *
range_of_rows(RsRows *rows, uint32 from, uint32 n)
{
	uint32	   *chosen;
	uint32		i;

	if (from == 0 && n == rows->n)
		return rows;
	chosen = rs_arena_alloc(rows->arena, n * sizeof(uint32));
	for (i = 0; i < n; i++)
		chosen[i] = from + i;
	return rs_rows_narrow(rows, chosen, n);
}

/*
 * All rows at once, as a rule.  Being careful, that is tried without calling anything
 * that may fail.  Where something has to be called, rows are given one by one, and then
 * more at a time while that goes well.
 */
bool
rs_operator_give(RsOperator *op, bool (*give) (RsOperator *op, RsRows *rows, RsVectorBatch *batch),
				 RsVectorBatch *batch)
{
	RsRows	   *rows = op->waiting;

	while (rows != NULL && op->waiting_from < rows->n)
	{
		uint32		n = rows->n - op->waiting_from;
		int64		asked = op->asked;
		uint64		removed = op->stats.removed;
		bool		any;

		CHECK_FOR_INTERRUPTS();
		if (op->careful)
			n = Min(n, op->step);
		op->env.put_off = false;
		op->env.careful = op->careful && n > 1;
		any = give(op, range_of_rows(rows, op->waiting_from, n), batch);
		op->env.careful = false;
		if (op->env.put_off)
		{
			op->step = 1;
			op->asked = asked;
			op->stats.removed = removed;
			continue;
		}
		op->step = Min(2 * op->step, RS_VECTOR_ROWS);
		op->waiting_from += n;
		if (any)
			return true;
	}
	op->waiting = NULL;
	return false;
}

void
rs_operator_set_careful(RsOperator *op, bool careful)
{
	ListCell   *lc;

	op->careful = careful;
	switch (nodeTag(op->plan))
	{
		case T_HashJoin:
			rs_join_set_careful(op, careful);
			break;
		case T_Append:
		case T_Result:
		case T_SubqueryScan:
		case T_Unique:
			foreach(lc, op->children)
				rs_operator_set_careful(lfirst(lc), careful);
			break;
		case T_Limit:
			rs_operator_set_careful(op->outer, true);
			break;
		default:
			/* What others read they read to the end. */
			break;
	}
}

typedef struct BatchRows
{
	RsRows		rows;
	const RsVectorBatch *batch;
} BatchRows;

static const RsVector *
batch_column(RsRows *rows, int varno, AttrNumber attno)
{
	return ((BatchRows *) rows)->batch->columns[attno - 1];
}

RsRows *
rs_batch_rows(RsArena *arena, MemoryContext values, const RsVectorBatch *batch)
{
	BatchRows  *rows = rs_arena_alloc(arena, sizeof(BatchRows));

	memset(rows, 0, sizeof(BatchRows));
	rows->rows.n = batch->n;
	rows->rows.column = batch_column;
	rows->rows.arena = arena;
	rows->rows.values = values;
	rows->batch = batch;
	return &rows->rows;
}

void
rs_operator_set_bound(RsOperator *op, int64 rows)
{
	op->asked = rows;
	if (op->set_bound != NULL)
		op->set_bound(op, rows);
}

bool
rs_operator_rewind(RsOperator *op)
{
	return op->rewind != NULL && op->rewind(op);
}

static int	batches_asked = 0;

void
rs_count_batches(void)
{
	batches_asked = 0;
}

bool
rs_operator_next(RsOperator *op, RsVectorBatch *batch)
{
	instr_time	start;
	instr_time	end;
	MemoryContext old;
	bool		more;

	CHECK_FOR_INTERRUPTS();
	if (unlikely(rs_fail_at_batch > 0) && ++batches_asked == rs_fail_at_batch)
		ereport(ERROR,
				(errcode(ERRCODE_OPERATOR_INTERVENTION),
				 errmsg("failing at batch %d, as redshift.fail_at_batch asks", batches_asked),
				 errdetail("Operator \"%s\" was about to give it.", op->name)));
	old = MemoryContextSwitchTo(op->values);
	if (op->env.parent->instrument == NULL)
	{
		more = op->next(op, batch);
		MemoryContextSwitchTo(old);
		return more;
	}
	INSTR_TIME_SET_CURRENT(start);
	more = op->next(op, batch);
	MemoryContextSwitchTo(old);
	INSTR_TIME_SET_CURRENT(end);
	INSTR_TIME_ACCUM_DIFF(op->stats.time, end, start);
	if (INSTR_TIME_IS_ZERO(op->stats.first))
	{
		op->stats.first = start;
		op->stats.ready = end;
	}
	op->stats.last = end;
	if (more)
	{
		op->stats.rows += batch->n;
		op->stats.batches++;
	}
	return more;
}

bool
rs_fits_memory(double rows, double width)
{
	return rows * (width + RS_ROW_OVERHEAD) <= Max((double) get_hash_memory_limit(), RS_LEAST_MEMORY);
}

bool
rs_engine_can_run(Plan *plan)
{
	check_stack_depth();
	if (expression_returns_set((Node *) plan->targetlist))
		return false;
	switch (nodeTag(plan))
	{
		case T_CustomScan:
			return rs_is_cte_scan(plan) || rs_scan_can_run(plan);
		case T_Agg:
			return rs_operator_enabled(RS_OPERATOR_AGGREGATE) && rs_aggregate_can_run(plan);
		case T_HashJoin:
			return rs_operator_enabled(RS_OPERATOR_JOIN) && rs_join_can_run(plan);
		case T_NestLoop:
			return rs_operator_enabled(RS_OPERATOR_NESTLOOP) && rs_nested_loop_can_run(plan);
		case T_MergeJoin:
			return rs_operator_enabled(RS_OPERATOR_JOIN) && rs_merge_join_can_run(plan);
		case T_Sort:
			return rs_operator_enabled(RS_OPERATOR_SORT);
		case T_Limit:
			return rs_operator_enabled(RS_OPERATOR_LIMIT) && rs_limit_can_run(plan);
		case T_Result:
		case T_SubqueryScan:
			return rs_operator_enabled(RS_OPERATOR_PROJECT) && rs_project_can_run(plan);
		case T_Append:
			return rs_operator_enabled(RS_OPERATOR_APPEND) && rs_append_can_run(plan);
		case T_MergeAppend:
			return rs_operator_enabled(RS_OPERATOR_APPEND) && rs_merge_append_can_run(plan);
		case T_WindowAgg:
			return rs_operator_enabled(RS_OPERATOR_WINDOW) && rs_window_can_run(plan);
		case T_Unique:
			return rs_operator_enabled(RS_OPERATOR_UNIQUE) && rs_unique_can_run(plan);
		case T_SetOp:
			return rs_operator_enabled(RS_OPERATOR_SETOP) && rs_set_operation_can_run(plan);
		default:
			return false;
	}
}

List *
rs_engine_children(Plan *plan)
{
	List	   *children = NIL;
	ListCell   *lc;

	switch (nodeTag(plan))
	{
		case T_CustomScan:
			return NIL;
		case T_Agg:
			return list_make1(rs_aggregate_child(plan));
		case T_HashJoin:
			return list_make2(&outerPlan(plan), &outerPlan(innerPlan(plan)));
		case T_NestLoop:
			return list_make2(&outerPlan(plan), rs_nested_loop_inner(plan));
		case T_MergeJoin:
			return list_make2(&outerPlan(plan), rs_merge_join_inner(plan));
		case T_SubqueryScan:
			return list_make1(&((SubqueryScan *) plan)->subplan);
		case T_Append:
			foreach(lc, ((Append *) plan)->appendplans)
				children = lappend(children, &lfirst(lc));
			return children;
		case T_MergeAppend:
			foreach(lc, ((MergeAppend *) plan)->mergeplans)
				children = lappend(children, &lfirst(lc));
			return children;
		default:
			return list_make1(&outerPlan(plan));
	}
}

RsOperator *
rs_engine_build(RsEngine *engine, Plan *plan)
{
	check_stack_depth();
	switch (nodeTag(plan))
	{
		case T_CustomScan:
			if (rs_is_input(plan))
				return rs_input_operator(engine, plan);
			if (rs_is_cte_scan(plan))
				return rs_cte_operator(engine, plan);
			return rs_scan_is_ordered(plan) ? rs_ordered_scan_operator(engine, plan) :
				rs_scan_operator(engine, plan);
		case T_Agg:
			return rs_aggregate_operator(engine, plan);
		case T_HashJoin:
			return rs_join_operator(engine, plan);
		case T_NestLoop:
			return rs_nested_loop_operator(engine, plan);
		case T_MergeJoin:
			return rs_merge_join_operator(engine, plan);
		case T_Sort:
			return rs_sort_operator(engine, plan);
		case T_Limit:
			return rs_limit_operator(engine, plan);
		case T_Result:
		case T_SubqueryScan:
			return rs_project_operator(engine, plan);
		case T_Append:
			return rs_append_operator(engine, plan);
		case T_MergeAppend:
			return rs_merge_append_operator(engine, plan);
		case T_WindowAgg:
			return rs_window_operator(engine, plan);
		case T_Unique:
			return rs_unique_operator(engine, plan);
		case T_SetOp:
			return rs_set_operator(engine, plan);
		default:
			elog(ERROR, "unexpected plan node in the vector engine: %d", (int) nodeTag(plan));
	}
	return NULL;
}
