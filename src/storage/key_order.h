/*
 * key_order.h
 *	  Row groups as sequences in the order of a sort key.
 */
#ifndef RS_KEY_ORDER_H
#define RS_KEY_ORDER_H

#include "access/tupdesc.h"
#include "nodes/pg_list.h"
#include "storage/options.h"
#include "storage/row_group.h"

/*
 * The bounds of a group whose rows are in the order of the table's sort key, with that key
 * behind them; the same bounds if the key has no order (INTERLEAVED).
 */
extern bytea *rs_key_zone_add_order(bytea *key_zone, TupleDesc desc, const RsTableOptions *options);

/* Can a column of this type and collation lead an order that the directory's bounds tell? */
extern bool rs_key_has_order(Oid type, Oid collation);

/*
 * Groups one after another: but for rows where the first key is NULL, which end each
 * group, all rows of one come before those of the next.
 */
typedef struct RsKeyChains
{
	int			n;
	List	  **chains;			/* of RsRowGroup */
	List	   *rest;			/* groups that are in no chain: their rows have to be sorted */
	uint64		rest_rows;
} RsKeyChains;

/*
 * Deal groups to chains, at most so many, in the order of the first nkeys columns of a
 * sort key, whatever it was when each of them was written.
 */
extern void rs_key_chains(TupleDesc desc, List *groups, const AttrNumber *keys, int nkeys, int most,
						  RsKeyChains *result);

#endif							/* RS_KEY_ORDER_H */
