/*
 * partition.h
 *	  Rows put off: dealt by hash to temporary files, which are worked off later.
 */
#ifndef RS_PARTITION_H
#define RS_PARTITION_H

#include "vector/rows/spill.h"

typedef struct RsPartitions RsPartitions;

/*
 * For rows of these columns (borrowed), so that what comes of a file has a chance to
 * keep below a limit (bytes) where all of it did not.
 */
extern RsPartitions *rs_partitions_create(MemoryContext context, const RsVectorType *types,
										  int ncolumns, Size limit);

/*
 * Can rows be put off now?  Not if those at hand have been dealt so often already
 * that more files would not tell them apart.
 */
extern bool rs_partitions_can_add(const RsPartitions *partitions);

/* Put off rows[0 .. n) of the vectors, whose hashes are given by row. */
extern void rs_partitions_add(RsPartitions *partitions, RsArena *arena, const RsVector **columns,
							  const uint64 *hashes, const uint32 *rows, uint32 n);

/*
 * Turn to the next file, when all rows at hand have been read: false if there is
 * none.  What is put off from now on is dealt more finely.
 */
extern bool rs_partitions_next(RsPartitions *partitions);

/* Of all hashes, those of the file at hand. */
extern double rs_partitions_share(const RsPartitions *partitions);

/* The next batch of the file, as rs_spill_next() gives it. */
extern uint32 rs_partitions_read(RsPartitions *partitions, RsArena *arena,
								 const RsVector **columns);

/* Forget everything. */
extern void rs_partitions_close(RsPartitions *partitions);

/* Files and bytes written so far. */
extern uint64 rs_partitions_count(const RsPartitions *partitions);
extern uint64 rs_partitions_bytes(const RsPartitions *partitions);

#endif							/* RS_PARTITION_H */
