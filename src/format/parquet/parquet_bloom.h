/*
 * parquet_bloom.h
 *	  Bloom filters of split blocks, as Parquet files have them.
 *
 * A value's hash is XXH64 of its bytes as PLAIN has them, byte arrays without their length.  It
 * chooses a block of eight words, and a bit in each.
 */
#ifndef RS_PARQUET_BLOOM_H
#define RS_PARQUET_BLOOM_H

#define RS_BLOOM_WORDS	8		/* of a block */
#define RS_BLOOM_BLOCK	32		/* bytes */

extern uint64 rs_bloom_hash(const void *data, Size size);

/* Of words in the order of this processor. */
extern void rs_bloom_add(uint32 *words, uint32 nblocks, uint64 hash);
extern bool rs_bloom_may_have(const uint32 *words, uint32 nblocks, uint64 hash);

/*
 * Halve a filter of a power of two blocks, more than once maybe, as long as few of its bits are
 * set; returns how many blocks are left.
 */
extern uint32 rs_bloom_shrink(uint32 *words, uint32 nblocks);

#endif							/* RS_PARQUET_BLOOM_H */
