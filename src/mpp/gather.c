/*
 * gather.c
 *	  RsGather in the executor: runs the stages of a distributed plan on the compute
 *	  nodes and gives the rows of the last one.
 */
#include "postgres.h"

#include "commands/explain.h"
#include "executor/executor.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "mpp/gather.h"
#include "mpp/node.h"
#include "mpp/remote_transaction.h"
#include "mpp/tree_query.h"
#include "nodes/nodeFuncs.h"
#include "nodes/value.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

typedef struct RsGatherState
{
	CustomScanState css;
	bool		one_node;
	List	   *stages;			/* RsStage * */
	List	   *given;			/* of each parameter: is it an expression? */
	List	   *expressions;	/* ExprState * of those that are */
	RsRemoteStatement *statement;
	List	   *reading;		/* connections that still send rows */
	FmgrInfo   *inputs;
	Oid		   *ioparams;
	AttInMetadata *attin;
} RsGatherState;

static Node *create_state(CustomScan *scan);

const CustomScanMethods rs_gather_methods = {
	.CustomName = "RsGather",
	.CreateCustomScanState = create_state
};

/* ---------------------------------------------------------------------
 * Text of fragments
 * ---------------------------------------------------------------------
 */

/*
 * SQL with its parameters $n replaced.  Quoted text is left as it is.
 */
static char *
fill_in(const char *sql, char **values)
{
	StringInfoData text;
	const char *p = sql;

	initStringInfo(&text);
	while (*p != '\0')
	{
		if (*p == '\'' || *p == '"')
		{
			const char *start = p;
			char		quote = *p;
			bool		escapes = quote == '\'' && p > sql && p[-1] == 'E';

			for (p++; *p != '\0' && *p != quote; p++)
				if (escapes && *p == '\\' && p[1] != '\0')
					p++;
			if (*p != '\0')
				p++;
			appendBinaryStringInfo(&text, start, p - start);
		}
		else if (*p == '$' && p[1] >= '1' && p[1] <= '9')
			appendStringInfoString(&text, values[strtol(p + 1, (char **) &p, 10) - 1]);
		else
			appendStringInfoChar(&text, *p++);
	}
	return text.data;
}

/*
 * The parameters as SQL.
 */
static char **
parameter_values(RsGatherState *state, ExprContext *econtext)
{
	char	  **values = palloc0((list_length(state->given) + 1) * sizeof(char *));
	ListCell   *lc;
	int			i = 0;
	int			next = 0;

	foreach(lc, state->given)
	{
		if (lfirst_int(lc))
		{
			ExprState  *expr = list_nth(state->expressions, next++);
			Oid			type = exprType((Node *) expr->expr);
			bool		isnull;
			Datum		value = ExecEvalExprSwitchContext(expr, econtext, &isnull);
			Oid			output;
			bool		varlena;

			getTypeOutputInfo(type, &output, &varlena);
			values[i] = psprintf("%s::%s",
								 isnull ? "NULL" : quote_literal_cstr(OidOutputFunctionCall(output, value)),
								 format_type_extended(type, -1, FORMAT_TYPE_FORCE_QUALIFY));
		}
		i++;
	}
	return values;
}

/* ---------------------------------------------------------------------
 * Running
 * ---------------------------------------------------------------------
 */

static void
start(RsGatherState *state)
{
	List	   *nodes = rs_cluster()->nodes;
	List	   *connections;
	RsStage    *stage = llast(state->stages);
	char	   *sql = fill_in(stage->sql, parameter_values(state, state->css.ss.ps.ps_ExprContext));
	ListCell   *lc;

	connections = rs_connections_open(state->one_node ? list_make1(linitial(nodes)) : nodes, GetUserId());
	state->statement = rs_remote_statement_begin(connections);
	foreach(lc, connections)
	{
		rs_connection_send(lfirst(lc), sql, NULL);
		PQsetSingleRowMode(rs_connection_libpq(lfirst(lc)));
	}
	state->reading = connections;
}

static TupleTableSlot *
next_row(ScanState *ss)
{
	RsGatherState *state = (RsGatherState *) ss;
	TupleTableSlot *slot = ss->ss_ScanTupleSlot;

	if (state->statement == NULL)
		start(state);
	while (state->reading != NIL)
	{
		RsConnection *connection = linitial(state->reading);
		PGresult   *result = rs_connection_result(connection);
		int			i;

		if (result == NULL)
		{
			state->reading = list_delete_first(state->reading);
			continue;
		}
		if (PQntuples(result) == 1)
		{
			char	  **values = palloc0(slot->tts_tupleDescriptor->natts * sizeof(char *));

			for (i = 0; i < slot->tts_tupleDescriptor->natts; i++)
				values[i] = PQgetisnull(result, 0, i) ? NULL : PQgetvalue(result, 0, i);
			ExecForceStoreHeapTuple(BuildTupleFromCStrings(state->attin, values), slot, false);
			PQclear(result);
			return slot;
		}
		PQclear(result);
	}
	return ExecClearTuple(slot);
}

static bool
recheck(ScanState *ss, TupleTableSlot *slot)
{
	return true;
}

static TupleTableSlot *
exec(CustomScanState *css)
{
	return ExecScan(&css->ss, next_row, recheck);
}

static void
begin(CustomScanState *css, EState *estate, int eflags)
{
	RsGatherState *state = (RsGatherState *) css;
	CustomScan *scan = (CustomScan *) css->ss.ps.plan;

	state->expressions = ExecInitExprList(scan->custom_exprs, &css->ss.ps);
	state->attin = TupleDescGetAttInMetadata(css->ss.ss_ScanTupleSlot->tts_tupleDescriptor);
}

static void
finish(RsGatherState *state)
{
	if (state->statement != NULL)
		rs_remote_statement_end(state->statement);
	state->statement = NULL;
}

static void
end(CustomScanState *css)
{
	finish((RsGatherState *) css);
}

static void
rescan(CustomScanState *css)
{
	finish((RsGatherState *) css);
	ExecScanReScan(&css->ss);
}

/* ---------------------------------------------------------------------
 * EXPLAIN
 * ---------------------------------------------------------------------
 */

static void
explain(CustomScanState *css, List *ancestors, ExplainState *es)
{
	RsGatherState *state = (RsGatherState *) css;
	ListCell   *lc;

	ExplainPropertyInteger("Nodes", NULL, state->one_node ? 1 : list_length(rs_cluster()->nodes), es);
	ExplainOpenGroup("Fragments", "Fragments", false, es);
	foreach(lc, state->stages)
	{
		RsStage    *stage = lfirst(lc);

		if (stage->to != RS_SPREAD_ANY)
			ExplainPropertyText("Exchange", stage->label, es);
		if (es->verbose)
			ExplainPropertyText("Fragment", stage->sql, es);
	}
	ExplainCloseGroup("Fragments", "Fragments", false, es);
}

static const CustomExecMethods exec_methods = {
	.CustomName = "RsGather",
	.BeginCustomScan = begin,
	.ExecCustomScan = exec,
	.EndCustomScan = end,
	.ReScanCustomScan = rescan,
	.ExplainCustomScan = explain
};

static Node *
create_state(CustomScan *scan)
{
	RsGatherState *state = (RsGatherState *) newNode(sizeof(RsGatherState), T_CustomScanState);
	ListCell   *lc;

	state->css.methods = &exec_methods;
	state->one_node = intVal(linitial(scan->custom_private));
	foreach(lc, lsecond(scan->custom_private))
	{
		List	   *from = lfirst(lc);
		RsStage    *stage = palloc0(sizeof(RsStage));

		stage->sql = strVal(linitial(from));
		stage->to = linitial_int(lsecond(from));
		stage->exchange = lsecond_int(lsecond(from));
		stage->keys = lthird(from);
		stage->rows = floatVal(lfourth(from));
		stage->label = strVal(list_nth(from, 4));
		state->stages = lappend(state->stages, stage);
	}
	state->given = lthird(scan->custom_private);
	return (Node *) state;
}

void
rs_gather_init(void)
{
	RegisterCustomScanMethods(&rs_gather_methods);
}
