/*
 * kept_cte.h
 *	  CTEs that compute nodes keep for the plans of a statement.
 */
#ifndef RS_KEPT_CTE_H
#define RS_KEPT_CTE_H

#include "nodes/execnodes.h"

typedef struct RsKeptCte
{
	int			cte;			/* number of its plan */
	char	   *name;			/* of the exchange; NULL: it has none yet */
	bool		filled;			/* the exchange has its rows */
} RsKeptCte;

/* What is kept for the plans that one executor's state runs as a user. */
typedef struct RsKeeper RsKeeper;

/* That one, in a list of all; whatever is made lives in the present context. */
extern RsKeeper *rs_keeper_join(List **keepers, const EState *estate, Oid userid);
extern RsKeptCte *rs_keeper_cte(RsKeeper *keeper, int cte);

/* The exchanges (char *) that nobody reads any more: all, when the last one leaves. */
extern List *rs_keeper_leave(List **keepers, RsKeeper *keeper);

#endif							/* RS_KEPT_CTE_H */
