/*
 * aggregate_spill.c
 *	  Groups that leave the table of an aggregation: rows put off where memory is
 *	  short, groups passed on where processes exchange them.
 *
 * A table that is full gets no more groups; rows of others wait in files, and are
 * taken in when the table's groups have been given.  In an exchange a full table is
 * passed on with its states instead, and another one begun; and where there are about as
 * many groups as rows, rows are passed on as they are.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"
#include "vector/aggregate/aggregate_operator.h"

/*
 * Rows of groups that are not in the table, which is full, put off: all[] are the
 * columns to keep.  The others stay: which (in the arena), how many, and in groups[].
 */
uint32
rs_aggregate_put_off(RsAggregateOperator *agg, const RsVector **keys, const RsVector **all, uint32 n,
		uint32 *groups, uint32 **known)
{
	RsArena    *arena = agg->op.arena;
	uint32	   *others = rs_arena_alloc(arena, n * sizeof(uint32));
	uint64	   *hashes = rs_arena_alloc(arena, n * sizeof(uint64));
	uint32		nknown = 0;
	uint32		nothers = 0;
	uint32		i;

	*known = rs_arena_alloc(arena, n * sizeof(uint32));
	for (i = 0; i < n; i++)
	{
		if (groups[i] == RS_NO_GROUP)
			others[nothers++] = i;
		else
		{
			groups[nknown] = groups[i];
			(*known)[nknown++] = i;
		}
	}
	if (nothers == 0)
		return nknown;
	rs_hash_columns(agg->column_types, keys, agg->nkeys, n, hashes);
	rs_partitions_add(agg->partitions, arena, all, hashes, others, nothers);
	return nknown;
}

/*
 * Groups of other tables, with their states.
 */
static void
take_groups(RsAggregateOperator *agg, const RsVector **columns, uint32 n)
{
	RsOperator *op = &agg->op;
	uint32	   *groups = rs_arena_alloc(op->arena, n * sizeof(uint32));
	MemoryContext old = MemoryContextSwitchTo(op->values);
	int			at = agg->ncolumns;
	int			f;
	int			c;

	rs_group_table_find(agg->table, op->arena, columns, n, groups);
	agg->ngroups = rs_group_table_count(agg->table);
	if (agg->full)
	{
		uint32	   *known;
		uint32		nknown = rs_aggregate_put_off(agg, columns, columns, n, groups, &known);

		for (c = at; nknown < n && c < agg->ngroup_types; c++)
			columns[c] = rs_vector_gather(op->arena, columns[c], known, nknown);
		n = nknown;
	}
	rs_aggregate_grow_states(agg);
	for (f = 0; f < agg->nfunctions && n > 0; f++)
	{
		RsAggregateFunction *function = &agg->functions[f];
		RsVectorType types[RS_STATE_COLUMNS];

		if (function->aggref == NULL || function->shared)
			continue;
		rs_aggregate_import(function->states, op->arena, &columns[at], groups, n);
		at += rs_aggregate_state_types(function->states, types);
	}
	MemoryContextSwitchTo(old);
}

/*
 * The types of groups as rows: the table's columns, then the states'.
 */
void
rs_aggregate_find_group_types(RsAggregateOperator *agg)
{
	int			f;

	agg->group_types = MemoryContextAlloc(agg->op.env.context,
										  (agg->ncolumns + agg->nfunctions * RS_STATE_COLUMNS) *
										  sizeof(RsVectorType));
	memcpy(agg->group_types, agg->column_types, agg->ncolumns * sizeof(RsVectorType));
	agg->ngroup_types = agg->ncolumns;
	for (f = 0; f < agg->nfunctions; f++)
		if (agg->functions[f].aggref != NULL && !agg->functions[f].shared)
			agg->ngroup_types += rs_aggregate_state_types(agg->functions[f].states,
														  &agg->group_types[agg->ngroup_types]);
}

/*
 * Some groups as rows of those types.
 */
static const RsVector **
groups_as_rows(RsAggregateOperator *agg, const uint32 *groups, uint32 n)
{
	RsArena    *arena = agg->op.arena;
	const RsVector **columns = rs_arena_alloc(arena, agg->ngroup_types * sizeof(RsVector *));
	MemoryContext old = MemoryContextSwitchTo(agg->op.values);
	int			at;
	int			f;

	for (at = 0; at < agg->ncolumns; at++)
		columns[at] = rs_group_table_column(agg->table, arena, at, groups, n);
	for (f = 0; f < agg->nfunctions; f++)
	{
		RsAggregateFunction *function = &agg->functions[f];
		RsVectorType types[RS_STATE_COLUMNS];

		if (function->aggref == NULL || function->shared)
			continue;
		rs_aggregate_export(function->states, arena, groups, n, &columns[at]);
		at += rs_aggregate_state_types(function->states, types);
	}
	MemoryContextSwitchTo(old);
	return columns;
}

/*
 * Pass all groups on to whom their partitions will be dealt.
 */
void
rs_aggregate_export_groups(RsAggregateOperator *agg)
{
	RsOperator *op = &agg->op;
	uint32		starts[RS_EXCHANGE_PARTITIONS + 1];
	uint64	   *hashes = MemoryContextAllocHuge(agg->context, Max(agg->ngroups, 1) * sizeof(uint64));
	uint32	   *order = MemoryContextAllocHuge(agg->context, Max(agg->ngroups, 1) * sizeof(uint32));
	uint32		dealt = 0;
	uint32		first;
	uint32		i;
	uint32		p;
	int			c;

	op->stats.memory = Max(op->stats.memory, rs_aggregate_memory_used(agg));
	for (i = 0; i < agg->ngroups; i++)
		order[i] = i;
	for (first = 0; first < agg->ngroups; first += RS_VECTOR_ROWS)
	{
		uint32		n = Min(agg->ngroups - first, RS_VECTOR_ROWS);
		const RsVector **columns;

		rs_operator_reset_batch(op);
		if (dealt == first)
			columns = groups_as_rows(agg, order + first, n);
		else
		{
			columns = rs_arena_alloc(op->arena, agg->nkeys * sizeof(RsVector *));
			for (c = 0; c < agg->nkeys; c++)
				columns[c] = rs_group_table_column(agg->table, op->arena, c, order + first, n);
		}
		rs_hash_columns(agg->column_types, columns, agg->nkeys, n, hashes + first);
		if (dealt == first &&
			rs_exchange_deal(agg->exchange, RS_EXCHANGED_GROUPS, op->arena, columns, hashes + first, n))
			dealt = first + n;
	}
	if (dealt == agg->ngroups)
		return;
	rs_exchange_distribute(hashes + dealt, agg->ngroups - dealt, starts, order);
	for (i = 0; i < agg->ngroups - dealt; i++)
		order[i] += dealt;
	for (p = 0; p < RS_EXCHANGE_PARTITIONS; p++)
	{
		for (first = starts[p]; first < starts[p + 1]; first += RS_VECTOR_ROWS)
		{
			uint32		n = Min(starts[p + 1] - first, RS_VECTOR_ROWS);

			rs_operator_reset_batch(op);
			rs_exchange_append(agg->exchange, p, groups_as_rows(agg, order + first, n), n);
		}
	}
}

bool
rs_aggregate_should_deal(double rows, double groups)
{
	return groups > 4 * RS_DEAL_GROUPS && rows <= 8 * groups;
}

/*
 * Rows are passed on only if the planner expects it to pay, as well as the first of them
 * show it: these say little of values that come again much later.
 */
bool
rs_aggregate_may_deal(const RsAggregateOperator *agg)
{
	double		groups = (double) ((Agg *) agg->op.plan)->numGroups;
	double		rows = outerPlan(agg->op.plan)->plan_rows * agg->engine->nparticipants;
	int			i;

	for (i = 0; i < agg->nkept; i++)
		if (agg->kept_types[i].form == RS_FORM_REF)
			return false;
	return agg->nkept > 0 && rs_aggregate_should_deal(rows, groups);
}

bool
rs_aggregate_deal(RsAggregateOperator *agg, const RsVectorBatch *batch)
{
	RsArena    *arena = agg->op.arena;
	const RsVector **keys = rs_arena_alloc(arena, agg->nkeys * sizeof(RsVector *));
	const RsVector **columns = rs_arena_alloc(arena, agg->nkept * sizeof(RsVector *));
	uint64	   *hashes = rs_arena_alloc(arena, batch->n * sizeof(uint64));
	int			i;

	for (i = 0; i < agg->nkept; i++)
		columns[i] = batch->columns[agg->kept[i] - 1];
	for (i = 0; i < agg->nkeys; i++)
		keys[i] = batch->columns[agg->attnos[i] - 1];
	rs_hash_columns(agg->column_types, keys, agg->nkeys, batch->n, hashes);
	return rs_exchange_deal(agg->exchange, RS_EXCHANGED_ROWS, arena, columns, hashes, batch->n);
}

/*
 * Does the table take more memory than it may?  Then it gets no more groups, and rows
 * of others are put off; but groups that are still to be exchanged are passed on now.
 */
void
rs_aggregate_limit_memory(RsAggregateOperator *agg, bool exchanging)
{
	RsPartitions *partitions = agg->partitions;

	if (agg->deriving && !rs_aggregate_should_derive(agg))
		rs_aggregate_derive_sets(agg);
	if (exchanging && agg->may_deal && agg->ngroups >= RS_DEAL_GROUPS)
	{
		agg->dealing = agg->ngroups > agg->taken / 2;
		agg->taken = 0;
		rs_aggregate_export_groups(agg);
		rs_aggregate_begin_table(agg, 1.0);
		return;
	}
	if (agg->full || agg->nkeys == 0 || agg->in_order ||
		MemoryContextMemAllocated(agg->context, true) <= get_hash_memory_limit())
		return;
	if (exchanging)
	{
		rs_aggregate_export_groups(agg);
		rs_aggregate_begin_table(agg, 1.0);
		return;
	}
	if (partitions == NULL)
		agg->partitions = partitions =
			rs_partitions_create(agg->files, agg->exchange != NULL ? agg->group_types : agg->kept_types,
								 agg->exchange != NULL ? agg->ngroup_types : agg->nkept,
								 get_hash_memory_limit());
	if (!rs_partitions_can_add(partitions))
		return;
	rs_group_table_close(agg->table);
	agg->full = true;
}

/*
 * Rows of the input, of which what is needed was kept.
 */
static void
take_kept(RsAggregateOperator *agg, const RsVector **columns, uint32 n)
{
	RsOperator *op = &agg->op;
	RsVectorBatch batch = {.n = n};
	int			i;

	batch.columns = rs_arena_alloc(op->arena, op->outer->ncolumns * sizeof(RsVector *));
	memset(batch.columns, 0, op->outer->ncolumns * sizeof(RsVector *));
	for (i = 0; i < agg->nkept; i++)
		batch.columns[agg->kept[i] - 1] = columns[i];
	rs_aggregate_take_batch(agg, &batch);
}

/*
 * A batch of what was put off.
 */
bool
rs_aggregate_read_put_off(RsAggregateOperator *agg)
{
	RsOperator *op = &agg->op;
	const RsVector **columns;
	uint32		n;

	rs_operator_reset_batch(op);
	columns = rs_arena_alloc(op->arena, Max(agg->nkept, agg->ngroup_types) * sizeof(RsVector *));
	n = rs_partitions_read(agg->partitions, op->arena, columns);
	if (n == 0)
		return false;
	if (agg->exchange != NULL)
		take_groups(agg, columns, n);
	else
		take_kept(agg, columns, n);
	return true;
}

bool
rs_aggregate_read_exchanged(RsAggregateOperator *agg)
{
	RsOperator *op = &agg->op;
	const RsVector **columns;
	RsExchanged what;
	uint32		n;

	rs_operator_reset_batch(op);
	columns = rs_arena_alloc(op->arena, Max(agg->nkept, agg->ngroup_types) * sizeof(RsVector *));
	n = rs_exchange_read(agg->exchange, op->arena, columns, &what);
	if (n == 0)
		return false;
	if (what == RS_EXCHANGED_ROWS)
	{
		/* A small part of what memory held, and first: the table needs no limit. */
		take_kept(agg, columns, n);
		return true;
	}
	take_groups(agg, columns, n);
	rs_aggregate_limit_memory(agg, false);
	return true;
}

void
rs_aggregate_close_partitions(RsAggregateOperator *agg)
{
	if (agg->partitions == NULL)
		return;
	agg->op.stats.partitions += rs_partitions_count(agg->partitions);
	agg->op.stats.spilled += rs_partitions_bytes(agg->partitions);
	rs_partitions_close(agg->partitions);
	agg->partitions = NULL;
}
