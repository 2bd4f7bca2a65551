/*
 * aggregate.c
 *	  The aggregate operator: plain and grouped, in one step or in two.
 *
 * Rows are numbered by group in a hash table, and each aggregate function takes
 * in its argument's vector with the group numbers.  A partial aggregation gives
 * its states as bytea, for a final one in the leader to combine.
 *
 * Where the plan has a sorting aggregation over a Sort, the rows are hashed
 * instead and the groups are sorted in the end, so that what stands above finds
 * them in the order it was promised.  Where rows come in order without that Sort, groups
 * are given as soon as they are complete (aggregate_stream.c).
 *
 * Inside, columns of the input are OUTER_VARs and results of aggregate functions
 * INDEX_VARs, by aggno + 1.
 */
#include "postgres.h"

#include "catalog/objectaccess.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/typcache.h"
#include "vector/aggregate/aggregate_operator.h"

/* Bytes of a group that a table's size is planned for, where memory is short. */
#define RS_GROUP_SIZE	128

/* Rows of groups: what having clause and target list are evaluated over. */
typedef struct GroupRows
{
	RsRows		rows;
	RsAggregateOperator *agg;
	const uint32 *groups;
	const RsVector **columns;	/* by position in the table */
	const RsVector **results;	/* by aggno */
} GroupRows;

/* ---------------------------------------------------------------------
 * Building
 * ---------------------------------------------------------------------
 */

static Node *
replace_aggrefs(Node *node, void *context)
{
	if (node == NULL)
		return NULL;
	if (IsA(node, Aggref))
	{
		Aggref	   *aggref = (Aggref *) node;

		return (Node *) makeVar(INDEX_VAR, (AttrNumber) (aggref->aggno + 1), aggref->aggtype, -1,
								aggref->aggcollid, 0);
	}
	return expression_tree_mutator(node, replace_aggrefs, context);
}

/*
 * Set up a function's states, argument and filter.
 */
static void
add_function(RsAggregateOperator *agg, Aggref *aggref)
{
	RsAggregateFunction *function = &agg->functions[aggref->aggno];
	RsOperator *op = &agg->op;
	ListCell   *lc;

	if (function->aggref != NULL)
		return;
	rs_aggregate_check_access(aggref);
	function->aggref = aggref;
	if (agg->final)
	{
		/* The partial step's state stands where its aggregate was. */
		function->state_column = ((Var *) linitial_node(TargetEntry, aggref->args)->expr)->varattno;
		return;
	}
	function->nargs = list_length(aggref->args);
	function->args = palloc(Max(function->nargs, 1) * sizeof(RsExpr *));
	foreach(lc, aggref->args)
		function->args[foreach_current_index(lc)] =
			rs_expr_compile(&op->env, (Node *) lfirst_node(TargetEntry, lc)->expr);
	function->direct = palloc(Max(list_length(aggref->aggdirectargs), 1) * sizeof(RsExpr *));
	foreach(lc, aggref->aggdirectargs)
		function->direct[foreach_current_index(lc)] = rs_expr_compile(&op->env, lfirst(lc));
	if (aggref->aggfilter != NULL)
		function->filter = list_make1(rs_expr_compile(&op->env, (Node *) aggref->aggfilter));
}

static void
add_column(RsAggregateOperator *agg, AttrNumber attno)
{
	int			i;

	for (i = 0; i < agg->ncolumns; i++)
		if (agg->attnos[i] == attno)
			return;
	agg->attnos[agg->ncolumns] = attno;
	agg->column_types[agg->ncolumns++] = agg->input_types[attno - 1];
}

/*
 * The result types of the functions, for expressions evaluated by row.
 */
static TupleTableSlot *
result_slot(RsEngine *engine, RsAggregateOperator *agg)
{
	TupleDesc	desc = CreateTemplateTupleDesc(agg->nfunctions);
	int			i;

	for (i = 0; i < agg->nfunctions; i++)
		TupleDescInitEntry(desc, (AttrNumber) (i + 1), NULL,
						   agg->functions[i].aggref != NULL ?
						   agg->functions[i].aggref->aggtype : INT4OID, -1, 0);
	return rs_column_slot(engine, desc);
}

/* ---------------------------------------------------------------------
 * Taking in
 * ---------------------------------------------------------------------
 */

static void
take_states(RsAggregateOperator *agg, RsRows *rows, const uint32 *groups)
{
	int			f;
	uint32		i;

	for (f = 0; f < agg->nfunctions; f++)
	{
		RsAggregateFunction *function = &agg->functions[f];
		const RsVector *column;

		if (function->aggref == NULL || function->shared)
			continue;
		column = rows->column(rows, OUTER_VAR, function->state_column);
		for (i = 0; i < rows->n; i++)
			rs_aggregate_combine(function->states, groups[i], ((Datum *) column->data)[i]);
	}
}

static void
take_values(RsAggregateOperator *agg, RsRows *rows, const uint32 *groups)
{
	int			f;

	for (f = 0; f < agg->nfunctions; f++)
	{
		RsAggregateFunction *function = &agg->functions[f];
		RsRows	   *passed = rows;
		const uint32 *chosen = NULL;
		const uint32 *group = groups;
		const RsVector **args;
		int			a;

		if (function->aggref == NULL || function->shared)
			continue;
		if (function->filter != NIL)
			passed = rs_rows_filter(rows, function->filter, &chosen);
		if (passed->n == 0)
			continue;
		if (chosen != NULL)
		{
			uint32	   *filtered = rs_arena_alloc(rows->arena, passed->n * sizeof(uint32));
			uint32		i;

			for (i = 0; i < passed->n; i++)
				filtered[i] = groups[chosen[i]];
			group = filtered;
		}
		args = rs_arena_alloc(rows->arena, Max(function->nargs, 1) * sizeof(RsVector *));
		for (a = 0; a < function->nargs; a++)
			args[a] = rs_expr_eval(function->args[a], passed);
		rs_aggregate_update(function->states, rows->arena, args, function->nargs, group, passed->n);
	}
}

void
rs_aggregate_grow_states(RsAggregateOperator *agg)
{
	int			f;

	for (f = 0; f < agg->nfunctions; f++)
		if (agg->functions[f].aggref != NULL && !agg->functions[f].shared)
			rs_aggregate_grow(agg->functions[f].states, agg->ngroups);
}

/*
 * Rows of the input.
 */
void
rs_aggregate_take_batch(RsAggregateOperator *agg, const RsVectorBatch *batch)
{
	RsOperator *op = &agg->op;
	const RsVector **columns = rs_arena_alloc(op->arena, Max(agg->ncolumns, 1) * sizeof(RsVector *));
	uint32	   *groups = rs_arena_alloc(op->arena, batch->n * sizeof(uint32));
	MemoryContext old = MemoryContextSwitchTo(op->values);
	RsRows	   *rows = rs_batch_rows(op->arena, op->values, batch);
	int			i;

	for (i = 0; i < agg->ncolumns; i++)
		columns[i] = batch->columns[agg->attnos[i] - 1];
	if (agg->nkeys > 0)
	{
		rs_group_table_find(agg->table, op->arena, columns, batch->n, groups);
		agg->ngroups = rs_group_table_count(agg->table);
	}
	else
	{
		memset(groups, 0, batch->n * sizeof(uint32));
		if (agg->ncolumns > 0 && rs_group_table_count(agg->table) == 0)
			rs_group_table_find(agg->table, op->arena, columns, 1, groups);
	}
	if (agg->full)
	{
		const RsVector **all = rs_arena_alloc(op->arena, Max(agg->nkept, 1) * sizeof(RsVector *));
		uint32	   *known;
		uint32		nknown;

		for (i = 0; i < agg->nkept; i++)
			all[i] = batch->columns[agg->kept[i] - 1];
		nknown = rs_aggregate_put_off(agg, columns, all, batch->n, groups, &known);
		if (nknown < batch->n)
			rows = rs_rows_narrow(rows, known, nknown);
	}
	rs_aggregate_grow_states(agg);
	if (rows->n > 0 && agg->final)
		take_states(agg, rows, groups);
	else if (rows->n > 0)
		take_values(agg, rows, groups);
	MemoryContextSwitchTo(old);
}

Size
rs_aggregate_memory_used(RsAggregateOperator *agg)
{
	Size		size = rs_group_table_memory(agg->table);
	int			i;

	for (i = 0; i < agg->nfunctions; i++)
		if (agg->functions[i].aggref != NULL && !agg->functions[i].shared)
			size += rs_aggregate_memory(agg->functions[i].states);
	return size;
}

/* ---------------------------------------------------------------------
 * Giving out
 * ---------------------------------------------------------------------
 */

/*
 * Position among the table's columns of an input column.
 */
int
rs_aggregate_column_position(const RsAggregateOperator *agg, AttrNumber attno)
{
	int			i;

	for (i = 0; i < agg->ncolumns; i++)
		if (agg->attnos[i] == attno)
			return i;
	elog(ERROR, "column %d is not one of the groups'", (int) attno);
	return -1;
}

/*
 * Functions that may sort their rows, all at the same time.
 */
static int
count_sorts(const RsAggregateOperator *agg)
{
	int			count = 0;
	int			i;

	for (i = 0; i < agg->nfunctions; i++)
		if (agg->functions[i].aggref != NULL)
			count += rs_aggregate_may_sort(agg->functions[i].aggref, agg->nkeys > 0);
	return count;
}

/*
 * Functions with the same transitions share them, as in PostgreSQL's own nodes.
 */
static void
create_states(RsAggregateOperator *agg, RsAggregateFunction *function)
{
	RsAggregateFunction *other;
	bool		can_share;
	bool		shared = false;
	RsVectorType *types;
	int			i;

	function->shared = false;
	if (function->aggref == NULL)
		return;
	can_share = agg->final || rs_aggregate_can_share(function->aggref, agg->nkeys > 0);
	for (other = agg->functions; can_share && other < agg->functions + agg->nfunctions; other++)
	{
		if (other == function || other->aggref == NULL ||
			other->aggref->aggtransno != function->aggref->aggtransno)
			continue;
		shared = true;
		if (other < function)
		{
			function->states = other->states;
			function->shared = true;
			return;
		}
	}
	types = palloc(Max(function->nargs + list_length(function->aggref->aggargtypes), 1) *
				   sizeof(RsVectorType));
	for (i = 0; i < function->nargs; i++)
		types[i] = function->args[i]->type;
	for (i = 0; agg->final && i < list_length(function->aggref->aggargtypes); i++)
		rs_vector_type_init(&types[i], list_nth_oid(function->aggref->aggargtypes, i));
	function->states = rs_aggregate_create(function->aggref, types, agg->op.env.parent,
										   agg->nkeys > 0, shared,
										   work_mem / Max(count_sorts(agg), 1), agg->context);
}

static const RsVector *group_column(RsRows *base, int varno, AttrNumber attno);

/*
 * Rows of the groups that are given from number first on, without the order in
 * which they are given if ordered is false.
 */
static GroupRows *
make_group_rows(RsAggregateOperator *agg, uint32 first, uint32 n, bool ordered)
{
	RsOperator *op = &agg->op;
	GroupRows  *rows = rs_arena_alloc(op->arena, sizeof(GroupRows));
	uint32	   *groups = rs_arena_alloc(op->arena, n * sizeof(uint32));
	uint32		i;

	for (i = 0; i < n; i++)
		groups[i] = ordered && agg->order != NULL ? agg->order[first + i] : first + i;
	memset(rows, 0, sizeof(GroupRows));
	rows->rows.n = n;
	rows->rows.column = group_column;
	rows->rows.arena = op->arena;
	rows->rows.values = op->values;
	rows->agg = agg;
	rows->groups = groups;
	rows->columns = rs_arena_alloc(op->arena, Max(agg->ncolumns, 1) * sizeof(RsVector *));
	memset(rows->columns, 0, agg->ncolumns * sizeof(RsVector *));
	rows->results = rs_arena_alloc(op->arena, Max(agg->nfunctions, 1) * sizeof(RsVector *));
	memset(rows->results, 0, agg->nfunctions * sizeof(RsVector *));
	return rows;
}

static RsDirectArgument *
direct_arguments(RsAggregateFunction *function, RsRows *rows)
{
	int			n = list_length(function->aggref->aggdirectargs);
	RsDirectArgument *direct = rs_arena_alloc(rows->arena, Max(n, 1) * sizeof(RsDirectArgument));
	int			i;

	for (i = 0; i < n; i++)
	{
		direct[i].vector = rs_expr_eval(function->direct[i], rows);
		direct[i].type = function->direct[i]->type;
	}
	return direct;
}

/*
 * What some functions do when all rows are there.
 */
static void
finish_functions(RsAggregateOperator *agg)
{
	int			f;
	uint32		first;

	for (f = 0; f < agg->nfunctions; f++)
	{
		RsAggregateFunction *function = &agg->functions[f];

		if (function->aggref == NULL || function->shared || !rs_aggregate_has_finish(function->states))
			continue;
		for (first = 0; first < agg->ngroups; first += RS_VECTOR_ROWS)
		{
			uint32		n = Min(agg->ngroups - first, RS_VECTOR_ROWS);
			MemoryContext old;
			RsRows	   *rows;

			CHECK_FOR_INTERRUPTS();
			rs_operator_reset_batch(&agg->op);
			rows = &make_group_rows(agg, first, n, false)->rows;
			old = MemoryContextSwitchTo(agg->op.values);
			rs_aggregate_finish(function->states, function->aggref,
								direct_arguments(function, rows), first, n);
			MemoryContextSwitchTo(old);
		}
	}
}

/*
 * Groups of no rows, one for each empty grouping set.
 */
static void
add_empty_sets(RsAggregateOperator *agg)
{
	RsOperator *op = &agg->op;
	RsVectorBatch batch;
	uint32		group;
	int			i;

	while (rs_grouping_sets_empty(agg->sets, &batch))
	{
		const RsVector **columns;

		rs_operator_reset_batch(op);
		columns = rs_arena_alloc(op->arena, agg->ncolumns * sizeof(RsVector *));
		for (i = 0; i < agg->ncolumns; i++)
			columns[i] = batch.columns[agg->attnos[i] - 1];
		rs_group_table_find(agg->table, op->arena, columns, 1, &group);
	}
	agg->ngroups = rs_group_table_count(agg->table);
	rs_aggregate_grow_states(agg);
}

static void
release_states(RsAggregateOperator *agg)
{
	int			i;

	for (i = 0; i < agg->nfunctions; i++)
	{
		RsAggregateFunction *function = &agg->functions[i];

		if (function->states != NULL && !function->shared)
			rs_aggregate_release(function->states);
		function->states = NULL;
	}
	agg->table = NULL;
	agg->order = NULL;
	MemoryContextReset(agg->context);
}

/*
 * An empty table, for this share of the groups.
 */
void
rs_aggregate_begin_table(RsAggregateOperator *agg, double share)
{
	double		expected = (double) ((Agg *) agg->op.plan)->numGroups * share;
	MemoryContext old;
	int			i;

	if (agg->may_deal)
		expected = Min(expected, RS_DEAL_GROUPS);
	if (agg->streamed)
		expected = Min(expected, 2.0 * rs_aggregate_streamed_groups());
	release_states(agg);
	old = MemoryContextSwitchTo(agg->context);
	agg->table = rs_group_table_create(agg->column_types, agg->ncolumns, agg->nkeys,
									   Min(expected, (double) get_hash_memory_limit() / RS_GROUP_SIZE));
	for (i = 0; i < agg->nfunctions; i++)
		create_states(agg, &agg->functions[i]);
	MemoryContextSwitchTo(old);
	agg->full = false;
	agg->complete = false;
	/* Without keys there is one group, even of no rows. */
	agg->ngroups = agg->nkeys == 0 ? 1 : 0;
	agg->given = 0;
	rs_aggregate_grow_states(agg);
	for (i = 0; agg->zones != NULL && i < agg->nfunctions; i++)
		rs_zone_answer_set_state(agg->zones, i, agg->functions[i].shared ? NULL :
								 agg->functions[i].states);
}

void
rs_aggregate_finish_table(RsAggregateOperator *agg)
{
	agg->op.stats.memory = Max(agg->op.stats.memory, rs_aggregate_memory_used(agg));
	finish_functions(agg);
	if (agg->sort != NULL)
		rs_aggregate_sort_groups(agg);
}

/*
 * The groups of the input, or of as much as memory may hold.
 */
static void
compute(RsAggregateOperator *agg)
{
	RsOperator *op = &agg->op;
	RsVectorBatch batch;

	agg->may_deal = agg->shared != NULL && rs_aggregate_may_deal(agg);
	agg->dealing = false;
	rs_aggregate_begin_table(agg, 1.0);
	if (agg->shared != NULL)
	{
		if (agg->group_types == NULL)
			rs_aggregate_find_group_types(agg);
		agg->exchange = rs_exchange_attach(agg->files, agg->engine, agg->shared, agg->nkept,
										   agg->group_types, agg->ngroup_types,
										   get_hash_memory_limit(), op->plan->plan_node_id);
		if (!rs_exchange_takes_input(agg->exchange))
			return;
	}
	agg->deriving = agg->sets != NULL && agg->finest >= 0;
	agg->taken = 0;
	if (agg->deriving)
		rs_grouping_sets_ask(agg->sets, agg->finest);
	while (rs_operator_next(op->outer, &batch))
	{
		rs_operator_reset_batch(op);
		if (agg->dealing && rs_aggregate_deal(agg, &batch))
			continue;
		rs_aggregate_take_batch(agg, &batch);
		agg->taken += batch.n;
		rs_aggregate_limit_memory(agg, agg->exchange != NULL);
	}
	rs_aggregate_derive_sets(agg);
	if (agg->exchange != NULL && !rs_exchange_is_alone(agg->exchange))
	{
		rs_aggregate_export_groups(agg);
		agg->may_deal = false;
		rs_aggregate_begin_table(agg, 0.0);
		rs_exchange_wait(agg->exchange);
	}
	else
		agg->complete = !agg->full;
	if (agg->sets != NULL && agg->ngroups == 0)
		add_empty_sets(agg);
	rs_aggregate_finish_table(agg);
}

/*
 * Of all groups, those of a partition that processes exchange.
 */
static double
partition_share(const RsAggregateOperator *agg)
{
	return agg->exchange == NULL ? 1.0 : 1.0 / rs_exchange_partitions(agg->exchange);
}

/*
 * When all groups of the table were given: those of a part of the rows put off, or of
 * a partition dealt to this process.  False if there is nothing left.
 */
bool
rs_aggregate_compute_next(RsAggregateOperator *agg)
{
	if (agg->partitions != NULL && rs_partitions_next(agg->partitions))
	{
		rs_aggregate_begin_table(agg, partition_share(agg) * rs_partitions_share(agg->partitions));
		while (rs_aggregate_read_put_off(agg))
			rs_aggregate_limit_memory(agg, false);
	}
	else
	{
		rs_aggregate_close_partitions(agg);
		if (agg->exchange == NULL || !rs_exchange_next(agg->exchange))
			return false;
		rs_aggregate_begin_table(agg, partition_share(agg));
		while (rs_aggregate_read_exchanged(agg))
			;
	}
	rs_aggregate_finish_table(agg);
	return true;
}

static const RsVector *
group_column(RsRows *base, int varno, AttrNumber attno)
{
	GroupRows  *rows = (GroupRows *) base;
	RsAggregateOperator *agg = rows->agg;

	if (varno == INDEX_VAR)
	{
		const RsVector **result = &rows->results[attno - 1];

		if (*result == NULL)
			*result = rs_aggregate_result(agg->functions[attno - 1].states,
										  agg->functions[attno - 1].aggref,
										  direct_arguments(&agg->functions[attno - 1], base),
										  base->arena, base->values, rows->groups, base->n);
		return *result;
	}
	else
	{
		int			position = rs_aggregate_column_position(agg, attno);
		const RsVector **column = &rows->columns[position];

		if (*column == NULL)
		{
			MemoryContext old = MemoryContextSwitchTo(base->values);

			*column = rs_group_table_column(agg->table, base->arena, position, rows->groups, base->n);
			MemoryContextSwitchTo(old);
		}
		return *column;
	}
}

/*
 * A partial step's batch: keys as they are, states as bytea.
 */
static void
give_states(RsAggregateOperator *agg, GroupRows *rows, RsVectorBatch *batch)
{
	RsOperator *op = &agg->op;
	MemoryContext old = MemoryContextSwitchTo(op->values);
	ListCell   *lc;

	batch->n = rows->rows.n;
	batch->columns = rs_arena_alloc(op->arena, op->ncolumns * sizeof(RsVector *));
	foreach(lc, op->plan->targetlist)
	{
		TargetEntry *entry = lfirst_node(TargetEntry, lc);
		RsVector   *states;
		uint32		i;

		if (!IsA(entry->expr, Aggref))
		{
			batch->columns[entry->resno - 1] = group_column(&rows->rows, OUTER_VAR,
															castNode(Var, entry->expr)->varattno);
			continue;
		}
		states = rs_vector_create(op->arena, RS_FORM_REF, batch->n);
		for (i = 0; i < batch->n; i++)
			((Datum *) states->data)[i] =
				rs_aggregate_serialize(agg->functions[((Aggref *) entry->expr)->aggno].states,
									   rows->groups[i]);
		batch->columns[entry->resno - 1] = states;
	}
	MemoryContextSwitchTo(old);
}

/*
 * The next groups of the table that pass the having clause, as rows, in the table's
 * order; NULL if all were looked at.
 */
RsRows *
rs_aggregate_next_rows(RsAggregateOperator *agg)
{
	while (agg->given < agg->ngroups)
	{
		uint32		n = Min(agg->ngroups - agg->given, (uint32) rs_vector_rows);
		const uint32 *chosen;
		RsRows	   *rows;

		CHECK_FOR_INTERRUPTS();
		rs_operator_reset_batch(&agg->op);
		rows = &make_group_rows(agg, agg->given, n, true)->rows;
		agg->given += n;
		rows = rs_rows_filter(rows, agg->having, &chosen);
		if (rows->n > 0)
			return rows;
	}
	return NULL;
}

/*
 * The same for groups that are given: some of them.
 */
static bool
give(RsOperator *op, RsRows *rows, RsVectorBatch *batch)
{
	const uint32 *chosen;

	rows = rs_rows_filter(rows, ((RsAggregateOperator *) op)->having, &chosen);
	if (rows->n == 0)
		return false;
	rs_operator_project_asked(op, rows, batch);
	return true;
}

/*
 * The next groups of the table, to be given; false if there are none.
 */
static bool
wait_for_groups(RsAggregateOperator *agg)
{
	RsOperator *op = &agg->op;
	uint32		n = Min(agg->ngroups - agg->given, (uint32) rs_vector_rows);

	if (n == 0)
		return false;
	rs_operator_reset_batch(op);
	op->waiting = &make_group_rows(agg, agg->given, n, true)->rows;
	op->waiting_from = 0;
	agg->given += n;
	return true;
}

static bool
next(RsOperator *op, RsVectorBatch *batch)
{
	RsAggregateOperator *agg = (RsAggregateOperator *) op;

	if (agg->streamed)
	{
		if (agg->table == NULL && !rs_aggregate_stream_next(agg))
			return false;
	}
	else if (agg->table == NULL)
	{
		compute(agg);
		if (agg->sort != NULL && agg->partitions != NULL)
			rs_aggregate_sort_into_runs(agg);
	}
	if (agg->runs != NULL)
	{
		rs_operator_reset_batch(op);
		return rs_sort_runs_next(agg->runs, op->arena, batch);
	}
	do
	{
		RsRows	   *rows;

		if (rs_operator_give(op, give, batch))
			return true;
		if (!agg->partial)
		{
			if (wait_for_groups(agg))
				continue;
		}
		else if ((rows = rs_aggregate_next_rows(agg)) != NULL)
		{
			give_states(agg, (GroupRows *) rows, batch);
			return true;
		}
	} while (op->waiting != NULL ||
			 (agg->streamed ? rs_aggregate_stream_next(agg) : rs_aggregate_compute_next(agg)));
	return false;
}

static void
forget(RsOperator *op)
{
	RsAggregateOperator *agg = (RsAggregateOperator *) op;

	rs_operator_forget_waiting(op);
	rs_aggregate_close_partitions(agg);
	if (agg->exchange != NULL)
	{
		op->stats.partitions += rs_exchange_partitions(agg->exchange);
		op->stats.spilled += rs_exchange_bytes(agg->exchange);
		op->stats.memory = Max(op->stats.memory, rs_exchange_memory(agg->exchange));
		rs_exchange_detach(agg->exchange);
	}
	agg->exchange = NULL;
	if (agg->runs != NULL)
	{
		op->stats.spilled += rs_sort_runs_bytes(agg->runs);
		rs_sort_runs_close(agg->runs);
	}
	agg->runs = NULL;
	agg->input_ended = false;
	agg->held.n = 0;
	release_states(agg);
	MemoryContextReset(agg->files);
}

/*
 * The shared memory is good until the operator ends.
 */
static void
end(RsOperator *op)
{
	forget(op);
	((RsAggregateOperator *) op)->shared = NULL;
}

static void
share(RsOperator *op, void *shared, RsShareStep step)
{
	RsAggregateOperator *agg = (RsAggregateOperator *) op;

	forget(op);
	if (step != RS_SHARE_ATTACH)
		rs_exchange_init(shared, op->env.parent->state->es_query_dsa, step == RS_SHARE_AGAIN);
	agg->shared = shared;
}

static void
rescan(RsOperator *op)
{
	forget(op);
	op->outer->rescan(op->outer);
}

static bool
rewind_groups(RsOperator *op)
{
	RsAggregateOperator *agg = (RsAggregateOperator *) op;

	if (agg->table == NULL || !agg->complete)
		return false;
	rs_operator_forget_waiting(op);
	agg->given = 0;
	return true;
}

static void
explain(RsOperator *op, ExplainState *es)
{
	rs_explain_memory(op, es);
	rs_explain_spill(op, es);
}

/*
 * Columns of the input that rows need when they are put off.
 */
static void
find_kept(RsAggregateOperator *agg, List *targets, List *having)
{
	Bitmapset  *attnos = NULL;
	List	   *vars = list_concat(pull_var_clause((Node *) targets,
												   PVC_RECURSE_AGGREGATES | PVC_RECURSE_PLACEHOLDERS),
								   pull_var_clause((Node *) having,
												   PVC_RECURSE_AGGREGATES | PVC_RECURSE_PLACEHOLDERS));
	ListCell   *lc;
	int			attno = -1;
	int			i;

	foreach(lc, vars)
		attnos = bms_add_member(attnos, lfirst_node(Var, lc)->varattno);
	for (i = 0; i < agg->ncolumns; i++)
		attnos = bms_add_member(attnos, agg->attnos[i]);
	agg->kept = palloc(Max(bms_num_members(attnos), 1) * sizeof(AttrNumber));
	agg->kept_types = palloc(Max(bms_num_members(attnos), 1) * sizeof(RsVectorType));
	while ((attno = bms_next_member(attnos, attno)) >= 0)
	{
		agg->kept[agg->nkept] = (AttrNumber) attno;
		agg->kept_types[agg->nkept++] = agg->op.outer->types[attno - 1];
	}
}

/*
 * Let the functions take what they want from zone maps, if that is all they want.
 */
static void
offer_zones(RsAggregateOperator *agg, MemoryContext context)
{
	Aggref	  **aggrefs = palloc(Max(agg->nfunctions, 1) * sizeof(Aggref *));
	int			i;

	for (i = 0; i < agg->nfunctions; i++)
		aggrefs[i] = agg->functions[i].aggref;
	agg->zones = rs_zone_answer_create(agg->op.outer, aggrefs, agg->nfunctions, context);
	pfree(aggrefs);
}

/*
 * The types by which the input's columns are told apart, where they are keys.
 */
static void
find_input_types(RsAggregateOperator *agg, const Agg *node)
{
	int			i;

	for (i = 0; i < node->numCols; i++)
	{
		AttrNumber	attno = node->grpColIdx[i];

		if (agg->sets != NULL)
			attno = rs_grouping_sets_column(agg->sets, attno);
		rs_key_type_for(&agg->input_types[attno - 1], node->grpOperators[i]);
	}
}

static void
add_keys(RsAggregateOperator *agg)
{
	Agg		   *node = (Agg *) agg->op.plan;
	AttrNumber	first;
	int			nkeys;
	int			i;

	if (agg->sets == NULL)
	{
		for (i = 0; i < node->numCols; i++)
			add_column(agg, node->grpColIdx[i]);
		return;
	}
	rs_grouping_sets_keys(agg->sets, &first, &nkeys);
	for (i = 0; i < nkeys; i++)
		add_column(agg, (AttrNumber) (first + i));
}

RsOperator *
rs_aggregate_operator(RsEngine *engine, Plan *plan)
{
	Agg		   *node = (Agg *) plan;
	RsOperator *input = rs_engine_build(engine, rs_aggregate_input(plan));
	RsOperator *sets = rs_has_grouping_sets(node) ? rs_grouping_sets_operator(engine, node, input) : NULL;
	RsAggregateOperator *agg;
	RsOperator *op;
	List	   *targets = plan->targetlist;
	List	   *having = plan->qual;
	List	   *aggrefs;
	ListCell   *lc;

	if (sets != NULL)
	{
		targets = (List *) rs_grouping_sets_expression(sets, (Node *) targets);
		having = (List *) rs_grouping_sets_expression(sets, (Node *) having);
		input = sets;
	}
	aggrefs = rs_aggregate_find(targets, having);
	agg = rs_operator_create(engine, plan, sizeof(RsAggregateOperator),
							 node->numCols > 0 || sets != NULL ? "Hash Aggregate" : "Aggregate",
							 input, NULL);
	op = &agg->op;
	agg->sets = sets;
	agg->partial = node->aggsplit == AGGSPLIT_INITIAL_SERIAL;
	agg->final = node->aggsplit == AGGSPLIT_FINAL_DESERIAL;
	if (agg->partial)
		op->name = "Partial Aggregate";
	else if (agg->final)
		op->name = "Final Aggregate";
	agg->context = AllocSetContextCreate(engine->parent->state->es_query_cxt,
										 "redshift aggregate", ALLOCSET_DEFAULT_SIZES);
	agg->files = AllocSetContextCreate(engine->parent->state->es_query_cxt,
									   "redshift aggregate files", ALLOCSET_DEFAULT_SIZES);
	agg->engine = engine;
	/* So marked where the plan was taken over. */
	agg->parallel = plan->parallel_aware;
	if (agg->parallel)
		op->name = "Parallel Aggregate";
	/* With several sorts no order is promised. */
	agg->sort = node->chain == NIL ? rs_aggregate_replaced_sort(node) : NULL;
	agg->in_order = node->aggstrategy == AGG_SORTED && node->chain == NIL && agg->sort == NULL;
	agg->streamed = agg->in_order && node->aggsplit == AGGSPLIT_SIMPLE && node->numCols > 0 &&
		sets == NULL;
	if (agg->streamed)
		op->name = "Group Aggregate";

	agg->attnos = palloc((node->numCols + input->ncolumns) * sizeof(AttrNumber));
	agg->column_types = palloc((node->numCols + input->ncolumns) * sizeof(RsVectorType));
	agg->input_types = palloc(Max(op->outer->ncolumns, 1) * sizeof(RsVectorType));
	memcpy(agg->input_types, op->outer->types, op->outer->ncolumns * sizeof(RsVectorType));
	find_input_types(agg, node);
	foreach(lc, node->chain)
		find_input_types(agg, lfirst(lc));
	add_keys(agg);
	agg->nkeys = agg->ncolumns;
	foreach(lc, aggrefs)
	{
		Node	   *found = lfirst(lc);

		if (IsA(found, Aggref))
			agg->nfunctions = Max(agg->nfunctions, ((Aggref *) found)->aggno + 1);
		else
			add_column(agg, castNode(Var, found)->varattno);
	}
	agg->functions = palloc0(Max(agg->nfunctions, 1) * sizeof(RsAggregateFunction));
	foreach(lc, aggrefs)
		if (IsA(lfirst(lc), Aggref))
			add_function(agg, lfirst(lc));
	agg->finest = sets != NULL ? rs_aggregate_finest_set(agg) : -1;
	if (node->numCols == 0 && sets == NULL && agg->ncolumns == 0 && !agg->final)
		offer_zones(agg, engine->parent->state->es_query_cxt);
	op->env.scan = result_slot(engine, agg);
	op->next = next;
	op->rescan = rescan;
	op->rewind = rewind_groups;
	op->end = end;
	find_kept(agg, targets, having);
	if (agg->parallel)
	{
		op->shared_size = rs_exchange_shared_size();
		op->share = share;
	}
	op->explain = explain;
	if (agg->partial)
	{
		/* The states are bytea, whatever the target list says. */
		foreach(lc, plan->targetlist)
			if (IsA(lfirst_node(TargetEntry, lc)->expr, Aggref))
				rs_vector_type_init(&op->types[foreach_current_index(lc)], BYTEAOID);
		return op;
	}
	foreach(lc, (List *) replace_aggrefs((Node *) having, NULL))
		agg->having = lappend(agg->having, rs_expr_compile(&op->env, lfirst(lc)));
	foreach(lc, targets)
		op->targets = lappend(op->targets,
							  rs_expr_compile(&op->env,
											  replace_aggrefs((Node *) lfirst_node(TargetEntry, lc)->expr,
															  NULL)));
	return op;
}
