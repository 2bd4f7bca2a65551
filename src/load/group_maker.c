/*
 * group_maker.c
 *	  Batches of a load become row groups, without rows being made of them.
 *
 * Only where nothing is to be done for a row but to store it: see rs_load_makes_groups().
 * All else goes through PostgreSQL's COPY (load_rows.c).
 *
 * MEMORY.  A group is encoded when it has all the rows that a group may have, or when they take
 * redshift.insert_buffer_size; encoding needs as much again at most.
 */
#include "postgres.h"

#include "access/xact.h"
#include "commands/progress.h"
#include "core/settings.h"
#include "load/group_maker.h"
#include "miscadmin.h"
#include "mpp/cluster/table.h"
#include "optimizer/optimizer.h"
#include "optimizer/planner.h"
#include "pgstat.h"
#include "rewrite/rewriteHandler.h"
#include "storage/group_form.h"
#include "storage/options.h"
#include "storage/slicing.h"
#include "storage/sort.h"
#include "storage/space.h"
#include "storage/tableam.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "vector/column_append.h"

struct RsGroupMaker
{
	Relation	rel;
	bool		no_load;		/* rows are only counted */
	RsTableOptions *options;
	RsColumnSet rows;
	Size		bytes;			/* that they take */
	int			natts;
	int		   *places;			/* of each attribute in the batches, -1: not there */
	const RsVector **vectors;	/* of each attribute; here the defaults of those that are not there */
	RsVectorType *types;
	MemoryContext scratch;		/* of one group */
	RsPlaceGroup place;
	void	   *arg;
	uint64		nrows;			/* stored */
};

/* ---------------------------------------------------------------------
 * What can be done so
 * ---------------------------------------------------------------------
 */

static bool
is_read(const RsLoad *load, AttrNumber attno)
{
	int			i;

	for (i = 0; i < load->ncolumns; i++)
		if (load->attnos[i] == attno)
			return true;
	return false;
}

/*
 * The default of a column that is not read, if it is the same for all rows; false if not.
 */
static bool
constant_default(Relation rel, AttrNumber attno, Datum *value, bool *isnull)
{
	Node	   *expression = build_column_default(rel, attno);

	*value = (Datum) 0;
	*isnull = true;
	if (expression == NULL)
		return true;
	expression = (Node *) expression_planner((Expr *) expression);
	if (!IsA(expression, Const))
		return false;
	*value = castNode(Const, expression)->constvalue;
	*isnull = castNode(Const, expression)->constisnull;
	return true;
}

static bool
column_allows(const RsLoad *load, AttrNumber attno)
{
	Form_pg_attribute att = TupleDescAttr(RelationGetDescr(load->rel), attno - 1);
	Datum		value;
	bool		isnull;

	if (att->attisdropped)
		return true;
	if (att->attgenerated != '\0' || get_typtype(att->atttypid) == TYPTYPE_DOMAIN)
		return false;
	if (is_read(load, attno))
		return true;
	return constant_default(load->rel, attno, &value, &isnull) && !(isnull && att->attnotnull);
}

bool
rs_load_makes_groups(const RsLoad *load)
{
	Relation	rel = load->rel;
	TupleConstr *constraints = RelationGetDescr(rel)->constr;
	const RsSlicing *slicing;
	AttrNumber	attno;

	if (rel->rd_rel->relkind != RELKIND_RELATION || !rs_is_redshift_relation(rel) || rel->rd_rel->relispartition ||
		rel->trigdesc != NULL || load->where != NIL || IsInParallelMode() ||
		rs_table_is_distributed(RelationGetRelid(rel)) || RelationGetIndexList(rel) != NIL ||
		(constraints != NULL && constraints->num_check > 0))
		return false;
	slicing = rs_slicing == NULL ? NULL : rs_slicing(rel);
	if (slicing != NULL && slicing->key != 0)
		return false;
	for (attno = 1; attno <= RelationGetNumberOfAttributes(rel); attno++)
		if (!column_allows(load, attno))
			return false;
	return true;
}

/* ---------------------------------------------------------------------
 * Groups
 * ---------------------------------------------------------------------
 */

RsGroupMaker *
rs_group_maker_create(const RsLoad *load, RsPlaceGroup place, void *arg)
{
	RsGroupMaker *maker = palloc0(sizeof(RsGroupMaker));
	TupleDesc	desc = RelationGetDescr(load->rel);
	RsArena    *defaults = rs_arena_create(CurrentMemoryContext);
	int			i;

	maker->rel = load->rel;
	maker->natts = desc->natts;
	maker->no_load = load->options.no_load;
	if (maker->no_load)
		return maker;
	maker->options = rs_options_get(load->rel);
	maker->places = palloc(desc->natts * sizeof(int));
	maker->vectors = palloc0(desc->natts * sizeof(RsVector *));
	maker->types = palloc0(desc->natts * sizeof(RsVectorType));
	maker->place = place;
	maker->arg = arg;
	maker->scratch = AllocSetContextCreate(CurrentMemoryContext, "redshift load group", ALLOCSET_DEFAULT_SIZES);
	rs_column_set_init(&maker->rows, desc, AllocSetContextCreate(CurrentMemoryContext, "redshift load rows",
																 ALLOCSET_DEFAULT_SIZES));
	for (i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, i);
		Datum		value;
		bool		isnull;

		maker->places[i] = -1;
		if (att->attisdropped)
			continue;
		rs_vector_type_init(&maker->types[i], getBaseType(att->atttypid));
		if (!is_read(load, i + 1) && constant_default(load->rel, i + 1, &value, &isnull) && !isnull)
			maker->vectors[i] = rs_vector_constant(defaults, &maker->types[i], value, false);
	}
	for (i = 0; i < load->ncolumns; i++)
		maker->places[load->attnos[i] - 1] = i;
	return maker;
}

/*
 * The order to store the rows in.  What numerics as integers do not do for gets them whole.
 */
static uint32 *
sort_rows(RsGroupMaker *maker)
{
	RsTableOptions *options = maker->options;
	int			i;

	for (i = 0; i < options->nsortkeys; i++)
		rs_column_set_unscale(&maker->rows, options->sortkeys[i] - 1);
	if (maker->rows.nrows <= RS_BLOCK_ROWS)
		for (i = 0; i < maker->natts; i++)
			rs_column_set_unscale(&maker->rows, i);
	return options->nsortkeys == 0 ? NULL : rs_sort_order(maker->rows.columns, maker->rows.nrows, options);
}

static void
store_group(RsGroupMaker *maker)
{
	RsRowGroup	group = {0};
	RsGroupStream stream;
	MemoryContext caller;
	bool		in_pages;

	if (maker->rows.nrows == 0)
		return;
	caller = MemoryContextSwitchTo(maker->scratch);
	group.sorted = true;
	group.filled = maker->bytes > (Size) rs_insert_buffer_size * 1024 / 2;
	in_pages = rs_group_form(maker->rel, &maker->rows, sort_rows(maker), &group, &stream);
	maker->place(maker->arg, maker->rel, &group, in_pages);
	if (in_pages)
	{
		rs_group_stream_set_ids(stream.data, stream.footer_offset, group.storage_id, group.group_id);
		rs_space_write(maker->rel, group.first_page, stream.data, stream.size);
	}
	MemoryContextSwitchTo(caller);
	MemoryContextReset(maker->scratch);
	maker->nrows += maker->rows.nrows;
	rs_column_set_clear(&maker->rows);
	maker->bytes = 0;
}

static void
put_batch(RsGroupMaker *maker, const RsVectorBatch *batch)
{
	uint32		done = 0;
	int			i;

	for (i = 0; i < maker->natts; i++)
		if (maker->places[i] >= 0)
			maker->vectors[i] = batch->columns[maker->places[i]];
	while (done < batch->n)
	{
		uint32		n = Min(batch->n - done, RS_GROUP_ROWS - maker->rows.nrows);

		maker->bytes += rs_column_set_append_vectors(&maker->rows, maker->vectors, maker->types, done, n);
		done += n;
		if (maker->rows.nrows == RS_GROUP_ROWS || maker->bytes > (Size) rs_insert_buffer_size * 1024)
			store_group(maker);
	}
}

uint64
rs_group_maker_run(RsGroupMaker *maker, RsLoadSource *source)
{
	RsVectorBatch batch;

	while (rs_load_source_next(source, &batch))
	{
		if (maker->no_load)
			maker->nrows += batch.n;
		else
			put_batch(maker, &batch);
	}
	store_group(maker);
	return maker->nrows;
}

/* ---------------------------------------------------------------------
 * The load
 * ---------------------------------------------------------------------
 */

static void
place_here(void *arg, Relation rel, RsRowGroup *group, bool in_pages)
{
	rs_group_add(rel, group, in_pages);
}

static uint64
load_alone(RsLoad *load)
{
	RsLoadSource *source;
	RsGroupMaker *maker;
	uint64		rows;

	load->part_memory = palloc0(Max(load->part_memory_size, 1));
	load->progress = rs_load_progress_init(palloc(sizeof(RsLoadProgress)));
	source = rs_load_source_open(load);
	maker = rs_group_maker_create(load, place_here, NULL);
	rows = rs_group_maker_run(maker, source);
	rs_load_source_close(source);
	return rows;
}

uint64
rs_load_groups(RsLoad *load)
{
	int			nworkers = load->rel->rd_rel->relpersistence == RELPERSISTENCE_TEMP ? 0 : max_parallel_maintenance_workers;
	uint64		rows;

	rs_load_divide(load, nworkers > 0);
	nworkers = Min(nworkers, load->nunits);
	load->counts_rows = true;
	rs_load_log_start_progress(load->log);
	if (nworkers < 2 || !rs_load_by_workers(load, nworkers, &rows))
		rows = load_alone(load);
	pgstat_progress_end_command();
	if (!load->options.no_load)
		pgstat_count_heap_insert(load->rel, rows);
	return rows;
}
