/*
 * utility_call.h
 *	  What a hook of ProcessUtility is called with, to be handed on.
 */
#ifndef RS_CORE_UTILITY_CALL_H
#define RS_CORE_UTILITY_CALL_H

#include "tcop/utility.h"

typedef struct RsUtilityCall
{
	PlannedStmt *pstmt;
	const char *query;
	bool		read_only_tree;
	ProcessUtilityContext context;
	ParamListInfo params;
	QueryEnvironment *env;
	DestReceiver *dest;
	QueryCompletion *qc;
} RsUtilityCall;

/* NULL: there is no other hook. */
static inline void
rs_utility_call_run(const RsUtilityCall *call, ProcessUtility_hook_type next)
{
	(next != NULL ? next : standard_ProcessUtility)
		(call->pstmt, call->query, call->read_only_tree, call->context, call->params, call->env, call->dest,
		 call->qc);
}

#endif							/* RS_CORE_UTILITY_CALL_H */
