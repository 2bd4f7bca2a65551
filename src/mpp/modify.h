/*
 * modify.h
 *	  INSERT, UPDATE, DELETE and MERGE of distributed tables.
 */
#ifndef RS_MODIFY_H
#define RS_MODIFY_H

#include "nodes/extensible.h"
#include "nodes/params.h"
#include "nodes/plannodes.h"
#include "utils/relcache.h"

/* Has the planner to be asked as for a SELECT: the next one of the chain. */
typedef PlannedStmt *(*RsPlanner) (Query *query, const char *text, int options, ParamListInfo params);

/* INSERT: the leader computes rows, and sends each to its node; insert.c. */
extern PlannedStmt *rs_plan_insert(Query *query, const char *text, int options, ParamListInfo params, RsPlanner planner);

/* UPDATE, DELETE, MERGE: nodes run the statement on their rows; update.c. */
extern PlannedStmt *rs_plan_update(Query *query, ParamListInfo params);

/*
 * INSERT whose rows the leader computes, by a query with all columns of the table, and
 * nodes insert; columns: the numbers of those that can be.  In update.c.
 */
extern PlannedStmt *rs_plan_insert_at_nodes(Query *original, Query *source, List *columns, ParamListInfo params);

/*
 * A plan whose rows are to be inserted: the columns of the table, then what is to be
 * returned of each; the plan counts them.  In insert.c.
 */
extern PlannedStmt *rs_plan_move(PlannedStmt *source, Relation rel, int returning);

/* RETURNING as a plan's target list over the columns of the target relation. */
extern List *rs_plan_returning(Query *query);

/* SELECT ... FOR UPDATE of distributed tables, at the top of the query; lock_rows.c. */
extern bool rs_locks_rows(const Query *query);
extern PlannedStmt *rs_plan_lock_rows(Query *query, const char *text, int options, ParamListInfo params,
									  RsPlanner planner);

extern const CustomScanMethods rs_lock_rows_methods;
extern const CustomScanMethods rs_insert_methods;
extern const CustomScanMethods rs_update_methods;

extern void rs_modify_init(void);

#endif							/* RS_MODIFY_H */
