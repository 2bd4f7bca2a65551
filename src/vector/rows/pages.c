/*
 * pages.c
 *	  Pages of memory that are about to be written.
 */
#include "postgres.h"

#include <sys/mman.h>

#include "vector/rows/pages.h"

/* So many at least are worth a call that maps their pages. */
#define RS_LEAST_MAPPED		((Size) 64 * 1024)

void
rs_map_pages(void *start, Size size)
{
#ifdef MADV_POPULATE_WRITE
	const uintptr_t page = 4096;
	uintptr_t	from = (uintptr_t) start & ~(page - 1);

	if (size >= RS_LEAST_MAPPED)
		(void) madvise((void *) from, (uintptr_t) start + size - from, MADV_POPULATE_WRITE);
#endif
}
