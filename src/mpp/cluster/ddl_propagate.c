/*
 * ddl_propagate.c
 *	  DDL of the leader reaches all compute nodes in the same transaction.
 *
 * A statement runs at the leader first, with its checks and hooks, and then, as it was
 * written, on all nodes, under the session's role, search_path and settings, so that its
 * names mean the same there. If it fails on one it fails everywhere.
 *
 * What concerns tables is sent if they are distributed; a statement that names both
 * distributed tables and others is sent for the former alone.  What tables need or can
 * refer to (schemas, types, functions, sequences, roles, grants and such) is always
 * sent.  Views are the leader's alone: it expands them.
 *
 * A new table of the access method is distributed from the start, but a temporary one,
 * which is the leader's own.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/dependency.h"
#include "catalog/index.h"
#include "catalog/namespace.h"
#include "catalog/objectaccess.h"
#include "catalog/pg_class.h"
#include "commands/defrem.h"
#include "commands/extension.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "mpp/change/copy_nodes.h"
#include "mpp/cluster/analyze.h"
#include "mpp/cluster/ddl_propagate.h"
#include "mpp/cluster/definition.h"
#include "mpp/cluster/maintenance.h"
#include "mpp/cluster/node.h"
#include "mpp/cluster/table.h"
#include "mpp/resize/auto_distribution.h"
#include "mpp/resize/distribute.h"
#include "mpp/resize/redistribute.h"
#include "mpp/session/remote_transaction.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "parser/parse_type.h"
#include "redshift_ext.h"
#include "storage/lmgr.h"
#include "tcop/utility.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"

static ProcessUtility_hook_type next_process_utility = NULL;
static object_access_hook_type next_object_access = NULL;

/* ---------------------------------------------------------------------
 * What a statement is about
 * ---------------------------------------------------------------------
 */

static bool on_nodes(Oid relid);

/*
 * A sequence that belongs to a table is where that is.
 */
static bool
sequence_on_nodes(Oid relid)
{
	Oid			table;
	int32		column;

	if (sequenceIsOwned(relid, DEPENDENCY_AUTO, &table, &column) ||
		sequenceIsOwned(relid, DEPENDENCY_INTERNAL, &table, &column))
		return on_nodes(table);
	return get_rel_persistence(relid) != RELPERSISTENCE_TEMP;
}

/*
 * Is this a relation that nodes have, too: a distributed table, or one of its kin?
 */
static bool
on_nodes(Oid relid)
{
	switch (OidIsValid(relid) ? get_rel_relkind(relid) : '\0')
	{
		case RELKIND_RELATION:
			return rs_table_is_distributed(relid);
		case RELKIND_PARTITIONED_TABLE:
		case RELKIND_COMPOSITE_TYPE:
			return get_rel_persistence(relid) != RELPERSISTENCE_TEMP;
		case RELKIND_SEQUENCE:
			return sequence_on_nodes(relid);
		case RELKIND_INDEX:
		case RELKIND_PARTITIONED_INDEX:
			return on_nodes(IndexGetRelation(relid, true));
		default:
			return false;
	}
}

static bool
named_on_nodes(RangeVar *name)
{
	return name != NULL && on_nodes(RangeVarGetRelid(name, NoLock, true));
}

static bool
copies_on_nodes(RangeVar *name)
{
	Oid			relid = name != NULL ? RangeVarGetRelid(name, NoLock, true) : InvalidOid;

	return rs_table_target_is_distributed(relid) || rs_table_target_is_mixed(relid);
}

/*
 * Is this the name of what a session keeps for itself?  Nodes do not hear of it: the
 * transaction could not be prepared there.
 */
static bool
temporary_name(List *names)
{
	char	   *schema;
	char	   *name;

	DeconstructQualifiedName(names, &schema, &name);
	/* The schema is not there before the session's first temporary object. */
	return schema != NULL &&
		(strcmp(schema, "pg_temp") == 0 || isTempNamespace(LookupNamespaceNoError(schema)));
}

/*
 * Objects of DROP, COMMENT and the like that are relations, or parts of one.
 */
static bool
object_on_nodes(ObjectType type, Node *object)
{
	List	   *name;

	switch (type)
	{
		case OBJECT_TABLE:
		case OBJECT_INDEX:
		case OBJECT_SEQUENCE:
			return named_on_nodes(makeRangeVarFromNameList(castNode(List, object)));
		case OBJECT_COLUMN:
		case OBJECT_TABCONSTRAINT:
		case OBJECT_TRIGGER:
		case OBJECT_POLICY:
			name = list_truncate(list_copy(castNode(List, object)), list_length(castNode(List, object)) - 1);
			return name != NIL && named_on_nodes(makeRangeVarFromNameList(name));
		case OBJECT_VIEW:
		case OBJECT_MATVIEW:
		case OBJECT_FOREIGN_TABLE:
		case OBJECT_RULE:
		case OBJECT_DATABASE:
		case OBJECT_TABLESPACE:
		case OBJECT_SUBSCRIPTION:
		case OBJECT_PUBLICATION:
		case OBJECT_EVENT_TRIGGER:
		case OBJECT_LARGEOBJECT:
			return false;
		default:
			if (object == NULL)
				return true;
			if (IsA(object, ObjectWithArgs))
				return !temporary_name(((ObjectWithArgs *) object)->objname);
			if (IsA(object, TypeName))
				return !temporary_name(((TypeName *) object)->names);
			return !IsA(object, List) || !IsA(linitial((List *) object), String) || !temporary_name((List *) object);
	}
}

/*
 * Does a statement make or change an object of the session's own?
 */
static bool
is_temporary(Node *statement)
{
	switch (nodeTag(statement))
	{
		case T_CreateSeqStmt:
			return castNode(CreateSeqStmt, statement)->sequence->relpersistence == RELPERSISTENCE_TEMP;
		case T_AlterSeqStmt:
			return !named_on_nodes(castNode(AlterSeqStmt, statement)->sequence);
		case T_CompositeTypeStmt:
			return isTempNamespace(RangeVarGetCreationNamespace(castNode(CompositeTypeStmt, statement)->typevar));
		case T_CreateFunctionStmt:
			return temporary_name(castNode(CreateFunctionStmt, statement)->funcname);
		case T_AlterFunctionStmt:
			return temporary_name(castNode(AlterFunctionStmt, statement)->func->objname);
		case T_CreateDomainStmt:
			return temporary_name(castNode(CreateDomainStmt, statement)->domainname);
		case T_AlterDomainStmt:
			return temporary_name(castNode(AlterDomainStmt, statement)->typeName);
		case T_CreateEnumStmt:
			return temporary_name(castNode(CreateEnumStmt, statement)->typeName);
		case T_AlterEnumStmt:
			return temporary_name(castNode(AlterEnumStmt, statement)->typeName);
		case T_CreateRangeStmt:
			return temporary_name(castNode(CreateRangeStmt, statement)->typeName);
		case T_DefineStmt:
			return temporary_name(castNode(DefineStmt, statement)->defnames);
		default:
			return false;
	}
}

/*
 * Does a CREATE TABLE make a table of ours that is not temporary, or a partitioned one?
 */
static bool
creates_on_nodes(CreateStmt *statement)
{
	const char *method = statement->accessMethod ? statement->accessMethod : default_table_access_method;

	return statement->relation->relpersistence != RELPERSISTENCE_TEMP &&
		!isTempNamespace(RangeVarGetCreationNamespace(statement->relation)) &&
		(statement->partspec != NULL || strcmp(method, RS_AM_NAME) == 0);
}

/*
 * The part of a DROP or TRUNCATE that concerns nodes, as SQL; NULL for none.  *all:
 * that is all of it.
 */
static char *
part_on_nodes(List *names, const char *command, const char *options, bool *all)
{
	StringInfoData sql;
	ListCell   *lc;
	int			n = 0;

	initStringInfo(&sql);
	*all = true;
	foreach(lc, names)
	{
		RangeVar   *name = IsA(lfirst(lc), RangeVar) ? lfirst(lc) : makeRangeVarFromNameList(lfirst(lc));
		Oid			relid = RangeVarGetRelid(name, NoLock, true);

		if (!on_nodes(relid))
		{
			*all = false;
			continue;
		}
		appendStringInfo(&sql, "%s%s", n++ == 0 ? command : ", ",
						 quote_qualified_identifier(get_namespace_name(get_rel_namespace(relid)), get_rel_name(relid)));
	}
	if (n == 0)
		return NULL;
	appendStringInfoString(&sql, options);
	return sql.data;
}

static char *
drop_on_nodes(DropStmt *statement, char *text)
{
	bool		all;
	char	   *part;

	if (statement->removeType != OBJECT_TABLE)
		return object_on_nodes(statement->removeType, linitial(statement->objects)) ? text : NULL;
	part = part_on_nodes(statement->objects, "DROP TABLE ",
						 statement->behavior == DROP_CASCADE ? " CASCADE" : "", &all);
	return part != NULL && all ? text : part;
}

static char *
truncate_on_nodes(TruncateStmt *statement, char *text)
{
	bool		all;
	char	   *part = part_on_nodes(statement->relations, "TRUNCATE ",
									 statement->behavior == DROP_CASCADE ? " CASCADE" : "", &all);

	return part != NULL && all ? text : part;
}

/*
 * The relations of a schema, but not views, as RangeVars.
 */
static List *
relations_of_schema(const char *name, ObjectType type)
{
	Oid			schema = get_namespace_oid(name, true);
	Relation	pg_class = table_open(RelationRelationId, AccessShareLock);
	List	   *list = NIL;
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;

	ScanKeyInit(&key, Anum_pg_class_relnamespace, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(schema));
	scan = systable_beginscan(pg_class, InvalidOid, false, NULL, 1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_class class = (Form_pg_class) GETSTRUCT(tuple);

		if (type == OBJECT_SEQUENCE ? class->relkind == RELKIND_SEQUENCE :
			class->relkind == RELKIND_RELATION || class->relkind == RELKIND_PARTITIONED_TABLE)
			list = lappend(list, makeRangeVar(pstrdup(name), pstrdup(NameStr(class->relname)), -1));
	}
	systable_endscan(scan);
	table_close(pg_class, AccessShareLock);
	return list;
}

static void
append_names(StringInfo sql, List *names)
{
	ListCell   *lc;

	foreach(lc, names)
		appendStringInfo(sql, "%s%s", foreach_current_index(lc) > 0 ? ", " : "", quote_identifier(strVal(lfirst(lc))));
}

static void
append_privileges(StringInfo sql, List *privileges)
{
	ListCell   *lc;

	if (privileges == NIL)
		appendStringInfoString(sql, "ALL");
	foreach(lc, privileges)
	{
		AccessPriv *privilege = lfirst_node(AccessPriv, lc);

		appendStringInfo(sql, "%s%s", foreach_current_index(lc) > 0 ? ", " : "",
						 privilege->priv_name ? privilege->priv_name : "ALL");
		if (privilege->cols == NIL)
			continue;
		appendStringInfoString(sql, " (");
		append_names(sql, privilege->cols);
		appendStringInfoChar(sql, ')');
	}
}

static void
append_role(StringInfo sql, const RoleSpec *role)
{
	switch (role->roletype)
	{
		case ROLESPEC_CSTRING:
			appendStringInfoString(sql, quote_identifier(role->rolename));
			break;
		case ROLESPEC_PUBLIC:
			appendStringInfoString(sql, "PUBLIC");
			break;
		default:
			appendStringInfoString(sql, quote_identifier(GetUserNameFromId(get_rolespec_oid(role, false), false)));
			break;
	}
}

/*
 * GRANT and REVOKE on relations, for those that nodes have.
 */
static char *
grant_on_nodes(GrantStmt *statement, char *text)
{
	StringInfoData sql;
	List	   *relations = NIL;
	ListCell   *lc;
	char	   *part;
	bool		all;

	if (statement->targtype == ACL_TARGET_DEFAULTS || (statement->objtype != OBJECT_TABLE && statement->objtype != OBJECT_SEQUENCE))
		return statement->objtype == OBJECT_DATABASE || statement->objtype == OBJECT_TABLESPACE ||
			statement->objtype == OBJECT_LARGEOBJECT ? NULL : text;
	if (statement->targtype == ACL_TARGET_OBJECT)
		relations = statement->objects;
	else
		foreach(lc, statement->objects)
			relations = list_concat(relations, relations_of_schema(strVal(lfirst(lc)), statement->objtype));
	part = part_on_nodes(relations, "", "", &all);
	if (part == NULL || (all && statement->targtype == ACL_TARGET_OBJECT))
		return part ? text : NULL;
	initStringInfo(&sql);
	appendStringInfoString(&sql, statement->is_grant ? "GRANT " : statement->grant_option ?
						   "REVOKE GRANT OPTION FOR " : "REVOKE ");
	append_privileges(&sql, statement->privileges);
	appendStringInfo(&sql, " ON %s %s %s ", statement->objtype == OBJECT_SEQUENCE ? "SEQUENCE" : "TABLE", part,
					 statement->is_grant ? "TO" : "FROM");
	foreach(lc, statement->grantees)
	{
		appendStringInfoString(&sql, foreach_current_index(lc) > 0 ? ", " : "");
		append_role(&sql, lfirst_node(RoleSpec, lc));
	}
	if (statement->is_grant && statement->grant_option)
		appendStringInfoString(&sql, " WITH GRANT OPTION");
	if (!statement->is_grant && statement->behavior == DROP_CASCADE)
		appendStringInfoString(&sql, " CASCADE");
	return sql.data;
}

/*
 * Partitions that nodes do not have are attached and detached here alone.
 */
static bool
alter_on_nodes(AlterTableStmt *statement)
{
	ListCell   *lc;

	if (statement->objtype == OBJECT_VIEW || !named_on_nodes(statement->relation))
		return false;
	foreach(lc, statement->cmds)
	{
		AlterTableCmd *command = lfirst_node(AlterTableCmd, lc);

		if ((command->subtype == AT_AttachPartition || command->subtype == AT_DetachPartition ||
			 command->subtype == AT_DetachPartitionFinalize) &&
			!named_on_nodes(castNode(PartitionCmd, command->def)->name))
			return false;
	}
	return true;
}

/*
 * What of a statement nodes are to run, before it has run here; NULL: nothing.
 */
static char *
on_nodes_before(Node *statement, char *text)
{
	switch (nodeTag(statement))
	{
		case T_CreateStmt:
			return creates_on_nodes(castNode(CreateStmt, statement)) ? text : NULL;
		case T_DropStmt:
			return drop_on_nodes(castNode(DropStmt, statement), text);
		case T_TruncateStmt:
			return truncate_on_nodes(castNode(TruncateStmt, statement), text);
		case T_AlterTableStmt:
			return alter_on_nodes(castNode(AlterTableStmt, statement)) ? text : NULL;
		case T_IndexStmt:
			return named_on_nodes(castNode(IndexStmt, statement)->relation) ? text : NULL;
		case T_ReindexStmt:
			return rs_maintenance_reindex(castNode(ReindexStmt, statement), text, on_nodes);
		case T_ClusterStmt:
			return castNode(ClusterStmt, statement)->relation == NULL ||
				named_on_nodes(castNode(ClusterStmt, statement)->relation) ? text : NULL;
		case T_CreateTrigStmt:
			return named_on_nodes(castNode(CreateTrigStmt, statement)->relation) ? text : NULL;
		case T_CreatePolicyStmt:
			return named_on_nodes(castNode(CreatePolicyStmt, statement)->table) ? text : NULL;
		case T_AlterPolicyStmt:
			return named_on_nodes(castNode(AlterPolicyStmt, statement)->table) ? text : NULL;
		case T_CreateStatsStmt:
			return IsA(linitial(castNode(CreateStatsStmt, statement)->relations), RangeVar) &&
				named_on_nodes(linitial(castNode(CreateStatsStmt, statement)->relations)) ? text : NULL;
		case T_RenameStmt:
			{
				RenameStmt *rename = castNode(RenameStmt, statement);

				if (rename->relation != NULL)
					return named_on_nodes(rename->relation) ? text : NULL;
				return object_on_nodes(rename->renameType, rename->object) ? text : NULL;
			}
		case T_AlterObjectSchemaStmt:
			{
				AlterObjectSchemaStmt *move = castNode(AlterObjectSchemaStmt, statement);

				if (move->relation != NULL)
					return named_on_nodes(move->relation) ? text : NULL;
				return object_on_nodes(move->objectType, move->object) ? text : NULL;
			}
		case T_CommentStmt:
			return object_on_nodes(castNode(CommentStmt, statement)->objtype,
								   castNode(CommentStmt, statement)->object) ? text : NULL;
		case T_AlterOwnerStmt:
			return object_on_nodes(castNode(AlterOwnerStmt, statement)->objectType,
								   castNode(AlterOwnerStmt, statement)->object) ? text : NULL;
		case T_GrantStmt:
			return grant_on_nodes(castNode(GrantStmt, statement), text);
		case T_AlterSeqStmt:
			return named_on_nodes(castNode(AlterSeqStmt, statement)->sequence) ? text : NULL;
		case T_AlterCollationStmt:
		case T_AlterDefaultPrivilegesStmt:
		case T_AlterDomainStmt:
		case T_AlterEnumStmt:
		case T_AlterExtensionStmt:
		case T_AlterForeignServerStmt:
		case T_AlterFunctionStmt:
		case T_AlterOpFamilyStmt:
		case T_AlterOperatorStmt:
		case T_AlterRoleSetStmt:
		case T_AlterRoleStmt:
		case T_AlterStatsStmt:
		case T_AlterTSConfigurationStmt:
		case T_AlterTSDictionaryStmt:
		case T_AlterTypeStmt:
		case T_AlterUserMappingStmt:
		case T_CompositeTypeStmt:
		case T_CreateCastStmt:
		case T_CreateConversionStmt:
		case T_CreateDomainStmt:
		case T_CreateEnumStmt:
		case T_CreateExtensionStmt:
		case T_CreateForeignServerStmt:
		case T_CreateFunctionStmt:
		case T_CreateOpClassStmt:
		case T_CreateOpFamilyStmt:
		case T_CreatePLangStmt:
		case T_CreateRangeStmt:
		case T_CreateRoleStmt:
		case T_CreateSchemaStmt:
		case T_CreateSeqStmt:
		case T_CreateUserMappingStmt:
		case T_DefineStmt:
		case T_DropOwnedStmt:
		case T_DropRoleStmt:
		case T_DropUserMappingStmt:
		case T_GrantRoleStmt:
		case T_ReassignOwnedStmt:
			return is_temporary(statement) ? NULL : text;
		default:
			return NULL;
	}
}

/* ---------------------------------------------------------------------
 * Hooks
 * ---------------------------------------------------------------------
 */

static char *
text_of(PlannedStmt *statement, const char *query)
{
	const char *start = query + Max(statement->stmt_location, 0);

	return statement->stmt_len > 0 ? pnstrdup(start, statement->stmt_len) : pstrdup(start);
}

/*
 * Does a statement change what all databases of a server have?
 */
static bool
is_of_server(Node *statement)
{
	switch (nodeTag(statement))
	{
		case T_AlterRoleSetStmt:
		case T_AlterRoleStmt:
		case T_CreateRoleStmt:
		case T_DropRoleStmt:
		case T_GrantRoleStmt:
			return true;
		case T_CommentStmt:
			return castNode(CommentStmt, statement)->objtype == OBJECT_ROLE;
		case T_RenameStmt:
			return castNode(RenameStmt, statement)->renameType == OBJECT_ROLE;
		case T_SecLabelStmt:
			return castNode(SecLabelStmt, statement)->objtype == OBJECT_ROLE;
		default:
			return false;
	}
}

/*
 * A node that joins meanwhile waits for us, or we for it, so that it misses nothing.
 * What is the server's, a database of it that is a node has from us.
 */
static void
run_statement_on_nodes(Node *statement, const char *sql)
{
	List	   *connections;
	ListCell   *lc;

	LockRelationOid(rs_cluster_catalog(), RowExclusiveLock);
	connections = rs_connections_open(rs_cluster()->nodes, GetUserId());
	if (statement != NULL && is_of_server(statement))
		foreach(lc, connections)
			if (rs_connection_at_leader(lfirst(lc)))
				connections = foreach_delete_current(connections, lc);
	rs_remote_begin(connections);
	foreach(lc, connections)
		rs_remote_will_write(lfirst(lc));
	rs_connections_execute_definition(connections, sql);
}

static void
run_on_nodes(const char *sql)
{
	run_statement_on_nodes(NULL, sql);
}

/*
 * The relation that CREATE makes, or that is in its way.
 */
static Oid
created_table(RangeVar *name)
{
	return get_relname_relid(name->relname, RangeVarGetCreationNamespace(name));
}

/*
 * CREATE TABLE ... (LIKE ...) of what nodes may not have: they get what came of it.
 */
static bool
has_like(CreateStmt *create)
{
	ListCell   *lc;

	foreach(lc, create->tableElts)
		if (IsA(lfirst(lc), TableLikeClause))
			return true;
	return false;
}

/*
 * Is a CREATE TABLE AS to make a distributed table, which is not there yet?
 */
static bool
creates_from_query(Node *statement)
{
	CreateTableAsStmt *create = (CreateTableAsStmt *) statement;
	const char *method;

	if (!IsA(statement, CreateTableAsStmt) || create->objtype != OBJECT_TABLE ||
		create->into->rel->relpersistence == RELPERSISTENCE_TEMP)
		return false;
	method = create->into->accessMethod ? create->into->accessMethod : default_table_access_method;
	return strcmp(method, RS_AM_NAME) == 0 && !isTempNamespace(RangeVarGetCreationNamespace(create->into->rel)) &&
		!OidIsValid(created_table(create->into->rel));
}

static void
create_from_query(PlannedStmt *pstmt, const char *query, bool read_only, ProcessUtilityContext context,
				  ParamListInfo params, QueryEnvironment *environment, DestReceiver *dest, QueryCompletion *completion)
{
	CreateTableAsStmt *create = castNode(CreateTableAsStmt, pstmt->utilityStmt);
	PlannedStmt *empty = copyObject(pstmt);
	Oid			relid;

	castNode(CreateTableAsStmt, empty->utilityStmt)->into->skipData = true;
	(next_process_utility ? next_process_utility : standard_ProcessUtility)
		(empty, query, read_only, context, params, environment, dest, completion);
	CommandCounterIncrement();
	relid = created_table(create->into->rel);
	if (!OidIsValid(relid))
		return;
	rs_distribute_new_table(relid);
	if (!create->into->skipData)
		rs_distribute_fill(relid, create, query, params, completion);
}

/*
 * VACUUM and ANALYZE, here and on the nodes.  What VACUUM analyzes is analyzed by a
 * statement of its own, so that it alone sees distributed tables as large as they are.
 */
static void
vacuum(PlannedStmt *pstmt, const char *query, bool read_only, ProcessUtilityContext context,
	   ParamListInfo params, QueryEnvironment *environment, DestReceiver *dest, QueryCompletion *completion)
{
	ProcessUtility_hook_type run = next_process_utility ? next_process_utility : standard_ProcessUtility;
	VacuumStmt *statement = castNode(VacuumStmt, pstmt->utilityStmt);
	MemoryContext caller = CurrentMemoryContext;	/* not the transaction's, which ends */
	PlannedStmt *part = copyObject(pstmt);
	VacuumStmt *command = castNode(VacuumStmt, part->utilityStmt);
	char	   *sql = rs_maintenance_vacuum(statement, on_nodes);
	ListCell   *lc;

	if (statement->is_vacuumcmd)
	{
		foreach(lc, command->options)
			if (strcmp(lfirst_node(DefElem, lc)->defname, "analyze") == 0)
				command->options = foreach_delete_current(command->options, lc);
		if (list_length(command->options) < list_length(statement->options))
			foreach(lc, command->rels)
				lfirst_node(VacuumRelation, lc)->va_cols = NIL;
		run(part, query, read_only, context, params, environment, dest, completion);
		if (sql != NULL)
			rs_maintenance_run(sql);
		MemoryContextSwitchTo(caller);
		if (sql != NULL)
			rs_auto_distribute_vacuumed(statement);
		if (!rs_maintenance_option(statement->options, "analyze"))
			return;
		MemoryContextSwitchTo(caller);
		part = copyObject(pstmt);
		command = castNode(VacuumStmt, part->utilityStmt);
		command->is_vacuumcmd = false;
		foreach(lc, command->options)
			if (strcmp(lfirst_node(DefElem, lc)->defname, "verbose") != 0 &&
				strcmp(lfirst_node(DefElem, lc)->defname, "skip_locked") != 0)
				command->options = foreach_delete_current(command->options, lc);
	}
	rs_analyze_begin();
	PG_TRY();
	{
		run(part, query, read_only, context, params, environment, dest, completion);
	}
	PG_FINALLY();
	{
		rs_analyze_end();
	}
	PG_END_TRY();
	if (!statement->is_vacuumcmd && sql != NULL)
		run_on_nodes(sql);
}

/*
 * Calls a function in a raw expression?
 */
static bool
calls_function(Node *node, void *context)
{
	if (node == NULL)
		return false;
	return IsA(node, FuncCall) || IsA(node, SQLValueFunction) ||
		raw_expression_tree_walker(node, calls_function, context);
}

/*
 * Would a new column get values that nodes must not compute each for itself?
 */
static bool
fills_column(ColumnDef *column)
{
	ListCell   *lc;

	if (column->typeName != NULL && strstr(strVal(llast(column->typeName->names)), "serial") != NULL)
		return true;
	foreach(lc, column->constraints)
	{
		Constraint *constraint = lfirst_node(Constraint, lc);

		if (constraint->contype == CONSTR_IDENTITY ||
			(constraint->contype == CONSTR_DEFAULT && calls_function(constraint->raw_expr, NULL)))
			return true;
	}
	return false;
}

/*
 * Does an ALTER TABLE change where rows belong, or fill a column?  Then rows come here
 * and go to the nodes again.
 */
static bool
moves_rows(Node *statement)
{
	AlterTableStmt *alter = (AlterTableStmt *) statement;
	Oid			relid;
	AttrNumber	key;
	ListCell   *lc;
	ListCell   *option;

	if (!IsA(statement, AlterTableStmt) || alter->objtype != OBJECT_TABLE || !named_on_nodes(alter->relation))
		return false;
	relid = RangeVarGetRelid(alter->relation, NoLock, true);
	foreach(lc, alter->cmds)
	{
		AlterTableCmd *command = lfirst_node(AlterTableCmd, lc);

		switch (command->subtype)
		{
			case AT_SetRelOptions:
			case AT_ResetRelOptions:
				foreach(option, castNode(List, command->def))
				{
					const char *name = lfirst_node(DefElem, option)->defname;

					if (strcmp(name, "diststyle") == 0 || strcmp(name, "distkey") == 0)
						return true;
				}
				break;
			case AT_SetAccessMethod:
				return true;
			case AT_AddColumn:
			case AT_AddColumnRecurse:
				if (fills_column(castNode(ColumnDef, command->def)))
					return true;
				break;
			case AT_AlterColumnType:
				if (get_rel_relkind(relid) != RELKIND_RELATION)
					return true;
				/* Not kept: two that alter the table would wait for each other. */
				LockRelationOid(relid, AccessShareLock);
				rs_table_dealing(relid, &key);
				UnlockRelationOid(relid, AccessShareLock);
				if (key != 0 && get_attnum(relid, command->name) == key)
					return true;
				break;
			default:
				break;
		}
	}
	return false;
}

/*
 * The same while others read the table, where no more than its options changes.
 */
static void
alter_and_redistribute(PlannedStmt *pstmt, const char *query, bool read_only, ProcessUtilityContext context,
					   ParamListInfo params, QueryEnvironment *environment, DestReceiver *dest, QueryCompletion *completion)
{
	char	   *sql = text_of(pstmt, query);
	Oid			moved = rs_redistribute_rows(castNode(AlterTableStmt, pstmt->utilityStmt));

	/* Takes the lock that keeps everyone out. */
	(next_process_utility ? next_process_utility : standard_ProcessUtility)
		(pstmt, query, read_only, context, params, environment, dest, completion);
	CommandCounterIncrement();
	if (OidIsValid(moved))
		rs_redistribute_switch(moved);
	run_on_nodes(sql);
}

static void
alter_and_move(PlannedStmt *pstmt, const char *query, bool read_only, ProcessUtilityContext context,
			   ParamListInfo params, QueryEnvironment *environment, DestReceiver *dest, QueryCompletion *completion)
{
	char	   *sql = text_of(pstmt, query);
	Oid			relid = RangeVarGetRelid(castNode(AlterTableStmt, pstmt->utilityStmt)->relation, AccessExclusiveLock, false);
	bool		partitioned = get_rel_relkind(relid) == RELKIND_PARTITIONED_TABLE;
	List	   *tables = rs_undistribute_tables(relid);
	List	   *still = NIL;
	ListCell   *lc;

	CommandCounterIncrement();
	(next_process_utility ? next_process_utility : standard_ProcessUtility)
		(pstmt, query, read_only, context, params, environment, dest, completion);
	CommandCounterIncrement();
	if (partitioned)
		run_on_nodes(sql);
	foreach(lc, tables)
	{
		Relation	rel = table_open(lfirst_oid(lc), AccessExclusiveLock);

		if (rel->rd_rel->relam == get_table_am_oid(RS_AM_NAME, false))
			still = lappend_oid(still, lfirst_oid(lc));
		table_close(rel, NoLock);
	}
	rs_distribute_list(still);
}

/*
 * Rows are where the labels of an enum put them.
 */
static void
check_new_label(AlterEnumStmt *statement)
{
	Oid			type = typenameTypeId(NULL, makeTypeNameFromNameList(statement->typeName));
	uint64		row;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	rs_definition_query("SELECT relid FROM redshift.distributed_table");
	for (row = 0; row < SPI_processed; row++)
	{
		bool		isnull;
		Oid			relid = DatumGetObjectId(SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, 1, &isnull));
		AttrNumber	key;

		LockRelationOid(relid, AccessShareLock);
		if (rs_table_spread(relid, &key) == RS_DIST_KEY && getBaseType(get_atttype(relid, key)) == type)
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_IN_USE),
					 errmsg("cannot rename values of type %s: table \"%s\" is distributed by it", format_type_be(type),
							get_rel_name(relid)),
					 errhint("Change the table's diststyle to even, and back afterwards.")));
	}
	SPI_finish();
}

static bool
imports_snapshot(Node *statement)
{
	return IsA(statement, VariableSetStmt) && castNode(VariableSetStmt, statement)->kind == VAR_SET_MULTI &&
		strcmp(castNode(VariableSetStmt, statement)->name, "TRANSACTION SNAPSHOT") == 0;
}

static void
process_utility(PlannedStmt *pstmt, const char *query, bool read_only, ProcessUtilityContext context,
				ParamListInfo params, QueryEnvironment *environment, DestReceiver *dest, QueryCompletion *completion)
{
	Node	   *statement = pstmt->utilityStmt;
	char	   *sql = NULL;

	bool		leads = IsTransactionState() && rs_is_leader();
	bool		was_there = false;
	bool		like = false;
	bool		outside = false;

	if (leads && IsA(statement, CopyStmt) && copies_on_nodes(castNode(CopyStmt, statement)->relation))
	{
		pstmt = copyObject(pstmt);
		statement = pstmt->utilityStmt;
		if (castNode(CopyStmt, statement)->is_from)
		{
			rs_copy_into_nodes(castNode(CopyStmt, statement), query, completion);
			return;
		}
		rs_copy_as_query(castNode(CopyStmt, statement));
	}
	if (leads && !creating_extension && creates_from_query(statement))
	{
		create_from_query(pstmt, query, read_only, context, params, environment, dest, completion);
		return;
	}
	if (leads && IsA(statement, AlterEnumStmt) && castNode(AlterEnumStmt, statement)->oldVal != NULL)
		check_new_label(castNode(AlterEnumStmt, statement));
	if (leads && IsA(statement, VacuumStmt))
	{
		vacuum(pstmt, query, read_only, context, params, environment, dest, completion);
		return;
	}
	if (leads && !creating_extension && context != PROCESS_UTILITY_SUBCOMMAND && moves_rows(statement))
	{
		if (rs_redistribute_applies(castNode(AlterTableStmt, statement)))
			alter_and_redistribute(pstmt, query, read_only, context, params, environment, dest, completion);
		else
			alter_and_move(pstmt, query, read_only, context, params, environment, dest, completion);
		return;
	}
	if (leads && context != PROCESS_UTILITY_SUBCOMMAND && !creating_extension)
		sql = on_nodes_before(statement, text_of(pstmt, query));
	if (sql != NULL && IsA(statement, CreateStmt))
	{
		like = has_like(castNode(CreateStmt, statement));
		was_there = OidIsValid(created_table(castNode(CreateStmt, statement)->relation));
	}
	outside = sql != NULL && rs_maintenance_outside(statement);
	(next_process_utility ? next_process_utility : standard_ProcessUtility)
		(pstmt, query, read_only, context, params, environment, dest, completion);
	if (leads && imports_snapshot(statement))
		rs_remote_snapshot_imported();
	if (sql == NULL)
		return;
	if (outside)
	{
		rs_maintenance_run(sql);
		return;
	}
	CommandCounterIncrement();
	if (IsA(statement, CreateStmt))
	{
		CreateStmt *create = castNode(CreateStmt, statement);
		Oid			relid = created_table(create->relation);

		if (OidIsValid(relid) && !was_there && like)
		{
			rs_distribute_new_table(relid);
			return;
		}
		if (OidIsValid(relid) && !was_there && get_rel_relkind(relid) == RELKIND_RELATION)
			rs_table_set_distributed(relid, true);
		if (was_there)
			return;
	}
	run_statement_on_nodes(statement, sql);
}

static void
object_access(ObjectAccessType access, Oid class, Oid object, int subid, void *arg)
{
	if (next_object_access)
		next_object_access(access, class, object, subid, arg);
	if (access == OAT_DROP && class == RelationRelationId && subid == 0 && rs_table_is_distributed(object))
		rs_table_set_distributed(object, false);
}

void
rs_ddl_propagate_init(void)
{
	next_process_utility = ProcessUtility_hook;
	ProcessUtility_hook = process_utility;
	next_object_access = object_access_hook;
	object_access_hook = object_access;
}
