/*
 * load.c
 *	  COPY from files and UNLOAD.
 *
 * Redshift's options stand in any order, without brackets, some with a value and some of
 * these with AS before it.  COPY has them as PostgreSQL's COPY has options, by the same
 * names; UNLOAD as the object of redshift.unload().
 */
#include "postgres.h"

#include "dialect/statement.h"
#include "dialect/walk.h"
#include "utils/builtins.h"
#include "utils/json.h"

typedef enum OptionValue
{
	NO_VALUE,					/* a flag */
	A_VALUE,
	MAYBE_WORD,					/* ON, OFF, PRESET, VERBOSE, ... */
	MAYBE_STRING
} OptionValue;

typedef struct LoadOption
{
	const char *words;
	const char *name;			/* NULL: the same */
	OptionValue value;
	const char *choices;		/* words that are a value: rs_match */
} LoadOption;

#define SWITCH "on|off|true|false"

/* Of both statements. */
static const LoadOption options[] = {
	{"iam_role", NULL, A_VALUE, "default|session"},
	{"credentials", NULL, A_VALUE},
	{"access_key_id", NULL, A_VALUE},
	{"secret_access_key", NULL, A_VALUE},
	{"session_token", NULL, A_VALUE},
	{"token", "session_token", A_VALUE},
	{"region", NULL, A_VALUE},
	{"master_symmetric_key", NULL, A_VALUE},
	{"kms_key_id", NULL, A_VALUE},
	{"encrypted", NULL, MAYBE_WORD, "auto"},
	{"manifest", NULL, MAYBE_WORD, "verbose"},
	{"csv", NULL, NO_VALUE},
	{"quote", NULL, A_VALUE},
	{"delimiter", NULL, A_VALUE},
	{"fixedwidth", NULL, A_VALUE},
	{"json", NULL, MAYBE_STRING},
	{"avro", NULL, MAYBE_STRING},
	{"parquet", NULL, NO_VALUE},
	{"orc", NULL, NO_VALUE},
	{"text", "delimited", NO_VALUE},
	{"shapefile", NULL, MAYBE_WORD, "simplify"},
	{"bzip2", NULL, NO_VALUE},
	{"gzip", NULL, NO_VALUE},
	{"lzop", NULL, NO_VALUE},
	{"zstd", NULL, NO_VALUE},
	{"acceptanydate", NULL, NO_VALUE},
	{"acceptinvchars", NULL, MAYBE_STRING},
	{"blanksasnull", NULL, NO_VALUE},
	{"dateformat", NULL, A_VALUE},
	{"emptyasnull", NULL, NO_VALUE},
	{"encoding", NULL, A_VALUE, "utf8|utf16|utf16le|utf16be|iso88591"},
	{"escape", NULL, NO_VALUE},
	{"explicit_ids", NULL, NO_VALUE},
	{"fillrecord", NULL, NO_VALUE},
	{"ignoreblanklines", NULL, NO_VALUE},
	{"ignoreheader", NULL, A_VALUE},
	{"null", NULL, A_VALUE},
	{"readratio", NULL, A_VALUE},
	{"removequotes", NULL, NO_VALUE},
	{"roundec", NULL, NO_VALUE},
	{"timeformat", NULL, A_VALUE},
	{"trimblanks", NULL, NO_VALUE},
	{"truncatecolumns", NULL, NO_VALUE},
	{"comprows", NULL, A_VALUE},
	{"compupdate", NULL, MAYBE_WORD, "on|off|true|false|preset"},
	{"statupdate", NULL, MAYBE_WORD, SWITCH},
	{"ignoreallerrors", NULL, NO_VALUE},
	{"maxerror", NULL, A_VALUE},
	{"noload", NULL, NO_VALUE},
	{"ssh", NULL, NO_VALUE},
	{"serializetojson", NULL, NO_VALUE},
	{"addquotes", NULL, NO_VALUE},
	{"header", NULL, NO_VALUE},
	{"allowoverwrite", NULL, NO_VALUE},
	{"cleanpath", NULL, NO_VALUE},
	{"parallel", NULL, MAYBE_WORD, SWITCH},
	{"maxfilesize", NULL, A_VALUE},
	{"rowgroupsize", NULL, A_VALUE},
	{"extension", NULL, A_VALUE},
};

/*
 * Go past an option's words and AS: it, or NULL if none is known by that name.
 */
static const LoadOption *
accept_option(RsWalk *walk)
{
	/* FORMAT [AS] names the option that is one. */
	if (rs_next(walk, "format"))
		(void) rs_accept(walk, "format [as]");
	for (int i = 0; i < lengthof(options); i++)
		if (rs_accept(walk, options[i].words))
		{
			if (options[i].value != NO_VALUE)
				(void) rs_accept(walk, "[as]");
			return &options[i];
		}
	return NULL;
}

/*
 * Does the option that is looked at have a value?
 */
static bool
has_value(RsWalk *walk, const LoadOption *option)
{
	const RsToken *token = rs_look(walk, 0);

	if (option->value == NO_VALUE)
		return false;
	if (option->choices != NULL && rs_next(walk, option->choices))
		return true;
	return option->value != MAYBE_WORD && (token->kind == RS_STRING || token->kind == RS_NUMBER);
}

/* ---------------------------------------------------------------------
 * COPY
 * ---------------------------------------------------------------------
 */

/* Files that are loaded as they come. */
static void
refuse_job(RsWalk *walk)
{
	rs_walk_refuse(walk, "COPY JOB", "Nothing here watches a location for new files; a scheduler can run COPY.");
}

static void
copy_options(RsWalk *walk)
{
	const char *before = " WITH (";

	while (walk->at < walk->end)
	{
		const LoadOption *option = accept_option(walk);

		if (option == NULL && rs_next(walk, "job create"))
			refuse_job(walk);
		if (option == NULL)
			rs_syntax_error(walk->translator, walk->at);
		rs_drop(walk);
		rs_put(walk, "%s%s", before, option->name != NULL ? option->name : option->words);
		before = ", ";
		if (!has_value(walk, option))
		{
			if (option->value == A_VALUE)
				rs_syntax_error(walk->translator, walk->at);
			continue;
		}
		if (rs_next(walk, "default|session"))
		{
			walk->at++;
			rs_drop(walk);
			rs_put(walk, " '%s'", rs_look(walk, -1)->text);
			continue;
		}
		walk->at++;
		rs_put(walk, " ");
		rs_copy(walk->translator, walk->out, walk->at - 1, walk->at);
		rs_drop(walk);
	}
	rs_put(walk, before[0] == ',' ? ")" : "");
}

/*
 * COPY table [(columns)] FROM 'scheme://...' options; else it is PostgreSQL's.
 */
void
rs_copy_statement(RsTranslator *translator, RsText *out, int first, int end)
{
	RsWalk		walk;

	rs_walk_begin(&walk, translator, out, first, end);
	(void) rs_accept(&walk, "copy");
	if (rs_next(&walk, "job alter|create|drop|list|run|show"))
		refuse_job(&walk);
	if (rs_look(&walk, 0)->kind == '(' && rs_look(&walk, 0)->match > walk.at)
	{
		int			close = rs_look(&walk, 0)->match;

		walk.at++;
		rs_keep_query(&walk, close);
		rs_keep_rest(&walk);
		return;
	}
	if (rs_keep_name(&walk))
	{
		(void) rs_accept_brackets(&walk);
		if (rs_accept(&walk, "from") && rs_look(&walk, 0)->kind == RS_STRING &&
			strstr(rs_look(&walk, 0)->text, "://") != NULL)
		{
			walk.at++;
			rs_keep(&walk);
			if (rs_next(&walk, "with") && rs_look(&walk, 1)->kind != '(')
			{
				walk.at++;
				rs_drop(&walk);
			}
			if (!rs_next(&walk, "with") && !rs_next(&walk, "where"))
				copy_options(&walk);
		}
	}
	rs_keep_rest(&walk);
}

/* ---------------------------------------------------------------------
 * UNLOAD
 * ---------------------------------------------------------------------
 */

/*
 * PARTITION BY (a, b) [INCLUDE]
 */
static void
partition_by(RsWalk *walk, StringInfo json)
{
	char	   *columns;

	columns = rs_take_columns(walk);
	if (columns == NULL)
		rs_syntax_error(walk->translator, walk->at);
	appendStringInfoString(json, "\"partition_by\": ");
	escape_json(json, columns);
	if (rs_accept(walk, "include"))
		appendStringInfoString(json, ", \"include\": true");
}

static void
unload_option(RsWalk *walk, StringInfo json)
{
	const LoadOption *option;
	StringInfoData value;

	if (rs_accept(walk, "partition by"))
	{
		partition_by(walk, json);
		return;
	}
	option = accept_option(walk);
	if (option == NULL)
		rs_syntax_error(walk->translator, walk->at);
	escape_json(json, option->name != NULL ? option->name :
				strcmp(option->words, "null") == 0 ? "null as" : option->words);
	appendStringInfoString(json, ": ");
	if (!has_value(walk, option))
	{
		if (option->value == A_VALUE)
			rs_syntax_error(walk->translator, walk->at);
		appendStringInfoString(json, "true");
		return;
	}
	initStringInfo(&value);
	appendStringInfoString(&value, rs_look(walk, 0)->text);
	walk->at++;
	if (rs_accept(walk, "mb|gb"))
		appendStringInfo(&value, " %s", rs_look(walk, -1)->text);
	escape_json(json, value.data);
}

void
rs_unload_statement(RsTranslator *translator, RsText *out, int first, int end)
{
	RsWalk		walk;
	StringInfoData json;
	const char *query;
	const char *target;

	rs_walk_begin(&walk, translator, out, first, end);
	(void) rs_accept(&walk, "unload");
	if (rs_look(&walk, 0)->kind != '(' || rs_look(&walk, 1)->kind != RS_STRING || rs_look(&walk, 2)->kind != ')')
		rs_syntax_error(translator, walk.at);
	query = rs_look(&walk, 1)->text;
	walk.at += 3;
	if (!rs_accept(&walk, "to") || rs_look(&walk, 0)->kind != RS_STRING)
		rs_syntax_error(translator, walk.at);
	target = rs_look(&walk, 0)->text;
	walk.at++;
	(void) rs_accept(&walk, "with");
	initStringInfo(&json);
	while (walk.at < end)
	{
		appendStringInfoString(&json, json.len > 0 ? ", " : "{");
		unload_option(&walk, &json);
	}
	appendStringInfoString(&json, json.len > 0 ? "}" : "{}");
	rs_replace(&walk, "CALL redshift.unload_files(%s, %s, %s)",
			   quote_literal_cstr(rs_translate_inner(&walk, query)),
			   quote_literal_cstr(target), quote_literal_cstr(json.data));
}
