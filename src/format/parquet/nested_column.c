/*
 * nested_column.c
 *	  A column of a Parquet file that has groups or repetition, read into jsonb or an array.
 *
 * Leaves are stored apart, each value with levels: the repetition level says which of the lists
 * around it goes on with it (0: a new row begins), the definition level how much of what
 * is around it is there.  A cursor stands in each leaf; a walk over the schema puts a
 * row together, and takes one entry of every leaf for each instance of what is around it, there or
 * not.
 *
 * Lists are written in several ways: a group LIST with a repeated group with the element in it, or
 * with the element itself repeated, or no more than a repeated element.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "common/shortest_dec.h"
#include "encoding/numeric.h"
#include "format/parquet/nested_column.h"
#include "format/text/text_fields.h"
#include "format/value.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/datum.h"
#include "utils/json.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

/* Where a leaf is read. */
typedef struct Cursor
{
	RsLeafReader *reader;
	const RsParquetNode *leaf;
	RsArena    *arena;			/* of the values */
	RsRawValues raw;
	uint32		n;				/* entries at hand */
	uint32		next;			/* of them */
	uint32		next_value;		/* of raw */
	bool		ended;
	uint8		definition[RS_BATCH_ROWS];
	uint8		repetition[RS_BATCH_ROWS];
} Cursor;

struct RsNestedColumn
{
	RsReadColumn column;		/* but NULLs are no faults of values */
	RsConversion conversion;
	const RsParquetNode *node;
	int			ncursors;
	Cursor	   *cursors;		/* by leaf */
	RsColumnBuilder *builder;
	MemoryContext row;			/* what is made for one row */

	/* Of arrays: */
	const RsParquetNode *element;	/* NULL: jsonb */
	RsReadColumn element_column;
	RsConverter *converter;
	RsColumnBuilder *elements;
	RsArena    *element_arena;
	Datum	   *values;			/* of the array in the making */
	bool	   *nulls;
	uint32		nvalues;
	uint32		space;
	int16		typlen;
	bool		typbyval;
	char		typalign;

	RsArena    *arena;			/* of the batch */
	bool		replaced;		/* characters of the row */
	/* The first fault of the row: */
	bool		failed;
	RsValueFault fault;
};

/* ---------------------------------------------------------------------
 * Cursors
 * ---------------------------------------------------------------------
 */

/*
 * Have an entry at hand, if there are any left.
 */
static inline bool
fill(Cursor *cursor)
{
	uint32		present;

	if (cursor->next < cursor->n)
		return true;
	if (cursor->ended)
		return false;
	CHECK_FOR_INTERRUPTS();
	cursor->next = cursor->next_value = 0;
	cursor->n = Min(rs_leaf_available(cursor->reader), RS_BATCH_ROWS);
	if (cursor->n == 0)
	{
		cursor->ended = true;
		return false;
	}
	present = rs_leaf_levels(cursor->reader, cursor->definition, cursor->repetition, cursor->n);
	rs_arena_reset(cursor->arena);
	rs_leaf_values(cursor->reader, cursor->arena, &cursor->raw, present);
	return true;
}

static int
peek_definition(Cursor *cursor)
{
	if (!fill(cursor))
		rs_leaf_corrupt(cursor->reader, "column chunk has fewer values than its row group has rows");
	return cursor->definition[cursor->next];
}

/*
 * -1: there are no more.
 */
static int
peek_repetition(Cursor *cursor)
{
	return fill(cursor) ? cursor->repetition[cursor->next] : -1;
}

/*
 * Take an entry.  True: it has a value, of this number.
 */
static bool
take(Cursor *cursor, uint32 *value)
{
	bool		present = peek_definition(cursor) == cursor->leaf->definition;

	*value = cursor->next_value;
	cursor->next_value += present;
	cursor->next++;
	return present;
}

static Cursor *
first_cursor(const RsNestedColumn *column, const RsParquetNode *node)
{
	return &column->cursors[node->first_leaf - column->node->first_leaf];
}

/*
 * An instance that is not there has an entry in each leaf all the same.
 */
static void
pass_over(RsNestedColumn *column, const RsParquetNode *node)
{
	uint32		value;
	int			i;

	for (i = 0; i < node->nleaves; i++)
		(void) take(first_cursor(column, node) + i, &value);
}

static bool
is_present(RsNestedColumn *column, const RsParquetNode *node)
{
	return peek_definition(first_cursor(column, node)) >= node->definition;
}

/* Does a list go on with the next entry? */
static bool
goes_on(RsNestedColumn *column, const RsParquetNode *node)
{
	return peek_repetition(first_cursor(column, node)) == node->repetition;
}

/* ---------------------------------------------------------------------
 * Schema
 * ---------------------------------------------------------------------
 */

static bool
is_repeated(const RsParquetNode *node)
{
	return node->element->repetition == RS_PARQUET_REPEATED;
}

/*
 * What is repeated below a group LIST or MAP; NULL: it is none.
 */
static const RsParquetNode *
repeated_child(const RsParquetNode *node, RsParquetLogicalKind kind)
{
	if (node->element->logical.kind != kind || node->nchildren != 1 || !is_repeated(&node->children[0]))
		return NULL;
	return &node->children[0];
}

/*
 * The element of a list, given what is repeated: that itself, or what is in it.  The rules are
 * the format's for files of older writers.
 */
static const RsParquetNode *
list_element(const RsParquetNode *list, const RsParquetNode *repeated)
{
	const char *name = repeated->element->name;
	Size		length = strlen(list->element->name);

	if (repeated->nchildren != 1 || is_repeated(&repeated->children[0]) || strcmp(name, "array") == 0)
		return repeated;
	if (strncmp(name, list->element->name, length) == 0 && strcmp(name + length, "_tuple") == 0)
		return repeated;
	return &repeated->children[0];
}

/*
 * Every group has a leaf, or there would be nothing to tell whether it is there.
 */
static bool
has_leaves(const RsParquetNode *node)
{
	int			i;

	if (node->element->type != RS_PARQUET_NO_TYPE)
		return true;
	for (i = 0; i < node->nchildren; i++)
		if (!has_leaves(&node->children[i]))
			return false;
	return node->nchildren > 0;
}

/* ---------------------------------------------------------------------
 * Values as JSON
 * ---------------------------------------------------------------------
 */

static void
set_string(JsonbValue *value, char *text, Size size)
{
	value->type = jbvString;
	value->val.string.val = text;
	value->val.string.len = (int) size;
}

static void
set_numeric_text(JsonbValue *value, char *text)
{
	value->type = jbvNumeric;
	value->val.numeric = DatumGetNumeric(DirectFunctionCall3(numeric_in, CStringGetDatum(text),
															 ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1)));
}

/*
 * JSON has no infinite numbers, nor NaN: they are strings.
 */
static void
set_float(JsonbValue *value, const RsRawValues *raw, uint32 i)
{
	double		number = rs_raw_float(raw, i);
	char	   *text = palloc(DOUBLE_SHORTEST_DECIMAL_LEN);

	if (raw->type == RS_PARQUET_FLOAT)
		float_to_shortest_decimal_buf((float4) number, text);
	else
		double_to_shortest_decimal_buf(number, text);
	if (isnan(number) || isinf(number))
		set_string(value, text, strlen(text));
	else
		set_numeric_text(value, text);
}

static bool
out_of_range(RsNestedColumn *column)
{
	if (!column->failed)
		rs_value_fault(&column->fault, RS_ROW_OUT_OF_RANGE, ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE,
					   "Value out of range");
	column->failed = true;
	return false;
}

/*
 * Dates and times in ISO's form, as PostgreSQL's own JSON has them.
 */
static bool
set_time(RsNestedColumn *column, JsonbValue *value, Datum datum, Oid typid)
{
	char	   *text = palloc(MAXDATELEN + 1);

	JsonEncodeDateTime(text, datum, typid, NULL);
	set_string(value, text, strlen(text));
	return true;
}

/*
 * What a string says that is JSON itself.
 */
static bool
set_json(RsNestedColumn *column, JsonbValue *value, char *text)
{
	MemoryContext old = CurrentMemoryContext;
	Jsonb	   *volatile json = NULL;

	/* Parsing needs nothing that has to be got over: see value.c. */
	PG_TRY();
	{
		json = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(text)));
	}
	PG_CATCH();
	{
		rs_value_caught(&column->fault, RS_ROW_BAD_JSON, old);
		column->failed = true;
	}
	PG_END_TRY();
	if (json == NULL)
		return false;
	/* A scalar stands in an array of its own. */
	if (JB_ROOT_IS_SCALAR(json))
		return JsonbExtractScalar(&json->root, value);
	value->type = jbvBinary;
	value->val.binary.data = &json->root;
	value->val.binary.len = (int) (VARSIZE(json) - VARHDRSZ);
	return true;
}

static bool
set_text(RsNestedColumn *column, JsonbValue *value, const char *data, Size size, bool is_json)
{
	char		replacement = column->conversion.accept_invalid_chars ? column->conversion.replacement : '\0';
	uint32		length = (uint32) size;
	RsValueFault ignored;
	char	   *copy;

	if (size > JENTRY_OFFLENMASK)
		return out_of_range(column);
	if (!rs_text_check(&data, &length, replacement, false, column->arena, &column->replaced,
					   column->failed ? &ignored : &column->fault))
	{
		column->failed = true;
		return false;
	}
	copy = pnstrdup(data, length);
	copy = pg_any_to_server(copy, (int) length, PG_UTF8);
	if (is_json)
		return set_json(column, value, copy);
	set_string(value, copy, strlen(copy));
	return true;
}

static bool
set_bytes(JsonbValue *value, const char *data, Size size)
{
	char	   *text = palloc(2 + size * 2);

	text[0] = '\\';
	text[1] = 'x';
	hex_encode(data, size, text + 2);
	set_string(value, text, 2 + size * 2);
	return true;
}

static bool
set_integer(JsonbValue *value, const RsParquetElement *element, const RsRawValues *raw, uint32 i)
{
	int64		number = rs_raw_int(element, raw, i);
	bool		is_unsigned = element->logical.kind == RS_LOGICAL_INTEGER && !element->logical.is_signed;

	value->type = jbvNumeric;
	value->val.numeric = DatumGetNumeric(rs_numeric_from_int128(is_unsigned ? (int128) (uint64) number : number, 0));
	return true;
}

/*
 * A value of bytes that have a meaning, or none.
 */
static bool
set_byte_array(RsNestedColumn *column, JsonbValue *value, const RsParquetElement *element, const RsRawValues *raw,
			   uint32 i)
{
	const char *data = raw->type == RS_PARQUET_BYTE_ARRAY ? raw->bytes[i].data : raw->fixed + (Size) i * raw->width;
	Size		size = raw->type == RS_PARQUET_BYTE_ARRAY ? raw->bytes[i].size : raw->width;
	int32		parts[3];
	char	   *text;

	switch (element->logical.kind)
	{
		case RS_LOGICAL_UUID:
			text = DatumGetCString(DirectFunctionCall1(uuid_out, PointerGetDatum(data)));
			set_string(value, text, strlen(text));
			return true;
		case RS_LOGICAL_FLOAT16:
			set_float(value, raw, i);
			return true;
		case RS_LOGICAL_INTERVAL:
			memcpy(parts, data, sizeof(parts));
			text = psprintf("%d months %d days %d milliseconds", parts[0], parts[1], parts[2]);
			set_string(value, text, strlen(text));
			return true;
		case RS_LOGICAL_STRING:
		case RS_LOGICAL_ENUM:
			return set_text(column, value, data, size, false);
		case RS_LOGICAL_JSON:
			return set_text(column, value, data, size, true);
		default:
			/* Old writers said nothing of text. */
			if (raw->type == RS_PARQUET_BYTE_ARRAY && element->logical.kind == RS_LOGICAL_NONE &&
				memchr(data, '\0', size) == NULL && pg_verify_mbstr(PG_UTF8, data, (int) Min(size, PG_INT32_MAX), true))
				return set_text(column, value, data, size, false);
			return size < JENTRY_OFFLENMASK / 2 ? set_bytes(value, data, size) : out_of_range(column);
	}
}

static bool
set_decimal(RsNestedColumn *column, JsonbValue *value, const RsParquetElement *element, const RsRawValues *raw,
			uint32 i)
{
	int128		number;

	if (element->logical.scale > RS_NUMERIC_MAX_SCALE || !rs_raw_decimal(raw, i, &number))
		return out_of_range(column);
	value->type = jbvNumeric;
	value->val.numeric = DatumGetNumeric(rs_numeric_from_int128(number, element->logical.scale));
	return true;
}

/*
 * A leaf's value.  False: it has none that JSON could have.
 */
static bool
leaf_value(RsNestedColumn *column, const RsParquetNode *leaf, const RsRawValues *raw, uint32 i, JsonbValue *value)
{
	const RsParquetElement *element = leaf->element;
	int64		time;
	int32		days;

	if (element->logical.kind == RS_LOGICAL_DECIMAL)
		return set_decimal(column, value, element, raw, i);
	if (element->logical.kind == RS_LOGICAL_DATE)
	{
		memcpy(&days, raw->fixed + (Size) i * raw->width, sizeof(days));
		time = (int64) days - (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE);
		if (!IS_VALID_DATE(time))
			return out_of_range(column);
		return set_time(column, value, DateADTGetDatum((DateADT) time), DATEOID);
	}
	if (element->logical.kind == RS_LOGICAL_TIME)
		return rs_raw_time(element, raw, i, &time) ? set_time(column, value, TimeADTGetDatum(time), TIMEOID) :
			out_of_range(column);
	if (element->logical.kind == RS_LOGICAL_TIMESTAMP || element->type == RS_PARQUET_INT96)
		return rs_raw_timestamp(element, raw, i, &time) && IS_VALID_TIMESTAMP(time) ?
			set_time(column, value, TimestampGetDatum(time), TIMESTAMPOID) : out_of_range(column);
	switch (element->type)
	{
		case RS_PARQUET_BOOLEAN:
			value->type = jbvBool;
			value->val.boolean = raw->fixed[i] != 0;
			return true;
		case RS_PARQUET_INT32:
		case RS_PARQUET_INT64:
			return set_integer(value, element, raw, i);
		case RS_PARQUET_FLOAT:
		case RS_PARQUET_DOUBLE:
			set_float(value, raw, i);
			return true;
		default:
			return set_byte_array(column, value, element, raw, i);
	}
}

static void json_instance(RsNestedColumn *column, const RsParquetNode *node, JsonbParseState **state,
						  JsonbIteratorToken token, JsonbValue **result);

static void
push_null(JsonbParseState **state, JsonbIteratorToken token, JsonbValue **result)
{
	JsonbValue	value = {.type = jbvNull};

	if (*state == NULL)
	{
		*result = palloc(sizeof(JsonbValue));
		**result = value;
	}
	else
		*result = pushJsonbValue(state, token, &value);
}

static void
json_leaf(RsNestedColumn *column, const RsParquetNode *leaf, JsonbParseState **state, JsonbIteratorToken token,
		  JsonbValue **result)
{
	Cursor	   *cursor = first_cursor(column, leaf);
	JsonbValue	value;
	uint32		i;

	if (!take(cursor, &i) || !leaf_value(column, leaf, &cursor->raw, i, &value))
	{
		push_null(state, token, result);
		return;
	}
	if (*state == NULL)
	{
		*result = palloc(sizeof(JsonbValue));
		**result = value;
	}
	else
		*result = pushJsonbValue(state, token, &value);
}

/*
 * All instances of what is repeated; the first entry stands for an empty list as well.
 */
static void
json_list(RsNestedColumn *column, const RsParquetNode *repeated, const RsParquetNode *element,
		  JsonbParseState **state, JsonbValue **result)
{
	pushJsonbValue(state, WJB_BEGIN_ARRAY, NULL);
	if (!is_present(column, repeated))
		pass_over(column, repeated);
	else
		do
		{
			CHECK_FOR_INTERRUPTS();
			json_instance(column, element, state, WJB_ELEM, result);
		} while (goes_on(column, repeated));
	*result = pushJsonbValue(state, WJB_END_ARRAY, NULL);
}

/*
 * A key of a map has to be a string.
 */
static void
push_key(RsNestedColumn *column, const RsParquetNode *key, JsonbParseState **state)
{
	Cursor	   *cursor = first_cursor(column, key);
	JsonbValue	value;
	uint32		i;

	if (!take(cursor, &i) || !leaf_value(column, key, &cursor->raw, i, &value))
		set_string(&value, pstrdup(""), 0);
	else if (value.type == jbvNumeric)
	{
		char	   *text = DatumGetCString(DirectFunctionCall1(numeric_out, NumericGetDatum(value.val.numeric)));

		set_string(&value, text, strlen(text));
	}
	else if (value.type == jbvBool)
		set_string(&value, pstrdup(value.val.boolean ? "true" : "false"), value.val.boolean ? 4 : 5);
	else if (value.type != jbvString)
		set_string(&value, pstrdup(""), 0);
	pushJsonbValue(state, WJB_KEY, &value);
}

static void
json_map(RsNestedColumn *column, const RsParquetNode *repeated, JsonbParseState **state, JsonbValue **result)
{
	const RsParquetNode *key = &repeated->children[0];

	pushJsonbValue(state, WJB_BEGIN_OBJECT, NULL);
	if (!is_present(column, repeated))
		pass_over(column, repeated);
	else
		do
		{
			CHECK_FOR_INTERRUPTS();
			push_key(column, key, state);
			if (repeated->nchildren > 1)
				json_instance(column, &repeated->children[1], state, WJB_VALUE, result);
			else
				push_null(state, WJB_VALUE, result);
		} while (goes_on(column, repeated));
	*result = pushJsonbValue(state, WJB_END_OBJECT, NULL);
}

static void
json_group(RsNestedColumn *column, const RsParquetNode *node, JsonbParseState **state, JsonbValue **result)
{
	int			i;

	pushJsonbValue(state, WJB_BEGIN_OBJECT, NULL);
	for (i = 0; i < node->nchildren; i++)
	{
		const RsParquetNode *child = &node->children[i];
		JsonbValue	key;

		set_string(&key, unconstify(char *, child->element->name), strlen(child->element->name));
		pushJsonbValue(state, WJB_KEY, &key);
		if (is_repeated(child))
			json_list(column, child, child, state, result);
		else
			json_instance(column, child, state, WJB_VALUE, result);
	}
	*result = pushJsonbValue(state, WJB_END_OBJECT, NULL);
}

/*
 * One instance of a node; that it may be repeated is its list's business.
 */
static void
json_instance(RsNestedColumn *column, const RsParquetNode *node, JsonbParseState **state, JsonbIteratorToken token,
			  JsonbValue **result)
{
	const RsParquetNode *repeated;

	if (node->nchildren == 0)
		json_leaf(column, node, state, token, result);
	else if (!is_present(column, node))
	{
		pass_over(column, node);
		push_null(state, token, result);
	}
	else if ((repeated = repeated_child(node, RS_LOGICAL_LIST)) != NULL)
		json_list(column, repeated, list_element(node, repeated), state, result);
	else if ((repeated = repeated_child(node, RS_LOGICAL_MAP)) != NULL && repeated->nchildren > 0 &&
			 repeated->nchildren <= 2 && repeated->children[0].nchildren == 0 &&
			 !is_repeated(&repeated->children[0]) &&
			 (repeated->nchildren == 1 || !is_repeated(&repeated->children[1])))
		json_map(column, repeated, state, result);
	else
		json_group(column, node, state, result);
}

static bool
read_json(RsNestedColumn *column)
{
	JsonbParseState *state = NULL;
	JsonbValue *result = NULL;

	if (is_repeated(column->node))
		json_list(column, column->node, column->node, &state, &result);
	else if (!is_present(column, column->node))
	{
		pass_over(column, column->node);
		return rs_column_builder_null(column->builder, &column->fault);
	}
	else
		json_instance(column, column->node, &state, WJB_VALUE, &result);
	if (column->failed)
		return false;
	return rs_column_builder_jsonb(column->builder, JsonbPGetDatum(JsonbValueToJsonb(result)), &column->fault);
}

/* ---------------------------------------------------------------------
 * Arrays
 * ---------------------------------------------------------------------
 */

/*
 * Elements that a builder has, into the array; copied, since the builder begins again.
 */
static void
take_elements(RsNestedColumn *column, uint32 n)
{
	const RsVector *vector = rs_column_builder_vector(column->elements);
	uint32		i;

	if (column->nvalues + n > column->space)
	{
		column->space = (column->nvalues + n) * 2;
		column->values = rs_enlarge(GetMemoryChunkContext(column), column->values, column->space * sizeof(Datum));
		column->nulls = rs_enlarge(GetMemoryChunkContext(column), column->nulls, column->space * sizeof(bool));
	}
	for (i = 0; i < n; i++)
	{
		bool		isnull;
		Datum		value = rs_vector_datum(vector, &column->element_column.type, i, &isnull);

		column->nulls[column->nvalues] = isnull;
		column->values[column->nvalues++] = isnull ? (Datum) 0 :
			datumCopy(value, column->typbyval, column->typlen);
	}
	rs_arena_reset(column->element_arena);
	rs_column_builder_begin(column->elements, column->element_arena);
}

static void
add_element(RsNestedColumn *column, uint32 *n)
{
	Cursor	   *cursor = first_cursor(column, column->element);
	RsValueFault fault;
	uint32		i;

	if (!take(cursor, &i) || column->failed)
		(void) rs_column_builder_null(column->elements, &fault);
	else if (!rs_convert_slowly(column->converter, column->elements, &cursor->raw, i, column->arena, &column->replaced,
								&column->fault))
	{
		column->failed = true;
		(void) rs_column_builder_null(column->elements, &fault);
	}
	if (++*n == RS_BATCH_ROWS)
	{
		take_elements(column, *n);
		*n = 0;
	}
}

static bool
read_array(RsNestedColumn *column)
{
	const RsParquetNode *node = column->node;
	const RsParquetNode *repeated = is_repeated(node) ? node : repeated_child(node, RS_LOGICAL_LIST);
	ArrayType  *array;
	int			dims[1];
	int			bounds[1] = {1};
	uint32		n = 0;

	if (!is_repeated(node) && !is_present(column, node))
	{
		pass_over(column, node);
		return rs_column_builder_null(column->builder, &column->fault);
	}
	column->nvalues = 0;
	rs_arena_reset(column->element_arena);
	rs_column_builder_begin(column->elements, column->element_arena);
	if (!is_present(column, repeated))
		pass_over(column, repeated);
	else
		do
		{
			CHECK_FOR_INTERRUPTS();
			add_element(column, &n);
		} while (goes_on(column, repeated));
	if (column->failed)
		return false;
	take_elements(column, n);
	if (column->nvalues == 0)
		array = construct_empty_array(column->element_column.typid);
	else
	{
		dims[0] = (int) column->nvalues;
		array = construct_md_array(column->values, column->nulls, 1, dims, bounds, column->element_column.typid,
								   column->typlen, column->typbyval, column->typalign);
	}
	return rs_column_builder_datum(column->builder, PointerGetDatum(array));
}

static bool
init_array(RsNestedColumn *column, Oid element_type)
{
	const RsParquetNode *node = column->node;
	const RsParquetNode *repeated = is_repeated(node) ? node : repeated_child(node, RS_LOGICAL_LIST);
	RsReadColumn *target = &column->element_column;

	if (repeated == NULL)
		return false;
	column->element = is_repeated(node) ? node : list_element(node, repeated);
	if (column->element->nchildren > 0)
		return false;
	*target = column->column;
	target->typid = element_type;
	rs_vector_type_init(&target->type, element_type);
	target->collation = get_typcollation(element_type);
	column->converter = rs_converter_create(target, column->element, &column->conversion);
	if (column->converter == NULL)
		return false;
	column->elements = rs_column_builder_create(target, &column->conversion);
	column->element_arena = rs_arena_create(CurrentMemoryContext);
	get_typlenbyvalalign(element_type, &column->typlen, &column->typbyval, &column->typalign);
	return true;
}

/* ---------------------------------------------------------------------
 * Rows
 * ---------------------------------------------------------------------
 */

static RsNestedColumn *
create_column(const RsReadColumn *target, const RsConversion *conversion, const RsParquetNode *node,
			  RsLeafReader **leaves)
{
	RsNestedColumn *column = palloc0(sizeof(RsNestedColumn));
	Oid			element_type = get_element_type(target->type.typid);
	const RsParquetNode *leaf = node;
	int			i;

	if (!has_leaves(node))
		return NULL;
	column->column = *target;
	column->column.not_null = false;
	column->conversion = *conversion;
	column->node = node;
	if (OidIsValid(element_type) ? !init_array(column, element_type) :
		target->type.typid != JSONBOID && target->type.typid != JSONOID)
		return NULL;
	column->ncursors = node->nleaves;
	column->cursors = palloc_extended(node->nleaves * sizeof(Cursor), MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	for (i = 0; i < node->nleaves; i++)
	{
		leaf = rs_parquet_leaf(node, node->first_leaf + i);
		column->cursors[i].reader = leaves[i];
		column->cursors[i].leaf = leaf;
		column->cursors[i].arena = rs_arena_create(CurrentMemoryContext);
	}
	column->builder = rs_column_builder_create(&column->column, &column->conversion);
	column->row = AllocSetContextCreate(CurrentMemoryContext, "nested row", ALLOCSET_DEFAULT_SIZES);
	return column;
}

RsNestedColumn *
rs_nested_column_create(MemoryContext context, const RsReadColumn *column, const RsConversion *conversion,
						const RsParquetNode *node, RsLeafReader **leaves)
{
	MemoryContext old = MemoryContextSwitchTo(context);
	RsNestedColumn *result = create_column(column, conversion, node, leaves);

	MemoryContextSwitchTo(old);
	return result;
}

void
rs_nested_column_begin(RsNestedColumn *column)
{
	int			i;

	for (i = 0; i < column->ncursors; i++)
	{
		column->cursors[i].n = column->cursors[i].next = 0;
		column->cursors[i].ended = false;
	}
}

/*
 * Each leaf has to begin the row.
 */
static void
check_row(RsNestedColumn *column)
{
	int			i;

	for (i = 0; i < column->ncursors; i++)
	{
		(void) peek_definition(&column->cursors[i]);
		if (peek_repetition(&column->cursors[i]) != 0)
			rs_leaf_corrupt(column->cursors[i].reader, "columns of a group are not of the same rows");
	}
}

const RsVector *
rs_nested_column_read(RsNestedColumn *column, uint32 n, RsArena *arena, RsFaultSink *faults)
{
	uint32		i;

	rs_column_builder_begin(column->builder, arena);
	for (i = 0; i < n; i++)
	{
		MemoryContext old;
		bool		sound;

		check_row(column);
		MemoryContextReset(column->row);
		old = MemoryContextSwitchTo(column->row);
		column->arena = arena;
		column->failed = column->replaced = false;
		sound = column->element != NULL ? read_array(column) : read_json(column);
		if (!sound)
		{
			faults->report(faults, i, &column->fault, NULL, 0);
			(void) rs_column_builder_null(column->builder, &column->fault);
		}
		else if (column->replaced)
			faults->replaced(faults, i, NULL, 0);
		MemoryContextSwitchTo(old);
	}
	return rs_column_builder_vector(column->builder);
}
