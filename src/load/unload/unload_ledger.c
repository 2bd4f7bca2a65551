/*
 * unload_ledger.c
 *	  The files that the processes of an UNLOAD write, in memory that they share.
 *
 * A file is entered before it is made, so that whatever happens then, whoever runs the
 * statement knows of it: how many rows it has, or that it is to be removed.  Entries are
 * only added, at the front of a list.
 */
#include "postgres.h"

#include "load/unload/unload_ledger.h"
#include "miscadmin.h"
#include "storage/lwlock.h"
#include "storage/spin.h"
#include "utils/dsa.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

typedef struct Shared
{
	slock_t		lock;
	int			first_slice;
	int			step;
	int			nslices;
	bool		failed;
	dsa_pointer first;
} Shared;

struct RsUnloadLedger
{
	dsa_area   *area;
	dsa_pointer root;
	Shared	   *shared;
	int			users;			/* in this process */
	MemoryContextCallback release;
	RsUnloadLedger *next;		/* of this process */
};

/* An area can be attached to once in a process; UNLOADs may be nested. */
static RsUnloadLedger *ledgers = NULL;

static void
release(void *arg)
{
	RsUnloadLedger *ledger = arg;
	RsUnloadLedger **link = &ledgers;

	if (ledger->area == NULL)
		return;
	while (*link != ledger)
		link = &(*link)->next;
	*link = ledger->next;
	dsa_detach(ledger->area);
	ledger->area = NULL;
}

static RsUnloadLedger *
remember(dsa_area *area, dsa_pointer root)
{
	RsUnloadLedger *ledger = palloc0(sizeof(RsUnloadLedger));

	/* Not the resource owner's: the area grows in subtransactions, too. */
	dsa_pin_mapping(area);
	ledger->area = area;
	ledger->root = root;
	ledger->shared = dsa_get_address(area, root);
	ledger->users = 1;
	ledger->next = ledgers;
	ledgers = ledger;
	ledger->release.func = release;
	ledger->release.arg = ledger;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, &ledger->release);
	return ledger;
}

RsUnloadLedger *
rs_unload_ledger_create(int first, int step)
{
	dsa_area   *area = dsa_create(LWTRANCHE_PARALLEL_QUERY_DSA);
	dsa_pointer root = dsa_allocate0(area, sizeof(Shared));
	Shared	   *shared = dsa_get_address(area, root);

	SpinLockInit(&shared->lock);
	shared->first_slice = first;
	shared->step = step;
	return remember(area, root);
}

char *
rs_unload_ledger_name(const RsUnloadLedger *ledger)
{
	return psprintf("%u/" UINT64_FORMAT, dsa_get_handle(ledger->area), (uint64) ledger->root);
}

RsUnloadLedger *
rs_unload_ledger_find(const char *name)
{
	unsigned int handle;
	unsigned long long root;
	RsUnloadLedger *ledger;

	if (sscanf(name, "%u/%llu", &handle, &root) != 2)
		elog(ERROR, "invalid name of a list of files: \"%s\"", name);
	for (ledger = ledgers; ledger != NULL; ledger = ledger->next)
		if (dsa_get_handle(ledger->area) == handle)
		{
			ledger->users++;
			return ledger;
		}
	return remember(dsa_attach(handle), (dsa_pointer) root);
}

void
rs_unload_ledger_close(RsUnloadLedger *ledger)
{
	if (--ledger->users == 0)
		release(ledger);
}

int
rs_unload_ledger_next_slice(RsUnloadLedger *ledger)
{
	int			slice;

	SpinLockAcquire(&ledger->shared->lock);
	slice = ledger->shared->nslices++;
	SpinLockRelease(&ledger->shared->lock);
	return ledger->shared->first_slice + slice * ledger->shared->step;
}

bool
rs_unload_ledger_has_slice(const RsUnloadLedger *ledger, int slice)
{
	return slice % ledger->shared->step == ledger->shared->first_slice;
}

RsUnloadFile *
rs_unload_ledger_begin(RsUnloadLedger *ledger, const char *url, int slice, int part)
{
	dsa_pointer pointer = dsa_allocate0(ledger->area, offsetof(RsUnloadFile, url) + strlen(url) + 1);
	RsUnloadFile *file = dsa_get_address(ledger->area, pointer);

	file->slice = slice;
	file->part = part;
	file->pid = MyProcPid;
	file->begun = GetCurrentTimestamp();
	strcpy(file->url, url);
	SpinLockAcquire(&ledger->shared->lock);
	file->next = ledger->shared->first;
	ledger->shared->first = pointer;
	SpinLockRelease(&ledger->shared->lock);
	return file;
}

bool
rs_unload_ledger_complete(RsUnloadLedger *ledger, RsUnloadFile *file, uint64 rows, uint64 lines, uint64 bytes)
{
	bool		failed;

	file->rows = rows;
	file->lines = lines;
	file->bytes = bytes;
	file->ended = GetCurrentTimestamp();
	SpinLockAcquire(&ledger->shared->lock);
	failed = ledger->shared->failed;
	file->complete = true;
	SpinLockRelease(&ledger->shared->lock);
	return !failed;
}

void
rs_unload_ledger_enter(RsUnloadLedger *ledger, const RsUnloadFile *values, const char *url)
{
	RsUnloadFile *file = rs_unload_ledger_begin(ledger, url, values->slice, values->part);

	file->pid = values->pid;
	(void) rs_unload_ledger_complete(ledger, file, values->rows, values->lines, values->bytes);
	file->begun = values->begun;
	file->ended = values->ended;
	file->elsewhere = true;
}

void
rs_unload_ledger_fail(RsUnloadLedger *ledger)
{
	SpinLockAcquire(&ledger->shared->lock);
	ledger->shared->failed = true;
	SpinLockRelease(&ledger->shared->lock);
}

List *
rs_unload_ledger_files(RsUnloadLedger *ledger)
{
	List	   *files = NIL;
	dsa_pointer pointer;

	SpinLockAcquire(&ledger->shared->lock);
	pointer = ledger->shared->first;
	SpinLockRelease(&ledger->shared->lock);
	while (DsaPointerIsValid(pointer))
	{
		RsUnloadFile *file = dsa_get_address(ledger->area, pointer);

		files = lappend(files, file);
		pointer = file->next;
	}
	return files;
}
