/*
 * ssh_server.c
 *	  Hosts that SSH manifests may name: servers of the foreign-data wrapper redshift_ssh.
 *
 * A manifest is data, which anybody may have written.  So COPY connects only to hosts that a
 * server names, with the key of the user's mapping, for users who have USAGE on the server.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/reloptions.h"
#include "access/table.h"
#include "catalog/indexing.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_user_mapping.h"
#include "commands/defrem.h"
#include "foreign/foreign.h"
#include "fmgr.h"
#include "load/ssh/ssh_server.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/rel.h"

#define WRAPPER				"redshift_ssh"
#define DEFAULT_PORT		22
#define DEFAULT_TIMEOUT		30

typedef struct Option
{
	const char *name;
	Oid			catalog;
} Option;

static const Option known_options[] = {
	{"host", ForeignServerRelationId},
	{"port", ForeignServerRelationId},
	{"host_key", ForeignServerRelationId},
	{"connect_timeout", ForeignServerRelationId},
	{"user", UserMappingRelationId},
	{"private_key", UserMappingRelationId}
};

static int
number_option(const DefElem *def, int least, int most)
{
	int			value = pg_strtoint32(defGetString((DefElem *) def));

	if (value < least || value > most)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE),
				 errmsg("option \"%s\" must be between %d and %d", def->defname, least, most)));
	return value;
}

static void
apply_option(RsSshServer *server, const DefElem *def)
{
	if (strcmp(def->defname, "host") == 0)
		server->host = defGetString((DefElem *) def);
	else if (strcmp(def->defname, "port") == 0)
		server->port = number_option(def, 1, 65535);
	else if (strcmp(def->defname, "host_key") == 0)
		server->host_key = defGetString((DefElem *) def);
	else if (strcmp(def->defname, "connect_timeout") == 0)
		server->timeout = number_option(def, 1, 3600);
	else if (strcmp(def->defname, "user") == 0)
		server->user = defGetString((DefElem *) def);
	else if (strcmp(def->defname, "private_key") == 0)
		server->private_key = defGetString((DefElem *) def);
}

PG_FUNCTION_INFO_V1(rs_ssh_validator);

Datum
rs_ssh_validator(PG_FUNCTION_ARGS)
{
	List	   *options = untransformRelOptions(PG_GETARG_DATUM(0));
	Oid			catalog = PG_GETARG_OID(1);
	RsSshServer server = {.name = NULL};
	ListCell   *lc;

	foreach(lc, options)
	{
		DefElem    *def = lfirst(lc);
		bool		known = false;

		for (int i = 0; i < lengthof(known_options); i++)
			if (known_options[i].catalog == catalog && strcmp(known_options[i].name, def->defname) == 0)
				known = true;
		if (!known)
			ereport(ERROR,
					(errcode(ERRCODE_FDW_INVALID_OPTION_NAME),
					 errmsg("invalid option \"%s\"", def->defname),
					 errhint("Servers have the options host, port, host_key and connect_timeout; user mappings user and private_key.")));
		apply_option(&server, def);
	}
	if (catalog == ForeignServerRelationId && server.host == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_OPTION_NAME_NOT_FOUND),
				 errmsg("option \"host\" is required")));
	PG_RETURN_VOID();
}

/*
 * The foreign servers of the wrapper, by OID.
 */
static List *
server_oids(void)
{
	Oid			wrapper = get_foreign_data_wrapper_oid(WRAPPER, true);
	Relation	catalog = table_open(ForeignServerRelationId, AccessShareLock);
	SysScanDesc scan = systable_beginscan(catalog, ForeignServerOidIndexId, true, NULL, 0, NULL);
	List	   *oids = NIL;
	HeapTuple	tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_foreign_server form = (Form_pg_foreign_server) GETSTRUCT(tuple);

		if (form->srvfdw == wrapper)
			oids = lappend_oid(oids, form->oid);
	}
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
	return oids;
}

RsSshServer *
rs_ssh_server_find(const char *endpoint)
{
	RsSshServer *server = palloc(sizeof(RsSshServer));
	const char *forbidden = NULL;
	ListCell   *lc;
	ListCell   *option;

	foreach(lc, server_oids())
	{
		ForeignServer *foreign = GetForeignServer(lfirst_oid(lc));

		*server = (RsSshServer) {.name = foreign->servername,.port = DEFAULT_PORT,.timeout = DEFAULT_TIMEOUT};
		foreach(option, foreign->options)
			apply_option(server, lfirst(option));
		if (server->host == NULL || pg_strcasecmp(server->host, endpoint) != 0)
			continue;
		if (pg_foreign_server_aclcheck(foreign->serverid, GetUserId(), ACL_USAGE) != ACLCHECK_OK)
		{
			forbidden = foreign->servername;
			continue;
		}
		foreach(option, GetUserMapping(GetUserId(), foreign->serverid)->options)
			apply_option(server, lfirst(option));
		if (server->private_key == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_FDW_OPTION_NAME_NOT_FOUND),
					 errmsg("the user mapping for server \"%s\" has no private key", server->name),
					 errhint("Set its option private_key.")));
		return server;
	}
	if (forbidden != NULL)
		aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_FOREIGN_SERVER, forbidden);
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("no server allows connections to host \"%s\"", endpoint),
			 errhint("An administrator can allow them: CREATE SERVER ... FOREIGN DATA WRAPPER redshift_ssh OPTIONS (host '...').")));
}
