/*
 * group_maker.h
 *	  Batches of a load become row groups.
 */
#ifndef RS_GROUP_MAKER_H
#define RS_GROUP_MAKER_H

#include "load/load.h"
#include "storage/row_group.h"

typedef struct RsGroupMaker RsGroupMaker;

/*
 * Give a group its ids and put it into the directory: here (rs_group_add()), or by asking
 * the process that may.
 */
typedef void (*RsPlaceGroup) (void *arg, Relation rel, RsRowGroup *group, bool in_pages);

/* Lives in the current context. */
extern RsGroupMaker *rs_group_maker_create(const RsLoad *load, RsPlaceGroup place, void *arg);

/* All that a source has; how many rows. */
extern uint64 rs_group_maker_run(RsGroupMaker *maker, RsLoadSource *source);

/* Load by workers, and how many rows; false: none could be started, nothing was done. */
extern bool rs_load_by_workers(RsLoad *load, int nworkers, uint64 *rows);

#endif							/* RS_GROUP_MAKER_H */
