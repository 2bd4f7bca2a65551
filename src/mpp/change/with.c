/*
 * with.c
 *	  WITH that changes rows of distributed tables: plan and executor node RsWith.
 *
 * Before the statement itself gives rows, each of its WITH queries runs by a plan of its
 * own, in their order, and what it gives is kept as a named tuplestore, which the
 * statement and later WITH queries read.  All of them run as parts of one statement on the
 * nodes, with its snapshot: none sees what another has changed, as SQL wants it.
 */
#include "postgres.h"

#include "executor/executor.h"
#include "executor/tstoreReceiver.h"
#include "miscadmin.h"
#include "mpp/change/modify.h"
#include "mpp/cluster/table.h"
#include "mpp/execute/stages.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parse_relation.h"
#include "parser/parsetree.h"
#include "utils/queryenvironment.h"
#include "utils/tuplestore.h"

typedef struct RsWithState
{
	CustomScanState css;
	List	   *names;			/* String, of tuplestores */
	List	   *plans;			/* PlannedStmt * */
	List	   *stores;			/* Tuplestorestate * */
	PlanState  *statement;
	bool		counted;		/* the rows that they change are the statement's */
	bool		done;			/* all have run */
} RsWithState;

/* The WITH queries that are planned so far. */
typedef struct WithQueries
{
	List	   *ctes;			/* CommonTableExpr * */
	List	   *names;
	List	   *plans;
	Index		depth;			/* of the query looked at, below that which has them */
} WithQueries;

static ExecutorStart_hook_type next_executor_start = NULL;

static Node *create_state(CustomScan *scan);

static const CustomScanMethods rs_with_methods = {
	.CustomName = "RsWith",
	.CreateCustomScanState = create_state
};

/* ---------------------------------------------------------------------
 * Planning
 * ---------------------------------------------------------------------
 */

static bool
changes_distributed(const Query *query)
{
	return query->commandType != CMD_SELECT && query->resultRelation > 0 &&
		(rs_table_target_is_distributed(rt_fetch(query->resultRelation, query->rtable)->relid) ||
		 rs_table_target_is_mixed(rt_fetch(query->resultRelation, query->rtable)->relid));
}

bool
rs_changes_in_with(const Query *query)
{
	ListCell   *lc;

	if (!query->hasModifyingCTE)
		return false;

	/* Nodes must not see WITH that changes what is the leader's. */
	if (query->commandType != CMD_INSERT && changes_distributed(query))
		return true;
	foreach(lc, query->cteList)
		if (changes_distributed((Query *) lfirst_node(CommonTableExpr, lc)->ctequery))
			return true;
	return false;
}

/*
 * Let what refers to a WITH query read its tuplestore.
 */
static bool
read_stores(Node *node, WithQueries *with)
{
	bool		result;
	ListCell   *lc;
	ListCell   *cte;

	if (node == NULL)
		return false;
	if (!IsA(node, Query))
		return expression_tree_walker(node, read_stores, with);
	foreach(lc, ((Query *) node)->rtable)
	{
		RangeTblEntry *rte = lfirst_node(RangeTblEntry, lc);

		if (rte->rtekind != RTE_CTE || rte->ctelevelsup != with->depth)
			continue;
		foreach(cte, with->ctes)
		{
			int			i = foreach_current_index(cte);
			PlannedStmt *plan = list_nth(with->plans, i);

			if (strcmp(lfirst_node(CommonTableExpr, cte)->ctename, rte->ctename) != 0)
				continue;
			rte->rtekind = RTE_NAMEDTUPLESTORE;
			rte->enrname = strVal(list_nth(with->names, i));
			rte->enrtuples = plan->planTree->plan_rows;
			rte->ctename = NULL;
			rte->ctelevelsup = 0;
			break;
		}
	}
	with->depth++;
	result = query_tree_walker((Query *) node, read_stores, with, 0);
	with->depth--;
	return result;
}

/*
 * SELECT * FROM a WITH query, with it.
 */
static Query *
all_rows(CommonTableExpr *cte)
{
	Query	   *query = makeNode(Query);
	RangeTblEntry *rte = makeNode(RangeTblEntry);
	RangeTblRef *ref = makeNode(RangeTblRef);
	List	   *names;
	List	   *columns;
	ListCell   *lc;
	ListCell   *name;

	rte->rtekind = RTE_CTE;
	rte->ctename = cte->ctename;
	rte->coltypes = cte->ctecoltypes;
	rte->coltypmods = cte->ctecoltypmods;
	rte->colcollations = cte->ctecolcollations;
	rte->eref = makeAlias(cte->ctename, copyObject(cte->ctecolnames));
	rte->inFromCl = true;
	query->commandType = CMD_SELECT;
	query->canSetTag = true;
	query->rtable = list_make1(rte);
	query->cteList = list_make1(cte);
	query->hasRecursive = cte->cterecursive;
	ref->rtindex = 1;
	query->jointree = makeFromExpr(list_make1(ref), NULL);
	expandRTE(rte, 1, 0, -1, false, &names, &columns);
	forboth(lc, columns, name, names)
		query->targetList = lappend(query->targetList,
									makeTargetEntry(lfirst(lc), list_length(query->targetList) + 1,
													strVal(lfirst(name)), false));
	return query;
}

static void
plan_queries(WithQueries *with, Query *query, const char *text, ParamListInfo params)
{
	ListCell   *lc;

	foreach(lc, query->cteList)
	{
		CommonTableExpr *cte = lfirst_node(CommonTableExpr, lc);
		Query	   *own = (Query *) cte->ctequery;

		if (own->commandType == CMD_SELECT && cte->cterefcount == 0)
			continue;
		with->depth = 1;
		(void) read_stores((Node *) own, with);
		if (cte->cterecursive)
			own = all_rows(cte);
		with->plans = lappend(with->plans, planner(own, text, 0, params));
		with->names = lappend(with->names, makeString(psprintf("rows of WITH %s", cte->ctename)));
		with->ctes = lappend(with->ctes, cte);
	}
}

/*
 * What a cached plan has to know and lock of the WITH queries' tables.
 */
static void
add_relations(PlannedStmt *plan, PlannedStmt *part)
{
	ListCell   *lc;

	foreach(lc, part->resultRelations)
		rs_plan_waits_for(plan, rt_fetch(lfirst_int(lc), part->rtable));
	foreach(lc, part->rtable)
	{
		RangeTblEntry *rte = lfirst_node(RangeTblEntry, lc);

		if (rte->rtekind != RTE_RELATION)
			continue;
		rte = copyObject(rte);
		rte->requiredPerms = 0;
		plan->rtable = lappend(plan->rtable, rte);
	}
	plan->relationOids = list_concat(plan->relationOids, part->relationOids);
	plan->invalItems = list_concat(plan->invalItems, part->invalItems);
}

void
rs_plan_run_before(PlannedStmt *plan, List *names, List *plans, bool counted)
{
	CustomScan *scan = makeNode(CustomScan);
	ListCell   *lc;

	rs_plan_wrap(plan, scan);
	scan->custom_private = list_make3(names, plans, makeInteger(counted));
	scan->methods = &rs_with_methods;
	foreach(lc, plans)
		add_relations(plan, lfirst_node(PlannedStmt, lc));
}

PlannedStmt *
rs_plan_with(Query *query, const char *text, int options, ParamListInfo params, RsPlanner planner)
{
	WithQueries with = {NIL};
	PlannedStmt *result;

	query = copyObject(query);
	plan_queries(&with, query, text, params);
	query->cteList = NIL;
	query->hasModifyingCTE = false;
	query->hasRecursive = false;
	with.depth = 0;
	(void) read_stores((Node *) query, &with);
	result = planner(query, text, options, params);
	rs_plan_run_before(result, with.names, with.plans, false);

	/* So that it is not taken for one that only reads, and runs to its end. */
	result->hasModifyingCTE = result->commandType == CMD_SELECT;
	return result;
}

/* ---------------------------------------------------------------------
 * Executor
 * ---------------------------------------------------------------------
 */

static void
register_store(QueryEnvironment *environment, const char *name, TupleDesc desc)
{
	EphemeralNamedRelation relation = palloc0(sizeof(EphemeralNamedRelationData));

	/* A run that failed may have left one in an environment that outlives it. */
	if (get_ENR(environment, name) != NULL)
		unregister_ENR(environment, name);
	relation->md.name = pstrdup(name);
	relation->md.reliddesc = InvalidOid;
	relation->md.tupdesc = desc;
	relation->md.enrtype = ENR_NAMED_TUPLESTORE;
	relation->reldata = tuplestore_begin_heap(true, false, work_mem);
	register_ENR(environment, relation);
}

static bool
is_first(List *names, const ListCell *name)
{
	ListCell   *lc;

	foreach(lc, names)
		if (lc == name || strcmp(strVal(lfirst(lc)), strVal(lfirst(name))) == 0)
			break;
	return lc == name;
}

static void
register_stores(QueryDesc *desc, const CustomScan *scan)
{
	ListCell   *name;
	ListCell   *plan;

	if (desc->queryEnv == NULL)
		desc->queryEnv = create_queryEnv();
	forboth(name, linitial(scan->custom_private), plan, lsecond(scan->custom_private))
		if (is_first(linitial(scan->custom_private), name))
			register_store(desc->queryEnv, strVal(lfirst(name)),
						   ExecCleanTypeFromTL(lfirst_node(PlannedStmt, plan)->planTree->targetlist));
}

/*
 * Subplans begin before the plan's top does, and may read what WITH gives: so there are
 * tuplestores before anything begins.
 */
static void
executor_start(QueryDesc *desc, int eflags)
{
	CustomScan *scan = (CustomScan *) desc->plannedstmt->planTree;

	while (IsA(scan, CustomScan) && (scan->methods == &rs_with_methods || scan->methods == &rs_lock_rows_methods))
	{
		if (scan->methods == &rs_with_methods)
			register_stores(desc, scan);
		scan = llast(scan->custom_plans);
	}
	if (next_executor_start)
		next_executor_start(desc, eflags);
	else
		standard_ExecutorStart(desc, eflags);
}

static void
begin(CustomScanState *css, EState *estate, int eflags)
{
	RsWithState *state = (RsWithState *) css;
	CustomScan *scan = (CustomScan *) css->ss.ps.plan;
	ListCell   *name;

	foreach(name, state->names)
		state->stores = lappend(state->stores, get_ENR(estate->es_queryEnv, strVal(lfirst(name)))->reldata);
	state->statement = ExecInitNode(linitial(scan->custom_plans), estate, eflags);
	css->custom_ps = list_make1(state->statement);
	if (!(eflags & EXEC_FLAG_EXPLAIN_ONLY))
		rs_stages_take_whole_snapshot(estate);
}

static void
run_queries(RsWithState *state, EState *estate)
{
	ListCell   *plan;
	ListCell   *store;

	forboth(plan, state->plans, store, state->stores)
	{
		DestReceiver *receiver = CreateDestReceiver(DestTuplestore);
		uint64		changed;

		SetTuplestoreDestReceiverParams(receiver, lfirst(store), estate->es_query_cxt, false, NULL, NULL);
		changed = rs_stages_run_within(estate, lfirst_node(PlannedStmt, plan), receiver);
		if (state->counted && lfirst_node(PlannedStmt, plan)->commandType != CMD_SELECT &&
			lfirst_node(PlannedStmt, plan)->canSetTag)
			estate->es_processed += changed;
		receiver->rDestroy(receiver);
	}
}

static TupleTableSlot *
exec(CustomScanState *css)
{
	RsWithState *state = (RsWithState *) css;

	if (!state->done)
	{
		run_queries(state, css->ss.ps.state);
		state->done = true;
	}
	return ExecProcNode(state->statement);
}

static void
end(CustomScanState *css)
{
	RsWithState *state = (RsWithState *) css;
	ListCell   *name;
	ListCell   *store;

	ExecEndNode(state->statement);
	forboth(name, state->names, store, state->stores)
	{
		if (!is_first(state->names, name))
			continue;
		unregister_ENR(css->ss.ps.state->es_queryEnv, strVal(lfirst(name)));
		tuplestore_end(lfirst(store));
	}
}

static void
rescan(CustomScanState *css)
{
	elog(ERROR, "WITH that changes rows cannot be run again");
}

static void
explain(CustomScanState *css, List *ancestors, ExplainState *es)
{
	RsWithState *state = (RsWithState *) css;
	List	   *names = NIL;
	ListCell   *lc;

	foreach(lc, state->names)
		names = lappend(names, strVal(lfirst(lc)));
	ExplainPropertyList("Before", names, es);
}

static const CustomExecMethods exec_methods = {
	.CustomName = "RsWith",
	.BeginCustomScan = begin,
	.ExecCustomScan = exec,
	.EndCustomScan = end,
	.ReScanCustomScan = rescan,
	.ExplainCustomScan = explain
};

static Node *
create_state(CustomScan *scan)
{
	RsWithState *state = (RsWithState *) newNode(sizeof(RsWithState), T_CustomScanState);

	state->css.methods = &exec_methods;
	state->names = linitial(scan->custom_private);
	state->plans = lsecond(scan->custom_private);
	state->counted = intVal(lthird(scan->custom_private));
	return (Node *) state;
}

void
rs_with_init(void)
{
	RegisterCustomScanMethods(&rs_with_methods);
	next_executor_start = ExecutorStart_hook;
	ExecutorStart_hook = executor_start;
}
