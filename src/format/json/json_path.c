/*
 * json_path.c
 *	  Where in an object the columns of a table are.
 *
 * The paths come from the names of columns, or from a file: {"jsonpaths": ["$.a", ...]}, one
 * for each column.  A file with an object of another name stands for auto, as it does in
 * Redshift.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "format/json/json_path.h"
#include "format/json/json_scan.h"
#include "format/json/json_text.h"
#include "mb/pg_wchar.h"
#include "port/pg_bitutils.h"

/* A path may have as many steps as there are levels. */
#define MAX_STEPS	RS_JSON_MAX_DEPTH

static uint32
hash_name(const char *name, Size size)
{
	return hash_bytes((const unsigned char *) name, (int) size);
}

static RsPathNode *
find_member(const RsPathNode *node, const char *name, Size size)
{
	uint32		place;

	if (node->nmembers == 0)
		return NULL;
	for (place = hash_name(name, size) & node->table_mask; node->table[place] != NULL;
		 place = (place + 1) & node->table_mask)
		if (rs_path_is(node->table[place], name, size))
			return node->table[place];
	return NULL;
}

RsPathNode *
rs_path_member(const RsPaths *paths, const RsPathNode *node, const char *name, Size size)
{
	char		folded[NAMEDATALEN * MAX_MULTIBYTE_CHAR_LEN];
	Size		i;

	if (!paths->ignore_case)
		return find_member(node, name, size);
	/* Names of columns are no longer than that. */
	if (size > sizeof(folded))
		return NULL;
	for (i = 0; i < size; i++)
		folded[i] = name[i] >= 'A' && name[i] <= 'Z' ? name[i] + ('a' - 'A') : name[i];
	return find_member(node, folded, size);
}

/* The array of nodes below, with one more. */
static RsPathNode **
append_node(RsPathNode **nodes, int n, RsPathNode *node)
{
	if (n == 0)
		nodes = palloc(sizeof(RsPathNode *));
	else if ((n & (n - 1)) == 0)
		nodes = repalloc(nodes, 2 * n * sizeof(RsPathNode *));
	nodes[n] = node;
	return nodes;
}

static void
enter(RsPathNode *node, RsPathNode *member)
{
	uint32		place = hash_name(member->name, member->name_size) & node->table_mask;

	while (node->table[place] != NULL)
		place = (place + 1) & node->table_mask;
	node->table[place] = member;
}

static RsPathNode *
add_member(RsPathNode *node, const char *name, Size size)
{
	RsPathNode *member = find_member(node, name, size);
	int			i;

	if (member != NULL)
		return member;
	member = palloc0(sizeof(RsPathNode));
	member->name = memcpy(palloc(size + 1), name, size);
	member->name_size = size;
	node->members = append_node(node->members, node->nmembers, member);
	node->nmembers++;
	/* Half of the places stay free. */
	if (node->table == NULL || 2 * node->nmembers > node->table_mask + 1)
	{
		node->table_mask = 2 * pg_nextpower2_32(2 * node->nmembers) - 1;
		node->table = palloc0((node->table_mask + 1) * sizeof(RsPathNode *));
		for (i = 0; i < node->nmembers; i++)
			enter(node, node->members[i]);
	}
	else
		enter(node, member);
	return member;
}

static RsPathNode *
add_element(RsPathNode *node, int64 index)
{
	RsPathNode *element;
	int			i;

	for (i = 0; i < node->nelements; i++)
		if (node->elements[i]->index == index)
			return node->elements[i];
	element = palloc0(sizeof(RsPathNode));
	element->index = index;
	node->elements = append_node(node->elements, node->nelements, element);
	for (i = node->nelements++; i > 0 && node->elements[i - 1]->index > index; i--)
		node->elements[i] = node->elements[i - 1];
	node->elements[i] = element;
	return element;
}

static void
add_column(RsPathNode *node, int column)
{
	int		   *columns = palloc((node->ncolumns + 1) * sizeof(int));

	if (node->ncolumns > 0)
		memcpy(columns, node->columns, node->ncolumns * sizeof(int));
	columns[node->ncolumns++] = column;
	node->columns = columns;
}

static const char *
name_of(const RsJsonOptions *options)
{
	return options->paths_name != NULL ? options->paths_name : "jsonpaths";
}

static void
bad_path(const RsJsonOptions *options, const char *path, const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid JSONPath expression \"%s\" in file \"%s\"",
					pg_any_to_server(path, (int) strlen(path), PG_UTF8), name_of(options)),
			 errdetail("%s", detail)));
}

/* A number in brackets, whose first digit is here. */
static const char *
parse_index(const RsJsonOptions *options, const char *path, const char *at, int64 *index)
{
	*index = 0;
	do
	{
		*index = *index * 10 + (*at++ - '0');
		if (*index > PG_INT32_MAX)
			bad_path(options, path, "An index of an array is too large.");
	} while (*at >= '0' && *at <= '9');
	if (*at != ']')
		bad_path(options, path, "An index has to be a number in brackets.");
	return at + 1;
}

/* A name in quotation marks and brackets, after the first mark. */
static const char *
parse_quoted(const RsJsonOptions *options, const char *path, const char *at, char quote, char *name,
			 Size *size)
{
	*size = 0;
	while (*at != quote)
	{
		if (*at == '\\' && at[1] != '\0')
			at++;
		if (*at == '\0')
			bad_path(options, path, "A name in brackets has no end.");
		name[(*size)++] = *at++;
	}
	if (at[1] != ']')
		bad_path(options, path, "A closing bracket is missing.");
	return at + 2;
}

/* The node that a path leads to, made if need be. */
static RsPathNode *
parse_path(const RsJsonOptions *options, RsPathNode *node, const char *path)
{
	const char *at = path;
	char	   *name = palloc(strlen(path) + 1);
	Size		size;
	int64		index;
	bool		dots = false;
	bool		brackets = false;
	int			steps;

	if (*at++ != '$')
		bad_path(options, path, "It has to begin with \"$\".");
	for (steps = 0; *at != '\0'; steps++)
	{
		if (steps == MAX_STEPS)
			bad_path(options, path, "It has too many steps.");
		if (*at == '.')
		{
			size = strcspn(++at, ".[]'");
			if (size == 0 || at[size] == ']' || at[size] == '\'')
				bad_path(options, path,
						 "A name after a dot is not empty, and has no dots, brackets or quotation marks.");
			if (size == 1 && *at == '*')
				bad_path(options, path, "Wildcards are not supported.");
			node = add_member(node, at, size);
			at += size;
			dots = true;
		}
		else if (*at == '[' && at[1] >= '0' && at[1] <= '9')
		{
			at = parse_index(options, path, at + 1, &index);
			node = add_element(node, index);
		}
		else if (*at == '[' && (at[1] == '\'' || at[1] == '"'))
		{
			at = parse_quoted(options, path, at + 2, at[1], name, &size);
			node = add_member(node, name, size);
			brackets = true;
		}
		else
			bad_path(options, path, "Only names and indexes of arrays are supported.");
	}
	if (dots && brackets)
		bad_path(options, path, "Names after dots and names in brackets cannot be mixed.");
	pfree(name);
	return node;
}

static void pg_attribute_noreturn()
bad_file(const RsJsonOptions *options, const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid JSONPaths file \"%s\"", name_of(options)),
			 errdetail("%s", detail)));
}

/* The expressions of an array, at whose first byte the scan is. */
static void
parse_array(const RsJsonOptions *options, RsJsonScan *scan, RsPathNode *root, const RsReadColumn *columns,
			int ncolumns)
{
	RsConversion conversion = {0};
	RsJsonText	text;
	int			n = 0;

	if (*scan->at != '[')
		bad_file(options, "The value of \"jsonpaths\" has to be an array.");
	rs_json_text_init(&text, &conversion);
	do
	{
		RsJsonValue value;
		RsPathNode *node;
		const char *path;
		Size		size;

		scan->at++;
		rs_json_skip_space(scan);
		if (*scan->at == ']' && n == 0)
			break;
		if (*scan->at != '"' || !rs_json_scan_string(scan, &value) || value.size == 2 ||
			!rs_json_text_name(&text, &value, &path, &size))
			bad_file(options, "Each element of the array has to be a string, and not an empty one.");
		node = parse_path(options, root, pnstrdup(path, size));
		if (n < ncolumns && columns[n].wanted)
			add_column(node, n);
		n++;
		rs_json_skip_space(scan);
	} while (*scan->at == ',');
	if (n != ncolumns)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("JSONPaths file \"%s\" has %d expressions for %d columns",
						name_of(options), n, ncolumns)));
}

/* Paths of a file; false: it has none. */
static bool
parse_file(const RsJsonOptions *options, RsPathNode *root, const RsReadColumn *columns, int ncolumns)
{
	char	   *copy = palloc0(options->paths_size + RS_JSON_PADDING);
	RsJsonScan	scan = {copy, copy + options->paths_size, 0};
	RsJsonValue value;
	const char *array = NULL;

	memcpy(copy, options->paths, options->paths_size);
	if (pg_encoding_verifymbstr(PG_UTF8, copy, (int) options->paths_size) != (int) options->paths_size)
		bad_file(options, "It is not valid in UTF-8.");
	/* First: is it one sound object, and nothing else? */
	rs_json_skip_space(&scan);
	if (*scan.at != '{' || !rs_json_scan_value(&scan, &value))
		bad_file(options, "It has to be a JSON object.");
	rs_json_skip_space(&scan);
	if (scan.at != scan.end)
		bad_file(options, "It has more than one JSON object.");

	scan.at = value.start;
	do
	{
		scan.at++;
		rs_json_skip_space(&scan);
		if (*scan.at == '}')
			break;
		if (!rs_json_scan_string(&scan, &value))
			elog(ERROR, "a JSON object that was sound is not");
		rs_json_skip_space(&scan);
		scan.at++;
		rs_json_skip_space(&scan);
		if (value.size == strlen("\"jsonpaths\"") && memcmp(value.start, "\"jsonpaths\"", value.size) == 0)
			array = scan.at;
		if (!rs_json_scan_value(&scan, &value))
			elog(ERROR, "a JSON object that was sound is not");
		rs_json_skip_space(&scan);
	} while (*scan.at == ',');
	if (array == NULL)
		return false;
	scan.at = array;
	parse_array(options, &scan, root, columns, ncolumns);
	return true;
}

RsPaths *
rs_paths_create(const RsJsonOptions *options, const RsReadColumn *columns, int ncolumns)
{
	RsPaths    *paths = palloc0(sizeof(RsPaths));
	RsJsonMode	mode = options != NULL ? options->mode : RS_JSON_AUTO;
	int			i;

	paths->root = palloc0(sizeof(RsPathNode));
	if (mode == RS_JSON_NOSHRED)
	{
		if (ncolumns != 1 || columns[0].type.typid != JSONBOID)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("\"noshred\" needs a single column, of type jsonb")));
		add_column(paths->root, 0);
		return paths;
	}
	if (mode == RS_JSON_PATHS && parse_file(options, paths->root, columns, ncolumns))
		return paths;

	paths->ignore_case = mode == RS_JSON_AUTO_IGNORECASE;
	for (i = 0; i < ncolumns; i++)
	{
		char	   *name = pg_server_to_any(columns[i].name, (int) strlen(columns[i].name), PG_UTF8);
		RsPathNode *node;
		char	   *c;

		if (!columns[i].wanted)
			continue;
		name = pstrdup(name);
		if (paths->ignore_case)
			for (c = name; *c != '\0'; c++)
				*c = *c >= 'A' && *c <= 'Z' ? *c + ('a' - 'A') : *c;
		node = add_member(paths->root, name, strlen(name));
		add_column(node, i);
	}
	return paths;
}
