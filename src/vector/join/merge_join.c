/*
 * merge_join.c
 *	  The merge join operator: both sides come in the order of the keys.
 *
 * The outer side is read batch by batch.  Of the inner side those rows are kept that the
 * current outer row may match: its group, rows with equal keys, and what was read with
 * them; what comes before it is dropped when more is read.  Pairs are collected up to a
 * batch, conditions beside the keys are evaluated over them, and outer rows without a
 * match are put between the pairs that are left, so that rows come in the outer side's
 * order.
 *
 * Batches of the inner side are read only when no pair waits, since rows kept may move.
 * Memory is bounded by the largest group of the inner side.
 *
 * Rows with a NULL key match nothing, since the operators are strict.
 */
#include "postgres.h"

#include "access/stratnum.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/typcache.h"
#include "vector/join/join.h"
#include "vector/rows/column_store.h"
#include "vector/sort/sort_order.h"

/* In place of a row of the inner side: NULLs. */
#define RS_NO_ROW	PG_UINT32_MAX

/* Why collecting pairs has stopped. */
typedef enum Stop
{
	STOP_FULL,					/* as many as a batch has */
	STOP_INNER,					/* more of the inner side is needed */
	STOP_OUTER					/* the outer batch is through */
} Stop;

typedef struct MergeJoinOperator
{
	RsOperator	op;
	JoinType	type;
	bool		keeps_outer;	/* rows that match nothing are given, too */
	bool		keeps_inner;
	bool		first_match;	/* one match an outer row is enough */
	int			nkeys;
	RsExpr	  **outer_keys;
	RsExpr	  **inner_keys;
	RsVectorType *key_types;	/* of the inner side's */
	bool		nulls_first;	/* of the first key */
	RsSortOrder *order;			/* of key vectors */
	bool		integers;		/* one key, ascending integers: compared as such */
	List	   *conditions;		/* compiled join quals */
	List	   *filter;			/* compiled other quals */
	bool	   *inner_used;		/* columns that are read, by attribute number - 1 */

	/* the outer batch */
	RsArena    *outer_arena;
	MemoryContext outer_values;
	RsVectorBatch outer;
	const RsVector **outer_vectors;	/* keys */
	uint8	   *outer_null;		/* a key is NULL */
	int64	   *outer_codes;	/* where keys are integers */
	uint8	   *outer_matched;
	bool		has_outer;
	bool		outer_ended;
	uint32		row;			/* being paired */
	uint32		reported;		/* rows before it are through */

	/* rows of the inner side, keys behind the columns */
	MemoryContext inner_context;
	RsColumnStore *stores;
	RsVector   *inner_views;	/* keys as vectors */
	const RsVector **inner_vectors;
	int64	   *inner_codes;
	uint8	   *inner_null;
	uint8	   *inner_matched;
	uint32		ninner;
	uint32		capacity;
	bool		inner_ended;
	uint32		checked;		/* rows before it were looked at for matches */
	uint32		begin;			/* the group, or where to look for it */
	uint32		end;
	bool		has_group;
	bool		pairing;		/* the row has that group, and is */
	uint32		next;			/* to be paired with this row of it */

	uint32	   *pairs_outer;
	uint32	   *pairs_inner;
	uint32		npairs;
} MergeJoinOperator;

typedef struct MergedRows
{
	RsRows		rows;
	MergeJoinOperator *join;
	const uint32 *outer;		/* NULL: there are none, all is NULL */
	const uint32 *inner;
	const RsVector **outer_columns;
	const RsVector **inner_columns;
} MergedRows;

/* ---------------------------------------------------------------------
 * What can be taken
 * ---------------------------------------------------------------------
 */

/*
 * The node that gives the inner side's rows: what would keep them to be read again is
 * not needed.
 */
Plan	  **
rs_merge_join_inner(Plan *plan)
{
	return IsA(innerPlan(plan), Material) && innerPlan(plan)->initPlan == NIL ?
		&outerPlan(innerPlan(plan)) : &innerPlan(plan);
}

bool
rs_merge_join_can_run(Plan *plan)
{
	MergeJoin  *join = (MergeJoin *) plan;
	ListCell   *lc;

	/* A full join on a condition that is constant has no clauses. */
	if (!rs_join_type_can_run(join->join.jointype) || join->mergeclauses == NIL)
		return false;
	foreach(lc, join->mergeclauses)
	{
		OpExpr	   *op = lfirst_node(OpExpr, lc);
		int			k = foreach_current_index(lc);
		Oid			type = getBaseType(exprType(linitial(op->args)));

		if (!rs_join_key_can_run(op) ||
			lookup_type_cache(type, TYPECACHE_BTREE_OPFAMILY)->btree_opf != join->mergeFamilies[k])
			return false;
	}
	return true;
}

/* ---------------------------------------------------------------------
 * Rows of pairs
 * ---------------------------------------------------------------------
 */

/*
 * A column of the inner side, NULL where there is no row.
 */
static const RsVector *
inner_column(MergedRows *rows, AttrNumber attno)
{
	MergeJoinOperator *join = rows->join;
	uint32		n = rows->rows.n;
	uint32	   *from;
	RsVector   *column;
	bool		missing = false;
	uint32		i;

	if (rows->inner == NULL || join->ninner == 0)
		return rs_vector_constant(rows->rows.arena, &join->op.inner->types[attno - 1], (Datum) 0, true);
	from = rs_arena_alloc(rows->rows.arena, n * sizeof(uint32));
	for (i = 0; i < n; i++)
	{
		missing |= rows->inner[i] == RS_NO_ROW;
		from[i] = rows->inner[i] == RS_NO_ROW ? 0 : rows->inner[i];
	}
	column = rs_column_store_gather(&join->stores[attno - 1], rows->rows.arena, from, n);
	if (!missing)
		return column;
	if (column->null == NULL)
	{
		column->null = rs_arena_alloc(rows->rows.arena, n);
		memset(column->null, 0, n);
	}
	for (i = 0; i < n; i++)
		if (rows->inner[i] == RS_NO_ROW)
			column->null[i] = 1;
	return column;
}

static const RsVector *
merged_column(RsRows *base, int varno, AttrNumber attno)
{
	MergedRows *rows = (MergedRows *) base;
	MergeJoinOperator *join = rows->join;
	const RsVector **column = varno == INNER_VAR ? &rows->inner_columns[attno - 1] :
		&rows->outer_columns[attno - 1];

	if (*column != NULL)
		return *column;
	if (varno == INNER_VAR)
		*column = inner_column(rows, attno);
	else if (rows->outer == NULL)
		*column = rs_vector_constant(base->arena, &join->op.outer->types[attno - 1], (Datum) 0, true);
	else
		*column = rs_vector_gather(base->arena, join->outer.columns[attno - 1], rows->outer, base->n);
	return *column;
}

static RsRows *
make_rows(MergeJoinOperator *join, const uint32 *outer, const uint32 *inner, uint32 n)
{
	RsArena    *arena = join->op.arena;
	MergedRows *rows = rs_arena_alloc(arena, sizeof(MergedRows));
	Size		outer_size = Max(join->op.outer->ncolumns, 1) * sizeof(RsVector *);
	Size		inner_size = Max(join->op.inner->ncolumns, 1) * sizeof(RsVector *);

	memset(rows, 0, sizeof(MergedRows));
	rows->rows.n = n;
	rows->rows.column = merged_column;
	rows->rows.arena = arena;
	rows->rows.values = join->op.values;
	rows->join = join;
	rows->outer = outer;
	rows->inner = inner;
	rows->outer_columns = memset(rs_arena_alloc(arena, outer_size), 0, outer_size);
	rows->inner_columns = memset(rs_arena_alloc(arena, inner_size), 0, inner_size);
	return &rows->rows;
}

/*
 * Filter by what is no join condition, and project; false if nothing is left.
 */
static bool
give(MergeJoinOperator *join, RsRows *rows, RsVectorBatch *batch)
{
	const uint32 *chosen;

	rows = rs_rows_filter(rows, join->filter, &chosen);
	if (rows->n == 0)
		return false;
	rs_operator_project_asked(&join->op, rows, batch);
	return true;
}

/*
 * Of the pairs that passed, chosen[0 .. n) (NULL: all), and the outer rows that are through,
 * those to give, in order; how many.
 */
static uint32
choose_rows(MergeJoinOperator *join, const uint32 *chosen, uint32 n, uint32 *outer, uint32 *inner)
{
	uint32		count = 0;
	uint32		row = join->reported;
	uint32		i;

	for (i = 0; i <= n; i++)
	{
		uint32		pair = i == n ? 0 : chosen != NULL ? chosen[i] : i;
		uint32		upto = i == n ? join->row : join->pairs_outer[pair];

		for (; join->keeps_outer && row < upto; row++)
		{
			outer[count] = row;
			inner[count] = RS_NO_ROW;
			count += !join->outer_matched[row];
		}
		if (i == n)
			break;
		if (join->inner_matched != NULL)
			join->inner_matched[join->pairs_inner[pair]] = 1;
		outer[count] = upto;
		inner[count] = join->pairs_inner[pair];
		count += join->type != JOIN_ANTI && !(join->first_match && join->outer_matched[upto]);
		join->outer_matched[upto] = 1;
	}
	return count;
}

/*
 * Give what the pairs collected make; false if that is nothing.
 */
static bool
give_pairs(MergeJoinOperator *join, RsVectorBatch *batch)
{
	uint32		npairs = join->npairs;
	RsRows	   *rows = make_rows(join, join->pairs_outer, join->pairs_inner, npairs);
	const uint32 *chosen = NULL;
	uint32		n = npairs;

	if (join->conditions != NIL && npairs > 0)
	{
		rows = rs_rows_filter(rows, join->conditions, &chosen);
		n = rows->n;
	}
	if (join->type != JOIN_INNER)
	{
		Size		size = (Size) (n + join->row - join->reported + 1) * sizeof(uint32);
		uint32	   *outer = rs_arena_alloc(join->op.arena, size);
		uint32	   *inner = rs_arena_alloc(join->op.arena, size);

		n = choose_rows(join, chosen, n, outer, inner);
		rows = make_rows(join, outer, inner, n);
	}
	join->npairs = 0;
	join->reported = join->row;
	return n > 0 && give(join, rows, batch);
}

/*
 * Rows of the inner side that were passed without a match; false if there are no more.
 */
static bool
give_unmatched(MergeJoinOperator *join, RsVectorBatch *batch, bool *given)
{
	uint32	   *rows = rs_arena_alloc(join->op.arena, RS_VECTOR_ROWS * sizeof(uint32));
	uint32		n = 0;

	*given = false;
	if (!join->keeps_inner)
		return false;
	for (; join->checked < join->begin && n < (uint32) rs_vector_rows; join->checked++)
	{
		rows[n] = join->checked;
		n += !join->inner_matched[join->checked];
	}
	if (n == 0)
		return false;
	*given = give(join, make_rows(join, NULL, rows, n), batch);
	return true;
}

/* ---------------------------------------------------------------------
 * Reading both sides
 * ---------------------------------------------------------------------
 */

static void
note_nulls(const RsVector **keys, int nkeys, uint8 *null, uint32 n)
{
	int			k;
	uint32		i;

	memset(null, 0, n);
	for (k = 0; k < nkeys; k++)
		if (keys[k]->null != NULL)
			for (i = 0; i < n; i++)
				null[i] |= rs_vector_is_null(keys[k], i);
}

static void
note_codes(const RsVector *key, int64 *codes, uint32 n)
{
	uint32		i;

	if (key->form == RS_FORM_I64)
		memcpy(codes, key->data, n * sizeof(int64));
	else
		for (i = 0; i < n; i++)
			codes[i] = rs_vector_int(key, i);
}

static bool
read_outer(MergeJoinOperator *join)
{
	RsArena    *arena = join->outer_arena;
	RsRows	   *rows;
	int			k;

	do
	{
		if (!rs_operator_next(join->op.outer, &join->outer))
			return false;
	} while (join->outer.n == 0);
	rs_arena_reset(arena);
	MemoryContextReset(join->outer_values);
	rows = rs_batch_rows(arena, join->outer_values, &join->outer);
	join->outer_vectors = rs_arena_alloc(arena, join->nkeys * sizeof(RsVector *));
	for (k = 0; k < join->nkeys; k++)
		join->outer_vectors[k] = rs_vector_flatten(arena, rs_expr_eval(join->outer_keys[k], rows),
												   rows->n);
	join->outer_null = rs_arena_alloc(arena, rows->n);
	note_nulls(join->outer_vectors, join->nkeys, join->outer_null, rows->n);
	if (join->integers)
	{
		join->outer_codes = rs_arena_alloc(arena, rows->n * sizeof(int64));
		note_codes(join->outer_vectors[0], join->outer_codes, rows->n);
	}
	join->outer_matched = rs_arena_alloc(arena, rows->n);
	memset(join->outer_matched, 0, rows->n);
	join->row = join->reported = 0;
	join->has_outer = true;
	return true;
}

static int
nstores(const MergeJoinOperator *join)
{
	return join->op.inner->ncolumns + join->nkeys;
}

static bool
is_kept(const MergeJoinOperator *join, int column)
{
	return column >= join->op.inner->ncolumns || join->inner_used[column];
}

static void
create_stores(MergeJoinOperator *join)
{
	int			ncolumns = join->op.inner->ncolumns;
	int			c;

	join->stores = MemoryContextAllocZero(join->inner_context, nstores(join) * sizeof(RsColumnStore));
	for (c = 0; c < nstores(join); c++)
		rs_column_store_init(&join->stores[c], c < ncolumns ? &join->op.inner->types[c] :
							 &join->key_types[c - ncolumns], join->inner_context);
	join->inner_codes = NULL;
	join->inner_null = NULL;
	join->inner_matched = NULL;
	join->capacity = 0;
	join->ninner = 0;
}

static void
grow_inner(MergeJoinOperator *join, uint32 n)
{
	if (n <= join->capacity)
		return;
	join->capacity = Max(2 * join->capacity, n);
	join->inner_null = rs_enlarge(join->inner_context, join->inner_null, join->capacity);
	if (join->integers)
		join->inner_codes = rs_enlarge(join->inner_context, join->inner_codes,
									   (Size) join->capacity * sizeof(int64));
	if (join->keeps_inner)
		join->inner_matched = rs_enlarge(join->inner_context, join->inner_matched, join->capacity);
}

/*
 * Append rows whose columns and keys these are.
 */
static void
append_inner(MergeJoinOperator *join, const RsVector **columns, uint32 n)
{
	const RsVector **keys = &columns[join->op.inner->ncolumns];
	int			c;

	for (c = 0; c < nstores(join); c++)
		if (is_kept(join, c))
			rs_column_store_append(&join->stores[c], columns[c], n, join->op.values);
	grow_inner(join, join->ninner + n);
	note_nulls(keys, join->nkeys, &join->inner_null[join->ninner], n);
	if (join->integers)
		note_codes(keys[0], &join->inner_codes[join->ninner], n);
	if (join->keeps_inner)
		memset(&join->inner_matched[join->ninner], 0, n);
	join->ninner += n;
}

/*
 * Drop the rows before the group, of which nothing is wanted any more.
 */
static void
drop_inner(MergeJoinOperator *join)
{
	uint32		dropped = join->begin;
	uint32		left = join->ninner - dropped;
	RsColumnStore *before = join->stores;
	MemoryContext context = join->inner_context;
	uint8	   *matched = join->inner_matched;
	const RsVector **columns = rs_arena_alloc(join->op.arena, nstores(join) * sizeof(RsVector *));
	uint32		start;
	uint32		i;
	int			c;

	join->inner_context = AllocSetContextCreate(join->op.env.context, "redshift merge join",
												ALLOCSET_DEFAULT_SIZES);
	create_stores(join);
	for (start = 0; start < left; start += RS_VECTOR_ROWS)
	{
		uint32		n = Min(left - start, RS_VECTOR_ROWS);
		uint32	   *rows = rs_arena_alloc(join->op.arena, n * sizeof(uint32));

		for (i = 0; i < n; i++)
			rows[i] = dropped + start + i;
		for (c = 0; c < nstores(join); c++)
			if (is_kept(join, c))
				columns[c] = rs_column_store_gather(&before[c], join->op.arena, rows, n);
		append_inner(join, columns, n);
	}
	if (join->keeps_inner && left > 0)
		memcpy(join->inner_matched, &matched[dropped], left);
	MemoryContextDelete(context);
	join->begin = 0;
	join->end -= Min(join->end, dropped);
	join->next -= Min(join->next, dropped);
	join->checked -= Min(join->checked, dropped);
}

static void
take_inner(MergeJoinOperator *join, const RsVectorBatch *batch)
{
	RsOperator *op = &join->op;
	const RsVector **columns;
	RsRows	   *rows;
	int			k;

	rows = rs_batch_rows(op->arena, op->values, batch);
	columns = rs_arena_alloc(op->arena, nstores(join) * sizeof(RsVector *));
	memcpy(columns, batch->columns, op->inner->ncolumns * sizeof(RsVector *));
	for (k = 0; k < join->nkeys; k++)
		columns[op->inner->ncolumns + k] =
			rs_vector_flatten(op->arena, rs_expr_eval(join->inner_keys[k], rows), batch->n);
	append_inner(join, columns, batch->n);
	op->stats.memory = Max(op->stats.memory, MemoryContextMemAllocated(join->inner_context, true));
}

static void
read_inner(MergeJoinOperator *join)
{
	RsOperator *op = &join->op;
	RsVectorBatch batch = {0};
	int			k;

	/* Rows are copied only if that makes at least as much room. */
	if (join->begin > 0 && join->begin >= join->ninner / 2)
		drop_inner(join);
	rs_sort_reset(join->order);
	while (!join->inner_ended && batch.n == 0)
		join->inner_ended = !rs_operator_next(op->inner, &batch);
	if (!join->inner_ended)
		take_inner(join, &batch);
	/* They may have moved. */
	for (k = 0; k < join->nkeys && !join->integers; k++)
		rs_column_store_view(&join->stores[op->inner->ncolumns + k], &join->inner_views[k]);
}

/* ---------------------------------------------------------------------
 * Merging
 * ---------------------------------------------------------------------
 */

/*
 * Order of an outer row, whose keys are not NULL, and one kept of the inner side.
 */
static inline int
compare(MergeJoinOperator *join, uint32 outer, uint32 inner)
{
	if (join->integers)
	{
		int64		x = join->outer_codes[outer];
		int64		y = join->inner_codes[inner];

		if (join->inner_null[inner])
			return join->nulls_first ? 1 : -1;
		return (x > y) - (x < y);
	}
	return rs_sort_compare(join->order, join->outer_vectors, outer, join->inner_vectors, inner);
}

/*
 * The group of the current row: *found says whether there is one.
 */
static bool
find_group(MergeJoinOperator *join, bool *found)
{
	/* An unfinished one is where it was left off. */
	if (!join->has_group || compare(join, join->row, join->begin) != 0)
	{
		int			order = 1;

		if (join->has_group)
			join->begin = join->end;
		join->has_group = false;
		for (; join->begin < join->ninner; join->begin++)
		{
			order = compare(join, join->row, join->begin);
			if (order <= 0)
				break;
		}
		if (join->begin == join->ninner && !join->inner_ended)
			return false;
		*found = join->begin < join->ninner && order == 0;
		if (!*found)
			return true;
		join->end = Max(join->end, join->begin + 1);
		/* Any row of it will do. */
		if (!(join->first_match && join->conditions == NIL && !join->keeps_inner))
		{
			while (join->end < join->ninner && compare(join, join->row, join->end) == 0)
				join->end++;
			if (join->end == join->ninner && !join->inner_ended)
				return false;
		}
		join->has_group = true;
	}
	*found = true;
	return true;
}

/*
 * Pair rows of the outer batch with those of the inner side.
 */
static Stop
collect(MergeJoinOperator *join)
{
	uint32		most = (uint32) rs_vector_rows;

	for (; join->row < join->outer.n; join->row++)
	{
		if (!join->pairing)
		{
			bool		found;

			if (join->npairs + (join->row - join->reported) >= most)
				return STOP_FULL;
			if (join->outer_null[join->row])
				continue;
			if (!find_group(join, &found))
				return STOP_INNER;
			if (!found)
				continue;
			join->pairing = true;
			join->next = join->begin;
		}
		while (join->next < join->end)
		{
			if (join->npairs + (join->row - join->reported) >= most)
				return STOP_FULL;
			join->pairs_outer[join->npairs] = join->row;
			join->pairs_inner[join->npairs++] = join->next++;
			if (join->first_match && join->conditions == NIL)
				break;
		}
		join->pairing = false;
	}
	return STOP_OUTER;
}

/*
 * The outer side is through: what is left of the inner side matches nothing.  False at
 * its end.
 */
static bool
drain_inner(MergeJoinOperator *join)
{
	if (!join->keeps_inner)
		return false;
	if (join->begin < join->ninner)
		join->begin = join->ninner;
	else if (join->inner_ended)
		return false;
	else
		read_inner(join);
	join->has_group = false;
	return true;
}

static bool
next(RsOperator *op, RsVectorBatch *batch)
{
	MergeJoinOperator *join = (MergeJoinOperator *) op;

	for (;;)
	{
		Stop		stop;
		bool		given;

		CHECK_FOR_INTERRUPTS();
		rs_operator_reset_batch(op);
		if (!join->has_outer)
		{
			if (give_unmatched(join, batch, &given))
			{
				if (given)
					return true;
				continue;
			}
			/* Without rows of the inner side, there is nothing to give but outer ones. */
			if (join->inner_ended && !join->keeps_outer && join->begin == join->ninner)
				return false;
			join->outer_ended = join->outer_ended || !read_outer(join);
			if (join->outer_ended && !drain_inner(join))
				return false;
			continue;
		}
		stop = collect(join);
		if (join->npairs > 0 || join->row > join->reported)
		{
			given = give_pairs(join, batch);
			if (stop == STOP_OUTER)
				join->has_outer = false;
			if (given)
				return true;
			continue;
		}
		if (stop == STOP_OUTER)
			join->has_outer = false;
		else if (give_unmatched(join, batch, &given))
		{
			if (given)
				return true;
		}
		else if (stop == STOP_INNER)
			read_inner(join);
	}
}

static void
forget(RsOperator *op)
{
	MergeJoinOperator *join = (MergeJoinOperator *) op;

	MemoryContextReset(join->inner_context);
	create_stores(join);
	join->has_outer = join->outer_ended = join->inner_ended = false;
	join->row = join->reported = 0;
	join->checked = join->begin = join->end = join->next = 0;
	join->has_group = join->pairing = false;
	join->npairs = 0;
}

static void
rescan(RsOperator *op)
{
	forget(op);
	op->outer->rescan(op->outer);
	op->inner->rescan(op->inner);
}

static void
explain(RsOperator *op, ExplainState *es)
{
	rs_explain_memory(op, es);
}

static const char *
join_name(JoinType type)
{
	switch (type)
	{
		case JOIN_LEFT:
			return "Merge Left Join";
		case JOIN_RIGHT:
			return "Merge Right Join";
		case JOIN_FULL:
			return "Merge Full Join";
		case JOIN_SEMI:
			return "Merge Semi Join";
		case JOIN_ANTI:
			return "Merge Anti Join";
		default:
			return "Merge Join";
	}
}

static void
init_keys(MergeJoinOperator *join, MergeJoin *node)
{
	int			n = list_length(node->mergeclauses);
	RsVectorType *types = palloc(n * sizeof(RsVectorType));
	AttrNumber *columns = palloc(n * sizeof(AttrNumber));
	Oid		   *operators = palloc(n * sizeof(Oid));
	ListCell   *lc;

	join->nkeys = n;
	join->outer_keys = palloc(n * sizeof(RsExpr *));
	join->inner_keys = palloc(n * sizeof(RsExpr *));
	join->key_types = palloc(n * sizeof(RsVectorType));
	join->inner_views = palloc0(n * sizeof(RsVector));
	join->inner_vectors = palloc(n * sizeof(RsVector *));
	foreach(lc, node->mergeclauses)
	{
		OpExpr	   *op = lfirst_node(OpExpr, lc);
		int			k = foreach_current_index(lc);
		Oid			type = getBaseType(exprType(linitial(op->args)));
		TypeCacheEntry *cache;

		/* Integers of different widths are compared as the widest. */
		if (type == INT2OID || type == INT4OID)
			type = INT8OID;
		cache = lookup_type_cache(type, TYPECACHE_LT_OPR | TYPECACHE_GT_OPR);
		join->outer_keys[k] = rs_expr_compile(&join->op.env, linitial(op->args));
		join->inner_keys[k] = rs_expr_compile(&join->op.env, lsecond(op->args));
		join->key_types[k] = join->inner_keys[k]->type;
		join->inner_vectors[k] = &join->inner_views[k];
		rs_vector_type_init(&types[k], type);
		columns[k] = (AttrNumber) (k + 1);
		operators[k] = node->mergeStrategies[k] == BTLessStrategyNumber ? cache->lt_opr : cache->gt_opr;
	}
	join->order = rs_sort_order_create(join->op.env.context, types, n, columns, operators,
									   node->mergeCollations, node->mergeNullsFirst);
	join->nulls_first = node->mergeNullsFirst[0];
	join->integers = n == 1 && types[0].typid == INT8OID &&
		node->mergeStrategies[0] == BTLessStrategyNumber;
}

static void
init_columns(MergeJoinOperator *join, MergeJoin *node)
{
	List	   *parts = list_make3(node->join.plan.targetlist, node->join.plan.qual, node->join.joinqual);

	join->inner_used = palloc0(Max(join->op.inner->ncolumns, 1) * sizeof(bool));
	rs_mark_columns((Node *) parts, INNER_VAR, join->inner_used);
}

RsOperator *
rs_merge_join_operator(RsEngine *engine, Plan *plan)
{
	MergeJoin  *node = (MergeJoin *) plan;
	RsOperator *outer = rs_engine_build(engine, outerPlan(plan));
	RsOperator *inner = rs_engine_build(engine, *rs_merge_join_inner(plan));
	MergeJoinOperator *join = rs_operator_create(engine, plan, sizeof(MergeJoinOperator),
												 join_name(node->join.jointype), outer, inner);
	RsOperator *op = &join->op;
	ListCell   *lc;

	join->type = node->join.jointype;
	join->keeps_outer = join->type == JOIN_LEFT || join->type == JOIN_FULL || join->type == JOIN_ANTI;
	join->keeps_inner = join->type == JOIN_RIGHT || join->type == JOIN_FULL;
	join->first_match = join->type == JOIN_SEMI || join->type == JOIN_ANTI ||
		(node->join.inner_unique && join->type != JOIN_RIGHT && join->type != JOIN_FULL);
	join->outer_arena = rs_arena_create(op->env.context);
	join->outer_values = AllocSetContextCreate(op->env.context, "redshift merge join",
											   ALLOCSET_DEFAULT_SIZES);
	join->inner_context = AllocSetContextCreate(op->env.context, "redshift merge join",
												ALLOCSET_DEFAULT_SIZES);
	join->pairs_outer = palloc(RS_VECTOR_ROWS * sizeof(uint32));
	join->pairs_inner = palloc(RS_VECTOR_ROWS * sizeof(uint32));
	init_keys(join, node);
	init_columns(join, node);
	create_stores(join);
	foreach(lc, node->join.joinqual)
		join->conditions = lappend(join->conditions, rs_expr_compile(&op->env, lfirst(lc)));
	foreach(lc, plan->qual)
		join->filter = lappend(join->filter, rs_expr_compile(&op->env, lfirst(lc)));
	rs_operator_compile_targets(op);
	op->next = next;
	op->rescan = rescan;
	op->end = forget;
	op->explain = explain;
	return op;
}
