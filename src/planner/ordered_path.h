/*
 * ordered_path.h
 *	  Scans in the order of a table's sort key, as paths.
 */
#ifndef RS_ORDERED_PATH_H
#define RS_ORDERED_PATH_H

#include "nodes/extensible.h"
#include "nodes/pathnodes.h"
#include "nodes/plannodes.h"
#include "utils/relcache.h"

/* Offer scans in such orders as are of use beside a plain one. */
extern void rs_add_ordered_paths(PlannerInfo *root, RelOptInfo *rel, Relation relation,
								 const CustomPath *plain);

/* Is it such a path? */
extern bool rs_path_is_ordered_scan(const Path *path);

/*
 * Only the engine can run such a scan: is there one that it did not take over?
 */
extern bool rs_has_ordered_scan(PlannedStmt *planned);

/* While planning without. */
extern bool rs_order_forbidden;

#endif							/* RS_ORDERED_PATH_H */
