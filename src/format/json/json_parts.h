/*
 * json_parts.h
 *	  Reading a file of JSON in parts, if each line has whole rows only.
 */
#ifndef RS_JSON_PARTS_H
#define RS_JSON_PARTS_H

#include "format/format.h"

/* What the reader of a part tells those of later ones. */
typedef struct RsJsonPart
{
	uint32		told;			/* 1: the rest is there */
	uint32		of_lines;		/* each line that begins in the part has whole rows, or none */
	int64		lines;			/* which begin there */
} RsJsonPart;

extern int	rs_json_parts(const RsReadSpec *spec, RsInput *input, uint64 part_size);

/* Bytes of a part. */
extern void rs_json_part_range(const RsFilePart *part, const RsInput *input, uint64 *begin, uint64 *end);

/* Tell the others of this part, and ask for those before it: how many lines they have; false: one is not of lines. */
extern void rs_json_part_tell(const RsFilePart *part, bool of_lines, int64 lines);
extern bool rs_json_parts_before(const RsFilePart *part, int64 *lines);

#endif							/* RS_JSON_PARTS_H */
