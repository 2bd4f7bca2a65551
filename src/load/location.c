/*
 * location.c
 *	  The kinds of locations there are, by the scheme of a URL.
 */
#include "postgres.h"

#include "load/file_location.h"
#include "load/location.h"
#include "load/s3/s3.h"

typedef struct Scheme
{
	const char *prefix;
	RsLocation *(*open) (const char *url, List *options, bool for_writing);
} Scheme;

static const Scheme schemes[] = {
	{"file://", rs_file_location_open},
	{"s3://", rs_s3_location_open}
};

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
	return find_scheme(url) != NULL;
}

RsLocation *
rs_location_open(const char *url, List *options, bool for_writing)
{
	const Scheme *scheme = find_scheme(url);

	if (scheme == NULL)
		ereport(ERROR,
				errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				errmsg("there is no location with the scheme of \"%s\"", url));
	return scheme->open(url, options, for_writing);
}
