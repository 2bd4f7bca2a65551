/*
 * cluster.h
 *	  VACUUM FULL and CLUSTER: copy a table's live rows into new storage, sorted.
 */
#ifndef RS_CLUSTER_H
#define RS_CLUSTER_H

#include "utils/relcache.h"

extern void rs_copy_for_cluster(Relation old_table, Relation new_table, Relation old_index,
								bool use_sort, TransactionId oldest_xmin,
								TransactionId *xid_cutoff, MultiXactId *multi_cutoff,
								double *num_tuples, double *tups_vacuumed,
								double *tups_recently_dead);

#endif							/* RS_CLUSTER_H */
