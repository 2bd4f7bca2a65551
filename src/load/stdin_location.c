/*
 * stdin_location.c
 *	  What the client sends, as a file: COPY ... FROM STDIN with Redshift's options.
 *
 * The client is told that its data are awaited when the file is opened.  They can be read once,
 * from the start to the end, by the process that talks with the client.  A last line \\. , with
 * which psql ends data in a script, is not one of them.
 */
#include "postgres.h"

#include "load/stdin_location.h"
#include "mpp/wire/copy_input.h"

/* Bytes of the longest end, with the line feed before it: these are held back. */
#define MARKER_SIZE		5

typedef struct StdinInput
{
	RsInput		input;
	RsCopyInput copy;
	StringInfoData data;		/* that has come, from its cursor on */
	uint64		position;
	bool		ended;
} StdinInput;

/*
 * All has come: cut off a last line that only says so.
 */
static void
cut_marker(StdinInput *input)
{
	StringInfo	data = &input->data;
	const char *start = data->data + data->cursor;
	int			len = data->len - data->cursor;
	int			end = len;

	if (end > 0 && start[end - 1] == '\n')
		end--;
	if (end > 0 && start[end - 1] == '\r')
		end--;
	if (end >= 2 && start[end - 2] == '\\' && start[end - 1] == '.' &&
		(end == 2 ? input->position == 0 : start[end - 3] == '\n'))
		data->len = data->cursor + end - 2;
}

/*
 * Take what comes next behind what is held back.
 */
static void
take_data(StdinInput *input)
{
	StringInfo	data = &input->data;
	StringInfo	come = &input->copy.data;

	memmove(data->data, data->data + data->cursor, data->len - data->cursor);
	data->len -= data->cursor;
	data->cursor = 0;
	if (rs_copy_input_next(&input->copy))
		appendBinaryStringInfo(data, come->data + come->cursor, come->len - come->cursor);
	else
	{
		input->ended = true;
		cut_marker(input);
	}
}

static Size
read_input(RsInput *base, uint64 offset, char *buffer, Size size)
{
	StdinInput *input = (StdinInput *) base;
	Size		done = 0;

	if (offset != input->position)
		elog(ERROR, "what the client sends is read at offset %llu instead of %llu", (unsigned long long) offset,
			 (unsigned long long) input->position);
	while (done < size)
	{
		int			ready = input->data.len - input->data.cursor - (input->ended ? 0 : MARKER_SIZE);
		Size		part;

		if (ready <= 0)
		{
			if (input->ended)
				break;
			take_data(input);
			continue;
		}
		part = Min(size - done, (Size) ready);
		memcpy(buffer + done, input->data.data + input->data.cursor, part);
		input->data.cursor += (int) part;
		input->position += part;
		done += part;
	}
	return done;
}

/*
 * What is left has to be taken, so that the client can go on.
 */
static void
close_input(RsInput *base)
{
	StdinInput *input = (StdinInput *) base;

	while (rs_copy_input_next(&input->copy))
		 /* nothing */ ;
}

static RsInput *
open_input(RsLocation *location, const RsObject *object)
{
	StdinInput *input = palloc0(sizeof(StdinInput));

	input->input.name = "STDIN";
	input->input.size = -1;
	input->input.read = read_input;
	input->input.close = close_input;
	initStringInfo(&input->data);
	rs_copy_input_begin(&input->copy);
	return &input->input;
}

static List *
list_one(RsLocation *location, const char *prefix)
{
	RsObject   *object = palloc0(sizeof(RsObject));

	object->url = RS_STDIN_URL;
	object->size = -1;
	return list_make1(object);
}

RsLocation *
rs_stdin_location_open(const char *url, List *options, bool for_writing)
{
	RsLocation *location = palloc0(sizeof(RsLocation));

	Assert(!for_writing);
	location->list = list_one;
	location->read = open_input;
	return location;
}
