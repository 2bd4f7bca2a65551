/*
 * join_columns.h
 *	  By which columns queries join distributed tables.
 */
#ifndef RS_JOIN_COLUMNS_H
#define RS_JOIN_COLUMNS_H

#include "nodes/pathnodes.h"

/* Count the columns that a query level which has been planned joins tables by. */
extern void rs_join_columns_count(PlannerInfo *root);

extern void rs_join_columns_init(void);

#endif							/* RS_JOIN_COLUMNS_H */
