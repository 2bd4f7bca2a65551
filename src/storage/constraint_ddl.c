/*
 * constraint_ddl.c
 *	  Statements that make, change and drop informational constraints.
 *
 * A foreign key names its table, and the table does not know who refers to it: they are
 * looked for among all tables with constraints, once for each statement that renames, moves
 * or drops a table with a key or one of its columns.  PostgreSQL's dependencies would find
 * them faster, but would let DROP ... CASCADE drop the tables that refer, not just their
 * constraints.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "core/relation_changes.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "storage/constraint_ddl.h"
#include "storage/lmgr.h"
#include "storage/reloptions.h"
#include "tcop/utility.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

/* A table with foreign keys. */
typedef struct Referrer
{
	Oid			relid;
	List	   *constraints;	/* all of it */
} Referrer;

/* ---------------------------------------------------------------------
 * Who refers to a table
 * ---------------------------------------------------------------------
 */

/*
 * Do an array's elements have this text anywhere?
 */
static bool
has_text(Datum array, const char *text)
{
	ArrayType  *bytes = DatumGetArrayTypeP(array);

	return memmem(bytes, VARSIZE(bytes), text, strlen(text)) != NULL;
}

/*
 * All tables with foreign keys, but those of other sessions.
 */
static List *
find_referrers(void)
{
	Relation	pg_class = table_open(RelationRelationId, AccessShareLock);
	SysScanDesc scan = systable_beginscan(pg_class, InvalidOid, false, NULL, 0, NULL);
	Oid			am = rs_reloptions_am_oid();
	List	   *relids = NIL;
	List	   *referrers = NIL;
	HeapTuple	tuple;
	ListCell   *lc;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_class class = (Form_pg_class) GETSTRUCT(tuple);
		bool		isnull;
		Datum		options;

		CHECK_FOR_INTERRUPTS();
		if (!OidIsValid(am) || class->relam != am || isOtherTempNamespace(class->relnamespace))
			continue;
		options = heap_getattr(tuple, Anum_pg_class_reloptions, RelationGetDescr(pg_class), &isnull);
		if (!isnull && has_text(options, "FOREIGN KEY"))
			relids = lappend_oid(relids, class->oid);
	}
	systable_endscan(scan);
	table_close(pg_class, AccessShareLock);
	foreach(lc, relids)
	{
		List	   *constraints = rs_constraints_of(lfirst_oid(lc));
		ListCell   *cell;
		bool		refers = false;

		foreach(cell, constraints)
			if (((RsConstraint *) lfirst(cell))->type == CONSTRAINT_FOREIGN)
				refers = true;
		if (refers)
		{
			Referrer   *referrer = palloc(sizeof(Referrer));

			referrer->relid = lfirst_oid(lc);
			referrer->constraints = constraints;
			referrers = lappend(referrers, referrer);
		}
	}
	return referrers;
}

/*
 * The schema that foreign keys name.
 */
static const char *
named_schema(const char *schema)
{
	return strncmp(schema, "pg_temp_", 8) == 0 ? "pg_temp" : schema;
}

static bool
refers_to(const RsConstraint *constraint, const char *schema, const char *table)
{
	return constraint->type == CONSTRAINT_FOREIGN && strcmp(constraint->ref_table, table) == 0 &&
		strcmp(constraint->ref_schema, named_schema(schema)) == 0;
}

static bool
refers_to_columns(const RsConstraint *constraint, List *columns)
{
	ListCell   *lc;

	if (list_length(constraint->ref_columns) != list_length(columns))
		return false;
	foreach(lc, columns)
		if (!rs_constraints_has_column(constraint->ref_columns, lfirst(lc)))
			return false;
	return true;
}

static void
write_referrer(Referrer *referrer)
{
	LockRelationOid(referrer->relid, ShareUpdateExclusiveLock);
	rs_constraints_write(referrer->relid, referrer->constraints);
}

/*
 * A table, or one of its keys, is to be dropped.  Without CASCADE that is an error if a
 * foreign key refers to it, else the foreign key goes.  except: tables dropped, too.
 */
static void
drop_references(const char *schema, const char *table, List *columns, const char *what, DropBehavior behavior,
				List *except)
{
	ListCell   *lc;
	ListCell   *cell;

	foreach(lc, find_referrers())
	{
		Referrer   *referrer = lfirst(lc);
		bool		changed = false;

		if (list_member_oid(except, referrer->relid))
			continue;
		foreach(cell, referrer->constraints)
		{
			RsConstraint *constraint = lfirst(cell);
			char	   *name = constraint->name;

			if (!refers_to(constraint, schema, table) || (columns != NIL && !refers_to_columns(constraint, columns)))
				continue;
			if (behavior == DROP_RESTRICT)
				ereport(ERROR,
						(errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
						 errmsg("cannot drop %s because other objects depend on it", what),
						 errdetail("constraint %s on table %s depends on %s", name, get_rel_name(referrer->relid), what),
						 errhint("Use DROP ... CASCADE to drop the dependent objects too.")));
			ereport(NOTICE,
					(errmsg("drop cascades to constraint %s on table %s", name, get_rel_name(referrer->relid))));
			referrer->constraints = foreach_delete_current(referrer->constraints, cell);
			changed = true;
		}
		if (changed)
			write_referrer(referrer);
	}
}

/*
 * Let a foreign key follow one change.  True if it has; *gone: it refers to nothing now.
 */
static bool
follow_change(RsConstraint *constraint, const RsRelationChange *change, bool *gone)
{
	bool		followed = false;
	ListCell   *lc;
	ListCell   *cell;

	if (change->relid == InvalidOid)
	{
		if (strcmp(constraint->ref_schema, change->old_schema) != 0)
			return false;
		constraint->ref_schema = pstrdup(change->new_schema);
		return true;
	}
	if (!change->may_have_keys || change->old_name == NULL || !refers_to(constraint, change->old_schema, change->old_name))
		return false;
	if (change->new_name == NULL)
	{
		*gone = true;
		return true;
	}
	if (strcmp(change->old_name, change->new_name) != 0 || strcmp(change->old_schema, change->new_schema) != 0)
	{
		constraint->ref_table = pstrdup(change->new_name);
		constraint->ref_schema = pstrdup(named_schema(change->new_schema));
		followed = true;
	}
	foreach(lc, change->columns)
	{
		RsColumnChange *column = lfirst(lc);

		foreach(cell, constraint->ref_columns)
		{
			if (strcmp(lfirst(cell), column->old_name) != 0)
				continue;
			followed = true;
			if (column->new_name == NULL)
				*gone = true;
			else
				lfirst(cell) = pstrdup(column->new_name);
		}
	}
	return followed;
}

/*
 * Could a foreign key have to follow?
 */
static bool
matters(const RsRelationChange *change)
{
	if (change->relid == InvalidOid)
		return true;
	return change->may_have_keys && change->old_name != NULL &&
		(change->new_name == NULL || change->columns != NIL ||
		 strcmp(change->old_name, change->new_name) != 0 || strcmp(change->old_schema, change->new_schema) != 0);
}

static void
relations_changed(List *changes)
{
	List	   *mattering = NIL;
	ListCell   *lc;
	ListCell   *cell;
	ListCell   *item;

	foreach(lc, changes)
		if (matters(lfirst(lc)))
			mattering = lappend(mattering, lfirst(lc));
	if (mattering == NIL)
		return;
	foreach(lc, find_referrers())
	{
		Referrer   *referrer = lfirst(lc);
		bool		changed = false;

		foreach(cell, referrer->constraints)
		{
			RsConstraint *constraint = lfirst(cell);
			bool		gone = false;

			if (constraint->type != CONSTRAINT_FOREIGN)
				continue;
			CHECK_FOR_INTERRUPTS();
			foreach(item, mattering)
				if (follow_change(constraint, lfirst(item), &gone))
				{
					changed = true;
					break;
				}
			if (gone)
			{
				ereport(NOTICE,
						(errmsg("drop cascades to constraint %s on table %s", constraint->name, get_rel_name(referrer->relid))));
				referrer->constraints = foreach_delete_current(referrer->constraints, cell);
			}
		}
		if (changed)
			write_referrer(referrer);
	}
}

/* ---------------------------------------------------------------------
 * CREATE TABLE, ALTER TABLE
 * ---------------------------------------------------------------------
 */

/*
 * An index that the user has made for the purpose stays a means to enforce.
 */
static bool
is_informational(Node *node)
{
	Constraint *constraint = (Constraint *) node;

	if (!IsA(node, Constraint) || !rs_constraints_informational())
		return false;
	return constraint->contype == CONSTR_FOREIGN ||
		((constraint->contype == CONSTR_PRIMARY || constraint->contype == CONSTR_UNIQUE) && constraint->indexname == NULL);
}

static List *
take_of_column(ColumnDef *column)
{
	List	   *taken = NIL;
	ListCell   *lc;

	foreach(lc, column->constraints)
		if (is_informational(lfirst(lc)))
		{
			taken = lappend(taken, rs_constraint_from_node(lfirst(lc), column->colname));
			column->constraints = foreach_delete_current(column->constraints, lc);
		}
	return taken;
}

List *
rs_constraints_take_create(CreateStmt *stmt)
{
	List	   *taken = NIL;
	ListCell   *lc;

	foreach(lc, stmt->tableElts)
	{
		if (IsA(lfirst(lc), ColumnDef))
			taken = list_concat(taken, take_of_column(lfirst(lc)));
		else if (is_informational(lfirst(lc)))
		{
			taken = lappend(taken, rs_constraint_from_node(lfirst(lc), NULL));
			stmt->tableElts = foreach_delete_current(stmt->tableElts, lc);
		}
	}
	/* Constraints of a table without columns may stand there already. */
	foreach(lc, stmt->constraints)
		if (is_informational(lfirst(lc)))
		{
			taken = lappend(taken, rs_constraint_from_node(lfirst(lc), NULL));
			stmt->constraints = foreach_delete_current(stmt->constraints, lc);
		}
	return taken;
}

static List *
not_null_commands(List *columns)
{
	List	   *commands = NIL;
	ListCell   *lc;

	foreach(lc, columns)
	{
		AlterTableCmd *command = makeNode(AlterTableCmd);

		command->subtype = AT_SetNotNull;
		command->name = pstrdup(lfirst(lc));
		commands = lappend(commands, command);
	}
	return commands;
}

List *
rs_constraints_take_alter(AlterTableStmt *stmt)
{
	List	   *taken = NIL;
	RsConstraint *key;
	ListCell   *lc;

	foreach(lc, stmt->cmds)
	{
		AlterTableCmd *command = lfirst_node(AlterTableCmd, lc);

		if (command->subtype == AT_AddColumn)
			taken = list_concat(taken, take_of_column(castNode(ColumnDef, command->def)));
		else if (command->subtype == AT_AddConstraint && is_informational(command->def))
		{
			taken = lappend(taken, rs_constraint_from_node((Constraint *) command->def, NULL));
			stmt->cmds = foreach_delete_current(stmt->cmds, lc);
		}
	}
	key = rs_constraints_primary_key(taken);
	if (key != NULL)
		stmt->cmds = list_concat(stmt->cmds, not_null_commands(key->columns));
	return taken;
}

List *
rs_constraints_not_null(Oid relid)
{
	RsConstraint *key = rs_constraints_primary_key(rs_constraints_of(relid));
	Relation	rel;
	List	   *columns = NIL;
	ListCell   *lc;

	if (key == NULL)
		return NIL;
	rel = table_open(relid, NoLock);
	foreach(lc, key->columns)
	{
		AttrNumber	attno = get_attnum(relid, lfirst(lc));

		if (attno > 0 && !TupleDescAttr(RelationGetDescr(rel), attno - 1)->attnotnull)
			columns = lappend(columns, lfirst(lc));
	}
	table_close(rel, NoLock);
	return not_null_commands(columns);
}

/*
 * Drop one, and with CASCADE what refers to it.
 */
static void
drop_one(Oid relid, const RsConstraint *constraint, DropBehavior behavior)
{
	char	   *what = psprintf("constraint %s on table %s", constraint->name, get_rel_name(relid));
	List	   *constraints;
	ListCell   *lc;

	if (constraint->type != CONSTRAINT_FOREIGN)
		drop_references(get_namespace_name(get_rel_namespace(relid)), get_rel_name(relid), constraint->columns, what,
						behavior, NIL);
	constraints = rs_constraints_of(relid);
	foreach(lc, constraints)
		if (strcmp(((RsConstraint *) lfirst(lc))->name, constraint->name) == 0)
			constraints = foreach_delete_current(constraints, lc);
	rs_constraints_write(relid, constraints);
}

void
rs_constraints_drop(Oid relid, AlterTableStmt *stmt)
{
	ListCell   *lc;

	foreach(lc, stmt->cmds)
	{
		AlterTableCmd *command = lfirst_node(AlterTableCmd, lc);
		RsConstraint *constraint;

		if (command->subtype != AT_DropConstraint)
			continue;
		constraint = rs_constraint_by_name(rs_constraints_of(relid), command->name);
		if (constraint == NULL)
			continue;
		drop_one(relid, constraint, command->behavior);
		stmt->cmds = foreach_delete_current(stmt->cmds, lc);
	}
}

bool
rs_constraint_rename(const RenameStmt *stmt)
{
	Oid			relid;
	List	   *constraints;
	RsConstraint *constraint;

	if (stmt->renameType != OBJECT_TABCONSTRAINT || stmt->relation == NULL)
		return false;
	relid = RangeVarGetRelid(stmt->relation, NoLock, true);
	if (!OidIsValid(relid) || rs_constraint_by_name(rs_constraints_of(relid), stmt->subname) == NULL)
		return false;
	if (!pg_class_ownercheck(relid, GetUserId()))
		aclcheck_error(ACLCHECK_NOT_OWNER, OBJECT_TABLE, get_rel_name(relid));
	PreventCommandIfReadOnly("ALTER TABLE");
	LockRelationOid(relid, ShareUpdateExclusiveLock);
	constraints = rs_constraints_of(relid);
	constraint = rs_constraint_by_name(constraints, stmt->subname);
	if (constraint == NULL)
		return false;
	if (rs_constraint_by_name(constraints, stmt->newname) != NULL ||
		ConstraintNameIsUsed(CONSTRAINT_RELATION, relid, stmt->newname))
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_OBJECT),
				 errmsg("constraint \"%s\" for relation \"%s\" already exists", stmt->newname, get_rel_name(relid))));
	constraint->name = pstrdup(stmt->newname);
	rs_constraints_write(relid, constraints);
	return true;
}

/* ---------------------------------------------------------------------
 * DROP
 * ---------------------------------------------------------------------
 */

List *
rs_constraints_drop_column(Oid relid, const char *column, bool by_name, DropBehavior behavior)
{
	List	   *constraints = rs_constraints_of(relid);
	ListCell   *lc;

	foreach(lc, constraints)
	{
		RsConstraint *constraint = lfirst(lc);

		if (!rs_constraints_has_column(constraint->columns, column))
			continue;
		if (by_name && behavior == DROP_RESTRICT &&
			(list_length(constraint->columns) > 1 || constraint->type == CONSTRAINT_FOREIGN))
			ereport(ERROR,
					(errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
					 errmsg("cannot drop column \"%s\" of table \"%s\" because constraint \"%s\" needs it", column,
							get_rel_name(relid), constraint->name),
					 errhint("Drop the constraint first, or use CASCADE.")));
		drop_one(relid, constraint, by_name ? behavior : DROP_CASCADE);
	}
	return rs_constraints_of(relid);
}

/*
 * Could something refer to an index of it?  Not worth opening it, which may be locked.
 */
static bool
has_index(Oid relid)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	bool		has = HeapTupleIsValid(tuple) && ((Form_pg_class) GETSTRUCT(tuple))->relhasindex;

	if (HeapTupleIsValid(tuple))
		ReleaseSysCache(tuple);
	return has;
}

void
rs_constraints_check_drop(const DropStmt *stmt)
{
	List	   *relids = NIL;
	ListCell   *lc;

	if (stmt->removeType != OBJECT_TABLE || stmt->behavior != DROP_RESTRICT)
		return;
	foreach(lc, stmt->objects)
	{
		Oid			relid = RangeVarGetRelid(makeRangeVarFromNameList(lfirst(lc)), NoLock, true);

		if (OidIsValid(relid))
			relids = lappend_oid(relids, relid);
	}
	foreach(lc, relids)
	{
		Oid			relid = lfirst_oid(lc);
		ListCell   *cell;
		bool		has_key = false;

		foreach(cell, rs_constraints_of(relid))
			if (((RsConstraint *) lfirst(cell))->type != CONSTRAINT_FOREIGN)
				has_key = true;
		if (has_key || has_index(relid))
			drop_references(get_namespace_name(get_rel_namespace(relid)), get_rel_name(relid), NIL,
							psprintf("table %s", get_rel_name(relid)), DROP_RESTRICT, relids);
	}
}

void
rs_constraint_ddl_init(void)
{
	rs_relation_changes_listen(relations_changed);
}
