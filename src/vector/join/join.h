/*
 * join.h
 *	  What the files of the hash join operator share.
 *
 *	  join.c			the operator: pairs to rows, unmatched rows
 *	  join_table.c		the table of the build side: taking rows in, finding pairs
 *	  join_build.c		reading the build side, alone or with other processes
 *	  join_spill.c		sides in partitions of temporary files
 */
#ifndef RS_JOIN_H
#define RS_JOIN_H

#include "vector/aggregate/group_table.h"
#include "vector/operator.h"
#include "vector/rows/column_store.h"
#include "vector/scan/runtime_filter.h"

/*
 * A row of the build side.  The code is the key itself where it fits, else the
 * keys' hash.
 */
typedef struct RsJoinEntry
{
	uint64		code;
	uint32		next;			/* row + 1 of the same chain; 0: none */
	uint32		null_key;		/* matches nothing, is in no chain */
} RsJoinEntry;

typedef struct RsJoinKey
{
	RsExpr	   *build;			/* over the build side's columns */
	RsExpr	   *probe;			/* over the probe side's */
	RsVectorType type;			/* what both are compared as */
	int			store;			/* where the build side's values are */
	RsRuntimeFilter *filter;	/* for the scan of the probe side; NULL: none */
} RsJoinKey;

/* The codes of the rows of a batch, and what they were made of. */
typedef struct RsJoinCodes
{
	uint64	   *codes;
	const uint8 *null;			/* a key is NULL; no array: none is */
	const RsVector **keys;
} RsJoinCodes;

typedef struct RsSharedJoin RsSharedJoin;
typedef struct RsJoinSpill RsJoinSpill;

typedef struct RsJoin
{
	RsOperator	op;
	RsEngine   *engine;
	JoinType	type;
	/*
	 * A semi or anti join whose outer side is the smaller one is swapped: that is the
	 * build side, and its rows that had a match, or had none, are given in the end.
	 */
	bool		swapped;
	RsOperator *build_side;
	RsOperator *probe_side;
	bool		keeps_probe;	/* rows that match nothing are given, too */
	bool		keeps_build;
	bool		first_match;	/* one match a probe row is enough */
	bool		in_order;		/* rows come in the order of the probe side */
	int			nkeys;
	RsJoinKey  *keys;
	bool		exact;			/* codes are the keys */
	List	   *conditions;		/* compiled join quals */
	List	   *filter;			/* compiled other quals */
	RsExprEnv	inner_env;		/* the inner side's columns as OUTER_VARs */
	bool	   *probe_used;		/* which columns are read, by attribute number - 1 */
	bool	   *build_used;
	bool		built;			/* the build side has been read */
	bool		has_table;		/* of it, or of a partition */
	bool		filtering;		/* keys that come are for the filters, too */

	/* the table */
	MemoryContext context;
	uint32		nrows;
	uint32		capacity;
	RsJoinEntry *entries;
	int			nstores;		/* columns of the build side, then key expressions */
	RsColumnStore *stores;
	bool	   *store_used;
	uint32	   *heads;			/* row + 1; 0: none */
	uint32		nheads;
	int64		least;			/* of the codes, where they are one integer */
	int64		greatest;
	bool		dense;			/* heads are by code, from the least on */
	bool		unique;			/* dense, and no chain has two rows */
	uint8	   *build_matched;	/* rows that had a match; NULL: of no interest */

	RsSharedJoin *shared;		/* NULL: the build side is this process's alone */
	bool		shared_table;
	bool		attached;		/* others wait for this process to probe */
	Size		counted;		/* bytes that are in the shared count */
	RsJoinSpill *spill;			/* NULL: all is in memory */

	/* what the probe side gave last, and how many of its rows were taken */
	RsVectorBatch given;
	uint32		taken;
	uint32		probe_step;		/* being careful: so many are tried at a time */
	bool		singly;			/* or one: a match may fail behind a row without one */
	/* the probe batch: these rows, as a rule all */
	RsArena    *probe_arena;
	MemoryContext probe_values;
	RsVectorBatch probe;
	RsJoinCodes probe_codes;
	bool		probing;
	uint8	   *probe_matched;
	uint32	   *active;			/* rows of the batch whose chains have an end to see */
	uint32	   *candidates;		/* row + 1 of the build side for each */
	uint32		nactive;
	uint32		position;		/* in order: probe row, and where in its chain */
	uint32		chain;
	bool		chain_begun;
	/* pairs that wait to be given, and how */
	struct PairRows *pairs;
	bool		(*give) (RsOperator *op, RsRows *rows, RsVectorBatch *batch);
	/* rows of the build side to give in the end */
	bool		probed;			/* the probe side is through */
	uint32		position_given;
	uint32		end_given;		/* of the rows that are this process's turn */
} RsJoin;

/* Does it matter which rows of the build side had a match? */
static inline bool
rs_join_marks_build(const RsJoin *join)
{
	return join->keeps_build || join->swapped;
}

/* A hash of which any bits can be used. */
static inline uint64
rs_join_hash(const RsJoin *join, uint64 code)
{
	return join->exact ? rs_hash_integer(code) : code;
}

/* Can rows be joined by the equality of two values? */
extern bool rs_join_key_can_run(OpExpr *op);

/* join_table.c */
extern void rs_join_reset_table(RsJoin *join);
/* A key of either side as it is compared. */
extern const RsVector *rs_join_key_vector(const RsJoinKey *key, RsArena *arena,
										  const RsVector *vector, uint32 n);
extern void rs_join_make_codes(RsJoin *join, RsRows *rows, bool build, RsJoinCodes *codes);
/* Show the filters keys of the build side. */
extern void rs_join_add_filters(RsJoin *join, const RsVector **keys, uint32 n);
extern void rs_join_take_batch(RsJoin *join, const RsVectorBatch *batch);
extern Size rs_join_bytes(const RsJoin *join);
/* How many heads for rows whose codes are in a range, and whether they are by code. */
extern uint32 rs_join_plan_heads(const RsJoin *join, uint64 nrows, int64 least, int64 greatest,
								 bool *dense);
extern uint32 rs_join_head(const RsJoin *join, uint64 code);
extern void rs_join_chain(RsJoin *join);
extern void rs_join_begin_probe(RsJoin *join);
/* Pairs of rows of the probe batch and the table, at most a batch; 0: no more. */
extern uint32 rs_join_find_pairs(RsJoin *join, uint32 *probe, uint32 *build);

/* join_build.c */
extern void rs_join_build(RsJoin *join);
extern Size rs_join_shared_size(const RsJoin *join);
extern void rs_join_share(RsOperator *op, void *shared, RsShareStep step);
/* The probe side of a table is through: wait for the others where they mark rows, too. */
extern void rs_join_end_probe(RsJoin *join);
/* More rows of the build side to look at in the end; false: no more. */
extern bool rs_join_take_rows(RsJoin *join);
/* The next of the shared partitions; false: no more. */
extern bool rs_join_take_partition(RsJoin *join, uint32 *partition);

/* join_spill.c */
/* Partitions for a build side of so many bytes in memory of so many. */
extern uint32 rs_join_partition_count(double bytes, double limit);
/* Put what is in the table, and from then on the batches, into partitions. */
extern void rs_join_begin_spill(RsJoin *join, uint32 npartitions, FileSet *set);
extern void rs_join_spill_build(RsJoin *join, const RsVectorBatch *batch);
extern void rs_join_finish_build(RsJoin *join);
/* All of the probe side. */
extern void rs_join_spill_probe(RsJoin *join);
/* Load the next partition's table; false: no more. */
extern bool rs_join_next_partition(RsJoin *join);
/* The next batch of its probe side. */
extern bool rs_join_read_probe(RsJoin *join, RsVectorBatch *batch);
extern void rs_join_end_spill(RsJoin *join);

#endif							/* RS_JOIN_H */
