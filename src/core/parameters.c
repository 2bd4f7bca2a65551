/*
 * parameters.c
 *	  Redshift's configuration parameters, by Redshift's names.
 *
 * Programs set and show them, in sessions that come through the endpoint as in others, so they
 * exist whether this server has what they are about or not.  Those of which something here
 * depends have a variable in parameters.h.  What a parameter group alone sets in Redshift is set
 * in postgresql.conf here.
 */
#include "postgres.h"

#include <limits.h>

#include "core/parameters.h"
#include "utils/guc.h"

bool		rs_enable_case_sensitive_identifier = false;
bool		rs_enable_case_sensitive_super_attribute = false;
bool		rs_describe_field_name_in_uppercase = false;
bool		rs_json_serialization_enable = false;
bool		rs_json_serialization_parse_nested_strings = false;
bool		rs_cast_super_null_on_error = true;
bool		rs_navigate_super_null_on_error = true;
bool		rs_parse_super_null_on_error = false;
bool		rs_require_ssl = false;
char	   *rs_query_group = "";
int			rs_stored_proc_log_min_messages = RS_MESSAGE_LOG;

static const struct config_enum_entry message_levels[] = {
	{"LOG", RS_MESSAGE_LOG, false},
	{"INFO", RS_MESSAGE_INFO, false},
	{"NOTICE", RS_MESSAGE_NOTICE, false},
	{"WARNING", RS_MESSAGE_WARNING, false},
	{"EXCEPTION", RS_MESSAGE_EXCEPTION, false},
	{NULL, 0, false}
};

typedef struct BoolParameter
{
	const char *name;
	const char *description;
	bool	   *variable;		/* NULL: nothing depends on it */
	bool		initial;
	GucContext	context;
	int			flags;
} BoolParameter;

typedef struct IntParameter
{
	const char *name;
	const char *description;
	int			initial;
	int			min;
	int			max;
	GucContext	context;
} IntParameter;

typedef struct StringParameter
{
	const char *name;
	const char *description;
	char	  **variable;
	const char *initial;
	GucContext	context;
} StringParameter;

static const BoolParameter bools[] = {
	{"auto_analyze", "Redshift: analyzes tables in the background; here autovacuum does.", NULL, true, PGC_SIGHUP, 0},
	{"auto_mv", "Redshift: makes materialized views by itself; here nothing does.", NULL, true, PGC_SIGHUP, 0},
	{"cast_super_null_on_error", "Makes NULL of values of SUPER that a cast does not fit.",
	&rs_cast_super_null_on_error, true, PGC_USERSET, 0},
	{"describe_field_name_in_uppercase", "Gives the names of results' columns in upper case.",
	&rs_describe_field_name_in_uppercase, false, PGC_USERSET, GUC_REPORT},
	{"downcase_delimited_identifier", "Redshift: folds identifiers in double quotes; see enable_case_sensitive_identifier.",
	NULL, true, PGC_USERSET, 0},
	{"enable_case_sensitive_identifier", "Keeps identifiers in double quotes as they are written.",
	&rs_enable_case_sensitive_identifier, false, PGC_USERSET, GUC_REPORT},
	{"enable_case_sensitive_super_attribute", "Keeps names of attributes of SUPER in double quotes as they are written.",
	&rs_enable_case_sensitive_super_attribute, false, PGC_USERSET, GUC_REPORT},
	{"enable_numeric_rounding", "Redshift: rounds numbers that are cast to a smaller scale; here they always are.",
	NULL, true, PGC_USERSET, 0},
	{"enable_result_cache_for_session", "Redshift: answers from earlier results; here there is no such cache.",
	NULL, true, PGC_USERSET, 0},
	{"enable_spectrum_oid", "Redshift: shows numbers of external tables; here there are none.", NULL, true, PGC_USERSET, 0},
	{"enable_user_activity_logging", "Redshift: logs statements; here log_statement does.", NULL, false, PGC_SIGHUP, 0},
	{"enable_vacuum_boost", "Redshift: runs all VACUUMs with BOOST.", NULL, false, PGC_USERSET, 0},
	{"error_on_nondeterministic_update", "Redshift: refuses an UPDATE that finds several new rows for one.",
	NULL, false, PGC_USERSET, 0},
	{"interval_forbid_composite_literals", "Redshift: refuses intervals of months and seconds.", NULL, true, PGC_USERSET, 0},
	{"json_serialization_enable", "Lets COPY and UNLOAD make JSON of nested columns.",
	&rs_json_serialization_enable, false, PGC_USERSET, 0},
	{"json_serialization_parse_nested_strings", "Parses strings in nested columns as JSON.",
	&rs_json_serialization_parse_nested_strings, false, PGC_USERSET, 0},
	{"mv_enable_aqmv_for_session", "Redshift: answers from materialized views; here queries read what they name.",
	NULL, true, PGC_USERSET, 0},
	{"navigate_super_null_on_error", "Makes NULL of paths that a value of SUPER has not.",
	&rs_navigate_super_null_on_error, true, PGC_USERSET, 0},
	{"parse_super_null_on_error", "Makes NULL of text that is no JSON.", &rs_parse_super_null_on_error, false, PGC_USERSET, 0},
	{"pg_federation_repeatable_read", "Redshift: isolation of federated queries.", NULL, true, PGC_USERSET, 0},
	{"require_ssl", "Refuses sessions of Redshift's port without TLS.", &rs_require_ssl, false, PGC_SIGHUP, 0},
	{"spectrum_enable_pseudo_columns", "Redshift: shows $path and $size of external tables.", NULL, true, PGC_USERSET, 0},
	{"use_fips_ssl", "Redshift: confines TLS to FIPS; here the system's OpenSSL does.", NULL, false, PGC_SIGHUP, 0},
};

static const IntParameter ints[] = {
	{"default_geometry_encoding", "Redshift: how GEOMETRY is stored.", 1, 1, 2, PGC_USERSET},
	{"max_concurrency_scaling_clusters", "Redshift: how many clusters help.", 1, 0, 10, PGC_SIGHUP},
	{"max_cursor_result_set_size", "Redshift: no longer used.", 0, 0, INT_MAX, PGC_USERSET},
	{"spectrum_query_maxerror", "Redshift: errors that queries of external tables pass over.", -1, -1, INT_MAX, PGC_USERSET},
	{"wlm_query_slot_count", "Redshift: slots of a queue that a query takes; here there are no queues.", 1, 1, 50, PGC_USERSET},
};

static const StringParameter strings[] = {
	{"datashare_break_glass_session_var", "Redshift: lets managed datashares be dropped.", NULL, "", PGC_USERSET},
	{"query_group", "A label that the session's queries have in system tables.", &rs_query_group, "", PGC_USERSET},
	{"wlm_json_configuration", "Redshift: queues; here there are none.", NULL, "[{\"auto_wlm\": true}]", PGC_SIGHUP},
};

/* What those have that nothing depends on. */
static bool bool_values[lengthof(bools)];
static int	int_values[lengthof(ints)];
static char *string_values[lengthof(strings)];
static double analyze_threshold_percent = 10;

void
rs_parameters_init(void)
{
	int			i;

	for (i = 0; i < lengthof(bools); i++)
		DefineCustomBoolVariable(bools[i].name, bools[i].description, NULL,
								 bools[i].variable != NULL ? bools[i].variable : &bool_values[i],
								 bools[i].initial, bools[i].context, bools[i].flags, NULL, NULL, NULL);
	for (i = 0; i < lengthof(ints); i++)
		DefineCustomIntVariable(ints[i].name, ints[i].description, NULL, &int_values[i], ints[i].initial,
								ints[i].min, ints[i].max, ints[i].context, 0, NULL, NULL, NULL);
	for (i = 0; i < lengthof(strings); i++)
		DefineCustomStringVariable(strings[i].name, strings[i].description, NULL,
								   strings[i].variable != NULL ? strings[i].variable : &string_values[i],
								   strings[i].initial, strings[i].context, 0, NULL, NULL, NULL);
	DefineCustomRealVariable("analyze_threshold_percent",
							 "Redshift: ANALYZE passes over tables of which a smaller share of rows has changed; here it passes over none.",
							 NULL, &analyze_threshold_percent, 10, 0, 100, PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomEnumVariable("stored_proc_log_min_messages", "Least messages of procedures that svl_stored_proc_messages shows.", NULL,
							 &rs_stored_proc_log_min_messages, RS_MESSAGE_LOG, message_levels, PGC_USERSET, 0, NULL, NULL, NULL);
}
