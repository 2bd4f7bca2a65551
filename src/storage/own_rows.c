/*
 * own_rows.c
 *	  Which command of the own transaction wrote which rows of a row group.
 *
 * One row group may hold rows of many commands of one transaction, so its
 * directory row's command id can't say which of them an older cursor, or the
 * command that is writing, may see.  This backend-local table can; it is empty
 * for every group of another transaction.  Entries of an aborted subtransaction
 * stay and do no harm: their group is invisible and its id never used again.
 */
#include "postgres.h"

#include "storage/own_rows.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"

static HTAB *own_rows = NULL;
static CommandId newest_cid = FirstCommandId;

void
rs_own_rows_add(uint64 storage_id, int64 group_id, const RsOwnRun *runs, uint32 nruns)
{
	uint64		key[2];
	RsOwnRows  *entry;

	if (own_rows == NULL)
	{
		HASHCTL		ctl = {0};

		ctl.keysize = sizeof(key);
		ctl.entrysize = sizeof(RsOwnRows);
		ctl.hcxt = TopTransactionContext;
		own_rows = hash_create("redshift own rows", 32, &ctl,
							   HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
		newest_cid = FirstCommandId;
	}
	key[0] = storage_id;
	key[1] = (uint64) group_id;
	entry = hash_search(own_rows, key, HASH_ENTER, NULL);
	entry->nruns = nruns;
	entry->runs = MemoryContextAlloc(TopTransactionContext, nruns * sizeof(RsOwnRun));
	memcpy(entry->runs, runs, nruns * sizeof(RsOwnRun));
	while (nruns-- > 0)
		newest_cid = Max(newest_cid, runs[nruns].cid);
}

/*
 * The runs of a group, NULL if this transaction did not write it.
 */
const RsOwnRows *
rs_own_rows_find(uint64 storage_id, int64 group_id)
{
	uint64		key[2];

	if (own_rows == NULL)
		return NULL;
	key[0] = storage_id;
	key[1] = (uint64) group_id;
	return hash_search(own_rows, key, HASH_FIND, NULL);
}

CommandId
rs_own_rows_cid(const RsOwnRows *own, uint32 pos)
{
	uint32		low = 0;
	uint32		high = own->nruns;

	/* The last run that starts at or before pos. */
	while (high - low > 1)
	{
		uint32		middle = low + (high - low) / 2;

		if (own->runs[middle].first <= pos)
			low = middle;
		else
			high = middle;
	}
	return own->runs[low].cid;
}

bool
rs_own_rows_newer(uint64 storage_id, CommandId curcid)
{
	HASH_SEQ_STATUS status;
	RsOwnRows  *entry;

	if (own_rows == NULL || newest_cid < curcid)
		return false;
	hash_seq_init(&status, own_rows);
	while ((entry = hash_seq_search(&status)) != NULL)
	{
		uint32		i;

		if (entry->storage_id != storage_id)
			continue;
		for (i = 0; i < entry->nruns; i++)
			if (entry->runs[i].cid >= curcid)
			{
				hash_seq_term(&status);
				return true;
			}
	}
	return false;
}

/*
 * The memory goes with the transaction's context.
 */
void
rs_own_rows_xact_end(void)
{
	own_rows = NULL;
}
