/*
 * mpp.c
 *	  What the library's start needs of this part.
 */
#include "postgres.h"

#include "mpp/analyze.h"
#include "mpp/connection.h"
#include "mpp/ddl_propagate.h"
#include "mpp/exchange_file.h"
#include "mpp/exchange_scan.h"
#include "mpp/explain_request.h"
#include "mpp/fragment_copy.h"
#include "mpp/fragment_path.h"
#include "mpp/gather.h"
#include "mpp/join_filter.h"
#include "mpp/modify.h"
#include "mpp/mpp.h"
#include "mpp/node.h"
#include "mpp/recovery.h"
#include "mpp/remote_transaction.h"
#include "mpp/slices.h"
#include "mpp/staged_rows.h"
#include "mpp/stages.h"
#include "mpp/statement.h"
#include "mpp/table.h"

void
rs_mpp_init(void)
{
	rs_node_init();
	rs_slices_init();
	rs_connection_init();
	rs_remote_transaction_init();
	rs_recovery_init();
	rs_statement_init();
	rs_staged_rows_init();
	rs_table_init();
	rs_ddl_propagate_init();
	rs_gather_init();
	rs_fragment_path_init();
	rs_fragment_copy_init();
	rs_explain_request_init();
	rs_exchange_file_init();
	rs_exchange_scan_init();
	rs_join_filter_init();
	rs_modify_init();
	rs_stages_init();
	rs_analyze_init();
}
