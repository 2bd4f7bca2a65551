/*
 * stdin_location.h
 *	  What the client sends, as a file.
 */
#ifndef RS_STDIN_LOCATION_H
#define RS_STDIN_LOCATION_H

#include "load/location.h"

/* Its URL, which users do not write. */
#define RS_STDIN_URL	"stdin:"

extern RsLocation *rs_stdin_location_open(const char *url, List *options, bool for_writing);

#endif							/* RS_STDIN_LOCATION_H */
