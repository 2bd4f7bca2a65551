/*
 * session.c
 *	  The endpoint's sessions in the backend that serves them: who may begin one, and what
 *	  it begins with.
 *
 * The backend's peer is the endpoint's process, so the proofs that pg_hba.conf takes from
 * the operating system (ident, peer) would prove the server's own user, and trust in
 * loopback would be trust in everybody.  A password proves what it always does.
 *
 * Defaults of a session are set as ALTER ROLE ALL would: what a database, a user or the
 * client itself sets goes before them, and RESET returns to them.
 */
#include "postgres.h"

#include "compat/protocol.h"
#include "core/settings.h"
#include "endpoint/session.h"
#include "endpoint/shared.h"
#include "libpq/auth.h"
#include "libpq/hba.h"
#include "miscadmin.h"
#include "postmaster/postmaster.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/varlena.h"

static char *client_address = "";
static ClientAuthentication_hook_type previous_hook = NULL;

/* What Redshift's sessions begin with and PostgreSQL's do not. */
static const struct
{
	const char *name;
	const char *value;
}			defaults[] = {
	{"redshift.dialect", "redshift"},
	{"default_table_access_method", "redshift"},
	{"DateStyle", "ISO, MDY"},
	{"IntervalStyle", "postgres"},
	{"TimeZone", "UTC"},
	{"extra_float_digits", "0"},
	/* A backslash escapes what follows it in any string. */
	{"standard_conforming_strings", "off"},
	{"escape_string_warning", "off"},
	/* The engine needs none, and clients' queries of catalogs take many times longer to compile than to run. */
	{"jit", "off"},
};

/*
 * Is what the server took for proof one of the client?
 */
static bool
is_proof(const HbaLine *hba, const RsEndpointClient *client)
{
	switch (hba->auth_method)
	{
		case uaTrust:
			return client->local;
		case uaPeer:
		case uaIdent:
		case uaCert:
			return false;
		default:
			return true;
	}
}

/*
 * Clients like psql send catalog queries made for the version they are told.
 */
static bool
is_plain_client(const char *application)
{
	char	   *names;
	List	   *list;
	ListCell   *lc;
	bool		found = false;

	if (application == NULL)
		return false;
	names = pstrdup(rs_endpoint_plain_clients);
	if (SplitGUCList(names, ',', &list))
		foreach(lc, list)
			found = found || strcmp(lfirst(lc), application) == 0;
	list_free(list);
	pfree(names);
	return found;
}

/*
 * Those that write and read dumps mean PostgreSQL's SQL: what TEXT is in a dump is TEXT
 * again.
 */
static bool
speaks_postgresql(const char *application)
{
	return application != NULL && (strcmp(application, "pg_dump") == 0 || strcmp(application, "pg_dumpall") == 0 ||
								   strcmp(application, "pg_restore") == 0);
}

static void
begin_session(Port *port, const RsEndpointClient *client)
{
	int			i;

	for (i = 0; i < lengthof(defaults) && !speaks_postgresql(port->application_name); i++)
		SetConfigOption(defaults[i].name, defaults[i].value, PGC_USERSET, PGC_S_GLOBAL);
	if (rs_endpoint_server_version[0] != '\0' && !is_plain_client(port->application_name))
		SetConfigOption("server_version", rs_endpoint_server_version, PGC_INTERNAL, PGC_S_OVERRIDE);
	rs_driver_parameters_begin();
}

/*
 * Before the client is told that it may come in.
 */
static void
authenticated(Port *port, int status)
{
	RsEndpointClient client;
	bool		ours = rs_endpoint_find_client(&port->raddr, &client);

	/* First, so that other hooks know whom they see. */
	if (ours)
		SetConfigOption("redshift.client_address", client.address, PGC_INTERNAL, PGC_S_OVERRIDE);
	if (previous_hook)
		previous_hook(port, status);
	if (!ours || status != STATUS_OK)
		return;
	if (!is_proof(port->hba, &client))
		ereport(FATAL,
				(errcode(ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION),
				 errmsg("connection from \"%s\" is not authenticated", client.address),
				 errdetail_log("pg_hba.conf line %d has method \"%s\", which proves nothing of a client of port %d.",
							   port->hba->linenumber, hba_authname(port->hba->auth_method), rs_endpoint_port),
				 errhint("Clients of port %d from other hosts need a method that asks for a password.",
						 rs_endpoint_port)));
	if (Log_connections)
		ereport(LOG,
				(errmsg("connection of the endpoint: host=%s port=%s TLS=%s", client.address, client.port,
						client.tls[0] ? client.tls : "none")));
	begin_session(port, &client);
}

void
rs_session_init(void)
{
	DefineCustomStringVariable("redshift.client_address",
							   "Shows the address of the client of a session of Redshift's port.",
							   "Empty for other sessions.",
							   &client_address, "",
							   PGC_INTERNAL, GUC_NOT_IN_SAMPLE | GUC_DISALLOW_IN_FILE, NULL, NULL, NULL);
	rs_driver_parameters_init();
	previous_hook = ClientAuthentication_hook;
	ClientAuthentication_hook = authenticated;
}
