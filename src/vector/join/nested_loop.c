/*
 * nested_loop.c
 *	  The nested-loop operator: joins without an equality, inner, left, semi and anti.
 *
 * The inner side is read once and kept (row_store.c).  Conditions are evaluated over
 * pairs of rows, a batch at a time: one outer row, as constants, with as many rows of the
 * inner side as they stand there; or, where that side is small, several outer rows with
 * all of it.  Pairs that passed are collected, and become a batch when there are enough.
 *
 * Rows come in the order of the outer side, as the planner expects of a nested loop.
 * Of an inner side in files each outer row reads all of it, batch by batch.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"
#include "vector/operator.h"
#include "vector/rows/row_store.h"

/* From so many inner rows on, pairs are those of one outer row. */
#define RS_LONG_INNER	256
/* Stands for the inner row of an outer one without a match. */
#define RS_NO_ROW		PG_UINT32_MAX

typedef struct NestedLoop
{
	RsOperator	op;
	JoinType	type;
	bool		keeps_outer;	/* outer rows that match nothing are given, too */
	bool		first_match;	/* one match an outer row is enough */
	List	   *conditions;		/* compiled join quals */
	List	   *filter;			/* compiled other quals */
	RsRowStore *store;			/* of the inner side */
	bool		stored;
	/* the outer batch, and where in it */
	RsVectorBatch outer;
	uint32		position;
	bool		matched;		/* the row there */
	/* the inner rows looked at: all, a segment or a batch of a file */
	RsRowReader reader;
	RsArena    *window_arena;
	RsVectorBatch window;
	uint32		inner;			/* next row there */
	/* pairs found, of the outer batch and the window */
	uint32	   *outer_rows;
	uint32	   *inner_rows;
	uint32		nfound;
	bool		any_missing;	/* some have no inner row */
} NestedLoop;

/* Pairs of rows as rows. */
typedef struct LoopRows
{
	RsRows		rows;
	NestedLoop *loop;
	bool		one_outer;		/* an outer row with inner rows one after another */
	uint32		first;			/* of them */
	const uint32 *outer_rows;
	const uint32 *inner_rows;
	bool		any_missing;
	const RsVector **outer;		/* columns made so far */
	const RsVector **inner;
} LoopRows;

Plan	  **
rs_nested_loop_inner(Plan *plan)
{
	/* The inner side is kept in any case. */
	return IsA(innerPlan(plan), Material) ? &outerPlan(innerPlan(plan)) : &innerPlan(plan);
}

bool
rs_nested_loop_can_run(Plan *plan)
{
	NestLoop   *node = (NestLoop *) plan;

	if (node->nestParams != NIL)
		return false;
	switch (node->join.jointype)
	{
		case JOIN_INNER:
		case JOIN_LEFT:
			/* What comes after the first match must not be looked at if it could fail. */
			return !node->join.inner_unique || !rs_may_fail((Node *) node->join.joinqual);
		case JOIN_SEMI:
		case JOIN_ANTI:
			return !rs_may_fail((Node *) node->join.joinqual);
		default:
			return false;
	}
}

/* ---------------------------------------------------------------------
 * Pairs
 * ---------------------------------------------------------------------
 */

/*
 * Inner values by row, NULL where there is no row.
 */
static const RsVector *
gather_inner(LoopRows *rows, const RsVectorType *type, const RsVector *from)
{
	RsArena    *arena = rows->rows.arena;
	uint32		n = rows->rows.n;
	uint32	   *present;
	RsPiece		piece = {.n = 0};
	uint32	   *places;
	uint32		i;

	if (!rows->any_missing)
		return rs_vector_gather(arena, from, rows->inner_rows, n);
	present = rs_arena_alloc(arena, n * sizeof(uint32));
	places = rs_arena_alloc(arena, n * sizeof(uint32));
	for (i = 0; i < n; i++)
	{
		present[piece.n] = rows->inner_rows[i];
		places[piece.n] = i;
		piece.n += rows->inner_rows[i] != RS_NO_ROW;
	}
	if (piece.n == 0)
		return rs_vector_constant(arena, type, (Datum) 0, true);
	piece.vector = rs_vector_gather(arena, from, present, piece.n);
	piece.rows = places;
	return rs_vector_merge(arena, type, &piece, 1, n);
}

static const RsVector *
inner_column(LoopRows *rows, AttrNumber attno)
{
	NestedLoop *loop = rows->loop;
	RsOperator *side = loop->op.inner;
	const RsVector *from = loop->window.columns != NULL ? loop->window.columns[attno - 1] : NULL;
	RsVector   *vector;

	if (from == NULL)
		return rs_vector_constant(rows->rows.arena, &side->types[attno - 1], (Datum) 0, true);
	if (!rows->one_outer || from->constant)
		return gather_inner(rows, &side->types[attno - 1], from);
	vector = rs_arena_alloc(rows->rows.arena, sizeof(RsVector));
	*vector = *from;
	vector->data = (char *) from->data + rows->first * rs_form_width(from->form);
	if (from->null != NULL)
		vector->null = from->null + rows->first;
	if (from->scales != NULL)
		vector->scales = from->scales + rows->first;
	vector->dictionary = NULL;
	return vector;
}

static const RsVector *
outer_column(LoopRows *rows, AttrNumber attno)
{
	NestedLoop *loop = rows->loop;
	const RsVector *from = loop->outer.columns[attno - 1];
	const RsVectorType *type = &loop->op.outer->types[attno - 1];
	MemoryContext old;
	Datum		value;
	bool		isnull;

	if (!rows->one_outer)
		return rs_vector_gather(rows->rows.arena, from, rows->outer_rows, rows->rows.n);
	if (from->constant)
		return from;
	old = MemoryContextSwitchTo(rows->rows.values);
	value = rs_vector_datum(from, type, loop->position, &isnull);
	MemoryContextSwitchTo(old);
	return rs_vector_constant(rows->rows.arena, type, value, isnull);
}

static const RsVector *
pair_column(RsRows *base, int varno, AttrNumber attno)
{
	LoopRows   *rows = (LoopRows *) base;
	const RsVector **column = varno == INNER_VAR ? &rows->inner[attno - 1] : &rows->outer[attno - 1];

	if (*column == NULL)
		*column = varno == INNER_VAR ? inner_column(rows, attno) : outer_column(rows, attno);
	return *column;
}

static LoopRows *
make_rows(NestedLoop *loop, uint32 n)
{
	RsOperator *op = &loop->op;
	LoopRows   *rows = rs_arena_alloc(op->arena, sizeof(LoopRows));
	Size		outer_size = Max(op->outer->ncolumns, 1) * sizeof(RsVector *);
	Size		inner_size = Max(op->inner->ncolumns, 1) * sizeof(RsVector *);

	memset(rows, 0, sizeof(LoopRows));
	rows->rows.n = n;
	rows->rows.column = pair_column;
	rows->rows.arena = op->arena;
	rows->rows.values = op->values;
	rows->loop = loop;
	rows->outer = memset(rs_arena_alloc(op->arena, outer_size), 0, outer_size);
	rows->inner = memset(rs_arena_alloc(op->arena, inner_size), 0, inner_size);
	return rows;
}

/* ---------------------------------------------------------------------
 * Finding them
 * ---------------------------------------------------------------------
 */

static void
found(NestedLoop *loop, uint32 outer, uint32 inner)
{
	loop->outer_rows[loop->nfound] = outer;
	loop->inner_rows[loop->nfound++] = inner;
	loop->any_missing |= inner == RS_NO_ROW;
}

/*
 * The outer row has met all inner ones, or needs no more of them.
 */
static void
end_outer_row(NestedLoop *loop)
{
	if (loop->keeps_outer && !loop->matched)
		found(loop, loop->position, RS_NO_ROW);
	loop->matched = false;
	loop->inner = 0;
	loop->position++;
}

static void
note_match(NestedLoop *loop, uint32 outer, uint32 inner)
{
	if (loop->type != JOIN_ANTI && !(loop->first_match && loop->matched))
		found(loop, outer, inner);
	loop->matched = true;
}

/*
 * The outer row with the next rows of the window, at most so many.
 */
static void
join_one(NestedLoop *loop, uint32 most)
{
	uint32		n = Min(loop->window.n - loop->inner, most);
	LoopRows   *rows = make_rows(loop, n);
	RsRows	   *passed;
	const uint32 *chosen;
	uint32		i;

	rows->one_outer = true;
	rows->first = loop->inner;
	passed = rs_rows_filter(&rows->rows, loop->conditions, &chosen);
	for (i = 0; i < passed->n; i++)
		note_match(loop, loop->position, loop->inner + (chosen != NULL ? chosen[i] : i));
	loop->inner += n;
}

/*
 * Outer rows with all of the window, which is all of the inner side: so many pairs
 * at most.
 */
static void
join_several(NestedLoop *loop, uint32 most)
{
	RsOperator *op = &loop->op;
	uint32	   *outer_rows = rs_arena_alloc(op->arena, most * sizeof(uint32));
	uint32	   *inner_rows = rs_arena_alloc(op->arena, most * sizeof(uint32));
	uint32		nouter = Min(Max(most / loop->window.n, 1), loop->outer.n - loop->position);
	uint32		end = loop->position + nouter;
	LoopRows   *rows;
	RsRows	   *passed;
	const uint32 *chosen;
	uint32		n = 0;
	uint32		i;
	uint32		j;

	for (i = loop->position; i < end; i++)
		for (j = 0; j < loop->window.n; j++)
		{
			outer_rows[n] = i;
			inner_rows[n++] = j;
		}
	rows = make_rows(loop, n);
	rows->outer_rows = outer_rows;
	rows->inner_rows = inner_rows;
	passed = rs_rows_filter(&rows->rows, loop->conditions, &chosen);
	for (i = 0; i < passed->n; i++)
	{
		uint32		pair = chosen != NULL ? chosen[i] : i;

		while (loop->position < outer_rows[pair])
			end_outer_row(loop);
		note_match(loop, outer_rows[pair], inner_rows[pair]);
	}
	while (loop->position < end)
		end_outer_row(loop);
}

/*
 * The next inner rows for the outer row.  What was found of those before is given
 * first: false says so.
 */
static bool
move_window(NestedLoop *loop)
{
	bool		single = rs_row_store_segments(loop->store) == 1 && rs_row_store_in_memory(loop->store);

	if (single && loop->window.n > 0)
	{
		end_outer_row(loop);
		return true;
	}
	if (loop->nfound > 0 && rs_row_store_segments(loop->store) > 0)
		return false;
	rs_arena_reset(loop->window_arena);
	loop->inner = 0;
	if (!(loop->first_match && loop->matched) &&
		rs_row_store_read(loop->store, &loop->reader, loop->window_arena, PG_UINT32_MAX,
						  &loop->window))
		return true;
	memset(&loop->reader, 0, sizeof(RsRowReader));
	memset(&loop->window, 0, sizeof(RsVectorBatch));
	end_outer_row(loop);
	return true;
}

/*
 * Find pairs of the outer batch until there are enough, or no more of it.
 */
static void
find(NestedLoop *loop)
{
	uint32		most = RS_VECTOR_ROWS;
	bool		several = rs_row_store_segments(loop->store) == 1 &&
		rs_row_store_in_memory(loop->store);

	while (loop->position < loop->outer.n && loop->nfound < (most + 1) / 2)
	{
		CHECK_FOR_INTERRUPTS();
		rs_operator_reset_batch(&loop->op);
		if (loop->inner < loop->window.n && !(loop->first_match && loop->matched))
		{
			if (several && loop->inner == 0 &&
				loop->window.n < Min(RS_LONG_INNER, most - loop->nfound))
				join_several(loop, most - loop->nfound);
			else
				join_one(loop, most - loop->nfound);
		}
		else if (!move_window(loop))
			break;
	}
}

/*
 * Give what was found; false if nothing passes the filter.
 */
static bool
give(NestedLoop *loop, RsVectorBatch *batch)
{
	LoopRows   *rows;
	RsRows	   *passed;
	const uint32 *chosen;

	rs_operator_reset_batch(&loop->op);
	rows = make_rows(loop, loop->nfound);
	rows->outer_rows = loop->outer_rows;
	rows->inner_rows = loop->inner_rows;
	rows->any_missing = loop->any_missing;
	loop->nfound = 0;
	loop->any_missing = false;
	passed = rs_rows_filter(&rows->rows, loop->filter, &chosen);
	if (passed->n == 0)
		return false;
	rs_operator_project_asked(&loop->op, passed, batch);
	return true;
}

/* ---------------------------------------------------------------------
 * The operator
 * ---------------------------------------------------------------------
 */

static void
store_inner(NestedLoop *loop)
{
	RsOperator *op = &loop->op;
	RsVectorBatch batch;

	while (rs_operator_next(op->inner, &batch))
	{
		rs_operator_reset_batch(op);
		rs_row_store_append(loop->store, &batch, op->values);
	}
	rs_row_store_seal(loop->store);
	loop->stored = true;
}

static bool
next(RsOperator *op, RsVectorBatch *batch)
{
	NestedLoop *loop = (NestedLoop *) op;

	for (;;)
	{
		CHECK_FOR_INTERRUPTS();
		if (loop->position >= loop->outer.n)
		{
			loop->position = 0;
			if (!rs_operator_next(op->outer, &loop->outer))
			{
				loop->outer.n = 0;
				return false;
			}
			if (!loop->stored)
				store_inner(loop);
		}
		find(loop);
		if (loop->nfound > 0 && give(loop, batch))
			return true;
	}
}

static void
begin_again(NestedLoop *loop)
{
	loop->outer.n = loop->position = 0;
	loop->matched = false;
	memset(&loop->reader, 0, sizeof(RsRowReader));
	memset(&loop->window, 0, sizeof(RsVectorBatch));
	loop->inner = 0;
	loop->nfound = 0;
	loop->any_missing = false;
}

static void
forget(RsOperator *op)
{
	NestedLoop *loop = (NestedLoop *) op;

	begin_again(loop);
	rs_row_store_count(loop->store, &op->stats);
	rs_row_store_clear(loop->store);
	loop->stored = false;
}

static void
rescan(RsOperator *op)
{
	NestedLoop *loop = (NestedLoop *) op;

	/* What no parameter has changed is kept. */
	if (loop->stored && !bms_overlap(op->env.parent->chgParam, op->inner->plan->allParam))
		begin_again(loop);
	else
	{
		forget(op);
		op->inner->rescan(op->inner);
	}
	op->outer->rescan(op->outer);
}

static bool
rewind_rows(RsOperator *op)
{
	begin_again((NestedLoop *) op);
	return rs_operator_rewind(op->outer);
}

static void
explain(RsOperator *op, ExplainState *es)
{
	rs_row_store_count(((NestedLoop *) op)->store, &op->stats);
	rs_explain_memory(op, es);
	rs_explain_spill(op, es);
}

static const char *
loop_name(JoinType type)
{
	switch (type)
	{
		case JOIN_LEFT:
			return "Nested Loop Left Join";
		case JOIN_SEMI:
			return "Nested Loop Semi Join";
		case JOIN_ANTI:
			return "Nested Loop Anti Join";
		default:
			return "Nested Loop";
	}
}

/*
 * Which columns of the inner side are read.
 */
static bool *
used_columns(const NestLoop *node, int ncolumns)
{
	bool	   *used = palloc0(Max(ncolumns, 1) * sizeof(bool));
	List	   *parts = list_make3(node->join.plan.targetlist, node->join.plan.qual, node->join.joinqual);

	rs_mark_columns((Node *) parts, INNER_VAR, used);
	return used;
}

RsOperator *
rs_nested_loop_operator(RsEngine *engine, Plan *plan)
{
	NestLoop   *node = (NestLoop *) plan;
	RsOperator *outer = rs_engine_build(engine, outerPlan(plan));
	RsOperator *inner = rs_engine_build(engine, *rs_nested_loop_inner(plan));
	NestedLoop *loop = rs_operator_create(engine, plan, sizeof(NestedLoop),
										  loop_name(node->join.jointype), outer, inner);
	RsOperator *op = &loop->op;
	ListCell   *lc;

	loop->type = node->join.jointype;
	loop->keeps_outer = loop->type == JOIN_LEFT || loop->type == JOIN_ANTI;
	loop->first_match = node->join.inner_unique || loop->type == JOIN_SEMI || loop->type == JOIN_ANTI;
	foreach(lc, node->join.joinqual)
		loop->conditions = lappend(loop->conditions, rs_expr_compile(&op->env, lfirst(lc)));
	foreach(lc, plan->qual)
		loop->filter = lappend(loop->filter, rs_expr_compile(&op->env, lfirst(lc)));
	loop->store = rs_row_store_create(op->env.context, inner->types, inner->ncolumns,
									  used_columns(node, inner->ncolumns));
	loop->window_arena = rs_arena_create(op->env.context);
	loop->outer_rows = palloc(RS_VECTOR_ROWS * sizeof(uint32));
	loop->inner_rows = palloc(RS_VECTOR_ROWS * sizeof(uint32));
	rs_operator_compile_targets(op);
	op->next = next;
	op->rescan = rescan;
	op->end = forget;
	op->rewind = rewind_rows;
	op->explain = explain;
	return op;
}
