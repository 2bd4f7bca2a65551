/*
 * relation_changes.c
 *	  Which relations a utility command has made, renamed, altered or dropped.
 *
 * The object access hook hears of a change before it can be seen, so it notes the names
 * that there were; when the command is done the present ones are looked up.  Commands nest:
 * each has a list of its own, in a context that outlives transactions, which some commands
 * end.  Nothing is noted outside of commands: a session's temporary tables go at its end.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/objectaccess.h"
#include "catalog/pg_class.h"
#include "catalog/pg_namespace.h"
#include "core/relation_changes.h"
#include "tcop/utility.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#define MOST_LISTENERS	4

/* What the running command has changed. */
typedef struct Noted
{
	MemoryContext context;		/* NULL: nothing yet */
	HTAB	   *by_object;		/* DROP SCHEMA may have very many */
	List	   *changes;
} Noted;

/* A change of which the new names are not known yet, by the OID of a relation or schema. */
typedef struct Change
{
	Oid			object;
	bool		is_schema;
	RsRelationChange change;
} Change;

typedef struct ChangeEntry
{
	Oid			object;
	Change	   *change;
} ChangeEntry;

static RsRelationListener listeners[MOST_LISTENERS];
static int	nlisteners = 0;
static Noted *noted = NULL;
static ProcessUtility_hook_type next_process_utility = NULL;
static object_access_hook_type next_object_access = NULL;

void
rs_relation_changes_listen(RsRelationListener listener)
{
	Assert(nlisteners < MOST_LISTENERS);
	listeners[nlisteners++] = listener;
}

static MemoryContext
notes(void)
{
	if (noted->context == NULL)
		noted->context = AllocSetContextCreate(TopMemoryContext, "changed relations", ALLOCSET_SMALL_SIZES);
	return noted->context;
}

/*
 * OIDs of relations and schemas are of one counter; should they meet, a change of the
 * other is noted on its own, which does no harm.
 */
static Change *
find_change(Oid object, bool is_schema)
{
	ChangeEntry *entry = noted->by_object ? hash_search(noted->by_object, &object, HASH_FIND, NULL) : NULL;

	return entry != NULL && entry->change->is_schema == is_schema ? entry->change : NULL;
}

static Change *
add_change(Oid object, bool is_schema, const char *old_schema, const char *old_name)
{
	MemoryContext caller = MemoryContextSwitchTo(notes());
	Change	   *change = palloc0(sizeof(Change));
	HASHCTL		control = {.keysize = sizeof(Oid), .entrysize = sizeof(ChangeEntry), .hcxt = noted->context};

	change->object = object;
	change->is_schema = is_schema;
	change->change.relid = is_schema ? InvalidOid : object;
	change->change.old_schema = old_schema ? pstrdup(old_schema) : NULL;
	change->change.old_name = old_name ? pstrdup(old_name) : NULL;
	noted->changes = lappend(noted->changes, change);
	if (noted->by_object == NULL)
		noted->by_object = hash_create("changed relations", 64, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	((ChangeEntry *) hash_search(noted->by_object, &object, HASH_ENTER, NULL))->change = change;
	MemoryContextSwitchTo(caller);
	return change;
}

/*
 * Has a relation indexes or options?
 */
static bool
may_have_keys(Oid relid)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	bool		may;

	if (!HeapTupleIsValid(tuple))
		return false;
	may = ((Form_pg_class) GETSTRUCT(tuple))->relhasindex ||
		!heap_attisnull(tuple, Anum_pg_class_reloptions, NULL);
	ReleaseSysCache(tuple);
	return may;
}

/*
 * Is this a kind of relation that queries name?
 */
static bool
is_named_in_queries(Oid relid)
{
	switch (get_rel_relkind(relid))
	{
		case RELKIND_RELATION:
		case RELKIND_PARTITIONED_TABLE:
		case RELKIND_VIEW:
		case RELKIND_MATVIEW:
		case RELKIND_FOREIGN_TABLE:
			return true;
		default:
			return false;
	}
}

static void
note_relation(ObjectAccessType access, Oid relid, AttrNumber attno)
{
	Change	   *change = find_change(relid, false);
	MemoryContext caller;
	RsColumnChange *column;

	if (change == NULL && access == OAT_POST_CREATE && attno == 0)
	{
		/* Not to be seen yet: of what kind it is turns out later. */
		add_change(relid, false, NULL, NULL);
		return;
	}
	if (change == NULL)
	{
		if (!is_named_in_queries(relid))
			return;
		change = add_change(relid, false, get_namespace_name(get_rel_namespace(relid)), get_rel_name(relid));
		change->change.may_have_keys = may_have_keys(relid);
	}
	if (attno <= 0 || access == OAT_POST_CREATE || change->change.old_name == NULL)
		return;
	caller = MemoryContextSwitchTo(notes());
	column = palloc0(sizeof(RsColumnChange));
	column->attno = attno;
	column->old_name = get_attname(relid, attno, true);
	if (column->old_name != NULL)
		change->change.columns = lappend(change->change.columns, column);
	MemoryContextSwitchTo(caller);
}

static void
object_access(ObjectAccessType access, Oid class_id, Oid object_id, int sub_id, void *arg)
{
	if (next_object_access)
		next_object_access(access, class_id, object_id, sub_id, arg);
	if (noted == NULL || (access != OAT_POST_CREATE && access != OAT_POST_ALTER && access != OAT_DROP))
		return;
	if (class_id == RelationRelationId)
		note_relation(access, object_id, (AttrNumber) sub_id);
	else if (class_id == NamespaceRelationId && access == OAT_POST_ALTER &&
			 find_change(object_id, true) == NULL)
		add_change(object_id, true, get_namespace_name(object_id), NULL);
}

/*
 * Complete the notes with what there is now, without what comes to nothing.
 */
static List *
complete(void)
{
	MemoryContext caller = MemoryContextSwitchTo(notes());
	List	   *changes = NIL;
	ListCell   *lc;
	ListCell   *cell;

	foreach(lc, noted->changes)
	{
		Change	   *change = lfirst(lc);
		RsRelationChange *known = &change->change;

		if (change->is_schema)
		{
			known->new_schema = get_namespace_name(change->object);
			if (known->new_schema != NULL && strcmp(known->new_schema, known->old_schema) != 0)
				changes = lappend(changes, known);
			continue;
		}
		if (is_named_in_queries(known->relid))
		{
			known->new_schema = get_namespace_name(get_rel_namespace(known->relid));
			known->new_name = get_rel_name(known->relid);
		}
		foreach(cell, known->columns)
		{
			RsColumnChange *column = lfirst(cell);

			/* A dropped column has no type. */
			if (known->new_name != NULL && OidIsValid(get_atttype(known->relid, column->attno)))
				column->new_name = get_attname(known->relid, column->attno, true);
			if (column->new_name != NULL && strcmp(column->new_name, column->old_name) == 0)
				known->columns = foreach_delete_current(known->columns, cell);
		}
		if (known->old_name != NULL || known->new_name != NULL)
			changes = lappend(changes, known);
	}
	MemoryContextSwitchTo(caller);
	return changes;
}

static pg_noinline void
tell(void)
{
	List	   *changes;
	int			i;

	if (noted->changes == NIL || !IsTransactionState())
		return;
	CommandCounterIncrement();
	changes = complete();
	for (i = 0; changes != NIL && i < nlisteners; i++)
		listeners[i] (changes);
}

static void
forget(Noted *own, Noted *outer)
{
	noted = outer;
	if (own->context != NULL)
		MemoryContextDelete(own->context);
}

static void
process_utility(PlannedStmt *pstmt, const char *query, bool read_only, ProcessUtilityContext context,
				ParamListInfo params, QueryEnvironment *environment, DestReceiver *dest, QueryCompletion *completion)
{
	Noted	   *outer = noted;
	Noted		own = {0};

	PG_TRY();
	{
		noted = &own;
		(next_process_utility ? next_process_utility : standard_ProcessUtility)
			(pstmt, query, read_only, context, params, environment, dest, completion);
		tell();
	}
	PG_CATCH();
	{
		forget(&own, outer);
		PG_RE_THROW();
	}
	PG_END_TRY();
	forget(&own, outer);
}

void
rs_relation_changes_init(void)
{
	next_process_utility = ProcessUtility_hook;
	ProcessUtility_hook = process_utility;
	next_object_access = object_access_hook;
	object_access_hook = object_access;
}
