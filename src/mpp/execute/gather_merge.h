/*
 * gather_merge.h
 *	  Rows that nodes give in an order, merged.
 */
#ifndef RS_GATHER_MERGE_H
#define RS_GATHER_MERGE_H

#include "mpp/execute/stages.h"

typedef struct RsGatherMerge RsGatherMerge;

/*
 * The order is four lists, as long as there are columns to sort by: their numbers from 1,
 * operators, collations, whether NULLs come first.  Lives in the current memory context.
 */
extern RsGatherMerge *rs_gather_merge_create(List *order, const RsVectorType *types, int ncolumns);

/* The next row of all: its batch's columns, and its number there; false at the end. */
extern bool rs_gather_merge_next(RsGatherMerge *merge, RsStageRun *run, const RsVector ***columns, uint32 *row);

/* From the beginning, of stages that run again. */
extern void rs_gather_merge_restart(RsGatherMerge *merge);

#endif							/* RS_GATHER_MERGE_H */
