/*
 * stage_stats.h
 *	  What the stages of a distributed plan did, for EXPLAIN ANALYZE.
 */
#ifndef RS_STAGE_STATS_H
#define RS_STAGE_STATS_H

#include "commands/explain.h"
#include "mpp/change/route.h"
#include "mpp/execute/fragment.h"
#include "mpp/execute/stages.h"
#include "mpp/wire/fragment_counts.h"

/*
 * Of one stage, nothing as yet; lives in the current memory context.  counts: nodes report what
 * their operations counted, not their plans.
 */
extern RsStageStats *rs_stage_stats_create(bool counts);

/* A run of it on the nodes, or by rows that the leader sent, which has ended or will go no further. */
extern void rs_stage_stats_add_fragment(RsStageStats *stats, const RsFragment *fragment);
extern void rs_stage_stats_add_route(RsStageStats *stats, const RsRoute *route);

typedef enum RsStageKind
{
	RS_STAGE_EXCHANGE,			/* rows moved between nodes */
	RS_STAGE_SENT,				/* rows of the leader's */
	RS_STAGE_GATHERED,			/* rows that the leader got */
	RS_STAGE_CHANGED			/* rows that nodes changed, and perhaps returned */
} RsStageKind;

/* Show a stage; rows: estimated, negative: they were not. */
extern void rs_explain_stage(const RsStageStats *stats, RsStageKind kind, double rows, ExplainState *es);

/* All stages together, in formats that programs read; each is of that kind. */
extern void rs_explain_stage_totals(const List *stats, const List *kinds, ExplainState *es);

/* What an operation of a stage, or what the stage gave, comes to on one node. */
typedef struct RsNodeCounts
{
	int32		node;			/* its id */
	RsCounts	counts;
} RsNodeCounts;

typedef struct RsNodeMoves
{
	int32		node;
	uint64		rows;			/* that it gave */
	uint64		bytes;
	uint64		received_rows;	/* of an exchange: that it got, from itself, too */
	uint64		received_bytes;
	TimestampTz started;		/* 0: not known, as the end */
	TimestampTz ended;
} RsNodeMoves;

/* Lists of these, of the nodes that have told; key: of rs_operation_key(). */
extern List *rs_stage_stats_counts(const RsStageStats *stats, const char *key);
extern List *rs_stage_stats_moves(const RsStageStats *stats);

#endif							/* RS_STAGE_STATS_H */
