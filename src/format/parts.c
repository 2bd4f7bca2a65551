/*
 * parts.c
 *	  Parts of a file by ranges of its bytes, and what their readers tell each other.
 */
#include "postgres.h"

#include "format/parts.h"
#include "miscadmin.h"
#include "port/atomics.h"
#include "storage/latch.h"
#include "utils/wait_event.h"

/* Parts of less are not worth a process. */
#define MIN_PART_SIZE	(1024 * 1024)

/* ms between looks at what the others have told. */
#define WAIT_INTERVAL	5

int
rs_parts_by_size(const RsReadSpec *spec, RsInput *input, uint64 part_size)
{
	uint64		parts = (uint64) input->size / Max(part_size, MIN_PART_SIZE);

	return (int) Min(Max(parts, 1), PG_INT16_MAX);
}

void
rs_part_range(const RsFilePart *part, const RsInput *input, uint64 *begin, uint64 *end)
{
	uint64		size = (uint64) input->size;
	uint64		each = size / part->nparts;

	*begin = part->number * each;
	*end = part->number == part->nparts - 1 ? size : *begin + each;
}

void
rs_part_tell(const RsFilePart *part, bool separate, int64 rows)
{
	volatile RsPartCount *mine = (RsPartCount *) part->shared + part->number;

	mine->separate = separate;
	mine->rows = rows;
	pg_write_barrier();
	mine->told = 1;
}

bool
rs_parts_before(const RsFilePart *part, int64 *rows)
{
	int			i;

	*rows = 0;
	for (i = 0; i < part->number; i++)
	{
		volatile RsPartCount *other = (RsPartCount *) part->shared + i;

		while (!other->told)
		{
			CHECK_FOR_INTERRUPTS();
			(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, WAIT_INTERVAL,
							 PG_WAIT_EXTENSION);
			ResetLatch(MyLatch);
		}
		pg_read_barrier();
		if (!other->separate)
			return false;
		*rows += other->rows;
	}
	return true;
}
