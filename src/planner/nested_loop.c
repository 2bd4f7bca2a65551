/*
 * nested_loop.c
 *	  Nested loops that are hash joins in the making.
 *
 * Where the planner expects one row from the outer side, a nested loop over a
 * scan costs as little as a hash join; where it errs, the scan runs thousands of
 * times.  A nested loop whose inner side takes nothing from the outer one, with an
 * equality among its conditions, is made a hash join that the engine will run.
 * Where the outer side may have an order, the hash join keeps it, so whatever stands
 * above sees no difference.
 */
#include "postgres.h"

#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "planner/takeover.h"
#include "utils/lsyscache.h"
#include "vector/operator.h"

static bool
is_of_side_walker(Node *node, int *other)
{
	if (node == NULL)
		return false;
	if (IsA(node, Var))
		return ((Var *) node)->varno == *other;
	return expression_tree_walker(node, is_of_side_walker, other);
}

/*
 * Does the expression use columns of one side, and none of the other?
 */
static bool
is_of_side(Node *expr, int side)
{
	int			other = side == OUTER_VAR ? INNER_VAR : OUTER_VAR;

	return is_of_side_walker(expr, &side) && !is_of_side_walker(expr, &other) &&
		!contain_volatile_functions(expr);
}

/*
 * The condition as a hash clause, outer side first; NULL if it is none.
 */
static OpExpr *
hash_clause(Node *condition)
{
	OpExpr	   *op = (OpExpr *) condition;
	OpExpr	   *commuted;

	if (!IsA(op, OpExpr) || list_length(op->args) != 2 ||
		!op_hashjoinable(op->opno, exprType(linitial(op->args))))
		return NULL;
	if (is_of_side(linitial(op->args), OUTER_VAR) && is_of_side(lsecond(op->args), INNER_VAR))
		return op;
	if (!is_of_side(linitial(op->args), INNER_VAR) || !is_of_side(lsecond(op->args), OUTER_VAR) ||
		!OidIsValid(get_commutator(op->opno)))
		return NULL;
	commuted = copyObject(op);
	commuted->opno = get_commutator(op->opno);
	commuted->opfuncid = get_opcode(commuted->opno);
	commuted->args = list_make2(lsecond(op->args), linitial(op->args));
	return commuted;
}

/* Hash writes its keys in terms of the node below it. */
static Node *
inner_as_outer(Node *node, void *context)
{
	if (node == NULL)
		return NULL;
	if (IsA(node, Var) && ((Var *) node)->varno == INNER_VAR)
	{
		Var		   *var = copyObject((Var *) node);

		var->varno = OUTER_VAR;
		return (Node *) var;
	}
	return expression_tree_mutator(node, inner_as_outer, context);
}

static Hash *
make_hash(Plan *inner, List *hashclauses)
{
	Hash	   *hash = makeNode(Hash);
	ListCell   *lc;

	hash->plan.startup_cost = hash->plan.total_cost = inner->total_cost;
	hash->plan.plan_rows = inner->plan_rows;
	hash->plan.plan_width = inner->plan_width;
	hash->plan.extParam = bms_copy(inner->extParam);
	hash->plan.allParam = bms_copy(inner->allParam);
	foreach(lc, inner->targetlist)
	{
		TargetEntry *entry = flatCopyTargetEntry(lfirst_node(TargetEntry, lc));
		Node	   *expr = (Node *) entry->expr;

		entry->expr = (Expr *) makeVar(OUTER_VAR, entry->resno, exprType(expr), exprTypmod(expr),
									   exprCollation(expr), 0);
		hash->plan.targetlist = lappend(hash->plan.targetlist, entry);
	}
	outerPlan(hash) = inner;
	foreach(lc, hashclauses)
		hash->hashkeys = lappend(hash->hashkeys,
								 inner_as_outer(lsecond(lfirst_node(OpExpr, lc)->args), NULL));
	return hash;
}

/*
 * May something above rely on the order of the plan's rows?
 */
static bool
may_have_order(Plan *plan)
{
	switch (nodeTag(plan))
	{
		case T_HashJoin:
			return rs_join_keeps_order((HashJoin *) plan);
		case T_Agg:
			return ((Agg *) plan)->aggstrategy == AGG_SORTED || ((Agg *) plan)->aggstrategy == AGG_MIXED;
		case T_SeqScan:
		case T_Gather:
			return false;
		case T_NestLoop:
		case T_Material:
			return may_have_order(outerPlan(plan));
		default:
			return true;
	}
}

Plan *
rs_nested_loop_as_hash_join(Plan *plan)
{
	NestLoop   *loop = (NestLoop *) plan;
	Plan	   *inner = innerPlan(plan);
	HashJoin   *join;
	List	   *rest = NIL;
	ListCell   *lc;

	if (!IsA(plan, NestLoop) || loop->nestParams != NIL ||
		(loop->join.jointype != JOIN_INNER && loop->join.jointype != JOIN_SEMI &&
		 loop->join.jointype != JOIN_ANTI))
		return plan;
	if (IsA(inner, Material) && inner->initPlan == NIL)
		inner = outerPlan(inner);
	join = makeNode(HashJoin);
	join->join = loop->join;
	join->join.plan.type = T_HashJoin;
	foreach(lc, loop->join.joinqual)
	{
		OpExpr	   *clause = hash_clause(lfirst(lc));

		if (clause == NULL)
		{
			rest = lappend(rest, lfirst(lc));
			continue;
		}
		join->hashclauses = lappend(join->hashclauses, clause);
		join->hashoperators = lappend_oid(join->hashoperators, clause->opno);
		join->hashcollations = lappend_oid(join->hashcollations, clause->inputcollid);
		join->hashkeys = lappend(join->hashkeys, linitial(clause->args));
	}
	join->join.joinqual = rest;
	if (join->hashclauses == NIL)
		return plan;
	innerPlan(join) = (Plan *) make_hash(inner, join->hashclauses);
	if (may_have_order(outerPlan(plan)))
		rs_join_keep_order(join);
	return (Plan *) join;
}
