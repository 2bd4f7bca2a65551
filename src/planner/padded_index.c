/*
 * padded_index.c
 *	  Indexes of strings for equalities that do not see trailing blanks.
 *
 * A btree of text has the strings that equal r but for trailing blanks next to each other if
 * it sorts by bytes: they are r, and r with blanks, and so from r on and before r'!', '!' being
 * the byte behind the blank.  What else lies there has a blank or something before it behind
 * r, which is rare.  So where a column of such an index is compared as char(n) with a value,
 * a path is offered that asks the index for that range, and the rows for the condition.
 *
 * It costs what the index would for an equality of text, as the range has hardly more rows;
 * PostgreSQL's guess for ranges whose bounds are not known yet is far too high.
 */
#include "postgres.h"

#include "catalog/pg_am.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_opfamily.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/paths.h"
#include "optimizer/restrictinfo.h"
#include "planner/padded_index.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/pg_locale.h"

/* The first byte that is greater than a blank. */
#define BEHIND_BLANKS	"!"

/* An index whose first column can be asked for ranges of bytes. */
typedef struct ByteIndex
{
	IndexOptInfo *index;
	Oid			at_least;		/* operators of its order */
	Oid			less;
} ByteIndex;

static bool
sorts_by_bytes(IndexOptInfo *index, ByteIndex *bytes)
{
	if (index->relam != BTREE_AM_OID || index->nkeycolumns < 1 || (index->indpred != NIL && !index->predOK))
		return false;
	bytes->index = index;
	switch (index->opfamily[0])
	{
		case TEXT_BTREE_FAM_OID:
			bytes->at_least = TextGreaterEqualOperator;
			bytes->less = TextLessOperator;
			return OidIsValid(index->indexcollations[0]) && lc_collate_is_c(index->indexcollations[0]);
		case TEXT_PATTERN_BTREE_FAM_OID:
			bytes->at_least = TextPatternGreaterEqualOperator;
			bytes->less = TextPatternLessOperator;
			return !OidIsValid(index->indexcollations[0]) || get_collation_isdeterministic(index->indexcollations[0]);
		default:
			return false;
	}
}

/*
 * What the index's column is compared with, if the clause is such an equality; else NULL.
 */
static Node *
compared_with(PlannerInfo *root, const ByteIndex *bytes, Node *clause)
{
	OpExpr	   *op = (OpExpr *) clause;
	int			side;

	if (!IsA(op, OpExpr) || op->opno != BpcharEqualOperator || !OidIsValid(op->inputcollid) ||
		!get_collation_isdeterministic(op->inputcollid))
		return NULL;
	for (side = 0; side < 2; side++)
	{
		Node	   *value = list_nth(op->args, 1 - side);

		if (match_index_to_operand(list_nth(op->args, side), 0, bytes->index) &&
			!bms_is_member((int) bytes->index->rel->relid, pull_varnos(root, value)) &&
			!contain_volatile_functions(value))
			return value;
	}
	return NULL;
}

/*
 * A comparison of the index's column with a text, as one of the index's quals.
 */
static RestrictInfo *
index_qual(PlannerInfo *root, const ByteIndex *bytes, Node *clause, Oid operator, Node *value)
{
	OpExpr	   *op = (OpExpr *) clause;
	Node	   *column = linitial(op->args);
	Oid			collation = bytes->index->indexcollations[0];

	if (!match_index_to_operand(column, 0, bytes->index))
		column = lsecond(op->args);
	column = applyRelabelType(copyObject(column), TEXTOID, -1, collation, COERCE_IMPLICIT_CAST, -1, false);
	return make_simple_restrictinfo(root, make_opclause(operator, BOOLOID, false, (Expr *) column, (Expr *) value,
														InvalidOid, collation));
}

static Path *
range_path(PlannerInfo *root, const ByteIndex *bytes, RestrictInfo *info, Node *value, Relids outer, double loops)
{
	Node	   *clause = (Node *) info->clause;
	Oid			collation = bytes->index->indexcollations[0];
	Const	   *behind = makeConst(TEXTOID, -1, collation, -1, CStringGetTextDatum(BEHIND_BLANKS), false, false);
	IndexClause *index_clause = makeNode(IndexClause);
	IndexPath  *path;
	Node	   *from;
	Node	   *to;

	/* The cast takes the blanks away. */
	from = (Node *) makeFuncExpr(F_TEXT_BPCHAR, TEXTOID, list_make1(copyObject(value)), collation, collation,
								 COERCE_EXPLICIT_CALL);
	to = (Node *) makeFuncExpr(F_TEXTCAT, TEXTOID, list_make2(copyObject(from), behind), collation, collation,
							   COERCE_EXPLICIT_CALL);
	from = eval_const_expressions(root, from);
	to = eval_const_expressions(root, to);
	index_clause->rinfo = info;
	index_clause->indexcol = 0;
	index_clause->lossy = true;
	index_clause->indexquals = list_make1(index_qual(root, bytes, clause, TextEqualOperator, from));
	path = create_index_path(root, bytes->index, list_make1(index_clause), NIL, NIL, NIL, ForwardScanDirection, false,
							 outer, loops, false);
	index_clause->indexquals = list_make2(index_qual(root, bytes, clause, bytes->at_least, from),
										  index_qual(root, bytes, clause, bytes->less, to));
	return &path->path;
}

static double
loops_of(PlannerInfo *root, Relids outer)
{
	double		loops = 0;
	int			relid = -1;

	while ((relid = bms_next_member(outer, relid)) >= 0)
	{
		RelOptInfo *rel = root->simple_rel_array[relid];

		if (rel != NULL && (loops == 0 || rel->rows < loops))
			loops = rel->rows;
	}
	return Max(loops, 1.0);
}

static void
offer(PlannerInfo *root, RelOptInfo *rel, const ByteIndex *bytes, RestrictInfo *info)
{
	Node	   *value = info->pseudoconstant ? NULL : compared_with(root, bytes, (Node *) info->clause);
	Relids		outer;
	double		loops;
	Path	   *path;

	if (value == NULL || !restriction_is_securely_promotable(info, rel))
		return;
	outer = bms_del_member(bms_union(info->clause_relids, rel->lateral_relids), (int) rel->relid);
	loops = loops_of(root, outer);
	if (bms_is_empty(outer))
		outer = NULL;
	path = range_path(root, bytes, info, value, outer, loops);
	if (bytes->index->amhasgetbitmap)
		add_path(rel, (Path *) create_bitmap_heap_path(root, rel, path, outer, loops, 0));
	if (bytes->index->amhasgettuple)
		add_path(rel, path);
}

/* ec_matches_callback_type */
static bool
is_index_column(PlannerInfo *root, RelOptInfo *rel, EquivalenceClass *class, EquivalenceMember *member, void *arg)
{
	const ByteIndex *bytes = arg;

	return list_member_oid(class->ec_opfamilies, BPCHAR_BTREE_FAM_OID) &&
		match_index_to_operand((Node *) member->em_expr, 0, bytes->index);
}

void
rs_add_padded_index_paths(PlannerInfo *root, RelOptInfo *rel)
{
	ListCell   *lc;

	foreach(lc, rel->indexlist)
	{
		ByteIndex	bytes;
		ListCell   *clause;

		if (!sorts_by_bytes(lfirst(lc), &bytes))
			continue;
		foreach(clause, rel->baserestrictinfo)
			offer(root, rel, &bytes, lfirst(clause));
		foreach(clause, rel->joininfo)
			if (join_clause_is_movable_to(lfirst(clause), rel))
				offer(root, rel, &bytes, lfirst(clause));
		if (rel->has_eclass_joins)
			foreach(clause, generate_implied_equalities_for_column(root, rel, is_index_column, &bytes,
																   rel->lateral_referencers))
				offer(root, rel, &bytes, lfirst(clause));
	}
}
