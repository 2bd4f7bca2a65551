/*
 * group_reader.c
 *	  Read one row group: zone maps and decoded blocks of its columns.
 *
 * The footer's head is read when the group is opened, a column's description
 * when the column is first asked for, so wide tables cost what is used of them.
 * Every piece has a checksum and is checked against the directory row, the
 * column and the size of the stream before anything in it is believed.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "encoding/ints.h"
#include "miscadmin.h"
#include "storage/group_checksum.h"
#include "storage/group_reader.h"
#include "storage/row_block.h"
#include "storage/space.h"
#include "utils/datum.h"
#include "utils/memutils.h"
#include "utils/rel.h"

typedef struct ColumnReader
{
	RsColumnType type;
	bool		known;			/* the description was read */
	bool		missing;		/* added since, or dropped */
	const RsChunkHeader *head;	/* with its blocks and zones behind it */
	const RsBlockMeta *metas;
	uint32		size;			/* of the description */
	MemoryContext context;		/* of the cached block */
	int64		cached;			/* block number, -1: none */
	RsDecodedBlock block;
	RsCachedBlock **kept;		/* for single values: each block, or NULL */
} ColumnReader;

struct RsGroupReader
{
	Relation	rel;
	TupleDesc	desc;
	int			natts;			/* its columns: the descriptor may be gone when the reader is closed */
	const RsRowGroup *group;
	BufferAccessStrategy strategy;
	RsReadStats *stats;
	RsBlockCache *cache;		/* borrowed; NULL: none */
	MemoryContext context;
	uint32		nblocks;
	uint16		ncolumns;		/* stored */
	RsChunkRef *refs;			/* NULL: rows in the directory */
	ColumnReader *columns;
};

/* What a damaged-data error names. */
typedef struct Place
{
	RsGroupReader *reader;
	AttrNumber	attno;			/* 0: the group as a whole */
	int32		block;			/* -1: the column as a whole */
} Place;

static void
place_callback(void *arg)
{
	Place	   *place = arg;
	RsGroupReader *reader = place->reader;

	if (geterrcode() != ERRCODE_DATA_CORRUPTED)
		return;
	if (place->attno == 0)
		errcontext("row group %lld of table \"%s\"", (long long) reader->group->group_id,
				   RelationGetRelationName(reader->rel));
	else if (place->block < 0)
		errcontext("row group %lld of table \"%s\", column \"%s\"",
				   (long long) reader->group->group_id, RelationGetRelationName(reader->rel),
				   NameStr(TupleDescAttr(reader->desc, place->attno - 1)->attname));
	else
		errcontext("row group %lld of table \"%s\", column \"%s\", block %d",
				   (long long) reader->group->group_id, RelationGetRelationName(reader->rel),
				   NameStr(TupleDescAttr(reader->desc, place->attno - 1)->attname),
				   place->block);
}

#define ENTER_PLACE(reader_, attno_, block_) \
	Place		place_ = {reader_, attno_, block_}; \
	ErrorContextCallback callback_ = {error_context_stack, place_callback, &place_}

static void
check_crc(const char *data, Size size, uint32 expected)
{
	if (rs_checksum(data, size) != expected)
		rs_encoding_corrupt("checksum does not match");
}

static char *
read_stream(RsGroupReader *reader, uint64 offset, Size size)
{
	char	   *data;

	/* Before memory is taken for a size that may be nonsense. */
	if (size > (uint64) reader->group->npages * RS_PAGE_BYTES)
		rs_encoding_corrupt("size is larger than the row group");
	data = MemoryContextAllocHuge(CurrentMemoryContext, Max(size, 1));
	rs_space_read(reader->rel, reader->group->first_page, reader->group->npages, offset, size,
				  data, reader->strategy);
	if (reader->stats != NULL)
		reader->stats->bytes_read += size;
	return data;
}

static void
open_footer(RsGroupReader *reader)
{
	const RsRowGroup *group = reader->group;
	RsFooterHeader head;
	char	   *bytes;

	if (group->footer_size < sizeof(head))
		rs_encoding_corrupt("footer is cut off");
	bytes = read_stream(reader, group->footer_offset, sizeof(head));
	memcpy(&head, bytes, sizeof(head));
	pfree(bytes);
	if (head.magic != RS_FOOTER_MAGIC)
		rs_encoding_corrupt("there is no footer where one should be");
	if (head.version != RS_FORMAT_VERSION)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("row group %lld has storage format version %u, but only version %u is supported",
						(long long) group->group_id, head.version, RS_FORMAT_VERSION)));
	if (head.storage_id != group->storage_id || head.group_id != (uint64) group->group_id ||
		head.nrows != group->nrows || head.size != group->footer_size ||
		head.nblocks != (group->nrows + RS_BLOCK_ROWS - 1) / RS_BLOCK_ROWS ||
		head.ncolumns > MaxHeapAttributeNumber ||
		sizeof(head) + head.ncolumns * sizeof(RsChunkRef) > head.size)
		rs_encoding_corrupt("footer contradicts the directory");
	reader->ncolumns = head.ncolumns;
	reader->nblocks = head.nblocks;
	reader->refs = (RsChunkRef *) read_stream(reader, group->footer_offset + sizeof(head),
											  head.ncolumns * sizeof(RsChunkRef));
	if (rs_footer_checksum(&head, reader->refs) != head.crc)
		rs_encoding_corrupt("checksum of the footer does not match");
}

static void
open_rows(RsGroupReader *reader)
{
	uint32		nrows;

	rs_row_block_header(reader->group->rows, &nrows, &reader->ncolumns);
	if (nrows != reader->group->nrows)
		rs_encoding_corrupt("row count contradicts the directory");
	reader->nblocks = nrows > 0 ? 1 : 0;
}

RsGroupReader *
rs_group_open(Relation rel, TupleDesc desc, const RsRowGroup *group, BufferAccessStrategy strategy,
			  RsReadStats *stats)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "redshift row group",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	RsGroupReader *reader = palloc0(sizeof(RsGroupReader));

	reader->rel = rel;
	reader->desc = desc;
	reader->natts = reader->desc->natts;
	reader->group = group;
	reader->strategy = strategy;
	reader->stats = stats;
	reader->context = context;
	reader->columns = palloc0(Max(desc->natts, 1) * sizeof(ColumnReader));
	{
		ENTER_PLACE(reader, 0, -1);

		error_context_stack = &callback_;
		if (group->rows != NULL)
			open_rows(reader);
		else
			open_footer(reader);
		error_context_stack = callback_.previous;
	}
	MemoryContextSwitchTo(old);
	return reader;
}

void
rs_group_use_cache(RsGroupReader *reader, RsBlockCache *cache)
{
	reader->cache = cache;
}

void
rs_group_close(RsGroupReader *reader)
{
	int			i;
	uint32		block;

	for (i = 0; reader->cache != NULL && i < reader->natts; i++)
	{
		RsCachedBlock **kept = reader->columns[i].kept;

		for (block = 0; kept != NULL && block < reader->nblocks; block++)
			if (kept[block] != NULL)
				rs_block_cache_drop(reader->cache, kept[block]);
	}
	MemoryContextDelete(reader->context);
}

uint32
rs_group_nblocks(RsGroupReader *reader)
{
	return reader->nblocks;
}

uint32
rs_group_block_rows(RsGroupReader *reader, uint32 block)
{
	return Min(reader->group->nrows - block * RS_BLOCK_ROWS, RS_BLOCK_ROWS);
}

/*
 * Read and check a chunk's description.
 */
static void
read_chunk(RsGroupReader *reader, ColumnReader *column, int index)
{
	const RsChunkRef *ref = &reader->refs[index];
	uint64		limit = reader->group->footer_offset;
	Size		fixed = sizeof(RsChunkHeader) + reader->nblocks * sizeof(RsBlockMeta);
	char	   *bytes;
	uint32		block;

	if (ref->offset > reader->group->footer_size ||
		ref->size > reader->group->footer_size - ref->offset || ref->size < fixed)
		rs_encoding_corrupt("description of the column is outside the footer");
	bytes = read_stream(reader, reader->group->footer_offset + ref->offset, ref->size);
	check_crc(bytes, ref->size, ref->crc);
	column->head = (const RsChunkHeader *) bytes;
	column->metas = (const RsBlockMeta *) (bytes + sizeof(RsChunkHeader));
	column->size = ref->size;
	if (column->head->phys == 0)
	{
		column->missing = true;
		return;
	}
	if (column->head->phys != column->type.phys)
		rs_encoding_corrupt("stored values are not of the column's type");
	for (block = 0; block < reader->nblocks; block++)
	{
		const RsBlockMeta *meta = &column->metas[block];

		if (meta->offset > limit || meta->form.size > limit - meta->offset ||
			meta->form.nrows != rs_group_block_rows(reader, block) || meta->zone > ref->size)
			rs_encoding_corrupt("description of a block is out of range");
	}
	if (column->head->zone > ref->size)
		rs_encoding_corrupt("zone of the column is out of range");
}

static ColumnReader *
get_column(RsGroupReader *reader, AttrNumber attno)
{
	ColumnReader *column = &reader->columns[attno - 1];
	Form_pg_attribute att = TupleDescAttr(reader->desc, attno - 1);
	MemoryContext old;

	if (column->known)
		return column;
	old = MemoryContextSwitchTo(reader->context);
	column->cached = -1;
	if (att->attisdropped || attno > reader->ncolumns)
		column->missing = true;
	if (!att->attisdropped)
		rs_column_type_init(&column->type, att->atttypid, att->atttypmod, att->attcollation);
	if (!column->missing && reader->refs != NULL)
	{
		ENTER_PLACE(reader, attno, -1);

		error_context_stack = &callback_;
		read_chunk(reader, column, attno - 1);
		error_context_stack = callback_.previous;
	}
	column->known = true;
	MemoryContextSwitchTo(old);
	return column;
}

const RsColumnType *
rs_group_column_type(RsGroupReader *reader, AttrNumber attno)
{
	return &get_column(reader, attno)->type;
}

void
rs_group_zone(RsGroupReader *reader, AttrNumber attno, int32 block, RsZone *zone)
{
	ColumnReader *column = get_column(reader, attno);
	uint32		at;

	memset(zone, 0, sizeof(RsZone));
	zone->nrows = block < 0 ? reader->group->nrows : rs_group_block_rows(reader, block);
	if (column->missing || column->head == NULL)
	{
		/* Unknown, or a missing value: neither all NULL nor free of them. */
		zone->unknown = true;
		zone->nnulls = zone->nrows > 1 ? zone->nrows - 1 : 1;
		zone->nrows = Max(zone->nrows, 2);
		return;
	}
	zone->nnulls = block < 0 ? column->head->nulls : column->metas[block].form.nnulls;
	at = block < 0 ? column->head->zone : column->metas[block].zone;
	if (at != 0)
	{
		ENTER_PLACE(reader, attno, block);

		error_context_stack = &callback_;
		rs_zone_read(&column->type, (const char *) column->head + at, column->size - at, zone);
		error_context_stack = callback_.previous;
	}
}

/*
 * A column the group was written without: its missing value in every row.
 */
static void
missing_block(RsGroupReader *reader, ColumnReader *column, AttrNumber attno, uint32 nrows)
{
	RsDecodedBlock *out = &column->block;
	bool		isnull = true;
	Datum		value = (Datum) 0;
	uint32		i;

	if (attno > reader->ncolumns)
		value = getmissingattr(reader->desc, attno, &isnull);
	memset(out, 0, sizeof(RsDecodedBlock));
	out->values.phys = column->type.phys;
	out->values.width = column->type.width;
	out->values.count = nrows;
	if (isnull)
		out->valid = palloc0((nrows / 64 + 1) * sizeof(uint64));
	if (column->type.phys == RS_PHYS_VARLEN)
	{
		struct varlena *image = isnull ? palloc0(VARHDRSZ) :
			PG_DETOAST_DATUM_COPY(value);

		out->values.bytes = (char *) image;
		out->values.offsets = palloc0(nrows * sizeof(uint32));
		return;
	}
	out->values.fixed = palloc0((Size) nrows * Max(column->type.width, 1));
	for (i = 0; i < nrows && !isnull; i++)
	{
		char	   *to = (char *) out->values.fixed + (Size) i * column->type.width;

		if (column->type.typbyval)
			store_att_byval(to, value, column->type.width);
		else
			memcpy(to, DatumGetPointer(value), column->type.width);
	}
}

static void
load_block(RsGroupReader *reader, ColumnReader *column, AttrNumber attno, uint32 block)
{
	const RsBlockMeta *meta;
	char	   *data;

	if (column->missing)
	{
		missing_block(reader, column, attno, rs_group_block_rows(reader, block));
		return;
	}
	if (reader->stats != NULL)
		reader->stats->blocks_read++;
	if (reader->refs == NULL)
	{
		if (reader->stats != NULL && attno == 1)
			reader->stats->bytes_read += VARSIZE_ANY(reader->group->rows);
		rs_row_block_column(reader->group->rows, attno - 1, &column->type, &column->block);
		return;
	}
	meta = &column->metas[block];
	data = read_stream(reader, meta->offset, meta->form.size);
	check_crc(data, meta->form.size, meta->crc);
	rs_block_decode(&column->type, &meta->form, data, 0, meta->form.nrows, &column->block);
	pfree(data);
}

const RsDecodedBlock *
rs_group_block(RsGroupReader *reader, AttrNumber attno, uint32 block)
{
	ColumnReader *column = get_column(reader, attno);
	MemoryContext old;

	if (column->cached == block)
		return &column->block;
	column->cached = -1;
	if (column->context == NULL)
		column->context = AllocSetContextCreate(reader->context, "redshift block",
												ALLOCSET_DEFAULT_SIZES);
	else
		MemoryContextReset(column->context);
	old = MemoryContextSwitchTo(column->context);
	{
		ENTER_PLACE(reader, attno, (int32) block);

		error_context_stack = &callback_;
		load_block(reader, column, attno, block);
		error_context_stack = callback_.previous;
	}
	MemoryContextSwitchTo(old);
	column->cached = block;
	return &column->block;
}

/*
 * Read a block into the cache, as it is stored.
 */
static void
keep_block(RsGroupReader *reader, ColumnReader *column, AttrNumber attno, uint32 block)
{
	const RsBlockMeta *meta = &column->metas[block];
	RsCachedBlock *kept = rs_block_cache_add(reader->cache);
	MemoryContext old = MemoryContextSwitchTo(kept->context);

	kept->bytes = read_stream(reader, meta->offset, meta->form.size);
	MemoryContextSwitchTo(old);
	check_crc(kept->bytes, meta->form.size, meta->crc);
	rs_block_cache_load(reader->cache, kept, &column->type, &meta->form, &column->kept[block]);
	if (reader->stats != NULL)
		reader->stats->blocks_read++;
}

Datum
rs_group_value(RsGroupReader *reader, AttrNumber attno, uint32 block, uint32 row, bool *isnull)
{
	ColumnReader *column = get_column(reader, attno);
	Datum		value;

	if (column->missing && attno > reader->ncolumns)
		return getmissingattr(reader->desc, attno, isnull);
	if (reader->cache == NULL || reader->refs == NULL || column->missing)
		return rs_block_datum(&column->type, rs_group_block(reader, attno, block), row, isnull);
	if (column->kept == NULL)
		column->kept = MemoryContextAllocZero(reader->context,
											  reader->nblocks * sizeof(RsCachedBlock *));
	{
		ENTER_PLACE(reader, attno, (int32) block);

		error_context_stack = &callback_;
		if (column->kept[block] == NULL)
			keep_block(reader, column, attno, block);
		value = rs_block_cache_value(reader->cache, column->kept[block], &column->type, row, isnull);
		error_context_stack = callback_.previous;
	}
	return value;
}

void
rs_group_prefetch(RsGroupReader *reader, const AttrNumber *attnos, int nattnos, uint32 block)
{
	int			i;

	if (reader->refs == NULL)
		return;
	for (i = 0; i < nattnos; i++)
	{
		ColumnReader *column = get_column(reader, attnos[i]);

		if (!column->missing)
			rs_space_prefetch(reader->rel, reader->group->first_page, reader->group->npages,
							  column->metas[block].offset, column->metas[block].form.size);
	}
}

bool
rs_group_block_info(RsGroupReader *reader, AttrNumber attno, uint32 block, RsBlockInfo *info)
{
	ColumnReader *column = get_column(reader, attno);

	if (column->missing || column->head == NULL)
		return false;
	memset(info, 0, sizeof(RsBlockInfo));
	info->attno = attno;
	info->block = block;
	info->form = column->metas[block].form;
	info->offset = column->metas[block].offset;
	rs_group_zone(reader, attno, (int32) block, &info->zone);
	return true;
}
