/*
 * column_store.c
 *	  A column of many rows in memory.
 *
 * Values keep the form of vectors.  Numerics are integers of one scale as long as
 * every batch has that scale, and become Datums when one has not.
 */
#include "postgres.h"

#include "utils/datum.h"
#include "utils/memutils.h"
#include "vector/column_store.h"

void
rs_column_store_init(RsColumnStore *store, const RsVectorType *type, MemoryContext context)
{
	memset(store, 0, sizeof(RsColumnStore));
	store->type = *type;
	store->context = context;
	store->form = type->form;
}

static void
reserve(RsColumnStore *store, uint32 n)
{
	if (store->n + (uint64) n > store->capacity)
	{
		if (store->n > PG_UINT32_MAX / 4)
			ereport(ERROR,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					 errmsg("too many rows on the build side of a hash join")));
		store->capacity = Max(store->capacity * 2, store->n + Max(n, 1024));
		store->data = rs_enlarge(store->context, store->data,
							  (Size) store->capacity * rs_form_width(store->form));
		store->null = rs_enlarge(store->context, store->null, store->capacity);
	}
}

/*
 * Numerics so far, as Datums from now on.
 */
static void
become_datums(RsColumnStore *store)
{
	RsVector	before = {.form = store->form, .scale = store->scale, .data = store->data,
		.null = store->null};
	Datum	   *datums = MemoryContextAllocHuge(store->context, Max(store->capacity, 1) * sizeof(Datum));
	MemoryContext old = MemoryContextSwitchTo(store->context);
	bool		isnull;
	uint32		i;

	for (i = 0; i < store->n; i++)
		datums[i] = rs_vector_datum(&before, &store->type, i, &isnull);
	MemoryContextSwitchTo(old);
	if (store->data != NULL)
		pfree(store->data);
	store->data = (char *) datums;
	store->form = RS_FORM_REF;
	store->scale = 0;
}

static void
append_datums(RsColumnStore *store, const RsVector *vector, uint32 n)
{
	MemoryContext old = MemoryContextSwitchTo(store->context);
	Datum	   *to = (Datum *) store->data + store->n;
	uint32		i;

	for (i = 0; i < n; i++)
	{
		bool		isnull;
		Datum		value = rs_vector_datum(vector, &store->type, i, &isnull);

		to[i] = (Datum) 0;
		if (isnull)
			continue;
		/* A numeric made of an integer is ours already. */
		if (store->type.is_numeric && vector->form != RS_FORM_REF)
			to[i] = value;
		else if (store->type.typlen == -1)
			to[i] = PointerGetDatum(PG_DETOAST_DATUM_COPY(value));
		else
			to[i] = datumCopy(value, false, store->type.typlen);
	}
	MemoryContextSwitchTo(old);
}

void
rs_column_store_append(RsColumnStore *store, const RsVector *vector, uint32 n)
{
	Size		width;
	uint32		i;

	if (store->type.is_numeric && store->form != RS_FORM_REF)
	{
		if (store->n == 0 && vector->scales == NULL)
		{
			if (store->capacity > 0 && rs_form_width(vector->form) != rs_form_width(store->form))
			{
				pfree(store->data);
				pfree(store->null);
				store->data = NULL;
				store->null = NULL;
				store->capacity = 0;
			}
			store->form = vector->form;
			store->scale = vector->scale;
		}
		else if (vector->form != store->form || vector->scale != store->scale ||
				 vector->scales != NULL)
			become_datums(store);
	}
	reserve(store, n);
	width = rs_form_width(store->form);
	for (i = 0; i < n; i++)
		store->null[store->n + i] = rs_vector_is_null(vector, i);
	if (store->form == RS_FORM_REF)
		append_datums(store, vector, n);
	else if (!vector->constant)
		memcpy(store->data + store->n * width, vector->data, n * width);
	else
		for (i = 0; i < n; i++)
			memcpy(store->data + (store->n + i) * width, vector->data, width);
	store->n += n;
}

void
rs_column_store_view(const RsColumnStore *store, RsVector *vector)
{
	memset(vector, 0, sizeof(RsVector));
	vector->form = store->form;
	vector->scale = store->scale;
	vector->data = store->data;
	vector->null = store->null;
}

RsVector *
rs_column_store_gather(const RsColumnStore *store, RsArena *arena, const uint32 *rows, uint32 n)
{
	RsVector	whole = {.form = store->form, .scale = store->scale, .data = store->data,
		.null = store->null};
	uint32	   *present = NULL;
	RsVector   *result;
	uint32		i;

	for (i = 0; i < n; i++)
		if (rows[i] == RS_NO_ROW)
			break;
	if (i < n)
	{
		/* Row 0 stands in for those that there are none of. */
		present = rs_arena_alloc(arena, n * sizeof(uint32));
		for (i = 0; i < n; i++)
			present[i] = rows[i] == RS_NO_ROW ? 0 : rows[i];
	}
	if (store->n == 0)
	{
		result = rs_vector_create(arena, store->form, n);
		memset(result->data, 0, n * rs_form_width(store->form));
		result->null = rs_arena_alloc(arena, n);
		memset(result->null, 1, n);
		return result;
	}
	result = rs_vector_gather(arena, &whole, present != NULL ? present : rows, n);
	if (present != NULL)
		for (i = 0; i < n; i++)
			result->null[i] |= rows[i] == RS_NO_ROW;
	return result;
}
