/*
 * scan_path.c
 *	  The scan node in the planner: paths, costs, plan.
 *
 * For every base relation of ours the sequential scan paths are replaced by a
 * CustomPath "RsScan", plain and partial.  Index, bitmap and TID paths stay: a
 * look-up of a few rows is theirs.
 */
#include "postgres.h"

#include <math.h>

#include "access/sysattr.h"
#include "access/table.h"
#include "core/settings.h"
#include "mpp/cluster/table.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/paths.h"
#include "optimizer/plancat.h"
#include "optimizer/planmain.h"
#include "optimizer/planner.h"
#include "optimizer/prep.h"
#include "optimizer/restrictinfo.h"
#include "optimizer/tlist.h"
#include "parser/parsetree.h"
#include "planner/cost.h"
#include "planner/ordered_path.h"
#include "planner/padded_index.h"
#include "planner/planner.h"
#include "storage/options.h"
#include "storage/row_set.h"
#include "storage/tableam.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"
#include "utils/selfuncs.h"
#include "vector/scan/predicates.h"
#include "vector/scan/zone_answer.h"

static set_rel_pathlist_hook_type next_set_rel_pathlist = NULL;
static create_upper_paths_hook_type next_create_upper_paths = NULL;

/*
 * A condition on row numbers is the scan's own business, where no row is checked again.
 */
static List *
take_row_set(PlannerInfo *root, RelOptInfo *rel, List *quals, List **taken)
{
	ListCell   *lc;

	if (root->parse->commandType != CMD_SELECT || root->rowMarks != NIL)
		return quals;
	foreach(lc, quals)
		if (rs_row_set_is_condition(lfirst(lc), rel->relid))
		{
			*taken = list_make1(lfirst(lc));
			return list_delete_nth_cell(quals, foreach_current_index(lc));
		}
	return quals;
}

static Plan *
plan_scan(PlannerInfo *root, RelOptInfo *rel, CustomPath *path, List *tlist, List *clauses,
		  List *custom_plans)
{
	CustomScan *scan = makeNode(CustomScan);

	scan->scan.plan.targetlist = tlist;
	scan->scan.plan.qual = take_row_set(root, rel, extract_actual_clauses(clauses, false), &scan->custom_exprs);
	scan->scan.scanrelid = rel->relid;
	scan->flags = path->flags;
	scan->custom_private = path->custom_private;
	scan->methods = &rs_scan_methods;
	return &scan->scan.plan;
}

const CustomPathMethods rs_scan_path_methods = {
	.CustomName = "RsScan",
	.PlanCustomPath = plan_scan
};

/*
 * Attributes the query needs of the relation; false if one is a system column
 * that a scan slot does not have.
 */
static bool
needed_columns(RelOptInfo *rel, Bitmapset **attrs)
{
	ListCell   *lc;
	int			member = -1;

	*attrs = NULL;
	pull_varattnos((Node *) rel->reltarget->exprs, rel->relid, attrs);
	foreach(lc, rel->baserestrictinfo)
		pull_varattnos((Node *) lfirst_node(RestrictInfo, lc)->clause, rel->relid, attrs);
	while ((member = bms_next_member(*attrs, member)) >= 0)
	{
		int			attno = member + FirstLowInvalidHeapAttributeNumber;

		if (attno < 0 && attno != SelfItemPointerAttributeNumber &&
			attno != TableOidAttributeNumber)
			return false;
	}
	return true;
}

static bool
is_current_of(RelOptInfo *rel)
{
	ListCell   *lc;

	foreach(lc, rel->baserestrictinfo)
		if (IsA(lfirst_node(RestrictInfo, lc)->clause, CurrentOfExpr))
			return true;
	return false;
}

/*
 * Share of the table's blocks that its leading sort column's predicates leave.
 */
static double
block_share(PlannerInfo *root, RelOptInfo *rel, Relation relation)
{
	RsTableOptions *options = rs_options_get(relation);
	List	   *clauses = NIL;
	ListCell   *lc;
	double		share;

	if (options->nsortkeys == 0)
		return 1.0;
	foreach(lc, rel->baserestrictinfo)
	{
		RestrictInfo *info = lfirst_node(RestrictInfo, lc);
		Bitmapset  *attrs = NULL;

		pull_varattnos((Node *) info->clause, rel->relid, &attrs);
		if (bms_is_member(options->sortkeys[0] - FirstLowInvalidHeapAttributeNumber, attrs) &&
			rs_predicate_clause((Node *) info->clause, rel->relid))
			clauses = lappend(clauses, info);
	}
	if (clauses == NIL)
		return 1.0;
	share = clauselist_selectivity(root, clauses, rel->relid, JOIN_INNER, NULL);
	/* A block at either end is read for a part of its rows only. */
	return Min(1.0, share + 2.0 * RS_BLOCK_ROWS / Max(rel->tuples, 2.0 * RS_BLOCK_ROWS));
}

static CustomPath *
make_path(PlannerInfo *root, RelOptInfo *rel, int workers, double blocks,
		  const Bitmapset *attrs)
{
	CustomPath *path = makeNode(CustomPath);

	path->path.pathtype = T_CustomScan;
	path->path.parent = rel;
	path->path.pathtarget = rel->reltarget;
	path->path.param_info = get_baserel_parampathinfo(root, rel, rel->lateral_relids);
	path->path.parallel_aware = workers > 0;
	path->path.parallel_safe = rel->consider_parallel;
	path->path.parallel_workers = workers;
	path->flags = CUSTOMPATH_SUPPORT_PROJECTION | CUSTOMPATH_SUPPORT_BACKWARD_SCAN;
	path->methods = &rs_scan_path_methods;
	rs_cost_scan(root, rel, &path->path, blocks, attrs);
	return path;
}

static void
drop_seqscans(List **paths)
{
	ListCell   *lc;

	foreach(lc, *paths)
	{
		Path	   *path = lfirst(lc);

		if (path->pathtype == T_SeqScan)
			*paths = foreach_delete_current(*paths, lc);
	}
}

static void
add_scan_paths(PlannerInfo *root, RelOptInfo *rel, Relation relation)
{
	Bitmapset  *attrs;
	double		blocks;
	CustomPath *plain;

	if (!needed_columns(rel, &attrs) || is_current_of(rel))
		return;
	blocks = block_share(root, rel, relation);
	drop_seqscans(&rel->pathlist);
	plain = make_path(root, rel, 0, blocks, attrs);
	/* add_path() may free it. */
	rs_add_ordered_paths(root, rel, relation, plain);
	add_path(rel, &plain->path);
	if (rel->consider_parallel && rel->lateral_relids == NULL)
	{
		int			workers = compute_parallel_worker(rel, rel->pages, -1,
													  max_parallel_workers_per_gather);

		drop_seqscans(&rel->partial_pathlist);
		if (workers > 0)
			add_partial_path(rel, &make_path(root, rel, workers, blocks, attrs)->path);
	}
}

static bool
is_plain_table(RelOptInfo *rel, RangeTblEntry *rte)
{
	return rte->rtekind == RTE_RELATION && rte->tablesample == NULL && !rte->inh &&
		(rel->reloptkind == RELOPT_BASEREL || rel->reloptkind == RELOPT_OTHER_MEMBER_REL) &&
		(rte->relkind == RELKIND_RELATION || rte->relkind == RELKIND_MATVIEW);
}

/*
 * Let index and bitmap scans have target lists of what the query needs.  To save a
 * projection PostgreSQL gives them all columns instead, unless somebody needs a system
 * column; to us each one is a block more to read.
 */
static void
refuse_physical_tlist(RelOptInfo *rel)
{
	Relids	   *needed = &rel->attr_needed[TableOidAttributeNumber - rel->min_attr];

	if (bms_is_empty(*needed))
		*needed = bms_make_singleton(0);
}

static void
set_rel_pathlist(PlannerInfo *root, RelOptInfo *rel, Index rti, RangeTblEntry *rte)
{
	if (next_set_rel_pathlist)
		next_set_rel_pathlist(root, rel, rti, rte);

	if (is_plain_table(rel, rte) && !is_dummy_rel(rel))
	{
		Relation	relation = table_open(rte->relid, NoLock);

		rs_add_padded_index_paths(root, rel);
		if (rs_is_redshift_relation(relation))
		{
			refuse_physical_tlist(rel);
			rs_cost_fetches(root, rel);
			if (rs_enable_scan)
				add_scan_paths(root, rel, relation);
		}
		table_close(relation, NoLock);
	}
}

/* ---------------------------------------------------------------------
 * count(*) from metadata
 * ---------------------------------------------------------------------
 */

/*
 * Is the query's only output count(*) of one whole table of ours?
 */
static bool
is_full_count(PlannerInfo *root, RelOptInfo *input, Index *rti)
{
	Query	   *parse = root->parse;
	RangeTblEntry *rte;
	Aggref	   *agg;
	Relation	relation;
	bool		ours;

	if (parse->commandType != CMD_SELECT || parse->groupClause != NIL ||
		parse->groupingSets != NIL || parse->havingQual != NULL || parse->hasWindowFuncs ||
		parse->hasTargetSRFs || parse->rowMarks != NIL || parse->jointree->quals != NULL ||
		list_length(parse->jointree->fromlist) != 1 ||
		!IsA(linitial(parse->jointree->fromlist), RangeTblRef) ||
		list_length(parse->targetList) != 1)
		return false;
	agg = (Aggref *) linitial_node(TargetEntry, parse->targetList)->expr;
	if (!IsA(agg, Aggref) || agg->aggfnoid != F_COUNT_ || agg->aggfilter != NULL ||
		agg->agglevelsup != 0 || input->reloptkind != RELOPT_BASEREL ||
		input->baserestrictinfo != NIL)
		return false;
	*rti = linitial_node(RangeTblRef, parse->jointree->fromlist)->rtindex;
	rte = planner_rt_fetch(*rti, root);
	if (!is_plain_table(input, rte) || input->relid != *rti || rs_table_is_distributed(rte->relid))
		return false;
	relation = table_open(rte->relid, NoLock);
	ours = rs_is_redshift_relation(relation);
	table_close(relation, NoLock);
	return ours;
}

static Plan *
plan_count(PlannerInfo *root, RelOptInfo *rel, CustomPath *path, List *tlist, List *clauses,
		   List *custom_plans)
{
	CustomScan *scan = makeNode(CustomScan);

	scan->scan.plan.targetlist = tlist;
	scan->custom_scan_tlist = tlist;
	/* Of custom_private, setrefs.c would not adjust it in a subquery. */
	scan->scan.scanrelid = (Index) linitial_int(path->custom_private);
	scan->flags = path->flags;
	scan->methods = &rs_count_methods;
	return &scan->scan.plan;
}

const CustomPathMethods rs_count_path_methods = {
	.CustomName = "RsCount",
	.PlanCustomPath = plan_count
};

/*
 * Wants the query nothing but count, min and max of columns of one whole table?  The
 * engine has them from zone maps, for the most part.
 */
static bool
is_answered_by_zones(PlannerInfo *root, RelOptInfo *input)
{
	Query	   *parse = root->parse;
	ListCell   *lc;

	if (!rs_enable_vector || parse->commandType != CMD_SELECT || !parse->hasAggs ||
		parse->groupClause != NIL || parse->groupingSets != NIL || parse->hasWindowFuncs ||
		parse->hasTargetSRFs || parse->rowMarks != NIL || input->reloptkind != RELOPT_BASEREL ||
		input->baserestrictinfo != NIL)
		return false;
	foreach(lc, root->agginfos)
	{
		Aggref	   *aggref = ((AggInfo *) lfirst(lc))->representative_aggref;

		if (!rs_zone_answers_function(aggref) ||
			(aggref->args != NIL &&
			 !IsA(strip_implicit_coercions((Node *) linitial_node(TargetEntry, aggref->args)->expr), Var)))
			return false;
	}
	return true;
}

/*
 * An aggregation in one process that costs as little as reading zone maps does.
 */
static void
add_zone_answer_path(PlannerInfo *root, RelOptInfo *input, RelOptInfo *output)
{
	Query	   *parse = root->parse;
	AggClauseCosts costs = {0};
	ListCell   *lc;

	foreach(lc, input->pathlist)
	{
		CustomPath *path = lfirst(lc);
		CustomPath *scan;

		if (!IsA(path, CustomPath) || path->methods != &rs_scan_path_methods ||
			path->path.param_info != NULL || path->path.pathkeys != NIL)
			continue;
		scan = makeNode(CustomPath);
		memcpy(scan, path, sizeof(CustomPath));
		scan->path.startup_cost = 0;
		scan->path.total_cost = cpu_tuple_cost * (1 + input->tuples / RS_BLOCK_ROWS);
		scan->path.rows = clamp_row_est(input->tuples / RS_BLOCK_ROWS);
		get_agg_clause_costs(root, AGGSPLIT_SIMPLE, &costs);
		add_path(output, (Path *) create_agg_path(root, output, &scan->path, output->reltarget,
												  AGG_PLAIN, AGGSPLIT_SIMPLE, NIL,
												  (List *) parse->havingQual, &costs, 1));
		return;
	}
}

static void
create_upper_paths(PlannerInfo *root, UpperRelationKind stage, RelOptInfo *input,
				   RelOptInfo *output, void *extra)
{
	Index		rti;

	if (next_create_upper_paths)
		next_create_upper_paths(root, stage, input, output, extra);

	if (stage == UPPERREL_GROUP_AGG || stage == UPPERREL_DISTINCT)
		rs_cost_aggregation(root, stage, input, output, extra);
	if (stage == UPPERREL_ORDERED)
		rs_cost_top(root, input, output);
	if (rs_enable_scan && stage == UPPERREL_GROUP_AGG && is_full_count(root, input, &rti))
	{
		CustomPath *path = makeNode(CustomPath);

		path->path.pathtype = T_CustomScan;
		path->path.parent = output;
		path->path.pathtarget = output->reltarget;
		path->path.rows = 1;
		path->path.total_cost = cpu_tuple_cost * (1 + input->tuples / RS_GROUP_ROWS);
		path->methods = &rs_count_path_methods;
		path->custom_private = list_make1_int((int) rti);
		add_path(output, &path->path);
	}
	else if (rs_enable_scan && stage == UPPERREL_GROUP_AGG && is_answered_by_zones(root, input))
		add_zone_answer_path(root, input, output);
}

void
rs_planner_init(void)
{
	RegisterCustomScanMethods(&rs_scan_methods);
	RegisterCustomScanMethods(&rs_count_methods);
	next_set_rel_pathlist = set_rel_pathlist_hook;
	set_rel_pathlist_hook = set_rel_pathlist;
	next_create_upper_paths = create_upper_paths_hook;
	create_upper_paths_hook = create_upper_paths;
	rs_cost_init();
	rs_selectivity_init();
	rs_vector_node_init();
}
