/*
 * copy_nodes.c
 *	  COPY into and out of distributed tables.
 *
 * Into: PostgreSQL's own reader finds the lines of the input and reads the key, and lines
 * are sent to their nodes, which make rows of them (wire/copy_lines.c).  Where the nodes
 * would not make the same of them, the reader makes rows here, with the defaults of columns
 * that are not in the input, and these are sent (route.c).  Constraints and triggers are the
 * nodes'.  Out of: COPY of a table becomes COPY of a query.
 */
#include "postgres.h"

#include <ctype.h>

#include "access/sysattr.h"
#include "access/table.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_proc.h"
#include "commands/copyfrom_internal.h"
#include "executor/executor.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "mpp/change/copy_nodes.h"
#include "mpp/change/route.h"
#include "mpp/cluster/table.h"
#include "nodes/makefuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parse_coerce.h"
#include "parser/parse_collate.h"
#include "parser/parse_expr.h"
#include "parser/parse_relation.h"
#include "rewrite/rewriteHandler.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/tuplestore.h"

/* COPY FROM. */
typedef struct Reader
{
	CopyFromState copy;
	ExprContext *econtext;
	TupleTableSlot *slot;
	ExprState  *qual;			/* WHERE; NULL: none */
	List	   *clocks;			/* of lines for nodes: places of fields that may ask for the time (IntList) */
} Reader;

static void
check_source(const CopyStmt *statement)
{
	if (statement->filename == NULL)
		return;
	if (statement->is_program && !has_privs_of_role(GetUserId(), ROLE_PG_EXECUTE_SERVER_PROGRAM))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("must be superuser or have privileges of the pg_execute_server_program role to COPY from a program")));
	if (!statement->is_program && !has_privs_of_role(GetUserId(), ROLE_PG_READ_SERVER_FILES))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("must be superuser or have privileges of the pg_read_server_files role to COPY from a file")));
}

/*
 * The columns that the input has, as attribute numbers.
 */
static List *
columns_of(const CopyStmt *statement, Relation rel)
{
	TupleDesc	desc = RelationGetDescr(rel);
	List	   *columns = NIL;
	ListCell   *lc;
	int			i;

	if (statement->attlist == NIL)
	{
		for (i = 0; i < desc->natts; i++)
			if (!TupleDescAttr(desc, i)->attisdropped && !TupleDescAttr(desc, i)->attgenerated)
				columns = lappend_int(columns, i + 1);
		return columns;
	}

	/* Names that are wrong are the reader's to refuse. */
	foreach(lc, statement->attlist)
	{
		AttrNumber	attno = get_attnum(RelationGetRelid(rel), strVal(lfirst(lc)));

		if (attno > 0)
			columns = lappend_int(columns, attno);
	}
	return columns;
}

static List *
where_clause(ParseState *pstate, ParseNamespaceItem *item, Node *clause)
{
	addNSItemToQuery(pstate, item, false, true, true);
	clause = transformExpr(pstate, clause, EXPR_KIND_COPY_WHERE);
	clause = coerce_to_boolean(pstate, clause, "WHERE");
	assign_expr_collations(pstate, clause);
	clause = eval_const_expressions(NULL, clause);
	return make_ands_implicit(canonicalize_qual((Expr *) clause, false));
}

static void
check_privileges(ParseState *pstate, RangeTblEntry *rte, List *columns)
{
	ListCell   *lc;

	rte->requiredPerms = ACL_INSERT;
	foreach(lc, columns)
		rte->insertedCols = bms_add_member(rte->insertedCols, lfirst_int(lc) - FirstLowInvalidHeapAttributeNumber);
	ExecCheckRTPerms(pstate->p_rtable, true);
	if (check_enable_rls(rte->relid, InvalidOid, false) == RLS_ENABLED)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("COPY FROM not supported with row-level security"),
				 errhint("Use INSERT statements instead.")));
}

/* ---------------------------------------------------------------------
 * Lines
 * ---------------------------------------------------------------------
 */

/*
 * Does the text of a value mean the same on a node?  *clock: unless it asks for the time.
 */
static bool
reads_alike(Oid type, bool *clock)
{
	Oid			function;
	Oid			parameter;

	getTypeInputInfo(getBaseType(type), &function, &parameter);
	switch (function)
	{
		case F_DATE_IN:
		case F_TIMESTAMP_IN:
		case F_TIMESTAMPTZ_IN:
		case F_TIME_IN:
		case F_TIMETZ_IN:
			*clock = true;
			return true;
		case F_INTERVAL_IN:
		case F_JSON_IN:
		case F_ENUM_IN:
			return true;
		default:
			return func_volatile(function) == PROVOLATILE_IMMUTABLE;
	}
}

static int
place_of(List *columns, AttrNumber attno)
{
	int			place = 0;

	while (list_nth_int(columns, place) != attno)
		place++;
	return place;
}

static bool
has_constant_default(Relation rel, AttrNumber attno)
{
	Node	   *value = build_column_default(rel, attno);

	return value == NULL || !contain_mutable_functions((Node *) expression_planner((Expr *) value));
}

/*
 * Can nodes make the rows of lines, with what the leader needs of them being at most the
 * key?  Rows for all nodes are better read once.
 */
static bool
nodes_can_read(Reader *reader, Relation rel, List *columns)
{
	AttrNumber	key;
	RsDistStyle style = rs_table_dealing(RelationGetRelid(rel), &key);
	int			i;

	if (reader->copy->opts.binary || reader->qual != NULL || style == RS_DIST_ALL ||
		(style == RS_DIST_KEY && !list_member_int(columns, key)))
		return false;
	for (i = 0; i < RelationGetNumberOfAttributes(rel); i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(RelationGetDescr(rel), i);
		bool		clock = false;

		if (attribute->attisdropped || attribute->attgenerated != '\0')
			continue;
		if (!list_member_int(columns, i + 1) ? !has_constant_default(rel, i + 1) :
			!reads_alike(attribute->atttypid, &clock))
			return false;
		if (clock)
			reader->clocks = lappend_int(reader->clocks, place_of(columns, i + 1));
	}
	reader->copy->convert_select_flags = palloc0(RelationGetNumberOfAttributes(rel) * sizeof(bool));
	if (style == RS_DIST_KEY)
		reader->copy->convert_select_flags[key - 1] = true;
	return true;
}

static void
append_names(StringInfo sql, const char *option, List *names)
{
	ListCell   *lc;

	if (names == NIL)
		return;
	appendStringInfo(sql, ", %s (", option);
	foreach(lc, names)
		appendStringInfo(sql, "%s%s", foreach_current_index(lc) > 0 ? ", " : "", quote_identifier(strVal(lfirst(lc))));
	appendStringInfoChar(sql, ')');
}

/*
 * How nodes are to read lines, which have the leader's encoding by then.
 */
static char *
line_options(const CopyFormatOptions *opts)
{
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfo(&sql, "'%s', DELIMITER %s, NULL %s", opts->csv_mode ? "csv" : "text", quote_literal_cstr(opts->delim),
					 quote_literal_cstr(opts->null_print));
	if (opts->csv_mode)
		appendStringInfo(&sql, ", QUOTE %s, ESCAPE %s", quote_literal_cstr(opts->quote), quote_literal_cstr(opts->escape));
	append_names(&sql, "FORCE_NOT_NULL", opts->force_notnull);
	append_names(&sql, "FORCE_NULL", opts->force_null);
	return sql.data;
}

/*
 * 'now', 'today' and the like are of the leader's clock.
 */
static bool
asks_for_time(const char *value)
{
	static const char *const words[] = {"now", "today", "tomorrow", "yesterday"};
	int			i;

	for (; *value != '\0'; value++)
	{
		if (!isalpha((unsigned char) *value))
			continue;
		for (i = 0; i < lengthof(words); i++)
			if (pg_strncasecmp(value, words[i], strlen(words[i])) == 0)
				return true;
	}
	return false;
}

static bool
line_asks_for_time(const Reader *reader)
{
	ListCell   *lc;

	foreach(lc, reader->clocks)
	{
		const char *value = reader->copy->raw_fields[lfirst_int(lc)];

		if (value != NULL && asks_for_time(value))
			return true;
	}
	return false;
}

/*
 * Make the row of the line that was read for its key only, and of all that follow.
 */
static void
read_whole(Reader *reader)
{
	CopyFromState copy = reader->copy;
	TupleDesc	desc = reader->slot->tts_tupleDescriptor;
	MemoryContext caller = MemoryContextSwitchTo(reader->econtext->ecxt_per_tuple_memory);
	ListCell   *lc;

	copy->convert_select_flags = NULL;
	foreach(lc, copy->attnumlist)
	{
		int			i = lfirst_int(lc) - 1;
		char	   *value = copy->raw_fields[foreach_current_index(lc)];

		if (copy->opts.csv_mode && value == NULL && copy->opts.force_notnull_flags[i])
			value = copy->opts.null_print;
		else if (copy->opts.csv_mode && value != NULL && copy->opts.force_null_flags[i] &&
				 strcmp(value, copy->opts.null_print) == 0)
			value = NULL;
		copy->cur_attname = NameStr(TupleDescAttr(desc, i)->attname);
		copy->cur_attval = value;
		reader->slot->tts_values[i] = InputFunctionCall(&copy->in_functions[i], value, copy->typioparams[i],
														TupleDescAttr(desc, i)->atttypmod);
		reader->slot->tts_isnull[i] = value == NULL;
	}
	copy->cur_attname = NULL;
	copy->cur_attval = NULL;
	MemoryContextSwitchTo(caller);
}

/*
 * A line in quotes may go over several of the file's, which the reader at the node counts.
 */
static void
send_line(Reader *reader, RsRoute *route)
{
	const StringInfo line = &reader->copy->line_buf;
	uint64		before = reader->copy->cur_lineno - 1;
	MemoryContext caller = MemoryContextSwitchTo(reader->econtext->ecxt_per_tuple_memory);
	const char *at = line->data;

	while (reader->copy->opts.csv_mode && (at = memchr(at, '\n', line->data + line->len - at)) != NULL)
	{
		before--;
		at++;
	}
	rs_route_line(route, reader->slot, before, line->data, line->len);
	MemoryContextSwitchTo(caller);
}

/* ---------------------------------------------------------------------
 * COPY FROM
 * ---------------------------------------------------------------------
 */

/*
 * The next row that is wanted, or what the leader needs of it.  Errors name its line.
 */
static bool
next_row(Reader *reader, bool *whole)
{
	ErrorContextCallback callback = {error_context_stack, CopyFromErrorCallback, reader->copy};
	bool		more;

	error_context_stack = &callback;
	do
	{
		MemoryContext caller;

		CHECK_FOR_INTERRUPTS();
		ResetExprContext(reader->econtext);
		ExecClearTuple(reader->slot);
		caller = MemoryContextSwitchTo(reader->econtext->ecxt_per_tuple_memory);
		more = NextCopyFrom(reader->copy, reader->econtext, reader->slot->tts_values, reader->slot->tts_isnull);
		MemoryContextSwitchTo(caller);
		if (!more)
			break;
		ExecStoreVirtualTuple(reader->slot);
		reader->econtext->ecxt_scantuple = reader->slot;
		if (!*whole && line_asks_for_time(reader))
		{
			read_whole(reader);
			*whole = true;
		}
	} while (!ExecQual(reader->qual, reader->econtext));
	error_context_stack = callback.previous;
	return more;
}

/*
 * columns: NIL, if what is read is no text that nodes could read.
 */
static uint64
copy_rows(CopyFromState copy, Relation rel, List *columns, List *where)
{
	EState	   *estate = CreateExecutorState();
	Reader		reader = {.copy = copy,.econtext = GetPerTupleExprContext(estate)};
	bool		lines;
	bool		whole;
	RsRoute    *route;
	uint64		rows = 0;

	reader.slot = MakeSingleTupleTableSlot(RelationGetDescr(rel), &TTSOpsVirtual);
	reader.qual = ExecPrepareQual(where, estate);
	lines = columns != NIL && nodes_can_read(&reader, rel, columns);
	whole = !lines;
	route = lines ? rs_route_begin_lines(rel, GetUserId(), columns, line_options(&copy->opts)) :
		rs_route_begin(rel, GetUserId());
	while (next_row(&reader, &whole))
	{
		if (lines && whole)
		{
			rs_route_end(route);
			route = rs_route_begin(rel, GetUserId());
			lines = false;
		}
		if (lines)
			send_line(&reader, route);
		else
			rs_route_row(route, reader.slot);
		rows++;
	}
	rs_route_end(route);
	ExecDropSingleTupleTableSlot(reader.slot);
	FreeExecutorState(estate);
	return rows;
}

/*
 * Insert what was read into a table of which the leader has partitions (partition_parts.c).
 */
static void
insert_rows(Relation rel, Tuplestorestate *rows)
{
	EphemeralNamedRelation kept = palloc0(sizeof(EphemeralNamedRelationData));
	TupleDesc	desc = RelationGetDescr(rel);
	StringInfoData columns;
	int			i;

	kept->md.name = pstrdup("rows of copy");
	kept->md.reliddesc = InvalidOid;
	kept->md.tupdesc = desc;
	kept->md.enrtype = ENR_NAMED_TUPLESTORE;
	kept->reldata = rows;
	initStringInfo(&columns);
	for (i = 0; i < desc->natts; i++)
		if (!TupleDescAttr(desc, i)->attisdropped && !TupleDescAttr(desc, i)->attgenerated)
			appendStringInfo(&columns, "%s%s", columns.len > 0 ? ", " : "",
							 quote_identifier(NameStr(TupleDescAttr(desc, i)->attname)));
	SPI_connect();
	if (SPI_register_relation(kept) != SPI_OK_REL_REGISTER)
		elog(ERROR, "rows of COPY cannot be named");
	SPI_exec(psprintf("INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE SELECT %s FROM \"rows of copy\"",
					  quote_qualified_identifier(get_namespace_name(RelationGetNamespace(rel)), RelationGetRelationName(rel)),
					  columns.data, columns.data), 0);
	SPI_finish();
}

static uint64
copy_into_parts(CopyFromState copy, Relation rel, List *where)
{
	EState	   *estate = CreateExecutorState();
	Reader		reader = {.copy = copy,.econtext = GetPerTupleExprContext(estate)};
	Tuplestorestate *rows = tuplestore_begin_heap(false, false, work_mem);
	bool		whole = true;
	uint64		n = 0;

	reader.slot = MakeSingleTupleTableSlot(RelationGetDescr(rel), &TTSOpsVirtual);
	reader.qual = ExecPrepareQual(where, estate);
	for (; next_row(&reader, &whole); n++)
		tuplestore_puttupleslot(rows, reader.slot);
	insert_rows(rel, rows);
	tuplestore_end(rows);
	ExecDropSingleTupleTableSlot(reader.slot);
	FreeExecutorState(estate);
	return n;
}

uint64
rs_copy_read_into_nodes(CopyFromState copy, Relation rel, List *where)
{
	return rs_table_target_is_mixed(RelationGetRelid(rel)) ? copy_into_parts(copy, rel, where) :
		copy_rows(copy, rel, NIL, where);
}

void
rs_copy_into_nodes(CopyStmt *statement, const char *text, QueryCompletion *completion)
{
	ParseState *pstate = make_parsestate(NULL);
	Relation	rel;
	ParseNamespaceItem *item;
	List	   *where = NIL;
	List	   *columns;
	CopyFromState copy;
	uint64		rows;

	check_source(statement);
	PreventCommandIfReadOnly("COPY FROM");
	pstate->p_sourcetext = text;
	rel = table_openrv(statement->relation, RowExclusiveLock);
	item = addRangeTableEntryForRelation(pstate, rel, RowExclusiveLock, NULL, false, false);
	if (statement->whereClause != NULL)
		where = where_clause(pstate, item, statement->whereClause);
	columns = columns_of(statement, rel);
	check_privileges(pstate, item->p_rte, columns);
	copy = BeginCopyFrom(pstate, rel, NULL, statement->filename, statement->is_program, NULL, statement->attlist,
						 statement->options);
	rows = rs_table_target_is_mixed(RelationGetRelid(rel)) ? copy_into_parts(copy, rel, where) :
		copy_rows(copy, rel, columns, where);
	EndCopyFrom(copy);
	table_close(rel, NoLock);
	free_parsestate(pstate);
	if (completion)
		SetQueryCompletion(completion, CMDTAG_COPY, rows);
}

/*
 * SELECT columns FROM ONLY table, for COPY to take.
 */
void
rs_copy_as_query(CopyStmt *statement)
{
	SelectStmt *select = makeNode(SelectStmt);
	List	   *names = statement->attlist;
	ListCell   *lc;

	if (names == NIL)
	{
		Relation	rel = table_openrv(statement->relation, AccessShareLock);

		foreach(lc, columns_of(statement, rel))
			names = lappend(names, makeString(get_attname(RelationGetRelid(rel), lfirst_int(lc), false)));
		table_close(rel, NoLock);
	}
	foreach(lc, names)
	{
		ColumnRef  *column = makeNode(ColumnRef);
		ResTarget  *target = makeNode(ResTarget);

		column->fields = list_make1(lfirst(lc));
		column->location = target->location = -1;
		target->val = (Node *) column;
		select->targetList = lappend(select->targetList, target);
	}
	statement->relation->inh = false;
	select->fromClause = list_make1(statement->relation);
	statement->query = (Node *) select;
	statement->relation = NULL;
	statement->attlist = NIL;
}
