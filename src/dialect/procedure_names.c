/*
 * procedure_names.c
 *	  Procedures that are named without the types of their OUT arguments.
 *
 * CREATE PROCEDURE makes OUT arguments at the end INOUT with a default (routine.c), so they are among
 * those that PostgreSQL knows a procedure by.  DROP, ALTER, COMMENT ON and GRANT may leave them out:
 * their types are added before the statement runs, if one procedure only is meant.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_proc.h"
#include "core/settings.h"
#include "dialect/dialect.h"
#include "nodes/makefuncs.h"
#include "parser/parse_func.h"
#include "parser/parse_type.h"
#include "tcop/utility.h"
#include "utils/syscache.h"

static ProcessUtility_hook_type next_process_utility = NULL;

/* The arguments of a procedure behind n, if all of them have defaults and are INOUT; NIL: not so. */
static List *
arguments_behind(Oid procedure, const Oid *types, int n)
{
	HeapTuple	tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(procedure));
	Form_pg_proc form = (Form_pg_proc) GETSTRUCT(tuple);
	List	   *behind = NIL;

	if (!HeapTupleIsValid(tuple))
		return NIL;
	if (form->prokind == PROKIND_PROCEDURE && form->pronargs > n && form->pronargs - form->pronargdefaults <= n &&
		memcmp(form->proargtypes.values, types, n * sizeof(Oid)) == 0)
		for (int i = n; i < form->pronargs; i++)
			behind = lappend(behind, makeTypeNameFromOid(form->proargtypes.values[i], -1));
	ReleaseSysCache(tuple);
	return behind;
}

static void
complete(ObjectWithArgs *object)
{
	Oid			types[FUNC_MAX_ARGS];
	int			n = 0;
	List	   *found = NIL;
	ListCell   *lc;

	if (object->args_unspecified || list_length(object->objargs) >= FUNC_MAX_ARGS)
		return;
	foreach(lc, object->objargs)
	{
		types[n] = LookupTypeNameOid(NULL, lfirst_node(TypeName, lc), true);
		if (!OidIsValid(types[n++]))
			return;
	}
	if (OidIsValid(LookupFuncName(object->objname, n, types, true)))
		return;
	for (FuncCandidateList candidate = FuncnameGetCandidates(object->objname, -1, NIL, false, false, false, true);
		 candidate != NULL; candidate = candidate->next)
	{
		List	   *behind = arguments_behind(candidate->oid, types, n);

		if (behind != NIL && found != NIL)
			return;
		if (behind != NIL)
			found = behind;
	}
	if (found == NIL)
		return;
	object->objargs = list_concat(object->objargs, found);
	/* Modes, if they were given, are those of less arguments. */
	object->objfuncargs = NIL;
}

static bool
is_procedure(ObjectType type)
{
	return type == OBJECT_PROCEDURE || type == OBJECT_ROUTINE;
}

/* The procedures that a statement names. */
static List *
named_procedures(Node *stmt)
{
	Node	   *object = NULL;
	ObjectType	type = OBJECT_TABLE;

	switch (nodeTag(stmt))
	{
		case T_DropStmt:
			return is_procedure(((DropStmt *) stmt)->removeType) ? ((DropStmt *) stmt)->objects : NIL;
		case T_GrantStmt:
			return is_procedure(((GrantStmt *) stmt)->objtype) && ((GrantStmt *) stmt)->targtype == ACL_TARGET_OBJECT ?
				((GrantStmt *) stmt)->objects : NIL;
		case T_RenameStmt:
			type = ((RenameStmt *) stmt)->renameType;
			object = ((RenameStmt *) stmt)->object;
			break;
		case T_AlterOwnerStmt:
			type = ((AlterOwnerStmt *) stmt)->objectType;
			object = ((AlterOwnerStmt *) stmt)->object;
			break;
		case T_AlterObjectSchemaStmt:
			type = ((AlterObjectSchemaStmt *) stmt)->objectType;
			object = ((AlterObjectSchemaStmt *) stmt)->object;
			break;
		case T_AlterFunctionStmt:
			type = ((AlterFunctionStmt *) stmt)->objtype;
			object = (Node *) ((AlterFunctionStmt *) stmt)->func;
			break;
		case T_CommentStmt:
			type = ((CommentStmt *) stmt)->objtype;
			object = ((CommentStmt *) stmt)->object;
			break;
		default:
			break;
	}
	return is_procedure(type) && object != NULL ? list_make1(object) : NIL;
}

static void
process_utility(PlannedStmt *pstmt, const char *queryString, bool readOnlyTree, ProcessUtilityContext context,
				ParamListInfo params, QueryEnvironment *queryEnv, DestReceiver *dest, QueryCompletion *qc)
{
	if (rs_dialect == RS_DIALECT_REDSHIFT && named_procedures(pstmt->utilityStmt) != NIL)
	{
		ListCell   *lc;

		if (readOnlyTree)
			pstmt = copyObject(pstmt);
		readOnlyTree = false;
		foreach(lc, named_procedures(pstmt->utilityStmt))
			if (IsA(lfirst(lc), ObjectWithArgs))
				complete(lfirst(lc));
	}
	(next_process_utility ? next_process_utility : standard_ProcessUtility) (pstmt, queryString, readOnlyTree, context,
																			  params, queryEnv, dest, qc);
}

void
rs_procedure_names_init(void)
{
	next_process_utility = ProcessUtility_hook;
	ProcessUtility_hook = process_utility;
}
