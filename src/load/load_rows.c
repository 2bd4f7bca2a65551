/*
 * load_rows.c
 *	  Load row by row: into tables of any kind.
 *
 * PostgreSQL's own COPY inserts, so that defaults, generated columns, constraints, triggers,
 * partitions and indexes are its business.  It reads its simplest text from us, in which a
 * field says only whether it is NULL, and instead of the types' input functions it calls one
 * that gives the value of a batch's column: the row that this is of is one further at each
 * call, as a line has all columns.
 *
 * COPY reads lines ahead only as far as it was given any, and it is given those of one
 * batch at a time.  It asks for more when it has used all, so the batch may go then.
 *
 * Rows may wait for their insertion, in which they can fail, too, until a few batches later:
 * where the last ones stood is kept.
 */
#include "postgres.h"

#include "commands/copy.h"
#include "commands/copyfrom_internal.h"
#include "executor/executor.h"
#include "load/load.h"
#include "mb/pg_wchar.h"
#include "mpp/change/copy_nodes.h"
#include "mpp/cluster/table.h"
#include "nodes/makefuncs.h"
#include "parser/parse_relation.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "vector/scan/predicates.h"

/* More than COPY lets wait. */
#define KEPT_PLACES		4096

typedef struct RowLoad RowLoad;

typedef struct LoadColumn
{
	RowLoad    *rows;
	const RsVector *vector;
	RsVectorType type;
	uint32		row;			/* that is asked for next */
	Oid			domain;			/* InvalidOid: the type is none */
	void	   *domain_info;	/* of domain_check() */
} LoadColumn;

typedef struct Place
{
	const char *file;			/* in the load's memory */
	int64		line;
} Place;

struct RowLoad
{
	RsLoad	   *load;
	RsLoadSource *source;
	CopyFromState copy;
	MemoryContext context;
	int			ncolumns;
	LoadColumn *columns;
	RsVectorBatch batch;
	uint64		before;			/* rows before the batch */
	StringInfoData lines;
	int			sent;			/* bytes of the lines */
	Place		places[KEPT_PLACES];	/* of row number n at n % KEPT_PLACES */
};

/* Of the innermost load: COPY's callback has no argument. */
static RowLoad *current_load = NULL;

/* ---------------------------------------------------------------------
 * Errors
 * ---------------------------------------------------------------------
 */

/*
 * The place of a row, counted from 0 over all files; false if it is not known.
 */
static bool
find_place(RowLoad *rows, uint64 row, Place *place)
{
	RsBadRow	found = {0};

	if (row >= rows->before + rows->batch.n || row + KEPT_PLACES < rows->before)
		return false;
	if (row < rows->before)
		*place = rows->places[row % KEPT_PLACES];
	else
	{
		rs_load_source_locate(rows->source, (uint32) (row - rows->before), &found);
		place->file = found.file;
		place->line = found.line;
	}
	return place->file != NULL;
}

/*
 * In place of COPY's own: its lines are none that anyone knows.
 */
static void
add_place(void *arg)
{
	RowLoad    *rows = arg;
	CopyFromState copy = rows->copy;
	Place		place;

	if (copy->cur_lineno == 0 || !find_place(rows, copy->cur_lineno - 1, &place))
		errcontext("COPY %s", copy->cur_relname);
	else if (copy->cur_attname != NULL)
		errcontext("COPY %s, line %lld of file \"%s\", column %s", copy->cur_relname, (long long) place.line,
				   place.file, copy->cur_attname);
	else
		errcontext("COPY %s, line %lld of file \"%s\"", copy->cur_relname, (long long) place.line, place.file);
}

/*
 * Where the rows of the batch stood, of which some may still wait.
 */
static void
keep_places(RowLoad *rows)
{
	uint32		row;

	for (row = 0; row < rows->batch.n; row++)
	{
		Place	   *place = &rows->places[(rows->before + row) % KEPT_PLACES];
		RsBadRow	found = {0};

		rs_load_source_locate(rows->source, row, &found);
		place->file = found.file;
		place->line = found.line;
	}
}

/* ---------------------------------------------------------------------
 * What COPY reads
 * ---------------------------------------------------------------------
 */

/*
 * A line for each row: a field is empty, or 0 for NULL.
 */
static void
make_lines(RowLoad *rows)
{
	uint32		row;
	int			i;

	resetStringInfo(&rows->lines);
	rows->sent = 0;
	for (row = 0; row < rows->batch.n; row++)
	{
		for (i = 0; i < rows->ncolumns; i++)
		{
			if (i > 0)
				appendStringInfoCharMacro(&rows->lines, '\t');
			if (rs_vector_is_null(rows->batch.columns[i], row))
				appendStringInfoCharMacro(&rows->lines, '0');
		}
		appendStringInfoCharMacro(&rows->lines, '\n');
	}
}

static bool
next_batch(RowLoad *rows)
{
	MemoryContext caller = MemoryContextSwitchTo(rows->context);
	bool		any;
	int			i;

	keep_places(rows);
	rows->before += rows->batch.n;
	rows->batch.n = 0;
	any = rs_load_source_next(rows->source, &rows->batch);
	/* COPY counts bytes of its lines. */
	rows->copy->bytes_processed = pg_atomic_read_u64(&rows->load->progress->bytes);
	if (any)
	{
		for (i = 0; i < rows->ncolumns; i++)
		{
			rows->columns[i].vector = rows->batch.columns[i];
			rows->columns[i].row = 0;
		}
		make_lines(rows);
	}
	else
		rows->batch.n = 0;
	MemoryContextSwitchTo(caller);
	return any;
}

static int
give_lines(void *buffer, int least, int most)
{
	RowLoad    *rows = current_load;
	int			size;

	/* COPY has begun to say where errors are. */
	if (error_context_stack != NULL && error_context_stack->callback == CopyFromErrorCallback &&
		error_context_stack->arg == rows->copy)
	{
		error_context_stack->callback = add_place;
		error_context_stack->arg = rows;
	}
	if (rows->sent == rows->lines.len && !next_batch(rows))
		return 0;
	size = Min(most, rows->lines.len - rows->sent);
	memcpy(buffer, rows->lines.data + rows->sent, size);
	rows->sent += size;
	return size;
}

/*
 * The input function of all columns.
 */
static Datum
give_value(PG_FUNCTION_ARGS)
{
	LoadColumn *column = fcinfo->flinfo->fn_extra;
	bool		isnull;
	Datum		value = rs_vector_datum(column->vector, &column->type, column->row++, &isnull);

	if (OidIsValid(column->domain))
		domain_check(value, isnull, column->domain, &column->domain_info, column->rows->context);
	if (isnull)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(value);
}

static void
take_over_input(RowLoad *rows, int i)
{
	const RsReadColumn *read = &rows->load->columns[i];
	LoadColumn *column = &rows->columns[i];
	FmgrInfo   *function = &rows->copy->in_functions[rows->load->attnos[i] - 1];

	column->rows = rows;
	column->type = read->type;
	column->domain = get_typtype(read->typid) == TYPTYPE_DOMAIN ? read->typid : InvalidOid;
	function->fn_addr = give_value;
	function->fn_strict = false;
	function->fn_extra = column;
}

/*
 * What readers may leave out, since WHERE will: they count columns as they are read.
 */
static void
set_predicates(RsLoad *load)
{
	RsPredicateSet *set = rs_predicates_init(load->where, 1, NULL);
	RsPredicate *predicates = palloc(Max(set->n, 1) * sizeof(RsPredicate));
	int			i;
	int			j;

	rs_predicates_compute(set, CreateStandaloneExprContext());
	load->spec.npredicates = 0;
	for (i = 0; i < set->n; i++)
		for (j = 0; j < load->ncolumns; j++)
			if (load->attnos[j] == set->preds[i].attno)
			{
				predicates[load->spec.npredicates] = set->preds[i];
				predicates[load->spec.npredicates++].attno = (AttrNumber) (j + 1);
			}
	load->spec.predicates = predicates;
}

uint64
rs_load_rows(RsLoad *load, const char *query)
{
	RowLoad    *rows = palloc0(sizeof(RowLoad));
	RowLoad    *outer = current_load;
	ParseState *pstate = make_parsestate(NULL);
	Oid			relid = RelationGetRelid(load->rel);
	List	   *options;
	uint64		n = 0;
	int			i;

	rows->load = load;
	rows->context = AllocSetContextCreate(CurrentMemoryContext, "redshift load", ALLOCSET_DEFAULT_SIZES);
	if (load->where != NIL)
		set_predicates(load);
	rows->source = rs_load_source_open(load);
	rows->ncolumns = load->ncolumns;
	rows->columns = palloc0(Max(load->ncolumns, 1) * sizeof(LoadColumn));
	initStringInfo(&rows->lines);
	pstate->p_sourcetext = query;
	(void) addRangeTableEntryForRelation(pstate, load->rel, RowExclusiveLock, NULL, false, false);
	options = list_make2(makeDefElem("null", (Node *) makeString("0"), -1),
						 makeDefElem("encoding", (Node *) makeString(pstrdup(GetDatabaseEncodingName())), -1));
	rows->copy = BeginCopyFrom(pstate, load->rel, (Node *) load->where, NULL, false, give_lines, load->names, options);
	for (i = 0; i < load->ncolumns; i++)
		take_over_input(rows, i);
	rs_load_log_start_progress(load->log);
	current_load = rows;
	PG_TRY();
	{
		n = rs_table_target_is_distributed(relid) || rs_table_target_is_mixed(relid) ?
			rs_copy_read_into_nodes(rows->copy, load->rel, load->where) : CopyFrom(rows->copy);
	}
	PG_FINALLY();
	{
		current_load = outer;
	}
	PG_END_TRY();
	EndCopyFrom(rows->copy);
	free_parsestate(pstate);
	rs_load_source_close(rows->source);
	MemoryContextDelete(rows->context);
	return n;
}
