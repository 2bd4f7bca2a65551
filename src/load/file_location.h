/*
 * file_location.h
 *	  Files of the server's machine: file:///absolute/path.
 */
#ifndef RS_FILE_LOCATION_H
#define RS_FILE_LOCATION_H

#include "load/location.h"

/* See rs_location_open(); files take no options. */
extern RsLocation *rs_file_location_open(const char *url, List *options, bool for_writing);

#endif							/* RS_FILE_LOCATION_H */
