/*
 * gather.h
 *	  RsGather: what compute nodes give, brought to the leader.
 */
#ifndef RS_GATHER_H
#define RS_GATHER_H

#include "nodes/extensible.h"

extern const CustomScanMethods rs_gather_methods;

/* In custom_private, behind what rs_stages_to_list() gives: how rows are ordered (gather_merge.h). */
#define RS_GATHER_MERGE		4

/* Is it one that gives batches to the vector engine? */
extern bool rs_gather_gives_batches(const CustomScan *scan);

extern void rs_gather_init(void);

#endif							/* RS_GATHER_H */
