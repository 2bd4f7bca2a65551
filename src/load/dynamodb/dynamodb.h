/*
 * dynamodb.h
 *	  Tables of DynamoDB as files of JSON.
 */
#ifndef RS_DYNAMODB_H
#define RS_DYNAMODB_H

#include "lib/stringinfo.h"
#include "load/http/http.h"
#include "load/location.h"
#include "utils/jsonb.h"

#define RS_DYNAMODB_SCHEME	"dynamodb://"

/* See rs_location_open(); the option readratio, too. */
extern RsLocation *rs_dynamodb_location_open(const char *url, List *options, bool for_writing);

/* A table, and who asks for it. */
typedef struct RsDynamoTable
{
	const RsHttpAccess *access;
	const char *endpoint;
	const char *server;			/* the foreign server's name */
	const char *name;
	const char *url;			/* as messages call it */
} RsDynamoTable;

/* Part of a table that is read by itself, and how fast. */
typedef struct RsDynamoSegment
{
	int			number;			/* from 0 */
	int			nsegments;
	double		rate;			/* read capacity units a second; 0: any */
} RsDynamoSegment;

/* Ask for an operation, and return the answer; the transfer is reused. */
extern Jsonb *rs_dynamodb_ask(const RsDynamoTable *table, RsHttpTransfer *transfer, const char *operation,
							  const char *body);

/* The member's value; NULL: there is none, or of another type. */
extern JsonbValue *rs_dynamodb_member(JsonbContainer *object, const char *name, int type);

extern RsInput *rs_dynamodb_scan(const RsDynamoTable *table, const RsDynamoSegment *segment);

/* Append a line of JSON for an item, which has the types of DynamoDB. */
extern void rs_dynamodb_item(StringInfo to, JsonbContainer *item, const char *url);

#endif							/* RS_DYNAMODB_H */
