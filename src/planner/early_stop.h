/*
 * early_stop.h
 *	  Who may stop asking a node for rows before its last one.
 */
#ifndef RS_EARLY_STOP_H
#define RS_EARLY_STOP_H

#include "nodes/plannodes.h"

extern void rs_early_stop_init(void);

/* Note in each RsVector of a finished plan whether a node above may stop early. */
extern void rs_note_early_stops(PlannedStmt *planned);
extern bool rs_may_stop_early(const CustomScan *scan);

/* Does whoever runs the current statement ask for so many rows only (a cursor)? */
extern bool rs_run_is_limited(void);

#endif							/* RS_EARLY_STOP_H */
