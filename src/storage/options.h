/*
 * options.h
 *	  The table options diststyle, distkey, sortkey, sortstyle and encode.
 *
 * They live in pg_class.reloptions as text, by column name, and are parsed here
 * into attribute numbers.  The DDL hook (ddl.c) validates what users write with
 * rs_options_parse() and puts it into the catalog.
 */
#ifndef RS_OPTIONS_H
#define RS_OPTIONS_H

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
	RsDistStyle diststyle;
	AttrNumber	distkey;		/* 0: none */
	RsSortStyle sortstyle;
	int			nsortkeys;
	bool		encode_auto;	/* no column has an encoding of its own */
	AttrNumber	sortkeys[FLEXIBLE_ARRAY_MEMBER];
} RsTableOptions;

/* The relation's options, palloc'd in the current context. */
extern RsTableOptions *rs_options_get(Relation rel);

/* The encoding wanted for each attribute: array of natts, index attno - 1. */
extern RsEncodingId *rs_options_encodings(Relation rel);

#endif							/* RS_OPTIONS_H */
