/*
 * ddl.c
 *	  DDL on redshift tables: the utility and object access hooks.
 *
 * PostgreSQL refuses table options it does not know, so ours are taken out of a
 * statement before it runs and put into pg_class.reloptions by ourselves, in the
 * same transaction.  For a new table that happens in the object access hook,
 * between its creation and the first row, so that CREATE TABLE AS sorts and
 * encodes as asked.  ALTER TABLE would validate the options it finds in the
 * catalog as well; they are taken out there for as long as it runs.
 *
 * Before any utility command the backend's pending changes are written out: the
 * command may read, rewrite or drop the tables they are for.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/reloptions.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/indexing.h"
#include "catalog/namespace.h"
#include "catalog/objectaccess.h"
#include "catalog/pg_am.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "commands/defrem.h"
#include "commands/tablecmds.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "nodes/makefuncs.h"
#include "redshift_ext.h"
#include "storage/ddl.h"
#include "storage/insert_buffer.h"
#include "storage/lmgr.h"
#include "storage/options.h"
#include "storage/tableam.h"
#include "tcop/utility.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

static ProcessUtility_hook_type next_process_utility = NULL;
static object_access_hook_type next_object_access = NULL;

/* Options of the table that the running CREATE statement is to make. */
typedef struct NewTable
{
	const char *name;
	List	   *options;
} NewTable;

static NewTable *new_table = NULL;

/* ---------------------------------------------------------------------
 * pg_class.reloptions
 * ---------------------------------------------------------------------
 */

/*
 * Split DefElems into ours and PostgreSQL's.
 */
static List *
split_options(List *defs, List **others)
{
	List	   *ours = NIL;
	ListCell   *lc;

	*others = NIL;
	foreach(lc, defs)
	{
		DefElem    *def = lfirst_node(DefElem, lc);

		if (def->defnamespace == NULL && rs_option_is_ours(def->defname))
			ours = lappend(ours, def);
		else
			*others = lappend(*others, def);
	}
	return ours;
}

/*
 * The options in the catalog: ours, and the others.
 */
static List *
read_options(Oid relid, List **others)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	List	   *ours = NIL;
	Datum		value;
	bool		isnull;

	*others = NIL;
	if (!HeapTupleIsValid(tuple))
		return NIL;
	value = SysCacheGetAttr(RELOID, tuple, Anum_pg_class_reloptions, &isnull);
	if (!isnull)
		ours = split_options(untransformRelOptions(value), others);
	ReleaseSysCache(tuple);
	return ours;
}

static void
write_options(Oid relid, List *defs)
{
	static char *namespaces[] = HEAP_RELOPT_NAMESPACES;
	Relation	pg_class = table_open(RelationRelationId, RowExclusiveLock);
	HeapTuple	tuple = SearchSysCacheCopy1(RELOID, ObjectIdGetDatum(relid));
	Datum		values[Natts_pg_class] = {0};
	bool		nulls[Natts_pg_class] = {false};
	bool		replace[Natts_pg_class] = {false};
	HeapTuple	changed;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for relation %u", relid);
	values[Anum_pg_class_reloptions - 1] =
		transformRelOptions((Datum) 0, defs, NULL, namespaces, false, false);
	nulls[Anum_pg_class_reloptions - 1] = values[Anum_pg_class_reloptions - 1] == (Datum) 0;
	replace[Anum_pg_class_reloptions - 1] = true;
	changed = heap_modify_tuple(tuple, RelationGetDescr(pg_class), values, nulls, replace);
	CatalogTupleUpdate(pg_class, &changed->t_self, changed);
	CacheInvalidateRelcacheByRelid(relid);
	heap_freetuple(tuple);
	table_close(pg_class, RowExclusiveLock);
	CommandCounterIncrement();
}

static Oid
redshift_am_oid(void)
{
	return get_table_am_oid(RS_AM_NAME, true);
}

static bool
is_redshift_table(Oid relid)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	Oid			am = redshift_am_oid();
	bool		ours;

	if (!HeapTupleIsValid(tuple))
		return false;
	ours = OidIsValid(am) && ((Form_pg_class) GETSTRUCT(tuple))->relam == am;
	ReleaseSysCache(tuple);
	return ours;
}

/* ---------------------------------------------------------------------
 * New tables
 * ---------------------------------------------------------------------
 */

/*
 * Will a table created with this USING clause be ours?
 */
static bool
creates_redshift(const char *access_method)
{
	if (access_method == NULL)
		access_method = default_table_access_method;
	return strcmp(access_method, RS_AM_NAME) == 0 && OidIsValid(redshift_am_oid());
}

/*
 * Options that LIKE ... INCLUDING STORAGE (or ALL) brings along.
 */
static List *
options_of_like(CreateStmt *stmt)
{
	ListCell   *lc;

	foreach(lc, stmt->tableElts)
	{
		TableLikeClause *like = (TableLikeClause *) lfirst(lc);
		Oid			source;
		List	   *others;

		if (!IsA(like, TableLikeClause) || !(like->options & CREATE_TABLE_LIKE_STORAGE))
			continue;
		source = RangeVarGetRelid(like->relation, AccessShareLock, true);
		if (OidIsValid(source) && is_redshift_table(source))
			return read_options(source, &others);
	}
	return NIL;
}

/*
 * Put the options into the catalog row of the table just made.
 */
static void
set_new_options(Oid relid)
{
	List	   *ours = new_table->options;
	List	   *others;
	Relation	rel;

	new_table = NULL;
	CommandCounterIncrement();
	(void) read_options(relid, &others);
	rel = table_open(relid, NoLock);
	ours = rs_options_unparse(rel, rs_options_parse(rel, ours, true));
	table_close(rel, NoLock);
	write_options(relid, list_concat(others, ours));
}

static void
object_access(ObjectAccessType access, Oid class_id, Oid object_id, int sub_id, void *arg)
{
	if (next_object_access)
		next_object_access(access, class_id, object_id, sub_id, arg);

	if (class_id != RelationRelationId || sub_id != 0)
		return;
	if (access == OAT_POST_CREATE && new_table != NULL)
	{
		char	   *name;

		/* What is made beside the table has another name or access method. */
		CommandCounterIncrement();
		name = get_rel_name(object_id);
		if (name != NULL && strcmp(name, new_table->name) == 0 && is_redshift_table(object_id))
			set_new_options(object_id);
	}
	else if (access == OAT_DROP && is_redshift_table(object_id))
		rs_tableam_drop_storage(object_id);
}

/* ---------------------------------------------------------------------
 * Changes of tables
 * ---------------------------------------------------------------------
 */

/*
 * A key column cannot be dropped as long as it is one.
 */
static void
check_drop_column(Relation rel, const RsTableOptions *options, AlterTableCmd *cmd)
{
	AttrNumber	attno = get_attnum(RelationGetRelid(rel), cmd->name);
	const char *key = NULL;
	int			i;

	if (attno != InvalidAttrNumber && options->distkey == attno)
		key = "distkey";
	for (i = 0; i < options->nsortkeys; i++)
		if (options->sortkeys[i] == attno)
			key = "sortkey";
	if (key != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
				 errmsg("cannot drop column \"%s\" of table \"%s\" because it is in its %s",
						cmd->name, RelationGetRelationName(rel), key),
				 errhint("Change the key first: ALTER TABLE ... SET (%s = ...) or RESET (%s).",
						 key, key)));
}

/*
 * Apply SET and RESET of ours to the list of options; removes them from the
 * statement.
 */
static List *
apply_set(List *ours, AlterTableStmt *stmt, bool *changed)
{
	List	   *cmds = NIL;
	ListCell   *lc;

	foreach(lc, stmt->cmds)
	{
		AlterTableCmd *cmd = lfirst_node(AlterTableCmd, lc);
		List	   *set = NIL;
		List	   *others = NIL;
		ListCell   *def_cell;

		if (cmd->subtype != AT_SetRelOptions && cmd->subtype != AT_ResetRelOptions)
		{
			cmds = lappend(cmds, cmd);
			continue;
		}
		set = split_options((List *) cmd->def, &others);
		foreach(def_cell, set)
		{
			DefElem    *def = lfirst_node(DefElem, def_cell);
			List	   *kept = NIL;
			ListCell   *old;

			foreach(old, ours)
				if (strcmp(lfirst_node(DefElem, old)->defname, def->defname) != 0)
					kept = lappend(kept, lfirst(old));
			/* A new distribution style ends the key of the old one. */
			ours = kept;
			if (cmd->subtype == AT_SetRelOptions)
				ours = lappend(ours, def);
			*changed = true;
		}
		if (others != NIL || set == NIL)
		{
			cmd->def = (Node *) others;
			cmds = lappend(cmds, cmd);
		}
	}
	stmt->cmds = cmds;
	return ours;
}

/*
 * The table of an ALTER statement that needs care, locked as ALTER would, by its
 * owner; InvalidOid if it isn't ours.
 */
static Oid
alter_target(AlterTableStmt *stmt)
{
	Oid			relid;

	if (stmt->objtype != OBJECT_TABLE && stmt->objtype != OBJECT_MATVIEW)
		return InvalidOid;
	relid = RangeVarGetRelid(stmt->relation, NoLock, true);
	if (!OidIsValid(relid) || !is_redshift_table(relid) ||
		!pg_class_ownercheck(relid, GetUserId()))
		return InvalidOid;
	return AlterTableLookupRelation(stmt, AlterTableGetLockLevel(stmt->cmds));
}

static void
alter_table(AlterTableStmt *stmt, Oid relid, void (*run) (void *), void *arg)
{
	Relation	rel = table_open(relid, NoLock);
	List	   *others;
	List	   *ours = read_options(relid, &others);
	RsTableOptions *before = rs_options_parse(rel, ours, false);
	bool		changed = false;
	bool		taken_out = false;
	ListCell   *lc;

	ours = apply_set(ours, stmt, &changed);
	if (changed)
	{
		before = rs_options_parse(rel, ours, true);
		ours = rs_options_unparse(rel, before);
	}
	foreach(lc, stmt->cmds)
	{
		AlterTableCmd *cmd = lfirst_node(AlterTableCmd, lc);

		if (cmd->subtype == AT_DropColumn)
			check_drop_column(rel, before, cmd);
		if (cmd->subtype == AT_SetRelOptions || cmd->subtype == AT_ResetRelOptions ||
			cmd->subtype == AT_SetAccessMethod)
			taken_out = ours != NIL || changed;
	}
	table_close(rel, NoLock);

	if (taken_out)
		write_options(relid, others);
	if (stmt->cmds != NIL)
		run(arg);
	if (!changed && !taken_out)
		return;
	CommandCounterIncrement();
	if (!is_redshift_table(relid))
		return;					/* SET ACCESS METHOD heap: they are gone */
	(void) read_options(relid, &others);
	write_options(relid, list_concat(others, ours));
}

/*
 * Options name columns, so they follow a column's new name, in this table and in
 * those that inherit from it.
 */
static void
rename_column(RenameStmt *stmt, void (*run) (void *), void *arg)
{
	Oid			relid = RangeVarGetRelid(stmt->relation, AccessExclusiveLock, true);
	List	   *relids = OidIsValid(relid) ?
		find_all_inheritors(relid, AccessExclusiveLock, NULL) : NIL;
	List	   *parsed = NIL;
	ListCell   *lc;
	ListCell   *options;

	foreach(lc, relids)
	{
		RsTableOptions *before = NULL;

		if (is_redshift_table(lfirst_oid(lc)))
		{
			Relation	rel = table_open(lfirst_oid(lc), NoLock);

			before = rs_options_get(rel);
			table_close(rel, NoLock);
		}
		parsed = lappend(parsed, before);
	}
	run(arg);
	CommandCounterIncrement();
	forboth(lc, relids, options, parsed)
	{
		Relation	rel;
		List	   *others;
		List	   *ours;

		if (lfirst(options) == NULL)
			continue;
		if (read_options(lfirst_oid(lc), &others) == NIL)
			continue;
		rel = table_open(lfirst_oid(lc), NoLock);
		ours = rs_options_unparse(rel, lfirst(options));
		table_close(rel, NoLock);
		write_options(lfirst_oid(lc), list_concat(others, ours));
	}
}

/*
 * A block range index counts on heap's blocks, which TIDs of ours don't name.
 */
static void
check_index(IndexStmt *stmt)
{
	Oid			relid;

	if (stmt->accessMethod == NULL || strcmp(stmt->accessMethod, "brin") != 0)
		return;
	relid = RangeVarGetRelid(stmt->relation, NoLock, true);
	if (OidIsValid(relid) && is_redshift_table(relid))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("access method \"brin\" does not support redshift table \"%s\"",
						stmt->relation->relname),
				 errhint("Every column has zone maps; a sort key makes them selective.")));
}

/*
 * Logical decoding finds no rows in our pages, so publishing a table would
 * silently send nothing.
 */
static void
check_publication(List *objects)
{
	ListCell   *lc;

	foreach(lc, objects)
	{
		PublicationObjSpec *object = lfirst_node(PublicationObjSpec, lc);
		Oid			relid;

		if (object->pubobjtype != PUBLICATIONOBJ_TABLE || object->pubtable == NULL)
			continue;
		relid = RangeVarGetRelid(object->pubtable->relation, NoLock, true);
		if (OidIsValid(relid) && is_redshift_table(relid))
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("cannot publish redshift table \"%s\"",
							object->pubtable->relation->relname),
					 errdetail("Its rows are written as full pages, which logical decoding cannot read."),
					 errhint("Use physical replication.")));
	}
}

/*
 * Refuse what cannot work.
 */
static void
check_supported(Node *stmt)
{
	if (IsA(stmt, IndexStmt))
		check_index((IndexStmt *) stmt);
	else if (IsA(stmt, CreatePublicationStmt))
		check_publication(((CreatePublicationStmt *) stmt)->pubobjects);
	else if (IsA(stmt, AlterPublicationStmt) &&
			 ((AlterPublicationStmt *) stmt)->action != AP_DropObjects)
		check_publication(((AlterPublicationStmt *) stmt)->pubobjects);
}

/* ---------------------------------------------------------------------
 * The utility hook
 * ---------------------------------------------------------------------
 */

/* A utility call, to be made from where its statement is handled. */
typedef struct UtilityCall
{
	PlannedStmt *pstmt;
	const char *query;
	bool		read_only_tree;
	ProcessUtilityContext context;
	ParamListInfo params;
	QueryEnvironment *env;
	DestReceiver *dest;
	QueryCompletion *qc;
} UtilityCall;

static void
run_utility(void *arg)
{
	UtilityCall *call = arg;

	if (next_process_utility)
		next_process_utility(call->pstmt, call->query, call->read_only_tree, call->context,
							 call->params, call->env, call->dest, call->qc);
	else
		standard_ProcessUtility(call->pstmt, call->query, call->read_only_tree, call->context,
								call->params, call->env, call->dest, call->qc);
}

/*
 * Run a CREATE statement with our options taken out of *options.
 */
static void
create_table(UtilityCall *call, RangeVar *relation, List **options, List *inherited)
{
	NewTable   *outer = new_table;
	NewTable	table;

	table.name = relation->relname;
	table.options = split_options(*options, options);
	if (table.options == NIL)
		table.options = inherited;
	PG_TRY();
	{
		new_table = table.options != NIL ? &table : NULL;
		run_utility(call);
	}
	PG_FINALLY();
	{
		new_table = outer;
	}
	PG_END_TRY();
}

/*
 * Does the statement need us?  It is then copied, since it may be part of a
 * cached plan.
 */
static bool
is_of_interest(Node *stmt)
{
	switch (nodeTag(stmt))
	{
		case T_CreateStmt:
			return ((CreateStmt *) stmt)->partspec == NULL &&
				creates_redshift(((CreateStmt *) stmt)->accessMethod);
		case T_CreateTableAsStmt:
			return creates_redshift(((CreateTableAsStmt *) stmt)->into->accessMethod);
		case T_AlterTableStmt:
			return OidIsValid(redshift_am_oid());
		case T_RenameStmt:
			return ((RenameStmt *) stmt)->renameType == OBJECT_COLUMN &&
				((RenameStmt *) stmt)->relation != NULL && OidIsValid(redshift_am_oid());
		default:
			return false;
	}
}

static void
dispatch(UtilityCall *call, Node *stmt)
{
	if (IsA(stmt, CreateStmt))
	{
		CreateStmt *create = (CreateStmt *) stmt;

		create_table(call, create->relation, &create->options, options_of_like(create));
	}
	else if (IsA(stmt, CreateTableAsStmt))
	{
		IntoClause *into = ((CreateTableAsStmt *) stmt)->into;

		create_table(call, into->rel, &into->options, NIL);
	}
	else if (IsA(stmt, AlterTableStmt))
	{
		Oid			relid = alter_target((AlterTableStmt *) stmt);

		if (OidIsValid(relid))
			alter_table((AlterTableStmt *) stmt, relid, run_utility, call);
		else
			run_utility(call);
	}
	else
		rename_column((RenameStmt *) stmt, run_utility, call);
}

/*
 * Commands that look at no table themselves leave pending changes alone, so that
 * a transaction of many small statements still writes few row groups.
 */
static bool
needs_flush(Node *stmt)
{
	switch (nodeTag(stmt))
	{
		case T_CallStmt:
		case T_ClosePortalStmt:
		case T_ConstraintsSetStmt:
		case T_CopyStmt:
		case T_DeallocateStmt:
		case T_DeclareCursorStmt:
		case T_DoStmt:
		case T_ExecuteStmt:
		case T_ExplainStmt:
		case T_FetchStmt:
		case T_NotifyStmt:
		case T_PrepareStmt:
		case T_TransactionStmt:
		case T_VariableSetStmt:
		case T_VariableShowStmt:
			return false;
		default:
			return true;
	}
}

static void
process_utility(PlannedStmt *pstmt, const char *query, bool read_only_tree,
				ProcessUtilityContext context, ParamListInfo params, QueryEnvironment *env,
				DestReceiver *dest, QueryCompletion *qc)
{
	UtilityCall call = {pstmt, query, read_only_tree, context, params, env, dest, qc};

	if (IsTransactionState() && needs_flush(pstmt->utilityStmt))
		rs_insert_buffers_flush_all();
	if (IsTransactionState())
		check_supported(pstmt->utilityStmt);
	if (!IsTransactionState() || !is_of_interest(pstmt->utilityStmt))
	{
		run_utility(&call);
		return;
	}
	if (read_only_tree)
	{
		call.pstmt = copyObject(pstmt);
		call.read_only_tree = false;
	}
	dispatch(&call, call.pstmt->utilityStmt);
}

void
rs_ddl_init(void)
{
	next_process_utility = ProcessUtility_hook;
	ProcessUtility_hook = process_utility;
	next_object_access = object_access_hook;
	object_access_hook = object_access;
}
