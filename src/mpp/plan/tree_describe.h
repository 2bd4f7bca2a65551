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
 *		lines about it (Strings); its inputs (nodes).
 */
extern bool rs_trees_are_described;

/* Microseconds that this has taken in the session. */
extern uint64 rs_trees_time;

extern List *rs_tree_describe(PlannerInfo *root, const RsTree *tree);

/* Parts of a node. */
#define RS_DESCRIBED_NAME(node)		strVal(linitial(node))
#define RS_DESCRIBED_COSTS(node)	((List *) lsecond(node))
#define RS_DESCRIBED_LINES(node)	((List *) lthird(node))
#define RS_DESCRIBED_INPUTS(node)	((List *) lfourth(node))

/* In place of a node: the leader's plan, by its place (Integer, the only line) among the gather's. */
#define RS_DESCRIBED_LEADER			"Leader"

/* "Hash Left Join" and the like; hash or not. */
extern const char *rs_describe_join(JoinType type, bool hash);

#endif							/* RS_TREE_DESCRIBE_H */
