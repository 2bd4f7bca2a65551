/*
 * tree_describe.c
 *	  What an algebra tree does, in Redshift's words, for EXPLAIN (redshift).
 *
 * Of a plan for the nodes only SQL is left (stages.c), so what Redshift shows of a plan is
 * written down when the plan is made.  Exchanges below a join are a word of the join
 * (DS_BCAST_INNER); others are nodes of their own, called Network.
 */
#include "postgres.h"

#include "mpp/cluster/table.h"
#include "mpp/plan/tree_describe.h"
#include "mpp/wire/fragment_counts.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/tlist.h"
#include "parser/parsetree.h"
#include "portability/instr_time.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/ruleutils.h"

bool		rs_trees_are_described = false;
uint64		rs_trees_time = 0;

typedef struct Describe
{
	PlannerInfo *root;			/* of the query level */
	List	   *context;		/* deparsing in it */
	int		   *of_leader;		/* how many of the leader's plans came before */
	int			stage;			/* that computes it */
	int		   *leaves;			/* how many of the stage's came before */
} Describe;

static List *describe(Describe *state, const RsTree *tree, RsOperationInput *input);

/* ---------------------------------------------------------------------
 * Expressions
 * ---------------------------------------------------------------------
 */

static void
enter(Describe *state, PlannerInfo *root)
{
	PlannedStmt *planned = makeNode(PlannedStmt);
	Bitmapset  *all = bms_add_range(NULL, 1, list_length(root->parse->rtable));

	planned->rtable = root->parse->rtable;
	state->root = root;
	state->context = deparse_context_for_plan_tree(planned, select_rtable_names_for_explain(planned->rtable, all));
	state->context = set_deparse_context_plan(state->context, (Plan *) makeNode(Result), NIL);
}

static Node *
without_placeholders(Node *node, void *context)
{
	if (node == NULL)
		return NULL;
	if (IsA(node, PlaceHolderVar))
		return without_placeholders((Node *) ((PlaceHolderVar *) node)->phexpr, context);
	if (IsA(node, RestrictInfo))
		return without_placeholders((Node *) ((RestrictInfo *) node)->clause, context);
	return expression_tree_mutator(node, without_placeholders, context);
}

static char *
text_of(Describe *state, Node *expr)
{
	/* A column of UNION and the like is no table's. */
	if (IsA(expr, Var) && castNode(Var, expr)->varno == 0)
	{
		TargetEntry *entry = get_tle_by_resno(state->root->parse->targetList, castNode(Var, expr)->varattno);

		return pstrdup(quote_identifier(entry != NULL && entry->resname != NULL ? entry->resname : "?column?"));
	}
	return deparse_expression(without_placeholders(expr, NULL), state->context,
							  list_length(state->root->parse->rtable) > 1, false);
}

static List *
add_line(List *lines, const char *label, const char *text)
{
	return lappend(lines, makeString(psprintf("%s: %s", label, text)));
}

static List *
add_filter(Describe *state, List *lines, const char *label, List *quals)
{
	return quals == NIL ? lines : add_line(lines, label, text_of(state, (Node *) make_ands_explicit(quals)));
}

static char *
sort_key(Describe *state, const RsTree *tree)
{
	StringInfoData text;
	ListCell   *lc;

	initStringInfo(&text);
	foreach(lc, tree->sort_groups)
		appendStringInfo(&text, "%s%s", foreach_current_index(lc) > 0 ? ", " : "",
						 text_of(state, (Node *) get_sortgroupclause_expr(lfirst(lc), tree->sort_refs)));
	return text.data;
}

/* ---------------------------------------------------------------------
 * Joins
 * ---------------------------------------------------------------------
 */

const char *
rs_describe_join(JoinType type, bool hash)
{
	switch (type)
	{
		case JOIN_LEFT:
			return hash ? "Hash Left Join" : "Nested Loop Left Join";
		case JOIN_RIGHT:
			return "Hash Right Join";
		case JOIN_FULL:
			return "Hash Full Join";
		case JOIN_SEMI:
			return hash ? "Hash IN Join" : "Nested Loop IN Join";
		case JOIN_ANTI:
			return hash ? "Hash NOT IN Join" : "Nested Loop NOT IN Join";
		default:
			return hash ? "Hash Join" : "Nested Loop";
	}
}

static const RsTree *
without_projections(const RsTree *tree)
{
	while (tree->kind == RS_TREE_PROJECT && tree->outer != NULL)
		tree = tree->outer;
	return tree;
}

static bool
is_everywhere(const RsTree *tree)
{
	AttrNumber	key;

	switch (tree->kind)
	{
		case RS_TREE_FILES:
			return false;
		case RS_TREE_SCAN:
			return rs_table_spread(tree->rte->relid, &key) == RS_DIST_ALL;
		case RS_TREE_EXCHANGE:
			return tree->to.kind == RS_SPREAD_ALL;
		case RS_TREE_JOIN:
			return is_everywhere(tree->outer) && is_everywhere(tree->inner);
		default:
			return tree->outer != NULL && is_everywhere(tree->outer);
	}
}

static const char *
movement(const RsTree *outer, const RsTree *inner)
{
	if (outer->kind == RS_TREE_EXCHANGE && inner->kind == RS_TREE_EXCHANGE)
		return "DS_DIST_BOTH";
	if (inner->kind == RS_TREE_EXCHANGE)
		return inner->label;
	if (outer->kind == RS_TREE_EXCHANGE)
		return outer->label;
	return is_everywhere(inner) ? "DS_DIST_ALL_NONE" : "DS_DIST_NONE";
}

/* Relations of the query level that a tree reads. */
static Relids
relations_of(const RsTree *tree)
{
	if (tree == NULL)
		return NULL;
	if (tree->kind == RS_TREE_SCAN || tree->kind == RS_TREE_FILES || tree->kind == RS_TREE_SUBQUERY || tree->kind == RS_TREE_CTE)
		return bms_make_singleton(tree->relid);
	return bms_union(relations_of(tree->outer), relations_of(tree->inner));
}

static char *
side_text(Describe *state, Node *expr, const char *side)
{
	expr = strip_implicit_coercions(without_placeholders(expr, NULL));
	if (IsA(expr, Var) && ((Var *) expr)->varattno > 0)
		return psprintf("\"%s\".%s", side,
						get_rte_attribute_name(planner_rt_fetch(((Var *) expr)->varno, state->root),
											   ((Var *) expr)->varattno));
	return text_of(state, expr);
}

/*
 * The conditions that a hash join matches by, as Redshift writes them; the others are
 * left in *others.
 */
static char *
hash_condition(Describe *state, const RsTree *tree, List **others)
{
	Relids		inner = relations_of(tree->inner);
	StringInfoData text;
	int			n = 0;
	ListCell   *lc;

	initStringInfo(&text);
	*others = NIL;
	foreach(lc, tree->join_quals)
	{
		Node	   *clause = without_placeholders(lfirst(lc), NULL);
		OpExpr	   *op = (OpExpr *) clause;
		bool		first_is_inner;

		if (!is_opclause(clause) || list_length(op->args) != 2 ||
			!op_hashjoinable(op->opno, exprType(linitial(op->args))) ||
			bms_is_empty(pull_varnos(state->root, linitial(op->args))) ||
			bms_is_empty(pull_varnos(state->root, lsecond(op->args))))
		{
			*others = lappend(*others, clause);
			continue;
		}
		first_is_inner = bms_is_subset(pull_varnos(state->root, linitial(op->args)), inner);
		appendStringInfo(&text, "%s(%s %s %s)", n++ > 0 ? " AND " : "",
						 side_text(state, list_nth(op->args, first_is_inner ? 1 : 0), "outer"), get_opname(op->opno),
						 side_text(state, list_nth(op->args, first_is_inner ? 0 : 1), "inner"));
	}
	return n == 0 ? NULL : n == 1 ? text.data : psprintf("(%s)", text.data);
}

/* ---------------------------------------------------------------------
 * Nodes
 * ---------------------------------------------------------------------
 */

/*
 * kind: of the operation that counts its rows; 0: none.
 */
static List *
make_described(const Describe *state, const char *name, const RsTree *tree, List *lines, List *inputs,
			   int kind, const RsOperationInput *input)
{
	List	   *described;

	/* What is made on the way to a path costs as what it reads. */
	while (tree->cost == 0 && tree->outer != NULL)
		tree = tree->outer;
	described = list_make4(makeString(pstrdup(name)),
						   list_make4(makeFloat(psprintf("%.2f", tree->kind == RS_TREE_SCAN ? 0.0 : tree->cost)),
									  makeFloat(psprintf("%.2f", tree->cost)), makeFloat(psprintf("%.0f", tree->rows)),
									  makeInteger(tree->width)), lines, inputs);
	described = lappend(described, list_make2(makeInteger(state->stage),
											  makeString(kind == 0 ? pstrdup("") : rs_operation_key(kind, input))));
	return lappend(described, NIL);
}

/* A node of what was just described, by the same rows. */
static List *
same_counts(List *described, List *input)
{
	list_nth_cell(described, 4)->ptr_value = list_nth(input, 4);
	return described;
}

static RsOperationInput
next_leaf(Describe *state)
{
	return (RsOperationInput) {.leaves = bms_make_singleton(++*state->leaves)};
}

/*
 * What an exchange moves is of another stage.
 */
static List *
describe_moved(Describe *state, const RsTree *exchange, RsOperationInput *input)
{
	Describe	before = *state;
	RsOperationInput moved;
	int			leaves = 0;

	*input = next_leaf(state);
	before.stage = exchange->stage;
	before.leaves = &leaves;
	return describe(&before, without_projections(exchange->outer), &moved);
}

/*
 * A side of a join, which may be moved first.
 */
static List *
describe_side(Describe *state, const RsTree *tree, RsOperationInput *input, List **moved)
{
	tree = without_projections(tree);
	*moved = lappend_int(*moved, tree->kind == RS_TREE_EXCHANGE ? tree->stage : -1);
	return tree->kind == RS_TREE_EXCHANGE ? describe_moved(state, tree, input) : describe(state, tree, input);
}

static List *
describe_join(Describe *state, const RsTree *tree, RsOperationInput *input)
{
	const RsTree *inner_tree = without_projections(tree->inner);
	const char *moved = movement(without_projections(tree->outer), inner_tree);
	List	   *others;
	char	   *condition = hash_condition(state, tree, &others);
	List	   *stages = NIL;
	RsOperationInput inputs[2];
	List	   *outer = describe_side(state, tree->outer, &inputs[0], &stages);
	List	   *inner = describe_side(state, tree->inner, &inputs[1], &stages);
	List	   *lines = NIL;
	List	   *described;

	if (condition != NULL)
		lines = add_line(lines, "Hash Cond", condition);
	lines = add_filter(state, lines, "Join Filter", others);
	lines = add_filter(state, lines, "Filter", tree->quals);
	if (condition != NULL)
		inner = same_counts(make_described(state, "Hash", inner_tree->kind == RS_TREE_EXCHANGE ?
										   without_projections(inner_tree->outer) : inner_tree, NIL, list_make1(inner),
										   0, NULL), inner);
	*input = rs_operation_inputs(&inputs[0], &inputs[1]);
	described = make_described(state, psprintf("%s %s", rs_describe_join(tree->jointype, condition != NULL), moved),
							   tree, lines, list_make2(outer, inner), RS_OPERATION_JOIN, input);
	list_nth_cell(described, 5)->ptr_value = stages;
	return described;
}

/*
 * A subquery is a query level of its own.
 */
static List *
describe_subquery(Describe *state, const RsTree *tree, RsOperationInput *input)
{
	RelOptInfo *rel = find_base_rel(state->root, tree->relid);
	Describe	inner = *state;
	List	   *lines = add_filter(state, NIL, "Filter", tree->quals);
	List	   *below;
	List	   *described;

	enter(&inner, rel->subroot);
	below = describe(&inner, tree->outer, input);
	described = make_described(state, psprintf("Subquery Scan %s", quote_identifier(tree->rte->eref->aliasname)), tree,
							   lines, list_make1(below), 0, NULL);
	return tree->quals == NIL ? same_counts(described, below) : described;
}

static List *
describe_leaf(Describe *state, const char *name, const RsTree *tree, RsOperationInput *input)
{
	*input = next_leaf(state);
	return make_described(state, name, tree, add_filter(state, NIL, "Filter", tree->quals), NIL, RS_OPERATION_SCAN,
						  input);
}

static List *
describe_scan(Describe *state, const RsTree *tree, RsOperationInput *input)
{
	const char *name = get_rel_name(tree->rte->relid);
	const char *alias = tree->rte->eref->aliasname;

	return describe_leaf(state, psprintf(strcmp(name, alias) == 0 ? "Seq Scan on %s" : "Seq Scan on %s %s",
										 quote_identifier(name), quote_identifier(alias)), tree, input);
}

static List *
describe_set_operation(Describe *state, const RsTree *tree, RsOperationInput *input)
{
	RsOperationInput inputs[2];
	List	   *outer = describe(state, tree->outer, &inputs[0]);
	List	   *inner = describe(state, tree->inner, &inputs[1]);

	*input = rs_operation_inputs(&inputs[0], &inputs[1]);
	return make_described(state, tree->setop == SETOP_UNION ? "Append" :
						  tree->setop == SETOP_INTERSECT ? "Hash Intersect" : "Hash Except", tree, NIL,
						  list_make2(outer, inner), RS_OPERATION_SET, input);
}

static List *
describe_exchange(Describe *state, const RsTree *tree, RsOperationInput *input)
{
	List	   *below = describe_moved(state, tree, input);
	List	   *described = make_described(state, "Network", tree,
										   list_make1(makeString(tree->to.kind == RS_SPREAD_ALL ? "Broadcast" : "Distribute")),
										   list_make1(below), 0, NULL);

	list_nth_cell(described, 5)->ptr_value = list_make1_int(tree->stage);
	return described;
}

/*
 * The order, and the first of its rows.
 */
static List *
describe_top(Describe *state, const RsTree *tree, RsOperationInput *input)
{
	List	   *below = describe(state, tree->outer, input);

	if (tree->sort_groups != NIL)
		below = make_described(state, "Sort", tree, add_line(NIL, "Sort Key", sort_key(state, tree)), list_make1(below),
							   RS_OPERATION_SORT, input);
	if (tree->distinct_on != NIL)
	{
		below = make_described(state, "Unique", tree, NIL, list_make1(below), RS_OPERATION_AGGREGATE, input);
		input->aggregations++;
	}
	return tree->limit == NULL ? below :
		make_described(state, "Limit", tree, NIL, list_make1(below), RS_OPERATION_LIMIT, input);
}

/*
 * input: what an operation above it has below it, on the same nodes.
 */
static List *
describe(Describe *state, const RsTree *tree, RsOperationInput *input)
{
	List	   *below;

	switch (tree->kind)
	{
		case RS_TREE_SCAN:
			return describe_scan(state, tree, input);
		case RS_TREE_FILES:
			return describe_leaf(state, "Function Scan on read_files", tree, input);
		case RS_TREE_JOIN:
			return describe_join(state, tree, input);
		case RS_TREE_SUBQUERY:
			return describe_subquery(state, tree, input);
		case RS_TREE_CTE:
			*state->of_leader += list_length(rs_tree_of_leader(tree->outer));
			return describe_leaf(state, psprintf("CTE Scan on %s", quote_identifier(tree->rte->ctename)), tree, input);
		case RS_TREE_PROJECT:
			return describe(state, tree->outer, input);
		case RS_TREE_AGGREGATE:
			below = describe(state, tree->outer, input);
			below = make_described(state, tree->sort_groups == NIL ? "Aggregate" : "HashAggregate", tree,
								   add_filter(state, NIL, "Filter", tree->quals), list_make1(below),
								   RS_OPERATION_AGGREGATE, input);
			input->aggregations++;
			return below;
		case RS_TREE_WINDOW:
			below = describe(state, tree->outer, input);
			return make_described(state, "Window", tree, NIL, list_make1(below), RS_OPERATION_WINDOW, input);
		case RS_TREE_SETOP:
			return describe_set_operation(state, tree, input);
		case RS_TREE_EXCHANGE:
			return describe_exchange(state, tree, input);
		case RS_TREE_TOP:
			return describe_top(state, tree, input);
		case RS_TREE_LEADER:
			*input = (RsOperationInput) {0};
			return make_described(state, RS_DESCRIBED_LEADER, tree, list_make1(makeInteger((*state->of_leader)++)), NIL,
								  0, NULL);
	}
	elog(ERROR, "unknown kind of tree %d", (int) tree->kind);
}

List *
rs_describe_changed(void)
{
	RsOperationInput target = {.leaves = bms_make_singleton(1)};

	return lappend(list_make5(makeString(""), NIL, NIL, NIL,
							  list_make2(makeInteger(-1), makeString(rs_operation_key(RS_OPERATION_SCAN, &target)))), NIL);
}

List *
rs_tree_describe(PlannerInfo *root, const RsTree *tree, int nstages)
{
	int			of_leader = 0;
	int			leaves = 0;
	Describe	state = {.of_leader = &of_leader, .stage = nstages - 1, .leaves = &leaves};
	RsOperationInput input;
	instr_time	start;
	instr_time	end;
	List	   *described;

	INSTR_TIME_SET_CURRENT(start);
	enter(&state, root);
	described = describe(&state, tree, &input);
	INSTR_TIME_SET_CURRENT(end);
	INSTR_TIME_SUBTRACT(end, start);
	rs_trees_time += INSTR_TIME_GET_MICROSEC(end);
	return described;
}
