/*
 * settings.c
 *	  The extension's settings, redshift.*, all of them, sorted by name.
 */
#include "postgres.h"

#include <float.h>
#include <limits.h>

#include "core/fault.h"
#include "core/settings.h"
#include "miscadmin.h"
#include "nodes/pg_list.h"
#include "utils/guc.h"
#include "utils/plancache.h"
#include "utils/varlena.h"

/* A column's bytes of one row group must stay well below a string's limit. */
#define RS_MAX_INSERT_BUFFER	(256 * 1024)

int			rs_auto_all_size = 8192;
bool		rs_auto_distribution = true;
int			rs_auto_refresh_interval = 60;
int			rs_auto_refresh_timeout = 1800;
double		rs_byte_cost = 0.001;
bool		rs_compaction = true;
int			rs_constraints = RS_CONSTRAINTS_AUTO;
int			rs_dialect = RS_DIALECT_POSTGRESQL;
bool		rs_enable_scan = true;
bool		rs_enable_vector = true;
bool		rs_history = true;
int			rs_history_buffer = 8192;
int			rs_history_delay = 5;
int			rs_history_max_rows = 1000000;
int			rs_history_retention = 7 * 24 * 60;
int			rs_insert_buffer_size = 65536;
int			rs_node_filters = RS_NODE_FILTERS_ON;
double		rs_stage_cost = 400.0;
int			rs_resize_rate = 0;
int			rs_transfer_retries = 8;
int			rs_transfer_timeout = 30000;
int			rs_vector_rows = RS_MOST_VECTOR_ROWS;
int			rs_fail_at_batch = 0;
char	   *rs_fault_directory = "";
int			rs_node_timeout = 10000;

char	   *rs_endpoint_listen_addresses = "localhost";
int			rs_endpoint_max_connections = 2000;
char	   *rs_endpoint_plain_clients = "psql, pg_dump, pg_dumpall, pg_restore";
int			rs_endpoint_port = 5439;
char	   *rs_endpoint_server_address = "127.0.0.1";
char	   *rs_endpoint_server_version = "8.0.2";
int			rs_endpoint_statement_memory = 256 * 1024;

static char *disabled_operators = "";
static uint32 disabled_kinds = 0;	/* bit by RsOperatorKind */

static const char *const operator_names[RS_OPERATOR_KINDS] = {
	[RS_OPERATOR_AGGREGATE] = "aggregate",
	[RS_OPERATOR_APPEND] = "append",
	[RS_OPERATOR_CTE] = "cte",
	[RS_OPERATOR_JOIN] = "join",
	[RS_OPERATOR_LIMIT] = "limit",
	[RS_OPERATOR_NESTLOOP] = "nestloop",
	[RS_OPERATOR_PROJECT] = "project",
	[RS_OPERATOR_SETOP] = "setop",
	[RS_OPERATOR_SORT] = "sort",
	[RS_OPERATOR_UNIQUE] = "unique",
	[RS_OPERATOR_WINDOW] = "window"
};

static const struct config_enum_entry node_filters_options[] = {
	{"off", RS_NODE_FILTERS_OFF, false},
	{"on", RS_NODE_FILTERS_ON, false},
	{"always", RS_NODE_FILTERS_ALWAYS, false},
	{NULL, 0, false}
};

static const struct config_enum_entry constraints_options[] = {
	{"auto", RS_CONSTRAINTS_AUTO, false},
	{"enforced", RS_CONSTRAINTS_ENFORCED, false},
	{"informational", RS_CONSTRAINTS_INFORMATIONAL, false},
	{NULL, 0, false}
};

static const struct config_enum_entry dialect_options[] = {
	{"postgresql", RS_DIALECT_POSTGRESQL, false},
	{"redshift", RS_DIALECT_REDSHIFT, false},
	{NULL, 0, false}
};

/*
 * Plans that are kept, those of prepared statements and of functions, were made by the other
 * dialect's rules.
 */
static void
assign_dialect(int newval, void *extra)
{
	if (newval != rs_dialect)
		ResetPlanCache();
}

bool
rs_operator_enabled(RsOperatorKind kind)
{
	return (disabled_kinds & ((uint32) 1 << kind)) == 0;
}

/*
 * The bits of a list of operators' names; false for a name that is none.
 */
static bool
parse_operators(char *names, uint32 *kinds)
{
	List	   *list;
	ListCell   *lc;

	*kinds = 0;
	if (!SplitIdentifierString(names, ',', &list))
	{
		GUC_check_errdetail("List syntax is invalid.");
		return false;
	}
	foreach(lc, list)
	{
		int			kind;

		for (kind = 0; kind < RS_OPERATOR_KINDS; kind++)
			if (strcmp(lfirst(lc), operator_names[kind]) == 0)
				break;
		if (kind == RS_OPERATOR_KINDS)
		{
			GUC_check_errdetail("There is no operator \"%s\".", (char *) lfirst(lc));
			GUC_check_errhint("Operators are aggregate, append, cte, join, limit, nestloop, project, setop, sort, unique and window.");
			return false;
		}
		*kinds |= (uint32) 1 << kind;
	}
	list_free(list);
	return true;
}

static bool
check_operators(char **newval, void **extra, GucSource source)
{
	char	   *names = pstrdup(*newval);
	uint32		kinds;
	bool		ok = parse_operators(names, &kinds);

	pfree(names);
	if (!ok)
		return false;
	*extra = malloc(sizeof(kinds));
	if (*extra == NULL)
		return false;
	memcpy(*extra, &kinds, sizeof(kinds));
	return true;
}

static void
assign_operators(const char *newval, void *extra)
{
	memcpy(&disabled_kinds, extra, sizeof(disabled_kinds));
}

/*
 * Those of Redshift's port: shared memory and a worker depend on them, so a library that
 * is loaded later has none of them.
 */
static void
define_endpoint_settings(void)
{
	DefineCustomStringVariable("redshift.endpoint_listen_addresses",
							   "Host names or IP addresses on which Redshift's port is open.",
							   "A list as listen_addresses has it; \"*\" means all.",
							   &rs_endpoint_listen_addresses, "localhost",
							   PGC_POSTMASTER, GUC_LIST_INPUT, NULL, NULL, NULL);
	DefineCustomIntVariable("redshift.endpoint_max_connections",
							"Most connections that Redshift's port holds at a time.",
							"The server's max_connections limits sessions besides.",
							&rs_endpoint_max_connections, 2000, 1, 65535,
							PGC_POSTMASTER, 0, NULL, NULL, NULL);
	DefineCustomStringVariable("redshift.endpoint_plain_clients",
							   "Values of application_name whose sessions are told the server's own version.",
							   "Such clients send catalog queries made for that version.",
							   &rs_endpoint_plain_clients, "psql, pg_dump, pg_dumpall, pg_restore",
							   PGC_SIGHUP, GUC_LIST_INPUT, NULL, NULL, NULL);
	DefineCustomIntVariable("redshift.endpoint_port",
							"Port on which the server speaks Redshift's SQL.",
							"0: none.",
							&rs_endpoint_port, 5439, 0, 65535,
							PGC_POSTMASTER, 0, NULL, NULL, NULL);
	DefineCustomStringVariable("redshift.endpoint_server_address",
							   "Numeric IP address at which the server listens for the sessions of Redshift's port.",
							   "pg_hba.conf sees them come from there.",
							   &rs_endpoint_server_address, "127.0.0.1",
							   PGC_POSTMASTER, 0, NULL, NULL, NULL);
	DefineCustomStringVariable("redshift.endpoint_server_version",
							   "What sessions of Redshift's port are told as server_version.",
							   "Empty: the server's own.",
							   &rs_endpoint_server_version, "8.0.2",
							   PGC_SIGHUP, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("redshift.endpoint_statement_memory",
							"Memory for the texts of long statements that are on their way to be translated.",
							"A statement that finds none left waits.",
							&rs_endpoint_statement_memory, 256 * 1024, 32 * 1024, MAX_KILOBYTES,
							PGC_SIGHUP, GUC_UNIT_KB, NULL, NULL, NULL);
}

void
rs_settings_init(void)
{
	if (process_shared_preload_libraries_in_progress)
		define_endpoint_settings();
	DefineCustomIntVariable("redshift.auto_all_size",
							"Sets the size up to which tables of diststyle auto are kept on all nodes.",
							NULL, &rs_auto_all_size, 8192, 0, INT_MAX,
							PGC_USERSET, GUC_UNIT_KB, NULL, NULL, NULL);
	DefineCustomBoolVariable("redshift.auto_distribution",
							 "Lets VACUUM and a worker choose how tables of diststyle auto are distributed.",
							 NULL, &rs_auto_distribution, true,
							 PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("redshift.auto_refresh_interval",
							"Sets how often materialized views with auto_refresh are looked at.",
							"0: never.", &rs_auto_refresh_interval, 60, 0, 24 * 60 * 60,
							PGC_SIGHUP, GUC_UNIT_S, NULL, NULL, NULL);
	DefineCustomIntVariable("redshift.auto_refresh_timeout",
							"Sets how long the refresh of a materialized view with auto_refresh may take.",
							"0: as long as it takes.", &rs_auto_refresh_timeout, 1800, 0, 24 * 60 * 60,
							PGC_SIGHUP, GUC_UNIT_S, NULL, NULL, NULL);
	DefineCustomRealVariable("redshift.byte_cost",
							 "Sets the planner's estimate of the cost of a byte that moves between servers of a cluster.",
							 NULL, &rs_byte_cost, 0.001, 0, DBL_MAX,
							 PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomBoolVariable("redshift.compaction",
							 "Lets VACUUM merge, purge and sort row groups.",
							 NULL, &rs_compaction, true,
							 PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomEnumVariable("redshift.constraints",
							 "Sets whether primary, unique and foreign keys of new redshift tables are enforced.",
							 "\"auto\" enforces them unless redshift.dialect is redshift; \"informational\" only records them.",
							 &rs_constraints, RS_CONSTRAINTS_AUTO, constraints_options,
							 PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomStringVariable("redshift.disabled_operators",
							   "Operators that the vector engine leaves to PostgreSQL's executor.",
							   "For finding faults: a list of aggregate, append, cte, join, limit, nestloop, project, setop, sort, unique and window.",
							   &disabled_operators, "",
							   PGC_USERSET, GUC_LIST_INPUT | GUC_NOT_IN_SAMPLE,
							   check_operators, assign_operators, NULL);
	DefineCustomBoolVariable("redshift.enable_scan",
							 "Lets the planner scan redshift tables by column, skipping blocks.",
							 "Off, such tables are read row by row with all their columns.",
							 &rs_enable_scan, true,
							 PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomBoolVariable("redshift.enable_vector",
							 "Lets aggregations and joins of redshift tables run in the vector engine.",
							 "Off, PostgreSQL's executor runs them row by row.",
							 &rs_enable_vector, true,
							 PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("redshift.fail_at_batch",
							"Raises an error when operators of the vector engine ask for this many batches.",
							"For tests of what an error leaves behind. 0 means never.",
							&rs_fail_at_batch, 0, 0, INT_MAX,
							PGC_USERSET, GUC_NOT_IN_SAMPLE, NULL, NULL, NULL);
	DefineCustomStringVariable("redshift.fault_directory",
							   "Directory with files named after places where the server is to fail.",
							   "For tests of what a failure leaves behind. Empty means none.",
							   &rs_fault_directory, "",
							   PGC_SIGHUP, GUC_NOT_IN_SAMPLE | GUC_SUPERUSER_ONLY, NULL, NULL, NULL);
	DefineCustomBoolVariable("redshift.history",
							 "Keeps what statements and sessions did, for stl_query, sys_query_history and the like.",
							 NULL, &rs_history, true,
							 PGC_SUSET, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("redshift.history_buffer",
							"Shared memory for the history of statements, before it is written to its tables.",
							"What does not fit is lost, and counted by redshift.history_lost().",
							&rs_history_buffer, 8192, 64, RS_MAX_HISTORY_BUFFER,
							PGC_POSTMASTER, GUC_UNIT_KB, NULL, NULL, NULL);
	DefineCustomIntVariable("redshift.history_delay",
							"Time after which the history of statements is written to its tables.",
							"Views show it at once.",
							&rs_history_delay, 5, 1, 3600,
							PGC_SIGHUP, GUC_UNIT_S, NULL, NULL, NULL);
	DefineCustomIntVariable("redshift.history_max_rows",
							"Most rows of each table of the history.",
							"The oldest go first.",
							&rs_history_max_rows, 1000000, 1000, INT_MAX,
							PGC_SIGHUP, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("redshift.history_retention",
							"Time for which the history of statements and sessions is kept.",
							NULL, &rs_history_retention, 7 * 24 * 60, 1, INT_MAX,
							PGC_SIGHUP, GUC_UNIT_MIN, NULL, NULL, NULL);
	DefineCustomIntVariable("redshift.insert_buffer_size",
							"Memory of a session for inserted rows not yet in a row group.",
							NULL, &rs_insert_buffer_size, 65536, 1024, RS_MAX_INSERT_BUFFER,
							PGC_USERSET, GUC_UNIT_KB, NULL, NULL, NULL);
	DefineCustomEnumVariable("redshift.dialect",
							 "Sets whose rules statements follow where Redshift's differ from PostgreSQL's.",
							 "Sessions of Redshift's port begin with \"redshift\".",
							 &rs_dialect, RS_DIALECT_POSTGRESQL, dialect_options,
							 PGC_USERSET, 0, NULL, assign_dialect, NULL);
	DefineCustomEnumVariable("redshift.node_filters",
							 "Lets compute nodes send only rows that may match the other side of a join.",
							 "\"always\" is for finding faults: even where it does not pay.",
							 &rs_node_filters, RS_NODE_FILTERS_ON, node_filters_options,
							 PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("redshift.node_timeout",
							"Time within which a compute node must let a connection in and answer a trivial query.",
							"A session that waits for a node tries both from time to time.",
							&rs_node_timeout, 10000, 100, 600 * 1000,
							PGC_USERSET, GUC_UNIT_MS, NULL, NULL, NULL);
	DefineCustomRealVariable("redshift.stage_cost",
							 "Sets the planner's estimate of the cost of a stage of a query on a cluster's nodes.",
							 NULL, &rs_stage_cost, 400, 0, DBL_MAX,
							 PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("redshift.resize_rate",
							"Megabytes a second that slices are copied with when they move to other compute nodes.",
							"0: as fast as can be.",
							&rs_resize_rate, 0, 0, 1024 * 1024, PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("redshift.transfer_retries",
							"How often a request to a store of objects is tried again when it fails for a reason that may pass.",
							NULL,
							&rs_transfer_retries, 8, 0, 100, PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("redshift.transfer_timeout",
							"How long a transfer from or to a store of objects may stand still before it is tried again.",
							NULL,
							&rs_transfer_timeout, 30000, 1000, INT_MAX, PGC_USERSET, GUC_UNIT_MS, NULL, NULL, NULL);
	DefineCustomIntVariable("redshift.vector_rows",
							"Most rows that operators of the vector engine exchange at a time.",
							"For finding faults: few rows meet every boundary.",
							&rs_vector_rows, RS_MOST_VECTOR_ROWS, 1, RS_MOST_VECTOR_ROWS,
							PGC_USERSET, GUC_NOT_IN_SAMPLE, NULL, NULL, NULL);
	MarkGUCPrefixReserved("redshift");
}
