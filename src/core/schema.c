/*
 * schema.c
 *	  Which schema is the extension's.
 *
 * The library is loaded in databases without the extension, too, where whoever may create
 * schemas may have one of that name.  What is in it is not to be run by workers, which are
 * superusers, nor in statements of others that do not name it.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_namespace.h"
#include "core/schema.h"
#include "miscadmin.h"
#include "redshift_ext.h"
#include "utils/inval.h"
#include "utils/syscache.h"

static Oid	found = InvalidOid;
static bool is_known = false;	/* since it was found, no schema or role has changed */

static Oid
find_schema(void)
{
	Oid			schema = get_namespace_oid(RS_SCHEMA, true);
	HeapTuple	tuple = OidIsValid(schema) ? SearchSysCache1(NAMESPACEOID, ObjectIdGetDatum(schema)) : NULL;
	Oid			owner;

	if (!HeapTupleIsValid(tuple))
		return InvalidOid;
	owner = ((Form_pg_namespace) GETSTRUCT(tuple))->nspowner;
	ReleaseSysCache(tuple);
	return superuser_arg(owner) ? schema : InvalidOid;
}

/*
 * The schema of the extension, which superusers create and own; InvalidOid: it is not here.
 * Every statement asks for it.
 */
Oid
rs_extension_schema(void)
{
	while (!is_known)
	{
		/* First, since reading catalogs may tell of changes. */
		is_known = true;
		found = InvalidOid;
		PG_TRY();
		{
			found = find_schema();
		}
		PG_CATCH();
		{
			is_known = false;
			PG_RE_THROW();
		}
		PG_END_TRY();
	}
	return found;
}

static void
forget(Datum arg, int cache, uint32 hash)
{
	is_known = false;
}

void
rs_schema_init(void)
{
	CacheRegisterSyscacheCallback(NAMESPACEOID, forget, (Datum) 0);
	CacheRegisterSyscacheCallback(AUTHOID, forget, (Datum) 0);
}
