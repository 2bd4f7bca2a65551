/*
 * gather_ahead.h
 *	  Subplans of a gather's expressions whose rows can be asked for ahead.
 */
#ifndef RS_GATHER_AHEAD_H
#define RS_GATHER_AHEAD_H

#include "executor/executor.h"

typedef struct RsAheadTarget
{
	SubPlanState *subplan;
	List	   *gathers;		/* CustomScanState *, in it, that depend on what is passed to it */
} RsAheadTarget;

/* Can a gather be asked for the rows of several values of these parameters at once? */
typedef bool (*RsGatherAccepts) (CustomScanState *gather, const Bitmapset *params);

/* Those of a gather's expressions, List of RsAheadTarget *. */
extern List *rs_ahead_targets(const CustomScanState *outer, RsGatherAccepts accepts);

/* Set the subplan's parameters to what the context's row passes to it. */
extern void rs_ahead_pass(const RsAheadTarget *target, ExprContext *econtext);

#endif							/* RS_GATHER_AHEAD_H */
