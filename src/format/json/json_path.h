/*
 * json_path.h
 *	  Where in an object (of JSON, or a record of Avro) the columns of a table are.
 *
 * All paths together are a tree, so that one walk through an object finds every column.
 * Names are UTF-8.
 */
#ifndef RS_JSON_PATH_H
#define RS_JSON_PATH_H

#include "format/json/json.h"

typedef struct RsPathNode RsPathNode;
struct RsPathNode
{
	const char *name;			/* of the member; NULL: an element of an array, or the root */
	Size		name_size;
	int64		index;			/* of the element */

	RsPathNode **members;		/* nodes below, by name */
	int			nmembers;
	RsPathNode **table;			/* the same, hashed: table_mask + 1 places */
	uint32		table_mask;
	RsPathNode **elements;		/* and by index, in their order */
	int			nelements;
	int		   *columns;		/* whose path ends here */
	int			ncolumns;

	RsPathNode *likely_first;	/* the member that came first the last time, */
	RsPathNode *likely_next;	/* and the one that came after this one */
	uint64		visited;		/* the row that it was last seen in */
};

typedef struct RsPaths
{
	RsPathNode *root;
	bool		ignore_case;	/* of names: ASCII letters only */
} RsPaths;

/* For the wanted columns, in the current memory context.  options NULL: auto. */
extern RsPaths *rs_paths_create(const RsJsonOptions *options, const RsReadColumn *columns, int ncolumns);

/* The node of that member; NULL: none. */
extern RsPathNode *rs_path_member(const RsPaths *paths, const RsPathNode *node, const char *name, Size size);

/* The same, if it is the one that is expected after another member, or as the first one. */
static inline bool
rs_path_is(const RsPathNode *node, const char *name, Size size)
{
	return node != NULL && node->name_size == size && memcmp(node->name, name, size) == 0;
}

#endif							/* RS_JSON_PATH_H */
