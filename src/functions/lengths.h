/*
 * lengths.h
 *	  varchar(n) and char(n) of n bytes.
 */
#ifndef RS_LENGTHS_H
#define RS_LENGTHS_H

extern void rs_lengths_init(void);

#endif							/* RS_LENGTHS_H */
