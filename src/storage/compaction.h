/*
 * compaction.h
 *	  Merge small row groups, purge deleted rows, sort the unsorted region.
 */
#ifndef RS_COMPACTION_H
#define RS_COMPACTION_H

#include "nodes/pg_list.h"
#include "utils/relcache.h"

#define RS_COMPACT_MERGE	0x01	/* small groups */
#define RS_COMPACT_PURGE	0x02	/* groups with many deleted rows */
#define RS_COMPACT_SORT		0x04	/* the unsorted region */
#define RS_COMPACT_RECLUSTER 0x08	/* the unsorted region by itself, not merged with the rest */
#define RS_COMPACT_REWRITE	0x10	/* everything */
#define RS_COMPACT_ALL		(RS_COMPACT_MERGE | RS_COMPACT_PURGE | RS_COMPACT_SORT)

/* What is worth the work, as Redshift's VACUUM has it unless it is told otherwise. */
#define RS_UNSORTED_SHARE	0.05	/* of the rows: that much may stay unsorted */
#define RS_PURGE_SHARE		0.10	/* of a group's rows: that much may stay deleted */

typedef struct RsCompactionGoal
{
	int			what;			/* RS_COMPACT_... */
	int			max_groups;		/* to rewrite; 0: all */
	double		unsorted_share;
	double		purge_share;
} RsCompactionGoal;

typedef struct RsCompaction
{
	bool		skipped;		/* the table is being changed: nothing was done */
	int			groups_before;	/* groups rewritten */
	uint64		rows;			/* rows rewritten */
	uint64		purged;			/* deleted rows left out */
} RsCompaction;

/*
 * Rewrite what is worth it.  The caller holds ShareUpdateExclusiveLock and an active
 * snapshot; row groups that others are changing are left alone.
 */
extern void rs_compact(Relation rel, const RsCompactionGoal *goal, RsCompaction *result);

/* A tuplesort by the (compound) sort key, within maintenance_work_mem. */
struct RsTableOptions;
extern struct Tuplesortstate *rs_begin_key_sort(Relation rel, const struct RsTableOptions *options);

/*
 * Groups of the unsorted region: unsorted[i] for groups[i]; gives their rows.
 * overlapping (may be NULL): these and all whose keys overlap with theirs, which
 * is what has to be rewritten to sort them.
 */
extern uint64 rs_unsorted_groups(Relation rel, List *groups, bool *unsorted, bool *overlapping);

#endif							/* RS_COMPACTION_H */
