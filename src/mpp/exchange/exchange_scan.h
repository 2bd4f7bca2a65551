/*
 * exchange_scan.h
 *	  RsExchange: the rows of an exchange as batches.
 */
#ifndef RS_EXCHANGE_SCAN_H
#define RS_EXCHANGE_SCAN_H

#include "nodes/pathnodes.h"
#include "nodes/plannodes.h"

/* Does a plan node, or a path, read an exchange? */
extern bool rs_exchange_is_scan(const Plan *plan);
extern bool rs_exchange_is_path(const CustomPath *path);

extern void rs_exchange_scan_init(void);

#endif							/* RS_EXCHANGE_SCAN_H */
