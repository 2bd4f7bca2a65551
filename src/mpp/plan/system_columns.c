/*
 * system_columns.c
 *	  System columns of distributed tables.
 *
 * tableoid is the leader's.  ctid is made unique among the rows of all nodes: a row's place
 * on its node needs 256 values of the offset only (storage/row_group.h), and the node's id
 * stands above them.  xmin and the others are the node's: xmin says who wrote a row there,
 * cmax its slice.  What a query reads as ctid, nodes compute as redshift.cluster_ctid(ctid);
 * on the way and at the leader it is a column like others.
 */
#include "postgres.h"

#include "access/sysattr.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "mpp/change/row_address.h"
#include "mpp/cluster/node.h"
#include "mpp/plan/system_columns.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "parser/parsetree.h"
#include "storage/row_group.h"

PG_FUNCTION_INFO_V1(rs_cluster_ctid);

/* The location of a Var that nodes are to take as it is. */
#define COLUMN_OF_NODE	(-2)

/* A query and those around it. */
typedef struct Level
{
	Query	   *query;
	struct Level *around;
} Level;

/* Where columns of a relation move. */
typedef struct Move
{
	Index		relation;
	int			levels_up;
	Query	   *source;
} Move;

/*
 * but: a column that does not count; 0: all do.
 */
static bool
reads_system_columns(Node *node, const AttrNumber *but)
{
	if (node == NULL)
		return false;
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, reads_system_columns, (void *) but, 0);
	if (IsA(node, Var))
		return ((Var *) node)->varattno < 0 && ((Var *) node)->varattno != *but;
	return expression_tree_walker(node, reads_system_columns, (void *) but);
}

Var *
rs_system_column_of_node(Index relation, AttrNumber attno)
{
	Var		   *var = makeVar(relation, attno, attno == TableOidAttributeNumber ? OIDOID : TIDOID, -1, InvalidOid, 0);

	var->location = COLUMN_OF_NODE;
	return var;
}

static Node *
system_column(Var *var, const RangeTblEntry *rte)
{
	if (var->location == COLUMN_OF_NODE || rte->rtekind != RTE_RELATION)
		return copyObject((Node *) var);
	if (var->varattno == SelfItemPointerAttributeNumber && var->vartype == TIDOID)
	{
		var = copyObject(var);
		var->location = COLUMN_OF_NODE;
		return (Node *) rs_own_function("cluster_ctid", list_make1(var), TIDOID);
	}

	/* Which of several tables a row is of only the node knows, by its own numbers. */
	if (var->varattno == TableOidAttributeNumber && rte->relkind != RELKIND_PARTITIONED_TABLE && !has_subclass(rte->relid))
		return (Node *) makeConst(OIDOID, -1, InvalidOid, sizeof(Oid), ObjectIdGetDatum(rte->relid), false, true);
	return copyObject((Node *) var);
}

static Node *
at_node(Node *node, Level *level)
{
	if (node == NULL)
		return NULL;
	if (IsA(node, Query))
	{
		Level		inner = {(Query *) node, level};

		return (Node *) query_tree_mutator((Query *) node, at_node, &inner, 0);
	}
	/* The name of the table is the same by the node's own number of it, only. */
	if (IsA(node, RelabelType) && ((RelabelType *) node)->resulttype == REGCLASSOID &&
		IsA(((RelabelType *) node)->arg, Var) && ((Var *) ((RelabelType *) node)->arg)->varattno == TableOidAttributeNumber)
		return copyObject(node);
	if (IsA(node, Var) && ((Var *) node)->varattno < 0)
	{
		Var		   *var = (Var *) node;
		Index		up;

		for (up = var->varlevelsup; up > 0; up--)
			level = level->around;
		return system_column(var, rt_fetch(var->varno, level->query->rtable));
	}
	return expression_tree_mutator(node, at_node, level);
}

bool
rs_system_columns_are_read(Node *node)
{
	AttrNumber	table = TableOidAttributeNumber;

	return reads_system_columns(node, &table);
}

Query *
rs_system_columns_at_node(Query *query)
{
	AttrNumber	none = 0;

	return reads_system_columns((Node *) query, &none) ? (Query *) at_node((Node *) query, NULL) : query;
}

/*
 * The number of a column of the source that is a system column of its relation.
 */
static AttrNumber
column_of_source(Query *source, const Var *var)
{
	Var		   *column = makeVar(1, var->varattno, var->vartype, var->vartypmod, var->varcollid, 0);
	ListCell   *lc;
	AttrNumber	n = (AttrNumber) (list_length(source->targetList) + 1);

	foreach(lc, source->targetList)
		if (equal(lfirst_node(TargetEntry, lc)->expr, column))
			return lfirst_node(TargetEntry, lc)->resno;
	source->targetList = lappend(source->targetList, makeTargetEntry((Expr *) column, n, psprintf("c%d", n), false));
	return n;
}

static bool
move(Node *node, Move *to)
{
	Var		   *var = (Var *) node;

	if (node == NULL)
		return false;
	if (IsA(node, Query))
	{
		bool		result;

		to->levels_up++;
		result = query_tree_walker((Query *) node, move, to, 0);
		to->levels_up--;
		return result;
	}
	if (IsA(node, Var) && var->varno == (int) to->relation && (int) var->varlevelsup == to->levels_up && var->varattno < 0)
	{
		var->varattno = column_of_source(to->source, var);
		var->varnosyn = 0;
		var->varattnosyn = 0;
	}
	return expression_tree_walker(node, move, to);
}

void
rs_system_columns_move(Query *query, Index relation, Query *source)
{
	Move		to = {relation, 0, source};

	(void) query_tree_walker(query, move, &to, 0);
}

/*
 * cluster_ctid(ctid): on a compute node, a row's ctid as the leader shows it.
 */
Datum
rs_cluster_ctid(PG_FUNCTION_ARGS)
{
	ItemPointer ctid = (ItemPointer) PG_GETARG_POINTER(0);
	ItemPointer result = palloc(sizeof(ItemPointerData));
	const RsCluster *cluster = rs_cluster();
	int64		offset = ItemPointerGetOffsetNumberNoCheck(ctid);

	if (cluster != NULL)
		offset += (int64) cluster->self * RS_ROWS_PER_TID_BLOCK;
	if (offset > PG_UINT16_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("rows of compute node %d have no ctid", cluster->self),
				 errdetail("Only nodes up to %d can show it.", PG_UINT16_MAX / RS_ROWS_PER_TID_BLOCK - 1)));
	ItemPointerSet(result, ItemPointerGetBlockNumberNoCheck(ctid), (OffsetNumber) offset);
	PG_RETURN_POINTER(result);
}
