/*
 * barrier.c
 *	  The barrier between commits on several nodes and snapshots of several nodes.
 *
 * A transaction that wrote on several nodes becomes visible on one after the other.
 * So that no statement sees it on some of its nodes only, its second phase holds this
 * lock exclusively, and statements share it while they take their snapshots.  It is a
 * lock of PostgreSQL's lock manager, of the leader alone: it can be waited for
 * interruptibly and goes away with the transaction, however that ends.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "mpp/cluster/node.h"
#include "mpp/session/barrier.h"
#include "storage/lmgr.h"
#include "storage/lock.h"

static void
barrier_tag(LOCKTAG *tag)
{
	SET_LOCKTAG_OBJECT(*tag, MyDatabaseId, rs_cluster_catalog(), 0, 0);
}

void
rs_barrier_enter(void)
{
	LOCKTAG		tag;

	barrier_tag(&tag);
	(void) LockAcquire(&tag, ShareLock, false, false);
}

void
rs_barrier_leave(void)
{
	LOCKTAG		tag;

	barrier_tag(&tag);
	(void) LockRelease(&tag, ShareLock, false);
}

void
rs_barrier_close(void)
{
	LOCKTAG		tag;

	barrier_tag(&tag);
	(void) LockAcquire(&tag, ExclusiveLock, false, false);
}

void
rs_barrier_open(void)
{
	LOCKTAG		tag;

	barrier_tag(&tag);
	(void) LockRelease(&tag, ExclusiveLock, false);
}
