/*
 * incremental.c
 *	  Incremental refreshes of materialized views.
 *
 * If rows were only added to a view's tables since it was refreshed, what they add to the
 * view is its query over them.  Of a join of tables T1, T2, ... of which several have rows
 * added, it is the sum over them of the query with Ti's added rows, in place of Ti, all rows
 * of those before and the old rows of those behind: each combination with a new row, once.
 * The rows are told apart by row numbers (table_state.c), in the scans (storage/row_set.c).
 *
 * Without aggregation the rows found are inserted.  With it they are summed up with the
 * view's own row of the group, found by GROUP BY over both, so that NULLs and values that
 * are equal but look different make the groups that the query itself would; then the old
 * row is deleted and the new one inserted.  That reads the whole view, not its tables.
 *
 * Anything else, above all deleted rows, is no business of this file: the view is recomputed.
 */
#include "postgres.h"

#include "access/relation.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_aggregate.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "core/schema.h"
#include "executor/executor.h"
#include "executor/spi.h"
#include "executor/tstoreReceiver.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "rewrite/prs2lock.h"
#include "rewrite/rewriteHandler.h"
#include "rewrite/rewriteManip.h"
#include "storage/reloptions.h"
#include "tcop/tcopprot.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/tuplestore.h"
#include "views/incremental.h"
#include "views/table_state.h"

PG_FUNCTION_INFO_V1(rs_mv_is_incremental);

/* Of a numeric, by its typmod. */
#define DIGITS_BEHIND(typmod)	(((typmod) - VARHDRSZ) & 0x7ff)

#define DELTA	"redshift_view_delta"	/* the rows found, in the statement that merges them */

/* ---------------------------------------------------------------------
 * Which views
 * ---------------------------------------------------------------------
 */

/*
 * Collect the tables of FROM; false if anything else stands there.
 */
static bool
find_tables(Query *query, Node *from, List **rtis)
{
	RangeTblEntry *rte;
	ListCell   *lc;

	if (IsA(from, FromExpr))
	{
		foreach(lc, ((FromExpr *) from)->fromlist)
			if (!find_tables(query, lfirst(lc), rtis))
				return false;
		return true;
	}
	if (IsA(from, JoinExpr))
		return ((JoinExpr *) from)->jointype == JOIN_INNER && find_tables(query, ((JoinExpr *) from)->larg, rtis) &&
			find_tables(query, ((JoinExpr *) from)->rarg, rtis);
	if (!IsA(from, RangeTblRef))
		return false;
	rte = rt_fetch(((RangeTblRef *) from)->rtindex, query->rtable);
	*rtis = lappend_int(*rtis, ((RangeTblRef *) from)->rtindex);
	return rte->rtekind == RTE_RELATION && rte->relkind == RELKIND_RELATION && rte->tablesample == NULL &&
		rte->securityQuals == NIL && rs_reloptions_is_redshift(rte->relid);
}

/*
 * Rows keep what they are when others come, except for where and since when they are.
 */
static bool
reads_system_column(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Var))
		return ((Var *) node)->varattno < 0;
	return expression_tree_walker(node, reads_system_column, context);
}

/*
 * The aggregate that a column is, under the type that Redshift's rules give it: a label, or a
 * cast of a sum of decimals to as many digits behind the point, which fails or changes nothing.
 * NULL: it is none.
 */
static Aggref *
aggregate_of(TargetEntry *entry)
{
	Node	   *node = (Node *) entry->expr;
	FuncExpr   *cast = (FuncExpr *) node;
	int32		typmod = exprTypmod(node);

	if (IsA(node, RelabelType))
		node = (Node *) ((RelabelType *) node)->arg;
	else if (IsA(cast, FuncExpr) && cast->funcid == F_NUMERIC_NUMERIC_INT4 && IsA(linitial(cast->args), Aggref) && typmod >= 0)
	{
		Aggref	   *sum = linitial(cast->args);
		int32		of = list_length(sum->args) == 1 ? exprTypmod((Node *) linitial_node(TargetEntry, sum->args)->expr) : -1;

		if (of < 0 || DIGITS_BEHIND(of) > DIGITS_BEHIND(typmod))
			return NULL;
		node = (Node *) sum;
	}
	return IsA(node, Aggref) ? (Aggref *) node : NULL;
}

static const char *
aggregate_name(const Aggref *aggref)
{
	Oid			schema = get_func_namespace(aggref->aggfnoid);

	return schema == PG_CATALOG_NAMESPACE || schema == rs_extension_schema() ? get_func_name(aggref->aggfnoid) : NULL;
}

/*
 * Can two values of the aggregate, each of some of the rows, be made one of all of them?
 */
static bool
can_merge(const Aggref *aggref)
{
	const char *name = aggregate_name(aggref);

	if (name == NULL || aggref->aggkind != AGGKIND_NORMAL || aggref->aggdistinct != NIL || aggref->aggorder != NIL ||
		aggref->agglevelsup != 0)
		return false;
	if (strcmp(name, "count") == 0)
		return aggref->aggtype == INT8OID;
	if (strcmp(name, "sum") == 0)
		return aggref->aggtype == INT8OID || aggref->aggtype == NUMERICOID || aggref->aggtype == FLOAT8OID ||
			aggref->aggtype == FLOAT4OID;
	return strcmp(name, "min") == 0 || strcmp(name, "max") == 0;
}

/*
 * The column with an aggregate of that name over what another one is over.
 */
static TargetEntry *
find_beside(Query *query, const Aggref *aggref, const char *name)
{
	ListCell   *lc;

	foreach(lc, query->targetList)
	{
		TargetEntry *entry = lfirst_node(TargetEntry, lc);
		Aggref	   *other = aggregate_of(entry);

		if (other != NULL && can_merge(other) && strcmp(aggregate_name(other), name) == 0 &&
			equal(other->args, aggref->args) && equal(other->aggfilter, aggref->aggfilter))
			return entry;
	}
	return NULL;
}

/*
 * An average is a sum by a count, if both are there.
 */
static bool
is_quotient(Query *query, const Aggref *aggref, TargetEntry **sum, TargetEntry **count)
{
	const char *name = aggregate_name(aggref);
	Oid			type;

	if (name == NULL || strcmp(name, "avg") != 0 || aggref->aggdistinct != NIL || aggref->aggorder != NIL)
		return false;
	*sum = find_beside(query, aggref, "sum");
	*count = find_beside(query, aggref, "count");
	if (*sum == NULL || *count == NULL)
		return false;
	type = exprType((Node *) (*sum)->expr);
	return aggref->aggtype == NUMERICOID ? type == INT8OID : aggref->aggtype == type && (type == INT8OID || type == FLOAT8OID);
}

/*
 * Is every column a group's key or an aggregate, and every key a column?
 */
static bool
groups_are_rows(Query *query)
{
	int			keys = 0;
	ListCell   *lc;

	foreach(lc, query->targetList)
	{
		TargetEntry *entry = lfirst_node(TargetEntry, lc);
		Aggref	   *aggref = aggregate_of(entry);
		TargetEntry *sum;
		TargetEntry *count;

		if (entry->resjunk)
			return false;
		if (entry->ressortgroupref != 0)
			keys++;
		else if (aggref == NULL || (!can_merge(aggref) && !is_quotient(query, aggref, &sum, &count)))
			return false;
	}
	return keys == list_length(query->groupClause);
}

Query *
rs_incremental_query(Relation view)
{
	List	   *rtis = NIL;
	Query	   *query;

	if (view->rd_rules == NULL || view->rd_rules->numLocks != 1)
		return NULL;
	query = linitial_node(Query, view->rd_rules->rules[0]->actions);
	if (query->commandType != CMD_SELECT || query->setOperations != NULL || query->cteList != NIL ||
		query->hasSubLinks || query->hasWindowFuncs || query->hasTargetSRFs || query->rowMarks != NIL ||
		query->distinctClause != NIL || query->sortClause != NIL || query->limitCount != NULL ||
		query->limitOffset != NULL || query->groupingSets != NIL || query->havingQual != NULL)
		return NULL;
	if (!find_tables(query, (Node *) query->jointree, &rtis) || rtis == NIL)
		return NULL;
	if (reads_system_column((Node *) query->targetList, NULL) || reads_system_column((Node *) query->jointree, NULL) ||
		contain_mutable_functions((Node *) query))
		return NULL;
	if ((query->hasAggs || query->groupClause != NIL) && !groups_are_rows(query))
		return NULL;
	return copyObject(query);
}

Datum
rs_mv_is_incremental(PG_FUNCTION_ARGS)
{
	Relation	view = try_relation_open(PG_GETARG_OID(0), AccessShareLock);
	bool		result;

	if (view == NULL)
		PG_RETURN_NULL();
	result = view->rd_rel->relkind == RELKIND_MATVIEW && rs_incremental_query(view) != NULL;
	relation_close(view, AccessShareLock);
	PG_RETURN_BOOL(result);
}

/* ---------------------------------------------------------------------
 * What the added rows add
 * ---------------------------------------------------------------------
 */

/* A table of the view's FROM to which rows were added. */
typedef struct Term
{
	int			rti;
	RsTableChange change;
} Term;

/* Of large tables all rows are read, rather than the old ones. */
static int
larger_first(const ListCell *a, const ListCell *b)
{
	const Term *x = lfirst(a);
	const Term *y = lfirst(b);

	return x->change.rows > y->change.rows ? -1 : x->change.rows < y->change.rows;
}

/*
 * The tables that were added to, each as often as FROM has it; false if something else
 * has changed.
 */
static bool
find_terms(Query *query, List *changed, List **terms)
{
	List	   *rtis = NIL;
	ListCell   *lc;

	(void) find_tables(query, (Node *) query->jointree, &rtis);
	*terms = NIL;
	foreach(lc, changed)
	{
		RsChangedTable *table = lfirst(lc);
		RsTableChange change;
		Relation	rel;
		bool		added;
		bool		found = false;
		ListCell   *rti;

		if (table->before == NULL)
			return false;
		rel = try_relation_open(table->relid, AccessShareLock);
		if (rel == NULL)
			return false;
		added = !has_subclass(table->relid) && rs_table_state_added(rel, table->before, &change);
		relation_close(rel, NoLock);
		if (!added)
			return false;
		foreach(rti, rtis)
			if (rt_fetch(lfirst_int(rti), query->rtable)->relid == table->relid)
			{
				Term	   *term = palloc(sizeof(Term));

				term->rti = lfirst_int(rti);
				term->change = change;
				*terms = lappend(*terms, term);
				found = true;
			}
		if (!found)
			return false;
	}
	list_sort(*terms, larger_first);
	return true;
}

/*
 * The view's query with the n-th term's added rows.
 */
static Query *
query_of_term(Query *query, List *terms, int n)
{
	Query	   *copy = copyObject(query);
	int			i;

	for (i = n; i < list_length(terms); i++)
	{
		Term	   *term = list_nth(terms, i);
		RsRowSet   *rows = i == n ? term->change.added : term->change.others;

		AddQual(copy, (Node *) rs_row_set_condition(term->rti, rows));
	}
	return copy;
}

static void
run(Query *query, Tuplestorestate *store)
{
	DestReceiver *dest = CreateDestReceiver(DestTuplestore);
	List	   *rewritten;
	PlannedStmt *plan;
	QueryDesc  *desc;

	SetTuplestoreDestReceiverParams(dest, store, CurrentMemoryContext, false, NULL, NULL);
	AcquireRewriteLocks(query, true, false);
	rewritten = QueryRewrite(query);
	if (list_length(rewritten) != 1)
		elog(ERROR, "unexpected rewrite of a materialized view's query");
	plan = pg_plan_query(linitial_node(Query, rewritten), "", CURSOR_OPT_PARALLEL_OK, NULL);
	desc = CreateQueryDesc(plan, "", GetActiveSnapshot(), InvalidSnapshot, dest, NULL, NULL, 0);
	ExecutorStart(desc, 0);
	ExecutorRun(desc, ForwardScanDirection, 0, true);
	ExecutorFinish(desc);
	ExecutorEnd(desc);
	FreeQueryDesc(desc);
	dest->rDestroy(dest);
}

/* ---------------------------------------------------------------------
 * The view's rows
 * ---------------------------------------------------------------------
 */

typedef struct Writer
{
	Relation	view;
	EState	   *estate;
	ResultRelInfo *target;
	TupleTableSlot *slot;		/* of the view's rows */
} Writer;

static void
begin_write(Writer *writer, Relation view)
{
	writer->view = view;
	writer->estate = CreateExecutorState();
	writer->target = makeNode(ResultRelInfo);
	InitResultRelInfo(writer->target, view, 0, NULL, 0);
	ExecOpenIndices(writer->target, false);
	writer->slot = MakeSingleTupleTableSlot(RelationGetDescr(view), &TTSOpsMinimalTuple);
}

static void
insert(Writer *writer, TupleTableSlot *slot)
{
	CHECK_FOR_INTERRUPTS();
	table_tuple_insert(writer->view, slot, GetCurrentCommandId(true), 0, NULL);
	if (writer->target->ri_NumIndices > 0)
		(void) ExecInsertIndexTuples(writer->target, slot, writer->estate, false, false, NULL, NIL);
	ResetPerTupleExprContext(writer->estate);
}

static void
delete(Writer *writer, ItemPointer tid)
{
	TM_FailureData failure;

	CHECK_FOR_INTERRUPTS();
	if (table_tuple_delete(writer->view, tid, GetCurrentCommandId(true), GetActiveSnapshot(), InvalidSnapshot, true,
						   &failure, false) != TM_Ok)
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("could not serialize access to materialized view \"%s\" due to concurrent update",
						RelationGetRelationName(writer->view))));
}

static void
end_write(Writer *writer)
{
	ExecDropSingleTupleTableSlot(writer->slot);
	ExecCloseIndices(writer->target);
	FreeExecutorState(writer->estate);
	CommandCounterIncrement();
}

static void
insert_rows(Relation view, Tuplestorestate *rows)
{
	Writer		writer;

	begin_write(&writer, view);
	while (tuplestore_gettupleslot(rows, true, false, writer.slot))
		insert(&writer, writer.slot);
	end_write(&writer);
}

/*
 * Rows of the view to be deleted (first column, may be NULL), and what is to come for them.
 */
static void
replace_rows(Relation view, Tuplestorestate *rows, TupleDesc desc)
{
	TupleTableSlot *row = MakeSingleTupleTableSlot(desc, &TTSOpsMinimalTuple);
	TupleTableSlot *virtual = MakeSingleTupleTableSlot(RelationGetDescr(view), &TTSOpsVirtual);
	Writer		writer;

	begin_write(&writer, view);
	while (tuplestore_gettupleslot(rows, true, false, row))
	{
		bool		isnull;
		Datum		tid = slot_getattr(row, 1, &isnull);

		if (!isnull)
			delete(&writer, (ItemPointer) DatumGetPointer(tid));
	}
	/* All are deleted before the first is inserted, for unique indexes' sake. */
	CommandCounterIncrement();
	tuplestore_rescan(rows);
	while (tuplestore_gettupleslot(rows, true, false, row))
	{
		int			natts = desc->natts - 1;

		slot_getallattrs(row);
		ExecClearTuple(virtual);
		memcpy(virtual->tts_values, &row->tts_values[1], natts * sizeof(Datum));
		memcpy(virtual->tts_isnull, &row->tts_isnull[1], natts * sizeof(bool));
		ExecStoreVirtualTuple(virtual);
		insert(&writer, virtual);
	}
	end_write(&writer);
	ExecDropSingleTupleTableSlot(virtual);
	ExecDropSingleTupleTableSlot(row);
}

/* ---------------------------------------------------------------------
 * Aggregation
 * ---------------------------------------------------------------------
 */

/*
 * An aggregate of the values that an aggregate of the view has, as text.
 */
static void
append_merged(StringInfo sql, Query *query, TargetEntry *entry)
{
	const Aggref *aggref = aggregate_of(entry);
	const char *name = aggregate_name(aggref);
	int			column = entry->resno;
	TargetEntry *sum;
	TargetEntry *count;

	/* The sum of no values is NULL, and nothing is divided by none. */
	if (is_quotient(query, aggref, &sum, &count))
	{
		if (aggref->aggtype == INT8OID)
			appendStringInfo(sql, ", pg_catalog.div(pg_catalog.sum(u.c%d), pg_catalog.sum(u.c%d))::pg_catalog.int8", sum->resno,
							 count->resno);
		else
			appendStringInfo(sql, ", pg_catalog.sum(u.c%d) OPERATOR(pg_catalog./) pg_catalog.sum(u.c%d)::%s", sum->resno,
							 count->resno, format_type_be_qualified(aggref->aggtype));
	}
	else if (strcmp(name, "count") == 0 || strcmp(name, "sum") == 0)
		appendStringInfo(sql, ", pg_catalog.sum(u.c%d)::%s", column,
						 format_type_extended(aggref->aggtype, exprTypmod((Node *) entry->expr), FORMAT_TYPE_TYPEMOD_GIVEN | FORMAT_TYPE_FORCE_QUALIFY));
	else
		appendStringInfo(sql, ", %s.%s(u.c%d)", quote_identifier(get_namespace_name(get_func_namespace(aggref->aggfnoid))),
						 name, column);
}

/*
 * SELECT max(u.t), u.c1, sum(u.c2), ... FROM (SELECT ctid, ... FROM view UNION ALL
 * SELECT NULL, ... FROM delta) u GROUP BY u.c1 HAVING count(*) > count(u.t)
 */
static char *
merge_statement(Relation view, Query *query)
{
	StringInfoData sql;
	StringInfoData columns;
	StringInfoData names;
	StringInfoData keys;
	ListCell   *lc;

	initStringInfo(&sql);
	initStringInfo(&columns);
	initStringInfo(&names);
	initStringInfo(&keys);
	appendStringInfoString(&sql, "SELECT pg_catalog.max(u.t)");
	foreach(lc, query->targetList)
	{
		TargetEntry *entry = lfirst_node(TargetEntry, lc);
		Form_pg_attribute att = TupleDescAttr(RelationGetDescr(view), entry->resno - 1);

		appendStringInfo(&columns, ", v.%s", quote_identifier(NameStr(att->attname)));
		appendStringInfo(&names, ", c%d", entry->resno);
		if (entry->ressortgroupref != 0)
		{
			appendStringInfo(&keys, "%s u.c%d", keys.len == 0 ? " GROUP BY" : ",", entry->resno);
			appendStringInfo(&sql, ", u.c%d", entry->resno);
		}
		else
			append_merged(&sql, query, entry);
	}
	appendStringInfo(&sql, " FROM (SELECT v.ctid%s FROM %s v UNION ALL SELECT NULL::pg_catalog.tid%s FROM " DELTA " v) u(t%s)%s"
					 " HAVING pg_catalog.count(*) > pg_catalog.count(u.t)", columns.data,
					 quote_qualified_identifier(get_namespace_name(RelationGetNamespace(view)), RelationGetRelationName(view)),
					 columns.data, names.data, keys.data);
	return sql.data;
}

static void
merge_rows(Relation view, Query *query, Tuplestorestate *rows)
{
	MemoryContext caller = CurrentMemoryContext;
	EphemeralNamedRelationData delta = {0};
	SPIExecuteOptions options = {0};
	Tuplestorestate *merged = tuplestore_begin_heap(false, false, work_mem);
	DestReceiver *dest = CreateDestReceiver(DestTuplestore);
	TupleDesc	desc = CreateTemplateTupleDesc(RelationGetDescr(view)->natts + 1);
	char	   *statement = merge_statement(view, query);
	int			i;

	TupleDescInitEntry(desc, 1, "tid", TIDOID, -1, 0);
	for (i = 1; i < desc->natts; i++)
		TupleDescCopyEntry(desc, (AttrNumber) (i + 1), RelationGetDescr(view), (AttrNumber) i);
	SetTuplestoreDestReceiverParams(dest, merged, caller, false, NULL, NULL);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	delta.md.name = DELTA;
	delta.md.tupdesc = RelationGetDescr(view);
	delta.md.enrtype = ENR_NAMED_TUPLESTORE;
	delta.md.enrtuples = (double) tuplestore_tuple_count(rows);
	delta.reldata = rows;
	if (SPI_register_relation(&delta) != SPI_OK_REL_REGISTER)
		elog(ERROR, "SPI_register_relation failed");
	options.read_only = true;
	options.dest = dest;
	if (SPI_execute_extended(statement, &options) != SPI_OK_SELECT)
		elog(ERROR, "merge of a materialized view failed");
	SPI_finish();
	replace_rows(view, merged, desc);
	tuplestore_end(merged);
	dest->rDestroy(dest);
}

/* ---------------------------------------------------------------------
 * Refresh
 * ---------------------------------------------------------------------
 */

static void
apply(Relation view, Query *query, List *terms)
{
	Tuplestorestate *rows = tuplestore_begin_heap(false, false, work_mem);
	int			i;

	for (i = 0; i < list_length(terms); i++)
		run(query_of_term(query, terms, i), rows);
	if (query->hasAggs || query->groupClause != NIL)
		merge_rows(view, query, rows);
	else
		insert_rows(view, rows);
	tuplestore_end(rows);
}

/*
 * As the owner of the view, who can do nothing here that outlasts it, as in a refresh of PostgreSQL's.
 */
bool
rs_incremental_refresh(Relation view, Query *query, List *changed)
{
	Oid			user;
	int			security;
	int			nest;
	List	   *terms;
	bool		found;

	GetUserIdAndSecContext(&user, &security);
	SetUserIdAndSecContext(view->rd_rel->relowner, security | SECURITY_RESTRICTED_OPERATION);
	nest = NewGUCNestLevel();
	(void) set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	found = find_terms(query, changed, &terms);
	if (found)
	{
		/* Workers of a parallel query cannot wait for it. */
		(void) GetCurrentTransactionId();
		PushCopiedSnapshot(GetActiveSnapshot());
		UpdateActiveSnapshotCommandId();
		apply(view, query, terms);
		PopActiveSnapshot();
	}
	AtEOXact_GUC(false, nest);
	SetUserIdAndSecContext(user, security);
	return found;
}
