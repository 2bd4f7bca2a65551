/*
 * blanks.c
 *	  Comparisons that do not see trailing blanks, under redshift.dialect = redshift.
 *
 * Redshift keeps the blanks at the end of a VARCHAR, LEN counts them and LIKE sees them, but
 * whatever compares two values does not.  PostgreSQL's operators of bpchar mean just that, also
 * where they are given text, which is binary compatible, and bpchar has operator families for
 * hashing and sorting.  So when a query is planned, each comparison of text in it becomes that
 * of bpchar: operators, IN lists, joins, row comparisons, and what groups, sorts, makes distinct
 * and joins sets.
 *
 * Planning is the time for it, not analysis: then views, policies and rules are in their places
 * and follow the session that uses them, and what is stored, and so dumped, stays as it was
 * written.  Users' functions in SQL that PostgreSQL would inline are inlined before, as their
 * comparisons are the statement's then (one that calls itself is inlined once here, and once
 * more by PostgreSQL, whose comparisons that second time stay what they are).  Plans that are
 * kept were made for one dialect: a change of the setting makes all of them stale
 * (core/settings.c).
 *
 * Left as they are: what planning does not see as a query (CHECK, DEFAULT, index expressions,
 * partition bounds), the search for the index of ON CONFLICT, comparisons with "name", min() and
 * max(), and the queries of foreign keys, which must find what the keys' indexes find.
 *
 * The nodes of a cluster have the leader's setting, and do the same with the fragments they get.
 */
#include "postgres.h"

#include "access/transam.h"
#include "catalog/pg_language.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "core/schema.h"
#include "core/settings.h"
#include "dialect/blanks.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "optimizer/planner.h"
#include "tcop/utility.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

/* An operator of text, and that of bpchar which has its place. */
typedef struct Comparison
{
	Oid			text;
	Oid			bpchar;
	Oid			function;		/* of the latter */
} Comparison;

static const Comparison comparisons[] = {
	{TextEqualOperator, BpcharEqualOperator, F_BPCHAREQ},
	{531, 1057, F_BPCHARNE},
	{TextLessOperator, 1058, F_BPCHARLT},
	{665, 1059, F_BPCHARLE},
	{666, 1060, F_BPCHARGT},
	{TextGreaterEqualOperator, 1061, F_BPCHARGE}
};

/* Where an expression stands. */
typedef struct Place
{
	PlannerInfo *root;			/* takes down what inlining makes the plan depend on */
	bool		inlined;		/* in what a function stood for, in which only those are left that call themselves */
} Place;

static planner_hook_type next_planner = NULL;
static ProcessUtility_hook_type next_process_utility = NULL;

/* Is ALTER TABLE at work, which checks the rows there are for a new foreign key? */
static bool altering = false;

static Node *treat(Node *node, void *context);

static const Comparison *
comparison_of(Oid operator)
{
	for (int i = 0; i < lengthof(comparisons); i++)
		if (comparisons[i].text == operator)
			return &comparisons[i];
	return NULL;
}

/*
 * An operand, as one of bpchar.  Its own casts to text only stood for the operator; that of a
 * char(n) takes blanks away, which the operator does, too.
 */
static Node *
operand(Node *arg)
{
	Oid			collation = exprCollation(arg);
	Node	   *below = arg;

	while (IsA(below, RelabelType))
		below = (Node *) ((RelabelType *) below)->arg;
	if (IsA(below, FuncExpr) && ((FuncExpr *) below)->funcid == F_TEXT_BPCHAR &&
		exprCollation(linitial(((FuncExpr *) below)->args)) == collation)
		return linitial(((FuncExpr *) below)->args);
	return applyRelabelType(arg, BPCHAROID, -1, collation, COERCE_IMPLICIT_CAST, -1, false);
}

static List *
operands(List *args)
{
	List	   *result = NIL;
	ListCell   *lc;

	foreach(lc, args)
		result = lappend(result, operand(lfirst(lc)));
	return result;
}

/* The array of an IN or ANY, as one of bpchar. */
static Node *
array_operand(Node *arg)
{
	ArrayExpr  *array = (ArrayExpr *) arg;

	if (!IsA(arg, ArrayExpr) || array->multidims)
		return applyRelabelType(arg, BPCHARARRAYOID, -1, exprCollation(arg), COERCE_IMPLICIT_CAST, -1, false);
	array->array_typeid = BPCHARARRAYOID;
	array->element_typeid = BPCHAROID;
	array->elements = operands(array->elements);
	return arg;
}

static void
treat_operator(OpExpr *op)
{
	const Comparison *comparison = comparison_of(op->opno);

	if (comparison == NULL)
		return;
	op->opno = comparison->bpchar;
	op->opfuncid = comparison->function;
	/* The result of NULLIF is its first operand. */
	if (!IsA(op, NullIfExpr))
		op->args = operands(op->args);
}

static void
treat_array_operator(ScalarArrayOpExpr *op)
{
	const Comparison *comparison = comparison_of(op->opno);

	if (comparison == NULL)
		return;
	op->opno = comparison->bpchar;
	op->opfuncid = comparison->function;
	op->args = list_make2(operand(linitial(op->args)), array_operand(lsecond(op->args)));
}

static void
treat_rows(RowCompareExpr *rows)
{
	int			i;

	for (i = 0; i < list_length(rows->opnos); i++)
	{
		const Comparison *comparison = comparison_of(list_nth_oid(rows->opnos, i));
		Oid			family;
		Oid			type;
		int16		strategy;

		if (comparison == NULL || !get_ordering_op_properties(BpcharLessOperator, &family, &type, &strategy))
			continue;
		lfirst_oid(list_nth_cell(rows->opnos, i)) = comparison->bpchar;
		lfirst_oid(list_nth_cell(rows->opfamilies, i)) = family;
		lfirst(list_nth_cell(rows->largs, i)) = operand(list_nth(rows->largs, i));
		lfirst(list_nth_cell(rows->rargs, i)) = operand(list_nth(rows->rargs, i));
	}
}

/* What groups, sorts or makes distinct. */
static void
treat_clauses(List *clauses)
{
	ListCell   *lc;

	foreach(lc, clauses)
	{
		SortGroupClause *clause = lfirst_node(SortGroupClause, lc);
		const Comparison *equal = comparison_of(clause->eqop);
		const Comparison *order = comparison_of(clause->sortop);

		if (equal != NULL)
			clause->eqop = equal->bpchar;
		if (order != NULL)
			clause->sortop = order->bpchar;
	}
}

/*
 * Is it a call of a user's function in SQL, which PostgreSQL may inline?  Our own are left alone.
 */
static bool
may_be_inlined(const Node *node)
{
	const FuncExpr *call = (const FuncExpr *) node;
	HeapTuple	tuple;
	Form_pg_proc function;
	bool		result;

	if (!IsA(node, FuncExpr) || call->funcid < FirstNormalObjectId)
		return false;
	tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(call->funcid));
	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for function %u", call->funcid);
	function = (Form_pg_proc) GETSTRUCT(tuple);
	result = function->prolang == SQLlanguageId && function->pronamespace != rs_extension_schema();
	ReleaseSysCache(tuple);
	return result;
}

/*
 * The query of a function in FROM in its place, as PostgreSQL would put it when its turn comes.
 */
static void
inline_in_from(RangeTblEntry *entry, PlannerInfo *root)
{
	Query	   *body;

	if (entry->rtekind != RTE_FUNCTION || list_length(entry->functions) != 1 ||
		!may_be_inlined(linitial_node(RangeTblFunction, entry->functions)->funcexpr))
		return;
	entry->functions = (List *) eval_const_expressions(root, (Node *) entry->functions);
	body = inline_set_returning_function(root, entry);
	if (body == NULL)
		return;
	entry->rtekind = RTE_SUBQUERY;
	entry->subquery = body;
	entry->security_barrier = false;
	entry->functions = NIL;
	entry->funcordinality = false;
}

static void
treat_query(Query *query, PlannerInfo *root)
{
	Place		place = {root, false};
	ListCell   *lc;

	check_stack_depth();
	foreach(lc, query->rtable)
		inline_in_from(lfirst(lc), root);
	treat_clauses(query->groupClause);
	treat_clauses(query->sortClause);
	treat_clauses(query->distinctClause);
	foreach(lc, query->windowClause)
	{
		treat_clauses(lfirst_node(WindowClause, lc)->partitionClause);
		treat_clauses(lfirst_node(WindowClause, lc)->orderClause);
	}
	query_tree_mutator(query, treat, &place, QTW_DONT_COPY_QUERY);
}

static Node *
treat(Node *node, void *context)
{
	Place	   *place = context;

	if (node == NULL)
		return NULL;
	switch (nodeTag(node))
	{
		case T_Query:
			treat_query((Query *) node, place->root);
			return node;
		case T_FuncExpr:
			if (!place->inlined && may_be_inlined(node))
			{
				Node	   *body = eval_const_expressions(place->root, node);
				Place		within = {place->root, true};

				if (!IsA(body, FuncExpr) || ((FuncExpr *) body)->funcid != ((FuncExpr *) node)->funcid)
					return treat(body, &within);
			}
			break;
		case T_InferenceElem:
			/* It has to be found in an index. */
			return node;
		default:
			break;
	}
	check_stack_depth();
	node = expression_tree_mutator(node, treat, context);
	switch (nodeTag(node))
	{
		case T_OpExpr:
		case T_DistinctExpr:
		case T_NullIfExpr:
			treat_operator((OpExpr *) node);
			break;
		case T_ScalarArrayOpExpr:
			treat_array_operator((ScalarArrayOpExpr *) node);
			break;
		case T_RowCompareExpr:
			treat_rows((RowCompareExpr *) node);
			break;
		case T_Aggref:
			treat_clauses(((Aggref *) node)->aggdistinct);
			treat_clauses(((Aggref *) node)->aggorder);
			break;
		case T_SetOperationStmt:
			treat_clauses(((SetOperationStmt *) node)->groupClauses);
			break;
		default:
			break;
	}
	return node;
}

/*
 * Is it a query of PostgreSQL's about foreign keys?  Triggers run them with a right that nothing
 * else has, ALTER TABLE as any user would; they alone are sure to spell their operators so.
 */
static bool
is_about_keys(const char *text)
{
	return (altering || InNoForceRLSOperation()) && text != NULL && strstr(text, "OPERATOR(pg_catalog.=)") != NULL;
}

static PlannedStmt *
plan(Query *query, const char *text, int options, ParamListInfo params)
{
	PlannerInfo *root;
	PlannedStmt *planned;

	if (rs_dialect != RS_DIALECT_REDSHIFT || is_about_keys(text) || !OidIsValid(rs_extension_schema()))
		return next_planner != NULL ? next_planner(query, text, options, params) :
			standard_planner(query, text, options, params);

	root = makeNode(PlannerInfo);
	root->glob = makeNode(PlannerGlobal);
	root->parse = query;
	treat_query(query, root);
	planned = next_planner != NULL ? next_planner(query, text, options, params) :
		standard_planner(query, text, options, params);
	planned->invalItems = list_concat(planned->invalItems, root->glob->invalItems);
	planned->dependsOnRole |= root->glob->dependsOnRole;
	return planned;
}

static void
process_utility(PlannedStmt *statement, const char *text, bool read_only, ProcessUtilityContext context,
				ParamListInfo params, QueryEnvironment *environment, DestReceiver *receiver, QueryCompletion *completion)
{
	bool		before = altering;

	altering = IsA(statement->utilityStmt, AlterTableStmt);
	PG_TRY();
	{
		if (next_process_utility != NULL)
			next_process_utility(statement, text, read_only, context, params, environment, receiver, completion);
		else
			standard_ProcessUtility(statement, text, read_only, context, params, environment, receiver, completion);
	}
	PG_FINALLY();
	{
		altering = before;
	}
	PG_END_TRY();
}

void
rs_blanks_init(void)
{
	next_planner = planner_hook;
	planner_hook = plan;
	next_process_utility = ProcessUtility_hook;
	ProcessUtility_hook = process_utility;
}
