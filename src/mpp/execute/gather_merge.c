/*
 * gather_merge.c
 *	  Rows that nodes give in an order, merged.
 *
 * Of each node the present batch is kept, and of its first row that was not given yet the
 * columns to sort by.  A heap has the nodes in the order of these rows; that of the node
 * whose row was given is put right when the next one is asked for, as until then the
 * row's values may be looked at.
 *
 * The nodes sort by the same operators and collations, whose versions must be the same,
 * as those of the leader that sorts rows of its own must.
 */
#include "postgres.h"

#include "lib/binaryheap.h"
#include "miscadmin.h"
#include "mpp/execute/gather_merge.h"
#include "utils/memutils.h"
#include "utils/sortsupport.h"

typedef struct Stream
{
	RsArena    *arena;			/* of the batch */
	const RsVector **columns;
	uint32		nrows;
	uint32		row;
	MemoryContext context;		/* of the keys */
	Datum	   *keys;
	bool	   *nulls;
} Stream;

struct RsGatherMerge
{
	MemoryContext context;
	const RsVectorType *types;
	int			ncolumns;
	int			nkeys;
	int		   *keys;			/* their columns */
	SortSupport sort;
	bool		begun;
	int			nstreams;		/* that there is memory for */
	Stream	   *streams;
	binaryheap *heap;			/* of numbers of streams that have rows */
	bool		given;			/* the first one's row was */
};

static int
compare(Datum a, Datum b, void *arg)
{
	RsGatherMerge *merge = arg;
	Stream	   *left = &merge->streams[DatumGetInt32(a)];
	Stream	   *right = &merge->streams[DatumGetInt32(b)];
	int			i;

	for (i = 0; i < merge->nkeys; i++)
	{
		int			result = ApplySortComparator(left->keys[i], left->nulls[i], right->keys[i], right->nulls[i],
												 &merge->sort[i]);

		/* The heap has the greatest first. */
		if (result != 0)
			return result > 0 ? -1 : 1;
	}
	return 0;
}

RsGatherMerge *
rs_gather_merge_create(List *order, const RsVectorType *types, int ncolumns)
{
	RsGatherMerge *merge = palloc0(sizeof(RsGatherMerge));
	int			i;

	merge->context = CurrentMemoryContext;
	merge->types = types;
	merge->ncolumns = ncolumns;
	merge->nkeys = list_length(linitial(order));
	merge->keys = palloc(Max(merge->nkeys, 1) * sizeof(int));
	merge->sort = palloc0(Max(merge->nkeys, 1) * sizeof(SortSupportData));
	for (i = 0; i < merge->nkeys; i++)
	{
		SortSupport sort = &merge->sort[i];

		merge->keys[i] = list_nth_int(linitial(order), i) - 1;
		sort->ssup_cxt = CurrentMemoryContext;
		sort->ssup_collation = list_nth_oid(lthird(order), i);
		sort->ssup_nulls_first = list_nth_int(lfourth(order), i);
		sort->ssup_attno = merge->keys[i] + 1;
		PrepareSortSupportFromOrderingOp(list_nth_oid(lsecond(order), i), sort);
	}
	return merge;
}

/*
 * The next row of a stream; false at its end.
 */
static bool
advance(RsGatherMerge *merge, RsStageRun *run, int number)
{
	Stream	   *stream = &merge->streams[number];
	MemoryContext caller;
	int			i;

	if (++stream->row >= stream->nrows)
	{
		CHECK_FOR_INTERRUPTS();
		rs_arena_reset(stream->arena);
		stream->row = 0;
		stream->nrows = rs_stages_next_of(run, number, stream->arena, stream->columns);
		if (stream->nrows == 0)
			return false;
	}
	MemoryContextReset(stream->context);
	caller = MemoryContextSwitchTo(stream->context);
	for (i = 0; i < merge->nkeys; i++)
	{
		int			column = merge->keys[i];

		stream->keys[i] = rs_vector_datum(stream->columns[column], &merge->types[column], stream->row,
										  &stream->nulls[i]);
	}
	MemoryContextSwitchTo(caller);
	return true;
}

/*
 * Memory for as many streams; parameters decide how many there are.
 */
static void
make_streams(RsGatherMerge *merge, int n)
{
	MemoryContext caller = MemoryContextSwitchTo(merge->context);
	int			i;

	merge->streams = merge->nstreams == 0 ? palloc(n * sizeof(Stream)) : repalloc(merge->streams, n * sizeof(Stream));
	for (i = merge->nstreams; i < n; i++)
	{
		Stream	   *stream = &merge->streams[i];

		stream->arena = rs_arena_create(merge->context);
		stream->columns = palloc0(Max(merge->ncolumns, 1) * sizeof(RsVector *));
		stream->context = AllocSetContextCreate(merge->context, "keys of a sorted stream", ALLOCSET_SMALL_SIZES);
		stream->keys = palloc(Max(merge->nkeys, 1) * sizeof(Datum));
		stream->nulls = palloc(Max(merge->nkeys, 1) * sizeof(bool));
	}
	if (merge->heap != NULL)
		binaryheap_free(merge->heap);
	merge->heap = binaryheap_allocate(n, compare, merge);
	merge->nstreams = n;
	MemoryContextSwitchTo(caller);
}

static void
begin(RsGatherMerge *merge, RsStageRun *run)
{
	int			n = rs_stages_nodes(run);
	int			i;

	if (merge->heap == NULL || n > merge->nstreams)
		make_streams(merge, Max(n, 1));
	merge->begun = true;
	merge->given = false;
	binaryheap_reset(merge->heap);
	for (i = 0; i < n; i++)
	{
		merge->streams[i].row = merge->streams[i].nrows = 0;
		if (advance(merge, run, i))
			binaryheap_add_unordered(merge->heap, Int32GetDatum(i));
	}
	binaryheap_build(merge->heap);
}

bool
rs_gather_merge_next(RsGatherMerge *merge, RsStageRun *run, const RsVector ***columns, uint32 *row)
{
	Stream	   *stream;

	if (!merge->begun)
		begin(merge, run);
	else if (merge->given)
	{
		Datum		first = binaryheap_first(merge->heap);

		if (advance(merge, run, DatumGetInt32(first)))
			binaryheap_replace_first(merge->heap, first);
		else
			(void) binaryheap_remove_first(merge->heap);
	}
	merge->given = !binaryheap_empty(merge->heap);
	if (!merge->given)
		return false;
	stream = &merge->streams[DatumGetInt32(binaryheap_first(merge->heap))];
	*columns = stream->columns;
	*row = stream->row;
	return true;
}

void
rs_gather_merge_restart(RsGatherMerge *merge)
{
	merge->begun = false;
}
