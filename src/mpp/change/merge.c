/*
 * merge.c
 *	  MERGE that inserts rows whose node the condition does not tell.
 *
 * Where the source can be sent to the nodes of its matches nodes run MERGE as it is
 * (update.c).  Else the leader keeps the rows of the source as a WITH query does (with.c),
 * and there are several statements with one snapshot: MERGE without what it inserts, for
 * which all nodes get the source; and for each INSERT of it one of the rows of the source
 * that match nothing, which finds their nodes.
 */
#include "postgres.h"

#include "mpp/change/modify.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "utils/lsyscache.h"

#define SOURCE_NAME		"rows of the source"

typedef struct Split
{
	const Query *merge;
	List	   *columns;		/* of the source: Vars of the MERGE */
	Index		source;			/* where expressions are carried to: the source's place, */
	Index		target;			/* and the target's; 0: its columns cannot be named */
	int			outer;			/* how many levels up the source is from the target */
	int			depth;
} Split;

/* ---------------------------------------------------------------------
 * Expressions
 * ---------------------------------------------------------------------
 */

static int
column_of(Split *split, const Var *var)
{
	Var		   *own = copyObject(unconstify(Var *, var));
	ListCell   *lc;

	own->varlevelsup = 0;
	own->location = -1;
	foreach(lc, split->columns)
		if (equal(lfirst(lc), own))
			return foreach_current_index(lc) + 1;
	split->columns = lappend(split->columns, own);
	return list_length(split->columns);
}

/*
 * An expression of the MERGE over the kept source.
 */
static Node *
carry(Node *node, Split *split)
{
	if (node == NULL)
		return NULL;
	if (IsA(node, Query))
	{
		Query	   *query;

		split->depth++;
		query = query_tree_mutator((Query *) node, carry, split, 0);
		split->depth--;
		return (Node *) query;
	}
	if (IsA(node, Var) && (int) ((Var *) node)->varlevelsup == split->depth)
	{
		Var		   *var = (Var *) copyObject(node);

		var->varnosyn = 0;
		var->varattnosyn = 0;
		if (var->varno == split->merge->resultRelation)
			var->varno = split->target;
		else
		{
			var->varattno = column_of(split, (Var *) node);
			var->varno = split->source;
			var->varlevelsup += split->outer;
		}
		return (Node *) var;
	}
	return expression_tree_mutator(node, carry, split);
}

static Node *
carried(Split *split, Node *node, Index source, Index target, int outer)
{
	split->source = source;
	split->target = target;
	split->outer = outer;
	return carry(node, split);
}

/* ---------------------------------------------------------------------
 * Statements
 * ---------------------------------------------------------------------
 */

/*
 * What the MERGE reads, as rows of the columns that it names.
 */
static Query *
source_rows(const Split *split)
{
	Query	   *query = copyObject(unconstify(Query *, split->merge));
	ListCell   *lc;

	query->commandType = CMD_SELECT;
	query->resultRelation = 0;
	query->mergeActionList = NIL;
	query->mergeUseOuterJoin = false;
	query->jointree->quals = NULL;
	query->targetList = NIL;
	foreach(lc, split->columns)
	{
		int			n = foreach_current_index(lc) + 1;

		query->targetList = lappend(query->targetList,
									makeTargetEntry(copyObject(lfirst(lc)), n, psprintf("c%d", n), false));
	}

	/* A row without columns is a row still. */
	if (query->targetList == NIL)
		query->targetList = list_make1(makeTargetEntry((Expr *) makeBoolConst(true, false), 1, "c1", false));
	return query;
}

static RangeTblEntry *
kept_source(const Query *source, double rows)
{
	RangeTblEntry *rte = makeNode(RangeTblEntry);
	ListCell   *lc;

	rte->rtekind = RTE_NAMEDTUPLESTORE;
	rte->enrname = SOURCE_NAME;
	rte->enrtuples = rows;
	rte->alias = makeAlias("s", NIL);
	rte->eref = makeAlias("s", NIL);
	rte->inFromCl = true;
	foreach(lc, source->targetList)
	{
		TargetEntry *entry = lfirst_node(TargetEntry, lc);

		rte->eref->colnames = lappend(rte->eref->colnames, makeString(pstrdup(entry->resname)));
		rte->coltypes = lappend_oid(rte->coltypes, exprType((Node *) entry->expr));
		rte->coltypmods = lappend_int(rte->coltypmods, exprTypmod((Node *) entry->expr));
		rte->colcollations = lappend_oid(rte->colcollations, exprCollation((Node *) entry->expr));
	}
	return rte;
}

static FromExpr *
from_entry(int index, Node *quals)
{
	RangeTblRef *ref = makeNode(RangeTblRef);

	ref->rtindex = index;
	return makeFromExpr(list_make1(ref), quals);
}

static RangeTblEntry *
target_entry(const Split *split)
{
	return copyObject(rt_fetch(split->merge->resultRelation, split->merge->rtable));
}

/*
 * MERGE with what it does where rows match; NULL if that is nothing.
 */
static Query *
matched_only(Split *split)
{
	const Query *merge = split->merge;
	Query	   *query = makeNode(Query);
	ListCell   *lc;

	foreach(lc, merge->mergeActionList)
	{
		MergeAction *action = copyObject(lfirst_node(MergeAction, lc));

		if (!action->matched)
			continue;
		action->qual = carried(split, action->qual, 2, 1, 0);
		action->targetList = (List *) carried(split, (Node *) action->targetList, 2, 1, 0);
		query->mergeActionList = lappend(query->mergeActionList, action);
	}
	if (query->mergeActionList == NIL)
		return NULL;
	query->commandType = CMD_MERGE;
	query->querySource = merge->querySource;
	query->resultRelation = 1;
	query->hasSubLinks = merge->hasSubLinks;
	query->hasRowSecurity = merge->hasRowSecurity;
	query->withCheckOptions = copyObject(merge->withCheckOptions);
	query->rtable = list_make1(target_entry(split));
	query->jointree = from_entry(2, carried(split, merge->jointree->quals, 2, 1, 0));
	return query;
}

/*
 * NOT EXISTS (SELECT FROM target WHERE they match)
 */
static Node *
matches_nothing(Split *split)
{
	SubLink    *link = makeNode(SubLink);
	Query	   *query = makeNode(Query);
	RangeTblEntry *target = target_entry(split);

	target->requiredPerms = ACL_SELECT;
	target->inFromCl = true;
	query->commandType = CMD_SELECT;
	query->canSetTag = true;
	query->hasSubLinks = split->merge->hasSubLinks;
	query->rtable = list_make1(target);
	query->jointree = from_entry(1, carried(split, split->merge->jointree->quals, 2, 1, 1));
	query->targetList = list_make1(makeTargetEntry((Expr *) makeBoolConst(true, false), 1, "c1", false));
	link->subLinkType = EXISTS_SUBLINK;
	link->subselect = (Node *) query;
	link->location = -1;
	return (Node *) makeBoolExpr(NOT_EXPR, list_make1(link), -1);
}

/*
 * INSERT of the rows that match nothing and are left by the actions before (conditions).
 */
static Query *
insert_of(Split *split, const MergeAction *action, List *conditions)
{
	Query	   *query = makeNode(Query);
	RangeTblEntry *target = target_entry(split);

	target->requiredPerms = ACL_INSERT;
	query->commandType = CMD_INSERT;
	query->querySource = split->merge->querySource;
	query->canSetTag = true;
	query->resultRelation = 1;
	query->override = action->override;
	query->hasSubLinks = true;
	query->rtable = list_make1(target);
	query->targetList = (List *) carried(split, (Node *) copyObject(action->targetList), 2, 1, 0);
	conditions = lappend(list_copy(conditions), matches_nothing(split));
	query->jointree = from_entry(2, (Node *) make_ands_explicit(conditions));
	return query;
}

/*
 * INSERTs for the actions where rows do not match; NIL if there is none.
 */
static List *
inserts(Split *split)
{
	List	   *result = NIL;
	List	   *before = NIL;
	ListCell   *lc;

	foreach(lc, split->merge->mergeActionList)
	{
		MergeAction *action = lfirst_node(MergeAction, lc);
		Node	   *qual = carried(split, copyObject(action->qual), 2, 0, 0);

		if (action->matched)
			continue;
		if (action->commandType == CMD_INSERT)
			result = lappend(result, insert_of(split, action,
											   qual != NULL ? lappend(list_copy(before), qual) : before));
		if (qual == NULL)
			break;
		before = lappend(copyObject(before), makeNode(BooleanTest));
		((BooleanTest *) llast(before))->arg = copyObject((Expr *) qual);
		((BooleanTest *) llast(before))->booltesttype = IS_NOT_TRUE;
		((BooleanTest *) llast(before))->location = -1;
	}
	return result;
}

static bool
reads_with(Node *node, void *context)
{
	ListCell   *lc;

	if (node == NULL)
		return false;
	if (!IsA(node, Query))
		return expression_tree_walker(node, reads_with, context);
	foreach(lc, ((Query *) node)->rtable)
		if (lfirst_node(RangeTblEntry, lc)->rtekind == RTE_CTE)
			return true;
	return query_tree_walker((Query *) node, reads_with, context, 0);
}

bool
rs_merge_can_split(const Query *merge)
{
	bool		conditions = false;
	int			others = 0;
	ListCell   *lc;

	/* What an action reads of WITH is not kept; policies of rows are the nodes' to check. */
	if (reads_with((Node *) merge->mergeActionList, NULL) || reads_with(merge->jointree->quals, NULL) ||
		merge->hasRowSecurity || contain_volatile_functions(merge->jointree->quals))
		return false;
	foreach(lc, merge->mergeActionList)
	{
		MergeAction *action = lfirst_node(MergeAction, lc);

		if (action->matched)
			continue;
		others++;
		conditions |= contain_volatile_functions(action->qual);
	}
	return others == 1 || !conditions;
}

PlannedStmt *
rs_plan_split_merge(const Query *merge, const char *text, int options, ParamListInfo params, RsPlanner plan)
{
	Split		split = {merge};
	Query	   *matched = matched_only(&split);
	List	   *others = inserts(&split);
	Query	   *source = source_rows(&split);
	List	   *names = list_make1(makeString(SOURCE_NAME));
	List	   *plans = list_make1(planner(copyObject(source), text, 0, params));
	RangeTblEntry *kept = kept_source(source, ((PlannedStmt *) linitial(plans))->planTree->plan_rows);
	PlannedStmt *result;
	ListCell   *lc;

	others = matched != NULL ? lcons(matched, others) : others;
	foreach(lc, others)
	{
		Query	   *query = lfirst_node(Query, lc);

		query->rtable = lappend(query->rtable, copyObject(kept));
		if (lnext(others, lc) == NULL)
			break;
		names = lappend(names, makeString(psprintf("part %d", foreach_current_index(lc) + 1)));
		plans = lappend(plans, plan(query, text, 0, params));
	}
	result = plan(llast_node(Query, others), text, options, params);
	rs_plan_run_before(result, names, plans, true);
	result->commandType = CMD_MERGE;
	result->queryId = merge->queryId;
	result->canSetTag = merge->canSetTag;
	result->stmt_location = merge->stmt_location;
	result->stmt_len = merge->stmt_len;
	return result;
}
