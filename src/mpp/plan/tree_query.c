/*
 * tree_query.c
 *	  Algebra trees as SQL.
 *
 * Each operation becomes a Query: a select list of its columns, called c1, c2, ..., over
 * its inputs as subqueries q1 and q2, with expressions carried over (tree_expression.c).
 * PostgreSQL's own deparser makes the text, and the nodes' planners pull the subqueries up
 * and choose their plans.
 *
 * What only the leader can tell becomes a parameter of the text (fragment_text.c).
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_collation.h"
#include "mpp/plan/tree_expression.h"
#include "mpp/plan/tree_query.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "optimizer/tlist.h"
#include "parser/parse_func.h"
#include "redshift_ext.h"
#include "utils/lsyscache.h"
#include "utils/selfuncs.h"

static Query *build(RsTextBuilder *builder, RsTree *tree);

/* ---------------------------------------------------------------------
 * Queries
 * ---------------------------------------------------------------------
 */

static Query *
new_query(void)
{
	Query	   *query = makeNode(Query);

	query->commandType = CMD_SELECT;
	query->canSetTag = true;
	query->jointree = makeFromExpr(NIL, NULL);
	return query;
}

static void
set_columns(Query *query, RsTree *tree, RsCarry *carry)
{
	ListCell   *lc;

	foreach(lc, tree->target)
	{
		int			n = list_length(query->targetList) + 1;

		query->targetList = lappend(query->targetList,
									makeTargetEntry((Expr *) rs_carry_over(lfirst(lc), carry), n, psprintf("c%d", n), false));
	}

	/* A row without columns is a row still. */
	if (query->targetList == NIL)
		query->targetList = list_make1(makeTargetEntry((Expr *) makeBoolConst(true, false), 1, "c1", false));
}

static Alias *
column_alias(const char *name, List *columns)
{
	Alias	   *alias = makeAlias(name, NIL);
	int			i;

	for (i = 1; i <= Max(list_length(columns), 1); i++)
		alias->colnames = lappend(alias->colnames, makeString(psprintf("c%d", i)));
	return alias;
}

static RangeTblEntry *
subquery_entry(Query *query, const char *name)
{
	RangeTblEntry *rte = makeNode(RangeTblEntry);

	rte->rtekind = RTE_SUBQUERY;
	rte->subquery = query;
	rte->alias = makeAlias(name, NIL);
	rte->eref = column_alias(name, query->targetList);
	rte->inFromCl = true;
	return rte;
}

static void
add_entry(Query *query, RangeTblEntry *rte, bool from)
{
	query->rtable = lappend(query->rtable, rte);
	if (from)
	{
		RangeTblRef *ref = makeNode(RangeTblRef);

		ref->rtindex = list_length(query->rtable);
		query->jointree->fromlist = lappend(query->jointree->fromlist, ref);
	}
}

static Query *
build_scan(RsTextBuilder *builder, RsTree *tree)
{
	Query	   *query = new_query();
	RangeTblEntry *rte = makeNode(RangeTblEntry);
	RsCarry		carry = {builder,.relid = tree->relid};

	rte->rtekind = RTE_RELATION;
	rte->relid = tree->rte->relid;
	rte->relkind = tree->rte->relkind;
	rte->rellockmode = AccessShareLock;
	rte->alias = makeAlias("t", NIL);
	rte->eref = makeAlias("t", copyObject(tree->rte->eref->colnames));
	rte->inFromCl = true;
	rte->inh = true;
	add_entry(query, rte, true);
	query->jointree->quals = rs_carry_conjunction(tree->quals, &carry);
	set_columns(query, tree, &carry);
	return query;
}

/*
 * What the function of a FROM clause that reads files gives on each node.
 */
static Query *
build_files(RsTextBuilder *builder, RsTree *tree)
{
	Query	   *query = new_query();
	RangeTblEntry *rte = copyObject(tree->rte);
	RsCarry		carry = {builder,.relid = tree->relid};

	rte->alias = makeAlias("t", NIL);
	rte->eref = makeAlias("t", rte->eref->colnames);
	add_entry(query, rte, true);
	query->jointree->quals = rs_carry_conjunction(tree->quals, &carry);
	set_columns(query, tree, &carry);
	return query;
}

/*
 * A parameter that stands for the name of an exchange that is one already.
 */
static Node *
name_of_exchange(int parameter)
{
	Param	   *param = makeNode(Param);

	param->paramkind = PARAM_EXTERN;
	param->paramid = parameter;
	param->paramtype = TEXTOID;
	param->paramtypmod = -1;
	param->paramcollid = DEFAULT_COLLATION_OID;
	param->location = RS_TEXT_PARAMETER;
	return (Node *) param;
}

/*
 * The range table entry that reads rows of these columns at the nodes, by a function of the
 * name that they have there.
 */
static RangeTblEntry *
function_entry(const char *reader, Node *name, List *columns)
{
	RangeTblEntry *rte = makeNode(RangeTblEntry);
	RangeTblFunction *function = makeNode(RangeTblFunction);
	Oid			text = TEXTOID;
	ListCell   *lc;

	function->funcexpr = (Node *)
		makeFuncExpr(LookupFuncName(list_make2(makeString(RS_SCHEMA), makeString(pstrdup(reader))), 1, &text, false),
					 RECORDOID, list_make1(name), InvalidOid, InvalidOid, COERCE_EXPLICIT_CALL);
	foreach(lc, columns)
	{
		TargetEntry *entry = lfirst(lc);

		if (entry->resjunk)
			continue;
		function->funccolnames = lappend(function->funccolnames, makeString(psprintf("c%d", entry->resno)));
		function->funccoltypes = lappend_oid(function->funccoltypes, exprType((Node *) entry->expr));
		function->funccoltypmods = lappend_int(function->funccoltypmods, exprTypmod((Node *) entry->expr));
		function->funccolcollations = lappend_oid(function->funccolcollations, exprCollation((Node *) entry->expr));
	}
	function->funccolcount = list_length(function->funccolnames);
	rte->rtekind = RTE_FUNCTION;
	rte->functions = list_make1(function);
	rte->alias = makeAlias("e", NIL);
	rte->eref = column_alias("e", function->funccolnames);
	rte->inFromCl = true;
	return rte;
}

/*
 * The same of a stage's rows.
 */
static RangeTblEntry *
reading_entry(RsTextBuilder *builder, RsStage *stage, const char *reader, Query *input)
{
	Param	   *name = (Param *) rs_text_parameter(builder, NULL);

	stage->exchange = name->paramid;
	builder->stages = lappend(builder->stages, stage);
	return function_entry(reader, (Node *) name, input->targetList);
}

RangeTblEntry *
rs_text_exchange(RsTextBuilder *builder, Query *input, RsSpreadKind to, List *keys, double rows, const char *label)
{
	RsStage    *stage = palloc0(sizeof(RsStage));

	stage->query = input;
	stage->to = to;
	stage->keys = keys;
	stage->rows = rows;
	stage->label = label;
	return reading_entry(builder, stage, "exchange", input);
}

RangeTblEntry *
rs_text_staged(RsTextBuilder *builder, Query *input, PlannedStmt *plan, RsSpreadKind to, int key)
{
	RsStage    *stage = palloc0(sizeof(RsStage));

	stage->local = plan;
	stage->to = to;
	stage->keys = key > 0 ? list_make1_int(key) : NIL;
	stage->rows = plan->planTree->plan_rows;
	stage->label = to == RS_SPREAD_ALL ? "DS_BCAST_INNER" : "DS_DIST_INNER";
	return reading_entry(builder, stage, "staged", input);
}

/*
 * Which column an expression is, from 1.
 */
static int
position(List *columns, Node *expr)
{
	ListCell   *lc;

	foreach(lc, columns)
		if (equal(lfirst(lc), expr))
			return foreach_current_index(lc) + 1;
	elog(ERROR, "the key of an exchange is no column of its input");
}

/*
 * What the leader computes and sends: of the query only its columns' types matter.
 */
static RangeTblEntry *
sent_entry(RsTextBuilder *builder, RsTree *tree, List *keys)
{
	RsStage    *stage = palloc0(sizeof(RsStage));
	Query	   *columns = new_query();
	ListCell   *lc;
	int			n = 0;

	foreach(lc, tree->outer->target)
		columns->targetList = lappend(columns->targetList, makeTargetEntry(lfirst(lc), ++n, NULL, false));
	foreach(lc, builder->of_leader)
		if (lfirst(lc) == tree->outer)
			stage->child = foreach_current_index(lc) + 1;
	stage->to = tree->to.kind;
	stage->keys = keys;
	stage->rows = tree->rows;
	stage->label = tree->label;
	return reading_entry(builder, stage, "exchange", columns);
}

/*
 * About how many values each column of an exchange has on a node, as far as the leader's
 * statistics tell: nodes have none of it.
 */
static List *
distinct_values(RsTree *tree, List *columns, List *keys)
{
	PlannerInfo *root = tree->root;
	List	   *distinct = NIL;
	ListCell   *lc;

	foreach(lc, columns)
	{
		Var		   *var = lfirst(lc);
		double		values = 0;

		while (IsA(var, RelabelType))
			var = (Var *) ((RelabelType *) var)->arg;
		if (root != NULL && IsA(var, Var) && var->varlevelsup == 0 && var->varno < root->simple_rel_array_size &&
			root->simple_rel_array[var->varno] != NULL)
			values = estimate_num_groups(root, list_make1(var), tree->rows, NULL, NULL);
		if (equal(keys, list_make1_int(foreach_current_index(lc) + 1)))
			values /= rs_fragment_nodes();
		distinct = lappend_int(distinct, (int) Min(ceil(values), (double) INT_MAX));
	}
	return distinct;
}

/*
 * What a query gives of a tree, with conditions on its columns.
 */
static Query *
filtered_query(RsTextBuilder *builder, RsTree *tree, Query *input, List *conditions)
{
	Query	   *query = new_query();
	RsCarry		carry = {builder, {rs_tree_columns(tree)}};
	RsTree		shown = {.target = rs_tree_columns(tree)};

	add_entry(query, subquery_entry(input, "q1"), true);
	query->jointree->quals = rs_carry_conjunction(conditions, &carry);
	set_columns(query, &shown, &carry);
	return query;
}

/*
 * An exchange is a stage of its own; here it is read.
 */
static Query *
build_exchange(RsTextBuilder *builder, RsTree *tree)
{
	Query	   *query = new_query();
	Query	   *input = tree->outer->kind == RS_TREE_LEADER ? NULL : build(builder, tree->outer);
	RsCarry		carry = {builder, {rs_tree_columns(tree->outer)}};
	RsStage    *stage;
	List	   *keys = NIL;
	List	   *filters = NIL;
	ListCell   *lc;
	ListCell   *conditions;

	foreach(lc, tree->to.keys)
		keys = lappend_int(keys, position(rs_tree_columns(tree->outer), lfirst(lc)));
	forboth(lc, builder->filtered, conditions, builder->filters)
		if (lfirst(lc) == tree)
			filters = lfirst(conditions);
	if (filters != NIL)
		input = filtered_query(builder, tree->outer, input, filters);
	add_entry(query, input == NULL ? sent_entry(builder, tree, keys) :
			  rs_text_exchange(builder, input, tree->to.kind, keys, tree->rows, tree->label), true);
	stage = llast(builder->stages);
	tree->stage = list_length(builder->stages) - 1;
	stage->only = tree->from_only;
	stage->distinct = distinct_values(tree, rs_tree_columns(tree->outer), keys);
	stage->to_only = tree->to_only;
	stage->filtered = filters != NIL;
	set_columns(query, tree, &carry);
	return query;
}

static Query *
build_project(RsTextBuilder *builder, RsTree *tree)
{
	Query	   *query = new_query();
	RsCarry		carry = {builder, {rs_tree_columns(tree->outer)}};

	add_entry(query, subquery_entry(build(builder, tree->outer), "q1"), true);
	query->jointree->quals = rs_carry_conjunction(tree->quals, &carry);
	set_columns(query, tree, &carry);
	return query;
}

/*
 * The columns of a subquery are known to the query around it as Vars.
 */
static Query *
build_subquery(RsTextBuilder *builder, RsTree *tree)
{
	Query	   *query = new_query();
	RsCarry		carry = {builder};
	ListCell   *lc;
	int			attno = 0;

	add_entry(query, subquery_entry(build(builder, tree->outer), "q1"), true);
	foreach(lc, rs_tree_columns(tree->outer))
		carry.columns[0] = lappend(carry.columns[0], rs_carry_column(lfirst(lc), tree->relid, ++attno, 0));
	query->jointree->quals = rs_carry_conjunction(tree->quals, &carry);
	set_columns(query, tree, &carry);
	return query;
}

/*
 * The stage that keeps a CTE's rows, the same for all references: where it is not there
 * yet it comes after those that it needs.
 */
static RsStage *
stage_of_cte(RsTextBuilder *builder, RsTree *tree)
{
	int			before = list_length(builder->stages);
	RsStage    *stage;
	Query	   *input;
	ListCell   *lc;

	foreach(lc, builder->stages)
		if (((RsStage *) lfirst(lc))->cte == tree->cte)
			return lfirst(lc);
	input = build(builder, tree->outer);
	for_each_from(lc, builder->stages, before)
		if (((RsStage *) lfirst(lc))->cte == 0)
			((RsStage *) lfirst(lc))->cte = -tree->cte;
	(void) rs_text_exchange(builder, input, RS_SPREAD_ALL, NIL, tree->outer->rows, pstrdup(tree->rte->ctename));
	stage = llast(builder->stages);
	stage->cte = tree->cte;
	stage->only = tree->from_only;
	stage->distinct = distinct_values(tree->outer, rs_tree_columns(tree->outer), NIL);
	return stage;
}

static Query *
build_cte(RsTextBuilder *builder, RsTree *tree)
{
	Query	   *query = new_query();
	RsCarry		carry = {builder};
	RsStage    *stage = stage_of_cte(builder, tree);
	ListCell   *lc;

	add_entry(query, function_entry("exchange", name_of_exchange(stage->exchange), stage->query->targetList), true);
	foreach(lc, rs_tree_columns(tree->outer))
		carry.columns[0] = lappend(carry.columns[0], rs_carry_column(lfirst(lc), tree->relid,
																foreach_current_index(lc) + 1, 0));
	query->jointree->quals = rs_carry_conjunction(tree->quals, &carry);
	set_columns(query, tree, &carry);
	return query;
}

static RangeTblEntry *
join_entry(JoinType type, Query *left, Query *right)
{
	RangeTblEntry *rte = makeNode(RangeTblEntry);
	Query	   *sides[2] = {left, right};
	int			side;

	rte->rtekind = RTE_JOIN;
	rte->jointype = type;
	rte->eref = makeAlias("unnamed_join", NIL);
	for (side = 0; side < 2; side++)
	{
		ListCell   *lc;

		foreach(lc, sides[side]->targetList)
		{
			TargetEntry *entry = lfirst(lc);

			rte->joinaliasvars = lappend(rte->joinaliasvars,
										 rs_carry_column((Node *) entry->expr, side + 1, entry->resno, 0));
			rte->eref->colnames = lappend(rte->eref->colnames, makeString(psprintf("j%d_%d", side + 1, entry->resno)));
			if (side == 0)
				rte->joinleftcols = lappend_int(rte->joinleftcols, entry->resno);
			else
				rte->joinrightcols = lappend_int(rte->joinrightcols, entry->resno);
		}
	}
	return rte;
}

static Node *
exists(RsTextBuilder *builder, RsTree *tree, Query *inner)
{
	SubLink    *link = makeNode(SubLink);
	Query	   *query = new_query();
	RsCarry		carry = {builder, {rs_tree_columns(tree->outer), rs_tree_columns(tree->inner)},.levels_up = 1,.inside = true};

	add_entry(query, subquery_entry(inner, "q2"), true);
	query->jointree->quals = rs_carry_conjunction(tree->join_quals, &carry);
	query->targetList = list_make1(makeTargetEntry((Expr *) makeBoolConst(true, false), 1, "c1", false));
	link->subLinkType = EXISTS_SUBLINK;
	link->subselect = (Node *) query;
	link->location = -1;
	return (Node *) link;
}

/*
 * Let the senders of a side make filters of its keys: those of the exchange that it is,
 * or, if it stands in place, those of a stage of its own, which sends nothing else.
 * What the columns of the filters are, and the parameter that is the exchange's name.
 */
static List *
make_filters(RsTextBuilder *builder, RsTree *tree, Query *side, List *keys, int *exchange)
{
	RsStage    *stage;
	List	   *columns = NIL;
	ListCell   *lc;

	if (rs_tree_is_moved(tree))
	{
		stage = llast(builder->stages);
		foreach(lc, keys)
			columns = lappend_int(columns, position(rs_tree_columns(tree->outer), lfirst(lc)));
	}
	else
	{
		Query	   *query = new_query();
		RsCarry		carry = {builder, {rs_tree_columns(tree)}};
		RsTree		shown = {.target = keys};

		add_entry(query, subquery_entry(copyObject(side), "q1"), true);
		set_columns(query, &shown, &carry);
		(void) rs_text_exchange(builder, query, RS_SPREAD_ALL, NIL, 0, "Runtime Filter");
		stage = llast(builder->stages);
		stage->only_filters = true;
		foreach(lc, keys)
			columns = lappend_int(columns, foreach_current_index(lc) + 1);
	}
	stage->filters = list_concat_unique_int(stage->filters, columns);
	*exchange = stage->exchange;
	return columns;
}

/*
 * may_join() of each key, in terms of the side's columns.
 */
static List *
filter_conditions(RsTextBuilder *builder, RsTree *tree, int exchange, List *columns)
{
	Oid			types[] = {TEXTOID, INT4OID, ANYELEMENTOID};
	List	   *name = list_make2(makeString(RS_SCHEMA), makeString("may_join"));
	Oid			function = LookupFuncName(name, 3, types, false);
	List	   *conditions = NIL;
	ListCell   *key;
	ListCell   *column;

	forboth(key, tree->filter_keys, column, columns)
	{
		Const	   *number = makeConst(INT4OID, -1, InvalidOid, sizeof(int32),
									   Int32GetDatum(lfirst_int(column)), false, true);
		List	   *args = list_make3(name_of_exchange(exchange), number, copyObject(lfirst(key)));

		conditions = lappend(conditions, makeFuncExpr(function, BOOLOID, args, InvalidOid, InvalidOid,
													  COERCE_EXPLICIT_CALL));
	}
	return conditions;
}

/*
 * Both sides of a join.  If one of them is filtered by the other, that one's stages come
 * first.
 */
static void
build_sides(RsTextBuilder *builder, RsTree *tree, Query **left, Query **right)
{
	RsTree	   *source = tree->filters_outer ? tree->inner : tree->outer;
	Query	   *side;
	List	   *columns;
	int			exchange;

	if (tree->filtered == NULL)
	{
		*left = build(builder, tree->outer);
		*right = build(builder, tree->inner);
		return;
	}
	side = build(builder, source);
	columns = make_filters(builder, source, side, tree->source_keys, &exchange);
	builder->filtered = lappend(builder->filtered, tree->filtered);
	builder->filters = lappend(builder->filters, filter_conditions(builder, tree, exchange, columns));
	*left = tree->filters_outer ? build(builder, tree->outer) : side;
	*right = tree->filters_outer ? side : build(builder, tree->inner);
}

static Query *
build_join(RsTextBuilder *builder, RsTree *tree)
{
	Query	   *query = new_query();
	Query	   *left;
	Query	   *right;
	RsCarry		carry = {builder, {rs_tree_columns(tree->outer), rs_tree_columns(tree->inner)}};

	build_sides(builder, tree, &left, &right);
	if (tree->jointype == JOIN_SEMI || tree->jointype == JOIN_ANTI)
	{
		Node	   *match = exists(builder, tree, right);
		Node	   *others;

		add_entry(query, subquery_entry(left, "q1"), true);
		if (tree->jointype == JOIN_ANTI)
			match = (Node *) makeBoolExpr(NOT_EXPR, list_make1(match), -1);
		carry.columns[1] = NIL;
		others = rs_carry_conjunction(tree->quals, &carry);
		query->jointree->quals = others == NULL ? match : (Node *) make_andclause(list_make2(others, match));
		query->hasSubLinks = true;
	}
	else if (tree->jointype == JOIN_INNER)
	{
		add_entry(query, subquery_entry(left, "q1"), true);
		add_entry(query, subquery_entry(right, "q2"), true);
		query->jointree->quals = rs_carry_conjunction(list_concat_copy(tree->join_quals, tree->quals), &carry);
	}
	else
	{
		JoinExpr   *join = makeNode(JoinExpr);
		RangeTblRef *larg = makeNode(RangeTblRef);
		RangeTblRef *rarg = makeNode(RangeTblRef);

		add_entry(query, subquery_entry(left, "q1"), false);
		add_entry(query, subquery_entry(right, "q2"), false);
		add_entry(query, join_entry(tree->jointype, left, right), false);
		larg->rtindex = 1;
		rarg->rtindex = 2;
		join->jointype = tree->jointype;
		join->larg = (Node *) larg;
		join->rarg = (Node *) rarg;
		join->quals = rs_carry_conjunction(tree->join_quals, &carry);
		if (join->quals == NULL)
			join->quals = makeBoolConst(true, false);
		join->rtindex = 3;
		query->jointree->fromlist = list_make1(join);
		query->jointree->quals = rs_carry_conjunction(tree->quals, &carry);
	}
	set_columns(query, tree, &carry);
	return query;
}

/*
 * GROUP BY and ORDER BY refer to entries of the select list; what is not there is added
 * to it, out of sight.
 */
static List *
sort_groups(Query *query, List *clauses, RsTree *tree, RsCarry *carry)
{
	List	   *result = NIL;
	ListCell   *lc;

	foreach(lc, clauses)
	{
		SortGroupClause *clause = copyObject(lfirst_node(SortGroupClause, lc));
		Node	   *expr = rs_carry_over((Node *) get_sortgroupclause_expr(clause, tree->sort_refs), carry);
		TargetEntry *entry = tlist_member((Expr *) expr, query->targetList);

		if (entry == NULL)
		{
			entry = makeTargetEntry((Expr *) expr, list_length(query->targetList) + 1, NULL, true);
			query->targetList = lappend(query->targetList, entry);
		}
		if (entry->ressortgroupref == 0)
			entry->ressortgroupref = clause->tleSortGroupRef;
		clause->tleSortGroupRef = entry->ressortgroupref;
		result = lappend(result, clause);
	}
	return result;
}

/*
 * GROUPING SETS of what GROUP BY has, which is already in the query.
 */
static List *
grouping_sets(const RsTree *tree, List *clauses)
{
	GroupingSet *all;
	List	   *sets = NIL;
	ListCell   *ls;
	ListCell   *lr;

	foreach(ls, tree->grouping_sets)
	{
		List	   *refs = NIL;

		/* A clause has stayed in its place, but may go by another number now. */
		foreach(lr, (List *) lfirst(ls))
		{
			ListCell   *lo;
			ListCell   *ln;

			forboth(lo, tree->sort_groups, ln, clauses)
				if (lfirst_node(SortGroupClause, lo)->tleSortGroupRef == (Index) lfirst_int(lr))
					refs = list_append_unique_int(refs, lfirst_node(SortGroupClause, ln)->tleSortGroupRef);
		}
		sets = lappend(sets, makeGroupingSet(refs == NIL ? GROUPING_SET_EMPTY : GROUPING_SET_SIMPLE, refs, -1));
	}
	all = makeGroupingSet(GROUPING_SET_SETS, sets, -1);
	return list_make1(all);
}

static Query *
build_aggregate(RsTextBuilder *builder, RsTree *tree)
{
	Query	   *query = new_query();
	RsCarry		carry = {builder, {rs_tree_columns(tree->outer)}};

	add_entry(query, subquery_entry(build(builder, tree->outer), "q1"), true);
	set_columns(query, tree, &carry);
	query->groupClause = sort_groups(query, tree->sort_groups, tree, &carry);
	if (tree->grouping_sets != NIL)
		query->groupingSets = grouping_sets(tree, query->groupClause);
	query->havingQual = rs_carry_conjunction(tree->quals, &carry);

	/* One row of all, though nobody has use for what it would say. */
	if (query->groupClause == NIL && query->havingQual == NULL && !contain_agg_clause((Node *) query->targetList))
		query->havingQual = makeBoolConst(true, false);
	query->hasAggs = true;
	return query;
}

static Query *
build_window(RsTextBuilder *builder, RsTree *tree)
{
	Query	   *query = new_query();
	RsCarry		carry = {builder, {rs_tree_columns(tree->outer)}};
	ListCell   *lc;

	add_entry(query, subquery_entry(build(builder, tree->outer), "q1"), true);
	set_columns(query, tree, &carry);
	foreach(lc, tree->windows)
	{
		WindowClause *clause = copyObject(lfirst_node(WindowClause, lc));

		/* Windows of windows stand in full. */
		clause->name = clause->refname = NULL;
		clause->copiedOrder = false;
		clause->partitionClause = sort_groups(query, clause->partitionClause, tree, &carry);
		clause->orderClause = sort_groups(query, clause->orderClause, tree, &carry);
		clause->startOffset = rs_carry_over(clause->startOffset, &carry);
		clause->endOffset = rs_carry_over(clause->endOffset, &carry);
		query->windowClause = lappend(query->windowClause, clause);
	}
	query->hasWindowFuncs = true;
	return query;
}

static void
inputs_of_union(RsTree *tree, List **inputs)
{
	if (tree->kind == RS_TREE_SETOP && tree->setop == SETOP_UNION)
	{
		inputs_of_union(tree->outer, inputs);
		inputs_of_union(tree->inner, inputs);
	}
	else
		*inputs = lappend(*inputs, tree);
}

static SetOperationStmt *
set_operation(const RsTree *tree, Node *left, int right)
{
	SetOperationStmt *operation = makeNode(SetOperationStmt);
	RangeTblRef *ref = makeNode(RangeTblRef);
	ListCell   *lc;

	ref->rtindex = right;
	operation->op = tree->setop;
	operation->all = tree->all;
	operation->larg = left;
	operation->rarg = (Node *) ref;
	foreach(lc, tree->target)
	{
		operation->colTypes = lappend_oid(operation->colTypes, exprType(lfirst(lc)));
		operation->colTypmods = lappend_int(operation->colTypmods, exprTypmod(lfirst(lc)));
		operation->colCollations = lappend_oid(operation->colCollations, exprCollation(lfirst(lc)));
	}
	return operation;
}

/*
 * Unions of unions are one: there may be many inputs.
 */
static Query *
build_setop(RsTextBuilder *builder, RsTree *tree)
{
	Query	   *query = new_query();
	List	   *inputs = NIL;
	RangeTblRef *first = makeNode(RangeTblRef);
	Node	   *operation = (Node *) first;
	ListCell   *lc;

	if (tree->setop == SETOP_UNION)
		inputs_of_union(tree, &inputs);
	else
		inputs = list_make2(tree->outer, tree->inner);
	foreach(lc, inputs)
	{
		add_entry(query, subquery_entry(build(builder, lfirst(lc)), psprintf("q%d", foreach_current_index(lc) + 1)),
				  false);
		if (foreach_current_index(lc) > 0)
			operation = (Node *) set_operation(tree, operation, foreach_current_index(lc) + 1);
	}
	first->rtindex = 1;
	query->setOperations = operation;
	foreach(lc, linitial_node(RangeTblEntry, query->rtable)->subquery->targetList)
	{
		TargetEntry *entry = lfirst_node(TargetEntry, lc);

		if (!entry->resjunk)
			query->targetList = lappend(query->targetList,
										makeTargetEntry((Expr *) rs_carry_column((Node *) entry->expr, 1, entry->resno, 0),
														entry->resno, entry->resname, false));
	}
	return query;
}

static Query *
build_top(RsTextBuilder *builder, RsTree *tree)
{
	Query	   *query = new_query();
	RsCarry		carry = {builder, {rs_tree_columns(tree->outer)}};

	add_entry(query, subquery_entry(build(builder, tree->outer), "q1"), true);
	set_columns(query, tree, &carry);
	query->sortClause = sort_groups(query, tree->sort_groups, tree, &carry);
	query->distinctClause = sort_groups(query, tree->distinct_on, tree, &carry);
	query->hasDistinctOn = tree->distinct_on != NIL;
	query->limitCount = rs_carry_over(tree->limit, &carry);
	query->limitOption = tree->ties ? LIMIT_OPTION_WITH_TIES : LIMIT_OPTION_COUNT;
	return query;
}

static Query *
build(RsTextBuilder *builder, RsTree *tree)
{
	switch (tree->kind)
	{
		case RS_TREE_SCAN:
			return build_scan(builder, tree);
		case RS_TREE_FILES:
			return build_files(builder, tree);
		case RS_TREE_JOIN:
			return build_join(builder, tree);
		case RS_TREE_AGGREGATE:
			return build_aggregate(builder, tree);
		case RS_TREE_WINDOW:
			return build_window(builder, tree);
		case RS_TREE_SETOP:
			return build_setop(builder, tree);
		case RS_TREE_SUBQUERY:
			return build_subquery(builder, tree);
		case RS_TREE_CTE:
			return build_cte(builder, tree);
		case RS_TREE_PROJECT:
			return build_project(builder, tree);
		case RS_TREE_EXCHANGE:
			return build_exchange(builder, tree);
		case RS_TREE_TOP:
			return build_top(builder, tree);
		case RS_TREE_LEADER:
			break;				/* stands below an exchange only */
	}
	elog(ERROR, "unknown kind of tree %d", (int) tree->kind);
}

/* ---------------------------------------------------------------------
 * Stages
 * ---------------------------------------------------------------------
 */

static List *
finish_stages(RsTextBuilder *builder, Query *query, List *only, List **parameters)
{
	RsStage    *last = palloc0(sizeof(RsStage));

	last->query = query;
	last->to = RS_SPREAD_ANY;
	last->only = only;
	builder->stages = lappend(builder->stages, last);
	rs_text_deparse(builder->stages);
	*parameters = builder->parameters;
	return builder->stages;
}

List *
rs_tree_stages(RsTree *tree, List *only, List **parameters)
{
	RsTextBuilder builder = {.of_leader = rs_tree_of_leader(tree)};
	Query	   *query = build(&builder, tree);

	return finish_stages(&builder, query, only, parameters);
}

List *
rs_tree_insert_stages(RsTree *tree, Oid relid, List *attributes, List *only, List **parameters)
{
	RsTextBuilder builder = {.of_leader = rs_tree_of_leader(tree)};
	Query	   *insert = new_query();
	Query	   *rows = new_query();
	RangeTblEntry *target = makeNode(RangeTblEntry);
	List	   *columns = rs_tree_columns(tree);
	ListCell   *lc;

	/* Only the columns that can be inserted. */
	add_entry(rows, subquery_entry(build(&builder, tree), "q1"), true);
	target->rtekind = RTE_RELATION;
	target->relid = relid;
	target->relkind = get_rel_relkind(relid);
	target->rellockmode = RowExclusiveLock;
	target->eref = makeAlias(get_rel_name(relid), NIL);
	add_entry(insert, target, false);
	add_entry(insert, subquery_entry(rows, "q2"), true);
	foreach(lc, attributes)
	{
		AttrNumber	attno = lfirst_int(lc);
		Node	   *column = list_nth(columns, attno - 1);
		int			n = list_length(rows->targetList) + 1;

		rows->targetList = lappend(rows->targetList, makeTargetEntry((Expr *) rs_carry_column(column, 1, attno, 0), n,
																	 psprintf("c%d", n), false));
		insert->targetList = lappend(insert->targetList, makeTargetEntry((Expr *) rs_carry_column(column, 2, n, 0), attno,
																		 get_attname(relid, attno, false), false));
	}
	insert->commandType = CMD_INSERT;
	insert->resultRelation = 1;
	insert->override = OVERRIDING_SYSTEM_VALUE;
	return finish_stages(&builder, insert, only, parameters);
}
