/*
 * statement_kind.h
 *	  Kinds of statements, as Redshift's system tables tell them apart.
 */
#ifndef RS_HISTORY_STATEMENT_KIND_H
#define RS_HISTORY_STATEMENT_KIND_H

#include "nodes/plannodes.h"

typedef enum RsStatementKind
{
	RS_STATEMENT_SELECT,
	RS_STATEMENT_LEADER,		/* SELECT of nothing but catalogs and functions */
	RS_STATEMENT_INSERT,
	RS_STATEMENT_UPDATE,
	RS_STATEMENT_DELETE,
	RS_STATEMENT_MERGE,
	RS_STATEMENT_COPY,
	RS_STATEMENT_UNLOAD,
	RS_STATEMENT_CTAS,
	RS_STATEMENT_DECLARE,		/* with rs_statement_specify(): its query's */
	RS_STATEMENT_EXECUTE,
	RS_STATEMENT_DDL,
	RS_STATEMENT_UTILITY,
	RS_STATEMENT_OTHER			/* failed before that was known */
} RsStatementKind;

extern RsStatementKind rs_statement_kind(const PlannedStmt *statement);

/* What it is, now that the query that it runs is known. */
extern void rs_statement_specify(RsStatementKind *kind, const PlannedStmt *query);

/* Has it a query whose plan is its own? */
extern bool rs_statement_runs_query(RsStatementKind kind);

/* Does it read or write tables on the compute nodes, in Redshift's sense? */
extern bool rs_statement_is_query(RsStatementKind kind);
extern bool rs_statement_is_select(RsStatementKind kind);

/* Which log it is in: "query", "leader", "ddl", "utility" or "other". */
extern const char *rs_statement_family(RsStatementKind kind);

/* The same as sys_query_history has it. */
extern const char *rs_statement_type(RsStatementKind kind);

/*
 * The statement's text as others may see it, in a context: without secrets, cut if it is long.
 */
extern char *rs_statement_text(MemoryContext context, const char *text, int length, RsStatementKind kind);

#endif							/* RS_HISTORY_STATEMENT_KIND_H */
