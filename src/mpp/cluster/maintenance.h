/*
 * maintenance.h
 *	  VACUUM, ANALYZE, REINDEX and the like of distributed tables.
 */
#ifndef RS_MPP_MAINTENANCE_H
#define RS_MPP_MAINTENANCE_H

#include "nodes/parsenodes.h"

/*
 * What nodes are to run of a VACUUM, ANALYZE or REINDEX, as SQL; NULL: nothing.
 * on_nodes says of a relation whether nodes have it.
 */
extern char *rs_maintenance_vacuum(VacuumStmt *statement, bool (*on_nodes) (Oid));
extern char *rs_maintenance_reindex(ReindexStmt *statement, char *text, bool (*on_nodes) (Oid));

/* Is a boolean option set? */
extern bool rs_maintenance_option(List *options, const char *name);

/* Can a statement not be run in a transaction block, as it is written? */
extern bool rs_maintenance_outside(Node *statement);

/* Run it on all nodes, outside of transactions. */
extern void rs_maintenance_run(const char *sql);

#endif							/* RS_MPP_MAINTENANCE_H */
