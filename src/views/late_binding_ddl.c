/*
 * late_binding_ddl.c
 *	  CREATE VIEW ... WITH (no_schema_binding), and what keeps such views' columns up to date.
 *
 * The statement is turned into an ordinary CREATE VIEW over the function of late_binding.c,
 * with the columns that the query has at the moment.  If it cannot be analyzed, since its
 * tables are not there, it gets those that its text names, of type text.
 *
 * PostgreSQL looks up a view's columns before anything of ours could analyze the query, so
 * they must be right beforehand: whenever a relation gets a name or other columns, views
 * whose text has that name are analyzed again, and given other columns if need be; then the
 * views over them.  A view that cannot be analyzed keeps its columns, as does one on whose
 * columns something depends; planning raises the error then.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/relation.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/dependency.h"
#include "catalog/heap.h"
#include "catalog/indexing.h"
#include "catalog/namespace.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_rewrite.h"
#include "catalog/pg_type.h"
#include "commands/comment.h"
#include "commands/defrem.h"
#include "commands/view.h"
#include "core/inner_text.h"
#include "core/relation_changes.h"
#include "core/subtransaction.h"
#include "dialect/token.h"
#include "executor/executor.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "parser/analyze.h"
#include "parser/parse_target.h"
#include "parser/parser.h"
#include "storage/lmgr.h"
#include "tcop/utility.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/ruleutils.h"
#include "utils/syscache.h"
#include "views/late_binding.h"

#define OPTION	"no_schema_binding"

PG_FUNCTION_INFO_V1(rs_late_binding_columns);

static ProcessUtility_hook_type next_process_utility = NULL;

/* ---------------------------------------------------------------------
 * The columns of a query
 * ---------------------------------------------------------------------
 */

/*
 * Analyze a query, as far as it can be: NULL if it can't, whatever the reason.
 */
static Query *
try_analyze(const RsLateBinding *binding, Oid owner)
{
	RsSubtransaction sub;
	Query	   *volatile query = NULL;

	rs_subtransaction_begin(&sub);
	PG_TRY();
	{
		query = rs_late_binding_analyze(binding, owner, "late binding view");
		rs_subtransaction_commit(&sub);
	}
	PG_CATCH();
	{
		ErrorData  *error = rs_subtransaction_abort(&sub);

		if (error->sqlerrcode == ERRCODE_QUERY_CANCELED || error->sqlerrcode == ERRCODE_OUT_OF_MEMORY)
			ReThrowError(error);
		query = NULL;
	}
	PG_END_TRY();
	return query;
}

/*
 * The select list that gives a raw query its columns' names.
 */
static List *
leftmost_targets(SelectStmt *select)
{
	while (select->op != SETOP_NONE)
		select = select->larg;
	return select->targetList;
}

/*
 * One column of a list as CREATE TABLE and functions in FROM have it.
 */
static void
append_column(StringInfo list, const char *name, Oid type, int32 typmod, Oid collation)
{
	appendStringInfo(list, "%s%s %s", list->len > 0 ? ", " : "", quote_identifier(name),
					 format_type_extended(type, typmod, FORMAT_TYPE_TYPEMOD_GIVEN | FORMAT_TYPE_FORCE_QUALIFY));
	if (OidIsValid(collation) && collation != get_typcollation(type))
		appendStringInfo(list, " COLLATE %s", generate_collation_name(collation));
}

/*
 * The columns of a query: those that it has, or else those that its text names.
 */
static char *
column_list(Query *query, SelectStmt *raw)
{
	StringInfoData list;
	ListCell   *lc;

	initStringInfo(&list);
	if (query != NULL)
		foreach(lc, query->targetList)
		{
			TargetEntry *entry = lfirst_node(TargetEntry, lc);

			if (!entry->resjunk)
				append_column(&list, entry->resname, exprType((Node *) entry->expr), exprTypmod((Node *) entry->expr),
							  exprCollation((Node *) entry->expr));
		}
	else
		foreach(lc, leftmost_targets(raw))
		{
			ResTarget  *target = lfirst_node(ResTarget, lc);
			ColumnRef  *column = (ColumnRef *) target->val;

			if (target->name == NULL && IsA(column, ColumnRef) && IsA(llast(column->fields), A_Star))
				continue;
			append_column(&list, target->name ? target->name : FigureColname(target->val), TEXTOID, -1, DEFAULT_COLLATION_OID);
		}
	return list.data;
}

/*
 * The query of the view as PostgreSQL has it.
 */
static char *
view_query(const RsLateBinding *binding, const char *columns, const char *name)
{
	return psprintf("SELECT %s FROM redshift.late_binding(%s, %s, %s) AS %s(%s)", columns[0] != '\0' ? "*" : "",
					quote_literal_cstr(binding->query), quote_literal_cstr(binding->search_path),
					binding->resolved ? "true" : "false", quote_identifier(name),
					columns[0] != '\0' ? columns : "unresolved pg_catalog.text");
}

/* ---------------------------------------------------------------------
 * Giving a view other columns
 * ---------------------------------------------------------------------
 */

/*
 * The relation of a rule; InvalidOid if it is gone.
 */
static Oid
relation_of_rule(Oid rule)
{
	Relation	pg_rewrite = table_open(RewriteRelationId, AccessShareLock);
	Oid			relid = InvalidOid;
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;

	ScanKeyInit(&key, Anum_pg_rewrite_oid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(rule));
	scan = systable_beginscan(pg_rewrite, RewriteOidIndexId, true, NULL, 1, &key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
		relid = ((Form_pg_rewrite) GETSTRUCT(tuple))->ev_class;
	systable_endscan(scan);
	table_close(pg_rewrite, AccessShareLock);
	return relid;
}

/*
 * Does anything but its own parts, its rule among them, depend on a view or its row type?
 */
static bool
has_dependents(Oid class, Oid object, Oid view)
{
	Relation	pg_depend = table_open(DependRelationId, AccessShareLock);
	bool		found = false;
	ScanKeyData keys[2];
	SysScanDesc scan;
	HeapTuple	tuple;

	ScanKeyInit(&keys[0], Anum_pg_depend_refclassid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(class));
	ScanKeyInit(&keys[1], Anum_pg_depend_refobjid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(object));
	scan = systable_beginscan(pg_depend, DependReferenceIndexId, true, NULL, 2, keys);
	while (!found && HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_depend depend = (Form_pg_depend) GETSTRUCT(tuple);

		if (depend->classid == RewriteRelationId)
			found = relation_of_rule(depend->objid) != view;
		else
			found = depend->deptype != DEPENDENCY_INTERNAL ||
				(depend->classid == TypeRelationId && has_dependents(TypeRelationId, depend->objid, view));
	}
	systable_endscan(scan);
	table_close(pg_depend, AccessShareLock);
	return found;
}

/*
 * Has any column rights of its own?
 */
static bool
has_column_rights(Relation view)
{
	int			i;

	for (i = 1; i <= RelationGetNumberOfAttributes(view); i++)
	{
		HeapTuple	tuple = SearchSysCache2(ATTNUM, ObjectIdGetDatum(RelationGetRelid(view)), Int16GetDatum(i));
		bool		has = HeapTupleIsValid(tuple) && !heap_attisnull(tuple, Anum_pg_attribute_attacl, NULL);

		if (HeapTupleIsValid(tuple))
			ReleaseSysCache(tuple);
		if (has)
			return true;
	}
	return false;
}

/*
 * What the old columns depended on.
 */
static void
forget_column_dependencies(Oid view)
{
	Relation	pg_depend = table_open(DependRelationId, RowExclusiveLock);
	ScanKeyData keys[2];
	SysScanDesc scan;
	HeapTuple	tuple;

	ScanKeyInit(&keys[0], Anum_pg_depend_classid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(RelationRelationId));
	ScanKeyInit(&keys[1], Anum_pg_depend_objid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(view));
	scan = systable_beginscan(pg_depend, DependDependerIndexId, true, NULL, 2, keys);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
		if (((Form_pg_depend) GETSTRUCT(tuple))->objsubid > 0)
			CatalogTupleDelete(pg_depend, &tuple->t_self);
	systable_endscan(scan);
	table_close(pg_depend, RowExclusiveLock);
}

static void
record_column_dependencies(Oid view, TupleDesc columns)
{
	int			i;

	for (i = 0; i < columns->natts; i++)
	{
		Form_pg_attribute column = TupleDescAttr(columns, i);
		ObjectAddress own;
		ObjectAddress used;

		ObjectAddressSubSet(own, RelationRelationId, view, i + 1);
		ObjectAddressSet(used, TypeRelationId, column->atttypid);
		recordDependencyOn(&own, &used, DEPENDENCY_NORMAL);
		if (!OidIsValid(column->attcollation) || column->attcollation == DEFAULT_COLLATION_OID)
			continue;
		ObjectAddressSet(used, CollationRelationId, column->attcollation);
		recordDependencyOn(&own, &used, DEPENDENCY_NORMAL);
	}
}

/*
 * Replace the columns in the catalogs.  Comments stay with columns that keep name and place.
 */
static void
replace_columns(Relation view, TupleDesc columns)
{
	Oid			relid = RelationGetRelid(view);
	TupleDesc	before = RelationGetDescr(view);
	Relation	catalog;
	HeapTuple	tuple;
	int			i;

	for (i = 0; i < before->natts; i++)
		if (i >= columns->natts ||
			strcmp(NameStr(TupleDescAttr(before, i)->attname), NameStr(TupleDescAttr(columns, i)->attname)) != 0)
			DeleteComments(relid, RelationRelationId, i + 1);
	DeleteAttributeTuples(relid);
	forget_column_dependencies(relid);
	catalog = table_open(AttributeRelationId, RowExclusiveLock);
	InsertPgAttributeTuples(catalog, columns, relid, NULL, NULL);
	table_close(catalog, RowExclusiveLock);
	record_column_dependencies(relid, columns);

	catalog = table_open(RelationRelationId, RowExclusiveLock);
	tuple = SearchSysCacheCopy1(RELOID, ObjectIdGetDatum(relid));
	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for relation %u", relid);
	((Form_pg_class) GETSTRUCT(tuple))->relnatts = columns->natts;
	CatalogTupleUpdate(catalog, &tuple->t_self, tuple);
	heap_freetuple(tuple);
	table_close(catalog, RowExclusiveLock);
	CommandCounterIncrement();
}

static Query *
analyze_view_query(const char *text)
{
	RawStmt    *raw = linitial_node(RawStmt, raw_parser(text, RAW_PARSE_DEFAULT));

	return parse_analyze_fixedparams(raw, text, NULL, 0, NULL);
}

static char *
present_columns(Relation view)
{
	TupleDesc	desc = RelationGetDescr(view);
	StringInfoData list;
	int			i;

	initStringInfo(&list);
	for (i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute column = TupleDescAttr(desc, i);

		append_column(&list, NameStr(column->attname), column->atttypid, column->atttypmod, column->attcollation);
	}
	return list.data;
}

/*
 * Two columns of one name, or one of no type that a view can have?
 */
static bool
fit_a_view(TupleDesc columns)
{
	int			i;
	int			j;

	for (i = 0; i < columns->natts; i++)
	{
		if (get_typtype(TupleDescAttr(columns, i)->atttypid) == TYPTYPE_PSEUDO)
			return false;
		for (j = 0; j < i; j++)
			if (strcmp(NameStr(TupleDescAttr(columns, i)->attname), NameStr(TupleDescAttr(columns, j)->attname)) == 0)
				return false;
	}
	return columns->natts <= MaxHeapAttributeNumber;
}

static bool
may_reshape(Relation view, const RsLateBinding *binding, const char *columns)
{
	return (!binding->resolved || strcmp(present_columns(view), columns) != 0) && !has_column_rights(view) &&
		!has_dependents(RelationRelationId, RelationGetRelid(view), RelationGetRelid(view));
}

/*
 * Give a view the columns of a query, which has been analyzed.  False if it keeps those it
 * has: they are the same, or something depends on them.
 */
static bool
reshape(Oid relid, RsLateBinding *binding, Query *query)
{
	char	   *columns = column_list(query, NULL);
	TupleDesc	desc = ExecCleanTypeFromTL(query->targetList);
	Relation	view;
	bool		changes;
	Oid			user;
	int			security;

	if (desc->natts == 0 || !fit_a_view(desc))
		return false;
	/* Others keep using the view unless it changes. */
	view = try_relation_open(relid, AccessShareLock);
	changes = view != NULL && may_reshape(view, binding, columns);
	if (view != NULL)
		relation_close(view, AccessShareLock);
	view = changes ? try_relation_open(relid, AccessExclusiveLock) : NULL;
	if (view == NULL)
		return false;
	if (!may_reshape(view, binding, columns))
	{
		relation_close(view, NoLock);
		return false;
	}
	binding->resolved = true;
	GetUserIdAndSecContext(&user, &security);
	SetUserIdAndSecContext(view->rd_rel->relowner, security | SECURITY_LOCAL_USERID_CHANGE);
	replace_columns(view, desc);
	StoreViewQuery(relid, analyze_view_query(view_query(binding, columns, RelationGetRelationName(view))), true);
	SetUserIdAndSecContext(user, security);
	relation_close(view, NoLock);
	CommandCounterIncrement();
	return true;
}

/* ---------------------------------------------------------------------
 * Following the relations
 * ---------------------------------------------------------------------
 */

/*
 * The late binding views that there are: those whose rule calls the function.
 */
static List *
late_binding_views(void)
{
	Relation	pg_depend;
	List	   *views = NIL;
	ScanKeyData keys[2];
	SysScanDesc scan;
	HeapTuple	tuple;

	if (!OidIsValid(rs_late_binding_function()))
		return NIL;
	pg_depend = table_open(DependRelationId, AccessShareLock);
	ScanKeyInit(&keys[0], Anum_pg_depend_refclassid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(ProcedureRelationId));
	ScanKeyInit(&keys[1], Anum_pg_depend_refobjid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(rs_late_binding_function()));
	scan = systable_beginscan(pg_depend, DependReferenceIndexId, true, NULL, 2, keys);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_depend depend = (Form_pg_depend) GETSTRUCT(tuple);
		Oid			view = depend->classid == RewriteRelationId ? relation_of_rule(depend->objid) : InvalidOid;

		if (OidIsValid(view))
			views = list_append_unique_oid(views, view);
	}
	systable_endscan(scan);
	table_close(pg_depend, AccessShareLock);
	return views;
}

/*
 * Could a query name this?  Quoted names may be spelled otherwise, so such texts pass.
 */
static bool
may_name(const char *query, const char *name)
{
	if (strchr(name, '"') != NULL || strstr(query, "\"\"") != NULL || strcasestr(query, "u&\"") != NULL)
		return true;
	return strcasestr(query, name) != NULL;
}

/*
 * Look at a view again since something of this name is new, or whatever it is about (NULL).
 * True if its columns changed.
 */
static bool
refresh_view(Oid relid, const char *name)
{
	Relation	view = try_relation_open(relid, AccessShareLock);
	RsLateBinding *binding;
	Query	   *query;
	Oid			owner;

	if (view == NULL)
		return false;
	binding = rs_late_binding_of(view);
	owner = view->rd_rel->relowner;
	relation_close(view, AccessShareLock);
	if (binding == NULL || (name != NULL && !may_name(binding->query, name)))
		return false;
	query = try_analyze(binding, owner);
	return query != NULL && reshape(relid, binding, query);
}

/*
 * Something has these names now.  A view of which the columns change is news for views over
 * it.  Should views read each other in a circle, nobody can use them, and it ends after a
 * while.
 */
static void
names_changed(List *views, List *names)
{
	int			left = 10 * list_length(views);
	ListCell   *lc;

	while (names != NIL)
	{
		char	   *name = linitial(names);

		names = list_delete_first(names);
		foreach(lc, views)
		{
			CHECK_FOR_INTERRUPTS();
			if (refresh_view(lfirst_oid(lc), name) && left-- > 0)
				names = lappend(names, get_rel_name(lfirst_oid(lc)));
		}
	}
}

static void
relations_changed(List *changes)
{
	List	   *views = late_binding_views();
	List	   *names = NIL;
	ListCell   *lc;

	if (views == NIL)
		return;
	foreach(lc, changes)
	{
		RsRelationChange *change = lfirst(lc);
		char	   *name = change->relid == InvalidOid ? change->new_schema : change->new_name;

		if (name != NULL)
			names = lappend(names, pstrdup(name));
		/* Its owner may be another, whose rights matter. */
		if (list_member_oid(views, change->relid))
			(void) refresh_view(change->relid, NULL);
	}
	names_changed(views, names);
}

/*
 * Names that are news after a statement which changes no relation: functions that it makes,
 * schemas that somebody may use now.
 */
static List *
names_of_statement(Node *statement)
{
	if (IsA(statement, CreateFunctionStmt))
		return list_make1(pstrdup(strVal(llast(((CreateFunctionStmt *) statement)->funcname))));
	if (IsA(statement, GrantStmt) && ((GrantStmt *) statement)->is_grant &&
		((GrantStmt *) statement)->objtype == OBJECT_SCHEMA)
	{
		List	   *names = NIL;
		ListCell   *lc;

		foreach(lc, ((GrantStmt *) statement)->objects)
			names = lappend(names, pstrdup(strVal(lfirst(lc))));
		return names;
	}
	return NIL;
}

/* ---------------------------------------------------------------------
 * CREATE VIEW
 * ---------------------------------------------------------------------
 */

/*
 * Take the option out of a statement.
 */
static bool
take_option(ViewStmt *stmt)
{
	bool		late = false;
	ListCell   *lc;

	foreach(lc, stmt->options)
	{
		DefElem    *def = lfirst_node(DefElem, lc);

		if (def->defnamespace != NULL || strcmp(def->defname, OPTION) != 0)
			continue;
		late = defGetBoolean(def);
		stmt->options = foreach_delete_current(stmt->options, lc);
	}
	return late;
}

static bool
has_option(ViewStmt *stmt)
{
	ListCell   *lc;

	foreach(lc, stmt->options)
		if (lfirst_node(DefElem, lc)->defnamespace == NULL && strcmp(lfirst_node(DefElem, lc)->defname, OPTION) == 0)
			return true;
	return false;
}

/*
 * The query in the text of a CREATE VIEW: what stands behind AS.
 */
static char *
query_text(PlannedStmt *pstmt, const char *source)
{
	const char *start = source + Max(pstmt->stmt_location, 0);
	char	   *text = pstmt->stmt_len > 0 ? pnstrdup(start, pstmt->stmt_len) : pstrdup(start);
	int			ntokens;
	RsToken    *tokens = rs_tokens(text, standard_conforming_strings, &ntokens);
	int			i;

	for (i = 0; i < ntokens && tokens[i].kind != RS_END_OF_TEXT; i++)
	{
		if (rs_is(&tokens[i], "recursive"))
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("a recursive view cannot be late binding"),
					 errhint("Write WITH RECURSIVE in its query.")));
		if (rs_is(&tokens[i], "as"))
			return text + tokens[i + 1].start;
		if (tokens[i].match > i)
			i = tokens[i].match;
	}
	elog(ERROR, "no query in the text of a view");
	return NULL;
}

/* Names in WITH, wherever in a query. */
static bool
collect_with(Node *node, List **names)
{
	if (node == NULL)
		return false;
	if (IsA(node, CommonTableExpr))
		*names = lappend(*names, ((CommonTableExpr *) node)->ctename);
	return raw_expression_tree_walker(node, collect_with, names);
}

static bool
check_qualified(Node *node, List **names)
{
	RangeVar   *relation = (RangeVar *) node;
	ListCell   *lc;

	if (node == NULL)
		return false;
	if (!IsA(node, RangeVar) || relation->schemaname != NULL)
		return raw_expression_tree_walker(node, check_qualified, names);
	foreach(lc, *names)
		if (strcmp(lfirst(lc), relation->relname) == 0)
			return false;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_TABLE_DEFINITION),
			 errmsg("relation \"%s\" must be qualified by a schema in a view with no schema binding", relation->relname)));
	return false;
}

static char *
with_aliases(char *query, List *aliases)
{
	StringInfoData text;
	ListCell   *lc;

	if (aliases == NIL)
		return query;
	initStringInfo(&text);
	appendStringInfo(&text, "SELECT * FROM (%s\n) AS v (", query);
	foreach(lc, aliases)
		appendStringInfo(&text, "%s%s", foreach_current_index(lc) > 0 ? ", " : "", quote_identifier(strVal(lfirst(lc))));
	appendStringInfoChar(&text, ')');
	return text.data;
}

/*
 * CREATE OR REPLACE of a view that is late binding already: it may get any columns.
 */
static void
replace_view(ViewStmt *stmt, RsLateBinding *binding, Query *query)
{
	Oid			relid = RangeVarGetRelid(stmt->view, NoLock, true);
	Relation	view;
	RsLateBinding *before;

	if (!stmt->replace || query == NULL || !OidIsValid(relid) || !pg_class_ownercheck(relid, GetUserId()))
		return;
	view = try_relation_open(relid, AccessExclusiveLock);
	if (view == NULL)
		return;
	before = rs_late_binding_of(view);
	relation_close(view, NoLock);
	if (before == NULL)
		return;
	before->query = binding->query;
	before->search_path = binding->search_path;
	(void) reshape(relid, before, query);
}

/*
 * Turn the statement into one that PostgreSQL knows.
 */
static void
make_late_binding(PlannedStmt *pstmt, const char *source, ProcessUtilityContext context)
{
	ViewStmt   *stmt = castNode(ViewStmt, pstmt->utilityStmt);
	RsLateBinding binding = {0};
	List	   *names = NIL;
	SelectStmt *raw = castNode(SelectStmt, stmt->query);
	Query	   *query;

	if (context == PROCESS_UTILITY_SUBCOMMAND || stmt->withCheckOption != NO_CHECK_OPTION)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg(context == PROCESS_UTILITY_SUBCOMMAND ? "a late binding view cannot be created within CREATE SCHEMA" :
						"WITH CHECK OPTION is not supported by late binding views")));
	(void) collect_with(stmt->query, &names);
	(void) check_qualified(stmt->query, &names);
	binding.query = with_aliases(query_text(pstmt, source), stmt->aliases);
	binding.search_path = pstrdup(namespace_search_path);
	query = try_analyze(&binding, GetUserId());
	binding.resolved = query != NULL && list_length(query->targetList) > 0;
	replace_view(stmt, &binding, query);
	if (stmt->aliases != NIL && query == NULL)
		raw = castNode(SelectStmt, linitial_node(RawStmt, raw_parser(binding.query, RAW_PARSE_DEFAULT))->stmt);
	stmt->query = linitial_node(RawStmt, raw_parser(view_query(&binding, column_list(query, raw), stmt->view->relname),
													RAW_PARSE_DEFAULT))->stmt;
	stmt->aliases = NIL;
}

static void
process_utility(PlannedStmt *pstmt, const char *source, bool read_only, ProcessUtilityContext context,
				ParamListInfo params, QueryEnvironment *environment, DestReceiver *dest, QueryCompletion *completion)
{
	List	   *names = names_of_statement(pstmt->utilityStmt);

	if (IsA(pstmt->utilityStmt, ViewStmt) && has_option((ViewStmt *) pstmt->utilityStmt))
	{
		pstmt = copyObject(pstmt);
		if (take_option((ViewStmt *) pstmt->utilityStmt))
			make_late_binding(pstmt, source, context);
	}
	(next_process_utility ? next_process_utility : standard_ProcessUtility)
		(pstmt, source, read_only, context, params, environment, dest, completion);
	if (names == NIL)
		return;
	CommandCounterIncrement();
	names_changed(late_binding_views(), names);
}

/* ---------------------------------------------------------------------
 * SQL functions
 * ---------------------------------------------------------------------
 */

static void
put_columns(Relation view, Tuplestorestate *store, TupleDesc desc)
{
	TupleDesc	columns = RelationGetDescr(view);
	NameData	schema;
	int			i;

	namestrcpy(&schema, get_namespace_name(RelationGetNamespace(view)));
	for (i = 0; i < columns->natts; i++)
	{
		Form_pg_attribute column = TupleDescAttr(columns, i);
		Datum		values[5];
		bool		nulls[5] = {false};

		values[0] = NameGetDatum(&schema);
		values[1] = NameGetDatum(&view->rd_rel->relname);
		values[2] = NameGetDatum(&column->attname);
		values[3] = CStringGetTextDatum(format_type_with_typemod(column->atttypid, column->atttypmod));
		values[4] = Int32GetDatum(i + 1);
		tuplestore_putvalues(store, desc, values, nulls);
	}
}

/*
 * pg_get_late_binding_view_cols(): in FROM with a list of columns, or in a select list,
 * where nobody says which.
 */
Datum
rs_late_binding_columns(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	MemoryContext caller;
	ListCell   *lc;

	if (result == NULL || !IsA(result, ReturnSetInfo) || !(result->allowedModes & SFRM_Materialize))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("set-valued function called in context that cannot accept a set")));
	caller = MemoryContextSwitchTo(result->econtext->ecxt_per_query_memory);
	result->returnMode = SFRM_Materialize;
	result->setResult = tuplestore_begin_heap(true, false, work_mem);
	result->setDesc = CreateTemplateTupleDesc(5);
	TupleDescInitEntry(result->setDesc, 1, "view_schema", NAMEOID, -1, 0);
	TupleDescInitEntry(result->setDesc, 2, "view_name", NAMEOID, -1, 0);
	TupleDescInitEntry(result->setDesc, 3, "col_name", NAMEOID, -1, 0);
	TupleDescInitEntry(result->setDesc, 4, "col_type", VARCHAROID, -1, 0);
	TupleDescInitEntry(result->setDesc, 5, "col_num", INT4OID, -1, 0);
	result->setDesc = BlessTupleDesc(result->setDesc);
	MemoryContextSwitchTo(caller);
	foreach(lc, late_binding_views())
	{
		Relation	view = try_relation_open(lfirst_oid(lc), AccessShareLock);
		RsLateBinding *binding;

		CHECK_FOR_INTERRUPTS();
		if (view == NULL)
			continue;
		binding = rs_late_binding_of(view);
		if (binding != NULL && binding->resolved)
			put_columns(view, result->setResult, result->setDesc);
		relation_close(view, AccessShareLock);
	}
	return (Datum) 0;
}

void
rs_late_binding_ddl_init(void)
{
	rs_relation_changes_listen(relations_changed);
	next_process_utility = ProcessUtility_hook;
	ProcessUtility_hook = process_utility;
}
