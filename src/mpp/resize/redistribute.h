/*
 * redistribute.h
 *	  Rows of a distributed table go where another distribution has them.
 */
#ifndef RS_REDISTRIBUTE_H
#define RS_REDISTRIBUTE_H

#include "nodes/parsenodes.h"

/*
 * Does an ALTER TABLE change options only, of one table, so that rows can be moved while
 * others read it?
 */
extern bool rs_redistribute_applies(AlterTableStmt *statement);

/*
 * Lock the table against changes, and have its rows sent to the nodes that the options
 * will give them to, where they are kept beside the table.  Returns the table.
 */
extern Oid	rs_redistribute_rows(AlterTableStmt *statement);

/* Then, under a lock that keeps everyone out: put them in place of the old ones. */
extern void rs_redistribute_switch(Oid relid);

#endif							/* RS_REDISTRIBUTE_H */
