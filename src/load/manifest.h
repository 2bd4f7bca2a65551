/*
 * manifest.h
 *	  Files that a manifest lists.
 */
#ifndef RS_MANIFEST_H
#define RS_MANIFEST_H

#include "load/location.h"

/*
 * Files, as RsObject *, that are listed by the manifest of this URL and exist, in its order.
 * Errors: there is no manifest, it is none, a file that is mandatory does not exist,
 * or one has another size than is said.
 */
extern List *rs_manifest_read(RsLocation *location, const char *url);

#endif							/* RS_MANIFEST_H */
