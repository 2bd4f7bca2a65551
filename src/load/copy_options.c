/*
 * copy_options.c
 *	  The options of Redshift's COPY ... FROM, in any order, as PostgreSQL's grammar has them in WITH.
 *
 * One table says of each option what its argument is, where that goes, and which formats it
 * is for.  What goes with what stands below it.
 */
#include "postgres.h"

#include "commands/defrem.h"
#include "load/copy_options.h"
#include "load/dynamodb/dynamodb.h"
#include "load/stdin_location.h"
#include "mb/pg_wchar.h"
#include "parser/scansup.h"
#include "utils/builtins.h"

#define FOR_CSV			0x01
#define FOR_DELIMITED	0x02
#define FOR_FIXEDWIDTH	0x04
#define FOR_JSON		0x08
#define FOR_AVRO		0x10
#define FOR_PARQUET		0x20
#define FOR_ORC			0x40
#define FOR_TEXT		(FOR_CSV | FOR_DELIMITED | FOR_FIXEDWIDTH)
#define FOR_COLUMNAR	(FOR_PARQUET | FOR_ORC)
#define FOR_ALL			0x7F

/* How many errors MAXERROR may allow, and rows that COMPROWS may ask for. */
#define MOST_ERRORS		100000
#define LEAST_COMPROWS	1000

typedef enum Argument
{
	ARG_FLAG,					/* bool */
	ARG_TEXT,					/* const char * */
	ARG_NUMBER,					/* int, from rule->least to rule->most */
	ARG_COUNT,					/* the same as int64 */
	ARG_FORMAT,					/* the option is a format's name, with that format's argument */
	ARG_COMPRESSION,			/* bool, as rule->least */
	ARG_ACCESS,					/* text that whoever opens the location takes */
	ARG_OWN,					/* see read_own() */
	ARG_UNAVAILABLE
} Argument;

typedef struct OptionRule
{
	const char *name;
	Argument	argument;
	int			formats;
	bool		in_postgres;	/* PostgreSQL's COPY has an option of this name */
	Size		field;			/* of RsCopyOptions */
	int			least;
	int			most;
} OptionRule;

#define FIELD(name)			offsetof(RsCopyOptions, name)
#define CONVERSION(name)	(offsetof(RsCopyOptions, conversion) + offsetof(RsConversion, name))

static const OptionRule rules[] = {
	{"acceptanydate", ARG_FLAG, FOR_TEXT | FOR_JSON | FOR_AVRO, false, CONVERSION(accept_any_date)},
	{"acceptinvchars", ARG_OWN, FOR_ALL},
	{"access_key_id", ARG_ACCESS, FOR_ALL},
	{"avro", ARG_FORMAT, FOR_AVRO},
	{"blanksasnull", ARG_FLAG, FOR_TEXT | FOR_JSON | FOR_AVRO, false, CONVERSION(blanks_as_null)},
	{"bzip2", ARG_COMPRESSION, FOR_ALL & ~FOR_COLUMNAR, false, 0, RS_COMPRESSION_BZIP2},
	{"comprows", ARG_NUMBER, FOR_ALL, false, FIELD(comp_rows), LEAST_COMPROWS, PG_INT32_MAX},
	{"compupdate", ARG_OWN, FOR_ALL},
	{"credentials", ARG_ACCESS, FOR_ALL},
	{"csv", ARG_FORMAT, FOR_CSV},
	{"dateformat", ARG_TEXT, FOR_TEXT | FOR_JSON | FOR_AVRO, false, CONVERSION(date_format)},
	{"delimiter", ARG_OWN, FOR_CSV | FOR_DELIMITED, true},
	{"emptyasnull", ARG_FLAG, FOR_TEXT | FOR_JSON | FOR_AVRO, false, CONVERSION(empty_as_null)},
	{"encoding", ARG_OWN, FOR_TEXT | FOR_JSON, true},
	{"encrypted", ARG_UNAVAILABLE},
	{"escape", ARG_FLAG, FOR_DELIMITED, true, FIELD(text.escape)},
	{"explicit_ids", ARG_FLAG, FOR_ALL, false, FIELD(explicit_ids)},
	{"fillrecord", ARG_FLAG, FOR_TEXT | FOR_COLUMNAR, false, CONVERSION(fill_record)},
	{"fixedwidth", ARG_FORMAT, FOR_FIXEDWIDTH},
	{"format", ARG_OWN, FOR_ALL, true},
	{"gzip", ARG_COMPRESSION, FOR_ALL & ~FOR_COLUMNAR, false, 0, RS_COMPRESSION_GZIP},
	{"iam_role", ARG_ACCESS, FOR_ALL},
	{"ignoreallerrors", ARG_FLAG, FOR_ALL, false, FIELD(ignore_all_errors)},
	{"ignoreblanklines", ARG_FLAG, FOR_TEXT, false, FIELD(text.ignore_blank_lines)},
	{"ignoreheader", ARG_COUNT, FOR_TEXT | FOR_JSON, false, FIELD(text.ignore_header), 0, PG_INT32_MAX},
	{"job", ARG_UNAVAILABLE},
	{"json", ARG_FORMAT, FOR_JSON},
	{"lzop", ARG_COMPRESSION, FOR_ALL & ~FOR_COLUMNAR, false, 0, RS_COMPRESSION_LZOP},
	{"manifest", ARG_FLAG, FOR_ALL, false, FIELD(manifest)},
	{"master_symmetric_key", ARG_UNAVAILABLE},
	{"maxerror", ARG_NUMBER, FOR_ALL, false, FIELD(max_errors), 0, MOST_ERRORS},
	{"noload", ARG_FLAG, FOR_ALL, false, FIELD(no_load)},
	{"null", ARG_OWN, FOR_TEXT, true},
	{"orc", ARG_FORMAT, FOR_ORC},
	{"parquet", ARG_FORMAT, FOR_PARQUET},
	{"quote", ARG_OWN, FOR_CSV, true},
	{"readratio", ARG_NUMBER, FOR_ALL, false, FIELD(read_ratio), 1, 200},
	{"region", ARG_ACCESS, FOR_ALL},
	{"removequotes", ARG_FLAG, FOR_DELIMITED, false, FIELD(text.remove_quotes)},
	{"roundec", ARG_FLAG, FOR_ALL, false, CONVERSION(round_decimals)},
	{"secret_access_key", ARG_ACCESS, FOR_ALL},
	{"serializetojson", ARG_FLAG, FOR_COLUMNAR, false, FIELD(serialize_to_json)},
	{"session_token", ARG_ACCESS, FOR_ALL},
	{"shapefile", ARG_UNAVAILABLE},
	{"simplify", ARG_UNAVAILABLE},
	{"ssh", ARG_FLAG, FOR_TEXT | FOR_JSON | FOR_AVRO, false, FIELD(ssh)},
	{"statupdate", ARG_OWN, FOR_ALL},
	{"template", ARG_UNAVAILABLE},
	{"timeformat", ARG_TEXT, FOR_TEXT | FOR_JSON | FOR_AVRO, false, CONVERSION(time_format)},
	{"trimblanks", ARG_FLAG, FOR_TEXT | FOR_JSON | FOR_AVRO, false, CONVERSION(trim_blanks)},
	{"truncatecolumns", ARG_FLAG, FOR_ALL, false, CONVERSION(truncate_columns)},
	{"zstd", ARG_COMPRESSION, FOR_ALL & ~FOR_COLUMNAR, false, 0, RS_COMPRESSION_ZSTD}
};

static const struct
{
	const char *name;
	int			bit;
}			formats[] = {
	{"avro", FOR_AVRO}, {"csv", FOR_CSV}, {"delimited", FOR_DELIMITED}, {"fixedwidth", FOR_FIXEDWIDTH},
	{"json", FOR_JSON}, {"orc", FOR_ORC}, {"parquet", FOR_PARQUET}
};

static const OptionRule *
find_rule(const char *name)
{
	int			i;

	for (i = 0; i < lengthof(rules); i++)
		if (strcmp(rules[i].name, name) == 0)
			return &rules[i];
	return NULL;
}

static int
format_bit(const char *name)
{
	int			i;

	for (i = 0; i < lengthof(formats); i++)
		if (pg_strcasecmp(formats[i].name, name) == 0)
			return formats[i].bit;
	return 0;
}

bool
rs_copy_options_are_ours(const List *options)
{
	ListCell   *lc;

	foreach(lc, options)
	{
		DefElem    *option = lfirst_node(DefElem, lc);
		const OptionRule *rule = find_rule(option->defname);

		if (rule == NULL)
			continue;
		if (!rule->in_postgres)
			return true;
		/* PostgreSQL's has a character. */
		if (strcmp(option->defname, "escape") == 0 && option->arg == NULL)
			return true;
		if (strcmp(option->defname, "format") == 0 && option->arg != NULL && IsA(option->arg, String) &&
			(format_bit(strVal(option->arg)) & ~FOR_CSV) != 0)
			return true;
	}
	return false;
}

/* ---------------------------------------------------------------------
 * Arguments
 * ---------------------------------------------------------------------
 */

static void pg_attribute_noreturn()
refuse_argument(const DefElem *option, const char *what)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("argument of COPY option \"%s\" must be %s", option->defname, what)));
}

static void pg_attribute_noreturn()
refuse_both(const char *option, const char *other)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("COPY options \"%s\" and \"%s\" exclude each other", option, other)));
}

static const char *
text_of(const DefElem *option)
{
	if (option->arg == NULL)
		refuse_argument(option, "text");
	return defGetString((DefElem *) option);
}

static int
number_of(const DefElem *option, const OptionRule *rule)
{
	char	   *range = psprintf("an integer from %d to %d", rule->least, rule->most);
	const char *text = option->arg == NULL ? "" : defGetString((DefElem *) option);
	char	   *end;
	long		value;

	errno = 0;
	value = strtol(text, &end, 10);
	if (end == text || *end != '\0' || errno != 0 || value < rule->least || value > rule->most)
		refuse_argument(option, range);
	return (int) value;
}

/*
 * A text in which \ddd stands for the byte of that octal number, \t for a tab.  May have NULs.
 */
static char *
unescape(const char *text, Size *size)
{
	char	   *result = palloc(strlen(text) + 1);
	Size		n = 0;

	while (*text != '\0')
	{
		if (text[0] == '\\' && text[1] >= '0' && text[1] <= '3' && text[2] >= '0' && text[2] <= '7' &&
			text[3] >= '0' && text[3] <= '7')
		{
			result[n++] = (char) ((text[1] - '0') * 64 + (text[2] - '0') * 8 + text[3] - '0');
			text += 4;
		}
		else if (text[0] == '\\' && (text[1] == 't' || text[1] == '0'))
		{
			result[n++] = text[1] == 't' ? '\t' : '\0';
			text += 2;
		}
		else
			result[n++] = *text++;
	}
	result[n] = '\0';
	*size = n;
	return result;
}

static bool
has_newline(const char *text, Size size)
{
	return memchr(text, '\n', size) != NULL || memchr(text, '\r', size) != NULL;
}

static void
read_delimiter(const DefElem *option, RsCopyOptions *result)
{
	Size		size;
	char	   *text = unescape(text_of(option), &size);
	Size		i;

	if (size == 0 || strlen(text) != size || has_newline(text, size))
		refuse_argument(option, "ASCII characters other than NUL and newlines");
	for (i = 0; i < size; i++)
		if (IS_HIGHBIT_SET(text[i]))
			refuse_argument(option, "ASCII characters other than NUL and newlines");
	result->text.delimiter = text;
}

static void
read_encoding(const DefElem *option, RsCopyOptions *result)
{
	const char *name = text_of(option);

	if (pg_strcasecmp(name, "utf16") == 0)
		result->conversion.encoding = RS_ENCODING_UTF16;
	else if (pg_strcasecmp(name, "utf16le") == 0)
		result->conversion.encoding = RS_ENCODING_UTF16LE;
	else if (pg_strcasecmp(name, "utf16be") == 0)
		result->conversion.encoding = RS_ENCODING_UTF16BE;
	else
		result->conversion.encoding = pg_char_to_encoding(name);
	if (result->conversion.encoding == -1)
		refuse_argument(option, "the name of an encoding: utf8, utf16, utf16le, utf16be, iso88591 or another of PostgreSQL's");
}

static void
read_comp_update(const DefElem *option, RsCopyOptions *result)
{
	bool		on;

	if (option->arg != NULL && pg_strcasecmp(defGetString((DefElem *) option), "preset") == 0)
		result->comp_update = RS_COMPUPDATE_PRESET;
	else if (option->arg == NULL)
		result->comp_update = RS_COMPUPDATE_ON;
	else if (parse_bool(defGetString((DefElem *) option), &on))
		result->comp_update = on ? RS_COMPUPDATE_ON : RS_COMPUPDATE_OFF;
	else
		refuse_argument(option, "preset, on or off");
}

/* Options whose arguments are like no others'. */
static void
read_own(const DefElem *option, RsCopyOptions *result)
{
	Size		size;

	if (strcmp(option->defname, "acceptinvchars") == 0)
	{
		const char *text = option->arg == NULL ? "?" : text_of(option);

		if (strlen(text) != 1 || IS_HIGHBIT_SET(text[0]))
			refuse_argument(option, "one ASCII character");
		result->conversion.accept_invalid_chars = true;
		result->conversion.replacement = text[0];
	}
	else if (strcmp(option->defname, "compupdate") == 0)
		read_comp_update(option, result);
	else if (strcmp(option->defname, "delimiter") == 0)
		read_delimiter(option, result);
	else if (strcmp(option->defname, "encoding") == 0)
		read_encoding(option, result);
	else if (strcmp(option->defname, "null") == 0)
	{
		char	   *text = unescape(text_of(option), &size);

		if (has_newline(text, size))
			refuse_argument(option, "text without newlines");
		result->conversion.null_as = text;
		result->conversion.null_as_size = size;
	}
	else if (strcmp(option->defname, "quote") == 0)
	{
		char	   *text = unescape(text_of(option), &size);

		if (size != 1 || IS_HIGHBIT_SET(text[0]) || text[0] == '\0' || has_newline(text, size))
			refuse_argument(option, "one ASCII character other than NUL and newlines");
		result->text.quote = text[0];
	}
	else if (strcmp(option->defname, "statupdate") == 0)
		result->stat_update = defGetBoolean((DefElem *) option) ? RS_STATUPDATE_ON : RS_STATUPDATE_OFF;
}

static void
take_option(const DefElem *option, const OptionRule *rule, RsCopyOptions *result)
{
	char	   *field = (char *) result + rule->field;

	switch (rule->argument)
	{
		case ARG_FLAG:
			*(bool *) field = defGetBoolean((DefElem *) option);
			break;
		case ARG_TEXT:
			*(const char **) field = text_of(option);
			break;
		case ARG_NUMBER:
			*(int *) field = number_of(option, rule);
			break;
		case ARG_COUNT:
			*(int64 *) field = number_of(option, rule);
			break;
		case ARG_COMPRESSION:
			if (defGetBoolean((DefElem *) option))
			{
				if (result->compression != RS_COMPRESSION_NONE)
					refuse_both(option->defname, rs_compression_name(result->compression));
				result->compression = (RsCompression) rule->least;
			}
			break;
		case ARG_ACCESS:
			(void) text_of(option);
			result->access = lappend(result->access, (DefElem *) option);
			break;
		case ARG_UNAVAILABLE:
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("COPY option \"%s\" is not supported here", option->defname)));
		case ARG_FORMAT:
		case ARG_OWN:
			break;
	}
}

/* ---------------------------------------------------------------------
 * What goes with what
 * ---------------------------------------------------------------------
 */

/*
 * The format: by FORMAT, by an option of its name, or by both.
 */
static void
find_format(const List *options, RsCopyOptions *result)
{
	ListCell   *lc;

	foreach(lc, options)
	{
		DefElem    *option = lfirst_node(DefElem, lc);
		const OptionRule *rule = find_rule(option->defname);
		const char *name = NULL;

		if (strcmp(option->defname, "format") == 0)
			name = downcase_identifier(text_of(option), strlen(text_of(option)), false, false);
		else if (rule != NULL && rule->argument == ARG_FORMAT)
			name = option->defname;
		if (name == NULL)
			continue;
		if (format_bit(name) == 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("COPY format \"%s\" is not one of those of files at a location", name),
					 errhint("They are avro, csv, delimited, fixedwidth, json, orc and parquet.")));
		if (result->format != NULL && strcmp(result->format, name) != 0)
			refuse_both(result->format, name);
		result->format = name;
		if (rule->argument == ARG_FORMAT && (format_bit(name) & (FOR_JSON | FOR_AVRO | FOR_FIXEDWIDTH)) != 0)
			result->format_argument = option->arg == NULL ? NULL : text_of(option);
		else if (rule->argument == ARG_FORMAT && option->arg != NULL && !defGetBoolean(option))
			refuse_argument(option, "left out");
	}
	if (result->format == NULL)
		result->format = "delimited";
	if (result->format_argument == NULL && (format_bit(result->format) & (FOR_JSON | FOR_AVRO)) != 0)
		result->format_argument = "auto";
	if (result->format_argument == NULL && strcmp(result->format, "fixedwidth") == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("COPY format \"fixedwidth\" needs the widths of its columns"),
				 errhint("Write fixedwidth 'column:width, ...'.")));
}

static bool
is_given(const List *options, const char *name)
{
	ListCell   *lc;

	foreach(lc, options)
		if (strcmp(lfirst_node(DefElem, lc)->defname, name) == 0)
			return true;
	return false;
}

static void
exclude(const List *options, const char *option, const char *other)
{
	if (is_given(options, option) && is_given(options, other))
		refuse_both(option, other);
}

static void
check_access(const List *options)
{
	exclude(options, "credentials", "iam_role");
	exclude(options, "credentials", "access_key_id");
	exclude(options, "credentials", "secret_access_key");
	exclude(options, "credentials", "session_token");
	exclude(options, "iam_role", "access_key_id");
	exclude(options, "iam_role", "secret_access_key");
	exclude(options, "iam_role", "session_token");
	if (is_given(options, "access_key_id") != is_given(options, "secret_access_key") ||
		(is_given(options, "session_token") && !is_given(options, "access_key_id")))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("COPY options \"access_key_id\" and \"secret_access_key\" go together")));
}

static bool
is_table(const char *url)
{
	return pg_strncasecmp(url, RS_DYNAMODB_SCHEME, strlen(RS_DYNAMODB_SCHEME)) == 0;
}

/*
 * Tables of DynamoDB come as JSON, with attributes named as columns but for case.
 */
static void
set_table_format(const List *options, RsCopyOptions *result)
{
	ListCell   *lc;

	foreach(lc, options)
	{
		DefElem    *option = lfirst_node(DefElem, lc);
		const OptionRule *rule = find_rule(option->defname);

		if (strcmp(option->defname, "format") == 0 ||
			(rule != NULL && (rule->argument == ARG_FORMAT || rule->argument == ARG_COMPRESSION)))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("COPY option \"%s\" is not for DynamoDB tables", option->defname)));
		if (strcmp(option->defname, "readratio") == 0)
			result->access = lappend(result->access, option);
	}
	result->format = "json";
	result->format_argument = "auto ignorecase";
}

static void
check_together(const List *options, const char *url, const RsCopyOptions *result)
{
	bool		from_table = is_table(url);

	exclude(options, "maxerror", "ignoreallerrors");
	exclude(options, "ssh", "manifest");
	if ((result->ssh || result->manifest) && strcmp(url, RS_STDIN_URL) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("COPY option \"%s\" does not go with STDIN", result->ssh ? "ssh" : "manifest")));
	if (result->read_ratio != 0 && !from_table)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("COPY option \"%s\" is for DynamoDB tables only", "readratio")));
	if (result->read_ratio == 0 && from_table)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("COPY from a DynamoDB table needs the option \"%s\"", "readratio")));
	if (result->text.delimiter != NULL && result->text.quote != '\0' && strchr(result->text.delimiter, result->text.quote) != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("delimiter of COPY must not have the quote character in it")));
	if (result->comp_rows != 0 && result->comp_update == RS_COMPUPDATE_OFF)
		refuse_both("comprows", "compupdate off");
	check_access(options);
}

void
rs_copy_options_parse(const List *options, const char *url, RsCopyOptions *result)
{
	ListCell   *lc;
	int			format;

	memset(result, 0, sizeof(RsCopyOptions));
	result->all = options;
	result->conversion.encoding = PG_UTF8;
	if (is_table(url))
		set_table_format(options, result);
	else
		find_format(options, result);
	format = format_bit(result->format);
	foreach(lc, options)
	{
		DefElem    *option = lfirst_node(DefElem, lc);
		const OptionRule *rule = find_rule(option->defname);
		ListCell   *other;

		if (rule == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_SYNTAX_ERROR),
					 errmsg("COPY option \"%s\" is not one for files at a location", option->defname)));
		for_each_from(other, options, foreach_current_index(lc) + 1)
			if (strcmp(lfirst_node(DefElem, other)->defname, option->defname) == 0)
				ereport(ERROR,
						(errcode(ERRCODE_SYNTAX_ERROR),
						 errmsg("COPY option \"%s\" is given twice", option->defname)));
		take_option(option, rule, result);
		if (rule->argument == ARG_OWN)
			read_own(option, result);
		if ((rule->formats & format) == 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("COPY option \"%s\" is not for format \"%s\"", option->defname, result->format)));
	}
	if (format == FOR_FIXEDWIDTH)
		result->text.fixed_width = result->format_argument;
	check_together(options, url, result);
}
