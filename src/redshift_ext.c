/*
 * redshift_ext.c
 *	  The library's entry: settings and hooks, once.
 */
#include "postgres.h"

#include "core/journal.h"
#include "core/launcher.h"
#include "core/parameters.h"
#include "core/relation_changes.h"
#include "core/schema.h"
#include "core/settings.h"
#include "dialect/blanks.h"
#include "dialect/dialect.h"
#include "endpoint/endpoint.h"
#include "fmgr.h"
#include "functions/functions.h"
#include "functions/numeric_rules.h"
#include "history/history.h"
#include "load/load.h"
#include "load/secrets.h"
#include "load/unload/unload.h"
#include "mpp/mpp.h"
#include "planner/explain_redshift.h"
#include "planner/plan_counts.h"
#include "planner/planner.h"
#include "planner/slice_num.h"
#include "planner/takeover.h"
#include "storage/ddl.h"
#include "storage/executor_hook.h"
#include "storage/insert_buffer.h"
#include "storage/vacuum_options.h"
#include "views/late_binding.h"
#include "views/materialized.h"

PG_MODULE_MAGIC;

void		_PG_init(void);

void
_PG_init(void)
{
	rs_settings_init();
	rs_schema_init();
	rs_parameters_init();
	rs_xact_init();
	rs_journal_init();
	rs_relation_changes_init();
	rs_ddl_init();
	rs_vacuum_options_init();
	rs_executor_hook_init();

	rs_numeric_rules_init();

	/* What a deferred query is must be known to the hooks of those before. */
	rs_deferred_init();
	rs_procedure_names_init();
	rs_planner_init();
	rs_takeover_init();

	/* Its hooks replace the paths that others make of distributed tables. */
	rs_mpp_init();
	rs_explain_redshift_init();
	rs_plan_counts_init();
	rs_copy_init();
	rs_secrets_init();

	/* Other planners know columns only. */
	rs_slice_num_init();
	rs_functions_init();
	rs_unload_init();
	rs_endpoint_init();

	/* Whatever plans sees the comparisons as they are meant. */
	rs_blanks_init();

	/* Everyone is to see the queries of late binding views in their places. */
	rs_late_binding_init();
	rs_late_binding_ddl_init();
	rs_materialized_init();
	rs_auto_refresh_init();

	/* Around all of that: what others run for a statement is not a statement of its own. */
	rs_history_init();
	rs_launcher_init();
}
