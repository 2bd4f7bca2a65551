/*
 * manifest.c
 *	  Files that a manifest lists: {"entries": [{"url": ..., "mandatory": ..., "meta":
 *	  {"content_length": ...}}, ...]}.
 *
 * Other members, which UNLOAD's verbose manifests have, say nothing that a load needs.  The files may
 * be in other buckets than the manifest, but in the same kind of location: who may write to a
 * bucket must not make a load read the server's files.
 */
#include "postgres.h"

#include "fmgr.h"
#include "load/manifest.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"

#define MOST_BYTES	(256 * 1024 * 1024)	/* of a manifest */

typedef struct Manifest
{
	RsLocation *location;
	const char *url;
	int			entry;			/* that is read, from 1; 0: none yet */
} Manifest;

static void
describe(void *arg)
{
	const Manifest *manifest = arg;

	if (manifest->entry > 0)
		errcontext("entry %d of manifest \"%s\"", manifest->entry, manifest->url);
	else
		errcontext("manifest \"%s\"", manifest->url);
}

static pg_attribute_noreturn() void
invalid(const char *detail)
{
	ereport(ERROR,
			errcode(ERRCODE_INVALID_JSON_TEXT),
			errmsg("invalid manifest"),
			errdetail("%s", detail));
}

/* The whole text, in the server's encoding. */
static char *
read_text(const Manifest *manifest)
{
	RsObject	object = {manifest->url, -1, NULL};
	RsInput    *input = manifest->location->read(manifest->location, &object);
	char	   *text;
	Size		size;

	if (input->size > MOST_BYTES)
		ereport(ERROR,
				errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				errmsg("manifest \"%s\" is too large", manifest->url));
	text = palloc(input->size + 1);
	size = input->read(input, 0, text, input->size);
	input->close(input);
	text[size] = '\0';
	if (strlen(text) != size)
		invalid("It has a NUL byte.");
	return pg_any_to_server(text, size, PG_UTF8);
}

static JsonbValue *
member(JsonbContainer *object, const char *name, JsonbValue *space)
{
	return getKeyJsonValueFromContainer(object, name, strlen(name), space);
}

static bool
is_mandatory(JsonbContainer *entry)
{
	JsonbValue	space;
	JsonbValue *value = member(entry, "mandatory", &space);

	if (value == NULL || value->type == jbvNull)
		return false;
	if (value->type != jbvBool)
		invalid("\"mandatory\" is neither true nor false.");
	return value->val.boolean;
}

/* meta.content_length; -1: not given. */
static int64
content_length(JsonbContainer *entry)
{
	JsonbValue	space;
	JsonbValue *value = member(entry, "meta", &space);
	int64		size;

	if (value == NULL || value->type != jbvBinary || !JsonContainerIsObject(value->val.binary.data))
		return -1;
	value = member(value->val.binary.data, "content_length", &space);
	if (value == NULL)
		return -1;
	if (value->type != jbvNumeric)
		invalid("\"content_length\" is not a number.");
	size = DatumGetInt64(DirectFunctionCall1(numeric_int8, NumericGetDatum(value->val.numeric)));
	if (size < 0)
		invalid("\"content_length\" is negative.");
	return size;
}

static char *
entry_url(const Manifest *manifest, JsonbContainer *entry)
{
	JsonbValue	space;
	JsonbValue *value = member(entry, "url", &space);
	const char *scheme_end = strstr(manifest->url, "://");
	int			scheme_size = scheme_end + 3 - manifest->url;
	char	   *url;

	if (value == NULL || value->type != jbvString)
		invalid("There is no \"url\".");
	url = pnstrdup(value->val.string.val, value->val.string.len);
	if (pg_strncasecmp(url, manifest->url, scheme_size) != 0)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("file \"%s\" is in another kind of location than its manifest", url));
	return url;
}

/* The entry's file; NULL: it does not exist, and need not. */
static RsObject *
find_file(const Manifest *manifest, JsonbContainer *entry)
{
	char	   *url = entry_url(manifest, entry);
	int64		size = content_length(entry);
	bool		mandatory = is_mandatory(entry);
	RsObject   *object = manifest->location->find(manifest->location, url);

	if (object == NULL && mandatory)
		ereport(ERROR,
				errcode(ERRCODE_UNDEFINED_FILE),
				errmsg("mandatory file \"%s\" does not exist", url));
	if (object != NULL && size >= 0 && object->size != size)
		ereport(ERROR,
				errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("file \"%s\" has %lld bytes instead of the %lld that its manifest says", url,
					   (long long) object->size, (long long) size));
	return object;
}

static List *
find_files(Manifest *manifest)
{
	Jsonb	   *jsonb = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(read_text(manifest))));
	JsonbValue	space;
	JsonbValue *entries = NULL;
	List	   *objects = NIL;
	uint32		n;

	if (JB_ROOT_IS_OBJECT(jsonb))
		entries = member(&jsonb->root, "entries", &space);
	if (entries == NULL || entries->type != jbvBinary || !JsonContainerIsArray(entries->val.binary.data))
		invalid("It is not an object with an array of \"entries\".");
	n = JsonContainerSize(entries->val.binary.data);
	for (uint32 i = 0; i < n; i++)
	{
		JsonbValue *entry = getIthJsonbValueFromContainer(entries->val.binary.data, i);
		RsObject   *object;

		CHECK_FOR_INTERRUPTS();
		manifest->entry = i + 1;
		if (entry == NULL || entry->type != jbvBinary || !JsonContainerIsObject(entry->val.binary.data))
			invalid("An entry is not an object.");
		object = find_file(manifest, entry->val.binary.data);
		if (object != NULL)
			objects = lappend(objects, object);
	}
	return objects;
}

List *
rs_manifest_read(RsLocation *location, const char *url)
{
	Manifest	manifest = {location, url, 0};
	ErrorContextCallback callback;
	List	   *objects;

	callback.callback = describe;
	callback.arg = &manifest;
	callback.previous = error_context_stack;
	error_context_stack = &callback;
	objects = find_files(&manifest);
	error_context_stack = callback.previous;
	return objects;
}
