/*
 * explain_redshift.c
 *	  EXPLAIN (redshift): plans as Redshift shows them.
 *
 * The option is taken out by the ProcessUtility hook.  The query is planned as it would be
 * to run, and PostgreSQL's plan, with what the vector engine has taken over and what
 * gathers do on the nodes (mpp/plan/tree_describe.c), is shown in the words of Redshift's
 * manual: nodes are called "XN ..." where the query reads tables of ours, joins say how
 * rows move, Network is where rows leave their node.
 *
 * What PostgreSQL has and Redshift has not keeps PostgreSQL's name.  Redshift shows neither
 * the nodes that change rows nor projections; neither does this.
 */
#include "postgres.h"

#include "access/table.h"
#include "commands/defrem.h"
#include "commands/explain.h"
#include "commands/prepare.h"
#include "executor/executor.h"
#include "mpp/change/modify.h"
#include "mpp/cluster/table.h"
#include "mpp/execute/gather.h"
#include "mpp/plan/tree_describe.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "planner/explain_redshift.h"
#include "planner/planner.h"
#include "redshift_ext.h"
#include "rewrite/rewriteHandler.h"
#include "storage/tableam.h"
#include "tcop/tcopprot.h"
#include "tcop/utility.h"
#include "utils/builtins.h"
#include "utils/formatting.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/ruleutils.h"

typedef struct Explain
{
	StringInfo	text;
	bool		costs;
	PlannedStmt *planned;
	List	   *names;			/* of range table entries */
	List	   *context;		/* deparsing */
	bool		ours;			/* the query reads tables of ours: "XN" */
	bool		nested_loop;
	bool		at_top;			/* nothing but Limit and the like is above */
	int			shift;			/* spaces before each line: subplans stand deeper */
	List	   *nodes;			/* RsExplainedNode *, the lines of which are in the text yet */
	List	   *places;			/* where those begin */
} Explain;

static ProcessUtility_hook_type next_process_utility = NULL;

static void explain_plan(Explain *explain, Plan *plan, int depth, List *inputs);

/* ---------------------------------------------------------------------
 * Text
 * ---------------------------------------------------------------------
 */

static RsExplainedNode *
begin_node(Explain *explain, int depth, const char *name, Cost startup, Cost total, double rows, int width)
{
	StringInfo	text = explain->text;
	RsExplainedNode *node = palloc0(sizeof(RsExplainedNode));

	node->depth = depth + explain->shift / 2;
	node->startup = startup;
	node->total = total;
	node->rows = rows;
	node->width = width;
	explain->nodes = lappend(explain->nodes, node);
	explain->places = lappend_int(explain->places, text->len);
	if (depth > 0)
	{
		appendStringInfoSpaces(text, explain->shift + depth * 6 - 4);
		appendStringInfoString(text, "->  ");
	}
	appendStringInfo(text, "%s%s", explain->ours ? "XN " : "", name);
	if (explain->costs)
		appendStringInfo(text, "  (cost=%.2f..%.2f rows=%.0f width=%d)", startup, total, rows, width);
	appendStringInfoChar(text, '\n');
	return node;
}

static void
begin_plan(Explain *explain, int depth, const char *name, const Plan *plan)
{
	RsExplainedNode *node = begin_node(explain, depth, name, plan->startup_cost, plan->total_cost, plan->plan_rows,
									   plan->plan_width);

	node->plan = plan;
}

static void
add_line(Explain *explain, int depth, const char *line)
{
	appendStringInfoSpaces(explain->text, explain->shift + depth * 6 + 2);
	appendStringInfo(explain->text, "%s\n", line);
}

static char *
text_of(Explain *explain, Plan *plan, Node *expr)
{
	List	   *context = set_deparse_context_plan(explain->context, plan, NIL);

	return deparse_expression(expr, context, list_length(explain->planned->rtable) > 1, false);
}

static void
add_filter(Explain *explain, int depth, Plan *plan, const char *label, List *quals)
{
	if (quals != NIL)
		add_line(explain, depth, psprintf("%s: %s", label,
										  text_of(explain, plan, (Node *) make_ands_explicit(quals))));
}

/*
 * What a node below computes is in parentheses, for expressions around it: there is none.
 */
static char *
key_text(Explain *explain, Plan *plan, Node *expr)
{
	char	   *text = text_of(explain, plan, expr);
	Size		length = strlen(text);

	if (!IsA(expr, Var) || length < 2 || text[0] != '(' || text[length - 1] != ')')
		return text;
	return pnstrdup(text + 1, length - 2);
}

/*
 * Columns of a plan's target list, as keys.
 */
static char *
columns_of(Explain *explain, Plan *plan, int n, const AttrNumber *columns)
{
	StringInfoData text;
	int			i;

	initStringInfo(&text);
	for (i = 0; i < n; i++)
	{
		TargetEntry *entry = get_tle_by_resno(plan->targetlist, columns[i]);

		if (entry == NULL)
			elog(ERROR, "plan has no column %d", columns[i]);
		appendStringInfo(&text, "%s%s", i > 0 ? ", " : "", key_text(explain, plan, (Node *) entry->expr));
	}
	return text.data;
}

/*
 * A column of a side as Redshift writes it in a join's condition.
 */
static char *
side_text(Explain *explain, Plan *plan, Node *expr)
{
	Node	   *bare = strip_implicit_coercions(expr);
	char	   *text = text_of(explain, plan, expr);
	char	   *dot = strrchr(text, '.');

	if (!IsA(bare, Var) || (((Var *) bare)->varno != OUTER_VAR && ((Var *) bare)->varno != INNER_VAR) ||
		strpbrk(text, "( ") != NULL)
		return text;
	return psprintf("\"%s\".%s", ((Var *) bare)->varno == OUTER_VAR ? "outer" : "inner", dot != NULL ? dot + 1 : text);
}

static void
add_join_condition(Explain *explain, int depth, Plan *plan, const char *label, List *clauses)
{
	StringInfoData text;
	ListCell   *lc;

	initStringInfo(&text);
	foreach(lc, clauses)
	{
		OpExpr	   *op = lfirst(lc);

		appendStringInfoString(&text, foreach_current_index(lc) > 0 ? " AND " : "");
		if (is_opclause(op) && list_length(op->args) == 2)
			appendStringInfo(&text, "(%s %s %s)", side_text(explain, plan, linitial(op->args)), get_opname(op->opno),
							 side_text(explain, plan, lsecond(op->args)));
		else
			appendStringInfoString(&text, text_of(explain, plan, (Node *) op));
	}
	if (clauses != NIL)
		add_line(explain, depth, psprintf(list_length(clauses) > 1 ? "%s: (%s)" : "%s: %s", label, text.data));
}

/* ---------------------------------------------------------------------
 * What gathers do on the nodes
 * ---------------------------------------------------------------------
 */

static void
explain_described(Explain *explain, CustomScan *gather, List *node, int depth)
{
	List	   *costs = RS_DESCRIBED_COSTS(node);
	RsExplainedNode *begun;
	ListCell   *lc;

	if (strcmp(RS_DESCRIBED_NAME(node), RS_DESCRIBED_LEADER) == 0)
	{
		explain_plan(explain, list_nth(gather->custom_plans, intVal(linitial(RS_DESCRIBED_LINES(node)))), depth, NIL);
		return;
	}
	begun = begin_node(explain, depth, RS_DESCRIBED_NAME(node), floatVal(linitial(costs)), floatVal(lsecond(costs)),
					   floatVal(lthird(costs)), intVal(lfourth(costs)));
	begun->gather = &gather->scan.plan;
	begun->described = node;
	explain->nested_loop |= strncmp(RS_DESCRIBED_NAME(node), "Nested Loop", 11) == 0;
	foreach(lc, RS_DESCRIBED_LINES(node))
		add_line(explain, depth, strVal(lfirst(lc)));
	foreach(lc, RS_DESCRIBED_INPUTS(node))
		explain_described(explain, gather, lfirst(lc), depth + 1);
}

/*
 * The columns, from 1, by which a gather merges what nodes give in order.
 */
static char *
merge_key(Explain *explain, CustomScan *scan, List *columns)
{
	StringInfoData text;
	ListCell   *lc;

	initStringInfo(&text);
	foreach(lc, columns)
	{
		TargetEntry *entry = get_tle_by_resno(scan->custom_scan_tlist, lfirst_int(lc));
		bool		has_table;

		if (entry == NULL)
			elog(ERROR, "plan has no column %d", lfirst_int(lc));
		/* A column of UNION and the like is no table's. */
		has_table = !IsA(entry->expr, Var) || castNode(Var, entry->expr)->varno > 0;
		appendStringInfo(&text, "%s%s", foreach_current_index(lc) > 0 ? ", " : "",
						 has_table ? text_of(explain, &scan->scan.plan, (Node *) entry->expr) :
						 entry->resname != NULL ? quote_identifier(entry->resname) : psprintf("%d", lfirst_int(lc)));
	}
	return text.data;
}

static void
explain_gather(Explain *explain, CustomScan *scan, int depth)
{
	/* One that was planned for rows in any order may say nothing of it. */
	List	   *order = list_length(scan->custom_private) > RS_GATHER_MERGE ?
		list_nth(scan->custom_private, RS_GATHER_MERGE) : NIL;

	if (order != NIL)
	{
		begin_plan(explain, depth, "Merge", &scan->scan.plan);
		add_line(explain, depth++, psprintf("Merge Key: %s", merge_key(explain, scan, linitial(order))));
	}
	begin_plan(explain, depth, "Network", &scan->scan.plan);
	((RsExplainedNode *) llast(explain->nodes))->gather = &scan->scan.plan;
	add_line(explain, depth, "Send to leader");
	add_filter(explain, depth, &scan->scan.plan, "Filter", scan->scan.plan.qual);
	/* One that was planned to run only says no more. */
	if (list_length(scan->custom_private) > RS_GATHER_DESCRIPTION &&
		list_nth(scan->custom_private, RS_GATHER_DESCRIPTION) != NIL)
		explain_described(explain, scan, list_nth(scan->custom_private, RS_GATHER_DESCRIPTION), depth + 1);
}

/* ---------------------------------------------------------------------
 * Nodes of PostgreSQL's plan
 * ---------------------------------------------------------------------
 */

static const char *
table_name(Explain *explain, Index relation)
{
	RangeTblEntry *rte = rt_fetch(relation, explain->planned->rtable);
	const char *name = rte->rtekind == RTE_RELATION ? get_rel_name(rte->relid) : rte->eref->aliasname;
	const char *alias = list_nth(explain->names, relation - 1);

	return alias == NULL || strcmp(name, alias) == 0 ? quote_identifier(name) :
		psprintf("%s %s", quote_identifier(name), quote_identifier(alias));
}

/*
 * Is all that a plan reads on every node?  Then a join with it needs no place.
 */
static bool
is_everywhere(Explain *explain, const Plan *plan)
{
	AttrNumber	key;

	const RangeTblEntry *rte;

	while (plan != NULL && (IsA(plan, Hash) || IsA(plan, Material) || IsA(plan, Sort)))
		plan = outerPlan(plan);
	if (plan == NULL || (!IsA(plan, SeqScan) && !IsA(plan, CustomScan)) || ((Scan *) plan)->scanrelid == 0)
		return false;
	rte = rt_fetch(((Scan *) plan)->scanrelid, explain->planned->rtable);
	return rte->rtekind == RTE_RELATION && rs_table_spread(rte->relid, &key) == RS_DIST_ALL;
}

static const char *
name_of_join(Explain *explain, Plan *plan)
{
	Join	   *join = (Join *) plan;
	const char *name = rs_describe_join(join->jointype, !IsA(plan, NestLoop));

	if (IsA(plan, MergeJoin))
		name = psprintf("Merge%s", name + strlen("Hash"));
	return !explain->ours ? name :
		psprintf("%s %s", name, is_everywhere(explain, innerPlan(plan)) ? "DS_DIST_ALL_NONE" : "DS_DIST_NONE");
}

static void
explain_join(Explain *explain, Plan *plan, int depth, List *inputs)
{
	Join	   *join = (Join *) plan;
	Plan	   *inner = innerPlan(plan);

	begin_plan(explain, depth, name_of_join(explain, plan), plan);
	if (IsA(plan, HashJoin))
		add_join_condition(explain, depth, plan, "Hash Cond", ((HashJoin *) plan)->hashclauses);
	if (IsA(plan, MergeJoin))
		add_join_condition(explain, depth, plan, "Merge Cond", ((MergeJoin *) plan)->mergeclauses);
	add_filter(explain, depth, plan, "Join Filter", join->joinqual);
	add_filter(explain, depth, plan, "Filter", plan->qual);
	explain->nested_loop |= IsA(plan, NestLoop);
	explain_plan(explain, outerPlan(plan), depth + 1, inputs);
	explain_plan(explain, inner, depth + 1, inputs);
}

static void
explain_aggregate(Explain *explain, Agg *agg, int depth, List *inputs)
{
	Plan	   *plan = &agg->plan;
	Plan	   *below = outerPlan(plan);

	/* DISTINCT is an aggregation without aggregates, too: Redshift has but one name for it. */
	begin_plan(explain, depth, agg->aggstrategy == AGG_PLAIN ? "Aggregate" :
			   agg->aggstrategy == AGG_SORTED ? "GroupAggregate" : "HashAggregate", plan);
	add_filter(explain, depth, plan, "Filter", plan->qual);
	explain_plan(explain, below, depth + 1, inputs);
}

/*
 * The partition and order of window functions, without what both have.
 */
static void
explain_window(Explain *explain, WindowAgg *window, int depth, List *inputs)
{
	Plan	   *below = outerPlan(window);

	begin_plan(explain, depth, "Window", &window->plan);
	if (window->partNumCols > 0)
		add_line(explain, depth, psprintf("Partition: %s",
										  columns_of(explain, below, window->partNumCols, window->partColIdx)));
	if (window->ordNumCols > 0)
		add_line(explain, depth, psprintf("Order: %s", columns_of(explain, below, window->ordNumCols, window->ordColIdx)));
	explain_plan(explain, below, depth + 1, inputs);
}

/*
 * What an input of the engine's plan reads.  The history describes all plans there are:
 * one that is not understood has to be an error.
 */
static Plan *
input_of(List *inputs, const CustomScan *scan)
{
	int			n = linitial_int(scan->custom_private);

	if (n < 0 || n >= list_length(inputs))
		elog(ERROR, "plan has no input %d", n);
	return list_nth(inputs, n);
}

/*
 * Do rows come to the leader below?
 */
static bool
gathers(Plan *plan, List *inputs)
{
	CustomScan *scan = (CustomScan *) plan;

	if (plan == NULL)
		return false;
	if (IsA(plan, Gather) || IsA(plan, GatherMerge))
		return true;
	if (IsA(plan, CustomScan) && scan->methods == &rs_vector_methods)
		return gathers(linitial(scan->custom_private), scan->custom_plans);
	if (IsA(plan, CustomScan) && scan->methods == &rs_input_methods)
		return gathers(input_of(inputs, scan), NIL);
	if (IsA(plan, CustomScan))
		return strcmp(scan->methods->CustomName, "RsGather") == 0;
	if (IsA(plan, SubqueryScan))
		return gathers(((SubqueryScan *) plan)->subplan, inputs);
	return gathers(outerPlan(plan), inputs) || gathers(innerPlan(plan), inputs);
}

/*
 * The order that a query asks for: slices sort, the leader merges.  If rows were at the
 * leader before, it sorts.
 */
static void
explain_sort(Explain *explain, Sort *sort, int depth, List *inputs)
{
	char	   *keys = columns_of(explain, &sort->plan, sort->numCols, sort->sortColIdx);

	if (explain->at_top && explain->ours && !gathers(&sort->plan, inputs))
	{
		begin_plan(explain, depth, "Merge", &sort->plan);
		add_line(explain, depth++, psprintf("Merge Key: %s", keys));
		begin_plan(explain, depth, "Network", &sort->plan);
		add_line(explain, depth++, "Send to leader");
	}
	explain->at_top = false;
	begin_plan(explain, depth, "Sort", &sort->plan);
	add_line(explain, depth, psprintf("Sort Key: %s", keys));
	explain_plan(explain, outerPlan(sort), depth + 1, inputs);
}

/*
 * Rows of several processes, in order or not.
 */
static void
explain_merge(Explain *explain, Plan *plan, int depth, List *inputs)
{
	if (IsA(plan, GatherMerge))
	{
		GatherMerge *merge = (GatherMerge *) plan;

		begin_plan(explain, depth, "Merge", plan);
		add_line(explain, depth, psprintf("Merge Key: %s", columns_of(explain, outerPlan(plan), merge->numCols, merge->sortColIdx)));
		depth++;
	}
	begin_plan(explain, depth, "Network", plan);
	add_line(explain, depth, "Send to leader");
	explain_plan(explain, outerPlan(plan), depth + 1, inputs);
}

static void
explain_scan(Explain *explain, Plan *plan, int depth)
{
	Index		relation = ((Scan *) plan)->scanrelid;
	RangeTblEntry *rte = rt_fetch(relation, explain->planned->rtable);

	begin_plan(explain, depth, psprintf(rte->rtekind == RTE_CTE ? "CTE Scan on %s" : "Seq Scan on %s",
										table_name(explain, relation)), plan);
	if (rte->rtekind == RTE_RELATION)
		((RsExplainedNode *) llast(explain->nodes))->relid = rte->relid;
	if (IsA(plan, IndexScan))
		add_filter(explain, depth, plan, "Index Cond", ((IndexScan *) plan)->indexqualorig);
	if (IsA(plan, BitmapHeapScan))
		add_filter(explain, depth, plan, "Filter", ((BitmapHeapScan *) plan)->bitmapqualorig);
	add_filter(explain, depth, plan, "Filter", plan->qual);
}

/*
 * What nodes change where it is, or compute and insert.
 */
static void
explain_update(Explain *explain, CustomScan *scan, int depth)
{
	List	   *private = scan->custom_private;
	RsExplainedNode *top;
	int			before = list_length(explain->nodes);

	if (list_length(private) > RS_UPDATE_DESCRIPTION)
		explain_described(explain, scan, list_nth(private, RS_UPDATE_DESCRIPTION), depth);
	else
	{
		begin_plan(explain, depth, psprintf("Seq Scan on %s", table_name(explain, 1)), &scan->scan.plan);
		((RsExplainedNode *) llast(explain->nodes))->relid = rt_fetch(1, explain->planned->rtable)->relid;
	}
	top = list_nth(explain->nodes, before);
	if (top->gather == NULL)
	{
		top->gather = &scan->scan.plan;
		top->described = rs_describe_changed();
	}
	top->changes = true;
}

static void
explain_custom(Explain *explain, CustomScan *scan, int depth, List *inputs)
{
	const char *name = scan->methods->CustomName;
	Plan	   *plan = &scan->scan.plan;
	ListCell   *lc;

	if (scan->methods == &rs_vector_methods)
		explain_plan(explain, linitial(scan->custom_private), depth, scan->custom_plans);
	else if (scan->methods == &rs_input_methods)
		explain_plan(explain, input_of(inputs, scan), depth, NIL);
	else if (scan->methods == &rs_count_methods)
	{
		begin_plan(explain, depth, "Aggregate", plan);
		begin_plan(explain, depth + 1, psprintf("Seq Scan on %s", table_name(explain, scan->scan.scanrelid)), plan);
		((RsExplainedNode *) llast(explain->nodes))->is_read = true;
		((RsExplainedNode *) llast(explain->nodes))->relid = rt_fetch(scan->scan.scanrelid, explain->planned->rtable)->relid;
	}
	else if (strcmp(name, "RsGather") == 0)
		explain_gather(explain, scan, depth);
	else if (strcmp(name, "RsInsert") == 0 || strcmp(name, "RsLockRows") == 0)
		foreach(lc, scan->custom_plans)
			explain_plan(explain, lfirst(lc), depth, NIL);
	else if (scan->scan.scanrelid > 0)
		explain_scan(explain, plan, depth);
	else if (scan->methods == &rs_update_methods)
		explain_update(explain, scan, depth);
	else
	{
		begin_plan(explain, depth, strncmp(name, "Rs", 2) == 0 ? name + 2 : name, plan);
		foreach(lc, scan->custom_plans)
			explain_plan(explain, lfirst(lc), depth + 1, inputs);
	}
}

static void
explain_list(Explain *explain, const char *name, Plan *plan, List *children, int depth, List *inputs)
{
	ListCell   *lc;

	begin_plan(explain, depth, name, plan);
	foreach(lc, children)
		explain_plan(explain, lfirst(lc), depth + 1, inputs);
}

/* Nodes with one input and nothing to say of it. */
static void
explain_simple(Explain *explain, const char *name, Plan *plan, int depth, List *inputs)
{
	begin_plan(explain, depth, name, plan);
	add_filter(explain, depth, plan, "Filter", plan->qual);
	if (outerPlan(plan) != NULL)
		explain_plan(explain, outerPlan(plan), depth + 1, inputs);
}

static const char *
name_of_set_operation(const SetOp *operation)
{
	return operation->cmd == SETOPCMD_INTERSECT || operation->cmd == SETOPCMD_INTERSECT_ALL ? "SetOp Intersect" :
		"SetOp Except";
}

/* ---------------------------------------------------------------------
 * Subplans
 * ---------------------------------------------------------------------
 */

static bool
find_subplans(Node *node, List **found)
{
	if (node == NULL)
		return false;
	if (IsA(node, SubPlan))
		*found = lappend(*found, node);
	return expression_tree_walker(node, find_subplans, found);
}

static void
explain_subplans(Explain *explain, Plan *plan, int depth)
{
	List	   *found = NIL;
	ListCell   *lc;

	(void) find_subplans((Node *) plan->targetlist, &found);
	(void) find_subplans((Node *) plan->qual, &found);
	if (IsA(plan, HashJoin) || IsA(plan, NestLoop) || IsA(plan, MergeJoin))
		(void) find_subplans((Node *) ((Join *) plan)->joinqual, &found);
	foreach(lc, list_concat_copy(plan->initPlan, found))
	{
		SubPlan    *subplan = lfirst_node(SubPlan, lc);

		add_line(explain, depth, subplan->plan_name);
		explain->shift += 2;
		explain_plan(explain, list_nth(explain->planned->subplans, subplan->plan_id - 1), depth + 1, NIL);
		explain->shift -= 2;
	}
}

/*
 * inputs: of the vector engine's node that the plan is part of.
 */
static void
explain_node(Explain *explain, Plan *plan, int depth, List *inputs)
{
	explain->at_top &= IsA(plan, Limit) || IsA(plan, ModifyTable) || IsA(plan, Sort) || IsA(plan, CustomScan);
	switch (nodeTag(plan))
	{
		case T_CustomScan:
			explain_custom(explain, (CustomScan *) plan, depth, inputs);
			break;
		case T_ModifyTable:
			explain_plan(explain, outerPlan(plan), depth, inputs);
			break;
		case T_SeqScan:
		case T_SampleScan:
		case T_IndexScan:
		case T_IndexOnlyScan:
		case T_BitmapHeapScan:
		case T_TidScan:
		case T_TidRangeScan:
		case T_CteScan:
		case T_ForeignScan:
			if (((Scan *) plan)->scanrelid > 0)
				explain_scan(explain, plan, depth);
			else
				explain_simple(explain, "Foreign Scan", plan, depth, inputs);
			break;
		case T_SubqueryScan:
			begin_plan(explain, depth, psprintf("Subquery Scan %s", table_name(explain, ((Scan *) plan)->scanrelid)), plan);
			add_filter(explain, depth, plan, "Filter", plan->qual);
			explain_plan(explain, ((SubqueryScan *) plan)->subplan, depth + 1, inputs);
			break;
		case T_FunctionScan:
			explain_simple(explain, psprintf("Function Scan on %s", table_name(explain, ((Scan *) plan)->scanrelid)),
						   plan, depth, inputs);
			break;
		case T_HashJoin:
		case T_MergeJoin:
		case T_NestLoop:
			explain_join(explain, plan, depth, inputs);
			break;
		case T_Agg:
			explain_aggregate(explain, (Agg *) plan, depth, inputs);
			break;
		case T_WindowAgg:
			explain_window(explain, (WindowAgg *) plan, depth, inputs);
			break;
		case T_Sort:
		case T_IncrementalSort:
			explain_sort(explain, (Sort *) plan, depth, inputs);
			break;
		case T_Gather:
		case T_GatherMerge:
			explain_merge(explain, plan, depth, inputs);
			break;
		case T_Append:
			explain_list(explain, "Append", plan, ((Append *) plan)->appendplans, depth, inputs);
			break;
		case T_MergeAppend:
			explain_list(explain, "Merge", plan, ((MergeAppend *) plan)->mergeplans, depth, inputs);
			break;
		case T_SetOp:
			explain_simple(explain, name_of_set_operation((SetOp *) plan), plan, depth, inputs);
			break;
		case T_Hash:
			explain_simple(explain, "Hash", plan, depth, inputs);
			break;
		case T_Limit:
			explain_simple(explain, "Limit", plan, depth, inputs);
			break;
		case T_Unique:
			explain_simple(explain, "Unique", plan, depth, inputs);
			break;
		case T_Material:
		case T_Memoize:
			explain_simple(explain, "Materialize", plan, depth, inputs);
			break;
		case T_Result:
			explain_simple(explain, "Result", plan, depth, inputs);
			break;
		default:
			explain_simple(explain, "Scan", plan, depth, inputs);
			break;
	}
}

static void
explain_plan(Explain *explain, Plan *plan, int depth, List *inputs)
{
	explain_node(explain, plan, depth, inputs);
	explain_subplans(explain, plan, depth);
}

/* ---------------------------------------------------------------------
 * Statements
 * ---------------------------------------------------------------------
 */

/*
 * Is it a table of ours, and without statistics, if that is asked?
 */
static bool
is_our_table(const RangeTblEntry *rte, bool *without_statistics)
{
	Relation	rel;
	bool		ours;

	if (rte->rtekind != RTE_RELATION || rte->relkind != RELKIND_RELATION)
		return false;
	rel = table_open(rte->relid, NoLock);
	ours = rs_is_redshift_relation(rel);
	if (without_statistics != NULL)
		*without_statistics = ours && rel->rd_rel->reltuples < 0;
	table_close(rel, NoLock);
	return ours;
}

bool
rs_plan_has_our_tables(const PlannedStmt *planned)
{
	ListCell   *lc;

	foreach(lc, planned->rtable)
		if (is_our_table(lfirst_node(RangeTblEntry, lc), NULL))
			return true;
	return false;
}

/*
 * Does the query read tables of ours, and which of them have no statistics?
 */
static bool
look_at_tables(const PlannedStmt *planned, List **without_statistics)
{
	bool		ours = false;
	ListCell   *lc;

	foreach(lc, planned->rtable)
	{
		RangeTblEntry *rte = lfirst_node(RangeTblEntry, lc);
		bool		lacks = false;

		ours |= is_our_table(rte, &lacks);
		if (lacks && !list_member_int(planned->resultRelations, foreach_current_index(lc) + 1))
			*without_statistics = lappend_oid(*without_statistics, rte->relid);
	}
	return ours;
}

static Explain
explain_tree(PlannedStmt *planned, bool costs, StringInfo text, List **without_statistics)
{
	Explain		explain = {.text = text, .costs = costs, .planned = planned, .at_top = true};
	Bitmapset  *all = bms_add_range(NULL, 1, list_length(planned->rtable));

	explain.ours = look_at_tables(planned, without_statistics);
	explain.names = select_rtable_names_for_explain(planned->rtable, all);
	explain.context = deparse_context_for_plan_tree(planned, explain.names);
	explain_plan(&explain, planned->planTree, 0, NIL);
	return explain;
}

static void
explain_planned(PlannedStmt *planned, bool costs, StringInfo text)
{
	List	   *without_statistics = NIL;
	Explain		explain = explain_tree(planned, costs, text, &without_statistics);
	ListCell   *lc;

	foreach(lc, without_statistics)
		appendStringInfo(text, "%s%s", foreach_current_index(lc) > 0 ? ", " : "----- Tables missing statistics: ",
						 quote_identifier(get_rel_name(lfirst_oid(lc))));
	if (without_statistics != NIL)
		appendStringInfoString(text, " -----\n"
							   "----- Update statistics by running the ANALYZE command on these tables -----\n");
	if (explain.ours && explain.nested_loop)
		appendStringInfoString(text, "----- Nested Loop Join in the query plan - review the join predicates to avoid "
							   "Cartesian products -----\n");
}

/*
 * A node's part of the text: its line, and those up to the next node as one.
 */
static void
cut_lines(RsExplainedNode *node, char *text)
{
	char	   *end = strchr(text, '\n');
	StringInfoData info;

	node->line = pnstrdup(text, end - text);
	initStringInfo(&info);
	for (text = end + 1; *text != '\0'; text = end + 1)
	{
		end = strchr(text, '\n');
		text += strspn(text, " ");
		appendStringInfo(&info, "%s%.*s", info.len > 0 ? " " : "", (int) (end - text), text);
	}
	node->info = info.data;
}

RsExplainedPlan *
rs_explain_planned(PlannedStmt *planned)
{
	RsExplainedPlan *explained = palloc0(sizeof(RsExplainedPlan));
	StringInfoData text;
	Explain		explain;
	int			i;

	initStringInfo(&text);
	explain = explain_tree(planned, true, &text, &explained->without_statistics);
	explained->nodes = explain.nodes;
	for (i = 0; i < list_length(explain.nodes); i++)
	{
		int			begin = list_nth_int(explain.places, i);
		int			end = i + 1 < list_length(explain.nodes) ? list_nth_int(explain.places, i + 1) : text.len;

		cut_lines(list_nth(explain.nodes, i), pnstrdup(text.data + begin, end - begin));
	}
	return explained;
}

/*
 * The queries that a statement runs; NIL: it has no plan.
 */
static List *
queries_of(Query *query)
{
	Node	   *utility = query->utilityStmt;

	if (query->commandType != CMD_UTILITY)
		return QueryRewrite(copyObject(query));
	if (IsA(utility, CreateTableAsStmt))
		return queries_of(castNode(Query, ((CreateTableAsStmt *) utility)->query));
	if (IsA(utility, DeclareCursorStmt))
		return queries_of(castNode(Query, ((DeclareCursorStmt *) utility)->query));
	if (IsA(utility, ExecuteStmt))
	{
		CachedPlanSource *source = FetchPreparedStatement(((ExecuteStmt *) utility)->name, true)->plansource;

		return copyObject(source->query_list);
	}
	return NIL;
}

static char *
explain_queries(ExplainStmt *stmt, const char *source, ParamListInfo params, bool costs)
{
	List	   *queries = queries_of(castNode(Query, stmt->query));
	StringInfoData text;
	bool		outer = rs_trees_are_described;
	ListCell   *lc;

	initStringInfo(&text);
	if (queries == NIL)
		appendStringInfoString(&text, "Utility statements have no plan structure\n");
	foreach(lc, queries)
	{
		PlannedStmt *planned;

		if (lfirst_node(Query, lc)->commandType == CMD_UTILITY)
			continue;
		PG_TRY();
		{
			rs_trees_are_described = true;
			planned = pg_plan_query(lfirst(lc), source, CURSOR_OPT_PARALLEL_OK, params);
		}
		PG_FINALLY();
		{
			rs_trees_are_described = outer;
		}
		PG_END_TRY();
		explain_planned(planned, costs, &text);
	}
	return text.data;
}

/*
 * Is the option there, and on?  The others are looked at, too: Redshift has VERBOSE only.
 */
static bool
wants_redshift(const ExplainStmt *stmt, bool *there, bool *costs)
{
	DefElem    *unknown = NULL;
	bool		wanted = false;
	ListCell   *lc;

	*there = false;
	*costs = true;
	foreach(lc, stmt->options)
	{
		DefElem    *def = lfirst_node(DefElem, lc);

		if (strcmp(def->defname, "redshift") == 0)
		{
			*there = true;
			wanted = defGetBoolean(def);
		}
		else if (strcmp(def->defname, "costs") == 0)
			*costs = defGetBoolean(def);
		else if (strcmp(def->defname, "format") == 0 ? strcmp(defGetString(def), "text") != 0 :
				 strcmp(def->defname, "verbose") != 0 && defGetBoolean(def))
			unknown = def;
	}
	if (wanted && unknown != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("EXPLAIN option %s cannot be used with REDSHIFT", asc_toupper(unknown->defname,
																				   strlen(unknown->defname))),
				 errdetail("Redshift's form shows a plan that is not run, as text.")));
	return wanted;
}

/*
 * Without the option: PostgreSQL does not know it.
 */
static PlannedStmt *
without_option(PlannedStmt *pstmt)
{
	PlannedStmt *copy = copyObject(pstmt);
	ExplainStmt *stmt = castNode(ExplainStmt, copy->utilityStmt);
	List	   *options = NIL;
	ListCell   *lc;

	foreach(lc, stmt->options)
		if (strcmp(lfirst_node(DefElem, lc)->defname, "redshift") != 0)
			options = lappend(options, lfirst(lc));
	stmt->options = options;
	return copy;
}

static void
process_utility(PlannedStmt *pstmt, const char *source, bool read_only_tree, ProcessUtilityContext context,
				ParamListInfo params, QueryEnvironment *env, DestReceiver *dest, QueryCompletion *qc)
{
	ProcessUtility_hook_type run = next_process_utility ? next_process_utility : standard_ProcessUtility;
	ExplainStmt *stmt = (ExplainStmt *) pstmt->utilityStmt;
	TupOutputState *output;
	char	   *text;
	bool		there = false;
	bool		costs;

	if (!IsA(stmt, ExplainStmt) || (!wants_redshift(stmt, &there, &costs) && !there))
		run(pstmt, source, read_only_tree, context, params, env, dest, qc);
	else if (!wants_redshift(stmt, &there, &costs))
		run(without_option(pstmt), source, false, context, params, env, dest, qc);
	else
	{
		text = explain_queries(stmt, source, params, costs);
		output = begin_tup_output_tupdesc(dest, ExplainResultDesc(stmt), &TTSOpsVirtual);
		do_text_output_multiline(output, text);
		end_tup_output(output);
	}
}

void
rs_explain_redshift_init(void)
{
	next_process_utility = ProcessUtility_hook;
	ProcessUtility_hook = process_utility;
}
