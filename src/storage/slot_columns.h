/*
 * slot_columns.h
 *	  Which columns the scans of a plan want of a row.
 */
#ifndef RS_SLOT_COLUMNS_H
#define RS_SLOT_COLUMNS_H

#include "nodes/execnodes.h"

/* Tell the slots of index, bitmap and TID scans below, all of them initialized. */
extern void rs_slot_columns_limit(PlanState *state);

#endif							/* RS_SLOT_COLUMNS_H */
