/*
 * slice_num.h
 *	  slice_num(): the slice of the row that a query works on.
 */
#ifndef RS_SLICE_NUM_H
#define RS_SLICE_NUM_H

/* To be called after all other parts have set their planner hooks: it has to come first. */
extern void rs_slice_num_init(void);

#endif							/* RS_SLICE_NUM_H */
