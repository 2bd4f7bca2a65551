/*
 * sequence_numbers.h
 *	  Numbers of the leader's sequences for rows that nodes compute.
 */
#ifndef RS_SEQUENCE_NUMBERS_H
#define RS_SEQUENCE_NUMBERS_H

#include "lib/stringinfo.h"
#include "mpp/wire/wire.h"
#include "nodes/parsenodes.h"

/*
 * Let nodes take the numbers that a query, whose rows are to be inserted, draws for its
 * columns.  Returns the sequences (Oids) of which they may.
 */
extern List *rs_numbers_for_nodes(Query *query);

/*
 * A copy of a statement for nodes that takes all of its numbers in this way; NULL if that is
 * not possible.
 */
extern Query *rs_numbers_taken(Query *query, List **sequences);

/* Is there a call for such numbers?  The same with NULL in place of each. */
extern bool rs_numbers_any(Node *node);
extern Node *rs_numbers_left_out(Node *node);

/* The calls in a query, by their places, to be kept with its text. */
extern List *rs_numbers_calls(Query *query);

/* At the leader: the answer to a node's message. */
extern void rs_numbers_answer(List *calls, const char *message, Size size, StringInfo answer);

/* On a node: what runs until rs_numbers_end() may ask, by messages of this encoder. */
extern void rs_numbers_begin(RsWireEncoder *encoder);
extern void rs_numbers_end(void);

#endif							/* RS_SEQUENCE_NUMBERS_H */
