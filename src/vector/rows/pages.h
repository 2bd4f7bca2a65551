/*
 * pages.h
 *	  Pages of memory that are about to be written.
 */
#ifndef RS_PAGES_H
#define RS_PAGES_H

/* Map them by one call, if they are many; where the kernel cannot, they are as they are touched. */
extern void rs_map_pages(void *start, Size size);

#endif							/* RS_PAGES_H */
