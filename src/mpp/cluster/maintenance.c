/*
 * maintenance.c
 *	  VACUUM, ANALYZE, REINDEX and the like of distributed tables.
 *
 * What cannot be run in a transaction block is run on each node in transactions of its
 * own, after the leader has done it.  If it fails on a node, or is cancelled, it is
 * cancelled on the others; what has been done stays done, as it does in PostgreSQL: an
 * index that could not be built concurrently is invalid where it failed.
 */
#include "postgres.h"

#include "access/relation.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "commands/defrem.h"
#include "core/settings.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "mpp/cluster/maintenance.h"
#include "mpp/cluster/table.h"
#include "mpp/session/remote_transaction.h"
#include "tcop/pquery.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#define CLEAN_UP_MS		30000	/* nodes have so long to cancel */

static void
append_options(StringInfo sql, List *options)
{
	ListCell   *lc;

	foreach(lc, options)
	{
		DefElem    *option = lfirst_node(DefElem, lc);

		appendStringInfo(sql, "%s%s", foreach_current_index(lc) > 0 ? ", " : " (", quote_identifier(option->defname));
		if (option->arg != NULL)
			appendStringInfo(sql, " %s", IsA(option->arg, String) ? quote_identifier(defGetString(option)) : defGetString(option));
	}
	if (options != NIL)
		appendStringInfoChar(sql, ')');
}

char *
rs_maintenance_vacuum(VacuumStmt *statement, bool (*on_nodes) (Oid))
{
	StringInfoData sql;
	ListCell   *lc;
	int			n = 0;

	initStringInfo(&sql);
	appendStringInfoString(&sql, statement->is_vacuumcmd ? "VACUUM" : "ANALYZE");
	append_options(&sql, statement->options);
	foreach(lc, statement->rels)
	{
		VacuumRelation *relation = lfirst_node(VacuumRelation, lc);
		Oid			relid = OidIsValid(relation->oid) ? relation->oid : RangeVarGetRelid(relation->relation, NoLock, true);
		ListCell   *column;

		if (!on_nodes(relid))
			continue;
		appendStringInfo(&sql, "%s %s", n++ > 0 ? "," : "",
						 quote_qualified_identifier(get_namespace_name(get_rel_namespace(relid)), get_rel_name(relid)));
		foreach(column, relation->va_cols)
			appendStringInfo(&sql, "%s%s", foreach_current_index(column) > 0 ? ", " : " (",
							 quote_identifier(strVal(lfirst(column))));
		if (relation->va_cols != NIL)
			appendStringInfoChar(&sql, ')');
	}
	return n > 0 || statement->rels == NIL ? sql.data : NULL;
}

char *
rs_maintenance_reindex(ReindexStmt *statement, char *text, bool (*on_nodes) (Oid))
{
	switch (statement->kind)
	{
		case REINDEX_OBJECT_INDEX:
		case REINDEX_OBJECT_TABLE:
			return on_nodes(RangeVarGetRelid(statement->relation, NoLock, true)) ? text : NULL;
		case REINDEX_OBJECT_SCHEMA:
			return text;
		default:
			return NULL;
	}
}

bool
rs_maintenance_option(List *options, const char *name)
{
	ListCell   *lc;
	bool		set = false;

	foreach(lc, options)
		if (strcmp(lfirst_node(DefElem, lc)->defname, name) == 0)
			set = defGetBoolean(lfirst_node(DefElem, lc));
	return set;
}

static bool
is_partitioned(RangeVar *name)
{
	char		kind = get_rel_relkind(RangeVarGetRelid(name, NoLock, true));

	return kind == RELKIND_PARTITIONED_TABLE || kind == RELKIND_PARTITIONED_INDEX;
}

bool
rs_maintenance_outside(Node *statement)
{
	ListCell   *lc;

	switch (nodeTag(statement))
	{
		case T_VacuumStmt:
			return castNode(VacuumStmt, statement)->is_vacuumcmd;
		case T_ReindexStmt:
			return castNode(ReindexStmt, statement)->kind == REINDEX_OBJECT_SCHEMA ||
				rs_maintenance_option(castNode(ReindexStmt, statement)->params, "concurrently") ||
				is_partitioned(castNode(ReindexStmt, statement)->relation);
		case T_ClusterStmt:
			return castNode(ClusterStmt, statement)->relation == NULL ||
				is_partitioned(castNode(ClusterStmt, statement)->relation);
		case T_IndexStmt:
			return castNode(IndexStmt, statement)->concurrent;
		case T_DropStmt:
			return castNode(DropStmt, statement)->concurrent;
		case T_AlterTableStmt:
			foreach(lc, castNode(AlterTableStmt, statement)->cmds)
			{
				AlterTableCmd *command = lfirst_node(AlterTableCmd, lc);

				if (command->subtype == AT_DetachPartition && castNode(PartitionCmd, command->def)->concurrent)
					return true;
			}
			return false;
		default:
			return false;
	}
}

static const char *
reset_command(RsConnection *connection)
{
	return "RESET search_path";
}

void
rs_maintenance_run(const char *sql)
{
	List	   *connections = rs_connections_open_own(rs_cluster()->nodes, GetUserId());
	ListCell   *lc;

	foreach(lc, connections)
		if (rs_connection_state(lfirst(lc))->depth > 0)
			ereport(ERROR,
					(errcode(ERRCODE_ACTIVE_SQL_TRANSACTION),
					 errmsg("this statement cannot run in a transaction that has used compute nodes")));
	foreach(lc, connections)
		rs_remote_forget_settings(lfirst(lc));
	PG_TRY();
	{
		rs_connections_execute(connections, psprintf("SELECT pg_catalog.set_config('search_path', %s, false)",
													 quote_literal_cstr(GetConfigOption("search_path", false, false))));
		rs_connections_execute(connections, sql);
		rs_connections_execute(connections, "RESET search_path");
	}
	PG_CATCH();
	{
		rs_connections_clean_up(connections, reset_command,
								TimestampTzPlusMilliseconds(GetCurrentTimestamp(), CLEAN_UP_MS), NULL);
		PG_RE_THROW();
	}
	PG_END_TRY();
}
