/*
 * join.c
 *	  The hash join operator: inner, left, right, full, semi and anti.
 *
 * The inner side is the build side: its columns are kept in memory, and its keys
 * in chains of one hash table.  Each batch of the outer, the probe side finds
 * pairs of rows; conditions beside the keys are evaluated over the pairs, and
 * what passes is gathered and projected.
 *
 * Rows with a NULL key match nothing, since the operators are strict.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "vector/column_store.h"
#include "vector/group_table.h"
#include "vector/operator.h"
#include "vector/runtime_filter.h"

/* Probe rows whose chains are fetched ahead. */
#define RS_PREFETCH_ROWS	16

/* A key of the build side. */
typedef struct BuildKey
{
	RsExpr	   *inner;			/* over the build side's columns */
	RsExpr	   *outer;			/* over the probe side's */
	RsVectorType hash_type;		/* what both hash as */
	RsColumnStore values;		/* int64, double or Datum */
	RsNumericKey *numerics;		/* instead of values, for numerics */
	uint32		capacity;		/* of numerics */
	RsRuntimeFilter *filter;	/* for the scan of the probe side; NULL: none */
} BuildKey;

typedef struct JoinOperator
{
	RsOperator	op;
	JoinType	type;
	bool		first_match;	/* one match a probe row is enough */
	int			nkeys;
	BuildKey   *keys;
	List	   *conditions;		/* compiled join quals */
	List	   *filter;			/* compiled other quals */
	RsExprEnv	build_env;		/* the build side's columns as OUTER_VARs */
	MemoryContext context;		/* of the table */
	bool		built;
	uint32		nrows;
	RsColumnStore *columns;
	uint32	   *heads;			/* row + 1, 0: none */
	uint32		nheads;
	uint32	   *next_row;		/* row + 1 of the same chain */
	uint64	   *hashes;			/* of the rows; 0: a key is NULL */
	uint32		capacity;
	uint8	   *build_matched;	/* right, full: by row */
	/* the probe batch */
	RsArena    *probe_arena;
	MemoryContext probe_values;
	RsVectorBatch probe;
	bool		probing;
	uint64	   *probe_hashes;
	uint8	   *probe_null;		/* a key is NULL */
	const RsVector **probe_keys;
	uint8	   *probe_matched;
	uint32		position;		/* probe row */
	uint32		chain;			/* row + 1 of its chain to look at; 0: begin */
	bool		chain_begun;
	/* unmatched rows to give */
	bool		outer_done;
	uint32		unmatched;
} JoinOperator;

typedef struct PairRows
{
	RsRows		rows;
	JoinOperator *join;
	const uint32 *probe;		/* RS_NO_ROW: none */
	const uint32 *build;
	const RsVector **outer;		/* gathered columns */
	const RsVector **inner;
} PairRows;

/* ---------------------------------------------------------------------
 * What can be taken
 * ---------------------------------------------------------------------
 */

static bool
is_integer(Oid typid)
{
	return typid == INT2OID || typid == INT4OID || typid == INT8OID;
}

static bool
key_can_run(OpExpr *op)
{
	Oid			left = getBaseType(exprType(linitial(op->args)));
	Oid			right = getBaseType(exprType(lsecond(op->args)));

	if (is_integer(left) && is_integer(right))
		return true;
	if (left != right)
		return false;
	return rs_key_type_supported(left, op->opno, op->inputcollid);
}

bool
rs_join_can_run(Plan *plan)
{
	HashJoin   *join = (HashJoin *) plan;
	ListCell   *lc;
	Plan	   *inner = outerPlan(innerPlan(plan));

	if (!rs_fits_memory(plan->parallel_aware ? ((Hash *) innerPlan(plan))->rows_total : inner->plan_rows,
						inner->plan_width))
		return false;
	switch (join->join.jointype)
	{
		case JOIN_INNER:
		case JOIN_LEFT:
		case JOIN_RIGHT:
		case JOIN_FULL:
		case JOIN_SEMI:
		case JOIN_ANTI:
			break;
		default:
			return false;
	}
	/* Several processes with a table each would each give its unmatched rows. */
	if (plan->parallel_aware && (join->join.jointype == JOIN_RIGHT || join->join.jointype == JOIN_FULL))
		return false;
	foreach(lc, join->hashclauses)
		if (!key_can_run(lfirst_node(OpExpr, lc)))
			return false;
	return true;
}

/* ---------------------------------------------------------------------
 * Build side
 * ---------------------------------------------------------------------
 */

/*
 * Integers as int64 and floats as double, so that keys of the two sides compare
 * whatever their widths.
 */
static RsVector *
widen(RsArena *arena, const RsVectorType *type, const RsVector *from, uint32 n)
{
	RsVector   *to = rs_vector_create(arena, type->form, n);
	uint32		i;

	if (type->form == RS_FORM_F64)
		for (i = 0; i < n; i++)
		{
			uint32		row = from->constant ? 0 : i;

			((double *) to->data)[i] = from->form == RS_FORM_F32 ? ((float4 *) from->data)[row] :
				((double *) from->data)[row];
		}
	else
		for (i = 0; i < n; i++)
			((int64 *) to->data)[i] = rs_vector_int(from, i);
	if (from->null != NULL)
	{
		to->null = rs_arena_alloc(arena, n);
		for (i = 0; i < n; i++)
			to->null[i] = rs_vector_is_null(from, i);
	}
	return to;
}

/*
 * Key vectors of a side, as they hash; *null flags rows with a NULL among them.
 */
static const RsVector **
evaluate_keys(JoinOperator *join, RsRows *rows, bool build, uint8 **null, uint64 *hashes)
{
	const RsVector **keys = rs_arena_alloc(rows->arena, join->nkeys * sizeof(RsVector *));
	RsVectorType *types = rs_arena_alloc(rows->arena, join->nkeys * sizeof(RsVectorType));
	int			k;

	for (k = 0; k < join->nkeys; k++)
	{
		BuildKey   *key = &join->keys[k];

		keys[k] = rs_vector_flatten(rows->arena,
									rs_expr_eval(build ? key->inner : key->outer, rows), rows->n);
		if (!key->hash_type.is_numeric && key->hash_type.form != RS_FORM_REF &&
			keys[k]->form != key->hash_type.form)
			keys[k] = widen(rows->arena, &key->hash_type, keys[k], rows->n);
		types[k] = key->hash_type;
	}
	*null = rs_null_union(rows, keys, join->nkeys);
	rs_hash_columns(types, keys, join->nkeys, rows->n, hashes);
	return keys;
}

static void
keep_numerics(JoinOperator *join, BuildKey *key, const RsVector *vector, uint32 n)
{
	MemoryContext old = MemoryContextSwitchTo(join->context);
	uint32		i;

	if (join->nrows + n > key->capacity)
	{
		key->capacity = Max(key->capacity * 2, join->nrows + n);
		key->numerics = rs_enlarge(join->context, key->numerics,
								(Size) key->capacity * sizeof(RsNumericKey));
	}
	for (i = 0; i < n; i++)
	{
		RsNumericKey *to = &key->numerics[join->nrows + i];

		memset(to, 0, sizeof(RsNumericKey));
		if (rs_vector_is_null(vector, i))
			continue;
		rs_numeric_key(vector, i, to);
		if (to->scale < 0)
			to->datum = PointerGetDatum(PG_DETOAST_DATUM_COPY(to->datum));
	}
	MemoryContextSwitchTo(old);
}

static void
take_build_batch(JoinOperator *join, const RsVectorBatch *batch)
{
	RsOperator *op = &join->op;
	uint64	   *hashes;
	uint8	   *null;
	const RsVector **keys;
	uint32		i;
	int			k;

	if (join->nrows + batch->n > join->capacity)
	{
		join->capacity = Max(join->capacity * 2, join->nrows + Max(batch->n, 1024));
		join->hashes = rs_enlarge(join->context, join->hashes,
							   (Size) join->capacity * sizeof(uint64));
	}
	hashes = &join->hashes[join->nrows];
	keys = evaluate_keys(join, rs_batch_rows(op->arena, op->values, batch), true, &null, hashes);
	for (k = 0; k < join->nkeys; k++)
	{
		if (join->keys[k].filter != NULL)
			rs_runtime_filter_add(join->keys[k].filter, keys[k], batch->n);
		if (join->keys[k].hash_type.is_numeric)
			keep_numerics(join, &join->keys[k], keys[k], batch->n);
		else
			rs_column_store_append(&join->keys[k].values, keys[k], batch->n);
	}
	/* A hash of 0 is that of rows that match nothing. */
	for (i = 0; i < batch->n; i++)
		hashes[i] = null != NULL && null[i] ? 0 : hashes[i] | 1;
	for (i = 0; i < op->inner->ncolumns; i++)
		rs_column_store_append(&join->columns[i], batch->columns[i], batch->n);
	join->nrows += batch->n;
}

static void
chain_rows(JoinOperator *join)
{
	uint32		row;

	join->nheads = 1024;
	while (join->nheads < join->nrows)
		join->nheads *= 2;
	join->heads = MemoryContextAllocExtended(join->context, (Size) join->nheads * sizeof(uint32),
											 MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	join->next_row = MemoryContextAllocHuge(join->context, Max(join->nrows, 1) * sizeof(uint32));
	/* Backward, so that a chain has the rows in the order they came. */
	for (row = join->nrows; row-- > 0;)
	{
		uint32	   *head = &join->heads[(join->hashes[row] >> 1) & (join->nheads - 1)];

		join->next_row[row] = 0;
		if (join->hashes[row] == 0)
			continue;
		join->next_row[row] = *head;
		*head = row + 1;
	}
	if (join->type == JOIN_RIGHT || join->type == JOIN_FULL)
		join->build_matched = MemoryContextAllocExtended(join->context, Max(join->nrows, 1),
														 MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
}

static void
build(JoinOperator *join)
{
	RsOperator *op = &join->op;
	RsVectorBatch batch;
	int			i;

	join->columns = MemoryContextAllocZero(join->context,
										   Max(op->inner->ncolumns, 1) * sizeof(RsColumnStore));
	for (i = 0; i < op->inner->ncolumns; i++)
		rs_column_store_init(&join->columns[i], &op->inner->types[i], join->context);
	for (i = 0; i < join->nkeys; i++)
		rs_column_store_init(&join->keys[i].values, &join->keys[i].hash_type, join->context);
	while (rs_operator_next(op->inner, &batch))
	{
		rs_operator_reset_batch(op);
		take_build_batch(join, &batch);
	}
	chain_rows(join);
	for (i = 0; i < join->nkeys; i++)
		if (join->keys[i].filter != NULL)
			rs_runtime_filter_finish(join->keys[i].filter);
	op->stats.memory = Max(op->stats.memory, MemoryContextMemAllocated(join->context, true));
	join->built = true;
}

/* ---------------------------------------------------------------------
 * Probe side
 * ---------------------------------------------------------------------
 */

static inline bool
keys_equal(const JoinOperator *join, uint32 probe_row, uint32 build_row)
{
	int			k;

	for (k = 0; k < join->nkeys; k++)
	{
		const BuildKey *key = &join->keys[k];
		const RsVector *vector = join->probe_keys[k];

		if (key->hash_type.is_numeric)
		{
			RsNumericKey probe;

			rs_numeric_key(vector, probe_row, &probe);
			if (!rs_numeric_key_equal(&probe, &key->numerics[build_row]))
				return false;
		}
		else if (key->hash_type.form == RS_FORM_I64)
		{
			if (((int64 *) vector->data)[probe_row] != ((int64 *) key->values.data)[build_row])
				return false;
		}
		else if (key->hash_type.form == RS_FORM_F64)
		{
			if (rs_float_order(((double *) vector->data)[probe_row],
							   ((double *) key->values.data)[build_row]) != 0)
				return false;
		}
		else if (!rs_refs_equal(&key->hash_type, ((Datum *) key->values.data)[build_row],
							 ((Datum *) vector->data)[probe_row]))
			return false;
	}
	return true;
}

static bool
next_probe_batch(JoinOperator *join)
{
	RsOperator *op = &join->op;
	uint32		i;

	do
	{
		if (!rs_operator_next(op->outer, &join->probe))
			return false;
	} while (join->probe.n == 0);
	rs_arena_reset(join->probe_arena);
	MemoryContextReset(join->probe_values);
	join->probe_hashes = rs_arena_alloc(join->probe_arena, join->probe.n * sizeof(uint64));
	join->probe_keys = evaluate_keys(join,
									 rs_batch_rows(join->probe_arena, join->probe_values, &join->probe),
									 false, &join->probe_null, join->probe_hashes);
	for (i = 0; i < join->probe.n; i++)
		join->probe_hashes[i] |= 1;
	join->probe_matched = rs_arena_alloc(join->probe_arena, join->probe.n);
	memset(join->probe_matched, 0, join->probe.n);
	join->position = 0;
	join->chain_begun = false;
	join->unmatched = 0;
	join->probing = true;
	return true;
}

/*
 * Pairs with equal keys, from where the last call stopped, at most a batch.
 */
static uint32
find_pairs(JoinOperator *join, uint32 *probe, uint32 *build)
{
	bool		once = join->first_match && join->conditions == NIL;
	uint32		mask = join->nheads - 1;
	uint32		n = 0;

	for (; join->position < join->probe.n; join->position++, join->chain_begun = false)
	{
		uint32		row = join->position;
		uint64		hash = join->probe_hashes[row];

		if (!join->chain_begun)
		{
			if (row + RS_PREFETCH_ROWS < join->probe.n)
				__builtin_prefetch(&join->heads[(join->probe_hashes[row + RS_PREFETCH_ROWS] >> 1) & mask]);
			join->chain = join->probe_null != NULL && join->probe_null[row] ? 0 :
				join->heads[(hash >> 1) & mask];
			join->chain_begun = true;
		}
		while (join->chain != 0)
		{
			uint32		candidate = join->chain - 1;

			if (n == (uint32) rs_vector_rows)
				return n;
			join->chain = join->next_row[candidate];
			if (join->hashes[candidate] != hash || !keys_equal(join, row, candidate))
				continue;
			probe[n] = row;
			build[n++] = candidate;
			if (once)
				join->chain = 0;
		}
	}
	return n;
}

static const RsVector *
pair_column(RsRows *base, int varno, AttrNumber attno)
{
	PairRows   *rows = (PairRows *) base;
	JoinOperator *join = rows->join;
	const RsVector **column;

	if (varno == INNER_VAR)
	{
		column = &rows->inner[attno - 1];
		if (*column == NULL)
			*column = rs_column_store_gather(&join->columns[attno - 1], base->arena, rows->build,
											 base->n);
		return *column;
	}
	column = &rows->outer[attno - 1];
	if (*column == NULL)
	{
		if (base->n > 0 && rows->probe[0] == RS_NO_ROW)
			*column = rs_vector_constant(base->arena, &join->op.outer->types[attno - 1], (Datum) 0, true);
		else
			*column = rs_vector_gather(base->arena, join->probe.columns[attno - 1], rows->probe,
									   base->n);
	}
	return *column;
}

static PairRows *
make_pairs(JoinOperator *join, const uint32 *probe, const uint32 *build_rows, uint32 n)
{
	RsOperator *op = &join->op;
	PairRows   *pairs = rs_arena_alloc(op->arena, sizeof(PairRows));
	Size		outer_size = Max(op->outer->ncolumns, 1) * sizeof(RsVector *);
	Size		inner_size = Max(op->inner->ncolumns, 1) * sizeof(RsVector *);

	memset(pairs, 0, sizeof(PairRows));
	pairs->rows.n = n;
	pairs->rows.column = pair_column;
	pairs->rows.arena = op->arena;
	pairs->rows.values = op->values;
	pairs->join = join;
	pairs->probe = probe;
	pairs->build = build_rows;
	pairs->outer = memset(rs_arena_alloc(op->arena, outer_size), 0, outer_size);
	pairs->inner = memset(rs_arena_alloc(op->arena, inner_size), 0, inner_size);
	return pairs;
}

/*
 * Filter by what is no join condition, and project; false if nothing is left.
 */
static bool
give(JoinOperator *join, RsRows *rows, RsVectorBatch *batch)
{
	const uint32 *chosen;

	rows = rs_rows_filter(rows, join->filter, &chosen);
	if (rows->n == 0)
		return false;
	rs_operator_project(&join->op, rows, batch);
	return true;
}

/*
 * Matches of the probe batch, as the kind of join has them; false if none is left
 * or none passed.
 */
static bool
give_matches(JoinOperator *join, RsVectorBatch *batch)
{
	RsOperator *op = &join->op;
	uint32	   *probe = rs_arena_alloc(op->arena, RS_VECTOR_ROWS * sizeof(uint32));
	uint32	   *build_rows = rs_arena_alloc(op->arena, RS_VECTOR_ROWS * sizeof(uint32));
	uint32		n = find_pairs(join, probe, build_rows);
	RsRows	   *rows = &make_pairs(join, probe, build_rows, n)->rows;
	const uint32 *chosen = NULL;
	uint32	   *kept;
	uint32		nkept = 0;
	uint32		i;

	if (n == 0)
		return false;
	rows = rs_rows_filter(rows, join->conditions, &chosen);
	kept = rs_arena_alloc(op->arena, Max(rows->n, 1) * sizeof(uint32));
	for (i = 0; i < rows->n; i++)
	{
		uint32		pair = chosen != NULL ? chosen[i] : i;
		uint8	   *matched = &join->probe_matched[probe[pair]];

		if (join->build_matched != NULL)
			join->build_matched[build_rows[pair]] = 1;
		if (!(join->first_match && *matched))
			kept[nkept++] = i;
		*matched = 1;
	}
	if (nkept == 0 || join->type == JOIN_ANTI)
		return false;
	if (nkept < rows->n)
		rows = rs_rows_narrow(rows, kept, nkept);
	return give(join, rows, batch);
}

/*
 * Probe rows that matched nothing, when the batch is through.
 */
static bool
give_unmatched_probe(JoinOperator *join, RsVectorBatch *batch)
{
	uint32	   *probe = rs_arena_alloc(join->op.arena, join->probe.n * sizeof(uint32));
	uint32	   *none = rs_arena_alloc(join->op.arena, join->probe.n * sizeof(uint32));
	uint32		n = 0;
	uint32		i;

	for (i = 0; i < join->probe.n; i++)
		if (!join->probe_matched[i])
		{
			none[n] = RS_NO_ROW;
			probe[n++] = i;
		}
	return n > 0 && give(join, &make_pairs(join, probe, none, n)->rows, batch);
}

/*
 * Build rows that matched nothing, in the end.
 */
static bool
give_unmatched_build(JoinOperator *join, RsVectorBatch *batch)
{
	uint32	   *rows = rs_arena_alloc(join->op.arena, RS_VECTOR_ROWS * sizeof(uint32));
	uint32	   *none = rs_arena_alloc(join->op.arena, RS_VECTOR_ROWS * sizeof(uint32));
	uint32		n = 0;

	for (; join->unmatched < join->nrows && n < (uint32) rs_vector_rows; join->unmatched++)
		if (!join->build_matched[join->unmatched])
		{
			none[n] = RS_NO_ROW;
			rows[n++] = join->unmatched;
		}
	return n > 0 && give(join, &make_pairs(join, none, rows, n)->rows, batch);
}

static bool
next(RsOperator *op, RsVectorBatch *batch)
{
	JoinOperator *join = (JoinOperator *) op;
	bool		keeps_probe = join->type == JOIN_LEFT || join->type == JOIN_FULL ||
		join->type == JOIN_ANTI;
	bool		keeps_build = join->type == JOIN_RIGHT || join->type == JOIN_FULL;

	if (!join->built)
		build(join);
	/* Nothing to match: only rows without a match can be given. */
	if (join->nrows == 0 && !keeps_probe)
		return false;
	for (;;)
	{
		CHECK_FOR_INTERRUPTS();
		rs_operator_reset_batch(op);
		if (join->outer_done)
		{
			if (!keeps_build || join->unmatched >= join->nrows)
				return false;
			if (give_unmatched_build(join, batch))
				return true;
			continue;
		}
		if (!join->probing && !next_probe_batch(join))
		{
			join->outer_done = true;
			join->unmatched = 0;
			continue;
		}
		if (join->position < join->probe.n)
		{
			if (give_matches(join, batch))
				return true;
			continue;
		}
		join->probing = false;
		if (keeps_probe && give_unmatched_probe(join, batch))
			return true;
	}
}

static void
forget(RsOperator *op)
{
	JoinOperator *join = (JoinOperator *) op;
	int			k;

	MemoryContextReset(join->context);
	for (k = 0; k < join->nkeys; k++)
	{
		if (join->keys[k].filter != NULL)
			rs_runtime_filter_reset(join->keys[k].filter);
		join->keys[k].numerics = NULL;
		join->keys[k].capacity = 0;
	}
	join->built = false;
	join->nrows = 0;
	join->hashes = NULL;
	join->capacity = 0;
	join->build_matched = NULL;
	join->probing = false;
	join->outer_done = false;
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
			return "Hash Left Join";
		case JOIN_RIGHT:
			return "Hash Right Join";
		case JOIN_FULL:
			return "Hash Full Join";
		case JOIN_SEMI:
			return "Hash Semi Join";
		case JOIN_ANTI:
			return "Hash Anti Join";
		default:
			return "Hash Join";
	}
}

static void
init_key(JoinOperator *join, BuildKey *key, OpExpr *clause, Node *build_expr)
{
	key->outer = rs_expr_compile(&join->op.env, linitial(clause->args));
	key->inner = rs_expr_compile(&join->build_env, build_expr);
	key->hash_type = key->inner->type;
	if (key->hash_type.is_numeric || key->hash_type.form == RS_FORM_REF)
		return;
	if (key->hash_type.form == RS_FORM_F32 || key->hash_type.form == RS_FORM_F64)
	{
		key->hash_type.form = RS_FORM_F64;
		key->hash_type.typlen = sizeof(double);
	}
	else
	{
		key->hash_type.form = RS_FORM_I64;
		key->hash_type.typlen = sizeof(int64);
	}
}

/*
 * Filters of the keys, for scans of the probe side, if its rows without a match are
 * dropped.
 */
static void
make_filters(JoinOperator *join, double rows, MemoryContext context)
{
	ListCell   *lc;

	if (join->type != JOIN_INNER && join->type != JOIN_SEMI && join->type != JOIN_RIGHT)
		return;
	foreach(lc, ((HashJoin *) join->op.plan)->hashclauses)
	{
		BuildKey   *key = &join->keys[foreach_current_index(lc)];
		Node	   *probe = linitial(lfirst_node(OpExpr, lc)->args);

		/* varchar as text: the same bytes. */
		if (IsA(probe, RelabelType) && exprType(probe) == TEXTOID)
			probe = (Node *) ((RelabelType *) probe)->arg;
		if (IsA(probe, Var) && ((Var *) probe)->varno == OUTER_VAR)
			key->filter = rs_runtime_filter_create(join->op.outer, ((Var *) probe)->varattno,
												   &key->hash_type, rows, context);
	}
}

RsOperator *
rs_join_operator(RsEngine *engine, Plan *plan)
{
	HashJoin   *node = (HashJoin *) plan;
	Hash	   *hash = castNode(Hash, innerPlan(plan));
	RsOperator *outer = rs_engine_build(engine, outerPlan(plan));
	RsOperator *inner = rs_engine_build(engine, outerPlan(hash));
	JoinOperator *join = rs_operator_create(engine, plan, sizeof(JoinOperator),
											join_name(node->join.jointype), outer, inner);
	RsOperator *op = &join->op;
	EState	   *estate = engine->parent->state;
	ListCell   *lc;

	join->type = node->join.jointype;
	join->first_match = node->join.inner_unique || join->type == JOIN_SEMI ||
		join->type == JOIN_ANTI;
	join->context = AllocSetContextCreate(estate->es_query_cxt, "redshift hash join",
										  ALLOCSET_DEFAULT_SIZES);
	join->probe_arena = rs_arena_create(estate->es_query_cxt);
	join->probe_values = AllocSetContextCreate(estate->es_query_cxt, "redshift probe batch",
											   ALLOCSET_DEFAULT_SIZES);
	/* Keys of the build side are written in terms of the node below Hash. */
	join->build_env = op->env;
	join->build_env.outer = op->env.inner;
	join->nkeys = list_length(node->hashclauses);
	join->keys = palloc0(join->nkeys * sizeof(BuildKey));
	foreach(lc, node->hashclauses)
		init_key(join, &join->keys[foreach_current_index(lc)], lfirst_node(OpExpr, lc),
				 list_nth(hash->hashkeys, foreach_current_index(lc)));
	foreach(lc, node->join.joinqual)
		join->conditions = lappend(join->conditions, rs_expr_compile(&op->env, lfirst(lc)));
	foreach(lc, plan->qual)
		join->filter = lappend(join->filter, rs_expr_compile(&op->env, lfirst(lc)));
	rs_operator_compile_targets(op);
	make_filters(join, outerPlan(hash)->plan_rows, estate->es_query_cxt);
	op->next = next;
	op->rescan = rescan;
	op->end = forget;
	op->explain = explain;
	return op;
}
