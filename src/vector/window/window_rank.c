/*
 * window_rank.c
 *	  Window functions that count rows: row_number, rank, dense_rank, percent_rank, cume_dist,
 *	  ntile.
 */
#include "postgres.h"

#include "utils/fmgroids.h"
#include "vector/window/window_functions.h"

typedef struct Rank
{
	int64		dense;			/* dense_rank: of the row before */
	/* ntile: */
	bool		asked;			/* the number of buckets is known in this partition */
	int64		bucket;
	int64		size;			/* rows of a bucket */
	int64		larger;			/* so many buckets, from the first, have one more; 0: no more */
	int64		taken;			/* rows of the bucket so far */
} Rank;

bool
rs_window_is_rank(Oid function)
{
	switch (function)
	{
		case F_ROW_NUMBER:
		case F_RANK_:
		case F_DENSE_RANK_:
		case F_PERCENT_RANK_:
		case F_CUME_DIST_:
		case F_NTILE:
			return true;
		default:
			return false;
	}
}

static void
compute_number(RsWindowFunction *function, const RsWindowBlock *block)
{
	RsVector   *vector = rs_vector_create(block->arena, RS_FORM_I64, block->n);
	int64	   *result = vector->data;
	uint32		i;

	if (function->node->winfnoid == F_ROW_NUMBER)
		for (i = 0; i < block->n; i++)
			result[i] = block->first + i - block->partition_start[i] + 1;
	else
		for (i = 0; i < block->n; i++)
			result[i] = block->peer_start[i] - block->partition_start[i] + 1;
	function->vector = vector;
}

static void
compute_dense_rank(RsWindowFunction *function, const RsWindowBlock *block)
{
	Rank	   *own = function->own;
	RsVector   *vector = rs_vector_create(block->arena, RS_FORM_I64, block->n);
	int64	   *result = vector->data;
	uint32		i;

	for (i = 0; i < block->n; i++)
	{
		if (block->marks[i] & RS_NEW_PARTITION)
			own->dense = 0;
		if (block->marks[i] & RS_NEW_PEERS)
			own->dense++;
		result[i] = own->dense;
	}
	function->vector = vector;
}

static void
compute_distribution(RsWindowFunction *function, const RsWindowBlock *block)
{
	RsVector   *vector = rs_vector_create(block->arena, RS_FORM_F64, block->n);
	float8	   *result = vector->data;
	uint32		i;

	for (i = 0; i < block->n; i++)
	{
		int64		start = block->partition_start[i];
		int64		n = block->partition_end[i] - start;

		if (function->node->winfnoid == F_CUME_DIST_)
			result[i] = (float8) (block->peer_end[i] - start) / (float8) n;
		else
			result[i] = n <= 1 ? 0.0 :
				(float8) (block->peer_start[i] - start) / (float8) (n - 1);
	}
	function->vector = vector;
}

/*
 * The number of buckets is that of the first row of the partition where it is not NULL;
 * rows before that have none.  False if the row has none.
 */
static bool
begin_buckets(RsWindowFunction *function, const RsWindowBlock *block, uint32 i)
{
	Rank	   *own = function->own;
	int64		row = block->first + i;
	int64		n = block->partition_end[i] - block->partition_start[i];
	const RsVector *buckets = rs_window_values(block->rows, &function->args[0], block->arena,
											   block->values, &row, 1);
	int64		number;

	if (rs_vector_is_null(buckets, 0))
		return false;
	number = rs_vector_int(buckets, 0);
	if (number <= 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_ARGUMENT_FOR_NTILE),
				 errmsg("argument of ntile must be greater than zero")));
	own->asked = true;
	own->bucket = 1;
	own->taken = 0;
	own->size = Max(n / number, 1);
	own->larger = n >= number ? n % number : 0;
	return true;
}

static void
compute_ntile(RsWindowFunction *function, const RsWindowBlock *block)
{
	Rank	   *own = function->own;
	RsVector   *vector = rs_vector_create(block->arena, RS_FORM_I32, block->n);
	int32	   *result = vector->data;
	uint32		i;

	vector->null = rs_arena_alloc(block->arena, block->n);
	for (i = 0; i < block->n; i++)
	{
		if (block->marks[i] & RS_NEW_PARTITION)
			own->asked = false;
		vector->null[i] = !own->asked && !begin_buckets(function, block, i);
		if (vector->null[i])
			continue;
		if (++own->taken > own->size + (own->larger > 0))
		{
			if (own->larger > 0)
				own->larger--;
			own->bucket++;
			own->taken = 1;
		}
		result[i] = (int32) own->bucket;
	}
	function->vector = vector;
}

static int64
keep_none(RsWindowFunction *function, const RsWindowBlock *block)
{
	return block->first + block->n;
}

static const RsWindowMethods number_methods = {.compute = compute_number, .keep = keep_none};
static const RsWindowMethods dense_rank_methods = {.compute = compute_dense_rank,
	.keep = keep_none};
static const RsWindowMethods distribution_methods = {.compute = compute_distribution,
	.keep = keep_none};
static const RsWindowMethods ntile_methods = {.compute = compute_ntile, .keep = keep_none};

bool
rs_window_rank_init(RsWindowFunction *function)
{
	switch (function->node->winfnoid)
	{
		case F_ROW_NUMBER:
		case F_RANK_:
			function->methods = &number_methods;
			break;
		case F_DENSE_RANK_:
			function->methods = &dense_rank_methods;
			break;
		case F_PERCENT_RANK_:
			function->methods = &distribution_methods;
			function->needs = RS_NEED_PARTITION_END;
			break;
		case F_CUME_DIST_:
			function->methods = &distribution_methods;
			function->needs = RS_NEED_PARTITION_END | RS_NEED_PEER_END;
			break;
		case F_NTILE:
			function->methods = &ntile_methods;
			function->needs = RS_NEED_PARTITION_END;
			break;
		default:
			return false;
	}
	function->own = palloc0(sizeof(Rank));
	return true;
}
