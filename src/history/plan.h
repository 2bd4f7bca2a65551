/*
 * plan.h
 *	  What is kept of a query's plan: its nodes in Redshift's words, and what they counted.
 */
#ifndef RS_HISTORY_PLAN_H
#define RS_HISTORY_PLAN_H

#include "executor/execdesc.h"

/*
 * Before the executor starts: let it count rows, where that is all but free.
 */
extern void rs_plan_count_rows(QueryDesc *desc);

/*
 * The plan as a text for plan_nodes(), before the executor ends; NULL: this session has
 * described too much in too little time.
 */
extern char *rs_plan_describe(QueryDesc *desc, MemoryContext context);

/* The session has worked so long (us), of which a small part may go to descriptions. */
extern void rs_plan_grant_time(int64 worked);

#endif							/* RS_HISTORY_PLAN_H */
