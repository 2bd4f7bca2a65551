/*
 * messages.h
 *	  Messages of procedures that clients call, for the history.
 */
#ifndef RS_HISTORY_MESSAGES_H
#define RS_HISTORY_MESSAGES_H

#include "utils/elog.h"

/* A CALL that runs: in the frame of whoever runs it, outside of his PG_TRY. */
typedef struct RsCallMessages
{
	ErrorContextCallback callback;
	Oid			user;
	int32		query;
	int32		transaction;
} RsCallMessages;

/* Until the end, or an error, messages of PL/pgSQL have rows. */
extern void rs_call_messages_begin(RsCallMessages *call, Oid user, int32 query, int32 transaction);
extern void rs_call_messages_end(RsCallMessages *call);

#endif							/* RS_HISTORY_MESSAGES_H */
