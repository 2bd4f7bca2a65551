/*
 * unload_options.c
 *	  UNLOAD's options, as an object of JSON: {"format": "csv", "header": true, ...}.
 *
 * Names are those of Redshift's manual in any case, with underscores or spaces between words;
 * an option without a value there has true here.  An error never shows a value of the
 * options of access.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "load/unload/unload_options.h"
#include "nodes/makefuncs.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/varlena.h"

#define MOST_WIDTH		(64 * 1024 * 1024)
#define MEGABYTE		((uint64) 1024 * 1024)
#define LEAST_FILE		(5 * MEGABYTE)
#define MOST_FILE		((uint64) (6.2 * 1024 * 1024 * 1024))

/* An option as it was written. */
typedef struct Option
{
	const char *name;
	JsonbValue *value;
} Option;

/* What is known only when all options are. */
typedef struct Given
{
	bool		format;
	bool		delimiter;
	bool		compression;
	bool		encrypted_auto;
	const char *fixed_width;
} Given;

static void pg_attribute_noreturn()
bad_value(const Option *option, const char *expected)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("UNLOAD option \"%s\" needs %s", option->name, expected)));
}

static void pg_attribute_noreturn()
conflict(const char *one, const char *other)
{
	ereport(ERROR,
			(errcode(ERRCODE_SYNTAX_ERROR),
			 errmsg("UNLOAD options \"%s\" and \"%s\" cannot be used together", one, other)));
}

static char *
string_of(const Option *option)
{
	if (option->value->type != jbvString)
		bad_value(option, "a string");
	return pnstrdup(option->value->val.string.val, option->value->val.string.len);
}

/*
 * true, "on" and the like; null is as if it were not there.
 */
static bool
flag_of(const Option *option)
{
	bool		flag;

	if (option->value->type == jbvNull)
		return false;
	if (option->value->type == jbvBool)
		return option->value->val.boolean;
	if (option->value->type != jbvString || !parse_bool(string_of(option), &flag))
		bad_value(option, "true or false");
	return flag;
}

/*
 * A number of megabytes, or a string of a number and MB or GB.
 */
static double
megabytes_of(const Option *option)
{
	char	   *text;
	char	   *end;
	double		number;

	if (option->value->type == jbvNumeric)
		text = DatumGetCString(DirectFunctionCall1(numeric_out, NumericGetDatum(option->value->val.numeric)));
	else
		text = string_of(option);
	number = strtod(text, &end);
	if (end == text || !isfinite(number))
		bad_value(option, "a size in MB or GB");
	while (*end == ' ')
		end++;
	if (pg_strcasecmp(end, "GB") == 0)
		return number * 1024;
	if (*end != '\0' && pg_strcasecmp(end, "MB") != 0)
		bad_value(option, "a size in MB or GB");
	return number;
}

/*
 * Names of columns: an array, or a string with commas between them.
 */
static List *
names_of(const Option *option)
{
	List	   *names = NIL;
	JsonbIterator *iterator;
	JsonbIteratorToken token;
	JsonbValue	value;

	if (option->value->type == jbvString)
	{
		ListCell   *lc;

		if (!SplitIdentifierString(string_of(option), ',', &names) || names == NIL)
			bad_value(option, "names of columns");
		foreach(lc, names)
			lfirst(lc) = pstrdup(lfirst(lc));
		return names;
	}
	if (option->value->type != jbvBinary || !JsonContainerIsArray(option->value->val.binary.data))
		bad_value(option, "names of columns");
	iterator = JsonbIteratorInit(option->value->val.binary.data);
	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
	{
		if (token != WJB_ELEM)
			continue;
		if (value.type != jbvString)
			bad_value(option, "names of columns");
		names = lappend(names, pnstrdup(value.val.string.val, value.val.string.len));
	}
	if (names == NIL)
		bad_value(option, "names of columns");
	return names;
}

/* ---------------------------------------------------------------------
 * Each option
 * ---------------------------------------------------------------------
 */

static const char *const format_names[] = {
	[RS_UNLOAD_TEXT] = "text",
	[RS_UNLOAD_CSV] = "csv",
	[RS_UNLOAD_FIXED_WIDTH] = "fixedwidth",
	[RS_UNLOAD_JSON] = "json",
	[RS_UNLOAD_PARQUET] = "parquet"
};

const char *
rs_unload_format_name(RsUnloadFormat format)
{
	return format == RS_UNLOAD_TEXT || format == RS_UNLOAD_FIXED_WIDTH ? "" : format_names[format];
}

static void
set_format(RsUnloadOptions *options, Given *given, RsUnloadFormat format)
{
	if (given->format && options->format != format)
		conflict(format_names[options->format], format_names[format]);
	options->format = format;
	given->format = true;
}

static bool
take_format(RsUnloadOptions *options, Given *given, const Option *option)
{
	static const RsUnloadFormat alone[] = {RS_UNLOAD_CSV, RS_UNLOAD_JSON, RS_UNLOAD_PARQUET};
	bool		named = strcmp(option->name, "format") == 0;
	const char *name;
	int			i;

	for (i = 0; i < lengthof(alone) && !named; i++)
		if (strcmp(option->name, format_names[alone[i]]) == 0)
		{
			if (flag_of(option))
				set_format(options, given, alone[i]);
			return true;
		}
	if (!named)
		return false;
	name = string_of(option);
	for (i = 0; i < lengthof(alone); i++)
		if (pg_strcasecmp(name, format_names[alone[i]]) == 0)
		{
			set_format(options, given, alone[i]);
			return true;
		}
	if (pg_strcasecmp(name, "text") != 0)
		bad_value(option, "one of \"csv\", \"json\", \"parquet\" and \"text\"");
	set_format(options, given, RS_UNLOAD_TEXT);
	return true;
}

static bool
take_compression(RsUnloadOptions *options, Given *given, const Option *option)
{
	static const RsCompression known[] = {RS_COMPRESSION_GZIP, RS_COMPRESSION_BZIP2, RS_COMPRESSION_ZSTD};
	int			i;

	for (i = 0; i < lengthof(known); i++)
	{
		if (strcmp(option->name, rs_compression_name(known[i])) != 0)
			continue;
		if (!flag_of(option))
			return true;
		if (given->compression)
			conflict(rs_compression_name(options->compression), option->name);
		options->compression = known[i];
		given->compression = true;
		return true;
	}
	return false;
}

static void
take_delimiter(RsUnloadOptions *options, Given *given, const Option *option)
{
	const char *text = string_of(option);

	/* As the manual writes a tab. */
	if (strcmp(text, "\\t") == 0)
		text = "\t";
	if (text[0] == '\0' || text[1] != '\0' || IS_HIGHBIT_SET(text[0]) || strchr("\n\r\"\\", text[0]) != NULL)
		bad_value(option, "one ASCII character that is no line end, quotation mark or backslash");
	options->delimiter = text[0];
	given->delimiter = true;
}

static bool
take_text(RsUnloadOptions *options, Given *given, const Option *option)
{
	const char *name = option->name;

	if (strcmp(name, "header") == 0)
		options->header = flag_of(option);
	else if (strcmp(name, "addquotes") == 0)
		options->add_quotes = flag_of(option);
	else if (strcmp(name, "escape") == 0)
		options->escape = flag_of(option);
	else if (strcmp(name, "null") == 0 || strcmp(name, "null_as") == 0)
		options->null_as = string_of(option);
	else if (strcmp(name, "delimiter") == 0)
		take_delimiter(options, given, option);
	else if (strcmp(name, "fixedwidth") == 0)
		given->fixed_width = string_of(option);
	else
		return false;
	return true;
}

static void
take_manifest(RsUnloadOptions *options, const Option *option)
{
	if (option->value->type == jbvString && pg_strcasecmp(string_of(option), "verbose") == 0)
		options->manifest = options->verbose = true;
	else
		options->manifest = flag_of(option);
}

static void
take_max_file_size(RsUnloadOptions *options, const Option *option)
{
	double		bytes = megabytes_of(option) * MEGABYTE;

	if (bytes < LEAST_FILE || bytes > MOST_FILE)
		bad_value(option, "a size between 5 MB and 6.2 GB");
	options->max_file_size = (uint64) bytes;
}

static void
take_row_group_size(RsUnloadOptions *options, const Option *option)
{
	double		megabytes = megabytes_of(option);

	if (megabytes < 32 || megabytes > 128 || megabytes != floor(megabytes))
		bad_value(option, "a whole number of MB between 32 and 128");
	options->row_group_size = (int) megabytes;
}

/*
 * The point may be given or not.
 */
static void
take_extension(RsUnloadOptions *options, const Option *option)
{
	const char *text = string_of(option);

	if (text[0] == '.')
		text++;
	if (text[0] == '\0' || strchr(text, '/') != NULL)
		bad_value(option, "the end of a file name");
	options->extension = psprintf(".%s", text);
}

static bool
take_files(RsUnloadOptions *options, const Option *option)
{
	const char *name = option->name;

	if (strcmp(name, "maxfilesize") == 0)
		take_max_file_size(options, option);
	else if (strcmp(name, "rowgroupsize") == 0)
		take_row_group_size(options, option);
	else if (strcmp(name, "parallel") == 0)
		options->parallel = flag_of(option);
	else if (strcmp(name, "manifest") == 0)
		take_manifest(options, option);
	else if (strcmp(name, "allowoverwrite") == 0)
		options->allow_overwrite = flag_of(option);
	else if (strcmp(name, "cleanpath") == 0)
		options->clean_path = flag_of(option);
	else if (strcmp(name, "extension") == 0)
		take_extension(options, option);
	else if (strcmp(name, "partition_by") == 0)
		options->partition_by = names_of(option);
	else if (strcmp(name, "include") == 0)
		options->include = flag_of(option);
	else
		return false;
	return true;
}

static bool
take_access(RsUnloadOptions *options, Given *given, const Option *option)
{
	static const char *const names[] = {
		"iam_role", "credentials", "access_key_id", "secret_access_key", "session_token", "region", "kms_key_id"
	};
	int			i;

	for (i = 0; i < lengthof(names); i++)
		if (strcmp(option->name, names[i]) == 0)
		{
			options->access = lappend(options->access,
									  makeDefElem(pstrdup(names[i]), (Node *) makeString(string_of(option)), -1));
			return true;
		}
	if (strcmp(option->name, "master_symmetric_key") == 0)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("UNLOAD option \"%s\" is not supported", option->name),
				 errdetail("Files are encrypted by the store that keeps them.")));
	if (strcmp(option->name, "encrypted") == 0)
	{
		/* AUTO: by the bucket's own key, which a store takes by itself. */
		given->encrypted_auto = option->value->type == jbvString && pg_strcasecmp(string_of(option), "auto") == 0;
		options->encrypted = given->encrypted_auto || flag_of(option);
		return true;
	}
	return false;
}

/* ---------------------------------------------------------------------
 * All of them
 * ---------------------------------------------------------------------
 */

/*
 * Widths in "name:width,name:width"; names need not be those of columns.
 */
static List *
parse_widths(const char *spec)
{
	const Option option = {"fixedwidth", NULL};
	List	   *widths = NIL;
	char	   *rest = pstrdup(spec);
	char	   *part;

	while ((part = strsep(&rest, ",")) != NULL)
	{
		char	   *colon = strrchr(part, ':');
		char	   *end;
		long		width;

		if (colon == NULL)
			bad_value(&option, "\"column:width, ...\"");
		width = strtol(colon + 1, &end, 10);
		while (*end == ' ')
			end++;
		if (end == colon + 1 || *end != '\0' || width < 1 || width > MOST_WIDTH)
			bad_value(&option, "\"column:width, ...\"");
		widths = lappend_int(widths, (int) width);
	}
	return widths;
}

static bool
has_access(const RsUnloadOptions *options, const char *name)
{
	ListCell   *lc;

	foreach(lc, options->access)
		if (strcmp(lfirst_node(DefElem, lc)->defname, name) == 0)
			return true;
	return false;
}

/*
 * Those that the manual says exclude each other.
 */
static void
check_conflicts(const RsUnloadOptions *options, const Given *given)
{
	const char *format = format_names[options->format];

	if (options->format == RS_UNLOAD_FIXED_WIDTH || options->format == RS_UNLOAD_PARQUET ||
		options->format == RS_UNLOAD_JSON)
	{
		if (given->delimiter)
			conflict(format, "delimiter");
		if (options->header)
			conflict(format, "header");
		if (options->add_quotes)
			conflict(format, "addquotes");
		if (options->escape)
			conflict(format, "escape");
	}
	if (options->format == RS_UNLOAD_PARQUET || options->format == RS_UNLOAD_JSON)
	{
		if (given->fixed_width != NULL)
			conflict(format, "fixedwidth");
		if (options->null_as != NULL)
			conflict(format, "null as");
	}
	if (options->format == RS_UNLOAD_PARQUET && given->compression)
		conflict(format, rs_compression_name(options->compression));
	if (options->format != RS_UNLOAD_PARQUET && options->row_group_size != 0)
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR),
				 errmsg("UNLOAD option \"rowgroupsize\" is for the format \"parquet\" only")));
	if (options->format == RS_UNLOAD_CSV && options->escape)
		conflict(format, "escape");
	if (options->clean_path && options->allow_overwrite)
		conflict("cleanpath", "allowoverwrite");
	if (has_access(options, "kms_key_id"))
	{
		if (!options->encrypted)
			ereport(ERROR,
					(errcode(ERRCODE_SYNTAX_ERROR),
					 errmsg("UNLOAD option \"kms_key_id\" needs \"encrypted\"")));
		if (given->encrypted_auto)
			conflict("kms_key_id", "encrypted auto");
		if (has_access(options, "credentials"))
			conflict("kms_key_id", "credentials");
	}
	if (options->include && options->partition_by == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR),
				 errmsg("UNLOAD option \"include\" needs \"partition_by\"")));
}

static void
finish_options(RsUnloadOptions *options, Given *given)
{
	if (given->fixed_width != NULL)
	{
		if (options->format == RS_UNLOAD_TEXT)
			options->format = RS_UNLOAD_FIXED_WIDTH;
		else
			conflict(format_names[options->format], "fixedwidth");
		options->widths = parse_widths(given->fixed_width);
	}
	check_conflicts(options, given);
	if (!given->delimiter)
		options->delimiter = options->format == RS_UNLOAD_CSV ? ',' : '|';

	/* Files are of whole row groups. */
	if (options->format == RS_UNLOAD_PARQUET)
	{
		uint64		group = (options->row_group_size > 0 ? options->row_group_size : 32) * MEGABYTE;

		if (options->max_file_size > group)
			options->max_file_size -= options->max_file_size % group;
	}
}

/*
 * In lower case, with underscores.
 */
static char *
option_name(const JsonbValue *key)
{
	char	   *name = pnstrdup(key->val.string.val, key->val.string.len);
	char	   *byte;

	for (byte = name; *byte != '\0'; byte++)
		*byte = *byte == ' ' ? '_' : pg_ascii_tolower((unsigned char) *byte);
	return name;
}

RsUnloadOptions *
rs_unload_options_parse(const char *text)
{
	RsUnloadOptions *options = palloc0(sizeof(RsUnloadOptions));
	Given		given = {0};
	Jsonb	   *object = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(text)));
	JsonbIterator *iterator;
	JsonbIteratorToken token;
	JsonbValue	key;

	if (!JB_ROOT_IS_OBJECT(object))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("options of UNLOAD have to be an object")));
	options->parallel = true;
	options->max_file_size = MOST_FILE;
	iterator = JsonbIteratorInit(&object->root);
	(void) JsonbIteratorNext(&iterator, &key, true);
	while ((token = JsonbIteratorNext(&iterator, &key, true)) == WJB_KEY)
	{
		JsonbValue	value;
		Option		option = {option_name(&key), &value};

		(void) JsonbIteratorNext(&iterator, &value, true);
		if (!take_format(options, &given, &option) && !take_compression(options, &given, &option) &&
			!take_text(options, &given, &option) && !take_files(options, &option) &&
			!take_access(options, &given, &option))
			ereport(ERROR,
					(errcode(ERRCODE_SYNTAX_ERROR),
					 errmsg("UNLOAD has no option \"%s\"", option.name)));
	}
	finish_options(options, &given);
	return options;
}
