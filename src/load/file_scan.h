/*
 * file_scan.h
 *	  Files scanned on the compute nodes of a cluster, and COPY by it.
 */
#ifndef RS_FILE_SCAN_H
#define RS_FILE_SCAN_H

#include "load/load.h"

/* Do the nodes read the files of a load into a distributed table? */
extern bool rs_load_is_for_nodes(const RsLoad *load);

/* Let them; how many rows were loaded. */
extern uint64 rs_load_on_nodes(RsLoad *load);

extern void rs_file_scan_init(void);

#endif							/* RS_FILE_SCAN_H */
