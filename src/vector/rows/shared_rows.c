/*
 * shared_rows.c
 *	  Rows in shared memory, dealt by hash to lists, column by column.
 *
 * A list is a chain of chunks, each of which one process fills: a ChunkHeader, a ChunkColumn
 * for each column, and then for each column the values of all its rows, NULL flags if the
 * chunk has any, and display scales if they differ.  Integers are as wide as the largest
 * of the process up to then wanted: a page of shared memory costs more to get than values
 * to convert.
 *
 * Only values that are not by reference can be dealt, and all vectors of a column have to be
 * of one form and scale; what is not has to be passed on in another way.
 *
 * How many rows chunks have is known when a barrier was passed behind
 * rs_shared_rows_finish().  They stand in slabs, which go all together.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "vector/operator.h"
#include "vector/rows/pages.h"
#include "vector/rows/shared_rows.h"
#include "vector/rows/spill.h"

/* Rows of a chunk: few where memory is short. */
#define RS_LEAST_CHUNK_ROWS	16
#define RS_MOST_CHUNK_ROWS	1024
/* Of int128; the allocator promises less. */
#define RS_CHUNK_ALIGNMENT	16
#define RS_SLAB_SIZE		((Size) 512 * 1024)

StaticAssertDecl(RS_MOST_CHUNK_ROWS <= RS_VECTOR_ROWS, "a chunk is a batch");

typedef struct ChunkColumn
{
	uint8		form;
	bool		has_null;
	bool		has_scales;
	uint8		width;			/* of values as they stand here */
	int16		scale;
	uint32		values;			/* where they are, from the header on */
	uint32		null;
	uint32		scales;
} ChunkColumn;

typedef struct ChunkHeader
{
	dsa_pointer next;
	uint32		nrows;
	uint32		unused;
} ChunkHeader;

typedef struct SlabHeader
{
	dsa_pointer next;
} SlabHeader;

struct RsSharedRows
{
	dsa_area   *area;
	RsRowLists *lists;
	slock_t    *mutex;
	int			ncolumns;
	Size		limit;
	uint64		bytes;
	uint64		nrows;
	/* writing */
	ChunkColumn *layout;		/* of chunks that are made now */
	Size		size;			/* bytes of them; 0: no row was added */
	uint32		capacity;		/* and rows */
	ChunkHeader *open[RS_ROW_LISTS];	/* being filled; NULL: none */
	dsa_pointer slab;			/* where the next one goes, */
	Size		slab_left;		/* and how much room there is */
};

static ChunkColumn *
chunk_columns(ChunkHeader *chunk)
{
	return (ChunkColumn *) (chunk + 1);
}

void
rs_row_lists_clear(RsRowLists *lists, dsa_area *area)
{
	while (DsaPointerIsValid(lists->slabs))
	{
		dsa_pointer slab = lists->slabs;

		lists->slabs = ((SlabHeader *) dsa_get_address(area, slab))->next;
		dsa_free(area, slab);
	}
	memset(lists, 0, sizeof(RsRowLists));
}

RsSharedRows *
rs_shared_rows_create(MemoryContext context, dsa_area *area, RsRowLists *lists, slock_t *mutex,
					  int ncolumns, Size limit)
{
	RsSharedRows *rows = MemoryContextAllocZero(context, sizeof(RsSharedRows));

	rows->area = area;
	rows->lists = lists;
	rows->mutex = mutex;
	rows->ncolumns = ncolumns;
	rows->limit = limit;
	rows->layout = MemoryContextAllocZero(context, Max(ncolumns, 1) * sizeof(ChunkColumn));
	return rows;
}

/* ---------------------------------------------------------------------
 * Adding
 * ---------------------------------------------------------------------
 */

static uint32
place(Size *size, Size bytes)
{
	Size		at = TYPEALIGN(RS_CHUNK_ALIGNMENT, *size);

	*size = at + bytes;
	return (uint32) at;
}

#define FIND_BEYOND(integer) \
	do { \
		const integer *values = vector->data; \
		for (i = 0; i < n; i++) \
			beyond |= (uint64) (values[i] ^ values[i] >> (8 * sizeof(integer) - 1)); \
	} while (0)

/*
 * Bytes that the widest of n values takes.
 */
static uint8
width_needed(const RsVector *vector, uint32 n)
{
	uint64		beyond = 0;
	uint32		i;

	if (vector->constant)
		n = 1;
	switch (vector->form)
	{
		case RS_FORM_I32:
			FIND_BEYOND(int32);
			break;
		case RS_FORM_I64:
			FIND_BEYOND(int64);
			break;
		case RS_FORM_I128:
			{
				const int128 *values = vector->data;

				for (i = 0; i < n; i++)
					beyond |= values[i] != (int64) values[i];
				return beyond ? sizeof(int128) : sizeof(int64);
			}
		default:
			return (uint8) rs_form_width(vector->form);
	}
	/* A value and its sign. */
	return beyond >> 15 == 0 ? sizeof(int16) : beyond >> 31 == 0 ? sizeof(int32) : sizeof(int64);
}

/*
 * Let chunks be laid out for vectors like these from now on; false if those there are
 * have other forms.
 */
static bool
fit_layout(RsSharedRows *rows, const RsVector **columns, uint32 n)
{
	bool		changed = rows->size == 0;
	Size		width = 0;
	int			c;

	for (c = 0; c < rows->ncolumns; c++)
		if (columns[c]->form == RS_FORM_REF ||
			(rows->size > 0 && (columns[c]->form != rows->layout[c].form ||
								columns[c]->scale != rows->layout[c].scale)))
			return false;
	for (c = 0; c < rows->ncolumns; c++)
	{
		ChunkColumn *column = &rows->layout[c];
		uint8		needed = width_needed(columns[c], n);

		changed |= needed > column->width;
		column->width = Max(column->width, needed);
		column->form = columns[c]->form;
		column->scale = columns[c]->scale;
		changed |= columns[c]->null != NULL && !column->has_null;
		changed |= columns[c]->scales != NULL && !column->has_scales;
		column->has_null |= columns[c]->null != NULL;
		column->has_scales |= columns[c]->scales != NULL;
		width += column->width + column->has_null + column->has_scales;
	}
	if (!changed)
		return true;
	memset(rows->open, 0, sizeof(rows->open));
	rows->capacity = Min(Max(rows->limit / (4 * RS_ROW_LISTS * Max(width, 1)), RS_LEAST_CHUNK_ROWS),
						 RS_MOST_CHUNK_ROWS);
	rows->size = sizeof(ChunkHeader) + rows->ncolumns * sizeof(ChunkColumn);
	for (c = 0; c < rows->ncolumns; c++)
	{
		ChunkColumn *column = &rows->layout[c];

		column->values = place(&rows->size, (Size) rows->capacity * column->width);
		column->null = column->has_null ? place(&rows->size, rows->capacity) : 0;
		column->scales = column->has_scales ? place(&rows->size, rows->capacity) : 0;
	}
	return true;
}

/*
 * Memory for chunks of a size.  Its pages are mapped all at once.
 */
static void
add_slab(RsSharedRows *rows, Size size)
{
	Size		header = TYPEALIGN(RS_CHUNK_ALIGNMENT, sizeof(SlabHeader)) + RS_CHUNK_ALIGNMENT;
	Size		all = header + Max(size, Min(RS_SLAB_SIZE, rows->limit / 8));
	dsa_pointer pointer = dsa_allocate(rows->area, all);
	char	   *slab = dsa_get_address(rows->area, pointer);
	Size		begin = (char *) TYPEALIGN(RS_CHUNK_ALIGNMENT, slab + sizeof(SlabHeader)) - slab;

	rs_map_pages(slab, all);
	SpinLockAcquire(rows->mutex);
	((SlabHeader *) slab)->next = rows->lists->slabs;
	rows->lists->slabs = pointer;
	SpinLockRelease(rows->mutex);
	rows->bytes += all;
	rows->slab = pointer + begin;
	rows->slab_left = all - begin;
}

static ChunkHeader *
add_chunk(RsSharedRows *rows, uint32 list)
{
	Size		size = TYPEALIGN(RS_CHUNK_ALIGNMENT, rows->size);
	dsa_pointer pointer;
	ChunkHeader *chunk;

	if (rows->slab_left < size)
		add_slab(rows, size);
	pointer = rows->slab;
	rows->slab += size;
	rows->slab_left -= size;
	chunk = dsa_get_address(rows->area, pointer);
	chunk->nrows = 0;
	memcpy(chunk_columns(chunk), rows->layout, rows->ncolumns * sizeof(ChunkColumn));
	SpinLockAcquire(rows->mutex);
	chunk->next = rows->lists->first[list];
	rows->lists->first[list] = pointer;
	SpinLockRelease(rows->mutex);
	rows->open[list] = chunk;
	return chunk;
}

#define COPY(type, width_type) \
	do { \
		const type *from_ = vector->data; \
		width_type *to_ = (width_type *) to; \
		for (i = 0; i < n; i++) \
			to_[i] = (width_type) from_[chosen[i]]; \
	} while (0)

#define COPY_NARROW(type) \
	do { \
		if (width == sizeof(type)) \
			COPY(type, type); \
		else if (width == sizeof(int64)) \
			COPY(type, int64); \
		else if (width == sizeof(int32)) \
			COPY(type, int32); \
		else \
			COPY(type, int16); \
	} while (0)

/*
 * The chosen rows of a vector that is not constant, to a chunk's column.
 */
static void
copy_values(char *to, uint8 width, const RsVector *vector, const uint32 *chosen, uint32 n)
{
	uint32		i;

	switch (rs_form_width(vector->form))
	{
		case 1:
			COPY(int8, int8);
			break;
		case 2:
			COPY(int16, int16);
			break;
		case 4:
			COPY_NARROW(int32);
			break;
		case 8:
			COPY_NARROW(int64);
			break;
		default:
			COPY_NARROW(int128);
	}
}

static void
copy_flags(uint8 *to, const uint8 *flags, uint8 otherwise, const uint32 *chosen, uint32 n)
{
	uint32		i;

	for (i = 0; i < n; i++)
		to[i] = flags != NULL ? flags[chosen[i]] : otherwise;
}

static void
copy_rows(RsSharedRows *rows, ChunkHeader *chunk, const RsVector **columns, const uint32 *chosen,
		  uint32 n)
{
	char	   *base = (char *) chunk;
	int			c;

	for (c = 0; c < rows->ncolumns; c++)
	{
		const ChunkColumn *column = &rows->layout[c];

		copy_values(base + column->values + (Size) chunk->nrows * column->width, column->width,
					columns[c], chosen, n);
		if (column->has_null)
			copy_flags((uint8 *) base + column->null + chunk->nrows, columns[c]->null, 0, chosen, n);
		if (column->has_scales)
			copy_flags((uint8 *) base + column->scales + chunk->nrows, columns[c]->scales,
					   (uint8) columns[c]->scale, chosen, n);
	}
	chunk->nrows += n;
}

bool
rs_shared_rows_add(RsSharedRows *rows, RsArena *arena, const RsVector **columns,
				   const uint64 *hashes, int shift, uint32 n)
{
	const RsVector **flat;
	uint32	   *order;
	uint32		starts[RS_ROW_LISTS + 1];
	uint32		l;
	int			c;

	CHECK_FOR_INTERRUPTS();
	if (rows->bytes >= rows->limit || !fit_layout(rows, columns, n))
		return false;
	flat = rs_arena_alloc(arena, Max(rows->ncolumns, 1) * sizeof(RsVector *));
	for (c = 0; c < rows->ncolumns; c++)
		flat[c] = rs_vector_flatten(arena, columns[c], n);
	order = rs_arena_alloc(arena, n * sizeof(uint32));
	rs_spill_distribute(hashes, n, shift, RS_ROW_LISTS, starts, order);
	for (l = 0; l < RS_ROW_LISTS; l++)
	{
		uint32		at = starts[l];

		while (at < starts[l + 1])
		{
			ChunkHeader *chunk = rows->open[l];
			uint32		count;

			if (chunk == NULL || chunk->nrows == rows->capacity)
				chunk = add_chunk(rows, l);
			count = Min(starts[l + 1] - at, rows->capacity - chunk->nrows);
			copy_rows(rows, chunk, flat, order + at, count);
			at += count;
		}
	}
	rows->nrows += n;
	return true;
}

void
rs_shared_rows_finish(RsSharedRows *rows)
{
	SpinLockAcquire(rows->mutex);
	rows->lists->nrows += rows->nrows;
	SpinLockRelease(rows->mutex);
	rows->nrows = 0;
}

/* ---------------------------------------------------------------------
 * Reading
 * ---------------------------------------------------------------------
 */

#define WIDEN(width_type, type) \
	do { \
		const width_type *from_ = (const width_type *) from; \
		type	   *to_ = vector->data; \
		for (i = 0; i < n; i++) \
			to_[i] = from_[i]; \
	} while (0)

#define WIDEN_TO(type) \
	do { \
		if (column->width == sizeof(int64)) \
			WIDEN(int64, type); \
		else if (column->width == sizeof(int32)) \
			WIDEN(int32, type); \
		else \
			WIDEN(int16, type); \
	} while (0)

/*
 * A chunk's values, where they stand or as wide as they were.
 */
static RsVector *
column_vector(RsArena *arena, ChunkHeader *chunk, const ChunkColumn *column)
{
	char	   *from = (char *) chunk + column->values;
	uint32		n = chunk->nrows;
	RsVector   *vector;
	uint32		i;

	if (column->width == rs_form_width((RsForm) column->form))
	{
		vector = rs_arena_alloc(arena, sizeof(RsVector));
		memset(vector, 0, sizeof(RsVector));
		vector->form = (RsForm) column->form;
		vector->data = from;
	}
	else
	{
		vector = rs_vector_create(arena, (RsForm) column->form, n);
		if (column->form == RS_FORM_I128)
			WIDEN_TO(int128);
		else if (column->form == RS_FORM_I64)
			WIDEN_TO(int64);
		else
			WIDEN_TO(int32);
	}
	vector->scale = column->scale;
	vector->null = column->has_null ? (uint8 *) chunk + column->null : NULL;
	vector->scales = column->has_scales ? (uint8 *) chunk + column->scales : NULL;
	return vector;
}

uint32
rs_shared_rows_next(RsSharedRows *rows, uint32 list, RsArena *arena, const RsVector **columns)
{
	dsa_pointer *first = &rows->lists->first[list];

	CHECK_FOR_INTERRUPTS();
	while (DsaPointerIsValid(*first))
	{
		ChunkHeader *chunk = dsa_get_address(rows->area, *first);
		int			c;

		*first = chunk->next;
		for (c = 0; c < rows->ncolumns; c++)
			columns[c] = column_vector(arena, chunk, &chunk_columns(chunk)[c]);
		if (chunk->nrows > 0)
			return chunk->nrows;
	}
	return 0;
}

uint64
rs_shared_rows_bytes(const RsSharedRows *rows)
{
	return rows->bytes;
}
