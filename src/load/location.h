/*
 * location.h
 *	  Places that files are read from and written to, by URL: s3://, file://.
 *
 * A location is what a URL stands for together with the right to use it.  Each process
 * opens its own.  Inputs and outputs end before the location that they are of.
 */
#ifndef RS_LOCATION_H
#define RS_LOCATION_H

#include "format/input.h"
#include "format/output.h"
#include "nodes/pg_list.h"

typedef struct RsObject
{
	const char *url;
	int64		size;			/* bytes; -1: unknown */
	const char *version;		/* of its contents, so that all who read parts of it read the same;
								 * NULL: any */
} RsObject;

typedef struct RsLocation RsLocation;
struct RsLocation
{
	/* Files whose URL begins so, as RsObject *, by name. */
	List	   *(*list) (RsLocation *location, const char *prefix);
	/* The file of this URL, with its size and version; NULL: there is none. */
	RsObject   *(*find) (RsLocation *location, const char *url);

	/*
	 * No such file: ERRCODE_UNDEFINED_FILE.  A file that has another size or version, or gets
	 * one while it is read: ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE.
	 */
	RsInput    *(*read) (RsLocation *location, const RsObject *object);
	RsOutput   *(*write) (RsLocation *location, const char *url);
	/* It may be gone already. */
	void		(*remove) (RsLocation *location, const char *url);
};

/*
 * The place that a URL is in, for the current user with what COPY's and UNLOAD's options
 * (DefElem *) say of access: iam_role, credentials, access_key_id, secret_access_key,
 * session_token, region; others are passed over.  An error, if the user must not.  Lives
 * in the current memory context.  Other URLs may be asked for too; whether the user may is
 * checked then.
 */
extern RsLocation *rs_location_open(const char *url, List *options, bool for_writing);

/* Has a URL a scheme that there is a location of? */
extern bool rs_is_location(const char *url);

/* Is it of this server's own files, which no other server has? */
extern bool rs_location_is_of_server(const char *url);

#endif							/* RS_LOCATION_H */
