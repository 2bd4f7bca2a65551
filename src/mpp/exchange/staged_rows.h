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

extern void rs_staged_rows_init(void);

#endif							/* RS_STAGED_ROWS_H */
