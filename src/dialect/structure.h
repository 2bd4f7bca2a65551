/*
 * structure.h
 *	  What a statement's queries consist of: blocks, their clauses, items of FROM.
 *
 * Ranges of tokens are [first, end).
 */
#ifndef RS_STRUCTURE_H
#define RS_STRUCTURE_H

#include "dialect/token.h"
#include "nodes/pg_list.h"

/* Clauses of a SELECT, in no order; of INSERT, UPDATE and DELETE those that apply. */
typedef enum RsClause
{
	RS_CLAUSE_LIST,				/* what is selected; UPDATE: SET */
	RS_CLAUSE_INTO,
	RS_CLAUSE_FROM,				/* also UPDATE's table, USING */
	RS_CLAUSE_WHERE,
	RS_CLAUSE_START_WITH,
	RS_CLAUSE_CONNECT_BY,
	RS_CLAUSE_GROUP_BY,
	RS_CLAUSE_HAVING,
	RS_CLAUSE_QUALIFY,
	RS_CLAUSE_WINDOW,
	RS_CLAUSE_TAIL,				/* ORDER BY, LIMIT, FOR UPDATE, RETURNING, ... */
	RS_CLAUSES
} RsClause;

/* A part of a query that has a meaning of its own; the first member of what it is. */
typedef struct RsNode
{
	enum
	{
		RS_NODE_BLOCK, RS_NODE_FROM_ITEM, RS_NODE_LIST_ITEM,
		RS_NODE_RECURSIVE			/* a WITH that needs this word */
	}			kind;
} RsNode;

typedef struct RsRange
{
	int			first;
	int			end;
} RsRange;

/* A name that a WITH clause gives, seen by what stands under it and, in it, after it. */
typedef struct RsScope
{
	struct RsScope *parent;
	const char *name;
	RsRange		definition;		/* name [(columns)] AS (query); open while it is read */
	bool		recursive;
	bool		hidden;			/* of a query that does not see its own name */
	bool		wanted;			/* but does use it, as recursive queries do */
	char	   *text;			/* its translation, once it was needed by itself */
	bool		busy;			/* which is being made */
} RsScope;

/* A table, function or subquery in FROM, with what belongs to it. */
typedef struct RsFromItem
{
	RsNode		node;
	RsRange		range;			/* all of it */
	RsRange		source;			/* name, call or (subquery) */
	int			name_parts;		/* of a table's or function's name; 0: a subquery */
	bool		call;			/* source is a call of a function */
	bool		unnested;		/* source is a path in a SUPER */
	int			alias;			/* -1: none */
	RsRange		columns;		/* of the alias, with brackets; empty: none */
	int			at;				/* the name after AT; -1: none */
	int			pivot;			/* PIVOT or UNPIVOT; -1: none */
	RsRange		pivot_body;		/* between its brackets */
	int			pivot_alias;	/* -1: none */
	struct RsText *text;		/* its translation, kept where the catalog is asked for it */
	RsScope    *scope;
} RsFromItem;

/* An item of a SELECT's list. */
typedef struct RsListItem
{
	RsNode		node;
	RsRange		range;			/* without alias */
	int			alias;			/* -1: none */
} RsListItem;

/* SELECT (or UPDATE, DELETE) with its clauses; each side of a set operation is one. */
typedef struct RsBlock
{
	RsNode		node;
	struct RsBlock *parent;		/* the block around it; NULL: none */
	RsScope    *scope;
	RsRange		range;			/* from SELECT on, with TAIL */
	RsRange		distinct;		/* DISTINCT [ON (...)] or ALL */
	RsRange		top;			/* TOP n */
	RsRange		clauses[RS_CLAUSES];	/* with their keywords but for LIST; empty: none */
	List	   *list;			/* RsListItem * */
	List	   *from;			/* RsFromItem *, in order, at any depth of joins */
	List	   *joins;			/* aliases of joins in brackets: tokens */
	bool		set_operation;	/* a side of one; TAIL is that of the last side */
	bool		outer_marks;	/* there is a (+) */

	/* Set when the block is emitted. */
	struct HTAB *aliases;		/* of its list that items of it, or QUALIFY, may use */
	struct HTAB *items;			/* FROM's by name */
	List	   *columns;		/* of FROM, char * */
	List	   *supers;			/* those that are SUPER */
	bool		described;		/* columns are known */
	List	   *grouped;		/* ordinals of items that GROUP BY ALL means */
} RsBlock;

/*
 * Find the blocks in tokens [first, end) of a statement; node of their first tokens, and
 * of FROM items', points to them.  Allocates in the current context; linear time.
 */
extern void rs_structure(RsToken *tokens, int first, int end);

/* Find what + means and where CASE has conditions (operand.c): part of rs_structure(). */
extern void rs_operands(RsToken *tokens, int first, int end);

/* Is there such a clause? */
#define rs_has_clause(block, clause) \
	((block)->clauses[clause].end > (block)->clauses[clause].first)

/* Does a set operation stand at token i (MINUS only where a query follows)? */
extern bool rs_is_set_operation(RsToken *tokens, int i);

/* A WITH clause's name that an unqualified one means. */
extern bool rs_names_cte(const RsScope *scope, const char *name);

#endif							/* RS_STRUCTURE_H */
