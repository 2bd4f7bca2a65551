/*
 * join.c
 *	  The hash join operator: inner, left, right, full, semi and anti.
 *
 * The inner side is the build side: its columns are kept in a table.  Each batch
 * of the outer, the probe side finds pairs of rows; conditions beside the keys are
 * evaluated over the pairs, and what passes is gathered and projected.  If the
 * build side does not fit in memory, this is done for one partition of both sides
 * after another.
 *
 * Rows with a NULL key match nothing, since the operators are strict.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "vector/join.h"

typedef struct PairRows
{
	RsRows		rows;
	RsJoin	   *join;
	const uint32 *probe;		/* NULL: there are none, all is NULL */
	const uint32 *build;
	const RsVector **outer;		/* gathered columns */
	const RsVector **inner;
	bool		whole;			/* the rows of the probe batch, as they are */
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

/* PostgreSQL leaves the estimate at 0 where the inner side is not shared. */
#define RS_IN_ORDER		(-1)

void
rs_join_keep_order(HashJoin *join)
{
	((Hash *) innerPlan(join))->rows_total = RS_IN_ORDER;
}

bool
rs_join_keeps_order(const HashJoin *join)
{
	return ((const Hash *) innerPlan(join))->rows_total == RS_IN_ORDER;
}

bool
rs_join_can_run(Plan *plan)
{
	HashJoin   *join = (HashJoin *) plan;
	ListCell   *lc;

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
	/* Several processes that probe one table would each give its unmatched rows. */
	if (plan->parallel_aware && (join->join.jointype == JOIN_RIGHT || join->join.jointype == JOIN_FULL))
		return false;
	foreach(lc, join->hashclauses)
		if (!key_can_run(lfirst_node(OpExpr, lc)))
			return false;
	return true;
}

/* ---------------------------------------------------------------------
 * Rows of pairs
 * ---------------------------------------------------------------------
 */

static bool
next_probe_batch(RsJoin *join)
{
	RsOperator *op = &join->op;

	do
	{
		if (!(join->spill != NULL ? rs_join_read_probe(join, &join->probe) :
			  rs_operator_next(op->outer, &join->probe)))
			return false;
	} while (join->probe.n == 0);
	rs_arena_reset(join->probe_arena);
	MemoryContextReset(join->probe_values);
	rs_join_make_codes(join, rs_batch_rows(join->probe_arena, join->probe_values, &join->probe),
					   false, &join->probe_codes);
	join->probe_matched = rs_arena_alloc(join->probe_arena, join->probe.n);
	memset(join->probe_matched, 0, join->probe.n);
	rs_join_begin_probe(join);
	join->unmatched = 0;
	join->probing = true;
	return true;
}

static const RsVector *
pair_column(RsRows *base, int varno, AttrNumber attno)
{
	PairRows   *rows = (PairRows *) base;
	RsJoin	   *join = rows->join;
	bool		inner = varno == INNER_VAR;
	const RsVector **column = inner ? &rows->inner[attno - 1] : &rows->outer[attno - 1];

	if (*column != NULL)
		return *column;
	if ((inner ? rows->build : rows->probe) == NULL)
		*column = rs_vector_constant(base->arena, inner ? &join->op.inner->types[attno - 1] :
									 &join->op.outer->types[attno - 1], (Datum) 0, true);
	else if (inner)
		*column = rs_column_store_gather(&join->stores[attno - 1], base->arena, rows->build, base->n);
	else if (rows->whole)
		*column = join->probe.columns[attno - 1];
	else
		*column = rs_vector_gather(base->arena, join->probe.columns[attno - 1], rows->probe, base->n);
	return *column;
}

/*
 * Is it every row of the probe batch once, in order?
 */
static bool
is_whole_batch(const RsJoin *join, const uint32 *probe, uint32 n)
{
	uint32		i;

	if (probe == NULL || n != join->probe.n)
		return false;
	for (i = 0; i < n; i++)
		if (probe[i] != i)
			return false;
	return true;
}

static PairRows *
make_pairs(RsJoin *join, const uint32 *probe, const uint32 *build_rows, uint32 n)
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
	pairs->whole = is_whole_batch(join, probe, n);
	pairs->outer = memset(rs_arena_alloc(op->arena, outer_size), 0, outer_size);
	pairs->inner = memset(rs_arena_alloc(op->arena, inner_size), 0, inner_size);
	return pairs;
}

/*
 * Filter by what is no join condition, and project; false if nothing is left.
 */
static bool
give(RsJoin *join, RsRows *rows, RsVectorBatch *batch)
{
	const uint32 *chosen;

	rows = rs_rows_filter(rows, join->filter, &chosen);
	if (rows->n == 0)
		return false;
	rs_operator_project(&join->op, rows, batch);
	return true;
}

/*
 * Flag the rows of pairs that passed the join's conditions, chosen[0 .. n) of the
 * pairs (NULL: all).  Where one match is enough, the first of each probe row is
 * kept; how many are.
 */
static uint32
note_matches(RsJoin *join, const uint32 *probe, const uint32 *build_rows, const uint32 *chosen,
			 uint32 n, uint32 *kept)
{
	bool		first_only = join->first_match && join->conditions != NIL;
	uint32		nkept = 0;
	uint32		i;

	for (i = 0; i < n; i++)
	{
		uint32		pair = chosen != NULL ? chosen[i] : i;
		uint8	   *matched = &join->probe_matched[probe[pair]];

		if (join->build_matched != NULL)
			join->build_matched[build_rows[pair]] = 1;
		kept[nkept] = i;
		nkept += !(first_only && *matched);
		*matched = 1;
	}
	return nkept;
}

/*
 * Matches of the probe batch, as the kind of join has them; false if none passed.
 */
static bool
give_matches(RsJoin *join, RsVectorBatch *batch)
{
	RsOperator *op = &join->op;
	uint32	   *probe = rs_arena_alloc(op->arena, RS_VECTOR_ROWS * sizeof(uint32));
	uint32	   *build_rows = rs_arena_alloc(op->arena, RS_VECTOR_ROWS * sizeof(uint32));
	uint32		n = rs_join_find_pairs(join, probe, build_rows);
	RsRows	   *rows;
	const uint32 *chosen = NULL;

	if (n == 0)
	{
		join->probing = false;
		return false;
	}
	rows = &make_pairs(join, probe, build_rows, n)->rows;
	if (join->conditions != NIL)
		rows = rs_rows_filter(rows, join->conditions, &chosen);
	if (rows->n == 0)
		return false;
	if (join->keeps_probe || join->keeps_build || (join->first_match && join->conditions != NIL))
	{
		uint32	   *kept = rs_arena_alloc(op->arena, rows->n * sizeof(uint32));
		uint32		nkept = note_matches(join, probe, build_rows, chosen, rows->n, kept);

		if (nkept == 0 || join->type == JOIN_ANTI)
			return false;
		if (nkept < rows->n)
			rows = rs_rows_narrow(rows, kept, nkept);
	}
	return give(join, rows, batch);
}

/*
 * Probe rows that matched nothing, when the batch is through.
 */
static bool
give_unmatched_probe(RsJoin *join, RsVectorBatch *batch)
{
	uint32	   *probe = rs_arena_alloc(join->op.arena, join->probe.n * sizeof(uint32));
	uint32		n = 0;
	uint32		i;

	for (i = 0; i < join->probe.n; i++)
	{
		probe[n] = i;
		n += !join->probe_matched[i];
	}
	return n > 0 && give(join, &make_pairs(join, probe, NULL, n)->rows, batch);
}

/*
 * Build rows that matched nothing, in the end.
 */
static bool
give_unmatched_build(RsJoin *join, RsVectorBatch *batch)
{
	uint32	   *rows = rs_arena_alloc(join->op.arena, RS_VECTOR_ROWS * sizeof(uint32));
	uint32		n = 0;

	for (; join->unmatched < join->nrows && n < (uint32) rs_vector_rows; join->unmatched++)
		if (!join->build_matched[join->unmatched])
			rows[n++] = join->unmatched;
	return n > 0 && give(join, &make_pairs(join, NULL, rows, n)->rows, batch);
}

/*
 * The table of all of the build side, or of the next partition; false if there is
 * no more.
 */
static bool
begin_table(RsJoin *join)
{
	if (!join->built)
		rs_join_build(join);
	else if (join->spill == NULL)
		return false;
	if (join->spill != NULL && !rs_join_next_partition(join))
		return false;
	/* Nothing to match: only rows without a match can be given. */
	join->outer_done = join->nrows == 0 && !join->keeps_probe;
	join->probing = false;
	join->unmatched = 0;
	join->has_table = true;
	return true;
}

static bool
next(RsOperator *op, RsVectorBatch *batch)
{
	RsJoin	   *join = (RsJoin *) op;

	for (;;)
	{
		CHECK_FOR_INTERRUPTS();
		rs_operator_reset_batch(op);
		if (!join->has_table)
		{
			if (!begin_table(join))
				return false;
		}
		else if (join->outer_done)
		{
			if (join->keeps_build && join->unmatched < join->nrows)
			{
				if (give_unmatched_build(join, batch))
					return true;
			}
			else
				join->has_table = false;
		}
		else if (join->probing)
		{
			if (give_matches(join, batch))
				return true;
			if (!join->probing && join->keeps_probe && give_unmatched_probe(join, batch))
				return true;
		}
		else if (!next_probe_batch(join))
		{
			join->outer_done = true;
			join->unmatched = 0;
		}
	}
}

/*
 * Give up the table and what it was made of.
 */
static void
forget(RsOperator *op)
{
	RsJoin	   *join = (RsJoin *) op;
	int			k;

	rs_join_end_spill(join);
	rs_join_reset_table(join);
	for (k = 0; k < join->nkeys; k++)
		if (join->keys[k].filter != NULL)
			rs_runtime_filter_reset(join->keys[k].filter);
	join->built = false;
	join->has_table = false;
	join->counted = 0;
}

static void
rescan(RsOperator *op)
{
	forget(op);
	op->outer->rescan(op->outer);
	op->inner->rescan(op->inner);
}

/*
 * The shared memory goes.
 */
static void
end(RsOperator *op)
{
	forget(op);
	((RsJoin *) op)->shared = NULL;
}

static void
explain(RsOperator *op, ExplainState *es)
{
	rs_explain_memory(op, es);
	rs_explain_spill(op, es);
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

static bool
is_integer_form(RsForm form)
{
	return form <= RS_FORM_I64;
}

static void
init_key(RsJoin *join, RsJoinKey *key, OpExpr *clause, Node *build_expr)
{
	key->outer = rs_expr_compile(&join->op.env, linitial(clause->args));
	key->inner = rs_expr_compile(&join->build_env, build_expr);
	key->type = key->inner->type;
	if (key->type.is_numeric || key->type.form == RS_FORM_REF)
		return;
	if (key->type.form == RS_FORM_F32 || key->type.form == RS_FORM_F64)
	{
		key->type.form = RS_FORM_F64;
		key->type.typlen = sizeof(double);
	}
	else
	{
		key->type.form = RS_FORM_I64;
		key->type.typlen = sizeof(int64);
	}
}

static bool
is_short(const RsExpr *expr)
{
	return is_integer_form(expr->type.form) && rs_form_width(expr->type.form) <= sizeof(int32);
}

/*
 * Are the keys one integer, or two that make one?
 */
static bool
keys_are_exact(const RsJoin *join)
{
	int			k;

	for (k = 0; k < join->nkeys; k++)
	{
		const RsJoinKey *key = &join->keys[k];

		if (key->type.is_numeric || !is_integer_form(key->type.form) ||
			(join->nkeys > 1 && (!is_short(key->inner) || !is_short(key->outer))))
			return false;
	}
	return join->nkeys <= 2;
}

static void
mark_columns(Node *node, int varno, bool *used)
{
	List	   *vars = pull_var_clause(node, PVC_RECURSE_AGGREGATES | PVC_RECURSE_WINDOWFUNCS |
									   PVC_RECURSE_PLACEHOLDERS);
	ListCell   *lc;

	foreach(lc, vars)
		if (lfirst_node(Var, lc)->varno == varno && lfirst_node(Var, lc)->varattno > 0)
			used[lfirst_node(Var, lc)->varattno - 1] = true;
	list_free(vars);
}

/*
 * Which columns of both sides are read, and where the build side's are kept.
 */
static void
init_columns(RsJoin *join, HashJoin *node, Hash *hash)
{
	int			ninner = join->op.inner->ncolumns;
	Node	   *parts[] = {(Node *) node->join.plan.targetlist, (Node *) node->join.plan.qual,
		(Node *) node->join.joinqual, (Node *) node->hashclauses};
	int			i;

	join->outer_used = palloc0(Max(join->op.outer->ncolumns, 1) * sizeof(bool));
	join->inner_used = palloc0(Max(ninner, 1) * sizeof(bool));
	for (i = 0; i < lengthof(parts); i++)
	{
		mark_columns(parts[i], OUTER_VAR, join->outer_used);
		mark_columns(parts[i], INNER_VAR, join->inner_used);
	}
	mark_columns((Node *) hash->hashkeys, OUTER_VAR, join->inner_used);
	join->nstores = ninner + join->nkeys;
	join->stores = palloc0(join->nstores * sizeof(RsColumnStore));
	join->store_used = palloc0(join->nstores * sizeof(bool));
	for (i = 0; i < ninner; i++)
	{
		join->stores[i].type = join->op.inner->types[i];
		join->store_used[i] = join->inner_used[i];
	}
	for (i = 0; i < join->nkeys; i++)
	{
		Node	   *expr = list_nth(hash->hashkeys, i);
		RsJoinKey  *key = &join->keys[i];

		key->store = ninner + i;
		join->stores[key->store].type = key->type;
		/* A column is there already, and a key that is the code needs no other place. */
		if (IsA(expr, Var) && ((Var *) expr)->varno == OUTER_VAR)
			key->store = ((Var *) expr)->varattno - 1;
		else
			join->store_used[key->store] = !join->exact || key->filter != NULL;
	}
}

/*
 * Filters of the keys, for scans of the probe side, if its rows without a match are
 * dropped.
 */
static void
make_filters(RsJoin *join, double rows, MemoryContext context)
{
	ListCell   *lc;

	if (join->type != JOIN_INNER && join->type != JOIN_SEMI && join->type != JOIN_RIGHT)
		return;
	foreach(lc, ((HashJoin *) join->op.plan)->hashclauses)
	{
		RsJoinKey  *key = &join->keys[foreach_current_index(lc)];
		Node	   *probe = linitial(lfirst_node(OpExpr, lc)->args);

		/* varchar as text: the same bytes. */
		if (IsA(probe, RelabelType) && exprType(probe) == TEXTOID)
			probe = (Node *) ((RelabelType *) probe)->arg;
		if (IsA(probe, Var) && ((Var *) probe)->varno == OUTER_VAR)
			key->filter = rs_runtime_filter_create(join->op.outer, ((Var *) probe)->varattno,
												   &key->type, rows, context);
	}
}

RsOperator *
rs_join_operator(RsEngine *engine, Plan *plan)
{
	HashJoin   *node = (HashJoin *) plan;
	Hash	   *hash = castNode(Hash, innerPlan(plan));
	RsOperator *outer = rs_engine_build(engine, outerPlan(plan));
	RsOperator *inner = rs_engine_build(engine, outerPlan(hash));
	RsJoin	   *join = rs_operator_create(engine, plan, sizeof(RsJoin),
										  join_name(node->join.jointype), outer, inner);
	RsOperator *op = &join->op;
	EState	   *estate = engine->parent->state;
	ListCell   *lc;

	join->engine = engine;
	join->type = node->join.jointype;
	join->keeps_probe = join->type == JOIN_LEFT || join->type == JOIN_FULL || join->type == JOIN_ANTI;
	join->keeps_build = join->type == JOIN_RIGHT || join->type == JOIN_FULL;
	join->first_match = node->join.inner_unique || join->type == JOIN_SEMI ||
		join->type == JOIN_ANTI;
	join->in_order = rs_join_keeps_order(node);
	join->context = AllocSetContextCreate(estate->es_query_cxt, "redshift hash join",
										  ALLOCSET_DEFAULT_SIZES);
	join->probe_arena = rs_arena_create(estate->es_query_cxt);
	join->probe_values = AllocSetContextCreate(estate->es_query_cxt, "redshift probe batch",
											   ALLOCSET_DEFAULT_SIZES);
	/* Keys of the build side are written in terms of the node below Hash. */
	join->build_env = op->env;
	join->build_env.outer = op->env.inner;
	join->nkeys = list_length(node->hashclauses);
	join->keys = palloc0(join->nkeys * sizeof(RsJoinKey));
	foreach(lc, node->hashclauses)
		init_key(join, &join->keys[foreach_current_index(lc)], lfirst_node(OpExpr, lc),
				 list_nth(hash->hashkeys, foreach_current_index(lc)));
	join->exact = keys_are_exact(join);
	make_filters(join, plan->parallel_aware ? hash->rows_total : outerPlan(hash)->plan_rows,
				 estate->es_query_cxt);
	init_columns(join, node, hash);
	foreach(lc, node->join.joinqual)
		join->conditions = lappend(join->conditions, rs_expr_compile(&op->env, lfirst(lc)));
	foreach(lc, plan->qual)
		join->filter = lappend(join->filter, rs_expr_compile(&op->env, lfirst(lc)));
	rs_operator_compile_targets(op);
	if (plan->parallel_aware)
	{
		op->shared_size = rs_join_shared_size(join);
		op->share = rs_join_share;
	}
	op->next = next;
	op->rescan = rescan;
	op->end = end;
	op->explain = explain;
	return op;
}
