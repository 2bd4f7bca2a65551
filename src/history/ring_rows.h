/*
 * ring_rows.h
 *	  Rows of the history that are in the ring, as rows of their tables.
 */
#ifndef RS_HISTORY_RING_ROWS_H
#define RS_HISTORY_RING_ROWS_H

/* Is this the process that writes the tables? */
extern bool rs_history_writing;

#endif							/* RS_HISTORY_RING_ROWS_H */
