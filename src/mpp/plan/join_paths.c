/*
 * join_paths.c
 *	  Joins on the compute nodes.
 *
 * A node can join what it has if each row of one side is on the node where its matches
 * are: both sides spread by the joined columns, or one side on all nodes.  Where that is
 * not so an exchange makes it so: one side broadcast, one side redistributed to the
 * other's key, or both by a joined column.  All are tried; the cheapest of each
 * resulting spread is kept.
 *
 * A row of the outer side that finds no match must be on one node only, where that is
 * to be said of it: so a full join needs co-location, and the outer side of a left,
 * semi or anti join is never broadcast.  Of a side that is on every node anyhow, each
 * row is dealt to one of them, without moving.
 *
 * A side that nodes have no part in is sent to them by the leader: everywhere, by the
 * joined column, or, if the other side is everywhere, in turn.
 *
 * A side that is moved need not send what matches nothing: after the other one has been
 * moved, or been read once more where it stands, a filter of its keys is at all nodes.  The
 * same goes for one made of rows that were moved (filter_place.c).
 *
 * The labels are those of Redshift's EXPLAIN.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "core/settings.h"
#include "mpp/cluster/key_values.h"
#include "mpp/plan/filter_place.h"
#include "mpp/plan/fragment_path.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/restrictinfo.h"
#include "utils/lsyscache.h"
#include "vector/join/join.h"
#include "vector/scan/runtime_filter.h"

/* What a row costs a hash join, besides its input: a node's engine is a vector engine. */
#define ROW_COST	(cpu_operator_cost * 0.2)

/* How much of a filter a key takes. */
#define KEY_BYTES	2
/* A filter through which more rows pass is not made. */
#define MOST_SHARE	0.8

typedef struct JoinSides
{
	PlannerInfo *root;
	RelOptInfo *rel;
	RelOptInfo *outer;
	RelOptInfo *inner;
	JoinType	type;
	List	   *conditions;		/* RestrictInfos that rows are matched by */
	List	   *join_quals;		/* the same, as clauses */
	List	   *quals;			/* clauses to be checked of what the join gives */
	List	   *target;			/* its columns */
} JoinSides;

/*
 * Is a condition an equality of an expression of one side with one of the other?
 */
static bool
equates_sides(const JoinSides *join, const RestrictInfo *info)
{
	return info->can_join && rs_spread_equates(info->clause) &&
		((bms_is_subset(info->left_relids, join->outer->relids) && bms_is_subset(info->right_relids, join->inner->relids)) ||
		 (bms_is_subset(info->left_relids, join->inner->relids) && bms_is_subset(info->right_relids, join->outer->relids)));
}

/*
 * On which nodes can there be rows of the join?
 */
static List *
only_of_join(JoinType type, const RsFragmentPath *outer, const RsFragmentPath *inner)
{
	switch (type)
	{
		case JOIN_INNER:
		case JOIN_SEMI:
			return list_union(outer->only, inner->only);
		case JOIN_FULL:
			return equal(outer->only, inner->only) ? outer->only : NIL;
		default:
			return outer->only;
	}
}

static bool
is_string(const Expr *expr)
{
	Oid			type = getBaseType(exprType((const Node *) expr));

	return type == TEXTOID || type == VARCHAROID || type == BPCHAROID;
}

/*
 * The expression as a sender has it: another name of the type changes nothing, since neither
 * the distribution of strings nor filters of them see trailing blanks.
 */
static Expr *
without_relabel(Expr *expr)
{
	while (IsA(expr, RelabelType) && is_string(expr) && is_string(((RelabelType *) expr)->arg) &&
		   exprCollation((Node *) expr) == exprCollation((Node *) ((RelabelType *) expr)->arg))
		expr = ((RelabelType *) expr)->arg;
	return expr;
}

/* One side's rows, before they are sent, by the keys of the other's; see find_filters(). */
typedef struct Filters
{
	RsTree	   *exchange;		/* which sends them; NULL: none need be sent */
	List	   *filter_keys;	/* in terms of its input */
	List	   *source_keys;
	bool		filters_outer;
} Filters;

static void
add_join(JoinSides *join, const RsFragmentPath *outer, const RsFragmentPath *inner, const RsSpread *spread,
		 const Filters *filters)
{
	RsFragmentPath *path = palloc0(sizeof(RsFragmentPath));
	RsTree	   *tree = palloc0(sizeof(RsTree));
	int			nodes = rs_fragment_nodes();
	double		outer_rows = outer->spread.kind == RS_SPREAD_ALL ? outer->rows : outer->rows / nodes;
	double		inner_rows = inner->spread.kind == RS_SPREAD_ALL ? inner->rows : inner->rows / nodes;

	tree->kind = RS_TREE_JOIN;
	tree->target = join->target;
	tree->known = join->rel->reltarget->exprs;
	tree->outer = outer->tree;
	tree->inner = inner->tree;
	tree->jointype = join->type;
	tree->join_quals = join->join_quals;
	tree->quals = join->quals;
	if (filters != NULL)
	{
		tree->filtered = filters->exchange;
		tree->filters_outer = filters->filters_outer;
		tree->filter_keys = filters->filter_keys;
		tree->source_keys = filters->source_keys;
	}
	path->tree = tree;
	path->spread = *spread;
	path->only = only_of_join(join->type, outer, inner);
	path->rows = join->rel->rows;
	path->width = join->rel->reltarget->width;
	path->cost = outer->cost + inner->cost +
		ROW_COST * (outer_rows + 2 * inner_rows + path->rows / nodes);
	if (join->conditions == NIL)
		path->cost += ROW_COST * outer_rows * inner_rows;
	rs_fragment_path_add(join->root, join->rel, path);
}

/* ---------------------------------------------------------------------
 * Runtime filters
 * ---------------------------------------------------------------------
 */

/*
 * The share of a side's rows that the other's keys may match.
 */
static double
matched_share(JoinSides *join, RestrictInfo *info, double source_rows)
{
	SpecialJoinInfo inner_join = {.type = T_SpecialJoinInfo,.jointype = JOIN_INNER};
	double		share;

	inner_join.min_lefthand = inner_join.syn_lefthand = join->outer->relids;
	inner_join.min_righthand = inner_join.syn_righthand = join->inner->relids;
	share = clause_selectivity(join->root, (Node *) info, 0, JOIN_INNER, &inner_join) * source_rows;
	return Min(share, 1.0);
}

/*
 * Which equalities can make filters of `filtered`, of what source gives, and which share of
 * the rows passes.
 */
static double
find_filters(JoinSides *join, const RsFragmentPath *filtered, bool filters_outer, const RsFragmentPath *source,
			 Filters *filters)
{
	Relids		relids = filters_outer ? join->outer->relids : join->inner->relids;
	bool		moved = rs_tree_is_moved(source->tree);
	double		least = 1.0;
	ListCell   *lc;

	memset(filters, 0, sizeof(Filters));
	filters->filters_outer = filters_outer;
	foreach(lc, join->conditions)
	{
		RestrictInfo *info = lfirst_node(RestrictInfo, lc);
		Expr	   *keys[2];
		Expr	   *column;
		RsTree	   *exchange;
		double		share;
		int			mine;

		if (!equates_sides(join, info) ||
			!rs_join_key_can_run((OpExpr *) info->clause))
			continue;
		keys[0] = without_relabel(linitial(((OpExpr *) info->clause)->args));
		keys[1] = without_relabel(lsecond(((OpExpr *) info->clause)->args));
		mine = bms_is_subset(info->left_relids, relids) ? 0 : 1;
		if (!rs_runtime_filter_takes(exprType((Node *) keys[0]), exprCollation((Node *) keys[0])) ||
			!rs_runtime_filter_takes(exprType((Node *) keys[1]), exprCollation((Node *) keys[1])) ||
			(moved && !list_member(rs_tree_columns(source->tree->outer), keys[1 - mine])))
			continue;
		share = matched_share(join, info, source->rows);
		if (share > MOST_SHARE && rs_node_filters != RS_NODE_FILTERS_ALWAYS)
			continue;
		exchange = rs_filter_place(filtered->tree, keys[mine], &column);
		if (exchange == NULL || (filters->exchange != NULL && filters->exchange != exchange))
			continue;
		filters->exchange = exchange;
		filters->filter_keys = lappend(filters->filter_keys, column);
		filters->source_keys = lappend(filters->source_keys, keys[1 - mine]);
		least = Min(least, share);
	}
	return least;
}

/*
 * The side with fewer rows, and what it costs to know which: to send the filters, which all
 * nodes make for all, and if the other side stands in place, to compute it once more.
 */
static RsFragmentPath *
filtered_path(const RsFragmentPath *path, double share, const RsFragmentPath *source, Filters *filters)
{
	int			nkeys = list_length(filters->filter_keys);
	RsFragmentPath *result = rs_filter_side(path, filters->exchange, linitial(filters->filter_keys), share, nkeys,
											&filters->exchange);

	result->cost += nkeys * RS_COST_BYTE * KEY_BYTES * rs_fragment_nodes() * source->rows;
	if (!rs_tree_is_moved(source->tree))
		result->cost += RS_COST_STAGE + source->cost;
	if (rs_node_filters == RS_NODE_FILTERS_ALWAYS)
		result->cost = Min(result->cost, path->cost * 0.99);
	return result;
}

/*
 * Let one side's rows be filtered by the keys of the other before they are sent, if they
 * are, and if a row without a match counts for nothing.
 */
static void
add_filtered(JoinSides *join, const RsFragmentPath *outer, const RsFragmentPath *inner, const RsSpread *spread)
{
	Filters		filters;
	double		share;

	if (rs_node_filters == RS_NODE_FILTERS_OFF)
		return;
	if (join->type == JOIN_INNER || join->type == JOIN_SEMI)
	{
		share = find_filters(join, outer, true, inner, &filters);
		if (filters.exchange != NULL)
			add_join(join, filtered_path(outer, share, inner, &filters), inner, spread, &filters);
	}
	if (join->type != JOIN_FULL)
	{
		share = find_filters(join, inner, false, outer, &filters);
		if (filters.exchange != NULL)
			add_join(join, outer, filtered_path(inner, share, outer, &filters), spread, &filters);
	}
}

/*
 * How the join's rows are spread if both sides are where they must be.
 */
static void
spread_of_join(const JoinSides *join, const RsFragmentPath *outer, const RsFragmentPath *inner, RsSpread *spread)
{
	if (outer->spread.kind == RS_SPREAD_ALL)
		*spread = inner->spread;
	else
		*spread = outer->spread;

	/* A row of one side alone has no key of the other's. */
	if (join->type == JOIN_FULL)
	{
		spread->kind = RS_SPREAD_ANY;
		spread->keys = NIL;
	}
}

static void
add_where_they_are(JoinSides *join, const RsFragmentPath *outer, const RsFragmentPath *inner)
{
	RsSpread	spread;

	spread_of_join(join, outer, inner, &spread);
	add_join(join, outer, inner, &spread, NULL);
	add_filtered(join, outer, inner, &spread);
}

static bool
may_broadcast_inner(const JoinSides *join)
{
	return join->type != JOIN_FULL;
}

static bool
may_broadcast_outer(const JoinSides *join)
{
	return join->type == JOIN_INNER;
}

static RsFragmentPath *
move(const JoinSides *join, const RsFragmentPath *path, const RsSpread *to, List *only, const char *label)
{
	return path->spread.kind == RS_SPREAD_LEADER ? rs_leader_path_send(join->root, path, to, only, label) :
		rs_fragment_path_exchange(path, to, only, label);
}

/*
 * Redistribute one side, or both, by this condition's columns.
 */
static void
add_redistributed_by(JoinSides *join, const RsFragmentPath *outer, const RsFragmentPath *inner, RestrictInfo *info)
{
	List	   *args = ((OpExpr *) info->clause)->args;
	bool		left_is_outer = bms_is_subset(info->left_relids, join->outer->relids);
	Expr	   *outer_key = without_relabel(left_is_outer ? linitial(args) : lsecond(args));
	Expr	   *inner_key = without_relabel(left_is_outer ? lsecond(args) : linitial(args));
	RsSpread	outer_spread = {RS_SPREAD_KEY, list_make1(outer_key)};
	RsSpread	inner_spread = {RS_SPREAD_KEY, list_make1(inner_key)};

	if (!rs_fragment_shippable(join->root, (Node *) outer_key) ||
		!rs_fragment_shippable(join->root, (Node *) inner_key))
		return;
	add_where_they_are(join, move(join, outer, &outer_spread, NIL, "DS_DIST_BOTH"),
					   move(join, inner, &inner_spread, NIL, "DS_DIST_BOTH"));
}

static void
add_redistributed(JoinSides *join, const RsFragmentPath *outer, const RsFragmentPath *inner)
{
	ListCell   *lc;

	foreach(lc, join->conditions)
	{
		RestrictInfo *info = lfirst_node(RestrictInfo, lc);

		if (equates_sides(join, info))
			add_redistributed_by(join, outer, inner, info);
	}
}

/*
 * One side is the leader's.
 */
static void
add_sent(JoinSides *join, const RsFragmentPath *outer, const RsFragmentPath *inner)
{
	bool		sends_inner = inner->spread.kind == RS_SPREAD_LEADER;
	const RsFragmentPath *other = sends_inner ? outer : inner;
	RsSpread	everywhere = {RS_SPREAD_ALL, NIL};
	RsSpread	in_turn = {RS_SPREAD_ANY, NIL};
	RsSpread	spread;

	if (other->spread.kind == RS_SPREAD_ALL)
	{
		if (sends_inner && may_broadcast_outer(join))
			add_where_they_are(join, outer, move(join, inner, &in_turn, NIL, "DS_DIST_ALL_NONE"));
		else if (!sends_inner && may_broadcast_inner(join))
			add_where_they_are(join, move(join, outer, &in_turn, NIL, "DS_DIST_ALL_NONE"), inner);
		else if (sends_inner)
			add_join(join, outer, move(join, inner, &everywhere, NIL, "DS_BCAST_INNER"), &everywhere, NULL);
		else
			add_join(join, move(join, outer, &everywhere, NIL, "DS_BCAST_OUTER"), inner, &everywhere, NULL);
		return;
	}
	if (sends_inner && may_broadcast_inner(join))
		add_where_they_are(join, outer, move(join, inner, &everywhere, outer->only, "DS_BCAST_INNER"));
	if (!sends_inner && may_broadcast_outer(join))
		add_where_they_are(join, move(join, outer, &everywhere, inner->only, "DS_BCAST_OUTER"), inner);
	if (rs_spread_matching(join->root, &other->spread, join->conditions,
						   sends_inner ? join->inner->relids : join->outer->relids, &spread) &&
		rs_fragment_shippable(join->root, (Node *) spread.keys))
	{
		if (sends_inner)
			add_where_they_are(join, outer, move(join, inner, &spread, NIL, "DS_DIST_INNER"));
		else
			add_where_they_are(join, move(join, outer, &spread, NIL, "DS_DIST_OUTER"), inner);
	}
	add_redistributed(join, outer, inner);
}

static void
add_pair(JoinSides *join, const RsFragmentPath *outer, const RsFragmentPath *inner)
{
	RsSpread	everywhere = {RS_SPREAD_ALL, NIL};
	RsSpread	spread;

	if (outer->spread.kind == RS_SPREAD_LEADER || inner->spread.kind == RS_SPREAD_LEADER)
	{
		add_sent(join, outer, inner);
		return;
	}
	if (outer->spread.kind == RS_SPREAD_ALL && inner->spread.kind == RS_SPREAD_ALL)
	{
		add_join(join, outer, inner, &everywhere, NULL);
		return;
	}
	if ((inner->spread.kind == RS_SPREAD_ALL && may_broadcast_inner(join)) ||
		(outer->spread.kind == RS_SPREAD_ALL && may_broadcast_outer(join)) ||
		rs_key_values_same(outer->only, inner->only) ||
		rs_spread_colocated(join->root, &outer->spread, &inner->spread, join->conditions,
							join->outer->relids, join->inner->relids))
	{
		add_where_they_are(join, outer, inner);
		return;
	}

	/* What is on every node is taken by one node, where a row may stay without a match. */
	if (may_broadcast_inner(join))
		add_where_they_are(join, outer->spread.kind == RS_SPREAD_ALL ? rs_fragment_path_deal(outer) : outer,
						   rs_fragment_path_exchange(inner, &everywhere, outer->only, "DS_BCAST_INNER"));
	if (may_broadcast_outer(join))
		add_where_they_are(join, rs_fragment_path_exchange(outer, &everywhere, inner->only, "DS_BCAST_OUTER"), inner);
	if (rs_spread_matching(join->root, &outer->spread, join->conditions, join->inner->relids, &spread))
		add_where_they_are(join, outer, rs_fragment_path_exchange(inner, &spread, NIL, "DS_DIST_INNER"));
	if (rs_spread_matching(join->root, &inner->spread, join->conditions, join->outer->relids, &spread))
		add_where_they_are(join, rs_fragment_path_exchange(outer, &spread, NIL, "DS_DIST_OUTER"), inner);
	add_redistributed(join, outer, inner);
}

/*
 * An expression of the outer side that a semi join's conditions make equal to a column of the
 * inner one; NULL if there is none of the same type.
 */
static Expr *
equal_of_outer(const JoinSides *join, Expr *column)
{
	ListCell   *lc;

	foreach(lc, join->conditions)
	{
		RestrictInfo *info = lfirst_node(RestrictInfo, lc);
		Expr	   *left;
		Expr	   *right;

		if (!info->can_join || !rs_spread_equates(info->clause))
			continue;
		left = linitial(((OpExpr *) info->clause)->args);
		right = lsecond(((OpExpr *) info->clause)->args);
		if (exprType((Node *) left) != exprType((Node *) right))
			continue;
		if (equal(left, column))
			return right;
		if (equal(right, column))
			return left;
	}
	return NULL;
}

/*
 * The join's columns; false if a semi or anti join would have to give some of the inner side.
 * A semi join is asked for those that further joins compare, together with what equals them.
 */
static bool
find_target(JoinSides *join)
{
	ListCell   *lc;

	if (join->type != JOIN_SEMI && join->type != JOIN_ANTI)
	{
		join->target = join->rel->reltarget->exprs;
		return true;
	}
	foreach(lc, join->rel->reltarget->exprs)
	{
		Expr	   *column = lfirst(lc);

		if (!bms_is_subset(pull_varnos(join->root, (Node *) column), join->outer->relids))
			column = join->type == JOIN_SEMI ? equal_of_outer(join, column) : NULL;
		if (column == NULL)
			return false;
		join->target = lappend(join->target, column);
	}
	return true;
}

/*
 * Sort the conditions; false if nodes cannot check one of them.
 */
static bool
sort_conditions(JoinSides *join, List *restrictlist)
{
	ListCell   *lc;

	foreach(lc, restrictlist)
	{
		RestrictInfo *info = lfirst_node(RestrictInfo, lc);
		bool		pushed_down = IS_OUTER_JOIN(join->type) && RINFO_IS_PUSHED_DOWN(info, join->rel->relids);

		if (info->pseudoconstant || !rs_fragment_shippable(join->root, (Node *) info->clause))
			return false;
		if (pushed_down)
			join->quals = lappend(join->quals, info->clause);
		else
		{
			join->conditions = lappend(join->conditions, info);
			join->join_quals = lappend(join->join_quals, info->clause);
		}
	}
	return true;
}

static List *
leaders_side(PlannerInfo *root, RelOptInfo *rel)
{
	RsFragmentPath *path = rs_leader_path(root, rel);

	return path != NULL ? list_make1(path) : NIL;
}

void
rs_fragment_join_paths(PlannerInfo *root, RelOptInfo *joinrel, RelOptInfo *outer, RelOptInfo *inner,
					   JoinType jointype, List *restrictlist)
{
	JoinSides	join = {root, joinrel, outer, inner, jointype};
	List	   *outer_paths = rs_fragment_paths(outer);
	List	   *inner_paths = rs_fragment_paths(inner);
	ListCell   *lo;
	ListCell   *li;

	/* The others come again with the sides exchanged. */
	if (jointype != JOIN_INNER && jointype != JOIN_LEFT && jointype != JOIN_FULL && jointype != JOIN_SEMI &&
		jointype != JOIN_ANTI)
		return;
	if (!bms_is_empty(joinrel->lateral_relids) || !sort_conditions(&join, restrictlist) || !find_target(&join))
		return;
	if (outer_paths == NIL)
		outer_paths = leaders_side(root, outer);
	if (inner_paths == NIL)
		inner_paths = leaders_side(root, inner);
	foreach(lo, outer_paths)
		foreach(li, inner_paths)
			add_pair(&join, lfirst(lo), lfirst(li));
	foreach(lo, rs_fragment_paths(joinrel))
		add_path(joinrel, rs_gather_path(root, joinrel, joinrel->reltarget, lfirst(lo), NIL, NIL));
	rs_fragment_sorted_gather(root, joinrel);
}
