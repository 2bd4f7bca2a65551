/*
 * created_as.h
 *	  Options that CREATE TABLE AS has from the table it reads.
 */
#ifndef RS_CREATED_AS_H
#define RS_CREATED_AS_H

#include "nodes/parsenodes.h"

/* Options (DefElem *) of a table that says nothing about them itself, under Redshift's dialect. */
extern List *rs_options_of_query(const CreateTableAsStmt *stmt);

#endif							/* RS_CREATED_AS_H */
