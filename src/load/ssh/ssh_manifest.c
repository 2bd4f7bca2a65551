/*
 * ssh_manifest.c
 *	  Manifests of commands to run on hosts, whose output COPY loads.
 *
 * A manifest is JSON: {"entries": [{"endpoint": host, "command": text, "mandatory": bool,
 * "publickey": text, "username": text}, ...]}, of which the last three may be missing.  Each
 * entry becomes a file to be read, whose URL is the entry, with its number, behind a scheme.
 */
#include "postgres.h"

#include "load/ssh/ssh_input.h"
#include "load/ssh/ssh_manifest.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/json.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"

#define MAX_COMMANDS	10000

static void
bad_manifest(const char *name, const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("\"%s\" is not a manifest of SSH commands", name),
			 errdetail_internal("%s", detail)));
}

static JsonbValue *
field(JsonbContainer *object, const char *key)
{
	return getKeyJsonValueFromContainer(object, key, strlen(key), NULL);
}

/*
 * A string of an entry; NULL: there is none.
 */
static char *
string_field(const char *name, JsonbContainer *entry, const char *key, bool required)
{
	JsonbValue *value = field(entry, key);

	if (value == NULL && !required)
		return NULL;
	if (value == NULL || value->type != jbvString || value->val.string.len == 0)
		bad_manifest(name, psprintf("Field \"%s\" of an entry is no text.", key));
	return pnstrdup(value->val.string.val, value->val.string.len);
}

static RsSshCommand *
read_entry(const char *name, JsonbContainer *entry)
{
	RsSshCommand *command = palloc0(sizeof(RsSshCommand));
	JsonbValue *value;

	command->endpoint = string_field(name, entry, "endpoint", true);
	command->command = string_field(name, entry, "command", true);
	command->host_key = string_field(name, entry, "publickey", false);
	command->user = string_field(name, entry, "username", false);
	value = field(entry, "mandatory");
	if (value != NULL && value->type != jbvBool)
		bad_manifest(name, "Field \"mandatory\" of an entry is neither true nor false.");
	command->mandatory = value != NULL && value->val.boolean;
	value = field(entry, "number");
	if (value != NULL && value->type == jbvNumeric)
		command->number = DatumGetInt32(DirectFunctionCall1(numeric_int4, NumericGetDatum(value->val.numeric)));
	return command;
}

static Jsonb *
parse(const char *text)
{
	return DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(text)));
}

RsSshCommand *
rs_ssh_command_parse(const char *url)
{
	return read_entry(url, &parse(url + strlen(RS_SSH_SCHEME))->root);
}

static void
put_field(StringInfo url, const char *key, const char *value)
{
	if (value == NULL)
		return;
	appendStringInfo(url, ",\"%s\":", key);
	escape_json(url, value);
}

static RsObject *
make_object(const RsSshCommand *command)
{
	RsObject   *object = palloc0(sizeof(RsObject));
	StringInfoData url;

	initStringInfo(&url);
	appendStringInfo(&url, RS_SSH_SCHEME "{\"number\":%d,\"mandatory\":%s", command->number,
					 command->mandatory ? "true" : "false");
	put_field(&url, "endpoint", command->endpoint);
	put_field(&url, "command", command->command);
	put_field(&url, "publickey", command->host_key);
	put_field(&url, "username", command->user);
	appendStringInfoChar(&url, '}');
	object->url = url.data;
	object->size = -1;
	return object;
}

List *
rs_ssh_manifest_read(const char *name, const char *text, Size size)
{
	char	   *utf8 = pnstrdup(text, size);
	JsonbContainer *root;
	JsonbValue *entries;
	JsonbIterator *it;
	JsonbIteratorToken token;
	JsonbValue	value;
	List	   *objects = NIL;
	int			number = 0;

	if (strlen(utf8) != size || !pg_verify_mbstr(PG_UTF8, utf8, size, true))
		bad_manifest(name, "It is not text in UTF-8.");
	root = &parse(pg_any_to_server(utf8, size, PG_UTF8))->root;
	entries = JsonContainerIsObject(root) ? field(root, "entries") : NULL;
	if (entries == NULL || entries->type != jbvBinary || !JsonContainerIsArray(entries->val.binary.data))
		bad_manifest(name, "There is no array \"entries\".");
	it = JsonbIteratorInit(entries->val.binary.data);
	while ((token = JsonbIteratorNext(&it, &value, true)) != WJB_DONE)
	{
		RsSshCommand *command;

		if (token != WJB_ELEM)
			continue;
		if (value.type != jbvBinary || !JsonContainerIsObject(value.val.binary.data))
			bad_manifest(name, "An entry is no object.");
		if (++number > MAX_COMMANDS)
			bad_manifest(name, psprintf("It has more than %d entries.", MAX_COMMANDS));
		command = read_entry(name, value.val.binary.data);
		command->number = number;
		if (command->mandatory || rs_ssh_can_connect(command))
			objects = lappend(objects, make_object(command));
	}
	if (objects == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_SQLCLIENT_UNABLE_TO_ESTABLISH_SQLCONNECTION),
				 errmsg("no host of manifest \"%s\" could be connected to", name)));
	return objects;
}
