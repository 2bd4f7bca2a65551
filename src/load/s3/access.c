/*
 * access.c
 *	  Which store a user may ask, and as whom.
 *
 * A statement's role names the server that an administrator gave this role to; otherwise the
 * bucket and the region choose among the servers that the user may use.  The keys are
 * the statement's, if it has some, or else those of the user's mapping: a role is not
 * assumed, it is a name for them.  No message shows a key.
 */
#include "postgres.h"

#include "commands/defrem.h"
#include "load/s3/access.h"
#include "load/s3/server.h"
#include "miscadmin.h"
#include "utils/acl.h"

/* What a statement says of access. */
typedef struct Wanted
{
	const char *bucket;			/* NULL: DynamoDB */
	const char *role;			/* NULL: none */
	const char *region;			/* NULL: none */
	RsS3Keys	keys;
} Wanted;

static void
set_once(const char **target, const char *value, const char *option)
{
	if (*target != NULL)
		ereport(ERROR,
				errcode(ERRCODE_SYNTAX_ERROR),
				errmsg("conflicting or redundant options"),
				errdetail("\"%s\" is given more than once.", option));
	*target = value;
}

static char *
trimmed(const char *start, const char *end)
{
	while (start < end && isspace((unsigned char) *start))
		start++;
	while (end > start && isspace((unsigned char) end[-1]))
		end--;
	return pnstrdup(start, end - start);
}

/* NAME=VALUE;NAME=VALUE */
static void
read_credentials(Wanted *wanted, const char *credentials)
{
	const char *next = credentials;

	while (*next != '\0')
	{
		Size		size = strcspn(next, ";");
		const char *equals = memchr(next, '=', size);
		char	   *name;
		char	   *value;

		if (equals == NULL)
		{
			if (*trimmed(next, next + size) != '\0')
				ereport(ERROR,
						errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("invalid value of option \"%s\"", "credentials"),
						errdetail("A part of it is not of the form name=value."));
			next += size + (next[size] == ';');
			continue;
		}
		name = trimmed(next, equals);
		value = trimmed(equals + 1, next + size);
		if (pg_strcasecmp(name, "aws_iam_role") == 0)
			set_once(&wanted->role, value, name);
		else if (pg_strcasecmp(name, "aws_access_key_id") == 0)
			set_once(&wanted->keys.access_key_id, value, name);
		else if (pg_strcasecmp(name, "aws_secret_access_key") == 0)
			set_once(&wanted->keys.secret_access_key, value, name);
		else if (pg_strcasecmp(name, "token") == 0)
			set_once(&wanted->keys.session_token, value, name);
		else if (pg_strcasecmp(name, "master_symmetric_key") == 0)
			ereport(ERROR,
					errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					errmsg("encryption by the client (\"%s\") is not supported", name));
		else
			ereport(ERROR,
					errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("invalid value of option \"%s\"", "credentials"),
					errhint("It is made of aws_iam_role, or of aws_access_key_id, aws_secret_access_key and token."));
		next += size + (next[size] == ';');
	}
}

static void
read_options(Wanted *wanted, List *options)
{
	ListCell   *lc;

	foreach(lc, options)
	{
		DefElem    *def = lfirst(lc);

		if (strcmp(def->defname, "iam_role") == 0)
			set_once(&wanted->role, trimmed(defGetString(def), strchr(defGetString(def), '\0')), def->defname);
		else if (strcmp(def->defname, "credentials") == 0)
			read_credentials(wanted, defGetString(def));
		else if (strcmp(def->defname, "access_key_id") == 0)
			set_once(&wanted->keys.access_key_id, defGetString(def), def->defname);
		else if (strcmp(def->defname, "secret_access_key") == 0)
			set_once(&wanted->keys.secret_access_key, defGetString(def), def->defname);
		else if (strcmp(def->defname, "session_token") == 0)
			set_once(&wanted->keys.session_token, defGetString(def), def->defname);
		else if (strcmp(def->defname, "region") == 0)
			set_once(&wanted->region, defGetString(def), def->defname);
	}
	if (wanted->role != NULL &&
		(wanted->keys.access_key_id != NULL || wanted->keys.secret_access_key != NULL ||
		 wanted->keys.session_token != NULL))
		ereport(ERROR,
				errcode(ERRCODE_SYNTAX_ERROR),
				errmsg("conflicting or redundant options"),
				errdetail("There are keys, and a role too."));
	if ((wanted->keys.access_key_id == NULL) != (wanted->keys.secret_access_key == NULL) ||
		(wanted->keys.session_token != NULL && wanted->keys.access_key_id == NULL))
		ereport(ERROR,
				errcode(ERRCODE_SYNTAX_ERROR),
				errmsg("an access key needs its id and its secret part"));
	if (wanted->region != NULL)
		rs_s3_check_region(wanted->region);
}

/* How well a server fits: -1 not at all. */
static int
fitness(const RsS3Server *server, const Wanted *wanted)
{
	int			fitness = 0;

	if (wanted->role != NULL)
	{
		if (pg_strcasecmp(wanted->role, "default") == 0 ? !server->is_default :
			server->role_arn == NULL || strcmp(server->role_arn, wanted->role) != 0)
			return -1;
	}
	if (wanted->bucket == NULL)
	{
		if (server->bucket != NULL || (server->endpoint != NULL && server->dynamodb_endpoint == NULL))
			return -1;
	}
	else if (server->bucket != NULL)
	{
		if (strcmp(server->bucket, wanted->bucket) != 0)
			return -1;
		fitness += 4;
	}
	if (wanted->region != NULL && server->region != NULL)
	{
		if (strcmp(server->region, wanted->region) != 0)
			return -1;
		fitness += 2;
	}
	return fitness + (server->is_default ? 1 : 0);
}

/* As messages call what is wanted. */
static const char *
thing_wanted(const Wanted *wanted)
{
	return wanted->bucket == NULL ? "DynamoDB" : psprintf("bucket \"%s\"", wanted->bucket);
}

static pg_attribute_noreturn() void
no_server(const Wanted *wanted)
{
	if (wanted->role != NULL)
		ereport(ERROR,
				errcode(ERRCODE_UNDEFINED_OBJECT),
				errmsg("no foreign server of redshift_s3 stands for role \"%s\", %s and this region",
					   wanted->role, thing_wanted(wanted)),
				errhint("An administrator gives a role to a server by its option role_arn, or is_default."));
	ereport(ERROR,
			errcode(ERRCODE_UNDEFINED_OBJECT),
			errmsg("no foreign server of redshift_s3 stands for %s and this region", thing_wanted(wanted)),
			errhint("An administrator makes one by CREATE SERVER ... FOREIGN DATA WRAPPER redshift_s3."));
}

static const RsS3Server *
choose_server(const Wanted *wanted)
{
	const RsS3Server *best = NULL;
	const RsS3Server *rival = NULL;
	const RsS3Server *denied = NULL;
	int			best_fitness = -1;
	ListCell   *lc;

	foreach(lc, rs_s3_servers())
	{
		const RsS3Server *server = lfirst(lc);
		int			fits = fitness(server, wanted);

		if (fits < 0)
			continue;
		if (pg_foreign_server_aclcheck(server->serverid, GetUserId(), ACL_USAGE) != ACLCHECK_OK)
			denied = server;
		else if (fits > best_fitness)
		{
			best = server;
			best_fitness = fits;
			rival = NULL;
		}
		else if (fits == best_fitness)
			rival = server;
	}
	if (best == NULL && denied != NULL)
		aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_FOREIGN_SERVER, denied->name);
	if (best == NULL)
		no_server(wanted);
	if (rival != NULL)
		ereport(ERROR,
				errcode(ERRCODE_AMBIGUOUS_PARAMETER),
				errmsg("foreign servers \"%s\" and \"%s\" both stand for %s",
					   best->name, rival->name, thing_wanted(wanted)),
				errhint("Choose one by the option iam_role or region, or give one of them this bucket."));
	return best;
}

static RsS3Keys
choose_keys(const RsS3Server *server, const Wanted *wanted)
{
	RsS3Keys	keys = wanted->keys;

	if (keys.access_key_id == NULL)
		keys = rs_s3_mapped_keys(server);
	if (keys.access_key_id == NULL || keys.secret_access_key == NULL)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION),
				errmsg("there are no keys for foreign server \"%s\"", server->name),
				errhint("Give access_key_id and secret_access_key, or CREATE USER MAPPING for user \"%s\" with them.",
						GetUserNameFromId(GetUserId(), false)));
	rs_s3_check_key("access_key_id", keys.access_key_id);
	rs_s3_check_key("secret_access_key", keys.secret_access_key);
	if (keys.session_token != NULL)
		rs_s3_check_key("session_token", keys.session_token);
	return keys;
}

static RsS3Access *
find_access(const char *service, const char *bucket, List *options)
{
	Wanted		wanted = {.bucket = bucket};
	const RsS3Server *server;
	RsS3Access *access = palloc0(sizeof(RsS3Access));
	RsS3Keys	keys;

	read_options(&wanted, options);
	server = choose_server(&wanted);
	keys = choose_keys(server, &wanted);
	access->server = server->name;
	access->path_style = server->path_style;
	access->http.service = service;
	access->http.region = wanted.region != NULL ? pstrdup(wanted.region) :
		server->region != NULL ? server->region : "us-east-1";
	access->http.access_key_id = pstrdup(keys.access_key_id);
	access->http.secret_access_key = pstrdup(keys.secret_access_key);
	access->http.session_token = keys.session_token != NULL ? pstrdup(keys.session_token) : NULL;
	access->http.ca_file = server->ca_file;
	access->http.allow_private = server->allow_private;
	access->endpoint = bucket != NULL ? server->endpoint : server->dynamodb_endpoint;
	if (access->endpoint == NULL)
		access->endpoint = psprintf("https://%s.%s.amazonaws.com%s", service, access->http.region,
									strncmp(access->http.region, "cn-", 3) == 0 ? ".cn" : "");
	return access;
}

RsS3Access *
rs_s3_access(const char *bucket, List *options)
{
	return find_access("s3", bucket, options);
}

RsS3Access *
rs_dynamodb_access(List *options)
{
	return find_access("dynamodb", NULL, options);
}
