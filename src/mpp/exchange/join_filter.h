/*
 * join_filter.h
 *	  What the rows of an exchange say of those that can join them.
 */
#ifndef RS_JOIN_FILTER_H
#define RS_JOIN_FILTER_H

#include "access/tupdesc.h"
#include "nodes/pg_list.h"
#include "vector/vector.h"

/*
 * Filters of columns of the rows that a sender sends, numbered from 1 (IntList).  Live in
 * the context.
 */
typedef struct RsFilterMaker RsFilterMaker;
extern RsFilterMaker *rs_filter_maker_create(MemoryContext context, List *columns, TupleDesc desc);
extern void rs_filter_maker_add_row(RsFilterMaker *maker, const Datum *values, const bool *nulls);
extern void rs_filter_maker_add_vectors(RsFilterMaker *maker, const RsVector **columns, uint32 n);

/* All of them as payloads of messages; senders: how many there may be. */
extern List *rs_filter_maker_end(RsFilterMaker *maker, int senders);

extern void rs_join_filter_init(void);

#endif							/* RS_JOIN_FILTER_H */
