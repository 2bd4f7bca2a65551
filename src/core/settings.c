/*
 * settings.c
 *	  The extension's settings, redshift.*, all of them, sorted by name.
 */
#include "postgres.h"

#include <limits.h>

#include "core/settings.h"
#include "utils/guc.h"

/* A column's bytes of one row group must stay well below a string's limit. */
#define RS_MAX_INSERT_BUFFER	(256 * 1024)

bool		rs_compaction = true;
bool		rs_enable_scan = true;
bool		rs_enable_vector = true;
int			rs_insert_buffer_size = 65536;

void
rs_settings_init(void)
{
	DefineCustomBoolVariable("redshift.compaction",
							 "Lets VACUUM merge, purge and sort row groups.",
							 NULL, &rs_compaction, true,
							 PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomBoolVariable("redshift.enable_scan",
							 "Lets the planner scan redshift tables by column, skipping blocks.",
							 "Off, such tables are read row by row with all their columns.",
							 &rs_enable_scan, true,
							 PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomBoolVariable("redshift.enable_vector",
							 "Lets aggregations and joins of redshift tables run in the vector engine.",
							 "Off, PostgreSQL's executor runs them row by row.",
							 &rs_enable_vector, true,
							 PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("redshift.insert_buffer_size",
							"Memory of a session for inserted rows not yet in a row group.",
							NULL, &rs_insert_buffer_size, 65536, 1024, RS_MAX_INSERT_BUFFER,
							PGC_USERSET, GUC_UNIT_KB, NULL, NULL, NULL);
	MarkGUCPrefixReserved("redshift");
}
