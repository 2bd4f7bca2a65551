/*
 * orc.h
 *	  Apache ORC files.
 *
 * Columns of a file are those of the spec in their order.  Stripes are the parts that can
 * be read by several processes.  There are no options.
 */
#ifndef RS_ORC_H
#define RS_ORC_H

#include "format/format.h"

extern const RsFormat rs_orc_format;

#endif							/* RS_ORC_H */
