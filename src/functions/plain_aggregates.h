/*
 * plain_aggregates.h
 *	  PostgreSQL's aggregates in the place of ours.
 */
#ifndef RS_PLAIN_AGGREGATES_H
#define RS_PLAIN_AGGREGATES_H

extern void rs_plain_aggregates_init(void);

#endif							/* RS_PLAIN_AGGREGATES_H */
