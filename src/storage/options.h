/*
 * options.h
 *	  The table options diststyle, distkey, sortkey, sortstyle, encode, constraints and auto_refresh.
 *
 * Of diststyle auto, what it has become stands in parentheses: auto(all).  Nobody need
 * write that, but it is part of the options, so that every server and a dump have it.
 *
 * They live in pg_class.reloptions as text, by column name, and are parsed here
 * into attribute numbers.
 */
#ifndef RS_OPTIONS_H
#define RS_OPTIONS_H

#include "access/attnum.h"
#include "encoding/encoding.h"
#include "nodes/pg_list.h"
#include "utils/relcache.h"

typedef enum RsDistStyle
{
	RS_DIST_AUTO, RS_DIST_EVEN, RS_DIST_KEY, RS_DIST_ALL
} RsDistStyle;

typedef enum RsSortStyle
{
	RS_SORT_COMPOUND, RS_SORT_INTERLEAVED
} RsSortStyle;

#define RS_MAX_SORTKEYS				400
#define RS_MAX_INTERLEAVED_KEYS		8

typedef struct RsTableOptions
{
	RsDistStyle diststyle;		/* AUTO: nothing has been chosen yet */
	bool		automatic;		/* it was chosen for diststyle auto */
	AttrNumber	distkey;		/* 0: none */
	RsSortStyle sortstyle;
	int			nsortkeys;
	AttrNumber *sortkeys;
	RsEncodingId *encodings;	/* wish for each attribute, index attno - 1 */
	char	   *constraints;	/* see constraints.h; NULL: none */
	bool		auto_refresh;	/* of a materialized view */
} RsTableOptions;

/* What ALTER TABLE ... SET takes beside options: see ddl.c. */
#define RS_OPTION_REWRITE	"rewrite"

/* Is this the name of one of our options? */
extern bool rs_option_is_ours(const char *name);

/*
 * Parse options (DefElems of our names).  strict: anything wrong is an error, as
 * for what a user wrote; else what names a column that is gone is left out.
 */
extern RsTableOptions *rs_options_parse(Relation rel, List *defs, bool strict);

/*
 * The same by the names that stand in them, for what shows catalogs and opens no table.
 * What cannot be read is left out.
 */
typedef struct RsNamedOptions
{
	RsDistStyle diststyle;
	bool		automatic;
	char	   *distkey;		/* NULL: none */
	RsSortStyle sortstyle;
	List	   *sortkeys;		/* of char * */
	List	   *encoded;		/* of char *: columns, ... */
	List	   *encodings;		/* ... and their RsEncodingId */
} RsNamedOptions;

extern RsNamedOptions *rs_options_parse_names(List *defs);

/* Back to DefElems, with the columns' present names; defaults are left out. */
extern List *rs_options_unparse(Relation rel, const RsTableOptions *options);

/* The relation's options, palloc'd in the current context. */
extern RsTableOptions *rs_options_get(Relation rel);
extern RsEncodingId *rs_options_encodings(Relation rel);

#endif							/* RS_OPTIONS_H */
