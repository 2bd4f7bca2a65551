/*
 * text_part.c
 *	  Parts of a text file: where in the text before it a part begins.
 *
 * Whether a newline ends a row depends on all quotes before it.  So each part is summed up for
 * both ways in which it may begin as soon as it is in memory, and the sums of those before it
 * tell which way it is: no guess has to be taken back, and lines are counted right.
 */
#include "postgres.h"

#include "format/text/text_part.h"
#include "miscadmin.h"
#include "storage/latch.h"
#include "utils/wait_event.h"

/* Between looks at what the others have told, ms. */
#define POLL_INTERVAL	2

static void
wait_for_part(RsSharedTextPart *part)
{
	while (pg_atomic_read_u32(&part->told) == 0)
	{
		CHECK_FOR_INTERRUPTS();
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, POLL_INTERVAL,
						 PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
	}
	pg_read_barrier();
}

void
rs_text_part_start(void *shared, int number, const RsTextSummary *summary, RsTextStart *start)
{
	char	   *parts = shared;
	RsSharedTextPart *own = (RsSharedTextPart *) (parts + number * RS_TEXT_PART_SIZE);
	int			i;

	own->summary = *summary;
	pg_write_barrier();
	pg_atomic_write_u32(&own->told, 1);

	memset(start, 0, sizeof(RsTextStart));
	start->at_row = true;
	for (i = 0; i < number; i++)
	{
		RsSharedTextPart *part = (RsSharedTextPart *) (parts + i * RS_TEXT_PART_SIZE);
		const RsTextSummary *before = &part->summary;

		wait_for_part(part);
		start->lines += before->lines;
		start->rows += before->rows[start->inside];
		start->at_row = before->ends_row[start->inside];
		start->inside = before->inside[start->inside];
	}
}
