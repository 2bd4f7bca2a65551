/*
 * function_scan.h
 *	  Scans of functions in FROM that are nodes of our own, instead of rows put into a tuplestore.
 *
 * The function has one argument, a text, which its scan is known by; all of its columns
 * stand in the node's rows.
 */
#ifndef RS_FUNCTION_SCAN_H
#define RS_FUNCTION_SCAN_H

#include "nodes/extensible.h"
#include "nodes/pathnodes.h"

/*
 * The argument of a range table entry that reads redshift.<function>(argument), palloc'd; NULL:
 * it is none, or the argument is not known yet.
 */
extern char *rs_function_scan_argument(const RangeTblEntry *rte, const char *function);

/* Is a row as a whole wanted?  Such a node has columns only. */
extern bool rs_function_scan_wants_row(const RelOptInfo *rel);

/* A path that keeps the argument; workers 0: of one process.  cost: of each row. */
extern Path *rs_function_scan_path(RelOptInfo *rel, char *argument, int workers, Cost cost,
								   const CustomPathMethods *methods);

/* Its plan, whose custom_private is the argument, a String. */
extern Plan *rs_function_scan_plan(PlannerInfo *root, RelOptInfo *rel, CustomPath *path, List *targets,
								   List *clauses, const CustomScanMethods *methods);

#endif							/* RS_FUNCTION_SCAN_H */
