/*
 * spread.c
 *	  How the rows of a relation are spread over the compute nodes.
 *
 * Two expressions are the same key if they are equal, or members of one equivalence
 * class: then the query's conditions make their values equal in every row that stays.
 * Each says so by a collation, and if that is not deterministic, of rows hashed by it only.
 * Classes below outer joins say nothing of rows extended by NULLs, so only those are
 * taken that hold everywhere.
 */
#include "postgres.h"

#include "mpp/cluster/distribution.h"
#include "mpp/plan/spread.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "optimizer/paths.h"
#include "optimizer/restrictinfo.h"
#include "utils/lsyscache.h"

static bool
alike(const Expr *a, const Expr *b, Oid compared)
{
	return rs_distribution_alike(exprType((Node *) a), exprCollation((Node *) a), exprType((Node *) b),
								 exprCollation((Node *) b), compared);
}

bool
rs_spread_equates(const Expr *clause)
{
	const OpExpr *op = (const OpExpr *) clause;
	Oid			type;

	if (!is_opclause(clause) || list_length(op->args) != 2)
		return false;
	type = exprType(linitial(op->args));
	return op_hashjoinable(op->opno, type) && rs_distribution_equality(op->opno, type) &&
		alike(linitial(op->args), lsecond(op->args), op->inputcollid);
}

static Expr *
without_relabel(Expr *expr)
{
	while (expr != NULL && IsA(expr, RelabelType))
		expr = ((RelabelType *) expr)->arg;
	return expr;
}

static bool
class_has(EquivalenceClass *class, Expr *expr)
{
	ListCell   *lc;

	foreach(lc, class->ec_members)
	{
		EquivalenceMember *member = lfirst(lc);

		if (!member->em_is_child && equal(without_relabel(member->em_expr), expr))
			return true;
	}
	return false;
}

/*
 * Where values of one are equal by this collation, are those of the other in the same
 * slice, too?
 */
static bool
same_key(PlannerInfo *root, Expr *a, Expr *b, Oid compared)
{
	Expr	   *hashed = a;
	ListCell   *lc;

	if (!alike(a, b, compared))
		return false;
	a = without_relabel(a);
	b = without_relabel(b);
	if (equal(a, b))
		return true;
	foreach(lc, root->eq_classes)
	{
		EquivalenceClass *class = lfirst(lc);

		if (!class->ec_has_volatile && !class->ec_below_outer_join && !class->ec_merged &&
			alike(hashed, b, class->ec_collation) && class_has(class, a) && class_has(class, b))
			return true;
	}
	return false;
}

bool
rs_spread_equal(PlannerInfo *root, const RsSpread *a, const RsSpread *b)
{
	ListCell   *la;
	ListCell   *lb;

	if (a->kind != b->kind || list_length(a->keys) != list_length(b->keys))
		return false;
	forboth(la, a->keys, lb, b->keys)
		if (!same_key(root, lfirst(la), lfirst(lb), exprCollation(lfirst(lb))))
			return false;
	return true;
}

/*
 * The other side of an equality among the conditions that has this key on one side.
 * Equality must be that of the types' hashing.
 */
static Expr *
counterpart(PlannerInfo *root, Expr *key, List *conditions, Relids other_relids)
{
	ListCell   *lc;

	foreach(lc, conditions)
	{
		RestrictInfo *info = lfirst_node(RestrictInfo, lc);
		OpExpr	   *op = (OpExpr *) info->clause;
		Expr	   *left;
		Expr	   *right;

		if (!info->can_join || !rs_spread_equates(info->clause))
			continue;
		left = linitial(op->args);
		right = lsecond(op->args);
		if (bms_is_subset(info->right_relids, other_relids) && same_key(root, key, left, op->inputcollid))
			return right;
		if (bms_is_subset(info->left_relids, other_relids) && same_key(root, key, right, op->inputcollid))
			return left;
	}
	return NULL;
}

bool
rs_spread_matching(PlannerInfo *root, const RsSpread *spread, List *conditions, Relids other_relids, RsSpread *other)
{
	ListCell   *lc;

	other->kind = RS_SPREAD_KEY;
	other->keys = NIL;
	if (spread->kind != RS_SPREAD_KEY)
		return false;
	foreach(lc, spread->keys)
	{
		Expr	   *expr = counterpart(root, lfirst(lc), conditions, other_relids);

		if (expr == NULL)
			return false;
		other->keys = lappend(other->keys, expr);
	}
	return true;
}

bool
rs_spread_colocated(PlannerInfo *root, const RsSpread *outer, const RsSpread *inner, List *conditions,
					Relids outer_relids, Relids inner_relids)
{
	ListCell   *lo;
	ListCell   *li;

	if (outer->kind != RS_SPREAD_KEY || inner->kind != RS_SPREAD_KEY ||
		list_length(outer->keys) != list_length(inner->keys))
		return false;
	forboth(lo, outer->keys, li, inner->keys)
	{
		Expr	   *wanted = counterpart(root, lfirst(lo), conditions, inner_relids);

		if (wanted == NULL || !same_key(root, wanted, lfirst(li), exprCollation(lfirst(li))))
			return false;
	}
	return true;
}

bool
rs_spread_within(PlannerInfo *root, const RsSpread *spread, List *expressions)
{
	ListCell   *lk;
	ListCell   *le;

	if (spread->kind != RS_SPREAD_KEY)
		return false;
	foreach(lk, spread->keys)
	{
		bool		found = false;

		foreach(le, expressions)
			found = found || same_key(root, lfirst(lk), lfirst(le), exprCollation(lfirst(le)));
		if (!found)
			return false;
	}
	return true;
}
