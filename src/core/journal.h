/*
 * journal.h
 *	  Rows of system tables that stay, whatever becomes of the transaction that tells them.
 *
 * A load that fails leaves its reasons.  So rows are written by a background worker, in a
 * transaction of its own: when rs_journal_flush() is called, before the transaction commits,
 * and when it, or the subtransaction, aborts.
 */
#ifndef RS_JOURNAL_H
#define RS_JOURNAL_H

#include "lib/stringinfo.h"

/*
 * A row, begun and ended here, with its values in between, by the names of the columns of
 * redshift.<table>; other columns get NULL.  Text may have any bytes: those that are no
 * characters of the server's encoding, and NULs, become full stops.
 */
extern void rs_journal_begin_row(const char *table);
extern void rs_journal_int(const char *column, int64 value);
extern void rs_journal_text(const char *column, const char *value, Size size);
/*
 * Such bytes as the columns have them, terminated, in the current context.
 */
extern char *rs_journal_clean(const char *value, Size size);
/* As PostgreSQL has it; the column is a timestamp, in UTC. */
extern void rs_journal_time(const char *column, int64 time);
extern void rs_journal_end_row(void);

/*
 * Write the rows that wait, and return when others can see them.  What goes wrong is a warning.
 */
extern void rs_journal_flush(void);

/*
 * A number for a statement, as the system tables know it; 0 on a server in recovery, which
 * keeps no journal.
 */
extern int32 rs_journal_next_query(bool unload);

/*
 * Where the history of statements is kept: the number of the statement that runs, for a COPY
 * or UNLOAD; NULL elsewhere, where a sequence has the numbers.
 */
extern int32 (*rs_journal_number) (bool unload);

/* The current user, as columns called userid have it. */
extern int32 rs_journal_user(void);

extern void rs_journal_init(void);

#endif							/* RS_JOURNAL_H */
