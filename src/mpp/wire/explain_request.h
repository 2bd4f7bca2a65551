/*
 * explain_request.h
 *	  At the leader: what nodes are to report of fragments, for an EXPLAIN that runs.
 */
#ifndef RS_EXPLAIN_REQUEST_H
#define RS_EXPLAIN_REQUEST_H

#include "nodes/execnodes.h"

/*
 * The report to ask for of fragments that this executor's state runs: the value of COPY's
 * option; NULL if what it does is not measured.
 */
extern char *rs_explain_request(const EState *estate);

/* Is it what operations counted, for the history (fragment_counts.h)? */
extern bool rs_explain_wants_counts(const EState *estate);

extern void rs_explain_request_init(void);

#endif							/* RS_EXPLAIN_REQUEST_H */
