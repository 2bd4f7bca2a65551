/*
 * lengths.c
 *	  varchar(n) and char(n) of n bytes, under redshift.dialect = redshift.
 *
 * PostgreSQL counts characters, in two functions that casts and assignments call when a query
 * is analysed.  Once a query of such a session is, calls of these are replaced by those of ours:
 * in everything that is analysed there, views and prepared statements too.  What is left of a
 * value is PostgreSQL's type, so that types, lengths and casts are shown as ever.
 *
 * As in Redshift a cast cuts, between characters, and an assignment fails unless blanks alone
 * are too many; char has ASCII only.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "core/settings.h"
#include "encoding/dictionary.h"
#include "fmgr.h"
#include "functions/collations.h"
#include "functions/functions.h"
#include "functions/lengths.h"
#include "mb/pg_wchar.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "parser/analyze.h"
#include "parser/parse_func.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "vector/kernel/kernel.h"
#include "vector/kernel/text.h"

static post_parse_analyze_hook_type next_post_parse_analyze = NULL;

/* ---------------------------------------------------------------------
 * Values
 * ---------------------------------------------------------------------
 */

/*
 * How many of the bytes fit; -1: an assignment has to fail.
 */
static int
fitting_bytes(const char *bytes, int size, int limit, bool cut)
{
	int			fit;

	if (size <= limit)
		return size;
	fit = pg_mbcliplen(bytes, size, limit);
	return cut || rs_stripped_length(bytes + fit, size - fit) == 0 ? fit : -1;
}

static int
check_fit(const char *bytes, int size, int limit, bool cut, const char *type)
{
	int			fit = fitting_bytes(bytes, size, limit, cut);

	if (fit < 0)
		ereport(ERROR,
				(errcode(ERRCODE_STRING_DATA_RIGHT_TRUNCATION),
				 errmsg("value too long for type %s(%d)", type, limit)));
	return fit;
}

PG_FUNCTION_INFO_V1(rs_varchar_bytes);
Datum
rs_varchar_bytes(PG_FUNCTION_ARGS)
{
	VarChar    *value = PG_GETARG_VARCHAR_PP(0);
	int			limit = PG_GETARG_INT32(1) - VARHDRSZ;
	int			size = VARSIZE_ANY_EXHDR(value);
	int			fit;

	if (limit < 0)
		PG_RETURN_VARCHAR_P(value);
	fit = check_fit(VARDATA_ANY(value), size, limit, PG_GETARG_BOOL(2), "character varying");
	if (fit == size)
		PG_RETURN_VARCHAR_P(value);
	PG_RETURN_TEXT_P(cstring_to_text_with_len(VARDATA_ANY(value), fit));
}

PG_FUNCTION_INFO_V1(rs_char_bytes);
Datum
rs_char_bytes(PG_FUNCTION_ARGS)
{
	BpChar	   *value = PG_GETARG_BPCHAR_PP(0);
	int			limit = PG_GETARG_INT32(1) - VARHDRSZ;
	int			size = VARSIZE_ANY_EXHDR(value);
	BpChar	   *result;
	int			fit;

	if (limit < 0)
		PG_RETURN_BPCHAR_P(value);
	fit = check_fit(VARDATA_ANY(value), size, limit, PG_GETARG_BOOL(2), "character");
	if (!rs_is_ascii(VARDATA_ANY(value), fit))
		ereport(ERROR,
				(errcode(ERRCODE_CHARACTER_NOT_IN_REPERTOIRE),
				 errmsg("CHAR string contains invalid ASCII character"),
				 errhint("Columns of type VARCHAR have any character.")));
	if (size == limit)
		PG_RETURN_BPCHAR_P(value);
	result = palloc(limit + VARHDRSZ);
	SET_VARSIZE(result, limit + VARHDRSZ);
	memcpy(VARDATA(result), VARDATA_ANY(value), fit);
	memset(VARDATA(result) + fit, ' ', limit - fit);
	PG_RETURN_BPCHAR_P(result);
}

/*
 * Kernel of the first.  What fails is left to the function.
 */
static RsVector *
varchar_kernel(RsExpr *expr, RsRows *rows, const RsVector **args)
{
	RsVector   *result;
	Datum	   *to;
	int			limit;
	bool		cut;
	uint32		i;

	if (!args[1]->constant || !args[2]->constant || rs_vector_is_null(args[1], 0) ||
		rs_vector_is_null(args[2], 0))
		return NULL;
	limit = ((int32 *) args[1]->data)[0] - VARHDRSZ;
	cut = ((uint8 *) args[2]->data)[0];
	if (limit < 0)
		return NULL;
	result = rs_vector_create(rows->arena, expr->type.form, rows->n);
	result->null = rs_null_union(rows, args, 1);
	to = result->data;
	for (i = 0; i < rows->n; i++)
	{
		const char *bytes;
		Size		size;
		int			fit;

		to[i] = (Datum) 0;
		if (result->null != NULL && result->null[i])
			continue;
		to[i] = ((Datum *) args[0]->data)[args[0]->constant ? 0 : i];
		bytes = rs_text_at(args[0], i, &size);
		if (size <= (Size) limit)
			continue;
		fit = fitting_bytes(bytes, (int) size, limit, cut);
		if (fit < 0)
			return NULL;
		memcpy(rs_text_create(rows->arena, fit, &to[i]), bytes, fit);
	}
	return result;
}

/* ---------------------------------------------------------------------
 * Queries
 * ---------------------------------------------------------------------
 */

/* Ours for PostgreSQL's, as far as they have been looked up. */
typedef struct Replacement
{
	Oid			varchar_bytes;
	Oid			char_bytes;
} Replacement;

/*
 * The function of that name; not there, if the extension is not in the database, the one
 * that it stands for.
 */
static Oid
find_function(char *name, Oid type, Oid instead)
{
	Oid			types[3] = {type, INT4OID, BOOLOID};
	Oid			function = LookupFuncName(list_make2(makeString("redshift"), makeString(name)), 3, types, true);

	return OidIsValid(function) ? function : instead;
}

static bool
replace_walker(Node *node, Replacement *replacement)
{
	if (node == NULL)
		return false;
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, replace_walker, replacement, 0);
	if (IsA(node, FuncExpr))
	{
		FuncExpr   *call = (FuncExpr *) node;

		if (call->funcid == F_VARCHAR_VARCHAR_INT4_BOOL)
		{
			if (!OidIsValid(replacement->varchar_bytes))
				replacement->varchar_bytes = find_function("varchar_bytes", VARCHAROID, call->funcid);
			call->funcid = replacement->varchar_bytes;
		}
		else if (call->funcid == F_BPCHAR_BPCHAR_INT4_BOOL)
		{
			if (!OidIsValid(replacement->char_bytes))
				replacement->char_bytes = find_function("char_bytes", BPCHAROID, call->funcid);
			call->funcid = replacement->char_bytes;
		}
	}
	return expression_tree_walker(node, replace_walker, replacement);
}

/* The query that a utility statement has analysed already. */
static Node *
query_below(Node *statement)
{
	if (statement == NULL)
		return NULL;
	switch (nodeTag(statement))
	{
		case T_ExplainStmt:
			return ((ExplainStmt *) statement)->query;
		case T_CreateTableAsStmt:
			return ((CreateTableAsStmt *) statement)->query;
		case T_DeclareCursorStmt:
			return ((DeclareCursorStmt *) statement)->query;
		default:
			return NULL;
	}
}

/*
 * Others first: they may put another query in this one's place.
 */
static void
post_parse_analyze(ParseState *pstate, Query *query, JumbleState *jstate)
{
	Replacement replacement = {InvalidOid, InvalidOid};
	Node	   *node = (Node *) query;

	if (next_post_parse_analyze)
		next_post_parse_analyze(pstate, query, jstate);
	if (rs_dialect != RS_DIALECT_REDSHIFT)
		return;
	while (node != NULL && IsA(node, Query) && ((Query *) node)->commandType == CMD_UTILITY)
		node = query_below(((Query *) node)->utilityStmt);
	if (node != NULL && IsA(node, Query))
	{
		replace_walker(node, &replacement);
		rs_disregard_case(node);
	}
}

static const RsFunctionKernel kernels[] = {
	{rs_varchar_bytes, varchar_kernel, 0},
	{NULL}
};

void
rs_lengths_init(void)
{
	rs_kernels_register(kernels);
	next_post_parse_analyze = post_parse_analyze_hook;
	post_parse_analyze_hook = post_parse_analyze;
}
