/*
 * fragment.h
 *	  At the leader: a fragment that runs on some nodes.
 */
#ifndef RS_FRAGMENT_H
#define RS_FRAGMENT_H

#include "mpp/session/remote_transaction.h"
#include "mpp/wire/fragment_report.h"
#include "vector/vector.h"

typedef struct RsFragment RsFragment;

/*
 * Let nodes run SQL as a part of a statement.  options: more of COPY's, or NULL.  report: what the nodes are to report
 * of it, or NULL.  numbers: calls in it that ask for numbers (sequence_numbers.h).  The rows that come here will be of
 * these types; NULL: it sends its rows elsewhere.  Lives in the current memory context.
 */
extern RsFragment *rs_fragment_start(RsRemoteStatement *statement, List *connections, const char *sql,
									 const char *options, const char *report, List *numbers, const Oid *types,
									 int ncolumns);

/*
 * The next batch of any of the nodes, as it comes: how many rows, 0 at the end of all.
 * Values are good until the next call.
 */
extern uint32 rs_fragment_next(RsFragment *fragment, RsArena *arena, const RsVector **columns);

/*
 * The next batch of one of them, by its place among the connections.  Values are good
 * until its next one is asked for.
 */
extern uint32 rs_fragment_next_of(RsFragment *fragment, int source, RsArena *arena, const RsVector **columns);

/* Rows that nodes said they sent or changed; first: those of the first node. */
extern uint64 rs_fragment_rows(const RsFragment *fragment, bool first);

/*
 * No more rows are wanted: see whether reports have come already, without waiting for any.
 */
extern void rs_fragment_take_reports(RsFragment *fragment);

/* What came from one node. */
typedef struct RsSourceStats
{
	const RsNode *node;
	uint64		rows;
	uint64		bytes;
	const RsReport *report;		/* NULL: not asked for, or it was not awaited */
	TimestampTz started;		/* by the leader, if a report was asked for */
} RsSourceStats;

/* How many nodes there are, and what came from each, if stats is not NULL. */
extern int	rs_fragment_sources(const RsFragment *fragment, RsSourceStats *stats);

/*
 * No more rows are wanted: cancel what still runs, or, if it sends its rows elsewhere,
 * let it run to its end.
 */
extern void rs_fragment_end(RsFragment *fragment);

#endif							/* RS_FRAGMENT_H */
