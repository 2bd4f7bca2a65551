/*
 * text_recode.c
 *	  Text of another encoding, for readers that know UTF-8 only.
 */
#include "postgres.h"

#include "format/text/text_recode.h"

/* Bytes that are converted at a time. */
#define RECODE_STEP		(256 * 1024)

typedef struct RecodedInput
{
	RsInput		input;			/* first */
	RsTextSource source;
	Size		given;			/* of the text in the source's buffer */
	uint64		position;		/* bytes given in all */
} RecodedInput;

static Size
read_recoded(RsInput *input, uint64 offset, char *buffer, Size size)
{
	RecodedInput *recoded = (RecodedInput *) input;
	Size		total = 0;

	if (offset != recoded->position)
		elog(ERROR, "file \"%s\" is not read from its start to its end", input->name);
	while (total < size)
	{
		Size		n = Min(size - total, recoded->source.size - recoded->given);

		if (n > 0)
			memcpy(buffer + total, recoded->source.buffer + recoded->given, n);
		recoded->given += n;
		total += n;
		if (total < size)
		{
			if (!rs_text_source_more(&recoded->source, recoded->given))
				break;
			recoded->given = 0;
		}
	}
	recoded->position += total;
	return total;
}

static void
close_recoded(RsInput *input)
{
	RsInput    *source = ((RecodedInput *) input)->source.input;

	source->close(source);
}

RsInput *
rs_text_recode(RsInput *input, int encoding, const RsTextSource **source)
{
	RecodedInput *recoded = palloc0(sizeof(RecodedInput));

	recoded->input.name = input->name;
	recoded->input.size = -1;
	recoded->input.read = read_recoded;
	recoded->input.close = close_recoded;
	rs_text_source_init(&recoded->source, input, encoding, 0, RECODE_STEP);
	*source = &recoded->source;
	return &recoded->input;
}
