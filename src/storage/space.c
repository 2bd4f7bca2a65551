/*
 * space.c
 *	  Metapage, page ranges and the byte streams of row groups.
 *
 * The metapage is changed under its exclusive buffer lock and logged as a delta
 * (generic WAL), since small inserts change it often.  A row group's pages are
 * written once, through shared buffers, and logged as full-page images, so that
 * recovery, standbys and backups need nothing of ours.
 *
 * A page holds the plain page header and RS_PAGE_BYTES of the stream; pd_lower
 * ends the data, so WAL leaves out what a last page does not use.
 *
 * LOCKING: see space.h.
 */
#include "postgres.h"

#include "access/generic_xlog.h"
#include "access/xlog.h"
#include "access/xloginsert.h"
#include "catalog/pg_class.h"
#include "catalog/pg_control.h"
#include "catalog/storage.h"
#include "miscadmin.h"
#include "port/pg_crc32c.h"
#include "storage/lmgr.h"
#include "storage/row_group.h"
#include "storage/space.h"
#include "utils/rel.h"

/* Pages of one WAL record: each needs a block id. */
#define RS_WAL_BATCH	XLR_MAX_BLOCK_ID

/* How far a read asks the kernel ahead, in pages. */
#define RS_PREFETCH_PAGES	64

static uint32
meta_crc(const RsMetaPage *meta)
{
	pg_crc32c	crc;

	INIT_CRC32C(crc);
	COMP_CRC32C(crc, meta, offsetof(RsMetaPage, crc));
	COMP_CRC32C(crc, meta->free, meta->nfree * sizeof(RsPageRange));
	FIN_CRC32C(crc);
	return crc;
}

static void
meta_init(RsMetaPage *meta)
{
	memset(meta, 0, sizeof(RsMetaPage));
	meta->magic = RS_META_MAGIC;
	meta->version = RS_FORMAT_VERSION;
	meta->next_group = 1;
	meta->end_page = RS_META_BLKNO + 1;
	meta->crc = meta_crc(meta);
}

static void
meta_check(Relation rel, const RsMetaPage *meta)
{
	if (meta->magic != RS_META_MAGIC || meta->nfree > RS_META_FREE_RANGES ||
		meta->crc != meta_crc(meta) ||
		meta->end_page <= RS_META_BLKNO || meta->next_row > RS_MAX_ROW)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("metapage of table \"%s\" is damaged", RelationGetRelationName(rel))));
	if (meta->version != RS_FORMAT_VERSION)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("table \"%s\" has storage format version %u, but only version %u is supported",
						RelationGetRelationName(rel), meta->version, RS_FORMAT_VERSION)));
}

void
rs_space_init_fork(SMgrRelation srel, ForkNumber fork, char persistence)
{
	PGAlignedBlock buf;
	Page		page = (Page) buf.data;

	PageInit(page, BLCKSZ, 0);
	meta_init((RsMetaPage *) PageGetContents(page));
	((PageHeader) page)->pd_lower = (LocationIndex)
		(MAXALIGN(SizeOfPageHeaderData) + sizeof(RsMetaPage));

	PageSetChecksumInplace(page, RS_META_BLKNO);
	smgrextend(srel, fork, RS_META_BLKNO, (char *) page, persistence == RELPERSISTENCE_TEMP);

	/*
	 * Written first, logged then: a checkpoint that starts after the record syncs
	 * the file.  The init fork is needed after any crash, logged or not.  A file that will be
	 * synced at commit instead of being logged (wal_level minimal) must not be logged at all: the
	 * record would undo what is written later.
	 */
	if ((persistence == RELPERSISTENCE_PERMANENT && !RelFileNodeSkippingWAL(srel->smgr_rnode.node)) ||
		fork == INIT_FORKNUM)
		log_newpage(&srel->smgr_rnode.node, fork, RS_META_BLKNO, page, true);
	if (fork == INIT_FORKNUM)
		smgrimmedsync(srel, fork);
}

/*
 * Copy the metapage if it is in shared buffers.  Its file is neither opened nor asked for
 * its size: views of all tables would open as many files.
 */
static bool
read_cached_meta(SMgrRelation srel, RsMetaPage *meta)
{
	Buffer		buffer = PrefetchSharedBuffer(srel, MAIN_FORKNUM, RS_META_BLKNO).recent_buffer;

	if (!BufferIsValid(buffer) ||
		!ReadRecentBuffer(srel->smgr_rnode.node, MAIN_FORKNUM, RS_META_BLKNO, buffer))
		return false;
	LockBuffer(buffer, BUFFER_LOCK_SHARE);
	memcpy(meta, PageGetContents(BufferGetPage(buffer)), sizeof(RsMetaPage));
	UnlockReleaseBuffer(buffer);
	return true;
}

bool
rs_space_cached_storage_id(RelFileNode node, uint64 *storage_id)
{
	RsMetaPage	meta;

	if (!read_cached_meta(smgropen(node, InvalidBackendId), &meta) || meta.magic != RS_META_MAGIC ||
		meta.version != RS_FORMAT_VERSION || meta.nfree > RS_META_FREE_RANGES || meta.crc != meta_crc(&meta))
		return false;
	*storage_id = meta.storage_id;
	return true;
}

void
rs_space_read_meta(Relation rel, RsMetaPage *meta)
{
	Buffer		buffer;

	if (!RelationUsesLocalBuffers(rel) && read_cached_meta(RelationGetSmgr(rel), meta))
	{
		meta_check(rel, meta);
		return;
	}
	if (RelationGetNumberOfBlocks(rel) == 0)
	{
		meta_init(meta);
		return;
	}
	buffer = ReadBuffer(rel, RS_META_BLKNO);
	LockBuffer(buffer, BUFFER_LOCK_SHARE);
	memcpy(meta, PageGetContents(BufferGetPage(buffer)), sizeof(RsMetaPage));
	UnlockReleaseBuffer(buffer);
	meta_check(rel, meta);
}

/*
 * A change of the metapage: meta_begin() locks it and gives the copy to change,
 * meta_end() writes it back, as a WAL delta where the table is logged.
 */
typedef struct MetaChange
{
	Buffer		buffer;
	GenericXLogState *state;	/* NULL: the table is not logged */
	Page		page;
} MetaChange;

static RsMetaPage *
meta_begin(Relation rel, MetaChange *change)
{
	RsMetaPage *meta;

	change->buffer = ReadBuffer(rel, RS_META_BLKNO);
	LockBuffer(change->buffer, BUFFER_LOCK_EXCLUSIVE);
	meta = (RsMetaPage *) PageGetContents(BufferGetPage(change->buffer));
	meta_check(rel, meta);
	change->state = NULL;
	change->page = BufferGetPage(change->buffer);
	if (RelationNeedsWAL(rel))
	{
		change->state = GenericXLogStart(rel);
		change->page = GenericXLogRegisterBuffer(change->state, change->buffer, 0);
	}
	return (RsMetaPage *) PageGetContents(change->page);
}

static void
meta_end(MetaChange *change)
{
	RsMetaPage *meta = (RsMetaPage *) PageGetContents(change->page);

	meta->crc = meta_crc(meta);
	if (change->state != NULL)
		GenericXLogFinish(change->state);
	else
		MarkBufferDirty(change->buffer);
	UnlockReleaseBuffer(change->buffer);
}

static void
meta_abandon(MetaChange *change)
{
	if (change->state != NULL)
		GenericXLogAbort(change->state);
	UnlockReleaseBuffer(change->buffer);
}

uint64
rs_space_storage_id(Relation rel, bool create)
{
	RsMetaPage	meta;
	RsMetaPage *changed;
	MetaChange	change;
	uint64		id = 0;

	rs_space_read_meta(rel, &meta);
	if (meta.storage_id != 0 || !create)
		return meta.storage_id;
	while (id == 0)
	{
		if (!pg_strong_random(&id, sizeof(id)))
			ereport(ERROR,
					(errcode(ERRCODE_INTERNAL_ERROR),
					 errmsg("could not generate a random storage id")));
		id &= PG_INT64_MAX;
	}
	changed = meta_begin(rel, &change);
	if (changed->storage_id == 0)
		changed->storage_id = id;
	id = changed->storage_id;
	meta_end(&change);
	return id;
}

uint64
rs_space_reserve_rows(Relation rel, uint32 nrows)
{
	MetaChange	change;
	RsMetaPage *meta = meta_begin(rel, &change);
	uint64		first = meta->next_row;

	if (first + nrows > RS_MAX_ROW)
	{
		meta_abandon(&change);
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("table \"%s\" has used up its row numbers",
						RelationGetRelationName(rel)),
				 errhint("VACUUM FULL numbers the rows anew.")));
	}
	meta->next_row = first + nrows;
	meta_end(&change);
	return first;
}

bool
rs_space_extend_rows(Relation rel, uint64 end, uint32 more)
{
	MetaChange	change;
	RsMetaPage *meta = meta_begin(rel, &change);

	if (meta->next_row != end || end + more > RS_MAX_ROW)
	{
		meta_abandon(&change);
		return false;
	}
	meta->next_row = end + more;
	meta_end(&change);
	return true;
}

void
rs_space_return_rows(Relation rel, uint64 from, uint64 end)
{
	MetaChange	change;
	RsMetaPage *meta;

	if (from == end)
		return;
	meta = meta_begin(rel, &change);
	if (meta->next_row != end)
	{
		meta_abandon(&change);
		return;
	}
	meta->next_row = from;
	meta_end(&change);
}

int64
rs_space_next_group(Relation rel)
{
	MetaChange	change;
	RsMetaPage *meta = meta_begin(rel, &change);
	int64		id = (int64) meta->next_group++;

	meta_end(&change);
	return id;
}

/*
 * Make the file at least nblocks long.  Pages are written as zeros, so that a
 * full disk is found now and not by the checkpointer.
 */
static void
extend_file(Relation rel, BlockNumber nblocks)
{
	PGAlignedBlock zeros;
	BlockNumber block;

	if (RelationGetNumberOfBlocks(rel) >= nblocks)
		return;
	memset(zeros.data, 0, BLCKSZ);
	LockRelationForExtension(rel, ExclusiveLock);
	for (block = RelationGetNumberOfBlocks(rel); block < nblocks; block++)
		smgrextend(RelationGetSmgr(rel), MAIN_FORKNUM, block, zeros.data, false);
	UnlockRelationForExtension(rel, ExclusiveLock);
}

BlockNumber
rs_space_allocate(Relation rel, uint32 npages)
{
	MetaChange	change;
	RsMetaPage *meta = meta_begin(rel, &change);
	BlockNumber start = InvalidBlockNumber;
	uint32		i;

	for (i = 0; i < meta->nfree; i++)
	{
		RsPageRange *range = &meta->free[i];

		if (range->npages < npages)
			continue;
		start = range->start;
		range->start += npages;
		range->npages -= npages;
		if (range->npages == 0)
		{
			memmove(range, range + 1, (meta->nfree - i - 1) * sizeof(RsPageRange));
			meta->nfree--;
		}
		break;
	}
	if (start == InvalidBlockNumber)
	{
		if (npages >= MaxBlockNumber - meta->end_page)
		{
			meta_abandon(&change);
			ereport(ERROR,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					 errmsg("table \"%s\" cannot have more than %u pages",
							RelationGetRelationName(rel), MaxBlockNumber)));
		}
		start = meta->end_page;
		meta->end_page += npages;
	}
	meta_end(&change);
	extend_file(rel, start + npages);
	return start;
}

void
rs_space_set_free(Relation rel, const RsPageRange *ranges, uint32 nranges, BlockNumber end_page)
{
	MetaChange	change;
	RsMetaPage *meta = meta_begin(rel, &change);

	Assert(nranges <= RS_META_FREE_RANGES);
	memset(meta->free, 0, sizeof(meta->free));
	memcpy(meta->free, ranges, nranges * sizeof(RsPageRange));
	meta->nfree = nranges;
	meta->end_page = end_page;
	meta_end(&change);
}

uint32
rs_space_pages_for(uint64 nbytes)
{
	return (uint32) ((nbytes + RS_PAGE_BYTES - 1) / RS_PAGE_BYTES);
}

/*
 * Mark the pages dirty and log them whole, in one record.
 */
static void
log_pages(Relation rel, Buffer *buffers, int n)
{
	int			i;

	START_CRIT_SECTION();
	for (i = 0; i < n; i++)
		MarkBufferDirty(buffers[i]);
	if (RelationNeedsWAL(rel))
	{
		XLogRecPtr	lsn;

		XLogBeginInsert();
		for (i = 0; i < n; i++)
			XLogRegisterBuffer(i, buffers[i], REGBUF_FORCE_IMAGE | REGBUF_STANDARD);
		lsn = XLogInsert(RM_XLOG_ID, XLOG_FPI);
		for (i = 0; i < n; i++)
			PageSetLSN(BufferGetPage(buffers[i]), lsn);
	}
	END_CRIT_SECTION();
	for (i = 0; i < n; i++)
		UnlockReleaseBuffer(buffers[i]);
}

void
rs_space_write(Relation rel, BlockNumber first_page, const char *data, uint64 nbytes)
{
	BufferAccessStrategy strategy = GetAccessStrategy(BAS_BULKWRITE);
	Buffer		buffers[RS_WAL_BATCH];
	uint64		done = 0;
	BlockNumber block = first_page;
	int			n = 0;

	if (RelationNeedsWAL(rel))
		XLogEnsureRecordSpace(RS_WAL_BATCH - 1, 0);
	while (done < nbytes)
	{
		uint32		size = (uint32) Min(nbytes - done, RS_PAGE_BYTES);
		Page		page;

		buffers[n] = ReadBufferExtended(rel, MAIN_FORKNUM, block++, RBM_ZERO_AND_LOCK, strategy);
		page = BufferGetPage(buffers[n]);
		n++;
		PageInit(page, BLCKSZ, 0);
		memcpy(PageGetContents(page), data + done, size);
		((PageHeader) page)->pd_lower = (LocationIndex) (MAXALIGN(SizeOfPageHeaderData) + size);
		done += size;
		if (n == RS_WAL_BATCH || done == nbytes)
		{
			log_pages(rel, buffers, n);
			n = 0;
			CHECK_FOR_INTERRUPTS();
		}
	}
	FreeAccessStrategy(strategy);
}

static void
check_range(Relation rel, BlockNumber first_page, uint32 npages, uint64 offset, Size size)
{
	uint64		limit = (uint64) npages * RS_PAGE_BYTES;

	if (offset > limit || size > limit - offset ||
		(uint64) first_page + npages > MaxBlockNumber)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("bytes asked for are outside the row group's pages in table \"%s\"",
						RelationGetRelationName(rel))));
}

void
rs_space_prefetch(Relation rel, BlockNumber first_page, uint32 npages, uint64 offset, Size size)
{
	BlockNumber block;
	BlockNumber last;

	check_range(rel, first_page, npages, offset, size);
	if (size == 0)
		return;
	block = first_page + (BlockNumber) (offset / RS_PAGE_BYTES);
	last = first_page + (BlockNumber) ((offset + size - 1) / RS_PAGE_BYTES);
	last = Min(last, block + RS_PREFETCH_PAGES);
	for (; block <= last; block++)
		(void) PrefetchBuffer(rel, MAIN_FORKNUM, block);
}

void
rs_space_read(Relation rel, BlockNumber first_page, uint32 npages, uint64 offset, Size size,
			  char *dst, BufferAccessStrategy strategy)
{
	check_range(rel, first_page, npages, offset, size);
	while (size > 0)
	{
		BlockNumber block = first_page + (BlockNumber) (offset / RS_PAGE_BYTES);
		uint32		within = (uint32) (offset % RS_PAGE_BYTES);
		uint32		n = (uint32) Min(size, RS_PAGE_BYTES - within);
		Buffer		buffer;
		Page		page;

		buffer = ReadBufferExtended(rel, MAIN_FORKNUM, block, RBM_NORMAL, strategy);
		LockBuffer(buffer, BUFFER_LOCK_SHARE);
		page = BufferGetPage(buffer);
		if (PageIsNew(page) ||
			((PageHeader) page)->pd_lower < MAXALIGN(SizeOfPageHeaderData) + within + n ||
			((PageHeader) page)->pd_lower > BLCKSZ)
		{
			UnlockReleaseBuffer(buffer);
			ereport(ERROR,
					(errcode(ERRCODE_DATA_CORRUPTED),
					 errmsg("page %u of table \"%s\" does not hold the row group's data",
							block, RelationGetRelationName(rel))));
		}
		memcpy(dst, PageGetContents(page) + within, n);
		UnlockReleaseBuffer(buffer);
		dst += n;
		offset += n;
		size -= n;
	}
}
