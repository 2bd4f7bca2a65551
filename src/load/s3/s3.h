/*
 * s3.h
 *	  What the parts of S3's location share: URLs, errors, the location itself.
 */
#ifndef RS_S3_H
#define RS_S3_H

#include "load/http/http.h"
#include "load/location.h"
#include "load/s3/access.h"

typedef struct RsS3Location
{
	RsLocation	location;
	RsS3Access *access;
	const char *bucket;
	const char *const *write_headers;	/* of files that are made; NULL: none */
} RsS3Location;

/* See rs_location_open(). */
extern RsLocation *rs_s3_location_open(const char *url, List *options, bool for_writing);

/* The key of an s3:// URL, which must be in the location's bucket. */
extern const char *rs_s3_key(const RsS3Location *location, const char *url);

/*
 * The address of a key (NULL: of the bucket), with arguments, which are sorted and encoded.
 */
extern char *rs_s3_address(const RsS3Location *location, const char *key, const char *arguments);

/* Text of the database's encoding as part of an address, but for slashes if they are kept. */
extern char *rs_s3_encode(const char *text, bool keep_slashes);

/* The code of an answer that is an error, or an empty string. */
extern char *rs_s3_error_code(const RsHttpTransfer *transfer);

/* Throw what an answer, whose status is not what was hoped for, says. */
extern void rs_s3_throw(const RsS3Location *location, const RsHttpTransfer *transfer, int status,
						const char *url) pg_attribute_noreturn();

extern RsObject *rs_s3_find(RsLocation *location, const char *url);
extern RsInput *rs_s3_read(RsLocation *location, const RsObject *object);
extern RsOutput *rs_s3_write(RsLocation *location, const char *url);

#endif							/* RS_S3_H */
