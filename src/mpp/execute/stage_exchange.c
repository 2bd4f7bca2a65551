/*
 * stage_exchange.c
 *	  What nodes are told of the exchange that a stage fills.
 */
#include "postgres.h"

#include "mpp/execute/stage_exchange.h"
#include "utils/builtins.h"

bool
rs_stage_fills_exchange(const RsStage *stage)
{
	return stage->local == NULL && (stage->child > 0 || stage->to != RS_SPREAD_ANY);
}

/*
 * A node that gets no rows has the exchange, too; what is kept of a CTE it has from itself.
 */
static int
senders(const RsStage *stage, const RsStageNodes *where, int node)
{
	if (stage->cte > 0)
		return bms_is_member(node, where->on);
	return bms_is_member(node, where->to) ? bms_num_members(where->on) : 0;
}

void
rs_stage_append_open(StringInfo sql, const RsStage *stage, const char *name, const RsStageNodes *where, int node)
{
	ListCell   *lc;

	appendStringInfo(sql, "%s redshift.open_exchange('%s', %d, '{", sql->len > 0 ? "," : "SELECT", name,
					 senders(stage, where, node));
	foreach(lc, stage->distinct)
		appendStringInfo(sql, "%s%d", foreach_current_index(lc) > 0 ? "," : "", lfirst_int(lc));
	appendStringInfoString(sql, "}')");
}

static void
append_columns(StringInfo options, const char *option, List *columns)
{
	ListCell   *lc;

	appendStringInfo(options, "%s '", option);
	foreach(lc, columns)
		appendStringInfo(options, "%s%d", foreach_current_index(lc) > 0 ? "," : "", lfirst_int(lc));
	appendStringInfoChar(options, '\'');
}

char *
rs_stage_exchange_options(const RsStage *stage, const char *name, List *targets, const RsCluster *cluster)
{
	StringInfoData options;
	StringInfoData names;
	ListCell   *lc;

	initStringInfo(&options);
	appendStringInfo(&options, "EXCHANGE '%s', ", name);
	if (stage->cte > 0)
		appendStringInfoString(&options, "KEEP");
	else if (stage->to == RS_SPREAD_ALL)
		appendStringInfoString(&options, "BROADCAST");
	else
		append_columns(&options, "DISTRIBUTE", stage->keys);
	if (stage->filters != NIL)
	{
		append_columns(&options, ", FILTERS", stage->filters);
		appendStringInfoString(&options, stage->only_filters ? ", ONLY_FILTERS" : "");
	}
	if (stage->cte <= 0 && list_length(targets) < list_length(cluster->nodes))
	{
		initStringInfo(&names);
		foreach(lc, targets)
			appendStringInfo(&names, "%s%s", foreach_current_index(lc) > 0 ? "," : "", ((RsNode *) lfirst(lc))->name);
		appendStringInfo(&options, ", TARGETS %s", quote_literal_cstr(names.data));
	}
	return options.data;
}
