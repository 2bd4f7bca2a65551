/*
 * group_reader.h
 *	  Read one row group: zone maps and decoded blocks of its columns.
 *
 * Works for groups in pages and for small inserts kept in the directory row
 * (one block a column, no bounds).  Columns the group was written without
 * (added later) read as the attribute's missing value.
 */
#ifndef RS_GROUP_READER_H
#define RS_GROUP_READER_H

#include "storage/block_cache.h"
#include "storage/bufmgr.h"
#include "storage/row_group.h"
#include "storage/zone_map.h"
#include "utils/relcache.h"

typedef struct RsGroupReader RsGroupReader;

/* What the readers of a scan did; all counters only grow. */
typedef struct RsReadStats
{
	uint64		groups_total;
	uint64		groups_skipped;
	uint64		row_blocks;		/* runs of 8,192 rows passed, read or skipped */
	uint64		blocks_read;	/* decoded: blocks of one column each */
	uint64		bytes_read;
	uint64		rows_answered;	/* from zone maps, without reading them */
} RsReadStats;

static inline void
rs_read_stats_add(RsReadStats *to, const RsReadStats *from)
{
	to->groups_total += from->groups_total;
	to->groups_skipped += from->groups_skipped;
	to->row_blocks += from->row_blocks;
	to->blocks_read += from->blocks_read;
	to->bytes_read += from->bytes_read;
	to->rows_answered += from->rows_answered;
}

/*
 * Open a group.  Everything of the reader lives in a child of the current
 * context.  `desc`, the row type to read, and `group` are borrowed and must
 * outlive the reader; desc differs from the relation's while ALTER TABLE
 * rewrites it.
 */
extern RsGroupReader *rs_group_open(Relation rel, TupleDesc desc, const RsRowGroup *group,
									BufferAccessStrategy strategy, RsReadStats *stats);
extern void rs_group_close(RsGroupReader *reader);

/* Read single values of blocks kept in a cache, which must outlive the reader. */
extern void rs_group_use_cache(RsGroupReader *reader, RsBlockCache *cache);

extern uint32 rs_group_nblocks(RsGroupReader *reader);
extern uint32 rs_group_block_rows(RsGroupReader *reader, uint32 block);
extern const RsColumnType *rs_group_column_type(RsGroupReader *reader, AttrNumber attno);

/* The zone of one block, or of the whole chunk (block -1). */
extern void rs_group_zone(RsGroupReader *reader, AttrNumber attno, int32 block,
						  RsZone *zone);

/*
 * One column's block, read, checked and decoded; cached: the result stays valid
 * until another block of the same column is asked for or the reader closed.
 */
extern const RsDecodedBlock *rs_group_block(RsGroupReader *reader, AttrNumber attno,
											uint32 block);

/*
 * One value, decoded alone if the reader has a cache.  It is good as long as the
 * block is, or the cache's row; numerics and such are in the current memory context.
 */
extern Datum rs_group_value(RsGroupReader *reader, AttrNumber attno, uint32 block, uint32 row,
							bool *isnull);

/* Start reading the pages of these columns' block ahead. */
extern void rs_group_prefetch(RsGroupReader *reader, const AttrNumber *attnos, int nattnos,
							  uint32 block);


/* One row per block, for redshift.blocks. */
typedef struct RsBlockInfo
{
	AttrNumber	attno;
	uint32		block;
	RsBlockForm form;
	uint64		offset;
	RsZone		zone;
} RsBlockInfo;
extern bool rs_group_block_info(RsGroupReader *reader, AttrNumber attno, uint32 block,
								RsBlockInfo *info);

#endif							/* RS_GROUP_READER_H */
