/*
 * stubs.h
 *	  The little of a backend that src/encoding needs, for programs without one.
 */
#ifndef RS_UNIT_STUBS_H
#define RS_UNIT_STUBS_H

/* How a piece of code that may ereport ended. */
typedef enum StubOutcome
{
	STUB_DONE,
	STUB_CORRUPT,				/* ERRCODE_DATA_CORRUPTED */
	STUB_NO_MEMORY,				/* more than these programs want to spend */
	STUB_ERROR					/* anything else, a bad allocation size included */
} StubOutcome;

/* What the last error said; "" if nothing. */
extern const char *stub_message;

/* Run a function; an ERROR it raises ends it.  Not to be nested. */
extern StubOutcome stub_run(void (*body) (void *), void *arg);

/* Free everything that was palloc'ed, whatever its context. */
extern void stub_free_all(void);

#endif							/* RS_UNIT_STUBS_H */
