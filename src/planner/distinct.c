/*
 * distinct.c
 *	  Aggregates of distinct values as aggregations of groups.
 *
 * PostgreSQL sorts the input of an aggregate with DISTINCT, and never in parallel.
 * Before planning
 *
 *		SELECT g, count(DISTINCT x), sum(y) FROM t GROUP BY g
 *
 * becomes
 *
 *		SELECT g, count(x), sum(s)
 *		FROM (SELECT g, x, sum(y) AS s FROM t GROUP BY g, x) d GROUP BY g
 *
 * if all aggregates with DISTINCT have the same argument and FILTER, which is made
 * part of the argument: rows it leaves out give NULL, and the functions admitted
 * pass over that.  What they give does not depend on the order of values, so sums
 * of floats are not among them.  The other aggregates must be ones whose results
 * can be combined without loss.
 *
 * The FROM clause, WHERE and WITH go down one level with all that they refer to;
 * everything from HAVING on stays, over the groups' columns.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "optimizer/tlist.h"
#include "planner/decorrelate.h"
#include "planner/distinct.h"
#include "rewrite/rewriteManip.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "vector/aggregate/group_table.h"

/* How results of groups are put together; of distinct values, any of these works. */
typedef enum Combination
{
	COMBINE_AGAIN,				/* by the function itself */
	COMBINE_COUNT,				/* a sum, as bigint, 0 of no rows */
	COMBINE_SUM,				/* a sum, as the type that the function gives */
	COMBINE_AVG					/* a sum by a count */
} Combination;

typedef struct Known
{
	Oid			function;
	Combination combination;
	Oid			sum;			/* COMBINE_AVG: the sum's function */
} Known;

static const Known known[] = {
	{F_COUNT_, COMBINE_COUNT},
	{F_COUNT_ANY, COMBINE_COUNT},
	{F_SUM_INT2, COMBINE_SUM},
	{F_SUM_INT4, COMBINE_SUM},
	{F_SUM_INT8, COMBINE_SUM},
	{F_SUM_NUMERIC, COMBINE_SUM},
	{F_AVG_INT2, COMBINE_AVG, F_SUM_INT2},
	{F_AVG_INT4, COMBINE_AVG, F_SUM_INT4},
	{F_AVG_INT8, COMBINE_AVG, F_SUM_INT8},
	{F_AVG_NUMERIC, COMBINE_AVG, F_SUM_NUMERIC},
	{F_MIN_INT2, COMBINE_AGAIN},
	{F_MIN_INT4, COMBINE_AGAIN},
	{F_MIN_INT8, COMBINE_AGAIN},
	{F_MIN_NUMERIC, COMBINE_AGAIN},
	{F_MIN_FLOAT4, COMBINE_AGAIN},
	{F_MIN_FLOAT8, COMBINE_AGAIN},
	{F_MIN_DATE, COMBINE_AGAIN},
	{F_MIN_TIME, COMBINE_AGAIN},
	{F_MIN_TIMESTAMP, COMBINE_AGAIN},
	{F_MIN_TIMESTAMPTZ, COMBINE_AGAIN},
	{F_MIN_INTERVAL, COMBINE_AGAIN},
	{F_MIN_TEXT, COMBINE_AGAIN},
	{F_MIN_BPCHAR, COMBINE_AGAIN},
	{F_MAX_INT2, COMBINE_AGAIN},
	{F_MAX_INT4, COMBINE_AGAIN},
	{F_MAX_INT8, COMBINE_AGAIN},
	{F_MAX_NUMERIC, COMBINE_AGAIN},
	{F_MAX_FLOAT4, COMBINE_AGAIN},
	{F_MAX_FLOAT8, COMBINE_AGAIN},
	{F_MAX_DATE, COMBINE_AGAIN},
	{F_MAX_TIME, COMBINE_AGAIN},
	{F_MAX_TIMESTAMP, COMBINE_AGAIN},
	{F_MAX_TIMESTAMPTZ, COMBINE_AGAIN},
	{F_MAX_INTERVAL, COMBINE_AGAIN},
	{F_MAX_TEXT, COMBINE_AGAIN},
	{F_MAX_BPCHAR, COMBINE_AGAIN},
	{F_BOOL_AND, COMBINE_AGAIN},
	{F_BOOL_OR, COMBINE_AGAIN},
	{F_EVERY, COMBINE_AGAIN},
	{F_BIT_AND_INT2, COMBINE_AGAIN},
	{F_BIT_AND_INT4, COMBINE_AGAIN},
	{F_BIT_AND_INT8, COMBINE_AGAIN},
	{F_BIT_OR_INT2, COMBINE_AGAIN},
	{F_BIT_OR_INT4, COMBINE_AGAIN},
	{F_BIT_OR_INT8, COMBINE_AGAIN},
	{F_BIT_XOR_INT2, COMBINE_AGAIN},
	{F_BIT_XOR_INT4, COMBINE_AGAIN},
	{F_BIT_XOR_INT8, COMBINE_AGAIN}
};

/* The query on its way: what becomes of its expressions. */
typedef struct Split
{
	List	   *groups;			/* GROUP BY's expressions: columns 1, 2, ... below */
	Aggref	   *distinct;		/* one of those with DISTINCT; its argument is the next column */
	List	   *targets;		/* of the query below */
	bool		possible;
} Split;

static const Known *
find(Oid function)
{
	int			i;

	for (i = 0; i < lengthof(known); i++)
		if (known[i].function == function)
			return &known[i];
	return NULL;
}

/* ---------------------------------------------------------------------
 * What can be rewritten
 * ---------------------------------------------------------------------
 */

static bool
check_aggregate(Split *split, Aggref *aggref)
{
	Aggref	   *first = split->distinct;
	SortGroupClause *clause;

	if (aggref->agglevelsup != 0 || find(aggref->aggfnoid) == NULL)
		return false;
	if (aggref->aggdistinct == NIL)
		return aggref->aggorder == NIL;
	clause = linitial_node(SortGroupClause, aggref->aggdistinct);
	if (list_length(aggref->args) != 1 || list_length(aggref->aggdistinct) != 1)
		return false;
	if (first == NULL)
	{
		Node	   *value = (Node *) linitial_node(TargetEntry, aggref->args)->expr;

		/* Else the engine could not run the groups, but could the aggregate. */
		split->distinct = aggref;
		return rs_key_type_supported(exprType(value), clause->eqop, exprCollation(value));
	}
	return equal(linitial_node(TargetEntry, first->args)->expr,
				 linitial_node(TargetEntry, aggref->args)->expr) &&
		equal(first->aggfilter, aggref->aggfilter) &&
		linitial_node(SortGroupClause, first->aggdistinct)->eqop == clause->eqop;
}

/*
 * Is every part of an expression over groups a group's key, an aggregate that we
 * know, or something that needs no columns?
 */
static bool
check_walker(Node *node, Split *split)
{
	ListCell   *lc;

	if (node == NULL || !split->possible)
		return false;
	foreach(lc, split->groups)
		if (equal(node, lfirst(lc)))
			return false;
	if (IsA(node, Aggref))
		split->possible = check_aggregate(split, (Aggref *) node);
	else if (IsA(node, SubLink) || IsA(node, GroupingFunc) ||
			 (IsA(node, Var) && ((Var *) node)->varlevelsup == 0))
		split->possible = false;
	else
		return expression_tree_walker(node, check_walker, split);
	return false;
}

static bool
can_split(Query *query, Split *split)
{
	ListCell   *lc;

	if (query->commandType != CMD_SELECT || !query->hasAggs || query->hasTargetSRFs ||
		query->hasModifyingCTE || query->groupingSets != NIL || query->setOperations != NULL ||
		query->rowMarks != NIL || query->jointree == NULL || query->jointree->fromlist == NIL)
		return false;
	foreach(lc, query->groupClause)
		split->groups = lappend(split->groups,
								get_sortgroupclause_expr(lfirst_node(SortGroupClause, lc),
														 query->targetList));
	split->possible = true;
	(void) check_walker((Node *) query->targetList, split);
	(void) check_walker(query->havingQual, split);
	(void) check_walker((Node *) query->windowClause, split);
	(void) check_walker(query->limitOffset, split);
	(void) check_walker(query->limitCount, split);
	return split->possible && split->distinct != NULL &&
		!contain_volatile_functions((Node *) query) && rs_reads_redshift((Node *) query);
}

/* ---------------------------------------------------------------------
 * Rewriting
 * ---------------------------------------------------------------------
 */

/*
 * A column of the query below, for the one above.
 */
static Expr *
column(Split *split, AttrNumber attno)
{
	Node	   *expr = (Node *) list_nth_node(TargetEntry, split->targets, attno - 1)->expr;

	return (Expr *) makeVar(1, attno, exprType(expr), exprTypmod(expr), exprCollation(expr), 0);
}

/*
 * Have an expression computed below, once.
 */
static Expr *
computed_below(Split *split, Expr *expr)
{
	ListCell   *lc;

	foreach(lc, split->targets)
		if (equal(lfirst_node(TargetEntry, lc)->expr, expr))
			return column(split, lfirst_node(TargetEntry, lc)->resno);
	split->targets = lappend(split->targets,
							 makeTargetEntry(expr, (AttrNumber) (list_length(split->targets) + 1),
											 psprintf("state%d", list_length(split->targets)), false));
	return column(split, (AttrNumber) list_length(split->targets));
}

/*
 * A call of an aggregate function with one argument, like another one.
 */
static Aggref *
aggregate_like(const Aggref *like, Oid function, Expr *arg)
{
	Aggref	   *aggref = copyObject((Aggref *) like);

	aggref->aggfnoid = function;
	aggref->aggtype = get_func_rettype(function);
	aggref->aggargtypes = list_make1_oid(exprType((Node *) arg));
	aggref->args = list_make1(makeTargetEntry(arg, 1, NULL, false));
	aggref->aggdistinct = NIL;
	aggref->aggfilter = NULL;
	aggref->aggstar = false;
	return aggref;
}

/*
 * The same aggregate below, without DISTINCT, as another function.
 */
static Expr *
state_below(Split *split, const Aggref *aggref, Oid function)
{
	Aggref	   *state = copyObject((Aggref *) aggref);

	state->aggfnoid = function;
	state->aggtype = get_func_rettype(function);
	state->location = -1;
	return computed_below(split, (Expr *) state);
}

/*
 * Sum of a column of sums or counts: numeric.
 */
static Expr *
sum_of(const Aggref *like, Expr *state)
{
	bool		numeric = exprType((Node *) state) == NUMERICOID;
	Aggref	   *sum = aggregate_like(like, numeric ? F_SUM_NUMERIC : F_SUM_INT8, state);

	sum->aggcollid = sum->inputcollid = InvalidOid;
	return (Expr *) sum;
}

static Expr *
as_bigint(Expr *numeric)
{
	return (Expr *) makeFuncExpr(F_INT8_NUMERIC, INT8OID, list_make1(numeric), InvalidOid,
								 InvalidOid, COERCE_EXPLICIT_CAST);
}

static Expr *
or_zero(Expr *bigint)
{
	CoalesceExpr *coalesce = makeNode(CoalesceExpr);

	coalesce->coalescetype = INT8OID;
	coalesce->args = list_make2(bigint, makeConst(INT8OID, -1, InvalidOid, sizeof(int64),
												  Int64GetDatum(0), false, FLOAT8PASSBYVAL));
	coalesce->location = -1;
	return (Expr *) coalesce;
}

/*
 * An aggregate in terms of the groups below.
 */
static Expr *
combined(Split *split, Aggref *aggref)
{
	const Known *info = find(aggref->aggfnoid);
	Expr	   *state;

	/* Over distinct values: the function itself. */
	if (aggref->aggdistinct != NIL)
		return (Expr *) aggregate_like(aggref, aggref->aggfnoid,
									   column(split, (AttrNumber) (list_length(split->groups) + 1)));
	if (info->combination == COMBINE_AVG)
	{
		Expr	   *sum = state_below(split, aggref, info->sum);
		Expr	   *count = state_below(split, aggref, F_COUNT_ANY);

		return (Expr *) makeFuncExpr(F_NUMERIC_DIV, NUMERICOID,
									 list_make2(sum_of(aggref, sum), sum_of(aggref, count)),
									 InvalidOid, InvalidOid, COERCE_EXPLICIT_CALL);
	}
	state = state_below(split, aggref, aggref->aggfnoid);
	switch (info->combination)
	{
		case COMBINE_COUNT:
			return or_zero(as_bigint(sum_of(aggref, state)));
		case COMBINE_SUM:
			return aggref->aggtype == INT8OID ? as_bigint(sum_of(aggref, state)) :
				sum_of(aggref, state);
		default:
			return (Expr *) aggregate_like(aggref, aggref->aggfnoid, state);
	}
}

static Node *
rewrite_mutator(Node *node, Split *split)
{
	ListCell   *lc;

	if (node == NULL)
		return NULL;
	foreach(lc, split->groups)
		if (equal(node, lfirst(lc)))
			return (Node *) column(split, (AttrNumber) (foreach_current_index(lc) + 1));
	if (IsA(node, Aggref))
		return (Node *) combined(split, (Aggref *) node);
	return expression_tree_mutator(node, rewrite_mutator, split);
}

/*
 * Add a column that the query below groups by.
 */
static SortGroupClause *
add_group(Split *split, Expr *expr, const SortGroupClause *like)
{
	SortGroupClause *group = copyObject((SortGroupClause *) like);
	int			n = list_length(split->targets) + 1;
	TargetEntry *entry = makeTargetEntry(expr, (AttrNumber) n, psprintf("key%d", n), false);

	entry->ressortgroupref = group->tleSortGroupRef = (Index) n;
	split->targets = lappend(split->targets, entry);
	return group;
}

/*
 * The argument of the aggregates with DISTINCT: NULL where their FILTER is not true.
 */
static Expr *
distinct_value(const Aggref *aggref)
{
	Expr	   *value = copyObject(linitial_node(TargetEntry, aggref->args)->expr);
	CaseExpr   *choice;
	CaseWhen   *when;

	if (aggref->aggfilter == NULL)
		return value;
	choice = makeNode(CaseExpr);
	when = makeNode(CaseWhen);
	when->expr = copyObject(aggref->aggfilter);
	when->result = value;
	when->location = -1;
	choice->casetype = exprType((Node *) value);
	choice->casecollid = exprCollation((Node *) value);
	choice->args = list_make1(when);
	choice->defresult = (Expr *) makeNullConst(choice->casetype, exprTypmod((Node *) value),
											   choice->casecollid);
	choice->location = -1;
	return (Expr *) choice;
}

static void
make_table(Query *query, Query *below)
{
	RangeTblEntry *rte = makeNode(RangeTblEntry);
	RangeTblRef *ref = makeNode(RangeTblRef);
	List	   *names = NIL;
	ListCell   *lc;

	foreach(lc, below->targetList)
		names = lappend(names, makeString(lfirst_node(TargetEntry, lc)->resname));
	rte->rtekind = RTE_SUBQUERY;
	rte->subquery = below;
	rte->alias = makeAlias("groups", NIL);
	rte->eref = makeAlias("groups", names);
	rte->inFromCl = true;
	ref->rtindex = 1;
	query->rtable = list_make1(rte);
	query->jointree = makeFromExpr(list_make1(ref), NULL);
}

static void
split_query(Query *query, Split *split)
{
	Query	   *below = makeNode(Query);
	ListCell   *lc;

	below->commandType = CMD_SELECT;
	below->querySource = query->querySource;
	below->canSetTag = true;
	below->hasSubLinks = query->hasSubLinks;
	below->hasRecursive = query->hasRecursive;
	below->hasRowSecurity = query->hasRowSecurity;
	below->cteList = query->cteList;
	below->rtable = query->rtable;
	below->jointree = query->jointree;
	foreach(lc, query->groupClause)
		below->groupClause = lappend(below->groupClause,
									 add_group(split, copyObject(list_nth(split->groups,
																		  foreach_current_index(lc))),
											   lfirst(lc)));
	below->groupClause = lappend(below->groupClause,
								 add_group(split, distinct_value(split->distinct),
										   linitial(split->distinct->aggdistinct)));
	query->targetList = (List *) rewrite_mutator((Node *) query->targetList, split);
	query->havingQual = rewrite_mutator(query->havingQual, split);
	below->targetList = split->targets;
	below->hasAggs = contain_agg_clause((Node *) split->targets);
	/* What is outside of the query is one level farther now. */
	IncrementVarSublevelsUp((Node *) below, 1, 1);
	query->cteList = NIL;
	query->hasRecursive = false;
	query->hasSubLinks = false;
	make_table(query, below);
}

static bool
query_walker(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Query))
	{
		rs_group_distinct((Query *) node);
		return false;
	}
	return expression_tree_walker(node, query_walker, context);
}

void
rs_group_distinct(Query *query)
{
	Split		split = {0};

	check_stack_depth();
	if (query->commandType == CMD_UTILITY)
		return;
	(void) query_tree_walker(query, query_walker, NULL, 0);
	if (can_split(query, &split))
		split_query(query, &split);
}
