/*
 * gather.h
 *	  RsGather: what compute nodes give, brought to the leader.
 */
#ifndef RS_GATHER_H
#define RS_GATHER_H

#include "nodes/execnodes.h"
#include "nodes/extensible.h"

extern const CustomScanMethods rs_gather_methods;

/* In custom_private, behind what rs_stages_to_list() gives: how rows are ordered (gather_merge.h). */
#define RS_GATHER_MERGE		4
#define RS_GATHER_DESCRIPTION	5	/* for EXPLAIN (redshift); may be left out */
#define RS_GATHER_OPTIONS	6	/* more options of the last stage's fragments; may be left out */

/* The same of RsUpdate: is it done on all nodes; views whose options are checked. */
#define RS_UPDATE_EVERYWHERE	4
#define RS_UPDATE_VIEWS			5
#define RS_UPDATE_DESCRIPTION	6	/* of what is inserted; may be left out */

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

/*
 * What nodes counted, where the executor's state was told to (wire/fragment_counts.h): of an
 * operation of a stage, List of RsNodeCounts *; of all that a stage gave, of RsNodeMoves *.
 * Stages go from 0; -1 is the last.
 */
extern List *rs_gather_counts(CustomScanState *node, int stage, const char *key);
extern List *rs_gather_moves(CustomScanState *node, int stage);

extern void rs_gather_init(void);

#endif							/* RS_GATHER_H */
