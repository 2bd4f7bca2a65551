/*
 * read_apart.c
 *	  Distributed tables in queries that change or lock rows of the leader.
 *
 * If a row that such a query has chosen was changed meanwhile, PostgreSQL looks at it
 * again, together with the rows of other tables that belonged to it, which it finds by
 * their ctid.  Rows of nodes have no place at the leader.  So a distributed table becomes
 * a subquery there: of subqueries PostgreSQL keeps the whole row.  Conditions on the table
 * alone are given to the subquery, so that the nodes check them.
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/pg_type.h"
#include "mpp/change/modify.h"
#include "mpp/cluster/table.h"
#include "mpp/plan/system_columns.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "optimizer/prep.h"
#include "parser/parsetree.h"
#include "rewrite/rewriteManip.h"
#include "utils/rel.h"

Query *
rs_whole_relation(const RangeTblEntry *entry, Index relation)
{
	Relation	rel = table_open(entry->relid, NoLock);
	TupleDesc	desc = RelationGetDescr(rel);
	Query	   *query = makeNode(Query);
	RangeTblEntry *rte = copyObject(unconstify(RangeTblEntry *, entry));
	RangeTblRef *ref = makeNode(RangeTblRef);
	int			i;

	/* It is the query's first; policies have columns of it, too. */
	rte->alias = NULL;
	ChangeVarNodes((Node *) rte->securityQuals, relation, 1, 0);
	query->commandType = CMD_SELECT;
	query->canSetTag = true;
	query->rtable = list_make1(rte);
	query->hasRowSecurity = rte->securityQuals != NIL;
	query->hasSubLinks = checkExprHasSubLink((Node *) rte->securityQuals);
	ref->rtindex = 1;
	query->jointree = makeFromExpr(list_make1(ref), NULL);
	for (i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, i);
		Expr	   *column;

		if (attribute->attisdropped)
			column = (Expr *) makeConst(INT4OID, -1, InvalidOid, sizeof(int32), (Datum) 0, true, true);
		else
			column = (Expr *) makeVar(1, i + 1, attribute->atttypid, attribute->atttypmod, attribute->attcollation, 0);
		query->targetList = lappend(query->targetList,
									makeTargetEntry(column, i + 1, psprintf("c%d", i + 1), false));
	}
	table_close(rel, NoLock);
	return query;
}

/*
 * The conditions that rows of a relation have to satisfy where they stand: those of
 * WHERE and of inner joins, but not of what outer joins may fill with NULL.  True if the
 * relation is in this part of the tree.
 */
static bool
conditions_above(Node *node, Index relation, List **conditions)
{
	ListCell   *lc;

	if (IsA(node, RangeTblRef))
		return ((RangeTblRef *) node)->rtindex == (int) relation;
	if (IsA(node, FromExpr))
	{
		foreach(lc, ((FromExpr *) node)->fromlist)
			if (conditions_above(lfirst(lc), relation, conditions))
			{
				*conditions = list_concat(*conditions, make_ands_implicit((Expr *) ((FromExpr *) node)->quals));
				return true;
			}
		return false;
	}
	if (IsA(node, JoinExpr))
	{
		JoinExpr   *join = (JoinExpr *) node;

		if (join->jointype == JOIN_INNER &&
			(conditions_above(join->larg, relation, conditions) || conditions_above(join->rarg, relation, conditions)))
		{
			*conditions = list_concat(*conditions, make_ands_implicit((Expr *) join->quals));
			return true;
		}
		return join->jointype == JOIN_LEFT && conditions_above(join->larg, relation, conditions);
	}
	return false;
}

static Node *
conditions_of(const Query *query, Index relation)
{
	List	   *all = NIL;
	List	   *own = NIL;
	ListCell   *lc;

	/* What MERGE joins by decides between its actions, not which rows there are. */
	if (query->commandType == CMD_MERGE || !conditions_above((Node *) query->jointree, relation, &all))
		return NULL;
	foreach(lc, all)
	{
		Node	   *qual = lfirst(lc);

		if (bms_is_subset(pull_varnos(NULL, qual), bms_make_singleton(relation)) && !checkExprHasSubLink(qual) &&
			!contain_volatile_functions(qual) && !contain_vars_of_level(qual, 1))
			own = lappend(own, copyObject(qual));
	}
	if (own == NIL)
		return NULL;
	ChangeVarNodes((Node *) own, relation, 1, 0);
	return (Node *) make_ands_explicit(own);
}

static void
set_apart(Query *query, Index relation)
{
	RangeTblEntry *entry = rt_fetch(relation, query->rtable);
	RangeTblEntry *rte = makeNode(RangeTblEntry);
	Query	   *subquery = rs_whole_relation(entry, relation);
	ListCell   *lc;

	subquery->jointree->quals = conditions_of(query, relation);
	subquery->hasRowSecurity |= query->hasRowSecurity;

	/* Not to be pulled up. */
	subquery->limitOffset = (Node *) makeConst(INT8OID, -1, InvalidOid, sizeof(int64), Int64GetDatum(0), false,
											   FLOAT8PASSBYVAL);
	rte->rtekind = RTE_SUBQUERY;
	rte->subquery = subquery;
	rte->alias = copyObject(entry->alias);
	rte->eref = copyObject(entry->eref);
	rte->lateral = false;
	rte->inFromCl = entry->inFromCl;
	rs_system_columns_move(query, relation, subquery);
	foreach(lc, list_copy_tail(subquery->targetList, list_length(rte->eref->colnames)))
		rte->eref->colnames = lappend(rte->eref->colnames, makeString(lfirst_node(TargetEntry, lc)->resname));
	list_nth_cell(query->rtable, relation - 1)->ptr_value = rte;
}

/*
 * Does a query itself change or lock rows of the leader?
 */
static bool
marks_rows(const Query *query)
{
	ListCell   *lc;

	if (query->commandType == CMD_UPDATE || query->commandType == CMD_DELETE || query->commandType == CMD_MERGE)
		return !rs_table_target_is_distributed(rt_fetch(query->resultRelation, query->rtable)->relid);
	foreach(lc, query->rowMarks)
		if (rt_fetch(lfirst_node(RowMarkClause, lc)->rti, query->rtable)->rtekind == RTE_RELATION)
			return true;
	return false;
}

/*
 * Could the planner make a subquery part of the query around it?
 */
static bool
may_be_pulled_up(const Query *query)
{
	return query->commandType == CMD_SELECT && !query->hasAggs && !query->hasWindowFuncs && !query->hasTargetSRFs &&
		query->groupClause == NIL && query->groupingSets == NIL && query->havingQual == NULL &&
		query->distinctClause == NIL && query->limitCount == NULL && query->limitOffset == NULL &&
		query->rowMarks == NIL;
}

/*
 * *marked: do tables of the query around this one belong to rows that are marked?
 */
static Node *
read_apart(Node *node, bool *marked)
{
	Query	   *query;
	bool		mine;
	Relids		read;
	int			i = -1;

	if (node == NULL)
		return NULL;
	if (!IsA(node, Query))
		return expression_tree_mutator(node, read_apart, marked);
	mine = marks_rows((Query *) node) || (*marked && may_be_pulled_up((Query *) node));
	query = query_tree_mutator((Query *) node, read_apart, &mine, 0);
	if (!mine)
		return (Node *) query;
	read = get_relids_in_jointree((Node *) query->jointree, false);
	while ((i = bms_next_member(read, i)) >= 0)
	{
		RangeTblEntry *entry = rt_fetch(i, query->rtable);

		if (entry->rtekind == RTE_RELATION && i != query->resultRelation && rs_table_any_distributed(entry->relid))
			set_apart(query, i);
	}
	return (Node *) query;
}

static bool
needed(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (!IsA(node, Query))
		return expression_tree_walker(node, needed, context);
	return marks_rows((Query *) node) || query_tree_walker((Query *) node, needed, context, 0);
}

Query *
rs_read_apart(Query *query)
{
	bool		marked = false;

	return needed((Node *) query, NULL) ? (Query *) read_apart((Node *) query, &marked) : query;
}
