/*
 * format.h
 *	  What stands on disk: metapage, row group, chunk and block descriptions.
 *
 * doc/format.md describes the same byte by byte.  All integers are in the
 * server's byte order, as everywhere in a PostgreSQL data directory.
 */
#ifndef RS_FORMAT_H
#define RS_FORMAT_H

#include "access/attnum.h"
#include "encoding/encoding.h"
#include "storage/block.h"
#include "storage/bufpage.h"

#define RS_FORMAT_VERSION	1

/* Bytes of a row group's stream that one page carries. */
#define RS_PAGE_BYTES		(BLCKSZ - MAXALIGN(SizeOfPageHeaderData))

/*
 * Block 0 of the main fork (and of the init fork of an unlogged table).
 * storage_id 0 means that nothing was written yet; the first writer draws one
 * at random, so that an unlogged table that a crash emptied starts anew and
 * its old directory rows mean nothing.
 */
#define RS_META_MAGIC		0x52534D31	/* "RSM1" */
#define RS_META_BLKNO		0
#define RS_META_FREE_RANGES	480

typedef struct RsPageRange
{
	BlockNumber start;
	uint32		npages;
} RsPageRange;

typedef struct RsMetaPage
{
	uint32		magic;
	uint32		version;
	uint64		storage_id;
	uint64		next_row;		/* row-number high-water mark */
	uint64		next_group;		/* next group id */
	BlockNumber end_page;		/* pages from here on were never handed out */
	uint32		nfree;			/* entries used in free[], ascending by start */
	uint32		crc;			/* CRC-32C of the fields above and the entries used */
	uint32		reserved;
	RsPageRange free[RS_META_FREE_RANGES];
} RsMetaPage;

StaticAssertDecl(sizeof(RsMetaPage) <= RS_PAGE_BYTES, "metapage does not fit");
StaticAssertDecl(offsetof(RsMetaPage, free) == 48, "metapage layout changed");

/*
 * A row group's stream: blocks of column 1, blocks of column 2, ..., footer.
 * It is cut into pages of RS_PAGE_BYTES.  The footer starts anywhere; the
 * directory knows its offset and size.
 *
 * Footer: RsFooterHeader, then ncolumns RsChunkRef, then the chunks, each an
 * RsChunkHeader, its RsBlockMeta entries and the zone bytes they point to.
 * Each chunk carries its own checksum, so that a reader of few columns of a
 * wide table checks and parses only those.
 */
#define RS_FOOTER_MAGIC		0x52534631	/* "RSF1" */

typedef struct RsFooterHeader
{
	uint32		magic;
	uint16		version;
	uint16		ncolumns;		/* attributes the table had when written */
	uint64		storage_id;
	uint64		group_id;
	uint32		nrows;
	uint32		nblocks;		/* blocks of each chunk */
	uint32		size;			/* of the whole footer */
	uint32		crc;			/* CRC-32C of this header (crc 0) and the refs */
} RsFooterHeader;

typedef struct RsChunkRef
{
	uint32		offset;			/* of the chunk's description, from the footer */
	uint32		size;
	uint32		crc;			/* CRC-32C of the description */
	uint32		reserved;
} RsChunkRef;

/* Zone values are stored as in RsZoneBytes; offset 0 means there is none. */
typedef struct RsBlockMeta
{
	uint64		offset;			/* of the block's bytes, in the group's stream */
	uint32		crc;			/* CRC-32C of the block's bytes */
	uint32		zone;			/* offset of RsZoneBytes from the chunk's start */
	RsBlockForm form;
} RsBlockMeta;

typedef struct RsZoneBytes
{
	uint16		min_size;
	uint16		max_size;
	uint8		order;			/* RsZoneOrder */
	uint8		flags;			/* RS_ZONE_... */
	uint16		attno;			/* in the directory: the column; in footers 0 */
	Oid			type;			/* whose order it is: nothing is known of another's */
	/* min bytes, max bytes: a Datum's fixed bytes, or a payload without header */
} RsZoneBytes;

/*
 * In the directory one for each column of the sort key stands behind the bounds, if the
 * group's rows are in its order.
 */
typedef struct RsSortedBy
{
	uint16		attno;
	uint16		reserved;
	Oid			type;			/* whose order it is, and collation */
	Oid			collation;
} RsSortedBy;

/* What order min and max are the ends of. */
typedef enum RsZoneOrder
{
	RS_ZONE_BTREE = 1,			/* the type's default btree order */
	RS_ZONE_BYTES = 2			/* memcmp of the payload: text, varchar, char, bytea */
} RsZoneOrder;

#define RS_ZONE_MAX_TRUNCATED	0x01	/* max is a prefix of the true maximum */
#define RS_ZONE_MAX_BYTES		64	/* longest min or max kept */

typedef struct RsChunkHeader
{
	uint32		nulls;			/* in the chunk */
	uint32		zone;			/* chunk-wide zone, as RsBlockMeta.zone */
	uint8		phys;			/* RsPhys of the column when written, 0: dropped */
	uint8		reserved[7];
} RsChunkHeader;

StaticAssertDecl(sizeof(RsBlockForm) == 24, "block form layout changed");
StaticAssertDecl(sizeof(RsBlockMeta) == 40, "block description layout changed");
StaticAssertDecl(sizeof(RsZoneBytes) == 12, "zone layout changed");
StaticAssertDecl(sizeof(RsSortedBy) == 12, "sort key layout changed");
StaticAssertDecl(sizeof(RsFooterHeader) == 40, "footer layout changed");

#endif							/* RS_FORMAT_H */
