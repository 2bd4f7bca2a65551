/*
 * group_checksum.h
 *	  The checksums of a row group (storage/format.h), all CRC-32C.
 */
#ifndef RS_GROUP_CHECKSUM_H
#define RS_GROUP_CHECKSUM_H

#include "storage/format.h"

/* Of a block, or of a column's description. */
extern uint32 rs_checksum(const char *data, Size size);

/* Of a footer's header, whatever checksum stands in it, and the references behind it. */
extern uint32 rs_footer_checksum(const RsFooterHeader *header, const void *refs);

#endif							/* RS_GROUP_CHECKSUM_H */
