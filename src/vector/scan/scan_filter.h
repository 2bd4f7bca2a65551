/*
 * scan_filter.h
 *	  The conditions of a scan, in the order that pays.
 */
#ifndef RS_SCAN_FILTER_H
#define RS_SCAN_FILTER_H

#include "vector/scan/runtime_filter.h"

typedef struct RsScanFilter RsScanFilter;

/* Of the plan's quals; everything in env->context. */
extern RsScanFilter *rs_scan_filter_create(RsExprEnv *env, List *quals);

/* A join's filter of a column. */
extern void rs_scan_filter_add(RsScanFilter *filter, Var *column, RsRuntimeFilter *runtime);

/* Before the first row: read the filters that come from other servers. */
extern void rs_scan_filter_load(RsScanFilter *filter);

extern int	rs_scan_filter_count_runtime(const RsScanFilter *filter);

/*
 * Predicates of the runtime filters that are ready, for zone maps; returns how many.
 * There are none where a block passed over might hide the error of a qual.
 */
extern int	rs_scan_filter_predicates(const RsScanFilter *filter, RsPredicate *preds);

/* Can none of the conditions fail? */
extern bool rs_scan_filter_is_safe(const RsScanFilter *filter);

/* The rows that pass; *removed counts those that runtime filters dropped. */
extern RsRows *rs_scan_filter_apply(RsScanFilter *filter, RsRows *rows, uint64 *removed);

#endif							/* RS_SCAN_FILTER_H */
