/*
 * kept_cte.c
 *	  CTEs that compute nodes keep for the plans of a statement.
 *
 * All gathers that one executor's state runs as a user read one exchange for a CTE.  The first of
 * them fills it; it stays, also while they are scanned again, until the last one that has
 * read any ends.  What an error leaves goes with the transaction at the nodes.
 */
#include "postgres.h"

#include "mpp/execute/kept_cte.h"

struct RsKeeper
{
	const EState *estate;
	Oid			userid;
	int			nreaders;		/* that have not left */
	List	   *ctes;			/* RsKeptCte * */
};

RsKeeper *
rs_keeper_join(List **keepers, const EState *estate, Oid userid)
{
	RsKeeper   *keeper = NULL;
	ListCell   *lc;

	foreach(lc, *keepers)
		if (((RsKeeper *) lfirst(lc))->estate == estate && ((RsKeeper *) lfirst(lc))->userid == userid)
			keeper = lfirst(lc);
	if (keeper == NULL)
	{
		keeper = palloc0(sizeof(RsKeeper));
		keeper->estate = estate;
		keeper->userid = userid;
		*keepers = lappend(*keepers, keeper);
	}
	keeper->nreaders++;
	return keeper;
}

RsKeptCte *
rs_keeper_cte(RsKeeper *keeper, int cte)
{
	RsKeptCte  *kept;
	ListCell   *lc;

	foreach(lc, keeper->ctes)
		if (((RsKeptCte *) lfirst(lc))->cte == cte)
			return lfirst(lc);
	kept = palloc0(sizeof(RsKeptCte));
	kept->cte = cte;
	keeper->ctes = lappend(keeper->ctes, kept);
	return kept;
}

List *
rs_keeper_leave(List **keepers, RsKeeper *keeper)
{
	List	   *names = NIL;
	ListCell   *lc;

	if (--keeper->nreaders > 0)
		return NIL;
	foreach(lc, keeper->ctes)
		if (((RsKeptCte *) lfirst(lc))->filled)
			names = lappend(names, ((RsKeptCte *) lfirst(lc))->name);
	*keepers = list_delete_ptr(*keepers, keeper);
	return names;
}
