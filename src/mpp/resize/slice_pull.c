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

typedef struct Arrival
{
	GroupKey	key;
	RsRowGroup *group;			/* here */
	List	   *index_files;
	RsDeleteSet *deletes;		/* once known; NULL: none */
	bool		wanted;			/* still there */
} Arrival;

typedef struct Pull
{
	Relation	rel;
	char	   *name;			/* of the table, quoted */
	const char *source;			/* name of the node, as a literal */
	char	   *slices;			/* literal */
	RsConnection *connection;
	HTAB	   *arrivals;
	int64		pulled;			/* bytes */
	int64		remaining;
} Pull;

/* Columns of stored_groups(). */
enum
{
	COLUMN_STORAGE, COLUMN_GROUP, COLUMN_SLICE, COLUMN_NROWS, COLUMN_SORTED, COLUMN_FILLED, COLUMN_NPAGES,
	COLUMN_FOOTER_OFFSET, COLUMN_FOOTER_SIZE, COLUMN_KEY_ZONE, COLUMN_ROWS, COLUMN_CRC
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

static Arrival *
add_arrival(Pull *pull, GroupKey key, RsRowGroup *group, List *files)
{
	Arrival    *arrival = hash_search(pull->arrivals, &key, HASH_ENTER, NULL);

	arrival->group = group;
	arrival->index_files = files;
	arrival->deletes = NULL;
	arrival->wanted = false;
	return arrival;
}

/*
 * Those of the table's present storage that came from the source for these slices.
 */
static void
read_arrivals(Pull *pull)
{
	HASHCTL		control = {.keysize = sizeof(GroupKey), .entrysize = sizeof(Arrival), .hcxt = CurrentMemoryContext};
	uint64		storage_id = rs_space_storage_id(pull->rel, false);
	List	   *groups = rs_directory_list_arriving(storage_id);
	uint64		row;

	pull->arrivals = hash_create("redshift arrivals", 256, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	run(psprintf("SELECT group_id, source_storage_id, source_group_id, index_files FROM redshift.arriving_group "
				 "WHERE storage_id = " INT64_FORMAT " AND source = %s AND slice = ANY (%s) ORDER BY group_id",
				 (int64) storage_id, pull->source, pull->slices));
	for (row = 0; row < SPI_processed; row++)
	{
		GroupKey	key = {(uint64) int8_of(row, 2), int8_of(row, 3)};
		int64		group_id = int8_of(row, 1);
		bool		isnull;
		ListCell   *lc;

		foreach(lc, groups)
			if (((RsRowGroup *) lfirst(lc))->group_id == group_id)
				break;
		if (lc == NULL)
			continue;
		(void) add_arrival(pull, key, lfirst(lc),
						   oids_of(SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, 4, &isnull)));

		/* Mostly in the same order. */
		groups = list_delete_cell(groups, lc);
	}
	SPI_freetuptable(SPI_tuptable);
}

static void
forget_arrival(const Arrival *arrival)
{
	run(psprintf("DELETE FROM redshift.arriving_group WHERE storage_id = " INT64_FORMAT " AND group_id = " INT64_FORMAT,
				 (int64) arrival->group->storage_id, arrival->group->group_id));
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
 * Fetch a group and store it as arriving.
 */
static void
fetch_group(Pull *pull, PGresult *result, int row)
{
	RsRowGroup *group = described_group(pull, result, row);
	GroupKey	key = {group->storage_id, group->group_id};
	char	   *stream = NULL;
	List	   *files;

	if (group->rows == NULL && (stream = fetch_stream(pull, group)) == NULL)
		return;
	files = rs_group_import(pull->rel, group, stream);
	if (stream != NULL)
		pfree(stream);
	run(psprintf("INSERT INTO redshift.arriving_group VALUES (%u, " INT64_FORMAT ", " INT64_FORMAT ", %d, %s, " INT64_FORMAT
				 ", " INT64_FORMAT ", " INT64_FORMAT ", '%s')", RelationGetRelid(pull->rel), (int64) group->storage_id,
				 group->group_id, group->slice, pull->source, (int64) key.storage_id, key.group_id, bytes_of(group),
				 array_of(files)));
	add_arrival(pull, key, group, files)->wanted = true;
	pull->pulled += bytes_of(group);
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
		if (arrival->wanted)
			continue;
		forget_arrival(arrival);
		rs_directory_delete(arrival->group);
		(void) hash_search(pull->arrivals, &arrival->key, HASH_REMOVE, NULL);
	}
}

static PGresult *
ask(Pull *pull, const char *function)
{
	rs_connection_send(pull->connection, psprintf("SELECT * FROM redshift.%s(%s, %s)", function,
												  quote_literal_cstr(pull->name), pull->slices), NULL);
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
show_groups(Pull *pull)
{
	HASH_SEQ_STATUS status;
	Arrival    *arrival;

	fetch_deletes(pull);
	hash_seq_init(&status, pull->arrivals);
	while ((arrival = hash_seq_search(&status)) != NULL)
	{
		CHECK_FOR_INTERRUPTS();
		rs_group_show(pull->rel, arrival->group, arrival->deletes, arrival->index_files);
	}
	RS_FAULT_POINT("groups_shown");
	run(psprintf("DELETE FROM redshift.arriving_group WHERE storage_id = " INT64_FORMAT " AND source = %s AND slice = ANY (%s)",
				 (int64) rs_space_storage_id(pull->rel, false), pull->source, pull->slices));
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
 * pull_slices(table, source, slices, max_bytes, show): the bytes that were fetched, and
 * that are still missing.
 */
Datum
rs_pull_slices(PG_FUNCTION_ARGS)
{
	Pull		pull = {0};
	RsNode	   *node = source_node(NameStr(*PG_GETARG_NAME(1)));
	bool		show = PG_GETARG_BOOL(4);
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
	pull.slices = psprintf("'%s'::int4[]", OidOutputFunctionCall(output, PG_GETARG_DATUM(2)));
	pull.connection = linitial(rs_connections_open(list_make1(node), GetUserId()));
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	check_layout(&pull);
	read_arrivals(&pull);
	fetch_groups(&pull, show ? PG_INT64_MAX : PG_GETARG_INT64(3));
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
