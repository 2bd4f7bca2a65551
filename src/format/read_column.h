/*
 * read_column.h
 *	  A column that a file is read for.
 */
#ifndef RS_READ_COLUMN_H
#define RS_READ_COLUMN_H

#include "vector/vector.h"

typedef struct RsReadColumn
{
	const char *name;
	Oid			typid;			/* may be a domain, which is the caller's to check */
	int32		typmod;			/* of the domain's base type */
	Oid			collation;
	RsVectorType type;			/* of its base type; numerics with a scale in vectors of that scale */
	bool		not_null;		/* NULL is a fault */
	bool		wanted;			/* else its vector is left out (NULL), but fields are counted */
} RsReadColumn;

#endif							/* RS_READ_COLUMN_H */
