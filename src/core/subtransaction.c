/*
 * subtransaction.c
 *	  Trying something that may fail, and going on.
 */
#include "postgres.h"

#include "access/xact.h"
#include "core/subtransaction.h"
#include "utils/memutils.h"

static void
leave(const RsSubtransaction *sub)
{
	MemoryContextSwitchTo(sub->context);
	CurrentResourceOwner = sub->owner;
}

void
rs_subtransaction_begin(RsSubtransaction *sub)
{
	sub->context = CurrentMemoryContext;
	sub->owner = CurrentResourceOwner;
	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(sub->context);
}

void
rs_subtransaction_commit(const RsSubtransaction *sub)
{
	ReleaseCurrentSubTransaction();
	leave(sub);
}

ErrorData *
rs_subtransaction_abort(const RsSubtransaction *sub)
{
	ErrorData  *error;

	MemoryContextSwitchTo(sub->context);
	error = CopyErrorData();
	FlushErrorState();
	RollbackAndReleaseCurrentSubTransaction();
	leave(sub);
	return error;
}
