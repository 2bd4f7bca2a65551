/*
 * gather.h
 *	  RsGather: what compute nodes give, brought to the leader.
 */
#ifndef RS_GATHER_H
#define RS_GATHER_H

#include "nodes/extensible.h"

extern const CustomScanMethods rs_gather_methods;

/* In custom_private, behind what rs_stages_to_list() gives: how rows are ordered (gather_merge.h). */
#define RS_GATHER_MERGE		4
#define RS_GATHER_DESCRIPTION	5	/* for EXPLAIN (redshift); may be left out */
#define RS_GATHER_OPTIONS	6	/* more options of the last stage's fragments; may be left out */

/* Is it one that gives batches to the vector engine? */
extern bool rs_gather_gives_batches(const CustomScan *scan);

/* Does it give just the rows of nodes, each column as it comes? */
extern bool rs_gather_is_whole(const Plan *plan);

/* Do its fragments run as the current user, not as the owner of a view? */
extern bool rs_gather_is_users(const Plan *plan);

/*
 * Let nodes do something else with the rows of such a one, as options of their fragments
 * say (wire/fragment_copy.h), and send other rows to the leader: of this target list.
 */
extern void rs_gather_redirect(CustomScan *scan, const char *options, List *targets);

extern void rs_gather_init(void);

#endif							/* RS_GATHER_H */
