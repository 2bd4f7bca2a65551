/*
 * unload.h
 *	  UNLOAD: the rows of a query into files.
 */
#ifndef RS_UNLOAD_H
#define RS_UNLOAD_H

extern void rs_unload_init(void);

#endif							/* RS_UNLOAD_H */
