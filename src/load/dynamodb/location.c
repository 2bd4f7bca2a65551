/*
 * location.c
 *	  Tables of DynamoDB, as dynamodb://table.
 *
 * A table is read in segments, which DynamoDB makes for parallel scans, each as a file of
 * lines of JSON; what COPY does with these is what it does with such files.  A segment's URL has what
 * its reader must know: dynamodb://table?segment/segments/rate.
 *
 * READRATIO is the part of the table's read capacity that a load may use.  Each segment gets its
 * share, so there are as many of them as processes of a load.  (How large the table is, which might tell
 * that fewer would do, DynamoDB knows only as of some hours ago.)
 */
#include "postgres.h"

#include "commands/defrem.h"
#include "fmgr.h"
#include "load/dynamodb/dynamodb.h"
#include "load/s3/access.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/numeric.h"

#define VERSION				"DynamoDB_20120810"
#define MOST_SEGMENTS		64

typedef struct DynamoLocation
{
	RsLocation	location;
	RsDynamoTable table;
	int			read_ratio;		/* percent */
} DynamoLocation;

static const char *
table_name(const char *url)
{
	const char *name = url + strlen(RS_DYNAMODB_SCHEME);
	int			size = strcspn(name, "?");

	if (size < 3 || size > 255 ||
		strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") != size)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_NAME),
				errmsg("\"%s\" does not name a table of DynamoDB", url));
	return pnstrdup(name, size);
}

JsonbValue *
rs_dynamodb_member(JsonbContainer *object, const char *name, int type)
{
	JsonbValue *value = getKeyJsonValueFromContainer(object, name, strlen(name), NULL);

	return value != NULL && value->type == type ? value : NULL;
}

/* Its text, if it is one that can be shown. */
static const char *
text_member(JsonbContainer *object, const char *name)
{
	JsonbValue *value = rs_dynamodb_member(object, name, jbvString);

	return value == NULL ? "" : pnstrdup(value->val.string.val, Min(value->val.string.len, 300));
}

static pg_attribute_noreturn() void
throw_answer(const RsDynamoTable *table, const RsHttpTransfer *transfer, int status, Jsonb *answer)
{
	bool		object = answer != NULL && JB_ROOT_IS_OBJECT(answer);
	const char *type = object ? text_member(&answer->root, "__type") : "";
	const char *message = object ? text_member(&answer->root, "message") : "";
	int			sqlstate = ERRCODE_FDW_ERROR;

	if (object && message[0] == '\0')
		message = text_member(&answer->root, "Message");
	if (strchr(type, '#') != NULL)
		type = strchr(type, '#') + 1;
	if (strcmp(type, "ResourceNotFoundException") == 0)
		sqlstate = ERRCODE_UNDEFINED_TABLE;
	else if (strcmp(type, "AccessDeniedException") == 0)
		sqlstate = ERRCODE_INSUFFICIENT_PRIVILEGE;
	else if (strcmp(type, "UnrecognizedClientException") == 0 || strcmp(type, "InvalidSignatureException") == 0)
		sqlstate = ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION;
	ereport(ERROR,
			errcode(sqlstate),
			errmsg("the server of \"%s\" answered with status %d: %s", table->url, status,
				   message[0] != '\0' ? message : type[0] != '\0' ? type : "it did not say why"),
			errdetail("Foreign server \"%s\" was asked %d times.", table->server, rs_http_attempts(transfer)));
}

/* NULL: it is not JSON, which answers to what failed need not be. */
static Jsonb *
read_answer(const RsHttpTransfer *transfer, bool must_be_json)
{
	const char *text = rs_http_answer(transfer);
	Size		size = rs_http_answer_size(transfer);

	if (strlen(text) != size || (!must_be_json && text[0] != '{'))
		return NULL;
	text = pg_any_to_server(text, size, PG_UTF8);
	return DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(text)));
}

Jsonb *
rs_dynamodb_ask(const RsDynamoTable *table, RsHttpTransfer *transfer, const char *operation, const char *body)
{
	const char *headers[] = {psprintf("X-Amz-Target: %s.%s", VERSION, operation), NULL};
	RsHttpRequest request = {
		.access = table->access,
		.name = table->url,
		.method = "POST",
		.url = psprintf("%s/", table->endpoint),
		.content_type = "application/x-amz-json-1.0",
		.headers = headers,
		.body = body,
		.body_size = strlen(body)
	};
	int			status;
	Jsonb	   *answer;

	rs_http_start(transfer, &request);
	status = rs_http_wait(transfer);
	answer = read_answer(transfer, status == 200);
	if (status != 200 || answer == NULL || !JB_ROOT_IS_OBJECT(answer))
		throw_answer(table, transfer, status, answer);
	return answer;
}

static double
number_member(JsonbContainer *object, const char *name)
{
	JsonbValue *value = object == NULL ? NULL : rs_dynamodb_member(object, name, jbvNumeric);

	if (value == NULL)
		return 0;
	return DatumGetFloat8(DirectFunctionCall1(numeric_float8, NumericGetDatum(value->val.numeric)));
}

static JsonbContainer *
object_member(JsonbContainer *object, const char *name)
{
	JsonbValue *value = object == NULL ? NULL : rs_dynamodb_member(object, name, jbvBinary);

	return value != NULL && JsonContainerIsObject(value->val.binary.data) ? value->val.binary.data : NULL;
}

static List *
list_segments(RsLocation *base, const char *url)
{
	DynamoLocation *location = (DynamoLocation *) base;
	RsHttpTransfer *transfer = rs_http_transfer_create(CurrentMemoryContext);
	Jsonb	   *answer = rs_dynamodb_ask(&location->table, transfer, "DescribeTable",
										 psprintf("{\"TableName\":\"%s\"}", location->table.name));
	JsonbContainer *table = object_member(&answer->root, "Table");
	double		units = number_member(object_member(table, "ProvisionedThroughput"), "ReadCapacityUnits");
	int			nsegments = Min(Max(max_parallel_maintenance_workers, 1), MOST_SEGMENTS);
	List	   *objects = NIL;

	for (int i = 0; i < nsegments; i++)
	{
		RsObject   *object = palloc0(sizeof(RsObject));

		/* Tables whose capacity is on demand have no number of units. */
		object->url = psprintf("%s%s?%d/%d/%g", RS_DYNAMODB_SCHEME, location->table.name, i, nsegments,
							   units * location->read_ratio / 100 / nsegments);
		object->size = -1;
		objects = lappend(objects, object);
	}
	MemoryContextDelete(GetMemoryChunkContext(transfer));
	return objects;
}

static RsInput *
read_segment(RsLocation *base, const RsObject *object)
{
	DynamoLocation *location = (DynamoLocation *) base;
	const char *place = strchr(object->url, '?');
	RsDynamoSegment segment;

	if (place == NULL || strcmp(table_name(object->url), location->table.name) != 0 ||
		sscanf(place, "?%d/%d/%lf", &segment.number, &segment.nsegments, &segment.rate) != 3 ||
		segment.number < 0 || segment.number >= segment.nsegments || segment.rate < 0)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_NAME),
				errmsg("\"%s\" is not a segment of table \"%s\"", object->url, location->table.name));
	return rs_dynamodb_scan(&location->table, &segment);
}

static pg_attribute_noreturn() void
only_loaded(const char *url)
{
	ereport(ERROR,
			errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			errmsg("\"%s\" can only be loaded as a whole", url));
}

static RsObject *
find_nothing(RsLocation *location, const char *url)
{
	only_loaded(url);
}

static RsOutput *
write_nothing(RsLocation *location, const char *url)
{
	only_loaded(url);
}

static void
remove_nothing(RsLocation *location, const char *url)
{
	only_loaded(url);
}

RsLocation *
rs_dynamodb_location_open(const char *url, List *options, bool for_writing)
{
	DynamoLocation *location = palloc0(sizeof(DynamoLocation));
	RsS3Access *access;
	ListCell   *lc;

	location->table.name = table_name(url);
	location->table.url = psprintf("%s%s", RS_DYNAMODB_SCHEME, location->table.name);
	access = rs_dynamodb_access(options);
	location->table.access = &access->http;
	location->table.endpoint = access->endpoint;
	location->table.server = access->server;
	location->read_ratio = 100;
	foreach(lc, options)
	{
		DefElem    *def = lfirst(lc);

		if (strcmp(def->defname, "readratio") == 0)
			location->read_ratio = pg_strtoint32(defGetString(def));
	}
	location->location.list = list_segments;
	location->location.find = find_nothing;
	location->location.read = read_segment;
	location->location.write = write_nothing;
	location->location.remove = remove_nothing;
	return &location->location;
}
