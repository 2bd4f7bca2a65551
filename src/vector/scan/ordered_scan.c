/*
 * ordered_scan.c
 *	  The ordered scan operator: rows of a table in the order of its sort key.
 *
 * What the planner knew of the table is an estimate; here the row groups that the
 * snapshot sees are dealt to chains of groups whose rows come one after another
 * (storage/key_order.c).  Each chain is read by a scan of its own, and groups that are in
 * none by a scan below a sort; if that makes more than one sequence, they are merged.  A
 * table in order is one chain, whose batches are passed on as they are.
 *
 * Bounds say nothing of rows whose first key is NULL.  Those are dropped from all these
 * sequences, and given before them (descending) or after them, from a scan of their own;
 * after them, only if there were any.
 *
 * Scans here have the sort key's columns behind their own.  They are not among the
 * operator's children, for their number depends on the data; what they counted is
 * the operator's.
 */
#include "postgres.h"

#include "access/xact.h"
#include "executor/executor.h"
#include "nodes/execnodes.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "storage/key_order.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/typcache.h"
#include "vector/operator.h"
#include "vector/scan/runtime_filter.h"
#include "vector/sort/merge.h"

/* Chains at most; groups that overlap with more others are sorted. */
#define RS_MOST_CHAINS	8

typedef enum Phase
{
	PHASE_START,
	PHASE_NULLS_FIRST,
	PHASE_VALUES,
	PHASE_NULLS_LAST,
	PHASE_END
} Phase;

typedef struct OrderedScan OrderedScan;

/* A scan below, or a sort over one. */
typedef struct Sequence
{
	OrderedScan *owner;
	RsOperator *top;			/* NULL: not made yet */
	RsOperator *scan;
	bool		nulls;			/* of rows where the first key is NULL, else of the others */
	bool		turn;			/* batches come from the end, and have to be turned round */
} Sequence;

typedef struct Filter
{
	AttrNumber	attno;
	RsRuntimeFilter *filter;
} Filter;

struct OrderedScan
{
	RsOperator	op;
	RsEngine   *engine;
	Relation	rel;
	Index		relid;
	int			nkeys;
	AttrNumber	keys[RS_MAX_SORTKEYS];
	bool		descending;
	CustomScan *scan_plan;
	Sort	   *sort_plan;
	RsSortOrder *order;
	List	   *filters;
	int64		bound;			/* rows that will be asked for; -1: all */
	Sequence	chains[RS_MOST_CHAINS];
	Sequence	rest;
	Sequence	nulls;
	/* a run */
	Phase		phase;
	MemoryContext context;		/* of the groups */
	List	   *groups;
	bool		met_nulls;
	Sequence   *only;			/* the only one there is to read */
	RsMerge    *merge;			/* of several */
	int			nchains;
	uint64		rest_rows;
};

/* ---------------------------------------------------------------------
 * Sequences
 * ---------------------------------------------------------------------
 */

/*
 * For the scans: rows of the sequence, in its direction.
 */
static RsRows *
narrow(void *arg, RsOperator *op, RsRows *rows)
{
	Sequence   *sequence = arg;
	const RsVector *key;
	uint32	   *chosen;
	uint32		n = 0;
	uint32		i;

	if (rows->n == 0)
		return rows;
	key = rows->column(rows, (int) sequence->owner->relid, sequence->owner->keys[0]);
	if (key->null == NULL && !sequence->nulls && !sequence->turn)
		return rows;
	chosen = rs_arena_alloc(rows->arena, rows->n * sizeof(uint32));
	for (i = 0; i < rows->n; i++)
	{
		uint32		row = sequence->turn ? rows->n - 1 - i : i;

		chosen[n] = row;
		n += rs_vector_is_null(key, row) == sequence->nulls;
	}
	if (!sequence->nulls)
		sequence->owner->met_nulls |= n < rows->n;
	return rs_rows_narrow(rows, chosen, n);
}

static void
make_sequence(OrderedScan *ordered, Sequence *sequence, bool sorted, bool nulls)
{
	MemoryContext old = MemoryContextSwitchTo(ordered->op.env.context);
	ListCell   *lc;

	sequence->owner = ordered;
	if (sorted)
	{
		sequence->top = rs_sort_operator(ordered->engine, &ordered->sort_plan->plan);
		sequence->scan = sequence->top->outer;
	}
	else
		sequence->top = sequence->scan = rs_scan_operator(ordered->engine,
														   &ordered->scan_plan->scan.plan);
	sequence->nulls = nulls;
	sequence->turn = !sorted && !nulls && ordered->descending;
	sequence->scan->narrow = narrow;
	sequence->scan->narrow_arg = sequence;
	if (nulls)
		rs_scan_read_nulls(sequence->scan, ordered->keys[0]);
	foreach(lc, ordered->filters)
		rs_scan_add_filter(sequence->scan, ((Filter *) lfirst(lc))->attno,
						   ((Filter *) lfirst(lc))->filter);
	MemoryContextSwitchTo(old);
}

/*
 * Let a sequence read these groups.
 */
static void
begin_sequence(OrderedScan *ordered, Sequence *sequence, List *groups, bool sorted, bool nulls)
{
	if (sequence->top == NULL)
		make_sequence(ordered, sequence, sorted, nulls);
	rs_scan_read_groups(sequence->scan, groups, sequence->turn);
	if (sorted)
		rs_operator_set_bound(sequence->top, ordered->bound);
}

static uint32
next_of_sequence(void *source, RsArena *arena, const RsVector **columns)
{
	Sequence   *sequence = source;
	RsVectorBatch batch;
	int			c;

	do
	{
		if (!rs_operator_next(sequence->top, &batch))
			return 0;
	} while (batch.n == 0);
	for (c = 0; c < sequence->top->ncolumns; c++)
		columns[c] = rs_vector_flatten(arena, batch.columns[c], batch.n);
	return batch.n;
}

/* ---------------------------------------------------------------------
 * Running
 * ---------------------------------------------------------------------
 */

/*
 * Rows whose first key is NULL.
 */
static void
begin_nulls(OrderedScan *ordered)
{
	begin_sequence(ordered, &ordered->nulls, ordered->groups, ordered->nkeys > 1, true);
	ordered->only = &ordered->nulls;
}

static void
begin_values(OrderedScan *ordered)
{
	RsOperator *op = &ordered->op;
	MemoryContext old = MemoryContextSwitchTo(ordered->context);
	RsKeyChains chains;
	bool		any_rest;
	int			c;

	rs_key_chains(RelationGetDescr(ordered->rel), ordered->groups, ordered->keys, ordered->nkeys,
				  RS_MOST_CHAINS, &chains);
	MemoryContextSwitchTo(old);
	ordered->nchains = chains.n;
	ordered->rest_rows = chains.rest_rows;
	any_rest = chains.rest != NIL;
	for (c = 0; c < chains.n; c++)
		begin_sequence(ordered, &ordered->chains[c], chains.chains[c], false, false);
	if (any_rest)
		begin_sequence(ordered, &ordered->rest, chains.rest, true, false);
	if (chains.n + any_rest <= 1)
	{
		ordered->only = chains.n > 0 ? &ordered->chains[0] : any_rest ? &ordered->rest : NULL;
		return;
	}
	ordered->merge = rs_merge_create(op->env.context, ordered->order, ordered->chains[0].top->types,
									 op->ncolumns + ordered->nkeys);
	for (c = 0; c < chains.n; c++)
		rs_merge_add(ordered->merge, next_of_sequence, &ordered->chains[c]);
	if (any_rest)
		rs_merge_add(ordered->merge, next_of_sequence, &ordered->rest);
}

/*
 * Might rows that an old snapshot sees be NULL though the column is NOT NULL now?
 */
static bool
may_be_null(const OrderedScan *ordered)
{
	return !TupleDescAttr(RelationGetDescr(ordered->rel), ordered->keys[0] - 1)->attnotnull ||
		IsolationUsesXactSnapshot();
}

static void
begin(OrderedScan *ordered)
{
	MemoryContext old = MemoryContextSwitchTo(ordered->context);

	ordered->groups = rs_scan_groups(ordered->rel, ordered->op.env.parent->state->es_snapshot);
	MemoryContextSwitchTo(old);
	ordered->met_nulls = false;
}

/*
 * Turn to what comes next.
 */
static void
advance(OrderedScan *ordered)
{
	if (ordered->merge != NULL)
		rs_merge_end(ordered->merge);
	ordered->merge = NULL;
	ordered->only = NULL;
	switch (ordered->phase)
	{
		case PHASE_START:
			begin(ordered);
			ordered->phase = PHASE_NULLS_FIRST;
			if (ordered->descending && may_be_null(ordered))
				begin_nulls(ordered);
			break;
		case PHASE_NULLS_FIRST:
			ordered->phase = PHASE_VALUES;
			begin_values(ordered);
			break;
		case PHASE_VALUES:
			ordered->phase = PHASE_NULLS_LAST;
			if (!ordered->descending && ordered->met_nulls)
				begin_nulls(ordered);
			break;
		default:
			ordered->phase = PHASE_END;
			break;
	}
}

static bool
next(RsOperator *op, RsVectorBatch *batch)
{
	OrderedScan *ordered = (OrderedScan *) op;

	while (ordered->phase != PHASE_END)
	{
		bool		more = false;

		rs_operator_reset_batch(op);
		if (ordered->only != NULL)
			more = rs_operator_next(ordered->only->top, batch);
		else if (ordered->merge != NULL)
		{
			MemoryContext old = MemoryContextSwitchTo(op->values);

			more = rs_merge_next(ordered->merge, op->arena, batch);
			MemoryContextSwitchTo(old);
		}
		if (more)
			return true;
		advance(ordered);
	}
	return false;
}

/*
 * What a sequence counted is the operator's.
 */
static void
end_sequence(OrderedScan *ordered, Sequence *sequence)
{
	RsOperatorStats *to = &ordered->op.stats;
	RsOperatorStats *scan;

	if (sequence->top == NULL)
		return;
	sequence->scan->end(sequence->scan);
	if (sequence->top != sequence->scan)
		sequence->top->end(sequence->top);
	scan = &sequence->scan->stats;
	rs_read_stats_add(&to->read, &scan->read);
	memset(&scan->read, 0, sizeof(RsReadStats));
	to->removed += scan->removed;
	scan->removed = 0;
	to->memory = Max(to->memory, sequence->top->stats.memory);
	to->partitions += sequence->top->stats.partitions;
	to->spilled += sequence->top->stats.spilled;
	sequence->top->stats.partitions = sequence->top->stats.spilled = 0;
}

static void
forget(RsOperator *op)
{
	OrderedScan *ordered = (OrderedScan *) op;
	int			c;

	if (ordered->merge != NULL)
		rs_merge_end(ordered->merge);
	ordered->merge = NULL;
	ordered->only = NULL;
	for (c = 0; c < RS_MOST_CHAINS; c++)
		end_sequence(ordered, &ordered->chains[c]);
	end_sequence(ordered, &ordered->rest);
	end_sequence(ordered, &ordered->nulls);
	ordered->phase = PHASE_START;
	ordered->groups = NIL;
	MemoryContextReset(ordered->context);
}

static void
set_bound(RsOperator *op, int64 rows)
{
	((OrderedScan *) op)->bound = rows;
}

static void
explain(RsOperator *op, ExplainState *es)
{
	OrderedScan *ordered = (OrderedScan *) op;

	forget(op);
	if (ordered->nchains > 1 || ordered->rest_rows > 0 || es->format != EXPLAIN_FORMAT_TEXT)
	{
		rs_explain_count("Chains Merged", (uint64) ordered->nchains, es);
		rs_explain_count("Rows Sorted", ordered->rest_rows, es);
	}
	rs_explain_spill(op, es);
	if (ordered->filters != NIL)
		rs_explain_count("Rows Removed by Runtime Filter", op->stats.removed, es);
	rs_explain_read_stats(&op->stats.read, rs_scan_column_count(ordered->chains[0].scan), es);
}

void
rs_ordered_scan_add_filter(RsOperator *op, AttrNumber attno, RsRuntimeFilter *filter)
{
	OrderedScan *ordered = (OrderedScan *) op;
	MemoryContext old = MemoryContextSwitchTo(op->env.context);
	Filter	   *added = palloc(sizeof(Filter));

	added->attno = attno;
	added->filter = filter;
	ordered->filters = lappend(ordered->filters, added);
	/* That one is there already. */
	rs_scan_add_filter(ordered->chains[0].scan, attno, filter);
	MemoryContextSwitchTo(old);
}

/* ---------------------------------------------------------------------
 * Building
 * ---------------------------------------------------------------------
 */

/*
 * The scan with the columns of the key behind its own, and the sort of what it gives.
 */
static void
make_plans(OrderedScan *ordered, CustomScan *plan)
{
	TupleDesc	desc = RelationGetDescr(ordered->rel);
	Sort	   *sort = makeNode(Sort);
	CustomScan *scan = copyObject(plan);
	List	   *targets = scan->scan.plan.targetlist;
	int			ntargets = list_length(targets);
	ListCell   *lc;
	int			k;

	sort->numCols = ordered->nkeys;
	sort->sortColIdx = palloc(ordered->nkeys * sizeof(AttrNumber));
	sort->sortOperators = palloc(ordered->nkeys * sizeof(Oid));
	sort->collations = palloc(ordered->nkeys * sizeof(Oid));
	sort->nullsFirst = palloc(ordered->nkeys * sizeof(bool));
	for (k = 0; k < ordered->nkeys; k++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, ordered->keys[k] - 1);
		TypeCacheEntry *type = lookup_type_cache(att->atttypid, TYPECACHE_LT_OPR | TYPECACHE_GT_OPR);
		Var		   *var = makeVar((int) ordered->relid, att->attnum, att->atttypid, att->atttypmod,
								  att->attcollation, 0);

		sort->sortColIdx[k] = (AttrNumber) (ntargets + k + 1);
		sort->sortOperators[k] = ordered->descending ? type->gt_opr : type->lt_opr;
		sort->collations[k] = att->attcollation;
		sort->nullsFirst[k] = ordered->descending;
		targets = lappend(targets, makeTargetEntry((Expr *) var, sort->sortColIdx[k], NULL, true));
	}
	scan->scan.plan.targetlist = targets;
	scan->custom_private = NIL;
	foreach(lc, targets)
	{
		TargetEntry *entry = flatCopyTargetEntry(lfirst_node(TargetEntry, lc));
		Node	   *expr = (Node *) entry->expr;

		entry->expr = (Expr *) makeVar(OUTER_VAR, entry->resno, exprType(expr), exprTypmod(expr),
									   exprCollation(expr), 0);
		sort->plan.targetlist = lappend(sort->plan.targetlist, entry);
	}
	outerPlan(&sort->plan) = &scan->scan.plan;
	ordered->scan_plan = scan;
	ordered->sort_plan = sort;
}

RsOperator *
rs_ordered_scan_operator(RsEngine *engine, Plan *plan)
{
	OrderedScan *ordered = rs_operator_create(engine, plan, sizeof(OrderedScan), "Ordered Scan",
											  NULL, NULL);
	RsOperator *op = &ordered->op;
	Sort	   *sort;

	ordered->engine = engine;
	ordered->relid = ((Scan *) plan)->scanrelid;
	ordered->rel = ExecGetRangeTableRelation(engine->parent->state, ordered->relid);
	ordered->nkeys = rs_scan_order(plan, ordered->keys, &ordered->descending);
	if (ordered->descending)
		op->name = "Ordered Scan Backward";
	ordered->bound = -1;
	ordered->context = AllocSetContextCreate(op->env.context, "redshift ordered scan",
											 ALLOCSET_DEFAULT_SIZES);
	op->env.scanrelid = ordered->relid;
	make_plans(ordered, (CustomScan *) plan);
	make_sequence(ordered, &ordered->chains[0], false, false);
	sort = ordered->sort_plan;
	ordered->order = rs_sort_order_create(op->env.context, ordered->chains[0].scan->types,
										  sort->numCols, sort->sortColIdx, sort->sortOperators,
										  sort->collations, sort->nullsFirst);
	op->next = next;
	op->rescan = forget;
	op->end = forget;
	op->set_bound = set_bound;
	op->explain = explain;
	return op;
}
