/*
 * fragment_text.c
 *	  Queries of stages as text that means the same in every session, and what of it only
 *	  the leader can tell.
 *
 * Parameters of a query, and stable functions without arguments from the rows (now(),
 * say), become parameters $n of the text; so do the names of exchanges.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "core/schema.h"
#include "mpp/execute/sequence_numbers.h"
#include "mpp/plan/system_columns.h"
#include "mpp/plan/tree_query.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "redshift_ext.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/ruleutils.h"

Node *
rs_text_parameter(RsTextBuilder *builder, Expr *expr)
{
	Param	   *param = makeNode(Param);
	ListCell   *lc;
	int			id = 0;

	param->paramkind = PARAM_EXTERN;
	param->paramtype = expr ? exprType((Node *) expr) : TEXTOID;
	param->paramtypmod = expr ? exprTypmod((Node *) expr) : -1;
	param->paramcollid = expr ? exprCollation((Node *) expr) : DEFAULT_COLLATION_OID;
	param->location = expr != NULL ? RS_TEXT_PARAMETER : RS_TEXT_NAME;
	foreach(lc, builder->parameters)
	{
		id++;
		if (expr != NULL && lfirst(lc) != NULL && equal(lfirst(lc), expr))
		{
			param->paramid = id;
			return (Node *) param;
		}
	}
	builder->parameters = lappend(builder->parameters, expr);
	param->paramid = list_length(builder->parameters);
	return (Node *) param;
}

static bool
any_column(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Var) || IsA(node, PlaceHolderVar) || IsA(node, Aggref) || IsA(node, WindowFunc) ||
		IsA(node, GroupingFunc) || IsA(node, SubLink) ||
		(IsA(node, Param) && ((Param *) node)->location <= RS_TEXT_PARAMETER))
		return true;
	return expression_tree_walker(node, any_column, context);
}

/*
 * Does each node have an answer of its own?
 */
static bool
is_of_node(Node *node)
{
	char	   *name = IsA(node, FuncExpr) ? get_func_name(((FuncExpr *) node)->funcid) : NULL;

	return name != NULL && strcmp(name, "has_slice_of") == 0 &&
		get_func_namespace(((FuncExpr *) node)->funcid) == rs_extension_schema();
}

bool
rs_text_is_leaders(Node *node)
{
	if (IsA(node, Param))
		return ((Param *) node)->paramkind != PARAM_SUBLINK && ((Param *) node)->location > RS_TEXT_PARAMETER;
	if (IsA(node, SQLValueFunction))
		return true;
	if (IsA(node, FuncExpr) || IsA(node, OpExpr) || IsA(node, CoerceViaIO))
		return !any_column(node, NULL) && contain_mutable_functions(node) && !contain_volatile_functions(node) &&
			!expression_returns_set(node) && !is_of_node(node);
	return false;
}

void
rs_text_portable_settings(void)
{
	(void) set_config_option("datestyle", "ISO", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	(void) set_config_option("intervalstyle", "postgres", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	(void) set_config_option("extra_float_digits", "3", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
}

void
rs_text_deparse(List *stages)
{
	OverrideSearchPath *path = GetOverrideSearchPath(CurrentMemoryContext);
	int			level = NewGUCNestLevel();
	ListCell   *lc;

	rs_text_portable_settings();
	list_free(path->schemas);
	path->schemas = NIL;
	path->addTemp = false;
	path->addCatalog = true;
	PushOverrideSearchPath(path);
	foreach(lc, stages)
	{
		RsStage    *stage = lfirst(lc);

		if (stage->query == NULL || stage->local != NULL)
		{
			stage->sql = pstrdup("");
			continue;
		}
		stage->sql = pg_get_querydef(rs_system_columns_at_node(stage->query), false);
		stage->numbers = rs_numbers_calls(stage->query);
	}
	PopOverrideSearchPath();
	AtEOXact_GUC(true, level);
}

char *
rs_text_fill_in(const char *sql, char **values)
{
	StringInfoData text;
	const char *p = sql;

	initStringInfo(&text);
	while (*p != '\0')
	{
		if (*p == '\'' || *p == '"')
		{
			const char *start = p;
			char		quote = *p;
			bool		escapes = quote == '\'' && p > sql && p[-1] == 'E';

			for (p++; *p != '\0' && *p != quote; p++)
				if (escapes && *p == '\\' && p[1] != '\0')
					p++;
			if (*p != '\0')
				p++;
			appendBinaryStringInfo(&text, start, p - start);
		}
		else if (*p == '$' && p[1] >= '1' && p[1] <= '9')
			appendStringInfoString(&text, values[strtol(p + 1, (char **) &p, 10) - 1]);
		else
			appendStringInfoChar(&text, *p++);
	}
	return text.data;
}

char *
rs_text_batch(const char *sql, char **values, List *given, int nvalues, List *batch)
{
	StringInfoData text;
	int			column = 0;
	ListCell   *lc;
	int			i;

	initStringInfo(&text);
	appendStringInfoString(&text, "SELECT redshift_values.n, redshift_rows.* FROM (VALUES ");
	foreach(lc, batch)
		appendStringInfo(&text, "%s(%d, %s)", foreach_current_index(lc) > 0 ? ", " : "", foreach_current_index(lc),
						 (char *) lfirst(lc));
	appendStringInfoString(&text, ") redshift_values(n");
	for (i = 1; i <= nvalues; i++)
		appendStringInfo(&text, ", p%d", i);
	foreach(lc, given)
		if (lfirst_int(lc))
			values[foreach_current_index(lc)] = psprintf("redshift_values.p%d", ++column);
	appendStringInfo(&text, "), LATERAL (%s) redshift_rows", rs_text_fill_in(sql, values));
	return text.data;
}
