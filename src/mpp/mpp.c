/*
 * mpp.c
 *	  What the library's start needs of this part.
 */
#include "postgres.h"

#include "mpp/change/modify.h"
#include "mpp/cluster/analyze.h"
#include "mpp/cluster/ddl_propagate.h"
#include "mpp/cluster/node.h"
#include "mpp/cluster/slices.h"
#include "mpp/cluster/table.h"
#include "mpp/exchange/exchange_file.h"
#include "mpp/exchange/exchange_scan.h"
#include "mpp/exchange/join_filter.h"
#include "mpp/exchange/staged_rows.h"
#include "mpp/execute/gather.h"
#include "mpp/execute/stages.h"
#include "mpp/mpp.h"
#include "mpp/plan/fragment_path.h"
#include "mpp/plan/join_columns.h"
#include "mpp/resize/auto_distribution.h"
#include "mpp/session/acting.h"
#include "mpp/session/connection.h"
#include "mpp/session/recovery.h"
#include "mpp/session/remote_transaction.h"
#include "mpp/session/statement.h"
#include "mpp/wire/explain_request.h"
#include "mpp/wire/fragment_copy.h"

void
rs_mpp_init(void)
{
	rs_node_init();
	rs_slices_init();
	rs_connection_init();
	rs_remote_transaction_init();
	rs_recovery_init();
	rs_acting_init();
	rs_auto_distribution_init();
	rs_join_columns_init();
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
