/*
 * explain_request.c
 *	  At the leader: what nodes are to report of fragments, for an EXPLAIN that runs.
 *
 * What is measured stands in the executor's state.  How it will be shown does not: a node
 * must know before the fragment runs, and EXPLAIN's options reach plan nodes only when the
 * plan is shown.  So EXPLAIN's options are kept while the statement runs; for other plans
 * that are measured, those of auto_explain hold.  Where a plan is shown in another format
 * than was foreseen (a query within a function that EXPLAIN runs, say), nodes' plans stand
 * in it as text.
 */
#include "postgres.h"

#include "commands/defrem.h"
#include "mpp/wire/explain_request.h"
#include "mpp/wire/fragment_counts.h"
#include "mpp/wire/fragment_report.h"
#include "tcop/utility.h"
#include "utils/guc.h"

static ProcessUtility_hook_type next_process_utility = NULL;
static const RsReportRequest *running = NULL;	/* of the EXPLAIN that runs */

static ExplainFormat
format_of(const char *name)
{
	return strcmp(name, "xml") == 0 ? EXPLAIN_FORMAT_XML :
		strcmp(name, "json") == 0 ? EXPLAIN_FORMAT_JSON :
		strcmp(name, "yaml") == 0 ? EXPLAIN_FORMAT_YAML : EXPLAIN_FORMAT_TEXT;
}

static bool
is_on(const char *setting)
{
	const char *value = GetConfigOption(setting, true, false);

	return value != NULL && strcmp(value, "on") == 0;
}

bool
rs_explain_wants_counts(const EState *estate)
{
	return running == NULL && estate->es_instrument == RS_INSTRUMENT_COUNTS;
}

char *
rs_explain_request(const EState *estate)
{
	RsReportRequest request = {.costs = true};

	if (estate->es_instrument == 0)
		return NULL;
	if (rs_explain_wants_counts(estate))
		request.counts = true;
	else if (running != NULL)
		request = *running;
	else
	{
		const char *format = GetConfigOption("auto_explain.log_format", true, false);

		request.format = format != NULL ? format_of(format) : EXPLAIN_FORMAT_TEXT;
		request.verbose = is_on("auto_explain.log_verbose");
		request.settings = is_on("auto_explain.log_settings");
	}
	request.instrument = estate->es_instrument;
	return rs_report_request_text(&request);
}

/*
 * What concerns nodes of EXPLAIN's options.  Whether they are valid, EXPLAIN will see.
 */
static void
read_options(const ExplainStmt *stmt, RsReportRequest *request)
{
	ListCell   *lc;

	request->costs = true;
	foreach(lc, stmt->options)
	{
		DefElem    *def = lfirst_node(DefElem, lc);

		if (strcmp(def->defname, "verbose") == 0)
			request->verbose = defGetBoolean(def);
		else if (strcmp(def->defname, "costs") == 0)
			request->costs = defGetBoolean(def);
		else if (strcmp(def->defname, "settings") == 0)
			request->settings = defGetBoolean(def);
		else if (strcmp(def->defname, "format") == 0)
			request->format = format_of(defGetString(def));
	}
}

static void
process_utility(PlannedStmt *pstmt, const char *source, bool read_only_tree, ProcessUtilityContext context,
				ParamListInfo params, QueryEnvironment *env, DestReceiver *dest, QueryCompletion *qc)
{
	ProcessUtility_hook_type run = next_process_utility ? next_process_utility : standard_ProcessUtility;
	const RsReportRequest *outer = running;
	RsReportRequest request = {0};

	if (!IsA(pstmt->utilityStmt, ExplainStmt))
	{
		run(pstmt, source, read_only_tree, context, params, env, dest, qc);
		return;
	}
	read_options((ExplainStmt *) pstmt->utilityStmt, &request);
	PG_TRY();
	{
		running = &request;
		run(pstmt, source, read_only_tree, context, params, env, dest, qc);
	}
	PG_FINALLY();
	{
		running = outer;
	}
	PG_END_TRY();
}

void
rs_explain_request_init(void)
{
	next_process_utility = ProcessUtility_hook;
	ProcessUtility_hook = process_utility;
}
