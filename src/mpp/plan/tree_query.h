/*
 * tree_query.h
 *	  Algebra trees as SQL.
 */
#ifndef RS_TREE_QUERY_H
#define RS_TREE_QUERY_H

#include "mpp/plan/fragment_path.h"
#include "nodes/plannodes.h"

/*
 * One stage of a distributed plan: SQL that the nodes run, and where its rows go.  In
 * the SQL, $n stands for parameter n, counted from 1.
 */
typedef struct RsStage
{
	char	   *sql;
	Query	   *query;			/* of which that is the text */
	RsSpreadKind to;			/* KEY, ALL: an exchange; ANY: to the leader */
	int			exchange;		/* parameter that is the name of the exchange it fills */
	List	   *keys;			/* of KEY: column numbers, from 1 (IntList) */
	List	   *filters;		/* columns to make filters of (IntList) */
	bool		only_filters;	/* ... sending no rows */
	bool		filtered;		/* its rows are, by those of another */
	int			cte;			/* number of the CTE that it keeps; negative: that it helps to compute */
	double		rows;			/* estimated */
	List	   *numbers;		/* calls that ask for numbers (execute/sequence_numbers.h) */
	List	   *distinct;		/* of columns, how many values they have (IntList); 0: unknown */
	const char *label;
	List	   *only;			/* restrictions (key_values.h): it runs on these nodes only */
	List	   *to_only;		/* ... and only these need its rows */
	PlannedStmt *local;			/* instead of SQL: what the leader is to run, and to send to the nodes */
	int			child;			/* ... or which child of the plan's node, from 1; 0: none */
} RsStage;

/* Text that is being made. */
typedef struct RsTextBuilder
{
	List	   *parameters;		/* expressions; NULL: names of exchanges */
	List	   *stages;			/* RsStage *, in the order to run them */
	List	   *of_leader;		/* RsTree *, that children of the plan's node compute */
	List	   *filtered;		/* exchanges, RsTree *, of whose input only some rows are sent */
	List	   *filters;		/* ... those that satisfy these, a list of conditions for each */
} RsTextBuilder;

/* Location of Params that are parameters of a text, not of the query. */
#define RS_TEXT_PARAMETER	(-2)
#define RS_TEXT_NAME		(-3)	/* ... and names of exchanges */

/* A parameter of the text for an expression of the leader; NULL: the name of an exchange. */
extern Node *rs_text_parameter(RsTextBuilder *builder, Expr *expr);

/* Is this for the leader to evaluate, once? */
extern bool rs_text_is_leaders(Node *node);

/*
 * A stage that fills an exchange with what a query gives, and the range table entry that
 * reads it, with the query's columns.
 */
extern RangeTblEntry *rs_text_exchange(RsTextBuilder *builder, Query *input, RsSpreadKind to, List *keys,
									   double rows, const char *label);

/*
 * The same for rows that the leader computes by a plan for the query: ALL sends them to
 * every node, KEY to that which has the slice of a column's value, ANY to the nodes in turn.
 */
extern RangeTblEntry *rs_text_staged(RsTextBuilder *builder, Query *input, PlannedStmt *plan, RsSpreadKind to,
									 int key);

/*
 * Make the text of each stage's query, such that it means the same in every session:
 * names qualified, constants in ISO form.
 */
extern void rs_text_deparse(List *stages);

/* A stage's SQL with values in place of its parameters $n; quoted text is left as it is. */
extern char *rs_text_fill_in(const char *sql, char **values);

/*
 * The same for each of a batch of values, char *, lists of nvalues of them as SQL: its place
 * in the batch before the columns.  given: of each parameter, is it one of the values?
 */
extern char *rs_text_batch(const char *sql, char **values, List *given, int nvalues, List *batch);

/* Until the present level of settings ends, let values as text mean the same everywhere. */
extern void rs_text_portable_settings(void);

/*
 * The stages of a tree in the order to run them, the last to the leader.  *parameters
 * are expressions for the leader to evaluate; those that are NULL are names of
 * exchanges.  only: restrictions of the whole.
 */
extern List *rs_tree_stages(RsTree *tree, List *only, List **parameters);

/*
 * The same, but the last stage inserts the rows into a table, where they are.  attributes:
 * numbers of the table's columns, which are also those of the tree's.
 */
extern List *rs_tree_insert_stages(RsTree *tree, Oid relid, List *attributes, List *only, List **parameters);

#endif							/* RS_TREE_QUERY_H */
