/*
 * tree_describe.h
 *	  What an algebra tree does, in Redshift's words, for EXPLAIN (redshift).
 */
#ifndef RS_TREE_DESCRIBE_H
#define RS_TREE_DESCRIBE_H

#include "mpp/plan/fragment_path.h"

/*
 * While an EXPLAIN (redshift) plans, gathers keep what their trees do as the last part of
 * custom_private: nodes, each a list of
 *		its name (String); startup and total cost and rows (Floats) and width (Integer), as a list;
 *		lines about it (Strings); its inputs (nodes);
 *		the stage that computes it (Integer) and the key by which it counts (String; empty: it
 *		does not); the stages, a list of integers, that moved the rows of its inputs (-1: none did).
 */
extern bool rs_trees_are_described;

/* Microseconds that this has taken in the session. */
extern uint64 rs_trees_time;

extern List *rs_tree_describe(PlannerInfo *root, const RsTree *tree, int nstages);

/* What stands for the scan of an UPDATE or DELETE on the nodes: only its counts are there. */
extern List *rs_describe_changed(void);

/* Parts of a node. */
#define RS_DESCRIBED_NAME(node)		strVal(linitial(node))
#define RS_DESCRIBED_COSTS(node)	((List *) lsecond(node))
#define RS_DESCRIBED_LINES(node)	((List *) lthird(node))
#define RS_DESCRIBED_INPUTS(node)	((List *) lfourth(node))
#define RS_DESCRIBED_STAGE(node)	intVal(linitial((List *) list_nth(node, 4)))
#define RS_DESCRIBED_KEY(node)		strVal(lsecond((List *) list_nth(node, 4)))
#define RS_DESCRIBED_MOVED(node)	((List *) list_nth(node, 5))

/* In place of a node: the leader's plan, by its place (Integer, the only line) among the gather's. */
#define RS_DESCRIBED_LEADER			"Leader"

/* "Hash Left Join" and the like; hash or not. */
extern const char *rs_describe_join(JoinType type, bool hash);

#endif							/* RS_TREE_DESCRIBE_H */
