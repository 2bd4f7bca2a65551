/*
 * json_parts.c
 *	  Reading a file of JSON in parts, if each line has whole rows only.
 *
 * A row may go over many lines, so that what a part begins with depends on all of the file
 * before it.  But mostly rows are lines.  The reader of each part looks first whether in all
 * lines that begin in its part the brackets and braces that are opened are closed, with
 * nothing outside of them, and tells the others.  If that holds for all parts before its
 * own, a reader of the whole file would be between rows where its own first line begins,
 * whatever else is wrong in them: see leave_row() in json_reader.c, which then ends a bad
 * row in its line.  The first reader of a part for which it does not hold reads on to the
 * end of the file, and those of later parts have nothing to do.
 */
#include "postgres.h"

#include "format/json/json_parts.h"
#include "miscadmin.h"
#include "port/atomics.h"
#include "storage/latch.h"
#include "utils/wait_event.h"

/* Parts of less are not worth a process. */
#define MIN_PART_SIZE	(1024 * 1024)

/* ms between looks at what the others have told. */
#define WAIT_INTERVAL	5

int
rs_json_parts(const RsReadSpec *spec, RsInput *input, uint64 part_size)
{
	uint64		parts = (uint64) input->size / Max(part_size, MIN_PART_SIZE);

	return (int) Min(Max(parts, 1), PG_INT16_MAX);
}

void
rs_json_part_range(const RsFilePart *part, const RsInput *input, uint64 *begin, uint64 *end)
{
	uint64		size = (uint64) input->size;
	uint64		each = size / part->nparts;

	*begin = part->number * each;
	*end = part->number == part->nparts - 1 ? size : *begin + each;
}

void
rs_json_part_tell(const RsFilePart *part, bool of_lines, int64 lines)
{
	volatile RsJsonPart *mine = (RsJsonPart *) part->shared + part->number;

	mine->of_lines = of_lines;
	mine->lines = lines;
	pg_write_barrier();
	mine->told = 1;
}

bool
rs_json_parts_before(const RsFilePart *part, int64 *lines)
{
	int			i;

	*lines = 0;
	for (i = 0; i < part->number; i++)
	{
		volatile RsJsonPart *other = (RsJsonPart *) part->shared + i;

		while (!other->told)
		{
			CHECK_FOR_INTERRUPTS();
			(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, WAIT_INTERVAL,
							 PG_WAIT_EXTENSION);
			ResetLatch(MyLatch);
		}
		pg_read_barrier();
		if (!other->of_lines)
			return false;
		*lines += other->lines;
	}
	return true;
}
