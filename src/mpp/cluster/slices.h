/*
 * slices.h
 *	  The slices of tables' rows on a compute node.
 */
#ifndef RS_SLICES_H
#define RS_SLICES_H

extern void rs_slices_init(void);

#endif							/* RS_SLICES_H */
