/*
 * fragment_copy.h
 *	  COPY with FORMAT redshift_batch: how a compute node runs fragments.
 */
#ifndef RS_FRAGMENT_COPY_H
#define RS_FRAGMENT_COPY_H

#include "nodes/parsenodes.h"
#include "nodes/plannodes.h"
#include "parser/parse_node.h"
#include "vector/vector.h"

/* What the statement's options ask for. */
typedef struct RsFragmentOptions
{
	bool		has_statement;
	uint32		statement;
	char	   *exchange;		/* NULL: none */
	List	   *targets;		/* names of nodes; NIL: all */
	List	   *keys;			/* columns to distribute rows by; NIL: to all targets */
	bool		keep;			/* rows stay where they are */
	List	   *filters;		/* columns to make filters of */
	bool		only_filters;	/* ... and to send no rows */
	char	   *stage;			/* keep the rows under this name; NULL: no */
	char	   *types;			/* ... which have these types */
	List	   *lines;			/* options of COPY that say how the lines are to be read that come; NIL: rows come */
	char	   *unload;			/* write the rows to files, as that says; NULL: no */
	bool		numbers;		/* it asks the leader for numbers of sequences */
	struct RsReportRequest *report; /* tell what was done; NULL: no */
	StringInfo	rows;			/* messages that come with the command, no others; NULL: they come from the client */
} RsFragmentOptions;

/* Tell the client that rows come (H), are awaited (G), or both (W). */
extern void rs_copy_begin(char type, int ncolumns);

/*
 * Read all that is sent, rows of these types, and give it to consume() in batches, whose
 * values are good for that call.  rows: as in the options.  In fragment_insert.c.
 */
extern void rs_copy_in_batches(StringInfo rows, const Oid *types, int ncolumns,
							   void (*consume) (void *arg, const RsVector **vectors, uint32 n), void *arg);

/* COPY table FROM STDIN, of rows or of lines; returns how many rows.  In fragment_insert.c. */
extern uint64 rs_copy_from(ParseState *pstate, CopyStmt *stmt, List *lines, StringInfo rows);

/* COPY ... FROM STDIN (..., EXCHANGE 'id'); returns how many rows. */
extern uint64 rs_copy_into_exchange(const char *id, StringInfo rows);

/*
 * Let a plan, all of whose processes take batches, write its rows to files, and give others
 * that tell of these.  Set by who can.
 */
extern void (*rs_fragment_unload) (PlannedStmt *plan, const char *what);

extern void rs_fragment_copy_init(void);

#endif							/* RS_FRAGMENT_COPY_H */
