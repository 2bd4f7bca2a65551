/*
 * block_cache.h
 *	  Blocks kept for look-ups of single rows.
 *
 * A cache belongs to one look-up (row_fetch.c), whose row groups' readers put blocks
 * into it.  It keeps what work_mem allows, the blocks used last, and in any case
 * those that the current row's values were taken of: these may point into them.
 */
#ifndef RS_BLOCK_CACHE_H
#define RS_BLOCK_CACHE_H

#include "encoding/encoding.h"
#include "lib/ilist.h"

typedef struct RsBlockCache RsBlockCache;

/*
 * A block, encoded as it was read until enough of its values were asked for.
 */
typedef struct RsCachedBlock
{
	dlist_node	node;			/* of the cache's list, the block used last first */
	struct RsCachedBlock **place;	/* where its owner finds it; NULL when it goes */
	MemoryContext context;
	char	   *bytes;			/* as they were stored; NULL: no longer needed */
	Size		size;
	uint64		row;			/* the cache's row it was last used for */
	uint32		reads;
	bool		is_decoded;
	RsOpenBlock encoded;
	RsDecodedBlock decoded;
} RsCachedBlock;

extern RsBlockCache *rs_block_cache_create(MemoryContext context);

/* From here on values of earlier rows are no longer used. */
extern void rs_block_cache_next_row(RsBlockCache *cache);

/*
 * A new block, which the caller reads into its context: `bytes`.  It is open, and at
 * *place, only when rs_block_cache_load() has returned, so an error harms nothing.
 */
extern RsCachedBlock *rs_block_cache_add(RsBlockCache *cache);
extern void rs_block_cache_load(RsBlockCache *cache, RsCachedBlock *block, const RsColumnType *type,
								const RsBlockForm *form, RsCachedBlock **place);

extern void rs_block_cache_drop(RsBlockCache *cache, RsCachedBlock *block);

/* One value; Datums made for it are allocated in the current memory context. */
extern Datum rs_block_cache_value(RsBlockCache *cache, RsCachedBlock *block,
								  const RsColumnType *type, uint32 row, bool *isnull);

#endif							/* RS_BLOCK_CACHE_H */
