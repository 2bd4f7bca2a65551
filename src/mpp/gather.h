/*
 * gather.h
 *	  RsGather: what compute nodes give, brought to the leader.
 */
#ifndef RS_GATHER_H
#define RS_GATHER_H

#include "nodes/extensible.h"

extern const CustomScanMethods rs_gather_methods;

extern void rs_gather_init(void);

#endif							/* RS_GATHER_H */
