/*
 * stage_list.c
 *	  The stages of a distributed plan, in a plan.
 *
 * In a plan they are a list, so that they can be copied with it:
 *		whether the last stage runs on one node; the user; where each parameter comes
 *		from; the stages, each a list of SQL, numbers (kind, exchange, child, CTE, filters), keys,
 *		estimated rows, label, the leader's plan, restrictions of where it runs and where its
 *		rows go, how many values columns have.
 */
#include "postgres.h"

#include "mpp/cluster/key_values.h"
#include "mpp/execute/stages.h"
#include "nodes/value.h"

List *
rs_stages_to_list(List *stages, List *parameters, Oid userid, bool one_node)
{
	List	   *list = NIL;
	List	   *given = NIL;
	ListCell   *lc;

	foreach(lc, stages)
	{
		RsStage    *stage = lfirst(lc);
		List	   *numbers = list_make5_int(stage->to, stage->exchange, stage->child, stage->only_filters,
											 stage->filtered);

		numbers = list_concat(lappend_int(numbers, stage->cte), stage->filters);
		list = lappend(list,
					   list_concat(list_make5(makeString(stage->sql), numbers,
											  stage->keys, makeFloat(psprintf("%.0f", stage->rows)),
											  makeString(stage->label ? pstrdup(stage->label) : "")),
								   list_make5(stage->local, rs_key_shapes(stage->only), rs_key_shapes(stage->to_only),
											  stage->distinct, stage->numbers)));
	}
	foreach(lc, parameters)
		given = lappend_int(given, lfirst(lc) != NULL);
	return list_make4(makeInteger(one_node), list_make1_oid(userid), given, list);
}

List *
rs_stages_expressions(List *stages, List *parameters)
{
	List	   *expressions = NIL;
	ListCell   *lc;

	foreach(lc, parameters)
		if (lfirst(lc) != NULL)
			expressions = lappend(expressions, lfirst(lc));
	foreach(lc, stages)
	{
		expressions = list_concat(expressions, rs_key_expressions(((RsStage *) lfirst(lc))->only));
		expressions = list_concat(expressions, rs_key_expressions(((RsStage *) lfirst(lc))->to_only));
	}
	return expressions;
}

RsStage *
rs_stage_from_list(List *list)
{
	RsStage    *stage = palloc0(sizeof(RsStage));

	stage->sql = strVal(linitial(list));
	stage->to = linitial_int(lsecond(list));
	stage->exchange = lsecond_int(lsecond(list));
	stage->child = lthird_int(lsecond(list));
	stage->only_filters = lfourth_int(lsecond(list));
	stage->filtered = list_nth_int(lsecond(list), 4);
	stage->cte = list_nth_int(lsecond(list), 5);
	stage->filters = list_copy_tail(lsecond(list), 6);
	stage->keys = lthird(list);
	stage->rows = floatVal(lfourth(list));
	stage->label = strVal(list_nth(list, 4));
	stage->local = list_nth(list, 5);
	stage->only = list_nth(list, 6);
	stage->to_only = list_nth(list, 7);
	stage->distinct = list_nth(list, 8);
	stage->numbers = list_nth(list, 9);
	return stage;
}

bool
rs_stages_depend_at_last(List *stages, List *expressions, const Bitmapset *params)
{
	const RsStage *last = llast(stages);
	bool		depends = false;
	ListCell   *lc;

	if (last->only != NIL || last->numbers != NIL)
		return false;
	foreach(lc, stages)
		if (lfirst(lc) != last && ((const RsStage *) lfirst(lc))->cte == 0)
			return false;

	/* To compute a value that is only passed on cannot fail. */
	foreach(lc, expressions)
	{
		const Param *param = (const Param *) ((const ExprState *) lfirst(lc))->expr;
		bool		passed;

		if (!IsA(param, Param))
			return false;
		passed = param->paramkind == PARAM_EXEC && bms_is_member(param->paramid, params);
		if (!passed && param->paramkind != PARAM_EXTERN)
			return false;
		depends |= passed;
	}
	return depends;
}
