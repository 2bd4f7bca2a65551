/*
 * aggregate_generic.c
 *	  Any aggregate function, through its own transition functions.
 *
 * A state is what the transition function made of the rows of a group.  The
 * functions are called as PostgreSQL's own nodes call them: with an AggState for
 * context, of which those parts are set up that AggCheckCallContext(),
 * AggGetAggref(), AggGetTempMemoryContext(), AggStateIsShared() and
 * AggRegisterCallback() look at.
 *
 * States live in an ExprContext of the aggregate's own, which is freed with it
 * and runs callbacks that functions registered; what they leave behind in a call
 * is forgotten after each row.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/objectaccess.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "executor/nodeAgg.h"
#include "miscadmin.h"
#include "parser/parse_agg.h"
#include "parser/parse_coerce.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/expandeddatum.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"
#include "vector/aggregate/aggregate_catalog.h"
#include "vector/aggregate/aggregate_family.h"

/* What a group's state is; zero to begin with. */
typedef enum StateKind
{
	STATE_FRESH,				/* the initial value, not copied yet */
	STATE_NONE,					/* NULL: a strict function's first value becomes it */
	STATE_NULL,
	STATE_VALUE
} StateKind;

/* The final function of one of the aggregates that share the states. */
typedef struct Finish
{
	const Aggref *aggref;
	FunctionCallInfo call;		/* NULL: the state is the result */
	AggStatePerAggData peragg;
} Finish;

typedef struct Generic
{
	AggState   *context;
	AggStatePerTransData trans;
	Aggref	   *aggref;
	FormData_pg_aggregate form;
	Oid			types[FUNC_MAX_ARGS];	/* of all arguments */
	int			ntypes;
	Oid			transtype;
	int16		typlen;
	bool		typbyval;
	Datum		initial;
	bool		initial_null;
	int			nargs;			/* of the transition, beside the state */
	const RsVectorType *vector_types;
	FunctionCallInfo transition;
	FunctionCallInfo combination;	/* these are looked up when they are needed */
	FunctionCallInfo serialization;
	FunctionCallInfo deserialization;
	List	   *finishes;
	uint8	   *kinds;			/* of the states; the values are agg->ref */
} Generic;

bool
rs_generic_can_combine(const Aggref *aggref)
{
	HeapTuple	tuple;
	Form_pg_aggregate form = rs_aggregate_form(aggref->aggfnoid, &tuple);
	bool		result = OidIsValid(form->aggcombinefn) &&
		(form->aggtranstype != INTERNALOID ||
		 (OidIsValid(form->aggserialfn) && OidIsValid(form->aggdeserialfn)));

	ReleaseSysCache(tuple);
	return result;
}

void
rs_aggregate_check_access(const Aggref *aggref)
{
	HeapTuple	tuple;
	Form_pg_aggregate form;
	Oid			owner;
	AclResult	result = pg_proc_aclcheck(aggref->aggfnoid, GetUserId(), ACL_EXECUTE);

	if (result != ACLCHECK_OK)
		aclcheck_error(result, OBJECT_AGGREGATE, get_func_name(aggref->aggfnoid));
	InvokeFunctionExecuteHook(aggref->aggfnoid);
	owner = rs_function_owner(aggref->aggfnoid);
	form = rs_aggregate_form(aggref->aggfnoid, &tuple);
	if (DO_AGGSPLIT_COMBINE(aggref->aggsplit))
		rs_aggregate_check_part(form->aggcombinefn, owner);
	else
		rs_aggregate_check_part(form->aggtransfn, owner);
	if (!DO_AGGSPLIT_SKIPFINAL(aggref->aggsplit))
		rs_aggregate_check_part(form->aggfinalfn, owner);
	if (form->aggtranstype == INTERNALOID && DO_AGGSPLIT_SERIALIZE(aggref->aggsplit))
		rs_aggregate_check_part(form->aggserialfn, owner);
	if (form->aggtranstype == INTERNALOID && DO_AGGSPLIT_DESERIALIZE(aggref->aggsplit))
		rs_aggregate_check_part(form->aggdeserialfn, owner);
	ReleaseSysCache(tuple);
}

/* ---------------------------------------------------------------------
 * Calling functions
 * ---------------------------------------------------------------------
 */

/*
 * Set up calls of a function; expr tells it the types of its arguments.
 */
static FunctionCallInfo
prepare_call(RsAggregate *agg, Oid function, int nargs, Expr *expr, Oid collation)
{
	Generic    *own = agg->own;
	MemoryContext old = MemoryContextSwitchTo(agg->context);
	FmgrInfo   *flinfo = palloc0(sizeof(FmgrInfo));
	FunctionCallInfo call = palloc0(SizeForFunctionCallInfo(nargs));

	fmgr_info(function, flinfo);
	fmgr_info_set_expr((Node *) expr, flinfo);
	InitFunctionCallInfoData(*call, flinfo, nargs, collation, (Node *) own->context, NULL);
	MemoryContextSwitchTo(old);
	return call;
}

static MemoryContext
call_memory(const Generic *own)
{
	return own->context->tmpcontext->ecxt_per_tuple_memory;
}

static MemoryContext
state_memory(const Generic *own)
{
	return own->context->curaggcontext->ecxt_per_tuple_memory;
}

static void
copy_initial(Generic *own, Datum *value, uint8 *kind)
{
	MemoryContext old;

	if (own->initial_null)
	{
		*value = (Datum) 0;
		*kind = STATE_NONE;
		return;
	}
	old = MemoryContextSwitchTo(state_memory(own));
	*value = datumCopy(own->initial, own->typbyval, own->typlen);
	*kind = STATE_VALUE;
	MemoryContextSwitchTo(old);
}

/*
 * A new state by reference, to be kept in place of the one before; an expanded
 * object that the function put where states live stays as it is.
 */
static Datum
keep_state(Generic *own, Datum value, bool isnull, Datum before, bool before_null)
{
	MemoryContext old = MemoryContextSwitchTo(state_memory(own));

	if (isnull)
		value = (Datum) 0;
	else if (!DatumIsReadWriteExpandedObject(value, false, own->typlen) ||
			 MemoryContextGetParent(DatumGetEOHP(value)->eoh_context) != CurrentMemoryContext)
		value = datumCopy(value, false, own->typlen);
	if (!before_null)
	{
		if (DatumIsReadWriteExpandedObject(before, false, own->typlen))
			DeleteExpandedObject(before);
		else
			pfree(DatumGetPointer(before));
	}
	MemoryContextSwitchTo(old);
	return value;
}

/*
 * Call a transition or combination, whose arguments after the state are set, in
 * the memory of calls.
 */
static void
advance(RsAggregate *agg, FunctionCallInfo call, uint32 group)
{
	Generic    *own = agg->own;
	Datum	   *value = &agg->ref[group];
	uint8	   *kind = &own->kinds[group];
	Datum		result;
	int			a;

	if (*kind == STATE_FRESH)
		copy_initial(own, value, kind);
	if (call->flinfo->fn_strict)
	{
		for (a = 1; a < call->nargs; a++)
			if (call->args[a].isnull)
				return;
		if (*kind == STATE_NONE)
		{
			MemoryContext old = MemoryContextSwitchTo(state_memory(own));

			*value = datumCopy(call->args[1].value, own->typbyval, own->typlen);
			*kind = STATE_VALUE;
			MemoryContextSwitchTo(old);
			return;
		}
		if (*kind == STATE_NULL)
			return;
	}
	call->args[0].value = *value;
	call->args[0].isnull = *kind != STATE_VALUE;
	call->isnull = false;
	own->context->curpertrans = &own->trans;
	result = FunctionCallInvoke(call);
	own->context->curpertrans = NULL;
	if (!own->typbyval && DatumGetPointer(result) != DatumGetPointer(*value))
		result = keep_state(own, result, call->isnull, *value, *kind != STATE_VALUE);
	*value = result;
	*kind = call->isnull ? STATE_NULL : STATE_VALUE;
}

/* ---------------------------------------------------------------------
 * The operations
 * ---------------------------------------------------------------------
 */

static Datum
initial_value(Datum value, Oid type)
{
	Oid			input;
	Oid			parameter;
	char	   *string = TextDatumGetCString(value);

	getTypeInputInfo(type, &input, &parameter);
	return OidInputFunctionCall(input, string, parameter, -1);
}

/*
 * The context that the functions find in their calls.
 */
static AggState *
make_context(Generic *own, PlanState *parent, bool shared, MemoryContext memory)
{
	AggState   *context = makeNode(AggState);

	context->ss.ps.plan = parent->plan;
	context->ss.ps.state = parent->state;
	context->tmpcontext = CreateExprContext(parent->state);
	context->curaggcontext = CreateExprContext(parent->state);
	/* Counted with the rest of the states. */
	MemoryContextSetParent(context->curaggcontext->ecxt_per_tuple_memory, memory);
	context->aggcontexts = &context->curaggcontext;
	context->ss.ps.ps_ExprContext = context->tmpcontext;
	context->pertrans = &own->trans;
	context->numtrans = 1;
	own->trans.aggref = own->aggref;
	own->trans.aggshared = shared;
	own->trans.aggtranstype = own->transtype;
	own->trans.aggCollation = own->aggref->inputcollid;
	return context;
}

void
rs_generic_init(RsAggregate *agg, const Aggref *aggref, const RsVectorType *arguments,
				PlanState *parent, bool shared)
{
	Generic    *own = palloc0(sizeof(Generic));
	HeapTuple	tuple;
	Datum		text;
	Expr	   *expr;
	int			ndirect = list_length(aggref->aggdirectargs);

	agg->own = own;
	own->aggref = (Aggref *) aggref;
	own->form = *rs_aggregate_form(aggref->aggfnoid, &tuple);
	own->ntypes = get_aggregate_argtypes((Aggref *) aggref, own->types);
	own->transtype = aggref->aggtranstype;
	get_typlenbyval(own->transtype, &own->typlen, &own->typbyval);
	text = SysCacheGetAttr(AGGFNOID, tuple, Anum_pg_aggregate_agginitval, &own->initial_null);
	if (!own->initial_null)
		own->initial = initial_value(text, own->transtype);
	ReleaseSysCache(tuple);
	own->nargs = AGGKIND_IS_ORDERED_SET(aggref->aggkind) ? list_length(aggref->args) : own->ntypes;
	own->vector_types = arguments;
	own->context = make_context(own, parent, shared, agg->context);
	if (DO_AGGSPLIT_COMBINE(aggref->aggsplit))
		return;
	build_aggregate_transfn_expr(own->types, own->ntypes, ndirect, aggref->aggvariadic,
								 own->transtype, aggref->inputcollid, own->form.aggtransfn,
								 InvalidOid, &expr, NULL);
	own->transition = prepare_call(agg, own->form.aggtransfn, own->nargs + 1, expr,
								   aggref->inputcollid);
	if (own->transition->flinfo->fn_strict && own->initial_null &&
		(own->ntypes <= ndirect || !IsBinaryCoercible(own->types[ndirect], own->transtype)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_FUNCTION_DEFINITION),
				 errmsg("aggregate %u needs to have compatible input type and transition type",
						aggref->aggfnoid)));
}

static void
grow(RsAggregate *agg, uint32 capacity)
{
	Generic    *own = agg->own;

	agg->ref = rs_enlarge_states(agg, agg->ref, sizeof(Datum), capacity);
	own->kinds = rs_enlarge_states(agg, own->kinds, 1, capacity);
}

static void
update(RsAggregate *agg, RsArena *arena, const RsVector **args, const uint32 *groups, uint32 n)
{
	Generic    *own = agg->own;
	FunctionCallInfo call = own->transition;
	MemoryContext old = MemoryContextSwitchTo(call_memory(own));
	uint32		i;
	int			a;

	for (i = 0; i < n; i++)
	{
		for (a = 0; a < own->nargs; a++)
			call->args[a + 1].value = rs_vector_datum(args[a], &own->vector_types[a], i,
													  &call->args[a + 1].isnull);
		advance(agg, call, groups[i]);
		MemoryContextReset(CurrentMemoryContext);
	}
	MemoryContextSwitchTo(old);
}

static Finish *
find_finish(RsAggregate *agg, const Aggref *aggref)
{
	Generic    *own = agg->own;
	MemoryContext old;
	Finish	   *finish;
	HeapTuple	tuple;
	FormData_pg_aggregate form;
	ListCell   *lc;

	foreach(lc, own->finishes)
	{
		finish = lfirst(lc);
		if (finish->aggref == aggref)
			return finish;
	}
	form = *rs_aggregate_form(aggref->aggfnoid, &tuple);
	ReleaseSysCache(tuple);
	old = MemoryContextSwitchTo(agg->context);
	finish = palloc0(sizeof(Finish));
	finish->aggref = aggref;
	finish->peragg.aggref = (Aggref *) aggref;
	if (OidIsValid(form.aggfinalfn))
	{
		int			nargs = form.aggfinalextra ? own->ntypes + 1 :
			list_length(aggref->aggdirectargs) + 1;
		Expr	   *expr;

		build_aggregate_finalfn_expr(own->types, nargs, own->transtype, aggref->aggtype,
									 aggref->inputcollid, form.aggfinalfn, &expr);
		finish->call = prepare_call(agg, form.aggfinalfn, nargs, expr, aggref->inputcollid);
	}
	own->finishes = lappend(own->finishes, finish);
	MemoryContextSwitchTo(old);
	return finish;
}

static Datum
result(RsAggregate *agg, const RsAggregateResult *wanted, uint32 group, bool *isnull)
{
	Generic    *own = agg->own;
	Finish	   *finish = find_finish(agg, wanted->aggref);
	FunctionCallInfo call = finish->call;
	Datum		value;
	bool		any_null;
	int			ndirect = list_length(wanted->aggref->aggdirectargs);
	int			a;

	if (own->kinds[group] == STATE_FRESH)
		copy_initial(own, &agg->ref[group], &own->kinds[group]);
	*isnull = any_null = own->kinds[group] != STATE_VALUE;
	value = MakeExpandedObjectReadOnly(agg->ref[group], *isnull, own->typlen);
	if (call == NULL)
		return value;
	call->args[0].value = value;
	call->args[0].isnull = *isnull;
	for (a = 1; a < call->nargs; a++)
	{
		call->args[a].value = (Datum) 0;
		call->args[a].isnull = true;
		if (a <= ndirect)
			call->args[a] = wanted->direct[a - 1];
		any_null |= call->args[a].isnull;
	}
	*isnull = true;
	if (call->flinfo->fn_strict && any_null)
		return (Datum) 0;
	call->isnull = false;
	own->context->curperagg = &finish->peragg;
	value = FunctionCallInvoke(call);
	own->context->curperagg = NULL;
	*isnull = call->isnull;
	return value;
}

/*
 * A value of the state's type as a varlena, and back.
 */
static Datum
wrap(const Generic *own, Datum value)
{
	Size		size;
	bytea	   *bytes;

	if (own->typlen == -1)
		return PointerGetDatum(PG_DETOAST_DATUM(value));
	size = own->typbyval ? sizeof(Datum) : datumGetSize(value, false, own->typlen);
	bytes = palloc(VARHDRSZ + size);
	SET_VARSIZE(bytes, VARHDRSZ + size);
	memcpy(VARDATA(bytes), own->typbyval ? (void *) &value : DatumGetPointer(value), size);
	return PointerGetDatum(bytes);
}

static Datum
unwrap(const Generic *own, Datum wrapped)
{
	Size		size;
	char	   *copy;
	Datum		value;

	if (own->typlen == -1)
		return wrapped;
	size = VARSIZE_ANY_EXHDR(DatumGetPointer(wrapped));
	if (own->typbyval)
	{
		memcpy(&value, VARDATA_ANY(DatumGetPointer(wrapped)), sizeof(Datum));
		return value;
	}
	copy = palloc(size);
	memcpy(copy, VARDATA_ANY(DatumGetPointer(wrapped)), size);
	return PointerGetDatum(copy);
}

/*
 * Every group has a state for the other process, if only NULL.
 */
static Datum
flatten(RsAggregate *agg, uint32 group, RsFlatState *flat)
{
	Generic    *own = agg->own;
	FunctionCallInfo call;
	Expr	   *expr;
	Datum		value;

	flat->count = 1;
	if (own->kinds[group] == STATE_FRESH)
		copy_initial(own, &agg->ref[group], &own->kinds[group]);
	if (own->transtype != INTERNALOID)
		return own->kinds[group] == STATE_VALUE ? wrap(own, agg->ref[group]) : (Datum) 0;
	if (own->serialization == NULL)
	{
		build_aggregate_serialfn_expr(own->form.aggserialfn, &expr);
		own->serialization = prepare_call(agg, own->form.aggserialfn, 1, expr, InvalidOid);
	}
	call = own->serialization;
	call->args[0].value = agg->ref[group];
	call->args[0].isnull = own->kinds[group] != STATE_VALUE;
	if (call->args[0].isnull && call->flinfo->fn_strict)
		return (Datum) 0;
	call->isnull = false;
	value = FunctionCallInvoke(call);
	return call->isnull ? (Datum) 0 : PointerGetDatum(PG_DETOAST_DATUM(value));
}

static void
prepare_combination(RsAggregate *agg)
{
	Generic    *own = agg->own;
	Oid			types[] = {own->transtype, own->transtype};
	Expr	   *expr;

	if (!OidIsValid(own->form.aggcombinefn))
		elog(ERROR, "aggregate %u has no function that combines states", own->aggref->aggfnoid);
	build_aggregate_transfn_expr(types, 2, list_length(own->aggref->aggdirectargs),
								 own->aggref->aggvariadic, own->transtype,
								 own->aggref->inputcollid, own->form.aggcombinefn, InvalidOid,
								 &expr, NULL);
	own->combination = prepare_call(agg, own->form.aggcombinefn, 2, expr,
									own->aggref->inputcollid);
	if (own->transtype != INTERNALOID)
		return;
	if (own->combination->flinfo->fn_strict)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_FUNCTION_DEFINITION),
				 errmsg("combine function with transition type %s must not be declared STRICT",
						format_type_be(own->transtype))));
	build_aggregate_deserialfn_expr(own->form.aggdeserialfn, &expr);
	own->deserialization = prepare_call(agg, own->form.aggdeserialfn, 2, expr, InvalidOid);
	own->deserialization->args[1].isnull = false;
}

static void
combine(RsAggregate *agg, uint32 group, const RsFlatState *flat, Datum value)
{
	Generic    *own = agg->own;
	FunctionCallInfo call;
	MemoryContext old = MemoryContextSwitchTo(call_memory(own));
	NullableDatum *argument;

	if (own->combination == NULL)
		prepare_combination(agg);
	argument = &own->combination->args[1];
	argument->isnull = !flat->has_value;
	argument->value = (Datum) 0;
	call = own->deserialization;
	if (call != NULL && (flat->has_value || !call->flinfo->fn_strict))
	{
		call->args[0].value = value;
		call->args[0].isnull = !flat->has_value;
		call->isnull = false;
		argument->value = FunctionCallInvoke(call);
		argument->isnull = call->isnull;
	}
	else if (call == NULL && flat->has_value)
		argument->value = unwrap(own, value);
	advance(agg, own->combination, group);
	MemoryContextSwitchTo(old);
	MemoryContextReset(call_memory(own));
}

static void
clear(RsAggregate *agg)
{
	Generic    *own = agg->own;

	ReScanExprContext(own->context->curaggcontext);
	memset(own->kinds, STATE_FRESH, agg->capacity);
}

static void
release(RsAggregate *agg)
{
	Generic    *own = agg->own;

	FreeExprContext(own->context->curaggcontext, true);
	FreeExprContext(own->context->tmpcontext, true);
}

static Size
memory(const RsAggregate *agg)
{
	return MemoryContextMemAllocated(state_memory(agg->own), true);
}

const RsAggregateFamily rs_generic_family = {
	.grow = grow,
	.update = update,
	.result = result,
	.flatten = flatten,
	.combine = combine,
	.clear = clear,
	.release = release,
	.memory = memory,
	.width = sizeof(Datum) + 1
};
