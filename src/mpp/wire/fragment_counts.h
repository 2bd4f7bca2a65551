/*
 * fragment_counts.h
 *	  What the operations of a fragment counted, for the leader's history.
 */
#ifndef RS_FRAGMENT_COUNTS_H
#define RS_FRAGMENT_COUNTS_H

#include "datatype/timestamp.h"
#include "executor/execdesc.h"
#include "nodes/bitmapset.h"

/*
 * In a query's instrument options, alone: its rows are counted for the history, and nodes are
 * to tell what they counted, not to explain.  PostgreSQL counts rows whatever the options are.
 */
#define RS_INSTRUMENT_COUNTS	0x10000

typedef struct RsCounts
{
	uint64		rows;			/* given */
	uint64		rows_read;		/* of scans: before they were filtered */
	uint64		bytes_read;
	uint64		memory;
	bool		spilled;
	bool		skips;			/* blocks, by what is known of them */
	TimestampTz started;		/* 0: times are not known */
	TimestampTz ready;			/* ... when it gave its first rows */
	TimestampTz ended;
} RsCounts;

/* Add what another part of it has counted. */
extern void rs_counts_add(RsCounts *to, const RsCounts *from);

/*
 * What an operation is known by at the leader, which has made the fragment, and on the node,
 * which has planned it: its kind, the leaves below it, tables and exchanges by their order in
 * the text, and how many aggregations of just these are below it.
 */
typedef enum RsOperationKind
{
	RS_OPERATION_SCAN = 's',
	RS_OPERATION_JOIN = 'j',
	RS_OPERATION_AGGREGATE = 'a',	/* DISTINCT, too */
	RS_OPERATION_SORT = 'o',
	RS_OPERATION_WINDOW = 'w',
	RS_OPERATION_LIMIT = 'l',
	RS_OPERATION_SET = 'u'
} RsOperationKind;

typedef struct RsOperationInput
{
	Bitmapset  *leaves;
	int			aggregations;
} RsOperationInput;

/* Its key; palloc'd. */
extern char *rs_operation_key(RsOperationKind kind, const RsOperationInput *input);
/* Both inputs as one. */
extern RsOperationInput rs_operation_inputs(const RsOperationInput *outer, const RsOperationInput *inner);

/* On a node: let a query's range table entries, and all of its plan, know which leaves they are. */
extern void rs_number_leaves(Query *query);
/* Which one it is, from 1; 0: none. */
extern int	rs_leaf_number(const RangeTblEntry *rte);

typedef struct RsOperationCounts
{
	char	   *key;
	RsCounts	counts;
} RsOperationCounts;

/*
 * The operations (RsOperationCounts *) of a query that has run, before its executor ends.  Set by
 * who knows the plan's nodes.
 */
extern List *(*rs_operation_counts) (QueryDesc *desc);

/*
 * Operations as text, and back: times are relative to now, when a fragment is through, and
 * then to the leader's time of that.
 */
extern char *rs_operations_write(const List *operations, TimestampTz now);
extern List *rs_operations_read(char *text, TimestampTz now);

#endif							/* RS_FRAGMENT_COUNTS_H */
