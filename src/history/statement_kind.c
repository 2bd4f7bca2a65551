/*
 * statement_kind.c
 *	  Kinds of statements, as Redshift's system tables tell them apart, and their texts.
 */
#include "postgres.h"

#include "access/transam.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "core/schema.h"
#include "core/settings.h"
#include "history/statement_kind.h"
#include "load/secrets.h"
#include "mb/pg_wchar.h"
#include "nodes/parsenodes.h"
#include "redshift_ext.h"
#include "tcop/utility.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

/* ---------------------------------------------------------------------
 * Kinds
 * ---------------------------------------------------------------------
 */

/*
 * Does a query read or write tables of users?
 */
static bool
has_tables(const PlannedStmt *query)
{
	ListCell   *lc;

	foreach(lc, query->rtable)
	{
		const RangeTblEntry *rte = lfirst_node(RangeTblEntry, lc);

		if (rte->rtekind == RTE_RELATION && rte->relid >= FirstNormalObjectId &&
			rte->relkind != RELKIND_VIEW && rte->relkind != RELKIND_SEQUENCE &&
			get_rel_namespace(rte->relid) != rs_extension_schema())
			return true;
	}
	return false;
}

static RsStatementKind
kind_of_query(const PlannedStmt *query)
{
	switch (query->commandType)
	{
		case CMD_INSERT:
			return RS_STATEMENT_INSERT;
		case CMD_UPDATE:
			return RS_STATEMENT_UPDATE;
		case CMD_DELETE:
			return RS_STATEMENT_DELETE;
		case CMD_MERGE:
			return RS_STATEMENT_MERGE;
		default:
			return has_tables(query) ? RS_STATEMENT_SELECT : RS_STATEMENT_LEADER;
	}
}

static RsStatementKind
kind_of_utility(Node *statement)
{
	switch (nodeTag(statement))
	{
		case T_CopyStmt:
			return ((CopyStmt *) statement)->is_from ? RS_STATEMENT_COPY : RS_STATEMENT_UTILITY;
		case T_CreateTableAsStmt:
			return ((CreateTableAsStmt *) statement)->objtype == OBJECT_TABLE ? RS_STATEMENT_CTAS : RS_STATEMENT_DDL;
		case T_DeclareCursorStmt:
			return RS_STATEMENT_DECLARE;
		case T_ExecuteStmt:
			return RS_STATEMENT_EXECUTE;

			/* What Redshift keeps in stl_utilitytext. */
		case T_CommentStmt:
		case T_GrantStmt:
		case T_GrantRoleStmt:
		case T_AlterDefaultPrivilegesStmt:
		case T_CreateRoleStmt:
		case T_AlterRoleStmt:
		case T_AlterRoleSetStmt:
		case T_DropRoleStmt:
		case T_CreatedbStmt:
		case T_AlterDatabaseStmt:
		case T_AlterDatabaseSetStmt:
		case T_DropdbStmt:
		case T_RefreshMatViewStmt:
			return RS_STATEMENT_UTILITY;
		default:
			return GetCommandLogLevel(statement) == LOGSTMT_DDL ? RS_STATEMENT_DDL : RS_STATEMENT_UTILITY;
	}
}

RsStatementKind
rs_statement_kind(const PlannedStmt *statement)
{
	return statement->commandType == CMD_UTILITY ? kind_of_utility(statement->utilityStmt) : kind_of_query(statement);
}

void
rs_statement_specify(RsStatementKind *kind, const PlannedStmt *query)
{
	if (*kind == RS_STATEMENT_DECLARE || *kind == RS_STATEMENT_EXECUTE)
		*kind = kind_of_query(query);
}

bool
rs_statement_runs_query(RsStatementKind kind)
{
	return kind == RS_STATEMENT_CTAS || kind == RS_STATEMENT_DECLARE || kind == RS_STATEMENT_EXECUTE;
}

bool
rs_statement_is_query(RsStatementKind kind)
{
	return strcmp(rs_statement_family(kind), "query") == 0;
}

bool
rs_statement_is_select(RsStatementKind kind)
{
	return kind == RS_STATEMENT_SELECT || kind == RS_STATEMENT_LEADER;
}

const char *
rs_statement_family(RsStatementKind kind)
{
	switch (kind)
	{
		case RS_STATEMENT_LEADER:
			return "leader";
		case RS_STATEMENT_DDL:
			return "ddl";
		case RS_STATEMENT_UTILITY:
		case RS_STATEMENT_DECLARE:
		case RS_STATEMENT_EXECUTE:
			return "utility";
		case RS_STATEMENT_OTHER:
			return "other";
		default:
			return "query";
	}
}

const char *
rs_statement_type(RsStatementKind kind)
{
	static const char *const names[] = {
		[RS_STATEMENT_SELECT] = "SELECT",
		[RS_STATEMENT_LEADER] = "SELECT",
		[RS_STATEMENT_INSERT] = "INSERT",
		[RS_STATEMENT_UPDATE] = "UPDATE",
		[RS_STATEMENT_DELETE] = "DELETE",
		[RS_STATEMENT_MERGE] = "OTHER",
		[RS_STATEMENT_COPY] = "COPY",
		[RS_STATEMENT_UNLOAD] = "UNLOAD",
		[RS_STATEMENT_CTAS] = "CTAS",
		[RS_STATEMENT_DECLARE] = "UTILITY",
		[RS_STATEMENT_EXECUTE] = "UTILITY",
		[RS_STATEMENT_DDL] = "DDL",
		[RS_STATEMENT_UTILITY] = "UTILITY",
		[RS_STATEMENT_OTHER] = "OTHER"
	};

	return names[kind];
}

/* ---------------------------------------------------------------------
 * Texts
 * ---------------------------------------------------------------------
 */

char *
rs_statement_text(MemoryContext context, const char *text, int length, RsStatementKind kind)
{
	char	   *copy;

	if (length > RS_HISTORY_LONGEST_TEXT)
		length = pg_mbcliplen(text, length, RS_HISTORY_LONGEST_TEXT);
	copy = MemoryContextAlloc(context, length + 1);
	memcpy(copy, text, length);
	copy[length] = '\0';
	(void) rs_secrets_mask(copy);
	if (!rs_statement_is_query(kind) && kind != RS_STATEMENT_LEADER)
		rs_secrets_mask_passwords(copy);
	return copy;
}
