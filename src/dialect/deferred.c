/*
 * deferred.c
 *	  Queries whose translation depends on the catalog.
 *
 * The translator leaves such a query to the backend as SELECT redshift.deferred('q').
 * When PostgreSQL has analysed a statement that is that call, or has it as the query of
 * EXPLAIN, CREATE TABLE AS or DECLARE CURSOR, the Query is replaced by that of q: q is
 * translated again, asking the catalog for columns, and analysed with the hooks of the
 * statement's own ParseState, so that it sees the same parameters.  Plans are cached by
 * the raw statement, which still is the call: it is analysed anew when PostgreSQL deems
 * the plan stale.  Views and prepared statements need nothing of their own: PostgreSQL
 * analyses their queries by themselves.
 *
 * Errors have a position in the translation.  It is mapped back to q, and from there to
 * the literal in the statement's text; if that is the endpoint's work, the endpoint maps
 * it on to what its client sent.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "core/schema.h"
#include "dialect/numbered_keys.h"
#include "dialect/session.h"
#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "parser/analyze.h"
#include "parser/parse_node.h"
#include "parser/parse_param.h"
#include "parser/parser.h"
#include "redshift_ext.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/queryjumble.h"

/* A deferred query being worked on. */
typedef struct Deferred
{
	ParseState *pstate;			/* of the statement that it stands in */
	const char *query;			/* in Redshift's SQL */
	int			location;		/* of its literal in the statement's text; -1: unknown */
	const RsTranslation *translation;	/* NULL: positions are those of query */

	/* While columns are asked for, positions are those of a text that ends with described. */
	const RsText *described;
	const char *text;
	int			before;			/* bytes before it */
} Deferred;

static post_parse_analyze_hook_type next_post_parse_analyze = NULL;

PG_FUNCTION_INFO_V1(rs_deferred);

/* What remains of a call that stands where no query can. */
Datum
rs_deferred(PG_FUNCTION_ARGS)
{
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("redshift.deferred() stands for a whole query"),
			 errhint("Use it as SELECT redshift.deferred('...'), with a literal, and load redshift_ext before.")));
}

/* The text that a query consisting of a call of redshift.deferred() stands for; else NULL. */
static const Const *
deferred_text(const Query *query)
{
	const TargetEntry *target;
	const FuncExpr *call;
	const Const *text;

	if (query->commandType != CMD_SELECT || query->rtable != NIL || query->cteList != NIL ||
		list_length(query->targetList) != 1 || query->jointree->quals != NULL ||
		query->sortClause != NIL || query->limitCount != NULL || query->limitOffset != NULL ||
		query->distinctClause != NIL || query->groupClause != NIL || query->havingQual != NULL)
		return NULL;
	target = linitial(query->targetList);
	call = (const FuncExpr *) target->expr;
	if (!IsA(call, FuncExpr) || list_length(call->args) != 1)
		return NULL;
	text = linitial(call->args);
	if (!IsA(text, Const) || text->constisnull || text->consttype != TEXTOID)
		return NULL;
	/* Names are compared last: few queries come so far. */
	if (strcmp(get_func_name(call->funcid), "deferred") != 0 ||
		get_func_namespace(call->funcid) != rs_extension_schema())
		return NULL;
	return text;
}

/*
 * The offset in a statement of an offset in the literal that begins at location, which
 * is '...' with quotes doubled or, begun with E, also backslashes.
 */
static int
statement_offset(const char *statement, int location, int offset)
{
	const char *at = statement + location;
	bool		escapes = *at == 'E' || *at == 'e';

	if (escapes)
		at++;
	if (*at != '\'')
		return location;
	at++;
	for (; offset > 0 && *at != '\0'; offset--)
		at += *at == '\'' || (escapes && *at == '\\') ? 2 : 1;
	return at - statement;
}

/* The byte offset of a position, in characters from 1, in a text. */
static int
offset_of(const char *text, int position)
{
	int			offset = 0;

	for (int i = 1; i < position && text[offset] != '\0'; i++)
		offset += pg_mblen(text + offset);
	return offset;
}

static void
map_position(void *arg)
{
	const Deferred *deferred = arg;
	const char *statement = deferred->pstate->p_sourcetext;
	int			position = geterrposition();
	int			offset;

	if (position <= 0)
		return;
	if (deferred->described != NULL)
	{
		offset = offset_of(deferred->text, position) - deferred->before;
		offset = offset < 0 ? -1 : rs_text_source(deferred->described, offset);
	}
	else if (deferred->translation != NULL)
		offset = offset_of(deferred->query, rs_user_position(deferred->translation, deferred->query, position));
	else
		offset = offset_of(deferred->query, position);
	if (offset < 0 || deferred->location < 0 || statement == NULL)
	{
		errposition(0);
		return;
	}
	offset = statement_offset(statement, deferred->location, offset);
	errposition(pg_mbstrlen_with_len(statement, offset) + 1);
}

/* A state for a text of ours that sees the parameters of the statement. */
static ParseState *
state_for(ParseState *pstate, const char *text)
{
	ParseState *state = make_parsestate(NULL);

	state->p_sourcetext = text;
	state->p_queryEnv = pstate->p_queryEnv;
	state->p_pre_columnref_hook = pstate->p_pre_columnref_hook;
	state->p_post_columnref_hook = pstate->p_post_columnref_hook;
	state->p_paramref_hook = pstate->p_paramref_hook;
	state->p_coerce_param_hook = pstate->p_coerce_param_hook;
	state->p_ref_hook_state = pstate->p_ref_hook_state;
	return state;
}

static Query *
analyze(ParseState *pstate, const char *text)
{
	ParseState *state = state_for(pstate, text);
	List	   *statements = raw_parser(text, RAW_PARSE_DEFAULT);
	Query	   *query;

	if (list_length(statements) != 1)
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR),
				 errmsg("redshift.deferred() takes one statement, not %d", list_length(statements))));
	query = transformTopLevelStmt(state, linitial(statements));

	/* Only parameters whose types are being found have this hook. */
	if (state->p_coerce_param_hook != NULL)
		check_variable_parameters(state, query);
	free_parsestate(state);
	return query;
}

/* RsDescribe, for the statement's deferred query. */
static List *
describe(void *arg, const char *with, const RsText *item, List **supers)
{
	Deferred   *deferred = arg;
	char	   *text = psprintf("%s SELECT * FROM %s", with, item->data.data);
	List	   *names = NIL;
	Query	   *query;
	ListCell   *lc;

	deferred->described = item;
	deferred->text = text;
	deferred->before = strlen(text) - item->data.len;
	query = analyze(deferred->pstate, text);
	deferred->described = NULL;
	foreach(lc, query->targetList)
	{
		const TargetEntry *target = lfirst(lc);

		if (target->resjunk)
			continue;
		names = lappend(names, pstrdup(target->resname));
		if (supers != NULL && exprType((Node *) target->expr) == JSONBOID)
			*supers = lappend(*supers, llast(names));
	}
	return names;
}

/* The Query that a call of redshift.deferred() with this text stands for. */
static Query *
deferred_query(ParseState *pstate, const Const *literal)
{
	Deferred	deferred = {pstate, TextDatumGetCString(literal->constvalue), literal->location};
	RsDialect	dialect = rs_session_dialect();
	ErrorContextCallback callback = {error_context_stack, map_position, &deferred};
	Query	   *query;

	check_stack_depth();
	error_context_stack = &callback;
	dialect.describe = describe;
	dialect.describe_arg = &deferred;
	deferred.translation = rs_translate(&dialect, deferred.query);
	query = analyze(pstate, deferred.translation->text.data.data);
	error_context_stack = callback.previous;
	return query;
}

/* Replace a Query that is such a call, or one that the statement has as its query. */
static bool
replace(ParseState *pstate, Query *query)
{
	const Const *text;
	Query	   *replacement;
	Node	  **below = NULL;

	if (query->commandType == CMD_UTILITY && query->utilityStmt != NULL)
	{
		if (IsA(query->utilityStmt, ExplainStmt))
			below = &((ExplainStmt *) query->utilityStmt)->query;
		else if (IsA(query->utilityStmt, CreateTableAsStmt))
			below = &((CreateTableAsStmt *) query->utilityStmt)->query;
		else if (IsA(query->utilityStmt, DeclareCursorStmt))
			below = &((DeclareCursorStmt *) query->utilityStmt)->query;
		return below != NULL && *below != NULL && IsA(*below, Query) && replace(pstate, (Query *) *below);
	}
	text = deferred_text(query);
	if (text == NULL)
		return false;
	replacement = deferred_query(pstate, text);
	replacement->stmt_location = query->stmt_location;
	replacement->stmt_len = query->stmt_len;
	replacement->querySource = query->querySource;
	replacement->canSetTag = query->canSetTag;
	*query = *replacement;
	return true;
}

static void
post_parse_analyze(ParseState *pstate, Query *query, JumbleState *jstate)
{
	if (replace(pstate, query))
	{
		/*
		 * Its identity is that of the query.  The places of its constants are in the
		 * translation, and that of the literal is no constant's: hooks are told of none,
		 * also those that are called after this one and have jstate.
		 */
		if (IsQueryIdEnabled())
		{
			query->queryId = UINT64CONST(0);
			JumbleQuery(query, pstate->p_sourcetext);
		}
		if (jstate != NULL)
			jstate->clocations_count = 0;
	}
	if (query->commandType == CMD_UTILITY)
		rs_name_key_columns(query);
	if (next_post_parse_analyze)
		next_post_parse_analyze(pstate, query, jstate);
}

void
rs_deferred_init(void)
{
	next_post_parse_analyze = post_parse_analyze_hook;
	post_parse_analyze_hook = post_parse_analyze;
}
