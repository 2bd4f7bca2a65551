/*
 * group_export.h
 *	  Row groups as bytes, for another compute node.
 */
#ifndef RS_GROUP_EXPORT_H
#define RS_GROUP_EXPORT_H

#include "access/tupdesc.h"
#include "storage/row_group.h"

/* Bytes of a group's stream that one row of read_group() carries. */
#define RS_EXPORT_CHUNK		(1024 * 1024)

/* Checksum of what a directory row carries of a group. */
extern uint32 rs_export_crc(const bytea *key_zone, const bytea *rows);

/*
 * A table's columns as text: nodes whose tables give the same read each other's groups.
 */
extern char *rs_export_layout(TupleDesc desc);

#endif							/* RS_GROUP_EXPORT_H */
