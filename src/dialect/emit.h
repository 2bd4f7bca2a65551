/*
 * emit.h
 *	  Parts of queries that files of this folder emit for each other.
 */
#ifndef RS_EMIT_H
#define RS_EMIT_H

#include "dialect/translator.h"

#endif							/* RS_EMIT_H */
