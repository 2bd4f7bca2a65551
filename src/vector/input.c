/*
 * input.c
 *	  The input operator: rows of a node that is not ours, as batches.
 */
#include "postgres.h"

#include "executor/executor.h"
#include "nodes/execnodes.h"
#include "nodes/extensible.h"
#include "utils/datum.h"
#include "vector/operator.h"

typedef struct InputOperator
{
	RsOperator	op;
	PlanState  *source;
	bool		done;
} InputOperator;

bool
rs_is_input(Plan *plan)
{
	return IsA(plan, CustomScan) && strcmp(((CustomScan *) plan)->methods->CustomName, "RsInput") == 0;
}

static bool
next(RsOperator *op, RsVectorBatch *batch)
{
	InputOperator *input = (InputOperator *) op;
	Datum	  **values;
	bool	  **nulls;
	uint32		n = 0;
	int			c;

	rs_operator_reset_batch(op);
	if (input->done)
		return false;
	values = rs_arena_alloc(op->arena, Max(op->ncolumns, 1) * sizeof(Datum *));
	nulls = rs_arena_alloc(op->arena, Max(op->ncolumns, 1) * sizeof(bool *));
	for (c = 0; c < op->ncolumns; c++)
	{
		values[c] = rs_arena_alloc(op->arena, RS_VECTOR_ROWS * sizeof(Datum));
		nulls[c] = rs_arena_alloc(op->arena, RS_VECTOR_ROWS * sizeof(bool));
	}
	while (n < (uint32) rs_vector_rows)
	{
		TupleTableSlot *slot = ExecProcNode(input->source);
		MemoryContext old;

		if (TupIsNull(slot))
		{
			input->done = true;
			break;
		}
		slot_getallattrs(slot);
		old = MemoryContextSwitchTo(op->values);
		for (c = 0; c < op->ncolumns; c++)
		{
			nulls[c][n] = slot->tts_isnull[c];
			values[c][n] = slot->tts_isnull[c] ? (Datum) 0 :
				datumCopy(slot->tts_values[c], op->types[c].typbyval, op->types[c].typlen);
		}
		MemoryContextSwitchTo(old);
		n++;
	}
	batch->n = n;
	batch->columns = rs_arena_alloc(op->arena, Max(op->ncolumns, 1) * sizeof(RsVector *));
	for (c = 0; c < op->ncolumns; c++)
		batch->columns[c] = rs_vector_from_datums(op->arena, &op->types[c], values[c], nulls[c], n);
	return n > 0;
}

/* The node itself is rescanned with the whole. */
static void
rescan(RsOperator *op)
{
	((InputOperator *) op)->done = false;
}

static void
end(RsOperator *op)
{
}

RsOperator *
rs_input_operator(RsEngine *engine, Plan *plan)
{
	InputOperator *input = rs_operator_create(engine, plan, sizeof(InputOperator), "Rows", NULL, NULL);

	input->source = list_nth(engine->inputs, linitial_int(((CustomScan *) plan)->custom_private));
	input->op.next = next;
	input->op.rescan = rescan;
	input->op.end = end;
	return &input->op;
}
