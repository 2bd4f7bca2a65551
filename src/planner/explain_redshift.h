/*
 * explain_redshift.h
 *	  EXPLAIN (redshift): plans as Redshift shows them.
 */
#ifndef RS_EXPLAIN_REDSHIFT_H
#define RS_EXPLAIN_REDSHIFT_H

extern void rs_explain_redshift_init(void);

#endif							/* RS_EXPLAIN_REDSHIFT_H */
