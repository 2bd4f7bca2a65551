/*
 * fragment_report.c
 *	  What a fragment did, told by its node before its last message.
 *
 * The leader asks for it with COPY's option REPORT 'json,verbose,costs,timing': the node
 * then runs the fragment with instrumentation, and sends what it counted and its plan in
 * a message of kind REPORT (wire_format.h).  So the fragment runs once, and the plan is
 * the one that ran.
 *
 * The plan is text that the node's EXPLAIN made in the format which the leader's will be
 * in: the leader puts it in at the right depth.  For the history of statements there is none:
 * REPORT 'counts' asks for what operations counted, which takes some microseconds.
 */
#include "postgres.h"

#include "executor/instrument.h"
#include "mpp/wire/fragment_counts.h"
#include "mpp/wire/fragment_report.h"
#include "mpp/wire/wire_format.h"

static const char *const format_names[] = {"text", "xml", "json", "yaml"};

/* ---------------------------------------------------------------------
 * Requests
 * ---------------------------------------------------------------------
 */

char *
rs_report_request_text(const RsReportRequest *request)
{
	if (request->counts)
		return pstrdup("counts");
	return psprintf("%s%s%s%s%s%s%s", format_names[request->format],
					request->verbose ? ",verbose" : "",
					request->costs ? ",costs" : "",
					request->settings ? ",settings" : "",
					request->instrument & INSTRUMENT_TIMER ? ",timing" : "",
					request->instrument & INSTRUMENT_BUFFERS ? ",buffers" : "",
					request->instrument & INSTRUMENT_WAL ? ",wal" : "");
}

static bool
set_format(RsReportRequest *request, const char *name)
{
	int			i;

	for (i = 0; i < lengthof(format_names); i++)
		if (strcmp(format_names[i], name) == 0)
		{
			request->format = (ExplainFormat) i;
			return true;
		}
	return false;
}

RsReportRequest *
rs_report_request_parse(char *text)
{
	RsReportRequest *request = palloc0(sizeof(RsReportRequest));
	char	   *rest = pstrdup(text);
	char	   *word;

	while ((word = strsep(&rest, ",")) != NULL)
	{
		if (strcmp(word, "counts") == 0)
			request->counts = true;
		else if (strcmp(word, "verbose") == 0)
			request->verbose = true;
		else if (strcmp(word, "costs") == 0)
			request->costs = true;
		else if (strcmp(word, "settings") == 0)
			request->settings = true;
		else if (strcmp(word, "timing") == 0)
			request->instrument |= INSTRUMENT_TIMER;
		else if (strcmp(word, "buffers") == 0)
			request->instrument |= INSTRUMENT_BUFFERS;
		else if (strcmp(word, "wal") == 0)
			request->instrument |= INSTRUMENT_WAL;
		else if (!set_format(request, word))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("unknown word \"%s\" in the report that is asked for", word)));
	}
	if (request->counts)
		request->instrument = RS_INSTRUMENT_COUNTS;
	else if (!(request->instrument & INSTRUMENT_TIMER))
		request->instrument |= INSTRUMENT_ROWS;
	return request;
}

/* ---------------------------------------------------------------------
 * The node's plan
 * ---------------------------------------------------------------------
 */

char *
rs_report_plan(const RsReportRequest *request, QueryDesc *desc)
{
	ExplainState *es = NewExplainState();

	es->analyze = true;
	es->format = request->format;
	es->verbose = request->verbose;
	es->costs = request->costs;
	es->settings = request->settings;
	es->timing = (request->instrument & INSTRUMENT_TIMER) != 0;
	es->buffers = (request->instrument & INSTRUMENT_BUFFERS) != 0;
	es->wal = (request->instrument & INSTRUMENT_WAL) != 0;

	/* Within no group: the leader has opened one. */
	es->grouping_stack = list_make1_int(0);
	ExplainPrintPlan(es, desc);
	if (desc->operation != CMD_SELECT)
		ExplainPrintTriggers(es, desc);
	return es->str->data;
}

/* ---------------------------------------------------------------------
 * On the wire
 * ---------------------------------------------------------------------
 */

void
rs_report_write(const RsReport *report, StringInfo bytes)
{
	RsWireReport wire = {
		.rows = report->rows,
		.time = report->time,
		.planning = report->planning,
		.ntargets = report->ntargets,
		.format = report->format
	};
	int			i;

	appendBinaryStringInfo(bytes, (char *) &wire, sizeof(wire));
	for (i = 0; i < report->ntargets; i++)
	{
		RsWireReportTarget target = {
			.rows = report->targets[i].rows,
			.bytes = report->targets[i].bytes,
			.node = report->targets[i].node
		};

		appendBinaryStringInfo(bytes, (char *) &target, sizeof(target));
	}
	appendStringInfoString(bytes, report->plan);
}

RsReport *
rs_report_read(const char *bytes, Size size)
{
	RsReport   *report = palloc0(sizeof(RsReport));
	RsWireReport wire;
	Size		targets;
	int			i;

	if (size < sizeof(wire))
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("report of a fragment is damaged: too short")));
	memcpy(&wire, bytes, sizeof(wire));
	targets = (Size) wire.ntargets * sizeof(RsWireReportTarget);
	if (targets > size - sizeof(wire) || wire.format >= lengthof(format_names))
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("report of a fragment is damaged: wrong header")));
	report->rows = wire.rows;
	report->time = wire.time;
	report->planning = wire.planning;
	report->format = (ExplainFormat) wire.format;
	report->ntargets = (int) wire.ntargets;
	report->targets = palloc((wire.ntargets + 1) * sizeof(RsReportTarget));
	for (i = 0; i < report->ntargets; i++)
	{
		RsWireReportTarget target;

		memcpy(&target, bytes + sizeof(wire) + i * sizeof(target), sizeof(target));
		report->targets[i].node = target.node;
		report->targets[i].rows = target.rows;
		report->targets[i].bytes = target.bytes;
	}
	report->plan = pnstrdup(bytes + sizeof(wire) + targets, size - sizeof(wire) - targets);
	return report;
}
