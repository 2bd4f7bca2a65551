/*
 * predicates.c
 *	  Conjuncts that zone maps can refute, from a plan's quals.
 *
 * A clause is used if one side is a column of the table and the other is free of
 * its columns and of volatile functions, and the operator is a btree comparison
 * of the column type's default operator family (cross-type members included), a
 * prefix match, or a NULL test.  The clause itself stays among the scan's quals:
 * a predicate only ever skips rows that could not have passed them.
 */
#include "postgres.h"

#include "access/nbtree.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "mb/pg_wchar.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/pg_locale.h"
#include "utils/typcache.h"
#include "vector/scan/predicates.h"

/* A clause taken apart. */
typedef struct Clause
{
	Var		   *var;
	Expr	   *value;			/* NULL for NULL tests and booleans */
	RsPredicateKind kind;
	StrategyNumber strategy;
	Oid			cmp_proc;		/* btree order proc */
	Oid			collation;
	bool		is_pattern;
	bool		padded;			/* a string is compared as if it were char(n) */
	bool		constant;		/* boolean columns: the value wanted */
} Clause;

static bool
is_bytes_type(Oid typid)
{
	return typid == TEXTOID || typid == VARCHAROID || typid == BPCHAROID || typid == BYTEAOID;
}

/*
 * The expression as a column of the table, seen through binary relabelling.
 */
static Var *
as_column(Node *node, Index varno)
{
	while (node != NULL && IsA(node, RelabelType))
		node = (Node *) ((RelabelType *) node)->arg;
	if (node == NULL || !IsA(node, Var) || ((Var *) node)->varno != varno ||
		((Var *) node)->varattno <= 0 || ((Var *) node)->varlevelsup != 0)
		return NULL;
	return (Var *) node;
}

static bool
is_value(Node *node, Index varno)
{
	return !bms_is_member(varno, pull_varnos(NULL, node)) && !contain_volatile_functions(node) &&
		!contain_subplans(node) && pull_varnos(NULL, node) == NULL;
}

/*
 * Find the operator in the default btree family of the column's base type, or of char's
 * where a string is relabelled so.
 */
static bool
match_btree(Oid operator, Node *column, Clause *clause)
{
	Oid			type = getBaseType(clause->var->vartype);
	TypeCacheEntry *cache;
	Oid			left;
	Oid			right;
	int			strategy;

	clause->padded = exprType(column) == BPCHAROID && (type == TEXTOID || type == VARCHAROID);
	cache = lookup_type_cache(clause->padded ? BPCHAROID : type, TYPECACHE_BTREE_OPFAMILY);
	if (!OidIsValid(cache->btree_opf) || !op_in_opfamily(operator, cache->btree_opf))
		return false;
	get_op_opfamily_properties(operator, cache->btree_opf, false, &strategy, &left, &right);
	clause->strategy = (StrategyNumber) strategy;
	clause->cmp_proc = get_opfamily_proc(cache->btree_opf, left, right, BTORDER_PROC);
	return OidIsValid(clause->cmp_proc);
}

/*
 * A pattern whose matches begin with anything?  Zone maps can't refute those.
 */
static bool
begins_anyhow(Expr *pattern)
{
	Const	   *constant = (Const *) pattern;
	text	   *value;

	if (!IsA(pattern, Const) || constant->constisnull)
		return false;
	value = DatumGetTextPP(constant->constvalue);
	return VARSIZE_ANY_EXHDR(value) > 0 && (*VARDATA_ANY(value) == '%' || *VARDATA_ANY(value) == '_');
}

static bool
take_operator(OpExpr *op, Index varno, Clause *clause)
{
	Node	   *left;
	Node	   *right;
	Oid			operator = op->opno;

	if (list_length(op->args) != 2)
		return false;
	left = linitial(op->args);
	right = lsecond(op->args);
	clause->var = as_column(left, varno);
	if (clause->var == NULL)
	{
		clause->var = as_column(right, varno);
		operator = get_commutator(operator);
		left = right;
		right = linitial(op->args);
	}
	if (clause->var == NULL || !OidIsValid(operator) || !is_value(right, varno))
		return false;
	clause->value = (Expr *) right;
	clause->collation = op->inputcollid;
	clause->kind = RS_PRED_COMPARE;
	if (match_btree(operator, left, clause))
		return true;

	/* LIKE and ^@ have the pattern on the right only. */
	if (operator != op->opno)
		return false;
	clause->kind = RS_PRED_PREFIX;
	clause->padded = false;
	clause->is_pattern = operator == OID_TEXT_LIKE_OP || operator == OID_BPCHAR_LIKE_OP ||
		operator == OID_BYTEA_LIKE_OP;
	return clause->is_pattern ? !begins_anyhow((Expr *) right) : op->opfuncid == F_STARTS_WITH;
}

static bool
take_in(ScalarArrayOpExpr *op, Index varno, Clause *clause)
{
	clause->var = as_column(linitial(op->args), varno);
	if (clause->var == NULL || !op->useOr || !is_value(lsecond(op->args), varno) ||
		!match_btree(op->opno, linitial(op->args), clause) ||
		clause->strategy != BTEqualStrategyNumber)
		return false;
	clause->value = lsecond(op->args);
	clause->kind = RS_PRED_IN;
	clause->collation = op->inputcollid;
	return true;
}

/*
 * A boolean column as a condition: b, NOT b, b IS TRUE, b IS FALSE.
 */
static bool
take_boolean(Node *node, Index varno, Clause *clause)
{
	clause->constant = true;
	if (IsA(node, BooleanTest))
	{
		BooleanTest *test = (BooleanTest *) node;

		if (test->booltesttype != IS_TRUE && test->booltesttype != IS_FALSE)
			return false;
		clause->constant = test->booltesttype == IS_TRUE;
		node = (Node *) test->arg;
	}
	else if (is_notclause(node))
	{
		clause->constant = false;
		node = (Node *) get_notclausearg(node);
	}
	clause->var = as_column(node, varno);
	if (clause->var == NULL || clause->var->vartype != BOOLOID)
		return false;
	clause->kind = RS_PRED_COMPARE;
	clause->strategy = BTEqualStrategyNumber;
	clause->cmp_proc = F_BTBOOLCMP;
	return true;
}

static bool
take_apart(Node *node, Index varno, Clause *clause)
{
	memset(clause, 0, sizeof(Clause));
	if (IsA(node, OpExpr))
		return take_operator((OpExpr *) node, varno, clause);
	if (IsA(node, ScalarArrayOpExpr))
		return take_in((ScalarArrayOpExpr *) node, varno, clause);
	if (IsA(node, NullTest))
	{
		NullTest   *test = (NullTest *) node;

		clause->var = as_column((Node *) test->arg, varno);
		clause->kind = test->nulltesttype == IS_NULL ? RS_PRED_IS_NULL : RS_PRED_IS_NOT_NULL;
		return clause->var != NULL && !test->argisrow;
	}
	return take_boolean(node, varno, clause);
}

/*
 * Does the value have the bytes that bounds of text, varchar, char and bytea
 * are compared with?  Comparisons across types (text = name) have others.
 */
static bool
has_bytes_value(const Clause *clause)
{
	Oid			type;

	if (clause->value == NULL)
		return false;
	type = getBaseType(exprType((Node *) clause->value));
	if (clause->kind == RS_PRED_IN)
		type = getBaseType(get_element_type(type));
	return is_bytes_type(type);
}

/*
 * Which bounds the clause may be held against; false if none, and a NULL test
 * needs none.
 */
static bool
find_orders(const Clause *clause, bool *btree_order, bool *bytes_order)
{
	Oid			type = getBaseType(clause->var->vartype);

	*btree_order = *bytes_order = false;
	if (clause->kind == RS_PRED_IS_NULL || clause->kind == RS_PRED_IS_NOT_NULL)
		return true;
	if (!is_bytes_type(type))
	{
		/*
		 * Bounds of the other types with a collation (name, arrays of text) are
		 * kept in byte order only, see zone_map.c.
		 */
		*btree_order = OidIsValid(clause->cmp_proc) &&
			(!OidIsValid(clause->var->varcollid) || lc_collate_is_c(clause->collation));
		return *btree_order;
	}
	if (!has_bytes_value(clause) ||
		(OidIsValid(clause->collation) && !get_collation_isdeterministic(clause->collation)))
		return false;
	*bytes_order = clause->kind == RS_PRED_PREFIX || clause->kind == RS_PRED_IN ||
		clause->strategy == BTEqualStrategyNumber || type == BYTEAOID ||
		lc_collate_is_c(clause->collation);
	return *bytes_order;
}

bool
rs_predicate_clause(Node *clause, Index varno)
{
	Clause		taken;
	bool		btree_order;
	bool		bytes_order;

	return take_apart(clause, varno, &taken) && find_orders(&taken, &btree_order, &bytes_order);
}

List *
rs_predicate_clauses(List *quals, Index varno)
{
	List	   *clauses = NIL;
	ListCell   *lc;

	foreach(lc, quals)
		if (rs_predicate_clause(lfirst(lc), varno))
			clauses = lappend(clauses, lfirst(lc));
	return clauses;
}

RsPredicateSet *
rs_predicates_init(List *quals, Index varno, PlanState *parent)
{
	RsPredicateSet *set = palloc0(sizeof(RsPredicateSet));
	int			n = Max(list_length(quals), 1);
	ListCell   *lc;

	set->preds = palloc0(n * sizeof(RsPredicate));
	set->values = palloc0(n * sizeof(ExprState *));
	set->is_pattern = palloc0(n * sizeof(bool));
	set->element_types = palloc0(n * sizeof(Oid));
	set->context = AllocSetContextCreate(CurrentMemoryContext, "redshift predicates",
										 ALLOCSET_SMALL_SIZES);
	foreach(lc, quals)
	{
		RsPredicate *pred = &set->preds[set->n];
		Clause		clause;

		if (!take_apart(lfirst(lc), varno, &clause) ||
			!find_orders(&clause, &pred->btree_order, &pred->bytes_order))
			continue;
		pred->attno = clause.var->varattno;
		pred->kind = clause.kind;
		pred->strategy = clause.strategy;
		pred->collation = clause.collation;
		pred->padded = clause.padded;
		if (OidIsValid(clause.cmp_proc))
			fmgr_info(clause.cmp_proc, &pred->cmp);
		if (clause.value != NULL)
		{
			set->values[set->n] = ExecInitExpr(clause.value, parent);
			set->is_pattern[set->n] = clause.is_pattern;
			if (clause.kind == RS_PRED_IN)
				set->element_types[set->n] = get_element_type(exprType((Node *) clause.value));
			pred->value_type = clause.kind == RS_PRED_IN ? set->element_types[set->n] : exprType((Node *) clause.value);
		}
		else
			pred->value = BoolGetDatum(clause.constant);
		set->n++;
	}
	return set;
}

/*
 * The literal bytes that every match of a LIKE pattern begins with.
 */
static Datum
pattern_prefix(Datum pattern)
{
	text	   *p = DatumGetTextPP(pattern);
	const char *at = VARDATA_ANY(p);
	const char *end = at + VARSIZE_ANY_EXHDR(p);
	char	   *prefix = palloc(VARHDRSZ + (end - at));
	int			n = 0;

	for (; at < end && *at != '%' && *at != '_'; at++)
	{
		if (*at == '\\' && ++at == end)
			break;
		prefix[VARHDRSZ + n++] = *at;
	}
	SET_VARSIZE(prefix, VARHDRSZ + n);
	return PointerGetDatum(prefix);
}

static void
set_in_values(RsPredicate *pred, Datum value, Oid element_type)
{
	ArrayType  *array = DatumGetArrayTypeP(value);
	int16		length;
	bool		byval;
	char		align;
	bool	   *nulls;
	int			n = 0;
	int			i;

	get_typlenbyvalalign(element_type, &length, &byval, &align);
	deconstruct_array(array, element_type, length, byval, align, &pred->values, &nulls,
					  &pred->nvalues);
	for (i = 0; i < pred->nvalues; i++)
		if (!nulls[i])
			pred->values[n++] = length == -1 ?
				PointerGetDatum(PG_DETOAST_DATUM_PACKED(pred->values[i])) : pred->values[i];
	pred->nvalues = n;
}

void
rs_predicates_compute(RsPredicateSet *set, ExprContext *econtext)
{
	MemoryContext old;
	int			i;

	MemoryContextReset(set->context);
	old = MemoryContextSwitchTo(set->context);
	for (i = 0; i < set->n; i++)
	{
		RsPredicate *pred = &set->preds[i];
		bool		isnull;
		int16		length;
		bool		byval;

		if (set->values[i] == NULL)
			continue;
		pred->value = ExecEvalExpr(set->values[i], econtext, &isnull);
		pred->never = isnull;
		if (isnull)
			continue;
		get_typlenbyval(exprType((Node *) set->values[i]->expr), &length, &byval);
		if (length == -1)
			pred->value = PointerGetDatum(PG_DETOAST_DATUM_COPY(pred->value));
		if (pred->kind == RS_PRED_IN)
			set_in_values(pred, pred->value, set->element_types[i]);
		else if (pred->kind == RS_PRED_PREFIX && set->is_pattern[i])
			pred->value = pattern_prefix(pred->value);
	}
	MemoryContextSwitchTo(old);
}
