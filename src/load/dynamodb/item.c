/*
 * item.c
 *	  An item of DynamoDB, whose attributes say their types, as plain JSON.
 *
 * {"id": {"N": "7"}, "tags": {"L": [{"S": "a"}]}} becomes {"id": 7, "tags": ["a"]}.  Strings and
 * numbers are what Redshift loads.  Beyond that, lists and maps become JSON's, sets become arrays, and
 * binary values stay the base64 that they are sent as.
 */
#include "postgres.h"

#include "common/jsonapi.h"
#include "load/dynamodb/dynamodb.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/json.h"

static void append_value(StringInfo to, const JsonbValue *value, const char *url);

static pg_attribute_noreturn() void
not_an_attribute(const char *url)
{
	ereport(ERROR,
			errcode(ERRCODE_FDW_ERROR),
			errmsg("an item of \"%s\" has an attribute that cannot be read", url));
}

static void
append_string(StringInfo to, const JsonbValue *value)
{
	escape_json(to, pnstrdup(value->val.string.val, value->val.string.len));
}

/* Numbers are sent as strings; as JSON has them, they stay exact. */
static void
append_number(StringInfo to, const JsonbValue *value, const char *url)
{
	char	   *text = pnstrdup(value->val.string.val, value->val.string.len);

	if (!IsValidJsonNumber(text, strlen(text)))
		not_an_attribute(url);
	appendStringInfoString(to, text);
}

/* Of a set's elements, or of a list's attributes. */
static void
append_array(StringInfo to, const JsonbValue *array, char kind, const char *url)
{
	uint32		n;

	if (array->type != jbvBinary || !JsonContainerIsArray(array->val.binary.data))
		not_an_attribute(url);
	n = JsonContainerSize(array->val.binary.data);
	appendStringInfoChar(to, '[');
	for (uint32 i = 0; i < n; i++)
	{
		JsonbValue *element = getIthJsonbValueFromContainer(array->val.binary.data, i);

		if (i > 0)
			appendStringInfoChar(to, ',');
		if (kind == 'L')
			append_value(to, element, url);
		else if (element->type != jbvString)
			not_an_attribute(url);
		else if (kind == 'N')
			append_number(to, element, url);
		else
			append_string(to, element);
	}
	appendStringInfoChar(to, ']');
}

/* Members of an object of attributes, one name after the other. */
static void
append_object(StringInfo to, JsonbContainer *object, const char *url)
{
	JsonbIterator *iterator = JsonbIteratorInit(object);
	JsonbIteratorToken token;
	JsonbValue	value;
	bool		first = true;

	appendStringInfoChar(to, '{');
	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
	{
		if (token == WJB_KEY)
		{
			if (!first)
				appendStringInfoChar(to, ',');
			first = false;
			append_string(to, &value);
			appendStringInfoChar(to, ':');
		}
		else if (token == WJB_VALUE)
			append_value(to, &value, url);
	}
	appendStringInfoChar(to, '}');
}

/* {TYPE: value} */
static void
append_value(StringInfo to, const JsonbValue *typed, const char *url)
{
	JsonbContainer *object = typed->type == jbvBinary ? typed->val.binary.data : NULL;
	JsonbIterator *iterator;
	JsonbValue	type;
	JsonbValue	value;
	char		kind[3] = "";

	check_stack_depth();
	if (object == NULL || !JsonContainerIsObject(object) || JsonContainerSize(object) != 1)
		not_an_attribute(url);
	iterator = JsonbIteratorInit(object);
	(void) JsonbIteratorNext(&iterator, &type, true);
	(void) JsonbIteratorNext(&iterator, &type, true);
	(void) JsonbIteratorNext(&iterator, &value, true);
	memcpy(kind, type.val.string.val, Min(type.val.string.len, 2));

	if (type.val.string.len == 4 && strncmp(type.val.string.val, "NULL", 4) == 0)
		appendStringInfoString(to, "null");
	else if (type.val.string.len == 4 && strncmp(type.val.string.val, "BOOL", 4) == 0 && value.type == jbvBool)
		appendStringInfoString(to, value.val.boolean ? "true" : "false");
	else if ((strcmp(kind, "S") == 0 || strcmp(kind, "B") == 0) && value.type == jbvString)
		append_string(to, &value);
	else if (strcmp(kind, "N") == 0 && value.type == jbvString)
		append_number(to, &value, url);
	else if (strcmp(kind, "L") == 0 || strcmp(kind, "SS") == 0 || strcmp(kind, "NS") == 0 ||
			 strcmp(kind, "BS") == 0)
		append_array(to, &value, kind[0], url);
	else if (strcmp(kind, "M") == 0 && value.type == jbvBinary && JsonContainerIsObject(value.val.binary.data))
		append_object(to, value.val.binary.data, url);
	else
		not_an_attribute(url);
}

/* Columns' names do not tell them apart. */
static void
check_names(JsonbContainer *item, const char *url)
{
	int			n = JsonContainerSize(item);
	char	  **names = palloc(Max(n, 1) * sizeof(char *));
	JsonbIterator *iterator = JsonbIteratorInit(item);
	JsonbIteratorToken token;
	JsonbValue	value;
	int			count = 0;

	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
	{
		if (token != WJB_KEY)
			continue;
		names[count] = pnstrdup(value.val.string.val, value.val.string.len);
		for (int i = 0; i < count; i++)
			if (pg_strcasecmp(names[i], names[count]) == 0)
				ereport(ERROR,
						errcode(ERRCODE_AMBIGUOUS_COLUMN),
						errmsg("an item of \"%s\" has attributes \"%s\" and \"%s\"", url, names[i], names[count]),
						errdetail("Attributes and columns are matched without regard to case."));
		count++;
	}
}

void
rs_dynamodb_item(StringInfo to, JsonbContainer *item, const char *url)
{
	check_names(item, url);
	append_object(to, item, url);
	appendStringInfoChar(to, '\n');
}
