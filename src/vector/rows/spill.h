/*
 * spill.h
 *	  Rows of vectors in temporary files.
 */
#ifndef RS_SPILL_H
#define RS_SPILL_H

#include "storage/fileset.h"
#include "vector/vector.h"

typedef struct RsSpill RsSpill;

/*
 * A new file, for rows of columns of these types (borrowed).  With a file set (of
 * shared memory) other processes can open it by its name once it is finished;
 * without one it is this process's alone.  The resource owner closes it after an
 * error; it lives in the context.
 */
extern RsSpill *rs_spill_create(MemoryContext context, const RsVectorType *types, int ncolumns,
								FileSet *set, const char *name);

/* A finished file of a file set, to be read; NULL if there is none of the name. */
extern RsSpill *rs_spill_open(MemoryContext context, const RsVectorType *types, int ncolumns,
							  FileSet *set, const char *name);

/* Add rows[0 .. n) of the vectors; rows NULL: the first n. */
extern void rs_spill_append(RsSpill *spill, const RsVector **columns, const uint32 *rows,
							uint32 n);

/* No more rows are added: now it can be read, from the start (again). */
extern void rs_spill_finish(RsSpill *spill);

/*
 * The next batch: how many rows, 0 at the end.  columns[] is set to vectors in the
 * arena.
 */
extern uint32 rs_spill_next(RsSpill *spill, RsArena *arena, const RsVector **columns);

/* A place between two batches of a finished file, and going on from there. */
typedef struct RsSpillPosition
{
	int			file;
	off_t		offset;
} RsSpillPosition;

extern void rs_spill_tell(RsSpill *spill, RsSpillPosition *position);
extern void rs_spill_seek(RsSpill *spill, const RsSpillPosition *position);

/*
 * Reading and writing at will, of a file of this process alone: rows [0, n) of the vectors
 * added, whose position is given, to find them again.
 */
extern RsSpillPosition rs_spill_put(RsSpill *spill, const RsVector **columns, uint32 n);
extern uint32 rs_spill_get(RsSpill *spill, RsSpillPosition at, RsArena *arena,
						   const RsVector **columns);

/* Delete it, or at least close it: those of a file set go with the set. */
extern void rs_spill_close(RsSpill *spill);

/* Rows and bytes written here. */
extern uint64 rs_spill_rows(const RsSpill *spill);
extern uint64 rs_spill_bytes(const RsSpill *spill);

/*
 * Distribution of rows over nparts parts (a power of two) by bits of their hashes
 * from shift on.  starts[nparts + 1] delimits each part's rows in order[n].
 */
extern void rs_spill_distribute(const uint64 *hashes, uint32 n, int shift, uint32 nparts,
								uint32 *starts, uint32 *order);

#endif							/* RS_SPILL_H */
