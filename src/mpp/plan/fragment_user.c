/*
 * fragment_user.c
 *	  As whom nodes run fragments.
 *
 * Tables of a view are used with the rights, and under the policies, of the view's owner.
 * A node can only run a whole fragment as someone: so one that reads such tables is run as
 * the owner, reads no tables of others, and calls only what does the same for everyone.
 * Else a function of whoever uses the view would have the rights of its owner there; in
 * PostgreSQL only tables are looked at as the owner, and functions run as their caller.
 */
#include "postgres.h"

#include "access/transam.h"
#include "catalog/namespace.h"
#include "catalog/pg_proc.h"
#include "core/schema.h"
#include "miscadmin.h"
#include "mpp/plan/fragment_user.h"
#include "mpp/plan/tree_query.h"
#include "nodes/nodeFuncs.h"
#include "redshift_ext.h"
#include "utils/lsyscache.h"

Oid
rs_other_user(const RangeTblEntry *entry)
{
	return entry->checkAsUser == GetUserId() ? InvalidOid : entry->checkAsUser;
}

bool
rs_uses_tables_as_other(const Query *query)
{
	ListCell   *lc;

	foreach(lc, query->rtable)
	{
		const RangeTblEntry *entry = lfirst_node(RangeTblEntry, lc);

		if (entry->rtekind == RTE_RELATION && OidIsValid(rs_other_user(entry)))
			return true;
		if (entry->rtekind == RTE_SUBQUERY && entry->subquery != NULL && rs_uses_tables_as_other(entry->subquery))
			return true;
	}
	foreach(lc, query->cteList)
		if (rs_uses_tables_as_other(castNode(Query, lfirst_node(CommonTableExpr, lc)->ctequery)))
			return true;
	return false;
}

/*
 * What PostgreSQL itself and this extension call immutable reads nothing and changes
 * nothing; what others do may not be so.  Nor do those of the extension's stable functions
 * that fragments have say anything that depends on who asks.  No other one may be called
 * with the rights of a user who has not called it.
 */
static bool
harmful_function(Oid function, void *context)
{
	const char *name;

	if (function >= FirstNormalObjectId && get_func_namespace(function) != rs_extension_schema())
		return true;
	if (func_volatile(function) == PROVOLATILE_IMMUTABLE)
		return false;
	name = function >= FirstNormalObjectId ? get_func_name(function) : NULL;
	return name == NULL ||
		(strcmp(name, "row_at") != 0 && strcmp(name, "row_address") != 0 && strcmp(name, "cluster_ctid") != 0);
}

/*
 * What reads the rows of another stage of the same statement, by a name that is no
 * expression of anybody's.
 */
static bool
reads_stage(const FuncExpr *function)
{
	const Param *name = function->args != NIL ? linitial(function->args) : NULL;

	return name != NULL && IsA(name, Param) && name->location == RS_TEXT_NAME;
}

static bool
harmful(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, harmful, context, 0);

	/* The leader computes it, as the current user. */
	if (rs_text_is_leaders(node) || (IsA(node, FuncExpr) && reads_stage((FuncExpr *) node)))
		return false;

	/* A domain's constraints call anything. */
	if (IsA(node, CoerceToDomain) && ((CoerceToDomain *) node)->resulttype >= FirstNormalObjectId)
		return true;
	return check_functions_in_node(node, harmful_function, NULL) || expression_tree_walker(node, harmful, context);
}

bool
rs_harmless(Node *node)
{
	return !harmful(node, NULL);
}

/*
 * *known: a table was found; its user is *userid.  What the leader computes is the
 * leader's matter.
 */
static bool
one_user(const RsTree *tree, Oid *userid, bool *known)
{
	if (tree == NULL || tree->kind == RS_TREE_LEADER)
		return true;
	/* Files are read as whoever runs the query: it is they who were given the rights to them. */
	if (tree->kind == RS_TREE_SCAN || tree->kind == RS_TREE_FILES)
	{
		Oid			other = tree->kind == RS_TREE_SCAN ? rs_other_user(tree->rte) : InvalidOid;

		if (*known && *userid != other)
			return false;
		*userid = other;
		*known = true;
		return true;
	}
	return one_user(tree->outer, userid, known) && one_user(tree->inner, userid, known);
}

bool
rs_tree_user(const RsTree *tree, Oid *userid)
{
	bool		known = false;

	*userid = InvalidOid;
	return one_user(tree, userid, &known);
}
