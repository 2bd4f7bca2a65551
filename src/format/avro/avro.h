/*
 * avro.h
 *	  Avro's object container files.
 */
#ifndef RS_AVRO_H
#define RS_AVRO_H

#include "format/json/json.h"

/* FORMAT avro.  options: RsJsonOptions, without lines to ignore; NULL: auto. */
extern const RsFormat rs_avro_format;

#endif							/* RS_AVRO_H */
