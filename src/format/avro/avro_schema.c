/*
 * avro_schema.c
 *	  What the schema of an Avro file says of its values.
 *
 * The schema is JSON, and read as PostgreSQL reads that; here its objects become types.
 * Names of types that are told once can be used from there on, within themselves too.
 */
#include "postgres.h"

#include "format/avro/avro_schema.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "nodes/pg_list.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"

/* Types within types, as they are written. */
#define MAX_DEPTH		500

/* Named types, at most: they are looked for one by one. */
#define MAX_NAMED_TYPES	10000

typedef struct SchemaParser
{
	const char *file;
	uint64		offset;			/* of the schema there */
	List	   *named;			/* RsAvroType */
	int			depth;
} SchemaParser;

static const struct
{
	const char *name;
	RsAvroKind	kind;
}			primitive_types[] =
{
	{"null", RS_AVRO_NULL}, {"boolean", RS_AVRO_BOOLEAN}, {"int", RS_AVRO_INT}, {"long", RS_AVRO_LONG},
	{"float", RS_AVRO_FLOAT}, {"double", RS_AVRO_DOUBLE}, {"bytes", RS_AVRO_BYTES}, {"string", RS_AVRO_STRING}
};

/* Those of decimals and durations have conditions of their own. */
static const struct
{
	const char *name;
	RsAvroKind	kind;			/* of the type that may have it */
	RsAvroLogical logical;
}			logical_types[] =
{
	{"date", RS_AVRO_INT, RS_AVRO_DATE},
	{"time-millis", RS_AVRO_INT, RS_AVRO_TIME_MILLIS},
	{"time-micros", RS_AVRO_LONG, RS_AVRO_TIME_MICROS},
	{"timestamp-millis", RS_AVRO_LONG, RS_AVRO_TIMESTAMP_MILLIS},
	{"timestamp-micros", RS_AVRO_LONG, RS_AVRO_TIMESTAMP_MICROS},
	{"timestamp-nanos", RS_AVRO_LONG, RS_AVRO_TIMESTAMP_NANOS},
	{"local-timestamp-millis", RS_AVRO_LONG, RS_AVRO_LOCAL_TIMESTAMP_MILLIS},
	{"local-timestamp-micros", RS_AVRO_LONG, RS_AVRO_LOCAL_TIMESTAMP_MICROS},
	{"local-timestamp-nanos", RS_AVRO_LONG, RS_AVRO_LOCAL_TIMESTAMP_NANOS}
};

static RsAvroType *parse_type(SchemaParser *parser, JsonbValue *value, const char *space);

static void
bad_schema(const SchemaParser *parser, const char *what)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATA_CORRUPTED),
			 errmsg("Avro file \"%s\" has an invalid schema", parser->file),
			 errdetail("%s", what)));
}

/* A member of an object; NULL: it has none. */
static JsonbValue *
get_member(JsonbContainer *object, const char *name)
{
	return getKeyJsonValueFromContainer(object, name, (int) strlen(name), NULL);
}

static char *
string_of(const JsonbValue *value)
{
	if (value == NULL || value->type != jbvString)
		return NULL;
	return pnstrdup(value->val.string.val, value->val.string.len);
}

/* A member that has to be there, as a string. */
static char *
get_string(const SchemaParser *parser, JsonbContainer *object, const char *name)
{
	char	   *string = string_of(get_member(object, name));

	if (string == NULL)
		bad_schema(parser, psprintf("A type has no \"%s\".", name));
	return string;
}

/* A whole number; missing: the default. */
static int32
get_number(const SchemaParser *parser, JsonbContainer *object, const char *name, int32 missing)
{
	JsonbValue *value = get_member(object, name);
	Datum		number;

	if (value == NULL)
		return missing;
	if (value->type != jbvNumeric)
		bad_schema(parser, psprintf("\"%s\" is not a number.", name));
	number = NumericGetDatum(value->val.numeric);
	/* Compared first, since numbers that do not fit are errors. */
	if (DatumGetBool(DirectFunctionCall2(numeric_lt, number, NumericGetDatum(int64_to_numeric(0)))) ||
		DatumGetBool(DirectFunctionCall2(numeric_gt, number,
										 NumericGetDatum(int64_to_numeric(PG_INT32_MAX)))))
		bad_schema(parser, psprintf("\"%s\" is out of range.", name));
	return DatumGetInt32(DirectFunctionCall1(numeric_int4, number));
}

static JsonbContainer *
get_array(const SchemaParser *parser, JsonbContainer *object, const char *name)
{
	JsonbValue *value = get_member(object, name);

	if (value == NULL || value->type != jbvBinary || !JsonContainerIsArray(value->val.binary.data))
		bad_schema(parser, psprintf("A type has no array \"%s\".", name));
	return value->val.binary.data;
}

static RsAvroType *
create_type(RsAvroKind kind)
{
	RsAvroType *type = palloc0(sizeof(RsAvroType));

	type->kind = kind;
	return type;
}

/* A name in the namespace that it says itself, or in the one around it. */
static char *
full_name(const char *name, const char *space)
{
	if (strchr(name, '.') != NULL || space == NULL || *space == '\0')
		return pstrdup(name);
	return psprintf("%s.%s", space, name);
}

static RsAvroType *
find_named(const SchemaParser *parser, const char *name)
{
	ListCell   *lc;

	CHECK_FOR_INTERRUPTS();
	foreach(lc, parser->named)
		if (strcmp(((RsAvroType *) lfirst(lc))->name, name) == 0)
			return lfirst(lc);
	return NULL;
}

/* Give a type its name; the result is the namespace of what is in it. */
static const char *
enter_named(SchemaParser *parser, JsonbContainer *object, RsAvroType *type, const char *space)
{
	char	   *name = get_string(parser, object, "name");
	char	   *own_space = string_of(get_member(object, "namespace"));
	char	   *dot;

	type->name = full_name(name, own_space != NULL ? own_space : space);
	if (find_named(parser, type->name) != NULL)
		bad_schema(parser, psprintf("There are several types \"%s\".", type->name));
	if (list_length(parser->named) == MAX_NAMED_TYPES)
		bad_schema(parser, "It has too many types.");
	parser->named = lappend(parser->named, type);

	dot = strrchr(type->name, '.');
	return dot != NULL ? pnstrdup(type->name, dot - type->name) : "";
}

static RsAvroType *
parse_reference(SchemaParser *parser, const char *name, const char *space)
{
	RsAvroType *type;
	int			i;

	for (i = 0; i < lengthof(primitive_types); i++)
		if (strcmp(name, primitive_types[i].name) == 0)
			return create_type(primitive_types[i].kind);
	type = find_named(parser, full_name(name, space));
	/* Old writers name types without the namespace that is around them. */
	if (type == NULL)
		type = find_named(parser, name);
	if (type == NULL)
		bad_schema(parser, psprintf("There is no type \"%s\".", name));
	return type;
}

static void
parse_fields(SchemaParser *parser, JsonbContainer *object, RsAvroType *type, const char *space)
{
	JsonbContainer *fields = get_array(parser, object, "fields");
	int			i;

	type->n = (int) JsonContainerSize(fields);
	type->types = palloc0(Max(type->n, 1) * sizeof(RsAvroType *));
	type->names = palloc0(Max(type->n, 1) * sizeof(char *));
	for (i = 0; i < type->n; i++)
	{
		JsonbValue *field = getIthJsonbValueFromContainer(fields, i);
		JsonbValue *field_type;

		if (field->type != jbvBinary || !JsonContainerIsObject(field->val.binary.data))
			bad_schema(parser, "A field is not an object.");
		type->names[i] = get_string(parser, field->val.binary.data, "name");
		field_type = get_member(field->val.binary.data, "type");
		if (field_type == NULL)
			bad_schema(parser, psprintf("Field \"%s\" has no type.", type->names[i]));
		type->types[i] = parse_type(parser, field_type, space);
	}
}

static void
parse_symbols(SchemaParser *parser, JsonbContainer *object, RsAvroType *type)
{
	JsonbContainer *symbols = get_array(parser, object, "symbols");
	int			i;

	type->n = (int) JsonContainerSize(symbols);
	type->names = palloc0(Max(type->n, 1) * sizeof(char *));
	for (i = 0; i < type->n; i++)
	{
		type->names[i] = string_of(getIthJsonbValueFromContainer(symbols, i));
		if (type->names[i] == NULL)
			bad_schema(parser, "A symbol is not a string.");
	}
}

/* Logical types that are not known, or not of this type, are to be ignored. */
static void
parse_logical(SchemaParser *parser, JsonbContainer *object, RsAvroType *type)
{
	char	   *name = string_of(get_member(object, "logicalType"));
	int			i;

	if (name == NULL)
		return;
	for (i = 0; i < lengthof(logical_types); i++)
		if (type->kind == logical_types[i].kind && strcmp(name, logical_types[i].name) == 0)
			type->logical = logical_types[i].logical;
	if (strcmp(name, "decimal") == 0 && (type->kind == RS_AVRO_BYTES || type->kind == RS_AVRO_FIXED))
	{
		type->logical = RS_AVRO_DECIMAL;
		type->scale = get_number(parser, object, "scale", 0);
		if (type->scale > get_number(parser, object, "precision", 0))
			type->logical = RS_AVRO_PLAIN;
	}
	if (strcmp(name, "duration") == 0 && type->kind == RS_AVRO_FIXED && type->size == 12)
		type->logical = RS_AVRO_DURATION;
}

static RsAvroType *
parse_items(SchemaParser *parser, JsonbContainer *object, RsAvroKind kind, const char *member,
			const char *space)
{
	RsAvroType *type = create_type(kind);
	JsonbValue *items = get_member(object, member);

	if (items == NULL)
		bad_schema(parser, psprintf("A type has no \"%s\".", member));
	type->types = palloc(sizeof(RsAvroType *));
	type->types[0] = parse_type(parser, items, space);
	return type;
}

static RsAvroType *
parse_object(SchemaParser *parser, JsonbContainer *object, const char *space)
{
	JsonbValue *name = get_member(object, "type");
	RsAvroType *type;
	char	   *kind;

	/* "type" may itself be a type as it is written elsewhere. */
	if (name != NULL && name->type == jbvBinary)
		return parse_type(parser, name, space);
	kind = get_string(parser, object, "type");
	if (strcmp(kind, "record") == 0 || strcmp(kind, "error") == 0)
	{
		type = create_type(RS_AVRO_RECORD);
		space = enter_named(parser, object, type, space);
		parse_fields(parser, object, type, space);
		return type;
	}
	if (strcmp(kind, "enum") == 0)
	{
		type = create_type(RS_AVRO_ENUM);
		enter_named(parser, object, type, space);
		parse_symbols(parser, object, type);
		return type;
	}
	if (strcmp(kind, "fixed") == 0)
	{
		type = create_type(RS_AVRO_FIXED);
		enter_named(parser, object, type, space);
		if (get_member(object, "size") == NULL)
			bad_schema(parser, "A type has no \"size\".");
		type->size = get_number(parser, object, "size", 0);
		parse_logical(parser, object, type);
		return type;
	}
	if (strcmp(kind, "array") == 0)
		return parse_items(parser, object, RS_AVRO_ARRAY, "items", space);
	if (strcmp(kind, "map") == 0)
		return parse_items(parser, object, RS_AVRO_MAP, "values", space);
	type = parse_reference(parser, kind, space);
	/* Of types with a name, only where they get it can say more of them. */
	if (type->name == NULL)
		parse_logical(parser, object, type);
	return type;
}

static RsAvroType *
parse_union(SchemaParser *parser, JsonbContainer *branches, const char *space)
{
	RsAvroType *type = create_type(RS_AVRO_UNION);
	int			i;

	type->n = (int) JsonContainerSize(branches);
	if (type->n == 0)
		bad_schema(parser, "A union is empty.");
	type->types = palloc(type->n * sizeof(RsAvroType *));
	for (i = 0; i < type->n; i++)
	{
		type->types[i] = parse_type(parser, getIthJsonbValueFromContainer(branches, i), space);
		if (type->types[i]->kind == RS_AVRO_UNION)
			bad_schema(parser, "A union is directly in another one.");
	}
	return type;
}

static RsAvroType *
parse_type(SchemaParser *parser, JsonbValue *value, const char *space)
{
	RsAvroType *type = NULL;

	check_stack_depth();
	if (++parser->depth > MAX_DEPTH)
		bad_schema(parser, "Its types are nested too deeply.");
	if (value->type == jbvString)
		type = parse_reference(parser, string_of(value), space);
	else if (value->type != jbvBinary)
		bad_schema(parser, "A type is no string, object or array.");
	else if (JsonContainerIsArray(value->val.binary.data))
		type = parse_union(parser, value->val.binary.data, space);
	else
		type = parse_object(parser, value->val.binary.data, space);
	parser->depth--;
	return type;
}

/*
 * The least bytes that a value can have.  A type within itself counts as none there, so that
 * this may be less than it could be said to be, never more.
 */
static int32
find_min_size(RsAvroType *type)
{
	int64		size = 0;
	int			i;

	if (type->sized || type->sizing)
		return type->min_size;
	check_stack_depth();
	type->sizing = true;
	switch (type->kind)
	{
		case RS_AVRO_NULL:
			break;
		case RS_AVRO_FLOAT:
			size = sizeof(float4);
			break;
		case RS_AVRO_DOUBLE:
			size = sizeof(float8);
			break;
		case RS_AVRO_FIXED:
			size = type->size;
			break;
		case RS_AVRO_RECORD:
			for (i = 0; i < type->n; i++)
				size = Min(size + find_min_size(type->types[i]), PG_INT32_MAX);
			break;
		case RS_AVRO_UNION:
			size = find_min_size(type->types[0]);
			for (i = 1; i < type->n; i++)
				size = Min(size, find_min_size(type->types[i]));
			size = Min(size + 1, PG_INT32_MAX);
			break;
		case RS_AVRO_ARRAY:
		case RS_AVRO_MAP:
			(void) find_min_size(type->types[0]);
			size = 1;
			break;
		default:
			size = 1;
	}
	type->min_size = (int32) size;
	type->sizing = false;
	type->sized = true;
	return type->min_size;
}

static void
add_context(void *arg)
{
	const SchemaParser *parser = arg;

	errcontext("schema of Avro file \"%s\" at offset " UINT64_FORMAT, parser->file, parser->offset);
}

RsAvroType *
rs_avro_schema_parse(const char *text, Size size, const char *file, uint64 offset)
{
	SchemaParser parser = {file, offset, NIL, 0};
	ErrorContextCallback callback = {error_context_stack, add_context, &parser};
	char	   *json;
	Jsonb	   *jsonb;
	JsonbValue	root;
	RsAvroType *type;

	error_context_stack = &callback;
	if (memchr(text, '\0', size) != NULL)
		bad_schema(&parser, "It has a zero byte.");
	json = pnstrdup(text, size);
	json = pg_any_to_server(json, (int) size, PG_UTF8);
	jsonb = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(json)));
	if (!JB_ROOT_IS_SCALAR(jsonb) || !JsonbExtractScalar(&jsonb->root, &root))
	{
		root.type = jbvBinary;
		root.val.binary.data = &jsonb->root;
		root.val.binary.len = VARSIZE(jsonb) - VARHDRSZ;
	}
	type = parse_type(&parser, &root, "");
	(void) find_min_size(type);
	error_context_stack = callback.previous;
	return type;
}
