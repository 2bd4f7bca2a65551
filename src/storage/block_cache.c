/*
 * block_cache.c
 *	  Blocks kept for look-ups of single rows.
 *
 * Look-ups through an index come to rows in an order of their own, so they would
 * decode a block of thousands of values for one.  Blocks are kept as they were read
 * (checked, and decompressed if a codec was over them), and single values decoded of
 * that: half a microsecond for a number, a few for text, while decoding a block takes
 * 10 to 100.  A block of which many values were asked for is decoded as a whole.
 *
 * Each block has a memory context of its own, which says how much it takes.  Those
 * of the row that is being read are never given up.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "storage/block_cache.h"
#include "utils/memutils.h"

/*
 * Single values read before a block is decoded: as many as that costs, about.
 */
#define RS_READS_FIXED	32
#define RS_READS_TEXT	16

struct RsBlockCache
{
	MemoryContext context;
	dlist_head	blocks;			/* the one used last first */
	Size		size;
	uint64		row;
};

RsBlockCache *
rs_block_cache_create(MemoryContext context)
{
	RsBlockCache *cache = MemoryContextAllocZero(context, sizeof(RsBlockCache));

	cache->context = context;
	dlist_init(&cache->blocks);
	return cache;
}

void
rs_block_cache_next_row(RsBlockCache *cache)
{
	cache->row++;
}

void
rs_block_cache_drop(RsBlockCache *cache, RsCachedBlock *block)
{
	dlist_delete(&block->node);
	cache->size -= block->size;
	if (block->place != NULL)
		*block->place = NULL;
	MemoryContextDelete(block->context);
}

/*
 * Give up the blocks unused longest until what is left is within bounds.
 */
static void
make_room(RsBlockCache *cache)
{
	Size		limit = (Size) work_mem * 1024;

	while (cache->size > limit)
	{
		RsCachedBlock *last = dlist_tail_element(RsCachedBlock, node, &cache->blocks);

		if (last->row == cache->row)
			break;
		rs_block_cache_drop(cache, last);
	}
}

RsCachedBlock *
rs_block_cache_add(RsBlockCache *cache)
{
	MemoryContext context;
	RsCachedBlock *block;

	make_room(cache);
	context = AllocSetContextCreate(cache->context, "redshift block", ALLOCSET_SMALL_SIZES);
	block = MemoryContextAllocZero(context, sizeof(RsCachedBlock));
	block->context = context;
	block->row = cache->row;
	dlist_push_head(&cache->blocks, &block->node);
	return block;
}

static void
count_size(RsBlockCache *cache, RsCachedBlock *block)
{
	cache->size -= block->size;
	block->size = MemoryContextMemAllocated(block->context, false);
	cache->size += block->size;
}

void
rs_block_cache_load(RsBlockCache *cache, RsCachedBlock *block, const RsColumnType *type,
					const RsBlockForm *form, RsCachedBlock **place)
{
	MemoryContext old = MemoryContextSwitchTo(block->context);

	rs_block_open(type, form, block->bytes, &block->encoded);
	MemoryContextSwitchTo(old);
	if (form->codec != RS_CODEC_NONE && block->encoded.bitmap == NULL)
	{
		pfree(block->bytes);
		block->bytes = NULL;
	}
	count_size(cache, block);
	block->place = place;
	*place = block;
}

/*
 * Decode the whole block, and let go of what was stored.
 */
static void
decode(RsBlockCache *cache, RsCachedBlock *block, const RsColumnType *type)
{
	const RsBlockForm *form = block->encoded.form;
	MemoryContext old = MemoryContextSwitchTo(block->context);

	rs_block_decode_open(type, &block->encoded, 0, form->nrows, &block->decoded);
	block->is_decoded = true;
	MemoryContextSwitchTo(old);
	if (form->codec != RS_CODEC_NONE && block->encoded.payload != NULL)
		pfree(unconstify(char *, block->encoded.payload));
	if (block->bytes != NULL)
		pfree(block->bytes);
	block->bytes = NULL;
	count_size(cache, block);
}

Datum
rs_block_cache_value(RsBlockCache *cache, RsCachedBlock *block, const RsColumnType *type,
					 uint32 row, bool *isnull)
{
	if (block->row != cache->row)
	{
		block->row = cache->row;
		dlist_move_head(&cache->blocks, &block->node);
	}
	if (block->is_decoded)
		return rs_block_datum(type, &block->decoded, row, isnull);
	if (++block->reads > (type->phys == RS_PHYS_VARLEN && !type->is_numeric ?
						  RS_READS_TEXT : RS_READS_FIXED))
	{
		decode(cache, block, type);
		return rs_block_datum(type, &block->decoded, row, isnull);
	}
	return rs_block_value(type, &block->encoded, row, isnull);
}
