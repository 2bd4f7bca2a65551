/*
 * server.c
 *	  Foreign servers of redshift_s3: the endpoints that an administrator has named.
 *
 * Nothing else can be reached: a server without the option endpoint stands for AWS's
 * public endpoints, and without any server there is no S3.  What lets requests into the machine's
 * own network, or makes the server read a file, only a superuser can set; since
 * PostgreSQL shows the validator all options whenever one is changed, nobody else can then
 * change others of that server either.
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/reloptions.h"
#include "access/table.h"
#include "catalog/pg_foreign_data_wrapper.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_user_mapping.h"
#include "commands/defrem.h"
#include "fmgr.h"
#include "foreign/foreign.h"
#include "load/s3/server.h"
#include "miscadmin.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

#define WRAPPER "redshift_s3"
#define ALPHANUMERIC "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

PG_FUNCTION_INFO_V1(rs_s3_validator);

typedef struct Option
{
	const char *name;
	Oid			catalog;
	bool		superuser;		/* for them only */
	bool		boolean;
} Option;

static const Option options[] = {
	{"endpoint", ForeignServerRelationId},
	{"dynamodb_endpoint", ForeignServerRelationId},
	{"region", ForeignServerRelationId},
	{"bucket", ForeignServerRelationId},
	{"role_arn", ForeignServerRelationId},
	{"path_style", ForeignServerRelationId, .boolean = true},
	{"is_default", ForeignServerRelationId, .boolean = true},
	{"ca_file", ForeignServerRelationId, .superuser = true},
	{"allow_private", ForeignServerRelationId, .superuser = true, .boolean = true},
	{"access_key_id", UserMappingRelationId},
	{"secret_access_key", UserMappingRelationId},
	{"session_token", UserMappingRelationId}
};

static pg_attribute_noreturn() void
invalid_value(const char *option)
{
	ereport(ERROR,
			errcode(ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE),
			errmsg("invalid value of option \"%s\"", option));
}

void
rs_s3_check_region(const char *region)
{
	Size		size = strlen(region);

	if (size == 0 || size > 50 || strspn(region, ALPHANUMERIC "-") != size)
		invalid_value("region");
}

/* They become parts of headers, which must not end early. */
void
rs_s3_check_key(const char *option, const char *value)
{
	Size		size = strlen(value);

	if (size == 0 || size > 4096)
		invalid_value(option);
	for (Size i = 0; i < size; i++)
		if (value[i] <= ' ' || value[i] > '~')
			invalid_value(option);
}

/* A scheme, a host and perhaps a port, and nothing else. */
static void
check_endpoint(const char *option, const char *endpoint)
{
	const char *host;
	Size		size;

	if (strncmp(endpoint, "https://", 8) == 0)
		host = endpoint + 8;
	else if (strncmp(endpoint, "http://", 7) == 0)
		host = endpoint + 7;
	else
		ereport(ERROR,
				errcode(ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE),
				errmsg("invalid value of option \"%s\"", option),
				errhint("An endpoint is written https://host or https://host:port."));
	if (host[0] == '[')
	{
		size = strspn(host + 1, "0123456789abcdefABCDEF:.");
		if (host[1 + size] != ']')
			invalid_value(option);
		size += 2;
	}
	else
		size = strspn(host, ALPHANUMERIC ".-");
	if (size == 0)
		invalid_value(option);
	host += size;
	if (host[0] == ':')
	{
		size = strspn(host + 1, "0123456789");
		if (size == 0 || size > 5 || atoi(host + 1) > 65535)
			invalid_value(option);
		host += 1 + size;
	}
	if (host[0] != '\0')
		invalid_value(option);
}

static void
check_option(const Option *option, DefElem *def)
{
	const char *value = defGetString(def);

	if (option->superuser && !superuser())
		ereport(ERROR,
				errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				errmsg("only superusers may set or keep option \"%s\"", option->name));
	if (option->boolean)
		(void) defGetBoolean(def);
	else if (strcmp(option->name, "endpoint") == 0 || strcmp(option->name, "dynamodb_endpoint") == 0)
		check_endpoint(option->name, value);
	else if (strcmp(option->name, "region") == 0)
		rs_s3_check_region(value);
	else if (strcmp(option->name, "ca_file") == 0)
	{
		if (!is_absolute_path(value))
			invalid_value(option->name);
	}
	else
		rs_s3_check_key(option->name, value);
}

Datum
rs_s3_validator(PG_FUNCTION_ARGS)
{
	List	   *list = untransformRelOptions(PG_GETARG_DATUM(0));
	Oid			catalog = PG_GETARG_OID(1);
	ListCell   *lc;

	foreach(lc, list)
	{
		DefElem    *def = lfirst(lc);
		const Option *option = NULL;

		for (int i = 0; i < (int) lengthof(options); i++)
			if (options[i].catalog == catalog && strcmp(options[i].name, def->defname) == 0)
				option = &options[i];
		if (option == NULL)
			ereport(ERROR,
					errcode(ERRCODE_FDW_INVALID_OPTION_NAME),
					errmsg("invalid option \"%s\"", def->defname),
					catalog == ForeignServerRelationId
					? errhint("Servers of " WRAPPER " have the options endpoint, dynamodb_endpoint, region, bucket, "
							  "role_arn, path_style, is_default, ca_file and allow_private.")
					: catalog == UserMappingRelationId
					? errhint("User mappings have the options access_key_id, secret_access_key and "
							  "session_token.")
					: 0);
		check_option(option, def);
	}
	PG_RETURN_VOID();
}

static RsS3Server *
read_server(Oid serverid)
{
	ForeignServer *foreign = GetForeignServer(serverid);
	RsS3Server *server = palloc0(sizeof(RsS3Server));
	bool		path_style_given = false;
	ListCell   *lc;

	server->serverid = serverid;
	server->name = foreign->servername;
	foreach(lc, foreign->options)
	{
		DefElem    *def = lfirst(lc);

		if (strcmp(def->defname, "endpoint") == 0)
			server->endpoint = defGetString(def);
		else if (strcmp(def->defname, "dynamodb_endpoint") == 0)
			server->dynamodb_endpoint = defGetString(def);
		else if (strcmp(def->defname, "region") == 0)
			server->region = defGetString(def);
		else if (strcmp(def->defname, "bucket") == 0)
			server->bucket = defGetString(def);
		else if (strcmp(def->defname, "role_arn") == 0)
			server->role_arn = defGetString(def);
		else if (strcmp(def->defname, "ca_file") == 0)
			server->ca_file = defGetString(def);
		else if (strcmp(def->defname, "is_default") == 0)
			server->is_default = defGetBoolean(def);
		else if (strcmp(def->defname, "allow_private") == 0)
			server->allow_private = defGetBoolean(def);
		else if (strcmp(def->defname, "path_style") == 0)
		{
			server->path_style = defGetBoolean(def);
			path_style_given = true;
		}
	}
	/* Few stores but AWS's have a host name for each bucket. */
	if (!path_style_given)
		server->path_style = server->endpoint != NULL;
	return server;
}

List *
rs_s3_servers(void)
{
	Oid			wrapper = get_foreign_data_wrapper_oid(WRAPPER, false);
	List	   *servers = NIL;
	Relation	catalog = table_open(ForeignServerRelationId, AccessShareLock);
	TableScanDesc scan = table_beginscan_catalog(catalog, 0, NULL);
	HeapTuple	tuple;

	while ((tuple = heap_getnext(scan, ForwardScanDirection)) != NULL)
	{
		Form_pg_foreign_server form = (Form_pg_foreign_server) GETSTRUCT(tuple);

		if (form->srvfdw == wrapper)
			servers = lappend(servers, read_server(form->oid));
	}
	table_endscan(scan);
	table_close(catalog, AccessShareLock);
	return servers;
}

RsS3Keys
rs_s3_mapped_keys(const RsS3Server *server)
{
	RsS3Keys	keys = {0};
	ListCell   *lc;

	if (!SearchSysCacheExists2(USERMAPPINGUSERSERVER, ObjectIdGetDatum(GetUserId()),
							   ObjectIdGetDatum(server->serverid)) &&
		!SearchSysCacheExists2(USERMAPPINGUSERSERVER, ObjectIdGetDatum(InvalidOid),
							   ObjectIdGetDatum(server->serverid)))
		return keys;
	foreach(lc, GetUserMapping(GetUserId(), server->serverid)->options)
	{
		DefElem    *def = lfirst(lc);

		if (strcmp(def->defname, "access_key_id") == 0)
			keys.access_key_id = defGetString(def);
		else if (strcmp(def->defname, "secret_access_key") == 0)
			keys.secret_access_key = defGetString(def);
		else if (strcmp(def->defname, "session_token") == 0)
			keys.session_token = defGetString(def);
	}
	return keys;
}
