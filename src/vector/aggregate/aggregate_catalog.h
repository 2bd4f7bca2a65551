/*
 * aggregate_catalog.h
 *	  What the catalogs say of aggregate functions.
 */
#ifndef RS_AGGREGATE_CATALOG_H
#define RS_AGGREGATE_CATALOG_H

#include "access/htup.h"
#include "catalog/pg_aggregate.h"

/* The function's row, good until the caller releases the tuple. */
extern Form_pg_aggregate rs_aggregate_form(Oid aggregate, HeapTuple *tuple);

/* Who owns a function. */
extern Oid	rs_function_owner(Oid function);

/* May the aggregate's owner call a function that it consists of (or 0)?  Else an error. */
extern void rs_aggregate_check_part(Oid function, Oid owner);

/* Of which functions a result is the least (-1) or greatest (1) argument; 0: of others. */
extern int	rs_aggregate_extreme(Oid aggregate);

#endif							/* RS_AGGREGATE_CATALOG_H */
