/*
 * maintenance.h
 *	  VACUUM and ANALYZE, and transactions, for the history.
 */
#ifndef RS_HISTORY_MAINTENANCE_H
#define RS_HISTORY_MAINTENANCE_H

#include "access/xact.h"
#include "datatype/timestamp.h"
#include "nodes/parsenodes.h"

/*
 * What VACUUM or ANALYZE of redshift tables will be about; rows of them tell what it did.  In a
 * context that outlives its transactions.
 */
typedef struct RsMaintenance RsMaintenance;
extern RsMaintenance *rs_maintenance_before(const VacuumStmt *statement, MemoryContext context);
extern void rs_maintenance_after(const RsMaintenance *maintenance, int32 query, int32 transaction, TimestampTz start);

/*
 * The transaction of this number commits, or has ended: of one that has written, a row tells.
 */
extern void rs_history_transaction_event(XactEvent event, int32 transaction, Oid user);

#endif							/* RS_HISTORY_MAINTENANCE_H */
