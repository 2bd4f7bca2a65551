/*
 * location.c
 *	  What URLs stand for: locations by their scheme and bucket.
 *
 * To its user a location is all that can be reached with the same options: files
 * that a manifest lists may be in several buckets, each of which is opened when a URL names it.
 */
#include "postgres.h"

#include "load/dynamodb/dynamodb.h"
#include "load/file_location.h"
#include "load/location.h"
#include "load/s3/s3.h"
#include "load/ssh/ssh_input.h"
#include "load/ssh/ssh_manifest.h"
#include "load/stdin_location.h"
#include "nodes/nodes.h"

typedef struct Scheme
{
	const char *prefix;
	bool		buckets;		/* is what follows up to a slash a place of its own? */
	RsLocation *(*open) (const char *url, List *options, bool for_writing);
	bool		internal;		/* not for users to write */
	bool		of_server;
} Scheme;

static const Scheme schemes[] = {
	{"file://", false, rs_file_location_open, false, true},
	{"s3://", true, rs_s3_location_open},
	{RS_DYNAMODB_SCHEME, false, rs_dynamodb_location_open},
	{RS_SSH_SCHEME, false, rs_ssh_location_open, true},
	{RS_STDIN_URL, false, rs_stdin_location_open, true, true}
};

/* One that has been opened. */
typedef struct Place
{
	const Scheme *scheme;
	const char *bucket;			/* empty, if the scheme has none */
	RsLocation *location;
} Place;

typedef struct Locations
{
	RsLocation	location;
	MemoryContext context;
	List	   *options;
	bool		for_writing;
	List	   *places;			/* Place * */
} Locations;

static const Scheme *
find_scheme(const char *url)
{
	for (int i = 0; i < (int) lengthof(schemes); i++)
		if (pg_strncasecmp(url, schemes[i].prefix, strlen(schemes[i].prefix)) == 0)
			return &schemes[i];
	return NULL;
}

bool
rs_is_location(const char *url)
{
	const Scheme *scheme = find_scheme(url);

	return scheme != NULL && !scheme->internal;
}

bool
rs_location_is_of_server(const char *url)
{
	const Scheme *scheme = find_scheme(url);

	return scheme != NULL && scheme->of_server;
}

static RsLocation *
open_place(Locations *locations, const Scheme *scheme, const char *bucket, const char *url)
{
	MemoryContext before = MemoryContextSwitchTo(locations->context);
	Place	   *place = palloc(sizeof(Place));

	place->scheme = scheme;
	place->bucket = pstrdup(bucket);
	place->location = scheme->open(url, locations->options, locations->for_writing);
	locations->places = lappend(locations->places, place);
	MemoryContextSwitchTo(before);
	return place->location;
}

/* The location that has this URL. */
static RsLocation *
place_of(RsLocation *base, const char *url)
{
	Locations  *locations = (Locations *) base;
	const Scheme *scheme = find_scheme(url);
	const char *bucket;
	ListCell   *lc;

	if (scheme == NULL)
		ereport(ERROR,
				errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				errmsg("there is no location with the scheme of \"%s\"", url));
	bucket = url + strlen(scheme->prefix);
	bucket = pnstrdup(bucket, scheme->buckets ? strcspn(bucket, "/") : 0);
	foreach(lc, locations->places)
	{
		const Place *place = lfirst(lc);

		if (place->scheme == scheme && strcmp(place->bucket, bucket) == 0)
			return place->location;
	}
	return open_place(locations, scheme, bucket, url);
}

static List *
list_files(RsLocation *base, const char *prefix)
{
	RsLocation *location = place_of(base, prefix);

	return location->list(location, prefix);
}

static RsObject *
find_file(RsLocation *base, const char *url)
{
	RsLocation *location = place_of(base, url);

	return location->find(location, url);
}

static RsInput *
read_file(RsLocation *base, const RsObject *object)
{
	RsLocation *location = place_of(base, object->url);

	return location->read(location, object);
}

static RsOutput *
write_file(RsLocation *base, const char *url)
{
	RsLocation *location = place_of(base, url);

	return location->write(location, url);
}

static void
remove_file(RsLocation *base, const char *url)
{
	RsLocation *location = place_of(base, url);

	location->remove(location, url);
}

RsLocation *
rs_location_open(const char *url, List *options, bool for_writing)
{
	Locations  *locations = palloc0(sizeof(Locations));

	locations->context = CurrentMemoryContext;
	locations->options = copyObject(options);
	locations->for_writing = for_writing;
	locations->location.list = list_files;
	locations->location.find = find_file;
	locations->location.read = read_file;
	locations->location.write = write_file;
	locations->location.remove = remove_file;
	(void) place_of(&locations->location, url);
	return &locations->location;
}
