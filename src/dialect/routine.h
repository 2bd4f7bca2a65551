/*
 * routine.h
 *	  Bodies of routines.
 */
#ifndef RS_ROUTINE_H
#define RS_ROUTINE_H

#include "dialect/dialect.h"

/*
 * A body in PL/pgSQL with its statements, queries, expressions and types translated.
 * nonatomic: what its statements do is committed one by one.
 */
extern char *rs_translate_plpgsql(const RsDialect *dialect, const char *body, bool nonatomic);

#endif							/* RS_ROUTINE_H */
