/*
 * directory.h
 *	  redshift.row_group: which row groups a table has, under MVCC.
 *
 * A row group exists for a snapshot when its directory row does.  Rows written
 * by the own transaction are all seen here, whatever command wrote them; which
 * of their rows the snapshot's command may see is own_rows.c's business.
 */
#ifndef RS_DIRECTORY_H
#define RS_DIRECTORY_H

#include "storage/row_group.h"
#include "utils/relcache.h"
#include "utils/snapshot.h"

extern Oid	rs_catalog_oid(const char *name);

/* All groups of the storage visible to the snapshot, by first_row; pending ones
 * are left out.  with_rows: also fetch the small inserts' bytes. */
extern List *rs_directory_list(uint64 storage_id, Snapshot snapshot, bool with_rows);

/*
 * The group that holds a row number, pending ones included; false if none is
 * visible.  With a dirty snapshot *in_progress is the transaction that is
 * inserting or deleting the directory row, or invalid.
 */
extern bool rs_directory_find(uint64 storage_id, uint64 row, Snapshot snapshot,
							  RsRowGroup *group);

extern void rs_directory_insert(RsRowGroup *group);
extern void rs_directory_update(RsRowGroup *group);	/* by group->tid */
extern void rs_directory_delete(const RsRowGroup *group);
/* Forget every group and delete vector of a storage (DROP, TRUNCATE, rewrite). */
extern void rs_directory_delete_storage(uint64 storage_id);

#endif							/* RS_DIRECTORY_H */
