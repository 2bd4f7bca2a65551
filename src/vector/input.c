/*
 * input.c
 *	  The input operator: rows of a node that is not ours, as batches.
 *
 * Numerics become integers of one scale where a batch's are of one, as in scans, so
 * that what is computed of them takes the same way.
 */
#include "postgres.h"

#include "encoding/numeric.h"
#include "executor/executor.h"
#include "nodes/execnodes.h"
#include "nodes/extensible.h"
#include "utils/datum.h"
#include "utils/memutils.h"
#include "vector/batch_source.h"
#include "vector/operator.h"

/* A column of the batch that is being filled. */
typedef struct InputColumn
{
	Datum	   *values;
	bool	   *nulls;
	/* of numerics instead of values: those that are not NULL, one behind the other */
	RsValues	numerics;
	Size		capacity;
} InputColumn;

typedef struct InputOperator
{
	RsOperator	op;
	PlanState  *source;
	RsNextBatch next_batch;		/* NULL: it gives rows */
	bool		done;
	InputColumn *columns;
} InputOperator;

bool
rs_is_input(Plan *plan)
{
	return IsA(plan, CustomScan) && strcmp(((CustomScan *) plan)->methods->CustomName, "RsInput") == 0;
}

static void
begin_columns(InputOperator *input)
{
	RsOperator *op = &input->op;
	int			c;

	for (c = 0; c < op->ncolumns; c++)
	{
		InputColumn *column = &input->columns[c];

		column->values = rs_arena_alloc(op->arena, RS_VECTOR_ROWS * sizeof(Datum));
		column->nulls = rs_arena_alloc(op->arena, RS_VECTOR_ROWS * sizeof(bool));
		if (op->types[c].is_numeric)
			column->numerics.offsets = rs_arena_alloc(op->arena, RS_VECTOR_ROWS * sizeof(uint32));
		column->numerics.count = 0;
		column->numerics.nbytes = 0;
	}
}

static void
take_numeric(InputOperator *input, InputColumn *column, Datum value)
{
	RsValues   *numerics = &column->numerics;
	struct varlena *image = PG_DETOAST_DATUM_PACKED(value);
	Size		size = VARSIZE_ANY(image);

	/* One with a long header has to be aligned. */
	numerics->nbytes = MAXALIGN(numerics->nbytes);
	if (numerics->nbytes + size > column->capacity)
	{
		column->capacity = Max(2 * column->capacity, numerics->nbytes + size + 1024);
		numerics->bytes = rs_enlarge(GetMemoryChunkContext(input), numerics->bytes, column->capacity);
	}
	numerics->offsets[numerics->count++] = (uint32) numerics->nbytes;
	memcpy(numerics->bytes + numerics->nbytes, image, size);
	numerics->nbytes += size;
}

static void
take_row(InputOperator *input, TupleTableSlot *slot, uint32 row)
{
	RsOperator *op = &input->op;
	int			c;

	for (c = 0; c < op->ncolumns; c++)
	{
		InputColumn *column = &input->columns[c];

		column->nulls[row] = slot->tts_isnull[c];
		column->values[row] = (Datum) 0;
		if (slot->tts_isnull[c])
			continue;
		if (op->types[c].is_numeric)
			take_numeric(input, column, slot->tts_values[c]);
		else
			column->values[row] = datumCopy(slot->tts_values[c], op->types[c].typbyval,
											op->types[c].typlen);
	}
}

/*
 * The numerics as integers; NULL if they are not of one scale.
 */
static RsVector *
scale_numerics(RsOperator *op, const InputColumn *column, uint32 n)
{
	RsValues	scaled;
	RsVector   *vector;
	Size		width;
	uint32		from = 0;
	uint32		i;

	if (!rs_numeric_scale(&column->numerics, &scaled))
		return NULL;
	width = scaled.width;
	vector = rs_vector_create(op->arena, scaled.phys == RS_PHYS_INT64 ? RS_FORM_I64 : RS_FORM_I128, n);
	vector->scale = scaled.scale;
	if (scaled.count == n)
	{
		memcpy(vector->data, scaled.fixed, n * width);
		return vector;
	}
	vector->null = rs_arena_alloc(op->arena, n);
	memset(vector->data, 0, n * width);
	for (i = 0; i < n; i++)
	{
		vector->null[i] = column->nulls[i];
		if (!column->nulls[i])
			memcpy((char *) vector->data + i * width, (char *) scaled.fixed + from++ * width, width);
	}
	return vector;
}

static const RsVector *
finish_column(InputOperator *input, int c, uint32 n)
{
	RsOperator *op = &input->op;
	InputColumn *column = &input->columns[c];
	uint32		from = 0;
	uint32		i;

	if (op->types[c].is_numeric)
	{
		RsVector   *scaled = scale_numerics(op, column, n);

		if (scaled != NULL)
			return scaled;
		for (i = 0; i < n; i++)
			if (!column->nulls[i])
				column->values[i] = PointerGetDatum(column->numerics.bytes +
													column->numerics.offsets[from++]);
	}
	return rs_vector_from_datums(op->arena, &op->types[c], column->values, column->nulls, n);
}

static bool
next(RsOperator *op, RsVectorBatch *batch)
{
	InputOperator *input = (InputOperator *) op;
	MemoryContext old;
	uint32		n;
	int			c;

	rs_operator_reset_batch(op);
	if (input->done)
		return false;
	if (input->next_batch != NULL)
	{
		/* As ExecProcNode() does. */
		if (input->source->chgParam != NULL)
			ExecReScan(input->source);
		if (input->source->instrument != NULL)
			InstrStartNode(input->source->instrument);
		input->done = !input->next_batch((CustomScanState *) input->source, op->arena, batch);
		if (input->source->instrument != NULL)
			InstrStopNode(input->source->instrument, input->done ? 0.0 : batch->n);
		return !input->done;
	}
	begin_columns(input);
	/* The node may fail in any row that it computes. */
	for (n = 0; n < (op->careful ? 1 : (uint32) rs_vector_rows); n++)
	{
		TupleTableSlot *slot;

		/* What the node makes in passing is its own. */
		old = MemoryContextSwitchTo(op->env.context);
		slot = ExecProcNode(input->source);
		MemoryContextSwitchTo(old);
		if (TupIsNull(slot))
		{
			input->done = true;
			break;
		}
		slot_getallattrs(slot);
		old = MemoryContextSwitchTo(op->values);
		take_row(input, slot, n);
		MemoryContextSwitchTo(old);
	}
	batch->n = n;
	batch->columns = rs_arena_alloc(op->arena, Max(op->ncolumns, 1) * sizeof(RsVector *));
	old = MemoryContextSwitchTo(op->values);
	for (c = 0; c < op->ncolumns; c++)
		batch->columns[c] = finish_column(input, c, n);
	MemoryContextSwitchTo(old);
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
rs_rows_operator(RsEngine *engine, Plan *plan, PlanState *source)
{
	InputOperator *input = rs_operator_create(engine, plan, sizeof(InputOperator), "Rows", NULL, NULL);
	int			c;

	input->columns = palloc0(Max(input->op.ncolumns, 1) * sizeof(InputColumn));
	for (c = 0; c < input->op.ncolumns; c++)
		input->columns[c].numerics.phys = RS_PHYS_VARLEN;
	input->source = source;
	input->next_batch = rs_batch_source(source);
	input->op.next = next;
	input->op.rescan = rescan;
	input->op.end = end;
	return &input->op;
}

RsOperator *
rs_input_operator(RsEngine *engine, Plan *plan)
{
	return rs_rows_operator(engine, plan,
							list_nth(engine->inputs,
									 linitial_int(((CustomScan *) plan)->custom_private)));
}
