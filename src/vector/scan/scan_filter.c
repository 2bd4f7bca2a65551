/*
 * scan_filter.c
 *	  The conditions of a scan, in the order that pays.
 *
 * Conjuncts that can neither fail nor be noticed may be evaluated in any order;
 * each is timed now and then, what it costs a row (with the decoding of columns
 * that it is the first to ask for) and which share passes, and the ones that drop
 * most for their cost come first.  A conjunct that may fail sees the rows that
 * PostgreSQL would show it: it is a border that no other crosses.
 *
 * Runtime filters of joins are conjuncts like others, behind all that may fail.  One
 * that lets nearly everything pass is left out for a while and then tried again.  The
 * condition may_join() is one, too.
 */
#include "postgres.h"

#include "portability/instr_time.h"
#include "vector/scan/scan_filter.h"

/*
 * Batches of which one is timed, after the first few; no multiple of a block's batches,
 * of which the first pays for decoding.
 */
#define RS_TIMED_FIRST		4
#define RS_TIMED_EACH		7
/* Conjuncts that no row has reached are tried by themselves from this batch on. */
#define RS_EXPLORE_FROM		2
/* How much a new measurement counts. */
#define RS_NEW_WEIGHT		0.25
/* A conjunct moves up if its rank is better by this. */
#define RS_CLEARLY_BETTER	0.8
/* A runtime filter through which a larger share passes is no use ... */
#define RS_USEFUL_SHARE		0.8
/* ... after that many rows, and is tried again after that many batches. */
#define RS_TRIAL_ROWS		(4 * RS_VECTOR_ROWS)
#define RS_PAUSE_BATCHES	64
/* Conjuncts see all rows, not those left, as long as this share is left. */
#define RS_GATHER_SHARE		0.75

typedef struct Conjunct
{
	RsExpr	   *expr;			/* of a runtime filter: the column */
	RsRuntimeFilter *runtime;	/* NULL: a qual */
	AttrNumber	attno;			/* of a runtime filter's column */
	Oid			typid;
	bool		movable;
	double		cost;			/* nanoseconds a row; 0: never timed */
	double		share;			/* of the rows that passes */
	/* runtime filters */
	uint64		tested;			/* in the current trial */
	uint64		passed;
	uint32		pause;			/* batches to leave it out */
} Conjunct;

struct RsScanFilter
{
	RsExprEnv  *env;
	int			n;
	int			nruntime;
	Conjunct  **conjuncts;		/* in the order of evaluation */
	uint64		batches;
};

/*
 * Is a condition may_join() of a column?
 */
static bool
is_column_filter(Node *qual)
{
	Node	   *key = rs_may_join_key(qual);

	return key != NULL && IsA(key, Var);
}

RsScanFilter *
rs_scan_filter_create(RsExprEnv *env, List *quals)
{
	RsScanFilter *filter = MemoryContextAllocZero(env->context, sizeof(RsScanFilter));
	ListCell   *lc;

	filter->env = env;
	filter->conjuncts = MemoryContextAlloc(env->context,
										   Max(list_length(quals), 1) * sizeof(Conjunct *));
	foreach(lc, quals)
	{
		Conjunct   *conjunct;

		if (is_column_filter(lfirst(lc)))
			continue;
		conjunct = MemoryContextAllocZero(env->context, sizeof(Conjunct));
		conjunct->expr = rs_expr_compile(env, lfirst(lc));
		conjunct->movable = conjunct->expr->safe;
		conjunct->share = 0.5;
		filter->conjuncts[filter->n++] = conjunct;
	}
	foreach(lc, quals)
		if (is_column_filter(lfirst(lc)))
			rs_scan_filter_add(filter, (Var *) rs_may_join_key(lfirst(lc)),
							   rs_may_join_filter(lfirst(lc), env->context));
	return filter;
}

void
rs_scan_filter_add(RsScanFilter *filter, Var *column, RsRuntimeFilter *runtime)
{
	Conjunct   *conjunct = MemoryContextAllocZero(filter->env->context, sizeof(Conjunct));

	conjunct->expr = rs_expr_compile(filter->env, (Node *) column);
	conjunct->runtime = runtime;
	conjunct->attno = column->varattno;
	conjunct->typid = conjunct->expr->type.typid;
	conjunct->movable = true;
	conjunct->share = 0.5;
	filter->conjuncts = repalloc(filter->conjuncts, (filter->n + 1) * sizeof(Conjunct *));
	filter->conjuncts[filter->n++] = conjunct;
	filter->nruntime++;
}

void
rs_scan_filter_load(RsScanFilter *filter)
{
	int			i;

	for (i = 0; i < filter->n; i++)
		if (filter->conjuncts[i]->runtime != NULL)
			rs_runtime_filter_load(filter->conjuncts[i]->runtime);
}

int
rs_scan_filter_count_runtime(const RsScanFilter *filter)
{
	return filter->nruntime;
}

bool
rs_scan_filter_is_safe(const RsScanFilter *filter)
{
	int			i;

	for (i = 0; i < filter->n; i++)
		if (!filter->conjuncts[i]->movable)
			return false;
	return true;
}

int
rs_scan_filter_predicates(const RsScanFilter *filter, RsPredicate *preds)
{
	int			n = 0;
	int			i;

	/* A block passed over would hide the error of a qual. */
	if (!rs_scan_filter_is_safe(filter))
		return 0;
	for (i = 0; i < filter->n; i++)
	{
		const Conjunct *conjunct = filter->conjuncts[i];

		if (conjunct->runtime != NULL && rs_runtime_filter_ready(conjunct->runtime))
			rs_runtime_filter_predicate(conjunct->runtime, conjunct->attno, conjunct->typid,
										&preds[n++]);
	}
	return n;
}

/*
 * What a row costs that a conjunct drops: small is good.
 */
static double
rank(const Conjunct *conjunct)
{
	return conjunct->cost / Max(1.0 - conjunct->share, 0.001);
}

static void
reorder(RsScanFilter *filter)
{
	int			i;

	for (i = 1; i < filter->n; i++)
	{
		int			k;

		for (k = i; k > 0; k--)
		{
			Conjunct   *before = filter->conjuncts[k - 1];
			Conjunct   *after = filter->conjuncts[k];

			if (!before->movable || !after->movable || before->cost == 0 || after->cost == 0 ||
				rank(after) >= rank(before) * RS_CLEARLY_BETTER)
				break;
			filter->conjuncts[k - 1] = after;
			filter->conjuncts[k] = before;
		}
	}
}

static void
measure(Conjunct *conjunct, double nanoseconds, uint32 tested, uint32 passed)
{
	double		cost = Max(nanoseconds / tested, 0.01);
	double		share = (double) passed / tested;

	if (conjunct->cost == 0)
	{
		conjunct->cost = cost;
		conjunct->share = share;
		return;
	}
	conjunct->cost += RS_NEW_WEIGHT * (cost - conjunct->cost);
	conjunct->share += RS_NEW_WEIGHT * (share - conjunct->share);
}

/*
 * Is a runtime filter to be asked for this batch?
 */
static bool
is_in_use(Conjunct *conjunct)
{
	if (conjunct->runtime == NULL)
		return true;
	if (!rs_runtime_filter_tests_rows(conjunct->runtime))
		return false;
	if (conjunct->pause > 0)
	{
		conjunct->pause--;
		return false;
	}
	return true;
}

static void
count_trial(Conjunct *conjunct, uint32 tested, uint32 passed)
{
	conjunct->tested += tested;
	conjunct->passed += passed;
	if (conjunct->tested < RS_TRIAL_ROWS)
		return;
	if (conjunct->passed > conjunct->tested * RS_USEFUL_SHARE)
		conjunct->pause = RS_PAUSE_BATCHES;
	conjunct->tested = conjunct->passed = 0;
}

/*
 * Numbers of the rows for which the conjunct holds, or may hold, go to passed.
 */
static uint32
evaluate(Conjunct *conjunct, RsRows *rows, uint32 *passed)
{
	const RsVector *vector = rs_expr_eval(conjunct->expr, rows);

	if (conjunct->runtime != NULL)
		return rs_runtime_filter_test(conjunct->runtime, rows->arena, vector, rows->n, passed);
	return rs_true_rows(vector, rows->n, passed);
}

/*
 * Of two ascending lists, what both have; into b.
 */
static uint32
intersect(const uint32 *a, uint32 na, uint32 *b, uint32 nb)
{
	uint32		n = 0;
	uint32		i = 0;
	uint32		k;

	for (k = 0; k < nb; k++)
	{
		while (i < na && a[i] < b[k])
			i++;
		if (i == na)
			break;
		if (a[i] == b[k])
			b[n++] = b[k];
	}
	return n;
}

/*
 * Time conjuncts that were never reached: another may drop all rows before them, at a
 * higher cost.
 */
static void
explore(RsScanFilter *filter, RsRows *all)
{
	uint32	   *passed = NULL;
	int			c;

	for (c = 0; c < filter->n; c++)
	{
		Conjunct   *conjunct = filter->conjuncts[c];
		instr_time	start;
		instr_time	end;
		uint32		n;

		if (!conjunct->movable || conjunct->cost > 0 ||
			(conjunct->runtime != NULL && !rs_runtime_filter_tests_rows(conjunct->runtime)))
			continue;
		if (passed == NULL)
			passed = rs_arena_alloc(all->arena, all->n * sizeof(uint32));
		INSTR_TIME_SET_CURRENT(start);
		n = evaluate(conjunct, all, passed);
		INSTR_TIME_SET_CURRENT(end);
		INSTR_TIME_SUBTRACT(end, start);
		measure(conjunct, INSTR_TIME_GET_DOUBLE(end) * 1e9, all->n, n);
	}
}

RsRows *
rs_scan_filter_apply(RsScanFilter *filter, RsRows *all, uint64 *removed)
{
	RsRows	   *rows = all;
	const uint32 *chosen = NULL;	/* of all; NULL: all of them */
	bool		timed = filter->batches < RS_TIMED_FIRST ||
		filter->batches % RS_TIMED_EACH == 0;
	int			c;

	filter->batches++;
	for (c = 0; c < filter->n && rows->n > 0; c++)
	{
		Conjunct   *conjunct = filter->conjuncts[c];
		bool		whole;
		uint32	   *passed;
		uint32		before = rows->n;
		uint32		n;
		uint32		i;
		instr_time	start;
		instr_time	end;

		if (!is_in_use(conjunct))
			continue;
		/* To gather what is left of a column costs more than to test all of it. */
		whole = chosen == NULL || (conjunct->movable && before > all->n * RS_GATHER_SHARE);
		passed = rs_arena_alloc(all->arena, (whole ? all->n : before) * sizeof(uint32));
		if (timed)
			INSTR_TIME_SET_CURRENT(start);
		n = evaluate(conjunct, whole ? all : rows, passed);
		if (whole && chosen != NULL)
			n = intersect(chosen, before, passed, n);
		else if (chosen != NULL)
			for (i = 0; i < n; i++)
				passed[i] = chosen[passed[i]];
		if (timed)
		{
			INSTR_TIME_SET_CURRENT(end);
			INSTR_TIME_SUBTRACT(end, start);
			measure(conjunct, INSTR_TIME_GET_DOUBLE(end) * 1e9, before, n);
		}
		if (conjunct->runtime != NULL)
		{
			count_trial(conjunct, before, n);
			*removed += before - n;
		}
		if (n == before)
			continue;
		chosen = passed;
		rows = rs_rows_narrow(all, passed, n);
	}
	if (timed && filter->n > 1)
	{
		if (filter->batches > RS_EXPLORE_FROM && all->n > 0)
			explore(filter, all);
		reorder(filter);
	}
	return rows;
}
