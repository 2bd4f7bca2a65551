/*
 * relation_changes.h
 *	  Which relations a utility command has made, renamed, altered or dropped.
 *
 * For what refers to relations by name, and so has to follow them.
 */
#ifndef RS_RELATION_CHANGES_H
#define RS_RELATION_CHANGES_H

#include "access/attnum.h"
#include "nodes/pg_list.h"

/* A column that was there before. */
typedef struct RsColumnChange
{
	AttrNumber	attno;
	char	   *old_name;
	char	   *new_name;		/* NULL: it is gone */
} RsColumnChange;

/*
 * A table, view or the like.  A schema that is renamed stands for all its relations:
 * its change has no relation and no names but the schemas'.
 */
typedef struct RsRelationChange
{
	Oid			relid;
	char	   *old_schema;		/* NULL, with the name: it is new */
	char	   *old_name;
	char	   *new_schema;		/* NULL, with the name: it is gone */
	char	   *new_name;
	bool		may_have_keys;	/* it had indexes or options */
	List	   *columns;		/* RsColumnChange: those renamed or dropped */
} RsRelationChange;

/*
 * Told after each utility command, at every depth, that has changed relations, when what it
 * did can be seen.  The changes are freed afterwards.
 */
typedef void (*RsRelationListener) (List *changes);

extern void rs_relation_changes_listen(RsRelationListener listener);
extern void rs_relation_changes_init(void);

#endif							/* RS_RELATION_CHANGES_H */
