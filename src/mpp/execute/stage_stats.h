/*
 * stage_stats.h
 *	  What the stages of a distributed plan did, for EXPLAIN ANALYZE.
 */
#ifndef RS_STAGE_STATS_H
#define RS_STAGE_STATS_H

#include "commands/explain.h"
#include "mpp/change/route.h"
#include "mpp/execute/fragment.h"

typedef struct RsStageStats RsStageStats;

/* Of one stage, nothing as yet; lives in the current memory context. */
extern RsStageStats *rs_stage_stats_create(void);

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

#endif							/* RS_STAGE_STATS_H */
