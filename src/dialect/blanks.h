/*
 * blanks.h
 *	  Comparisons that do not see trailing blanks.
 */
#ifndef RS_DIALECT_BLANKS_H
#define RS_DIALECT_BLANKS_H

/* Late binding views have to be in their places when its planner hook is called. */
extern void rs_blanks_init(void);

#endif							/* RS_DIALECT_BLANKS_H */
