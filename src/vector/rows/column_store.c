/*
 * column_store.c
 *	  A column of many rows in memory.
 *
 * Values keep the form of vectors, but those by reference: their images stand one
 * after another in one area that grows, and the values are offsets into it.
 * Images with a four-byte header or none begin at MAXALIGNed offsets.
 *
 * Numerics are integers of one scale as long as every batch has that scale, and
 * become images when one has not.
 */
#include "postgres.h"

#include "utils/memutils.h"
#include "vector/rows/column_store.h"

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
	if (store->n + (uint64) n <= store->capacity)
		return;
	if (store->n > PG_UINT32_MAX / 4)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many rows on the build side of a hash join")));
	store->capacity = Max(store->capacity * 2, store->n + Max(n, 1024));
	store->data = rs_enlarge(store->context, store->data,
							 (Size) store->capacity * rs_form_width(store->form));
	if (store->null != NULL)
		store->null = rs_enlarge(store->context, store->null, store->capacity);
}

/*
 * A copy of an image at the end of the area; its offset.
 */
static uint64
add_image(RsColumnStore *store, Datum value, MemoryContext scratch)
{
	Size		size;
	bool		aligned;
	const char *image = rs_datum_image(&store->type, value, scratch, &size, &aligned);
	Size		at = aligned ? MAXALIGN(store->nbytes) : store->nbytes;

	if (at + size > store->images_capacity)
	{
		store->images_capacity = Max(store->images_capacity * 2, at + Max(size, 1024));
		store->images = rs_enlarge(store->context, store->images, store->images_capacity);
	}
	memcpy(store->images + at, image, size);
	store->nbytes = at + size;
	return at;
}

/* Values of a dictionary come again and again: their images are kept once a batch. */
#define RS_IMAGE_CACHE	64

static void
append_images(RsColumnStore *store, const RsVector *vector, uint32 n, MemoryContext scratch)
{
	MemoryContext old = MemoryContextSwitchTo(scratch);
	uint64	   *to = (uint64 *) store->data + store->n;
	Datum		known[RS_IMAGE_CACHE] = {0};
	uint64		known_at[RS_IMAGE_CACHE];
	uint32		i;

	for (i = 0; i < n; i++)
	{
		bool		isnull;
		Datum		value = rs_vector_datum(vector, &store->type, i, &isnull);
		uint32		slot = (uint32) (value ^ value >> 6) % RS_IMAGE_CACHE;

		if (isnull)
		{
			to[i] = 0;
			continue;
		}
		if (known[slot] != value)
		{
			known_at[slot] = add_image(store, value, scratch);
			known[slot] = value;
		}
		to[i] = known_at[slot];
	}
	MemoryContextSwitchTo(old);
}

#define RS_CONVERTED_ROWS	1024

void
rs_column_store_convert(RsColumnStore *store, RsForm form, MemoryContext scratch)
{
	RsColumnStore before = *store;
	RsVector	part = {.form = before.form, .scale = before.scale};
	MemoryContext temporary;
	uint32		first;

	if (store->form == form)
		return;
	store->form = form;
	store->data = store->capacity == 0 ? NULL :
		MemoryContextAllocHuge(store->context, (Size) store->capacity * rs_form_width(form));
	if (form == RS_FORM_I128)
	{
		for (first = 0; first < before.n; first++)
			((int128 *) store->data)[first] = ((int64 *) before.data)[first];
	}
	else
	{
		store->scale = 0;
		store->n = 0;
		temporary = AllocSetContextCreate(scratch, "redshift numerics", ALLOCSET_DEFAULT_SIZES);
		for (first = 0; first < before.n; first += RS_CONVERTED_ROWS)
		{
			uint32		n = Min(before.n - first, RS_CONVERTED_ROWS);

			part.data = before.data + first * rs_form_width(before.form);
			part.null = before.null != NULL ? before.null + first : NULL;
			append_images(store, &part, n, temporary);
			store->n += n;
			MemoryContextReset(temporary);
		}
		MemoryContextDelete(temporary);
	}
	if (before.data != NULL)
		pfree(before.data);
}

RsForm
rs_common_form(RsForm form, int16 *scale, RsForm other, int16 other_scale)
{
	if (form == RS_FORM_REF || other == RS_FORM_REF || *scale != other_scale)
	{
		*scale = 0;
		return RS_FORM_REF;
	}
	return form == other ? form : RS_FORM_I128;
}

/*
 * A form that the numerics so far and those of the vector fit in.
 */
static void
adapt_form(RsColumnStore *store, const RsVector *vector, MemoryContext scratch)
{
	int16		scale = store->scale;
	RsForm		form;

	if (store->n == 0 && vector->scales == NULL)
	{
		rs_column_store_convert(store, vector->form, scratch);
		store->scale = vector->scale;
		return;
	}
	form = vector->scales != NULL ? RS_FORM_REF :
		rs_common_form(store->form, &scale, vector->form, vector->scale);
	rs_column_store_convert(store, form, scratch);
}

static void
append_null(RsColumnStore *store, const RsVector *vector, uint32 n)
{
	uint8		any = 0;
	uint32		i;

	if (vector->null != NULL)
		for (i = 0; i < (vector->constant ? 1 : n); i++)
			any |= vector->null[i];
	if (any && store->null == NULL)
	{
		store->null = MemoryContextAllocHuge(store->context, store->capacity);
		memset(store->null, 0, store->n);
	}
	if (store->null == NULL)
		return;
	if (!any || vector->constant)
		memset(store->null + store->n, any, n);
	else
		memcpy(store->null + store->n, vector->null, n);
}

void
rs_column_store_append(RsColumnStore *store, const RsVector *vector, uint32 n,
					   MemoryContext scratch)
{
	bool		all_null = vector->constant && vector->null != NULL && vector->null[0];
	Size		width;
	uint32		i;

	if (!all_null && store->type.is_numeric && store->form != RS_FORM_REF &&
		(vector->form != store->form || vector->scale != store->scale || vector->scales != NULL))
		adapt_form(store, vector, scratch);
	reserve(store, n);
	append_null(store, vector, n);
	width = rs_form_width(store->form);
	if (all_null)
		memset(store->data + store->n * width, 0, n * width);
	else if (store->form == RS_FORM_REF)
		append_images(store, vector, n, scratch);
	else if (vector->form != store->form)
		for (i = 0; i < n; i++)
			((int128 *) store->data)[store->n + i] = rs_vector_numeric(vector, i);
	else if (!vector->constant)
		memcpy(store->data + store->n * width, vector->data, n * width);
	else
		for (i = 0; i < n; i++)
			memcpy(store->data + (store->n + i) * width, vector->data, width);
	store->n += n;
}

void
rs_column_store_view(RsColumnStore *store, RsVector *vector)
{
	memset(vector, 0, sizeof(RsVector));
	vector->form = store->form;
	vector->scale = store->scale;
	vector->data = store->data;
	vector->null = store->null;
	if (store->form != RS_FORM_REF)
		return;
	if (store->n > store->datums_capacity)
	{
		store->datums_capacity = store->capacity;
		store->datums = rs_enlarge(store->context, store->datums,
								   (Size) store->datums_capacity * sizeof(Datum));
	}
	if (store->datums_area != store->images)
		store->ndatums = 0;
	store->datums_area = store->images;
	for (; store->ndatums < store->n && store->images != NULL; store->ndatums++)
		store->datums[store->ndatums] =
			PointerGetDatum(store->images + ((uint64 *) store->data)[store->ndatums]);
	vector->data = store->datums;
}

RsVector *
rs_column_store_gather(const RsColumnStore *store, RsArena *arena, const uint32 *rows, uint32 n)
{
	RsVector	whole = {.form = store->form, .scale = store->scale, .data = store->data,
		.null = store->null};
	RsVector   *result = rs_vector_gather(arena, &whole, rows, n);
	Datum	   *values = result->data;
	uint32		i;

	/* The offset of a NULL is 0, and maybe there is no image at all. */
	if (store->form == RS_FORM_REF && store->images != NULL)
		for (i = 0; i < n; i++)
			values[i] = PointerGetDatum(store->images + values[i]);
	return result;
}

Size
rs_column_store_bytes(const RsColumnStore *store)
{
	return (Size) store->n * (rs_form_width(store->form) + (store->null != NULL)) + store->nbytes;
}
