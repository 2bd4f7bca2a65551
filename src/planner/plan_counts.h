/*
 * plan_counts.h
 *	  What the nodes of a plan counted, those inside of the vector engine's, too.
 */
#ifndef RS_PLAN_COUNTS_H
#define RS_PLAN_COUNTS_H

#include "mpp/wire/fragment_counts.h"
#include "nodes/execnodes.h"

typedef struct RsPlanCounts RsPlanCounts;

/*
 * Of all nodes of a state, which was told to count; for the end of the executor.  Lives in the
 * current context.
 */
extern RsPlanCounts *rs_plan_counts(PlanState *state);

/* A node's; NULL: it has none.  The times are the server's. */
extern const RsCounts *rs_plan_counts_of(const RsPlanCounts *counts, const Plan *plan);

/*
 * Rows that blocks had which a scan of the table has read, at most those of the table: as far as
 * that has statistics, else just those it gave.
 */
extern uint64 rs_rows_read(const RsCounts *counts, Oid relid);

extern void rs_plan_counts_init(void);

#endif							/* RS_PLAN_COUNTS_H */
