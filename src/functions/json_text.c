/*
 * json_text.c
 *	  Redshift's functions that read JSON in text.
 *
 * A text is checked as a whole by PostgreSQL's JSON parser, so that invalid JSON behind
 * what is asked for is an error, too, or NULL where the caller wants that.  What is asked
 * for is found by the way: a value as it stands in the text, a string without its quotes
 * and escapes, and a JSON null as NULL.
 *
 * Members are found by name, in objects only, and their case matters; elements by number
 * from zero.  Of members of the same name the last counts, as in SUPER.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/jsonapi.h"
#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "utils/array.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(rs_json_extract_path_text);
PG_FUNCTION_INFO_V1(rs_json_extract_array_element_text);
PG_FUNCTION_INFO_V1(rs_json_array_length);
PG_FUNCTION_INFO_V1(rs_is_valid_json);
PG_FUNCTION_INFO_V1(rs_is_valid_json_array);
PG_FUNCTION_INFO_V1(rs_can_json_parse);

typedef struct Search
{
	JsonLexContext *lex;
	char	  **path;			/* names of members, or NULL to find an element */
	int			path_length;
	int			element;		/* the one to find, if path is NULL */

	/* Where the parser is. */
	int			depth;			/* objects and arrays around it */
	int			matched;		/* leading names of the path that lead there */
	int			elements;		/* begun in the outermost array */

	bool		is_array;		/* the whole text's kind */
	bool		is_object;
	bool		in_value;		/* what is being read was asked for ... */
	int			value_depth;	/* ... and ends at this depth */
	const char *value_start;	/* of an object or array */
	text	   *value;			/* what was found, or NULL */
} Search;

static void
begin_value(Search *s)
{
	s->in_value = true;
	s->value_depth = s->depth;
	s->value = NULL;
	s->value_start = NULL;
}

/*
 * Is the member or element that begins the one that is looked for?
 */
static void
member_start(void *state, char *name, bool isnull)
{
	Search	   *s = state;

	if (s->in_value || s->path == NULL || s->matched != s->depth - 1 || s->matched >= s->path_length)
		return;
	if (strcmp(name, s->path[s->matched]) != 0)
		return;
	if (s->matched == s->path_length - 1)
		begin_value(s);
	else
	{
		/* Of an earlier member of this name nothing counts any more. */
		s->value = NULL;
		s->matched++;
	}
}

static void
member_end(void *state, char *name, bool isnull)
{
	Search	   *s = state;

	if (s->in_value && s->value_depth == s->depth)
		s->in_value = false;
	else if (!s->in_value && s->path != NULL && s->matched == s->depth && s->depth > 0)
		s->matched--;
}

static void
element_start(void *state, bool isnull)
{
	Search	   *s = state;

	if (s->path == NULL && s->depth == 1 && s->is_array && s->elements++ == s->element)
		begin_value(s);
}

static void
element_end(void *state, bool isnull)
{
	Search	   *s = state;

	if (s->in_value && s->value_depth == s->depth && s->path == NULL)
		s->in_value = false;
}

static void
nested_start(Search *s)
{
	if (s->in_value && s->depth == s->value_depth)
		s->value_start = s->lex->token_start;
	s->depth++;
}

static void
nested_end(Search *s)
{
	s->depth--;
	if (s->in_value && s->depth == s->value_depth && s->value_start != NULL)
		s->value = cstring_to_text_with_len(s->value_start, s->lex->prev_token_terminator - s->value_start);
}

static void
object_start(void *state)
{
	Search	   *s = state;

	if (s->depth == 0)
		s->is_object = true;
	nested_start(s);
}

static void
object_end(void *state)
{
	nested_end(state);
}

static void
array_start(void *state)
{
	Search	   *s = state;

	if (s->depth == 0)
		s->is_array = true;
	nested_start(s);
}

static void
array_end(void *state)
{
	nested_end(state);
}

static void
scalar(void *state, char *token, JsonTokenType type)
{
	Search	   *s = state;

	if (s->in_value && s->depth == s->value_depth && type != JSON_TOKEN_NULL)
		s->value = cstring_to_text(token);
}

/*
 * Read a text.  False if it is not JSON; *detail, where it is asked for, says why.
 */
static bool
read_json(text *json, Search *s, char **detail)
{
	JsonSemAction actions = {
		.semstate = s,
		.object_start = object_start,
		.object_end = object_end,
		.array_start = array_start,
		.array_end = array_end,
		.object_field_start = member_start,
		.object_field_end = member_end,
		.array_element_start = element_start,
		.array_element_end = element_end,
		.scalar = scalar,
	};
	JsonParseErrorType error;

	s->lex = makeJsonLexContextCstringLen(VARDATA_ANY(json), VARSIZE_ANY_EXHDR(json),
										   GetDatabaseEncoding(), true);
	error = pg_parse_json(s->lex, &actions);
	if (error != JSON_SUCCESS && detail != NULL)
		*detail = json_errdetail(error, s->lex);
	return error == JSON_SUCCESS;
}

/*
 * Read a text.  False if it isn't JSON, or no array where one is needed, and NULL is wanted then.
 */
static bool
read_or_null(text *json, Search *s, bool of_array, bool null_if_invalid)
{
	char	   *detail = NULL;

	if (read_json(json, s, null_if_invalid ? NULL : &detail))
	{
		if (s->is_array || !of_array)
			return true;
		detail = "The text is not a JSON array.";
	}
	if (!null_if_invalid)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_JSON_TEXT),
				 errmsg(of_array ? "invalid json array object %s" : "invalid json object %s",
						pnstrdup(VARDATA_ANY(json), pg_mbcliplen(VARDATA_ANY(json),
																 VARSIZE_ANY_EXHDR(json), 200))),
				 errdetail_internal("%s", detail)));
	return false;
}

/*
 * json_extract_path_text(json text, name text, ... [, null_if_invalid boolean]): the names
 * are an array, or up to five arguments in front of a boolean.
 */
Datum
rs_json_extract_path_text(PG_FUNCTION_ARGS)
{
	Search		s = {0};
	bool		null_if_invalid = false;
	int			i;

	if (get_fn_expr_variadic(fcinfo->flinfo) || PG_NARGS() == 2)
	{
		Datum	   *names;
		bool	   *nulls;

		deconstruct_array(PG_GETARG_ARRAYTYPE_P(1), TEXTOID, -1, false, TYPALIGN_INT,
						  &names, &nulls, &s.path_length);
		s.path = palloc(sizeof(char *) * (s.path_length + 1));
		for (i = 0; i < s.path_length; i++)
		{
			if (nulls[i])
				PG_RETURN_NULL();
			s.path[i] = TextDatumGetCString(names[i]);
		}
	}
	else
	{
		s.path_length = PG_NARGS() - 2;
		s.path = palloc(sizeof(char *) * s.path_length);
		for (i = 0; i < s.path_length; i++)
			s.path[i] = text_to_cstring(PG_GETARG_TEXT_PP(i + 1));
		null_if_invalid = PG_GETARG_BOOL(PG_NARGS() - 1);
	}
	if (!read_or_null(PG_GETARG_TEXT_PP(0), &s, false, null_if_invalid) || s.value == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(s.value);
}

Datum
rs_json_extract_array_element_text(PG_FUNCTION_ARGS)
{
	Search		s = {.element = PG_GETARG_INT32(1)};

	if (!read_or_null(PG_GETARG_TEXT_PP(0), &s, true, PG_GETARG_BOOL(2)) || s.value == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(s.value);
}

Datum
rs_json_array_length(PG_FUNCTION_ARGS)
{
	Search		s = {.element = -1};

	if (!read_or_null(PG_GETARG_TEXT_PP(0), &s, true, PG_GETARG_BOOL(1)))
		PG_RETURN_NULL();
	PG_RETURN_INT32(s.elements);
}

Datum
rs_is_valid_json(PG_FUNCTION_ARGS)
{
	Search		s = {.element = -1};

	PG_RETURN_BOOL(read_json(PG_GETARG_TEXT_PP(0), &s, NULL) && s.is_object);
}

Datum
rs_is_valid_json_array(PG_FUNCTION_ARGS)
{
	Search		s = {.element = -1};

	PG_RETURN_BOOL(read_json(PG_GETARG_TEXT_PP(0), &s, NULL) && s.is_array);
}

Datum
rs_can_json_parse(PG_FUNCTION_ARGS)
{
	Search		s = {.element = -1};

	PG_RETURN_BOOL(read_json(PG_GETARG_TEXT_PP(0), &s, NULL));
}
