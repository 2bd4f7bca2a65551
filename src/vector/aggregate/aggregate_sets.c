/*
 * aggregate_sets.c
 *	  Groups of grouping sets, made of the groups of the finest set.
 *
 * Where one set has the columns of all others, as in ROLLUP and CUBE, and states can be
 * combined without a trace of how it was done, rows are taken in for that set alone.
 * In the end its groups are what the others' are made of: keys without the columns that
 * a set lacks, and states combined.  A set is made of the smallest that has its columns,
 * so the last of a ROLLUP cost next to nothing.
 *
 * Groups of one set follow each other in the table, in the order of their first rows,
 * as those of the set that they were made of do; so what a group keeps of its first row
 * is the same as if its rows had been taken in.
 *
 * All groups have to be in the table together.  When they might not fit memory, or are
 * nearly as many as the rows, the others' groups are made of what is there, and from then
 * on rows are taken in for each set.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "vector/aggregate/aggregate_operator.h"

/* Rows after which the finest set has to have fewer groups than half of them. */
#define RS_TRIAL_ROWS	131072

/*
 * The set that has the columns of all others; -1: there is none, or a function does not
 * allow it.
 */
int
rs_aggregate_finest_set(const RsAggregateOperator *agg)
{
	int			nsets = rs_grouping_sets_count(agg->sets);
	int			finest = 0;
	int			i;

	if (nsets < 2 || agg->in_order)
		return -1;
	for (i = 0; i < agg->nfunctions; i++)
		if (agg->functions[i].aggref != NULL && !rs_aggregate_is_exact(agg->functions[i].aggref))
			return -1;
	for (i = 1; i < nsets; i++)
		if (bms_num_members(rs_grouping_set(agg->sets, i)) >
			bms_num_members(rs_grouping_set(agg->sets, finest)))
			finest = i;
	for (i = 0; i < nsets; i++)
		if (!bms_is_subset(rs_grouping_set(agg->sets, i), rs_grouping_set(agg->sets, finest)))
			return -1;
	return finest;
}

bool
rs_aggregate_should_derive(const RsAggregateOperator *agg)
{
	/* Each set has at most as many groups as the finest. */
	if (MemoryContextMemAllocated(agg->context, true) >
		get_hash_memory_limit() / rs_grouping_sets_count(agg->sets))
		return false;
	return agg->taken < RS_TRIAL_ROWS || agg->ngroups < agg->taken / 2;
}

/*
 * Some groups taken in for another set.
 */
static void
derive_groups(RsAggregateOperator *agg, int set, uint32 first, uint32 n)
{
	RsOperator *op = &agg->op;
	uint32	   *from = rs_arena_alloc(op->arena, n * sizeof(uint32));
	uint32	   *to = rs_arena_alloc(op->arena, n * sizeof(uint32));
	const RsVector **columns = rs_arena_alloc(op->arena, agg->ncolumns * sizeof(RsVector *));
	MemoryContext old = MemoryContextSwitchTo(op->values);
	uint32		i;
	int			c;
	int			f;

	for (i = 0; i < n; i++)
		from[i] = first + i;
	for (c = 0; c < agg->ncolumns; c++)
		columns[c] = rs_grouping_sets_value(agg->sets, set, agg->attnos[c],
											rs_group_table_column(agg->table, op->arena, c, from, n),
											op->arena, n);
	rs_group_table_find(agg->table, op->arena, columns, n, to);
	agg->ngroups = rs_group_table_count(agg->table);
	rs_aggregate_grow_states(agg);
	for (f = 0; f < agg->nfunctions; f++)
	{
		RsAggregateFunction *function = &agg->functions[f];
		const RsVector *states[RS_STATE_COLUMNS];

		if (function->aggref == NULL || function->shared)
			continue;
		rs_aggregate_export(function->states, op->arena, from, n, states);
		rs_aggregate_import(function->states, op->arena, states, to, n);
	}
	MemoryContextSwitchTo(old);
}

/*
 * If rows were taken in for the finest set alone, make the groups of the others.
 */
void
rs_aggregate_derive_sets(RsAggregateOperator *agg)
{
	int			nsets;
	uint32	   *starts;
	uint32	   *counts;
	int			done;

	if (!agg->deriving)
		return;
	agg->deriving = false;
	rs_grouping_sets_ask(agg->sets, -1);
	nsets = rs_grouping_sets_count(agg->sets);
	/* What is current goes with each batch. */
	starts = MemoryContextAlloc(agg->files, nsets * sizeof(uint32));
	counts = MemoryContextAlloc(agg->files, nsets * sizeof(uint32));
	/* So many groups no set has. */
	memset(counts, 0xff, nsets * sizeof(uint32));
	starts[agg->finest] = 0;
	counts[agg->finest] = agg->ngroups;
	for (done = 1; done < nsets; done++)
	{
		int			set = -1;
		int			parent = agg->finest;
		uint32		at;
		int			s;

		/* Of those that are left, one with the most columns. */
		for (s = 0; s < nsets; s++)
			if (counts[s] == PG_UINT32_MAX &&
				(set < 0 || bms_num_members(rs_grouping_set(agg->sets, s)) >
				 bms_num_members(rs_grouping_set(agg->sets, set))))
				set = s;
		for (s = 0; s < nsets; s++)
			if (counts[s] < counts[parent] &&
				bms_is_subset(rs_grouping_set(agg->sets, set), rs_grouping_set(agg->sets, s)))
				parent = s;
		starts[set] = agg->ngroups;
		for (at = 0; at < counts[parent]; at += RS_VECTOR_ROWS)
		{
			CHECK_FOR_INTERRUPTS();
			rs_operator_reset_batch(&agg->op);
			derive_groups(agg, set, starts[parent] + at, Min(counts[parent] - at, RS_VECTOR_ROWS));
		}
		counts[set] = agg->ngroups - starts[set];
	}
	pfree(starts);
	pfree(counts);
}
