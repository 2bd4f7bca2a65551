/*
 * table_options.h
 *	  What CREATE TABLE and its like say about how a table is stored.
 */
#ifndef RS_TABLE_OPTIONS_H
#define RS_TABLE_OPTIONS_H

#include "dialect/walk.h"

typedef struct RsTableAttributes
{
	bool		of_query;		/* keys may be numbers of columns */
	bool		any;			/* something was said that only redshift tables have */
	const char *diststyle;		/* NULL: not said */
	char	   *distkey;		/* columns as SQL; NULL: none */
	char	   *sortkey;
	bool		interleaved;
	StringInfoData encodings;	/* "a zstd, b raw" */
} RsTableAttributes;

extern void rs_table_options_init(RsTableAttributes *attributes);

/* Go past an attribute of the table, BACKUP, ENCODE AUTO, a key or style; false: there is none. */
extern bool rs_accept_table_attribute(RsWalk *walk, RsTableAttributes *attributes);

/* Keep a column's definition, up to token `end`, but for attributes of this kind. */
extern void rs_keep_column(RsWalk *walk, RsTableAttributes *attributes, int end);

/* The options' list as SQL, without brackets; "" if there are none. */
extern char *rs_table_option_list(const RsTableAttributes *attributes);

/* Translate an action of ALTER TABLE; what it does not know is left (alter_table.c). */
extern void rs_alter_action(RsWalk *walk);

#endif							/* RS_TABLE_OPTIONS_H */
