/*
 * update_apart.h
 *	  UPDATE and DELETE of rows that the leader has chosen.
 */
#ifndef RS_UPDATE_APART_H
#define RS_UPDATE_APART_H

#include "nodes/parsenodes.h"

extern bool rs_change_can_split(const Query *query);

/*
 * *source: the leader's query for rows and values; its column *key has the distribution
 * key's value, if the table has one.  Returns the statement for nodes, whose range table is
 * to get an entry more, which reads these.
 */
extern Query *rs_change_split(const Query *original, Query **source, AttrNumber *key);

#endif							/* RS_UPDATE_APART_H */
