/*
 * group_import.c
 *	  Row groups that come from another compute node.
 *
 * A group arrives some time before the slice does: its directory row says that it is
 * pending, though it has pages or rows.  Such a group is seen by no snapshot, but VACUUM
 * knows its pages and its row numbers, so that they stay its own, and its index entries,
 * which lead to nobody's rows as yet, stay.  When the slice comes, its directory row
 * becomes that of any other group.
 *
 * Of a group that comes as it was stored nothing is decoded but for index entries: the footer
 * gets the ids that the group has here, all else stays as it was written.  All checksums are
 * verified first.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "miscadmin.h"
#include "storage/delete_vector.h"
#include "storage/directory.h"
#include "storage/group_checksum.h"
#include "storage/group_form.h"
#include "storage/group_import.h"
#include "storage/group_reader.h"
#include "storage/index_rows.h"
#include "storage/locks.h"
#include "storage/options.h"
#include "storage/row_block.h"
#include "storage/slot.h"
#include "storage/sort.h"
#include "storage/space.h"
#include "utils/memutils.h"
#include "utils/rel.h"

static void
check(bool sound, const RsRowGroup *group, const char *what)
{
	if (!sound)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("row group %lld of another compute node is damaged", (long long) group->group_id),
				 errdetail_internal("%s", what)));
}

/*
 * A column's description and blocks.
 */
static void
check_chunk(const RsRowGroup *group, const char *stream, const RsFooterHeader *head, const RsChunkRef *ref)
{
	const char *chunk = stream + group->footer_offset + ref->offset;
	uint32		block;

	check(ref->offset <= head->size && ref->size <= head->size - ref->offset &&
		  ref->size >= sizeof(RsChunkHeader) + head->nblocks * sizeof(RsBlockMeta), group, "A column's place is wrong.");
	check(rs_checksum(chunk, ref->size) == ref->crc, group, "The checksum of a column's description does not match.");
	for (block = 0; block < head->nblocks; block++)
	{
		RsBlockMeta meta;

		CHECK_FOR_INTERRUPTS();
		memcpy(&meta, chunk + sizeof(RsChunkHeader) + block * sizeof(RsBlockMeta), sizeof(meta));
		check(meta.offset <= group->footer_offset && meta.form.size <= group->footer_offset - meta.offset, group,
			  "A block's place is wrong.");
		check(rs_checksum(stream + meta.offset, meta.form.size) == meta.crc, group, "The checksum of a block does not match.");
	}
}

static void
check_stream(const RsRowGroup *group, const char *stream, RsFooterHeader *head)
{
	const char *refs = stream + group->footer_offset + sizeof(RsFooterHeader);
	int			i;

	check(group->footer_size >= sizeof(RsFooterHeader), group, "The footer is cut off.");
	memcpy(head, stream + group->footer_offset, sizeof(RsFooterHeader));
	check(head->magic == RS_FOOTER_MAGIC && head->version == RS_FORMAT_VERSION, group, "There is no footer.");
	check(head->storage_id == group->storage_id && head->group_id == (uint64) group->group_id &&
		  head->nrows == group->nrows && head->size == group->footer_size &&
		  head->nblocks == (group->nrows + RS_BLOCK_ROWS - 1) / RS_BLOCK_ROWS &&
		  head->ncolumns <= MaxHeapAttributeNumber &&
		  sizeof(RsFooterHeader) + head->ncolumns * sizeof(RsChunkRef) <= head->size, group,
		  "The footer contradicts the directory.");
	check(rs_footer_checksum(head, refs) == head->crc, group, "The checksum of the footer does not match.");
	for (i = 0; i < head->ncolumns; i++)
	{
		RsChunkRef	ref;

		memcpy(&ref, refs + i * sizeof(RsChunkRef), sizeof(ref));
		check_chunk(group, stream, head, &ref);
	}
}

static void
check_rows(const RsRowGroup *group)
{
	uint32		nrows;
	uint16		ncolumns;

	rs_row_block_header(group->rows, &nrows, &ncolumns);
	check(nrows == group->nrows, group, "The number of rows is wrong.");
}

/*
 * Entries in the indexes for all rows of a group, deleted or not: that may change until
 * the group is shown.
 */
static void
index_group(Relation rel, const RsRowGroup *group, RsIndexRows *indexes)
{
	TupleTableSlot *slot;
	RsGroupReader *reader;
	uint32		pos;

	if (rs_index_rows_count(indexes) == 0)
		return;
	slot = MakeSingleTupleTableSlot(RelationGetDescr(rel), rs_slot_ops());
	reader = rs_group_open(rel, RelationGetDescr(rel), group, NULL, NULL);
	for (pos = 0; pos < group->nrows; pos++)
	{
		ItemPointerData tid;

		CHECK_FOR_INTERRUPTS();
		rs_slot_store_row(slot, reader, pos / RS_BLOCK_ROWS, pos % RS_BLOCK_ROWS, group, group->first_row + pos);
		rs_row_to_tid(group->first_row + pos, &tid);
		rs_index_rows_put(indexes, slot, &tid);
	}
	ExecDropSingleTupleTableSlot(slot);
	rs_group_close(reader);
}

/*
 * Store a group that has its ids, and index its rows; the files of the indexes.
 */
static List *
store_arriving(Relation rel, RsRowGroup *group, const char *stream)
{
	RsIndexRows *indexes;
	List	   *files;
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext context;

	/* VACUUM takes row numbers and pages that no directory row names for free. */
	rs_lock_space(rel, RowExclusiveLock);
	group->first_row = rs_space_reserve_rows(rel, group->nrows);
	group->pending = true;
	group->first_page = InvalidBlockNumber;
	if (stream != NULL)
		group->first_page = rs_space_allocate(rel, group->npages);
	rs_directory_insert(group);
	rs_unlock_space(rel, RowExclusiveLock);
	if (stream != NULL)
		rs_space_write(rel, group->first_page, stream, group->footer_offset + group->footer_size);

	context = AllocSetContextCreate(CurrentMemoryContext, "redshift group import", ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(context);
	indexes = rs_index_rows_open(rel, NIL);
	index_group(rel, group, indexes);
	MemoryContextSwitchTo(caller);
	files = rs_index_rows_files(indexes);
	rs_index_rows_close(indexes);
	MemoryContextDelete(context);
	return files;
}

List *
rs_group_import(Relation rel, RsRowGroup *group, char *stream)
{
	RsFooterHeader head;

	if (stream != NULL)
		check_stream(group, stream, &head);
	else
		check_rows(group);
	group->storage_id = rs_space_storage_id(rel, true);
	group->group_id = rs_space_next_group(rel);
	if (stream != NULL)
		rs_group_stream_set_ids(stream, group->footer_offset, group->storage_id, group->group_id);
	return store_arriving(rel, group, stream);
}

static bytea *
copy_bytes(const bytea *bytes)
{
	return bytes == NULL ? NULL : memcpy(palloc(VARSIZE_ANY(bytes)), bytes, VARSIZE_ANY(bytes));
}

List *
rs_group_import_rows(Relation rel, RsRowGroup *group, const RsColumnSet *rows)
{
	RsTableOptions *options = rs_options_get(rel);
	RsGroupStream stream;
	bool		in_pages;
	List	   *files;
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "redshift group import",
												  ALLOCSET_DEFAULT_SIZES);

	MemoryContextSwitchTo(context);
	group->storage_id = rs_space_storage_id(rel, true);
	group->group_id = rs_space_next_group(rel);
	group->sorted = options->nsortkeys == 0 || rs_sort_order(rows->columns, rows->nrows, options) == NULL;
	in_pages = rs_group_form(rel, rows, NULL, group, &stream);
	MemoryContextSwitchTo(caller);
	group->rows = copy_bytes(group->rows);
	group->key_zone = copy_bytes(group->key_zone);
	files = store_arriving(rel, group, in_pages ? stream.data : NULL);
	MemoryContextDelete(context);
	return files;
}

void
rs_group_show(Relation rel, RsRowGroup *group, const RsDeleteSet *deletes, List *index_files)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "redshift group import",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);
	RsIndexRows *indexes = rs_index_rows_open(rel, index_files);

	index_group(rel, group, indexes);
	rs_index_rows_close(indexes);
	group->pending = false;
	rs_directory_update(group);
	if (deletes != NULL)
		rs_delete_vector_write(group->storage_id, group->group_id, deletes);
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
}
