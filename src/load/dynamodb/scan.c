/*
 * scan.c
 *	  Reading a segment of a table page by page, as lines of JSON.
 *
 * Each page says how much of the table's capacity it took; the next one is not asked for
 * before the segment's rate would have allowed that.
 */
#include "postgres.h"

#include "load/dynamodb/dynamodb.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/latch.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/json.h"
#include "utils/memutils.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"
#include "utils/wait_event.h"

typedef struct ScanInput
{
	RsInput		input;
	const RsDynamoTable *table;
	RsDynamoSegment segment;
	MemoryContext context;		/* NULL: closed */
	MemoryContext page;			/* of what a page needs until it is lines */
	RsHttpTransfer *transfer;
	StringInfoData lines;		/* of the last page */
	uint64		start;			/* the lines' place in the whole */
	char	   *next_key;		/* JSON; NULL: of the first page */
	bool		ended;
	TimestampTz due;			/* of the next page */
} ScanInput;

static void
wait_until_due(const ScanInput *scan)
{
	for (;;)
	{
		long		wait = TimestampDifferenceMilliseconds(GetCurrentTimestamp(), scan->due);

		CHECK_FOR_INTERRUPTS();
		if (wait <= 0)
			break;
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, wait, PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
	}
}

static char *
scan_request(const ScanInput *scan)
{
	StringInfoData body;

	initStringInfo(&body);
	appendStringInfo(&body, "{\"TableName\":\"%s\",\"ReturnConsumedCapacity\":\"TOTAL\"", scan->table->name);
	if (scan->segment.nsegments > 1)
		appendStringInfo(&body, ",\"Segment\":%d,\"TotalSegments\":%d", scan->segment.number,
						 scan->segment.nsegments);
	if (scan->next_key != NULL)
		appendStringInfo(&body, ",\"ExclusiveStartKey\":%s", scan->next_key);
	appendStringInfoChar(&body, '}');
	return body.data;
}

/* Where the next page begins, if there is one. */
static void
take_next_key(ScanInput *scan, Jsonb *answer)
{
	JsonbValue *key = rs_dynamodb_member(&answer->root, "LastEvaluatedKey", jbvBinary);
	char	   *text;

	if (scan->next_key != NULL)
		pfree(scan->next_key);
	scan->next_key = NULL;
	scan->ended = key == NULL;
	if (key == NULL)
		return;
	text = JsonbToCString(NULL, key->val.binary.data, key->val.binary.len);
	scan->next_key = MemoryContextStrdup(scan->context, text);
}

static void
take_capacity(ScanInput *scan, Jsonb *answer, TimestampTz asked)
{
	JsonbValue *capacity = rs_dynamodb_member(&answer->root, "ConsumedCapacity", jbvBinary);
	JsonbValue *units = capacity == NULL || !JsonContainerIsObject(capacity->val.binary.data) ? NULL :
		rs_dynamodb_member(capacity->val.binary.data, "CapacityUnits", jbvNumeric);

	if (units == NULL || scan->segment.rate <= 0)
		return;
	scan->due = asked + (TimestampTz) (USECS_PER_SEC / scan->segment.rate *
									   DatumGetFloat8(DirectFunctionCall1(numeric_float8,
																		  NumericGetDatum(units->val.numeric))));
}

static void
take_items(ScanInput *scan, Jsonb *answer)
{
	JsonbValue *items = rs_dynamodb_member(&answer->root, "Items", jbvBinary);
	uint32		n;

	if (items == NULL || !JsonContainerIsArray(items->val.binary.data))
		ereport(ERROR,
				errcode(ERRCODE_FDW_ERROR),
				errmsg("the server's answer about \"%s\" cannot be read", scan->table->url));
	n = JsonContainerSize(items->val.binary.data);
	for (uint32 i = 0; i < n; i++)
	{
		JsonbValue *item = getIthJsonbValueFromContainer(items->val.binary.data, i);

		CHECK_FOR_INTERRUPTS();
		if (item->type == jbvBinary && JsonContainerIsObject(item->val.binary.data))
			rs_dynamodb_item(&scan->lines, item->val.binary.data, scan->table->url);
	}
}

static void
next_page(ScanInput *scan)
{
	MemoryContext before = MemoryContextSwitchTo(scan->page);
	TimestampTz asked;
	Jsonb	   *answer;

	wait_until_due(scan);
	asked = GetCurrentTimestamp();
	answer = rs_dynamodb_ask(scan->table, scan->transfer, "Scan", scan_request(scan));
	scan->start += scan->lines.len;
	resetStringInfo(&scan->lines);
	take_items(scan, answer);
	take_next_key(scan, answer);
	take_capacity(scan, answer, asked);
	MemoryContextSwitchTo(before);
	MemoryContextReset(scan->page);
}

static Size
read_lines(RsInput *base, uint64 offset, char *buffer, Size size)
{
	ScanInput  *scan = (ScanInput *) base;
	Size		done = 0;

	while (done < size)
	{
		uint64		skip = offset + done - scan->start;
		Size		part;

		if (skip >= (uint64) scan->lines.len)
		{
			if (scan->ended)
				break;
			next_page(scan);
			continue;
		}
		part = Min(size - done, scan->lines.len - skip);
		memcpy(buffer + done, scan->lines.data + skip, part);
		done += part;
	}
	return done;
}

static void
close_scan(RsInput *base)
{
	ScanInput  *scan = (ScanInput *) base;

	if (scan->context != NULL)
		MemoryContextDelete(scan->context);
	scan->context = NULL;
}

RsInput *
rs_dynamodb_scan(const RsDynamoTable *table, const RsDynamoSegment *segment)
{
	ScanInput  *scan = palloc0(sizeof(ScanInput));
	MemoryContext before;

	scan->table = table;
	scan->segment = *segment;
	scan->context = AllocSetContextCreate(CurrentMemoryContext, "DynamoDB scan", ALLOCSET_DEFAULT_SIZES);
	scan->page = AllocSetContextCreate(scan->context, "DynamoDB page", ALLOCSET_DEFAULT_SIZES);
	before = MemoryContextSwitchTo(scan->context);
	scan->transfer = rs_http_transfer_create(scan->context);
	initStringInfo(&scan->lines);
	MemoryContextSwitchTo(before);
	scan->input.name = pstrdup(table->url);
	scan->input.size = -1;
	scan->input.read = read_lines;
	scan->input.close = close_scan;
	return &scan->input;
}
