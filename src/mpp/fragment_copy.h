/*
 * fragment_copy.h
 *	  COPY with FORMAT redshift_batch: how a compute node runs fragments.
 */
#ifndef RS_FRAGMENT_COPY_H
#define RS_FRAGMENT_COPY_H

#include "nodes/parsenodes.h"
#include "parser/parse_node.h"

/* What the statement's options ask for. */
typedef struct RsCopyOptions
{
	bool		has_statement;
	uint32		statement;
	char	   *exchange;		/* NULL: none */
	List	   *targets;		/* names of nodes; NIL: all */
	List	   *keys;			/* columns to distribute rows by; NIL: to all targets */
} RsCopyOptions;

/* Tell the client that rows come (H) or are awaited (G). */
extern void rs_copy_begin(char type, int ncolumns);

/* COPY table FROM STDIN; returns how many rows.  In fragment_insert.c. */
extern uint64 rs_copy_from(ParseState *pstate, CopyStmt *stmt);

/* COPY ... FROM STDIN (..., EXCHANGE 'id'); returns how many rows. */
extern uint64 rs_copy_into_exchange(const char *id);

extern void rs_fragment_copy_init(void);

#endif							/* RS_FRAGMENT_COPY_H */
