/*
 * parameters.c
 *	  What Redshift's drivers send when they connect, and what they are to be told then.
 *
 * Their names have no prefix: the server refuses a startup message with others that it does
 * not know.  Session parameters that Redshift documents are core/parameters.c's.
 */
#include "postgres.h"

#include "access/xact.h"
#include "endpoint/session.h"
#include "utils/guc.h"
#include "utils/guc_tables.h"

typedef struct StringParameter
{
	const char *name;
	const char *boot;
	const char *description;
	char	   *value;
} StringParameter;

/* What drivers say of themselves in the startup message, beside what PostgreSQL knows. */
static StringParameter sent[] = {
	{"client_protocol_version", "", "Shows what a driver said of its protocol."},
	{"driver_version", "", "Shows what a driver said of its version."},
	{"identity_namespace", "", "Shows what a driver said of its identity provider."},
	{"idc_client_display_name", "", "Shows what a driver said of its identity provider."},
	{"idp_type", "", "Shows what a driver said of its identity provider."},
	{"os_version", "", "Shows what a driver said of its system."},
	{"plugin_name", "", "Shows what a driver said of its authentication."},
	{"provider_name", "", "Shows what a driver said of its identity provider."},
	{"token_type", "", "Shows what a driver said of its identity provider."},
};

/* Facts that Redshift's drivers ask for; only the endpoint's sessions have them. */
static StringParameter facts[] = {
	{"datashare_enabled", "off", "Shows whether metadata covers databases shared by other clusters."},
	{"external_database", "", "Shows the external database of the session."},
	{"server_protocol_version", "0", "Shows the version of Redshift's extensions of the protocol."},
	{"show_discovery", "4", "Shows which statements of SHOW a driver may use for metadata."},
};

static bool read_only;

/*
 * Another name of default_transaction_read_only, which drivers set to 0 and 1.
 */
static void
assign_readonly(bool newval, void *extra)
{
	if (newval != read_only)
		DefaultXactReadOnly = newval;
}

void
rs_driver_parameters_init(void)
{
	int			i;

	for (i = 0; i < lengthof(sent); i++)
		DefineCustomStringVariable(sent[i].name, sent[i].description, NULL, &sent[i].value, sent[i].boot,
								   PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomBoolVariable("readonly", "Makes transactions that begin read only.", NULL, &read_only, false,
							 PGC_USERSET, 0, NULL, assign_readonly, NULL);
}

void
rs_driver_parameters_begin(void)
{
	struct config_generic **settings ;
	int			nsettings;
	int			i;

	for (i = 0; i < lengthof(facts); i++)
		DefineCustomStringVariable(facts[i].name, facts[i].description, NULL, &facts[i].value, facts[i].boot,
								   PGC_INTERNAL, GUC_REPORT | GUC_NOT_IN_SAMPLE | GUC_DISALLOW_IN_FILE,
								   NULL, NULL, NULL);
	settings = get_guc_variables();
	nsettings = GetNumConfigOptions();
	for (i = 0; i < nsettings; i++)
		if (strcmp(settings[i]->name, "redshift.dialect") == 0)
			settings[i]->flags |= GUC_REPORT;
}
