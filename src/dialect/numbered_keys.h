/*
 * numbered_keys.h
 *	  CREATE TABLE AS with keys by their places in the query's list.
 */
#ifndef RS_NUMBERED_KEYS_H
#define RS_NUMBERED_KEYS_H

#include "nodes/parsenodes.h"

/* Put names in place of the numbers of columns in options distkey and sortkey, if an analysed statement has them. */
extern void rs_name_key_columns(const Query *query);

#endif							/* RS_NUMBERED_KEYS_H */
