/*
 * grouping_sets.c
 *	  Rows of several grouping sets, for one aggregation.
 *
 * GROUPING SETS, ROLLUP and CUBE are one aggregation by their columns and the number
 * of the set, over rows that come once for each set, with NULL in the columns that
 * the set lacks.  So one table has the groups of all sets, and the input is read
 * once; a batch is passed on for each set, of which only the key columns differ.
 *
 * Where one set has the columns of all others, the rows may be asked for that set
 * alone: the aggregation then makes the others' groups of its groups.
 *
 * Arguments of aggregates see the columns as they are; HAVING, the target list and
 * direct arguments see those that are NULL in the group's set.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "vector/aggregate/group_table.h"
#include "vector/aggregate/grouping_sets.h"

typedef struct GroupingSets
{
	RsOperator	op;
	int			nsets;
	Bitmapset **sets;			/* of attribute numbers of the input */
	int			nkeys;
	AttrNumber *keys;
	List	   *groupings;		/* GroupingFuncs */
	RsVectorBatch batch;		/* of the input */
	int			only;			/* the set that rows are asked for; -1: all */
	int			next;			/* set to pass it on for; nsets: the next batch */
	bool		any;			/* the input had rows */
} GroupingSets;

/* ---------------------------------------------------------------------
 * The plan
 * ---------------------------------------------------------------------
 */

bool
rs_has_grouping_sets(const Agg *agg)
{
	return agg->groupingSets != NIL || agg->chain != NIL;
}

/*
 * The first n grouping columns of one aggregation of the chain.
 */
static List *
first_columns(const Agg *agg, int n)
{
	List	   *set = NIL;
	int			i;

	for (i = 0; i < n; i++)
		set = lappend_int(set, agg->grpColIdx[i]);
	return set;
}

/*
 * A hashed one has a single set; of a sorted one each is a prefix of its columns.
 */
static List *
add_sets(List *sets, const Agg *agg)
{
	ListCell   *lc;

	if (agg->aggstrategy == AGG_HASHED || agg->aggstrategy == AGG_MIXED ||
		agg->groupingSets == NIL)
		return lappend(sets, first_columns(agg, agg->numCols));
	foreach(lc, agg->groupingSets)
		sets = lappend(sets, first_columns(agg, list_length(lfirst(lc))));
	return sets;
}

List *
rs_grouping_sets(const Agg *agg)
{
	List	   *sets = add_sets(NIL, agg);
	ListCell   *lc;

	foreach(lc, agg->chain)
		sets = add_sets(sets, lfirst(lc));
	return sets;
}

static bool
keys_supported(const Agg *agg, List *targets)
{
	int			i;

	for (i = 0; i < agg->numCols; i++)
	{
		TargetEntry *key = list_nth(targets, agg->grpColIdx[i] - 1);

		if (!rs_key_type_supported(exprType((Node *) key->expr), agg->grpOperators[i],
								   agg->grpCollations[i]))
			return false;
	}
	return true;
}

bool
rs_grouping_keys_supported(const Agg *agg)
{
	List	   *targets = outerPlan(agg)->targetlist;
	ListCell   *lc;

	foreach(lc, agg->chain)
		if (!keys_supported(lfirst(lc), targets))
			return false;
	return keys_supported(agg, targets);
}

/* ---------------------------------------------------------------------
 * Expressions
 * ---------------------------------------------------------------------
 */

AttrNumber
rs_grouping_sets_column(RsOperator *op, AttrNumber attno)
{
	GroupingSets *own = (GroupingSets *) op;
	int			k;

	for (k = 0; k < own->nkeys; k++)
		if (own->keys[k] == attno)
			return (AttrNumber) (op->outer->ncolumns + k + 1);
	return attno;
}

static Node *
replace_mutator(Node *node, void *context)
{
	GroupingSets *own = context;

	if (node == NULL)
		return NULL;
	if (IsA(node, Var) && ((Var *) node)->varno == OUTER_VAR)
	{
		Var		   *var = copyObject((Var *) node);

		var->varattno = rs_grouping_sets_column(&own->op, var->varattno);
		return (Node *) var;
	}
	if (IsA(node, Aggref))
	{
		Aggref	   *aggref = makeNode(Aggref);

		*aggref = *(Aggref *) node;
		aggref->aggdirectargs = (List *) replace_mutator((Node *) aggref->aggdirectargs, context);
		return (Node *) aggref;
	}
	if (IsA(node, GroupingFunc))
	{
		ListCell   *lc;

		foreach(lc, own->groupings)
			if (equal(((GroupingFunc *) lfirst(lc))->cols, ((GroupingFunc *) node)->cols))
				return (Node *) makeVar(OUTER_VAR,
										(AttrNumber) (own->op.outer->ncolumns + own->nkeys + 2 +
													  foreach_current_index(lc)),
										INT4OID, -1, InvalidOid, 0);
		elog(ERROR, "GROUPING() was not found");
	}
	return expression_tree_mutator(node, replace_mutator, context);
}

Node *
rs_grouping_sets_expression(RsOperator *op, Node *expr)
{
	return replace_mutator(expr, op);
}

static bool
find_groupings(Node *node, void *context)
{
	GroupingSets *own = context;

	if (node == NULL)
		return false;
	if (IsA(node, GroupingFunc))
	{
		own->groupings = lappend(own->groupings, node);
		return false;
	}
	return expression_tree_walker(node, find_groupings, context);
}

/* ---------------------------------------------------------------------
 * The operator
 * ---------------------------------------------------------------------
 */

static RsVector *
null_column(RsArena *arena, const RsVectorType *type, uint32 n)
{
	RsVector   *vector = rs_vector_create(arena, type->form, n);

	memset(vector->data, 0, n * rs_form_width(type->form));
	vector->null = rs_arena_alloc(arena, n);
	memset(vector->null, 1, n);
	return vector;
}

static RsVector *
number_column(RsArena *arena, RsForm form, int32 number, uint32 n)
{
	RsVector   *vector = rs_vector_create(arena, form, n);
	uint32		i;

	if (form == RS_FORM_I8)
	{
		memset(vector->data, number, n);
		return vector;
	}
	for (i = 0; i < n; i++)
		((int32 *) vector->data)[i] = number;
	return vector;
}

/*
 * GROUPING() in a set: a bit for each argument, 1 if the set lacks it.
 */
static int32
grouping_value(const GroupingFunc *grouping, const Bitmapset *set)
{
	uint32		value = 0;
	ListCell   *lc;

	foreach(lc, grouping->cols)
		value = value << 1 | !bms_is_member(lfirst_int(lc), set);
	return (int32) value;
}

const RsVector *
rs_grouping_sets_value(RsOperator *op, int set, AttrNumber attno, const RsVector *value,
					   RsArena *arena, uint32 n)
{
	GroupingSets *own = (GroupingSets *) op;
	int			at = attno - 1 - op->outer->ncolumns;
	const RsVectorType *type = &op->types[attno - 1];

	if (at < 0)
		return value;
	if (at < own->nkeys)
		return bms_is_member(own->keys[at], own->sets[set]) ? value : null_column(arena, type, n);
	return number_column(arena, type->form, at == own->nkeys ? set :
						 grouping_value(list_nth(own->groupings, at - own->nkeys - 1), own->sets[set]),
						 n);
}

/*
 * The columns that are appended for a set.
 */
static void
append_columns(GroupingSets *own, int s, uint32 n, const RsVector **columns)
{
	RsOperator *op = &own->op;
	int			at;

	for (at = op->outer->ncolumns; at < op->ncolumns; at++)
	{
		int			k = at - op->outer->ncolumns;

		columns[at] = rs_grouping_sets_value(op, s, (AttrNumber) (at + 1),
											 k < own->nkeys ? columns[own->keys[k] - 1] : NULL,
											 op->arena, n);
	}
}

static bool
next(RsOperator *op, RsVectorBatch *batch)
{
	GroupingSets *own = (GroupingSets *) op;

	if (own->next == own->nsets)
	{
		if (!rs_operator_next(op->outer, &own->batch))
			return false;
		own->next = Max(own->only, 0);
		own->any = true;
	}
	rs_operator_reset_batch(op);
	batch->n = own->batch.n;
	batch->columns = rs_arena_alloc(op->arena, op->ncolumns * sizeof(RsVector *));
	memcpy(batch->columns, own->batch.columns, op->outer->ncolumns * sizeof(RsVector *));
	append_columns(own, own->next, batch->n, batch->columns);
	own->next = own->only >= 0 ? own->nsets : own->next + 1;
	return true;
}

int
rs_grouping_sets_count(const RsOperator *op)
{
	return ((const GroupingSets *) op)->nsets;
}

const Bitmapset *
rs_grouping_set(const RsOperator *op, int set)
{
	return ((const GroupingSets *) op)->sets[set];
}

void
rs_grouping_sets_ask(RsOperator *op, int set)
{
	((GroupingSets *) op)->only = set;
}

bool
rs_grouping_sets_empty(RsOperator *op, RsVectorBatch *batch)
{
	GroupingSets *own = (GroupingSets *) op;
	int			c;

	if (own->any)
		return false;
	/* So the end of the input left it. */
	if (own->next == own->nsets)
		own->next = 0;
	while (own->next < own->nsets && !bms_is_empty(own->sets[own->next]))
		own->next++;
	if (own->next == own->nsets)
	{
		own->any = true;
		return false;
	}
	rs_operator_reset_batch(op);
	batch->n = 1;
	batch->columns = rs_arena_alloc(op->arena, op->ncolumns * sizeof(RsVector *));
	for (c = 0; c < op->outer->ncolumns; c++)
		batch->columns[c] = null_column(op->arena, &op->types[c], 1);
	append_columns(own, own->next++, 1, batch->columns);
	own->any = own->next == own->nsets;
	return true;
}

static void
forget(RsOperator *op)
{
	GroupingSets *own = (GroupingSets *) op;

	own->next = own->nsets;
	own->any = false;
}

static void
rescan(RsOperator *op)
{
	forget(op);
	op->outer->rescan(op->outer);
}

static void
add_target(Plan *plan, Expr *expr)
{
	AttrNumber	resno = (AttrNumber) (list_length(plan->targetlist) + 1);

	plan->targetlist = lappend(plan->targetlist, makeTargetEntry(expr, resno, NULL, false));
}

/*
 * What stands for the operator in place of a plan node: its columns.
 */
static Plan *
describe(GroupingSets *own, const Agg *agg, const RsOperator *input)
{
	Plan	   *plan = &makeNode(Result)->plan;
	int			i;

	for (i = 0; i < input->ncolumns + own->nkeys; i++)
	{
		int			column = i < input->ncolumns ? i : own->keys[i - input->ncolumns] - 1;
		Form_pg_attribute attr = TupleDescAttr(input->desc, column);

		add_target(plan, (Expr *) makeVar(OUTER_VAR, (AttrNumber) (column + 1), attr->atttypid,
										  attr->atttypmod, attr->attcollation, 0));
	}
	/* A short number takes less room in keys. */
	if (own->nsets <= PG_INT8_MAX)
		add_target(plan, (Expr *) makeConst(CHAROID, -1, InvalidOid, 1, CharGetDatum(0), false, true));
	for (i = own->nsets <= PG_INT8_MAX; i <= list_length(own->groupings); i++)
		add_target(plan, (Expr *) makeConst(INT4OID, -1, InvalidOid, sizeof(int32),
											Int32GetDatum(0), false, true));
	plan->plan_node_id = agg->plan.plan_node_id;
	return plan;
}

RsOperator *
rs_grouping_sets_operator(RsEngine *engine, const Agg *agg, RsOperator *input)
{
	GroupingSets wanted = {{0}};
	GroupingSets *own;
	List	   *sets = rs_grouping_sets(agg);
	Bitmapset  *all = NULL;
	ListCell   *lc;
	int			attno = -1;

	wanted.nsets = wanted.next = list_length(sets);
	wanted.only = -1;
	wanted.sets = palloc0(wanted.nsets * sizeof(Bitmapset *));
	foreach(lc, sets)
	{
		Bitmapset **set = &wanted.sets[foreach_current_index(lc)];
		ListCell   *cell;

		foreach(cell, lfirst(lc))
			*set = bms_add_member(*set, lfirst_int(cell));
		all = bms_add_members(all, *set);
	}
	wanted.keys = palloc(Max(bms_num_members(all), 1) * sizeof(AttrNumber));
	while ((attno = bms_next_member(all, attno)) >= 0)
		wanted.keys[wanted.nkeys++] = (AttrNumber) attno;
	(void) find_groupings((Node *) agg->plan.targetlist, &wanted);
	(void) find_groupings((Node *) agg->plan.qual, &wanted);
	own = rs_operator_create(engine, describe(&wanted, agg, input), sizeof(GroupingSets),
							 "Grouping Sets", input, NULL);
	wanted.op = own->op;
	*own = wanted;
	own->op.next = next;
	own->op.rescan = rescan;
	own->op.end = forget;
	return &own->op;
}

void
rs_grouping_sets_keys(RsOperator *op, AttrNumber *first, int *nkeys)
{
	*first = (AttrNumber) (op->outer->ncolumns + 1);
	*nkeys = ((GroupingSets *) op)->nkeys + 1;
}
