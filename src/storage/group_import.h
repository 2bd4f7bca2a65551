/*
 * group_import.h
 *	  Row groups that come from another compute node.
 */
#ifndef RS_GROUP_IMPORT_H
#define RS_GROUP_IMPORT_H

#include "storage/column_set.h"
#include "storage/delete_vector.h"
#include "storage/row_group.h"
#include "utils/relcache.h"

/*
 * Store a group that nobody sees yet ("arriving"): `group` is as its directory row was
 * where it comes from, and is made what it is here; `stream` (NULL: its rows are in the
 * directory row) is checked, and changed.  Its rows get index entries.  Returns the files
 * of the indexes that have them.  The caller owns the table and has it locked against
 * what locks out writers.
 */
extern List *rs_group_import(Relation rel, RsRowGroup *group, char *stream);

/*
 * The same of rows, which keep their order; `group` has the slice.
 */
extern List *rs_group_import_rows(Relation rel, RsRowGroup *group, const RsColumnSet *rows);

/*
 * Make an arriving group visible, with its deleted rows (may be NULL), and with entries
 * in indexes made since.
 */
extern void rs_group_show(Relation rel, RsRowGroup *group, const RsDeleteSet *deletes, List *index_files);

#endif							/* RS_GROUP_IMPORT_H */
