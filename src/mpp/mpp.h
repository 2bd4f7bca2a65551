/*
 * mpp.h
 *	  Tables over compute nodes: what the library's start needs.
 */
#ifndef RS_MPP_H
#define RS_MPP_H

extern void rs_mpp_init(void);

#endif							/* RS_MPP_H */
