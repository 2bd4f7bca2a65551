/*
 * group_checksum.c
 *	  The checksums of a row group, for who writes it, reads it, or brings it to another node.
 */
#include "postgres.h"

#include "port/pg_crc32c.h"
#include "storage/group_checksum.h"

uint32
rs_checksum(const char *data, Size size)
{
	pg_crc32c	crc;

	INIT_CRC32C(crc);
	COMP_CRC32C(crc, data, size);
	FIN_CRC32C(crc);
	return crc;
}

uint32
rs_footer_checksum(const RsFooterHeader *header, const void *refs)
{
	RsFooterHeader head = *header;
	pg_crc32c	crc;

	head.crc = 0;
	INIT_CRC32C(crc);
	COMP_CRC32C(crc, &head, sizeof(head));
	COMP_CRC32C(crc, refs, head.ncolumns * sizeof(RsChunkRef));
	FIN_CRC32C(crc);
	return crc;
}
