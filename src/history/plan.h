/*
 * plan.h
 *	  What is kept of a query's plan: its nodes in Redshift's words, and what they counted.
 */
#ifndef RS_HISTORY_PLAN_H
#define RS_HISTORY_PLAN_H

#include "datatype/timestamp.h"
#include "executor/execdesc.h"

/*
 * Before the executor starts: let it count rows, where that is all but free.
 */
extern void rs_plan_count_rows(QueryDesc *desc);

/*
 * Has the session time left for descriptions?  Only then plans are to say what nodes do.
 */
extern bool rs_plan_is_affordable(void);

/*
 * The plan of a statement that began then, as a text for plan_nodes(), before the executor
 * ends; NULL: this session has described too much in too little time, or it is too long.
 */
extern char *rs_plan_describe(QueryDesc *desc, TimestampTz start, MemoryContext context);

/* The session has worked so long (us), of which a small part may go to descriptions. */
extern void rs_plan_grant_time(int64 worked);
/* So much went to them elsewhere. */
extern void rs_plan_spend_time(int64 spent);

#endif							/* RS_HISTORY_PLAN_H */
