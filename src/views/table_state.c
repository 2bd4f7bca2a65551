/*
 * table_state.c
 *	  States of tables that materialized views are computed from, and what was added since.
 *
 * A redshift table's state is a text that is another whenever its visible rows are:
 *
 *		storage id / visible row groups / digest of them / their ids
 *
 * Ids of groups are never used twice, groups never change, and a group's deleted rows only
 * become more; so the digest, of ids and of how many rows of each are deleted, is exact.
 * From the ids it can be told later which groups have come since, whatever was in progress
 * then: a group is new if it is visible now and was not then.  That is all that happened
 * if the others have the digest they had: nothing was deleted or updated, and nothing was
 * written anew (VACUUM, TRUNCATE, ALTER TABLE), which makes new groups of old rows.
 *
 * A cluster's nodes give a state each; what was added there is not asked.
 */
#include "postgres.h"

#include "access/relation.h"
#include "common/hashfn.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "mpp/cluster/node.h"
#include "mpp/cluster/table.h"
#include "mpp/session/connection.h"
#include "mpp/session/remote_transaction.h"
#include "storage/delete_vector.h"
#include "storage/directory.h"
#include "storage/reloptions.h"
#include "storage/scan.h"
#include "storage/space.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "views/table_state.h"

PG_FUNCTION_INFO_V1(rs_table_state);

/* ---------------------------------------------------------------------
 * The state
 * ---------------------------------------------------------------------
 */

static uint64
digest_of(const RsRowGroup *group)
{
	uint64		facts[2] = {(uint64) group->group_id, rs_delete_vector_count(group, GetActiveSnapshot())};

	return hash_bytes_extended((const unsigned char *) facts, sizeof(facts), 0);
}

static int
by_id(const ListCell *a, const ListCell *b)
{
	const RsRowGroup *x = lfirst(a);
	const RsRowGroup *y = lfirst(b);

	return x->group_id < y->group_id ? -1 : x->group_id > y->group_id;
}

/*
 * The ids of groups in ascending order: 1-7,9
 */
static void
append_ids(StringInfo state, List *groups)
{
	int64		first = 0;
	int64		last = -1;
	ListCell   *lc;

	foreach(lc, groups)
	{
		int64		id = ((RsRowGroup *) lfirst(lc))->group_id;

		if (last >= 0 && id == last + 1)
		{
			last = id;
			continue;
		}
		if (last > first)
			appendStringInfo(state, "-%lld", (long long) last);
		appendStringInfo(state, "%s%lld", last >= 0 ? "," : "", (long long) id);
		first = last = id;
	}
	if (last > first)
		appendStringInfo(state, "-%lld", (long long) last);
}

static char *
stored_state(Relation rel)
{
	List	   *groups = rs_scan_groups(rel, GetActiveSnapshot());
	uint64		digest = 0;
	StringInfoData state;
	ListCell   *lc;

	/* A sum, as the order of groups means nothing. */
	foreach(lc, groups)
	{
		CHECK_FOR_INTERRUPTS();
		digest += digest_of(lfirst(lc));
	}
	initStringInfo(&state);
	appendStringInfo(&state, "%llu/%d/%llx/", (unsigned long long) rs_space_storage_id(rel, false), list_length(groups),
					 (unsigned long long) digest);
	list_sort(groups, by_id);
	append_ids(&state, groups);
	return state.data;
}

static char *
state_on_nodes(Relation rel, bool late)
{
	List	   *connections = rs_connections_open(rs_cluster()->nodes, GetUserId());
	const char *name = quote_qualified_identifier(get_namespace_name(RelationGetNamespace(rel)),
												  RelationGetRelationName(rel));
	char	   *command = psprintf("SELECT redshift.table_state(%s::pg_catalog.regclass)", quote_literal_cstr(name));
	StringInfoData state;
	ListCell   *lc;

	initStringInfo(&state);
	appendStringInfoString(&state, late ? "~nodes" : "nodes");
	rs_remote_begin(connections);
	foreach(lc, connections)
		rs_connection_send(lfirst(lc), command, NULL);
	foreach(lc, connections)
	{
		PGresult   *result = rs_connection_finish(lfirst(lc));

		appendStringInfo(&state, " %s",
						 PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) == 1 ? PQgetvalue(result, 0, 0) : "");
		PQclear(result);
	}
	return state.data;
}

Datum
rs_table_state(PG_FUNCTION_ARGS)
{
	Oid			relid = PG_GETARG_OID(0);
	Relation	rel;
	char	   *state;

	if (!rs_reloptions_is_redshift(relid))
		PG_RETURN_NULL();
	rel = try_relation_open(relid, AccessShareLock);
	if (rel == NULL || RELATION_IS_OTHER_TEMP(rel))
	{
		if (rel != NULL)
			relation_close(rel, AccessShareLock);
		PG_RETURN_NULL();
	}
	state = rs_is_leader() && rs_table_is_distributed(relid) ? state_on_nodes(rel, PG_GETARG_BOOL(1)) : stored_state(rel);
	relation_close(rel, AccessShareLock);
	PG_RETURN_TEXT_P(cstring_to_text(state));
}

/* ---------------------------------------------------------------------
 * What was added since
 * ---------------------------------------------------------------------
 */

typedef struct OldState
{
	uint64		storage;
	int			ngroups;
	uint64		digest;
	const char *ids;
} OldState;

/*
 * False if the text is none of stored_state()'s.
 */
static bool
read_state(const char *text, OldState *state)
{
	unsigned long long storage;
	unsigned long long digest;
	int			end = 0;

	if (sscanf(text, "%llu/%d/%llx/%n", &storage, &state->ngroups, &digest, &end) != 3 || end == 0 ||
		strspn(text + end, "0123456789,-") != strlen(text + end))
		return false;
	state->storage = storage;
	state->digest = digest;
	state->ids = text + end;
	return true;
}

/*
 * Groups, in ascending order of ids, by whether they are among the ids of the state.
 */
static void
split(List *groups, const OldState *state, List **kept, List **added)
{
	const char *at = state->ids;
	int64		first = 0;
	int64		last = -1;		/* of the range of ids that holds the group, or comes next */
	ListCell   *lc;

	*kept = *added = NIL;
	foreach(lc, groups)
	{
		RsRowGroup *group = lfirst(lc);

		while (last < group->group_id && *at != '\0')
		{
			char	   *end;

			first = last = strtoll(at, &end, 10);
			if (*end == '-')
				last = strtoll(end + 1, &end, 10);
			at = *end == ',' ? end + 1 : end;
		}
		if (group->group_id >= first && group->group_id <= last)
			*kept = lappend(*kept, group);
		else
			*added = lappend(*added, group);
	}
}

static int
by_row(const ListCell *a, const ListCell *b)
{
	const RsRowGroup *x = lfirst(a);
	const RsRowGroup *y = lfirst(b);

	return x->first_row < y->first_row ? -1 : x->first_row > y->first_row;
}

/*
 * The row numbers of groups added, and all others: in one range what no kept group divides.
 */
static void
set_rows(List *kept, List *added, RsTableChange *change)
{
	Size		size = offsetof(RsRowSet, spans) + (list_length(added) + 1) * sizeof(RsRowSpan);
	RsRowSet   *in = palloc(size);
	RsRowSet   *out = palloc(size);
	uint64		behind = 0;		/* the last of in */
	int			k = 0;
	ListCell   *lc;

	list_sort(kept, by_row);
	list_sort(added, by_row);
	in->n = out->n = 0;
	foreach(lc, added)
	{
		RsRowGroup *group = lfirst(lc);
		int			before = k;

		while (k < list_length(kept) && ((RsRowGroup *) list_nth(kept, k))->first_row < group->first_row)
			k++;
		if (in->n == 0 || k > before)
		{
			out->spans[out->n].from = behind;
			out->spans[out->n++].to = group->first_row;
			in->spans[in->n++].from = group->first_row;
		}
		behind = in->spans[in->n - 1].to = group->first_row + group->nrows;
	}
	out->spans[out->n].from = behind;
	out->spans[out->n++].to = RS_MAX_ROW;
	change->added = in;
	change->others = out;
}

bool
rs_table_state_added(Relation rel, const char *text, RsTableChange *change)
{
	OldState	state;
	List	   *groups;
	List	   *kept;
	List	   *added;
	uint64		digest = 0;
	ListCell   *lc;

	if (!read_state(text, &state) || (rs_is_leader() && rs_table_is_distributed(RelationGetRelid(rel))))
		return false;
	/* Into a table that was empty all was added. */
	if (state.ngroups > 0 && state.storage != rs_space_storage_id(rel, false))
		return false;
	groups = rs_scan_groups(rel, GetActiveSnapshot());
	list_sort(groups, by_id);
	split(groups, &state, &kept, &added);
	foreach(lc, kept)
	{
		CHECK_FOR_INTERRUPTS();
		digest += digest_of(lfirst(lc));
	}
	if (list_length(kept) != state.ngroups || digest != state.digest)
		return false;
	change->rows = 0;
	foreach(lc, groups)
		change->rows += ((RsRowGroup *) lfirst(lc))->nrows;
	set_rows(kept, added, change);
	return true;
}
