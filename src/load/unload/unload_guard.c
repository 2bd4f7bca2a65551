/*
 * unload_guard.c
 *	  Files of an UNLOAD that has not ended: they are removed if it fails.
 *
 * An UNLOAD runs in a subtransaction.  At a compute node that is the one of the leader's, a
 * savepoint, since the UNLOAD may fail after this node has done its part.  When it aborts,
 * no parallel worker is left, and what the list of files has is removed, also if the session
 * ends.  There nothing may fail: a file that cannot be removed costs a warning.
 */
#include "postgres.h"

#include "access/xact.h"
#include "load/unload/unload_files.h"
#include "load/unload/unload_guard.h"
#include "miscadmin.h"
#include "utils/memutils.h"

static RsUnloadGuard *guards = NULL;

RsUnloadGuard *
rs_unload_guard(int level, const char *target, const char *options, int first, int step)
{
	MemoryContext context = AllocSetContextCreate(TopMemoryContext, "redshift unload", ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);
	RsUnloadGuard *guard = palloc0(sizeof(RsUnloadGuard));

	guard->context = context;
	guard->level = level;
	guard->next = guards;
	guards = guard;
	guard->options = rs_unload_options_parse(options);
	guard->prefix = rs_unload_prefix(target, guard->options);
	guard->location = rs_location_open(guard->prefix, guard->options->access, true);
	guard->ledger = rs_unload_ledger_create(first, step);
	MemoryContextSwitchTo(caller);
	return guard;
}

static void
drop(RsUnloadGuard *guard)
{
	RsUnloadGuard **link = &guards;

	while (*link != guard)
		link = &(*link)->next;
	*link = guard->next;
	MemoryContextDelete(guard->context);
}

static void
remove_file(const RsUnloadGuard *guard, const char *url)
{
	MemoryContext caller = MemoryContextSwitchTo(guard->context);

	PG_TRY();
	{
		guard->location->remove(guard->location, url);
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(guard->context);
		error = CopyErrorData();
		FlushErrorState();
		ereport(WARNING,
				(errcode(error->sqlerrcode),
				 errmsg("could not remove file \"%s\" of a failed UNLOAD: %s", url, error->message)));
	}
	PG_END_TRY();
	MemoryContextSwitchTo(caller);
}

/*
 * A file that was not finished is not there, but one to be overwritten may be.
 */
static void
remove_files(RsUnloadGuard *guard)
{
	ListCell   *lc;

	if (guard->ledger == NULL)
		return;
	rs_unload_ledger_fail(guard->ledger);
	foreach(lc, rs_unload_ledger_files(guard->ledger))
	{
		const RsUnloadFile *file = lfirst(lc);

		/* Of compute nodes' files they take care themselves. */
		if (!file->elsewhere && (file->complete || !guard->options->allow_overwrite))
			remove_file(guard, file->url);
	}
	if (guard->manifest != NULL)
		remove_file(guard, guard->manifest);
}

/* ---------------------------------------------------------------------
 * The end
 * ---------------------------------------------------------------------
 */

static void
end_level(int level, bool aborts)
{
	RsUnloadGuard *guard = guards;

	while (guard != NULL)
	{
		RsUnloadGuard *next = guard->next;

		if (aborts ? guard->level >= level : guard->level == level)
		{
			if (aborts)
				remove_files(guard);
			drop(guard);
		}
		guard = next;
	}
}

static void
subtransaction_ends(SubXactEvent event, SubTransactionId self, SubTransactionId parent, void *arg)
{
	if (event == SUBXACT_EVENT_COMMIT_SUB || event == SUBXACT_EVENT_ABORT_SUB)
		end_level(GetCurrentTransactionNestLevel(), event == SUBXACT_EVENT_ABORT_SUB);
}

static void
transaction_ends(XactEvent event, void *arg)
{
	if (event == XACT_EVENT_ABORT)
		end_level(1, true);
	else if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_PREPARE)
		end_level(1, false);
}

void
rs_unload_guard_init(void)
{
	RegisterSubXactCallback(subtransaction_ends, NULL);
	RegisterXactCallback(transaction_ends, NULL);
}

/* ---------------------------------------------------------------------
 * The beginning
 * ---------------------------------------------------------------------
 */

/*
 * With PARTITION BY, CLEANPATH is for directories that get a file, when they do.
 */
void
rs_unload_prepare(const RsUnloadGuard *guard, bool own)
{
	const RsUnloadOptions *options = guard->options;
	List	   *objects;
	ListCell   *lc;

	if (options->allow_overwrite || (options->clean_path && options->partition_by != NIL))
		return;
	objects = guard->location->list(guard->location, guard->prefix);
	foreach(lc, objects)
	{
		const char *url = ((RsObject *) lfirst(lc))->url;
		int			slice;
		bool		ours = rs_unload_may_write(options, url + strlen(guard->prefix), &slice);

		if (own && (!ours || !rs_unload_ledger_has_slice(guard->ledger, slice)))
			continue;
		if (options->clean_path)
			guard->location->remove(guard->location, url);
		else if (ours)
			ereport(ERROR,
					(errcode(ERRCODE_DUPLICATE_FILE),
					 errmsg("the destination of UNLOAD is not empty: file \"%s\" exists", url),
					 errhint("Use another prefix, remove the files, or use the option \"allowoverwrite\".")));
	}
}
