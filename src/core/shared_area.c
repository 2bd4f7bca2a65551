/*
 * shared_area.c
 *	  Memory that all processes of the server share.
 *
 * What of PostgreSQL's way of asking for it differs between versions is here only.
 */
#include "postgres.h"

#include "core/shared_area.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/shmem.h"

#define AREAS	16

static const RsSharedArea *areas[AREAS];
static int	nareas = 0;
static shmem_request_hook_type next_request = NULL;
static shmem_startup_hook_type next_startup = NULL;

static void
request(void)
{
	if (next_request)
		next_request();
	for (int i = 0; i < nareas; i++)
	{
		RequestAddinShmemSpace(areas[i]->size_at_start != NULL ? areas[i]->size_at_start() : areas[i]->size);
		if (areas[i]->lock != NULL)
			RequestNamedLWLockTranche(areas[i]->name, 1);
	}
}

static void
startup(void)
{
	if (next_startup)
		next_startup();
	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	for (int i = 0; i < nareas; i++)
	{
		if (areas[i]->lock != NULL)
			*areas[i]->lock = &GetNamedLWLockTranche(areas[i]->name)->lock;
		areas[i]->attach();
	}
	LWLockRelease(AddinShmemInitLock);
}

void
rs_shared_area_add(const RsSharedArea *area)
{
	if (!process_shared_preload_libraries_in_progress)
		return;
	if (nareas == 0)
	{
		next_request = shmem_request_hook;
		shmem_request_hook = request;
		next_startup = shmem_startup_hook;
		shmem_startup_hook = startup;
	}
	if (nareas == AREAS)
		elog(ERROR, "there are too many areas of shared memory");
	areas[nareas++] = area;
}
