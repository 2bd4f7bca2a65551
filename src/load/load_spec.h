/*
 * load_spec.h
 *	  What compute nodes are told of a load.
 */
#ifndef RS_LOAD_SPEC_H
#define RS_LOAD_SPEC_H

#include "load/load.h"

/* As JSON; node_of: which node reads each unit. */
extern char *rs_load_spec_form(const RsLoad *load, const int32 *node_of);

/*
 * A load of a node's units, into no table, of columns of these names and types; reading them is
 * left to the caller.
 */
extern RsLoad *rs_load_spec_parse(const char *spec, TupleDesc desc, int32 node);

#endif							/* RS_LOAD_SPEC_H */
