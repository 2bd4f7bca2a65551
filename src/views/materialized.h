/*
 * materialized.h
 *	  Materialized views: what they were computed from, and when.
 */
#ifndef RS_MATERIALIZED_H
#define RS_MATERIALIZED_H

/* The refreshes that follow are nobody's statement but the worker's. */
extern void rs_materialized_set_automatic(void);

extern void rs_materialized_init(void);

/* The worker of AUTO REFRESH (auto_refresh.c). */
extern void rs_auto_refresh_init(void);

#endif							/* RS_MATERIALIZED_H */
