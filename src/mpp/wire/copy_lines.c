/*
 * copy_lines.c
 *	  Lines of a COPY at the leader, made rows by the node that stores them.
 *
 * PostgreSQL's own reader takes them from a buffer with as many lines as a batch has: it
 * stops reading at a line's end, so it never asks for more than there is.  Before each line
 * its counter is set to what it was at the leader, so that errors name the user's line.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "commands/copyfrom_internal.h"
#include "executor/executor.h"
#include "mb/pg_wchar.h"
#include "mpp/wire/copy_lines.h"
#include "nodes/makefuncs.h"
#include "vector/operator.h"

const Oid	rs_line_types[RS_LINE_COLUMNS] = {INT8OID, TEXTOID};

struct RsCopyLines
{
	CopyFromState copy;
	RsVectorType types[RS_LINE_COLUMNS];
	const RsVector **vectors;
	uint32		n;
	uint32		row;			/* the next one */
	uint64	   *numbers;		/* as they were when the line had been read */
	StringInfoData data;		/* the lines; its cursor is where the reader is */
	bool		failing;		/* errors are told to be of a line */
	ErrorContextCallback callback;
};

/* The reader's callback has no argument. */
static StringInfo source = NULL;

static int
read_source(void *buffer, int least, int most)
{
	int			size = Min(most, source->len - source->cursor);

	memcpy(buffer, source->data + source->cursor, size);
	source->cursor += size;
	return size;
}

RsCopyLines *
rs_copy_lines_begin(ParseState *pstate, Relation rel, List *columns, List *options)
{
	RsCopyLines *lines = palloc0(sizeof(RsCopyLines));
	int			i;

	for (i = 0; i < RS_LINE_COLUMNS; i++)
		rs_vector_type_init(&lines->types[i], rs_line_types[i]);
	lines->numbers = palloc(RS_VECTOR_ROWS * sizeof(uint64));
	initStringInfo(&lines->data);
	options = lappend(list_copy(options),
					  makeDefElem("encoding", (Node *) makeString(pstrdup(GetDatabaseEncodingName())), -1));
	lines->copy = BeginCopyFrom(pstate, rel, NULL, NULL, false, read_source, columns, options);
	if (lines->copy->opts.binary || lines->copy->opts.header_line)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("lines have neither a binary format nor a header")));

	/* What it would find out of the first line, which may be one with others in quotes. */
	lines->copy->eol_type = EOL_NL;
	lines->callback.callback = CopyFromErrorCallback;
	lines->callback.arg = lines->copy;
	return lines;
}

void
rs_copy_lines_take(RsCopyLines *lines, const RsVector **vectors, uint32 n)
{
	bool		isnull;
	uint32		i;

	resetStringInfo(&lines->data);
	for (i = 0; i < n; i++)
	{
		Datum		line = rs_vector_datum(vectors[1], &lines->types[1], i, &isnull);

		if (isnull)
			ereport(ERROR,
					(errcode(ERRCODE_DATA_CORRUPTED),
					 errmsg("message of rows is damaged: a line is missing")));
		appendBinaryStringInfo(&lines->data, VARDATA_ANY(line), VARSIZE_ANY_EXHDR(line));
		appendStringInfoChar(&lines->data, '\n');
	}
	lines->vectors = vectors;
	lines->n = n;
	lines->row = 0;
}

void
rs_copy_lines_next(RsCopyLines *lines, ExprContext *econtext, TupleTableSlot *slot)
{
	bool		isnull;
	Datum		before = rs_vector_datum(lines->vectors[0], &lines->types[0], lines->row, &isnull);

	if (!lines->failing)
	{
		lines->callback.previous = error_context_stack;
		error_context_stack = &lines->callback;
		lines->failing = true;
	}
	source = &lines->data;
	lines->copy->cur_lineno = DatumGetInt64(before);
	ExecClearTuple(slot);
	if (lines->row >= lines->n || isnull ||
		!NextCopyFrom(lines->copy, econtext, slot->tts_values, slot->tts_isnull))
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("message of rows is damaged: its lines are not lines")));
	lines->numbers[lines->row++] = lines->copy->cur_lineno;
	ExecStoreVirtualTuple(slot);
}

void
rs_copy_lines_again(RsCopyLines *lines, uint32 row)
{
	lines->copy->cur_lineno = lines->numbers[row];
	lines->copy->line_buf_valid = false;
}

void
rs_copy_lines_leave(RsCopyLines *lines)
{
	if (lines->failing)
		error_context_stack = lines->callback.previous;
	lines->failing = false;
}

void
rs_copy_lines_end(RsCopyLines *lines)
{
	EndCopyFrom(lines->copy);
}
