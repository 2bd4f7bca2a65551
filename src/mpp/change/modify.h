/*
 * modify.h
 *	  INSERT, UPDATE, DELETE and MERGE of distributed tables.
 */
#ifndef RS_MODIFY_H
#define RS_MODIFY_H

#include "mpp/plan/tree_query.h"
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

/* SELECT ... FOR UPDATE of distributed tables, anywhere in the query; lock_rows.c. */
extern bool rs_locks_rows(const Query *query);
extern PlannedStmt *rs_plan_lock_rows(Query *query, const char *text, int options, ParamListInfo params,
									  RsPlanner planner);

/* WITH that changes distributed tables; with.c. */
extern bool rs_changes_in_with(const Query *query);
extern PlannedStmt *rs_plan_with(Query *query, const char *text, int options, ParamListInfo params, RsPlanner planner);

/*
 * Let a plan run others first, and keep what they give under these names (String), those
 * of the same name together; counted: the rows that they change (if they can set the tag)
 * count as changed by it.
 */
extern void rs_plan_run_before(PlannedStmt *plan, List *names, List *plans, bool counted);

extern void rs_with_init(void);

/*
 * Can nodes run a MERGE as it is (update.c)?  If not, can it be split into MERGE without
 * INSERT and INSERTs (merge.c)?
 */
extern bool rs_merge_at_nodes(const Query *merge);
extern bool rs_merge_can_split(const Query *merge);

/* Has WITH to be computed first, as it is if it changes rows (with.c)? */
extern bool rs_merge_keeps_with(const Query *merge);
extern PlannedStmt *rs_plan_split_merge(const Query *merge, const char *text, int options, ParamListInfo params,
										RsPlanner planner);

/* Put a node on top of a plan that gives what the plan does. */
extern void rs_plan_wrap(PlannedStmt *plan, CustomScan *scan);

/*
 * Changes of a partitioned table some of whose partitions are the leader's (partition_parts.c);
 * local plans what the leader does, nodes what the nodes do.
 */
extern PlannedStmt *rs_plan_parts(Query *query, const char *text, int options, ParamListInfo params,
								  RsPlanner local, RsPlanner nodes);

/* Does an UPDATE of these columns (as in rte->updatedCols) let rows go to other partitions? */
extern bool rs_sets_partition_key(Relation rel, const Bitmapset *columns);

/* May an UPDATE let rows go to other nodes?  If so: DELETE that returns them as they will be. */
extern bool rs_update_moves_rows(const Query *query, Relation rel);
extern bool rs_update_moves_rows_under_policies(const Query *query);
extern Query *rs_relocation(const Query *original, Relation rel);

/* UPDATE that deletes rows and inserts them anew; in update_move.c. */
extern PlannedStmt *rs_plan_relocation(const Query *original, Relation rel, ParamListInfo params);
extern PlannedStmt *rs_plan_values_at_leader(const Query *original, Relation rel, ParamListInfo params);

/*
 * The plan of a statement that nodes run, and what it returns: that of DELETE for an UPDATE
 * that deletes; update.c.
 */
extern PlannedStmt *rs_plan_deletion(Query *query, Query *returned, ParamListInfo params);

/* Let the leader compute an expression of what nodes return, *columns. */
extern Node *rs_of_columns(Node *node, List **columns);
extern List *rs_simplified(List *list);

/* What an INSERT inserts, as rows of the table; insert.c. */
extern Query *rs_insert_source(const Query *insert, Relation rel);

/* Rows that are kept under a name, with the columns of a query; merge.c. */
extern RangeTblEntry *rs_kept_rows(const Query *source, const char *name, double rows);

/*
 * A query that changes or locks rows of the leader, with subqueries in place of the
 * distributed tables that it reads; read_apart.c.
 */
extern Query *rs_read_apart(Query *query);

/* All columns of a table, in the order of its attributes, so that Vars stay right. */
extern Query *rs_whole_relation(const RangeTblEntry *entry, Index relation);

/*
 * A plan that lets nodes change or lock rows of a table waits for others that do before
 * it takes a snapshot: at the leader (storage/executor_hook.c), then on the nodes.
 */
extern void rs_plan_waits_for(PlannedStmt *plan, const RangeTblEntry *table);

/*
 * Cursors and WHERE CURRENT OF (current_row.c): a cursor's query with further columns that
 * tell where its rows are; *positions: of which tables, NIL: of none.  Its plan then has to
 * have RsCursor on top; locks: it is FOR UPDATE or FOR SHARE.
 */
extern Query *rs_cursor_query(Query *query, List **positions);
extern void rs_plan_cursor(PlannedStmt *result, List *positions, bool locks);

/*
 * Put conditions for nodes in the place of CURRENT OF.  True if a last column of RETURNING
 * was added that is the row as it has become: the leader then has to say so.
 */
extern bool rs_replace_current_of(Query *query, RsTextBuilder *builder);
extern void rs_cursor_row_changed(Datum row);

extern const CustomScanMethods rs_lock_rows_methods;
extern const CustomScanMethods rs_cursor_methods;
extern const CustomScanMethods rs_insert_methods;
extern const CustomScanMethods rs_update_methods;

extern void rs_modify_init(void);

#endif							/* RS_MODIFY_H */
