/*
 * aggregate_order.c
 *	  Groups in the order that the plan promises: of one table, or of several merged.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"
#include "vector/aggregate/aggregate_operator.h"

/* Memory that merging may have at least. */
#define RS_LEAST_MERGE_MEMORY	((Size) 16 * 1024 * 1024)

/*
 * The input's column that groups are sorted by, k-th.
 */
static AttrNumber
sort_column(const RsAggregateOperator *agg, int k)
{
	return agg->sets == NULL ? agg->sort->sortColIdx[k] :
		rs_grouping_sets_column(agg->sets, agg->sort->sortColIdx[k]);
}

/*
 * The order that groups are promised in, of columns of the table from first on.
 */
static RsSortOrder *
order_of_groups(RsAggregateOperator *agg, const RsVectorType *types, AttrNumber first, bool by_key)
{
	Sort	   *sort = agg->sort;
	AttrNumber *columns = palloc(sort->numCols * sizeof(AttrNumber));
	int			k;

	for (k = 0; k < sort->numCols; k++)
		columns[k] = (AttrNumber) (first + (by_key ? k : rs_aggregate_column_position(agg, sort_column(agg, k))));
	return rs_sort_order_create(agg->op.env.context, types, sort->numCols, columns,
								sort->sortOperators, sort->collations, sort->nullsFirst);
}

void
rs_aggregate_sort_groups(RsAggregateOperator *agg)
{
	RsArena    *arena;
	const RsVector **columns;
	uint32	   *groups;
	uint32		g;
	int			k;

	if (agg->ngroups == 0)
		return;
	arena = rs_arena_create(agg->context);
	columns = rs_arena_alloc(arena, agg->ncolumns * sizeof(RsVector *));
	groups = rs_arena_alloc(arena, agg->ngroups * sizeof(uint32));
	for (g = 0; g < agg->ngroups; g++)
		groups[g] = g;
	if (agg->group_order == NULL)
		agg->group_order = order_of_groups(agg, agg->column_types, 1, false);
	for (k = 0; k < rs_sort_nkeys(agg->group_order); k++)
	{
		int			c = rs_sort_key(agg->group_order, k) - 1;
		MemoryContext old = MemoryContextSwitchTo(agg->context);

		columns[c] = rs_group_table_column(agg->table, arena, c, groups, agg->ngroups);
		MemoryContextSwitchTo(old);
	}
	agg->order = rs_sort_rows(agg->group_order, columns, agg->ngroups, agg->context);
	rs_arena_destroy(arena);
}

/*
 * The groups are of several tables, and promised in order: each table's results make
 * a run of rows with the columns of the order behind them, and the runs are merged.
 */
void
rs_aggregate_sort_into_runs(RsAggregateOperator *agg)
{
	RsOperator *op = &agg->op;
	int			nkeys = agg->sort->numCols;
	int			ncolumns = op->ncolumns + nkeys;
	MemoryContext old = MemoryContextSwitchTo(op->env.context);
	RsVectorType *types = palloc(ncolumns * sizeof(RsVectorType));
	const RsVector **columns = palloc(ncolumns * sizeof(RsVector *));
	RsVectorBatch batch;
	RsRows	   *rows;
	int			k;

	memcpy(types, op->types, op->ncolumns * sizeof(RsVectorType));
	for (k = 0; k < nkeys; k++)
		types[op->ncolumns + k] = agg->column_types[rs_aggregate_column_position(agg, sort_column(agg, k))];
	agg->runs = rs_sort_runs_create(op->env.context,
									order_of_groups(agg, types, (AttrNumber) (op->ncolumns + 1), true),
									types, ncolumns,
									Max(get_hash_memory_limit(), RS_LEAST_MERGE_MEMORY));
	MemoryContextSwitchTo(old);
	do
	{
		rs_sort_runs_begin(agg->runs);
		while ((rows = rs_aggregate_next_rows(agg)) != NULL)
		{
			rs_operator_project(op, rows, &batch);
			memcpy(columns, batch.columns, op->ncolumns * sizeof(RsVector *));
			for (k = 0; k < nkeys; k++)
				columns[op->ncolumns + k] = rows->column(rows, OUTER_VAR, sort_column(agg, k));
			rs_sort_runs_append(agg->runs, columns, rows->n);
		}
		rs_sort_runs_finish(agg->runs);
	} while (rs_aggregate_compute_next(agg));
	rs_sort_runs_rewind(agg->runs);
	pfree(columns);
}
