/*
 * fragment_path.h
 *	  Ways to compute a relation of the planner on the compute nodes.
 *
 * Each relation has a few: the cheapest of each spread.  They stand in fdw_private of
 * its RelOptInfo, which nothing else uses for relations that are not foreign; in its
 * pathlist stands a gather of the cheapest.
 */
#ifndef RS_FRAGMENT_PATH_H
#define RS_FRAGMENT_PATH_H

#include "core/settings.h"
#include "mpp/plan/spread.h"
#include "nodes/extensible.h"

typedef enum RsTreeKind
{
	RS_TREE_SCAN,				/* of a table */
	RS_TREE_FILES,				/* of files, of which each node reads its part */
	RS_TREE_JOIN,
	RS_TREE_AGGREGATE,			/* grouping, aggregates, HAVING */
	RS_TREE_WINDOW,				/* window functions */
	RS_TREE_SETOP,				/* UNION ALL, INTERSECT, EXCEPT: columns go by their place */
	RS_TREE_SUBQUERY,			/* what a subquery gives, under other names */
	RS_TREE_CTE,				/* the same of a CTE, which nodes keep (cte_paths.c) */
	RS_TREE_PROJECT,			/* expressions over the input's columns */
	RS_TREE_EXCHANGE,			/* rows moved between nodes */
	RS_TREE_TOP,				/* rows of each node in an order, or the first ones */
	RS_TREE_LEADER				/* what the leader computes; an exchange is above it */
} RsTreeKind;

/*
 * What nodes compute, as an algebra.  Expressions are the planner's, of the query level
 * at which the tree was made; those of a target are the columns that the parent sees.
 */
typedef struct RsTree
{
	RsTreeKind	kind;
	PlannerInfo *root;			/* of its query level; set when it becomes part of a path */
	List	   *target;			/* expressions: the columns, in order */
	List	   *known;			/* what the parent takes the columns for; NIL: the same expressions */
	struct RsTree *outer;		/* the only input of all but joins and set operations */
	struct RsTree *inner;
	List	   *quals;			/* clauses: WHERE, or HAVING */

	/* scan, files, subquery, CTE */
	Index		relid;
	RangeTblEntry *rte;
	int			cte;			/* number of the CTE's plan */

	/* join */
	JoinType	jointype;
	List	   *join_quals;		/* of an outer join's ON, of a semi or anti join's match */
	struct RsTree *filtered;	/* an exchange of one side: sends only rows that may match */
	bool		filters_outer;	/* ... the outer side's */
	List	   *filter_keys;	/* ... by these expressions of its input */
	List	   *source_keys;	/* ... equated with these of the other side */

	/* aggregate, top */
	List	   *sort_groups;	/* SortGroupClauses that GROUP BY, or ORDER BY */
	List	   *sort_refs;		/* ... target entries with the expressions, by ressortgroupref */
	List	   *grouping_sets;	/* of aggregate: lists of ressortgrouprefs; NIL: one set, of all */
	Node	   *limit;			/* of top: number of rows, an int8 expression; NULL: all */
	bool		ties;			/* ... and those that are equal to the last */
	List	   *distinct_on;	/* ... SortGroupClauses of what each comes once of, as sort_groups */

	/* as estimated for the path whose tree it is; else 0 */
	double		rows;			/* of an exchange: that are moved */
	int			width;
	Cost		cost;

	List	   *windows;		/* of window: WindowClauses */

	/* set operation */
	SetOperation setop;
	bool		all;

	/* exchange */
	int			stage;			/* that fills it, from 0; set when the stages are made */
	RsSpread	to;				/* KEY or ALL */
	List	   *from_only;		/* restrictions of the input (key_values.h); of a CTE's, too */
	List	   *to_only;		/* ... of what reads the rows */
	const char *label;			/* as Redshift calls it: DS_BCAST_INNER, ... */

	/* leader */
	Path	   *path;
} RsTree;

typedef struct RsFragmentPath
{
	RsSpread	spread;
	List	   *only;			/* restrictions (key_values.h): on other nodes it gives no rows */
	double		rows;			/* on all nodes together; of spread ALL on each */
	int			width;			/* bytes of a row, about */
	Cost		cost;			/* until a node has computed its part */
	RsTree	   *tree;
} RsFragmentPath;

/* A tree's columns, as its parent knows them. */
static inline List *
rs_tree_columns(const RsTree *tree)
{
	return tree->known != NIL ? tree->known : tree->target;
}

/* Are its rows moved from nodes to nodes? */
static inline bool
rs_tree_is_moved(const RsTree *tree)
{
	return tree->kind == RS_TREE_EXCHANGE && tree->outer->kind != RS_TREE_LEADER;
}

/* A relation's, List of RsFragmentPath *. */
extern List *rs_fragment_paths(const RelOptInfo *rel);

/* A tree's and its inputs', where it is not set yet. */
extern void rs_tree_set_root(RsTree *tree, PlannerInfo *root);

/*
 * Add one, if it is the cheapest of its spread.
 */
extern void rs_fragment_path_add(PlannerInfo *root, RelOptInfo *rel, RsFragmentPath *path);

/*
 * The same rows spread otherwise: an exchange on top, or, of rows that are on every node,
 * the choice of one node for each.  only: restrictions of what reads them, which need be
 * sent to no other nodes.
 */
extern RsFragmentPath *rs_fragment_path_exchange(const RsFragmentPath *path, const RsSpread *to, List *only,
												 const char *label);

/* The same rows, which are on every node, each on one of them, whichever. */
extern RsFragmentPath *rs_fragment_path_deal(const RsFragmentPath *path);

/* Has any one node, known when the plan runs, all of its rows? */
extern bool rs_fragment_path_lone(const RsFragmentPath *path);

/*
 * A relation that nodes cannot compute, as the leader would and may send it, of spread
 * LEADER; NULL if its rows cannot travel.  See leader_path.c.
 */
extern RsFragmentPath *rs_leader_path(PlannerInfo *root, RelOptInfo *rel);

/* Its rows sent to the nodes: to ALL, by KEY, or, of kind ANY, in turn. */
extern RsFragmentPath *rs_leader_path_send(PlannerInfo *root, const RsFragmentPath *path, const RsSpread *to,
										   List *only, const char *label);

/* The parts of a tree that the leader computes, RsTree *, in the order of the tree; their paths. */
extern List *rs_tree_of_leader(RsTree *tree);
extern List *rs_tree_leader_paths(RsTree *tree);

/* Can nodes evaluate an expression, with what the leader would get? */
extern bool rs_fragment_shippable(PlannerInfo *root, Node *expr);

/* How many nodes a plan may count on. */
extern int	rs_fragment_nodes(void);

/* The ways to compute a join; see join_paths.c. */
extern void rs_fragment_join_paths(PlannerInfo *root, RelOptInfo *joinrel, RelOptInfo *outer, RelOptInfo *inner,
								   JoinType jointype, List *restrictlist);

/* Can nodes evaluate all of a target, a row for each row? */
extern bool rs_fragment_shippable_target(PlannerInfo *root, List *exprs);

/* Grouping and DISTINCT; see group_paths.c. */
extern void rs_fragment_group_paths(PlannerInfo *root, RelOptInfo *input, RelOptInfo *output);
extern void rs_fragment_distinct_paths(PlannerInfo *root, RelOptInfo *input, RelOptInfo *output);

/* Those expressions by which rows can be dealt: constants say nothing. */
extern List *rs_fragment_dealing_keys(List *exprs);

/* Let an aggregate group by these expressions. */
extern void rs_tree_group_by(RsTree *tree, List *exprs);

/* Window functions; see window_paths.c. */
extern void rs_fragment_window_paths(PlannerInfo *root, RelOptInfo *input, RelOptInfo *output);

/* Inheritance and partitions, UNION and the like; see append_paths.c. */
extern void rs_fragment_append_paths(PlannerInfo *root, RelOptInfo *rel, Index rti);
extern void rs_fragment_setop_paths(PlannerInfo *root, RelOptInfo *rel);

/* What a set operation gives, and a path that brings it to the leader, sorted or (NIL) as it comes. */
extern List *rs_fragment_setop_columns(PlannerInfo *root, RelOptInfo *rel);
extern Path *rs_fragment_setop_gather(PlannerInfo *root, RelOptInfo *rel, const RsFragmentPath *path, List *pathkeys);

/*
 * A relation's restrictions that nodes can check, and those that the leader is to; and the
 * columns that nodes are to give for these and for what is above.
 */
extern List *rs_fragment_quals(PlannerInfo *root, RelOptInfo *rel, List **local);
extern List *rs_fragment_columns(RelOptInfo *rel, List *local);

/* The spread of what a query gives as columns of the relation that it is around it. */
extern void rs_fragment_subquery_spread(RelOptInfo *rel, const RsFragmentPath *sub, RsSpread *spread);

/* A reference to a CTE that is computed once; see cte_paths.c. */
extern void rs_fragment_cte_paths(PlannerInfo *root, RelOptInfo *rel, RangeTblEntry *rte);

/* What a query's subquery gives, as a relation of the query; see fragment_path.c. */
extern List *rs_fragment_subquery(PlannerInfo *root, RelOptInfo *rel, RangeTblEntry *rte, List *target, List *quals);

/* ORDER BY, DISTINCT ON and LIMIT; see order_paths.c. */
extern void rs_fragment_sorted_gather(PlannerInfo *root, RelOptInfo *rel);
extern void rs_fragment_ordered_paths(PlannerInfo *root, RelOptInfo *input, RelOptInfo *output);
extern void rs_fragment_distinct_on_paths(PlannerInfo *root, RelOptInfo *input, RelOptInfo *output);
extern void rs_fragment_limit_paths(PlannerInfo *root, RelOptInfo *input, RelOptInfo *output,
									FinalPathExtraData *extra);

/* Upper relations; see upper_paths.c. */
extern void rs_fragment_upper_paths(PlannerInfo *root, UpperRelationKind stage, RelOptInfo *input,
									RelOptInfo *output, void *extra);

/*
 * A path that lets nodes insert what the query gives into its result relation; see
 * insert_path.c.
 */
extern void rs_fragment_insert_paths(PlannerInfo *root, RelOptInfo *output);

/*
 * A path that brings the rows to the leader, to make the target of; local_quals are to be
 * checked there.  columns: what the leader takes the tree's columns for, NIL: just that.
 */
extern Path *rs_gather_path(PlannerInfo *root, RelOptInfo *rel, PathTarget *target, const RsFragmentPath *path,
							List *columns, List *local_quals);

/*
 * The same of rows that each node gives in an order, with its pathkeys; NULL if the
 * columns do not tell of it.
 */
extern Path *rs_merging_gather_path(PlannerInfo *root, RelOptInfo *rel, PathTarget *target, const RsFragmentPath *path,
									List *columns, List *pathkeys);

extern void rs_fragment_path_init(void);

/* The columns of a gather, in the order of its tree's, and what the leader checks. */
typedef struct RsGatherPath
{
	CustomPath	path;
	List	   *columns;		/* as expressions of the path's target */
	RsTree	   *tree;
	List	   *only;			/* restrictions */
	List	   *local_quals;	/* RestrictInfos */
	bool		one_node;		/* any node has all rows */
	List	   *merge;			/* how nodes' rows are ordered; see gather_merge.h */
} RsGatherPath;

/* Costs, in the planner's units: of a byte moved between nodes, and of a stage. */
#define RS_COST_BYTE		rs_byte_cost
#define RS_COST_STAGE		rs_stage_cost
#define RS_COST_LONE_STAGE	(rs_stage_cost / 4)	/* on one node */

#endif							/* RS_FRAGMENT_PATH_H */
