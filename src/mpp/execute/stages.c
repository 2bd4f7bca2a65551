/*
 * stages.c
 *	  The stages of a distributed plan, running.
 *
 * A CTE that nodes keep is an exchange, too, which is there for all plans that one
 * executor's state runs: who is the first to read it fills it, the last one closes it.
 *
 * Stages run one after the other, each on the nodes that its restrictions leave
 * (key_values.h): all, if there are none.  All but the last fill an exchange, which
 * the nodes keep until the statement ends; the last sends its rows to the leader.  The
 * leader puts parameters into the SQL: values that it has computed, and the names of
 * exchanges, which are new for each run.
 *
 * When an executor's state begins, its plans say which nodes they will need; only these
 * take the statement's snapshot.  What depends on parameters that the executor has yet
 * to compute needs all nodes.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "mpp/change/route.h"
#include "mpp/cluster/key_values.h"
#include "mpp/cluster/node.h"
#include "mpp/cluster/table.h"
#include "mpp/execute/fragment.h"
#include "mpp/execute/kept_cte.h"
#include "mpp/execute/stage_exchange.h"
#include "mpp/execute/stage_nodes.h"
#include "mpp/execute/stage_stats.h"
#include "mpp/execute/stages.h"
#include "mpp/session/acting.h"
#include "mpp/session/remote_transaction.h"
#include "mpp/wire/explain_request.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/value.h"
#include "parser/parsetree.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

/*
 * The statement at the nodes of all plans that one executor's state runs, by one user's
 * sessions there (acting.h): with one snapshot, so that parts of a query that run at
 * different times, or as different users, see one state.
 */
typedef struct Shared
{
	EState	   *estate;
	Oid			session;		/* the sessions' user */
	Oid			userid;			/* of the connections below */
	Bitmapset  *wanted;			/* ids of nodes */
	RsCluster  *cluster;		/* as it was when the statement began */
	RsRemoteStatement *statement;	/* NULL: it has not */
	List	   *connections;
	List	   *keepers;		/* RsKeeper *: CTEs that nodes keep */
	MemoryContextCallback callback;
} Shared;

static ExecutorStart_hook_type next_executor_start = NULL;
static List *all_shared = NIL;	/* in TopMemoryContext */
static Snapshot nested_snapshot = NULL; /* of a stage of the leader's that runs now */
static Shared *nested_in = NULL;	/* ... for this */

struct RsStageRun
{
	MemoryContext context;
	MemoryContext running;		/* what is needed until it stops */
	PlanState  *parent;
	bool		one_node;
	Oid			userid;
	List	   *given;			/* of each parameter: is it an expression? */
	List	   *stages;			/* RsStage * */
	List	   *expressions;	/* ExprState *, of the parameters that are */
	List	   *values;			/* ExprState *, of the stages' restrictions */
	const Oid  *types;
	int			ncolumns;
	Oid		   *batch_types;	/* INT4, and these */
	Shared	   *shared;			/* NULL: not running */
	RsRemoteStatement *statement;
	List	   *connections;	/* of all stages */
	bool		writes;			/* the last stage does */
	const char *options;		/* ... of its fragments; NULL: no more than all have */
	List	   *exchanges;		/* names, char *, also of staged rows */
	List	   *opened;			/* those of exchanges that are open */
	List	   *staged;			/* those of staged rows that are kept */
	RsFragment *fragment;		/* the last stage */
	char	   *report;			/* what nodes are to report; NULL: nothing is measured */
	List	   *stats;			/* RsStageStats *, of each stage, if it is measured */
	bool		counted;		/* the last stage's present run is in them */
	Shared	   *kept_in;		/* where the CTEs are that it reads; NULL: not yet, or none */
	RsKeeper   *keeper;
	List	   *kept_on;		/* connections to all nodes that may read them */
};

static Oid
user_of_run(const RsStageRun *run)
{
	return OidIsValid(run->userid) ? run->userid : GetUserId();
}

static RsStageNodes *
nodes_of_stages(RsStageRun *run, const RsCluster *cluster, const Bitmapset *preferred)
{
	return rs_stage_nodes(run->stages, run->values, run->one_node, run->parent->ps_ExprContext, cluster, preferred);
}

/* ---------------------------------------------------------------------
 * Statements at the nodes
 * ---------------------------------------------------------------------
 */

static void
end_shared(void *arg)
{
	Shared	   *shared = arg;

	all_shared = list_delete_ptr(all_shared, shared);
	if (shared->statement != NULL)
		rs_remote_statement_end(shared->statement);
}

/*
 * Bring nodes to the present level, if there was a savepoint since the statement began.
 */
static void
follow_savepoints(List *connections)
{
	ListCell   *lc;

	foreach(lc, connections)
		if (rs_connection_state(lfirst(lc))->depth < GetCurrentTransactionNestLevel())
		{
			rs_remote_begin(connections);
			return;
		}
}

static Oid
user_of(const RangeTblEntry *rte)
{
	return OidIsValid(rte->checkAsUser) ? rte->checkAsUser : GetUserId();
}

/*
 * The tables of which a plan lets nodes change or lock rows as this user, see
 * rs_plan_waits_for().
 */
static List *
changed_tables(const PlannedStmt *plan, Oid userid)
{
	List	   *relids = NIL;
	ListCell   *lc;

	foreach(lc, plan->resultRelations)
	{
		const RangeTblEntry *rte = rt_fetch(lfirst_int(lc), plan->rtable);

		if (user_of(rte) == userid &&
			(rs_table_target_is_distributed(rte->relid) || rs_table_target_is_mixed(rte->relid)))
			relids = list_append_unique_oid(relids, rte->relid);
	}
	return relids;
}

/*
 * A statement's connections to these nodes, as one of its users.
 */
static List *
some_connections(const Shared *shared, Oid userid, const Bitmapset *ids)
{
	List	   *connections = NIL;
	ListCell   *lc;

	foreach(lc, shared->connections)
		if (bms_is_member(rs_connection_node(lfirst(lc))->id, ids))
			connections = lappend(connections, lfirst(lc));
	if (list_length(connections) != bms_num_members(ids))
		elog(ERROR, "a fragment's node has no snapshot of its statement");
	return userid == shared->userid ? connections :
		rs_connections_open(rs_nodes_of_ids(shared->cluster, ids), userid);
}

/*
 * Where one snapshot serves the whole transaction, all nodes must take it at one moment.
 */
static void
take_only_snapshot(Oid userid)
{
	List	   *connections = rs_connections_open(rs_cluster()->nodes, userid);
	ListCell   *lc;

	foreach(lc, connections)
		if (rs_connection_state(lfirst(lc))->depth == 0)
		{
			rs_remote_begin(connections);
			break;
		}
	list_free(connections);
}

static void
wait_for_changes(const Shared *shared)
{
	const PlannedStmt *plan = shared->estate->es_plannedstmt;
	List	   *done = NIL;
	ListCell   *lc;

	foreach(lc, plan->resultRelations)
	{
		Oid			userid = user_of(rt_fetch(lfirst_int(lc), plan->rtable));
		List	   *relids = changed_tables(plan, userid);

		if (list_member_oid(done, userid) || relids == NIL || rs_acting_session(userid) != shared->session)
			continue;
		rs_remote_wait_for_changes(some_connections(shared, userid, shared->wanted), relids);
		done = lappend_oid(done, userid);
	}
}

static void
begin_statement(Shared *shared)
{
	MemoryContext caller = MemoryContextSwitchTo(GetMemoryChunkContext(shared));

	shared->cluster = rs_copy_cluster(rs_cluster());
	if (bms_is_empty(shared->wanted))
		shared->wanted = rs_any_node(shared->cluster, NULL);
	if (IsolationUsesXactSnapshot())
		take_only_snapshot(shared->userid);
	shared->connections = rs_connections_open(rs_nodes_of_ids(shared->cluster, shared->wanted), shared->userid);
	wait_for_changes(shared);
	shared->statement = rs_remote_statement_begin(shared->connections);
	MemoryContextSwitchTo(caller);
}

/*
 * The statement of an executor's state, not begun yet if this is the first that asks.
 * It ends with the state's memory: nothing is sent then, the nodes hear of it with what
 * they are sent next.
 */
static Shared *
share_statement(EState *estate, Oid userid)
{
	Oid			session = rs_acting_session(userid);
	Shared	   *shared;
	MemoryContext caller;
	ListCell   *lc;

	if (nested_in != NULL && nested_snapshot == estate->es_snapshot && nested_in->session == session)
		return nested_in;
	foreach(lc, all_shared)
	{
		shared = lfirst(lc);
		if (shared->estate == estate && shared->session == session)
			return shared;
	}
	shared = MemoryContextAllocZero(estate->es_query_cxt, sizeof(Shared));
	shared->estate = estate;
	shared->session = session;
	shared->userid = userid;
	shared->callback.func = end_shared;
	shared->callback.arg = shared;
	caller = MemoryContextSwitchTo(TopMemoryContext);
	all_shared = lappend(all_shared, shared);
	MemoryContextSwitchTo(caller);
	MemoryContextRegisterResetCallback(estate->es_query_cxt, &shared->callback);
	return shared;
}

/*
 * When all plans of an executor's state have begun, their statements do.
 */
static void
executor_start(QueryDesc *query, int eflags)
{
	ListCell   *lc;

	if (next_executor_start)
		next_executor_start(query, eflags);
	else
		standard_ExecutorStart(query, eflags);
	foreach(lc, all_shared)
	{
		Shared	   *shared = lfirst(lc);

		if (shared->estate == query->estate && shared->statement == NULL)
			begin_statement(shared);
	}
}

/* ---------------------------------------------------------------------
 * Beginning
 * ---------------------------------------------------------------------
 */

RsStageRun *
rs_stages_begin(List *list, List *expressions, bool writes, PlanState *parent, const Oid *types, int ncolumns)
{
	RsStageRun *run = palloc0(sizeof(RsStageRun));
	int			first_value = 0;
	ListCell   *lc;

	run->context = CurrentMemoryContext;
	run->running = AllocSetContextCreate(run->context, "redshift stages", ALLOCSET_DEFAULT_SIZES);
	run->parent = parent;
	run->writes = writes;
	run->one_node = intVal(linitial(list));
	run->userid = linitial_oid(lsecond(list));
	run->given = lthird(list);
	foreach(lc, lfourth(list))
		run->stages = lappend(run->stages, rs_stage_from_list(lfirst(lc)));
	run->expressions = ExecInitExprList(expressions, parent);
	foreach(lc, run->given)
		first_value += lfirst_int(lc) != 0;
	run->values = list_copy_tail(run->expressions, first_value);
	run->types = types;
	run->ncolumns = ncolumns;
	if (parent->state->es_instrument != 0)
		foreach(lc, run->stages)
			run->stats = lappend(run->stats, rs_stage_stats_create(rs_explain_wants_counts(parent->state)));
	return run;
}

void
rs_stages_set_options(RsStageRun *run, const char *options)
{
	run->options = options;
}

void
rs_stages_take_snapshot(RsStageRun *run)
{
	const RsCluster *cluster = rs_cluster();
	EState	   *estate = run->parent->state;
	Shared	   *shared = share_statement(estate, user_of_run(run));
	MemoryContext caller;

	/* Where any node will do, whichever the others need will do. */
	if (shared->statement != NULL || (run->one_node && list_length(run->stages) == 1))
		return;
	caller = MemoryContextSwitchTo(estate->es_query_cxt);
	shared->wanted = bms_add_members(shared->wanted, rs_stage_values_known(run->values, run->parent->state) ?
									 rs_stage_nodes_union(nodes_of_stages(run, cluster, shared->wanted), list_length(run->stages)) : rs_all_nodes(cluster));
	MemoryContextSwitchTo(caller);
}

void
rs_stages_take_whole_snapshot(EState *estate)
{
	Shared	   *shared = share_statement(estate, GetUserId());
	MemoryContext caller = MemoryContextSwitchTo(estate->es_query_cxt);

	if (shared->statement == NULL)
		shared->wanted = bms_add_members(shared->wanted, rs_all_nodes(rs_cluster()));
	MemoryContextSwitchTo(caller);
}

void
rs_stages_forget_snapshot(EState *estate)
{
	ListCell   *lc;

	foreach(lc, all_shared)
		if (((Shared *) lfirst(lc))->estate == estate)
			((Shared *) lfirst(lc))->estate = NULL;
}

/* ---------------------------------------------------------------------
 * Text
 * ---------------------------------------------------------------------
 */

/*
 * Without a length: "character" alone would be of one.
 */
static char *
literal(ExprState *expr, ExprContext *econtext)
{
	Oid			type = exprType((Node *) expr->expr);
	Oid			output;
	bool		varlena;
	bool		isnull;
	Datum		value = ExecEvalExprSwitchContext(expr, econtext, &isnull);

	getTypeOutputInfo(type, &output, &varlena);
	return psprintf("(%s::%s)", isnull ? "NULL" : quote_literal_cstr(OidOutputFunctionCall(output, value)),
					format_type_extended(type, -1, FORMAT_TYPE_TYPEMOD_GIVEN | FORMAT_TYPE_FORCE_QUALIFY));
}

/*
 * The name of an exchange.
 */
static char *
new_name(void)
{
	static uint32 last_exchange = 0;

	return psprintf("%d_%u", MyProcPid, ++last_exchange);
}

/*
 * What is kept of a CTE, or will be; this run takes part in it until rs_stages_end().
 */
static RsKeptCte *
kept_cte(RsStageRun *run, int cte)
{
	MemoryContext caller;
	RsKeptCte  *kept;

	if (run->kept_in == NULL)
		run->kept_in = run->shared;
	caller = MemoryContextSwitchTo(GetMemoryChunkContext(run->kept_in));
	if (run->keeper == NULL)
	{
		run->keeper = rs_keeper_join(&run->kept_in->keepers, run->parent->state, user_of_run(run));
		run->kept_on = some_connections(run->shared, user_of_run(run), run->shared->wanted);
	}
	kept = rs_keeper_cte(run->keeper, cte);
	if (kept->name == NULL)
		kept->name = new_name();
	MemoryContextSwitchTo(caller);
	return kept;
}

/*
 * The CTE whose rows a parameter names; 0: another exchange.
 */
static int
cte_of_parameter(const RsStageRun *run, int parameter)
{
	ListCell   *lc;

	foreach(lc, run->stages)
		if (((const RsStage *) lfirst(lc))->exchange == parameter && ((const RsStage *) lfirst(lc))->cte > 0)
			return ((const RsStage *) lfirst(lc))->cte;
	return 0;
}

/*
 * The parameters as SQL; in a form of dates and numbers that every session reads alike.
 */
static char **
parameter_values(RsStageRun *run)
{
	char	  **values = palloc0((list_length(run->given) + 1) * sizeof(char *));
	int			level = NewGUCNestLevel();
	int			next = 0;
	ListCell   *lc;

	rs_text_portable_settings();
	foreach(lc, run->given)
		if (lfirst_int(lc))
			values[foreach_current_index(lc)] = literal(list_nth(run->expressions, next++),
														run->parent->ps_ExprContext);

	foreach(lc, run->given)
	{
		int			cte = cte_of_parameter(run, foreach_current_index(lc) + 1);
		char	   *name;

		if (lfirst_int(lc))
			continue;
		name = cte > 0 ? kept_cte(run, cte)->name : new_name();
		run->exchanges = lappend(run->exchanges, name);
		values[foreach_current_index(lc)] = psprintf("'%s'::text", name);
	}
	AtEOXact_GUC(true, level);
	return values;
}

char *
rs_stages_values(RsStageRun *run)
{
	StringInfoData text;
	int			level = NewGUCNestLevel();
	ListCell   *lc;

	initStringInfo(&text);
	rs_text_portable_settings();
	foreach(lc, run->expressions)
		appendStringInfo(&text, "%s%s", foreach_current_index(lc) > 0 ? ", " : "",
						 literal(lfirst(lc), run->parent->ps_ExprContext));
	AtEOXact_GUC(true, level);
	return text.data;
}

/* ---------------------------------------------------------------------
 * Running
 * ---------------------------------------------------------------------
 */

static char *
name_of_exchange(RsStageRun *run, const RsStage *stage)
{
	int			i;
	int			n = 0;

	for (i = 0; i < stage->exchange - 1; i++)
		n += !list_nth_int(run->given, i);
	return list_nth(run->exchanges, n);
}

/*
 * Open the exchanges of some stages, by their numbers, at these nodes: those that get no rows
 * have them, too, empty ones.
 */
static void
open_exchanges(RsStageRun *run, List *numbers, const RsStageNodes *nodes, List *connections)
{
	ListCell   *lc;
	ListCell   *ln;

	foreach(lc, numbers != NIL ? connections : NIL)
	{
		int			id = rs_connection_node(lfirst(lc))->id;
		StringInfoData sql;

		initStringInfo(&sql);
		foreach(ln, numbers)
		{
			const RsStage *stage = list_nth(run->stages, lfirst_int(ln));
			const RsStageNodes *where = &nodes[lfirst_int(ln)];

			rs_stage_append_open(&sql, stage, name_of_exchange(run, stage), where, id);
		}
		rs_remote_send(lfirst(lc), sql.data, NULL);
		pfree(sql.data);
	}
	foreach(lc, numbers != NIL ? connections : NIL)
		PQclear(rs_connection_finish(lfirst(lc)));
	foreach(ln, numbers)
	{
		const RsStage *stage = list_nth(run->stages, lfirst_int(ln));

		if (stage->cte <= 0)
			run->opened = lappend(run->opened, name_of_exchange(run, stage));
	}
}

/*
 * All that are to be filled in any case.
 */
static void
open_certain_exchanges(RsStageRun *run, const RsStageNodes *nodes)
{
	List	   *numbers = NIL;
	ListCell   *lc;

	foreach(lc, run->stages)
		if (rs_stage_fills_exchange(lfirst(lc)) && ((const RsStage *) lfirst(lc))->cte == 0)
			numbers = lappend_int(numbers, foreach_current_index(lc));
	open_exchanges(run, numbers, nodes, run->connections);
}

/*
 * Run a stage that fills an exchange to its end.
 */
static void
run_exchange(RsStageRun *run, const RsStage *stage, const RsStageNodes *nodes, const char *sql,
			 RsStageStats *stats)
{
	char	   *name = name_of_exchange(run, stage);
	List	   *targets = rs_nodes_of_ids(run->shared->cluster, nodes->to);
	RsFragment *fragment;

	if (targets == NIL)
		return;
	fragment = rs_fragment_start(run->statement, some_connections(run->shared, user_of_run(run), nodes->on), sql,
								 rs_stage_exchange_options(stage, name, targets, run->shared->cluster), run->report,
								 stage->numbers, NULL, 0);
	rs_fragment_end(fragment);
	if (stats != NULL)
		rs_stage_stats_add_fragment(stats, fragment);
	if (stage->cte > 0)
		kept_cte(run, stage->cte)->filled = true;
}

/*
 * Run a plan to its end as part of a statement, with its snapshots.
 */
static uint64
run_within(Shared *shared, EState *estate, PlannedStmt *plan, DestReceiver *receiver)
{
	Snapshot	outer_snapshot = nested_snapshot;
	Shared	   *outer = nested_in;
	QueryDesc  *query;
	volatile uint64 rows = 0;

	PushCopiedSnapshot(estate->es_snapshot);
	query = CreateQueryDesc(plan, estate->es_sourceText, GetActiveSnapshot(), InvalidSnapshot,
							receiver, estate->es_param_list_info, estate->es_queryEnv, 0);
	PG_TRY();
	{
		nested_snapshot = query->snapshot;
		nested_in = shared;
		ExecutorStart(query, 0);
		ExecutorRun(query, ForwardScanDirection, 0, true);
		ExecutorFinish(query);
		rows = query->estate->es_processed;
		ExecutorEnd(query);
	}
	PG_FINALLY();
	{
		nested_snapshot = outer_snapshot;
		nested_in = outer;
	}
	PG_END_TRY();
	FreeQueryDesc(query);
	PopActiveSnapshot();
	return rows;
}

uint64
rs_stages_run_within(EState *estate, PlannedStmt *plan, DestReceiver *receiver)
{
	Shared	   *shared = share_statement(estate, GetUserId());

	if (shared->statement == NULL)
		begin_statement(shared);
	return run_within(shared, estate, plan, receiver);
}

typedef struct Receiver
{
	DestReceiver pub;
	RsRoute    *route;
} Receiver;

static bool
send_row(TupleTableSlot *slot, DestReceiver *self)
{
	rs_route_row(((Receiver *) self)->route, slot);
	return true;
}

static void
start_up(DestReceiver *self, int operation, TupleDesc desc)
{
}

static void
shut_down(DestReceiver *self)
{
}

/*
 * Run a stage of the leader's, and send its rows to the nodes.
 */
static void
run_local(RsStageRun *run, const RsStage *stage, RsStageStats *stats)
{
	EState	   *estate = run->parent->state;
	Receiver	receiver = {.pub = {send_row, start_up, shut_down, shut_down, DestNone}};
	char	   *name = name_of_exchange(run, stage);
	TupleDesc	desc = ExecTypeFromTL(stage->local->planTree->targetlist);

	receiver.route = rs_route_begin_staged(run->connections, desc, name,
										   stage->to == RS_SPREAD_ALL ? RS_DIST_ALL :
										   stage->keys != NIL ? RS_DIST_KEY : RS_DIST_EVEN,
										   stage->keys != NIL ? linitial_int(stage->keys) : 0);
	(void) run_within(run->shared, estate, stage->local, &receiver.pub);
	rs_route_end(receiver.route);
	if (stats != NULL)
		rs_stage_stats_add_route(stats, receiver.route);
	run->staged = lappend(run->staged, name);
}

/*
 * Send what a child of the node gives into an exchange.  Should the child need a
 * connection meanwhile, the route gives it free (route.c).
 */
static void
run_child(RsStageRun *run, const RsStage *stage, const RsStageNodes *nodes, RsStageStats *stats)
{
	PlanState  *child = list_nth(((CustomScanState *) run->parent)->custom_ps, stage->child - 1);
	char	   *name = name_of_exchange(run, stage);
	RsRoute    *route;

	route = rs_route_begin_exchange(some_connections(run->shared, user_of_run(run), nodes->to), ExecGetResultType(child), name,
									stage->to == RS_SPREAD_ALL ? RS_DIST_ALL :
									stage->to == RS_SPREAD_KEY ? RS_DIST_KEY : RS_DIST_EVEN, stage->keys);
	for (;;)
	{
		MemoryContext caller;
		TupleTableSlot *slot;

		CHECK_FOR_INTERRUPTS();
		/* What nodes make on the way they keep until they are scanned again. */
		caller = MemoryContextSwitchTo(run->parent->state->es_query_cxt);
		slot = ExecProcNode(child);
		MemoryContextSwitchTo(caller);
		if (TupIsNull(slot))
			break;
		rs_route_row(route, slot);
	}
	rs_route_end(route);
	if (stats != NULL)
		rs_stage_stats_add_route(stats, route);
}

/*
 * Run the stages; of the last one, the rows are still to be read.  batch: values that they
 * are wanted of; NIL: the present ones.
 */
static void
start(RsStageRun *run, List *batch)
{
	MemoryContext caller = MemoryContextSwitchTo(run->running);
	char	  **values;
	RsStageNodes *nodes;
	ListCell   *lc;

	rs_stages_take_snapshot(run);
	run->shared = share_statement(run->parent->state, user_of_run(run));
	if (run->shared->statement == NULL)
		begin_statement(run->shared);
	else
		follow_savepoints(run->shared->connections);
	nodes = nodes_of_stages(run, run->shared->cluster, run->shared->wanted);
	run->connections = some_connections(run->shared, user_of_run(run), rs_stage_nodes_union(nodes, list_length(run->stages)));
	run->statement = run->shared->statement;
	values = parameter_values(run);
	run->report = rs_explain_request(run->parent->state);
	run->counted = false;
	open_certain_exchanges(run, nodes);
	foreach(lc, run->stages)
	{
		RsStage    *stage = lfirst(lc);
		char	   *sql = rs_text_fill_in(stage->sql, values);
		RsStageStats *stats = run->stats != NIL ? list_nth(run->stats, foreach_current_index(lc)) : NULL;
		RsStageNodes *where = &nodes[foreach_current_index(lc)];

		/* CTEs that are there, and what they are made of. */
		if (stage->cte != 0 && kept_cte(run, abs(stage->cte))->filled)
			continue;

		/* Other plans may read a CTE on other nodes. */
		if (stage->cte != 0 && rs_stage_fills_exchange(stage))
			open_exchanges(run, list_make1_int(foreach_current_index(lc)), nodes,
						   stage->cte > 0 ? run->kept_on : run->connections);
		if (stage->local != NULL)
			run_local(run, stage, stats);
		else if (stage->child > 0)
			run_child(run, stage, where, stats);
		else if (stage->to != RS_SPREAD_ANY)
			run_exchange(run, stage, where, sql, stats);
		else
		{
			List	   *connections = some_connections(run->shared, user_of_run(run), where->on);
			ListCell   *connection;

			if (run->writes)
				foreach(connection, connections)
					rs_remote_will_write(lfirst(connection));
			if (batch != NIL)
				sql = rs_text_batch(stage->sql, values, run->given, list_length(run->expressions), batch);
			run->fragment = rs_fragment_start(run->statement, connections, sql, run->options, run->report, stage->numbers,
											  batch != NIL ? run->batch_types : run->types,
											  run->ncolumns + (batch != NIL));
		}
	}
	MemoryContextSwitchTo(caller);
}

uint32
rs_stages_next(RsStageRun *run, bool first, RsArena *arena, const RsVector **columns)
{
	if (run->statement == NULL)
		start(run, NIL);
	return first ? rs_fragment_next_of(run->fragment, 0, arena, columns) :
		rs_fragment_next(run->fragment, arena, columns);
}

bool
rs_stages_can_batch(const RsStageRun *run, const Bitmapset *params)
{
	return !run->writes && rs_stages_depend_at_last(run->stages, run->expressions, params);
}

void
rs_stages_start_batch(RsStageRun *run, List *values)
{
	if (run->batch_types == NULL)
	{
		run->batch_types = MemoryContextAlloc(run->context, (run->ncolumns + 1) * sizeof(Oid));
		run->batch_types[0] = INT4OID;
		memcpy(run->batch_types + 1, run->types, run->ncolumns * sizeof(Oid));
	}
	start(run, values);
}

int
rs_stages_nodes(RsStageRun *run)
{
	if (run->statement == NULL)
		start(run, NIL);
	return rs_fragment_sources(run->fragment, NULL);
}

uint32
rs_stages_next_of(RsStageRun *run, int node, RsArena *arena, const RsVector **columns)
{
	if (run->statement == NULL)
		start(run, NIL);
	return rs_fragment_next_of(run->fragment, node, arena, columns);
}

uint64
rs_stages_changed(const RsStageRun *run, bool first)
{
	return rs_fragment_rows(run->fragment, first);
}

/*
 * What nodes need no more.  None of it outlives the transaction, so none of it is waited for.
 */
static void
close_all(List *connections, const char *function, List *names)
{
	StringInfoData sql;
	ListCell   *lc;

	if (names == NIL)
		return;
	initStringInfo(&sql);
	appendStringInfo(&sql, "SELECT redshift.%s('{", function);
	foreach(lc, names)
		appendStringInfo(&sql, "%s%s", foreach_current_index(lc) > 0 ? "," : "", (char *) lfirst(lc));
	appendStringInfoString(&sql, "}');");
	foreach(lc, connections)
		rs_remote_send_later(lfirst(lc), sql.data);
	pfree(sql.data);
}

/*
 * Count what the last stage did, once for each of its runs.
 */
static void
count_last(RsStageRun *run)
{
	if (run->stats == NIL || run->fragment == NULL || run->counted)
		return;
	if (rs_explain_wants_counts(run->parent->state))
		rs_fragment_take_reports(run->fragment);
	rs_stage_stats_add_fragment(llast(run->stats), run->fragment);
	run->counted = true;
}

const RsStageStats *
rs_stages_stats(RsStageRun *run, int stage)
{
	count_last(run);
	if (stage < 0)
		return run->stats != NIL ? llast(run->stats) : NULL;
	return stage < list_length(run->stats) ? list_nth(run->stats, stage) : NULL;
}

bool
rs_stages_ran(const RsStageRun *run)
{
	return run->statement != NULL;
}

void
rs_stages_stop(RsStageRun *run)
{
	if (run->statement == NULL)
		return;
	count_last(run);
	rs_fragment_end(run->fragment);
	close_all(run->connections, "close_exchanges", run->opened);
	close_all(run->connections, "close_staged", run->staged);
	run->shared = NULL;
	run->statement = NULL;
	run->fragment = NULL;
	run->exchanges = run->opened = run->staged = NIL;
	run->connections = NIL;
	MemoryContextReset(run->running);
}

void
rs_stages_end(RsStageRun *run)
{
	rs_stages_stop(run);
	if (run->keeper == NULL)
		return;
	close_all(run->kept_on, "close_exchanges", rs_keeper_leave(&run->kept_in->keepers, run->keeper));
	run->keeper = NULL;
}

/* ---------------------------------------------------------------------
 * EXPLAIN
 * ---------------------------------------------------------------------
 */

/* By RsStageKind. */
static const char *const stage_names[] = {"Exchange", "Send", "Gather", "Change"};

static RsStageKind
kind_of(const RsStageRun *run, const RsStage *stage)
{
	return stage->local != NULL || stage->child > 0 ? RS_STAGE_SENT :
		stage->to != RS_SPREAD_ANY ? RS_STAGE_EXCHANGE :
		run->writes ? RS_STAGE_CHANGED : RS_STAGE_GATHERED;
}

static void
explain_stage(RsStageRun *run, const RsStage *stage, RsStageStats *stats, ExplainState *es)
{
	RsStageKind kind = kind_of(run, stage);

	/* What the last stage gives, the node's own line estimates. */
	double		rows = kind == RS_STAGE_EXCHANGE || kind == RS_STAGE_SENT ? stage->rows :
		kind == RS_STAGE_GATHERED ? run->parent->plan->plan_rows : -1;

	bool		labelled = kind == RS_STAGE_SENT || kind == RS_STAGE_EXCHANGE;

	ExplainOpenGroup("Stage", NULL, true, es);
	if (es->format != EXPLAIN_FORMAT_TEXT)
		ExplainPropertyText("Stage", stage_names[kind], es);
	if (labelled)
		ExplainPropertyText(kind == RS_STAGE_SENT ? "Sent by leader" : stage->cte > 0 ? "Kept on nodes" : "Exchange",
							stage->label, es);
	if (stage->filtered)
		ExplainPropertyBool("Runtime Filter", true, es);
	if (es->verbose && kind != RS_STAGE_SENT)
		ExplainPropertyText("Fragment", stage->sql, es);
	if (labelled && es->format == EXPLAIN_FORMAT_TEXT)
		es->indent++;
	if (stats != NULL)
		rs_explain_stage(stats, kind, rows, es);
	if (labelled && es->format == EXPLAIN_FORMAT_TEXT)
		es->indent--;
	ExplainCloseGroup("Stage", NULL, true, es);
}

/*
 * How many nodes give rows, and which if conditions on a key have left them.
 */
static void
explain_nodes(RsStageRun *run, ExplainState *es)
{
	const RsCluster *cluster = rs_cluster();
	RsStage    *last = llast(run->stages);
	List	   *names = NIL;
	List	   *nodes;
	ListCell   *lc;

	if (last->only == NIL || !rs_stage_values_known(run->values, run->parent->state))
	{
		ExplainPropertyInteger("Nodes", NULL, run->one_node ? 1 : list_length(cluster->nodes), es);
		if (last->only != NIL)
			ExplainPropertyText("Routed To", "nodes of values that are not known yet", es);
		return;
	}
	nodes = rs_nodes_of_ids(cluster, nodes_of_stages(run, cluster, NULL)[list_length(run->stages) - 1].on);
	foreach(lc, nodes)
		names = lappend(names, ((RsNode *) lfirst(lc))->name);
	ExplainPropertyInteger("Nodes", NULL, list_length(nodes), es);
	ExplainPropertyList("Routed To", names, es);
}

void
rs_stages_explain(RsStageRun *run, ExplainState *es)
{
	bool		measured = es->analyze && run->stats != NIL;
	List	   *kinds = NIL;
	ListCell   *lc;

	count_last(run);
	explain_nodes(run, es);
	foreach(lc, run->stages)
		kinds = lappend_int(kinds, kind_of(run, lfirst(lc)));
	if (measured)
		rs_explain_stage_totals(run->stats, kinds, es);
	ExplainOpenGroup("Stages", "Stages", false, es);
	foreach(lc, run->stages)
		explain_stage(run, lfirst(lc), measured ? list_nth(run->stats, foreach_current_index(lc)) : NULL, es);
	ExplainCloseGroup("Stages", "Stages", false, es);
}

void
rs_stages_init(void)
{
	next_executor_start = ExecutorStart_hook;
	ExecutorStart_hook = executor_start;
}
