/*
 * names.c
 *	  Names of what Redshift has in pg_catalog and we in schema redshift.
 *
 * script/system-names collects them from the SQL parts into system_names.h.
 */
#include "postgres.h"

#include "dialect/names.h"
#include "dialect/system_names.h"

static int
compare(const void *key, const void *element)
{
	return strcmp(key, ((const RsSystemName *) element)->name);
}

const RsSystemName *
rs_system_relation(const char *name)
{
	return bsearch(name, system_relations, lengthof(system_relations), sizeof(RsSystemName), compare);
}

const RsSystemName *
rs_system_function(const char *name)
{
	return bsearch(name, system_functions, lengthof(system_functions), sizeof(RsSystemName), compare);
}
