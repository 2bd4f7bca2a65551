/*
 * expression.c
 *	  Words that have a meaning of Redshift's in expressions.
 */
#include "postgres.h"

#include "dialect/emit.h"
#include "dialect/names.h"
#include "dialect/type_name.h"

int
rs_behind_bracket(RsTranslator *translator, int i)
{
	const RsToken *token = &translator->tokens[i];

	return (token->kind == '(' || token->kind == '[') && token->match > i ? token->match + 1 : 0;
}

int
rs_find(RsTranslator *translator, int first, int end, const char *words)
{
	for (int i = first; i < end; i++)
	{
		int			behind = rs_behind_bracket(translator, i);

		if (rs_match(&translator->tokens[i], words))
			return i;
		if (behind > 0)
			i = behind - 1;
	}
	return end;
}

List *
rs_split(RsTranslator *translator, int first, int end)
{
	List	   *parts = NIL;
	int			start = first;

	if (first >= end)
		return NIL;
	for (int i = first; i <= end; i++)
	{
		int			behind = i < end ? rs_behind_bracket(translator, i) : 0;

		if (i == end || translator->tokens[i].kind == ',')
		{
			RsRange    *part = palloc(sizeof(RsRange));

			part->first = start;
			part->end = i;
			parts = lappend(parts, part);
			start = i + 1;
		}
		if (behind > 0)
			i = behind - 1;
	}
	return parts;
}

void
rs_emit_function_name(RsTranslator *translator, RsText *out, int i)
{
	if (rs_system_function(translator->tokens[i].text))
		rs_text_add(out, translator->tokens[i].start, "redshift.");
	rs_copy(translator, out, i, i + 1);
}

/* The rest of a call from its bracket on, whose arguments begin at token first. */
static int
emit_arguments(RsTranslator *translator, RsText *out, int i, int first)
{
	int			behind = rs_behind_bracket(translator, i + 1);

	rs_emit(translator, out, first, behind);
	return behind - i;
}

/* Is the word one of Redshift's names of parts of dates? */
static bool
is_date_part(const RsToken *token)
{
	static const char *const parts[] = {
		"c", "cent", "cents", "centuries", "century", "d", "day", "dayofweek", "dayofyear", "days", "dec",
		"decade", "decades", "decs", "dow", "doy", "dw", "dy", "epoch", "h", "hour", "hours", "hr", "hrs",
		"isodow", "isoyear", "julian", "m", "microsec", "microsecond", "microseconds", "microsecs", "mil",
		"millennia", "millennium", "millisec", "millisecon", "millisecond", "milliseconds", "millisecs",
		"mils", "min", "mins", "minute", "minutes", "mon", "mons", "month", "months", "ms", "msec", "msecond",
		"mseconds", "msecs", "pgdow", "qtr", "qtrs", "quarter", "quarters", "s", "sec", "second", "seconds",
		"secs", "timezone", "timezone_hour", "timezone_minute", "us", "usec", "usecond", "useconds", "usecs",
		"w", "week", "weekday", "weeks", "y", "year", "yearday", "yearofweek", "years", "yr", "yrs"
	};
	int			low = 0,
				high = lengthof(parts);

	if (token->kind != RS_WORD)
		return false;
	while (low < high)
	{
		int			middle = (low + high) / 2;
		int			order = strcmp(token->text, parts[middle]);

		if (order == 0)
			return true;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return false;
}

/* DATEADD(month, ...): a part of dates may be a bare word. */
static int
emit_date_function(RsTranslator *translator, RsText *out, int i)
{
	const RsToken *part = &translator->tokens[i + 2];

	if (!is_date_part(part) || part[1].kind != ',')
		return 0;
	rs_emit_function_name(translator, out, i);
	rs_copy_gap(translator, out, i + 1);
	rs_copy(translator, out, i + 1, i + 2);
	rs_copy_gap(translator, out, i + 2);
	rs_text_addf(out, part->start, "'%s'", part->text);
	return emit_arguments(translator, out, i, i + 3);
}

/* DATEPART is DATE_PART. */
static int
emit_datepart(RsTranslator *translator, RsText *out, int i)
{
	const RsToken *part = &translator->tokens[i + 2];

	if (!rs_system_function("date_part") || part[1].kind != ',')
		return 0;
	rs_text_add(out, translator->tokens[i].start, "redshift.date_part(");
	if (!is_date_part(part))
		return emit_arguments(translator, out, i, i + 2);
	rs_text_addf(out, part->start, "'%s'", part->text);
	return emit_arguments(translator, out, i, i + 3);
}

/* EXTRACT(part FROM x), with Redshift's result types. */
static int
emit_extract(RsTranslator *translator, RsText *out, int i)
{
	const RsToken *part = &translator->tokens[i + 2];

	if (!rs_system_function("extract") || !(is_date_part(part) || part->kind == RS_STRING) || !rs_is(&part[1], "from"))
	{
		rs_copy(translator, out, i, i + 1);
		return 1;
	}
	/* Of times after 2038 it is no integer, which EXTRACT is else. */
	if (pg_strcasecmp(part->text, "epoch") == 0)
	{
		rs_text_add(out, translator->tokens[i].start, "redshift.extract_epoch(");
		return emit_arguments(translator, out, i, i + 4);
	}
	rs_text_add(out, translator->tokens[i].start, "redshift.");
	rs_copy(translator, out, i, i + 2);
	if (part->kind == RS_STRING)
		rs_copy(translator, out, i + 2, i + 3);
	else
		rs_text_addf(out, part->start, "'%s'", part->text);
	rs_text_add(out, part[1].start, ", ");
	return emit_arguments(translator, out, i, i + 4);
}

/*
 * POSITION(a IN b) is CHARINDEX(a, b), which takes numbers, too.
 */
static int
emit_position(RsTranslator *translator, RsText *out, int i)
{
	const RsToken *tokens = translator->tokens;
	int			end = rs_behind_bracket(translator, i + 1) - 1;
	int			in = rs_find(translator, i + 2, end, "in");

	if (in == end || in == i + 2 || !rs_system_function("charindex"))
		return 0;
	rs_text_add(out, tokens[i].start, "redshift.charindex(");
	rs_emit(translator, out, i + 2, in);
	rs_text_add(out, tokens[in].start, ", ");
	rs_emit(translator, out, in + 1, end + 1);
	return end + 1 - i;
}

/*
 * TRIM([BOTH | LEADING | TRAILING] [a] [FROM] b) is BTRIM(b, a), LTRIM or RTRIM, which take
 * numbers, too; TRIM(b, a) as well.
 */
static int
emit_trim(RsTranslator *translator, RsText *out, int i)
{
	const RsToken *tokens = translator->tokens;
	int			end = rs_behind_bracket(translator, i + 1) - 1;
	int			first = i + 2;
	int			from = rs_find(translator, first, end, "from");
	bool		sided = rs_match(&tokens[first], "both|leading|trailing");
	const char *function = !sided || rs_is(&tokens[first], "both") ? "btrim" : rs_is(&tokens[first], "leading") ? "ltrim" : "rtrim";

	if (!rs_system_function(function))
		return 0;
	rs_text_addf(out, tokens[i].start, "redshift.%s", function);
	if (!sided && from == end)
		return 1;
	first += sided;
	rs_text_add(out, tokens[i].start, "(");
	rs_emit(translator, out, from < end ? from + 1 : first, end);
	if (from < end && from > first)
	{
		rs_text_add(out, tokens[from].start, ", ");
		rs_emit(translator, out, first, from);
	}
	rs_text_add(out, tokens[end].start, ")");
	return end + 1 - i;
}

/*
 * SUBSTRING(x FROM a FOR b), where SUBSTRING is Redshift's: it takes arguments.  With a
 * pattern it is PostgreSQL's, as is OVERLAY.
 */
static int
emit_sql_call(RsTranslator *translator, RsText *out, int i)
{
	const RsToken *tokens = translator->tokens;
	int			first = i + 2;
	int			end = rs_behind_bracket(translator, i + 1) - 1;
	int			from = rs_find(translator, first, end, "from");
	int			length = rs_find(translator, first, end, "for");

	if (from == end && length == end && rs_find(translator, first, end, "placing|similar") == end)
		return 0;
	if (!rs_is(&tokens[i], "substring") || !rs_system_function("substring") || length < from ||
		(from == end && length == end) ||
		(from < end && tokens[from + 1].kind == RS_STRING))
	{
		rs_copy(translator, out, i, i + 2);
		rs_copy_gap(translator, out, first);
		return emit_arguments(translator, out, i, first);
	}
	rs_text_add(out, tokens[i].start, "redshift.");
	rs_copy(translator, out, i, i + 2);
	rs_emit(translator, out, first, Min(from, length));
	rs_text_add(out, tokens[Min(from, length)].start, ", ");
	if (from < end)
		rs_emit(translator, out, from + 1, length);
	else
		rs_text_add(out, tokens[length].start, "1");
	if (length < end)
	{
		rs_text_add(out, tokens[length].start, ", ");
		rs_emit(translator, out, length + 1, end);
	}
	rs_text_add(out, tokens[end].start, ")");
	return end + 1 - i;
}

/* DECIMAL without precision is DECIMAL(18, 0). */
static bool
is_bare_decimal(const RsToken *token, int length)
{
	return length == 1 && rs_match(token, "numeric|decimal|dec");
}

/* Is a type's name one that PostgreSQL doesn't know, or knows as another type? */
static bool
is_foreign_type(const RsToken *token, int length)
{
	if (is_bare_decimal(token, length) ||
		rs_match(token, "binary|datetime|geography|geometry|hllsketch|nvarchar|super|varbinary|varbyte"))
		return true;
	for (int k = 1; k < length; k++)
		if (rs_is(&token[k], "max"))
			return true;
	return false;
}

/* A type in a cast: gives the number of its tokens; 0: it is not Redshift's. */
static int
emit_type(RsTranslator *translator, RsText *out, int i)
{
	const RsToken *token = &translator->tokens[i];
	int			length = rs_type_length(token);
	const char *refused;
	char	   *type;

	if (length == 0 || !is_foreign_type(token, length))
		return 0;
	type = rs_is(token, "hllsketch") ? "redshift.hllsketch" :
		rs_type_translate(token, is_bare_decimal(token, length), &refused);
	if (type == NULL)
		return 0;
	rs_text_add(out, token->start, type);
	return length;
}

int
rs_emit_cast(RsTranslator *translator, RsText *out, int i)
{
	int			length;
	RsText		type;

	rs_text_init(&type);
	length = emit_type(translator, &type, i + 1);
	if (length == 0)
		return 0;
	rs_copy(translator, out, i, i + 1);
	rs_text_append(out, &type);
	return length + 1;
}

/* AS type */
static void
emit_as_type(RsTranslator *translator, RsText *out, const RsRange *type)
{
	int			length;

	rs_text_add(out, translator->tokens[type->first].start, " AS ");
	length = emit_type(translator, out, type->first);
	rs_copy(translator, out, type->first + length, type->end);
}

/*
 * x AS type, or CONVERT's type, x: value and type are ranges.  To SUPER it is a function's
 * argument: see rs_emit_super_cast().
 */
static void
emit_cast_as(RsTranslator *translator, RsText *out, const RsRange *value, const RsRange *type)
{
	bool		super = rs_is(&translator->tokens[type->first], "super");

	if (super || !rs_emit_path_as_text(translator, out, value, &translator->tokens[type->first]))
		rs_emit(translator, out, value->first, value->end);
	if (!super)
		emit_as_type(translator, out, type);
}

/* CAST(x AS type) */
static int
emit_cast_call(RsTranslator *translator, RsText *out, int i)
{
	const RsToken *tokens = translator->tokens;
	int			end = rs_behind_bracket(translator, i + 1) - 1;
	int			as = rs_find(translator, i + 2, end, "as");
	RsRange		value = {i + 2, as};
	RsRange		type = {as + 1, end};

	if (as + 1 >= end || as == i + 2 ||
		(!is_foreign_type(&tokens[as + 1], rs_type_length(&tokens[as + 1])) &&
		 !rs_emit_path_as_text(translator, NULL, &value, &tokens[as + 1])))
		return 0;
	if (rs_is(&tokens[type.first], "super"))
		rs_text_add(out, tokens[i].start, "redshift.super(");
	else
		rs_copy(translator, out, i, i + 2);
	emit_cast_as(translator, out, &value, &type);
	rs_copy(translator, out, end, end + 1);
	return end + 1 - i;
}

/* TRY_CAST(x AS type): a function of x and a NULL of the type. */
static int
emit_try_cast(RsTranslator *translator, RsText *out, int i)
{
	int			end = rs_behind_bracket(translator, i + 1) - 1;
	int			as = rs_find(translator, i + 2, end, "as");
	RsRange		value = {i + 2, as};
	RsRange		type = {as + 1, end};

	if (as + 1 >= end || as == i + 2 || !rs_system_function("try_cast"))
		return 0;
	rs_text_add(out, translator->tokens[i].start, "CAST(redshift.try_cast(");
	rs_emit(translator, out, value.first, value.end);
	rs_text_add(out, translator->tokens[as].start, ", CAST(NULL");
	emit_as_type(translator, out, &type);
	rs_text_add(out, translator->tokens[end].start, "))");
	emit_as_type(translator, out, &type);
	rs_text_add(out, translator->tokens[end].start, ")");
	return end + 1 - i;
}

/* COLLATE(x, 'case_insensitive'), or 'ci', 'case_sensitive', 'cs': the operator. */
static int
emit_collate(RsTranslator *translator, RsText *out, int i)
{
	const RsToken *tokens = translator->tokens;
	int			behind = rs_behind_bracket(translator, i + 1);
	List	   *arguments = rs_split(translator, i + 2, behind - 1);
	const RsRange *value;
	const RsToken *name;
	bool		insensitive;

	if (list_length(arguments) != 2)
		return 0;
	value = linitial(arguments);
	name = &tokens[((const RsRange *) lsecond(arguments))->first];
	if (name->kind != RS_STRING || &name[1] != &tokens[behind - 1])
		return 0;
	insensitive = pg_strcasecmp(name->text, "ci") == 0 || pg_strcasecmp(name->text, "case_insensitive") == 0;
	if (!insensitive && pg_strcasecmp(name->text, "cs") != 0 && pg_strcasecmp(name->text, "case_sensitive") != 0)
		return 0;
	rs_text_add(out, tokens[i].start, "((");
	rs_emit(translator, out, value->first, value->end);
	rs_text_add(out, name->start, insensitive ? ") COLLATE redshift.case_insensitive)" : ") COLLATE \"default\")");
	return behind - i;
}

/* CONVERT(type, x) is a cast; PostgreSQL's function has three arguments. */
static int
emit_convert(RsTranslator *translator, RsText *out, int i)
{
	int			behind = rs_behind_bracket(translator, i + 1);
	List	   *arguments = rs_split(translator, i + 2, behind - 1);
	const RsRange *type;
	const RsRange *value;

	if (list_length(arguments) != 2)
		return 0;
	type = linitial(arguments);
	value = lsecond(arguments);
	rs_text_add(out, translator->tokens[i].start,
				rs_is(&translator->tokens[type->first], "super") ? "redshift.super(" : "CAST(");
	emit_cast_as(translator, out, value, type);
	rs_text_add(out, translator->tokens[behind - 1].start, ")");
	return behind - i;
}

/* Is the token a literal that is not NULL, alone in its range? */
static bool
is_literal(RsTranslator *translator, const RsRange *range)
{
	const RsToken *token = &translator->tokens[range->first];

	if (range->end == range->first + 2 && (token->kind == '-' || token->kind == '+'))
		return token[1].kind == RS_NUMBER;
	return range->end == range->first + 1 && (token->kind == RS_STRING || token->kind == RS_NUMBER);
}

/*
 * DECODE(x, a, b, c, d, ..., e): the value of the first that x is equal to, where NULL is
 * equal to NULL.  With up to three arguments it may be PostgreSQL's function of that name.
 */
static int
emit_decode(RsTranslator *translator, RsText *out, int i)
{
	const RsToken *tokens = translator->tokens;
	int			behind = rs_behind_bracket(translator, i + 1);
	List	   *arguments = rs_split(translator, i + 2, behind - 1);
	int			n = list_length(arguments);
	const RsRange *value;
	bool		literals = true;
	int			k;

	if (n < 3)
		return 0;
	value = linitial(arguments);
	for (k = 1; k + 1 < n; k += 2)
		literals &= is_literal(translator, list_nth(arguments, k));
	rs_text_add(out, tokens[i].start, "CASE");
	if (literals)
	{
		rs_text_add(out, tokens[i].start, " ");
		rs_emit(translator, out, value->first, value->end);
	}
	for (k = 1; k + 1 < n; k += 2)
	{
		const RsRange *search = list_nth(arguments, k);
		const RsRange *result = list_nth(arguments, k + 1);
		int			at = tokens[search->first].start;

		rs_text_add(out, at, " WHEN ");
		if (!literals)
		{
			bool		null = search->end == search->first + 1 && rs_is(&tokens[search->first], "null");

			rs_text_add(out, at, "(");
			rs_emit(translator, out, value->first, value->end);
			rs_text_add(out, at, null ? ") IS " :
						is_literal(translator, search) ? ") = " : ") IS NOT DISTINCT FROM (");
			rs_emit(translator, out, search->first, search->end);
			rs_text_add(out, at, null || is_literal(translator, search) ? "" : ")");
		}
		else
			rs_emit(translator, out, search->first, search->end);
		rs_text_add(out, at, " THEN ");
		rs_emit(translator, out, result->first, result->end);
	}
	if (k < n)
	{
		const RsRange *otherwise = list_nth(arguments, k);

		rs_text_add(out, tokens[otherwise->first].start, " ELSE ");
		rs_emit(translator, out, otherwise->first, otherwise->end);
	}
	rs_text_add(out, tokens[behind - 1].start, " END");
	return behind - i;
}

/* NVL is COALESCE, and called so in results. */
static int
emit_nvl(RsTranslator *translator, RsText *out, int i)
{
	rs_text_add(out, translator->tokens[i].start, "coalesce");
	return 1;
}

/* CONCAT of two is Redshift's, of any other number PostgreSQL's. */
static int
emit_concat(RsTranslator *translator, RsText *out, int i)
{
	int			behind = rs_behind_bracket(translator, i + 1);

	if (list_length(rs_split(translator, i + 2, behind - 1)) == 2 &&
		rs_find(translator, i + 2, behind - 1, "variadic") == behind - 1)
		return 0;
	rs_copy(translator, out, i, i + 1);
	return 1;
}

/* GROUPING_ID(a, b) is GROUPING, of several columns. */
static int
emit_grouping_id(RsTranslator *translator, RsText *out, int i)
{
	rs_text_add(out, translator->tokens[i].start, "grouping");
	return 1;
}

/* NVL2(x, a, b) */
static int
emit_nvl2(RsTranslator *translator, RsText *out, int i)
{
	static const char *const before[] = {"CASE WHEN (", ") IS NOT NULL THEN ", " ELSE "};
	int			behind = rs_behind_bracket(translator, i + 1);
	List	   *arguments = rs_split(translator, i + 2, behind - 1);

	if (list_length(arguments) != 3)
		return 0;
	for (int k = 0; k < 3; k++)
	{
		const RsRange *argument = list_nth(arguments, k);

		rs_text_add(out, translator->tokens[argument->first].start, before[k]);
		rs_emit(translator, out, argument->first, argument->end);
	}
	rs_text_add(out, translator->tokens[behind - 1].start, " END");
	return behind - i;
}

/* ARRAY(a, b) is SUPER's; ARRAY(SELECT ...) is PostgreSQL's. */
static int
emit_array(RsTranslator *translator, RsText *out, int i)
{
	if (rs_match(&translator->tokens[i + 2], "select|with|values|table"))
		return 0;
	rs_text_add(out, translator->tokens[i].start, "redshift.\"array\"");
	return 1;
}

/* OBJECT_TRANSFORM(x [KEEP 'path', ...] [SET 'path', value, ...]) */
static int
emit_object_transform(RsTranslator *translator, RsText *out, int i)
{
	const RsToken *tokens = translator->tokens;
	int			end = rs_behind_bracket(translator, i + 1) - 1;
	int			keep = rs_find(translator, i + 2, end, "keep");
	int			set = rs_find(translator, i + 2, end, "set");
	int			value_end = Min(keep, set);
	List	   *paths = set < end ? rs_split(translator, set + 1, end) : NIL;

	if (keep > set)
		keep = end;
	if (set < end)
		rs_text_add(out, tokens[i].start, "redshift.object_set(");
	if (keep < end)
		rs_text_add(out, tokens[i].start, "redshift.object_keep(");
	rs_emit(translator, out, i + 2, value_end);
	if (keep < end)
	{
		rs_text_add(out, tokens[keep].start, ", ARRAY[");
		rs_emit(translator, out, keep + 1, set);
		rs_text_add(out, tokens[keep].start, "])");
	}
	if (set < end)
	{
		for (int odd = 0; odd < 2; odd++)
		{
			rs_text_add(out, tokens[set].start, ", ARRAY[");
			for (int k = odd; k < list_length(paths); k += 2)
			{
				const RsRange *part = list_nth(paths, k);
				int			at = tokens[part->first].start;

				rs_text_add(out, at, k > 1 ? ", " : "");
				rs_text_add(out, at, odd ? "redshift.super(" : "");
				rs_emit(translator, out, part->first, part->end);
				rs_text_add(out, at, odd ? ")" : "");
			}
			rs_text_add(out, tokens[set].start, "]");
		}
		rs_text_add(out, tokens[end].start, ")");
	}
	return end + 1 - i;
}

/* UNNEST(t.c), where c may be an array or a SUPER. */
static int
emit_unnest(RsTranslator *translator, RsText *out, int i)
{
	const RsToken *tokens = translator->tokens;
	int			end = rs_behind_bracket(translator, i + 1) - 1;

	if (!rs_is_name(&tokens[i + 2]) || tokens[i + 3].kind != '.')
		return 0;
	for (int k = i + 2; k < end; k++)
		if (tokens[k].kind == '(' || tokens[k].kind == ',' || tokens[k].kind == RS_OPERATOR)
			return 0;
	rs_text_add(out, tokens[i].start, "redshift.");
	rs_copy(translator, out, i, i + 1);
	return 1;
}

/* SYSDATE and the like: functions that are called without brackets. */
static int
emit_bare_call(RsTranslator *translator, RsText *out, int i)
{
	const RsToken *token = &translator->tokens[i];

	if (token[1].kind == '(' || token[1].kind == '.' || token[1].kind == '[' ||
		(i > 0 && rs_ends_operand(&token[-1]) && !rs_is(&token[-1], "default")) || !rs_system_function(token->text))
		return 0;
	rs_text_add(out, token->start, "redshift.");
	rs_copy(translator, out, i, i + 1);
	rs_text_add(out, token->end, "()");
	return 1;
}

/* MINUS, before a query. */
static int
emit_minus(RsTranslator *translator, RsText *out, int i)
{
	if (!rs_is_set_operation(translator->tokens, i))
		return 0;
	rs_text_add(out, translator->tokens[i].start, "EXCEPT");
	return 1;
}

/* What Redshift calls a column of a result that is a call of a function, if it isn't its name. */
static const struct
{
	const char *function;
	const char *column;
}			columns[] = {
	{"date_part", "pgdate_part"},
	{"dateadd", "date_add"},
	{"datediff", "date_diff"},
	{"extract", "date_part"},
	{"getdate", "timestamp"},
	{"sysdate", "timestamp"},
};

/* The token behind a call at i, with what belongs to it: WITHIN GROUP (...), OVER (...). */
static int
behind_call(RsTranslator *translator, int i)
{
	const RsToken *tokens = translator->tokens;
	int			behind = rs_behind_bracket(translator, i + 1);

	i = behind > 0 ? behind : i + 1;
	if (rs_match(&tokens[i], "within group") && (behind = rs_behind_bracket(translator, i + 2)) > 0)
		i = behind;
	i += rs_match(&tokens[i], "ignore|respect nulls");
	if (rs_is(&tokens[i], "over"))
	{
		behind = rs_behind_bracket(translator, i + 1);
		i = behind > 0 ? behind : i + 2;
	}
	return i;
}

const char *
rs_result_column(RsTranslator *translator, int i, int end)
{
	const RsToken *tokens = translator->tokens;
	const char *column = NULL;

	/* What becomes another function keeps its name. */
	if (rs_match(&tokens[i], "approximate count|percentile_disc"))
		column = tokens[++i].text;
	else if (rs_match(&tokens[i], "grouping_id|listagg|position"))
		column = tokens[i].text;
	else if (rs_match(&tokens[i], "lag|lead|first_value|last_value|nth_value"))
		for (int k = i; k < end; k++)
			if (rs_match(&tokens[k], "ignore nulls"))
				column = tokens[i].text;
	if (tokens[i].kind != RS_WORD || (end != i + 1 && behind_call(translator, i) != end))
		return NULL;
	for (int k = 0; k < lengthof(columns) && column == NULL; k++)
		if (strcmp(tokens[i].text, columns[k].function) == 0 &&
			(end > i + 1 || strcmp(tokens[i].text, "sysdate") == 0) && rs_system_function(tokens[i].text))
			column = columns[k].column;
	return column;
}

/* By word; a call is one that a bracket follows. */
static const struct
{
	const char *word;
	bool		call;
	int			(*emit) (RsTranslator *translator, RsText *out, int i);
}			words[] = {
	{"approximate", false, rs_emit_approximate},
	{"array", true, emit_array},
	{"cast", true, emit_cast_call},
	{"collate", true, emit_collate},
	{"concat", true, emit_concat},
	{"convert", true, emit_convert},
	{"current_aws_account", false, emit_bare_call},
	{"current_namespace", false, emit_bare_call},
	{"current_user_id", false, emit_bare_call},
	{"date_part", true, emit_date_function},
	{"date_trunc", true, emit_date_function},
	{"dateadd", true, emit_date_function},
	{"datediff", true, emit_date_function},
	{"datepart", true, emit_datepart},
	{"decode", true, emit_decode},
	{"extract", true, emit_extract},
	{"first_value", true, rs_emit_null_treatment},
	{"grouping_id", true, emit_grouping_id},
	{"lag", true, rs_emit_null_treatment},
	{"last_value", true, rs_emit_null_treatment},
	{"lead", true, rs_emit_null_treatment},
	{"listagg", true, rs_emit_listagg},
	{"minus", false, emit_minus},
	{"nth_value", true, rs_emit_null_treatment},
	{"nvl", true, emit_nvl},
	{"nvl2", true, emit_nvl2},
	{"object_transform", true, emit_object_transform},
	{"overlay", true, emit_sql_call},
	{"percentile_cont", true, rs_emit_percentile},
	{"percentile_disc", true, rs_emit_percentile},
	{"pgdate_part", true, emit_date_function},
	{"position", true, emit_position},
	{"substring", true, emit_sql_call},
	{"sysdate", false, emit_bare_call},
	{"trim", true, emit_trim},
	{"try_cast", true, emit_try_cast},
	{"unnest", true, emit_unnest},
};

int
rs_emit_word(RsTranslator *translator, RsText *out, int i)
{
	const RsToken *token = &translator->tokens[i];
	int			low = 0,
				high = lengthof(words);

	if (i > 0 && (token[-1].kind == '.' || rs_is(&token[-1], "as")))
		return 0;
	while (low < high)
	{
		int			middle = (low + high) / 2;
		int			order = strcmp(token->text, words[middle].word);

		if (order == 0)
		{
			if (words[middle].call && (token[1].kind != '(' || rs_behind_bracket(translator, i + 1) == 0))
				return 0;
			return words[middle].emit(translator, out, i);
		}
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return 0;
}
