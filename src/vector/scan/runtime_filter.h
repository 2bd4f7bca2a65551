/*
 * runtime_filter.h
 *	  What a join's build side says of the rows its probe side needs.
 *
 * A hash join that keeps no probe row without a match makes a filter of each key
 * whose probe side is a column of a scan below.  The scan skips groups and blocks
 * and drops rows that cannot match, before it decodes its other columns.
 */
#ifndef RS_RUNTIME_FILTER_H
#define RS_RUNTIME_FILTER_H

#include "vector/operator.h"

typedef struct RsRuntimeFilter RsRuntimeFilter;

/*
 * A filter of a join's key, in the scan below `probe` that gives its column attno;
 * NULL if there is none, or rows must not be dropped so early.  type: as the key
 * hashes.  rows: of the build side, as estimated.
 */
extern RsRuntimeFilter *rs_runtime_filter_create(RsOperator *probe, AttrNumber attno,
												 const RsVectorType *type, double rows,
												 MemoryContext context);

/*
 * Take in keys of the build side: all of them, before the filter is finished.  Until
 * then, and when it was reset, it drops nothing.
 */
extern void rs_runtime_filter_add(RsRuntimeFilter *filter, const RsVector *keys, uint32 n);
extern void rs_runtime_filter_finish(RsRuntimeFilter *filter);
extern void rs_runtime_filter_reset(RsRuntimeFilter *filter);

/*
 * A filter that several processes make together: each takes in a part of the keys, and
 * agrees on what all parts are like; when all have, the set is of a size that each can
 * tell.  In its memory, cleared, each then shares its keys, and may use the filter when
 * all have.
 */
typedef struct RsSharedFilter
{
	uint64		nkeys;
	bool		too_many;
	bool		any;
	int64		min;
	int64		max;
} RsSharedFilter;

/* Can it be made so?  Only filters of integers. */
extern bool rs_runtime_filter_can_share(const RsRuntimeFilter *filter);
/* The caller holds a lock. */
extern void rs_runtime_filter_agree(const RsRuntimeFilter *filter, RsSharedFilter *shared);
extern Size rs_runtime_filter_set_size(const RsSharedFilter *shared);
extern void rs_runtime_filter_share(RsRuntimeFilter *filter, const RsSharedFilter *shared,
									uint64 *words);

/* For the scan. */
extern bool rs_runtime_filter_ready(const RsRuntimeFilter *filter);
/* Does it tell rows apart, or zones only? */
extern bool rs_runtime_filter_tests_rows(const RsRuntimeFilter *filter);
/* Numbers of the rows that may match; NULLs never do. */
extern uint32 rs_runtime_filter_test(const RsRuntimeFilter *filter, RsArena *arena,
									 const RsVector *values, uint32 n, uint32 *passed);
/* A predicate on the column, of this base type, that zone maps may refute by the filter, which is ready. */
extern void rs_runtime_filter_predicate(RsRuntimeFilter *filter, AttrNumber attno, Oid typid,
										RsPredicate *pred);

/*
 * Filters that other servers made of the rows they sent.
 *
 * A sender takes in values and makes an image of its filter, of a size that suits so
 * many senders' keys.  Who reads all their images has a filter that drops nothing until
 * it is loaded, by the function that has been set, which calls import() for each image
 * and returns false if one is missing.
 */
extern RsRuntimeFilter *rs_runtime_filter_standalone(const RsVectorType *type, MemoryContext context);
extern void rs_runtime_filter_add_values(RsRuntimeFilter *filter, RsArena *arena, const RsVector *values, uint32 n);
extern void rs_runtime_filter_export(RsRuntimeFilter *filter, int senders, StringInfo image);
extern void rs_runtime_filter_import(RsRuntimeFilter *filter, const char *image, Size size);

typedef bool (*RsFilterLoader) (const char *exchange, int column, RsRuntimeFilter *filter);
extern void rs_runtime_filter_set_loader(RsFilterLoader loader);
extern void rs_runtime_filter_load(RsRuntimeFilter *filter);

/* Can values of the type be the keys of such filters? */
extern bool rs_runtime_filter_takes(Oid type, Oid collation);

/*
 * The key of redshift.may_join(exchange, column, key); NULL if it is another condition.
 * The filter that such a one asks for, not loaded yet.
 */
extern Node *rs_may_join_key(Node *condition);
extern RsRuntimeFilter *rs_may_join_filter(Node *condition, MemoryContext context);

/* In scan.c: attach a filter of a column that the operator gives. */
extern void rs_scan_add_filter(RsOperator *op, AttrNumber attno, RsRuntimeFilter *filter);
extern void rs_ordered_scan_add_filter(RsOperator *op, AttrNumber attno, RsRuntimeFilter *filter);

#endif							/* RS_RUNTIME_FILTER_H */
