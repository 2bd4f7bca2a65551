/*
 * access.h
 *	  Which store a user may ask, and as whom.
 */
#ifndef RS_S3_ACCESS_H
#define RS_S3_ACCESS_H

#include "load/http/http.h"
#include "nodes/pg_list.h"

typedef struct RsS3Access
{
	RsHttpAccess http;
	const char *server;			/* the foreign server's name */
	const char *endpoint;		/* scheme://host[:port] */
	bool		path_style;		/* is the bucket part of the path, or else of the host's name? */
} RsS3Access;

/*
 * By the foreign servers of redshift_s3 that the current user may use and the options
 * (see rs_location_open()).  Lives in the current memory context.
 */
extern RsS3Access *rs_s3_access(const char *bucket, List *options);

/* The same for DynamoDB, which the same keys are for. */
extern RsS3Access *rs_dynamodb_access(List *options);

#endif							/* RS_S3_ACCESS_H */
