/*
 * explain.c
 *	  What EXPLAIN ANALYZE shows of reading, memory and temporary files.
 */
#include "postgres.h"

#include "vector/operator.h"

static void
property(ExplainState *es, const char *text)
{
	appendStringInfoSpaces(es->str, es->indent * 2);
	appendStringInfoString(es->str, text);
	appendStringInfoChar(es->str, '\n');
}

void
rs_explain_count(const char *label, uint64 count, ExplainState *es)
{
	if (es->format == EXPLAIN_FORMAT_TEXT)
		property(es, psprintf("%s: " UINT64_FORMAT, label, count));
	else
		ExplainPropertyUInteger(label, NULL, count, es);
}

void
rs_explain_read_stats(const RsReadStats *stats, int ncolumns, ExplainState *es)
{
	uint64		groups_read = stats->groups_total - stats->groups_skipped;
	/* Of the columns in use, in all groups: what zone maps and filters saved. */
	uint64		blocks = stats->row_blocks * ncolumns;

	if (stats->rows_answered > 0)
		rs_explain_count("Rows Answered by Zone Maps", stats->rows_answered, es);
	if (es->format == EXPLAIN_FORMAT_TEXT)
	{
		property(es, psprintf("Row Groups: read " UINT64_FORMAT ", skipped " UINT64_FORMAT,
							  groups_read, stats->groups_skipped));
		property(es, psprintf("Blocks: read " UINT64_FORMAT ", skipped " UINT64_FORMAT,
							  stats->blocks_read, blocks - Min(blocks, stats->blocks_read)));
		property(es, psprintf("Bytes Read: " UINT64_FORMAT " kB", (stats->bytes_read + 1023) / 1024));
		return;
	}
	ExplainPropertyUInteger("Row Groups Read", NULL, groups_read, es);
	ExplainPropertyUInteger("Row Groups Skipped", NULL, stats->groups_skipped, es);
	ExplainPropertyUInteger("Blocks Read", NULL, stats->blocks_read, es);
	ExplainPropertyUInteger("Blocks Skipped", NULL, blocks - Min(blocks, stats->blocks_read), es);
	ExplainPropertyUInteger("Bytes Read", "B", stats->bytes_read, es);
}

void
rs_explain_memory(const RsOperator *op, ExplainState *es)
{
	if (es->format == EXPLAIN_FORMAT_TEXT)
		property(es, psprintf("Memory: " UINT64_FORMAT " kB", (op->stats.memory + 1023) / 1024));
	else
		ExplainPropertyUInteger("Memory", "B", op->stats.memory, es);
}

void
rs_explain_spill(const RsOperator *op, ExplainState *es)
{
	if (es->format != EXPLAIN_FORMAT_TEXT)
	{
		ExplainPropertyUInteger("Partitions", NULL, op->stats.partitions, es);
		ExplainPropertyUInteger("Spilled", "B", op->stats.spilled, es);
	}
	else if (op->stats.partitions > 0)
		property(es, psprintf("Partitions: " UINT64_FORMAT "  Spilled: " UINT64_FORMAT " kB",
							  op->stats.partitions, (op->stats.spilled + 1023) / 1024));
}

static void
explain_worker(const RsOperatorStats *stats, int worker, ExplainState *es)
{
	uint64		groups_read = stats->read.groups_total - stats->read.groups_skipped;

	if (es->format == EXPLAIN_FORMAT_TEXT)
	{
		StringInfoData text;

		initStringInfo(&text);
		appendStringInfo(&text, "Worker %d: rows=" UINT64_FORMAT " batches=" UINT64_FORMAT,
						 worker, stats->rows, stats->batches);
		if (es->timing)
			appendStringInfo(&text, " time=%.3f", INSTR_TIME_GET_MILLISEC(stats->time));
		if (stats->read.groups_total > 0)
			appendStringInfo(&text, " row groups=" UINT64_FORMAT " blocks=" UINT64_FORMAT,
							 groups_read, stats->read.blocks_read);
		if (stats->memory > 0)
			appendStringInfo(&text, " memory=" UINT64_FORMAT "kB", (stats->memory + 1023) / 1024);
		if (stats->spilled > 0)
			appendStringInfo(&text, " spilled=" UINT64_FORMAT "kB", (stats->spilled + 1023) / 1024);
		property(es, text.data);
		pfree(text.data);
		return;
	}
	ExplainOpenGroup("Worker", NULL, true, es);
	ExplainPropertyInteger("Worker Number", NULL, worker, es);
	ExplainPropertyUInteger("Rows", NULL, stats->rows, es);
	ExplainPropertyUInteger("Batches", NULL, stats->batches, es);
	if (es->timing)
		ExplainPropertyFloat("Time", "ms", INSTR_TIME_GET_MILLISEC(stats->time), 3, es);
	ExplainPropertyUInteger("Row Groups Read", NULL, groups_read, es);
	ExplainPropertyUInteger("Blocks Read", NULL, stats->read.blocks_read, es);
	ExplainPropertyUInteger("Memory", "B", stats->memory, es);
	ExplainPropertyUInteger("Spilled", "B", stats->spilled, es);
	ExplainCloseGroup("Worker", NULL, true, es);
}

void
rs_explain_workers(const RsOperator *op, ExplainState *es)
{
	int			worker;

	if (op->worker_stats == NULL)
		return;
	ExplainOpenGroup("Workers", "Workers", false, es);
	for (worker = 0; worker < op->nworkers; worker++)
		explain_worker(&op->worker_stats[worker], worker, es);
	ExplainCloseGroup("Workers", "Workers", false, es);
}
