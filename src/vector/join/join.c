/*
 * join.c
 *	  The hash join operator: inner, left, right, full, semi and anti.
 *
 * The inner side, as a rule, is the build side: its columns are kept in a table.
 * Each batch of the outer, the probe side finds pairs of rows; conditions beside the keys are
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
#include "vector/join/join.h"

typedef struct PairRows
{
	RsRows		rows;
	RsJoin	   *join;
	const uint32 *probe;		/* NULL: there are none, all is NULL */
	const uint32 *build;
	const RsVector **probed;	/* gathered columns */
	const RsVector **built;
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

bool
rs_join_key_can_run(OpExpr *op)
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

/*
 * Rows of a swapped join come in the order of its outer side in any case: that of
 * the table.
 */
Plan *
rs_join_table_side(const HashJoin *join)
{
	Plan	   *outer = outerPlan(join);
	Plan	   *inner = outerPlan(innerPlan(join));
	bool		swapped = (join->join.jointype == JOIN_SEMI || join->join.jointype == JOIN_ANTI) &&
		2 * outer->plan_rows < inner->plan_rows;

	return swapped ? outer : inner;
}

bool
rs_join_type_can_run(JoinType type)
{
	switch (type)
	{
		case JOIN_INNER:
		case JOIN_LEFT:
		case JOIN_RIGHT:
		case JOIN_FULL:
		case JOIN_SEMI:
		case JOIN_ANTI:
			return true;
		default:
			return false;
	}
}

bool
rs_join_can_run(Plan *plan)
{
	HashJoin   *join = (HashJoin *) plan;
	ListCell   *lc;

	if (!rs_join_type_can_run(join->join.jointype))
		return false;
	/* Several processes that probe one table would each give its unmatched rows. */
	if (plan->parallel_aware && (join->join.jointype == JOIN_RIGHT || join->join.jointype == JOIN_FULL))
		return false;
	foreach(lc, join->hashclauses)
		if (!rs_join_key_can_run(lfirst_node(OpExpr, lc)))
			return false;
	return true;
}

/* ---------------------------------------------------------------------
 * Rows of pairs
 * ---------------------------------------------------------------------
 */

/*
 * Rows [from, from + n) of what the probe side gave, as the probe batch.
 */
static void
take_probe_rows(RsJoin *join, uint32 from, uint32 n)
{
	const RsVectorBatch *all = &join->given;
	int			ncolumns = join->probe_side->ncolumns;
	uint32	   *rows;
	uint32		i;
	int			c;

	join->probe = *all;
	if (from == 0 && n == all->n)
		return;
	rows = rs_arena_alloc(join->probe_arena, n * sizeof(uint32));
	for (i = 0; i < n; i++)
		rows[i] = from + i;
	join->probe.n = n;
	join->probe.columns = rs_arena_alloc(join->probe_arena, Max(ncolumns, 1) * sizeof(RsVector *));
	for (c = 0; c < ncolumns; c++)
		join->probe.columns[c] = join->probe_used[c] ?
			rs_vector_gather(join->probe_arena, all->columns[c], rows, n) : NULL;
}

/*
 * Codes of the probe batch; false if that takes calling what may fail, and there are
 * more rows than one.
 */
static bool
make_probe_codes(RsJoin *join)
{
	RsExprEnv  *env = join->swapped ? &join->inner_env : &join->op.env;

	env->put_off = false;
	env->careful = join->op.careful && join->probe.n > 1;
	rs_join_make_codes(join, rs_batch_rows(join->probe_arena, join->probe_values, &join->probe),
					   false, &join->probe_codes);
	env->careful = false;
	return !env->put_off;
}

static bool
next_probe_batch(RsJoin *join)
{
	uint32		n;

	while (join->taken == join->given.n)
	{
		if (!(join->spill != NULL ? rs_join_read_probe(join, &join->given) :
			  rs_operator_next(join->probe_side, &join->given)))
		{
			join->taken = join->given.n = 0;
			return false;
		}
		join->taken = 0;
	}
	for (;;)
	{
		n = join->given.n - join->taken;
		if (join->op.careful)
			n = Min(n, join->singly ? 1 : join->probe_step);
		rs_arena_reset(join->probe_arena);
		MemoryContextReset(join->probe_values);
		take_probe_rows(join, join->taken, n);
		if (make_probe_codes(join))
			break;
		join->probe_step = 1;
	}
	join->probe_step = Min(2 * join->probe_step, RS_VECTOR_ROWS);
	join->taken += n;
	join->probe_matched = rs_arena_alloc(join->probe_arena, join->probe.n);
	memset(join->probe_matched, 0, join->probe.n);
	rs_join_begin_probe(join);
	join->probing = true;
	return true;
}

static const RsVector *
pair_column(RsRows *base, int varno, AttrNumber attno)
{
	PairRows   *rows = (PairRows *) base;
	RsJoin	   *join = rows->join;
	bool		build = (varno == INNER_VAR) != join->swapped;
	const RsVector **column = build ? &rows->built[attno - 1] : &rows->probed[attno - 1];

	if (*column != NULL)
		return *column;
	if ((build ? rows->build : rows->probe) == NULL)
		*column = rs_vector_constant(base->arena, build ? &join->build_side->types[attno - 1] :
									 &join->probe_side->types[attno - 1], (Datum) 0, true);
	else if (build)
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

/*
 * Pairs to be given next.
 */
static void
set_pairs(RsJoin *join, const uint32 *probe, const uint32 *build_rows, uint32 n)
{
	RsOperator *op = &join->op;
	PairRows   *pairs = rs_arena_alloc(op->arena, sizeof(PairRows));
	Size		probe_size = Max(join->probe_side->ncolumns, 1) * sizeof(RsVector *);
	Size		build_size = Max(join->build_side->ncolumns, 1) * sizeof(RsVector *);

	memset(pairs, 0, sizeof(PairRows));
	pairs->rows.n = n;
	pairs->rows.column = pair_column;
	pairs->rows.arena = op->arena;
	pairs->rows.values = op->values;
	pairs->join = join;
	pairs->probe = probe;
	pairs->build = build_rows;
	pairs->whole = is_whole_batch(join, probe, n);
	pairs->probed = memset(rs_arena_alloc(op->arena, probe_size), 0, probe_size);
	pairs->built = memset(rs_arena_alloc(op->arena, build_size), 0, build_size);
	join->pairs = pairs;
	op->waiting = &pairs->rows;
	op->waiting_from = 0;
}

/*
 * Filter by what is no join condition, and project; false if nothing is left.
 */
static bool
give_rows(RsOperator *op, RsRows *rows, RsVectorBatch *batch)
{
	const uint32 *chosen;

	rows = rs_rows_filter(rows, ((RsJoin *) op)->filter, &chosen);
	if (rows->n == 0)
		return false;
	rs_operator_project_asked(op, rows, batch);
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
 * Pairs whose rows of the build side had no match before; how many they are.
 */
static uint32
drop_marked(const RsJoin *join, uint32 *probe, uint32 *build_rows, uint32 n)
{
	uint32		kept = 0;
	uint32		i;

	for (i = 0; i < n; i++)
	{
		uint32		row = build_rows[i];

		probe[kept] = probe[i];
		build_rows[kept] = row;
		kept += !join->build_matched[row];
	}
	return kept;
}

/*
 * The flags of the rows of pairs, to be put back.
 */
static uint8 *
save_marks(RsJoin *join, const uint32 *probe, const uint32 *build_rows, uint32 n)
{
	uint8	   *marks = rs_arena_alloc(join->op.arena, 2 * n);
	uint32		i;

	for (i = 0; i < n; i++)
	{
		marks[2 * i] = join->probe_matched[probe[i]];
		marks[2 * i + 1] = join->build_matched != NULL && join->build_matched[build_rows[i]];
	}
	return marks;
}

static void
restore_marks(RsJoin *join, const uint32 *probe, const uint32 *build_rows, uint32 n,
			  const uint8 *marks)
{
	uint32		i;

	for (i = 0; i < n; i++)
	{
		join->probe_matched[probe[i]] = marks[2 * i];
		if (join->build_matched != NULL)
			join->build_matched[build_rows[i]] = marks[2 * i + 1];
	}
}

/*
 * Some of the pairs that wait, as the kind of join has them; false if none passed.
 */
static bool
give_matches(RsOperator *op, RsRows *rows, RsVectorBatch *batch)
{
	RsJoin	   *join = (RsJoin *) op;
	const uint32 *probe = join->pairs->probe + op->waiting_from;
	const uint32 *build_rows = join->pairs->build + op->waiting_from;
	const uint32 *chosen = NULL;
	const uint8 *marks = NULL;
	uint32		n = rows->n;
	bool		any;

	if (join->conditions != NIL)
		rows = rs_rows_filter(rows, join->conditions, &chosen);
	if (rows->n == 0 || op->env.put_off)
		return false;
	if (join->keeps_probe || rs_join_marks_build(join) || (join->first_match && join->conditions != NIL))
	{
		uint32	   *kept = rs_arena_alloc(op->arena, rows->n * sizeof(uint32));
		uint32		nkept;

		/* Nobody else marks them: a shared table's joins that do are swapped. */
		if (op->env.careful && !join->swapped)
			marks = save_marks(join, probe, build_rows, n);
		nkept = note_matches(join, probe, build_rows, chosen, rows->n, kept);
		if (nkept == 0 || join->type == JOIN_ANTI || join->swapped)
			return false;
		if (nkept < rows->n)
			rows = rs_rows_narrow(rows, kept, nkept);
	}
	any = give_rows(op, rows, batch);
	if (op->env.put_off && marks != NULL)
		restore_marks(join, probe, build_rows, n, marks);
	return any;
}

/*
 * More matches of the probe batch; when it is through, its rows that had none.
 */
static void
find_pairs(RsJoin *join)
{
	RsArena    *arena = join->op.arena;
	uint32	   *probe = rs_arena_alloc(arena, RS_VECTOR_ROWS * sizeof(uint32));
	uint32	   *build_rows = rs_arena_alloc(arena, RS_VECTOR_ROWS * sizeof(uint32));
	uint32		n = rs_join_find_pairs(join, probe, build_rows);
	uint32		i;

	if (n > 0)
	{
		if (join->swapped)
			n = drop_marked(join, probe, build_rows, n);
		join->give = give_matches;
		if (n > 0)
			set_pairs(join, probe, build_rows, n);
		return;
	}
	join->probing = false;
	if (!join->keeps_probe)
		return;
	for (i = 0; i < join->probe.n; i++)
	{
		probe[n] = i;
		n += !join->probe_matched[i];
	}
	join->give = give_rows;
	if (n > 0)
		set_pairs(join, probe, NULL, n);
}

/*
 * Rows of the build side in the end: those that matched nothing, or, of a swapped
 * semi join, those that did.
 */
static void
find_build_rows(RsJoin *join)
{
	uint32	   *rows = rs_arena_alloc(join->op.arena, RS_VECTOR_ROWS * sizeof(uint32));
	uint8		wanted = join->type == JOIN_SEMI;
	uint32		n = 0;

	for (; join->position_given < join->end_given && n < (uint32) rs_vector_rows;
		 join->position_given++)
	{
		rows[n] = join->position_given;
		n += join->build_matched[join->position_given] == wanted;
	}
	join->give = give_rows;
	if (n > 0)
		set_pairs(join, NULL, rows, n);
}

/*
 * The table of all of the build side, or of the next partition; false if there is
 * no more.
 */
static bool
begin_table(RsJoin *join)
{
	join->probed = false;
	if (!join->built)
		rs_join_build(join);
	else if (join->spill == NULL)
		return false;
	if (join->spill != NULL && !rs_join_next_partition(join))
		return false;
	/* Nothing to match: only rows without a match can be given. */
	join->probed |= join->nrows == 0 && !join->keeps_probe;
	join->probing = false;
	join->position_given = join->end_given = 0;
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
		if (rs_operator_give(op, join->give, batch))
			return true;
		rs_operator_reset_batch(op);
		if (!join->has_table)
		{
			if (!begin_table(join))
				return false;
		}
		else if (join->probed)
		{
			if (join->position_given < join->end_given)
				find_build_rows(join);
			else
				join->has_table = rs_join_marks_build(join) && rs_join_take_rows(join);
		}
		else if (join->probing)
			find_pairs(join);
		else if (!next_probe_batch(join))
		{
			join->probed = true;
			rs_join_end_probe(join);
		}
	}
}

void
rs_join_set_careful(RsOperator *op, bool careful)
{
	/* The build side is read in any case. */
	rs_operator_set_careful(((RsJoin *) op)->probe_side, careful);
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
	rs_operator_forget_waiting(op);
	join->taken = join->given.n = 0;
	join->built = false;
	join->has_table = false;
	join->counted = 0;
}

/*
 * A table of all of the build side, which nobody else uses and no parameter has changed?
 */
static bool
can_probe_again(const RsJoin *join)
{
	return join->built && join->spill == NULL && join->shared == NULL && !rs_join_marks_build(join) &&
		!bms_overlap(join->op.env.parent->chgParam, join->build_side->plan->allParam);
}

static void
rescan(RsOperator *op)
{
	RsJoin	   *join = (RsJoin *) op;

	if (can_probe_again(join))
	{
		join->probed = join->nrows == 0 && !join->keeps_probe;
		join->probing = false;
		join->has_table = true;
		join->probe_side->rescan(join->probe_side);
		return;
	}
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
join_name(JoinType type, bool swapped)
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
			return swapped ? "Hash Right Semi Join" : "Hash Semi Join";
		case JOIN_ANTI:
			return swapped ? "Hash Right Anti Join" : "Hash Anti Join";
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
init_key(RsJoin *join, RsJoinKey *key, Node *outer_expr, Node *inner_expr)
{
	RsExpr	   *outer = rs_expr_compile(&join->op.env, outer_expr);
	RsExpr	   *inner = rs_expr_compile(&join->inner_env, inner_expr);

	key->build = join->swapped ? outer : inner;
	key->probe = join->swapped ? inner : outer;
	key->type = key->build->type;
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
			(join->nkeys > 1 && (!is_short(key->build) || !is_short(key->probe))))
			return false;
	}
	return join->nkeys <= 2;
}

void
rs_mark_columns(Node *node, int varno, bool *used)
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
 * A key of one side, in terms of that side as OUTER_VAR.
 */
static Node *
key_expr(const RsJoin *join, HashJoin *node, Hash *hash, int k, bool build)
{
	if (build == join->swapped)
		return linitial(list_nth_node(OpExpr, node->hashclauses, k)->args);
	return list_nth(hash->hashkeys, k);
}

/*
 * Which columns of both sides are read, and where the build side's are kept.
 */
static void
init_columns(RsJoin *join, HashJoin *node, Hash *hash)
{
	int			ncolumns = join->build_side->ncolumns;
	bool	   *outer_used = palloc0(Max(join->op.outer->ncolumns, 1) * sizeof(bool));
	bool	   *inner_used = palloc0(Max(join->op.inner->ncolumns, 1) * sizeof(bool));
	Node	   *parts[] = {(Node *) node->join.plan.targetlist, (Node *) node->join.plan.qual,
		(Node *) node->join.joinqual, (Node *) node->hashclauses};
	int			i;

	for (i = 0; i < lengthof(parts); i++)
	{
		rs_mark_columns(parts[i], OUTER_VAR, outer_used);
		rs_mark_columns(parts[i], INNER_VAR, inner_used);
	}
	rs_mark_columns((Node *) hash->hashkeys, OUTER_VAR, inner_used);
	join->build_used = join->swapped ? outer_used : inner_used;
	join->probe_used = join->swapped ? inner_used : outer_used;
	join->nstores = ncolumns + join->nkeys;
	join->stores = palloc0(join->nstores * sizeof(RsColumnStore));
	join->store_used = palloc0(join->nstores * sizeof(bool));
	for (i = 0; i < ncolumns; i++)
	{
		join->stores[i].type = join->build_side->types[i];
		join->store_used[i] = join->build_used[i];
	}
	for (i = 0; i < join->nkeys; i++)
	{
		Node	   *expr = key_expr(join, node, hash, i, true);
		RsJoinKey  *key = &join->keys[i];

		key->store = ncolumns + i;
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
make_filters(RsJoin *join, HashJoin *node, Hash *hash, double rows)
{
	int			k;

	if (join->keeps_probe)
		return;
	for (k = 0; k < join->nkeys; k++)
	{
		RsJoinKey  *key = &join->keys[k];
		Node	   *probe = key_expr(join, node, hash, k, false);

		/* varchar as text, or either as char(n): the same bytes. */
		if (IsA(probe, RelabelType) && (exprType(probe) == TEXTOID || exprType(probe) == BPCHAROID))
			probe = (Node *) ((RelabelType *) probe)->arg;
		if (IsA(probe, Var) && ((Var *) probe)->varno == OUTER_VAR)
			key->filter = rs_runtime_filter_create(join->probe_side, ((Var *) probe)->varattno,
												   &key->type, rows, join->op.env.context);
	}
}

static bool
all_safe(List *exprs)
{
	ListCell   *lc;

	foreach(lc, exprs)
		if (!((RsExpr *) lfirst(lc))->safe)
			return false;
	return true;
}

RsOperator *
rs_join_operator(RsEngine *engine, Plan *plan)
{
	HashJoin   *node = (HashJoin *) plan;
	Hash	   *hash = castNode(Hash, innerPlan(plan));
	bool		swapped = rs_join_table_side(node) == outerPlan(plan);
	RsOperator *outer = rs_engine_build(engine, outerPlan(plan));
	RsOperator *inner = rs_engine_build(engine, outerPlan(hash));
	RsJoin	   *join = rs_operator_create(engine, plan, sizeof(RsJoin),
										  join_name(node->join.jointype, swapped), outer, inner);
	RsOperator *op = &join->op;
	EState	   *estate = engine->parent->state;
	ListCell   *lc;

	join->engine = engine;
	join->type = node->join.jointype;
	join->swapped = swapped;
	join->build_side = join->swapped ? outer : inner;
	join->probe_side = join->swapped ? inner : outer;
	join->keeps_probe = join->type == JOIN_LEFT || join->type == JOIN_FULL ||
		(join->type == JOIN_ANTI && !join->swapped);
	join->keeps_build = join->type == JOIN_RIGHT || join->type == JOIN_FULL ||
		(join->type == JOIN_ANTI && join->swapped);
	join->first_match = !join->swapped && (node->join.inner_unique ||
										   join->type == JOIN_SEMI || join->type == JOIN_ANTI);
	join->in_order = rs_join_keeps_order(node);
	join->probe_step = RS_VECTOR_ROWS;
	join->context = AllocSetContextCreate(estate->es_query_cxt, "redshift hash join",
										  ALLOCSET_DEFAULT_SIZES);
	join->probe_arena = rs_arena_create(estate->es_query_cxt);
	join->probe_values = AllocSetContextCreate(estate->es_query_cxt, "redshift probe batch",
											   ALLOCSET_DEFAULT_SIZES);
	/* Keys of the inner side are written in terms of the node below Hash. */
	join->inner_env = op->env;
	join->inner_env.outer = op->env.inner;
	join->nkeys = list_length(node->hashclauses);
	join->keys = palloc0(join->nkeys * sizeof(RsJoinKey));
	foreach(lc, node->hashclauses)
		init_key(join, &join->keys[foreach_current_index(lc)],
				 linitial(lfirst_node(OpExpr, lc)->args),
				 list_nth(hash->hashkeys, foreach_current_index(lc)));
	join->exact = keys_are_exact(join);
	make_filters(join, node, hash, join->build_side->plan->plan_rows *
				 (plan->parallel_aware ? 2 : 1));
	init_columns(join, node, hash);
	foreach(lc, node->join.joinqual)
		join->conditions = lappend(join->conditions, rs_expr_compile(&op->env, lfirst(lc)));
	foreach(lc, plan->qual)
		join->filter = lappend(join->filter, rs_expr_compile(&op->env, lfirst(lc)));
	rs_operator_compile_targets(op);
	join->singly = join->keeps_probe &&
		!(all_safe(join->conditions) && all_safe(join->filter) && all_safe(op->targets));
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
