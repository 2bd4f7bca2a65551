/*
 * type_name.c
 *	  Names of types.
 */
#include "postgres.h"

#include "dialect/type_name.h"

typedef struct TypeName
{
	const char *words;			/* see rs_match() */
	const char *name;			/* here; NULL: the same */
	const char *alone;			/* a column's without a length; NULL: name */
	int			max;			/* what MAX means as its length; 0: it has no MAX */
	bool		no_length;		/* here it has none */
	const char *refused;
} TypeName;

/* Longer ones before those that they begin with. */
static const TypeName types[] = {
	{"character varying", "varchar", "varchar(256)", 65535},
	{"char varying", "varchar", "varchar(256)", 65535},
	{"national character varying|national char varying", "varchar", "varchar(256)", 65535},
	{"varchar|nvarchar", "varchar", "varchar(256)", 65535},
	{"text", NULL, "varchar(256)"},
	{"bpchar", NULL, "char(256)"},
	{"character|char|nchar", "char", NULL, 4096},
	{"binary varying", "bytea", NULL, 0, true},
	{"varbyte|varbinary", "bytea", NULL, 0, true},
	{"super", "jsonb"},
	{"hllsketch", "redshift.hllsketch"},
	{"numeric|decimal|dec", NULL, "numeric(18, 0)"},
	{"datetime", "timestamp"},
	{"geometry|geography", NULL, NULL, 0, false, "Spatial types are not supported."},
};

static const TypeName *
find_type(const RsToken *token, int *words)
{
	for (int i = 0; i < lengthof(types); i++)
	{
		*words = rs_match(token, types[i].words);
		if (*words > 0)
			return &types[i];
	}
	*words = 0;
	return NULL;
}

/* A length in brackets: its tokens. */
static int
length_of_brackets(const RsToken *token)
{
	int			n = 1;

	if (token->kind != '(')
		return 0;
	while (token[n].kind == RS_NUMBER || token[n].kind == ',' || token[n].kind == '-' || rs_is(&token[n], "max"))
		n++;
	return token[n].kind == ')' ? n + 1 : 0;
}

/*
 * Words that PostgreSQL's grammar has behind a type's first one.
 */
static int
more_words(const RsToken *token)
{
	int			n = 1;

	if (rs_is(token, "double") && rs_is(&token[1], "precision"))
		return 2;
	if (rs_is(token, "bit") && rs_is(&token[1], "varying"))
		return 2 + length_of_brackets(&token[2]);
	if (rs_is(token, "interval"))
	{
		n += length_of_brackets(&token[1]);
		n += rs_match(&token[n], "year|month|day|hour|minute|second [to] [month|hour|minute|second]");
		return n + length_of_brackets(&token[n]);
	}
	while (token[n].kind == '.' && rs_is_name(&token[n + 1]))
		n += 2;
	n += length_of_brackets(&token[n]);
	if (rs_is(token, "time") || rs_is(token, "timestamp"))
		n += rs_match(&token[n], "with|without time zone");
	return n;
}

int
rs_type_length(const RsToken *token)
{
	int			n;

	if (!rs_is_name(token))
		return 0;
	if (find_type(token, &n) != NULL)
		n += length_of_brackets(&token[n]);
	else
		n = more_words(token);
	while (token[n].kind == '[' && token[n].match >= 0)
		n += token[n + 1].kind == ']' ? 2 : 3;
	return n;
}

char *
rs_type_translate(const RsToken *token, bool column, const char **refused)
{
	int			n;
	const TypeName *type = find_type(token, &n);

	*refused = NULL;
	if (type == NULL)
		return NULL;
	*refused = type->refused;
	if (type->refused != NULL)
		return NULL;
	if (token[n].kind != '(' || length_of_brackets(&token[n]) == 0)
	{
		/* Redshift has no arrays: their types are PostgreSQL's. */
		if (column && token[n].kind != '[' && !rs_is(&token[n], "array") && type->alone != NULL)
			return pstrdup(type->alone);
		return type->name == NULL || rs_is(token, type->name) ? NULL : pstrdup(type->name);
	}
	if (type->no_length)
		return pstrdup(type->name);
	if (rs_is(&token[n + 1], "max") && type->max > 0)
		return psprintf("%s(%d)", type->name, type->max);
	if (type->name == NULL || rs_is(token, type->name) || token[n + 1].kind != RS_NUMBER)
		return NULL;
	return psprintf("%s(%s)", type->name, token[n + 1].text);
}
