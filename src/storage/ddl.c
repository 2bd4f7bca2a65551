/*
 * ddl.c
 *	  DDL on redshift tables: the utility and object access hooks.
 *
 * PostgreSQL refuses table options it does not know, so ours are taken out of a
 * statement before it runs and put into pg_class.reloptions by ourselves, in the
 * same transaction.  For a new table that happens in the object access hook,
 * between its creation and the first row, so that CREATE TABLE AS sorts and
 * encodes as asked.  SET and RESET of a table's options, PostgreSQL's included,
 * are carried out here before the rest of an ALTER TABLE runs, so that a rewrite
 * in the same statement follows the new options.
 *
 * Options name columns.  The object access hook hears of every column that is
 * renamed, retyped or dropped, however the change came about (inheritance,
 * partitions, typed tables, a type dropped with CASCADE), and keeps them in step:
 * a stale name would make a dump impossible to restore.
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
#include "commands/cluster.h"
#include "commands/defrem.h"
#include "commands/tablecmds.h"
#include "core/utility_call.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "nodes/makefuncs.h"
#include "redshift_ext.h"
#include "storage/constraint_ddl.h"
#include "storage/constraints.h"
#include "storage/created_as.h"
#include "storage/ddl.h"
#include "storage/insert_buffer.h"
#include "storage/lmgr.h"
#include "storage/options.h"
#include "storage/reloptions.h"
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
	List	   *constraints;	/* informational */
	Oid			made;			/* when it is there */
} NewTable;

static NewTable *new_table = NULL;

/* Does the running statement drop columns by name, and how? */
static bool dropping_column = false;
static DropBehavior drop_behavior = DROP_RESTRICT;

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
	return strcmp(access_method, RS_AM_NAME) == 0 && OidIsValid(rs_reloptions_am_oid());
}

/*
 * Remove the options of the given names from a list.
 */
static List *
without(List *defs, const char *name, const char *other_name)
{
	List	   *kept = NIL;
	ListCell   *lc;

	foreach(lc, defs)
	{
		DefElem    *def = lfirst_node(DefElem, lc);

		if (strcmp(def->defname, name) != 0 &&
			(other_name == NULL || strcmp(def->defname, other_name) != 0))
			kept = lappend(kept, def);
	}
	return kept;
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
		if (OidIsValid(source) && rs_reloptions_is_redshift(source))
			return without(rs_reloptions_read(source, &others), RS_CONSTRAINTS_OPTION, "auto_refresh");
	}
	return NIL;
}

/*
 * Distribution, sort order and encodings are three matters; what LIKE brings of
 * one gives way where the statement says something about it itself.
 */
static int
option_group(const char *name)
{
	return strncmp(name, "dist", 4) == 0 ? 0 : strncmp(name, "sort", 4) == 0 ? 1 : 2;
}

static List *
add_inherited(List *given, List *inherited)
{
	List	   *all = list_copy(given);
	ListCell   *from;
	ListCell   *lc;

	foreach(from, inherited)
	{
		DefElem    *def = lfirst_node(DefElem, from);
		bool		overridden = false;

		foreach(lc, given)
			if (option_group(lfirst_node(DefElem, lc)->defname) == option_group(def->defname))
				overridden = true;
		if (!overridden)
			all = lappend(all, def);
	}
	return all;
}

/*
 * Record constraints of a statement that is done with the table itself, which it has locked.
 */
static void
add_constraints(Oid relid, List *added)
{
	Relation	rel = table_open(relid, NoLock);
	List	   *constraints = rs_constraints_add(rel, rs_constraints_of(relid), added);

	table_close(rel, NoLock);
	rs_constraints_write(relid, constraints);
}

/*
 * Put the options into the catalog row of the table just made.
 */
static void
set_new_options(Oid relid)
{
	List	   *ours = new_table->options;
	List	   *constraints = new_table->constraints;
	List	   *others;
	Relation	rel;

	new_table->made = relid;
	new_table = NULL;
	CommandCounterIncrement();
	(void) rs_reloptions_read(relid, &others);
	/* Nobody else can see the table yet; its creator locks it like this too. */
	rel = table_open(relid, AccessExclusiveLock);
	ours = rs_options_unparse(rel, rs_options_parse(rel, ours, true));
	table_close(rel, NoLock);
	rs_reloptions_write(relid, list_concat(others, ours));
	if (constraints != NIL)
		add_constraints(relid, constraints);
}

/* ---------------------------------------------------------------------
 * Changes of tables
 * ---------------------------------------------------------------------
 */

/*
 * A key column cannot be dropped by name as long as it is one.
 */
static void
refuse_drop(Relation rel, AttrNumber attno, const char *key)
{
	ereport(ERROR,
			(errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
			 errmsg("cannot drop column \"%s\" of table \"%s\" because it is in its %s",
					NameStr(TupleDescAttr(RelationGetDescr(rel), attno - 1)->attname),
					RelationGetRelationName(rel), key),
			 errhint("Change the key first: ALTER TABLE ... SET (%s = ...) or RESET (%s).",
					 key, key)));
}

/*
 * A column is about to be dropped.  Where that is the effect of another drop, its
 * type's say, the options forget it, as indexes on it go.
 */
static void
column_dropped(Oid relid, AttrNumber attno)
{
	List	   *others;
	List	   *ours = rs_reloptions_read(relid, &others);
	Relation	rel;
	RsTableOptions *options;
	int			kept = 0;
	int			i;

	if (ours == NIL)
		return;
	rel = table_open(relid, NoLock);
	options = rs_options_parse(rel, ours, false);
	for (i = 0; i < options->nsortkeys; i++)
		if (options->sortkeys[i] != attno)
			options->sortkeys[kept++] = options->sortkeys[i];
	if (dropping_column && kept < options->nsortkeys)
		refuse_drop(rel, attno, "sortkey");
	if (dropping_column && options->distkey == attno)
		refuse_drop(rel, attno, "distkey");
	options->nsortkeys = kept;
	if (kept == 0)
		options->sortstyle = RS_SORT_COMPOUND;
	if (options->distkey == attno)
	{
		options->distkey = 0;
		options->diststyle = RS_DIST_AUTO;
	}
	options->encodings[attno - 1] = RS_ENC_AUTO;
	if (options->constraints != NULL)
		options->constraints = rs_constraints_unparse(rs_constraints_drop_column(relid, get_attname(relid, attno, false),
																				 dropping_column, drop_behavior));
	ours = rs_options_unparse(rel, options);
	table_close(rel, NoLock);
	rs_reloptions_write(relid, list_concat(others, ours));
}

/*
 * A column has been altered, in the catalog but not yet for this command: its
 * old name still leads to it.  Its new type must suit the options.
 */
static void
column_altered(Oid relid, AttrNumber attno)
{
	List	   *others;
	List	   *constraints;
	char	   *name;
	List	   *ours = rs_reloptions_read(relid, &others);
	Relation	rel;
	RsTableOptions *options;

	if (ours == NIL)
		return;
	rel = table_open(relid, NoLock);
	options = rs_options_parse(rel, ours, false);
	name = get_attname(relid, attno, false);
	CommandCounterIncrement();
	if (options->constraints != NULL)
	{
		constraints = rs_constraints_parse(options->constraints);
		rs_constraints_rename_column(constraints, name, get_attname(relid, attno, false));
		options->constraints = rs_constraints_unparse(constraints);
	}
	ours = rs_options_unparse(rel, options);
	(void) rs_options_parse(rel, ours, true);
	table_close(rel, NoLock);
	rs_reloptions_write(relid, list_concat(others, ours));
}

/*
 * Diststyle auto leaves rows where they are, until something better is chosen.
 */
static DefElem *
automatic_style(const List *ours)
{
	const char *style = "auto";
	ListCell   *lc;

	foreach(lc, ours)
	{
		DefElem    *def = lfirst_node(DefElem, lc);

		if (strcmp(def->defname, "distkey") == 0)
			style = "auto(key)";
		else if (strcmp(def->defname, "diststyle") == 0 && strchr(defGetString(def), '(') != NULL)
			style = defGetString(def);
		else if (strcmp(def->defname, "diststyle") == 0 && pg_strcasecmp(defGetString(def), "auto") != 0)
			style = psprintf("auto(%s)", defGetString(def));
	}
	return makeDefElem(pstrdup("diststyle"), (Node *) makeString(pstrdup(style)), -1);
}

/*
 * Apply one SET or RESET of ours to a table's options.  What is set or reset ends
 * what depended on it: a distribution key its style and the other way round, and
 * without a sort key there is no sort style.
 */
static List *
change_options(List *ours, List *defs, bool reset)
{
	ListCell   *lc;

	foreach(lc, defs)
	{
		DefElem    *def = lfirst_node(DefElem, lc);
		const char *name = def->defname;

		if (!reset && strcmp(name, "diststyle") == 0 && pg_strcasecmp(defGetString(def), "auto") == 0)
		{
			lfirst(lc) = automatic_style(ours);
			ours = without(ours, name, NULL);
		}
		else if (!reset && strcmp(name, "diststyle") == 0 &&
				 pg_strcasecmp(defGetString(def), "key") == 0)
			ours = without(ours, name, NULL);
		else if (option_group(name) == 0)
			ours = without(ours, "diststyle", "distkey");
		else if (reset && strcmp(name, "sortkey") == 0)
			ours = without(ours, "sortkey", "sortstyle");
		else
			ours = without(ours, name, NULL);
	}
	return reset ? ours : list_concat(ours, defs);
}

/*
 * What of an ALTER TABLE waits until the rest has run: encodings for some columns, which
 * it may add, and the rewrite of what is stored.  Neither is an option that is kept.
 *
 *		SET (encode = '+ a zstd, b raw')	encodings of these columns; the others keep theirs
 *		SET (rewrite)						sort and encode what is there as the options say now
 */
typedef struct LaterChanges
{
	List	   *encode;			/* DefElems without the plus sign */
	bool		rewrite;
	List	   *constraints;	/* informational ones that are new */
} LaterChanges;

/*
 * Take such parts out of one SET or RESET.
 */
static List *
take_later(List *defs, bool reset, LaterChanges *later)
{
	List	   *kept = NIL;
	ListCell   *lc;

	foreach(lc, defs)
	{
		DefElem    *def = lfirst_node(DefElem, lc);

		if (def->defnamespace == NULL && strcmp(def->defname, RS_OPTION_REWRITE) == 0)
			later->rewrite |= !reset && defGetBoolean(def);
		else if (!reset && strcmp(def->defname, "encode") == 0 && defGetString(def)[0] == '+')
			later->encode = lappend(later->encode,
									makeDefElem(pstrdup("encode"), (Node *) makeString(pstrdup(defGetString(def) + 1)), -1));
		else
			kept = lappend(kept, def);
	}
	return kept;
}

/*
 * Add encodings of some columns to a table's options.
 */
static void
add_encodings(Oid relid, List *defs)
{
	List	   *others;
	List	   *ours = rs_reloptions_read(relid, &others);
	Relation	rel = table_open(relid, NoLock);
	RsTableOptions *options = rs_options_parse(rel, ours, false);
	ListCell   *lc;
	int			i;

	foreach(lc, defs)
	{
		RsTableOptions *added = rs_options_parse(rel, list_make1(lfirst(lc)), true);

		for (i = 0; i < RelationGetDescr(rel)->natts; i++)
			if (added->encodings[i] != RS_ENC_AUTO)
				options->encodings[i] = added->encodings[i];
	}
	ours = rs_options_unparse(rel, options);
	table_close(rel, NoLock);
	rs_reloptions_write(relid, list_concat(others, ours));
}

static void
finish_alter(Oid relid, const LaterChanges *later)
{
	ClusterParams params = {0};

	if (later->encode == NIL && !later->rewrite && later->constraints == NIL)
		return;
	CommandCounterIncrement();
	if (later->constraints != NIL)
		add_constraints(relid, later->constraints);
	if (later->encode != NIL)
		add_encodings(relid, later->encode);
	if (later->rewrite)
		cluster_rel(relid, InvalidOid, &params);
}

/*
 * Apply one SET or RESET of PostgreSQL's options, checked as it checks them.
 */
static List *
change_others(List *others, List *defs, bool reset, char relkind)
{
	static char *namespaces[] = HEAP_RELOPT_NAMESPACES;
	Datum		value = transformRelOptions((Datum) 0, others, NULL, NULL, false, false);

	value = transformRelOptions(value, defs, NULL, namespaces, false, reset);
	(void) heap_reloptions(relkind, value, true);
	return untransformRelOptions(value);
}

/*
 * Apply all SET and RESET of a statement to both lists and remove them from it.
 */
static bool
apply_set(Relation rel, AlterTableStmt *stmt, List **ours, List **others, LaterChanges *later)
{
	List	   *cmds = NIL;
	bool		changed = false;
	ListCell   *lc;

	foreach(lc, stmt->cmds)
	{
		AlterTableCmd *cmd = lfirst_node(AlterTableCmd, lc);
		bool		reset = cmd->subtype == AT_ResetRelOptions;
		List	   *our_defs;
		List	   *other_defs;

		if (cmd->subtype != AT_SetRelOptions && !reset)
		{
			cmds = lappend(cmds, cmd);
			continue;
		}
		our_defs = rs_reloptions_split(take_later((List *) cmd->def, reset, later), &other_defs);
		*ours = change_options(*ours, our_defs, reset);
		if (other_defs != NIL)
			*others = change_others(*others, other_defs, reset, rel->rd_rel->relkind);
		changed = true;
	}
	stmt->cmds = cmds;
	return changed;
}

RsTableOptions *
rs_ddl_options_after(Relation rel, const AlterTableStmt *stmt)
{
	List	   *others;
	List	   *ours = rs_reloptions_read(RelationGetRelid(rel), &others);
	LaterChanges later = {0};

	(void) apply_set(rel, copyObject(unconstify(AlterTableStmt *, stmt)), &ours, &others, &later);
	return rs_options_parse(rel, ours, true);
}

/*
 * Does the statement give the table to another access method?
 */
static bool
leaves_redshift(AlterTableStmt *stmt)
{
	ListCell   *lc;

	foreach(lc, stmt->cmds)
	{
		AlterTableCmd *cmd = lfirst_node(AlterTableCmd, lc);

		if (cmd->subtype == AT_SetAccessMethod && !creates_redshift(cmd->name))
			return true;
	}
	return false;
}

static bool
drops_column(AlterTableStmt *stmt, DropBehavior *behavior)
{
	ListCell   *lc;

	foreach(lc, stmt->cmds)
		if (lfirst_node(AlterTableCmd, lc)->subtype == AT_DropColumn)
		{
			*behavior = lfirst_node(AlterTableCmd, lc)->behavior;
			return true;
		}
	return false;
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
	if (!OidIsValid(relid) || !rs_reloptions_is_redshift(relid) ||
		!pg_class_ownercheck(relid, GetUserId()))
		return InvalidOid;
	return AlterTableLookupRelation(stmt, AlterTableGetLockLevel(stmt->cmds));
}

/*
 * What is left of the statement, though it be nothing, is PostgreSQL's to run: it
 * checks for read-only transactions and fires event triggers.
 */
static void
prepare_alter(AlterTableStmt *stmt, Oid relid, LaterChanges *later)
{
	List	   *others;
	List	   *ours = rs_reloptions_read(relid, &others);
	Relation	rel;

	if (leaves_redshift(stmt))
	{
		if (rs_constraints_of(relid) != NIL)
			ereport(NOTICE,
					(errmsg("informational constraints of table \"%s\" are dropped", get_rel_name(relid))));
		if (ours != NIL)
			rs_reloptions_write(relid, others);
		return;
	}
	rel = table_open(relid, NoLock);
	CheckTableNotInUse(rel, "ALTER TABLE");
	if (apply_set(rel, stmt, &ours, &others, later))
	{
		ours = rs_options_unparse(rel, rs_options_parse(rel, ours, true));
		rs_reloptions_write(relid, list_concat(others, ours));
		InvokeObjectPostAlterHook(RelationRelationId, relid, 0);
	}
	table_close(rel, NoLock);
	rs_constraints_drop(relid, stmt);
	later->constraints = rs_constraints_take_alter(stmt);
}

static void
object_access(ObjectAccessType access, Oid class_id, Oid object_id, int sub_id, void *arg)
{
	if (next_object_access)
		next_object_access(access, class_id, object_id, sub_id, arg);

	if (class_id != RelationRelationId)
		return;
	if (sub_id > 0)
	{
		if (access == OAT_POST_ALTER && rs_reloptions_is_redshift(object_id))
			column_altered(object_id, (AttrNumber) sub_id);
		else if (access == OAT_DROP && rs_reloptions_is_redshift(object_id))
			column_dropped(object_id, (AttrNumber) sub_id);
		return;
	}
	if (sub_id != 0)
		return;
	if (access == OAT_POST_CREATE && new_table != NULL)
	{
		char	   *name;

		/* What is made beside the table has another name or access method. */
		CommandCounterIncrement();
		name = get_rel_name(object_id);
		if (name != NULL && strcmp(name, new_table->name) == 0 && rs_reloptions_is_redshift(object_id))
			set_new_options(object_id);
	}
	else if (access == OAT_DROP && rs_reloptions_is_redshift(object_id))
		rs_tableam_drop_storage(object_id);
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
	if (OidIsValid(relid) && rs_reloptions_is_redshift(relid))
		rs_tableam_refuse_brin(stmt->relation->relname);
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
		if (OidIsValid(relid) && rs_reloptions_is_redshift(relid))
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
	if (IsA(stmt, DropStmt))
		rs_constraints_check_drop((DropStmt *) stmt);
	else if (IsA(stmt, IndexStmt))
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

static void
run_utility(void *arg)
{
	rs_utility_call_run(arg, next_process_utility);
}

/*
 * The columns of a primary key of the table just made become NOT NULL.
 */
static void
set_not_null(RsUtilityCall *call, RangeVar *relation, Oid relid)
{
	RsUtilityCall part = *call;
	AlterTableStmt *alter = makeNode(AlterTableStmt);

	CommandCounterIncrement();
	alter->relation = relation;
	alter->objtype = OBJECT_TABLE;
	alter->cmds = rs_constraints_not_null(relid);
	if (alter->cmds == NIL)
		return;
	part.pstmt = makeNode(PlannedStmt);
	part.pstmt->commandType = CMD_UTILITY;
	part.pstmt->utilityStmt = (Node *) alter;
	part.pstmt->stmt_location = call->pstmt->stmt_location;
	part.pstmt->stmt_len = call->pstmt->stmt_len;
	part.context = PROCESS_UTILITY_SUBCOMMAND;
	part.qc = NULL;
	run_utility(&part);
}

/*
 * Run a CREATE statement with our options taken out of *options.
 */
static void
create_table(RsUtilityCall *call, RangeVar *relation, List **options, List *inherited, List *constraints)
{
	NewTable   *outer = new_table;
	NewTable	table;

	table.name = relation->relname;
	table.constraints = constraints;
	table.made = InvalidOid;
	table.options = rs_reloptions_split(*options, options);
	table.options = add_inherited(table.options, inherited);
	PG_TRY();
	{
		new_table = table.options != NIL || constraints != NIL ? &table : NULL;
		run_utility(call);
	}
	PG_FINALLY();
	{
		new_table = outer;
	}
	PG_END_TRY();
	if (OidIsValid(table.made))
		set_not_null(call, relation, table.made);
}

/*
 * Run an ALTER TABLE, or an ALTER TYPE that may reach typed tables.
 */
static void
run_alter(RsUtilityCall *call, AlterTableStmt *stmt)
{
	bool		outer = dropping_column;
	DropBehavior outer_behavior = drop_behavior;
	Oid			relid = alter_target(stmt);
	LaterChanges later = {0};

	PG_TRY();
	{
		dropping_column = drops_column(stmt, &drop_behavior);
		if (OidIsValid(relid))
			prepare_alter(stmt, relid, &later);
		run_utility(call);
		finish_alter(relid, &later);
	}
	PG_FINALLY();
	{
		dropping_column = outer;
		drop_behavior = outer_behavior;
	}
	PG_END_TRY();
}

/*
 * The CREATE TABLE AS that an EXPLAIN may run, or NULL.
 */
static CreateTableAsStmt *
explained_create(ExplainStmt *stmt)
{
	Query	   *query = (Query *) stmt->query;

	if (!IsA(query, Query) || query->commandType != CMD_UTILITY ||
		!IsA(query->utilityStmt, CreateTableAsStmt))
		return NULL;
	return (CreateTableAsStmt *) query->utilityStmt;
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
			return OidIsValid(rs_reloptions_am_oid());
		case T_ExplainStmt:
			return explained_create((ExplainStmt *) stmt) != NULL &&
				creates_redshift(explained_create((ExplainStmt *) stmt)->into->accessMethod);
		default:
			return false;
	}
}

static void
dispatch(RsUtilityCall *call, Node *stmt)
{
	if (IsA(stmt, CreateStmt))
	{
		CreateStmt *create = (CreateStmt *) stmt;

		create_table(call, create->relation, &create->options, options_of_like(create),
					 rs_constraints_take_create(create));
	}
	else if (IsA(stmt, AlterTableStmt))
		run_alter(call, (AlterTableStmt *) stmt);
	else
	{
		CreateTableAsStmt *create = IsA(stmt, ExplainStmt) ?
			explained_create((ExplainStmt *) stmt) : castNode(CreateTableAsStmt, stmt);

		create_table(call, create->into->rel, &create->into->options, rs_options_of_query(create), NIL);
	}
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
	RsUtilityCall call = {pstmt, query, read_only_tree, context, params, env, dest, qc};

	if (IsTransactionState() && needs_flush(pstmt->utilityStmt))
		rs_insert_buffers_flush_all();
	if (IsTransactionState())
		check_supported(pstmt->utilityStmt);
	if (IsTransactionState() && IsA(pstmt->utilityStmt, RenameStmt) && rs_constraint_rename((RenameStmt *) pstmt->utilityStmt))
		return;
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
	rs_constraint_ddl_init();
}
