/*
 * decorrelate.c
 *	  Correlated scalar subqueries as joins.
 *
 * PostgreSQL runs a correlated subquery once a row.  Before planning
 *
 *		SELECT ... FROM t WHERE x < (SELECT 0.2 * avg(b) FROM s WHERE s.k = t.k AND ...)
 *
 * becomes
 *
 *		SELECT ... FROM t LEFT JOIN
 *			(SELECT avg(b), k FROM s WHERE ... GROUP BY k) d ON d.2 = t.k WHERE x < 0.2 * d.1
 *
 * A row of t without a match gets NULL, which is what aggregates give of no rows; but
 * count() gives 0, so that becomes coalesce(d.1, 0).  The keys must be compared by an
 * equality that GROUP BY agrees with, so that the rows that match are one group.
 *
 * Groups that no row of t asks for are computed, too: what is computed of all rows must
 * not be able to fail.  The result is put together from the aggregates outside, for the
 * rows that need it.
 *
 * Subqueries are looked for in WHERE and, where the query does not group, in the select
 * list.  A comparison with a result that is NULL of no rows is
 * not true then, so that the join is an inner one at once.
 *
 * Done where the subquery reads a redshift table, and kept where the planner finds it
 * cheaper (see takeover.c): of few outer rows, or with an index, running it once a row
 * may be.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/stratnum.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "parser/parse_oper.h"
#include "planner/decorrelate.h"
#include "redshift_ext.h"
#include "rewrite/rewriteManip.h"
#include "storage/tableam.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/typcache.h"
#include "vector/expr/expr.h"

/* An equality of the subquery's WHERE between its own columns and the outer ones. */
typedef struct Key
{
	OpExpr	   *clause;
	Node	   *inner;
	Node	   *outer;
} Key;

/*
 * Is it a table of ours, or has it partitions or children that are?  Those are not locked
 * yet: the catalogs are asked, and one that is gone by now does no harm.
 */
static bool
is_redshift_table(Oid relid, char relkind, bool with_children, Oid redshift_am)
{
	List	   *children;
	ListCell   *lc;
	bool		found = false;

	check_stack_depth();
	if (relkind == RELKIND_RELATION || relkind == RELKIND_MATVIEW)
	{
		HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));

		if (HeapTupleIsValid(tuple))
		{
			found = ((Form_pg_class) GETSTRUCT(tuple))->relam == redshift_am;
			ReleaseSysCache(tuple);
		}
	}
	else if (relkind != RELKIND_PARTITIONED_TABLE)
		return false;
	if (found || !with_children || !has_subclass(relid))
		return found;
	children = find_inheritance_children(relid, NoLock);
	foreach(lc, children)
	{
		if (found)
			break;
		found = is_redshift_table(lfirst_oid(lc), get_rel_relkind(lfirst_oid(lc)), true, redshift_am);
	}
	list_free(children);
	return found;
}

static bool
reads_redshift_walker(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, RangeTblEntry))
	{
		RangeTblEntry *rte = (RangeTblEntry *) node;

		return rte->rtekind == RTE_RELATION &&
			is_redshift_table(rte->relid, rte->relkind, rte->inh, *(Oid *) context);
	}
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, reads_redshift_walker, context,
								 QTW_EXAMINE_RTES_BEFORE);
	return expression_tree_walker(node, reads_redshift_walker, context);
}

bool
rs_reads_redshift(Node *query)
{
	Oid			redshift_am = get_table_am_oid(RS_AM_NAME, true);

	return OidIsValid(redshift_am) && reads_redshift_walker(query, &redshift_am);
}

/* ---------------------------------------------------------------------
 * What cannot fail
 * ---------------------------------------------------------------------
 */

static bool
function_may_fail(Oid function, void *context)
{
	const RsKernelInfo *kernel = rs_kernel_find(function);

	switch (function)
	{
			/* Beyond numeric's range nothing that is stored can bring them. */
		case F_NUMERIC_ADD:
		case F_NUMERIC_SUB:
		case F_NUMERIC_MUL:
		case F_NUMERIC_UMINUS:
		case F_NUMERIC_INT2:
		case F_NUMERIC_INT4:
		case F_NUMERIC_INT8:
			return false;
		default:
			return !(kernel != NULL && kernel->safe) && !get_func_leakproof(function);
	}
}

static bool
may_fail_walker(Node *node, void *context)
{
	if (node == NULL)
		return false;
	/* What has no columns is computed once, here as there. */
	if (IsA(node, Const) || IsA(node, Param) || IsA(node, Var))
		return false;
	if (IsA(node, SubLink) || IsA(node, CoerceViaIO) || IsA(node, CoerceToDomain) ||
		IsA(node, ArrayCoerceExpr) || IsA(node, SubscriptingRef) || IsA(node, XmlExpr))
		return true;
	if ((IsA(node, FuncExpr) || IsA(node, OpExpr)) && !contain_vars_of_level(node, 0) &&
		!contain_vars_of_level(node, 1))
		return false;
	if (check_functions_in_node(node, function_may_fail, context))
		return true;
	return expression_tree_walker(node, may_fail_walker, context);
}

bool
rs_expression_may_fail(Node *expr)
{
	return may_fail_walker(expr, NULL);
}

/* ---------------------------------------------------------------------
 * What can be rewritten
 * ---------------------------------------------------------------------
 */

/*
 * Which aggregate functions do we know?  All are NULL of no rows, but for count().
 */
static bool
is_known(Aggref *aggref, bool *is_count)
{
	static const char *const names[] = {
		"count", "min", "max", "sum", "avg", "bool_and", "bool_or", "every", "bit_and", "bit_or",
		"stddev", "stddev_samp", "stddev_pop", "variance", "var_samp", "var_pop", "string_agg",
		"array_agg"
	};
	char	   *name = get_func_name(aggref->aggfnoid);
	int			i;

	if (get_func_namespace(aggref->aggfnoid) != PG_CATALOG_NAMESPACE || aggref->agglevelsup != 0)
		return false;
	for (i = 0; i < lengthof(names) && strcmp(name, names[i]) != 0; i++)
		 /* search */ ;
	*is_count = i == 0;
	return i < lengthof(names);
}

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

/*
 * Collect aggregates; true if the expression depends on anything else.  Columns of
 * queries farther out would have to change with the place of the result.
 */
static bool
aggregates_walker(Node *node, List **found)
{
	if (node == NULL)
		return false;
	if (IsA(node, Aggref))
	{
		*found = list_append_unique(*found, node);
		return ((Aggref *) node)->agglevelsup != 0;
	}
	if (IsA(node, Var) || IsA(node, GroupingFunc))
		return true;
	return expression_tree_walker(node, aggregates_walker, found);
}

/*
 * The aggregates of the subquery's result, if it depends on nothing else and we know
 * them.  Is it NULL if there are no rows to aggregate?
 */
static List *
known_aggregates(Node *result, bool *is_null)
{
	List	   *found = NIL;
	bool		counts = false;
	ListCell   *lc;

	if (aggregates_walker(result, &found))
		return NIL;
	foreach(lc, found)
	{
		Aggref	   *aggref = lfirst(lc);
		bool		is_count;

		if (!is_known(aggref, &is_count) ||
			rs_expression_may_fail((Node *) aggref->args) ||
			rs_expression_may_fail((Node *) aggref->aggfilter))
			return NIL;
		counts |= is_count;
	}
	*is_null = !counts && !contain_nonstrict_functions(aggrefs_as_params(result, NULL));
	return found;
}

static bool
is_plain_aggregation(Query *query)
{
	return query->commandType == CMD_SELECT && query->hasAggs && !query->hasWindowFuncs &&
		!query->hasTargetSRFs && !query->hasModifyingCTE &&
		query->groupClause == NIL && query->groupingSets == NIL && query->havingQual == NULL &&
		query->distinctClause == NIL && query->sortClause == NIL && query->limitCount == NULL &&
		query->limitOffset == NULL && query->setOperations == NULL && query->cteList == NIL &&
		query->rowMarks == NIL && list_length(query->targetList) == 1 &&
		!checkExprHasSubLink((Node *) query->targetList) &&
		!contain_volatile_functions((Node *) query);
}

static bool
is_bytewise(Oid collation)
{
	return !OidIsValid(collation) || get_collation_isdeterministic(collation);
}

/*
 * Does the operator find equal what GROUP BY of this expression does?  Equality is the
 * same under all collations but nondeterministic ones.
 */
static bool
agrees_with_grouping(Oid opno, Oid collation, Node *inner)
{
	TypeCacheEntry *cache = lookup_type_cache(exprType(inner), TYPECACHE_BTREE_OPFAMILY);

	return OidIsValid(cache->btree_opf) && op_strict(opno) &&
		get_op_opfamily_strategy(opno, cache->btree_opf) == BTEqualStrategyNumber &&
		(collation == exprCollation(inner) ||
		 (is_bytewise(collation) && is_bytewise(exprCollation(inner))));
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
		return agrees_with_grouping(op->opno, op->inputcollid, key->inner);
	commutator = get_commutator(op->opno);
	if (!OidIsValid(commutator) || !is_of_level(key->inner, 1) || !is_of_level(key->outer, 0))
		return false;
	key->clause = copyObject(op);
	key->clause->opno = commutator;
	key->clause->opfuncid = get_opcode(commutator);
	key->inner = lsecond(op->args);
	key->outer = linitial(op->args);
	return agrees_with_grouping(commutator, op->inputcollid, key->inner);
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

		if (rs_expression_may_fail(clause))
			return false;
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
 * The subquery as its aggregates, columns 1, 2, ..., grouped by its keys, the columns
 * after those.
 */
static void
group_by_keys(Query *subquery, List *aggregates, List *keys, List *own)
{
	ListCell   *lc;

	subquery->jointree->quals = own != NIL ? (Node *) make_ands_explicit(own) : NULL;
	subquery->targetList = NIL;
	foreach(lc, aggregates)
	{
		int			n = foreach_current_index(lc) + 1;

		subquery->targetList = lappend(subquery->targetList,
									   makeTargetEntry(lfirst(lc), (AttrNumber) n,
													   psprintf("aggregate%d", n), false));
	}
	foreach(lc, keys)
	{
		Key		   *key = lfirst(lc);
		int			n = foreach_current_index(lc) + 1;
		TargetEntry *entry = makeTargetEntry((Expr *) key->inner,
											 (AttrNumber) (list_length(aggregates) + n),
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
	List	   *names = NIL;
	ListCell   *lc;

	foreach(lc, subquery->targetList)
		names = lappend(names, makeString(pstrdup(lfirst_node(TargetEntry, lc)->resname)));
	rte->rtekind = RTE_SUBQUERY;
	rte->subquery = subquery;
	rte->alias = makeAlias("subquery", NIL);
	rte->eref = makeAlias("subquery", names);
	rte->inFromCl = true;
	query->rtable = lappend(query->rtable, rte);
	return (Index) list_length(query->rtable);
}

static Var *
derived_column(Query *subquery, Index rtindex, AttrNumber attno)
{
	Node	   *expr = (Node *) list_nth_node(TargetEntry, subquery->targetList, attno - 1)->expr;

	return makeVar((int) rtindex, attno, exprType(expr), exprTypmod(expr), exprCollation(expr), 0);
}

/*
 * The subquery of an expression taken apart, if it can be a join.
 */
typedef struct Scalar
{
	Query	   *query;
	Node	   *result;
	List	   *aggregates;
	List	   *keys;
	List	   *own;
	bool		is_null;		/* of no rows */
	Index		rtindex;		/* as a table of the query around it */
} Scalar;

static bool
take_apart(Node *node, Scalar *scalar)
{
	SubLink    *link = (SubLink *) node;

	if (node == NULL || !IsA(link, SubLink) || link->subLinkType != EXPR_SUBLINK ||
		!IsA(link->subselect, Query))
		return false;
	scalar->query = (Query *) link->subselect;
	if (!is_plain_aggregation(scalar->query) || !rs_reads_redshift((Node *) scalar->query))
		return false;
	scalar->result = (Node *) linitial_node(TargetEntry, scalar->query->targetList)->expr;
	scalar->aggregates = known_aggregates(scalar->result, &scalar->is_null);
	return scalar->aggregates != NIL && split_conditions(scalar->query, &scalar->keys, &scalar->own);
}

/*
 * The subquery, grouped by its keys, as a table of the query.  Gives the conditions of
 * the join with it.
 */
static List *
join_subquery(Query *query, Scalar *scalar)
{
	List	   *conditions = NIL;
	ListCell   *lc;

	group_by_keys(scalar->query, scalar->aggregates, scalar->keys, scalar->own);
	scalar->rtindex = add_derived_table(query, scalar->query);
	foreach(lc, scalar->keys)
	{
		Key		   *key = lfirst(lc);
		OpExpr	   *equal = copyObject(key->clause);
		int			column = list_length(scalar->aggregates) + foreach_current_index(lc) + 1;

		/* What was one level up is now the query's own. */
		IncrementVarSublevelsUp(key->outer, -1, 1);
		equal->args = list_make2(derived_column(scalar->query, scalar->rtindex, (AttrNumber) column),
								 key->outer);
		conditions = lappend(conditions, equal);
	}
	return conditions;
}

/*
 * The result, of the aggregates as columns of the joined table.
 */
static Node *
joined_result(Node *node, Scalar *scalar)
{
	ListCell   *lc;

	if (node == NULL)
		return NULL;
	if (!IsA(node, Aggref))
		return expression_tree_mutator(node, joined_result, scalar);
	foreach(lc, scalar->aggregates)
	{
		Var		   *column;
		bool		is_count = false;
		CoalesceExpr *coalesce;

		if (!equal(lfirst(lc), node))
			continue;
		column = derived_column(scalar->query, scalar->rtindex,
								(AttrNumber) (foreach_current_index(lc) + 1));
		if (!is_known((Aggref *) node, &is_count) || !is_count)
			return (Node *) column;
		coalesce = makeNode(CoalesceExpr);
		coalesce->coalescetype = INT8OID;
		coalesce->args = list_make2(column,
									makeConst(INT8OID, -1, InvalidOid, sizeof(int64),
											  Int64GetDatum(0), false, FLOAT8PASSBYVAL));
		coalesce->location = -1;
		return (Node *) coalesce;
	}
	elog(ERROR, "aggregate of a subquery's result not found");
	return NULL;
}

static RangeTblRef *
table_reference(Index rtindex)
{
	RangeTblRef *ref = makeNode(RangeTblRef);

	ref->rtindex = (int) rtindex;
	return ref;
}

/*
 * A comparison with a subquery that is NULL of no rows: an inner join.  Gives the
 * conditions in its place; NIL if it is no such one.
 */
static List *
rewrite_comparison(Query *query, Node *clause)
{
	OpExpr	   *op = (OpExpr *) clause;
	Scalar		scalar;
	int			side;

	if (!IsA(op, OpExpr) || list_length(op->args) != 2 || !op_strict(op->opno))
		return NIL;
	for (side = 0; side < 2; side++)
	{
		List	   *conditions;

		if (checkExprHasSubLink(list_nth(op->args, 1 - side)) ||
			!take_apart(list_nth(op->args, side), &scalar) || !scalar.is_null)
			continue;
		conditions = join_subquery(query, &scalar);
		query->jointree->fromlist = lappend(query->jointree->fromlist,
											table_reference(scalar.rtindex));
		lfirst(list_nth_cell(op->args, side)) = joined_result(scalar.result, &scalar);
		return lcons(clause, conditions);
	}
	return NIL;
}

/*
 * All of the query's tables so far, left-joined with one more.
 */
static void
left_join(Query *query, Index rtindex, List *conditions)
{
	JoinExpr   *join = makeNode(JoinExpr);
	RangeTblEntry *rte = makeNode(RangeTblEntry);
	List	   *tables = query->jointree->fromlist;

	rte->rtekind = RTE_JOIN;
	rte->jointype = JOIN_LEFT;
	rte->eref = makeAlias("unnamed_join", NIL);
	rte->inFromCl = true;
	query->rtable = lappend(query->rtable, rte);
	join->jointype = JOIN_LEFT;
	join->larg = list_length(tables) == 1 ? linitial(tables) : (Node *) makeFromExpr(tables, NULL);
	join->rarg = (Node *) table_reference(rtindex);
	join->quals = (Node *) make_ands_explicit(conditions);
	join->rtindex = list_length(query->rtable);
	query->jointree->fromlist = list_make1(join);
}

/*
 * The expression with its subqueries as columns of joined tables.
 */
static Node *
replace_subqueries(Node *node, Query *query)
{
	Scalar		scalar;
	List	   *conditions;

	if (node == NULL || IsA(node, Query))
		return node;
	if (!take_apart(node, &scalar))
		return expression_tree_mutator(node, replace_subqueries, query);
	conditions = join_subquery(query, &scalar);
	left_join(query, scalar.rtindex, conditions);
	return joined_result(scalar.result, &scalar);
}

/*
 * Is the select list computed of the rows as they come from FROM and WHERE?
 */
static bool
gives_rows(Query *query)
{
	return !query->hasAggs && query->groupClause == NIL && query->groupingSets == NIL &&
		query->havingQual == NULL && !query->hasTargetSRFs;
}

static bool
rewrite_query(Query *query)
{
	int			ntables = list_length(query->rtable);
	bool		changed = false;
	List	   *conditions = NIL;
	ListCell   *lc;

	foreach(lc, make_ands_implicit((Expr *) query->jointree->quals))
	{
		List	   *instead = rs_membership_as_existence(query, lfirst(lc));

		if (instead == NIL)
			instead = rewrite_comparison(query, lfirst(lc));
		changed |= instead != NIL;
		conditions = list_concat(conditions, instead != NIL ? instead : list_make1(lfirst(lc)));
	}
	foreach(lc, conditions)
		lfirst(lc) = replace_subqueries(lfirst(lc), query);
	query->jointree->quals = conditions != NIL ? (Node *) make_ands_explicit(conditions) : NULL;
	if (gives_rows(query))
		query->targetList = (List *) replace_subqueries((Node *) query->targetList, query);
	query->hasSubLinks = checkExprHasSubLink((Node *) query);
	return changed || list_length(query->rtable) > ntables;
}

static bool
decorrelate_walker(Node *node, bool *changed)
{
	if (node == NULL)
		return false;
	if (IsA(node, Query))
	{
		*changed |= rs_decorrelate((Query *) node);
		return false;
	}
	return expression_tree_walker(node, decorrelate_walker, changed);
}

bool
rs_decorrelate(Query *query)
{
	bool		changed = false;

	check_stack_depth();
	if (query->commandType == CMD_UTILITY)
		return false;
	/* Queries inside first. */
	(void) query_tree_walker(query, decorrelate_walker, &changed, 0);
	if (!query->hasSubLinks || query->commandType != CMD_SELECT || query->rowMarks != NIL ||
		query->jointree == NULL || query->jointree->fromlist == NIL || query->setOperations != NULL)
		return changed;
	return rewrite_query(query) || changed;
}

static bool
sublink_walker(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, SubLink))
		return true;
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, sublink_walker, context, 0);
	return expression_tree_walker(node, sublink_walker, context);
}

bool
rs_has_subquery_expression(Query *query)
{
	return sublink_walker((Node *) query, NULL);
}
