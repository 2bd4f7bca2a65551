/*
 * copy_nodes.c
 *	  COPY into and out of distributed tables.
 *
 * Into: PostgreSQL's own reader makes rows of the input, with the defaults of columns
 * that are not in it, and they are sent to their nodes (route.c).  Constraints and
 * triggers are the nodes'.  Out of: COPY of a table becomes COPY of a query.
 */
#include "postgres.h"

#include "access/sysattr.h"
#include "access/table.h"
#include "catalog/pg_authid.h"
#include "commands/copy.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "mpp/change/copy_nodes.h"
#include "mpp/change/route.h"
#include "nodes/makefuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parse_coerce.h"
#include "parser/parse_collate.h"
#include "parser/parse_expr.h"
#include "parser/parse_relation.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/rls.h"

static void
check_source(const CopyStmt *statement)
{
	if (statement->filename == NULL)
		return;
	if (statement->is_program && !has_privs_of_role(GetUserId(), ROLE_PG_EXECUTE_SERVER_PROGRAM))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("must be superuser or have privileges of the pg_execute_server_program role to COPY from a program")));
	if (!statement->is_program && !has_privs_of_role(GetUserId(), ROLE_PG_READ_SERVER_FILES))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("must be superuser or have privileges of the pg_read_server_files role to COPY from a file")));
}

/*
 * The columns that the input has, as attribute numbers.
 */
static List *
columns_of(const CopyStmt *statement, Relation rel)
{
	TupleDesc	desc = RelationGetDescr(rel);
	List	   *columns = NIL;
	ListCell   *lc;
	int			i;

	if (statement->attlist == NIL)
	{
		for (i = 0; i < desc->natts; i++)
			if (!TupleDescAttr(desc, i)->attisdropped && !TupleDescAttr(desc, i)->attgenerated)
				columns = lappend_int(columns, i + 1);
		return columns;
	}

	/* Names that are wrong are the reader's to refuse. */
	foreach(lc, statement->attlist)
	{
		AttrNumber	attno = get_attnum(RelationGetRelid(rel), strVal(lfirst(lc)));

		if (attno > 0)
			columns = lappend_int(columns, attno);
	}
	return columns;
}

static List *
where_clause(ParseState *pstate, ParseNamespaceItem *item, Node *clause)
{
	addNSItemToQuery(pstate, item, false, true, true);
	clause = transformExpr(pstate, clause, EXPR_KIND_COPY_WHERE);
	clause = coerce_to_boolean(pstate, clause, "WHERE");
	assign_expr_collations(pstate, clause);
	clause = eval_const_expressions(NULL, clause);
	return make_ands_implicit(canonicalize_qual((Expr *) clause, false));
}

static void
check_privileges(ParseState *pstate, RangeTblEntry *rte, List *columns)
{
	ListCell   *lc;

	rte->requiredPerms = ACL_INSERT;
	foreach(lc, columns)
		rte->insertedCols = bms_add_member(rte->insertedCols, lfirst_int(lc) - FirstLowInvalidHeapAttributeNumber);
	ExecCheckRTPerms(pstate->p_rtable, true);
	if (check_enable_rls(rte->relid, InvalidOid, false) == RLS_ENABLED)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("COPY FROM not supported with row-level security"),
				 errhint("Use INSERT statements instead.")));
}

static uint64
copy_rows(CopyFromState copy, Relation rel, List *where)
{
	EState	   *estate = CreateExecutorState();
	ExprContext *econtext = GetPerTupleExprContext(estate);
	TupleTableSlot *slot = MakeSingleTupleTableSlot(RelationGetDescr(rel), &TTSOpsVirtual);
	ExprState  *qual = ExecPrepareQual(where, estate);
	RsRoute    *route = rs_route_begin(rel, GetUserId());
	uint64		rows = 0;
	ErrorContextCallback callback = {error_context_stack, CopyFromErrorCallback, copy};

	error_context_stack = &callback;
	for (;;)
	{
		MemoryContext caller;
		bool		more;

		CHECK_FOR_INTERRUPTS();
		ResetPerTupleExprContext(estate);
		ExecClearTuple(slot);
		caller = MemoryContextSwitchTo(GetPerTupleMemoryContext(estate));
		more = NextCopyFrom(copy, econtext, slot->tts_values, slot->tts_isnull);
		MemoryContextSwitchTo(caller);
		if (!more)
			break;
		ExecStoreVirtualTuple(slot);
		econtext->ecxt_scantuple = slot;
		if (!ExecQual(qual, econtext))
			continue;
		rs_route_row(route, slot);
		rows++;
	}
	error_context_stack = callback.previous;
	rs_route_end(route);
	ExecDropSingleTupleTableSlot(slot);
	FreeExecutorState(estate);
	return rows;
}

void
rs_copy_into_nodes(CopyStmt *statement, const char *text, QueryCompletion *completion)
{
	ParseState *pstate = make_parsestate(NULL);
	Relation	rel;
	ParseNamespaceItem *item;
	List	   *where = NIL;
	CopyFromState copy;
	uint64		rows;

	check_source(statement);
	PreventCommandIfReadOnly("COPY FROM");
	pstate->p_sourcetext = text;
	rel = table_openrv(statement->relation, RowExclusiveLock);
	item = addRangeTableEntryForRelation(pstate, rel, RowExclusiveLock, NULL, false, false);
	if (statement->whereClause != NULL)
		where = where_clause(pstate, item, statement->whereClause);
	check_privileges(pstate, item->p_rte, columns_of(statement, rel));
	copy = BeginCopyFrom(pstate, rel, NULL, statement->filename, statement->is_program, NULL, statement->attlist,
						 statement->options);
	rows = copy_rows(copy, rel, where);
	EndCopyFrom(copy);
	table_close(rel, NoLock);
	free_parsestate(pstate);
	if (completion)
		SetQueryCompletion(completion, CMDTAG_COPY, rows);
}

/*
 * SELECT columns FROM ONLY table, for COPY to take.
 */
void
rs_copy_as_query(CopyStmt *statement)
{
	SelectStmt *select = makeNode(SelectStmt);
	List	   *names = statement->attlist;
	ListCell   *lc;

	if (names == NIL)
	{
		Relation	rel = table_openrv(statement->relation, AccessShareLock);

		foreach(lc, columns_of(statement, rel))
			names = lappend(names, makeString(get_attname(RelationGetRelid(rel), lfirst_int(lc), false)));
		table_close(rel, NoLock);
	}
	foreach(lc, names)
	{
		ColumnRef  *column = makeNode(ColumnRef);
		ResTarget  *target = makeNode(ResTarget);

		column->fields = list_make1(lfirst(lc));
		column->location = target->location = -1;
		target->val = (Node *) column;
		select->targetList = lappend(select->targetList, target);
	}
	statement->relation->inh = false;
	select->fromClause = list_make1(statement->relation);
	statement->query = (Node *) select;
	statement->relation = NULL;
	statement->attlist = NIL;
}
