/*
 * shared_area.h
 *	  Memory that all processes of the server share.
 */
#ifndef RS_CORE_SHARED_AREA_H
#define RS_CORE_SHARED_AREA_H

#include "storage/lwlock.h"

/*
 * Either size or size_at_start says how large it is; the latter for what depends on settings of
 * the server.  attach() gets hold of the memory with ShmemInitStruct() or ShmemInitHash(): by the
 * postmaster, under AddinShmemInitLock, when the lock is there already.
 */
typedef struct RsSharedArea
{
	const char *name;			/* of the lock, too */
	Size		size;
	Size		(*size_at_start) (void);
	void		(*attach) (void);
	LWLock	  **lock;			/* NULL: it has none */
} RsSharedArea;

/*
 * In _PG_init, while the server preloads the library; otherwise attach() is never called.  The
 * area is one that stays.
 */
extern void rs_shared_area_add(const RsSharedArea *area);

#endif
