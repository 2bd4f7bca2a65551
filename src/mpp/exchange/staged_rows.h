/*
 * staged_rows.h
 *	  On a compute node: rows that the leader has sent for a later fragment to read.
 */
#ifndef RS_STAGED_ROWS_H
#define RS_STAGED_ROWS_H

#include "lib/stringinfo.h"
#include "nodes/parsenodes.h"

/*
 * Keep what the client sends under a name.  types: the columns', as the text of an array
 * of regtype.  Returns how many rows there were.
 */
extern uint64 rs_stage_rows(const char *name, const char *types, StringInfo rows);

/*
 * The only value of rows of one text column, palloc'd; an error if there are no such rows.
 */
extern char *rs_staged_text(const char *name);

extern void rs_staged_rows_init(void);

#endif							/* RS_STAGED_ROWS_H */
