/*
 * slice_pull.c
 *	  On a compute node: row groups of slices are fetched from the node that has them.
 *
 * pull_slices() compares the groups of the slices there with those that have arrived
 * here, as redshift.arriving_group tells, throws away what is no longer there (VACUUM
 * rewrote it), and fetches what is missing, up to a number of bytes a call.  The leader
 * calls it again and again, each time in a transaction of its own, so that what has
 * arrived stays, whatever happens later.  At last, when nobody writes, it calls it in
 * the transaction that moves the slices: then the rest is fetched, the deleted rows too,
 * and the groups are made visible.
 *
 * Groups come as they are stored, or as rows (row_pull.c): of one that comes as rows those of
 * each slice become an arriving group, and if it has none that are wanted, a mark is left that
 * it has been asked for.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_type.h"
#include "core/fault.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "foreign/foreign.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "mpp/resize/row_pull.h"
#include "mpp/session/connection.h"
#include "port/pg_bswap.h"
#include "storage/delete_blob.h"
#include "storage/directory.h"
#include "storage/group_export.h"
#include "storage/group_import.h"
#include "storage/slice_rows.h"
#include "storage/space.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"

PG_FUNCTION_INFO_V1(rs_pull_slices);
PG_FUNCTION_INFO_V1(rs_drop_arrivals);

/* Bytes before the first row of COPY's binary format. */
#define COPY_HEADER_BYTES	19

typedef struct GroupKey
{
	uint64		storage_id;		/* where it comes from */
	int64		group_id;
} GroupKey;

/* What has become of a group here. */
typedef struct Part
{
	int64		group_id;		/* a mark has a negative one */
	RsRowGroup *group;			/* NULL: a mark */
	List	   *index_files;
	bytea	   *places;			/* of its rows in the group there (row_pull.h); NULL: the same */
} Part;

typedef struct Arrival
{
	GroupKey	key;
	List	   *parts;
	RsDeleteSet *deletes;		/* there, once known; NULL: none */
	bool		wanted;			/* still there */
} Arrival;

typedef struct Pull
{
	Relation	rel;
	char	   *name;			/* of the table, quoted */
	const char *source;			/* name of the node, as a literal */
	char	   *slice_list;
	char	   *slices;			/* the same, a literal */
	Bitmapset  *slice_set;
	int			of_slices;		/* the cluster is to have so many; 0: as it has */
	bool		as_rows;
	RsConnection *connection;
	HTAB	   *arrivals;
	int64		pulled;			/* bytes */
	int64		remaining;
} Pull;

/* Columns of stored_groups(). */
enum
{
	COLUMN_STORAGE, COLUMN_GROUP, COLUMN_SLICE, COLUMN_NROWS, COLUMN_SORTED, COLUMN_FILLED, COLUMN_NPAGES,
	COLUMN_FOOTER_OFFSET, COLUMN_FOOTER_SIZE, COLUMN_KEY_ZONE, COLUMN_ROWS, COLUMN_CRC, COLUMN_FIRST_ROW
};

/* ---------------------------------------------------------------------
 * What has arrived
 * ---------------------------------------------------------------------
 */

static void
run(const char *sql)
{
	if (SPI_execute(sql, false, 0) < 0)
		elog(ERROR, "SPI_execute failed: %s", sql);
}

static int64
int8_of(uint64 row, int column)
{
	bool		isnull;

	return DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column, &isnull));
}

static List *
oids_of(Datum array)
{
	Datum	   *values;
	bool	   *nulls;
	int			n;
	int			i;
	List	   *list = NIL;

	deconstruct_array(DatumGetArrayTypeP(array), OIDOID, sizeof(Oid), true, TYPALIGN_INT, &values, &nulls, &n);
	for (i = 0; i < n; i++)
		list = lappend_oid(list, DatumGetObjectId(values[i]));
	return list;
}

static char *
array_of(List *oids)
{
	StringInfoData text;
	ListCell   *lc;

	initStringInfo(&text);
	appendStringInfoChar(&text, '{');
	foreach(lc, oids)
		appendStringInfo(&text, "%s%u", foreach_current_index(lc) > 0 ? "," : "", lfirst_oid(lc));
	appendStringInfoChar(&text, '}');
	return text.data;
}

/*
 * What groups have come for, if the cluster is to have another number of slices.
 */
static char *
plan_of(const Pull *pull)
{
	return psprintf("%s of %d", pull->slice_list, pull->of_slices);
}

/*
 * Which rows of redshift.arriving_group are meant.
 */
static char *
arrivals_where(const Pull *pull)
{
	return psprintf("storage_id = " INT64_FORMAT " AND source = %s AND %s",
					(int64) rs_space_storage_id(pull->rel, false), pull->source,
					pull->of_slices > 0 ? psprintf("plan = %s", quote_literal_cstr(plan_of(pull)))
					: psprintf("plan IS NULL AND slice = ANY (%s)", pull->slices));
}

static void
add_part(Pull *pull, GroupKey key, bool wanted, int64 group_id, RsRowGroup *group, List *files, bytea *places)
{
	bool		found;
	Arrival    *arrival = hash_search(pull->arrivals, &key, HASH_ENTER, &found);
	Part	   *part = palloc(sizeof(Part));

	if (!found)
	{
		arrival->parts = NIL;
		arrival->deletes = NULL;
		arrival->wanted = wanted;
	}
	part->group_id = group_id;
	part->group = group;
	part->index_files = files;
	part->places = places;
	arrival->parts = lappend(arrival->parts, part);
}

/*
 * Those of the table's present storage that came from the source for these slices.
 */
static void
read_arrivals(Pull *pull)
{
	HASHCTL		control = {.keysize = sizeof(GroupKey), .entrysize = sizeof(Arrival), .hcxt = CurrentMemoryContext};
	List	   *groups = rs_directory_list_arriving(rs_space_storage_id(pull->rel, false));
	uint64		row;

	pull->arrivals = hash_create("redshift arrivals", 256, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	run(psprintf("SELECT group_id, source_storage_id, source_group_id, index_files, places FROM redshift.arriving_group "
				 "WHERE %s ORDER BY group_id", arrivals_where(pull)));
	for (row = 0; row < SPI_processed; row++)
	{
		HeapTuple	tuple = SPI_tuptable->vals[row];
		GroupKey	key = {(uint64) int8_of(row, 2), int8_of(row, 3)};
		int64		group_id = int8_of(row, 1);
		Datum		places;
		bool		isnull;
		List	   *files = oids_of(SPI_getbinval(tuple, SPI_tuptable->tupdesc, 4, &isnull));
		ListCell   *lc;

		foreach(lc, groups)
			if (((RsRowGroup *) lfirst(lc))->group_id == group_id)
				break;
		if (lc == NULL && group_id >= 0)
			continue;
		places = SPI_getbinval(tuple, SPI_tuptable->tupdesc, 5, &isnull);
		add_part(pull, key, false, group_id, lc != NULL ? lfirst(lc) : NULL, files, isnull ? NULL : DatumGetByteaPCopy(places));

		/* Mostly in the same order. */
		if (lc != NULL)
			groups = list_delete_cell(groups, lc);
	}
	SPI_freetuptable(SPI_tuptable);
}

static void
forget_part(Pull *pull, const Part *part)
{
	run(psprintf("DELETE FROM redshift.arriving_group WHERE storage_id = " INT64_FORMAT " AND group_id = " INT64_FORMAT,
				 (int64) rs_space_storage_id(pull->rel, false), part->group_id));
	if (part->group != NULL)
		rs_directory_delete(part->group);
}

/* ---------------------------------------------------------------------
 * Fetching
 * ---------------------------------------------------------------------
 */

static bytea *
bytea_of(PGresult *result, int row, int column)
{
	unsigned char *bytes;
	size_t		size;
	bytea	   *copy;

	if (PQgetisnull(result, row, column))
		return NULL;
	bytes = PQunescapeBytea((unsigned char *) PQgetvalue(result, row, column), &size);
	if (bytes == NULL)
		ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
	copy = palloc(VARHDRSZ + size);
	SET_VARSIZE(copy, VARHDRSZ + size);
	memcpy(VARDATA(copy), bytes, size);
	PQfreemem(bytes);
	return copy;
}

static void
damaged(const Pull *pull)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATA_CORRUPTED),
			 errmsg("compute node \"%s\" sent damaged row groups", rs_connection_node(pull->connection)->name)));
}

static int64
number(PGresult *result, int row, int column)
{
	return strtoll(PQgetvalue(result, row, column), NULL, 10);
}

/*
 * A group as the source describes it; palloc'd.
 */
static RsRowGroup *
described_group(const Pull *pull, PGresult *result, int row)
{
	RsRowGroup *group = palloc0(sizeof(RsRowGroup));

	group->storage_id = (uint64) number(result, row, COLUMN_STORAGE);
	group->group_id = number(result, row, COLUMN_GROUP);
	group->slice = (int32) number(result, row, COLUMN_SLICE);
	group->nrows = (uint32) number(result, row, COLUMN_NROWS);
	group->sorted = PQgetvalue(result, row, COLUMN_SORTED)[0] == 't';
	group->filled = PQgetvalue(result, row, COLUMN_FILLED)[0] == 't';
	group->npages = (uint32) number(result, row, COLUMN_NPAGES);
	group->footer_offset = (uint64) number(result, row, COLUMN_FOOTER_OFFSET);
	group->footer_size = (uint32) number(result, row, COLUMN_FOOTER_SIZE);
	group->key_zone = bytea_of(result, row, COLUMN_KEY_ZONE);
	group->rows = bytea_of(result, row, COLUMN_ROWS);
	group->first_row = (uint64) number(result, row, COLUMN_FIRST_ROW);
	if (number(result, row, COLUMN_CRC) != (int64) rs_export_crc(group->key_zone, group->rows) ||
		group->nrows > RS_GROUP_ROWS ||
		(group->rows == NULL && rs_space_pages_for(group->footer_offset + group->footer_size) != group->npages))
		damaged(pull);
	return group;
}

/*
 * The bytes of a message of COPY's binary format with one column; NULL at the end.
 */
static const char *
copied_piece(const Pull *pull, const char *data, int size, bool first, uint32 *piece_size)
{
	int			at = first ? COPY_HEADER_BYTES : 0;
	uint16		columns;
	uint32		length;

	if (size < at + (int) sizeof(columns))
		damaged(pull);
	memcpy(&columns, data + at, sizeof(columns));
	columns = pg_ntoh16(columns);
	at += sizeof(columns);
	if (columns == PG_UINT16_MAX)
		return NULL;
	if (columns != 1 || size < at + (int) sizeof(length))
		damaged(pull);
	memcpy(&length, data + at, sizeof(length));
	*piece_size = pg_ntoh32(length);
	at += sizeof(length);
	if (*piece_size != (uint32) (size - at))
		damaged(pull);
	return data + at;
}

/*
 * The stream of a group with pages; NULL if the source no longer has it.
 */
static char *
fetch_stream(const Pull *pull, const RsRowGroup *group)
{
	Size		size = group->footer_offset + group->footer_size;
	char	   *stream = MemoryContextAllocHuge(CurrentMemoryContext, size);
	PGconn	   *conn = rs_connection_libpq(pull->connection);
	char	   *sql = psprintf("COPY (SELECT redshift.read_group(%s, " INT64_FORMAT ", " INT64_FORMAT
							   ")) TO STDOUT (FORMAT binary)", quote_literal_cstr(pull->name),
							   (int64) group->storage_id, group->group_id);
	PGresult   *result;
	Size		got = 0;
	bool		first = true;

	rs_connection_send(pull->connection, sql, NULL);
	result = rs_connection_result(pull->connection);
	if (PQresultStatus(result) != PGRES_COPY_OUT)
		rs_connection_error(ERROR, pull->connection, result, sql);
	PQclear(result);
	for (;;)
	{
		char	   *data;
		int			n = PQgetCopyData(conn, &data, 1);
		const char *piece;
		uint32		piece_size = 0;
		bool		fits;

		if (n < 0)
			break;
		if (n == 0)
		{
			rs_connections_wait(list_make1(pull->connection));
			continue;
		}
		piece = copied_piece(pull, data, n, first, &piece_size);
		first = false;
		fits = piece == NULL || piece_size <= size - got;
		if (piece != NULL && fits)
			memcpy(stream + got, piece, piece_size);
		PQfreemem(data);
		if (!fits)
			damaged(pull);
		got += piece_size;
	}
	PQclear(rs_connection_finish(pull->connection));
	if (got == 0)
		return NULL;
	if (got != size)
		damaged(pull);
	return stream;
}

static int64
bytes_of(const RsRowGroup *group)
{
	return group->rows != NULL ? (int64) VARSIZE_ANY(group->rows) : (int64) (group->footer_offset + group->footer_size);
}

/*
 * Keep in mind what has arrived.
 */
static void
record_part(Pull *pull, GroupKey key, int64 group_id, int32 slice, RsRowGroup *group, List *files, bytea *places, int64 bytes)
{
	Oid			types[] = {BYTEAOID};
	Datum		values[] = {PointerGetDatum(places)};
	char		nulls[] = {places == NULL ? 'n' : ' ', '\0'};

	if (SPI_execute_with_args(psprintf("INSERT INTO redshift.arriving_group VALUES (%u, " INT64_FORMAT ", " INT64_FORMAT
									   ", %d, %s, " INT64_FORMAT ", " INT64_FORMAT ", " INT64_FORMAT ", '%s', %s, $1)",
									   RelationGetRelid(pull->rel), (int64) rs_space_storage_id(pull->rel, true), group_id,
									   slice, pull->source, (int64) key.storage_id, key.group_id, bytes, array_of(files),
									   pull->of_slices > 0 ? quote_literal_cstr(plan_of(pull)) : "NULL"),
							  1, types, values, nulls, false, 0) < 0)
		elog(ERROR, "could not record an arriving row group");
	add_part(pull, key, true, group_id, group, files, places);
}

/*
 * Fetch a group's rows.  All of its size counts for the first part, as what has been dealt with.
 */
static void
fetch_rows(Pull *pull, RsRowGroup *group)
{
	GroupKey	key = {group->storage_id, group->group_id};
	int64		bytes = bytes_of(group);
	List	   *parts = rs_rows_pull(pull->rel, pull->name, pull->connection, group, pull->slice_set, pull->of_slices, &pull->pulled);
	ListCell   *lc;

	foreach(lc, parts)
	{
		RsPulledRows *part = lfirst(lc);

		record_part(pull, key, part->group->group_id, part->group->slice, part->group, part->index_files, part->places, bytes);
		bytes = 0;
	}
	if (parts == NIL)
		record_part(pull, key, -rs_space_next_group(pull->rel), group->slice, NULL, NIL, NULL, bytes);
}

/*
 * Fetch a group and store it as arriving.
 */
static void
fetch_group(Pull *pull, PGresult *result, int row)
{
	RsRowGroup *group = described_group(pull, result, row);
	GroupKey	key = {group->storage_id, group->group_id};
	char	   *stream = NULL;
	List	   *files;

	if (pull->as_rows)
		fetch_rows(pull, group);
	else
	{
		if (group->rows == NULL && (stream = fetch_stream(pull, group)) == NULL)
			return;
		files = rs_group_import(pull->rel, group, stream);
		if (stream != NULL)
			pfree(stream);
		record_part(pull, key, group->group_id, group->slice, group, files, NULL, bytes_of(group));
		pull->pulled += bytes_of(group);
	}
	RS_FAULT_POINT("group_pulled");
}

static void
drop_unwanted(Pull *pull)
{
	HASH_SEQ_STATUS status;
	Arrival    *arrival;

	hash_seq_init(&status, pull->arrivals);
	while ((arrival = hash_seq_search(&status)) != NULL)
	{
		ListCell   *lc;

		if (arrival->wanted)
			continue;
		foreach(lc, arrival->parts)
			forget_part(pull, lfirst(lc));
		(void) hash_search(pull->arrivals, &arrival->key, HASH_REMOVE, NULL);
	}
}

static PGresult *
ask(Pull *pull, const char *function)
{
	const char *slices = pull->slices;

	/* When their number changes, rows of any slice may come to belong here. */
	if (pull->of_slices > 0)
		slices = "ARRAY(SELECT s.slice FROM redshift.slice s)";
	rs_connection_send(pull->connection, psprintf("SELECT * FROM redshift.%s(%s, %s)", function,
												  quote_literal_cstr(pull->name), slices), NULL);
	return rs_connection_finish(pull->connection);
}

/*
 * Fetch up to so many bytes of what is missing, at least one group.
 */
static void
fetch_groups(Pull *pull, int64 max_bytes)
{
	PGresult   *result = ask(pull, "stored_groups");
	int			row;

	PG_TRY();
	{
		for (row = 0; row < PQntuples(result); row++)
		{
			GroupKey	key = {(uint64) number(result, row, COLUMN_STORAGE), number(result, row, COLUMN_GROUP)};
			Arrival    *arrival = hash_search(pull->arrivals, &key, HASH_FIND, NULL);

			CHECK_FOR_INTERRUPTS();
			if (arrival != NULL)
				arrival->wanted = true;
			else if (pull->pulled < max_bytes)
				fetch_group(pull, result, row);
			else
				pull->remaining += 1 + number(result, row, COLUMN_FOOTER_OFFSET) +
					number(result, row, COLUMN_FOOTER_SIZE);
		}
	}
	PG_FINALLY();
	{
		PQclear(result);
	}
	PG_END_TRY();
	drop_unwanted(pull);
}

/* ---------------------------------------------------------------------
 * The slices come
 * ---------------------------------------------------------------------
 */

static void
fetch_deletes(Pull *pull)
{
	PGresult   *result = ask(pull, "stored_deletes");
	int			row;

	PG_TRY();
	{
		for (row = 0; row < PQntuples(result); row++)
		{
			GroupKey	key = {(uint64) number(result, row, 0), number(result, row, 1)};
			Arrival    *arrival = hash_search(pull->arrivals, &key, HASH_FIND, NULL);
			uint32		part = (uint32) number(result, row, 2);
			bytea	   *rows = bytea_of(result, row, 4);

			CHECK_FOR_INTERRUPTS();
			if (arrival == NULL || rows == NULL || part >= RS_GROUP_ROWS / RS_DELETE_PART_ROWS)
				damaged(pull);
			if (arrival->deletes == NULL)
				arrival->deletes = palloc0(sizeof(RsDeleteSet));
			rs_delete_blob_apply(key.group_id, part, (uint32) number(result, row, 3), rows, arrival->deletes);
			pfree(rows);
		}
	}
	PG_FINALLY();
	{
		PQclear(result);
	}
	PG_END_TRY();
}

static void
show_part(Pull *pull, const Arrival *arrival, Part *part)
{
	RsDeleteSet *deletes = arrival->deletes;

	CHECK_FOR_INTERRUPTS();
	if (part->group == NULL)
		return;
	if (deletes != NULL && part->places != NULL)
		deletes = rs_rows_deleted(part->places, deletes);
	rs_group_show(pull->rel, part->group, deletes, part->index_files);
	if (deletes != NULL && deletes != arrival->deletes)
		pfree(deletes);
}

static void
show_groups(Pull *pull)
{
	HASH_SEQ_STATUS status;
	Arrival    *arrival;

	fetch_deletes(pull);
	hash_seq_init(&status, pull->arrivals);
	while ((arrival = hash_seq_search(&status)) != NULL)
	{
		ListCell   *lc;

		foreach(lc, arrival->parts)
			show_part(pull, arrival, lfirst(lc));
	}
	RS_FAULT_POINT("groups_shown");
	run(psprintf("DELETE FROM redshift.arriving_group WHERE %s", arrivals_where(pull)));
}

static void
check_layout(Pull *pull)
{
	char	   *here = rs_export_layout(RelationGetDescr(pull->rel));
	char	   *there = rs_connection_query_value(pull->connection, psprintf("SELECT redshift.stored_layout(%s)",
																			  quote_literal_cstr(pull->name)));

	if (strcmp(here, there) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("table %s has not the same columns on all compute nodes", pull->name),
				 errdetail("Here: %s  On \"%s\": %s", here, rs_connection_node(pull->connection)->name, there),
				 errhint("redshift.check_cluster() shows what differs.")));
}

/*
 * The source may have left the cluster already: it is a server in any case.
 */
static RsNode *
source_node(const char *name)
{
	RsNode	   *node = palloc0(sizeof(RsNode));
	const RsCluster *cluster;
	ListCell   *lc;

	node->name = pstrdup(name);
	node->server = GetForeignServerByName(name, false)->serverid;
	if ((cluster = rs_cluster()) != NULL)
		foreach(lc, cluster->nodes)
			if (((RsNode *) lfirst(lc))->server == node->server)
				node->id = ((RsNode *) lfirst(lc))->id;
	return node;
}

/*
 * pull_slices(table, source, slices, of_slices, max_bytes, show): the bytes that were fetched, and
 * that are still missing.
 */
Datum
rs_pull_slices(PG_FUNCTION_ARGS)
{
	Pull		pull = {0};
	RsNode	   *node = source_node(NameStr(*PG_GETARG_NAME(1)));
	bool		show = PG_GETARG_BOOL(5);
	Oid			output;
	bool		is_varlena;
	TupleDesc	desc;
	Datum		values[2];
	bool		nulls[2] = {false};

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	desc = BlessTupleDesc(desc);
	pull.rel = rs_slice_rows_open(PG_GETARG_OID(0), RowExclusiveLock);
	pull.name = quote_qualified_identifier(get_namespace_name(RelationGetNamespace(pull.rel)),
										   RelationGetRelationName(pull.rel));
	pull.source = quote_literal_cstr(node->name);
	getTypeOutputInfo(INT4ARRAYOID, &output, &is_varlena);
	pull.slice_list = OidOutputFunctionCall(output, PG_GETARG_DATUM(2));
	pull.slices = psprintf("'%s'::int4[]", pull.slice_list);
	pull.slice_set = rs_slice_set(PG_GETARG_ARRAYTYPE_P(2));
	pull.of_slices = PG_GETARG_INT32(3);
	pull.as_rows = pull.of_slices > 0 || rs_rows_are_of_one_node(RelationGetDescr(pull.rel));
	pull.connection = linitial(rs_connections_open(list_make1(node), GetUserId()));
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	check_layout(&pull);
	read_arrivals(&pull);
	fetch_groups(&pull, show ? PG_INT64_MAX : PG_GETARG_INT64(4));
	if (show)
		show_groups(&pull);
	SPI_finish();
	table_close(pull.rel, NoLock);
	values[0] = Int64GetDatum(pull.pulled);
	values[1] = Int64GetDatum(pull.remaining);
	return HeapTupleGetDatum(heap_form_tuple(desc, values, nulls));
}

/*
 * drop_arrivals(): throw away all that has arrived for slices that will not come.
 */
Datum
rs_drop_arrivals(PG_FUNCTION_ARGS)
{
	uint64		row;
	uint64		n;
	SPITupleTable *storages;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	run("SELECT DISTINCT storage_id FROM redshift.arriving_group");
	storages = SPI_tuptable;
	n = SPI_processed;
	for (row = 0; row < n; row++)
	{
		bool		isnull;
		Datum		storage_id = SPI_getbinval(storages->vals[row], storages->tupdesc, 1, &isnull);
		ListCell   *lc;

		foreach(lc, rs_directory_list_arriving((uint64) DatumGetInt64(storage_id)))
			rs_directory_delete(lfirst(lc));
	}
	run("DELETE FROM redshift.arriving_group");
	SPI_finish();
	PG_RETURN_VOID();
}
