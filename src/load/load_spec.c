/*
 * load_spec.c
 *	  What compute nodes are told of a load.
 *
 * JSON: the table's name, for messages; the statement's URL and options; which columns are NOT
 * NULL; the files, and which node reads which of them or of their parts.  It travels as
 * a row, not in a query's text, since options may have secrets.
 */
#include "postgres.h"

#include "commands/defrem.h"
#include "load/load_messages.h"
#include "load/load_spec.h"
#include "nodes/makefuncs.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/json.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"

/* ---------------------------------------------------------------------
 * Forming
 * ---------------------------------------------------------------------
 */

static void
put_name(StringInfo json, const char *name)
{
	char		last = json->data[json->len - 1];

	if (last != '{' && last != '[')
		appendStringInfoChar(json, ',');
	if (name == NULL)
		return;
	escape_json(json, name);
	appendStringInfoChar(json, ':');
}

static void
put_text(StringInfo json, const char *name, const char *value)
{
	put_name(json, name);
	escape_json(json, value);
}

static void
put_number(StringInfo json, const char *name, int64 value)
{
	put_name(json, name);
	appendStringInfo(json, INT64_FORMAT, value);
}

static void
put_option(StringInfo json, DefElem *option)
{
	put_name(json, NULL);
	appendStringInfoChar(json, '{');
	put_text(json, "name", option->defname);
	if (option->arg != NULL && IsA(option->arg, Integer))
		put_number(json, "number", intVal(option->arg));
	else if (option->arg != NULL)
		put_text(json, "value", defGetString(option));
	appendStringInfoChar(json, '}');
}

static void
put_unit(StringInfo json, const RsLoadUnit *unit, int32 node)
{
	put_name(json, NULL);
	appendStringInfoChar(json, '{');
	put_number(json, "node", node);
	put_number(json, "file", unit->file);
	put_number(json, "part", unit->part);
	put_number(json, "parts", unit->nparts);
	appendStringInfoChar(json, '}');
}

static void
put_file(StringInfo json, const RsObject *file)
{
	put_name(json, NULL);
	appendStringInfoChar(json, '{');
	put_text(json, "url", file->url);
	put_number(json, "size", file->size);
	if (file->version != NULL)
		put_text(json, "version", file->version);
	appendStringInfoChar(json, '}');
}

char *
rs_load_spec_form(const RsLoad *load, const int32 *node_of)
{
	StringInfoData json;
	ListCell   *lc;
	int			i;

	initStringInfo(&json);
	appendStringInfoChar(&json, '{');
	put_text(&json, "table", load->table);
	put_text(&json, "url", load->url);
	put_name(&json, "options");
	appendStringInfoChar(&json, '[');
	foreach(lc, load->options.all)
		put_option(&json, lfirst(lc));
	appendStringInfoChar(&json, ']');
	put_name(&json, "not_null");
	appendStringInfoChar(&json, '[');
	for (i = 0; i < load->ncolumns; i++)
		put_number(&json, NULL, load->columns[i].not_null);
	appendStringInfoChar(&json, ']');
	put_name(&json, "files");
	appendStringInfoChar(&json, '[');
	for (i = 0; i < load->nfiles; i++)
		put_file(&json, load->files[i]);
	appendStringInfoChar(&json, ']');
	put_name(&json, "units");
	appendStringInfoChar(&json, '[');
	for (i = 0; i < load->nunits; i++)
		put_unit(&json, &load->units[i], node_of[i]);
	appendStringInfoString(&json, "]}");
	return json.data;
}

/* ---------------------------------------------------------------------
 * Parsing
 * ---------------------------------------------------------------------
 */

static void
check(bool sound)
{
	if (!sound)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("description of a load is not as the leader of the cluster makes it")));
}

static JsonbValue *
member(JsonbContainer *object, const char *name)
{
	return getKeyJsonValueFromContainer(object, name, strlen(name), NULL);
}

static char *
text_of(JsonbContainer *object, const char *name, bool needed)
{
	JsonbValue *value = member(object, name);

	if (value == NULL && !needed)
		return NULL;
	check(value != NULL && value->type == jbvString);
	return pnstrdup(value->val.string.val, value->val.string.len);
}

static int64
number_of_value(const JsonbValue *value)
{
	check(value != NULL && value->type == jbvNumeric);
	return DatumGetInt64(DirectFunctionCall1(numeric_int8, NumericGetDatum(value->val.numeric)));
}

static int64
number_of(JsonbContainer *object, const char *name, int64 least, int64 most)
{
	int64		number = number_of_value(member(object, name));

	check(number >= least && number <= most);
	return number;
}

static JsonbContainer *
array_of(JsonbContainer *object, const char *name)
{
	JsonbValue *value = member(object, name);

	check(value != NULL && value->type == jbvBinary && JsonContainerIsArray(value->val.binary.data));
	return value->val.binary.data;
}

static JsonbContainer *
object_at(JsonbContainer *array, uint32 i)
{
	JsonbValue *value = getIthJsonbValueFromContainer(array, i);

	check(value != NULL && value->type == jbvBinary && JsonContainerIsObject(value->val.binary.data));
	return value->val.binary.data;
}

static List *
parse_options(JsonbContainer *array)
{
	List	   *options = NIL;
	uint32		i;

	for (i = 0; i < JsonContainerSize(array); i++)
	{
		JsonbContainer *option = object_at(array, i);
		char	   *value = text_of(option, "value", false);
		Node	   *argument = NULL;

		if (member(option, "number") != NULL)
			argument = (Node *) makeInteger((int) number_of(option, "number", PG_INT32_MIN, PG_INT32_MAX));
		else if (value != NULL)
			argument = (Node *) makeString(value);
		options = lappend(options, makeDefElem(text_of(option, "name", true), argument, -1));
	}
	return options;
}

static void
parse_files(RsLoad *load, JsonbContainer *array)
{
	uint32		i;

	load->nfiles = JsonContainerSize(array);
	load->files = palloc(Max(load->nfiles, 1) * sizeof(RsObject *));
	for (i = 0; i < load->nfiles; i++)
	{
		JsonbContainer *file = object_at(array, i);
		RsObject   *object = palloc0(sizeof(RsObject));

		object->url = text_of(file, "url", true);
		object->size = number_of(file, "size", -1, PG_INT64_MAX);
		object->version = text_of(file, "version", false);
		load->files[i] = object;
	}
}

/*
 * The units of a node.  Parts of a file share memory only where one node reads them all.
 */
static void
parse_units(RsLoad *load, JsonbContainer *array, int32 node)
{
	int		   *numbers = palloc(Max(JsonContainerSize(array), 1) * sizeof(int));
	uint32		i;

	load->reports = rs_load_messages_send(load, numbers);
	load->units = palloc0(Max(JsonContainerSize(array), 1) * sizeof(RsLoadUnit));
	for (i = 0; i < JsonContainerSize(array); i++)
	{
		JsonbContainer *unit = object_at(array, i);
		RsLoadUnit *target = &load->units[load->nunits];

		if (number_of(unit, "node", PG_INT32_MIN, PG_INT32_MAX) != node)
			continue;
		target->file = (int) number_of(unit, "file", 0, load->nfiles - 1);
		target->nparts = (int) number_of(unit, "parts", 0, PG_INT32_MAX);
		target->part = (int) number_of(unit, "part", 0, Max(target->nparts - 1, 0));
		check(target->nparts == 0 || load->format->part_shared_size == 0);
		numbers[load->nunits++] = (int) i;
	}
}

static void
set_columns(RsLoad *load, TupleDesc desc, JsonbContainer *not_null)
{
	int			i;

	load->ncolumns = desc->natts;
	load->columns = palloc0(Max(desc->natts, 1) * sizeof(RsReadColumn));
	check(JsonContainerSize(not_null) == desc->natts);
	for (i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, i);
		RsReadColumn *column = &load->columns[i];

		column->name = pstrdup(NameStr(att->attname));
		column->typid = att->atttypid;
		column->typmod = att->atttypmod;
		column->collation = att->attcollation;
		rs_vector_type_init(&column->type, getBaseType(att->atttypid));
		column->not_null = number_of_value(getIthJsonbValueFromContainer(not_null, i)) != 0;
		column->wanted = true;
	}
}

RsLoad *
rs_load_spec_parse(const char *spec, TupleDesc desc, int32 node)
{
	RsLoad	   *load = palloc0(sizeof(RsLoad));
	JsonbContainer *root = &DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(spec)))->root;

	check(JsonContainerIsObject(root));
	load->table = text_of(root, "table", true);
	load->url = text_of(root, "url", true);
	rs_copy_options_parse(parse_options(array_of(root, "options")), load->url, &load->options);
	set_columns(load, desc, array_of(root, "not_null"));
	rs_load_set_format(load);
	load->location = rs_location_open(load->url, load->options.access, false);
	parse_files(load, array_of(root, "files"));
	parse_units(load, array_of(root, "units"), node);
	return load;
}
