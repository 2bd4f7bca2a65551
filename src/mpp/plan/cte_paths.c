/*
 * cte_paths.c
 *	  CTEs that are kept on the compute nodes.
 *
 * A CTE that PostgreSQL does not make a subquery of, as it is MATERIALIZED or read more
 * than once, is computed once.  If nodes can compute it, each keeps the rows it has, in
 * an exchange that nothing leaves; references to the CTE read it as a relation of the
 * nodes, spread as the CTE's rows are.  All plans of a statement share it, whichever
 * comes first fills it (stages.c).
 *
 * So that nothing is computed twice, all references read what is kept: the leader's own
 * CTE scans go, and with them its plan of the CTE.  This is decided for a CTE as a whole,
 * by what is known of the query before the first reference is planned.  It stays with
 * the leader where it would have to move few rows only.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "mpp/plan/fragment_path.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/planner.h"
#include "optimizer/restrictinfo.h"

#define ROW_COST	(cpu_operator_cost * 0.2)	/* of a row that a node has kept, to be read */

/* A CTE as a reference to it finds it. */
typedef struct Cte
{
	PlannerInfo *root;			/* of the query that has it */
	PlannerInfo *subroot;		/* its own */
	CommonTableExpr *entry;
	int			plan_id;
} Cte;

static void
find_cte(PlannerInfo *root, const RangeTblEntry *rte, Cte *cte)
{
	ListCell   *lc;
	Index		level;

	for (level = rte->ctelevelsup; level > 0; level--)
		root = root->parent_root;
	foreach(lc, root->parse->cteList)
	{
		cte->entry = lfirst_node(CommonTableExpr, lc);
		if (strcmp(cte->entry->ctename, rte->ctename) != 0)
			continue;
		cte->root = root;
		cte->plan_id = list_nth_int(root->cte_plan_ids, foreach_current_index(lc));
		cte->subroot = list_nth(root->glob->subroots, cte->plan_id - 1);
		return;
	}
	elog(ERROR, "could not find CTE \"%s\"", rte->ctename);
}

/*
 * Does it depend on rows of queries around the one that has it?
 */
static bool
is_correlated(const Cte *cte)
{
	Index		level;

	for (level = 1; level <= cte->root->query_level; level++)
		if (contain_vars_of_level(cte->entry->ctequery, level))
			return true;
	return false;
}

/*
 * Is there anything that only the leader can make of a CTE's rows: a row as one value,
 * or rows that are locked?
 */
static bool
needs_leader(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Query))
	{
		Query	   *query = (Query *) node;

		return query->commandType != CMD_SELECT || query->rowMarks != NIL ||
			query_tree_walker(query, needs_leader, context, 0);
	}
	if (IsA(node, Var))
		return ((Var *) node)->varattno == 0 && ((Var *) node)->vartype == RECORDOID;
	return expression_tree_walker(node, needs_leader, context);
}

/*
 * What is planned already, and the whole of what is not.
 */
static bool
statement_needs_leader(PlannerInfo *root)
{
	ListCell   *lc;

	foreach(lc, root->glob->subroots)
		if (needs_leader((Node *) ((PlannerInfo *) lfirst(lc))->parse, NULL))
			return true;
	while (root->parent_root != NULL)
		root = root->parent_root;
	return needs_leader((Node *) root->parse, NULL);
}

/*
 * The way to compute it on the nodes; NULL if it is the leader's.
 */
static RsFragmentPath *
kept_path(const Cte *cte)
{
	RelOptInfo *final = fetch_upper_rel(cte->subroot, UPPERREL_FINAL, NULL);
	RsFragmentPath *best = NULL;
	Path	   *gather;
	ListCell   *lc;

	foreach(lc, rs_fragment_paths(final))
	{
		RsFragmentPath *path = lfirst(lc);

		if (best == NULL || path->cost < best->cost)
			best = path;
	}
	if (best == NULL || cte->subroot->init_plans != NIL || is_correlated(cte))
		return NULL;
	gather = rs_gather_path(cte->subroot, final, final->reltarget, best, NIL, NIL);
	if (gather->total_cost - gather->startup_cost <= RS_COST_STAGE)
		return NULL;
	return best;
}

/*
 * The leader's plan of the CTE, which nothing reads; of it the number of rows stays, for
 * references still to be planned.
 */
static void
drop_plan(const Cte *cte)
{
	ListCell   *plan = list_nth_cell(cte->root->glob->subplans, cte->plan_id - 1);
	Result	   *nothing;
	ListCell   *lc;

	foreach(lc, cte->root->init_plans)
		if (lfirst_node(SubPlan, lc)->plan_id == cte->plan_id)
		{
			cte->root->init_plans = foreach_delete_current(cte->root->init_plans, lc);
			nothing = makeNode(Result);
			nothing->plan.plan_rows = ((Plan *) lfirst(plan))->plan_rows;
			nothing->plan.plan_width = ((Plan *) lfirst(plan))->plan_width;
			nothing->resconstantqual = (Node *) list_make1(makeBoolConst(false, false));
			lfirst(plan) = nothing;
			break;
		}
}

static bool
is_dropped(const Cte *cte)
{
	ListCell   *lc;

	foreach(lc, cte->root->init_plans)
		if (lfirst_node(SubPlan, lc)->plan_id == cte->plan_id)
			return false;
	return true;
}

void
rs_fragment_cte_paths(PlannerInfo *root, RelOptInfo *rel, RangeTblEntry *rte)
{
	RsFragmentPath *path;
	RsFragmentPath *kept;
	RsTree	   *tree;
	List	   *local;
	Cte			cte;

	if (rte->self_reference)
		return;
	find_cte(root, rte, &cte);
	if (cte.entry->cterecursive || (kept = kept_path(&cte)) == NULL ||
		(!is_dropped(&cte) && statement_needs_leader(root)))
		return;
	drop_plan(&cte);
	path = palloc0(sizeof(RsFragmentPath));
	tree = palloc0(sizeof(RsTree));
	tree->kind = RS_TREE_CTE;
	tree->relid = rel->relid;
	tree->rte = rte;
	tree->cte = cte.plan_id;
	tree->quals = rs_fragment_quals(root, rel, &local);
	tree->target = rs_fragment_columns(rel, local);
	tree->outer = kept->tree;
	tree->from_only = kept->only;
	path->tree = tree;
	rs_fragment_subquery_spread(rel, kept, &path->spread);
	path->only = kept->only;
	path->rows = rel->rows;
	path->width = rel->reltarget->width;
	path->cost = (kept->cost + RS_COST_STAGE) / Max(cte.entry->cterefcount, 1) +
		ROW_COST * kept->rows / (kept->spread.kind == RS_SPREAD_ALL ? 1 : rs_fragment_nodes());
	rel->pathlist = NIL;
	rel->partial_pathlist = NIL;
	rel->consider_parallel = false;
	add_path(rel, rs_gather_path(root, rel, rel->reltarget, path, NIL, local));
	if (local == NIL)
		rs_fragment_path_add(root, rel, path);
}
