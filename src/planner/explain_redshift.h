/*
 * explain_redshift.h
 *	  EXPLAIN (redshift): plans as Redshift shows them.
 */
#ifndef RS_EXPLAIN_REDSHIFT_H
#define RS_EXPLAIN_REDSHIFT_H

#include "nodes/plannodes.h"

/* A node as EXPLAIN (redshift) shows it. */
typedef struct RsExplainedNode
{
	int			depth;			/* 0: the top */
	const Plan *plan;			/* of PostgreSQL's; NULL: compute nodes run it */
	bool		changes;		/* nodes change rows, as many as the gather's last stage gives */
	bool		is_read;		/* its rows are those that the plan has read */
	Oid			relid;			/* that it scans; InvalidOid: none, or not known */
	Cost		startup;
	Cost		total;
	double		rows;			/* estimated, as the costs */
	int			width;
	const Plan *gather;			/* of what nodes run, and of the leader's gathers: what they count */
	List	   *described;		/* ... as RS_DESCRIBED_...; NIL: it is the gather itself */
	char	   *line;			/* as it stands there */
	char	   *info;			/* what stands below it, in one line */
} RsExplainedNode;

typedef struct RsExplainedPlan
{
	List	   *nodes;			/* RsExplainedNode *, from the top */
	List	   *without_statistics; /* Oids of tables */
} RsExplainedPlan;

/* A plan's nodes, in the current context.  The tables are locked. */
extern RsExplainedPlan *rs_explain_planned(PlannedStmt *planned);

/* Does a plan read tables of ours? */
extern bool rs_plan_has_our_tables(const PlannedStmt *planned);

extern void rs_explain_redshift_init(void);

#endif							/* RS_EXPLAIN_REDSHIFT_H */
