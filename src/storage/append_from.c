/*
 * append_from.c
 *	  redshift.append_from(): ALTER TABLE ... APPEND FROM.
 *
 * All rows of one table become rows of another.  Where both are stored here in the
 * same way, their row groups move as they are: pages are copied, nothing is decoded.
 * Everything else (columns in another order, defaults to fill in, indexes,
 * constraints, triggers, tables on compute nodes) goes as INSERT and DELETE.
 *
 * LOCKING.  The source is locked against everybody, so that its latest state is what
 * moves; the target as by INSERT.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_class.h"
#include "commands/tablecmds.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "storage/delete_vector.h"
#include "storage/directory.h"
#include "storage/group_export.h"
#include "storage/group_import.h"
#include "storage/insert_buffer.h"
#include "storage/options.h"
#include "storage/remote_rows.h"
#include "storage/space.h"
#include "storage/tableam.h"
#include "tcop/utility.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/snapmgr.h"

PG_FUNCTION_INFO_V1(rs_append_from);

typedef struct Move
{
	Relation	target;
	Relation	source;
	RsTableOptions *target_options; /* NULL: no redshift table */
	RsTableOptions *source_options;
	bool		ignore_extra;
	bool		fill_target;
	bool		reshaped;		/* columns are left out or filled in */
} Move;

static void
refuse(const char *detail, const Move *move)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATATYPE_MISMATCH),
			 errmsg("cannot append table \"%s\" to table \"%s\"",
					RelationGetRelationName(move->source), RelationGetRelationName(move->target)),
			 errdetail_internal("%s", detail)));
}

/* ---------------------------------------------------------------------
 * What may be appended
 * ---------------------------------------------------------------------
 */

/*
 * Before it is locked: others would wait behind who has no right to it.
 */
static void
check_rights(Oid relid, AclMode rights)
{
	const char *name = get_rel_name(relid);

	if (name != NULL && pg_class_aclmask(relid, GetUserId(), rights, ACLMASK_ALL) != rights)
		aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_TABLE, name);
}

static void
check_table(Relation rel)
{
	if (rel->rd_rel->relkind != RELKIND_RELATION)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is not a table", RelationGetRelationName(rel))));
	if (rel->rd_rel->relpersistence == RELPERSISTENCE_TEMP)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is a temporary table", RelationGetRelationName(rel)),
				 errdetail("Only permanent tables can be appended to each other.")));
	if (check_enable_rls(RelationGetRelid(rel), InvalidOid, false) == RLS_ENABLED)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("table \"%s\" has row-level security", RelationGetRelationName(rel))));
	CheckTableNotInUse(rel, "ALTER TABLE APPEND");
}

/*
 * The column of a name that takes part in the move: numbers that a table draws by
 * itself stay its own.
 */
static Form_pg_attribute
find_column(Relation rel, const char *name)
{
	TupleDesc	desc = RelationGetDescr(rel);
	int			i;

	for (i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, i);

		if (!att->attisdropped && strcmp(NameStr(att->attname), name) == 0)
			return att->attidentity == ATTRIBUTE_IDENTITY_ALWAYS ? NULL : att;
	}
	return NULL;
}

static bool
has_identity(Relation rel)
{
	int			i;

	for (i = 0; i < RelationGetDescr(rel)->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(RelationGetDescr(rel), i);

		if (!att->attisdropped && att->attidentity == ATTRIBUTE_IDENTITY_ALWAYS)
			return true;
	}
	return false;
}

static RsEncodingId
encoding_of(const RsTableOptions *options, AttrNumber attno)
{
	return options != NULL ? options->encodings[attno - 1] : RS_ENC_AUTO;
}

/*
 * A column of the source and its counterpart.
 */
static void
check_pair(const Move *move, Form_pg_attribute from, Form_pg_attribute to)
{
	const char *name = NameStr(from->attname);

	if (from->atttypid != to->atttypid || from->atttypmod != to->atttypmod ||
		from->attcollation != to->attcollation)
		refuse(psprintf("Column \"%s\" is of type %s there, and of type %s here.", name,
						format_type_with_typemod(from->atttypid, from->atttypmod),
						format_type_with_typemod(to->atttypid, to->atttypmod)), move);
	if (from->attnotnull != to->attnotnull)
		refuse(psprintf("Column \"%s\" is NOT NULL in one of them only.", name), move);
	if (encoding_of(move->source_options, from->attnum) != encoding_of(move->target_options, to->attnum))
		refuse(psprintf("Column \"%s\" has different encodings.", name), move);
}

static bool
same_column(const Move *move, AttrNumber from, AttrNumber to)
{
	if (from == 0 || to == 0)
		return from == to;
	return strcmp(NameStr(TupleDescAttr(RelationGetDescr(move->source), from - 1)->attname),
				  NameStr(TupleDescAttr(RelationGetDescr(move->target), to - 1)->attname)) == 0;
}

static void
check_keys(const Move *move)
{
	const RsTableOptions *from = move->source_options;
	const RsTableOptions *to = move->target_options;
	int			i;

	if (from == NULL || to == NULL)
	{
		if (from != to)
			refuse("One of them is not a redshift table.", move);
		return;
	}
	if (from->automatic != to->automatic ||
		(!from->automatic && (from->diststyle != to->diststyle ||
							  !same_column(move, from->distkey, to->distkey))))
		refuse("Their distribution styles or keys differ.", move);
	if (from->nsortkeys != to->nsortkeys || from->sortstyle != to->sortstyle)
		refuse("Their sort styles or keys differ.", move);
	for (i = 0; i < from->nsortkeys; i++)
		if (!same_column(move, from->sortkeys[i], to->sortkeys[i]))
			refuse("Their sort styles or keys differ.", move);
}

/*
 * Columns by name; notes whether some have no counterpart.
 */
static void
check_columns(Move *move)
{
	TupleDesc	source = RelationGetDescr(move->source);
	TupleDesc	target = RelationGetDescr(move->target);
	int			i;

	if (has_identity(move->source) && has_identity(move->target))
		refuse("Both have an identity column.", move);
	for (i = 0; i < source->natts; i++)
	{
		Form_pg_attribute from = TupleDescAttr(source, i);
		Form_pg_attribute to;

		if (from->attisdropped)
			continue;
		to = from->attidentity == ATTRIBUTE_IDENTITY_ALWAYS ? NULL :
			find_column(move->target, NameStr(from->attname));
		if (to != NULL)
			check_pair(move, from, to);
		else if (!move->ignore_extra)
			refuse(psprintf("Column \"%s\" has no counterpart; IGNOREEXTRA would leave it out.",
							NameStr(from->attname)), move);
		else
			move->reshaped = true;
	}
	for (i = 0; i < target->natts; i++)
	{
		Form_pg_attribute to = TupleDescAttr(target, i);

		if (to->attisdropped || (to->attidentity != ATTRIBUTE_IDENTITY_ALWAYS &&
								 find_column(move->source, NameStr(to->attname)) != NULL))
			continue;
		if (!move->fill_target)
			refuse(psprintf("Column \"%s\" is in the target only; FILLTARGET would fill it with its default.",
							NameStr(to->attname)), move);
		move->reshaped = true;
	}
}

/* ---------------------------------------------------------------------
 * Moving
 * ---------------------------------------------------------------------
 */

/*
 * Are the source's row groups such as the target would have, and nobody to ask about
 * each row?
 */
static bool
can_move_groups(const Move *move)
{
	TupleConstr *constraints = RelationGetDescr(move->target)->constr;

	return !move->reshaped && move->target_options != NULL && move->source_options != NULL &&
		!move->target->rd_rel->relhasindex &&
		move->target->trigdesc == NULL && move->source->trigdesc == NULL &&
		(constraints == NULL || (constraints->num_check == 0 && !constraints->has_generated_stored)) &&
		!move->target->rd_rel->relispartition && !move->source->rd_rel->relispartition &&
		!move->target->rd_rel->relhasrules && !move->source->rd_rel->relhasrules &&
		(rs_remote_rows == NULL || (!rs_remote_rows->remote(RelationGetRelid(move->target)) &&
									!rs_remote_rows->remote(RelationGetRelid(move->source)))) &&
		strcmp(rs_export_layout(RelationGetDescr(move->target)),
			   rs_export_layout(RelationGetDescr(move->source))) == 0;
}

static void
move_group(const Move *move, const RsRowGroup *from, RsDeleteSet *deletes)
{
	RsRowGroup	group = *from;
	Size		size = from->rows != NULL ? 0 : from->footer_offset + from->footer_size;
	char	   *stream = NULL;
	bool		any = rs_delete_vector_load(from->storage_id, from->group_id, SnapshotSelf, deletes);
	List	   *index_files;

	if (size > 0)
	{
		stream = MemoryContextAllocHuge(CurrentMemoryContext, size);
		rs_space_read(move->source, from->first_page, from->npages, 0, size, stream, NULL);
	}
	index_files = rs_group_import(move->target, &group, stream);
	CommandCounterIncrement();
	if (!rs_directory_find(group.storage_id, group.first_row, SnapshotSelf, &group))
		elog(ERROR, "row group %lld is not in the directory", (long long) group.group_id);
	rs_group_show(move->target, &group, any ? deletes : NULL, index_files);
	if (stream != NULL)
		pfree(stream);
}

static void
move_groups(const Move *move)
{
	uint64		storage_id;
	RsDeleteSet *deletes = palloc(sizeof(RsDeleteSet));
	ListCell   *lc;

	rs_insert_buffers_flush_all();
	storage_id = rs_space_storage_id(move->source, false);
	if (storage_id == 0)
		return;
	foreach(lc, rs_directory_list(storage_id, SnapshotSelf))
	{
		CHECK_FOR_INTERRUPTS();
		move_group(move, lfirst(lc), deletes);
	}
	rs_directory_delete_storage(storage_id);
	CommandCounterIncrement();
	pfree(deletes);
}

static char *
qualified_name(Relation rel)
{
	return quote_qualified_identifier(get_namespace_name(RelationGetNamespace(rel)),
									  RelationGetRelationName(rel));
}

/*
 * The columns that both have, in the source's order.
 */
static char *
common_columns(const Move *move)
{
	StringInfoData columns;
	int			i;

	initStringInfo(&columns);
	for (i = 0; i < RelationGetDescr(move->source)->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(RelationGetDescr(move->source), i);

		if (att->attisdropped || att->attgenerated != '\0' || att->attidentity == ATTRIBUTE_IDENTITY_ALWAYS ||
			find_column(move->target, NameStr(att->attname)) == NULL)
			continue;
		appendStringInfo(&columns, "%s%s", columns.len > 0 ? ", " : "", quote_identifier(NameStr(att->attname)));
	}
	return columns.data;
}

static void
execute(const char *sql)
{
	int			result = SPI_execute(sql, false, 0);

	if (result != SPI_OK_INSERT && result != SPI_OK_DELETE)
		elog(ERROR, "could not execute \"%s\": %s", sql, SPI_result_code_string(result));
}

static void
move_rows(const Move *move)
{
	char	   *columns = common_columns(move);

	SPI_connect();
	if (columns[0] != '\0')
		execute(psprintf("INSERT INTO %s (%s) SELECT %s FROM ONLY %s", qualified_name(move->target),
						 columns, columns, qualified_name(move->source)));
	execute(psprintf("DELETE FROM ONLY %s", qualified_name(move->source)));
	SPI_finish();
}

/*
 * append_from(target, source, ignoreextra, filltarget)
 */
Datum
rs_append_from(PG_FUNCTION_ARGS)
{
	CallContext *call = (CallContext *) fcinfo->context;
	Move		move = {0};

	if (call == NULL || !IsA(call, CallContext) || call->atomic)
		ereport(ERROR,
				(errcode(ERRCODE_ACTIVE_SQL_TRANSACTION),
				 errmsg("ALTER TABLE APPEND cannot run inside a transaction block")));
	PreventCommandIfReadOnly("ALTER TABLE APPEND");
	move.ignore_extra = PG_GETARG_BOOL(2);
	move.fill_target = PG_GETARG_BOOL(3);
	if (move.ignore_extra && move.fill_target)
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR),
				 errmsg("IGNOREEXTRA and FILLTARGET cannot be used together")));
	if (PG_GETARG_OID(0) == PG_GETARG_OID(1))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a table cannot be appended to itself")));
	check_rights(PG_GETARG_OID(1), ACL_SELECT | ACL_DELETE);
	check_rights(PG_GETARG_OID(0), ACL_INSERT);
	move.source = table_open(PG_GETARG_OID(1), AccessExclusiveLock);
	move.target = table_open(PG_GETARG_OID(0), RowExclusiveLock);
	check_table(move.source);
	check_table(move.target);
	if (rs_is_redshift_relation(move.target))
		move.target_options = rs_options_get(move.target);
	if (rs_is_redshift_relation(move.source))
		move.source_options = rs_options_get(move.source);
	check_keys(&move);
	check_columns(&move);
	PushActiveSnapshot(GetTransactionSnapshot());
	if (can_move_groups(&move))
		move_groups(&move);
	else
		move_rows(&move);
	PopActiveSnapshot();
	table_close(move.target, NoLock);
	table_close(move.source, NoLock);
	PG_RETURN_VOID();
}
