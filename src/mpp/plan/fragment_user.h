/*
 * fragment_user.h
 *	  As whom nodes run fragments.
 */
#ifndef RS_FRAGMENT_USER_H
#define RS_FRAGMENT_USER_H

#include "mpp/plan/fragment_path.h"

/* As whom a table is used, if that is not the current user: the owner of a view. */
extern Oid	rs_other_user(const RangeTblEntry *entry);

/* Does a query use tables as someone else? */
extern bool rs_uses_tables_as_other(const Query *query);

/* May an expression, or a query, be evaluated as someone else? */
extern bool rs_harmless(Node *node);

/* As whom a tree is to run, InvalidOid for the current user; false: as different users. */
extern bool rs_tree_user(const RsTree *tree, Oid *userid);

#endif							/* RS_FRAGMENT_USER_H */
