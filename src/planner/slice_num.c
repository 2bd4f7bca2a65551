/*
 * slice_num.c
 *	  slice_num(): the slice of the row that a query works on.
 *
 * The function has no arguments, as Redshift's has none; what it means depends on where
 * it stands.  Before a query is planned it becomes slice_num(t.cmax), where t is the
 * first redshift table of FROM, or what a subquery there reads: cmax is how a row gives
 * its slice (storage/slot.c), so that it goes through joins and between nodes as any
 * column.  Where there is no such table the function is called, and says that the leader
 * computes it.
 */
#include "postgres.h"

#include "access/sysattr.h"
#include "catalog/namespace.h"
#include "catalog/partition.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_type.h"
#include "core/schema.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/planner.h"
#include "parser/parse_func.h"
#include "parser/parsetree.h"
#include "planner/slice_num.h"
#include "redshift_ext.h"
#include "storage/tableam.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

/* Where a call stands: columns of this part of a query's FROM can be used; NULL: none can. */
typedef struct Place
{
	Query	   *query;
	Node	   *from;
} Place;

static planner_hook_type next_planner = NULL;

static Var *slice_of(Query *query, Node *from);

static bool
is_call(Node *node)
{
	FuncExpr   *call = (FuncExpr *) node;
	char	   *name;

	return IsA(node, FuncExpr) && call->funcid >= FirstNormalObjectId && call->args == NIL &&
		call->funcresulttype == INT4OID && (name = get_func_name(call->funcid)) != NULL && strcmp(name, "slice_num") == 0 &&
		get_func_namespace(call->funcid) == rs_extension_schema();
}

/*
 * Do rows of a table have slices?  Of a partitioned one, if its partitions' have.
 */
static bool
has_slices(Oid relid)
{
	List	   *leaves = find_all_inheritors(relid, AccessShareLock, NULL);
	int			tables = 0;
	ListCell   *lc;

	foreach(lc, leaves)
	{
		Relation	rel = RelationIdGetRelation(lfirst_oid(lc));
		bool		partitioned;
		bool		redshift;

		if (!RelationIsValid(rel))
			return false;
		partitioned = rel->rd_rel->relkind == RELKIND_PARTITIONED_TABLE;
		redshift = rs_is_redshift_relation(rel);
		RelationClose(rel);
		if (!partitioned && !redshift)
			return false;
		tables += redshift;
	}
	return tables > 0;
}

/*
 * A subquery can show the slices of what it reads, as one more column of each of its rows.
 */
static Var *
slice_of_subquery(RangeTblEntry *rte, Index relation)
{
	Query	   *query = rte->subquery;
	AttrNumber	column = (AttrNumber) (list_length(rte->eref->colnames) + 1);
	Var		   *slice;

	/* Columns behind these are the subquery's own. */
	if (query->commandType != CMD_SELECT || query->setOperations != NULL || query->hasAggs || query->groupClause != NIL ||
		query->groupingSets != NIL || query->distinctClause != NIL || query->havingQual != NULL ||
		column <= list_length(query->targetList))
		return NULL;
	slice = slice_of(query, (Node *) query->jointree);
	if (slice == NULL)
		return NULL;
	query->targetList = lappend(query->targetList, makeTargetEntry((Expr *) slice, column, pstrdup("slice_num"), false));
	rte->eref->colnames = lappend(rte->eref->colnames, makeString(pstrdup("slice_num")));
	return makeVar(relation, column, CIDOID, -1, InvalidOid, 0);
}

static Var *
slice_of_relation(Query *query, Index relation)
{
	RangeTblEntry *rte = rt_fetch(relation, query->rtable);

	if (rte->rtekind == RTE_SUBQUERY)
		return slice_of_subquery(rte, relation);
	if (rte->rtekind != RTE_RELATION || !has_slices(rte->relid))
		return NULL;
	return makeVar(relation, MaxCommandIdAttributeNumber, CIDOID, -1, InvalidOid, 0);
}

/*
 * The slice of the first relation there that has one; NULL if none has.
 */
static Var *
slice_of(Query *query, Node *from)
{
	Var		   *slice = NULL;

	if (IsA(from, RangeTblRef))
		slice = slice_of_relation(query, ((RangeTblRef *) from)->rtindex);
	else if (IsA(from, FromExpr))
	{
		ListCell   *lc;

		foreach(lc, ((FromExpr *) from)->fromlist)
			if ((slice = slice_of(query, lfirst(lc))) != NULL)
				break;
	}
	else if (IsA(from, JoinExpr))
	{
		slice = slice_of(query, ((JoinExpr *) from)->larg);
		if (slice == NULL)
			slice = slice_of(query, ((JoinExpr *) from)->rarg);
	}
	return slice;
}

static bool
resolve(Node *node, Place *place)
{
	if (node == NULL)
		return false;
	if (IsA(node, Query))
	{
		Query	   *query = (Query *) node;
		Place		inner = {query, (Node *) query->jointree};
		Place		beside = {query, NULL};

		return range_table_walker(query->rtable, resolve, &beside, 0) ||
			query_tree_walker(query, resolve, &inner, QTW_IGNORE_RANGE_TABLE);
	}
	if (IsA(node, JoinExpr))
	{
		JoinExpr   *join = (JoinExpr *) node;
		Place		inner = {place->query, node};

		return resolve(join->larg, place) || resolve(join->rarg, place) || resolve(join->quals, &inner);
	}
	if (is_call(node) && place->from != NULL)
	{
		FuncExpr   *call = (FuncExpr *) node;
		Oid			argument = CIDOID;
		Var		   *slice = slice_of(place->query, place->from);

		if (slice != NULL)
		{
			call->funcid = LookupFuncName(list_make2(makeString(RS_SCHEMA), makeString("slice_num")), 1, &argument, false);
			call->args = list_make1(slice);
		}
		return false;
	}
	return expression_tree_walker(node, resolve, place);
}

static PlannedStmt *
plan(Query *query, const char *text, int options, ParamListInfo params)
{
	Place		place = {query, NULL};

	/* Without FROM no call has rows whose slice it could tell. */
	if (query->rtable != NIL || query->hasSubLinks || query->cteList != NIL)
		resolve((Node *) query, &place);
	return next_planner != NULL ? next_planner(query, text, options, params) :
		standard_planner(query, text, options, params);
}

void
rs_slice_num_init(void)
{
	next_planner = planner_hook;
	planner_hook = plan;
}
