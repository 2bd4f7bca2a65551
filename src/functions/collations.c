/*
 * collations.c
 *	  LIKE, SIMILAR TO and regular expressions of strings that are compared without regard to case.
 *
 * PostgreSQL has no patterns under collations by which strings that differ are equal.  Under
 * redshift.dialect = redshift such an operator becomes, once a query is analysed, the one that
 * disregards case, under the database's collation: that is written out, for views and compute nodes.
 */
#include "postgres.h"

#include "catalog/pg_collation.h"
#include "functions/collations.h"
#include "nodes/nodeFuncs.h"
#include "utils/lsyscache.h"

/* Operators by their OIDs, which have no macros: of text and of bpchar. */
static const struct
{
	Oid			operator;
	Oid			without_case;
}			patterns[] = {
	{1209, 1627}, {1210, 1628}, {641, 1228}, {642, 1229},
	{1211, 1629}, {1212, 1630}, {1055, 1234}, {1056, 1235},
};

static void
disregard_case(OpExpr *expr)
{
	CollateExpr *collate;

	for (int i = 0; i < lengthof(patterns); i++)
		if (expr->opno == patterns[i].operator || expr->opno == patterns[i].without_case)
		{
			if (get_collation_isdeterministic(expr->inputcollid))
				return;
			expr->opno = patterns[i].without_case;
			expr->opfuncid = InvalidOid;
			set_opfuncid(expr);
			expr->inputcollid = DEFAULT_COLLATION_OID;
			collate = makeNode(CollateExpr);
			collate->arg = linitial(expr->args);
			collate->collOid = DEFAULT_COLLATION_OID;
			collate->location = -1;
			linitial(expr->args) = collate;
			return;
		}
}

static bool
walker(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, walker, context, 0);
	if (IsA(node, OpExpr) && OidIsValid(((OpExpr *) node)->inputcollid))
		disregard_case((OpExpr *) node);
	return expression_tree_walker(node, walker, context);
}

void
rs_disregard_case(Node *query)
{
	(void) walker(query, NULL);
}
