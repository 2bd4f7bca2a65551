/*
 * statement.h
 *	  Statements of clients, from their start to a row of the history.
 */
#ifndef RS_HISTORY_STATEMENT_H
#define RS_HISTORY_STATEMENT_H

/* Is there a history of what this session does now? */
extern bool rs_history_recording(void);

/* Does the session do what its client sent, not what that calls? */
extern bool rs_history_of_client(void);

/* The number of the session's present transaction: that of its first statement. */
extern int32 rs_history_transaction(void);

/* The statement that runs, of which functions may be called; 0: none. */
extern int32 rs_history_current(void);

extern void rs_history_statement_init(void);

#endif							/* RS_HISTORY_STATEMENT_H */
