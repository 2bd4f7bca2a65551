/*
 * writer.h
 *	  Writes the history from the ring to its tables.
 */
#ifndef RS_HISTORY_WRITER_H
#define RS_HISTORY_WRITER_H

/* For the start of the library, at the start of the server. */
extern void rs_history_writer_init(void);

#endif							/* RS_HISTORY_WRITER_H */
