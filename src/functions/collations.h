/*
 * collations.h
 *	  Patterns of strings that are compared without regard to case.
 */
#ifndef RS_COLLATIONS_H
#define RS_COLLATIONS_H

#include "nodes/nodes.h"

/* Change the operators of an analysed query. */
extern void rs_disregard_case(Node *query);

#endif							/* RS_COLLATIONS_H */
