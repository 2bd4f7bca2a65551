/*
 * window_aggregate.c
 *	  Any aggregate over frames, by states (aggregate_state.c).
 *
 * While frames only grow, the state of one group takes in rows as they enter, and its result
 * is taken at each step.  Each other frame is a group of its own: that is what PostgreSQL
 * does where there is no function to take rows out again, so the rows come in the same order
 * and sums of floats have the same digits.  Such groups are collected, and their rows handed
 * on together: rows (of the input) and groups side by side, as for GROUP BY.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/objectaccess.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "parser/parse_agg.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"
#include "vector/aggregate/aggregate_catalog.h"
#include "vector/window/window_functions.h"

/* Groups of one set of states. */
#define RS_MOST_FRAMES	1024

typedef struct Frames
{
	Aggref	   *aggref;
	RsVectorType *types;		/* of the arguments */
	MemoryContext context;		/* of the states */
	RsAggregate *states;		/* NULL: none yet */
	uint32		ngroups;
	/* the last group's frame, if it may grow */
	int64		partition;		/* -1: there is none */
	int64		start;
	int64		end;
	/* rows to be taken in, and their groups */
	int64	   *positions;
	uint32	   *groups;
	uint32		n;
	/* of the block: results, and those of the last groups not taken yet */
	RsColumnStore results;
	uint32		waiting;
} Frames;

/* ---------------------------------------------------------------------
 * The aggregate
 * ---------------------------------------------------------------------
 */

/*
 * As PostgreSQL's node decides.  It refuses functions whose state does not outlive asking
 * for the result, so those are left to it.
 */
bool
rs_window_uses_moving(const WindowAgg *node, const WindowFunc *function, bool *possible)
{
	HeapTuple	tuple;
	Form_pg_aggregate form = rs_aggregate_form(function->winfnoid, &tuple);
	bool		moving;

	if (!OidIsValid(form->aggminvtransfn))
		moving = false;
	else if (form->aggmfinalmodify == AGGMODIFY_READ_ONLY &&
			 form->aggfinalmodify != AGGMODIFY_READ_ONLY)
		moving = true;
	else
		moving = !(node->frameOptions & FRAMEOPTION_START_UNBOUNDED_PRECEDING) &&
			!contain_volatile_functions((Node *) function) &&
			!contain_subplans((Node *) function);
	*possible = (moving ? form->aggmfinalmodify : form->aggfinalmodify) == AGGMODIFY_READ_ONLY &&
		form->aggkind == AGGKIND_NORMAL;
	ReleaseSysCache(tuple);
	return moving;
}

/*
 * The aggregate as a plain one.
 */
static Aggref *
make_aggref(const WindowFunc *function)
{
	Aggref	   *aggref = makeNode(Aggref);
	HeapTuple	tuple;
	Oid			types[FUNC_MAX_ARGS];
	ListCell   *lc;

	aggref->aggfnoid = function->winfnoid;
	aggref->aggtype = function->wintype;
	aggref->aggcollid = function->wincollid;
	aggref->inputcollid = function->inputcollid;
	aggref->aggstar = function->winstar;
	aggref->aggkind = AGGKIND_NORMAL;
	aggref->aggsplit = AGGSPLIT_SIMPLE;
	aggref->aggtransno = aggref->aggno = 0;
	aggref->location = -1;
	foreach(lc, function->args)
	{
		AttrNumber	number = (AttrNumber) (foreach_current_index(lc) + 1);

		types[number - 1] = exprType(lfirst(lc));
		aggref->aggargtypes = lappend_oid(aggref->aggargtypes, types[number - 1]);
		aggref->args = lappend(aggref->args, makeTargetEntry(lfirst(lc), number, NULL, false));
	}
	aggref->aggtranstype =
		resolve_aggregate_transtype(function->winfnoid,
									rs_aggregate_form(function->winfnoid, &tuple)->aggtranstype, types,
									list_length(function->args));
	ReleaseSysCache(tuple);
	return aggref;
}

void
rs_window_check_aggregate(const RsWindowFunction *function)
{
	Oid			oid = function->node->winfnoid;
	bool		possible;
	HeapTuple	tuple;
	FormData_pg_aggregate form;
	Oid			owner;

	if (!rs_window_uses_moving(function->window, function->node, &possible))
	{
		rs_aggregate_check_access(make_aggref(function->node));
		return;
	}
	if (pg_proc_aclcheck(oid, GetUserId(), ACL_EXECUTE) != ACLCHECK_OK)
		aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_FUNCTION, get_func_name(oid));
	InvokeFunctionExecuteHook(oid);
	owner = rs_function_owner(oid);
	form = *rs_aggregate_form(oid, &tuple);
	ReleaseSysCache(tuple);
	rs_aggregate_check_part(form.aggmtransfn, owner);
	rs_aggregate_check_part(form.aggminvtransfn, owner);
	rs_aggregate_check_part(form.aggmfinalfn, owner);
}

/* ---------------------------------------------------------------------
 * States
 * ---------------------------------------------------------------------
 */

static void
drop_states(Frames *own)
{
	if (own->states != NULL)
		rs_aggregate_release(own->states);
	own->states = NULL;
	own->ngroups = 0;
	MemoryContextReset(own->context);
}

/*
 * Take in the rows that were collected.
 */
static void
take_rows(RsWindowFunction *function, const RsWindowBlock *block)
{
	Frames	   *own = function->own;
	const int64 *positions = own->positions;
	const uint32 *groups = own->groups;
	const RsVector **args;
	uint32		n = own->n;
	int			a;

	CHECK_FOR_INTERRUPTS();
	own->n = 0;
	if (n == 0)
		return;
	rs_arena_reset(block->scratch);
	MemoryContextReset(block->scratch_values);
	rs_window_rows_limit(block->rows);
	if (function->filter != NULL)
	{
		const RsVector *passes = rs_window_values(block->rows, function->filter, block->scratch,
												  block->scratch_values, positions, n);
		uint32	   *chosen = rs_arena_alloc(block->scratch, n * sizeof(uint32));
		int64	   *passed = rs_arena_alloc(block->scratch, n * sizeof(int64));
		uint32	   *passed_groups = rs_arena_alloc(block->scratch, n * sizeof(uint32));
		uint32		i;

		n = rs_true_rows(passes, n, chosen);
		for (i = 0; i < n; i++)
		{
			passed[i] = positions[chosen[i]];
			passed_groups[i] = groups[chosen[i]];
		}
		positions = passed;
		groups = passed_groups;
		if (n == 0)
			return;
	}
	args = rs_arena_alloc(block->scratch, Max(function->nargs, 1) * sizeof(RsVector *));
	for (a = 0; a < function->nargs; a++)
		args[a] = rs_window_values(block->rows, &function->args[a], block->scratch,
								   block->scratch_values, positions, n);
	rs_aggregate_update(own->states, block->scratch, args, function->nargs, groups, n);
}

/*
 * Results of the groups that wait.
 */
static void
take_results(RsWindowFunction *function, const RsWindowBlock *block)
{
	Frames	   *own = function->own;
	uint32		first = own->ngroups - own->waiting;
	uint32	   *groups;
	uint32		i;

	take_rows(function, block);
	if (own->waiting == 0)
		return;
	rs_arena_reset(block->scratch);
	MemoryContextReset(block->scratch_values);
	groups = rs_arena_alloc(block->scratch, own->waiting * sizeof(uint32));
	for (i = 0; i < own->waiting; i++)
		groups[i] = first + i;
	rs_column_store_append(&own->results,
						   rs_aggregate_result(own->states, own->aggref, NULL, block->scratch,
											   block->scratch_values, groups, own->waiting),
						   own->waiting, block->scratch_values);
	own->waiting = 0;
}

static void
collect(RsWindowFunction *function, const RsWindowBlock *block, int64 from, int64 to)
{
	Frames	   *own = function->own;

	for (; from < to; from++)
	{
		own->positions[own->n] = from;
		own->groups[own->n++] = own->ngroups - 1;
		if (own->n == RS_VECTOR_ROWS)
			take_rows(function, block);
	}
}

static void
begin_group(RsWindowFunction *function, const RsWindowBlock *block)
{
	Frames	   *own = function->own;

	if (own->ngroups == RS_MOST_FRAMES)
	{
		take_results(function, block);
		drop_states(own);
	}
	if (own->states == NULL)
		own->states = rs_aggregate_create(own->aggref, own->types, function->op->env.parent, true,
										  false, work_mem, own->context);
	rs_aggregate_grow(own->states, ++own->ngroups);
}

/*
 * Row i's frame, unlike that of the row before, into a group.
 */
static void
take_frame(RsWindowFunction *function, const RsWindowBlock *block, uint32 i)
{
	Frames	   *own = function->own;
	RsWindowRange ranges[3];
	int64		start = block->frame_start[i];
	int64		end = Max(block->frame_end[i], start);
	bool		excludes = block->options & FRAMEOPTION_EXCLUSION;
	int			n;
	int			r;

	if (!excludes && own->partition == block->partition_start[i] && own->start == start &&
		end >= own->end)
	{
		/* The result before this one is that of the same state. */
		take_results(function, block);
		collect(function, block, own->end, end);
	}
	else
	{
		begin_group(function, block);
		n = rs_window_ranges(block, i, ranges);
		for (r = 0; r < n; r++)
			collect(function, block, ranges[r].from, ranges[r].to);
	}
	own->partition = excludes ? -1 : block->partition_start[i];
	own->start = start;
	own->end = end;
	own->waiting++;
}

static void
compute(RsWindowFunction *function, const RsWindowBlock *block)
{
	Frames	   *own = function->own;
	uint32	   *numbers = rs_arena_alloc(block->arena, block->n * sizeof(uint32));
	uint32		nresults = 0;
	MemoryContext old = MemoryContextSwitchTo(block->scratch_values);
	uint32		i;

	rs_column_store_init(&own->results, &function->type, block->values);
	for (i = 0; i < block->n; i++)
	{
		if (!rs_window_same_frame(block, i))
		{
			take_frame(function, block, i);
			nresults++;
		}
		numbers[i] = nresults - 1;
	}
	take_results(function, block);
	MemoryContextSwitchTo(old);
	function->vector = rs_column_store_gather(&own->results, block->arena, numbers, block->n);
}

static int64
keep(RsWindowFunction *function, const RsWindowBlock *block)
{
	Frames	   *own = function->own;

	/* Beyond its end, the last frame has nothing to be read again unless it moves. */
	return rs_window_grows(block->options) ? own->end : rs_window_frame_keep(block);
}

static void
reset(RsWindowFunction *function)
{
	Frames	   *own = function->own;

	drop_states(own);
	own->partition = -1;
	own->n = own->waiting = 0;
}

static const RsWindowMethods methods = {.compute = compute, .keep = keep, .reset = reset};

bool
rs_window_aggregate_init(RsWindowFunction *function)
{
	MemoryContext parent = function->op->env.context;
	MemoryContext old;
	Frames	   *own;
	int			a;

	if (!function->node->winagg)
		return false;
	rs_window_check_aggregate(function);
	old = MemoryContextSwitchTo(parent);
	function->own = own = palloc0(sizeof(Frames));
	own->aggref = make_aggref(function->node);
	own->types = palloc(Max(function->nargs, 1) * sizeof(RsVectorType));
	for (a = 0; a < function->nargs; a++)
		own->types[a] = function->args[a].expr->type;
	own->context = AllocSetContextCreate(parent, "redshift window states", ALLOCSET_DEFAULT_SIZES);
	own->positions = palloc(RS_VECTOR_ROWS * sizeof(int64));
	own->groups = palloc(RS_VECTOR_ROWS * sizeof(uint32));
	own->partition = -1;
	function->needs = RS_NEED_FRAME;
	function->methods = &methods;
	MemoryContextSwitchTo(old);
	return true;
}
