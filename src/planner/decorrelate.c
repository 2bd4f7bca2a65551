/*
 * decorrelate.c
 *	  Correlated scalar subqueries as joins.
 *
 * A condition of WHERE
 *
 *		x < (SELECT 0.2 * avg(b) FROM s WHERE s.k = t.k AND ...)
 *
 * makes PostgreSQL run the subquery once a row of t.  Before planning it becomes
 *
 *		FROM t, (SELECT 0.2 * avg(b), k FROM s WHERE ... GROUP BY k) d
 *		WHERE x < d.1 AND d.2 = t.k
 *
 * which is the same, if a row of t without a match would have failed the
 * condition anyway: the aggregates are NULL of no rows, everything around them up
 * to the comparison is strict, and so is that.  count() is 0 of no rows and stays
 * as it is.  The keys must be compared by an equality that GROUP BY agrees with,
 * so that the rows that match are one group.
 *
 * Done where the subquery reads a redshift table: others may have an index that
 * makes running it once a row the better plan.
 */
#include "postgres.h"

#include "access/stratnum.h"
#include "access/table.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "parser/parse_oper.h"
#include "planner/decorrelate.h"
#include "rewrite/rewriteManip.h"
#include "storage/tableam.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/typcache.h"

/* An equality of the subquery's WHERE between its own columns and the outer ones. */
typedef struct Key
{
	OpExpr	   *clause;
	Node	   *inner;
	Node	   *outer;
} Key;

static bool
reads_redshift_walker(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, RangeTblEntry))
	{
		RangeTblEntry *rte = (RangeTblEntry *) node;
		bool		ours = false;

		if (rte->rtekind == RTE_RELATION && rte->relkind == RELKIND_RELATION)
		{
			Relation	rel = table_open(rte->relid, NoLock);

			ours = rs_is_redshift_relation(rel);
			table_close(rel, NoLock);
		}
		return ours;
	}
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, reads_redshift_walker, context,
								 QTW_EXAMINE_RTES_BEFORE);
	return expression_tree_walker(node, reads_redshift_walker, context);
}

bool
rs_reads_redshift(Node *query)
{
	return reads_redshift_walker(query, NULL);
}

/* ---------------------------------------------------------------------
 * What can be rewritten
 * ---------------------------------------------------------------------
 */

static Node *
aggrefs_as_params(Node *node, void *context)
{
	if (node == NULL)
		return NULL;
	if (IsA(node, Aggref))
	{
		Param	   *param = makeNode(Param);

		param->paramkind = PARAM_EXTERN;
		param->paramtype = ((Aggref *) node)->aggtype;
		param->paramtypmod = -1;
		param->paramcollid = ((Aggref *) node)->aggcollid;
		return (Node *) param;
	}
	return expression_tree_mutator(node, aggrefs_as_params, context);
}

static bool
is_null_of_no_rows(Aggref *aggref)
{
	static const char *const names[] = {"min", "max", "sum", "avg"};
	char	   *name = get_func_name(aggref->aggfnoid);
	int			i;

	if (get_func_namespace(aggref->aggfnoid) != PG_CATALOG_NAMESPACE || aggref->agglevelsup != 0)
		return false;
	for (i = 0; i < lengthof(names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

/*
 * Is the subquery's result NULL if it has no rows to aggregate?
 */
static bool
result_is_null_of_no_rows(Node *result)
{
	List	   *found = pull_var_clause(result, PVC_INCLUDE_AGGREGATES | PVC_INCLUDE_PLACEHOLDERS);
	ListCell   *lc;

	foreach(lc, found)
		if (!IsA(lfirst(lc), Aggref) || !is_null_of_no_rows(lfirst(lc)))
			return false;
	return found != NIL && !contain_nonstrict_functions(aggrefs_as_params(result, NULL));
}

static bool
is_plain_aggregation(Query *query)
{
	return query->commandType == CMD_SELECT && query->hasAggs && !query->hasWindowFuncs &&
		!query->hasTargetSRFs && !query->hasModifyingCTE && !query->hasSubLinks &&
		query->groupClause == NIL && query->groupingSets == NIL && query->havingQual == NULL &&
		query->distinctClause == NIL && query->sortClause == NIL && query->limitCount == NULL &&
		query->limitOffset == NULL && query->setOperations == NULL && query->cteList == NIL &&
		query->rowMarks == NIL && list_length(query->targetList) == 1 &&
		!contain_volatile_functions((Node *) query);
}

/*
 * Does the operator find equal what GROUP BY of this expression does?
 */
static bool
agrees_with_grouping(Oid opno, Node *inner)
{
	TypeCacheEntry *cache = lookup_type_cache(exprType(inner), TYPECACHE_BTREE_OPFAMILY);

	return OidIsValid(cache->btree_opf) && op_strict(opno) &&
		get_op_opfamily_strategy(opno, cache->btree_opf) == BTEqualStrategyNumber;
}

static bool
is_of_level(Node *node, int level)
{
	return contain_vars_of_level(node, level) && !contain_vars_of_level(node, 1 - level) &&
		!contain_subplans(node);
}

/*
 * An equality of inner and outer expressions, either way round.
 */
static bool
is_key(Node *clause, Key *key)
{
	OpExpr	   *op = (OpExpr *) clause;
	Oid			commutator;

	if (!IsA(op, OpExpr) || list_length(op->args) != 2)
		return false;
	key->clause = op;
	key->inner = linitial(op->args);
	key->outer = lsecond(op->args);
	if (is_of_level(key->inner, 0) && is_of_level(key->outer, 1))
		return agrees_with_grouping(op->opno, key->inner);
	commutator = get_commutator(op->opno);
	if (!OidIsValid(commutator) || !is_of_level(key->inner, 1) || !is_of_level(key->outer, 0))
		return false;
	key->clause = copyObject(op);
	key->clause->opno = commutator;
	key->clause->opfuncid = get_opcode(commutator);
	key->inner = lsecond(op->args);
	key->outer = linitial(op->args);
	return agrees_with_grouping(commutator, key->inner);
}

/*
 * The keys of a subquery, and the conditions that are its own; false if some other
 * part of it depends on the query around it.
 */
static bool
split_conditions(Query *subquery, List **keys, List **own)
{
	Query		rest = *subquery;
	FromExpr	tables = *subquery->jointree;
	ListCell   *lc;

	*keys = *own = NIL;
	foreach(lc, make_ands_implicit((Expr *) subquery->jointree->quals))
	{
		Node	   *clause = lfirst(lc);
		Key		   *key = palloc0(sizeof(Key));

		if (!contain_vars_of_level(clause, 1))
			*own = lappend(*own, clause);
		else if (is_key(clause, key))
			*keys = lappend(*keys, key);
		else
			return false;
	}
	tables.quals = NULL;
	rest.jointree = &tables;
	return *keys != NIL && !contain_vars_of_level((Node *) &rest, 1);
}

/* ---------------------------------------------------------------------
 * Rewriting
 * ---------------------------------------------------------------------
 */

/*
 * Group the subquery by its keys: columns 2, 3, ... of its result.
 */
static void
group_by_keys(Query *subquery, List *keys, List *own)
{
	ListCell   *lc;

	subquery->jointree->quals = own != NIL ? (Node *) make_ands_explicit(own) : NULL;
	foreach(lc, keys)
	{
		Key		   *key = lfirst(lc);
		int			n = foreach_current_index(lc) + 1;
		TargetEntry *entry = makeTargetEntry((Expr *) key->inner, (AttrNumber) (n + 1),
											 psprintf("key%d", n), false);
		SortGroupClause *group = makeNode(SortGroupClause);

		entry->ressortgroupref = (Index) n;
		group->tleSortGroupRef = (Index) n;
		get_sort_group_operators(exprType(key->inner), true, true, false, &group->sortop,
								 &group->eqop, NULL, &group->hashable);
		subquery->targetList = lappend(subquery->targetList, entry);
		subquery->groupClause = lappend(subquery->groupClause, group);
	}
}

/*
 * The subquery among the query's tables.
 */
static Index
add_derived_table(Query *query, Query *subquery)
{
	RangeTblEntry *rte = makeNode(RangeTblEntry);
	RangeTblRef *ref = makeNode(RangeTblRef);
	List	   *names = NIL;
	ListCell   *lc;

	foreach(lc, subquery->targetList)
		names = lappend(names, makeString(pstrdup(lfirst_node(TargetEntry, lc)->resname != NULL ?
												  lfirst_node(TargetEntry, lc)->resname : "?column?")));
	rte->rtekind = RTE_SUBQUERY;
	rte->subquery = subquery;
	rte->alias = makeAlias("subquery", NIL);
	rte->eref = makeAlias("subquery", names);
	rte->inFromCl = true;
	query->rtable = lappend(query->rtable, rte);
	ref->rtindex = list_length(query->rtable);
	query->jointree->fromlist = lappend(query->jointree->fromlist, ref);
	return (Index) ref->rtindex;
}

static Var *
derived_column(Query *subquery, Index rtindex, AttrNumber attno)
{
	Node	   *expr = (Node *) list_nth_node(TargetEntry, subquery->targetList, attno - 1)->expr;

	return makeVar((int) rtindex, attno, exprType(expr), exprTypmod(expr), exprCollation(expr), 0);
}

/*
 * A comparison of something with a scalar subquery?
 */
static SubLink *
compared_subquery(Node *clause, int *side)
{
	OpExpr	   *op = (OpExpr *) clause;

	if (!IsA(op, OpExpr) || list_length(op->args) != 2 || !op_strict(op->opno))
		return NULL;
	for (*side = 0; *side < 2; (*side)++)
	{
		SubLink    *link = list_nth(op->args, *side);

		if (IsA(link, SubLink) && link->subLinkType == EXPR_SUBLINK && IsA(link->subselect, Query) &&
			!checkExprHasSubLink(list_nth(op->args, 1 - *side)))
			return link;
	}
	return NULL;
}

/*
 * Rewrite one condition, if it is such a comparison; gives those in its place.
 */
static List *
rewrite_condition(Query *query, Node *clause)
{
	int			side;
	SubLink    *link = compared_subquery(clause, &side);
	Query	   *subquery;
	List	   *keys;
	List	   *own;
	List	   *conditions;
	Index		rtindex;
	ListCell   *lc;

	if (link == NULL)
		return list_make1(clause);
	subquery = (Query *) link->subselect;
	if (!is_plain_aggregation(subquery) || !rs_reads_redshift((Node *) subquery) ||
		!result_is_null_of_no_rows((Node *) linitial_node(TargetEntry, subquery->targetList)->expr) ||
		!split_conditions(subquery, &keys, &own))
		return list_make1(clause);

	group_by_keys(subquery, keys, own);
	rtindex = add_derived_table(query, subquery);
	lfirst(list_nth_cell(((OpExpr *) clause)->args, side)) = derived_column(subquery, rtindex, 1);
	conditions = list_make1(clause);
	foreach(lc, keys)
	{
		Key		   *key = lfirst(lc);
		OpExpr	   *equal = copyObject(key->clause);

		/* What was one level up is now the query's own. */
		IncrementVarSublevelsUp(key->outer, -1, 1);
		equal->args = list_make2(derived_column(subquery, rtindex,
												(AttrNumber) (foreach_current_index(lc) + 2)),
								 key->outer);
		conditions = lappend(conditions, equal);
	}
	return conditions;
}

static bool
decorrelate_walker(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Query))
	{
		rs_decorrelate((Query *) node);
		return false;
	}
	return expression_tree_walker(node, decorrelate_walker, context);
}

void
rs_decorrelate(Query *query)
{
	List	   *conditions = NIL;
	ListCell   *lc;

	check_stack_depth();
	if (query->commandType == CMD_UTILITY)
		return;
	/* Queries inside first. */
	(void) query_tree_walker(query, decorrelate_walker, NULL, 0);
	if (!query->hasSubLinks || query->commandType != CMD_SELECT || query->rowMarks != NIL ||
		query->jointree == NULL || query->jointree->quals == NULL || query->setOperations != NULL)
		return;
	foreach(lc, make_ands_implicit((Expr *) query->jointree->quals))
		conditions = list_concat(conditions, rewrite_condition(query, lfirst(lc)));
	query->jointree->quals = (Node *) make_ands_explicit(conditions);
}
