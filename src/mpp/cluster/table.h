/*
 * table.h
 *	  Tables whose rows are on the compute nodes.
 */
#ifndef RS_MPP_TABLE_H
#define RS_MPP_TABLE_H

#include "access/attnum.h"
#include "nodes/pg_list.h"
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
 * The same of a table that rows are put into or changed in: of a partitioned one all
 * partitions are.  Or only some of them (mixed), the others being the leader's.
 */
extern bool rs_table_target_is_distributed(Oid relid);
extern bool rs_table_target_is_mixed(Oid relid);

/* Those partitions, at any depth, that are the leader's (OIDs). */
extern List *rs_table_local_partitions(Oid relid);

/*
 * How they are spread: style EVEN, KEY or ALL, and the key's attribute (0: none).  Of a
 * partitioned table, if some partitions are spread by a key and others evenly: EVEN.
 */
extern RsDistStyle rs_table_spread(Oid relid, AttrNumber *key);

/* How new rows can be dealt to nodes: in that case by the key. */
extern RsDistStyle rs_table_dealing(Oid relid, AttrNumber *key);

extern void rs_table_init(void);

#endif							/* RS_MPP_TABLE_H */
