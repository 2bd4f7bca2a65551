/*
 * merge.c
 *	  MERGE that inserts rows whose node the condition does not tell.
 *
 * Where the source can be sent to the nodes of its matches nodes run MERGE as it is
 * (update.c).  Else the leader keeps the rows of the source as a WITH query does (with.c),
 * and there are several statements with one snapshot: MERGE without what it inserts, for
 * which all nodes get the source; and for each INSERT of it one of the rows of the source
 * that match nothing, which finds their nodes.  Where several actions are for such rows
 * these are kept, too, each with the number of its action: conditions are evaluated once.
 */
#include "postgres.h"

#include "catalog/pg_operator_d.h"
#include "catalog/pg_type_d.h"
#include "mpp/change/modify.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "utils/lsyscache.h"

#define SOURCE_NAME		"rows of the source"
#define UNMATCHED_NAME	"rows that match nothing"

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

RangeTblEntry *
rs_kept_rows(const Query *source, const char *name, double rows)
{
	RangeTblEntry *rte = makeNode(RangeTblEntry);
	ListCell   *lc;

	rte->rtekind = RTE_NAMEDTUPLESTORE;
	rte->enrname = pstrdup(name);
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
	query->canSetTag = true;
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
	query->hasRowSecurity = split->merge->hasRowSecurity;
	query->jointree = from_entry(1, carried(split, split->merge->jointree->quals, 2, 1, 1));
	query->targetList = list_make1(makeTargetEntry((Expr *) makeBoolConst(true, false), 1, "c1", false));
	link->subLinkType = EXISTS_SUBLINK;
	link->subselect = (Node *) query;
	link->location = -1;
	return (Node *) makeBoolExpr(NOT_EXPR, list_make1(link), -1);
}

/*
 * INSERT of the kept rows that satisfy a condition: those that match nothing.
 */
static Query *
insert_of(Split *split, const MergeAction *action, Node *condition)
{
	Query	   *query = makeNode(Query);
	RangeTblEntry *target = target_entry(split);

	target->requiredPerms = ACL_INSERT;
	target->securityQuals = NIL;
	query->commandType = CMD_INSERT;
	query->querySource = split->merge->querySource;
	query->canSetTag = true;
	query->resultRelation = 1;
	query->override = action->override;
	query->hasSubLinks = true;
	query->hasRowSecurity = split->merge->hasRowSecurity;
	query->rtable = list_make1(target);
	query->targetList = (List *) carried(split, (Node *) copyObject(action->targetList), 2, 1, 0);
	query->jointree = from_entry(2, condition);
	return query;
}

static List *
actions_without_match(const Query *merge)
{
	List	   *actions = NIL;
	ListCell   *lc;

	foreach(lc, merge->mergeActionList)
		if (!lfirst_node(MergeAction, lc)->matched)
			actions = lappend(actions, lfirst(lc));
	return actions;
}

/*
 * The INSERT of the only action for rows that match nothing.
 */
static List *
lone_insert(Split *split, const MergeAction *action)
{
	List	   *conditions = make_ands_implicit((Expr *) carried(split, copyObject(action->qual), 2, 0, 0));

	return list_make1(insert_of(split, action, (Node *) make_ands_explicit(lappend(conditions, matches_nothing(split)))));
}

/*
 * INSERTs for the actions where rows do not match, of which there are several: of the kept
 * rows of unmatched_rows(), whose last column is the action's number.
 */
static List *
numbered_inserts(Split *split, List *actions, AttrNumber column)
{
	List	   *result = NIL;
	ListCell   *lc;

	foreach(lc, actions)
	{
		MergeAction *action = lfirst_node(MergeAction, lc);
		Var		   *number = makeVar(2, column, INT4OID, -1, InvalidOid, 0);
		Const	   *wanted = makeConst(INT4OID, -1, InvalidOid, sizeof(int32),
									   Int32GetDatum(foreach_current_index(lc)), false, true);
		Expr	   *condition = make_opclause(Int4EqualOperator, BOOLOID, false, (Expr *) number,
											  (Expr *) wanted, InvalidOid, InvalidOid);

		set_opfuncid((OpExpr *) condition);
		if (action->commandType == CMD_INSERT)
			result = lappend(result, insert_of(split, action, (Node *) condition));
	}
	return result;
}

/*
 * The rows of the source that match nothing, and for each the number of the first action
 * whose condition it satisfies.
 */
static Query *
unmatched_rows(Split *split, const Query *source, List *actions)
{
	Query	   *query = makeNode(Query);
	RangeTblEntry *nothing = makeNode(RangeTblEntry);
	CaseExpr   *number = makeNode(CaseExpr);
	ListCell   *lc;

	nothing->rtekind = RTE_RESULT;
	nothing->eref = makeAlias("nothing", NIL);
	query->commandType = CMD_SELECT;
	query->canSetTag = true;
	query->hasSubLinks = true;
	query->hasRowSecurity = split->merge->hasRowSecurity;
	query->rtable = list_make1(nothing);
	query->jointree = from_entry(2, matches_nothing(split));
	foreach(lc, source->targetList)
	{
		TargetEntry *entry = flatCopyTargetEntry(lfirst(lc));
		Node	   *expr = (Node *) entry->expr;

		entry->expr = (Expr *) makeVar(2, entry->resno, exprType(expr), exprTypmod(expr), exprCollation(expr), 0);
		query->targetList = lappend(query->targetList, entry);
	}
	number->casetype = INT4OID;
	foreach(lc, actions)
	{
		Node	   *qual = carried(split, copyObject(lfirst_node(MergeAction, lc)->qual), 2, 0, 0);
		CaseWhen   *when = makeNode(CaseWhen);

		when->expr = (Expr *) (qual != NULL ? qual : makeBoolConst(true, false));
		when->result = (Expr *) makeConst(INT4OID, -1, InvalidOid, sizeof(int32),
										  Int32GetDatum(foreach_current_index(lc)), false, true);
		number->args = lappend(number->args, when);
	}
	number->defresult = (Expr *) makeNullConst(INT4OID, -1, InvalidOid);
	query->targetList = lappend(query->targetList,
								makeTargetEntry((Expr *) number, list_length(query->targetList) + 1, "action", false));
	return query;
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
rs_merge_keeps_with(const Query *merge)
{
	return reads_with((Node *) merge->mergeActionList, NULL) || reads_with(merge->jointree->quals, NULL);
}

bool
rs_merge_can_split(const Query *merge)
{
	return !contain_volatile_functions(merge->jointree->quals);
}

/*
 * A part of the statement that runs before the others, and what it gives is kept.
 */
static double
run_before(List **names, List **plans, const char *name, PlannedStmt *plan)
{
	*names = lappend(*names, makeString(pstrdup(name)));
	*plans = lappend(*plans, plan);
	return plan->planTree->plan_rows;
}

PlannedStmt *
rs_plan_split_merge(const Query *merge, const char *text, int options, ParamListInfo params, RsPlanner plan)
{
	Split		split = {merge};
	List	   *actions = actions_without_match(merge);
	List	   *names = NIL;
	List	   *plans = NIL;
	List	   *inserts;
	Query	   *source;
	Query	   *matched;
	RangeTblEntry *kept;
	PlannedStmt *result;
	ListCell   *lc;

	/* All columns of the source that anything reads. */
	(void) carried(&split, (Node *) merge->mergeActionList, 2, 1, 0);
	(void) carried(&split, merge->jointree->quals, 2, 1, 0);
	source = source_rows(&split);
	kept = rs_kept_rows(source, SOURCE_NAME,
					 run_before(&names, &plans, SOURCE_NAME, planner(copyObject(source), text, 0, params)));
	matched = matched_only(&split);
	if (matched != NULL)
	{
		matched->rtable = lappend(matched->rtable, copyObject(kept));
		(void) run_before(&names, &plans, "rows that match", plan(matched, text, 0, params));
	}
	if (list_length(actions) == 1)
		inserts = lone_insert(&split, linitial(actions));
	else
	{
		Query	   *unmatched = unmatched_rows(&split, source, actions);
		Query	   *columns = copyObject(unmatched);

		inserts = numbered_inserts(&split, actions, list_length(unmatched->targetList));
		unmatched->rtable = lappend(unmatched->rtable, kept);
		kept = rs_kept_rows(columns, UNMATCHED_NAME,
						 run_before(&names, &plans, UNMATCHED_NAME, planner(unmatched, text, 0, params)));
	}
	foreach(lc, inserts)
	{
		Query	   *query = lfirst_node(Query, lc);

		query->rtable = lappend(query->rtable, copyObject(kept));
		if (lnext(inserts, lc) != NULL)
			(void) run_before(&names, &plans, psprintf("rows of INSERT %d", foreach_current_index(lc) + 1),
							  plan(query, text, 0, params));
	}
	result = plan(llast_node(Query, inserts), text, options, params);
	rs_plan_run_before(result, names, plans, true);
	result->commandType = CMD_MERGE;
	result->queryId = merge->queryId;
	result->canSetTag = merge->canSetTag;
	result->stmt_location = merge->stmt_location;
	result->stmt_len = merge->stmt_len;
	return result;
}
