/*
 * fetch_cost.c
 *	  What it costs to fetch rows of redshift tables through an index.
 *
 * PostgreSQL takes a row that is fetched for a part of a page.  Here each of its columns
 * stands in a block of thousands of values, which is read, and decompressed, before the
 * first of them can be had (storage/block_cache.c): some 10 microseconds, and 5 for each
 * byte that a value of text has, which is likely to be compressed.  So what counts is how often a block is met that is not
 * kept from before.  Rows that an index gives in the table's order take each block once;
 * in any other order a block is kept as long as those used since fit work_mem.
 *
 * These costs take the place of those of heap's pages, once the paths of a relation are
 * there, parameterized ones too, and before anything is made of them.
 */
#include "postgres.h"

#include <math.h>

#include "access/amapi.h"
#include "access/sysattr.h"
#include "catalog/pg_type.h"
#include "encoding/encoding.h"
#include "miscadmin.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "parser/parsetree.h"
#include "planner/cost.h"
#include "utils/lsyscache.h"
#include "vector/operator.h"

/* In terms of cpu_tuple_cost: fetching a row, and one value of it. */
#define RS_FETCH_ROW_COST	5.0
#define RS_FETCH_VALUE_COST	20.0
/* Reading a block of a column; and for each byte of a value of text. */
#define RS_LOAD_COST		200.0
#define RS_UNPACK_COST		100.0
/* Opening a row group: directory, deleted rows, footer. */
#define RS_OPEN_COST		100.0

/* What the query reads of a row. */
typedef struct FetchedRow
{
	double		nblocks;		/* of the table, in each column */
	double		ncolumns;
	double		width;			/* bytes of these columns */
	double		text;			/* bytes of those that are no numbers or the like */
	double		load;			/* cost of reading a block of each column */
	double		kept;			/* how many blocks of each column fit work_mem */
} FetchedRow;

static void
describe_row(PlannerInfo *root, RelOptInfo *rel, FetchedRow *row)
{
	Bitmapset  *attrs = NULL;
	ListCell   *lc;
	AttrNumber	attno;
	bool		whole;

	pull_varattnos((Node *) rel->reltarget->exprs, rel->relid, &attrs);
	foreach(lc, rel->baserestrictinfo)
		pull_varattnos((Node *) lfirst_node(RestrictInfo, lc)->clause, rel->relid, &attrs);
	whole = bms_is_member(0 - FirstLowInvalidHeapAttributeNumber, attrs);
	memset(row, 0, sizeof(FetchedRow));
	for (attno = 1; attno <= rel->max_attr; attno++)
		if (whole || bms_is_member(attno - FirstLowInvalidHeapAttributeNumber, attrs))
		{
			int32		width = rs_column_width(root, rel, attno);
			Oid			type = get_atttype(planner_rt_fetch(rel->relid, root)->relid, attno);

			row->ncolumns++;
			row->width += width;
			if (OidIsValid(type) && type != NUMERICOID && get_typlen(type) == -1)
				row->text += width;
		}
	row->load = (row->ncolumns * RS_LOAD_COST + row->text * RS_UNPACK_COST) * cpu_tuple_cost;
	if (rel->pages > effective_cache_size)
		row->load += row->ncolumns * random_page_cost;
	row->nblocks = ceil(Max(rel->tuples, 1.0) / RS_BLOCK_ROWS);
	row->kept = Max(1.0, work_mem * 1024.0 / (RS_BLOCK_ROWS * Max(row->width, 1.0)));
}

/*
 * How many blocks of a column are read when one is wanted so many times, at random.
 */
static double
blocks_read(const FetchedRow *row, double wanted)
{
	double		distinct = Min(row->nblocks, wanted);

	if (row->kept >= row->nblocks)
		return distinct;
	return distinct + (wanted - distinct) * (1.0 - row->kept / row->nblocks);
}

/*
 * Of so many rows, for which a block was wanted so many times, each of `loops` times.
 */
static Cost
fetch_cost(const FetchedRow *row, double tuples, double wanted, double loops, bool values)
{
	double		groups = Min(ceil(row->nblocks / RS_GROUP_BLOCKS), wanted * loops);
	Cost		cost = (tuples * RS_FETCH_ROW_COST + groups / loops * RS_OPEN_COST) * cpu_tuple_cost;

	if (values)
		cost += tuples * row->ncolumns * RS_FETCH_VALUE_COST * cpu_tuple_cost +
			blocks_read(row, wanted * loops) / loops * row->load;
	return cost;
}

/*
 * Set the path's cost: what the index costs, what a row costs PostgreSQL once it has it,
 * and what fetching costs.
 */
static void
set_cost(PlannerInfo *root, Path *path, Cost index_cost, double tuples, Cost fetching)
{
	QualCost	quals;
	Cost		cost;

	cost_qual_eval(&quals, list_concat_copy(path->parent->baserestrictinfo,
											path->param_info ? path->param_info->ppi_clauses : NIL),
				   root);
	cost = index_cost + quals.startup + (cpu_tuple_cost + quals.per_tuple) * tuples +
		path->pathtarget->cost.startup + path->pathtarget->cost.per_tuple * path->rows;
	/* It stays where enable_indexscan and the like have put it. */
	if (path->startup_cost < disable_cost)
		path->total_cost = Max(Min(path->total_cost, cost), path->startup_cost);
	path->total_cost += fetching;
}

/*
 * How often a path is run: once for each row of the smallest relation that gives it
 * parameters, as PostgreSQL has it.
 */
static double
loop_count(PlannerInfo *root, Path *path)
{
	double		loops = 0;
	int			relid = -1;

	while ((relid = bms_next_member(PATH_REQ_OUTER(path), relid)) >= 0)
	{
		RelOptInfo *outer = relid < root->simple_rel_array_size ?
			root->simple_rel_array[relid] : NULL;

		if (outer != NULL && !IS_DUMMY_REL(outer) && (loops == 0 || outer->rows < loops))
			loops = outer->rows;
	}
	return Max(loops, 1.0);
}

static void
cost_index_scan(PlannerInfo *root, const FetchedRow *row, IndexPath *path)
{
	double		loops = loop_count(root, &path->path);
	double		tuples = clamp_row_est(path->indexselectivity * path->path.parent->tuples);
	amcostestimate_function estimate = (amcostestimate_function) path->indexinfo->amcostestimate;
	Cost		startup;
	Cost		total;
	Selectivity selectivity;
	double		correlation = 0;
	double		pages;
	double		in_order;
	double		wanted;

	if (path->path.parallel_aware)
		tuples = clamp_row_est(tuples / rs_processes(&path->path));
	estimate(root, path, loops, &startup, &total, &selectivity, &correlation, &pages);
	in_order = correlation * correlation;
	wanted = in_order * Min(tuples, 1.0 + tuples / RS_BLOCK_ROWS) + (1.0 - in_order) * tuples;
	set_cost(root, &path->path, path->indextotalcost, tuples,
			 fetch_cost(row, tuples, wanted, loops, path->path.pathtype != T_IndexOnlyScan));
}

/*
 * A bitmap gives rows in the table's order, so each block once.
 */
static void
cost_bitmap_scan(PlannerInfo *root, const FetchedRow *row, BitmapHeapPath *path)
{
	Cost		index_cost;
	Selectivity selectivity;
	double		tuples;
	double		wanted;

	cost_bitmap_tree_node(path->bitmapqual, &index_cost, &selectivity);
	tuples = clamp_row_est(selectivity * path->path.parent->tuples);
	wanted = row->nblocks * (1.0 - exp(-tuples / row->nblocks));
	wanted = Min(Max(wanted, 1.0), tuples);
	if (path->path.parallel_aware)
		tuples = clamp_row_est(tuples / rs_processes(&path->path));
	set_cost(root, &path->path, index_cost, tuples,
			 fetch_cost(row, tuples, wanted, loop_count(root, &path->path), true));
}

static int
compare_total(const ListCell *a, const ListCell *b)
{
	Cost		x = ((Path *) lfirst(a))->total_cost;
	Cost		y = ((Path *) lfirst(b))->total_cost;

	return (x > y) - (x < y);
}

static void
add_costs(PlannerInfo *root, const FetchedRow *row, List *paths)
{
	ListCell   *lc;

	foreach(lc, paths)
	{
		Path	   *path = lfirst(lc);

		if (IsA(path, IndexPath))
			cost_index_scan(root, row, (IndexPath *) path);
		else if (IsA(path, BitmapHeapPath))
			cost_bitmap_scan(root, row, (BitmapHeapPath *) path);
	}
	/* add_path() relies on that order. */
	list_sort(paths, compare_total);
}

void
rs_cost_fetches(PlannerInfo *root, RelOptInfo *rel)
{
	FetchedRow	row;

	if (rel->indexlist == NIL)
		return;
	describe_row(root, rel, &row);
	add_costs(root, &row, rel->pathlist);
	add_costs(root, &row, rel->partial_pathlist);
}
