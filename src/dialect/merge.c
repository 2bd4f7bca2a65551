/*
 * merge.c
 *	  MERGE: PostgreSQL's, but for REMOVE DUPLICATES.
 */
#include "postgres.h"

#include "dialect/statement.h"
#include "dialect/walk.h"

/*
 * MERGE INTO target USING source ON condition REMOVE DUPLICATES: rows of the target that
 * match go, and all different ones of the source come.
 */
static void
remove_duplicates(RsTranslator *translator, RsText *out, int first, int end)
{
	RsWalk		walk;
	char	   *target;
	int			source;
	int			source_end;

	rs_walk_begin(&walk, translator, out, first, end);
	(void) rs_accept(&walk, "merge [into]");
	target = rs_take_name(&walk);
	if (target == NULL || !rs_accept(&walk, "using"))
		rs_syntax_error(translator, walk.at);
	rs_drop(&walk);
	source = walk.at;
	rs_go_to(&walk, "on", end);
	source_end = walk.at;
	if (!rs_accept(&walk, "on"))
		rs_syntax_error(translator, walk.at);
	rs_put(&walk, "WITH redshift_removed AS (DELETE FROM %s USING ", target);
	rs_emit_expression(translator, out, source, source_end);
	rs_drop(&walk);
	rs_put(&walk, " WHERE");
	rs_keep_expression(&walk, end - 2);
	rs_put(&walk, ") INSERT INTO %s SELECT DISTINCT * FROM ", target);
	rs_emit_expression(translator, out, source, source_end);
}

void
rs_merge(RsTranslator *translator, RsText *out, int first, int end)
{
	if (end - first > 2 && rs_match(&translator->tokens[end - 2], "remove duplicates"))
		remove_duplicates(translator, out, first, end);
	else
		rs_emit_query(translator, out, first, end);
}
