/*
 * reloptions.h
 *	  pg_class.reloptions of redshift tables: our options among PostgreSQL's.
 */
#ifndef RS_RELOPTIONS_H
#define RS_RELOPTIONS_H

#include "nodes/pg_list.h"

/* Split DefElems into ours, returned, and PostgreSQL's. */
extern List *rs_reloptions_split(List *defs, List **others);

/* The options in the catalog: ours, returned, and the others. */
extern List *rs_reloptions_read(Oid relid, List **others);

/* Make these the relation's options.  Those who use it learn of it. */
extern void rs_reloptions_write(Oid relid, List *defs);

/* Is it a relation of access method redshift? */
extern bool rs_reloptions_is_redshift(Oid relid);
extern Oid	rs_reloptions_am_oid(void);

#endif							/* RS_RELOPTIONS_H */
