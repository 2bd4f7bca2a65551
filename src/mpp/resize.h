/*
 * resize.h
 *	  Slices move between compute nodes.
 */
#ifndef RS_RESIZE_H
#define RS_RESIZE_H

#include "mpp/node.h"

/*
 * Deal slices to nodes (ids) as evenly as can be, moving as few as can be: slice_nodes
 * says who has them and is changed.
 */
extern void rs_resize_deal(int32 *slice_nodes, int nslices, const int32 *nodes, int nnodes);

#endif							/* RS_RESIZE_H */
