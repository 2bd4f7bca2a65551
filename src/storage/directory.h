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

#include "access/htup.h"
#include "storage/row_group.h"
#include "nodes/pg_list.h"
#include "utils/relcache.h"
#include "utils/snapshot.h"

extern Oid	rs_catalog_oid(const char *name);
/* Our catalogs are read with the snapshot widened to all own changes. */
extern Snapshot rs_catalog_snapshot(Snapshot snapshot, SnapshotData *copy);
/* Command id for the next change of a catalog row by this transaction. */
extern CommandId rs_catalog_next_cid(void);
extern void rs_catalog_index_insert(Relation catalog, const char *index_name, HeapTuple tuple);
extern bool rs_catalog_push_snapshot(void);
extern void rs_catalog_delete(Relation catalog, ItemPointer tid);
extern void rs_catalog_delete_matching(const char *name, const char *index_name,
									   uint64 storage_id, int64 group_id);

/* All groups of the storage visible to the snapshot, by first_row; pending ones
 * are left out. */
extern List *rs_directory_list(uint64 storage_id, Snapshot snapshot);

/* The same of all tables, one after another; each group is gone when the call returns. */
extern void rs_directory_scan(Snapshot snapshot, void (*each) (const RsRowGroup *group, void *arg), void *arg);

/* Groups that have come from another compute node and are not shown yet. */
extern List *rs_directory_list_arriving(uint64 storage_id);

/* All groups, pending ones included, that are not dead to everybody. */
extern List *rs_directory_list_all(uint64 storage_id);

/*
 * The group that holds a row number, pending ones included, with its rows; false
 * if none is visible.  A dirty snapshot's xmin and xmax are set as by heap.
 */
extern bool rs_directory_find(uint64 storage_id, uint64 row, Snapshot snapshot,
							  RsRowGroup *group);

/* May an older snapshot see rows that the latest state no longer has? */
extern bool rs_directory_recently_dead(uint64 storage_id);

extern void rs_directory_insert(RsRowGroup *group);
extern void rs_directory_update(RsRowGroup *group);	/* by group->tid */
extern void rs_directory_delete(const RsRowGroup *group);
/* Forget every group and delete vector of a storage (DROP, TRUNCATE, rewrite). */
extern void rs_directory_delete_storage(uint64 storage_id);

#endif							/* RS_DIRECTORY_H */
