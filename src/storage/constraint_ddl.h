/*
 * constraint_ddl.h
 *	  Statements that make, change and drop informational constraints.
 */
#ifndef RS_CONSTRAINT_DDL_H
#define RS_CONSTRAINT_DDL_H

#include "nodes/parsenodes.h"
#include "storage/constraints.h"

/*
 * Take the constraints that are to be informational out of a statement; they cannot be
 * completed before the rest of it has run.  An ALTER TABLE is left with NOT NULL for the
 * columns of a primary key.
 */
extern List *rs_constraints_take_create(CreateStmt *stmt);
extern List *rs_constraints_take_alter(AlterTableStmt *stmt);

/* Carry out DROP CONSTRAINT of those of a table, and take it out of the statement. */
extern void rs_constraints_drop(Oid relid, AlterTableStmt *stmt);

/* ALTER TABLE ... RENAME CONSTRAINT: was it one of ours? */
extern bool rs_constraint_rename(const RenameStmt *stmt);

/* The columns of the primary key that are not NOT NULL yet, as commands that make them so. */
extern List *rs_constraints_not_null(Oid relid);

/*
 * A column is about to be dropped, by its own name or by the effect of another drop: its
 * constraints go.  What is left of them.
 */
extern List *rs_constraints_drop_column(Oid relid, const char *column, bool by_name, DropBehavior behavior);

/* DROP TABLE without CASCADE is refused while others' foreign keys refer to the table. */
extern void rs_constraints_check_drop(const DropStmt *stmt);

extern void rs_constraint_ddl_init(void);

#endif							/* RS_CONSTRAINT_DDL_H */
