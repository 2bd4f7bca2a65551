/*
 * selectivity.c
 *	  How many pairs a join by several columns gives.
 *
 * PostgreSQL multiplies the selectivities of a join's conditions, as if columns had
 * nothing to do with each other.  Of (part, supplier) that names one row of 800,000
 * it expects 200,000 * 10,000 different values, and 400 million pairs of rows become
 * 80: too few for workers, partial aggregation or an order of joins that makes sense.
 * Without unique or foreign keys, which warehouses seldom declare, nothing corrects
 * it.
 *
 * But a table has no more combinations than rows.  So for tables that are joined by
 * two equalities or more the selectivity is taken to be at least one by the number of
 * combinations; the conditions' cached selectivities are raised together to that
 * product before joins are searched.
 */
#include "postgres.h"

#include <math.h>

#include "core/settings.h"
#include "optimizer/clauses.h"
#include "optimizer/cost.h"
#include "optimizer/geqo.h"
#include "optimizer/optimizer.h"
#include "optimizer/paths.h"
#include "optimizer/restrictinfo.h"
#include "planner/decorrelate.h"
#include "planner/planner.h"
#include "utils/selfuncs.h"

static join_search_hook_type next_join_search = NULL;

static double
distinct_values(PlannerInfo *root, Node *expr)
{
	VariableStatData stats;
	bool		isdefault;
	double		n;

	examine_variable(root, expr, 0, &stats);
	n = get_variable_numdistinct(&stats, &isdefault);
	ReleaseVariableStats(stats);
	return n;
}

/*
 * An equality of a column of one and a column of the other, which no outer join
 * stands between?  *here and *there are its sides.
 */
static bool
is_equality(const RestrictInfo *rinfo, const RelOptInfo *one, const RelOptInfo *other,
			Node **here, Node **there)
{
	OpExpr	   *op = (OpExpr *) rinfo->clause;

	if (!IsA(op, OpExpr) || !rinfo->can_join || rinfo->mergeopfamilies == NIL ||
		rinfo->outerjoin_delayed || rinfo->pseudoconstant)
		return false;
	if (bms_equal(rinfo->left_relids, one->relids) && bms_equal(rinfo->right_relids, other->relids))
	{
		*here = linitial(op->args);
		*there = lsecond(op->args);
		return true;
	}
	*here = lsecond(op->args);
	*there = linitial(op->args);
	return bms_equal(rinfo->right_relids, one->relids) && bms_equal(rinfo->left_relids, other->relids);
}

static List *
equalities(PlannerInfo *root, RelOptInfo *one, RelOptInfo *other)
{
	List	   *found = NIL;
	List	   *clauses;
	ListCell   *lc;
	Node	   *here;
	Node	   *there;

	clauses = generate_join_implied_equalities(root, bms_union(one->relids, other->relids),
											   one->relids, other);
	clauses = list_concat_unique_ptr(clauses, one->joininfo);
	foreach(lc, clauses)
		if (is_equality(lfirst_node(RestrictInfo, lc), one, other, &here, &there))
			found = lappend(found, lfirst(lc));
	return found;
}

/*
 * How many different combinations the two tables have in common.  As for values of one
 * column it is the larger of their numbers.  But if all that is known of both is
 * how many rows there are, a row of the larger table likely finds one of the smaller.
 */
static double
combinations(double here, double rows_here, double there, double rows_there)
{
	if (here > rows_here && there > rows_there)
		return Min(rows_here, rows_there);
	return Max(Min(here, rows_here), Min(there, rows_there));
}

/*
 * Raise the clauses' selectivities, so that together they are at least as said above.
 */
static void
correct_pair(PlannerInfo *root, RelOptInfo *one, RelOptInfo *other)
{
	List	   *clauses = equalities(root, one, other);
	SpecialJoinInfo join = {.type = T_SpecialJoinInfo, .jointype = JOIN_INNER};
	double		here = 1;
	double		there = 1;
	double		product = 1;
	double		least;
	double		raise;
	ListCell   *lc;

	if (list_length(clauses) < 2)
		return;
	join.min_lefthand = join.syn_lefthand = one->relids;
	join.min_righthand = join.syn_righthand = other->relids;
	foreach(lc, clauses)
	{
		RestrictInfo *rinfo = lfirst_node(RestrictInfo, lc);
		Node	   *left;
		Node	   *right;

		(void) is_equality(rinfo, one, other, &left, &right);
		here *= distinct_values(root, left);
		there *= distinct_values(root, right);
		product *= clause_selectivity(root, (Node *) rinfo, 0, JOIN_INNER, &join);
	}
	least = 1 / Max(combinations(here, one->tuples, there, other->tuples), 1.0);
	if (product <= 0 || product >= least)
		return;
	raise = pow(least / product, 1.0 / list_length(clauses));
	foreach(lc, clauses)
	{
		RestrictInfo *rinfo = lfirst_node(RestrictInfo, lc);

		if (rinfo->norm_selec >= 0 && rinfo->norm_selec <= 1)
			rinfo->norm_selec = Min(rinfo->norm_selec * raise, 1.0);
	}
}

static bool
is_table(const RelOptInfo *rel)
{
	return rel != NULL && rel->reloptkind == RELOPT_BASEREL && rel->rtekind == RTE_RELATION;
}

/*
 * Both ways round: an implied equality is made, and kept, for each.
 */
static void
correct_joins(PlannerInfo *root)
{
	int			i;
	int			j;

	for (i = 1; i < root->simple_rel_array_size; i++)
		for (j = 1; is_table(root->simple_rel_array[i]) && j < root->simple_rel_array_size; j++)
			if (j != i && is_table(root->simple_rel_array[j]))
				correct_pair(root, root->simple_rel_array[i], root->simple_rel_array[j]);
}

static RelOptInfo *
join_search(PlannerInfo *root, int levels_needed, List *initial_rels)
{
	if (rs_enable_vector && rs_enable_scan && rs_reads_redshift((Node *) root->parse))
		correct_joins(root);
	if (next_join_search != NULL)
		return next_join_search(root, levels_needed, initial_rels);
	if (enable_geqo && levels_needed >= geqo_threshold)
		return geqo(root, levels_needed, initial_rels);
	return standard_join_search(root, levels_needed, initial_rels);
}

void
rs_selectivity_init(void)
{
	next_join_search = join_search_hook;
	join_search_hook = join_search;
}
