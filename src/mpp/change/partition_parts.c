/*
 * partition_parts.c
 *	  Changes of a partitioned table that has partitions on the nodes and others of the
 *	  leader's own.
 *
 * Nodes know the table with the partitions that they have.  At the leader the others have
 * no rows, and the planner leaves them out where it changes rows (fragment_path.c).  So the
 * same statement is run twice, by the nodes and by the leader, with one snapshot, and each
 * changes what it has.  What is to be inserted is computed first and kept, as WITH does it
 * (with.c); then each gets the rows of its partitions.  Rows of no partition go to the
 * nodes, which say so.
 *
 * UPDATE that may let rows go from one partition to another is DELETE and INSERT.  So is
 * one of the distribution key under policies of rows, which nodes check for an INSERT, not
 * for rows that are only sent to them.
 */
#include "postgres.h"

#include "access/sysattr.h"
#include "access/table.h"
#include "catalog/partition.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "mpp/change/modify.h"
#include "mpp/cluster/table.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "rewrite/rewriteManip.h"
#include "utils/lsyscache.h"
#include "utils/partcache.h"
#include "utils/rel.h"

#define SOURCE_NAME		"rows to insert"
#define MOVED_NAME		"rows to move"
#define RETURNED_NAME	"rows returned"

/* What runs before the statement itself. */
typedef struct Parts
{
	const char *text;
	ParamListInfo params;
	RsPlanner	local;
	RsPlanner	nodes;
	List	   *names;
	List	   *plans;
} Parts;

bool
rs_sets_partition_key(Relation rel, const Bitmapset *columns)
{
	bool		sets = false;
	ListCell   *lc;

	if (rel->rd_rel->relkind != RELKIND_PARTITIONED_TABLE)
		return false;
	foreach(lc, find_all_inheritors(RelationGetRelid(rel), AccessShareLock, NULL))
	{
		Relation	part = table_open(lfirst_oid(lc), NoLock);
		Bitmapset  *own = NULL;
		int			i = -1;

		while (part->rd_rel->relkind == RELKIND_PARTITIONED_TABLE && (i = bms_next_member(columns, i)) >= 0)
		{
			char	   *name = get_attname(RelationGetRelid(rel), i + FirstLowInvalidHeapAttributeNumber, false);

			own = bms_add_member(own, get_attnum(RelationGetRelid(part), name) - FirstLowInvalidHeapAttributeNumber);
		}
		sets |= own != NULL && has_partition_attrs(part, own, NULL);
		table_close(part, NoLock);
	}
	return sets;
}

/* ---------------------------------------------------------------------
 * Statements over kept rows
 * ---------------------------------------------------------------------
 */

/*
 * SELECT of the columns behind the first ones of kept rows; source: the query that gives them.
 */
static Query *
select_kept(const Query *source, const char *name, int behind)
{
	Query	   *query = makeNode(Query);
	RangeTblRef *ref = makeNode(RangeTblRef);
	ListCell   *lc;

	query->commandType = CMD_SELECT;
	query->canSetTag = true;
	query->rtable = list_make1(rs_kept_rows(source, name, 1000));
	ref->rtindex = 1;
	query->jointree = makeFromExpr(list_make1(ref), NULL);
	foreach(lc, source->targetList)
	{
		TargetEntry *entry = lfirst_node(TargetEntry, lc);
		Node	   *expr = (Node *) entry->expr;

		if (entry->resno > behind)
			query->targetList = lappend(query->targetList,
										makeTargetEntry((Expr *) makeVar(1, entry->resno, exprType(expr), exprTypmod(expr),
																		 exprCollation(expr), 0),
														entry->resno - behind,
														entry->resname != NULL ? pstrdup(entry->resname) : NULL, false));
	}
	return query;
}

/*
 * What a statement returns, as a query: for its columns only.
 */
static Query *
returned(const Query *query)
{
	Query	   *columns = makeNode(Query);
	ListCell   *lc;

	columns->targetList = copyObject(query->returningList);
	foreach(lc, columns->targetList)
		if (lfirst_node(TargetEntry, lc)->resname == NULL)
			lfirst_node(TargetEntry, lc)->resname = psprintf("c%d", foreach_current_index(lc) + 1);
	return columns;
}

static void
run_before(Parts *parts, const char *name, PlannedStmt *plan, bool counted)
{
	plan->canSetTag = counted;
	parts->names = lappend(parts->names, makeString(pstrdup(name)));
	parts->plans = lappend(parts->plans, plan);
}

/*
 * Let a plan be that of the statement.
 */
static void
take_over(PlannedStmt *plan, const Query *original)
{
	plan->commandType = original->commandType;
	plan->hasReturning = original->returningList != NIL;
	plan->queryId = original->queryId;
	plan->canSetTag = original->canSetTag;
	plan->stmt_location = original->stmt_location;
	plan->stmt_len = original->stmt_len;
}

/*
 * The statement, for the nodes and for the leader; what both return is kept together, and
 * nothing else is left to be done.
 */
static PlannedStmt *
finish(Parts *parts, const Query *original, Query *at_nodes, Query *at_leader, int options)
{
	PlannedStmt *result;

	run_before(parts, RETURNED_NAME, parts->nodes(at_nodes, parts->text, 0, parts->params), true);
	if (original->returningList == NIL)
		result = parts->local(at_leader, parts->text, options, parts->params);
	else
	{
		run_before(parts, RETURNED_NAME, parts->local(at_leader, parts->text, 0, parts->params), true);
		result = parts->local(select_kept(returned(original), RETURNED_NAME, 0), parts->text, options, parts->params);
	}
	rs_plan_run_before(result, parts->names, parts->plans, true);
	take_over(result, original);
	return result;
}

/* ---------------------------------------------------------------------
 * INSERT
 * ---------------------------------------------------------------------
 */

/*
 * Is a kept row of one of the leader's partitions?  The kept rows have the columns of the
 * table; they are relation `kept`.
 */
static Node *
is_local(Relation rel, Index kept)
{
	List	   *any = NIL;
	ListCell   *lc;

	foreach(lc, rs_table_local_partitions(RelationGetRelid(rel)))
	{
		Relation	part = table_open(lfirst_oid(lc), AccessShareLock);
		List	   *quals = map_partition_varattnos(RelationGetPartitionQual(part), 1, rel, part);

		any = lappend(any, make_ands_explicit(quals));
		table_close(part, NoLock);
	}
	ChangeVarNodes((Node *) any, 1, kept, 0);
	return (Node *) (list_length(any) == 1 ? linitial(any) : make_orclause(any));
}

/*
 * The INSERT of kept rows that satisfy a condition.
 */
static Query *
insert_kept(const Query *original, Relation rel, const Query *source, bool local)
{
	Query	   *query = copyObject(unconstify(Query *, original));
	RangeTblRef *ref = makeNode(RangeTblRef);
	BooleanTest *test = makeNode(BooleanTest);
	List	   *columns = NIL;
	ListCell   *lc;

	foreach(lc, query->rtable)
	{
		int			index = foreach_current_index(lc) + 1;
		RangeTblEntry *unused = makeNode(RangeTblEntry);

		if (index == query->resultRelation || (query->onConflict != NULL && index == query->onConflict->exclRelIndex))
			continue;
		unused->rtekind = RTE_RESULT;
		unused->eref = makeAlias("unused", NIL);
		lfirst(lc) = unused;
	}
	query->rtable = lappend(query->rtable, rs_kept_rows(source, SOURCE_NAME, 1000));
	ref->rtindex = list_length(query->rtable);
	test->arg = (Expr *) is_local(rel, ref->rtindex);
	test->booltesttype = local ? IS_TRUE : IS_NOT_TRUE;
	test->location = -1;
	query->jointree = makeFromExpr(list_make1(ref), (Node *) test);
	foreach(lc, source->targetList)
	{
		TargetEntry *entry = lfirst_node(TargetEntry, lc);
		Form_pg_attribute attribute = TupleDescAttr(RelationGetDescr(rel), entry->resno - 1);

		if (!attribute->attisdropped && !attribute->attgenerated)
			columns = lappend(columns, makeTargetEntry((Expr *) makeVar(ref->rtindex, entry->resno, attribute->atttypid,
																		attribute->atttypmod, attribute->attcollation, 0),
													   entry->resno, pstrdup(NameStr(attribute->attname)), false));
	}
	query->targetList = columns;
	return query;
}

static PlannedStmt *
plan_insert(Parts *parts, const Query *original, Relation rel, int options)
{
	Query	   *source = rs_insert_source(original, rel);

	run_before(parts, SOURCE_NAME, planner(copyObject(source), parts->text, 0, parts->params), false);
	return finish(parts, original, insert_kept(original, rel, source, false), insert_kept(original, rel, source, true),
				  options);
}

/* ---------------------------------------------------------------------
 * UPDATE, DELETE, MERGE
 * ---------------------------------------------------------------------
 */

/*
 * INSERT of rows that were deleted to be moved.
 */
static Query *
insert_moved(const Query *update, Relation rel, const Query *deleted)
{
	Query	   *query = makeNode(Query);
	RangeTblEntry *target = copyObject(rt_fetch(update->resultRelation, update->rtable));
	RangeTblRef *ref = makeNode(RangeTblRef);
	int			i;

	target->securityQuals = NIL;
	target->inFromCl = false;
	query->commandType = CMD_INSERT;
	query->canSetTag = true;
	query->resultRelation = 1;
	query->override = OVERRIDING_SYSTEM_VALUE;
	query->rtable = list_make2(target, rs_kept_rows(deleted, MOVED_NAME, 1000));
	ref->rtindex = 2;
	query->jointree = makeFromExpr(list_make1(ref), NULL);
	for (i = 0; i < RelationGetNumberOfAttributes(rel); i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(RelationGetDescr(rel), i);

		if (!attribute->attisdropped && !attribute->attgenerated)
			query->targetList = lappend(query->targetList,
										makeTargetEntry((Expr *) makeVar(2, i + 1, attribute->atttypid, attribute->atttypmod,
																		 attribute->attcollation, 0),
														i + 1, pstrdup(NameStr(attribute->attname)), false));
	}
	return query;
}

/*
 * DELETE, which gives the rows as they will be, and INSERT of these.
 */
static PlannedStmt *
plan_move(Parts *parts, const Query *original, Relation rel, int options)
{
	Query	   *deletion = rs_relocation(original, rel);
	Query	   *columns = returned(deletion);
	Query	   *insertion = insert_moved(original, rel, columns);
	Parts		inner = {.text = parts->text,.params = parts->params,.local = parts->local,.nodes = parts->nodes};
	PlannedStmt *result;

	run_before(parts, MOVED_NAME, parts->nodes(copyObject(deletion), parts->text, 0, parts->params), true);
	if (rs_table_target_is_mixed(RelationGetRelid(rel)))
	{
		run_before(parts, MOVED_NAME, parts->local(deletion, parts->text, 0, parts->params), true);
		result = plan_insert(&inner, insertion, rel, 0);
	}
	else
		result = parts->nodes(insertion, parts->text, 0, parts->params);
	run_before(parts, "rows moved", result, false);
	result = parts->local(select_kept(columns, MOVED_NAME, RelationGetNumberOfAttributes(rel)), parts->text, options,
						  parts->params);
	rs_plan_run_before(result, parts->names, parts->plans, true);
	take_over(result, original);
	return result;
}

PlannedStmt *
rs_plan_parts(Query *query, const char *text, int options, ParamListInfo params, RsPlanner local, RsPlanner nodes)
{
	Parts		parts = {.text = text,.params = params,.local = local,.nodes = nodes};
	Relation	rel = table_open(rt_fetch(query->resultRelation, query->rtable)->relid, NoLock);
	PlannedStmt *result;

	if (query->commandType == CMD_INSERT)
		result = plan_insert(&parts, query, rel, options);
	else if (rs_update_moves_rows(query, rel))
		result = plan_move(&parts, query, rel, options);
	else
		result = finish(&parts, query, copyObject(query), copyObject(query), options);
	table_close(rel, NoLock);
	return result;
}
