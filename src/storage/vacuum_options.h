/*
 * vacuum_options.h
 *	  Options of VACUUM that are Redshift's.
 */
#ifndef RS_VACUUM_OPTIONS_H
#define RS_VACUUM_OPTIONS_H

#include "storage/compaction.h"

/* What the running VACUUM is to do with a table. */
extern void rs_vacuum_goal(Relation rel, RsCompactionGoal *goal);

extern void rs_vacuum_options_init(void);

#endif							/* RS_VACUUM_OPTIONS_H */
