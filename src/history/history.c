/*
 * history.c
 *	  What statements and sessions did, for Redshift's system tables.
 *
 * It is kept where the server itself loads the library: its memory is shared from the start.
 */
#include "postgres.h"

#include "history/history.h"
#include "history/ring.h"
#include "history/running.h"
#include "history/session.h"
#include "history/statement.h"
#include "history/user_text.h"
#include "history/writer.h"
#include "miscadmin.h"

void
rs_history_init(void)
{
	if (!process_shared_preload_libraries_in_progress)
		return;
	rs_history_ring_init();
	rs_running_init();
	rs_history_writer_init();
	rs_history_statement_init();
	rs_user_text_init();
	rs_history_session_init();
}
