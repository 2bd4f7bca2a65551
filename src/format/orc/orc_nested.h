/*
 * orc_nested.h
 *	  Lists, maps, structs and unions of ORC files as jsonb.
 */
#ifndef RS_ORC_NESTED_H
#define RS_ORC_NESTED_H

#include "format/orc/orc_field.h"

/* Names of structs' fields are put into the server's encoding; an error for maps whose keys are no scalars. */
extern void rs_orc_nested_init(RsOrcColumn *column);

/* The column's value in the next row, in the current memory context; false: it is NULL. */
extern bool rs_orc_nested_next(RsOrcField *field, RsOrcColumn *column, uint32 row, Datum *value);

#endif							/* RS_ORC_NESTED_H */
