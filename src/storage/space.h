/*
 * space.h
 *	  Metapage, page ranges and the byte streams of row groups.
 *
 * LOCKING.  rs_space_allocate() must be called with the relation's space lock
 * held in share mode (rs_lock_space), and the lock kept until the directory row
 * that names the range has been inserted: VACUUM takes it exclusively while it
 * works out which ranges no directory row names.
 */
#ifndef RS_SPACE_H
#define RS_SPACE_H

#include "lib/stringinfo.h"
#include "storage/bufmgr.h"
#include "storage/format.h"
#include "utils/relcache.h"
#include "storage/smgr.h"

/* Write block 0 of a new relation (or its init fork), WAL-logged as needed. */
extern void rs_space_init_fork(SMgrRelation srel, ForkNumber fork, char persistence);

/* A copy of the metapage, checked; a relation without pages gives an empty one. */
extern void rs_space_read_meta(Relation rel, RsMetaPage *meta);

/* The storage id; 0 if none yet, or drawn and stored when create is set. */
extern uint64 rs_space_storage_id(Relation rel, bool create);

/*
 * The storage id of a table that is not temporary, by its file alone, without a lock: 0 if
 * it has none.  False unless its metapage is in shared buffers and whole.
 */
extern bool rs_space_cached_storage_id(RelFileNode node, uint64 *storage_id);

/* Reserve nrows row numbers; returns the first.  ERROR when all are used up. */
extern uint64 rs_space_reserve_rows(Relation rel, uint32 nrows);
/* Extend [first, first+nrows) by more if nothing came after it; else false. */
extern bool rs_space_extend_rows(Relation rel, uint64 end, uint32 more);
/* Give back the unused tail [from, end) if nothing came after it. */
extern void rs_space_return_rows(Relation rel, uint64 from, uint64 end);
extern int64 rs_space_next_group(Relation rel);

/* npages contiguous pages: a free range (first fit), else new at the end. */
extern BlockNumber rs_space_allocate(Relation rel, uint32 npages);
/* Replace the free list; ranges ascending, disjoint; end_page as given. */
extern void rs_space_set_free(Relation rel, const RsPageRange *ranges, uint32 nranges,
							  BlockNumber end_page);

/* Write a row group's stream into its pages: buffers, then full-page WAL. */
extern uint32 rs_space_pages_for(uint64 nbytes);
extern void rs_space_write(Relation rel, BlockNumber first_page,
						   const char *data, uint64 nbytes);

/*
 * Copy bytes [offset, offset + size) of the stream in pages [first_page,
 * first_page + npages) to dst; prefetches.  ERROR (data corrupted) beyond them
 * or on a page that is not one of ours.
 */
extern void rs_space_read(Relation rel, BlockNumber first_page, uint32 npages,
						  uint64 offset, Size size, char *dst,
						  BufferAccessStrategy strategy);
extern void rs_space_prefetch(Relation rel, BlockNumber first_page, uint32 npages,
							  uint64 offset, Size size);

#endif							/* RS_SPACE_H */
