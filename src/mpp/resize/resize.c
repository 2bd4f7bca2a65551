/*
 * resize.c
 *	  Slices move between compute nodes: rebalance(), remove_node(), move_slices() and
 *	  resize().
 *
 * Which node is to have which slice is worked out (resize_plan.c), and nodes that get
 * slices copy the row groups of these (resize_copy.c), while others go on reading and
 * writing; what has arrived stays, so that whoever is interrupted and begins anew goes on
 * from there.
 *
 * The switch is one transaction on the leader and all nodes: what was written since is
 * fetched, too, the groups become visible, those that had them forget them, and
 * redshift.slice changes everywhere.  For that moment the leader locks all distributed
 * tables, so that no statement sees rows by one map of slices and sends others by
 * another.
 *
 * resize() gives the cluster another number of slices: rows of tables with a distribution
 * key belong to other slices then.  All nodes send rows to all, also to themselves, in the
 * same way.  Row groups of tables without a key stay where they are and are dealt the node's
 * new slices.
 */
#include "postgres.h"

#include "core/fault.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "mpp/cluster/membership.h"
#include "mpp/resize/resize.h"
#include "mpp/session/remote_transaction.h"
#include "storage/slice_rows.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(rs_rebalance);
PG_FUNCTION_INFO_V1(rs_remove_node);
PG_FUNCTION_INFO_V1(rs_move_slices);
PG_FUNCTION_INFO_V1(rs_resize);

static void
run(const char *sql)
{
	if (SPI_execute(sql, false, 0) < 0)
		elog(ERROR, "SPI_execute failed: %s", sql);
}

/*
 * Of another number of slices all rows are of another slice than before.
 */
static void
drop_rows(const RsResize *resize, const RsResizeTable *table)
{
	ListCell   *lc;

	if (resize->of_slices > 0)
	{
		rs_connections_execute(resize->connections,
							   psprintf("SELECT redshift.drop_slices(%s, ARRAY(SELECT pg_catalog.generate_series(0, %d)))",
										quote_literal_cstr(table->name), resize->nslices - 1));
		return;
	}
	foreach(lc, resize->moves)
	{
		RsMove	   *move = lfirst(lc);

		if (move->from != resize->leaves)
			rs_connections_execute(list_make1(rs_resize_connection(resize->connections, move->from)),
								   psprintf("SELECT redshift.drop_slices(%s, '{%s}')", quote_literal_cstr(table->name),
											move->slices));
	}
}

static void
change_slices(const RsResize *resize)
{
	ListCell   *lc;
	int			s;

	if (resize->of_slices > 0)
	{
		run("DELETE FROM redshift.slice");
		for (s = 0; s < resize->of_slices; s++)
			run(psprintf("INSERT INTO redshift.slice VALUES (%d, %d)", s, resize->after[s]));
		return;
	}
	foreach(lc, resize->moves)
	{
		RsMove	   *move = lfirst(lc);

		run(psprintf("UPDATE redshift.slice SET node_id = %d WHERE slice = ANY ('{%s}')", move->to, move->slices));
	}
}

static void
change_catalogs(RsResize *resize, List *members)
{
	change_slices(resize);
	if (resize->leaves != 0)
		run(psprintf("DELETE FROM redshift.node WHERE node_id = %d", resize->leaves));
	rs_membership_changed();
	rs_membership_publish(members);
}

/*
 * The nodes that have slices which move, or get some.
 */
static List *
moving_nodes(const RsResize *resize)
{
	List	   *connections = NIL;
	ListCell   *lc;

	foreach(lc, resize->moves)
	{
		RsMove	   *move = lfirst(lc);

		connections = list_append_unique_ptr(connections, rs_resize_connection(resize->connections, move->from));
		connections = list_append_unique_ptr(connections, rs_resize_connection(resize->connections, move->to));
	}
	return connections;
}

/*
 * Give a table's slices to the nodes that get them, and have them forgotten where they were.
 * Who fetches rows sees what is committed there, that is, all of them.
 */
static void
switch_table(RsResize *resize, const RsResizeTable *table)
{
	if (!rs_resize_moves_rows(resize, table->relid))
	{
		rs_connections_execute(resize->connections,
							   psprintf("SELECT redshift.deal_slices(%s)", quote_literal_cstr(table->name)));
		return;
	}
	drop_rows(resize, table);
	rs_resize_begin_table(resize);
	while (rs_resize_pull(resize, resize->connections, table->name, 0, true) >= 0)
		;
}

static void
move_slices(RsResize *resize)
{
	List	   *members = NIL;
	ListCell   *lc;

	rs_resize_copy_and_lock(resize);
	RS_FAULT_POINT("slices_locked");
	resize->connections = rs_connections_open(resize->nodes, GetUserId());
	rs_remote_begin(resize->connections);
	foreach(lc, resize->connections)
		if (rs_connection_node(lfirst(lc))->id != resize->leaves)
			members = lappend(members, lfirst(lc));
	foreach(lc, members)
		rs_remote_will_write(lfirst(lc));
	rs_resize_lock_on_nodes(resize, moving_nodes(resize), "EXCLUSIVE");

	/* Nodes know the slices that they get before rows of these arrive. */
	change_catalogs(resize, members);
	foreach(lc, resize->tables)
		switch_table(resize, lfirst(lc));
	rs_connections_execute(members, "SELECT redshift.drop_arrivals()");

	/* Until a node that has prepared this is told of the end, nobody is to come in. */
	rs_resize_lock_on_nodes(resize, moving_nodes(resize), "ACCESS EXCLUSIVE");
	RS_FAULT_POINT("slices_switched");
}

static int32
finish(RsResize *resize)
{
	if (resize->nmoved > 0 || resize->leaves != 0)
		move_slices(resize);
	SPI_finish();
	return resize->nmoved;
}

static int32
node_named(const RsResize *resize, const char *name)
{
	ListCell   *lc;

	foreach(lc, resize->nodes)
		if (strcmp(((RsNode *) lfirst(lc))->name, name) == 0)
			return ((RsNode *) lfirst(lc))->id;
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("server \"%s\" is not a compute node", name)));
}

/*
 * rebalance(): the number of slices that moved.
 */
Datum
rs_rebalance(PG_FUNCTION_ARGS)
{
	RsResize	resize;

	rs_resize_begin(&resize);
	rs_resize_deal_all(&resize);
	PG_RETURN_INT32(finish(&resize));
}

/*
 * remove_node(server): the number of slices that moved.  The node keeps what it has, but
 * nobody asks it any more.
 */
Datum
rs_remove_node(PG_FUNCTION_ARGS)
{
	const char *name = NameStr(*PG_GETARG_NAME(0));
	RsResize	resize;

	rs_resize_begin(&resize);
	resize.leaves = node_named(&resize, name);
	if (list_length(resize.nodes) == 1)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("server \"%s\" is the cluster's last compute node", name),
				 errhint("Bring its tables back with redshift.undistribute(), and drop the extension to end the cluster.")));
	rs_resize_deal_all(&resize);
	PG_RETURN_INT32(finish(&resize));
}

/*
 * move_slices(slices, server): these to that node; returns how many were elsewhere.
 */
Datum
rs_move_slices(PG_FUNCTION_ARGS)
{
	Bitmapset  *slices = rs_slice_set(PG_GETARG_ARRAYTYPE_P(0));
	RsResize	resize;
	int32		node;
	int			slice = -1;

	rs_resize_begin(&resize);
	node = node_named(&resize, NameStr(*PG_GETARG_NAME(1)));
	while ((slice = bms_next_member(slices, slice)) >= 0)
	{
		if (slice >= resize.nslices)
			ereport(ERROR,
					(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					 errmsg("slice %d is out of range", slice),
					 errdetail("The cluster has %d slices.", resize.nslices)));
		resize.after[slice] = node;
	}
	rs_resize_find_moves(&resize);
	PG_RETURN_INT32(finish(&resize));
}

/*
 * resize(slices): the cluster is to have so many.
 */
Datum
rs_resize(PG_FUNCTION_ARGS)
{
	int32		nslices = PG_GETARG_INT32(0);
	RsResize	resize;

	rs_resize_begin(&resize);
	if (nslices < list_length(resize.nodes) || nslices > RS_MOST_SLICES)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the number of slices must be between %d and %d", list_length(resize.nodes), RS_MOST_SLICES),
				 errdetail("Each compute node is to have one at least.")));
	if (nslices == resize.nslices)
		rs_resize_deal_all(&resize);
	else
		rs_resize_deal_anew(&resize, nslices);
	(void) finish(&resize);
	PG_RETURN_VOID();
}
