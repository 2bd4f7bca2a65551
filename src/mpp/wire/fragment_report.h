/*
 * fragment_report.h
 *	  What a fragment did, told by its node before its last message.
 */
#ifndef RS_FRAGMENT_REPORT_H
#define RS_FRAGMENT_REPORT_H

#include "commands/explain.h"
#include "executor/execdesc.h"

/* What the leader wants to be told. */
typedef struct RsReportRequest
{
	bool		counts;			/* no plan, but what its operations counted (fragment_counts.h) */
	ExplainFormat format;		/* of the node's plan */
	bool		verbose;
	bool		costs;
	bool		settings;
	int			instrument;		/* INSTRUMENT_..., never 0 */
} RsReportRequest;

/* Rows that a fragment sent to one node. */
typedef struct RsReportTarget
{
	int32		node;			/* its id */
	uint64		rows;
	uint64		bytes;
} RsReportTarget;

typedef struct RsReport
{
	uint64		rows;			/* that it gave or changed */
	uint64		time;			/* microseconds, planning included */
	uint64		planning;
	int			ntargets;		/* of an exchange */
	RsReportTarget *targets;
	ExplainFormat format;
	char	   *plan;			/* as EXPLAIN shows it; or what its operations counted */
} RsReport;

/* A request as the value of COPY's option "report", and back; an error if it is none. */
extern char *rs_report_request_text(const RsReportRequest *request);
extern RsReportRequest *rs_report_request_parse(char *text);

/* The plan of a query that has run, as was requested. */
extern char *rs_report_plan(const RsReportRequest *request, QueryDesc *desc);

/* A report as bytes, and back, in the current memory context. */
extern void rs_report_write(const RsReport *report, StringInfo bytes);
extern RsReport *rs_report_read(const char *bytes, Size size);

#endif							/* RS_FRAGMENT_REPORT_H */
