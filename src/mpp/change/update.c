/*
 * update.c
 *	  UPDATE, DELETE and MERGE of distributed tables.
 *
 * Each node runs the statement on its rows.  Whatever else the statement reads must be
 * there: tables on all nodes, and tables whose key the statement equates to the
 * target's key, are read in place; all others, also those of the leader, are broadcast
 * first.  The statement is deparsed with those replaced by what reads them at the node.
 *
 * MERGE that inserts needs each row of its source once, where its match would be: the
 * leader computes the source and sends each row to the node of the target's key.
 *
 * INSERT comes here if a node must see the whole statement (ON CONFLICT, policies of
 * rows, RETURNING with what triggers made): the leader computes the rows and sends them
 * to their nodes, which insert what they got.
 *
 * Policies of rows are the nodes' to enforce, as they are theirs, too.  A view is the
 * leader's alone: its conditions become conditions of the statement, its check options
 * columns of RETURNING that the leader looks at.
 */
#include "postgres.h"

#include "access/sysattr.h"
#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "commands/trigger.h"
#include "mpp/change/modify.h"
#include "mpp/change/update_apart.h"
#include "mpp/cluster/distribution.h"
#include "mpp/cluster/key_values.h"
#include "mpp/cluster/table.h"
#include "mpp/execute/sequence_numbers.h"
#include "mpp/execute/stages.h"
#include "mpp/plan/fragment_path.h"
#include "mpp/plan/fragment_user.h"
#include "mpp/plan/system_columns.h"
#include "mpp/plan/tree_query.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "optimizer/planner.h"
#include "parser/parse_func.h"
#include "parser/parse_relation.h"
#include "parser/parsetree.h"
#include "redshift_ext.h"
#include "rewrite/rewriteHandler.h"
#include "rewrite/rewriteManip.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

typedef struct Update
{
	RsTextBuilder builder;
	Query	   *query;			/* the statement */
	List	   *relations;		/* range table entries of all levels, for privileges */
	ParamListInfo params;
	List	   *sequences;		/* of which nodes take numbers (Oids) */
} Update;

/* ---------------------------------------------------------------------
 * Relations
 * ---------------------------------------------------------------------
 */

static bool
is_key(Node *node, Index relation, AttrNumber key)
{
	Var		   *var = (Var *) strip_implicit_coercions(node);

	return IsA(var, Var) && var->varno == relation && var->varattno == key && var->varlevelsup == 0 &&
		rs_distribution_alike(var->vartype, var->varcollid, exprType(node), exprCollation(node), exprCollation(node));
}

/*
 * Does the statement join an entry of its FROM to the target by both their keys?
 */
static bool
joined_by_key(const Query *query, Index relation)
{
	AttrNumber	target_key;
	AttrNumber	key;
	ListCell   *lc;

	if (query->commandType == CMD_MERGE || relation == (Index) query->resultRelation ||
		rs_table_spread(rt_fetch(query->resultRelation, query->rtable)->relid, &target_key) != RS_DIST_KEY ||
		rs_table_spread(rt_fetch(relation, query->rtable)->relid, &key) != RS_DIST_KEY)
		return false;
	foreach(lc, make_ands_implicit((Expr *) query->jointree->quals))
	{
		OpExpr	   *op = lfirst(lc);
		Node	   *left;
		Node	   *right;

		if (!rs_spread_equates((Expr *) op))
			continue;
		left = linitial(op->args);
		right = lsecond(op->args);
		if ((is_key(left, query->resultRelation, target_key) && is_key(right, relation, key)) ||
			(is_key(right, query->resultRelation, target_key) && is_key(left, relation, key)))
			return true;
	}
	return false;
}

/* As the last ANALYZE counted; negative: there was none. */
static double
known_rows(Oid relid)
{
	Relation	rel = table_open(relid, NoLock);
	double		rows = rel->rd_rel->reltuples;

	table_close(rel, NoLock);
	return rows;
}

static bool
nodes_exchange(void)
{
	Oid			text = TEXTOID;

	return OidIsValid(LookupFuncName(list_make2(makeString(RS_SCHEMA), makeString("exchange")), 1, &text, true));
}

/*
 * Rows that the leader computes and sends.
 */
static RangeTblEntry *
sent_by_leader(Update *update, Query *source, RsSpreadKind to, int key)
{
	PlannedStmt *plan = planner(copyObject(source), "", 0, update->params);

	return rs_text_staged(&update->builder, source, plan, to, key);
}

static Query *rows_of_entry(Query *query, Index relation, Node *key);

static void
replace_relation(Update *update, Query *query, Index relation)
{
	RangeTblEntry *entry = rt_fetch(relation, query->rtable);
	RangeTblEntry *target = rt_fetch(update->query->resultRelation, update->query->rtable);

	/* Of a distributed table that is used as another user the leader has to read the rows. */
	bool		distributed = rs_table_is_distributed(entry->relid) && rs_other_user(entry) == rs_other_user(target);
	Query	   *source;
	RangeTblEntry *reader;
	AttrNumber	key;

	update->relations = lappend(update->relations, entry);
	if (distributed && entry->securityQuals == NIL && entry->tablesample == NULL &&
		(rs_table_spread(entry->relid, &key) == RS_DIST_ALL ||
		 (query == update->query && joined_by_key(query, relation))))
		return;
	source = rs_whole_relation(entry, relation);
	linitial_node(RangeTblEntry, source->rtable)->requiredPerms = 0;
	rs_system_columns_move(query, relation, source);
	reader = distributed && entry->securityQuals == NIL && nodes_exchange() ?
		rs_text_exchange(&update->builder, source, RS_SPREAD_ALL, NIL, known_rows(entry->relid), "DS_BCAST_INNER") :
		sent_by_leader(update, source, RS_SPREAD_ALL, 0);
	list_nth_cell(query->rtable, relation - 1)->ptr_value = reader;
}

/* ---------------------------------------------------------------------
 * The statement
 * ---------------------------------------------------------------------
 */

static bool
replace_in_query(Node *node, Update *update)
{
	if (node == NULL)
		return false;
	if (IsA(node, Query))
	{
		Query	   *query = (Query *) node;
		ListCell   *lc;

		foreach(lc, query->rtable)
		{
			RangeTblEntry *entry = lfirst_node(RangeTblEntry, lc);

			/* What WITH has given, see with.c. */
			if (entry->rtekind == RTE_NAMEDTUPLESTORE)
			{
				lfirst(lc) = sent_by_leader(update, rows_of_entry(query, foreach_current_index(lc) + 1, NULL),
											RS_SPREAD_ALL, 0);
				continue;
			}

			/* EXCLUDED is a relation only by its columns. */
			if (entry->rtekind != RTE_RELATION ||
				(query->onConflict != NULL && foreach_current_index(lc) + 1 == query->onConflict->exclRelIndex))
				continue;
			/* A view that was expanded is here for privileges only. */
			if (entry->relkind == RELKIND_VIEW ||
				(query == update->query && foreach_current_index(lc) + 1 == query->resultRelation))
				update->relations = lappend(update->relations, entry);
			else
				replace_relation(update, query, foreach_current_index(lc) + 1);
		}
		return query_tree_walker(query, replace_in_query, update, 0);
	}
	return expression_tree_walker(node, replace_in_query, update);
}

static Node *
replace_parameters(Node *node, Update *update)
{
	if (node == NULL)
		return NULL;
	if (IsA(node, Query))
		return (Node *) query_tree_mutator((Query *) node, replace_parameters, update, 0);
	if (rs_text_is_leaders(node))
		return rs_text_parameter(&update->builder, (Expr *) copyObject(node));
	return expression_tree_mutator(node, replace_parameters, update);
}

/*
 * at_leader: the values that are set are the leader's to compute.
 */
static void
check_volatile(Query *query, bool at_leader)
{
	Oid			target = rt_fetch(query->resultRelation, query->rtable)->relid;
	AttrNumber	key;

	if (at_leader)
	{
		query = copyObject(query);
		query->targetList = NIL;
		query->returningList = NIL;
	}
	if (rs_table_spread(target, &key) == RS_DIST_ALL && contain_volatile_functions((Node *) query))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("table \"%s\" cannot be changed with volatile functions", get_rel_name(target)),
				 errdetail("Its rows are on every node and would differ."),
				 errhint("Compute the values in a table first.")));
	if (rs_table_spread(target, &key) == RS_DIST_ALL && rs_system_columns_are_read((Node *) query->jointree))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("rows of table \"%s\" cannot be chosen by system columns", get_rel_name(target)),
				 errdetail("The copies of a row that the nodes have differ in them."),
				 errhint("Choose rows by their values.")));
}

static bool
takes_numbers(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, NextValueExpr) || (IsA(node, FuncExpr) && ((FuncExpr *) node)->funcid == F_NEXTVAL))
		return true;
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, takes_numbers, context, 0);
	return expression_tree_walker(node, takes_numbers, context);
}

/*
 * Nodes have sequences for their definitions only: each would give the same numbers.  They
 * ask the leader, but not so that each of them gets one for its copy of a row.
 */
static void
take_numbers(Update *update)
{
	Oid			target = rt_fetch(update->query->resultRelation, update->query->rtable)->relid;
	Query	   *query = NULL;
	AttrNumber	key;

	if (!takes_numbers((Node *) update->query, NULL))
		return;
	if (rs_table_spread(target, &key) != RS_DIST_ALL)
		query = rs_numbers_taken(update->query, &update->sequences);
	if (query == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("compute nodes cannot take numbers from a sequence for table \"%s\"", get_rel_name(target)),
				 errhint("Take them in a table of the leader, or by INSERT.")));
	update->query = query;
}

/*
 * Conditions of views with security barriers are of no table that the nodes know.
 */
static void
take_conditions(Query *query)
{
	RangeTblEntry *target = rt_fetch(query->resultRelation, query->rtable);
	List	   *quals = make_ands_implicit((Expr *) query->jointree->quals);

	/* The table of a view stood in the view's FROM. */
	target->inFromCl = false;
	if (target->securityQuals == NIL || query->commandType == CMD_INSERT)
		return;
	quals = list_concat(copyObject(target->securityQuals), quals);
	query->jointree->quals = (Node *) make_ands_explicit(quals);
	target->securityQuals = NIL;
}

/*
 * The rows of one entry of a statement's range table, with a further column or without.
 */
static Query *
rows_of_entry(Query *query, Index relation, Node *key)
{
	Query	   *source = makeNode(Query);
	RangeTblEntry *rte = copyObject(rt_fetch(relation, query->rtable));
	RangeTblRef *ref = makeNode(RangeTblRef);
	List	   *names;
	List	   *columns;
	ListCell   *lc;

	rte->requiredPerms = 0;
	source->commandType = CMD_SELECT;
	source->canSetTag = true;
	source->rtable = list_make1(rte);
	source->cteList = copyObject(query->cteList);
	source->hasSubLinks = query->hasSubLinks;
	source->hasRowSecurity = query->hasRowSecurity;
	ref->rtindex = 1;
	source->jointree = makeFromExpr(list_make1(ref), NULL);
	expandRTE(rte, 1, 0, -1, true, &names, &columns);
	if (key != NULL)
	{
		key = copyObject(key);
		ChangeVarNodes(key, relation, 1, 0);
		columns = lappend(columns, key);
	}
	foreach(lc, columns)
	{
		int			n = foreach_current_index(lc) + 1;

		source->targetList = lappend(source->targetList, makeTargetEntry(lfirst(lc), n, psprintf("c%d", n), false));
	}
	return source;
}

/*
 * What a MERGE says the target's key is equal to, if it is of the source alone.
 */
static Node *
merge_key(const Query *query, AttrNumber key)
{
	ListCell   *lc;

	foreach(lc, make_ands_implicit((Expr *) query->jointree->quals))
	{
		OpExpr	   *op = lfirst(lc);
		int			side;

		if (!rs_spread_equates((Expr *) op))
			continue;
		for (side = 0; side < 2; side++)
		{
			Node	   *mine = list_nth(op->args, side);
			Node	   *other = list_nth(op->args, 1 - side);

			if (is_key(mine, query->resultRelation, key) &&
				!bms_is_member(query->resultRelation, pull_varnos(NULL, other)) &&
				!contain_volatile_functions(other) && !contain_subplans(other))
				return other;
		}
	}
	return NULL;
}

static bool
merge_inserts(const Query *query, AttrNumber key, Node *value)
{
	ListCell   *lc;

	foreach(lc, query->mergeActionList)
	{
		MergeAction *action = lfirst_node(MergeAction, lc);
		TargetEntry *entry;

		if (action->commandType != CMD_INSERT)
			continue;
		entry = get_tle_by_resno(action->targetList, key);
		if (value == NULL || entry == NULL ||
			!equal(strip_implicit_coercions((Node *) entry->expr), strip_implicit_coercions(value)))
			return true;
	}
	return false;
}

/*
 * The only relation of a MERGE's source; NULL: it is a join.
 */
static RangeTblRef *
merge_source(const Query *query)
{
	RangeTblRef *ref = linitial(query->jointree->fromlist);

	return list_length(query->jointree->fromlist) == 1 && IsA(ref, RangeTblRef) &&
		rt_fetch(ref->rtindex, query->rtable)->rtekind != RTE_JOIN ? ref : NULL;
}

bool
rs_merge_at_nodes(const Query *query)
{
	AttrNumber	key;
	RsDistStyle style = rs_table_spread(rt_fetch(query->resultRelation, query->rtable)->relid, &key);
	Node	   *value = style == RS_DIST_KEY ? merge_key(query, key) : NULL;

	if (rs_table_target_is_mixed(rt_fetch(query->resultRelation, query->rtable)->relid))
		return !merge_inserts(query, 0, NULL);

	if (takes_numbers((Node *) query->mergeActionList, NULL) ||
		(style == RS_DIST_ALL && contain_volatile_functions((Node *) query)))
		return !merge_inserts(query, 0, NULL);

	/* Without INSERT any node may have all of the source. */
	return style == RS_DIST_ALL || !merge_inserts(query, key, NULL) ||
		(value != NULL && !merge_inserts(query, key, value) && merge_source(query) != NULL);
}

/*
 * Send the source of a MERGE that inserts where its matches are.
 */
static void
route_merge(Update *update)
{
	Query	   *query = update->query;
	Oid			target = rt_fetch(query->resultRelation, query->rtable)->relid;
	AttrNumber	key;
	RsDistStyle style = rs_table_spread(target, &key);
	RangeTblRef *ref = merge_source(query);
	RangeTblEntry *entry;
	Query	   *rows;

	if (!rs_merge_at_nodes(query))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("MERGE into distributed table \"%s\" cannot insert by this condition", get_rel_name(target)),
				 errdetail("The condition must equate the distribution key to a value of the source, which INSERT must insert.")));
	if (style == RS_DIST_ALL || !merge_inserts(query, key, NULL))
		return;
	entry = rt_fetch(ref->rtindex, query->rtable);
	if (entry->rtekind == RTE_RELATION)
		update->relations = lappend(update->relations, entry);
	rows = rows_of_entry(query, ref->rtindex, merge_key(query, key));
	list_nth_cell(query->rtable, ref->rtindex - 1)->ptr_value =
		sent_by_leader(update, rows, RS_SPREAD_KEY, list_length(rows->targetList));
	query->cteList = NIL;
}

static PlannedStmt *
planned(Update *update, Query *query, CustomScan *scan)
{
	PlannedStmt *result = makeNode(PlannedStmt);
	ListCell   *lc;

	result->commandType = query->commandType;
	result->queryId = query->queryId;
	result->hasReturning = query->returningList != NIL;
	result->canSetTag = query->canSetTag;
	result->planTree = &scan->scan.plan;
	result->rtable = update->relations;
	foreach(lc, update->relations)
		result->relationOids = lappend_oid(result->relationOids, lfirst_node(RangeTblEntry, lc)->relid);
	result->relationOids = list_concat(result->relationOids, update->sequences);
	result->dependsOnRole = update->sequences != NIL || OidIsValid(rt_fetch(query->resultRelation, query->rtable)->checkAsUser);
	result->stmt_location = query->stmt_location;
	result->stmt_len = query->stmt_len;
	if (query->commandType != CMD_INSERT ||
		(query->onConflict != NULL && query->onConflict->action == ONCONFLICT_UPDATE))
		rs_plan_waits_for(result, rt_fetch(query->resultRelation, query->rtable));
	return result;
}

/*
 * Check options of views, as columns behind those of RETURNING.  Returns the views' names.
 */
static List *
check_columns(Query *query)
{
	List	   *views = NIL;
	ListCell   *lc;

	foreach(lc, query->withCheckOptions)
	{
		WithCheckOption *option = lfirst_node(WithCheckOption, lc);

		if (option->kind != WCO_VIEW_CHECK || option->qual == NULL)
			continue;
		query->returningList = lappend(query->returningList,
									   makeTargetEntry(copyObject((Expr *) option->qual),
													   list_length(query->returningList) + 1, "c", false));
		views = lappend(views, makeString(pstrdup(option->relname)));
	}
	query->withCheckOptions = NIL;
	return views;
}

/*
 * What changes a table through another's view runs as its owner (fragment_user.h).
 */
static void
check_harmless(const RangeTblEntry *target, Query *query)
{
	if (!OidIsValid(rs_other_user(target)) || rs_harmless((Node *) query))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("distributed table \"%s\" cannot be changed through the view of another user with such functions",
					get_rel_name(target->relid)),
			 errdetail("Only immutable functions of PostgreSQL itself can be called for it on the nodes."),
			 errhint("Compute the values in a table first, and read that.")));
}

/*
 * The plan that runs update->query, in which relations are still to be replaced, on the
 * nodes; original has the columns of RETURNING.
 */
static PlannedStmt *
finish_plan(Update *update, Query *original)
{
	RangeTblEntry *target = rt_fetch(original->resultRelation, original->rtable);
	CustomScan *scan = makeNode(CustomScan);
	RsStage    *last = palloc0(sizeof(RsStage));
	List	   *views = check_columns(update->query);
	AttrNumber	key;
	ListCell   *lc;

	take_numbers(update);
	if (rs_replace_current_of(update->query, &update->builder))
		views = lappend(views, makeString(pstrdup("")));
	if (update->query->commandType == CMD_UPDATE || update->query->commandType == CMD_DELETE)
		last->only = copyObject(rs_key_restrictions(update->query, update->query->resultRelation));
	(void) replace_in_query((Node *) update->query, update);

	/* What is made of a table's number, the leader has to. */
	last->query = (Query *) replace_parameters((Node *) rs_system_columns_at_node(update->query), update);
	check_harmless(target, last->query);
	last->to = RS_SPREAD_ANY;
	foreach(lc, update->builder.stages)
		if (((RsStage *) lfirst(lc))->to == RS_SPREAD_ALL)
			((RsStage *) lfirst(lc))->to_only = last->only;
	update->builder.stages = lappend(update->builder.stages, last);
	rs_text_deparse(update->builder.stages);

	/* What RETURNING gives are columns of the fragment. */
	foreach(lc, update->query->returningList)
	{
		TargetEntry *entry = lfirst_node(TargetEntry, lc);
		Node	   *expr = (Node *) entry->expr;

		scan->custom_scan_tlist = lappend(scan->custom_scan_tlist,
										  makeTargetEntry((Expr *) makeNullConst(exprType(expr), exprTypmod(expr), exprCollation(expr)),
														  entry->resno, entry->resname, false));
		if (foreach_current_index(lc) < list_length(original->returningList))
			scan->scan.plan.targetlist = lappend(scan->scan.plan.targetlist,
												 makeTargetEntry((Expr *) makeVar(INDEX_VAR, entry->resno, exprType(expr),
																				  exprTypmod(expr), exprCollation(expr), 0),
																 entry->resno, entry->resname, false));
	}
	scan->custom_private = lappend(lappend(rs_stages_to_list(update->builder.stages, update->builder.parameters,
															 target->checkAsUser, false),
										   makeInteger(rs_table_spread(target->relid, &key) == RS_DIST_ALL)),
								   views);
	scan->custom_exprs = (List *) eval_const_expressions(NULL, (Node *) rs_stages_expressions(update->builder.stages, update->builder.parameters));
	fix_opfuncids((Node *) scan->custom_exprs);
	scan->methods = &rs_update_methods;
	return planned(update, original, scan);
}

PlannedStmt *
rs_plan_deletion(Query *query, Query *returned, ParamListInfo params)
{
	Update		update = {.query = query,.params = params};

	take_conditions(query);
	return finish_plan(&update, returned);
}

/*
 * Are there values that nodes cannot compute, or not the same of every copy of a row, or
 * that RETURNING must not compute again?
 */
static bool
sets_leaders_values(const Query *query, Relation rel)
{
	AttrNumber	key;
	List	   *sequences;

	if (query->commandType != CMD_UPDATE || !contain_volatile_functions((Node *) query->targetList))
		return false;
	return rs_table_spread(RelationGetRelid(rel), &key) == RS_DIST_ALL || rs_update_moves_rows(query, rel) ||
		(takes_numbers((Node *) query->targetList, NULL) &&
		 rs_numbers_taken(unconstify(Query *, query), &sequences) == NULL);
}

/*
 * What sets a distribution key, other than to a value that it has by the condition, would
 * leave rows on nodes where nobody looks for them.
 */
static void
check_key_stays(List *targets, Oid relid, Node *same)
{
	AttrNumber	key;
	TargetEntry *entry;

	(void) rs_table_dealing(relid, &key);
	entry = key > 0 ? get_tle_by_resno(targets, key) : NULL;
	if (entry == NULL ||
		(same != NULL && equal(strip_implicit_coercions((Node *) entry->expr), strip_implicit_coercions(same))))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("only UPDATE can set the distribution key of table \"%s\"", get_rel_name(relid))));
}

static void
check_merge_keeps_key(const Query *query)
{
	Oid			relid = rt_fetch(query->resultRelation, query->rtable)->relid;
	AttrNumber	key;
	ListCell   *lc;

	(void) rs_table_dealing(relid, &key);
	foreach(lc, query->mergeActionList)
		if (lfirst_node(MergeAction, lc)->commandType == CMD_UPDATE)
			check_key_stays(lfirst_node(MergeAction, lc)->targetList, relid, merge_key(query, key));
}

/* ---------------------------------------------------------------------
 * Changes through views of others, with functions that the leader calls
 * ---------------------------------------------------------------------
 */

/*
 * The leader computes RETURNING of the columns that nodes give for it.
 */
static PlannedStmt *
finish_returning(Update *update)
{
	Query	   *query = update->query;
	List	   *columns = NIL;
	List	   *returning = (List *) rs_of_columns((Node *) query->returningList, &columns);
	PlannedStmt *result;
	ListCell   *lc;

	if (returning != NIL && columns == NIL)
		columns = list_make1(makeBoolConst(true, false));
	query->returningList = NIL;
	foreach(lc, columns)
		query->returningList = lappend(query->returningList,
									   makeTargetEntry(lfirst(lc), foreach_current_index(lc) + 1,
													   psprintf("c%d", foreach_current_index(lc) + 1), false));
	result = finish_plan(update, copyObject(query));
	if (returning != NIL)
		result->planTree->targetlist = rs_simplified(returning);
	return result;
}

static PlannedStmt *
plan_apart(Query *original, ParamListInfo params)
{
	Update		update = {.params = params};
	Query	   *source;
	AttrNumber	key;

	update.query = rs_change_split(original, &source, &key);
	update.query->rtable = lappend(update.query->rtable,
								   sent_by_leader(&update, source, key > 0 ? RS_SPREAD_KEY : RS_SPREAD_ALL, key));
	return finish_returning(&update);
}

PlannedStmt *
rs_plan_update(Query *original, ParamListInfo params)
{
	Update		update = {.query = copyObject(original),.params = params};

	Relation	rel = table_open(rt_fetch(original->resultRelation, original->rtable)->relid, NoLock);

	bool		at_leader = sets_leaders_values(original, rel);
	AttrNumber	key;

	if (OidIsValid(rs_other_user(rt_fetch(original->resultRelation, original->rtable))) && !rs_harmless((Node *) original))
	{
		if (rs_update_moves_rows(original, rel))
			at_leader = true;
		else if (rs_change_can_split(original))
		{
			table_close(rel, NoLock);
			return plan_apart(original, params);
		}
	}
	else if (contain_volatile_functions((Node *) original) && rs_table_spread(RelationGetRelid(rel), &key) == RS_DIST_ALL &&
			 rs_change_can_split(original))
	{
		table_close(rel, NoLock);
		return plan_apart(original, params);
	}
	check_volatile(original, at_leader);
	if (original->commandType == CMD_MERGE)
		check_merge_keeps_key(original);
	if (at_leader || rs_update_moves_rows(original, rel))
	{
		PlannedStmt *result;

		result = at_leader ? rs_plan_values_at_leader(original, rel, params) : rs_plan_relocation(original, rel, params);
		table_close(rel, NoLock);
		return result;
	}
	table_close(rel, NoLock);
	take_conditions(update.query);
	if (original->commandType == CMD_MERGE)
		route_merge(&update);
	return finish_plan(&update, original);
}

PlannedStmt *
rs_plan_insert_at_nodes(Query *original, Query *source, List *columns, ParamListInfo params)
{
	Update		update = {.query = copyObject(original),.params = params};
	Query	   *query = update.query;
	RangeTblEntry *target = rt_fetch(original->resultRelation, original->rtable);
	Query	   *reading = makeNode(Query);
	RangeTblEntry *rte = makeNode(RangeTblEntry);
	RangeTblRef *ref = makeNode(RangeTblRef);
	AttrNumber	key;
	RsDistStyle style = rs_table_dealing(target->relid, &key);
	ListCell   *lc;

	if (original->onConflict != NULL && original->onConflict->action == ONCONFLICT_UPDATE && key > 0)
	{
		Oid			type;
		int32		typmod;
		Oid			collation;

		get_atttypetypmodcoll(target->relid, key, &type, &typmod, &collation);
		check_key_stays(original->onConflict->onConflictSet, target->relid,
						(Node *) makeVar(original->onConflict->exclRelIndex, key, type, typmod, collation, 0));
	}

	/* SELECT c1, c2, ... FROM what the leader sent. */
	reading->commandType = CMD_SELECT;
	reading->canSetTag = true;
	reading->rtable = list_make1(sent_by_leader(&update, source, style == RS_DIST_ALL ? RS_SPREAD_ALL :
												style == RS_DIST_KEY ? RS_SPREAD_KEY : RS_SPREAD_ANY, key));
	ref->rtindex = 1;
	reading->jointree = makeFromExpr(list_make1(ref), NULL);

	/* All other entries of the statement's range table but those it inserts into are the source's. */
	foreach(lc, query->rtable)
	{
		int			index = foreach_current_index(lc) + 1;

		if (index != query->resultRelation && (query->onConflict == NULL || index != query->onConflict->exclRelIndex))
		{
			RangeTblEntry *unused = makeNode(RangeTblEntry);

			unused->rtekind = RTE_RESULT;
			unused->eref = makeAlias("unused", NIL);
			lfirst(lc) = unused;
		}
	}
	query->rtable = lappend(query->rtable, rte);
	query->targetList = NIL;
	foreach(lc, columns)
	{
		TargetEntry *entry = list_nth(source->targetList, lfirst_int(lc) - 1);
		Expr	   *expr = entry->expr;
		int			n = foreach_current_index(lc) + 1;

		reading->targetList = lappend(reading->targetList,
									  makeTargetEntry((Expr *) makeVar(1, entry->resno, exprType((Node *) expr),
																	   exprTypmod((Node *) expr), exprCollation((Node *) expr), 0),
													  n, psprintf("c%d", n), false));
		query->targetList = lappend(query->targetList,
									makeTargetEntry((Expr *) makeVar(list_length(query->rtable), n, exprType((Node *) expr),
																	 exprTypmod((Node *) expr), exprCollation((Node *) expr), 0),
													entry->resno, entry->resname, false));
		}
	rte->rtekind = RTE_SUBQUERY;
	rte->subquery = reading;
	rte->alias = makeAlias("s", NIL);
	rte->eref = makeAlias("s", NIL);
	foreach(lc, reading->targetList)
		rte->eref->colnames = lappend(rte->eref->colnames, makeString(lfirst_node(TargetEntry, lc)->resname));
	query->override = OVERRIDING_SYSTEM_VALUE;
	query->cteList = NIL;
	query->jointree = makeFromExpr(NIL, NULL);
	if (OidIsValid(rs_other_user(target)) && !rs_harmless((Node *) query->returningList))
		return finish_returning(&update);
	return finish_plan(&update, original);
}
