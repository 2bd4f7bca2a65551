/*
 * unload_guard.h
 *	  Files of an UNLOAD that has not ended: they are removed if it fails.
 */
#ifndef RS_UNLOAD_GUARD_H
#define RS_UNLOAD_GUARD_H

#include "load/location.h"
#include "load/unload/unload_ledger.h"
#include "load/unload/unload_options.h"

typedef struct RsUnloadGuard
{
	struct RsUnloadGuard *next;
	int			level;			/* of the subtransaction */
	MemoryContext context;		/* of all this */
	const char *prefix;
	RsUnloadOptions *options;
	RsLocation *location;
	RsUnloadLedger *ledger;
	char	   *manifest;		/* its URL; NULL: not written */
} RsUnloadGuard;

/*
 * Whatever is entered in the guard's ledger goes if this subtransaction aborts, by its level,
 * and stays if it commits.  Either is the end of the guard.  target, options: of the UNLOAD.
 * Slices of the processes are first, first + step, ...
 */
extern RsUnloadGuard *rs_unload_guard(int level, const char *target, const char *options, int first, int step);

/*
 * See that no file is there that the UNLOAD could overwrite, or remove what is there, as its
 * options want.  own: only files of the guard's slices.
 */
extern void rs_unload_prepare(const RsUnloadGuard *guard, bool own);

extern void rs_unload_guard_init(void);

#endif							/* RS_UNLOAD_GUARD_H */
