/*
 * aggregate_context.h
 *	  Where the state of an aggregate lives.
 */
#ifndef RS_AGGREGATE_CONTEXT_H
#define RS_AGGREGATE_CONTEXT_H

#include "fmgr.h"
#include "nodes/execnodes.h"

static inline MemoryContext
rs_aggregate_context(FunctionCallInfo fcinfo)
{
	MemoryContext context;

	if (!AggCheckCallContext(fcinfo, &context))
		elog(ERROR, "aggregate function called in non-aggregate context");
	return context;
}

#endif							/* RS_AGGREGATE_CONTEXT_H */
