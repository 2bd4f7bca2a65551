/*
 * current_row.c
 *	  WHERE CURRENT OF a cursor over distributed tables: plan and executor node RsCursor.
 *
 * A cursor that may be named there reads, with its rows, where those of its tables are:
 * those that it locks FOR UPDATE or FOR SHARE, or, if it locks none, the only one that it
 * reads.  RsCursor stands above its plan, keeps that of the present row and gives the
 * cursor's own columns.  UPDATE and DELETE ask for it by functions that the leader
 * evaluates when they begin.
 *
 * Of a table that is on all nodes each copy of a row is elsewhere.  There the row itself
 * is kept: which of several that are the same does not matter.  UPDATE gives what it has
 * become, in case the cursor's row is named again.
 */
#include "postgres.h"

#include "access/sysattr.h"
#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_operator_d.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "mpp/change/modify.h"
#include "mpp/change/row_address.h"
#include "mpp/cluster/table.h"
#include "mpp/plan/system_columns.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/portal.h"
#include "utils/rel.h"

/* A table that a cursor stands in, by columns of its plan behind those of the cursor. */
typedef struct Position
{
	Oid			relid;			/* as the query names it */
	bool		everywhere;
	int			columns;		/* the first, from 0: table, and address or row */
	Oid			table;			/* now: the table of the row, InvalidOid: no row */
	Datum		value;			/* ... its address, or the row itself */
} Position;

typedef struct RsCursorState
{
	CustomScanState css;
	bool		locks;			/* FOR UPDATE or FOR SHARE */
	int			npositions;
	Position   *positions;
	MemoryContext row;			/* of the present one's values */
	PlanState  *query;
	MemoryContextCallback callback;
} RsCursorState;

/* Whose row the running UPDATE has asked for; NULL: it is gone. */
static RsCursorState *asked = NULL;
static Position *asked_position = NULL;

PG_FUNCTION_INFO_V1(rs_current_row);
PG_FUNCTION_INFO_V1(rs_current_table);
PG_FUNCTION_INFO_V1(rs_current_values);

static Node *create_state(CustomScan *scan);

const CustomScanMethods rs_cursor_methods = {
	.CustomName = "RsCursor",
	.CreateCustomScanState = create_state
};

/* ---------------------------------------------------------------------
 * Cursors
 * ---------------------------------------------------------------------
 */

static bool
is_everywhere(Oid relid)
{
	AttrNumber	key;

	return rs_table_spread(relid, &key) == RS_DIST_ALL;
}

/*
 * Can a row of this entry be told?  Nodes show where it is to who may read the table.
 */
static bool
can_tell(const Query *query, Index relation)
{
	const RangeTblEntry *entry = rt_fetch(relation, query->rtable);
	Oid			userid = OidIsValid(entry->checkAsUser) ? entry->checkAsUser : GetUserId();

	return entry->rtekind == RTE_RELATION && rs_table_target_is_distributed(entry->relid) &&
		pg_class_aclcheck(entry->relid, userid, ACL_SELECT) == ACLCHECK_OK;
}

/*
 * The relations (IntList) whose rows a cursor may be said to stand on; NIL: none.
 */
static List *
relations_to_tell(const Query *query)
{
	List	   *relations = NIL;
	RangeTblRef *only;
	ListCell   *lc;

	if (query->commandType != CMD_SELECT || query->utilityStmt != NULL || query->setOperations != NULL ||
		query->hasAggs || query->hasWindowFuncs || query->hasTargetSRFs || query->groupClause != NIL ||
		query->groupingSets != NIL || query->distinctClause != NIL || query->havingQual != NULL ||
		query->hasModifyingCTE || query->jointree->fromlist == NIL)
		return NIL;
	foreach(lc, query->rowMarks)
	{
		RowMarkClause *mark = lfirst_node(RowMarkClause, lc);

		/* Those of subqueries are listed here, too. */
		if (rt_fetch(mark->rti, query->rtable)->rtekind != RTE_RELATION)
			continue;
		if (!can_tell(query, mark->rti))
			return NIL;
		relations = lappend_int(relations, mark->rti);
	}
	only = linitial(query->jointree->fromlist);
	if (query->rowMarks == NIL && list_length(query->jointree->fromlist) == 1 && IsA(only, RangeTblRef) &&
		can_tell(query, only->rtindex))
		relations = list_make1_int(only->rtindex);
	return relations;
}

static void
add_column(Query *query, Expr *expr)
{
	query->targetList = lappend(query->targetList,
								makeTargetEntry(expr, list_length(query->targetList) + 1, NULL, true));
}

Query *
rs_cursor_query(Query *query, List **positions)
{
	List	   *relations = relations_to_tell(query);
	ListCell   *lc;

	*positions = NIL;
	if (relations == NIL)
		return query;
	query = copyObject(query);
	foreach(lc, relations)
	{
		Index		relation = lfirst_int(lc);
		RangeTblEntry *entry = rt_fetch(relation, query->rtable);
		bool		everywhere = is_everywhere(entry->relid);

		*positions = lappend(*positions, list_make3_oid(entry->relid, everywhere, list_length(query->targetList)));
		add_column(query, (Expr *) makeVar(relation, TableOidAttributeNumber, OIDOID, -1, InvalidOid, 0));
		add_column(query, everywhere ? (Expr *) makeWholeRowVar(entry, relation, 0, false) :
				   (Expr *) rs_row_address(relation));
	}
	return query;
}

void
rs_plan_cursor(PlannedStmt *result, List *positions, bool locks)
{
	CustomScan *scan = makeNode(CustomScan);
	List	   *child = result->planTree->targetlist;
	ListCell   *lc;

	if (ExecSupportsBackwardScan(result->planTree))
		scan->flags |= CUSTOMPATH_SUPPORT_BACKWARD_SCAN;
	scan->custom_private = list_make2(positions, makeInteger(locks));
	scan->methods = &rs_cursor_methods;
	rs_plan_wrap(result, scan);
	foreach(lc, child)
		if (lfirst_node(TargetEntry, lc)->resjunk)
			scan->scan.plan.targetlist = list_truncate(scan->scan.plan.targetlist,
													   Min(foreach_current_index(lc), list_length(scan->scan.plan.targetlist)));
}

/* ---------------------------------------------------------------------
 * The executor's node
 * ---------------------------------------------------------------------
 */

static void
keep_positions(RsCursorState *state, TupleTableSlot *slot)
{
	MemoryContext caller;
	int			i;

	MemoryContextReset(state->row);
	for (i = 0; i < state->npositions; i++)
		state->positions[i].table = InvalidOid;
	if (TupIsNull(slot))
		return;
	slot_getallattrs(slot);
	caller = MemoryContextSwitchTo(state->row);
	for (i = 0; i < state->npositions; i++)
	{
		Position   *position = &state->positions[i];
		int			n = position->columns;

		if (slot->tts_isnull[n] || slot->tts_isnull[n + 1])
			continue;
		position->table = DatumGetObjectId(slot->tts_values[n]);
		position->value = datumCopy(slot->tts_values[n + 1], !position->everywhere, position->everywhere ? -1 : 8);
	}
	MemoryContextSwitchTo(caller);
}

static TupleTableSlot *
exec(CustomScanState *css)
{
	RsCursorState *state = (RsCursorState *) css;
	TupleTableSlot *slot = ExecProcNode(state->query);
	ExprContext *econtext = css->ss.ps.ps_ExprContext;

	keep_positions(state, slot);
	if (TupIsNull(slot))
		return NULL;
	ResetExprContext(econtext);
	econtext->ecxt_scantuple = ExecCopySlot(css->ss.ss_ScanTupleSlot, slot);
	return css->ss.ps.ps_ProjInfo ? ExecProject(css->ss.ps.ps_ProjInfo) : econtext->ecxt_scantuple;
}

static void
forget_state(void *state)
{
	if (asked == state)
		asked = NULL;
}

static void
begin(CustomScanState *css, EState *estate, int eflags)
{
	RsCursorState *state = (RsCursorState *) css;
	CustomScan *scan = (CustomScan *) css->ss.ps.plan;
	List	   *positions = linitial(scan->custom_private);
	ListCell   *lc;

	state->callback.func = forget_state;
	state->callback.arg = state;
	MemoryContextRegisterResetCallback(estate->es_query_cxt, &state->callback);
	state->locks = intVal(lsecond(scan->custom_private));
	state->positions = palloc0(list_length(positions) * sizeof(Position));
	foreach(lc, positions)
	{
		Position   *position = &state->positions[state->npositions++];

		position->relid = linitial_oid(lfirst(lc));
		position->everywhere = lsecond_oid(lfirst(lc));
		position->columns = lthird_oid(lfirst(lc));
	}
	state->row = AllocSetContextCreate(CurrentMemoryContext, "redshift row of a cursor", ALLOCSET_SMALL_SIZES);
	state->query = ExecInitNode(linitial(scan->custom_plans), estate, eflags);
	css->custom_ps = list_make1(state->query);
}

static void
end(CustomScanState *css)
{
	ExecEndNode(((RsCursorState *) css)->query);
}

static void
rescan(CustomScanState *css)
{
	RsCursorState *state = (RsCursorState *) css;

	keep_positions(state, NULL);
	if (css->ss.ps.chgParam != NULL)
		UpdateChangedParamSet(state->query, css->ss.ps.chgParam);
	if (state->query->chgParam == NULL)
		ExecReScan(state->query);
}

static const CustomExecMethods exec_methods = {
	.CustomName = "RsCursor",
	.BeginCustomScan = begin,
	.ExecCustomScan = exec,
	.EndCustomScan = end,
	.ReScanCustomScan = rescan
};

static Node *
create_state(CustomScan *scan)
{
	RsCursorState *state = (RsCursorState *) newNode(sizeof(RsCursorState), T_CustomScanState);

	state->css.methods = &exec_methods;
	return (Node *) state;
}

/* ---------------------------------------------------------------------
 * Where a cursor stands
 * ---------------------------------------------------------------------
 */

static Portal
find_portal(const char *name)
{
	Portal		portal = GetPortalByName(name);

	if (!PortalIsValid(portal))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_CURSOR),
				 errmsg("cursor \"%s\" does not exist", name)));
	if (portal->strategy != PORTAL_ONE_SELECT)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_CURSOR_STATE),
				 errmsg("cursor \"%s\" is not a SELECT query", name)));
	if (portal->queryDesc == NULL || portal->queryDesc->estate == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_CURSOR_STATE),
				 errmsg("cursor \"%s\" is held from a previous transaction", name)));
	return portal;
}

/*
 * The position of a cursor in a table or, if that is partitioned, in its partitions;
 * NULL if its row is of another partition.
 */
static Position *
find_position(const char *name, Oid relid)
{
	Portal		portal = find_portal(name);
	RsCursorState *state = (RsCursorState *) portal->queryDesc->planstate;
	Position   *found = NULL;
	int			i;

	if (!IsA(state, CustomScanState) || state->css.methods != &exec_methods)
		state = NULL;
	for (i = 0; state != NULL && i < state->npositions; i++)
	{
		Position   *position = &state->positions[i];

		if (position->relid != relid && !list_member_oid(find_all_inheritors(position->relid, NoLock, NULL), relid) &&
			!list_member_oid(find_all_inheritors(relid, NoLock, NULL), position->relid))
			continue;
		if (found != NULL)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_CURSOR_STATE),
					 errmsg("cursor \"%s\" has multiple FOR UPDATE/SHARE references to table \"%s\"",
							name, get_rel_name(relid))));
		found = position;
	}
	if (found == NULL && (state != NULL ? state->locks : portal->queryDesc->estate->es_rowmarks != NULL))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_CURSOR_STATE),
				 errmsg("cursor \"%s\" does not have a FOR UPDATE/SHARE reference to table \"%s\"",
						name, get_rel_name(relid))));
	if (found == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_CURSOR_STATE),
				 errmsg("cursor \"%s\" is not a simply updatable scan of table \"%s\"",
						name, get_rel_name(relid))));
	if (portal->atStart || portal->atEnd)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_CURSOR_STATE),
				 errmsg("cursor \"%s\" is not positioned on a row", name)));
	if (!OidIsValid(found->table) || !list_member_oid(find_all_inheritors(relid, NoLock, NULL), found->table))
		return NULL;
	asked = state;
	asked_position = found;
	return found;
}

void
rs_cursor_row_changed(Datum row)
{
	MemoryContext caller;

	if (asked == NULL || !asked_position->everywhere)
		return;
	caller = MemoryContextSwitchTo(asked->row);
	asked_position->value = datumCopy(row, false, -1);
	MemoryContextSwitchTo(caller);
}

/*
 * redshift.current_row(cursor, table)
 */
Datum
rs_current_row(PG_FUNCTION_ARGS)
{
	const Position *position = find_position(text_to_cstring(PG_GETARG_TEXT_PP(0)), PG_GETARG_OID(1));

	if (position == NULL)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(position->value);
}

/*
 * redshift.current_table(cursor, table)
 */
Datum
rs_current_table(PG_FUNCTION_ARGS)
{
	const Position *position = find_position(text_to_cstring(PG_GETARG_TEXT_PP(0)), PG_GETARG_OID(1));

	if (position == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(quote_qualified_identifier(get_namespace_name(get_rel_namespace(position->table)),
																get_rel_name(position->table))));
}

/*
 * redshift.current_values(cursor, table, NULL::table)
 */
Datum
rs_current_values(PG_FUNCTION_ARGS)
{
	const Position *position;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_NULL();
	position = find_position(text_to_cstring(PG_GETARG_TEXT_PP(0)), PG_GETARG_OID(1));
	if (position == NULL)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(position->value);
}

/* ---------------------------------------------------------------------
 * Conditions
 * ---------------------------------------------------------------------
 */

typedef struct Current
{
	RsTextBuilder *builder;
	RangeTblEntry *target;
	bool		sublink;		/* a condition has become one */
} Current;

static Expr *
cursor_name(const CurrentOfExpr *current)
{
	Param	   *param = makeNode(Param);

	if (current->cursor_name != NULL)
		return (Expr *) makeConst(TEXTOID, -1, InvalidOid, -1, CStringGetTextDatum(current->cursor_name), false, false);
	param->paramkind = PARAM_EXTERN;
	param->paramid = current->cursor_param;
	param->paramtype = REFCURSOROID;
	param->paramtypmod = -1;
	param->location = -1;
	return (Expr *) makeRelabelType((Expr *) param, TEXTOID, -1, InvalidOid, COERCE_IMPLICIT_CAST);
}

static Expr *
of_table(Index relation, Expr *table)
{
	Var		   *own = rs_system_column_of_node(relation, TableOidAttributeNumber);
	Expr	   *oid = (Expr *) makeRelabelType(table, OIDOID, -1, InvalidOid, COERCE_IMPLICIT_CAST);
	Expr	   *condition = make_opclause(OpernameGetOprid(list_make1(makeString("=")), OIDOID, OIDOID), BOOLOID, false,
										  (Expr *) own, oid, InvalidOid, InvalidOid);

	set_opfuncid((OpExpr *) condition);
	return condition;
}

/*
 * (SELECT ctid FROM target WHERE its row *= value [AND its table is ...] LIMIT 1)
 */
static Expr *
same_row(const RangeTblEntry *target, Expr *value, Expr *table)
{
	Query	   *query = makeNode(Query);
	RangeTblEntry *entry = copyObject(unconstify(RangeTblEntry *, target));
	RangeTblRef *ref = makeNode(RangeTblRef);
	SubLink    *link = makeNode(SubLink);
	Var		   *own;
	Expr	   *condition;

	entry->alias = makeAlias("x", NIL);
	entry->inFromCl = true;
	entry->requiredPerms = ACL_SELECT;
	entry->securityQuals = NIL;
	ref->rtindex = 1;
	own = makeWholeRowVar(entry, 1, 0, false);
	condition = make_opclause(OpernameGetOprid(list_make1(makeString("*=")), RECORDOID, RECORDOID), BOOLOID, false,
							  (Expr *) own, value, InvalidOid, InvalidOid);
	set_opfuncid((OpExpr *) condition);
	query->commandType = CMD_SELECT;
	query->canSetTag = true;
	query->rtable = list_make1(entry);
	query->jointree = makeFromExpr(list_make1(ref), make_and_qual((Node *) condition, (Node *) of_table(1, table)));
	query->targetList = list_make1(makeTargetEntry((Expr *) rs_system_column_of_node(1, SelfItemPointerAttributeNumber),
													1, "ctid", false));
	query->limitCount = (Node *) makeConst(INT8OID, -1, InvalidOid, 8, Int64GetDatum(1), false, FLOAT8PASSBYVAL);
	link->subLinkType = EXPR_SUBLINK;
	link->subselect = (Node *) query;
	link->location = -1;
	return (Expr *) link;
}

static Node *
replace_current(Node *node, Current *current)
{
	Oid			relid = current->target->relid;
	Index		relation;
	Expr	   *name;
	Expr	   *oid;
	Expr	   *table;
	Expr	   *condition;

	if (node == NULL)
		return NULL;
	if (!IsA(node, CurrentOfExpr))
		return expression_tree_mutator(node, replace_current, current);
	relation = ((CurrentOfExpr *) node)->cvarno;
	name = cursor_name((CurrentOfExpr *) node);
	oid = (Expr *) makeConst(OIDOID, -1, InvalidOid, sizeof(Oid), ObjectIdGetDatum(relid), false, true);
	table = rs_own_function("current_table", list_make2(name, oid), TEXTOID);
	table = (Expr *) makeFuncExpr(F_REGCLASS, REGCLASSOID, list_make1(rs_text_parameter(current->builder, table)),
								  InvalidOid, InvalidOid, COERCE_EXPLICIT_CALL);
	if (is_everywhere(relid))
	{
		Oid			type = get_rel_type_id(relid);
		Expr	   *values = rs_own_function("current_values", list_make3(name, oid, makeNullConst(type, -1, InvalidOid)), type);
		Var		   *ctid = rs_system_column_of_node(relation, SelfItemPointerAttributeNumber);

		condition = make_opclause(TIDEqualOperator, BOOLOID, false, (Expr *) ctid,
								  same_row(current->target, (Expr *) rs_text_parameter(current->builder, values), table),
								  InvalidOid, InvalidOid);
		set_opfuncid((OpExpr *) condition);
		current->sublink = true;
	}
	else
		condition = rs_row_has_address(relation, table, (Expr *)
									   rs_text_parameter(current->builder,
														 rs_own_function("current_row", list_make2(name, oid), INT8OID)));
	if (current->target->relkind != RELKIND_PARTITIONED_TABLE)
		return (Node *) condition;
	return make_and_qual((Node *) condition, (Node *) of_table(relation, copyObject(table)));
}

static bool
contains_current_of(Node *node, void *context)
{
	return node != NULL &&
		(IsA(node, CurrentOfExpr) || expression_tree_walker(node, contains_current_of, context));
}

bool
rs_replace_current_of(Query *query, RsTextBuilder *builder)
{
	Current		current = {builder};

	if (!contains_current_of((Node *) query->jointree, NULL))
		return false;
	current.target = rt_fetch(query->resultRelation, query->rtable);
	query->jointree = (FromExpr *) replace_current((Node *) query->jointree, &current);
	query->hasSubLinks |= current.sublink;
	if (query->commandType != CMD_UPDATE || !is_everywhere(current.target->relid))
		return false;
	query->returningList = lappend(query->returningList,
								   makeTargetEntry((Expr *) makeWholeRowVar(current.target, query->resultRelation, 0, false),
												   list_length(query->returningList) + 1, "r", false));
	return true;
}
