/*
 * super.c
 *	  Redshift's functions of SUPER values, which are jsonb here: their text, their
 *	  attributes and their arrays.
 *
 * Where Redshift is lax, NULL is the answer to what has no answer: an array function gives
 * NULL for what is not an array.  Array functions take JSON's null for a value like others.
 *
 * Functions of two arrays number their distinct elements (Elements.class), by sorting all
 * elements once; all else is counting.
 */
#include "postgres.h"

#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/formatting.h"
#include "utils/json.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"

PG_FUNCTION_INFO_V1(rs_json_parse);
PG_FUNCTION_INFO_V1(rs_json_serialize);
PG_FUNCTION_INFO_V1(rs_lower_attribute_names);
PG_FUNCTION_INFO_V1(rs_upper_attribute_names);
PG_FUNCTION_INFO_V1(rs_object_keep);
PG_FUNCTION_INFO_V1(rs_object_set);
PG_FUNCTION_INFO_V1(rs_array_flatten);
PG_FUNCTION_INFO_V1(rs_subarray);
PG_FUNCTION_INFO_V1(rs_array_sort);
PG_FUNCTION_INFO_V1(rs_array_distinct);
PG_FUNCTION_INFO_V1(rs_array_union);
PG_FUNCTION_INFO_V1(rs_array_except);
PG_FUNCTION_INFO_V1(rs_array_intersection);
PG_FUNCTION_INFO_V1(rs_arrays_overlap);
PG_FUNCTION_INFO_V1(rs_super_positions);
PG_FUNCTION_INFO_V1(rs_super_sum_transition);

/* ---------------------------------------------------------------------
 * Text
 * ---------------------------------------------------------------------
 */

Datum
rs_json_parse(PG_FUNCTION_ARGS)
{
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(text_to_cstring(PG_GETARG_TEXT_PP(0))));
}

static void
append_scalar(StringInfo to, const JsonbValue *v)
{
	switch (v->type)
	{
		case jbvNull:
			appendStringInfoString(to, "null");
			break;
		case jbvBool:
			appendStringInfoString(to, v->val.boolean ? "true" : "false");
			break;
		case jbvNumeric:
			appendStringInfoString(to, DatumGetCString(DirectFunctionCall1(numeric_out,
																		   NumericGetDatum(v->val.numeric))));
			break;
		case jbvString:
			escape_json(to, pnstrdup(v->val.string.val, v->val.string.len));
			break;
		default:
			elog(ERROR, "unexpected kind of scalar: %d", (int) v->type);
	}
}

/*
 * A value's JSON, without the blanks that jsonb's own text has.
 */
Datum
rs_json_serialize(PG_FUNCTION_ARGS)
{
	Jsonb	   *value = PG_GETARG_JSONB_P(0);
	JsonbIterator *it = JsonbIteratorInit(&value->root);
	JsonbIteratorToken token;
	JsonbValue	v;
	StringInfoData to;
	bool		first = true;
	bool		scalar = false;

	initStringInfo(&to);
	while ((token = JsonbIteratorNext(&it, &v, false)) != WJB_DONE)
	{
		CHECK_FOR_INTERRUPTS();
		if (token == WJB_END_ARRAY || token == WJB_END_OBJECT)
		{
			if (!scalar)
				appendStringInfoChar(&to, token == WJB_END_ARRAY ? ']' : '}');
			first = false;
			continue;
		}
		if (token != WJB_VALUE && !first)
			appendStringInfoChar(&to, ',');
		first = false;
		switch (token)
		{
			case WJB_BEGIN_ARRAY:
				scalar = v.val.array.rawScalar;
				if (!scalar)
					appendStringInfoChar(&to, '[');
				first = true;
				break;
			case WJB_BEGIN_OBJECT:
				appendStringInfoChar(&to, '{');
				first = true;
				break;
			case WJB_KEY:
				append_scalar(&to, &v);
				appendStringInfoChar(&to, ':');
				/* What follows is no element of a list. */
				first = true;
				break;
			default:
				append_scalar(&to, &v);
				break;
		}
	}
	PG_RETURN_TEXT_P(cstring_to_text_with_len(to.data, to.len));
}

/* ---------------------------------------------------------------------
 * Attributes
 * ---------------------------------------------------------------------
 */

static Datum
change_names(FunctionCallInfo fcinfo, char *(*change) (const char *, size_t, Oid))
{
	Jsonb	   *value = PG_GETARG_JSONB_P(0);
	JsonbIterator *it = JsonbIteratorInit(&value->root);
	JsonbParseState *state = NULL;
	JsonbValue *result = NULL;
	JsonbIteratorToken token;
	JsonbValue	v;

	if (JB_ROOT_IS_SCALAR(value))
		PG_RETURN_JSONB_P(value);
	while ((token = JsonbIteratorNext(&it, &v, false)) != WJB_DONE)
	{
		CHECK_FOR_INTERRUPTS();
		if (token == WJB_KEY)
		{
			v.val.string.val = change(v.val.string.val, v.val.string.len, DEFAULT_COLLATION_OID);
			v.val.string.len = strlen(v.val.string.val);
		}
		result = pushJsonbValue(&state, token, token < WJB_BEGIN_ARRAY ? &v : NULL);
	}
	PG_RETURN_JSONB_P(JsonbValueToJsonb(result));
}

Datum
rs_lower_attribute_names(PG_FUNCTION_ARGS)
{
	return change_names(fcinfo, str_tolower);
}

Datum
rs_upper_attribute_names(PG_FUNCTION_ARGS)
{
	return change_names(fcinfo, str_toupper);
}

/*
 * A path as object_transform has it: "a"."b", quoted attributes with dots between.
 */
static List *
parse_path(const char *text)
{
	List	   *path = NIL;
	const char *at = text;

	for (;;)
	{
		StringInfoData name;

		initStringInfo(&name);
		if (*at++ != '"')
			break;
		while (*at != '\0' && (*at != '"' || at[1] == '"'))
		{
			at += *at == '"';
			appendStringInfoChar(&name, *at++);
		}
		if (*at++ != '"')
			break;
		path = lappend(path, name.data);
		if (*at == '\0')
			return path;
		if (*at++ != '.')
			break;
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid path of attributes: %s", text),
			 errdetail("A path is made of names in double quotes with dots between them.")));
}

/*
 * The paths of an array of text, as lists of names; *count of them.
 */
static List **
parse_paths(ArrayType *array, int *count)
{
	Datum	   *texts;
	bool	   *nulls;
	List	  **paths;
	int			i;

	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &texts, &nulls, count);
	paths = palloc(sizeof(List *) * (*count + 1));
	for (i = 0; i < *count; i++)
	{
		if (nulls[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("path of attributes must not be null")));
		paths[i] = parse_path(TextDatumGetCString(texts[i]));
	}
	return paths;
}

/*
 * Append of an object the attributes that paths lead to or through.  The first depth names
 * of these are those of the objects around it.
 */
static JsonbValue *
keep_object(JsonbParseState **state, JsonbContainer *object, List **paths, int npaths, int depth)
{
	JsonbIterator *it = JsonbIteratorInit(object);
	JsonbIteratorToken token;
	JsonbValue	key;
	JsonbValue	v;
	List	  **deeper = palloc(sizeof(List *) * (npaths + 1));

	check_stack_depth();
	pushJsonbValue(state, WJB_BEGIN_OBJECT, NULL);
	JsonbIteratorNext(&it, &v, true);
	while ((token = JsonbIteratorNext(&it, &key, true)) == WJB_KEY)
	{
		bool		whole = false;
		int			ndeeper = 0;
		int			i;

		CHECK_FOR_INTERRUPTS();
		JsonbIteratorNext(&it, &v, true);
		for (i = 0; i < npaths; i++)
		{
			const char *name = list_nth(paths[i], depth);

			if (strlen(name) != key.val.string.len || memcmp(name, key.val.string.val, key.val.string.len) != 0)
				continue;
			if (list_length(paths[i]) == depth + 1)
				whole = true;
			else
				deeper[ndeeper++] = paths[i];
		}
		if (whole)
		{
			pushJsonbValue(state, WJB_KEY, &key);
			pushJsonbValue(state, WJB_VALUE, &v);
		}
		else if (ndeeper > 0 && v.type == jbvBinary && JsonContainerIsObject(v.val.binary.data))
		{
			pushJsonbValue(state, WJB_KEY, &key);
			keep_object(state, v.val.binary.data, deeper, ndeeper, depth + 1);
		}
	}
	pfree(deeper);
	return pushJsonbValue(state, WJB_END_OBJECT, NULL);
}

/*
 * object_keep(object, paths): the attributes that the paths lead to.
 */
Datum
rs_object_keep(PG_FUNCTION_ARGS)
{
	Jsonb	   *object = PG_GETARG_JSONB_P(0);
	JsonbParseState *state = NULL;
	List	  **paths;
	int			npaths;

	if (!JB_ROOT_IS_OBJECT(object))
		PG_RETURN_JSONB_P(object);
	paths = parse_paths(PG_GETARG_ARRAYTYPE_P(1), &npaths);
	PG_RETURN_JSONB_P(JsonbValueToJsonb(keep_object(&state, &object->root, paths, npaths, 0)));
}

/*
 * object_set(object, paths, values): with these values at the paths.  NULL stands for null.
 */
Datum
rs_object_set(PG_FUNCTION_ARGS)
{
	Datum		object = PG_GETARG_DATUM(0);
	List	  **paths;
	Datum	   *values;
	bool	   *nulls;
	int			npaths;
	int			nvalues;
	int			i;

	if (!JB_ROOT_IS_OBJECT(PG_GETARG_JSONB_P(0)))
		PG_RETURN_DATUM(object);
	paths = parse_paths(PG_GETARG_ARRAYTYPE_P(1), &npaths);
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(2), JSONBOID, -1, false, TYPALIGN_INT, &values, &nulls, &nvalues);
	if (npaths != nvalues)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%d paths of attributes have %d values", npaths, nvalues)));
	for (i = 0; i < npaths; i++)
	{
		Datum	   *names = palloc(sizeof(Datum) * list_length(paths[i]));
		int			n = 0;
		ListCell   *lc;
		ArrayType  *path;

		foreach(lc, paths[i])
			names[n++] = CStringGetTextDatum(lfirst(lc));
		path = construct_array(names, n, TEXTOID, -1, false, TYPALIGN_INT);
		if (nulls[i])
			values[i] = DirectFunctionCall1(jsonb_in, CStringGetDatum("null"));
		object = DirectFunctionCall4(jsonb_set, object, PointerGetDatum(path), values[i], BoolGetDatum(true));
	}
	PG_RETURN_DATUM(object);
}

/* ---------------------------------------------------------------------
 * Arrays
 * ---------------------------------------------------------------------
 */

typedef struct Element
{
	JsonbValue	value;
	Jsonb	   *json;			/* the same by itself, to be compared */
	int			number;
	int			class;			/* the same for equal elements, from 0 */
} Element;

typedef struct Elements
{
	Element    *element;
	int			n;
	int			room;
} Elements;

/*
 * Append an array's elements.  False if it isn't an array.
 */
static bool
add_elements(Elements *to, Jsonb *array)
{
	JsonbIterator *it = JsonbIteratorInit(&array->root);
	JsonbValue	v;

	if (!JB_ROOT_IS_ARRAY(array) || JB_ROOT_IS_SCALAR(array))
		return false;
	if (to->n + JB_ROOT_COUNT(array) >= to->room)
	{
		to->room = to->n + JB_ROOT_COUNT(array) + 1;
		to->element = to->element == NULL ? palloc(sizeof(Element) * to->room) :
			repalloc(to->element, sizeof(Element) * to->room);
	}
	JsonbIteratorNext(&it, &v, true);
	while (JsonbIteratorNext(&it, &v, true) == WJB_ELEM)
	{
		Element    *e = &to->element[to->n];

		e->value = v;
		e->json = JsonbValueToJsonb(&v);
		e->number = to->n++;
	}
	return true;
}

/*
 * Redshift's order of kinds; null comes last.
 */
static int
kind_order(const Jsonb *json)
{
	JsonbValue	v;

	if (JsonbExtractScalar((JsonbContainer *) &json->root, &v))
		switch (v.type)
		{
			case jbvBool:
				return 0;
			case jbvNumeric:
				return 1;
			case jbvString:
				return 2;
			default:
				return 5;
		}
	return JB_ROOT_IS_ARRAY(json) ? 3 : 4;
}

static int
compare_json(const Jsonb *a, const Jsonb *b)
{
	int			kind = kind_order(a);
	int			difference = kind - kind_order(b);
	JsonbValue	va;
	JsonbValue	vb;

	if (difference != 0)
		return difference;
	if (kind != 2)
		return compareJsonbContainers((JsonbContainer *) &a->root, (JsonbContainer *) &b->root);
	JsonbExtractScalar((JsonbContainer *) &a->root, &va);
	JsonbExtractScalar((JsonbContainer *) &b->root, &vb);
	difference = memcmp(va.val.string.val, vb.val.string.val, Min(va.val.string.len, vb.val.string.len));
	return difference != 0 ? difference : va.val.string.len - vb.val.string.len;
}

static int
compare_elements(const void *a, const void *b)
{
	CHECK_FOR_INTERRUPTS();
	return compare_json(((const Element *) a)->json, ((const Element *) b)->json);
}

static int
compare_numbers(const void *a, const void *b)
{
	return ((const Element *) a)->number - ((const Element *) b)->number;
}

/*
 * Give each element its class; the number of classes.  The order stays.
 */
static int
classify(Elements *all)
{
	int			class = -1;
	int			i;

	qsort(all->element, all->n, sizeof(Element), compare_elements);
	for (i = 0; i < all->n; i++)
	{
		if (i == 0 || compare_elements(&all->element[i - 1], &all->element[i]) != 0)
			class++;
		all->element[i].class = class;
	}
	qsort(all->element, all->n, sizeof(Element), compare_numbers);
	return class + 1;
}

static Jsonb *
make_array(const Elements *all, const bool *chosen)
{
	JsonbParseState *state = NULL;
	int			i;

	pushJsonbValue(&state, WJB_BEGIN_ARRAY, NULL);
	for (i = 0; i < all->n; i++)
		if (chosen == NULL || chosen[i])
			pushJsonbValue(&state, WJB_ELEM, &all->element[i].value);
	return JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_ARRAY, NULL));
}

static void
add_flattened(JsonbContainer *array, JsonbParseState **state)
{
	JsonbIterator *iterator = JsonbIteratorInit(array);
	JsonbIteratorToken token;
	JsonbValue	value;

	check_stack_depth();
	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
	{
		CHECK_FOR_INTERRUPTS();
		if (token == WJB_ELEM && value.type == jbvBinary && JsonContainerIsArray(value.val.binary.data))
			add_flattened(value.val.binary.data, state);
		else if (token == WJB_ELEM)
			pushJsonbValue(state, WJB_ELEM, &value);
	}
}

/*
 * Elements of the array and of arrays within it, at any depth.
 */
Datum
rs_array_flatten(PG_FUNCTION_ARGS)
{
	Jsonb	   *array = PG_GETARG_JSONB_P(0);
	JsonbParseState *state = NULL;

	if (!JB_ROOT_IS_ARRAY(array) || JB_ROOT_IS_SCALAR(array))
		PG_RETURN_NULL();
	pushJsonbValue(&state, WJB_BEGIN_ARRAY, NULL);
	add_flattened(&array->root, &state);
	PG_RETURN_JSONB_P(JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_ARRAY, NULL)));
}

/*
 * subarray(array, start [, length]): start counts from 0, or from the end where negative.
 */
Datum
rs_subarray(PG_FUNCTION_ARGS)
{
	Elements	all = {0};
	int64		start = PG_GETARG_INT32(1);
	int64		end;
	bool	   *chosen;
	int			i;

	if (!add_elements(&all, PG_GETARG_JSONB_P(0)))
		PG_RETURN_NULL();
	if (start < 0)
		start += all.n;
	end = PG_NARGS() > 2 ? start + PG_GETARG_INT32(2) : all.n;
	chosen = palloc(all.n + 1);
	for (i = 0; i < all.n; i++)
		chosen[i] = i >= start && i < end;
	PG_RETURN_JSONB_P(make_array(&all, chosen));
}

/*
 * array_sort(array, ascending, nulls_first)
 */
Datum
rs_array_sort(PG_FUNCTION_ARGS)
{
	Elements	all = {0};
	bool		ascending = PG_GETARG_BOOL(1);
	bool		nulls_first = PG_GETARG_BOOL(2);
	JsonbParseState *state = NULL;
	int			nulls = 0;
	int			i;

	if (!add_elements(&all, PG_GETARG_JSONB_P(0)))
		PG_RETURN_NULL();
	qsort(all.element, all.n, sizeof(Element), compare_elements);
	while (nulls < all.n && all.element[all.n - 1 - nulls].value.type == jbvNull)
		nulls++;
	pushJsonbValue(&state, WJB_BEGIN_ARRAY, NULL);
	for (i = 0; i < all.n; i++)
	{
		int			at = nulls_first ? (i + all.n - nulls) % all.n : i;

		if (!ascending && at < all.n - nulls)
			at = all.n - nulls - 1 - at;
		pushJsonbValue(&state, WJB_ELEM, &all.element[at].value);
	}
	PG_RETURN_JSONB_P(JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_ARRAY, NULL)));
}

static Jsonb *
first_of_classes(Elements *all)
{
	bool	   *seen = palloc0(classify(all) + 1);
	bool	   *chosen = palloc0(all->n + 1);
	int			i;

	for (i = 0; i < all->n; i++)
	{
		chosen[i] = !seen[all->element[i].class];
		seen[all->element[i].class] = true;
	}
	return make_array(all, chosen);
}

Datum
rs_array_distinct(PG_FUNCTION_ARGS)
{
	Elements	all = {0};

	if (!add_elements(&all, PG_GETARG_JSONB_P(0)))
		PG_RETURN_NULL();
	PG_RETURN_JSONB_P(first_of_classes(&all));
}

Datum
rs_array_union(PG_FUNCTION_ARGS)
{
	Elements	all = {0};

	if (!add_elements(&all, PG_GETARG_JSONB_P(0)) || !add_elements(&all, PG_GETARG_JSONB_P(1)))
		PG_RETURN_NULL();
	PG_RETURN_JSONB_P(first_of_classes(&all));
}

/*
 * Of the first of two arrays, the elements that the second has, or those that it has not.
 * As sets, if distinct; else an element of the second is the partner of one of the first.
 */
static Datum
compare_arrays(FunctionCallInfo fcinfo, bool common)
{
	Elements	all = {0};
	bool		distinct = PG_GETARG_BOOL(2);
	int			first;
	int			i;
	int		   *partners;
	bool	   *seen;
	bool	   *chosen;

	if (!add_elements(&all, PG_GETARG_JSONB_P(0)))
		PG_RETURN_NULL();
	first = all.n;
	if (!add_elements(&all, PG_GETARG_JSONB_P(1)))
		PG_RETURN_NULL();
	i = classify(&all);
	partners = palloc0(sizeof(int) * (i + 1));
	seen = palloc0(i + 1);
	chosen = palloc0(all.n + 1);
	for (i = first; i < all.n; i++)
		partners[all.element[i].class]++;
	for (i = 0; i < first; i++)
	{
		int			class = all.element[i].class;

		chosen[i] = (partners[class] > 0) == common && !(distinct && seen[class]);
		seen[class] = true;
		if (!distinct && partners[class] > 0)
			partners[class]--;
	}
	PG_RETURN_JSONB_P(make_array(&all, chosen));
}

Datum
rs_array_except(PG_FUNCTION_ARGS)
{
	return compare_arrays(fcinfo, false);
}

Datum
rs_array_intersection(PG_FUNCTION_ARGS)
{
	return compare_arrays(fcinfo, true);
}

/*
 * arrays_overlap(array, array, null_match): have they an element in common?  Without
 * null_match, nulls are unknown: if there is one and nothing else is common, so is this.
 */
Datum
rs_arrays_overlap(PG_FUNCTION_ARGS)
{
	Elements	all = {0};
	bool		null_match = PG_GETARG_BOOL(2);
	bool		unknown = false;
	int			first;
	int			i;
	bool	   *seen;

	if (!add_elements(&all, PG_GETARG_JSONB_P(0)))
		PG_RETURN_NULL();
	first = all.n;
	if (!add_elements(&all, PG_GETARG_JSONB_P(1)))
		PG_RETURN_NULL();
	seen = palloc0(classify(&all) + 1);
	for (i = 0; i < all.n; i++)
	{
		const Element *e = &all.element[i];

		if (!null_match && e->value.type == jbvNull)
			unknown = true;
		else if (i < first)
			seen[e->class] = true;
		else if (seen[e->class])
			PG_RETURN_BOOL(true);
	}
	if (unknown && first > 0 && all.n > first)
		PG_RETURN_NULL();
	PG_RETURN_BOOL(false);
}

/*
 * super_positions(array, value, null_match): where the array has the value, as an array
 * of numbers from 0.  Without null_match, NULL if that is unknown because of nulls.
 */
Datum
rs_super_positions(PG_FUNCTION_ARGS)
{
	Elements	all = {0};
	Jsonb	   *value = PG_GETARG_JSONB_P(1);
	bool		null_match = PG_GETARG_BOOL(2);
	JsonbParseState *state = NULL;
	bool		has_null = false;
	int			found = 0;
	int			i;

	if (!add_elements(&all, PG_GETARG_JSONB_P(0)))
		PG_RETURN_NULL();
	if (!null_match && kind_order(value) == 5)
		PG_RETURN_NULL();
	pushJsonbValue(&state, WJB_BEGIN_ARRAY, NULL);
	for (i = 0; i < all.n; i++)
	{
		JsonbValue	position;

		has_null |= all.element[i].value.type == jbvNull;
		if (compare_json(all.element[i].json, value) != 0)
			continue;
		position.type = jbvNumeric;
		position.val.numeric = int64_to_numeric(i);
		pushJsonbValue(&state, WJB_ELEM, &position);
		found++;
	}
	if (found == 0 && has_null && !null_match)
		PG_RETURN_NULL();
	PG_RETURN_JSONB_P(JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_ARRAY, NULL)));
}

/* ---------------------------------------------------------------------
 * Sums
 * ---------------------------------------------------------------------
 */

/*
 * The transition of PostgreSQL's sum and avg of numerics, for the values that are numbers.
 */
Datum
rs_super_sum_transition(PG_FUNCTION_ARGS)
{
	LOCAL_FCINFO(call, 2);
	JsonbValue	v;

	InitFunctionCallInfoData(*call, fcinfo->flinfo, 2, InvalidOid, fcinfo->context, NULL);
	call->args[0] = fcinfo->args[0];
	call->args[1].isnull = true;
	if (!PG_ARGISNULL(1))
	{
		Jsonb	   *super = PG_GETARG_JSONB_P(1);

		if (JsonbExtractScalar(&super->root, &v) && v.type == jbvNumeric)
		{
			call->args[1].value = NumericGetDatum(v.val.numeric);
			call->args[1].isnull = false;
		}
	}
	return numeric_avg_accum(call);
}
