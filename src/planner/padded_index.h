/*
 * padded_index.h
 *	  Indexes of strings for equalities that do not see trailing blanks.
 */
#ifndef RS_PADDED_INDEX_H
#define RS_PADDED_INDEX_H

#include "nodes/pathnodes.h"

/* Before the paths of the relation are looked at; of any table. */
extern void rs_add_padded_index_paths(PlannerInfo *root, RelOptInfo *rel);

#endif							/* RS_PADDED_INDEX_H */
