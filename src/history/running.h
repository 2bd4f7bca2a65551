/*
 * running.h
 *	  The statements that run, one of each session, in shared memory.
 */
#ifndef RS_HISTORY_RUNNING_H
#define RS_HISTORY_RUNNING_H

#include "datatype/timestamp.h"
#include "history/statement_kind.h"

extern void rs_running_begin(int32 number, int32 transaction, TimestampTz start, RsStatementKind kind, const char *text);
/* If it is this one that runs. */
extern void rs_running_end(int32 number, TimestampTz now);

extern void rs_running_init(void);

#endif							/* RS_HISTORY_RUNNING_H */
