/*
 * constraints.c
 *	  Informational constraints as they are recorded, and what they must fit.
 *
 * The option's text is read by PostgreSQL's own grammar, as the elements of a CREATE TABLE.
 * It has names, not numbers, so that a dump restores it and people can read it; whoever
 * renames something changes it here, too (constraint_ddl.c).
 *
 * The planner never looks at them: rows that break them would make its answers wrong.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/index.h"
#include "catalog/namespace.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_operator.h"
#include "commands/defrem.h"
#include "core/inner_text.h"
#include "core/settings.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "parser/parse_oper.h"
#include "storage/constraints.h"
#include "storage/lmgr.h"
#include "storage/reloptions.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

bool
rs_constraints_informational(void)
{
	return rs_constraints == RS_CONSTRAINTS_INFORMATIONAL ||
		(rs_constraints == RS_CONSTRAINTS_AUTO && rs_dialect == RS_DIALECT_REDSHIFT);
}

/* ---------------------------------------------------------------------
 * Lists of names
 * ---------------------------------------------------------------------
 */

static List *
names_of(List *strings)
{
	List	   *names = NIL;
	ListCell   *lc;

	foreach(lc, strings)
		names = lappend(names, pstrdup(strVal(lfirst(lc))));
	return names;
}

bool
rs_constraints_has_column(List *columns, const char *name)
{
	ListCell   *lc;

	foreach(lc, columns)
		if (strcmp(lfirst(lc), name) == 0)
			return true;
	return false;
}

static bool
same_columns(List *a, List *b)
{
	ListCell   *lc;

	if (list_length(a) != list_length(b))
		return false;
	foreach(lc, a)
		if (!rs_constraints_has_column(b, lfirst(lc)))
			return false;
	return true;
}

static void
append_columns(StringInfo text, List *columns)
{
	ListCell   *lc;

	appendStringInfoString(text, " (");
	foreach(lc, columns)
		appendStringInfo(text, "%s%s", foreach_current_index(lc) > 0 ? ", " : "", quote_identifier(lfirst(lc)));
	appendStringInfoChar(text, ')');
}

/* ---------------------------------------------------------------------
 * Text and nodes
 * ---------------------------------------------------------------------
 */

static void
refuse_clause(const char *clause)
{
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("%s is not supported by informational constraints", clause),
			 errhint("Enforce the constraint: SET redshift.constraints = enforced.")));
}

RsConstraint *
rs_constraint_from_node(const Constraint *node, const char *column)
{
	RsConstraint *constraint = palloc0(sizeof(RsConstraint));
	List	   *columns = node->contype == CONSTR_FOREIGN ? node->fk_attrs : node->keys;

	if (node->deferrable)
		refuse_clause("DEFERRABLE");
	if (node->including != NIL)
		refuse_clause("INCLUDE");
	if (node->nulls_not_distinct)
		refuse_clause("NULLS NOT DISTINCT");
	constraint->type = node->contype == CONSTR_PRIMARY ? CONSTRAINT_PRIMARY :
		node->contype == CONSTR_UNIQUE ? CONSTRAINT_UNIQUE : CONSTRAINT_FOREIGN;
	constraint->name = node->conname ? pstrdup(node->conname) : NULL;
	constraint->columns = column != NULL ? list_make1(pstrdup(column)) : names_of(columns);
	if (node->contype != CONSTR_FOREIGN)
		return constraint;
	if (node->fk_upd_action != FKCONSTR_ACTION_NOACTION)
		refuse_clause("ON UPDATE");
	if (node->fk_del_action != FKCONSTR_ACTION_NOACTION)
		refuse_clause("ON DELETE");
	if (node->fk_matchtype != FKCONSTR_MATCH_SIMPLE)
		refuse_clause("MATCH");
	constraint->ref = node->pktable;
	constraint->ref_schema = node->pktable->schemaname;
	constraint->ref_table = node->pktable->relname;
	constraint->ref_columns = names_of(node->pk_attrs);
	return constraint;
}

static void
invalid_text(const char *text)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid value for option \"%s\": \"%s\"", RS_CONSTRAINTS_OPTION, text),
			 errdetail("It is a list of PRIMARY KEY, UNIQUE and FOREIGN KEY, as in CREATE TABLE.")));
}

List *
rs_constraints_parse(const char *text)
{
	List	   *statements;
	CreateStmt *create;
	List	   *constraints = NIL;
	ListCell   *lc;

	if (text == NULL)
		return NIL;
	statements = rs_inner_text_parse(psprintf("CREATE TABLE t (%s)", text), "table option \"" RS_CONSTRAINTS_OPTION "\"");
	if (list_length(statements) != 1 || !IsA(linitial_node(RawStmt, statements)->stmt, CreateStmt))
		invalid_text(text);
	create = castNode(CreateStmt, linitial_node(RawStmt, statements)->stmt);
	if (create->tableElts == NIL)
		invalid_text(text);
	foreach(lc, create->tableElts)
	{
		Constraint *node = lfirst(lc);
		RsConstraint *constraint;

		if (!IsA(node, Constraint) || node->indexname != NULL ||
			(node->contype != CONSTR_PRIMARY && node->contype != CONSTR_UNIQUE && node->contype != CONSTR_FOREIGN))
			invalid_text(text);
		constraint = rs_constraint_from_node(node, NULL);
		if (constraint->type == CONSTRAINT_FOREIGN && constraint->ref_schema == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("table \"%s\" in option \"%s\" has no schema", constraint->ref_table, RS_CONSTRAINTS_OPTION)));
		constraint->ref = NULL;
		constraints = lappend(constraints, constraint);
	}
	return constraints;
}

char *
rs_constraints_unparse(List *constraints)
{
	StringInfoData text;
	ListCell   *lc;

	if (constraints == NIL)
		return NULL;
	initStringInfo(&text);
	foreach(lc, constraints)
	{
		RsConstraint *constraint = lfirst(lc);

		if (text.len > 0)
			appendStringInfoString(&text, ", ");
		if (constraint->name != NULL)
			appendStringInfo(&text, "CONSTRAINT %s ", quote_identifier(constraint->name));
		appendStringInfoString(&text, constraint->type == CONSTRAINT_PRIMARY ? "PRIMARY KEY" :
							   constraint->type == CONSTRAINT_UNIQUE ? "UNIQUE" : "FOREIGN KEY");
		append_columns(&text, constraint->columns);
		if (constraint->type != CONSTRAINT_FOREIGN)
			continue;
		appendStringInfo(&text, " REFERENCES %s", quote_qualified_identifier(constraint->ref_schema, constraint->ref_table));
		if (constraint->ref_columns != NIL)
			append_columns(&text, constraint->ref_columns);
	}
	return text.data;
}

/* ---------------------------------------------------------------------
 * A table's
 * ---------------------------------------------------------------------
 */

List *
rs_constraints_of(Oid relid)
{
	List	   *others;
	ListCell   *lc;

	foreach(lc, rs_reloptions_read(relid, &others))
	{
		DefElem    *def = lfirst_node(DefElem, lc);

		if (strcmp(def->defname, RS_CONSTRAINTS_OPTION) == 0)
			return rs_constraints_parse(defGetString(def));
	}
	return NIL;
}

void
rs_constraints_write(Oid relid, List *constraints)
{
	char	   *text = rs_constraints_unparse(constraints);
	List	   *options;
	List	   *ours = rs_reloptions_read(relid, &options);
	ListCell   *lc;

	foreach(lc, ours)
		if (strcmp(lfirst_node(DefElem, lc)->defname, RS_CONSTRAINTS_OPTION) != 0)
			options = lappend(options, lfirst(lc));
	if (text != NULL)
		options = lappend(options, makeDefElem(pstrdup(RS_CONSTRAINTS_OPTION), (Node *) makeString(text), -1));
	rs_reloptions_write(relid, options);
}

RsConstraint *
rs_constraint_by_name(List *constraints, const char *name)
{
	ListCell   *lc;

	foreach(lc, constraints)
	{
		RsConstraint *constraint = lfirst(lc);

		if (constraint->name != NULL && strcmp(constraint->name, name) == 0)
			return constraint;
	}
	return NULL;
}

RsConstraint *
rs_constraints_primary_key(List *constraints)
{
	ListCell   *lc;

	foreach(lc, constraints)
		if (((RsConstraint *) lfirst(lc))->type == CONSTRAINT_PRIMARY)
			return lfirst(lc);
	return NULL;
}

void
rs_constraints_rename_column(List *constraints, const char *old_name, const char *new_name)
{
	ListCell   *lc;
	ListCell   *cell;

	foreach(lc, constraints)
		foreach(cell, ((RsConstraint *) lfirst(lc))->columns)
			if (strcmp(lfirst(cell), old_name) == 0)
				lfirst(cell) = pstrdup(new_name);
}

/* ---------------------------------------------------------------------
 * Completing and checking
 * ---------------------------------------------------------------------
 */

static bool
name_is_used(Relation rel, List *constraints, const char *name)
{
	return rs_constraint_by_name(constraints, name) != NULL ||
		ConstraintNameIsUsed(CONSTRAINT_RELATION, RelationGetRelid(rel), name);
}

/*
 * A name as PostgreSQL chooses it: table_pkey, table_column_key, table_column_fkey.
 */
static char *
choose_name(Relation rel, List *constraints, const RsConstraint *constraint)
{
	const char *label = constraint->type == CONSTRAINT_PRIMARY ? "pkey" :
		constraint->type == CONSTRAINT_UNIQUE ? "key" : "fkey";
	StringInfoData columns;
	ListCell   *lc;
	char	   *name;
	int			n;

	initStringInfo(&columns);
	foreach(lc, constraint->columns)
		if (columns.len < NAMEDATALEN)
			appendStringInfo(&columns, "%s%s", columns.len > 0 ? "_" : "", (char *) lfirst(lc));
	for (n = 0;; n++)
	{
		name = makeObjectName(RelationGetRelationName(rel), constraint->type == CONSTRAINT_PRIMARY ? NULL : columns.data,
							  n == 0 ? label : psprintf("%s%d", label, n));
		if (!name_is_used(rel, constraints, name))
			return name;
	}
}

static void
check_columns(Oid relid, List *columns)
{
	ListCell   *lc;
	ListCell   *other;

	foreach(lc, columns)
	{
		char	   *name = lfirst(lc);

		if (get_attnum(relid, name) <= 0)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_COLUMN),
					 errmsg("column \"%s\" named in key does not exist", name)));
		for_each_cell(other, columns, lnext(columns, lc))
			if (strcmp(lfirst(other), name) == 0)
				ereport(ERROR,
						(errcode(ERRCODE_DUPLICATE_COLUMN),
						 errmsg("column \"%s\" appears twice in a constraint", name)));
	}
}

/*
 * A constraint is to stand beside others.
 */
static void
complete_one(Relation rel, List *others, RsConstraint *constraint)
{
	if (constraint->type == CONSTRAINT_PRIMARY &&
		(rs_constraints_primary_key(others) != NULL || OidIsValid(RelationGetPrimaryKeyIndex(rel))))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TABLE_DEFINITION),
				 errmsg("multiple primary keys for table \"%s\" are not allowed", RelationGetRelationName(rel))));
	check_columns(RelationGetRelid(rel), constraint->columns);
	if (constraint->name == NULL)
		constraint->name = choose_name(rel, others, constraint);
	else if (name_is_used(rel, others, constraint->name))
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_OBJECT),
				 errmsg("constraint \"%s\" for relation \"%s\" already exists", constraint->name,
						RelationGetRelationName(rel))));
}

void
rs_constraints_complete(Relation rel, List *constraints)
{
	List	   *before = NIL;
	ListCell   *lc;

	foreach(lc, constraints)
	{
		complete_one(rel, before, lfirst(lc));
		before = lappend(before, lfirst(lc));
	}
	list_free(before);
}

/*
 * Has the table a key of these columns, enforced or not?  With none given, they are set to
 * those of its primary key.
 */
static bool
has_key(Relation rel, List *constraints, List **columns)
{
	ListCell   *lc;

	foreach(lc, constraints)
	{
		RsConstraint *key = lfirst(lc);

		if (*columns == NIL && key->type == CONSTRAINT_PRIMARY)
			*columns = list_copy(key->columns);
		if (key->type != CONSTRAINT_FOREIGN && same_columns(key->columns, *columns))
			return true;
	}
	foreach(lc, RelationGetIndexList(rel))
	{
		HeapTuple	tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(lfirst_oid(lc)));
		Form_pg_index index;
		List	   *names = NIL;
		bool		usable;
		int			i;

		if (!HeapTupleIsValid(tuple))
			continue;
		index = (Form_pg_index) GETSTRUCT(tuple);
		usable = index->indisunique && index->indimmediate && heap_attisnull(tuple, Anum_pg_index_indpred, NULL);
		for (i = 0; usable && i < index->indnkeyatts; i++)
		{
			usable = index->indkey.values[i] > 0;
			if (usable)
				names = lappend(names, get_attname(RelationGetRelid(rel), index->indkey.values[i], false));
		}
		if (usable && *columns == NIL && index->indisprimary)
			*columns = list_copy(names);
		usable = usable && same_columns(names, *columns);
		ReleaseSysCache(tuple);
		if (usable)
			return true;
	}
	return false;
}

/*
 * Can the values of both sides be equal as an index sees it?  Implicit conversions to strings don't do.
 */
static void
check_types(Relation rel, Relation ref, const RsConstraint *constraint)
{
	ListCell   *lc;
	ListCell   *other;

	forboth(lc, constraint->columns, other, constraint->ref_columns)
	{
		Oid			type = get_atttype(RelationGetRelid(rel), get_attnum(RelationGetRelid(rel), lfirst(lc)));
		Oid			ref_type = get_atttype(RelationGetRelid(ref), get_attnum(RelationGetRelid(ref), lfirst(other)));
		Operator	equal = oper(NULL, list_make1(makeString("=")), type, ref_type, true, -1);

		if (!HeapTupleIsValid(equal) || !((Form_pg_operator) GETSTRUCT(equal))->oprcanmerge)
			ereport(ERROR,
					(errcode(ERRCODE_DATATYPE_MISMATCH),
					 errmsg("foreign key constraint \"%s\" cannot be implemented", constraint->name),
					 errdetail("Key columns \"%s\" and \"%s\" are of incompatible types: %s and %s.",
							   (char *) lfirst(lc), (char *) lfirst(other), format_type_be(type),
							   format_type_be(ref_type))));
		ReleaseSysCache(equal);
	}
}

static void
check_reference(Relation rel, Relation ref, List *keys, RsConstraint *constraint)
{
	List	   *columns = constraint->ref_columns;
	AclResult	allowed = pg_class_aclcheck(RelationGetRelid(ref), GetUserId(), ACL_REFERENCES);

	if (ref->rd_rel->relkind != RELKIND_RELATION && ref->rd_rel->relkind != RELKIND_PARTITIONED_TABLE)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("referenced relation \"%s\" is not a table", RelationGetRelationName(ref))));
	if (allowed != ACLCHECK_OK)
		aclcheck_error(allowed, OBJECT_TABLE, RelationGetRelationName(ref));
	if ((ref->rd_rel->relpersistence == RELPERSISTENCE_TEMP) != (rel->rd_rel->relpersistence == RELPERSISTENCE_TEMP))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TABLE_DEFINITION),
				 errmsg(rel->rd_rel->relpersistence == RELPERSISTENCE_TEMP ?
						"constraints on temporary tables may reference only temporary tables" :
						"constraints on permanent tables may reference only permanent tables")));
	check_columns(RelationGetRelid(ref), columns);
	if (!has_key(ref, keys, &columns))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_FOREIGN_KEY),
				 columns == NIL ? errmsg("there is no primary key for referenced table \"%s\"", RelationGetRelationName(ref)) :
				 errmsg("there is no unique constraint matching given keys for referenced table \"%s\"",
						RelationGetRelationName(ref))));
	if (list_length(columns) != list_length(constraint->columns))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_FOREIGN_KEY),
				 errmsg("number of referencing and referenced columns for foreign key disagree")));
	constraint->ref_columns = columns;
	check_types(rel, ref, constraint);
}

/*
 * Find the table that a foreign key refers to.
 */
static void
resolve(Relation rel, List *constraints, RsConstraint *constraint)
{
	Relation	ref = table_openrv(constraint->ref, AccessShareLock);
	bool		own = RelationGetRelid(ref) == RelationGetRelid(rel);

	check_reference(rel, ref, own ? constraints : rs_constraints_of(RelationGetRelid(ref)), constraint);
	constraint->ref_schema = isTempNamespace(RelationGetNamespace(ref)) ? pstrdup("pg_temp") :
		get_namespace_name(RelationGetNamespace(ref));
	constraint->ref_table = pstrdup(RelationGetRelationName(ref));
	constraint->ref = NULL;
	table_close(ref, NoLock);
}

List *
rs_constraints_add(Relation rel, List *constraints, List *added)
{
	ListCell   *lc;

	/* Keys first: a foreign key may refer to one of its own table. */
	foreach(lc, added)
	{
		complete_one(rel, constraints, lfirst(lc));
		constraints = lappend(constraints, lfirst(lc));
	}
	foreach(lc, added)
		if (((RsConstraint *) lfirst(lc))->type == CONSTRAINT_FOREIGN)
			resolve(rel, constraints, lfirst(lc));
	return constraints;
}
