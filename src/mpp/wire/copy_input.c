/*
 * copy_input.c
 *	  What a client sends for COPY FROM STDIN, message by message.
 */
#include "postgres.h"

#include "compat/protocol.h"
#include "miscadmin.h"
#include "mpp/wire/copy_input.h"
#include "utils/memutils.h"

void
rs_copy_input_begin(RsCopyInput *input)
{
	StringInfoData message;

	initStringInfo(&input->data);
	input->ended = false;
	pq_beginmessage(&message, 'G');
	pq_sendbyte(&message, 0);
	pq_sendint16(&message, 0);
	pq_endmessage(&message);
	pq_flush();
}

bool
rs_copy_input_next(RsCopyInput *input)
{
	int			type;

	while (!input->ended)
	{
		HOLD_CANCEL_INTERRUPTS();
		pq_startmsgread();
		type = pq_getbyte();
		if (type == EOF ||
			pq_getmessage(&input->data, type == 'd' ? PQ_LARGE_MESSAGE_LIMIT : PQ_SMALL_MESSAGE_LIMIT))
			ereport(ERROR,
					(errcode(ERRCODE_CONNECTION_FAILURE),
					 errmsg("unexpected EOF on client connection with an open transaction")));
		RESUME_CANCEL_INTERRUPTS();
		CHECK_FOR_INTERRUPTS();
		switch (type)
		{
			case 'd':
				if (input->data.len > 0)
					return true;
				break;
			case 'c':
				input->ended = true;
				break;
			case 'f':
				ereport(ERROR,
						(errcode(ERRCODE_QUERY_CANCELED),
						 errmsg("COPY from stdin failed: %s", pq_getmsgstring(&input->data))));
				break;
			case 'H':
			case 'S':
				break;
			default:
				ereport(ERROR,
						(errcode(ERRCODE_PROTOCOL_VIOLATION),
						 errmsg("unexpected message type 0x%02X during COPY from stdin", type)));
		}
	}
	return false;
}
