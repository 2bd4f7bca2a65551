/*
 * slice_rows.h
 *	  The slices of stored rows.
 */
#ifndef RS_SLICE_ROWS_H
#define RS_SLICE_ROWS_H

#include "nodes/bitmapset.h"
#include "storage/lockdefs.h"
#include "utils/array.h"
#include "utils/relcache.h"

/* Open a redshift table of the user's, its pending rows written out. */
extern Relation rs_slice_rows_open(Oid relid, LOCKMODE lockmode);

/* The slices of an int4[]. */
extern Bitmapset *rs_slice_set(ArrayType *array);

#endif							/* RS_SLICE_ROWS_H */
