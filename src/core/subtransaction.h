/*
 * subtransaction.h
 *	  Trying something that may fail, and going on.
 */
#ifndef RS_CORE_SUBTRANSACTION_H
#define RS_CORE_SUBTRANSACTION_H

#include "utils/elog.h"
#include "utils/palloc.h"
#include "utils/resowner.h"

typedef struct RsSubtransaction
{
	MemoryContext context;
	ResourceOwner owner;
} RsSubtransaction;

/*
 * begin stands before PG_TRY(), commit at the end of what is tried, abort at the beginning of
 * PG_CATCH().  All three leave the memory context as it is where it begins.  What abort returns is
 * the error, in that context; who has no answer to it throws it with ReThrowError().
 */
extern void rs_subtransaction_begin(RsSubtransaction *sub);
extern void rs_subtransaction_commit(const RsSubtransaction *sub);
extern ErrorData *rs_subtransaction_abort(const RsSubtransaction *sub);

#endif							/* RS_CORE_SUBTRANSACTION_H */
