/*
 * distribute.h
 *	  Existing tables become distributed, and local again; new ones from queries.
 */
#ifndef RS_DISTRIBUTE_H
#define RS_DISTRIBUTE_H

#include "nodes/params.h"
#include "nodes/parsenodes.h"
#include "tcop/cmdtag.h"

/*
 * Make a table local again, or all distributed partitions of one; which it were.
 */
extern List *rs_undistribute_tables(Oid relid);

/*
 * Distribute tables that are locked, of the access method and not distributed yet.
 */
extern void rs_distribute_list(List *tables);

/*
 * Let nodes have a table that has just been made here, empty, and is to be distributed.
 */
extern void rs_distribute_new_table(Oid relid);

/*
 * Fill it with what CREATE TABLE AS asks for.
 */
extern void rs_distribute_fill(Oid relid, CreateTableAsStmt *statement, const char *text, ParamListInfo params,
							   QueryCompletion *completion);

#endif							/* RS_DISTRIBUTE_H */
