/*
 * names.h
 *	  Names of what Redshift has in pg_catalog and we in schema redshift.
 */
#ifndef RS_NAMES_H
#define RS_NAMES_H

/*
 * A relation that is there.  Views that add columns to a catalog of PostgreSQL's are
 * meant only by statements that name one of those: overlay lists them, blank around
 * each; else it is NULL.
 */
typedef struct RsSystemName
{
	const char *name;
	const char *overlay;
} RsSystemName;

extern const RsSystemName *rs_system_relation(const char *name);
extern const RsSystemName *rs_system_function(const char *name);

#endif							/* RS_NAMES_H */
