/*
 * row_store.c
 *	  Rows of batches, kept to be read several times, in memory or in files.
 *
 * Rows are collected in the columns of a segment, which can be read when it is sealed.
 * From then on it never changes nor moves, so a reader may keep its vectors while other
 * readers have more rows added.  The first segments stay in memory; those that would
 * outgrow work_mem are written to temporary files, one each.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"
#include "vector/rows/column_store.h"
#include "vector/rows/row_store.h"

/* Memory that any store may have; a segment has a part of it. */
#define RS_LEAST_STORE_MEMORY	((Size) 1024 * 1024)
#define RS_SEGMENT_SHARE		2
/* Rows of a segment, at most: their numbers are of 32 bits. */
#define RS_MOST_SEGMENT_ROWS	(PG_UINT32_MAX / 8)

typedef struct Segment
{
	uint32		nrows;
	RsVector   *columns;		/* those kept; NULL: in the file */
	RsSpill    *file;
} Segment;

struct RsRowStore
{
	MemoryContext context;
	int			ncolumns;
	int			nkept;
	int		   *kept;			/* which columns, from 0 */
	RsVectorType *types;		/* of those kept */
	Segment    *segments;
	uint32		nsegments;
	uint32		capacity;
	MemoryContext memory;		/* of the segments in memory, one context each below it */
	uint64		nspilled;		/* segments in files, and their bytes */
	uint64		bytes;
	/* the segment in the making; NULL: none */
	MemoryContext open;
	RsColumnStore *columns;
	uint32		nrows;
};

RsRowStore *
rs_row_store_create(MemoryContext context, const RsVectorType *types, int ncolumns,
					const bool *used)
{
	RsRowStore *store = MemoryContextAllocZero(context, sizeof(RsRowStore));
	int			c;

	store->context = context;
	store->ncolumns = ncolumns;
	store->kept = MemoryContextAlloc(context, Max(ncolumns, 1) * sizeof(int));
	store->types = MemoryContextAlloc(context, Max(ncolumns, 1) * sizeof(RsVectorType));
	for (c = 0; c < ncolumns; c++)
		if (used == NULL || used[c])
		{
			store->types[store->nkept] = types[c];
			store->kept[store->nkept++] = c;
		}
	store->memory = AllocSetContextCreate(context, "redshift rows", ALLOCSET_SMALL_SIZES);
	return store;
}

static Size
memory_limit(void)
{
	return Max((Size) work_mem * 1024, RS_LEAST_STORE_MEMORY);
}

void
rs_row_store_append(RsRowStore *store, const RsVectorBatch *batch, MemoryContext scratch)
{
	int			k;

	if (store->open == NULL)
	{
		store->open = AllocSetContextCreate(store->memory, "redshift row segment",
											ALLOCSET_DEFAULT_SIZES);
		store->columns = MemoryContextAllocZero(store->open,
												Max(store->nkept, 1) * sizeof(RsColumnStore));
		for (k = 0; k < store->nkept; k++)
			rs_column_store_init(&store->columns[k], &store->types[k], store->open);
		store->nrows = 0;
	}
	for (k = 0; k < store->nkept; k++)
		rs_column_store_append(&store->columns[k], batch->columns[store->kept[k]], batch->n, scratch);
	store->nrows += batch->n;
	if (MemoryContextMemAllocated(store->open, true) > memory_limit() / RS_SEGMENT_SHARE ||
		store->nrows > RS_MOST_SEGMENT_ROWS)
		rs_row_store_seal(store);
}

/*
 * Rows [first, first + n) of vectors as they are there.
 */
static void
slice(const RsRowStore *store, RsArena *arena, const RsVector *vectors, uint32 first, uint32 n,
	  const RsVector **columns)
{
	int			k;

	for (k = 0; k < store->nkept; k++)
	{
		RsVector   *vector = rs_arena_alloc(arena, sizeof(RsVector));

		*vector = vectors[k];
		vector->data = (char *) vectors[k].data + first * rs_form_width(vectors[k].form);
		vector->null = vectors[k].null != NULL ? vectors[k].null + first : NULL;
		columns[k] = vector;
	}
}

static RsSpill *
write_segment(RsRowStore *store, const Segment *segment)
{
	RsSpill    *spill = rs_spill_create(store->context, store->types, store->nkept, NULL, NULL);
	RsArena    *arena = rs_arena_create(store->open);
	const RsVector **columns = MemoryContextAlloc(store->open,
												  Max(store->nkept, 1) * sizeof(RsVector *));
	uint32		first;

	for (first = 0; first < segment->nrows; first += RS_VECTOR_ROWS)
	{
		uint32		n = Min(segment->nrows - first, RS_VECTOR_ROWS);

		rs_arena_reset(arena);
		slice(store, arena, segment->columns, first, n, columns);
		rs_spill_append(spill, columns, NULL, n);
	}
	rs_spill_finish(spill);
	return spill;
}

void
rs_row_store_seal(RsRowStore *store)
{
	Segment    *segment;
	int			k;

	if (store->open == NULL)
		return;
	if (store->nsegments == store->capacity)
	{
		store->capacity = Max(2 * store->capacity, 8);
		store->segments = rs_enlarge(store->context, store->segments,
									 store->capacity * sizeof(Segment));
	}
	segment = &store->segments[store->nsegments];
	segment->nrows = store->nrows;
	segment->file = NULL;
	segment->columns = MemoryContextAlloc(store->open, Max(store->nkept, 1) * sizeof(RsVector));
	for (k = 0; k < store->nkept; k++)
		rs_column_store_view(&store->columns[k], &segment->columns[k]);
	/* Without columns there is nothing to write. */
	if (store->nkept > 0 && MemoryContextMemAllocated(store->memory, true) > memory_limit())
	{
		segment->file = write_segment(store, segment);
		segment->columns = NULL;
		store->nspilled++;
		store->bytes += rs_spill_bytes(segment->file);
		MemoryContextDelete(store->open);
	}
	store->nsegments++;
	store->open = NULL;
}

bool
rs_row_store_read(RsRowStore *store, RsRowReader *reader, RsArena *arena, uint32 most,
				  RsVectorBatch *batch)
{
	const RsVector **kept = rs_arena_alloc(arena, Max(store->nkept, 1) * sizeof(RsVector *));
	uint32		n = 0;
	int			k;

	CHECK_FOR_INTERRUPTS();
	for (; reader->segment < store->nsegments; reader->segment++)
	{
		const Segment *segment = &store->segments[reader->segment];

		if (segment->file == NULL)
		{
			n = Min(segment->nrows - reader->row, most);
			slice(store, arena, segment->columns, reader->row, n, kept);
			reader->row += n;
		}
		else
		{
			if (reader->placed)
				rs_spill_seek(segment->file, &reader->position);
			else
				rs_spill_finish(segment->file);
			n = rs_spill_next(segment->file, arena, kept);
			rs_spill_tell(segment->file, &reader->position);
			reader->placed = true;
		}
		if (n > 0)
			break;
		reader->row = 0;
		reader->placed = false;
	}
	if (n == 0)
		return false;
	batch->n = n;
	batch->columns = rs_arena_alloc(arena, Max(store->ncolumns, 1) * sizeof(RsVector *));
	memset(batch->columns, 0, store->ncolumns * sizeof(RsVector *));
	for (k = 0; k < store->nkept; k++)
		batch->columns[store->kept[k]] = kept[k];
	return true;
}

void
rs_row_store_clear(RsRowStore *store)
{
	uint32		i;

	for (i = 0; i < store->nsegments; i++)
		if (store->segments[i].file != NULL)
			rs_spill_close(store->segments[i].file);
	store->nsegments = 0;
	store->nspilled = 0;
	store->bytes = 0;
	store->open = NULL;
	MemoryContextDeleteChildren(store->memory);
}

uint32
rs_row_store_segments(const RsRowStore *store)
{
	return store->nsegments;
}

bool
rs_row_store_in_memory(const RsRowStore *store)
{
	return store->nspilled == 0;
}

void
rs_row_store_count(const RsRowStore *store, RsOperatorStats *stats)
{
	stats->memory = Max(stats->memory, MemoryContextMemAllocated(store->memory, true));
	stats->partitions = Max(stats->partitions, store->nspilled);
	stats->spilled += store->bytes;
}
