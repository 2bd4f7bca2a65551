/*
 * window_moving.c
 *	  Aggregates over moving frames by their own functions: one takes rows in, another takes
 *	  them out again.
 *
 * This follows PostgreSQL's node step by step, since functions can be anybody's: where rows
 * are taken out, where the state begins anew (a frame that does not overlap the one before,
 * rows left out, a function that gives NULL), that the last row is not taken out but the
 * state made initial again.  The functions are called with a WindowAggState for context, of
 * which AggCheckCallContext() reads what is set here.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "parser/parse_agg.h"
#include "parser/parse_coerce.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/expandeddatum.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"
#include "vector/aggregate/aggregate_catalog.h"
#include "vector/window/window_functions.h"

typedef struct Moving
{
	WindowAggState *context;
	MemoryContext memory;		/* of the state */
	MemoryContext calls;		/* what functions leave behind */
	FunctionCallInfo add;
	FunctionCallInfo take_out;
	FunctionCallInfo finish;	/* NULL: the state is the result */
	int16		typlen;			/* of the state */
	bool		typbyval;
	Datum		initial;
	bool		initial_null;
	Datum		state;
	bool		state_null;
	int64		count;			/* rows in it */
	int64		partition;		/* -1: none yet */
	int64		base;			/* rows [base, end) are in the state */
	int64		end;
} Moving;

/* ---------------------------------------------------------------------
 * Setting up
 * ---------------------------------------------------------------------
 */

static FunctionCallInfo
prepare_call(const Moving *own, Oid function, int nargs, Expr *expr, Oid collation)
{
	FmgrInfo   *flinfo = palloc0(sizeof(FmgrInfo));
	FunctionCallInfo call = palloc0(SizeForFunctionCallInfo(nargs));

	fmgr_info(function, flinfo);
	fmgr_info_set_expr((Node *) expr, flinfo);
	InitFunctionCallInfoData(*call, flinfo, nargs, collation, (Node *) own->context, NULL);
	return call;
}

static void
prepare_calls(RsWindowFunction *function, Moving *own, const FormData_pg_aggregate *form,
			  Oid transtype, Oid *types)
{
	int			nargs = function->nargs;
	int			nfinal = form->aggmfinalextra ? nargs + 1 : 1;
	Oid			collation = function->node->inputcollid;
	Expr	   *add;
	Expr	   *take_out;
	Expr	   *finish;

	build_aggregate_transfn_expr(types, nargs, 0, false, transtype, collation, form->aggmtransfn,
								 form->aggminvtransfn, &add, &take_out);
	own->add = prepare_call(own, form->aggmtransfn, nargs + 1, add, collation);
	own->take_out = prepare_call(own, form->aggminvtransfn, nargs + 1, take_out, collation);
	if (OidIsValid(form->aggmfinalfn))
	{
		build_aggregate_finalfn_expr(types, nfinal, transtype, function->node->wintype, collation,
									 form->aggmfinalfn, &finish);
		own->finish = prepare_call(own, form->aggmfinalfn, nfinal, finish, collation);
	}
	if (own->add->flinfo->fn_strict && own->initial_null &&
		(nargs < 1 || !IsBinaryCoercible(types[0], transtype)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_FUNCTION_DEFINITION),
				 errmsg("aggregate %u needs to have compatible input type and transition type",
						function->node->winfnoid)));
	if (own->add->flinfo->fn_strict != own->take_out->flinfo->fn_strict)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_FUNCTION_DEFINITION),
				 errmsg("strictness of aggregate's forward and inverse transition functions must match")));
}

static Datum
initial_value(Datum value, Oid type)
{
	Oid			input;
	Oid			parameter;

	getTypeInputInfo(type, &input, &parameter);
	return OidInputFunctionCall(input, TextDatumGetCString(value), parameter, -1);
}

static Moving *
create(RsWindowFunction *function)
{
	Moving	   *own = palloc0(sizeof(Moving));
	WindowFunc *node = function->node;
	HeapTuple	tuple;
	FormData_pg_aggregate form = *rs_aggregate_form(node->winfnoid, &tuple);
	Oid			types[FUNC_MAX_ARGS];
	Oid			transtype;
	Datum		text;
	ListCell   *lc;

	foreach(lc, node->args)
		types[foreach_current_index(lc)] = exprType(lfirst(lc));
	transtype = resolve_aggregate_transtype(node->winfnoid, form.aggmtranstype, types,
											function->nargs);
	get_typlenbyval(transtype, &own->typlen, &own->typbyval);
	text = SysCacheGetAttr(AGGFNOID, tuple, Anum_pg_aggregate_aggminitval, &own->initial_null);
	if (!own->initial_null)
		own->initial = initial_value(text, transtype);
	ReleaseSysCache(tuple);
	own->context = makeNode(WindowAggState);
	own->context->ss.ps.state = function->op->env.parent->state;
	own->context->ss.ps.plan = (Plan *) function->window;
	own->memory = AllocSetContextCreate(function->op->env.context, "redshift window state",
										ALLOCSET_DEFAULT_SIZES);
	own->calls = AllocSetContextCreate(function->op->env.context, "redshift window calls",
									   ALLOCSET_DEFAULT_SIZES);
	own->partition = -1;
	prepare_calls(function, own, &form, transtype, types);
	return own;
}

/* ---------------------------------------------------------------------
 * The state
 * ---------------------------------------------------------------------
 */

static void
begin_state(Moving *own)
{
	MemoryContext old;

	MemoryContextReset(own->memory);
	old = MemoryContextSwitchTo(own->memory);
	own->state_null = own->initial_null;
	own->state = own->initial_null ? (Datum) 0 :
		datumCopy(own->initial, own->typbyval, own->typlen);
	own->count = 0;
	MemoryContextSwitchTo(old);
}

/*
 * Call one of the two functions, in the memory of calls; false if it gives NULL.
 */
static bool
call_transition(Moving *own, FunctionCallInfo call)
{
	Datum		result;

	call->args[0].value = own->state;
	call->args[0].isnull = own->state_null;
	call->isnull = false;
	own->context->curaggcontext = own->memory;
	result = FunctionCallInvoke(call);
	own->context->curaggcontext = NULL;
	if (call->isnull)
		return false;
	if (!own->typbyval && DatumGetPointer(result) != DatumGetPointer(own->state))
	{
		MemoryContext old = MemoryContextSwitchTo(own->memory);

		if (!DatumIsReadWriteExpandedObject(result, false, own->typlen) ||
			MemoryContextGetParent(DatumGetEOHP(result)->eoh_context) != own->memory)
			result = datumCopy(result, own->typbyval, own->typlen);
		if (!own->state_null)
		{
			if (DatumIsReadWriteExpandedObject(own->state, false, own->typlen))
				DeleteExpandedObject(own->state);
			else
				pfree(DatumGetPointer(own->state));
		}
		MemoryContextSwitchTo(old);
	}
	own->state = result;
	own->state_null = false;
	return true;
}

/*
 * Take in a row, whose arguments are set.
 */
static void
add_row(Moving *own)
{
	FunctionCallInfo call = own->add;
	int			a;

	if (call->flinfo->fn_strict)
	{
		for (a = 1; a < call->nargs; a++)
			if (call->args[a].isnull)
				return;
		if (own->count == 0 && own->state_null)
		{
			MemoryContext old = MemoryContextSwitchTo(own->memory);

			own->state = datumCopy(call->args[1].value, own->typbyval, own->typlen);
			own->state_null = false;
			own->count = 1;
			MemoryContextSwitchTo(old);
			return;
		}
	}
	if (!call_transition(own, call))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("moving-aggregate transition function must not return null")));
	own->count++;
}

/*
 * Take out the oldest row; false if the function cannot.
 */
static bool
take_out_row(Moving *own)
{
	FunctionCallInfo call = own->take_out;
	int			a;

	if (call->flinfo->fn_strict)
		for (a = 1; a < call->nargs; a++)
			if (call->args[a].isnull)
				return true;
	if (own->count == 1)
	{
		begin_state(own);
		return true;
	}
	if (own->state_null)
		elog(ERROR, "aggregate transition value is NULL before inverse transition");
	if (!call_transition(own, call))
		return false;
	own->count--;
	return true;
}

/*
 * Take rows [from, to) in, or out: false if one could not be.
 */
static bool
pass_rows(RsWindowFunction *function, const RsWindowBlock *block, int64 from, int64 to, bool add)
{
	Moving	   *own = function->own;
	FunctionCallInfo call = add ? own->add : own->take_out;
	const RsVector *args[FUNC_MAX_ARGS];
	int64	   *rows;
	MemoryContext old;
	bool		done = true;

	while (from < to && done)
	{
		uint32		n = (uint32) Min(to - from, RS_VECTOR_ROWS);
		const int64 *positions;
		uint32		i;
		int			a;

		CHECK_FOR_INTERRUPTS();
		rs_arena_reset(block->scratch);
		MemoryContextReset(block->scratch_values);
		rs_window_rows_limit(block->rows);
		rows = rs_arena_alloc(block->scratch, n * sizeof(int64));
		for (i = 0; i < n; i++)
			rows[i] = from + i;
		from += n;
		positions = rows;
		n = rs_window_filter(function, block, &positions, n);
		for (a = 0; a < function->nargs && n > 0; a++)
			args[a] = rs_window_values(block->rows, &function->args[a], block->scratch,
									   block->scratch_values, positions, n);
		old = MemoryContextSwitchTo(own->calls);
		for (i = 0; i < n && done; i++)
		{
			for (a = 0; a < function->nargs; a++)
				call->args[a + 1].value = rs_vector_datum(args[a], &function->args[a].expr->type, i,
														  &call->args[a + 1].isnull);
			if (add)
				add_row(own);
			else
				done = take_out_row(own);
			MemoryContextReset(own->calls);
		}
		MemoryContextSwitchTo(old);
	}
	return done;
}

static Datum
finish(RsWindowFunction *function, const RsWindowBlock *block, bool *isnull)
{
	Moving	   *own = function->own;
	FunctionCallInfo call = own->finish;
	MemoryContext old = MemoryContextSwitchTo(own->calls);
	Datum		value = MakeExpandedObjectReadOnly(own->state, own->state_null, own->typlen);
	int			a;

	*isnull = own->state_null;
	if (call != NULL)
	{
		call->args[0].value = value;
		call->args[0].isnull = own->state_null;
		for (a = 1; a < call->nargs; a++)
		{
			call->args[a].value = (Datum) 0;
			call->args[a].isnull = true;
		}
		*isnull = true;
		if (!call->flinfo->fn_strict || (!own->state_null && call->nargs == 1))
		{
			call->isnull = false;
			own->context->curaggcontext = own->memory;
			value = FunctionCallInvoke(call);
			own->context->curaggcontext = NULL;
			*isnull = call->isnull;
		}
	}
	MemoryContextSwitchTo(block->values);
	value = *isnull ? (Datum) 0 : datumCopy(value, function->type.typbyval, function->type.typlen);
	MemoryContextSwitchTo(old);
	MemoryContextReset(own->calls);
	return value;
}

/* ---------------------------------------------------------------------
 * Frames
 * ---------------------------------------------------------------------
 */

/*
 * Make the state that of row i's frame.
 */
static void
move_to(RsWindowFunction *function, const RsWindowBlock *block, uint32 i)
{
	Moving	   *own = function->own;
	int64		start = block->frame_start[i];
	int64		end = block->frame_end[i];
	RsWindowRange ranges[3];
	int			n;
	int			r;

	if (own->partition != block->partition_start[i] ||
		(block->options & FRAMEOPTION_EXCLUSION) || own->end <= start ||
		!pass_rows(function, block, own->base, start, false))
	{
		begin_state(own);
		n = rs_window_ranges(block, i, ranges);
		for (r = 0; r < n; r++)
			(void) pass_rows(function, block, ranges[r].from, ranges[r].to, true);
		own->end = Max(start, end);
	}
	else
	{
		(void) pass_rows(function, block, own->end, end, true);
		own->end = Max(own->end, end);
	}
	own->partition = block->partition_start[i];
	own->base = start;
}

static void
compute(RsWindowFunction *function, const RsWindowBlock *block)
{
	Datum	   *values = rs_arena_alloc(block->arena, block->n * sizeof(Datum));
	bool	   *isnull = rs_arena_alloc(block->arena, block->n * sizeof(bool));
	uint32		i;

	for (i = 0; i < block->n; i++)
	{
		if (rs_window_same_frame(block, i))
		{
			values[i] = values[i - 1];
			isnull[i] = isnull[i - 1];
			continue;
		}
		move_to(function, block, i);
		values[i] = finish(function, block, &isnull[i]);
	}
	function->vector = rs_vector_from_datums(block->arena, &function->type, values, isnull, block->n);
}

static int64
keep(RsWindowFunction *function, const RsWindowBlock *block)
{
	/* What is in the state has to be there to be taken out. */
	return Min(rs_window_frame_keep(block), ((Moving *) function->own)->base);
}

static void
reset(RsWindowFunction *function)
{
	((Moving *) function->own)->partition = -1;
}

static const RsWindowMethods methods = {.compute = compute, .keep = keep, .reset = reset};

bool
rs_window_moving_init(RsWindowFunction *function)
{
	MemoryContext old;
	bool		possible;

	if (!function->node->winagg ||
		!rs_window_uses_moving(function->window, function->node, &possible))
		return false;
	rs_window_check_aggregate(function);
	old = MemoryContextSwitchTo(function->op->env.context);
	function->own = create(function);
	function->needs = RS_NEED_FRAME;
	function->methods = &methods;
	MemoryContextSwitchTo(old);
	return true;
}
