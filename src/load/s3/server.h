/*
 * server.h
 *	  Foreign servers of redshift_s3: the endpoints that an administrator has named.
 */
#ifndef RS_S3_SERVER_H
#define RS_S3_SERVER_H

#include "nodes/pg_list.h"

typedef struct RsS3Server
{
	Oid			serverid;
	const char *name;
	const char *endpoint;		/* of S3; NULL: AWS's own of the region */
	const char *dynamodb_endpoint;	/* NULL: none if there is an endpoint of S3, or else AWS's own */
	const char *region;			/* NULL: any */
	const char *bucket;			/* NULL: any */
	const char *role_arn;		/* NULL: none */
	const char *ca_file;		/* NULL: the system's */
	bool		path_style;
	bool		is_default;
	bool		allow_private;
} RsS3Server;

/* Keys, of a user mapping or a statement. */
typedef struct RsS3Keys
{
	const char *access_key_id;	/* NULL: none */
	const char *secret_access_key;
	const char *session_token;	/* NULL: none */
} RsS3Keys;

/* All of them, as RsS3Server *, whoever may use them. */
extern List *rs_s3_servers(void);

/* The current user's on the server, or PUBLIC's; no access_key_id: there is no mapping. */
extern RsS3Keys rs_s3_mapped_keys(const RsS3Server *server);

/* Errors, if a value cannot be what it is given as; the value is not shown. */
extern void rs_s3_check_region(const char *region);
extern void rs_s3_check_key(const char *option, const char *value);

#endif							/* RS_S3_SERVER_H */
