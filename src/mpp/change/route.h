/*
 * route.h
 *	  Rows from the leader into a distributed table.
 */
#ifndef RS_ROUTE_H
#define RS_ROUTE_H

#include "executor/tuptable.h"
#include "mpp/wire/fragment_report.h"
#include "nodes/pg_list.h"
#include "storage/options.h"
#include "utils/relcache.h"

typedef struct RsRoute RsRoute;

/*
 * Begin to send rows to a table, as a user; slots will have its row type.  Columns that
 * are generated are left to the nodes.  Lives in the current context.
 */
extern RsRoute *rs_route_begin(Relation rel, Oid userid);

/*
 * The same for lines of a COPY that nodes make rows of (wire/copy_lines.h): columns of
 * the table (IntList), and options of COPY as SQL.  Slots need have the key only.
 */
extern RsRoute *rs_route_begin_lines(Relation rel, Oid userid, List *columns, const char *options);
extern void rs_route_line(RsRoute *route, TupleTableSlot *slot, uint64 before, const char *line, int length);

/*
 * Into an exchange that all these nodes have opened for any number of senders.  keys:
 * columns, from 1 (IntList).
 */
extern RsRoute *rs_route_begin_exchange(List *connections, TupleDesc desc, const char *name, RsDistStyle style,
										List *keys);

/*
 * The same for rows that nodes keep under a name for this statement (staged_rows.c):
 * every node gets ready, whether rows come or not.  key: column, from 1.
 */
extern RsRoute *rs_route_begin_staged(List *connections, TupleDesc desc, const char *name, RsDistStyle style,
									  AttrNumber key);

/*
 * Let nodes keep a text under a name, until the transaction ends or they are told to
 * forget it: what is in no SQL, which is logged and shown.  See rs_staged_text().
 */
extern void rs_route_text(List *connections, const char *name, const char *content);

extern void rs_route_row(RsRoute *route, TupleTableSlot *slot);

/* Send what waits, and learn whether the nodes have taken it all. */
extern void rs_route_end(RsRoute *route);

/* How many nodes rows may go to, and what was sent to each. */
extern int	rs_route_targets(const RsRoute *route, RsReportTarget **targets);

#endif							/* RS_ROUTE_H */
