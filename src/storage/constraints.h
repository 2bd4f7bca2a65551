/*
 * constraints.h
 *	  Informational constraints: PRIMARY KEY, UNIQUE and FOREIGN KEY that are recorded, not
 *	  enforced.
 *
 * They are the table option "constraints": a list as CREATE TABLE has it, with names.
 * Names of columns are char *.
 */
#ifndef RS_CONSTRAINTS_H
#define RS_CONSTRAINTS_H

#include "nodes/parsenodes.h"
#include "utils/relcache.h"

#define RS_CONSTRAINTS_OPTION	"constraints"

typedef struct RsConstraint
{
	char		type;			/* as pg_constraint.contype: p, u or f */
	char	   *name;			/* NULL: to be chosen */
	List	   *columns;
	/* A foreign key's: */
	char	   *ref_schema;
	char	   *ref_table;
	List	   *ref_columns;	/* NIL: the primary key */
	RangeVar   *ref;			/* as it was written; NULL out of an option */
} RsConstraint;

/* Are such constraints of redshift tables informational in this session? */
extern bool rs_constraints_informational(void);

/*
 * A constraint of a statement, on the column if it is a column's; an error if it asks for
 * what means something only when enforced.
 */
extern RsConstraint *rs_constraint_from_node(const Constraint *node, const char *column);

/* The option's value and back; NULL is none. */
extern List *rs_constraints_parse(const char *text);
extern char *rs_constraints_unparse(List *constraints);

/* Those of a table. */
extern List *rs_constraints_of(Oid relid);
extern void rs_constraints_write(Oid relid, List *constraints);

/*
 * Complete what an option says, with names, and check that it fits the table; tables that
 * it refers to need not exist, as a dump may make them later.
 */
extern void rs_constraints_complete(Relation rel, List *constraints);

/*
 * Add constraints of a statement: tables they refer to must be there, with such a key, and
 * may be referred to by the user.  Returns all.
 */
extern List *rs_constraints_add(Relation rel, List *constraints, List *added);

extern RsConstraint *rs_constraint_by_name(List *constraints, const char *name);
extern RsConstraint *rs_constraints_primary_key(List *constraints);

/* Is it one of these char *? */
extern bool rs_constraints_has_column(List *columns, const char *name);

/* A column of the table has another name now. */
extern void rs_constraints_rename_column(List *constraints, const char *old_name, const char *new_name);

#endif							/* RS_CONSTRAINTS_H */
