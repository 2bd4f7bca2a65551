/*
 * cost.c
 *	  What the engine's work costs, in the planner's units.
 *
 * A unit is what PostgreSQL takes it for, about five microseconds where
 * parallel_setup_cost and cpu_tuple_cost are near the truth.  The engine spends 1.5
 * ns on a value decoded, 1 to 2 ns on an operator, 3 to 20 ns on a row grouped, 12
 * to 40 ns on a row joined; PostgreSQL's executor ten times that, and so its costs.
 * Left at those, the planner would start workers (some 5 ms each) to save one, and
 * take any join whose inner side every worker builds for a bargain.
 *
 * Scans are costed from scratch.  For joins and aggregations PostgreSQL's own
 * formulas know the row counts, bucket sizes and spilling; they are scaled, by a
 * factor that grows with the table the rows are looked up in, as caches miss.
 * Merge joins that have to sort first keep their costs, and so does whatever runs in
 * PostgreSQL's nodes, such as sorts; what index look-ups of redshift tables cost beside
 * stands in fetch_cost.c.
 */
#include "postgres.h"

#include <math.h>

#include "access/sysattr.h"
#include "access/table.h"
#include "core/settings.h"
#include "miscadmin.h"
#include "mpp/exchange/exchange_scan.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/paths.h"
#include "optimizer/plancat.h"
#include "optimizer/prep.h"
#include "optimizer/tlist.h"
#include "parser/parsetree.h"
#include "planner/cost.h"
#include "planner/exchange_path.h"
#include "planner/planner.h"
#include "storage/options.h"
#include "storage/tableam.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "vector/aggregate/group_table.h"
#include "vector/operator.h"

/* Decoding a value and looking at a row, in terms of cpu_tuple_cost. */
#define RS_DECODE_COST		0.02
#define RS_ROW_COST			0.01
/* Giving a row to whatever is above. */
#define RS_RESULT_COST		0.1
/* An expression's cost, in terms of PostgreSQL's. */
#define RS_EXPRESSION_COST	0.08
/* One with a subplan is evaluated row by row; that alone, in terms of cpu_tuple_cost. */
#define RS_FALLBACK_COST	2.0
/* A fixed price: opening the table, reading its directory and footers. */
#define RS_SCAN_START_COST	10.0

/* Costs of aggregations and joins in terms of PostgreSQL's: in cache, and far out of it. */
#define RS_LEAST_AGGREGATE	0.1
#define RS_MOST_AGGREGATE	0.5
#define RS_LEAST_JOIN		0.2
#define RS_MOST_JOIN		0.6
/* Of the pairs of rows that a nested loop looks at: 2 to 5 ns against 50. */
#define RS_LOOP_COST		0.1
/* Size of a table, in bytes, that is far out of cache. */
#define RS_LARGE_TABLE		(96.0 * 1024 * 1024)
/* Bytes of a row in a table beside its values. */
#define RS_TABLE_ROW		32.0

/* Bytes of a group in its table beside its values; a row dealt to a file and read back. */
#define RS_GROUP_BYTES		16.0
#define RS_SPILL_COST		1.0

/* What each worker's own build of the same table adds, as they share cores and caches. */
#define RS_OWN_BUILD_COST	0.5

/*
 * Rows that at least come through a Gather below a join, in terms of the largest table
 * below it: estimates of joins are often much too small, and what a Gather parts has no
 * runtime filters from one side to the other.
 */
#define RS_GATHERED_ROWS	0.02

static set_join_pathlist_hook_type next_set_join_pathlist = NULL;

/* ---------------------------------------------------------------------
 * Scans
 * ---------------------------------------------------------------------
 */

static bool
has_subplan_walker(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, SubPlan) || IsA(node, AlternativeSubPlan) || IsA(node, SubLink))
		return true;
	if (IsA(node, RestrictInfo))
		return has_subplan_walker((Node *) ((RestrictInfo *) node)->clause, context);
	return expression_tree_walker(node, has_subplan_walker, context);
}

/*
 * The cost of conditions, each for the rows that those before it leave.
 */
static void
cost_quals(PlannerInfo *root, List *infos, QualCost *cost)
{
	double		share = 1.0;
	ListCell   *lc;

	cost->startup = cost->per_tuple = 0;
	foreach(lc, infos)
	{
		RestrictInfo *info = lfirst_node(RestrictInfo, lc);
		QualCost	one;

		cost_qual_eval_node(&one, (Node *) info, root);
		if (has_subplan_walker((Node *) info, NULL))
			one.per_tuple += RS_FALLBACK_COST * cpu_tuple_cost;
		else
			one.per_tuple *= RS_EXPRESSION_COST;
		cost->startup += one.startup;
		cost->per_tuple += one.per_tuple * share;
		/* Quals are ordered before execution; that half of them come later is a fair guess. */
		share *= (1.0 + clause_selectivity(root, (Node *) info, 0, JOIN_INNER, NULL)) / 2;
	}
}

int32
rs_column_width(PlannerInfo *root, RelOptInfo *rel, AttrNumber attno)
{
	RangeTblEntry *rte = planner_rt_fetch(rel->relid, root);
	int32		width = rel->attr_widths[attno - rel->min_attr];
	Oid			type;
	int32		typmod;
	Oid			collation;

	if (width <= 0)
		width = get_attavgwidth(rte->relid, attno);
	if (width > 0)
		return width;
	get_atttypetypmodcoll(rte->relid, attno, &type, &typmod, &collation);
	return OidIsValid(type) ? get_typavgwidth(type, typmod) : 0;
}

/*
 * The share of a row's bytes that some columns make up.
 */
static double
column_share(PlannerInfo *root, RelOptInfo *rel, const Bitmapset *attrs)
{
	double		all = 0;
	double		used = 0;
	AttrNumber	attno;

	for (attno = 1; attno <= rel->max_attr; attno++)
	{
		int			member = attno - FirstLowInvalidHeapAttributeNumber;
		int32		width = rs_column_width(root, rel, attno);

		all += width;
		if (bms_is_member(member, attrs) ||
			bms_is_member(0 - FirstLowInvalidHeapAttributeNumber, attrs))
			used += width;
	}
	return all > 0 ? used / all : 1.0;
}

void
rs_cost_scan(PlannerInfo *root, RelOptInfo *rel, Path *path, double share, const Bitmapset *attrs)
{
	double		rows = rel->tuples * share;
	double		pages = ceil(rel->pages * share * column_share(root, rel, attrs));
	double		n = rs_processes(path);
	QualCost	qual;
	Cost		cpu;

	cost_quals(root, rel->baserestrictinfo, &qual);
	path->rows = clamp_row_est(rel->rows / n);
	cpu = rows * (cpu_tuple_cost * (RS_ROW_COST + RS_DECODE_COST * bms_num_members(attrs)) +
				  qual.per_tuple) / n;
	cpu += path->rows * cpu_tuple_cost * RS_RESULT_COST;
	path->startup_cost = qual.startup + path->pathtarget->cost.startup;
	path->total_cost = path->startup_cost + RS_SCAN_START_COST * cpu_tuple_cost +
		pages * seq_page_cost + cpu + path->pathtarget->cost.per_tuple * path->rows;
	if (!enable_seqscan)
	{
		path->startup_cost += disable_cost;
		path->total_cost += disable_cost;
	}
}

/* ---------------------------------------------------------------------
 * What the engine would run
 * ---------------------------------------------------------------------
 */

/*
 * Does the inner side of a nested loop depend on the row of the outer one?
 */
static bool
takes_parameters(const NestPath *path)
{
	return bms_overlap(PATH_REQ_OUTER(path->jpath.innerjoinpath),
					   path->jpath.outerjoinpath->parent->relids);
}

/*
 * Will the path's plan, as far as the engine takes it, read a redshift table or what has come
 * from other nodes?
 */
static bool
reads_redshift(Path *path)
{
	ListCell   *lc;

	check_stack_depth();
	switch (nodeTag(path))
	{
		case T_CustomPath:
			return ((CustomPath *) path)->methods == &rs_scan_path_methods ||
				rs_exchange_is_path((CustomPath *) path);
		case T_HashPath:
			return reads_redshift(((HashPath *) path)->jpath.outerjoinpath) ||
				reads_redshift(((HashPath *) path)->jpath.innerjoinpath);
		case T_NestPath:
			return !takes_parameters((NestPath *) path) &&
				(reads_redshift(((NestPath *) path)->jpath.outerjoinpath) ||
				 reads_redshift(((NestPath *) path)->jpath.innerjoinpath));
		case T_MaterialPath:
			return reads_redshift(((MaterialPath *) path)->subpath);
		case T_MergePath:
			return reads_redshift(((MergePath *) path)->jpath.outerjoinpath) ||
				reads_redshift(((MergePath *) path)->jpath.innerjoinpath);
		case T_AggPath:
			return reads_redshift(((AggPath *) path)->subpath);
		case T_ProjectionPath:
			return reads_redshift(((ProjectionPath *) path)->subpath);
		case T_SubqueryScanPath:
			return reads_redshift(((SubqueryScanPath *) path)->subpath);
		case T_SortPath:
			return reads_redshift(((SortPath *) path)->subpath);
		case T_UniquePath:
			return ((UniquePath *) path)->umethod == UNIQUE_PATH_HASH &&
				reads_redshift(((UniquePath *) path)->subpath);
		case T_GatherPath:
			return reads_redshift(((GatherPath *) path)->subpath);
		case T_GatherMergePath:
			return reads_redshift(((GatherMergePath *) path)->subpath);
		case T_AppendPath:
			foreach(lc, ((AppendPath *) path)->subpaths)
				if (reads_redshift(lfirst(lc)))
					return true;
			return false;
		default:
			return false;
	}
}

/* Between two factors, by the size of the table that rows are looked up in. */
static double
factor_of_size(double rows, double width, double least, double most)
{
	double		bytes = rows * (width + RS_TABLE_ROW);

	return least + (most - least) * Min(1.0, sqrt(bytes / RS_LARGE_TABLE));
}

/* ---------------------------------------------------------------------
 * Joins
 * ---------------------------------------------------------------------
 */

/*
 * The conditions that can be hash clauses with these inputs.
 */
static List *
hash_clauses(RelOptInfo *joinrel, RelOptInfo *outerrel, RelOptInfo *innerrel, JoinType jointype,
			 List *conditions)
{
	List	   *clauses = NIL;
	ListCell   *lc;

	foreach(lc, conditions)
	{
		RestrictInfo *info = lfirst_node(RestrictInfo, lc);

		if (!info->can_join || !OidIsValid(info->hashjoinoperator) ||
			(IS_OUTER_JOIN(jointype) && RINFO_IS_PUSHED_DOWN(info, joinrel->relids)))
			continue;
		if ((bms_is_subset(info->left_relids, outerrel->relids) &&
			 bms_is_subset(info->right_relids, innerrel->relids)) ||
			(bms_is_subset(info->left_relids, innerrel->relids) &&
			 bms_is_subset(info->right_relids, outerrel->relids)))
			clauses = lappend(clauses, info);
	}
	return clauses;
}

/* What to join, as set_join_pathlist_hook gets it. */
typedef struct JoinInput
{
	PlannerInfo *root;
	RelOptInfo *joinrel;
	JoinType	jointype;
	JoinPathExtraData *extra;
	List	   *clauses;
} JoinInput;

/* Of the work for rows that a runtime filter drops, how much is saved. */
#define RS_FILTERED_SAVING	0.8

/*
 * Is the outer side's key in this condition a group key of the subquery that it is?
 */
static bool
is_group_key(const JoinInput *input, const RestrictInfo *clause, const RelOptInfo *outerrel)
{
	OpExpr	   *op = castNode(OpExpr, clause->clause);
	Node	   *key = bms_is_subset(clause->left_relids, outerrel->relids) ? linitial(op->args) :
		lsecond(op->args);
	RangeTblEntry *rte;
	TargetEntry *entry;

	if (!IsA(key, Var) || ((Var *) key)->varno >= input->root->simple_rel_array_size)
		return false;
	rte = input->root->simple_rte_array[((Var *) key)->varno];
	if (rte->rtekind != RTE_SUBQUERY || rte->subquery == NULL)
		return false;
	entry = get_tle_by_resno(rte->subquery->targetList, ((Var *) key)->varattno);
	return entry != NULL && entry->ressortgroupref != 0 &&
		get_sortgroupref_clause_noerr(entry->ressortgroupref, rte->subquery->groupClause) != NULL;
}

/*
 * What is saved where the outer side is an aggregation by the key: the build side's
 * keys go down to its input, and few groups are made.
 */
static Cost
saved_by_filter(const JoinInput *input, Path *outer, Path *inner)
{
	Path	   *path = outer;
	Path	   *below;
	ListCell   *lc;

	if (input->jointype != JOIN_INNER && input->jointype != JOIN_SEMI)
		return 0;
	while (IsA(path, SubqueryScanPath) || IsA(path, ProjectionPath))
		path = IsA(path, ProjectionPath) ? ((ProjectionPath *) path)->subpath :
			((SubqueryScanPath *) path)->subpath;
	if (!IsA(path, AggPath) || inner->rows >= outer->rows || !reads_redshift(path))
		return 0;
	below = ((AggPath *) path)->subpath;
	foreach(lc, input->clauses)
		if (is_group_key(input, lfirst(lc), outer->parent))
			return Max(path->total_cost - below->total_cost, 0) *
				(1 - inner->rows / outer->rows) * RS_FILTERED_SAVING;
	return 0;
}

static HashPath *
make_join(const JoinInput *input, Path *outer, Path *inner, bool shared)
{
	JoinCostWorkspace workspace;
	HashPath   *path;
	Cost		inputs_startup;
	Cost		inputs_total;
	Cost		saved;
	double		rows = shared ? inner->rows * rs_processes(inner) : inner->rows;
	double		factor = factor_of_size(rows, inner->pathtarget->width, RS_LEAST_JOIN, RS_MOST_JOIN);

	initial_cost_hashjoin(input->root, &workspace, input->jointype, input->clauses, outer, inner,
						  input->extra, shared);
	path = create_hashjoin_path(input->root, input->joinrel, input->jointype, &workspace,
								input->extra, outer, inner, shared, input->extra->restrictlist, NULL,
								input->clauses);
	inputs_startup = outer->startup_cost + inner->total_cost;
	inputs_total = outer->total_cost + inner->total_cost;
	path->jpath.path.startup_cost = inputs_startup +
		(path->jpath.path.startup_cost - inputs_startup) * factor;
	path->jpath.path.total_cost = inputs_total + (path->jpath.path.total_cost - inputs_total) * factor;
	saved = saved_by_filter(input, outer, inner);
	path->jpath.path.startup_cost = Max(path->jpath.path.startup_cost - saved, inner->total_cost);
	path->jpath.path.total_cost -= saved;
	return path;
}

/*
 * What a path costs more than thought if it is a Gather of the engine's rows.
 */
static Cost
cost_of_parting(PlannerInfo *root, Path *path)
{
	double		rows = 0;
	int			relid = -1;

	if (!IsA(path, GatherPath) || !reads_redshift(path))
		return 0;
	while ((relid = bms_next_member(path->parent->relids, relid)) >= 0)
		if (root->simple_rel_array[relid] != NULL)
			rows = Max(rows, root->simple_rel_array[relid]->tuples);
	return Max(rows * RS_GATHERED_ROWS - path->rows, 0) * parallel_tuple_cost;
}

static void
add_join(const JoinInput *input, Path *outer, Path *inner)
{
	HashPath   *path;
	Cost		more;

	if (PATH_REQ_OUTER(outer) != NULL || PATH_REQ_OUTER(inner) != NULL ||
		(!reads_redshift(outer) && !reads_redshift(inner)))
		return;
	path = make_join(input, outer, inner, false);
	more = cost_of_parting(input->root, outer) + cost_of_parting(input->root, inner);
	path->jpath.path.startup_cost += more;
	path->jpath.path.total_cost += more;
	add_path(input->joinrel, (Path *) path);
}

/*
 * Other paths of the outer side than its cheapest, where they are aggregations that a
 * runtime filter reaches: planned for themselves, they may have looked dearer than one
 * that no filter reaches, such as a Gather of one.
 */
static void
add_filtered_joins(const JoinInput *input, RelOptInfo *outerrel, Path *cheapest, Path *inner)
{
	ListCell   *lc;

	foreach(lc, outerrel->pathlist)
	{
		Path	   *outer = lfirst(lc);

		if (outer != cheapest && PATH_REQ_OUTER(outer) == NULL &&
			saved_by_filter(input, outer, inner) > 0)
			add_join(input, outer, inner);
	}
}

static void
add_partial_join(const JoinInput *input, Path *outer, Path *inner, bool shared)
{
	HashPath   *path;

	if (PATH_REQ_OUTER(inner) != NULL || (!reads_redshift(outer) && !reads_redshift(inner)))
		return;
	path = make_join(input, outer, inner, shared);
	if (!shared)
	{
		Cost		build = path->jpath.path.startup_cost - outer->startup_cost;

		build *= RS_OWN_BUILD_COST * outer->parallel_workers;
		path->jpath.path.startup_cost += build;
		path->jpath.path.total_cost += build;
	}
	add_partial_path(input->joinrel, (Path *) path);
}

/*
 * Partial paths, as PostgreSQL makes them: not where an inner row without a match
 * would come out of each process, and not of an outer side that must be unique.
 */
static void
add_partial_joins(const JoinInput *input, RelOptInfo *outerrel, RelOptInfo *innerrel, Path *inner,
				  JoinType jointype)
{
	Path	   *outer;

	if (!input->joinrel->consider_parallel || outerrel->partial_pathlist == NIL ||
		!bms_is_empty(input->joinrel->lateral_relids) || jointype == JOIN_UNIQUE_OUTER ||
		jointype == JOIN_FULL || jointype == JOIN_RIGHT)
		return;
	outer = linitial(outerrel->partial_pathlist);
	if (enable_parallel_hash && innerrel->partial_pathlist != NIL && jointype != JOIN_UNIQUE_INNER)
		add_partial_join(input, outer, linitial(innerrel->partial_pathlist), true);
	if (!inner->parallel_safe && jointype != JOIN_UNIQUE_INNER)
		inner = get_cheapest_parallel_safe_total_inner(innerrel->pathlist);
	if (inner != NULL && inner->parallel_safe)
		add_partial_join(input, outer, inner, false);
}

static int
compare_total(const ListCell *a, const ListCell *b)
{
	Cost		x = ((Path *) lfirst(a))->total_cost;
	Cost		y = ((Path *) lfirst(b))->total_cost;

	return (x > y) - (x < y);
}

/*
 * Charge PostgreSQL's joins of two relations for a Gather on either side.
 */
static void
charge_partings(PlannerInfo *root, RelOptInfo *joinrel, RelOptInfo *outerrel, RelOptInfo *innerrel)
{
	bool		charged = false;
	ListCell   *lc;

	foreach(lc, joinrel->pathlist)
	{
		HashPath   *path = lfirst(lc);
		Cost		more;

		if (!IsA(path, HashPath) || path->jpath.outerjoinpath->parent != outerrel ||
			path->jpath.innerjoinpath->parent != innerrel)
			continue;
		more = cost_of_parting(root, path->jpath.outerjoinpath) +
			cost_of_parting(root, path->jpath.innerjoinpath);
		path->jpath.path.total_cost += more;
		path->jpath.path.startup_cost += more;
		charged |= more > 0;
	}
	/* add_path() relies on that order. */
	if (charged)
		list_sort(joinrel->pathlist, compare_total);
}

/*
 * Merge joins of two relations that come in order cost the engine as little as hash joins
 * in cache.  Where a side has to be sorted first, PostgreSQL's costs stay.
 */
static void
lower_merges(RelOptInfo *joinrel, RelOptInfo *outerrel, RelOptInfo *innerrel)
{
	ListCell   *lc;

	foreach(lc, joinrel->pathlist)
	{
		MergePath  *path = lfirst(lc);
		Path	   *outer = path->jpath.outerjoinpath;
		Path	   *inner = path->jpath.innerjoinpath;
		Cost		own;

		if (!IsA(path, MergePath) || outer->parent != outerrel || inner->parent != innerrel ||
			path->outersortkeys != NIL || path->innersortkeys != NIL ||
			(!reads_redshift(outer) && !reads_redshift(inner)))
			continue;
		own = path->jpath.path.total_cost - outer->total_cost - inner->total_cost;
		path->jpath.path.total_cost -= Max(own, 0) * (1 - RS_LEAST_JOIN);
	}
	/* add_path() relies on that order. */
	list_sort(joinrel->pathlist, compare_total);
}

/*
 * Nested loops of two relations at the engine's costs.
 */
static void
lower_loops(PlannerInfo *root, List *paths, RelOptInfo *outerrel, RelOptInfo *innerrel)
{
	bool		lowered = false;
	ListCell   *lc;

	foreach(lc, paths)
	{
		NestPath   *path = lfirst(lc);
		Path	   *outer;
		Path	   *inner;
		QualCost	qual;
		Cost		total;

		if (!IsA(path, NestPath) || !reads_redshift(&path->jpath.path))
			continue;
		outer = path->jpath.outerjoinpath;
		inner = path->jpath.innerjoinpath;
		if (outer->parent != outerrel || inner->parent != innerrel)
			continue;
		cost_qual_eval(&qual, path->jpath.joinrestrictinfo, root);
		total = outer->total_cost + inner->total_cost + qual.startup +
			outer->rows * inner->rows * (cpu_tuple_cost + qual.per_tuple) * RS_LOOP_COST +
			path->jpath.path.pathtarget->cost.startup +
			path->jpath.path.pathtarget->cost.per_tuple * path->jpath.path.rows;
		if (total >= path->jpath.path.total_cost)
			continue;
		path->jpath.path.total_cost = total;
		path->jpath.path.startup_cost = Min(path->jpath.path.startup_cost, total);
		lowered = true;
	}
	/* add_path() relies on that order. */
	if (lowered)
		list_sort(paths, compare_total);
}

static void
set_join_pathlist(PlannerInfo *root, RelOptInfo *joinrel, RelOptInfo *outerrel, RelOptInfo *innerrel,
				  JoinType jointype, JoinPathExtraData *extra)
{
	JoinInput	input;
	Path	   *outer = outerrel->cheapest_total_path;
	Path	   *inner = innerrel->cheapest_total_path;

	if (next_set_join_pathlist)
		next_set_join_pathlist(root, joinrel, outerrel, innerrel, jointype, extra);

	if (!rs_enable_vector || !rs_enable_scan)
		return;
	lower_merges(joinrel, outerrel, innerrel);
	charge_partings(root, joinrel, outerrel, innerrel);
	input.root = root;
	input.joinrel = joinrel;
	input.jointype = jointype;
	input.extra = extra;
	input.clauses = hash_clauses(joinrel, outerrel, innerrel, jointype, extra->restrictlist);
	if (input.clauses == NIL)
	{
		lower_loops(root, joinrel->pathlist, outerrel, innerrel);
		lower_loops(root, joinrel->partial_pathlist, outerrel, innerrel);
	}
	if (!enable_hashjoin || input.clauses == NIL || PATH_REQ_OUTER(outer) != NULL ||
		PATH_REQ_OUTER(inner) != NULL)
		return;
	if (jointype == JOIN_UNIQUE_OUTER)
		outer = (Path *) create_unique_path(root, outerrel, outer, extra->sjinfo);
	else if (jointype == JOIN_UNIQUE_INNER)
		inner = (Path *) create_unique_path(root, innerrel, inner, extra->sjinfo);
	if (jointype == JOIN_UNIQUE_OUTER || jointype == JOIN_UNIQUE_INNER)
		input.jointype = JOIN_INNER;
	add_join(&input, outer, inner);
	if (jointype != JOIN_UNIQUE_OUTER)
		add_filtered_joins(&input, outerrel, outer, inner);
	add_partial_joins(&input, outerrel, innerrel, inner, jointype);
}

/* ---------------------------------------------------------------------
 * Aggregations
 * ---------------------------------------------------------------------
 */

/* A path whose costs were set, and by how much they fell. */
typedef struct Lowered
{
	Path	   *path;
	Cost		startup;
	Cost		total;
} Lowered;

static Path **
below(Path *path)
{
	switch (nodeTag(path))
	{
		case T_AggPath:
			return &((AggPath *) path)->subpath;
		case T_SortPath:
			return &((SortPath *) path)->subpath;
		case T_IncrementalSortPath:
			return &((IncrementalSortPath *) path)->spath.subpath;
		case T_GatherPath:
			return &((GatherPath *) path)->subpath;
		case T_GatherMergePath:
			return &((GatherMergePath *) path)->subpath;
		case T_ProjectionPath:
			return &((ProjectionPath *) path)->subpath;
		default:
			return NULL;
	}
}

/*
 * The work of an aggregation itself, PostgreSQL's times a factor, but for what it takes
 * groups beyond memory to cost: that is pages read and written at random, where the engine
 * deals rows to files that are read once, and its groups are smaller.
 */
Cost
rs_cost_groups(PlannerInfo *root, const AggPath *agg, const Path *input, double factor)
{
	AggClauseCosts costs;
	Path		one;
	Cost		own = agg->path.total_cost - input->total_cost;
	Cost		in_memory;
	double		fitting;

	if (agg->aggstrategy != AGG_HASHED)
		return own * factor;
	MemSet(&costs, 0, sizeof(costs));
	if (root->parse->hasAggs)
		get_agg_clause_costs(root, agg->aggsplit, &costs);
	MemSet(&one, 0, sizeof(one));
	cost_agg(&one, root, AGG_HASHED, &costs, list_length(agg->groupClause), 1.0, NIL,
			 input->startup_cost, input->total_cost, input->rows, input->pathtarget->width);
	in_memory = one.total_cost - input->total_cost +
		agg->numGroups * (cpu_tuple_cost + costs.finalCost.per_tuple);
	if (in_memory >= own)
		return own * factor;
	fitting = get_hash_memory_limit() / (agg->path.pathtarget->width + RS_GROUP_BYTES);
	return in_memory * factor +
		input->rows * Max(1.0 - fitting / agg->numGroups, 0.0) * RS_SPILL_COST * cpu_tuple_cost;
}

/*
 * Lower a path by what those below it fell, and by its own work.  Paths share those
 * below them: *done has what was lowered.
 */
static Lowered *
lower(PlannerInfo *root, Path *path, RelOptInfo *input, List **done)
{
	Path	  **sub = below(path);
	Lowered    *lowered;
	Cost		before_startup = path->startup_cost;
	Cost		before_total = path->total_cost;
	ListCell   *lc;

	foreach(lc, *done)
	{
		lowered = lfirst(lc);
		if (lowered->path == path)
			return lowered;
	}
	lowered = palloc0(sizeof(Lowered));
	lowered->path = path;
	if (sub != NULL && path->parent != input)
	{
		Lowered    *sub_lowered = lower(root, *sub, input, done);
		Cost		sub_total = (*sub)->total_cost + sub_lowered->total;

		/* What starts when its input has ended starts so much earlier. */
		path->startup_cost -= before_startup >= sub_total ? sub_lowered->total : sub_lowered->startup;
		path->total_cost -= sub_lowered->total;
		if (IsA(path, AggPath) && reads_redshift(*sub))
		{
			AggPath    *agg = (AggPath *) path;
			/* What workers send is not in order, as the engine gathers it. */
			bool		streamed = agg->aggstrategy == AGG_SORTED &&
				agg->aggsplit == AGGSPLIT_SIMPLE && !IsA(*sub, SortPath);
			double		factor = streamed ? RS_LEAST_AGGREGATE :
				factor_of_size(agg->numGroups, path->pathtarget->width,
							   RS_LEAST_AGGREGATE, RS_MOST_AGGREGATE);

			path->total_cost = (*sub)->total_cost + rs_cost_groups(root, agg, *sub, factor);
			/* But of rows in order, the engine gives the first group when it has seen all. */
			if (!streamed)
				path->startup_cost = path->total_cost - cpu_tuple_cost * RS_RESULT_COST * path->rows;
		}
		lowered->startup = before_startup - path->startup_cost;
		lowered->total = before_total - path->total_cost;
	}
	*done = lappend(*done, lowered);
	return lowered;
}

/*
 * The aggregation in one process, which PostgreSQL's costs may have ruled out.
 */
static void
add_serial_aggregation(PlannerInfo *root, RelOptInfo *input, RelOptInfo *output,
					   GroupPathExtraData *extra)
{
	Query	   *parse = root->parse;
	AggClauseCosts costs;
	ListCell   *lc;
	double		groups = 1.0;

	if (parse->groupingSets != NIL || root->numOrderedAggs > 0 || output->pathlist == NIL ||
		(parse->groupClause != NIL &&
		 !(enable_hashagg && grouping_is_hashable(parse->groupClause))) ||
		PATH_REQ_OUTER(input->cheapest_total_path) != NULL)
		return;
	foreach(lc, output->pathlist)
	{
		AggPath    *agg = lfirst(lc);

		if (!IsA(agg, AggPath) ||
			(agg->aggsplit == AGGSPLIT_SIMPLE && agg->aggstrategy != AGG_SORTED))
			return;
		groups = agg->numGroups;
	}
	MemSet(&costs, 0, sizeof(AggClauseCosts));
	get_agg_clause_costs(root, AGGSPLIT_SIMPLE, &costs);
	output->pathlist =
		lappend(output->pathlist,
				create_agg_path(root, output, input->cheapest_total_path, output->reltarget,
								parse->groupClause != NIL ? AGG_HASHED : AGG_PLAIN, AGGSPLIT_SIMPLE,
								parse->groupClause, (List *) extra->havingQual, &costs, groups));
}

static void
add_exchanged_aggregation(PlannerInfo *root, RelOptInfo *input, RelOptInfo *output,
						  GroupPathExtraData *extra)
{
	double		groups = 1.0;
	ListCell   *lc;

	foreach(lc, output->pathlist)
		groups = Max(groups, ((Path *) lfirst(lc))->rows);
	rs_add_exchanged_aggregation(root, input, output, (List *) extra->havingQual,
								 factor_of_size(groups, output->reltarget->width,
												RS_LEAST_AGGREGATE, RS_MOST_AGGREGATE),
								 RS_LEAST_AGGREGATE);
}

void
rs_cost_aggregation(PlannerInfo *root, UpperRelationKind stage, RelOptInfo *input,
					RelOptInfo *output, void *extra)
{
	List	   *done = NIL;
	ListCell   *lc;

	if (!rs_enable_vector || !rs_enable_scan || input->cheapest_total_path == NULL ||
		!reads_redshift(input->cheapest_total_path))
		return;
	if (stage == UPPERREL_GROUP_AGG)
		add_serial_aggregation(root, input, output, extra);
	foreach(lc, output->pathlist)
		(void) lower(root, lfirst(lc), input, &done);
	if (stage == UPPERREL_GROUP_AGG)
		add_exchanged_aggregation(root, input, output, extra);
	/* add_path() relies on that order. */
	list_sort(output->pathlist, compare_total);
}

/* ---------------------------------------------------------------------
 * One end of a sorted table
 * ---------------------------------------------------------------------
 */

/*
 * Is the first thing to order by the leading sort-key column of the table?
 */
static bool
orders_by_sort_key(PlannerInfo *root, RelOptInfo *rel)
{
	PathKey    *key = linitial_node(PathKey, root->sort_pathkeys);
	RangeTblEntry *rte = planner_rt_fetch(rel->relid, root);
	Relation	relation = table_open(rte->relid, NoLock);
	RsTableOptions *options = rs_options_get(relation);
	bool		found = false;
	ListCell   *lc;

	foreach(lc, key->pk_eclass->ec_members)
	{
		Var		   *var = (Var *) lfirst_node(EquivalenceMember, lc)->em_expr;

		found |= options->nsortkeys > 0 && options->sortstyle == RS_SORT_COMPOUND && IsA(var, Var) &&
			var->varno == (int) rel->relid && var->varattno == options->sortkeys[0];
	}
	table_close(relation, NoLock);
	return found;
}

void
rs_cost_top(PlannerInfo *root, RelOptInfo *input, RelOptInfo *output)
{
	Path	   *scan = input->cheapest_total_path;
	RelOptInfo *rel;
	Path	   *path;
	double		share;

	if (!rs_enable_vector || !rs_enable_scan || root->limit_tuples <= 0 || scan == NULL ||
		root->sort_pathkeys == NIL || bms_membership(input->relids) != BMS_SINGLETON)
		return;
	while (IsA(scan, ProjectionPath))
		scan = ((ProjectionPath *) scan)->subpath;
	if (!IsA(scan, CustomPath) || ((CustomPath *) scan)->methods != &rs_scan_path_methods)
		return;
	rel = scan->parent;
	if (rel->reloptkind != RELOPT_BASEREL || !orders_by_sort_key(root, rel))
		return;
	/* A row group, and as many rows as asked for pass the conditions. */
	share = (RS_GROUP_ROWS + root->limit_tuples * rel->tuples / Max(rel->rows, 1.0)) /
		Max(rel->tuples, 1.0);
	if (share >= 1.0)
		return;
	path = (Path *) create_sort_path(root, output, input->cheapest_total_path, root->sort_pathkeys,
									 root->limit_tuples);
	path->total_cost *= share;
	path->startup_cost *= share;
	if (path->pathtarget != root->upper_targets[UPPERREL_ORDERED])
		path = apply_projection_to_path(root, output, path, root->upper_targets[UPPERREL_ORDERED]);
	add_path(output, path);
}

void
rs_cost_init(void)
{
	next_set_join_pathlist = set_join_pathlist_hook;
	set_join_pathlist_hook = set_join_pathlist;
}
