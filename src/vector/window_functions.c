/*
 * window_functions.c
 *	  Window functions over the rows of a chunk.
 *
 * Ranks are counted, and lag(), first_value() and the like become row numbers, by
 * which arguments are gathered.  count, sum and avg of integers and numerics are
 * differences of running sums in 128 bits, whatever the frame; where numerics do not
 * fit they are added by PostgreSQL's function.  Every other aggregate runs over
 * frames that begin with the partition: its state (aggregate_state.c) takes in rows as
 * the frame grows.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/objectaccess.h"
#include "catalog/pg_aggregate.h"
#include "catalog/pg_type.h"
#include "encoding/numeric.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parse_agg.h"
#include "utils/acl.h"
#include "utils/datum.h"
#include "utils/fmgroids.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/numeric.h"
#include "utils/syscache.h"
#include "vector/aggregate_state.h"
#include "vector/window_functions.h"

/* A row that there is none of. */
#define RS_NO_ROW	PG_UINT32_MAX

typedef enum WindowKind
{
	WINDOW_NONE,				/* not ours */
	WINDOW_ROW_NUMBER,
	WINDOW_RANK,
	WINDOW_DENSE_RANK,
	WINDOW_PERCENT_RANK,
	WINDOW_CUME_DIST,
	WINDOW_NTILE,
	WINDOW_LAG,					/* lead: of the negative offset */
	WINDOW_FIRST,
	WINDOW_LAST,
	WINDOW_NTH,
	WINDOW_COUNT,
	WINDOW_SUM,
	WINDOW_AVG,
	WINDOW_AGGREGATE			/* by its states */
} WindowKind;

struct RsWindowFunction
{
	WindowFunc *node;
	WindowKind	kind;
	PlanState  *parent;
	int64		offset;			/* of lag; of nth_value, ntile: the number */
	RsExpr	   *argument;		/* NULL: none */
	RsExpr	   *otherwise;		/* lag's default; NULL: none */
	RsColumnStore values;
	RsColumnStore defaults;
	RsVectorType type;			/* of the result */
	Aggref	   *aggref;
	/* what earlier chunks leave for a partition that goes on */
	MemoryContext carried;
	int64		row_number;
	int64		rank;
	int64		count;
	int128		sum;			/* of integers */
	Datum		numeric_sum;	/* of numerics; count is 0: none */
	/* of the chunk */
	uint32		first;
	RsVector	result;			/* from its first row on, unless */
	uint32	   *rows;			/* they are rows of */
	const RsColumnStore *source;
	bool		has_default;	/* for RS_NO_ROW */
};

/* ---------------------------------------------------------------------
 * What can be taken
 * ---------------------------------------------------------------------
 */

static bool
whole_partition(const WindowAgg *node)
{
	int			options = node->frameOptions;

	if (!(options & FRAMEOPTION_START_UNBOUNDED_PRECEDING))
		return false;
	return (options & FRAMEOPTION_END_UNBOUNDED_FOLLOWING) ||
		((options & FRAMEOPTION_END_CURRENT_ROW) && !(options & FRAMEOPTION_ROWS) &&
		 node->ordNumCols == 0);
}

static bool
grows_only(const WindowAgg *node)
{
	return (node->frameOptions & FRAMEOPTION_START_UNBOUNDED_PRECEDING) &&
		(node->frameOptions & (FRAMEOPTION_END_CURRENT_ROW | FRAMEOPTION_END_UNBOUNDED_FOLLOWING));
}

/* A constant above zero, or any if a least is given. */
static bool
constant_number(Node *node, int64 least, int64 *value)
{
	Const	   *constant = (Const *) node;

	if (!IsA(node, Const) || constant->constisnull || constant->consttype != INT4OID)
		return false;
	*value = DatumGetInt32(constant->constvalue);
	return *value >= least;
}

/*
 * A value that can be looked at for any row: PostgreSQL would for few of them only.
 */
static bool
plain(Node *node)
{
	while (IsA(node, RelabelType))
		node = (Node *) ((RelabelType *) node)->arg;
	return IsA(node, Const) || (IsA(node, Var) && ((Var *) node)->varattno > 0);
}

static WindowKind
exact_kind(Oid function)
{
	switch (function)
	{
		case F_COUNT_:
		case F_COUNT_ANY:
			return WINDOW_COUNT;
		case F_SUM_INT2:
		case F_SUM_INT4:
		case F_SUM_INT8:
		case F_SUM_NUMERIC:
			return WINDOW_SUM;
		case F_AVG_INT2:
		case F_AVG_INT4:
		case F_AVG_INT8:
		case F_AVG_NUMERIC:
			return WINDOW_AVG;
		default:
			return WINDOW_AGGREGATE;
	}
}

/*
 * May its result be asked for again and again?  PostgreSQL refuses others itself.
 */
static bool
reads_its_state(Oid function)
{
	HeapTuple	tuple = SearchSysCache1(AGGFNOID, ObjectIdGetDatum(function));
	bool		result;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for aggregate %u", function);
	result = ((Form_pg_aggregate) GETSTRUCT(tuple))->aggfinalmodify == AGGMODIFY_READ_ONLY &&
		((Form_pg_aggregate) GETSTRUCT(tuple))->aggkind == AGGKIND_NORMAL;
	ReleaseSysCache(tuple);
	return result;
}

static WindowKind
aggregate_kind(const WindowAgg *node, const WindowFunc *function)
{
	WindowKind	kind = exact_kind(function->winfnoid);
	Node	   *argument = function->args != NIL ? linitial(function->args) : NULL;

	if (function->aggfilter != NULL || list_length(function->args) > 1 ||
		contain_volatile_functions(argument) || !reads_its_state(function->winfnoid))
		return WINDOW_NONE;
	if (!grows_only(node) && (kind == WINDOW_AGGREGATE || (argument != NULL && !plain(argument))))
		return WINDOW_NONE;
	return kind;
}

static WindowKind
find_kind(const WindowAgg *node, const WindowFunc *function, int64 *offset)
{
	List	   *args = function->args;
	int			sign = 1;

	*offset = 1;
	if (function->winagg)
		return aggregate_kind(node, function);
	if (function->aggfilter != NULL || (args != NIL && !plain(linitial(args))))
		return WINDOW_NONE;
	switch (function->winfnoid)
	{
		case F_ROW_NUMBER:
			return WINDOW_ROW_NUMBER;
		case F_RANK_:
			return WINDOW_RANK;
		case F_DENSE_RANK_:
			return WINDOW_DENSE_RANK;
		case F_PERCENT_RANK_:
			return WINDOW_PERCENT_RANK;
		case F_CUME_DIST_:
			return WINDOW_CUME_DIST;
		case F_NTILE:
			return constant_number(linitial(args), 1, offset) ? WINDOW_NTILE : WINDOW_NONE;
		case F_LEAD_ANYELEMENT:
		case F_LEAD_ANYELEMENT_INT4:
		case F_LEAD_ANYCOMPATIBLE_INT4_ANYCOMPATIBLE:
			sign = -1;
			/* FALLTHROUGH */
		case F_LAG_ANYELEMENT:
		case F_LAG_ANYELEMENT_INT4:
		case F_LAG_ANYCOMPATIBLE_INT4_ANYCOMPATIBLE:
			if ((list_length(args) > 1 && !constant_number(lsecond(args), PG_INT32_MIN, offset)) ||
				(list_length(args) > 2 && !plain(lthird(args))))
				return WINDOW_NONE;
			*offset *= sign;
			return WINDOW_LAG;
		case F_FIRST_VALUE:
			return WINDOW_FIRST;
		case F_LAST_VALUE:
			return WINDOW_LAST;
		case F_NTH_VALUE:
			return constant_number(lsecond(args), 1, offset) ? WINDOW_NTH : WINDOW_NONE;
		default:
			return WINDOW_NONE;
	}
}

bool
rs_window_function_supported(const WindowAgg *node, const WindowFunc *function)
{
	int64		offset;

	return find_kind(node, function, &offset) != WINDOW_NONE;
}

bool
rs_window_function_streams(const WindowAgg *node, const WindowFunc *function)
{
	int64		offset;

	switch (find_kind(node, function, &offset))
	{
		case WINDOW_ROW_NUMBER:
			return true;
		case WINDOW_RANK:
		case WINDOW_DENSE_RANK:
			return node->ordNumCols > 0;
		case WINDOW_COUNT:
		case WINDOW_SUM:
		case WINDOW_AVG:
			return grows_only(node) && !whole_partition(node);
		default:
			return false;
	}
}

bool
rs_window_function_needs_peers(const WindowAgg *node, const WindowFunc *function)
{
	return function->winagg && !(node->frameOptions & FRAMEOPTION_ROWS);
}

/* ---------------------------------------------------------------------
 * Setting up
 * ---------------------------------------------------------------------
 */

/*
 * The aggregate as a plain one.
 */
static Aggref *
make_aggref(WindowFunc *function)
{
	Aggref	   *aggref = makeNode(Aggref);
	HeapTuple	tuple = SearchSysCache1(AGGFNOID, ObjectIdGetDatum(function->winfnoid));
	Oid			types[FUNC_MAX_ARGS];
	ListCell   *lc;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for aggregate %u", function->winfnoid);
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
		types[foreach_current_index(lc)] = exprType(lfirst(lc));
		aggref->aggargtypes = lappend_oid(aggref->aggargtypes, exprType(lfirst(lc)));
		aggref->args = lappend(aggref->args,
							   makeTargetEntry(lfirst(lc),
											   (AttrNumber) (foreach_current_index(lc) + 1), NULL, false));
	}
	aggref->aggtranstype =
		resolve_aggregate_transtype(function->winfnoid,
									((Form_pg_aggregate) GETSTRUCT(tuple))->aggtranstype, types,
									list_length(function->args));
	ReleaseSysCache(tuple);
	return aggref;
}

RsWindowFunction *
rs_window_function_create(RsOperator *op, const WindowAgg *node, WindowFunc *function)
{
	MemoryContext old = MemoryContextSwitchTo(op->env.context);
	RsWindowFunction *result = palloc0(sizeof(RsWindowFunction));

	result->node = function;
	result->kind = find_kind(node, function, &result->offset);
	result->parent = op->env.parent;
	rs_vector_type_init(&result->type, function->wintype);
	if (function->winagg)
	{
		result->aggref = make_aggref(function);
		rs_aggregate_check_access(result->aggref);
	}
	else
	{
		if (pg_proc_aclcheck(function->winfnoid, GetUserId(), ACL_EXECUTE) != ACLCHECK_OK)
			aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_FUNCTION, get_func_name(function->winfnoid));
		InvokeFunctionExecuteHook(function->winfnoid);
	}
	if (function->args != NIL && result->kind != WINDOW_NTILE)
		result->argument = rs_expr_compile(&op->env, linitial(function->args));
	if (result->kind == WINDOW_LAG && list_length(function->args) > 2)
		result->otherwise = rs_expr_compile(&op->env, lthird(function->args));
	result->carried = AllocSetContextCreate(op->env.context, "redshift window function",
											ALLOCSET_SMALL_SIZES);
	MemoryContextSwitchTo(old);
	return result;
}

RsWindowFunction *
rs_window_function_clone(const RsWindowFunction *function)
{
	RsWindowFunction *clone = palloc(sizeof(RsWindowFunction));

	*clone = *function;
	return clone;
}

void
rs_window_function_reset(RsWindowFunction *function)
{
	MemoryContextReset(function->carried);
	function->row_number = function->rank = function->count = 0;
	function->sum = 0;
	function->numeric_sum = (Datum) 0;
}

void
rs_window_function_begin(RsWindowFunction *function, MemoryContext context)
{
	if (function->argument != NULL)
		rs_column_store_init(&function->values, &function->argument->type, context);
	if (function->otherwise != NULL)
		rs_column_store_init(&function->defaults, &function->otherwise->type, context);
}

void
rs_window_function_append(RsWindowFunction *function, RsRows *rows)
{
	if (function->argument != NULL)
		rs_column_store_append(&function->values, rs_expr_eval(function->argument, rows), rows->n,
							   rows->values);
	if (function->otherwise != NULL)
		rs_column_store_append(&function->defaults, rs_expr_eval(function->otherwise, rows), rows->n,
							   rows->values);
}

void
rs_window_function_copy(RsWindowFunction *to, RsArena *arena, MemoryContext scratch,
						const RsWindowFunction *from, const uint32 *rows, uint32 n)
{
	if (to->argument != NULL)
		rs_column_store_append(&to->values, rs_column_store_gather(&from->values, arena, rows, n), n,
							   scratch);
	if (to->otherwise != NULL)
		rs_column_store_append(&to->defaults,
							   rs_column_store_gather(&from->defaults, arena, rows, n), n, scratch);
}

/* ---------------------------------------------------------------------
 * Ranks
 * ---------------------------------------------------------------------
 */

static void *
result_array(RsWindowFunction *function, const RsWindowChunk *chunk, RsForm form)
{
	Size		n = chunk->end - chunk->first;

	memset(&function->result, 0, sizeof(RsVector));
	function->result.form = form;
	function->result.data = MemoryContextAllocHuge(chunk->context, n * rs_form_width(form));
	function->rows = NULL;
	return function->result.data;
}

static void
count_ranks(RsWindowFunction *function, const RsWindowChunk *chunk)
{
	int64	   *result = result_array(function, chunk, RS_FORM_I64);
	int64		row_number = function->row_number;
	int64		rank = function->rank;
	uint32		i;

	for (i = chunk->first; i < chunk->end; i++)
	{
		if (chunk->partition_start[i] == i && !(chunk->continued && i == chunk->first))
			row_number = rank = 0;
		row_number++;
		if (chunk->new_peers[i] || row_number == 1)
			rank = function->kind == WINDOW_RANK ? row_number : rank + 1;
		result[i - chunk->first] = function->kind == WINDOW_ROW_NUMBER ? row_number : rank;
	}
	function->row_number = row_number;
	function->rank = rank;
}

static void
compute_distribution(RsWindowFunction *function, const RsWindowChunk *chunk)
{
	float8	   *result = result_array(function, chunk, RS_FORM_F64);
	uint32		i;

	for (i = chunk->first; i < chunk->end; i++)
	{
		uint32		start = chunk->partition_start[i];
		uint32		n = chunk->partition_end[i] - start;

		if (function->kind == WINDOW_CUME_DIST)
			result[i - chunk->first] = (float8) (chunk->peer_end[i] - start) / (float8) n;
		else
			result[i - chunk->first] = n <= 1 ? 0.0 :
				(float8) (chunk->peer_start[i] - start) / (float8) (n - 1);
	}
}

static void
compute_ntile(RsWindowFunction *function, const RsWindowChunk *chunk)
{
	int32	   *result = result_array(function, chunk, RS_FORM_I32);
	uint32		i;

	for (i = chunk->first; i < chunk->end; i++)
	{
		int64		n = chunk->partition_end[i] - chunk->partition_start[i];
		int64		row = i - chunk->partition_start[i];
		int64		size = n / function->offset;
		/* So many buckets have one row more. */
		int64		larger = n % function->offset;
		int64		in_larger = larger * (size + 1);

		result[i - chunk->first] = (int32) (row < in_larger ? row / (size + 1) + 1 :
											larger + (row - in_larger) / Max(size, 1) + 1);
	}
}

/* ---------------------------------------------------------------------
 * Values of other rows
 * ---------------------------------------------------------------------
 */

static void
find_rows(RsWindowFunction *function, const RsWindowChunk *chunk)
{
	uint32		n = chunk->end - chunk->first;
	uint32	   *rows = MemoryContextAllocHuge(chunk->context, n * sizeof(uint32));
	uint32		i;

	for (i = chunk->first; i < chunk->end; i++)
	{
		int64		row;
		int64		low = chunk->frame_start[i];
		int64		high = chunk->frame_end[i];

		switch (function->kind)
		{
			case WINDOW_LAG:
				row = (int64) i - function->offset;
				low = chunk->partition_start[i];
				high = chunk->partition_end[i];
				break;
			case WINDOW_FIRST:
				row = low;
				break;
			case WINDOW_LAST:
				row = high - 1;
				break;
			default:
				row = low + function->offset - 1;
		}
		rows[i - chunk->first] = row >= low && row < high ? (uint32) row : RS_NO_ROW;
	}
	function->rows = rows;
	function->source = &function->values;
	function->has_default = function->otherwise != NULL;
}

/* ---------------------------------------------------------------------
 * Sums
 * ---------------------------------------------------------------------
 */

/* Running sums: of rows [0, i) at i. */
typedef struct RunningSums
{
	int64	   *counts;			/* of values that are not NULL */
	int128	   *sums;
} RunningSums;

/*
 * False if a sum of numerics does not fit, or they are no integers.
 */
static bool
run_sums(RsWindowFunction *function, const RsWindowChunk *chunk, RunningSums *to)
{
	RsVector	values;
	uint32		i;

	to->counts = MemoryContextAllocHuge(chunk->context, (chunk->end + 1) * sizeof(int64));
	to->counts[0] = 0;
	if (function->argument == NULL)
	{
		for (i = 0; i < chunk->end; i++)
			to->counts[i + 1] = i + 1;
		return true;
	}
	rs_column_store_view(&function->values, &values);
	for (i = 0; i < chunk->end; i++)
		to->counts[i + 1] = to->counts[i] + !rs_vector_is_null(&values, i);
	if (function->kind == WINDOW_COUNT)
		return true;
	if (values.form == RS_FORM_REF)
		return false;
	to->sums = MemoryContextAllocHuge(chunk->context, (chunk->end + 1) * sizeof(int128));
	to->sums[0] = 0;
	for (i = 0; i < chunk->end; i++)
	{
		int128		value = 0;

		if (!rs_vector_is_null(&values, i))
			value = function->values.type.is_numeric ? rs_vector_numeric(&values, i) :
				rs_vector_int(&values, i);
		if (__builtin_add_overflow(to->sums[i], value, &to->sums[i + 1]))
			return false;
	}
	return true;
}

/*
 * What earlier chunks summed up, as an integer of the values' scale; false if it is
 * none.
 */
static bool
carried_sum(const RsWindowFunction *function, int128 *sum)
{
	int16		scale;

	*sum = function->sum;
	if (!function->values.type.is_numeric)
		return true;
	*sum = 0;
	if (function->count == 0)
		return true;
	return rs_numeric_from_datum(function->numeric_sum, sum, &scale) &&
		scale <= function->values.scale &&
		!__builtin_mul_overflow(*sum, rs_power_of_ten(function->values.scale - scale), sum);
}

/*
 * avg(), as PostgreSQL divides.
 */
static Datum
divide(Datum sum, int64 count)
{
	return DirectFunctionCall2(numeric_div, sum, NumericGetDatum(int64_to_numeric(count)));
}

/*
 * Keep a sum of numerics for the next chunk.
 */
static void
carry_sum(RsWindowFunction *function, Datum sum, int64 count)
{
	MemoryContext old = MemoryContextSwitchTo(function->carried);
	Datum		before = function->numeric_sum;

	function->numeric_sum = count > 0 ? datumCopy(sum, false, -1) : (Datum) 0;
	if (before != (Datum) 0)
		pfree(DatumGetPointer(before));
	function->count = count;
	MemoryContextSwitchTo(old);
}

/*
 * Sums of frames, from running ones; those of the first partition may have begun
 * before.
 */
static bool
difference_sums(RsWindowFunction *function, const RsWindowChunk *chunk)
{
	RunningSums sums = {0};
	uint32		n = chunk->end - chunk->first;
	int128		carried = 0;
	int128		sum = 0;
	int64		count = 0;
	int			scale;
	uint8	   *null;
	void	   *data;
	uint32		i;
	MemoryContext old;

	if (!run_sums(function, chunk, &sums) ||
		(chunk->continued && function->kind != WINDOW_COUNT && !carried_sum(function, &carried)))
		return false;
	scale = function->values.scale;
	/* sum of the smaller integers is bigint. */
	data = result_array(function, chunk, function->kind == WINDOW_AVG ? RS_FORM_REF :
						function->type.is_numeric ? RS_FORM_I128 : RS_FORM_I64);
	null = MemoryContextAllocHuge(chunk->context, n);
	function->result.scale = function->kind == WINDOW_SUM && function->type.is_numeric ? scale : 0;
	old = MemoryContextSwitchTo(chunk->context);
	for (i = 0; i < n; i++)
	{
		uint32		row = chunk->first + i;
		uint32		start = Min(chunk->frame_start[row], chunk->frame_end[row]);
		uint32		end = chunk->frame_end[row];
		bool		goes_on = chunk->continued && chunk->partition_start[row] == chunk->first;

		count = sums.counts[end] - sums.counts[start] + (goes_on ? function->count : 0);
		null[i] = function->kind != WINDOW_COUNT && count == 0;
		if (function->kind != WINDOW_COUNT &&
			(__builtin_sub_overflow(sums.sums[end], sums.sums[start], &sum) ||
			 (goes_on && __builtin_add_overflow(sum, carried, &sum))))
		{
			MemoryContextSwitchTo(old);
			return false;
		}
		if (function->kind == WINDOW_COUNT)
			((int64 *) data)[i] = count;
		else if (function->kind == WINDOW_AVG)
		{
			MemoryContextSwitchTo(chunk->values);
			((Datum *) data)[i] = (Datum) 0;
			if (count > 0)
			{
				Datum		average = divide(rs_numeric_from_int128(sum, scale), count);

				MemoryContextSwitchTo(chunk->context);
				((Datum *) data)[i] = datumCopy(average, false, -1);
			}
		}
		else if (!function->type.is_numeric)
			((int64 *) data)[i] = (int64) sum;
		else
			((int128 *) data)[i] = sum;
		if (i % 1024 == 0)
		{
			CHECK_FOR_INTERRUPTS();
			MemoryContextReset(chunk->values);
		}
	}
	MemoryContextSwitchTo(old);
	if (function->kind != WINDOW_COUNT)
		function->result.null = null;
	/* The last frame is what the next chunk goes on from. */
	function->sum = sum;
	if (function->kind == WINDOW_COUNT || !function->values.type.is_numeric)
		function->count = count;
	else
		carry_sum(function, rs_numeric_from_int128(sum, scale), count);
	return true;
}

/*
 * Numerics that are no integers of one scale: added one by one, anew for each frame
 * that does not begin where the one before did.
 */
static void
add_sums(RsWindowFunction *function, const RsWindowChunk *chunk)
{
	Datum	   *data = result_array(function, chunk, RS_FORM_REF);
	uint32		n = chunk->end - chunk->first;
	uint8	   *null = MemoryContextAllocHuge(chunk->context, n);
	MemoryContext sums[2];
	MemoryContext old = CurrentMemoryContext;
	int			current = 0;
	bool		started = false;
	uint32		start = 0;
	uint32		end = 0;
	Datum		sum = (Datum) 0;
	int64		count = 0;
	RsVector	values;
	uint32		i;

	rs_column_store_view(&function->values, &values);
	sums[0] = AllocSetContextCreate(chunk->context, "redshift window sum", ALLOCSET_SMALL_SIZES);
	sums[1] = AllocSetContextCreate(chunk->context, "redshift window sum", ALLOCSET_SMALL_SIZES);
	for (i = 0; i < n; i++)
	{
		uint32		row = chunk->first + i;

		if (!started || start != chunk->frame_start[row] || end > chunk->frame_end[row])
		{
			bool		goes_on = chunk->continued && chunk->partition_start[row] == chunk->first;

			started = true;
			start = end = chunk->frame_start[row];
			count = goes_on ? function->count : 0;
			if (count > 0)
				sum = function->numeric_sum;
		}
		for (; end < chunk->frame_end[row]; end++)
		{
			bool		isnull;
			Datum		value;

			MemoryContextSwitchTo(sums[1 - current]);
			value = rs_vector_datum(&values, &function->values.type, end, &isnull);
			if (isnull)
				continue;
			sum = count == 0 ? datumCopy(value, false, -1) : DirectFunctionCall2(numeric_add, sum, value);
			count++;
			MemoryContextReset(sums[current]);
			current = 1 - current;
		}
		MemoryContextSwitchTo(chunk->context);
		null[i] = count == 0;
		if (count > 0)
			data[i] = function->kind == WINDOW_AVG ? divide(sum, count) : datumCopy(sum, false, -1);
		if (i % 64 == 0)
			CHECK_FOR_INTERRUPTS();
	}
	carry_sum(function, sum, count);
	MemoryContextSwitchTo(old);
	function->result.null = null;
}

/* ---------------------------------------------------------------------
 * Other aggregates
 * ---------------------------------------------------------------------
 */

/*
 * Take rows [from, to) into a group's state.
 */
static void
take_rows(RsWindowFunction *function, RsAggregate *states, const RsWindowChunk *chunk, uint32 from,
		  uint32 to, uint32 group)
{
	uint32	   *rows;
	uint32	   *groups;
	uint32		start;
	uint32		i;

	for (start = from; start < to; start += RS_VECTOR_ROWS)
	{
		uint32		n = Min(to - start, RS_VECTOR_ROWS);
		const RsVector *args[1];

		CHECK_FOR_INTERRUPTS();
		rs_arena_reset(chunk->arena);
		MemoryContextReset(chunk->values);
		rows = rs_arena_alloc(chunk->arena, n * sizeof(uint32));
		groups = rs_arena_alloc(chunk->arena, n * sizeof(uint32));
		for (i = 0; i < n; i++)
		{
			rows[i] = start + i;
			groups[i] = group;
		}
		if (function->argument != NULL)
			args[0] = rs_column_store_gather(&function->values, chunk->arena, rows, n);
		rs_aggregate_update(states, chunk->arena, args, function->argument != NULL, groups, n);
	}
}

static void
compute_aggregate(RsWindowFunction *function, const RsWindowChunk *chunk)
{
	uint32		n = chunk->end - chunk->first;
	uint32	   *rows = MemoryContextAllocHuge(chunk->context, n * sizeof(uint32));
	RsColumnStore *results = MemoryContextAlloc(chunk->context, sizeof(RsColumnStore));
	MemoryContext old = MemoryContextSwitchTo(chunk->values);
	RsVectorType *type = function->argument != NULL ? &function->argument->type : NULL;
	RsAggregate *states = rs_aggregate_create(function->aggref, type, function->parent, true, false,
											  work_mem, chunk->context);
	uint32		group = 0;
	uint32		taken = chunk->first;
	uint32		i;

	rs_column_store_init(results, &function->type, chunk->context);
	rs_aggregate_grow(states, 1);
	for (i = chunk->first; i < chunk->end; i++)
	{
		uint32		end = chunk->frame_end[i];

		if (chunk->partition_start[i] == i && i > chunk->first)
		{
			rs_aggregate_grow(states, ++group + 1);
			taken = i;
		}
		if (i == chunk->first || chunk->partition_start[i] == i || end > taken)
		{
			take_rows(function, states, chunk, taken, end, group);
			taken = end;
			rs_arena_reset(chunk->arena);
			MemoryContextReset(chunk->values);
			rs_column_store_append(results,
								   rs_aggregate_result(states, function->aggref, NULL, chunk->arena,
													   chunk->values, &group, 1),
								   1, chunk->values);
		}
		rows[i - chunk->first] = results->n - 1;
	}
	rs_aggregate_release(states);
	MemoryContextSwitchTo(old);
	function->rows = rows;
	function->source = results;
	function->has_default = false;
}

/* ---------------------------------------------------------------------
 * All of them
 * ---------------------------------------------------------------------
 */

void
rs_window_function_compute(RsWindowFunction *function, const RsWindowChunk *chunk)
{
	function->first = chunk->first;
	switch (function->kind)
	{
		case WINDOW_ROW_NUMBER:
		case WINDOW_RANK:
		case WINDOW_DENSE_RANK:
			count_ranks(function, chunk);
			break;
		case WINDOW_PERCENT_RANK:
		case WINDOW_CUME_DIST:
			compute_distribution(function, chunk);
			break;
		case WINDOW_NTILE:
			compute_ntile(function, chunk);
			break;
		case WINDOW_LAG:
		case WINDOW_FIRST:
		case WINDOW_LAST:
		case WINDOW_NTH:
			find_rows(function, chunk);
			break;
		case WINDOW_COUNT:
		case WINDOW_SUM:
		case WINDOW_AVG:
			if (!difference_sums(function, chunk))
				add_sums(function, chunk);
			break;
		case WINDOW_AGGREGATE:
			compute_aggregate(function, chunk);
			break;
		case WINDOW_NONE:
			elog(ERROR, "window function %u has no state in the vector engine",
				 function->node->winfnoid);
	}
}

/*
 * Values of rows; NULL for RS_NO_ROW.
 */
static RsVector *
gather_or_null(const RsColumnStore *store, RsArena *arena, const uint32 *rows, uint32 n)
{
	uint32	   *present = rs_arena_alloc(arena, n * sizeof(uint32));
	RsVector   *result;
	uint32		missing = 0;
	uint32		i;

	/* Row 0 stands in for those that there are none of. */
	for (i = 0; i < n; i++)
	{
		present[i] = rows[i] == RS_NO_ROW ? 0 : rows[i];
		missing += rows[i] == RS_NO_ROW;
	}
	result = rs_column_store_gather(store, arena, present, n);
	if (missing == 0)
		return result;
	if (result->null == NULL)
	{
		result->null = rs_arena_alloc(arena, n);
		memset(result->null, 0, n);
	}
	for (i = 0; i < n; i++)
		result->null[i] |= rows[i] == RS_NO_ROW;
	return result;
}

/*
 * lag() and lead() beyond the partition: the row's own default.
 */
static RsVector *
with_defaults(RsWindowFunction *function, RsArena *arena, const uint32 *rows, uint32 row, uint32 n)
{
	uint32	   *places = rs_arena_alloc(arena, n * sizeof(uint32));
	uint32	   *from = rs_arena_alloc(arena, n * sizeof(uint32));
	RsPiece		pieces[2];
	int			npieces = 0;
	int			missing;

	for (missing = 0; missing <= 1; missing++)
	{
		uint32	   *place = places;
		uint32	   *source = from;
		uint32		count = 0;
		uint32		i;

		for (i = 0; i < n; i++)
		{
			if ((rows[i] == RS_NO_ROW) != missing)
				continue;
			place[count] = i;
			source[count++] = missing ? row + i : rows[i];
		}
		places += count;
		from += count;
		if (count == 0)
			continue;
		pieces[npieces].vector = rs_column_store_gather(missing ? &function->defaults : function->source,
														arena, source, count);
		pieces[npieces].rows = place;
		pieces[npieces++].n = count;
	}
	return rs_vector_merge(arena, &function->type, pieces, npieces, n);
}

const RsVector *
rs_window_function_result(RsWindowFunction *function, RsArena *arena, uint32 row, uint32 n)
{
	RsVector   *vector;
	uint32		at = row - function->first;

	if (function->rows != NULL && function->has_default)
		return with_defaults(function, arena, &function->rows[at], row, n);
	if (function->rows != NULL)
		return gather_or_null(function->source, arena, &function->rows[at], n);
	vector = rs_arena_alloc(arena, sizeof(RsVector));
	*vector = function->result;
	vector->data = (char *) function->result.data + (Size) at * rs_form_width(vector->form);
	if (vector->null != NULL)
		vector->null += at;
	return vector;
}
