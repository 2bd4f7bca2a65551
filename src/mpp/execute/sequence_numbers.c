/*
 * sequence_numbers.c
 *	  Numbers of the leader's sequences for rows that nodes compute.
 *
 * What an INSERT ... SELECT draws of a sequence for each row, by nextval() or for an
 * identity column, becomes redshift.sequence_number() before it is planned, which nodes
 * can run: at the leader it is nextval(), and in a fragment on a node it asks the leader.
 * The node sends a message in the midst of the COPY that the fragment is, which goes both
 * ways then, and the leader answers with as many numbers as were asked for: as a session
 * with CACHE, the node loses those that it does not use.  It asks for one at first, and then
 * for an eighth of what it has used.
 *
 * The leader takes numbers by nextval() itself, so that whatever a sequence's definition
 * says and whatever rights are needed holds, and currval() is of this session.  A node can
 * ask only for what the text of its fragment has: it names the place of the call.
 */
#include "postgres.h"

#include "access/transam.h"
#include "catalog/pg_class.h"
#include "catalog/pg_sequence.h"
#include "catalog/pg_type.h"
#include "commands/sequence.h"
#include "common/int.h"
#include "compat/protocol.h"
#include "libpq/libpq-be.h"
#include "miscadmin.h"
#include "mpp/cluster/table.h"
#include "mpp/execute/sequence_numbers.h"
#include "mpp/wire/wire_format.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "parser/parse_coerce.h"
#include "parser/parse_func.h"
#include "redshift_ext.h"
#include "storage/latch.h"
#include "utils/acl.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"
#include "utils/wait_event.h"

#define MOST_NUMBERS	65536	/* asked for at once */

/* What a call on a node has left. */
typedef struct Numbers
{
	uint64		used;
	char	   *runs;			/* RsWireNumbers, nruns; NULL: none */
	uint32		nruns;
	uint32		run;			/* the one in use */
	RsWireNumbers left;			/* ... of it */
} Numbers;

static RsWireEncoder *asking = NULL;

PG_FUNCTION_INFO_V1(rs_sequence_number);

/* ---------------------------------------------------------------------
 * Planning
 * ---------------------------------------------------------------------
 */

static Oid
number_function(void)
{
	Oid			types[2] = {OIDOID, INT4OID};

	return LookupFuncName(list_make2(makeString(RS_SCHEMA), makeString("sequence_number")), 2, types, false);
}

static bool
is_call(Node *node)
{
	FuncExpr   *call = (FuncExpr *) node;

	return IsA(node, FuncExpr) && call->funcid >= FirstNormalObjectId && list_length(call->args) == 2 &&
		IsA(linitial(call->args), Const) && IsA(lsecond(call->args), Const) && call->funcid == number_function();
}

static bool
any_call(Node *node, void *context)
{
	return node != NULL && (is_call(node) || expression_tree_walker(node, any_call, context));
}

bool
rs_numbers_any(Node *node)
{
	return any_call(node, NULL);
}

static Node *
left_out(Node *node, void *context)
{
	if (node == NULL)
		return NULL;
	if (is_call(node))
		return (Node *) makeNullConst(INT8OID, -1, InvalidOid);
	return expression_tree_mutator(node, left_out, context);
}

Node *
rs_numbers_left_out(Node *node)
{
	return left_out(node, NULL);
}

typedef struct Taking
{
	List	   *sequences;
	bool		other;			/* of a sequence that must be the leader's */
} Taking;

/*
 * May the user take numbers of it, by a call that always asks?  The leader's identity
 * columns do not: but whoever calls the function himself must not get more than nextval().
 */
static bool
may_take(Oid sequence)
{
	return get_rel_relkind(sequence) == RELKIND_SEQUENCE && get_rel_persistence(sequence) != RELPERSISTENCE_TEMP &&
		pg_class_aclcheck(sequence, GetUserId(), ACL_USAGE | ACL_UPDATE) == ACLCHECK_OK;
}

static Node *
make_call(Oid sequence, Taking *taking)
{
	taking->sequences = lappend_oid(taking->sequences, sequence);
	return (Node *) makeFuncExpr(number_function(), INT8OID,
								 list_make2(makeConst(OIDOID, -1, InvalidOid, sizeof(Oid), ObjectIdGetDatum(sequence), false, true),
											makeConst(INT4OID, -1, InvalidOid, sizeof(int32),
													  Int32GetDatum(list_length(taking->sequences)), false, true)),
								 InvalidOid, InvalidOid, COERCE_EXPLICIT_CALL);
}

static Node *
take_numbers(Node *node, Taking *taking)
{
	if (node == NULL)
		return NULL;
	if (IsA(node, Query))
		return (Node *) query_tree_mutator((Query *) node, take_numbers, taking, 0);
	if (IsA(node, NextValueExpr))
	{
		NextValueExpr *next = (NextValueExpr *) node;

		taking->other |= !may_take(next->seqid);
		return coerce_to_target_type(NULL, make_call(next->seqid, taking), INT8OID, next->typeId, -1,
									 COERCION_ASSIGNMENT, COERCE_IMPLICIT_CAST, -1);
	}
	if (IsA(node, FuncExpr) && ((FuncExpr *) node)->funcid == F_NEXTVAL)
	{
		Node	   *sequence = eval_const_expressions(NULL, linitial(((FuncExpr *) node)->args));

		if (!IsA(sequence, Const) || ((Const *) sequence)->constisnull ||
			!may_take(DatumGetObjectId(((Const *) sequence)->constvalue)))
		{
			taking->other = true;
			return node;
		}
		return make_call(DatumGetObjectId(((Const *) sequence)->constvalue), taking);
	}
	return expression_tree_mutator(node, take_numbers, taking);
}

/*
 * An expression with calls in place of nextval(), if that is all in it that is not the
 * same everywhere; else as it is.
 */
static Expr *
with_calls(Expr *expr, List **sequences)
{
	Taking		taking = {.sequences = list_copy(*sequences)};
	Node	   *result = take_numbers((Node *) expr, &taking);

	if (taking.other || list_length(taking.sequences) == list_length(*sequences) ||
		contain_mutable_functions(rs_numbers_left_out(result)) || contain_subplans(result) ||
		expression_returns_set(result))
		return expr;
	*sequences = taking.sequences;
	return (Expr *) result;
}

Query *
rs_numbers_taken(Query *query, List **sequences)
{
	Taking		taking = {NIL};

	query = (Query *) take_numbers((Node *) query, &taking);
	*sequences = taking.sequences;
	return taking.other ? NULL : query;
}

/*
 * Is a value of a subquery computed once for each row that it gives?
 */
static bool
plain(const Query *query)
{
	return query->commandType == CMD_SELECT && query->jointree->fromlist != NIL && query->setOperations == NULL &&
		query->sortClause == NIL && query->groupClause == NIL && query->groupingSets == NIL &&
		query->havingQual == NULL && query->distinctClause == NIL && query->limitCount == NULL &&
		query->limitOffset == NULL && query->rowMarks == NIL && !query->hasAggs && !query->hasWindowFuncs &&
		!query->hasTargetSRFs;
}

/*
 * The only subquery that the query reads, if it reads nothing else.
 */
static Query *
source_of(const Query *query, int *varno)
{
	RangeTblEntry *rte;

	if (list_length(query->jointree->fromlist) != 1 || query->jointree->quals != NULL ||
		!IsA(linitial(query->jointree->fromlist), RangeTblRef))
		return NULL;
	*varno = linitial_node(RangeTblRef, query->jointree->fromlist)->rtindex;
	rte = list_nth_node(RangeTblEntry, query->rtable, *varno - 1);
	return rte->rtekind == RTE_SUBQUERY && !rte->security_barrier && plain(rte->subquery) ? rte->subquery : NULL;
}

typedef struct Hoisting
{
	int			varno;
	AttrNumber	attno;
	Expr	   *expr;			/* in place of that column */
	int			found;
} Hoisting;

static Node *
hoist(Node *node, Hoisting *hoisting)
{
	if (node == NULL)
		return NULL;
	if (IsA(node, Var) && ((Var *) node)->varno == hoisting->varno && ((Var *) node)->varlevelsup == 0 &&
		(((Var *) node)->varattno == hoisting->attno || ((Var *) node)->varattno == 0))
	{
		hoisting->found += ((Var *) node)->varattno == 0 ? 2 : 1;
		return (Node *) hoisting->expr;
	}
	return expression_tree_mutator(node, hoist, hoisting);
}

/*
 * Numbers that the SELECT itself draws are drawn above it: each for one column.
 */
static void
hoist_numbers(Query *query)
{
	int			varno;
	Query	   *source = source_of(query, &varno);
	ListCell   *lc;

	if (source == NULL || query->hasSubLinks)
		return;
	foreach(lc, source->targetList)
	{
		TargetEntry *entry = lfirst_node(TargetEntry, lc);
		Hoisting	hoisting = {.varno = varno,.attno = entry->resno,.expr = entry->expr};
		List	   *sequences = NIL;
		List	   *hoisted;

		if (entry->resjunk || contain_var_clause((Node *) entry->expr) ||
			with_calls(entry->expr, &sequences) == entry->expr)
			continue;
		hoisted = (List *) hoist((Node *) query->targetList, &hoisting);
		if (hoisting.found != 1)
			continue;
		query->targetList = hoisted;
		entry->expr = (Expr *) makeNullConst(exprType((Node *) entry->expr), exprTypmod((Node *) entry->expr),
											 exprCollation((Node *) entry->expr));
	}
}

static bool
reads_nodes(Node *node, void *context)
{
	ListCell   *lc;

	if (node == NULL)
		return false;
	if (!IsA(node, Query))
		return expression_tree_walker(node, reads_nodes, context);
	foreach(lc, ((Query *) node)->rtable)
		if (lfirst_node(RangeTblEntry, lc)->rtekind == RTE_RELATION && lfirst_node(RangeTblEntry, lc)->inFromCl &&
			rs_table_any_distributed(lfirst_node(RangeTblEntry, lc)->relid))
			return true;
	return query_tree_walker((Query *) node, reads_nodes, context, 0);
}

List *
rs_numbers_for_nodes(Query *query)
{
	List	   *sequences = NIL;
	ListCell   *lc;

	if (!contain_volatile_functions((Node *) query) || !plain(query) || !reads_nodes((Node *) query, NULL))
		return NIL;
	hoist_numbers(query);
	foreach(lc, query->targetList)
		lfirst_node(TargetEntry, lc)->expr = with_calls(lfirst_node(TargetEntry, lc)->expr, &sequences);
	return sequences;
}

/* ---------------------------------------------------------------------
 * The leader's part
 * ---------------------------------------------------------------------
 */

static bool
collect(Node *node, List **calls)
{
	if (node == NULL)
		return false;
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, collect, calls, 0);
	if (is_call(node))
		*calls = lappend(*calls, node);
	return expression_tree_walker(node, collect, calls);
}

List *
rs_numbers_calls(Query *query)
{
	List	   *calls = NIL;

	(void) collect((Node *) query, &calls);
	return calls;
}

static Datum
argument(const FuncExpr *call, int n)
{
	return list_nth_node(Const, call->args, n)->constvalue;
}

static Oid
sequence_at(List *calls, uint32 place)
{
	ListCell   *lc;

	foreach(lc, calls)
		if (DatumGetInt32(argument(lfirst(lc), 1)) == (int32) place)
			return DatumGetObjectId(argument(lfirst(lc), 0));
	ereport(ERROR,
			(errcode(ERRCODE_DATA_CORRUPTED),
			 errmsg("message of rows is damaged: it asks for numbers of an unknown sequence")));
}

/*
 * Is a number the last one of its sequence?  Then who needs no more is not to fail.
 */
static bool
is_last(Form_pg_sequence definition, int64 number)
{
	int64		last;

	if (definition->seqcycle)
		return false;
	if (definition->seqincrement > 0)
		return pg_sub_s64_overflow(definition->seqmax, definition->seqincrement, &last) || number > last;
	return pg_sub_s64_overflow(definition->seqmin, definition->seqincrement, &last) || number < last;
}

void
rs_numbers_answer(List *calls, const char *message, Size size, StringInfo answer)
{
	RsWireNumbersWanted wanted;
	RsWireNumbers run = {.count = 0};
	HeapTuple	tuple;
	Oid			sequence;
	int64		last = 0;
	uint32		taken;

	memcpy(&wanted, rs_wire_decode_payload(message, RS_WIRE_NUMBERS, sizeof(wanted), &size), sizeof(wanted));
	sequence = sequence_at(calls, wanted.place);
	tuple = SearchSysCacheCopy1(SEQRELID, ObjectIdGetDatum(sequence));
	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for sequence %u", sequence);
	for (taken = 0; taken < Min(wanted.count, MOST_NUMBERS); taken++)
	{
		int64		number = nextval_internal(sequence, true);
		int64		step;

		if (run.count > 0 && !pg_sub_s64_overflow(number, last, &step) && (run.count == 1 || step == run.step))
		{
			run.step = step;
			run.count++;
		}
		else
		{
			if (run.count > 0)
				appendBinaryStringInfo(answer, (char *) &run, sizeof(run));
			run.first = number;
			run.step = 0;
			run.count = 1;
		}
		last = number;
		if (is_last((Form_pg_sequence) GETSTRUCT(tuple), number))
			break;
		CHECK_FOR_INTERRUPTS();
	}
	appendBinaryStringInfo(answer, (char *) &run, sizeof(run));
	heap_freetuple(tuple);
}

/* ---------------------------------------------------------------------
 * A node's part
 * ---------------------------------------------------------------------
 */

void
rs_numbers_begin(RsWireEncoder *encoder)
{
	asking = encoder;
}

void
rs_numbers_end(void)
{
	asking = NULL;
}

/*
 * What the leader answers.  A cancel ends the waiting.
 */
static void
receive_answer(StringInfo answer)
{
	for (;;)
	{
		unsigned char type;
		int			got;

		pq_startmsgread();
		got = pq_getbyte_if_available(&type);
		if (got == 0)
		{
			pq_endmsgread();
			(void) WaitLatchOrSocket(MyLatch, WL_LATCH_SET | WL_SOCKET_READABLE | WL_EXIT_ON_PM_DEATH,
									 MyProcPort->sock, -1, PG_WAIT_EXTENSION);
			ResetLatch(MyLatch);
			CHECK_FOR_INTERRUPTS();
			continue;
		}
		if (got < 0 || pq_getmessage(answer, PQ_LARGE_MESSAGE_LIMIT))
			ereport(FATAL,
					(errcode(ERRCODE_CONNECTION_FAILURE),
					 errmsg("unexpected EOF on client connection with an open transaction")));
		if (type == 'd')
			return;
		if (type != 'H' && type != 'S')
			ereport(FATAL,
					(errcode(ERRCODE_PROTOCOL_VIOLATION),
					 errmsg("unexpected message type 0x%02X while waiting for numbers of a sequence", type)));
	}
}

/*
 * Ask for more; keeps what comes in the context of the call.
 */
static void
ask(Numbers *numbers, int32 place, MemoryContext context)
{
	RsWireNumbersWanted wanted = {.place = place};
	MemoryContext caller = MemoryContextSwitchTo(context);
	StringInfoData answer;

	wanted.count = Max(1, Min(numbers->used / 8, MOST_NUMBERS));
	rs_wire_encode_payload(asking, RS_WIRE_NUMBERS, (char *) &wanted, sizeof(wanted));
	pq_flush();
	if (numbers->runs != NULL)
		pfree(numbers->runs);
	numbers->runs = NULL;
	initStringInfo(&answer);
	receive_answer(&answer);
	if (answer.len == 0 || answer.len % sizeof(RsWireNumbers) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("message with numbers of a sequence is damaged")));
	numbers->runs = answer.data;
	numbers->nruns = answer.len / sizeof(RsWireNumbers);
	numbers->run = 0;
	MemoryContextSwitchTo(caller);
}

Datum
rs_sequence_number(PG_FUNCTION_ARGS)
{
	Numbers    *numbers = fcinfo->flinfo->fn_extra;
	int64		number;

	if (asking == NULL)
		PG_RETURN_INT64(nextval_internal(PG_GETARG_OID(0), true));
	if (numbers == NULL)
		numbers = fcinfo->flinfo->fn_extra = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(Numbers));
	while (numbers->left.count == 0)
	{
		if (numbers->run >= numbers->nruns)
			ask(numbers, PG_GETARG_INT32(1), fcinfo->flinfo->fn_mcxt);
		memcpy(&numbers->left, numbers->runs + numbers->run++ * sizeof(RsWireNumbers), sizeof(RsWireNumbers));
	}
	number = numbers->left.first;
	numbers->used++;
	if (--numbers->left.count > 0 && pg_add_s64_overflow(number, numbers->left.step, &numbers->left.first))
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("message with numbers of a sequence is damaged")));
	PG_RETURN_INT64(number);
}
