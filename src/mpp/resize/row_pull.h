/*
 * row_pull.h
 *	  The rows of another node's row group, as row groups of this one.
 */
#ifndef RS_ROW_PULL_H
#define RS_ROW_PULL_H

#include "mpp/session/connection.h"
#include "nodes/bitmapset.h"
#include "storage/delete_vector.h"
#include "utils/relcache.h"

/* What has become of a group's rows of one slice: a group that arrives. */
typedef struct RsPulledRows
{
	RsRowGroup *group;
	List	   *index_files;
	bytea	   *places;			/* of its rows in the group that they come from: a bitmap */
} RsPulledRows;

/* Do row groups of such a table mean something on one node only? */
extern bool rs_rows_are_of_one_node(TupleDesc desc);

/*
 * Fetch the rows of a group, as the source describes it, and store them: of_slices 0: all; else
 * those that have one of these slices if there are of_slices of them in the cluster.  A list
 * of RsPulledRows; adds the bytes that came.
 */
extern List *rs_rows_pull(Relation rel, const char *name, RsConnection *source, const RsRowGroup *group,
						  const Bitmapset *slices, int of_slices, int64 *bytes);

/* The deleted rows of a group of which these are the places, by those of its source; NULL: none. */
extern RsDeleteSet *rs_rows_deleted(const bytea *places, const RsDeleteSet *deletes);

#endif							/* RS_ROW_PULL_H */
