/*
 * running.c
 *	  The statements that run, one of each session, in shared memory.
 *
 * Each session writes its own place, without a lock: a counter is odd meanwhile, and who reads
 * the place does so again if the counter has changed, as PostgreSQL does for pg_stat_activity.
 * A place has the last statement, too, until the session begins another.
 */
#include "postgres.h"

#include "catalog/pg_authid.h"
#include "core/parameters.h"
#include "core/shared_area.h"
#include "funcapi.h"
#include "history/running.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "port/atomics.h"
#include "storage/backendid.h"
#include "storage/shmem.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#define NAME		"redshift_ext running statements"
/* What stv_recents shows of a text, in bytes. */
#define TEXT_SIZE	2400

typedef struct Running
{
	pg_atomic_uint32 changes;
	int			pid;			/* 0: nobody has been here */
	Oid			database;
	Oid			user;
	int32		number;
	int32		transaction;
	int32		kind;
	TimestampTz start;
	TimestampTz end;			/* 0: it runs */
	char		label[NAMEDATALEN * 2];
	char		text[TEXT_SIZE + 1];
} Running;

static Running *places = NULL;

PG_FUNCTION_INFO_V1(rs_running_statements);

/* ---------------------------------------------------------------------
 * Writing
 * ---------------------------------------------------------------------
 */

static Running *
begin_change(void)
{
	Running    *place = &places[MyBackendId - 1];

	START_CRIT_SECTION();
	pg_atomic_write_u32(&place->changes, pg_atomic_read_u32(&place->changes) + 1);
	pg_write_barrier();
	return place;
}

static void
end_change(Running *place)
{
	pg_write_barrier();
	pg_atomic_write_u32(&place->changes, pg_atomic_read_u32(&place->changes) + 1);
	END_CRIT_SECTION();
}

static void
copy_text(char *to, Size space, const char *text)
{
	Size		size = strlen(text);

	if (size >= space)
		size = pg_mbcliplen(text, (int) size, (int) space - 1);
	memcpy(to, text, size);
	to[size] = '\0';
}

void
rs_running_begin(int32 number, int32 transaction, TimestampTz start, RsStatementKind kind, const char *text)
{
	Oid			user = GetUserId();
	Running    *place;

	if (places == NULL || MyBackendId == InvalidBackendId)
		return;
	place = begin_change();
	place->pid = MyProcPid;
	place->database = MyDatabaseId;
	place->user = user;
	place->number = number;
	place->transaction = transaction;
	place->kind = kind;
	place->start = start;
	place->end = 0;
	copy_text(place->label, sizeof(place->label), rs_query_group);
	copy_text(place->text, sizeof(place->text), text);
	end_change(place);
}

void
rs_running_end(int32 number, TimestampTz now)
{
	Running    *place;

	if (places == NULL || MyBackendId == InvalidBackendId || places[MyBackendId - 1].number != number)
		return;
	place = begin_change();
	place->end = now;
	end_change(place);
}

/* ---------------------------------------------------------------------
 * Reading
 * ---------------------------------------------------------------------
 */

static void
copy_place(Running *copy, Running *place)
{
	uint32		before;

	do
	{
		before = pg_atomic_read_u32(&place->changes);
		pg_read_barrier();
		memcpy(copy, place, sizeof(Running));
		pg_read_barrier();
	} while (before % 2 != 0 || before != pg_atomic_read_u32(&place->changes));
}

/*
 * The last statement of each session that the user may see: of this database, since texts are
 * in its encoding.
 */
Datum
rs_running_statements(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	bool		all = has_privs_of_role(GetUserId(), ROLE_PG_READ_ALL_STATS);
	Running    *copy = palloc(sizeof(Running));
	int			i;

	InitMaterializedSRF(fcinfo, 0);
	for (i = 0; places != NULL && i < MaxBackends; i++)
	{
		Datum		values[10];
		bool		nulls[10] = {0};

		copy_place(copy, &places[i]);
		if (copy->pid == 0 || copy->database != MyDatabaseId || (!all && copy->user != GetUserId()))
			continue;
		values[0] = Int32GetDatum(copy->number);
		values[1] = Int32GetDatum((int32) copy->user);
		values[2] = Int64GetDatum(copy->transaction);
		values[3] = Int32GetDatum(copy->pid);
		values[4] = CStringGetTextDatum(rs_statement_family(copy->kind));
		values[5] = CStringGetTextDatum(rs_statement_type(copy->kind));
		values[6] = CStringGetTextDatum(copy->label);
		values[7] = TimestampGetDatum(copy->start);
		values[8] = TimestampGetDatum(copy->end);
		nulls[8] = copy->end == 0;
		values[9] = CStringGetTextDatum(copy->text);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}

/* ---------------------------------------------------------------------
 * Shared memory
 * ---------------------------------------------------------------------
 */

static Size
places_size(void)
{
	return mul_size(MaxBackends, sizeof(Running));
}

static void
attach(void)
{
	bool		found;
	int			i;

	places = ShmemInitStruct(NAME, places_size(), &found);
	if (found)
		return;
	memset(places, 0, places_size());
	for (i = 0; i < MaxBackends; i++)
		pg_atomic_init_u32(&places[i].changes, 0);
}

void
rs_running_init(void)
{
	static const RsSharedArea area = {
		.name = NAME,
		.size_at_start = places_size,
		.attach = attach
	};

	rs_shared_area_add(&area);
}
