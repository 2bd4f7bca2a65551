/*
 * token.c
 *	  SQL text as an array of tokens, cut by PostgreSQL's own scanner.
 *
 * Three things are Redshift's: names of temporary tables begin with #; words that are
 * keywords there only are words as all others; and a bracket that has no partner is no
 * error here, PostgreSQL's grammar will say so.
 */
#include "postgres.h"

#include "dialect/token.h"
#include "parser/scanner.h"
#include "utils/memutils.h"

/* Tokens of the core scanner, whose numbers scanner.h fixes. */
enum
{
	CORE_IDENT = 258, CORE_UIDENT, CORE_FCONST, CORE_SCONST, CORE_USCONST, CORE_BCONST, CORE_XCONST,
	CORE_OP, CORE_ICONST, CORE_PARAM
};

/* We number keywords by their place in PostgreSQL's list. */
#define FIRST_KEYWORD	1000

bool
rs_is_name(const RsToken *token)
{
	return token->kind == RS_QUOTED || token->kind == RS_TEMPORARY ||
		(token->kind == RS_WORD && token->category != RESERVED_KEYWORD);
}

bool
rs_ends_operand(const RsToken *token)
{
	static const char *const reserved_operands[] = {
		"current_catalog", "current_date", "current_role", "current_time", "current_timestamp",
		"current_user", "default", "end", "false", "localtime", "localtimestamp", "null", "session_user",
		"true", "user"
	};

	switch (token->kind)
	{
		case ')':
		case ']':
		case RS_QUOTED:
		case RS_TEMPORARY:
		case RS_STRING:
		case RS_NUMBER:
		case RS_PARAMETER:
			return true;
		case RS_WORD:
			if (token->category == RS_NOT_KEYWORD || token->category == UNRESERVED_KEYWORD ||
				token->category == COL_NAME_KEYWORD)
				return true;
			for (int i = 0; i < lengthof(reserved_operands); i++)
				if (rs_is(token, reserved_operands[i]))
					return true;
			return false;
		default:
			return false;
	}
}

/* Does a word, up to a blank or bracket, name a token ("a|b": one of them)? */
static bool
match_word(const RsToken *token, const char *word, int length)
{
	const char *end = word + length;

	if (token->kind != RS_WORD)
		return false;
	while (word < end)
	{
		const char *bar = word;

		while (bar < end && *bar != '|')
			bar++;
		if (token->end - token->start == bar - word && memcmp(token->text, word, bar - word) == 0)
			return true;
		word = bar + 1;
	}
	return false;
}

int
rs_match(const RsToken *token, const char *words)
{
	int			matched = 0;
	int			optional = -1;	/* tokens matched before the open [ */

	if (token->kind != RS_WORD)
		return 0;
	while (*words != '\0')
	{
		int			length = 0;

		if (*words == '[')
		{
			optional = matched;
			words++;
		}
		while (words[length] != ' ' && words[length] != ']' && words[length] != '\0')
			length++;
		if (match_word(&token[matched], words, length))
			words += length;
		else if (optional >= 0)
		{
			matched = optional - 1;
			words = strchr(words, ']');
		}
		else
			return 0;
		matched++;
		if (*words == ']')
		{
			optional = -1;
			words++;
		}
		if (*words == ' ')
			words++;
	}
	return matched;
}

/* Words after which a relation is named, and such that end this; NULL: neither. */
static const bool *
names_relations(const RsToken *token)
{
	static const bool yes = true,
				no = false;
	static const char *const before[] = {"from", "into", "join", "on", "only", "table", "update", "using"};
	static const char *const after[] = {"by", "having", "limit", "select", "set", "values", "where"};

	/* All of them are keywords. */
	if (token->kind != RS_WORD || token->category == RS_NOT_KEYWORD)
		return NULL;
	for (int i = 0; i < lengthof(before); i++)
		if (rs_is(token, before[i]))
			return &yes;
	for (int i = 0; i < lengthof(after); i++)
		if (rs_is(token, after[i]))
			return &no;
	return NULL;
}

/*
 * Cut the operator of "=#t.c": what is before # is given as a token, # remains.  As # and
 * t become one, there are no more tokens than before.
 */
static bool
cut_operator(RsToken *tokens, int i, RsToken *first)
{
	const char *operator = tokens[i].text;
	int			length = strlen(operator) - 1;

	if (tokens[i].kind != RS_OPERATOR || length < 1 || operator[length] != '#' ||
		(strcmp(operator, "<>#") != 0 && strcmp(operator, "<=#") != 0 && strcmp(operator, ">=#") != 0 &&
		 strcmp(operator, "!=#") != 0 && (length > 1 || strchr("=<>+-*/", *operator) == NULL)) ||
		tokens[i + 1].kind != RS_WORD || tokens[i + 1].start != tokens[i].end || tokens[i + 2].kind != '.')
		return false;
	*first = tokens[i];
	first->end--;
	first->kind = length == 1 ? *operator : RS_OPERATOR;
	first->text = pnstrdup(operator, length);
	tokens[i].start = first->end;
	tokens[i].text = "#";
	return true;
}

/*
 * Join "#" and the name right after it to one token, where a relation can be named or a
 * column of one (#t.c).  Elsewhere # is an operator.
 */
static void
join_temporary_names(RsToken *tokens, int *ntokens)
{
	bool		relations = true;
	int			n = 0;

	for (int i = 0; i < *ntokens; i++)
	{
		const bool *change = names_relations(&tokens[i]);

		RsToken		cut,
					token;

		if (change != NULL)
			relations = *change;
		if (cut_operator(tokens, i, &cut))
		{
			token = tokens[i];
			tokens[n++] = cut;
		}
		else
			token = tokens[i];
		tokens[n] = token;
		if (token.kind == RS_OPERATOR && strcmp(token.text, "#") == 0 && i + 1 < *ntokens &&
			tokens[i + 1].kind == RS_WORD && tokens[i + 1].start == token.end &&
			(relations || tokens[i + 2].kind == '.') &&
			(n == 0 || !rs_ends_operand(&tokens[n - 1]) || tokens[n - 1].category >= UNRESERVED_KEYWORD))
		{
			tokens[n].kind = RS_TEMPORARY;
			tokens[n].text = psprintf("#%s", tokens[i + 1].text);
			tokens[n].end = tokens[i + 1].end;
			i++;
		}
		n++;
	}
	*ntokens = n;
}

static void
match_brackets(RsToken *tokens, int ntokens)
{
	int			open = -1;		/* the innermost open bracket; its match: the one around it */

	for (int i = 0; i < ntokens; i++)
	{
		if (tokens[i].kind == '(' || tokens[i].kind == '[')
		{
			tokens[i].match = open;
			open = i;
		}
		else if ((tokens[i].kind == ')' || tokens[i].kind == ']') && open >= 0 &&
				 tokens[open].kind == (tokens[i].kind == ')' ? '(' : '['))
		{
			int			around = tokens[open].match;

			tokens[open].match = i;
			tokens[i].match = open;
			open = around;
		}
	}
	while (open >= 0)
	{
		int			around = tokens[open].match;

		tokens[open].match = -1;
		open = around;
	}
}

static void
set_kind(RsToken *token, int code, core_YYSTYPE *value, const char *sql, const ScanKeywordList *keywords)
{
	token->category = RS_NOT_KEYWORD;
	token->match = -1;
	token->node = NULL;
	token->condition = token->list = false;
	if (code >= FIRST_KEYWORD)
	{
		token->kind = RS_WORD;
		token->category = ScanKeywordCategories[code - FIRST_KEYWORD];
		token->text = GetScanKeyword(code - FIRST_KEYWORD, keywords);
		return;
	}
	switch (code)
	{
		case CORE_IDENT:
			token->kind = sql[token->start] == '"' ? RS_QUOTED : RS_WORD;
			token->text = value->str;
			break;
		case CORE_UIDENT:
			token->kind = RS_QUOTED;
			token->text = value->str;
			break;
		case CORE_SCONST:
		case CORE_USCONST:
		case CORE_BCONST:
		case CORE_XCONST:
			token->kind = RS_STRING;
			token->text = value->str;
			break;
		case CORE_FCONST:
		case CORE_ICONST:
			token->kind = RS_NUMBER;
			token->text = pnstrdup(sql + token->start, token->end - token->start);
			break;
		case CORE_PARAM:
			token->kind = RS_PARAMETER;
			token->text = pnstrdup(sql + token->start, token->end - token->start);
			break;
		default:
			token->kind = code < 256 ? code : RS_OPERATOR;
			token->text = code < 256 ? "" : pnstrdup(sql + token->start, token->end - token->start);
			break;
	}
}

RsToken *
rs_tokens(const char *sql, bool standard_conforming_strings, int *ntokens)
{
	core_yy_extra_type extra;
	core_yyscan_t scanner;
	core_YYSTYPE value;
	YYLTYPE		location = 0;
	const ScanKeywordList *keywords = &ScanKeywords;
	uint16	   *codes = palloc(keywords->num_keywords * sizeof(uint16));
	Size		space = 64;
	int			n = 0;
	RsToken    *tokens = palloc(space * sizeof(RsToken));

	for (int i = 0; i < keywords->num_keywords; i++)
		codes[i] = FIRST_KEYWORD + i;
	scanner = scanner_init(sql, &extra, keywords, codes);
	extra.standard_conforming_strings = standard_conforming_strings;
	extra.escape_string_warning = false;
	for (;;)
	{
		int			code = core_yylex(&value, &location, scanner);

		/* Room for this one and the end twice: who looks at tokens looks at the next too. */
		if (n + 3 > space)
		{
			space *= 2;
			tokens = repalloc_huge(tokens, space * sizeof(RsToken));
		}
		if (code == 0)
			break;
		/* The scanner ends its text behind the token while it is the last one. */
		tokens[n].start = location;
		tokens[n].end = location + strlen(extra.scanbuf + location);
		set_kind(&tokens[n], code, &value, sql, keywords);
		n++;
	}
	scanner_finish(scanner);
	for (int i = 0; i < 2; i++)
		tokens[n + i] = (RsToken)
		{
			RS_END_OF_TEXT, RS_NOT_KEYWORD, strlen(sql), strlen(sql), -1, ""
		};
	join_temporary_names(tokens, &n);
	for (int i = 0; i < 2; i++)
		tokens[n + i] = (RsToken)
		{
			RS_END_OF_TEXT, RS_NOT_KEYWORD, strlen(sql), strlen(sql), -1, ""
		};
	match_brackets(tokens, n);
	*ntokens = n;
	return tokens;
}
