/*
 * gather_memo.c
 *	  What a gather gave for the values of its parameters.
 *
 * A correlated subplan that nodes cannot run as a join is run by the leader for each row
 * of the query around it: a statement on the nodes each time.  All its runs see the same
 * snapshot, so the same values of parameters give the same rows; those that were seen are
 * kept here, as PostgreSQL's Memoize does for nested loops, in as much memory as a hash
 * table may take.  The sets that were not asked for longest go when there is no room; a
 * run that alone has none is not kept.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "executor/executor.h"
#include "lib/ilist.h"
#include "miscadmin.h"
#include "mpp/execute/gather_memo.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"

typedef struct Entry
{
	char	   *values;			/* the key, first */
	dlist_node	recency;
	bool		complete;
	bool		wanted;			/* its rows are on their way, together with others */
	MinimalTuple *rows;
	int			nrows;
	int			capacity;
	Size		size;			/* of all that it has */
} Entry;

struct RsGatherMemo
{
	MemoryContext context;
	HTAB	   *entries;
	dlist_head	recent;			/* the last one was asked for longest ago */
	Size		size;
	Size		limit;
	Entry	   *entry;			/* that is being filled or read; NULL: none */
	int			next;			/* row to give */
	TupleTableSlot *stored;
	uint64		hits;
	uint64		misses;
	uint64		evictions;
	Entry	  **wanted;			/* entries that are filled together */
	int			nwanted;
	uint64		ahead;			/* so many were */
	uint64		batches;		/* ... at so many times */
};

static uint32
hash_values(const void *key, Size size)
{
	const char *values = *(char *const *) key;

	return hash_bytes((const unsigned char *) values, (int) strlen(values));
}

static int
compare_values(const void *a, const void *b, Size size)
{
	return strcmp(*(char *const *) a, *(char *const *) b);
}

RsGatherMemo *
rs_gather_memo_create(TupleDesc desc)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "redshift rows of parameters",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);
	RsGatherMemo *memo = palloc0(sizeof(RsGatherMemo));
	HASHCTL		control = {
		.keysize = sizeof(char *),
		.entrysize = sizeof(Entry),
		.hash = hash_values,
		.match = compare_values,
		.hcxt = context
	};

	memo->context = context;
	memo->entries = hash_create("redshift rows of parameters", 256, &control,
								HASH_ELEM | HASH_FUNCTION | HASH_COMPARE | HASH_CONTEXT);
	dlist_init(&memo->recent);
	memo->limit = get_hash_memory_limit();
	memo->stored = MakeSingleTupleTableSlot(CreateTupleDescCopy(desc), &TTSOpsMinimalTuple);
	MemoryContextSwitchTo(caller);
	return memo;
}

static void
remove_entry(RsGatherMemo *memo, Entry *entry)
{
	char	   *values = entry->values;
	int			i;

	for (i = 0; i < entry->nrows; i++)
		pfree(entry->rows[i]);
	if (entry->rows != NULL)
		pfree(entry->rows);
	memo->size -= entry->size;
	dlist_delete(&entry->recency);
	(void) hash_search(memo->entries, &values, HASH_REMOVE, NULL);
	pfree(values);
}

/*
 * Make room for so many bytes more; false if the entry that is being filled has it all.
 */
static bool
make_room(RsGatherMemo *memo, Size size)
{
	while (memo->size + size > memo->limit)
	{
		Entry	   *oldest = dlist_tail_element(Entry, recency, &memo->recent);

		if (oldest == memo->entry || oldest->wanted)
			return false;
		remove_entry(memo, oldest);
		memo->evictions++;
	}
	return true;
}

/*
 * An entry that is not there yet, the one that is being filled.
 */
static Entry *
new_entry(RsGatherMemo *memo, const char *values)
{
	bool		found;
	Entry	   *entry;

	values = MemoryContextStrdup(memo->context, values);
	entry = hash_search(memo->entries, &values, HASH_ENTER, &found);
	entry->complete = entry->wanted = false;
	entry->rows = NULL;
	entry->nrows = entry->capacity = 0;
	entry->size = sizeof(Entry) + strlen(values) + 1;
	memo->size += entry->size;
	dlist_push_head(&memo->recent, &entry->recency);
	memo->entry = entry;
	return entry;
}

bool
rs_gather_memo_begin(RsGatherMemo *memo, const char *values)
{
	Entry	   *entry = hash_search(memo->entries, &values, HASH_FIND, NULL);

	memo->next = 0;
	if (entry != NULL)
	{
		dlist_move_head(&memo->recent, &entry->recency);
		memo->entry = entry;
		memo->hits++;
		return true;
	}
	memo->misses++;
	(void) new_entry(memo, values);
	if (!make_room(memo, 0))
		rs_gather_memo_abandon(memo);
	return false;
}

/* ---------------------------------------------------------------------
 * Several at once
 * ---------------------------------------------------------------------
 */

bool
rs_gather_memo_want(RsGatherMemo *memo, const char *values)
{
	Entry	   *entry = hash_search(memo->entries, &values, HASH_FIND, NULL);

	if (entry != NULL)
	{
		/* What is read soon is not to make room for what is wanted. */
		dlist_move_head(&memo->recent, &entry->recency);
		return false;
	}
	if (memo->wanted == NULL)
		memo->wanted = MemoryContextAlloc(memo->context, RS_MEMO_MOST_WANTED * sizeof(Entry *));
	entry = new_entry(memo, values);
	entry->wanted = true;
	memo->entry = NULL;
	memo->wanted[memo->nwanted++] = entry;
	return true;
}

bool
rs_gather_memo_fill(RsGatherMemo *memo, int place, TupleTableSlot *slot)
{
	bool		added;

	if (place < 0 || place >= memo->nwanted)
		elog(ERROR, "rows of unknown values of parameters");
	memo->entry = memo->wanted[place];
	added = rs_gather_memo_add(memo, slot);
	if (!added)
		memo->wanted[place] = NULL;
	memo->entry = NULL;
	return added;
}

void
rs_gather_memo_filled(RsGatherMemo *memo, bool all)
{
	int			i;

	for (i = 0; i < memo->nwanted; i++)
	{
		Entry	   *entry = memo->wanted[i];

		if (entry == NULL)
			continue;
		entry->wanted = false;
		entry->complete = all;
		if (!all)
			remove_entry(memo, entry);
	}
	memo->batches++;
	memo->ahead += all ? memo->nwanted : 0;
	memo->nwanted = 0;
	(void) make_room(memo, 0);
}

bool
rs_gather_memo_next(RsGatherMemo *memo, TupleTableSlot *slot)
{
	Entry	   *entry = memo->entry;
	int			natts = slot->tts_tupleDescriptor->natts;

	if (memo->next >= entry->nrows)
		return false;
	ExecStoreMinimalTuple(entry->rows[memo->next++], memo->stored, false);
	slot_getallattrs(memo->stored);
	memcpy(slot->tts_values, memo->stored->tts_values, natts * sizeof(Datum));
	memcpy(slot->tts_isnull, memo->stored->tts_isnull, natts * sizeof(bool));
	return true;
}

bool
rs_gather_memo_add(RsGatherMemo *memo, TupleTableSlot *slot)
{
	Entry	   *entry = memo->entry;
	MemoryContext caller;
	MinimalTuple tuple;
	Size		size;

	if (entry == NULL)
		return false;
	caller = MemoryContextSwitchTo(memo->context);
	if (entry->nrows == entry->capacity)
	{
		Size		more = Max(entry->capacity, 4) * sizeof(MinimalTuple);

		if (!make_room(memo, more))
		{
			MemoryContextSwitchTo(caller);
			rs_gather_memo_abandon(memo);
			return false;
		}
		entry->capacity += Max(entry->capacity, 4);
		entry->rows = entry->rows == NULL ? palloc(entry->capacity * sizeof(MinimalTuple)) :
			repalloc_huge(entry->rows, entry->capacity * sizeof(MinimalTuple));
		entry->size += more;
		memo->size += more;
	}
	tuple = ExecCopySlotMinimalTuple(slot);
	MemoryContextSwitchTo(caller);
	size = GetMemoryChunkSpace(tuple);
	entry->rows[entry->nrows++] = tuple;
	entry->size += size;
	memo->size += size;
	if (make_room(memo, 0))
		return true;
	rs_gather_memo_abandon(memo);
	return false;
}

void
rs_gather_memo_complete(RsGatherMemo *memo)
{
	if (memo->entry != NULL)
		memo->entry->complete = true;
}

void
rs_gather_memo_abandon(RsGatherMemo *memo)
{
	if (memo->entry != NULL && !memo->entry->complete)
		remove_entry(memo, memo->entry);
	memo->entry = NULL;
}

void
rs_gather_memo_explain(const RsGatherMemo *memo, ExplainState *es)
{
	if (es->format == EXPLAIN_FORMAT_TEXT)
	{
		appendStringInfoSpaces(es->str, es->indent * 2);
		appendStringInfo(es->str, "Repeated: hits " UINT64_FORMAT ", misses " UINT64_FORMAT ", evictions "
						 UINT64_FORMAT "  Memory: " UINT64_FORMAT " kB\n",
						 memo->hits, memo->misses, memo->evictions, (uint64) (memo->size + 1023) / 1024);
		if (memo->batches > 0)
		{
			appendStringInfoSpaces(es->str, es->indent * 2);
			appendStringInfo(es->str, "Asked Ahead: " UINT64_FORMAT " values in " UINT64_FORMAT " batches\n",
							 memo->ahead, memo->batches);
		}
		return;
	}
	ExplainPropertyInteger("Repeated Hits", NULL, (int64) memo->hits, es);
	ExplainPropertyInteger("Repeated Misses", NULL, (int64) memo->misses, es);
	ExplainPropertyInteger("Repeated Evictions", NULL, (int64) memo->evictions, es);
	ExplainPropertyInteger("Asked Ahead", NULL, (int64) memo->ahead, es);
	ExplainPropertyInteger("Asked Ahead Batches", NULL, (int64) memo->batches, es);
	ExplainPropertyInteger("Repeated Memory", "kB", (int64) (memo->size + 1023) / 1024, es);
}
