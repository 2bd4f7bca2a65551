/*
 * regexp.c
 *	  REGEXP_COUNT, REGEXP_INSTR, REGEXP_SUBSTR and REGEXP_REPLACE.
 *
 * Patterns are PostgreSQL's advanced regular expressions, a superset of the POSIX ones that
 * Redshift has, or with parameter p those of PCRE.  A pattern is compiled once for a call's
 * expression, as long as it does not change: PostgreSQL caches its own, PCRE's is kept in
 * fn_extra.
 *
 * A subject is matched in units: characters for PostgreSQL's expressions, bytes for PCRE, which
 * knows UTF-8.  Positions and occurrences in SQL are of characters, from 1.
 */
#define PCRE2_CODE_UNIT_WIDTH 8

#include "postgres.h"

#include <pcre2.h>

#include "fmgr.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "regex/regex.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

/* \0 to \9 */
#define MOST_GROUPS 10

/* Work that a PCRE match may do, so that no pattern runs for ever: seconds, not minutes. */
#define PCRE_MATCH_LIMIT 20000000

/* What the letters of a call's parameters say. */
typedef struct Parameters
{
	bool		ignore_case;
	bool		subexpression;
	bool		pcre;
} Parameters;

/* A PCRE pattern that fn_extra keeps. */
typedef struct KeptPattern
{
	pcre2_code *code;
	pcre2_match_data *match;
	pcre2_match_context *context;
	bool		ignore_case;
	Size		size;
	char	   *pattern;
	MemoryContextCallback free;
} KeptPattern;

typedef struct Matcher
{
	regex_t    *posix;			/* or NULL: */
	KeptPattern *pcre;
	const char *bytes;			/* the subject */
	int			nbytes;
	pg_wchar   *characters;		/* of posix */
	int			nunits;
	int			ngroups;
	regmatch_t	groups[MOST_GROUPS];	/* of the last match, in units */
} Matcher;

static Parameters
parse_parameters(FunctionCallInfo fcinfo, int arg, const char *allowed)
{
	Parameters	parameters = {false, false, false};
	text	   *letters;
	int			i;

	if (PG_NARGS() <= arg)
		return parameters;
	letters = PG_GETARG_TEXT_PP(arg);
	for (i = 0; i < VARSIZE_ANY_EXHDR(letters); i++)
	{
		char		letter = VARDATA_ANY(letters)[i];

		if (strchr(allowed, letter) == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("invalid regular expression parameter \"%.*s\"",
							pg_mblen(VARDATA_ANY(letters) + i), VARDATA_ANY(letters) + i),
					 errhint("Parameters here are the letters \"%s\".", allowed)));
		if (letter == 'c')
			parameters.ignore_case = false;
		else if (letter == 'i')
			parameters.ignore_case = true;
		else if (letter == 'e')
			parameters.subexpression = true;
		else
			parameters.pcre = true;
	}
	return parameters;
}

/* ---------------------------------------------------------------------
 * PCRE
 * ---------------------------------------------------------------------
 */

static void
free_pattern(void *arg)
{
	KeptPattern *kept = arg;

	pcre2_match_data_free(kept->match);
	pcre2_match_context_free(kept->context);
	pcre2_code_free(kept->code);
}

static void
report_pcre(int code, const char *pattern)
{
	PCRE2_UCHAR message[256];

	pcre2_get_error_message(code, message, sizeof(message));
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_REGULAR_EXPRESSION),
			 errmsg("invalid regular expression \"%s\": %s", pattern, (char *) message)));
}

/*
 * The compiled pattern, in memory of the function's, so that an error or the end of the query
 * frees it.
 */
static KeptPattern *
compile_pcre(FunctionCallInfo fcinfo, text *pattern, bool ignore_case)
{
	KeptPattern *kept = fcinfo->flinfo->fn_extra;
	Size		size = VARSIZE_ANY_EXHDR(pattern);
	MemoryContext context;
	uint32		options = PCRE2_NEVER_BACKSLASH_C | (ignore_case ? PCRE2_CASELESS : 0);
	int			code;
	size_t		offset;

	if (kept != NULL && kept->ignore_case == ignore_case && kept->size == size &&
		memcmp(kept->pattern, VARDATA_ANY(pattern), size) == 0)
		return kept;
	if (kept != NULL)
	{
		fcinfo->flinfo->fn_extra = NULL;
		MemoryContextDelete(GetMemoryChunkContext(kept));
	}
	context = AllocSetContextCreate(fcinfo->flinfo->fn_mcxt, "regular expression", ALLOCSET_SMALL_SIZES);
	kept = MemoryContextAllocZero(context, sizeof(KeptPattern));
	kept->pattern = MemoryContextAlloc(context, size + 1);
	memcpy(kept->pattern, VARDATA_ANY(pattern), size);
	kept->pattern[size] = '\0';
	kept->size = size;
	kept->ignore_case = ignore_case;
	kept->free.func = free_pattern;
	kept->free.arg = kept;
	MemoryContextRegisterResetCallback(context, &kept->free);
	/* The database's strings are valid; so need not be checked again. */
	if (GetDatabaseEncoding() == PG_UTF8)
		options |= PCRE2_UTF | PCRE2_UCP | PCRE2_NO_UTF_CHECK;
	kept->code = pcre2_compile((PCRE2_SPTR) kept->pattern, size, options, &code, &offset, NULL);
	if (kept->code == NULL)
		report_pcre(code, kept->pattern);
	/* Without it, matching only takes longer. */
	(void) pcre2_jit_compile(kept->code, PCRE2_JIT_COMPLETE);
	kept->match = pcre2_match_data_create_from_pattern(kept->code, NULL);
	kept->context = pcre2_match_context_create(NULL);
	if (kept->match == NULL || kept->context == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OUT_OF_MEMORY),
				 errmsg("out of memory")));
	pcre2_set_match_limit(kept->context, PCRE_MATCH_LIMIT);
	fcinfo->flinfo->fn_extra = kept;
	return kept;
}

static bool
match_pcre(Matcher *matcher, int start)
{
	KeptPattern *kept = matcher->pcre;
	const PCRE2_SIZE *offsets;
	int			found;
	int			g;

	found = pcre2_match(kept->code, (PCRE2_SPTR) matcher->bytes, matcher->nbytes, start,
						PCRE2_NO_UTF_CHECK, kept->match, kept->context);
	if (found == PCRE2_ERROR_NOMATCH)
		return false;
	if (found < 0)
		report_pcre(found, kept->pattern);
	offsets = pcre2_get_ovector_pointer(kept->match);
	for (g = 0; g < MOST_GROUPS; g++)
	{
		bool		set = g < found && offsets[2 * g] != PCRE2_UNSET;

		matcher->groups[g].rm_so = set ? (regoff_t) offsets[2 * g] : -1;
		matcher->groups[g].rm_eo = set ? (regoff_t) offsets[2 * g + 1] : -1;
	}
	/* \K may let a match end before it begins. */
	if (matcher->groups[0].rm_eo < matcher->groups[0].rm_so)
		matcher->groups[0].rm_eo = matcher->groups[0].rm_so;
	return true;
}

/* ---------------------------------------------------------------------
 * Either
 * ---------------------------------------------------------------------
 */

static void
matcher_init(Matcher *matcher, FunctionCallInfo fcinfo, Parameters parameters)
{
	text	   *subject = PG_GETARG_TEXT_PP(0);
	text	   *pattern = PG_GETARG_TEXT_PP(1);

	memset(matcher, 0, sizeof(Matcher));
	matcher->bytes = VARDATA_ANY(subject);
	matcher->nbytes = VARSIZE_ANY_EXHDR(subject);
	if (parameters.pcre)
	{
		uint32		captures;

		matcher->pcre = compile_pcre(fcinfo, pattern, parameters.ignore_case);
		matcher->nunits = matcher->nbytes;
		pcre2_pattern_info(matcher->pcre->code, PCRE2_INFO_CAPTURECOUNT, &captures);
		matcher->ngroups = (int) captures;
		return;
	}
	matcher->posix = RE_compile_and_cache(pattern, REG_ADVANCED | (parameters.ignore_case ? REG_ICASE : 0),
										  PG_GET_COLLATION());
	matcher->ngroups = (int) matcher->posix->re_nsub;
	matcher->characters = palloc((matcher->nbytes + 1) * sizeof(pg_wchar));
	matcher->nunits = pg_mb2wchar_with_len(matcher->bytes, matcher->characters, matcher->nbytes);
}

/* The next match that begins at a unit or after it. */
static bool
find_match(Matcher *matcher, int start)
{
	char		message[100];
	int			code;

	CHECK_FOR_INTERRUPTS();
	if (matcher->pcre != NULL)
		return match_pcre(matcher, start);
	code = pg_regexec(matcher->posix, matcher->characters, matcher->nunits, start, NULL, MOST_GROUPS,
					  matcher->groups, 0);
	if (code == REG_OKAY)
		return true;
	if (code != REG_NOMATCH)
	{
		CHECK_FOR_INTERRUPTS();
		pg_regerror(code, matcher->posix, message, sizeof(message));
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_REGULAR_EXPRESSION),
				 errmsg("regular expression failed: %s", message)));
	}
	return false;
}

/* One character further. */
static int
next_unit(const Matcher *matcher, int unit)
{
	if (matcher->pcre != NULL && unit < matcher->nunits)
		return unit + pg_mblen(matcher->bytes + unit);
	return unit + 1;
}

/* Where to look for the match after the last: behind it, or behind an empty one's character. */
static int
after_match(const Matcher *matcher)
{
	const regmatch_t *whole = &matcher->groups[0];

	return whole->rm_eo > whole->rm_so ? whole->rm_eo : next_unit(matcher, whole->rm_eo);
}

/* The unit of a position that counts characters from 1; one behind the end if there are fewer. */
static int
unit_of_position(const Matcher *matcher, int position)
{
	int			unit = 0;
	int			i;

	if (matcher->pcre == NULL)
		return Min(position - 1, matcher->nunits + 1);
	for (i = 1; i < position; i++)
	{
		if (unit >= matcher->nunits)
			return matcher->nunits + 1;
		unit = next_unit(matcher, unit);
	}
	return unit;
}

static int
position_of_unit(const Matcher *matcher, int unit)
{
	return (matcher->pcre != NULL ? pg_mbstrlen_with_len(matcher->bytes, unit) : unit) + 1;
}

static void
append_units(StringInfo to, const Matcher *matcher, int from, int end)
{
	if (matcher->pcre != NULL)
		appendBinaryStringInfo(to, matcher->bytes + from, end - from);
	else if (end > from)
	{
		int			size;

		enlargeStringInfo(to, (end - from) * pg_database_encoding_max_length() + 1);
		size = pg_wchar2mb_with_len(matcher->characters + from, to->data + to->len, end - from);
		to->len += size;
	}
}

/* An argument that counts from 1; absent: 1. */
static int
counting_argument(FunctionCallInfo fcinfo, int arg, const char *name)
{
	int			value = PG_NARGS() > arg ? PG_GETARG_INT32(arg) : 1;

	if (value < 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s of a regular expression must be positive", name)));
	return value;
}

/*
 * Find an occurrence from a position on.
 */
static bool
find_occurrence(Matcher *matcher, int position, int occurrence)
{
	int			unit = unit_of_position(matcher, position);

	for (; unit <= matcher->nunits && find_match(matcher, unit); unit = after_match(matcher))
		if (--occurrence == 0)
			return true;
	return false;
}

/* ---------------------------------------------------------------------
 * In SQL
 * ---------------------------------------------------------------------
 */

/* REGEXP_COUNT(subject, pattern [, position [, parameters]]) */
PG_FUNCTION_INFO_V1(rs_regexp_count);
Datum
rs_regexp_count(PG_FUNCTION_ARGS)
{
	Parameters	parameters = parse_parameters(fcinfo, 3, "cip");
	Matcher		matcher;
	int			unit;
	int			count = 0;

	matcher_init(&matcher, fcinfo, parameters);
	unit = unit_of_position(&matcher, counting_argument(fcinfo, 2, "position"));
	for (; unit <= matcher.nunits && find_match(&matcher, unit); unit = after_match(&matcher))
		count++;
	PG_RETURN_INT32(count);
}

/* REGEXP_INSTR(subject, pattern [, position [, occurrence [, option [, parameters]]]]) */
PG_FUNCTION_INFO_V1(rs_regexp_instr);
Datum
rs_regexp_instr(PG_FUNCTION_ARGS)
{
	Parameters	parameters = parse_parameters(fcinfo, 5, "ciep");
	Matcher		matcher;
	const regmatch_t *group;

	matcher_init(&matcher, fcinfo, parameters);
	if (!find_occurrence(&matcher, counting_argument(fcinfo, 2, "position"),
						 counting_argument(fcinfo, 3, "occurrence")))
		PG_RETURN_INT32(0);
	group = &matcher.groups[parameters.subexpression && matcher.ngroups > 0];
	if (group->rm_so < 0)
		PG_RETURN_INT32(0);
	PG_RETURN_INT32(position_of_unit(&matcher, PG_NARGS() > 4 && PG_GETARG_INT32(4) != 0 ?
									 group->rm_eo : group->rm_so));
}

/* REGEXP_SUBSTR(subject, pattern [, position [, occurrence [, parameters]]]) */
PG_FUNCTION_INFO_V1(rs_regexp_substr);
Datum
rs_regexp_substr(PG_FUNCTION_ARGS)
{
	Parameters	parameters = parse_parameters(fcinfo, 4, "ciep");
	Matcher		matcher;
	StringInfoData result;

	matcher_init(&matcher, fcinfo, parameters);
	initStringInfo(&result);
	if (find_occurrence(&matcher, counting_argument(fcinfo, 2, "position"),
						counting_argument(fcinfo, 3, "occurrence")))
	{
		const regmatch_t *group = &matcher.groups[parameters.subexpression && matcher.ngroups > 0];

		if (group->rm_so >= 0)
			append_units(&result, &matcher, group->rm_so, group->rm_eo);
	}
	PG_RETURN_TEXT_P(cstring_to_text_with_len(result.data, result.len));
}

/*
 * What a match is replaced by: $1 to $9 are its groups, $0 or $& all of it, $$ a dollar.
 * PCRE writes groups as \1, too, and POSIX's is \\1.
 */
static void
append_replacement(StringInfo to, const Matcher *matcher, const char *by, int size)
{
	int			i;

	for (i = 0; i < size; i++)
	{
		char		next = i + 1 < size ? by[i + 1] : '\0';

		if ((by[i] == '$' || by[i] == '\\') && next >= '0' && next <= '9')
		{
			const regmatch_t *group = &matcher->groups[next - '0'];

			if (group->rm_so >= 0)
				append_units(to, matcher, group->rm_so, group->rm_eo);
			i++;
		}
		else if (by[i] == '$' && next == '&')
		{
			append_units(to, matcher, matcher->groups[0].rm_so, matcher->groups[0].rm_eo);
			i++;
		}
		else
		{
			if ((by[i] == '$' && next == '$') || (by[i] == '\\' && next == '\\'))
				i++;
			appendStringInfoChar(to, by[i]);
		}
	}
}

/* REGEXP_REPLACE(subject, pattern [, by [, position [, parameters]]]): all matches. */
PG_FUNCTION_INFO_V1(rs_regexp_replace);
Datum
rs_regexp_replace(PG_FUNCTION_ARGS)
{
	Parameters	parameters = parse_parameters(fcinfo, 4, "cip");
	text	   *by = PG_NARGS() > 2 ? PG_GETARG_TEXT_PP(2) : NULL;
	int			position = PG_NARGS() > 3 ? PG_GETARG_INT32(3) : 1;
	Matcher		matcher;
	StringInfoData result;
	int			copied = 0;
	int			unit;

	matcher_init(&matcher, fcinfo, parameters);
	initStringInfo(&result);
	unit = unit_of_position(&matcher, Max(position, 1));
	for (; unit <= matcher.nunits && find_match(&matcher, unit); unit = after_match(&matcher))
	{
		append_units(&result, &matcher, copied, matcher.groups[0].rm_so);
		if (by != NULL)
			append_replacement(&result, &matcher, VARDATA_ANY(by), VARSIZE_ANY_EXHDR(by));
		copied = matcher.groups[0].rm_eo;
	}
	append_units(&result, &matcher, copied, matcher.nunits);
	PG_RETURN_TEXT_P(cstring_to_text_with_len(result.data, result.len));
}
