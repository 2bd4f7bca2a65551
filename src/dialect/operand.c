/*
 * operand.c
 *	  What an operator or a condition means by what stands beside it.
 *
 * Redshift's + also concatenates strings, and numbers are conditions.  Types are known
 * only to the catalog; what the text shows decides here: a sum in which a string stands that
 * is no number, date or interval, a condition that is just a number or a call of a
 * function known to give one.
 */
#include "postgres.h"

#include "dialect/emit.h"
#include "miscadmin.h"

/* Could PostgreSQL read a string as an operand of a sum: a number, a date, an interval, ...? */
static bool
may_be_summed(const char *string)
{
	static const char *const words[] = {
		"allballs", "epoch", "inf", "infinity", "nan", "now", "today", "tomorrow", "yesterday"
	};
	static const char *const beginnings[] = {
		"apr", "aug", "dec", "feb", "fri", "inf", "j", "jan", "jul", "jun", "mar", "may", "mon", "nov", "oct", "p",
		"sat", "sep", "sun", "t", "thu", "tue", "wed", "y"
	};
	int			first = strspn(string, " \t\n\r+-");
	int			length = 0;

	while ((string[first + length] >= 'a' && string[first + length] <= 'z') ||
		   (string[first + length] >= 'A' && string[first + length] <= 'Z'))
		length++;
	if (strpbrk(string, "0123456789") == NULL)
	{
		for (int i = 0; i < lengthof(words); i++)
			if (strlen(words[i]) == length && pg_strncasecmp(words[i], string + first, length) == 0)
				return true;
		return false;
	}
	for (int i = 0; i < lengthof(beginnings); i++)
		if (pg_strncasecmp(beginnings[i], string + first, strlen(beginnings[i])) == 0)
			return true;
	return length == 0;
}

/* Does an expression end at this token, seen from its inside? */
static bool
ends_sum(const RsToken *token)
{
	switch (token->kind)
	{
		case ',':
		case ';':
		case '=':
		case '<':
		case '>':
			return true;
		case RS_OPERATOR:
			return strcmp(token->text, "::") != 0;
		case RS_WORD:
			return (token->category == RESERVED_KEYWORD || token->category == TYPE_FUNC_NAME_KEYWORD) &&
				token[-1].kind != '.' && !rs_ends_operand(token);
		default:
			return false;
	}
}

/* The pluses of a sum: || if it has a string that is none but that. */
static void
finish_sum(RsToken *tokens, List **pluses, bool *string)
{
	ListCell   *lc;

	if (*string)
		foreach(lc, *pluses)
		{
			tokens[lfirst_int(lc)].kind = RS_OPERATOR;
			tokens[lfirst_int(lc)].text = "||";
		}
	list_free(*pluses);
	*pluses = NIL;
	*string = false;
}

/*
 * Sums and conditions in tokens [i, end): gives end, or the END of the CASE that is read, and sets
 * *is_string if one of its results is a string.
 */
static int
read_operands(RsToken *tokens, int i, int end, bool in_case, bool *is_string)
{
	List	   *pluses = NIL;
	bool		string = false;
	bool		result = false; /* between THEN or ELSE and what follows it */
	bool		searched = in_case && rs_is(&tokens[i], "when");

	check_stack_depth();
	for (; i < end; i++)
	{
		RsToken    *token = &tokens[i];

		if ((token->kind == '(' || token->kind == '[') && token->match > i)
			i = read_operands(tokens, i + 1, Min(token->match, end), false, NULL);
		else if (rs_is(token, "case") && (i == 0 || (token[-1].kind != '.' && !rs_is(&token[-1], "as"))))
			i = read_operands(tokens, i + 1, end, true, &string);
		else if (in_case && rs_is(token, "end"))
			break;
		else if (i > 0 && ends_sum(token))
		{
			if (in_case && result && string)
				*is_string = true;
			result = rs_match(token, "then|else") != 0 || (result && !rs_is(token, "when"));
			finish_sum(tokens, &pluses, &string);
			token->condition = searched && rs_is(token, "when");
		}
		else if (token->kind == '+' && i > 0 && rs_ends_operand(&token[-1]))
			pluses = lappend_int(pluses, i);
		else if (token->kind == RS_STRING && (i == 0 || !rs_ends_operand(&token[-1])) &&
				 !(token[1].kind == RS_OPERATOR && strcmp(token[1].text, "::") == 0))
			string |= token->text != NULL && !may_be_summed(token->text);
	}
	if (in_case && result && string)
		*is_string = true;
	finish_sum(tokens, &pluses, &string);
	return i;
}

void
rs_operands(RsToken *tokens, int first, int end)
{
	(void) read_operands(tokens, first, end, false, NULL);
}

/* Is the AND at i that of a BETWEEN? */
static bool
is_between(const RsToken *tokens, int i)
{
	for (i--; i >= 0; i--)
	{
		if (tokens[i].kind == ')' || tokens[i].kind == ']')
			i = tokens[i].match >= 0 ? tokens[i].match : i;
		else if (tokens[i].kind == '(' || tokens[i].kind == ',' || tokens[i].kind == ';' ||
				 rs_match(&tokens[i], "and|or|where|on|having|when|qualify|select|then|else|case|by"))
			return false;
		else if (rs_is(&tokens[i], "between"))
			return true;
	}
	return false;
}

/*
 * Are tokens [first, end) all of an operand of a condition: is AND, OR or NOT on one side, or are they all of a
 * clause?
 */
static bool
is_condition(const RsToken *tokens, int first, int end)
{
	int			before = first - 1;
	int			behind = end;
	bool		logical;

	while (before >= 0 && tokens[before].kind == '(' && tokens[before].match == behind)
	{
		before--;
		behind++;
	}
	if (before < 0 || tokens[before].list)
		return false;
	logical = tokens[before].condition || rs_match(&tokens[before], "where|and|or|not|having|on|qualify") != 0;
	if (!(logical || (tokens[before].kind == '(' && rs_match(&tokens[behind], "and|or"))))
		return false;
	return (tokens[behind].kind == RS_END_OF_TEXT || tokens[behind].kind == ')' || tokens[behind].kind == ';' ||
			tokens[behind].kind == ',' ||
			rs_match(&tokens[behind], "and|or|group|order|having|limit|offset|union|except") ||
			rs_match(&tokens[behind], "intersect|minus|window|fetch|for|returning|where|from|then|else|end|as") ||
			rs_match(&tokens[behind], "qualify|connect|start|left|right|inner|full|cross|join|natural")) &&
		!(rs_is(&tokens[before], "and") && is_between(tokens, before));
}

int
rs_emit_condition(RsTranslator *translator, RsText *out, int i)
{
	const RsToken *token = &translator->tokens[i];

	if (!is_condition(translator->tokens, i, i + 1))
		return 0;
	rs_text_add(out, token->start, strspn(token->text, "0.") == strlen(token->text) ? "false" : "true");
	return 1;
}

int
rs_emit_call_end(RsTranslator *translator, RsText *out, int i)
{
	const RsToken *tokens = translator->tokens;
	int			name = tokens[i].match - 1;

	if (name <= 0 || tokens[name].kind != RS_WORD || tokens[name - 1].kind == '.' ||
		!rs_match(&tokens[name],
				  "bit_length|charindex|datediff|json_array_length|len|length|mod|octet_length|octetindex|"
				  "regexp_count|regexp_instr|strpos|textlen") ||
		!is_condition(tokens, name, i + 1))
		return 0;
	rs_copy(translator, out, i, i + 1);
	rs_text_add(out, tokens[i].end, " <> 0");
	return 1;
}
