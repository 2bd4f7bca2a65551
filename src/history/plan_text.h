/*
 * plan_text.h
 *	  A query's plan as plan.c keeps it, read.
 */
#ifndef RS_HISTORY_PLAN_TEXT_H
#define RS_HISTORY_PLAN_TEXT_H

#include "nodes/pg_list.h"

/* Fields of a line for a node, behind its letter. */
enum
{
	DEPTH, STARTUP, TOTAL, ESTIMATE, WIDTH, RELATION, RELATION_NAME, ROWS, ROWS_READ, BYTES_READ, MEMORY, SPILLED, SKIPS, LINE, BELOW,
	FIELDS
};

/* What a node did on a slice; times in microseconds since the statement's start, -1: not known. */
typedef struct PlanCounts
{
	int			slice;
	int64		rows;
	int64		rows_read;
	int64		bytes_read;
	int64		memory;
	bool		spilled;
	bool		skips;
	int64		started;
	int64		ready;			/* when it gave its first rows */
	int64		ended;
} PlanCounts;

/* Rows that were moved before they got to a node. */
typedef struct PlanMoves
{
	int			input;			/* of the node, from 0; RS_PLAN_CHANGED: rows that it changed */
	int			slice;
	int64		rows;			/* that it sent */
	int64		bytes;
	int64		received_rows;
	int64		received_bytes;
	int64		started;
	int64		ended;
} PlanMoves;

#define RS_PLAN_CHANGED		(-1)

typedef struct PlanLine
{
	char	   *fields[FIELDS];
	int			number;			/* from 1 */
	int			depth;
	struct PlanLine *parent;
	List	   *children;
	const char *name;			/* of the line, without what shows the tree */
	List	   *counts;			/* PlanCounts *, by slice; NIL: not known */
	List	   *moves;			/* PlanMoves *, by input and slice */
} PlanLine;

typedef struct PlanText
{
	List	   *nodes;			/* PlanLine * */
	List	   *targets;		/* Oids of tables that are changed */
	char	   *changed;		/* how many rows; NULL: there is none */
} PlanText;

/* What is in a text, which is taken apart. */
extern PlanText rs_plan_text_read(char *text);

/* A field that is a number; false: it is empty. */
extern bool rs_plan_field(const PlanLine *node, int field, int64 *value);

extern bool rs_begins_with(const char *text, const char *prefix);

#endif							/* RS_HISTORY_PLAN_TEXT_H */
