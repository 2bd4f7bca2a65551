/*
 * fragment_insert.c
 *	  COPY table (columns) FROM STDIN (FORMAT redshift_batch): rows into a table, or, with
 *	  LINES 'text' or 'csv' and options of that format, lines that are read here.
 *
 * All that COPY FROM does happens here, too: columns that are not sent get their
 * defaults, generated ones are computed, constraints checked, triggers fired,
 * partitions found, indexes filled; row-level security is refused.  A sender may be
 * anyone who may write the table, so nothing it sends is trusted: values are checked
 * by the decoder, and against type modifiers and domains here.
 *
 * Rows go to the table many at a time, as slots that point into the message, unless
 * something may look at each as it comes: row triggers before it, volatile defaults,
 * partitions.
 *
 * The stream may be cut into CopyData at will; a message tells its length.  Few rows can
 * come with the command instead, which spares a round trip: option ROWS, hexadecimal.
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_class.h"
#include "commands/trigger.h"
#include "compat/protocol.h"
#include "executor/execPartition.h"
#include "executor/executor.h"
#include "executor/nodeModifyTable.h"
#include "miscadmin.h"
#include "mpp/exchange/exchange_file.h"
#include "mpp/wire/copy_input.h"
#include "mpp/wire/copy_lines.h"
#include "mpp/wire/fragment_copy.h"
#include "mpp/wire/wire.h"
#include "mpp/wire/wire_format.h"
#include "nodes/makefuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parse_coerce.h"
#include "parser/parse_relation.h"
#include "rewrite/rewriteHandler.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "vector/operator.h"

/* What comes from the client, as one stream. */
typedef struct Stream
{
	RsCopyInput input;			/* its first data may be those of the command */
	StringInfoData message;
} Stream;

/* A column that is sent. */
typedef struct InsertColumn
{
	AttrNumber	attno;
	RsVectorType type;
	bool		is_domain;
	Oid			domain;
	void	   *domain_state;
	bool		has_modifier;	/* the function makes values conform to it */
	FmgrInfo	modify;
	int32		modifier;
} InsertColumn;

/* A column that is not. */
typedef struct DefaultColumn
{
	AttrNumber	attno;
	ExprState  *value;
} DefaultColumn;

typedef struct Insert
{
	Relation	rel;
	EState	   *estate;
	ModifyTableState *mtstate;
	ResultRelInfo *target;
	PartitionTupleRouting *routing; /* NULL: no partitions */
	TransitionCaptureState *capture;
	RsCopyLines *lines;			/* NULL: rows come, of these columns */
	InsertColumn *columns;
	int			ncolumns;
	DefaultColumn *defaults;
	int			ndefaults;
	bool		volatile_defaults;
	bool		many;			/* at a time */
	CommandId	command;
	BulkInsertState bistate;
	TupleTableSlot **slots;		/* of rows to be inserted together */
	TupleTableSlot *slot;		/* of one row */
	uint64		rows;
} Insert;

/* ---------------------------------------------------------------------
 * The stream
 * ---------------------------------------------------------------------
 */

static void
begin_stream(Stream *stream, StringInfo rows, int ncolumns)
{
	initStringInfo(&stream->message);
	stream->input.ended = rows != NULL;
	if (rows != NULL)
		stream->input.data = *rows;
	else
	{
		initStringInfo(&stream->input.data);
		rs_copy_begin('G', ncolumns);
	}
}

/*
 * Have so many bytes of the message; false if the stream ends before the first one.
 * No more memory is taken than bytes have come.
 */
static bool
fill_message(Stream *stream, Size size)
{
	while (stream->message.len < size)
	{
		int			left = stream->input.data.len - stream->input.data.cursor;
		int			part = Min(left, size - stream->message.len);

		if (left == 0)
		{
			if (rs_copy_input_next(&stream->input))
				continue;
			if (stream->message.len == 0)
				return false;
			ereport(ERROR,
					(errcode(ERRCODE_DATA_CORRUPTED),
					 errmsg("message of rows is damaged: cut off")));
		}
		appendBinaryStringInfo(&stream->message, stream->input.data.data + stream->input.data.cursor, part);
		stream->input.data.cursor += part;
	}
	return true;
}

static bool
next_message(Stream *stream)
{
	RsWireHeader header;

	resetStringInfo(&stream->message);
	if (!fill_message(stream, sizeof(RsWireHeader)))
		return false;
	memcpy(&header, stream->message.data, sizeof(RsWireHeader));
	if (header.magic != RS_WIRE_MAGIC || header.size > MaxAllocSize - sizeof(RsWireHeader) - 1)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("message of rows is damaged: wrong header")));
	return fill_message(stream, sizeof(RsWireHeader) + header.size);
}

/* ---------------------------------------------------------------------
 * Rows
 * ---------------------------------------------------------------------
 */

static bool
has_trigger_before(const ResultRelInfo *info)
{
	return info->ri_TrigDesc != NULL && info->ri_TrigDesc->trig_insert_before_row;
}

/*
 * A value as the column's modifier and domain want it.
 */
static Datum
conform(InsertColumn *column, Datum value, bool isnull, EState *estate)
{
	if (!isnull && column->has_modifier)
		value = FunctionCall3(&column->modify, value, Int32GetDatum(column->modifier), BoolGetDatum(false));
	if (column->is_domain)
		domain_check(value, isnull, column->domain, &column->domain_state, estate->es_query_cxt);
	return value;
}

/*
 * Row of a batch into a slot, with defaults, in the current memory context.
 */
static void
fill_slot(Insert *insert, TupleTableSlot *slot, const RsVector **vectors, uint32 row)
{
	ExprContext *econtext = GetPerTupleExprContext(insert->estate);
	int			i;

	slot->tts_tableOid = RelationGetRelid(insert->rel);
	if (insert->lines != NULL)
	{
		rs_copy_lines_next(insert->lines, econtext, slot);
		return;
	}
	ExecClearTuple(slot);
	memset(slot->tts_isnull, true, slot->tts_tupleDescriptor->natts * sizeof(bool));
	for (i = 0; i < insert->ncolumns; i++)
	{
		InsertColumn *column = &insert->columns[i];
		bool		isnull;
		Datum		value = rs_vector_datum(vectors[i], &column->type, row, &isnull);

		if (column->has_modifier || column->is_domain)
			value = conform(column, value, isnull, insert->estate);
		slot->tts_values[column->attno - 1] = value;
		slot->tts_isnull[column->attno - 1] = isnull;
	}
	for (i = 0; i < insert->ndefaults; i++)
	{
		AttrNumber	attno = insert->defaults[i].attno;

		slot->tts_values[attno - 1] = ExecEvalExpr(insert->defaults[i].value, econtext,
												   &slot->tts_isnull[attno - 1]);
	}
	ExecStoreVirtualTuple(slot);
}

/*
 * Generated columns and constraints of a row that is about to be stored.
 */
static void
prepare_row(Insert *insert, ResultRelInfo *info, TupleTableSlot *slot)
{
	TupleConstr *constraints = RelationGetDescr(info->ri_RelationDesc)->constr;

	if (constraints != NULL && constraints->has_generated_stored)
		ExecComputeStoredGenerated(info, insert->estate, slot, CMD_INSERT);
	if (constraints != NULL)
		ExecConstraints(info, slot, insert->estate);
	if (info->ri_RelationDesc->rd_rel->relispartition &&
		(insert->routing == NULL || has_trigger_before(info)))
		ExecPartitionCheck(info, slot, insert->estate, true);
}

/*
 * Index entries and triggers of a row that was stored.
 */
static void
finish_row(Insert *insert, ResultRelInfo *info, TupleTableSlot *slot)
{
	List	   *recheck = NIL;

	if (info->ri_NumIndices > 0)
		recheck = ExecInsertIndexTuples(info, slot, insert->estate, false, false, NULL, NIL);
	ExecARInsertTriggers(insert->estate, info, slot, recheck, insert->capture);
	list_free(recheck);
}

static void
insert_many(Insert *insert, const RsVector **vectors, uint32 n)
{
	ResultRelInfo *info = insert->target;
	MemoryContext caller = MemoryContextSwitchTo(GetPerTupleMemoryContext(insert->estate));
	bool		finish = info->ri_NumIndices > 0 || info->ri_TrigDesc != NULL;
	uint32		i;

	for (i = 0; i < n; i++)
	{
		if (insert->slots[i] == NULL)
		{
			MemoryContextSwitchTo(insert->estate->es_query_cxt);
			insert->slots[i] = ExecInitExtraTupleSlot(insert->estate, RelationGetDescr(insert->rel),
													  &TTSOpsVirtual);
			MemoryContextSwitchTo(GetPerTupleMemoryContext(insert->estate));
		}
		fill_slot(insert, insert->slots[i], vectors, i);
		prepare_row(insert, info, insert->slots[i]);
	}
	table_multi_insert(insert->rel, insert->slots, n, insert->command, 0, insert->bistate);
	MemoryContextSwitchTo(caller);
	if (finish)
		for (i = 0; i < n; i++)
		{
			if (insert->lines != NULL)
				rs_copy_lines_again(insert->lines, i);
			finish_row(insert, info, insert->slots[i]);
		}
	for (i = 0; i < n; i++)
		ExecClearTuple(insert->slots[i]);
	insert->rows += n;
	ResetPerTupleExprContext(insert->estate);
}

/*
 * Store a row by itself: where before-triggers want it, and in its partition.
 */
static void
insert_one(Insert *insert, const RsVector **vectors, uint32 row)
{
	EState	   *estate = insert->estate;
	ResultRelInfo *info = insert->target;
	TupleTableSlot *slot = insert->slot;
	MemoryContext caller;

	ResetPerTupleExprContext(estate);
	caller = MemoryContextSwitchTo(GetPerTupleMemoryContext(estate));
	fill_slot(insert, slot, vectors, row);
	MemoryContextSwitchTo(caller);
	if (insert->routing != NULL)
	{
		TupleTableSlot *root = slot;

		info = ExecFindPartition(insert->mtstate, info, insert->routing, slot, estate);
		if (info->ri_FdwRoutine != NULL)
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("cannot copy to foreign table \"%s\"",
							RelationGetRelationName(info->ri_RelationDesc))));
		if (insert->capture != NULL)
			insert->capture->tcs_original_insert_tuple = has_trigger_before(info) ? NULL : root;
		if (info->ri_RootToPartitionMap != NULL)
			slot = execute_attr_map_slot(info->ri_RootToPartitionMap->attrMap, slot,
										 info->ri_PartitionTupleSlot);
		slot->tts_tableOid = RelationGetRelid(info->ri_RelationDesc);
	}
	if (has_trigger_before(info) && !ExecBRInsertTriggers(estate, info, slot))
		return;
	if (info->ri_TrigDesc != NULL && info->ri_TrigDesc->trig_insert_instead_row)
		(void) ExecIRInsertTriggers(estate, info, slot);
	else
	{
		prepare_row(insert, info, slot);
		table_tuple_insert(info->ri_RelationDesc, slot, insert->command, 0, NULL);
		finish_row(insert, info, slot);
	}
	insert->rows++;
}

/* ---------------------------------------------------------------------
 * Beginning
 * ---------------------------------------------------------------------
 */

/*
 * Numbers of the columns that are sent: those named, or all.
 */
static List *
sent_columns(Relation rel, List *names)
{
	TupleDesc	desc = RelationGetDescr(rel);
	List	   *attnos = NIL;
	ListCell   *lc;
	int			i;

	for (i = 0; i < desc->natts && names == NIL; i++)
		if (!TupleDescAttr(desc, i)->attisdropped && !TupleDescAttr(desc, i)->attgenerated)
			attnos = lappend_int(attnos, i + 1);
	foreach(lc, names)
	{
		const char *name = strVal(lfirst(lc));
		AttrNumber	attno = get_attnum(RelationGetRelid(rel), name);

		if (attno <= 0)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_COLUMN),
					 errmsg("column \"%s\" of relation \"%s\" does not exist", name,
							RelationGetRelationName(rel))));
		if (TupleDescAttr(desc, attno - 1)->attgenerated)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_COLUMN_REFERENCE),
					 errmsg("column \"%s\" is a generated column", name),
					 errdetail("Generated columns cannot be used in COPY.")));
		if (list_member_int(attnos, attno))
			ereport(ERROR,
					(errcode(ERRCODE_DUPLICATE_COLUMN),
					 errmsg("column \"%s\" specified more than once", name)));
		attnos = lappend_int(attnos, attno);
	}
	return attnos;
}

static void
check_rights(ParseState *pstate, Relation rel, List *attnos)
{
	ParseNamespaceItem *item = addRangeTableEntryForRelation(pstate, rel, RowExclusiveLock, NULL, false, false);
	RangeTblEntry *rte = item->p_rte;
	ListCell   *lc;

	rte->requiredPerms = ACL_INSERT;
	foreach(lc, attnos)
		rte->insertedCols = bms_add_member(rte->insertedCols,
										   lfirst_int(lc) - FirstLowInvalidHeapAttributeNumber);
	ExecCheckRTPerms(pstate->p_rtable, true);
	if (check_enable_rls(RelationGetRelid(rel), InvalidOid, false) == RLS_ENABLED)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("COPY FROM not supported with row-level security"),
				 errhint("Use INSERT statements instead.")));
	if (XactReadOnly && !rel->rd_islocaltemp)
		PreventCommandIfReadOnly("COPY FROM");
}

static void
check_target(Relation rel)
{
	char		kind = rel->rd_rel->relkind;

	if (kind != RELKIND_RELATION && kind != RELKIND_PARTITIONED_TABLE &&
		!(kind == RELKIND_VIEW && rel->trigdesc && rel->trigdesc->trig_insert_instead_row))
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("cannot copy to non-table relation \"%s\"", RelationGetRelationName(rel))));
}

static void
init_column(InsertColumn *column, Form_pg_attribute att)
{
	int32		modifier = att->atttypmod;
	Oid			base = getBaseTypeAndTypmod(att->atttypid, &modifier);
	Oid			function;

	column->attno = att->attnum;
	rs_vector_type_init(&column->type, att->atttypid);
	column->is_domain = base != att->atttypid;
	column->domain = att->atttypid;
	column->modifier = modifier;
	if (modifier >= 0 && find_typmod_coercion_function(base, &function) == COERCION_PATH_FUNC)
	{
		fmgr_info(function, &column->modify);
		column->has_modifier = true;
	}
}

static void
init_defaults(Insert *insert, List *attnos)
{
	TupleDesc	desc = RelationGetDescr(insert->rel);
	int			i;

	insert->defaults = palloc(desc->natts * sizeof(DefaultColumn));
	for (i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, i);
		Expr	   *expr;

		if (att->attisdropped || att->attgenerated || list_member_int(attnos, att->attnum))
			continue;
		expr = (Expr *) build_column_default(insert->rel, att->attnum);
		if (expr == NULL)
			continue;
		expr = expression_planner(expr);
		insert->volatile_defaults |= contain_volatile_functions_not_nextval((Node *) expr);
		insert->defaults[insert->ndefaults].attno = att->attnum;
		insert->defaults[insert->ndefaults++].value = ExecInitExpr(expr, NULL);
	}
}

static void
init_executor(Insert *insert, List *range_table)
{
	EState	   *estate = insert->estate;
	ModifyTableState *mtstate = makeNode(ModifyTableState);
	ResultRelInfo *info = makeNode(ResultRelInfo);

	ExecInitRangeTable(estate, range_table);
	ExecInitResultRelation(estate, info, 1);
	CheckValidResultRel(info, CMD_INSERT);
	ExecOpenIndices(info, false);
	mtstate->ps.state = estate;
	mtstate->operation = CMD_INSERT;
	mtstate->mt_nrels = 1;
	mtstate->resultRelInfo = info;
	mtstate->rootResultRelInfo = info;
	insert->target = info;
	insert->mtstate = mtstate;
	AfterTriggerBeginQuery();
	insert->capture = mtstate->mt_transition_capture =
		MakeTransitionCaptureState(insert->rel->trigdesc, RelationGetRelid(insert->rel), CMD_INSERT);
	if (insert->rel->rd_rel->relkind == RELKIND_PARTITIONED_TABLE)
		insert->routing = ExecSetupPartitionTupleRouting(estate, insert->rel);
	insert->many = insert->routing == NULL && !insert->volatile_defaults && !has_trigger_before(info) &&
		!(info->ri_TrigDesc != NULL && info->ri_TrigDesc->trig_insert_instead_row);
	if (insert->many)
	{
		insert->slots = palloc0(RS_VECTOR_ROWS * sizeof(TupleTableSlot *));
		insert->bistate = GetBulkInsertState();
	}
	else
		insert->slot = table_slot_create(insert->rel, &estate->es_tupleTable);
}

static void
finish(Insert *insert)
{
	EState	   *estate = insert->estate;

	if (insert->bistate != NULL)
		FreeBulkInsertState(insert->bistate);
	ExecASInsertTriggers(estate, insert->target, insert->capture);
	AfterTriggerEndQuery(estate);
	ExecResetTupleTable(estate->es_tupleTable, false);
	if (insert->many)
		table_finish_bulk_insert(insert->rel, 0);
	if (insert->routing != NULL)
		ExecCleanupTupleRouting(insert->mtstate, insert->routing);
	ExecCloseResultRelations(estate);
	ExecCloseRangeTableRelations(estate);
	FreeExecutorState(estate);
}

/* ---------------------------------------------------------------------
 * The command
 * ---------------------------------------------------------------------
 */

static void
insert_batch(void *arg, const RsVector **vectors, uint32 n)
{
	Insert	   *insert = arg;
	uint32		i;

	if (insert->lines != NULL)
		rs_copy_lines_take(insert->lines, vectors, n);
	if (insert->many)
		insert_many(insert, vectors, n);
	else
		for (i = 0; i < n; i++)
			insert_one(insert, vectors, i);
	if (insert->lines != NULL)
		rs_copy_lines_leave(insert->lines);
}

void
rs_copy_in_batches(StringInfo rows, const Oid *types, int ncolumns,
				   void (*consume) (void *arg, const RsVector **vectors, uint32 n), void *arg)
{
	RsWireDecoder *decoder = rs_wire_decoder_create(CurrentMemoryContext, types, ncolumns, false);
	RsArena    *arena = rs_arena_create(CurrentMemoryContext);
	const RsVector **vectors = palloc(Max(ncolumns, 1) * sizeof(RsVector *));
	Stream		stream;
	uint64		said;
	bool		complete = false;
	uint32		n;

	begin_stream(&stream, rows, ncolumns);
	while (next_message(&stream))
	{
		if (complete)
			ereport(ERROR,
					(errcode(ERRCODE_DATA_CORRUPTED),
					 errmsg("message of rows is damaged: it comes behind the last one")));
		if (!rs_wire_decode_message(decoder, stream.message.data, stream.message.len, &said))
		{
			complete = true;
			continue;
		}
		for (;;)
		{
			rs_arena_reset(arena);
			n = rs_wire_decode_next(decoder, arena, vectors);
			if (n == 0)
				break;
			CHECK_FOR_INTERRUPTS();
			consume(arg, vectors, n);
		}
	}
	if (!complete)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("rows ended without their last message")));
	rs_arena_destroy(arena);
}

/*
 * Messages into the file of an exchange, as they are: whoever reads it checks them.
 */
uint64
rs_copy_into_exchange(const char *id, StringInfo rows)
{
	RsExchangeWriter *writer = rs_exchange_writer_create(id);
	Stream		stream;
	RsWireHeader header = {.kind = 0};
	uint64		count = 0;

	begin_stream(&stream, rows, 0);
	while (next_message(&stream))
	{
		memcpy(&header, stream.message.data, sizeof(RsWireHeader));
		rs_exchange_writer_add(writer, stream.message.data, stream.message.len);
		count += header.nrows;
	}
	if (header.kind != RS_WIRE_END)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("rows ended without their last message")));
	rs_exchange_writer_end(writer);
	return count;
}

uint64
rs_copy_from(ParseState *pstate, CopyStmt *stmt, List *lines, StringInfo rows)
{
	Relation	rel = table_openrv(stmt->relation, RowExclusiveLock);
	Insert		insert = {.rel = rel};
	List	   *attnos = sent_columns(rel, stmt->attlist);
	Oid		   *types = palloc(Max(list_length(attnos), 1) * sizeof(Oid));
	ListCell   *lc;

	if (stmt->whereClause != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("COPY with this format does not support WHERE")));
	check_rights(pstate, rel, attnos);
	check_target(rel);
	insert.estate = CreateExecutorState();
	insert.command = GetCurrentCommandId(true);
	insert.columns = palloc0(Max(list_length(attnos), 1) * sizeof(InsertColumn));
	foreach(lc, attnos)
	{
		Form_pg_attribute att = TupleDescAttr(RelationGetDescr(rel), lfirst_int(lc) - 1);

		types[insert.ncolumns] = att->atttypid;
		init_column(&insert.columns[insert.ncolumns++], att);
	}
	init_defaults(&insert, attnos);
	init_executor(&insert, pstate->p_rtable);
	ExecBSInsertTriggers(insert.estate, insert.target);
	if (lines != NIL)
	{
		insert.lines = rs_copy_lines_begin(pstate, rel, stmt->attlist, lines);
		rs_copy_in_batches(rows, rs_line_types, RS_LINE_COLUMNS, insert_batch, &insert);
		rs_copy_lines_end(insert.lines);
	}
	else
		rs_copy_in_batches(rows, types, insert.ncolumns, insert_batch, &insert);
	finish(&insert);
	table_close(rel, NoLock);
	return insert.rows;
}
