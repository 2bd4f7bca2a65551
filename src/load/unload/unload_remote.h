/*
 * unload_remote.h
 *	  Files that the compute nodes of a cluster write.
 */
#ifndef RS_UNLOAD_REMOTE_H
#define RS_UNLOAD_REMOTE_H

#include "load/unload/unload_node.h"
#include "load/unload/unload_options.h"

/*
 * May nodes write the files of such an UNLOAD, each those of its rows?
 */
extern bool rs_unload_is_for_nodes(const RsUnloadOptions *options);

/*
 * Where a plan only brings rows of nodes to the leader, let these write them, and enter in
 * the ledger what they say of their files.  False: it does more.
 */
extern bool rs_unload_on_nodes(PlannedStmt *plan, const char *target, const char *options,
							   const RsUnloadColumns *columns, const RsUnloadLedger *ledger);

extern void rs_unload_remote_init(void);

#endif							/* RS_UNLOAD_REMOTE_H */
