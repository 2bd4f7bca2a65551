/*
 * row_changes.c
 *	  Where neighbouring rows differ: duplicates, partitions and peers in sorted rows.
 */
#include "postgres.h"

#include "nodes/nodeFuncs.h"
#include "utils/memutils.h"
#include "vector/sort/row_changes.h"

bool
rs_columns_comparable(const Plan *plan, int n, const AttrNumber *columns, const Oid *operators,
					  const Oid *collations)
{
	int			i;

	for (i = 0; i < n; i++)
	{
		TargetEntry *entry = list_nth_node(TargetEntry, plan->targetlist, columns[i] - 1);

		if (!rs_key_type_supported(exprType((Node *) entry->expr), operators[i], collations[i]))
			return false;
	}
	return true;
}

static double
float_value(const RsVector *vector, uint32 row)
{
	return vector->form == RS_FORM_F32 ? ((float4 *) vector->data)[row] :
		((float8 *) vector->data)[row];
}

static bool
numerics_equal(const RsVector *a, uint32 x, const RsVector *b, uint32 y)
{
	RsNumericKey a_key;
	RsNumericKey b_key;

	if (a->form != RS_FORM_REF && b->form != RS_FORM_REF && a->scale == b->scale)
		return rs_vector_numeric(a, x) == rs_vector_numeric(b, y);
	rs_numeric_key(a, x, &a_key);
	rs_numeric_key(b, y, &b_key);
	return rs_numeric_key_equal(&a_key, &b_key);
}

bool
rs_vector_values_equal(const RsVectorType *type, const RsVector *a, uint32 x, const RsVector *b, uint32 y)
{
	bool		a_null = rs_vector_is_null(a, x);

	if (a_null || rs_vector_is_null(b, y))
		return a_null && rs_vector_is_null(b, y);
	if (a->constant)
		x = 0;
	if (b->constant)
		y = 0;
	if (type->is_numeric)
		return numerics_equal(a, x, b, y);
	switch (type->form)
	{
		case RS_FORM_F32:
		case RS_FORM_F64:
			return rs_float_order(float_value(a, x), float_value(b, y)) == 0;
		case RS_FORM_REF:
			return rs_refs_equal(type, ((Datum *) a->data)[x], ((Datum *) b->data)[y]);
		default:
			return rs_vector_int(a, x) == rs_vector_int(b, y);
	}
}

#define MARK(integer) \
	do { \
		const integer *values = vector->data; \
		for (i = 1; i < nrows; i++) \
			changes[i] |= values[i] != values[i - 1]; \
	} while (0)

void
rs_mark_changes(const RsVectorType *types, const RsVector **columns, int n,
				const AttrNumber *attnos, uint32 nrows, uint8 *changes)
{
	int			c;
	uint32		i;

	for (c = 0; c < n; c++)
	{
		const RsVector *vector = columns[attnos[c] - 1];
		const RsVectorType *type = &types[attnos[c] - 1];

		if (vector->constant)
			continue;
		if (vector->null == NULL && !type->is_numeric && vector->form == RS_FORM_I32)
			MARK(int32);
		else if (vector->null == NULL && vector->form == RS_FORM_I64)
			MARK(int64);
		else
			for (i = 1; i < nrows; i++)
				changes[i] |= !rs_vector_values_equal(type, vector, i, vector, i - 1);
	}
}

/* ---------------------------------------------------------------------
 * A row that outlives its batch
 * ---------------------------------------------------------------------
 */

struct RsKeptRow
{
	const RsVectorType *types;
	int			nkeys;
	const AttrNumber *attnos;
	MemoryContext context;		/* of what the values point to */
	RsArena    *arena;
	const RsVector **values;	/* by column; of one row */
};

RsKeptRow *
rs_kept_row_create(MemoryContext context, const RsVectorType *types, int ncolumns, int nkeys,
				   const AttrNumber *attnos)
{
	RsKeptRow  *kept = MemoryContextAllocZero(context, sizeof(RsKeptRow));

	kept->types = types;
	kept->nkeys = nkeys;
	kept->attnos = attnos;
	kept->context = AllocSetContextCreate(context, "redshift kept row", ALLOCSET_SMALL_SIZES);
	kept->arena = rs_arena_create(context);
	kept->values = MemoryContextAllocZero(context, Max(ncolumns, 1) * sizeof(RsVector *));
	return kept;
}

void
rs_kept_row_set(RsKeptRow *kept, const RsVector **columns, uint32 row)
{
	MemoryContext old;
	int			k;

	rs_arena_reset(kept->arena);
	MemoryContextReset(kept->context);
	old = MemoryContextSwitchTo(kept->context);
	for (k = 0; k < kept->nkeys; k++)
	{
		int			c = kept->attnos[k] - 1;
		uint32		at = columns[c]->constant ? 0 : row;
		RsVector   *value = rs_vector_gather(kept->arena, rs_vector_flatten(kept->arena, columns[c], 1),
											 &at, 1);

		if (value->form == RS_FORM_REF && !rs_vector_is_null(value, 0))
		{
			Datum	   *datum = value->data;

			if (kept->types[c].typlen == -1)
				*datum = PointerGetDatum(PG_DETOAST_DATUM_COPY(*datum));
			else
				*datum = PointerGetDatum(memcpy(palloc(kept->types[c].typlen), DatumGetPointer(*datum),
												kept->types[c].typlen));
		}
		kept->values[c] = value;
	}
	MemoryContextSwitchTo(old);
}

bool
rs_kept_row_equals(const RsKeptRow *kept, const RsVector **columns, uint32 row)
{
	int			k;

	for (k = 0; k < kept->nkeys; k++)
	{
		int			c = kept->attnos[k] - 1;

		if (!rs_vector_values_equal(&kept->types[c], columns[c], row, kept->values[c], 0))
			return false;
	}
	return true;
}
