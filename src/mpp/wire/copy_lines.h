/*
 * copy_lines.h
 *	  Lines of a COPY at the leader, made rows by the node that stores them.
 */
#ifndef RS_COPY_LINES_H
#define RS_COPY_LINES_H

#include "nodes/execnodes.h"
#include "parser/parse_node.h"
#include "utils/relcache.h"
#include "vector/vector.h"

/*
 * What is sent: a line without its end, and the number of the line before it, for errors.
 */
#define RS_LINE_COLUMNS		2
extern const Oid rs_line_types[RS_LINE_COLUMNS];

typedef struct RsCopyLines RsCopyLines;

/* columns: names, as COPY's; options: COPY's, of the lines.  Lives in the current context. */
extern RsCopyLines *rs_copy_lines_begin(ParseState *pstate, Relation rel, List *columns, List *options);

/* A batch of them, good until it is read. */
extern void rs_copy_lines_take(RsCopyLines *lines, const RsVector **vectors, uint32 n);

/*
 * The row of a batch's next line, in the context for a tuple, which is the current one.
 * Errors until rs_copy_lines_leave() are told to be of this line.
 */
extern void rs_copy_lines_next(RsCopyLines *lines, ExprContext *econtext, TupleTableSlot *slot);

/* Errors are of an earlier line of the batch; of none. */
extern void rs_copy_lines_again(RsCopyLines *lines, uint32 row);
extern void rs_copy_lines_leave(RsCopyLines *lines);

extern void rs_copy_lines_end(RsCopyLines *lines);

#endif							/* RS_COPY_LINES_H */
