/*
 * reloptions.c
 *	  pg_class.reloptions of redshift tables: our options among PostgreSQL's.
 *
 * PostgreSQL ignores options that it does not know where it reads them, so they can stand
 * among its own; it refuses them in statements, from which ddl.c takes them.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/reloptions.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/indexing.h"
#include "catalog/pg_class.h"
#include "commands/defrem.h"
#include "nodes/parsenodes.h"
#include "redshift_ext.h"
#include "storage/lmgr.h"
#include "storage/lock.h"
#include "storage/options.h"
#include "storage/reloptions.h"
#include "utils/inval.h"
#include "utils/syscache.h"

List *
rs_reloptions_split(List *defs, List **others)
{
	List	   *ours = NIL;
	ListCell   *lc;

	*others = NIL;
	foreach(lc, defs)
	{
		DefElem    *def = lfirst_node(DefElem, lc);

		if (def->defnamespace == NULL && rs_option_is_ours(def->defname))
			ours = lappend(ours, def);
		else
			*others = lappend(*others, def);
	}
	return ours;
}

List *
rs_reloptions_read(Oid relid, List **others)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	List	   *ours = NIL;
	Datum		value;
	bool		isnull;

	*others = NIL;
	if (!HeapTupleIsValid(tuple))
		return NIL;
	value = SysCacheGetAttr(RELOID, tuple, Anum_pg_class_reloptions, &isnull);
	if (!isnull)
		ours = rs_reloptions_split(untransformRelOptions(value), others);
	ReleaseSysCache(tuple);
	return ours;
}

/*
 * Update a tuple of pg_class under the lock that keeps in-place updates (VACUUM's
 * counts) from getting lost, where this minor version has it.
 */
static void
update_class_tuple(Relation pg_class, Oid relid, Datum *values, bool *nulls, bool *replace)
{
#ifdef InplaceUpdateTupleLock
	HeapTuple	tuple = SearchSysCacheLocked1(RELOID, ObjectIdGetDatum(relid));
#else
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
#endif
	HeapTuple	changed;
	ItemPointerData tid;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for relation %u", relid);
	tid = tuple->t_self;
	changed = heap_modify_tuple(tuple, RelationGetDescr(pg_class), values, nulls, replace);
	CatalogTupleUpdate(pg_class, &changed->t_self, changed);
#ifdef InplaceUpdateTupleLock
	UnlockTuple(pg_class, &tid, InplaceUpdateTupleLock);
#endif
	heap_freetuple(changed);
	ReleaseSysCache(tuple);
}

void
rs_reloptions_write(Oid relid, List *defs)
{
	static char *namespaces[] = HEAP_RELOPT_NAMESPACES;
	Relation	pg_class = table_open(RelationRelationId, RowExclusiveLock);
	Datum		values[Natts_pg_class] = {0};
	bool		nulls[Natts_pg_class] = {false};
	bool		replace[Natts_pg_class] = {false};

	values[Anum_pg_class_reloptions - 1] =
		transformRelOptions((Datum) 0, defs, NULL, namespaces, false, false);
	nulls[Anum_pg_class_reloptions - 1] = values[Anum_pg_class_reloptions - 1] == (Datum) 0;
	replace[Anum_pg_class_reloptions - 1] = true;
	update_class_tuple(pg_class, relid, values, nulls, replace);
	CacheInvalidateRelcacheByRelid(relid);
	table_close(pg_class, RowExclusiveLock);
	CommandCounterIncrement();
}

Oid
rs_reloptions_am_oid(void)
{
	return get_table_am_oid(RS_AM_NAME, true);
}

bool
rs_reloptions_is_redshift(Oid relid)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	Oid			am = rs_reloptions_am_oid();
	bool		ours;

	if (!HeapTupleIsValid(tuple))
		return false;
	ours = OidIsValid(am) && ((Form_pg_class) GETSTRUCT(tuple))->relam == am;
	ReleaseSysCache(tuple);
	return ours;
}
