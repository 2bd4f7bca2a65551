/*
 * copy.c
 *	  COPY ... FROM of files at a location: the statement.
 *
 * Taken from PostgreSQL's if the file's name is a URL of a location, or if an option is
 * Redshift's; all else is PostgreSQL's as it stands.
 */
#include "postgres.h"

#include "access/sysattr.h"
#include "access/table.h"
#include "access/xact.h"
#include "commands/copy.h"
#include "commands/extension.h"
#include "executor/executor.h"
#include "load/file_scan.h"
#include "load/load.h"
#include "load/stdin_location.h"
#include "load/secrets.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parse_coerce.h"
#include "parser/parse_collate.h"
#include "parser/parse_expr.h"
#include "parser/parse_relation.h"
#include "tcop/utility.h"
#include "utils/acl.h"
#include "utils/rel.h"
#include "utils/rls.h"

static ProcessUtility_hook_type next_process_utility = NULL;

static bool
is_url(const char *name)
{
	return name != NULL &&
		(rs_is_location(name) || pg_strncasecmp(name, "emr://", strlen("emr://")) == 0);
}

static bool
is_ours(const Node *statement)
{
	const CopyStmt *copy = (const CopyStmt *) statement;

	if (!IsA(statement, CopyStmt) || copy->is_program)
		return false;
	if (!is_url(copy->filename) && !(copy->is_from && rs_copy_options_are_ours(copy->options)))
		return false;
	return OidIsValid(get_extension_oid("redshift_ext", true));
}

/*
 * Refuse what the statement asks for that there cannot be.
 */
static void
check_statement(const CopyStmt *statement)
{
	if (!statement->is_from)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("COPY TO cannot write to \"%s\"", statement->filename),
				 errhint("Use redshift.unload().")));
	if (statement->filename == NULL)
		return;
	if (pg_strncasecmp(statement->filename, "emr://", strlen("emr://")) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("COPY cannot read from EMR clusters: \"%s\"", statement->filename)));
	if (!rs_is_location(statement->filename))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("COPY of file \"%s\" takes PostgreSQL's options only", statement->filename),
				 errhint("Files of the server are written file:///directory/name with Redshift's options.")));
}

/* ---------------------------------------------------------------------
 * Columns
 * ---------------------------------------------------------------------
 */

/*
 * Numbers of identity columns are made here, unless the files have them: those that are
 * GENERATED ALWAYS with EXPLICIT_IDS only.
 */
static List *
columns_of(const CopyStmt *statement, Relation rel, const RsCopyOptions *options)
{
	List	   *attnos = CopyGetAttnums(RelationGetDescr(rel), rel, statement->attlist);
	TupleDesc	desc = RelationGetDescr(rel);
	int			i;

	for (i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, i);
		bool		listed = list_member_int(attnos, i + 1);

		if (att->attidentity == '\0' || att->attisdropped)
			continue;
		if (options->explicit_ids && !listed)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_COLUMN_REFERENCE),
					 errmsg("identity column \"%s\" must be in the column list with COPY option \"explicit_ids\"",
							NameStr(att->attname))));
		if (options->explicit_ids || att->attidentity != ATTRIBUTE_IDENTITY_ALWAYS || !listed)
			continue;
		if (statement->attlist != NIL)
			ereport(ERROR,
					(errcode(ERRCODE_GENERATED_ALWAYS),
					 errmsg("identity column \"%s\" can be loaded only with COPY option \"explicit_ids\"",
							NameStr(att->attname))));
		attnos = list_delete_int(attnos, i + 1);
	}
	return attnos;
}

/* ---------------------------------------------------------------------
 * The statement
 * ---------------------------------------------------------------------
 */

static List *
where_clause(ParseState *pstate, ParseNamespaceItem *item, Relation rel, Node *clause)
{
	Bitmapset  *columns = NULL;
	int			i = -1;

	addNSItemToQuery(pstate, item, false, true, true);
	clause = transformExpr(pstate, copyObject(clause), EXPR_KIND_COPY_WHERE);
	clause = coerce_to_boolean(pstate, clause, "WHERE");
	assign_expr_collations(pstate, clause);
	pull_varattnos(clause, 1, &columns);
	for (i = 0; i < RelationGetNumberOfAttributes(rel); i++)
	{
		Form_pg_attribute att = TupleDescAttr(RelationGetDescr(rel), i);

		if (att->attgenerated != '\0' &&
			(bms_is_member(att->attnum - FirstLowInvalidHeapAttributeNumber, columns) ||
			 bms_is_member(0 - FirstLowInvalidHeapAttributeNumber, columns)))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_COLUMN_REFERENCE),
					 errmsg("generated columns are not supported in COPY FROM WHERE conditions"),
					 errdetail("Column \"%s\" is a generated column.", NameStr(att->attname))));
	}
	clause = eval_const_expressions(NULL, clause);
	return make_ands_implicit((Expr *) canonicalize_qual((Expr *) clause, false));
}

static void
check_privileges(ParseState *pstate, RangeTblEntry *entry, List *attnos)
{
	ListCell   *lc;

	entry->requiredPerms = ACL_INSERT;
	foreach(lc, attnos)
		entry->insertedCols = bms_add_member(entry->insertedCols,
											 lfirst_int(lc) - FirstLowInvalidHeapAttributeNumber);
	ExecCheckRTPerms(pstate->p_rtable, true);
	if (check_enable_rls(entry->relid, InvalidOid, false) == RLS_ENABLED)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("COPY FROM not supported with row-level security"),
				 errhint("Use INSERT statements instead.")));
}

static uint64
load_rows(RsLoad *load, const char *query)
{
	rs_load_divide(load, false);
	load->progress = rs_load_progress_init(palloc(sizeof(RsLoadProgress)));
	return rs_load_rows(load, query);
}

static uint64
copy_from(const CopyStmt *statement, const char *query)
{
	RsLoad	   *load = palloc0(sizeof(RsLoad));
	ParseState *pstate = make_parsestate(NULL);
	ParseNamespaceItem *item;
	List	   *attnos;
	uint64		rows;
	bool		analyze;

	check_statement(statement);
	load->url = statement->filename != NULL ? statement->filename : RS_STDIN_URL;
	rs_copy_options_parse(statement->options, load->url, &load->options);
	load->rel = table_openrv(statement->relation, RowExclusiveLock);
	pstate->p_sourcetext = query;
	item = addRangeTableEntryForRelation(pstate, load->rel, RowExclusiveLock, NULL, false, false);
	if (statement->whereClause != NULL)
		load->where = where_clause(pstate, item, load->rel, statement->whereClause);
	attnos = columns_of(statement, load->rel, &load->options);
	check_privileges(pstate, item->p_rte, attnos);
	if (XactReadOnly && !load->rel->rd_islocaltemp)
		PreventCommandIfReadOnly("COPY FROM");
	load->rel = rs_load_choose_encodings(load->rel, &load->options);
	analyze = rs_load_wants_statistics(load->rel, &load->options);
	if (attnos == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_COLUMN_REFERENCE),
				 errmsg("table \"%s\" has no columns that files could be loaded into",
						RelationGetRelationName(load->rel))));
	rs_load_set_columns(load, attnos);
	rs_load_find_files(load);
	rs_load_set_format(load);
	load->log = rs_load_log_begin(load);
	if (rs_load_is_for_nodes(load))
		rows = rs_load_on_nodes(load);
	else if (load->options.no_load || rs_load_makes_groups(load))
		rows = rs_load_groups(load);
	else
		rows = load_rows(load, query);
	if (analyze)
		rs_load_analyze(load->rel, &load->options);
	rs_load_log_end(load->log, rows);
	if (load->options.no_load)
		rows = 0;
	table_close(load->rel, NoLock);
	free_parsestate(pstate);
	return rows;
}

static void
process_utility(PlannedStmt *pstmt, const char *query, bool read_only_tree, ProcessUtilityContext context,
				ParamListInfo params, QueryEnvironment *environment, DestReceiver *dest, QueryCompletion *completion)
{
	RsSecretText secrets = rs_secrets_hide_utility(pstmt, query);

	if (is_ours(pstmt->utilityStmt))
	{
		uint64		rows = copy_from(castNode(CopyStmt, pstmt->utilityStmt), query);

		if (completion != NULL)
			SetQueryCompletion(completion, CMDTAG_COPY, rows);
	}
	else
		(next_process_utility != NULL ? next_process_utility : standard_ProcessUtility)
			(pstmt, query, read_only_tree, context, params, environment, dest, completion);
	if (context == PROCESS_UTILITY_TOPLEVEL)
		rs_secrets_overwrite(secrets);
}

void
rs_copy_init(void)
{
	rs_file_scan_init();
	next_process_utility = ProcessUtility_hook;
	ProcessUtility_hook = process_utility;
}
