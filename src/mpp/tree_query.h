/*
 * tree_query.h
 *	  Algebra trees as SQL.
 */
#ifndef RS_TREE_QUERY_H
#define RS_TREE_QUERY_H

#include "mpp/fragment_path.h"

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
	double		rows;			/* estimated */
	const char *label;
} RsStage;

/*
 * The stages of a tree in the order to run them, the last to the leader.  *parameters
 * are expressions for the leader to evaluate; those that are NULL are names of
 * exchanges.
 */
extern List *rs_tree_stages(RsTree *tree, List **parameters);

#endif							/* RS_TREE_QUERY_H */
