/*
 * vacuum.h
 *	  VACUUM of a redshift table.
 */
#ifndef RS_VACUUM_H
#define RS_VACUUM_H

#include "storage/bufmgr.h"
#include "utils/relcache.h"

struct VacuumParams;

extern void rs_vacuum_rel(Relation rel, struct VacuumParams *params,
						  BufferAccessStrategy strategy);

#endif							/* RS_VACUUM_H */
