/*
 * table.h
 *	  Tables whose rows are on the compute nodes.
 */
#ifndef RS_MPP_TABLE_H
#define RS_MPP_TABLE_H

#include "access/attnum.h"
#include "storage/options.h"

/*
 * Are a table's rows on the compute nodes?  Never so on a compute node, nor where there
 * are none.
 */
extern bool rs_table_is_distributed(Oid relid);

/* Make it so, or no longer so, for the rest of the transaction and later. */
extern void rs_table_set_distributed(Oid relid, bool distributed);

/* Has a table, or one that inherits from it, rows on the nodes? */
extern bool rs_table_any_distributed(Oid relid);

/*
 * The same of a table that rows are put into or changed in, which may be partitioned: its
 * partitions must then all be distributed in one way, or all be the leader's.
 */
extern bool rs_table_target_is_distributed(Oid relid);

/* How they are spread, of a partitioned table as its partitions are: style EVEN, KEY or ALL, and the key's attribute (0: none). */
extern RsDistStyle rs_table_spread(Oid relid, AttrNumber *key);

extern void rs_table_init(void);

#endif							/* RS_MPP_TABLE_H */
