/*
 * vacuum_options.c
 *	  Options of VACUUM that are Redshift's.
 *
 *		VACUUM (SORT_ONLY) t			sort, purge no deleted rows
 *		VACUUM (DELETE_ONLY) t			purge, do not sort
 *		VACUUM (RECLUSTER) t			sort the unsorted region by itself
 *		VACUUM (REINDEX) t				interleave the keys of all rows anew
 *		VACUUM (TO_PERCENT 99) t		so much is to be sorted and free of deleted rows
 *		VACUUM (BOOST) t				accepted: compaction takes what memory it may anyhow
 *
 * They are taken out of the statement, which PostgreSQL then runs with all of its
 * checks, and hold for the tables of access method redshift that it comes to.
 */
#include "postgres.h"

#include "access/xact.h"
#include "commands/defrem.h"
#include "nodes/parsenodes.h"
#include "storage/options.h"
#include "storage/vacuum_options.h"
#include "tcop/utility.h"
#include "utils/rel.h"

static ProcessUtility_hook_type next_process_utility = NULL;

typedef struct VacuumRequest
{
	int			what;			/* RS_COMPACT_..., 0: all that VACUUM does */
	const char *name;			/* of the option that said so */
	int			percent;		/* -1: not given */
} VacuumRequest;

/* Of the VACUUM that runs, or NULL. */
static const VacuumRequest *request = NULL;

static void
set_what(VacuumRequest *wanted, DefElem *option, int what)
{
	if (!defGetBoolean(option))
		return;
	if (wanted->what != 0)
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR),
				 errmsg("VACUUM options %s and %s cannot be used together", wanted->name, option->defname)));
	wanted->what = what;
	wanted->name = option->defname;
}

static void
set_percent(VacuumRequest *wanted, DefElem *option)
{
	int64		percent = defGetInt64(option);

	if (percent < 0 || percent > 100)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("VACUUM option to_percent must be between 0 and 100")));
	wanted->percent = (int) percent;
}

static bool
take_option(VacuumRequest *wanted, DefElem *option)
{
	if (strcmp(option->defname, "sort_only") == 0)
		set_what(wanted, option, RS_COMPACT_SORT | RS_COMPACT_MERGE);
	else if (strcmp(option->defname, "delete_only") == 0)
		set_what(wanted, option, RS_COMPACT_PURGE);
	else if (strcmp(option->defname, "recluster") == 0)
		set_what(wanted, option, RS_COMPACT_RECLUSTER);
	else if (strcmp(option->defname, "reindex") == 0)
		set_what(wanted, option, RS_COMPACT_ALL | RS_COMPACT_REWRITE);
	else if (strcmp(option->defname, "to_percent") == 0)
		set_percent(wanted, option);
	else if (strcmp(option->defname, "boost") == 0)
		(void) defGetBoolean(option);
	else
		return false;
	return true;
}

static bool
has_option(const VacuumStmt *statement)
{
	VacuumRequest ignored = {0, NULL, -1};
	ListCell   *lc;

	foreach(lc, statement->options)
		if (take_option(&ignored, lfirst_node(DefElem, lc)))
			return true;
	return false;
}

/*
 * Take our options out of the statement.
 */
static void
take_options(VacuumStmt *statement, VacuumRequest *wanted)
{
	bool		needs_table;
	ListCell   *lc;

	foreach(lc, statement->options)
		if (take_option(wanted, lfirst_node(DefElem, lc)))
			statement->options = foreach_delete_current(statement->options, lc);
	needs_table = wanted->percent >= 0 || (wanted->what & (RS_COMPACT_RECLUSTER | RS_COMPACT_REWRITE)) != 0;
	if (needs_table && statement->rels == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR),
				 errmsg("VACUUM option %s needs the name of a table", wanted->percent >= 0 ? "to_percent" : wanted->name)));
	if (wanted->percent >= 0 && (wanted->what & (RS_COMPACT_RECLUSTER | RS_COMPACT_REWRITE)) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR),
				 errmsg("VACUUM options %s and to_percent cannot be used together", wanted->name)));
}

void
rs_vacuum_goal(Relation rel, RsCompactionGoal *goal)
{
	RsTableOptions *options = rs_options_get(rel);

	goal->what = RS_COMPACT_ALL;
	goal->max_groups = 0;
	goal->unsorted_share = RS_UNSORTED_SHARE;
	goal->purge_share = RS_PURGE_SHARE;
	if (request == NULL)
		return;
	if (request->percent >= 0)
		goal->unsorted_share = goal->purge_share = (100 - request->percent) / 100.0;
	if (request->what == 0)
		return;
	goal->what = request->what;
	if ((goal->what & RS_COMPACT_RECLUSTER) != 0 &&
		(options->sortstyle == RS_SORT_INTERLEAVED || options->diststyle == RS_DIST_ALL))
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("cannot recluster table \"%s\"", RelationGetRelationName(rel)),
				 errdetail("It has an interleaved sort key, or diststyle all.")));
	if ((goal->what & RS_COMPACT_RECLUSTER) != 0)
		goal->unsorted_share = 0;
	if (options->sortstyle != RS_SORT_INTERLEAVED)
		goal->what &= ~RS_COMPACT_REWRITE;
}

static void
process_utility(PlannedStmt *pstmt, const char *query, bool read_only_tree, ProcessUtilityContext context,
				ParamListInfo params, QueryEnvironment *env, DestReceiver *dest, QueryCompletion *qc)
{
	ProcessUtility_hook_type run = next_process_utility ? next_process_utility : standard_ProcessUtility;
	const VacuumRequest *outer = request;
	VacuumRequest wanted = {0, NULL, -1};
	PlannedStmt *changed;

	if (!IsA(pstmt->utilityStmt, VacuumStmt) || !((VacuumStmt *) pstmt->utilityStmt)->is_vacuumcmd ||
		!has_option((VacuumStmt *) pstmt->utilityStmt))
	{
		run(pstmt, query, read_only_tree, context, params, env, dest, qc);
		return;
	}
	changed = copyObject(pstmt);
	take_options((VacuumStmt *) changed->utilityStmt, &wanted);
	PG_TRY();
	{
		request = &wanted;
		run(changed, query, false, context, params, env, dest, qc);
	}
	PG_FINALLY();
	{
		request = outer;
	}
	PG_END_TRY();
}

void
rs_vacuum_options_init(void)
{
	next_process_utility = ProcessUtility_hook;
	ProcessUtility_hook = process_utility;
}
