/*
 * json_writer.h
 *	  Writing JSON: each row an object, in a line of its own.
 */
#ifndef RS_JSON_WRITER_H
#define RS_JSON_WRITER_H

#include "format/format.h"

/* RsFormat.write; there are no options. */
extern RsWriter *rs_json_write(const RsWriteSpec *spec, RsOutput *output);

#endif							/* RS_JSON_WRITER_H */
