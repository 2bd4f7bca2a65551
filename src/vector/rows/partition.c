/*
 * partition.c
 *	  Rows put off: dealt by hash to temporary files, which are worked off later.
 *
 * Whoever meets more groups than memory may hold keeps those that it has and puts
 * off the rows of others.  When it is done with the former it reads the latter file
 * by file; a file whose groups are still too many is dealt again, by bits of the
 * hashes that were not looked at before.
 *
 * Rows of a group are read in the order in which they were put off.
 */
#include "postgres.h"

#include <math.h>

#include "nodes/pg_list.h"
#include "port/pg_bitutils.h"
#include "utils/memutils.h"
#include "vector/rows/partition.h"

/* Files of one dealing: each has buffers, so few where memory is short. */
#define RS_LEAST_FILES		4
#define RS_MOST_FILES		64
#define RS_MEMORY_PER_FILE	(64 * 1024)
/* Bits of hashes that are used, from the top: tables use those at the bottom. */
#define RS_PARTITION_BITS	32

typedef struct PartitionFile
{
	RsSpill    *spill;
	int			bits;			/* of the hashes, alike in all its rows */
} PartitionFile;

struct RsPartitions
{
	MemoryContext context;
	const RsVectorType *types;
	int			ncolumns;
	uint32		nfiles;			/* a power of two */
	int			bits;			/* its logarithm */
	PartitionFile	   *current;		/* being read; NULL: the rows at hand come from elsewhere */
	RsSpill   **files;			/* being written; NULL: none yet */
	List	   *left;			/* Files to be read */
	uint64		count;
	uint64		bytes;
};

RsPartitions *
rs_partitions_create(MemoryContext context, const RsVectorType *types, int ncolumns, Size limit)
{
	RsPartitions *partitions = MemoryContextAllocZero(context, sizeof(RsPartitions));

	partitions->context = context;
	partitions->types = types;
	partitions->ncolumns = ncolumns;
	partitions->nfiles = RS_LEAST_FILES;
	while (partitions->nfiles < RS_MOST_FILES &&
		   (Size) partitions->nfiles * 2 * RS_MEMORY_PER_FILE <= limit)
		partitions->nfiles *= 2;
	partitions->bits = pg_leftmost_one_pos32(partitions->nfiles);
	return partitions;
}

static int
bits_at_hand(const RsPartitions *partitions)
{
	return partitions->current == NULL ? 0 : partitions->current->bits;
}

bool
rs_partitions_can_add(const RsPartitions *partitions)
{
	return bits_at_hand(partitions) + partitions->bits <= RS_PARTITION_BITS;
}

void
rs_partitions_add(RsPartitions *partitions, RsArena *arena, const RsVector **columns,
				  const uint64 *hashes, const uint32 *rows, uint32 n)
{
	int			shift = 64 - bits_at_hand(partitions) - partitions->bits;
	uint64	   *chosen = rs_arena_alloc(arena, n * sizeof(uint64));
	uint32	   *order = rs_arena_alloc(arena, n * sizeof(uint32));
	uint32		starts[RS_MOST_FILES + 1];
	uint32		f;
	uint32		i;

	if (partitions->files == NULL)
		partitions->files = MemoryContextAllocZero(partitions->context,
												   partitions->nfiles * sizeof(RsSpill *));
	for (i = 0; i < n; i++)
		chosen[i] = hashes[rows[i]];
	rs_spill_distribute(chosen, n, shift, partitions->nfiles, starts, order);
	for (i = 0; i < n; i++)
		order[i] = rows[order[i]];
	for (f = 0; f < partitions->nfiles; f++)
	{
		RsSpill   **spill = &partitions->files[f];
		uint64		before;

		if (starts[f] == starts[f + 1])
			continue;
		if (*spill == NULL)
		{
			*spill = rs_spill_create(partitions->context, partitions->types, partitions->ncolumns,
									 NULL, NULL);
			partitions->count++;
		}
		before = rs_spill_bytes(*spill);
		rs_spill_append(*spill, columns, order + starts[f], starts[f + 1] - starts[f]);
		partitions->bytes += rs_spill_bytes(*spill) - before;
	}
}

static void
close_current(RsPartitions *partitions)
{
	if (partitions->current == NULL)
		return;
	rs_spill_close(partitions->current->spill);
	pfree(partitions->current);
	partitions->current = NULL;
}

bool
rs_partitions_next(RsPartitions *partitions)
{
	MemoryContext old = MemoryContextSwitchTo(partitions->context);
	int			bits = bits_at_hand(partitions) + partitions->bits;
	uint32		f;

	for (f = 0; partitions->files != NULL && f < partitions->nfiles; f++)
	{
		PartitionFile	   *file;

		if (partitions->files[f] == NULL)
			continue;
		file = palloc(sizeof(PartitionFile));
		file->spill = partitions->files[f];
		file->bits = bits;
		rs_spill_finish(file->spill);
		partitions->left = lappend(partitions->left, file);
	}
	if (partitions->files != NULL)
		pfree(partitions->files);
	partitions->files = NULL;
	close_current(partitions);
	if (partitions->left != NIL)
	{
		/* The last first: so few are open at a time. */
		partitions->current = llast(partitions->left);
		partitions->left = list_delete_last(partitions->left);
	}
	MemoryContextSwitchTo(old);
	return partitions->current != NULL;
}

double
rs_partitions_share(const RsPartitions *partitions)
{
	return ldexp(1.0, -bits_at_hand(partitions));
}

uint32
rs_partitions_read(RsPartitions *partitions, RsArena *arena, const RsVector **columns)
{
	return rs_spill_next(partitions->current->spill, arena, columns);
}

void
rs_partitions_close(RsPartitions *partitions)
{
	ListCell   *lc;
	uint32		f;

	close_current(partitions);
	for (f = 0; partitions->files != NULL && f < partitions->nfiles; f++)
		if (partitions->files[f] != NULL)
			rs_spill_close(partitions->files[f]);
	if (partitions->files != NULL)
		pfree(partitions->files);
	foreach(lc, partitions->left)
	{
		rs_spill_close(((PartitionFile *) lfirst(lc))->spill);
		pfree(lfirst(lc));
	}
	list_free(partitions->left);
	pfree(partitions);
}

uint64
rs_partitions_count(const RsPartitions *partitions)
{
	return partitions->count;
}

uint64
rs_partitions_bytes(const RsPartitions *partitions)
{
	return partitions->bytes;
}
