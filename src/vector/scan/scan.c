/*
 * scan.c
 *	  The scan operator: columns of a redshift table, filtered and projected.
 *
 * Columns are decoded when first asked for, so a block whose rows all fail the
 * first condition costs one column; what passes is gathered column by column.
 * Conditions are those of the plan, and filters that joins above attach.
 */
#include "postgres.h"

#include "access/sysattr.h"
#include "executor/executor.h"
#include "nodes/execnodes.h"
#include "nodes/extensible.h"
#include "optimizer/optimizer.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "vector/operator.h"
#include "vector/scan/predicates.h"
#include "vector/scan/scan_filter.h"
#include "vector/scan/zone_answer.h"

typedef struct ScanOperator
{
	RsOperator	op;
	RsEngine   *engine;
	Relation	rel;
	int			parallel;		/* index of its shared state; -1: not parallel */
	RsScanFilter *filter;
	AttrNumber *early;			/* columns of the quals, to be read ahead */
	int			nearly;
	int			ncolumns;		/* and of the target list */
	RsPredicateSet *preds;		/* of the quals */
	RsPredicate *all_preds;		/* and of runtime filters, and order */
	RsPredicate order;			/* of a sort above that needs few rows; attno 0: none */
	RsRowSet *rows;		/* rows to read; NULL: all */
	bool		backward;
	bool		chosen;			/* reads these groups only */
	List	   *groups;
	RsTakeZone	take_zone;		/* NULL: nobody wants zones instead of rows */
	void	   *take_arg;
	RsScan	   *scan;			/* NULL: not begun */
	RsBatch		batch;
	/* the block whose columns are decoded */
	const RsRowGroup *group;
	uint32		block;
	bool	   *decoded;		/* by attribute number - 1 */
} ScanOperator;

/* Rows of the scan's current batch. */
typedef struct ScanRows
{
	RsRows		rows;
	ScanOperator *scan;
	const RsVector **columns;	/* by attribute number - 1; NULL: not yet */
} ScanRows;

bool
rs_scan_can_run(Plan *plan)
{
	CustomScan *scan = (CustomScan *) plan;
	Bitmapset  *attrs = NULL;

	if (strcmp(scan->methods->CustomName, "RsScan") != 0)
		return false;
	pull_varattnos((Node *) plan->targetlist, scan->scan.scanrelid, &attrs);
	pull_varattnos((Node *) plan->qual, scan->scan.scanrelid, &attrs);
	/* No system columns, no whole rows. */
	return bms_is_empty(attrs) ||
		bms_next_member(attrs, -1) + FirstLowInvalidHeapAttributeNumber > 0;
}

static const RsVector *
scan_column(RsRows *base, int varno, AttrNumber attno)
{
	ScanRows   *rows = (ScanRows *) base;
	ScanOperator *scan = rows->scan;
	RsBatch    *batch = &scan->batch;

	if (rows->columns[attno - 1] == NULL)
	{
		if (!scan->decoded[attno - 1])
			rs_scan_load_column(scan->scan, attno);
		scan->decoded[attno - 1] = true;
		rows->columns[attno - 1] =
			rs_vector_from_block(base->arena, &batch->types[attno - 1],
								 batch->columns[attno - 1], batch->start, batch->nrows);
	}
	return rows->columns[attno - 1];
}

static void
begin(ScanOperator *scan)
{
	EState	   *estate = scan->op.env.parent->state;
	MemoryContext old = MemoryContextSwitchTo(estate->es_query_cxt);
	bool		parallel = scan->parallel >= 0 && scan->engine->shared != NULL;
	RsPredicate *preds = scan->preds->preds;
	int			npreds = scan->preds->n;
	int			nruntime = rs_scan_filter_count_runtime(scan->filter);

	rs_predicates_compute(scan->preds, scan->op.env.econtext);
	rs_scan_filter_load(scan->filter);
	if (nruntime > 0 || scan->order.attno != 0)
	{
		if (scan->all_preds == NULL)
			scan->all_preds = palloc((npreds + nruntime + 1) * sizeof(RsPredicate));
		memcpy(scan->all_preds, preds, npreds * sizeof(RsPredicate));
		preds = scan->all_preds;
		npreds += rs_scan_filter_predicates(scan->filter, &preds[npreds]);
		if (scan->order.attno != 0)
			preds[npreds++] = scan->order;
	}
	scan->scan = rs_scan_begin(scan->rel, RelationGetDescr(scan->rel), estate->es_snapshot, NULL,
							   preds, npreds,
							   parallel ? &scan->engine->shared[scan->parallel] : NULL);
	rs_scan_set_rows(scan->scan, scan->rows);
	if (scan->chosen)
		rs_scan_set_groups(scan->scan, scan->groups, scan->backward);
	if (scan->take_zone != NULL)
		rs_scan_offer_zones(scan->scan, scan->take_zone, scan->take_arg);
	scan->group = NULL;
	MemoryContextSwitchTo(old);
}

/*
 * Filter and project some rows of the batch.
 */
static bool
give(RsOperator *op, RsRows *rows, RsVectorBatch *out)
{
	rows = rs_scan_filter_apply(((ScanOperator *) op)->filter, rows, &op->stats.removed);
	if (op->narrow != NULL)
		rows = op->narrow(op->narrow_arg, op, rows);
	if (rows->n == 0)
		return false;
	rs_operator_project_asked(op, rows, out);
	return true;
}

static bool
next(RsOperator *op, RsVectorBatch *out)
{
	ScanOperator *scan = (ScanOperator *) op;
	RsBatch    *batch = &scan->batch;
	int			natts = RelationGetDescr(scan->rel)->natts;

	if (scan->scan == NULL)
		begin(scan);
	for (;;)
	{
		ScanRows   *base;

		if (rs_operator_give(op, give, out))
			return true;
		rs_operator_reset_batch(op);
		if (scan->backward ? !rs_scan_prev(scan->scan, batch) : !rs_scan_next(scan->scan, batch))
			return false;
		if (batch->group != scan->group || batch->block != scan->block)
		{
			scan->group = batch->group;
			scan->block = batch->block;
			memset(scan->decoded, false, natts);
			rs_scan_prefetch(scan->scan, scan->early, scan->nearly);
		}
		base = rs_arena_alloc(op->arena, sizeof(ScanRows));
		memset(base, 0, sizeof(ScanRows));
		base->rows.n = batch->nrows;
		base->rows.column = scan_column;
		base->rows.arena = op->arena;
		base->rows.values = op->values;
		base->scan = scan;
		base->columns = rs_arena_alloc(op->arena, Max(natts, 1) * sizeof(RsVector *));
		memset(base->columns, 0, natts * sizeof(RsVector *));
		op->waiting = &base->rows;
		op->waiting_from = 0;
		if (batch->nsel < batch->nrows)
		{
			uint32	   *visible = rs_arena_alloc(op->arena, batch->nsel * sizeof(uint32));
			uint32		i;

			for (i = 0; i < batch->nsel; i++)
				visible[i] = batch->sel[i];
			op->waiting = rs_rows_narrow(op->waiting, visible, batch->nsel);
		}
	}
}

/*
 * Take over what the scan counted, and end it.
 */
static void
rescan(RsOperator *op)
{
	ScanOperator *scan = (ScanOperator *) op;

	rs_operator_forget_waiting(op);
	if (scan->scan == NULL)
		return;
	rs_read_stats_add(&op->stats.read, rs_scan_stats(scan->scan));
	rs_scan_end(scan->scan);
	scan->scan = NULL;
}

static void
explain(RsOperator *op, ExplainState *es)
{
	ScanOperator *scan = (ScanOperator *) op;

	rescan(op);
	if (rs_scan_filter_count_runtime(scan->filter) > 0)
		rs_explain_count("Rows Removed by Runtime Filter", op->stats.removed, es);
	rs_explain_read_stats(&op->stats.read, scan->ncolumns, es);
}

void
rs_scan_add_filter(RsOperator *op, AttrNumber attno, RsRuntimeFilter *filter)
{
	TargetEntry *entry = list_nth(op->plan->targetlist, attno - 1);

	if (rs_scan_is_ordered(op->plan))
	{
		rs_ordered_scan_add_filter(op, attno, filter);
		return;
	}
	rs_scan_filter_add(((ScanOperator *) op)->filter, castNode(Var, entry->expr), filter);
}

void
rs_scan_set_order(RsOperator *op, AttrNumber attno, bool reverse,
				  bool (*may_match) (void *arg, const RsPredicate *pred, const RsZone *zone),
				  void *arg)
{
	ScanOperator *scan = (ScanOperator *) op;
	Var		   *column = (Var *) list_nth_node(TargetEntry, op->plan->targetlist, attno - 1)->expr;

	if (rs_scan_is_ordered(op->plan))
		return;
	/* Blocks passed over must not hide an error. */
	if (!IsA(column, Var) || column->varattno <= 0 || !rs_scan_filter_is_safe(scan->filter) ||
		rs_may_fail((Node *) op->plan->targetlist))
		return;
	scan->backward = reverse;
	scan->order.attno = column->varattno;
	scan->order.kind = RS_PRED_ORDER;
	scan->order.column_type = getBaseType(column->vartype);
	scan->order.may_match = may_match;
	scan->order.arg = arg;
}

void
rs_scan_read_groups(RsOperator *op, List *groups, bool backward)
{
	ScanOperator *scan = (ScanOperator *) op;

	scan->chosen = true;
	scan->groups = groups;
	scan->backward = backward;
}

void
rs_scan_read_nulls(RsOperator *op, AttrNumber attno)
{
	ScanOperator *scan = (ScanOperator *) op;

	memset(&scan->order, 0, sizeof(RsPredicate));
	scan->order.attno = attno;
	scan->order.kind = RS_PRED_IS_NULL;
}

int
rs_scan_column_count(const RsOperator *op)
{
	return ((const ScanOperator *) op)->ncolumns;
}

List *
rs_scan_make_order(List *columns, bool descending)
{
	return lcons_int(descending, list_copy(columns));
}

bool
rs_scan_is_ordered(const Plan *plan)
{
	return ((const CustomScan *) plan)->custom_private != NIL;
}

int
rs_scan_order(const Plan *plan, AttrNumber *columns, bool *descending)
{
	List	   *order = ((const CustomScan *) plan)->custom_private;
	int			k;

	for (k = 1; k < list_length(order); k++)
		columns[k - 1] = (AttrNumber) list_nth_int(order, k);
	*descending = linitial_int(order) != 0;
	return k - 1;
}

bool
rs_operator_offer_zones(RsOperator *op, RsTakeZone take, void *arg)
{
	ScanOperator *scan = (ScanOperator *) op;

	if (rs_scan_is_ordered(op->plan))
		return false;
	/* What no predicate stands for has to see rows. */
	if (scan->preds->n < list_length(op->plan->qual))
		return false;
	scan->take_zone = take;
	scan->take_arg = arg;
	return true;
}

RsOperator *
rs_scan_operator(RsEngine *engine, Plan *plan)
{
	EState	   *estate = engine->parent->state;
	Index		relid = ((Scan *) plan)->scanrelid;
	ScanOperator *scan = rs_operator_create(engine, plan, sizeof(ScanOperator), "Scan", NULL, NULL);
	RsOperator *op = &scan->op;
	Bitmapset  *vars = NULL;
	int			member = -1;

	scan->engine = engine;
	/* Workers lock it, too; the executor closes it. */
	scan->rel = ExecGetRangeTableRelation(estate, relid);
	scan->parallel = -1;
	if (plan->parallel_aware)
	{
		scan->parallel = engine->nscans;
		engine->parallel_relations[engine->nscans++] = scan->rel;
	}
	op->env.scanrelid = relid;
	op->env.scan = rs_column_slot(engine, RelationGetDescr(scan->rel));
	scan->decoded = palloc0(Max(RelationGetDescr(scan->rel)->natts, 1));
	scan->filter = rs_scan_filter_create(&op->env, plan->qual);
	pull_varattnos((Node *) plan->qual, relid, &vars);
	scan->early = palloc(Max(bms_num_members(vars), 1) * sizeof(AttrNumber));
	while ((member = bms_next_member(vars, member)) >= 0)
		scan->early[scan->nearly++] = (AttrNumber) (member + FirstLowInvalidHeapAttributeNumber);
	pull_varattnos((Node *) plan->targetlist, relid, &vars);
	scan->ncolumns = bms_num_members(vars);
	scan->preds = rs_predicates_init(plan->qual, relid, engine->parent);
	scan->rows = rs_row_set_of(((CustomScan *) plan)->custom_exprs);
	rs_operator_compile_targets(op);
	op->next = next;
	op->rescan = rescan;
	op->end = rescan;
	op->explain = explain;
	return op;
}
