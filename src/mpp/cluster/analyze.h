/*
 * analyze.h
 *	  ANALYZE of distributed tables.
 */
#ifndef RS_MPP_ANALYZE_H
#define RS_MPP_ANALYZE_H

/*
 * A statement that analyzes tables begins or ends: in between, distributed tables give
 * ANALYZE samples of their nodes' rows.
 */
extern void rs_analyze_begin(void);
extern void rs_analyze_end(void);

extern void rs_analyze_init(void);

#endif							/* RS_MPP_ANALYZE_H */
