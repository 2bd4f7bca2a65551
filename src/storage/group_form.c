/*
 * group_form.c
 *	  Gathered rows as a row group.
 *
 * Few small rows stand in the group's directory row, others in pages.
 */
#include "postgres.h"

#include "access/xact.h"
#include "storage/directory.h"
#include "storage/group_form.h"
#include "storage/key_order.h"
#include "storage/locks.h"
#include "storage/options.h"
#include "storage/own_rows.h"
#include "storage/row_block.h"
#include "storage/slicing.h"
#include "storage/space.h"
#include "utils/rel.h"

bool
rs_group_form(Relation rel, const RsColumnSet *rows, const uint32 *order, RsRowGroup *group, RsGroupStream *stream)
{
	RsTableOptions *options = rs_options_get(rel);
	AttrNumber	key = options->nsortkeys > 0 ? options->sortkeys[0] : 0;

	group->nrows = rows->nrows;
	if (rows->nrows <= RS_BLOCK_ROWS)
		group->rows = rs_row_block_form(rows->columns, rows->natts, rows->nrows, order, RS_ROW_BLOCK_MAX_BYTES);
	if (group->rows != NULL && key != 0)
		group->key_zone = rs_key_zone_form(&rows->columns[key - 1], key, rows->nrows);
	if (group->rows == NULL)
	{
		rs_group_encode(rows->columns, rows->natts, rows->nrows, order, rs_options_encodings(rel), key,
						group->storage_id, group->group_id, stream);
		group->footer_offset = stream->footer_offset;
		group->footer_size = stream->footer_size;
		group->key_zone = stream->key_zone;
		group->npages = rs_space_pages_for(stream->size);
	}
	if (group->sorted && group->key_zone != NULL)
		group->key_zone = rs_key_zone_add_order(group->key_zone, RelationGetDescr(rel), options);
	return group->rows == NULL;
}

void
rs_group_add(Relation rel, RsRowGroup *group, bool in_pages)
{
	RsOwnRun	run = {0, GetCurrentCommandId(true)};

	/* VACUUM takes row numbers and pages that no directory row names for free. */
	rs_lock_space(rel, RowExclusiveLock);
	group->storage_id = rs_space_storage_id(rel, true);
	group->group_id = rs_space_next_group(rel);
	group->first_row = rs_space_reserve_rows(rel, group->nrows);
	group->slice = rs_slicing_deal(rel, group->group_id);
	group->pending = false;
	group->first_page = in_pages ? rs_space_allocate(rel, group->npages) : InvalidBlockNumber;
	rs_directory_insert(group);
	rs_unlock_space(rel, RowExclusiveLock);
	rs_own_rows_add(group->storage_id, group->group_id, &run, 1);
}
