/*
 * schema.c
 *	  The columns of a Parquet file, as a tree.
 *
 * The file has its elements depth first.  Each that may be missing adds a definition level
 * to those below, each that is repeated a repetition level too.
 */
#include "postgres.h"

#include "format/parquet/metadata.h"
#include "format/parquet/schema.h"

/* Levels are bytes, and the walk is recursive. */
#define MAX_DEPTH		100

typedef struct SchemaWalk
{
	const RsParquetFile *metadata;
	const char *file;
	int			next;			/* element */
	int			nleaves;		/* so far */
} SchemaWalk;

/* Fixed values larger than any that a type here can hold. */
#define MAX_FIXED		(1024 * 1024)

/*
 * Does a leaf's meaning go with its type?  What does not is kept as it is in the file.
 */
static bool
logical_fits(const RsParquetElement *element)
{
	const RsParquetLogical *logical = &element->logical;

	switch (logical->kind)
	{
		case RS_LOGICAL_STRING:
		case RS_LOGICAL_ENUM:
		case RS_LOGICAL_JSON:
		case RS_LOGICAL_BSON:
			return element->type == RS_PARQUET_BYTE_ARRAY || element->type == RS_PARQUET_FIXED;
		case RS_LOGICAL_DECIMAL:
			return logical->precision > 0 && logical->scale >= 0 && logical->scale <= logical->precision &&
				logical->precision <= 1000 &&
				(element->type == RS_PARQUET_INT32 || element->type == RS_PARQUET_INT64 ||
				 element->type == RS_PARQUET_FIXED || element->type == RS_PARQUET_BYTE_ARRAY);
		case RS_LOGICAL_DATE:
			return element->type == RS_PARQUET_INT32;
		case RS_LOGICAL_TIME:
			return element->type == (logical->unit == RS_PARQUET_MILLIS ? RS_PARQUET_INT32 : RS_PARQUET_INT64);
		case RS_LOGICAL_TIMESTAMP:
			return element->type == RS_PARQUET_INT64;
		case RS_LOGICAL_INTEGER:
			return element->type == (logical->bits == 64 ? RS_PARQUET_INT64 : RS_PARQUET_INT32);
		case RS_LOGICAL_UUID:
			return element->type == RS_PARQUET_FIXED && element->type_length == 16;
		case RS_LOGICAL_FLOAT16:
			return element->type == RS_PARQUET_FIXED && element->type_length == 2;
		case RS_LOGICAL_INTERVAL:
			return element->type == RS_PARQUET_FIXED && element->type_length == 12;
		case RS_LOGICAL_UNKNOWN:
			return true;
		default:
			return false;
	}
}

static void
check_leaf(SchemaWalk *walk, const RsParquetElement *element)
{
	if (element->type < RS_PARQUET_BOOLEAN || element->type > RS_PARQUET_FIXED)
		rs_parquet_corrupt(walk->file, 0, "column of unknown type");
	if (element->type == RS_PARQUET_FIXED && (element->type_length <= 0 || element->type_length > MAX_FIXED))
		rs_parquet_corrupt(walk->file, 0, "column of an impossible length");
}

static void
walk_node(SchemaWalk *walk, RsParquetNode *node, int definition, int repetition, int depth)
{
	RsParquetElement *element = &walk->metadata->elements[walk->next++];
	bool		root = depth == 0;
	int			i;

	if (depth > MAX_DEPTH)
		rs_parquet_corrupt(walk->file, 0, "schema is nested too deep");
	if (!root && (element->repetition < RS_PARQUET_REQUIRED || element->repetition > RS_PARQUET_REPEATED))
		rs_parquet_corrupt(walk->file, 0, "column of unknown repetition");
	if (!root && element->repetition != RS_PARQUET_REQUIRED)
		definition++;
	if (!root && element->repetition == RS_PARQUET_REPEATED)
		repetition++;
	node->element = element;
	node->definition = definition;
	node->repetition = repetition;
	node->first_leaf = walk->nleaves;
	node->nchildren = 0;
	node->children = NULL;
	if (element->type != RS_PARQUET_NO_TYPE)
	{
		check_leaf(walk, element);
		if (!logical_fits(element))
			element->logical.kind = RS_LOGICAL_NONE;
		node->nleaves = 1;
		walk->nleaves++;
		return;
	}
	if (element->nchildren < 0 || element->nchildren > walk->metadata->nelements - walk->next)
		rs_parquet_corrupt(walk->file, 0, "schema ends too early");
	node->nchildren = element->nchildren;
	node->children = palloc_extended(Max(node->nchildren, 1) * sizeof(RsParquetNode), MCXT_ALLOC_HUGE);
	for (i = 0; i < node->nchildren; i++)
	{
		if (walk->next >= walk->metadata->nelements)
			rs_parquet_corrupt(walk->file, 0, "schema ends too early");
		walk_node(walk, &node->children[i], definition, repetition, depth + 1);
	}
	node->nleaves = walk->nleaves - node->first_leaf;
}

RsParquetNode *
rs_parquet_schema(const RsParquetFile *metadata, const char *file)
{
	RsParquetNode *root = palloc(sizeof(RsParquetNode));
	SchemaWalk	walk = {metadata, file, 0, 0};

	walk_node(&walk, root, 0, 0, 0);
	if (walk.next != metadata->nelements)
		rs_parquet_corrupt(file, 0, "schema has elements of no column");
	return root;
}

const RsParquetNode *
rs_parquet_leaf(const RsParquetNode *node, int number)
{
	while (node->nchildren > 0)
	{
		const RsParquetNode *child = node->children;

		while (number >= child->first_leaf + child->nleaves)
			child++;
		node = child;
	}
	return node;
}

static void
describe_logical(StringInfo to, const RsParquetLogical *logical)
{
	static const char *const units[] = {"", "MILLIS", "MICROS", "NANOS"};
	const char *unit = logical->unit >= RS_PARQUET_MILLIS && logical->unit <= RS_PARQUET_NANOS ?
		units[logical->unit] : "";
	static const char *const names[] = {
		[RS_LOGICAL_STRING] = "STRING",[RS_LOGICAL_MAP] = "MAP",[RS_LOGICAL_LIST] = "LIST",
		[RS_LOGICAL_ENUM] = "ENUM",[RS_LOGICAL_DATE] = "DATE",[RS_LOGICAL_UNKNOWN] = "UNKNOWN",
		[RS_LOGICAL_JSON] = "JSON",[RS_LOGICAL_BSON] = "BSON",[RS_LOGICAL_UUID] = "UUID",
		[RS_LOGICAL_FLOAT16] = "FLOAT16",[RS_LOGICAL_VARIANT] = "VARIANT"
	};

	if (logical->kind == RS_LOGICAL_DECIMAL)
		appendStringInfo(to, " (DECIMAL(%d,%d))", logical->precision, logical->scale);
	else if (logical->kind == RS_LOGICAL_INTEGER)
		appendStringInfo(to, " (INTEGER(%d,%s))", logical->bits, logical->is_signed ? "true" : "false");
	else if (logical->kind == RS_LOGICAL_TIME)
		appendStringInfo(to, " (TIME(%s,%s))", unit, logical->utc ? "true" : "false");
	else if (logical->kind == RS_LOGICAL_TIMESTAMP)
		appendStringInfo(to, " (TIMESTAMP(%s,%s))", unit, logical->utc ? "true" : "false");
	else if (logical->kind == RS_LOGICAL_INTERVAL)
		appendStringInfoString(to, " (INTERVAL)");
	else if (logical->kind > RS_LOGICAL_NONE && logical->kind < lengthof(names) && names[logical->kind] != NULL)
		appendStringInfo(to, " (%s)", names[logical->kind]);
}

void
rs_parquet_describe(StringInfo to, const RsParquetNode *node)
{
	static const char *const repetitions[] = {"required", "optional", "repeated"};
	static const char *const types[] = {
		"boolean", "int32", "int64", "int96", "float", "double", "byte_array", "fixed_len_byte_array"
	};
	const RsParquetElement *element = node->element;

	appendStringInfoString(to, repetitions[element->repetition]);
	if (element->type == RS_PARQUET_NO_TYPE)
		appendStringInfoString(to, " group");
	else
		appendStringInfo(to, " %s", types[element->type]);
	if (element->type == RS_PARQUET_FIXED)
		appendStringInfo(to, "(%d)", element->type_length);
	appendStringInfo(to, " %s", element->name);
	describe_logical(to, &element->logical);
}
