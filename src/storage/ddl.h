/*
 * ddl.h
 *	  DDL on redshift tables: the utility and object access hooks.
 */
#ifndef RS_DDL_H
#define RS_DDL_H

#include "nodes/parsenodes.h"
#include "storage/options.h"

/* What the options of a table will be after an ALTER TABLE. */
extern RsTableOptions *rs_ddl_options_after(Relation rel, const AlterTableStmt *stmt);

extern void rs_ddl_init(void);

#endif							/* RS_DDL_H */
