/*
 * inspect.h
 *	  What the functions that look into tables share.
 */
#ifndef RS_INSPECT_H
#define RS_INSPECT_H

#include "storage/lockdefs.h"
#include "utils/relcache.h"

/* Open a redshift table for a user who may read it; anything else is an error. */
extern Relation rs_inspect_open(Oid relid, LOCKMODE lockmode);

#endif							/* RS_INSPECT_H */
