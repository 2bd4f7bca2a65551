/*
 * aggregate_stream.c
 *	  Groups of rows that come in the order of the keys.
 *
 * A group is complete where the next one begins.  So the table takes in rows until it
 * has many groups, and then up to the last row of a batch whose keys differ from those
 * before; its groups are given, and the other rows of that batch begin the next table.
 * It stays small enough for the caches, and memory does not depend on the number of groups.
 */
#include "postgres.h"

#include "core/settings.h"
#include "vector/aggregate/aggregate_operator.h"
#include "vector/sort/row_changes.h"

uint32
rs_aggregate_streamed_groups(void)
{
	return 2 * (uint32) rs_vector_rows;
}

/*
 * The last row of the batch where a group begins; 0: none but maybe the first.
 */
static uint32
last_change(RsAggregateOperator *agg, const RsVectorBatch *batch)
{
	uint8	   *changes = rs_arena_alloc(agg->op.arena, batch->n);
	uint32		row;

	memset(changes, 0, batch->n);
	rs_mark_changes(agg->input_types, batch->columns, agg->nkeys, agg->attnos, batch->n, changes);
	for (row = batch->n - 1; row > 0 && !changes[row]; row--)
		 /* search */ ;
	return row;
}

/*
 * Rows [from, to) of a batch into the table.
 */
static void
take_rows(RsAggregateOperator *agg, const RsVectorBatch *batch, uint32 from, uint32 to)
{
	RsArena    *arena = agg->op.arena;
	RsVectorBatch part = {.n = to - from};
	uint32	   *rows = rs_arena_alloc(arena, part.n * sizeof(uint32));
	uint32		i;
	int			c;

	for (i = 0; i < part.n; i++)
		rows[i] = from + i;
	part.columns = rs_arena_alloc(arena, Max(agg->op.outer->ncolumns, 1) * sizeof(RsVector *));
	for (c = 0; c < agg->op.outer->ncolumns; c++)
		part.columns[c] = rs_vector_gather(arena, batch->columns[c], rows, part.n);
	rs_aggregate_take_batch(agg, &part);
}

bool
rs_aggregate_stream_next(RsAggregateOperator *agg)
{
	RsOperator *op = &agg->op;
	RsVectorBatch batch;

	if (agg->input_ended && agg->held.n == 0)
		return false;
	/* It has the groups of a batch or so. */
	rs_aggregate_begin_table(agg, 0.0);
	rs_operator_reset_batch(op);
	if (agg->held.n > 0)
		take_rows(agg, &agg->held, agg->held_from, agg->held.n);
	agg->held.n = 0;
	while (!agg->input_ended)
	{
		uint32		change = 0;

		if (!rs_operator_next(op->outer, &batch))
		{
			agg->input_ended = true;
			break;
		}
		if (batch.n == 0)
			continue;
		rs_operator_reset_batch(op);
		if (agg->ngroups >= rs_aggregate_streamed_groups())
			change = last_change(agg, &batch);
		if (change > 0)
		{
			take_rows(agg, &batch, 0, change);
			agg->held = batch;
			agg->held_from = change;
			break;
		}
		rs_aggregate_take_batch(agg, &batch);
	}
	rs_aggregate_finish_table(agg);
	return true;
}
