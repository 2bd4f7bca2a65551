/*
 * session.c
 *	  System functions of Redshift that this server refuses.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"

PG_FUNCTION_INFO_V1(rs_reboot_cluster);
Datum
rs_reboot_cluster(PG_FUNCTION_ARGS)
{
	if (!superuser())
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("must be superuser to reboot the cluster")));
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("a server cannot reboot itself and the others of its cluster"),
			 errhint("Restart them with pg_ctl, or by the service manager that started them.")));
	PG_RETURN_VOID();
}
